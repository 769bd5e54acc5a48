/* sql/code/39-alert.sql: raising alerts, and having done with them */

CREATE TYPE oms_internal.alert_cause AS (
    kind text, key text, severity text, message text,
    order_id bigint, sku_id bigint, location_id integer, channel_id integer, subject text, data jsonb
);
COMMENT ON TYPE oms_internal.alert_cause IS 'Why an alert of a kind and key is to be open, with the values of its columns';

CREATE OR REPLACE FUNCTION oms_internal.severity_rank(severity text) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT array_position('{info,warning,critical}'::text[], severity);
END;
COMMENT ON FUNCTION oms_internal.severity_rank(text) IS 'Orders severities: critical is the greatest';

CREATE OR REPLACE FUNCTION oms_internal.record_alerts(alert_ids bigint[]) RETURNS void
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT oms_internal.record_events(
               'alert', array_agg(a.alert_id::text ORDER BY a.alert_id),
               array_agg(CASE a.status WHEN 'open' THEN 'opened' ELSE a.status END ORDER BY a.alert_id),
               array_agg(jsonb_build_object(
                             'kind', a.kind, 'key', a.key, 'severity', a.severity, 'message', a.message, 'order_id', a.order_id,
                             'sku', s.code, 'location', l.code, 'channel', c.code, 'note', a.note) ORDER BY a.alert_id))
    FROM oms.alerts AS a
    LEFT JOIN oms.skus AS s USING (sku_id)
    LEFT JOIN oms.locations AS l USING (location_id)
    LEFT JOIN oms.channels AS c USING (channel_id)
    WHERE a.alert_id = ANY ($1)
    HAVING count(*) > 0
$$;
COMMENT ON FUNCTION oms_internal.record_alerts(bigint[]) IS 'Append events of alerts that were opened, acknowledged or closed';

CREATE OR REPLACE FUNCTION oms_internal.record_alert_steps() RETURNS trigger
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_record_alert_steps';
COMMENT ON FUNCTION oms_internal.record_alert_steps()
    IS 'Trigger with transition tables: appends the events of alerts that have another status, whoever writes them';

/*
 * What a person has closed while its cause was there stays watched: no other
 * alert of the key is raised until the cause was gone once, or is more severe.
 * Alerts that somebody has in hand are left for the next time. Grouping, as no
 * join of many causes with many alerts depends on what the planner expects.
 */
CREATE OR REPLACE FUNCTION oms_internal.end_silence(kinds text[], causes oms_internal.alert_cause[], max integer) RETURNS integer
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH past AS (
        SELECT max(x.alert_id) AS alert_id
        FROM (SELECT a.alert_id, a.kind, a.key, oms_internal.severity_rank(a.severity) AS closed_at_rank, NULL::integer AS rank
              FROM oms.alerts AS a
              WHERE a.watched AND a.status = 'closed' AND a.kind = ANY ($1)
              UNION ALL
              SELECT NULL, c.kind, c.key, NULL, oms_internal.severity_rank(c.severity) FROM unnest($2) AS c) AS x
        GROUP BY x.kind, x.key
        HAVING max(x.rank) > max(x.closed_at_rank) OR max(x.rank) IS NULL
    ), silent AS (
        SELECT a.alert_id
        FROM oms.alerts AS a
        WHERE a.alert_id = ANY (ARRAY(SELECT p.alert_id FROM past AS p)) AND a.watched AND a.status = 'closed'
        ORDER BY a.alert_id
        LIMIT $3
        FOR NO KEY UPDATE SKIP LOCKED
    ), ended AS (
        UPDATE oms.alerts AS a SET watched = false FROM silent AS s WHERE a.alert_id = s.alert_id RETURNING 1
    )
    SELECT count(*)::integer FROM ended
$$;
COMMENT ON FUNCTION oms_internal.end_silence(text[], oms_internal.alert_cause[], integer)
    IS 'Let alerts be raised again that were closed by hand, where the cause is gone or more severe, at most max; returns how many';

