/* sql/store/65-report_fulfillment.sql: how far orders have come, how long it took and whether it was in time */

CREATE TABLE oms.order_progress (
    order_id bigint NOT NULL,
    channel_id integer NOT NULL,
    status text NOT NULL,
    total oms.amount NOT NULL,
    placed boolean NOT NULL,
    placed_on date NOT NULL,
    released boolean NOT NULL,
    cancelled text,
    reason text,
    fulfillments integer NOT NULL,
    locations integer NOT NULL,
    parcels integer NOT NULL,
    CONSTRAINT order_progress_pkey PRIMARY KEY (order_id)
) WITH (fillfactor = 90);
CREATE INDEX order_progress_open_idx ON oms.order_progress (order_id)
    WHERE status = ANY ('{draft,placed,held,confirmed,in_fulfillment,partially_shipped}');
COMMENT ON TABLE oms.order_progress IS 'What an order counts for in oms.fulfillment_metrics, so that one that changes counts by the difference';
COMMENT ON COLUMN oms.order_progress.placed IS 'It was placed, and is or was more than a draft';
COMMENT ON COLUMN oms.order_progress.placed_on IS 'Day of placing in the time zone of reports when it was counted';
COMMENT ON COLUMN oms.order_progress.released IS 'A location was told to begin';
COMMENT ON COLUMN oms.order_progress.cancelled IS 'order: it was cancelled as a whole; units: of one that goes on; null: nothing';
COMMENT ON COLUMN oms.order_progress.reason IS 'Why it was cancelled, of units the last time';
COMMENT ON COLUMN oms.order_progress.fulfillments IS 'That have left; locations: these are of so many; parcels: so many were packed';

CREATE TABLE oms.fulfillment_progress (
    order_id bigint NOT NULL,
    fulfillment_no integer NOT NULL,
    channel_id integer NOT NULL,
    location_id integer NOT NULL,
    status text NOT NULL,
    reason text,
    pickup boolean NOT NULL,
    carrier text,
    service text,
    service_id integer,
    country text,
    tracked boolean NOT NULL,
    cost numeric,
    placed_at timestamptz NOT NULL,
    released_at timestamptz,
    picking_at timestamptz,
    packed_at timestamptz,
    ready_at timestamptz,
    shipped_at timestamptz,
    delivered_at timestamptz,
    picked_up_at timestamptz,
    ships_on date,
    left_on date,
    arrives_on date,
    arrived_on date,
    time_zone text NOT NULL,
    CONSTRAINT fulfillment_progress_pkey PRIMARY KEY (order_id, fulfillment_no)
) WITH (fillfactor = 90);
COMMENT ON TABLE oms.fulfillment_progress IS 'What a fulfillment counts for in oms.fulfillment_metrics, with the times of its steps, which stay here when its events are dropped';
COMMENT ON COLUMN oms.fulfillment_progress.service IS 'As ship() was told';
COMMENT ON COLUMN oms.fulfillment_progress.service_id IS 'That the order names, where ship() was told none';
COMMENT ON COLUMN oms.fulfillment_progress.country IS 'Of the destination';
COMMENT ON COLUMN oms.fulfillment_progress.tracked IS 'The shipment has a tracking number';
COMMENT ON COLUMN oms.fulfillment_progress.cost IS 'What the carrier charges, in the base currency; null where one of it is not known';
COMMENT ON COLUMN oms.fulfillment_progress.ready_at IS 'When it was ready for pickup';
COMMENT ON COLUMN oms.fulfillment_progress.delivered_at IS 'By the clock of the carrier where he said so';
COMMENT ON COLUMN oms.fulfillment_progress.left_on IS 'Day on which it was shipped or ready for pickup, by the clock of the location';
COMMENT ON COLUMN oms.fulfillment_progress.arrives_on IS 'Day promised when it was planned, else the one the order was to be delivered by; null for a pickup';
COMMENT ON COLUMN oms.fulfillment_progress.arrived_on IS 'Day on which it was delivered, by the clock of the location';
COMMENT ON COLUMN oms.fulfillment_progress.time_zone IS 'Of the reports when it was counted';

CREATE TABLE oms.fulfillment_metrics (
    kind text NOT NULL,
    metric text NOT NULL,
    dimension text NOT NULL,
    member text NOT NULL,
    period date NOT NULL,
    occurrences bigint NOT NULL,
    total numeric NOT NULL,
    histogram integer[],
    CONSTRAINT fulfillment_metrics_pkey PRIMARY KEY (kind, dimension, metric, member, period)
) WITH (fillfactor = 80);
COMMENT ON TABLE oms.fulfillment_metrics IS 'Sums of oms.order_progress and oms.fulfillment_progress, which the views of oms_report about fulfillment read';
COMMENT ON COLUMN oms.fulfillment_metrics.kind IS 'duration: from step to step; promise: what was due; lane: what carriers did; rejection: what locations did; order: how orders went';
COMMENT ON COLUMN oms.fulfillment_metrics.metric IS 'What is counted, such as placed_to_shipped or shipping_late';
COMMENT ON COLUMN oms.fulfillment_metrics.dimension IS 'By what it is counted: all, channel, location, carrier, lane, status or reason';
COMMENT ON COLUMN oms.fulfillment_metrics.member IS 'Id of the channel or location, the carrier, or an array in JSON of what makes a lane, a status or a reason; empty of all';
COMMENT ON COLUMN oms.fulfillment_metrics.period IS 'A day; of dimensions with many members, and of orders, the first day of a month';
COMMENT ON COLUMN oms.fulfillment_metrics.total IS 'Seconds of durations, money of orders, or numbers of what orders were split into';
COMMENT ON COLUMN oms.fulfillment_metrics.histogram IS 'Of durations {{bucket, count}, ...} by oms_internal.duration_bucket(); null of all else';

