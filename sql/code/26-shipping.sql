/* sql/code/26-shipping.sql: shipping services and their rates: by document, and for orders */

CREATE OR REPLACE FUNCTION oms_internal.find_shipping_rate(
    service_id integer, country text, region text, postcode text, origin_location_id integer,
    distance_m double precision, weight_g bigint,
    OUT price oms.amount, OUT transit_days integer
)
    LANGUAGE C STABLE PARALLEL RESTRICTED
    AS 'MODULE_PATHNAME', 'oms_find_shipping_rate';
COMMENT ON FUNCTION oms_internal.find_shipping_rate(integer, text, text, text, integer, double precision, bigint) IS 'Price and days of a shipping service for a destination, origin, distance and weight; nulls if no rate fits';

CREATE OR REPLACE FUNCTION oms_internal.find_shipping_steps(
    service_id integer, country text, region text, postcode text, origin_location_id integer,
    distance_m double precision,
    OUT max_weight_g bigint, OUT price oms.amount, OUT per_kg oms.amount, OUT transit_days integer
) RETURNS SETOF record
    LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10
    AS 'MODULE_PATHNAME', 'oms_find_shipping_steps';
COMMENT ON FUNCTION oms_internal.find_shipping_steps(integer, text, text, text, integer, double precision) IS 'What find_shipping_rate() answers for each weight, as steps by rising weight; the last of no bound has the largest bigint';

CREATE OR REPLACE FUNCTION oms_internal.find_shipping_bound(
    service_id integer, country text, region text, postcode text, distance_m double precision, weight_g bigint,
    OUT price oms.amount, OUT floor_price oms.amount, OUT floor_per_kg oms.amount
)
    LANGUAGE C STABLE PARALLEL RESTRICTED
    AS 'MODULE_PATHNAME', 'oms_find_shipping_bound';
COMMENT ON FUNCTION oms_internal.find_shipping_bound(integer, text, text, text, double precision, bigint) IS 'The least that a weight costs to a destination from this distance on, from any origin; and the least base price and price of a kilogram of all rates';

CREATE OR REPLACE FUNCTION oms_internal.shipping_arrives_on(service_id integer, ships_on date, transit_days integer)
    RETURNS date
    LANGUAGE C STABLE STRICT PARALLEL RESTRICTED
    AS 'MODULE_PATHNAME', 'oms_shipping_arrives_on';
COMMENT ON FUNCTION oms_internal.shipping_arrives_on(integer, date, integer) IS 'The day on which a parcel arrives that is in transit for some working days of its service';

CREATE OR REPLACE FUNCTION oms_internal.rate_faults(rates jsonb) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN (
        SELECT array_agg(format('$.rates[%s].%s', r.n - 1, f.fault) ORDER BY r.n, f.place)
        FROM (SELECT d.n, d.value ->> 'country' AS country, d.value ->> 'region' AS region,
                     oms_internal.normal_postcode(d.value ->> 'postcode_from') AS first,
                     oms_internal.normal_postcode(d.value ->> 'postcode_to') AS last
              FROM jsonb_array_elements(rates) WITH ORDINALITY AS d(value, n)) AS r
        CROSS JOIN LATERAL (VALUES
            (1, CASE WHEN r.country IS NULL AND coalesce(r.region, r.first, r.last) IS NOT NULL
                THEN 'country: is required with a region or postcodes' END),
            (2, CASE WHEN r.first = '' THEN 'postcode_from: must have letters or digits'
                WHEN r.first IS NULL AND r.last IS NOT NULL THEN 'postcode_from: is required with postcode_to' END),
            (3, CASE WHEN r.last = '' THEN 'postcode_to: must have letters or digits'
                WHEN r.last IS NULL AND r.first IS NOT NULL THEN 'postcode_to: is required with postcode_from'
                WHEN r.first <> '' AND left(r.first, length(r.last)) COLLATE "C" > r.last COLLATE "C"
                THEN 'postcode_to: must not be before postcode_from' END)) AS f(place, fault)
        WHERE f.fault IS NOT NULL);
END
$$;
COMMENT ON FUNCTION oms_internal.rate_faults(jsonb) IS 'Faults of a rate card between keys of a rate';

