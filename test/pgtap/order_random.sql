-- orders at random: whatever is done in whatever order, the books are right after
SET search_path = oms, public;
SET client_min_messages = warning;
BEGIN;
SELECT plan(8);

SELECT put_location(jsonb_build_object('code', 'rnd-' || n, 'lat', 40 + n, 'lon', -8, 'pickup', n = 1)) FROM generate_series(1, 4) AS n;
SELECT put_channel('{"code": "rnd-web", "currency": "EUR"}'), put_channel('{"code": "rnd-b2b", "currency": "EUR", "locations": ["rnd-1", "rnd-2"]}');
SELECT put_sku('{"code": "RND-1", "price": "9.99 EUR"}'), put_sku('{"code": "RND-2", "price": "0.0425 EUR", "backorder_limit": 5}'),
       put_sku('{"code": "RND-3", "price": "31.50 EUR", "decimals": 2, "backorder_limit": 0}'), put_sku('{"code": "RND-4", "price": "5 EUR", "stocked": false}'),
       put_sku('{"code": "RND-5", "price": "25 EUR", "kit": [{"sku": "RND-1", "quantity": 2}, {"sku": "RND-2", "quantity": 3}, {"sku": "RND-4", "quantity": 1}]}'),
       put_sku('{"code": "RND-6", "price": "12 EUR", "decimals": 1, "kit": [{"sku": "RND-3", "quantity": 0.5}]}');
SELECT put_tax_rate('{"country": "PT", "rate": 0.23}'), put_shipping_service('{"code": "rnd-parcel", "currency": "EUR", "rates": [{"price": "4.90", "per_kg": "0.50"}]}'),
       put_customer('{"reference": "rnd-terms", "payment_terms_days": 30, "credit_limit": "2000 EUR"}');
SELECT receive_stock('RND-' || s, 'rnd-' || l, 30) FROM generate_series(1, 3) AS s, generate_series(1, 4) AS l;

CREATE FUNCTION pg_temp.upto(n integer) RETURNS integer LANGUAGE sql VOLATILE AS $$ SELECT 1 + floor(random() * n)::integer $$;
CREATE FUNCTION pg_temp.quantity(sku integer) RETURNS numeric LANGUAGE sql VOLATILE AS $$
    SELECT CASE sku WHEN 3 THEN pg_temp.upto(900) / 100.0 WHEN 6 THEN pg_temp.upto(90) / 10.0 ELSE pg_temp.upto(9) END
$$;
CREATE FUNCTION pg_temp.line() RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    sku integer := pg_temp.upto(6);
BEGIN
    RETURN jsonb_build_object('sku', 'RND-' || sku, 'quantity', pg_temp.quantity(sku))
           || CASE pg_temp.upto(4) WHEN 1 THEN '{"tax": "0.37"}' WHEN 2 THEN '{"discount": "0.11"}' ELSE '{}' END::jsonb;
END
$$;
CREATE FUNCTION pg_temp.address() RETURNS jsonb LANGUAGE sql VOLATILE AS $$
    SELECT CASE pg_temp.upto(8) WHEN 1 THEN '{"country": "PT"}' ELSE jsonb_build_object('country', 'PT', 'lat', 39 + pg_temp.upto(6), 'lon', -8) END
