-- quote_order(): the services that can take an order, their prices and dates.  All
-- prices and dates in comments are worked out by hand; a Friday is 2026-11-06.
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET oms.now = '2026-11-06 10:15:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;

-- "near" is 1.1 km away, doesn't work on weekends; "far" is 223 km away
SELECT put_channel('{"code": "off-web", "currency": "EUR"}'),
       put_location('{"code": "off-near", "country": "PT", "lat": 41, "lon": -8, "cutoff": "14:00", "working_days": [1, 2, 3, 4, 5]}'),
       put_location('{"code": "off-far", "country": "PT", "lat": 39, "lon": -8}'),
       put_location('{"code": "off-shop", "country": "PT", "lat": 40.9, "lon": -8, "pickup": true}');
SELECT put_sku('{"code": "OFF-TEE", "weight_g": 150, "price": "10 EUR"}'), put_sku('{"code": "OFF-BOX", "weight_g": 2000, "price": "20 EUR"}'),
       put_sku('{"code": "OFF-NONE", "weight_g": 500, "price": "20 EUR"}'), put_sku('{"code": "OFF-TWO", "weight_g": 10, "price": "1 EUR", "backorder_limit": 1}'),
       put_sku('{"code": "OFF-CARD", "price": "50 EUR", "stocked": false}');
SELECT receive_stock('OFF-TEE', 'off-near', 40), receive_stock('OFF-TEE', 'off-shop', 3), receive_stock('OFF-BOX', 'off-far', 9),
       receive_stock('OFF-TWO', 'off-far', 9);
CREATE FUNCTION pg_temp.quote(lines jsonb, document jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT oms.quote_order(jsonb_build_object('channel', 'off-web', 'reference', 'offer', 'lines', lines,
                                              'ship_to', '{"country": "PT", "lat": 41.01, "lon": -8}'::jsonb) || document)
$$;
CREATE FUNCTION pg_temp.offers(lines jsonb, document jsonb DEFAULT '{}',
                               OUT n bigint, OUT service text, OUT price text, OUT ships_on date, OUT arrives_on date, OUT legs integer)
    RETURNS SETOF record LANGUAGE sql AS $$
    SELECT o.n, o.offer ->> 'service', o.offer ->> 'price', (o.offer ->> 'ships_on')::date, (o.offer ->> 'arrives_on')::date, (o.offer ->> 'legs')::integer
    FROM jsonb_array_elements(pg_temp.quote(lines, document) -> 'services') WITH ORDINALITY AS o(offer, n)
$$;

-- no service yet
SELECT pg_temp.quote('[{"sku": "OFF-TEE", "quantity": 2}]') -> 'services' AS services;

SELECT put_fx_rate('2026-11-01', 'USD', 'EUR', 0.9);
SELECT put_shipping_service('{"code": "off-standard", "name": "Standard", "carrier": "off-post", "currency": "EUR", "working_days": [1, 2, 3, 4, 5], "rates": [
           {"country": "PT", "max_distance_km": 100, "max_weight_g": 1000, "price": "3.00", "transit_days": 1},
           {"country": "PT", "max_distance_km": 100, "max_weight_g": 5000, "price": "4.50", "transit_days": 1},
           {"country": "PT", "max_weight_g": 5000, "price": "6.00", "per_kg": "0.50", "transit_days": 3}]}'),
       put_shipping_service('{"code": "off-express", "name": "Express", "currency": "EUR", "rates": [{"max_weight_g": 5000, "price": "9.90", "transit_days": 1}]}'),
       put_shipping_service('{"code": "off-slow", "name": "Slow", "currency": "USD", "rates": [{"country": "PT", "price": "2.00", "transit_days": 5}]}'),
       -- never fit: no exchange rate, another country, not active, fetched
       put_shipping_service('{"code": "off-yen", "currency": "JPY", "rates": [{"price": "100"}]}'),
       put_shipping_service('{"code": "off-spain", "currency": "EUR", "rates": [{"country": "ES", "price": "1"}]}'),
       put_shipping_service('{"code": "off-old", "currency": "EUR", "active": false, "rates": [{"price": "1"}]}'),
       put_shipping_service('{"code": "off-empty", "currency": "EUR"}'),
       put_shipping_service('{"code": "off-desk", "name": "At the shop", "currency": "EUR", "kind": "pickup", "rates": [
           {"max_distance_km": 10, "price": 0}, {"price": "2.50", "transit_days": 2}]}'),
       put_shipping_service('{"code": "off-locker", "name": "Locker", "currency": "EUR", "kind": "pickup", "rates": [{"price": "1.50"}]}');

