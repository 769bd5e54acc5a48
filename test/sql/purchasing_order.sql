-- purchase orders: from draft to received, and all that is refused
SET search_path = oms, public;
SET client_min_messages = warning;
SET oms.now = '2026-11-02 10:15:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
\pset null (null)
BEGIN;
SELECT put_location('{"code": "po-a"}'), put_location('{"code": "po-closed"}'), put_channel('{"code": "po-web", "currency": "EUR"}'),
       put_product('{"code": "po", "skus": [{"code": "PO-TEE"}, {"code": "PO-TEA", "decimals": 2}, {"code": "PO-WORDS", "stocked": false}]}'),
       put_sku('{"code": "PO-SET", "kit": [{"sku": "PO-TEE", "quantity": 2}]}'),
       put_supplier('{"code": "po-mill", "currency": "EUR", "skus": [{"sku": "PO-TEE", "cost": "3.10 EUR"}, {"sku": "PO-TEA", "cost": "4 USD"}]}'),
       put_supplier('{"code": "po-garden", "currency": "USD"}');
CREATE VIEW pg_temp.shown AS
    SELECT o.code, s.code AS supplier, p.code AS location, o.currency, o.status, o.status_at AT TIME ZONE 'UTC' AS status_at, o.status_reason AS reason,
           o.ordered_at AT TIME ZONE 'UTC' AS ordered_at, o.expected_on, o.metadata
    FROM purchase_orders AS o JOIN suppliers AS s USING (supplier_id) JOIN locations AS p USING (location_id)
    WHERE o.code LIKE 'PO-%' ORDER BY o.code COLLATE "C";
CREATE VIEW pg_temp.lines AS
    SELECT o.code, line_no AS line, s.code AS sku, quantity, received, cancelled, unit_cost, l.expected_on, promised_on
    FROM purchase_order_lines AS l JOIN purchase_orders AS o USING (purchase_order_id) JOIN skus AS s USING (sku_id)
    WHERE o.code LIKE 'PO-%' ORDER BY o.code COLLATE "C", line_no;

/*
 * A draft: the supplier's currency and cost are the default, a cost in another currency is none
 */
SELECT put_purchase_order('{"code": "PO-1", "supplier": "po-mill", "location": "po-a", "expected_on": "2026-11-20", "metadata": {"by": "Ana"}, "lines": [
    {"sku": "PO-TEE", "quantity": 24}, {"sku": "PO-TEA", "quantity": "2.25"}, {"sku": "PO-TEE", "quantity": 6, "unit_cost": "2.95", "expected_on": "2026-11-25"}]}');
TABLE pg_temp.shown;
TABLE pg_temp.lines;
-- what is left out stays; the lines are replaced as a whole; the currency with them alone
SELECT put_purchase_order('{"code": "PO-1", "expected_on": null, "metadata": null}');
SELECT put_purchase_order('{"code": "PO-1", "currency": "USD"}'); \echo :LAST_ERROR_SQLSTATE
SELECT put_purchase_order('{"code": "PO-1", "currency": "USD", "lines": [{"sku": "PO-TEA", "quantity": 1}, {"sku": "PO-TEE", "quantity": 1}]}');
TABLE pg_temp.lines;
SELECT put_purchase_order('{"code": "PO-1", "currency": "EUR", "expected_on": "2026-11-20", "lines": [
    {"sku": "PO-TEE", "quantity": 24}, {"sku": "PO-TEA", "quantity": "2.25", "unit_cost": "9"}, {"sku": "PO-TEE", "quantity": 6, "unit_cost": "2.95", "expected_on": "2026-11-25"}]}');
-- the price of a quantity, which the line has
SELECT put_supplier('{"code": "po-mill", "skus": [{"sku": "PO-TEE", "cost": "3.10 EUR", "cost_breaks": [{"min_quantity": 24, "cost": "3 EUR"}]}]}');
SELECT put_purchase_order('{"code": "PO-B", "supplier": "po-mill", "location": "po-a", "lines": [{"sku": "PO-TEE", "quantity": 23}, {"sku": "PO-TEE", "quantity": 24},
    {"sku": "PO-TEE", "quantity": 100, "unit_cost": "2.90"}]}');
