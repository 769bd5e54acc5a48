-- what suppliers confirm, what comes within the tolerances, and what follows from each step
SET search_path = oms, public;
SET client_min_messages = warning;
SET datestyle = ISO;
SET TimeZone = 'UTC';
SET oms.now = '2026-11-02 10:15:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
\pset null (null)
BEGIN;
SELECT put_channel('{"code": "ps-web", "currency": "EUR"}'), put_location('{"code": "ps-a", "name": "Hall A", "city": "Porto", "postcode": "4000", "country": "PT"}'),
       put_sku('{"code": "PS-TEE", "name": "T-shirt"}'), put_sku('{"code": "PS-TEA", "decimals": 2}'), put_sku('{"code": "PS-MUG"}'),
       put_supplier('{"code": "ps-mill", "name": "The Mill", "email": "sales@ps.example", "currency": "EUR",
                      "over_receipt_rate": 0.1, "over_receipt_units": 2, "under_receipt_rate": 0.05, "price_tolerance_rate": 0.02,
                      "skus": [{"sku": "PS-TEE", "cost": "3 EUR", "supplier_sku": "4711"},
                               {"sku": "PS-TEA", "cost": "8 EUR", "over_receipt_rate": 0, "over_receipt_units": 0, "under_receipt_rate": 0, "under_receipt_units": "0.25"}]}'),
       put_supplier('{"code": "ps-quiet", "currency": "JPY"}');
CREATE VIEW pg_temp.lines AS
    SELECT o.code, l.line_no AS line, quantity, confirmed_quantity AS confirmed, cancelled, received, unit_cost, confirmed_cost, l.expected_on, promised_on
    FROM purchase_order_lines AS l JOIN purchase_orders AS o USING (purchase_order_id) WHERE o.code LIKE 'PS-%' ORDER BY o.code, line_no;
CREATE VIEW pg_temp.facts AS
    SELECT key, split_part(type, '.', 2) AS fact, data FROM subject_events WHERE subject = 'purchase_order' AND key LIKE 'PS-%' ORDER BY event_id;
CREATE VIEW pg_temp.open AS
    SELECT s.code AS sku, expected_on, quantity FROM incoming_stock JOIN skus AS s USING (sku_id) WHERE s.code LIKE 'PS-%' ORDER BY 1, 2;

/*
 * Sent: the whole document, and a message
 */
SELECT put_purchase_order('{"code": "PS-1", "supplier": "ps-mill", "location": "ps-a", "expected_on": "2026-11-20", "metadata": {"by": "Ana"}, "lines": [
    {"sku": "PS-TEE", "quantity": 100}, {"sku": "PS-TEA", "quantity": 10, "expected_on": "2026-11-25"}, {"sku": "PS-TEE", "quantity": 10, "unit_cost": "2.50"}]}');
SELECT send_purchase_order('PS-1');
SELECT fact, jsonb_pretty(data) FROM pg_temp.facts;
SELECT kind, recipient, subject, body, sent_at, purchase_order_id IS NOT NULL AS of_order FROM notifications WHERE recipient = 'sales@ps.example' \gx
SELECT get_purchase_order('PS-1') = data AS same, get_purchase_order('PS-none') AS none FROM pg_temp.facts;
-- changed: told anew; a draft is nobody's business, and who has no address gets no message
SELECT put_purchase_order('{"code": "PS-1", "expected_on": "2026-11-21"}'), put_purchase_order('{"code": "PS-1", "expected_on": "2026-11-21"}');
SELECT put_purchase_order('{"code": "PS-2", "supplier": "ps-quiet", "location": "ps-a", "lines": [{"sku": "PS-MUG", "quantity": 5, "unit_cost": "120"}, {"sku": "PS-TEE", "quantity": 1}]}');
SELECT put_purchase_order('{"code": "PS-2", "metadata": {"by": "Rui"}}'), send_purchase_order('PS-2');
SELECT key, fact, data ->> 'total' AS total, data ->> 'expected_on' AS expected_on FROM pg_temp.facts;
SELECT subject, recipient, split_part(body, E'\n', 4) AS line FROM notifications WHERE purchase_order_id IN (SELECT purchase_order_id FROM purchase_orders WHERE code LIKE 'PS-%') ORDER BY notification_id;