CREATE OR REPLACE FUNCTION oms.put_shipping_service(document jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_code CONSTANT text := document ->> 'code';
    v_service record;
BEGIN
    PERFORM oms_internal.check_document(document, 'shipping_service');
    PERFORM oms_internal.raise_faults('shipping_service', oms_internal.rate_faults(document -> 'rates'));
    PERFORM oms_internal.require_codes(
        locations => oms_internal.values_of(oms_internal.elements(document -> 'rates'), 'origin'));
    INSERT INTO oms.carriers (code, name)
    SELECT document ->> 'carrier', document ->> 'carrier'
    WHERE document ->> 'carrier' IS NOT NULL
          AND NOT EXISTS (SELECT FROM oms.carriers AS c WHERE c.code = document ->> 'carrier')
    ON CONFLICT (code) DO NOTHING;
    PERFORM oms_internal.put_rows('shipping_service', ARRAY[
        oms_internal.with_id(document, 'carrier', 'carrier_id',
            (SELECT c.carrier_id FROM oms.carriers AS c WHERE c.code = document ->> 'carrier'))]);

    SELECT s.service_id, s.currency INTO v_service
    FROM oms.shipping_services AS s WHERE s.code = v_code FOR NO KEY UPDATE;
    IF document ? 'rates' THEN
        PERFORM oms_internal.put_rates(v_service.service_id, v_service.currency, document -> 'rates');
    ELSIF EXISTS (SELECT FROM oms.shipping_rates AS r
                  WHERE r.service_id = v_service.service_id AND oms.currency_of(r.price) <> v_service.currency) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM005',
            MESSAGE = format('rates of shipping service "%s" are in another currency', v_code),
            DETAIL = format('The document changes the currency to %s and leaves the rates.', v_service.currency),
            HINT = 'Give "rates" in the new currency too.';
    END IF;
    RETURN v_code;
END
$$;
COMMENT ON FUNCTION oms.put_shipping_service(jsonb) IS 'Create or update a shipping service by its code; "rates" replaces its rate card; returns the code';

CREATE OR REPLACE FUNCTION oms_internal.put_rates(service_id integer, currency text, rates jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM oms_internal.raise_faults('shipping_service', array_agg(f.fault ORDER BY d.n, f.fault))
    FROM jsonb_array_elements(rates) WITH ORDINALITY AS d(value, n)
    CROSS JOIN LATERAL unnest(ARRAY['price', 'per_kg']) AS k
    CROSS JOIN LATERAL oms_internal.money_fault(
        format('$.rates[%s].%s', d.n - 1, k), (d.value ->> k)::numeric, currency) AS f(fault)
    WHERE f.fault IS NOT NULL;

    DELETE FROM oms.shipping_rates AS r
    WHERE r.service_id = put_rates.service_id AND r.rate_no > jsonb_array_length(rates);

    INSERT INTO oms.shipping_rates AS r
        (service_id, rate_no, country, max_distance_km, max_weight_g, price, per_kg, transit_days,
         origin_location_id, region, postcode_from, postcode_to)
    SELECT put_rates.service_id, d.n, f.country, f.max_distance_km, f.max_weight_g,
           oms.amount(f.price, currency), oms.amount(coalesce(f.per_kg, 0), currency), coalesce(f.transit_days, 0),
           l.location_id, f.region,
           oms_internal.normal_postcode(f.postcode_from), oms_internal.normal_postcode(f.postcode_to)
    FROM jsonb_array_elements(rates) WITH ORDINALITY AS d(value, n)
    CROSS JOIN LATERAL jsonb_to_record(d.value) AS f(
        country text, max_distance_km numeric, max_weight_g integer, price numeric, per_kg numeric, transit_days integer,
        origin text, region text, postcode_from text, postcode_to text)
    LEFT JOIN oms.locations AS l ON l.code = f.origin
    ON CONFLICT ON CONSTRAINT shipping_rates_pkey
    DO UPDATE SET (country, max_distance_km, max_weight_g, price, per_kg, transit_days,
                   origin_location_id, region, postcode_from, postcode_to)
        = ROW(excluded.country, excluded.max_distance_km, excluded.max_weight_g,
              excluded.price, excluded.per_kg, excluded.transit_days,
              excluded.origin_location_id, excluded.region, excluded.postcode_from, excluded.postcode_to);
END
$$;
COMMENT ON FUNCTION oms_internal.put_rates(integer, text, jsonb) IS 'Replace the rate card of a shipping service';
