/*
 * test/report/fulfillment.sql: how long the orders of a marketplace took, and
 * whether they came by the day that was promised, by the source's own times
 *
 * A seller's part of an order is a fulfillment. All are picked, packed and shipped
 * when the carrier took the order, and delivered together.
 */

SET search_path = oms, public;
SET timezone = 'America/Sao_Paulo';
INSERT INTO oms.settings (name, value) VALUES ('time_zone', 'America/Sao_Paulo') ON CONFLICT (name) DO UPDATE SET value = excluded.value;

UPDATE replay.orders AS r
SET document = jsonb_set(document, '{fulfillment}', jsonb_build_object('deliver_by', o.estimated::date))
FROM source_orders AS o
WHERE o.order_id = r.reference;

/* the parts of orders as far as they have come */
CREATE FUNCTION planning.parts(OUT reference text, OUT seller text, OUT due_on date, OUT purchased timestamptz, OUT approved timestamptz,
                               OUT carried timestamptz, OUT delivered timestamptz, OUT cancelled boolean, OUT failed boolean) RETURNS SETOF record
    LANGUAGE sql
AS $$
    SELECT l.reference, i.seller_id, o.estimated::date, l.purchased,
           CASE WHEN l.is_approved AND l.approved <= oms.now()
                     AND (l.unpaid <= 0 OR l.status IN ('delivered', 'shipped', 'invoiced', 'processing', 'approved')) THEN l.approved END,
           CASE WHEN l.carried <= oms.now() THEN l.carried END, CASE WHEN l.delivered <= oms.now() THEN l.delivered END,
           l.status IN ('canceled', 'unavailable') AND l.carried IS NULL AND l.approved <= oms.now(),
           coalesce(l.status = 'canceled' AND l.carried IS NOT NULL AND l.delivered IS NULL AND l.returned <= oms.now(), false)
    FROM lives AS l
    JOIN source_orders AS o ON o.order_id = l.reference
    JOIN replay.orders AS r ON r.reference = l.reference
    JOIN (SELECT DISTINCT order_id, seller_id FROM source_items) AS i ON i.order_id = l.reference
    WHERE r.order_id IS NOT NULL
$$;

\i test/report/open.sql

/* durations from step to step, by the month in which they ended */
CREATE VIEW planning.durations AS
SELECT s.stage, date_trunc('month', s.until)::date AS month, p.seller, extract(epoch FROM s.until - s.since) / 3600 AS hours
FROM planning.parts() AS p
CROSS JOIN LATERAL (VALUES
    ('placed_to_shipped', p.purchased, p.carried),
    ('released_to_shipped', p.approved, p.carried),
    ('shipped_to_delivered', p.carried, p.delivered),
    ('placed_to_delivered', p.purchased, p.delivered)) AS s(stage, since, until)
WHERE s.until IS NOT NULL;

