-- bills of suppliers: recorded once, matched with what was ordered and received, put into the books, paid
SET search_path = oms, public;
SET client_min_messages = warning;
SET datestyle = ISO;
SET TimeZone = 'UTC';
SET oms.now = '2026-11-02 10:15:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
\pset null (null)
BEGIN;
ALTER SEQUENCE bills_bill_id_seq RESTART 7001;
SELECT set_base_currency('EUR');
SELECT put_location('{"code": "bi-a"}'), put_sku('{"code": "BI-TEE"}'), put_sku('{"code": "BI-TEA", "decimals": 2}'), put_sku('{"code": "BI-MUG"}'),
       put_supplier('{"code": "bi-mill", "currency": "EUR", "over_receipt_rate": 0.1, "price_tolerance_rate": 0.02, "payment_days": 14,
                      "skus": [{"sku": "BI-TEE", "cost": "3.33 EUR"}, {"sku": "BI-TEA", "cost": "8 EUR"}]}'),
       put_supplier('{"code": "bi-other", "currency": "USD"}');
SELECT put_purchase_order('{"code": "BI-1", "supplier": "bi-mill", "location": "bi-a", "lines": [
    {"sku": "BI-TEE", "quantity": 100}, {"sku": "BI-TEA", "quantity": "10.5"}, {"sku": "BI-MUG", "quantity": 4, "unit_cost": 2}, {"sku": "BI-MUG", "quantity": 6, "unit_cost": 1}]}'),
       send_purchase_order('BI-1');
