-- payments: what providers are asked for, and what they answer
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;

\o /dev/null
SELECT put_channel('{"code": "request-web", "currency": "EUR"}'), put_channel('{"code": "request-ship", "currency": "EUR", "capture": "request_on_ship"}'),
       put_location('{"code": "request-here", "lat": 41, "lon": -8}'), put_location('{"code": "request-there", "lat": 41, "lon": -8}'),
       put_sku('{"code": "REQUEST-TEE", "price": "10 EUR"}'), put_customer('{"reference": "request-ana"}'),
       receive_stock('REQUEST-TEE', 'request-here', 1000);
ALTER SEQUENCE orders_order_id_seq RESTART 6501;
\o
CREATE FUNCTION pg_temp.place(payments jsonb, quantity integer DEFAULT 2, channel text DEFAULT 'request-web') RETURNS text LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', channel, 'reference', 'request-' || (SELECT count(*) FROM oms.orders), 'customer', '{"reference": "request-ana"}'::jsonb,
        'ship_to', '{"country": "PT", "lat": 41, "lon": -8}'::jsonb, 'shipping', '{"price": "0", "tax": "0"}'::jsonb,
        'lines', jsonb_build_array(jsonb_build_object('sku', 'REQUEST-TEE', 'quantity', quantity, 'tax', 0)), 'payments', payments));
    SELECT order_id || ' ' || status FROM oms.orders WHERE order_id = (SELECT max(order_id) FROM oms.orders WHERE order_id BETWEEN 6501 AND 6999)
$$;
CREATE FUNCTION pg_temp.card(reference text, amount numeric, status text DEFAULT 'authorized') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('method', 'card', 'provider', 'psp', 'reference', reference, 'amount', amount, 'status', status)
$$;
-- what the provider said: about a payment, an action, its end, and more
CREATE FUNCTION pg_temp.say(reference text, payment text, action text, status text, more jsonb DEFAULT '{}') RETURNS payment_status LANGUAGE sql AS $$
    SELECT oms.record_payment_result('psp', reference, jsonb_build_object('order_id', split_part(payment, '-P', 1)::bigint, 'payment_no', split_part(payment, '-P', 2)::int,
        'action', action, 'status', status) || more)
$$;
CREATE FUNCTION pg_temp.sums(v_order_id bigint) RETURNS TABLE (no integer, reference text, status payment_status, reason text, amount amount, authorized amount, captured amount, refunded amount) LANGUAGE sql AS
    'SELECT payment_no, reference, status, status_reason, amount, authorized, captured, refunded FROM oms.payments WHERE order_id = v_order_id ORDER BY 1';
CREATE FUNCTION pg_temp.requests(v_order_id bigint) RETURNS TABLE (key text, action text, amount amount, status text, refund integer, message text) LANGUAGE sql AS
    'SELECT ''P'' || payment_no || ''-Q'' || request_no, action, amount, status, refund_no, message FROM oms.payment_requests WHERE order_id = v_order_id ORDER BY payment_no, request_no';
CREATE FUNCTION pg_temp.entries(v_order_id bigint) RETURNS TABLE (no integer, kind text, amount amount, refund integer, reference text, confirmed timestamptz) LANGUAGE sql AS
    'SELECT payment_no, kind, amount, refund_no, provider_reference, confirmed_at FROM oms.payment_entries WHERE order_id = v_order_id ORDER BY payment_no, entry_no';
CREATE FUNCTION pg_temp.log(v_order_id bigint, after integer) RETURNS TABLE (type text, no integer, data jsonb) LANGUAGE sql AS
    'SELECT type, subject_no, data FROM oms.events WHERE order_id = v_order_id AND sequence > after ORDER BY sequence';

/*
 * Asked for and granted, asked for and taken in two parts
 */
