-- stock that nobody buys, too much of it, and what comes back more often than before; each case is reckoned by hand
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET jit = off;
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;
ALTER SEQUENCE alerts_alert_id_seq RESTART 1;
-- what jobs find out is told by hand here
ALTER TABLE stockouts DISABLE TRIGGER USER;
ALTER TABLE forecasts DISABLE TRIGGER USER;
UPDATE settings SET value = 'EUR' WHERE name = 'base_currency';
INSERT INTO settings (name, value) VALUES ('base_currency', 'EUR') ON CONFLICT DO NOTHING;
CREATE VIEW pg_temp.open AS
    SELECT kind, key, severity, message, data FROM alerts WHERE key LIKE 'ai%' AND status <> 'closed' ORDER BY key, kind;
CREATE FUNCTION pg_temp.watch(watch text, VARIADIC keys text[] DEFAULT '{}') RETURNS integer LANGUAGE sql AS $$
    SELECT oms_internal.run_watch(watch, settings || coalesce((SELECT jsonb_object_agg(split_part(k, '=', 1), split_part(k, '=', 2)::jsonb)
                                                               FROM unnest(keys) AS k), '{}'), 1000)
    FROM jobs WHERE jobs.name = 'raise_alerts'
$$;
-- demand of a SKU on each day from one to another, every so many days
CREATE FUNCTION pg_temp.demand(sku text, from_day date, to_day date, step integer, demanded integer, returned integer DEFAULT 0)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO demand_daily (sku_id, location_id, day, demanded, returned)
    SELECT s.sku_id, l.location_id, d, $5, $6
    FROM generate_series($2, $3, make_interval(days => $4)) AS d, skus AS s, locations AS l
    WHERE s.code = $1 AND l.code = 'ai_porto'
$$;
CREATE FUNCTION pg_temp.forecast(sku text, mean float8) RETURNS void LANGUAGE sql AS $$
    INSERT INTO forecasts (sku_id, location_id, starts_on, class, method, means, mean, protection_days, total_mean, total_quantiles)
    SELECT s.sku_id, l.location_id, '2026-11-02', 'smooth', 'test', ARRAY[$2::real], $2, 1, $2, array_fill($2, ARRAY[8])
    FROM skus AS s, locations AS l WHERE s.code = $1 AND l.code = 'ai_porto'
$$;
SELECT put_location('{"code": "ai_porto", "country": "PT"}');
SELECT count(put_sku(jsonb_build_object('code', 'ai_' || c, 'cost', '2 EUR')))
FROM unnest('{dead,new,cheap,fade,steady,much,less,out,free}'::text[]) AS c;

/*
 * Dead: nothing sold for 90 days, in stock for as long, worth 100 or more. ai_cheap is worth 98; ai_new came yesterday;
 * ai_out was out of stock in between; ai_steady was sold on the first of these days
 */
SET oms.now = '2026-01-01 10:00:00+00';
SELECT count(receive_stock('ai_' || c, 'ai_porto', n))
FROM unnest('{dead,cheap,fade,steady,much,less,out,free}'::text[], '{50,49,60,60,1000,1000,60,60}'::int[]) AS v(c, n);
SET oms.now = '2026-11-01 10:00:00+00';
SELECT receive_stock('ai_new', 'ai_porto', 100);
SET oms.now = '2026-11-02 10:00:00+00';
INSERT INTO stockouts (sku_id, location_id, began_at, ended_at, counted_until)
SELECT sku_id, location_id, '2026-06-01', '2026-08-10', '2026-08-10' FROM stock_levels JOIN skus USING (sku_id) WHERE code = 'ai_out';
SELECT pg_temp.demand('ai_dead', '2026-08-04', '2026-08-04', 1, 1);
SELECT pg_temp.demand('ai_steady', '2026-08-05', '2026-08-05', 1, 1);
SELECT pg_temp.watch('idle_stock', 'overstock=null');
SELECT * FROM pg_temp.open;
-- what is reserved does not lie idle; no other limit than there is
SELECT reserve('ai_dead', 1) > 0 AS reserved, pg_temp.watch('idle_stock', 'overstock=null');
SELECT key, message FROM pg_temp.open;
SELECT pg_temp.watch('idle_stock', 'overstock=null', 'dead_stock={"days": 91}');
SELECT key FROM pg_temp.open;
SELECT pg_temp.watch('idle_stock', 'overstock=null', 'dead_stock={"days": 1}');
SELECT key FROM pg_temp.open;

/*
 * Fading: sold on 30 of 216 days, and on one of the last 90, which is less than half as often. 60 last for 240 days at 0.25
 * a day. ai_steady sells as it did
 */
