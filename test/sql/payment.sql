-- payments: promised, taken, given up, given back
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
BEGIN;

-- an order of 29.90 EUR that waits for its money
INSERT INTO channels (code, name, currency) VALUES ('payment-test', 'Web', 'EUR');
INSERT INTO skus (code, name) VALUES ('PAYMENT-TEE', 'T-shirt');
CREATE FUNCTION pg_temp.make_order(order_id bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO oms.orders (order_id, channel_id, reference, currency, lines_total, shipping_price, shipping_tax, discount, total)
    SELECT $1, channel_id, $1::text, 'EUR', '25 EUR', '4.90 EUR', '0 EUR', '0 EUR', '29.90 EUR'
    FROM oms.channels WHERE code = 'payment-test';
    INSERT INTO oms.order_lines (order_id, line_no, sku_id, quantity, unit_price, discount, tax, total)
    SELECT $1, 1, sku_id, 2, 12.50, '0 EUR', '0 EUR', '25 EUR' FROM oms.skus WHERE code = 'PAYMENT-TEE';
$$;
CREATE VIEW pg_temp.sums AS
    SELECT order_id, payment_no AS no, status, amount, authorized, captured, refunded FROM oms.payments ORDER BY 1, 2;
CREATE VIEW pg_temp.entries AS
    SELECT order_id, payment_no AS no, entry_no AS entry, kind, amount, refund_no AS refund FROM oms.payment_entries ORDER BY 1, 2, 3;
CREATE VIEW pg_temp.log AS
    SELECT order_id, sequence, type, subject_no AS no, data FROM oms.events ORDER BY 1, 2;

/*
 * An order is confirmed when its payments cover it
 */
SELECT pg_temp.make_order(9001);
SELECT add_payment(9001, '{"method": "voucher", "amount": "9.90", "status": "captured"}');
SELECT status FROM orders WHERE order_id = 9001;
SELECT add_payment(9001, '{"method": "card", "provider": "psp", "reference": "pi_1", "amount": 20, "metadata": {"brand": "visa"}}');
SELECT status FROM orders WHERE order_id = 9001;
SELECT authorize(9001, 2);
SELECT status FROM orders WHERE order_id = 9001;
SELECT method, provider, reference, metadata FROM payments WHERE order_id = 9001 AND payment_no = 2;

/*
 * Captures, in parts and all that is left
 */
SELECT capture(9001, 2, '5 EUR');
SELECT capture(9001, 2, '5.00 EUR');
SELECT capture(9001, 2);
SELECT * FROM pg_temp.sums;

-- refunds take from the payments by number
SELECT refund(9001, '12 EUR', 'one shirt had a hole', 'refund-1');
SELECT * FROM pg_temp.sums;
SELECT refund(9001, '1 EUR', NULL);
SELECT refund(9001, '16.90 EUR', 'all of it');
SELECT * FROM pg_temp.sums;
SELECT refund_no, amount, reason, reference FROM refunds WHERE order_id = 9001 ORDER BY 1;
SELECT * FROM pg_temp.entries;
SELECT sequence, type, no, data FROM pg_temp.log;

/*
 * The same reference gives the same answer
 */
SELECT pg_temp.make_order(9002);
SELECT add_payment(9002, '{"method": "card", "amount": "30"}', 'p-1');
SELECT add_payment(9002, '{"method": "card", "amount": "30"}', 'p-1');
SELECT add_payment(9002, '{"method": "card", "amount": "31"}', 'p-1'); \echo :LAST_ERROR_SQLSTATE
SELECT authorize(9002, 1, '29.90 EUR', 'a-1'), authorize(9002, 1, '29.90 EUR', 'a-1');
SELECT capture(9002, 1, '10 EUR', 'c-1'), capture(9002, 1, '10 EUR', 'c-1');
SELECT capture(9002, 1, '11 EUR', 'c-1'); \echo :LAST_ERROR_SQLSTATE
SELECT refund(9002, '10 EUR', 'late', 'r-1'), refund(9002, '10 EUR', 'late', 'r-1');
SELECT * FROM pg_temp.sums WHERE order_id = 9002;
SELECT * FROM pg_temp.entries WHERE order_id = 9002;

/*
 * What is refused, with nothing written
 */
SELECT pg_temp.make_order(9003);
SELECT add_payment(9003, '{"method": "card", "amount": "20", "status": "authorized"}');
SELECT capture(9003, 1, '20.01 EUR'); \echo :LAST_ERROR_SQLSTATE
SELECT capture(9003, 1, '5 USD'); \echo :LAST_ERROR_SQLSTATE
SELECT capture(9003, 1, '0 EUR'); \echo :LAST_ERROR_SQLSTATE
SELECT capture(9003, 1, '-5 EUR'); \echo :LAST_ERROR_SQLSTATE
SELECT capture(9003, 2); \echo :LAST_ERROR_SQLSTATE
SELECT capture(9999, 1); \echo :LAST_ERROR_SQLSTATE
SELECT capture(NULL, 1); \echo :LAST_ERROR_SQLSTATE
SELECT capture(9003, NULL); \echo :LAST_ERROR_SQLSTATE
SELECT authorize(9003, 1); \echo :LAST_ERROR_SQLSTATE
SELECT refund(9003, '1 EUR', 'nothing was captured'); \echo :LAST_ERROR_SQLSTATE
SELECT refund(9003, '1 USD', NULL); \echo :LAST_ERROR_SQLSTATE
SELECT refund(9003, '-1 EUR', NULL); \echo :LAST_ERROR_SQLSTATE
SELECT refund(9003, NULL, NULL); \echo :LAST_ERROR_SQLSTATE
SELECT refund(9999, '1 EUR', NULL); \echo :LAST_ERROR_SQLSTATE
SELECT add_payment(9999, '{"method": "card", "amount": 1}'); \echo :LAST_ERROR_SQLSTATE
SELECT add_payment(9003, NULL); \echo :LAST_ERROR_SQLSTATE
SELECT add_payment(9003, '{}'); \echo :LAST_ERROR_SQLSTATE
SELECT add_payment(9003, '[1]'); \echo :LAST_ERROR_SQLSTATE
SELECT add_payment(9003, '{"method": "", "amount": "-1", "status": "refunded", "colour": "red"}'); \echo :LAST_ERROR_SQLSTATE
SELECT add_payment(9003, '{"method": "card", "amount": "1.005"}'); \echo :LAST_ERROR_SQLSTATE
SELECT add_payment(9003, '{"method": "card", "amount": "NaN"}'); \echo :LAST_ERROR_SQLSTATE
SELECT add_payment(9003, '{"method": "card", "amount": 1e300}'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.sums WHERE order_id = 9003;
SELECT * FROM pg_temp.entries WHERE order_id = 9003;
SELECT sequence, type, no, data FROM pg_temp.log WHERE order_id = 9003;

-- what was given up is over
SELECT void(9003, 1);
SELECT void(9003, 1); \echo :LAST_ERROR_SQLSTATE
SELECT capture(9003, 1); \echo :LAST_ERROR_SQLSTATE
SELECT add_payment(9003, '{"method": "card", "amount": "20", "status": "failed"}');
SELECT capture(9003, 2); \echo :LAST_ERROR_SQLSTATE
-- money that was taken is given back, not voided
SELECT add_payment(9003, '{"method": "cash", "amount": "20", "status": "captured"}');
SELECT void(9003, 3); \echo :LAST_ERROR_SQLSTATE
SELECT capture(9003, 3); \echo :LAST_ERROR_SQLSTATE
SELECT refund(9003, '20.01 EUR', NULL); \echo :LAST_ERROR_SQLSTATE
SELECT refund(9003, '5 EUR', NULL);
SELECT capture(9003, 3, '5 EUR'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.sums WHERE order_id = 9003;
SELECT * FROM pg_temp.entries WHERE order_id = 9003;

-- a direct sale takes less than was asked for: that much was authorized
SELECT add_payment(9003, '{"method": "cash", "amount": "20"}');
SELECT capture(9003, 4, '15 EUR');
SELECT * FROM pg_temp.sums WHERE order_id = 9003 AND no = 4;

/*
 * By hand: the sums follow from the status
 */
SELECT pg_temp.make_order(9004);
INSERT INTO payments (order_id, payment_no, method, status, amount)
VALUES (9004, 1, 'card', 'authorized', '10 EUR'), (9004, 2, 'cash', 'captured', '9.90 EUR'), (9004, 3, 'card', 'pending', '12 EUR');
UPDATE payments SET amount = '10 EUR' WHERE order_id = 9004 AND payment_no = 3;
UPDATE payments SET status = 'captured' WHERE order_id = 9004;
SELECT status FROM orders WHERE order_id = 9004;
UPDATE payments SET status = 'refunded', status_reason = 'shop closed' WHERE order_id = 9004 AND payment_no = 1;
SELECT * FROM pg_temp.sums WHERE order_id = 9004;
SELECT * FROM pg_temp.entries WHERE order_id = 9004;
SELECT refund_no, amount, reason FROM refunds WHERE order_id = 9004 ORDER BY 1;
SELECT sequence, type, no, data FROM pg_temp.log WHERE order_id = 9004;

-- what doesn't say how much, and sums themselves, are refused
INSERT INTO payments (order_id, payment_no, method, status, amount) VALUES (9004, 4, 'card', 'authorized', '10 EUR');
UPDATE payments SET status = 'partially_captured' WHERE order_id = 9004 AND payment_no = 4; \echo :LAST_ERROR_SQLSTATE
UPDATE payments SET status = 'partially_refunded' WHERE order_id = 9004 AND payment_no = 2; \echo :LAST_ERROR_SQLSTATE
UPDATE payments SET captured = '1 EUR' WHERE order_id = 9004 AND payment_no = 4; \echo :LAST_ERROR_SQLSTATE
UPDATE payments SET authorized = '1 EUR' WHERE order_id = 9004 AND payment_no = 4; \echo :LAST_ERROR_SQLSTATE
UPDATE payments SET refunded = '1 EUR' WHERE order_id = 9004 AND payment_no = 2; \echo :LAST_ERROR_SQLSTATE
UPDATE payments SET amount = '11 EUR' WHERE order_id = 9004 AND payment_no = 4; \echo :LAST_ERROR_SQLSTATE
UPDATE payments SET payment_no = 40 WHERE order_id = 9004 AND payment_no = 4; \echo :LAST_ERROR_SQLSTATE
UPDATE payments SET status = 'pending' WHERE order_id = 9004 AND payment_no = 4; \echo :LAST_ERROR_SQLSTATE
INSERT INTO payments (order_id, payment_no, method, status, amount, authorized, captured, refunded)
VALUES (9004, 5, 'card', 'authorized', '10 EUR', '10 EUR', '5 EUR', '0 EUR'); \echo :LAST_ERROR_SQLSTATE
-- so is another provider than the one that has granted it, or taken the money, but not of what failed
UPDATE payments SET provider = 'psp' WHERE order_id = 9004 AND payment_no = 4; \echo :LAST_ERROR_SQLSTATE
UPDATE payments SET provider = 'psp' WHERE order_id = 9004 AND payment_no = 2; \echo :LAST_ERROR_SQLSTATE
UPDATE payments SET provider = provider WHERE order_id = 9004;
UPDATE payments SET provider = 'psp' WHERE order_id = 9003 AND payment_no = 2;
INSERT INTO payments (order_id, payment_no, method, status, amount) VALUES (9004, 5, 'card', 'authorized', '10 USD'); \echo :LAST_ERROR_SQLSTATE
INSERT INTO payments (order_id, payment_no, method, status) VALUES (9004, 5, 'card', 'authorized'); \echo :LAST_ERROR_SQLSTATE
INSERT INTO payments (order_id, payment_no, method, status, amount) VALUES (9004, 5, 'card', 'refunded', '10 EUR'); \echo :LAST_ERROR_SQLSTATE
INSERT INTO payment_entries (order_id, payment_no, entry_no, kind, amount) VALUES (9004, 4, 9, 'capture', '1 EUR'); \echo :LAST_ERROR_SQLSTATE
DELETE FROM payment_entries; \echo :LAST_ERROR_SQLSTATE
UPDATE refunds SET amount = '1 EUR'; \echo :LAST_ERROR_SQLSTATE
-- what is not money is free
UPDATE payments SET metadata = '{"note": "by phone"}', reference = 'pi_2' WHERE order_id = 9004 AND payment_no = 4;
UPDATE payments SET status = 'expired' WHERE order_id = 9004 AND payment_no = 4;
SELECT * FROM pg_temp.sums WHERE order_id = 9004 AND no = 4;
SELECT * FROM pg_temp.entries WHERE order_id = 9004 AND no = 4;

/*
 * A cancelled order voids what was promised, and money that comes late can be
 * told, to be refunded
 */
SELECT pg_temp.make_order(9005);
SELECT add_payment(9005, '{"method": "card", "amount": "29.90", "status": "authorized"}');
SELECT add_payment(9005, '{"method": "card", "amount": "1"}');
UPDATE orders SET status = 'cancelled' WHERE order_id = 9005;
SELECT * FROM pg_temp.sums WHERE order_id = 9005;
SELECT * FROM pg_temp.entries WHERE order_id = 9005;
SELECT add_payment(9005, '{"method": "card", "amount": "1", "status": "authorized"}'); \echo :LAST_ERROR_SQLSTATE
SELECT add_payment(9005, '{"method": "transfer", "amount": "29.90", "status": "captured"}');
SELECT refund(9005, '29.90 EUR', 'came after the cancellation');
SELECT * FROM pg_temp.sums WHERE order_id = 9005;

/*
 * A currency without decimals
 */
INSERT INTO orders (order_id, channel_id, reference, currency, lines_total, shipping_price, shipping_tax, discount, total)
SELECT 9006, channel_id, '9006', 'JPY', '500 JPY', '0 JPY', '0 JPY', '0 JPY', '500 JPY' FROM channels WHERE code = 'payment-test';
INSERT INTO order_lines (order_id, line_no, sku_id, quantity, unit_price, discount, tax, total)
SELECT 9006, 1, sku_id, 1, 500, '0 JPY', '0 JPY', '500 JPY' FROM skus WHERE code = 'PAYMENT-TEE';
SELECT add_payment(9006, '{"method": "card", "amount": "500.5"}'); \echo :LAST_ERROR_SQLSTATE
SELECT add_payment(9006, '{"method": "card", "amount": 500, "status": "captured"}');
SELECT refund(9006, '1 JPY', 'rounding');
SELECT * FROM pg_temp.sums WHERE order_id = 9006;

/*
 * A channel that captures when goods leave: each parcel its share of goods
 * and discount, the first the shipping, all of them together the total
 */
ALTER SEQUENCE orders_order_id_seq RESTART 9007;
SELECT put_channel('{"code": "payment-ship", "name": "Web", "currency": "EUR", "capture": "on_ship"}');
INSERT INTO locations (code, name, priority, pickup) VALUES ('PAYMENT-1', 'One', 1, true), ('PAYMENT-2', 'Two', 2, false), ('PAYMENT-3', 'Three', 3, false);
SELECT receive_stock('PAYMENT-TEE', 'PAYMENT-' || n, 1) FROM generate_series(1, 3) AS n;
SELECT place_order('{"channel": "payment-ship", "reference": "S-1", "ship_to": {"country": "PT", "lat": 38.7, "lon": -9.1},
    "lines": [{"sku": "PAYMENT-TEE", "quantity": 3, "unit_price": "10", "tax": "0"}], "shipping": {"price": "4.90", "tax": "0"},
    "discounts": [{"code": "TEN", "amount": "10.00"}],
    "payments": [{"method": "voucher", "amount": "12", "status": "authorized"}, {"method": "card", "amount": "12.90", "status": "authorized"}]}');
SELECT pack(9007, 1), pack(9007, 2), pack(9007, 3);
SELECT ship(9007, 1);
SELECT * FROM pg_temp.sums WHERE order_id = 9007;
SELECT ship(9007, 2);
SELECT * FROM pg_temp.sums WHERE order_id = 9007;
UPDATE fulfillments SET status = 'shipped' WHERE order_id = 9007 AND fulfillment_no = 3;
SELECT * FROM pg_temp.sums WHERE order_id = 9007;
SELECT type, no, data FROM pg_temp.log WHERE order_id = 9007 AND sequence > 10;
-- what is not authorized is not captured, and goods that were fetched count as shipped
SELECT receive_stock('PAYMENT-TEE', 'PAYMENT-1', 1);
SELECT place_order('{"channel": "payment-ship", "reference": "S-2", "fulfillment": {"pickup_location": "PAYMENT-1"},
    "lines": [{"sku": "PAYMENT-TEE", "quantity": 1, "unit_price": "10", "tax": "0"}], "shipping": {"price": "0", "tax": "0"},
    "payments": [{"method": "card", "amount": "6", "status": "authorized"}, {"method": "cash", "amount": "6"}]}');
SELECT release(9008, 1), pack(9008, 1), mark_ready_for_pickup(9008, 1), mark_picked_up(9008, 1);
SELECT * FROM pg_temp.sums WHERE order_id = 9008;
SELECT capture(9008, 2, '4 EUR');
SELECT * FROM check_invariants();
ROLLBACK;
