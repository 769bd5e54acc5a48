-- who waits for stock: preorders, and the order of the queue
SET search_path = oms, public;
SET client_min_messages = warning;
SET oms.now = '2026-11-02 10:15:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
\pset null (null)
BEGIN;
SELECT put_location('{"code": "wait-a", "lat": 41, "lon": -8}'), put_location('{"code": "wait-b", "lat": 42, "lon": -8}'), put_channel('{"code": "wait-web", "currency": "EUR"}'),
       put_supplier('{"code": "wait-mill", "currency": "EUR"}'),
       put_product('{"code": "wait", "skus": [{"code": "WAIT-TEE"}, {"code": "WAIT-CAP"}, {"code": "WAIT-BOOK", "available_from": "2026-11-20", "backorder_limit": 5}, {"code": "WAIT-FILE", "available_from": "2026-11-20", "stocked": false}]}'),
       put_sku('{"code": "WAIT-SET", "kit": [{"sku": "WAIT-BOOK", "quantity": 1}, {"sku": "WAIT-CAP", "quantity": 1}]}');
ALTER SEQUENCE orders_order_id_seq RESTART 5201;
CREATE FUNCTION pg_temp.place(lines jsonb, fulfillment jsonb DEFAULT '{}') RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', 'wait-web', 'reference', 'wait-' || (SELECT count(*) FROM oms.orders), 'ship_to', '{"country": "PT", "lat": 41, "lon": -8}'::jsonb,
        'lines', (SELECT jsonb_agg('{"unit_price": 0, "tax": 0}' || l) FROM jsonb_array_elements(lines) AS l), 'fulfillment', fulfillment))
$$;
CREATE VIEW pg_temp.lines AS
    SELECT order_id, line_no AS line, s.code AS sku, quantity, allocated, backordered, expected_on, o.status, o.priority
    FROM oms.order_lines JOIN oms.skus AS s USING (sku_id) JOIN oms.orders AS o USING (order_id) WHERE order_id > 5200 ORDER BY order_id, line_no;

/*
 * The queue: the lower number first, then who ordered first
 */
SELECT pg_temp.place('[{"sku": "WAIT-TEE", "quantity": 2}]', '{"allow_backorder": true}') AS first,
       pg_temp.place('[{"sku": "WAIT-TEE", "quantity": 2}]', '{"allow_backorder": true, "priority": 5}') AS patient;
