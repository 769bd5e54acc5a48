-- routing: what decides who ships, one thing at a time
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET oms.now = '2026-11-02 10:15:00+00';  -- a Monday
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;

-- places on a meridian, a degree (111 km) apart; the customer is at 40 north
CREATE FUNCTION pg_temp.place_at(code text, lat numeric, more jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT put_location(jsonb_build_object('code', code, 'country', 'PT', 'lat', lat, 'lon', -8, 'currency', 'EUR') || more)
$$;
CREATE FUNCTION pg_temp.route(lines text, options jsonb DEFAULT '{}', destination geography DEFAULT 'POINT(-8 40)')
    RETURNS TABLE (line integer, units text, who text, cost text, ships date, arrives date) LANGUAGE sql AS $$
    SELECT line_no, quantity::text, location, cost::text, ships_on, arrives_on
    FROM oms.route((SELECT jsonb_agg(jsonb_build_object('sku', split_part(l, ' ', 2), 'quantity', split_part(l, ' ', 1)::numeric)) FROM unnest(string_to_array(lines, ', ')) AS l),
                   destination, options)
$$;
-- an order of the same lines, as a document has more, and its fulfillments
CREATE FUNCTION pg_temp.take(reference text, lines text, more jsonb DEFAULT '{}') RETURNS bigint LANGUAGE sql AS $$
    SELECT place_order(jsonb_build_object(
        'channel', 'point', 'reference', reference, 'ship_to', '{"country": "PT", "lat": 40, "lon": -8}'::jsonb,
        'lines', (SELECT jsonb_agg(jsonb_build_object('sku', split_part(l, ' ', 2), 'quantity', split_part(l, ' ', 1)::numeric, 'unit_price', 0)) FROM unnest(string_to_array(lines, ', ')) AS l)) || more)
$$;
CREATE FUNCTION pg_temp.legs(wanted text) RETURNS TABLE (fulfillment integer, who text, state text, line integer, units text, fetched boolean, ships date, arrives date) LANGUAGE sql AS $$
    SELECT f.fulfillment_no, l.code, f.status::text, line_no, quantity::text, f.pickup, f.ships_on, f.arrives_on
    FROM orders JOIN fulfillments AS f USING (order_id) JOIN fulfillment_lines USING (order_id, fulfillment_no) JOIN locations AS l USING (location_id)
    WHERE orders.reference = wanted ORDER BY 1, 4
$$;
CREATE FUNCTION pg_temp.stock(units integer, VARIADIC places text[]) RETURNS void LANGUAGE sql AS $$
    SELECT receive_stock(split_part(p, ' ', 1), split_part(p, ' ', 2), units) FROM unnest(places) AS p
$$;
SELECT put_channel('{"code": "point", "currency": "EUR"}'), put_sku('{"code": "POINT", "weight_g": 1000}'), put_sku('{"code": "DOT", "weight_g": 1000}');

/*
 * The cheapest: by handling, by unit, by distance band, by weight
 */
SELECT pg_temp.place_at('po-near', 41, '{"handling_cost": "3"}'), pg_temp.place_at('po-far', 44, '{"handling_cost": "1", "unit_cost": "0.50"}');
SELECT pg_temp.stock(100, 'POINT po-near', 'POINT po-far');
-- 3 against 1 + n / 2: the far one is cheaper up to three units; four cost the same, and the nearer ships
SELECT q, who FROM generate_series(1, 5) AS q, pg_temp.route(q || ' POINT');
SELECT s, who FROM unnest('{cheapest,nearest,fewest_splits,fastest,balanced}'::text[]) AS s, pg_temp.route('1 POINT', jsonb_build_object('strategy', s));
-- the way costs 2 more from far: that decides
SELECT put_shipping_service('{"code": "po-band", "currency": "EUR", "rates": [{"max_distance_km": 200, "price": "4", "transit_days": 1}, {"price": "6.01", "transit_days": 2}]}'),
       put_shipping_service('{"code": "po-kg", "currency": "EUR", "rates": [{"max_distance_km": 200, "price": "4", "per_kg": "0.40"}, {"price": "3", "per_kg": "0.10"}]}');
SELECT * FROM pg_temp.route('1 POINT', '{"service": "po-band"}');
-- 7 + 0.4 n against 4 + 0.6 n: the far one up to 14 units
SELECT q, who, cost FROM unnest('{1,14,15,16}'::integer[]) AS q, pg_temp.route(q || ' POINT', '{"service": "po-kg"}');
-- bulky: 0.6 kg on the scales, 8 kg by its size. A unit is 0.5 dearer from far and 0.3 cheaper by the kilogram
SELECT put_sku('{"code": "PILLOW", "weight_g": 600, "length_mm": 500, "width_mm": 400, "height_mm": 200}');
SELECT pg_temp.stock(100, 'PILLOW po-near', 'PILLOW po-far');
SELECT * FROM pg_temp.route('10 PILLOW', '{"service": "po-kg"}');
SELECT put_shipping_service('{"code": "po-kg", "dimensional_divisor": 5000}');
SELECT * FROM pg_temp.route('10 PILLOW', '{"service": "po-kg"}');

/*
 * Steps by weight, and nobody has all of it: of four, two near by have two each, two far away three. Of six, three near by have 1, 3 and 4:
 * 3 + 3 kg are 3.00 and 3.00, 4 + 2 kg 4.50 and 3.00
 */
SELECT put_sku('{"code": "SACK", "weight_g": 2000}'), put_sku('{"code": "STONE", "weight_g": 1000}'),
       put_shipping_service('{"code": "po-step", "currency": "EUR", "rates": [{"max_distance_km": 300, "max_weight_g": 3000, "price": "3"},
           {"max_distance_km": 300, "max_weight_g": 5000, "price": "4.50"}, {"max_distance_km": 300, "price": "9"}, {"max_weight_g": 5000, "price": "20"}, {"price": "25"}]}');
