-- route_explain: why an order goes where it goes, and on the map
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET oms.now = '2026-11-02 10:15:00+00';  -- a Monday
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;

CREATE FUNCTION pg_temp.place_at(code text, lat numeric, more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT put_location(jsonb_build_object('code', code, 'country', 'PT', 'lat', lat, 'lon', -8, 'currency', 'EUR') || more)
$$;
CREATE FUNCTION pg_temp.why(reference text) RETURNS TABLE (location text, ships text, would text, lines float8, reason text, km float8, shipped date, there date,
                                                          shipping text, handling text, units text, scarcity text, total text, optimal boolean) LANGUAGE sql AS $$
    SELECT e.location, ships::text, would_ship::text, has_lines, e.reason, round(distance_m / 1000), ships_on, arrives_on,
           shipping::text, handling::text, units::text, scarcity::text, total::text, e.optimal
    FROM explain_route((SELECT order_id FROM orders AS o WHERE o.reference = why.reference)) AS e
$$;
CREATE FUNCTION pg_temp.take(reference text, lines jsonb, more jsonb DEFAULT '{}') RETURNS boolean LANGUAGE sql AS $$
    SELECT place_order(jsonb_build_object('channel', 'why', 'reference', reference, 'ship_to', '{"country": "PT", "lat": 40, "lon": -8}'::jsonb, 'lines', lines) || more) > 0
$$;
SELECT pg_temp.place_at('why-a', 41, '{"handling_cost": "1.20", "unit_cost": "0.10"}'), pg_temp.place_at('why-b', 42, '{"handling_cost": "2"}'),
       pg_temp.place_at('why-far', 44, '{"unit_cost": "0.25"}');
-- these have nothing yet
SELECT pg_temp.place_at('why-closed', 41.1), pg_temp.place_at('why-off', 41.2), pg_temp.place_at('why-es', 41.3, '{"ships_to": ["ES"]}'), pg_temp.place_at('why-flag', 41.4, '{"handles": ["oversize"]}'),
       pg_temp.place_at('why-rule', 41.5), pg_temp.place_at('why-full', 41.6, '{"daily_capacity": 0}'), pg_temp.place_at('why-rate', 49),
       pg_temp.place_at('why-late', 41.8, '{"handling_days": 9}'), pg_temp.place_at('why-out', 41.9), pg_temp.place_at('why-one', 42.5);
SELECT put_channel('{"code": "why", "currency": "EUR", "split_penalty": "0.10",
                     "locations": ["why-a", "why-b", "why-far", "why-closed", "why-off", "why-es", "why-flag", "why-rule", "why-full", "why-rate", "why-late", "why-one"]}'),
       put_sku('{"code": "WHY", "weight_g": 500, "flags": ["hazardous"]}'), put_sku('{"code": "WHY-2", "weight_g": 2000}'),
       put_shipping_service('{"code": "why", "currency": "EUR", "rates": [{"max_distance_km": 300, "price": "3", "per_kg": "0.40", "transit_days": 1},
                                                                         {"max_distance_km": 800, "price": "5", "per_kg": "1", "transit_days": 2}]}');
SELECT receive_stock(s, l, q) FROM (VALUES ('WHY', 'why-a', 5), ('WHY-2', 'why-a', 1), ('WHY', 'why-b', 9), ('WHY-2', 'why-b', 9), ('WHY', 'why-far', 9)) AS v(s, l, q);

/*
 * Parts of the cost. From a: 3 + 0.4 × 1 kg, 1.20, 2 × 0.10, with the penalty of 0.10 that isn't shown. From b as much for the way and 2.
 * From far: 5 + 1, nothing, 2 × 0.25
 */
SELECT pg_temp.take('one', '[{"sku": "WHY", "quantity": 2, "unit_price": 0}]', '{"shipping": {"service": "why", "price": 0}}');
SELECT * FROM pg_temp.why('one');
-- the row of each location is for what it ships, or for all it has: b would ship 2 of both, far has one line of two
SELECT pg_temp.take('two', '[{"sku": "WHY", "quantity": 2, "unit_price": 0}, {"sku": "WHY-2", "quantity": 2, "unit_price": 0}]', '{"shipping": {"service": "why", "price": 0}}');
SELECT * FROM pg_temp.why('two');
-- with what is scarce
INSERT INTO scarcity_prices (sku_id, location_id, price) SELECT sku_id, location_id, '1.50 EUR' FROM skus AS s, locations AS l WHERE s.code = 'WHY' AND l.code = 'why-a';
SELECT pg_temp.take('scarce', '[{"sku": "WHY", "quantity": 2, "unit_price": 0}]', '{"shipping": {"service": "why", "price": 0}, "fulfillment": {"strategy": "balanced"}}');
SELECT * FROM pg_temp.why('scarce');
DELETE FROM scarcity_prices;

/*
 * What was decided, and what would be now
 */
SELECT adjust_stock('WHY', 'why-a', -3, 'breakage');
SELECT location, ships, would, lines, reason, total FROM pg_temp.why('one');
SELECT receive_stock('WHY-2', 'why-a', 9);
SELECT location, ships, would, lines, reason, total FROM pg_temp.why('two');
SELECT put_location('{"code": "why-a", "handling_cost": "9", "currency": "EUR"}');
SELECT location, ships, would, lines, reason, total FROM pg_temp.why('one');
SELECT put_location('{"code": "why-a", "handling_cost": "1.20", "currency": "EUR"}');

