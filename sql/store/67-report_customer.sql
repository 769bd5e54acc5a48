/* sql/store/67-report_customer.sql: what customers have bought, counted by the job roll_up_reports, and views of it */

CREATE TABLE oms.customer_totals (
    customer_id bigint NOT NULL,
    first_on date,
    second_on date,
    last_on date,
    first_channel_id integer,
    orders bigint NOT NULL,
    units oms.quantity NOT NULL,
    returned oms.quantity NOT NULL,
    net_sales bigint NOT NULL,
    gross_profit bigint NOT NULL,
    CONSTRAINT customer_totals_pkey PRIMARY KEY (customer_id)
) WITH (fillfactor = 80);
COMMENT ON TABLE oms.customer_totals IS 'Sums of oms.profit_orders by customer; money in minor units of the base currency';
COMMENT ON COLUMN oms.customer_totals.first_on IS 'Day of the first purchase; null where none is left';
COMMENT ON COLUMN oms.customer_totals.second_on IS 'Day of the second, which may be the same';
COMMENT ON COLUMN oms.customer_totals.first_channel_id IS 'Where the first purchase was made';
COMMENT ON COLUMN oms.customer_totals.orders IS 'Purchases: orders that are sales, but for exchanges';

CREATE TABLE oms.customer_months (
    customer_id bigint NOT NULL,
    month date NOT NULL,
    orders bigint NOT NULL,
    net_sales bigint NOT NULL,
    gross_profit bigint NOT NULL,
    CONSTRAINT customer_months_pkey PRIMARY KEY (customer_id, month)
) WITH (fillfactor = 90);
COMMENT ON TABLE oms.customer_months IS 'The same by customer and month of the order, so that a customer can move to another cohort';

CREATE TABLE oms.cohort_months (
    cohort date NOT NULL,
    month date NOT NULL,
    customers bigint NOT NULL,
    orders bigint NOT NULL,
    net_sales bigint NOT NULL,
    gross_profit bigint NOT NULL,
    CONSTRAINT cohort_months_pkey PRIMARY KEY (cohort, month)
) WITH (fillfactor = 50);
COMMENT ON TABLE oms.cohort_months IS 'The same by the month of the customers'' first purchase and month of the order';
COMMENT ON COLUMN oms.cohort_months.customers IS 'Who bought in the month';

CREATE OR REPLACE VIEW oms_report.customers WITH (security_invoker = true) AS
WITH base AS MATERIALIZED (
    SELECT * FROM oms.base_unit
), today AS MATERIALIZED (
    SELECT oms_internal.report_today() AS day
), changed AS MATERIALIZED (
    SELECT * FROM oms_internal.unread_customers()
), total AS (
    SELECT t.customer_id, t.first_on, t.second_on, t.last_on, t.first_channel_id, t.orders, t.units, t.returned, t.net_sales,
           t.gross_profit
    FROM oms.customer_totals AS t
    WHERE NOT EXISTS (SELECT FROM changed AS c WHERE c.customer_id = t.customer_id)
    UNION ALL
    SELECT c.customer_id, c.first_on, c.second_on, c.last_on, c.first_channel_id, c.orders, c.units, c.returned, c.net_sales,
           c.gross_profit
    FROM changed AS c
)
SELECT t.customer_id, k.reference, k.name, k.kind, k.customer_group, c.code AS first_channel, t.first_on, t.second_on, t.last_on,
       d.day - t.last_on AS days_since, t.orders, b.currency, t.net_sales * b.unit AS net_sales,
       t.gross_profit * b.unit AS gross_profit, round(t.net_sales * b.unit / t.orders, scale(b.unit)) AS average_order_value,
       round((t.last_on - t.first_on)::numeric / nullif(t.orders - 1, 0), 1) AS days_between_orders,
       t.units::numeric AS units, t.returned::numeric AS returned_units,
       round(t.returned::numeric / nullif(t.units::numeric, 0), 4) AS return_rate
