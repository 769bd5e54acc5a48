-- the books of orders: what is posted for each fact, allowances, reports and exports
SET search_path = oms, public;
SET client_min_messages = warning;
\set ON_ERROR_ROLLBACK on
BEGIN;
SET LOCAL oms.now = '2026-05-04 10:00+00';
SELECT set_base_currency('XYZ');
SELECT set_base_currency('EUR');
\set QUIET on
\o /dev/null
SELECT put_channel('{"code": "led-web", "currency": "EUR"}'), put_channel('{"code": "led-market", "currency": "EUR"}');
UPDATE channels SET fee_rate = 0.15 WHERE code = 'led-market';
SELECT put_location(jsonb_build_object('code', 'led-' || n, 'country', 'PT', 'lat', 40 + n, 'lon', -8)) FROM generate_series(1, 2) AS n;
SELECT put_tax_rate('{"country": "PT", "rate": 0.23, "category": "led"}'), put_tax_rate('{"country": "ES", "rate": 0.21, "category": "led", "included": true}');
SELECT put_sku('{"code": "LED-A", "price": "0.335 EUR", "tax_category": "led"}'), put_sku('{"code": "LED-B", "price": "19.99 EUR", "tax_category": "led"}'),
       put_sku('{"code": "LED-C", "price": "6.67 EUR", "tax_category": "led"}');
SELECT count_stock('LED-A', 'led-1', 2), count_stock('LED-A', 'led-2', 1), count_stock('LED-B', 'led-2', 100), count_stock('LED-C', 'led-1', 1), count_stock('LED-C', 'led-2', 1);
SELECT put_fx_rate('2026-05-01', 'EUR', 'USD', 1.1), put_fx_rate('2026-05-01', 'EUR', 'JPY', 160);
ALTER SEQUENCE orders_order_id_seq RESTART 9801;
\o
CREATE TEMPORARY SEQUENCE reference;
CREATE FUNCTION pg_temp.place(document text) RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object('channel', 'led-web', 'reference', 'led-' || nextval('pg_temp.reference'), 'fulfillment', '{"allow_split": true}'::jsonb,
                                              'ship_to', '{"country": "PT", "lat": 41, "lon": -8}'::jsonb) || document::jsonb)
$$;
-- postings of an order since the last look, a line each
CREATE TEMPORARY TABLE seen (posting_id bigint);
CREATE FUNCTION pg_temp.books(v_order_id bigint) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
    SELECT concat_ws(' ', kind, subject_no, account, amount, CASE WHEN currency_of(amount) <> currency_of(base_amount) THEN '= ' || base_amount END, tax_jurisdiction, provider)
    FROM oms.ledger_entries AS e
    WHERE order_id = v_order_id AND kind NOT IN ('cost', 'restock') AND posting_id NOT IN (SELECT s.posting_id FROM pg_temp.seen AS s)
    ORDER BY e.posting_id, e.line_no;
    INSERT INTO pg_temp.seen SELECT DISTINCT posting_id FROM oms.ledger_entries;
END
$$;
CREATE FUNCTION pg_temp.wrong() RETURNS SETOF record LANGUAGE sql AS $$
    SELECT invariant, key, expected, found FROM oms_internal.check_postings() UNION ALL SELECT * FROM oms_internal.check_order_books()
    UNION ALL SELECT * FROM oms_internal.check_customer_accounts() UNION ALL SELECT * FROM oms_internal.check_credit_notes()
$$;
\set QUIET off

/*
 * Two parcels of one line whose units cost a third of a cent more: the parts add up
 */
SELECT pg_temp.place('{"lines": [{"sku": "LED-A", "quantity": 3, "discount": "0.01"}, {"sku": "LED-B", "quantity": 1}], "shipping": {"price": "2.50", "tax": "0.58"},
    "discounts": [{"amount": "1.00"}], "payments": [{"method": "card", "provider": "stripe", "amount": "10", "status": "captured"}, {"method": "card", "provider": "adyen", "amount": "17.90", "status": "authorized"}]}') AS o \gset
