-- Shipping services: what a parcel costs and when it arrives
SET client_min_messages = warning;
\set SHOW_CONTEXT never
SET datestyle = ISO;

CREATE TEMPORARY VIEW shown_services AS
SELECT s.code, s.name, c.code AS carrier, s.currency, s.kind, rate_no AS no, country, max_distance_km::float8 AS km, max_weight_g AS g,
       price, per_kg, transit_days AS days
FROM oms.shipping_services AS s LEFT JOIN oms.carriers AS c USING (carrier_id) LEFT JOIN oms.shipping_rates AS r USING (service_id)
WHERE s.code LIKE 'sh-%'
ORDER BY s.code COLLATE "C", rate_no;

SELECT oms.put_shipping_service('{"code": "sh-pickup", "currency": "EUR", "kind": "pickup"}');
SELECT oms.put_shipping_service('{"code": "sh-std", "name": "Standard", "carrier": "sh-post", "currency": "EUR", "rates": [
    {"country": "PT", "max_distance_km": 100, "max_weight_g": 2000, "price": "3.90", "per_kg": "0.55", "transit_days": 1},
    {"country": "PT", "max_weight_g": 2000, "price": 4.9, "transit_days": 2},
    {"max_distance_km": 100, "max_weight_g": 30000, "price": "8"},
    {"max_weight_g": 2000, "price": "15", "transit_days": 5},
    {"price": "29", "per_kg": 1, "transit_days": 7}]}');
TABLE shown_services;

-- which counts: the smallest distance, then weight, then the country's own
SELECT destination, km, g, f.*
FROM (VALUES ('PT', 50, 1500), ('PT', 100, 2000), ('PT', 100.001, 2000), ('PT', 50, 2001), ('PT', 50, 30001), ('PT', NULL, 10),
             ('ES', 50, 10), ('ES', 500, 10), ('ES', 500, 2001), (NULL, 500, 10), ('PT', 0, 0), ('PT', 50, NULL),
             ('PT', 20000, 3000000000)) AS v(destination, km, g),
     oms_internal.find_shipping_rate((SELECT service_id FROM oms.shipping_services WHERE code = 'sh-std'), destination, NULL, NULL, NULL, km * 1000, g) AS f;
SELECT * FROM oms_internal.find_shipping_rate((SELECT service_id FROM oms.shipping_services WHERE code = 'sh-pickup'), 'PT', NULL, NULL, NULL, 1, 1);
SELECT * FROM oms_internal.find_shipping_rate(-1, 'PT', NULL, NULL, NULL, 'NaN', 1);

-- rates are replaced as a whole, all else stays if left out
SELECT oms.put_shipping_service('{"code": "sh-std", "rates": [{"price": "5", "transit_days": 3}]}');
SELECT * FROM shown_services WHERE code = 'sh-std';
SELECT oms.put_shipping_service('{"code": "sh-std", "name": "Slow", "carrier": null}');
SELECT * FROM shown_services WHERE code = 'sh-std';
SELECT oms.put_shipping_service('{"code": "sh-std", "currency": "JPY", "carrier": "sh-post", "rates": [{"price": 500, "per_kg": "99.5"}, {"price": "0.1"}]}');
SELECT oms.put_shipping_service('{"code": "sh-std", "currency": "JPY", "carrier": "sh-post", "rates": [{"price": 500, "per_kg": "99.0"}]}');
SELECT * FROM shown_services WHERE code = 'sh-std';
SELECT oms.put_shipping_service('{"code": "sh-std", "rates": []}');
SELECT * FROM shown_services WHERE code = 'sh-std';
SELECT oms.put_shipping_service('{"code": "sh-std", "currency": "EUR", "rates": [{"price": "5"}]}');
SELECT count(*) FROM oms.carriers WHERE code = 'sh-post';

