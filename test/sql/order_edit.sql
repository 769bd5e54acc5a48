-- orders that are changed before they leave
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET oms.now = '2026-11-02 10:15:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;

SELECT put_channel('{"code": "edit-web", "currency": "EUR"}'), put_location('{"code": "edit-north", "country": "PT", "lat": 41, "lon": -8}'),
       put_location('{"code": "edit-south", "country": "PT", "lat": 38, "lon": -8}'), put_tax_rate('{"country": "PT", "rate": 0.23}'),
       put_product('{"code": "edit", "skus": [{"code": "EDIT-TEE", "price": "10 EUR", "units": {"pair": 2}}, {"code": "EDIT-CAP", "price": "8 EUR"},
                     {"code": "EDIT-TEA", "decimals": 2, "price": "30 EUR"}]}');
SELECT count(receive_stock(s, l, 20)) FROM unnest('{EDIT-TEE,EDIT-CAP,EDIT-TEA}'::text[]) AS s, unnest('{edit-north,edit-south}'::text[]) AS l;
SELECT put_shipping_service('{"code": "edit-parcel", "currency": "EUR", "rates": [{"max_distance_km": 100, "price": "4"}, {"price": "9"}]}'),
       put_shipping_service('{"code": "edit-express", "currency": "EUR", "rates": [{"price": "19"}]}');
ALTER SEQUENCE orders_order_id_seq RESTART 4001;
CREATE FUNCTION pg_temp.place(document jsonb DEFAULT '{}') RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', 'edit-web', 'reference', 'edit-' || (SELECT count(*) FROM oms.orders), 'ship_to', '{"country": "PT", "lat": 41, "lon": -8}'::jsonb,
        'lines', '[{"sku": "EDIT-TEE", "quantity": 4, "discount": 2}, {"sku": "EDIT-CAP", "quantity": 2, "tax": 0}]'::jsonb,
        'payments', '[{"method": "card", "amount": 100, "status": "authorized"}]'::jsonb) || document)
$$;
CREATE FUNCTION pg_temp.lines(order_id bigint, OUT line integer, OUT sku text, OUT quantity quantity, OUT cancelled quantity, OUT allocated quantity,
                              OUT backordered quantity, OUT unit_price numeric, OUT discount amount, OUT tax amount, OUT total amount)
    RETURNS SETOF record LANGUAGE sql AS $$
    SELECT line_no, s.code, quantity, cancelled, allocated, backordered, round(unit_price, 2), discount, tax, total
    FROM oms.order_lines AS l JOIN oms.skus AS s USING (sku_id) WHERE l.order_id = lines.order_id ORDER BY line_no
$$;
CREATE FUNCTION pg_temp.shipped_by(order_id bigint, OUT no integer, OUT location text, OUT status text, OUT lines text)
    RETURNS SETOF record LANGUAGE sql AS $$
    SELECT f.fulfillment_no, l.code, f.status, (SELECT string_agg(x.quantity || ' of ' || x.line_no, ', ' ORDER BY x.line_no) FROM oms.fulfillment_lines AS x
                                                WHERE (x.order_id, x.fulfillment_no) = (f.order_id, f.fulfillment_no))
    FROM oms.fulfillments AS f JOIN oms.locations AS l USING (location_id) WHERE f.order_id = shipped_by.order_id ORDER BY fulfillment_no
$$;
CREATE FUNCTION pg_temp.sums(order_id bigint) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s: lines %s + shipping %s + %s - discount %s = %s', status, lines_total, shipping_price, shipping_tax, discount, total)
    FROM oms.orders AS o WHERE o.order_id = sums.order_id
$$;

/*
 * Fewer, more, and new ones: what is there joins the fulfillments that nobody has started on
 */
