/* sql/code/61-report_return.sql: what was delivered and what came back, counted up order by order */

CREATE OR REPLACE FUNCTION oms_internal.return_days() RETURNS integer
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT s.value::integer FROM oms.settings AS s WHERE s.name = 'return_days'), 30)
$$;
COMMENT ON FUNCTION oms_internal.return_days() IS 'Days after a delivery in which returns come in time: return_days of oms.settings, or 30';

CREATE OR REPLACE FUNCTION oms_internal.unit_value(
    total oms.amount, quantity oms.quantity, cancelled oms.quantity, order_discount oms.amount, base_rate numeric
) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT base_rate * (total::numeric / nullif(quantity::numeric - cancelled::numeric, 0)
                        - coalesce(order_discount::numeric, 0) / quantity::numeric);
END;
COMMENT ON FUNCTION oms_internal.unit_value(oms.amount, oms.quantity, oms.quantity, oms.amount, numeric)
    IS 'What the customer pays for a unit of an order line, with tax and less its share of discounts, in the base currency';

CREATE OR REPLACE FUNCTION oms_internal.order_rate(currency text, base_rate numeric, base_currency text) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN base_rate IS NULL AND currency = base_currency THEN 1 ELSE base_rate END;
END;
COMMENT ON FUNCTION oms_internal.order_rate(text, numeric, text) IS 'What an order is valued at in the base currency; null where no rate is known';

/*
 * Units that came back are those of the first fulfillment first, so that the
 * parts of a line add up to it; whether they came in time goes by the day on
 * which their own part was delivered. A value is what the customer pays for a
 * unit; that of a part is the difference of two rounded sums, so that parts add up.
 */
CREATE OR REPLACE FUNCTION oms_internal.delivered_parts(
    order_ids bigint[], OUT order_id bigint, OUT line_no integer, OUT fulfillment_no integer, OUT delivered_on date,
    OUT sku_id bigint, OUT location_id integer, OUT channel_id integer, OUT customer_id bigint, OUT category text,
    OUT currency text, OUT delivered oms.quantity, OUT returned oms.quantity, OUT returned_in_time oms.quantity,
    OUT delivered_value numeric, OUT returned_value numeric
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 3000
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_seqscan = off
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
    WITH setting AS MATERIALIZED (
        SELECT oms_internal.report_time_zone() AS time_zone, oms_internal.return_days() AS days,
               b.currency AS base_currency, scale(oms.amount_from_minor(1, b.currency)::numeric) AS decimals
        FROM (SELECT oms_internal.base_currency() AS currency OFFSET 0) AS b
    ), unit AS MATERIALIZED (
        SELECT fl.order_id, fl.line_no, fl.fulfillment_no, f.location_id, (f.status_at AT TIME ZONE g.time_zone)::date AS delivered_on,
               fl.quantity AS delivered,
               sum(fl.quantity) OVER (PARTITION BY fl.order_id, fl.line_no ORDER BY fl.fulfillment_no) - fl.quantity AS before
        FROM setting AS g
        CROSS JOIN oms.fulfillments AS f
        JOIN oms.fulfillment_lines AS fl ON fl.order_id = f.order_id AND fl.fulfillment_no = f.fulfillment_no
        WHERE f.order_id = ANY (order_ids) AND f.status = ANY ('{delivered,picked_up}'::oms.fulfillment_status[])
    )
    SELECT u.order_id, u.line_no, u.fulfillment_no, u.delivered_on, l.sku_id, u.location_id, o.channel_id, o.customer_id,
           p.category::text, o.currency, u.delivered, b.returned,
           greatest(least(least(c.in_time, l.returned) - u.before, u.delivered), '0'),
           round(v.unit_value * (u.before + u.delivered)::numeric, g.decimals) - round(v.unit_value * u.before::numeric, g.decimals),
           round(v.unit_value * least(l.returned, u.before + u.delivered)::numeric, g.decimals)
               - round(v.unit_value * least(l.returned, u.before)::numeric, g.decimals)
    FROM unit AS u
    JOIN oms.orders AS o ON o.order_id = u.order_id
    JOIN oms.order_lines AS l ON l.order_id = u.order_id AND l.line_no = u.line_no
    JOIN oms.skus AS s ON s.sku_id = l.sku_id
    LEFT JOIN oms.products AS p ON p.product_id = s.product_id
    CROSS JOIN setting AS g
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(r.quantity), '0') AS in_time
        FROM oms.return_receipts AS r
        WHERE r.order_id = u.order_id AND r.line_no = u.line_no AND (r.received_at AT TIME ZONE g.time_zone)::date <= u.delivered_on + g.days) AS c
    CROSS JOIN LATERAL (SELECT greatest(least(l.returned - u.before, u.delivered), '0') AS returned) AS b
    CROSS JOIN LATERAL (SELECT oms_internal.unit_value(l.total, l.quantity, l.cancelled, l.order_discount,
                                                       oms_internal.order_rate(o.currency, o.base_rate, g.base_currency))) AS v(unit_value)
