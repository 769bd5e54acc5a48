-- return: exchanges and claims, and the orders that come of them
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
\pset null (null)
BEGIN;
SELECT put_channel('{"code": "ex-web", "currency": "EUR", "capture": "on_ship"}');
SELECT put_location('{"code": "ex-here", "country": "PT", "lat": 41.15, "lon": -8.61}');
SELECT put_sku('{"code": "EX-TEE"}'), put_sku('{"code": "EX-CAP"}'), receive_stock('EX-TEE', 'ex-here', 100), receive_stock('EX-CAP', 'ex-here', 100);
SELECT put_return_reason('{"code": "ex-lost", "fault": "carrier", "refunds_shipping": true}');
ALTER SEQUENCE orders_order_id_seq RESTART 8201;

CREATE FUNCTION pg_temp.deliver(id bigint) RETURNS text LANGUAGE sql AS $$
    SELECT oms.pack(id, 1) || ' ' || oms.ship(id, 1) || ' ' || oms.mark_delivered(id, 1)
$$;
CREATE FUNCTION pg_temp.place(quantity int, payments jsonb DEFAULT NULL) RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', 'ex-web', 'reference', 'ex-' || (SELECT count(*) FROM oms.orders WHERE order_id BETWEEN 8201 AND 8299),
        'customer', '{"email": "ana@example.com", "name": "Ana"}'::jsonb,
        'ship_to', '{"name": "Ana", "country": "PT", "lat": 41.16, "lon": -8.62}'::jsonb,
        'lines', jsonb_build_array(jsonb_build_object('sku', 'EX-TEE', 'quantity', quantity, 'unit_price', '10.00', 'tax', (quantity * 2)::text)),
        'shipping', '{"price": "3.00", "tax": "0"}'::jsonb,
        'payments', coalesce(payments, jsonb_build_array(jsonb_build_object('method', 'card', 'amount', quantity * 12 + 3, 'status', 'captured')))))
$$;
CREATE FUNCTION pg_temp.back(id bigint, no int, accepted boolean DEFAULT true) RETURNS text LANGUAGE sql AS $$
    SELECT oms.receive_return(id, no, 'ex-here') || ' '
           || oms.inspect_return(id, no, jsonb_build_array(jsonb_build_object('line_no', 1, 'quantity', 1, 'disposition', 'restock', 'accepted', accepted))) || ' '
           || oms.complete_return(id, no)
$$;
CREATE VIEW pg_temp.paid AS
    SELECT order_id, o.status, payment_no AS no, method, p.reference, p.status AS payment, amount, captured, refunded
    FROM oms.orders AS o LEFT JOIN oms.payments AS p USING (order_id) WHERE order_id BETWEEN 8201 AND 8299 ORDER BY 1, 3;
CREATE VIEW pg_temp.links AS SELECT * FROM oms.order_links WHERE order_id BETWEEN 8201 AND 8299 ORDER BY 1, 2;
CREATE VIEW pg_temp.refunded AS SELECT order_id, amount, reason FROM oms.refunds WHERE order_id BETWEEN 8201 AND 8299 ORDER BY order_id, refund_no;
CREATE VIEW pg_temp.moved AS
    SELECT order_id, account, sum(amount) FROM oms.ledger_entries WHERE kind = 'exchange' AND order_id BETWEEN 8201 AND 8299 GROUP BY 1, 2 ORDER BY 1, 2;

/*
 * The other costs less: the rest is given back when the goods are there
 */
SELECT pg_temp.place(2), pg_temp.deliver(8201);
SELECT request_return(8201, '[{"line_no": 1, "quantity": 1}]', 'too small'), approve_return(8201, 1);
SELECT exchange_return(NULL, 1, '{}');
SELECT exchange_return(8201, 9, '{}');
SELECT exchange_return(8201, 1, '[]');
SELECT exchange_return(8201, 1, '{}');
SELECT exchange_return(8201, 1, '{"lines": [{"sku": "EX-NONE", "quantity": 1}], "colour": 1}');
\echo :LAST_ERROR_SQLSTATE
SELECT exchange_return(8201, 1, '{"lines": [{"sku": "EX-CAP", "quantity": 1, "unit_price": "7.00", "tax": "0"}], "reference": "ex-0", "shipping": {"price": "0", "tax": "0"}}');
\echo :LAST_ERROR_SQLSTATE
SELECT exchange_return(8201, 1, '{"lines": [{"sku": "EX-CAP", "quantity": 1, "unit_price": "7.00", "tax": "0"}], "shipping": {"price": "0", "tax": "0"}}', 'swap') AS id \gset
SELECT exchange_return(8201, 1, '{"lines": [{"sku": "EX-CAP", "quantity": 1, "unit_price": "7.00", "tax": "0"}], "shipping": {"price": "0", "tax": "0"}}', 'swap') = :id AS same;
SELECT exchange_return(8201, 1, '{"lines": [{"sku": "EX-CAP", "quantity": 1, "unit_price": "7.00", "tax": "0"}]}');
\echo :LAST_ERROR_SQLSTATE
SELECT get_order(:id) ->> 'reference' AS reference, get_order(:id) #>> '{customer,email}' AS email, get_order(:id) #>> '{ship_to,name}' AS name,
       get_order(:id) -> 'links' AS links, get_order(8201) #> '{returns,0,exchange}' AS exchange;
