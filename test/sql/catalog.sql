-- products, SKUs and kits by document
\set SHOW_CONTEXT never
\pset null (null)
CREATE TEMPORARY VIEW shown AS
SELECT s.code, p.code AS product, s.name, gtin, weight_g, length_mm, width_mm, height_mm, tax_category, cost, decimals,
       units, backorder_limit, stocked, flags, active, is_kit, s.metadata, s.strategy,
       (SELECT string_agg(format('%s %s x%s', r.price::float8, r.currency, r.min_quantity), ', ' ORDER BY r.currency)
        FROM oms.prices AS r WHERE r.sku_id = s.sku_id) AS prices,
       (SELECT string_agg(format('%s %s', c.quantity, k.code), ', ' ORDER BY k.code COLLATE "C")
        FROM oms.kit_components AS c JOIN oms.skus AS k ON k.sku_id = c.component_sku_id
        WHERE c.sku_id = s.sku_id) AS kit
FROM oms.skus AS s LEFT JOIN oms.products AS p USING (product_id)
WHERE s.code LIKE 'ca-%';

-- with the least that creates one
SELECT oms.put_sku('{"code": "ca-min"}');
TABLE shown \gx

-- a product with its SKUs, one of them a kit of the others
SELECT oms.put_product('{"code": "ca-tee", "name": "Tee", "category": "apparel.shirts", "brand": "Ours",
    "names": {"fr": "Maillot", "pt": "Camisola"}, "metadata": {"season": 2026},
    "skus": [{"code": "ca-2", "name": "Pair", "kit": [{"sku": "ca-m", "quantity": 1}, {"sku": "ca-l", "quantity": "1"}]},
             {"code": "ca-m", "name": "Tee M", "gtin": "4006381333931", "weight_g": 200, "length_mm": 300, "width_mm": 200,
              "height_mm": 20, "tax_category": "clothing", "price": "12.50 EUR", "cost": "7.00 EUR", "decimals": 0,
              "units": {"case": 12}, "backorder_limit": 5, "stocked": true, "flags": ["final_sale"], "active": true,
              "metadata": {"colour": "red"}, "strategy": "fastest"},
             {"code": "ca-l", "price": "0.0425 EUR", "decimals": 3, "backorder_limit": 0, "flags": ["oversize", "hazardous"]}]}');
SELECT code, name, category, brand, names, metadata FROM oms.products WHERE code LIKE 'ca-%' \gx
SELECT * FROM shown WHERE code <> 'ca-min' ORDER BY code COLLATE "C" \gx

-- what is left out stays, of the product and of its SKUs
SELECT oms.put_product('{"code": "ca-tee", "brand": " ", "skus": [{"code": "ca-m", "weight_g": 210}]}');
SELECT name, category, brand FROM oms.products WHERE code = 'ca-tee';
SELECT * FROM shown WHERE code = 'ca-m' \gx

-- null clears
SELECT oms.put_sku('{"code": "ca-m", "product": null, "gtin": null, "weight_g": null, "length_mm": null, "width_mm": null,
    "height_mm": null, "tax_category": null, "cost": null, "units": null, "backorder_limit": null, "flags": [],
    "metadata": null, "strategy": null}');
SELECT * FROM shown WHERE code = 'ca-m' \gx
SELECT oms.put_product('{"code": "ca-tee", "category": null, "names": null, "metadata": null}');
SELECT code, name, category, brand, names, metadata FROM oms.products WHERE code LIKE 'ca-%' \gx

-- the price of the document is the one for everyone; one in another currency stands beside it
SELECT oms.put_sku('{"code": "ca-m", "price": "13 EUR"}'), oms.put_sku('{"code": "ca-m", "price": "1500 JPY"}');
SELECT prices FROM shown WHERE code = 'ca-m';

-- a kit is replaced as a whole, and is none without components
SELECT oms.put_sku('{"code": "ca-2", "kit": [{"sku": "ca-l", "quantity": 3}]}');
SELECT is_kit, kit FROM shown WHERE code = 'ca-2';
SELECT oms.put_sku('{"code": "ca-2", "kit": null}');
SELECT is_kit, kit FROM shown WHERE code = 'ca-2';
SELECT oms.put_sku('{"code": "ca-2", "kit": [{"sku": "ca-l", "quantity": 0.5}, {"sku": "ca-m", "quantity": 2}]}');
SELECT is_kit, kit FROM shown WHERE code = 'ca-2';

-- no kit in a kit
SELECT oms.put_sku('{"code": "ca-3", "kit": [{"sku": "ca-2", "quantity": 1}, {"sku": "ca-3", "quantity": 1},
                                             {"sku": "ca-l", "quantity": 1}, {"sku": "ca-l", "quantity": 2}]}');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.put_sku('{"code": "ca-m", "kit": [{"sku": "ca-min", "quantity": 1}]}');
SELECT oms.put_product('{"code": "ca-set", "skus": [{"code": "ca-4", "kit": [{"sku": "ca-5", "quantity": 1}]},
    {"code": "ca-5", "kit": [{"sku": "ca-l", "quantity": 1}]}, {"code": "ca-5"}]}');
SELECT oms.put_product(jsonb_build_object('code', 'ca-set', 'skus', jsonb_agg('{"code": "ca-4"}'::jsonb)))
FROM generate_series(1, 53) AS n;
SELECT count(*) FROM oms.products WHERE code = 'ca-set';

