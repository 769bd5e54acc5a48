-- stock: received, adjusted, counted, moved, promised, held
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
BEGIN;

INSERT INTO channels (code, name, currency)
VALUES ('stock-all', 'All locations', 'EUR'), ('stock-south', 'South only', 'EUR');
INSERT INTO locations (code, name, priority, active)
VALUES ('stock-north', 'North', 0, true), ('stock-south', 'South', 1, true), ('stock-east', 'East', 1, true),
       ('stock-closed', 'Closed', 0, false);
INSERT INTO channel_locations
SELECT channel_id, location_id FROM channels AS c, locations AS l
WHERE c.code = 'stock-south' AND l.code IN ('stock-south', 'stock-closed');
INSERT INTO skus (code, name, decimals, stocked, active)
VALUES ('STOCK-TEE', 'T-shirt', 0, true, true), ('STOCK-CAP', 'Cap', 0, true, true),
       ('STOCK-TEA', 'Tea by the kilogram', 3, true, true), ('STOCK-OLD', 'Old', 0, true, false),
       ('STOCK-CARD', 'Greeting, printed with the order', 0, false, true),
       ('STOCK-SET', 'Two T-shirts, a cap and a greeting', 0, true, true),
       ('STOCK-HELLO', 'Greetings', 0, true, true);
INSERT INTO kit_components
SELECT k.sku_id, c.sku_id, v.quantity
FROM (VALUES ('STOCK-SET', 'STOCK-TEE', 2), ('STOCK-SET', 'STOCK-CAP', 1), ('STOCK-SET', 'STOCK-CARD', 1),
             ('STOCK-HELLO', 'STOCK-CARD', 5)) AS v(kit, component, quantity),
     skus AS k, skus AS c
WHERE k.code = v.kit AND c.code = v.component;

CREATE VIEW pg_temp.levels AS
    SELECT s.code AS sku, l.code AS location, on_hand, reserved
    FROM oms.stock_levels JOIN oms.skus AS s USING (sku_id) JOIN oms.locations AS l USING (location_id)
    WHERE s.code LIKE 'STOCK-%' ORDER BY s.code COLLATE "C", l.code COLLATE "C";
CREATE VIEW pg_temp.movements AS
    SELECT s.code AS sku, l.code AS location, quantity, m.kind, m.unit_cost, reason
    FROM oms.stock_movements AS m JOIN oms.skus AS s USING (sku_id) JOIN oms.locations AS l USING (location_id)
    WHERE s.code LIKE 'STOCK-%' ORDER BY movement_id;
CREATE VIEW pg_temp.carts AS
    SELECT s.code AS sku, l.code AS location, quantity, status, reference, expires_at
    FROM oms.reservations JOIN oms.skus AS s USING (sku_id) JOIN oms.locations AS l USING (location_id)
    WHERE s.code LIKE 'STOCK-%' ORDER BY reservation_id, s.code COLLATE "C", l.code COLLATE "C";
-- what must never be: a level that its movements and reservations don't explain
CREATE VIEW pg_temp.contradictions AS
    SELECT * FROM oms.stock_levels AS s
    WHERE on_hand <> coalesce((SELECT sum(quantity) FROM oms.stock_movements AS m
                               WHERE m.sku_id = s.sku_id AND m.location_id = s.location_id), 0)
          OR reserved <> coalesce((SELECT sum(quantity) FROM oms.reservations AS r
                                   WHERE r.sku_id = s.sku_id AND r.location_id = s.location_id
                                         AND status = 'active'), 0);

/*
 * What comes in, is corrected and moves
 */
SELECT receive_stock('STOCK-TEE', 'stock-north', 5, '3.10 EUR'), receive_stock('STOCK-TEE', 'stock-north', 2);
SELECT receive_stock('STOCK-TEA', 'stock-north', 5.5), adjust_stock('STOCK-TEA', 'stock-north', -0.125, 'spilled');
SELECT count_stock('STOCK-TEE', 'stock-north', 6), count_stock('STOCK-TEE', 'stock-north', 6), count_stock('STOCK-CAP', 'stock-east', 0);
SELECT transfer_stock('STOCK-TEE', 'stock-north', 'stock-south', 2);
SELECT * FROM pg_temp.levels;
SELECT * FROM pg_temp.movements;

