-- return: requested, approved, received, inspected, completed
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
\pset null (null)
BEGIN;

-- two places and orders that are numbered from 8001
INSERT INTO channels (code, name, currency) VALUES ('rma-web', 'Web', 'EUR');
INSERT INTO locations (code, name, country, city, point, takes_returns, active)
VALUES ('rma-porto', 'Porto', 'PT', 'Porto', oms_internal.make_point(41.15, -8.61), true, true),
       ('rma-near', 'Takes none', 'PT', NULL, oms_internal.make_point(41.16, -8.62), false, true),
       ('rma-lisbon', 'Lisbon', 'PT', NULL, oms_internal.make_point(38.72, -9.14), true, true),
       ('rma-closed', 'Closed', 'PT', NULL, oms_internal.make_point(41.16, -8.62), true, false);
INSERT INTO skus (code, name, weight_g, decimals)
VALUES ('RMA-TEE', 'T-shirt', 150, 0), ('RMA-TEA', 'Tea by the kilogram', 1010, 3),
       ('RMA-CAP', 'Cap', NULL, 0), ('RMA-SET', 'Two T-shirts and a cap', 400, 0);
INSERT INTO skus (code, name, stocked) VALUES ('RMA-FILE', 'A download', false);
INSERT INTO kit_components
SELECT k.sku_id, c.sku_id, v.quantity
FROM (VALUES ('RMA-TEE', 2), ('RMA-CAP', 1)) AS v(component, quantity), skus AS k, skus AS c
WHERE k.code = 'RMA-SET' AND c.code = v.component;
SELECT receive_stock('RMA-TEE', 'rma-porto', 20), receive_stock('RMA-CAP', 'rma-porto', 10), receive_stock('RMA-TEA', 'rma-porto', 9.5);
ALTER SEQUENCE orders_order_id_seq RESTART 8001;

CREATE FUNCTION pg_temp.place(lines jsonb, extra jsonb DEFAULT '{}') RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    id bigint := oms.place_order(jsonb_build_object(
        'channel', 'rma-web', 'reference', 'rma-' || (SELECT count(*) FROM oms.orders),
        'customer', '{"email": "ana@example.com"}'::jsonb,
        'ship_to', '{"name": "Ana", "country": "PT", "lat": 41.16, "lon": -8.62}'::jsonb,
        'lines', lines, 'shipping', '{"price": "4.90", "tax": "0"}'::jsonb) || extra);
BEGIN
    IF NOT extra ? 'payments' THEN
        PERFORM oms.add_payment(id, jsonb_build_object('method', 'card', 'status', 'captured', 'amount', total::numeric))
        FROM oms.orders WHERE order_id = id AND sign(total) > 0;
    END IF;
    PERFORM oms.pack(id, fulfillment_no), oms.ship(id, fulfillment_no), oms.mark_delivered(id, fulfillment_no)
    FROM oms.fulfillments WHERE order_id = id;
    RETURN id;
END
$$;
CREATE VIEW pg_temp.lines AS
    SELECT order_id, return_no AS no, r.status, line_no AS line, requested, approved, received, inspected, accepted, l.returned
    FROM oms.returns AS r JOIN oms.return_lines USING (order_id, return_no) JOIN oms.order_lines AS l USING (order_id, line_no)
    WHERE order_id BETWEEN 8001 AND 8099 ORDER BY 1, 2, 4;
CREATE VIEW pg_temp.money AS
    SELECT order_id, invoice_no AS no, reason, goods, shipping, discount, tax, fee, total FROM oms.invoices
    WHERE kind = 'credit_note' AND order_id BETWEEN 8001 AND 8099 ORDER BY 1, 2;
CREATE VIEW pg_temp.stock AS
    SELECT s.code AS sku, l.code AS location, on_hand, reserved, disposition, u.quantity AS kept
    FROM oms.stock_levels FULL JOIN oms.unsellable_stock AS u USING (sku_id, location_id)
         JOIN oms.skus AS s USING (sku_id) JOIN oms.locations AS l USING (location_id)
    WHERE s.code LIKE 'RMA-%' ORDER BY s.code COLLATE "C", l.code COLLATE "C", disposition;

