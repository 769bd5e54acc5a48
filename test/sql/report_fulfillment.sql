-- reports on fulfillment: what is open, how long it took, and whether it was in time
CREATE DATABASE regress_report_fulfillment;
\c regress_report_fulfillment
SET client_min_messages = warning;
CREATE EXTENSION oms CASCADE;
DO $$ BEGIN PERFORM oms.install(); END $$;
SET search_path = oms, public;
SET TimeZone = 'UTC';
SET datestyle = 'ISO';
\set SHOW_CONTEXT never
\set VERBOSITY terse

/*
 * Histograms: a bucket is 2 % wide, and what is below a second is in the first
 */
SELECT s, oms_internal.duration_bucket(s) FROM unnest('{-5,0,0.999,1,1.019,1.021,60,86400,1e12,1e300,NaN}'::float8[]) AS s;
SELECT oms_internal.add_histograms('{{1,2},{5,1}}', '{{0,4},{5,-1},{9,1}}'), oms_internal.add_histograms('{}', '{{3,1}}'),
       oms_internal.add_histograms('{{3,1}}', '{{3,-1}}');
SELECT oms_internal.sum_histograms(h) FROM (VALUES ('{{1,1}}'::int[]), (NULL), ('{{1,1},{2,1}}')) AS v(h);
SELECT oms_internal.histogram_percentile('{}', 0.5), oms_internal.histogram_percentile('{{0,3}}', 1);
-- as percentile_cont(), between two of 100 and 200 in proportion
SELECT round(oms_internal.histogram_percentile(ARRAY[ARRAY[oms_internal.duration_bucket(100), 1], ARRAY[oms_internal.duration_bucket(200), 1]], p)::numeric) AS seconds
FROM unnest('{0,0.25,0.5,1}'::float8[]) AS p;
SELECT oms_internal.histogram_percentile('{{1,1}}', 1.1);
SELECT oms_internal.histogram_percentile('{{1,1}}', 'NaN');
SELECT oms_internal.histogram_percentile('{1,1}', 0.5);
SELECT oms_internal.add_histograms('{{1,1}}', '{{1,1,1}}');
SELECT oms_internal.add_histograms('{{1,NULL}}', '{{1,1}}');
SELECT oms_internal.add_histograms('{{2,1},{1,1}}', '{{1,1}}');
SELECT oms_internal.add_histograms('{{1,2147483647}}', '{{1,1}}');
-- never more than 1 % from the true ones, whatever they are spread like
SELECT setseed(0.5);
CREATE TABLE durations AS
SELECT shape, CASE shape WHEN 'even' THEN random() * 1e6 WHEN 'long' THEN exp(12 * random()) WHEN 'two' THEN 30 + (random() < 0.3)::int * 1e7
                         ELSE 3600 * (1 - ln(1 - random())) END AS seconds
FROM generate_series(1, 3000), unnest('{even,long,two,waits}'::text[]) AS shape;
SELECT t.shape, bool_and(abs(h.seconds - t.seconds) <= 0.01 * t.seconds + 1) AS close
FROM (SELECT shape, p, percentile_cont(p) WITHIN GROUP (ORDER BY seconds) AS seconds
      FROM durations, generate_series(0, 1, 0.01) AS p GROUP BY shape, p) AS t
JOIN (SELECT shape, p, oms_internal.histogram_percentile(histogram, p) AS seconds
      FROM (SELECT shape, oms_internal.sum_histograms(ARRAY[ARRAY[oms_internal.duration_bucket(seconds), 1]]) AS histogram
            FROM durations GROUP BY shape) AS h, generate_series(0, 1, 0.01) AS p) AS h USING (shape, p)
GROUP BY t.shape ORDER BY t.shape;

/*
 * A month of orders
 */
