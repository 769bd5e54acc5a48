-- test/bench/forecast/night.sql: a store of :series SKUs at locations with two years of demand, :days days
-- up to the day before :today, and the orders of that day, in rows as place_order() would have left them
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION oms CASCADE;
SELECT oms.install() \g /dev/null
SET session_replication_role = replica;
SET search_path = oms, public;
SELECT setseed(0.5) \g /dev/null

INSERT INTO channels (code, name, currency) VALUES ('web', 'Web', 'EUR');
INSERT INTO locations (code, name) SELECT 'L' || n, 'Location ' || n FROM generate_series(1, 5) AS n;
INSERT INTO products (code, name, category) SELECT 'P' || n, 'Product ' || n, ('c' || n % 10)::ltree FROM generate_series(1, :series / 20) AS n;
INSERT INTO skus (code, name, product_id, cost) SELECT 'S' || n, 'SKU ' || n, 1 + n % (:series / 20), '5 EUR' FROM generate_series(1, :series / 5) AS n;
INSERT INTO suppliers (code, name, currency) SELECT 'A' || n, 'Supplier ' || n, 'EUR' FROM generate_series(1, 20) AS n;
INSERT INTO supplier_skus (supplier_id, sku_id, cost, lead_time_days, lead_time_sd_days, min_quantity, pack_size)
SELECT 1 + sku_id % 20, sku_id, '5 EUR', 3 + sku_id % 10, 1, 1, 1 FROM skus;
INSERT INTO stock_levels (sku_id, location_id, on_hand)
SELECT sku_id, location_id, CASE WHEN random() < 0.1 THEN 0 ELSE (random() * 50)::int END FROM skus, locations;

-- most sell seldom, and some every day: chances of a day from 0 to 1, sizes that vary, more at weekends
INSERT INTO demand_daily (sku_id, location_id, day, demanded, promoted)
SELECT p.sku_id, p.location_id, d.day, u.units, CASE WHEN d.n % 50 < 3 AND p.sku_id % 4 = 0 THEN u.units ELSE 0 END
FROM (SELECT s.sku_id, l.location_id, random() ^ 1.5 AS chance, random() * 4 AS size
      FROM skus AS s, locations AS l ORDER BY s.sku_id, l.location_id) AS p
CROSS JOIN (SELECT :'today'::date - :days + n AS day, n, CASE WHEN extract(isodow FROM :'today'::date - :days + n) > 5 THEN 1.3 ELSE 0.9 END AS factor
            FROM generate_series(0, :days - 2) AS n OFFSET 0) AS d
CROSS JOIN LATERAL (SELECT (1 + floor(-ln(1 - random()) * p.size * d.factor))::int AS units) AS u
WHERE random() < p.chance * d.factor;

-- forecasts whose days are over
SET session_replication_role = replica;
INSERT INTO forecast_snapshots (sku_id, location_id, starts_on, ends_on, method, means, upper_mean, scale_rate)
SELECT sku_id, location_id, :'today'::date - 28, :'today'::date - 1, 'level', array_fill(1::real, '{28}'), 60, 1
FROM stock_levels WHERE (sku_id + location_id) % 28 = 0;
RESET session_replication_role;
