-- demand: what orders count for, by SKU, location and day, and when stock was out
CREATE DATABASE regress_demand;
\c regress_demand
SET client_min_messages = warning;
CREATE EXTENSION oms CASCADE;
DO $$ BEGIN PERFORM oms.install(); END $$;
SET search_path = oms, public;
SET TimeZone = 'UTC';
SET datestyle = 'ISO';
SET oms.now = '2026-11-10 12:00:00+00';
\set SHOW_CONTEXT never

DO $$
BEGIN
    PERFORM put_channel('{"code": "web", "currency": "EUR"}');
    PERFORM put_customer('{"reference": "C", "name": "C", "payment_terms_days": 30}');
    PERFORM put_location('{"code": "porto", "country": "PT", "lat": 41.15, "lon": -8.61, "time_zone": "Europe/Lisbon"}');
    PERFORM put_location('{"code": "tokyo", "country": "JP", "lat": 35.7, "lon": 139.7, "time_zone": "Asia/Tokyo"}');
    PERFORM put_channel('{"code": "shop", "currency": "EUR", "locations": ["tokyo"]}');
    PERFORM put_sku('{"code": "TEE", "price": "10 EUR"}');
    PERFORM put_sku('{"code": "CAP", "price": "5 EUR"}');
    PERFORM put_sku('{"code": "NEW", "price": "5 EUR"}');
    PERFORM put_sku('{"code": "GIFT", "price": "1 EUR", "stocked": false}');
    PERFORM put_sku('{"code": "SET", "price": "20 EUR", "kit": [{"sku": "TEE", "quantity": 1}, {"sku": "CAP", "quantity": 2}, {"sku": "GIFT", "quantity": 1}]}');
    PERFORM receive_stock('TEE', 'porto', 20), receive_stock('CAP', 'porto', 20), receive_stock('TEE', 'tokyo', 20);
END
$$;
-- an order of "SKU quantity, ..." to a country, with what else the document has
CREATE FUNCTION place(reference text, lines text, country text DEFAULT 'PT', more jsonb DEFAULT '{}') RETURNS bigint LANGUAGE sql AS $$
    SELECT place_order(jsonb_build_object('channel', 'web', 'reference', reference,
        'lines', (SELECT jsonb_agg(jsonb_build_object('sku', split_part(l, ' ', 1), 'quantity', split_part(l, ' ', 2)::numeric, 'tax', 0)
                                   || CASE WHEN l LIKE '%off' THEN '{"discount": 1}'::jsonb ELSE '{}' END)
                  FROM regexp_split_to_table(lines, ', ') AS l),
        'ship_to', CASE country WHEN 'PT' THEN '{"country": "PT", "lat": 41.2, "lon": -8.6}'::jsonb
                                ELSE '{"country": "JP", "lat": 35.7, "lon": 139.8}' END,
        'customer', '{"reference": "C"}'::jsonb, 'shipping', '{"price": 0}'::jsonb, 'fulfillment', '{"strategy": "nearest"}'::jsonb) || more)
