-- what lines and shipping bear of the discounts on an order, and how it goes along with what is cancelled
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET oms.now = '2026-11-02 10:15:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;
ALTER SEQUENCE orders_order_id_seq RESTART 6401;

SELECT put_channel('{"code": "cut-web", "currency": "EUR"}'), put_location('{"code": "cut-a", "country": "PT", "lat": 41, "lon": -8}'),
       put_sku('{"code": "CUT-A", "price": "10 EUR"}'), put_sku('{"code": "CUT-B", "price": "5 EUR"}'), put_sku('{"code": "CUT-C", "price": "0.03 EUR"}'), put_sku('{"code": "CUT-D", "price": "5 EUR"}');
SELECT count(receive_stock(s, 'cut-a', 1000)) FROM unnest('{CUT-A,CUT-B,CUT-C}'::text[]) AS s;
SELECT receive_stock('CUT-D', 'cut-a', 5);
CREATE FUNCTION pg_temp.place(lines jsonb, discounts jsonb, document jsonb DEFAULT '{}') RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', 'cut-web', 'reference', 'cut-' || (SELECT count(*) FROM oms.orders), 'ship_to', '{"country": "PT", "lat": 41, "lon": -8}'::jsonb,
        'lines', (SELECT jsonb_agg('{"tax": 0}' || l) FROM jsonb_array_elements(lines) AS l), 'discounts', discounts) || document)
$$;
-- what each line bears of what is not cancelled, and shipping of the rest
CREATE FUNCTION pg_temp.shares(order_id bigint, OUT lines text, OUT shipping numeric, OUT discount amount, OUT total amount) LANGUAGE sql AS $$
    SELECT string_agg(format('%s: %s of %s', l.line_no, round(l.order_discount::numeric * (l.quantity - l.cancelled)::numeric / l.quantity::numeric, scale(o.total::numeric)), l.total),
                      ', ' ORDER BY l.line_no),
           o.discount::numeric - coalesce(sum(round(l.order_discount::numeric * (l.quantity - l.cancelled)::numeric / l.quantity::numeric, scale(o.total::numeric))), 0), o.discount, o.total
    FROM oms.orders AS o LEFT JOIN oms.order_lines AS l USING (order_id) WHERE o.order_id = shares.order_id GROUP BY o.order_id
$$;

/*
 * By what the lines cost, with their tax and after their own discounts, to the cent; the rest is borne by shipping
 */
SELECT pg_temp.place('[{"sku": "CUT-A", "quantity": 3, "discount": "2.00", "tax": "6.44"}, {"sku": "CUT-B", "quantity": 1}, {"sku": "CUT-B", "quantity": 1, "unit_price": 0}, {"sku": "CUT-B", "quantity": 2}]',
                     '[{"code": "TEN", "amount": "9.99"}, {"amount": "0.01"}]') AS placed;
SELECT * FROM pg_temp.shares(6401);
SELECT oms.allocate('10 EUR', '{34.44,5,0,10}');
SELECT line_no, order_discount FROM order_lines WHERE order_id = 6401 ORDER BY line_no;
\set two '[{"sku": "CUT-A", "quantity": 2}, {"sku": "CUT-B", "quantity": 3}]'
SELECT pg_temp.place(:'two', '[]') AS none, pg_temp.place(:'two', '[{"amount": 35}]') AS all, pg_temp.place(:'two', '[{"amount": "38.50"}]', '{"shipping": {"price": 4, "tax": 1}}') AS more,
       pg_temp.place('[{"sku": "CUT-A", "quantity": 1, "unit_price": 0}]', '[{"amount": 3}]', '{"shipping": {"price": 4}}') AS shipping;
SELECT n, s.* FROM generate_series(6402, 6405) AS n, pg_temp.shares(n) AS s ORDER BY n;
SELECT pg_temp.place(:'two', '[{"amount": "40.01"}]', '{"shipping": {"price": 4, "tax": 1}}'); \echo :LAST_ERROR_SQLSTATE
-- as quoted
SELECT l -> 'order_discount' AS quoted
FROM jsonb_array_elements(quote_order(jsonb_build_object('channel', 'cut-web', 'reference', 'q', 'ship_to', '{"country": "PT", "lat": 41, "lon": -8}'::jsonb,
                                                         'lines', :'two'::jsonb, 'discounts', '[{"amount": 1}]'::jsonb)) -> 'lines') AS l;

/*
 * Cancelled units take their part along, one by one or at once; shipping keeps what it bears
 */