SELECT pg_temp.demand('ai_fade', '2026-03-31', '2026-07-24', 4, 1);
SELECT pg_temp.demand('ai_fade', '2026-10-01', '2026-10-01', 1, 1);
SELECT pg_temp.demand('ai_steady', '2026-01-02', '2026-08-01', 90, 1);
SELECT pg_temp.forecast('ai_fade', 0.25), pg_temp.forecast('ai_steady', 0.01);
SELECT pg_temp.watch('idle_stock', 'overstock=null');
SELECT * FROM pg_temp.open WHERE key LIKE 'ai_fade%' OR key LIKE 'ai_steady%';

/*
 * Too much: 1000 at 2 a day last for 500 days, those beyond 180 days are worth 1280; 1000 at 6 a day last for 167.
 * ai_steady lasts for ever; ai_free has no more than 200 days, worth little
 */
SELECT pg_temp.forecast('ai_much', 2), pg_temp.forecast('ai_less', 6), pg_temp.forecast('ai_free', 0.3),
       pg_temp.demand('ai_much', '2026-10-01', '2026-11-01', 1, 2), pg_temp.demand('ai_less', '2026-10-01', '2026-11-01', 1, 6),
       pg_temp.demand('ai_free', '2026-10-01', '2026-11-01', 3, 1);
SELECT pg_temp.watch('idle_stock');
SELECT * FROM pg_temp.open;
-- first sold today, or by the clock of the location tomorrow
SELECT receive_stock('ai_cheap', 'ai_porto', 50), pg_temp.demand('ai_cheap', '2026-11-02', '2026-11-02', 1, 1),
       pg_temp.demand('ai_new', '2026-11-03', '2026-11-03', 1, 1), pg_temp.forecast('ai_cheap', 0.001);
SELECT pg_temp.watch('idle_stock'), pg_temp.watch('idle_stock', 'dead_stock={"days": 0, "cover_days": 1}') > 0 AS days_0, pg_temp.watch('idle_stock') > 0 AS back;
SELECT key, message FROM pg_temp.open WHERE key ~ 'ai_(cheap|new)';
SELECT pg_temp.watch('idle_stock', 'overstock={"days": 180, "min_value": 1280.01}');
SELECT key FROM pg_temp.open WHERE kind = 'overstock';
SELECT pg_temp.watch('idle_stock', 'overstock={"days": 501}');
SELECT key FROM pg_temp.open WHERE kind = 'overstock';

SELECT kind, sku, location, quantity, value, currency FROM oms_report.alerts WHERE key = 'ai_fade@ai_porto' AND status = 'open';

/*
 * Returns. Of 1000 units before and 100 since 2026-09-04 came back: of ai_dead 100 and 20, of ai_fade 100 and 11; of ai_new
 * 40 of 100, and none is known before; all are of one category
 */
DELETE FROM demand_daily;
SELECT put_product(jsonb_build_object('code', 'ai_p', 'category', 'ai.shirts', 'skus', jsonb_agg(jsonb_build_object('code', code))))
FROM skus WHERE code IN ('ai_dead', 'ai_fade', 'ai_new');
SELECT pg_temp.demand('ai_dead', '2026-09-03', '2026-09-03', 1, 1000, 100), pg_temp.demand('ai_dead', '2026-09-04', '2026-09-04', 1, 100, 20),
       pg_temp.demand('ai_fade', '2026-09-03', '2026-09-03', 1, 1000, 100), pg_temp.demand('ai_fade', '2026-11-02', '2026-11-02', 1, 100, 11),
       pg_temp.demand('ai_new', '2026-10-01', '2026-10-01', 1, 100, 40), pg_temp.demand('ai_dead', '2026-03-07', '2026-03-07', 1, 1000, 1000);
-- the bounds at 99 % of 20 of 100, 40 of 100 and 11 of 100, against 100 of 1000: what the rise is at least
SELECT n, round(oms_internal.rate_rise(n, 100, 100, 1000, 2.58)::numeric, 4) AS rise FROM unnest('{11,18,20,40}'::int[]) AS n;
SELECT oms_internal.rate_rise(1, 0, 1, 10, 2.58) IS NULL AS unknown, oms_internal.rate_rise(3, 2, 0, 10, 2.58) > 0 AS more_than_all;
SELECT pg_temp.watch('return_rates');
SELECT * FROM pg_temp.open WHERE kind = 'return_rate_spike';
-- a SKU that comes back as it always did is none, even if its category is better
UPDATE demand_daily SET returned = 180 WHERE demanded = 1000 AND returned = 100 AND sku_id = (SELECT sku_id FROM skus WHERE code = 'ai_dead');
SELECT pg_temp.watch('return_rates', 'return_rate_spike={"days": 60, "before_days": 180, "min_units": 101, "min_returns": 3, "z": 2.58}');
SELECT pg_temp.watch('return_rates', 'return_rate_spike={"days": 60, "before_days": 180, "min_units": 20, "min_returns": 41, "z": 2.58}');
SELECT pg_temp.watch('return_rates');
SELECT key FROM pg_temp.open WHERE kind = 'return_rate_spike';
ROLLBACK;
