/*
 * test/bench/report/history.sql: :orders orders of two years, with what came of them
 *
 * Five channels, one of them in another currency, categories of three levels,
 * customers of five countries; most orders are long delivered and paid, those
 * of the last days are not, some are cancelled, and of every twelfth something
 * came back. Each has its payment, invoice, postings, movements, settlement
 * line and events. Loaded set-based and without triggers, as a dump is.
 */
\set ON_ERROR_STOP on
SET session_replication_role = replica;
SET synchronous_commit = off;
SET work_mem = '256MB';
SET search_path = oms, public, pg_catalog;

/* the shop of test/bench/shop.sql has one channel and no categories */
INSERT INTO channels (channel_id, code, name, kind, currency)
VALUES (2, 'market', 'Marketplace', 'marketplace', 'USD'), (3, 'store', 'Store', 'store', 'EUR'), (4, 'b2b', 'Business', 'b2b', 'EUR'),
       (5, 'phone', 'Phone', 'phone', 'EUR');
INSERT INTO products (product_id, code, name, category)
SELECT n, 'P' || n, 'Product ' || n, format('c%s.d%s.e%s', n % 5, n % 20, n % 60)::text::ltree FROM generate_series(1, 2500) AS n;
UPDATE skus SET product_id = (sku_id - 1) / 4 + 1, cost = '4 EUR';
UPDATE customers SET customer_group = CASE customer_id % 10 WHEN 0 THEN 'wholesale' WHEN 1 THEN 'vip' END;
INSERT INTO return_reasons (code, name, fault)
VALUES ('too_small', 'Too small', 'customer'), ('damaged', 'Damaged', 'carrier'), ('wrong', 'Wrong item', 'seller') ON CONFLICT DO NOTHING;
INSERT INTO settings (name, value) VALUES ('base_currency', 'EUR') ON CONFLICT DO NOTHING;

CREATE TEMP TABLE placed AS
SELECT n.order_id, n.g, n.at, n.r, n.age, n.channel_id, CASE n.channel_id WHEN 2 THEN 'USD' ELSE 'EUR' END AS currency,
       CASE n.channel_id WHEN 2 THEN 0.92 ELSE 1 END AS rate, (n.r[1] % 20000) / 2 + 1 AS customer_id, n.r[2] % 50 + 1 AS location_id,
       ('{PT,PT,PT,ES,FR,DE,US}'::text[])[n.r[3] % 7 + 1] AS country, n.r[4] % 5 + 1 AS lines,
       n.r[5] % 50 = 0 AS cancelled, NOT n.r[5] % 50 = 0 AND n.age > '2 days' AS shipped, NOT n.r[5] % 50 = 0 AND n.age > '5 days' AS delivered,
       NOT n.r[5] % 50 = 0 AND n.age > '12 days' AND n.r[6] % 12 = 0 AS returned, n.at + make_interval(hours => n.r[7] % 40 + 2) AS shipped_at,
       n.at + make_interval(hours => n.r[7] % 40 + 2 + n.r[8] % 70) AS delivered_at,
       n.at + make_interval(hours => n.r[7] % 40 + 2 + n.r[8] % 70 + n.r[9] % 200) AS returned_at
FROM (SELECT nextval('orders_order_id_seq') AS order_id, g, now() - a.age AS at, a.age,
             ARRAY(SELECT (hashint8(g * 16 + i) & 2147483647) FROM generate_series(1, 9) AS i) AS r,
             ('{1,1,1,2,2,3,4,5}'::integer[])[(hashint8(g) & 2147483647) % 8 + 1] AS channel_id
      FROM generate_series(1, :orders::bigint) AS g
      CROSS JOIN LATERAL (SELECT make_interval(secs => (:orders - g) * 63072000.0 / :orders)) AS a(age)) AS n;
CREATE TEMP TABLE line AS
SELECT p.order_id, l AS line_no, p.currency, p.rate, p.at, p.shipped, p.delivered, p.cancelled, p.returned AND l = 1 AS returned, p.returned_at,
       p.shipped_at, p.location_id, s.sku_id, s.quantity, s.price, s.tax, s.price * s.quantity AS goods, p.r
FROM placed AS p
CROSS JOIN generate_series(1, p.lines) AS l
CROSS JOIN LATERAL (
    SELECT (power(((hashint8(p.g * 8 + l) & 2147483647) % 100000) / 100000.0, 2) * 9999)::bigint + 1 AS sku_id, (p.g + l) % 3 + 1 AS quantity) AS k
