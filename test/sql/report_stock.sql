-- stock of today and of the past, what it is worth, how fast it turns and how old it is: by hand, and again from movements alone
SET client_min_messages = warning;
-- few movements are counted in batches of one, so of no other test
CREATE DATABASE regress_report_stock;
\c regress_report_stock
SET client_min_messages = warning;
CREATE EXTENSION oms CASCADE;
SELECT oms.install() = oms.version() AS installed;
SET search_path = oms, public;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET jit = off;
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;
ALTER SEQUENCE orders_order_id_seq RESTART 95001;
CREATE FUNCTION pg_temp.at(instant text) RETURNS text LANGUAGE sql AS $$ SELECT set_config('oms.now', instant || '+00', false) $$;
CREATE FUNCTION pg_temp.roll_up() RETURNS text LANGUAGE sql AS $$ SELECT oms.run_job('roll_up_stock') ->> 'status' $$;

/*
 * The same from movements alone, month by month, in plain SQL
 */
CREATE VIEW pg_temp.months_expected AS
WITH zone AS (
    SELECT coalesce((SELECT value FROM settings WHERE name = 'time_zone'), 'UTC') AS zone
), move AS (
    SELECT m.sku_id, m.location_id, m.kind, m.quantity::numeric AS q, coalesce(m.value::numeric, 0) AS v,
           date_trunc('month', m.occurred_at AT TIME ZONE z.zone)::date AS month
    FROM stock_movements AS m, zone AS z
), calendar AS (
    SELECT g::date AS month
    FROM zone AS z, generate_series((SELECT min(month) FROM move)::timestamp, date_trunc('month', oms.now() AT TIME ZONE z.zone), '1 month') AS g
), cell AS (
    SELECT s.code AS sku, l.code AS location, c.month,
           coalesce(sum(q) FILTER (WHERE m.month < c.month), 0) AS opening,
           coalesce(sum(q) FILTER (WHERE m.month = c.month AND m.kind = 'receipt'), 0) AS received,
           coalesce(-sum(q) FILTER (WHERE m.month = c.month AND m.kind = 'shipment'), 0) AS shipped,
           coalesce(sum(q) FILTER (WHERE m.month = c.month AND m.kind = 'return'), 0) AS returned,
           coalesce(sum(q) FILTER (WHERE m.month = c.month AND m.kind IN ('adjustment', 'count')), 0) AS adjusted,
           coalesce(sum(q) FILTER (WHERE m.month = c.month AND m.kind = 'transfer'), 0) AS transferred,
           coalesce(sum(q) FILTER (WHERE m.month <= c.month), 0) AS closing,
           coalesce(sum(v) FILTER (WHERE m.month < c.month), 0) AS opening_value,
           coalesce(sum(v) FILTER (WHERE m.month = c.month AND m.kind = 'receipt'), 0) AS received_value,
           coalesce(-sum(v) FILTER (WHERE m.month = c.month AND m.kind = 'shipment'), 0) AS shipped_value,
           coalesce(sum(v) FILTER (WHERE m.month = c.month AND m.kind = 'return'), 0) AS returned_value,
           coalesce(sum(v) FILTER (WHERE m.month = c.month AND m.kind IN ('adjustment', 'count', 'revaluation')), 0) AS adjusted_value,
           coalesce(sum(v) FILTER (WHERE m.month = c.month AND m.kind = 'transfer'), 0) AS transferred_value,
           coalesce(sum(v) FILTER (WHERE m.month <= c.month), 0) AS closing_value,
           bool_or(m.month = c.month) AS moved
    FROM move AS m
    CROSS JOIN calendar AS c
    JOIN skus AS s USING (sku_id)
    JOIN locations AS l USING (location_id)
    GROUP BY s.code, l.code, c.month
)
SELECT sku, location, month, opening, received, shipped, returned, adjusted, transferred, closing,
       opening_value, received_value, shipped_value, returned_value, adjusted_value, transferred_value, closing_value
FROM cell WHERE moved OR closing <> 0;
CREATE VIEW pg_temp.months_found AS
SELECT sku, location, month, opening, received, shipped, returned, adjusted, transferred, closing,
       opening_value, received_value, shipped_value, returned_value, adjusted_value, transferred_value, closing_value
