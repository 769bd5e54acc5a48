-- test/bench/forecast/orders.sql: the orders of :day, as many lines as the series have sold a day
\set ON_ERROR_STOP on
SET session_replication_role = replica;
SET search_path = oms, public;
CREATE TEMPORARY TABLE sold AS
SELECT (row_number() OVER (PARTITION BY location_id ORDER BY random()) - 1) / 3 * 10 + location_id AS n, sku_id, location_id,
       1 + (random() * 3)::int AS units
FROM skus, locations WHERE random() < 0.4;
CREATE TEMPORARY TABLE placed AS
SELECT nextval('orders_order_id_seq') AS order_id, n, (:'day'::date + random() * interval '1 day') AS placed_at
FROM (SELECT DISTINCT n FROM sold ORDER BY n) AS s;
INSERT INTO orders (order_id, channel_id, reference, status, currency, lines_total, shipping_price, shipping_tax, discount, total, placed_at)
SELECT order_id, 1, order_id, 'confirmed', 'EUR', '0 EUR', '0 EUR', '0 EUR', '0 EUR', '0 EUR', placed_at FROM placed;
INSERT INTO order_lines (order_id, line_no, sku_id, quantity, allocated, unit_price, discount, tax, total)
SELECT order_id, row_number() OVER (PARTITION BY order_id), sku_id, units, units, 0, '0 EUR', '0 EUR', '0 EUR' FROM sold JOIN placed USING (n);
INSERT INTO fulfillments (order_id, fulfillment_no, location_id)
SELECT order_id, 1, n % 10 FROM placed;
INSERT INTO fulfillment_lines (order_id, fulfillment_no, line_no, quantity)
SELECT order_id, 1, line_no, quantity FROM order_lines JOIN placed USING (order_id);
INSERT INTO events (order_id, sequence, type, subject_no)
SELECT order_id, e.sequence, e.type, e.subject_no
FROM placed, (VALUES (1, 'order.placed', NULL), (2, 'payment.authorized', 1), (3, 'fulfillment.planned', 1), (4, 'order.confirmed', NULL),
                     (5, 'fulfillment.released', 1)) AS e(sequence, type, subject_no)
ORDER BY order_id, e.sequence;
SELECT count(*) FROM placed;
