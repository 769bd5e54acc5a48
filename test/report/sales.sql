/*
 * test/report/sales.sql: what was sold, reckoned in plain SQL from orders, lines,
 * fulfillments and credit notes alone, to be compared with the views
 *
 * Defines pg_temp.sales_differences(): rows of views that should be others. Amounts are numeric; the parts of a line that several locations ship
 * are taken step by step, in the order of the fulfillments.
 */
CREATE TEMPORARY VIEW reckoned_sale AS
WITH setting AS (
    SELECT coalesce((SELECT value FROM oms.settings WHERE name = 'time_zone'), 'UTC') AS zone,
           (SELECT value FROM oms.settings WHERE name = 'base_currency') AS base,
           (SELECT c.minor_units FROM oms.settings JOIN oms.currencies() AS c ON c.code = value WHERE name = 'base_currency') AS base_decimals
), o AS (
    SELECT o.order_id, (o.placed_at AT TIME ZONE zone)::date AS day, o.channel_id, nullif(o.ship_to ->> 'country', '') AS country,
           nullif(o.ship_to ->> 'region', '') AS region, c.customer_group, c.kind AS customer_kind,
           o.order_id = (SELECT min(f.order_id) FROM oms.orders AS f WHERE f.customer_id = o.customer_id) AS new_customer,
           o.currency, k.minor_units AS decimals, base_decimals,
           CASE WHEN o.currency = base THEN 1 ELSE o.base_rate END AS rate,
           o.shipping_price::numeric - coalesce(o.shipping_included_tax::numeric, 0) AS shipping,
           o.shipping_tax::numeric + coalesce(o.shipping_included_tax::numeric, 0) AS shipping_tax, o.discount::numeric AS discount
    FROM setting
    CROSS JOIN oms.orders AS o
    JOIN oms.currencies() AS k ON k.code = o.currency
    LEFT JOIN oms.customers AS c USING (customer_id)
    WHERE o.status::text NOT IN ('draft', 'cancelled')
          AND o.order_id NOT IN (SELECT linked_order_id FROM oms.order_links WHERE kind = 'replacement')
          AND EXISTS (SELECT FROM oms.order_lines AS l
                      WHERE l.order_id = o.order_id
                            AND NOT EXISTS (SELECT FROM oms.stored_value_accounts AS a
                                            WHERE (a.order_id, a.line_no) = (l.order_id, l.line_no)))
), credit AS (
    SELECT l.order_id, l.line_no, sum(l.goods::numeric - l.discount::numeric) AS goods, sum(l.tax::numeric) AS tax
    FROM oms.invoices AS i JOIN oms.invoice_lines AS l USING (order_id, invoice_no)
    WHERE i.kind = 'credit_note'
    GROUP BY l.order_id, l.line_no
), line AS (
    SELECT o.order_id, l.line_no, l.sku_id, q.units, l.returned::numeric AS returned, decimals,
           round(l.unit_price * q.units, decimals) - q.included AS gross, q.discount + q.order_discount AS discounts, q.order_discount,
           coalesce(c.goods, 0) AS returns, q.tax + q.included - coalesce(c.tax, 0) AS tax,
           EXISTS (SELECT FROM oms.stored_value_accounts AS a WHERE (a.order_id, a.line_no) = (l.order_id, l.line_no)) AS card
    FROM o
    JOIN oms.order_lines AS l USING (order_id)
    LEFT JOIN credit AS c ON (c.order_id, c.line_no) = (l.order_id, l.line_no)
    CROSS JOIN LATERAL (SELECT l.quantity::numeric AS whole, l.quantity::numeric - l.cancelled::numeric AS part) AS p
    CROSS JOIN LATERAL (
        SELECT part AS units, round(l.discount::numeric * part / whole, decimals) AS discount,
               coalesce(round(l.order_discount::numeric * part / whole, decimals), 0) AS order_discount,
               round(l.tax::numeric * part / whole, decimals) AS tax,
               coalesce(round(l.included_tax::numeric * part / whole, decimals), 0) AS included) AS q
), place AS (
    SELECT fl.order_id, fl.line_no, f.location_id, min(f.fulfillment_no) AS turn, sum(fl.quantity::numeric) AS units
    FROM oms.fulfillment_lines AS fl JOIN oms.fulfillments AS f USING (order_id, fulfillment_no)
    WHERE f.status::text NOT IN ('cancelled', 'rejected')
    GROUP BY fl.order_id, fl.line_no, f.location_id
    UNION ALL
    SELECT l.order_id, l.line_no, NULL, 1000000,
           l.units - coalesce((SELECT sum(fl.quantity::numeric)
                               FROM oms.fulfillment_lines AS fl JOIN oms.fulfillments AS f USING (order_id, fulfillment_no)
                               WHERE (fl.order_id, fl.line_no) = (l.order_id, l.line_no)
                                     AND f.status::text NOT IN ('cancelled', 'rejected')), 0)
    FROM line AS l
), step AS (
    SELECT l.order_id, l.line_no, l.sku_id, p.location_id, p.units AS part,
           sum(p.units) OVER (PARTITION BY l.order_id, l.line_no ORDER BY p.turn, p.location_id) AS after, l.units, l.returned, decimals,
           l.gross, l.discounts, l.returns, l.tax
    FROM line AS l JOIN place AS p USING (order_id, line_no)
    WHERE NOT card AND (p.units > 0 OR l.units = 0 AND l.returns <> 0)
), share AS (
    SELECT s.order_id, s.line_no, s.sku_id, s.location_id, s.part AS units, back - back_before AS returned,
           round(gross * b / whole, decimals) - round(gross * a / whole, decimals) AS gross,
           round(discounts * b / whole, decimals) - round(discounts * a / whole, decimals) AS discounts,
           CASE WHEN returned > 0 THEN round(returns * back / returned, decimals) - round(returns * back_before / returned, decimals)
                ELSE round(returns * b / whole, decimals) - round(returns * a / whole, decimals) END AS returns,
           round(tax * b / whole, decimals) - round(tax * a / whole, decimals) AS tax
    FROM step AS s
    CROSS JOIN LATERAL (
        SELECT least(returned, after) AS back, least(returned, after - part) AS back_before,
               CASE WHEN s.units = 0 THEN 1 ELSE after END AS b, CASE WHEN s.units = 0 THEN 0 ELSE after - part END AS a,
               CASE WHEN s.units = 0 THEN 1 ELSE s.units END AS whole) AS r
), part AS (
    SELECT order_id, line_no, sku_id, location_id, units, returned, gross, discounts, returns, tax, 0 AS shipping FROM share
    UNION ALL
    SELECT o.order_id, 0, NULL, NULL, 0, 0, 0, 0, 0, o.shipping_tax - coalesce(c.tax, 0),
           o.shipping - coalesce(c.goods, 0)
           - (o.discount - (SELECT sum(l.order_discount) FROM line AS l WHERE l.order_id = o.order_id))
    FROM o LEFT JOIN credit AS c ON (c.order_id, c.line_no) = (o.order_id, 0)
)
SELECT o.order_id, line_no, sku_id, location_id, day, channel_id, country, region, customer_group, customer_kind, new_customer,
       currency, part.units AS sold, returned, gross, discounts, returns, gross - discounts - returns AS net, tax, part.shipping,
       gross - discounts - returns + tax + part.shipping AS total,
       round((gross - discounts - returns) * rate, base_decimals) AS net_base,
       round((gross - discounts - returns) * rate, base_decimals) + round((tax + part.shipping) * rate, base_decimals) AS total_base
