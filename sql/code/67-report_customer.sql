/* sql/code/67-report_customer.sql: what customers have bought */

/*
 * Customers as they are with changes of what their orders have earned, which
 * are not in the tables yet. Sums change by the difference; the first two and
 * the last purchase are looked up, as a change may take one away. The planner
 * takes arrays for few rows, so only what is looked up by an index is joined
 * row by row.
 */
CREATE OR REPLACE FUNCTION oms_internal.changed_customers(
    changes oms_internal.profit[], OUT customer_id bigint, OUT first_on date, OUT second_on date, OUT last_on date,
    OUT first_channel_id integer, OUT orders bigint, OUT units oms.quantity, OUT returned oms.quantity, OUT net_sales bigint,
    OUT gross_profit bigint
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 900
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_seqscan = off
    SET enable_nestloop = off
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
    WITH change AS MATERIALIZED (
        SELECT * FROM unnest(changes) AS c WHERE c.line_no = 0 AND c.customer_id IS NOT NULL
    ), difference AS MATERIALIZED (
        SELECT c.customer_id, array_agg(c.order_id) AS order_ids, sum(c.purchases) AS orders, sum(c.units) AS units,
               sum(c.returned) AS returned, sum(c.net_sales) AS net_sales,
               sum(c.net_revenue + c.shipping + c.restocking_fees - c.cost - c.payment_fees - c.marketplace_fees - c.shipping_cost)
                   AS gross_profit
        FROM change AS c
        GROUP BY c.customer_id
    ), purchase AS MATERIALIZED (
        SELECT d.customer_id, p.day, p.order_id, p.channel_id
        FROM difference AS d
        CROSS JOIN LATERAL (
            SELECT p.day, p.order_id, p.channel_id
            FROM oms.profit_orders AS p
            WHERE p.customer_id = d.customer_id AND p.purchases > 0 AND p.order_id <> ALL (d.order_ids)
            ORDER BY p.day, p.order_id
            LIMIT 2) AS p
        UNION
        SELECT d.customer_id, p.day, p.order_id, p.channel_id
        FROM difference AS d
        CROSS JOIN LATERAL (
            SELECT p.day, p.order_id, p.channel_id
            FROM oms.profit_orders AS p
            WHERE p.customer_id = d.customer_id AND p.purchases > 0 AND p.order_id <> ALL (d.order_ids)
            ORDER BY p.day DESC, p.order_id DESC
            LIMIT 1) AS p
        UNION ALL
        SELECT c.customer_id, c.day, c.order_id, c.channel_id FROM change AS c WHERE c.change > 0 AND c.purchases > 0
    ), dated AS (
        SELECT p.customer_id, min(p.day) AS first_on, min(p.day) FILTER (WHERE p.n = 2) AS second_on, max(p.day) AS last_on,
               min(p.channel_id) FILTER (WHERE p.n = 1) AS first_channel_id
        FROM (SELECT p.*, row_number() OVER (PARTITION BY p.customer_id ORDER BY p.day, p.order_id) AS n FROM purchase AS p) AS p
        GROUP BY p.customer_id
    )
    SELECT d.customer_id, p.first_on, p.second_on, p.last_on, p.first_channel_id, d.orders + coalesce(t.orders, 0),
           d.units + coalesce(t.units, '0'), d.returned + coalesce(t.returned, '0'),
           (d.net_sales + coalesce(t.net_sales, 0))::bigint, (d.gross_profit + coalesce(t.gross_profit, 0))::bigint
    FROM difference AS d
    LEFT JOIN dated AS p ON p.customer_id = d.customer_id
    LEFT JOIN LATERAL (SELECT * FROM oms.customer_totals AS t WHERE t.customer_id = d.customer_id OFFSET 0) AS t ON true
$$;
COMMENT ON FUNCTION oms_internal.changed_customers(oms_internal.profit[]) IS 'Customers of orders with changes that are not counted yet, as they are with these';

/*
 * A customer counts in the cohort of the month of his first purchase, with all
 * months: where that becomes another month, they all move.
 */
CREATE OR REPLACE FUNCTION oms_internal.cohort_changes(
    changes oms_internal.profit[], OUT cohort date, OUT month date, OUT customers bigint, OUT orders bigint, OUT net_sales bigint,
    OUT gross_profit bigint
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 100
    SET search_path = pg_catalog, oms, pg_temp
    SET enable_seqscan = off
    SET enable_nestloop = off
    SET jit = off
    SET max_parallel_workers_per_gather = 0
AS $$
    WITH customer AS MATERIALIZED (
        SELECT n.customer_id, date_trunc('month', n.first_on::timestamp)::date AS cohort,
               date_trunc('month', t.first_on::timestamp)::date AS old_cohort
        FROM oms_internal.changed_customers(changes) AS n
        LEFT JOIN LATERAL (SELECT t.first_on FROM oms.customer_totals AS t WHERE t.customer_id = n.customer_id OFFSET 0) AS t ON true
    ), before AS MATERIALIZED (
        SELECT m.*
        FROM customer AS c
        CROSS JOIN LATERAL (SELECT * FROM oms.customer_months AS m WHERE m.customer_id = c.customer_id OFFSET 0) AS m
    ), now AS (
        SELECT m.customer_id, m.month, sum(m.orders) AS orders, sum(m.net_sales) AS net_sales, sum(m.gross_profit) AS gross_profit
        FROM (SELECT b.customer_id, b.month, b.orders, b.net_sales, b.gross_profit FROM before AS b
              UNION ALL
              SELECT * FROM oms_internal.month_changes(changes)) AS m
        GROUP BY m.customer_id, m.month
    )
    SELECT m.cohort, m.month, sum(m.customers), sum(m.orders)::bigint, sum(m.net_sales)::bigint, sum(m.gross_profit)::bigint
    FROM (SELECT c.cohort, n.month, sign(n.orders)::integer AS customers, n.orders, n.net_sales, n.gross_profit
          FROM now AS n
          JOIN customer AS c ON c.customer_id = n.customer_id
          UNION ALL
          SELECT c.old_cohort, b.month, - sign(b.orders)::integer, - b.orders, - b.net_sales, - b.gross_profit
          FROM before AS b
          JOIN customer AS c ON c.customer_id = b.customer_id) AS m
    WHERE m.cohort IS NOT NULL
    GROUP BY m.cohort, m.month
    HAVING sum(m.customers) <> 0 OR sum(m.orders) <> 0 OR sum(m.net_sales) <> 0 OR sum(m.gross_profit) <> 0
$$;
COMMENT ON FUNCTION oms_internal.cohort_changes(oms_internal.profit[]) IS 'What changes that are not counted yet change in cohorts';

CREATE OR REPLACE FUNCTION oms_internal.month_changes(
    changes oms_internal.profit[], OUT customer_id bigint, OUT month date, OUT orders bigint, OUT net_sales bigint, OUT gross_profit bigint
) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 900
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.customer_id, date_trunc('month', c.day::timestamp)::date, sum(c.purchases), sum(c.net_sales)::bigint,
           sum(c.net_revenue + c.shipping + c.restocking_fees - c.cost - c.payment_fees - c.marketplace_fees - c.shipping_cost)::bigint
    FROM unnest(changes) AS c
    WHERE c.line_no = 0 AND c.customer_id IS NOT NULL
    GROUP BY 1, 2
$$;
COMMENT ON FUNCTION oms_internal.month_changes(oms_internal.profit[]) IS 'Changes that are not counted yet, added up by customer and month';

/* Whoever calls it has not written the changes to oms.profit_orders yet. */
CREATE OR REPLACE FUNCTION oms_internal.count_customers(changes oms_internal.profit[]) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
BEGIN
    INSERT INTO oms.cohort_months AS m (cohort, month, customers, orders, net_sales, gross_profit)
    SELECT * FROM oms_internal.cohort_changes(changes)
    ON CONFLICT (cohort, month) DO UPDATE
    SET customers = m.customers + excluded.customers, orders = m.orders + excluded.orders,
        net_sales = m.net_sales + excluded.net_sales, gross_profit = m.gross_profit + excluded.gross_profit;
    INSERT INTO oms.customer_totals AS t (customer_id, first_on, second_on, last_on, first_channel_id, orders, units, returned,
                                          net_sales, gross_profit)
    SELECT * FROM oms_internal.changed_customers(changes)
    ON CONFLICT (customer_id) DO UPDATE
    SET first_on = excluded.first_on, second_on = excluded.second_on, last_on = excluded.last_on,
        first_channel_id = excluded.first_channel_id, orders = excluded.orders, units = excluded.units, returned = excluded.returned,
        net_sales = excluded.net_sales, gross_profit = excluded.gross_profit;
    INSERT INTO oms.customer_months AS m (customer_id, month, orders, net_sales, gross_profit)
    SELECT * FROM oms_internal.month_changes(changes)
    ON CONFLICT (customer_id, month) DO UPDATE
    SET orders = m.orders + excluded.orders, net_sales = m.net_sales + excluded.net_sales,
        gross_profit = m.gross_profit + excluded.gross_profit;
END
$$;
COMMENT ON FUNCTION oms_internal.count_customers(oms_internal.profit[]) IS 'Count changes of what orders have earned in the sums of their customers and cohorts';

CREATE OR REPLACE FUNCTION oms_internal.unread_customer_batches() RETURNS SETOF oms_internal.profit[]
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT array_agg(p)
    FROM oms_internal.unread_profit() AS p
    WHERE p.line_no = 0 AND p.customer_id IS NOT NULL
    GROUP BY p.customer_id % (SELECT 1 + cardinality(oms_internal.unread_orders()) / 1000)
$$;
COMMENT ON FUNCTION oms_internal.unread_customer_batches() IS 'Changes that the job roll_up_reports has not counted yet of orders that have a customer, all of a customer in one batch';

CREATE OR REPLACE FUNCTION oms_internal.unread_customers(
    OUT customer_id bigint, OUT first_on date, OUT second_on date, OUT last_on date, OUT first_channel_id integer, OUT orders bigint,
    OUT units oms.quantity, OUT returned oms.quantity, OUT net_sales bigint, OUT gross_profit bigint
) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 900
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.*
    FROM oms_internal.unread_customer_batches() AS b(changes)
    CROSS JOIN LATERAL oms_internal.changed_customers(b.changes) AS c
$$;
COMMENT ON FUNCTION oms_internal.unread_customers() IS 'Customers with orders that the job roll_up_reports has not looked at yet, as they are';

CREATE OR REPLACE FUNCTION oms_internal.unread_cohorts(
    OUT cohort date, OUT month date, OUT customers bigint, OUT orders bigint, OUT net_sales bigint, OUT gross_profit bigint
) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 100
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.*
    FROM oms_internal.unread_customer_batches() AS b(changes)
    CROSS JOIN LATERAL oms_internal.cohort_changes(b.changes) AS c
$$;
COMMENT ON FUNCTION oms_internal.unread_cohorts() IS 'What orders that the job roll_up_reports has not looked at yet change in cohorts';

/*
 * The segments of the field's usual map of recency and frequency. Where most
 * have bought as often as who has the lowest score, that is not to say once.
 */
CREATE OR REPLACE FUNCTION oms_internal.rfm_segment(recency_score integer, frequency_score integer, orders bigint) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN recency_score = 5 AND frequency_score >= 4 THEN 'champions'
                WHEN recency_score >= 3 AND frequency_score >= 4 THEN 'loyal'
                WHEN recency_score >= 4 AND frequency_score >= 2 THEN 'potential_loyal'
                WHEN recency_score = 5 AND orders > 1 THEN 'potential_loyal'
                WHEN recency_score = 5 THEN 'new'
                WHEN recency_score = 4 THEN 'promising'
                WHEN recency_score = 3 AND frequency_score = 3 THEN 'needs_attention'
                WHEN recency_score = 3 THEN 'about_to_sleep'
                WHEN frequency_score = 5 THEN 'cannot_lose'
                WHEN frequency_score >= 3 THEN 'at_risk'
                WHEN recency_score = 2 THEN 'hibernating'
                ELSE 'lost' END;
END;
COMMENT ON FUNCTION oms_internal.rfm_segment(integer, integer, bigint) IS 'The segment of customers by their scores of recency and frequency, 1 to 5 each, and how often they have bought';
