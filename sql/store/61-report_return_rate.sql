/* sql/store/61-report_return_rate.sql: which share of what was delivered comes back, and why, added up */

/*
 * What is old enough, and of which 90 days, changes from day to day. Months
 * that are on one side of each border count as a whole. Of a month that a
 * border parts, the months' row has what does not depend on it, and the lines
 * of the month the rest.
 */
CREATE OR REPLACE VIEW oms.return_borders WITH (security_invoker = true) AS
SELECT t.mature_on, t.mature_on - 90 AS recent_on, t.mature_on - 180 AS earlier_on,
       date_trunc('month', (t.mature_on + 1)::timestamp)::date AS mature_before,
       date_trunc('month', (t.mature_on - 89)::timestamp)::date AS recent_before
FROM (SELECT (SELECT oms_internal.report_today()) - oms_internal.return_days() AS mature_on) AS t;
COMMENT ON VIEW oms.return_borders IS 'Days that part deliveries by their age: old enough up to mature_on, the last 90 days of these after recent_on, the 90 before after earlier_on';
COMMENT ON COLUMN oms.return_borders.mature_before IS 'Months before it are old enough as a whole';
COMMENT ON COLUMN oms.return_borders.recent_before IS 'Months before it are not of the last 90 days at all';

CREATE OR REPLACE VIEW oms.parted_months WITH (security_invoker = true) AS
WITH unread AS MATERIALIZED (
    SELECT oms_internal.unread_returns() AS order_ids
), border AS MATERIALIZED (
    SELECT * FROM oms.return_borders
), parted AS MATERIALIZED (
    SELECT d.first_on, d.last_on, d.day = b.mature_on AS by_age, b.mature_on, b.recent_on, b.earlier_on
    FROM border AS b
    CROSS JOIN LATERAL (
        SELECT n.day, date_trunc('month', n.day::timestamp)::date AS first_on,
               (date_trunc('month', n.day::timestamp) + interval '1 month')::date - 1 AS last_on
        FROM (VALUES (b.mature_on), (b.recent_on), (b.earlier_on)) AS n(day)) AS d
    WHERE d.day < d.last_on
), line AS NOT MATERIALIZED (
    SELECT d.sku_id, d.location_id, d.channel_id, d.customer_id, d.category, d.first_on AS month, d.delivered,
           d.returned_in_time AS returned, d.by_age AND d.delivered_on <= d.mature_on AS mature,
           d.delivered_on <= d.mature_on AND d.delivered_on > d.recent_on AS recent,
           d.delivered_on <= d.recent_on AND d.delivered_on > d.earlier_on AS earlier
    FROM (SELECT d.delivered_on, d.sku_id, d.location_id, d.channel_id, d.customer_id, d.category, d.delivered, d.returned_in_time,
                 m.first_on, m.by_age, m.mature_on, m.recent_on, m.earlier_on
          FROM parted AS m
          JOIN oms.delivered_lines AS d ON d.delivered_on BETWEEN m.first_on AND m.last_on
          WHERE NOT EXISTS (SELECT FROM unnest((SELECT n.order_ids FROM unread AS n)) AS n(order_id) WHERE n.order_id = d.order_id)
          UNION ALL
          SELECT d.delivered_on, d.sku_id, d.location_id, d.channel_id, d.customer_id, d.category, d.delivered, d.returned_in_time,
                 m.first_on, m.by_age, m.mature_on, m.recent_on, m.earlier_on
          FROM oms_internal.delivered_parts((SELECT n.order_ids FROM unread AS n)) AS d
          JOIN parted AS m ON d.delivered_on BETWEEN m.first_on AND m.last_on) AS d
), part AS NOT MATERIALIZED (
    SELECT 'all' AS dimension, 'all' AS key, l.month, l.mature, l.recent, l.earlier, oms.sum(l.delivered) AS delivered, oms.sum(l.returned) AS returned
    FROM line AS l
    GROUP BY l.month, l.mature, l.recent, l.earlier
    UNION ALL
    SELECT 'sku', l.sku_id::text, l.month, l.mature, l.recent, l.earlier, oms.sum(l.delivered), oms.sum(l.returned)
    FROM line AS l
    GROUP BY l.sku_id, l.month, l.mature, l.recent, l.earlier
    UNION ALL
    SELECT 'category', array_to_string((string_to_array(c.category, '.'))[:n], '.'), c.month, c.mature, c.recent, c.earlier,
           c.delivered, c.returned
    FROM (SELECT l.category, l.month, l.mature, l.recent, l.earlier, oms.sum(l.delivered) AS delivered, oms.sum(l.returned) AS returned
          FROM line AS l
          GROUP BY l.category, l.month, l.mature, l.recent, l.earlier) AS c
    CROSS JOIN generate_series(1, cardinality(string_to_array(c.category, '.'))) AS n
    UNION ALL
    SELECT 'channel', l.channel_id::text, l.month, l.mature, l.recent, l.earlier, oms.sum(l.delivered), oms.sum(l.returned)
    FROM line AS l
    GROUP BY l.channel_id, l.month, l.mature, l.recent, l.earlier
    UNION ALL
    SELECT 'customer', l.customer_id::text, l.month, l.mature, l.recent, l.earlier, oms.sum(l.delivered), oms.sum(l.returned)
    FROM line AS l
    WHERE l.customer_id IS NOT NULL
    GROUP BY l.customer_id, l.month, l.mature, l.recent, l.earlier
    UNION ALL
    SELECT 'location', l.location_id::text, l.month, l.mature, l.recent, l.earlier, oms.sum(l.delivered), oms.sum(l.returned)
    FROM line AS l
    GROUP BY l.location_id, l.month, l.mature, l.recent, l.earlier
)
SELECT p.dimension, p.key, p.month, p.mature, p.recent, p.earlier, p.delivered, p.returned
FROM part AS p
WHERE p.mature OR p.recent OR p.earlier;
COMMENT ON VIEW oms.parted_months IS 'Of months that a border of age parts, what is on which side of it, per dimension; delivered units, and of these what came back in time';
COMMENT ON COLUMN oms.parted_months.key IS 'Id of the dimension''s value, or the category';
COMMENT ON COLUMN oms.parted_months.mature IS 'Old enough; false too where the whole month is, which the month''s sums say';

