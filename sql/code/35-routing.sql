/* sql/code/35-routing.sql: who would ship what, and routing again */

CREATE TYPE oms.route_leg AS (
    line_no integer,
    sku text,
    quantity oms.quantity,
    location text,
    distance_m double precision,
    cost oms.amount,
    ships_on date,
    arrives_on date
);
COMMENT ON TYPE oms.route_leg IS 'What a location ships of a line: distance in metres, cost of the service, and dates; no location for what must wait for stock';

CREATE OR REPLACE FUNCTION oms_internal.route(lines jsonb, latitude double precision, longitude double precision, options jsonb)
    RETURNS SETOF oms.route_leg
    LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10
    AS 'MODULE_PATHNAME', 'oms_route';
COMMENT ON FUNCTION oms_internal.route(jsonb, double precision, double precision, jsonb) IS 'oms.route() with the destination in degrees';

CREATE OR REPLACE FUNCTION oms.route(lines jsonb, destination geography, options jsonb DEFAULT '{}')
    RETURNS SETOF oms.route_leg
    LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
    SELECT * FROM oms_internal.route(lines, oms_internal.point_lat(destination), oms_internal.point_lon(destination), options);
END;
COMMENT ON FUNCTION oms.route(jsonb, geography, jsonb) IS 'Who would ship the lines [{"sku", "quantity"}] to a destination; options are an order''s "fulfillment" object and "service", "channel"';

CREATE OR REPLACE FUNCTION oms.reroute(order_id bigint, fulfillment_no integer, reference text DEFAULT NULL)
    RETURNS oms.order_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_reroute';
COMMENT ON FUNCTION oms.reroute(bigint, integer, text) IS 'Take a fulfillment away from its location and source it elsewhere; returns the order''s status';

CREATE OR REPLACE FUNCTION oms.nearest_locations(destination geography, count integer, kind text DEFAULT NULL,
                                                 OUT location text, OUT distance_m double precision)
    RETURNS SETOF record
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
BEGIN
    IF count IS NULL OR count NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'count must be between 1 and 1000';
    END IF;
    IF kind NOT IN ('warehouse', 'store', 'dropship', 'third_party') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('location kind "%s" does not exist', kind),
            HINT = 'Kinds are warehouse, store, dropship and third_party.';
    END IF;
    /* the index answers to PostGIS' own operator, in whatever schema that is */
    RETURN QUERY EXECUTE format(
        'SELECT l.code, oms_internal.distance_m(l.point, $1)
         FROM oms.locations AS l
         WHERE l.active AND l.point IS NOT NULL AND ($3 IS NULL OR l.kind = $3)
         ORDER BY l.point OPERATOR(%s.<->) $1, l.location_id
         LIMIT $2',
        (SELECT t.typnamespace::regnamespace FROM pg_type AS t WHERE t.oid = pg_typeof(destination)))
    USING destination, count, kind;
END
$$;
COMMENT ON FUNCTION oms.nearest_locations(geography, integer, text) IS 'The active locations nearest to a point, of one kind or all, with their distance in metres';