SELECT pg_temp.place(jsonb_build_array(pg_temp.card('pi_1', 20, 'pending')));
SELECT request_payment(6501, 1, 'authorize', NULL, 'q1'), request_payment(6501, 1, 'authorize', NULL, 'q1');
SELECT request_payment(6501, 1, 'authorize', '1 EUR', 'q1'); \echo :LAST_ERROR_SQLSTATE
SELECT request_payment(6501, 1, 'authorize'); \echo :LAST_ERROR_SQLSTATE
SELECT request_payment(6501, 1, 'capture', '1 EUR'); \echo :LAST_ERROR_SQLSTATE
SELECT authorize(6501, 1); \echo :LAST_ERROR_SQLSTATE
SELECT status FROM orders WHERE order_id = 6501;
SELECT pg_temp.say('tx-1', '6501-P1', 'authorize', 'pending', '{"request_no": 1}');
SELECT pg_temp.say('tx-1', '6501-P1', 'authorize', 'succeeded', '{"request_no": 1, "occurred_at": "2026-11-02T09:59:58Z", "expires_at": "2026-11-09"}'),
       pg_temp.say('tx-1', '6501-P1', 'authorize', 'succeeded', '{"request_no": 1, "occurred_at": "2026-11-02T09:59:58Z", "expires_at": "2026-11-09"}');
SELECT status, expires_at FROM payments WHERE order_id = 6501;
SELECT status FROM orders WHERE order_id = 6501;
SELECT request_payment(6501, 1, 'capture', '12 EUR'), request_payment(6501, 1, 'capture', '5 EUR');
SELECT request_payment(6501, 1, 'capture', '3.01 EUR'); \echo :LAST_ERROR_SQLSTATE
SELECT capture(6501, 1, '3.01 EUR'); \echo :LAST_ERROR_SQLSTATE
SELECT request_payment(6501, 1, 'void'); \echo :LAST_ERROR_SQLSTATE
SELECT captured FROM payments WHERE order_id = 6501;
-- found by its reference, and the request by its amount
SELECT record_payment_result('psp', 'tx-2', '{"payment_reference": "pi_1", "action": "capture", "status": "succeeded", "amount": "5"}');
SELECT pg_temp.say('tx-3', '6501-P1', 'capture', 'failed', '{"request_no": 2, "message": "insufficient funds"}');
SELECT request_payment(6501, 1, 'capture');
SELECT pg_temp.say('tx-4', '6501-P1', 'capture', 'succeeded', '{"request_no": 4}');
SELECT * FROM pg_temp.sums(6501);
SELECT * FROM pg_temp.requests(6501);
SELECT * FROM pg_temp.entries(6501);
SELECT * FROM pg_temp.log(6501, 3);

/*
 * What an answer is told twice, late, out of turn, or otherwise
 */