SELECT pg_temp.place() AS placed;
SELECT edit_order(4001, '{"lines": [{"line_no": 1, "quantity": 3}, {"line_no": 2, "quantity": 5}, {"sku": "EDIT-TEA", "quantity": 0.75}]}');
SELECT * FROM pg_temp.lines(4001);
SELECT * FROM pg_temp.shipped_by(4001);
SELECT pg_temp.sums(4001);
SELECT sequence, type, subject_no, data FROM events WHERE order_id = 4001 AND sequence > 5 ORDER BY sequence;
-- nothing of a line, and again some
SELECT edit_order(4001, '{"lines": [{"line_no": 1, "quantity": 0}]}');
SELECT edit_order(4001, '{"lines": [{"line_no": 1, "quantity": 1}]}');
SELECT line, quantity, cancelled, allocated, discount, tax, total FROM pg_temp.lines(4001) WHERE line = 1;
-- more than one place has
SELECT edit_order(4001, '{"lines": [{"line_no": 2, "quantity": 25}]}');
SELECT * FROM pg_temp.shipped_by(4001);
SELECT edit_order(4001, '{"lines": [{"line_no": 2, "quantity": 41}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT edit_order(4001, '{"lines": [{"line_no": 2, "quantity": 2}]}');
SELECT * FROM pg_temp.shipped_by(4001);

/*
 * Prices: what is given counts for what is left of the line; tax that is not given follows the price
 */
SELECT pg_temp.place() AS placed;
SELECT edit_order(4002, '{"lines": [{"line_no": 1, "quantity": 4, "unit_price": "12.25"}]}');
SELECT line, quantity, cancelled, unit_price, discount, tax, total FROM pg_temp.lines(4002);
SELECT edit_order(4002, '{"lines": [{"line_no": 1, "quantity": 3, "discount": "1.00", "tax": "0.50"}]}');
SELECT line, quantity, cancelled, unit_price, total FROM pg_temp.lines(4002);
SELECT edit_order(4002, '{"lines": [{"line_no": 2, "quantity": 2, "unit": "pair"}, {"line_no": 1, "quantity": 1, "unit": "pair"}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT edit_order(4002, '{"lines": [{"line_no": 1, "quantity": 2, "unit": "pair"}]}');
SELECT line, quantity, cancelled, unit_price, total FROM pg_temp.lines(4002);
-- discounts on the order and shipping are replaced; a new service has the price of its rate card
SELECT edit_order(4002, '{"discounts": [{"code": "SORRY", "amount": 5}], "shipping": {"price": 3, "tax": 1}}');
SELECT pg_temp.sums(4002);
SELECT edit_order(4002, '{"discounts": [], "shipping": {"service": "edit-express"}}');
SELECT pg_temp.sums(4002);
SELECT edit_order(4002, '{"shipping": {"service": "edit-parcel", "price": 1}}');
SELECT pg_temp.sums(4002), (SELECT code FROM shipping_services JOIN orders USING (service_id) WHERE order_id = 4002) AS service;

/*
 * An order that costs more than is paid is held until it is covered
 */
SELECT edit_order(4002, '{"lines": [{"line_no": 1, "quantity": 12}]}');
SELECT kind, note, released_at IS NULL AS open FROM order_holds WHERE order_id = 4002;
SELECT start_picking(4002, 1); \echo :LAST_ERROR_SQLSTATE
SELECT add_payment(4002, '{"method": "card", "amount": "200", "status": "authorized"}');
SELECT status, (SELECT count(*) FROM order_holds WHERE order_id = 4002 AND released_at IS NULL) AS holds FROM orders WHERE order_id = 4002;

/*
 * Another address: the goods come from elsewhere; one that is not on the map is to be mended
 */
SELECT pg_temp.place('{"shipping": {"service": "edit-parcel"}}') AS placed;
SELECT edit_order(4003, '{"ship_to": {"name": "Rui", "country": "PT", "lat": 38, "lon": -8}}');
SELECT * FROM pg_temp.shipped_by(4003);
SELECT edit_order(4003, '{"ship_to": {"country": "PT", "postcode": "0000"}}');
SELECT kind, note FROM order_holds WHERE order_id = 4003 AND released_at IS NULL;
SELECT edit_order(4003, '{"ship_to": {"country": "PT", "lat": 41, "lon": -8}, "bill_to": {"name": "Rui"}, "metadata": {"vip": true}}');
SELECT status, ship_to, bill_to, metadata FROM orders WHERE order_id = 4003;
SELECT * FROM pg_temp.shipped_by(4003);
SELECT pg_temp.sums(4003);
SELECT sequence, type, subject_no FROM events WHERE order_id = 4003 AND sequence > 5 ORDER BY sequence;

/*
 * What is refused leaves the order as it was
 */
SELECT jsonb_build_array(get_order(4003), get_order(4002)) AS before \gset
SELECT edit_order(4003, '{"lines": [{"line_no": 9, "quantity": 1}, {"line_no": 8, "quantity": 0}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT edit_order(4003, '{"lines": [{"line_no": 1, "quantity": 1.5}, {"line_no": 2, "quantity": 0.5}, {"sku": "EDIT-TEE", "quantity": 0.1}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT edit_order(4003, '{"lines": [{"line_no": 1, "sku": "EDIT-TEE", "quantity": 1}, {"quantity": 1}, {"sku": "EDIT-TEE", "quantity": 0}, {"line_no": 1, "quantity": -1}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT edit_order(4003, '{"lines": [{"line_no": 1, "quantity": 2}, {"line_no": 1, "quantity": 3}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT edit_order(4003, '{"lines": [{"sku": "EDIT-NONE", "quantity": 2}], "shipping": {"service": "edit-none"}}'); \echo :LAST_ERROR_SQLSTATE
SELECT edit_order(4003, '{"lines": [{"line_no": 1, "quantity": 4, "discount": 41}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT edit_order(4003, '{"lines": [{"line_no": 1, "quantity": 4, "discount": 0.001, "tax": "NaN", "unit_price": -1}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT edit_order(4003, '{"discounts": [{"amount": 10000}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT edit_order(4003, '{"discounts": [{"amount": 0.001}], "shipping": {"price": 0.001}}'); \echo :LAST_ERROR_SQLSTATE
SELECT edit_order(4003, '{"reference": "other", "channel": "edit-web"}'); \echo :LAST_ERROR_SQLSTATE
SELECT edit_order(4003, NULL); \echo :LAST_ERROR_SQLSTATE
SELECT edit_order(NULL, '{}'); \echo :LAST_ERROR_SQLSTATE
SELECT edit_order(-1, '{}'); \echo :LAST_ERROR_SQLSTATE
SELECT jsonb_build_array(get_order(4003), get_order(4002)) = :'before'::jsonb AS as_before;
SELECT edit_order(4003, jsonb_build_object('lines', (SELECT jsonb_agg('{"sku": "EDIT-TEE", "quantity": 1}'::jsonb) FROM generate_series(1, 1999)))); \echo :LAST_ERROR_SQLSTATE
-- repeated by its reference it is done once; what a location works on stays, what has left ends all editing
SELECT edit_order(4003, '{"lines": [{"sku": "EDIT-CAP", "quantity": 1}]}', 'edit 1'), edit_order(4003, '{"lines": [{"sku": "EDIT-CAP", "quantity": 1}]}', 'edit 1');
SELECT edit_order(4003, '{"lines": [{"sku": "EDIT-CAP", "quantity": 2}]}', 'edit 1'); \echo :LAST_ERROR_SQLSTATE
SELECT line, sku, quantity FROM pg_temp.lines(4003);
SELECT start_picking(4003, 4);
SELECT edit_order(4003, '{"lines": [{"line_no": 1, "quantity": 3}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT edit_order(4003, '{"lines": [{"line_no": 1, "quantity": 5}]}');
SELECT * FROM pg_temp.shipped_by(4003);
SELECT pack(4003, 4), ship(4003, 4), cancel_order(4001, 'no');
SELECT edit_order(4003, '{"metadata": {}}'); \echo :LAST_ERROR_SQLSTATE
SELECT edit_order(4001, '{"metadata": {}}'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM check_invariants();
ROLLBACK;
