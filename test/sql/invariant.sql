-- check_invariants() says nothing of a store that is right, and sees each thing that is wrong
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
BEGIN;
ALTER SEQUENCE orders_order_id_seq RESTART 9201;
ALTER SEQUENCE events_event_id_seq RESTART 9000001;
ALTER SEQUENCE reservations_reservation_id_seq RESTART 9001;

SELECT put_channel('{"code": "inv-web", "name": "Web", "currency": "EUR"}');
SELECT put_location('{"code": "INV-LIS", "name": "Lisbon", "country": "PT", "lat": 38.72, "lon": -9.14}');
SELECT put_location('{"code": "INV-OPO", "name": "Porto", "country": "PT", "lat": 41.15, "lon": -8.61}');
SELECT put_sku('{"code": "INV-TEE", "name": "T-shirt"}'), put_sku('{"code": "INV-MUG", "name": "Mug"}');
SELECT put_sku('{"code": "INV-KIT", "name": "Shirt and mug", "kit": [{"sku": "INV-TEE", "quantity": 1}, {"sku": "INV-MUG", "quantity": 2}]}');
SELECT receive_stock('INV-TEE', 'INV-LIS', 100), receive_stock('INV-MUG', 'INV-LIS', 100), receive_stock('INV-TEE', 'INV-OPO', 1);

-- 9201: shipped, its money captured and partly given back; 9202: open, with a hold; 9203: open
SELECT place_order('{"channel": "inv-web", "reference": "I-1", "ship_to": {"country": "PT", "lat": 38.7, "lon": -9.1},
    "lines": [{"sku": "INV-TEE", "quantity": 3, "unit_price": "10", "discount": "1.00", "tax": "2.00"}],
    "discounts": [{"code": "TEN", "amount": "10.00"}],
    "payments": [{"method": "card", "amount": "21.00", "status": "authorized"}]}');
SELECT pack(9201, 1), ship(9201, 1), capture(9201, 1), refund(9201, '5 EUR', 'stained');
SELECT place_order('{"channel": "inv-web", "reference": "I-2", "ship_to": {"country": "PT", "lat": 38.7, "lon": -9.1},
    "lines": [{"sku": "INV-TEE", "quantity": 2, "unit_price": "10", "tax": "0"}],
    "payments": [{"method": "card", "amount": "20.00", "status": "authorized"}]}');
SELECT hold_order(9202, 'fraud');
SELECT place_order('{"channel": "inv-web", "reference": "I-3", "ship_to": {"country": "PT", "lat": 38.7, "lon": -9.1},
    "lines": [{"sku": "INV-KIT", "quantity": 2, "unit_price": "10", "tax": "0"}, {"sku": "INV-MUG", "quantity": 1, "unit_price": "5", "tax": "0"}],
    "payments": [{"method": "card", "amount": "25.00", "status": "authorized"}]}');
SELECT order_id, status, total FROM orders WHERE order_id >= 9201 ORDER BY 1;
SELECT * FROM check_invariants();

-- what is found after statements that no trigger sees, which are then undone
CREATE FUNCTION pg_temp.after(statements text) RETURNS TABLE (invariant text, key text, expected text, found text)
    LANGUAGE plpgsql
    AS $$
DECLARE
    violations text[][] := '{}';
    violation record;
BEGIN
    BEGIN
        SET LOCAL session_replication_role = replica;
        EXECUTE statements;
        FOR violation IN SELECT * FROM oms.check_invariants() AS v ORDER BY v.invariant COLLATE "C", v.key COLLATE "C", v.found COLLATE "C" LOOP
            violations := violations || ARRAY[[violation.invariant, violation.key, violation.expected, violation.found]];
        END LOOP;
        RAISE SQLSTATE 'UNDO0';
    EXCEPTION WHEN SQLSTATE 'UNDO0' THEN
        NULL;
    END;
    FOR i IN 1 .. coalesce(array_length(violations, 1), 0) LOOP
        RETURN QUERY SELECT violations[i][1], violations[i][2], violations[i][3], violations[i][4];
    END LOOP;
