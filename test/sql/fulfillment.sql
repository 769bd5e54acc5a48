-- fulfillment: released, picked, packed, shipped, delivered, fetched, rejected
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
BEGIN;

-- two places and orders that are numbered from 7001
INSERT INTO channels (code, name, currency) VALUES ('parcel-web', 'Web', 'EUR');
INSERT INTO locations (code, name, country, point, pickup)
VALUES ('parcel-porto', 'Porto', 'PT', oms_internal.make_point(41.15, -8.61), true),
       ('parcel-lisbon', 'Lisbon', 'PT', oms_internal.make_point(38.72, -9.14), false);
INSERT INTO skus (code, name, weight_g, decimals)
VALUES ('PARCEL-TEE', 'T-shirt', 150, 0), ('PARCEL-TEA', 'Tea by the kilogram', 1010, 3),
       ('PARCEL-CAP', 'Cap', NULL, 0), ('PARCEL-SET', 'Two T-shirts and a cap', 400, 0);
INSERT INTO kit_components
SELECT k.sku_id, c.sku_id, v.quantity
FROM (VALUES ('PARCEL-TEE', 2), ('PARCEL-CAP', 1)) AS v(component, quantity), skus AS k, skus AS c
WHERE k.code = 'PARCEL-SET' AND c.code = v.component;
SELECT receive_stock('PARCEL-TEE', 'parcel-porto', 20), receive_stock('PARCEL-CAP', 'parcel-porto', 10),
       receive_stock('PARCEL-TEA', 'parcel-porto', 9.5), receive_stock('PARCEL-TEE', 'parcel-lisbon', 20);
ALTER SEQUENCE orders_order_id_seq RESTART 7001;

CREATE FUNCTION pg_temp.place(lines jsonb, fulfillment jsonb DEFAULT '{}') RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', 'parcel-web', 'reference', 'parcel-' || (SELECT count(*) FROM oms.orders),
        'customer', '{"email": "ana@example.com"}'::jsonb,
        'ship_to', '{"name": "Ana", "line1": "Rua 1", "country": "PT", "lat": 41.16, "lon": -8.62}'::jsonb,
        'lines', (SELECT jsonb_agg(jsonb_build_object('unit_price', '0', 'tax', '0') || l) FROM jsonb_array_elements(lines) AS l),
        'shipping', '{"price": "0", "tax": "0"}'::jsonb, 'fulfillment', fulfillment))
$$;
CREATE VIEW pg_temp.steps AS
    SELECT o.order_id, o.status AS "order", fulfillment_no AS no, l.code AS location, f.status, f.status_reason AS reason
    FROM oms.orders AS o JOIN oms.fulfillments AS f USING (order_id) JOIN oms.locations AS l USING (location_id)
    ORDER BY order_id, fulfillment_no;
CREATE VIEW pg_temp.counters AS
    SELECT order_id, line_no, quantity, cancelled, allocated, backordered, shipped, delivered FROM oms.order_lines
    ORDER BY order_id, line_no;
CREATE VIEW pg_temp.levels AS
    SELECT s.code AS sku, l.code AS location, on_hand, reserved
    FROM oms.stock_levels JOIN oms.skus AS s USING (sku_id) JOIN oms.locations AS l USING (location_id)
    WHERE s.code LIKE 'PARCEL-%' ORDER BY s.code COLLATE "C", l.code COLLATE "C";
CREATE VIEW pg_temp.shipped AS
    SELECT m.order_id, m.fulfillment_no AS no, s.code AS sku, l.code AS location, m.quantity, m.kind
    FROM oms.stock_movements AS m JOIN oms.skus AS s USING (sku_id) JOIN oms.locations AS l USING (location_id)
    WHERE m.order_id IS NOT NULL ORDER BY order_id, fulfillment_no, s.code COLLATE "C";
CREATE VIEW pg_temp.log AS
    SELECT order_id, sequence, type, subject_no AS no, data FROM oms.events ORDER BY order_id, sequence;
