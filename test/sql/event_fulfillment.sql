-- events of fulfillments and of what carriers say, as a consumer reads them; in
-- a database of its own, as what is read must have been committed
SET client_min_messages = warning;
CREATE DATABASE regress_event_fulfillment;
\c regress_event_fulfillment
SET client_min_messages = warning;
CREATE EXTENSION oms CASCADE;
SELECT oms.install() = oms.version() AS installed;
SET search_path = oms, public;
SET oms.now = '2026-11-02 10:00:00+00';
\set ECHO none
\i test/event/reader.sql
\set ECHO all
SELECT put_channel('{"code": "web", "currency": "EUR"}'),
       put_location('{"code": "porto", "country": "PT", "lat": 41.15, "lon": -8.61}'),
       put_location('{"code": "lisbon", "kind": "store", "country": "PT", "lat": 38.72, "lon": -9.14, "pickup": true}'),
       put_sku('{"code": "TEE", "price": "12.50 EUR"}'), receive_stock('TEE', 'porto', 20), receive_stock('TEE', 'lisbon', 20);
CREATE FUNCTION place(quantity integer, fulfillment jsonb DEFAULT '{}') RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', 'web', 'reference', 'E-' || (SELECT count(*) + 1 FROM oms.orders), 'fulfillment', fulfillment,
        'lines', jsonb_build_array(jsonb_build_object('sku', 'TEE', 'quantity', quantity)),
        'ship_to', '{"country": "PT", "lat": 41.2, "lon": -8.6}'::jsonb, 'shipping', '{"price": 0, "tax": 0}'::jsonb,
        'payments', jsonb_build_array(jsonb_build_object('method', 'cash', 'amount', quantity * 12.5, 'status', 'captured'))))
$$;

-- by parcel, whose carrier says things twice and late: each is told once, in the order in which it was heard
SELECT place(2), start_picking(1, 1), pack(1, 1), ship(1, 1, '{"carrier": "ctt", "number": "RR1"}');
SELECT record_tracking('ctt', 'RR1', 'in_transit', '2026-11-03 08:00+01', 'Left the depot'),
       record_tracking('ctt', 'RR1', 'in_transit', '2026-11-03 08:00+01', 'Left the depot'),
       record_tracking('ctt', 'RR1', 'delivered', '2026-11-04 12:30+00'),
       record_tracking('ctt', 'RR1', 'collected', '2026-11-02 17:00:00.25+00');
-- its cost is told when it is known, and when it is another
SELECT record_shipping_cost(1, 1, '5.20 EUR'), record_shipping_cost(1, 1, '5.20 EUR'), record_shipping_cost(1, 1, '5.35 EUR');
CALL read_on();
SELECT * FROM news();

-- dates and the carrier are corrected by hand
UPDATE fulfillments SET arrives_on = '2026-11-05' WHERE order_id = 1;
UPDATE shipments SET carrier = 'dhl', tracking_number = 'JD2' WHERE order_id = 1;
CALL read_on();
SELECT * FROM news();

-- over the counter
SELECT place(1, '{"pickup_location": "lisbon"}'), pack(2, 1), mark_ready_for_pickup(2, 1), mark_picked_up(2, 1);
CALL read_on();
SELECT * FROM news();

-- lost, and sent back; two shipments under way have the same number
SELECT place(1), pack(3, 1), ship(3, 1, '{"carrier": "ctt", "number": "RR3"}'), record_tracking('ctt', 'RR3', 'lost', '2026-11-05 09:00+00');
SELECT place(1), pack(4, 1), ship(4, 1, '{"carrier": "ctt", "number": "RR4"}');
SELECT place(1), pack(5, 1), ship(5, 1, '{"carrier": "ctt", "number": "RR4"}');
SELECT record_tracking('ctt', 'RR4', 'returned_to_sender', '2026-11-05 09:00+00', 'not accepted');
CALL read_on();
SELECT * FROM news();

-- a location rejects, by a command, so that others are asked, and by hand, where none is
SELECT place(3), reject(6, 1, 'not found');
UPDATE fulfillments SET status = 'rejected', status_reason = 'nobody works on Sundays' WHERE order_id = 6 AND fulfillment_no = 2;
CALL read_on();
SELECT * FROM news();

-- more is put into one, it is rerouted, and cancelled while it is packed
SELECT place(1), add_payment(7, '{"method": "cash", "amount": 12.50, "status": "captured"}'), edit_order(7, '{"lines": [{"line_no": 1, "quantity": 2}]}');
SELECT reroute(7, 1);
SELECT pack(7, 2), cancel_order(7, 'too late');
CALL read_on();
SELECT * FROM news();

-- all that is listed has occurred, with the keys that are listed
SELECT * FROM disagreements('fulfillment', 'tracking');
SELECT * FROM check_invariants();
\c postgres
DROP DATABASE regress_event_fulfillment;
