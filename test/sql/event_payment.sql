-- events of payments, refunds and chargebacks, as a consumer reads them; in a
-- database of its own, as what is read must have been committed
SET client_min_messages = warning;
CREATE DATABASE regress_event_payment;
\c regress_event_payment
SET client_min_messages = warning;
CREATE EXTENSION oms CASCADE;
SELECT oms.install() = oms.version() AS installed;
SET search_path = oms, public;
SET oms.now = '2026-11-02 10:00:00+00';
\set ECHO none
\i test/event/reader.sql
\set ECHO all
SELECT put_channel('{"code": "web", "currency": "EUR"}'), put_location('{"code": "porto", "country": "PT", "lat": 41.15, "lon": -8.61}'),
       put_sku('{"code": "TEE", "price": "12.50 EUR"}'), receive_stock('TEE', 'porto', 100);
-- an order over 25.00 EUR with payments
CREATE FUNCTION place(payments jsonb DEFAULT '[]') RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', 'web', 'reference', 'E-' || (SELECT count(*) + 1 FROM oms.orders), 'payments', payments,
        'lines', '[{"sku": "TEE", "quantity": 2, "tax": 0}]'::jsonb,
        'ship_to', '{"country": "PT", "lat": 41.2, "lon": -8.6}'::jsonb, 'shipping', '{"price": 0, "tax": 0}'::jsonb))
$$;
CREATE FUNCTION answer(reference text, payment text, action text, status text, more jsonb DEFAULT '{}') RETURNS payment_status LANGUAGE sql AS $$
    SELECT oms.record_payment_result('psp', $1, jsonb_build_object('payment_reference', $2, 'action', $3, 'status', $4) || $5)
$$;

-- steps that the shop takes: an amount is what has moved by the step, not a sum
SELECT place('[{"method": "card", "amount": 25}]'), authorize(1, 1);
SELECT capture(1, 1, '10 EUR'), capture(1, 1, '5 EUR'), capture(1, 1);
SELECT refund(1, '4 EUR', 'late'), refund(1, '1 EUR', NULL), refund(1, '20 EUR', 'all of it');
CALL read_on();
SELECT * FROM news();

-- what never moves: it fails, is given up, is over; what was captured in part stays so
SELECT place('[{"method": "card", "amount": 5, "status": "failed"}, {"method": "card", "amount": 6}, {"method": "card", "amount": 7, "status": "authorized"},
               {"method": "card", "amount": 25, "status": "authorized", "expires_at": "2026-11-03"}]');
SELECT void(2, 2), void(2, 3);
SET oms.now = '2026-11-04 10:00:00+00';
SELECT run_job('expire_authorizations') ->> 'rows' AS expired;
UPDATE payments SET status = 'failed', status_reason = 'by hand' WHERE order_id = 2 AND payment_no = 1;
SELECT add_payment(2, '{"method": "card", "amount": 25, "status": "pending"}');
UPDATE payments SET status = 'failed', status_reason = 'by hand' WHERE order_id = 2 AND payment_no = 5;
SELECT cancel_order(2, 'not paid');
CALL read_on();
SELECT * FROM news();

-- a provider is asked for each action, and does it
SELECT place('[{"method": "card", "provider": "psp", "reference": "pi_3", "amount": 25}]'), request_payment(3, 1, 'authorize');
SELECT answer('ch_1', 'pi_3', 'authorize', 'succeeded'), request_payment(3, 1, 'capture', '20 EUR'), answer('ch_2', 'pi_3', 'capture', 'succeeded');
SELECT request_payment(3, 1, 'refund', '2 EUR'), answer('re_1', 'pi_3', 'refund', 'succeeded');
SELECT place('[{"method": "card", "provider": "psp", "reference": "pi_4", "amount": 25, "status": "authorized"}]'), request_payment(4, 1, 'void');
SELECT answer('vo_1', 'pi_4', 'void', 'succeeded');
CALL read_on();
SELECT * FROM news();