$$;
CREATE FUNCTION of(name text) RETURNS bigint LANGUAGE sql AS $$ SELECT find_order('web', name) $$;
CREATE FUNCTION roll_up(batch_rows int DEFAULT 1000, more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    UPDATE jobs SET batch_rows = roll_up.batch_rows,
                    settings = (SELECT j.settings FROM oms_internal.shipped_jobs() AS j WHERE j.name = 'roll_up_demand') || more
    WHERE name = 'roll_up_demand';
    SELECT format('%s rows in %s batches', r -> 'rows', r -> 'batches') || coalesce(': ' || (r ->> 'error'), '')
    FROM run_job('roll_up_demand') AS r
$$;
CREATE VIEW daily AS
    SELECT s.code AS sku, l.code AS location, d.day, d.demanded, d.promoted, d.returned, d.out_of_stock_rate AS out
    FROM demand_daily AS d JOIN skus AS s USING (sku_id) JOIN locations AS l USING (location_id)
    ORDER BY s.code COLLATE "C", l.code COLLATE "C", d.day;
CREATE VIEW lines AS
    SELECT o.reference, d.line_no, s.code AS sku, l.code AS location, d.day, d.quantity, d.promoted, d.returned
    FROM demand_lines AS d JOIN orders AS o USING (order_id) JOIN skus AS s ON s.sku_id = d.sku_id JOIN locations AS l USING (location_id)
    ORDER BY o.order_id, d.line_no, s.code COLLATE "C", l.code COLLATE "C";

/*
 * What an order counts for. The first run looks at all orders that there are.
 */
SELECT roll_up();
SELECT place('one', 'TEE 2, CAP 1 off'), place('kits', 'SET 3'), place('far', 'TEE 1', 'JP') \gset
-- 16:00 in Lisbon of the 9th is the 10th in Tokyo
SELECT place('past', 'TEE 4', 'PT', '{"placed_at": "2026-11-09T16:00:00Z"}'),
       place('late', 'TEE 5', 'JP', '{"placed_at": "2026-11-09T16:00:00Z"}') \gset
SELECT roll_up();
TABLE lines;
TABLE daily;
-- nothing new, nothing done
SELECT roll_up();

/*
 * Changes count by the difference
 */
SELECT edit_order(of('one'), '{"lines": [{"line_no": 1, "quantity": 6}]}'), cancel_order(of('kits'), 'no need', '[{"line_no": 1, "quantity": 1}]');
SELECT roll_up();
SELECT * FROM lines WHERE reference IN ('one', 'kits');
SELECT * FROM daily WHERE location = 'porto' AND day = '2026-11-10';
-- what was not delivered was wanted all the same
SELECT cancel_order(of('past'), 'out_of_stock', '[{"line_no": 1, "quantity": 1}]'), cancel_order(of('late'), 'Out_Of_Stock');
SELECT cancel_order(of('past'), 'changed her mind', '[{"line_no": 1, "quantity": 2}]'), cancel_order(of('far'), 'changed his mind');
SELECT roll_up();
SELECT * FROM lines WHERE reference IN ('past', 'late', 'far');
-- a day without demand has no row
SELECT * FROM daily WHERE location = 'tokyo';
-- which reasons these are is a setting of the job
SELECT place('lost', 'TEE 2', 'JP') \gset
SELECT cancel_order(of('lost'), 'broken');
SELECT roll_up(more => '{"undelivered_reasons": ["Broken"]}');
SELECT * FROM lines WHERE reference = 'lost';
SELECT edit_order(of('past'), '{"lines": [{"line_no": 1, "quantity": 3}]}');
SELECT roll_up(more => '{"undelivered_reasons": []}');
SELECT * FROM lines WHERE reference = 'past';

/*
 * What comes back counts on the day on which it was ordered
 */
SELECT place('back', 'SET 2') \gset
SELECT pack(of('back'), 1), ship(of('back'), 1), mark_delivered(of('back'), 1);
SET oms.now = '2026-11-11 09:00:00+00';
SELECT request_return(of('back'), '[{"line_no": 1, "quantity": 1}]', 'too small');
SELECT approve_return(of('back'), 1), receive_return(of('back'), 1, 'porto');
SELECT roll_up();
SELECT * FROM lines WHERE reference = 'back';

/*
 * Who ships: the first who was asked, and of what waits who would be asked
 */
SELECT place('wait', 'CAP 30, NEW 2', 'JP', '{"fulfillment": {"allow_backorder": true}}'),
       place('pick', 'NEW 1', 'PT', '{"fulfillment": {"allow_backorder": true, "ship_from": "tokyo"}}'),
       place('split', 'TEE 22', 'PT') \gset
SELECT roll_up();
SELECT * FROM lines WHERE reference IN ('wait', 'pick', 'split');
SELECT reject(of('split'), fulfillment_no, 'lost') FROM fulfillments JOIN locations USING (location_id)
WHERE order_id = of('split') AND locations.code = 'tokyo';
SELECT receive_stock('NEW', 'porto', 10);
SELECT roll_up();
SELECT * FROM lines WHERE reference IN ('wait', 'pick', 'split');

SET oms.now = '2026-11-12 09:00:00+00';
/*
 * History from before is added to, and all orders looked at again give the same
 */
INSERT INTO demand_daily (sku_id, location_id, day, demanded, promoted)
SELECT sku_id, location_id, '2026-11-12', 100, 7 FROM skus AS s, locations AS l WHERE s.code = 'TEE' AND l.code = 'porto';
SELECT place('more', 'TEE 1') \gset
SELECT roll_up();
SELECT * FROM daily WHERE day = '2026-11-12';
SELECT cancel_order(of('more'), 'no');
SELECT roll_up();
SELECT * FROM daily WHERE day = '2026-11-12';
-- what was counted by another setting is counted by this one
UPDATE watermarks SET system_id = 1 WHERE name = 'demand';
SELECT roll_up();
SELECT * FROM lines WHERE reference IN ('lost', 'past');
CREATE TABLE daily_before AS SELECT * FROM demand_daily;
CREATE TABLE lines_before AS SELECT * FROM demand_lines;
CREATE FUNCTION differs() RETURNS bigint LANGUAGE sql AS $$
    SELECT (SELECT count(*) FROM (TABLE demand_daily EXCEPT TABLE daily_before UNION ALL TABLE daily_before EXCEPT TABLE demand_daily) AS d)
           + (SELECT count(*) FROM (TABLE demand_lines EXCEPT TABLE lines_before UNION ALL TABLE lines_before EXCEPT TABLE demand_lines) AS l)
$$;
UPDATE watermarks SET system_id = 1 WHERE name = 'demand';
SELECT roll_up(2), differs();
-- or from nothing, but for the history
UPDATE watermarks SET system_id = 1 WHERE name = 'demand';
DELETE FROM demand_lines;
SET session_replication_role = replica;
DELETE FROM demand_lines;
RESET session_replication_role;
DELETE FROM demand_daily;
INSERT INTO demand_daily SELECT sku_id, location_id, '2026-11-12', 100, 7 FROM skus AS s, locations AS l WHERE s.code = 'TEE' AND l.code = 'porto';
SELECT roll_up(), differs();
-- in batches of two events
SET session_replication_role = replica;
UPDATE watermarks SET transaction_id = '0', event_id = 0 WHERE name = 'demand';
RESET session_replication_role;
SELECT roll_up(2), differs();

/*
 * Stock-outs: seen by the job, counted when the day is over by the clock of
 * the location
 */
DO $$
BEGIN
    PERFORM put_sku('{"code": "HAT", "price": "5 EUR"}');
    PERFORM receive_stock('HAT', 'porto', 5);
    PERFORM receive_stock('HAT', 'tokyo', 5);
END
$$;
CREATE VIEW outs AS
    SELECT s.code AS sku, l.code AS location, t.began_at, t.ended_at, t.counted_until
    FROM stockouts AS t JOIN skus AS s USING (sku_id) JOIN locations AS l USING (location_id)
    ORDER BY s.code COLLATE "C", l.code COLLATE "C", t.began_at;
SELECT roll_up();
SELECT * FROM outs WHERE sku = 'HAT';
SET oms.now = '2026-11-12 18:00:00+00';
SELECT place('hats', 'HAT 10') \gset
SELECT roll_up();
SELECT * FROM outs WHERE sku = 'HAT';
SET oms.now = '2026-11-13 00:00:00+00';
SELECT roll_up(1);
SELECT * FROM daily WHERE sku = 'HAT';
SET oms.now = '2026-11-14 06:00:00+00';
SELECT receive_stock('HAT', 'porto', 5);
SELECT roll_up();
SELECT * FROM daily WHERE sku = 'HAT';
SET oms.now = '2026-11-15 00:00:00+00';
SELECT roll_up(), roll_up();
SELECT * FROM daily WHERE sku = 'HAT';
SELECT * FROM outs WHERE sku = 'HAT';
-- from 8 to 20 o'clock, in Tokyo 20 to 8 of the next day
SET oms.now = '2026-11-16 09:00:00+00';
SELECT adjust_stock('HAT', 'porto', -5, 'lost');
SELECT roll_up(more => '{"sells_from": "8:00", "sells_until": "20:00"}');
SET oms.now = '2026-11-16 17:00:00+00';
SELECT receive_stock('HAT', 'porto', 5), receive_stock('HAT', 'tokyo', 5);
SELECT roll_up(more => '{"sells_from": "8:00", "sells_until": "20:00"}');
SET oms.now = '2026-11-17 01:00:00+00';
SELECT roll_up(more => '{"sells_from": "8:00", "sells_until": "20:00"}');
SELECT * FROM daily WHERE sku = 'HAT' AND day > '2026-11-14';
-- what is sold without being there is not out of stock, nor what is kept back there
SELECT place('preorder', 'HAT 9, SET 1', 'PT', '{"fulfillment": {"allow_backorder": true, "ship_from": "porto"}}') \gset
SELECT roll_up();
SELECT sku, location FROM outs WHERE ended_at IS NULL;
SELECT cancel_order(of('preorder'), 'no'), put_stock_buffer('{"sku": "HAT", "location": "porto", "quantity": 5}');
SELECT roll_up();
SELECT sku, location FROM outs WHERE ended_at IS NULL;
-- orders don't change what was out of stock
UPDATE watermarks SET system_id = 1 WHERE name = 'demand';
SELECT roll_up();
SELECT * FROM daily WHERE sku = 'HAT';

/*
 * Series to be forecast again
 */
SELECT s.code, l.code, d.began_on, d.changed_from, d.changed_until FROM demand_series AS d JOIN skus AS s USING (sku_id) JOIN locations AS l USING (location_id)
ORDER BY s.code COLLATE "C", l.code COLLATE "C";

/*
 * Whatever happens to orders, in whatever order it is rolled up: all counted
 * anew gives the same
 */
SELECT setseed(0.7) \g /dev/null
SELECT receive_stock(s.code, l.code, 60) FROM skus AS s, locations AS l WHERE s.code IN ('TEE', 'CAP', 'HAT') \g /dev/null
DO $$
DECLARE
    v_skus CONSTANT text[] := '{TEE,CAP,HAT,SET,NEW,GIFT}';
    v_order bigint;
    v_line order_lines;
    v_refused integer := 0;
BEGIN
    FOR i IN 1 .. 250 LOOP
        SELECT l.* INTO v_line FROM order_lines AS l ORDER BY random() LIMIT 1;
        v_order := v_line.order_id;
        BEGIN
            CASE floor(random() * 9)::integer
            WHEN 0, 1, 2 THEN
                PERFORM place('r' || i, v_skus[ceil(random() * 6)] || ' ' || ceil(random() * 9) || CASE WHEN random() < 0.3 THEN ' off' ELSE '' END
                              || ', ' || v_skus[ceil(random() * 6)] || ' ' || ceil(random() * 5), CASE WHEN random() < 0.5 THEN 'PT' ELSE 'JP' END,
                              jsonb_build_object('fulfillment', jsonb_build_object('strategy', 'nearest', 'allow_backorder', random() < 0.7),
                                                 'placed_at', oms.now() - random() * interval '3 days'));
            WHEN 3 THEN
                PERFORM edit_order(v_order, jsonb_build_object('lines', jsonb_build_array(
                    jsonb_build_object('line_no', v_line.line_no, 'quantity', ceil(random() * 9)))));
            WHEN 4 THEN
                PERFORM cancel_order(v_order, CASE WHEN random() < 0.5 THEN 'out_of_stock' ELSE 'no' END, jsonb_build_array(
                    jsonb_build_object('line_no', v_line.line_no, 'quantity', ceil(random() * 3))));
            WHEN 5 THEN
                PERFORM cancel_order(v_order, CASE WHEN random() < 0.5 THEN 'out_of_stock' ELSE 'no' END);
            WHEN 6 THEN
                PERFORM reject(v_order, 1, 'broken');
            WHEN 7 THEN
                PERFORM pack(v_order, 1), ship(v_order, 1), mark_delivered(v_order, 1);
            ELSE
                PERFORM receive_return(v_order, request_return(v_order, jsonb_build_array(
                    jsonb_build_object('line_no', v_line.line_no, 'quantity', 1)), 'no'), 'porto');
            END CASE;
        EXCEPTION WHEN OTHERS THEN
            v_refused := v_refused + 1;
        END;
        COMMIT;
        IF random() < 0.2 THEN
            PERFORM roll_up((1 + random() * 50)::integer);
            COMMIT;
        END IF;
    END LOOP;
    RAISE WARNING 'some were refused: %, and some not: %', v_refused > 20, v_refused < 200;
END
$$;
SELECT roll_up() IS NOT NULL AS done;
CREATE TABLE counted AS SELECT sku_id, location_id, day, demanded, promoted, returned FROM demand_daily WHERE demanded > '0';
SELECT count(*) > 20 AS many, sum(promoted) > '0' AS promoted, sum(returned) > '0' AS returned FROM counted;
UPDATE watermarks SET system_id = 1 WHERE name = 'demand';
SET session_replication_role = replica;
DELETE FROM demand_lines;
RESET session_replication_role;
DELETE FROM demand_daily;
INSERT INTO demand_daily SELECT sku_id, location_id, '2026-11-12', 100, 7 FROM skus AS s, locations AS l WHERE s.code = 'TEE' AND l.code = 'porto';
SELECT roll_up(7) IS NOT NULL AS done;
SELECT * FROM (SELECT sku_id, location_id, day, demanded, promoted, returned FROM demand_daily WHERE demanded > '0' EXCEPT TABLE counted) AS d
UNION ALL SELECT * FROM (TABLE counted EXCEPT SELECT sku_id, location_id, day, demanded, promoted, returned FROM demand_daily WHERE demanded > '0') AS d;
SELECT * FROM check_invariants();
\c postgres
DROP DATABASE regress_demand;
