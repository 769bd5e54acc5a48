/*
 * sql/store/63-report_sales_goods.sql: what was sold by SKU, product and category: months from the sums, days and weeks from the lines
 *
 * Views of weeks repeat those of days: in one view of both, the first day would be
 * an expression, and no condition on it could be looked up in an index.
 */

/* several rows of a month where some of it has not been counted: so each view adds them up once */
CREATE OR REPLACE VIEW oms.current_sku_sales WITH (security_invoker = true) AS
SELECT s.starts_on AS month, s.sku_id, s.currency, s.orders, s.valued_rows, s.units, s.returned, s.gross_sales, s.discounts, s.returns,
       s.tax, s.net_sales_base, s.total_sales_base
FROM oms.sales_sums AS s
WHERE s.dimension = 'sku'
UNION ALL
SELECT s.starts_on, s.sku_id, s.currency, s.orders, s.valued_rows, s.units, s.returned, s.gross_sales, s.discounts, s.returns,
       s.tax, s.net_sales_base, s.total_sales_base
FROM oms_internal.unread_sums() AS s
WHERE s.dimension = 'sku';
COMMENT ON VIEW oms.current_sku_sales IS 'Sales by month, SKU and currency, in minor units, as counted and what the job roll_up_reports has not read yet, in rows of their own';

CREATE OR REPLACE VIEW oms_report.sales_by_sku_month WITH (security_invoker = true) AS
SELECT t.month, k.code AS sku, k.name, p.code AS product, p.category::text AS category, t.currency, t.orders::bigint AS orders,
       t.units::numeric AS units, t.returned::numeric AS returned_units,
       t.gross_sales * u.unit AS gross_sales, t.discounts * u.unit AS discounts, t.returns * u.unit AS returns,
       (t.gross_sales - t.discounts - t.returns) * u.unit AS net_sales, t.tax * u.unit AS tax,
       (t.gross_sales - t.discounts - t.returns + t.tax) * u.unit AS total_sales, b.currency AS base_currency,
       CASE WHEN t.valued_rows > 0 THEN t.net_sales_base * b.unit END AS net_sales_base,
       CASE WHEN t.valued_rows > 0 THEN t.total_sales_base * b.unit END AS total_sales_base
FROM (SELECT s.month, s.sku_id, s.currency, sum(s.orders) AS orders, oms.sum(s.units) AS units, oms.sum(s.returned) AS returned, sum(s.gross_sales) AS gross_sales,
             sum(s.discounts) AS discounts, sum(s.returns) AS returns, sum(s.tax) AS tax, sum(s.valued_rows) AS valued_rows,
             sum(s.net_sales_base) AS net_sales_base, sum(s.total_sales_base) AS total_sales_base
      FROM oms.current_sku_sales AS s
      GROUP BY s.month, s.sku_id, s.currency
      HAVING sum(s.orders) <> 0) AS t
JOIN oms.skus AS k ON k.sku_id = t.sku_id
LEFT JOIN oms.products AS p ON p.product_id = k.product_id
CROSS JOIN LATERAL (SELECT oms.amount_from_minor(1, t.currency)::numeric AS unit OFFSET 0) AS u
LEFT JOIN oms.base_unit AS b ON true;
COMMENT ON VIEW oms_report.sales_by_sku_month IS 'What was sold, per month, SKU and currency; of a kit as a whole';
COMMENT ON COLUMN oms_report.sales_by_sku_month.month IS 'First day of the month';
COMMENT ON COLUMN oms_report.sales_by_sku_month.sku IS 'Its code';
COMMENT ON COLUMN oms_report.sales_by_sku_month.name IS 'Its name';
COMMENT ON COLUMN oms_report.sales_by_sku_month.product IS 'Code of its product; null without one';
COMMENT ON COLUMN oms_report.sales_by_sku_month.category IS 'Of the product as it is today';
COMMENT ON COLUMN oms_report.sales_by_sku_month.currency IS 'Of the orders, and of all money but the columns in the base currency';
COMMENT ON COLUMN oms_report.sales_by_sku_month.orders IS 'That have the SKU';
COMMENT ON COLUMN oms_report.sales_by_sku_month.units IS 'Ordered and not cancelled, in base units of the SKU';
COMMENT ON COLUMN oms_report.sales_by_sku_month.returned_units IS 'Of these, what has come back so far';
COMMENT ON COLUMN oms_report.sales_by_sku_month.gross_sales IS 'Unit price times units, without tax, before discounts';
COMMENT ON COLUMN oms_report.sales_by_sku_month.discounts IS 'On lines, and the lines'' shares of discounts on orders';
COMMENT ON COLUMN oms_report.sales_by_sku_month.returns IS 'What credit notes have taken back of goods, for returns, claims and allowances, without tax';
COMMENT ON COLUMN oms_report.sales_by_sku_month.net_sales IS 'gross_sales less discounts and returns';
COMMENT ON COLUMN oms_report.sales_by_sku_month.tax IS 'Of the goods, less what was credited';
COMMENT ON COLUMN oms_report.sales_by_sku_month.total_sales IS 'net_sales and tax';
COMMENT ON COLUMN oms_report.sales_by_sku_month.base_currency IS 'The currency of the books';
COMMENT ON COLUMN oms_report.sales_by_sku_month.net_sales_base IS 'net_sales in the base currency, by the rate of each order''s day; orders without a rate count for nothing, null if that is all';
COMMENT ON COLUMN oms_report.sales_by_sku_month.total_sales_base IS 'The same of total_sales';

