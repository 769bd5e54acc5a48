/* sql/store/61-report_return.sql: what comes back, how often and why */

/*
 * What came back is counted on the units that were delivered, first those of
 * the first fulfillment, so that units of a line add up. Returns lag sales: in
 * time is what came within the days of exposure (settings, return_days) after
 * the delivery, and mature is a delivery that is so old.
 */
CREATE OR REPLACE VIEW oms_report.delivered_units AS
WITH exposure AS (
    SELECT coalesce((SELECT s.value::integer FROM oms.settings AS s WHERE s.name = 'return_days'), 30) AS days
), came AS (
    SELECT r.order_id, r.line_no, d.delivered_on, sum(r.quantity::numeric) AS back,
           sum(r.quantity::numeric) FILTER (WHERE (r.received_at AT TIME ZONE 'UTC')::date <= d.delivered_on + x.days) AS in_time
    FROM oms.return_receipts AS r
    CROSS JOIN exposure AS x
    JOIN LATERAL (SELECT min((f.status_at AT TIME ZONE 'UTC')::date) AS delivered_on
                  FROM oms.fulfillment_lines AS fl
                  JOIN oms.fulfillments AS f USING (order_id, fulfillment_no)
                  WHERE fl.order_id = r.order_id AND fl.line_no = r.line_no
                        AND f.status OPERATOR(oms.=) ANY ('{delivered,picked_up}'::oms.fulfillment_status[])) AS d ON true
    GROUP BY r.order_id, r.line_no, d.delivered_on
), unit AS (
    SELECT fl.order_id, fl.line_no, fl.fulfillment_no, f.location_id, (f.status_at AT TIME ZONE 'UTC')::date AS delivered_on,
           fl.quantity::numeric AS delivered,
           sum(fl.quantity::numeric) OVER (PARTITION BY fl.order_id, fl.line_no ORDER BY fl.fulfillment_no)
               - fl.quantity::numeric AS before
    FROM oms.fulfillment_lines AS fl
    JOIN oms.fulfillments AS f USING (order_id, fulfillment_no)
    WHERE f.status OPERATOR(oms.=) ANY ('{delivered,picked_up}'::oms.fulfillment_status[])
)
SELECT u.order_id, u.line_no, u.fulfillment_no, u.delivered_on, u.delivered_on <= (oms.now() AT TIME ZONE 'UTC')::date - x.days AS mature,
       ch.code AS channel, o.customer_id, l.code AS location, s.code AS sku, p.category::text AS category, o.currency,
       u.delivered, greatest(least(ol.returned::numeric - u.before, u.delivered), 0) AS returned,
       greatest(least(least(coalesce(c.in_time, 0), ol.returned::numeric) - u.before, u.delivered), 0) AS returned_in_time,
       v.unit_value * u.delivered AS delivered_value,
       v.unit_value * greatest(least(ol.returned::numeric - u.before, u.delivered), 0) AS returned_value
FROM unit AS u
CROSS JOIN exposure AS x
JOIN oms.order_lines AS ol USING (order_id, line_no)
JOIN oms.orders AS o USING (order_id)
JOIN oms.channels AS ch USING (channel_id)
JOIN oms.locations AS l ON l.location_id = u.location_id
JOIN oms.skus AS s ON s.sku_id = ol.sku_id
LEFT JOIN oms.products AS p ON p.product_id = s.product_id
LEFT JOIN came AS c ON c.order_id = u.order_id AND c.line_no = u.line_no
CROSS JOIN LATERAL (
    SELECT CASE WHEN o.base_rate IS NULL AND o.currency = (SELECT s.value FROM oms.settings AS s WHERE s.name = 'base_currency')
                THEN 1 ELSE o.base_rate END
           * (ol.total::numeric / nullif(ol.quantity::numeric - ol.cancelled::numeric, 0)
              - coalesce(ol.order_discount::numeric, 0) / ol.quantity::numeric) AS unit_value) AS v;
