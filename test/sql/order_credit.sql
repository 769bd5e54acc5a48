-- who orders, and on credit: customers by reference or e-mail, terms, limits
SET search_path = oms, public;
SET client_min_messages = warning;
SET oms.now = '2026-11-02 10:15:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;

SELECT put_channel('{"code": "credit-b2b", "kind": "b2b", "currency": "EUR"}'), put_location('{"code": "credit-here", "lat": 41, "lon": -8}'),
       put_sku('{"code": "CREDIT-TEE", "price": "10 EUR"}'), put_fx_rate('2026-11-01', 'EUR', 'USD', 1.25);
SELECT receive_stock('CREDIT-TEE', 'credit-here', 1000);
ALTER SEQUENCE orders_order_id_seq RESTART 2001;
CREATE FUNCTION pg_temp.place(customer jsonb, quantity integer DEFAULT 1, document jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
               'channel', 'credit-b2b', 'reference', 'credit-' || (SELECT count(*) FROM oms.orders), 'customer', customer,
               'ship_to', '{"country": "PT", "lat": 41, "lon": -8}'::jsonb,
               'lines', jsonb_build_array(jsonb_build_object('sku', 'CREDIT-TEE', 'quantity', quantity, 'tax', 0))) || document);
    SELECT status::text FROM oms.orders WHERE order_id = (SELECT max(order_id) FROM oms.orders)
$$;
CREATE VIEW pg_temp.buyers AS
    SELECT o.order_id, o.status, o.total, o.on_terms, c.reference, c.email, c.name
    FROM oms.orders AS o LEFT JOIN oms.customers AS c USING (customer_id) WHERE order_id > 2000 ORDER BY order_id;

/*
 * A customer is known by reference, a guest by e-mail in any case; an order may have none
 */
SELECT put_customer('{"reference": "credit-77", "email": "ana@credit.example", "name": "Ana"}') > 0 AS put;
SELECT pg_temp.place('{"reference": "credit-77"}') AS by_reference,
       pg_temp.place('{"reference": "credit-77", "email": "other@credit.example", "name": "Not Ana"}') AS keeps_its_name,
       pg_temp.place('{"email": "ana@credit.example", "name": "Guest"}') AS new_guest, pg_temp.place('{"email": "ANA@credit.example"}') AS same_guest,
       pg_temp.place('{"reference": "credit-78", "email": "ana@credit.example"}') AS new_customer,
       pg_temp.place('{"name": "Nobody"}') AS nobody, pg_temp.place('{}') AS none, pg_temp.place(NULL) AS no_customer;
SELECT * FROM pg_temp.buyers;
SELECT reference, email, name, kind, customer_group, payment_terms_days FROM customers WHERE email ILIKE '%credit.example' OR reference LIKE 'credit-%'
ORDER BY customer_id;
SELECT pg_temp.place('{"email": "not an address"}'); \echo :LAST_ERROR_SQLSTATE

/*
 * Terms: confirmed at once, nothing paid, up to the limit
 */
SELECT put_customer('{"reference": "credit-acme", "payment_terms_days": 30, "credit_limit": "100.00 EUR"}') > 0 AS acme,
       put_customer('{"reference": "credit-rich", "payment_terms_days": 0}') > 0 AS rich,
       put_customer('{"reference": "credit-usd", "payment_terms_days": 30, "credit_limit": "100.00 USD"}') > 0 AS usd,
       put_customer('{"reference": "credit-none", "payment_terms_days": 30, "credit_limit": "0.00 EUR"}') > 0 AS "none";
ALTER SEQUENCE orders_order_id_seq RESTART 2101;
SELECT pg_temp.place('{"reference": "credit-acme"}', 6) AS sixty, pg_temp.place('{"reference": "credit-acme"}', 4) AS forty;
SELECT pg_temp.place('{"reference": "credit-acme"}', 1); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('{"reference": "credit-none"}', 1); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('{"reference": "credit-rich"}', 99) AS no_limit;
-- dollars: 80 EUR are 100 USD
SELECT pg_temp.place('{"reference": "credit-usd"}', 8) AS a_hundred_dollars;
SELECT pg_temp.place('{"reference": "credit-usd"}', 1); \echo :LAST_ERROR_SQLSTATE
-- repeating an order is not ordering again
SELECT place_order('{"channel": "credit-b2b", "reference": "credit-same", "customer": {"reference": "credit-rich"}, "lines": [{"sku": "CREDIT-TEE", "quantity": 1, "tax": 0}]}') AS first;
SELECT put_customer('{"reference": "credit-rich", "credit_limit": "1.00 EUR"}') > 0 AS limited;
SELECT place_order('{"channel": "credit-b2b", "reference": "credit-same", "customer": {"reference": "credit-rich"}, "lines": [{"sku": "CREDIT-TEE", "quantity": 1, "tax": 0}]}') AS again;

-- what is paid is not owed: only the rest counts, and an order that is covered is not on terms
SELECT pg_temp.place('{"reference": "credit-none"}', 1, '{"payments": [{"method": "card", "amount": "9.99", "status": "authorized"}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.place('{"reference": "credit-none"}', 1, '{"payments": [{"method": "card", "amount": "10", "status": "authorized"}]}') AS paid;
SELECT add_payment(2101, '{"method": "transfer", "amount": "25", "status": "captured"}');
SELECT pg_temp.place('{"reference": "credit-acme"}', 2) AS of_25_free;
SELECT pg_temp.place('{"reference": "credit-acme"}', 1); \echo :LAST_ERROR_SQLSTATE
SELECT cancel_order(2102, 'not needed');
SELECT pg_temp.place('{"reference": "credit-acme"}', 4) AS of_45_free;
SELECT order_id, status, total, on_terms, reference FROM pg_temp.buyers WHERE order_id > 2100;

-- an order that grows is judged like a new one; one that doesn't is not
SELECT edit_order(2101, '{"lines": [{"line_no": 1, "quantity": 7}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT edit_order(2101, '{"lines": [{"line_no": 1, "quantity": 5}]}');
SELECT edit_order(2101, '{"lines": [{"line_no": 1, "quantity": 6}]}');
SELECT put_customer('{"reference": "credit-acme", "credit_limit": "1.00 EUR"}') > 0 AS limited;
SELECT edit_order(2101, '{"metadata": {"by": "phone"}}');
SELECT total FROM orders WHERE order_id = 2101;
-- a quote asks nobody for credit
SELECT quote_order('{"channel": "credit-b2b", "reference": "q", "customer": {"reference": "credit-none"}, "lines": [{"sku": "CREDIT-TEE", "quantity": 1, "tax": 0}]}') ->> 'total' AS quoted;
ROLLBACK;
