/*
 * test/bench/shop.sql: the shop that is measured
 *
 * :skus SKUs at 10 EUR, each with stock at all of :locations locations, which
 * stand 0.1 degrees apart so that an order's destination decides its source,
 * and 10,000 customers. Rows are loaded without triggers, as a dump is, with
 * the movements that explain the stock and what it cost, 4 EUR each.
 */
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION oms CASCADE;
\o /dev/null
SELECT oms.install();
SELECT oms.put_channel('{"code": "web", "name": "Web shop", "kind": "web", "currency": "EUR"}');
SELECT oms.put_shipping_service('{"code": "standard", "carrier": "post", "name": "Standard", "currency": "EUR", "kind": "delivery",
    "rates": [{"country": "PT", "max_weight_g": 2000, "price": "4.90", "transit_days": 2},
              {"country": "PT", "max_weight_g": 30000, "price": "4.90", "transit_days": 3},
              {"max_weight_g": 30000, "price": "14.90", "transit_days": 6}]}');
SELECT oms.put_tax_rate(d)
FROM (VALUES ('{"country": "PT", "rate": 0.23}'::jsonb),
             ('{"country": "PT", "category": "book", "rate": 0.06}'),
             ('{"country": "ES", "rate": 0.21}'),
             ('{"country": "FR", "rate": 0.20}')) AS t(d);
\o
SET session_replication_role = replica;
INSERT INTO oms.locations (location_id, code, name, country, point, ships_to)
SELECT n, 'L' || n, 'Location ' || n, 'PT', oms_internal.make_point(37 + (n / 100) * 0.01, -9 + (n % 100) * 0.1),
       CASE WHEN n % 5 = 0 THEN '{PT,ES}'::oms.country[] END
FROM generate_series(1, :locations) AS n;
INSERT INTO oms.skus (sku_id, code, name, weight_g, tax_category)
SELECT n, 'S' || n, 'Article ' || n, 200, CASE WHEN n % 2 = 0 THEN 'apparel' END
FROM generate_series(1, :skus) AS n;
INSERT INTO oms.prices (sku_id, currency, price)
SELECT n, 'EUR', 10 FROM generate_series(1, :skus) AS n;
INSERT INTO oms.customers (customer_id, reference, email, name)
SELECT n, 'C' || n, 'c' || n || '@shop.example', 'Customer ' || n
FROM generate_series(1, 10000) AS n;
INSERT INTO oms.stock_levels (sku_id, location_id, on_hand)
SELECT s, l, 1000000 FROM generate_series(1, :skus) AS s, generate_series(1, :locations) AS l;
INSERT INTO oms.cost_layers (sku_id, location_id, layer_id, quantity, value)
SELECT sku_id, location_id, 0, on_hand, '4000000 EUR' FROM oms.stock_levels;
INSERT INTO oms.stock_movements (sku_id, location_id, quantity, kind, unit_cost, value)
SELECT sku_id, location_id, on_hand, 'receipt', '4 EUR', '4000000 EUR' FROM oms.stock_levels;
SELECT setval('oms.locations_location_id_seq', :locations) AS a,
       setval('oms.skus_sku_id_seq', :skus) AS b,
       setval('oms.customers_customer_id_seq', 10000) AS c \gset
RESET session_replication_role;
VACUUM ANALYZE;
