-- stock buffers, as carts and orders meet them
SET search_path = oms, public;
SET client_min_messages = warning;
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
BEGIN;

SELECT put_channel('{"code": "keep-web", "currency": "EUR"}'), put_channel('{"code": "keep-market", "currency": "EUR"}');
SELECT put_location('{"code": "keep-south", "priority": 1}'), put_location('{"code": "keep-north", "priority": 2}');
SELECT put_sku('{"code": "KEEP-TEE"}'), put_sku('{"code": "KEEP-CAP"}'),
       put_sku('{"code": "KEEP-SET", "kit": [{"sku": "KEEP-TEE", "quantity": 2}, {"sku": "KEEP-CAP", "quantity": 1}]}');
SELECT receive_stock('KEEP-TEE', 'keep-south', 5), receive_stock('KEEP-TEE', 'keep-north', 4), receive_stock('KEEP-CAP', 'keep-south', 5);
SELECT put_stock_buffer('{"sku": "KEEP-TEE", "quantity": 2}'), put_stock_buffer('{"sku": "KEEP-TEE", "channel": "keep-market", "quantity": 3}');

CREATE FUNCTION pg_temp.place(channel text, lines jsonb, options jsonb DEFAULT '{}') RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', channel, 'reference', 'keep-' || gen_random_uuid(), 'fulfillment', options,
        'ship_to', '{"country": "PT", "lat": 40, "lon": -8}'::jsonb, 'shipping', '{"price": "0", "tax": "0"}'::jsonb,
        'lines', (SELECT jsonb_agg('{"unit_price": "0", "tax": "0"}' || l) FROM jsonb_array_elements(lines) AS l)))
$$;
CREATE VIEW pg_temp.levels AS
    SELECT s.code AS sku, l.code AS location, on_hand, reserved, available(s.code, l.code), available(s.code, l.code, 'keep-market') AS market
    FROM oms.stock_levels JOIN oms.skus AS s USING (sku_id) JOIN oms.locations AS l USING (location_id)
    WHERE s.code LIKE 'KEEP-%' ORDER BY s.code COLLATE "C", l.code COLLATE "C" DESC;
CREATE VIEW pg_temp.sources AS
    SELECT o.order_id - min(o.order_id) OVER () AS n, line_no, l.code AS location, f.quantity
    FROM oms.orders AS o JOIN oms.fulfillment_lines AS f USING (order_id) JOIN oms.fulfillments AS u USING (order_id, fulfillment_no)
         JOIN oms.locations AS l USING (location_id)
    WHERE o.reference LIKE 'keep-%' ORDER BY o.order_id, line_no, l.code COLLATE "C";
SELECT * FROM pg_temp.levels;

-- a cart gets what nobody keeps back, at each place; not a unit more
SELECT reserve('KEEP-TEE', 6);
SELECT reserve('KEEP-TEE', 4, 'keep-south');
SELECT reserve('KEEP-TEE', 5) AS cart \gset
SELECT * FROM pg_temp.levels;
SELECT reserve('KEEP-TEE', 1);
SELECT release_reservation(:cart);

-- the marketplace gets less than the shop
SELECT pg_temp.place('keep-market', '[{"sku": "KEEP-TEE", "quantity": 4}]');
SELECT pg_temp.place('keep-market', '[{"sku": "KEEP-TEE", "quantity": 2}, {"sku": "KEEP-TEE", "quantity": 1}]') > 0 AS placed;
SELECT pg_temp.place('keep-market', '[{"sku": "KEEP-TEE", "quantity": 1}]');
SELECT * FROM pg_temp.levels;
SELECT pg_temp.place('keep-web', '[{"sku": "KEEP-TEE", "quantity": 3}]');
SELECT pg_temp.place('keep-web', '[{"sku": "KEEP-TEE", "quantity": 2}]') AS web \gset
SELECT * FROM pg_temp.sources;
SELECT * FROM pg_temp.levels;

-- what is kept back ships to nobody new, but what was promised ships, whatever is kept back since
SELECT put_stock_buffer('{"quantity": 1000000000}');
SELECT * FROM pg_temp.levels;
SELECT pack(:web, fulfillment_no)::text, ship(:web, fulfillment_no)::text FROM fulfillments WHERE order_id = :web ORDER BY fulfillment_no;
SELECT cancel_order(order_id, 'test')::text FROM orders WHERE reference LIKE 'keep-%' AND order_id <> :web;
SELECT * FROM pg_temp.levels;

-- it waits for stock beyond what is kept back
SELECT put_stock_buffer('{"quantity": 0}');
SELECT count_stock('KEEP-TEE', 'keep-south', 2), count_stock('KEEP-TEE', 'keep-north', 0);
SELECT pg_temp.place('keep-web', '[{"sku": "KEEP-TEE", "quantity": 2}]', '{"allow_backorder": true}') AS late \gset
SELECT allocated, backordered FROM order_lines WHERE order_id = :late;
SELECT receive_stock('KEEP-TEE', 'keep-south', 1);
SELECT allocated, backordered FROM order_lines WHERE order_id = :late;
SELECT oms_internal.fill_backorders() IS NULL AS nothing;
SELECT put_stock_buffer('{"sku": "KEEP-TEE", "quantity": 1}');
SELECT oms_internal.fill_backorders() = :late AS filled;
SELECT allocated, backordered FROM order_lines WHERE order_id = :late;
SELECT * FROM pg_temp.levels;

-- elsewhere, and more of it, only if others keep it
SELECT receive_stock('KEEP-TEE', 'keep-north', 2);
SELECT reroute(:late, fulfillment_no) FROM fulfillments WHERE order_id = :late AND status IN ('planned', 'released');
SELECT edit_order(:late, '{"lines": [{"line_no": 1, "quantity": 4}]}');
SELECT allocated, backordered FROM order_lines WHERE order_id = :late;
SELECT * FROM pg_temp.levels;

-- sets, of which the caps are no problem
SELECT count_stock('KEEP-TEE', 'keep-south', 9), count_stock('KEEP-TEE', 'keep-north', 7);
SELECT available('KEEP-SET'), available('KEEP-SET', NULL, 'keep-market') AS market;
SELECT pg_temp.place('keep-market', '[{"sku": "KEEP-SET", "quantity": 2}]');
SELECT pg_temp.place('keep-market', '[{"sku": "KEEP-SET", "quantity": 1}]') > 0 AS placed;
SELECT * FROM pg_temp.levels;

-- where rows have to be read by SQL it is the same
SELECT put_stock_buffer('{"sku": "KEEP-TEE", "location": "keep-north", "quantity": 5}');
ALTER TABLE stock_buffers ENABLE ROW LEVEL SECURITY;
SELECT reserve('KEEP-TEE', 5);
SELECT reserve('KEEP-TEE', 4) > 0 AS held;
SELECT * FROM pg_temp.levels;

SELECT * FROM check_invariants() WHERE key LIKE '%KEEP%';
ROLLBACK;
