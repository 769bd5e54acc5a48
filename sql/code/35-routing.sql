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

CREATE OR REPLACE FUNCTION oms.reroute_batch(
    max_orders integer DEFAULT 1000, time_limit interval DEFAULT '5 s', channel text DEFAULT NULL,
    min_saving oms.amount DEFAULT NULL, dry_run boolean DEFAULT false,
    OUT orders integer, OUT moved integer, OUT cost_before oms.amount, OUT cost_after oms.amount, OUT bound oms.amount,
    OUT saving oms.amount
)
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_reroute_batch';
COMMENT ON FUNCTION oms.reroute_batch(integer, interval, text, oms.amount, boolean) IS 'Plan the oldest orders that nobody works on yet once more, all together, and move those that are better off elsewhere; min_saving is for each order that moves. Returns what they cost before and after, what no plan could cost less than, and the saving';

CREATE OR REPLACE FUNCTION oms.explain_route(
    order_id bigint, OUT location text, OUT ships oms.quantity, OUT would_ship oms.quantity, OUT has_lines double precision,
    OUT reason text, OUT distance_m double precision, OUT ships_on date, OUT arrives_on date,
    OUT shipping oms.amount, OUT handling oms.amount, OUT units oms.amount, OUT scarcity oms.amount, OUT total oms.amount,
    OUT optimal boolean
) RETURNS SETOF record
    LANGUAGE C STABLE PARALLEL UNSAFE ROWS 20
    AS 'MODULE_PATHNAME', 'oms_explain_route';
COMMENT ON FUNCTION oms.explain_route(bigint) IS 'Why an order ships from where it does: every location that has any of it, preferred first, with the units that it ships and would ship if it were decided now, how many of the lines it has, what speaks against it, way, dates, and the parts of what it costs (of what it ships, else of all it has); optimal: no plan would cost less than the one that would be made now';

