/*
 * test/bench/split.sql: each range of 50 SKUs from S251 on is missing at one in
 * five locations, so that no location has an order of SKUs of all five ranges
 */
\set ON_ERROR_STOP on
SET session_replication_role = replica;
DELETE FROM oms.stock_movements WHERE sku_id > 250 AND location_id % 5 = (sku_id - 251) / 50;
DELETE FROM oms.stock_levels WHERE sku_id > 250 AND location_id % 5 = (sku_id - 251) / 50;
RESET session_replication_role;
VACUUM ANALYZE oms.stock_levels;