SELECT pg_temp.place_at('st-1', 40.1, '{}'), pg_temp.place_at('st-2', 40.2, '{}'), pg_temp.place_at('st-3', 40.3, '{}'),
       pg_temp.place_at('st-far', 50, '{}'), pg_temp.place_at('st-farther', 51, '{}');
SELECT pg_temp.stock(2, 'SACK st-1', 'SACK st-2'), pg_temp.stock(3, 'SACK st-far', 'SACK st-farther'),
       pg_temp.stock(1, 'STONE st-1'), pg_temp.stock(3, 'STONE st-2'), pg_temp.stock(4, 'STONE st-3');
SELECT * FROM pg_temp.route('4 SACK', '{"service": "po-step"}');
SELECT * FROM pg_temp.route('6 STONE', '{"service": "po-step"}');

/*
 * Split, and what a further parcel may save
 */
SELECT pg_temp.place_at('po-both', 45, '{"handling_cost": "7"}'), pg_temp.place_at('po-dot', 42, '{"handling_cost": "2"}');
SELECT put_product('{"code": "PO", "skus": [{"code": "ONE"}, {"code": "TWO"}]}');
SELECT pg_temp.stock(9, 'ONE po-near', 'TWO po-dot', 'ONE po-both', 'TWO po-both');
SELECT line, who FROM pg_temp.route('1 ONE, 1 TWO', '{"channel": "point"}');
SELECT line, who FROM pg_temp.route('1 ONE, 1 TWO', '{"channel": "point", "strategy": "fewest_splits"}');
SELECT put_channel('{"code": "point", "split_penalty": "1.99"}');
SELECT line, who FROM pg_temp.route('1 ONE, 1 TWO', '{"channel": "point"}');
SELECT put_channel('{"code": "point", "split_penalty": "2.01"}');
SELECT line, who FROM pg_temp.route('1 ONE, 1 TWO', '{"channel": "point"}');
SELECT put_channel('{"code": "point", "split_penalty": null}');

/*
 * Currencies: 2.50 USD are 2 EUR, then 3.13; a cost that nobody can convert counts nothing
 */
