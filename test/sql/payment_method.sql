-- payments: methods, the keys of providers, the order of refunds, the end of authorizations
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;

\o /dev/null
SELECT put_channel('{"code": "method-web", "currency": "EUR"}'), put_channel('{"code": "method-ship", "currency": "EUR", "capture": "on_ship"}'),
       put_location('{"code": "method-here", "lat": 41, "lon": -8}'), put_sku('{"code": "METHOD-TEE", "price": "10 EUR"}'),
       put_customer('{"reference": "method-acme", "payment_terms_days": 30, "credit_limit": "100 EUR"}'),
       put_customer('{"reference": "method-ana"}'), receive_stock('METHOD-TEE', 'method-here', 1000);
ALTER SEQUENCE orders_order_id_seq RESTART 6001;
\o
-- an order of some shirts at 10 EUR and of payments; its document is what counts
CREATE FUNCTION pg_temp.doc(customer text, quantity integer, payments jsonb, channel text DEFAULT 'method-web') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object(
        'channel', channel, 'reference', 'method-' || (SELECT count(*) FROM oms.orders), 'customer', jsonb_build_object('reference', customer),
        'ship_to', '{"country": "PT", "lat": 41, "lon": -8}'::jsonb, 'shipping', '{"price": "0", "tax": "0"}'::jsonb,
        'lines', jsonb_build_array(jsonb_build_object('sku', 'METHOD-TEE', 'quantity', quantity, 'tax', 0)), 'payments', payments)
$$;
CREATE FUNCTION pg_temp.place(customer text, quantity integer, payments jsonb, channel text DEFAULT 'method-web') RETURNS text LANGUAGE sql AS $$
    SELECT oms.place_order(pg_temp.doc(customer, quantity, payments, channel));
    SELECT order_id || ' ' || status || CASE WHEN on_terms THEN ' on terms' ELSE '' END FROM oms.orders WHERE order_id = (SELECT max(order_id) FROM oms.orders)
$$;
CREATE VIEW pg_temp.sums AS
    SELECT order_id, payment_no AS no, method, reference, status, amount, authorized, captured, refunded FROM oms.payments
    WHERE order_id > 6000 ORDER BY order_id, payment_no;

/*
 * Cash on delivery is granted by the shop itself; the courier pays later
 */
SELECT pg_temp.place('method-ana', 2, '[{"method": "cash_on_delivery", "amount": 20}]', 'method-ship') AS confirmed;
SELECT pack(6001, 1), ship(6001, 1);
SELECT * FROM pg_temp.sums;
SELECT capture(6001, 1, NULL, 'the courier paid'), capture(6001, 1, NULL, 'the courier paid');
SELECT status, captured FROM pg_temp.sums WHERE order_id = 6001;
-- others wait, and a status that is given counts
SELECT pg_temp.place('method-ana', 1, jsonb_build_array(jsonb_build_object('method', method, 'amount', 10))) AS waits
FROM unnest('{card,wallet,bank_transfer,voucher,cheque,"gift card"}'::text[]) AS method;
SELECT pg_temp.place('method-ana', 1, '[{"method": "cash_on_delivery", "amount": 10, "status": "pending"}]') AS waits,
       pg_temp.place('method-ana', 1, '[{"method": "cash_on_delivery", "amount": 10, "status": "failed"}]') AS failed;
SELECT add_payment(6008, '{"method": "cash_on_delivery", "amount": 10}') AS granted;
SELECT status FROM orders WHERE order_id = 6008;
SELECT cancel_order(6008, 'not needed');
SELECT add_payment(6008, '{"method": "cash_on_delivery", "amount": 10}'); \echo :LAST_ERROR_SQLSTATE
-- where goods are captured as they leave, the card is taken and the courier's cash is not
SELECT pg_temp.place('method-ana', 4, '[{"method": "cash_on_delivery", "amount": 15}, {"method": "card", "amount": 25, "status": "authorized"}]', 'method-ship') AS mixed;
SELECT pack(6010, 1), ship(6010, 1);
SELECT no, method, status, captured FROM pg_temp.sums WHERE order_id = 6010;