CREATE OR REPLACE VIEW oms.current_fulfillment_metrics WITH (security_invoker = true) AS
SELECT m.kind, m.metric, m.dimension, m.member, m.period, m.occurrences, m.total, m.histogram
FROM oms.fulfillment_metrics AS m
UNION ALL
SELECT k.kind, n.metric, n.dimension, n.member, n.period, n.occurrences, n.total, n.histogram
FROM unnest('{duration, promise, lane, rejection, order}'::text[]) AS k(kind)
CROSS JOIN oms_internal.fulfillment_metrics(oms_internal.unread_orders(), ARRAY[k.kind]) AS n;
COMMENT ON VIEW oms.current_fulfillment_metrics IS 'oms.fulfillment_metrics with what the job roll_up_reports has not read yet; rows of the same add up. Ask for one kind';

/* another clock makes other days */
CREATE TRIGGER restart_reports AFTER UPDATE OF time_zone ON oms.locations
    FOR EACH ROW WHEN (NEW.time_zone <> OLD.time_zone) EXECUTE FUNCTION oms_internal.restart_reports();

/* What is open */

CREATE OR REPLACE VIEW oms_report.open_orders WITH (security_invoker = true) AS
SELECT o.order_id, o.reference, c.code AS channel, k.reference AS customer,
       coalesce(k.name, k.email) AS customer_name, o.status::text AS status, o.placed_at, o.status_at,
       round(extract(epoch FROM oms.now() - o.placed_at) / 3600, 1) AS age_hours,
       round(extract(epoch FROM oms.now() - o.status_at) / 3600, 1) AS status_age_hours,
       CASE WHEN o.status::text = 'draft' THEN 'placing'
            WHEN h.holds IS NOT NULL THEN 'release'
            WHEN f.at_work THEN 'location'
            WHEN f.ready THEN 'pickup'
            WHEN o.status::text = 'placed' THEN 'payment'
            ELSE 'stock' END AS waits_for,
       h.holds, l.open_units, l.backordered AS backordered_units, l.expected_on, f.ships_on, coalesce(f.late, false) AS late,
       o.deliver_by, o.priority, o.total::numeric AS value, o.currency
FROM oms_internal.open_order_ids() AS i(order_id)
JOIN oms.orders AS o ON o.order_id = i.order_id
JOIN oms.channels AS c ON c.channel_id = o.channel_id
LEFT JOIN oms.customers AS k ON k.customer_id = o.customer_id
LEFT JOIN LATERAL (
    SELECT string_agg(h.kind, ', ' ORDER BY h.hold_no) AS holds
    FROM oms.order_holds AS h
    WHERE h.order_id = o.order_id AND h.released_at IS NULL) AS h ON true
LEFT JOIN LATERAL (
    SELECT sum(l.quantity::numeric - l.cancelled::numeric - l.shipped::numeric) AS open_units,
           sum(l.backordered::numeric) AS backordered, max(l.expected_on) AS expected_on
    FROM oms.order_lines AS l
    WHERE l.order_id = o.order_id) AS l ON true
LEFT JOIN LATERAL (
    SELECT min(f.ships_on) AS ships_on, bool_or(f.status::text = ANY ('{released,picking,packed}')) AS at_work,
           bool_or(f.status::text = 'ready_for_pickup') AS ready,
           bool_or(f.status::text <> 'ready_for_pickup' AND f.ships_on < (oms.now() AT TIME ZONE p.time_zone)::date) AS late
    FROM oms.fulfillments AS f
    JOIN oms.locations AS p ON p.location_id = f.location_id
    WHERE f.order_id = o.order_id AND f.status::text = ANY ('{planned,released,picking,packed,ready_for_pickup}')) AS f ON true
WHERE o.status::text = ANY ('{draft,placed,held,confirmed,in_fulfillment,partially_shipped}');
COMMENT ON VIEW oms_report.open_orders IS 'Orders of which something has to leave, and what each waits for';
COMMENT ON COLUMN oms_report.open_orders.order_id IS 'Number of the order';
COMMENT ON COLUMN oms_report.open_orders.reference IS 'The channel''s own key of the order';
COMMENT ON COLUMN oms_report.open_orders.channel IS 'Code of the channel';
COMMENT ON COLUMN oms_report.open_orders.customer IS 'Reference of the customer; null where there is none';
COMMENT ON COLUMN oms_report.open_orders.customer_name IS 'Name of the customer, or the e-mail address';
COMMENT ON COLUMN oms_report.open_orders.status IS 'draft, placed, held, confirmed, in_fulfillment or partially_shipped';
COMMENT ON COLUMN oms_report.open_orders.placed_at IS 'When it was placed';
COMMENT ON COLUMN oms_report.open_orders.status_at IS 'When it came to its status';
COMMENT ON COLUMN oms_report.open_orders.age_hours IS 'Hours since it was placed';
COMMENT ON COLUMN oms_report.open_orders.status_age_hours IS 'Hours since it came to its status';
COMMENT ON COLUMN oms_report.open_orders.waits_for IS 'placing of a draft, release of its holds, location that works on it, pickup by the customer, payment or stock: the first that is true';
COMMENT ON COLUMN oms_report.open_orders.holds IS 'Kinds of its holds that are not released; null without';
COMMENT ON COLUMN oms_report.open_orders.open_units IS 'Units that have not left and are not cancelled';
COMMENT ON COLUMN oms_report.open_orders.backordered_units IS 'Units of these that wait for stock';
COMMENT ON COLUMN oms_report.open_orders.expected_on IS 'Day by which stock is expected for all that waits; null where unknown';
COMMENT ON COLUMN oms_report.open_orders.ships_on IS 'Day on which the first open fulfillment was to leave; null without';
COMMENT ON COLUMN oms_report.open_orders.late IS 'That day is over where the goods are';
COMMENT ON COLUMN oms_report.open_orders.deliver_by IS 'Day that the customer wants it by; null where he didn''t say';
COMMENT ON COLUMN oms_report.open_orders.priority IS 'Who gets what comes in: the lower number first';
COMMENT ON COLUMN oms_report.open_orders.value IS 'What the customer owes for what is not cancelled, in currency';
COMMENT ON COLUMN oms_report.open_orders.currency IS 'Of value';