CREATE VIEW pg_temp.contradictions AS
    SELECT * FROM oms.stock_levels AS s
    WHERE on_hand <> coalesce((SELECT sum(quantity) FROM oms.stock_movements AS m
                               WHERE m.sku_id = s.sku_id AND m.location_id = s.location_id), 0)
          OR reserved <> coalesce((SELECT sum(quantity) FROM oms.reservations AS r
                                   WHERE r.sku_id = s.sku_id AND r.location_id = s.location_id
                                         AND status = 'active'), 0);

/*
 * To the customer's door: two lines of one SKU in two packages
 */
SELECT pg_temp.place('[{"sku": "PARCEL-TEE", "quantity": 2}, {"sku": "PARCEL-TEE", "quantity": 3},
                       {"sku": "PARCEL-TEA", "quantity": 1.5}]');
SELECT * FROM pg_temp.steps;
SELECT start_picking(7001, 1);
SELECT * FROM pg_temp.steps;

-- packages hold the lines exactly, or nothing is packed
SELECT pack(7001, 1, '[{"lines": [{"line_no": 1, "quantity": 2}, {"line_no": 2, "quantity": 1}]},
                       {"lines": [{"line_no": 2, "quantity": 3}, {"line_no": 4, "quantity": 1}]}]');
\echo :LAST_ERROR_SQLSTATE
SELECT pack(7001, 1, '[{"lines": [{"line_no": 1, "quantity": 2}]}, {"weight_g": 100}]');
SELECT pack(7001, 1, '[{"weight_g": -1, "lenght_mm": 1, "lines": [{"line_no": 1}]}, 7]');
\echo :LAST_ERROR_SQLSTATE
SELECT pack(7001, 1, NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT pack(7001, 1, '{}');
SELECT pack(7001, 1, '[{"lines": [{"line_no": 1, "quantity": "NaN"}]}]');
SELECT pack(7001, 1, '[{"lines": [{"line_no": 99999999999, "quantity": 1e30}]}]');
SELECT count(*) FROM packages WHERE order_id = 7001;
SELECT pack(7001, 1, '[{"weight_g": 480, "length_mm": 300, "width_mm": 200, "height_mm": 50,
                        "lines": [{"line_no": 1, "quantity": 1}, {"line_no": 1, "quantity": 1}, {"line_no": 2, "quantity": 1}]},
                       {"lines": [{"line_no": 2, "quantity": 2}, {"line_no": 3, "quantity": 1.5}]}]');
SELECT package_no, weight_g, length_mm, width_mm, height_mm FROM packages WHERE order_id = 7001 ORDER BY 1;
SELECT package_no, line_no, quantity FROM package_lines WHERE order_id = 7001 ORDER BY 1, 2;

-- a try that didn't know of its commit gets the first answer
SELECT ship(7001, 1, '{"carrier": "dhl", "number": "", "servise": "x"}');
\echo :LAST_ERROR_SQLSTATE
SELECT ship(7001, 1, '{"carrier": "dhl", "number": "JD01", "service": "express"}', 'ship 7001');
SELECT ship(7001, 1, '{"carrier": "dhl", "number": "JD01", "service": "express"}', 'ship 7001');
SELECT ship(7001, 1, '{"carrier": "dhl", "number": "JD02"}', 'ship 7001');
\echo :LAST_ERROR_SQLSTATE
SELECT ship(7001, 1, '{"carrier": "dhl", "number": "JD01", "service": "express"}');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.steps;
SELECT * FROM pg_temp.counters;
SELECT * FROM pg_temp.levels;
SELECT * FROM pg_temp.shipped;

