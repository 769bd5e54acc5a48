-- whatever is done to orders, in whatever order, the invariants hold
SET search_path = oms, public;
SET client_min_messages = warning;
BEGIN;
SELECT plan(4);

INSERT INTO channels (code, name, currency) VALUES ('any-web', 'Web', 'EUR');
SELECT put_location(jsonb_build_object('code', 'ANY-' || n, 'name', 'Location', 'country', 'PT', 'lat', 37 + n, 'lon', -8, 'pickup', n = 1))
FROM generate_series(1, 4) AS n;
SELECT put_sku(jsonb_build_object('code', 'ANY-' || n, 'name', 'SKU', 'decimals', CASE n WHEN 6 THEN 2 ELSE 0 END,
                                  'backorder_limit', CASE WHEN n % 2 = 0 THEN 20 END))
FROM generate_series(1, 6) AS n;
SELECT put_sku('{"code": "ANY-7", "name": "Kit", "kit": [{"sku": "ANY-1", "quantity": 2}, {"sku": "ANY-6", "quantity": 0.5}]}');
SELECT put_sku('{"code": "ANY-8", "name": "Download", "stocked": false}');
SELECT receive_stock('ANY-' || s, 'ANY-' || l, 20) FROM generate_series(1, 6) AS s, generate_series(1, 4) AS l;

-- 0 .. n - 1, and money up to an amount
CREATE FUNCTION pg_temp.below(n integer) RETURNS integer VOLATILE LANGUAGE sql AS 'SELECT floor(random() * n)::integer';
CREATE FUNCTION pg_temp.money(most integer) RETURNS numeric VOLATILE LANGUAGE sql AS
    'SELECT round((random() * most)::numeric, 2) + 0.01';

CREATE FUNCTION pg_temp.payment() RETURNS jsonb VOLATILE LANGUAGE sql AS $$
    SELECT jsonb_build_object('method', 'card', 'amount', pg_temp.money(200),
                              'status', (ARRAY['pending', 'authorized', 'captured'])[1 + pg_temp.below(3)])
$$;
CREATE FUNCTION pg_temp.place() RETURNS void VOLATILE LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', 'any-web', 'reference', gen_random_uuid(), 'customer', '{"email": "ana@example.com"}'::jsonb,
        'ship_to', jsonb_build_object('country', 'PT', 'lat', 37 + random() * 4, 'lon', -8),
        'lines', (SELECT jsonb_agg(jsonb_build_object(
                             'sku', 'ANY-' || 1 + pg_temp.below(8), 'quantity', 1 + pg_temp.below(5),
                             'unit_price', pg_temp.money(20) + 0.005, 'discount', 0.01, 'tax', pg_temp.money(3)))
                  FROM generate_series(1, 1 + pg_temp.below(3))),
        'shipping', '{"price": "3.33", "tax": "0.77"}'::jsonb, 'discounts', '[{"code": "ONE", "amount": "1.00"}]'::jsonb,
        'payments', jsonb_build_array(pg_temp.payment()),
        'fulfillment', jsonb_build_object('allow_split', random() < 0.7, 'allow_backorder', random() < 0.6,
                                          'pickup_location', CASE WHEN random() < 0.2 THEN 'ANY-1' END)))
$$;

-- one step of somebody at an order, one of its fulfillments and one of its lines
CREATE FUNCTION pg_temp.step(id bigint, f integer, line integer) RETURNS void VOLATILE LANGUAGE plpgsql AS $$
BEGIN
    CASE pg_temp.below(20)
        WHEN 0 THEN PERFORM oms.start_picking(id, f);
        WHEN 1, 2 THEN PERFORM oms.pack(id, f);
        WHEN 3, 4 THEN PERFORM oms.ship(id, f);
        WHEN 5 THEN PERFORM oms.mark_delivered(id, f);
        WHEN 6 THEN PERFORM oms.mark_ready_for_pickup(id, f);
        WHEN 7 THEN PERFORM oms.mark_picked_up(id, f);
        WHEN 8 THEN PERFORM oms.reject(id, f, 'not there');
        WHEN 9 THEN PERFORM oms.reroute(id, f);
        WHEN 10 THEN PERFORM oms.cancel_order(id, 'changed my mind');
        WHEN 11 THEN PERFORM oms.cancel_order(id, 'fewer', jsonb_build_array(jsonb_build_object('line_no', line, 'quantity', 1)));
        WHEN 12 THEN PERFORM oms.edit_order(id, jsonb_build_object('lines', jsonb_build_array(
                         jsonb_build_object('line_no', line, 'quantity', pg_temp.below(8)))));
        WHEN 13 THEN PERFORM oms.edit_order(id, jsonb_build_object('lines', jsonb_build_array(
                         jsonb_build_object('sku', 'ANY-' || 1 + pg_temp.below(8), 'quantity', 1, 'unit_price', '2.50', 'tax', '0.10'))));
        WHEN 14 THEN PERFORM oms.hold_order(id, 'look');
        WHEN 15 THEN PERFORM oms.release_hold(id, 'look');
        WHEN 16 THEN PERFORM oms.add_payment(id, pg_temp.payment());
        WHEN 17 THEN PERFORM oms.capture(id, 1);
        WHEN 18 THEN PERFORM oms.refund(id, oms.amount(pg_temp.money(50), 'EUR'), 'sorry');
        ELSE PERFORM oms.receive_stock('ANY-' || 1 + pg_temp.below(6), 'ANY-' || 1 + pg_temp.below(4), 1 + pg_temp.below(8));
    END CASE;
END
$$;

-- the SQLSTATE of what is refused, null if the step was made
CREATE FUNCTION pg_temp.try() RETURNS text VOLATILE LANGUAGE plpgsql AS $$
DECLARE
    id bigint;
BEGIN
    SELECT order_id INTO id FROM oms.orders JOIN oms.channels USING (channel_id) WHERE code = 'any-web' ORDER BY random() LIMIT 1;
    IF id IS NULL OR random() < 0.2 THEN
        PERFORM pg_temp.place();
    ELSE
        PERFORM pg_temp.step(id, 1 + pg_temp.below(2), 1 + pg_temp.below(2));
    END IF;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RETURN sqlstate;
END
$$;

SELECT setseed(0.7);
CREATE TEMPORARY TABLE tries AS SELECT pg_temp.try() AS refused FROM generate_series(1, 1500);
SELECT is_empty('SELECT * FROM tries WHERE refused NOT LIKE ''OM%''', 'what is refused is refused for a reason of the domain');
SELECT cmp_ok((SELECT count(*) FROM tries WHERE refused IS NULL)::int, '>', 300, 'many steps are made');
SELECT cmp_ok((SELECT count(DISTINCT status) FROM orders)::int, '>', 4, 'orders get to many states');
SELECT is_empty('SELECT * FROM oms.check_invariants()', 'and all invariants hold');

SELECT * FROM finish();
ROLLBACK;
