-- invoices: what has left, numbers without gaps, and what is open
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;

\o /dev/null
INSERT INTO organizations (code, name) VALUES ('inv-org', 'Acme');
SELECT put_channel('{"code": "inv-web", "currency": "EUR"}'), put_channel('{"code": "inv-pre", "currency": "EUR", "invoice": "on_order"}'),
       put_channel('{"code": "inv-yen", "currency": "JPY", "organization": "inv-org"}'),
       put_location('{"code": "inv-here", "lat": 41, "lon": -8}'),
       put_sku('{"code": "INV-TEE", "price": "9.99 EUR"}'), put_sku('{"code": "INV-PIN", "price": "0.33 EUR"}'), put_sku('{"code": "INV-GIFT", "price": "0 EUR"}'),
       put_customer('{"reference": "inv-acme", "name": "Acme", "payment_terms_days": 30}'), put_customer('{"reference": "inv-ana", "name": "Ana"}'),
       put_tax_rate('{"country": "PT", "rate": 0.23, "included": true}'), put_tax_rate('{"country": "AU", "rate": 0.1}'),
       receive_stock('INV-TEE', 'inv-here', 1000), receive_stock('INV-PIN', 'inv-here', 1000), receive_stock('INV-GIFT', 'inv-here', 1000);
ALTER SEQUENCE orders_order_id_seq RESTART 7001;
\o
CREATE FUNCTION pg_temp.place(channel text, customer text, lines jsonb, extra jsonb DEFAULT '{}') RETURNS bigint LANGUAGE sql AS $$
    SELECT oms.place_order(jsonb_build_object(
        'channel', channel, 'reference', 'inv-' || (SELECT count(*) FROM oms.orders), 'customer', jsonb_build_object('reference', customer),
        'ship_to', '{"country": "PT", "lat": 41, "lon": -8}'::jsonb, 'shipping', '{"price": "4.90"}'::jsonb, 'lines', lines,
        'payments', '[{"method": "card", "amount": "1000", "status": "authorized"}]'::jsonb) || extra)
$$;
CREATE VIEW pg_temp.bills AS
    SELECT order_id, invoice_no AS no, kind, reason, name, goods, shipping, discount, tax, total, issued_on, due_on
    FROM oms.invoices WHERE order_id > 7000 ORDER BY order_id, invoice_no;
CREATE VIEW pg_temp.bill_lines AS
    SELECT order_id, invoice_no AS no, line_no AS line, quantity, goods, discount, tax, tax_rate, tax_jurisdiction
    FROM oms.invoice_lines WHERE order_id > 7000 ORDER BY order_id, invoice_no, line_no;
CREATE VIEW pg_temp.balances AS
    SELECT order_id, invoice_no AS no, kind, total, credited, paid, open, status FROM oms.invoice_balances
    WHERE order_id > 7000 ORDER BY order_id, invoice_no;

/*
 * What has left, once; shipping with the first
 */
SELECT pg_temp.place('inv-web', 'inv-acme', '[{"sku": "INV-TEE", "quantity": 3}, {"sku": "INV-PIN", "quantity": 7, "discount": "0.10"}, {"sku": "INV-GIFT", "quantity": 1}]',
                     '{"discounts": [{"amount": "5.01"}]}');
SELECT issue_invoice(7001), issue_invoice(7001, 'inv-none'), issue_invoice(7001, 'inv-none');
SELECT pack(7001, 1), ship(7001, 1);
SELECT issue_invoice(7001, 'inv-1'), issue_invoice(7001, 'inv-1'), issue_invoice(7001);
SELECT * FROM pg_temp.bills;
SELECT * FROM pg_temp.bill_lines;
SELECT i.total = o.total AS whole FROM invoices i JOIN orders o USING (order_id) WHERE order_id = 7001;
SELECT sequence > 10, type, subject_no, data FROM events WHERE order_id = 7001 AND type ~ '^(invoice|credit)';
SELECT get_order(7001) -> 'invoices' AS invoices;

