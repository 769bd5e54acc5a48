-- invoices as documents: languages, escaping, taxes, credit notes; and invariants of invoices
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET oms.now = '2026-11-02 10:00:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;

\o /dev/null
INSERT INTO organizations (code, name, legal_name, address, tax_id, bank_account, invoice_note)
VALUES ('html-org', 'Acme', 'Acme <Trading> & Sons', '{"line1": "Rua 1", "postcode": "4000-001", "city": "Porto", "country": "PT"}', 'PT 1', 'IBAN "X"', 'Register');
SELECT put_channel('{"code": "html-web", "name": "Web", "currency": "EUR", "organization": "html-org"}'), put_channel('{"code": "html-jpy", "name": "Yen & co", "currency": "JPY"}'),
       put_location('{"code": "html-here", "lat": 41, "lon": -8}'),
       put_product('{"code": "HTML-TEE", "name": "Shirt", "names": {"pt": "Camisa", "de": "Hemd", "pt-BR": "Camiseta"}}'),
       put_sku('{"code": "HTML-TEE", "product": "HTML-TEE", "price": "1234.50 EUR"}'),
       put_sku('{"code": "HTML-X", "name": "<img src=x onerror=alert(1)>", "price": "0.0425 EUR", "tax_category": "books"}'),
       put_tax_rate('{"country": "PT", "rate": 0.23}'), put_tax_rate('{"country": "PT", "rate": 0.06, "category": "books"}'),
       put_customer('{"reference": "html-ana", "name": "Ana </title><script>alert(1)</script>", "language": "pt-BR", "tax_id": "PT <2>", "payment_terms_days": 10}'),
       put_customer('{"reference": "html-free", "name": "Free", "kind": "company", "tax_id": "PT 3", "tax_exempt": true}'),
       receive_stock('HTML-TEE', 'html-here', 100), receive_stock('HTML-X', 'html-here', 1000);
ALTER SEQUENCE orders_order_id_seq RESTART 7101;
\o
-- the text of a document, a line each row, without what is between
CREATE FUNCTION pg_temp.page(order_id bigint, invoice_no integer, language text DEFAULT NULL) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT btrim(regexp_replace(regexp_replace(line, '<br>|</th>|</td>|</strong>|<small>|</p><p>|</h2>|</small>', ' | ', 'g'), '<[^>]*>', '', 'g'))
    FROM regexp_split_to_table(regexp_replace(oms.invoice_html(order_id, invoice_no, language), '<style>.*</style>', ''), '\n') AS line
    WHERE btrim(regexp_replace(line, '<[^>]*>', '', 'g')) <> ''
$$;
SELECT place_order('{"channel": "html-web", "reference": "html-1 <b>", "placed_at": "2026-10-05T08:00:00Z", "customer": {"reference": "html-ana"},
    "ship_to": {"name": "A & B", "line1": "Rua \"2\"", "city": "Porto", "postcode": "4000-002", "country": "PT", "lat": 41, "lon": -8},
    "bill_to": {"company": "C <i>", "city": "Chicago", "region": "IL", "postcode": "60601", "country": "US"},
    "lines": [{"sku": "HTML-TEE", "quantity": 2}, {"sku": "HTML-X", "quantity": 250}], "shipping": {"price": "4.90", "tax": "1.13"}, "discounts": [{"amount": "5"}],
    "payments": [{"method": "bank_transfer", "amount": "100", "status": "captured"}, {"method": "card", "amount": "3000", "status": "authorized"}]}');
SELECT pack(7101, 1), ship(7101, 1), issue_invoice(7101);
SELECT * FROM pg_temp.page(7101, 1);
SELECT * FROM pg_temp.page(7101, 1, 'de-CH');
-- nothing of what users wrote is markup
SELECT regexp_matches(invoice_html(7101, 1), '<(script|img|b|i|2|Trading)\M[^>]*>', 'g');
SELECT count(*) AS tags, count(*) FILTER (WHERE t[1] ~ '^<(!DOCTYPE|/?(html|head|meta|title|style|body|main|header|p|strong|br|h1|small|section|div|h2|table|tr|th|td|thead|tbody|footer))\M') AS known
FROM regexp_matches(invoice_html(7101, 1), '<[^>]*>', 'g') AS t \gset
SELECT :tags = :known AS all_known;
-- each language has every label, and English is what others get
SELECT language, cardinality(labels) = (SELECT count(*) FROM jsonb_object_keys(oms_internal.invoice_labels(labels))) AS complete,
       array_position(labels, NULL) IS NULL AND '' <> ALL (labels) AS written
