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
 * The same from the rows of orders alone, in plain SQL: line by line, without what the job keeps
 */
CREATE VIEW pg_temp.unit AS
WITH zone AS (SELECT coalesce((SELECT value FROM settings WHERE name = 'time_zone'), 'UTC') AS zone,
                     coalesce((SELECT value::integer FROM settings WHERE name = 'return_days'), 30) AS days
), part AS (
    SELECT fl.order_id, fl.line_no, fl.fulfillment_no, (f.status_at AT TIME ZONE zone)::date AS day, f.location_id, fl.quantity::numeric AS n,
           (SELECT coalesce(sum(e.quantity::numeric), 0) FROM fulfillment_lines e JOIN fulfillments g USING (order_id, fulfillment_no)
            WHERE e.order_id = fl.order_id AND e.line_no = fl.line_no AND e.fulfillment_no < fl.fulfillment_no AND g.status IN ('delivered', 'picked_up')) AS before,
           (SELECT coalesce(sum(b.quantity::numeric), 0) FROM return_receipts b
            WHERE b.order_id = fl.order_id AND b.line_no = fl.line_no
                  AND (b.received_at AT TIME ZONE zone)::date - days <= (f.status_at AT TIME ZONE zone)::date) AS in_time
    FROM zone, fulfillment_lines fl JOIN fulfillments f USING (order_id, fulfillment_no)
    WHERE f.status IN ('delivered', 'picked_up')
)
SELECT u.order_id, u.line_no, u.day, u.n, greatest(0, least(l.returned::numeric - before, n)) AS back,
       greatest(0, least(least(in_time, l.returned::numeric) - before, n)) AS in_time,
       l.total::numeric / (l.quantity::numeric - l.cancelled::numeric) - coalesce(l.order_discount::numeric, 0) / l.quantity::numeric AS price,
       k.code AS sku, p.category::text AS category, c.code AS channel, a.code AS location, o.customer_id,
       (oms.now() AT TIME ZONE zone)::date - days AS mature_on
FROM zone, part u JOIN order_lines l USING (order_id, line_no) JOIN orders o USING (order_id) JOIN skus k USING (sku_id)
     LEFT JOIN products p USING (product_id) JOIN channels c USING (channel_id) JOIN locations a USING (location_id);
CREATE VIEW pg_temp.unit_by AS
SELECT d.dimension, d.value, u.*
FROM pg_temp.unit u, LATERAL (
    VALUES ('all', 'all'), ('sku', sku), ('channel', channel), ('location', location), ('customer', customer_id::text)
    UNION ALL SELECT 'category', array_to_string((string_to_array(category, '.'))[:n], '.') FROM generate_series(1, 5) AS n
    WHERE split_part(category, '.', n) <> '') AS d(dimension, value)
