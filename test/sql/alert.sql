-- alerts: raised once for each cause, until it is gone
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;
ALTER SEQUENCE alerts_alert_id_seq RESTART 1;
CREATE VIEW pg_temp.seen AS
    SELECT alert_id AS id, kind, key, severity, order_id, subject, message, data, status, acknowledged_at, closed_at, note
    FROM oms.alerts ORDER BY alert_id;

/*
 * The same cause again is the same alert, brought up to date
 */
SELECT oms_internal.raise_alert('alert_test', 'a', 'warning', 'three left', 7, 'SKU A', '{"left": 3}');
SELECT oms_internal.raise_alert('alert_test', 'a', 'warning', 'three left', 7, 'SKU A', '{"left": 3}');
SELECT oms_internal.raise_alert('alert_test', 'a', 'critical', 'none left', 7, 'SKU A', '{"left": 0}');
SELECT oms_internal.raise_alert('alert_test', 'b', 'info', 'many left') > 1 AS another;
SELECT kind, key, severity, order_id, subject, message, data, status FROM pg_temp.seen;

/*
 * Acknowledged, closed, raised again
 */
SET oms.now = '2026-11-02 11:00:00+00';
SELECT acknowledge_alert(1, 'on my way', 'ack-1');
SELECT acknowledge_alert(1, 'on my way', 'ack-1');
SELECT acknowledge_alert(1);
SELECT oms_internal.raise_alert('alert_test', 'a', 'critical', 'none left', 7, 'SKU A', '{"left": 0}');
SET oms.now = '2026-11-02 12:00:00+00';
SELECT close_alert(1);
SELECT close_alert(1, 'once more');
SELECT acknowledge_alert(1);
SELECT status, acknowledged_at, closed_at, note FROM pg_temp.seen WHERE id = 1;
SELECT oms_internal.raise_alert('alert_test', 'a', 'critical', 'none left') > 2 AS another;
SELECT oms_internal.close_alerts('{alert_test}', '{a,b,c}', 'they came');
SELECT oms_internal.close_alerts('{alert_test}', '{a,b,c}');
SELECT key, status, note FROM pg_temp.seen ORDER BY id;

/*
 * What is refused
 */
SELECT acknowledge_alert(0); \echo :LAST_ERROR_SQLSTATE
SELECT close_alert(0); \echo :LAST_ERROR_SQLSTATE
SELECT close_alert(NULL); \echo :LAST_ERROR_SQLSTATE
SELECT acknowledge_alert(1, 'another', 'ack-1'); \echo :LAST_ERROR_SQLSTATE
INSERT INTO alerts (kind, key, message) VALUES ('alert_test', 'x', 'one'), ('alert_test', 'x', 'two'); \echo :LAST_ERROR_SQLSTATE
INSERT INTO alerts (kind, key, message, severity) VALUES ('alert_test', 'x', 'one', 'bad'); \echo :LAST_ERROR_SQLSTATE
INSERT INTO alerts (kind, key, message, status) VALUES ('alert_test', 'x', 'one', 'closed'); \echo :LAST_ERROR_SQLSTATE
INSERT INTO alerts (kind, key, message, status) VALUES ('alert_test', 'x', 'one', 'acknowledged'); \echo :LAST_ERROR_SQLSTATE
INSERT INTO alerts (kind, key, message, closed_at) VALUES ('alert_test', 'x', 'one', '2026-11-02'); \echo :LAST_ERROR_SQLSTATE
ROLLBACK;