FROM total AS t
CROSS JOIN base AS b
CROSS JOIN today AS d
LEFT JOIN oms.customers AS k ON k.customer_id = t.customer_id
LEFT JOIN oms.channels AS c ON c.channel_id = t.first_channel_id
WHERE t.orders > 0;
COMMENT ON VIEW oms_report.customers IS 'What each customer has bought so far, in the base currency: who has bought at all. Ask for some of them, or for sums';
COMMENT ON COLUMN oms_report.customers.customer_id IS 'The customer; a guest is one by his e-mail';
COMMENT ON COLUMN oms_report.customers.reference IS 'The caller''s key of the customer; null for a guest';
COMMENT ON COLUMN oms_report.customers.name IS 'Name of the customer';
COMMENT ON COLUMN oms_report.customers.kind IS 'person or company';
COMMENT ON COLUMN oms_report.customers.customer_group IS 'As it is now';
COMMENT ON COLUMN oms_report.customers.first_channel IS 'Code of the channel of the first purchase';
COMMENT ON COLUMN oms_report.customers.first_on IS 'Day of the first purchase that was not cancelled';
COMMENT ON COLUMN oms_report.customers.second_on IS 'Day of the second; null for none';
COMMENT ON COLUMN oms_report.customers.last_on IS 'Day of the last';
COMMENT ON COLUMN oms_report.customers.days_since IS 'Days since then';
COMMENT ON COLUMN oms_report.customers.orders IS 'Purchases: orders that are sales, but for exchanges';
COMMENT ON COLUMN oms_report.customers.currency IS 'The base currency';
COMMENT ON COLUMN oms_report.customers.net_sales IS 'Lifetime value as sales, of all orders, exchanges too; those without an exchange rate count for nothing';
COMMENT ON COLUMN oms_report.customers.gross_profit IS 'Lifetime value as profit, of what has left';
COMMENT ON COLUMN oms_report.customers.average_order_value IS 'Net sales by orders; orders without an exchange rate have none';
COMMENT ON COLUMN oms_report.customers.days_between_orders IS 'From the first to the last, by the intervals between; null for one order';
COMMENT ON COLUMN oms_report.customers.units IS 'Bought and not cancelled';
COMMENT ON COLUMN oms_report.customers.returned_units IS 'Of these, come back';
COMMENT ON COLUMN oms_report.customers.return_rate IS 'Returned units by units';

CREATE OR REPLACE VIEW oms_report.customer_value WITH (security_invoker = true) AS
SELECT v.dimension, v.value, v.currency, v.customers, v.orders, v.net_sales, v.gross_profit,
       round(v.net_sales / v.orders, scale(v.net_sales)) AS average_order_value, round(v.orders::numeric / v.customers, 4) AS orders_per_customer,
       v.repeat_customers, round(v.repeat_customers::numeric / v.customers, 4) AS repeat_rate,
       round(v.net_sales / v.customers, scale(v.net_sales)) AS lifetime_value,
       round(v.gross_profit / v.customers, scale(v.net_sales)) AS lifetime_profit,
       round(v.quantiles[1], scale(v.net_sales)) AS median_value,
       round(v.quantiles[2], scale(v.net_sales)) AS top_tenth_value
FROM (SELECT c.dimension, c.value, c.currency, count(*) AS customers, sum(c.orders)::bigint AS orders, sum(c.net_sales) AS net_sales,
             sum(c.gross_profit) AS gross_profit, count(*) FILTER (WHERE c.orders > 1) AS repeat_customers,
             percentile_disc('{0.5,0.9}'::float8[]) WITHIN GROUP (ORDER BY c.net_sales) AS quantiles
      FROM (SELECT d.dimension, d.value, c.currency, c.orders, c.net_sales, c.gross_profit
            FROM oms_report.customers AS c
            CROSS JOIN LATERAL (VALUES ('all', 'all'), ('channel', c.first_channel), ('group', c.customer_group),
                                       ('kind', c.kind)) AS d(dimension, value)) AS c
      GROUP BY c.dimension, c.value, c.currency) AS v;
