/*
 * sql/code/49-alert_watch.sql: what is watched of stock
 *
 * A watch returns all present causes of its kinds, from what there is now, not
 * from history. A kind without settings has none. What changes by the mere
 * passing of time is no part of messages and values, else each run would write
 * each alert again.
 *
 * What is watched is all stock, so that sums of all stock are joined at once.
 * Where the tables were not analyzed yet, a nested loop seemed to have one
 * round, and had sums made anew for each of thousands.
 */

/*
 * A SKU at a location, and what a channel may sell of it, from all its
 * locations: kept back are safety stock and the channel's buffers, as
 * oms.available() has it.
 */
CREATE OR REPLACE FUNCTION oms_internal.stock_scopes(
    OUT sku_id bigint, OUT location_id integer, OUT channel_id integer, OUT locations integer[], OUT available oms.quantity,
    OUT incoming oms.quantity, OUT backordered oms.quantity, OUT "position" oms.quantity, OUT reorder_point oms.quantity
) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10000
    SET search_path = pg_catalog, oms, pg_temp
    SET work_mem = '64MB'
    SET enable_nestloop = off
    SET jit = off
AS $$
    WITH item AS MATERIALIZED (
        SELECT p.sku_id, p.location_id, coalesce(a.available, '0') AS available, coalesce(a.kept_back, '0') AS kept_back,
               p.incoming, p.backordered, p.position, r.reorder_point, s.decimals
        FROM oms.stock_positions AS p
        JOIN oms.locations AS l USING (location_id)
        JOIN oms.skus AS s USING (sku_id)
        LEFT JOIN oms.available_stock AS a USING (sku_id, location_id)
        LEFT JOIN oms.reorder_points AS r USING (sku_id, location_id)
        WHERE l.active AND s.active AND s.stocked AND NOT s.is_kit
              AND coalesce(s.available_from <= (oms.now() AT TIME ZONE 'UTC')::date, true)
    ), reach AS MATERIALIZED (
        SELECT c.channel_id, l.location_id
        FROM oms.channels AS c
        CROSS JOIN oms.locations AS l
        LEFT JOIN oms.channel_locations AS m USING (channel_id, location_id)
        WHERE m.channel_id IS NOT NULL
              OR NOT EXISTS (SELECT FROM oms.channel_locations AS o WHERE o.channel_id = c.channel_id)
    ), sold AS (
        SELECT i.*, r.channel_id,
               CASE WHEN i.available > '0' AND EXISTS (SELECT FROM oms.stock_buffers AS b WHERE b.channel_id IS NOT NULL)
                    THEN (SELECT max(b.quantity) FROM oms.stock_buffers AS b
                          WHERE coalesce(b.sku_id, 0) = ANY (ARRAY[0, i.sku_id])
                                AND coalesce(b.location_id, 0) = ANY (ARRAY[0, i.location_id])
                                AND coalesce(b.channel_id, 0) = r.channel_id) END AS buffer
        FROM item AS i
        JOIN reach AS r USING (location_id)
    ), share AS (
        SELECT s.*, quantity(trunc(greatest(s.available + s.kept_back - greatest(s.kept_back, s.buffer), '0')::numeric, s.decimals))
               AS may_sell
        FROM sold AS s
    )
    SELECT i.sku_id, i.location_id, NULL::integer, ARRAY[i.location_id], i.available, i.incoming, i.backordered, i.position,
           i.reorder_point
    FROM item AS i
    UNION ALL
    SELECT s.sku_id, NULL, s.channel_id, array_agg(s.location_id ORDER BY s.location_id), sum(s.may_sell), sum(s.incoming),
           sum(s.backordered), sum(s.may_sell + s.incoming - s.backordered), sum(s.reorder_point)
    FROM share AS s
    GROUP BY s.sku_id, s.channel_id