/* Coordinates as GeoJSON wants them: WGS 84, longitude first. */
CREATE OR REPLACE FUNCTION oms_internal.point_feature(point geography, properties jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT jsonb_build_object('type', 'Feature', 'geometry', ST_AsGeoJSON(point, 6)::jsonb, 'properties', properties);
    END;
COMMENT ON FUNCTION oms_internal.point_feature(geography, jsonb) IS 'A point as a feature of GeoJSON; without a point, without geometry';

CREATE OR REPLACE FUNCTION oms_internal.way_feature(origin geography, destination geography, properties jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT jsonb_build_object(
            'type', 'Feature',
            'geometry', ST_AsGeoJSON(ST_MakeLine(origin::geometry, destination::geometry), 6)::jsonb,
            'properties', properties)
        WHERE origin IS NOT NULL AND destination IS NOT NULL;
    END;
COMMENT ON FUNCTION oms_internal.way_feature(geography, geography, jsonb) IS 'The straight way between two points as a feature of GeoJSON; null if one is not on the map';

CREATE OR REPLACE FUNCTION oms.route_map(order_id bigint) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_features jsonb;
BEGIN
    IF route_map.order_id IS NULL THEN
        RETURN NULL;
    END IF;
    WITH goal AS (
        SELECT o.order_id, CASE WHEN o.pickup_location_id IS NULL THEN o.destination ELSE p.point END AS point
        FROM oms.orders AS o LEFT JOIN oms.locations AS p ON p.location_id = o.pickup_location_id
        WHERE o.order_id = route_map.order_id
    ), candidates AS (
        SELECT l.point, g.point AS destination, e.ships OPERATOR(oms.>) '0'::oms.quantity AS ships, e.ordinality AS n,
               jsonb_strip_nulls(jsonb_build_object(
                   'kind', 'location', 'location', e.location, 'ships', e.ships::numeric, 'would_ship', e.would_ship::numeric,
                   'reason', e.reason, 'distance_m', round(e.distance_m), 'total', e.total)) AS properties
        FROM oms.explain_route(route_map.order_id) WITH ORDINALITY AS e
        LEFT JOIN goal AS g ON true
        LEFT JOIN oms.locations AS l ON l.code = e.location
    ), features AS (
        SELECT 1 AS kind, 0 AS n, oms_internal.point_feature(g.point, jsonb_build_object(
                   'kind', 'destination', 'order_id', g.order_id)) AS feature
        FROM goal AS g
        UNION ALL
        SELECT 2, c.n, oms_internal.point_feature(c.point, c.properties) FROM candidates AS c
        UNION ALL
        SELECT 3, c.n, oms_internal.way_feature(c.point, c.destination, c.properties || '{"kind": "way"}')
        FROM candidates AS c WHERE c.ships
    )
    SELECT coalesce(jsonb_agg(f.feature ORDER BY f.kind, f.n), '[]') INTO v_features
    FROM features AS f WHERE f.feature IS NOT NULL;
    RETURN jsonb_build_object('type', 'FeatureCollection', 'features', v_features);
END
$$;
COMMENT ON FUNCTION oms.route_map(bigint) IS 'GeoJSON of an order: where it goes or is fetched, the locations of oms.explain_route(), and the ways of what they ship';

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

/*
 * Conditions, and locations, are replaced together: a key that a document
 * leaves out of them is a condition that there is none of.
 */
CREATE OR REPLACE FUNCTION oms_internal.rule_columns(document jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_when CONSTANT jsonb := document -> 'when';
    v_locations CONSTANT jsonb := document -> 'locations';
    v_columns jsonb := document;
BEGIN
    IF document ? 'when' THEN
        v_columns := v_columns || jsonb_build_object(
            'channel_id', (SELECT c.channel_id FROM oms.channels AS c WHERE c.code = v_when ->> 'channel'),
            'country', v_when ->> 'country', 'region', v_when ->> 'region',
            'postcode_prefix', oms_internal.normal_postcode(v_when ->> 'postcode_prefix'),
            'sku_id', (SELECT s.sku_id FROM oms.skus AS s WHERE s.code = v_when ->> 'sku'),
            'category', v_when ->> 'category', 'flag', v_when ->> 'flag');
    END IF;
    IF document ? 'locations' THEN
        v_columns := v_columns || jsonb_build_object(
            'location_id', (SELECT l.location_id FROM oms.locations AS l WHERE l.code = v_locations ->> 'location'),
            'location_kind', v_locations ->> 'kind', 'location_country', v_locations ->> 'country',
            'location_region', v_locations ->> 'region');
    END IF;
    IF document ->> 'action' <> 'prefer' THEN
        v_columns := v_columns || '{"within": null}';
    END IF;
    RETURN v_columns;
END
$$;
COMMENT ON FUNCTION oms_internal.rule_columns(jsonb) IS 'The document of a routing rule with the columns that its objects stand for';

CREATE OR REPLACE FUNCTION oms_internal.rule_faults(document jsonb) RETURNS text[]
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN ARRAY(
        SELECT format('$.%s: is required to create a routing rule', k)
        FROM unnest('{action,locations}'::text[]) AS k
        WHERE NOT document ? k
              AND NOT EXISTS (SELECT FROM oms.routing_rules AS r WHERE r.code = document ->> 'code')
        UNION ALL
        SELECT '$.when.postcode_prefix: must have letters or digits'
        WHERE oms_internal.normal_postcode(document #>> '{when,postcode_prefix}') = ''
        UNION ALL
        SELECT unnest(oms_internal.period_faults((document ->> 'valid_from')::timestamptz,
                                                 (document ->> 'valid_until')::timestamptz)));
END
$$;
COMMENT ON FUNCTION oms_internal.rule_faults(jsonb) IS 'Faults of the document of a routing rule that it takes more than the document to see';

CREATE OR REPLACE FUNCTION oms.put_routing_rule(document jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM oms_internal.check_document(document, 'routing_rule');
    PERFORM oms_internal.require_codes(
        channels => ARRAY[document #>> '{when,channel}'], locations => ARRAY[document #>> '{locations,location}'],
        skus => ARRAY[document #>> '{when,sku}']);
    PERFORM oms_internal.raise_faults('routing_rule', oms_internal.rule_faults(document));
    PERFORM oms_internal.put_rows('routing_rule', ARRAY[oms_internal.rule_columns(document)]);
    IF (SELECT count(*) FROM oms.routing_rules AS r WHERE r.active) > 1000 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'program_limit_exceeded',
            MESSAGE = 'too many routing rules are active',
            DETAIL = 'At most 1000 rules may be active, as each is looked at for each order.',
            HINT = 'Set "active" to false where a rule is no longer needed, or say more by one rule.';
    END IF;
    RETURN document ->> 'code';
END
$$;
COMMENT ON FUNCTION oms.put_routing_rule(jsonb) IS 'Create or update a routing rule by its code; "when" and "locations" replace all that was said there before; returns the code';

CREATE OR REPLACE FUNCTION oms_internal.routing_rule_of(
    sku text, location text, channel text DEFAULT NULL, country text DEFAULT NULL, region text DEFAULT NULL,
    postcode text DEFAULT NULL, at timestamptz DEFAULT NULL, OUT forbidden_by text, OUT passed_by text[]
)
    LANGUAGE C STABLE PARALLEL RESTRICTED
    AS 'MODULE_PATHNAME', 'oms_routing_rule_of';
COMMENT ON FUNCTION oms_internal.routing_rule_of(text, text, text, text, text, text, timestamptz) IS 'What rules say of a location for a line: which one forbids it, and those whose preferred locations it is not one of; orders of any channel and of now, if that is null';