CROSS JOIN LATERAL (SELECT k.sku_id, k.quantity, 5 + k.sku_id % 40 + 0.5 AS price, round((5 + k.sku_id % 40 + 0.5) * k.quantity * 0.23, 2) AS tax) AS s;
CREATE TEMP TABLE total AS
SELECT order_id, sum(goods) AS goods, sum(tax) AS tax, sum(goods + tax) AS total FROM line GROUP BY order_id;
CREATE INDEX ON line (order_id);
CREATE INDEX ON total (order_id);
ANALYZE placed, line, total;

INSERT INTO orders (order_id, channel_id, reference, status, status_at, currency, lines_total, shipping_price, shipping_tax, discount, total,
                    placed_at, customer_id, service_id, destination, ship_to, document_hash, base_rate)
SELECT p.order_id, p.channel_id, 'H-' || p.g,
       (CASE WHEN p.cancelled THEN 'cancelled' WHEN p.delivered THEN 'completed' WHEN p.shipped THEN 'shipped' ELSE 'confirmed' END)::order_status,
       CASE WHEN p.cancelled THEN p.at WHEN p.delivered THEN p.delivered_at WHEN p.shipped THEN p.shipped_at ELSE p.at END, p.currency,
       amount(CASE WHEN p.cancelled THEN 0 ELSE t.total END, p.currency), amount(CASE WHEN p.cancelled THEN 0 ELSE 4.90 END, p.currency),
       amount(0, p.currency), amount(0, p.currency), amount(CASE WHEN p.cancelled THEN 0 ELSE t.total + 4.90 END, p.currency), p.at, p.customer_id,
       1, oms_internal.make_point(37.001, -9.001 + (p.g % 50) * 0.1),
       jsonb_build_object('name', 'Ana Bench', 'line1', 'Rua da Boavista 1', 'city', 'Porto', 'region', (p.r[2] % 20)::text, 'postcode', '4000-001',
                          'country', p.country), 4711, nullif(p.rate, 1)
FROM placed AS p JOIN total AS t USING (order_id) ORDER BY p.order_id;
INSERT INTO order_lines (order_id, line_no, sku_id, quantity, cancelled, allocated, shipped, delivered, returned, unit_price, discount, tax, total, tax_rate,
                         tax_jurisdiction)
SELECT order_id, line_no, sku_id, quantity, CASE WHEN cancelled THEN quantity ELSE 0 END, CASE WHEN cancelled THEN 0 ELSE quantity END,
       CASE WHEN shipped THEN quantity ELSE 0 END, CASE WHEN delivered THEN quantity ELSE 0 END, CASE WHEN returned THEN 1 ELSE 0 END, price,
       amount(0, currency), amount(tax, currency), amount(CASE WHEN cancelled THEN 0 ELSE goods + tax END, currency), 0.23, 'PT'
FROM line ORDER BY order_id, line_no;
INSERT INTO fulfillments (order_id, fulfillment_no, location_id, status, status_at, distance_m, ships_on, arrives_on, created_at)
SELECT order_id, 1, location_id, (CASE WHEN delivered THEN 'delivered' WHEN shipped THEN 'shipped' ELSE 'released' END)::fulfillment_status,
       CASE WHEN delivered THEN delivered_at WHEN shipped THEN shipped_at ELSE at END, 123.4, at::date + 1, at::date + 4, at
FROM placed WHERE NOT cancelled ORDER BY order_id;
INSERT INTO fulfillment_lines (order_id, fulfillment_no, line_no, quantity)
SELECT order_id, 1, line_no, quantity FROM line WHERE NOT cancelled ORDER BY order_id, line_no;
INSERT INTO shipments (order_id, fulfillment_no, carrier, tracking_number, service, shipped_at, delivered_at)
SELECT order_id, 1, ('{post,express,parcel}'::text[])[r[7] % 3 + 1], 'T' || order_id, 'standard', shipped_at, CASE WHEN delivered THEN delivered_at END
FROM placed WHERE shipped ORDER BY order_id;
INSERT INTO reservations (sku_id, location_id, quantity, status, order_id, fulfillment_no, line_no)
SELECT sku_id, location_id, quantity, (CASE WHEN shipped THEN 'consumed' ELSE 'active' END)::reservation_status, order_id, 1, line_no
FROM line WHERE NOT cancelled ORDER BY order_id, line_no;
/* what each place has received, once within these two years, is what has left it and what is left, little of most */
CREATE TEMP TABLE level AS
SELECT v.sku_id, v.location_id, coalesce(m.reserved, 0) AS reserved, coalesce(m.reserved, 0) + u.units AS on_hand,
       coalesce(m.reserved, 0) + u.units + coalesce(m.moved, 0) AS received, now() - make_interval(days => 730) * power(u.share, 2) AS received_at