$$;
COMMENT ON FUNCTION oms_internal.stock_scopes() IS 'What there is of SKUs that are kept in stock, by location, and by channel over all locations that it may use';

CREATE OR REPLACE FUNCTION oms_internal.watch_stock(settings jsonb) RETURNS SETOF oms_internal.alert_cause
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 2000
    SET search_path = pg_catalog, oms, pg_temp
    SET work_mem = '64MB'
AS $$
    WITH scope AS (
        SELECT x.*, s.code AS sku, coalesce('@' || l.code, '/' || c.code) AS suffix,
               coalesce('at ' || l.code, 'for ' || c.code) AS place, c.code AS channel,
               CASE WHEN x.available <= '0' AND jsonb_typeof($1 -> 'out_of_stock') = 'object' THEN 'out_of_stock'
                    ELSE 'low_stock' END AS kind,
               CASE $1 -> 'low_stock' ->> 'measure' WHEN 'available' THEN x.available ELSE x.position END AS measured
        FROM oms_internal.stock_scopes() AS x
        JOIN oms.skus AS s USING (sku_id)
        LEFT JOIN oms.locations AS l USING (location_id)
        LEFT JOIN oms.channels AS c USING (channel_id)
    )
    SELECT p.kind, p.sku || p.suffix,
           CASE WHEN p.kind = 'out_of_stock' AND (p.channel_id IS NOT NULL OR p.backordered > '0') THEN 'critical'
                ELSE 'warning' END,
           CASE p.kind WHEN 'low_stock'
                       THEN format('%s is low %s: %s available, reorder point %s', p.sku, p.place, p.available, p.reorder_point)
                       ELSE format('%s is out of stock %s', p.sku, p.place) END
           || CASE WHEN p.incoming > '0' THEN format(', %s on the way', p.incoming) ELSE ', nothing on the way' END
           || CASE WHEN p.backordered > '0' THEN format(', orders wait for %s', p.backordered) ELSE '' END,
           NULL::bigint, p.sku_id, p.location_id, p.channel_id, 'SKU ' || p.sku,
           jsonb_strip_nulls(jsonb_build_object(
               'available', p.available::numeric, 'incoming', p.incoming::numeric, 'backordered', p.backordered::numeric,
               'position', p.position::numeric, 'reorder_point', p.reorder_point::numeric))
    FROM scope AS p
    WHERE jsonb_typeof($1 -> p.kind) = 'object'
          AND CASE p.kind
              WHEN 'low_stock' THEN p.measured <= p.reorder_point
              ELSE p.backordered > '0' OR p.reorder_point > '0' OR $1 -> 'out_of_stock' ->> 'sold_days' IS NULL
                   OR EXISTS (SELECT FROM oms.demand_daily AS d
                              WHERE d.sku_id = p.sku_id AND d.location_id = ANY (p.locations) AND d.demanded > '0'
                                    AND d.day > (oms.now() AT TIME ZONE 'UTC')::date
                                                - ($1 -> 'out_of_stock' ->> 'sold_days')::integer)
              END
          AND coalesce(CASE jsonb_typeof($1 -> p.kind -> 'channels')
                       WHEN 'array' THEN $1 -> p.kind -> 'channels' ? p.channel END, true)
$$;
COMMENT ON FUNCTION oms_internal.watch_stock(jsonb) IS 'Causes of low_stock and out_of_stock, by location and by channel';

/*
 * Day by day, what is there and comes in against what is forecast. What was
 * expected before today and has not come does not count: nobody knows when it
 * will.
 */
CREATE OR REPLACE FUNCTION oms_internal.watch_stockouts(settings jsonb) RETURNS SETOF oms_internal.alert_cause
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 2000
    SET search_path = pg_catalog, oms, pg_temp
    SET work_mem = '64MB'
    SET enable_nestloop = off
    SET jit = off