SET oms.now = '2026-05-04 08:00+00';
DO $$
BEGIN
    PERFORM put_channel('{"code": "web", "currency": "EUR"}'), put_channel('{"code": "b2b", "currency": "USD"}');
    PERFORM put_customer('{"reference": "C", "name": "C", "payment_terms_days": 30}');
    PERFORM put_location('{"code": "porto", "country": "PT", "lat": 41.15, "lon": -8.61, "time_zone": "Europe/Lisbon", "priority": 1}');
    PERFORM put_location('{"code": "lisbon", "country": "PT", "lat": 38.7, "lon": -9.14, "time_zone": "Europe/Lisbon", "pickup": true}');
    PERFORM put_shipping_service('{"code": "express", "currency": "EUR", "rates": [{"price": "0", "transit_days": 1}]}');
    PERFORM put_sku('{"code": "TEE", "price": "10 EUR"}'), put_sku('{"code": "CAP", "price": "5 EUR"}'), put_sku('{"code": "NEW", "price": "5 EUR"}');
    PERFORM put_price('{"sku": "TEE", "channel": "b2b", "price": "9 USD"}');
    PERFORM put_fx_rate('2026-05-01', 'EUR', 'USD', 1.25);
    PERFORM receive_stock('TEE', 'porto', 100), receive_stock('CAP', 'lisbon', 100);
END
$$;
-- an order of "SKU quantity, ...", on terms unless it says otherwise
CREATE FUNCTION place(reference text, lines text DEFAULT 'TEE 1', more jsonb DEFAULT '{}') RETURNS bigint LANGUAGE sql AS $$
    SELECT place_order(jsonb_build_object('channel', 'web', 'reference', reference, 'customer', '{"reference": "C"}'::jsonb,
        'lines', (SELECT jsonb_agg(jsonb_build_object('sku', split_part(l, ' ', 1), 'quantity', split_part(l, ' ', 2)::numeric, 'tax', 0))
                  FROM regexp_split_to_table(lines, ', ') AS l),
        'ship_to', '{"country": "PT", "lat": 41.2, "lon": -8.6}'::jsonb, 'shipping', '{"price": 0, "tax": 0}'::jsonb) || more)
$$;
CREATE FUNCTION of(name text) RETURNS bigint LANGUAGE sql AS $$
    SELECT order_id FROM orders WHERE reference = name
$$;
CREATE FUNCTION roll_up(batch_rows int DEFAULT 1000) RETURNS text LANGUAGE sql AS $$
    UPDATE jobs SET batch_rows = roll_up.batch_rows WHERE name = 'roll_up_reports';
    SELECT (r ->> 'status') || coalesce(': ' || (r ->> 'error'), '') FROM run_job('roll_up_reports') AS r
$$;
CREATE VIEW times AS
    SELECT stage, value, fulfillments AS n, round(mean_hours, 2) AS mean, round(p50_hours, 2) AS p50, round(p90_hours, 2) AS p90
    FROM oms_report.fulfillment_times WHERE grain = 'month' ORDER BY stage, dimension, value;
CREATE VIEW promises AS
    SELECT promise, value, due, on_time, late, failed, overdue, waiting, round(rate, 3) AS rate, round(rate_low::numeric, 3) AS low
    FROM oms_report.on_time WHERE grain = 'month' ORDER BY promise, dimension, value;

-- 2 h until picking, 30 min of it, 5.5 h until it leaves, 44 h on the way; promised for the 5th
SELECT place('normal', 'TEE 2', '{"shipping": {"service": "express", "price": 0, "tax": 0}}') > 0;
SELECT ships_on, arrives_on FROM fulfillments WHERE order_id = of('normal');
SET oms.now = '2026-05-04 10:00+00';
SELECT start_picking(of('normal'), 1);
SET oms.now = '2026-05-04 10:30+00';
SELECT pack(of('normal'), 1, '[{"lines": [{"line_no": 1, "quantity": 1}]}, {"lines": [{"line_no": 1, "quantity": 1}]}]');
SET oms.now = '2026-05-04 16:00+00';
SELECT ship(of('normal'), 1, '{"carrier": "ctt", "number": "R1", "cost": "4.00 EUR"}');
-- the carrier tells it a day later
SET oms.now = '2026-05-07 09:00+00';
SELECT record_tracking('ctt', 'R1', 'delivered', '2026-05-06 12:00+00');
SELECT * FROM times WHERE value = 'porto';
SELECT * FROM promises;
SELECT * FROM oms_report.carrier_performance \gx
-- nothing changes but who has added it up
SELECT roll_up();
SELECT * FROM times WHERE value = 'web';
SELECT * FROM promises WHERE value IN ('all', 'ctt');
SELECT * FROM oms_report.split_rate WHERE dimension = 'all' \gx

