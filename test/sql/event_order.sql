-- events of orders, their lines and holds, as a consumer reads them; in a
-- database of its own, as what is read must have been committed
SET client_min_messages = warning;
CREATE DATABASE regress_event_order;
\c regress_event_order
SET client_min_messages = warning;
CREATE EXTENSION oms CASCADE;
SELECT oms.install() = oms.version() AS installed;
SET search_path = oms, public;
SET oms.now = '2026-11-02 10:00:00+00';
\set ECHO none
\i test/event/reader.sql
\set ECHO all
SELECT put_channel('{"code": "web", "currency": "EUR"}'),
       put_location('{"code": "porto", "country": "PT", "lat": 41.15, "lon": -8.61}'),
       put_location('{"code": "lisbon", "country": "PT", "lat": 38.72, "lon": -9.14}'),
       put_sku('{"code": "TEE", "price": "12.50 EUR"}'), put_sku('{"code": "MUG", "price": "8 EUR"}'),
       put_sku('{"code": "CARD", "stocked": false, "price": "30 EUR"}'),
       receive_stock('TEE', 'porto', 5), receive_stock('MUG', 'lisbon', 5);
CREATE FUNCTION place(lines jsonb, payments jsonb DEFAULT '[]') RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', 'web', 'reference', 'E-' || (SELECT count(*) + 1 FROM oms.orders), 'lines', lines, 'payments', payments,
        'ship_to', '{"country": "PT", "lat": 41.2, "lon": -8.6}'::jsonb, 'shipping', '{"price": 0, "tax": 0}'::jsonb))
$$;

-- reference data and stock are no facts of an order
CALL read_on();
SELECT * FROM news();

-- an undisturbed life: two parcels, one after the other
SELECT place('[{"sku": "TEE", "quantity": 1}, {"sku": "MUG", "quantity": 1}]',
             '[{"method": "card", "amount": "20.50", "status": "captured"}]');
CALL read_on();
SELECT * FROM news();
SELECT pack(1, 1);
CALL read_on();
SELECT * FROM news();
SELECT ship(1, 1), pack(1, 2), ship(1, 2), mark_delivered(1, 1), mark_delivered(1, 2);
CALL read_on();
SELECT * FROM news();
SET oms.now = '2026-12-02 10:00:00+00';
SELECT run_job('issue_invoices') ->> 'rows' AS invoices, run_job('complete_orders') ->> 'rows' AS completed;
CALL read_on();
SELECT * FROM news();

-- it waits for its payment, is held twice, changed, held anew as its payment does not cover it, and goes on
SELECT place('[{"sku": "TEE", "quantity": 1}]');
SELECT hold_order(2, 'fraud', 'Two cards, three names'), hold_order(2, 'call');
SELECT add_payment(2, '{"method": "card", "amount": "12.50", "status": "authorized"}');
SELECT release_hold(2, 'fraud'), release_hold(2, 'call');
CALL read_on();
SELECT * FROM news();
SELECT edit_order(2, '{"lines": [{"line_no": 1, "quantity": 3}]}');
CALL read_on();
SELECT * FROM news();
-- units of a line are cancelled, and the payment covers the rest
SELECT cancel_order(2, 'one will do', '[{"line_no": 1, "quantity": 2}]');
CALL read_on();
SELECT * FROM news();
-- who picks it rejects it, and another location gets it
SELECT start_picking(2, 1), receive_stock('TEE', 'lisbon', 1);
SELECT reject(2, 1, 'damaged on the shelf');
CALL read_on();
SELECT * FROM news();
SELECT cancel_order(2, 'changed her mind');
CALL read_on();
SELECT * FROM news();

-- placed and cancelled in one transaction, beside one that is undone; without a reason
BEGIN;
SELECT place('[{"sku": "TEE", "quantity": 1}]') AS o \gset
SAVEPOINT undone;
SELECT hold_order(:o, 'undone') AS undone;
ROLLBACK TO undone;
SELECT cancel_order(:o, NULL) AS cancelled;
COMMIT;
BEGIN;
SELECT place('[{"sku": "TEE", "quantity": 1}]') IS NULL AS undone;
ROLLBACK;
CALL read_on();
SELECT * FROM news();

-- a gift card that was sold, and by hand a hold and its end
SELECT place('[{"sku": "CARD", "quantity": 1}]') AS o \gset
SELECT issue_gift_card(jsonb_build_object('code', '7777-1234', 'amount', '30 EUR', 'order_id', :o, 'line_no', 1));
INSERT INTO order_holds (order_id, hold_no, kind) VALUES (:o, 1, 'hand');
UPDATE order_holds SET released_at = now() WHERE order_id = :o;
UPDATE orders SET status = 'cancelled', status_reason = 'by hand' WHERE order_id = :o;
CALL read_on();
SELECT * FROM news();

-- a draft, by hand
INSERT INTO orders (channel_id, reference, status, currency, lines_total, shipping_price, shipping_tax, discount, total)
SELECT channel_id, 'draft', 'draft', 'EUR', '0 EUR', '0 EUR', '0 EUR', '0 EUR', '0 EUR' FROM channels;
UPDATE orders SET status = 'placed' WHERE reference = 'draft';
CALL read_on();
SELECT * FROM news();

-- what is corrected by hand, but not of a draft; a line that comes with its order is no correction
SELECT place('[{"sku": "MUG", "quantity": 2}]') AS o \gset
CALL read_on();
UPDATE orders SET ship_to = ship_to || '{"region": "13"}', status_reason = NULL, deliver_by = '2026-12-24' WHERE order_id = :o;
BEGIN;
UPDATE order_lines SET unit_price = 7, total = '14 EUR' WHERE order_id = :o;
UPDATE orders SET lines_total = '14 EUR', total = '14 EUR' WHERE order_id = :o;
COMMIT;
UPDATE orders SET metadata = '{}', ship_to = ship_to WHERE order_id = :o;
UPDATE order_lines SET metadata = '{}' WHERE order_id = :o;
BEGIN;
INSERT INTO order_lines (order_id, line_no, sku_id, quantity, unit_price, discount, tax, total)
SELECT :o, 2, sku_id, '1', 0, '0 EUR', '0 EUR', '0 EUR' FROM skus WHERE code = 'CARD';
COMMIT;
DELETE FROM order_lines WHERE order_id = :o AND line_no = 2;
CALL read_on();
SELECT * FROM news();
INSERT INTO orders (channel_id, reference, status, currency, lines_total, shipping_price, shipping_tax, discount, total)
SELECT channel_id, 'draft 2', 'draft', 'EUR', '0 EUR', '0 EUR', '0 EUR', '0 EUR', '0 EUR' FROM channels;
UPDATE orders SET customer_id = NULL, deliver_by = '2026-12-24' WHERE reference = 'draft 2';
CALL read_on();
SELECT * FROM news();

-- an address that is not on the map
SELECT place_order('{"channel": "web", "reference": "E-9", "lines": [{"sku": "TEE", "quantity": 1}], "ship_to": {"country": "PT", "postcode": "0000"}}') AS o \gset
CALL read_on();
SELECT * FROM news();

-- all that is listed has occurred, with the keys that are listed
SELECT * FROM disagreements('order', 'line', 'hold');
SELECT * FROM check_invariants();
\c postgres
DROP DATABASE regress_event_order;
