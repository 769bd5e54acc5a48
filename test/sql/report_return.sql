-- what comes back: rates and reasons, counted by hand
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SET oms.now = '2026-01-10 10:00:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;
ALTER SEQUENCE orders_order_id_seq RESTART 93001;
SELECT set_base_currency('EUR') IS NOT NULL AS based \g /dev/null
INSERT INTO channels (code, name, currency) VALUES ('rep-web', 'Web', 'EUR'), ('rep-shop', 'Shop', 'EUR');
INSERT INTO locations (code, name) VALUES ('rep-a', 'A'), ('rep-b', 'B');
SELECT put_product('{"code": "REP-P1", "category": "apparel.shirts", "skus": [{"code": "REP-1", "cost": "4 EUR"}, {"code": "REP-2"}]}'),
       put_product('{"code": "REP-P2", "category": "apparel.hats", "skus": [{"code": "REP-3", "cost": "2 EUR"}]}'),
       put_sku('{"code": "REP-4"}') \g /dev/null
SELECT put_return_reason('{"code": "rep_small", "name": "Too small"}'), put_return_reason('{"code": "rep_torn", "name": "Torn", "fault": "seller"}') \g /dev/null
SELECT sum(receive_stock(sku, location, 1000)) FROM unnest('{REP-1,REP-2,REP-3,REP-4}'::text[]) AS sku, unnest('{rep-a,rep-b}'::text[]) AS location \g /dev/null

-- sells and delivers at a day; some of it comes back some days later
CREATE FUNCTION pg_temp.sell(day date, channel text, location text, lines jsonb, customer text DEFAULT 'ana') RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    id bigint;
BEGIN
    PERFORM set_config('oms.now', day || ' 12:00:00+00', false);
    id := oms.place_order(jsonb_build_object(
        'channel', channel, 'reference', 'rep-' || (SELECT count(*) FROM oms.orders), 'customer', jsonb_build_object('reference', 'rep-' || customer),
        'ship_to', '{"country": "PT", "lat": 41, "lon": -8}'::jsonb, 'fulfillment', jsonb_build_object('ship_from', location),
        'lines', lines, 'shipping', '{"price": 0, "tax": 0}'::jsonb));
    PERFORM oms.add_payment(id, jsonb_build_object('method', 'card', 'status', 'captured', 'amount', total::numeric))
    FROM oms.orders WHERE order_id = id;
    PERFORM oms.pack(id, 1), oms.ship(id, 1), oms.mark_delivered(id, 1);
    RETURN id;
END
$$;
CREATE FUNCTION pg_temp.back(order_id bigint, days integer, lines jsonb, reason text, location text DEFAULT 'rep-b') RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    no integer;
BEGIN
    PERFORM set_config('oms.now', (min(f.status_at) + days * interval '1 day')::text, false) FROM oms.fulfillments AS f WHERE f.order_id = $1;
    no := oms.request_return(order_id, lines, reason);
    PERFORM oms.approve_return(order_id, no);
    PERFORM oms.receive_return(order_id, no, location);
END
$$;

/*
 * 100 delivered in January and 40 of them back, 5 of these late; 11 in June with 4 back; 5 in July, too fresh
 */
SELECT pg_temp.sell('2026-01-10', 'rep-web', 'rep-a', '[{"sku": "REP-1", "quantity": 60, "unit_price": 10, "tax": 0}, {"sku": "REP-2", "quantity": 40, "unit_price": 20, "tax": 0}]');
SELECT pg_temp.back(93001, 5, '[{"line_no": 1, "quantity": 20}, {"line_no": 2, "quantity": 5}]', 'rep_small');
SELECT pg_temp.back(93001, 30, '[{"line_no": 1, "quantity": 10}]', 'rep_torn', 'rep-a');
SELECT pg_temp.back(93001, 31, '[{"line_no": 1, "quantity": 5}]', 'changed my mind');
SELECT pg_temp.sell('2026-06-01', 'rep-shop', 'rep-b', '[{"sku": "REP-3", "quantity": 10, "unit_price": 5, "tax": 0}]', 'rui');
SELECT pg_temp.back(93002, 1, '[{"line_no": 1, "quantity": 3}]', 'rep_torn');
SELECT pg_temp.sell('2026-07-10', 'rep-web', 'rep-a', '[{"sku": "REP-1", "quantity": 4, "unit_price": 10, "tax": 0}, {"sku": "REP-4", "quantity": 1, "unit_price": 1, "tax": 0}]');
SELECT pg_temp.back(93003, 2, '[{"line_no": 1, "quantity": 1}]', 'rep_small');
SELECT pg_temp.sell('2026-06-02', 'rep-web', 'rep-a', '[{"sku": "REP-4", "quantity": 1, "unit_price": 1, "tax": 0}]');
SELECT pg_temp.back(93004, 3, '[{"line_no": 1, "quantity": 1}]', 'rep_torn');
SET oms.now = '2026-07-20 12:00:00+00';