SELECT pg_temp.place_at('po-usd', 42, '{"currency": "USD", "handling_cost": "2.50"}'), pg_temp.place_at('po-eur', 43, '{"handling_cost": "2.01"}');
SELECT put_sku('{"code": "COIN"}'), pg_temp.stock(9, 'COIN po-usd', 'COIN po-eur'), put_fx_rate('2026-11-01', 'EUR', 'USD', 1.25), put_fx_rate('2026-11-03', 'EUR', 'USD', 0.8);
SELECT who FROM pg_temp.route('1 COIN', '{"channel": "point"}');
SET oms.now = '2026-11-03 00:00:00+00';
SELECT who FROM pg_temp.route('1 COIN', '{"channel": "point"}');
SET oms.now = '2026-11-02 10:15:00+00';

/*
 * Strategies of the channel, of SKUs, of the order
 */
SELECT put_channel('{"code": "point", "strategy": "nearest"}'), put_sku('{"code": "DOT", "strategy": "cheapest"}'), pg_temp.stock(100, 'DOT po-near', 'DOT po-far');
SELECT 'channel' AS by, who FROM pg_temp.route('1 POINT', '{"channel": "point"}');
SELECT 'sku' AS by, line, who FROM pg_temp.route('1 DOT, 1 POINT', '{"channel": "point"}');
SELECT 'order' AS by, who FROM pg_temp.route('1 DOT', '{"channel": "point", "strategy": "nearest"}');
-- SKUs that disagree leave it to the channel
SELECT put_sku('{"code": "POINT", "strategy": "fewest_splits"}');
SELECT 'sku' AS by, line, who FROM pg_temp.route('1 POINT', '{"channel": "point"}');
SELECT 'channel' AS by, line, who FROM pg_temp.route('1 DOT, 1 POINT', '{"channel": "point"}');
SELECT put_sku('{"code": "POINT", "strategy": null}'), put_channel('{"code": "point", "strategy": null}');
SELECT * FROM pg_temp.route('1 POINT', '{"strategy": "slowest"}'); \echo :LAST_ERROR_SQLSTATE

/*
 * Fastest, and until when
 */
SELECT pg_temp.place_at('po-early', 41, '{"cutoff": "10:00"}'), pg_temp.place_at('po-late', 46, '{"cutoff": "18:00", "handling_cost": "9"}');
SELECT put_sku('{"code": "RUSH"}'), pg_temp.stock(9, 'RUSH po-early', 'RUSH po-late'),
       put_shipping_service('{"code": "po-day", "currency": "EUR", "rates": [{"price": "4", "transit_days": 1}]}');
