-- test/t/buy.sql: buyers, in the shop of test/stress/work.sql
-- places an order of the same quantity of each SKU, in an order at random, for nothing, so that it is confirmed at once
CREATE FUNCTION work.buy(reference text, quantity numeric, VARIADIC skus text[]) RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', 'rnd-web', 'reference', reference, 'ship_to', '{"country": "PT", "lat": 41, "lon": -8}'::jsonb,
        'lines', (SELECT jsonb_agg(jsonb_build_object('sku', sku, 'quantity', quantity, 'unit_price', 0, 'tax', 0) ORDER BY random())
                  FROM unnest(skus) AS sku)))
$$;

CREATE TABLE work.outcomes (sale text, code text);
-- buys with a reference of its own, or by carts if there is none to be; notes what came of it
CREATE FUNCTION work.try(sale text, cart boolean, quantity numeric, VARIADIC skus text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF cart THEN
        PERFORM oms.reserve(sku, try.quantity::oms.quantity) FROM unnest(skus) AS sku;
    ELSE
        PERFORM work.buy(sale || ' ' || gen_random_uuid(), quantity, VARIADIC skus);
    END IF;
    INSERT INTO work.outcomes VALUES (sale, 'sold');
EXCEPTION WHEN SQLSTATE 'OM001' THEN
    INSERT INTO work.outcomes VALUES (sale, sqlstate);
END
$$;

-- a new SKU, so many at each of the four locations
CREATE FUNCTION work.stock_sku(code text, each numeric) RETURNS void LANGUAGE sql VOLATILE AS $$
    SELECT oms.put_sku(jsonb_build_object('code', code, 'price', '1 EUR', 'decimals', 2, 'backorder_limit', 0));
    SELECT oms.receive_stock(code, 'rnd-' || n, each::oms.quantity) FROM generate_series(1, 4) AS n;
$$;
