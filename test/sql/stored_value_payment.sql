-- gift cards and store credit as means of payment
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;
ALTER SEQUENCE orders_order_id_seq RESTART 8401;

SELECT put_channel('{"code": "pay-web", "currency": "EUR", "capture": "on_ship"}'), put_location('{"code": "pay-shop", "country": "PT", "lat": 41.15, "lon": -8.61}');
SELECT put_customer('{"reference": "PAY-1"}') > 0 AS one, put_customer('{"reference": "PAY-2"}') > 0 AS two;
SELECT put_sku('{"code": "PAY-TEE", "price": "10 EUR"}'), receive_stock('PAY-TEE', 'pay-shop', 1000);
SELECT issue_gift_card('{"code": "PAYCARD-0001", "amount": "30 EUR", "expires_on": "2026-12-31"}'),
       issue_gift_card('{"code": "PAYCARD-0002", "amount": "5 EUR"}'), issue_gift_card('{"code": "PAYCARD-0USD", "amount": "50 USD"}'),
       issue_gift_card('{"code": "PAYCARD-GONE", "amount": "50 EUR"}');
SELECT cancel_gift_card('PAYCARD-GONE', 'stolen');
SELECT grant_store_credit('PAY-1', '4 EUR', 'campaign', '2026-11-05'), grant_store_credit('PAY-1', '8 EUR', 'goodwill');

CREATE VIEW pg_temp.accounts AS
    SELECT coalesce(a.code_end, c.reference) AS account, balance, held,
           oms_internal.stored_value_available(account_id, active, balance, held, expires_on) AS available, expires_on, active
    FROM oms.stored_value_accounts AS a LEFT JOIN oms.customers AS c USING (customer_id) ORDER BY account_id;
CREATE VIEW pg_temp.entries AS
    SELECT coalesce(a.code_end, c.reference) AS account, e.entry_no AS no, e.kind, e.amount, e.expires_on,
           o.reference AS "order", e.payment_no AS payment, e.refund_no AS refund
    FROM oms.stored_value_entries AS e JOIN oms.stored_value_accounts AS a USING (account_id)
         LEFT JOIN oms.customers AS c USING (customer_id) LEFT JOIN oms.orders AS o ON o.order_id = e.order_id
    WHERE e.kind NOT IN ('issue', 'grant') ORDER BY e.account_id, entry_no;
CREATE FUNCTION pg_temp.place(reference text, tees integer, payments jsonb, customer text DEFAULT 'PAY-1') RETURNS bigint
    LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object('channel', 'pay-web', 'reference', place.reference, 'payments', payments,
        'customer', CASE WHEN customer IS NOT NULL THEN jsonb_build_object('reference', customer) END,
        'ship_to', '{"country": "PT", "lat": 41.16, "lon": -8.62}'::jsonb,
        'lines', jsonb_build_array(jsonb_build_object('sku', 'PAY-TEE', 'quantity', tees, 'tax', 0))))
$$;
CREATE VIEW pg_temp.paid AS
    SELECT o.reference AS "order", o.status AS order_status, p.payment_no AS no, p.method, p.reference, p.status, p.amount, p.authorized,
           p.captured, p.refunded
    FROM oms.payments AS p JOIN oms.orders AS o USING (order_id)
    WHERE order_id BETWEEN 8401 AND 8499 ORDER BY p.order_id, payment_no;

/*
 * Two cards, store credit, and the rest by card
 */
SELECT pg_temp.place('a', 5, '[{"method": "gift_card", "reference": "paycard 0001", "amount": 25},
    {"method": "gift_card", "reference": "PAYCARD-0002", "amount": 5}, {"method": "store_credit", "amount": 10},
    {"method": "card", "provider": "psp", "amount": 10, "status": "authorized"}]') AS a \gset
