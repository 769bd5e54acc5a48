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

DELETE FROM oms.suppliers WHERE code LIKE 'pu-%';
DELETE FROM oms.skus WHERE code LIKE 'pu-%';