-- nor by plain statements; turning a kit inside out in one document is fine
INSERT INTO oms.kit_components (sku_id, component_sku_id, quantity)
SELECT a.sku_id, b.sku_id, 1 FROM oms.skus AS a, oms.skus AS b WHERE a.code = 'ca-min' AND b.code = 'ca-2';
\echo :LAST_ERROR_SQLSTATE
INSERT INTO oms.kit_components (sku_id, component_sku_id, quantity)
SELECT a.sku_id, b.sku_id, 1 FROM oms.skus AS a, oms.skus AS b WHERE a.code = 'ca-l' AND b.code = 'ca-min';
UPDATE oms.kit_components SET component_sku_id = sku_id WHERE sku_id = (SELECT sku_id FROM oms.skus WHERE code = 'ca-2');
\set VERBOSITY terse
UPDATE oms.skus SET is_kit = NOT is_kit WHERE code = 'ca-2';
UPDATE oms.skus SET is_kit = NOT is_kit WHERE code = 'ca-m';
\set VERBOSITY default
SELECT oms.put_product('{"code": "ca-set", "skus": [{"code": "ca-2", "kit": []},
    {"code": "ca-l", "kit": [{"sku": "ca-2", "quantity": 4}]}]}');
SELECT code, product, is_kit, kit FROM shown WHERE product = 'ca-set' ORDER BY code COLLATE "C";

-- faults
SELECT oms.put_sku('{"code": "ca-bad", "gtin": "4006381333932", "weight_g": -1, "decimals": 7, "price": "12.50", "cost": "7.001 EUR",
    "units": {"case": 0}, "flags": ["fragile"], "kit": [{"sku": "ca-m"}], "stocked": null, "strategy": "Cheapest"}');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.put_product('{"code": "ca-bad", "category": "a..b", "skus": [{"code": "ca-bad2", "product": "ca-tee", "x": 1}]}');
SELECT oms.put_sku('{"code": "ca-bad", "product": "ca-none", "kit": [{"sku": "ca-none", "quantity": 1}, {"sku": "ca-m", "quantity": 1}]}');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.put_product('{"code": "ca-bad", "skus": [{"code": "ca-bad2", "kit": [{"sku": "ca-none", "quantity": 1}]}]}');
SELECT count(*) FROM oms.products WHERE code = 'ca-bad';
SELECT count(*) FROM shown WHERE code LIKE 'ca-bad%';

-- the tables keep their rules, whoever writes
\set VERBOSITY terse
INSERT INTO oms.skus (code, name, gtin) VALUES ('ca-raw', 'x', '123');
INSERT INTO oms.skus (code, name, weight_g) VALUES ('ca-raw', 'x', -1);
INSERT INTO oms.skus (code, name, decimals) VALUES ('ca-raw', 'x', 7);
INSERT INTO oms.skus (code, name, flags) VALUES ('ca-raw', 'x', '{fragile}');
INSERT INTO oms.skus (code, name, strategy) VALUES ('ca-raw', 'x', '');
INSERT INTO oms.skus (code, name, backorder_limit) VALUES ('ca-raw', 'x', -1);
INSERT INTO oms.skus (code, name, units) VALUES ('ca-raw', 'x', '{"case": 0}');
INSERT INTO oms.skus (code, name, units) VALUES ('ca-raw', 'x', '{"case": "12"}');
INSERT INTO oms.skus (code, name, units) VALUES ('ca-raw', 'x', '[12]');
INSERT INTO oms.skus (code, name, cost) VALUES ('ca-raw', 'x', '-1 EUR');
\set VERBOSITY default

-- rows by COPY are as good
COPY oms.products (code, name, category) FROM stdin;
ca-copied	Copied	apparel
\.
COPY oms.skus (code, name, cost, units, flags) FROM stdin;
ca-copy	Copied	1.50 EUR	{"case": 12, "pallet": 0.5}	{oversize}
ca-kit	Kit	\N	\N	{}
\.
CREATE TEMPORARY TABLE given (kit text, component text, quantity oms.quantity);
COPY given FROM stdin;
ca-kit	ca-copy	2
\.
INSERT INTO oms.kit_components (sku_id, component_sku_id, quantity)
SELECT k.sku_id, c.sku_id, quantity
FROM given JOIN oms.skus AS k ON k.code = kit JOIN oms.skus AS c ON c.code = component;
SELECT oms.put_sku('{"code": "ca-copy", "product": "ca-copied", "stocked": false}');
SELECT code, product, cost, units, flags, stocked, is_kit, kit FROM shown WHERE code IN ('ca-copy', 'ca-kit') ORDER BY code COLLATE "C";

-- a kit goes with its components, a component does not go from under its kit
\set VERBOSITY terse
DELETE FROM oms.skus WHERE code = 'ca-copy';
DELETE FROM oms.skus WHERE code = 'ca-kit';
DELETE FROM oms.skus WHERE code = 'ca-copy';

DELETE FROM oms.kit_components WHERE sku_id IN (SELECT sku_id FROM oms.skus WHERE code LIKE 'ca-%');
SELECT count(*) FROM shown WHERE is_kit;
DELETE FROM oms.prices WHERE sku_id IN (SELECT sku_id FROM oms.skus WHERE code LIKE 'ca-%');
DELETE FROM oms.skus WHERE code LIKE 'ca-%';
DELETE FROM oms.products WHERE code LIKE 'ca-%';
