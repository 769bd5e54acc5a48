-- return: reasons, policies, and what they give back
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
\pset null (null)
BEGIN;
SELECT put_channel('{"code": "pol-web", "currency": "EUR"}'), put_channel('{"code": "pol-shop", "currency": "EUR"}');
SELECT put_location('{"code": "pol-here", "country": "PT", "lat": 41.15, "lon": -8.61}');
SELECT put_product('{"code": "POL-A", "category": "pol.shirts", "skus": [{"code": "POL-TEE"}]}'),
       put_product('{"code": "POL-B", "category": "pol.shirtsleeves", "skus": [{"code": "POL-SLEEVE"}]}'),
       put_product('{"code": "POL-C", "category": "pol.shirts.worn", "skus": [{"code": "POL-WORN", "flags": ["final_sale"]}]}');
SELECT receive_stock('POL-TEE', 'pol-here', 100), receive_stock('POL-SLEEVE', 'pol-here', 100), receive_stock('POL-WORN', 'pol-here', 100);
ALTER SEQUENCE orders_order_id_seq RESTART 8101;

CREATE FUNCTION pg_temp.place(channel text DEFAULT 'pol-web') RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    id bigint := oms.place_order(jsonb_build_object(
        'channel', channel, 'reference', 'pol-' || (SELECT count(*) FROM oms.orders),
        'customer', '{"email": "ana@example.com"}'::jsonb,
        'ship_to', '{"name": "Ana", "country": "PT", "lat": 41.16, "lon": -8.62}'::jsonb,
        'lines', '[{"sku": "POL-TEE", "quantity": 2, "unit_price": "10.00", "tax": "2.00"}, {"sku": "POL-SLEEVE", "quantity": 2, "unit_price": "20.00", "tax": "4.00"},
                   {"sku": "POL-WORN", "quantity": 2, "unit_price": "5.00", "tax": "1.00"}]'::jsonb,
        'shipping', '{"price": "4.00", "tax": "0.80"}'::jsonb,
        'payments', '[{"method": "card", "amount": "81.80", "status": "captured"}]'::jsonb));
BEGIN
    PERFORM oms.pack(id, 1), oms.ship(id, 1), oms.mark_delivered(id, 1);
    RETURN id;
END
$$;
CREATE FUNCTION pg_temp.back(id bigint, lines jsonb) RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
    no integer := oms.receive_unannounced_return(id, 'pol-here', lines);
    status oms.return_status;
BEGIN
    status := oms.inspect_return(id, no, (SELECT jsonb_agg(l - 'reason' || '{"disposition": "restock"}') FROM jsonb_array_elements(lines) AS l));
    IF status = 'inspected' THEN
        PERFORM oms.complete_return(id, no);
    END IF;
    RETURN QUERY SELECT goods, shipping, i.tax, fee, i.total, amount
                 FROM oms.returns JOIN oms.invoices AS i USING (order_id, invoice_no) LEFT JOIN oms.refunds USING (order_id, refund_no)
                 WHERE order_id = id AND returns.return_no = no;
END
$$;

/*
 * Documents
 */
SELECT put_return_reason('{"code": "pol-small"}'), put_return_reason('{"code": "pol-broken", "name": "Broken", "fault": "carrier"}');
SELECT put_return_reason('{"code": "pol-wrong", "fault": "seller", "refunds_shipping": true}'), put_return_reason('{"code": "pol-failed", "warranty": true, "fault": "seller"}');
SELECT put_return_reason('{"code": "pol-broken", "fault": "seller"}');
SELECT * FROM return_reasons WHERE code LIKE 'pol-%' ORDER BY code COLLATE "C";
SELECT put_return_reason('{"name": "x", "fault": "nobody"}');
SELECT put_return_policy('{"channel": "pol-none"}');
SELECT put_return_policy('{"category": "a b", "window_days": -1, "restocking_fee_rate": 2, "refund_shipping": "always"}');
SELECT put_return_policy('{"category": "pol", "window_days": 30, "warranty_days": 700, "restocking_fee_rate": "0.1", "refund_shipping": "seller_fault"}') AS p \gset
SELECT put_return_policy('{"category": "pol", "window_days": null, "send_days": 7}') = :p AS same;
SELECT put_return_policy('{"category": "pol", "window_days": 30}') = :p AS same;
SELECT channel_id, category, window_days, warranty_days, restocking_fee_rate, refund_shipping, auto_approve, auto_refund, send_days FROM return_policies WHERE policy_id = :p;

/*
 * Windows
 */