AS $$
    WITH item AS MATERIALIZED (
        SELECT f.sku_id, f.location_id, t.day AS today, a.available, p.backordered,
               f.means[t.day - f.starts_on + 1
                       : t.day - f.starts_on + coalesce(($1 -> 'stockout_expected' ->> 'days')::integer, f.protection_days)] AS means
        FROM oms.forecasts AS f
        JOIN oms.skus AS s USING (sku_id)
        JOIN oms.locations AS l USING (location_id)
        JOIN oms.available_stock AS a USING (sku_id, location_id)
        JOIN oms.stock_positions AS p USING (sku_id, location_id)
        CROSS JOIN LATERAL (SELECT greatest((oms.now() AT TIME ZONE l.time_zone)::date, f.starts_on) AS day) AS t
        WHERE jsonb_typeof($1 -> 'stockout_expected') = 'object' AND l.active AND s.active AND s.stocked
              AND coalesce(s.available_from <= t.day, true)
    ), short AS MATERIALIZED (
        SELECT i.*, (i.available - i.backordered)::numeric AS free
        FROM item AS i
        WHERE (SELECT sum(m) FROM unnest(i.means) AS m) > (i.available - i.backordered)::numeric::double precision
    ), receipt AS MATERIALIZED (
        SELECT s.sku_id, s.location_id, n.expected_on, sum(n.quantity)::numeric AS quantity,
               min(coalesce(o.code, 'transfer ' || n.transfer_id)) AS name
        FROM short AS s
        JOIN oms.incoming_stock AS n USING (sku_id, location_id)
        LEFT JOIN oms.purchase_orders AS o USING (purchase_order_id)
        WHERE n.expected_on >= s.today
        GROUP BY s.sku_id, s.location_id, n.expected_on
    ), day AS (
        SELECT s.sku_id, s.location_id, s.today + d.n::integer - 1 AS day, round(sum(d.mean::numeric) OVER w, 3) AS demand,
               s.free + coalesce(sum(r.quantity) OVER w, 0) AS supply
        FROM short AS s
        CROSS JOIN LATERAL unnest(s.means) WITH ORDINALITY AS d(mean, n)
        LEFT JOIN receipt AS r
               ON r.sku_id = s.sku_id AND r.location_id = s.location_id AND r.expected_on = s.today + d.n::integer - 1
        WINDOW w AS (PARTITION BY s.sku_id, s.location_id ORDER BY d.n)
    ), gap AS (
        SELECT DISTINCT ON (d.sku_id, d.location_id) d.*
        FROM day AS d
        WHERE d.demand > d.supply
        ORDER BY d.sku_id, d.location_id, d.day
    )
    SELECT 'stockout_expected', k.code || '@' || l.code,
           CASE WHEN g.day < s.today + ($1 -> 'stockout_expected' ->> 'critical_days')::integer THEN 'critical' ELSE 'warning' END,
           format('%s will run out at %s on %s: %s available, ', k.code, l.code, g.day, s.available)
           || CASE WHEN n.name IS NULL THEN 'nothing comes in later'
                   ELSE format('%s of %s come on %s', trim_scale(n.quantity), n.name, n.expected_on) END,
           NULL::bigint, g.sku_id, g.location_id, NULL::integer, 'SKU ' || k.code,
           jsonb_strip_nulls(jsonb_build_object(
               'runs_out_on', g.day, 'available', s.available::numeric, 'backordered', s.backordered::numeric,
               'demand', trim_scale(g.demand), 'receipt', n.name, 'receipt_on', n.expected_on, 'receipt_quantity', n.quantity))
    FROM gap AS g
    JOIN short AS s USING (sku_id, location_id)
    JOIN oms.skus AS k USING (sku_id)
    JOIN oms.locations AS l USING (location_id)
    LEFT JOIN LATERAL (SELECT r.* FROM receipt AS r
                       WHERE r.sku_id = g.sku_id AND r.location_id = g.location_id AND r.expected_on > g.day
                       ORDER BY r.expected_on LIMIT 1) AS n ON true