FROM oms_internal.invoice_languages() ORDER BY language;
SELECT l AS language, substring(invoice_html(7101, 1, l) FROM '<html lang="..">') AS html, substring(invoice_html(7101, 1, l) FROM '<h1>(.*?)<') AS title,
       oms_internal.local_number(-1234567.50, l) AS number, oms_internal.local_date('2026-03-05', l) AS day
FROM unnest(ARRAY['en', 'en-US', 'de', 'de-AT', 'de-CH', 'fr', 'fr-CH', 'es', 'es-MX', 'pt', 'pt-BR', 'it', 'nl', 'pl', 'PL', 'sv', 'zh-Hant', '', '''<x>']) AS l;
SELECT oms_internal.local_number(n, 'de') FROM unnest(ARRAY[0, 999, 1000, 1234.5, -0.005, 1000000]) AS n;
-- a credit note names its invoice; one without a number is a draft
SELECT refund(7101, '50 EUR', 'faded');
SELECT substring(invoice_html(7101, 2, 'en') FROM '<title>(.*)</title>');
SELECT issue_invoice(7101);
SELECT * FROM pg_temp.page(7101, 2, 'fr');
SELECT * FROM pg_temp.page(7101, 1, 'en') AS line WHERE line ~ 'Credited|Paid|Balance|Total';
-- exempt, without decimals, due at once, without an organization
SELECT place_order('{"channel": "html-jpy", "reference": "html-2", "customer": {"reference": "html-free"}, "ship_to": {"country": "PT", "lat": 41, "lon": -8},
    "lines": [{"sku": "HTML-TEE", "quantity": 3, "unit_price": 1000, "tax": 0}], "shipping": {"price": "0"}, "payments": [{"method": "card", "amount": "3000", "status": "captured"}]}');
SELECT pack(7102, 1), ship(7102, 1), issue_invoice(7102);
SELECT * FROM pg_temp.page(7102, 1, 'nl');
-- what is refused
SELECT invoice_html(7101, 3); \echo :LAST_ERROR_SQLSTATE
SELECT invoice_html(7100, 1); \echo :LAST_ERROR_SQLSTATE
SELECT invoice_html(NULL, 1); \echo :LAST_ERROR_SQLSTATE

/*
 * What check_invariants() sees
 */
CREATE FUNCTION pg_temp.after(statements text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    violations text[];
BEGIN
    BEGIN
        SET LOCAL session_replication_role = replica;
        EXECUTE statements;
        violations := ARRAY(SELECT v::text FROM oms.check_invariants() AS v
                            WHERE v.invariant ~ 'invoice|number|series|closed' ORDER BY v::text COLLATE "C");
        RAISE SQLSTATE 'UNDO0';
    EXCEPTION WHEN SQLSTATE 'UNDO0' THEN
        NULL;
    END;
    RETURN QUERY SELECT unnest(violations);
END
$$;
SELECT * FROM pg_temp.after('SELECT 1');
SELECT * FROM pg_temp.after('UPDATE invoices SET number = number + 5 WHERE order_id = 7102');
SELECT * FROM pg_temp.after('UPDATE invoice_series SET next_number = next_number + 1 WHERE code = ''credit_note''');
SELECT * FROM pg_temp.after('UPDATE invoices SET issued_on = ''2026-11-01'' WHERE order_id = 7102');
SELECT * FROM pg_temp.after('UPDATE invoice_lines SET tax = tax + ''1 JPY'' WHERE order_id = 7102');
SELECT * FROM pg_temp.after('UPDATE invoice_lines SET quantity = 4 WHERE order_id = 7102');
SELECT * FROM pg_temp.after('UPDATE invoices SET goods = goods - ''1 JPY'', total = total - ''1 JPY'' WHERE order_id = 7102;
    UPDATE invoice_lines SET goods = goods - ''1 JPY'' WHERE order_id = 7102 AND line_no = 1');
SELECT * FROM pg_temp.after('UPDATE invoices SET closed = true WHERE order_id = 7101');
ROLLBACK;
