-- orders: a document becomes an order, once
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET oms.now = '2026-11-02 10:15:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;

-- two warehouses, a store, and orders that are numbered from 1041
SELECT put_channel('{"code": "order-web", "name": "Web shop", "currency": "EUR"}'),
       put_location('{"code": "order-porto", "country": "PT", "lat": 41.15, "lon": -8.61, "cutoff": "14:00"}') AS porto,
       put_location('{"code": "order-lisbon", "country": "PT", "lat": 38.72, "lon": -9.14, "pickup": true,
                      "handling_days": 1}') AS lisbon,
       put_sku('{"code": "ORDER-TEE", "weight_g": 150, "price": "12.50 EUR"}') AS tee,
       put_sku('{"code": "ORDER-CAP", "weight_g": 80, "price": "9.00 EUR"}') AS cap,
       put_shipping_service('{"code": "order-standard", "currency": "EUR", "kind": "delivery",
                              "rates": [{"country": "PT", "price": "4.90", "transit_days": 2}]}') AS service,
       put_tax_rate('{"country": "PT", "rate": 0.23}') AS tax;
SELECT receive_stock('ORDER-TEE', 'order-porto', 7), receive_stock('ORDER-CAP', 'order-porto', 10),
       receive_stock('ORDER-TEE', 'order-lisbon', 50);
INSERT INTO postcodes (country, postcode, place, point) VALUES ('PT', '4000-001', 'Porto', oms_internal.make_point(41.15, -8.62));
ALTER SEQUENCE orders_order_id_seq RESTART 1041;

/*
 * One that is paid is confirmed at once, and its locations may begin
 */
SELECT quote_order('{
    "channel": "order-web", "reference": "A-1001",
    "ship_to": {"name": "Ana B", "line1": "Rua 1", "city": "Porto", "postcode": "4000-001", "country": "PT"},
    "lines": [{"sku": "ORDER-TEE", "quantity": 2}, {"sku": "ORDER-CAP", "quantity": 1, "discount": "1.00"}],
    "shipping": {"service": "order-standard"}, "discounts": [{"code": "WELCOME", "amount": "5.00"}]}') AS quote \gset
SELECT jsonb_pretty(:'quote');
SELECT count(*) AS orders, (SELECT count(*) FROM reservations WHERE order_id >= 1041) AS reservations FROM orders WHERE order_id >= 1041;

\set a1001 '{"channel": "order-web", "reference": "A-1001", "customer": {"email": "Ana@b.example", "name": "Ana B"}, "ship_to": {"name": "Ana B", "line1": "Rua 1", "city": "Porto", "postcode": "4000-001", "country": "PT"}, "lines": [{"sku": "ORDER-TEE", "quantity": 2}, {"sku": "ORDER-CAP", "quantity": 1, "discount": "1.00", "metadata": {"gift": true}}], "shipping": {"service": "order-standard"}, "discounts": [{"code": "WELCOME", "amount": "5.00"}], "payments": [{"method": "card", "provider": "stripe", "reference": "pi_1", "amount": "40.49", "status": "authorized"}], "metadata": {"campaign": 7}}'
SELECT place_order(:'a1001');
SELECT jsonb_pretty(get_order(1041) #- '{customer,customer_id}');
SELECT s.code, l.code AS location, on_hand, reserved
FROM stock_levels JOIN skus AS s USING (sku_id) JOIN locations AS l USING (location_id)
WHERE s.code LIKE 'ORDER-%' ORDER BY s.code COLLATE "C", l.code COLLATE "C";

/*
 * The same reference: the first order, however its document is written; other content is refused
 */
SELECT place_order(:'a1001') AS again, place_order(jsonb_pretty(:'a1001'::jsonb)::jsonb) AS once_more, find_order('order-web', 'A-1001');
SELECT place_order(jsonb_set(:'a1001', '{lines,0,quantity}', '2.0')) AS same_number;
SELECT place_order(jsonb_set(:'a1001', '{lines,0,quantity}', '3')); \echo :LAST_ERROR_SQLSTATE
SELECT place_order(:'a1001'::jsonb - 'metadata'); \echo :LAST_ERROR_SQLSTATE
-- also when the order could not be placed now, and after it was cancelled
SELECT count_stock('ORDER-TEE', 'order-porto', 2), count_stock('ORDER-TEE', 'order-lisbon', 0);
SELECT place_order(:'a1001') AS sold_out;
UPDATE skus SET active = false WHERE code = 'ORDER-TEE';
SELECT place_order(:'a1001') AS not_sold_any_more;
UPDATE skus SET active = true WHERE code = 'ORDER-TEE';
SELECT count_stock('ORDER-TEE', 'order-porto', 9), count_stock('ORDER-TEE', 'order-lisbon', 50);
-- a quote knows no references; another channel has its own
SELECT quote_order(:'a1001') ->> 'total' AS total;
SELECT put_channel('{"code": "order-phone", "name": "Phone", "currency": "EUR"}');
SELECT place_order(replace(:'a1001', 'pi_1', 'pi_2')::jsonb || '{"channel": "order-phone"}') AS other_channel;
SELECT find_order('order-phone', 'A-1001'), find_order('order-phone', 'a-1001') AS other_reference, find_order('nowhere', 'A-1001') AS no_channel;
SELECT count(*) AS orders, count(DISTINCT customer_id) AS customers FROM orders WHERE order_id >= 1041;

/*
 * The smallest document: placed, waiting for its money and an address
 */
CREATE VIEW pg_temp.placed AS
    SELECT o.order_id, o.status, o.total, f.fulfillment_no AS no, l.code AS location, f.status AS fulfillment, round(f.distance_m) AS distance_m,
           f.ships_on, f.arrives_on, (SELECT string_agg(kind, ', ') FROM oms.order_holds AS h WHERE h.order_id = o.order_id) AS holds
    FROM oms.orders AS o LEFT JOIN oms.fulfillments AS f USING (order_id) LEFT JOIN oms.locations AS l USING (location_id)
    WHERE o.order_id >= 1041 ORDER BY o.order_id, fulfillment_no;
CREATE FUNCTION pg_temp.place(document jsonb) RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object('channel', 'order-web', 'reference', 'B-' || (SELECT max(order_id) FROM oms.orders),
                                              'lines', '[{"sku": "ORDER-TEE", "quantity": 1, "tax": "0"}]'::jsonb) || document)