/*
 * The undisturbed way: three T-shirts, two sets, of which some come back
 */
SELECT pg_temp.place('[{"sku": "RMA-TEE", "quantity": 3, "unit_price": "12.50", "tax": "8.62", "discount": "1.00"},
    {"sku": "RMA-SET", "quantity": 2, "unit_price": "30.00", "tax": "0"}]', '{"discounts": [{"code": "X", "amount": "10.00"}]}');
TABLE pg_temp.stock;
SELECT request_return(8001, '[{"line_no": 1, "quantity": 2}, {"line_no": 2, "quantity": 1, "reason": "broken"}]', 'too small', 'req-1');
SELECT request_return(8001, '[{"line_no": 1, "quantity": 2}, {"line_no": 2, "quantity": 1, "reason": "broken"}]', 'too small', 'req-1');
SELECT request_return(8001, '[{"line_no": 1, "quantity": 1}]', 'too small', 'req-1');
SELECT approve_return(8001, 1, 'req-1'), approve_return(8001, 1, 'req-1');
SELECT return_instructions(8001, 1);
SELECT return_instructions(8001, 2), track_return(8001, 2);
SELECT record_return_label(8001, 1, '{"carrier": "ctt", "number": "R-1", "url": "https://l.example/1"}');
SELECT mark_return_in_transit(8001, 1, '{"service": "green"}');
SELECT carrier, tracking_number, service, label ->> 'url' AS url FROM returns WHERE order_id = 8001;
SELECT receive_return(8001, 1, 'rma-lisbon', '[{"line_no": 1, "quantity": 1}]');
SELECT receive_return(8001, 1, 'rma-porto', reference => 'rec-1'), receive_return(8001, 1, 'rma-porto', reference => 'rec-1');
TABLE pg_temp.lines;
TABLE pg_temp.stock;

-- the first receipt is inspected first; the kit comes back as what has left for it
SELECT inspect_return(8001, 1, '[{"line_no": 1, "quantity": 1, "grade": "A", "disposition": "restock"}]');
SELECT inspect_return(8001, 1, '[{"line_no": 1, "quantity": 1, "grade": "B", "disposition": "refurbish"},
    {"line_no": 2, "quantity": 1, "grade": "C", "disposition": "quarantine"}]');
TABLE pg_temp.stock;
SELECT kind, quantity, reason, order_id FROM stock_movements WHERE kind = 'return' AND order_id = 8001;
SELECT complete_return(8001, 1, 'done'), complete_return(8001, 1, 'done');
TABLE pg_temp.money;
SELECT line_no, quantity, goods, discount, tax FROM invoice_lines WHERE order_id = 8001 ORDER BY line_no;
SELECT amount, reason FROM refunds WHERE order_id = 8001;
SELECT type, data FROM events WHERE order_id = 8001 AND (type LIKE 'return.%' OR type LIKE 'refund.%') ORDER BY sequence;
SELECT track_return(8001, 1) #- '{history}';
SELECT jsonb_path_query_array(track_return(8001, 1), '$.history[*].type');
SELECT jsonb_pretty(get_order(8001) -> 'returns');

/*
 * The rest of it: two more returns give back all to the cent, shipping aside
 */
SELECT receive_unannounced_return(8001, 'rma-porto', '[{"line_no": 1, "quantity": 1}]');
SELECT inspect_return(8001, 2, '[{"line_no": 1, "quantity": 1, "disposition": "scrap"}]'), complete_return(8001, 2);
SELECT receive_unannounced_return(8001, 'rma-porto', '[{"line_no": 2, "quantity": 1}]', 'un-1');
SELECT receive_unannounced_return(8001, 'rma-porto', '[{"line_no": 2, "quantity": 1}]', 'un-1');
SELECT inspect_return(8001, 3, '[{"line_no": 2, "quantity": 1, "disposition": "restock"}]'), complete_return(8001, 3);
TABLE pg_temp.lines;
TABLE pg_temp.money;
SELECT total - shipping_price AS goods, (SELECT sum(total) FROM invoices WHERE order_id = 8001) AS credited,
       (SELECT sum(amount) FROM refunds WHERE order_id = 8001) AS refunded
