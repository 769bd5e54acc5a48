/*
 * test/bench/real.sql: a network of real places, and orders to real postcodes
 *
 * :warehouses fulfilment centres of Amazon and :stores stores of Walmart and
 * Target, two to one, all of the contiguous United States, by their codes at
 * random; the rates of USPS Ground Advantage by distance and weight; 1,000
 * SKUs: 100 that 85 % of the places have, 300 that 50 % and 600 that 22 %; and
 * 500 orders of one to five lines of a unit each, six of ten of the first,
 * three of the second kind. A shipment costs 1.50 USD to handle in a warehouse
 * and 3.00 in a store, a unit 0.20 and 0.50. :data is the folder of the data.
 */
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION oms CASCADE;
\o /dev/null
SELECT oms.install();
SELECT setseed(0.5);
CREATE SCHEMA bench;
CREATE TABLE bench.warehouses (code text, address text, city text, state text, postcode text, country text, lat text, lon text, geocode text);
CREATE TABLE bench.walmarts (name text, address text, city text, state text, postcode text, lat text, lon text);
CREATE TABLE bench.targets (code text, name text, address text, city text, county text, state text, postcode text, lat text, lon text, opened text, subtype text);
CREATE TABLE bench.postcodes (zip text, lat text, lon text, city text, state text, county text);
CREATE TABLE bench.usps (service text, price_class text, weight_not_over text, unit text, zone integer, price_usd numeric, effective date);
\set copy '\\copy bench.warehouses FROM PROGRAM ''cat ' :data '/facilities/amazon_fulfilment_centres.csv'' CSV HEADER'
:copy
\set copy '\\copy bench.walmarts FROM PROGRAM ''zcat ' :data '/facilities/walmart_us_stores.csv.gz'' CSV HEADER'
:copy
\set copy '\\copy bench.targets FROM PROGRAM ''zcat ' :data '/facilities/target_us_stores.csv.gz'' CSV HEADER'
:copy
\set copy '\\copy bench.postcodes FROM PROGRAM ''zcat ' :data '/us_zip/us_zcta_centroids.csv.gz'' CSV HEADER'
:copy
\set copy '\\copy bench.usps FROM PROGRAM ''zcat ' :data '/usps_rates/usps_notice123_2025-10-05.csv.gz'' CSV HEADER'
:copy

SELECT oms.put_shipping_service(jsonb_build_object('code', 'ground', 'carrier', 'usps', 'currency', 'USD', 'rates',
           (SELECT jsonb_agg(jsonb_build_object('max_distance_km', ceil(miles * 1609.344) / 1000,
                                                'max_weight_g', floor(weight_not_over::numeric * CASE unit WHEN 'oz' THEN 28.349523125 ELSE 453.59237 END),
                                                'price', price_usd, 'transit_days', 1 + zone / 2))
            FROM bench.usps
                 JOIN unnest('{1,2,3,4,5,6,7,8}'::integer[], '{50,150,300,600,1000,1400,1800,NULL}'::numeric[]) AS z(zone, miles) USING (zone)
            WHERE service = 'ground_advantage' AND price_class = 'commercial' AND unit IS NOT NULL)));

SET session_replication_role = replica;
INSERT INTO oms.locations (location_id, code, name, kind, country, region, point, handling_cost, unit_cost)
SELECT row_number() OVER (), kind || row_number() OVER (), city, kind, 'US', state, oms_internal.make_point(lat::float8, lon::float8),
       CASE kind WHEN 'store' THEN '3.00 USD' ELSE '1.50 USD' END::oms.amount, CASE kind WHEN 'store' THEN '0.50 USD' ELSE '0.20 USD' END::oms.amount
FROM ((SELECT 'warehouse' AS kind, city, state, lat, lon FROM bench.warehouses
       WHERE country = 'US' AND lat <> '' AND state NOT IN ('AK', 'HI', 'PR') ORDER BY md5(code) LIMIT :warehouses)
      UNION ALL
      (SELECT 'store', city, state, lat, lon FROM bench.walmarts
       WHERE lat <> '' AND state NOT IN ('AK', 'HI', 'PR') ORDER BY md5(address || postcode) LIMIT :stores * 2 / 3)
      UNION ALL
      (SELECT 'store', city, state, lat, lon FROM bench.targets
       WHERE lat <> '' AND state NOT IN ('AK', 'HI', 'PR') ORDER BY md5(code) LIMIT :stores / 3)) AS p;
INSERT INTO oms.skus (sku_id, code, name, weight_g)
SELECT n, 'S' || n, 'Article ' || n, 100 + floor(random() ^ 2 * 3000) FROM generate_series(1, 1000) AS n;
INSERT INTO oms.stock_levels (sku_id, location_id, on_hand)
SELECT s, l.location_id, 1 + floor(random() * 20)::integer
FROM generate_series(1, 1000) AS s, oms.locations AS l
WHERE random() + 0 * l.location_id < CASE WHEN s <= 100 THEN 0.85 WHEN s <= 400 THEN 0.5 ELSE 0.22 END;
INSERT INTO oms.stock_movements (sku_id, location_id, quantity, kind)
SELECT sku_id, location_id, on_hand, 'receipt' FROM oms.stock_levels;
RESET session_replication_role;