$$;
COMMENT ON FUNCTION oms_internal.watch_stockouts(jsonb)
    IS 'Causes of stockout_expected: where forecast demand uses up the stock before more comes in';

/*
 * Levels in one row and costs in one layer, which most are, need not be added up.
 * Layers have what is on hand, so they say first what may be idle: what came long
 * ago or lasts longer than the shorter of both limits, and is worth as much as the
 * lower of both, or has no cost. Only of that reservations and demand are read.
 */
CREATE OR REPLACE FUNCTION oms_internal.idle_stock(
    settings jsonb, OUT sku_id bigint, OUT location_id integer, OUT quantity numeric, OUT value numeric, OUT mean double precision,
    OUT sold_days bigint, OUT sold_days_before bigint, OUT known_days integer, OUT dead boolean, OUT fading boolean
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 2000
    SET search_path = pg_catalog, oms, pg_temp
    SET work_mem = '64MB'
    SET enable_mergejoin = off
AS $$
    WITH setting AS (
        SELECT d.today, d.days, d.cover_days, oms.now() - make_interval(days => d.days) AS since,
               least(d.cover_days, ($1 -> 'overstock' ->> 'days')::integer) AS limit_days,
               coalesce(least(d.min_value, ($1 -> 'overstock' ->> 'min_value')::numeric), 0) AS min_value,
               (SELECT s.value FROM oms.settings AS s WHERE s.name = 'base_currency') AS currency
        FROM (SELECT (oms.now() AT TIME ZONE 'UTC')::date AS today, ($1 -> 'dead_stock' ->> 'days')::integer AS days,
                     ($1 -> 'dead_stock' ->> 'cover_days')::integer AS cover_days,
                     ($1 -> 'dead_stock' ->> 'min_value')::numeric AS min_value) AS d
    ), layer AS (
        SELECT c.sku_id, c.location_id, c.quantity, c.value, c.received_at
        FROM oms.cost_layers AS c
        WHERE c.layer_id = 0 AND c.further = 0 AND c.quantity > '0'
        UNION ALL
        SELECT c.sku_id, c.location_id, sum(c.quantity), sum(c.value), min(c.received_at)
        FROM oms.cost_layers AS c
        WHERE c.quantity > '0' AND (c.layer_id > 0 OR c.further > 0)
        GROUP BY c.sku_id, c.location_id
    ), item AS MATERIALIZED (
        SELECT y.sku_id, y.location_id, y.quantity, y.value, y.received_at, f.mean
        FROM layer AS y
        CROSS JOIN setting AS g
        LEFT JOIN oms.forecasts AS f USING (sku_id, location_id)
        WHERE (y.received_at <= g.since OR f.mean * g.limit_days < y.quantity::numeric::double precision)
              AND coalesce(y.value::numeric >= g.min_value, true)
    ), level AS (
        SELECT l.sku_id, l.location_id, (l.on_hand - l.reserved)::numeric AS quantity
        FROM oms.stock_levels AS l
        WHERE l.span = 64 AND l.on_hand > l.reserved
        UNION ALL
        SELECT l.sku_id, l.location_id, sum(l.on_hand - l.reserved)::numeric
        FROM oms.stock_levels AS l
        WHERE l.span < 64
        GROUP BY l.sku_id, l.location_id
        HAVING sum(l.on_hand - l.reserved) > '0'
    ), worth AS MATERIALIZED (
        SELECT i.sku_id, i.location_id, v.quantity, i.received_at, i.mean,
               coalesce(i.value::numeric / i.quantity::numeric, CASE WHEN currency_of(s.cost) = g.currency THEN s.cost::numeric END)
               * v.quantity AS value
        FROM item AS i
        CROSS JOIN setting AS g
        JOIN oms.skus AS s USING (sku_id)
        JOIN level AS v USING (sku_id, location_id)
    )
    SELECT w.sku_id, w.location_id, w.quantity, w.value, w.mean, d.sold, d.sold_before, d.known_days,
           d.sold = 0 AND w.received_at <= g.since AND o.sku_id IS NULL,
           d.sold > 0 AND d.sold::numeric / nullif(g.days, 0) < 0.5 * d.sold_before / d.known_days
               AND d.known_days >= 2 * g.days AND w.quantity > w.mean * g.cover_days
    FROM worth AS w
    CROSS JOIN setting AS g
    LEFT JOIN (SELECT DISTINCT o.sku_id, o.location_id
               FROM oms.stockouts AS o
               CROSS JOIN setting AS g
               WHERE coalesce(o.ended_at, 'infinity') > g.since) AS o USING (sku_id, location_id)
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE d.day > g.today - g.days) AS sold, count(*) AS sold_before,
               greatest(g.today - min(d.day), 1) AS known_days
        FROM oms.demand_daily AS d
        WHERE d.sku_id = w.sku_id AND d.location_id = w.location_id AND d.demanded > '0' AND d.day > g.today - 365) AS d
    WHERE coalesce(w.value, 0) >= g.min_value