CREATE OR REPLACE VIEW oms_report.sales_by_product_month WITH (security_invoker = true) AS
SELECT t.month, p.code AS product, p.name, p.brand, p.category::text AS category, t.currency,
       t.units::numeric AS units, t.returned::numeric AS returned_units,
       t.gross_sales * u.unit AS gross_sales, t.discounts * u.unit AS discounts, t.returns * u.unit AS returns,
       (t.gross_sales - t.discounts - t.returns) * u.unit AS net_sales, t.tax * u.unit AS tax,
       (t.gross_sales - t.discounts - t.returns + t.tax) * u.unit AS total_sales, b.currency AS base_currency,
       CASE WHEN t.valued_rows > 0 THEN t.net_sales_base * b.unit END AS net_sales_base,
       CASE WHEN t.valued_rows > 0 THEN t.total_sales_base * b.unit END AS total_sales_base
FROM (SELECT s.month, k.product_id, s.currency, sum(s.orders) AS orders, oms.sum(s.units) AS units, oms.sum(s.returned) AS returned, sum(s.gross_sales) AS gross_sales,
             sum(s.discounts) AS discounts, sum(s.returns) AS returns, sum(s.tax) AS tax, sum(s.valued_rows) AS valued_rows,
             sum(s.net_sales_base) AS net_sales_base, sum(s.total_sales_base) AS total_sales_base
      FROM oms.current_sku_sales AS s
      JOIN oms.skus AS k ON k.sku_id = s.sku_id
      GROUP BY s.month, k.product_id, s.currency
      HAVING sum(s.orders) <> 0) AS t
LEFT JOIN oms.products AS p ON p.product_id = t.product_id
CROSS JOIN LATERAL (SELECT oms.amount_from_minor(1, t.currency)::numeric AS unit OFFSET 0) AS u
LEFT JOIN oms.base_unit AS b ON true;
COMMENT ON VIEW oms_report.sales_by_product_month IS 'What was sold, per month, product and currency';
COMMENT ON COLUMN oms_report.sales_by_product_month.month IS 'First day of the month';
COMMENT ON COLUMN oms_report.sales_by_product_month.product IS 'Its code; null for SKUs without a product';
COMMENT ON COLUMN oms_report.sales_by_product_month.name IS 'Its name';
COMMENT ON COLUMN oms_report.sales_by_product_month.brand IS 'Of the product';
COMMENT ON COLUMN oms_report.sales_by_product_month.category IS 'Of the product as it is today';
COMMENT ON COLUMN oms_report.sales_by_product_month.currency IS 'Of the orders, and of all money but the columns in the base currency';
COMMENT ON COLUMN oms_report.sales_by_product_month.units IS 'Ordered and not cancelled, in base units of the SKU';
COMMENT ON COLUMN oms_report.sales_by_product_month.returned_units IS 'Of these, what has come back so far';
COMMENT ON COLUMN oms_report.sales_by_product_month.gross_sales IS 'Unit price times units, without tax, before discounts';
COMMENT ON COLUMN oms_report.sales_by_product_month.discounts IS 'On lines, and the lines'' shares of discounts on orders';
COMMENT ON COLUMN oms_report.sales_by_product_month.returns IS 'What credit notes have taken back of goods, for returns, claims and allowances, without tax';
COMMENT ON COLUMN oms_report.sales_by_product_month.net_sales IS 'gross_sales less discounts and returns';
COMMENT ON COLUMN oms_report.sales_by_product_month.tax IS 'Of the goods, less what was credited';
COMMENT ON COLUMN oms_report.sales_by_product_month.total_sales IS 'net_sales and tax';
COMMENT ON COLUMN oms_report.sales_by_product_month.base_currency IS 'The currency of the books';
COMMENT ON COLUMN oms_report.sales_by_product_month.net_sales_base IS 'net_sales in the base currency, by the rate of each order''s day; orders without a rate count for nothing, null if that is all';
COMMENT ON COLUMN oms_report.sales_by_product_month.total_sales_base IS 'The same of total_sales';

CREATE OR REPLACE VIEW oms_report.sales_by_category_month WITH (security_invoker = true) AS
SELECT t.month, t.category, t.level, t.currency,
       t.units::numeric AS units, t.returned::numeric AS returned_units,
       t.gross_sales * u.unit AS gross_sales, t.discounts * u.unit AS discounts, t.returns * u.unit AS returns,
       (t.gross_sales - t.discounts - t.returns) * u.unit AS net_sales, t.tax * u.unit AS tax,
       (t.gross_sales - t.discounts - t.returns + t.tax) * u.unit AS total_sales, b.currency AS base_currency,
       CASE WHEN t.valued_rows > 0 THEN t.net_sales_base * b.unit END AS net_sales_base,
       CASE WHEN t.valued_rows > 0 THEN t.total_sales_base * b.unit END AS total_sales_base
