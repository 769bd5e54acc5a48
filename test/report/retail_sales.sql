/*
 * test/report/retail_sales.sql: sales of the wholesaler, against the rows of its invoices
 *
 * What a credit note takes back before an order leaves is not sold; what it
 * pays back later is returned, of the order as a whole.
 */
INSERT INTO oms.settings (name, value) VALUES ('time_zone', 'Europe/London') ON CONFLICT (name) DO UPDATE SET value = excluded.value;
CREATE TEMPORARY TABLE bought AS
SELECT s.invoice, date_trunc('month', r.placed_at)::date AS month, date_trunc('week', r.placed_at)::date AS week, c.code AS country, s.sku,
       s.quantity - coalesce(b.units, 0) AS units, round(s.price * (s.quantity - coalesce(b.units, 0)), 2) AS value
FROM source AS s
JOIN replay.orders AS r ON r.reference = s.invoice AND r.order_id IS NOT NULL
LEFT JOIN countries AS c ON c.name = s.country
LEFT JOIN (SELECT c.sold_row_no, sum(c.quantity) AS units
           FROM replay.credits AS c JOIN replay.sold AS l ON l.row_no = c.sold_row_no JOIN replay.orders AS r ON r.reference = l.reference
           WHERE c.at < date_trunc('day', r.placed_at) + interval '1 day 8 hours'
           GROUP BY c.sold_row_no) AS b ON b.sold_row_no = s.row_no
WHERE s.kind = 'order' AND NOT s.is_postage;
DELETE FROM bought WHERE invoice IN (SELECT invoice FROM bought GROUP BY invoice HAVING sum(units) = 0);

CREATE FUNCTION pg_temp.same(what text, source text, report text) RETURNS SETOF text LANGUAGE plpgsql SET jit = off AS $$
DECLARE
    v_rows bigint;
    v_differences text[];
BEGIN
    EXECUTE format('SELECT count(*) FROM (%s) AS s', source) INTO v_rows;
    EXECUTE format('SELECT ARRAY(SELECT d::text FROM ((%1$s EXCEPT ALL %2$s) UNION ALL (%2$s EXCEPT ALL %1$s)) AS d)', source, report) INTO v_differences;
    RETURN NEXT format('%s - %s: %s rows', CASE WHEN v_differences = '{}' AND v_rows > 0 THEN 'ok' ELSE 'not ok' END, what, v_rows);
    RETURN QUERY SELECT unnest(v_differences[:5]);
END $$;

SELECT pg_temp.same('orders, units and gross sales of months',
    'SELECT month, count(DISTINCT invoice), sum(units), sum(value) FROM bought GROUP BY 1',
    'SELECT month, sum(orders)::bigint, sum(units), sum(gross_sales) FROM oms_report.sales GROUP BY 1');
SELECT pg_temp.same('of countries',
    'SELECT month, country, count(DISTINCT invoice), sum(units), sum(value) FROM bought GROUP BY 1, 2',
    'SELECT month, country, sum(orders)::bigint, sum(units), sum(gross_sales) FROM oms_report.sales_by_region GROUP BY 1, 2');
SELECT pg_temp.same('of articles, per month',
    'SELECT month, sku, count(DISTINCT invoice) FILTER (WHERE units > 0), sum(units), sum(value) FROM bought GROUP BY 1, 2 HAVING sum(units) > 0',
    'SELECT month, sku, orders, units, gross_sales FROM oms_report.sales_by_sku_month');
SELECT pg_temp.same('of articles, per week',
    'SELECT week, sku, sum(units), sum(value) FROM bought GROUP BY 1, 2 HAVING sum(units) > 0',
    'SELECT week, product, units, gross_sales FROM oms_report.sales_by_product_week');
SELECT pg_temp.same('the best article of each month',
    'SELECT month, max(units) FROM (SELECT month, sku, sum(units) AS units FROM bought GROUP BY 1, 2) AS m GROUP BY 1',
    'SELECT month, units FROM oms_report.best_sellers WHERE rank_by_units = 1');
SELECT pg_temp.same('what is left when credit notes have been paid back',
    'SELECT (SELECT sum(value) FROM bought)
            + (SELECT coalesce(sum(round(s.price * s.quantity, 2)), 0) FROM source AS s WHERE s.is_postage AND s.kind = ''order'' AND s.invoice IN (SELECT invoice FROM bought))
            - (SELECT coalesce(sum(amount), 0) FROM replay.credited WHERE how = ''refunded'')',
    'SELECT sum(total_sales) FROM oms_report.sales');