CREATE OR REPLACE VIEW oms_report.orders_by_status WITH (security_invoker = true) AS
SELECT o.status, c.code AS channel, o.currency, o.age_from_hours, oms_internal.age_band(o.age_from_hours) AS age,
       o.status_age_from_hours, oms_internal.age_band(o.status_age_from_hours) AS status_age, o.orders, o.value
FROM (SELECT o.status::text AS status, o.channel_id, o.currency, oms_internal.age_from_hours(o.placed_at) AS age_from_hours,
             oms_internal.age_from_hours(o.status_at) AS status_age_from_hours, count(*) AS orders, sum(o.total::numeric) AS value
      FROM oms_internal.open_order_ids() AS i(order_id)
      JOIN oms.orders AS o ON o.order_id = i.order_id
      WHERE o.status::text = ANY ('{draft,placed,held,confirmed,in_fulfillment,partially_shipped}')
      GROUP BY 1, 2, 3, 4, 5
      UNION ALL
      SELECT m.member ->> 2, (m.member ->> 0)::integer, m.member ->> 1, NULL, NULL, sum(m.occurrences), sum(m.total)
      FROM (SELECT m.member::jsonb AS member, m.occurrences, m.total
            FROM oms.current_fulfillment_metrics AS m
            WHERE m.kind = 'order' AND m.dimension = 'status') AS m
      WHERE m.member ->> 2 = ANY ('{shipped,delivered,completed,cancelled}')
      GROUP BY m.member
      HAVING sum(m.occurrences) <> 0) AS o
JOIN oms.channels AS c ON c.channel_id = o.channel_id;
COMMENT ON VIEW oms_report.orders_by_status IS 'How many orders there are in each status, per channel, currency and, of those of which something has to leave, age';
COMMENT ON COLUMN oms_report.orders_by_status.status IS 'Of the order';
COMMENT ON COLUMN oms_report.orders_by_status.channel IS 'Code of the channel';
COMMENT ON COLUMN oms_report.orders_by_status.currency IS 'Of value';
COMMENT ON COLUMN oms_report.orders_by_status.age_from_hours IS 'Hours with which the band age begins, to sort by: 0, 1, 4, 24, 48, 168 or 720; null where everything has left or is cancelled';
COMMENT ON COLUMN oms_report.orders_by_status.age IS 'Time since the orders were placed, in bands from "under 1 hour" to "30 days or more"';
COMMENT ON COLUMN oms_report.orders_by_status.status_age_from_hours IS 'Hours with which the band status_age begins';
COMMENT ON COLUMN oms_report.orders_by_status.status_age IS 'Time since they came to their status';
COMMENT ON COLUMN oms_report.orders_by_status.orders IS 'How many';
COMMENT ON COLUMN oms_report.orders_by_status.value IS 'What customers owe for what is not cancelled of them, in currency';

CREATE OR REPLACE VIEW oms_report.open_holds WITH (security_invoker = true) AS
SELECT h.kind, c.code AS channel, o.currency, h.age_from_hours, oms_internal.age_band(h.age_from_hours) AS age, count(*) AS orders,
       min(h.held_at) AS oldest_at, sum(o.total::numeric) AS value
FROM (SELECT h.order_id, h.kind, h.held_at, oms_internal.age_from_hours(h.held_at) AS age_from_hours
      FROM oms.order_holds AS h
      WHERE h.released_at IS NULL) AS h
JOIN oms.orders AS o ON o.order_id = h.order_id
JOIN oms.channels AS c ON c.channel_id = o.channel_id
WHERE o.status::text <> ALL ('{completed,cancelled}')
GROUP BY h.kind, c.code, o.currency, h.age_from_hours;
COMMENT ON VIEW oms_report.open_holds IS 'Holds that nobody has released, of orders that have not ended, per kind, channel, currency and age';
COMMENT ON COLUMN oms_report.open_holds.kind IS 'Of the hold';
COMMENT ON COLUMN oms_report.open_holds.channel IS 'Code of the channel';
COMMENT ON COLUMN oms_report.open_holds.currency IS 'Of value';
COMMENT ON COLUMN oms_report.open_holds.age_from_hours IS 'Hours with which the band age begins, to sort by';
COMMENT ON COLUMN oms_report.open_holds.age IS 'Time since the hold was added';
COMMENT ON COLUMN oms_report.open_holds.orders IS 'How many orders have one; an order counts once for each kind that it has';
COMMENT ON COLUMN oms_report.open_holds.oldest_at IS 'When the first of them was added';
COMMENT ON COLUMN oms_report.open_holds.value IS 'Of the orders, in currency';