FROM part JOIN o USING (order_id);

CREATE TEMPORARY TABLE one_sale AS TABLE reckoned_sale;

CREATE TEMPORARY VIEW true_sales AS
SELECT 'sales' AS view, to_jsonb(t) AS row
FROM (SELECT day, currency, count(DISTINCT order_id) AS orders, count(DISTINCT order_id) FILTER (WHERE total_base IS NOT NULL) AS valued_orders, sum(sold) AS units, sum(returned) AS returned_units, sum(gross) AS gross_sales,
             sum(discounts) AS discounts, sum(returns) AS returns, sum(net) AS net_sales, sum(tax) AS tax, sum(shipping) AS shipping,
             sum(total) AS total_sales, sum(net_base) AS net_sales_base, sum(total_base) AS total_sales_base
      FROM one_sale GROUP BY day, currency) AS t
UNION ALL
SELECT 'sales_by_channel', to_jsonb(t)
FROM (SELECT day, c.code AS channel, s.currency, count(DISTINCT order_id) AS orders, count(DISTINCT order_id) FILTER (WHERE total_base IS NOT NULL) AS valued_orders, sum(sold) AS units, sum(returned) AS returned_units,
             sum(gross) AS gross_sales, sum(discounts) AS discounts, sum(returns) AS returns, sum(net) AS net_sales, sum(tax) AS tax,
             sum(shipping) AS shipping, sum(total) AS total_sales, sum(net_base) AS net_sales_base, sum(total_base) AS total_sales_base
      FROM one_sale AS s JOIN oms.channels AS c USING (channel_id) GROUP BY day, c.code, s.currency) AS t
