-- orders that are cancelled: whole, by line, late, twice
SET search_path = oms, public;
SET client_min_messages = warning;
SET oms.now = '2026-11-02 10:15:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;

SELECT put_channel('{"code": "off-web", "currency": "EUR"}'), put_location('{"code": "off-a", "lat": 41, "lon": -8}'), put_location('{"code": "off-b", "lat": 42, "lon": -8}'),
       put_product('{"code": "off", "skus": [{"code": "OFF-TEE", "price": "10 EUR"}, {"code": "OFF-CAP", "price": "5 EUR"}, {"code": "OFF-TEA", "decimals": 2, "price": "30 EUR"}]}'),
       put_sku('{"code": "OFF-SET", "price": "20 EUR", "kit": [{"sku": "OFF-TEE", "quantity": 2}, {"sku": "OFF-CAP", "quantity": 1}]}');
SELECT receive_stock('OFF-TEE', 'off-a', 100), receive_stock('OFF-CAP', 'off-a', 6), receive_stock('OFF-CAP', 'off-b', 10), receive_stock('OFF-TEA', 'off-a', 5);
ALTER SEQUENCE orders_order_id_seq RESTART 5001;
CREATE FUNCTION pg_temp.place(lines jsonb, document jsonb DEFAULT '{}') RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', 'off-web', 'reference', 'off-' || (SELECT count(*) FROM oms.orders), 'ship_to', '{"country": "PT", "lat": 41, "lon": -8}'::jsonb,
        'lines', (SELECT jsonb_agg('{"tax": 0}' || l) FROM jsonb_array_elements(lines) AS l), 'shipping', '{"price": 3}'::jsonb,
        'payments', '[{"method": "card", "amount": 200, "status": "authorized"}]'::jsonb) || document)
$$;
CREATE FUNCTION pg_temp.lines(order_id bigint, OUT line integer, OUT sku text, OUT quantity quantity, OUT cancelled quantity, OUT allocated quantity,
                              OUT backordered quantity, OUT shipped quantity, OUT total amount, OUT fulfillments text) RETURNS SETOF record LANGUAGE sql AS $$
    SELECT line_no, s.code, quantity, cancelled, allocated, backordered, shipped, total,
           (SELECT string_agg(format('%s of F%s %s', x.quantity, fulfillment_no, f.status), ', ' ORDER BY fulfillment_no)
            FROM oms.fulfillment_lines AS x JOIN oms.fulfillments AS f USING (order_id, fulfillment_no) WHERE x.order_id = l.order_id AND x.line_no = l.line_no)
    FROM oms.order_lines AS l JOIN oms.skus AS s USING (sku_id) WHERE l.order_id = lines.order_id ORDER BY line_no
$$;
CREATE FUNCTION pg_temp.order(order_id bigint, OUT status order_status, OUT reason text, OUT lines amount, OUT shipping amount, OUT discount amount, OUT total amount,
                              OUT payments text) LANGUAGE sql AS $$
    SELECT status, status_reason, lines_total, shipping_price, discount, total,
           (SELECT string_agg(format('%s %s', p.status, p.authorized), ', ') FROM oms.payments AS p WHERE p.order_id = o.order_id)
    FROM oms.orders AS o WHERE o.order_id = "order".order_id
$$;
CREATE VIEW pg_temp.levels AS
    SELECT s.code AS sku, l.code AS location, on_hand, reserved
    FROM oms.stock_levels JOIN oms.skus AS s USING (sku_id) JOIN oms.locations AS l USING (location_id)
    WHERE s.code LIKE 'OFF-%' ORDER BY s.code COLLATE "C", l.code COLLATE "C";

/*
 * Whole: what it held is free, what was authorized is void, nothing is owed
 */
SELECT pg_temp.place('[{"sku": "OFF-TEE", "quantity": 3}, {"sku": "OFF-SET", "quantity": 2}]', '{"discounts": [{"amount": 7}]}') AS placed;
SELECT cancel_order(5001, 'changed their mind');
SELECT * FROM pg_temp.lines(5001);
SELECT * FROM pg_temp.order(5001);
SELECT * FROM pg_temp.levels;
SELECT sequence, type, subject_no, data FROM events WHERE order_id = 5001 AND sequence > 5 ORDER BY sequence;
-- once
SELECT cancel_order(5001, 'again'); \echo :LAST_ERROR_SQLSTATE
SELECT cancel_order(5001, 'again', '[{"line_no": 1, "quantity": 1}]'); \echo :LAST_ERROR_SQLSTATE
SELECT status_reason FROM orders WHERE order_id = 5001;

/*
 * By line: discount and tax of the line in proportion; the discount of the order stays, but never exceeds the rest
 */
SELECT pg_temp.place('[{"sku": "OFF-TEE", "quantity": 4, "discount": "1.00", "tax": "0.10"}, {"sku": "OFF-SET", "quantity": 6}, {"sku": "OFF-TEA", "quantity": "1.50"}]',
                     '{"discounts": [{"code": "SALE", "amount": "50"}]}') AS placed;
SELECT * FROM pg_temp.lines(5002);
SELECT cancel_order(5002, 'too many', '[{"line_no": 2, "quantity": 3}, {"line_no": 1, "quantity": 1}, {"line_no": 3, "quantity": 0.25}]');
SELECT * FROM pg_temp.lines(5002);
SELECT * FROM pg_temp.order(5002);
SELECT * FROM pg_temp.levels;
SELECT cancel_order(5002, 'too dear', '[{"line_no": 2, "quantity": 1}, {"line_no": 2, "quantity": 1}, {"line_no": 2, "quantity": 1}, {"line_no": 3, "quantity": 1.25}]');
SELECT * FROM pg_temp.order(5002);
SELECT cancel_order(5002, 'nothing left', '[{"line_no": 1, "quantity": 3}]');
SELECT * FROM pg_temp.order(5002);
SELECT * FROM pg_temp.levels;
SELECT sequence, type, subject_no, data FROM events WHERE order_id = 5002 AND sequence > 7 ORDER BY sequence;

