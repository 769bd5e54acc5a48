/*
 * sql/code/65-report_fulfillment.sql: how far orders have come, how long it
 * took and whether it was in time
 *
 * oms.order_progress and oms.fulfillment_progress have what was counted of each
 * order and fulfillment, oms.fulfillment_metrics the sums of it. Whatever
 * changes counts by the difference, in the job as in the views.
 */

/* Histograms of durations: see src/histogram.c */

CREATE OR REPLACE FUNCTION oms_internal.duration_bucket(seconds double precision) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_duration_bucket';
COMMENT ON FUNCTION oms_internal.duration_bucket(double precision) IS 'Bucket of a histogram that a duration is in: 0 below a second, then each is 2 % wide';

CREATE OR REPLACE FUNCTION oms_internal.add_histograms(a integer[], b integer[]) RETURNS integer[]
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_add_histograms';
COMMENT ON FUNCTION oms_internal.add_histograms(integer[], integer[]) IS 'Two histograms, {{bucket, count}, ...} in the order of their buckets, as one';

CREATE OR REPLACE FUNCTION oms_internal.histogram_percentile(histogram integer[], fraction double precision) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_histogram_percentile';
COMMENT ON FUNCTION oms_internal.histogram_percentile(integer[], double precision)
    IS 'Seconds that so many of the durations of a histogram don''t exceed: what percentile_cont() says of them, within 1 % or a second';

CREATE AGGREGATE oms_internal.sum_histograms(integer[]) (
    SFUNC = oms_internal.add_histograms, STYPE = integer[], COMBINEFUNC = oms_internal.add_histograms, PARALLEL = SAFE
);
COMMENT ON AGGREGATE oms_internal.sum_histograms(integer[]) IS 'Histograms as one';

CREATE OR REPLACE FUNCTION oms_internal.rounded_percentile(histogram integer[], fraction double precision, unit_seconds integer)
    RETURNS numeric
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT round((oms_internal.histogram_percentile(histogram, fraction) / unit_seconds)::numeric, 4);
END;
COMMENT ON FUNCTION oms_internal.rounded_percentile(integer[], double precision, integer) IS 'The same in hours, days or another unit';

/* How old what is open is, in bands */

CREATE OR REPLACE FUNCTION oms_internal.age_from_hours(since timestamptz) RETURNS integer
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN h.hours < 1 THEN 0 WHEN h.hours < 4 THEN 1 WHEN h.hours < 24 THEN 4 WHEN h.hours < 48 THEN 24
                WHEN h.hours < 168 THEN 48 WHEN h.hours < 720 THEN 168 ELSE 720 END
    FROM (SELECT extract(epoch FROM oms.now() - since) / 3600 AS hours) AS h;
END;
COMMENT ON FUNCTION oms_internal.age_from_hours(timestamptz) IS 'Hours with which the band of an age begins';

CREATE OR REPLACE FUNCTION oms_internal.age_band(age_from_hours integer) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE age_from_hours WHEN 0 THEN 'under 1 hour' WHEN 1 THEN '1 to 4 hours' WHEN 4 THEN '4 to 24 hours' WHEN 24 THEN '1 to 2 days'
                               WHEN 48 THEN '2 to 7 days' WHEN 168 THEN '7 to 30 days' WHEN 720 THEN '30 days or more' END;
END;
COMMENT ON FUNCTION oms_internal.age_band(integer) IS 'Name of the band of an age that begins with so many hours';

/* What there is to count */