SELECT receive_purchase_order('BI-1', '[{"line_no": 1, "quantity": 33}, {"line_no": 2, "quantity": "1.5"}]'), receive_purchase_order('BI-1', '[{"line_no": 1, "quantity": 7}]');
CREATE FUNCTION pg_temp.bill(number text, changes jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT oms.record_bill(jsonb_build_object('supplier', 'bi-mill', 'number', number, 'purchase_order', 'BI-1') || changes)
$$;
CREATE VIEW pg_temp.bills AS
    SELECT number, status, goods, tax, shipping, total, paid, base_open, billed_on, due_on, reason
    FROM oms.bills AS b WHERE bill_id > 7000 ORDER BY bill_id;
CREATE VIEW pg_temp.differences AS
    SELECT number, d - 'sku' AS difference FROM oms.bills, jsonb_array_elements(differences) WITH ORDINALITY AS u(d, n)
    WHERE bill_id > 7000 AND status = 'mismatched' ORDER BY bill_id, n;
CREATE VIEW pg_temp.alarm AS
    SELECT key, status, message FROM alerts WHERE kind = 'bill_mismatched' AND key LIKE 'bi-%' ORDER BY alert_id;
CREATE VIEW pg_temp.books AS
    SELECT kind, subject_no AS bill, account, amount, base_amount FROM ledger_entries WHERE subject_no > 7000 ORDER BY posting_id, line_no;
CREATE VIEW pg_temp.open AS
    SELECT account, sum(amount) AS balance, sum(base_amount) AS base FROM ledger_entries
    WHERE account IN ('received_not_billed', 'payables') GROUP BY account, currency_of(amount) HAVING sum(minor(amount)) <> 0 OR sum(minor(base_amount)) <> 0 ORDER BY 1, 2;

/*
 * What the document must be
 */
SELECT record_bill(NULL); \echo :LAST_ERROR_SQLSTATE
SELECT record_bill('{"supplier": "bi-mill", "number": "", "lines": [], "colour": 1}'); \echo :LAST_ERROR_SQLSTATE
SELECT record_bill('{"supplier": "bi-mill", "number": "M-0", "billed_on": "yesterday", "tax": -1, "lines": [{"quantity": 1, "unit_cost": 1}, {"sku": "BI-TEE", "quantity": 0, "unit_cost": "0.1234567"}]}');
SELECT record_bill('{"supplier": "nobody", "number": "M-0", "lines": [{"sku": "nothing", "quantity": 1, "unit_cost": 1}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.bill('M-0', '{"purchase_order": "BI-none", "lines": [{"sku": "BI-TEE", "quantity": 1, "unit_cost": 1}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.bill('M-0', '{"supplier": "bi-other", "currency": "USD", "tax": "0.001", "billed_on": "2026-11-01", "due_on": "2026-10-31", "lines": [{"line_no": 1, "quantity": 1.5, "unit_cost": 1}, {"line_no": 5, "quantity": 1, "unit_cost": 1},
    {"sku": "BI-MUG", "quantity": 1, "unit_cost": 1}, {"line_no": 2, "sku": "BI-TEE", "quantity": 1, "unit_cost": 1}, {"sku": "BI-TEE", "quantity": 1, "unit_cost": 1}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.bill('M-0', '{"lines": [{"line_no": 1, "quantity": 3, "unit_cost": "3.33"}], "tax": 1, "total": "10.98"}'); \echo :LAST_ERROR_SQLSTATE
SELECT record_bill('{"supplier": "bi-mill", "number": "M-0", "lines": [{"line_no": 1, "quantity": 3, "unit_cost": 3}]}');
TABLE pg_temp.bills;

/*
 * What agrees is in the books: 35 at 3.33 and 1.5 at 7.95, which were received at 116.55 and 12.00
 */
SELECT pg_temp.bill('M-1', '{"lines": [{"sku": "BI-TEE", "quantity": 35, "unit_cost": "3.33"}, {"line_no": 2, "quantity": "1.5", "unit_cost": "7.95"}], "tax": "20.50", "total": "148.98"}');
SELECT pg_temp.bill('M-1', '{"lines": [{"sku": "BI-TEE", "quantity": 35, "unit_cost": "3.33"}, {"line_no": 2, "quantity": "1.5", "unit_cost": "7.95"}], "tax": "20.50", "total": "148.98"}');
SELECT pg_temp.bill('M-1', '{"lines": [{"sku": "BI-TEE", "quantity": 36, "unit_cost": "3.33"}]}'); \echo :LAST_ERROR_SQLSTATE
TABLE pg_temp.bills;
TABLE pg_temp.books;
TABLE pg_temp.open;
SELECT line_no, quantity, unit_cost, total, cleared FROM bill_lines WHERE bill_id = 7001 ORDER BY 1;
SELECT receipt_no, r.line_no, quantity, value, billed, billed_value FROM purchase_receipts AS r JOIN purchase_orders AS o USING (purchase_order_id) WHERE o.code = 'BI-1' ORDER BY 1, 2;
-- 3.3966 is 2 % dearer than 3.33: the most that is taken; a fine price is rounded once, by line

SELECT record_bill('{"supplier": "bi-mill", "number": "M-2", "purchase_order": "BI-1", "lines": [{"sku": "BI-TEE", "quantity": 2, "unit_cost": "3.3966"}], "shipping": "0.13"}', 'post 7'),
       record_bill('{"supplier": "bi-mill", "number": "M-2", "purchase_order": "BI-1", "lines": [{"sku": "BI-TEE", "quantity": 2, "unit_cost": "3.3966"}], "shipping": "0.13"}', 'post 7');
SELECT account, amount FROM pg_temp.books WHERE bill = 7002;

/*
 * What does not agree, of each kind, is not in the books
 */
SELECT pg_temp.bill('M-3', '{"lines": [{"sku": "BI-TEE", "quantity": 4, "unit_cost": "3.33"}]}'),
       pg_temp.bill('M-4', '{"lines": [{"sku": "BI-TEE", "quantity": 2, "unit_cost": "3.3967"}], "shipping": "0.15"}'),
       pg_temp.bill('M-5', '{"lines": [{"sku": "BI-TEE", "quantity": 74, "unit_cost": "3.33"}, {"line_no": 3, "quantity": 4, "unit_cost": 2}, {"line_no": 2, "quantity": 1, "unit_cost": 9}]}'),
       pg_temp.bill('M-6', '{"lines": [{"sku": "BI-TEE", "quantity": 4, "unit_cost": "3.33"}]}'),
       record_bill('{"supplier": "bi-mill", "number": "M-7", "lines": [{"sku": "BI-TEE", "quantity": 4, "unit_cost": "3.33"}]}');
TABLE pg_temp.differences;
TABLE pg_temp.alarm;
SELECT count(*) AS in_books FROM pg_temp.books WHERE bill > 7002;
SELECT line_no, quantity, received, billed, received_value, billed_total, to_be_billed, billed_before, mismatched_bills FROM purchase_order_matching WHERE code = 'BI-1' ORDER BY 1;
SELECT pay_bill('bi-mill', 'M-3'); \echo :LAST_ERROR_SQLSTATE

/*
 * It agrees when goods come: the first bills first
 */
SELECT receive_purchase_order('BI-1', '[{"line_no": 1, "quantity": 1}]');
SELECT number, status FROM pg_temp.bills;
TABLE pg_temp.alarm;
-- or when the supplier has confirmed that price: then M-4 differs by its freight alone; what else has come is that of M-6
SELECT confirm_purchase_order('BI-1', NULL, '[{"line_no": 1, "unit_cost": "3.36"}]'), receive_purchase_order('BI-1', '[{"line_no": 1, "quantity": 4}]');
TABLE pg_temp.differences;
SELECT kind, subject_no AS bill, account, amount FROM ledger_entries WHERE subject_no IN (7003, 7006) ORDER BY posting_id, line_no;

/*
 * Somebody takes it as it is, or refuses it
 */
SELECT approve_bill('bi-mill', 'M-4', ' '); \echo :LAST_ERROR_SQLSTATE
SELECT approve_bill('bi-mill', 'M-4', NULL); \echo :LAST_ERROR_SQLSTATE
SELECT approve_bill('bi-mill', 'M-99', 'x'); \echo :LAST_ERROR_SQLSTATE
SELECT approve_bill('bi-other', 'M-4', 'x'); \echo :LAST_ERROR_SQLSTATE
SELECT approve_bill('bi-mill', 'M-1', 'x'); \echo :LAST_ERROR_SQLSTATE
SELECT reject_bill('bi-mill', 'M-1', 'x'); \echo :LAST_ERROR_SQLSTATE
SELECT approve_bill('bi-mill', 'M-4', 'urgent', 'note 1'), approve_bill('bi-mill', 'M-4', 'urgent', 'note 1');
SELECT approve_bill('bi-mill', 'M-4', 'very urgent', 'note 1'); \echo :LAST_ERROR_SQLSTATE
SELECT reject_bill('bi-mill', 'M-7', 'nobody ordered it');
SELECT reject_bill('bi-mill', 'M-7', 'again'); \echo :LAST_ERROR_SQLSTATE
SELECT record_bill('{"supplier": "bi-mill", "number": "M-7", "lines": [{"sku": "BI-TEE", "quantity": 1, "unit_cost": "3.33"}]}');
-- before it has come: of the line of 74 two units are there, received at 3.36
SELECT approve_bill('bi-mill', 'M-5', 'paid in advance');
SELECT number, status, reason, total FROM pg_temp.bills;
TABLE pg_temp.alarm;
SELECT account, amount FROM pg_temp.books WHERE bill = 7005;
SELECT line_no, received, billed, to_be_billed, billed_before FROM purchase_order_matching WHERE code = 'BI-1' ORDER BY 1;
-- what comes then is paid for, 10 at 3.36 and 4 at 2: no bill of it is to come
SELECT receive_purchase_order('BI-1', '[{"line_no": 1, "quantity": 10}, {"line_no": 3, "quantity": 4}]');
SELECT account, amount FROM pg_temp.books WHERE bill = 7005 OFFSET 4;
TABLE pg_temp.open;
SELECT * FROM check_invariants();

/*
 * Paid, in parts
 */
SELECT pay_bill('bi-mill', 'M-1', '0 EUR'); \echo :LAST_ERROR_SQLSTATE
SELECT pay_bill('bi-mill', 'M-1', '-1 EUR'); \echo :LAST_ERROR_SQLSTATE
SELECT pay_bill('bi-mill', 'M-1', '1 USD'); \echo :LAST_ERROR_SQLSTATE
SELECT pay_bill('bi-mill', 'M-1', '148.99 EUR'); \echo :LAST_ERROR_SQLSTATE
SELECT pay_bill('bi-mill', 'M-none'); \echo :LAST_ERROR_SQLSTATE
SELECT pay_bill('bi-mill', NULL); \echo :LAST_ERROR_SQLSTATE
SELECT pay_bill('bi-mill', 'M-1', '48.98 EUR', 'transfer 1'), pay_bill('bi-mill', 'M-1', '48.98 EUR', 'transfer 1');
SELECT pay_bill('bi-mill', 'M-1', '100.01 EUR'); \echo :LAST_ERROR_SQLSTATE
SELECT pay_bill('bi-mill', 'M-1');
SELECT pay_bill('bi-mill', 'M-1'); \echo :LAST_ERROR_SQLSTATE
SELECT payment_no, amount, paid_at FROM bill_payments WHERE bill_id = 7001 ORDER BY 1;
SELECT kind, account, amount FROM pg_temp.books WHERE bill = 7001 AND kind = 'bill_payment';
SELECT number, status, paid, base_open FROM pg_temp.bills WHERE number = 'M-1';
SELECT split_part(type, '.', 2) AS fact, key, data FROM subject_events WHERE subject = 'bill' AND key IN ('bi-mill/M-1', 'bi-mill/M-4', 'bi-mill/M-7') ORDER BY event_id;
-- a bill over nothing has nothing to pay
SELECT pg_temp.bill('M-8', '{"lines": [{"sku": "BI-TEE", "quantity": 1, "unit_cost": 0}]}');
SELECT approve_bill('bi-mill', 'M-8', 'a gift'), pay_bill('bi-mill', 'M-8');
-- what is owed: all was due on 16 November, 34 days before
SET oms.now = '2026-12-20 10:00:00+00';
SELECT * FROM oms_report.payables WHERE supplier LIKE 'bi-%' \gx

/*
 * Money in other currencies: goods come at 1.25 USD for 1 EUR, are billed at 1.20, and paid at 1.00 and at 1.60
 */
SET oms.now = '2026-11-03 10:00:00+00';
SELECT put_fx_rate('2026-11-03', 'EUR', 'USD', 1.25), put_fx_rate('2026-11-04', 'EUR', 'USD', 1.2), put_fx_rate('2026-11-05', 'EUR', 'USD', 1), put_fx_rate('2026-11-06', 'EUR', 'USD', 1.6);
SELECT put_purchase_order('{"code": "BI-2", "supplier": "bi-other", "location": "bi-a", "lines": [{"sku": "BI-TEE", "quantity": 3, "unit_cost": "3.33"}, {"sku": "BI-MUG", "quantity": 2, "unit_cost": "5"}]}'),
       send_purchase_order('BI-2'), receive_purchase_order('BI-2');
-- 9.99 USD are 7.99 EUR, 10 USD are 8 EUR
SELECT line_no, value, base_value FROM purchase_receipts AS r JOIN purchase_orders AS o USING (purchase_order_id) WHERE o.code = 'BI-2' ORDER BY 1;
SET oms.now = '2026-11-04 10:00:00+00';
-- two thirds of 9.99 USD and 7.99 EUR are 6.66 and 5.33; 6.66 + 5.00 + 1.20 tax are 12.86 USD, now 10.72 EUR; 10.72 - 5.33 - 4.00 - 1.00 is lost
SELECT record_bill('{"supplier": "bi-other", "number": "U-1", "purchase_order": "BI-2", "lines": [{"line_no": 1, "quantity": 2, "unit_cost": "3.33"}, {"line_no": 2, "quantity": 1, "unit_cost": "5"}], "tax": "1.20"}');
SELECT account, amount, base_amount FROM pg_temp.books WHERE bill = (SELECT bill_id FROM oms.bills WHERE number = 'U-1');
SET oms.now = '2026-11-05 10:00:00+00';
-- a third of what is owed, 3.58 EUR, costs 4.29; the rest, 7.14 EUR, costs 5.36
SELECT pay_bill('bi-other', 'U-1', '4.29 USD');
SET oms.now = '2026-11-06 10:00:00+00';
SELECT pay_bill('bi-other', 'U-1');
SELECT account, amount, base_amount FROM pg_temp.books WHERE bill = (SELECT bill_id FROM oms.bills WHERE number = 'U-1') AND kind = 'bill_payment';
SELECT record_bill('{"supplier": "bi-other", "number": "U-2", "purchase_order": "BI-2", "lines": [{"line_no": 1, "quantity": 1, "unit_cost": "3.33"}, {"line_no": 2, "quantity": 1, "unit_cost": "5"}]}');
SELECT account, sum(amount), sum(base_amount) FROM ledger_entries WHERE currency_of(amount) = 'USD' AND account IN ('received_not_billed', 'payables') GROUP BY account ORDER BY 1;
-- yen have no decimals, dinars three; nobody knows what a dinar is worth: received at the SKU's own cost, in the base currency
SELECT put_fx_rate('2026-11-03', 'EUR', 'JPY', 160), put_sku('{"code": "BI-MUG", "cost": "1.50 EUR"}'),
       put_purchase_order('{"code": "BI-3", "supplier": "bi-other", "currency": "JPY", "location": "bi-a", "lines": [{"sku": "BI-TEA", "quantity": "0.33", "unit_cost": 1000}]}'),
       put_purchase_order('{"code": "BI-4", "supplier": "bi-other", "currency": "KWD", "location": "bi-a", "lines": [{"sku": "BI-MUG", "quantity": 3, "unit_cost": "0.125"}]}'),
       send_purchase_order('BI-3'), receive_purchase_order('BI-3'), send_purchase_order('BI-4'), receive_purchase_order('BI-4');
SELECT record_bill('{"supplier": "bi-other", "number": "J-1", "currency": "JPY", "purchase_order": "BI-3", "lines": [{"line_no": 1, "quantity": "0.33", "unit_cost": "999.5"}], "total": 330}'),
       record_bill('{"supplier": "bi-other", "number": "K-1", "purchase_order": "BI-4", "lines": [{"line_no": 1, "quantity": 3, "unit_cost": "0.125"}], "tax": "0.001"}');
SELECT pay_bill('bi-other', 'J-1'), pay_bill('bi-other', 'K-1');
SELECT b.number, kind, account, amount, base_amount FROM ledger_entries JOIN oms.bills AS b ON b.bill_id = subject_no WHERE b.number IN ('J-1', 'K-1') ORDER BY posting_id, line_no;
-- once somebody knows, what is paid of such a bill is worth something, and what is owed is not
SELECT record_bill('{"supplier": "bi-other", "number": "K-2", "currency": "KWD", "lines": [{"sku": "BI-MUG", "quantity": 1, "unit_cost": 3}]}'), approve_bill('bi-other', 'K-2', 'right');
SELECT pay_bill('bi-other', 'K-2', '1 KWD'), put_fx_rate('2026-11-06', 'KWD', 'EUR', 2.5);
SELECT pay_bill('bi-other', 'K-2');
SELECT account, amount, base_amount FROM pg_temp.books WHERE bill = (SELECT bill_id FROM oms.bills WHERE number = 'K-2') AND kind = 'bill_payment';
-- who had no cost at all owes nothing as received
SELECT put_purchase_order('{"code": "BI-5", "supplier": "bi-other", "location": "bi-a", "lines": [{"sku": "BI-TEA", "quantity": 1}]}'), put_sku('{"code": "BI-NEW"}'),
       put_purchase_order('{"code": "BI-6", "supplier": "bi-other", "location": "bi-a", "lines": [{"sku": "BI-NEW", "quantity": 1}]}'), send_purchase_order('BI-6'), receive_purchase_order('BI-6');
SELECT record_bill('{"supplier": "bi-other", "number": "N-1", "purchase_order": "BI-6", "lines": [{"line_no": 1, "quantity": 1, "unit_cost": "7"}]}');
SELECT account, amount FROM pg_temp.books WHERE bill = (SELECT bill_id FROM oms.bills WHERE number = 'N-1');
-- a purchase order of which there is a bill keeps its lines
SELECT record_bill('{"supplier": "bi-other", "number": "N-2", "purchase_order": "BI-5", "lines": [{"line_no": 1, "quantity": 1, "unit_cost": "7"}]}');
SELECT put_purchase_order('{"code": "BI-5", "lines": [{"sku": "BI-TEA", "quantity": 2}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM check_invariants();
SELECT currency, sum(balance) AS balance, sum(base_balance) AS base_balance FROM oms_report.trial_balance GROUP BY currency ORDER BY 1;
SELECT memo, count(*) FROM oms_report.journal WHERE subject_no = 7001 GROUP BY memo ORDER BY 1;

/*
 * By hand nothing
 */
\set VERBOSITY terse
UPDATE oms.bills SET status = 'paid';
DELETE FROM bill_lines;
INSERT INTO bill_payments (bill_id, payment_no, amount) VALUES (7001, 3, '1 EUR');
UPDATE purchase_order_lines SET billed = 1;
TRUNCATE oms.bills CASCADE;
\set VERBOSITY default
CREATE ROLE regress_oms_clerk;
SELECT grant_access('regress_oms_clerk');
SET LOCAL ROLE regress_oms_clerk;
SELECT pg_temp.bill('M-9', '{"lines": [{"line_no": 4, "quantity": 6, "unit_cost": "1"}]}');
SELECT approve_bill('bi-mill', 'M-9', 'on their way'), pay_bill('bi-mill', 'M-9', '1 EUR'), reject_bill('bi-mill', 'M-7', 'wrong');
RESET ROLE;

-- what no trigger sees is found
SET LOCAL session_replication_role = replica;
UPDATE bill_lines SET total = '0.01 EUR' WHERE bill_id = 7002;
UPDATE bill_payments SET amount = '1 EUR' WHERE bill_id = 7001 AND payment_no = 1;
UPDATE purchase_order_lines SET billed = 3 WHERE billed = '4';
UPDATE purchase_receipts SET billed_value = '1 JPY' WHERE billed_value = '330 JPY';
UPDATE oms.bills SET base_open = '1 EUR' WHERE bill_id = 7003;
UPDATE oms.bills SET tax = '0 EUR', goods = '148.98 EUR' WHERE bill_id = 7001;
UPDATE alerts SET status = 'open', closed_at = NULL WHERE kind = 'bill_mismatched' AND key = 'bi-mill/M-4';
SELECT * FROM oms_internal.check_bills() ORDER BY invariant COLLATE "C", key COLLATE "C";
SELECT * FROM oms_internal.check_bill_ledger() ORDER BY invariant COLLATE "C", key COLLATE "C";
ROLLBACK;