/*
 * By price: 2.00 USD are 1.80 EUR.  Slow takes 5 days of all; standard goes on Monday, express on Saturday.
 */
SELECT jsonb_pretty(pg_temp.quote('[{"sku": "OFF-TEE", "quantity": 2}]') -> 'services') AS services;
-- after the cut-off of "near" it ships on Monday
SELECT * FROM pg_temp.offers('[{"sku": "OFF-TEE", "quantity": 2}]', '{"placed_at": "2026-11-06T14:01:00Z"}');
-- as fast as can be: the shop, 12 km away, ships on Friday
SELECT * FROM pg_temp.offers('[{"sku": "OFF-TEE", "quantity": 2}]', '{"placed_at": "2026-11-06T14:01:00Z", "fulfillment": {"strategy": "fastest"}}');
-- who ships is decided for each service: what "far" ships on Friday comes sooner by all but standard, which takes till Wednesday
SAVEPOINT far;
SELECT receive_stock('OFF-TEE', 'off-far', 40);
SELECT * FROM pg_temp.offers('[{"sku": "OFF-TEE", "quantity": 4}]', '{"placed_at": "2026-11-06T14:01:00Z", "fulfillment": {"strategy": "fastest", "allow_split": false}}');
ROLLBACK TO far;
-- steps of weight: 1,000 g are 6.67 tees, 5,000 g are 33.3
SELECT quantity, o.* FROM unnest('{6,7,33,34}'::int[]) AS quantity, pg_temp.offers(jsonb_build_array(jsonb_build_object('sku', 'OFF-TEE', 'quantity', quantity))) AS o;
-- ties: the sooner, then the code
SAVEPOINT ties;
SELECT put_shipping_service('{"code": "off-eager", "currency": "EUR", "rates": [{"price": "9.90", "transit_days": 1}]}'),
       put_shipping_service('{"code": "off-at-once", "currency": "EUR", "rates": [{"price": "9.9", "transit_days": 2}]}'),
       put_shipping_service('{"code": "off-zero", "currency": "EUR", "rates": [{"price": "9.90"}]}');
SELECT * FROM pg_temp.offers('[{"sku": "OFF-TEE", "quantity": 2}]');
ROLLBACK TO ties;

/*
 * Split orders: the price is of the longest way, 6.00 + 2.150 × 0.50 = 7.075, and the weight of all; the last leg's day counts
 */
SELECT * FROM pg_temp.offers('[{"sku": "OFF-TEE", "quantity": 1}, {"sku": "OFF-BOX", "quantity": 1}]');
-- after the cut-off of "near": the first leg ships on Friday from "far"
SELECT * FROM pg_temp.offers('[{"sku": "OFF-TEE", "quantity": 1}, {"sku": "OFF-BOX", "quantity": 1}]', '{"placed_at": "2026-11-06T14:01:00Z"}');
-- a service has to have a rate for each leg, not only for the longest way
SAVEPOINT origins;
SELECT put_shipping_service('{"code": "off-origin", "currency": "EUR", "rates": [{"origin": "off-far", "price": "0.50"}]}');
SELECT service, price, legs FROM pg_temp.offers('[{"sku": "OFF-BOX", "quantity": 1}]');
SELECT service, price, legs FROM pg_temp.offers('[{"sku": "OFF-TEE", "quantity": 1}, {"sku": "OFF-BOX", "quantity": 1}]');
ROLLBACK TO origins;

/*
 * Where it goes: not to France but by express; by what needs no country if there is no address; nothing fits
 */
SELECT * FROM pg_temp.offers('[{"sku": "OFF-TEE", "quantity": 2}]', '{"ship_to": {"country": "FR", "lat": 48, "lon": 2}}');
SELECT * FROM pg_temp.offers('[{"sku": "OFF-TEE", "quantity": 2}]', '{"ship_to": null}');
SELECT * FROM pg_temp.offers('[{"sku": "OFF-TEE", "quantity": 2}]', '{"ship_to": {"country": "PT"}}');
SELECT pg_temp.quote('[{"sku": "OFF-TEE", "quantity": 34}]', '{"ship_to": {"country": "FR", "lat": 48, "lon": 2}}') -> 'services' AS services;
-- what needs no stock is shipped too
SELECT * FROM pg_temp.offers('[{"sku": "OFF-CARD", "quantity": 1}]');