-- the same reference: the first answer, and nothing done
SELECT receive_stock('STOCK-CAP', 'stock-north', 3, NULL, 'delivery 7'), receive_stock('STOCK-CAP', 'stock-north', 3, NULL, 'delivery 7');
SELECT adjust_stock('STOCK-CAP', 'stock-north', 1, 'found', 'a1'), adjust_stock('STOCK-CAP', 'stock-north', 1, 'found', 'a1');
SELECT count_stock('STOCK-CAP', 'stock-north', 9, 'delivery 7');
SELECT count_stock('STOCK-CAP', 'stock-north', 4), count_stock('STOCK-CAP', 'stock-north', 9, 'delivery 7');
SELECT transfer_stock('STOCK-CAP', 'stock-north', 'stock-south', 1, 't1'), transfer_stock('STOCK-CAP', 'stock-north', 'stock-south', 1, 't1');
SELECT receive_stock('STOCK-CAP', 'stock-north', 4, NULL, 'delivery 7');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.levels WHERE sku = 'STOCK-CAP';

/*
 * What cannot come in
 */
SELECT receive_stock('STOCK-NONE', 'stock-north', 1);
\echo :LAST_ERROR_SQLSTATE
SELECT receive_stock('STOCK-TEE', 'stock-nowhere', 1);
\echo :LAST_ERROR_SQLSTATE
SELECT receive_stock('STOCK-TEE', 'stock-closed', 1);
\echo :LAST_ERROR_SQLSTATE
SELECT transfer_stock('STOCK-TEE', 'stock-north', 'stock-closed', 1);
\echo :LAST_ERROR_SQLSTATE
SELECT transfer_stock('STOCK-TEE', 'stock-north', 'stock-north', 1);
\echo :LAST_ERROR_SQLSTATE
SELECT receive_stock('STOCK-SET', 'stock-north', 1);
\echo :LAST_ERROR_SQLSTATE
SELECT receive_stock('STOCK-HELLO', 'stock-north', 1);
SELECT receive_stock('STOCK-CARD', 'stock-north', 1);
\echo :LAST_ERROR_SQLSTATE
SELECT receive_stock('STOCK-TEE', 'stock-north', 0);
\echo :LAST_ERROR_SQLSTATE
SELECT receive_stock('STOCK-TEE', 'stock-north', -3);
SELECT receive_stock('STOCK-TEE', 'stock-north', 0.5);
\echo :LAST_ERROR_SQLSTATE
SELECT receive_stock('STOCK-TEA', 'stock-north', 0.0001);
SELECT receive_stock('STOCK-TEE', 'stock-north', 'NaN'::numeric);
\echo :LAST_ERROR_SQLSTATE
SELECT receive_stock('STOCK-TEE', 'stock-north', 9223372036854);
SELECT receive_stock('STOCK-TEE', 'stock-north', 9223372036854);
\echo :LAST_ERROR_SQLSTATE
SELECT count_stock('STOCK-TEE', 'stock-north', 4);
SELECT receive_stock('STOCK-TEE', 'stock-north', 1, '-0.01 EUR');
\echo :LAST_ERROR_SQLSTATE
SELECT receive_stock(NULL, 'stock-north', 1);
\echo :LAST_ERROR_SQLSTATE
SELECT adjust_stock('STOCK-TEE', 'stock-north', 0, 'nothing');
SELECT adjust_stock('STOCK-TEE', 'stock-north', 1, ' ');
\echo :LAST_ERROR_SQLSTATE
SELECT adjust_stock('STOCK-TEE', 'stock-north', 1, repeat('x', 1001));
SELECT adjust_stock('STOCK-TEE', 'stock-north', 1, NULL);
SELECT count_stock('STOCK-TEE', 'stock-north', -1);
\echo :LAST_ERROR_SQLSTATE

/*
 * What cannot be taken
 */
