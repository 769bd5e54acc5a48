-- orders that are written by hand: what the tables allow, do and refuse
SET search_path = oms, public;
SET client_min_messages = warning;
SET oms.now = '2026-11-02 10:15:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
\set VERBOSITY terse
BEGIN;

SELECT put_channel('{"code": "hand-web", "currency": "EUR"}'), put_location('{"code": "hand-here", "lat": 41, "lon": -8}'),
       put_sku('{"code": "HAND-TEE", "price": "10 EUR"}'), receive_stock('HAND-TEE', 'hand-here', 100);
ALTER SEQUENCE orders_order_id_seq RESTART 6001;
CREATE FUNCTION pg_temp.place(document jsonb DEFAULT '{}') RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', 'hand-web', 'reference', 'hand-' || (SELECT count(*) FROM oms.orders), 'ship_to', '{"country": "PT", "lat": 41, "lon": -8}'::jsonb,
        'lines', '[{"sku": "HAND-TEE", "quantity": 4, "tax": 0}]'::jsonb,
        'payments', '[{"method": "card", "amount": 40, "status": "authorized"}]'::jsonb) || document)
$$;
CREATE VIEW pg_temp.log AS SELECT order_id, sequence, type, subject_no AS no, data FROM oms.events WHERE order_id > 6000 ORDER BY order_id, sequence;
CREATE VIEW pg_temp.levels AS
    SELECT on_hand, reserved FROM oms.stock_levels JOIN oms.skus USING (sku_id) WHERE code = 'HAND-TEE';

/*
 * A status: a legal step does all that belongs to it, an illegal one is refused
 */
SELECT pg_temp.place() AS cancelled, pg_temp.place() AS skipped, pg_temp.place('{"payments": []}') AS unpaid;
UPDATE orders SET status = 'cancelled', status_reason = 'by hand' WHERE order_id = 6001;
SELECT status, status_reason, o.total, cancelled, allocated, (SELECT reserved FROM pg_temp.levels) AS reserved
FROM orders AS o JOIN order_lines USING (order_id) WHERE order_id = 6001;
SELECT sequence, type, no, data FROM pg_temp.log WHERE order_id = 6001 AND sequence > 5;
UPDATE orders SET status = 'confirmed' WHERE order_id = 6001; \echo :LAST_ERROR_SQLSTATE
UPDATE orders SET status = 'delivered' WHERE order_id = 6002; \echo :LAST_ERROR_SQLSTATE
UPDATE orders SET status = 'lost' WHERE order_id = 6002; \echo :LAST_ERROR_SQLSTATE
UPDATE orders SET status = NULL WHERE order_id = 6002; \echo :LAST_ERROR_SQLSTATE
TRUNCATE orders CASCADE; \echo :LAST_ERROR_SQLSTATE
-- a legal step is believed, also one that the facts do not bear out
UPDATE orders SET status = 'in_fulfillment' WHERE order_id = 6002;
UPDATE orders SET status = 'confirmed' WHERE order_id = 6003;
SELECT order_id, o.status, fulfillment_no, f.status AS fulfillment FROM orders AS o JOIN fulfillments AS f USING (order_id) WHERE order_id > 6001 ORDER BY 1, 3;
-- steps of its fulfillment
UPDATE fulfillments SET status = 'packed' WHERE order_id = 6002;
UPDATE fulfillments SET status = 'shipped' WHERE order_id = 6002;
SELECT o.status, shipped, on_hand, reserved FROM orders AS o JOIN order_lines USING (order_id), pg_temp.levels WHERE order_id = 6002;
UPDATE fulfillments SET status = 'packed' WHERE order_id = 6002; \echo :LAST_ERROR_SQLSTATE

/*
 * Numbers: an order adds up, a line's counters are in order, and only functions write what others rest on
 */
