/* sql/store/63-report_sellers.sql: which SKUs sell best and worst */

/* the first hundred by units or by sales; of such as sold alike the older SKU is first */

CREATE OR REPLACE VIEW oms_report.best_sellers WITH (security_invoker = true) AS
SELECT r.month, r.rank_by_units, r.rank_by_sales, k.code AS sku, k.name, p.code AS product, p.category::text AS category,
       r.units::numeric AS units, r.returned::numeric AS returned_units, b.currency AS base_currency,
       r.net_sales_base * b.unit AS net_sales_base
FROM (SELECT t.*,
             row_number() OVER (PARTITION BY t.month ORDER BY t.units DESC, t.net_sales_base DESC NULLS LAST, t.sku_id) AS rank_by_units,
             row_number() OVER (PARTITION BY t.month ORDER BY t.net_sales_base DESC NULLS LAST, t.units DESC, t.sku_id) AS rank_by_sales
      FROM (SELECT s.month, s.sku_id, oms.sum(s.units) AS units, oms.sum(s.returned) AS returned,
                   CASE WHEN sum(s.valued_rows) > 0 THEN sum(s.net_sales_base) END AS net_sales_base
            FROM oms.current_sku_sales AS s
            GROUP BY s.month, s.sku_id
            HAVING sum(s.orders) <> 0) AS t) AS r
JOIN oms.skus AS k ON k.sku_id = r.sku_id
LEFT JOIN oms.products AS p ON p.product_id = k.product_id
LEFT JOIN oms.base_unit AS b ON true
WHERE least(r.rank_by_units, r.rank_by_sales) <= 100;
COMMENT ON VIEW oms_report.best_sellers IS 'SKUs that sold best in each month';
COMMENT ON COLUMN oms_report.best_sellers.month IS 'First day of the month';
COMMENT ON COLUMN oms_report.best_sellers.rank_by_units IS '1 has sold most; rows are those up to 100 by units or by sales';
COMMENT ON COLUMN oms_report.best_sellers.rank_by_sales IS 'By net_sales_base';
COMMENT ON COLUMN oms_report.best_sellers.sku IS 'Its code';
COMMENT ON COLUMN oms_report.best_sellers.name IS 'Its name';
COMMENT ON COLUMN oms_report.best_sellers.product IS 'Code of its product; null without one';
COMMENT ON COLUMN oms_report.best_sellers.category IS 'Of the product as it is today';
COMMENT ON COLUMN oms_report.best_sellers.units IS 'Ordered and not cancelled, in base units of the SKU';
COMMENT ON COLUMN oms_report.best_sellers.returned_units IS 'Of these, what has come back so far';
COMMENT ON COLUMN oms_report.best_sellers.base_currency IS 'The currency of the books';
COMMENT ON COLUMN oms_report.best_sellers.net_sales_base IS 'net_sales in the base currency, by the rate of each order''s day; orders without a rate count for nothing, null if that is all';

CREATE OR REPLACE VIEW oms_report.best_sellers_by_channel WITH (security_invoker = true) AS
SELECT r.month, c.code AS channel, r.rank_by_units, r.rank_by_sales, k.code AS sku, k.name, p.code AS product,
       p.category::text AS category, r.units::numeric AS units, r.returned::numeric AS returned_units, b.currency AS base_currency,
       r.net_sales_base * b.unit AS net_sales_base
FROM (SELECT t.*,
             row_number() OVER (PARTITION BY t.month, t.channel_id
                                ORDER BY t.units DESC, t.net_sales_base DESC NULLS LAST, t.sku_id) AS rank_by_units,
             row_number() OVER (PARTITION BY t.month, t.channel_id
                                ORDER BY t.net_sales_base DESC NULLS LAST, t.units DESC, t.sku_id) AS rank_by_sales
      FROM (SELECT l.month, l.channel_id, l.sku_id, oms.sum(l.units) AS units, oms.sum(l.returned) AS returned,
                   CASE WHEN sum(l.valued_lines) > 0 THEN sum(l.net_sales_base) END AS net_sales_base
            FROM oms.current_sales_lines AS l
            GROUP BY l.month, l.channel_id, l.sku_id
            HAVING sum(l.lines) <> 0) AS t) AS r
