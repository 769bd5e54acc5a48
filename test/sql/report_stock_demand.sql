-- stock against what is wanted of it: cover, classes, stock-outs and what they cost, forecasts and what came of them, by hand
SET client_min_messages = warning;
CREATE DATABASE regress_stock_demand;
\c regress_stock_demand
SET client_min_messages = warning;
CREATE EXTENSION oms CASCADE;
SELECT oms.install() = oms.version() AS installed;
SET search_path = oms, public;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET jit = off;
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;
ALTER SEQUENCE orders_order_id_seq RESTART 96001;
-- what jobs find out is told by hand here, and all there is are rows of this test
ALTER TABLE stockouts DISABLE TRIGGER USER;
ALTER TABLE forecasts DISABLE TRIGGER USER;
ALTER TABLE forecast_snapshots DISABLE TRIGGER USER;
ALTER TABLE demand_series DISABLE TRIGGER USER;
SELECT set_base_currency('EUR') IS NOT NULL AS based, run_job('roll_up_demand') IS NOT NULL AS others \g /dev/null
DELETE FROM demand_daily;
DELETE FROM stockouts;
INSERT INTO locations (code, name, time_zone) VALUES ('rd-a', 'A', 'UTC'), ('rd-b', 'B', 'UTC');
SELECT put_product('{"code": "RD-P", "category": "rd", "skus": [
    {"code": "RD-1", "cost": "200 EUR"}, {"code": "RD-2", "cost": "37.50 EUR"}, {"code": "RD-3", "price": "100 EUR"}, {"code": "RD-4", "cost": "26 EUR"},
    {"code": "RD-5"}, {"code": "RD-6", "cost": "1 EUR"}, {"code": "RD-7", "cost": "0.10 EUR"}, {"code": "RD-8", "price": "10 EUR", "cost": "6 EUR"}]}') \g /dev/null
CREATE FUNCTION pg_temp.sku(code text) RETURNS bigint LANGUAGE sql AS $$ SELECT sku_id FROM oms.skus AS s WHERE s.code = $1 $$;
CREATE FUNCTION pg_temp.location(code text) RETURNS integer LANGUAGE sql AS $$ SELECT location_id FROM oms.locations AS l WHERE l.code = $1 $$;
-- demand on a day of each week, n = 0 being the last, and of a day
CREATE FUNCTION pg_temp.weekly(sku text, weeks integer, odd integer, even integer) RETURNS void LANGUAGE sql AS $$
    INSERT INTO oms.demand_daily (sku_id, location_id, day, demanded)
    SELECT pg_temp.sku(sku), pg_temp.location('rd-a'), date '2026-11-01' - 7 * n, CASE n % 2 WHEN 1 THEN odd ELSE even END
    FROM generate_series(0, weeks - 1) AS n
$$;
CREATE FUNCTION pg_temp.day(sku text, location text, day date, demanded integer, rate real DEFAULT 0) RETURNS void LANGUAGE sql AS $$
    INSERT INTO oms.demand_daily (sku_id, location_id, day, demanded, out_of_stock_rate) VALUES (pg_temp.sku(sku), pg_temp.location(location), day, demanded, rate)
$$;

/*
 * RD-1: 10 a week, 520 at 200 are 104000; RD-2: 5 and 15 in turn, 19500, CV 0.5; RD-3: 52 in the first of the 52 weeks, 5200 at its price; RD-4:
 * 7 weeks of 7, 1274; RD-7: 0 and 20 in turn, 52, CV 1; RD-5 has no cost. In all 130026: RD-1 is the first 79.98 %, so RD-2 begins
 * below 80 %, RD-3 at 94.98 %, below 95 %, RD-4 at 98.98 %. RD-6 sold before these weeks and today.
 */
SELECT pg_temp.weekly('RD-1', 52, 10, 10), pg_temp.weekly('RD-2', 52, 5, 15), pg_temp.day('RD-3', 'rd-a', '2025-11-03', 52), pg_temp.weekly('RD-4', 7, 7, 7),
       pg_temp.weekly('RD-5', 52, 1, 1), pg_temp.day('RD-6', 'rd-a', '2025-11-02', 9), pg_temp.day('RD-6', 'rd-a', '2026-11-02', 9), pg_temp.weekly('RD-7', 52, 0, 20) \g /dev/null