FROM orders WHERE order_id = 8001;
TABLE pg_temp.stock;

/*
 * What is refused at a request, all at once
 */
SELECT pg_temp.place('[{"sku": "RMA-TEE", "quantity": 2, "unit_price": "10", "tax": "0"}, {"sku": "RMA-TEA", "quantity": 1.25, "unit_price": "20", "tax": "0"},
    {"sku": "RMA-FILE", "quantity": 1, "unit_price": "5", "tax": "0"}]');
SELECT request_return(NULL, '[]', 'x');
SELECT request_return(8002, '[{"line_no": 1, "quantity": 1}]', NULL);
SELECT request_return(8002, '[{"line_no": 1, "quantity": 1}]', ' ');
SELECT request_return(8002, '[]', 'x');
SELECT request_return(8002, '[{"line_no": 1, "quantity": 0, "why": "x"}]', 'x');
SELECT request_return(8999, '[{"line_no": 1, "quantity": 1}]', 'x');
SELECT request_return(8002, '[{"line_no": 1, "quantity": 0.5}, {"line_no": 4, "quantity": 1}, {"line_no": 2, "quantity": 0.0001}, {"line_no": 1, "quantity": 1}]', 'x');
SELECT request_return(8002, '[{"line_no": 1, "quantity": 3}, {"line_no": 2, "quantity": 1.251}]', 'x');
\echo :LAST_ERROR_SQLSTATE
SELECT request_return(8002, '[{"line_no": 1, "quantity": 2}, {"line_no": 2, "quantity": 1}]', 'x');
SELECT request_return(8002, '[{"line_no": 1, "quantity": 1}, {"line_no": 2, "quantity": 0.5}]', 'x');
-- an order of which nothing has come
SELECT place_order('{"channel": "rma-web", "reference": "rma-open", "ship_to": {"country": "PT", "lat": 41.16, "lon": -8.62},
    "lines": [{"sku": "RMA-TEE", "quantity": 1, "unit_price": "10", "tax": "0"}], "shipping": {"price": "0", "tax": "0"}}') AS id \gset
SELECT request_return(:id, '[{"line_no": 1, "quantity": 1}]', 'x');

/*
 * Steps that are not there
 */
SELECT receive_return(8002, 1, 'rma-porto');
\echo :LAST_ERROR_SQLSTATE
SELECT inspect_return(8002, 1, '[{"line_no": 1, "quantity": 1, "disposition": "restock"}]');
SELECT complete_return(8002, 1);
SELECT approve_return(8002, 9);
SELECT approve_return(8999, 1);
SELECT reject_return(8002, 1, '');
SELECT set_return_location(8002, 1, 'rma-none');
SELECT set_return_location(8002, 1, 'rma-closed');
SELECT set_return_location(8002, 1, 'rma-lisbon');
SELECT record_return_label(8002, 1, '{"code": 1}');
SELECT reject_return(8002, 1, 'worn');
SELECT status, status_reason, data FROM returns JOIN events USING (order_id) WHERE order_id = 8002 AND return_no = 1 AND type = 'return.rejected';
SELECT cancel_return(8002, 1);
SELECT set_return_location(8002, 1, 'rma-porto');
SELECT record_return_label(8002, 1, '{}');
-- what was rejected or cancelled may be asked for again
SELECT request_return(8002, '[{"line_no": 1, "quantity": 2}]', 'x'), cancel_return(8002, 2, 'kept');
SELECT request_return(8002, '[{"line_no": 1, "quantity": 2}, {"line_no": 3, "quantity": 1}]', 'x'), approve_return(8002, 3);
SELECT mark_return_in_transit(8002, 3, '{"who": 1}');
SELECT mark_return_in_transit(8002, 3), cancel_return(8002, 3);
SELECT mark_return_in_transit(8002, 3);

