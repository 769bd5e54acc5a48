-- forecasts by jobs: which series are fit when, new ones, snapshots and how good they were
CREATE DATABASE regress_forecast;
\c regress_forecast
SET client_min_messages = warning;
CREATE EXTENSION oms CASCADE;
DO $$ BEGIN PERFORM oms.install(); END $$;
SET search_path = oms, public;
SET TimeZone = 'UTC';
SET datestyle = 'ISO';
SET oms.now = '2026-11-09 00:30:00+00';
\set SHOW_CONTEXT never

DO $$
BEGIN
    PERFORM put_channel('{"code": "web", "currency": "EUR"}');
    PERFORM put_location('{"code": "porto", "country": "PT", "lat": 41.15, "lon": -8.61, "time_zone": "Europe/Lisbon"}');
    PERFORM put_location('{"code": "tokyo", "country": "JP", "lat": 35.7, "lon": 139.7, "time_zone": "Asia/Tokyo"}');
    PERFORM put_product('{"code": "P", "name": "P", "category": "apparel.shirts"}');
    PERFORM put_sku(jsonb_build_object('code', 'S' || lpad(n::text, 2, '0'), 'product', 'P', 'price', '10 EUR'))
    FROM generate_series(1, 20) AS n;
END
$$;
-- history that was loaded: each day as many as f says, where it is not null
CREATE FUNCTION load(sku text, location text, since date, until date, f text, out_of_stock text DEFAULT '0') RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    v_rows bigint;
BEGIN
    EXECUTE format('INSERT INTO oms.demand_daily (sku_id, location_id, day, demanded, out_of_stock_rate)
                    SELECT s.sku_id, l.location_id, d.day, coalesce(d.demanded, 0), d.out
                    FROM oms.skus AS s, oms.locations AS l,
                         (SELECT g.day::date AS day, extract(isodow FROM g.day)::integer AS dow, g.day::date - %L::date AS n,
                                 (%s)::integer AS demanded, (%s)::real AS out
                          FROM (SELECT g.day, extract(isodow FROM g.day)::integer AS dow, g.day::date - %L::date AS n
                                FROM generate_series(%L::timestamp, %L, ''1 day'') AS g(day)) AS g) AS d
                    WHERE s.code = %L AND l.code = %L AND (d.demanded > 0 OR d.out > 0)',
                   since, f, out_of_stock, since, since, until, sku, location);
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    RETURN v_rows;
END
$$;
CREATE FUNCTION forecast(batch_rows int DEFAULT 500) RETURNS text LANGUAGE sql AS $$
    UPDATE jobs SET batch_rows = forecast.batch_rows WHERE name = 'forecast_demand';
    SELECT concat_ws(', ', r ->> 'status', r ->> 'rows', r ->> 'error') FROM run_job('forecast_demand') AS r
$$;
CREATE VIEW fc AS
    SELECT s.code AS sku, l.code AS location, f.starts_on, f.class, f.method, round(f.means[1]::numeric, 1) AS first, round(f.mean::numeric, 1) AS mean,
           f.protection_days AS days, round(f.total_mean::numeric, 1) AS total, f.total_quantiles[5] >= f.total_mean - 0.01 AS higher
    FROM forecasts AS f JOIN skus AS s USING (sku_id) JOIN locations AS l USING (location_id)
    ORDER BY s.code COLLATE "C", l.code COLLATE "C";
CREATE VIEW fitted AS SELECT sku, location FROM fc WHERE starts_on = (oms.now() AT TIME ZONE 'UTC')::date;

/*
 * Nothing there, nothing done; then all that has a history or stock
 */