CREATE OR REPLACE FUNCTION oms_internal.sync_alerts(kinds text[], causes oms_internal.alert_cause[], max integer DEFAULT 1000)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_ended CONSTANT integer := oms_internal.end_silence(kinds, causes, max);
    v_changed integer;
    v_summary jsonb;
BEGIN
    WITH cause AS MATERIALIZED (
        SELECT DISTINCT ON (c.kind, c.key) c.*
        FROM unnest(causes) AS c
        WHERE c.kind = ANY (kinds)
        ORDER BY c.kind, c.key, oms_internal.severity_rank(c.severity) DESC
    ), seen AS (
        SELECT a.alert_id, a.kind, a.key, a.status, a.severity, a.message, a.data
        FROM oms.alerts AS a
        WHERE a.watched AND a.kind = ANY (kinds)
    ), change AS MATERIALIZED (
        SELECT a.alert_id, c.key IS NULL AS gone, coalesce(c.kind, a.kind) AS kind, coalesce(c.key, a.key) AS key,
               coalesce(c.severity, a.severity) AS severity, coalesce(c.message, a.message) AS message,
               CASE WHEN c.key IS NULL THEN a.data ELSE c.data END AS data,
               c.order_id, c.sku_id, c.location_id, c.channel_id, c.subject
        FROM cause AS c
        FULL JOIN seen AS a ON a.kind = c.kind AND a.key = c.key
        WHERE a.alert_id IS NULL
              OR a.status <> 'closed'
                 AND (c.key IS NULL OR (a.severity, a.message, a.data) IS DISTINCT FROM (c.severity, c.message, c.data))
        ORDER BY oms_internal.severity_rank(coalesce(c.severity, a.severity)) DESC, 3, 4
        LIMIT max
    ), mine AS MATERIALIZED (
        SELECT a.alert_id
        FROM oms.alerts AS a
        WHERE a.alert_id = ANY (ARRAY(SELECT c.alert_id FROM change AS c)) AND a.status <> 'closed'
        ORDER BY a.alert_id
        FOR NO KEY UPDATE SKIP LOCKED
    ), changed AS (
        UPDATE oms.alerts AS a
        SET severity = c.severity, message = c.message, data = c.data, watched = NOT c.gone,
            status = CASE WHEN c.gone THEN 'closed' ELSE a.status END,
            closed_at = CASE WHEN c.gone THEN oms.now() END,
            updated_at = CASE WHEN c.gone THEN a.updated_at ELSE oms.now() END
        FROM change AS c
        JOIN mine AS m USING (alert_id)
        WHERE a.alert_id = c.alert_id
        RETURNING a.kind, CASE WHEN c.gone THEN 'closed' ELSE 'updated' END AS step
    ), opened AS (
        INSERT INTO oms.alerts (kind, key, severity, message, data, order_id, sku_id, location_id, channel_id, subject, watched)
        SELECT c.kind, c.key, c.severity, c.message, c.data, c.order_id, c.sku_id, c.location_id, c.channel_id, c.subject, true
        FROM change AS c
        WHERE c.alert_id IS NULL
        ORDER BY c.kind, c.key
        ON CONFLICT DO NOTHING
        RETURNING kind, 'opened'
    ), step AS (
        SELECT s.kind, s.step, count(*) AS n
        FROM (SELECT * FROM changed UNION ALL SELECT * FROM opened) AS s(kind, step)
        GROUP BY s.kind, s.step
    )
    SELECT coalesce(sum(k.n), 0), jsonb_object_agg(k.kind, k.steps) INTO v_changed, v_summary
    FROM (SELECT s.kind, sum(s.n) AS n, jsonb_object_agg(s.step, s.n) AS steps FROM step AS s GROUP BY s.kind) AS k;
    IF v_changed > 0 THEN
        PERFORM pg_notify('oms_alerts', v_summary::text);
    END IF;
    RETURN v_ended + v_changed;
END
$$;
COMMENT ON FUNCTION oms_internal.sync_alerts(text[], oms_internal.alert_cause[], integer)
    IS 'Given all present causes of some kinds, open the alerts that are missing, bring others up to date and close those whose cause is gone, at most max, the most severe first, and notify oms_alerts; returns how many rows were changed: as many as max where there may be more to do';