FROM (SELECT s.month, c.category, c.level, s.currency, sum(s.orders) AS orders, oms.sum(s.units) AS units, oms.sum(s.returned) AS returned, sum(s.gross_sales) AS gross_sales,
             sum(s.discounts) AS discounts, sum(s.returns) AS returns, sum(s.tax) AS tax, sum(s.valued_rows) AS valued_rows,
             sum(s.net_sales_base) AS net_sales_base, sum(s.total_sales_base) AS total_sales_base
      FROM (SELECT s.month, p.category::text AS category, s.currency, sum(s.orders) AS orders, oms.sum(s.units) AS units, oms.sum(s.returned) AS returned, sum(s.gross_sales) AS gross_sales,
                   sum(s.discounts) AS discounts, sum(s.returns) AS returns, sum(s.tax) AS tax, sum(s.valued_rows) AS valued_rows,
                   sum(s.net_sales_base) AS net_sales_base, sum(s.total_sales_base) AS total_sales_base
            FROM oms.current_sku_sales AS s
            JOIN oms.skus AS k ON k.sku_id = s.sku_id
            LEFT JOIN oms.products AS p ON p.product_id = k.product_id
            GROUP BY s.month, p.category::text, s.currency) AS s
      LEFT JOIN LATERAL (
          SELECT @ltree@.ltree2text(@ltree@.subltree(s.category::@ltree@.ltree, 0, n)) AS category, n AS level
          FROM generate_series(1, @ltree@.nlevel(s.category::@ltree@.ltree)) AS n) AS c ON true
      GROUP BY s.month, c.category, c.level, s.currency
      HAVING sum(s.orders) <> 0) AS t
CROSS JOIN LATERAL (SELECT oms.amount_from_minor(1, t.currency)::numeric AS unit OFFSET 0) AS u
LEFT JOIN oms.base_unit AS b ON true;
COMMENT ON VIEW oms_report.sales_by_category_month IS 'What was sold, per month, category with those below it, and currency';
COMMENT ON COLUMN oms_report.sales_by_category_month.month IS 'First day of the month';
COMMENT ON COLUMN oms_report.sales_by_category_month.category IS 'With all categories below it; null for SKUs without one';
COMMENT ON COLUMN oms_report.sales_by_category_month.level IS '1 for categories without one above them: sales of all of one level add up';
COMMENT ON COLUMN oms_report.sales_by_category_month.currency IS 'Of the orders, and of all money but the columns in the base currency';
COMMENT ON COLUMN oms_report.sales_by_category_month.units IS 'Ordered and not cancelled, in base units of the SKU';
COMMENT ON COLUMN oms_report.sales_by_category_month.returned_units IS 'Of these, what has come back so far';
COMMENT ON COLUMN oms_report.sales_by_category_month.gross_sales IS 'Unit price times units, without tax, before discounts';
COMMENT ON COLUMN oms_report.sales_by_category_month.discounts IS 'On lines, and the lines'' shares of discounts on orders';
COMMENT ON COLUMN oms_report.sales_by_category_month.returns IS 'What credit notes have taken back of goods, for returns, claims and allowances, without tax';
COMMENT ON COLUMN oms_report.sales_by_category_month.net_sales IS 'gross_sales less discounts and returns';
COMMENT ON COLUMN oms_report.sales_by_category_month.tax IS 'Of the goods, less what was credited';
COMMENT ON COLUMN oms_report.sales_by_category_month.total_sales IS 'net_sales and tax';
COMMENT ON COLUMN oms_report.sales_by_category_month.base_currency IS 'The currency of the books';
COMMENT ON COLUMN oms_report.sales_by_category_month.net_sales_base IS 'net_sales in the base currency, by the rate of each order''s day; orders without a rate count for nothing, null if that is all';
COMMENT ON COLUMN oms_report.sales_by_category_month.total_sales_base IS 'The same of total_sales';

CREATE OR REPLACE VIEW oms_report.sales_by_sku_day WITH (security_invoker = true) AS
SELECT t.day, (date_trunc('week', t.day::timestamp))::date AS week,
       (date_trunc('month', t.day::timestamp))::date AS month, t.sku, t.name, t.product, t.category, t.currency, t.orders, t.units::numeric AS units,
       t.returned::numeric AS returned_units,
       t.gross_sales * u.unit AS gross_sales, t.discounts * u.unit AS discounts, t.returns * u.unit AS returns,
       (t.gross_sales - t.discounts - t.returns) * u.unit AS net_sales, t.tax * u.unit AS tax,
       (t.gross_sales - t.discounts - t.returns + t.tax) * u.unit AS total_sales, b.currency AS base_currency,
       t.net_sales_base * b.unit AS net_sales_base, t.total_sales_base * b.unit AS total_sales_base
