-- transfers that take some days: units leave, are on hand nowhere, arrive in parts or go back
SET search_path = oms, public;
SET client_min_messages = warning;
SET oms.now = '2026-11-02 10:15:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
\pset null (null)
BEGIN;
SELECT put_location('{"code": "way-a"}'), put_location('{"code": "way-b"}'), put_location('{"code": "way-shut", "active": false}'),
       put_product('{"code": "way", "skus": [{"code": "WAY-TEE"}, {"code": "WAY-TEA", "decimals": 1}, {"code": "WAY-WORDS", "stocked": false}]}');
SELECT receive_stock('WAY-TEE', 'way-a', 10), receive_stock('WAY-TEA', 'way-a', 1);
CREATE VIEW pg_temp.levels AS
    SELECT s.code AS sku, l.code AS location, on_hand, reserved
    FROM stock_levels JOIN skus AS s USING (sku_id) JOIN locations AS l USING (location_id) WHERE s.code LIKE 'WAY-%' ORDER BY s.code COLLATE "C", l.code COLLATE "C";
ALTER SEQUENCE transfers_transfer_id_seq RESTART 701;
SELECT reserve('WAY-TEE', 3) IS NOT NULL AS held;

SELECT ship_transfer('WAY-TEE', 'way-a', 'way-b', 6, '2026-11-05', 'van 1'), ship_transfer('WAY-TEE', 'way-a', 'way-b', 6, '2026-11-05', 'van 1');
SELECT ship_transfer('WAY-TEE', 'way-a', 'way-b', 5, '2026-11-05', 'van 1'); \echo :LAST_ERROR_SQLSTATE
TABLE pg_temp.levels;
SELECT available('WAY-TEE');
SELECT l.code AS location, expected_on, quantity, purchase_order_id, transfer_id FROM incoming_stock JOIN locations AS l USING (location_id);
-- refused
SELECT ship_transfer('WAY-TEE', 'way-a', 'way-b', 2); \echo :LAST_ERROR_SQLSTATE
SELECT ship_transfer('WAY-TEE', 'way-b', 'way-a', 1); \echo :LAST_ERROR_SQLSTATE
SELECT ship_transfer('WAY-TEE', 'way-a', 'way-a', 1); \echo :LAST_ERROR_SQLSTATE
SELECT ship_transfer('WAY-TEE', 'way-a', 'way-shut', 1); \echo :LAST_ERROR_SQLSTATE
SELECT ship_transfer('WAY-TEE', 'way-a', 'nowhere', 1); \echo :LAST_ERROR_SQLSTATE
SELECT ship_transfer('nothing', 'way-a', 'way-b', 1); \echo :LAST_ERROR_SQLSTATE
SELECT ship_transfer('WAY-TEE', 'way-a', 'way-b', 0); \echo :LAST_ERROR_SQLSTATE
SELECT ship_transfer('WAY-TEE', 'way-a', 'way-b', -1);
SELECT ship_transfer('WAY-TEE', 'way-a', 'way-b', 0.5);
SELECT ship_transfer('WAY-WORDS', 'way-a', 'way-b', 1); \echo :LAST_ERROR_SQLSTATE
SELECT ship_transfer('WAY-TEE', 'way-a', NULL, 1); \echo :LAST_ERROR_SQLSTATE

-- it arrives in parts
SELECT receive_transfer(701, 7); \echo :LAST_ERROR_SQLSTATE
SELECT receive_transfer(701, 0); \echo :LAST_ERROR_SQLSTATE
SELECT receive_transfer(701, 1.5);
SELECT receive_transfer(702); \echo :LAST_ERROR_SQLSTATE
SELECT receive_transfer(NULL); \echo :LAST_ERROR_SQLSTATE
SELECT receive_transfer(701, 2, 'dock 1'), receive_transfer(701, 2, 'dock 1');
SELECT receive_transfer(701, 3, 'dock 1'); \echo :LAST_ERROR_SQLSTATE
UPDATE transfers SET expected_on = '2026-11-06' WHERE transfer_id = 701;
SELECT status, quantity, received, expected_on, ended_at FROM transfers;
SELECT receive_transfer(701);
SELECT receive_transfer(701); \echo :LAST_ERROR_SQLSTATE
SELECT cancel_transfer(701); \echo :LAST_ERROR_SQLSTATE

-- or goes back, also where its origin has been closed meanwhile
SELECT ship_transfer('WAY-TEA', 'way-a', 'way-b', 0.7) AS tea;
SELECT receive_transfer(702, 0.3);
SELECT put_location('{"code": "way-a", "active": false}'), put_location('{"code": "way-b", "active": false}');
SELECT receive_transfer(702, 0.1); \echo :LAST_ERROR_SQLSTATE
SELECT cancel_transfer(702, 'call 1'), cancel_transfer(702, 'call 1');
SELECT cancel_transfer(702); \echo :LAST_ERROR_SQLSTATE
SELECT cancel_transfer(703); \echo :LAST_ERROR_SQLSTATE
SELECT transfer_id, status, quantity, received, ended_at AT TIME ZONE 'UTC' AS ended_at FROM transfers ORDER BY 1;
SELECT s.code AS sku, l.code AS location, quantity, m.kind, reason FROM stock_movements AS m JOIN skus AS s USING (sku_id) JOIN locations AS l USING (location_id)
WHERE s.code LIKE 'WAY-%' AND m.kind = 'transfer' ORDER BY movement_id;
TABLE pg_temp.levels;

-- by hand only its day can be changed
\set VERBOSITY terse
UPDATE transfers SET received = 1; \echo :LAST_ERROR_SQLSTATE
UPDATE transfers SET status = 'in_transit';
DELETE FROM transfers;
TRUNCATE transfers;
INSERT INTO transfers (sku_id, from_location_id, to_location_id, quantity) SELECT sku_id, from_location_id, to_location_id, 1 FROM transfers;
\set VERBOSITY default
SELECT * FROM check_invariants();
ROLLBACK;
