/* sql/code/49-alert_job.sql: the job that looks at all that is watched, and what it has to tell suppliers */

/*
 * A supplier has one message a day. It is brought up to date while nobody has
 * sent it, and taken back if nothing is low any more or its day is over. What
 * a mailer has in hand is let alone.
 */
CREATE OR REPLACE FUNCTION oms_internal.write_supplier_mails(settings jsonb) RETURNS integer
    LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
    WITH line AS (
        SELECT p.supplier_id, p.name, p.email, k.code || ' at ' || l.code AS key,
               format(E'%s (%s), %s: %s%s\n', coalesce(o.supplier_sku, k.code), k.name, l.name, coalesce(a.data ->> 'available', '0'),
                      CASE a.kind WHEN 'stockout_expected' THEN format(' available, runs out on %s', a.data ->> 'runs_out_on')
                                  ELSE coalesce(format(' available, reorder point %s', a.data ->> 'reorder_point'), ' available') END)
               AS text
        FROM (SELECT DISTINCT ON (a.sku_id, a.location_id) a.* FROM oms.alerts AS a
              WHERE a.watched AND a.status <> 'closed' AND a.location_id IS NOT NULL
                    AND a.kind IN ('low_stock', 'out_of_stock', 'stockout_expected')
              ORDER BY a.sku_id, a.location_id, a.kind) AS a
        JOIN oms.replenishment_terms AS t USING (sku_id, location_id)
        JOIN oms.suppliers AS p USING (supplier_id)
        JOIN oms.skus AS k USING (sku_id)
        JOIN oms.locations AS l USING (location_id)
        LEFT JOIN oms.supplier_skus AS o USING (supplier_id, sku_id)
        WHERE p.email IS NOT NULL AND ($1 -> 'supplier_mail')::boolean
    ), mail AS MATERIALIZED (
        SELECT n.supplier_id, n.email, format('Stock of %s that you deliver is low', CASE count(*) WHEN 1 THEN 'an item'
                                                                                 ELSE count(*) || ' items' END) AS subject,
               format(E'Dear %s,\n\nof these items we have little left:\n\n%s\n', n.name, string_agg(n.text, '' ORDER BY n.key)) AS body
        FROM line AS n
        GROUP BY n.supplier_id, n.name, n.email
    ), unsent AS MATERIALIZED (
        SELECT n.notification_id, n.supplier_id, n.day
        FROM oms.notifications AS n
        WHERE n.kind = 'low_stock' AND n.sent_at IS NULL
        FOR NO KEY UPDATE SKIP LOCKED
    ), today AS (
        SELECT (oms.now() AT TIME ZONE 'UTC')::date AS day
    ), gone AS (
        DELETE FROM oms.notifications AS n
        USING unsent AS u, today AS t
        WHERE n.notification_id = u.notification_id
              AND NOT EXISTS (SELECT FROM mail AS m WHERE m.supplier_id = u.supplier_id AND u.day = t.day)
        RETURNING 1
    ), changed AS (
        UPDATE oms.notifications AS n
        SET recipient = m.email, subject = m.subject, body = m.body
        FROM unsent AS u
        JOIN today AS t USING (day)
        JOIN mail AS m USING (supplier_id)
        WHERE n.notification_id = u.notification_id AND (n.recipient, n.subject, n.body) IS DISTINCT FROM (m.email, m.subject, m.body)
        RETURNING 1
    ), written AS (
        INSERT INTO oms.notifications (kind, recipient, subject, body, supplier_id, day)
        SELECT 'low_stock', m.email, m.subject, m.body, m.supplier_id, t.day
        FROM mail AS m
        CROSS JOIN today AS t
        WHERE NOT EXISTS (SELECT FROM oms.notifications AS n
                          WHERE n.kind = 'low_stock' AND n.supplier_id = m.supplier_id AND n.day = t.day)
        ORDER BY m.supplier_id
        ON CONFLICT (supplier_id, day) WHERE kind = 'low_stock' DO NOTHING
        RETURNING 1
    )
    SELECT count(*)::integer FROM (TABLE gone UNION ALL TABLE changed UNION ALL TABLE written) AS n
$$;
COMMENT ON FUNCTION oms_internal.write_supplier_mails(jsonb)
    IS 'Write a message for each supplier of SKUs that are low or out of stock, if the settings want it; returns how many were changed';

/* Dates are written in one way, whoever runs the job, else each would write all messages anew. */
CREATE OR REPLACE FUNCTION oms_internal.run_watch(name text, settings jsonb, max integer) RETURNS integer
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET datestyle = 'ISO, YMD'
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    CASE name
        WHEN 'stock' THEN
            RETURN oms_internal.sync_alerts('{low_stock,out_of_stock}', ARRAY(SELECT w FROM oms_internal.watch_stock(settings) AS w), max);
        WHEN 'stockouts' THEN
            RETURN oms_internal.sync_alerts('{stockout_expected}', ARRAY(SELECT w FROM oms_internal.watch_stockouts(settings) AS w), max);
        WHEN 'orders' THEN
            RETURN oms_internal.sync_alerts('{late_shipment,stuck_order}', ARRAY(SELECT w FROM oms_internal.watch_orders(settings) AS w), max);
        WHEN 'idle_stock' THEN
            RETURN oms_internal.sync_alerts('{dead_stock,overstock}', ARRAY(SELECT w FROM oms_internal.watch_idle_stock(settings) AS w), max);
        WHEN 'return_rates' THEN
            RETURN oms_internal.sync_alerts('{return_rate_spike}', ARRAY(SELECT w FROM oms_internal.watch_return_rates(settings) AS w), max);
        WHEN 'supplier_mails' THEN
            RETURN oms_internal.write_supplier_mails(settings);
    END CASE;
END
$$;
COMMENT ON FUNCTION oms_internal.run_watch(text, jsonb, integer) IS 'Bring the alerts of a watch up to date, at most max of them; returns how many rows were changed';

/*
 * A batch is a watch, or as much of it as batch_rows allows. After is the last
 * one that is done with.
 */
CREATE OR REPLACE FUNCTION oms_internal.job_raise_alerts(batch_rows integer, settings jsonb, after text) RETURNS oms_internal.job_step
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_due CONSTANT text[] := ARRAY(
        SELECT w.name
        FROM oms.alert_watches AS w
        WHERE (w.looked_at <= oms.now() AND oms.now() < w.looked_at + w.every) IS NOT TRUE
              AND w.place > coalesce((SELECT a.place FROM oms.alert_watches AS a WHERE a.name = after), 0)
        ORDER BY w.place);
    v_rows integer;
BEGIN
    IF v_due = '{}' THEN
        RETURN ROW(0, false, after)::oms_internal.job_step;
    END IF;
    v_rows := oms_internal.run_watch(v_due[1], settings, batch_rows);
    IF v_rows >= batch_rows THEN
        RETURN ROW(v_rows, true, after)::oms_internal.job_step;
    END IF;
    UPDATE oms.alert_watches AS w SET looked_at = oms.now() WHERE w.name = v_due[1];
    RETURN ROW(v_rows, cardinality(v_due) > 1, v_due[1])::oms_internal.job_step;
END
$$;
COMMENT ON FUNCTION oms_internal.job_raise_alerts(integer, jsonb, text) IS 'Job: alerts of what should not be as it is, closed when it is right again; a batch a watch';
