-- what can be promised by which day, computed by hand beside
SET search_path = oms, public;
SET client_min_messages = warning;
SET oms.now = '2026-11-02 23:30:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
\pset null (null)
BEGIN;
SELECT put_location('{"code": "atp-a"}'), put_location('{"code": "atp-b"}'), put_location('{"code": "atp-shut"}'),
       put_channel('{"code": "atp-web", "currency": "EUR"}'), put_channel('{"code": "atp-b", "currency": "EUR", "locations": ["atp-b"]}'),
       put_supplier('{"code": "atp-mill", "currency": "EUR"}'),
       put_product('{"code": "atp", "skus": [{"code": "ATP-TEE"}, {"code": "ATP-CAP"}, {"code": "ATP-TEA", "decimals": 1}, {"code": "ATP-WORDS", "stocked": false}, {"code": "ATP-OLD", "active": false}]}'),
       put_sku('{"code": "ATP-SET", "kit": [{"sku": "ATP-TEE", "quantity": 2}, {"sku": "ATP-CAP", "quantity": 1}]}');
ALTER SEQUENCE orders_order_id_seq RESTART 4201;
CREATE FUNCTION pg_temp.buy(code text, location text, expected_on date, lines jsonb) RETURNS purchase_order_status LANGUAGE sql AS $$
    SELECT oms.put_purchase_order(jsonb_build_object('code', code, 'supplier', 'atp-mill', 'location', location, 'expected_on', expected_on, 'lines', lines)) IS NULL;
    SELECT oms.send_purchase_order(code)
$$;
CREATE FUNCTION pg_temp.place(sku text, quantity numeric, fulfillment jsonb DEFAULT '{}', channel text DEFAULT 'atp-web') RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', channel, 'reference', 'atp-' || (SELECT count(*) FROM oms.orders), 'ship_to', '{"country": "PT", "lat": 41, "lon": -8}'::jsonb,
        'lines', jsonb_build_array(jsonb_build_object('sku', sku, 'quantity', quantity, 'unit_price', 0, 'tax', 0)),
        'fulfillment', '{"allow_backorder": true}' || fulfillment))
$$;

-- nothing at all, then stock alone
SELECT * FROM available_to_promise('ATP-TEE');
SELECT promise_date('ATP-TEE', 1);
SELECT receive_stock('ATP-TEE', 'atp-a', 3), receive_stock('ATP-TEE', 'atp-b', 1), receive_stock('ATP-TEE', 'atp-shut', 9), put_location('{"code": "atp-shut", "active": false}');
SELECT * FROM available_to_promise('ATP-TEE');
SELECT promise_date('ATP-TEE', 4) AS today, promise_date('ATP-TEE', 5) AS never;

-- a draft is nothing yet; what is late, has no day or goes to a closed location counts for no day; two come on one day
SELECT pg_temp.buy('ATP-1', 'atp-a', '2026-11-10', '[{"sku": "ATP-TEE", "quantity": 5}, {"sku": "ATP-TEE", "quantity": 2, "expected_on": "2026-11-02"}, {"sku": "ATP-CAP", "quantity": 1}]'),
       pg_temp.buy('ATP-2', 'atp-b', '2026-11-10', '[{"sku": "ATP-TEE", "quantity": 10}]'),
       pg_temp.buy('ATP-3', 'atp-b', '2026-11-01', '[{"sku": "ATP-TEE", "quantity": 100}]'), pg_temp.buy('ATP-4', 'atp-b', NULL, '[{"sku": "ATP-TEE", "quantity": 100}]'),
       pg_temp.buy('ATP-5', 'atp-shut', '2026-11-10', '[{"sku": "ATP-TEE", "quantity": 100}]'),
       put_purchase_order('{"code": "ATP-6", "supplier": "atp-mill", "location": "atp-a", "expected_on": "2026-11-10", "lines": [{"sku": "ATP-TEE", "quantity": 100}]}');
SELECT ship_transfer('ATP-TEE', 'atp-a', 'atp-b', 1, '2026-11-04') IS NOT NULL AS shipped;
-- 3 + 2 today, 1 on the 4th, 15 on the 10th
SELECT * FROM available_to_promise('ATP-TEE');
SELECT * FROM available_to_promise('ATP-TEE', until => '2026-11-09');
SELECT * FROM available_to_promise('ATP-TEE', until => '2026-11-01');
-- a: 2 + 2, 5 on the 10th; b: 1, 1 on the 4th, 10 on the 10th, which is all that the channel has
SELECT * FROM available_to_promise('ATP-TEE', 'atp-a');
SELECT * FROM available_to_promise('ATP-TEE', channel => 'atp-b');
SELECT * FROM available_to_promise('ATP-TEE', 'atp-a', 'atp-b');
SELECT n, promise_date('ATP-TEE', n), promise_date('ATP-TEE', n, 'atp-a') AS a, promise_date('ATP-TEE', n, channel => 'atp-b') AS b
FROM unnest('{1,4,5,6,7,12,21,22}'::quantity[]) AS n;

