-- events of invoices and credit notes, as a consumer reads them; in a database of
-- its own, as what is read must have been committed
SET client_min_messages = warning;
CREATE DATABASE regress_event_invoice;
\c regress_event_invoice
SET client_min_messages = warning;
CREATE EXTENSION oms CASCADE;
SELECT oms.install() = oms.version() AS installed;
SET search_path = oms, public;
SET oms.now = '2026-11-02 10:00:00+00';
\set ECHO none
\i test/event/reader.sql
\set ECHO all
SELECT put_channel('{"code": "web", "currency": "EUR"}'), put_location('{"code": "porto", "country": "PT", "lat": 41.15, "lon": -8.61}'),
       put_sku('{"code": "TEE", "price": "12.50 EUR"}'), receive_stock('TEE', 'porto', 100),
       put_customer('{"reference": "C-7", "name": "Ana Lda", "kind": "company", "payment_terms_days": 14, "credit_limit": "100 EUR"}') > 0 AS customer,
       put_dunning_level('{"level": 1, "name": "Reminder", "days_overdue": 7}'),
       put_dunning_level('{"level": 2, "name": "Last notice", "days_overdue": 21, "fee": "5.00 EUR"}');

-- two shirts in two parcels are two invoices, to be paid in a fortnight
SELECT place_order('{"channel": "web", "reference": "E-1", "customer": {"reference": "C-7"}, "lines": [{"sku": "TEE", "quantity": 2, "tax": "5.75"}],
    "ship_to": {"country": "PT", "lat": 41.2, "lon": -8.6}, "shipping": {"price": 4, "tax": 0}}');
SELECT pack(1, 1), ship(1, 1), issue_invoice(1), issue_invoice(1) AS again;
CALL read_on();
SELECT * FROM news();

-- overdue, and overdue for longer; in the end a part of it is paid
SET oms.now = '2026-11-23 10:00:00+00';
SELECT dun_invoices(), dun_invoices() AS again;
SELECT add_payment(1, '{"method": "bank_transfer", "amount": "20", "status": "captured"}');
SET oms.now = '2026-12-08 10:00:00+00';
SELECT run_job('dun_invoices') ->> 'rows' AS dunned;
CALL read_on();
SELECT * FROM news();

-- a charge is taken back, by an allowance and by a claim; the notes get their numbers later
SELECT refund(1, '3 EUR', 'a scratch'), claim_items(1, '[{"line_no": 1, "quantity": 1}]', 'missing');
CALL read_on();
SELECT * FROM news();
SELECT run_job('issue_invoices') ->> 'rows' AS issued;
CALL read_on();
SELECT * FROM news();
-- each amount is that of a row
SELECT invoice_no, kind, reason, name, total, (SELECT data ->> 'total' FROM events AS e WHERE e.order_id = i.order_id AND type LIKE '%.issued' AND type NOT LIKE 'refund%' AND subject_no = invoice_no) AS issued
FROM invoices AS i ORDER BY invoice_no;

-- all that is listed has occurred, with the keys that are listed
SELECT * FROM disagreements('invoice', 'credit_note');
SELECT * FROM check_invariants();
\c postgres
DROP DATABASE regress_event_invoice;