COMMENT ON VIEW oms_report.customer_value IS 'What customers are worth so far, per dimension and value: all, channel of the first purchase, group, kind. Ask for one dimension';
COMMENT ON COLUMN oms_report.customer_value.dimension IS 'all, channel, group or kind';
COMMENT ON COLUMN oms_report.customer_value.value IS 'Code of the channel, the group, or person or company; null where there is none';
COMMENT ON COLUMN oms_report.customer_value.currency IS 'The base currency';
COMMENT ON COLUMN oms_report.customer_value.customers IS 'Who have bought';
COMMENT ON COLUMN oms_report.customer_value.orders IS 'Their purchases';
COMMENT ON COLUMN oms_report.customer_value.net_sales IS 'Of all their orders; those without an exchange rate count for nothing';
COMMENT ON COLUMN oms_report.customer_value.gross_profit IS 'Of what has left of them';
COMMENT ON COLUMN oms_report.customer_value.average_order_value IS 'Net sales by orders; orders without an exchange rate have none';
COMMENT ON COLUMN oms_report.customer_value.orders_per_customer IS 'Orders by customers';
COMMENT ON COLUMN oms_report.customer_value.repeat_customers IS 'Who have bought more than once';
COMMENT ON COLUMN oms_report.customer_value.repeat_rate IS 'Share of these';
COMMENT ON COLUMN oms_report.customer_value.lifetime_value IS 'Net sales by customers, also those whose orders have none for want of an exchange rate';
COMMENT ON COLUMN oms_report.customer_value.lifetime_profit IS 'Gross profit by customers';
COMMENT ON COLUMN oms_report.customer_value.median_value IS 'Half of the customers have net sales of at most so much';
COMMENT ON COLUMN oms_report.customer_value.top_tenth_value IS 'Nine of ten customers have net sales of at most so much';

CREATE OR REPLACE VIEW oms_report.customers_by_orders WITH (security_invoker = true) AS
SELECT c.orders, count(*) AS customers, round(count(*) / sum(count(*)) OVER (), 4) AS share,
       (sum(count(*)) OVER (ORDER BY c.orders DESC))::bigint AS customers_at_least, c.currency, sum(c.net_sales) AS net_sales,
       sum(c.gross_profit) AS gross_profit
FROM oms_report.customers AS c
GROUP BY c.orders, c.currency;
COMMENT ON VIEW oms_report.customers_by_orders IS 'How many customers have bought how often';
COMMENT ON COLUMN oms_report.customers_by_orders.orders IS 'Purchases of a customer';
COMMENT ON COLUMN oms_report.customers_by_orders.customers IS 'Who have bought so often';
COMMENT ON COLUMN oms_report.customers_by_orders.share IS 'Of all customers';
COMMENT ON COLUMN oms_report.customers_by_orders.customers_at_least IS 'Who have bought so often or more';
COMMENT ON COLUMN oms_report.customers_by_orders.currency IS 'The base currency';
COMMENT ON COLUMN oms_report.customers_by_orders.net_sales IS 'Of the customers who have bought so often';
COMMENT ON COLUMN oms_report.customers_by_orders.gross_profit IS 'The same';