JOIN oms.channels AS c ON c.channel_id = r.channel_id
JOIN oms.skus AS k ON k.sku_id = r.sku_id
LEFT JOIN oms.products AS p ON p.product_id = k.product_id
LEFT JOIN oms.base_unit AS b ON true
WHERE least(r.rank_by_units, r.rank_by_sales) <= 100;
COMMENT ON VIEW oms_report.best_sellers_by_channel IS 'SKUs that sold best in each month and channel. Ask for a month';
COMMENT ON COLUMN oms_report.best_sellers_by_channel.month IS 'First day of the month';
COMMENT ON COLUMN oms_report.best_sellers_by_channel.channel IS 'Its code';
COMMENT ON COLUMN oms_report.best_sellers_by_channel.rank_by_units IS '1 has sold most; rows are those up to 100 by units or by sales';
COMMENT ON COLUMN oms_report.best_sellers_by_channel.rank_by_sales IS 'By net_sales_base';
COMMENT ON COLUMN oms_report.best_sellers_by_channel.sku IS 'Its code';
COMMENT ON COLUMN oms_report.best_sellers_by_channel.name IS 'Its name';
COMMENT ON COLUMN oms_report.best_sellers_by_channel.product IS 'Code of its product; null without one';
COMMENT ON COLUMN oms_report.best_sellers_by_channel.category IS 'Of the product as it is today';
COMMENT ON COLUMN oms_report.best_sellers_by_channel.units IS 'Ordered and not cancelled, in base units of the SKU';
COMMENT ON COLUMN oms_report.best_sellers_by_channel.returned_units IS 'Of these, what has come back so far';
COMMENT ON COLUMN oms_report.best_sellers_by_channel.base_currency IS 'The currency of the books';
COMMENT ON COLUMN oms_report.best_sellers_by_channel.net_sales_base IS 'net_sales in the base currency, by the rate of each order''s day; orders without a rate count for nothing, null if that is all';

CREATE OR REPLACE VIEW oms_report.best_sellers_by_region WITH (security_invoker = true) AS
SELECT r.month, r.country, r.region, r.rank_by_units, r.rank_by_sales, k.code AS sku, k.name, p.code AS product,
       p.category::text AS category, r.units::numeric AS units, r.returned::numeric AS returned_units, b.currency AS base_currency,
       r.net_sales_base * b.unit AS net_sales_base
FROM (SELECT t.*,
             row_number() OVER (PARTITION BY t.month, t.country, t.region
                                ORDER BY t.units DESC, t.net_sales_base DESC NULLS LAST, t.sku_id) AS rank_by_units,
             row_number() OVER (PARTITION BY t.month, t.country, t.region
                                ORDER BY t.net_sales_base DESC NULLS LAST, t.units DESC, t.sku_id) AS rank_by_sales
      FROM (SELECT l.month, l.country, l.region, l.sku_id, oms.sum(l.units) AS units, oms.sum(l.returned) AS returned,
                   CASE WHEN sum(l.valued_lines) > 0 THEN sum(l.net_sales_base) END AS net_sales_base
            FROM oms.current_sales_lines AS l
            GROUP BY l.month, l.country, l.region, l.sku_id
            HAVING sum(l.lines) <> 0) AS t) AS r
JOIN oms.skus AS k ON k.sku_id = r.sku_id
LEFT JOIN oms.products AS p ON p.product_id = k.product_id
LEFT JOIN oms.base_unit AS b ON true
WHERE least(r.rank_by_units, r.rank_by_sales) <= 100;
COMMENT ON VIEW oms_report.best_sellers_by_region IS 'SKUs that sold best in each month and region that orders are shipped to. Ask for a month';
COMMENT ON COLUMN oms_report.best_sellers_by_region.month IS 'First day of the month';
COMMENT ON COLUMN oms_report.best_sellers_by_region.country IS 'Of the address';
COMMENT ON COLUMN oms_report.best_sellers_by_region.region IS 'Of the address, as it was given; null where it has none';
COMMENT ON COLUMN oms_report.best_sellers_by_region.rank_by_units IS '1 has sold most; rows are those up to 100 by units or by sales';
COMMENT ON COLUMN oms_report.best_sellers_by_region.rank_by_sales IS 'By net_sales_base';
COMMENT ON COLUMN oms_report.best_sellers_by_region.sku IS 'Its code';
COMMENT ON COLUMN oms_report.best_sellers_by_region.name IS 'Its name';
COMMENT ON COLUMN oms_report.best_sellers_by_region.product IS 'Code of its product; null without one';
COMMENT ON COLUMN oms_report.best_sellers_by_region.category IS 'Of the product as it is today';
COMMENT ON COLUMN oms_report.best_sellers_by_region.units IS 'Ordered and not cancelled, in base units of the SKU';
COMMENT ON COLUMN oms_report.best_sellers_by_region.returned_units IS 'Of these, what has come back so far';
COMMENT ON COLUMN oms_report.best_sellers_by_region.base_currency IS 'The currency of the books';
COMMENT ON COLUMN oms_report.best_sellers_by_region.net_sales_base IS 'net_sales in the base currency, by the rate of each order''s day; orders without a rate count for nothing, null if that is all';

