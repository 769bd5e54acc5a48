/*
 * test/planning/retail.sql: a wholesaler's year, day by day: what is sold is
 * rolled up each night, and once a week it is forecast, alerts are raised and
 * purchases are proposed
 */

SET search_path = oms, public;
SET timezone = 'Europe/London';

/* The source says nothing of suppliers: one offers everything at half of what it is sold for, the other some, quicker, and little of it for less */
INSERT INTO oms.suppliers (code, name, currency) VALUES ('near', 'Near', 'GBP'), ('far', 'Far', 'GBP');
INSERT INTO oms.supplier_skus (supplier_id, sku_id, cost, lead_time_days, lead_time_sd_days, min_quantity, pack_size)
SELECT supplier_id, sku_id, amount(round(price * CASE WHEN code = 'far' THEN 0.5 WHEN sku_id % 5 = 0 THEN 0.4 ELSE 0.6 END, 2), 'GBP'),
       CASE code WHEN 'near' THEN 3 ELSE 21 + sku_id % 7 END, CASE code WHEN 'near' THEN 0 ELSE 5 END,
       CASE code WHEN 'near' THEN 0 ELSE 24 END::quantity, CASE sku_id % 3 WHEN 0 THEN 1 WHEN 1 THEN 6 ELSE 12 END::quantity
FROM oms.suppliers, (SELECT sku_id, max(price) AS price FROM source JOIN oms.skus AS k ON k.code = sku
                     WHERE kind = 'order' GROUP BY sku_id HAVING max(price) > 0) AS sold
WHERE code = 'far' OR sku_id % 4 <> 0;

/* demand by day, as the source has it: what a credit note takes back before it has left is no demand */
CREATE TEMPORARY VIEW source_demand AS
SELECT sku, day, sum(quantity)::numeric AS quantity
FROM (SELECT sku, at::date, quantity FROM source WHERE kind = 'order' AND NOT is_postage AND at < oms.now()
      UNION ALL
      SELECT s.sku, s.at::date, -c.quantity FROM replay.credits AS c JOIN replay.sold AS s ON s.row_no = c.sold_row_no
      WHERE c.at < least(oms.now(), date_trunc('day', s.at) + interval '1 day 8 hours')) AS d(sku, day, quantity)
WHERE sku IN (SELECT code FROM oms.skus WHERE stocked)
GROUP BY sku, day
HAVING sum(quantity) <> 0;

/* a night, by its number; all is compared every twenty nights */
CREATE FUNCTION planning.night(n bigint) RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM planning.run_job('roll_up_demand');
    IF oms.now() > '2011-08-01' THEN
        PERFORM planning.run_job('forecast_demand'), planning.run_job('evaluate_forecasts');
    END IF;
    IF n % 20 = 0 THEN
        ANALYZE oms.stock_levels, oms.stock_movements, oms.orders, oms.order_lines, oms.fulfillments, oms.demand_daily,
                oms.demand_lines, oms.forecasts, oms.forecast_snapshots, oms.alerts, oms.replenishment_proposals;
        PERFORM planning.same('demand by SKU and day', 'SELECT * FROM source_demand',
            'SELECT code, day, demanded::numeric FROM oms.demand_daily JOIN oms.skus USING (sku_id) WHERE demanded::numeric <> 0');
        IF oms.now() > '2011-08-01' THEN
            PERFORM planning.check_forecasts();
            PERFORM planning.check_accuracy();
            PERFORM planning.check_proposals();
        END IF;
        PERFORM planning.check_alerts('low_stock', 'out_of_stock', 'stockout_expected', 'overstock', 'dead_stock', 'late_shipment');
        PERFORM planning.check_told(), planning.check_cover();
    END IF;
    -- while some movements are counted and others are not
    IF n % 60 = 0 THEN
        PERFORM planning.check_stock(), planning.check_lost(), planning.check_days();
        PERFORM planning.run_job('roll_up_stock');
    END IF;
END
$$;

SELECT format('CALL replay.run(%s, %s)', min(step_no), max(step_no)),
       format('SET oms.now = %L', at::date + interval '1 day 3 hours'),
       format('SELECT planning.night(%s)', row_number() OVER (ORDER BY at::date))
FROM replay.queue
GROUP BY at::date
ORDER BY at::date
\gexec
SELECT planning.books();
\i test/planning/again.sql