FROM (SELECT l.day, k.code AS sku, k.name, p.code AS product, p.category::text AS category, l.currency, sum(l.sku_orders) AS orders,
             oms.sum(l.units) AS units, oms.sum(l.returned) AS returned, sum(l.gross_sales) AS gross_sales, sum(l.discounts) AS discounts, sum(l.returns) AS returns,
             sum(l.tax) AS tax, CASE WHEN sum(l.valued_lines) > 0 THEN sum(l.net_sales_base) END AS net_sales_base,
             CASE WHEN sum(l.valued_lines) > 0 THEN sum(l.total_sales_base) END AS total_sales_base
      FROM oms.current_sales_lines AS l
      JOIN oms.skus AS k ON k.sku_id = l.sku_id
      LEFT JOIN oms.products AS p ON p.product_id = k.product_id
      GROUP BY l.day, k.sku_id, k.code, p.product_id, p.code, l.currency
      HAVING sum(l.lines) <> 0) AS t
CROSS JOIN LATERAL (SELECT oms.amount_from_minor(1, t.currency)::numeric AS unit OFFSET 0) AS u
LEFT JOIN oms.base_unit AS b ON true;
COMMENT ON VIEW oms_report.sales_by_sku_day IS 'What was sold, per day, SKU and currency; of a kit as a whole. Ask for a range of days';
COMMENT ON COLUMN oms_report.sales_by_sku_day.day IS 'When the orders were placed, in the time zone of reports: time_zone of oms.settings, by default UTC';
COMMENT ON COLUMN oms_report.sales_by_sku_day.week IS 'Monday of the week';
COMMENT ON COLUMN oms_report.sales_by_sku_day.month IS 'First day of the month';
COMMENT ON COLUMN oms_report.sales_by_sku_day.sku IS 'Its code';
COMMENT ON COLUMN oms_report.sales_by_sku_day.name IS 'Its name';
COMMENT ON COLUMN oms_report.sales_by_sku_day.product IS 'Code of its product; null without one';
COMMENT ON COLUMN oms_report.sales_by_sku_day.category IS 'Of the product as it is today';
COMMENT ON COLUMN oms_report.sales_by_sku_day.currency IS 'Of the orders, and of all money but the columns in the base currency';
COMMENT ON COLUMN oms_report.sales_by_sku_day.orders IS 'That have the SKU';
COMMENT ON COLUMN oms_report.sales_by_sku_day.units IS 'Ordered and not cancelled, in base units of the SKU';
COMMENT ON COLUMN oms_report.sales_by_sku_day.returned_units IS 'Of these, what has come back so far';
COMMENT ON COLUMN oms_report.sales_by_sku_day.gross_sales IS 'Unit price times units, without tax, before discounts';
COMMENT ON COLUMN oms_report.sales_by_sku_day.discounts IS 'On lines, and the lines'' shares of discounts on orders';
COMMENT ON COLUMN oms_report.sales_by_sku_day.returns IS 'What credit notes have taken back of goods, for returns, claims and allowances, without tax';
COMMENT ON COLUMN oms_report.sales_by_sku_day.net_sales IS 'gross_sales less discounts and returns';
COMMENT ON COLUMN oms_report.sales_by_sku_day.tax IS 'Of the goods, less what was credited';
COMMENT ON COLUMN oms_report.sales_by_sku_day.total_sales IS 'net_sales and tax';
COMMENT ON COLUMN oms_report.sales_by_sku_day.base_currency IS 'The currency of the books';
COMMENT ON COLUMN oms_report.sales_by_sku_day.net_sales_base IS 'net_sales in the base currency, by the rate of each order''s day; orders without a rate count for nothing, null if that is all';
COMMENT ON COLUMN oms_report.sales_by_sku_day.total_sales_base IS 'The same of total_sales';

CREATE OR REPLACE VIEW oms_report.sales_by_product_day WITH (security_invoker = true) AS
SELECT t.day, (date_trunc('week', t.day::timestamp))::date AS week,
       (date_trunc('month', t.day::timestamp))::date AS month, t.product, t.name, t.brand, t.category, t.currency, t.units::numeric AS units,
       t.returned::numeric AS returned_units,
       t.gross_sales * u.unit AS gross_sales, t.discounts * u.unit AS discounts, t.returns * u.unit AS returns,
       (t.gross_sales - t.discounts - t.returns) * u.unit AS net_sales, t.tax * u.unit AS tax,
       (t.gross_sales - t.discounts - t.returns + t.tax) * u.unit AS total_sales, b.currency AS base_currency,
       t.net_sales_base * b.unit AS net_sales_base, t.total_sales_base * b.unit AS total_sales_base
FROM (SELECT l.day, p.code AS product, p.name, p.brand, p.category::text AS category, l.currency,
             oms.sum(l.units) AS units, oms.sum(l.returned) AS returned, sum(l.gross_sales) AS gross_sales, sum(l.discounts) AS discounts, sum(l.returns) AS returns,
             sum(l.tax) AS tax, CASE WHEN sum(l.valued_lines) > 0 THEN sum(l.net_sales_base) END AS net_sales_base,
             CASE WHEN sum(l.valued_lines) > 0 THEN sum(l.total_sales_base) END AS total_sales_base
      FROM oms.current_sales_lines AS l
      JOIN oms.skus AS k ON k.sku_id = l.sku_id
      LEFT JOIN oms.products AS p ON p.product_id = k.product_id
      GROUP BY l.day, p.product_id, p.code, l.currency
      HAVING sum(l.lines) <> 0) AS t