SELECT order_id, line_no AS line, fulfillment_no AS f, delivered_on, mature, channel, location, sku, category, delivered, returned,
       returned_in_time AS in_time, round(delivered_value, 2) AS value, round(returned_value, 2) AS back
FROM oms_report.delivered_units WHERE order_id BETWEEN 93001 AND 93999 ORDER BY 1, 2;
CREATE VIEW pg_temp.rates AS
    SELECT dimension AS by, value, orders AS n, delivered, returned, round(rate, 4) AS rate, mature_delivered AS m_del, mature_returned AS m_ret,
           round(mature_rate, 4) AS m_rate, round(mature_rate_low::numeric, 4) AS low, round(mature_rate_high::numeric, 4) AS high,
           delivered_value AS worth, returned_value AS back
    FROM oms_report.return_rates
    WHERE value ~ '^rep-|^REP-|^apparel' OR dimension = 'customer' AND value IN (SELECT customer_id::text FROM oms.customers WHERE reference LIKE 'rep-%')
    ORDER BY dimension, return_rates.value COLLATE "C";
SELECT * FROM pg_temp.rates WHERE by <> 'customer';
SELECT reference, n, delivered, returned FROM pg_temp.rates JOIN oms.customers ON customer_id::text = value WHERE by = 'customer' ORDER BY 1;
-- the last 90 days of what is old enough: from 2026-03-23 to 2026-06-20; and the 90 before
SELECT value, recent_delivered AS recent, recent_returned AS back, round(recent_rate, 4) AS rate, earlier_delivered AS earlier, earlier_returned AS back,
       round(earlier_rate, 4) AS rate, round(rate_change, 4) AS change
FROM oms_report.return_rates WHERE dimension = 'category' AND value LIKE 'apparel%' ORDER BY 1;
SELECT value, month, delivered, returned, returned_in_time AS in_time, round(rate, 4) AS rate, complete, returned_value AS back
FROM oms_report.return_trend WHERE dimension = 'sku' AND value LIKE 'REP-%' ORDER BY 1, 2;
SELECT value, reason, fault, units, round(share, 4) AS share, recent_units AS recent, earlier_units AS earlier
FROM oms_report.return_reasons WHERE dimension = 'category' AND value LIKE 'apparel%' ORDER BY 1, 2;
SELECT value, reason, units FROM oms_report.return_reasons WHERE dimension = 'location' AND value LIKE 'rep-%' ORDER BY 1, 2;
-- thirty of sixty weigh more than one of one
SELECT sku, category, delivered, returned, round(rate, 4) AS rate, round(rate_low::numeric, 4) AS low, main_reason, returned_value
FROM oms_report.worst_skus WHERE sku LIKE 'REP-%' ORDER BY rank;
-- other days of exposure
INSERT INTO settings (name, value) VALUES ('return_days', '4');
SELECT value, m_del, m_ret, m_rate FROM pg_temp.rates WHERE by = 'sku';
DELETE FROM settings WHERE name = 'return_days';

/*
 * What became of it
 */
SELECT inspect_return(93001, 1, '[{"line_no": 1, "quantity": 15, "disposition": "restock", "grade": "A"}, {"line_no": 1, "quantity": 5, "disposition": "scrap"},
                                  {"line_no": 2, "quantity": 5, "disposition": "scrap"}]');
SELECT month, sku, location, disposition, grade, units, cost, cost_currency FROM oms_report.return_dispositions WHERE sku LIKE 'REP-%' ORDER BY 1, 2, 4;

/*
 * Bounds of a rate
 */
SELECT round(wilson_lower(1, 10)::numeric, 6) AS low, round(wilson_upper(1, 10)::numeric, 6) AS high;
SELECT wilson_lower(0, 10), round(wilson_upper(0, 10)::numeric, 6), round(wilson_lower(10, 10)::numeric, 6), wilson_upper(10, 10);
SELECT wilson_lower(0, 0), wilson_upper(0, 0), wilson_lower(NULL, 1), round(wilson_lower(0.5, 1.25)::numeric, 6), round(wilson_upper(3, 2)::numeric, 6);
SELECT round(wilson_lower(10, 100, 1.645)::numeric, 6) AS at_90;
SELECT * FROM check_invariants();
ROLLBACK;