/*
 * Fetched: of the shop's own at once; what comes from "far" (211 km) in two days; both
 */
SELECT * FROM pg_temp.offers('[{"sku": "OFF-TEE", "quantity": 1}]', '{"fulfillment": {"pickup_location": "off-shop"}}');
SELECT * FROM pg_temp.offers('[{"sku": "OFF-BOX", "quantity": 1}]', '{"fulfillment": {"pickup_location": "off-shop"}}');
SELECT * FROM pg_temp.offers('[{"sku": "OFF-TEE", "quantity": 1}, {"sku": "OFF-BOX", "quantity": 1}]', '{"ship_to": null, "fulfillment": {"pickup_location": "off-shop"}}');

/*
 * deliver_by: nobody ships before Friday, so that on Saturday only express is there
 */
SELECT day, o.service, o.arrives_on
FROM unnest('{2026-11-06,2026-11-07,2026-11-09,2026-11-10,2026-11-11}'::date[]) AS day
LEFT JOIN pg_temp.offers('[{"sku": "OFF-TEE", "quantity": 2}]', jsonb_build_object('fulfillment', jsonb_build_object('deliver_by', day))) AS o ON true
ORDER BY day, o.n;

/*
 * Waiting: 40 are there, 3 more in the shop, and nobody knows when more come
 */
SELECT * FROM pg_temp.offers('[{"sku": "OFF-NONE", "quantity": 1}]', '{"fulfillment": {"allow_backorder": true}}');
SELECT * FROM pg_temp.offers('[{"sku": "OFF-TEE", "quantity": 1}, {"sku": "OFF-NONE", "quantity": 1}]', '{"fulfillment": {"allow_backorder": true}}');
-- what would be shipped is not there for what waits: of 43 all are taken, and nobody knows when the 44th comes
SELECT q #> '{backordered,0,quantity}' AS waits, q #> '{backordered,0,expected_on}' AS expected_on, q #> '{services,0,arrives_on}' AS arrives_on
FROM unnest('{43,44}'::integer[]) AS quantity,
     pg_temp.quote(jsonb_build_array(jsonb_build_object('sku', 'OFF-TEE', 'quantity', quantity)), '{"fulfillment": {"allow_backorder": true}}') AS q;
SAVEPOINT expected;
-- on the second Saturday: standard takes it on Monday and brings it on Tuesday, or on Thursday where the way isn't known
SELECT put_supplier('{"code": "off-mill", "name": "Mill", "currency": "EUR"}'),
       put_purchase_order('{"code": "OFF-1", "supplier": "off-mill", "location": "off-near", "expected_on": "2026-11-14", "lines": [{"sku": "OFF-NONE", "quantity": 5}]}'),
       send_purchase_order('OFF-1');
SELECT * FROM pg_temp.offers('[{"sku": "OFF-TEE", "quantity": 1}, {"sku": "OFF-NONE", "quantity": 1}]', '{"fulfillment": {"allow_backorder": true}}');
SELECT * FROM pg_temp.offers('[{"sku": "OFF-NONE", "quantity": 1}]', '{"fulfillment": {"allow_backorder": true}}');
-- more than comes
SELECT * FROM pg_temp.offers('[{"sku": "OFF-NONE", "quantity": 6}]', '{"fulfillment": {"allow_backorder": true}}');
-- by Sunday only express
SELECT service, arrives_on FROM pg_temp.offers('[{"sku": "OFF-NONE", "quantity": 1}]', '{"fulfillment": {"allow_backorder": true, "deliver_by": "2026-11-15"}}');
SELECT * FROM pg_temp.offers('[{"sku": "OFF-NONE", "quantity": 1}]', '{"fulfillment": {"allow_backorder": true, "pickup_location": "off-shop"}}');
ROLLBACK TO expected;
-- where a service is too slow for the last day, units would wait: one may, but that would be late as well
SELECT quantity, o.service, o.arrives_on
FROM generate_series(1, 2) AS quantity,
     pg_temp.offers(jsonb_build_array(jsonb_build_object('sku', 'OFF-TWO', 'quantity', quantity)), '{"fulfillment": {"allow_backorder": true, "deliver_by": "2026-11-07"}}') AS o;