SELECT pg_temp.place();
SET oms.now = '2026-12-02 23:00:00+00';
SELECT request_return(8101, '[{"line_no": 1, "quantity": 1}]', 'pol-small'), approve_return(8101, 1);
SELECT send_by FROM returns WHERE order_id = 8101;
SET oms.now = '2026-12-03 00:00:00+00';
SELECT request_return(8101, '[{"line_no": 1, "quantity": 1}, {"line_no": 2, "quantity": 3}, {"line_no": 3, "quantity": 1}]', 'pol-small');
\echo :LAST_ERROR_SQLSTATE
SELECT request_return(8101, '[{"line_no": 1, "quantity": 1}]', 'pol-failed'), cancel_return(8101, 2);
SELECT put_return_policy('{"category": "pol.shirts", "window_days": 60}') > 0 AS put;
SELECT request_return(8101, '[{"line_no": 2, "quantity": 1}]', 'pol-small');
SELECT request_return(8101, '[{"line_no": 1, "quantity": 1}]', 'pol-small'), cancel_return(8101, 3);
-- the channel's own counts where the category is the same
SELECT put_return_policy('{"channel": "pol-web", "category": "pol.shirts", "window_days": 10}') > 0 AS put;
SELECT put_return_policy('{"channel": "pol-web", "window_days": 1}') > 0 AS put;
SELECT request_return(8101, '[{"line_no": 1, "quantity": 1}]', 'pol-small');
SELECT pg_temp.place('pol-shop');
SET oms.now = '2026-11-02 10:00:00+00';
DELETE FROM return_policies WHERE category IS NULL OR category::text <> 'pol';

/*
 * Final sale
 */
SELECT pg_temp.place();
SELECT request_return(8103, '[{"line_no": 3, "quantity": 1}]', 'no more liked');
SELECT request_return(8103, '[{"line_no": 3, "quantity": 1}]', 'pol-small');
SELECT request_return(8103, '[{"line_no": 3, "quantity": 1}]', 'pol-broken');

/*
 * What is given back: a fee of the customer, shipping where others failed
 */
SELECT * FROM pg_temp.back(8103, '[{"line_no": 1, "quantity": 1}]') AS (goods amount, shipping amount, tax amount, fee amount, total amount, refund amount);
SELECT * FROM pg_temp.back(8103, '[{"line_no": 1, "quantity": 1, "reason": "pol-broken"}]') AS (goods amount, shipping amount, tax amount, fee amount, total amount, refund amount);
-- once
SELECT * FROM pg_temp.back(8103, '[{"line_no": 2, "quantity": 1, "reason": "pol-wrong"}]') AS (goods amount, shipping amount, tax amount, fee amount, total amount, refund amount);
SELECT put_return_policy('{"category": "pol", "refund_shipping": "full_return", "restocking_fee_rate": 0}') = :p AS same;
SELECT pg_temp.place();
SELECT * FROM pg_temp.back(8104, '[{"line_no": 1, "quantity": 2}, {"line_no": 2, "quantity": 1}]') AS (goods amount, shipping amount, tax amount, fee amount, total amount, refund amount);
SELECT * FROM pg_temp.back(8104, '[{"line_no": 2, "quantity": 1}, {"line_no": 3, "quantity": 2}]') AS (goods amount, shipping amount, tax amount, fee amount, total amount, refund amount);
SELECT total, (SELECT sum(total) FROM invoices WHERE order_id = 8104 AND kind = 'credit_note') AS credited, (SELECT sum(amount) FROM refunds WHERE order_id = 8104) AS refunded
FROM orders WHERE order_id = 8104;
-- never
SELECT put_return_policy('{"category": "pol", "refund_shipping": "never"}') = :p AS same;
SELECT pg_temp.place();
SELECT * FROM pg_temp.back(8105, '[{"line_no": 1, "quantity": 2}, {"line_no": 2, "quantity": 2}, {"line_no": 3, "quantity": 2}]') AS (goods amount, shipping amount, tax amount, fee amount, total amount, refund amount);

/*
 * The fees of a line are that of all of it, in however many parts it comes back
 */