SELECT forecast();
SELECT load('S01', 'porto', '2026-01-01', '2026-11-08', '4');
SELECT load('S02', 'porto', '2026-01-01', '2026-11-08', 'CASE WHEN g.dow < 6 THEN 10 ELSE 0 END');
SELECT load('S03', 'porto', '2026-01-01', '2026-11-08', 'CASE WHEN g.n % 10 = 0 THEN 3 END');
-- half of the days of autumn out of stock: known to be about 4 all the same
SELECT load('S04', 'porto', '2026-01-01', '2026-11-08', 'CASE WHEN g.n % 2 = 0 OR g.n < 250 THEN 4 ELSE 0 END', 'CASE WHEN g.n % 2 = 1 AND g.n >= 250 THEN 1 ELSE 0 END');
-- out for half of each day
SELECT load('S05', 'porto', '2026-01-01', '2026-11-08', '2', '0.5');
-- of old, and dying
SELECT load('S06', 'porto', '2024-01-01', '2024-10-01', '5'), load('S07', 'porto', '2026-01-01', '2026-09-01', '5');
SELECT load('S08', 'tokyo', '2026-01-01', '2026-11-08', '4');
SELECT forecast(3);
TABLE fc;
SELECT s.code, l.code, d.began_on, d.changed_from, d.protection_days
FROM demand_series AS d JOIN skus AS s USING (sku_id) JOIN locations AS l USING (location_id) ORDER BY 1, 2;
-- once a day
SELECT forecast();

/*
 * The next nights: what has changed, or is a week old
 */
SET oms.now = '2026-11-10 00:30:00+00';
SELECT place_order('{"channel": "web", "reference": "a", "placed_at": "2026-11-09T10:00:00Z", "ship_to": {"country": "PT", "lat": 41.2, "lon": -8.6},
    "fulfillment": {"allow_backorder": true, "ship_from": "porto"}, "lines": [{"sku": "S01", "quantity": 9}, {"sku": "S06", "quantity": 9}]}');
SELECT place_order('{"channel": "web", "reference": "b", "ship_to": {"country": "PT", "lat": 41.2, "lon": -8.6},
    "fulfillment": {"allow_backorder": true, "ship_from": "porto"}, "lines": [{"sku": "S03", "quantity": 9}]}');
SELECT run_job('roll_up_demand') ->> 'status';
SELECT forecast();
TABLE fitted;
-- what came today is known tomorrow
SELECT s.code, d.changed_from FROM demand_series AS d JOIN skus AS s USING (sku_id) WHERE changed_from IS NOT NULL;
SET oms.now = '2026-11-11 00:30:00+00';
SELECT forecast();
TABLE fitted;
SELECT count(*) FROM demand_series WHERE changed_from IS NOT NULL;
-- none is older than a week, but for what is dead
SET oms.now = '2026-11-12 00:30:00+00'; SELECT forecast();
SET oms.now = '2026-11-13 00:30:00+00'; SELECT forecast();
SET oms.now = '2026-11-14 00:30:00+00'; SELECT forecast();
SET oms.now = '2026-11-15 00:30:00+00'; SELECT forecast();
SELECT min(starts_on) FROM forecasts WHERE class <> 'none';
SET oms.now = '2026-12-15 00:30:00+00'; SELECT forecast();
SELECT sku, location, starts_on, class FROM fc;
-- other terms
INSERT INTO suppliers (code, name, currency) VALUES ('acme', 'Acme', 'EUR');
INSERT INTO supplier_skus (supplier_id, sku_id, cost, lead_time_days) SELECT supplier_id, sku_id, '5 EUR', 13 FROM suppliers, skus WHERE skus.code IN ('S01', 'S06');
SET oms.now = '2026-12-16 00:30:00+00';
SELECT forecast();
SELECT sku, days, total FROM fc WHERE starts_on = '2026-12-16';

/*
 * Killed anywhere and run again it is the same as at once
 */
SET oms.now = '2026-12-17 00:30:00+00';
SELECT load('S' || lpad(n::text, 2, '0'), 'porto', '2026-01-01', '2026-12-16', '1 + (g.n * ' || n || ') % 5') FROM generate_series(9, 18) AS n;
SET session_replication_role = replica;
DELETE FROM seasonal_profiles;
UPDATE demand_series SET changed_from = '2026-12-16', changed_until = '2026-12-16';
RESET session_replication_role;
BEGIN;
SELECT forecast();
\copy (SELECT to_jsonb(f) - 'fitted_at' FROM forecasts AS f ORDER BY sku_id, location_id) TO results/forecast_job.whole
\copy (SELECT to_jsonb(s) FROM forecast_snapshots AS s ORDER BY sku_id, location_id, starts_on) TO results/forecast_job.snapshots
ROLLBACK;
-- by batches of three, and from the start again after every fourth
SET session_replication_role = replica;
DO $$
DECLARE
    v_mark text;
    v_step oms_internal.job_step;
