-- routing: who ships what, and who instead
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET oms.now = '2026-11-02 10:15:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;

-- five places on a meridian, a degree (111 km) apart; the customer is at 40 north
SELECT put_location(jsonb_build_object('code', 'way-' || n, 'country', 'PT', 'lat', 40 + n, 'lon', -8, 'priority', 5 - n)) FROM generate_series(1, 5) AS n;
SELECT put_location('{"code": "way-twin", "country": "PT", "lat": 41, "lon": -8, "priority": 3}'),
       put_location('{"code": "way-nowhere", "country": "PT", "priority": -1}'), put_location('{"code": "way-3", "ships_to": ["ES"]}');
SELECT put_channel('{"code": "way-web", "currency": "EUR"}'), put_channel('{"code": "way-far", "currency": "EUR", "locations": ["way-4", "way-5"]}'),
       put_product('{"code": "way", "skus": [{"code": "WAY-A", "weight_g": 100}, {"code": "WAY-B", "weight_g": 400}, {"code": "WAY-C"},
                     {"code": "WAY-AIR", "stocked": false}]}');
SELECT count(receive_stock(s, l, q))
FROM (VALUES ('WAY-A', 'way-1', 5), ('WAY-A', 'way-2', 10), ('WAY-A', 'way-4', 20), ('WAY-B', 'way-2', 10), ('WAY-B', 'way-4', 4),
             ('WAY-C', 'way-3', 9), ('WAY-C', 'way-4', 3), ('WAY-C', 'way-5', 3), ('WAY-C', 'way-nowhere', 2)) AS v(s, l, q);
CREATE FUNCTION pg_temp.route(lines jsonb, options jsonb DEFAULT '{}', destination geography DEFAULT 'POINT(-8 40)') RETURNS SETOF oms.route_leg LANGUAGE sql AS $$
    SELECT line_no, sku, quantity, location, round(distance_m), cost, ships_on, arrives_on FROM oms.route(lines, destination, options)
$$;

/*
 * The nearest that has everything ships everything
 */
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 5}]');
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 6}]');
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 1}, {"sku": "WAY-B", "quantity": 1}, {"sku": "WAY-C", "quantity": 1}]');
-- two lines of a SKU are one demand
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 3}, {"sku": "WAY-A", "quantity": 3}]');
-- equally near: priority; then whoever came first. A place that is not on the map comes last
SELECT receive_stock('WAY-A', 'way-twin', 5);
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 5}]');
SELECT put_location('{"code": "way-twin", "priority": 4}');
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 5}]');
SELECT adjust_stock('WAY-A', 'way-twin', -5, 'gone');
SELECT * FROM pg_temp.route('[{"sku": "WAY-C", "quantity": 2}]');
-- without a destination: priority alone, and no distance
SELECT * FROM pg_temp.route('[{"sku": "WAY-C", "quantity": 2}]', destination => NULL);

/*
 * Split only if it must be: whoever covers most takes what it has, and so on
 */
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 35}]');
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 25}, {"sku": "WAY-B", "quantity": 6}, {"sku": "WAY-C", "quantity": 8}]');
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 35}]', '{"allow_split": false}'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 35}]', '{"allow_split": false, "allow_backorder": true}');
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 36}, {"sku": "WAY-B", "quantity": 1}]'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 36}, {"sku": "WAY-B", "quantity": 1}]', '{"allow_backorder": true}');
-- what needs no stock goes with the rest
SELECT * FROM pg_temp.route('[{"sku": "WAY-AIR", "quantity": 7}, {"sku": "WAY-B", "quantity": 5}]');

/*
 * Who may: the channel's locations, the one that is named, those that serve the country of an order
 */
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 1}]', '{"channel": "way-far"}');
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 1}]', '{"ship_from": "way-2"}');
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 11}]', '{"ship_from": "way-2"}'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.route('[{"sku": "WAY-B", "quantity": 1}]', '{"ship_from": "way-1"}'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 1}]', '{"channel": "way-far", "ship_from": "way-1"}'); \echo :LAST_ERROR_SQLSTATE
SELECT l ->> 'location' AS to_portugal
FROM jsonb_array_elements(quote_order('{"channel": "way-web", "reference": "q", "ship_to": {"country": "PT", "lat": 43, "lon": -8},
                                        "lines": [{"sku": "WAY-C", "quantity": 3, "unit_price": 0}]}') -> 'legs') AS l;
SELECT l ->> 'location' AS to_spain
FROM jsonb_array_elements(quote_order('{"channel": "way-web", "reference": "q", "ship_to": {"country": "ES", "lat": 43, "lon": -8},
                                        "lines": [{"sku": "WAY-C", "quantity": 3, "unit_price": 0}]}') -> 'legs') AS l;

/*
 * Cost and dates of each leg, by service, weight, distance, cutoff and clock
 */
SELECT put_shipping_service('{"code": "way-parcel", "currency": "EUR", "rates": [{"max_distance_km": 150, "price": "3", "per_kg": "1", "transit_days": 1},
                                                                                {"price": "5", "per_kg": "2", "transit_days": 4}]}'),
       put_location('{"code": "way-4", "cutoff": "12:00", "time_zone": "Asia/Tokyo", "handling_days": 1}');
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 25}, {"sku": "WAY-B", "quantity": 4}]', '{"service": "way-parcel"}');

/*
 * An amount by which a location is preferred is no way: the nearest stays the nearest, unless the other is preferred whatever it costs
 */
SAVEPOINT rule;
SELECT put_routing_rule('{"code": "way", "action": "prefer", "locations": {"location": "way-4"}, "within": "10.00 EUR"}');
SELECT strategy, location
FROM unnest('{nearest,cheapest}'::text[]) AS strategy, pg_temp.route('[{"sku": "WAY-A", "quantity": 1}]', jsonb_build_object('channel', 'way-web', 'strategy', strategy));
SELECT put_routing_rule('{"code": "way", "action": "prefer", "within": null}');
SELECT location FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 1}]', '{"channel": "way-web", "strategy": "nearest"}');
ROLLBACK TO rule;

-- rates for a country: the destination is taken to be in that of the nearest location
SELECT put_shipping_service('{"code": "way-pt", "currency": "EUR", "rates": [{"country": "PT", "price": "3.30"}, {"country": "ES", "price": "2.20"}, {"price": "9"}]}');
SELECT location, cost FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 1}]', '{"service": "way-pt"}');

/*
 * What is refused
 */
SELECT * FROM pg_temp.route('[{"sku": "WAY-X", "quantity": 1}]'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 1}]', '{"channel": "way-none"}'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 1}]', '{"service": "way-none"}'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 1}]', '{"pickup_location": "way-none"}'); \echo :LAST_ERROR_SQLSTATE
-- a service that is not active
SELECT put_shipping_service('{"code": "way-old", "currency": "EUR", "active": false, "rates": [{"price": "1"}]}');
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 1}]', '{"service": "way-old"}'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 0.5}]'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 0}, {"quantity": -1, "colour": "red"}]', '{}'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.route('[]'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.route(NULL); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 1}]', '{"fast": true}'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 1}]', NULL); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 1}]', destination => 'LINESTRING(0 0, 1 1)');
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 1}]', destination => 'POINT EMPTY');
SELECT * FROM pg_temp.route('[{"sku": "WAY-A", "quantity": 1}]', destination => 'POINT(NaN NaN)');
SELECT count(*) AS reserved FROM reservations JOIN skus USING (sku_id) WHERE code LIKE 'WAY-%';
ROLLBACK;
