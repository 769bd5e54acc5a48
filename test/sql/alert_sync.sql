-- alerts that follow their causes: opened, brought up to date, closed; what was closed by hand stays silent
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;
ALTER SEQUENCE alerts_alert_id_seq RESTART 1;
CREATE VIEW pg_temp.seen AS
    SELECT alert_id AS id, key, severity, message, status, watched, data, to_char(updated_at, 'HH24:MI') AS updated
    FROM alerts WHERE kind LIKE 'freezer%' ORDER BY alert_id;
CREATE VIEW pg_temp.told AS
    SELECT key AS id, type, data FROM subject_events
    WHERE subject = 'alert' AND transaction_id = pg_current_xact_id() ORDER BY event_id;
-- causes as "key severity message", or of another kind as "kind:key severity message"
CREATE FUNCTION pg_temp.sync(VARIADIC causes text[]) RETURNS integer LANGUAGE sql AS $$
    SELECT oms_internal.sync_alerts('{freezer,freezer_b}', ARRAY(
        SELECT ROW(coalesce(p[1], 'freezer'), p[2], p[3], p[4], NULL, NULL, NULL, NULL, 'freezer ' || p[2],
                   jsonb_build_object('said', p[4]))::oms_internal.alert_cause
        FROM unnest(causes) AS c, regexp_match(c, '^(?:(\w+):)?(\w+) (\w+) (.*)$') AS p
        WHERE c <> ''))
$$;

/*
 * Opened once, changed by difference, closed by itself
 */
SELECT pg_temp.sync('porto warning 4 degrees', 'lisbon info 1 degree', 'freezer_b:porto warning is off');
SELECT pg_temp.sync('porto warning 4 degrees', 'lisbon info 1 degree', 'freezer_b:porto warning is off');
SELECT * FROM pg_temp.seen;
SET oms.now = '2026-11-02 11:00:00+00';
SELECT pg_temp.sync('porto critical 9 degrees', 'lisbon info 1 degree');
SELECT * FROM pg_temp.seen;
SELECT * FROM pg_temp.told;
-- a key that is given twice counts once, at its worst; kinds that were not asked for are let alone
SELECT pg_temp.sync('porto info 3 degrees', 'porto critical 9 degrees', 'lisbon info 1 degree', 'other:x info nothing');
-- what was raised otherwise is not looked after
SELECT oms_internal.raise_alert('freezer', 'faro', 'info', 'is new') > 0 AS raised;
SELECT pg_temp.sync('faro critical 9 degrees');
SELECT * FROM pg_temp.seen;

/*
 * Acknowledged, it goes on to follow; closed by hand, it is silent
 */
SELECT pg_temp.sync('braga warning 4 degrees', 'evora warning 4 degrees');
SELECT acknowledge_alert(alert_id), close_alert(alert_id + 1) FROM alerts WHERE key = 'braga';
SELECT pg_temp.sync('braga critical 9 degrees', 'evora warning 5 degrees');
SELECT pg_temp.sync('braga critical 9 degrees', 'evora info 2 degrees');
SELECT * FROM pg_temp.seen WHERE key IN ('braga', 'evora');
-- until the cause is worse
SELECT pg_temp.sync('braga critical 9 degrees', 'evora critical 8 degrees');
SELECT close_alert(max(alert_id)) FROM alerts WHERE key = 'evora';
SELECT pg_temp.sync('braga critical 9 degrees', 'evora critical 8 degrees');
-- or was gone
SELECT pg_temp.sync('braga critical 9 degrees');
SELECT pg_temp.sync('braga critical 9 degrees', 'evora info 2 degrees');
SELECT * FROM pg_temp.seen WHERE key IN ('braga', 'evora');

/*
 * No more at a time than asked, the most severe first; nothing at all is a cause too
 */
SELECT pg_temp.sync('');
SELECT oms_internal.sync_alerts('{freezer}', ARRAY[
    ROW('freezer', 'f', 'info', 'm', NULL, NULL, NULL, NULL, NULL, NULL),
    ROW('freezer', 'g', 'critical', 'm', NULL, NULL, NULL, NULL, NULL, NULL),
    ROW('freezer', 'h', 'warning', 'm', NULL, NULL, NULL, NULL, NULL, NULL)]::oms_internal.alert_cause[], 2);
SELECT key, severity FROM pg_temp.seen WHERE status = 'open' AND watched;
SELECT oms_internal.sync_alerts('{freezer}', NULL);
SELECT count(*) FROM pg_temp.seen WHERE watched;

/*
 * Events, whoever writes: by hand too
 */
INSERT INTO alerts (kind, key, message) VALUES ('freezer', 'x', 'by hand'), ('freezer', 'y', 'by hand');
UPDATE alerts SET message = 'by hand still' WHERE key IN ('x', 'y');
UPDATE alerts SET status = 'closed', closed_at = now(), note = 'gone' WHERE key IN ('x', 'y');
UPDATE alerts SET status = 'open', closed_at = NULL WHERE key = 'x';
SELECT e.type, e.data ->> 'key' AS key, e.data ->> 'note' AS note FROM pg_temp.told AS e WHERE data ->> 'key' IN ('x', 'y');
INSERT INTO subject_events (subject, key, type) VALUES ('alert', '1', 'alert.opened'); \echo :LAST_ERROR_SQLSTATE
ROLLBACK;