SELECT pg_temp.place('[{"sku": "CUT-A", "quantity": 3}, {"sku": "CUT-B", "quantity": 3}]', '[{"amount": 10}]') FROM generate_series(1, 2);
SELECT cancel_order(6406, NULL, '[{"line_no": 1, "quantity": 1}]'), cancel_order(6406, NULL, '[{"line_no": 1, "quantity": 1}]');
SELECT cancel_order(6407, NULL, '[{"line_no": 1, "quantity": 2}]');
SELECT s.*, (SELECT l.order_discount FROM order_lines AS l WHERE l.order_id = n AND line_no = 1) AS whole FROM unnest('{6406,6407}'::bigint[]) AS n, pg_temp.shares(n) AS s;
SELECT cancel_order(6407, NULL, '[{"line_no": 1, "quantity": 1}, {"line_no": 2, "quantity": 2}]');
SELECT * FROM pg_temp.shares(6407);
SELECT cancel_order(6404, NULL, '[{"line_no": 1, "quantity": 2}, {"line_no": 2, "quantity": 1}]');
SELECT * FROM pg_temp.shares(6404);
SELECT cancel_order(6404, NULL, '[{"line_no": 2, "quantity": 2}]');
SELECT * FROM pg_temp.shares(6404);
-- after others have left; what was shipped keeps its share
SELECT pg_temp.place('[{"sku": "CUT-A", "quantity": 3}, {"sku": "CUT-D", "quantity": 3}]', '[{"amount": "7.77"}]', '{"fulfillment": {"allow_backorder": true}, "payments": [{"method": "card", "amount": 9999, "status": "authorized"}]}') AS placed;
SELECT pg_temp.place('[{"sku": "CUT-A", "quantity": 1}, {"sku": "CUT-D", "quantity": 10}]', '[{"amount": 5}]', '{"fulfillment": {"allow_backorder": true}, "payments": [{"method": "card", "amount": 9999, "status": "authorized"}]}') AS placed;
SELECT * FROM pg_temp.shares(6409);
SELECT pack(6409, 1), ship(6409, 1), cancel_order(6409, 'sold out', (SELECT jsonb_build_array(jsonb_build_object('line_no', 2, 'quantity', backordered)) FROM order_lines WHERE order_id = 6409 AND line_no = 2));
SELECT * FROM pg_temp.shares(6409);

/*
 * A line never bears more than it costs, which rounding could make of a discount of nearly all: 0.03 of 0.02
 */
SELECT pg_temp.place('[{"sku": "CUT-C", "quantity": 2, "discount": "0.01"}]', '[{"amount": "0.05"}]') AS placed;
SELECT cancel_order(6410, NULL, '[{"line_no": 1, "quantity": 1}]');
SELECT * FROM pg_temp.shares(6410);
SELECT quantity, cancelled, discount, order_discount, total FROM order_lines WHERE order_id = 6410;
SELECT * FROM check_invariants();

/*
 * Edited: what is in force is spread anew; what cancelled units took along is not given back, but by discounts of the edit
 */
SELECT pg_temp.place('[{"sku": "CUT-A", "quantity": 4}, {"sku": "CUT-B", "quantity": 2}]', '[{"code": "TEN", "amount": 10}]', '{"shipping": {"price": 5}}') AS placed;
SELECT * FROM pg_temp.shares(6411);
SELECT edit_order(6411, '{"metadata": {"note": "nothing of money"}}');
SELECT * FROM pg_temp.shares(6411);
SELECT edit_order(6411, '{"lines": [{"line_no": 1, "quantity": 2}]}');
SELECT * FROM pg_temp.shares(6411);
SELECT edit_order(6411, '{"lines": [{"line_no": 1, "quantity": 4}, {"sku": "CUT-B", "quantity": 1, "tax": 0}]}');
SELECT * FROM pg_temp.shares(6411);
SELECT edit_order(6411, '{"lines": [{"line_no": 1, "quantity": 1, "unit_price": 1}, {"line_no": 2, "quantity": 1}]}');
SELECT * FROM pg_temp.shares(6411);
SELECT edit_order(6411, '{"discounts": [{"code": "NEW", "amount": 14}], "shipping": {"price": 3}}');
SELECT * FROM pg_temp.shares(6411);
SELECT edit_order(6411, '{"discounts": [{"code": "NEW", "amount": "14.01"}], "shipping": {"price": 3}}'); \echo :LAST_ERROR_SQLSTATE
-- less shipping, and so less that can be given off it
SELECT edit_order(6411, '{"shipping": {"price": 1}}');
SELECT * FROM pg_temp.shares(6411);
SELECT edit_order(6411, '{"discounts": []}');
SELECT * FROM pg_temp.shares(6411);
-- more of a line and less of shipping in one edit: the discount stays
SELECT pg_temp.place('[{"sku": "CUT-A", "quantity": 1}]', '[{"amount": 12}]', '{"shipping": {"price": 5}}') AS placed;
SELECT edit_order(6412, '{"lines": [{"line_no": 1, "quantity": 2}], "shipping": {"price": 0}}');
SELECT * FROM pg_temp.shares(6412);
SELECT cancel_order(6412, 'all');
SELECT * FROM pg_temp.shares(6412);
SELECT * FROM check_invariants();