$$;
CREATE FUNCTION pg_temp.place(n integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    document jsonb := jsonb_build_object(
        'channel', CASE pg_temp.upto(3) WHEN 1 THEN 'rnd-b2b' ELSE 'rnd-web' END, 'reference', 'rnd-' || n, 'ship_to', pg_temp.address(),
        'lines', (SELECT jsonb_agg(pg_temp.line()) FROM generate_series(1, pg_temp.upto(4))),
        'fulfillment', jsonb_build_object('allow_backorder', random() < 0.5, 'allow_split', random() < 0.8,
                                          'ship_from', CASE pg_temp.upto(9) WHEN 1 THEN 'rnd-2' END,
                                          'pickup_location', CASE pg_temp.upto(9) WHEN 1 THEN 'rnd-1' END),
        'discounts', CASE pg_temp.upto(3) WHEN 1 THEN '[{"code": "X", "amount": "1.23"}]' ELSE '[]' END::jsonb,
        'shipping', CASE pg_temp.upto(3) WHEN 1 THEN '{"service": "rnd-parcel"}' ELSE '{"price": 3, "tax": "0.69"}' END::jsonb,
        'customer', CASE pg_temp.upto(5) WHEN 1 THEN '{"reference": "rnd-terms"}' ELSE '{"email": "rnd@example.com"}' END::jsonb);
    total numeric := (oms.quote_order(document) ->> 'total')::numeric;
BEGIN
    PERFORM oms.place_order(document || jsonb_build_object('payments', CASE
        WHEN total = 0 OR random() < 0.2 THEN '[]'
        ELSE jsonb_build_array(jsonb_build_object('method', 'card', 'amount', total, 'status', (ARRAY['authorized', 'captured', 'pending'])[pg_temp.upto(3)])) END));
END
$$;
CREATE FUNCTION pg_temp.change(v_order_id bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_line record;
BEGIN
    SELECT line_no, right(s.code, 1)::integer AS sku INTO v_line
    FROM oms.order_lines JOIN oms.skus AS s USING (sku_id) WHERE order_id = v_order_id ORDER BY random() LIMIT 1;
    CASE pg_temp.upto(9)
        WHEN 1, 2 THEN PERFORM oms.cancel_order(v_order_id, 'random');
        WHEN 3, 4 THEN
            PERFORM oms.cancel_order(v_order_id, 'random', jsonb_build_array(jsonb_build_object(
                        'line_no', v_line.line_no, 'quantity', pg_temp.quantity(v_line.sku))));
        WHEN 5 THEN PERFORM oms.edit_order(v_order_id, jsonb_build_object('lines', jsonb_build_array(pg_temp.line())));
        WHEN 6 THEN PERFORM oms.edit_order(v_order_id, jsonb_build_object('ship_to', pg_temp.address()));
        WHEN 7 THEN PERFORM oms.edit_order(v_order_id, '{"discounts": [{"amount": "2.50"}], "shipping": {"service": "rnd-parcel"}}');
        ELSE
            PERFORM oms.edit_order(v_order_id, jsonb_build_object('lines', jsonb_build_array(jsonb_build_object(
                        'line_no', v_line.line_no, 'quantity', pg_temp.quantity(v_line.sku))
                        || CASE pg_temp.upto(3) WHEN 1 THEN '{"unit_price": "7.77", "discount": "0.05"}' ELSE '{}' END::jsonb)));
    END CASE;
END
$$;
CREATE FUNCTION pg_temp.hold(v_order_id bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_kind text := (SELECT kind FROM oms.order_holds WHERE order_id = v_order_id AND released_at IS NULL LIMIT 1);
BEGIN
    IF v_kind IS NULL THEN
        PERFORM oms.hold_order(v_order_id, 'random');
    ELSE
        PERFORM oms.release_hold(v_order_id, v_kind);
    END IF;
END
$$;
CREATE FUNCTION pg_temp.pay(v_order_id bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_payment integer := (SELECT payment_no FROM oms.payments WHERE order_id = v_order_id ORDER BY random() LIMIT 1);
    v_choice integer := pg_temp.upto(6);
BEGIN
    CASE coalesce(v_payment * 0 + v_choice, 1)
        WHEN 1 THEN PERFORM oms.add_payment(v_order_id, jsonb_build_object('method', 'card', 'amount', pg_temp.upto(9000) / 100.0, 'status', 'authorized'));
        WHEN 2 THEN PERFORM oms.capture(v_order_id, v_payment);
        WHEN 3 THEN PERFORM oms.capture(v_order_id, v_payment, oms.amount(pg_temp.upto(900) / 100.0, 'EUR'));
        WHEN 4 THEN PERFORM oms.void(v_order_id, v_payment);
        WHEN 5 THEN PERFORM oms.authorize(v_order_id, v_payment);
        ELSE PERFORM oms.refund(v_order_id, oms.amount(pg_temp.upto(900) / 100.0, 'EUR'), 'random');
    END CASE;
END
$$;
CREATE FUNCTION pg_temp.fulfil(v_order_id bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v record;
BEGIN
    SELECT fulfillment_no AS no, status::text, pickup INTO v FROM oms.fulfillments WHERE order_id = v_order_id ORDER BY random() LIMIT 1;
    CASE
        WHEN v.no IS NULL OR random() < 0.05 THEN PERFORM oms.reroute(v_order_id, coalesce(v.no, 1));
        WHEN random() < 0.1 THEN PERFORM oms.reject(v_order_id, v.no, 'random');
        WHEN v.status = 'released' AND random() < 0.5 THEN PERFORM oms.start_picking(v_order_id, v.no);
        WHEN v.status IN ('released', 'picking') THEN PERFORM oms.pack(v_order_id, v.no);
        WHEN v.status = 'packed' AND v.pickup THEN PERFORM oms.mark_ready_for_pickup(v_order_id, v.no);
        WHEN v.status = 'ready_for_pickup' THEN PERFORM oms.mark_picked_up(v_order_id, v.no);
        WHEN v.status = 'packed' THEN PERFORM oms.ship(v_order_id, v.no);
        ELSE PERFORM oms.mark_delivered(v_order_id, v.no);
    END CASE;
END
$$;
CREATE FUNCTION pg_temp.stock() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    sku text := 'RND-' || pg_temp.upto(3);
    here text := 'rnd-' || pg_temp.upto(4);
BEGIN
    CASE pg_temp.upto(6)
        WHEN 1, 2 THEN PERFORM oms.receive_stock(sku, here, pg_temp.upto(9));
        WHEN 3 THEN PERFORM oms.adjust_stock(sku, here, -pg_temp.upto(9), 'random');
        WHEN 4 THEN PERFORM oms.transfer_stock(sku, here, 'rnd-' || pg_temp.upto(4), pg_temp.upto(9));
        WHEN 5 THEN PERFORM oms.reserve('RND-' || pg_temp.upto(6), pg_temp.upto(9));
        ELSE PERFORM oms.release_reservation(reservation_id)
             FROM (SELECT reservation_id FROM oms.reservations WHERE order_id IS NULL ORDER BY random() LIMIT 1) AS r;
    END CASE;
END
$$;

-- each step is done or refused for a reason of ours; any other error ends the test
CREATE TEMPORARY TABLE steps (what text, code text);
CREATE FUNCTION pg_temp.steps(n integer, first integer) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    what text;
    v_order_id bigint;
BEGIN
    FOR i IN first .. first + n - 1 LOOP
        v_order_id := (SELECT order_id FROM oms.orders WHERE status::text NOT IN ('cancelled', 'delivered') OR random() < 0.05 ORDER BY random() LIMIT 1);
        what := (ARRAY['place', 'place', 'place', 'change', 'change', 'hold', 'pay', 'pay', 'fulfil', 'fulfil', 'fulfil', 'fulfil', 'fulfil', 'stock', 'stock'])[pg_temp.upto(15)];
        IF v_order_id IS NULL THEN
            what := 'place';
        END IF;
        BEGIN
            CASE what
                WHEN 'place' THEN PERFORM pg_temp.place(i);
                WHEN 'change' THEN PERFORM pg_temp.change(v_order_id);
                WHEN 'hold' THEN PERFORM pg_temp.hold(v_order_id);
                WHEN 'pay' THEN PERFORM pg_temp.pay(v_order_id);
                WHEN 'fulfil' THEN PERFORM pg_temp.fulfil(v_order_id);
                ELSE PERFORM pg_temp.stock();
            END CASE;
            INSERT INTO pg_temp.steps VALUES (what, 'done');
        EXCEPTION WHEN SQLSTATE 'OM001' OR SQLSTATE 'OM002' OR SQLSTATE 'OM003' OR SQLSTATE 'OM006' OR SQLSTATE 'OM007' OR SQLSTATE 'OM008'
                       OR SQLSTATE 'OM009' OR SQLSTATE 'OM010' OR invalid_parameter_value THEN
            INSERT INTO pg_temp.steps VALUES (what, sqlstate);
        END;
        IF i % 100 = 0 THEN
            RETURN QUERY SELECT format('step %s: %s', i, v) FROM oms.check_invariants() AS v;
        END IF;
    END LOOP;
END
$$;
SELECT setseed(0.2026);
SELECT is_empty('SELECT * FROM pg_temp.steps(2000, 1)', '2,000 random steps leave no contradiction, looked for after each 100');
SELECT is_empty('SELECT * FROM check_invariants()', 'nor at the end');

-- what it is worth
SELECT is_empty($$SELECT what FROM unnest('{place,change,hold,pay,fulfil,stock}'::text[]) AS what
                  WHERE (SELECT count(*) FROM steps AS s WHERE s.what = what.what AND code = 'done') < 40$$, 'each kind of step was done at least 40 times');
SELECT is_empty($$SELECT code FROM unnest('{OM001,OM002,OM008,OM010}'::text[]) AS code WHERE code NOT IN (SELECT code FROM steps)$$,
                'some were refused for want of stock, for the state, beyond what is left, on hold');
SELECT cmp_ok((SELECT count(DISTINCT status::text) FROM orders), '>=', 7::bigint, 'orders reached at least 7 states');

-- conserved: what came in is on hand or has been shipped, by SKU, kits as their components
SELECT is_empty($$
    WITH parts AS (
        SELECT sku_id AS whole, component_sku_id AS sku_id, quantity::numeric AS n FROM kit_components
        UNION ALL SELECT sku_id, sku_id, 1 FROM skus WHERE sku_id NOT IN (SELECT sku_id FROM kit_components)
    ), shipped AS (
        SELECT p.sku_id, sum(l.shipped::numeric * p.n) AS n FROM order_lines AS l JOIN parts AS p ON p.whole = l.sku_id GROUP BY p.sku_id
    ), moved AS (
        SELECT sku_id, sum(quantity::numeric) AS n FROM stock_movements WHERE kind <> 'shipment' GROUP BY sku_id
    ), there AS (
        SELECT sku_id, sum(on_hand::numeric) AS n FROM stock_levels GROUP BY sku_id
    )
    SELECT s.code, m.n, t.n, h.n
    FROM skus AS s JOIN moved AS m USING (sku_id) JOIN there AS t USING (sku_id) LEFT JOIN shipped AS h USING (sku_id)
    WHERE m.n <> t.n + coalesce(h.n, 0)$$, 'units that came in are on hand or were shipped');
SELECT is_empty($$SELECT s.code, l.location_id FROM stock_levels AS l JOIN skus AS s USING (sku_id)
                  WHERE on_hand < '0' OR reserved < '0' OR reserved > on_hand$$, 'no level is below what is promised');
SELECT is_empty($$SELECT order_id FROM orders AS o JOIN order_lines AS l USING (order_id) GROUP BY order_id, o.status
                  HAVING o.status = 'cancelled' AND sum(l.allocated - l.shipped) > '0'$$, 'nothing is held for a cancelled order');
SELECT * FROM finish();
ROLLBACK;