FROM stock_levels AS v
CROSS JOIN LATERAL (SELECT (1 + 39 * power((hashint8(v.sku_id * 64 + v.location_id) & 65535) / 65536.0, 4))::integer AS units,
                           (hashint8(v.sku_id * 64 + v.location_id + 1) & 65535) / 65536.0 AS share) AS u
LEFT JOIN (SELECT sku_id, location_id, coalesce(sum(quantity) FILTER (WHERE shipped), 0) - count(*) FILTER (WHERE returned) AS moved,
                  coalesce(sum(quantity) FILTER (WHERE NOT shipped AND NOT cancelled), 0) AS reserved
           FROM line
           GROUP BY sku_id, location_id) AS m USING (sku_id, location_id);
TRUNCATE stock_levels, cost_layers, stock_movements;
INSERT INTO stock_levels (sku_id, location_id, on_hand, reserved) SELECT sku_id, location_id, on_hand, reserved FROM level ORDER BY sku_id, location_id;
INSERT INTO cost_layers (sku_id, location_id, layer_id, quantity, value, received_at)
SELECT sku_id, location_id, 0, on_hand, amount(4 * on_hand, 'EUR'), received_at FROM level ORDER BY sku_id, location_id;
INSERT INTO stock_movements (sku_id, location_id, quantity, kind, order_id, fulfillment_no, unit_cost, value, occurred_at)
SELECT sku_id, location_id, received, 'receipt', NULL, NULL, '4 EUR'::amount, amount(4 * received, 'EUR'), received_at FROM level
UNION ALL
SELECT sku_id, location_id, -quantity, 'shipment', order_id, 1, NULL, amount(-4 * quantity, 'EUR'), shipped_at FROM line WHERE shipped
UNION ALL
SELECT sku_id, location_id, 1, 'return', order_id, NULL, NULL, '4 EUR', returned_at FROM line WHERE returned
ORDER BY 9;
INSERT INTO payments (order_id, payment_no, method, provider, reference, status, amount, authorized, captured, refunded, created_at)
SELECT p.order_id, 1, 'card', CASE p.r[1] % 2 WHEN 0 THEN 'stripe' ELSE 'adyen' END, 'pi_' || p.order_id,
       (CASE WHEN p.cancelled THEN 'voided' WHEN p.shipped THEN 'captured' ELSE 'authorized' END)::payment_status,
       amount(t.total + 4.90, p.currency), amount(t.total + 4.90, p.currency), amount(CASE WHEN p.shipped THEN t.total + 4.90 ELSE 0 END, p.currency),
       amount(0, p.currency), p.at
FROM placed AS p JOIN total AS t USING (order_id) WHERE p.channel_id <> 4 ORDER BY p.order_id;
INSERT INTO payment_entries (order_id, payment_no, entry_no, kind, amount, occurred_at)
SELECT p.order_id, 1, e, (ARRAY['authorization', 'capture'])[e], p.amount, o.placed_at + e * interval '1 hour'
FROM payments AS p JOIN orders AS o USING (order_id) CROSS JOIN generate_series(1, 2) AS e
WHERE e = 1 OR p.status = 'captured' ORDER BY p.order_id, e;
INSERT INTO settlement_providers (provider, reported_on, checked_on) SELECT unnest('{stripe,adyen}'::text[]), current_date - 1, current_date - 10;
INSERT INTO settlements (provider, reference, kind, amount, fee, occurred_on, payment_reference, status, order_id, payment_no, entry_no, closed_at, fault)
SELECT p.provider, 'ch_' || p.order_id, 'capture', p.amount, p.amount * 0.014, e.occurred_at::date + 1, p.reference,
       CASE WHEN p.order_id % 1000 = 0 THEN 'mismatched' WHEN e.occurred_at > now() - interval '3 days' THEN 'open' ELSE 'matched' END,
       CASE WHEN p.order_id % 1000 = 0 OR e.occurred_at > now() - interval '3 days' THEN NULL ELSE p.order_id END,
       CASE WHEN p.order_id % 1000 = 0 OR e.occurred_at > now() - interval '3 days' THEN NULL ELSE 1 END,
       CASE WHEN p.order_id % 1000 = 0 OR e.occurred_at > now() - interval '3 days' THEN NULL ELSE 2 END,
       CASE WHEN p.order_id % 1000 = 0 OR e.occurred_at > now() - interval '3 days' THEN NULL ELSE e.occurred_at + interval '1 day' END,
       CASE WHEN p.order_id % 1000 = 0 THEN 'missing_here' END
