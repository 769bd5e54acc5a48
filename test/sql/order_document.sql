-- get_order() and find_order(): an order given back as a document
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;
ALTER SEQUENCE orders_order_id_seq RESTART 9301;

SELECT put_channel('{"code": "doc-web", "name": "Web", "currency": "EUR"}');
SELECT put_location('{"code": "DOC-LIS", "name": "Lisbon", "country": "PT", "lat": 38.72, "lon": -9.14}');
SELECT put_location('{"code": "DOC-OPO", "name": "Porto", "country": "PT", "lat": 41.15, "lon": -8.61, "pickup": true}');
SELECT put_sku('{"code": "DOC-TEE", "name": "T-shirt"}'), put_sku('{"code": "DOC-SCREW", "name": "Screw", "price": "0.0425 EUR"}'),
       put_sku('{"code": "DOC-ROPE", "name": "Rope, m", "decimals": 2, "price": "3.00 EUR"}');
SELECT put_shipping_service('{"code": "doc-standard", "name": "Standard", "currency": "EUR", "rates": [{"price": "4.90"}]}');
SELECT receive_stock('DOC-TEE', 'DOC-OPO', 1), receive_stock('DOC-TEE', 'DOC-LIS', 10),
       receive_stock('DOC-SCREW', 'DOC-OPO', 1000), receive_stock('DOC-ROPE', 'DOC-OPO', 100);

/*
 * What was placed comes back
 */
\set document '{"channel": "doc-web", "reference": "D-1", "currency": "EUR", "customer": {"email": "a@b.example", "name": "Ana B", "reference": "DOC-77"}, "ship_to": {"name": "Ana B", "line1": "Rua 1", "city": "Porto", "region": "13", "postcode": "4000-001", "country": "PT", "lat": 41.15, "lon": -8.61}, "bill_to": {"name": "Firma B", "country": "PT"}, "lines": [{"sku": "DOC-TEE", "quantity": 2, "unit_price": "12.50", "discount": "1.00", "tax": "4.60", "metadata": {"gift": true, "note": null}}, {"sku": "DOC-SCREW", "quantity": 500, "unit_price": "0.0425", "tax": "0.00"}, {"sku": "DOC-ROPE", "quantity": 2.25, "unit_price": "3.00", "tax": "0.00"}], "shipping": {"service": "doc-standard", "price": "4.90", "tax": "0.00"}, "discounts": [{"code": "WELCOME", "amount": "5.00"}], "payments": [{"method": "card", "provider": "psp", "reference": "pi_1", "amount": "60.00", "status": "authorized", "metadata": {"brand": "visa"}}], "fulfillment": {"strategy": "nearest", "allow_split": true, "allow_backorder": false, "pickup_location": null, "ship_from": null, "deliver_by": null}, "metadata": {"basket": [1, 2]}}'
SELECT place_order(:'document');
SELECT get_order(9301) @> :'document' AS comes_back;
SELECT find_order('doc-web', 'D-1'), find_order('doc-web', 'D-2'), find_order('no such channel', 'D-1'), find_order(NULL, 'D-1');

/*
 * with all that has happened since
 */
CREATE FUNCTION pg_temp.fulfillment_at(text) RETURNS integer LANGUAGE sql AS
    'SELECT fulfillment_no FROM oms.fulfillments JOIN oms.locations USING (location_id) WHERE order_id = 9301 AND code = $1';
SELECT pack(9301, pg_temp.fulfillment_at('DOC-OPO'), '[{"weight_g": 420, "length_mm": 300, "width_mm": 200, "height_mm": 60,
    "lines": [{"line_no": 1, "quantity": 1}, {"line_no": 2, "quantity": 500}]}, {"lines": [{"line_no": 3, "quantity": 2.25}]}]');
SELECT ship(9301, pg_temp.fulfillment_at('DOC-OPO'), '{"carrier": "ctt", "number": "RR1", "service": "doc-standard"}');
SELECT record_tracking('ctt', 'RR1', 'in_transit', '2026-11-03 08:00+00', 'Left the depot');
SELECT record_tracking('ctt', 'RR1', 'delivered', '2026-11-04 12:30+00');
SELECT capture(9301, 1, '30 EUR'), refund(9301, '2.50 EUR', 'a hole in a shirt', 'D-1-refund');
CREATE TEMPORARY TABLE document AS SELECT get_order(9301) #- '{customer,customer_id}' AS document;