-- paid later: 20 h until it is released. It leaves at 23:30 in UTC, half past midnight of the next day where it lies
SET oms.now = '2026-05-07 10:00+00';
SELECT place('late', 'TEE 1', '{"customer": {"reference": "cash", "name": "Cash"}}') > 0;
SELECT waits_for, holds, open_units, ships_on, late, age_hours FROM oms_report.open_orders;
SET oms.now = '2026-05-08 06:00+00';
SELECT add_payment(of('late'), '{"method": "card", "amount": "10.00", "status": "captured"}');
SELECT ships_on FROM fulfillments WHERE order_id = of('late');
SELECT waits_for, late, age_hours, status_age_hours FROM oms_report.open_orders;
UPDATE fulfillments SET ships_on = '2026-05-08' WHERE order_id = of('late');
SET oms.now = '2026-05-08 22:30+00';
SELECT location, status, age, days_left, due FROM oms_report.open_fulfillments;
SET oms.now = '2026-05-08 23:30+00';
-- steps by hand count as any other, though nobody knows of a parcel
UPDATE fulfillments SET status = 'packed' WHERE order_id = of('late');
UPDATE fulfillments SET status = 'shipped' WHERE order_id = of('late');
SELECT * FROM times WHERE value = 'all';
SELECT * FROM promises WHERE promise = 'shipping';

-- two locations, three parcels; one of them is lost, the other comes back
SET oms.now = '2026-05-11 08:00+00';
SELECT place('split', 'TEE 1, CAP 2', '{"fulfillment": {"deliver_by": "2026-05-14"}, "channel": "b2b", "reference": "split",
    "lines": [{"sku": "TEE", "quantity": 1, "tax": 0}, {"sku": "CAP", "quantity": 2, "unit_price": "6", "tax": 0}]}') > 0;
SELECT pack(of('split'), fulfillment_no), ship(of('split'), fulfillment_no, jsonb_build_object('carrier', 'ups', 'number', 'U' || fulfillment_no, 'cost', '5 USD'))
FROM fulfillments WHERE order_id = of('split') ORDER BY fulfillment_no;
SET oms.now = '2026-05-13 08:00+00';
SELECT * FROM promises WHERE value = 'ups';
SELECT record_tracking('ups', 'U1', 'lost', '2026-05-13 07:00+00');
SET oms.now = '2026-05-15 08:00+00';
SELECT * FROM promises WHERE value = 'ups';
SELECT record_tracking('ups', 'U2', 'returned_to_sender', '2026-05-15 07:00+00');
SELECT * FROM promises WHERE value = 'ups';
SELECT carrier, country, shipments, delivered, lost, returned_to_sender, on_the_way, p50_days, promised, on_time, cost, currency
FROM oms_report.carrier_performance ORDER BY carrier;
SELECT value, orders, one_fulfillment, two_fulfillments, more_fulfillments, round(split_rate, 3) AS rate, two_locations, one_parcel, two_parcels
FROM oms_report.split_rate ORDER BY dimension, value;

-- fetched at the counter: ready after 1 h, fetched 25 h later
SET oms.now = '2026-05-18 08:00+00';
SELECT place('fetch', 'CAP 1', '{"fulfillment": {"pickup_location": "lisbon"}}') > 0;
SET oms.now = '2026-05-18 09:00+00';
SELECT pack(of('fetch'), 1), mark_ready_for_pickup(of('fetch'), 1);
SELECT waits_for FROM oms_report.open_orders;
SELECT location, status, pickup, units FROM oms_report.open_fulfillments;
SET oms.now = '2026-05-19 10:00+00';
SELECT mark_picked_up(of('fetch'), 1);
SELECT stage, value, n, mean FROM times WHERE (stage LIKE '%ready%' OR stage LIKE '%picked%') AND value = 'web';
SELECT * FROM promises WHERE value = 'lisbon';

-- rejected, and sent by another; the first had 3 h, which end nowhere
SET oms.now = '2026-05-20 08:00+00';
SELECT receive_stock('TEE', 'lisbon', 5), place('reject') > 0;
SET oms.now = '2026-05-20 11:00+00';
SELECT start_picking(of('reject'), 1), reject(of('reject'), 1, 'damaged');
SELECT l.code, f.status FROM fulfillments AS f JOIN locations AS l USING (location_id) WHERE order_id = of('reject') ORDER BY fulfillment_no;
SET oms.now = '2026-05-20 12:00+00';
SELECT pack(of('reject'), 2), ship(of('reject'), 2), mark_delivered(of('reject'), 2);
SELECT location, month, reason, fulfillments, released_fulfillments, round(rate, 3) AS rate FROM oms_report.rejections;
SELECT stage, value, n, mean FROM times WHERE stage IN ('released_to_picking', 'released_to_shipped', 'placed_to_released') AND value IN ('porto', 'lisbon');