SAVEPOINT fee;
SELECT put_return_policy('{"category": "pol", "restocking_fee_rate": "0.0833"}') = :p AS same;
SELECT pg_temp.place() AS id \gset
SELECT fee AS first FROM pg_temp.back(:id, '[{"line_no": 1, "quantity": 1}]') AS (goods amount, shipping amount, tax amount, fee amount, total amount, refund amount);
SELECT fee AS second FROM pg_temp.back(:id, '[{"line_no": 1, "quantity": 1}]') AS (goods amount, shipping amount, tax amount, fee amount, total amount, refund amount);
SELECT pg_temp.place() AS id \gset
SELECT fee AS both FROM pg_temp.back(:id, '[{"line_no": 1, "quantity": 2}]') AS (goods amount, shipping amount, tax amount, fee amount, total amount, refund amount);

/*
 * What is not sent in time ends, and with it the payment of an exchange
 */
SELECT put_return_policy('{"category": "pol", "auto_approve": true, "send_days": 14}') = :p AS same;
SELECT request_return(:id, '[{"line_no": 2, "quantity": 1}]', 'pol-small') AS no \gset
SELECT exchange_return(:id, :no, '{"lines": [{"sku": "POL-TEE", "quantity": 1, "unit_price": 10, "tax": 0}]}') AS exchange \gset
SELECT pg_temp.place() AS sent \gset
SELECT mark_return_in_transit(:sent, request_return(:sent, '[{"line_no": 2, "quantity": 1}]', 'pol-small'));
SET LOCAL oms.now = '2026-11-16 23:59:59+00';
SELECT oms_internal.expire_returns() AS last_day;
SET LOCAL oms.now = '2026-11-17 00:00:00+00';
SELECT oms_internal.expire_returns(0) AS none, oms_internal.expire_returns(1) AS one, oms_internal.expire_returns() AS no_more;
SELECT status, status_reason FROM returns WHERE order_id IN (:id, :sent) AND status <> 'completed' ORDER BY order_id;
SELECT status FROM payments WHERE order_id = :exchange;
SELECT status FROM orders WHERE order_id = :exchange;
SELECT * FROM check_invariants();
ROLLBACK TO fee;
ALTER SEQUENCE orders_order_id_seq RESTART 8106;

/*
 * By itself
 */
SELECT put_return_policy('{"category": "pol", "auto_approve": true, "auto_refund": true}') = :p AS same;
SELECT pg_temp.place();
SELECT request_return(8106, '[{"line_no": 1, "quantity": 1}]', 'pol-small');
SELECT status FROM returns WHERE order_id = 8106;
-- what the policy said at the request counts
SELECT put_return_policy('{"category": "pol", "auto_refund": false, "restocking_fee_rate": 1}') = :p AS same;
SELECT receive_return(8106, 1, 'pol-here'), inspect_return(8106, 1, '[{"line_no": 1, "quantity": 1, "disposition": "restock"}]');
SELECT fee, total, amount FROM returns JOIN invoices USING (order_id, invoice_no) JOIN refunds USING (order_id, refund_no) WHERE order_id = 8106;
SELECT complete_return(8106, 1);
-- a fee of all of it
SELECT * FROM pg_temp.back(8106, '[{"line_no": 1, "quantity": 1}]') AS (goods amount, shipping amount, tax amount, fee amount, total amount, refund amount);

/*
 * What is not paid is only credited
 */
SELECT put_customer('{"reference": "pol-firm", "email": "firm@example.com", "payment_terms_days": 30, "credit_limit": "1000 EUR"}') > 0 AS put;
SELECT place_order('{"channel": "pol-web", "reference": "pol-terms", "customer": {"reference": "pol-firm"}, "ship_to": {"country": "PT", "lat": 41.16, "lon": -8.62},
    "lines": [{"sku": "POL-TEE", "quantity": 2, "unit_price": "10.00", "tax": "0"}], "shipping": {"price": "0", "tax": "0"}}') AS id \gset
SELECT pack(:id, 1), ship(:id, 1), mark_delivered(:id, 1);
SELECT put_return_policy('{"category": "pol", "restocking_fee_rate": 0}') = :p AS same;
SELECT * FROM pg_temp.back(:id, '[{"line_no": 1, "quantity": 1}]') AS (goods amount, shipping amount, tax amount, fee amount, total amount, refund amount);
-- nor is what was given back already
SELECT pg_temp.place() AS id \gset
SELECT refund(:id, '75.00 EUR', 'sorry');
SELECT * FROM pg_temp.back(:id, '[{"line_no": 1, "quantity": 2}, {"line_no": 2, "quantity": 2}, {"line_no": 3, "quantity": 2}]') AS (goods amount, shipping amount, tax amount, fee amount, total amount, refund amount);
SELECT sum(amount) FROM refunds WHERE order_id = :id;

SELECT * FROM check_invariants();
ROLLBACK;
