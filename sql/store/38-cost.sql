/* sql/store/38-cost.sql: what stock is worth, for reports */

CREATE OR REPLACE VIEW oms_report.inventory_value WITH (security_invoker = true) AS
    SELECT s.code AS sku, s.name, l.code AS location, c.quantity, c.unvalued, c.value,
           round(c.value / nullif(c.quantity - c.unvalued, 0), 6) AS unit_cost, c.currency
    FROM (SELECT sku_id, location_id, sum(quantity::numeric) AS quantity,
                 coalesce(sum(quantity::numeric) FILTER (WHERE value IS NULL), 0) AS unvalued,
                 sum(value::numeric) AS value, min(oms.currency_of(value)) AS currency
          FROM oms.cost_layers
          GROUP BY sku_id, location_id) AS c
    JOIN oms.skus s USING (sku_id)
    JOIN oms.locations l USING (location_id)
    WHERE c.quantity > 0;
COMMENT ON VIEW oms_report.inventory_value IS 'What stock on hand is worth, by SKU and location, in the base currency';
COMMENT ON COLUMN oms_report.inventory_value.unvalued IS 'Units of which no cost is known; they count as nothing';
COMMENT ON COLUMN oms_report.inventory_value.unit_cost IS 'Average cost of the others';

CREATE OR REPLACE VIEW oms_report.cost_of_goods WITH (security_invoker = true) AS
    SELECT (m.occurred_at AT TIME ZONE 'UTC')::date AS day, c.code AS channel, p.category::text AS category,
           s.code AS sku, coalesce(sum(-m.quantity::numeric) FILTER (WHERE m.kind = 'shipment'), 0) AS shipped,
           coalesce(sum(m.quantity::numeric) FILTER (WHERE m.kind = 'return'), 0) AS returned,
           coalesce(sum(abs(m.quantity::numeric)) FILTER (WHERE m.value IS NULL), 0) AS unvalued,
           -sum(m.value::numeric) AS cost, min(oms.currency_of(m.value)) AS currency
    FROM oms.stock_movements m
    JOIN oms.orders o USING (order_id)
    JOIN oms.channels c USING (channel_id)
    JOIN oms.skus s USING (sku_id)
    LEFT JOIN oms.products p USING (product_id)
    WHERE m.kind IN ('shipment', 'return')
    GROUP BY 1, c.code, p.category, s.code;
COMMENT ON VIEW oms_report.cost_of_goods IS 'What goods cost that have left for customers, less what came back to stock, by day (UTC), channel, category and SKU; of kits their components';
COMMENT ON COLUMN oms_report.cost_of_goods.unvalued IS 'Units of which no cost was known';