-- cancelled: before a location began, after, units of one, and a draft that never was an order
SELECT place('unpaid', 'TEE 1', '{"customer": {"reference": "cash"}}') > 0, place('paid') > 0, place('units', 'TEE 3') > 0;
SELECT cancel_order(of('unpaid'), 'no money'), cancel_order(of('paid'), 'too slow'),
       cancel_order(of('units'), 'one too many', '[{"line_no": 1, "quantity": 1}]'), cancel_order(of('units'), 'one more', '[{"line_no": 1, "quantity": 1}]');
BEGIN;
INSERT INTO orders (channel_id, reference, status, currency, lines_total, shipping_price, shipping_tax, discount, total)
SELECT channel_id, 'draft', 'draft', 'EUR', '0 EUR', '0 EUR', '0 EUR', '0 EUR', '0 EUR' FROM channels WHERE code = 'web';
SELECT status, waits_for FROM oms_report.open_orders WHERE reference = 'draft';
UPDATE orders SET status = 'cancelled' WHERE reference = 'draft';
COMMIT;
SELECT channel, month, cancelled, released, reason, orders, placed_orders, round(rate, 3) AS rate, value_left FROM oms_report.cancellations ORDER BY reason;

-- what waits
SELECT place('wait', 'NEW 4', '{"fulfillment": {"allow_backorder": true}}') > 0, place('stop', 'TEE 1') > 0, place('both', 'TEE 1, NEW 1', '{"fulfillment": {"allow_backorder": true}}') > 0;
SET oms.now = '2026-05-22 12:00+00';
SELECT hold_order(of('stop'), 'fraud', 'looks odd'), hold_order(of('stop'), 'address');
SELECT reference, status, waits_for, holds, open_units, backordered_units, age_hours FROM oms_report.open_orders ORDER BY order_id;
SELECT kind, age, orders, value FROM oms_report.open_holds ORDER BY kind;
SELECT sku, channel, orders, units, oldest_at, expected_on, unknown_units FROM oms_report.backorders;
SELECT location, status, age, due, held, fulfillments, units FROM oms_report.open_fulfillments ORDER BY held, status, age_from_hours;
SELECT status, channel, currency, age, status_age, orders, value FROM oms_report.orders_by_status
ORDER BY status, channel, age_from_hours, status_age_from_hours;

/*
 * Reckoned from scratch by other means it is the same, whatever has been rolled up
 */
CREATE VIEW steps AS
    SELECT e.order_id, e.subject_no AS no, split_part(split_part(e.type, '.', 2), '_for_', 1) AS step,
           CASE e.type WHEN 'fulfillment.delivered' THEN coalesce(s.delivered_at, e.occurred_at) WHEN 'fulfillment.shipped' THEN coalesce(s.shipped_at, e.occurred_at)
                       ELSE e.occurred_at END AS at
    FROM event_history AS e LEFT JOIN shipments AS s ON s.order_id = e.order_id AND s.fulfillment_no = e.subject_no
    WHERE e.type LIKE 'fulfillment.%'
    UNION ALL
    SELECT o.order_id, f.fulfillment_no, 'placed', o.placed_at FROM orders AS o JOIN fulfillments AS f USING (order_id);