-- those who wait come first: 3 of stock go, 4 wait (2 of what comes today, 1 of the 4th, 1 of the 10th)
SELECT pg_temp.place('ATP-TEE', 7) AS waits;
SELECT order_id, allocated, backordered, expected_on FROM order_lines WHERE order_id = 4201;
SELECT * FROM available_to_promise('ATP-TEE');
SELECT promise_date('ATP-TEE', 1) AS one, promise_date('ATP-TEE', 14) AS all_but, promise_date('ATP-TEE', 15) AS too_many;
-- one behind, one that goes before all, and one for whom nothing is left
SELECT pg_temp.place('ATP-TEE', 14) AS behind, pg_temp.place('ATP-TEE', 1, '{"priority": -1}') AS before, pg_temp.place('ATP-TEE', 1) AS too_late;
SELECT order_id, backordered, expected_on FROM order_lines WHERE order_id > 4201 ORDER BY order_id;
-- the same order twice: the second line waits for the first; a quote says so
SELECT jsonb_pretty(quote_order('{"channel": "atp-web", "reference": "q", "lines": [{"sku": "ATP-CAP", "quantity": 1, "unit_price": 0}, {"sku": "ATP-CAP", "quantity": 1, "unit_price": 0}],
    "fulfillment": {"allow_backorder": true}}') -> 'backordered');
-- goods come in: the queue moves, by hand computed: 4203, then 4201, and what is left of 2 + 5 to 4202
SELECT receive_purchase_order('ATP-1');
SELECT order_id, allocated, backordered, expected_on FROM order_lines WHERE order_id > 4200 ORDER BY order_id;
SELECT * FROM available_to_promise('ATP-TEE');
SELECT get_order(4202) #> '{lines,0,expected_on}' AS expected_on, get_order(4203) #> '{fulfillment,priority}' AS priority;

-- kits: 10 mugs and 2 boxes at a make 2 today; on the 5th 3 boxes come to a, on the 6th 1 to b, where no mugs are
SELECT put_product('{"code": "atp", "skus": [{"code": "ATP-MUG"}, {"code": "ATP-BOX"}]}'),
       put_sku('{"code": "ATP-PAIR", "kit": [{"sku": "ATP-MUG", "quantity": 2}, {"sku": "ATP-BOX", "quantity": 1}]}'), receive_stock('ATP-MUG', 'atp-a', 10), receive_stock('ATP-BOX', 'atp-a', 2);
SELECT pg_temp.buy('ATP-7', 'atp-a', '2026-11-05', '[{"sku": "ATP-BOX", "quantity": 3}]'), pg_temp.buy('ATP-8', 'atp-b', '2026-11-06', '[{"sku": "ATP-BOX", "quantity": 1}]');
SELECT available('ATP-PAIR');
SELECT * FROM available_to_promise('ATP-PAIR');
-- 3 kits go and wait: 2 today, 1 on the 5th; so of 10 mugs 2 wait for a box
SELECT pg_temp.place('ATP-PAIR', 3) AS kits;
SELECT allocated, backordered, expected_on FROM order_lines WHERE order_id = 4205;
SELECT * FROM available_to_promise('ATP-PAIR');
SELECT * FROM available_to_promise('ATP-MUG');
SELECT * FROM available_to_promise('ATP-BOX');
SELECT promise_date('ATP-PAIR', 1), promise_date('ATP-PAIR', 2), promise_date('ATP-PAIR', 3);

-- parts of a unit; what needs no stock; what is not sold; null
SELECT pg_temp.buy('ATP-9', 'atp-a', '2026-11-03', '[{"sku": "ATP-TEA", "quantity": 0.5}]'), receive_stock('ATP-TEA', 'atp-a', 0.3);
SELECT * FROM available_to_promise('ATP-TEA');
SELECT promise_date('ATP-TEA', 0.3) AS today, promise_date('ATP-TEA', 0.4) AS tomorrow;
SELECT * FROM available_to_promise('ATP-WORDS');
SELECT promise_date('ATP-WORDS', 1000000);
SELECT * FROM available_to_promise('ATP-OLD');
SELECT * FROM available_to_promise(NULL);
SELECT promise_date('ATP-OLD', 1), promise_date(NULL, 1), promise_date('ATP-TEE', NULL);
SELECT promise_date('ATP-TEA', 0.25); \echo :LAST_ERROR_SQLSTATE
SELECT promise_date('ATP-TEE', 0); \echo :LAST_ERROR_SQLSTATE
SELECT promise_date('ATP-NONE', 1); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM available_to_promise('ATP-NONE'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM available_to_promise('ATP-TEE', 'nowhere'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM available_to_promise('ATP-TEE', channel => 'none'); \echo :LAST_ERROR_SQLSTATE
-- infinity is no day
SELECT confirm_purchase_order('ATP-2', 'infinity');
SELECT * FROM available_to_promise('ATP-TEE');
SELECT * FROM check_invariants();
ROLLBACK;
