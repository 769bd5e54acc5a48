/* sql/code/49-alert_watch_order.sql: what is watched of orders and of what comes back */

/*
 * Fulfillments have no index by status, which each of their steps would pay
 * for. So what is open is looked for among those that were to leave in the
 * last days, by their index; what has an alert is looked at however old it is.
 */
CREATE OR REPLACE FUNCTION oms_internal.open_fulfillments(
    lookback_days integer, OUT order_id bigint, OUT fulfillment_no integer, OUT location_id integer, OUT location text,
    OUT status oms.fulfillment_status, OUT ships_on date, OUT arrives_on date, OUT today date
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 2000
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT f.order_id, f.fulfillment_no, f.location_id, l.code, f.status, f.ships_on, f.arrives_on, t.day
    FROM oms.locations AS l
    CROSS JOIN LATERAL (SELECT (oms.now() AT TIME ZONE l.time_zone)::date AS day) AS t
    JOIN oms.fulfillments AS f USING (location_id)
    WHERE f.ships_on >= t.day - $1 AND f.status = ANY ('{planned,released,picking,packed,shipped}')
    UNION
    SELECT f.order_id, f.fulfillment_no, f.location_id, l.code, f.status, f.ships_on, f.arrives_on, t.day
    FROM (SELECT DISTINCT a.order_id FROM oms.alerts AS a
          WHERE a.watched AND a.kind IN ('late_shipment', 'stuck_order')) AS w
    JOIN oms.fulfillments AS f USING (order_id)
    JOIN oms.locations AS l USING (location_id)
    CROSS JOIN LATERAL (SELECT (oms.now() AT TIME ZONE l.time_zone)::date AS day) AS t
    WHERE f.status = ANY ('{planned,released,picking,packed,shipped}')
$$;
COMMENT ON FUNCTION oms_internal.open_fulfillments(integer)
    IS 'Fulfillments that have not ended, of those that were to leave in the last days or that have an alert; today is by the clock of their location';

CREATE OR REPLACE FUNCTION oms_internal.watch_orders(settings jsonb) RETURNS SETOF oms_internal.alert_cause
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 2000
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH open AS MATERIALIZED (
        SELECT f.*, o.channel_id, o.status AS order_status, o.status_at
        FROM oms_internal.open_fulfillments(coalesce(greatest(($1 -> 'late_shipment' ->> 'lookback_days')::integer,
                                                              ($1 -> 'stuck_order' ->> 'lookback_days')::integer), 0)) AS f
        JOIN oms.orders AS o USING (order_id)
    ), late AS (
        SELECT o.*, o.order_id || '-F' || o.fulfillment_no AS name, o.status <> 'shipped' AS is_here,
               CASE WHEN o.status <> 'shipped' THEN o.ships_on
                    ELSE o.arrives_on + ($1 -> 'late_shipment' ->> 'delivery_slack_days')::integer END AS due_on
        FROM open AS o
        WHERE o.status = 'shipped' OR o.status <> 'planned' AND o.order_status <> 'held'
    ), waiting AS (
        SELECT o.order_id, o.channel_id, o.order_status::text AS status, min(o.ships_on) AS ships_on, max(o.today) AS today,
               make_interval(hours => ($1 -> 'stuck_order' ->> (o.order_status || '_hours'))::integer) AS patience,
               greatest(o.status_at, (SELECT max(f.status_at) FROM oms.fulfillments AS f
                                      WHERE f.order_id = o.order_id AND o.order_status <> 'placed')) AS since
        FROM open AS o
        WHERE o.status <> 'shipped' AND o.order_status = ANY ('{placed,confirmed,in_fulfillment,partially_shipped}')
        GROUP BY o.order_id, o.channel_id, o.order_status, o.status_at
        UNION ALL
        SELECT o.order_id, o.channel_id, 'placed', NULL, NULL, make_interval(hours => ($1 -> 'stuck_order' ->> 'placed_hours')::integer),
               o.status_at
        FROM (SELECT DISTINCT l.order_id FROM oms.order_lines AS l WHERE l.backordered > '0' OFFSET 0) AS l
        JOIN oms.orders AS o USING (order_id)
        WHERE o.status = 'placed' AND NOT EXISTS (SELECT FROM open AS f WHERE f.order_id = o.order_id)
    )
    SELECT 'late_shipment', l.name,
           CASE WHEN l.today > l.due_on + ($1 -> 'late_shipment' ->> 'critical_days')::integer THEN 'critical' ELSE 'warning' END,
           CASE WHEN l.is_here THEN format('%s was to leave %s on %s and is %s', l.name, l.location, l.ships_on,
                                           replace(l.status::text, '_', ' '))
                ELSE format('%s from %s was to arrive on %s and is not delivered', l.name, l.location, l.arrives_on) END,
           l.order_id, NULL::bigint, l.location_id, l.channel_id, 'fulfillment ' || l.name,
           jsonb_strip_nulls(jsonb_build_object('status', l.status::text, 'ships_on', l.ships_on, 'arrives_on', l.arrives_on))
    FROM late AS l
    WHERE l.today > l.due_on AND jsonb_typeof($1 -> 'late_shipment') = 'object'
    UNION ALL
    SELECT 'stuck_order', w.order_id::text,
           CASE WHEN oms.now() > w.since + 3 * w.patience THEN 'critical' ELSE 'warning' END,
           format(CASE w.status WHEN 'placed' THEN 'order %s waits for payment since %s UTC'
                                WHEN 'confirmed' THEN 'nobody has worked on order %s since %s UTC'
                                ELSE 'nothing has moved of order %s since %s UTC' END,
                  w.order_id, to_char(w.since AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')),
           w.order_id, NULL, NULL, w.channel_id, 'order ' || w.order_id,
           jsonb_build_object('status', w.status, 'since', w.since AT TIME ZONE 'UTC')
    FROM waiting AS w
    WHERE oms.now() > w.since + w.patience AND (w.status = 'placed' OR w.ships_on <= w.today)
          AND jsonb_typeof($1 -> 'stuck_order') = 'object'
$$;
COMMENT ON FUNCTION oms_internal.watch_orders(jsonb)
    IS 'Causes of late_shipment: not shipped or not delivered in time, and stuck_order: nothing has moved for too long';

CREATE OR REPLACE FUNCTION oms_internal.rate_rise(hits numeric, trials numeric, hits_before numeric, trials_before numeric,
                                                  z double precision) RETURNS double precision
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT r.now - r.before
           - sqrt((r.now - oms.wilson_lower(hits, trials, z)) ^ 2 + (oms.wilson_upper(hits_before, trials_before, z) - r.before) ^ 2)
    FROM (SELECT least(hits / nullif(trials, 0), 1)::double precision AS now,
                 least(hits_before / nullif(trials_before, 0), 1)::double precision AS before) AS r;
END;
COMMENT ON FUNCTION oms_internal.rate_rise(numeric, numeric, numeric, numeric, double precision)
    IS 'Lower bound of how much a rate has risen, from both rates'' Wilson bounds (Newcombe 1998, method 10); null without trials';

/*
 * Units by the day on which they were ordered. What was ordered lately may
 * still come back, so the recent rate is rather too low than too high: a rise
 * that shows already is one.
 */
CREATE OR REPLACE FUNCTION oms_internal.watch_return_rates(settings jsonb) RETURNS SETOF oms_internal.alert_cause
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 2000
    SET search_path = pg_catalog, oms, pg_temp
    SET work_mem = '64MB'
AS $$
    WITH setting AS (
        SELECT t.today - s.days AS recent_from, t.today - s.days - s.before_days AS before_from, s.*
        FROM (SELECT (oms.now() AT TIME ZONE 'UTC')::date + 1 AS today) AS t,
             jsonb_to_record(CASE jsonb_typeof($1 -> 'return_rate_spike') WHEN 'object' THEN $1 -> 'return_rate_spike' ELSE '{}' END)
                 AS s(days integer, before_days integer, min_units numeric, min_returns numeric, z double precision)
    ), rate AS MATERIALIZED (
        SELECT k.sku_id, k.code, p.category, coalesce(sum(d.units), '0')::numeric AS units,
               coalesce(sum(d.returned), '0')::numeric AS returned, coalesce(sum(d.units_before), '0')::numeric AS units_before,
               coalesce(sum(d.returned_before), '0')::numeric AS returned_before
        FROM setting AS g
        CROSS JOIN oms.planned_stock AS c
        JOIN oms.skus AS k USING (sku_id)
        LEFT JOIN oms.products AS p USING (product_id)
        CROSS JOIN LATERAL (
            SELECT sum(d.demanded) FILTER (WHERE d.day >= g.recent_from) AS units,
                   sum(d.returned) FILTER (WHERE d.day >= g.recent_from) AS returned,
                   sum(d.demanded) FILTER (WHERE d.day < g.recent_from) AS units_before,
                   sum(d.returned) FILTER (WHERE d.day < g.recent_from) AS returned_before
            FROM oms.demand_daily AS d
            WHERE d.sku_id = c.sku_id AND d.location_id = c.location_id AND d.day >= g.before_from) AS d
        GROUP BY k.sku_id, k.code, p.category
    ), compared AS (
        SELECT r.*, sum(r.units_before) OVER w AS category_units, sum(r.returned_before) OVER w AS category_returned
        FROM rate AS r
        WINDOW w AS (PARTITION BY r.category)
    )
    SELECT 'return_rate_spike', c.code, CASE WHEN c.returned >= 0.5 * c.units THEN 'critical' ELSE 'warning' END,
           format('%s of %s %s ordered since %s came back (%s %%), ',
                  trim_scale(c.returned), trim_scale(c.units), c.code, g.recent_from, round(100 * c.returned / c.units, 1))
           || CASE WHEN c.units_before > 0 THEN format('before %s %%, ', round(100 * c.returned_before / c.units_before, 1)) ELSE '' END
           || format('before in %s %s %%', coalesce(c.category::text, 'no category'),
                     round(100 * c.category_returned / c.category_units, 1)),
           NULL::bigint, c.sku_id, NULL::integer, NULL::integer, 'SKU ' || c.code,
           jsonb_build_object('units', trim_scale(c.units), 'returned', trim_scale(c.returned),
                              'units_before', trim_scale(c.units_before), 'returned_before', trim_scale(c.returned_before),
                              'category_units', trim_scale(c.category_units), 'category_returned', trim_scale(c.category_returned))
    FROM compared AS c
    CROSS JOIN setting AS g
    WHERE c.units >= g.min_units AND c.returned >= g.min_returns
          AND oms_internal.rate_rise(c.returned, c.units, c.category_returned, c.category_units, g.z) > 0
          AND (c.units_before < g.min_units
               OR oms_internal.rate_rise(c.returned, c.units, c.returned_before, c.units_before, g.z) > 0)
$$;
COMMENT ON FUNCTION oms_internal.watch_return_rates(jsonb)
    IS 'Causes of return_rate_spike: SKUs of which certainly more comes back than before, and than of their category before';