UPDATE orders SET total = '1 EUR' WHERE order_id = 6003; \echo :LAST_ERROR_SQLSTATE
UPDATE orders SET currency = 'USD' WHERE order_id = 6003; \echo :LAST_ERROR_SQLSTATE
UPDATE orders SET discount = '50 EUR', total = '-10 EUR' WHERE order_id = 6003; \echo :LAST_ERROR_SQLSTATE
UPDATE orders SET reference = (SELECT reference FROM orders WHERE order_id = 6002) WHERE order_id = 6003; \echo :LAST_ERROR_SQLSTATE
UPDATE orders SET shipping_price = '1 EUR', total = '41 EUR' WHERE order_id = 6003;
SELECT status, total FROM orders WHERE order_id = 6003;
UPDATE order_lines SET shipped = 5 WHERE order_id = 6003; \echo :LAST_ERROR_SQLSTATE
UPDATE order_lines SET allocated = 5 WHERE order_id = 6003; \echo :LAST_ERROR_SQLSTATE
UPDATE order_lines SET allocated = 3 WHERE order_id = 6003; \echo :LAST_ERROR_SQLSTATE
UPDATE order_lines SET cancelled = 1 WHERE order_id = 6003; \echo :LAST_ERROR_SQLSTATE
UPDATE order_lines SET quantity = 5 WHERE order_id = 6003; \echo :LAST_ERROR_SQLSTATE
UPDATE order_lines SET quantity = 5, total = '50 EUR' WHERE order_id = 6003;
SET CONSTRAINTS ALL IMMEDIATE; \echo :LAST_ERROR_SQLSTATE
UPDATE order_lines SET unit_price = 'NaN' WHERE order_id = 6003; \echo :LAST_ERROR_SQLSTATE
UPDATE order_lines SET quantity = 4, total = '40 EUR' WHERE order_id = 6003;
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
UPDATE order_lines SET metadata = '{"note": "mine"}' WHERE order_id = 6003;
DELETE FROM order_lines WHERE order_id = 6003; \echo :LAST_ERROR_SQLSTATE
DELETE FROM orders WHERE order_id = 6003; \echo :LAST_ERROR_SQLSTATE
UPDATE fulfillments SET location_id = location_id + 1 WHERE order_id = 6003; \echo :LAST_ERROR_SQLSTATE
INSERT INTO fulfillment_lines VALUES (6003, 1, 1, 1); \echo :LAST_ERROR_SQLSTATE
UPDATE fulfillment_lines SET quantity = 1; \echo :LAST_ERROR_SQLSTATE
DELETE FROM reservations; \echo :LAST_ERROR_SQLSTATE
TRUNCATE events; \echo :LAST_ERROR_SQLSTATE
UPDATE events SET type = 'order.delivered'; \echo :LAST_ERROR_SQLSTATE
INSERT INTO events (order_id, sequence, type) VALUES (6003, 99, 'order.delivered'); \echo :LAST_ERROR_SQLSTATE
DELETE FROM payment_entries; \echo :LAST_ERROR_SQLSTATE
INSERT INTO refunds (order_id, refund_no, amount) VALUES (6003, 1, '1 EUR'); \echo :LAST_ERROR_SQLSTATE
\set VERBOSITY default
DELETE FROM stock_movements; \echo :LAST_ERROR_SQLSTATE
\set VERBOSITY terse
SELECT * FROM check_invariants();

/*
 * A hold is a row like any other; an order that is loaded begins at its beginning
 */
INSERT INTO order_holds (order_id, hold_no, kind) VALUES (6003, 1, 'fraud');
SELECT status FROM orders WHERE order_id = 6003;
UPDATE order_holds SET released_at = now() WHERE order_id = 6003;
SELECT status FROM orders WHERE order_id = 6003;
SELECT sequence, type, no, data FROM pg_temp.log WHERE order_id = 6003 AND sequence > 2;
INSERT INTO orders (order_id, channel_id, reference, status, currency, lines_total, shipping_price, shipping_tax, discount, total)
SELECT 6050, channel_id, 'loaded', 'delivered', 'EUR', '10 EUR', '0 EUR', '0 EUR', '0 EUR', '10 EUR' FROM channels WHERE code = 'hand-web'; \echo :LAST_ERROR_SQLSTATE
INSERT INTO orders (order_id, channel_id, reference, status, currency, lines_total, shipping_price, shipping_tax, discount, total)
SELECT 6050, channel_id, 'loaded', 'draft', 'EUR', '10 EUR', '0 EUR', '0 EUR', '0 EUR', '10 EUR' FROM channels WHERE code = 'hand-web';
INSERT INTO order_lines (order_id, line_no, sku_id, quantity, allocated, unit_price, discount, tax, total)
SELECT 6050, 1, sku_id, 1, 1, 10, '0 EUR', '0 EUR', '10 EUR' FROM skus WHERE code = 'HAND-TEE'; \echo :LAST_ERROR_SQLSTATE
INSERT INTO order_lines (order_id, line_no, sku_id, quantity, unit_price, discount, tax, total)
SELECT 6050, 1, sku_id, 1, 10, '0 EUR', '0 EUR', '10 EUR' FROM skus WHERE code = 'HAND-TEE';
INSERT INTO order_adjustments VALUES (6050, 1, 'LATE', '1 EUR');
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
UPDATE orders SET discount = '2 EUR', total = '8 EUR' WHERE order_id = 6050;
SET CONSTRAINTS ALL IMMEDIATE; \echo :LAST_ERROR_SQLSTATE
UPDATE orders SET discount = '1 EUR', total = '9 EUR' WHERE order_id = 6050;
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE orders SET status = 'placed' WHERE order_id = 6050;
SELECT status, allocated, backordered FROM orders JOIN order_lines USING (order_id) WHERE order_id = 6050;
SELECT add_payment(6050, '{"method": "cash", "amount": 10, "status": "captured"}');
SELECT status, (SELECT count(*) FROM fulfillments WHERE order_id = 6050) AS fulfillments FROM orders WHERE order_id = 6050;
SELECT sequence, type, no, data FROM pg_temp.log WHERE order_id = 6050;
SELECT * FROM check_invariants();
ROLLBACK;