/* scores by where the fifths of all customers end, so that equal customers have equal scores */
CREATE OR REPLACE VIEW oms_report.customer_rfm WITH (security_invoker = true) AS
WITH customer AS MATERIALIZED (
    SELECT c.customer_id, c.reference, c.name, c.days_since, c.orders, c.currency, c.net_sales, c.gross_profit
    FROM oms_report.customers AS c
), fifth AS MATERIALIZED (
    SELECT percentile_disc('{0.2,0.4,0.6,0.8}'::float8[]) WITHIN GROUP (ORDER BY c.days_since) AS days_since,
           percentile_disc('{0.2,0.4,0.6,0.8}'::float8[]) WITHIN GROUP (ORDER BY c.orders) AS orders,
           percentile_disc('{0.2,0.4,0.6,0.8}'::float8[]) WITHIN GROUP (ORDER BY c.net_sales) AS net_sales
    FROM customer AS c
)
SELECT c.customer_id, c.reference, c.name, c.days_since, c.orders, c.currency, c.net_sales, c.gross_profit, s.recency_score,
       s.frequency_score, s.monetary_score, concat(s.recency_score, s.frequency_score, s.monetary_score) AS rfm,
       oms_internal.rfm_segment(s.recency_score, s.frequency_score, c.orders) AS segment
FROM customer AS c
CROSS JOIN fifth AS f
CROSS JOIN LATERAL (
    SELECT 5 - (c.days_since > f.days_since[1])::integer - (c.days_since > f.days_since[2])::integer - (c.days_since > f.days_since[3])::integer
           - (c.days_since > f.days_since[4])::integer AS recency_score,
           1 + (c.orders > f.orders[1])::integer + (c.orders > f.orders[2])::integer + (c.orders > f.orders[3])::integer
           + (c.orders > f.orders[4])::integer AS frequency_score,
           1 + (c.net_sales > f.net_sales[1])::integer + (c.net_sales > f.net_sales[2])::integer
           + (c.net_sales > f.net_sales[3])::integer + (c.net_sales > f.net_sales[4])::integer AS monetary_score) AS s;
COMMENT ON VIEW oms_report.customer_rfm IS 'How recently, how often and for how much each customer has bought, in fifths of all customers, and the segment that follows. Ask for some of them';
COMMENT ON COLUMN oms_report.customer_rfm.customer_id IS 'The customer';
COMMENT ON COLUMN oms_report.customer_rfm.reference IS 'The caller''s key of the customer; null for a guest';
COMMENT ON COLUMN oms_report.customer_rfm.name IS 'Name of the customer';
COMMENT ON COLUMN oms_report.customer_rfm.days_since IS 'Days since the last purchase: recency';
COMMENT ON COLUMN oms_report.customer_rfm.orders IS 'Purchases: frequency';
COMMENT ON COLUMN oms_report.customer_rfm.currency IS 'The base currency';
COMMENT ON COLUMN oms_report.customer_rfm.net_sales IS 'Monetary value';
COMMENT ON COLUMN oms_report.customer_rfm.gross_profit IS 'Of what has left';
COMMENT ON COLUMN oms_report.customer_rfm.recency_score IS '5: of the fifth of customers who bought last, to 1';
COMMENT ON COLUMN oms_report.customer_rfm.frequency_score IS '5: of the fifth who bought most often, to 1';
COMMENT ON COLUMN oms_report.customer_rfm.monetary_score IS '5: of the fifth with the most net sales, to 1';
COMMENT ON COLUMN oms_report.customer_rfm.rfm IS 'The three scores in a row, such as 541';
COMMENT ON COLUMN oms_report.customer_rfm.segment IS 'By recency and frequency, new also by orders: champions, loyal, potential_loyal, new, promising, needs_attention, about_to_sleep, cannot_lose, at_risk, hibernating or lost';