COMMENT ON VIEW oms_report.delivered_units IS 'Units of order lines that were delivered together, and what of them came back';
COMMENT ON COLUMN oms_report.delivered_units.mature IS 'Delivered so long ago that what comes back in time has come';
COMMENT ON COLUMN oms_report.delivered_units.location IS 'That shipped them';
COMMENT ON COLUMN oms_report.delivered_units.returned_in_time IS 'That came back within the days of exposure: settings, return_days, by default 30';
COMMENT ON COLUMN oms_report.delivered_units.returned_value IS 'What the customer paid for what came back, with tax, in the base currency by the order''s rate; null if the rate is not known';

CREATE OR REPLACE VIEW oms_report.delivered_units_by AS
SELECT 'all' AS dimension, 'all' AS value, u.* FROM oms_report.delivered_units AS u
UNION ALL
SELECT 'sku', u.sku, u.* FROM oms_report.delivered_units AS u
UNION ALL
SELECT 'category', @ltree@.ltree2text(@ltree@.subltree(u.category::@ltree@.ltree, 0, n)), u.*
FROM oms_report.delivered_units AS u, generate_series(1, @ltree@.nlevel(u.category::@ltree@.ltree)) AS n
UNION ALL
SELECT 'channel', u.channel, u.* FROM oms_report.delivered_units AS u
UNION ALL
SELECT 'customer', u.customer_id::text, u.* FROM oms_report.delivered_units AS u WHERE u.customer_id IS NOT NULL
UNION ALL
SELECT 'location', u.location, u.* FROM oms_report.delivered_units AS u;
COMMENT ON VIEW oms_report.delivered_units_by IS 'The same per dimension: all, sku, category with those above it, channel, customer and location. Ask for one dimension';

CREATE OR REPLACE VIEW oms_report.return_rates AS
WITH today AS (
    SELECT (oms.now() AT TIME ZONE 'UTC')::date
           - coalesce((SELECT s.value::integer FROM oms.settings AS s WHERE s.name = 'return_days'), 30) AS mature_on
), total AS (
    SELECT u.dimension, u.value, count(DISTINCT u.order_id) AS orders, sum(u.delivered) AS delivered, sum(u.returned) AS returned,
           coalesce(sum(u.delivered) FILTER (WHERE u.mature), 0) AS mature_delivered,
           coalesce(sum(u.returned_in_time) FILTER (WHERE u.mature), 0) AS mature_returned,
           coalesce(sum(u.delivered) FILTER (WHERE u.mature AND u.delivered_on > t.mature_on - 90), 0) AS recent_delivered,
           coalesce(sum(u.returned_in_time) FILTER (WHERE u.mature AND u.delivered_on > t.mature_on - 90), 0) AS recent_returned,
           coalesce(sum(u.delivered) FILTER (WHERE u.delivered_on <= t.mature_on - 90 AND u.delivered_on > t.mature_on - 180), 0)
               AS earlier_delivered,
           coalesce(sum(u.returned_in_time)
                    FILTER (WHERE u.delivered_on <= t.mature_on - 90 AND u.delivered_on > t.mature_on - 180), 0)
               AS earlier_returned,
           sum(u.delivered_value) AS delivered_value, sum(u.returned_value) AS returned_value
    FROM oms_report.delivered_units_by AS u
    CROSS JOIN today AS t
    GROUP BY u.dimension, u.value
)
SELECT dimension, value, orders, delivered, returned, returned / nullif(delivered, 0) AS rate,
       mature_delivered, mature_returned, mature_returned / nullif(mature_delivered, 0) AS mature_rate,
       oms.wilson_lower(mature_returned, mature_delivered) AS mature_rate_low,
       oms.wilson_upper(mature_returned, mature_delivered) AS mature_rate_high,
       recent_delivered, recent_returned, recent_returned / nullif(recent_delivered, 0) AS recent_rate,
       earlier_delivered, earlier_returned, earlier_returned / nullif(earlier_delivered, 0) AS earlier_rate,
       recent_returned / nullif(recent_delivered, 0) - earlier_returned / nullif(earlier_delivered, 0) AS rate_change,
       round(delivered_value, 2) AS delivered_value, round(returned_value, 2) AS returned_value