/*
 * On terms: for customers who have them, within the limit, once
 */
SELECT pg_temp.place('method-ana', 1, '[{"method": "terms", "amount": 10}, {"method": "card", "amount": "1.005"}]'); \echo :LAST_ERROR_SQLSTATE
SELECT quote_order(pg_temp.doc('method-ana', 1, '[{"method": "terms", "amount": 10}]')); \echo :LAST_ERROR_SQLSTATE
SELECT quote_order(pg_temp.doc('method-acme', 1, '[{"method": "terms", "amount": 10}]')) ->> 'total' AS quoted;
SELECT pg_temp.place('method-ana', 1, '[]') AS waits;
SELECT add_payment(6011, '{"method": "terms", "amount": "10.001"}'); \echo :LAST_ERROR_SQLSTATE
-- sixty of a hundred, by two payments of one order, then the rest by an order on terms
SELECT pg_temp.place('method-acme', 6, '[{"method": "terms", "amount": 40}, {"method": "terms", "amount": 20}]') AS sixty;
SELECT pg_temp.place('method-acme', 5, '[{"method": "terms", "amount": 50}]') AS too_much; \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('method-acme', 5, '[]') AS too_much_by_the_order; \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('method-acme', 4, '[{"method": "terms", "amount": 25}]') AS forty_of_both;
SELECT pg_temp.place('method-acme', 1, '[{"method": "terms", "amount": 10}]'); \echo :LAST_ERROR_SQLSTATE
SELECT oms_internal.credit_used(customer_id, credit_limit) AS used FROM customers WHERE reference = 'method-acme';
-- what is paid, given up or cancelled is not owed any more
SELECT capture(6012, 1, '30 EUR'), void(6012, 2);
SELECT oms_internal.credit_used(customer_id, credit_limit) AS fifty FROM customers WHERE reference = 'method-acme';
SELECT refund(6012, '5 EUR', 'late');
SELECT oms_internal.credit_used(customer_id, credit_limit) AS forty FROM customers WHERE reference = 'method-acme';
SELECT cancel_order(order_id, 'not needed') FROM orders WHERE reference = (SELECT max(reference) FROM orders WHERE on_terms AND reference LIKE 'method-%');
SELECT oms_internal.credit_used(customer_id, credit_limit) AS nothing FROM customers WHERE reference = 'method-acme';
-- added and authorized later, judged then
SELECT pg_temp.place('method-acme', 12, '[{"method": "card", "amount": 120, "status": "authorized"}, {"method": "terms", "amount": 110, "status": "pending"}]') AS paid_by_card;
SELECT max(order_id) AS order_id FROM orders \gset
-- nobody owes on terms what the card pays, until it is given up
SAVEPOINT granted;
SELECT authorize(:order_id, 2, '60 EUR');
SELECT oms_internal.credit_used(customer_id, credit_limit) AS nothing FROM customers WHERE reference = 'method-acme';
ROLLBACK TO granted;
SELECT void(:order_id, 1);
SELECT authorize(:order_id, 2); \echo :LAST_ERROR_SQLSTATE
SELECT authorize(:order_id, 2, '60 EUR');
SELECT add_payment(:order_id, '{"method": "terms", "amount": 41}'); \echo :LAST_ERROR_SQLSTATE
SELECT add_payment(:order_id, '{"method": "terms", "amount": 40}', 'forty'), add_payment(:order_id, '{"method": "terms", "amount": 40}', 'forty');
SELECT oms_internal.credit_used(customer_id, credit_limit) AS used FROM customers WHERE reference = 'method-acme';
-- a credit note takes back what is owed, and is not owed again when the rest is paid
SELECT capture(:order_id, 2), capture(:order_id, 3);
SELECT pg_temp.place('method-acme', 5, '[{"method": "terms", "amount": 50}]') AS fifty;
SELECT max(order_id) AS order_id FROM orders \gset
SELECT pack(:order_id, 1), ship(:order_id, 1);
SELECT claim_items(:order_id, '[{"line_no": 1, "quantity": 2}]', 'broken');
SELECT oms_internal.credit_used(customer_id, credit_limit) AS thirty FROM customers WHERE reference = 'method-acme';
SELECT capture(:order_id, 1, '30 EUR');
SELECT oms_internal.credit_used(customer_id, credit_limit) AS nothing FROM customers WHERE reference = 'method-acme';