CREATE OR REPLACE VIEW oms_report.open_fulfillments WITH (security_invoker = true) AS
SELECT l.code AS location, f.status::text AS status, f.pickup, oms_internal.age_from_hours(f.status_at) AS age_from_hours,
       oms_internal.age_band(oms_internal.age_from_hours(f.status_at)) AS age, f.ships_on - t.today AS days_left,
       CASE WHEN f.ships_on < t.today THEN 'late' WHEN f.ships_on = t.today THEN 'today' WHEN f.ships_on > t.today THEN 'later' END AS due,
       o.status::text = 'held' AS held, count(*) AS fulfillments, sum(n.lines)::bigint AS lines, sum(n.units) AS units
FROM oms_internal.open_order_ids() AS i(order_id)
JOIN oms.orders AS o ON o.order_id = i.order_id
JOIN oms.fulfillments AS f ON f.order_id = o.order_id
JOIN oms.locations AS l ON l.location_id = f.location_id
CROSS JOIN LATERAL (SELECT (oms.now() AT TIME ZONE l.time_zone)::date AS today) AS t
CROSS JOIN LATERAL (SELECT count(*) AS lines, sum(n.quantity::numeric) AS units FROM oms.fulfillment_lines AS n
                    WHERE n.order_id = f.order_id AND n.fulfillment_no = f.fulfillment_no) AS n
WHERE f.status::text = ANY ('{planned,released,picking,packed,ready_for_pickup}')
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;
COMMENT ON VIEW oms_report.open_fulfillments IS 'Work of locations: fulfillments that have not left, per status, age and day on which they are to leave';
COMMENT ON COLUMN oms_report.open_fulfillments.location IS 'Code of the location';
COMMENT ON COLUMN oms_report.open_fulfillments.status IS 'planned, released, picking, packed or ready_for_pickup';
COMMENT ON COLUMN oms_report.open_fulfillments.pickup IS 'The customer fetches it';
COMMENT ON COLUMN oms_report.open_fulfillments.age_from_hours IS 'Hours with which the band age begins, to sort by';
COMMENT ON COLUMN oms_report.open_fulfillments.age IS 'Time since they came to their status';
COMMENT ON COLUMN oms_report.open_fulfillments.days_left IS 'Days until they are to leave, by the clock of the location; negative: they are late; null: no day is known';
COMMENT ON COLUMN oms_report.open_fulfillments.due IS 'late, today or later; null: no day is known';
COMMENT ON COLUMN oms_report.open_fulfillments.held IS 'The order has a hold, so that nobody may go on';
COMMENT ON COLUMN oms_report.open_fulfillments.fulfillments IS 'How many';
COMMENT ON COLUMN oms_report.open_fulfillments.lines IS 'Lines of them';
COMMENT ON COLUMN oms_report.open_fulfillments.units IS 'Units of them';

CREATE OR REPLACE VIEW oms_report.backorders WITH (security_invoker = true) AS
SELECT s.code AS sku, s.name, c.code AS channel, b.orders, b.units, b.oldest_at, b.expected_on, b.unknown_units
FROM (SELECT l.sku_id, o.channel_id, count(DISTINCT l.order_id) AS orders, sum(l.backordered::numeric) AS units,
             min(o.placed_at) AS oldest_at, max(l.expected_on) AS expected_on,
             coalesce(sum(l.backordered::numeric) FILTER (WHERE l.expected_on IS NULL), 0) AS unknown_units
      FROM oms.order_lines AS l
      JOIN oms.orders AS o ON o.order_id = l.order_id
      WHERE l.backordered OPERATOR(oms.>) '0'::oms.quantity
      GROUP BY l.sku_id, o.channel_id) AS b
JOIN oms.skus AS s ON s.sku_id = b.sku_id
JOIN oms.channels AS c ON c.channel_id = b.channel_id;
COMMENT ON VIEW oms_report.backorders IS 'Units that customers wait for, per SKU and channel';
COMMENT ON COLUMN oms_report.backorders.sku IS 'Code of the SKU that was ordered, a kit or a single one';
COMMENT ON COLUMN oms_report.backorders.name IS 'Of the SKU';
COMMENT ON COLUMN oms_report.backorders.channel IS 'Code of the channel';
COMMENT ON COLUMN oms_report.backorders.orders IS 'How many orders wait';
COMMENT ON COLUMN oms_report.backorders.units IS 'How many units';
COMMENT ON COLUMN oms_report.backorders.oldest_at IS 'When the first of these orders was placed';
COMMENT ON COLUMN oms_report.backorders.expected_on IS 'Day by which stock is expected for the last of those of which a day is known; null: none is known';
COMMENT ON COLUMN oms_report.backorders.unknown_units IS 'Units of which no such day is known';

/* How long it took */

CREATE OR REPLACE VIEW oms_report.fulfillment_times WITH (security_invoker = true) AS
SELECT s.grain, s.starts_on, s.starts_on + ('1 ' || s.grain)::interval <= (SELECT oms.now() AT TIME ZONE oms_internal.report_time_zone()) AS complete, s.dimension,
       coalesce(c.code, l.code, 'all') AS value, s.stage, s.fulfillments, round(s.seconds / s.fulfillments / 3600, 4) AS mean_hours,
       oms_internal.rounded_percentile(s.histogram, 0.5, 3600) AS p50_hours,
       oms_internal.rounded_percentile(s.histogram, 0.9, 3600) AS p90_hours,
       oms_internal.rounded_percentile(s.histogram, 0.95, 3600) AS p95_hours,
       oms_internal.rounded_percentile(s.histogram, 0.99, 3600) AS p99_hours
