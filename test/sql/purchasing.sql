-- suppliers by document
\set SHOW_CONTEXT never
\pset null (null)
CREATE TEMPORARY VIEW shown AS
SELECT p.code, p.name, p.email, p.currency, s.code AS sku, supplier_sku, t.cost, lead_time_days, lead_time_sd_days, min_quantity, pack_size
FROM oms.suppliers AS p LEFT JOIN oms.supplier_skus AS t USING (supplier_id) LEFT JOIN oms.skus AS s USING (sku_id)
WHERE p.code LIKE 'pu-%'
ORDER BY p.code COLLATE "C", s.code COLLATE "C";
SELECT oms.put_sku('{"code": "pu-a"}'), oms.put_sku('{"code": "pu-b"}');

SELECT oms.put_supplier('{"code": "pu-min", "currency": "USD"}');
SELECT oms.put_supplier('{"code": "pu-mill", "name": "Mill", "email": "sales@pu.example", "currency": "EUR", "skus": [
    {"sku": "pu-a", "supplier_sku": "4711", "cost": "3.10 EUR", "lead_time_days": 7, "lead_time_sd_days": "1.5",
     "min_quantity": 24, "pack_size": 12},
    {"sku": "pu-b", "cost": "2 EUR"}]}');
TABLE shown;

-- what is left out stays, other SKUs too; null clears
SELECT oms.put_supplier('{"code": "pu-mill", "email": null, "skus": [{"sku": "pu-a", "supplier_sku": null, "cost": "3.20 EUR"}]}');
TABLE shown;

-- faults
SELECT oms.put_supplier('{"code": "pu-bad"}');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.put_supplier('{"code": "pu-bad", "currency": "EUR", "email": "x", "skus": [{"sku": "pu-a", "cost": 3, "pack_size": 0},
    {"cost": "1 EUR", "lead_time_days": -1}]}');
SELECT oms.put_supplier('{"code": "pu-bad", "currency": "EUR", "skus": [{"sku": "pu-a", "cost": "1 EUR"}, {"sku": "pu-b", "cost": "1 EUR"},
    {"sku": "pu-a", "cost": "2 EUR"}]}');
SELECT oms.put_supplier('{"code": "pu-bad", "currency": "EUR", "skus": [{"sku": "pu-none", "cost": "1 EUR"}, {"sku": "pu-a", "cost": "1 EUR"},
    {"sku": "pu-neither", "cost": "1 EUR"}]}');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM shown WHERE code = 'pu-bad';

-- the tables keep their rules, whoever writes
\set VERBOSITY terse
INSERT INTO oms.suppliers (code, name, currency) VALUES ('pu-raw', 'x', 'EURO');
INSERT INTO oms.supplier_skus (supplier_id, sku_id, cost)
SELECT supplier_id, sku_id, '-1 EUR' FROM oms.suppliers, oms.skus WHERE suppliers.code = 'pu-min' AND skus.code = 'pu-a';
INSERT INTO oms.supplier_skus (supplier_id, sku_id, cost, pack_size)
SELECT supplier_id, sku_id, '1 EUR', 0 FROM oms.suppliers, oms.skus WHERE suppliers.code = 'pu-min' AND skus.code = 'pu-a';
INSERT INTO oms.supplier_skus (supplier_id, sku_id, cost, lead_time_sd_days)
SELECT supplier_id, sku_id, '1 EUR', -1 FROM oms.suppliers, oms.skus WHERE suppliers.code = 'pu-min' AND skus.code = 'pu-a';
\set VERBOSITY default

-- rows by COPY are as good
COPY oms.suppliers (code, name, currency) FROM stdin;
pu-copy	Copied	JPY
\.
SELECT oms.put_supplier('{"code": "pu-copy", "skus": [{"sku": "pu-a", "cost": "500 JPY"}]}');
SELECT code, name, currency, sku, cost FROM shown WHERE code = 'pu-copy';