/*
 * Receiving: more than was asked, but no more than was delivered; anywhere that is open
 */
SELECT receive_return(8002, 3, 'rma-closed');
\echo :LAST_ERROR_SQLSTATE
SELECT receive_return(8002, 3, 'rma-none');
SELECT receive_return(8002, 3, 'rma-near', '[{"line_no": 1, "quantity": 3}, {"line_no": 2, "quantity": 2}]');
\echo :LAST_ERROR_SQLSTATE
SELECT receive_return(8002, 3, 'rma-near', '[{"line_no": 5, "quantity": 3}]');
SELECT receive_return(8002, 3, 'rma-near', '[{"line_no": 1, "quantity": 1}, {"line_no": 2, "quantity": 1.25}]');
SELECT receive_return(8002, 3, 'rma-near');
SELECT receive_return(8002, 3, 'rma-near');
SELECT receive_unannounced_return(8002, 'rma-near', '[{"line_no": 1, "quantity": 1}]');
SELECT receive_unannounced_return(8999, 'rma-near', '[{"line_no": 1, "quantity": 1}]');
SELECT receive_unannounced_return(8002, 'rma-closed', '[{"line_no": 1, "quantity": 1}]');
SELECT * FROM pg_temp.lines WHERE order_id = 8002;
SELECT receipt_no, line_no, quantity, inspected FROM return_receipts WHERE order_id = 8002 ORDER BY 1, 2;

/*
 * Inspecting
 */
SELECT inspect_return(8002, 3, '[{"line_no": 1, "quantity": 1, "disposition": "eat"}]');
SELECT inspect_return(8002, 3, '[{"line_no": 1, "quantity": 1.5, "disposition": "restock"}]');
SELECT inspect_return(8002, 3, '[{"line_no": 4, "quantity": 1, "disposition": "restock"}]');
SELECT inspect_return(8002, 3, '[{"line_no": 1, "quantity": 2, "disposition": "restock"}, {"line_no": 1, "quantity": 1, "disposition": "scrap"},
    {"line_no": 2, "quantity": 1.3, "disposition": "scrap"}]');
\echo :LAST_ERROR_SQLSTATE
SELECT inspect_return(8002, 3, '[{"line_no": 1, "quantity": 1, "disposition": "restock"}, {"line_no": 1, "quantity": 1, "disposition": "scrap", "accepted": false},
    {"line_no": 2, "quantity": 1.25, "disposition": "return_to_vendor"}, {"line_no": 3, "quantity": 1, "disposition": "restock"}]', 'insp');
SELECT inspect_return(8002, 3, '[{"line_no": 1, "quantity": 1, "disposition": "restock"}]');
SELECT complete_return(8002, 3);
SELECT * FROM pg_temp.lines WHERE order_id = 8002;
SELECT * FROM pg_temp.money WHERE order_id = 8002;
TABLE pg_temp.stock;
-- a return of which nothing is accepted gives back nothing
SELECT pg_temp.place('[{"sku": "RMA-TEE", "quantity": 1, "unit_price": "10", "tax": "0"}]') AS id \gset
SELECT receive_unannounced_return(:id, 'rma-porto', '[{"line_no": 1, "quantity": 1}]'),
       inspect_return(:id, 1, '[{"line_no": 1, "quantity": 1, "disposition": "scrap", "accepted": false}]'), complete_return(:id, 1);
SELECT status, invoice_no, refund_no FROM returns WHERE order_id = :id;
SELECT type, data FROM events WHERE order_id = :id AND type = 'return.completed';

/*
 * What waits is served by what comes back
 */
SELECT pg_temp.place('[{"sku": "RMA-CAP", "quantity": 1, "unit_price": "10", "tax": "0"}]') AS id \gset
SELECT adjust_stock('RMA-CAP', 'rma-porto', -available('RMA-CAP', 'rma-porto'), 'lost');
SELECT place_order('{"channel": "rma-web", "reference": "rma-waits", "ship_to": {"country": "PT", "lat": 41.16, "lon": -8.62},
    "lines": [{"sku": "RMA-CAP", "quantity": 1, "unit_price": "0", "tax": "0"}], "shipping": {"price": "0", "tax": "0"}, "fulfillment": {"allow_backorder": true}}') AS waits \gset
