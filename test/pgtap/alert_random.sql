-- alerts: 300 random sets of causes, and people who acknowledge and close in between, lead to what a plain model says
SET search_path = oms, public;
SET client_min_messages = warning;
BEGIN;
SELECT plan(4);

CREATE TEMPORARY TABLE model (key text PRIMARY KEY, silent boolean NOT NULL, severity text NOT NULL, message text NOT NULL);
CREATE TEMPORARY TABLE cause (key text PRIMARY KEY, severity text NOT NULL, message text NOT NULL);
CREATE TEMPORARY TABLE wrong (step integer, key text);
CREATE FUNCTION pg_temp.rank(severity text) RETURNS integer LANGUAGE sql AS $$
    SELECT strpos('info warning critical', severity)
$$;

CREATE FUNCTION pg_temp.people() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_alert oms.alerts;
BEGIN
    FOR v_alert IN SELECT * FROM oms.alerts WHERE kind = 'random' AND status <> 'closed' AND random() < 0.1 ORDER BY alert_id LOOP
        IF random() < 0.5 THEN
            PERFORM acknowledge_alert(v_alert.alert_id);
        ELSE
            PERFORM close_alert(v_alert.alert_id);
            UPDATE model AS m SET silent = true WHERE m.key = v_alert.key;
        END IF;
    END LOOP;
END $$;

CREATE FUNCTION pg_temp.run(steps integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_max integer;
BEGIN
    FOR v_step IN 1 .. steps LOOP
        TRUNCATE cause;
        INSERT INTO cause
        SELECT 'k' || k, (ARRAY['info', 'warning', 'critical'])[1 + floor(random() * 3)], 'm' || floor(random() * 2)
        FROM generate_series(1, 20) AS k WHERE random() < 0.7;
        v_max := 1 + floor(random() * 30);
        LOOP
            EXIT WHEN oms_internal.sync_alerts('{random}', ARRAY(
                SELECT ROW('random', c.key, c.severity, c.message, NULL, NULL, NULL, NULL, NULL, NULL)::oms_internal.alert_cause
                FROM cause AS c), v_max) < v_max;
        END LOOP;

        DELETE FROM model AS m WHERE NOT EXISTS (SELECT FROM cause AS c WHERE c.key = m.key);
        INSERT INTO model SELECT c.key, false, c.severity, c.message FROM cause AS c
        ON CONFLICT (key) DO UPDATE SET silent = false, severity = excluded.severity, message = excluded.message
        WHERE NOT model.silent OR pg_temp.rank(excluded.severity) > pg_temp.rank(model.severity);
        INSERT INTO wrong
        SELECT v_step, key
        FROM model AS m
        FULL JOIN (SELECT key, status = 'closed' AS silent, severity, message FROM oms.alerts
                   WHERE kind = 'random' AND (watched OR status <> 'closed')) AS a USING (key, silent, severity, message)
        WHERE m.message IS NULL OR a.message IS NULL;
        PERFORM pg_temp.people();
    END LOOP;
END $$;

SELECT setseed(0.6);
SELECT pg_temp.run(300);
SELECT is((SELECT array_agg(w::text) FROM (SELECT * FROM wrong LIMIT 5) AS w), NULL, 'alerts are as the model has them after each step');
SELECT ok(count(*) > 1000 AND count(*) FILTER (WHERE acknowledged_at IS NOT NULL) > 100, 'many were raised, some acknowledged')
FROM oms.alerts WHERE kind = 'random';
SELECT is((SELECT array_agg(a.alert_id) FROM oms.alerts AS a
           WHERE a.kind = 'random'
                 AND (SELECT string_agg(e.type, ' ' ORDER BY e.event_id) FROM oms.subject_events AS e
                      WHERE e.subject = 'alert' AND e.key = a.alert_id::text)
                     IS DISTINCT FROM concat_ws(' ', 'alert.opened', CASE WHEN a.acknowledged_at IS NOT NULL THEN 'alert.acknowledged' END,
                                                CASE WHEN a.status = 'closed' THEN 'alert.closed' END)),
          NULL, 'each step of each alert has one event, in order');
SELECT is(oms_internal.sync_alerts('{random}', ARRAY(
              SELECT ROW('random', c.key, c.severity, c.message, NULL, NULL, NULL, NULL, NULL, NULL)::oms_internal.alert_cause
              FROM cause AS c)), 0, 'the same again writes nothing');
SELECT * FROM finish();
ROLLBACK;