/* customers who are alike in days and orders have one score, so they are added up before; fifths end as in customer_rfm */
CREATE OR REPLACE VIEW oms_report.rfm_segments WITH (security_invoker = true) AS
WITH cell AS MATERIALIZED (
    SELECT c.days_since, c.orders, min(c.currency) AS currency, count(*) AS customers, sum(c.net_sales) AS net_sales,
           sum(c.gross_profit) AS gross_profit
    FROM oms_report.customers AS c
    GROUP BY c.days_since, c.orders
), fifth AS MATERIALIZED (
    SELECT p.place, (SELECT min(r.days_since)
                     FROM (SELECT c.days_since, sum(sum(c.customers)) OVER (ORDER BY c.days_since) AS until
                           FROM cell AS c
                           GROUP BY c.days_since) AS r
                     WHERE r.until >= p.place) AS days_since,
           (SELECT min(f.orders)
            FROM (SELECT c.orders, sum(sum(c.customers)) OVER (ORDER BY c.orders) AS until FROM cell AS c GROUP BY c.orders) AS f
            WHERE f.until >= p.place) AS orders
    FROM (SELECT ceil(q * (SELECT sum(c.customers) FROM cell AS c)::float8)::bigint AS place FROM unnest('{0.2,0.4,0.6,0.8}'::float8[]) AS q) AS p
), segment AS (
    SELECT c.*, oms_internal.rfm_segment((SELECT 5 - count(*) FROM fifth AS f WHERE c.days_since > f.days_since)::integer,
                                         (SELECT 1 + count(*) FROM fifth AS f WHERE c.orders > f.orders)::integer, c.orders) AS segment
    FROM cell AS c
)
SELECT s.segment, sum(s.customers)::bigint AS customers, round(sum(s.customers) / sum(sum(s.customers)) OVER (), 4) AS share,
       sum(s.customers * s.orders)::bigint AS orders, min(s.currency) AS currency, sum(s.net_sales) AS net_sales,
       round(sum(s.net_sales) / nullif(sum(sum(s.net_sales)) OVER (), 0), 4) AS sales_share, sum(s.gross_profit) AS gross_profit,
       round(sum(s.customers * s.days_since) / sum(s.customers), 1) AS average_days_since,
       round(sum(s.net_sales) / sum(s.customers), scale(sum(s.net_sales))) AS average_value
FROM segment AS s
GROUP BY s.segment;
COMMENT ON VIEW oms_report.rfm_segments IS 'Segments of customers by recency and frequency, and what they are worth';
COMMENT ON COLUMN oms_report.rfm_segments.segment IS 'As in oms_report.customer_rfm';
COMMENT ON COLUMN oms_report.rfm_segments.customers IS 'Who are of it';
COMMENT ON COLUMN oms_report.rfm_segments.share IS 'Of all customers';
COMMENT ON COLUMN oms_report.rfm_segments.orders IS 'Their purchases';
COMMENT ON COLUMN oms_report.rfm_segments.currency IS 'The base currency';
COMMENT ON COLUMN oms_report.rfm_segments.net_sales IS 'Of all their orders';
COMMENT ON COLUMN oms_report.rfm_segments.sales_share IS 'Of the net sales of all customers';
COMMENT ON COLUMN oms_report.rfm_segments.gross_profit IS 'Of what has left of their orders';
COMMENT ON COLUMN oms_report.rfm_segments.average_days_since IS 'Since their last purchase';
COMMENT ON COLUMN oms_report.rfm_segments.average_value IS 'Net sales by customers';

CREATE OR REPLACE VIEW oms_report.cohorts WITH (security_invoker = true) AS
WITH base AS MATERIALIZED (
    SELECT * FROM oms.base_unit
), total AS (
    SELECT m.cohort, m.month, sum(m.customers)::bigint AS customers, sum(m.orders)::bigint AS orders, sum(m.net_sales) AS net_sales,
           sum(m.gross_profit) AS gross_profit
    FROM (SELECT c.cohort, c.month, c.customers, c.orders, c.net_sales, c.gross_profit FROM oms.cohort_months AS c
          UNION ALL
          SELECT * FROM oms_internal.unread_cohorts()) AS m
    GROUP BY m.cohort, m.month
    HAVING sum(m.customers) <> 0 OR sum(m.net_sales) <> 0 OR sum(m.gross_profit) <> 0
)
SELECT t.cohort, t.month,
       (extract(year FROM t.month) * 12 + extract(month FROM t.month) - extract(year FROM t.cohort) * 12 - extract(month FROM t.cohort))::integer
           AS months_since,
       s.customers AS cohort_customers, t.customers, round(t.customers::numeric / s.customers, 4) AS retention_rate, t.orders,
       b.currency, t.net_sales * b.unit AS net_sales, t.gross_profit * b.unit AS gross_profit,
       sum(t.net_sales) OVER w * b.unit AS cumulative_net_sales,
       round(sum(t.net_sales) OVER w * b.unit / s.customers, scale(b.unit)) AS value_per_customer,
       round(sum(t.gross_profit) OVER w * b.unit / s.customers, scale(b.unit)) AS profit_per_customer