-- what the carrier says comes late, twice and out of order
SELECT record_tracking('dhl', 'JD01', 'in_transit', '2026-11-03 08:00:00+00', 'Left the depot');
SET TimeZone = 'Asia/Tokyo';
SELECT record_tracking('dhl', 'JD01', 'delivered', '2026-11-04 12:30:00+00', NULL, 'scan 9');
SET TimeZone = 'UTC';
SET DateStyle = 'German';
SELECT record_tracking('dhl', 'JD01', 'delivered', '2026-11-04 12:30:00+00', NULL, 'scan 9');
SET DateStyle = 'ISO';
SELECT record_tracking('dhl', 'JD01', 'delivered', '2026-11-04 12:30:00+00');
SELECT record_tracking('dhl', 'JD01', 'out_for_delivery', '2026-11-04 09:00:00+00');
SELECT record_tracking('dhl', 'JD01', 'lost', '2026-11-05 09:00:00+00');
SELECT event_no, status, occurred_at, description FROM tracking_events WHERE order_id = 7001 ORDER BY 1;
SELECT carrier, tracking_number, service, shipped_at, delivered_at FROM shipments WHERE order_id = 7001;
SELECT * FROM pg_temp.steps;
SELECT * FROM pg_temp.counters;
SELECT * FROM pg_temp.log;
SELECT record_tracking('ups', 'JD01', 'delivered', '2026-11-04 12:30:00+00');
\echo :LAST_ERROR_SQLSTATE
SELECT record_tracking('dhl', 'JD01', ' ', '2026-11-04 12:30:00+00');
\echo :LAST_ERROR_SQLSTATE
SELECT record_tracking('dhl', 'JD01', 'delivered', 'infinity');
\echo :LAST_ERROR_SQLSTATE
SELECT record_tracking('dhl', 'JD01', NULL, '2026-11-04 12:30:00+00');
\echo :LAST_ERROR_SQLSTATE

/*
 * Fetched in the shop; picking left out, one package of everything
 */
SELECT pg_temp.place('[{"sku": "PARCEL-SET", "quantity": 2}, {"sku": "PARCEL-TEE", "quantity": 1}]',
                     '{"pickup_location": "parcel-porto"}');
SELECT pack(7002, 1, '[]', 'pack 7002'), pack(7002, 1, '[]', 'pack 7002');
SELECT package_no, weight_g FROM packages WHERE order_id = 7002;
SELECT ship(7002, 1);
\echo :LAST_ERROR_SQLSTATE
SELECT mark_picked_up(7002, 1);
\echo :LAST_ERROR_SQLSTATE
SELECT mark_ready_for_pickup(7002, 1), mark_picked_up(7002, 1, 'fetched'), mark_picked_up(7002, 1, 'fetched');
SELECT * FROM pg_temp.steps WHERE order_id = 7002;
SELECT * FROM pg_temp.counters WHERE order_id = 7002;
SELECT * FROM pg_temp.shipped WHERE order_id = 7002;
SELECT mark_delivered(7002, 1);
\echo :LAST_ERROR_SQLSTATE

/*
 * What isn't there, what isn't next, what is held
 */
SELECT release(6999, 1);
\echo :LAST_ERROR_SQLSTATE
SELECT ship(7001, 2);
\echo :LAST_ERROR_SQLSTATE
SELECT release(NULL, 1);
\echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('[{"sku": "PARCEL-CAP", "quantity": 2}]');
SELECT release(7003, 1);
\echo :LAST_ERROR_SQLSTATE
SELECT ship(7003, 1);
\echo :LAST_ERROR_SQLSTATE
SELECT mark_delivered(7003, 1);
SELECT mark_ready_for_pickup(7003, 1);
SELECT hold_order(7003, 'fraud', 'looks odd');
SELECT start_picking(7003, 1);
\echo :LAST_ERROR_SQLSTATE
SELECT pack(7003, 1);
SELECT release_hold(7003, 'fraud');
SELECT start_picking(7003, 1);
SELECT pack(7003, 1, '[{"length_mm": 100}]');
SELECT hold_order(7003, 'fraud', 'again');
SELECT ship(7003, 1);
SELECT release_hold(7003, 'fraud');
SELECT mark_ready_for_pickup(7003, 1);
\echo :LAST_ERROR_SQLSTATE
-- the weight of a cap is not known, so neither is the package's
SELECT package_no, weight_g, length_mm FROM packages WHERE order_id = 7003;
SELECT ship(7003, 1);
SELECT carrier, tracking_number, service FROM shipments WHERE order_id = 7003;
SELECT * FROM pg_temp.steps WHERE order_id = 7003;

/*
 * Whoever writes the status, the same happens
 */