SELECT oms.put_shipping_service('{"code": "sh-std", "currency": "USD"}');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.put_shipping_service('{"code": "sh-bad", "carrier": "sh-bad"}');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.put_shipping_service('{"code": "sh-bad", "kind": "pigeon", "currency": null, "rates": [{"max_weight_g": 0, "per_kg": -1},
    {"price": "4.90 EUR", "transit_days": 1.5, "max_distance_km": "far"}]}');
SELECT count(*) FROM oms.carriers WHERE code = 'sh-bad';
\set VERBOSITY terse
INSERT INTO oms.shipping_rates (service_id, rate_no, price, per_kg)
SELECT service_id, 9, '1 EUR', '1 USD' FROM oms.shipping_services WHERE code = 'sh-std';
INSERT INTO oms.shipping_rates (service_id, rate_no, price, per_kg)
SELECT service_id, 9, '-1 EUR', '1 EUR' FROM oms.shipping_services WHERE code = 'sh-std';
INSERT INTO oms.shipping_services (code, name, currency, kind) VALUES ('sh-raw', 'x', 'EUR', 'pigeon');
\set VERBOSITY default


/*
 * Origin, region and ranges of postcodes
 */
SELECT oms.put_location('{"code": "sh-opo", "country": "PT", "lat": 41, "lon": -8}'), oms.put_location('{"code": "sh-lis", "country": "PT", "lat": 38, "lon": -9}');
SELECT oms.put_shipping_service('{"code": "sh-far", "currency": "EUR", "rates": [
    {"price": "20"}, {"country": "PT", "price": "10"}, {"country": "PT", "region": "Azores", "price": "30"},
    {"country": "PT", "postcode_from": "95 00", "postcode_to": "98", "price": "40"}, {"country": "PT", "postcode_from": "9700", "postcode_to": "9700", "price": "50"},
    {"country": "PT", "region": "Azores", "postcode_from": "9-7", "postcode_to": "9799", "price": "60", "transit_days": 6},
    {"country": "PT", "origin": "sh-opo", "price": "9"}, {"origin": "sh-opo", "price": "19"}, {"country": "PT", "region": "Azores", "origin": "sh-lis", "price": "29"},
    {"max_distance_km": 5, "price": "1"}, {"country": "PT", "max_weight_g": 10, "price": "2"}]}');
SELECT rate_no, r.country, r.region, postcode_from, postcode_to, l.code AS origin, price
FROM oms.shipping_rates AS r LEFT JOIN oms.locations AS l ON l.location_id = origin_location_id
WHERE service_id = (SELECT service_id FROM oms.shipping_services WHERE code = 'sh-far') ORDER BY rate_no;

-- range and region before range before region before country before all, then the origin; but before all these distance and weight
CREATE FUNCTION pg_temp.price(service text, country text, region text, postcode text, origin text, km double precision, g bigint) RETURNS text
    LANGUAGE sql STABLE AS $$
    SELECT f.price || ', ' || f.transit_days || ' days'
    FROM oms_internal.find_shipping_rate((SELECT s.service_id FROM oms.shipping_services AS s WHERE s.code = service), country, region, postcode,
                                         (SELECT l.location_id FROM oms.locations AS l WHERE l.code = origin), km * 1000, g) AS f