SELECT adjust_stock('STOCK-TEE', 'stock-north', -5, 'gone');
\echo :LAST_ERROR_SQLSTATE
SELECT transfer_stock('STOCK-TEE', 'stock-north', 'stock-south', 5);
SELECT transfer_stock('STOCK-TEE', 'stock-east', 'stock-south', 1);
SELECT * FROM pg_temp.levels WHERE sku = 'STOCK-TEE';
SELECT * FROM pg_temp.contradictions;

/*
 * Available: the view, by location, by channel, of kits
 */
SELECT adjust_stock('STOCK-TEE', 'stock-south', 1, 'found');
SELECT available('STOCK-TEE'), available('STOCK-TEE', 'stock-north') AS north, available('STOCK-TEE', 'stock-closed') AS closed,
       available('STOCK-TEE', NULL, 'stock-all') AS all, available('STOCK-TEE', NULL, 'stock-south') AS channel,
       available('STOCK-TEE', 'stock-north', 'stock-south') AS not_its;
-- 4 and 3 T-shirts make 2 + 1 sets, not 3.5: a set is packed at one place
SELECT available('STOCK-SET'), available('STOCK-SET', 'stock-north') AS north, available('STOCK-SET', 'stock-south') AS south,
       available('STOCK-SET', 'stock-east') AS east;
-- no stock is needed, so there is no limit; what isn't sold isn't available
SELECT available('STOCK-CARD') AS card, available('STOCK-HELLO') AS hello, available('STOCK-OLD') AS old, available(NULL);
SELECT available('STOCK-NONE');
\echo :LAST_ERROR_SQLSTATE
SELECT available('STOCK-TEE', 'stock-nowhere');
SELECT available('STOCK-TEE', NULL, 'nothing');
\echo :LAST_ERROR_SQLSTATE

/*
 * Carts
 */
-- the first location with enough, by priority
SELECT reserve('STOCK-TEE', 2) IS NOT NULL AS held;
SELECT reserve('STOCK-TEE', 3, expires => '2 hours', reference => 'cart 1') AS cart \gset
SELECT reserve('STOCK-TEE', 3, expires => '2 hours', reference => 'cart 1') = :cart AS same;
SELECT * FROM pg_temp.carts;
SELECT available('STOCK-TEE'), available('STOCK-SET');
-- a set reserves its components, of one location
SELECT reserve('STOCK-SET', 1) AS set \gset
SELECT * FROM pg_temp.carts WHERE sku = 'STOCK-CAP';
SELECT * FROM pg_temp.levels;
SELECT * FROM pg_temp.contradictions;
-- what needs no stock needs no reservation
SELECT reserve('STOCK-CARD', 1000000);

-- spread, where no location has enough
SELECT release_reservation(:set), release_reservation(:cart);
SELECT reserve('STOCK-TEE', 5) AS spread \gset
SELECT * FROM pg_temp.carts WHERE status = 'active';
SELECT available('STOCK-TEE');