CREATE TABLE bench.orders AS
SELECT row_number() OVER () AS order_no, oms_internal.make_point(lat::float8, lon::float8) AS destination, 1 + floor(random() * 5)::integer AS lines
FROM (SELECT * FROM bench.postcodes WHERE state NOT IN ('AK', 'HI', 'PR', 'GU', 'VI', 'AS', 'MP') ORDER BY random() LIMIT 500) AS p;
CREATE TABLE bench.order_lines AS
SELECT order_no, row_number() OVER (PARTITION BY order_no)::integer AS line_no, sku_id
FROM (SELECT DISTINCT order_no,
             (CASE WHEN kind < 0.6 THEN 1 + floor(random() * 100) WHEN kind < 0.9 THEN 101 + floor(random() * 300) ELSE 401 + floor(random() * 600) END)::bigint AS sku_id
      FROM bench.orders, generate_series(1, lines) AS l, LATERAL (SELECT random() AS kind WHERE l > 0) AS k) AS l;
ALTER TABLE bench.order_lines ADD PRIMARY KEY (order_no, line_no);

/* what ships from where by some rule, and the time that this took */
CREATE TABLE bench.picks (rule text, order_no bigint, line_no integer, location_id integer);
CREATE TABLE bench.times (rule text, us double precision);

/* Routes all orders by a strategy; the first fifth of the times is left out */
CREATE FUNCTION bench.route_all(strategy text) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    options CONSTANT jsonb := jsonb_build_object('service', 'ground', 'strategy', strategy);
    o record;
    legs oms.route_leg[];
    began timestamptz;
    ended timestamptz;
BEGIN
    FOR o IN SELECT order_no, destination, jsonb_agg(jsonb_build_object('sku', 'S' || sku_id, 'quantity', 1) ORDER BY line_no) AS lines
             FROM bench.orders JOIN bench.order_lines USING (order_no) GROUP BY order_no, destination ORDER BY order_no
    LOOP
        began := clock_timestamp();
        SELECT array_agg(r) INTO legs FROM oms.route(o.lines, o.destination, options) AS r;
        ended := clock_timestamp();
        INSERT INTO bench.picks
        SELECT strategy, o.order_no, g.line_no, l.location_id FROM unnest(legs) AS g JOIN oms.locations AS l ON l.code = g.location;
        IF o.order_no > 100 THEN
            INSERT INTO bench.times VALUES (strategy, extract(epoch FROM ended - began) * 1000000);
        END IF;
    END LOOP;
END
$$;

/* Each line from the nearest place that has it, as shops do that go by distance */
CREATE FUNCTION bench.nearest_per_line() RETURNS void
    LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO bench.picks
    SELECT 'nearest per line', i.order_no, i.line_no,
           (SELECT l.location_id FROM oms.stock_levels AS s JOIN oms.locations AS l USING (location_id)
            WHERE s.sku_id = i.sku_id ORDER BY ST_Distance(l.point, o.destination), l.location_id LIMIT 1)
    FROM bench.orders AS o JOIN bench.order_lines AS i USING (order_no);
END;

/* From the place that has most lines, then the nearest, and so on for the rest */
CREATE FUNCTION bench.fewest_then_closest() RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    o record;
    next record;
    open integer[];
BEGIN
    FOR o IN SELECT * FROM bench.orders LOOP
        open := ARRAY(SELECT line_no FROM bench.order_lines WHERE order_no = o.order_no);
        WHILE open <> '{}' LOOP
            SELECT l.location_id, l.lines INTO next
            FROM (SELECT s.location_id, array_agg(i.line_no) AS lines
                  FROM bench.order_lines AS i JOIN oms.stock_levels AS s USING (sku_id)
                  WHERE i.order_no = o.order_no AND i.line_no = ANY (open)
                  GROUP BY s.location_id) AS l JOIN oms.locations USING (location_id)
            ORDER BY cardinality(l.lines) DESC, ST_Distance(point, o.destination), location_id LIMIT 1;
            INSERT INTO bench.picks SELECT 'fewest packages, then closest', o.order_no, n, next.location_id FROM unnest(next.lines) AS n;
            open := ARRAY(SELECT unnest(open) EXCEPT SELECT unnest(next.lines));
        END LOOP;
    END LOOP;
END
$$;

/* What all orders cost by a rule, and how many shipments they are */
CREATE VIEW bench.costs AS
WITH shipments AS MATERIALIZED (
    SELECT p.rule, p.order_no, p.location_id, count(*) AS units, sum(s.weight_g)::bigint AS weight_g
    FROM bench.picks AS p JOIN bench.order_lines USING (order_no, line_no) JOIN oms.skus AS s USING (sku_id)
    GROUP BY p.rule, p.order_no, p.location_id
)
SELECT rule, count(*) AS shipments, sum(l.handling_cost::numeric + l.unit_cost::numeric * units + r.price::numeric) AS cost
FROM shipments JOIN bench.orders AS o USING (order_no) JOIN oms.locations AS l USING (location_id)
     LEFT JOIN LATERAL oms_internal.find_shipping_rate(1, NULL, NULL, NULL, location_id, ST_Distance(l.point, o.destination), weight_g) AS r ON true
GROUP BY rule;

/* A row a rule: USD and shipments an order, % above the cheapest, times */
CREATE VIEW bench.report AS
SELECT rule, round(cost / o.n, 2) AS cost, round(shipments::numeric / o.n, 2) AS shipments,
       round(100 * (cost / min(cost) OVER () - 1), 1) AS dearer, t.us
FROM bench.costs
     LEFT JOIN (SELECT rule, array_to_string(percentile_disc('{0.5,0.95,0.99}'::double precision[]) WITHIN GROUP (ORDER BY round(us)), ' ') AS us
                FROM bench.times GROUP BY rule) AS t USING (rule),
     (SELECT count(*) AS n FROM bench.orders) AS o
ORDER BY cost, rule;
\o
VACUUM ANALYZE;