SELECT line, quantity, unit_cost FROM pg_temp.lines WHERE code = 'PO-B';
DELETE FROM purchase_order_lines AS l USING purchase_orders AS o WHERE o.code = 'PO-B' AND l.purchase_order_id = o.purchase_order_id;
DELETE FROM purchase_orders WHERE code = 'PO-B';
SELECT put_supplier('{"code": "po-mill", "skus": [{"sku": "PO-TEE", "cost": "3.10 EUR", "cost_breaks": null}]}');
-- faults
SELECT put_purchase_order(NULL); \echo :LAST_ERROR_SQLSTATE
SELECT put_purchase_order('{"code": "PO-X"}'); \echo :LAST_ERROR_SQLSTATE
SELECT put_purchase_order('{"code": "PO-X", "supplier": "po-mill", "location": "po-a", "lines": []}');
SELECT put_purchase_order('{"code": "PO-X", "supplier": "nobody", "location": "nowhere", "lines": [{"sku": "nothing", "quantity": 1}]}'); \echo :LAST_ERROR_SQLSTATE
SELECT put_purchase_order('{"code": "PO-X", "supplier": "po-mill", "location": "po-a", "currency": "EURO", "expected_on": "soon", "lines": [{"sku": "PO-TEE", "quantity": 0, "unit_cost": -1},
    {"quantity": 1e30, "expected_on": "2026-02-30"}]}');
SELECT put_purchase_order('{"code": "PO-X", "supplier": "po-mill", "location": "po-a", "lines": [{"sku": "PO-SET", "quantity": 1}, {"sku": "PO-WORDS", "quantity": 1},
    {"sku": "PO-TEE", "quantity": 1.5}, {"sku": "PO-TEA", "quantity": 1.255, "unit_cost": "1.005"}]}');
SELECT count(*) FROM pg_temp.shown WHERE code = 'PO-X';

/*
 * Sent, confirmed, in part and whole
 */
SELECT * FROM incoming_stock;
SELECT receive_purchase_order('PO-1'); \echo :LAST_ERROR_SQLSTATE
SELECT confirm_purchase_order('PO-1'); \echo :LAST_ERROR_SQLSTATE
SELECT send_purchase_order('PO-none'); \echo :LAST_ERROR_SQLSTATE
SELECT send_purchase_order(NULL); \echo :LAST_ERROR_SQLSTATE
SELECT put_purchase_order('{"code": "PO-0", "supplier": "po-garden", "location": "po-a"}'), count(*) FROM pg_temp.lines;
SELECT send_purchase_order('PO-0'); \echo :LAST_ERROR_SQLSTATE
SELECT send_purchase_order('PO-1', 'mail 7'), send_purchase_order('PO-1', 'mail 7');
SELECT send_purchase_order('PO-0', 'mail 7'); \echo :LAST_ERROR_SQLSTATE
SELECT send_purchase_order('PO-1'); \echo :LAST_ERROR_SQLSTATE
SELECT put_purchase_order('{"code": "PO-1", "metadata": {"by": "Rui"}}');
SELECT s.code AS sku, p.code AS location, expected_on, quantity FROM incoming_stock JOIN skus AS s USING (sku_id) JOIN locations AS p USING (location_id) ORDER BY 1, 3;
SET oms.now = '2026-11-03 10:15:00+00';
SELECT confirm_purchase_order('PO-1', NULL, '[]'); \echo :LAST_ERROR_SQLSTATE
SELECT confirm_purchase_order('PO-1', NULL, '[{"line_no": 1}, {"line_no": 9}, {"line_no": 1, "expected_on": "2026-11-21"}]'); \echo :LAST_ERROR_SQLSTATE
SELECT confirm_purchase_order('PO-1', '2026-11-22', '[{"line_no": 2, "expected_on": "2026-11-23"}, {"line_no": 3}]');
SELECT put_purchase_order('{"code": "PO-1", "metadata": {"by": "Eva"}}'); \echo :LAST_ERROR_SQLSTATE
TABLE pg_temp.shown;
TABLE pg_temp.lines;
SELECT receive_purchase_order('PO-1', '{}'); \echo :LAST_ERROR_SQLSTATE
SELECT receive_purchase_order('PO-1', '[{"line_no": 1, "quantity": 0}]');
SELECT receive_purchase_order('PO-1', '[{"line_no": 1, "quantity": 1.5}, {"line_no": 1, "quantity": 1}, {"line_no": 4, "quantity": 1}]'); \echo :LAST_ERROR_SQLSTATE
SELECT receive_purchase_order('PO-1', '[{"line_no": 1, "quantity": 25}]'); \echo :LAST_ERROR_SQLSTATE
SELECT receive_purchase_order('PO-1', '[{"line_no": 1, "quantity": 20}, {"line_no": 3, "quantity": 6}]', 'truck 1'),
       receive_purchase_order('PO-1', '[{"line_no": 1, "quantity": 20}, {"line_no": 3, "quantity": 6}]', 'truck 1');