SELECT pg_temp.place('[{"sku": "WAIT-TEE", "quantity": 2}]', '{"allow_backorder": true, "priority": -5}') AS urgent;
SELECT pg_temp.place('[{"sku": "WAIT-TEE", "quantity": 2}]', '{"allow_backorder": true}') AS last;
SELECT pg_temp.place('[{"sku": "WAIT-TEE", "quantity": 1}]', '{"priority": 1000001}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('[{"sku": "WAIT-TEE", "quantity": 1}]', '{"priority": "high"}');
SELECT receive_stock('WAIT-TEE', 'wait-a', 3);
SELECT order_id, priority, allocated, backordered FROM pg_temp.lines;
-- a transfer that arrives serves them as well
SELECT receive_stock('WAIT-CAP', 'wait-a', 1), receive_stock('WAIT-CAP', 'wait-b', 1);
SELECT pg_temp.place('[{"sku": "WAIT-CAP", "quantity": 1}]', '{"ship_from": "wait-a"}') AS at_a, pg_temp.place('[{"sku": "WAIT-CAP", "quantity": 1}]', '{"ship_from": "wait-a", "allow_backorder": true}') AS waits;
SELECT ship_transfer('WAIT-CAP', 'wait-b', 'wait-a', 1, '2026-11-04') AS transfer \gset
SELECT receive_transfer(:transfer);
SELECT * FROM pg_temp.lines WHERE sku = 'WAIT-CAP';
-- and so does a purchase order of several SKUs; an order's priority may be changed by hand
UPDATE orders SET priority = -10 WHERE order_id = 5202;
SELECT put_purchase_order('{"code": "WAIT-1", "supplier": "wait-mill", "location": "wait-b", "expected_on": "2026-11-09", "lines": [{"sku": "WAIT-CAP", "quantity": 1}, {"sku": "WAIT-TEE", "quantity": 2}, {"sku": "WAIT-TEE", "quantity": 1}]}'), send_purchase_order('WAIT-1');
SELECT pg_temp.place('[{"sku": "WAIT-CAP", "quantity": 2}]', '{"allow_backorder": true}') AS two_caps;
SELECT receive_purchase_order('WAIT-1');
SELECT * FROM pg_temp.lines WHERE order_id IN (5201, 5202, 5203, 5204) OR backordered > 0;
-- what is freed otherwise is left for the job, which goes by the queue too
SELECT cancel_order(5203, 'gone');
SELECT oms_internal.fill_backorders(5200);
SELECT order_id, priority, allocated, backordered, status FROM pg_temp.lines WHERE sku = 'WAIT-TEE';

/*
 * Preorders wait, whether or not the order lets anything wait, up to the limit, and whatever stock there is
 */
SELECT receive_stock('WAIT-BOOK', 'wait-a', 3), available('WAIT-BOOK'), available('WAIT-SET'), available('WAIT-FILE');
SELECT reserve('WAIT-BOOK', 1); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('[{"sku": "WAIT-BOOK", "quantity": 2}]') AS preorder;
SELECT put_purchase_order('{"code": "WAIT-2", "supplier": "wait-mill", "location": "wait-a", "lines": [{"sku": "WAIT-BOOK", "quantity": 4, "expected_on": "2026-11-25"}, {"sku": "WAIT-CAP", "quantity": 5}]}'), send_purchase_order('WAIT-2');
SELECT * FROM available_to_promise('WAIT-BOOK');
SELECT promise_date('WAIT-BOOK', 1) AS one, promise_date('WAIT-BOOK', 2) AS two, promise_date('WAIT-FILE', 1) AS file;
-- with goods that are there, and with a file; kits of it wait too
SELECT receive_stock('WAIT-TEE', 'wait-a', 9) > 0 AS received, receive_stock('WAIT-CAP', 'wait-a', 9) > 0 AS received;
SELECT quote_order('{"channel": "wait-web", "reference": "q", "lines": [{"sku": "WAIT-TEE", "quantity": 1, "unit_price": 0}, {"sku": "WAIT-BOOK", "quantity": 2, "unit_price": 0}]}') -> 'backordered' AS backordered;
SELECT pg_temp.place('[{"sku": "WAIT-FILE", "quantity": 1}, {"sku": "WAIT-TEE", "quantity": 1}, {"sku": "WAIT-BOOK", "quantity": 1}, {"sku": "WAIT-CAP", "quantity": 1}]', '{"priority": 1}') AS mixed;
SELECT pg_temp.place('[{"sku": "WAIT-SET", "quantity": 1}]') AS kit;
SELECT * FROM pg_temp.lines WHERE order_id > 5207;
SELECT fulfillment_no, l.code AS location, f.status, line_no, quantity FROM fulfillments AS f JOIN fulfillment_lines USING (order_id, fulfillment_no) JOIN locations AS l USING (location_id)
WHERE order_id = 5209 ORDER BY fulfillment_no, line_no;
-- 3 wait of 5
SELECT pg_temp.place('[{"sku": "WAIT-BOOK", "quantity": 3}]'); \echo :LAST_ERROR_SQLSTATE
SELECT put_sku('{"code": "WAIT-BOOK", "backorder_limit": 0}');
SELECT pg_temp.place('[{"sku": "WAIT-BOOK", "quantity": 1}]'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('[{"sku": "WAIT-BOOK", "quantity": 1}]', '{"allow_backorder": true}'); \echo :LAST_ERROR_SQLSTATE
SELECT put_sku('{"code": "WAIT-BOOK", "backorder_limit": null}');
-- nothing is served before the day, by nobody: not what comes in, nor the job
SELECT receive_stock('WAIT-BOOK', 'wait-a', 1), oms_internal.fill_backorders(5207) AS job;
SET oms.now = '2026-11-19 23:59:59+00';
SELECT oms_internal.fill_backorders(5207) AS job;
SELECT count(*) FILTER (WHERE allocated > '0') AS served FROM pg_temp.lines WHERE sku IN ('WAIT-BOOK', 'WAIT-FILE', 'WAIT-SET');
SELECT ship_transfer('WAIT-BOOK', 'wait-a', 'wait-b', 1) IS NOT NULL AS moved;
-- from that day on by the job; of 3 books, the first preorder has 2, the kit of priority 0 goes before the mixed order
SET oms.now = '2026-11-20 00:00:00+00';
SELECT available('WAIT-BOOK'), available('WAIT-FILE'), oms_internal.fill_backorders(5207) AS job, available('WAIT-BOOK') AS before;
SELECT * FROM pg_temp.lines WHERE order_id > 5207;
-- the one that still waits, though its order lets nothing wait, is not held for that
SELECT order_id, kind FROM order_holds WHERE order_id > 5200;
SELECT receive_purchase_order('WAIT-2', '[{"line_no": 1, "quantity": 1}]');
SELECT * FROM pg_temp.lines WHERE order_id > 5207;
-- new orders are as of any SKU
SELECT pg_temp.place('[{"sku": "WAIT-BOOK", "quantity": 9}]'); \echo :LAST_ERROR_SQLSTATE
SELECT reserve('WAIT-FILE', 1);
-- what is added to an order waits as well; a kit waits for the last of its parts
SELECT put_sku('{"code": "WAIT-BOOK", "available_from": "2026-12-24"}'), put_sku('{"code": "WAIT-CAP", "available_from": "2026-12-25"}');
SELECT pg_temp.place('[{"sku": "WAIT-SET", "quantity": 1}]') AS kit_of_two;
SELECT edit_order(5211, '{"lines": [{"sku": "WAIT-BOOK", "quantity": 2, "unit_price": 0}, {"line_no": 1, "quantity": 2}]}');
SELECT * FROM pg_temp.lines WHERE order_id = 5211;
SELECT * FROM available_to_promise('WAIT-SET', until => '2026-12-31');
-- no day at all
SELECT put_sku('{"code": "WAIT-BOOK", "available_from": "someday"}'); \echo :LAST_ERROR_SQLSTATE
UPDATE skus SET available_from = 'infinity' WHERE code = 'WAIT-BOOK';
SELECT * FROM available_to_promise('WAIT-BOOK');
SELECT pg_temp.place('[{"sku": "WAIT-BOOK", "quantity": 1}]') AS some_day;
SELECT expected_on FROM order_lines WHERE order_id = 5212;
UPDATE skus SET available_from = NULL WHERE code = 'WAIT-BOOK';
SELECT receive_stock('WAIT-BOOK', 'wait-a', 5);
SELECT order_id, line, sku, quantity, allocated, backordered FROM pg_temp.lines WHERE order_id > 5207;
SELECT * FROM check_invariants();
ROLLBACK;