FROM (SELECT g.grain, date_trunc(g.grain, m.period::timestamp)::date AS starts_on, m.dimension, m.member, m.metric AS stage,
             sum(m.occurrences)::bigint AS fulfillments, sum(m.total) AS seconds, oms_internal.sum_histograms(m.histogram) AS histogram
      FROM (VALUES ('day'), ('week'), ('month')) AS g(grain)
      JOIN oms.current_fulfillment_metrics AS m ON m.dimension <> 'location' OR g.grain = 'month'
      WHERE m.kind = 'duration'
      GROUP BY 1, 2, 3, 4, 5
      HAVING sum(m.occurrences) > 0) AS s
LEFT JOIN oms.channels AS c ON c.channel_id = CASE s.dimension WHEN 'channel' THEN s.member::integer END
LEFT JOIN oms.locations AS l ON l.location_id = CASE s.dimension WHEN 'location' THEN s.member::integer END;
COMMENT ON VIEW oms_report.fulfillment_times IS 'How long fulfillments took from one step to another, per day, week or month in which they came to the latter, in hours of the clock. Ask for one grain and dimension';
COMMENT ON COLUMN oms_report.fulfillment_times.grain IS 'day, week or month';
COMMENT ON COLUMN oms_report.fulfillment_times.starts_on IS 'First day of the time in which they came to the latter step, in the time zone of reports; weeks begin on Mondays';
COMMENT ON COLUMN oms_report.fulfillment_times.complete IS 'That time is over';
COMMENT ON COLUMN oms_report.fulfillment_times.dimension IS 'all, channel, or location, which has months only';
COMMENT ON COLUMN oms_report.fulfillment_times.value IS 'Code of the channel or location; all';
COMMENT ON COLUMN oms_report.fulfillment_times.stage IS 'From which step to which: placed_to_shipped, released_to_packed, ...';
COMMENT ON COLUMN oms_report.fulfillment_times.fulfillments IS 'How many made both steps';
COMMENT ON COLUMN oms_report.fulfillment_times.mean_hours IS 'Mean time';
COMMENT ON COLUMN oms_report.fulfillment_times.p50_hours IS 'Median: half of them took no longer; within 1 %, as are the other percentiles';
COMMENT ON COLUMN oms_report.fulfillment_times.p90_hours IS 'Nine of ten took no longer';
COMMENT ON COLUMN oms_report.fulfillment_times.p95_hours IS '95 of a hundred took no longer';
COMMENT ON COLUMN oms_report.fulfillment_times.p99_hours IS '99 of a hundred took no longer';

/* Whether it was in time */

CREATE OR REPLACE VIEW oms_report.on_time WITH (security_invoker = true) AS
SELECT s.promise, s.grain, s.starts_on, s.starts_on + ('1 ' || s.grain)::interval <= s.today AS complete, s.dimension,
       CASE s.dimension WHEN 'carrier' THEN s.member ELSE coalesce(c.code, l.code, 'all') END AS value,
       s.due, s.on_time, s.late, s.failed, s.overdue, s.waiting, s.on_time / nullif(s.due - s.waiting, 0) AS rate,
       oms.wilson_lower(s.on_time, s.due - s.waiting) AS rate_low, oms.wilson_upper(s.on_time, s.due - s.waiting) AS rate_high
FROM (SELECT m.promise, g.grain, date_trunc(g.grain, m.period::timestamp)::date AS starts_on, m.today, m.dimension, m.member,
             sum(m.due) AS due, sum(m.on_time) AS on_time, sum(m.late) AS late, sum(m.failed) AS failed,
             sum(CASE WHEN m.period < m.today THEN m.due - m.on_time - m.late - m.failed ELSE 0 END) AS overdue,
             sum(CASE WHEN m.period < m.today THEN 0 ELSE m.due - m.on_time - m.late - m.failed END) AS waiting
      FROM (SELECT split_part(m.metric, '_', 1) AS promise, m.dimension, m.member, m.period,
                   (SELECT oms_internal.report_today()) AS today,
                   sum(m.occurrences) FILTER (WHERE m.metric LIKE '%\_due') AS due,
                   coalesce(sum(m.occurrences) FILTER (WHERE m.metric LIKE '%\_on\_time'), 0) AS on_time,
                   coalesce(sum(m.occurrences) FILTER (WHERE m.metric LIKE '%\_late'), 0) AS late,
                   coalesce(sum(m.occurrences) FILTER (WHERE m.metric LIKE '%\_failed'), 0) AS failed
            FROM oms.current_fulfillment_metrics AS m
            WHERE m.kind = 'promise'
            GROUP BY 1, 2, 3, 4
            HAVING sum(m.occurrences) FILTER (WHERE m.metric LIKE '%\_due') > 0) AS m
      CROSS JOIN (VALUES ('day'), ('week'), ('month')) AS g(grain)
      GROUP BY 1, 2, 3, 4, 5, 6) AS s