CREATE VIEW truth AS
    WITH zone AS (SELECT coalesce((SELECT value FROM settings WHERE name = 'time_zone'), 'UTC') AS zone),
    stage AS (
        SELECT b.at AT TIME ZONE zone AS at, CASE d WHEN 'all' THEN 'all' WHEN 'channel' THEN c.code ELSE l.code END AS value, d AS dimension,
               a.step || '_to_' || b.step AS stage, greatest(extract(epoch FROM b.at - a.at) / 3600, 0) AS hours
        FROM zone, unnest('{all,channel,location}'::text[]) AS d, steps AS a
        JOIN steps AS b ON b.order_id = a.order_id AND b.no = a.no
        JOIN fulfillments AS f ON f.order_id = a.order_id AND f.fulfillment_no = a.no
        JOIN orders AS o ON o.order_id = a.order_id JOIN channels AS c USING (channel_id) JOIN locations AS l USING (location_id)
        WHERE a.step || ' ' || b.step = ANY ('{placed released,released picking,picking packed,released packed,packed shipped,packed ready,
            released shipped,released ready,shipped delivered,placed shipped,placed delivered,placed picked_up,ready picked_up}')
    ), due AS (
        SELECT p.promise, p.due_on, CASE d WHEN 'all' THEN 'all' WHEN 'channel' THEN c.code WHEN 'location' THEN l.code ELSE s.carrier END AS value, d AS dimension,
               CASE WHEN p.done_on <= p.due_on THEN 'on_time' WHEN p.done_on IS NOT NULL THEN 'late'
                    WHEN p.failed THEN 'failed'
                    WHEN p.due_on < (now() AT TIME ZONE zone)::date THEN 'overdue' ELSE 'waiting' END AS outcome
        FROM zone, unnest('{all,channel,location,carrier}'::text[]) AS d, fulfillments AS f
        JOIN orders AS o USING (order_id) JOIN channels AS c USING (channel_id) JOIN locations AS l USING (location_id)
        LEFT JOIN shipments AS s USING (order_id, fulfillment_no)
        CROSS JOIN LATERAL (
            SELECT 'shipping' AS promise, f.ships_on AS due_on, false AS failed,
                   (SELECT min((at AT TIME ZONE l.time_zone)::date) FROM steps AS t WHERE t.order_id = f.order_id AND t.no = f.fulfillment_no
                    AND step IN ('shipped', 'ready', 'picked_up')) AS done_on
            UNION ALL
            SELECT 'delivery', coalesce(f.arrives_on, o.deliver_by), f.status IN ('lost', 'returned_to_sender'),
                   (SELECT (at AT TIME ZONE l.time_zone)::date FROM steps AS t WHERE t.order_id = f.order_id AND t.no = f.fulfillment_no AND step = 'delivered')
            WHERE NOT f.pickup) AS p
        WHERE f.status NOT IN ('planned', 'cancelled', 'rejected') AND p.due_on IS NOT NULL
    )
    SELECT 'times' AS report, concat_ws(' ', g, date_trunc(g, at)::date, dimension, value, stage) AS key, count(*)::numeric AS n, round(avg(hours), 3) AS x,
           percentile_cont(ARRAY[0.5, 0.9, 0.95, 0.99]) WITHIN GROUP (ORDER BY hours) AS percentiles
    FROM stage, unnest('{day,week,month}'::text[]) AS g WHERE dimension <> 'location' OR g = 'month' GROUP BY 1, 2
    UNION ALL
    SELECT 'promises', concat_ws(' ', promise, g, date_trunc(g, due_on)::date, dimension, value, o), count(*) FILTER (WHERE o = outcome OR o = 'due'), NULL, NULL
    FROM due, unnest('{day,week,month}'::text[]) AS g, unnest('{due,on_time,late,failed,overdue,waiting}'::text[]) AS o WHERE value IS NOT NULL GROUP BY 1, 2
    UNION ALL
    SELECT 'carriers', concat_ws(' ', s.carrier, coalesce(s.service, v.code), o.ship_to ->> 'country', date_trunc('month', b.at AT TIME ZONE zone)::date),
           count(*), round(avg(greatest(extract(epoch FROM e.at - b.at), 0)) FILTER (WHERE e.at IS NOT NULL) / 86400, 3),
           percentile_cont(ARRAY[0.5, 0.9, 0.95]) WITHIN GROUP (ORDER BY greatest(extract(epoch FROM e.at - b.at), 0)::float8 / 86400)
               FILTER (WHERE e.at IS NOT NULL)
    FROM zone, steps AS b JOIN orders AS o USING (order_id) LEFT JOIN shipping_services AS v USING (service_id)
    LEFT JOIN shipments AS s ON s.order_id = b.order_id AND s.fulfillment_no = b.no
    LEFT JOIN steps AS e ON e.order_id = b.order_id AND e.no = b.no AND e.step = 'delivered'
    WHERE b.step = 'shipped' GROUP BY 1, 2
    UNION ALL
    SELECT 'statuses', concat_ws(' ', c.code, o.currency, o.status), count(*), sum(o.total::numeric), NULL FROM orders AS o JOIN channels AS c USING (channel_id) GROUP BY 1, 2
    UNION ALL
    SELECT 'splits', concat_ws(' ', c.code, date_trunc('month', o.placed_at AT TIME ZONE zone)::date, n), count(*), NULL, NULL
    FROM zone, orders AS o JOIN channels AS c USING (channel_id) CROSS JOIN LATERAL (
        SELECT count(*) AS n FROM fulfillments AS f WHERE f.order_id = o.order_id AND f.status IN ('shipped', 'delivered', 'picked_up', 'lost', 'returned_to_sender')) AS f
    WHERE o.status IN ('shipped', 'delivered', 'completed') GROUP BY 1, 2
    UNION ALL
    SELECT 'cancellations', concat_ws(' ', c.code, date_trunc('month', o.placed_at AT TIME ZONE zone)::date, CASE o.status WHEN 'cancelled' THEN 'order' ELSE 'units' END,
           coalesce(o.status_reason, (SELECT e.data ->> 'reason' FROM event_history AS e WHERE e.order_id = o.order_id AND type = 'line.cancelled' ORDER BY sequence DESC LIMIT 1))),
           count(*), NULL, NULL
    FROM zone, orders AS o JOIN channels AS c USING (channel_id)
    WHERE (o.status = 'cancelled' OR EXISTS (SELECT FROM order_lines AS l WHERE l.order_id = o.order_id AND l.cancelled > '0'))
          AND EXISTS (SELECT FROM event_history AS e WHERE e.order_id = o.order_id AND e.type = 'order.placed') GROUP BY 1, 2;
