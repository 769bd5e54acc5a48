/* sql/code/43-refund.sql: money that customers have paid too much and nobody has given back */

CREATE OR REPLACE FUNCTION oms_internal.overpaid(order_id bigint) RETURNS oms.amount
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT amount_from_minor(coalesce(p.paid, 0)::bigint + coalesce(c.credited, 0)::bigint - coalesce(b.taken, 0)::bigint
                             - minor(o.total), o.currency)
    FROM oms.orders AS o,
         LATERAL (SELECT sum(minor(x.captured) - minor(x.refunded)) AS paid
                  FROM oms.payments AS x WHERE x.order_id = o.order_id) AS p,
         LATERAL (SELECT sum(minor(x.total)) AS credited
                  FROM oms.invoices AS x WHERE x.order_id = o.order_id AND x.kind = 'credit_note') AS c,
         LATERAL (SELECT sum(minor(x.amount)) AS taken
                  FROM oms.chargebacks AS x WHERE x.order_id = o.order_id AND x.status <> 'won') AS b
    WHERE o.order_id = $1
$$;
COMMENT ON FUNCTION oms_internal.overpaid(bigint)
    IS 'How much the customer of an order has paid more than it costs; negative if it is less. What a bank took back was not paid';

CREATE OR REPLACE FUNCTION oms_internal.refund_obstacle(order_id bigint, overpaid oms.amount) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
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
COMMENT ON FUNCTION oms_internal.refund_obstacle(bigint, oms.amount) IS 'Why what a customer has paid too much is not refunded by a job; null if it may be';

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
 * Orders come by the index of those that were cancelled, and of returns that
 * were completed, since the last time; what could not be refunded comes by its
 * alert until it can. The last hour is looked at twice, for those who commit
 * late.
 */
CREATE OR REPLACE FUNCTION oms_internal.refund_overdue(max integer) RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_after CONSTANT interval := coalesce((SELECT s.value::interval FROM oms.settings AS s WHERE s.name = 'auto_refund_after'),
                                          interval '24 hours');
    v_reached timestamptz := oms.now() - v_after;
    v_since timestamptz;
    v_order record;
    v_seen integer := 0;
    v_refunds integer := 0;
BEGIN
    INSERT INTO oms.watermarks AS w (name, reached_at) VALUES ('refund_overdue', '-infinity')
    ON CONFLICT (name) DO NOTHING;
    SELECT w.reached_at - interval '1 hour' INTO v_since
    FROM oms.watermarks AS w WHERE w.name = 'refund_overdue' FOR NO KEY UPDATE;
    FOR v_order IN
        SELECT c.order_id, min(c.since) AS since
        FROM (SELECT o.order_id, o.status_at AS since
              FROM oms.orders AS o
              WHERE o.status = 'cancelled' AND o.status_at > v_since AND o.status_at <= v_reached
              UNION ALL
              SELECT r.order_id, r.status_at
              FROM oms.returns AS r
              WHERE r.status = 'completed' AND r.status_at > v_since AND r.status_at <= v_reached
              UNION ALL
              SELECT a.order_id, NULL FROM oms.alerts AS a
              WHERE a.kind = 'refund_overdue' AND a.status <> 'closed') AS c
        WHERE sign(oms_internal.overpaid(c.order_id)) > 0 OR c.since IS NULL
        GROUP BY c.order_id
        HAVING min(c.since) IS NULL OR count(*) = count(c.since)
        ORDER BY min(c.since) NULLS FIRST, c.order_id
    LOOP
        IF v_order.since IS NOT NULL THEN
            v_seen := v_seen + 1;
        END IF;
        IF v_seen > max THEN
            v_reached := v_order.since - interval '1 microsecond';
            EXIT;
        END IF;
        PERFORM FROM oms.orders AS o WHERE o.order_id = v_order.order_id FOR NO KEY UPDATE SKIP LOCKED;
        IF FOUND THEN
            v_refunds := v_refunds + oms_internal.refund_overpaid(v_order.order_id)::integer;
        ELSIF v_order.since IS NOT NULL THEN
            v_reached := least(v_reached, v_order.since - interval '1 microsecond');
        END IF;
    END LOOP;
    UPDATE oms.watermarks AS w SET reached_at = greatest(w.reached_at, v_reached) WHERE w.name = 'refund_overdue';
    RETURN v_refunds;
END
$$;
COMMENT ON FUNCTION oms_internal.refund_overdue(integer) IS 'What oms.refund_overdue() does';

CREATE OR REPLACE FUNCTION oms.refund_overdue(max integer DEFAULT 100) RETURNS integer
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_refund_overdue';
COMMENT ON FUNCTION oms.refund_overdue(integer)
    IS 'Refund what customers have paid too much on up to max orders that were cancelled, or whose return was completed, some time ago; returns how many refunds were issued. What cannot be refunded has an alert';