UNION ALL
SELECT 'sales_by_region', to_jsonb(t)
FROM (SELECT day, country, region, currency, count(DISTINCT order_id) AS orders, count(DISTINCT order_id) FILTER (WHERE total_base IS NOT NULL) AS valued_orders, sum(sold) AS units, sum(returned) AS returned_units,
             sum(gross) AS gross_sales, sum(discounts) AS discounts, sum(returns) AS returns, sum(net) AS net_sales, sum(tax) AS tax,
             sum(shipping) AS shipping, sum(total) AS total_sales, sum(net_base) AS net_sales_base, sum(total_base) AS total_sales_base
      FROM one_sale GROUP BY day, country, region, currency) AS t
UNION ALL
SELECT 'sales_by_segment', to_jsonb(t)
FROM (SELECT day, customer_group, customer_kind, new_customer, currency, count(DISTINCT order_id) AS orders, count(DISTINCT order_id) FILTER (WHERE total_base IS NOT NULL) AS valued_orders, sum(sold) AS units,
             sum(returned) AS returned_units, sum(gross) AS gross_sales, sum(discounts) AS discounts, sum(returns) AS returns,
             sum(net) AS net_sales, sum(tax) AS tax, sum(shipping) AS shipping, sum(total) AS total_sales,
             sum(net_base) AS net_sales_base, sum(total_base) AS total_sales_base
      FROM one_sale GROUP BY day, customer_group, customer_kind, new_customer, currency) AS t
UNION ALL
SELECT 'sales_by_location', to_jsonb(t)
FROM (SELECT day, l.code AS location, s.currency, count(DISTINCT order_id) AS orders, count(DISTINCT order_id) FILTER (WHERE total_base IS NOT NULL) AS valued_orders, sum(sold) AS units, sum(returned) AS returned_units,
             sum(gross) AS gross_sales, sum(discounts) AS discounts, sum(returns) AS returns, sum(net) AS net_sales, sum(tax) AS tax,
             sum(total) AS total_sales, sum(net_base) AS net_sales_base, sum(total_base) AS total_sales_base
      FROM one_sale AS s LEFT JOIN oms.locations AS l USING (location_id) WHERE line_no > 0 GROUP BY day, l.code, s.currency) AS t
UNION ALL
SELECT 'sales_by_sku_' || period, to_jsonb(t) - 'period'
FROM (SELECT period, date_trunc(period, day::timestamp)::date AS starts_on, k.code AS sku, s.currency, count(DISTINCT order_id) AS orders,
             sum(sold) AS units, sum(returned) AS returned_units, sum(gross) AS gross_sales, sum(discounts) AS discounts,
             sum(returns) AS returns, sum(net) AS net_sales, sum(tax) AS tax, sum(total) AS total_sales, sum(net_base) AS net_sales_base,
             sum(total_base) AS total_sales_base
      FROM one_sale AS s JOIN oms.skus AS k USING (sku_id), unnest('{day,week,month}'::text[]) AS period
      GROUP BY 1, 2, k.code, s.currency) AS t
UNION ALL
SELECT 'sales_by_product_' || period, to_jsonb(t) - 'period'
FROM (SELECT period, date_trunc(period, day::timestamp)::date AS starts_on, p.code AS product, s.currency, sum(sold) AS units,
             sum(returned) AS returned_units, sum(gross) AS gross_sales, sum(discounts) AS discounts, sum(returns) AS returns,
             sum(net) AS net_sales, sum(tax) AS tax, sum(total) AS total_sales, sum(net_base) AS net_sales_base,
             sum(total_base) AS total_sales_base
      FROM one_sale AS s JOIN oms.skus AS k USING (sku_id) LEFT JOIN oms.products AS p USING (product_id),
           unnest('{day,week,month}'::text[]) AS period
      GROUP BY 1, 2, p.code, s.currency) AS t
UNION ALL
SELECT 'sales_by_category_' || period, to_jsonb(t) - 'period'
FROM (SELECT period, date_trunc(period, day::timestamp)::date AS starts_on, c.category, s.currency, sum(sold) AS units,
             sum(returned) AS returned_units, sum(gross) AS gross_sales, sum(discounts) AS discounts, sum(returns) AS returns,
             sum(net) AS net_sales, sum(tax) AS tax, sum(total) AS total_sales, sum(net_base) AS net_sales_base,
             sum(total_base) AS total_sales_base
      FROM one_sale AS s JOIN oms.skus AS k USING (sku_id) LEFT JOIN oms.products AS p USING (product_id)
      -- all beginnings of the path, or none
      LEFT JOIN LATERAL (SELECT array_to_string((string_to_array(p.category::text, '.'))[1:n], '.') AS category
                         FROM generate_series(1, array_length(string_to_array(p.category::text, '.'), 1)) AS n) AS c ON true,
           unnest('{day,week,month}'::text[]) AS period
      GROUP BY 1, 2, c.category, s.currency) AS t
