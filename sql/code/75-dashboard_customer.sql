/* sql/code/75-dashboard_customer.sql: who buys, and who comes back */

CREATE OR REPLACE FUNCTION oms_internal.dashboard_new_customers(since date, until date, currency text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH kind AS MATERIALIZED (
        SELECT k.n, k.name, k.class, sum(s.net) AS net, oms_internal.dashboard_series(since, until, array_agg(s.day), array_agg(s.net)) AS series
        FROM (VALUES (1, 'Returning customers', 'c1', false), (2, 'New customers', 'c2', true), (3, 'Without a customer', 'c6', NULL)) AS k(n, name, class, new)
        JOIN (SELECT g.day, g.new_customer, coalesce(g.net_sales_base, 0) AS net
              FROM oms_report.sales_by_segment AS g
              WHERE g.day BETWEEN since AND until) AS s ON s.new_customer IS NOT DISTINCT FROM k.new
        GROUP BY k.n, k.name, k.class
    )
    SELECT oms_internal.chart_panel('New and returning customers',
        concat_ws('; ', 'net sales ' || oms_internal.dashboard_grain(since, until),
                  (SELECT oms_internal.chart_number(sum(k.net) FILTER (WHERE k.n = 1) / nullif(sum(k.net) FILTER (WHERE k.n < 3), 0), '%') || ' from those who had bought before' FROM kind AS k)),
        oms_internal.chart_plot('New and returning customers', oms_internal.dashboard_labels(since, until),
            (SELECT jsonb_agg(jsonb_build_object('name', k.name, 'kind', 'column', 'class', k.class, 'values', k.series) ORDER BY k.n) FROM kind AS k), currency),
        'w7', 'Nothing was sold in these days.')
$$;
COMMENT ON FUNCTION oms_internal.dashboard_new_customers(date, date, text) IS 'A panel of what new and returning customers bought';

CREATE OR REPLACE FUNCTION oms_internal.dashboard_segments(currency text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT oms_internal.chart_panel('Customers by recency and frequency', 'all who have ever bought',
        oms_internal.chart_table('Customers by recency and frequency', '[{"name": "Segment"}, {"kind": "bar"}, {"name": "Customers", "kind": "number"}, {"name": "Net sales", "kind": "number", "unit": "money"},
                                                                         {"name": "Last bought", "kind": "plain", "class": "extra"}]',
            (SELECT jsonb_agg(jsonb_build_array(replace(s.segment, '_', ' '), s.customers, s.customers, s.net_sales, oms_internal.chart_number(s.average_days_since, 'd', true) || ' ago')
                              ORDER BY array_position('{champions,loyal,potential_loyal,new,promising,needs_attention,about_to_sleep,cannot_lose,at_risk,hibernating,lost}', s.segment), s.segment)
             FROM oms_report.rfm_segments AS s), currency),
        'w5', 'Nobody has bought yet.')
$$;
COMMENT ON FUNCTION oms_internal.dashboard_segments(text) IS 'A panel of the segments of customers';

/* Rows of a month without a purchase are not there; months to come stay empty */
CREATE OR REPLACE FUNCTION oms_internal.dashboard_cohorts(until date) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH last AS (
        SELECT date_trunc('month', until::timestamp)::date AS month
    ), cohort AS MATERIALIZED (
        SELECT c.cohort, c.months_since, c.cohort_customers, c.retention_rate
        FROM oms_report.cohorts AS c
        WHERE c.cohort BETWEEN (SELECT (l.month - interval '11 months')::date FROM last AS l) AND until AND c.month <= until
    )
    SELECT oms_internal.chart_panel('Who comes back', 'customers by the month of their first purchase, and the share of them that bought again so many months later',
        oms_internal.chart_heat('Who comes back', 'First bought', ARRAY(SELECT n::text FROM generate_series(1, 11) AS n),
            (SELECT jsonb_agg(jsonb_build_object('name', to_char(h.cohort, 'Mon YYYY'), 'note', oms_internal.chart_number(h.customers),
                        'values', (SELECT jsonb_agg(CASE WHEN h.cohort + make_interval(months => n) <= l.month THEN coalesce(c.retention_rate, 0) END ORDER BY n)
                                   FROM generate_series(1, 11) AS n LEFT JOIN cohort AS c ON c.cohort = h.cohort AND c.months_since = n)) ORDER BY h.cohort)
             FROM (SELECT c.cohort, max(c.cohort_customers) AS customers FROM cohort AS c GROUP BY c.cohort) AS h CROSS JOIN last AS l), '%'),
        'w12', 'Nobody has bought yet.')
$$;
COMMENT ON FUNCTION oms_internal.dashboard_cohorts(date) IS 'A panel of cohorts of customers by month, and how many of them came back';
