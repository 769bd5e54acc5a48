/* sql/code/21-location.sql: locations by document, and the only calls of PostGIS */

/* Points and distances: WGS 84, degrees in, metres out. */

CREATE OR REPLACE FUNCTION oms_internal.make_point(lat double precision, lon double precision) RETURNS geography
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    BEGIN ATOMIC
        SELECT ST_SetSRID(ST_MakePoint(lon, lat), 4326)::geography;
    END;
COMMENT ON FUNCTION oms_internal.make_point(double precision, double precision) IS 'The point at a latitude and longitude in degrees';

CREATE OR REPLACE FUNCTION oms_internal.point_lat(point geography) RETURNS double precision
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    BEGIN ATOMIC
        SELECT ST_Y(point::geometry);
    END;
COMMENT ON FUNCTION oms_internal.point_lat(geography) IS 'Latitude of a point in degrees';

CREATE OR REPLACE FUNCTION oms_internal.point_lon(point geography) RETURNS double precision
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    BEGIN ATOMIC
        SELECT ST_X(point::geometry);
    END;
COMMENT ON FUNCTION oms_internal.point_lon(geography) IS 'Longitude of a point in degrees';

CREATE OR REPLACE FUNCTION oms_internal.is_on_earth(point geography) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    BEGIN ATOMIC
        SELECT coalesce(ST_Y(point::geometry) BETWEEN -90 AND 90 AND ST_X(point::geometry) BETWEEN -180 AND 180, false);
    END;
COMMENT ON FUNCTION oms_internal.is_on_earth(geography) IS 'Whether a point has a latitude and longitude: an empty one has none';

CREATE OR REPLACE FUNCTION oms_internal.distance_m(a geography, b geography) RETURNS double precision
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    BEGIN ATOMIC
        SELECT ST_Distance(a, b, true);
    END;
COMMENT ON FUNCTION oms_internal.distance_m(geography, geography) IS 'Distance in metres on the spheroid';

CREATE OR REPLACE FUNCTION oms_internal.sphere_distance_m(a geography, b geography) RETURNS double precision
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    BEGIN ATOMIC
        SELECT ST_Distance(a, b, false);
    END;
COMMENT ON FUNCTION oms_internal.sphere_distance_m(geography, geography) IS 'Distance in metres on the sphere: off by at most 0.6 %, and faster';

CREATE OR REPLACE FUNCTION oms_internal.is_time_zone(name text) RETURNS boolean
    LANGUAGE C STABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_is_time_zone';
COMMENT ON FUNCTION oms_internal.is_time_zone(text) IS 'Does the server know this time zone?';