-- quantity breaks, calendar, limits and tolerances
CREATE TEMPORARY VIEW breaks AS
SELECT s.code AS sku, b.min_quantity, b.cost
FROM oms.supplier_cost_breaks AS b JOIN oms.suppliers AS p USING (supplier_id) JOIN oms.skus AS s USING (sku_id)
WHERE p.code = 'pu-mill' ORDER BY s.code COLLATE "C", b.min_quantity;
SELECT oms.put_supplier('{"code": "pu-mill", "order_days": [1, 4], "holidays": ["2026-12-24"], "min_order": "100 EUR", "auto_approve_limit": "500 EUR",
    "payment_days": 14, "over_receipt_rate": 0.05, "under_receipt_units": 2, "price_tolerance_rate": "0.02", "skus": [
    {"sku": "pu-a", "cost": "3.20 EUR", "cost_breaks": [{"min_quantity": 100, "cost": "2.90 EUR"}, {"min_quantity": "24.5", "cost": "3 EUR"}],
     "rank": 1, "max_quantity": 240, "over_receipt_units": 12, "under_receipt_rate": 0},
    {"sku": "pu-b", "cost": "2 EUR", "cost_breaks": [{"min_quantity": 10, "cost": "1.90 EUR"}]}]}');
SELECT order_days, holidays, min_order, auto_approve_limit, payment_days, over_receipt_rate, over_receipt_units, under_receipt_rate, under_receipt_units,
       price_tolerance_rate FROM oms.suppliers WHERE code = 'pu-mill';
SELECT s.code, t.rank, min_quantity, max_quantity, t.over_receipt_rate, t.over_receipt_units, t.under_receipt_rate, t.under_receipt_units
FROM oms.supplier_skus AS t JOIN oms.skus AS s USING (sku_id) JOIN oms.suppliers AS p USING (supplier_id) WHERE p.code = 'pu-mill' ORDER BY 1;
TABLE breaks;
SELECT q AS quantity, oms_internal.supplier_cost(supplier_id, sku_id, q::oms.quantity) AS cost
FROM oms.supplier_skus JOIN oms.skus AS s USING (sku_id) JOIN oms.suppliers AS p USING (supplier_id), unnest(ARRAY['0', '24', '24.5', '99.999999', '100', '5000']) WITH ORDINALITY AS u(q, n)
WHERE s.code = 'pu-a' AND p.code = 'pu-mill' ORDER BY n;
SELECT oms_internal.supplier_cost(-1, -1, '1');
-- breaks stay unless they are named, and are replaced as a whole
SELECT oms.put_supplier('{"code": "pu-mill", "order_days": null, "min_order": null, "skus": [{"sku": "pu-a", "cost": "3.30 EUR", "max_quantity": null},
    {"sku": "pu-b", "cost": "2 EUR", "cost_breaks": []}]}');
TABLE breaks;
SELECT oms.put_supplier('{"code": "pu-mill", "skus": [{"sku": "pu-a", "cost": "3.30 EUR", "cost_breaks": [{"min_quantity": 50, "cost": "3 EUR"}]}]}');
TABLE breaks;
SELECT oms.put_supplier('{"code": "pu-mill", "min_order": "100 USD", "auto_approve_limit": "5 JPY", "skus": [{"sku": "pu-a", "cost": "3.30 EUR", "min_quantity": 5,
    "max_quantity": 4, "cost_breaks": [{"min_quantity": 50, "cost": "3 USD"}, {"min_quantity": "50.0", "cost": "3 EUR"}]}]}');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.put_supplier('{"code": "pu-mill", "order_days": [0, 8], "holidays": ["2026-02-30"], "over_receipt_rate": 1.1, "payment_days": -1,
    "skus": [{"sku": "pu-a", "cost": "3 EUR", "cost_breaks": [{"min_quantity": 0, "cost": "3 EUR"}, {"cost": "-1 EUR"}], "max_quantity": 0, "rank": -1}]}');
-- with what is there already
SELECT oms.put_supplier('{"code": "pu-mill", "skus": [{"sku": "pu-a", "cost": "3.30 EUR", "max_quantity": 23}]}');
SELECT oms.put_supplier('{"code": "pu-mill", "currency": "USD"}');
TABLE breaks;
\set VERBOSITY terse
UPDATE oms.suppliers SET order_days = '{}' WHERE code = 'pu-mill';
UPDATE oms.suppliers SET order_days = '{1,9}' WHERE code = 'pu-mill';
UPDATE oms.suppliers SET min_order = '5 USD' WHERE code = 'pu-mill';
UPDATE oms.suppliers SET under_receipt_rate = 1.5 WHERE code = 'pu-mill';
UPDATE oms.supplier_skus SET max_quantity = 1 WHERE min_quantity::numeric = 24;
INSERT INTO oms.supplier_cost_breaks SELECT supplier_id, sku_id, 0, '1 EUR' FROM oms.supplier_cost_breaks;
\set VERBOSITY default

DELETE FROM oms.suppliers WHERE code LIKE 'pu-%';
SELECT count(*) FROM breaks;
DELETE FROM oms.skus WHERE code LIKE 'pu-%';
