-- cost: 20,000 random receipts, shipments, corrections, transfers and revaluations are worth what an exact model says,
-- by both methods, in base currencies with 0, 2 and 3 decimals
SET search_path = oms, public;
SET client_min_messages = warning;
SELECT plan(3);

CREATE TEMPORARY TABLE model (sku text, location text, seq bigint GENERATED ALWAYS AS IDENTITY, quantity numeric, value numeric);
CREATE TEMPORARY TABLE transit (transfer_id bigint, sku text, origin text, destination text, quantity numeric, value numeric);
CREATE TEMPORARY TABLE wrong (step integer, what text, expected numeric, seen numeric);

/* the model: numerics, and rows of a table; what is not known is null and counts as nothing */
CREATE FUNCTION pg_temp.take(p_sku text, p_location text, p_quantity numeric, decimals integer) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    r record;
    part numeric;
    total numeric;
    rest numeric := p_quantity;
BEGIN
    FOR r IN SELECT seq, quantity, value FROM model WHERE sku = p_sku AND location = p_location ORDER BY seq LOOP
        EXIT WHEN rest = 0;
        IF r.quantity <= rest THEN
            part := r.value;
            rest := rest - r.quantity;
            DELETE FROM model WHERE seq = r.seq;
        ELSE
            part := round(r.value * rest / r.quantity, decimals);
            UPDATE model SET quantity = quantity - rest, value = value - part WHERE seq = r.seq;
            rest := 0;
        END IF;
        total := CASE WHEN part IS NULL THEN total ELSE coalesce(total, 0) + part END;
    END LOOP;
    RETURN total;
END $$;
CREATE FUNCTION pg_temp.put(p_sku text, p_location text, p_quantity numeric, p_value numeric) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF p_sku LIKE 'RND-F%' OR NOT EXISTS (SELECT FROM model WHERE sku = p_sku AND location = p_location) THEN
        INSERT INTO model (sku, location, quantity, value) VALUES (p_sku, p_location, p_quantity, p_value);
    ELSE
        UPDATE model SET quantity = quantity + p_quantity,
                         value = CASE WHEN p_value IS NULL THEN value ELSE coalesce(value, 0) + p_value END
        WHERE sku = p_sku AND location = p_location;
    END IF;
END $$;
CREATE FUNCTION pg_temp.average(p_sku text, p_location text, p_quantity numeric, decimals integer) RETURNS numeric LANGUAGE sql AS $$
    SELECT round(sum(value) * p_quantity / sum(quantity), decimals) FROM model WHERE sku = p_sku AND location = p_location AND value IS NOT NULL
$$;
CREATE FUNCTION pg_temp.compare(p_step integer, p_what text, p_expected numeric, p_since bigint) RETURNS void LANGUAGE sql AS $$
    INSERT INTO wrong
    SELECT p_step, p_what, p_expected, f.value
    FROM (SELECT sum(abs(value::numeric)) AS value FROM oms.stock_movements WHERE movement_id > p_since) AS f
    WHERE f.value IS DISTINCT FROM p_expected
$$;