CREATE OR REPLACE VIEW oms.delivered_months WITH (security_invoker = true) AS
SELECT m.dimension, m.key, m.month, m.orders, m.delivered, m.returned, m.returned_in_time, m.delivered_value, m.returned_value
FROM oms.delivered_monthly AS m
UNION ALL
SELECT m.dimension, m.key, m.month, m.orders, m.delivered, m.returned, m.returned_in_time, m.delivered_value, m.returned_value
FROM oms_internal.delivered_differences(oms_internal.unread_returns()) AS m;
COMMENT ON VIEW oms.delivered_months IS 'oms.delivered_monthly, and what it lacks of orders that the job has not read yet, to be added up';
COMMENT ON COLUMN oms.delivered_months.orders IS 'Each in one month';

CREATE OR REPLACE VIEW oms.dimension_values WITH (security_invoker = true) AS
SELECT 'sku' AS dimension, s.sku_id::text AS key, s.code AS value FROM oms.skus AS s
UNION ALL
SELECT 'channel', c.channel_id::text, c.code FROM oms.channels AS c
UNION ALL
SELECT 'location', l.location_id::text, l.code FROM oms.locations AS l;
COMMENT ON VIEW oms.dimension_values IS 'Codes of what sums of reports have the ids of; other keys are values themselves';

CREATE OR REPLACE VIEW oms_report.return_rates WITH (security_invoker = true) AS
SELECT r.dimension, coalesce(v.value, r.key) AS value, r.orders, r.delivered, r.returned, r.returned / r.delivered AS rate,
       r.mature_delivered, r.mature_returned, r.mature_returned / nullif(r.mature_delivered, 0) AS mature_rate,
       oms.wilson_lower(r.mature_returned, r.mature_delivered) AS mature_rate_low,
       oms.wilson_upper(r.mature_returned, r.mature_delivered) AS mature_rate_high,
       r.recent_delivered, r.recent_returned, r.recent_returned / nullif(r.recent_delivered, 0) AS recent_rate,
       r.earlier_delivered, r.earlier_returned, r.earlier_returned / nullif(r.earlier_delivered, 0) AS earlier_rate,
       r.recent_returned / nullif(r.recent_delivered, 0) - r.earlier_returned / nullif(r.earlier_delivered, 0) AS rate_change,
       round(r.delivered_value, 2) AS delivered_value, round(r.returned_value, 2) AS returned_value,
       (SELECT oms_internal.base_currency()) AS base_currency