$$;
SELECT v.*, pg_temp.price('sh-far', v.country, v.region, v.postcode, v.origin, v.km, v.g)
FROM (VALUES ('all', NULL, NULL, NULL, NULL, 100, 100), ('all', 'ES', 'Azores', '9700', 'sh-lis', NULL, 100), ('origin', 'ES', NULL, NULL, 'sh-opo', 100, 100),
             ('country', 'PT', NULL, NULL, 'sh-lis', 100, 100), ('country and origin', 'PT', 'Porto', '4000-001', 'sh-opo', 100, 100),
             ('region', 'PT', 'Azores', NULL, 'sh-opo', 100, 100), ('region and origin', 'PT', 'Azores', '9400', 'sh-lis', 100, 100),
             ('range', 'PT', NULL, '9500-321', 'sh-lis', 100, 100), ('range', 'PT', 'Azores', '98zz', 'sh-lis', 100, 100),
             ('range', 'PT', NULL, '9500', 'sh-opo', 100, 100), ('of two ranges the first', 'PT', 'Madeira', '9700', NULL, 100, 100),
             ('range and region', 'PT', 'Azores', '97 00', NULL, 100, 100), ('range and region', 'PT', 'Azores', '97', NULL, 100, 100),
             ('too short', 'PT', NULL, '9', NULL, 100, 100), ('after', 'PT', NULL, '99', NULL, 100, 100), ('before', 'PT', NULL, '9499', NULL, 100, 100),
             ('weight first', 'PT', 'Azores', '9700', 'sh-opo', 100, 10), ('distance first', 'PT', 'Azores', '9700', 'sh-opo', 5, 1))
         AS v(rate, country, region, postcode, origin, km, g);
SELECT * FROM oms_internal.find_shipping_steps((SELECT service_id FROM oms.shipping_services WHERE code = 'sh-far'), 'PT', NULL, NULL, NULL, 100000);
SELECT * FROM oms_internal.find_shipping_steps((SELECT service_id FROM oms.shipping_services WHERE code = 'sh-far'), 'PT', NULL, NULL, NULL, 5000);
SELECT * FROM oms_internal.find_shipping_bound((SELECT service_id FROM oms.shipping_services WHERE code = 'sh-far'), 'PT', NULL, NULL, 5001, 11);
SELECT * FROM oms_internal.find_shipping_bound((SELECT service_id FROM oms.shipping_services WHERE code = 'sh-pickup'), 'PT', NULL, NULL, 0, 1);
SELECT * FROM oms_internal.find_shipping_rate(NULL, NULL, NULL, NULL, NULL, NULL, NULL);

-- what is kept of a card follows changes, also by hand, and a rollback
SELECT pg_temp.price('sh-far', 'ES', NULL, NULL, NULL, 100, 1);
BEGIN;
UPDATE oms.shipping_rates SET price = '21 EUR' WHERE price::text = '20.00 EUR';
SELECT pg_temp.price('sh-far', 'ES', NULL, NULL, NULL, 100, 1);
DELETE FROM oms.shipping_rates WHERE price::text = '21.00 EUR';
SELECT pg_temp.price('sh-far', 'ES', NULL, NULL, NULL, 100, 1);
ROLLBACK;
SELECT pg_temp.price('sh-far', 'ES', NULL, NULL, NULL, 100, 1);
BEGIN;
UPDATE oms.shipping_services SET currency = 'USD' WHERE code = 'sh-far';
SELECT pg_temp.price('sh-far', 'ES', NULL, NULL, NULL, 100, 1);
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
SELECT pg_temp.price('sh-far', 'ES', NULL, NULL, NULL, 100, 1);

SELECT oms.put_shipping_service('{"code": "sh-bad", "currency": "EUR", "rates": [{"price": 1, "origin": "sh-none"}, {"price": 1, "origin": "sh-opo"},
    {"price": 1, "origin": "sh-never"}]}');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.put_shipping_service('{"code": "sh-bad", "currency": "EUR", "rates": [{"price": 1, "region": "A"}, {"price": 1, "postcode_from": "1", "postcode_to": "2"},
    {"price": 1, "country": "PT", "postcode_from": "1"}, {"price": 1, "country": "PT", "postcode_to": "1"},
    {"price": 1, "country": "PT", "postcode_from": "-", "postcode_to": "- -"}, {"price": 1, "country": "PT", "postcode_from": "15", "postcode_to": "14"},
    {"price": 1, "country": "PT", "postcode_from": "1499", "postcode_to": "14"}]}');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.put_shipping_service('{"code": "sh-bad", "currency": "EUR", "rates": [{"price": 1, "region": " ", "origin": "", "country": "PT", "postcode_from": 1,
    "postcode_to": "123456789012345678901"}], "dimensional_divisor": 0, "working_days": [], "active": null}');
