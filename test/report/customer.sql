/*
 * test/report/customer.sql: what customers have bought, reckoned in plain SQL from
 * orders one by one, to be compared with the views
 *
 * Defines pg_temp.customer_differences(): rows of views that should be others.
 * What an order has sold and earned is that of oms_report.order_profit, which
 * test/report/profit.sql and sales.sql look after.
 */
CREATE TEMPORARY VIEW reckoned_purchases AS
SELECT o.order_id, o.customer_id, c.code AS channel, z.day, date_trunc('month', z.day::timestamp)::date AS month, p.net_sales, p.gross_profit, u.units, u.returned,
       o.status <> 'cancelled' AND NOT EXISTS (SELECT FROM oms.order_links AS k WHERE k.linked_order_id = o.order_id)
       AND EXISTS (SELECT FROM oms.order_lines AS l
                   WHERE l.order_id = o.order_id
                         AND NOT EXISTS (SELECT FROM oms.stored_value_accounts AS a WHERE a.order_id = l.order_id AND a.line_no = l.line_no)) AS purchase
FROM oms.orders AS o
JOIN oms.channels AS c USING (channel_id)
JOIN oms_report.order_profit AS p USING (order_id)
CROSS JOIN LATERAL (SELECT (o.placed_at AT TIME ZONE coalesce((SELECT value FROM oms.settings WHERE name = 'time_zone'), 'UTC'))::date AS day) AS z
CROSS JOIN LATERAL (
    SELECT coalesce(sum(l.quantity::numeric - l.cancelled::numeric), 0) AS units, coalesce(sum(l.returned::numeric), 0) AS returned
    FROM oms.order_lines AS l
    WHERE l.order_id = o.order_id AND o.status <> 'cancelled'
          AND NOT EXISTS (SELECT FROM oms.order_links AS k WHERE k.linked_order_id = o.order_id AND k.kind = 'replacement')
          AND NOT EXISTS (SELECT FROM oms.stored_value_accounts AS a WHERE a.order_id = l.order_id AND a.line_no = l.line_no)) AS u
WHERE o.customer_id IS NOT NULL;
CREATE TEMPORARY TABLE one_purchase AS TABLE reckoned_purchases WITH NO DATA;

CREATE TEMPORARY VIEW one_customer AS
WITH numbered AS (
    SELECT p.*, CASE WHEN p.purchase THEN row_number() OVER (PARTITION BY p.customer_id, p.purchase ORDER BY p.day, p.order_id) END AS n FROM one_purchase AS p
)
SELECT n.customer_id, k.reference, k.name, k.kind, k.customer_group, min(n.channel) FILTER (WHERE n.n = 1) AS first_channel, min(n.day) FILTER (WHERE n.n = 1) AS first_on,
       min(n.day) FILTER (WHERE n.n = 2) AS second_on, max(n.day) FILTER (WHERE n.purchase) AS last_on, count(*) FILTER (WHERE n.purchase) AS orders,
       sum(n.net_sales) AS net_sales, sum(n.gross_profit) AS gross_profit, sum(n.units) AS units, sum(n.returned) AS returned_units
FROM numbered AS n JOIN oms.customers AS k USING (customer_id)
GROUP BY n.customer_id, k.reference, k.name, k.kind, k.customer_group
HAVING bool_or(n.purchase);

CREATE TEMPORARY VIEW one_cohort AS
SELECT date_trunc('month', c.first_on::timestamp)::date AS cohort, p.month, count(DISTINCT p.customer_id) FILTER (WHERE p.purchase) AS customers, count(*) FILTER (WHERE p.purchase) AS orders,
       sum(p.net_sales) AS net_sales, sum(p.gross_profit) AS gross_profit
FROM one_purchase AS p JOIN one_customer AS c USING (customer_id)
GROUP BY 1, 2
HAVING count(*) FILTER (WHERE p.purchase) > 0 OR sum(p.net_sales) <> 0 OR sum(p.gross_profit) <> 0;

CREATE FUNCTION pg_temp.cents(amount numeric) RETURNS numeric STABLE LANGUAGE sql AS $$
    SELECT round(amount, (SELECT c.minor_units FROM oms.currencies() AS c JOIN oms.settings AS s ON s.value = c.code WHERE s.name = 'base_currency'))