-- its payment follows the return and nobody's word
SELECT capture(:id, 1);
\echo :LAST_ERROR_SQLSTATE
SELECT void(:id, 1);
SELECT add_payment(:id, '{"method": "exchange", "amount": "1", "status": "captured"}');
\echo :LAST_ERROR_SQLSTATE
UPDATE payments SET status = 'captured' WHERE order_id = :id;
\echo :LAST_ERROR_SQLSTATE
UPDATE payments SET method = 'card' WHERE order_id = :id;
INSERT INTO payments (order_id, payment_no, method, amount) VALUES (:id, 9, 'exchange', '1 EUR');
SELECT pg_temp.place(1, '[{"method": "exchange", "amount": "15", "status": "captured"}]');
\echo :LAST_ERROR_SQLSTATE
-- it may leave before; nothing is captured by that
SELECT pg_temp.deliver(:id);
TABLE pg_temp.paid;
SELECT pg_temp.back(8201, 1);
TABLE pg_temp.paid;
TABLE pg_temp.refunded;
TABLE pg_temp.moved;
SELECT exchange_return(8201, 1, '{}');
-- what has moved is not there to be given back
SELECT refund(8201, '16.00 EUR', 'all');
SELECT type, data FROM events WHERE order_id = 8201 AND type IN ('return.exchanged', 'return.completed') ORDER BY sequence;

-- the other comes back too: the money goes the way that it came
SELECT request_return(:id, '[{"line_no": 1, "quantity": 1}]', 'ugly'), approve_return(:id, 1), pg_temp.back(:id, 1);
TABLE pg_temp.refunded;
TABLE pg_temp.links;
TABLE pg_temp.moved;
SELECT * FROM check_invariants();

/*
 * The other costs more: it waits for the rest
 */
SELECT pg_temp.place(2) AS first, pg_temp.deliver(currval('orders_order_id_seq')) \gset
SELECT request_return(:first, '[{"line_no": 1, "quantity": 1}]', 'too small'), approve_return(:first, 1);
SELECT exchange_return(:first, 1, '{"lines": [{"sku": "EX-CAP", "quantity": 2, "unit_price": "10.00", "tax": "0"}], "shipping": {"price": "0", "tax": "0"}}') AS id \gset
SELECT status FROM orders WHERE order_id = :id;
SELECT add_payment(:id, '{"method": "card", "amount": "8.00", "status": "authorized"}');
SELECT status FROM orders WHERE order_id = :id;
-- nothing is accepted: the exchange pays nothing, and the order is held
SELECT pg_temp.back(:first, 1, false);
SELECT * FROM pg_temp.paid WHERE order_id = :id;
SELECT kind, note FROM order_holds WHERE order_id = :id AND released_at IS NULL;
SELECT add_payment(:id, '{"method": "card", "amount": "12.00", "status": "authorized"}');
SELECT status FROM orders WHERE order_id = :id;

/*
 * A return that is cancelled or rejected pays nothing; one of an order that was paid in part pays that part
 */