FROM (SELECT d.dimension, d.key, sum(d.orders)::bigint AS orders, oms.sum(d.delivered)::numeric AS delivered,
             oms.sum(d.returned)::numeric AS returned,
             coalesce(oms.sum(d.mature_delivered), '0')::numeric AS mature_delivered,
             coalesce(oms.sum(d.mature_returned), '0')::numeric AS mature_returned,
             coalesce(oms.sum(d.recent_delivered), '0')::numeric AS recent_delivered,
             coalesce(oms.sum(d.recent_returned), '0')::numeric AS recent_returned,
             coalesce(oms.sum(d.earlier_delivered), '0')::numeric AS earlier_delivered,
             coalesce(oms.sum(d.earlier_returned), '0')::numeric AS earlier_returned,
             sum(d.delivered_value) AS delivered_value, sum(d.returned_value) AS returned_value
      FROM (SELECT m.dimension, m.key, sum(m.orders) AS orders, oms.sum(m.delivered) AS delivered, oms.sum(m.returned) AS returned,
                   oms.sum(m.delivered) FILTER (WHERE m.month < b.mature_before) AS mature_delivered,
                   oms.sum(m.returned_in_time) FILTER (WHERE m.month < b.mature_before) AS mature_returned,
                   oms.sum(m.delivered) FILTER (WHERE m.month < b.mature_before AND m.month > b.recent_on) AS recent_delivered,
                   oms.sum(m.returned_in_time) FILTER (WHERE m.month < b.mature_before AND m.month > b.recent_on) AS recent_returned,
                   oms.sum(m.delivered) FILTER (WHERE m.month < b.recent_before AND m.month > b.earlier_on) AS earlier_delivered,
                   oms.sum(m.returned_in_time) FILTER (WHERE m.month < b.recent_before AND m.month > b.earlier_on) AS earlier_returned,
                   sum(m.delivered_value) AS delivered_value, sum(m.returned_value) AS returned_value
            FROM oms.delivered_months AS m
            CROSS JOIN (SELECT * FROM oms.return_borders OFFSET 0) AS b
            GROUP BY m.dimension, m.key
            UNION ALL
            SELECT p.dimension, p.key, 0, '0', '0', CASE WHEN p.mature THEN p.delivered END, CASE WHEN p.mature THEN p.returned END,
                   CASE WHEN p.recent THEN p.delivered END, CASE WHEN p.recent THEN p.returned END,
                   CASE WHEN p.earlier THEN p.delivered END, CASE WHEN p.earlier THEN p.returned END, 0, 0
            FROM oms.parted_months AS p) AS d
      GROUP BY d.dimension, d.key
      HAVING oms.sign(oms.sum(d.delivered)) > 0) AS r
LEFT JOIN oms.dimension_values AS v ON v.dimension = r.dimension AND v.key = r.key;
COMMENT ON VIEW oms_report.return_rates IS 'Share of the delivered units that came back, per dimension and value, with the trend. Ask for one dimension';
COMMENT ON COLUMN oms_report.return_rates.dimension IS 'all, sku, category, channel, customer or location';
COMMENT ON COLUMN oms_report.return_rates.value IS 'Code of the SKU, channel or location that shipped, the category, or the customer''s number';
COMMENT ON COLUMN oms_report.return_rates.orders IS 'Orders of which something was delivered';
COMMENT ON COLUMN oms_report.return_rates.delivered IS 'Units';
COMMENT ON COLUMN oms_report.return_rates.returned IS 'Of these, units that came back';
COMMENT ON COLUMN oms_report.return_rates.rate IS 'Of all deliveries so far, the latest of which may still come back';
COMMENT ON COLUMN oms_report.return_rates.mature_delivered IS 'Units of deliveries that are old enough, by the days of exposure';
COMMENT ON COLUMN oms_report.return_rates.mature_returned IS 'Of these, what came back in time';
COMMENT ON COLUMN oms_report.return_rates.mature_rate IS 'Came back in time, of deliveries that are old enough: comparable between new and old';
COMMENT ON COLUMN oms_report.return_rates.mature_rate_low IS 'Lower bound at 95 %: at least so high, however few were seen';
COMMENT ON COLUMN oms_report.return_rates.mature_rate_high IS 'Upper bound at 95 %';
COMMENT ON COLUMN oms_report.return_rates.recent_delivered IS 'Units of the last 90 days of mature deliveries';
COMMENT ON COLUMN oms_report.return_rates.recent_returned IS 'Of these, what came back in time';
COMMENT ON COLUMN oms_report.return_rates.recent_rate IS 'Mature rate of the last 90 days of mature deliveries';
COMMENT ON COLUMN oms_report.return_rates.earlier_delivered IS 'Units of the 90 days before these';
COMMENT ON COLUMN oms_report.return_rates.earlier_returned IS 'Of these, what came back in time';
COMMENT ON COLUMN oms_report.return_rates.earlier_rate IS 'Mature rate of the 90 days before these';
COMMENT ON COLUMN oms_report.return_rates.rate_change IS 'recent_rate less earlier_rate: 0.05 is 5 points more';
COMMENT ON COLUMN oms_report.return_rates.delivered_value IS 'What customers pay for what was delivered, with tax and less discounts, in the base currency';
COMMENT ON COLUMN oms_report.return_rates.returned_value IS 'What customers paid for what came back, in the base currency';
COMMENT ON COLUMN oms_report.return_rates.base_currency IS 'Currency of the values';