/*
 * What the document says of shipping stays as it is: its price, and its errors
 */
SELECT q -> 'shipping' AS shipping, q ->> 'total' AS total, jsonb_path_query_array(q, '$.services[*].price') AS prices
FROM pg_temp.quote('[{"sku": "OFF-TEE", "quantity": 2}]', '{"shipping": {"service": "off-express", "price": "1", "tax": "0.23"}}') AS q;
SELECT q -> 'shipping' AS shipping, q ->> 'total' AS total, jsonb_path_query_array(q, '$.services[*].price') AS prices
FROM pg_temp.quote('[{"sku": "OFF-TEE", "quantity": 2}]', '{"shipping": {"service": "off-slow"}}') AS q;
SELECT pg_temp.quote('[{"sku": "OFF-TEE", "quantity": 34}]', '{"shipping": {"service": "off-standard"}}');
SELECT pg_temp.quote('[{"sku": "OFF-TEE", "quantity": 2}]', '{"shipping": {"service": "off-yen"}}');
SELECT pg_temp.quote('[{"sku": "OFF-TEE", "quantity": 2}]', '{"shipping": {"service": "off-old"}}');
SELECT pg_temp.quote('[{"sku": "OFF-NONE", "quantity": 2}]');

/*
 * An order by any of the services costs and arrives as it was said
 */
CREATE FUNCTION pg_temp.differences(lines jsonb, fulfillment jsonb DEFAULT '{}') RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    v_document jsonb := jsonb_build_object('channel', 'off-web', 'lines', lines, 'fulfillment', fulfillment,
                                           'ship_to', '{"country": "PT", "lat": 41.01, "lon": -8}'::jsonb);
    v_offer record;
    v_placed text;
    v_offered text;
    v_order_id bigint;
    v_count int := 0;
BEGIN
    FOR v_offer IN SELECT * FROM pg_temp.offers(lines, v_document) LOOP
        v_offered := concat_ws(' ', v_offer.price, v_offer.legs, v_offer.ships_on, v_offer.arrives_on);
        BEGIN
            v_order_id := oms.place_order(v_document || jsonb_build_object('reference', 'o', 'shipping', jsonb_build_object('service', v_offer.service)));
            SELECT concat_ws(' ', round(o.shipping_price::numeric, 2), count(f), min(f.ships_on), max(coalesce(f.arrives_on, f.ships_on))) INTO v_placed
            FROM oms.orders AS o JOIN oms.fulfillments AS f USING (order_id) WHERE order_id = v_order_id GROUP BY o.order_id;
            RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = v_placed;
        EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
            NULL;
        END;
        v_count := v_count + 1;
        IF v_placed <> v_offered THEN
            RETURN NEXT v_offer.service || ': ' || v_offered || ', but ' || v_placed;
        END IF;
    END LOOP;
    RETURN NEXT v_count || ' compared';
END $$;
SELECT pg_temp.differences('[{"sku": "OFF-TEE", "quantity": 7}]');
SELECT pg_temp.differences('[{"sku": "OFF-TEE", "quantity": 1}, {"sku": "OFF-BOX", "quantity": 2}]');
SELECT pg_temp.differences('[{"sku": "OFF-TEE", "quantity": 20}, {"sku": "OFF-BOX", "quantity": 1}]', '{"strategy": "nearest"}');
SELECT pg_temp.differences('[{"sku": "OFF-TEE", "quantity": 1}, {"sku": "OFF-BOX", "quantity": 2}]', '{"pickup_location": "off-shop"}');

/*
 * At most 100 services are looked at, beside those that don't go there
 */
SELECT count(put_shipping_service(jsonb_build_object('code', 'off-' || n, 'currency', 'EUR', 'rates', jsonb_build_array(
           jsonb_build_object('price', 100 + n, 'country', CASE WHEN n > 210 THEN 'PT' ELSE 'ES' END)))))
FROM generate_series(100, 320) AS n;
SELECT count(*), min(price::numeric), max(price::numeric) FROM pg_temp.offers('[{"sku": "OFF-TEE", "quantity": 2}]');

-- nothing was written
SELECT count(*) FROM orders JOIN channels USING (channel_id) WHERE code = 'off-web';
ROLLBACK;
