/* sql/code/44-order_completion.sql: orders that a job is to look at, and those of which nothing more is to happen */

CREATE OR REPLACE FUNCTION oms_internal.queue_orders(job text, statuses oms.order_status[], max integer,
                                                     OUT more boolean, OUT mark text)
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
DECLARE
    v_order_ids bigint[];
BEGIN
    SELECT r.order_ids, r.more, r.mark INTO v_order_ids, more, mark FROM oms_internal.read_orders(job, NULL, max) AS r;
    INSERT INTO oms.job_orders AS q (order_id, job, since)
    SELECT o.order_id, queue_orders.job, o.status_at
    FROM oms.orders AS o
    WHERE o.order_id = ANY (v_order_ids) AND o.status = ANY (statuses)
    ON CONFLICT ON CONSTRAINT job_orders_pkey DO UPDATE SET since = excluded.since WHERE q.since > excluded.since;
END
$$;
COMMENT ON FUNCTION oms_internal.queue_orders(text, oms.order_status[], integer)
    IS 'Put orders in some states into oms.job_orders, of up to max events since the last time; tells whether there is more to read, and how far it came';

/*
 * The days of a policy without end hold back nothing: what comes back late is
 * taken in all the same.
 */
CREATE OR REPLACE FUNCTION oms_internal.return_window_end(order_id bigint) RETURNS date
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT max((f.status_at AT TIME ZONE 'UTC')::date + t.window_days)
    FROM oms.fulfillments AS f
    JOIN oms.fulfillment_lines AS l USING (order_id, fulfillment_no)
    JOIN oms.return_terms AS t USING (order_id, line_no)
    WHERE f.order_id = return_window_end.order_id AND f.status IN ('delivered', 'picked_up')
$$;
COMMENT ON FUNCTION oms_internal.return_window_end(bigint) IS 'Last day on which something of an order may be sent back for any reason; null if there is no such day';

CREATE OR REPLACE FUNCTION oms_internal.completion_obstacle(order_id bigint) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL RESTRICTED
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT CASE
        WHEN o.status <> 'delivered' THEN 'the order is ' || o.status
        WHEN EXISTS (SELECT FROM oms.returns AS r WHERE r.order_id = o.order_id AND NOT is_final(r.status))
            THEN 'a return is open'
        WHEN EXISTS (SELECT FROM oms.order_holds AS h WHERE h.order_id = o.order_id AND h.released_at IS NULL)
            THEN 'the order is on hold'
        WHEN EXISTS (SELECT FROM oms.chargebacks AS b WHERE b.order_id = o.order_id AND b.status = 'open')
            THEN 'a chargeback is open'
        WHEN EXISTS (SELECT FROM oms.payment_requests AS q WHERE q.order_id = o.order_id AND q.status = 'requested')
            THEN 'a provider has not answered'
        WHEN EXISTS (SELECT FROM oms.refunds AS r WHERE r.order_id = o.order_id AND r.status = 'failed')
            THEN 'a refund has failed'
        WHEN sign(m.overpaid) > 0 THEN m.overpaid || ' is to be refunded'
        WHEN minor(m.overpaid) + m.lost < 0 THEN -m.overpaid || ' is to be paid'
        WHEN EXISTS (SELECT FROM oms.payments AS p WHERE p.order_id = o.order_id AND p.status IN ('pending', 'authorized'))
            THEN 'a payment is neither captured nor voided' END
    FROM oms.orders AS o,
         LATERAL (SELECT oms_internal.overpaid(o.order_id) AS overpaid,
                         (SELECT coalesce(sum(minor(b.amount)), 0) FROM oms.chargebacks AS b
                          WHERE b.order_id = o.order_id AND b.status = 'lost') AS lost) AS m
    WHERE o.order_id = completion_obstacle.order_id
$$;
COMMENT ON FUNCTION oms_internal.completion_obstacle(bigint) IS 'Why an order is not to be completed, its days aside; null if nothing is in the way';

/*
 * An order that something is in the way of is looked at again with its next
 * event, and without one after a tenth of its age, a day at least: what is
 * never cleared away costs little.
 */
CREATE OR REPLACE FUNCTION oms_internal.job_complete_orders(batch_rows integer, settings jsonb, after text)
    RETURNS oms_internal.job_step
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
DECLARE
    v_days CONSTANT integer := oms_internal.job_setting(settings, 'after_days');
    v_before CONSTANT timestamptz := oms.now() - make_interval(days => v_days);
    v_read record;
    v_due bigint[];
    v_locked bigint[];
    v_completed bigint;
BEGIN
    IF v_days IS NULL THEN
        RETURN ROW(0, false, 'no after_days')::oms_internal.job_step;
    END IF;
    SELECT * INTO v_read FROM oms_internal.queue_orders('complete_orders', '{delivered}', batch_rows * 10);

    v_due := ARRAY(SELECT q.order_id FROM oms.job_orders AS q
                   WHERE q.job = 'complete_orders' AND q.since <= v_before
                   ORDER BY q.since, q.order_id LIMIT batch_rows);
    v_locked := oms_internal.lock_free_orders(v_due);

    WITH seen AS MATERIALIZED (
        SELECT o.order_id, oms_internal.return_window_end(o.order_id) AS window_end,
               oms_internal.completion_obstacle(o.order_id) IS NOT NULL AS is_open,
               oms.now() + greatest((oms.now() - o.status_at) / 10, interval '1 day') AS next_at
        FROM oms.orders AS o
        WHERE o.order_id = ANY (v_locked) AND o.status = 'delivered'
    ), later AS (
        UPDATE oms.job_orders AS q
        SET since = greatest((s.window_end + 1)::timestamp AT TIME ZONE 'UTC', CASE WHEN s.is_open THEN s.next_at END)
                    - make_interval(days => v_days)
        FROM seen AS s
        WHERE q.job = 'complete_orders' AND q.order_id = s.order_id
              AND (s.is_open OR s.window_end >= (oms.now() AT TIME ZONE 'UTC')::date)
        RETURNING q.order_id
    ), ready AS (
        DELETE FROM oms.job_orders AS q
        WHERE q.job = 'complete_orders' AND q.order_id = ANY (v_locked) AND q.order_id NOT IN (SELECT l.order_id FROM later AS l)
        RETURNING q.order_id
    ), completed AS (
        UPDATE oms.orders AS o SET status = 'completed'
        FROM ready AS r
        WHERE o.order_id = r.order_id AND o.status = 'delivered'
        RETURNING 1
    )
    SELECT count(*) INTO v_completed FROM completed;
    RETURN ROW(v_completed, v_read.more OR cardinality(v_due) = batch_rows AND cardinality(v_locked) > 0,
               concat_ws(', ', v_read.mark, 'order ' || v_due[cardinality(v_due)]))::oms_internal.job_step;
END
$$;
COMMENT ON FUNCTION oms_internal.job_complete_orders(integer, jsonb, text)
    IS 'Job: complete orders that were delivered after_days ago or longer, whose days for returns are over, and of which nothing is open';
