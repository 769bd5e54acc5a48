/* sql/store/38-cost.sql: what stock is worth, for reports */

CREATE OR REPLACE VIEW oms_report.inventory_value WITH (security_invoker = true) AS
    SELECT s.code AS sku, s.name, l.code AS location, c.quantity, c.unvalued_units,
           coalesce(c.value, (SELECT oms.amount_from_minor(0, b.currency)::numeric FROM oms_internal.base_currency() AS b(currency)), 0) AS value,
           round(c.value / nullif(c.quantity - c.unvalued_units, 0), 6) AS unit_cost, (SELECT oms_internal.base_currency()) AS currency
    FROM (SELECT sku_id, location_id, sum(quantity::numeric) AS quantity,
                 coalesce(sum(quantity::numeric) FILTER (WHERE value IS NULL), 0) AS unvalued_units,
                 sum(value::numeric) AS value
          FROM oms.cost_layers
          GROUP BY sku_id, location_id) AS c
    JOIN oms.skus s USING (sku_id)
    JOIN oms.locations l USING (location_id)
    WHERE c.quantity > 0;
COMMENT ON VIEW oms_report.inventory_value IS 'What stock on hand is worth, by SKU and location, in the base currency';
COMMENT ON COLUMN oms_report.inventory_value.sku IS 'Code of the SKU';
COMMENT ON COLUMN oms_report.inventory_value.name IS 'Name of the SKU';
COMMENT ON COLUMN oms_report.inventory_value.location IS 'Code of the location';
COMMENT ON COLUMN oms_report.inventory_value.quantity IS 'Units on hand';
COMMENT ON COLUMN oms_report.inventory_value.unvalued_units IS 'Units of which no cost is known; they count as nothing';
COMMENT ON COLUMN oms_report.inventory_value.value IS 'What the others are worth; 0 without any';
COMMENT ON COLUMN oms_report.inventory_value.unit_cost IS 'Average cost of the others; null without any';
COMMENT ON COLUMN oms_report.inventory_value.currency IS 'Of value and unit_cost: the base currency';