SELECT * FROM pg_temp.paid;
SELECT * FROM pg_temp.accounts;
SELECT sequence, type, data FROM events WHERE order_id = :a ORDER BY 1;
-- again the same
SELECT pg_temp.place('a', 5, '[{"method": "gift_card", "reference": "paycard 0001", "amount": 25},
    {"method": "gift_card", "reference": "PAYCARD-0002", "amount": 5}, {"method": "store_credit", "amount": 10},
    {"method": "card", "provider": "psp", "amount": 10, "status": "authorized"}]') = :a AS same;

-- the code is nowhere but on the card
SELECT get_order(:a)::text ~* '0001' AS ending, get_order(:a)::text ~* 'paycard' AS code;
CREATE FUNCTION pg_temp.tables_with(pattern text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    name text;
    found boolean;
BEGIN
    FOR name IN SELECT table_name FROM information_schema.tables WHERE table_schema = 'oms' AND table_type = 'BASE TABLE' ORDER BY 1 LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM oms.%I AS t WHERE t::text ~* %L)', name, pattern) INTO found;
        IF found THEN
            RETURN NEXT name;
        END IF;
    END LOOP;
END
$$;
SELECT pg_temp.tables_with('paycard'), pg_temp.tables_with('PAY-TEE') AS control;

-- goods leave: what is held is taken, what expires first in front
UPDATE fulfillments SET status = 'packed' WHERE order_id = :a;
SELECT ship(:a, 1, '{"carrier": "dhl", "number": "1"}');
SELECT * FROM pg_temp.paid;
SELECT * FROM pg_temp.accounts;
SELECT * FROM pg_temp.entries;

/*
 * What is refused
 */
SELECT pg_temp.place('b', 1, '[{"method": "gift_card", "reference": "PAYCARD-9999", "amount": 1}, {"method": "gift_card", "reference": "PAYCARD-8888", "amount": 1}]');
\echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('b', 1, '[{"method": "gift_card", "amount": 1}, {"method": "gift_card", "reference": "PAYCARD-0001", "provider": "psp", "amount": 1}, {"method": "store_credit", "amount": 1}]', NULL);
\echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('b', 1, '[{"method": "gift_card", "reference": "PAYCARD-0USD", "amount": 1}]');
\echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('b', 1, '[{"method": "gift_card", "reference": "PAYCARD-0001", "amount": 4}, {"method": "gift_card", "reference": "PAYCARD-0001", "amount": 3},
    {"method": "gift_card", "reference": "PAYCARD-0002", "amount": 1}, {"method": "gift_card", "reference": "PAYCARD-GONE", "amount": 1}, {"method": "store_credit", "amount": 3}]');
\echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('b', 1, '[{"method": "store_credit", "amount": 1}]', 'PAY-2');
\echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('b', 1, '[{"method": "store_credit", "amount": 1}]', 'PAY-NEW');
\echo :LAST_ERROR_SQLSTATE
-- and so by a quote
SELECT quote_order(jsonb_build_object('channel', 'pay-web', 'reference', 'q', 'ship_to', '{"country": "PT", "lat": 41.16, "lon": -8.62}'::jsonb,
    'lines', '[{"sku": "PAY-TEE", "quantity": 1}]'::jsonb, 'payments', '[{"method": "gift_card", "reference": "PAYCARD-0001", "amount": 5.01}]'::jsonb));
\echo :LAST_ERROR_SQLSTATE
SELECT quote_order(jsonb_build_object('channel', 'pay-web', 'reference', 'q', 'ship_to', '{"country": "PT", "lat": 41.16, "lon": -8.62}'::jsonb,
    'lines', '[{"sku": "PAY-TEE", "quantity": 1}]'::jsonb, 'payments', '[{"method": "gift_card", "reference": "PAYCARD-0001", "amount": 5}]'::jsonb)) ->> 'total' AS total;
SELECT * FROM pg_temp.accounts;

/*
 * Payments that are added
 */