/*
 * A provider's key is of one payment, unless it failed
 */
ALTER SEQUENCE orders_order_id_seq RESTART 6101;
SELECT pg_temp.place('method-ana', 1, '[{"method": "card", "provider": "psp", "reference": "pi_1", "amount": 4}, {"method": "card", "provider": "psp", "reference": "pi_1", "amount": 6}]'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('method-ana', 1, '[{"method": "card", "provider": "psp", "reference": "pi_1", "amount": 10, "status": "failed"},
    {"method": "card", "provider": "psp", "reference": "pi_1", "amount": 10, "status": "failed"}, {"method": "card", "provider": "psp", "reference": "pi_1", "amount": 10}]');
SELECT add_payment(6101, '{"method": "card", "provider": "psp", "reference": "pi_1", "amount": 10}'); \echo :LAST_ERROR_SQLSTATE
SELECT add_payment(6101, '{"method": "card", "provider": "psp", "reference": "pi_1", "amount": 10, "status": "failed"}'),
       add_payment(6101, '{"method": "card", "provider": "other", "reference": "pi_1", "amount": 10}'),
       add_payment(6101, '{"method": "voucher", "reference": "GIFT", "amount": 5}'), add_payment(6101, '{"method": "voucher", "reference": "GIFT", "amount": 5}');
SELECT pg_temp.place('method-ana', 1, '[{"method": "card", "amount": 1}, {"method": "card", "provider": "psp", "reference": "pi_2", "amount": 4}, {"method": "card", "provider": "psp", "reference": "pi_1", "amount": 6}]'); \echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM orders WHERE order_id BETWEEN 6102 AND 6199;
SELECT no, method, reference, status FROM pg_temp.sums WHERE order_id = 6101;

/*
 * Refunds: methods that the channel names first, the rest by number; or one payment
 */
ALTER SEQUENCE orders_order_id_seq RESTART 6201;
SELECT put_channel('{"code": "method-web", "refund_methods": "wallet"}'); \echo :LAST_ERROR_SQLSTATE
SELECT put_channel('{"code": "method-web", "refund_methods": ["voucher", "wallet", "never", "voucher"]}');
SELECT pg_temp.place('method-ana', 5, '[{"method": "card", "amount": 10, "status": "captured"}, {"method": "wallet", "amount": 10, "status": "captured"},
    {"method": "card", "amount": 10, "status": "captured"}, {"method": "voucher", "amount": 10, "status": "captured"}, {"method": "wallet", "amount": 10, "status": "authorized"}]');
SELECT refund(6201, '12 EUR', 'first');
SELECT refund(6201, '10 EUR', NULL);
SELECT string_agg(refund_no || ' of P' || payment_no || ' ' || amount::text, ', ' ORDER BY refund_no, payment_no) AS entries
FROM payment_entries WHERE order_id = 6201 AND kind = 'refund';
SELECT refund_payment(6201, 3, '4 EUR', 'the other card', 'r1'), refund_payment(6201, 3, '4 EUR', 'the other card', 'r1');
SELECT refund_payment(6201, 3, '4 EUR', 'not the other card', 'r1'); \echo :LAST_ERROR_SQLSTATE
SELECT refund_payment(6201, 3, '6.01 EUR', NULL); \echo :LAST_ERROR_SQLSTATE
SELECT refund_payment(6201, 5, '1 EUR', NULL); \echo :LAST_ERROR_SQLSTATE
SELECT refund_payment(6201, 6, '1 EUR', NULL); \echo :LAST_ERROR_SQLSTATE
SELECT refund_payment(6201, 1, '1 USD', NULL); \echo :LAST_ERROR_SQLSTATE
SELECT refund_payment(6201, 1, '0 EUR', NULL); \echo :LAST_ERROR_SQLSTATE
SELECT refund_payment(6201, 1, NULL, NULL); \echo :LAST_ERROR_SQLSTATE
SELECT refund_payment(9999, 1, '1 EUR', NULL); \echo :LAST_ERROR_SQLSTATE
SELECT put_channel('{"code": "method-web", "refund_methods": null}');
SELECT refund(6201, '8 EUR', 'by number');
SELECT no, method, status, captured, refunded FROM pg_temp.sums WHERE order_id = 6201;
SELECT refund_no, amount, reason, reference FROM refunds WHERE order_id = 6201 ORDER BY 1;

/*
 * The end of authorizations
 */
ALTER SEQUENCE orders_order_id_seq RESTART 6301;
SELECT pg_temp.place('method-ana', 1, '[{"method": "card", "amount": 10, "status": "authorized", "expires_at": "2026-11-02T09:59:59Z"}]') AS over_already,
       pg_temp.place('method-ana', 1, '[{"method": "card", "amount": 10, "status": "authorized", "expires_at": "2026-11-09"}]') AS a_week,
       pg_temp.place('method-ana', 2, '[{"method": "card", "amount": 10, "status": "authorized", "expires_at": "2026-11-08"}, {"method": "card", "amount": 10, "status": "authorized"}]') AS one_of_two,
       pg_temp.place('method-ana', 2, '[{"method": "card", "amount": 20, "status": "authorized", "expires_at": "2026-11-09"}]') AS partly_taken,
       pg_temp.place('method-ana', 2, '[{"method": "card", "amount": 20, "status": "authorized", "expires_at": "2026-11-09"}]') AS shipped,
       pg_temp.place('method-ana', 1, '[{"method": "card", "amount": 10, "status": "authorized", "expires_at": "2026-11-07"}]') AS held;
SELECT add_payment(6301, '{"method": "card", "amount": 10, "status": "authorized", "expires_at": "next week"}'); \echo :LAST_ERROR_SQLSTATE
SELECT hold_order(6306, 'fraud');
SELECT capture(6304, 1, '5 EUR'), pack(6305, 1), ship(6305, 1);
SELECT capture(6301, 1); \echo :LAST_ERROR_SQLSTATE
SELECT oms_internal.expire_authorizations(0); \echo :LAST_ERROR_SQLSTATE
SELECT oms_internal.expire_authorizations(10001); \echo :LAST_ERROR_SQLSTATE
SELECT oms_internal.expire_authorizations() AS one, oms_internal.expire_authorizations() AS no_more;
SET LOCAL oms.now = '2026-11-09 00:00:00+00';
-- the oldest first: 6306, then 6303; what was taken in part has no end, but no more can be taken
SELECT oms_internal.expire_authorizations(1), oms_internal.expire_authorizations(1), oms_internal.expire_authorizations(), oms_internal.expire_authorizations();
SELECT capture(6304, 1); \echo :LAST_ERROR_SQLSTATE
SELECT o.order_id, o.status, string_agg(p.status::text || ' ' || p.captured, ', ' ORDER BY payment_no) AS payments,
       (SELECT string_agg(kind, ', ' ORDER BY hold_no) FROM order_holds AS h WHERE h.order_id = o.order_id AND released_at IS NULL) AS holds,
       oms_internal.is_covered(o.order_id, o.total) AS covered
FROM orders AS o JOIN payments AS p USING (order_id) WHERE order_id > 6300 GROUP BY o.order_id ORDER BY 1;
-- the hold goes when the money is there again; what was held for another reason waits for its money
SELECT add_payment(6302, '{"method": "card", "amount": 10, "status": "authorized"}');
SELECT release_hold(6306, 'fraud');
SELECT order_id, status FROM orders WHERE order_id IN (6302, 6306) ORDER BY 1;
SELECT type, subject_no, data FROM events WHERE order_id = 6302 AND occurred_at = oms.now() ORDER BY sequence;
-- the index knows what is due
SET LOCAL enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT order_id FROM payments WHERE status = 'authorized' AND expires_at <= oms.now() ORDER BY expires_at LIMIT 10;
RESET enable_seqscan;
SELECT * FROM check_invariants();
ROLLBACK;