CREATE OR REPLACE VIEW oms_report.worst_sellers WITH (security_invoker = true) AS
WITH today AS (
    SELECT oms_internal.report_today() AS day
), unread AS MATERIALIZED (
    SELECT * FROM oms_internal.unread_sales() AS c WHERE c.line_no > 0
), part AS (
    SELECT k.sku_id, k.sku_id AS sold_sku_id, 1 AS quantity FROM oms.skus AS k
    UNION ALL
    SELECT c.component_sku_id, c.sku_id, c.quantity::numeric FROM oms.kit_components AS c
), recent AS (
    SELECT p.sku_id, sum(r.units_90 * p.quantity) AS units_90, sum(r.units_30 * p.quantity) AS units_30
    FROM (SELECT l.sku_id, oms.sum(l.units)::numeric AS units_90,
                 coalesce(oms.sum(l.units) FILTER (WHERE l.day > t.day - 30)::numeric, 0) AS units_30
          FROM today AS t
          CROSS JOIN (SELECT l.day, l.sku_id, l.units FROM oms.sales_lines AS l
                      UNION ALL
                      SELECT c.day, c.sku_id, c.units FROM unread AS c) AS l
          WHERE l.day > (SELECT t.day FROM today AS t) - 90 AND l.day <= (SELECT t.day FROM today AS t)
          GROUP BY l.sku_id) AS r
    JOIN part AS p ON p.sold_sku_id = r.sku_id
    GROUP BY p.sku_id
), last AS (
    SELECT p.sku_id, max(greatest(u.day, l.day)) AS last_sold_on
    FROM part AS p
    LEFT JOIN (SELECT c.sku_id, max(c.day) AS day
               FROM unread AS c
               WHERE c.change > 0 AND c.day <= (SELECT t.day FROM today AS t)
               GROUP BY c.sku_id) AS u ON u.sku_id = p.sold_sku_id
    LEFT JOIN LATERAL (SELECT l.day
                       FROM oms.sales_lines AS l
                       WHERE l.sku_id = p.sold_sku_id AND l.day <= (SELECT t.day FROM today AS t)
                             AND (l.order_id, l.line_no, l.location_id)
                                 NOT IN (SELECT c.order_id, c.line_no, c.location_id FROM unread AS c WHERE c.change < 0)
                       ORDER BY l.day DESC
                       LIMIT 1) AS l ON true
    GROUP BY p.sku_id
), stock AS (
    SELECT l.sku_id, oms.sum(l.on_hand)::numeric AS on_hand
    FROM oms.stock_levels AS l
    GROUP BY l.sku_id
    HAVING oms.sign(oms.sum(l.on_hand)) > 0
), value AS (
    SELECT c.sku_id, sum(c.value::numeric) AS stock_value
    FROM oms.cost_layers AS c
    GROUP BY c.sku_id
)
SELECT rank() OVER (ORDER BY coalesce(r.units_90, 0), d.last_sold_on NULLS FIRST, v.stock_value DESC NULLS LAST) AS rank,
       k.code AS sku, k.name, p.code AS product, p.category::text AS category, coalesce(r.units_30, 0) AS units_30_days,
       coalesce(r.units_90, 0) AS units_90_days, d.last_sold_on, t.day - d.last_sold_on AS days_since_sold, s.on_hand,
       v.stock_value, b.currency AS base_currency
FROM today AS t
CROSS JOIN oms.skus AS k
JOIN stock AS s ON s.sku_id = k.sku_id
LEFT JOIN value AS v ON v.sku_id = k.sku_id
LEFT JOIN recent AS r ON r.sku_id = k.sku_id
LEFT JOIN oms.products AS p ON p.product_id = k.product_id
LEFT JOIN oms.base_unit AS b ON true
LEFT JOIN last AS d ON d.sku_id = k.sku_id
WHERE k.active AND k.stocked;
COMMENT ON VIEW oms_report.worst_sellers IS 'SKUs that are active and in stock, those that sell least first';
COMMENT ON COLUMN oms_report.worst_sellers.rank IS '1 has sold least in 90 days; of such as sold alike the one that has not sold for longest, then the one whose stock is worth most';
COMMENT ON COLUMN oms_report.worst_sellers.sku IS 'Its code';
COMMENT ON COLUMN oms_report.worst_sellers.name IS 'Its name';
COMMENT ON COLUMN oms_report.worst_sellers.product IS 'Code of its product; null without one';
COMMENT ON COLUMN oms_report.worst_sellers.category IS 'Of the product as it is today';
COMMENT ON COLUMN oms_report.worst_sellers.units_30_days IS 'Sold in the last 30 days, with today, alone and in kits';
COMMENT ON COLUMN oms_report.worst_sellers.units_90_days IS 'Sold in the last 90 days, with today, alone and in kits';
COMMENT ON COLUMN oms_report.worst_sellers.last_sold_on IS 'Day of the last order of it until today; null: never sold';
COMMENT ON COLUMN oms_report.worst_sellers.days_since_sold IS 'Since that day';
COMMENT ON COLUMN oms_report.worst_sellers.on_hand IS 'Units at all locations';
COMMENT ON COLUMN oms_report.worst_sellers.stock_value IS 'What they have cost, in the base currency; null where no cost is known';
COMMENT ON COLUMN oms_report.worst_sellers.base_currency IS 'The currency of the books';