CROSS JOIN LATERAL (SELECT oms.amount_from_minor(1, t.currency)::numeric AS unit OFFSET 0) AS u
LEFT JOIN oms.base_unit AS b ON true;
COMMENT ON VIEW oms_report.sales_by_product_day IS 'What was sold, per day, product and currency. Ask for a range of days';
COMMENT ON COLUMN oms_report.sales_by_product_day.day IS 'When the orders were placed, in the time zone of reports: time_zone of oms.settings, by default UTC';
COMMENT ON COLUMN oms_report.sales_by_product_day.week IS 'Monday of the week';
COMMENT ON COLUMN oms_report.sales_by_product_day.month IS 'First day of the month';
COMMENT ON COLUMN oms_report.sales_by_product_day.product IS 'Its code; null for SKUs without a product';
COMMENT ON COLUMN oms_report.sales_by_product_day.name IS 'Its name';
COMMENT ON COLUMN oms_report.sales_by_product_day.brand IS 'Of the product';
COMMENT ON COLUMN oms_report.sales_by_product_day.category IS 'Of the product as it is today';
COMMENT ON COLUMN oms_report.sales_by_product_day.currency IS 'Of the orders, and of all money but the columns in the base currency';
COMMENT ON COLUMN oms_report.sales_by_product_day.units IS 'Ordered and not cancelled, in base units of the SKU';
COMMENT ON COLUMN oms_report.sales_by_product_day.returned_units IS 'Of these, what has come back so far';
COMMENT ON COLUMN oms_report.sales_by_product_day.gross_sales IS 'Unit price times units, without tax, before discounts';
COMMENT ON COLUMN oms_report.sales_by_product_day.discounts IS 'On lines, and the lines'' shares of discounts on orders';
COMMENT ON COLUMN oms_report.sales_by_product_day.returns IS 'What credit notes have taken back of goods, for returns, claims and allowances, without tax';
COMMENT ON COLUMN oms_report.sales_by_product_day.net_sales IS 'gross_sales less discounts and returns';
COMMENT ON COLUMN oms_report.sales_by_product_day.tax IS 'Of the goods, less what was credited';
COMMENT ON COLUMN oms_report.sales_by_product_day.total_sales IS 'net_sales and tax';
COMMENT ON COLUMN oms_report.sales_by_product_day.base_currency IS 'The currency of the books';
COMMENT ON COLUMN oms_report.sales_by_product_day.net_sales_base IS 'net_sales in the base currency, by the rate of each order''s day; orders without a rate count for nothing, null if that is all';
COMMENT ON COLUMN oms_report.sales_by_product_day.total_sales_base IS 'The same of total_sales';

CREATE OR REPLACE VIEW oms_report.sales_by_category_day WITH (security_invoker = true) AS
SELECT t.day, (date_trunc('week', t.day::timestamp))::date AS week,
       (date_trunc('month', t.day::timestamp))::date AS month, t.category, t.level, t.currency, t.units::numeric AS units, t.returned::numeric AS returned_units,
       t.gross_sales * u.unit AS gross_sales, t.discounts * u.unit AS discounts, t.returns * u.unit AS returns,
       (t.gross_sales - t.discounts - t.returns) * u.unit AS net_sales, t.tax * u.unit AS tax,
       (t.gross_sales - t.discounts - t.returns + t.tax) * u.unit AS total_sales, b.currency AS base_currency,
       t.net_sales_base * b.unit AS net_sales_base, t.total_sales_base * b.unit AS total_sales_base
FROM (SELECT l.day, c.category, c.level, l.currency, oms.sum(l.units) AS units, oms.sum(l.returned) AS returned,
             sum(l.gross_sales) AS gross_sales, sum(l.discounts) AS discounts, sum(l.returns) AS returns,
             sum(l.tax) AS tax, CASE WHEN sum(l.valued_lines) > 0 THEN sum(l.net_sales_base) END AS net_sales_base,
             CASE WHEN sum(l.valued_lines) > 0 THEN sum(l.total_sales_base) END AS total_sales_base
      FROM (SELECT l.day, p.category::text AS category, l.currency, sum(l.lines) AS lines, oms.sum(l.units) AS units, oms.sum(l.returned) AS returned,
             sum(l.gross_sales) AS gross_sales, sum(l.discounts) AS discounts, sum(l.returns) AS returns,
             sum(l.tax) AS tax, sum(l.valued_lines) AS valued_lines,
                   sum(l.net_sales_base) AS net_sales_base, sum(l.total_sales_base) AS total_sales_base
            FROM oms.current_sales_lines AS l
            JOIN oms.skus AS k ON k.sku_id = l.sku_id
            LEFT JOIN oms.products AS p ON p.product_id = k.product_id
            GROUP BY l.day, p.category::text, l.currency) AS l
      LEFT JOIN LATERAL (
          SELECT @ltree@.ltree2text(@ltree@.subltree(l.category::@ltree@.ltree, 0, n)) AS category, n AS level
          FROM generate_series(1, @ltree@.nlevel(l.category::@ltree@.ltree)) AS n) AS c ON true
      GROUP BY l.day, c.category, c.level, l.currency
      HAVING sum(l.lines) <> 0) AS t
