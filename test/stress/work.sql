-- random work on orders: a small shop, and a function that does one step
-- search_path is oms, public; everything else is in the schema work
CREATE SCHEMA work;
CREATE SEQUENCE work.number;

SELECT put_location(jsonb_build_object('code', 'rnd-' || n, 'lat', 40 + n, 'lon', -8, 'pickup', n = 1)) FROM generate_series(1, 4) AS n;
SELECT put_channel('{"code": "rnd-web", "currency": "EUR"}'), put_channel('{"code": "rnd-b2b", "currency": "EUR", "locations": ["rnd-1", "rnd-2"]}');
-- 51 SKUs: six of kinds that differ, half of all that is done is to them; the others are sold by the piece, the last one to all at once
SELECT put_sku('{"code": "RND-1", "price": "9.99 EUR"}'), put_sku('{"code": "RND-2", "price": "0.0425 EUR", "backorder_limit": 5}'),
       put_sku('{"code": "RND-3", "price": "31.50 EUR", "decimals": 2, "backorder_limit": 0}'), put_sku('{"code": "RND-4", "price": "5 EUR", "stocked": false}'),
       put_sku('{"code": "RND-5", "price": "25 EUR", "kit": [{"sku": "RND-1", "quantity": 2}, {"sku": "RND-2", "quantity": 3}, {"sku": "RND-4", "quantity": 1}]}'),
       put_sku('{"code": "RND-6", "price": "12 EUR", "decimals": 1, "kit": [{"sku": "RND-3", "quantity": 0.5}]}');
SELECT put_sku(jsonb_build_object('code', 'RND-' || n, 'price', n || '.95 EUR', 'backorder_limit', CASE WHEN n % 2 = 0 THEN 20 END)) FROM generate_series(7, 51) AS n;
SELECT put_tax_rate('{"country": "PT", "rate": 0.23}'), put_shipping_service('{"code": "rnd-parcel", "currency": "EUR", "rates": [{"price": "4.90", "per_kg": "0.50"}]}'),
       put_customer('{"reference": "rnd-terms", "payment_terms_days": 30, "credit_limit": "2000 EUR"}');
-- counted, so that whatever is received is received by a step
SELECT count_stock('RND-' || s, 'rnd-' || l, 30) FROM generate_series(1, 50) AS s, generate_series(1, 4) AS l WHERE s NOT BETWEEN 4 AND 6;
SELECT count_stock('RND-51', 'rnd-' || l, 100000) FROM generate_series(1, 4) AS l;

CREATE FUNCTION work.upto(n integer) RETURNS integer LANGUAGE sql VOLATILE AS $$ SELECT 1 + floor(random() * n)::integer $$;
CREATE FUNCTION work.sku() RETURNS integer LANGUAGE sql VOLATILE AS $$
    SELECT CASE WHEN random() < 0.2 THEN 51 WHEN random() < 0.5 THEN work.upto(6) ELSE 6 + work.upto(44) END
$$;
CREATE FUNCTION work.goods() RETURNS integer LANGUAGE sql VOLATILE AS $$ SELECT CASE WHEN random() < 0.5 THEN work.upto(3) ELSE 6 + work.upto(44) END $$;
CREATE FUNCTION work.quantity(sku integer) RETURNS numeric LANGUAGE sql VOLATILE AS $$
    SELECT CASE sku WHEN 3 THEN work.upto(900) / 100.0 WHEN 6 THEN work.upto(90) / 10.0 ELSE work.upto(9) END
$$;
CREATE FUNCTION work.line() RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    sku integer := work.sku();
BEGIN
    RETURN jsonb_build_object('sku', 'RND-' || sku, 'quantity', work.quantity(sku))
           || CASE work.upto(4) WHEN 1 THEN '{"tax": "0.37"}' WHEN 2 THEN '{"discount": "0.11"}' ELSE '{}' END::jsonb;
END
$$;
CREATE FUNCTION work.address() RETURNS jsonb LANGUAGE sql VOLATILE AS $$
    SELECT CASE work.upto(8) WHEN 1 THEN '{"country": "PT"}' ELSE jsonb_build_object('country', 'PT', 'lat', 39 + work.upto(6), 'lon', -8) END
