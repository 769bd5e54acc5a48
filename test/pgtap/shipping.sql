-- rate cards at random, told by a plain query, and those of a carrier
SET search_path = oms, public;
SET client_min_messages = warning;
BEGIN;
SELECT plan(13);

SELECT put_location(jsonb_build_object('code', 'CARD-' || n, 'country', 'PT')) FROM generate_series(1, 3) AS n;
CREATE TEMP TABLE origins AS SELECT location_id AS origin FROM locations WHERE code IN ('CARD-1', 'CARD-2', 'CARD-3');
SELECT setseed(0.26);

CREATE FUNCTION pg_temp.one_of(options text) RETURNS text VOLATILE LANGUAGE sql AS $$
    SELECT nullif((string_to_array(options, ' '))[1 + floor(random() * cardinality(string_to_array(options, ' ')))::integer], '-')
$$;
CREATE FUNCTION pg_temp.rate() RETURNS jsonb VOLATILE LANGUAGE sql AS $$
    SELECT jsonb_strip_nulls(jsonb_build_object(
        'country', country, 'region', CASE WHEN country IS NOT NULL THEN pg_temp.one_of('- - A B') END,
        'postcode_from', split_part(range, '~', 1), 'postcode_to', nullif(split_part(range, '~', 2), ''),
        'origin', pg_temp.one_of('- - - CARD-1 CARD-2'), 'max_distance_km', pg_temp.one_of('- 10 50 100'),
        'max_weight_g', pg_temp.one_of('- 100 500 2000')::integer, 'price', pg_temp.one_of('1 2 3 5 8 13.50'),
        'per_kg', pg_temp.one_of('- 0.50 1 1.25'), 'transit_days', pg_temp.one_of('0 1 1 2')::integer))
    FROM pg_temp.one_of('- PT PT ES') AS country,
         LATERAL (SELECT CASE WHEN country IS NOT NULL THEN pg_temp.one_of('- - 10~14 1000~10 12~12 1200~1399 1~9 2-00~25 ç~ç') END) AS r(range)
$$;

-- cards of few and many rows, and some that cost more with distance
CREATE TEMP TABLE cards AS
SELECT n, put_shipping_service(jsonb_build_object('code', 'card-' || n, 'currency', 'EUR', 'rates',
            (SELECT coalesce(jsonb_agg(pg_temp.rate()), '[]') FROM generate_series(1, (n * n / 12)) AS i WHERE n > 0))) AS code
FROM generate_series(0, 40) AS n;
INSERT INTO cards
SELECT n, put_shipping_service(jsonb_build_object('code', 'card-' || n, 'currency', 'EUR', 'rates',
            (SELECT jsonb_agg(jsonb_build_object('max_distance_km', nullif(d * 10, 40), 'max_weight_g', nullif(w * 500, 1500),
                                                 'price', d * 2 + w + (random() < 0.03)::integer * 3, 'per_kg', d * 0.10, 'transit_days', d))
             FROM generate_series(1, 4) AS d, generate_series(1, 3) AS w)))
FROM generate_series(101, 120) AS n;
ALTER TABLE cards ADD service_id integer;
UPDATE cards SET service_id = s.service_id FROM shipping_services AS s WHERE s.code = cards.code;

CREATE TEMP TABLE places (country text, region text, postcode text);
INSERT INTO places VALUES (NULL, NULL, NULL), ('PT', NULL, NULL), ('PT', 'A', '1000-001'), ('PT', 'B', '13 99'), ('PT', 'C', '14999'), ('PT', 'A', '15'),
                          ('ES', 'A', '1200'), ('ES', NULL, '2500'), ('FR', 'A', '1000'), (NULL, 'A', '1000'), ('PT', NULL, 'Ç1'), ('PT', 'A', 'ç1'), ('PT', 'B', '');
CREATE TEMP TABLE ways AS
SELECT DISTINCT ON (c.n, country, region, postcode, origin, distance_m)
       c.service_id, c.n, country, region, postcode, origin, distance_m