INSERT INTO demand_series (sku_id, location_id, began_on) SELECT pg_temp.sku('RD-4'), pg_temp.location('rd-a'), '2026-09-14';
SELECT sku, units, unit_value, valued_by, value, share, cumulative_share, abc, weeks, weekly_mean, weekly_cv, xyz, class, stock_value, currency
FROM oms_report.abc_xyz WHERE sku LIKE 'RD-%' ORDER BY sku;
-- if RD-1 costs a bit more, it makes up 80 %, and RD-2 begins there
SELECT put_sku('{"code": "RD-1", "cost": "200.50 EUR"}');
SELECT sku, cumulative_share, abc FROM oms_report.abc_xyz WHERE sku IN ('RD-1', 'RD-2', 'RD-3') ORDER BY sku;
SELECT * FROM oms_report.abc_xyz_matrix WHERE abc IN ('A', 'B') ORDER BY abc, xyz;

/*
 * Cover: of RD-1 28 at 2 a day are 14 days, with 6 that come 17; of late 40 in 28 days. RD-2 is not forecast, RD-3 is out. RD-8, of
 * which rd-a had none for 4.5 of 28 days, as told below, sold 33 on the others: 1.4043 a day.
 */
INSERT INTO forecasts (sku_id, location_id, starts_on, class, method, means, mean, protection_days, total_mean, total_quantiles)
SELECT pg_temp.sku(v.sku), pg_temp.location('rd-a'), '2026-11-02', 'smooth', 'test', '{1}', v.mean, 1, 1, array_fill(1::float8, ARRAY[8])
FROM (VALUES ('RD-1', 2::float8), ('RD-3', 1), ('RD-8', 0.1)) AS v(sku, mean);
SELECT receive_stock('RD-1', 'rd-a', 28), receive_stock('RD-2', 'rd-a', 5), receive_stock('RD-8', 'rd-a', 20), receive_stock('RD-8', 'rd-b', 1), adjust_stock('RD-8', 'rd-b', -1, 'gone'),
       put_supplier('{"code": "rd-mill", "currency": "EUR"}'),
       put_purchase_order('{"code": "RD-PO", "supplier": "rd-mill", "location": "rd-a", "lines": [{"sku": "RD-1", "quantity": 6}]}'), send_purchase_order('RD-PO') \g /dev/null

/*
 * Stock-outs of RD-8 at rd-a: a year ago, of which the last 10 days count; 4.5 days in October; and for 2 days now.
 */
INSERT INTO stockouts (sku_id, location_id, began_at, ended_at, counted_until)
SELECT pg_temp.sku('RD-8'), pg_temp.location('rd-a'), began_at, ended_at, 'infinity'
FROM (VALUES (timestamptz '2025-10-20 00:00', timestamptz '2025-11-12 10:00'), ('2026-10-20 00:00', '2026-10-24 12:00'), ('2026-10-31 10:00', NULL)) AS v(began_at, ended_at);
SELECT * FROM oms_report.stockouts ORDER BY began_at;
SELECT * FROM oms_report.stockout_rates;

/*
 * Lost: 2 a day were sold from 1 to 19 October, which is expected on the 20th and 21st. For the 22nd to the 24th 4, 5 and 6 had been
 * forecast. rd-b had the SKU until the 21st and for three quarters of the 22nd: lost are a quarter of 4, 5, and half of 6. It
 * never sold any itself.
 */
INSERT INTO demand_series (sku_id, location_id, began_on) SELECT pg_temp.sku('RD-8'), pg_temp.location('rd-a'), '2026-10-01';
INSERT INTO forecast_snapshots (sku_id, location_id, starts_on, ends_on, method, means)
SELECT pg_temp.sku('RD-8'), pg_temp.location('rd-a'), '2026-10-22', '2026-11-18', 'test', '{4,5,6,1}'::real[] || array_fill(2::real, ARRAY[24]);
SELECT pg_temp.day('RD-8', 'rd-a', d::date, 2) FROM generate_series(timestamp '2026-10-01', '2026-10-19', '1 day') AS d \g /dev/null
SELECT pg_temp.day('RD-8', 'rd-a', '2026-10-20', 0, 1), pg_temp.day('RD-8', 'rd-a', '2026-10-21', 0, 1), pg_temp.day('RD-8', 'rd-a', '2026-10-22', 0, 1),
       pg_temp.day('RD-8', 'rd-a', '2026-10-23', 0, 1), pg_temp.day('RD-8', 'rd-a', '2026-10-24', 3, 0.5),
       pg_temp.day('RD-8', 'rd-b', '2026-10-22', 0, 0.25), pg_temp.day('RD-8', 'rd-b', '2026-10-23', 0, 1), pg_temp.day('RD-8', 'rd-b', '2026-10-24', 0, 1) \g /dev/null