/*
 * Written by hand: spread when the transaction commits, here as soon as the statement ends
 */
SET CONSTRAINTS ALL DEFERRED;
CREATE FUNCTION pg_temp.write(order_id bigint, discount amount, shipping amount, totals amount[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO oms.orders (order_id, channel_id, reference, status, currency, lines_total, shipping_price, shipping_tax, discount, total)
    SELECT write.order_id, channel_id, 'hand-' || write.order_id, 'draft', 'EUR', l.total, shipping, '0 EUR', discount, l.total + shipping - discount
    FROM oms.channels, (SELECT coalesce(sum(t), '0 EUR') AS total FROM unnest(totals) AS t) AS l WHERE code = 'cut-web';
    INSERT INTO oms.order_lines (order_id, line_no, sku_id, quantity, unit_price, discount, tax, total)
    SELECT write.order_id, n, sku_id, 2, t::numeric / 2, '0 EUR', '0 EUR', t FROM unnest(totals) WITH ORDINALITY AS t(t, n), oms.skus WHERE code = 'CUT-A';
    INSERT INTO oms.order_adjustments (order_id, adjustment_no, amount) VALUES (write.order_id, 1, discount)
$$;
SELECT pg_temp.write(9401, '10 EUR', '1 EUR', '{20 EUR,10 EUR}'), pg_temp.write(9402, '30.50 EUR', '1 EUR', '{20 EUR,10 EUR}'), pg_temp.write(9403, '0 EUR', '1 EUR', '{20 EUR,10 EUR}'),
       pg_temp.write(9404, '1 EUR', '1 EUR', '{}'), pg_temp.write(9405, '1 EUR', '1 EUR', '{0 EUR}');
SET CONSTRAINTS ALL IMMEDIATE;
SELECT n, s.* FROM generate_series(9401, 9405) AS n, pg_temp.shares(n) AS s ORDER BY n;
SET CONSTRAINTS ALL DEFERRED;
UPDATE orders SET discount = '5 EUR', total = total + '5 EUR' WHERE order_id = 9401;
UPDATE order_lines SET order_discount = '9 EUR' WHERE order_id = 9402 AND line_no = 1;
UPDATE orders SET shipping_price = '0.50 EUR', total = total - '0.50 EUR' WHERE order_id = 9402;
UPDATE order_lines SET metadata = '{"a": 1}', order_discount = '1 EUR' WHERE order_id = 9403;
UPDATE order_lines SET unit_price = 10, total = '20 EUR' WHERE order_id = 9405;
UPDATE orders SET lines_total = '20 EUR', total = total + '20 EUR' WHERE order_id = 9405;
SET CONSTRAINTS ALL IMMEDIATE;
SELECT n, s.* FROM generate_series(9401, 9405) AS n, pg_temp.shares(n) AS s ORDER BY n;
\set VERBOSITY terse
UPDATE order_lines SET order_discount = '-1 EUR' WHERE order_id = 9401 AND line_no = 1; \echo :LAST_ERROR_SQLSTATE
\set VERBOSITY default
UPDATE orders SET status = 'placed' WHERE order_id = 9401;
SELECT cancel_order(9401, NULL, '[{"line_no": 1, "quantity": 1}]');
SELECT * FROM pg_temp.shares(9401);
SELECT * FROM check_invariants();

/*
 * The part of an amount for a part of a quantity
 */
SELECT oms_internal.amount_part('10 EUR', '1', '3'), oms_internal.amount_part('10 EUR', '2', '3'), oms_internal.amount_part('-0.01 EUR', '1', '2'), oms_internal.amount_part('0.01 EUR', '3', '1'),
       oms_internal.amount_part('1 JPY', '0.5', '1'), oms_internal.amount_part('1 EUR', '-1', '-2'), oms_internal.amount_part(NULL, '1', '2');
SELECT oms_internal.amount_part('10 EUR', '1', '0'); \echo :LAST_ERROR_SQLSTATE
SELECT oms_internal.amount_part('900000000000 EUR', '1000000', '0.000001'); \echo :LAST_ERROR_SQLSTATE
ROLLBACK;