SELECT * FROM pg_temp.route('1 RUSH', '{"service": "po-day"}');
SELECT * FROM pg_temp.route('1 RUSH', '{"service": "po-day", "strategy": "fastest"}');
SELECT * FROM pg_temp.route('1 RUSH', '{"service": "po-day", "deliver_by": "2026-11-03"}');
SELECT * FROM pg_temp.route('1 RUSH', '{"service": "po-day", "deliver_by": "2026-11-04"}');
SELECT * FROM pg_temp.route('10 RUSH', '{"service": "po-day", "deliver_by": "2026-11-03"}'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.route('1 RUSH', '{"service": "po-day", "deliver_by": "2026-11-02"}'); \echo :LAST_ERROR_SQLSTATE
-- without a service the day counts on which it is shipped
SELECT who FROM pg_temp.route('1 RUSH', '{"deliver_by": "2026-11-02"}');
-- a place that has no room and no rate isn't the fastest
SELECT pg_temp.place_at('po-full', 41, '{"daily_capacity": 0}');
SELECT put_sku('{"code": "HASTE"}'), pg_temp.stock(9, 'HASTE po-full', 'HASTE po-late'),
       put_shipping_service('{"code": "po-own", "currency": "EUR", "rates": [{"origin": "po-late", "price": "4", "transit_days": 5}]}');
SELECT * FROM pg_temp.route('1 HASTE', '{"service": "po-own", "strategy": "fastest"}');

/*
 * Capacity: the second order of the day goes elsewhere, if there is somewhere else
 */
SELECT pg_temp.place_at('po-small', 41, '{"daily_capacity": 1}'), pg_temp.place_at('po-dear', 44, '{"handling_cost": "50"}');
SELECT put_sku('{"code": "ROOM"}'), pg_temp.stock(9, 'ROOM po-small'), pg_temp.stock(2, 'ROOM po-dear');
SELECT n, pg_temp.take('room-' || n, '1 ROOM') IS NOT NULL AS placed FROM generate_series(1, 3) AS n;
SELECT n, g.* FROM generate_series(1, 3) AS n, pg_temp.legs('room-' || n) AS g;
SELECT pg_temp.take('room-4', '1 ROOM') IS NOT NULL AS placed;
SELECT * FROM pg_temp.legs('room-4');
-- what joins a fulfillment takes no room of its own
SELECT edit_order(order_id, '{"lines": [{"line_no": 1, "quantity": 3}]}') FROM orders WHERE reference = 'room-1';
SELECT * FROM pg_temp.legs('room-1');

/*
 * What a location handles
 */
SELECT pg_temp.place_at('po-plain', 41, '{"handles": []}'), pg_temp.place_at('po-any', 45), pg_temp.place_at('po-big', 43, '{"handles": ["oversize"]}');
SELECT put_product('{"code": "FL", "skus": [{"code": "ACID", "flags": ["hazardous"]}, {"code": "SOFA", "flags": ["oversize"]}, {"code": "SHIRT"}, {"code": "BOTH", "flags": ["oversize", "hazardous"]}]}');
SELECT pg_temp.stock(9, 'ACID po-plain', 'ACID po-any', 'ACID po-big', 'SOFA po-plain', 'SOFA po-any', 'SOFA po-big', 'SHIRT po-plain', 'SHIRT po-any', 'BOTH po-big');
SELECT line, who FROM pg_temp.route('1 ACID, 1 SHIRT');
SELECT line, who FROM pg_temp.route('1 SOFA');
SELECT line, who FROM pg_temp.route('1 SHIRT');
SELECT line, who FROM pg_temp.route('1 BOTH'); \echo :LAST_ERROR_SQLSTATE

/*
 * Rules on orders
 */
SELECT pg_temp.place_at('po-r1', 41), pg_temp.place_at('po-r2', 42, '{"handling_cost": "2"}'), pg_temp.place_at('po-r3', 43, '{"kind": "store", "handling_cost": "3"}');
SELECT put_product('{"code": "RU", "skus": [{"code": "RULED"}, {"code": "RULED-2"}]}'), pg_temp.stock(99, 'RULED po-r1', 'RULED po-r2', 'RULED po-r3', 'RULED-2 po-r1', 'RULED-2 po-r3');
CREATE FUNCTION pg_temp.rule(rule jsonb) RETURNS text LANGUAGE sql AS $$ SELECT put_routing_rule('{"code": "po", "when": {"sku": "RULED"}}'::jsonb || rule) $$;
SELECT line, who FROM pg_temp.route('1 RULED');
SELECT pg_temp.rule('{"action": "exclude", "locations": {"location": "po-r1"}}');
SELECT line, who FROM pg_temp.route('1 RULED, 1 RULED-2');
SELECT pg_temp.rule('{"action": "require", "locations": {"kind": "store"}}');
SELECT line, who FROM pg_temp.route('1 RULED');
SELECT pg_temp.take('ruled', '1 RULED') IS NOT NULL AS placed;
SELECT * FROM pg_temp.legs('ruled');
SELECT pg_temp.rule('{"action": "prefer", "locations": {"location": "po-r3"}, "within": "2.99"}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.rule('{"action": "prefer", "locations": {"location": "po-r3"}, "within": "2.99 EUR"}');
SELECT line, who FROM pg_temp.route('1 RULED');
SELECT pg_temp.rule('{"action": "prefer", "locations": {"location": "po-r3"}, "within": "3.01 EUR"}');
SELECT line, who FROM pg_temp.route('1 RULED');
-- money is no metres
SELECT line, who FROM pg_temp.route('1 RULED', '{"strategy": "nearest"}');
SELECT pg_temp.rule('{"action": "prefer", "locations": {"location": "po-r3"}, "within": null}');
SELECT line, who FROM pg_temp.route('1 RULED', '{"strategy": "nearest"}');
SELECT line, units, who FROM pg_temp.route('120 RULED');
-- each line from the one that is preferred for it, though one location has both
SELECT put_routing_rule('{"code": "po-2", "action": "prefer", "when": {"sku": "RULED-2"}, "locations": {"location": "po-r1"}}');
SELECT line, who FROM pg_temp.route('1 RULED, 1 RULED-2');
SELECT put_routing_rule('{"code": "po", "active": false}'), put_routing_rule('{"code": "po-2", "active": false}');

/*
 * What is kept back isn't shipped
 */
SELECT put_sku('{"code": "KEPT"}'), pg_temp.stock(3, 'KEPT po-r1', 'KEPT po-r2'), put_stock_buffer('{"sku": "KEPT", "location": "po-r1", "quantity": 2}');
SELECT line, units, who FROM pg_temp.route('1 KEPT');
SELECT line, units, who FROM pg_temp.route('2 KEPT');
SELECT line, units, who FROM pg_temp.route('4 KEPT');
SELECT line, units, who FROM pg_temp.route('5 KEPT'); \echo :LAST_ERROR_SQLSTATE

/*
 * Days: Friday evening in Lisbon is Saturday in Tokyo; who works at weekends is there first
 */
SELECT pg_temp.place_at('po-lisbon', 41, '{"time_zone": "Europe/Lisbon", "cutoff": "17:00", "working_days": [1, 2, 3, 4, 5], "holidays": ["2026-11-09"]}'),
       pg_temp.place_at('po-tokyo', 42, '{"time_zone": "Asia/Tokyo", "cutoff": "12:00", "working_days": [6, 7], "handling_days": 1}');
SELECT put_sku('{"code": "WEEK"}'), pg_temp.stock(9, 'WEEK po-lisbon', 'WEEK po-tokyo'),
       put_shipping_service('{"code": "po-week", "currency": "EUR", "working_days": [1, 2, 3, 4, 5], "rates": [{"price": "4", "transit_days": 1}]}');
SET oms.now = '2026-11-06 16:59:00+00';
SELECT * FROM pg_temp.route('1 WEEK', '{"service": "po-week"}');
SET oms.now = '2026-11-06 17:01:00+00';
SELECT * FROM pg_temp.route('1 WEEK', '{"service": "po-week"}');
SELECT * FROM pg_temp.route('1 WEEK', '{"service": "po-week", "strategy": "fastest"}');
-- without the carrier, who doesn't move at weekends, it is shipped on Sunday
SELECT * FROM pg_temp.route('1 WEEK', '{"strategy": "fastest"}');
SET oms.now = '2026-11-02 10:15:00+00';

/*
 * From one place only
 */
SELECT line, who FROM pg_temp.route('1 POINT', '{"ship_from": "po-near"}');
SELECT line, who FROM pg_temp.route('1 POINT', '{"ship_from": "po-r1"}'); \echo :LAST_ERROR_SQLSTATE
SELECT line, who FROM pg_temp.route('101 POINT', '{"ship_from": "po-near"}'); \echo :LAST_ERROR_SQLSTATE

/*
 * Fetched: where it is, though that is dearer; else shipped there, and by whom that costs least
 */
SELECT pg_temp.place_at('po-store', 40, '{"kind": "store", "pickup": true, "handling_cost": "6"}'), pg_temp.place_at('po-drop', 47, '{"kind": "dropship"}');
SELECT put_sku('{"code": "FETCH"}'), put_sku('{"code": "BRING"}'), pg_temp.stock(9, 'FETCH po-store', 'FETCH po-near', 'FETCH po-far', 'BRING po-near', 'BRING po-far');
SELECT line, who FROM pg_temp.route('1 FETCH', '{"pickup_location": "po-store"}');
SELECT line, who FROM pg_temp.route('1 FETCH', '{"pickup_location": "po-store", "service": "po-band"}');
-- one way to the store brings both, for less than two
SELECT line, who, cost FROM pg_temp.route('1 FETCH, 1 BRING', '{"pickup_location": "po-store", "service": "po-band"}');
SELECT line, who FROM pg_temp.route('1 FETCH', '{"pickup_location": "po-near"}');
SELECT pg_temp.take('here', '1 FETCH', '{"fulfillment": {"pickup_location": "po-store"}}') IS NOT NULL AS placed;
SELECT pg_temp.take('there', '1 BRING', '{"fulfillment": {"pickup_location": "po-store"}}') IS NOT NULL AS placed;
SELECT reference, g.* FROM unnest('{here,there}'::text[]) AS reference, pg_temp.legs(reference) AS g;
SELECT pack(order_id, 1, '[]'), mark_ready_for_pickup(order_id, 1), mark_picked_up(order_id, 1) FROM orders WHERE reference = 'here';
SELECT pack(order_id, 1, '[]') FROM orders WHERE reference = 'there';
\set VERBOSITY sqlstate
SELECT mark_ready_for_pickup(order_id, 1) FROM orders WHERE reference = 'there';
\set VERBOSITY default
SELECT ship(order_id, 1, '{"carrier": "own van", "number": "1"}'), mark_delivered(order_id, 1) FROM orders WHERE reference = 'there';
SELECT reference, o.status, l.shipped, l.delivered FROM orders AS o JOIN order_lines AS l USING (order_id) WHERE reference IN ('here', 'there') ORDER BY 1;

/*
 * A supplier's own, a channel's list, and its priorities among equals
 */
SELECT put_sku('{"code": "DROP"}'), pg_temp.stock(9, 'DROP po-drop');
SELECT pg_temp.take('drop', '2 DROP, 1 POINT') IS NOT NULL AS placed;
SELECT who, line, units FROM pg_temp.legs('drop');
SELECT pg_temp.place_at('po-t1', 43, '{"priority": 1}'), pg_temp.place_at('po-t2', 43, '{"priority": 2}'), put_sku('{"code": "TIE"}'), pg_temp.stock(9, 'TIE po-t1', 'TIE po-t2');
SELECT put_channel('{"code": "po-list", "currency": "EUR", "locations": ["po-near", "po-t1", "po-t2"]}');
SELECT line, who FROM pg_temp.route('1 POINT', '{"channel": "po-list"}');
SELECT line, who FROM pg_temp.route('1 TIE', '{"channel": "po-list"}');
UPDATE channel_locations AS c SET priority = -1 FROM locations AS l WHERE l.location_id = c.location_id AND l.code = 'po-t2';
SELECT line, who FROM pg_temp.route('1 TIE', '{"channel": "po-list"}');
SELECT line, who FROM pg_temp.route('1 DROP', '{"channel": "po-list"}'); \echo :LAST_ERROR_SQLSTATE

/*
 * An address that is not on the map: cost still decides, then priority; only rates without a distance fit
 */
SELECT line, who, cost FROM pg_temp.route('1 POINT', '{"service": "po-band"}', NULL);
SELECT line, who FROM pg_temp.route('1 TIE', '{}', NULL);
SELECT pg_temp.take('nowhere', '1 POINT', '{"ship_to": {"country": "PT"}}') IS NOT NULL AS placed;
SELECT who, line FROM pg_temp.legs('nowhere');

/*
 * Many: the cheapest is the 90th by distance; 120 lines; a SKU on several
 */
SELECT count(pg_temp.place_at('po-m' || n, 50 + n / 10.0, jsonb_build_object('handling_cost', CASE n WHEN 90 THEN 1 ELSE 2 END))) FROM generate_series(1, 100) AS n;
SELECT put_sku(jsonb_build_object('code', 'MANY-' || n)) IS NOT NULL AS put FROM generate_series(1, 120) AS n GROUP BY 1;
INSERT INTO stock_levels (sku_id, location_id, on_hand) SELECT sku_id, location_id, 5 FROM skus AS s, locations AS l WHERE s.code LIKE 'MANY-%' AND l.code LIKE 'po-m%';
SELECT line, who FROM pg_temp.route('1 MANY-1', '{}', 'POINT(-8 50)');
SELECT count(*), min(who), max(who) FROM pg_temp.route((SELECT string_agg('5 MANY-' || n, ', ') FROM generate_series(1, 120) AS n), '{}', 'POINT(-8 50)');
SELECT line, units, who FROM pg_temp.route('2 MANY-1, 3 MANY-2, 3 MANY-1', '{}', 'POINT(-8 50)');
SELECT count(*), count(DISTINCT who), sum(units::numeric) FROM pg_temp.route('400 MANY-1, 100 MANY-1', '{}', 'POINT(-8 50)');
SELECT * FROM pg_temp.route('0 MANY-1'); \echo :LAST_ERROR_SQLSTATE

/*
 * Kits that share components with lines, where it is just enough
 */
SELECT put_product('{"code": "KI", "skus": [{"code": "KI-A"}, {"code": "KI-B"}, {"code": "KI-K", "kit": [{"sku": "KI-A", "quantity": 1}, {"sku": "KI-B", "quantity": 2}]}]}');
SELECT pg_temp.stock(1, 'KI-A po-r1', 'KI-A po-r2'), pg_temp.stock(2, 'KI-B po-r1');
SELECT line, units, who FROM pg_temp.route('1 KI-A, 1 KI-K');
SELECT line, units, who FROM pg_temp.route('1 KI-K, 1 KI-A');
SELECT line, units, who FROM pg_temp.route('1 KI-K, 2 KI-A'); \echo :LAST_ERROR_SQLSTATE
SELECT line, units, who FROM pg_temp.route('1 KI-K, 2 KI-A', '{"allow_backorder": true}');

/*
 * Services: without rates, with none that reaches, too light a card, 600 steps, no longer offered
 */
SELECT put_shipping_service('{"code": "po-none", "currency": "EUR", "rates": []}'), put_shipping_service('{"code": "po-es", "currency": "EUR", "rates": [{"country": "ES", "price": "1"}]}');
SELECT who, cost, arrives FROM unnest('{po-none,po-es}'::text[]) AS s, pg_temp.route('1 POINT', jsonb_build_object('service', s));
SELECT pg_temp.take('rateless', '1 POINT', '{"shipping": {"service": "po-none"}}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.take('rateless', '1 POINT', '{"shipping": {"service": "po-es"}}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.take('rateless', '1 POINT', '{"shipping": {"service": "po-es", "price": "4"}}') IS NOT NULL AS placed;
SELECT * FROM pg_temp.legs('rateless');
-- 20 kg at most: two parcels, if they can be split so; else without a price
SELECT put_shipping_service('{"code": "po-light", "currency": "EUR", "rates": [{"max_weight_g": 10000, "price": "3"}, {"max_weight_g": 20000, "price": "5"}]}');
SELECT line, who, cost FROM pg_temp.route('15 POINT, 15 DOT', '{"service": "po-light"}');
SELECT line, who, cost FROM pg_temp.route('30 POINT', '{"service": "po-light"}');
SELECT put_shipping_service(jsonb_build_object('code', 'po-steps', 'currency', 'EUR', 'rates', (SELECT jsonb_agg(jsonb_build_object('max_weight_g', n * 100, 'price', n)) FROM generate_series(1, 600) AS n)));
SELECT line, who, cost FROM pg_temp.route('59 POINT', '{"service": "po-steps"}');
SELECT line, who, cost FROM pg_temp.route('30 POINT, 29 DOT', '{"service": "po-steps"}');
-- a heavier parcel that costs less: two of these are cheaper than one from the place that has all
SELECT pg_temp.place_at('po-all', -40, '{"handling_cost": "11"}'), pg_temp.place_at('po-left', -40), pg_temp.place_at('po-right', -40);
SELECT put_shipping_service('{"code": "po-odd", "currency": "EUR", "rates": [{"max_distance_km": 50, "max_weight_g": 1000, "price": "10"}, {"max_distance_km": 50, "max_weight_g": 5000, "price": "5"}, {"price": "90"}]}'),
       put_product('{"code": "OD", "skus": [{"code": "OD-1", "weight_g": 1}, {"code": "OD-2", "weight_g": 2000}, {"code": "OD-3", "weight_g": 2000}]}'),
       pg_temp.stock(9, 'OD-1 po-all', 'OD-2 po-all', 'OD-3 po-all', 'OD-1 po-left', 'OD-2 po-left', 'OD-3 po-right');
SELECT line, who, cost FROM pg_temp.route('1 OD-1, 1 OD-2, 1 OD-3', '{"service": "po-odd"}', 'POINT(-8 -40)');
SELECT put_shipping_service('{"code": "po-band", "active": false}');
SELECT pg_temp.take('retired', '1 POINT', '{"shipping": {"service": "po-band"}}'); \echo :LAST_ERROR_SQLSTATE
SELECT line, who FROM pg_temp.route('1 POINT', '{"service": "po-band"}');
SELECT * FROM check_invariants();
ROLLBACK;