FROM cards AS c, places, (SELECT origin FROM origins UNION SELECT NULL) AS o, unnest('{0,10000,10000.5,50000,60000,1000000,NULL}'::float8[]) AS distance_m
WHERE random() < 0.2;
CREATE TEMP TABLE weights AS SELECT g FROM unnest('{0,1,100,101,333,500,501,1500,1501,2000,2001,1000000,4000000000}'::bigint[]) AS g;

CREATE FUNCTION pg_temp.told(ways, g bigint) RETURNS shipping_rates LANGUAGE sql STABLE AS $$
    SELECT r
    FROM oms.shipping_rates AS r, oms_internal.normal_postcode(coalesce($1.postcode, '')) AS postcode
    WHERE r.service_id = $1.service_id
          AND (r.origin_location_id IS NULL OR r.origin_location_id = $1.origin)
          AND (r.country IS NULL OR r.country = $1.country) AND (r.region IS NULL OR r.region = $1.region)
          AND (r.postcode_from IS NULL OR postcode >= r.postcode_from COLLATE "C"
                                          AND left(postcode, length(r.postcode_to)) <= r.postcode_to COLLATE "C")
          AND coalesce(r.max_distance_km * 1000, 'Infinity') >= coalesce($1.distance_m::numeric, 'Infinity')
          AND (r.max_weight_g IS NULL OR r.max_weight_g >= g)
    ORDER BY r.max_distance_km NULLS LAST, r.max_weight_g NULLS LAST, r.postcode_from IS NULL, r.region IS NULL, r.country IS NULL,
             r.origin_location_id IS NULL, r.rate_no
    LIMIT 1
$$;
CREATE TEMP TABLE answers AS
SELECT w.*, g, (told.price::numeric + round(told.per_kg::numeric * g / 1000, 2)) AS price, told.transit_days,
       told.price::numeric + told.per_kg::numeric * g / 1000 AS exact
FROM ways AS w, weights, pg_temp.told(w, g) AS told;

SELECT ok(count(*) > 10000 AND count(price) > 5000 AND count(*) > count(price), 'ways with and without a rate') FROM answers;
SELECT is(count(*), 0::bigint, 'a rate is the one that the query tells')
FROM answers AS a, oms_internal.find_shipping_rate(service_id, country, region, postcode, origin, distance_m, g) AS f
WHERE (f.price::numeric, f.transit_days) IS DISTINCT FROM (a.price, a.transit_days);
SELECT is(count(*), 0::bigint, 'steps say of each weight what the rate is')
FROM answers AS a
     LEFT JOIN LATERAL (SELECT s.price::numeric + round(s.per_kg::numeric * g / 1000, 2), s.transit_days
                        FROM oms_internal.find_shipping_steps(service_id, country, region, postcode, origin, distance_m) AS s
                        WHERE s.max_weight_g >= g ORDER BY s.max_weight_g LIMIT 1) AS f(price, transit_days) ON true
WHERE (f.price, f.transit_days) IS DISTINCT FROM (a.price, a.transit_days);
SELECT is(count(*), 0::bigint, 'steps rise, and differ from the one before')
FROM (SELECT s.max_weight_g, lag(s.max_weight_g) OVER w AS before_g, ROW(s.price, s.per_kg, s.transit_days)::text AS cost,
             lag(ROW(s.price, s.per_kg, s.transit_days)::text) OVER w AS before
      FROM ways AS w,
           oms_internal.find_shipping_steps(service_id, country, region, postcode, origin, distance_m) WITH ORDINALITY AS s
      WINDOW w AS (PARTITION BY w.* ORDER BY s.ordinality)) AS s
