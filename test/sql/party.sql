-- customers by document
\set SHOW_CONTEXT never
\pset null (null)
CREATE TEMPORARY VIEW shown AS
SELECT reference, email, name, kind, customer_group, language, tax_id, credit_limit, payment_terms_days, metadata
FROM oms.customers
WHERE reference LIKE 'pa-%' OR email ILIKE '%@pa.example';

-- known by a reference
SELECT oms.put_customer('{"reference": "pa-1", "email": "Ana@pa.example", "name": "Ana B", "kind": "company", "group": "vip",
    "language": "pt-BR", "tax_id": "PT 501", "credit_limit": "500.00 EUR", "payment_terms_days": 30,
    "metadata": {"since": 2019}}') AS id \gset
TABLE shown \gx
SELECT oms.put_customer('{"reference": "pa-1", "email": "ana.b@pa.example"}') = :id AS same;
TABLE shown \gx
SELECT oms.put_customer('{"reference": "pa-1", "email": null, "name": "", "group": null, "language": null, "tax_id": null,
    "credit_limit": null, "payment_terms_days": null, "metadata": null}') = :id AS same;
TABLE shown \gx

-- a guest is known by e-mail, in any case of letters; others may share it
SELECT oms.put_customer('{"email": "Bo@pa.example", "name": "Bo"}') AS id \gset
SELECT oms.put_customer('{"email": "bo@PA.example", "group": "retail"}') = :id AS same;
SELECT oms.put_customer('{"reference": "pa-2", "email": "bo@pa.example"}') = :id AS same;
SELECT oms.put_customer('{"reference": null, "email": "bo@pa.example", "language": "fr"}') = :id AS same;
SELECT reference, email, name, customer_group, language FROM shown ORDER BY reference, email COLLATE "C";

-- faults
SELECT oms.put_customer('{"name": "Nobody"}');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.put_customer('{"reference": "pa-3", "email": "at home", "kind": "robot", "language": "Klingon!", "credit_limit": 500,
    "payment_terms_days": -1, "customer_group": "vip"}');
SELECT oms.put_customer('{"reference": null, "email": null}');
SELECT count(*) FROM shown WHERE reference = 'pa-3';

-- the table keeps its rules, whoever writes
\set VERBOSITY terse
INSERT INTO oms.customers (name) VALUES ('Nobody');
INSERT INTO oms.customers (reference, kind) VALUES ('pa-raw', 'robot');
INSERT INTO oms.customers (reference, payment_terms_days) VALUES ('pa-raw', -1);
INSERT INTO oms.customers (reference, credit_limit) VALUES ('pa-raw', '-1 EUR');
INSERT INTO oms.customers (reference) VALUES ('pa-1');
INSERT INTO oms.customers (email) VALUES ('BO@pa.example');
\set VERBOSITY default

-- rows by COPY are as good
COPY oms.customers (reference, email, credit_limit) FROM stdin;
pa-copy	copy@pa.example	100 USD
\.
SELECT oms.put_customer('{"reference": "pa-copy", "kind": "company"}') > 0 AS found;
SELECT reference, email, kind, credit_limit FROM shown WHERE reference = 'pa-copy';

DELETE FROM oms.customers WHERE reference LIKE 'pa-%' OR email ILIKE '%@pa.example';