CREATE FUNCTION planning.look() RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM planning.same('means of all orders, per month and stage',
        'SELECT month, stage, count(*), round(avg(hours), 4) FROM planning.durations GROUP BY month, stage',
        'SELECT starts_on, stage, fulfillments, mean_hours FROM oms_report.fulfillment_times
         WHERE grain = ''month'' AND dimension = ''all'' AND stage IN (SELECT stage FROM planning.durations)');
    PERFORM planning.same('means of sellers, per month',
        'SELECT month, seller, count(*), round(avg(hours), 4) FROM planning.durations WHERE stage = ''placed_to_shipped'' GROUP BY month, seller',
        'SELECT starts_on, value, fulfillments, mean_hours FROM oms_report.fulfillment_times
         WHERE grain = ''month'' AND dimension = ''location'' AND stage = ''placed_to_shipped''');
    PERFORM planning.same('percentiles, within 1 %',
        'SELECT month, stage FROM planning.durations GROUP BY month, stage',
        'SELECT d.month, d.stage
         FROM (SELECT month, stage, percentile_cont(ARRAY[0.5, 0.9, 0.95, 0.99]) WITHIN GROUP (ORDER BY hours::float8) AS p
               FROM planning.durations GROUP BY month, stage) AS d
         JOIN oms_report.fulfillment_times AS t ON t.grain = ''month'' AND t.dimension = ''all'' AND t.starts_on = d.month AND t.stage = d.stage
         WHERE NOT EXISTS (SELECT FROM unnest(d.p, ARRAY[t.p50_hours, t.p90_hours, t.p95_hours, t.p99_hours]) AS p(source, report)
                           WHERE abs(p.source - p.report) > 0.01 * p.source + 0.001)');
    PERFORM planning.same('delivered by the day that was promised, per day',
        'SELECT due_on, count(*), count(*) FILTER (WHERE delivered::date <= due_on), count(*) FILTER (WHERE delivered::date > due_on),
                count(*) FILTER (WHERE failed),
                count(*) FILTER (WHERE delivered IS NULL AND NOT failed AND due_on < oms.now()::date)
         FROM planning.parts() WHERE approved IS NOT NULL AND NOT cancelled GROUP BY due_on',
        'SELECT starts_on, due::bigint, on_time::bigint, late::bigint, failed::bigint, overdue::bigint FROM oms_report.on_time
         WHERE promise = ''delivery'' AND grain = ''day'' AND dimension = ''all''');
    PERFORM planning.same('what the carrier did, per month',
        'SELECT date_trunc(''month'', carried)::date, count(*), count(delivered), count(*) FILTER (WHERE failed),
                count(*) FILTER (WHERE delivered::date <= due_on), round(avg(extract(epoch FROM delivered - carried)) / 86400, 4)
         FROM planning.parts() WHERE carried IS NOT NULL GROUP BY 1',
        'SELECT month, shipments::bigint, delivered::bigint, returned_to_sender::bigint, on_time::bigint, mean_days
         FROM oms_report.carrier_performance WHERE carrier = ''olist'' AND country = ''BR''');
    PERFORM planning.same('orders that left in one, two and more parts, per month of placing',
        'SELECT date_trunc(''month'', purchased)::date, count(*), count(*) FILTER (WHERE parts = 1), count(*) FILTER (WHERE parts = 2)
         FROM (SELECT purchased, count(*) AS parts FROM planning.parts() WHERE carried IS NOT NULL GROUP BY reference, purchased) AS o GROUP BY 1',
        'SELECT month, orders::bigint, one_fulfillment::bigint, two_fulfillments::bigint FROM oms_report.split_rate WHERE dimension = ''all''');
    PERFORM planning.same('orders cancelled, per month of placing',
        'SELECT date_trunc(''month'', purchased)::date, status, count(DISTINCT reference) FROM planning.parts() JOIN lives USING (reference, purchased)
         WHERE cancelled GROUP BY 1, 2',
        'SELECT month, reason, sum(orders)::bigint FROM oms_report.cancellations WHERE cancelled = ''order'' GROUP BY 1, 2');
    PERFORM planning.same('orders by status',
        'SELECT status::text, count(*), sum(total::numeric) FROM oms.orders GROUP BY status',
        'SELECT status, sum(orders)::bigint, sum(value) FROM oms_report.orders_by_status GROUP BY status');
END
$$;

/*
 * every third month by what nothing, half or all of it has been rolled up; what is
 * open is looked at each month, and whenever a hold is about to be released
 */
SELECT format('CALL replay.run(%s, %s)', first_step, last_step),
       format('SET oms.now = %L', CASE WHEN ends THEN at ELSE greatest(at, lead(first_at) OVER w - interval '1 second') END),
       CASE WHEN ends AND month_no % 6 = 2 THEN 'SELECT planning.run_job(''roll_up_reports'')' END,
       CASE WHEN ends AND month_no % 6 = 1 THEN 'ANALYZE' END,
       'SELECT planning.look_open()',
       CASE WHEN ends AND month_no % 3 = 0 THEN 'SELECT planning.look()' END
FROM (SELECT min(step_no) AS first_step, max(step_no) AS last_step, min(at) AS first_at, max(at) AS at, dense_rank() OVER (ORDER BY month) AS month_no,
             max(step_no) = max(max(step_no)) OVER (PARTITION BY month) AS ends
      FROM (SELECT *, date_trunc('month', at) AS month, count(*) FILTER (WHERE kind = 'release_holds') OVER (ORDER BY step_no) AS part FROM replay.queue) AS q
      GROUP BY month, part) AS q
WINDOW w AS (ORDER BY first_step)
ORDER BY first_step
\gexec
SELECT planning.look();
SELECT planning.run_job('roll_up_reports');
SELECT planning.look(), planning.look_open();
SELECT planning.report();
