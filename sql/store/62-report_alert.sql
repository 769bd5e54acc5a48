/* sql/store/62-report_alert.sql: what somebody should look at */

CREATE OR REPLACE VIEW oms_report.alerts AS
SELECT a.alert_id, a.kind, a.key, a.severity, a.status, s.code AS sku, s.name AS sku_name, p.category::text AS category,
       l.code AS location, c.code AS channel, a.order_id, a.subject, a.message,
       coalesce(a.data ->> 'available', a.data ->> 'quantity')::numeric AS quantity, (a.data ->> 'reorder_point')::numeric AS reorder_point,
       (a.data ->> 'value')::numeric AS value,
       CASE WHEN a.data ? 'value' THEN (SELECT b.value FROM oms.settings AS b WHERE b.name = 'base_currency') END AS currency, a.raised_at, a.updated_at, a.acknowledged_at, a.closed_at, a.note,
       round(extract(epoch FROM coalesce(a.closed_at, oms.now()) - a.raised_at) / 3600, 1) AS hours
FROM oms.alerts AS a
LEFT JOIN oms.skus AS s USING (sku_id)
LEFT JOIN oms.products AS p USING (product_id)
LEFT JOIN oms.locations AS l USING (location_id)
LEFT JOIN oms.channels AS c USING (channel_id);
COMMENT ON VIEW oms_report.alerts IS 'What somebody should look at, or should have, with names for ids';
COMMENT ON COLUMN oms_report.alerts.quantity IS 'Of alerts of stock: units available, or lying idle';
COMMENT ON COLUMN oms_report.alerts.value IS 'What these are worth';
COMMENT ON COLUMN oms_report.alerts.hours IS 'From when it was raised until it was closed, or until now';