$$;
CREATE TEMPORARY VIEW true_customers AS
WITH today AS (
    SELECT (oms.now() AT TIME ZONE coalesce((SELECT value FROM oms.settings WHERE name = 'time_zone'), 'UTC'))::date AS day
), customer AS MATERIALIZED (
    SELECT * FROM one_customer
), cohort AS MATERIALIZED (
    SELECT * FROM one_cohort
), ranked AS (
    SELECT c.*, row_number() OVER (ORDER BY last_on DESC) AS r, row_number() OVER (ORDER BY orders) AS f, row_number() OVER (ORDER BY net_sales) AS m, count(*) OVER () AS n FROM customer AS c
), fifth AS MATERIALIZED (
    -- what stands where a fifth of them ends
    SELECT q, min(last_on) FILTER (WHERE r = ceil(q * n / 5.0)) AS last_on, min(orders) FILTER (WHERE f = ceil(q * n / 5.0)) AS orders,
           min(net_sales) FILTER (WHERE m = ceil(q * n / 5.0)) AS net_sales
    FROM ranked, generate_series(1, 4) AS q GROUP BY q
), scored AS MATERIALIZED (
    SELECT c.customer_id, c.orders, c.net_sales, c.gross_profit, s.*
    FROM customer AS c
    CROSS JOIN LATERAL (SELECT 5 - count(*) FILTER (WHERE f.last_on > c.last_on) AS recency, 1 + count(*) FILTER (WHERE f.orders < c.orders) AS frequency,
                               1 + count(*) FILTER (WHERE f.net_sales < c.net_sales) AS monetary FROM fifth AS f) AS s
)
SELECT 'customers' AS view, to_jsonb(t) AS row
FROM (SELECT c.*, t.day - c.last_on AS days_since, pg_temp.cents(net_sales / orders) AS average_order_value,
             round((last_on - first_on) / nullif(orders - 1, 0)::numeric, 1) AS days_between_orders, round(returned_units / nullif(units, 0), 4) AS return_rate
      FROM customer AS c, today AS t) AS t
UNION ALL
SELECT 'customer_value', to_jsonb(t)
FROM (SELECT d.dimension, d.value, count(*) AS customers, sum(orders) AS orders, sum(net_sales) AS net_sales, sum(gross_profit) AS gross_profit,
             pg_temp.cents(sum(net_sales) / sum(orders)) AS average_order_value, round(sum(orders) / count(*), 4) AS orders_per_customer,
             count(*) FILTER (WHERE orders > 1) AS repeat_customers, round(count(*) FILTER (WHERE orders > 1) / count(*)::numeric, 4) AS repeat_rate,
             pg_temp.cents(sum(net_sales) / count(*)) AS lifetime_value, pg_temp.cents(sum(gross_profit) / count(*)) AS lifetime_profit,
             (array_agg(net_sales ORDER BY net_sales))[ceil(count(*) * 0.5)] AS median_value, (array_agg(net_sales ORDER BY net_sales))[ceil(count(*) * 0.9)] AS top_tenth_value
      FROM customer AS c, LATERAL (VALUES ('all', 'all'), ('channel', first_channel), ('group', customer_group), ('kind', kind)) AS d(dimension, value)
      GROUP BY 1, 2) AS t
UNION ALL
SELECT 'customers_by_orders', to_jsonb(t)
FROM (SELECT orders, count(*) AS customers, round(count(*) / (SELECT count(*) FROM customer)::numeric, 4) AS share,
             (SELECT count(*) FROM customer AS x WHERE x.orders >= c.orders) AS customers_at_least, sum(net_sales) AS net_sales, sum(gross_profit) AS gross_profit
      FROM customer AS c GROUP BY orders) AS t
UNION ALL
SELECT 'customer_rfm', to_jsonb(t)
FROM (SELECT customer_id, recency AS recency_score, frequency AS frequency_score, monetary AS monetary_score, format('%s%s%s', recency, frequency, monetary) AS rfm FROM scored) AS t
UNION ALL
SELECT 'rfm_segments', to_jsonb(t)
FROM (SELECT s.segment, count(*) AS customers, sum(c.orders) AS orders, sum(c.net_sales) AS net_sales, sum(c.gross_profit) AS gross_profit
      FROM scored AS c
      JOIN (VALUES ('champions', '5[45]'), ('loyal', '[34][45]'), ('potential_loyal', '[45][23].|511'), ('new', '510'), ('promising', '41'), ('needs_attention', '33'),
                   ('about_to_sleep', '3[12]'), ('cannot_lose', '[12]5'), ('at_risk', '[12][34]'), ('hibernating', '2[12]'), ('lost', '1[12]')) AS s(segment, scores)
          ON format('%s%s%s', recency, frequency, (orders > 1)::integer) ~ concat('^(', s.scores, ')')
      GROUP BY s.segment) AS t