UNION ALL
SELECT 'best_sellers', to_jsonb(t)
FROM (SELECT * FROM (SELECT date_trunc('month', day::timestamp)::date AS month,
                            row_number() OVER (PARTITION BY date_trunc('month', day::timestamp)
                                               ORDER BY sum(sold) DESC, sum(net_base) DESC NULLS LAST, sku_id) AS rank_by_units,
                            row_number() OVER (PARTITION BY date_trunc('month', day::timestamp)
                                               ORDER BY sum(net_base) DESC NULLS LAST, sum(sold) DESC, sku_id) AS rank_by_sales,
                            (SELECT code FROM oms.skus AS k WHERE k.sku_id = s.sku_id) AS sku, sum(sold) AS units,
                            sum(returned) AS returned_units, sum(net_base) AS net_sales_base
                     FROM one_sale AS s WHERE line_no > 0 GROUP BY date_trunc('month', day::timestamp), sku_id) AS r
      WHERE rank_by_units <= 100 OR rank_by_sales <= 100) AS t
UNION ALL
SELECT 'best_sellers_by_channel', to_jsonb(t)
FROM (SELECT * FROM (SELECT date_trunc('month', day::timestamp)::date AS month,
                            (SELECT code FROM oms.channels AS c WHERE c.channel_id = s.channel_id) AS channel,
                            row_number() OVER (PARTITION BY date_trunc('month', day::timestamp), channel_id
                                               ORDER BY sum(sold) DESC, sum(net_base) DESC NULLS LAST, sku_id) AS rank_by_units,
                            row_number() OVER (PARTITION BY date_trunc('month', day::timestamp), channel_id
                                               ORDER BY sum(net_base) DESC NULLS LAST, sum(sold) DESC, sku_id) AS rank_by_sales,
                            (SELECT code FROM oms.skus AS k WHERE k.sku_id = s.sku_id) AS sku, sum(sold) AS units,
                            sum(returned) AS returned_units, sum(net_base) AS net_sales_base
                     FROM one_sale AS s WHERE line_no > 0 GROUP BY date_trunc('month', day::timestamp), channel_id, sku_id) AS r
      WHERE rank_by_units <= 100 OR rank_by_sales <= 100) AS t
UNION ALL
SELECT 'best_sellers_by_region', to_jsonb(t)
FROM (SELECT * FROM (SELECT date_trunc('month', day::timestamp)::date AS month, country, region,
                            row_number() OVER (PARTITION BY date_trunc('month', day::timestamp), country, region
                                               ORDER BY sum(sold) DESC, sum(net_base) DESC NULLS LAST, sku_id) AS rank_by_units,
                            row_number() OVER (PARTITION BY date_trunc('month', day::timestamp), country, region
                                               ORDER BY sum(net_base) DESC NULLS LAST, sum(sold) DESC, sku_id) AS rank_by_sales,
                            (SELECT code FROM oms.skus AS k WHERE k.sku_id = s.sku_id) AS sku, sum(sold) AS units,
                            sum(returned) AS returned_units, sum(net_base) AS net_sales_base
                     FROM one_sale AS s WHERE line_no > 0 GROUP BY date_trunc('month', day::timestamp), country, region, sku_id) AS r
      WHERE rank_by_units <= 100 OR rank_by_sales <= 100) AS t
UNION ALL
SELECT 'worst_sellers', to_jsonb(t)
FROM (SELECT k.code AS sku, h.on_hand, coalesce(sum(sold * per) FILTER (WHERE day BETWEEN today - 29 AND today), 0) AS units_30_days,
             coalesce(sum(sold * per) FILTER (WHERE day BETWEEN today - 89 AND today), 0) AS units_90_days,
             max(day) FILTER (WHERE day <= today) AS last_sold_on
      FROM oms.skus AS k
      CROSS JOIN (SELECT (oms.now() AT TIME ZONE coalesce((SELECT value FROM oms.settings WHERE name = 'time_zone'), 'UTC'))::date AS today) AS t
      JOIN (SELECT sku_id, sum(on_hand::numeric) AS on_hand FROM oms.stock_levels GROUP BY sku_id) AS h USING (sku_id)
      LEFT JOIN (SELECT sku_id, day, sold, 1 AS per FROM one_sale
                 UNION ALL
                 SELECT c.component_sku_id, day, sold, c.quantity::numeric FROM one_sale JOIN oms.kit_components AS c USING (sku_id)) AS s
          USING (sku_id)
      WHERE k.active AND k.stocked AND h.on_hand > 0
      GROUP BY k.sku_id, k.code, h.on_hand, today) AS t;