/*
 * Confirmed: less, later, dearer
 */
SELECT confirm_purchase_order('PS-1', NULL, '{"line_no": 1}'); \echo :LAST_ERROR_SQLSTATE
SELECT confirm_purchase_order('PS-1', NULL, '[{"line_no": 1, "quantity": 101}, {"line_no": 2, "quantity": "9.999", "unit_cost": "8.001"}, {"line_no": 4},
    {"line_no": 3, "quantity": 1.5}, {"line_no": 3}]'); \echo :LAST_ERROR_SQLSTATE
SELECT confirm_purchase_order('PS-1', NULL, '[{"line_no": 1, "quantity": -1, "unit_cost": "-1", "price": 1}]');
-- 3.06 is 2 % more than 3.00 and so within the tolerance
SELECT confirm_purchase_order('PS-1', '2026-11-24', '[{"line_no": 1, "quantity": 90, "unit_cost": "3.06"}, {"line_no": 2, "expected_on": "2026-11-26"}, {"line_no": 3, "quantity": 0}]');
TABLE pg_temp.lines;
TABLE pg_temp.open;
SELECT fact, data FROM pg_temp.facts WHERE key = 'PS-1' OFFSET 2;
SELECT count(*) AS alerts FROM alerts WHERE kind = 'purchase_price_changed';
-- what was said stays, the first promise too; a price beyond the tolerance is an alert
SELECT confirm_purchase_order('PS-1', '2026-11-30', '[{"line_no": 1, "unit_cost": "3.07"}, {"line_no": 2, "unit_cost": "9"}]');
TABLE pg_temp.lines;
SELECT severity, subject, message, data, status FROM alerts WHERE kind = 'purchase_price_changed';
SELECT confirm_purchase_order('PS-1', NULL, '[{"line_no": 2, "unit_cost": "8"}]');
SELECT message, status FROM alerts WHERE kind = 'purchase_price_changed';
SELECT confirm_purchase_order('PS-1', NULL, '[{"line_no": 1, "unit_cost": "3.05"}]');
SELECT status FROM alerts WHERE kind = 'purchase_price_changed';

/*
 * Received: 110 of line 1 may come, and 85.5 are all of the 90 that are confirmed; 9.75 of line 2 are
 */
SELECT receive_purchase_order('PS-1', '[{"line_no": 1, "quantity": 111}]'); \echo :LAST_ERROR_SQLSTATE
SELECT receive_purchase_order('PS-1', '[{"line_no": 2, "quantity": "10.01"}]'); \echo :LAST_ERROR_SQLSTATE
SELECT receive_purchase_order('PS-1', '[{"line_no": 2, "quantity": 1, "rejected": "0.001"}, {"line_no": 1, "quantity": 1, "rejected": 0.5}]');
SELECT receive_purchase_order('PS-1', '[{"line_no": 3, "quantity": 0, "rejected": 0}]');
-- all of it is damaged, and nothing has come
SELECT receive_purchase_order('PS-1', '[{"line_no": 1, "quantity": 0, "rejected": 12}]');
SELECT receive_purchase_order('PS-1', '[{"line_no": 1, "quantity": 80, "rejected": 8}, {"line_no": 2, "quantity": "9.74"}]', 'truck 1'),
       receive_purchase_order('PS-1', '[{"line_no": 1, "quantity": 80, "rejected": 8}, {"line_no": 2, "quantity": "9.74"}]', 'truck 1');