SELECT receive_unannounced_return(:id, 'rma-lisbon', '[{"line_no": 1, "quantity": 1}]'),
       inspect_return(:id, 1, '[{"line_no": 1, "quantity": 1, "disposition": "restock"}]');
SELECT allocated, backordered FROM order_lines WHERE order_id = :waits;

/*
 * What is kept is released
 */
SELECT * FROM pg_temp.stock WHERE disposition IS NOT NULL;
SELECT release_unsellable('RMA-TEE', 'rma-porto', 'sold', 1, 'restock', 'x');
SELECT release_unsellable('RMA-TEE', 'rma-porto', 'quarantine', 1, 'eaten', 'x');
SELECT release_unsellable('RMA-TEE', 'rma-porto', 'quarantine', 1, 'quarantine', 'x');
SELECT release_unsellable('RMA-TEE', 'rma-porto', 'quarantine', 0, 'restock', 'x');
SELECT release_unsellable('RMA-TEE', 'rma-porto', 'quarantine', 1, 'restock', '');
SELECT release_unsellable('RMA-SET', 'rma-porto', 'quarantine', 1, 'restock', 'x');
SELECT release_unsellable('RMA-TEE', 'rma-porto', 'quarantine', 3, 'restock', 'x');
\echo :LAST_ERROR_SQLSTATE
SELECT release_unsellable('RMA-TEE', 'rma-lisbon', 'quarantine', 1, 'scrap', 'x');
SELECT release_unsellable('RMA-TEE', 'rma-porto', 'quarantine', 1, 'restock', 'looked twice', 'rel');
SELECT release_unsellable('RMA-TEE', 'rma-porto', 'quarantine', 1, 'restock', 'looked twice', 'rel');
SELECT release_unsellable('RMA-TEE', 'rma-porto', 'quarantine', 1, 'return_to_vendor', 'a fault of the series');
SELECT release_unsellable('RMA-TEE', 'rma-porto', 'return_to_vendor', 1, 'vendor', 'sent back');
SELECT release_unsellable('RMA-CAP', 'rma-porto', 'quarantine', 1, 'scrap', 'torn');
SELECT code, disposition, quantity, became, m.reason, order_id, return_no
FROM unsellable_movements AS m JOIN skus USING (sku_id) WHERE code LIKE 'RMA-%' ORDER BY sku_id, movement_id;

/*
 * By hand
 */
SELECT pg_temp.place('[{"sku": "RMA-TEE", "quantity": 2, "unit_price": "10", "tax": "0"}]') AS id \gset
SELECT request_return(:id, '[{"line_no": 1, "quantity": 1}]', 'x');
UPDATE returns SET status = 'approved' WHERE order_id = :id;
SELECT approved FROM return_lines WHERE order_id = :id;
SELECT data ->> 'label_wanted' FROM events WHERE order_id = :id AND type = 'return.approved';
UPDATE returns SET status = 'received' WHERE order_id = :id;
\echo :LAST_ERROR_SQLSTATE
UPDATE returns SET status = 'completed' WHERE order_id = :id;
UPDATE returns SET refund_no = 1 WHERE order_id = :id;
DELETE FROM returns WHERE order_id = :id;
UPDATE return_lines SET received = 1 WHERE order_id = :id;
UPDATE unsellable_stock SET quantity = 1000;
INSERT INTO returns (order_id, return_no) VALUES (:id, 2);
UPDATE returns SET status = 'cancelled', status_reason = 'by hand' WHERE order_id = :id;
SELECT type, data FROM events WHERE order_id = :id AND type LIKE 'return.%' ORDER BY sequence OFFSET 2;

SELECT * FROM check_invariants();
ROLLBACK;