-- it refuses each of them, with a reason or without; of a refund it is the refund that fails
SELECT place('[{"method": "card", "provider": "psp", "reference": "pi_5", "amount": 25}]'), request_payment(5, 1, 'authorize');
SELECT answer('ch_3', 'pi_5', 'authorize', 'failed', '{"message": "no funds"}');
SELECT place('[{"method": "card", "provider": "psp", "reference": "pi_6", "amount": 25, "status": "authorized"}]'), request_payment(6, 1, 'void');
SELECT answer('vo_2', 'pi_6', 'void', 'failed', '{"message": "timeout"}');
SELECT answer('ch_4', 'pi_6', 'authorize', 'failed', '{"message": "not renewed"}'), request_payment(6, 1, 'capture'), answer('ch_5', 'pi_6', 'capture', 'failed');
SELECT capture(6, 1), refund(6, '3 EUR', 'torn'), answer('re_2', 'pi_6', 'refund', 'failed', '{"message": "closed account"}');
SELECT answer('re_3', 'pi_6', 'refund', 'failed', '{"amount": 8, "message": "of nothing that we know"}');
SELECT retry_refund(6, 1), answer('re_4', 'pi_6', 'refund', 'succeeded');
CALL read_on();
SELECT * FROM news();

-- what comes too late: money is a payment of its own, an authorization is told
SELECT place('[{"method": "card", "provider": "psp", "reference": "pi_7", "amount": 25, "status": "authorized"}]'), void(7, 1);
SELECT answer('ch_6', 'pi_7', 'authorize', 'succeeded'), answer('ch_7', 'pi_7', 'capture', 'succeeded', '{"amount": 20}');
CALL read_on();
SELECT * FROM news();

-- back as store credit, and by hand
SELECT put_customer('{"reference": "C-7", "email": "ana@example.com"}') > 0 AS customer;
SELECT place_order('{"channel": "web", "reference": "E-8", "customer": {"reference": "C-7"}, "lines": [{"sku": "TEE", "quantity": 2, "tax": 0}],
    "ship_to": {"country": "PT", "lat": 41.2, "lon": -8.6}, "shipping": {"price": 0, "tax": 0},
    "payments": [{"method": "cash", "amount": 25, "status": "captured"}]}'), refund_to_store_credit(8, '5 EUR', 'sorry');
UPDATE payments SET status = 'refunded' WHERE order_id = 8;
CALL read_on();
SELECT * FROM news();

-- a bank takes payments back: the order is held until it is won, and nothing more is told of one that is lost
SELECT place('[{"method": "card", "provider": "psp", "reference": "pi_9", "amount": 25, "status": "captured"}]');
SELECT record_chargeback('psp', '{"reference": "dp_1", "payment": "pi_9", "currency": "EUR", "amount": "12", "reason": "fraudulent"}');
SELECT record_chargeback('psp', '{"reference": "dp_1", "status": "won"}'), record_chargeback('psp', '{"reference": "dp_1", "status": "won"}') AS again;
SELECT record_chargeback('psp', '{"reference": "dp_2", "payment": "pi_9", "currency": "EUR", "amount": "25", "status": "lost"}');
CALL read_on();
SELECT * FROM news();

-- the provider's report has what was captured and refunded, with its fees
SELECT place('[{"method": "card", "provider": "psp", "reference": "pi_10", "amount": 25, "status": "captured"}]'), refund(10, '5 EUR', 'late');
SELECT import_settlements('psp', '[
    {"reference": "t1", "kind": "capture", "currency": "EUR", "amount": "25", "fee": "0.60", "occurred_on": "2026-11-02", "payment": "pi_10"},
    {"reference": "t2", "kind": "refund", "currency": "EUR", "amount": "-5", "occurred_on": "2026-11-02", "payment": "pi_10"}]'), reconcile_settlements();
CALL read_on();
SELECT * FROM news();

-- all that is listed has occurred, with the keys that are listed
SELECT * FROM disagreements('payment', 'refund', 'chargeback');
SELECT * FROM check_invariants();
\c postgres
DROP DATABASE regress_event_payment;
