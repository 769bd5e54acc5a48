/*
 * test/bench/floor.sql: the least that writing an order costs
 *
 * A call that is given the finished rows and only writes them: the rows that
 * place_order() writes, into the same tables and indexes, one set-based
 * statement a table, with constraints and foreign keys as they are. The
 * sessions of the floor run with session_replication_role = replica, so that
 * no trigger of the store fires for them; the triggers of foreign keys do,
 * because they are set to fire always.
 */
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE SCHEMA bench;
DO $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT g.tgrelid::regclass AS tab, g.tgname
             FROM pg_trigger AS g JOIN pg_class AS c ON c.oid = g.tgrelid
             WHERE g.tgisinternal AND c.relnamespace = 'oms'::regnamespace
    LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', t.tab, t.tgname);
    END LOOP;
END
$$;

/* As a function of statements, in the way that most such calls are written */
CREATE FUNCTION bench.floor_place(
    reference text, customer bigint, location integer, lat double precision, lon double precision, ship_to jsonb,
    lines_total oms.amount, shipping oms.amount, nothing oms.amount, total oms.amount,
    sku_ids bigint[], quantities oms.quantity[], prices numeric[], discounts oms.amount[], taxes oms.amount[], totals oms.amount[],
    tax_rates numeric[], jurisdictions text[], types text[], subjects integer[], datas jsonb[]
) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    AS $$
DECLARE
    number bigint;
BEGIN
    INSERT INTO oms.orders (channel_id, reference, status, currency,
           lines_total, shipping_price, shipping_tax, discount, total,
           placed_at, customer_id, service_id, on_terms, allow_split, allow_backorder,
           destination, ship_to, document_hash, base_rate)
    VALUES (1, floor_place.reference, 'confirmed', 'EUR', floor_place.lines_total, shipping, nothing, nothing,
            floor_place.total, now(), customer, 1, false, true, false,
            oms_internal.make_point(lat, lon), floor_place.ship_to, 4711, 1)
    RETURNING order_id INTO number;

    INSERT INTO oms.order_lines (order_id, line_no, sku_id, quantity, allocated, backordered,
           unit_price, discount, tax, total, tax_rate, tax_jurisdiction)
    SELECT number, l.n, l.sku_id, l.quantity, l.quantity, '0', l.price, l.discount, l.tax, l.total, l.tax_rate, l.jurisdiction
    FROM unnest(sku_ids, quantities, prices, discounts, taxes, totals, tax_rates, jurisdictions) WITH ORDINALITY
         AS l(sku_id, quantity, price, discount, tax, total, tax_rate, jurisdiction, n);

    INSERT INTO oms.fulfillments (order_id, fulfillment_no, location_id, status, pickup, distance_m, ships_on, arrives_on)
    VALUES (number, 1, location, 'released', false, 123.4, current_date, current_date + 2);

    INSERT INTO oms.fulfillment_lines (order_id, fulfillment_no, line_no, quantity)
    SELECT number, 1, l.n, l.quantity
    FROM unnest(quantities) WITH ORDINALITY AS l(quantity, n);

    UPDATE oms.stock_levels AS s
    SET reserved = s.reserved OPERATOR(oms.+) l.quantity
    FROM unnest(sku_ids, quantities) AS l(sku_id, quantity)
    WHERE s.sku_id = l.sku_id AND s.location_id = location;

    INSERT INTO oms.reservations (order_id, sku_id, location_id, quantity, fulfillment_no, line_no)
    SELECT number, l.sku_id, location, l.quantity, 1, l.n
    FROM unnest(sku_ids, quantities) WITH ORDINALITY AS l(sku_id, quantity, n);

    INSERT INTO oms.payments (order_id, payment_no, method, provider, reference, status,
           amount, authorized, captured, refunded)
    VALUES (number, 1, 'card', 'psp', floor_place.reference, 'authorized',
            floor_place.total, floor_place.total, nothing, nothing);

    INSERT INTO oms.payment_entries (order_id, payment_no, entry_no, kind, amount)
    VALUES (number, 1, 1, 'authorization', floor_place.total);

    INSERT INTO oms.events (order_id, sequence, type, subject_no, data)
    SELECT number, e.n, e.type, e.subject, e.data
    FROM unnest(types, subjects, datas) WITH ORDINALITY AS e(type, subject, data, n);
    RETURN number;
