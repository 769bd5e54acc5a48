/*
 * test/bench/network.sql: SKUs that few locations have, beside S1 to S5 that
 * all :locations have: S6 in three far away, S7 to S11 in 50 each, at random
 */
\set ON_ERROR_STOP on
SET client_min_messages = warning;
SET session_replication_role = replica;
INSERT INTO oms.skus (sku_id, code, name, weight_g)
SELECT n, 'S' || n, 'Article ' || n, 200 FROM generate_series(6, 11) AS n;
SELECT setseed(0.5) \g /dev/null
INSERT INTO oms.stock_levels (sku_id, location_id, on_hand)
SELECT 6, :locations - n, 1000000 FROM generate_series(0, 2) AS n
UNION ALL
SELECT s, l, 1000000
FROM generate_series(7, 11) AS s,
     LATERAL (SELECT l FROM generate_series(1, :locations) AS l WHERE s > 0 ORDER BY random() LIMIT 50) AS l;
INSERT INTO oms.stock_movements (sku_id, location_id, quantity, kind)
SELECT sku_id, location_id, on_hand, 'receipt' FROM oms.stock_levels WHERE sku_id > 5;
RESET session_replication_role;
VACUUM ANALYZE oms.stock_levels;
