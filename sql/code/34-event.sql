/* sql/code/34-event.sql: what happened, to orders and to what is not of an order */

CREATE OR REPLACE FUNCTION oms_internal.record_events(subject text, keys text[], facts text[], data jsonb[]) RETURNS void
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO oms.subject_events (subject, key, type, data)
    SELECT $1, e.key, $1 || '.' || e.fact, nullif(jsonb_strip_nulls(e.data), '{}')
    FROM unnest($2, $3, $4) WITH ORDINALITY AS e(key, fact, data, n)
    ORDER BY e.n
$$;
COMMENT ON FUNCTION oms_internal.record_events(text, text[], text[], jsonb[])
    IS 'Append facts about purchase orders, alerts or the like, one for each key; keys of data without a value are left out';

CREATE OR REPLACE FUNCTION oms_internal.record_event(subject text, key text, fact text, data jsonb DEFAULT NULL) RETURNS void
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT oms_internal.record_events($1, ARRAY[$2], ARRAY[$3], ARRAY[$4])
$$;
COMMENT ON FUNCTION oms_internal.record_event(text, text, text, jsonb) IS 'Append a fact about a purchase order, an alert or the like';

CREATE OR REPLACE FUNCTION oms_internal.system_id() RETURNS bigint
    LANGUAGE C STABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_system_id';
COMMENT ON FUNCTION oms_internal.system_id() IS 'Identifier of the cluster, whose transactions the cursors of events are of';

/* One that is there may be locked, so that an INSERT would wait for who has it. */
CREATE OR REPLACE FUNCTION oms_internal.ensure_watermark(job text) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM oms.watermarks AS w WHERE w.name = job) THEN
        INSERT INTO oms.watermarks (name, transaction_id, event_id) VALUES (job, '0', 0) ON CONFLICT DO NOTHING;
    END IF;
END
$$;
COMMENT ON FUNCTION oms_internal.ensure_watermark(text) IS 'Make the watermark of a job that has lost it, as in a new store';

/*
 * Orders come by their events, read on from the watermark; below the oldest
 * running transaction no event can appear any more. A watermark of another
 * cluster counts for nothing, so then, as in the first run, all orders are
 * looked at once, by order_id, and then events are read from where they were
 * when that began. One reads at a time: another finds nothing, and no mark. A
 * watermark that is not there is made again, as in a new store.
 */
CREATE OR REPLACE FUNCTION oms_internal.read_orders(
    job text, types text[], max integer, OUT order_ids bigint[], OUT more boolean, OUT mark text
) RETURNS record
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_horizon CONSTANT xid8 := pg_snapshot_xmin(pg_current_snapshot());
    v_system_id CONSTANT bigint := oms_internal.system_id();
    v_mark oms.watermarks;
    v_read record;
BEGIN
    PERFORM oms_internal.ensure_watermark(job);
    SELECT * INTO v_mark FROM oms.watermarks AS w WHERE w.name = job FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        more := false;
        RETURN;
    END IF;
    IF v_mark.system_id IS DISTINCT FROM v_system_id THEN
        v_mark := (job, v_horizon, 0, v_system_id, 0);
    END IF;

    IF v_mark.order_id IS NOT NULL THEN
        order_ids := ARRAY(SELECT o.order_id FROM oms.orders AS o WHERE o.order_id > v_mark.order_id ORDER BY o.order_id LIMIT max);
        v_mark.order_id := order_ids[max];
        mark := coalesce('order ' || v_mark.order_id, v_mark.transaction_id || '/' || v_mark.event_id);
        more := true;
    ELSE
        SELECT count(*) AS events, array_agg(DISTINCT n.order_id ORDER BY n.order_id)
                   FILTER (WHERE types IS NULL OR n.type = ANY (types)) AS order_ids,
               (array_agg(n.transaction_id ORDER BY n.transaction_id DESC, n.event_id DESC))[1] AS transaction_id,
               (array_agg(n.event_id ORDER BY n.transaction_id DESC, n.event_id DESC))[1] AS event_id
        INTO v_read
        FROM (SELECT e.transaction_id, e.event_id, e.order_id, e.type
              FROM oms.events AS e
              WHERE (e.transaction_id, e.event_id) > (v_mark.transaction_id, v_mark.event_id) AND e.transaction_id < v_horizon
              ORDER BY e.transaction_id, e.event_id
              LIMIT max) AS n;
        order_ids := coalesce(v_read.order_ids, '{}');
        more := v_read.events = max;
        IF v_read.events > 0 THEN
            v_mark.transaction_id := v_read.transaction_id;
            v_mark.event_id := v_read.event_id;
        END IF;
        mark := v_mark.transaction_id || '/' || v_mark.event_id;
    END IF;
    UPDATE oms.watermarks AS w
    SET (transaction_id, event_id, system_id, order_id) = (v_mark.transaction_id, v_mark.event_id, v_mark.system_id, v_mark.order_id)
    WHERE w.name = job AND w IS DISTINCT FROM v_mark;
END
$$;
COMMENT ON FUNCTION oms_internal.read_orders(text, text[], integer)
    IS 'Orders with events of some types, or any, among the next max that a job has not read; whether there may be more, and how far it is, null if another reads';

CREATE OR REPLACE FUNCTION oms_internal.orders_after(job text) RETURNS bigint[]
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
    SET jit = off
AS $$
    WITH mark AS MATERIALIZED (
        SELECT w.transaction_id, w.event_id,
               CASE WHEN w.system_id IS DISTINCT FROM oms_internal.system_id() THEN 0 ELSE w.order_id END AS order_id
        FROM (SELECT) AS one
        LEFT JOIN oms.watermarks AS w ON w.name = orders_after.job
    )
    SELECT ARRAY(
        SELECT e.order_id
        FROM oms.events AS e
        WHERE (e.transaction_id, e.event_id) > ((SELECT m.transaction_id FROM mark AS m), (SELECT m.event_id FROM mark AS m))
        UNION
        SELECT o.order_id FROM oms.orders AS o WHERE o.order_id > (SELECT m.order_id FROM mark AS m))
$$;
COMMENT ON FUNCTION oms_internal.orders_after(text) IS 'Orders with events that a job has not read, or that it has not looked at: what read_orders() has still to bring, with what no job may read yet';
