/*
 * test/report/open.sql: what of a marketplace's orders is open, and what sellers
 * have rejected, by the source's own times
 *
 * A seller rejects its part of an order that is cancelled before it has left, when
 * that is released. An order is held until it is approved if its postcode is not known.
 */

UPDATE replay.queue SET step_no = - 2 * step_no;
UPDATE replay.queue SET step_no = - step_no;
INSERT INTO replay.queue (step_no, at, kind, reference, arguments)
SELECT step_no - 1, at, 'reject', reference, arguments FROM replay.queue WHERE kind = 'cancel';

/* parts of orders that have not left now, and since when they are what they are */
CREATE FUNCTION planning.open_parts(OUT reference text, OUT seller text, OUT customer text, OUT units bigint, OUT purchased timestamptz, OUT since timestamptz,
                                    OUT status text, OUT part_status text, OUT waits_for text, OUT due_on date, OUT value numeric) RETURNS SETOF record
    LANGUAGE sql
AS $$
    SELECT p.reference, p.seller, r.document #>> '{customer,reference}', i.units, p.purchased,
           CASE WHEN p.approved IS NULL THEN p.purchased ELSE p.approved END,
           CASE WHEN p.approved IS NOT NULL THEN CASE WHEN l.status IN ('processing', 'invoiced') THEN 'in_fulfillment' ELSE 'confirmed' END
                WHEN l.unknown_place AND l.approved > oms.now() THEN 'held' ELSE 'placed' END,
           CASE WHEN p.approved IS NULL THEN 'planned' WHEN l.status = 'processing' THEN 'picking' WHEN l.status = 'invoiced' THEN 'packed' ELSE 'released' END,
           CASE WHEN p.approved IS NOT NULL THEN 'location' WHEN l.unknown_place AND l.approved > oms.now() THEN 'release' ELSE 'payment' END,
           p.due_on, r.total
    FROM planning.parts() AS p
    JOIN lives AS l USING (reference)
    JOIN replay.orders AS r USING (reference)
    JOIN (SELECT order_id, seller_id, count(*) AS units FROM source_items GROUP BY 1, 2) AS i ON i.order_id = p.reference AND i.seller_id = p.seller
    WHERE p.carried IS NULL AND NOT p.cancelled
$$;

CREATE FUNCTION planning.band(since timestamptz, OUT hours integer, OUT age text)
    LANGUAGE sql
AS $$
    SELECT b.hours, b.age
    FROM (VALUES (0, 'under 1 hour'), (1, '1 to 4 hours'), (4, '4 to 24 hours'), (24, '1 to 2 days'), (48, '2 to 7 days'), (168, '7 to 30 days'), (720, '30 days or more')) AS b(hours, age)
    WHERE since + make_interval(hours => b.hours) <= oms.now() ORDER BY b.hours DESC LIMIT 1
$$;

CREATE FUNCTION planning.look_open() RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM planning.same('open orders, and what they wait for',
        'SELECT reference, customer, status, purchased, since, round(extract(epoch FROM oms.now() - purchased) / 3600, 1), round(extract(epoch FROM oms.now() - since) / 3600, 1),
                waits_for, CASE waits_for WHEN ''release'' THEN ''address'' END, sum(units), 0::numeric, due_on, value
         FROM planning.open_parts() GROUP BY reference, customer, status, purchased, since, waits_for, due_on, value',
        'SELECT reference, customer, status, placed_at, status_at, age_hours, status_age_hours, waits_for, holds, open_units, backordered_units, deliver_by, value FROM oms_report.open_orders');
    PERFORM planning.same('work of sellers, by age',
        'SELECT seller, part_status, hours, age, status = ''held'', count(*), sum(units), sum(units) FROM planning.open_parts(), planning.band(since) GROUP BY 1, 2, 3, 4, 5',
        'SELECT location, status, age_from_hours, age, held, sum(fulfillments)::bigint, sum(lines), sum(units) FROM oms_report.open_fulfillments GROUP BY 1, 2, 3, 4, 5');
    PERFORM planning.same('holds, by age',
        'SELECT ''address'', hours, age, count(*), min(purchased), sum(value)
         FROM (SELECT DISTINCT reference, purchased, value FROM planning.open_parts() WHERE status = ''held'') AS h, planning.band(purchased) GROUP BY 2, 3',
        'SELECT kind, age_from_hours, age, orders, oldest_at, value FROM oms_report.open_holds WHERE channel = ''olist'' AND currency = ''BRL''');
    PERFORM planning.same('what sellers rejected, by the month in which it was released',
        'SELECT seller, date_trunc(''month'', p.approved)::date, min(status) FILTER (WHERE cancelled), count(*) FILTER (WHERE cancelled), count(*)
         FROM planning.parts() AS p JOIN lives USING (reference) WHERE p.approved IS NOT NULL GROUP BY 1, 2 HAVING bool_or(cancelled)',
        'SELECT location, month, reason, fulfillments, released_fulfillments FROM oms_report.rejections');
END
$$;