LEFT JOIN oms.channels AS c ON c.channel_id = CASE s.dimension WHEN 'channel' THEN s.member::integer END
LEFT JOIN oms.locations AS l ON l.location_id = CASE s.dimension WHEN 'location' THEN s.member::integer END;
COMMENT ON VIEW oms_report.on_time IS 'Which share of what was to leave, or to arrive, in a day, week or month did so on its day or before. Ask for one promise, grain and dimension';
COMMENT ON COLUMN oms_report.on_time.promise IS 'shipping: to leave by ships_on; delivery: to arrive by arrives_on, else by the order''s deliver_by';
COMMENT ON COLUMN oms_report.on_time.grain IS 'day, week or month';
COMMENT ON COLUMN oms_report.on_time.starts_on IS 'First day of the time in which they were due; weeks begin on Mondays';
COMMENT ON COLUMN oms_report.on_time.complete IS 'That time is over in the time zone of reports';
COMMENT ON COLUMN oms_report.on_time.dimension IS 'all, channel, location or carrier';
COMMENT ON COLUMN oms_report.on_time.value IS 'Code of the channel or location; the carrier; all';
COMMENT ON COLUMN oms_report.on_time.due IS 'Fulfillments that were due in it, but for those that were never released, cancelled or rejected';
COMMENT ON COLUMN oms_report.on_time.on_time IS 'Came in time';
COMMENT ON COLUMN oms_report.on_time.late IS 'Came later';
COMMENT ON COLUMN oms_report.on_time.failed IS 'Were lost or returned to the sender';
COMMENT ON COLUMN oms_report.on_time.overdue IS 'Have not come, and their day is over';
COMMENT ON COLUMN oms_report.on_time.waiting IS 'Have not come, and need not yet; they don''t count for the rate';
COMMENT ON COLUMN oms_report.on_time.rate IS 'Share that came in time, of all but those that wait';
COMMENT ON COLUMN oms_report.on_time.rate_low IS 'Lower bound at 95 %: at least so high, however few were seen';
COMMENT ON COLUMN oms_report.on_time.rate_high IS 'Upper bound at 95 %';

CREATE OR REPLACE VIEW oms_report.carrier_performance WITH (security_invoker = true) AS
SELECT s.carrier, s.service, s.country, s.month, s.shipments, s.tracked,
       s.shipments - s.tracked AS untracked, s.delivered, s.lost, s.returned_to_sender,
       s.shipments - s.delivered - s.lost - s.returned_to_sender AS on_the_way,
       round(s.seconds / nullif(s.delivered, 0) / 86400, 4) AS mean_days,
       oms_internal.rounded_percentile(s.histogram, 0.5, 86400) AS p50_days, oms_internal.rounded_percentile(s.histogram, 0.9, 86400) AS p90_days,
       oms_internal.rounded_percentile(s.histogram, 0.95, 86400) AS p95_days,
       s.promised, s.on_time, s.on_time / nullif(s.promised, 0) AS on_time_rate,
       oms.wilson_lower(s.on_time, s.promised) AS on_time_rate_low, oms.wilson_upper(s.on_time, s.promised) AS on_time_rate_high,
       s.costed, round(s.cost, 2) AS cost, round(s.cost / nullif(s.costed, 0), 4) AS cost_per_shipment,
       oms_internal.base_currency() AS currency
FROM (SELECT nullif(m.lane ->> 0, '') AS carrier, coalesce(m.lane ->> 1, v.code) AS service, m.lane ->> 2 AS country, m.period AS month,
             sum(m.occurrences) FILTER (WHERE m.metric = 'shipments') AS shipments,
             coalesce(sum(m.occurrences) FILTER (WHERE m.metric = 'tracked'), 0) AS tracked,
             coalesce(sum(m.occurrences) FILTER (WHERE m.metric = 'delivered'), 0) AS delivered,
             coalesce(sum(m.occurrences) FILTER (WHERE m.metric = 'lost'), 0) AS lost,
             coalesce(sum(m.occurrences) FILTER (WHERE m.metric = 'returned_to_sender'), 0) AS returned_to_sender,
             coalesce(sum(m.occurrences) FILTER (WHERE m.metric = 'promised'), 0) AS promised,
             coalesce(sum(m.occurrences) FILTER (WHERE m.metric = 'on_time'), 0) AS on_time,
             coalesce(sum(m.occurrences) FILTER (WHERE m.metric = 'cost'), 0) AS costed,
             sum(m.total) FILTER (WHERE m.metric = 'cost') AS cost,
             sum(m.total) FILTER (WHERE m.metric = 'delivered') AS seconds, oms_internal.sum_histograms(m.histogram) AS histogram
      FROM (SELECT l.metric, l.member::jsonb AS lane, l.period, l.occurrences, l.total, l.histogram
            FROM oms.current_fulfillment_metrics AS l
            WHERE l.kind = 'lane') AS m
      LEFT JOIN oms.shipping_services AS v ON v.service_id = (m.lane ->> 3)::integer
      GROUP BY 1, 2, 3, m.period
      HAVING sum(m.occurrences) FILTER (WHERE m.metric = 'shipments') > 0) AS s;