FROM oms_report.stock_monthly;
CREATE VIEW pg_temp.days_expected AS
SELECT d.day::date AS day, s.code AS sku, l.code AS location, sum(m.quantity::numeric) AS quantity, sum(coalesce(m.value::numeric, 0)) AS value
FROM generate_series(timestamp '2025-12-01', (SELECT oms.now() AT TIME ZONE 'UTC'), '9 days') AS d(day)
JOIN stock_movements AS m ON (m.occurred_at AT TIME ZONE coalesce((SELECT value FROM settings WHERE name = 'time_zone'), 'UTC'))::date <= d.day
JOIN skus AS s USING (sku_id)
JOIN locations AS l USING (location_id)
GROUP BY d.day, s.code, l.code HAVING sum(m.quantity::numeric) <> 0;
CREATE VIEW pg_temp.days_found AS
SELECT d.day::date AS day, a.sku, a.location, a.quantity, a.value
FROM generate_series(timestamp '2025-12-01', (SELECT oms.now() AT TIME ZONE 'UTC'), '9 days') AS d(day), oms.stock_as_of(d.day::date) AS a;
-- how many rows of ours there are, and those of all that differ
CREATE FUNCTION pg_temp.compare(OUT months bigint, OUT days bigint, OUT wrong text) LANGUAGE sql AS $$
    SELECT (SELECT count(*) FROM pg_temp.months_found WHERE sku LIKE 'RS-%'), (SELECT count(*) FROM pg_temp.days_found WHERE sku LIKE 'RS-%'),
           (SELECT string_agg(w, E'\n' ORDER BY w)
            FROM (SELECT 'missing ' || m::text FROM (SELECT * FROM pg_temp.months_expected EXCEPT SELECT * FROM pg_temp.months_found) AS m
                  UNION ALL
                  SELECT 'too many ' || m::text FROM (SELECT * FROM pg_temp.months_found EXCEPT SELECT * FROM pg_temp.months_expected) AS m
                  UNION ALL
                  SELECT 'missing ' || m::text FROM (SELECT * FROM pg_temp.days_expected EXCEPT SELECT * FROM pg_temp.days_found) AS m
                  UNION ALL
                  SELECT 'too many ' || m::text FROM (SELECT * FROM pg_temp.days_found EXCEPT SELECT * FROM pg_temp.days_expected) AS m
                  UNION ALL
                  SELECT 'all ' || m::text
                  FROM (SELECT month, sum(received), sum(closing), sum(received_value), sum(shipped_value - returned_value), sum(closing_value)
                        FROM pg_temp.months_expected GROUP BY month
                        EXCEPT
                        SELECT month, received, closing, received_value, cost, closing_value FROM oms_report.stock_trend WHERE dimension = 'all') AS m
                  UNION ALL
                  SELECT dimension || ' ' || m::text
                  FROM (SELECT 'location' AS dimension, location, month, sum(opening), sum(closing), sum(closing_value) FROM pg_temp.months_expected GROUP BY location, month
                        UNION ALL
                        SELECT 'sku', sku, month, sum(opening), sum(closing), sum(closing_value) FROM pg_temp.months_expected GROUP BY sku, month
                        EXCEPT
                        SELECT dimension, value, month, opening, closing, closing_value FROM oms_report.stock_trend) AS m) AS w(w))
$$;