CREATE OR REPLACE VIEW oms_report.return_trend WITH (security_invoker = true) AS
SELECT r.dimension, coalesce(v.value, r.key) AS value, r.month, r.delivered, r.returned, r.returned_in_time,
       r.returned_in_time / r.delivered AS rate, r.mature_delivered = r.delivered AS complete,
       round(r.returned_value, 2) AS returned_value, (SELECT oms_internal.base_currency()) AS base_currency
FROM (SELECT d.dimension, d.key, d.month, oms.sum(d.delivered)::numeric AS delivered, oms.sum(d.returned)::numeric AS returned,
             oms.sum(d.returned_in_time)::numeric AS returned_in_time,
             coalesce(oms.sum(d.mature_delivered), '0')::numeric AS mature_delivered, sum(d.returned_value) AS returned_value
      FROM (SELECT m.dimension, m.key, m.month, m.delivered, m.returned, m.returned_in_time,
                   CASE WHEN m.month < b.mature_before THEN m.delivered END AS mature_delivered, m.returned_value
            FROM oms.delivered_months AS m
            CROSS JOIN (SELECT * FROM oms.return_borders OFFSET 0) AS b
            UNION ALL
            SELECT p.dimension, p.key, p.month, '0', '0', '0', p.delivered, 0
            FROM oms.parted_months AS p
            WHERE p.mature) AS d
      GROUP BY d.dimension, d.key, d.month
      HAVING oms.sign(oms.sum(d.delivered)) > 0) AS r
LEFT JOIN oms.dimension_values AS v ON v.dimension = r.dimension AND v.key = r.key;
COMMENT ON VIEW oms_report.return_trend IS 'What was delivered in a month, and what of it came back, per dimension and value. Ask for one dimension';
COMMENT ON COLUMN oms_report.return_trend.dimension IS 'all, sku, category, channel, customer or location';
COMMENT ON COLUMN oms_report.return_trend.value IS 'Code of the SKU, channel or location that shipped, the category, or the customer''s number';
COMMENT ON COLUMN oms_report.return_trend.month IS 'First day of the month of the deliveries';
COMMENT ON COLUMN oms_report.return_trend.delivered IS 'Units';
COMMENT ON COLUMN oms_report.return_trend.returned IS 'Of these, units that came back, whenever';
COMMENT ON COLUMN oms_report.return_trend.returned_in_time IS 'Of these, what came back within the days of exposure';
COMMENT ON COLUMN oms_report.return_trend.rate IS 'Share that came back in time';
COMMENT ON COLUMN oms_report.return_trend.complete IS 'All of it was delivered so long ago that what comes back in time has come';
COMMENT ON COLUMN oms_report.return_trend.returned_value IS 'What customers paid for what came back, in the base currency';
COMMENT ON COLUMN oms_report.return_trend.base_currency IS 'Currency of the value';

CREATE OR REPLACE VIEW oms_report.return_reasons WITH (security_invoker = true) AS
SELECT u.dimension, u.value, u.reason, u.fault, sum(u.units) AS units,
       sum(u.units) / sum(sum(u.units)) OVER (PARTITION BY u.dimension, u.value) AS share,
       coalesce(sum(u.units) FILTER (WHERE u.received_on > t.day - 90), 0) AS recent_units,
       coalesce(sum(u.units) FILTER (WHERE u.received_on <= t.day - 90 AND u.received_on > t.day - 180), 0) AS earlier_units
