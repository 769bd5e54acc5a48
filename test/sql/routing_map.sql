-- explain_route() and route_map(): who ships, would ship or may not, and GeoJSON of it
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET oms.now = '2026-11-02 10:15:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;

SELECT put_channel('{"code": "map-web", "currency": "EUR"}'),
       put_location('{"code": "map-c", "country": "PT", "lat": 41, "lon": -8}'), put_location('{"code": "map-b", "country": "PT", "lat": 39, "lon": -8}'),
       put_location('{"code": "map-a", "country": "PT", "lat": 38, "lon": -8, "pickup": true}'), put_location('{"code": "map-spain", "lat": 40, "lon": -4, "country": "ES", "ships_to": ["ES"]}'),
       put_location('{"code": "map-nowhere", "country": "PT"}'), put_location('{"code": "map-off", "country": "PT"}');
SELECT put_sku('{"code": "MAP-TEE", "price": "10 EUR"}');
SELECT count(receive_stock('MAP-TEE', l, 5)) FROM unnest('{map-a,map-b,map-c,map-spain,map-nowhere,map-off}'::text[]) AS l;
SELECT put_location('{"code": "map-off", "active": false}');
SELECT put_routing_rule('{"code": "not from b", "action": "exclude", "when": {"sku": "MAP-TEE"}, "locations": {"location": "map-b"}}');
SELECT place_order('{"channel": "map-web", "reference": "m-1", "ship_to": {"country": "PT", "lat": 41, "lon": -8}, "lines": [{"sku": "MAP-TEE", "quantity": 3}]}') AS delivered,
       place_order('{"channel": "map-web", "reference": "m-2", "fulfillment": {"pickup_location": "map-a"}, "lines": [{"sku": "MAP-TEE", "quantity": 7}]}') AS fetched \gset

SELECT location, ships, would_ship, has_lines, reason, round(distance_m) AS distance_m, ships_on, arrives_on, total, optimal FROM explain_route(:delivered);
SELECT f #>> '{properties,kind}' AS kind, f #>> '{properties,location}' AS location, f #>> '{properties,reason}' AS reason,
       f #>> '{geometry,type}' AS type, f #>> '{geometry,coordinates}' AS coordinates
FROM jsonb_array_elements(route_map(:delivered) -> 'features') WITH ORDINALITY AS m(f, n) ORDER BY n;
-- fetched: the ways end at the counter
SELECT location, ships, would_ship, reason, round(distance_m) AS distance_m FROM explain_route(:fetched);
SELECT f #>> '{properties,kind}' AS kind, f #>> '{properties,location}' AS location, f #>> '{properties,ships}' AS ships,
       f #>> '{geometry,type}' AS type, f #>> '{geometry,coordinates}' AS coordinates
FROM jsonb_array_elements(route_map(:fetched) -> 'features') WITH ORDINALITY AS m(f, n) ORDER BY n;

-- no such order
SELECT * FROM explain_route(-1); \echo :LAST_ERROR_SQLSTATE
SELECT route_map(-1); \echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM explain_route(NULL);
SELECT route_map(NULL);
ROLLBACK;