CROSS JOIN LATERAL (SELECT oms.amount_from_minor(1, t.currency)::numeric AS unit OFFSET 0) AS u
LEFT JOIN oms.base_unit AS b ON true;
COMMENT ON VIEW oms_report.sales_by_category_day IS 'What was sold, per day, category with those below it, and currency. Ask for a range of days';
COMMENT ON COLUMN oms_report.sales_by_category_day.day IS 'When the orders were placed, in the time zone of reports: time_zone of oms.settings, by default UTC';
COMMENT ON COLUMN oms_report.sales_by_category_day.week IS 'Monday of the week';
COMMENT ON COLUMN oms_report.sales_by_category_day.month IS 'First day of the month';
COMMENT ON COLUMN oms_report.sales_by_category_day.category IS 'With all categories below it; null for SKUs without one';
COMMENT ON COLUMN oms_report.sales_by_category_day.level IS '1 for categories without one above them: sales of all of one level add up';
COMMENT ON COLUMN oms_report.sales_by_category_day.currency IS 'Of the orders, and of all money but the columns in the base currency';
COMMENT ON COLUMN oms_report.sales_by_category_day.units IS 'Ordered and not cancelled, in base units of the SKU';
COMMENT ON COLUMN oms_report.sales_by_category_day.returned_units IS 'Of these, what has come back so far';
COMMENT ON COLUMN oms_report.sales_by_category_day.gross_sales IS 'Unit price times units, without tax, before discounts';
COMMENT ON COLUMN oms_report.sales_by_category_day.discounts IS 'On lines, and the lines'' shares of discounts on orders';
COMMENT ON COLUMN oms_report.sales_by_category_day.returns IS 'What credit notes have taken back of goods, for returns, claims and allowances, without tax';
COMMENT ON COLUMN oms_report.sales_by_category_day.net_sales IS 'gross_sales less discounts and returns';
COMMENT ON COLUMN oms_report.sales_by_category_day.tax IS 'Of the goods, less what was credited';
COMMENT ON COLUMN oms_report.sales_by_category_day.total_sales IS 'net_sales and tax';
COMMENT ON COLUMN oms_report.sales_by_category_day.base_currency IS 'The currency of the books';
COMMENT ON COLUMN oms_report.sales_by_category_day.net_sales_base IS 'net_sales in the base currency, by the rate of each order''s day; orders without a rate count for nothing, null if that is all';
COMMENT ON COLUMN oms_report.sales_by_category_day.total_sales_base IS 'The same of total_sales';

CREATE OR REPLACE VIEW oms_report.sales_by_sku_week WITH (security_invoker = true) AS
SELECT t.week, t.sku, t.name, t.product, t.category, t.currency, t.orders, t.units::numeric AS units,
       t.returned::numeric AS returned_units,
       t.gross_sales * u.unit AS gross_sales, t.discounts * u.unit AS discounts, t.returns * u.unit AS returns,
       (t.gross_sales - t.discounts - t.returns) * u.unit AS net_sales, t.tax * u.unit AS tax,
       (t.gross_sales - t.discounts - t.returns + t.tax) * u.unit AS total_sales, b.currency AS base_currency,
       t.net_sales_base * b.unit AS net_sales_base, t.total_sales_base * b.unit AS total_sales_base
FROM (SELECT l.week, k.code AS sku, k.name, p.code AS product, p.category::text AS category, l.currency, sum(l.sku_orders) AS orders,
             oms.sum(l.units) AS units, oms.sum(l.returned) AS returned, sum(l.gross_sales) AS gross_sales, sum(l.discounts) AS discounts, sum(l.returns) AS returns,
             sum(l.tax) AS tax, CASE WHEN sum(l.valued_lines) > 0 THEN sum(l.net_sales_base) END AS net_sales_base,
             CASE WHEN sum(l.valued_lines) > 0 THEN sum(l.total_sales_base) END AS total_sales_base
      FROM oms.current_sales_lines AS l
      JOIN oms.skus AS k ON k.sku_id = l.sku_id
      LEFT JOIN oms.products AS p ON p.product_id = k.product_id
      GROUP BY l.week, k.sku_id, k.code, p.product_id, p.code, l.currency
      HAVING sum(l.lines) <> 0) AS t
