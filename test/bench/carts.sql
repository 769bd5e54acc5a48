/*
 * test/bench/carts.sql: 100,000 carts whose time is over, loaded without
 * triggers, as a dump is; ten hold units of each of 10,000 stock levels
 */
\set ON_ERROR_STOP on
SET session_replication_role = replica;
SET search_path = oms, pg_catalog;
INSERT INTO oms.reservations (sku_id, location_id, quantity, expires_at)
SELECT n % 10000 + 1, n % 50 + 1, '1', now() - n * interval '1 ms' FROM generate_series(1, 100000) AS n;
UPDATE oms.stock_levels SET reserved = reserved + '10'::quantity WHERE location_id = (sku_id - 1) % 50 + 1;
RESET session_replication_role;
VACUUM ANALYZE oms.reservations, oms.stock_levels;
