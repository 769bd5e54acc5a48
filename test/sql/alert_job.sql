-- the job that raises alerts: batch by batch, each watch when it is due; messages for suppliers; the report
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET jit = off;
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;
ALTER SEQUENCE alerts_alert_id_seq RESTART 1;
UPDATE skus SET active = false;
UPDATE jobs SET settings = settings || '{"low_stock": {"channels": ["aj_web"]}, "out_of_stock": {"sold_days": 90, "channels": ["aj_web"]}}'
WHERE name = 'raise_alerts';
SELECT put_channel('{"code": "aj_web", "currency": "EUR"}'),
       put_location('{"code": "aj_porto", "name": "Porto", "country": "PT"}'), put_location('{"code": "aj_faro", "name": "Faro", "country": "PT"}'),
       put_supplier('{"code": "aj_mill", "name": "The mill", "currency": "EUR", "email": "mill@example.org"}'),
       put_supplier('{"code": "aj_mute", "name": "Mute", "currency": "EUR"}');
SELECT count(put_product(jsonb_build_object('code', 'aj_' || c, 'category', 'aj.shirts',
           'skus', jsonb_build_array(jsonb_build_object('code', 'aj_' || c, 'name', upper(c), 'cost', '3 EUR')))))
FROM unnest('{tee,cap,hat}'::text[]) AS c;
SELECT put_supplier('{"code": "aj_mill", "skus": [{"sku": "aj_tee", "supplier_sku": "T-1", "cost": "3 EUR"}, {"sku": "aj_cap", "cost": "3 EUR"}]}'),
       put_supplier('{"code": "aj_mute", "skus": [{"sku": "aj_hat", "cost": "3 EUR"}]}');
INSERT INTO replenishment_policies (code, sku_id, location_id, reorder_point, order_up_to)
SELECT s.code || l.code, s.sku_id, l.location_id, 10, 30
FROM skus AS s, locations AS l WHERE s.code LIKE 'aj%' AND l.code = 'aj_porto';
SELECT receive_stock('aj_tee', 'aj_porto', 4), receive_stock('aj_cap', 'aj_porto', 40), receive_stock('aj_hat', 'aj_porto', 1);

/*
 * Each watch once, in order; a watch that is not due is passed by
 */
SELECT run_job('raise_alerts') - 'run_id' AS run;
SELECT name, every, looked_at FROM alert_watches ORDER BY place;
SELECT kind, key FROM alerts WHERE key LIKE 'aj%' ORDER BY key;
SET oms.now = '2026-11-02 10:59:59+00';
SELECT run_job('raise_alerts') - 'run_id' AS run;
SET oms.now = '2026-11-02 11:00:00+00';
SELECT run_job('raise_alerts') - 'run_id' AS run;
UPDATE alert_watches SET looked_at = NULL WHERE name = 'idle_stock';
SELECT run_job('raise_alerts') - 'run_id' AS run;
-- a clock that was set back
SET oms.now = '2026-11-01 12:00:00+00';
SELECT run_job('raise_alerts') -> 'batches' AS batches;

/*
 * No more rows a batch than the job may take
 */
SET oms.now = '2026-11-02 12:00:00+00';
DELETE FROM alerts WHERE key LIKE 'aj%';
UPDATE jobs SET batch_rows = 2 WHERE name = 'raise_alerts';
SELECT count(*) FROM alerts WHERE watched;
SELECT oms_internal.job_raise_alerts(2, settings, NULL) FROM jobs WHERE name = 'raise_alerts';
SELECT count(*) FROM alerts WHERE watched;
SELECT oms_internal.job_raise_alerts(2, settings, NULL) FROM jobs WHERE name = 'raise_alerts';
SELECT oms_internal.job_raise_alerts(2, settings, NULL) FROM jobs WHERE name = 'raise_alerts';
SELECT oms_internal.job_raise_alerts(2, settings, 'return_rates') FROM jobs WHERE name = 'raise_alerts';
SELECT oms_internal.job_raise_alerts(2, settings, 'supplier_mails') FROM jobs WHERE name = 'raise_alerts';
UPDATE jobs SET batch_rows = 1000 WHERE name = 'raise_alerts';
-- what nobody knows how to watch
INSERT INTO alert_watches VALUES ('weather', 7, '0');
SELECT run_job('raise_alerts') - 'run_id' AS run;
SELECT kind, severity FROM alerts WHERE key = 'raise_alerts' AND status = 'open';
DELETE FROM alert_watches WHERE name = 'weather';
SELECT run_job('raise_alerts') ->> 'status' AS status;
INSERT INTO alert_watches VALUES ('weather', 7, '-1 day'); \echo :LAST_ERROR_SQLSTATE