FROM total AS t
JOIN total AS s ON s.cohort = t.cohort AND s.month = t.cohort
CROSS JOIN base AS b
WINDOW w AS (PARTITION BY t.cohort ORDER BY t.month);
COMMENT ON VIEW oms_report.cohorts IS 'Customers by the month of their first purchase, and what they bought in each month since; a month in which none of them did has no row';
COMMENT ON COLUMN oms_report.cohorts.cohort IS 'First day of the month of the first purchase that was not cancelled';
COMMENT ON COLUMN oms_report.cohorts.month IS 'First day of the month of the orders';
COMMENT ON COLUMN oms_report.cohorts.months_since IS 'Months between; 0 in that of the first purchase';
COMMENT ON COLUMN oms_report.cohorts.cohort_customers IS 'Who made their first purchase in the month of the cohort';
COMMENT ON COLUMN oms_report.cohorts.customers IS 'Who of them bought in the month';
COMMENT ON COLUMN oms_report.cohorts.retention_rate IS 'Share of these';
COMMENT ON COLUMN oms_report.cohorts.orders IS 'Their purchases in the month';
COMMENT ON COLUMN oms_report.cohorts.currency IS 'The base currency';
COMMENT ON COLUMN oms_report.cohorts.net_sales IS 'Of their orders of the month';
COMMENT ON COLUMN oms_report.cohorts.gross_profit IS 'Of what has left of these';
COMMENT ON COLUMN oms_report.cohorts.cumulative_net_sales IS 'From the first month to this one';
COMMENT ON COLUMN oms_report.cohorts.value_per_customer IS 'These by the customers of the cohort: lifetime value so far';
COMMENT ON COLUMN oms_report.cohorts.profit_per_customer IS 'The same of the gross profit';

CREATE OR REPLACE VIEW oms_report.new_and_returning_customers WITH (security_invoker = true) AS
SELECT c.month, c.currency, sum(c.customers)::bigint AS customers, coalesce(sum(c.customers) FILTER (WHERE c.months_since = 0), 0)::bigint AS new_customers,
       coalesce(sum(c.customers) FILTER (WHERE c.months_since > 0), 0)::bigint AS returning_customers, sum(c.orders)::bigint AS orders,
       coalesce(sum(c.orders) FILTER (WHERE c.months_since = 0), 0)::bigint AS orders_of_new,
       coalesce(sum(c.orders) FILTER (WHERE c.months_since > 0), 0)::bigint AS orders_of_returning,
       sum(c.net_sales) AS net_sales, coalesce(sum(c.net_sales) FILTER (WHERE c.months_since = 0), 0) AS net_sales_of_new,
       coalesce(sum(c.net_sales) FILTER (WHERE c.months_since > 0), 0) AS net_sales_of_returning