FROM total;
COMMENT ON VIEW oms_report.return_rates IS 'Share of the delivered units that came back, per dimension and value, with the trend. Ask for one dimension';
COMMENT ON COLUMN oms_report.return_rates.value IS 'Code of the SKU, channel or location, the category, or the customer''s id';
COMMENT ON COLUMN oms_report.return_rates.rate IS 'Of all deliveries so far, the latest of which may still come back';
COMMENT ON COLUMN oms_report.return_rates.mature_rate IS 'Came back in time, of deliveries that are old enough: comparable between new and old';
COMMENT ON COLUMN oms_report.return_rates.mature_rate_low IS 'Lower bound at 95 %: at least so high, however few were seen';
COMMENT ON COLUMN oms_report.return_rates.recent_rate IS 'Mature rate of the last 90 days of mature deliveries';
COMMENT ON COLUMN oms_report.return_rates.earlier_rate IS 'Mature rate of the 90 days before these';
COMMENT ON COLUMN oms_report.return_rates.returned_value IS 'What customers paid for what came back, in the base currency';

CREATE OR REPLACE VIEW oms_report.return_trend AS
SELECT u.dimension, u.value, date_trunc('month', u.delivered_on)::date AS month, sum(u.delivered) AS delivered,
       sum(u.returned) AS returned, sum(u.returned_in_time) AS returned_in_time,
       sum(u.returned_in_time) / nullif(sum(u.delivered), 0) AS rate, bool_and(u.mature) AS complete,
       round(sum(u.returned_value), 2) AS returned_value
FROM oms_report.delivered_units_by AS u
GROUP BY u.dimension, u.value, date_trunc('month', u.delivered_on);
COMMENT ON VIEW oms_report.return_trend IS 'What was delivered in a month, and what of it came back, per dimension and value. Ask for one dimension';
COMMENT ON COLUMN oms_report.return_trend.rate IS 'Share that came back in time';
COMMENT ON COLUMN oms_report.return_trend.complete IS 'All of it was delivered so long ago that what comes back in time has come';

CREATE OR REPLACE VIEW oms_report.returned_units AS
SELECT r.order_id, r.return_no, rl.line_no, b.receipt_no, (b.received_at AT TIME ZONE 'UTC')::date AS received_on,
       ch.code AS channel, o.customer_id, l.code AS location, s.code AS sku, p.category::text AS category,
       CASE WHEN w.code IS NOT NULL THEN w.code
            WHEN coalesce(rl.reason, r.reason) IS NULL THEN 'none' ELSE 'other' END AS reason,
       rl.fault, b.quantity::numeric AS units
FROM oms.returns AS r
JOIN oms.return_lines AS rl USING (order_id, return_no)
JOIN oms.return_receipts AS b USING (order_id, return_no, line_no)
JOIN oms.orders AS o USING (order_id)
JOIN oms.channels AS ch USING (channel_id)
JOIN oms.locations AS l ON l.location_id = b.location_id
JOIN oms.order_lines AS ol USING (order_id, line_no)
JOIN oms.skus AS s ON s.sku_id = ol.sku_id
LEFT JOIN oms.products AS p ON p.product_id = s.product_id
LEFT JOIN oms.return_reasons AS w ON w.code = coalesce(rl.reason, r.reason);
COMMENT ON VIEW oms_report.returned_units IS 'Units that came back, each time some came';
COMMENT ON COLUMN oms_report.returned_units.location IS 'Where they came';
COMMENT ON COLUMN oms_report.returned_units.reason IS 'Code of the line''s reason, else of the return''s; other: words of the customer';

CREATE OR REPLACE VIEW oms_report.returned_units_by AS
SELECT 'all' AS dimension, 'all' AS value, u.* FROM oms_report.returned_units AS u
UNION ALL
SELECT 'sku', u.sku, u.* FROM oms_report.returned_units AS u
UNION ALL
SELECT 'category', @ltree@.ltree2text(@ltree@.subltree(u.category::@ltree@.ltree, 0, n)), u.*
FROM oms_report.returned_units AS u, generate_series(1, @ltree@.nlevel(u.category::@ltree@.ltree)) AS n
UNION ALL
SELECT 'channel', u.channel, u.* FROM oms_report.returned_units AS u
UNION ALL
SELECT 'customer', u.customer_id::text, u.* FROM oms_report.returned_units AS u WHERE u.customer_id IS NOT NULL
UNION ALL
SELECT 'location', u.location, u.* FROM oms_report.returned_units AS u;
COMMENT ON VIEW oms_report.returned_units_by IS 'The same per dimension: all, sku, category with those above it, channel, customer and location. Ask for one dimension';

