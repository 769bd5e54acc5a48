-- events of what is of no order: alerts, purchase orders and bills, as a consumer
-- reads them; in a database of its own, as what is read must have been committed
SET client_min_messages = warning;
CREATE DATABASE regress_event_subject;
\c regress_event_subject
SET client_min_messages = warning;
CREATE EXTENSION oms CASCADE;
SELECT oms.install() = oms.version() AS installed;
SET search_path = oms, public;
SET oms.now = '2026-11-02 10:00:00+00';
SET TimeZone = 'UTC';
\set ECHO none
\i test/event/reader.sql
\set ECHO all
SELECT put_channel('{"code": "web", "currency": "EUR"}'), put_location('{"code": "porto", "name": "Porto", "country": "PT"}'),
       put_sku('{"code": "TEE", "name": "T-shirt"}'), put_sku('{"code": "MUG"}'),
       put_supplier('{"code": "mill", "name": "The Mill", "currency": "EUR", "price_tolerance_rate": 0.02,
                      "skus": [{"sku": "TEE", "cost": "3.00 EUR"}, {"sku": "MUG", "cost": "2.00 EUR"}]}');

-- an alert is opened, looked after, and done with, each once; by hand, by a job, with all that it is about
INSERT INTO alerts (kind, key, severity, message) VALUES ('freezer', 'porto', 'critical', 'it is at 4 degrees');
SELECT acknowledge_alert(1, 'on my way'), acknowledge_alert(1) AS again, close_alert(1, 'the door was open'), close_alert(1) AS again;
INSERT INTO replenishment_policies (code, sku_id, reorder_point, order_up_to) SELECT code, sku_id, 10, 40 FROM skus WHERE code = 'TEE';
SELECT receive_stock('TEE', 'porto', 9), run_job('raise_alerts') ->> 'rows' AS alerts;
SELECT receive_stock('TEE', 'porto', 5), run_job('raise_alerts') ->> 'rows' AS alerts;
INSERT INTO alerts (kind, key, severity, message, order_id) VALUES ('call', '7', 'info', 'call her', 7);
UPDATE alerts SET status = 'acknowledged', acknowledged_at = now() WHERE kind = 'call';
CALL read_on();
SELECT * FROM other_news();

-- a purchase order that goes to its supplier, is changed, confirmed twice, and comes in parts
SELECT put_purchase_order('{"code": "PO-1", "supplier": "mill", "location": "porto", "lines": [{"sku": "TEE", "quantity": 24}, {"sku": "MUG", "quantity": 6}]}'),
       send_purchase_order('PO-1'), put_purchase_order('{"code": "PO-1", "expected_on": "2026-11-10"}');
CALL read_on();
SELECT key, type, data - 'lines' AS data, data -> 'lines' -> 0 AS first_line FROM other_news();
SELECT confirm_purchase_order('PO-1', NULL, '[{"line_no": 1, "quantity": 20, "unit_cost": "3.10"}, {"line_no": 2, "quantity": 0}]'), confirm_purchase_order('PO-1', '2026-11-12');
SELECT receive_purchase_order('PO-1', '[{"line_no": 1, "quantity": 0, "rejected": 20}]');
SELECT receive_purchase_order('PO-1', '[{"line_no": 1, "quantity": 12, "rejected": 1}]'), receive_purchase_order('PO-1', '[{"line_no": 1, "quantity": 7}]');
SELECT receive_purchase_order('PO-1'), close_purchase_order('PO-1', 'billed');
SELECT put_purchase_order('{"code": "PO-2", "supplier": "mill", "location": "porto"}'), cancel_purchase_order('PO-2');
SELECT put_purchase_order('{"code": "PO-3", "supplier": "mill", "location": "porto"}'), cancel_purchase_order('PO-3', 'not needed');
CALL read_on();
SELECT * FROM other_news();

-- bills: one agrees, one never will and is taken, one is refused, and they are paid
SELECT record_bill('{"supplier": "mill", "number": "M-1", "purchase_order": "PO-1", "lines": [{"sku": "TEE", "quantity": 15, "unit_cost": "3.10"}]}') AS "15",
       record_bill('{"supplier": "mill", "number": "M-2", "purchase_order": "PO-1", "lines": [{"sku": "TEE", "quantity": 6, "unit_cost": "4"}], "tax": "1"}') AS "6",
       record_bill('{"supplier": "mill", "number": "M-3", "lines": [{"sku": "MUG", "quantity": 1, "unit_cost": "2"}]}') AS nobody;
SELECT approve_bill('mill', 'M-2', 'cotton has become dearer'), reject_bill('mill', 'M-3', 'nobody ordered it');
SELECT pay_bill('mill', 'M-1', '40 EUR'), pay_bill('mill', 'M-1'), pay_bill('mill', 'M-2');
CALL read_on();
SELECT * FROM other_news();

-- all that is listed has occurred, with the keys that are listed
SELECT * FROM disagreements('alert', 'purchase_order', 'bill');
SELECT * FROM check_invariants();
\c postgres
DROP DATABASE regress_event_subject;