TABLE pg_temp.lines;
TABLE pg_temp.open;
-- the last hundredth makes the line whole; the rest will not come
SELECT receive_purchase_order('PS-1', '[{"line_no": 2, "quantity": "0.01"}]');
-- not less than the 80 that are there can be confirmed anew
SELECT confirm_purchase_order('PS-1', NULL, '[{"line_no": 1, "quantity": 79}]'); \echo :LAST_ERROR_SQLSTATE
SELECT confirm_purchase_order('PS-1', NULL, '[{"line_no": 1, "quantity": 100}]');
TABLE pg_temp.lines;
-- beyond what was ordered, within the tolerance; line 3 comes although it was rejected, then it is done again
SELECT receive_purchase_order('PS-1', '[{"line_no": 1, "quantity": 29}, {"line_no": 3, "quantity": 4}]');
TABLE pg_temp.lines;
SELECT close_purchase_order('PS-1');
SELECT fact, data FROM pg_temp.facts WHERE key = 'PS-1' AND fact NOT IN ('sent', 'changed', 'confirmed', 'further_confirmation', 'lines_rejected');
SELECT receipt_no, r.line_no, r.quantity, rejected, r.unit_cost, value, base_value, p.code AS location, received_at AT TIME ZONE 'UTC' AS received_at, received_by = session_user AS by_me
FROM purchase_receipts AS r JOIN purchase_orders AS o USING (purchase_order_id) JOIN locations AS p ON p.location_id = r.location_id
WHERE o.code = 'PS-1' ORDER BY 1, 2;
SELECT s.code, on_hand FROM stock_levels JOIN skus AS s USING (sku_id) WHERE s.code LIKE 'PS-%' ORDER BY 1;
-- 109 at 3.05, 4 at 2.50 and 9.75 at 8
SELECT account, sum(amount) FROM ledger_entries AS e JOIN skus AS s USING (sku_id) WHERE s.code LIKE 'PS-%' GROUP BY account ORDER BY account;

/*
 * A line that was cut short comes after all, while another is open
 */
SELECT put_purchase_order('{"code": "PS-3", "supplier": "ps-mill", "location": "ps-a", "lines": [{"sku": "PS-TEE", "quantity": 20}, {"sku": "PS-MUG", "quantity": 1}]}'), send_purchase_order('PS-3');
SELECT receive_purchase_order('PS-3', '[{"line_no": 1, "quantity": 19}]');
SELECT line, quantity, cancelled, received, promised_on FROM pg_temp.lines WHERE code = 'PS-3';
SELECT receive_purchase_order('PS-3', '[{"line_no": 1, "quantity": 1}]');
SELECT line, quantity, cancelled, received FROM pg_temp.lines WHERE code = 'PS-3';
-- the supplier says that the rest does not come: all that comes is there
SELECT confirm_purchase_order('PS-3', NULL, '[{"line_no": 2, "quantity": 0}]');
SELECT fact FROM pg_temp.facts WHERE key = 'PS-3';
-- of 10 and 5 that are confirmed 9.5 and 4.75 are all
SELECT put_purchase_order('{"code": "PS-5", "supplier": "ps-mill", "location": "ps-a", "lines": [{"sku": "PS-TEE", "quantity": 20}, {"sku": "PS-TEA", "quantity": 10}]}'), send_purchase_order('PS-5'),
       confirm_purchase_order('PS-5', NULL, '[{"line_no": 1, "quantity": 10}, {"line_no": 2, "quantity": 5}]');
SELECT receive_purchase_order('PS-5', '[{"line_no": 1, "quantity": 9}, {"line_no": 2, "quantity": "4.75"}]');
SELECT line, quantity, confirmed, cancelled, received FROM pg_temp.lines WHERE code = 'PS-5';
SELECT close_purchase_order('PS-5');
-- nothing at all is confirmed
SELECT confirm_purchase_order('PS-2', NULL, '[{"line_no": 1, "quantity": 0}, {"line_no": 2, "quantity": 0}]');
SELECT receive_purchase_order('PS-2'); \echo :LAST_ERROR_SQLSTATE
SELECT cancel_purchase_order('PS-2', 'they have none');
-- what was rejected at the door can't be forgotten
SELECT put_purchase_order('{"code": "PS-4", "supplier": "ps-quiet", "location": "ps-a", "lines": [{"sku": "PS-MUG", "quantity": 5, "unit_cost": "120"}]}'), send_purchase_order('PS-4');
SELECT receive_purchase_order('PS-4', '[{"line_no": 1, "quantity": 0, "rejected": 5}]');
SELECT put_purchase_order('{"code": "PS-4", "lines": [{"sku": "PS-MUG", "quantity": 4}]}'); \echo :LAST_ERROR_SQLSTATE
-- and an alert ends with its purchase order
SELECT confirm_purchase_order('PS-4', NULL, '[{"line_no": 1, "unit_cost": "150"}]');
SELECT message, status FROM alerts WHERE key = 'PS-4';
SELECT cancel_purchase_order('PS-4', 'too dear');
SELECT status FROM alerts WHERE key = 'PS-4';