WHERE max_weight_g <= before_g OR cost = before;
SELECT is(count(*), 0::bigint, 'no rate from a distance on is less than the bound, and one is the bound')
FROM (SELECT DISTINCT service_id, country, region, postcode, distance_m, g FROM answers WHERE n % 7 = 0) AS a
     CROSS JOIN LATERAL (
         SELECT min(t.price::numeric + round(t.per_kg::numeric * a.g / 1000, 2)) AS price
         FROM (SELECT origin FROM origins UNION SELECT NULL) AS o,
              unnest(ARRAY[a.distance_m, 10000, 10000.5, 50001, 100001, 20001, 30001, NULL]) AS d,
              pg_temp.told(ROW(a.service_id, 0, a.country, a.region, a.postcode, o.origin, d)::ways, a.g) AS t
         WHERE d IS NULL OR d >= a.distance_m) AS told,
     oms_internal.find_shipping_bound(service_id, country, region, postcode, distance_m, g) AS f
WHERE f.price::numeric IS DISTINCT FROM told.price;

CREATE TEMP TABLE floors AS
SELECT f.floor_price::numeric AS price, f.floor_per_kg::numeric AS per_kg, min(t.price::numeric) AS least_price, min(t.per_kg::numeric) AS least_per_kg
FROM cards AS c, (SELECT DISTINCT ON (country, region) * FROM places) AS p, weights,
     (SELECT origin FROM origins UNION SELECT NULL) AS o, unnest('{10000,50000,100000,NULL}'::float8[]) AS d,
     oms_internal.find_shipping_bound(c.service_id, p.country, p.region, p.postcode, 0, 0) AS f,
     pg_temp.told(ROW(c.service_id, 0, p.country, p.region, p.postcode, o.origin, d)::ways, g) AS t
WHERE t.rate_no IS NOT NULL
GROUP BY c.n, c.service_id, p.country, p.region, p.postcode, f.floor_price, f.floor_per_kg;
SELECT is(count(*), 0::bigint, 'no rate that counts is below the floor') FROM floors WHERE least_price < price OR least_per_kg < per_kg;
SELECT ok(count(*) FILTER (WHERE price > 1) > 50 AND count(*) FILTER (WHERE per_kg > 0) > 10 AND count(*) FILTER (WHERE price = least_price) > 50,
          'which is not just nothing') FROM floors;

/*
 * Many ranges of postcodes, one within the other
 */
SELECT put_shipping_service(jsonb_build_object('code', 'card-ranges', 'currency', 'EUR', 'rates',
           (SELECT jsonb_agg(jsonb_build_object('country', 'US', 'postcode_from', lpad(i::text, 5, '0'), 'postcode_to', lpad((i + 9)::text, 5, '0'), 'price', i))
            FROM generate_series(0, 99980, 10) AS i)
           || (SELECT jsonb_agg(jsonb_build_object('country', 'US', 'postcode_from', i::text, 'postcode_to', i::text, 'price', i, 'max_weight_g', 100))
               FROM generate_series(0, 9) AS i)
           || (SELECT jsonb_agg(jsonb_build_object('country', 'BR', 'postcode_from', '1', 'postcode_to', left('1999999999999999999', i), 'price', i,
                                                   'max_weight_g', i))
               FROM generate_series(1, 19) AS i)));
SELECT is(count(*), 0::bigint, 'a range among thousands, and the wider one around it')
FROM shipping_services AS s, generate_series(0, 99989, 77) AS p,
     oms_internal.find_shipping_rate(s.service_id, 'US', NULL, lpad(p::text, 5, '0'), NULL, 1, 101) AS narrow,
     oms_internal.find_shipping_rate(s.service_id, 'US', NULL, lpad(p::text, 5, '0'), NULL, 1, 100) AS wide
WHERE s.code = 'card-ranges' AND (narrow.price::numeric, wide.price::numeric) IS DISTINCT FROM (p / 10 * 10, p / 10000);
SELECT is(array_agg(f.price::numeric), '{1,10,19,NULL}', 'more ranges around a postcode than a lane is kept by')
FROM shipping_services AS s, unnest('{1,10,19,20}'::integer[]) AS g,
     oms_internal.find_shipping_rate(s.service_id, 'BR', NULL, '15', NULL, 1, g) AS f