WHERE d.value IS NOT NULL;
-- what the views say that rows do not, and the other way round
CREATE VIEW pg_temp.wrong AS
WITH rate AS (
    SELECT dimension, value, orders, delivered, returned, mature_delivered, mature_returned, recent_delivered, recent_returned, earlier_delivered,
           earlier_returned, delivered_value, returned_value
    FROM oms_report.return_rates
), rate_again AS (
    SELECT dimension, value, count(DISTINCT order_id), sum(n), sum(back), coalesce(sum(n) FILTER (WHERE day <= mature_on), 0),
           coalesce(sum(in_time) FILTER (WHERE day <= mature_on), 0),
           coalesce(sum(n) FILTER (WHERE day <= mature_on AND day > mature_on - 90), 0),
           coalesce(sum(in_time) FILTER (WHERE day <= mature_on AND day > mature_on - 90), 0),
           coalesce(sum(n) FILTER (WHERE day <= mature_on - 90 AND day > mature_on - 180), 0),
           coalesce(sum(in_time) FILTER (WHERE day <= mature_on - 90 AND day > mature_on - 180), 0),
           round(sum(n * price), 2), round(sum(back * price), 2)
    FROM pg_temp.unit_by GROUP BY dimension, value
), trend AS (
    SELECT dimension, value, month, delivered, returned, returned_in_time, complete, returned_value FROM oms_report.return_trend
), trend_again AS (
    SELECT dimension, value, date_trunc('month', day)::date, sum(n), sum(back), sum(in_time), bool_and(day <= mature_on), round(sum(back * price), 2)
    FROM pg_temp.unit_by GROUP BY 1, 2, 3
), came AS (
    SELECT order_id, line_no, received_on, sku, reason, fault, units FROM oms_report.returned_units
), came_again AS (
    SELECT b.order_id, line_no, (b.received_at AT TIME ZONE coalesce((SELECT value FROM settings WHERE name = 'time_zone'), 'UTC'))::date, k.code,
           coalesce(w.code, CASE WHEN coalesce(rl.reason, r.reason) IS NULL THEN 'none' ELSE 'other' END), rl.fault, b.quantity::numeric
    FROM return_receipts b JOIN return_lines rl USING (order_id, return_no, line_no) JOIN returns r USING (order_id, return_no)
         JOIN order_lines l USING (order_id, line_no) JOIN skus k USING (sku_id) LEFT JOIN return_reasons w ON w.code = coalesce(rl.reason, r.reason)
), day AS (
    SELECT day, channel, delivered, delivered_value, returned, returned_value FROM oms_report.returns_by_day
), day_again AS (
    SELECT day, channel, sum(n), round(sum(worth), 2), sum(back), round(sum(back_worth), 2)
    FROM (SELECT day, channel, n, n * price AS worth, 0 AS back, 0 AS back_worth FROM pg_temp.unit
          UNION ALL
          SELECT c.received_on, c2.code, 0, 0, c.units, c.units * (l.total::numeric / (l.quantity::numeric - l.cancelled::numeric)
                                                                   - coalesce(l.order_discount::numeric, 0) / l.quantity::numeric)
          FROM came AS c JOIN order_lines l USING (order_id, line_no) JOIN orders USING (order_id) JOIN channels c2 USING (channel_id)) AS f
    GROUP BY day, channel
)
SELECT 'disposition' AS view, x::text
FROM ((SELECT month, sku, location, disposition, grade, units, cost FROM oms_report.return_dispositions
       EXCEPT SELECT date_trunc('month', i.inspected_at AT TIME ZONE zone)::date, k.code, a.code, i.disposition, i.grade, sum(i.quantity::numeric), sum(i.quantity::numeric) * k.cost::numeric
              FROM (SELECT coalesce((SELECT value FROM settings WHERE name = 'time_zone'), 'UTC') AS zone) AS z, return_inspections i JOIN order_lines USING (order_id, line_no)
                   JOIN skus k USING (sku_id) JOIN locations a ON a.location_id = i.location_id GROUP BY 1, 2, 3, 4, 5, k.cost)
      UNION ALL
      SELECT NULL, NULL, NULL, NULL, NULL, (SELECT sum(units) FROM oms_report.return_dispositions), (SELECT sum(quantity::numeric) FROM return_inspections)
      WHERE (SELECT sum(units) FROM oms_report.return_dispositions) IS DISTINCT FROM (SELECT sum(quantity::numeric) FROM return_inspections)) AS x
UNION ALL
SELECT 'rate', x::text FROM ((TABLE rate EXCEPT TABLE rate_again) UNION ALL (TABLE rate_again EXCEPT TABLE rate)) AS x
UNION ALL
SELECT 'trend', x::text FROM ((TABLE trend EXCEPT TABLE trend_again) UNION ALL (TABLE trend_again EXCEPT TABLE trend)) AS x
UNION ALL
SELECT 'came', x::text FROM ((TABLE came EXCEPT ALL TABLE came_again) UNION ALL (TABLE came_again EXCEPT ALL TABLE came)) AS x
UNION ALL
SELECT 'day', x::text FROM ((TABLE day EXCEPT TABLE day_again) UNION ALL (TABLE day_again EXCEPT TABLE day)) AS x;
-- which orders are counted, and which are live; counts all orders, as if the job had read what this transaction has done
CREATE VIEW pg_temp.state AS
SELECT (SELECT array_agg(DISTINCT order_id ORDER BY order_id) FROM delivered_lines WHERE order_id BETWEEN 93001 AND 93999) AS counted,
       (SELECT array_agg(n ORDER BY n) FROM unnest(oms_internal.unread_returns()) AS n WHERE n BETWEEN 93001 AND 93999) AS live,
       (SELECT count(*) FROM pg_temp.wrong) AS wrong;