BEGIN
    FOR i IN 1 .. 12 LOOP
        v_step := oms_internal.job_forecast_demand(3, (SELECT settings FROM oms.jobs WHERE name = 'forecast_demand'), v_mark);
        v_mark := CASE WHEN i % 4 > 0 OR v_step.watermark !~ 'series' THEN v_step.watermark END;
    END LOOP;
END
$$;
RESET session_replication_role;
SELECT forecast(1);
\copy (SELECT to_jsonb(f) - 'fitted_at' FROM forecasts AS f ORDER BY sku_id, location_id) TO results/forecast_job.parts
\copy (SELECT to_jsonb(s) FROM forecast_snapshots AS s ORDER BY sku_id, location_id, starts_on) TO results/forecast_job.parts_snapshots
\! cmp results/forecast_job.whole results/forecast_job.parts && cmp results/forecast_job.snapshots results/forecast_job.parts_snapshots && wc -l < results/forecast_job.whole

/*
 * New ones: as elsewhere, by how the location differs; else as others of the
 * category do; with days of their own, more and more as these are
 */
SET session_replication_role = replica;
TRUNCATE demand_daily, demand_series, forecasts, forecast_snapshots, seasonal_profiles;
RESET session_replication_role;
SELECT load('S' || lpad(n::text, 2, '0'), 'porto', '2026-01-01', '2026-12-16', '8'),
       load('S' || lpad(n::text, 2, '0'), 'tokyo', '2026-01-01', '2026-12-16', '4') FROM generate_series(1, 12) AS n \g /dev/null
SELECT load('S13', 'porto', '2026-01-01', '2026-12-16', '2');
SELECT receive_stock('S13', 'tokyo', 5), receive_stock('S14', 'tokyo', 5);
-- a week, as expected or not
SELECT load('S15', 'tokyo', '2026-12-10', '2026-12-16', '4'), load('S16', 'tokyo', '2026-12-10', '2026-12-16', '12'), receive_stock('S17', 'tokyo', 5);
SELECT forecast();
SELECT location_id, category, starts_on, series, mean FROM seasonal_profiles ORDER BY 1, 2;
SELECT * FROM fc WHERE location = 'tokyo' AND sku > 'S12';

/*
 * Snapshots, and how good they were: 28 days each, spread over the days
 */
SELECT count(*) FROM forecast_snapshots;
SET session_replication_role = replica;
TRUNCATE forecast_snapshots;
INSERT INTO forecast_snapshots (sku_id, location_id, starts_on, ends_on, method, means, upper_mean, scale_rate)
SELECT s.sku_id, l.location_id, date '2026-11-10', date '2026-11-13', 'level', m.means::real[], m.upper, m.scale
FROM skus AS s, locations AS l,
     (VALUES ('S18', '{1,2,3,4}', 10, 2), ('S19', '{5,5,5,5}', 9, 0.5), ('S20', '{0,0,0,0}', 1, NULL)) AS m(sku, means, upper, scale)
WHERE s.code = m.sku AND l.code = 'porto';
RESET session_replication_role;
-- demanded 2, 0, 0, 4; then 5, out of stock, 5, 6; nothing
INSERT INTO demand_daily (sku_id, location_id, day, demanded, out_of_stock_rate)
SELECT s.sku_id, l.location_id, d.day::date, d.demanded, d.out
FROM skus AS s, locations AS l,
     (VALUES ('S18', '2026-11-10', 2, 0), ('S18', '2026-11-13', 4, 0), ('S19', '2026-11-10', 5, 0), ('S19', '2026-11-11', 1, 0.3),
             ('S19', '2026-11-12', 5, 0), ('S19', '2026-11-13', 6, 0)) AS d(sku, day, demanded, out)