SELECT oms.put_shipping_service('{"code": "sh-bad", "currency": "EUR", "dimensional_divisor": -1, "working_days": [0, 8, null, "1", 1.5]}');
SELECT oms.put_shipping_service('{"code": "sh-bad", "currency": "EUR", "dimensional_divisor": 1.5, "working_days": [1, 2, 3, 4, 5, 6, 7, 1], "active": "yes"}');
\set VERBOSITY terse
DELETE FROM oms.locations WHERE code = 'sh-opo';
\set raw 'INSERT INTO oms.shipping_rates (service_id, rate_no, price, per_kg, country, region, postcode_from, postcode_to) SELECT service_id, 99, ''1 EUR'', ''0 EUR'','
:raw NULL, 'A', NULL, NULL FROM oms.shipping_services WHERE code = 'sh-far';
:raw 'PT', '', NULL, NULL FROM oms.shipping_services WHERE code = 'sh-far';
:raw 'PT', NULL, '1', NULL FROM oms.shipping_services WHERE code = 'sh-far';
:raw NULL, NULL, '1', '1' FROM oms.shipping_services WHERE code = 'sh-far';
:raw 'PT', NULL, '1-0', '2' FROM oms.shipping_services WHERE code = 'sh-far';
:raw 'PT', NULL, '2', '1' FROM oms.shipping_services WHERE code = 'sh-far';
:raw 'PT', NULL, 'a', 'b' FROM oms.shipping_services WHERE code = 'sh-far';
:raw 'PT', NULL, '', '' FROM oms.shipping_services WHERE code = 'sh-far';
UPDATE oms.shipping_services SET dimensional_divisor = 0 WHERE code = 'sh-far';
UPDATE oms.shipping_services SET working_days = '{}' WHERE code = 'sh-far';
UPDATE oms.shipping_services SET working_days = '{0}' WHERE code = 'sh-far';
UPDATE oms.shipping_services SET working_days = '{1,NULL}' WHERE code = 'sh-far';
UPDATE oms.shipping_services SET active = NULL WHERE code = 'sh-far';
\set VERBOSITY default

/*
 * Working days: from a Saturday with Monday to Friday, all days, the weekend, one day; far ahead
 */
SELECT oms.put_shipping_service('{"code": "sh-week", "currency": "EUR", "working_days": [5, 1, 2, 3, 4, 1]}'), oms.put_shipping_service('{"code": "sh-all", "currency": "EUR"}'),
       oms.put_shipping_service('{"code": "sh-weekend", "currency": "EUR", "working_days": [6, 7]}'), oms.put_shipping_service('{"code": "sh-sunday", "currency": "EUR", "working_days": [7]}');
SELECT to_char(ships_on, 'Dy DD Mon') AS ships, days,
       string_agg(to_char(oms_internal.shipping_arrives_on(service_id, ships_on, days), 'Dy DD Mon YYYY'), ' | ' ORDER BY s.code COLLATE "C") AS "all, sunday, week, weekend"
FROM oms.shipping_services AS s, unnest('{2026-11-05,2026-11-06,2026-11-07,2026-11-08}'::date[]) AS ships_on, unnest('{0,1,2,5,6,365}'::integer[]) AS days
WHERE s.code IN ('sh-week', 'sh-all', 'sh-weekend', 'sh-sunday')
GROUP BY ships_on, days ORDER BY ships_on, days;
-- against counting the days one by one
SELECT count(*) FILTER (WHERE told.day = found) AS same, count(*) AS all
FROM oms.shipping_services AS s, generate_series('2026-10-25'::date, '2026-11-08', '1 day') AS ships, generate_series(0, 23) AS days,
     LATERAL (SELECT d::date AS day FROM generate_series(ships, ships + interval '200 days', '1 day') AS d
              WHERE coalesce(extract(isodow FROM d) = ANY (s.working_days), true) ORDER BY d OFFSET days LIMIT 1) AS told,
     oms_internal.shipping_arrives_on(s.service_id, ships::date, days) AS found