CREATE FUNCTION pg_temp.run(p_currency text, decimals integer, steps integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_sku text;
    v_from text;
    v_to text;
    v_units numeric;
    v_cost numeric;
    v_value numeric;
    v_there numeric;
    v_since bigint;
    v_order bigint;
    v_dice double precision;
    v_standard numeric := round(7.7777, decimals);
    r record;
BEGIN
    TRUNCATE model, transit;
    FOR i IN 1 .. steps LOOP
        v_dice := random();
        v_sku := (ARRAY['RND-A1', 'RND-A2', 'RND-A3', 'RND-F1', 'RND-F2', 'RND-F3'])[1 + floor(random() * 6)::integer];
        v_from := (ARRAY['rnd-1', 'rnd-2'])[1 + floor(random() * 2)::integer];
        v_to := CASE v_from WHEN 'rnd-1' THEN 'rnd-2' ELSE 'rnd-1' END;
        v_units := round((0.001 + random() * random() * 20)::numeric, 3);
        v_cost := round((random() * random() * 50)::numeric, decimals);
        v_since := (SELECT last_value FROM oms.stock_movements_movement_id_seq);
        v_there := coalesce((SELECT sum(quantity) FROM model WHERE sku = v_sku AND location = v_from), 0);
        CASE
            WHEN v_dice < 0.25 THEN
                v_value := round(v_cost * v_units, decimals);
                PERFORM oms.receive_stock(v_sku, v_from, v_units, (v_cost || ' ' || p_currency)::oms.amount);
                PERFORM pg_temp.put(v_sku, v_from, v_units, v_value);
                PERFORM pg_temp.compare(i, 'receipt', v_value, v_since);
            WHEN v_dice < 0.30 THEN
                v_value := CASE WHEN v_sku LIKE '%3' THEN round(v_standard * v_units, decimals)
                                ELSE pg_temp.average(v_sku, v_from, v_units, decimals) END;
                PERFORM oms.receive_stock(v_sku, v_from, v_units);
                PERFORM pg_temp.put(v_sku, v_from, v_units, v_value);
                PERFORM pg_temp.compare(i, 'receipt without cost', v_value, v_since);
            WHEN v_dice < 0.38 THEN
                v_value := coalesce(pg_temp.average(v_sku, v_from, v_units, decimals),
                                    CASE WHEN v_sku LIKE '%3' THEN round(v_standard * v_units, decimals) END);
                PERFORM oms.adjust_stock(v_sku, v_from, v_units, 'found');
                PERFORM pg_temp.put(v_sku, v_from, v_units, v_value);
                PERFORM pg_temp.compare(i, 'found', v_value, v_since);
            WHEN v_dice < 0.42 AND v_there > 0 THEN
                v_cost := round(v_cost / 2, decimals);
                PERFORM oms.revalue_stock(v_sku, v_from, (v_cost || ' ' || p_currency)::oms.amount, 'list');
                UPDATE model SET value = round(v_cost * quantity, decimals) WHERE sku = v_sku AND location = v_from;
            WHEN v_dice < 0.50 AND EXISTS (SELECT FROM transit) THEN
                SELECT * INTO r FROM transit ORDER BY random() LIMIT 1;
                v_units := CASE WHEN random() < 0.5 THEN r.quantity ELSE least(v_units, r.quantity) END;
                v_value := CASE WHEN v_units = r.quantity THEN r.value ELSE round(r.value * v_units / r.quantity, decimals) END;
                IF v_units = r.quantity AND random() < 0.3 THEN
                    PERFORM oms.cancel_transfer(r.transfer_id);
                    PERFORM pg_temp.put(r.sku, r.origin, v_units, v_value);
                ELSE
                    PERFORM oms.receive_transfer(r.transfer_id, v_units);
                    PERFORM pg_temp.put(r.sku, r.destination, v_units, v_value);
                END IF;
                UPDATE transit SET quantity = quantity - v_units, value = value - v_value WHERE transfer_id = r.transfer_id;
                DELETE FROM transit WHERE quantity = 0;
                PERFORM pg_temp.compare(i, 'arrival', v_value, v_since);
            WHEN v_there = 0 THEN
                CONTINUE;
            ELSE
                v_units := CASE WHEN random() < 0.2 THEN v_there ELSE least(v_units, v_there) END;
                v_value := pg_temp.take(v_sku, v_from, v_units, decimals);
                CASE
                    WHEN v_dice < 0.60 THEN
                        PERFORM oms.adjust_stock(v_sku, v_from, -v_units, 'lost');
                    WHEN v_dice < 0.70 THEN
                        PERFORM oms.transfer_stock(v_sku, v_from, v_to, v_units);
                        PERFORM pg_temp.put(v_sku, v_to, v_units, v_value);
                        v_value := v_value * 2;
                    WHEN v_dice < 0.80 THEN
                        INSERT INTO transit
                        SELECT oms.ship_transfer(v_sku, v_from, v_to, v_units), v_sku, v_from, v_to, v_units, v_value;
                    WHEN v_dice < 0.85 THEN
                        UPDATE oms.stock_levels AS l SET on_hand = on_hand OPERATOR(oms.-) v_units::oms.quantity
                        FROM oms.skus AS s, oms.locations AS p
                        WHERE s.sku_id = l.sku_id AND p.location_id = l.location_id AND s.code = v_sku AND p.code = v_from;
                    ELSE
                        v_order := oms.place_order(jsonb_build_object(
                            'channel', 'rnd', 'reference', p_currency || i, 'customer', '{"email": "ana@example.com"}'::jsonb,
                            'ship_to', '{"country": "PT", "lat": 40, "lon": -8}'::jsonb,
                            'lines', jsonb_build_array(jsonb_build_object('sku', v_sku, 'quantity', v_units, 'unit_price', '0', 'tax', '0')),
                            'shipping', '{"price": "0", "tax": "0"}'::jsonb, 'fulfillment', jsonb_build_object('ship_from', v_from)));
                        PERFORM oms.pack(v_order, 1), oms.ship(v_order, 1);
                END CASE;
                PERFORM pg_temp.compare(i, 'what left', v_value, v_since);
        END CASE;
    END LOOP;
END $$;

/* all of it, and then none of it has been: the faults that were found */
CREATE FUNCTION pg_temp.faults(p_currency text, decimals integer, steps integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_faults text;
BEGIN
    PERFORM oms.set_base_currency(p_currency);
    INSERT INTO oms.channels (code, name, currency) VALUES ('rnd', 'Web', 'EUR');
    INSERT INTO oms.locations (code, name, country, point)
    SELECT 'rnd-' || n, 'Here', 'PT', oms_internal.make_point(40, -8) FROM generate_series(1, 2) AS n;
    INSERT INTO oms.skus (code, name, decimals, costing, cost)
    SELECT 'RND-' || c || n, 'SKU', 3, CASE c WHEN 'F' THEN 'fifo' ELSE 'average' END,
           CASE n WHEN 3 THEN (round(7.7777, decimals) || ' ' || p_currency)::oms.amount END
    FROM unnest(ARRAY['A', 'F']) AS c, generate_series(1, 3) AS n;
    PERFORM pg_temp.run(p_currency, decimals, steps);
    INSERT INTO wrong
    SELECT NULL, 'value of ' || coalesce(m.sku, v.sku) || ' at ' || coalesce(m.location, v.location), m.value, v.value
    FROM (SELECT sku, location, sum(quantity) AS quantity, sum(value) AS value FROM model GROUP BY sku, location) AS m
         FULL JOIN oms_report.inventory_value AS v USING (sku, location)
    WHERE (m.quantity, coalesce(m.value, 0)) IS DISTINCT FROM (v.quantity, v.value) AND coalesce(m.sku, v.sku) LIKE 'RND-%';
    INSERT INTO wrong SELECT NULL, 'transfer', t.value, w.value::numeric
    FROM transit AS t JOIN oms.transfers AS w USING (transfer_id) WHERE w.value::numeric IS DISTINCT FROM t.value;
    INSERT INTO wrong SELECT NULL, invariant || ' ' || key, NULL, NULL FROM oms.check_invariants();
    INSERT INTO wrong SELECT NULL, 'too little has happened', steps, count(*) FROM oms.stock_movements HAVING count(*) < steps * 0.7;
    v_faults := (SELECT coalesce(string_agg(format('%s %s: %s, is %s', step, what, expected, seen), E'\n'), '') FROM wrong);
    RAISE EXCEPTION USING ERRCODE = 'OM999', DETAIL = v_faults;
EXCEPTION WHEN SQLSTATE 'OM999' THEN
    GET STACKED DIAGNOSTICS v_faults = PG_EXCEPTION_DETAIL;
    RETURN v_faults;
END $$;

SELECT setseed(0.4);
SELECT is(pg_temp.faults('JPY', 0, 6700), '', 'no decimals');
SELECT is(pg_temp.faults('EUR', 2, 6700), '', 'two decimals');
SELECT is(pg_temp.faults('KWD', 3, 6700), '', 'three decimals');
SELECT * FROM finish();
