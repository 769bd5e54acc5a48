/* sql/code/39-alert.sql: raising alerts, and having done with them */

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