$$;
SELECT pg_temp.place('{}');
SELECT pg_temp.place('{"ship_to": {"country": "PT", "postcode": "9999-999"}}') AS unknown_postcode;
SELECT pg_temp.place('{"ship_to": {"country": "PT", "postcode": " 4000 001 "}}') AS known_postcode;
SELECT pg_temp.place('{"ship_to": {"country": "PT", "postcode": "4000-001", "lat": 38.7, "lon": -9.1}}') AS own_position;
SELECT pg_temp.place('{"ship_to": {"postcode": "4000-001"}}') AS no_country;
SELECT pg_temp.place('{"ship_to": {"country": "ES", "lat": 90, "lon": 180}}') AS pole;
SELECT * FROM pg_temp.placed WHERE order_id > 1042;
SELECT place_order('{"channel": "order-web", "reference": "A-1002", "lines": [{"sku": "ORDER-TEE", "quantity": 1, "tax": "0"}],
                     "payments": [{"method": "card", "amount": "20", "status": "captured"}]}') AS held;
SELECT sequence, type, subject_no, data FROM events WHERE order_id = 1049 ORDER BY sequence;
SELECT release_hold(1049, 'address');
SELECT sequence, type, subject_no, data FROM events WHERE order_id = 1049 AND sequence > 5 ORDER BY sequence;

/*
 * Fetched in a store; shipped from where the caller says; promised by the location's clock
 */
SELECT pg_temp.place('{"fulfillment": {"pickup_location": "order-lisbon"}, "payments": [{"method": "cash", "amount": "12.50", "status": "captured"}]}') AS pickup;
SELECT pg_temp.place('{"fulfillment": {"ship_from": "order-lisbon"}, "ship_to": {"country": "PT", "postcode": "4000-001"},
                       "shipping": {"service": "order-standard"}}') AS ship_from;
SELECT pg_temp.place('{"placed_at": "2026-11-02T14:00:01Z", "ship_to": {"country": "PT", "postcode": "4000-001"},
                       "shipping": {"service": "order-standard", "price": "0"}}') AS after_cutoff;
SELECT * FROM pg_temp.placed WHERE order_id > 1049;
SELECT pickup, deliver_by, placed_at, strategy FROM orders JOIN fulfillments USING (order_id) WHERE order_id = 1050;

/*
 * What is free is confirmed without a payment; what is paid in part waits
 */
SELECT pg_temp.place('{"lines": [{"sku": "ORDER-TEE", "quantity": 1, "unit_price": 0}], "ship_to": {"country": "PT", "lat": 41, "lon": -8}}') AS free;
SELECT pg_temp.place('{"discounts": [{"amount": "12.50"}], "ship_to": {"country": "PT", "lat": 41, "lon": -8}}') AS discounted_away;
SELECT pg_temp.place('{"payments": [{"method": "card", "amount": "12.49", "status": "authorized"}, {"method": "gift", "amount": "5", "status": "pending"},
                                    {"method": "card", "amount": "12.50", "status": "failed"}], "ship_to": {"country": "PT", "lat": 41, "lon": -8}}') AS a_cent_short;
SELECT add_payment(1055, '{"method": "gift", "amount": "0.01", "status": "authorized"}');
SELECT * FROM pg_temp.placed WHERE order_id > 1052;
SELECT payment_no, status, authorized, captured FROM payments WHERE order_id = 1055 ORDER BY payment_no;

/*
 * Yen have no cents and dinars three decimals
 */
SELECT put_price('{"sku": "ORDER-TEE", "price": "1500 JPY"}'), put_price('{"sku": "ORDER-TEE", "price": "3.7255 KWD"}');
SELECT pg_temp.place('{"currency": "JPY", "lines": [{"sku": "ORDER-TEE", "quantity": 3}], "ship_to": {"country": "PT", "lat": 41, "lon": -8}}') AS yen;
SELECT pg_temp.place('{"currency": "KWD", "lines": [{"sku": "ORDER-TEE", "quantity": 3, "discount": "0.001"}],
                       "ship_to": {"country": "PT", "lat": 41, "lon": -8}, "shipping": {"price": 1.5}}') AS dinars;
SELECT order_id, l.unit_price, l.discount, l.tax, l.total, o.shipping_price, o.total AS "order" FROM orders AS o JOIN order_lines AS l USING (order_id)
WHERE order_id IN (1056, 1057) ORDER BY order_id;
SELECT pg_temp.place('{"currency": "USD"}'); \echo :LAST_ERROR_SQLSTATE
ROLLBACK;