-- the supplier is told of what is not wanted any more, if it was sent there and something is open
SELECT put_purchase_order('{"code": "PS-6", "supplier": "ps-mill", "location": "ps-a", "lines": [{"sku": "PS-TEE", "quantity": 1}]}'), cancel_purchase_order('PS-6'),
       put_purchase_order('{"code": "PS-7", "supplier": "ps-mill", "location": "ps-a", "lines": [{"sku": "PS-TEE", "quantity": 1}]}'), send_purchase_order('PS-7'), cancel_purchase_order('PS-7'),
       put_purchase_order('{"code": "PS-8", "supplier": "ps-mill", "location": "ps-a", "lines": [{"sku": "PS-TEE", "quantity": 1}]}'), send_purchase_order('PS-8'), receive_purchase_order('PS-8'), close_purchase_order('PS-8');
SELECT subject, body FROM notifications WHERE subject ~ '^(Closed|Cancelled)' ORDER BY notification_id;

/*
 * By hand: the same follows
 */
INSERT INTO purchase_orders (code, supplier_id, location_id, currency, expected_on)
SELECT 'PS-RAW', supplier_id, location_id, 'EUR', '2026-11-20' FROM suppliers, locations WHERE suppliers.code = 'ps-mill' AND locations.code = 'ps-a';
INSERT INTO purchase_order_lines (purchase_order_id, line_no, sku_id, quantity)
SELECT purchase_order_id, 1, sku_id, 3 FROM purchase_orders AS o, skus AS s WHERE o.code = 'PS-RAW' AND s.code = 'PS-TEE';
UPDATE purchase_orders SET status = 'sent' WHERE code = 'PS-RAW';
SELECT ordered_at AT TIME ZONE 'UTC' AS ordered_at, (SELECT count(*) FROM notifications AS n WHERE n.purchase_order_id = o.purchase_order_id) AS messages
FROM purchase_orders AS o WHERE code = 'PS-RAW';
UPDATE purchase_orders SET status = 'confirmed' WHERE code = 'PS-RAW';
UPDATE purchase_orders SET status = 'cancelled', status_reason = 'by phone' WHERE code = 'PS-RAW';
SELECT fact, CASE fact WHEN 'sent' THEN data - 'lines' - 'location' - 'supplier' ELSE data END AS data FROM pg_temp.facts WHERE key = 'PS-RAW';
SELECT promised_on FROM pg_temp.lines WHERE code = 'PS-RAW';
INSERT INTO purchase_order_lines (purchase_order_id, line_no, sku_id, quantity, promised_on)
SELECT purchase_order_id, 2, sku_id, 3, '2026-11-20' FROM purchase_orders AS o, skus AS s WHERE o.code = 'PS-RAW' AND s.code = 'PS-TEE'; \echo :LAST_ERROR_SQLSTATE
UPDATE purchase_order_lines AS l SET confirmed_cost = '1 EUR' FROM purchase_orders AS o WHERE o.code = 'PS-RAW' AND l.purchase_order_id = o.purchase_order_id; \echo :LAST_ERROR_SQLSTATE
\set VERBOSITY terse
UPDATE purchase_order_lines AS l SET cancelled = 1 FROM purchase_orders AS o WHERE o.code = 'PS-RAW' AND l.purchase_order_id = o.purchase_order_id;
UPDATE purchase_order_lines AS l SET promised_on = '2026-11-01' FROM purchase_orders AS o WHERE o.code = 'PS-RAW' AND l.purchase_order_id = o.purchase_order_id;
UPDATE purchase_receipts SET quantity = 1;
DELETE FROM purchase_receipts;
TRUNCATE purchase_receipts;
DELETE FROM subject_events WHERE key LIKE 'PS-%';
\set VERBOSITY default
SELECT * FROM check_invariants();

-- what no trigger sees is found
SET LOCAL session_replication_role = replica;
UPDATE purchase_orders SET status = 'draft' WHERE code = 'PS-RAW';
UPDATE purchase_receipts SET quantity = '5' WHERE quantity = '19';
UPDATE purchase_order_lines SET confirmed_cost = '3 USD' WHERE confirmed_cost = '3.05 EUR';
SELECT * FROM oms_internal.check_purchase_orders() ORDER BY key COLLATE "C", invariant COLLATE "C";
ROLLBACK;