-- what came before there was a base currency is worth nothing in it
SAVEPOINT none;
DELETE FROM settings WHERE name = 'base_currency';
INSERT INTO locations (code, name) VALUES ('rs-0', 'Zero');
SELECT put_sku('{"code": "RS-0"}'), pg_temp.at('2025-12-15 09:00'), receive_stock('RS-0', 'rs-0', 2), pg_temp.roll_up(), pg_temp.at('2026-01-15 09:00');
SELECT sku, on_hand, value, currency FROM oms_report.stock_by_sku WHERE sku = 'RS-0';
SELECT set_base_currency('EUR');
SELECT sku, on_hand, value, currency FROM oms_report.stock_by_sku WHERE sku = 'RS-0';
SELECT month, closing, opening_value, closing_value, currency FROM oms_report.stock_monthly WHERE sku = 'RS-0' ORDER BY month;
SELECT month, closing, opening_value, received_value, cost, closing_value, currency FROM oms_report.stock_trend WHERE dimension = 'sku' AND value = 'RS-0' ORDER BY month;
SELECT cost, average_value, stock_value, turnover, inventory_days, currency FROM oms_report.stock_turnover WHERE dimension = 'sku' AND value = 'RS-0';
SELECT * FROM pg_temp.compare();
ROLLBACK TO none;
SELECT set_base_currency('EUR') IS NOT NULL AS based, pg_temp.roll_up() AS others \g /dev/null
INSERT INTO channels (code, name, currency) VALUES ('rs-web', 'Web', 'EUR');
INSERT INTO locations (code, name) VALUES ('rs-1', 'One'), ('rs-2', 'Two');
SELECT put_product('{"code": "RS-P", "category": "rs.tea", "skus": [{"code": "RS-A", "price": "5 EUR"}, {"code": "RS-F", "costing": "fifo"}]}'), put_sku('{"code": "RS-N"}') \g /dev/null
CREATE VIEW pg_temp.mine AS SELECT * FROM oms_report.stock_monthly WHERE sku LIKE 'RS-%';
CREATE FUNCTION pg_temp.sell(reference text, sku text, quantity integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    id CONSTANT bigint := oms.place_order(jsonb_build_object(
        'channel', 'rs-web', 'reference', reference, 'ship_to', '{"country": "PT", "lat": 41, "lon": -8}'::jsonb, 'fulfillment', '{"ship_from": "rs-1"}'::jsonb,
        'lines', jsonb_build_array(jsonb_build_object('sku', sku, 'quantity', quantity, 'unit_price', 5, 'tax', 0)), 'shipping', '{"price": 0, "tax": 0}'::jsonb,
        'payments', jsonb_build_array(jsonb_build_object('method', 'card', 'status', 'captured', 'amount', quantity * 5))));
BEGIN
    PERFORM oms.pack(id, 1), oms.ship(id, 1), oms.mark_delivered(id, 1);
    RETURN id;
END
$$;

/*
 * RS-A: 10 at 2.00 on 15 December; 4 leave on the last evening of January (8.00); in February 3 go to rs-2 (6.00) and one is
 * torn (2.00); in March 2 come back (4.00), all four at rs-1 are then valued at 2.50 (+ 2.00), and 6 come in at 3.00 (18.00).
 * RS-F, by layers: 5 at 1.00 on 1 December, 5 at 2.00 on 1 March; of these 6 are sold on 1 May (7.00).
 * RS-N has no cost.
 */
SELECT pg_temp.at('2025-12-01 09:00'), receive_stock('RS-F', 'rs-1', 5, '1 EUR');
SELECT pg_temp.at('2025-12-15 09:00'), receive_stock('RS-A', 'rs-1', 10, '2 EUR'), receive_stock('RS-N', 'rs-2', 7);
-- nothing is rolled up
SELECT * FROM pg_temp.compare();
SELECT pg_temp.at('2026-01-31 23:30'), pg_temp.sell('rs-1', 'RS-A', 4) AS order_id \gset
SELECT pg_temp.at('2026-02-10 09:00'), transfer_stock('RS-A', 'rs-1', 'rs-2', 3), adjust_stock('RS-A', 'rs-1', -1, 'torn');
SELECT pg_temp.at('2026-03-01 09:00'), receive_stock('RS-F', 'rs-1', 5, '2 EUR');
-- some of it is rolled up
SELECT pg_temp.roll_up();
SELECT pg_temp.at('2026-03-05 09:00'), approve_return(:order_id, request_return(:order_id, '[{"line_no": 1, "quantity": 2}]', 'too bitter')), receive_return(:order_id, 1, 'rs-1'),
       inspect_return(:order_id, 1, '[{"line_no": 1, "quantity": 2, "grade": "new", "disposition": "restock"}]');
SELECT pg_temp.at('2026-03-20 09:00'), revalue_stock('RS-A', 'rs-1', '2.50 EUR', 'dearer'), receive_stock('RS-A', 'rs-1', 6, '3 EUR');
SELECT pg_temp.at('2026-05-01 09:00'), pg_temp.sell('rs-2', 'RS-F', 6) > 0 AS sold;
SELECT * FROM pg_temp.compare();
SELECT sku, location, month, opening, received, shipped, returned, adjusted, transferred, closing FROM pg_temp.mine ORDER BY sku, location, month;
SELECT sku, location, month, opening_value AS opening, received_value AS received, shipped_value AS shipped, returned_value AS returned,
       adjusted_value AS adjusted, transferred_value AS transferred, closing_value AS closing, currency
FROM pg_temp.mine ORDER BY sku, location, month;
-- all of it is rolled up
SELECT pg_temp.roll_up();
SELECT count(*) = 0 AS counted FROM oms_internal.uncounted_stock();
SELECT * FROM pg_temp.compare();
-- a replay of February, which changes that month and those after it, and of a month before all
SELECT pg_temp.at('2026-02-20 09:00'), adjust_stock('RS-A', 'rs-2', 5, 'found'), pg_temp.at('2025-11-20 09:00'), adjust_stock('RS-A', 'rs-1', 1, 'found'),
       pg_temp.at('2026-05-02 09:00');
SELECT * FROM pg_temp.compare();
SELECT pg_temp.roll_up();
SELECT * FROM pg_temp.compare();
-- what was there at the end of February by what is rolled up had left before it
SELECT put_sku('{"code": "RS-Z"}'), pg_temp.at('2026-02-01 09:00'), receive_stock('RS-Z', 'rs-1', 5), pg_temp.at('2026-05-02 09:00'), pg_temp.roll_up();
SELECT pg_temp.at('2026-02-20 09:00'), adjust_stock('RS-Z', 'rs-1', -5, 'gone'), pg_temp.at('2026-05-02 09:00');
SELECT * FROM pg_temp.compare();
SELECT pg_temp.roll_up();
SELECT * FROM pg_temp.compare();
-- a watermark that is lost: views count all movements, and the job makes it again and counts anew
SET session_replication_role = replica;
DELETE FROM sequence_watermarks;
RESET session_replication_role;
SELECT * FROM pg_temp.compare();
SELECT pg_temp.roll_up();
SELECT * FROM pg_temp.compare();
SELECT counted_until = (SELECT max(movement_id) FROM stock_movements) AS counted FROM sequence_watermarks WHERE name = 'stock_monthly';
-- its months are those of movements: by one movement at a time it comes to the same
CREATE TEMPORARY TABLE whole AS SELECT * FROM stock_monthly;
UPDATE settings SET value = 'UTC' WHERE name = 'time_zone';
INSERT INTO settings (name, value) VALUES ('time_zone', 'UTC') ON CONFLICT DO NOTHING;
UPDATE sequence_watermarks SET time_zone = NULL WHERE name = 'stock_monthly';
UPDATE jobs SET batch_rows = 1 WHERE name = 'roll_up_stock';
SELECT * FROM pg_temp.compare();
SELECT pg_temp.roll_up();
SELECT count(*) FROM (TABLE stock_monthly EXCEPT TABLE whole UNION ALL (TABLE whole EXCEPT TABLE stock_monthly)) AS differ;
-- on the last evening of January in UTC it is February in Tokyo; some of the old months are deleted
UPDATE settings SET value = 'Asia/Tokyo' WHERE name = 'time_zone';
SELECT * FROM pg_temp.compare();
SELECT month, shipped FROM pg_temp.mine WHERE sku = 'RS-A' AND shipped > 0;
CREATE FUNCTION pg_temp.step(n integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    step oms_internal.job_step;
BEGIN
    ALTER TABLE oms.stock_monthly DISABLE TRIGGER USER;
    ALTER TABLE oms.sequence_watermarks DISABLE TRIGGER USER;
    step := oms_internal.job_roll_up_stock(n, '{}', NULL);
    ALTER TABLE oms.stock_monthly ENABLE TRIGGER USER;
    ALTER TABLE oms.sequence_watermarks ENABLE TRIGGER USER;
    RETURN concat_ws(' ', step.rows, step.more, step.watermark);
END
$$;
SELECT pg_temp.step(5);
SELECT * FROM pg_temp.compare();
-- and back in the middle of it
UPDATE settings SET value = 'UTC' WHERE name = 'time_zone';
SELECT * FROM pg_temp.compare();
SELECT pg_temp.roll_up();
SELECT * FROM pg_temp.compare();
SELECT count(*) FROM (TABLE stock_monthly EXCEPT TABLE whole UNION ALL (TABLE whole EXCEPT TABLE stock_monthly)) AS differ;

/*
 * RS-A since November, 183 days: what was found is worth 2.80 and 10.00. Cost 8.00 - 4.00, average of 0, 2.80, 22.80, 14.80, 22.80
 * and three times 46.80: 25.45. RS-F since December, 153 days: cost 7.00, average of 0, 5, 5, 5, 15, 15 and 8: 7.57; 7 × 365 / 153 / 7.57 = 2.21
 */
SELECT dimension, value, month, closing_value, cost FROM oms_report.stock_trend WHERE dimension IN ('sku', 'category') AND value IN ('RS-A', 'RS-F', 'rs.tea') ORDER BY 1, 2, 3;
SELECT * FROM oms_report.stock_turnover WHERE value IN ('RS-A', 'RS-F', 'rs', 'rs.tea', 'RS-N') ORDER BY 1, 2;
SELECT * FROM oms_report.sell_through WHERE value = 'RS-F' ORDER BY month;

/*
 * Ages on 2 May: of RS-A at rs-1 the 11 that came last are there: 6 of 20 March (43 days), 2 that came back on 5 March (58) and 3 of
 * 15 December (138), at 2.80 each; at rs-2 5 of 20 and 3 of 10 February (71, 81). Of RS-F the layer of 1 March is left (62 days).
 */
CREATE VIEW pg_temp.age AS SELECT * FROM oms_report.stock_ageing WHERE sku LIKE 'RS-%';
SELECT * FROM pg_temp.age ORDER BY sku, location, received_on DESC;
-- what it has is the oldest layer of a SKU that is valued by layers from now on; 30 days are the first band, 31 the second
SELECT put_sku('{"code": "RS-A", "costing": "fifo"}'), receive_stock('RS-A', 'rs-1', 2, '4 EUR'), pg_temp.at('2026-06-01 09:00');
SELECT band, sum(quantity), sum(value), min(received_on) FROM pg_temp.age WHERE sku = 'RS-A' AND location = 'rs-1' GROUP BY band ORDER BY band;
SELECT pg_temp.at('2026-06-02 09:00');
SELECT band, sum(quantity), sum(value), min(received_on) FROM pg_temp.age WHERE sku = 'RS-A' AND location = 'rs-1' GROUP BY band ORDER BY band;

/*
 * Today: of 13 RS-A at rs-1 a cart holds 3, 2 are safety stock and 8 can be had; 12 come from the mill, 4 of 8 at rs-2 are on
 * their way to rs-1. Of RS-F one came back and is looked at, 2 wait for stock at rs-1.
 */
SELECT put_supplier('{"code": "rs-mill", "currency": "EUR"}'), put_purchase_order('{"code": "RS-1", "supplier": "rs-mill", "location": "rs-1", "lines": [{"sku": "RS-A", "quantity": 12}]}'),
       send_purchase_order('RS-1'), reserve('RS-A', 3, 'rs-1') > 0 AS reserved, put_stock_buffer('{"sku": "RS-A", "location": "rs-1", "quantity": 2}'),
       ship_transfer('RS-A', 'rs-2', 'rs-1', 4) > 0 AS shipped;
SELECT approve_return(o, request_return(o, '[{"line_no": 1, "quantity": 1}]', 'stale')), receive_return(o, 1, 'rs-1'),
       inspect_return(o, 1, '[{"line_no": 1, "quantity": 1, "grade": "open", "disposition": "quarantine"}]') FROM find_order('rs-web', 'rs-2') AS o;
SELECT place_order('{"channel": "rs-web", "reference": "rs-3", "ship_to": {"country": "PT", "lat": 41, "lon": -8}, "lines": [{"sku": "RS-F", "quantity": 6, "unit_price": 5, "tax": 0}],
    "shipping": {"price": 0, "tax": 0}, "fulfillment": {"ship_from": "rs-1", "allow_backorder": true}}') > 0 AS placed;
SELECT run_job('roll_up_demand') ->> 'status' AS demand;
SELECT * FROM oms_report.stock_on_hand WHERE sku LIKE 'RS-%' ORDER BY sku, location \gx
-- what is sold out, or has no cost, is worth nothing in the base currency, so that who asks for that finds it
SELECT sku, on_hand, unit_cost, value, currency FROM oms_report.stock_by_sku WHERE currency = 'EUR' AND sku LIKE 'RS-%' ORDER BY sku;
SELECT sku, quantity, unvalued_units, value, unit_cost, currency FROM oms_report.inventory_value WHERE sku = 'RS-N';
SELECT sku, age_days, quantity, value, currency FROM pg_temp.age WHERE sku = 'RS-N';
SELECT * FROM oms_report.stock_by_category WHERE category LIKE 'rs%' ORDER BY category;
SELECT location, on_hand, reserved, kept_back, available, incoming, backordered, unsellable, value FROM oms_report.stock_by_location WHERE location LIKE 'rs-%' ORDER BY location;
-- each number is that of who else tells it, of all SKUs
SELECT count(*) FROM oms_report.stock_on_hand AS h
WHERE available <> oms.available(sku, location)::numeric AND sku IN (SELECT code FROM skus WHERE active AND stocked AND NOT is_kit AND available_from IS NULL);
SELECT count(*)
FROM oms_report.stock_on_hand AS h JOIN skus AS s ON s.code = h.sku JOIN locations AS l ON l.code = h.location
FULL JOIN stock_positions AS p ON p.sku_id = s.sku_id AND p.location_id = l.location_id
WHERE (coalesce(h.on_hand, 0), coalesce(h.reserved, 0), coalesce(h.incoming, 0), coalesce(h.backordered, 0))
      <> (coalesce(p.on_hand::numeric, 0), coalesce(p.reserved::numeric, 0), coalesce(p.incoming::numeric, 0), coalesce(p.backordered::numeric, 0));
SELECT count(*) FROM (SELECT sku, location, value FROM oms_report.stock_on_hand WHERE on_hand > 0 EXCEPT SELECT sku, location, value FROM oms_report.inventory_value) AS d;
SELECT count(*) FROM (SELECT sku, sum(on_hand), sum(available), sum(value) FROM oms_report.stock_on_hand GROUP BY sku
                      EXCEPT SELECT sku, on_hand, available, value FROM oms_report.stock_by_sku) AS d;
SELECT count(*) FROM (SELECT location, sum(on_hand), sum(available), sum(value) FROM oms_report.stock_on_hand GROUP BY location
                      EXCEPT SELECT location, on_hand, available, value FROM oms_report.stock_by_location) AS d;
SELECT count(*) FROM (SELECT sku, location, sum(quantity) FROM oms_report.stock_ageing GROUP BY sku, location
                      EXCEPT SELECT sku, location, on_hand FROM oms_report.stock_on_hand) AS d;
SELECT * FROM pg_temp.compare();
SELECT * FROM oms.stock_as_of(NULL);
SELECT * FROM oms.stock_as_of('2020-01-01');
-- days at the ends of the calendar
SELECT count(*) FROM oms.stock_as_of('0001-01-01');
SELECT count(*) = (SELECT count(*) FROM oms.stock_as_of('2999-12-31')) AS "as now" FROM oms.stock_as_of('9999-12-31');
SELECT * FROM oms.stock_as_of('4714-11-24 BC');
SELECT * FROM oms.stock_as_of('0001-12-31 BC');
SELECT * FROM oms.stock_as_of('10000-01-01');
SELECT * FROM oms.stock_as_of('5874897-12-31');
SELECT * FROM oms.stock_as_of('infinity');
SELECT * FROM oms.stock_as_of('-infinity');
INSERT INTO stock_monthly SELECT * FROM stock_monthly;
SELECT * FROM check_invariants();
ROLLBACK;
\c postgres
DROP DATABASE regress_report_stock;