$$;
CREATE FUNCTION work.place(v_reference text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    document jsonb := jsonb_build_object(
        'channel', CASE work.upto(3) WHEN 1 THEN 'rnd-b2b' ELSE 'rnd-web' END, 'reference', v_reference, 'ship_to', work.address(),
        'lines', (SELECT jsonb_agg(work.line()) FROM generate_series(1, CASE WHEN random() < 0.5 THEN work.upto(3) ELSE work.upto(10) END)),
        'fulfillment', jsonb_build_object('allow_backorder', random() < 0.5, 'allow_split', random() < 0.8,
                                          'ship_from', CASE work.upto(9) WHEN 1 THEN 'rnd-2' END,
                                          'pickup_location', CASE work.upto(9) WHEN 1 THEN 'rnd-1' END),
        'discounts', CASE work.upto(3) WHEN 1 THEN '[{"code": "X", "amount": "1.23"}]' ELSE '[]' END::jsonb,
        'shipping', CASE work.upto(3) WHEN 1 THEN '{"service": "rnd-parcel"}' ELSE '{"price": 3, "tax": "0.69"}' END::jsonb,
        'customer', CASE work.upto(5) WHEN 1 THEN '{"reference": "rnd-terms"}' ELSE '{"email": "rnd@example.com"}' END::jsonb);
    total numeric := (oms.quote_order(document) ->> 'total')::numeric;
BEGIN
    RETURN oms.place_order(document || jsonb_build_object('payments', CASE
        WHEN total = 0 OR random() < 0.2 THEN '[]'
        ELSE jsonb_build_array(jsonb_build_object('method', 'card', 'amount', total, 'status', (ARRAY['authorized', 'captured', 'pending'])[work.upto(3)])) END));
END
$$;
CREATE FUNCTION work.change(v_order_id bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_line record;
BEGIN
    SELECT line_no, CASE WHEN s.code LIKE 'RND-%' THEN substr(s.code, 5)::integer END AS sku INTO v_line
    FROM oms.order_lines JOIN oms.skus AS s USING (sku_id) WHERE order_id = v_order_id ORDER BY random() LIMIT 1;
    CASE work.upto(9)
        WHEN 1, 2 THEN PERFORM oms.cancel_order(v_order_id, 'random');
        WHEN 3, 4 THEN
            PERFORM oms.cancel_order(v_order_id, 'random', jsonb_build_array(jsonb_build_object(
                        'line_no', v_line.line_no, 'quantity', work.quantity(v_line.sku))));
        WHEN 5 THEN PERFORM oms.edit_order(v_order_id, jsonb_build_object('lines', jsonb_build_array(work.line())));
        WHEN 6 THEN PERFORM oms.edit_order(v_order_id, jsonb_build_object('ship_to', work.address()));
        WHEN 7 THEN PERFORM oms.edit_order(v_order_id, '{"discounts": [{"amount": "2.50"}], "shipping": {"service": "rnd-parcel"}}');
        ELSE
            PERFORM oms.edit_order(v_order_id, jsonb_build_object('lines', jsonb_build_array(jsonb_build_object(
                        'line_no', v_line.line_no, 'quantity', work.quantity(v_line.sku))
                        || CASE work.upto(3) WHEN 1 THEN '{"unit_price": "7.77", "discount": "0.05"}' ELSE '{}' END::jsonb)));
    END CASE;
END
$$;
CREATE FUNCTION work.hold(v_order_id bigint) RETURNS void LANGUAGE plpgsql AS $$
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
CREATE FUNCTION work.pay(v_order_id bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_payment integer := (SELECT payment_no FROM oms.payments WHERE order_id = v_order_id ORDER BY random() LIMIT 1);
    v_choice integer := work.upto(6);
BEGIN
    CASE coalesce(v_payment * 0 + v_choice, 1)
        WHEN 1 THEN PERFORM oms.add_payment(v_order_id, jsonb_build_object('method', 'card', 'amount', work.upto(9000) / 100.0, 'status', 'authorized'));
        WHEN 2 THEN PERFORM oms.capture(v_order_id, v_payment);
        WHEN 3 THEN PERFORM oms.capture(v_order_id, v_payment, oms.amount(work.upto(900) / 100.0, 'EUR'));
        WHEN 4 THEN PERFORM oms.void(v_order_id, v_payment);
        WHEN 5 THEN PERFORM oms.authorize(v_order_id, v_payment);
        ELSE PERFORM oms.refund(v_order_id, oms.amount(work.upto(900) / 100.0, 'EUR'), 'random');
    END CASE;
END
$$;
CREATE FUNCTION work.fulfil(v_order_id bigint) RETURNS void LANGUAGE plpgsql AS $$
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
-- what was received, as what is said of it
CREATE FUNCTION work.stock(OUT sku text, OUT units numeric) LANGUAGE plpgsql AS $$
DECLARE
    v_sku text := 'RND-' || work.goods();
    v_here text := 'rnd-' || work.upto(4);
    v_units integer := work.upto(9);
BEGIN
    CASE work.upto(6)
        WHEN 1, 2, 3 THEN
            PERFORM oms.receive_stock(v_sku, v_here, v_units);
            sku := v_sku;
            units := v_units;
        WHEN 4 THEN PERFORM oms.adjust_stock(v_sku, v_here, -v_units, 'random');
        WHEN 5 THEN PERFORM oms.count_stock(v_sku, v_here, work.upto(50));
        ELSE PERFORM oms.transfer_stock(v_sku, v_here, 'rnd-' || work.upto(4), v_units);
    END CASE;
END
$$;
CREATE FUNCTION work.cart() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_sku integer := work.sku();
BEGIN
    CASE work.upto(6)
        WHEN 1, 2 THEN PERFORM oms.reserve('RND-' || v_sku, work.quantity(v_sku));
        WHEN 3 THEN PERFORM oms.reserve('RND-' || v_sku, work.quantity(v_sku), expires => interval '1 s');
        WHEN 4 THEN PERFORM oms_internal.expire_reservations(work.upto(20));
        WHEN 5 THEN PERFORM oms_internal.fill_backorders((SELECT max(order_id) - work.upto(200) FROM oms.orders), 20);
        ELSE PERFORM oms.release_reservation(reservation_id)
             FROM (SELECT reservation_id FROM oms.reservations WHERE order_id IS NULL ORDER BY random() LIMIT 1) AS r;
    END CASE;
END
$$;

-- jobs that look at whatever there is, all of it due at once, but those whose batches lock stock, which are to be committed each; holds are cancelled seldom, so that some are released
UPDATE jobs SET settings = '{"after_days": 0}' WHERE name IN ('complete_orders', 'archive_events');
UPDATE jobs SET settings = '{"alert_after_days": 0, "cancel_after_days": 0}' WHERE name = 'review_holds';
INSERT INTO settings (name, value) VALUES ('auto_refund_after', '0');
UPDATE channels SET auto_refund = true;
CREATE FUNCTION work.job() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_job CONSTANT text := CASE work.upto(10) WHEN 1 THEN 'review_holds'
                                ELSE (ARRAY['complete_orders', 'archive_events', 'issue_invoices', 'refund_overdue', 'roll_up_demand',
                                            'roll_up_reports', 'expire_authorizations'])[work.upto(7)] END;
    v_now CONSTANT text := coalesce(current_setting('oms.now', true), '');
    v_result jsonb;
BEGIN
    -- what was not read when the archive looked at it would have to wait for a day
    IF v_job = 'archive_events' THEN
        PERFORM set_config('oms.now', (oms.now() + interval '2 days')::text, true);
    END IF;
    v_result := oms.run_job(v_job);
    PERFORM set_config('oms.now', v_now, true);
    IF v_result ->> 'status' = 'failed' THEN
        RAISE EXCEPTION USING ERRCODE = v_result ->> 'sqlstate', MESSAGE = v_job || ': ' || (v_result ->> 'error');
    END IF;
    RETURN v_job || CASE WHEN v_result ->> 'rows' > '0' THEN ' worked' ELSE '' END;
END
$$;

-- one step, on one of the newest orders if on any: done, or refused for a reason of ours, which is its code; other errors
-- are raised. A client that has got this answer may count on it: of a new order on order_id and reference, of goods on
-- sku and units.
CREATE FUNCTION work.step(OUT what text, OUT code text, OUT order_id bigint, OUT reference text, OUT sku text, OUT units numeric)
    LANGUAGE plpgsql SET search_path = oms, public AS $$
DECLARE
    v_last bigint := (SELECT max(o.order_id) FROM oms.orders AS o);
    v_order_id bigint := (SELECT o.order_id FROM oms.orders AS o WHERE o.order_id <= v_last - work.upto(20) + 1 ORDER BY o.order_id DESC LIMIT 1);
BEGIN
    what := CASE WHEN v_order_id IS NULL THEN 'place'
                 ELSE (ARRAY['place', 'place', 'place', 'change', 'change', 'hold', 'pay', 'pay', 'fulfil', 'fulfil', 'fulfil', 'fulfil', 'fulfil',
                             'stock', 'stock', 'cart', 'fold', 'job'])[work.upto(18)] END;
    BEGIN
        CASE what
            WHEN 'place' THEN
                reference := 'rnd-' || nextval('work.number');
                order_id := work.place(reference);
            WHEN 'change' THEN PERFORM work.change(v_order_id);
            WHEN 'hold' THEN PERFORM work.hold(v_order_id);
            WHEN 'pay' THEN PERFORM work.pay(v_order_id);
            WHEN 'fulfil' THEN PERFORM work.fulfil(v_order_id);
            WHEN 'stock' THEN SELECT s.sku, s.units INTO sku, units FROM work.stock() AS s;
            WHEN 'job' THEN code := work.job();
            WHEN 'fold' THEN code := CASE WHEN oms_internal.fold_stock(2) > 0 THEN 'folded' END;
            ELSE PERFORM work.cart();
        END CASE;
        code := coalesce(code, 'done');
    EXCEPTION WHEN SQLSTATE 'OM001' OR SQLSTATE 'OM002' OR SQLSTATE 'OM003' OR SQLSTATE 'OM006' OR SQLSTATE 'OM007' OR SQLSTATE 'OM008'
                   OR SQLSTATE 'OM009' OR SQLSTATE 'OM010' OR invalid_parameter_value OR null_value_not_allowed THEN
        code := sqlstate;
    END;
END
$$;
CREATE TABLE work.done (what text, code text);
CREATE FUNCTION work.steps(n integer) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. n LOOP
        INSERT INTO work.done SELECT what, code FROM work.step();
        -- nobody else can know the rows of this transaction
        IF i IN (50, 200, 800) THEN
            ANALYZE;
        END IF;
        IF i % 100 = 0 THEN
            RETURN QUERY SELECT format('step %s: %s', i, v) FROM oms.check_invariants() AS v;
        END IF;
    END LOOP;
END
$$;

-- units are conserved: what came in is on hand or has been shipped, by SKU, kits as their components
CREATE VIEW work.lost AS
    WITH parts AS (
        SELECT sku_id AS whole, component_sku_id AS sku_id, quantity::numeric AS n FROM oms.kit_components
        UNION ALL SELECT sku_id, sku_id, 1 FROM oms.skus WHERE sku_id NOT IN (SELECT sku_id FROM oms.kit_components)
    ), shipped AS (
        SELECT p.sku_id, sum(l.shipped::numeric * p.n) AS n FROM oms.order_lines AS l JOIN parts AS p ON p.whole = l.sku_id GROUP BY p.sku_id
    ), moved AS (
        SELECT sku_id, sum(quantity::numeric) AS n FROM oms.stock_movements WHERE kind <> 'shipment' GROUP BY sku_id
    ), there AS (
        SELECT sku_id, sum(on_hand::numeric) AS n FROM oms.stock_levels GROUP BY sku_id
    )
    SELECT s.code, m.n AS came, t.n AS there, h.n AS shipped
    FROM oms.skus AS s JOIN moved AS m USING (sku_id) JOIN there AS t USING (sku_id) LEFT JOIN shipped AS h USING (sku_id)
    WHERE m.n <> t.n + coalesce(h.n, 0);

-- what is available is what the books say, and can be bought, each SKU to the last unit; the caller is to roll back
CREATE FUNCTION work.unsellable(OUT sku text, OUT books numeric, OUT seen text) RETURNS SETOF record
    LANGUAGE plpgsql SET search_path = oms, public AS $$
BEGIN
    FOR sku, books IN
        SELECT s.code, coalesce(m.n, 0) - coalesce(r.n, 0)
        FROM oms.skus AS s
             LEFT JOIN (SELECT sku_id, sum(quantity::numeric) AS n FROM oms.stock_movements GROUP BY sku_id) AS m USING (sku_id)
             LEFT JOIN (SELECT sku_id, sum(quantity::numeric) AS n FROM oms.reservations WHERE status = 'active' GROUP BY sku_id) AS r USING (sku_id)
        WHERE s.stocked AND NOT s.is_kit
    LOOP
        seen := oms.available(sku) || ' available';
        IF oms.available(sku)::numeric = books THEN
            CONTINUE WHEN books <= 0;
            BEGIN
                PERFORM oms.reserve(sku, books::oms.quantity);
                CONTINUE WHEN oms.available(sku)::numeric = 0;
                seen := oms.available(sku) || ' left';
            EXCEPTION WHEN SQLSTATE 'OM001' THEN
                seen := sqlerrm;
            END;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;