SELECT pg_temp.place('c', 2, NULL) AS c \gset
SELECT status FROM orders WHERE order_id = :c;
\set VERBOSITY terse
SELECT add_payment(:c, '{"method": "gift_card", "amount": 3}'); \echo :LAST_ERROR_SQLSTATE
SELECT add_payment(:c, '{"method": "gift_card", "reference": "PAYCARD-9999", "amount": 3}'); \echo :LAST_ERROR_SQLSTATE
SELECT add_payment(:c, '{"method": "gift_card", "reference": "PAYCARD-0USD", "amount": 3}'); \echo :LAST_ERROR_SQLSTATE
SELECT add_payment(:c, '{"method": "gift_card", "reference": "PAYCARD-0001", "amount": 5.01}'); \echo :LAST_ERROR_SQLSTATE
SELECT add_payment(:c, '{"method": "gift_card", "reference": "PAYCARD-GONE", "amount": 1}'); \echo :LAST_ERROR_SQLSTATE
\set VERBOSITY default
SELECT add_payment(:c, '{"method": "gift_card", "reference": "PAYCARD-0001", "amount": 3}', 'add-1'),
       add_payment(:c, '{"method": "gift_card", "reference": "PAYCARD-0001", "amount": 3}', 'add-1');
-- asked for, and not granted yet
SELECT add_payment(:c, '{"method": "gift_card", "reference": "PAYCARD-0001", "amount": 20, "status": "pending"}');
SELECT account, balance, held FROM pg_temp.accounts WHERE account = '0001';
SELECT count(*) FROM (SELECT authorize(:c, 2)) AS a; \echo :LAST_ERROR_SQLSTATE
SELECT authorize(:c, 2, '2 EUR');
SELECT account, balance, held FROM pg_temp.accounts WHERE account = '0001';
SELECT void(:c, 2), void(:c, 1, 'void-1'), void(:c, 1, 'void-1');
SELECT account, balance, held FROM pg_temp.accounts WHERE account = '0001';
SELECT add_payment(:c, '{"method": "gift_card", "reference": "PAYCARD-0001", "amount": 2, "status": "captured"}');
SELECT add_payment(:c, '{"method": "gift_card", "reference": "PAYCARD-0001", "amount": 2}');
SELECT add_payment(:c, '{"method": "store_credit", "amount": 2}');
SELECT account, balance, held FROM pg_temp.accounts WHERE account IN ('0001', 'PAY-1');
-- cancelling the order gives up what is held
SELECT cancel_order(:c, 'changed her mind');
SELECT account, balance, held FROM pg_temp.accounts WHERE account IN ('0001', 'PAY-1');
SELECT refund(:c, '2 EUR', 'cancelled');
SELECT account, balance, held FROM pg_temp.accounts WHERE account IN ('0001', 'PAY-1');

/*
 * Refunds: money comes back with the day that it had, or a year if this is over
 */
SELECT refund(:a, '10 EUR', 'returned');
SELECT * FROM pg_temp.accounts;
SET LOCAL oms.now = '2027-02-01 10:00:00+00';
SELECT gift_card_balance('PAYCARD-0001');
SELECT cancel_gift_card('PAYCARD-0002', 'lost');
SELECT refund(:a, '19 EUR', 'returned');
SELECT refund(:a, '11 EUR', 'returned');
SELECT * FROM pg_temp.accounts;
SELECT account, kind, amount, expires_on, payment, refund FROM pg_temp.entries WHERE kind IN ('refund', 'cancel', 'expire');
SET LOCAL oms.now = '2026-11-02 10:00:00+00';

/*
 * What a payment holds doesn't expire, and is lost with its card only when the payment is given up
 */