SELECT total, discount FROM orders WHERE order_id = :o;
SELECT pg_temp.books(:o);
SELECT f.fulfillment_no, l.code, string_agg(line_no || ' x ' || quantity, ', ' ORDER BY line_no) FROM fulfillments f JOIN locations l USING (location_id) JOIN fulfillment_lines USING (order_id, fulfillment_no)
WHERE order_id = :o GROUP BY 1, 2 ORDER BY 1;
SELECT pack(:o, 1), ship(:o, 1);
SELECT pg_temp.books(:o);
SELECT pack(:o, 2), ship(:o, 2);
SELECT pg_temp.books(:o);
SELECT sum(amount) AS "recognised, all of it" FROM ledger_entries WHERE order_id = :o AND kind = 'shipment' AND account IN ('receivables', 'deferred_revenue');
-- the rest comes in; then too much, which is no allowance when it goes back
SELECT capture(:o, 2);
SELECT pg_temp.books(:o);
SELECT add_payment(:o, jsonb_build_object('method', 'bank_transfer', 'amount', 5, 'status', 'captured'));
SELECT get_order(:o) ->> 'overpaid' AS overpaid;
SELECT refund(:o, amount((get_order(:o) ->> 'overpaid')::numeric, 'EUR'), 'too much');
SELECT pg_temp.books(:o);
SELECT count(*) AS "credit notes" FROM invoices WHERE order_id = :o;
SELECT * FROM pg_temp.wrong() AS w(invariant text, key text, expected text, found text);

/*
 * Cancelled after a part has left, on a marketplace: what is recognised follows, so does its fee
 */
SELECT pg_temp.place('{"lines": [{"sku": "LED-C", "quantity": 2, "unit_price": "0.3349", "tax": "0.04"}], "shipping": {"price": "5"}, "channel": "led-market",
    "payments": [{"method": "card", "amount": "5.71", "status": "captured"}]}') AS o \gset
SELECT fulfillment_no, quantity FROM fulfillment_lines WHERE order_id = :o ORDER BY 1;
SELECT pack(:o, 1), ship(:o, 1);
SELECT pg_temp.books(:o);
SELECT cancel_order(:o, 'too late', jsonb_build_array(jsonb_build_object('line_no', 1, 'quantity', (SELECT quantity::numeric FROM fulfillment_lines WHERE order_id = :o AND fulfillment_no = 2))));
SELECT pg_temp.books(:o);
SELECT total, get_order(:o) ->> 'overpaid' AS overpaid FROM orders WHERE order_id = :o;
SELECT * FROM pg_temp.wrong() AS w(invariant text, key text, expected text, found text);

/*
 * Allowances: refund and cancel in either order come to the same
 */
SELECT pg_temp.place('{"lines": [{"sku": "LED-B", "quantity": 2}], "payments": [{"method": "card", "amount": "49.18", "status": "captured"}]}') AS o \gset
SELECT refund(:o, '24.59 EUR', 'first the money');
SELECT status FROM orders WHERE order_id = :o;
SELECT cancel_order(:o, 'then the goods', '[{"line_no": 1, "quantity": 1}]');
SELECT pg_temp.books(:o);
SELECT total, get_order(:o) ->> 'paid' AS paid, get_order(:o) ->> 'overpaid' AS overpaid FROM orders WHERE order_id = :o;
SELECT type, subject_no, data FROM events WHERE order_id = :o AND type ~ 'credit|refund' ORDER BY sequence;
SELECT cancel_order(:o, 'all of it'), refund(:o, '24.59 EUR', 'all of it');
SELECT pg_temp.books(:o);
SELECT reason, goods, tax, total FROM invoices WHERE order_id = :o ORDER BY invoice_no;