SELECT * FROM oms_report.lost_sales ORDER BY location, day;
SELECT * FROM oms_report.days_of_cover WHERE sku LIKE 'RD-%' ORDER BY sku, location;

/*
 * Forecasts: of the week of 19 October only the 25th had stock all day, 1 forecast and none sold. In the next 14 were forecast and 8
 * sold: on Monday 5, which is 3 more, on Tuesday 3; five days with none are wrong by 2 each: 14.
 */
SELECT pg_temp.day('RD-8', 'rd-a', '2026-10-26', 5), pg_temp.day('RD-8', 'rd-a', '2026-10-27', 3) \g /dev/null
SELECT * FROM oms_report.forecast_days WHERE sku = 'RD-8' ORDER BY day;
SELECT * FROM oms_report.forecast_vs_actual WHERE sku = 'RD-8' ORDER BY week;

-- an order that no job has looked at counts at once, and what is taken back of it; it is the same once the job has
INSERT INTO channels (code, name, currency) VALUES ('rd-web', 'Web', 'EUR');
SET oms.now = '2026-11-01 12:00:00+00';
SELECT place_order('{"channel": "rd-web", "reference": "rd-1", "ship_to": {"country": "PT", "lat": 41, "lon": -8}, "lines": [{"sku": "RD-1", "quantity": 4, "unit_price": 5, "tax": 0}],
    "shipping": {"price": 0, "tax": 0}, "fulfillment": {"ship_from": "rd-a"}}') AS order_id \gset
SET oms.now = '2026-11-02 10:00:00+00';
CREATE VIEW pg_temp.wanted AS
SELECT c.sku, c.available, c.daily_demand, (SELECT units FROM oms_report.abc_xyz AS x WHERE x.sku = c.sku) AS units FROM oms_report.days_of_cover AS c WHERE c.sku = 'RD-1';
SELECT * FROM pg_temp.wanted;
SELECT cancel_order(:order_id, 'changed his mind', '[{"line_no": 1, "quantity": 1}]');
SELECT * FROM pg_temp.wanted;
SELECT run_job('roll_up_demand') ->> 'status' AS status;
SELECT * FROM pg_temp.wanted;
SELECT cancel_order(:order_id, 'changed his mind');
SELECT * FROM pg_temp.wanted;

-- dead stock is what alerts are raised for, and no other
SET oms.now = '2026-01-01 10:00:00+00';
SELECT receive_stock('RD-4', 'rd-b', 200), receive_stock('RD-5', 'rd-b', 5), receive_stock('RD-6', 'rd-b', 1000);
SET oms.now = '2026-11-02 10:00:00+00';
SELECT kind, sku, category, location, severity, quantity, value, currency, cover_days, sold_days, last_sold_on, message FROM oms_report.dead_stock WHERE sku LIKE 'RD-%' ORDER BY sku;
SELECT run_job('raise_alerts') ->> 'status' AS status;
SELECT count(*) FROM (SELECT kind, sku || '@' || location AS key, message FROM oms_report.dead_stock
                      EXCEPT SELECT kind, key, message FROM alerts WHERE kind IN ('dead_stock', 'overstock') AND status <> 'closed') AS d;
SELECT count(*) FROM (SELECT kind, key, message FROM alerts WHERE kind IN ('dead_stock', 'overstock') AND status <> 'closed'
                      EXCEPT SELECT kind, sku || '@' || location, message FROM oms_report.dead_stock) AS d;

-- weeks added up: 1, and twice 1 in the 52nd, 3 in all, 1 + 4 squared; no other week, and no more than a quantity holds
SELECT oms_internal.demand_weeks(w, '1') FROM unnest('{0,51,51}'::integer[]) AS w;
SELECT oms_internal.demand_weeks(w, '1') IS NULL AS nothing FROM unnest('{}'::integer[]) AS w;
SELECT oms_internal.demand_weeks(52, '1');
SELECT oms_internal.demand_weeks(-1, '1');
SELECT oms_internal.demand_weeks(0, '9000000000000') FROM generate_series(1, 2);
ROLLBACK;
\c postgres
DROP DATABASE regress_stock_demand;