SELECT pg_temp.say('tx-1', '6501-P1', 'authorize', 'pending', '{"request_no": 1}') AS overtaken;
SELECT pg_temp.say('tx-1', '6501-P1', 'authorize', 'pending', '{"request_no": 2}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.say('tx-1', '6501-P1', 'authorize', 'succeeded'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.say('tx-1', '6501-P1', 'capture', 'failed'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.say('tx-1', '6501-P1', 'authorize', 'failed', '{"message": "overtaken by the success"}') AS nothing_changes;
SELECT pg_temp.say('tx-4b', '6501-P1', 'capture', 'succeeded', '{"request_no": 4}') AS same_request_under_another_key;
-- the failed one succeeds after all: the payment is full, so it is another one
SELECT pg_temp.say('tx-3', '6501-P1', 'capture', 'succeeded', '{"request_no": 2, "amount": "12"}'),
       pg_temp.say('tx-3', '6501-P1', 'capture', 'succeeded', '{"request_no": 2, "amount": "12"}');
SELECT * FROM pg_temp.sums(6501);
SELECT metadata FROM payments WHERE order_id = 6501 AND payment_no = 2;
SELECT (get_order(6501) ->> 'paid') AS paid, (get_order(6501) ->> 'overpaid') AS overpaid;
SELECT refund_payment(6501, 2, '12 EUR', 'taken twice');
SELECT (get_order(6501) ->> 'paid') AS paid, (get_order(6501) ->> 'overpaid') AS overpaid;
SELECT reference, status, action, amount, message, payment_status, booked_payment_no AS booked FROM payment_results WHERE order_id = 6501 ORDER BY reference, status;

-- what is refused, with nothing written
SELECT record_payment_result(NULL, 'tx-9', '{}'); \echo :LAST_ERROR_SQLSTATE
SELECT record_payment_result('psp', NULL, '{}'); \echo :LAST_ERROR_SQLSTATE
SELECT record_payment_result(' ', 'tx-9', '{}'); \echo :LAST_ERROR_SQLSTATE
SELECT record_payment_result('psp', ' ', '{}'); \echo :LAST_ERROR_SQLSTATE
SELECT record_payment_result('psp', 'tx-9', NULL); \echo :LAST_ERROR_SQLSTATE
SELECT record_payment_result('psp', 'tx-9', '{"order_id": 0, "payment_no": -1, "action": "steal", "status": "maybe", "amount": "0", "colour": "red"}'); \echo :LAST_ERROR_SQLSTATE
SELECT record_payment_result('psp', 'tx-9', '{"order_id": 6501, "action": "capture", "status": "failed"}'); \echo :LAST_ERROR_SQLSTATE
SELECT record_payment_result('psp', 'tx-9', '{"action": "capture", "status": "failed"}'); \echo :LAST_ERROR_SQLSTATE
SELECT record_payment_result('psp', 'tx-9', '{"order_id": 6501, "payment_no": 1, "payment_reference": "pi_1", "action": "capture", "status": "failed"}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.say('tx-9', '6501-P1', 'capture', 'failed', '{"refund_no": 1}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.say('tx-9', '6501-P1', 'refund', 'succeeded', '{"amount": "1.005"}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.say('tx-9', '6501-P9', 'capture', 'failed'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.say('tx-9', '999999999999999999-P1', 'capture', 'failed'); \echo :LAST_ERROR_SQLSTATE
SELECT record_payment_result('psp', 'tx-9', '{"payment_reference": "pi_9", "action": "capture", "status": "failed"}'); \echo :LAST_ERROR_SQLSTATE
SELECT record_payment_result('other', 'tx-9', '{"payment_reference": "pi_1", "action": "capture", "status": "failed"}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.say('tx-9', '6501-P1', 'capture', 'succeeded', '{"request_no": 9}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.say('tx-9', '6501-P1', 'void', 'succeeded', '{"request_no": 2}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.say('tx-9', '6501-P2', 'refund', 'succeeded', '{"request_no": 1, "refund_no": 9}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.say('tx-9', '6501-P1', 'capture', 'succeeded'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.say('tx-9', '6501-P1', 'refund', 'succeeded'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.say('tx-9', '6501-P1', 'refund', 'succeeded', '{"amount": "20.01"}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.say('tx-9', '6501-P1', 'void', 'succeeded'); \echo :LAST_ERROR_SQLSTATE
SELECT request_payment(NULL, 1, 'void'); \echo :LAST_ERROR_SQLSTATE
SELECT request_payment(6501, NULL, 'void'); \echo :LAST_ERROR_SQLSTATE
SELECT request_payment(6501, 1, NULL); \echo :LAST_ERROR_SQLSTATE
SELECT request_payment(6501, 1, 'steal'); \echo :LAST_ERROR_SQLSTATE
SELECT request_payment(6501, 9, 'void'); \echo :LAST_ERROR_SQLSTATE
SELECT request_payment(9999, 1, 'void'); \echo :LAST_ERROR_SQLSTATE
SELECT request_payment(6501, 1, 'void'); \echo :LAST_ERROR_SQLSTATE
SELECT request_payment(6501, 1, 'authorize'); \echo :LAST_ERROR_SQLSTATE
SELECT request_payment(6501, 1, 'capture'); \echo :LAST_ERROR_SQLSTATE
SELECT request_payment(6501, 1, 'refund', '20.01 EUR'); \echo :LAST_ERROR_SQLSTATE
SELECT request_payment(6501, 1, 'refund', '1 USD'); \echo :LAST_ERROR_SQLSTATE
SELECT request_payment(6501, 1, 'refund', '-1 EUR'); \echo :LAST_ERROR_SQLSTATE
SELECT count(*) AS none FROM payment_results WHERE reference = 'tx-9';
INSERT INTO payment_requests (order_id, payment_no, request_no, action, amount) VALUES (6501, 1, 9, 'void', '1 EUR'); \echo :LAST_ERROR_SQLSTATE
UPDATE payment_results SET message = 'x'; \echo :LAST_ERROR_SQLSTATE

/*
 * A pending payment fails, the next attempt may have its key, and so may the late success of the first
 */
SELECT pg_temp.place(jsonb_build_array(pg_temp.card('pi_2', 20, 'pending')));
SELECT record_payment_result('psp', 'tx-20', '{"payment_reference": "pi_2", "action": "authorize", "status": "failed", "message": "do not honour"}');
SELECT record_payment_result('psp', 'tx-21', '{"payment_reference": "pi_2", "action": "authorize", "status": "failed"}') AS again;
SELECT record_payment_result('psp', 'tx-20', '{"payment_reference": "pi_2", "action": "authorize", "status": "succeeded"}') AS after_all;
SELECT record_payment_result('psp', 'tx-22', '{"payment_reference": "pi_2", "action": "capture", "status": "succeeded"}') AS of_the_new_one;
SELECT * FROM pg_temp.sums(6502);
SELECT * FROM pg_temp.requests(6502);
SELECT * FROM pg_temp.log(6502, 3);

/*
 * Given up, and the money comes all the same
 */
SELECT pg_temp.place(jsonb_build_array(pg_temp.card('pi_3', 20)));
SELECT request_payment(6503, 1, 'void', '20 EUR');
SELECT request_payment(6503, 1, 'capture'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.say('tx-30', '6503-P1', 'void', 'failed', '{"message": "too late"}');
SELECT request_payment(6503, 1, 'void', '19 EUR'); \echo :LAST_ERROR_SQLSTATE
SELECT request_payment(6503, 1, 'capture'), cancel_order(6503, 'not needed');
SELECT pg_temp.say('tx-31', '6503-P1', 'capture', 'succeeded');
SELECT pg_temp.say('pi_3', '6503-P1', 'capture', 'succeeded', '{"amount": 1}');
SELECT pg_temp.say('tx-33', '6503-P1', 'authorize', 'succeeded') AS nobody_wants_it;
SELECT pg_temp.say('tx-34', '6503-P1', 'void', 'succeeded') AS confirmed;
SELECT * FROM pg_temp.sums(6503);
SELECT * FROM pg_temp.requests(6503);
SELECT * FROM pg_temp.log(6503, 4);
SELECT get_order(6503) ->> 'overpaid' AS overpaid;
SELECT refund(6503, '21 EUR', 'cancelled');
-- given up as asked; more taken than was granted; expired; a direct sale of a part
SELECT pg_temp.place(jsonb_build_array(pg_temp.card('pi_4', 8), pg_temp.card('pi_5', 10), pg_temp.card('pi_6', 1, 'pending'), pg_temp.card('pi_7', 1, 'pending') || '{"expires_at": "2026-11-03"}'));
SELECT request_payment(6504, 1, 'void'), request_payment(6504, 3, 'void');
SELECT pg_temp.say('tx-40', '6504-P1', 'void', 'succeeded'), pg_temp.say('tx-41', '6504-P3', 'void', 'succeeded');
SELECT pg_temp.say('tx-42', '6504-P2', 'capture', 'succeeded', '{"amount": "10.50"}');
SELECT pg_temp.say('tx-43', '6504-P4', 'capture', 'succeeded', '{"amount": "0.75"}'), pg_temp.say('tx-44', '6504-P4', 'capture', 'succeeded', '{"amount": "0.5"}');
SELECT * FROM pg_temp.sums(6504);

/*
 * What was taken without asking is confirmed, not taken again
 */
SELECT pg_temp.place(jsonb_build_array(pg_temp.card('pi_8', 10, 'captured'), pg_temp.card('pi_9', 10)));
SELECT capture(6505, 2, '4 EUR'), capture(6505, 2, '1 EUR');
SELECT pg_temp.say('tx-50', '6505-P1', 'capture', 'succeeded'), pg_temp.say('tx-51', '6505-P2', 'authorize', 'succeeded'),
       pg_temp.say('tx-52', '6505-P2', 'capture', 'succeeded', '{"amount": 1}');
-- less than the books have: to be reconciled; more: the rest is new
SELECT pg_temp.say('tx-53', '6505-P2', 'capture', 'succeeded', '{"amount": 3}'), pg_temp.say('tx-54', '6505-P2', 'capture', 'succeeded', '{"amount": "4.20"}');
SELECT pg_temp.say('tx-55', '6505-P2', 'capture', 'failed', '{"message": "no reason"}');
SELECT * FROM pg_temp.sums(6505);
SELECT * FROM pg_temp.entries(6505);
SELECT * FROM pg_temp.requests(6505);

/*
 * Refunds: who is asked, what is confirmed, what fails is tried again
 */
SELECT pg_temp.place(jsonb_build_array(pg_temp.card('pi_10', 8, 'captured'), pg_temp.card('pi_11', 8, 'captured'), '{"method": "cash", "amount": 4, "status": "captured"}'::jsonb));
SELECT refund(6506, '18 EUR', 'two shirts');
SELECT refund_no, amount, status FROM refunds WHERE order_id = 6506;
SELECT pg_temp.say('tx-60', '6506-P1', 'refund', 'succeeded', '{"refund_no": 1, "amount": 7}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.say('tx-60', '6506-P1', 'refund', 'succeeded', '{"request_no": 1}'), pg_temp.say('tx-61', '6506-P2', 'refund', 'failed', '{"request_no": 1, "message": "card closed"}');
SELECT refund_no, amount, status FROM refunds WHERE order_id = 6506;
SELECT retry_refund(6506, 1, 'retry'), retry_refund(6506, 1, 'retry');
SELECT retry_refund(6506, 1); \echo :LAST_ERROR_SQLSTATE
SELECT retry_refund(6506, 2); \echo :LAST_ERROR_SQLSTATE
SELECT retry_refund(9999, 1); \echo :LAST_ERROR_SQLSTATE
SELECT retry_refund(6506, NULL); \echo :LAST_ERROR_SQLSTATE
SELECT refund_no, amount, status FROM refunds WHERE order_id = 6506;
SELECT pg_temp.say('tx-62', '6506-P2', 'refund', 'succeeded', '{"request_no": 2}'), pg_temp.say('tx-63', '6506-P2', 'refund', 'failed', '{"request_no": 1}') AS known;
SELECT refund_no, amount, status FROM refunds WHERE order_id = 6506;
SELECT retry_refund(6506, 1); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM pg_temp.requests(6506);
SELECT * FROM pg_temp.entries(6506);
-- the cash is asked for when somebody says so, and comes back from the till
SELECT request_payment(6506, 3, 'refund', NULL, 'till');
SELECT refund_no, amount, reason, reference, status FROM refunds WHERE order_id = 6506 ORDER BY 1;
SELECT record_payment_result('till', 'slip 17', '{"order_id": 6506, "payment_no": 3, "action": "refund", "status": "succeeded"}');
SELECT refund_no, amount, status FROM refunds WHERE order_id = 6506 ORDER BY 1;
SELECT * FROM pg_temp.log(6506, 6);
-- refunded in the provider's own pages; refused without having been asked; a first request that succeeds after its retry was made
SELECT pg_temp.place(jsonb_build_array(pg_temp.card('pi_12', 20, 'captured')));
SELECT pg_temp.say('tx-70', '6507-P1', 'refund', 'succeeded', '{"amount": 5, "message": "by support"}');
SELECT pg_temp.say('tx-71', '6507-P1', 'refund', 'failed', '{"amount": 6, "message": "by support"}');
SELECT refund_payment(6507, 1, '3 EUR', 'a hole');
SELECT pg_temp.say('tx-72', '6507-P1', 'refund', 'failed', '{"amount": 3}'), retry_refund(6507, 2);
SELECT pg_temp.say('tx-72', '6507-P1', 'refund', 'succeeded', '{"amount": 3, "request_no": 1}') AS late;
SELECT pg_temp.say('tx-73', '6507-P1', 'refund', 'succeeded', '{"request_no": 2}') AS twice_then;
SELECT refund_no, amount, reason, status FROM refunds WHERE order_id = 6507 ORDER BY 1;
SELECT * FROM pg_temp.sums(6507);
SELECT * FROM pg_temp.log(6507, 6);
-- by hand it has been given back already
UPDATE payments SET status = 'refunded' WHERE order_id = 6507;
SELECT refund_no, amount, status FROM refunds WHERE order_id = 6507 ORDER BY 1;

/*
 * A channel that asks for what is due when goods leave
 */
ALTER SEQUENCE orders_order_id_seq RESTART 6601;
SELECT issue_gift_card('{"code": "REQUEST-CARD", "amount": "7 EUR"}');
SELECT pg_temp.place(jsonb_build_array('{"method": "cash_on_delivery", "amount": 5}'::jsonb, pg_temp.card('pi_20', 8), pg_temp.card('pi_21', 30),
    pg_temp.card('pi_22', 5, 'pending'), '{"method": "gift_card", "reference": "REQUEST-CARD", "amount": 7}'::jsonb), 5, 'request-ship');
SELECT pack(6601, 1), ship(6601, 1);
SELECT * FROM pg_temp.requests(6601);
SELECT status FROM payments WHERE order_id = 6601 ORDER BY payment_no;
SELECT pg_temp.say('tx-80', '6601-P2', 'capture', 'succeeded', '{"request_no": 1}'), pg_temp.say('tx-81', '6601-P3', 'capture', 'succeeded', '{"request_no": 1}');
SELECT get_order(6601) ->> 'paid' AS paid;
-- the store keeps the value of a gift card itself
SELECT request_payment(6601, 5, 'refund', '1 EUR'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.say('tx-82', '6601-P5', 'refund', 'succeeded', '{"amount": 1}'); \echo :LAST_ERROR_SQLSTATE
-- parcel by parcel: each asks for its share, what is on its way counts, what failed is due with the next
SELECT put_location('{"code": "request-third", "lat": 41, "lon": -8}'), put_sku('{"code": "REQUEST-CAP", "price": "10 EUR"}');
SELECT receive_stock('REQUEST-CAP', code, 1) FROM locations WHERE code LIKE 'request-%' ORDER BY code;
SELECT place_order(jsonb_build_object('channel', 'request-ship', 'reference', 'request-parcels', 'shipping', '{"price": "3", "tax": "0"}'::jsonb,
    'ship_to', '{"country": "PT", "lat": 41, "lon": -8}'::jsonb, 'lines', '[{"sku": "REQUEST-CAP", "quantity": 3, "tax": 0}]'::jsonb, 'payments', jsonb_build_array(pg_temp.card('pi_30', 33))));
SELECT pack(6602, 1), ship(6602, 1), pack(6602, 2), ship(6602, 2);
SELECT * FROM pg_temp.requests(6602);
SELECT pg_temp.say('tx-90', '6602-P1', 'capture', 'failed', '{"request_no": 1, "message": "try later"}');
SELECT pack(6602, 3), ship(6602, 3);
SELECT * FROM pg_temp.requests(6602);
SELECT pg_temp.say('tx-91', '6602-P1', 'capture', 'succeeded', '{"amount": 10}'), pg_temp.say('tx-92', '6602-P1', 'capture', 'succeeded', '{"amount": 23}');
SELECT * FROM pg_temp.sums(6602);
SELECT * FROM check_invariants();
ROLLBACK;