SELECT key, value FROM document, jsonb_each(document) WHERE jsonb_typeof(value) <> 'array' ORDER BY key COLLATE "C";
SELECT l - 'metadata' AS line FROM document, jsonb_array_elements(document -> 'lines') AS l;
SELECT p - 'entries' AS payment FROM document, jsonb_array_elements(document -> 'payments') AS p;
SELECT e AS entry FROM document, jsonb_array_elements(document -> 'payments' -> 0 -> 'entries') AS e;
SELECT d AS discount FROM document, jsonb_array_elements(document -> 'discounts') AS d;
SELECT r AS refund FROM document, jsonb_array_elements(document -> 'refunds') AS r;
SELECT f - '{packages,shipment,distance_m}'::text[] AS fulfillment, round((f ->> 'distance_m')::numeric, -4) AS about_m
FROM document, jsonb_array_elements(document -> 'fulfillments') AS f;
SELECT p AS package FROM document, jsonb_array_elements(document -> 'fulfillments') AS f, jsonb_array_elements(f -> 'packages') AS p;
SELECT f ->> 'name' AS name, f -> 'shipment' AS shipment FROM document, jsonb_array_elements(document -> 'fulfillments') AS f;
SELECT e -> 'sequence' AS sequence, e ->> 'type' AS type, e ->> 'subject' AS subject, e -> 'data' AS data
FROM document, jsonb_array_elements(document -> 'events') AS e;

/*
 * Holds, drafts and currencies without decimals
 */
SELECT place_order('{"channel": "doc-web", "reference": "D-3", "currency": "JPY", "ship_to": {"country": "PT", "lat": 41, "lon": -8},
    "lines": [{"sku": "DOC-TEE", "quantity": 1, "unit_price": "1200", "tax": "0"}], "shipping": {"price": "500", "tax": "0"}}');
SELECT hold_order(9302, 'fraud', 'Look at it'), hold_order(9302, 'stock'), release_hold(9302, 'stock');
SELECT d ->> 'status' AS status, d ->> 'total' AS total, d -> 'lines' -> 0 ->> 'unit_price' AS unit_price, d -> 'holds' AS holds,
       d -> 'bill_to' = d -> 'ship_to' AS billed_there, d -> 'customer' AS customer
FROM get_order(9302) AS d;
INSERT INTO orders (channel_id, reference, status, currency, lines_total, shipping_price, shipping_tax, discount, total)
SELECT channel_id, 'D-4', 'draft', 'EUR', '0 EUR', '0 EUR', '0 EUR', '0 EUR', '0 EUR' FROM channels WHERE code = 'doc-web';
SELECT get_order(find_order('doc-web', 'D-4')) - '{order_id,status_at,placed_at}'::text[];

/*
 * As large as orders may be
 */
SELECT receive_stock('DOC-TEE', 'DOC-LIS', 1000) > '0' AS received;
SELECT place_order(jsonb_build_object('channel', 'doc-web', 'reference', 'D-5', 'ship_to', '{"country": "PT", "lat": 38.7, "lon": -9.1}'::jsonb,
    'lines', (SELECT jsonb_agg('{"sku": "DOC-TEE", "quantity": 1, "unit_price": "0.01", "tax": "0"}'::jsonb) FROM generate_series(1, 500)),
    'shipping', '{"price": "0", "tax": "0"}'::jsonb)) AS large \gset
SELECT jsonb_array_length(d -> 'lines') AS lines, (d -> 'lines' -> 499 -> 'line_no') AS last,
       jsonb_array_length(d -> 'fulfillments' -> 0 -> 'lines') AS allocated, d ->> 'total' AS total
FROM get_order(:large) AS d;

/*
 * Orders that are not there
 */
SELECT get_order(9999); \echo :LAST_ERROR_SQLSTATE
SELECT get_order(-1); \echo :LAST_ERROR_SQLSTATE
SELECT get_order(NULL) IS NULL AS nothing;
SELECT * FROM check_invariants();
ROLLBACK;