CREATE OR REPLACE FUNCTION oms_internal.events_of(
    order_ids bigint[], types text[], OUT order_id bigint, OUT sequence integer, OUT type text, OUT subject_no integer,
    OUT data jsonb, OUT occurred_at timestamptz
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 10000
    SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
    SELECT e.order_id, e.sequence, e.type, e.subject_no, e.data, e.occurred_at
    FROM unnest(order_ids) AS i(order_id)
    JOIN oms.events AS e ON e.order_id = i.order_id
    WHERE e.type = ANY (types)
    UNION ALL
    SELECT e.order_id, e.sequence, e.type, e.subject_no, e.data, e.occurred_at
    FROM unnest(order_ids) AS i(order_id)
    JOIN oms.archived_orders AS a ON a.order_id = i.order_id
    JOIN oms.archived_events AS e ON e.order_id = a.order_id AND e.ended_at = a.ended_at
    WHERE e.type = ANY (types)
$$;
COMMENT ON FUNCTION oms_internal.events_of(bigint[], text[]) IS 'Events of some types of some orders, wherever they are kept';

/*
 * The times of steps are those of their events. Events are dropped in time, so
 * what was noted of them stays; of what was never noted, the rows have the last
 * step, and the shipment when it left and arrived, by the clock of the carrier
 * where he said so. Days are those of the location, which its promises are of.
 * A service that ship() was not told is kept by its id, as its code may change.
 */
CREATE OR REPLACE FUNCTION oms_internal.order_fulfillments(
    order_ids bigint[], OUT order_id bigint, OUT fulfillment_no integer, OUT channel_id integer, OUT location_id integer, OUT status text,
    OUT reason text, OUT pickup boolean, OUT carrier text, OUT service text, OUT service_id integer, OUT country text, OUT tracked boolean, OUT cost numeric,
    OUT placed_at timestamptz, OUT released_at timestamptz, OUT picking_at timestamptz, OUT packed_at timestamptz, OUT ready_at timestamptz,
    OUT shipped_at timestamptz, OUT delivered_at timestamptz, OUT picked_up_at timestamptz,
    OUT ships_on date, OUT left_on date, OUT arrives_on date, OUT arrived_on date, OUT time_zone text
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 1200
    SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
    WITH step AS MATERIALIZED (
        SELECT e.order_id, e.subject_no AS fulfillment_no,
               min(e.occurred_at) FILTER (WHERE e.type = 'fulfillment.released') AS released_at,
               min(e.occurred_at) FILTER (WHERE e.type = 'fulfillment.picking') AS picking_at,
               min(e.occurred_at) FILTER (WHERE e.type = 'fulfillment.packed') AS packed_at,
               min(e.occurred_at) FILTER (WHERE e.type = 'fulfillment.ready_for_pickup') AS ready_at,
               min(e.occurred_at) FILTER (WHERE e.type = 'fulfillment.shipped') AS shipped_at,
               min(e.occurred_at) FILTER (WHERE e.type = 'fulfillment.delivered') AS delivered_at,
               min(e.occurred_at) FILTER (WHERE e.type = 'fulfillment.picked_up') AS picked_up_at
        FROM oms_internal.events_of(
            order_ids, '{fulfillment.released, fulfillment.picking, fulfillment.packed, fulfillment.ready_for_pickup,
                         fulfillment.shipped, fulfillment.delivered, fulfillment.picked_up}') AS e
        GROUP BY e.order_id, e.subject_no
    ), fulfillment AS (
        SELECT f.order_id, f.fulfillment_no, o.channel_id, f.location_id, f.status::text AS status, f.status_reason, f.pickup,
               s.carrier, s.service, CASE WHEN s.service IS NULL THEN o.service_id END AS service_id, upper(o.ship_to ->> 'country') AS country,
               s.tracking_number IS NOT NULL AS tracked,
               s.cost::numeric * CASE oms.currency_of(s.cost) WHEN (SELECT oms_internal.base_currency()) THEN 1 WHEN o.currency THEN o.base_rate END AS cost, o.placed_at,
               coalesce(e.released_at, n.released_at, CASE WHEN f.status::text = 'released' THEN f.status_at END) AS released_at,
               coalesce(e.picking_at, n.picking_at, CASE WHEN f.status::text = 'picking' THEN f.status_at END) AS picking_at,
               coalesce(e.packed_at, n.packed_at, CASE WHEN f.status::text = 'packed' THEN f.status_at END) AS packed_at,
               coalesce(e.ready_at, n.ready_at, CASE WHEN f.status::text = 'ready_for_pickup' THEN f.status_at END) AS ready_at,
               coalesce(s.shipped_at, e.shipped_at, n.shipped_at, CASE WHEN f.status::text = 'shipped' THEN f.status_at END) AS shipped_at,
               CASE WHEN f.status::text = 'delivered'
                    THEN coalesce(s.delivered_at, e.delivered_at, n.delivered_at, f.status_at) END AS delivered_at,
               CASE WHEN f.status::text = 'picked_up' THEN coalesce(e.picked_up_at, n.picked_up_at, f.status_at) END AS picked_up_at,
               f.ships_on, coalesce(f.arrives_on, o.deliver_by) AS arrives_on, p.time_zone AS location_time_zone
        FROM unnest(order_ids) AS i(order_id)
        JOIN oms.orders AS o ON o.order_id = i.order_id
        JOIN oms.fulfillments AS f ON f.order_id = o.order_id
        JOIN oms.locations AS p ON p.location_id = f.location_id
        LEFT JOIN oms.shipments AS s ON s.order_id = f.order_id AND s.fulfillment_no = f.fulfillment_no
        LEFT JOIN oms.fulfillment_progress AS n ON n.order_id = f.order_id AND n.fulfillment_no = f.fulfillment_no
        LEFT JOIN step AS e ON e.order_id = f.order_id AND e.fulfillment_no = f.fulfillment_no
    )
    SELECT f.order_id, f.fulfillment_no, f.channel_id, f.location_id, f.status, f.status_reason, f.pickup,
           f.carrier, f.service, f.service_id, f.country, f.tracked, f.cost, f.placed_at, f.released_at, f.picking_at, f.packed_at, f.ready_at,
           f.shipped_at, f.delivered_at, f.picked_up_at,
           f.ships_on, (coalesce(f.shipped_at, f.ready_at, f.picked_up_at) AT TIME ZONE f.location_time_zone)::date,
           CASE WHEN NOT f.pickup THEN f.arrives_on END, (f.delivered_at AT TIME ZONE f.location_time_zone)::date,
           (SELECT oms_internal.report_time_zone())
    FROM fulfillment AS f
$$;
COMMENT ON FUNCTION oms_internal.order_fulfillments(bigint[]) IS 'What fulfillments of some orders count for now, as rows of oms.fulfillment_progress';

CREATE OR REPLACE FUNCTION oms_internal.order_progress(
    order_ids bigint[], OUT order_id bigint, OUT channel_id integer, OUT status text, OUT total oms.amount, OUT placed boolean,
    OUT placed_on date, OUT released boolean, OUT cancelled text, OUT reason text, OUT fulfillments integer, OUT locations integer,
    OUT parcels integer
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 1200
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_seqscan = off
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
    WITH event AS MATERIALIZED (
        SELECT e.order_id, bool_or(e.type = 'order.placed') AS placed, bool_or(e.type = 'fulfillment.released') AS released,
               (array_agg(e.data ->> 'reason' ORDER BY e.sequence DESC) FILTER (WHERE e.type = 'line.cancelled'))[1] AS reason
        FROM oms_internal.events_of(order_ids, '{order.placed, fulfillment.released, line.cancelled}') AS e
        GROUP BY e.order_id
    )
    SELECT o.order_id, o.channel_id, o.status::text, o.total,
           o.status <> 'draft' AND (o.status <> 'cancelled' OR coalesce(e.placed, false) OR coalesce(n.placed, false)
                                    OR n.order_id IS NULL AND EXISTS (
                                        SELECT FROM oms.archived_orders AS a
                                        WHERE a.order_id = o.order_id AND a.ended_at < oms_internal.archive_begins())),
           (o.placed_at AT TIME ZONE (SELECT oms_internal.report_time_zone()))::date,
           coalesce(e.released, false) OR coalesce(n.released, false) OR coalesce(f.left > 0, false),
           c.cancelled, CASE c.cancelled WHEN 'order' THEN o.status_reason WHEN 'units' THEN coalesce(e.reason, n.reason) END,
           coalesce(f.left, 0), coalesce(f.locations, 0), coalesce(f.parcels, 0)
    FROM unnest(order_ids) AS i(order_id)
    JOIN oms.orders AS o ON o.order_id = i.order_id
    LEFT JOIN oms.order_progress AS n ON n.order_id = o.order_id
    LEFT JOIN event AS e ON e.order_id = o.order_id
    LEFT JOIN LATERAL (
        SELECT count(*)::integer AS left, count(DISTINCT f.location_id)::integer AS locations,
               sum(greatest(1, (SELECT count(*) FROM oms.packages AS p
                                WHERE p.order_id = f.order_id AND p.fulfillment_no = f.fulfillment_no)))::integer AS parcels
        FROM oms.fulfillments AS f
        WHERE f.order_id = o.order_id AND f.status::text = ANY ('{shipped,delivered,picked_up,lost,returned_to_sender}')) AS f ON true
    CROSS JOIN LATERAL (
        SELECT CASE WHEN o.status = 'cancelled' THEN 'order'
                    WHEN EXISTS (SELECT FROM oms.order_lines AS l WHERE l.order_id = o.order_id AND l.cancelled > '0') THEN 'units'
                    END AS cancelled) AS c
$$;
COMMENT ON FUNCTION oms_internal.order_progress(bigint[]) IS 'What some orders count for now, as rows of oms.order_progress';

/*
 * What some orders add to the sums: what they count for now, less what they were
 * counted for. A duration belongs to the day on which it ended, so that days that
 * are over don't change, and what was due to the day on which it was; what is of
 * many members belongs to months.
 */
CREATE OR REPLACE FUNCTION oms_internal.fulfillment_metrics(
    order_ids bigint[], kinds text[], OUT kind text, OUT metric text, OUT dimension text, OUT member text, OUT period date,
    OUT occurrences bigint, OUT total numeric, OUT histogram integer[]
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 2000
    SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
    WITH now AS MATERIALIZED (
        SELECT * FROM oms_internal.order_fulfillments(order_ids)
    ), before AS MATERIALIZED (
        SELECT f.order_id, f.fulfillment_no, f.channel_id, f.location_id, f.status, f.reason, f.pickup, f.carrier, f.service, f.service_id,
               f.country, f.tracked, f.cost, f.placed_at, f.released_at, f.picking_at, f.packed_at, f.ready_at, f.shipped_at, f.delivered_at,
               f.picked_up_at, f.ships_on, f.left_on, f.arrives_on, f.arrived_on, f.time_zone
        FROM unnest(order_ids) AS i(order_id)
        JOIN oms.fulfillment_progress AS f ON f.order_id = i.order_id
    ), fulfillment AS MATERIALIZED (
        SELECT f.*, jsonb_build_array(f.carrier, f.service, f.country, f.service_id)::text AS lane,
               date_trunc('month', f.released_at AT TIME ZONE f.time_zone)::date AS released_in,
               date_trunc('month', f.shipped_at AT TIME ZONE f.time_zone)::date AS shipped_in
        FROM (SELECT 1 AS weight, n.* FROM (TABLE now EXCEPT TABLE before) AS n
              UNION ALL
              SELECT -1, b.* FROM (TABLE before EXCEPT TABLE now) AS b) AS f
    ), now_order AS MATERIALIZED (
        SELECT * FROM oms_internal.order_progress(order_ids)
    ), order_before AS MATERIALIZED (
        SELECT p.order_id, p.channel_id, p.status, p.total, p.placed, p.placed_on, p.released, p.cancelled, p.reason, p.fulfillments,
               p.locations, p.parcels
        FROM unnest(order_ids) AS i(order_id)
        JOIN oms.order_progress AS p ON p.order_id = i.order_id
    ), progress AS MATERIALIZED (
        SELECT p.weight, p.channel_id::text AS channel, p.status, oms.currency_of(p.total) AS currency, p.total::numeric AS value, p.placed,
               p.released, p.cancelled, p.reason, date_trunc('month', p.placed_on::timestamp)::date AS placed_in,
               p.fulfillments, p.locations, p.parcels, p.status = ANY ('{shipped,delivered,completed}') AND p.fulfillments > 0 AS gone
        FROM (SELECT 1 AS weight, n.* FROM (TABLE now_order EXCEPT TABLE order_before) AS n
              UNION ALL
              SELECT -1, b.* FROM (TABLE order_before EXCEPT TABLE now_order) AS b) AS p
    ), stage AS MATERIALIZED (
        SELECT s.metric, f.channel_id, f.location_id, (s.ended_at AT TIME ZONE f.time_zone)::date AS day,
               oms_internal.duration_bucket(t.seconds::double precision) AS bucket, sum(f.weight) AS occurrences,
               sum(f.weight * t.seconds) AS total
        FROM fulfillment AS f
        CROSS JOIN LATERAL (VALUES
            ('placed_to_released', f.placed_at, f.released_at),
            ('released_to_picking', f.released_at, f.picking_at),
            ('picking_to_packed', f.picking_at, f.packed_at),
            ('released_to_packed', f.released_at, f.packed_at),
            ('packed_to_shipped', f.packed_at, f.shipped_at),
            ('packed_to_ready', f.packed_at, f.ready_at),
            ('released_to_shipped', f.released_at, f.shipped_at),
            ('released_to_ready', f.released_at, f.ready_at),
            ('shipped_to_delivered', f.shipped_at, f.delivered_at),
            ('ready_to_picked_up', f.ready_at, f.picked_up_at),
            ('placed_to_shipped', f.placed_at, f.shipped_at),
            ('placed_to_delivered', f.placed_at, f.delivered_at),
            ('placed_to_picked_up', f.placed_at, f.picked_up_at)) AS s(metric, began_at, ended_at)
        CROSS JOIN LATERAL (SELECT greatest(extract(epoch FROM s.ended_at - s.began_at), 0) AS seconds) AS t
        WHERE s.began_at IS NOT NULL AND s.ended_at IS NOT NULL
        GROUP BY 1, 2, 3, 4, 5
        HAVING sum(f.weight) <> 0 OR sum(f.weight * t.seconds) <> 0
    ), promise AS MATERIALIZED (
        SELECT s.metric, f.channel_id, f.location_id, f.carrier, s.due_on, sum(f.weight) AS occurrences
        FROM fulfillment AS f
        CROSS JOIN LATERAL (VALUES
            ('shipping_due', f.ships_on, true),
            ('shipping_on_time', f.ships_on, f.left_on <= f.ships_on),
            ('shipping_late', f.ships_on, f.left_on > f.ships_on),
            ('delivery_due', f.arrives_on, true),
            ('delivery_on_time', f.arrives_on, f.arrived_on <= f.arrives_on),
            ('delivery_late', f.arrives_on, f.arrived_on > f.arrives_on),
            ('delivery_failed', f.arrives_on, f.status = ANY ('{lost,returned_to_sender}'))) AS s(metric, due_on, applies)
        WHERE s.applies AND s.due_on IS NOT NULL AND f.status <> ALL ('{planned,cancelled,rejected}')
        GROUP BY 1, 2, 3, 4, 5
        HAVING sum(f.weight) <> 0
    ), counted AS (
        SELECT 'duration' AS kind, s.metric, d.dimension, d.member, d.period, s.bucket, s.occurrences, s.total
        FROM stage AS s
        CROSS JOIN LATERAL (VALUES
            ('all', '', s.day),
            ('channel', s.channel_id::text, s.day),
            ('location', s.location_id::text, date_trunc('month', s.day::timestamp)::date)) AS d(dimension, member, period)
        WHERE 'duration' = ANY (kinds)
        UNION ALL
        SELECT 'promise', s.metric, d.dimension, d.member, s.due_on, NULL, s.occurrences, 0
        FROM promise AS s
        CROSS JOIN LATERAL (VALUES
            ('all', ''), ('channel', s.channel_id::text), ('location', s.location_id::text), ('carrier', s.carrier)) AS d(dimension, member)
        WHERE 'promise' = ANY (kinds) AND d.member IS NOT NULL
        UNION ALL
        SELECT 'lane', s.metric, 'lane', f.lane, f.shipped_in,
               CASE s.metric WHEN 'delivered' THEN oms_internal.duration_bucket(s.total::double precision) END, f.weight,
               f.weight * coalesce(s.total, 0)
        FROM fulfillment AS f
        CROSS JOIN LATERAL (VALUES
            ('shipments', true, NULL),
            ('tracked', f.tracked, NULL),
            ('delivered', f.delivered_at IS NOT NULL, greatest(extract(epoch FROM f.delivered_at - f.shipped_at), 0)),
            ('cost', f.cost IS NOT NULL, f.cost),
            ('lost', f.status = 'lost', NULL),
            ('returned_to_sender', f.status = 'returned_to_sender', NULL),
            ('promised', f.arrives_on IS NOT NULL AND (f.arrived_on IS NOT NULL OR f.status = ANY ('{lost,returned_to_sender}')), NULL),
            ('on_time', f.arrived_on <= f.arrives_on, NULL)) AS s(metric, applies, total)
        WHERE 'lane' = ANY (kinds) AND s.applies AND f.shipped_in IS NOT NULL
        UNION ALL
        SELECT 'rejection', s.metric, s.dimension, s.member, f.released_in, NULL, f.weight, 0
        FROM fulfillment AS f
        CROSS JOIN LATERAL (VALUES
            ('released', 'location', f.location_id::text, true),
            ('rejected', 'reason', jsonb_build_array(f.location_id::text, f.reason)::text, f.status = 'rejected')) AS s(metric, dimension, member, applies)
        WHERE 'rejection' = ANY (kinds) AND s.applies AND f.released_in IS NOT NULL
        UNION ALL
        SELECT 'order', s.metric, s.dimension, s.member, p.placed_in, NULL, p.weight, p.weight * s.total
        FROM progress AS p
        CROSS JOIN LATERAL (VALUES
            ('orders', 'status', jsonb_build_array(p.channel, p.currency, p.status)::text, p.value, true),
            ('cancelled', 'reason',
             jsonb_build_array(p.channel, p.currency, p.cancelled, CASE WHEN p.released THEN 'after' ELSE 'before' END, p.reason)::text,
             p.value, p.placed AND p.cancelled IS NOT NULL)) AS s(metric, dimension, member, total, applies)
        WHERE 'order' = ANY (kinds) AND s.applies
        UNION ALL
        SELECT 'order', s.metric, d.dimension, d.member, p.placed_in, NULL, p.weight, p.weight * s.total
        FROM progress AS p
        CROSS JOIN LATERAL (VALUES
            ('placed', 0, p.placed),
            ('fulfillments_' || least(p.fulfillments, 3), p.fulfillments, p.gone),
            ('locations_' || least(p.locations, 3), p.locations, p.gone),
            ('parcels_' || least(p.parcels, 3), p.parcels, p.gone)) AS s(metric, total, applies)
        CROSS JOIN LATERAL (VALUES ('all', ''), ('channel', p.channel)) AS d(dimension, member)
        WHERE 'order' = ANY (kinds) AND s.applies
    )
    SELECT b.kind, b.metric, b.dimension, b.member, b.period, sum(b.occurrences)::bigint, sum(b.total),
           array_agg(ARRAY[b.bucket, b.occurrences::integer] ORDER BY b.bucket) FILTER (WHERE b.bucket IS NOT NULL AND b.occurrences <> 0)
    FROM (SELECT c.kind, c.metric, c.dimension, c.member, c.period, c.bucket, sum(c.occurrences) AS occurrences, sum(c.total) AS total
          FROM counted AS c
          GROUP BY c.kind, c.metric, c.dimension, c.member, c.period, c.bucket) AS b
    GROUP BY b.kind, b.metric, b.dimension, b.member, b.period
    HAVING bool_or(b.occurrences <> 0 OR b.total <> 0)
$$;
COMMENT ON FUNCTION oms_internal.fulfillment_metrics(bigint[], text[]) IS 'What some orders add to rows of some kinds of oms.fulfillment_metrics: what they count for now, less what was counted of them';

/* Both statements see the orders as they are at the same moment. */
CREATE OR REPLACE FUNCTION oms_internal.count_fulfillments(order_ids bigint[]) RETURNS void
    LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH summed AS (
        INSERT INTO oms.fulfillment_metrics AS m (kind, metric, dimension, member, period, occurrences, total, histogram)
        SELECT n.kind, n.metric, n.dimension, n.member, n.period, n.occurrences, n.total, n.histogram
        FROM oms_internal.fulfillment_metrics(order_ids, '{duration, promise, lane, rejection, order}') AS n
        ON CONFLICT (kind, metric, dimension, member, period)
        DO UPDATE SET occurrences = m.occurrences + excluded.occurrences, total = m.total + excluded.total,
                      histogram = coalesce(oms_internal.add_histograms(m.histogram, excluded.histogram), m.histogram, excluded.histogram)
    ), fulfilled AS (
        INSERT INTO oms.fulfillment_progress AS f
        SELECT * FROM oms_internal.order_fulfillments(order_ids)
        ON CONFLICT (order_id, fulfillment_no)
        DO UPDATE SET (channel_id, location_id, status, reason, pickup, carrier, service, service_id, country, tracked, cost, placed_at,
                       released_at, picking_at, packed_at, ready_at, shipped_at, delivered_at, picked_up_at, ships_on, left_on, arrives_on, arrived_on,
                       time_zone)
                      = (excluded.channel_id, excluded.location_id, excluded.status, excluded.reason, excluded.pickup, excluded.carrier,
                         excluded.service, excluded.service_id, excluded.country, excluded.tracked, excluded.cost, excluded.placed_at,
                         excluded.released_at, excluded.picking_at, excluded.packed_at, excluded.ready_at, excluded.shipped_at, excluded.delivered_at,
                         excluded.picked_up_at, excluded.ships_on, excluded.left_on, excluded.arrives_on, excluded.arrived_on,
                         excluded.time_zone)
        WHERE f IS DISTINCT FROM excluded
    )
    INSERT INTO oms.order_progress AS p
    SELECT * FROM oms_internal.order_progress(order_ids)
    ON CONFLICT (order_id)
    DO UPDATE SET (channel_id, status, total, placed, placed_on, released, cancelled, reason, fulfillments, locations, parcels)
                  = (excluded.channel_id, excluded.status, excluded.total, excluded.placed, excluded.placed_on, excluded.released,
                     excluded.cancelled, excluded.reason, excluded.fulfillments, excluded.locations, excluded.parcels)
    WHERE p IS DISTINCT FROM excluded
$$;
COMMENT ON FUNCTION oms_internal.count_fulfillments(bigint[]) IS 'Bring oms.order_progress, oms.fulfillment_progress and oms.fulfillment_metrics to what some orders count for now';

/* What is open */

CREATE OR REPLACE FUNCTION oms_internal.open_order_ids() RETURNS SETOF bigint
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 5000
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.order_id FROM oms.order_progress AS p WHERE p.status = ANY ('{draft,placed,held,confirmed,in_fulfillment,partially_shipped}')
    UNION
    SELECT unnest(oms_internal.unread_orders())
$$;
COMMENT ON FUNCTION oms_internal.open_order_ids() IS 'Orders of which something has to leave, among others: their own rows tell what they are now';