FROM oms_report.cohorts AS c
GROUP BY c.month, c.currency;
COMMENT ON VIEW oms_report.new_and_returning_customers IS 'Who bought in a month for the first time, and who came back';
COMMENT ON COLUMN oms_report.new_and_returning_customers.month IS 'First day of the month of the orders';
COMMENT ON COLUMN oms_report.new_and_returning_customers.currency IS 'The base currency';
COMMENT ON COLUMN oms_report.new_and_returning_customers.customers IS 'Who bought in the month';
COMMENT ON COLUMN oms_report.new_and_returning_customers.new_customers IS 'Of these, whose first purchase was in the month';
COMMENT ON COLUMN oms_report.new_and_returning_customers.returning_customers IS 'Of these, whose first purchase was before';
COMMENT ON COLUMN oms_report.new_and_returning_customers.orders IS 'Purchases in the month';
COMMENT ON COLUMN oms_report.new_and_returning_customers.orders_of_new IS 'All of the month of new customers, the first and others';
COMMENT ON COLUMN oms_report.new_and_returning_customers.orders_of_returning IS 'Those of returning customers';
COMMENT ON COLUMN oms_report.new_and_returning_customers.net_sales IS 'Of their orders of the month';
COMMENT ON COLUMN oms_report.new_and_returning_customers.net_sales_of_new IS 'Of new customers';
COMMENT ON COLUMN oms_report.new_and_returning_customers.net_sales_of_returning IS 'Of returning customers';

CREATE OR REPLACE VIEW oms_report.repeat_purchases WITH (security_invoker = true) AS
WITH today AS MATERIALIZED (
    SELECT oms_internal.report_today() AS day
), total AS (
    SELECT date_trunc('month', c.first_on::timestamp)::date AS cohort, count(*) AS customers,
           count(*) FILTER (WHERE c.first_on <= t.day - 30) AS mature_30,
           count(*) FILTER (WHERE c.first_on <= t.day - 60) AS mature_60,
           count(*) FILTER (WHERE c.first_on <= t.day - 90) AS mature_90,
           count(*) FILTER (WHERE c.first_on <= t.day - 365) AS mature_365,
           count(*) FILTER (WHERE c.first_on <= t.day - 30 AND c.second_on <= c.first_on + 30) AS repeated_30,
           count(*) FILTER (WHERE c.first_on <= t.day - 60 AND c.second_on <= c.first_on + 60) AS repeated_60,
           count(*) FILTER (WHERE c.first_on <= t.day - 90 AND c.second_on <= c.first_on + 90) AS repeated_90,
           count(*) FILTER (WHERE c.first_on <= t.day - 365 AND c.second_on <= c.first_on + 365) AS repeated_365
    FROM oms_report.customers AS c
    CROSS JOIN today AS t
    GROUP BY 1
)
SELECT t.cohort, d.days, t.customers, d.mature AS mature_customers, d.repeated AS repeat_customers,
       round(d.repeated::numeric / nullif(d.mature, 0), 4) AS repeat_rate, d.mature = t.customers AS complete
FROM total AS t
CROSS JOIN LATERAL (
    VALUES (30, t.mature_30, t.repeated_30), (60, t.mature_60, t.repeated_60), (90, t.mature_90, t.repeated_90),
           (365, t.mature_365, t.repeated_365)) AS d(days, mature, repeated);
COMMENT ON VIEW oms_report.repeat_purchases IS 'How many customers bought again within days of their first purchase, by the month of that';
COMMENT ON COLUMN oms_report.repeat_purchases.cohort IS 'First day of the month of the first purchase';
COMMENT ON COLUMN oms_report.repeat_purchases.days IS '30, 60, 90 or 365 days from the first purchase to the second';
COMMENT ON COLUMN oms_report.repeat_purchases.customers IS 'Who made their first purchase in the month';
COMMENT ON COLUMN oms_report.repeat_purchases.mature_customers IS 'Of these, whose first purchase is so many days ago: comparable between old and new';
COMMENT ON COLUMN oms_report.repeat_purchases.repeat_customers IS 'Of the mature, who bought again in time';
COMMENT ON COLUMN oms_report.repeat_purchases.repeat_rate IS 'Repeat customers by mature customers; null where none is mature';
COMMENT ON COLUMN oms_report.repeat_purchases.complete IS 'All of the customers are mature';