SELECT pg_temp.place('[{"sku": "PARCEL-TEA", "quantity": 0.125}]');
UPDATE fulfillments SET status = 'shipped' WHERE order_id = 7004;
\echo :LAST_ERROR_SQLSTATE
UPDATE fulfillments SET status = 'packed' WHERE order_id = 7004;
UPDATE fulfillments SET status = 'shipped' WHERE order_id = 7004;
UPDATE fulfillments SET status = 'returned_to_sender', status_reason = 'moved house' WHERE order_id = 7004;
SELECT * FROM pg_temp.steps WHERE order_id = 7004;
SELECT * FROM pg_temp.counters WHERE order_id = 7004;
SELECT * FROM pg_temp.shipped WHERE order_id = 7004;

-- lost on the way
SELECT pg_temp.place('[{"sku": "PARCEL-CAP", "quantity": 1}]');
SELECT pack(7005, 1), ship(7005, 1, '{"carrier": "ctt", "number": "RR1"}');
SELECT record_tracking('ctt', 'RR1', 'lost', '2026-11-20 10:00:00+00', 'fell into the sea');
SELECT * FROM pg_temp.steps WHERE order_id = 7005;

-- a number that the carrier uses again belongs to the parcel under way
SELECT pg_temp.place('[{"sku": "PARCEL-CAP", "quantity": 1}]');
SELECT pack(7006, 1), ship(7006, 1, '{"carrier": "ctt", "number": "RR1"}');
SELECT record_tracking('ctt', 'RR1', 'in_transit', '2027-11-20 10:00:00+00');
SELECT order_id, status FROM tracking_events WHERE order_id IN (7005, 7006) ORDER BY 1;

/*
 * Rejected: the units are free at once, and another location ships
 */
