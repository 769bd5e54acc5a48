/* sql/code/43-refund.sql: money that customers have paid too much and nobody has given back */

CREATE OR REPLACE FUNCTION oms_internal.overpaid(order_id bigint) RETURNS oms.amount
    LANGUAGE C STABLE STRICT PARALLEL RESTRICTED
    AS 'MODULE_PATHNAME', 'oms_overpaid';
COMMENT ON FUNCTION oms_internal.overpaid(bigint)
    IS 'How much the customer of an order has paid more than it costs; negative if it is less. What a bank took back was not paid';

CREATE OR REPLACE FUNCTION oms_internal.refund_obstacle(order_id bigint) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL RESTRICTED
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT CASE
        WHEN EXISTS (SELECT FROM oms.chargebacks AS b WHERE b.order_id = o.order_id AND b.status <> 'won')
            THEN 'a payment was charged back'
        WHEN EXISTS (SELECT FROM oms.order_holds AS h WHERE h.order_id = o.order_id AND h.released_at IS NULL)
            THEN 'the order is on hold'
        WHEN NOT c.auto_refund THEN 'the channel does not refund by itself' END
    FROM oms.orders AS o
    JOIN oms.channels AS c USING (channel_id)
    WHERE o.order_id = $1
$$;
COMMENT ON FUNCTION oms_internal.refund_obstacle(bigint) IS 'Why what a customer has paid too much is not refunded by a job; null if it may be';

CREATE OR REPLACE FUNCTION oms_internal.refund_overpaid(order_id bigint) RETURNS boolean
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
DECLARE
    v_overpaid CONSTANT oms.amount := oms_internal.overpaid(order_id);
    v_obstacle CONSTANT text := oms_internal.refund_obstacle(order_id);
BEGIN
    IF sign(v_overpaid) > 0 AND v_obstacle IS NOT NULL THEN
        PERFORM oms_internal.raise_alert(
            'refund_overdue', order_id::text, 'warning',
            format('%s of order %s is to be refunded: %s', v_overpaid, order_id, v_obstacle), order_id, 'order ' || order_id,
            jsonb_build_object('amount', v_overpaid::text, 'obstacle', v_obstacle));
        RETURN false;
    END IF;
    PERFORM oms_internal.close_alerts(ARRAY['refund_overdue'], ARRAY[order_id::text]);
    IF sign(v_overpaid) <= 0 THEN
        RETURN false;
    END IF;
    PERFORM oms.refund(order_id, v_overpaid, 'overdue',
                       format('overdue-%s-%s', order_id, (SELECT count(*) + 1 FROM oms.refunds AS r
                                                          WHERE r.order_id = refund_overpaid.order_id)));
    RETURN true;
END
$$;
COMMENT ON FUNCTION oms_internal.refund_overpaid(bigint)
    IS 'Refund what the customer of a locked order has paid too much, or raise an alert that says why not; returns whether it was refunded';

/*
 * Orders come by the events that can leave too much with us, read on from
 * where the last call has stopped, once they are old enough; what could not be
 * refunded comes by its alert, when that is not true any more. Who is at work on an order is not
 * waited for: the next call comes back to it.
 */
CREATE OR REPLACE FUNCTION oms_internal.refund_overdue(max integer) RETURNS oms_internal.job_step
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_chunk CONSTANT integer := 100000;
    v_until CONSTANT timestamptz := oms.now() - coalesce(
        (SELECT s.value::interval FROM oms.settings AS s WHERE s.name = 'auto_refund_after'), interval '24 hours');
    v_mark oms.watermarks;
    v_order_id bigint;
    v_event record;
    v_read integer := 0;
    v_seen integer := 0;
    v_refunds integer := 0;
BEGIN
    PERFORM oms_internal.ensure_watermark('refund_overdue');
    SELECT * INTO v_mark FROM oms.watermarks AS w WHERE w.name = 'refund_overdue' FOR NO KEY UPDATE;
    IF v_mark.transaction_id >= pg_snapshot_xmax(pg_current_snapshot()) THEN
        /* it was made on another server, and counts for nothing here */
        v_mark.transaction_id := '0';
    END IF;

    FOR v_order_id IN
        SELECT a.order_id
        FROM oms.alerts AS a
        WHERE a.kind = 'refund_overdue' AND a.status <> 'closed'
              AND (a.data ->> 'obstacle', a.data ->> 'amount')
                  IS DISTINCT FROM (oms_internal.refund_obstacle(a.order_id), oms_internal.overpaid(a.order_id)::text)
        ORDER BY a.order_id
    LOOP
        EXIT WHEN v_refunds = max;
        PERFORM FROM oms.orders AS o WHERE o.order_id = v_order_id FOR NO KEY UPDATE SKIP LOCKED;
        IF FOUND THEN
            v_refunds := v_refunds + oms_internal.refund_overpaid(v_order_id)::integer;
        END IF;
    END LOOP;

    FOR v_event IN
        SELECT e.transaction_id, e.event_id, e.order_id,
               e.type IN ('order.cancelled', 'order.edited', 'line.cancelled', 'return.completed') AS tells
        FROM (SELECT b.*, bool_and(b.occurred_at <= v_until) OVER (ORDER BY b.transaction_id, b.event_id) AS due
              FROM (SELECT * FROM oms.events AS e
                    WHERE (e.transaction_id, e.event_id) > (v_mark.transaction_id, v_mark.event_id)
                          AND e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
                    ORDER BY e.transaction_id, e.event_id
                    LIMIT v_chunk) AS b) AS e
        WHERE e.due
        ORDER BY e.transaction_id, e.event_id
    LOOP
        IF v_event.tells AND sign(oms_internal.overpaid(v_event.order_id)) > 0 THEN
            EXIT WHEN v_seen = max OR v_refunds = max;
            PERFORM FROM oms.orders AS o WHERE o.order_id = v_event.order_id FOR NO KEY UPDATE SKIP LOCKED;
            EXIT WHEN NOT FOUND;
            v_seen := v_seen + 1;
            v_refunds := v_refunds + oms_internal.refund_overpaid(v_event.order_id)::integer;
        END IF;
        v_mark.transaction_id := v_event.transaction_id;
        v_mark.event_id := v_event.event_id;
        v_read := v_read + 1;
    END LOOP;
    UPDATE oms.watermarks AS w SET transaction_id = v_mark.transaction_id, event_id = v_mark.event_id
    WHERE w.name = v_mark.name AND (w.transaction_id, w.event_id) IS DISTINCT FROM (v_mark.transaction_id, v_mark.event_id);
    RETURN ROW(v_refunds, v_seen = max OR v_refunds = max OR v_read = v_chunk,
               format('events up to %s.%s', v_mark.transaction_id, v_mark.event_id))::oms_internal.job_step;
END
$$;
COMMENT ON FUNCTION oms_internal.refund_overdue(integer) IS 'What oms.refund_overdue() does, as a batch of the job';

CREATE OR REPLACE FUNCTION oms.refund_overdue(max integer DEFAULT 100) RETURNS integer
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_refund_overdue';
COMMENT ON FUNCTION oms.refund_overdue(integer)
    IS 'Refund what customers have paid too much on up to max orders that were cancelled or made cheaper, or whose return was completed, some time ago; returns how many refunds were issued. What cannot be refunded has an alert';