CREATE OR REPLACE FUNCTION oms_internal.is_days_of_week(days smallint[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    BEGIN ATOMIC
        SELECT coalesce(array_ndims(days) = 1 AND count(DISTINCT d) = cardinality(days) AND bool_and(d BETWEEN 1 AND 7), false)
        FROM unnest(days) AS d;
    END;
COMMENT ON FUNCTION oms_internal.is_days_of_week(smallint[]) IS 'Are they some days of the week, 1 to 7, none of them twice?';

CREATE OR REPLACE FUNCTION oms_internal.location_ships_on(location text, at timestamptz, with_room boolean) RETURNS date
    LANGUAGE C STABLE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_location_ships_on';
COMMENT ON FUNCTION oms_internal.location_ships_on(text, timestamptz, boolean) IS 'Day on which a location ships what it is given at a point in time, on request with room for it; null for never';

CREATE OR REPLACE FUNCTION oms_internal.normal_postcode(postcode text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    BEGIN ATOMIC
        SELECT upper(translate(postcode, ' -', '') COLLATE "C");
    END;
COMMENT ON FUNCTION oms_internal.normal_postcode(text) IS 'A postcode in capitals, without blanks and hyphens';

/*
 * The tail that many countries write behind a blank or a hyphen (4000-001,
 * SW1A 1AA, 10001-1234) divides an area that often has a row of its own. A
 * prefix of any length would be a guess: M11 is not where M1 1AA lies.
 */
CREATE OR REPLACE FUNCTION oms_internal.find_postcode(country text, postcode text) RETURNS geography
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan
    AS $$
BEGIN
    RETURN coalesce(
        (SELECT p.point FROM oms.postcodes AS p
         WHERE p.country = find_postcode.country AND p.postcode = find_postcode.postcode),
        (SELECT p.point FROM oms.postcodes AS p
         WHERE p.country = find_postcode.country
               AND oms_internal.normal_postcode(p.postcode) = oms_internal.normal_postcode(find_postcode.postcode)
         ORDER BY p.postcode LIMIT 1),
        (SELECT p.point FROM oms.postcodes AS p
         WHERE p.country = find_postcode.country
               AND oms_internal.normal_postcode(p.postcode)
                   = oms_internal.normal_postcode(substring(trim(find_postcode.postcode) FROM '^[^ -]+(?=[ -])'))
         ORDER BY p.postcode LIMIT 1));
END
$$;
COMMENT ON FUNCTION oms_internal.find_postcode(text, text) IS 'Point of a postcode: as written, else without blanks, hyphens and case, else of the area before the first blank or hyphen';

/*
 * A point that was given stays until another is given, or until the location
 * moves to another postcode.
 */
CREATE OR REPLACE FUNCTION oms_internal.locate(document jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    old record;
    v_country text;
    v_postcode text;
BEGIN
    IF document ->> 'lat' IS NOT NULL THEN
        RETURN jsonb_build_object('point', oms_internal.make_point(
            (document ->> 'lat')::double precision, (document ->> 'lon')::double precision)::text);
    END IF;

    SELECT l.country, l.postcode, l.point IS NOT NULL AS placed INTO old
    FROM oms.locations AS l WHERE l.code = document ->> 'code';
    v_country := CASE WHEN document ? 'country' THEN document ->> 'country' ELSE old.country END;
    v_postcode := CASE WHEN document ? 'postcode' THEN document ->> 'postcode' ELSE old.postcode END;
    IF old.placed AND NOT document ? 'lat'
       AND (v_country, v_postcode) IS NOT DISTINCT FROM (old.country::text, old.postcode) THEN
        RETURN '{}';
    END IF;
    RETURN jsonb_build_object('point', oms_internal.find_postcode(v_country, v_postcode)::text);
END
$$;
COMMENT ON FUNCTION oms_internal.locate(jsonb) IS 'The point of a location''s document, as {"point": ...}; empty if the stored one stays';

/* The costs of a location are written as numbers beside one currency. */
CREATE OR REPLACE FUNCTION oms_internal.location_costs(document jsonb) RETURNS jsonb
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_code CONSTANT text := document ->> 'code';
    v_currency text := document ->> 'currency';
    v_stored text;
    v_costs jsonb;
BEGIN
    SELECT oms.currency_of(coalesce(
               CASE WHEN NOT document ? 'handling_cost' THEN l.handling_cost END,
               CASE WHEN NOT document ? 'unit_cost' THEN l.unit_cost END)),
           coalesce(v_currency, oms.currency_of(coalesce(l.handling_cost, l.unit_cost)))
    INTO v_stored, v_currency
    FROM oms.locations AS l WHERE l.code = v_code;
    v_currency := coalesce(v_currency, document ->> 'currency');

    IF v_stored <> v_currency THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM005',
            MESSAGE = format('costs of location "%s" would be in two currencies', v_code),
            DETAIL = format('A cost in %s stays, the document is in %s.', v_stored, v_currency),
            HINT = 'Give both "handling_cost" and "unit_cost" in the new currency.';
    END IF;
    IF v_currency IS NULL AND (document ->> 'handling_cost' IS NOT NULL OR document ->> 'unit_cost' IS NOT NULL) THEN
        PERFORM oms_internal.raise_faults('location', ARRAY['$.currency: is required with a cost']);
    END IF;
    PERFORM oms_internal.raise_faults('location', array_remove(ARRAY[
        oms_internal.money_fault('$.handling_cost', (document ->> 'handling_cost')::numeric, v_currency),
        oms_internal.money_fault('$.unit_cost', (document ->> 'unit_cost')::numeric, v_currency)], NULL));

    SELECT jsonb_object_agg(c.key, oms.amount(c.value::numeric, v_currency)::text) INTO v_costs
    FROM jsonb_each_text(document) AS c
    WHERE c.key IN ('handling_cost', 'unit_cost') AND c.value IS NOT NULL;
    RETURN coalesce(v_costs, '{}');
END
$$;
COMMENT ON FUNCTION oms_internal.location_costs(jsonb) IS 'The costs of a location''s document as amounts';

CREATE OR REPLACE FUNCTION oms_internal.location_days(document jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF document ->> 'working_days' IS NULL THEN
        RETURN '{}';
    END IF;
    RETURN (SELECT jsonb_build_object('working_days', jsonb_agg(DISTINCT (d #>> '{}')::smallint))
            FROM unnest(oms_internal.elements(document -> 'working_days')) AS d);
END
$$;
COMMENT ON FUNCTION oms_internal.location_days(jsonb) IS 'The working days of a location''s document, in order and each once';

CREATE OR REPLACE FUNCTION oms_internal.put_holidays(code text, days date[]) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_location_id integer;
BEGIN
    SELECT l.location_id INTO v_location_id
    FROM oms.locations AS l WHERE l.code = put_holidays.code FOR NO KEY UPDATE;
    DELETE FROM oms.location_holidays AS h WHERE h.location_id = v_location_id AND h.day <> ALL (days);
    INSERT INTO oms.location_holidays (location_id, day)
    SELECT v_location_id, d FROM unnest(days) AS d
    EXCEPT
    SELECT h.location_id, h.day FROM oms.location_holidays AS h WHERE h.location_id = v_location_id
    ORDER BY 2
    ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION oms_internal.put_holidays(text, date[]) IS 'Replace the holidays of a location; those that stay keep their names';

CREATE OR REPLACE FUNCTION oms.put_location(document jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM oms_internal.check_document(document, 'location');
    PERFORM oms_internal.require_codes(organizations => ARRAY[document ->> 'organization']);

    PERFORM oms_internal.put_rows('location', ARRAY[
        oms_internal.with_id(document, 'organization', 'organization_id',
            (SELECT o.organization_id FROM oms.organizations AS o WHERE o.code = document ->> 'organization'))
        || oms_internal.locate(document) || oms_internal.location_costs(document)
        || oms_internal.location_days(document)]);
    IF document ? 'holidays' THEN
        PERFORM oms_internal.put_holidays(document ->> 'code', ARRAY(
            SELECT (d #>> '{}')::date FROM unnest(oms_internal.elements(document -> 'holidays')) AS d));
    END IF;
    RETURN document ->> 'code';
END
$$;
COMMENT ON FUNCTION oms.put_location(jsonb) IS 'Create or update a location by its code; returns the code';