SELECT grant_store_credit('PAY-2', '10 EUR', 'campaign', '2026-11-03'), grant_store_credit('PAY-2', '10 EUR', 'goodwill');
SELECT issue_gift_card('{"code": "PAYCARD-HELD", "amount": "10 EUR"}');
SELECT pg_temp.place('d', 2, '[{"method": "store_credit", "amount": 12}, {"method": "gift_card", "reference": "PAYCARD-HELD", "amount": 6}]', 'PAY-2') AS d \gset
SET LOCAL oms.now = '2026-11-10 10:00:00+00';
SELECT store_credit_balance('PAY-2', 'EUR'), oms_internal.expire_stored_value();
SELECT cancel_gift_card('PAYCARD-HELD', 'stolen');
SELECT * FROM pg_temp.accounts WHERE account IN ('PAY-2', 'HELD');
SELECT void(:d, 1);
SELECT store_credit_balance('PAY-2', 'EUR');
SELECT pg_temp.place('e', 2, '[{"method": "store_credit", "amount": 10.01}]', 'PAY-2'); \echo :LAST_ERROR_SQLSTATE
SELECT void(:d, 2);
SELECT * FROM pg_temp.accounts WHERE account IN ('PAY-2', 'HELD');
SELECT * FROM pg_temp.entries WHERE account IN ('PAY-2', 'HELD');

/*
 * Refunds as store credit, however it was paid
 */
SELECT issue_gift_card('{"code": "PAYCARD-BACK", "amount": "10 EUR"}');
SELECT pg_temp.place('g', 4, '[{"method": "gift_card", "reference": "PAYCARD-BACK", "amount": 10, "status": "captured"},
    {"method": "store_credit", "amount": 4, "status": "captured"}, {"method": "card", "provider": "psp", "amount": 26, "status": "captured"}]', 'PAY-2') AS g \gset
