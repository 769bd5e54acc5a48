-- what an order takes: units, kits, parts of a unit, nothing, or a place in the queue
SET search_path = oms, public;
SET client_min_messages = warning;
SET oms.now = '2026-11-02 10:15:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;

SELECT put_channel('{"code": "take-web", "currency": "EUR"}'), put_location('{"code": "take-a", "lat": 41, "lon": -8}'),
       put_location('{"code": "take-b", "lat": 42, "lon": -8}'), put_location('{"code": "take-closed", "lat": 41, "lon": -8}');
SELECT put_product('{"code": "take", "skus": [{"code": "TAKE-TEE"}, {"code": "TAKE-CAP", "backorder_limit": 0}, {"code": "TAKE-TEA", "decimals": 3},
                     {"code": "TAKE-FEW", "backorder_limit": 5}, {"code": "TAKE-CARD", "stocked": false}]}');
SELECT put_sku('{"code": "TAKE-SET", "kit": [{"sku": "TAKE-TEE", "quantity": 2}, {"sku": "TAKE-CAP", "quantity": 1}, {"sku": "TAKE-CARD", "quantity": 1}]}'),
       put_sku('{"code": "TAKE-WORDS", "kit": [{"sku": "TAKE-CARD", "quantity": 3}]}'),
       put_sku('{"code": "TAKE-BLEND", "decimals": 2, "kit": [{"sku": "TAKE-TEA", "quantity": 0.25}]}');
SELECT receive_stock('TAKE-TEE', 'take-a', 10), receive_stock('TAKE-CAP', 'take-a', 4), receive_stock('TAKE-TEA', 'take-a', 2.503),
       receive_stock('TAKE-TEE', 'take-b', 1), receive_stock('TAKE-FEW', 'take-a', 2), receive_stock('TAKE-TEE', 'take-closed', 50);
SELECT put_location('{"code": "take-closed", "active": false}');
ALTER SEQUENCE orders_order_id_seq RESTART 3001;

CREATE FUNCTION pg_temp.place(lines jsonb, fulfillment jsonb DEFAULT '{}') RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', 'take-web', 'reference', 'take-' || (SELECT count(*) FROM oms.orders), 'ship_to', '{"country": "PT", "lat": 41, "lon": -8}'::jsonb,
        'lines', (SELECT jsonb_agg('{"unit_price": 0, "tax": 0}' || l) FROM jsonb_array_elements(lines) AS l), 'fulfillment', fulfillment))
$$;
CREATE VIEW pg_temp.lines AS
    SELECT order_id, line_no AS line, s.code AS sku, quantity, allocated, backordered, o.status
    FROM oms.order_lines JOIN oms.skus AS s USING (sku_id) JOIN oms.orders AS o USING (order_id) WHERE order_id > 3000 ORDER BY order_id, line_no;
CREATE VIEW pg_temp.held AS
    SELECT order_id, fulfillment_no AS no, line_no AS line, s.code AS sku, l.code AS location, quantity, r.status
    FROM oms.reservations AS r JOIN oms.skus AS s USING (sku_id) JOIN oms.locations AS l USING (location_id)
    WHERE order_id > 3000 ORDER BY order_id, fulfillment_no, line_no, s.code COLLATE "C";
CREATE VIEW pg_temp.levels AS
    SELECT s.code AS sku, l.code AS location, on_hand, reserved
    FROM oms.stock_levels JOIN oms.skus AS s USING (sku_id) JOIN oms.locations AS l USING (location_id)
    WHERE s.code LIKE 'TAKE-%' ORDER BY s.code COLLATE "C", l.code COLLATE "C";

/*
 * Kits reserve their components, with those of other lines; what needs no stock reserves nothing but is shipped
 */