CREATE VIEW reported AS
    SELECT 'times' AS report, concat_ws(' ', grain, starts_on, dimension, value, stage) AS key, fulfillments::numeric AS n, round(mean_hours, 3) AS x,
           ARRAY[p50_hours, p90_hours, p95_hours, p99_hours]::float8[] AS percentiles
    FROM oms_report.fulfillment_times
    UNION ALL
    SELECT 'promises', concat_ws(' ', promise, grain, starts_on, dimension, t.value, o.key), o.value::numeric, NULL, NULL
    FROM oms_report.on_time AS t, jsonb_each(to_jsonb(t)) AS o WHERE o.key IN ('due', 'on_time', 'late', 'failed', 'overdue', 'waiting')
    UNION ALL
    SELECT 'carriers', concat_ws(' ', carrier, service, country, month), shipments, round(mean_days, 3), nullif(ARRAY[p50_days, p90_days, p95_days], '{NULL,NULL,NULL}')
    FROM oms_report.carrier_performance
    UNION ALL
    SELECT 'statuses', concat_ws(' ', channel, currency, status), sum(orders), sum(value), NULL FROM oms_report.orders_by_status GROUP BY 1, 2
    UNION ALL
    SELECT 'splits', concat_ws(' ', value, month, n), o, NULL, NULL
    FROM oms_report.split_rate, LATERAL (VALUES (1, one_fulfillment), (2, two_fulfillments), (3, more_fulfillments)) AS s(n, o) WHERE dimension = 'channel' AND o > 0
    UNION ALL
    SELECT 'cancellations', concat_ws(' ', channel, month, cancelled, reason), sum(orders), NULL, NULL FROM oms_report.cancellations GROUP BY 1, 2;