SELECT pg_temp.place('{"lines": [{"sku": "LED-B", "quantity": 2}], "payments": [{"method": "card", "amount": "49.18", "status": "captured"}]}') AS o \gset
SELECT cancel_order(:o, 'first the goods', '[{"line_no": 1, "quantity": 1}]'), refund(:o, '24.59 EUR', 'then the money');
SELECT count(*) AS "credit notes" FROM invoices WHERE order_id = :o;
-- money for nothing, before anything has left: the order stays covered
SELECT refund(:o, '4.59 EUR', 'late');
SELECT status, oms_internal.is_covered(order_id, total) FROM orders WHERE order_id = :o;
SELECT pack(:o, 1), ship(:o, 1);
SELECT account, sum(amount) FROM ledger_entries WHERE order_id = :o AND kind NOT IN ('cost') GROUP BY account ORDER BY account;
-- and a credit counts as paid
SELECT pg_temp.place('{"lines": [{"sku": "LED-B", "quantity": 1}], "payments": [{"method": "card", "amount": "20", "status": "captured"}]}') AS o \gset
SELECT status FROM orders WHERE order_id = :o;
SELECT refund(:o, '5 EUR', 'sorry'), status FROM orders WHERE order_id = :o;
SELECT add_payment(:o, '{"method": "cash", "amount": "4.58", "status": "captured"}'), status FROM orders WHERE order_id = :o;
SELECT add_payment(:o, '{"method": "cash", "amount": "0.01", "status": "captured"}');
SELECT status, get_order(:o) ->> 'overpaid' AS overpaid FROM orders WHERE order_id = :o;
SELECT * FROM pg_temp.wrong() AS w(invariant text, key text, expected text, found text);

/*
 * Tax that prices contain, a free order, methods that are no money
 */
SELECT pg_temp.place('{"ship_to": {"country": "ES", "lat": 41, "lon": -4}, "lines": [{"sku": "LED-B", "quantity": 1}], "payments": [{"method": "card", "amount": "19.99", "status": "captured"}]}') AS o \gset
SELECT pack(:o, 1), ship(:o, 1), refund(:o, '19.99 EUR', 'all of it');
SELECT pg_temp.books(:o);
SELECT pg_temp.place('{"lines": [{"sku": "LED-B", "quantity": 1, "tax": 0}], "discounts": [{"amount": "19.99"}]}') AS o \gset
SELECT pack(:o, 1), ship(:o, 1);
SELECT pg_temp.books(:o);

/*
 * Another currency: what the customer owes is worth what it was, money is worth what it is
 */
SELECT pg_temp.place('{"currency": "USD", "lines": [{"sku": "LED-B", "quantity": 3, "unit_price": "3.33", "tax": 0}], "payments": [{"method": "card", "provider": "stripe", "amount": "9.99", "status": "authorized"}]}') AS o \gset
UPDATE orders SET base_rate = round(1 / 1.1, 8) WHERE order_id = :o;
SELECT put_fx_rate('2026-05-04', 'EUR', 'USD', 1.0);
SELECT capture(:o, 1, '3.33 USD');
SELECT pack(:o, 1), ship(:o, 1), capture(:o, 1);
SELECT put_fx_rate('2026-05-04', 'EUR', 'USD', 1.25);
SELECT refund(:o, '9.99 USD', 'all of it');
SELECT pg_temp.books(:o);
SELECT account, sum(amount), sum(base_amount) FROM ledger_entries WHERE order_id = :o AND kind NOT IN ('cost') GROUP BY account ORDER BY account;
-- without any rate there is no value
SELECT pg_temp.place('{"currency": "CHF", "lines": [{"sku": "LED-B", "quantity": 1, "unit_price": "3", "tax": 0}], "payments": [{"method": "card", "amount": "3", "status": "captured"}]}') AS o \gset
SELECT account, amount, base_amount FROM ledger_entries WHERE order_id = :o ORDER BY line_no;
SELECT * FROM pg_temp.wrong() AS w(invariant text, key text, expected text, found text);

/*
 * By hand
 */