-- the columns that both have; money without trailing zeros, as JSON compares numbers by value
CREATE TEMPORARY VIEW shown_sales AS
SELECT 'sales' AS view, to_jsonb(v) - '{week,month,average_order_value,base_currency}'::text[] AS row FROM oms_report.sales AS v
UNION ALL
SELECT 'sales_by_channel', to_jsonb(v) - '{week,month,channel_name,average_order_value,base_currency}'::text[] FROM oms_report.sales_by_channel AS v
UNION ALL
SELECT 'sales_by_region', to_jsonb(v) - '{week,month,average_order_value,base_currency}'::text[] FROM oms_report.sales_by_region AS v
UNION ALL
SELECT 'sales_by_segment', to_jsonb(v) - '{week,month,average_order_value,base_currency}'::text[] FROM oms_report.sales_by_segment AS v
UNION ALL
SELECT 'sales_by_location', to_jsonb(v) - '{week,month,location_name,average_order_value,base_currency}'::text[] FROM oms_report.sales_by_location AS v
UNION ALL
SELECT v.view, v.row - '{day,week,month,name,brand,level,base_currency}'::text[] - CASE WHEN v.view NOT LIKE '%category%' THEN 'category' ELSE '' END
       - CASE WHEN v.view LIKE '%sku%' THEN 'product' ELSE '' END || jsonb_build_object('starts_on', v.starts_on)
FROM (SELECT 'sales_by_sku_day', day, to_jsonb(v) FROM oms_report.sales_by_sku_day AS v
      UNION ALL SELECT 'sales_by_sku_week', week, to_jsonb(v) FROM oms_report.sales_by_sku_week AS v
      UNION ALL SELECT 'sales_by_sku_month', month, to_jsonb(v) FROM oms_report.sales_by_sku_month AS v
      UNION ALL SELECT 'sales_by_product_day', day, to_jsonb(v) FROM oms_report.sales_by_product_day AS v
      UNION ALL SELECT 'sales_by_product_week', week, to_jsonb(v) FROM oms_report.sales_by_product_week AS v
      UNION ALL SELECT 'sales_by_product_month', month, to_jsonb(v) FROM oms_report.sales_by_product_month AS v
      UNION ALL SELECT 'sales_by_category_day', day, to_jsonb(v) FROM oms_report.sales_by_category_day AS v
      UNION ALL SELECT 'sales_by_category_week', week, to_jsonb(v) FROM oms_report.sales_by_category_week AS v
      UNION ALL SELECT 'sales_by_category_month', month, to_jsonb(v) FROM oms_report.sales_by_category_month AS v) AS v(view, starts_on, row)
UNION ALL
SELECT 'best_sellers', to_jsonb(v) - '{name,product,category,base_currency}'::text[] FROM oms_report.best_sellers AS v
UNION ALL
SELECT 'best_sellers_by_channel', to_jsonb(v) - '{name,product,category,base_currency}'::text[] FROM oms_report.best_sellers_by_channel AS v
UNION ALL
SELECT 'best_sellers_by_region', to_jsonb(v) - '{name,product,category,base_currency}'::text[] FROM oms_report.best_sellers_by_region AS v
UNION ALL
SELECT 'worst_sellers', to_jsonb(v) - '{rank,name,product,category,days_since_sold,stock_value,base_currency}'::text[] FROM oms_report.worst_sellers AS v;

CREATE FUNCTION pg_temp.sales_differences(OUT what text, OUT view text, OUT "row" jsonb) RETURNS SETOF record
LANGUAGE plpgsql SET jit = off AS $$
BEGIN
    TRUNCATE one_sale;
    INSERT INTO one_sale TABLE reckoned_sale;
    RETURN QUERY
    WITH shown AS MATERIALIZED (TABLE shown_sales), reckoned AS MATERIALIZED (TABLE true_sales)
    (SELECT 'should be', * FROM reckoned EXCEPT ALL SELECT 'should be', * FROM shown)
    UNION ALL
    (SELECT 'is', * FROM shown EXCEPT ALL SELECT 'is', * FROM reckoned);
END $$;
