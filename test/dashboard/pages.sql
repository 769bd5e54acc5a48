-- pages of a store without anything, and of one that tries to break them; written into the directory :pages
CREATE EXTENSION oms CASCADE;
SELECT oms.install() \g /dev/null
SET search_path = oms, public;
SET oms.now = '2026-11-01 12:00:00+00';
\o :pages/empty.html
SELECT dashboard_html();

\o /dev/null
\set name '<script>alert("1")</script> & Söhne '
SELECT put_channel(jsonb_build_object('code', 'hostile', 'name', :'name' || repeat('Verylongwordwithoutblanks', 5), 'currency', 'EUR')),
       put_channel(jsonb_build_object('code', 'plain', 'name', repeat('many short words ', 8), 'currency', 'EUR')),
       put_location(jsonb_build_object('code', 'far', 'name', :'name', 'country', 'PT', 'lat', 41, 'lon', -8, 'takes_returns', true)),
       put_product(jsonb_build_object('code', 'HUGE', 'name', :'name', 'category', repeat('deep_and_long_category.', 4) || 'leaf')),
       put_sku(jsonb_build_object('code', 'HUGE', 'product', 'HUGE', 'name', :'name' || repeat('x', 120), 'price', '90000000000.00 EUR', 'cost', '50000000000.00 EUR')),
       put_sku(jsonb_build_object('code', 'TINY', 'name', 'Tiny', 'price', '0.01 EUR'));
SELECT receive_stock('HUGE', 'far', 700), receive_stock('TINY', 'far', 1000000000);
SELECT place_order(jsonb_build_object(
    'channel', CASE n % 2 WHEN 0 THEN 'hostile' ELSE 'plain' END, 'reference', 'N-' || n, 'placed_at', timestamptz '2026-10-31 12:00:00+00' - make_interval(days => n),
    'customer', jsonb_build_object('reference', 'C-' || n % 3, 'name', :'name'),
    'ship_to', jsonb_build_object('country', 'PT', 'region', :'name' || repeat('Region', 20), 'lat', 41, 'lon', -8),
    'lines', jsonb_build_array(jsonb_build_object('sku', CASE n % 3 WHEN 0 THEN 'TINY' ELSE 'HUGE' END, 'quantity', least(n, 10), 'tax', 0)), 'shipping', '{"price": 0, "tax": 0}'::jsonb,
    'payments', jsonb_build_array(jsonb_build_object('method', 'card', 'status', 'captured', 'amount', least(n, 10) * CASE n % 3 WHEN 0 THEN 0.01 ELSE 90000000000 END))))
FROM generate_series(1, 40) AS n;
SELECT pack(order_id, 1), ship(order_id, 1, jsonb_build_object('carrier', btrim(:'name'), 'number', 'N' || order_id)), mark_delivered(order_id, 1)
FROM orders WHERE order_id % 4 > 0;
INSERT INTO alerts (kind, key, severity, message) VALUES ('own', 'x', 'critical', :'name' || repeat('Alertwithoutblanks', 20));
\o :pages/hostile.html
SELECT dashboard_html(title => :'name');
\o :pages/channel.html
SELECT dashboard_html('2026-10-31', '2026-10-31', channel => 'hostile');
\o