CROSS JOIN LATERAL (SELECT oms.amount_from_minor(1, t.currency)::numeric AS unit OFFSET 0) AS u
LEFT JOIN oms.base_unit AS b ON true;
COMMENT ON VIEW oms_report.sales_by_sku_week IS 'What was sold, per week, SKU and currency; of a kit as a whole. Ask for a range of weeks';
COMMENT ON COLUMN oms_report.sales_by_sku_week.week IS 'Monday of the week';
COMMENT ON COLUMN oms_report.sales_by_sku_week.sku IS 'Its code';
COMMENT ON COLUMN oms_report.sales_by_sku_week.name IS 'Its name';
COMMENT ON COLUMN oms_report.sales_by_sku_week.product IS 'Code of its product; null without one';
COMMENT ON COLUMN oms_report.sales_by_sku_week.category IS 'Of the product as it is today';
COMMENT ON COLUMN oms_report.sales_by_sku_week.currency IS 'Of the orders, and of all money but the columns in the base currency';
COMMENT ON COLUMN oms_report.sales_by_sku_week.orders IS 'That have the SKU';
COMMENT ON COLUMN oms_report.sales_by_sku_week.units IS 'Ordered and not cancelled, in base units of the SKU';
COMMENT ON COLUMN oms_report.sales_by_sku_week.returned_units IS 'Of these, what has come back so far';
COMMENT ON COLUMN oms_report.sales_by_sku_week.gross_sales IS 'Unit price times units, without tax, before discounts';
COMMENT ON COLUMN oms_report.sales_by_sku_week.discounts IS 'On lines, and the lines'' shares of discounts on orders';
COMMENT ON COLUMN oms_report.sales_by_sku_week.returns IS 'What credit notes have taken back of goods, for returns, claims and allowances, without tax';
COMMENT ON COLUMN oms_report.sales_by_sku_week.net_sales IS 'gross_sales less discounts and returns';
COMMENT ON COLUMN oms_report.sales_by_sku_week.tax IS 'Of the goods, less what was credited';
COMMENT ON COLUMN oms_report.sales_by_sku_week.total_sales IS 'net_sales and tax';
COMMENT ON COLUMN oms_report.sales_by_sku_week.base_currency IS 'The currency of the books';
COMMENT ON COLUMN oms_report.sales_by_sku_week.net_sales_base IS 'net_sales in the base currency, by the rate of each order''s day; orders without a rate count for nothing, null if that is all';
COMMENT ON COLUMN oms_report.sales_by_sku_week.total_sales_base IS 'The same of total_sales';

CREATE OR REPLACE VIEW oms_report.sales_by_product_week WITH (security_invoker = true) AS
SELECT t.week, t.product, t.name, t.brand, t.category, t.currency, t.units::numeric AS units,
       t.returned::numeric AS returned_units,
       t.gross_sales * u.unit AS gross_sales, t.discounts * u.unit AS discounts, t.returns * u.unit AS returns,
       (t.gross_sales - t.discounts - t.returns) * u.unit AS net_sales, t.tax * u.unit AS tax,
       (t.gross_sales - t.discounts - t.returns + t.tax) * u.unit AS total_sales, b.currency AS base_currency,
       t.net_sales_base * b.unit AS net_sales_base, t.total_sales_base * b.unit AS total_sales_base
FROM (SELECT l.week, p.code AS product, p.name, p.brand, p.category::text AS category, l.currency,
             oms.sum(l.units) AS units, oms.sum(l.returned) AS returned, sum(l.gross_sales) AS gross_sales, sum(l.discounts) AS discounts, sum(l.returns) AS returns,
             sum(l.tax) AS tax, CASE WHEN sum(l.valued_lines) > 0 THEN sum(l.net_sales_base) END AS net_sales_base,
             CASE WHEN sum(l.valued_lines) > 0 THEN sum(l.total_sales_base) END AS total_sales_base
      FROM oms.current_sales_lines AS l
      JOIN oms.skus AS k ON k.sku_id = l.sku_id
      LEFT JOIN oms.products AS p ON p.product_id = k.product_id
      GROUP BY l.week, p.product_id, p.code, l.currency
      HAVING sum(l.lines) <> 0) AS t
CROSS JOIN LATERAL (SELECT oms.amount_from_minor(1, t.currency)::numeric AS unit OFFSET 0) AS u
LEFT JOIN oms.base_unit AS b ON true;
COMMENT ON VIEW oms_report.sales_by_product_week IS 'What was sold, per week, product and currency. Ask for a range of weeks';
COMMENT ON COLUMN oms_report.sales_by_product_week.week IS 'Monday of the week';
COMMENT ON COLUMN oms_report.sales_by_product_week.product IS 'Its code; null for SKUs without a product';
COMMENT ON COLUMN oms_report.sales_by_product_week.name IS 'Its name';
COMMENT ON COLUMN oms_report.sales_by_product_week.brand IS 'Of the product';
COMMENT ON COLUMN oms_report.sales_by_product_week.category IS 'Of the product as it is today';
COMMENT ON COLUMN oms_report.sales_by_product_week.currency IS 'Of the orders, and of all money but the columns in the base currency';
COMMENT ON COLUMN oms_report.sales_by_product_week.units IS 'Ordered and not cancelled, in base units of the SKU';
COMMENT ON COLUMN oms_report.sales_by_product_week.returned_units IS 'Of these, what has come back so far';
COMMENT ON COLUMN oms_report.sales_by_product_week.gross_sales IS 'Unit price times units, without tax, before discounts';
COMMENT ON COLUMN oms_report.sales_by_product_week.discounts IS 'On lines, and the lines'' shares of discounts on orders';
COMMENT ON COLUMN oms_report.sales_by_product_week.returns IS 'What credit notes have taken back of goods, for returns, claims and allowances, without tax';
COMMENT ON COLUMN oms_report.sales_by_product_week.net_sales IS 'gross_sales less discounts and returns';
COMMENT ON COLUMN oms_report.sales_by_product_week.tax IS 'Of the goods, less what was credited';
COMMENT ON COLUMN oms_report.sales_by_product_week.total_sales IS 'net_sales and tax';
COMMENT ON COLUMN oms_report.sales_by_product_week.base_currency IS 'The currency of the books';
COMMENT ON COLUMN oms_report.sales_by_product_week.net_sales_base IS 'net_sales in the base currency, by the rate of each order''s day; orders without a rate count for nothing, null if that is all';
COMMENT ON COLUMN oms_report.sales_by_product_week.total_sales_base IS 'The same of total_sales';

