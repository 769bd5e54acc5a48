-- orders by hand: a trigger of the DBA, steps that contradict holds, SKUs that change under open orders
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;
ALTER SEQUENCE orders_order_id_seq RESTART 9701;
SELECT put_channel('{"code": "hand-web", "name": "Web", "currency": "EUR"}');
SELECT put_location('{"code": "HAND-LIS", "name": "Lisbon", "country": "PT", "lat": 38.72, "lon": -9.14}');
SELECT put_sku('{"code": "HAND-TEE", "name": "T-shirt"}'), put_sku('{"code": "HAND-WRAP", "name": "Gift wrap", "stocked": false}'),
       put_sku('{"code": "HAND-KIT", "name": "Two shirts", "kit": [{"sku": "HAND-TEE", "quantity": 2}]}');
SELECT receive_stock('HAND-TEE', 'HAND-LIS', 100);
CREATE FUNCTION pg_temp.place(reference text) RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(pg_catalog.jsonb_build_object('channel', 'hand-web', 'reference', reference,
        'ship_to', '{"country": "PT", "lat": 38.7, "lon": -9.1}'::jsonb,
        'lines', '[{"sku": "HAND-TEE", "quantity": 1, "unit_price": "10", "tax": "0"},
                   {"sku": "HAND-KIT", "quantity": 1, "unit_price": "15", "tax": "0"},
                   {"sku": "HAND-WRAP", "quantity": 1, "unit_price": "1", "tax": "0"}]'::jsonb,
        'payments', '[{"method": "card", "amount": "26", "status": "authorized"}]'::jsonb))
$$;

/*
 * A trigger that a DBA adds writes by hand, even when a function has fired it
 */
CREATE FUNCTION pg_temp.tamper() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $$
BEGIN
    EXECUTE TG_ARGV[0];
    RETURN NULL;
END $$;
CREATE TRIGGER tamper AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION pg_temp.tamper('UPDATE oms.stock_levels SET reserved = on_hand WHERE on_hand::numeric = 100');
SELECT pg_temp.place('H-0');
DROP TRIGGER tamper ON orders;
CREATE TRIGGER tamper AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION pg_temp.tamper('DELETE FROM oms.events');
SELECT pg_temp.place('H-0');
DROP TRIGGER tamper ON orders;
-- what it writes is explained, and the functions it calls do not see its search path
CREATE TRIGGER tamper AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION pg_temp.tamper('UPDATE oms.stock_levels SET on_hand = ''90'' WHERE on_hand::numeric = 100');
CREATE TRIGGER tamper_too AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION pg_temp.tamper('SELECT oms.adjust_stock(''HAND-TEE'', ''HAND-LIS'', -1, ''sample'')');
SELECT pg_temp.place('H-1') AS placed;
DROP TRIGGER tamper ON orders;
DROP TRIGGER tamper_too ON orders;
SELECT on_hand, reserved FROM stock_levels JOIN skus USING (sku_id) WHERE code = 'HAND-TEE';
SELECT quantity, kind, reason FROM stock_movements JOIN skus USING (sku_id) WHERE code = 'HAND-TEE' ORDER BY movement_id;
SELECT * FROM check_invariants();

/*
 * The header cannot contradict the holds
 */
UPDATE orders SET status = 'held' WHERE reference = 'H-1'; \echo :LAST_ERROR_SQLSTATE
SELECT hold_order(order_id, 'fraud') FROM orders WHERE reference = 'H-1';
UPDATE orders SET status = 'confirmed' WHERE reference = 'H-1'; \echo :LAST_ERROR_SQLSTATE
UPDATE order_holds SET released_at = oms.now() WHERE kind = 'fraud';
SELECT status FROM orders WHERE reference = 'H-1';

/*
 * A payment of nothing
 */
INSERT INTO payments (order_id, payment_no, method, status, amount)
SELECT order_id, 9, 'card', 'authorized', '0 EUR' FROM orders WHERE reference = 'H-1'; \echo :LAST_ERROR_SQLSTATE

/*
 * What a SKU is made of may change while orders of it are open
 */
SELECT put_sku('{"code": "HAND-WRAP", "stocked": true}'), put_sku('{"code": "HAND-KIT", "kit": []}');
SELECT * FROM check_invariants();
SELECT pack(order_id, 1), ship(order_id, 1) FROM orders WHERE reference = 'H-1';
SELECT on_hand, reserved FROM stock_levels JOIN skus USING (sku_id) WHERE code = 'HAND-TEE';
SELECT * FROM check_invariants();

/*
 * Half a kit of a millionth takes nothing of it
 */
SELECT put_sku('{"code": "HAND-DUST", "name": "Dust", "decimals": 6}'), receive_stock('HAND-DUST', 'HAND-LIS', 1),
       put_sku('{"code": "HAND-DUSTY", "name": "Dusty", "decimals": 6, "kit": [{"sku": "HAND-DUST", "quantity": "0.000001"}, {"sku": "HAND-TEE", "quantity": 1}]}');
SELECT place_order('{"channel": "hand-web", "reference": "H-2", "ship_to": {"country": "PT", "lat": 38.7, "lon": -9.1},
    "lines": [{"sku": "HAND-DUSTY", "quantity": "0.5", "unit_price": "10", "tax": "0"}]}') IS NOT NULL AS placed;
SELECT code, on_hand, reserved FROM stock_levels JOIN skus USING (sku_id) WHERE code LIKE 'HAND-%' ORDER BY code COLLATE "C";
SELECT * FROM check_invariants();
ROLLBACK;
