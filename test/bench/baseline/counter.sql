/*
 * test/bench/baseline/counter.sql: reserving from a counter, as most shops do
 *
 * One row a SKU and location says how much is reserved; a conditional UPDATE
 * adds to it, and its lock is held until the commit is on disk. Its table
 * leaves as much room for updates in place as oms.stock_levels does.
 */
\set ON_ERROR_STOP on

CREATE TABLE bench.counter_levels (
    sku_id bigint,
    location_id integer,
    on_hand integer NOT NULL,
    reserved integer NOT NULL DEFAULT 0,
    PRIMARY KEY (sku_id, location_id)
) WITH (fillfactor = 70);
CREATE TABLE bench.counter_reservations (
    reservation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku_id bigint NOT NULL,
    location_id integer NOT NULL,
    quantity integer NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ON bench.counter_reservations (expires_at);
INSERT INTO bench.counter_levels (sku_id, location_id, on_hand) VALUES (1, 1, 1000000000);

/* Reserves units for a quarter of an hour and returns whether there were enough */
CREATE FUNCTION bench.counter_reserve(sku bigint, location integer, quantity integer) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE bench.counter_levels AS l
    SET reserved = l.reserved + quantity
    WHERE l.sku_id = sku AND l.location_id = location AND l.on_hand - l.reserved >= quantity;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO bench.counter_reservations (sku_id, location_id, quantity, expires_at)
    VALUES (sku, location, quantity, now() + interval '15 min');
    RETURN true;
END
$$;