END
$$;
CREATE VIEW pg_temp.tee AS SELECT sku_id FROM skus WHERE code = 'INV-TEE';
CREATE VIEW pg_temp.mug AS SELECT sku_id FROM skus WHERE code = 'INV-MUG';
CREATE VIEW pg_temp.porto AS SELECT location_id FROM locations WHERE code = 'INV-OPO';
SELECT * FROM pg_temp.after('SELECT 1');

/*
 * 1. Stock on hand
 */
SELECT * FROM pg_temp.after('UPDATE stock_levels SET on_hand = on_hand + 1 WHERE sku_id = (TABLE pg_temp.mug)');
SELECT * FROM pg_temp.after('DELETE FROM stock_movements WHERE sku_id = (TABLE pg_temp.tee) AND order_id = 9201');
SELECT * FROM pg_temp.after('DELETE FROM stock_levels WHERE location_id = (TABLE pg_temp.porto)');
SELECT * FROM pg_temp.after('ALTER TABLE stock_levels DROP CONSTRAINT stock_levels_reserved_check;
    UPDATE stock_levels SET on_hand = ''-1'' WHERE location_id = (TABLE pg_temp.porto)');

/*
 * 2. Reserved stock
 */
SELECT * FROM pg_temp.after('UPDATE stock_levels SET reserved = reserved + 1 WHERE sku_id = (TABLE pg_temp.mug)');
SELECT * FROM pg_temp.after('ALTER TABLE stock_levels DROP CONSTRAINT stock_levels_reserved_check;
    UPDATE stock_levels SET reserved = ''2'' WHERE location_id = (TABLE pg_temp.porto)');
SELECT * FROM pg_temp.after('UPDATE reservations SET quantity = quantity + 1 WHERE order_id = 9202');
SELECT * FROM pg_temp.after('DELETE FROM reservations WHERE order_id = 9202');
-- units sold that nobody holds: the level agrees, only the allocation tells
SELECT * FROM pg_temp.after('WITH gone AS (DELETE FROM reservations WHERE order_id = 9202 RETURNING *)
    UPDATE stock_levels s SET reserved = s.reserved - g.quantity FROM gone g
    WHERE s.sku_id = g.sku_id AND s.location_id = g.location_id');
SELECT * FROM pg_temp.after('INSERT INTO reservations (sku_id, location_id, quantity, order_id, fulfillment_no, line_no)
    SELECT sku_id, location_id, quantity, order_id, fulfillment_no, line_no FROM reservations WHERE order_id = 9202');
SELECT * FROM pg_temp.after('UPDATE reservations SET status = ''released'' WHERE order_id = 9203 AND line_no = 1');
SELECT * FROM pg_temp.after('UPDATE reservations SET status = ''consumed'' WHERE order_id = 9202');
SELECT * FROM pg_temp.after('UPDATE reservations SET status = ''active'' WHERE order_id = 9201');
SELECT * FROM pg_temp.after('UPDATE reservations SET status = ''expired'' WHERE order_id = 9201');
SELECT * FROM pg_temp.after('UPDATE reservations SET location_id = (TABLE pg_temp.porto) WHERE order_id = 9202');
SELECT * FROM pg_temp.after('UPDATE reservations SET fulfillment_no = 7 WHERE order_id = 9202');
SELECT * FROM pg_temp.after('UPDATE reservations SET line_no = 7 WHERE order_id = 9202');
SELECT * FROM pg_temp.after('UPDATE reservations SET order_id = 8 WHERE order_id = 9202');

/*
 * 3. Counters of lines
 */
SELECT * FROM pg_temp.after('UPDATE order_lines SET allocated = 1, backordered = 1 WHERE order_id = 9202');
SELECT * FROM pg_temp.after('UPDATE order_lines SET shipped = 1 WHERE order_id = 9202');
SELECT * FROM pg_temp.after('UPDATE order_lines SET delivered = 1 WHERE order_id = 9201');
SELECT * FROM pg_temp.after('UPDATE fulfillment_lines SET quantity = 1 WHERE order_id = 9201');
SELECT * FROM pg_temp.after('ALTER TABLE order_lines DROP CONSTRAINT order_lines_quantity_check;
    UPDATE order_lines SET returned = 1 WHERE order_id = 9201');
SELECT * FROM pg_temp.after('ALTER TABLE order_lines DROP CONSTRAINT order_lines_quantity_check;
    UPDATE order_lines SET backordered = 1 WHERE order_id = 9202');
SELECT * FROM pg_temp.after('DELETE FROM order_lines WHERE order_id = 9203 AND line_no = 2');
SELECT * FROM pg_temp.after('DELETE FROM fulfillments WHERE order_id = 9202');
SELECT * FROM pg_temp.after('DELETE FROM fulfillment_lines WHERE order_id = 9202');
SELECT * FROM pg_temp.after('DELETE FROM orders WHERE order_id = 9202');

/*
 * 4. Money
 */
SELECT * FROM pg_temp.after('UPDATE orders SET lines_total = ''19 EUR'', total = ''19 EUR'' WHERE order_id = 9202');
SELECT * FROM pg_temp.after('ALTER TABLE orders DROP CONSTRAINT orders_total_check;
    UPDATE orders SET total = ''21 EUR'' WHERE order_id = 9202');
SELECT * FROM pg_temp.after('ALTER TABLE orders DROP CONSTRAINT orders_total_check;
    UPDATE orders SET total = ''20 USD'' WHERE order_id = 9202');
SELECT * FROM pg_temp.after('ALTER TABLE order_lines DROP CONSTRAINT order_lines_total_check;
    UPDATE order_lines SET total = ''19.99 EUR'' WHERE order_id = 9202');
SELECT * FROM pg_temp.after('ALTER TABLE order_lines DROP CONSTRAINT order_lines_total_check;
    UPDATE order_lines SET tax = ''0 USD'' WHERE order_id = 9202');
SELECT * FROM pg_temp.after('DELETE FROM order_adjustments WHERE order_id = 9201');
SELECT * FROM pg_temp.after('UPDATE order_lines SET order_discount = NULL WHERE order_id = 9201');
SELECT * FROM pg_temp.after('UPDATE order_lines SET order_discount = ''10.01 EUR'' WHERE order_id = 9201');
SELECT * FROM pg_temp.after('UPDATE order_lines SET order_discount = ''20.01 EUR'' WHERE order_id = 9202');
SELECT * FROM pg_temp.after('UPDATE order_lines SET order_discount = ''10 USD'', included_tax = ''1 JPY'' WHERE order_id = 9201');
SELECT * FROM pg_temp.after('UPDATE orders SET shipping_included_tax = ''1 USD'' WHERE order_id = 9202');
SELECT * FROM pg_temp.after('DELETE FROM payment_entries WHERE order_id = 9201 AND kind = ''capture''');
SELECT * FROM pg_temp.after('DELETE FROM payment_entries WHERE order_id = 9201 AND kind = ''refund''');
SELECT * FROM pg_temp.after('DELETE FROM payments WHERE order_id = 9202');
SELECT * FROM pg_temp.after('UPDATE payments SET captured = ''5 EUR'' WHERE order_id = 9202');
SELECT * FROM pg_temp.after('UPDATE payments SET refunded = ''5 USD'', captured = ''20 USD'', authorized = ''20 USD'', amount = ''21 USD'' WHERE order_id = 9201');
SELECT * FROM pg_temp.after('ALTER TABLE payments DROP CONSTRAINT payments_sums_check;
    UPDATE payments SET refunded = ''50 EUR'' WHERE order_id = 9201');
SELECT * FROM pg_temp.after('INSERT INTO payment_entries (order_id, payment_no, entry_no, kind, amount) VALUES (9202, 1, 2, ''void'', ''20 EUR'')');
SELECT * FROM pg_temp.after('UPDATE refunds SET amount = ''6 EUR'' WHERE order_id = 9201');
SELECT * FROM pg_temp.after('DELETE FROM refunds WHERE order_id = 9201');
SELECT * FROM pg_temp.after('UPDATE shipments SET cost = ''5 EUR'' WHERE order_id = 9201');

/*
 * 5. Statuses
 */
SELECT * FROM pg_temp.after('UPDATE orders SET status = ''confirmed'' WHERE order_id = 9202');
SELECT * FROM pg_temp.after('UPDATE orders SET status = ''held'' WHERE order_id = 9203');
SELECT * FROM pg_temp.after('UPDATE fulfillments SET status = ''packed'' WHERE order_id = 9203');
SELECT * FROM pg_temp.after('UPDATE refunds SET status = ''failed'' WHERE order_id = 9201');
SELECT * FROM pg_temp.after('UPDATE payment_entries SET confirmed_at = NULL WHERE order_id = 9201 AND kind = ''refund''');
SELECT * FROM pg_temp.after('UPDATE payment_entries SET provider_reference = ''tx'', confirmed_at = NULL WHERE order_id = 9202');
SELECT * FROM pg_temp.after('INSERT INTO payment_requests (order_id, payment_no, request_no, action, amount) VALUES (9202, 1, 1, ''capture'', ''5 USD'')');
SELECT * FROM pg_temp.after('INSERT INTO payment_requests (order_id, payment_no, request_no, action, amount, refund_no, status, answered_at) VALUES (9201, 1, 1, ''refund'', ''5.01 EUR'', 1, ''succeeded'', now())');
SELECT * FROM pg_temp.after('INSERT INTO payment_results (provider, reference, status, content_hash, order_id, payment_no, action, occurred_at) VALUES (''psp'', ''tx'', ''failed'', 0, 9202, 1, ''capture'', now())');
SELECT * FROM pg_temp.after('DROP INDEX payments_reference_key; UPDATE payments SET provider = ''psp'', reference = ''pi'' WHERE order_id IN (9201, 9202)');
SELECT * FROM pg_temp.after('UPDATE payments SET status = ''voided'' WHERE order_id = 9203');
SELECT * FROM pg_temp.after('DELETE FROM events WHERE order_id = 9202 AND type = ''order.held''');
SELECT * FROM pg_temp.after('DELETE FROM events WHERE order_id = 9203');
SELECT * FROM pg_temp.after('INSERT INTO events (order_id, sequence, type) SELECT 9203, max(sequence) + 1, ''order.delivered'' FROM events WHERE order_id = 9203;
    UPDATE orders SET status = ''delivered'' WHERE order_id = 9203');
SELECT * FROM pg_temp.after('INSERT INTO events (order_id, sequence, type, subject_no) SELECT 9203, max(sequence) + 1, ''fulfillment.shipped'', 7 FROM events WHERE order_id = 9203');
SELECT * FROM pg_temp.after('UPDATE order_holds SET released_at = oms.now() WHERE order_id = 9202');
SELECT * FROM pg_temp.after('INSERT INTO order_holds (order_id, hold_no, kind) VALUES (9203, 1, ''fraud'')');

/*
 * 6. Events
 */
SELECT * FROM pg_temp.after('DELETE FROM events WHERE order_id = 9201 AND type = ''refund.issued''');
SELECT * FROM pg_temp.after('UPDATE events SET sequence = sequence + 100 WHERE order_id = 9202');
SELECT * FROM pg_temp.after('UPDATE events SET event_id = 9000999 WHERE order_id = 9202 AND sequence = 1');
SELECT * FROM pg_temp.after('UPDATE events SET order_id = 8 WHERE order_id = 9202 AND type = ''hold.added''');

/*
 * 7. References
 */
SELECT * FROM pg_temp.after('ALTER TABLE orders DROP CONSTRAINT orders_reference_key;
    UPDATE orders SET reference = ''I-2'' WHERE order_id = 9203');

-- and nothing is left of all this
SELECT * FROM check_invariants();
ROLLBACK;