CREATE FUNCTION pg_temp.roll_up() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    UPDATE oms.watermarks SET system_id = NULL WHERE name = 'reports';
    PERFORM oms.run_job('roll_up_reports');
    PERFORM set_config('session_replication_role', 'replica', true);
    UPDATE oms.watermarks SET (transaction_id, event_id) = (SELECT pg_current_xact_id(), max(event_id) FROM oms.events) WHERE name = 'reports';
    PERFORM set_config('session_replication_role', 'origin', true);
    RETURN (SELECT s::text FROM pg_temp.state AS s);
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
SELECT pg_temp.roll_up();
SELECT pg_temp.sell('2026-07-10', 'rep-web', 'rep-a', '[{"sku": "REP-1", "quantity": 4, "unit_price": 10, "tax": 0}, {"sku": "REP-4", "quantity": 1, "unit_price": 1, "tax": 0}]');
SELECT pg_temp.back(93003, 2, '[{"line_no": 1, "quantity": 1}]', 'rep_small');
SELECT pg_temp.sell('2026-06-02', 'rep-web', 'rep-a', '[{"sku": "REP-4", "quantity": 1, "unit_price": 1, "tax": 0}]');
SELECT pg_temp.back(93004, 3, '[{"line_no": 1, "quantity": 1}]', 'rep_torn');
SET oms.now = '2026-07-20 12:00:00+00';
TABLE pg_temp.state;

SELECT order_id, line_no AS line, fulfillment_no AS f, delivered_on, mature, channel, location, sku, category, delivered, returned,
       returned_in_time AS in_time, round(delivered_value, 2) AS value, round(returned_value, 2) AS back
FROM oms_report.delivered_units WHERE order_id BETWEEN 93001 AND 93999 ORDER BY 1, 2;
-- the same by dimension: 60 + 40 + 10 + 4 are of apparel, with 35 + 5 + 3 + 1 that came back; without a category are 2, with 1. All is of customers
SELECT dimension, CASE WHEN dimension <> 'customer' THEN value END AS value, sum(delivered) AS delivered, sum(returned) AS returned
FROM oms_report.delivered_units_by WHERE order_id BETWEEN 93001 AND 93999 GROUP BY 1, 2 ORDER BY 1, 2;
-- what came back is of the location where it came: 10 at rep-a, and 20 + 5 + 5 + 3 + 1 + 1 at rep-b
SELECT dimension, CASE WHEN dimension <> 'customer' THEN value END AS value, sum(units) AS returned
FROM oms_report.returned_units_by WHERE order_id BETWEEN 93001 AND 93999 GROUP BY 1, 2 ORDER BY 1, 2;
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
SELECT day, channel, delivered, delivered_value AS worth, returned, returned_value AS back FROM oms_report.returns_by_day WHERE channel LIKE 'rep-%' ORDER BY 1, 2;
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
 * All is counted, and what changes then is counted at once
 */
SELECT pg_temp.roll_up();
SELECT pg_temp.back(93003, 29, '[{"line_no": 2, "quantity": 1}]', 'rep_torn');
TABLE pg_temp.state;
SELECT inspect_return(93002, 1, '[{"line_no": 1, "quantity": 2, "disposition": "scrap"}]');
TABLE pg_temp.state;
-- what is renamed, put elsewhere, counted by other days or in another zone
UPDATE skus SET code = 'REP-one' WHERE code = 'REP-1';
UPDATE locations SET code = 'rep-aa' WHERE code = 'rep-a';
UPDATE products SET category = 'home.towels' WHERE code = 'REP-P1';
UPDATE skus SET product_id = (SELECT product_id FROM products WHERE code = 'REP-P2') WHERE code = 'REP-4';
SELECT put_return_reason('{"code": "changed my mind", "name": "Changed my mind"}');
TABLE pg_temp.state;
SELECT dimension, value, orders, delivered, returned FROM oms_report.return_rates WHERE dimension = 'category' AND value ~ '^(apparel|home)' ORDER BY 2;
INSERT INTO settings (name, value) VALUES ('return_days', '3');
TABLE pg_temp.state;
SELECT pg_temp.roll_up();
INSERT INTO settings (name, value) VALUES ('time_zone', 'Pacific/Auckland');
TABLE pg_temp.state;
SELECT order_id, line_no, delivered_on FROM oms_report.delivered_units WHERE order_id = 93004;
SELECT pg_temp.roll_up();
UPDATE products SET category = 'home' WHERE code = 'REP-P1';
TABLE pg_temp.state;
SELECT run_job('roll_up_reports') ->> 'rows' AS rows, s.*, (SELECT count(*) FROM recategorized_skus AS r JOIN skus AS k USING (sku_id) WHERE k.code LIKE 'REP-%') AS skus FROM pg_temp.state AS s;
SELECT s.*, (SELECT count(*) FROM recategorized_skus AS r JOIN skus AS k USING (sku_id) WHERE k.code LIKE 'REP-%') AS skus FROM pg_temp.state AS s;
-- a month that no border parts: returns of 20 days are due on the last of June
SET oms.now = '2026-07-20 11:00:00+00';
UPDATE settings SET value = '20' WHERE name = 'return_days';
SELECT pg_temp.roll_up();
-- parts of an order that are delivered in two months count in both, the order in the first
SET oms.now = '2026-08-30 12:00:00+00';
SELECT place_order('{"channel": "rep-web", "reference": "rep-two", "customer": {"reference": "rep-two"}, "ship_to": {"country": "PT", "lat": 41, "lon": -8},
    "lines": [{"sku": "REP-2", "quantity": 1500, "unit_price": 1, "tax": 0}], "shipping": {"price": 0, "tax": 0},
    "payments": [{"method": "card", "amount": "1500", "status": "captured"}]}') AS two \gset