WHERE s.code = d.sku AND l.code = 'porto'
ON CONFLICT (sku_id, location_id, day) DO UPDATE SET demanded = excluded.demanded, out_of_stock_rate = excluded.out_of_stock_rate;
SET oms.now = '2026-11-13 23:59:00+00';
SELECT run_job('evaluate_forecasts') ->> 'rows' AS rows;
-- as long as an order of these days is not rolled up, nobody knows
DO $$ BEGIN
    PERFORM put_sku('{"code": "CARD", "stocked": false}');
    PERFORM place_order('{"channel": "web", "reference": "late", "lines": [{"sku": "CARD", "quantity": 1, "unit_price": 1, "tax": 0}],
                          "shipping": {"price": 0, "tax": 0}, "ship_to": {"country": "PT", "lat": 41, "lon": -8}}');
END $$;
SET oms.now = '2026-11-14 00:00:00+00';
SELECT run_job('evaluate_forecasts') ->> 'rows' AS rows;
SELECT run_job('roll_up_demand') ->> 'status' AS "roll-up";
UPDATE jobs SET batch_rows = 2 WHERE name = 'evaluate_forecasts';
SELECT run_job('evaluate_forecasts') ->> 'rows' AS rows, run_job('evaluate_forecasts') ->> 'rows' AS again;
SELECT s.code, f.known_days, f.actual, f.forecast, f.absolute_error, f.covered
FROM forecast_snapshots AS f JOIN skus AS s USING (sku_id) ORDER BY 1;
SELECT sku, location, method, month, forecasts, days, forecast, actual, absolute_error, round(bias, 3) AS bias, round(wape, 3) AS wape,
       mase, round(coverage, 2) AS coverage
FROM oms_report.forecast_accuracy ORDER BY sku;
-- those of long ago go
SET oms.now = '2028-11-14 00:00:00+00';
SELECT run_job('evaluate_forecasts') ->> 'rows' AS rows, (SELECT count(*) FROM forecast_snapshots) AS left;

/*
 * Why
 */
SELECT * FROM explain_forecast('S01', 'porto');
SELECT * FROM explain_forecast('S13', 'tokyo') WHERE item <> 'quantiles';
SELECT * FROM explain_forecast('S20', 'tokyo');
SELECT * FROM explain_forecast('NO', 'WHERE'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM explain_forecast(NULL, 'porto');
BEGIN TRANSACTION READ ONLY;
SELECT count(*) > 5 AS some FROM explain_forecast('S01', 'porto');
ROLLBACK;
CREATE ROLE regress_forecast_reader;
SELECT grant_access('regress_forecast_reader', 'reader');
SET ROLE regress_forecast_reader;
SELECT count(*) > 5 AS some FROM explain_forecast('S01', 'porto');
SELECT count(*) FROM oms_report.forecast_accuracy;
RESET ROLE;

/*
 * December, as the last two years tell, also of what there is since last month
 */
SET session_replication_role = replica;
TRUNCATE demand_daily, demand_series, forecasts, forecast_snapshots, seasonal_profiles;
RESET session_replication_role;
SET oms.now = '2028-11-20 00:30:00+00';
SELECT load('S01', 'porto', '2026-11-20', '2028-11-19', 'CASE WHEN extract(month FROM g.day) = 12 THEN 40 ELSE 10 END'),
       load('S02', 'porto', '2028-10-20', '2028-11-19', '5');
SELECT forecast();
SELECT s.code, round(f.means[11]::numeric) AS november, round(f.means[12]::numeric) AS december, round(f.means[43]::numeric) AS january
FROM forecasts AS f JOIN skus AS s USING (sku_id) ORDER BY s.code;
SELECT * FROM explain_forecast('S01', 'porto') WHERE item = 'year';

/*
 * Settings left out are as shipped; wrong ones fail the job
 */
UPDATE jobs SET settings = '{}' WHERE name IN ('roll_up_demand', 'forecast_demand', 'evaluate_forecasts');
SELECT run_job(name) ->> 'status' AS status FROM jobs WHERE name IN ('roll_up_demand', 'forecast_demand', 'evaluate_forecasts');
UPDATE jobs SET settings = '{"sells_from": "20:00", "sells_until": "08:00"}' WHERE name = 'roll_up_demand';
SET oms.now = '2028-11-28 00:30:00+00';
SELECT run_job('roll_up_demand') - 'run_id' AS roll_up;
SELECT * FROM check_invariants();
\c postgres
DROP DATABASE regress_forecast;
DROP ROLE regress_forecast_reader;