SELECT pg_temp.place('{"lines": [{"sku": "LED-B", "quantity": 1, "tax": 0}], "shipping": {"price": "5"}}') AS o \gset
SELECT add_payment(:o, '{"method": "card", "amount": "24.99"}');
UPDATE payments SET status = 'captured' WHERE order_id = :o;
UPDATE fulfillments SET status = 'packed' WHERE order_id = :o;
UPDATE fulfillments SET status = 'shipped' WHERE order_id = :o;
SELECT pg_temp.books(:o);
UPDATE orders SET shipping_price = '4 EUR', total = '23.99 EUR' WHERE order_id = :o;
SET CONSTRAINTS ALL IMMEDIATE;
SELECT pg_temp.books(:o);
UPDATE payments SET status = 'refunded' WHERE order_id = :o;
SELECT pg_temp.books(:o);
-- less was charged than was taken back
UPDATE orders SET shipping_price = '3 EUR', total = '22.99 EUR' WHERE order_id = :o;
SELECT pg_temp.books(:o);
SELECT * FROM pg_temp.wrong() AS w(invariant text, key text, expected text, found text);
INSERT INTO ledger_entries (line_no, kind, account, amount) VALUES (1, 'capture', 'bank', '1 EUR');
UPDATE invoices SET total = total;
SELECT set_base_currency('USD');
SELECT set_base_currency('EUR');

/*
 * Reports are added up by a job; the same from the entries alone, and what of that the views don't say, or say beside it
 */
CREATE VIEW pg_temp.unlike AS
WITH zone AS (SELECT coalesce((SELECT value FROM settings WHERE name = 'time_zone'), 'UTC') AS zone
), entry AS (
    SELECT e.*, (posted_at AT TIME ZONE zone)::date AS day, amount::numeric AS n, currency_of(amount) AS currency, base_amount::numeric AS base, c.code AS channel
    FROM zone, ledger_entries e LEFT JOIN orders o USING (order_id) LEFT JOIN channels c USING (channel_id)
), trial AS (
    SELECT account, currency, debit, credit, balance, base_currency, base_debit, base_credit FROM oms_report.trial_balance
), trial_again AS (
    SELECT account, currency, sum(greatest(n, 0)), sum(greatest(-n, 0)), sum(n), max(currency_of(base_amount)), coalesce(sum(greatest(base, 0)), 0),
           coalesce(sum(greatest(-base, 0)), 0)
    FROM entry GROUP BY 1, 2
), tax AS (
    SELECT month, day, jurisdiction, currency, charged, credited, tax, base_currency, base_tax FROM oms_report.tax_by_jurisdiction
), tax_again AS (
    SELECT date_trunc('month', day)::date, day, tax_jurisdiction, currency, -coalesce(sum(n) FILTER (WHERE kind <> 'credit_note'), 0),
           coalesce(sum(n) FILTER (WHERE kind = 'credit_note'), 0), -sum(n), max(currency_of(base_amount)), -sum(base)
    FROM entry WHERE account = 'tax_payable' GROUP BY 2, 3, 4
), margin AS (
    SELECT day, channel, net_revenue, cost, margin FROM oms_report.gross_margin
), margin_again AS (
    SELECT day, channel, revenue, cost, revenue - cost
    FROM (SELECT day, channel, CASE WHEN count(*) FILTER (WHERE account <> 'cost_of_goods_sold') = 0 THEN 0 ELSE -sum(base) FILTER (WHERE account <> 'cost_of_goods_sold') END AS revenue,
                 CASE WHEN count(base) > 0 THEN coalesce(sum(base) FILTER (WHERE account = 'cost_of_goods_sold'), 0) END AS cost
          FROM entry WHERE account IN ('revenue', 'discounts', 'returns', 'cost_of_goods_sold') AND channel IS NOT NULL GROUP BY 1, 2) AS m
), owed AS (
    SELECT order_id, channel, currency, receivable, paid_before, base_currency, base_receivable, base_paid_before FROM oms_report.receivables
), owed_again AS (
    SELECT order_id, channel, currency, coalesce(sum(n) FILTER (WHERE account = 'receivables'), 0), -coalesce(sum(n) FILTER (WHERE account = 'deferred_revenue'), 0),
           max(currency_of(base_amount)), coalesce(sum(base) FILTER (WHERE account = 'receivables'), 0), -coalesce(sum(base) FILTER (WHERE account = 'deferred_revenue'), 0)
    FROM entry WHERE account IN ('receivables', 'deferred_revenue') AND order_id IS NOT NULL GROUP BY 1, 2, 3 HAVING sum(n) <> 0
)
SELECT 'trial' AS view, x::text FROM ((TABLE trial EXCEPT TABLE trial_again) UNION ALL (TABLE trial_again EXCEPT TABLE trial)) AS x
UNION ALL
SELECT 'tax', x::text FROM ((TABLE tax EXCEPT TABLE tax_again) UNION ALL (TABLE tax_again EXCEPT TABLE tax)) AS x
UNION ALL
SELECT 'margin', x::text FROM ((TABLE margin EXCEPT TABLE margin_again) UNION ALL (TABLE margin_again EXCEPT TABLE margin)) AS x
UNION ALL
SELECT 'owed', x::text FROM ((TABLE owed EXCEPT TABLE owed_again) UNION ALL (TABLE owed_again EXCEPT TABLE owed)) AS x;
CREATE VIEW pg_temp.counted AS
SELECT (SELECT count(*) > 0 FROM ledger_daily) AS days, (SELECT count(*) > 0 FROM order_balances) AS orders,
       (SELECT counted_until = (SELECT max(posting_id) FROM ledger_entries) FROM sequence_watermarks WHERE name = 'ledger_daily') AS "all",
       oms_internal.counted_postings() > 0 AS used, (SELECT count(*) FROM pg_temp.unlike) AS unlike;