SELECT pg_temp.place('[{"sku": "TAKE-SET", "quantity": 2}, {"sku": "TAKE-TEE", "quantity": 3}, {"sku": "TAKE-CARD", "quantity": 1}]') AS kits;
SELECT pg_temp.place('[{"sku": "TAKE-WORDS", "quantity": 2}]') AS nothing_stocked;
SELECT pg_temp.place('[{"sku": "TAKE-TEA", "quantity": "1.125"}, {"sku": "TAKE-BLEND", "quantity": "5.5"}]') AS grams;
SELECT * FROM pg_temp.lines;
SELECT * FROM pg_temp.held;
SELECT order_id, fulfillment_no, l.code AS location, line_no, quantity
FROM fulfillments JOIN fulfillment_lines USING (order_id, fulfillment_no) JOIN locations AS l USING (location_id)
WHERE order_id > 3000 ORDER BY order_id, fulfillment_no, line_no;
SELECT pg_temp.place('[{"sku": "TAKE-SET", "quantity": 2}]'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('[{"sku": "TAKE-SET", "quantity": 1}, {"sku": "TAKE-CAP", "quantity": 2}]'); \echo :LAST_ERROR_SQLSTATE
SELECT available('TAKE-SET'), available('TAKE-TEA'), available('TAKE-BLEND');
SELECT pg_temp.place('[{"sku": "TAKE-BLEND", "quantity": 0.01}]') AS last_grams;
SELECT available('TAKE-TEA') AS less_than_a_gram;
SELECT * FROM pg_temp.levels;

/*
 * Backorders: only if both order and SKU allow them, as a number of its own
 */
SELECT pg_temp.place('[{"sku": "TAKE-TEE", "quantity": 6}]'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('[{"sku": "TAKE-TEE", "quantity": 6}]', '{"allow_backorder": true}') AS waits;
SELECT pg_temp.place('[{"sku": "TAKE-CAP", "quantity": 3}]', '{"allow_backorder": true}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('[{"sku": "TAKE-FEW", "quantity": 4}, {"sku": "TAKE-FEW", "quantity": 4}]', '{"allow_backorder": true}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('[{"sku": "TAKE-FEW", "quantity": 4}, {"sku": "TAKE-FEW", "quantity": 1}]', '{"allow_backorder": true}') AS three_wait;
SELECT pg_temp.place('[{"sku": "TAKE-FEW", "quantity": 3}]', '{"allow_backorder": true}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('[{"sku": "TAKE-FEW", "quantity": 2}]', '{"allow_backorder": true}') AS two_wait;
SELECT pg_temp.place('[{"sku": "TAKE-FEW", "quantity": 1}]', '{"allow_backorder": true}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('[{"sku": "TAKE-SET", "quantity": 4}]', '{"allow_backorder": true}') AS kits_wait;
SELECT order_id, line, sku, quantity, allocated, backordered, status FROM pg_temp.lines WHERE order_id > 3004;
SELECT quote_order('{"channel": "take-web", "reference": "q", "lines": [{"sku": "TAKE-TEE", "quantity": 7, "unit_price": 0}],
                     "fulfillment": {"allow_backorder": true}}') -> 'backordered' AS backordered;
SELECT order_id, count(*) AS fulfillments FROM fulfillments WHERE order_id > 3004 GROUP BY order_id ORDER BY order_id;

/*
 * What waits gets what comes in, the oldest first, and keeps its place
 */
SELECT receive_stock('TAKE-TEE', 'take-b', 3), receive_stock('TAKE-FEW', 'take-b', 4);
SELECT order_id, line, sku, quantity, allocated, backordered, status FROM pg_temp.lines WHERE order_id > 3004;
SELECT * FROM pg_temp.held WHERE order_id > 3004;
SELECT order_id, sequence, type, subject_no, data FROM events WHERE order_id IN (3005, 3006) ORDER BY order_id, sequence;
SELECT cancel_order(3001, 'changed their mind');
SELECT order_id, line, sku, quantity, allocated, backordered, status FROM pg_temp.lines WHERE sku IN ('TAKE-TEE', 'TAKE-SET') ORDER BY 1, 2;
SELECT * FROM pg_temp.levels;
ROLLBACK;