FROM payments AS p JOIN payment_entries AS e USING (order_id, payment_no) WHERE e.kind = 'capture' ORDER BY p.order_id;

/* what came back */
INSERT INTO returns (order_id, return_no, status, status_at, reason, requested_at)
SELECT order_id, 1, 'completed', returned_at, (ARRAY['too_small', 'damaged', 'wrong', 'I do not like it'])[r[9] % 4 + 1], returned_at
FROM placed WHERE returned ORDER BY order_id;
INSERT INTO return_lines (order_id, return_no, line_no, fault, requested, approved, received, inspected, accepted)
SELECT order_id, 1, line_no, 'customer', 1, 1, 1, 1, 1 FROM line WHERE returned ORDER BY order_id;
INSERT INTO return_receipts (order_id, return_no, receipt_no, line_no, location_id, quantity, inspected, received_at)
SELECT order_id, 1, 1, line_no, location_id, 1, 1, returned_at FROM line WHERE returned ORDER BY order_id;
INSERT INTO return_inspections (order_id, return_no, inspection_no, line_no, location_id, quantity, grade, disposition, inspected_at)
SELECT order_id, 1, 1, line_no, location_id, 1, (ARRAY['A', 'B', 'C'])[r[9] % 3 + 1], (ARRAY['restock', 'restock', 'refurbish', 'scrap'])[r[8] % 4 + 1], returned_at
FROM line WHERE returned ORDER BY order_id;

/* invoices, on terms where the customer is a business */
INSERT INTO invoices (order_id, invoice_no, kind, goods, shipping, discount, tax, fee, total, series, number, issued_on, due_on, created_at, name, closed)
SELECT p.order_id, 1, 'invoice', amount(t.goods, p.currency), amount(4.90, p.currency), amount(0, p.currency), amount(t.tax, p.currency),
       amount(0, p.currency), amount(t.total + 4.90, p.currency), 'invoice', p.g, p.shipped_at::date,
       p.shipped_at::date + CASE p.channel_id WHEN 4 THEN 30 ELSE 0 END, p.shipped_at, 'INV-' || p.g, p.channel_id <> 4
FROM placed AS p JOIN total AS t USING (order_id) WHERE p.shipped ORDER BY p.order_id;
INSERT INTO invoice_lines (order_id, invoice_no, line_no, quantity, goods, discount, tax, tax_rate, tax_jurisdiction)
SELECT order_id, 1, line_no, quantity, amount(goods, currency), amount(0, currency), amount(tax, currency), 0.23, 'PT' FROM line WHERE shipped
UNION ALL
SELECT order_id, 1, 0, NULL, amount(4.90, currency), amount(0, currency), amount(0, currency), NULL, NULL FROM placed WHERE shipped
ORDER BY order_id, line_no;
INSERT INTO invoices (order_id, invoice_no, kind, reason, return_no, goods, shipping, discount, tax, fee, total, series, number, issued_on, created_at, name)
SELECT l.order_id, 2, 'credit_note', 'return', 1, amount(l.price, l.currency), amount(0, l.currency), amount(0, l.currency),
       amount(round(l.price * 0.23, 2), l.currency), amount(0, l.currency), amount(l.price + round(l.price * 0.23, 2), l.currency), 'credit_note', l.order_id,
       l.returned_at::date, l.returned_at, 'CN-' || l.order_id
FROM line AS l WHERE l.returned ORDER BY l.order_id;
INSERT INTO invoice_lines (order_id, invoice_no, line_no, quantity, goods, discount, tax, tax_rate, tax_jurisdiction)
SELECT order_id, 2, line_no, 1, amount(price, currency), amount(0, currency), amount(round(price * 0.23, 2), currency), 0.23, 'PT' FROM line WHERE returned;
/* of businesses those of the last two months owe something */
UPDATE invoices SET closed = true FROM orders AS o WHERE o.order_id = invoices.order_id AND o.channel_id = 4 AND invoices.created_at < now() - interval '60 days';
INSERT INTO payments (order_id, payment_no, method, status, amount, authorized, captured, refunded, created_at)
SELECT p.order_id, 1, 'bank_transfer', 'captured', amount(t.total + 4.90, 'EUR'), amount(t.total + 4.90, 'EUR'), amount(t.total + 4.90, 'EUR'), amount(0, 'EUR'), p.at
FROM placed AS p JOIN total AS t USING (order_id) WHERE p.channel_id = 4 AND p.shipped AND p.age > '60 days' ORDER BY p.order_id;

