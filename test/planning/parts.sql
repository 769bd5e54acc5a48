/*
 * test/planning/parts.sql: history from before comes by COPY, and plans are made
 * of it, in the store of man.sql or oil.sql
 */

\copy (SELECT sku_id, location_id, day, d.quantity FROM planning.demand AS d JOIN oms.skus AS s ON s.code = d.sku, oms.locations) TO PROGRAM 'cat > "$REFUSED/demand"'
\copy oms.demand_daily (sku_id, location_id, day, demanded) FROM PROGRAM 'cat "$REFUSED/demand"'

SELECT planning.run_job('roll_up_demand');
SELECT planning.same('demand is what was loaded', 'SELECT sku, day, quantity FROM planning.demand',
    'SELECT code, day, demanded FROM oms.demand_daily JOIN oms.skus USING (sku_id)');
SELECT planning.check_forecasts();
SELECT planning.check_proposals();
SELECT planning.check_alerts('low_stock', 'out_of_stock');
SELECT planning.run_job('roll_up_stock'), planning.check_stock(), planning.check_cover() \g /dev/null
SELECT planning.books();