$$;
COMMENT ON FUNCTION oms_internal.idle_stock(jsonb) IS 'Unreserved stock with what it is worth and on how many days it was sold';

CREATE OR REPLACE FUNCTION oms_internal.watch_idle_stock(settings jsonb) RETURNS SETOF oms_internal.alert_cause
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 2000
    SET search_path = pg_catalog, oms, pg_temp
    SET work_mem = '64MB'
AS $$
    WITH item AS (
        SELECT x.*, k.code || '@' || l.code AS key, k.code AS sku, l.code AS location,
               CASE WHEN x.dead OR x.fading THEN 'dead_stock' ELSE 'overstock' END AS kind,
               round(x.quantity::numeric / nullif(x.mean, 0)::numeric) AS cover_days,
               x.value * (1 - ($1 -> 'overstock' ->> 'days')::numeric * x.mean::numeric / x.quantity) AS excess_value
        FROM oms_internal.idle_stock($1) AS x
        JOIN oms.skus AS k USING (sku_id)
        JOIN oms.locations AS l USING (location_id)
    )
    SELECT i.kind, i.key, CASE WHEN i.dead THEN 'warning' ELSE 'info' END,
           format('%s of %s at %s ', trim_scale(i.quantity), i.sku, i.location)
           || CASE WHEN i.dead THEN format('did not sell for %s days', $1 -> 'dead_stock' ->> 'days')
                   WHEN i.fading THEN format('sell on %s of %s days, before on %s of %s', i.sold_days,
                                             $1 -> 'dead_stock' ->> 'days', i.sold_days_before, i.known_days)
                   ELSE format('last for %s days', i.cover_days) END
           || coalesce(format(', worth %s', round(i.value, 2)), ''),
           NULL::bigint, i.sku_id, i.location_id, NULL::integer, 'SKU ' || i.sku,
           jsonb_strip_nulls(jsonb_build_object(
               'quantity', trim_scale(i.quantity), 'value', round(i.value, 2), 'cover_days', i.cover_days,
               'sold_days', i.sold_days, 'sold_days_before', i.sold_days_before))
    FROM item AS i
    WHERE CASE i.kind WHEN 'dead_stock' THEN coalesce(i.value, 0) >= coalesce(($1 -> 'dead_stock' ->> 'min_value')::numeric, 0)
                      ELSE i.cover_days > ($1 -> 'overstock' ->> 'days')::integer
                           AND coalesce(i.excess_value, 0) >= coalesce(($1 -> 'overstock' ->> 'min_value')::numeric, 0) END
$$;
COMMENT ON FUNCTION oms_internal.watch_idle_stock(jsonb) IS 'Causes of dead_stock, which nobody buys any more, and overstock, which lasts too long';
