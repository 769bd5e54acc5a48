/*
 * test/planning/shop.sql: what buyers do while jobs run, in the store of
 * retail.sql. A second of the clock is an hour in the store.
 */

ALTER DATABASE planning_retail SET search_path = oms, public;
\c

CREATE TABLE planning.begin AS
SELECT clock_timestamp() AS at, max(placed_at) + interval '1 day' AS now FROM oms.orders;

CREATE FUNCTION planning.move_time() RETURNS void
    LANGUAGE sql
AS $$
    SELECT set_config('oms.now', (now + (clock_timestamp() - at) * 3600)::text, false) FROM planning.begin
$$;

/* SKUs by number, with enough of each */
CREATE TABLE planning.skus AS
SELECT row_number() OVER (ORDER BY sku_id) AS n, sku_id, code FROM oms.skus
WHERE sku_id IN (SELECT sku_id FROM oms.stock_levels);
ALTER TABLE planning.skus ADD PRIMARY KEY (n);
UPDATE oms.stock_levels SET on_hand = on_hand + '1000000';

/* one order of three SKUs, of which few sell much; a tenth of them isn't paid yet */
CREATE FUNCTION planning.buy() RETURNS bigint
    LANGUAGE sql
AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', 'wholesale', 'reference', gen_random_uuid(), 'ship_to', '{"country": "GB", "lat": 51.51, "lon": -0.13}'::jsonb,
        'lines', jsonb_agg(jsonb_build_object('sku', code, 'quantity', 1, 'unit_price', 2, 'tax', 0)),
        'payments', CASE WHEN random() < 0.9 THEN '[{"method": "card", "amount": "6.00", "status": "authorized"}]' ELSE '[]' END::jsonb))
    FROM (SELECT (pow(random(), 4) * (SELECT max(n) - 1 FROM planning.skus))::bigint + 1 AS n FROM generate_series(1, 3)) AS wanted
    JOIN planning.skus USING (n)
$$;

/* a cart that is left behind */
CREATE FUNCTION planning.leave_cart() RETURNS bigint
    LANGUAGE sql
AS $$
    SELECT oms.reserve(code, 1) FROM planning.skus WHERE n = (pow(random(), 4) * (SELECT max(k.n) - 1 FROM planning.skus AS k))::bigint + 1
$$;

/* an order is shipped, or cancelled, that nobody else is at */
CREATE FUNCTION planning.end_order() RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    target bigint;
BEGIN
    SELECT f.order_id INTO target FROM oms.fulfillments AS f JOIN oms.orders AS o USING (order_id)
    WHERE f.status = 'released' AND o.status IN ('confirmed', 'in_fulfillment')
    ORDER BY f.order_id DESC LIMIT 1 FOR UPDATE OF o SKIP LOCKED;
    IF random() < 0.2 THEN
        PERFORM oms.cancel_order(order_id, 'changed my mind') FROM oms.orders WHERE order_id = target;
    ELSIF target IS NOT NULL THEN
        PERFORM oms.pack(target, 1), oms.ship(target, 1);
    END IF;
END
$$;