TABLE pg_temp.counted;
SELECT run_job('roll_up_ledger') ->> 'status' AS status;
TABLE pg_temp.counted;

/*
 * Reports and exports
 */
SELECT currency AS "uneven" FROM oms_report.trial_balance GROUP BY currency HAVING sum(balance) <> 0;
SELECT account, type, debit, credit, balance, base_currency, base_balance FROM oms_report.trial_balance WHERE currency = 'CHF' ORDER BY account;
SELECT sum(base_balance) FROM oms_report.trial_balance;
SELECT * FROM oms_report.tax_by_jurisdiction WHERE day = '2026-05-04' AND jurisdiction IN ('PT', 'ES') ORDER BY jurisdiction;
SELECT order_id, channel, currency, receivable, paid_before FROM oms_report.receivables WHERE order_id > 9800 ORDER BY order_id;
SELECT posted_on, kind, account, number, debit, credit, memo, channel FROM oms_report.journal WHERE order_id = 9802 AND kind <> 'cost' ORDER BY posting_id, line_no;
UPDATE ledger_accounts SET name = 'Cards, "plastic"' || chr(10) || ';and (others): all', number = '1360' WHERE account = 'clearing';
SELECT regexp_replace(line, '^([-0-9]+),\d+', '\1,N') AS line FROM export_journal('2026-05-04', '2026-05-05') AS line OFFSET 1 LIMIT 2;
SELECT regexp_replace(line, '\(\d+\)', '(N)') AS line FROM export_journal('2026-05-04', '2026-05-05', 'ledger') AS line LIMIT 4 OFFSET 1;
SELECT line FROM export_journal('2026-05-04', '2026-05-05', 'ledger') AS line WHERE line ~ '@@ 9.08|Exchange' LIMIT 3;
SELECT count(*) AS "the day after" FROM export_journal('2026-05-05', NULL, 'ledger') AS line WHERE line ~ ' 9801';
SELECT count(*) AS "the days before" FROM export_journal(NULL, '2026-05-04', 'ledger') AS line WHERE line ~ ' 9801';
-- what goes the other way than its value, or has none
SELECT oms_internal.plain_lines('Assets:Bank', 1, 'USD', -0.01, 'EUR');
SELECT oms_internal.plain_lines('Assets:Bank', 1, 'USD', 0.00, 'EUR');
SELECT oms_internal.plain_lines('Assets:Bank', 0, 'EUR', 0.00, 'EUR');
SELECT export_journal(NULL, NULL, 'xlsx');
SELECT export_journal(NULL, NULL, NULL);