SELECT pg_temp.place('[{"sku": "PARCEL-TEE", "quantity": 4}]');
SELECT reject(7007, 1, NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT reject(7007, 1, '');
\echo :LAST_ERROR_SQLSTATE
SELECT start_picking(7007, 1), reject(7007, 1, 'not on the shelf', 'r1');
SELECT reject(7007, 1, 'not on the shelf', 'r1');
SELECT reject(7007, 1, 'not on the shelf');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.steps WHERE order_id = 7007;
SELECT * FROM pg_temp.counters WHERE order_id = 7007;
SELECT * FROM pg_temp.log WHERE order_id = 7007;

-- nobody else has it: it waits, and the order is held; what comes in goes to
-- who waits, the oldest first, as far as it goes
SELECT pg_temp.place('[{"sku": "PARCEL-TEA", "quantity": 2}]');
SELECT reject(7008, 1, 'mouldy'), count_stock('PARCEL-TEA', 'parcel-porto', 0);
SELECT * FROM pg_temp.steps WHERE order_id = 7008;
SELECT * FROM pg_temp.counters WHERE order_id = 7008;
SELECT kind, note, released_at IS NULL AS open FROM order_holds WHERE order_id = 7008;
SELECT pg_temp.place('[{"sku": "PARCEL-TEA", "quantity": 1}]', '{"allow_backorder": true}');
SELECT receive_stock('PARCEL-TEA', 'parcel-lisbon', 1.5);
SELECT * FROM pg_temp.counters WHERE order_id IN (7008, 7009);
SELECT available('PARCEL-TEA');
SELECT adjust_stock('PARCEL-TEA', 'parcel-lisbon', 1, 'found'), count_stock('PARCEL-TEA', 'parcel-porto', 0.75);
SELECT * FROM pg_temp.counters WHERE order_id IN (7008, 7009);
SELECT * FROM pg_temp.steps WHERE order_id IN (7008, 7009);
SELECT kind, released_at IS NULL AS open FROM order_holds WHERE order_id = 7008;
SELECT available('PARCEL-TEA');
SELECT * FROM pg_temp.log WHERE order_id = 7008;

-- stock that became free in another way goes to who waits by a job
SELECT pg_temp.place('[{"sku": "PARCEL-CAP", "quantity": 4}]');
SELECT pg_temp.place('[{"sku": "PARCEL-SET", "quantity": 2}]', '{"allow_backorder": true}');
SELECT pg_temp.place('[{"sku": "PARCEL-SET", "quantity": 2}]', '{"allow_backorder": true}');
SELECT pg_temp.place('[{"sku": "PARCEL-SET", "quantity": 2}]', '{"allow_backorder": true}');
SELECT oms_internal.fill_backorders() AS looked_at;
SELECT cancel_order(7010, 'changed my mind', '[{"line_no": 1, "quantity": 3}]');
SELECT * FROM pg_temp.counters WHERE order_id > 7009;
SELECT oms_internal.fill_backorders(), oms_internal.fill_backorders(7013);
SELECT * FROM pg_temp.counters WHERE order_id > 7009;
SELECT oms_internal.fill_backorders(0, 0);
\echo :LAST_ERROR_SQLSTATE

/*
 * What carriers charge: known with the label, or later, and corrected; the books have it
 */
SELECT pg_temp.place('[{"sku": "PARCEL-TEE", "quantity": 1}]'), pg_temp.place('[{"sku": "PARCEL-TEE", "quantity": 1}]'),
       pg_temp.place('[{"sku": "PARCEL-TEE", "quantity": 1}]');
SELECT pack(o, 1) FROM generate_series(7014, 7016) AS o;
CREATE VIEW pg_temp.freight AS
    SELECT order_id, subject_no AS no, account, provider, amount, base_amount FROM ledger_entries WHERE kind = 'freight'
    ORDER BY posting_id, line_no;
SELECT ship(7014, 1, '{"cost": "-1 EUR"}');
SELECT ship(7014, 1, '{"cost": 5.20}');
SELECT ship(7014, 1, '{"carrier": "ctt", "number": "RR14", "cost": "5.20 EUR"}'), ship(7015, 1);
SELECT get_order(7014) #>> '{fulfillments,0,shipment,cost}' AS known, get_order(7015) #>> '{fulfillments,0,shipment,cost}' AS unknown;
SELECT record_shipping_cost(7016, 1, '5 EUR');
\echo :LAST_ERROR_SQLSTATE
SELECT record_shipping_cost(7014, 2, '5 EUR');
\echo :LAST_ERROR_SQLSTATE
SELECT record_shipping_cost(7014, 1, '-0.01 EUR');
\echo :LAST_ERROR_SQLSTATE
SELECT record_shipping_cost(7014, 1, NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT record_shipping_cost(7014, 1, '5 USD');
\echo :LAST_ERROR_SQLSTATE
SELECT record_shipping_cost(7014, 1, '4.90 EUR', 'bill 1'), record_shipping_cost(7014, 1, '4.90 EUR', 'bill 1') AS again,
       record_shipping_cost(7014, 1, '4.90 EUR') AS same;
SELECT record_shipping_cost(7014, 1, '4.80 EUR', 'bill 1');
\echo :LAST_ERROR_SQLSTATE
-- in a currency of which no rate is known, which a rate then values; and free of charge
SELECT record_shipping_cost(7015, 1, '6 USD'), put_fx_rate('2026-11-02', 'EUR', 'USD', 1.2), record_shipping_cost(7015, 1, '12 USD');
SELECT ship(7016, 1, '{"cost": "0 EUR"}'), record_shipping_cost(7016, 1, '0 EUR') AS same;
SELECT * FROM pg_temp.freight;
SELECT * FROM pg_temp.log WHERE type = 'fulfillment.cost_known';
SELECT memo, debit FROM oms_report.journal WHERE kind = 'freight' AND order_id = 7014 AND line_no = 1 ORDER BY posting_id LIMIT 1;
-- not by hand
UPDATE shipments SET cost = '1 EUR' WHERE order_id = 7014;
\echo :LAST_ERROR_SQLSTATE
UPDATE shipments SET fulfillment_no = 2 WHERE order_id = 7014;
DELETE FROM shipments WHERE order_id = 7014;
INSERT INTO shipments (order_id, fulfillment_no, cost) VALUES (7001, 1, '1 EUR');
UPDATE shipments SET service = 'express' WHERE order_id = 7014;
SELECT * FROM oms_internal.check_freight();

SELECT * FROM pg_temp.levels;
SELECT * FROM pg_temp.contradictions;
ROLLBACK;