/*
 * A channel that invoices on order: once it is confirmed, and what is cancelled then is corrected
 */
SELECT pg_temp.place('inv-pre', 'inv-ana', '[{"sku": "INV-TEE", "quantity": 3}]', '{"payments": []}');
SELECT issue_invoice(7002);
SELECT add_payment(7002, '{"method": "card", "amount": "40", "status": "authorized"}'), issue_invoice(7002), issue_invoice(7002);
SELECT hold_order(7002, 'doubt'), issue_invoice(7002), release_hold(7002, 'doubt'), issue_invoice(7002);
SELECT cancel_order(7002, 'one less', '[{"line_no": 1, "quantity": 1}]'), issue_invoice(7002);
SELECT cancel_order(7002, 'none'), issue_invoice(7002), issue_invoice(7002);
SELECT * FROM pg_temp.bills WHERE order_id = 7002;
SELECT * FROM pg_temp.balances WHERE order_id = 7002;

/*
 * Whatever leaves or is cancelled, in whatever steps: all adds up to the cent
 */
CREATE FUNCTION pg_temp.steps(order_id bigint, seed double precision) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    f record;
BEGIN
    PERFORM setseed(seed);
    LOOP
        -- one unit of one line is cut off, and what is left goes
        SELECT l.line_no, l.quantity - l.cancelled - l.shipped AS open INTO f FROM oms.order_lines l
        WHERE l.order_id = steps.order_id AND l.quantity - l.cancelled > l.shipped ORDER BY random() LIMIT 1;
        EXIT WHEN NOT FOUND;
        IF random() < 0.4 THEN
            PERFORM oms.cancel_order(steps.order_id, 'x', jsonb_build_array(jsonb_build_object('line_no', f.line_no, 'quantity', 1)));
        ELSE
            SELECT x.fulfillment_no INTO f FROM oms.fulfillments x WHERE x.order_id = steps.order_id AND x.status = 'released' ORDER BY random() LIMIT 1;
            IF FOUND THEN
                PERFORM oms.pack(steps.order_id, f.fulfillment_no);
                PERFORM oms.ship(steps.order_id, f.fulfillment_no);
            END IF;
        END IF;
        IF random() < 0.7 THEN
            PERFORM oms.issue_invoice(steps.order_id);
        END IF;
    END LOOP;
    PERFORM oms.issue_invoice(steps.order_id);
END
$$;
-- each line of its own fulfillment, from its own place
\o /dev/null
SELECT put_location(jsonb_build_object('code', 'inv-' || i, 'lat', 41 + i / 10.0, 'lon', -8)), put_sku(jsonb_build_object('code', 'INV-S' || i, 'price', (0.37 * i + 0.01) || ' EUR')),
       receive_stock('INV-S' || i, 'inv-' || i, 1000)
FROM generate_series(1, 4) AS i;
SELECT pg_temp.place(CASE WHEN n % 3 = 0 THEN 'inv-pre' ELSE 'inv-web' END, 'inv-ana',
    (SELECT jsonb_agg(jsonb_build_object('sku', 'INV-S' || i, 'quantity', 1 + (n * i) % 5, 'discount', CASE WHEN i % 2 = 0 THEN '0.07' ELSE '0' END)) FROM generate_series(1, 4) AS i),
    jsonb_build_object('discounts', jsonb_build_array(jsonb_build_object('amount', n * 0.11)),
                       'ship_to', jsonb_build_object('country', CASE WHEN n % 2 = 0 THEN 'PT' ELSE 'AU' END, 'lat', 41, 'lon', -8)))
FROM generate_series(1, 60) AS n;
SELECT pg_temp.steps(order_id, order_id % 100 / 100.0) FROM orders WHERE order_id > 7002;
\o
SELECT count(*) AS orders, count(*) FILTER (WHERE n > 1) > 10 AS in_several, count(*) FILTER (WHERE corrected) > 1 AS corrected,
       count(*) FILTER (WHERE i.total IS DISTINCT FROM minor(o.total)) AS wrong