END
$$;

/* The same as one statement, which saves what PL/pgSQL and eight starts of an executor cost */
CREATE FUNCTION bench.floor_place_once(
    reference text, customer bigint, location integer, lat double precision, lon double precision, ship_to jsonb,
    lines_total oms.amount, shipping oms.amount, nothing oms.amount, total oms.amount,
    sku_ids bigint[], quantities oms.quantity[], prices numeric[], discounts oms.amount[], taxes oms.amount[], totals oms.amount[],
    tax_rates numeric[], jurisdictions text[], types text[], subjects integer[], datas jsonb[]
) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    AS $$
DECLARE
    number CONSTANT bigint := nextval('oms.orders_order_id_seq');
BEGIN
    WITH o AS (
        INSERT INTO oms.orders (order_id, channel_id, reference, status, currency,
               lines_total, shipping_price, shipping_tax, discount, total,
               placed_at, customer_id, service_id, on_terms, allow_split, allow_backorder,
               destination, ship_to, document_hash, base_rate)
        VALUES (number, 1, floor_place_once.reference, 'confirmed', 'EUR', floor_place_once.lines_total, shipping,
                nothing, nothing, floor_place_once.total, now(), customer, 1, false, true, false,
                oms_internal.make_point(lat, lon), floor_place_once.ship_to, 4711, 1)
    ), l AS (
        INSERT INTO oms.order_lines (order_id, line_no, sku_id, quantity, allocated, backordered,
               unit_price, discount, tax, total, tax_rate, tax_jurisdiction)
        SELECT number, l.n, l.sku_id, l.quantity, l.quantity, '0', l.price, l.discount, l.tax, l.total, l.tax_rate, l.jurisdiction
        FROM unnest(sku_ids, quantities, prices, discounts, taxes, totals, tax_rates, jurisdictions) WITH ORDINALITY
             AS l(sku_id, quantity, price, discount, tax, total, tax_rate, jurisdiction, n)
    ), f AS (
        INSERT INTO oms.fulfillments (order_id, fulfillment_no, location_id, status, pickup, distance_m, ships_on, arrives_on)
        VALUES (number, 1, location, 'released', false, 123.4, current_date, current_date + 2)
    ), fl AS (
        INSERT INTO oms.fulfillment_lines (order_id, fulfillment_no, line_no, quantity)
        SELECT number, 1, l.n, l.quantity
        FROM unnest(quantities) WITH ORDINALITY AS l(quantity, n)
    ), s AS (
        UPDATE oms.stock_levels AS s
        SET reserved = s.reserved OPERATOR(oms.+) l.quantity
        FROM unnest(sku_ids, quantities) AS l(sku_id, quantity)
        WHERE s.sku_id = l.sku_id AND s.location_id = location
    ), r AS (
        INSERT INTO oms.reservations (order_id, sku_id, location_id, quantity, fulfillment_no, line_no)
        SELECT number, l.sku_id, location, l.quantity, 1, l.n
        FROM unnest(sku_ids, quantities) WITH ORDINALITY AS l(sku_id, quantity, n)
    ), p AS (
        INSERT INTO oms.payments (order_id, payment_no, method, provider, reference, status,
               amount, authorized, captured, refunded)
        VALUES (number, 1, 'card', 'psp', floor_place_once.reference, 'authorized',
                floor_place_once.total, floor_place_once.total, nothing, nothing)
    ), pe AS (
        INSERT INTO oms.payment_entries (order_id, payment_no, entry_no, kind, amount)
        VALUES (number, 1, 1, 'authorization', floor_place_once.total)
    )
    INSERT INTO oms.events (order_id, sequence, type, subject_no, data)
    SELECT number, e.n, e.type, e.subject, e.data
    FROM unnest(types, subjects, datas) WITH ORDINALITY AS e(type, subject, data, n);
    RETURN number;
END
$$;