COMMENT ON VIEW oms_report.carrier_performance IS 'How carriers did with what left in a month, per carrier, service and country of the destination';
COMMENT ON COLUMN oms_report.carrier_performance.carrier IS 'As ship() was told; null where it was not';
COMMENT ON COLUMN oms_report.carrier_performance.service IS 'As ship() was told, else the one that the order names; null without';
COMMENT ON COLUMN oms_report.carrier_performance.country IS 'Of the destination; null where unknown';
COMMENT ON COLUMN oms_report.carrier_performance.month IS 'First day of the month in which they left, in the time zone of reports';
COMMENT ON COLUMN oms_report.carrier_performance.shipments IS 'Fulfillments that left';
COMMENT ON COLUMN oms_report.carrier_performance.tracked IS 'That have a tracking number';
COMMENT ON COLUMN oms_report.carrier_performance.untracked IS 'That have none';
COMMENT ON COLUMN oms_report.carrier_performance.delivered IS 'That have arrived';
COMMENT ON COLUMN oms_report.carrier_performance.lost IS 'That the carrier lost';
COMMENT ON COLUMN oms_report.carrier_performance.returned_to_sender IS 'That came back undelivered';
COMMENT ON COLUMN oms_report.carrier_performance.on_the_way IS 'Of which neither is known yet';
COMMENT ON COLUMN oms_report.carrier_performance.mean_days IS 'Days of 24 hours from leaving to arrival, on average';
COMMENT ON COLUMN oms_report.carrier_performance.p50_days IS 'Median of them; within 1 %, as are the other percentiles';
COMMENT ON COLUMN oms_report.carrier_performance.p90_days IS 'Nine of ten took no longer';
COMMENT ON COLUMN oms_report.carrier_performance.p95_days IS '95 of a hundred took no longer';
COMMENT ON COLUMN oms_report.carrier_performance.promised IS 'Delivered, lost or returned to the sender, of those that a day was promised for';
COMMENT ON COLUMN oms_report.carrier_performance.on_time IS 'Of these delivered on that day or before';
COMMENT ON COLUMN oms_report.carrier_performance.on_time_rate IS 'Share of on_time in promised';
COMMENT ON COLUMN oms_report.carrier_performance.on_time_rate_low IS 'Lower bound at 95 %: at least so high, however few were seen';
COMMENT ON COLUMN oms_report.carrier_performance.on_time_rate_high IS 'Upper bound at 95 %';
COMMENT ON COLUMN oms_report.carrier_performance.costed IS 'Shipments of which it is known what the carrier charges';
COMMENT ON COLUMN oms_report.carrier_performance.cost IS 'That, in currency';
COMMENT ON COLUMN oms_report.carrier_performance.cost_per_shipment IS 'Mean of it';
COMMENT ON COLUMN oms_report.carrier_performance.currency IS 'The base currency of the store';

/* How orders went */

CREATE OR REPLACE VIEW oms_report.split_rate WITH (security_invoker = true) AS
SELECT s.dimension, coalesce(c.code, 'all') AS value, s.month, s.orders, s.one_fulfillment, s.two_fulfillments,
       s.orders - s.one_fulfillment - s.two_fulfillments AS more_fulfillments,
       1 - s.one_fulfillment / s.orders AS split_rate,
       oms.wilson_lower(s.orders - s.one_fulfillment, s.orders) AS split_rate_low,
       oms.wilson_upper(s.orders - s.one_fulfillment, s.orders) AS split_rate_high,
       s.one_location, s.two_locations, s.orders - s.one_location - s.two_locations AS more_locations,
       s.one_parcel, s.two_parcels, s.orders - s.one_parcel - s.two_parcels AS more_parcels,
       round(s.fulfillments / s.orders, 3) AS fulfillments_per_order, round(s.parcels / s.orders, 3) AS parcels_per_order
FROM (SELECT m.dimension, m.member, m.period AS month,
             sum(m.occurrences) FILTER (WHERE m.metric LIKE 'fulfillments\_%') AS orders,
             coalesce(sum(m.occurrences) FILTER (WHERE m.metric = 'fulfillments_1'), 0) AS one_fulfillment,
             coalesce(sum(m.occurrences) FILTER (WHERE m.metric = 'fulfillments_2'), 0) AS two_fulfillments,
             coalesce(sum(m.occurrences) FILTER (WHERE m.metric = 'locations_1'), 0) AS one_location,
             coalesce(sum(m.occurrences) FILTER (WHERE m.metric = 'locations_2'), 0) AS two_locations,
             coalesce(sum(m.occurrences) FILTER (WHERE m.metric = 'parcels_1'), 0) AS one_parcel,
             coalesce(sum(m.occurrences) FILTER (WHERE m.metric = 'parcels_2'), 0) AS two_parcels,
             sum(m.total) FILTER (WHERE m.metric LIKE 'fulfillments\_%') AS fulfillments,
             sum(m.total) FILTER (WHERE m.metric LIKE 'parcels\_%') AS parcels
      FROM oms.current_fulfillment_metrics AS m
      WHERE m.kind = 'order'
            AND (m.metric LIKE 'fulfillments\_%' OR m.metric LIKE 'locations\_%' OR m.metric LIKE 'parcels\_%')
      GROUP BY m.dimension, m.member, m.period
      HAVING sum(m.occurrences) FILTER (WHERE m.metric LIKE 'fulfillments\_%') > 0) AS s
LEFT JOIN oms.channels AS c ON c.channel_id = CASE s.dimension WHEN 'channel' THEN s.member::integer END;
COMMENT ON VIEW oms_report.split_rate IS 'In how many parts orders that have left as a whole went out, per month in which they were placed. Ask for one dimension';
COMMENT ON COLUMN oms_report.split_rate.dimension IS 'all or channel';
COMMENT ON COLUMN oms_report.split_rate.value IS 'Code of the channel; all';
COMMENT ON COLUMN oms_report.split_rate.month IS 'First day of the month in which they were placed, in the time zone of reports';
COMMENT ON COLUMN oms_report.split_rate.orders IS 'Orders of which all has left';
COMMENT ON COLUMN oms_report.split_rate.one_fulfillment IS 'Orders that left in one fulfillment';
COMMENT ON COLUMN oms_report.split_rate.two_fulfillments IS 'In two';
COMMENT ON COLUMN oms_report.split_rate.more_fulfillments IS 'In three or more';
COMMENT ON COLUMN oms_report.split_rate.split_rate IS 'Share that left in more than one fulfillment';
COMMENT ON COLUMN oms_report.split_rate.split_rate_low IS 'Lower bound at 95 %: at least so high, however few were seen';
COMMENT ON COLUMN oms_report.split_rate.split_rate_high IS 'Upper bound at 95 %';
COMMENT ON COLUMN oms_report.split_rate.one_location IS 'Orders that left from one location';
COMMENT ON COLUMN oms_report.split_rate.two_locations IS 'From two';
COMMENT ON COLUMN oms_report.split_rate.more_locations IS 'From three or more';
COMMENT ON COLUMN oms_report.split_rate.one_parcel IS 'Orders that left in one parcel; a fulfillment of which no parcels are known counts as one';
COMMENT ON COLUMN oms_report.split_rate.two_parcels IS 'In two';
COMMENT ON COLUMN oms_report.split_rate.more_parcels IS 'In three or more';
COMMENT ON COLUMN oms_report.split_rate.fulfillments_per_order IS 'Mean';
COMMENT ON COLUMN oms_report.split_rate.parcels_per_order IS 'Mean';