SELECT receive_purchase_order('PO-1', '[{"line_no": 1, "quantity": 1}]', 'truck 1'); \echo :LAST_ERROR_SQLSTATE
-- what is open can be promised anew, but not taken back
SELECT confirm_purchase_order('PO-1', '2026-11-30');
SELECT cancel_purchase_order('PO-1', 'too late'); \echo :LAST_ERROR_SQLSTATE
TABLE pg_temp.lines;
SELECT receive_purchase_order('PO-1');
SELECT receive_purchase_order('PO-1'); \echo :LAST_ERROR_SQLSTATE
SELECT confirm_purchase_order('PO-1', '2026-12-30'); \echo :LAST_ERROR_SQLSTATE
SELECT s.code AS sku, p.code AS location, quantity, m.kind, m.unit_cost, reason FROM stock_movements AS m JOIN skus AS s USING (sku_id) JOIN locations AS p USING (location_id)
WHERE s.code LIKE 'PO-%' ORDER BY movement_id;
SELECT s.code AS sku, on_hand, reserved FROM stock_levels JOIN skus AS s USING (sku_id) WHERE s.code LIKE 'PO-%' ORDER BY 1;
SELECT close_purchase_order('PO-1', 'billed'), close_purchase_order('PO-1', ' '); \echo :LAST_ERROR_SQLSTATE
SELECT close_purchase_order('PO-1', 'billed');
TABLE pg_temp.shown;

/*
 * Cancelled and closed ones are not waited for; a closed location takes nothing
 */
SELECT cancel_purchase_order('PO-0', 'not needed'), cancel_purchase_order('PO-0'); \echo :LAST_ERROR_SQLSTATE
SELECT put_purchase_order('{"code": "PO-2", "supplier": "po-mill", "location": "po-closed", "lines": [{"sku": "PO-TEE", "quantity": 5}]}'), send_purchase_order('PO-2');
SELECT put_location('{"code": "po-closed", "active": false}'), count(*) AS incoming FROM incoming_stock;
SELECT receive_purchase_order('PO-2'); \echo :LAST_ERROR_SQLSTATE
SELECT put_location('{"code": "po-closed", "active": true}');
SELECT receive_purchase_order('PO-2', '[{"line_no": 1, "quantity": 2}]'), count(*) AS incoming FROM incoming_stock;
SELECT quantity FROM incoming_stock;
SELECT close_purchase_order('PO-2', 'the rest is out of print'), count(*) AS incoming FROM incoming_stock;
SELECT count(*) AS incoming FROM incoming_stock;
SELECT close_purchase_order('PO-2'); \echo :LAST_ERROR_SQLSTATE

/*
 * By hand: legal steps alone, and nothing that says that goods have come in
 */