$$;
COMMENT ON FUNCTION oms_internal.delivered_parts(bigint[])
    IS 'What of orders was delivered, and what of that came back, from their rows as they are now; values in the base currency, null without a rate';

CREATE OR REPLACE FUNCTION oms_internal.returned_parts(
    order_ids bigint[], OUT order_id bigint, OUT return_no integer, OUT line_no integer, OUT receipt_no integer,
    OUT received_on date, OUT sku_id bigint, OUT location_id integer, OUT channel_id integer, OUT customer_id bigint,
    OUT reason text, OUT fault text, OUT units oms.quantity, OUT value numeric
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 300
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_seqscan = off
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
    SELECT b.order_id, b.return_no, b.line_no, b.receipt_no, (b.received_at AT TIME ZONE (SELECT oms_internal.report_time_zone()))::date,
           l.sku_id, b.location_id, o.channel_id, o.customer_id, coalesce(rl.reason, r.reason), rl.fault, b.quantity,
           round(v.unit_value * b.until::numeric, g.decimals) - round(v.unit_value * (b.until - b.quantity)::numeric, g.decimals)
    FROM (SELECT p.*, sum(p.quantity) OVER (PARTITION BY p.order_id, p.line_no ORDER BY p.return_no, p.receipt_no) AS until
          FROM oms.return_receipts AS p
          WHERE p.order_id = ANY (order_ids)) AS b
    JOIN oms.return_lines AS rl ON rl.order_id = b.order_id AND rl.return_no = b.return_no AND rl.line_no = b.line_no
    JOIN oms.returns AS r ON r.order_id = b.order_id AND r.return_no = b.return_no
    JOIN oms.orders AS o ON o.order_id = b.order_id
    JOIN oms.order_lines AS l ON l.order_id = b.order_id AND l.line_no = b.line_no
    CROSS JOIN (SELECT c.currency, scale(oms.amount_from_minor(1, c.currency)::numeric) AS decimals
                FROM (SELECT oms_internal.base_currency() AS currency OFFSET 0) AS c) AS g
    CROSS JOIN LATERAL (SELECT oms_internal.unit_value(l.total, l.quantity, l.cancelled, l.order_discount,
                                                       oms_internal.order_rate(o.currency, o.base_rate, g.currency))) AS v(unit_value)
$$;
COMMENT ON FUNCTION oms_internal.returned_parts(bigint[]) IS 'What of orders came back, each time some came, from their rows as they are now';

CREATE OR REPLACE FUNCTION oms_internal.inspected_parts(
    order_ids bigint[], OUT order_id bigint, OUT return_no integer, OUT inspection_no integer, OUT inspected_on date,
    OUT sku_id bigint, OUT location_id integer, OUT disposition text, OUT grade text, OUT units oms.quantity
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 300
    SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
    SELECT i.order_id, i.return_no, i.inspection_no, (i.inspected_at AT TIME ZONE (SELECT oms_internal.report_time_zone()))::date,
           l.sku_id, i.location_id, i.disposition, i.grade, i.quantity
    FROM oms.return_inspections AS i
    JOIN oms.order_lines AS l ON l.order_id = i.order_id AND l.line_no = i.line_no
    WHERE i.order_id = ANY (order_ids)
$$;
COMMENT ON FUNCTION oms_internal.inspected_parts(bigint[]) IS 'What became of what came back of orders, inspection by inspection, from their rows as they are now';

/*
 * An order counts in the first month in which something of it was delivered
 * that has the dimension's value, so that months add up to orders.
 */
CREATE OR REPLACE FUNCTION oms_internal.delivered_differences(
    order_ids bigint[], OUT dimension text, OUT key text, OUT month date, OUT orders bigint, OUT delivered oms.quantity,
    OUT returned oms.quantity, OUT returned_in_time oms.quantity, OUT delivered_value numeric, OUT returned_value numeric
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 3000
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_seqscan = off
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
    WITH signed AS (
        SELECT 1 AS sign, n.order_id, n.delivered_on, n.sku_id, n.location_id, n.channel_id, n.customer_id, n.category,
               n.delivered, n.returned, n.returned_in_time, n.delivered_value, n.returned_value
        FROM oms_internal.delivered_parts(order_ids) AS n
        UNION ALL
        SELECT -1, d.order_id, d.delivered_on, d.sku_id, d.location_id, d.channel_id, d.customer_id, d.category,
               - d.delivered, - d.returned, - d.returned_in_time, - d.delivered_value, - d.returned_value
        FROM oms.delivered_lines AS d
        WHERE d.order_id = ANY (order_ids)
    ), part AS (
        SELECT s.sign, s.order_id, k.dimension, k.key, date_trunc('month', s.delivered_on::timestamp)::date AS month,
               sum(s.delivered) AS delivered, sum(s.returned) AS returned, sum(s.returned_in_time) AS returned_in_time,
               sum(s.delivered_value) AS delivered_value, sum(s.returned_value) AS returned_value
        FROM signed AS s
        CROSS JOIN LATERAL (
            VALUES ('all', 'all'), ('sku', s.sku_id::text), ('channel', s.channel_id::text), ('customer', s.customer_id::text),
                   ('location', s.location_id::text)
            UNION ALL
            SELECT 'category', array_to_string((string_to_array(s.category, '.'))[:n], '.')
            FROM generate_series(1, cardinality(string_to_array(s.category, '.'))) AS n) AS k(dimension, key)
        WHERE k.key IS NOT NULL
        GROUP BY s.sign, s.order_id, k.dimension, k.key, month
    )
    SELECT p.dimension, p.key, p.month, coalesce(sum(p.sign) FILTER (WHERE p.month = p.first_month), 0), sum(p.delivered), sum(p.returned),
           sum(p.returned_in_time), coalesce(sum(p.delivered_value), 0), coalesce(sum(p.returned_value), 0)
    FROM (SELECT p.*, min(p.month) OVER (PARTITION BY p.sign, p.order_id, p.dimension, p.key) AS first_month FROM part AS p) AS p
    GROUP BY p.dimension, p.key, p.month
$$;
COMMENT ON FUNCTION oms_internal.delivered_differences(bigint[])
    IS 'What oms.delivered_monthly lacks of orders as they are now';

CREATE OR REPLACE FUNCTION oms_internal.returns_differences(
    order_ids bigint[], OUT day date, OUT channel_id integer, OUT delivered oms.quantity, OUT delivered_value numeric,
    OUT returned oms.quantity, OUT returned_value numeric
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 300
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_seqscan = off
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
    SELECT f.day, f.channel_id, sum(f.delivered), coalesce(sum(f.delivered_value), 0), sum(f.returned), coalesce(sum(f.returned_value), 0)
    FROM (SELECT n.delivered_on AS day, n.channel_id, n.delivered, n.delivered_value, '0'::oms.quantity AS returned, 0 AS returned_value
          FROM oms_internal.delivered_parts(order_ids) AS n
          UNION ALL
          SELECT d.delivered_on, d.channel_id, - d.delivered, - d.delivered_value, '0', 0
          FROM oms.delivered_lines AS d
          WHERE d.order_id = ANY (order_ids)
          UNION ALL
          SELECT n.received_on, n.channel_id, '0', 0, n.units, n.value
          FROM oms_internal.returned_parts(order_ids) AS n
          UNION ALL
          SELECT r.received_on, r.channel_id, '0', 0, - r.units, - r.value
          FROM oms.returned_lines AS r
          WHERE r.order_id = ANY (order_ids)) AS f
    GROUP BY f.day, f.channel_id
$$;
COMMENT ON FUNCTION oms_internal.returns_differences(bigint[]) IS 'What oms.returns_daily lacks of orders as they are now';

/* Products that have moved to another category */

CREATE OR REPLACE FUNCTION oms_internal.note_recategorized() RETURNS trigger
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_TABLE_NAME = 'skus' THEN
        INSERT INTO oms.recategorized_skus (sku_id) VALUES (NEW.sku_id) ON CONFLICT DO NOTHING;
    ELSE
        INSERT INTO oms.recategorized_skus (sku_id)
        SELECT s.sku_id FROM oms.skus AS s WHERE s.product_id = NEW.product_id
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION oms_internal.note_recategorized() IS 'Row trigger: SKUs whose orders are to be counted again, as their category has changed';

CREATE OR REPLACE FUNCTION oms_internal.recategorized_orders(max integer DEFAULT NULL) RETURNS bigint[]
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
    SET enable_hashjoin = off
    SET enable_mergejoin = off
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
    SELECT ARRAY(SELECT DISTINCT d.order_id
                 FROM (SELECT DISTINCT r.sku_id, p.category::text AS category
                       FROM oms.recategorized_skus AS r
                       JOIN oms.skus AS s ON s.sku_id = r.sku_id
                       LEFT JOIN oms.products AS p ON p.product_id = s.product_id) AS n
                 JOIN oms.delivered_lines AS d ON d.sku_id = n.sku_id
                 WHERE d.category IS DISTINCT FROM n.category
                 LIMIT max)
$$;
COMMENT ON FUNCTION oms_internal.recategorized_orders(integer) IS 'Orders that were counted with a category that their SKU has no more, up to a number of them';

CREATE OR REPLACE FUNCTION oms_internal.unread_returns() RETURNS bigint[]
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY(SELECT unnest(oms_internal.unread_orders()) UNION SELECT unnest(oms_internal.recategorized_orders()))
$$;
COMMENT ON FUNCTION oms_internal.unread_returns() IS 'Orders that views of returns count as they are now';

/* Most of what happens to an order is nothing that comes back, or is delivered. */
CREATE OR REPLACE FUNCTION oms_internal.changed_returns(order_ids bigint[]) RETURNS bigint[]
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_seqscan = off
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
    WITH delivered AS MATERIALIZED (
        SELECT * FROM oms_internal.delivered_parts(order_ids)
    ), noted AS MATERIALIZED (
        SELECT d.order_id, d.line_no, d.fulfillment_no, d.delivered_on, d.sku_id, d.location_id, d.channel_id, d.customer_id, d.category,
               d.currency, d.delivered, d.returned, d.returned_in_time, d.delivered_value, d.returned_value
        FROM oms.delivered_lines AS d
        WHERE d.order_id = ANY (order_ids)
    ), received AS MATERIALIZED (
        SELECT * FROM oms_internal.returned_parts(order_ids)
    ), kept AS MATERIALIZED (
        SELECT d.order_id, d.return_no, d.line_no, d.receipt_no, d.received_on, d.sku_id, d.location_id, d.channel_id, d.customer_id,
               d.reason, d.fault, d.units, d.value
        FROM oms.returned_lines AS d
        WHERE d.order_id = ANY (order_ids)
    ), inspected AS MATERIALIZED (
        SELECT * FROM oms_internal.inspected_parts(order_ids)
    ), judged AS MATERIALIZED (
        SELECT d.order_id, d.return_no, d.inspection_no, d.inspected_on, d.sku_id, d.location_id, d.disposition, d.grade, d.units
        FROM oms.inspected_lines AS d
        WHERE d.order_id = ANY (order_ids)
    )
    SELECT ARRAY(
        SELECT c.order_id FROM (SELECT * FROM delivered EXCEPT SELECT * FROM noted) AS c
        UNION
        SELECT c.order_id FROM (SELECT * FROM noted EXCEPT SELECT * FROM delivered) AS c
        UNION
        SELECT c.order_id FROM (SELECT * FROM received EXCEPT SELECT * FROM kept) AS c
        UNION
        SELECT c.order_id FROM (SELECT * FROM kept EXCEPT SELECT * FROM received) AS c
        UNION
        SELECT c.order_id FROM (SELECT * FROM inspected EXCEPT SELECT * FROM judged) AS c
        UNION
        SELECT c.order_id FROM (SELECT * FROM judged EXCEPT SELECT * FROM inspected) AS c)
$$;
COMMENT ON FUNCTION oms_internal.changed_returns(bigint[]) IS 'Which of some orders have rows that were not counted as they are now';

/* Counts some orders as they are now instead of as they were counted before. */
CREATE OR REPLACE FUNCTION oms_internal.count_returns(order_ids bigint[]) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_seqscan = off
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
#variable_conflict use_column
DECLARE
    v_changed CONSTANT bigint[] := oms_internal.changed_returns(order_ids);
BEGIN
    IF cardinality(v_changed) = 0 THEN
        RETURN;
    END IF;
    WITH delivered AS MATERIALIZED (
        SELECT * FROM oms_internal.delivered_parts(v_changed)
    ), undelivered AS (
        DELETE FROM oms.delivered_lines AS d
        WHERE d.order_id = ANY (v_changed)
              AND NOT EXISTS (SELECT FROM delivered AS n
                              WHERE (n.order_id, n.line_no, n.fulfillment_no) = (d.order_id, d.line_no, d.fulfillment_no))
    ), noted AS (
        INSERT INTO oms.delivered_lines AS d
        SELECT * FROM delivered AS n ORDER BY n.order_id, n.line_no, n.fulfillment_no
        ON CONFLICT (order_id, line_no, fulfillment_no)
        DO UPDATE SET delivered_on = excluded.delivered_on, sku_id = excluded.sku_id, location_id = excluded.location_id,
                      channel_id = excluded.channel_id, customer_id = excluded.customer_id, category = excluded.category,
                      currency = excluded.currency, delivered = excluded.delivered, returned = excluded.returned, returned_in_time = excluded.returned_in_time,
                      delivered_value = excluded.delivered_value, returned_value = excluded.returned_value
        WHERE d.* IS DISTINCT FROM excluded.*
    ), received AS MATERIALIZED (
        SELECT * FROM oms_internal.returned_parts(v_changed)
    ), unreceived AS (
        DELETE FROM oms.returned_lines AS d
        WHERE d.order_id = ANY (v_changed)
              AND NOT EXISTS (SELECT FROM received AS n
                              WHERE (n.order_id, n.return_no, n.line_no, n.receipt_no)
                                    = (d.order_id, d.return_no, d.line_no, d.receipt_no))
    ), kept AS (
        INSERT INTO oms.returned_lines AS d
        SELECT * FROM received AS n ORDER BY n.order_id, n.return_no, n.line_no, n.receipt_no
        ON CONFLICT (order_id, return_no, line_no, receipt_no)
        DO UPDATE SET received_on = excluded.received_on, sku_id = excluded.sku_id, location_id = excluded.location_id,
                      channel_id = excluded.channel_id, customer_id = excluded.customer_id, reason = excluded.reason,
                      fault = excluded.fault, units = excluded.units, value = excluded.value
        WHERE d.* IS DISTINCT FROM excluded.*
    ), inspected AS MATERIALIZED (
        SELECT * FROM oms_internal.inspected_parts(v_changed)
    ), uninspected AS (
        DELETE FROM oms.inspected_lines AS d
        WHERE d.order_id = ANY (v_changed)
              AND NOT EXISTS (SELECT FROM inspected AS n
                              WHERE (n.order_id, n.return_no, n.inspection_no) = (d.order_id, d.return_no, d.inspection_no))
    ), judged AS (
        INSERT INTO oms.inspected_lines AS d
        SELECT * FROM inspected AS n ORDER BY n.order_id, n.return_no, n.inspection_no
        ON CONFLICT (order_id, return_no, inspection_no)
        DO UPDATE SET inspected_on = excluded.inspected_on, sku_id = excluded.sku_id, location_id = excluded.location_id,
                      disposition = excluded.disposition, grade = excluded.grade, units = excluded.units
        WHERE d.* IS DISTINCT FROM excluded.*
    ), days AS (
        INSERT INTO oms.returns_daily AS m
        SELECT * FROM oms_internal.returns_differences(v_changed) AS f
        WHERE f.delivered <> '0' OR f.delivered_value <> 0 OR f.returned <> '0' OR f.returned_value <> 0
        ORDER BY f.day, f.channel_id
        ON CONFLICT (day, channel_id)
        DO UPDATE SET delivered = m.delivered + excluded.delivered, delivered_value = m.delivered_value + excluded.delivered_value,
                      returned = m.returned + excluded.returned, returned_value = m.returned_value + excluded.returned_value
    )
    INSERT INTO oms.delivered_monthly AS m
    SELECT * FROM oms_internal.delivered_differences(v_changed) AS f
    WHERE f.orders <> 0 OR f.delivered <> '0' OR f.returned <> '0' OR f.returned_in_time <> '0' OR f.delivered_value <> 0
          OR f.returned_value <> 0
    ORDER BY f.dimension, f.key, f.month
    ON CONFLICT (dimension, key, month)
    DO UPDATE SET orders = m.orders + excluded.orders, delivered = m.delivered + excluded.delivered,
                  returned = m.returned + excluded.returned, returned_in_time = m.returned_in_time + excluded.returned_in_time,
                  delivered_value = m.delivered_value + excluded.delivered_value,
                  returned_value = m.returned_value + excluded.returned_value;
END
$$;
COMMENT ON FUNCTION oms_internal.count_returns(bigint[]) IS 'Bring oms.delivered_lines, oms.returned_lines, oms.inspected_lines and their sums to what some orders count for now';

/* A SKU is forgotten once none of its orders has an old category. */
CREATE OR REPLACE FUNCTION oms_internal.count_recategorized(max integer) RETURNS integer
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_orders CONSTANT bigint[] := oms_internal.recategorized_orders(max);
BEGIN
    IF cardinality(v_orders) > 0 THEN
        PERFORM oms_internal.count_returns(v_orders);
    END IF;
    IF cardinality(v_orders) < max THEN
        DELETE FROM oms.recategorized_skus AS r
        USING oms.skus AS s LEFT JOIN oms.products AS p USING (product_id)
        WHERE s.sku_id = r.sku_id
              AND NOT EXISTS (SELECT FROM oms.delivered_lines AS d WHERE d.sku_id = r.sku_id AND d.category IS DISTINCT FROM p.category::text);
    END IF;
    RETURN cardinality(v_orders);
END
$$;
COMMENT ON FUNCTION oms_internal.count_recategorized(integer) IS 'Count up to some orders again whose SKUs have another category now; of how many';