/*
 * A currency without a rate: the first posting that knows one decides it for the order
 */
SET oms.now = '2026-06-01 10:00:00+00';
SELECT put_sku('{"code": "LEDGER-NOK", "price": "100.10 NOK", "stocked": false}');
SELECT place_order('{"channel": "led-web", "reference": "no-rate", "currency": "NOK", "lines": [{"sku": "LEDGER-NOK", "quantity": 3, "tax": "75.08"}], "ship_to": {"country": "NO"},
    "shipping": {"price": 0, "tax": 0}, "payments": [{"method": "card", "provider": "psp", "reference": "no-rate", "amount": "375.38", "status": "authorized"}]}') AS id \gset
SELECT base_rate FROM orders WHERE order_id = :id;
SELECT put_fx_rate('2026-06-02', 'EUR', 'NOK', 11.5);
SET oms.now = '2026-06-02 10:00:00+00';
SELECT capture(:id, 1);
SELECT round(base_rate, 6) AS base_rate FROM orders WHERE order_id = :id;
SELECT put_fx_rate('2026-06-05', 'EUR', 'NOK', 12.5);
SET oms.now = '2026-06-05 10:00:00+00';
SELECT refund(:id, '375.38 NOK', 'all of it');
SELECT account, sum(amount) AS amount, sum(base_amount) AS base_amount FROM ledger_entries WHERE order_id = :id GROUP BY 1 ORDER BY 1;

/*
 * A discount that comes after all was given back: nothing of the charge stays on any account
 */
SELECT pg_temp.place('{"lines": [{"sku": "LED-B", "quantity": 2}], "shipping": {"price": "2.50", "tax": "0.58"},
    "payments": [{"method": "card", "provider": "stripe", "amount": "52.26", "status": "captured"}]}') AS o \gset
SELECT refund(:o, '52.26 EUR', 'all of it');
SELECT edit_order(:o, '{"discounts": [{"amount": "5.00"}]}');
SELECT total, discount FROM orders WHERE order_id = :o;
SELECT invoice_no, reason, total FROM invoices WHERE order_id = :o ORDER BY 1;
SELECT line_no, goods, discount, tax FROM invoice_lines WHERE order_id = :o AND invoice_no = 2 ORDER BY 1;
SELECT pack(:o, fulfillment_no), ship(:o, fulfillment_no) FROM fulfillments WHERE order_id = :o;
SELECT CASE account WHEN 'returns' THEN 'revenue' ELSE account END AS account, sum(amount) AS amount FROM ledger_entries
WHERE order_id = :o AND kind NOT IN ('cost', 'restock') AND provider IS NULL GROUP BY 1 HAVING sum(minor(amount)) <> 0;
SELECT * FROM pg_temp.wrong() AS w(invariant text, key text, expected text, found text);

/*
 * What came since, days of another zone, and an order that was of another channel
 */
