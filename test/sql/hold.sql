-- holds: orders that are stopped, and go on
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
BEGIN;

INSERT INTO channels (code, name, currency) VALUES ('hold-test', 'Web', 'EUR');
INSERT INTO skus (code, name) VALUES ('HOLD-TEE', 'T-shirt');
CREATE FUNCTION pg_temp.make_order(order_id bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO oms.orders (order_id, channel_id, reference, currency, lines_total, shipping_price, shipping_tax, discount, total)
    SELECT $1, channel_id, $1::text, 'EUR', '25 EUR', '0 EUR', '0 EUR', '0 EUR', '25 EUR'
    FROM oms.channels WHERE code = 'hold-test';
    INSERT INTO oms.order_lines (order_id, line_no, sku_id, quantity, unit_price, discount, tax, total)
    SELECT $1, 1, sku_id, 2, 12.50, '0 EUR', '0 EUR', '25 EUR' FROM oms.skus WHERE code = 'HOLD-TEE';
$$;
CREATE VIEW pg_temp.holds AS
    SELECT order_id, hold_no AS no, kind, note, released_at IS NULL AS open FROM oms.order_holds ORDER BY 1, 2;
CREATE VIEW pg_temp.log AS
    SELECT order_id, sequence, type, subject_no AS no, data FROM oms.events ORDER BY 1, 2;

/*
 * An order goes on when its last hold is released
 */
SELECT pg_temp.make_order(9101);
SELECT add_payment(9101, '{"method": "card", "amount": "25", "status": "authorized"}');
SELECT hold_order(9101, 'fraud', 'Two cards, three names', 'h-1');
SELECT hold_order(9101, 'fraud', 'Two cards, three names', 'h-1');
SELECT hold_order(9101, 'address');
SELECT release_hold(9101, 'fraud');
SELECT release_hold(9101, 'address', 'h-2');
SELECT release_hold(9101, 'address', 'h-2');
-- a kind that was released may come again
SELECT hold_order(9101, 'fraud');
SELECT release_hold(9101, 'fraud');
SELECT no, kind, note, open FROM pg_temp.holds;
SELECT sequence, type, no, data FROM pg_temp.log;

/*
 * An order that isn't paid goes back to waiting for its money
 */
SELECT pg_temp.make_order(9102);
SELECT hold_order(9102, 'stock');
SELECT add_payment(9102, '{"method": "card", "amount": "5", "status": "authorized"}');
SELECT release_hold(9102, 'stock');

/*
 * What is refused, with nothing written
 */
SELECT hold_order(9102, 'fraud', 'look at it');
SELECT hold_order(9102, 'fraud', 'again'); \echo :LAST_ERROR_SQLSTATE
SELECT hold_order(9102, 'fraud', 'again', 'h-1'); \echo :LAST_ERROR_SQLSTATE
SELECT release_hold(9102, 'address'); \echo :LAST_ERROR_SQLSTATE
SELECT release_hold(9101, 'address'); \echo :LAST_ERROR_SQLSTATE
SELECT release_hold(9102, ''); \echo :LAST_ERROR_SQLSTATE
SELECT hold_order(9102, ' '); \echo :LAST_ERROR_SQLSTATE
SELECT hold_order(9102, repeat('x', 101)); \echo :LAST_ERROR_SQLSTATE
SELECT hold_order(9102, NULL); \echo :LAST_ERROR_SQLSTATE
SELECT hold_order(NULL, 'fraud'); \echo :LAST_ERROR_SQLSTATE
SELECT hold_order(9999, 'fraud'); \echo :LAST_ERROR_SQLSTATE
SELECT release_hold(9999, 'fraud'); \echo :LAST_ERROR_SQLSTATE
UPDATE orders SET status = 'cancelled' WHERE order_id = 9102;
SELECT hold_order(9102, 'late'); \echo :LAST_ERROR_SQLSTATE
SELECT no, kind, note, open FROM pg_temp.holds WHERE order_id = 9102;

-- a draft is nobody's order yet
INSERT INTO orders (order_id, channel_id, reference, status, currency, lines_total, shipping_price, shipping_tax, discount, total)
SELECT 9103, channel_id, '9103', 'draft', 'EUR', '0 EUR', '0 EUR', '0 EUR', '0 EUR', '0 EUR'
FROM channels WHERE code = 'hold-test';
SELECT hold_order(9103, 'fraud'); \echo :LAST_ERROR_SQLSTATE

/*
 * By hand: the same follows
 */
SELECT pg_temp.make_order(9104);
INSERT INTO order_holds (order_id, hold_no, kind, note) VALUES (9104, 1, 'manual', 'by a clerk');
SELECT status FROM orders WHERE order_id = 9104;
INSERT INTO order_holds (order_id, hold_no, kind) VALUES (9104, 2, 'manual'); \echo :LAST_ERROR_SQLSTATE
INSERT INTO order_holds (order_id, hold_no, kind) VALUES (9103, 1, 'manual'); \echo :LAST_ERROR_SQLSTATE
UPDATE order_holds SET note = 'by Ana' WHERE order_id = 9104;
UPDATE order_holds SET kind = 'other' WHERE order_id = 9104; \echo :LAST_ERROR_SQLSTATE
UPDATE order_holds SET released_at = oms.now() WHERE order_id = 9104;
UPDATE order_holds SET released_at = NULL WHERE order_id = 9104; \echo :LAST_ERROR_SQLSTATE
SELECT status FROM orders WHERE order_id = 9104;
SELECT sequence, type, no, data FROM pg_temp.log WHERE order_id = 9104;
ROLLBACK;