WHERE s.code IN ('sh-week', 'sh-all', 'sh-weekend', 'sh-sunday');
SELECT oms_internal.shipping_arrives_on(service_id, 'infinity', 3) FROM oms.shipping_services WHERE code = 'sh-week';
SELECT oms.put_shipping_service('{"code": "sh-week", "working_days": null}');
SELECT oms_internal.shipping_arrives_on(service_id, '2026-11-07', 1) FROM oms.shipping_services WHERE code = 'sh-week';
SELECT oms_internal.shipping_arrives_on(0, '2026-11-07', 1);

/*
 * Orders: what is billed, when it arrives, what is refused
 */
SET oms.now = '2026-11-06 10:00:00+00';
SET TimeZone = 'UTC';
\set ON_ERROR_ROLLBACK on
BEGIN;
SELECT oms.put_channel('{"code": "sh-web", "currency": "EUR"}'),
       oms.put_sku('{"code": "sh-pillow", "weight_g": 500, "length_mm": 600, "width_mm": 400, "height_mm": 100, "price": "10 EUR"}'),
       oms.put_sku('{"code": "sh-lead", "weight_g": 5000, "length_mm": 100, "width_mm": 100, "height_mm": 100, "price": "10 EUR"}'),
       oms.put_sku('{"code": "sh-flat", "weight_g": 100, "length_mm": 600, "width_mm": 400, "price": "10 EUR"}'),
       oms.put_sku('{"code": "sh-sky", "length_mm": 2147483647, "width_mm": 2147483647, "height_mm": 2147483647, "price": "10 EUR"}'),
       oms.put_shipping_service('{"code": "sh-box", "currency": "EUR", "dimensional_divisor": 5000, "working_days": [1, 2, 3, 4, 5], "rates": [
           {"country": "PT", "price": "1", "per_kg": "1", "transit_days": 1}, {"country": "PT", "postcode_from": "9", "postcode_to": "9", "price": "100", "transit_days": 3}]}'),
       oms.put_shipping_service('{"code": "sh-dollar", "currency": "USD", "rates": [{"origin": "sh-lis", "price": "7.77"}]}');