CREATE FUNCTION differs(truth regclass DEFAULT 'truth', OUT report text, OUT key text, OUT truth_n numeric, OUT n numeric, OUT truth_x numeric, OUT x numeric)
    RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format('
        SELECT report, key, t.n, r.n, t.x, r.x FROM %s AS t FULL JOIN reported AS r USING (report, key)
        WHERE t.n IS DISTINCT FROM r.n OR abs(coalesce(t.x, 0) - coalesce(r.x, 0)) > 0.001
              OR EXISTS (SELECT FROM unnest(t.percentiles, r.percentiles) AS p(t, r) WHERE abs(p.t - p.r) > 0.01 * p.t + 0.001 OR p.t IS NULL AND p.r IS NOT NULL)
        ORDER BY 1, 2', truth);
END
$$;
SELECT report, count(*) FROM truth GROUP BY report ORDER BY report;
-- half of it is rolled up; then the rest; then all of it anew, four orders at a time, which are twelve
SELECT * FROM differs();
SELECT roll_up(25);
SELECT cardinality(oms_internal.unread_orders());
SELECT * FROM differs();
CREATE TABLE metrics AS SELECT * FROM fulfillment_metrics WHERE occurrences <> 0;
UPDATE watermarks SET system_id = 1 WHERE name = 'reports';
SELECT * FROM differs();
SELECT roll_up(4);
SELECT count(*) FROM ((TABLE metrics EXCEPT SELECT * FROM fulfillment_metrics WHERE occurrences <> 0)
                      UNION ALL (SELECT * FROM fulfillment_metrics WHERE occurrences <> 0 EXCEPT TABLE metrics)) AS d;
-- from nothing
SET session_replication_role = replica;
DELETE FROM fulfillment_metrics;
DELETE FROM fulfillment_progress;
DELETE FROM order_progress;
RESET session_replication_role;
UPDATE watermarks SET system_id = 1 WHERE name = 'reports';
SELECT * FROM differs();
SELECT roll_up();
SELECT * FROM differs();
SELECT count(*) FROM ((TABLE metrics EXCEPT SELECT * FROM fulfillment_metrics WHERE occurrences <> 0)
                      UNION ALL (SELECT * FROM fulfillment_metrics WHERE occurrences <> 0 EXCEPT TABLE metrics)) AS d;
-- a service that is renamed has its new code at once, in one row with what ship() was told by that name
BEGIN;
UPDATE shipping_services SET code = 'swift' WHERE code = 'express';
SELECT carrier, service, country, shipments, delivered FROM oms_report.carrier_performance WHERE carrier = 'ctt';
SELECT * FROM differs();
UPDATE shipments SET carrier = 'ctt', service = 'swift' WHERE order_id = of('split') AND fulfillment_no = 1;
SELECT carrier, service, country, shipments, delivered, lost FROM oms_report.carrier_performance WHERE carrier = 'ctt';
SELECT * FROM differs();
UPDATE watermarks SET system_id = 1 WHERE name = 'reports';
SELECT roll_up();
SELECT * FROM differs();
ROLLBACK;
-- columns that were added to tables are in nobody's way, in what counts as in what reads
BEGIN;
DO $$
DECLARE
    v_table regclass;
BEGIN
    FOR v_table IN SELECT c.oid FROM pg_class AS c
                   WHERE c.relnamespace = 'oms'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY c.relname LOOP
        EXECUTE format('ALTER TABLE %s ADD COLUMN added_later text DEFAULT ''x''', v_table);
    END LOOP;
END
$$;
UPDATE watermarks SET system_id = 1 WHERE name = 'reports';
SELECT * FROM differs();
SELECT roll_up();
SELECT * FROM differs();
SELECT name, r ->> 'error' AS error FROM unnest('{roll_up_ledger, roll_up_stock, roll_up_demand}'::text[]) AS name, run_job(name) AS r;
ROLLBACK;
-- what is corrected by hand counts at once, though all had been rolled up
UPDATE fulfillments SET pickup = true WHERE order_id = of('normal');
SELECT type, data FROM events WHERE order_id = of('normal') ORDER BY sequence DESC LIMIT 1;
SELECT * FROM promises WHERE promise = 'delivery' AND value = 'ctt';
SELECT * FROM differs();
UPDATE fulfillments SET pickup = false WHERE order_id = of('normal');
UPDATE fulfillments SET arrives_on = '2026-05-10' WHERE order_id = of('normal');
UPDATE shipments SET service = 'night', delivered_at = '2026-05-06 18:00+00' WHERE order_id = of('normal');
INSERT INTO shipments (order_id, fulfillment_no, carrier, shipped_at) VALUES (of('late'), 1, 'bike', '2026-05-08 23:45+00');
INSERT INTO packages (order_id, fulfillment_no, package_no) VALUES (of('late'), 1, 1), (of('late'), 1, 2);
UPDATE orders SET status_reason = 'no money at all' WHERE reference = 'unpaid';
UPDATE fulfillments SET status_reason = 'broken' WHERE status = 'rejected';
SELECT carrier, service, mean_days, promised, on_time FROM oms_report.carrier_performance WHERE carrier IN ('ctt', 'bike') ORDER BY carrier;
SELECT one_parcel, two_parcels FROM oms_report.split_rate WHERE dimension = 'all';
SELECT reason FROM oms_report.cancellations WHERE reason LIKE '%money%' UNION ALL SELECT reason FROM oms_report.rejections;
SELECT * FROM differs();
-- other days: of reports, and of a location
INSERT INTO settings VALUES ('time_zone', 'America/Los_Angeles');
SELECT * FROM differs();
SELECT roll_up();
SELECT * FROM differs();
UPDATE locations SET time_zone = 'Pacific/Auckland' WHERE code = 'porto';
SELECT * FROM differs();
SELECT value, due, on_time, late FROM promises WHERE promise = 'shipping' AND value IN ('porto', 'lisbon');
SELECT roll_up();
SELECT * FROM differs();
-- what stays as it is makes no other days, and what changes again before the job has come to it writes nothing
UPDATE settings SET value = value WHERE name = 'time_zone';
SELECT system_id IS NULL AS anew FROM watermarks WHERE name = 'reports';
UPDATE locations SET time_zone = 'Europe/Madrid' WHERE code = 'lisbon';
SELECT ctid AS mark FROM watermarks WHERE name = 'reports' \gset
UPDATE locations SET time_zone = 'Europe/Lisbon' WHERE code = 'lisbon';
UPDATE settings SET value = 'America/New_York' WHERE name = 'time_zone';
UPDATE settings SET value = 'America/Los_Angeles' WHERE name = 'time_zone';
SELECT system_id IS NULL AS anew, ctid = :'mark' AS unwritten FROM watermarks WHERE name = 'reports';
SELECT roll_up();
SELECT * FROM differs();

/*
 * Events go to the archive and are dropped; what was noted of them stays
 */
UPDATE orders SET status = 'completed' WHERE status = 'delivered';
UPDATE jobs SET settings = '{"after_days": 1, "drop_after_months": 2}' WHERE name = 'archive_events';
SET oms.now = '2026-05-31 12:00+00';
SELECT roll_up();
SET session_replication_role = replica;
UPDATE watermarks SET (transaction_id, event_id, system_id, order_id) = (pg_current_xact_id(), 0, oms_internal.system_id(), NULL)
WHERE name NOT IN ('reports', 'archive_events');
RESET session_replication_role;
CREATE TABLE before AS TABLE truth;
SELECT run_job('archive_events') ->> 'status' AS archived;
SELECT count(*) FILTER (WHERE ended_at IS NULL) AS here, count(*) > 0 AS archived FROM event_history WHERE order_id = of('normal');
SELECT * FROM differs('before');
-- all of it anew, from the archive
UPDATE watermarks SET system_id = 1 WHERE name = 'reports';
SELECT * FROM differs('before');
SELECT roll_up();
SELECT * FROM differs('before');
SET oms.now = '2026-09-01 12:00+00';
SELECT run_job('archive_events') ->> 'status' AS dropped;
SELECT count(*) FROM event_history WHERE order_id IN (of('normal'), of('reject'), of('paid'));
SET oms.now = '2026-05-31 12:00+00';
SELECT * FROM differs('before');
UPDATE watermarks SET system_id = 1 WHERE name = 'reports';
SELECT * FROM differs('before');
-- looked at once more as well, and with an event that comes later
SELECT request_return(of('reject'), '[{"line_no": 1, "quantity": 1}]', 'too small');
SELECT * FROM differs('before');
SELECT roll_up();
SELECT * FROM differs('before');

/*
 * A reader needs no more than to read, and nothing is written
 */
CREATE ROLE regress_fulfillment_reader;
SELECT grant_access('regress_fulfillment_reader', 'reader');
SET ROLE regress_fulfillment_reader;
BEGIN READ ONLY;
SELECT count(*) > 0 FROM oms_report.fulfillment_times;
SELECT count(*) > 0 FROM oms_report.on_time;
SELECT count(*) > 0 FROM oms_report.carrier_performance;
SELECT count(*) > 0 FROM oms_report.orders_by_status;
SELECT count(*) > 0 FROM oms_report.open_orders;
COMMIT;
RESET ROLE;
-- and nobody writes what the job keeps
DELETE FROM order_progress;
UPDATE fulfillment_progress SET carrier = 'x';
INSERT INTO fulfillment_metrics VALUES ('order', 'x', 'all', '', '2026-01-01', 1, 1);
SELECT * FROM check_invariants();
SELECT revoke_access('regress_fulfillment_reader');
\c postgres
DROP DATABASE regress_report_fulfillment;
DROP ROLE regress_fulfillment_reader;