SELECT request_return(:first, '[{"line_no": 1, "quantity": 1}]', 'too small');
SELECT exchange_return(:first, 2, '{"lines": [{"sku": "EX-CAP", "quantity": 1, "unit_price": "12.00", "tax": "0"}], "shipping": {"price": "0", "tax": "0"}}') AS id \gset
SELECT status FROM orders WHERE order_id = :id;
SELECT reject_return(:first, 2, 'worn');
SELECT * FROM pg_temp.paid WHERE order_id = :id;
SELECT kind FROM order_holds WHERE order_id = :id AND released_at IS NULL;
SELECT refund(:first, '10.00 EUR', 'sorry');
SELECT request_return(:first, '[{"line_no": 1, "quantity": 1}]', 'too small'), approve_return(:first, 3);
SELECT exchange_return(:first, 3, '{"lines": [{"sku": "EX-CAP", "quantity": 1, "unit_price": "12.00", "tax": "0"}], "shipping": {"price": "0", "tax": "0"}}') AS id \gset
SELECT * FROM pg_temp.paid WHERE order_id = :id;
-- and less than was expected by the time when it is completed
SELECT refund(:first, '5.00 EUR', 'sorry again');
SELECT pg_temp.back(:first, 3);
SELECT * FROM pg_temp.paid WHERE order_id = :id;
-- an order that is cancelled leaves all to be refunded
SELECT pg_temp.place(1) AS first, pg_temp.deliver(currval('orders_order_id_seq')) \gset
SELECT request_return(:first, '[{"line_no": 1, "quantity": 1}]', 'too small'), approve_return(:first, 1);
SELECT exchange_return(:first, 1, '{"lines": [{"sku": "EX-CAP", "quantity": 1, "unit_price": "12.00", "tax": "0"}], "shipping": {"price": "0", "tax": "0"}}') AS id \gset
SELECT cancel_order(:id, 'no'), pg_temp.back(:first, 1);
SELECT * FROM pg_temp.paid WHERE order_id IN (:first, :id);
SELECT * FROM check_invariants();

/*
 * Claims
 */
SELECT pg_temp.place(4) AS id \gset
SELECT claim_items(:id, '[{"line_no": 1, "quantity": 1}]', 'ex-lost');
\echo :LAST_ERROR_SQLSTATE
SELECT pack(:id, 1), ship(:id, 1);
SELECT claim_items(:id, '[{"line_no": 1, "quantity": 1}]', NULL);
SELECT claim_items(:id, '[{"line_no": 1, "quantity": 1}]', 'ex-lost', 'apology');
\echo :LAST_ERROR_SQLSTATE
SELECT claim_items(:id, '[{"line_no": 2, "quantity": 1}, {"line_no": 1, "quantity": 0.5}]', 'ex-lost');
SELECT claim_items(8999, '[{"line_no": 1, "quantity": 1}]', 'ex-lost');
SELECT claim_items(:id, '[{"line_no": 1, "quantity": 1}]', 'ex-lost', reference => 'claim'), claim_items(:id, '[{"line_no": 1, "quantity": 1}]', 'ex-lost', reference => 'claim');
SELECT amount FROM refunds WHERE order_id = :id;
SELECT mark_delivered(:id, 1);
SELECT claim_items(:id, '[{"line_no": 1, "quantity": 1, "reason": "broken"}]', 'damaged', 'replacement');
SELECT get_order(:id) -> 'claims' AS claims \gset
SELECT jsonb_path_query_array(:'claims', '$[*].name') AS names, jsonb_path_query_array(:'claims', '$[*].refunded') AS refunded,
       :'claims'::jsonb #>> '{1,lines,0,reason}' AS reason;
SELECT o.total, status, l.quantity, l.total FROM claims JOIN orders AS o ON o.order_id = replacement_order_id JOIN order_lines AS l ON l.order_id = o.order_id
WHERE claims.order_id = :id;
-- a unit is claimed or returned, not both
SELECT request_return(:id, '[{"line_no": 1, "quantity": 3}]', 'x');
SELECT request_return(:id, '[{"line_no": 1, "quantity": 2}]', 'x'), approve_return(:id, 1);
SELECT claim_items(:id, '[{"line_no": 1, "quantity": 1}]', 'x');
\echo :LAST_ERROR_SQLSTATE
-- but if one that was claimed comes all the same, it is not credited again
SELECT receive_return(:id, 1, 'ex-here', '[{"line_no": 1, "quantity": 4}]');
SELECT inspect_return(:id, 1, '[{"line_no": 1, "quantity": 4, "disposition": "scrap"}]'), complete_return(:id, 1);
SELECT reason, i.goods, i.shipping, i.tax, quantity FROM invoices AS i JOIN invoice_lines USING (order_id, invoice_no) WHERE order_id = :id ORDER BY invoice_no, line_no;
SELECT sum(amount) FROM refunds WHERE order_id = :id;
SELECT type, data FROM events WHERE order_id = :id AND type LIKE 'claim.%' ORDER BY sequence;

-- by hand
\set VERBOSITY terse
DELETE FROM claims;
UPDATE claim_lines SET quantity = 9;
UPDATE order_links SET moved = '1 EUR';
SELECT * FROM check_invariants();
ROLLBACK;
