-- the scorecard of suppliers, by hand
SET search_path = oms, public;
SET client_min_messages = warning;
SET datestyle = ISO;
SET TimeZone = 'UTC';
\set ON_ERROR_ROLLBACK on
\pset null (null)
BEGIN;
CREATE FUNCTION pg_temp.buy(code text, supplier text, ordered timestamptz, expected_on date, lines jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('oms.now', ordered::text, false);
    PERFORM oms.put_purchase_order(jsonb_build_object('code', code, 'supplier', supplier, 'location', 'sc-a', 'expected_on', expected_on, 'lines', lines));
    RETURN oms.send_purchase_order(code);
END
$$;
CREATE FUNCTION pg_temp.get(code text, received timestamptz, lines jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('oms.now', received::text, false);
    RETURN oms.receive_purchase_order(code, lines);
END
$$;
SELECT set_base_currency('EUR'), put_location('{"code": "sc-a"}'), put_sku('{"code": "SC-A"}'), put_sku('{"code": "SC-B"}'),
       put_supplier('{"code": "sc-mill", "name": "The Mill", "currency": "EUR", "under_receipt_rate": 0.1, "skus": [{"sku": "SC-A", "cost": "2 EUR"}, {"sku": "SC-B", "cost": "1 EUR"}]}'),
       put_supplier('{"code": "sc-none", "currency": "EUR"}'), put_supplier('{"code": "sc-bill", "currency": "EUR"}');

/*
 * October: SC-1 on the 1st for the 11th. Line 1 comes whole on the 6th: 5 days. Line 2, 80 on the 11th and 20 on the 16th, is
 * late but full: 80 x 10 + 20 x 15 days over 100 are 11. SC-2 on the 11th for the 21st: 90 of 100 on the 21st are enough, 10 days.
 */
SELECT pg_temp.buy('SC-1', 'sc-mill', '2026-10-01 00:00+00', '2026-10-11', '[{"sku": "SC-A", "quantity": 10}, {"sku": "SC-B", "quantity": 100}]'),
       pg_temp.get('SC-1', '2026-10-06 00:00+00', '[{"line_no": 1, "quantity": 10}]'), pg_temp.get('SC-1', '2026-10-11 00:00+00', '[{"line_no": 2, "quantity": 80}]'),
       pg_temp.get('SC-1', '2026-10-16 00:00+00', '[{"line_no": 2, "quantity": 20, "rejected": 5}]');
SELECT pg_temp.buy('SC-2', 'sc-mill', '2026-10-11 00:00+00', '2026-10-21', '[{"sku": "SC-A", "quantity": 100}]'),
       pg_temp.get('SC-2', '2026-10-21 00:00+00', '[{"line_no": 1, "quantity": 90}]');
/*
 * November: of SC-3 the supplier confirms half for the 20th, later for the 30th; it comes on the 25th: late, not full, 20 days. SC-4
 * has no day: 2 days. SC-5 is past its day with nothing. SC-6 is not due, SC-7 was cancelled, SC-8 is a draft.
 */
SELECT pg_temp.buy('SC-3', 'sc-mill', '2026-11-05 00:00+00', '2026-11-15', '[{"sku": "SC-B", "quantity": 50}]'), confirm_purchase_order('SC-3', '2026-11-20', '[{"line_no": 1, "quantity": 25}]'),
       confirm_purchase_order('SC-3', '2026-11-30'), pg_temp.get('SC-3', '2026-11-25 00:00+00', NULL);
SELECT pg_temp.buy('SC-4', 'sc-mill', '2026-11-06 00:00+00', NULL, '[{"sku": "SC-B", "quantity": 4}]'), pg_temp.get('SC-4', '2026-11-08 00:00+00', NULL);
SELECT pg_temp.buy('SC-5', 'sc-mill', '2026-11-07 00:00+00', '2026-11-27', '[{"sku": "SC-B", "quantity": 46}]');
SELECT pg_temp.buy('SC-6', 'sc-mill', '2026-11-08 00:00+00', '2026-12-24', '[{"sku": "SC-B", "quantity": 1000}]'), pg_temp.get('SC-6', '2026-11-28 00:00+00', '[{"line_no": 1, "quantity": 10}]');
SELECT pg_temp.buy('SC-7', 'sc-mill', '2026-11-09 00:00+00', '2026-11-10', '[{"sku": "SC-B", "quantity": 7}]'), cancel_purchase_order('SC-7');
SELECT put_purchase_order('{"code": "SC-8", "supplier": "sc-mill", "location": "sc-a", "lines": [{"sku": "SC-B", "quantity": 7}]}');
/*
 * Bills: 10 for 2.10 of SC-1 did not agree at first, and were approved; 90 for 1.90 of SC-2 agree. So 192 EUR are billed for what was
 * ordered at 200. One of SC-3 does not agree yet and is compared with nothing; one of nothing that was ordered is of December.
 */
SELECT record_bill('{"supplier": "sc-mill", "number": "1", "purchase_order": "SC-1", "lines": [{"line_no": 1, "quantity": 10, "unit_cost": "2.10"}]}'), approve_bill('sc-mill', '1', 'agreed by phone'),
       record_bill('{"supplier": "sc-mill", "number": "2", "purchase_order": "SC-2", "lines": [{"line_no": 1, "quantity": 90, "unit_cost": "1.90"}]}'),
       record_bill('{"supplier": "sc-mill", "number": "3", "purchase_order": "SC-3", "lines": [{"line_no": 1, "quantity": 26, "unit_cost": "1"}]}'),
       record_bill('{"supplier": "sc-bill", "number": "4", "billed_on": "2026-12-01", "lines": [{"sku": "SC-A", "quantity": 1, "unit_cost": "1"}]}');
SET oms.now = '2026-11-28 12:00+00';
-- October: 3 lines, 2 on time, all full, 2 both; 200 of 210 units; 5 of 205 rejected. Lead times 5, 11, 10: mean 8.67, spread 3.21
-- November: judged are SC-3, SC-4 and SC-5; with a day SC-3 and SC-5, neither on time; SC-4 is full: 29 of 100 units.
-- Lead times 20, 2 and 20: mean 14, spread 10.39; promised were 15 and 46 days
-- together: of 5 lines with a day 2 on time, of 6 lines 4 full; 229 of 310 units; lead times 5, 11, 10, 20, 2, 20: 11.33, spread 7.47
SELECT * FROM oms_report.supplier_scorecard WHERE supplier LIKE 'sc-%' ORDER BY supplier, month \gx
SELECT * FROM check_invariants();
ROLLBACK;
