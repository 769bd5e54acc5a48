/*
 * test/bench/history.sql: :orders orders that are long delivered
 *
 * Loaded set-based and without triggers, as a dump is: a million orders of
 * three lines, 19 million rows, take minutes that way.
 */
\set ON_ERROR_STOP on
SET session_replication_role = replica;
SET synchronous_commit = off;
SET search_path = oms, pg_catalog;
CREATE TEMP TABLE placed AS
    SELECT nextval('oms.orders_order_id_seq') AS order_id, n, now() - n * interval '1 minute' AS at
    FROM generate_series(1, :orders::bigint) AS n;
INSERT INTO oms.orders (order_id, channel_id, reference, status, currency, lines_total, shipping_price, shipping_tax,
                        discount, total, placed_at, status_at, customer_id, service_id, destination, ship_to, document_hash)
SELECT order_id, 1, 'H-' || n, 'completed', 'EUR', '73.80 EUR', '4.90 EUR', '0.00 EUR',
       '0.00 EUR', '78.70 EUR', at, at, n % 10000 + 1, 1, oms_internal.make_point(37.001, -9.001 + (n % 50) * 0.1),
       '{"name": "Ana Bench", "line1": "Rua da Boavista 1", "city": "Porto", "region": "13", "postcode": "4000-001", "country": "PT"}', 4711
FROM placed;
INSERT INTO oms.order_lines (order_id, line_no, sku_id, quantity, allocated, shipped, delivered, unit_price, discount, tax, total)
SELECT order_id, l, (n * 7919 + l * 3333) % 10000 + 1, '2', '2', '2', '2', 10, '0.00 EUR', '4.60 EUR', '24.60 EUR'
FROM placed, generate_series(1, 3) AS l;
INSERT INTO oms.fulfillments (order_id, fulfillment_no, location_id, status, status_at, distance_m, created_at)
SELECT order_id, 1, n % 50 + 1, 'delivered', at, 123.4, at FROM placed;
INSERT INTO oms.fulfillment_lines (order_id, fulfillment_no, line_no, quantity)
SELECT order_id, 1, l, '2' FROM placed, generate_series(1, 3) AS l;
INSERT INTO oms.reservations (sku_id, location_id, quantity, status, order_id, fulfillment_no, line_no)
SELECT (n * 7919 + l * 3333) % 10000 + 1, n % 50 + 1, '2', 'consumed', order_id, 1, l
FROM placed, generate_series(1, 3) AS l;
INSERT INTO oms.payments (order_id, payment_no, method, provider, reference, status, amount, authorized, captured, refunded)
SELECT order_id, 1, 'card', 'psp', 'H-' || n, 'captured', '78.70 EUR', '78.70 EUR', '78.70 EUR', '0.00 EUR' FROM placed;
INSERT INTO oms.payment_entries (order_id, payment_no, entry_no, kind, amount)
SELECT order_id, 1, e, CASE e WHEN 1 THEN 'authorization' ELSE 'capture' END, '78.70 EUR'
FROM placed, generate_series(1, 2) AS e;
INSERT INTO oms.events (order_id, sequence, type, occurred_at)
SELECT order_id, e, (ARRAY['order.placed', 'order.confirmed', 'fulfillment.shipped', 'fulfillment.delivered', 'order.completed'])[e], at
FROM placed, generate_series(1, 5) AS e;
RESET session_replication_role;
VACUUM ANALYZE;