FROM orders o
LEFT JOIN (SELECT order_id, count(*) AS n, sum(minor(total)) AS total, bool_or(reason = 'correction') AS corrected FROM invoices GROUP BY order_id) i USING (order_id)
WHERE order_id > 7002 AND EXISTS (SELECT FROM order_lines l WHERE l.order_id = o.order_id AND l.shipped > 0);
SELECT order_id, l.line_no FROM order_lines l
WHERE order_id > 7002 AND l.shipped IS DISTINCT FROM
      (SELECT coalesce(sum(x.quantity), '0') FROM invoice_lines x WHERE x.order_id = l.order_id AND x.line_no = l.line_no);

/*
 * Series: the channel's before its organization's before the general one
 */
SELECT put_invoice_series('{"code": "inv-org", "kind": "invoice", "organization": "inv-org", "prefix": "O/", "yearly": true, "digits": 3, "next_number": 999}');
SELECT pg_temp.place('inv-yen', 'inv-acme', jsonb_build_array(jsonb_build_object('sku', 'INV-GIFT', 'quantity', 3, 'unit_price', '100')),
    '{"shipping": {"price": "0"}, "payments": [{"method": "card", "amount": "10000", "status": "captured"}]}') AS yen \gset
SELECT pack(:yen, 1), ship(:yen, 1), issue_invoice(:yen);
SELECT put_invoice_series('{"code": "inv-yen", "kind": "invoice", "channel": "inv-yen", "prefix": null}');
SELECT pg_temp.place('inv-yen', 'inv-acme', jsonb_build_array(jsonb_build_object('sku', 'INV-GIFT', 'quantity', 3, 'unit_price', '100')),
    '{"shipping": {"price": "0"}, "payments": [{"method": "card", "amount": "10000", "status": "captured"}]}') AS yen2 \gset
SELECT pack(:yen2, 1), ship(:yen2, 1), issue_invoice(:yen2);
SELECT name, total, series, series_year FROM invoices WHERE order_id IN (:yen, :yen2) ORDER BY order_id;
-- a new year begins at 1, and no day comes before that of an earlier number
DELETE FROM invoice_series WHERE code = 'inv-yen'; \echo :LAST_ERROR_SQLSTATE
SELECT put_invoice_series('{"code": "inv-yen", "channel": "inv-pre"}');
SET oms.now = '2027-01-01 00:10:00+00';
SELECT pg_temp.place('inv-yen', 'inv-acme', jsonb_build_array(jsonb_build_object('sku', 'INV-GIFT', 'quantity', 1, 'unit_price', '100')),
    '{"shipping": {"price": "0"}, "payments": [{"method": "card", "amount": "10000", "status": "captured"}]}') AS yen3 \gset
SELECT pack(:yen3, 1), ship(:yen3, 1), issue_invoice(:yen3);
SET oms.now = '2026-12-31 23:50:00+00';
SELECT pg_temp.place('inv-yen', 'inv-acme', jsonb_build_array(jsonb_build_object('sku', 'INV-GIFT', 'quantity', 1, 'unit_price', '100')),
    '{"shipping": {"price": "0"}, "payments": [{"method": "card", "amount": "10000", "status": "captured"}]}') AS yen4 \gset