/*
 * What is refused changes nothing
 */
SELECT pg_temp.place('[{"sku": "OFF-TEE", "quantity": 4}, {"sku": "OFF-CAP", "quantity": 8}]') AS placed;
SELECT cancel_order(5003, 'x', '[{"line_no": 1, "quantity": 5}]'); \echo :LAST_ERROR_SQLSTATE
SELECT cancel_order(5003, 'x', '[{"line_no": 1, "quantity": 3}, {"line_no": 1, "quantity": 2}]'); \echo :LAST_ERROR_SQLSTATE
SELECT cancel_order(5003, 'x', '[{"line_no": 1, "quantity": 0.5}, {"line_no": 9, "quantity": 1}]'); \echo :LAST_ERROR_SQLSTATE
SELECT cancel_order(5003, 'x', '[{"line_no": 1}, {"quantity": 0, "line_no": 0}, {"sku": "OFF-TEE"}, 1]'); \echo :LAST_ERROR_SQLSTATE
SELECT cancel_order(5003, 'x', '[]'); \echo :LAST_ERROR_SQLSTATE
SELECT cancel_order(5003, 'x', 'null'); \echo :LAST_ERROR_SQLSTATE
SELECT cancel_order(5003, ' '); \echo :LAST_ERROR_SQLSTATE
SELECT cancel_order(5003, repeat('x', 1001)); \echo :LAST_ERROR_SQLSTATE
SELECT cancel_order(NULL, 'x'); \echo :LAST_ERROR_SQLSTATE
SELECT cancel_order(-1, 'x'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.lines(5003);
-- the same command again is answered, not done
SELECT cancel_order(5003, 'x', '[{"line_no": 2, "quantity": 1}]', 'c1'), cancel_order(5003, 'x', '[{"line_no": 2, "quantity": 1}]', 'c1');
SELECT cancel_order(5003, 'y', '[{"line_no": 2, "quantity": 1}]', 'c1'); \echo :LAST_ERROR_SQLSTATE
SELECT line, quantity, cancelled, fulfillments FROM pg_temp.lines(5003);

/*
 * While it is worked on: what a location has started on can be cancelled whole, not in part; what has left cannot
 */
SELECT start_picking(5003, 1), cancel_order(5003, 'fewer', '[{"line_no": 2, "quantity": 1}]');
SELECT line, quantity, cancelled, allocated, fulfillments FROM pg_temp.lines(5003);
SELECT cancel_order(5003, 'fewer', '[{"line_no": 1, "quantity": 1}]'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('[{"sku": "OFF-TEE", "quantity": 4}, {"sku": "OFF-CAP", "quantity": 1}, {"sku": "OFF-CAP", "quantity": 6}]') AS placed;
SELECT line, fulfillments FROM pg_temp.lines(5004);
SELECT pack(5004, 1), cancel_order(5004, 'sorry');
SELECT line, fulfillments FROM pg_temp.lines(5004);
SELECT pack(5003, 1), ship(5003, 1);
SELECT cancel_order(5003, 'too late'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.lines(5003);
SELECT cancel_order(5003, 'too late', '[{"line_no": 1, "quantity": 1}]'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.order(5003);
-- part has left, the rest is given up: then all is shipped
SELECT pg_temp.place('[{"sku": "OFF-TEE", "quantity": 4}, {"sku": "OFF-CAP", "quantity": 6}]') AS placed;
SELECT line, fulfillments FROM pg_temp.lines(5005);
SELECT pack(5005, 1), ship(5005, 1);
SELECT cancel_order(5005, 'no more', '[{"line_no": 2, "quantity": 3}]'), cancel_order(5005, 'no more', '[{"line_no": 2, "quantity": 3}]', 'c2');
SELECT line, quantity, cancelled, allocated, shipped, fulfillments FROM pg_temp.lines(5005);
SELECT status FROM orders WHERE order_id = 5005;
SELECT * FROM pg_temp.order(5005);
SELECT mark_delivered(5005, 1);
SELECT * FROM pg_temp.levels;
SELECT * FROM check_invariants();

/*
 * Held, unpaid, waiting, captured
 */
SELECT pg_temp.place('[{"sku": "OFF-TEE", "quantity": 1}]', '{"payments": []}') AS unpaid, pg_temp.place('[{"sku": "OFF-TEE", "quantity": 1}]', '{"ship_to": null}') AS held;
SELECT pg_temp.place('[{"sku": "OFF-TEA", "quantity": 9}]', '{"fulfillment": {"allow_backorder": true}, "payments": [{"method": "card", "amount": 300, "status": "captured"}]}') AS waiting;
SELECT cancel_order(5006, NULL), cancel_order(5007, 'no address'), cancel_order(5008, 'fewer', '[{"line_no": 1, "quantity": 6}]');
SELECT * FROM pg_temp.lines(5008);
SELECT * FROM pg_temp.order(5006) UNION ALL SELECT * FROM pg_temp.order(5007) UNION ALL SELECT * FROM pg_temp.order(5008);
SELECT cancel_order(5008, 'all');
SELECT * FROM pg_temp.order(5008);
SELECT refund(5008, '300 EUR', 'cancelled'), (SELECT count(*) FROM order_holds WHERE order_id = 5007 AND released_at IS NULL) AS open_holds;
SELECT * FROM pg_temp.levels;
SELECT * FROM check_invariants();
ROLLBACK;