-- never more than there is, in sum or at a place
SELECT reserve('STOCK-TEE', 1);
\echo :LAST_ERROR_SQLSTATE
SELECT release_reservation(:spread);
SELECT reserve('STOCK-TEE', 6);
SELECT reserve('STOCK-TEE', 3, 'stock-north');
\echo :LAST_ERROR_SQLSTATE
SELECT reserve('STOCK-SET', 3);
SELECT reserve('STOCK-TEE', 1, 'stock-closed');
\echo :LAST_ERROR_SQLSTATE
SELECT reserve('STOCK-OLD', 1);
\echo :LAST_ERROR_SQLSTATE
SELECT reserve('STOCK-TEE', 0);
SELECT reserve('STOCK-TEE', 0.5);
SELECT reserve('STOCK-TEE', 1, expires => '0');
\echo :LAST_ERROR_SQLSTATE
SELECT reserve('STOCK-TEE', 1, expires => '-1 day');
SELECT reserve('STOCK-TEE', 1, expires => '1 year');
SELECT reserve('STOCK-TEE', 1, expires => NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT reserve('STOCK-TEE', 1, 'stock-nowhere');
SELECT reserve('STOCK-NONE', 1);
\echo :LAST_ERROR_SQLSTATE
SELECT reserve('STOCK-TEE', 9, reference => 'cart 1');
\echo :LAST_ERROR_SQLSTATE

-- units that a cart holds can't be taken away
SELECT adjust_stock('STOCK-TEE', 'stock-north', -3, 'gone');
\echo :LAST_ERROR_SQLSTATE
SELECT count_stock('STOCK-TEE', 'stock-north', 1);
SELECT transfer_stock('STOCK-TEE', 'stock-north', 'stock-east', 3);
SELECT * FROM pg_temp.levels WHERE sku = 'STOCK-TEE';

/*
 * The end of a cart comes once
 */
SELECT release_reservation(:spread), release_reservation(:set, 'r1'), release_reservation(:set, 'r1');
SELECT release_reservation(-1);
\echo :LAST_ERROR_SQLSTATE
SELECT oms_internal.expire_reservations() AS not_yet;
SELECT reserve('STOCK-TEE', 1, 'stock-south', '1 hour') AS late \gset
SET oms.now = '2026-11-02 10:15:00+00';
SELECT oms_internal.expire_reservations(1), oms_internal.expire_reservations();
SET oms.now = '2026-11-02 11:00:00+00';
SELECT oms_internal.expire_reservations();
SELECT release_reservation(:late);
SELECT oms_internal.expire_reservations(0);
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.carts;
SELECT * FROM pg_temp.levels;
SELECT * FROM pg_temp.contradictions;

/*
 * Everything that is available can be reserved, and not one unit more
 */
SELECT available('STOCK-SET') AS sets, available('STOCK-TEA') AS tea \gset
SELECT reserve('STOCK-SET', :sets + 1);
SELECT reserve('STOCK-SET', :sets) IS NOT NULL AS held;
SELECT available('STOCK-SET');
SELECT reserve('STOCK-TEA', :tea + 0.001);
SELECT reserve('STOCK-TEA', :tea) IS NOT NULL AS held;
SELECT available('STOCK-TEA');
SELECT * FROM pg_temp.contradictions;

/*
 * Written by hand: loaded with the movement that explains it, but nothing
 * that only functions may write
 */
INSERT INTO stock_levels (sku_id, location_id, on_hand)
SELECT sku_id, location_id, 40 FROM skus AS s, locations AS l WHERE s.code = 'STOCK-OLD' AND l.code = 'stock-east';
UPDATE stock_levels SET on_hand = on_hand - 15
FROM skus AS s WHERE s.sku_id = stock_levels.sku_id AND s.code = 'STOCK-OLD';
SELECT * FROM pg_temp.movements WHERE sku = 'STOCK-OLD';
INSERT INTO stock_levels (sku_id, location_id, on_hand, reserved)
SELECT sku_id, location_id, 1, 1 FROM skus AS s, locations AS l WHERE s.code = 'STOCK-OLD' AND l.code = 'stock-north';
\echo :LAST_ERROR_SQLSTATE
UPDATE stock_levels SET reserved = 0 WHERE reserved > 0;
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY terse
UPDATE stock_levels SET on_hand = -1 WHERE sku_id = (SELECT sku_id FROM skus WHERE code = 'STOCK-OLD');
UPDATE stock_levels SET location_id = (SELECT location_id FROM locations WHERE code = 'stock-south')
WHERE sku_id = (SELECT sku_id FROM skus WHERE code = 'STOCK-OLD');
\echo :LAST_ERROR_SQLSTATE
DELETE FROM stock_levels WHERE sku_id = (SELECT sku_id FROM skus WHERE code = 'STOCK-OLD');
\echo :LAST_ERROR_SQLSTATE
\set VERBOSITY default
DELETE FROM stock_movements;
\echo :LAST_ERROR_SQLSTATE
UPDATE reservations SET status = 'released';
\echo :LAST_ERROR_SQLSTATE
TRUNCATE reservations;
SELECT * FROM pg_temp.contradictions;
ROLLBACK;