SELECT pack(:yen4, 1), ship(:yen4, 1), issue_invoice(:yen4);
SELECT name, series_year, number, issued_on FROM invoices WHERE order_id IN (:yen3, :yen4) ORDER BY order_id;
-- what is refused
SELECT put_invoice_series('{"code": "inv-x"}');
SELECT put_invoice_series('{"code": "inv-x", "kind": "bill", "channel": "inv-web", "organization": "inv-org", "digits": 13, "next_number": 0, "colour": 1}');
SELECT put_invoice_series('{"code": "inv-x", "kind": "invoice", "channel": "inv-nowhere"}'); \echo :LAST_ERROR_SQLSTATE
SELECT put_invoice_series('{"code": "inv-x", "kind": "invoice", "organization": "inv-org"}'); \echo :LAST_ERROR_SQLSTATE
SELECT put_invoice_series('{"code": "inv-org", "next_number": 5}'); \echo :LAST_ERROR_SQLSTATE
SELECT put_invoice_series('{"code": "inv-org", "kind": "credit_note"}'); \echo :LAST_ERROR_SQLSTATE
SELECT put_invoice_series('{"code": "inv-org", "yearly": false}'); \echo :LAST_ERROR_SQLSTATE
SELECT put_invoice_series('{"code": "inv-org", "channel": "inv-web"}'); \echo :LAST_ERROR_SQLSTATE
SELECT put_invoice_series(NULL); \echo :LAST_ERROR_SQLSTATE
UPDATE invoice_series SET next_number = 1 WHERE code = 'inv-org'; \echo :LAST_ERROR_SQLSTATE
UPDATE invoices SET total = total; \echo :LAST_ERROR_SQLSTATE
DELETE FROM invoice_lines; \echo :LAST_ERROR_SQLSTATE
TRUNCATE dunnings; \echo :LAST_ERROR_SQLSTATE
SELECT issue_invoice(NULL); \echo :LAST_ERROR_SQLSTATE
SELECT issue_invoice(7000); \echo :LAST_ERROR_SQLSTATE
SELECT issue_invoice(7002, 'inv-1'); \echo :LAST_ERROR_SQLSTATE
SELECT issue_invoices(NULL) IS NULL, issue_invoices(0), issue_invoices(-5);

/*
 * What is open: credit notes, then payments, go to the oldest invoice first
 */
SET oms.now = '2026-11-02 10:00:00+00';
SELECT pg_temp.place('inv-web', 'inv-acme', '[{"sku": "INV-S1", "quantity": 1, "unit_price": 60}, {"sku": "INV-S4", "quantity": 1, "unit_price": 40}]',
    '{"shipping": {"price": "0"}, "ship_to": {"country": "ES", "lat": 41, "lon": -8}, "payments": []}') AS o \gset
SELECT pack(:o, 1), ship(:o, 1), issue_invoice(:o);
SELECT pack(:o, 2), ship(:o, 2), issue_invoice(:o);
SELECT no, total, due_on FROM pg_temp.bills WHERE order_id = :o;
SELECT * FROM pg_temp.balances WHERE order_id = :o;
SELECT add_payment(:o, '{"method": "bank_transfer", "amount": "70", "status": "captured"}');
SELECT * FROM pg_temp.balances WHERE order_id = :o;
SELECT customer, customer_name, currency, not_due, overdue_1_30, open, invoices FROM oms_report.receivables_ageing WHERE customer = 'inv-acme' AND currency = 'EUR';
-- by the ledger as by invoices: 30.00 of this order, and 32.07 of one before
SELECT customer, currency, orders, receivable, paid_before FROM oms_report.customer_receivables WHERE customer = 'inv-acme' AND currency = 'EUR';
SET oms.now = '2026-12-03 10:00:00+00';
SELECT * FROM pg_temp.balances WHERE order_id = :o;
SELECT number ~ '^INV-2026' AS numbered, customer, customer_name, days_overdue, open, status, dunning_level FROM oms_report.open_invoices WHERE order_id = :o;
-- a credit note as a return writes it
SET session_replication_role = replica;
INSERT INTO invoices (order_id, invoice_no, kind, reason, goods, shipping, discount, tax, fee, total)
VALUES (:o, 3, 'credit_note', 'return', '60 EUR', '0 EUR', '0 EUR', '0 EUR', '5 EUR', '55 EUR');
INSERT INTO invoice_lines (order_id, invoice_no, line_no, quantity, goods, discount, tax) VALUES (:o, 3, 1, 1, '60 EUR', '0 EUR', '0 EUR');
SET session_replication_role = origin;
SELECT oms_internal.post_ledger('credit_note', :o, 3, '{returns,restocking_fees,customer}', ARRAY['60 EUR', '-5 EUR', '-55 EUR']::amount[]) > 0 AS posted;
SELECT * FROM pg_temp.balances WHERE order_id = :o;
SELECT issue_invoice(:o);
SELECT no, kind, name, total, due_on FROM pg_temp.bills WHERE order_id = :o AND kind = 'credit_note';
SELECT type, subject_no, data FROM events WHERE order_id = :o AND type ~ 'credit';
SELECT refund(:o, '25 EUR', 'returned');
SELECT * FROM pg_temp.balances WHERE order_id = :o;