TABLE pg_temp.counted;
SELECT run_job('roll_up_ledger') ->> 'status' AS status;
TABLE pg_temp.counted;
INSERT INTO settings (name, value) VALUES ('time_zone', 'Pacific/Auckland');
SELECT c.*, (SELECT count(*) FROM oms_report.tax_by_jurisdiction WHERE day = '2026-05-04' AND jurisdiction = 'PT') AS "in UTC" FROM pg_temp.counted AS c;
SELECT run_job('roll_up_ledger') ->> 'status' AS status;
TABLE pg_temp.counted;
-- a day's margin is another channel's; all else stays counted, and what the job has done then is as if it had counted all anew
CREATE VIEW pg_temp.miscounted AS
WITH again AS (
    SELECT day, account, kind, channel_id, tax_jurisdiction, currency, debit::text, credit::text, base_debit::text, base_credit::text
    FROM oms_internal.posted_daily(0, 9223372036854775807)
), counted AS (
    SELECT day, account, kind, channel_id, tax_jurisdiction, currency, debit::text, credit::text, base_debit::text, base_credit::text FROM ledger_daily
)
SELECT 'lacks' AS fault, x::text FROM (TABLE again EXCEPT TABLE counted) AS x
UNION ALL
SELECT 'has', x::text FROM (TABLE counted EXCEPT TABLE again) AS x;
UPDATE orders SET channel_id = (SELECT channel_id FROM channels WHERE code = 'led-market'), reference = 'moved' WHERE order_id = 9805;
TABLE pg_temp.counted;
SELECT run_job('roll_up_ledger') ->> 'status' AS status;
TABLE pg_temp.counted;
SELECT count(*) AS queued, (SELECT count(*) FROM pg_temp.miscounted) AS miscounted FROM rechanneled_orders;
-- all orders, with postings that were not counted yet, to a channel that has none; some of them on to the next, one of them back
SELECT pg_temp.place('{"lines": [{"sku": "LED-B", "quantity": 1}], "shipping": {"price": 0, "tax": 0},
    "payments": [{"method": "card", "provider": "stripe", "amount": "24.60", "status": "captured"}]}') AS o \gset
SELECT pack(:o, 1), ship(:o, 1);
TABLE pg_temp.counted;
SELECT put_channel('{"code": "led-else", "name": "Else", "currency": "EUR"}'), put_channel('{"code": "led-next", "name": "Next", "currency": "EUR"}');
UPDATE orders SET channel_id = (SELECT channel_id FROM channels WHERE code = 'led-else'), reference = 'else-' || order_id;
UPDATE orders SET channel_id = (SELECT channel_id FROM channels WHERE code = 'led-next') WHERE order_id % 2 = 0;
UPDATE orders SET channel_id = (SELECT channel_id FROM channels WHERE code = 'led-market') WHERE order_id = 9805;
TABLE pg_temp.counted;
SELECT count(DISTINCT channel) AS channels FROM oms_report.gross_margin;
-- in batches: all of an order is moved at once
SELECT batch_rows AS most FROM jobs WHERE name = 'roll_up_ledger' \gset
UPDATE jobs SET batch_rows = 3 WHERE name = 'roll_up_ledger';
SELECT run_job('roll_up_ledger') ->> 'status' AS status;
UPDATE jobs SET batch_rows = :most WHERE name = 'roll_up_ledger';
TABLE pg_temp.counted;
SELECT count(*) AS queued, (SELECT count(*) FROM pg_temp.miscounted) AS miscounted FROM rechanneled_orders;
-- and back before the job comes to it, while reports begin to count by another zone
UPDATE orders SET channel_id = (SELECT channel_id FROM channels WHERE code = 'led-web') WHERE order_id % 3 = 0;
UPDATE settings SET value = 'Asia/Tokyo' WHERE name = 'time_zone';
TABLE pg_temp.counted;
SELECT run_job('roll_up_ledger') ->> 'status' AS status;
TABLE pg_temp.counted;
SELECT count(*) AS queued, (SELECT count(*) FROM pg_temp.miscounted) AS miscounted FROM rechanneled_orders;
-- what customers owe is kept while they do
SELECT (SELECT count(*) FROM order_balances) = (SELECT count(*) FROM oms_report.receivables) AS kept;
-- five of six units at 0.335 are 1.675, half a cent, which 0.8333 of them is not
SELECT count(count_stock('LED-A', 'led-' || n, q)) FROM (VALUES (1, 5), (2, 1)) AS v(n, q);
SELECT pg_temp.place('{"lines": [{"sku": "LED-A", "quantity": 6}], "payments": [{"method": "card", "amount": "5", "status": "captured"}]}') AS o \gset
SELECT fulfillment_no AS f FROM fulfillment_lines WHERE order_id = :o AND quantity = '5' \gset
SELECT pack(:o, :f), ship(:o, :f);
SELECT sum(amount) AS revenue FROM ledger_entries WHERE order_id = :o AND account = 'revenue';
SELECT * FROM pg_temp.wrong() AS w(invariant text, key text, expected text, found text);
ROLLBACK;