SELECT pack(:two, 1), ship(:two, 1), mark_delivered(:two, 1);
SET oms.now = '2026-09-02 12:00:00+00';
SELECT pack(:two, 2), ship(:two, 2), mark_delivered(:two, 2);
SELECT wrong FROM pg_temp.state;
SELECT pg_temp.roll_up() IS NOT NULL AS counted;
SELECT month, orders > 0 AS first, delivered > '0' AS delivered FROM delivered_monthly
WHERE dimension = 'customer' AND key = (SELECT customer_id::text FROM customers WHERE reference = 'rep-two') ORDER BY month;
SELECT wrong FROM pg_temp.state;
/*
 * A part of a line comes back in time by its own delivery. 600 were delivered on 1
 * January and 2 on 1 March. 598 came back on 20 January, 19 days after the first
 * part; 3 on 5 March: the last 2 of the first part, after 63 days, and one of the
 * second, after 4; and the other one on 1 April, after 31 days. In time are 598 of
 * 600, and 601 - 600 = 1 of 2.
 */
DELETE FROM settings WHERE name IN ('return_days', 'time_zone');
SET oms.now = '2027-01-01 12:00:00+00';
SELECT put_sku('{"code": "REP-5"}'), receive_stock('REP-5', 'rep-aa', 600), receive_stock('REP-5', 'rep-b', 2) \g /dev/null
SELECT place_order('{"channel": "rep-web", "reference": "rep-parts", "customer": {"reference": "rep-two"}, "ship_to": {"country": "PT", "lat": 41, "lon": -8},
    "lines": [{"sku": "REP-5", "quantity": 602, "unit_price": 1, "tax": 0}], "shipping": {"price": 0, "tax": 0},
    "payments": [{"method": "card", "amount": "602", "status": "captured"}]}') AS parts \gset
SELECT pack(:parts, 1), ship(:parts, 1), mark_delivered(:parts, 1) FROM fulfillment_lines WHERE order_id = :parts AND fulfillment_no = 1 AND quantity = '600';
SELECT pg_temp.back(:parts, 19, '[{"line_no": 1, "quantity": 598}]', 'rep_small') \g /dev/null
SET oms.now = '2027-03-01 12:00:00+00';
SELECT pack(:parts, 2), ship(:parts, 2), mark_delivered(:parts, 2);
SELECT pg_temp.back(:parts, 63, '[{"line_no": 1, "quantity": 3}]', 'rep_small'),
       pg_temp.back(:parts, 90, '[{"line_no": 1, "quantity": 1}]', 'rep_small') \g /dev/null
CREATE VIEW pg_temp.parts AS
    SELECT fulfillment_no AS f, delivered_on, mature, delivered, returned, returned_in_time AS in_time
    FROM oms_report.delivered_units WHERE sku = 'REP-5' ORDER BY 1;
TABLE pg_temp.parts;
SELECT wrong FROM pg_temp.state;
SELECT pg_temp.roll_up() IS NOT NULL AS counted;
TABLE pg_temp.parts;
SELECT month, delivered, returned, returned_in_time AS in_time FROM oms_report.return_trend WHERE dimension = 'sku' AND value = 'REP-5' ORDER BY 1;
SELECT wrong FROM pg_temp.state;

/*
 * Bounds of a rate
 */
SELECT round(wilson_lower(1, 10)::numeric, 6) AS low, round(wilson_upper(1, 10)::numeric, 6) AS high;
SELECT wilson_lower(0, 10), round(wilson_upper(0, 10)::numeric, 6), round(wilson_lower(10, 10)::numeric, 6), wilson_upper(10, 10);
SELECT wilson_lower(0, 0), wilson_upper(0, 0), wilson_lower(NULL, 1), round(wilson_lower(0.5, 1.25)::numeric, 6), round(wilson_upper(3, 2)::numeric, 6);
SELECT round(wilson_lower(10, 100, 1.645)::numeric, 6) AS at_90;
SELECT * FROM check_invariants();
ROLLBACK;