WHERE s.code = 'card-ranges';

/*
 * USPS Ground Advantage, commercial prices by zone
 */
\set there `test -e ../shared/data/usps_rates/usps_notice123_2025-10-05.csv.gz && echo true || echo false`
CREATE TEMP TABLE usps (service text, price_class text, weight_not_over text, unit text, zone integer, price_usd numeric, effective date);
\if :there
\copy usps FROM PROGRAM 'zcat ../shared/data/usps_rates/usps_notice123_2025-10-05.csv.gz' CSV HEADER
\endif
DELETE FROM usps WHERE service <> 'ground_advantage' OR price_class <> 'commercial' OR zone > 8 OR unit IS NULL;
ALTER TABLE usps ALTER weight_not_over TYPE numeric USING weight_not_over::numeric;
CREATE TEMP TABLE zones AS
SELECT zone, miles, ceil(miles * 1609.344) / 1000 AS km
FROM unnest('{1,2,3,4,5,6,7,8}'::integer[], '{50,150,300,600,1000,1400,1800,NULL}'::numeric[]) AS z(zone, miles);
SELECT put_shipping_service(jsonb_build_object('code', 'usps-ground', 'carrier', 'usps', 'currency', 'USD', 'dimensional_divisor', 6000,
           'working_days', '[1,2,3,4,5,6]'::jsonb, 'rates',
           (SELECT coalesce(jsonb_agg(jsonb_build_object('country', 'US', 'max_distance_km', km,
                                               'max_weight_g', floor(weight_not_over * CASE unit WHEN 'oz' THEN 28.349523125 ELSE 453.59237 END),
                                               'price', price_usd) ORDER BY zone, weight_not_over * CASE unit WHEN 'oz' THEN 1 ELSE 16 END), '[]')
            FROM usps JOIN zones USING (zone))));
\if :there
CREATE TEMP TABLE parcels AS
SELECT g, miles, f.price::numeric,
       (SELECT price_usd FROM usps JOIN zones AS z USING (zone)
        WHERE coalesce(z.miles, 99999) >= d.miles AND weight_not_over * CASE unit WHEN 'oz' THEN 1 ELSE 16 END >= g / 28.349523125
        ORDER BY zone, weight_not_over * CASE unit WHEN 'oz' THEN 1 ELSE 16 END LIMIT 1) AS usps
FROM shipping_services AS s, unnest('{1,113,114,200,453,454,907,908,4535,13607,31751,31752}'::integer[]) AS g,
     unnest('{1,50,51,150,299,301,600,900,1001,1500,1801,4000}'::numeric[]) AS d(miles),
     oms_internal.find_shipping_rate(s.service_id, 'US', 'CA', '94105', NULL, (miles * 1609.344)::float8, g) AS f
WHERE s.code = 'usps-ground';
SELECT is(count(*), 0::bigint, 'parcels cost what the carrier publishes') FROM parcels WHERE price IS DISTINCT FROM usps;
SELECT ok(count(price) = 11 * 12 AND min(price) = 4.50 AND count(DISTINCT price) > 50, 'but those over 70 lb') FROM parcels;
SELECT is(f.floor_price::text || ' ' || f.floor_per_kg::text, '4.50 USD 0.00 USD', 'the floor is the lightest parcel to the nearest zone')
FROM shipping_services AS s, oms_internal.find_shipping_bound(s.service_id, 'US', 'CA', '94105', 0, 1) AS f WHERE s.code = 'usps-ground';
-- 15.999 oz and 1 lb are both 453 g
SELECT is(count(*), 73::bigint, 'a step for each weight of the table')
FROM shipping_services AS s, oms_internal.find_shipping_steps(s.service_id, 'US', 'CA', '94105', NULL, 1) AS f WHERE s.code = 'usps-ground';
\else
SELECT skip('the rates of USPS are not there', 4);
\endif

SELECT * FROM finish();
ROLLBACK;