CREATE OR REPLACE VIEW oms_report.return_reasons AS
SELECT u.dimension, u.value, u.reason, u.fault, sum(u.units) AS units,
       sum(u.units) / sum(sum(u.units)) OVER (PARTITION BY u.dimension, u.value) AS share,
       coalesce(sum(u.units) FILTER (WHERE u.received_on > t.day - 90), 0) AS recent_units,
       coalesce(sum(u.units) FILTER (WHERE u.received_on <= t.day - 90 AND u.received_on > t.day - 180), 0) AS earlier_units
FROM oms_report.returned_units_by AS u
CROSS JOIN (SELECT (oms.now() AT TIME ZONE 'UTC')::date AS day) AS t
GROUP BY u.dimension, u.value, u.reason, u.fault;
COMMENT ON VIEW oms_report.return_reasons IS 'Why goods came back, per dimension and value. Ask for one dimension';
COMMENT ON COLUMN oms_report.return_reasons.fault IS 'Whose fault it was: customer, seller or carrier';
COMMENT ON COLUMN oms_report.return_reasons.share IS 'Of the units of the same dimension and value';
COMMENT ON COLUMN oms_report.return_reasons.recent_units IS 'That came in the last 90 days; earlier_units in the 90 before';

CREATE OR REPLACE VIEW oms_report.return_dispositions AS
SELECT date_trunc('month', i.inspected_at AT TIME ZONE 'UTC')::date AS month, s.code AS sku, p.category::text AS category,
       l.code AS location, i.disposition, i.grade, sum(i.quantity::numeric) AS units,
       oms.currency_of(s.cost) AS cost_currency, sum(i.quantity::numeric) * s.cost::numeric AS cost
FROM oms.return_inspections AS i
JOIN oms.order_lines AS ol USING (order_id, line_no)
JOIN oms.skus AS s ON s.sku_id = ol.sku_id
JOIN oms.locations AS l ON l.location_id = i.location_id
LEFT JOIN oms.products AS p ON p.product_id = s.product_id
GROUP BY 1, s.code, p.category, l.code, i.disposition, i.grade, s.cost;
COMMENT ON VIEW oms_report.return_dispositions IS 'What became of goods that came back, per month of the inspection';
COMMENT ON COLUMN oms_report.return_dispositions.cost IS 'Of the units by the cost of the SKU: lost, unless they are restocked; null where the SKU has none';

CREATE OR REPLACE VIEW oms_report.worst_skus AS
WITH reason AS (
    SELECT DISTINCT ON (w.value) w.value, w.reason
    FROM oms_report.return_reasons AS w
    WHERE w.dimension = 'sku'
    ORDER BY w.value, w.units DESC, w.reason
)
SELECT rank() OVER (ORDER BY r.mature_rate_low DESC, r.mature_returned DESC) AS rank, r.value AS sku, s.name,
       p.category::text AS category, r.mature_delivered AS delivered, r.mature_returned AS returned, r.mature_rate AS rate,
       r.mature_rate_low AS rate_low, r.mature_rate_high AS rate_high, r.rate_change, r.returned_value,
       w.reason AS main_reason
FROM oms_report.return_rates AS r
JOIN oms.skus AS s ON s.code = r.value
LEFT JOIN oms.products AS p ON p.product_id = s.product_id
LEFT JOIN reason AS w ON w.value = r.value
WHERE r.dimension = 'sku' AND r.mature_returned > 0;
COMMENT ON VIEW oms_report.worst_skus IS 'SKUs by the rate at which they certainly come back: the lower bound, so that one unlucky sale does not lead';
COMMENT ON COLUMN oms_report.worst_skus.rate IS 'Share that came back in time, of deliveries that are old enough';
