-- payments: what is captured as parcels leave is what the ledger recognises of them
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
BEGIN;

\o /dev/null
SELECT put_channel('{"code": "leave-web", "currency": "EUR", "capture": "on_ship"}'), put_location('{"code": "leave-here", "lat": 41, "lon": -8}'),
       put_sku('{"code": "LEAVE-A", "price": "10 EUR"}'), put_sku('{"code": "LEAVE-B", "price": "10 EUR"}'), receive_stock('LEAVE-A', 'leave-here', 100);
ALTER SEQUENCE orders_order_id_seq RESTART 6351;
\o
CREATE FUNCTION pg_temp.place(lines jsonb, discount numeric, shipping numeric, card numeric) RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', 'leave-web', 'reference', 'leave-' || (SELECT count(*) FROM oms.orders), 'ship_to', '{"country": "PT", "lat": 41, "lon": -8}'::jsonb,
        'lines', (SELECT jsonb_agg('{"quantity": 1, "tax": 0}' || l) FROM jsonb_array_elements(lines) AS l), 'shipping', jsonb_build_object('price', shipping, 'tax', 0),
        'discounts', jsonb_build_array(jsonb_build_object('amount', discount)), 'fulfillment', '{"allow_backorder": true}'::jsonb,
        'payments', jsonb_build_array(jsonb_build_object('method', 'card', 'amount', card, 'status', 'authorized'))))
$$;
CREATE FUNCTION pg_temp.money(v_order_id bigint, OUT captured text, OUT recognised text) LANGUAGE sql AS $$
    SELECT (SELECT sum(p.captured) FROM oms.payments AS p WHERE p.order_id = v_order_id),
           (SELECT -sum(e.amount) FROM oms.ledger_entries AS e
            WHERE e.order_id = v_order_id AND e.kind = 'shipment' AND e.account IN ('revenue', 'shipping_income', 'tax_payable', 'discounts'))
$$;

-- a discount that shares out unevenly, of three lines in three parcels
SELECT pg_temp.place('[{"sku": "LEAVE-A"}, {"sku": "LEAVE-B"}, {"sku": "LEAVE-B"}]', 10, 0, 20) AS placed;
SELECT pack(6351, 1), ship(6351, 1);
SELECT * FROM pg_temp.money(6351);
SELECT receive_stock('LEAVE-B', 'leave-here', 1);
SELECT pack(6351, 2), ship(6351, 2);
SELECT * FROM pg_temp.money(6351);
SELECT receive_stock('LEAVE-B', 'leave-here', 1);
SELECT pack(6351, 3), ship(6351, 3);
SELECT * FROM pg_temp.money(6351);

-- a discount that shipping bears in part
SELECT pg_temp.place('[{"sku": "LEAVE-A", "unit_price": "1.00"}, {"sku": "LEAVE-B", "unit_price": "2.00"}]', 4, 5, 4) AS placed;
SELECT pack(6352, 1), ship(6352, 1);
SELECT * FROM pg_temp.money(6352);
SELECT receive_stock('LEAVE-B', 'leave-here', 1);
SELECT pack(6352, 2), ship(6352, 2);
SELECT * FROM pg_temp.money(6352);

-- what went back does not pay for what was added later
SELECT pg_temp.place('[{"sku": "LEAVE-A"}, {"sku": "LEAVE-A"}]', 0, 0, 20) AS placed;
SELECT capture(6353, 1), cancel_order(6353, NULL, '[{"line_no": 2, "quantity": 1}]'), refund(6353, '10 EUR', 'cancelled');
SELECT edit_order(6353, '{"lines": [{"sku": "LEAVE-A", "quantity": 1, "tax": 0}]}'), add_payment(6353, '{"method": "card", "amount": 10, "status": "authorized"}');
SELECT fulfillment_no, pack(order_id, fulfillment_no), ship(order_id, fulfillment_no) FROM fulfillments WHERE order_id = 6353 AND status <> 'cancelled';
SELECT status, total FROM orders WHERE order_id = 6353;
SELECT payment_no, status, captured, refunded FROM payments WHERE order_id = 6353 ORDER BY 1;

-- what an allowance gave back before is not taken
SELECT pg_temp.place('[{"sku": "LEAVE-A"}, {"sku": "LEAVE-A"}]', 0, 0, 20) AS placed;
SELECT capture(6354, 1, '15 EUR'), refund(6354, '3 EUR', 'late'), add_payment(6354, '{"method": "card", "amount": 5, "status": "authorized"}');
SELECT pack(6354, 1), ship(6354, 1);
SELECT payment_no, status, captured, refunded FROM payments WHERE order_id = 6354 ORDER BY 1;
SELECT * FROM check_invariants();
ROLLBACK;