/*
 * Every reason
 */
SELECT put_routing_rule('{"code": "why not", "action": "exclude", "locations": {"location": "why-rule"}}');
INSERT INTO location_holidays (location_id, day) SELECT location_id, d FROM locations, generate_series('2026-11-01', '2027-12-31', interval '1 day') AS d WHERE code = 'why-closed';
SELECT count(receive_stock('WHY', l, 9)) FROM unnest('{why-closed,why-off,why-es,why-flag,why-rule,why-full,why-rate,why-late,why-out,why-one}'::text[]) AS l;
SELECT pg_temp.take('all', '[{"sku": "WHY", "quantity": 3, "unit_price": 0}]', '{"shipping": {"service": "why", "price": 0}, "fulfillment": {"deliver_by": "2026-11-04"}}');
SELECT put_location('{"code": "why-off", "active": false}');
SELECT location, ships, would, lines, reason, shipped, there, total FROM pg_temp.why('all');
-- who rejected it
SELECT reject(order_id, 1, 'broken') FROM orders WHERE reference = 'all';
SELECT location, ships, would, reason FROM pg_temp.why('all');
-- what must come from elsewhere
SELECT pg_temp.take('from', '[{"sku": "WHY", "quantity": 1, "unit_price": 0}]', '{"fulfillment": {"ship_from": "why-b"}}');
SELECT location, ships, would, reason FROM pg_temp.why('from');
-- a place that ships it and has none left of it, nor may ship any more
SELECT put_location('{"code": "why-b", "active": false}');
SELECT location, ships, would, reason FROM pg_temp.why('from');
SELECT put_location('{"code": "why-b", "active": true}');

/*
 * Capacity: an order doesn't stand in its own way
 */
SELECT put_location('{"code": "why-one", "daily_capacity": 1}');
SELECT pg_temp.take('room', '[{"sku": "WHY", "quantity": 1, "unit_price": 0}]', '{"fulfillment": {"ship_from": "why-one"}}');
SELECT location, ships, would, reason, shipped FROM pg_temp.why('all') WHERE location = 'why-one';
SELECT location, ships, would, reason, shipped FROM pg_temp.why('room') WHERE location = 'why-one';
SELECT location, ships, would, reason, shipped FROM pg_temp.why('one') WHERE location = 'why-one';

/*
 * Orders that are held, shipped, cancelled; that wait; none
 */
SELECT hold_order(order_id, 'review', 'look') FROM orders WHERE reference = 'one';
SELECT location, ships, would, reason FROM pg_temp.why('one') WHERE ships <> '0' OR would <> '0';
SELECT pack(order_id, 1, '[]'), ship(order_id, 1, '{"carrier": "ctt", "number": "1"}') FROM orders WHERE reference = 'two';
SELECT location, ships, would, reason FROM pg_temp.why('two') WHERE ships <> '0' OR would <> '0';
SELECT cancel_order(order_id, 'changed mind') FROM orders WHERE reference = 'scarce';
SELECT * FROM pg_temp.why('scarce');
SELECT pg_temp.take('waits', '[{"sku": "WHY-2", "quantity": 100, "unit_price": 0}]', '{"fulfillment": {"allow_backorder": true}}');
SELECT location, ships, would, lines, reason FROM pg_temp.why('waits');
-- a preorder waits, whatever there is
SELECT put_sku('{"code": "WHY-SOON", "available_from": "2026-12-24"}');
SELECT receive_stock('WHY-SOON', 'why-a', 9), pg_temp.take('soon', '[{"sku": "WHY-SOON", "quantity": 1, "unit_price": 0}]');
SELECT location, ships, would, lines, reason FROM pg_temp.why('soon');
SELECT * FROM explain_route(-1); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM explain_route(NULL);

/*
 * On the map
 */
SELECT jsonb_pretty(jsonb_set(route_map(order_id), '{features,0,properties,order_id}', '0')) FROM orders WHERE reference = 'waits';
CREATE FUNCTION pg_temp.features(reference text) RETURNS TABLE (kind text, geometry text, location text, place text) LANGUAGE sql AS $$
    SELECT f #>> '{properties,kind}', f #>> '{geometry,type}', f #>> '{properties,location}', ST_AsText(ST_GeomFromGeoJSON(nullif(f -> 'geometry', 'null')))
    FROM orders AS o, route_map(o.order_id) AS m, jsonb_array_elements(m -> 'features') AS f
    WHERE o.reference = features.reference AND m ->> 'type' = 'FeatureCollection' AND f ->> 'type' = 'Feature' AND f ? 'geometry' AND f ? 'properties'
$$;
SELECT * FROM pg_temp.features('one');
-- not on the map
SELECT pg_temp.take('lost', '[{"sku": "WHY", "quantity": 1, "unit_price": 0}]', '{"ship_to": {"country": "PT"}, "fulfillment": {"ship_from": "why-far"}}');
SELECT * FROM pg_temp.features('lost') WHERE location = 'why-far' OR location IS NULL;
SELECT * FROM pg_temp.features('scarce');
SELECT route_map(-1); \echo :LAST_ERROR_SQLSTATE
SELECT route_map(NULL);
ROLLBACK;