/*
 * A message a day for each supplier that can be written to, as long as nobody has sent it
 */
CREATE FUNCTION pg_temp.look() RETURNS integer LANGUAGE sql AS $$
    SELECT oms_internal.run_watch('stock', settings, 1000) FROM jobs WHERE name = 'raise_alerts';
    SELECT oms_internal.run_watch('supplier_mails', settings, 1000) FROM jobs WHERE name = 'raise_alerts'
$$;
SELECT count(*) FROM notifications;
UPDATE jobs SET settings = settings || '{"supplier_mail": true}' WHERE name = 'raise_alerts';
SELECT pg_temp.look(), pg_temp.look() AS again;
\t on
\pset format unaligned
SELECT kind, recipient, day, alert_id, sent_at, subject, body FROM notifications;
SELECT adjust_stock('aj_cap', 'aj_porto', -40, 'lost'), pg_temp.look();
SELECT subject, body FROM notifications;
\t off
\pset format aligned
-- acknowledged it is still there, closed it is not
SELECT count(acknowledge_alert(alert_id)) FROM alerts WHERE key = 'aj_tee@aj_porto' AND status = 'open';
SELECT pg_temp.look();
SELECT count(close_alert(alert_id)) FROM alerts WHERE key = 'aj_tee@aj_porto' AND status <> 'closed';
SELECT pg_temp.look();
SELECT body ~ 'CAP' AS cap, body ~ 'TEE' AS tee FROM notifications;
SELECT receive_stock('aj_cap', 'aj_porto', 40), pg_temp.look();
SELECT count(*) FROM notifications;
-- what was sent is not sent again that day, but on the next
SELECT adjust_stock('aj_cap', 'aj_porto', -40, 'lost'), pg_temp.look();
UPDATE notifications SET sent_at = oms.now();
SELECT adjust_stock('aj_tee', 'aj_porto', -4, 'lost'), pg_temp.look();
SET oms.now = '2026-11-03 00:00:00+00';
SELECT pg_temp.look() > 0 AS more;
SELECT day, sent_at, subject FROM notifications ORDER BY 1;
-- what was not sent on its day is too late
SET oms.now = '2026-11-04 00:00:00+00';
SELECT pg_temp.look() > 0 AS more;
SELECT day, sent_at FROM notifications ORDER BY 1;
UPDATE jobs SET settings = settings || '{"supplier_mail": false}' WHERE name = 'raise_alerts';
SELECT pg_temp.look();
SELECT day, sent_at FROM notifications ORDER BY 1;

/*
 * Forecasts of 1,600 SKUs at locations, that nobody has analyzed yet, don't make the watches take minutes
 */
ALTER TABLE stock_levels DISABLE TRIGGER USER;
ALTER TABLE forecasts DISABLE TRIGGER USER;
SELECT count(put_location(jsonb_build_object('code', 'ak_' || n, 'country', 'PT'))) FROM generate_series(1, 40) AS n;
SELECT count(put_sku(jsonb_build_object('code', 'ak_' || n))) FROM generate_series(1, 40) AS n;
INSERT INTO stock_levels (sku_id, location_id, on_hand)
SELECT s.sku_id, l.location_id, 100 FROM skus AS s, locations AS l WHERE s.code LIKE 'ak%' AND l.code LIKE 'ak%';
ANALYZE skus, locations, stock_levels;
INSERT INTO forecasts (sku_id, location_id, starts_on, class, method, means, mean, protection_days, total_mean, total_quantiles)
SELECT l.sku_id, l.location_id, '2026-11-04', 'smooth', 'test', array_fill(1, ARRAY[28]), 1, 14, 14, array_fill(14, ARRAY[8])
FROM stock_levels AS l JOIN skus AS s USING (sku_id) WHERE s.code LIKE 'ak%';
UPDATE alert_watches SET looked_at = NULL;
SET statement_timeout = '30s';
SELECT run_job('raise_alerts') ->> 'status' AS status;
RESET statement_timeout;

/*
 * For who reports
 */
SELECT kind, key, severity, status, sku, sku_name, category, location, channel, quantity, reorder_point, hours
FROM oms_report.alerts WHERE key LIKE 'aj%' AND status <> 'closed' ORDER BY key;
ROLLBACK;