SELECT store_credit_balance('PAY-2', 'EUR');
SELECT refund_to_store_credit(:g, '12 EUR', 'returned', 'credit-1'), refund_to_store_credit(:g, '12 EUR', 'returned', 'credit-1');
SELECT store_credit_balance('PAY-2', 'EUR'), gift_card_balance('PAYCARD-BACK');
SELECT refund_to_store_credit(:g, '5 EUR', NULL);
SELECT refund(:g, '3 EUR', 'late');
SELECT no, method, status, captured, refunded FROM pg_temp.paid WHERE "order" = 'g';
SELECT refund_no, amount, destination, reason, reference, status FROM refunds WHERE order_id = :g ORDER BY 1;
SELECT subject_no, data FROM events WHERE order_id = :g AND type = 'refund.issued' ORDER BY sequence;
SELECT kind, subject_no, account, amount, provider FROM ledger_entries
WHERE order_id = :g AND kind = 'refund' ORDER BY posting_id, line_no;
SELECT * FROM pg_temp.entries WHERE "order" = 'g';
SELECT refund_to_store_credit(:g, '20.01 EUR', 'too much'); \echo :LAST_ERROR_SQLSTATE
SELECT refund_to_store_credit(:g, '1 USD', 'other money'); \echo :LAST_ERROR_SQLSTATE
SELECT refund_to_store_credit(:g, '0 EUR', 'nothing'); \echo :LAST_ERROR_SQLSTATE
SELECT refund_to_store_credit(:g, NULL, 'nothing'); \echo :LAST_ERROR_SQLSTATE
SELECT refund_to_store_credit(999999999, '1 EUR', 'nowhere'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('h', 1, '[{"method": "cash", "amount": 10, "status": "captured"}]', NULL) AS h \gset
\set VERBOSITY terse
SELECT refund_to_store_credit(:h, '1 EUR', 'nobody''s'); \echo :LAST_ERROR_SQLSTATE
\set VERBOSITY default

/*
 * What nobody needs any more is given up by itself
 */
SELECT issue_gift_card('{"code": "PAYCARD-REST", "amount": "40 EUR"}'), issue_gift_card('{"code": "PAYCARD-MORE", "amount": "10 EUR"}');
SELECT pg_temp.place('i', 4, '[{"method": "gift_card", "reference": "PAYCARD-REST", "amount": 40}, {"method": "gift_card", "reference": "PAYCARD-MORE", "amount": 5}]') AS i \gset
SELECT cancel_order(:i, 'one less', '[{"line_no": 1, "quantity": 1}]');
UPDATE fulfillments SET status = 'packed' WHERE order_id = :i;
SELECT ship(:i, 1);
SELECT order_status, no, status, amount, authorized, captured FROM pg_temp.paid WHERE "order" = 'i';
SELECT payment_no, kind, amount FROM payment_entries WHERE order_id = :i ORDER BY 1, entry_no;
SELECT type, subject_no, data FROM events WHERE order_id = :i AND type LIKE 'payment%' ORDER BY sequence;
SELECT * FROM pg_temp.accounts WHERE account IN ('REST', 'MORE');
SELECT refund(:i, '30 EUR', 'returned');
-- captured by hand, and cancelled
SELECT pg_temp.place('j', 2, '[{"method": "gift_card", "reference": "PAYCARD-REST", "amount": 20}]') AS j \gset
SELECT capture(:j, 1, '5 EUR'), cancel_order(:j, 'no more');
SELECT order_status, no, status, amount, authorized, captured FROM pg_temp.paid WHERE "order" = 'j';
SELECT refund(:j, '5 EUR', 'cancelled');
SELECT * FROM pg_temp.accounts WHERE account IN ('REST', 'MORE');

/*
 * By hand
 */
SELECT issue_gift_card('{"code": "PAYCARD-HAND", "amount": "10 EUR"}');
SELECT pg_temp.place('f', 2, NULL) AS f \gset
INSERT INTO payments (order_id, payment_no, method, reference, amount) VALUES (:f, 1, 'gift_card', 'PAYCARD-HAND', '10 EUR');
SELECT no, method, reference, status FROM pg_temp.paid WHERE "order" = 'f';
SELECT account, balance, held FROM pg_temp.accounts WHERE account = 'HAND';
UPDATE payments SET status = 'authorized' WHERE order_id = :f;
SELECT account, balance, held FROM pg_temp.accounts WHERE account = 'HAND';
UPDATE payments SET status = 'captured' WHERE order_id = :f;
SELECT account, balance, held FROM pg_temp.accounts WHERE account = 'HAND';
UPDATE payments SET status = 'refunded' WHERE order_id = :f;
SELECT account, balance, held FROM pg_temp.accounts WHERE account = 'HAND';
\set VERBOSITY terse
INSERT INTO payments (order_id, payment_no, method, reference, status, amount) VALUES (:f, 2, 'gift_card', 'PAYCARD-HAND', 'captured', '10.01 EUR'); \echo :LAST_ERROR_SQLSTATE
INSERT INTO payments (order_id, payment_no, method, reference, amount) VALUES (:f, 2, 'gift_card', 'PAYCARD-9999', '10 EUR'); \echo :LAST_ERROR_SQLSTATE
INSERT INTO payments (order_id, payment_no, method, amount) VALUES (:f, 2, 'gift_card', '10 EUR'); \echo :LAST_ERROR_SQLSTATE
INSERT INTO payments (order_id, payment_no, method, account_id, amount)
SELECT :f, 2, 'card', account_id, '10 EUR' FROM stored_value_accounts LIMIT 1; \echo :LAST_ERROR_SQLSTATE
UPDATE payments SET account_id = account_id + 1 WHERE order_id = :f; \echo :LAST_ERROR_SQLSTATE
UPDATE payments SET method = 'card' WHERE order_id = :f; \echo :LAST_ERROR_SQLSTATE
UPDATE payments SET method = 'store_credit', account_id = account_id WHERE order_id = :f; \echo :LAST_ERROR_SQLSTATE
\set VERBOSITY default

SELECT * FROM check_invariants();
ROLLBACK;
