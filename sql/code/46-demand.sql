/* sql/code/46-demand.sql: what was wanted of each SKU, where and when */

/*
 * Of the locations that have a stock level of it the nearest that may ship to
 * the order, else the channel's first, else the first of all.
 */
CREATE OR REPLACE FUNCTION oms_internal.likely_location(
    sku_id bigint, channel_id integer, country text, destination geography
) RETURNS integer
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT coalesce(
        (SELECT p.location_id
         FROM oms.locations AS p
         LEFT JOIN oms.channel_locations AS c ON c.channel_id = likely_location.channel_id AND c.location_id = p.location_id
         WHERE p.location_id IN (SELECT s.location_id FROM oms.stock_levels AS s WHERE s.sku_id = likely_location.sku_id)
               AND p.active AND (p.ships_to IS NULL OR coalesce(likely_location.country = ANY (p.ships_to::text[]), true))
               AND (c.location_id IS NOT NULL
                    OR NOT EXISTS (SELECT FROM oms.channel_locations AS o WHERE o.channel_id = likely_location.channel_id))
         ORDER BY oms_internal.sphere_distance_m(p.point, likely_location.destination), c.priority, p.priority, p.location_id
         LIMIT 1),
        (SELECT c.location_id
         FROM oms.channel_locations AS c
         JOIN oms.locations AS p ON p.location_id = c.location_id
         WHERE c.channel_id = likely_location.channel_id AND p.active
         ORDER BY c.priority, p.priority, c.location_id
         LIMIT 1),
        (SELECT p.location_id FROM oms.locations AS p WHERE p.active ORDER BY p.priority, p.location_id LIMIT 1))
$$;
COMMENT ON FUNCTION oms_internal.likely_location(bigint, integer, text, geography) IS 'Who would be asked to ship a SKU that nobody has; null without an active location';

/*
 * What orders count for, from their rows as they are now: units that were
 * ordered, less those that the customer cancelled. They belong to the
 * locations that were first asked to ship them, in the order of the
 * fulfillments, even if these could not; of what waits, to who would be asked.
 * Nobody cancels what is not there: units that were cancelled for one of the
 * reasons given are still wanted. Here and below a batch of rows is joined to
 * large tables, which must not be read whole, whatever the planner guesses.
 */
