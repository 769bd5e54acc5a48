/* sql/store/62-report_alert.sql: what somebody should look at */

CREATE OR REPLACE VIEW oms_report.alerts WITH (security_invoker = true) AS
SELECT a.alert_id, a.kind, a.key, a.severity, a.status, s.code AS sku, s.name AS sku_name, p.category::text AS category,
       l.code AS location, c.code AS channel, a.order_id, a.subject, a.message,
       coalesce(a.data ->> 'available', a.data ->> 'quantity')::numeric AS quantity, (a.data ->> 'reorder_point')::numeric AS reorder_point,
       (a.data ->> 'value')::numeric AS value,
       CASE WHEN a.data ? 'value' THEN (SELECT oms_internal.base_currency()) END AS currency, a.raised_at, a.updated_at, a.acknowledged_at, a.closed_at, a.note,
       round(extract(epoch FROM coalesce(a.closed_at, oms.now()) - a.raised_at) / 3600, 1) AS hours
FROM oms.alerts AS a
LEFT JOIN oms.skus AS s USING (sku_id)
LEFT JOIN oms.products AS p USING (product_id)
LEFT JOIN oms.locations AS l USING (location_id)
LEFT JOIN oms.channels AS c USING (channel_id);
COMMENT ON VIEW oms_report.alerts IS 'What somebody should look at, or should have, with names for ids';
COMMENT ON COLUMN oms_report.alerts.alert_id IS 'Number of the alert';
COMMENT ON COLUMN oms_report.alerts.kind IS 'What it tells of: low_stock, late_shipment, chargeback ...';
COMMENT ON COLUMN oms_report.alerts.key IS 'Names the cause within the kind';
COMMENT ON COLUMN oms_report.alerts.severity IS 'info, warning or critical';
COMMENT ON COLUMN oms_report.alerts.status IS 'open, acknowledged or closed';
COMMENT ON COLUMN oms_report.alerts.sku IS 'Code of the SKU it is about; null: none';
COMMENT ON COLUMN oms_report.alerts.sku_name IS 'Name of the SKU';
COMMENT ON COLUMN oms_report.alerts.category IS 'Category of its product; null: none';
COMMENT ON COLUMN oms_report.alerts.location IS 'Code of the location it is about; null: all or none';
COMMENT ON COLUMN oms_report.alerts.channel IS 'Code of the channel it is about; null: all or none';
COMMENT ON COLUMN oms_report.alerts.order_id IS 'Number of the order it is about; null: none';
COMMENT ON COLUMN oms_report.alerts.subject IS 'What it is about, as people name it: payment 1041-P1';
COMMENT ON COLUMN oms_report.alerts.message IS 'What has happened, in a sentence';
COMMENT ON COLUMN oms_report.alerts.quantity IS 'Of alerts of stock: units available, or lying idle';
COMMENT ON COLUMN oms_report.alerts.reorder_point IS 'Of alerts of stock: at which more is to be ordered';
COMMENT ON COLUMN oms_report.alerts.value IS 'What these are worth';
COMMENT ON COLUMN oms_report.alerts.currency IS 'Of the value: the base currency';
COMMENT ON COLUMN oms_report.alerts.raised_at IS 'When it was raised';
COMMENT ON COLUMN oms_report.alerts.updated_at IS 'When its severity, message or data last changed; null: never';
COMMENT ON COLUMN oms_report.alerts.acknowledged_at IS 'When somebody took it on; null: nobody has';
COMMENT ON COLUMN oms_report.alerts.closed_at IS 'When it was closed, by hand or because the cause is gone; null: it is not';
COMMENT ON COLUMN oms_report.alerts.note IS 'What whoever acknowledged or closed it had to say';
COMMENT ON COLUMN oms_report.alerts.hours IS 'From when it was raised until it was closed, or until now';