CREATE OR REPLACE FUNCTION oms_internal.raise_alert(kind text, key text, severity text, message text,
                                                    order_id bigint DEFAULT NULL, subject text DEFAULT NULL,
                                                    data jsonb DEFAULT NULL) RETURNS bigint
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH raised AS (
        INSERT INTO oms.alerts AS a (kind, key, severity, message, order_id, subject, data)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (kind, key) WHERE status <> 'closed'
        DO UPDATE SET severity = excluded.severity, message = excluded.message, data = excluded.data
        WHERE (a.severity, a.message, a.data) IS DISTINCT FROM (excluded.severity, excluded.message, excluded.data)
        RETURNING a.alert_id
    )
    SELECT alert_id FROM raised
    UNION ALL
    SELECT a.alert_id FROM oms.alerts AS a WHERE a.kind = $1 AND a.key = $2 AND a.status <> 'closed'
    LIMIT 1
$$;
COMMENT ON FUNCTION oms_internal.raise_alert(text, text, text, text, bigint, text, jsonb)
    IS 'Raise an alert, or bring the one up to date that is not closed; returns its id';

CREATE OR REPLACE FUNCTION oms_internal.close_alerts(kinds text[], keys text[], note text DEFAULT NULL) RETURNS integer
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH closed AS (
        UPDATE oms.alerts AS a
        SET status = 'closed', closed_at = oms.now(), note = coalesce($3, a.note)
        WHERE a.kind = ANY ($1) AND a.key = ANY ($2) AND a.status <> 'closed'
        RETURNING 1
    )
    SELECT count(*)::integer FROM closed
$$;
COMMENT ON FUNCTION oms_internal.close_alerts(text[], text[], text) IS 'Close alerts whose cause is gone; returns how many';

CREATE OR REPLACE FUNCTION oms_internal.require_alert(alert_id bigint) RETURNS text
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_status text;
BEGIN
    SELECT a.status INTO v_status FROM oms.alerts AS a WHERE a.alert_id = require_alert.alert_id FOR NO KEY UPDATE;
    IF v_status IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM006',
            MESSAGE = format('alert %s does not exist', alert_id),
            HINT = 'Table oms.alerts has them.';
    END IF;
    RETURN v_status;
END
$$;
COMMENT ON FUNCTION oms_internal.require_alert(bigint) IS 'Lock an alert and return its status; raises OM006 if there is none';

CREATE OR REPLACE FUNCTION oms_internal.acknowledge_alert(alert_id bigint, note text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_status CONSTANT text := oms_internal.require_alert(alert_id);
BEGIN
    UPDATE oms.alerts AS a
    SET status = 'acknowledged', acknowledged_at = oms.now(), note = coalesce(acknowledge_alert.note, a.note)
    WHERE a.alert_id = acknowledge_alert.alert_id AND v_status = 'open';
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION oms_internal.acknowledge_alert(bigint, text) IS 'What oms.acknowledge_alert() does, once per reference';

CREATE OR REPLACE FUNCTION oms.acknowledge_alert(alert_id bigint, note text DEFAULT NULL, reference text DEFAULT NULL)
    RETURNS boolean
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_acknowledge_alert';
COMMENT ON FUNCTION oms.acknowledge_alert(bigint, text, text) IS 'Say that somebody looks after an alert; returns false if somebody did before';

CREATE OR REPLACE FUNCTION oms_internal.close_alert(alert_id bigint, note text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_status CONSTANT text := oms_internal.require_alert(alert_id);
BEGIN
    UPDATE oms.alerts AS a
    SET status = 'closed', closed_at = oms.now(), note = coalesce(close_alert.note, a.note)
    WHERE a.alert_id = close_alert.alert_id AND v_status <> 'closed';
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION oms_internal.close_alert(bigint, text) IS 'What oms.close_alert() does, once per reference';

CREATE OR REPLACE FUNCTION oms.close_alert(alert_id bigint, note text DEFAULT NULL, reference text DEFAULT NULL)
    RETURNS boolean
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_close_alert';
COMMENT ON FUNCTION oms.close_alert(bigint, text, text) IS 'Say that an alert is settled; returns false if it was before';