/*
 * Dunning: each level once, not sooner than they are apart, nobody who has paid or is spared
 */
SELECT put_dunning_level('{"level": 1, "days_overdue": 5, "name": "Reminder"}'), put_dunning_level('{"level": 2, "days_overdue": 15, "fee": "7.50 EUR"}');
SELECT put_dunning_level('{"level": 3, "days_overdue": 15}'); \echo :LAST_ERROR_SQLSTATE
SELECT put_dunning_level('{"level": 1, "days_overdue": 16}');
SELECT put_dunning_level('{"level": 0, "days_overdue": 0, "fee": "-1 EUR"}');
SELECT put_dunning_level('{"level": 2, "days_overdue": 14, "fee": "7.50 EUR"}');
SELECT level, name, days_overdue, fee FROM dunning_levels ORDER BY level;
SELECT pg_temp.place('inv-web', 'inv-acme', '[{"sku": "INV-S1", "quantity": 1, "unit_price": 50}]', '{"payments": [], "metadata": {"dunning": false}}') AS spared \gset
SELECT pg_temp.place('inv-web', 'inv-acme', '[{"sku": "INV-S1", "quantity": 1, "unit_price": 50}]', '{"payments": []}') AS late \gset
SELECT pack(:spared, 1), ship(:spared, 1), issue_invoice(:spared), pack(:late, 1), ship(:late, 1), issue_invoice(:late);
UPDATE customers SET metadata = '{"dunning": false}' WHERE reference = 'inv-ana';
SET oms.now = '2027-01-02';
SELECT dun_invoices() > 0;
SET oms.now = '2027-01-07';
SELECT dun_invoices() > 0, dun_invoices(0), dun_invoices(), dun_invoices(NULL) IS NULL;
SET oms.now = '2027-01-15';
SELECT dun_invoices();
SET oms.now = '2027-01-16';
SELECT dun_invoices(), dun_invoices();
SET oms.now = '2028-01-15';
SELECT dun_invoices() = 0;
SELECT order_id - :o AS "order", level, open, fee, dunned_on FROM dunnings WHERE order_id >= :o ORDER BY 1, 2;
SELECT type, subject_no, data FROM events WHERE order_id = :late AND type ~ 'dun';
-- what is paid is closed, and open again when money goes back
SELECT add_payment(:late, '{"method": "bank_transfer", "amount": "100", "status": "captured"}') AS paid \gset
SELECT closed FROM invoices WHERE order_id = :late;
SELECT dun_invoices();
SELECT closed FROM invoices WHERE order_id = :late;
SELECT refund(:late, '60 EUR', 'by mistake');
SELECT closed FROM invoices WHERE order_id = :late AND kind = 'invoice';

-- the day is that of the shop: in New York it is still the last of the year
INSERT INTO settings (name, value) VALUES ('time_zone', 'America/New_York');
SET oms.now = '2030-01-01 03:30:00+00';
SELECT pg_temp.place('inv-web', 'inv-acme', '[{"sku": "INV-S1", "quantity": 1, "unit_price": 50}]', '{"payments": []}') AS eve \gset
SELECT pack(:eve, 1), ship(:eve, 1), issue_invoice(:eve);
SELECT issued_on, due_on - issued_on AS days, invoice_html(:eve, 1) ~ 'January' AS january FROM invoices WHERE order_id = :eve;

SET CONSTRAINTS ALL IMMEDIATE;
SELECT * FROM check_invariants();
ROLLBACK;