FROM oms_report.returned_units_by AS u
CROSS JOIN (SELECT (SELECT oms_internal.report_today()) AS day) AS t
GROUP BY u.dimension, u.value, u.reason, u.fault;
COMMENT ON VIEW oms_report.return_reasons IS 'Why goods came back, per dimension and value. Ask for one dimension';
COMMENT ON COLUMN oms_report.return_reasons.dimension IS 'all, sku, category, channel, customer or location';
COMMENT ON COLUMN oms_report.return_reasons.value IS 'Code of the SKU, channel or location where they came, the category, or the customer''s number';
COMMENT ON COLUMN oms_report.return_reasons.reason IS 'Code of the line''s reason, else of the return''s; other: words of the customer; none: nothing was said';
COMMENT ON COLUMN oms_report.return_reasons.fault IS 'Whose fault it was: customer, seller or carrier';
COMMENT ON COLUMN oms_report.return_reasons.units IS 'Units that came back';
COMMENT ON COLUMN oms_report.return_reasons.share IS 'Of the units of the same dimension and value';
COMMENT ON COLUMN oms_report.return_reasons.recent_units IS 'That came in the last 90 days';
COMMENT ON COLUMN oms_report.return_reasons.earlier_units IS 'That came in the 90 days before';

CREATE OR REPLACE VIEW oms_report.returns_by_day WITH (security_invoker = true) AS
SELECT r.day, c.code AS channel, r.delivered, round(r.delivered_value, 2) AS delivered_value, r.returned,
       round(r.returned_value, 2) AS returned_value, (SELECT oms_internal.base_currency()) AS base_currency
FROM (SELECT d.day, d.channel_id, oms.sum(d.delivered)::numeric AS delivered, sum(d.delivered_value) AS delivered_value,
             oms.sum(d.returned)::numeric AS returned, sum(d.returned_value) AS returned_value
      FROM (SELECT d.day, d.channel_id, d.delivered, d.delivered_value, d.returned, d.returned_value FROM oms.returns_daily AS d
            UNION ALL
            SELECT d.day, d.channel_id, d.delivered, d.delivered_value, d.returned, d.returned_value
            FROM oms_internal.returns_differences(oms_internal.unread_orders()) AS d) AS d
      GROUP BY d.day, d.channel_id) AS r
JOIN oms.channels AS c USING (channel_id)
WHERE r.delivered <> 0 OR r.returned <> 0;
COMMENT ON VIEW oms_report.returns_by_day IS 'What was delivered on a day, and what came back on it, whenever it had been delivered, per channel';
COMMENT ON COLUMN oms_report.returns_by_day.day IS 'By the time zone of reports';
COMMENT ON COLUMN oms_report.returns_by_day.channel IS 'Code of the channel that had sold them';
COMMENT ON COLUMN oms_report.returns_by_day.delivered IS 'Units that were delivered on the day';
COMMENT ON COLUMN oms_report.returns_by_day.delivered_value IS 'What customers pay for them, with tax and less discounts, in the base currency';
COMMENT ON COLUMN oms_report.returns_by_day.returned IS 'Units that came back on the day';
COMMENT ON COLUMN oms_report.returns_by_day.returned_value IS 'What customers had paid for them';
COMMENT ON COLUMN oms_report.returns_by_day.base_currency IS 'Currency of the values';

CREATE OR REPLACE VIEW oms_report.return_dispositions WITH (security_invoker = true) AS
WITH unread AS MATERIALIZED (
    SELECT oms_internal.unread_orders() AS order_ids
), unit AS (
    SELECT d.*
    FROM oms.inspected_lines AS d
    WHERE NOT EXISTS (SELECT FROM unnest((SELECT n.order_ids FROM unread AS n)) AS n(order_id) WHERE n.order_id = d.order_id)
    UNION ALL
    SELECT * FROM oms_internal.inspected_parts((SELECT n.order_ids FROM unread AS n))
)
SELECT u.month, s.code AS sku, p.category::text AS category, l.code AS location, u.disposition, u.grade, u.units,
       oms.currency_of(s.cost) AS cost_currency, u.units * s.cost::numeric AS cost