/* the books: a posting each for the money, the goods, their cost and what came back */
CREATE TEMP TABLE posting AS
SELECT f.*, nextval('ledger_entries_posting_id_seq') AS posting_id
FROM (SELECT order_id, 'capture' AS kind, at + interval '2 hours' AS at, currency, rate FROM placed WHERE shipped AND (channel_id <> 4 OR age > '60 days')
      UNION ALL SELECT order_id, 'shipment', shipped_at, currency, rate FROM placed WHERE shipped
      UNION ALL SELECT order_id, 'cost', shipped_at, currency, rate FROM placed WHERE shipped
      UNION ALL SELECT order_id, 'credit_note', returned_at, currency, rate FROM placed WHERE returned
      ORDER BY 3) AS f;
INSERT INTO ledger_entries (posting_id, line_no, posted_at, kind, account, amount, base_amount, order_id, subject_no, tax_jurisdiction, provider, sku_id, location_id)
SELECT p.posting_id, e.line_no, p.at, p.kind, e.account, amount(e.n, e.currency), amount(round(e.n * e.rate, 2), 'EUR'), p.order_id, 1,
       CASE e.account WHEN 'tax_payable' THEN 'PT' END, CASE e.account WHEN 'clearing' THEN 'stripe' END, e.sku_id, e.location_id
FROM posting AS p
JOIN total AS t USING (order_id)
CROSS JOIN LATERAL (
    SELECT v.line_no, v.account, v.n, p.currency, p.rate, NULL::bigint AS sku_id, NULL::integer AS location_id
    FROM (VALUES ('capture', 1, 'clearing', t.total + 4.90), ('capture', 2, 'deferred_revenue', -t.total - 4.90),
                 ('shipment', 1, 'shipping_income', -4.90), ('shipment', 2, 'revenue', -t.goods), ('shipment', 3, 'tax_payable', -t.tax),
                 ('shipment', 4, 'deferred_revenue', t.total + 4.90), ('credit_note', 1, 'returns', 10), ('credit_note', 2, 'tax_payable', 2.30),
                 ('credit_note', 3, 'deferred_revenue', -12.30)) AS v(kind, line_no, account, n)
    WHERE v.kind = p.kind
    UNION ALL
    SELECT 2 * l.line_no - s, CASE s WHEN 1 THEN 'cost_of_goods_sold' ELSE 'inventory' END, CASE s WHEN 1 THEN 4 ELSE -4 END * l.quantity, 'EUR', 1, l.sku_id,
           l.location_id
    FROM line AS l CROSS JOIN generate_series(0, 1) AS s
    WHERE p.kind = 'cost' AND l.order_id = p.order_id) AS e
ORDER BY p.posting_id, e.line_no;
INSERT INTO events (order_id, sequence, type, subject_no, occurred_at)
SELECT p.order_id, row_number() OVER (PARTITION BY p.order_id ORDER BY e.n), e.type, e.subject_no, e.at
FROM placed AS p
CROSS JOIN LATERAL (
    VALUES (1, 'order.placed', NULL, p.at, true), (2, 'order.confirmed', NULL, p.at, true), (3, 'fulfillment.planned', 1, p.at, NOT p.cancelled),
           (4, 'fulfillment.released', 1, p.at, NOT p.cancelled), (5, 'order.cancelled', NULL, p.at, p.cancelled), (6, 'fulfillment.shipped', 1, p.shipped_at, p.shipped),
           (7, 'order.shipped', NULL, p.shipped_at, p.shipped), (8, 'fulfillment.delivered', 1, p.delivered_at, p.delivered),
           (9, 'order.delivered', NULL, p.delivered_at, p.delivered), (10, 'return.received', 1, p.returned_at, p.returned),
           (11, 'order.completed', NULL, p.delivered_at, p.delivered)) AS e(n, type, subject_no, at, is_so)
WHERE e.is_so
ORDER BY p.order_id, e.n;
RESET session_replication_role;
VACUUM ANALYZE;