UNION ALL
SELECT 'cohorts', to_jsonb(t)
FROM (SELECT c.*, (SELECT count(*) - 1 FROM generate_series(c.cohort, c.month, interval '1 month')) AS months_since, s.customers AS cohort_customers, round(c.customers / s.customers::numeric, 4) AS retention_rate,
             (SELECT sum(net_sales) FROM cohort AS x WHERE x.cohort = c.cohort AND x.month <= c.month) AS cumulative_net_sales,
             (SELECT pg_temp.cents(sum(net_sales) / s.customers) FROM cohort AS x WHERE x.cohort = c.cohort AND x.month <= c.month) AS value_per_customer,
             (SELECT pg_temp.cents(sum(gross_profit) / s.customers) FROM cohort AS x WHERE x.cohort = c.cohort AND x.month <= c.month) AS profit_per_customer
      FROM cohort AS c JOIN (SELECT date_trunc('month', first_on::timestamp)::date AS cohort, count(*) AS customers FROM customer GROUP BY 1) AS s USING (cohort)) AS t
UNION ALL
SELECT 'new_and_returning_customers', to_jsonb(t)
FROM (SELECT p.month, count(DISTINCT p.customer_id) FILTER (WHERE p.purchase) AS customers,
             count(DISTINCT p.customer_id) FILTER (WHERE p.purchase AND c.first_on >= p.month) AS new_customers,
             count(DISTINCT p.customer_id) FILTER (WHERE p.purchase AND c.first_on < p.month) AS returning_customers, count(*) FILTER (WHERE p.purchase) AS orders,
             count(*) FILTER (WHERE p.purchase AND c.first_on >= p.month) AS orders_of_new, count(*) FILTER (WHERE p.purchase AND c.first_on < p.month) AS orders_of_returning,
             sum(p.net_sales) AS net_sales
      FROM one_purchase AS p JOIN customer AS c USING (customer_id)
      GROUP BY p.month HAVING count(*) FILTER (WHERE p.purchase) > 0 OR sum(p.net_sales) <> 0 OR sum(p.gross_profit) <> 0) AS t
UNION ALL
SELECT 'repeat_purchases', to_jsonb(t)
FROM (SELECT date_trunc('month', c.first_on::timestamp)::date AS cohort, d.days, count(*) AS customers, count(*) FILTER (WHERE c.first_on + d.days <= t.day) AS mature_customers,
             count(*) FILTER (WHERE c.first_on + d.days <= t.day AND c.second_on - c.first_on <= d.days) AS repeat_customers, bool_and(c.first_on + d.days <= t.day) AS complete
      FROM customer AS c, today AS t, unnest('{30,60,90,365}'::integer[]) AS d(days) GROUP BY 1, 2) AS t;

-- the columns that both have; money compares by its value
CREATE TEMPORARY VIEW shown_customers AS
SELECT 'customers' AS view, to_jsonb(v) - 'currency' AS row FROM oms_report.customers AS v
UNION ALL SELECT 'customer_value', to_jsonb(v) - 'currency' FROM oms_report.customer_value AS v
UNION ALL SELECT 'customers_by_orders', to_jsonb(v) - 'currency' FROM oms_report.customers_by_orders AS v
UNION ALL SELECT 'customer_rfm', to_jsonb(v) - '{reference,name,days_since,orders,currency,net_sales,gross_profit,segment}'::text[] FROM oms_report.customer_rfm AS v
UNION ALL SELECT 'rfm_segments', to_jsonb(v) - '{share,currency,sales_share,average_days_since,average_value}'::text[] FROM oms_report.rfm_segments AS v
UNION ALL SELECT 'cohorts', to_jsonb(v) - 'currency' FROM oms_report.cohorts AS v
UNION ALL SELECT 'new_and_returning_customers', to_jsonb(v) - '{currency,net_sales_of_new,net_sales_of_returning}'::text[] FROM oms_report.new_and_returning_customers AS v
UNION ALL SELECT 'repeat_purchases', to_jsonb(v) - 'repeat_rate' FROM oms_report.repeat_purchases AS v;

CREATE FUNCTION pg_temp.customer_differences(OUT what text, OUT view text, OUT "row" jsonb) RETURNS SETOF record
LANGUAGE plpgsql SET jit = off AS $$
BEGIN
    TRUNCATE one_purchase;
    INSERT INTO one_purchase TABLE reckoned_purchases;
    RETURN QUERY
    WITH shown AS MATERIALIZED (TABLE shown_customers), reckoned AS MATERIALIZED (TABLE true_customers)
    (SELECT 'should be', * FROM reckoned EXCEPT ALL SELECT 'should be', * FROM shown)
    UNION ALL
    (SELECT 'is', * FROM shown EXCEPT ALL SELECT 'is', * FROM reckoned);
END
$$;