SELECT count(oms.receive_stock(s, 'sh-lis', 1000)) FROM unnest('{sh-pillow,sh-lead,sh-flat,sh-sky}'::text[]) AS s;
CREATE FUNCTION pg_temp.quote(sku text, quantity numeric, service text, postcode text DEFAULT '4000') RETURNS text LANGUAGE sql AS $$
    SELECT format('%s, parcel %s by %s', q #>> '{shipping,price}', q #>> '{legs,0,cost}', q #>> '{legs,0,arrives_on}')
    FROM oms.quote_order(jsonb_build_object('channel', 'sh-web', 'reference', 'x', 'lines', jsonb_build_array(jsonb_build_object('sku', sku, 'quantity', quantity)),
             'ship_to', jsonb_build_object('country', 'PT', 'region', 'Porto', 'postcode', postcode), 'shipping', jsonb_build_object('service', service))) AS q
$$;
-- 4.8 kg of volume a pillow; lead is heavier than large; without all dimensions the weight counts
SELECT sku, pg_temp.quote(sku, 2, 'sh-box') FROM unnest('{sh-pillow,sh-lead,sh-flat}'::text[]) AS sku;
SELECT pg_temp.quote('sh-pillow', 2, 'sh-box', '9500-100') AS islands;
-- the volume of a SKU is at most a million cubic metres
SELECT pg_temp.quote('sh-sky', 1, 'sh-box'), pg_temp.quote('sh-sky', 1000, 'sh-box');
SELECT oms.put_shipping_service('{"code": "sh-box", "dimensional_divisor": null}');
SELECT pg_temp.quote('sh-pillow', 2, 'sh-box');
-- route knows the weight too
SELECT oms.put_shipping_service('{"code": "sh-box", "dimensional_divisor": 4000, "rates": [{"price": "0", "per_kg": "1"}]}');
SELECT cost, arrives_on FROM oms.route('[{"sku": "sh-pillow", "quantity": 3}]', NULL, '{"service": "sh-box"}');
-- an edit prices by the same weight and origin
ALTER SEQUENCE oms.orders_order_id_seq RESTART 9501;
ALTER SEQUENCE oms.reservations_reservation_id_seq RESTART 9501;
SELECT oms.place_order('{"channel": "sh-web", "reference": "E-1", "lines": [{"sku": "sh-pillow", "quantity": 3}], "ship_to": {"country": "PT", "lat": 38, "lon": -9},
    "shipping": {"price": "0"}}') AS order_id \gset
SELECT oms.edit_order(:order_id, '{"shipping": {"service": "sh-box"}}');
SELECT shipping_price FROM oms.orders WHERE order_id = :order_id;

-- a service that is not active is refused where it is named, and stays where it was
SELECT oms.put_shipping_service('{"code": "sh-box", "active": false}'), oms.put_shipping_service('{"code": "sh-all", "active": false}');
SELECT pg_temp.quote('sh-pillow', 2, 'sh-box');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.edit_order(:order_id, '{"shipping": {"service": "sh-all"}}');
SELECT oms.edit_order(:order_id, '{"lines": [{"line_no": 1, "quantity": 2}]}');
SELECT oms.put_shipping_service('{"code": "sh-box", "active": true}');
SELECT pg_temp.quote('sh-pillow', 2, 'sh-box');

/*
 * Rates in another currency, which the session keeps
 */
SELECT pg_temp.quote('sh-flat', 1, 'sh-dollar');
\echo :LAST_ERROR_SQLSTATE
SELECT oms_internal.find_fx_rate('USD', 'EUR', '2026-11-06'), oms_internal.find_fx_rate('USD', 'USD', '2026-11-06');
SELECT oms.put_fx_rate('2026-11-01', 'EUR', 'USD', 1.25);
SELECT pg_temp.quote('sh-flat', 1, 'sh-dollar'), oms.convert('7.77 USD', 'EUR', '2026-11-06'), oms_internal.find_fx_rate('USD', 'EUR', '2026-11-06');
SELECT oms.put_fx_rate('2026-11-06', 'USD', 'EUR', 0.333333);
SELECT pg_temp.quote('sh-flat', 1, 'sh-dollar'), oms.convert('7.77 USD', 'EUR', '2026-11-06'), oms_internal.find_fx_rate('USD', 'EUR', '2026-11-06');
SELECT oms_internal.find_fx_rate('USD', 'EUR', '2026-11-05'), oms_internal.find_fx_rate('USD', 'EUR', '2026-10-31');
SELECT oms.put_fx_rate('2026-11-03', 'EUR', 'JPY', 160);
SELECT oms_internal.find_fx_rate('USD', 'JPY', '2026-11-05') AS over_eur, oms.fx_rate('USD', 'JPY', '2026-11-05');
TRUNCATE oms.fx_rates;
SELECT oms_internal.find_fx_rate('USD', 'EUR', '2026-11-06');
SELECT oms_internal.find_fx_rate('USD', 'EEE', '2026-11-06');
ROLLBACK;

DELETE FROM oms.shipping_services WHERE code LIKE 'sh-%';
DELETE FROM oms.locations WHERE code LIKE 'sh-%';
DELETE FROM oms.carriers WHERE code LIKE 'sh-%';