INSERT INTO purchase_orders (code, supplier_id, location_id, currency, status)
SELECT 'PO-RAW', supplier_id, location_id, 'EUR', 'sent' FROM suppliers, locations WHERE suppliers.code = 'po-mill' AND locations.code = 'po-a'; \echo :LAST_ERROR_SQLSTATE
INSERT INTO purchase_orders (code, supplier_id, location_id, currency)
SELECT 'PO-RAW', supplier_id, location_id, 'EUR' FROM suppliers, locations WHERE suppliers.code = 'po-mill' AND locations.code = 'po-a';
INSERT INTO purchase_order_lines (purchase_order_id, line_no, sku_id, quantity, received)
SELECT purchase_order_id, 1, sku_id, 3, 1 FROM purchase_orders AS o, skus AS s WHERE o.code = 'PO-RAW' AND s.code = 'PO-TEE'; \echo :LAST_ERROR_SQLSTATE
INSERT INTO purchase_order_lines (purchase_order_id, line_no, sku_id, quantity)
SELECT purchase_order_id, 1, sku_id, 3 FROM purchase_orders AS o, skus AS s WHERE o.code = 'PO-RAW' AND s.code = 'PO-TEE';
UPDATE purchase_orders SET status = 'confirmed' WHERE code = 'PO-RAW'; \echo :LAST_ERROR_SQLSTATE
UPDATE purchase_orders SET status = 'sent', status_reason = 'by phone' WHERE code = 'PO-RAW';
UPDATE purchase_orders SET status = 'received' WHERE code = 'PO-RAW'; \echo :LAST_ERROR_SQLSTATE
UPDATE purchase_order_lines AS l SET received = 3 FROM purchase_orders AS o WHERE o.code = 'PO-RAW' AND l.purchase_order_id = o.purchase_order_id; \echo :LAST_ERROR_SQLSTATE
UPDATE purchase_order_lines AS l SET quantity = 4 FROM purchase_orders AS o WHERE o.code = 'PO-RAW' AND l.purchase_order_id = o.purchase_order_id;
DELETE FROM purchase_order_lines USING purchase_orders AS o WHERE o.code = 'PO-1' AND purchase_order_lines.purchase_order_id = o.purchase_order_id; \echo :LAST_ERROR_SQLSTATE
SELECT receive_purchase_order('PO-RAW'), (SELECT status_reason FROM purchase_orders WHERE code = 'PO-RAW');
\set VERBOSITY terse
INSERT INTO purchase_orders (code, supplier_id, location_id, currency) SELECT 'PO-RAW2', supplier_id, location_id, 'EURO' FROM suppliers, locations LIMIT 1;
-- what is agreed stays; before that, costs are in the currency of the purchase order when all is written
UPDATE purchase_orders SET currency = 'USD' WHERE code = 'PO-2';
UPDATE purchase_orders SET code = 'PO-II' WHERE code = 'PO-2';
UPDATE purchase_orders SET supplier_id = (SELECT supplier_id FROM suppliers WHERE code = 'po-garden') WHERE code = 'PO-2';
SELECT put_purchase_order('{"code": "PO-RAW4", "supplier": "po-mill", "location": "po-a", "lines": [{"sku": "PO-TEE", "quantity": 1}]}');
SELECT put_purchase_order('{"code": "PO-RAW4", "supplier": "po-garden"}'), put_purchase_order('{"code": "PO-RAW4", "supplier": "po-mill"}'), send_purchase_order('PO-RAW4');
\set VERBOSITY default
SELECT put_purchase_order('{"code": "PO-RAW4", "supplier": "po-garden"}');
\set VERBOSITY terse
SELECT put_purchase_order('{"code": "PO-RAW4", "supplier": "po-mill", "metadata": {"by": "Rui"}}');
DELETE FROM purchase_order_lines AS l USING purchase_orders AS o WHERE o.code = 'PO-RAW4' AND l.purchase_order_id = o.purchase_order_id;
DELETE FROM purchase_orders WHERE code = 'PO-RAW4';
UPDATE purchase_orders SET location_id = (SELECT location_id FROM locations WHERE code = 'po-a') WHERE code = 'PO-2';
INSERT INTO purchase_order_lines (purchase_order_id, line_no, sku_id, quantity) SELECT purchase_order_id, 9, sku_id, 1 FROM purchase_orders, skus WHERE purchase_orders.code = 'PO-2' AND skus.code = 'PO-TEE';
UPDATE purchase_order_lines AS l SET unit_cost = '9 EUR' FROM purchase_orders AS o WHERE o.code = 'PO-2' AND l.purchase_order_id = o.purchase_order_id;
UPDATE purchase_order_lines AS l SET expected_on = '2026-12-24' FROM purchase_orders AS o WHERE o.code = 'PO-2' AND l.purchase_order_id = o.purchase_order_id;
SELECT put_purchase_order('{"code": "PO-RAW3", "supplier": "po-mill", "location": "po-a", "lines": [{"sku": "PO-TEE", "quantity": 1, "unit_cost": 2}, {"sku": "PO-TEE", "quantity": 1}]}');
INSERT INTO purchase_order_lines (purchase_order_id, line_no, sku_id, quantity) SELECT purchase_order_id, 3, sku_id, 0 FROM purchase_order_lines JOIN purchase_orders USING (purchase_order_id) WHERE code = 'PO-RAW3' LIMIT 1;
INSERT INTO purchase_order_lines (purchase_order_id, line_no, sku_id, quantity, unit_cost) SELECT purchase_order_id, 3, sku_id, 1, '-1 EUR' FROM purchase_order_lines JOIN purchase_orders USING (purchase_order_id) WHERE code = 'PO-RAW3' LIMIT 1;
UPDATE purchase_order_lines AS l SET unit_cost = '2 USD' FROM purchase_orders AS o WHERE o.code = 'PO-RAW3' AND l.purchase_order_id = o.purchase_order_id;
UPDATE purchase_orders SET currency = 'USD' WHERE code = 'PO-RAW3';
SET CONSTRAINTS oms.purchase_orders_currency_trigger IMMEDIATE;
SET CONSTRAINTS oms.purchase_orders_currency_trigger DEFERRED;
UPDATE purchase_orders SET currency = 'USD' WHERE code = 'PO-RAW3';
UPDATE purchase_order_lines AS l SET unit_cost = '2 USD' FROM purchase_orders AS o WHERE o.code = 'PO-RAW3' AND l.purchase_order_id = o.purchase_order_id;
SET CONSTRAINTS oms.purchase_orders_currency_trigger IMMEDIATE;
SET CONSTRAINTS oms.purchase_orders_currency_trigger DEFERRED;
SELECT put_purchase_order('{"code": "PO-RAW3", "currency": "JPY", "lines": [{"sku": "PO-TEE", "quantity": 1, "unit_cost": 200}]}'), cancel_purchase_order('PO-RAW3');
SET CONSTRAINTS oms.purchase_orders_currency_trigger IMMEDIATE;
DELETE FROM purchase_orders WHERE code = 'PO-1';
TRUNCATE purchase_order_lines CASCADE;
TRUNCATE purchase_orders CASCADE;
\set VERBOSITY default
-- whoever was let in may buy, and a reader may ask
CREATE ROLE regress_oms_buyer;
CREATE ROLE regress_oms_asker;
SELECT grant_access('regress_oms_buyer'), grant_access('regress_oms_asker', 'reader');
SET LOCAL ROLE regress_oms_buyer;
SELECT put_purchase_order('{"code": "PO-3", "supplier": "po-mill", "location": "po-a", "expected_on": "2026-11-20", "lines": [{"sku": "PO-TEE", "quantity": 5}]}'), send_purchase_order('PO-3');
SELECT receive_purchase_order('PO-3', '[{"line_no": 1, "quantity": 1}]'), ship_transfer('PO-TEE', 'po-a', 'po-closed', 1) IS NOT NULL AS shipped;
SET LOCAL ROLE regress_oms_asker;
SELECT available - available('PO-TEE') AS more, promise_date('PO-TEE', 1) FROM available_to_promise('PO-TEE') ORDER BY day DESC LIMIT 1;
SELECT receive_purchase_order('PO-3');
RESET ROLE;
SELECT * FROM check_invariants();

-- what no trigger sees is found
SET LOCAL session_replication_role = replica;
UPDATE purchase_orders SET status = 'received' WHERE code = 'PO-0';
UPDATE purchase_order_lines AS l SET received = 1, unit_cost = '1 USD' FROM purchase_orders AS o WHERE o.code = 'PO-RAW' AND l.purchase_order_id = o.purchase_order_id;
SELECT * FROM oms_internal.check_purchase_orders() ORDER BY key COLLATE "C", invariant COLLATE "C";
ROLLBACK;