FROM (SELECT date_trunc('month', i.inspected_on::timestamp)::date AS month, i.sku_id, i.location_id, i.disposition, i.grade,
             oms.sum(i.units)::numeric AS units
      FROM unit AS i
      GROUP BY date_trunc('month', i.inspected_on::timestamp), i.sku_id, i.location_id, i.disposition, i.grade) AS u
JOIN oms.skus AS s ON s.sku_id = u.sku_id
JOIN oms.locations AS l ON l.location_id = u.location_id
LEFT JOIN oms.products AS p ON p.product_id = s.product_id;
COMMENT ON VIEW oms_report.return_dispositions IS 'What became of goods that came back, per month of the inspection';
COMMENT ON COLUMN oms_report.return_dispositions.month IS 'First day of the month of the inspection';
COMMENT ON COLUMN oms_report.return_dispositions.sku IS 'Code of the SKU';
COMMENT ON COLUMN oms_report.return_dispositions.category IS 'Category of its product; null: none';
COMMENT ON COLUMN oms_report.return_dispositions.location IS 'Code of the location where they are';
COMMENT ON COLUMN oms_report.return_dispositions.disposition IS 'restock, refurbish, scrap, return_to_vendor or quarantine';
COMMENT ON COLUMN oms_report.return_dispositions.grade IS 'State of the goods, in words of the inspector';
COMMENT ON COLUMN oms_report.return_dispositions.units IS 'Units that were inspected';
COMMENT ON COLUMN oms_report.return_dispositions.cost_currency IS 'Currency of the cost';
COMMENT ON COLUMN oms_report.return_dispositions.cost IS 'Of the units by the cost of the SKU: lost, unless they are restocked; null where the SKU has none';

CREATE OR REPLACE VIEW oms_report.worst_skus WITH (security_invoker = true) AS
WITH reason AS (
    SELECT DISTINCT ON (w.sku_id) w.sku_id, w.reason
    FROM (SELECT f.sku_id, f.reason, oms.sum(f.units)::numeric AS units FROM oms.return_facts AS f GROUP BY f.sku_id, f.reason) AS w
    ORDER BY w.sku_id, w.units DESC, w.reason
)
SELECT rank() OVER (ORDER BY r.mature_rate_low DESC, r.mature_returned DESC) AS rank, r.value AS sku, s.name,
       p.category::text AS category, r.mature_delivered AS delivered, r.mature_returned AS returned, r.mature_rate AS rate,
       r.mature_rate_low AS rate_low, r.mature_rate_high AS rate_high, r.rate_change, r.returned_value,
       w.reason AS main_reason, r.base_currency
FROM oms_report.return_rates AS r
JOIN oms.skus AS s ON s.code = r.value
LEFT JOIN oms.products AS p ON p.product_id = s.product_id
LEFT JOIN reason AS w ON w.sku_id = s.sku_id
WHERE r.dimension = 'sku' AND r.mature_returned > 0;
COMMENT ON VIEW oms_report.worst_skus IS 'SKUs by the rate at which they certainly come back: the lower bound, so that one unlucky sale does not lead';
COMMENT ON COLUMN oms_report.worst_skus.rank IS '1 is the worst; of two alike both have the lower number';
COMMENT ON COLUMN oms_report.worst_skus.sku IS 'Code of the SKU';
COMMENT ON COLUMN oms_report.worst_skus.name IS 'Of the SKU';
COMMENT ON COLUMN oms_report.worst_skus.category IS 'Category of its product; null: none';
COMMENT ON COLUMN oms_report.worst_skus.delivered IS 'Units of deliveries that are old enough';
COMMENT ON COLUMN oms_report.worst_skus.returned IS 'Of these, what came back in time';
COMMENT ON COLUMN oms_report.worst_skus.rate IS 'Share that came back in time, of deliveries that are old enough';
COMMENT ON COLUMN oms_report.worst_skus.rate_low IS 'Lower bound at 95 %, by which they are ranked';
COMMENT ON COLUMN oms_report.worst_skus.rate_high IS 'Upper bound at 95 %';
COMMENT ON COLUMN oms_report.worst_skus.rate_change IS 'Of the last 90 days to the 90 before';
COMMENT ON COLUMN oms_report.worst_skus.returned_value IS 'What customers paid for all that came back, in the base currency';
COMMENT ON COLUMN oms_report.worst_skus.main_reason IS 'Of most of its units that came back';
COMMENT ON COLUMN oms_report.worst_skus.base_currency IS 'Currency of the value';