CREATE OR REPLACE VIEW oms_report.sales_by_category_week WITH (security_invoker = true) AS
SELECT t.week, t.category, t.level, t.currency, t.units::numeric AS units, t.returned::numeric AS returned_units,
       t.gross_sales * u.unit AS gross_sales, t.discounts * u.unit AS discounts, t.returns * u.unit AS returns,
       (t.gross_sales - t.discounts - t.returns) * u.unit AS net_sales, t.tax * u.unit AS tax,
       (t.gross_sales - t.discounts - t.returns + t.tax) * u.unit AS total_sales, b.currency AS base_currency,
       t.net_sales_base * b.unit AS net_sales_base, t.total_sales_base * b.unit AS total_sales_base
FROM (SELECT l.week, c.category, c.level, l.currency, oms.sum(l.units) AS units, oms.sum(l.returned) AS returned,
             sum(l.gross_sales) AS gross_sales, sum(l.discounts) AS discounts, sum(l.returns) AS returns,
             sum(l.tax) AS tax, CASE WHEN sum(l.valued_lines) > 0 THEN sum(l.net_sales_base) END AS net_sales_base,
             CASE WHEN sum(l.valued_lines) > 0 THEN sum(l.total_sales_base) END AS total_sales_base
      FROM (SELECT l.week, p.category::text AS category, l.currency, sum(l.lines) AS lines, oms.sum(l.units) AS units, oms.sum(l.returned) AS returned,
             sum(l.gross_sales) AS gross_sales, sum(l.discounts) AS discounts, sum(l.returns) AS returns,
             sum(l.tax) AS tax, sum(l.valued_lines) AS valued_lines,
                   sum(l.net_sales_base) AS net_sales_base, sum(l.total_sales_base) AS total_sales_base
            FROM oms.current_sales_lines AS l
            JOIN oms.skus AS k ON k.sku_id = l.sku_id
            LEFT JOIN oms.products AS p ON p.product_id = k.product_id
            GROUP BY l.week, p.category::text, l.currency) AS l
      LEFT JOIN LATERAL (
          SELECT @ltree@.ltree2text(@ltree@.subltree(l.category::@ltree@.ltree, 0, n)) AS category, n AS level
          FROM generate_series(1, @ltree@.nlevel(l.category::@ltree@.ltree)) AS n) AS c ON true
      GROUP BY l.week, c.category, c.level, l.currency
      HAVING sum(l.lines) <> 0) AS t
CROSS JOIN LATERAL (SELECT oms.amount_from_minor(1, t.currency)::numeric AS unit OFFSET 0) AS u
LEFT JOIN oms.base_unit AS b ON true;
COMMENT ON VIEW oms_report.sales_by_category_week IS 'What was sold, per week, category with those below it, and currency. Ask for a range of weeks';
COMMENT ON COLUMN oms_report.sales_by_category_week.week IS 'Monday of the week';
COMMENT ON COLUMN oms_report.sales_by_category_week.category IS 'With all categories below it; null for SKUs without one';
COMMENT ON COLUMN oms_report.sales_by_category_week.level IS '1 for categories without one above them: sales of all of one level add up';
COMMENT ON COLUMN oms_report.sales_by_category_week.currency IS 'Of the orders, and of all money but the columns in the base currency';
COMMENT ON COLUMN oms_report.sales_by_category_week.units IS 'Ordered and not cancelled, in base units of the SKU';
COMMENT ON COLUMN oms_report.sales_by_category_week.returned_units IS 'Of these, what has come back so far';
COMMENT ON COLUMN oms_report.sales_by_category_week.gross_sales IS 'Unit price times units, without tax, before discounts';
COMMENT ON COLUMN oms_report.sales_by_category_week.discounts IS 'On lines, and the lines'' shares of discounts on orders';
COMMENT ON COLUMN oms_report.sales_by_category_week.returns IS 'What credit notes have taken back of goods, for returns, claims and allowances, without tax';
COMMENT ON COLUMN oms_report.sales_by_category_week.net_sales IS 'gross_sales less discounts and returns';
COMMENT ON COLUMN oms_report.sales_by_category_week.tax IS 'Of the goods, less what was credited';
COMMENT ON COLUMN oms_report.sales_by_category_week.total_sales IS 'net_sales and tax';
COMMENT ON COLUMN oms_report.sales_by_category_week.base_currency IS 'The currency of the books';
COMMENT ON COLUMN oms_report.sales_by_category_week.net_sales_base IS 'net_sales in the base currency, by the rate of each order''s day; orders without a rate count for nothing, null if that is all';
COMMENT ON COLUMN oms_report.sales_by_category_week.total_sales_base IS 'The same of total_sales';
