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