CREATE OR REPLACE VIEW oms_report.cancellations WITH (security_invoker = true) AS
WITH month AS (
    SELECT m.dimension, m.member, m.period, sum(m.occurrences) AS orders, sum(m.total) AS value
    FROM oms.current_fulfillment_metrics AS m
    WHERE m.kind = 'order' AND (m.dimension = 'channel' AND m.metric = 'placed' OR m.dimension = 'reason')
    GROUP BY m.dimension, m.member, m.period
    HAVING sum(m.occurrences) > 0
)
SELECT c.code AS channel, x.period AS month, x.what ->> 2 AS cancelled, x.what ->> 3 AS released, x.what ->> 4 AS reason,
       x.orders::bigint AS orders, p.orders::bigint AS placed_orders, x.orders / p.orders AS rate,
       oms.wilson_lower(x.orders, p.orders) AS rate_low, oms.wilson_upper(x.orders, p.orders) AS rate_high,
       x.value AS value_left, x.what ->> 1 AS currency
FROM (SELECT m.member::jsonb AS what, m.period, m.orders, m.value FROM month AS m WHERE m.dimension = 'reason') AS x
JOIN month AS p ON p.dimension = 'channel' AND p.period = x.period AND p.member = x.what ->> 0
JOIN oms.channels AS c ON c.channel_id = (x.what ->> 0)::integer;
COMMENT ON VIEW oms_report.cancellations IS 'Which share of the orders placed in a month was cancelled, as a whole or in part, and why';
COMMENT ON COLUMN oms_report.cancellations.channel IS 'Code of the channel';
COMMENT ON COLUMN oms_report.cancellations.month IS 'First day of the month in which they were placed, in the time zone of reports';
COMMENT ON COLUMN oms_report.cancellations.cancelled IS 'order: as a whole; units: only some, and the order goes on';
COMMENT ON COLUMN oms_report.cancellations.released IS 'before or after a location was told to begin, whenever it was cancelled then';
COMMENT ON COLUMN oms_report.cancellations.reason IS 'As cancel_order() was told, of units the last time; null for none';
COMMENT ON COLUMN oms_report.cancellations.orders IS 'How many; each counts once';
COMMENT ON COLUMN oms_report.cancellations.placed_orders IS 'All orders that were placed in the month on the channel';
COMMENT ON COLUMN oms_report.cancellations.rate IS 'Share of orders in placed_orders; those of all reasons add up';
COMMENT ON COLUMN oms_report.cancellations.rate_low IS 'Lower bound at 95 %: at least so high, however few were seen';
COMMENT ON COLUMN oms_report.cancellations.rate_high IS 'Upper bound at 95 %';
COMMENT ON COLUMN oms_report.cancellations.value_left IS 'What customers owe for what is left of these orders, in currency';
COMMENT ON COLUMN oms_report.cancellations.currency IS 'Of the orders';

CREATE OR REPLACE VIEW oms_report.rejections WITH (security_invoker = true) AS
WITH month AS (
    SELECT m.dimension, m.member, m.period, sum(m.occurrences) AS fulfillments
    FROM oms.current_fulfillment_metrics AS m
    WHERE m.kind = 'rejection'
    GROUP BY m.dimension, m.member, m.period
    HAVING sum(m.occurrences) > 0
)
SELECT l.code AS location, x.period AS month, x.what ->> 1 AS reason, x.fulfillments::bigint AS fulfillments,
       r.fulfillments::bigint AS released_fulfillments, x.fulfillments / r.fulfillments AS rate,
       oms.wilson_lower(x.fulfillments, r.fulfillments) AS rate_low, oms.wilson_upper(x.fulfillments, r.fulfillments) AS rate_high
FROM (SELECT m.member::jsonb AS what, m.period, m.fulfillments FROM month AS m WHERE m.dimension = 'reason') AS x
JOIN month AS r ON r.dimension = 'location' AND r.period = x.period AND r.member = x.what ->> 0
JOIN oms.locations AS l ON l.location_id = (x.what ->> 0)::integer;
COMMENT ON VIEW oms_report.rejections IS 'Which share of the fulfillments released to a location in a month it rejected, and why';
COMMENT ON COLUMN oms_report.rejections.location IS 'Code of the location';
COMMENT ON COLUMN oms_report.rejections.month IS 'First day of the month in which they were released, in the time zone of reports';
COMMENT ON COLUMN oms_report.rejections.reason IS 'As reject() was told; null for none';
COMMENT ON COLUMN oms_report.rejections.fulfillments IS 'How many it rejected for that';
COMMENT ON COLUMN oms_report.rejections.released_fulfillments IS 'All that were released to it in the month';
COMMENT ON COLUMN oms_report.rejections.rate IS 'Share of fulfillments in released_fulfillments; those of all reasons add up';
COMMENT ON COLUMN oms_report.rejections.rate_low IS 'Lower bound at 95 %: at least so high, however few were seen';
COMMENT ON COLUMN oms_report.rejections.rate_high IS 'Upper bound at 95 %';
