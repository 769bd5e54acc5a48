/*
 * test/bench/baseline/pool.sql: reserving from a pool of rows
 *
 * The design that Shopify published in 2025 (shopify.engineering,
 * "scaling inventory reservations"), on PostgreSQL: one row for each unit that
 * can be sold, at most 1,000 of an item and location at a time, taken with
 * FOR UPDATE SKIP LOCKED, so that nobody waits for another buyer's row. What
 * is not in the pool is a number in the ledger; who finds the pool empty fills
 * it up again.
 */
\set ON_ERROR_STOP on

CREATE TABLE bench.pool_ledger (
    sku_id bigint,
    location_id integer,
    unpooled integer NOT NULL,
    PRIMARY KEY (sku_id, location_id)
);
CREATE TABLE bench.pool_units (
    sku_id bigint,
    location_id integer,
    unit_id bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (sku_id, location_id, unit_id)
);
CREATE TABLE bench.pool_reservations (
    reservation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku_id bigint NOT NULL,
    location_id integer NOT NULL,
    quantity integer NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ON bench.pool_reservations (expires_at);
INSERT INTO bench.pool_ledger (sku_id, location_id, unpooled) VALUES (1, 1, 1000000000);

/* Takes units that nobody else has in hand; all that were asked for, or none */
CREATE FUNCTION bench.pool_take(sku bigint, location integer, quantity integer) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
DECLARE
    taken CONSTANT bigint[] := ARRAY(
        SELECT u.unit_id FROM bench.pool_units AS u
        WHERE u.sku_id = sku AND u.location_id = location
        ORDER BY u.unit_id LIMIT quantity FOR UPDATE SKIP LOCKED);
BEGIN
    IF cardinality(taken) < quantity THEN
        RETURN false;
    END IF;
    DELETE FROM bench.pool_units AS u
    WHERE u.sku_id = sku AND u.location_id = location AND u.unit_id = ANY (taken);
    RETURN true;
END
$$;

/* Fills the pool up to 1,000 units, under the lock of the ledger's row */
CREATE FUNCTION bench.pool_fill(sku bigint, location integer) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    room integer;
BEGIN
    SELECT least(l.unpooled, 1000) INTO room FROM bench.pool_ledger AS l
    WHERE l.sku_id = sku AND l.location_id = location FOR UPDATE;
    SELECT least(room, 1000 - count(*)) INTO room FROM bench.pool_units AS u
    WHERE u.sku_id = sku AND u.location_id = location;
    IF room < 500 THEN    -- somebody filled it while we waited for the lock
        RETURN;
    END IF;
    INSERT INTO bench.pool_units (sku_id, location_id) SELECT sku, location FROM generate_series(1, room);
    UPDATE bench.pool_ledger AS l SET unpooled = l.unpooled - room
    WHERE l.sku_id = sku AND l.location_id = location;
END
$$;

/* Reserves units for a quarter of an hour and returns whether there were enough */
CREATE FUNCTION bench.pool_reserve(sku bigint, location integer, quantity integer) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NOT bench.pool_take(sku, location, quantity) THEN
        PERFORM bench.pool_fill(sku, location);
        IF NOT bench.pool_take(sku, location, quantity) THEN
            RETURN false;
        END IF;
    END IF;
    INSERT INTO bench.pool_reservations (sku_id, location_id, quantity, expires_at)
    VALUES (sku, location, quantity, now() + interval '15 min');
    RETURN true;
END
$$;