CREATE OR REPLACE FUNCTION oms_internal.order_demand(
    order_ids bigint[], undelivered_reasons text[], OUT order_id bigint, OUT line_no integer, OUT sku_id bigint,
    OUT location_id integer, OUT day date, OUT quantity oms.quantity, OUT promoted boolean, OUT returned oms.quantity
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 3000
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_seqscan = off
AS $$
    WITH line AS MATERIALIZED (
        SELECT o.order_id, l.line_no, l.sku_id, o.channel_id, o.placed_at, o.destination, o.ship_to ->> 'country' AS country,
               coalesce(o.pickup_location_id, o.ship_from_location_id) AS location_id,
               l.quantity - l.cancelled + least(l.cancelled, coalesce(c.undelivered, '0')) AS wanted, l.returned,
               coalesce(sign(l.discount) > 0, false) OR coalesce(sign(l.order_discount) > 0, false) AS promoted
        FROM oms.orders AS o
        JOIN oms.order_lines AS l ON l.order_id = o.order_id
        LEFT JOIN LATERAL (
            SELECT coalesce(sum(e.units) FILTER (WHERE e.undelivered AND e.line_no = l.line_no), '0')
                   + CASE WHEN bool_or(e.undelivered AND e.line_no IS NULL)
                          THEN greatest('0', l.cancelled - coalesce(sum(e.units) FILTER (WHERE e.line_no = l.line_no), '0'))
                          ELSE '0' END AS undelivered
            FROM (SELECT e.subject_no AS line_no, (e.data ->> 'quantity')::oms.quantity AS units,
                         coalesce(lower(e.data ->> 'reason') = ANY (undelivered_reasons), false) AS undelivered
                  FROM oms.event_history AS e
                  WHERE e.order_id = l.order_id AND e.type IN ('line.cancelled', 'order.cancelled')) AS e) AS c
            ON l.cancelled > '0'
        WHERE o.order_id = ANY (order_ids) AND o.status <> 'draft'
    ), share AS MATERIALIZED (
        SELECT l.*, n.location_id AS shipper_id, f.quantity, sum(f.quantity) OVER (w ORDER BY f.fulfillment_no) AS until,
               l.wanted - coalesce(sum(f.quantity) OVER w, '0') AS waiting, row_number() OVER (w ORDER BY f.fulfillment_no) AS n
        FROM line AS l
        LEFT JOIN oms.fulfillment_lines AS f ON f.order_id = l.order_id AND f.line_no = l.line_no
        LEFT JOIN oms.fulfillments AS n ON n.order_id = f.order_id AND n.fulfillment_no = f.fulfillment_no
        WINDOW w AS (PARTITION BY l.order_id, l.line_no)
    ), part AS (
        SELECT s.order_id, s.line_no, coalesce(k.component_sku_id, s.sku_id) AS sku_id, s.shipper_id AS location_id, s.placed_at,
               s.promoted, least(s.wanted, s.until) - least(s.wanted, s.until - s.quantity) AS units,
               least(s.returned, s.until) - least(s.returned, s.until - s.quantity) AS returned, coalesce(k.quantity, '1') AS per
        FROM share AS s
        LEFT JOIN oms.kit_components AS k ON k.sku_id = s.sku_id
        WHERE s.until - s.quantity < s.wanted
        UNION ALL
        SELECT s.order_id, s.line_no, c.sku_id, coalesce(s.location_id, p.location_id), s.placed_at, s.promoted, s.waiting, '0', c.per
        FROM share AS s
        LEFT JOIN oms.kit_components AS k ON k.sku_id = s.sku_id
        CROSS JOIN LATERAL (SELECT coalesce(k.component_sku_id, s.sku_id) AS sku_id, coalesce(k.quantity, '1') AS per) AS c
        CROSS JOIN LATERAL oms_internal.likely_location(c.sku_id, s.channel_id, s.country, s.destination) AS p(location_id)
        WHERE s.n = 1 AND s.waiting > '0'
    )
    SELECT p.order_id, p.line_no, p.sku_id, p.location_id, (p.placed_at AT TIME ZONE l.time_zone)::date,
           sum(p.units * p.per), p.promoted, sum(p.returned * p.per)
    FROM part AS p
    JOIN oms.locations AS l ON l.location_id = p.location_id
    JOIN oms.skus AS s ON s.sku_id = p.sku_id
    WHERE s.stocked AND p.units > '0'
    GROUP BY p.order_id, p.line_no, p.sku_id, p.location_id, p.placed_at, p.promoted, l.time_zone
$$;
COMMENT ON FUNCTION oms_internal.order_demand(bigint[], text[]) IS 'What orders count for in the demand of SKUs, locations and days';


/*
 * Counts some orders as they are now instead of as they were counted before:
 * what differs is added to the days, so that days may have other demand too,
 * such as history from before. Whoever calls it holds the row of the watermark
 * and so is the only one.
 */
CREATE OR REPLACE FUNCTION oms_internal.count_orders(order_ids bigint[], undelivered_reasons text[]) RETURNS void
    LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_seqscan = off
AS $$
    WITH counted AS MATERIALIZED (
        SELECT * FROM oms_internal.order_demand(order_ids, undelivered_reasons)
    ), before AS MATERIALIZED (
        SELECT * FROM oms.demand_lines AS d WHERE d.order_id = ANY (order_ids)
    ), pair AS MATERIALIZED (
        SELECT b.order_id, b.line_no, b.sku_id, b.location_id, n.order_id IS NULL AS gone
        FROM before AS b
        FULL JOIN counted AS n ON (n.order_id, n.line_no, n.sku_id, n.location_id)
                                  = (b.order_id, b.line_no, b.sku_id, b.location_id)
    ), forgotten AS (
        DELETE FROM oms.demand_lines AS d
        USING pair AS p
        WHERE p.gone AND d.order_id = ANY (order_ids)
              AND (d.order_id, d.line_no, d.sku_id, d.location_id) = (p.order_id, p.line_no, p.sku_id, p.location_id)
    ), kept AS (
        INSERT INTO oms.demand_lines AS d (order_id, line_no, sku_id, location_id, day, quantity, promoted, returned)
        SELECT n.order_id, n.line_no, n.sku_id, n.location_id, n.day, n.quantity, n.promoted, n.returned
        FROM counted AS n
        ORDER BY n.order_id, n.line_no, n.sku_id, n.location_id
        ON CONFLICT (order_id, line_no, sku_id, location_id)
        DO UPDATE SET day = excluded.day, quantity = excluded.quantity, promoted = excluded.promoted, returned = excluded.returned
        WHERE (d.day, d.quantity, d.promoted, d.returned)
              <> (excluded.day, excluded.quantity, excluded.promoted, excluded.returned)
    ), difference AS MATERIALIZED (
        SELECT c.sku_id, c.location_id, c.day, sum(c.demanded) AS demanded, sum(c.promoted) AS promoted, sum(c.returned) AS returned
        FROM (SELECT n.sku_id, n.location_id, n.day, n.quantity AS demanded,
                     CASE WHEN n.promoted THEN n.quantity ELSE '0' END AS promoted, n.returned
              FROM counted AS n
              UNION ALL
              SELECT b.sku_id, b.location_id, b.day, - b.quantity, CASE WHEN b.promoted THEN - b.quantity ELSE '0' END, - b.returned
              FROM before AS b) AS c
        GROUP BY c.sku_id, c.location_id, c.day
        HAVING sum(c.demanded) <> '0' OR sum(c.promoted) <> '0' OR sum(c.returned) <> '0'
    ), sums AS MATERIALIZED (
        SELECT f.sku_id, f.location_id, f.day, d.day IS NOT NULL AS known, coalesce(d.out_of_stock_rate, 0) AS out_of_stock_rate,
               greatest('0', coalesce(d.demanded, '0') + f.demanded) AS demanded,
               greatest('0', least(coalesce(d.demanded, '0') + f.demanded, coalesce(d.promoted, '0') + f.promoted)) AS promoted,
               greatest('0', coalesce(d.returned, '0') + f.returned) AS returned
        FROM difference AS f
        LEFT JOIN oms.demand_daily AS d ON d.sku_id = f.sku_id AND d.location_id = f.location_id AND d.day = f.day
    ), changed AS (
        UPDATE oms.demand_daily AS d
        SET demanded = s.demanded, promoted = s.promoted, returned = s.returned
        FROM sums AS s
        WHERE d.sku_id = s.sku_id AND d.location_id = s.location_id AND d.day = s.day
              AND (s.demanded > '0' OR s.returned > '0' OR s.out_of_stock_rate > 0)
    ), emptied AS (
        DELETE FROM oms.demand_daily AS d
        USING sums AS s
        WHERE d.sku_id = s.sku_id AND d.location_id = s.location_id AND d.day = s.day
              AND s.demanded = '0' AND s.returned = '0' AND s.out_of_stock_rate = 0
    ), added AS (
        INSERT INTO oms.demand_daily AS d (sku_id, location_id, day, demanded, promoted, returned)
        SELECT s.sku_id, s.location_id, s.day, s.demanded, s.promoted, s.returned
        FROM sums AS s
        WHERE NOT s.known AND (s.demanded > '0' OR s.returned > '0')
        ORDER BY s.sku_id, s.location_id, s.day
        ON CONFLICT (sku_id, location_id, day)
        DO UPDATE SET demanded = d.demanded + excluded.demanded, promoted = d.promoted + excluded.promoted,
                      returned = d.returned + excluded.returned
    )
    SELECT oms_internal.mark_series(array_agg(f.sku_id), array_agg(f.location_id), array_agg(f.day)) FROM difference AS f
$$;
COMMENT ON FUNCTION oms_internal.count_orders(bigint[], text[]) IS 'Bring oms.demand_lines and oms.demand_daily to what some orders count for now';

/* By what the demand of days will differ once the job has counted all orders that have changed. */
CREATE OR REPLACE FUNCTION oms_internal.uncounted_demand(
    OUT sku_id bigint, OUT location_id integer, OUT day date, OUT demanded oms.quantity, OUT promoted oms.quantity, OUT returned oms.quantity
) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 100
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_seqscan = off
    SET max_parallel_workers_per_gather = 0
    SET jit = off
AS $$
    WITH changed AS MATERIALIZED (
        SELECT oms_internal.orders_after('demand') AS order_ids,
               ARRAY(SELECT lower(r) FROM oms.jobs AS j, jsonb_array_elements_text(j.settings -> 'undelivered_reasons') AS r
                     WHERE j.name = 'roll_up_demand') AS reasons
    )
    SELECT c.sku_id, c.location_id, c.day, sum(c.demanded), sum(c.promoted), sum(c.returned)
    FROM (SELECT n.sku_id, n.location_id, n.day, n.quantity AS demanded,
                 CASE WHEN n.promoted THEN n.quantity ELSE '0' END AS promoted, n.returned
          FROM changed AS g
          CROSS JOIN LATERAL oms_internal.order_demand(g.order_ids, g.reasons) AS n
          UNION ALL
          SELECT b.sku_id, b.location_id, b.day, - b.quantity, CASE WHEN b.promoted THEN - b.quantity ELSE '0' END, - b.returned
          FROM changed AS g
          JOIN oms.demand_lines AS b ON b.order_id = ANY (g.order_ids)) AS c
    GROUP BY c.sku_id, c.location_id, c.day
    HAVING sum(c.demanded) <> '0' OR sum(c.promoted) <> '0' OR sum(c.returned) <> '0'
$$;
COMMENT ON FUNCTION oms_internal.uncounted_demand() IS 'What is to be added to oms.demand_daily because of orders that the job roll_up_demand has not counted as they are now';

CREATE OR REPLACE FUNCTION oms_internal.mark_series(sku_ids bigint[], location_ids integer[], days date[]) RETURNS void
    LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO oms.demand_series AS s (sku_id, location_id, changed_from, changed_until)
    SELECT n.sku_id, n.location_id, min(n.day), max(n.day)
    FROM unnest(sku_ids, location_ids, days) AS n(sku_id, location_id, day)
    GROUP BY n.sku_id, n.location_id
    ORDER BY n.sku_id, n.location_id
    ON CONFLICT (sku_id, location_id)
    DO UPDATE SET changed_from = least(s.changed_from, excluded.changed_from),
                  changed_until = greatest(s.changed_until, excluded.changed_until),
                  began_on = CASE WHEN s.began_on > excluded.changed_from THEN excluded.changed_from ELSE s.began_on END
    WHERE s.changed_from IS NULL OR s.changed_from > excluded.changed_from OR s.changed_until < excluded.changed_until
$$;
COMMENT ON FUNCTION oms_internal.mark_series(bigint[], integer[], date[]) IS 'Have series forecast again whose demand of some days has changed';

/* Stock-outs */

/*
 * A SKU for which orders wait is sold although nobody has it, so that its
 * demand is known. CASE looks that up for what is out, one by one.
 */
CREATE OR REPLACE FUNCTION oms_internal.sync_stockouts() RETURNS bigint
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH out AS (
        SELECT l.sku_id, l.location_id, (oms.now() AT TIME ZONE p.time_zone)::date AS day
        FROM (SELECT l.sku_id, l.location_id
              FROM (SELECT l.sku_id, l.location_id, false AS sells FROM oms.stock_levels AS l
                    UNION ALL
                    SELECT a.sku_id, a.location_id, true FROM oms.available_stock AS a) AS l
              GROUP BY l.sku_id, l.location_id
              HAVING NOT bool_or(l.sells)) AS l
        JOIN oms.skus AS s ON s.sku_id = l.sku_id AND s.active AND s.stocked AND NOT s.is_kit
        JOIN oms.locations AS p ON p.location_id = l.location_id AND p.active
        WHERE CASE WHEN EXISTS (SELECT FROM oms.order_lines AS o WHERE o.sku_id = l.sku_id AND o.backordered > '0'::oms.quantity)
                   THEN false
                   ELSE NOT EXISTS (SELECT
                                    FROM oms.kit_components AS k
                                    JOIN oms.order_lines AS o ON o.sku_id = k.sku_id
                                    WHERE k.component_sku_id = l.sku_id AND o.backordered > '0'::oms.quantity) END
    ), change AS MATERIALIZED (
        SELECT o.sku_id, o.location_id, o.day, t.sku_id AS open_sku_id, t.location_id AS open_location_id, t.began_at
        FROM out AS o
        FULL JOIN (SELECT t.sku_id, t.location_id, t.began_at FROM oms.stockouts AS t WHERE t.ended_at IS NULL) AS t
            ON t.sku_id = o.sku_id AND t.location_id = o.location_id
    ), ended AS (
        UPDATE oms.stockouts AS t
        SET ended_at = greatest(t.began_at, oms.now())
        FROM change AS c
        WHERE c.sku_id IS NULL AND (t.sku_id, t.location_id, t.began_at) = (c.open_sku_id, c.open_location_id, c.began_at)
        RETURNING 1
    ), begun AS (
        INSERT INTO oms.stockouts (sku_id, location_id, began_at, counted_until)
        SELECT c.sku_id, c.location_id, oms.now(), c.day
        FROM change AS c
        WHERE c.began_at IS NULL
        ORDER BY c.sku_id, c.location_id
        ON CONFLICT DO NOTHING
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM ended) + (SELECT count(*) FROM begun)
$$;
COMMENT ON FUNCTION oms_internal.sync_stockouts() IS 'Begin and end rows of oms.stockouts as stock is now; how many';

/*
 * The share that a stock-out has of the hours of a day in which the location
 * sells is added to the day once the day is over, by the clock of the location.
 */
CREATE OR REPLACE FUNCTION oms_internal.count_stockouts(max integer, sells_from time, sells_until time) RETURNS bigint
    LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_seqscan = off
AS $$
    WITH span AS MATERIALIZED (
        SELECT t.sku_id, t.location_id, t.began_at, coalesce(t.ended_at, 'infinity') AS ended_at, p.time_zone, t.counted_until,
               least(p.today, coalesce((t.ended_at AT TIME ZONE p.time_zone)::date + 1, p.today)) AS until,
               (t.ended_at AT TIME ZONE p.time_zone)::date < p.today AS over
        FROM oms.stockouts AS t
        JOIN LATERAL (SELECT p.time_zone, (oms.now() AT TIME ZONE p.time_zone)::date AS today
                      FROM oms.locations AS p WHERE p.location_id = t.location_id) AS p ON t.counted_until < p.today
        WHERE t.counted_until < 'infinity'
        ORDER BY t.sku_id, t.location_id, t.began_at
        LIMIT count_stockouts.max
        FOR NO KEY UPDATE OF t
    ), counted AS (
        UPDATE oms.stockouts AS t
        SET counted_until = CASE WHEN s.over THEN 'infinity' ELSE s.until END
        FROM span AS s
        WHERE (t.sku_id, t.location_id, t.began_at) = (s.sku_id, s.location_id, s.began_at)
    ), share AS MATERIALIZED (
        SELECT s.sku_id, s.location_id, d.day::date AS day,
               least(1, sum(extract(epoch FROM greatest('0', least(h.until, s.ended_at) - greatest(h.since, s.began_at)))
                            / extract(epoch FROM h.until - h.since)))::real AS rate
        FROM span AS s
        CROSS JOIN LATERAL generate_series(s.counted_until::timestamp, s.until - 1, '1 day') AS d(day)
        CROSS JOIN LATERAL (SELECT (d.day::date + sells_from) AT TIME ZONE s.time_zone AS since,
                                   (d.day::date + sells_until) AT TIME ZONE s.time_zone AS until) AS h
        WHERE least(h.until, s.ended_at) > greatest(h.since, s.began_at)
        GROUP BY s.sku_id, s.location_id, d.day
    ), added AS (
        INSERT INTO oms.demand_daily AS d (sku_id, location_id, day, out_of_stock_rate)
        SELECT s.sku_id, s.location_id, s.day, s.rate
        FROM share AS s
        ORDER BY s.sku_id, s.location_id, s.day
        ON CONFLICT (sku_id, location_id, day)
        DO UPDATE SET out_of_stock_rate = least(1, d.out_of_stock_rate + excluded.out_of_stock_rate)
    ), marked AS (
        SELECT oms_internal.mark_series(array_agg(s.sku_id), array_agg(s.location_id), array_agg(s.day)) FROM share AS s
    )
    SELECT count(*) FROM span, marked
$$;
COMMENT ON FUNCTION oms_internal.count_stockouts(integer, time, time) IS 'Bring the days that are over of up to max stock-outs into oms.demand_daily; of how many';

/*
 * Events first, as far as none can appear any more; then the stock-outs, once
 * the events are through. A job that is new to the cluster looks at all orders
 * before, in their own order. One works at a time, another has nothing to do.
 * Stock-outs have batches of their own, so that none locks rows of
 * oms.demand_series twice, which could meet forecast_demand in a deadlock.
 */
CREATE OR REPLACE FUNCTION oms_internal.job_roll_up_demand(batch_rows integer, settings jsonb, after text)
    RETURNS oms_internal.job_step
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_reasons CONSTANT text[] := ARRAY(SELECT lower(r) FROM jsonb_array_elements_text(settings -> 'undelivered_reasons') AS r);
    v_from CONSTANT time := coalesce(settings ->> 'sells_from', '00:00');
    v_until CONSTANT time := coalesce(settings ->> 'sells_until', '24:00');
    v_read record;
    v_rows bigint;
BEGIN
    IF v_from >= v_until THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'setting "sells_until" of a job must be later than "sells_from"',
            DETAIL = format('They are %s and %s.', v_until, v_from),
            HINT = 'Correct settings of the job in table oms.jobs.';
    END IF;
    IF after LIKE 'stock-outs%' THEN
        IF after = 'stock-outs' THEN
            PERFORM oms_internal.sync_stockouts();
        END IF;
        v_rows := oms_internal.count_stockouts(batch_rows, v_from, v_until);
        RETURN (v_rows, v_rows = batch_rows, 'stock-outs counted')::oms_internal.job_step;
    END IF;

    SELECT * INTO v_read
    FROM oms_internal.read_orders(
        'demand', ARRAY['order.placed', 'order.edited', 'order.cancelled', 'line.cancelled', 'fulfillment.planned',
                        'fulfillment.extended', 'return.received', 'return.further_receipt'], batch_rows);
    IF v_read.mark IS NULL THEN
        RETURN (0, false, after)::oms_internal.job_step;
    ELSIF cardinality(v_read.order_ids) > 0 THEN
        PERFORM oms_internal.count_orders(v_read.order_ids, v_reasons);
    END IF;
    RETURN (cardinality(v_read.order_ids), true, CASE WHEN v_read.more THEN v_read.mark ELSE 'stock-outs' END)::oms_internal.job_step;
END
$$;
COMMENT ON FUNCTION oms_internal.job_roll_up_demand(integer, jsonb, text) IS 'A batch of the job roll_up_demand: what has changed in orders since the last time, and which stock has run out';
