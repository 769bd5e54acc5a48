/* sql/store/62-report_forecast.sql: how good forecasts were */

CREATE OR REPLACE VIEW oms_report.forecast_accuracy WITH (security_invoker = true) AS
SELECT s.code AS sku, l.code AS location, e.method, e.month, e.forecasts, e.days, e.forecast, e.actual, e.absolute_error,
       e.bias, e.wape, e.mase, e.coverage
FROM (SELECT f.sku_id, f.location_id, f.method, date_trunc('month', f.starts_on::timestamp)::date AS month,
             count(*) AS forecasts, sum(f.known_days) AS days, oms.sum(f.forecast)::numeric AS forecast,
             oms.sum(f.actual)::numeric AS actual, oms.sum(f.absolute_error)::numeric AS absolute_error,
             (oms.sum(f.forecast)::numeric - oms.sum(f.actual)::numeric) / nullif(oms.sum(f.actual)::numeric, 0) AS bias,
             oms.sum(f.absolute_error)::numeric / nullif(oms.sum(f.actual)::numeric, 0) AS wape,
             avg(f.absolute_error::numeric::double precision / f.known_days / nullif(f.scale_rate, 0)) AS mase,
             avg(f.covered::integer) AS coverage
      FROM oms.forecast_snapshots AS f
      WHERE f.known_days > 0
      GROUP BY f.sku_id, f.location_id, f.method, date_trunc('month', f.starts_on::timestamp)) AS e
JOIN oms.skus AS s ON s.sku_id = e.sku_id
JOIN oms.locations AS l ON l.location_id = e.location_id;
COMMENT ON VIEW oms_report.forecast_accuracy IS 'How good forecasts of 28 days were, by SKU, location, method and the month in which they began; add up forecast, actual and absolute_error to get rates of more than a row';
COMMENT ON COLUMN oms_report.forecast_accuracy.sku IS 'Code of the SKU';
COMMENT ON COLUMN oms_report.forecast_accuracy.location IS 'Code of the location';
COMMENT ON COLUMN oms_report.forecast_accuracy.method IS 'By which it was forecast';
COMMENT ON COLUMN oms_report.forecast_accuracy.month IS 'First day of the month in which the forecasts began';
COMMENT ON COLUMN oms_report.forecast_accuracy.forecasts IS 'How many of them are counted';
COMMENT ON COLUMN oms_report.forecast_accuracy.days IS 'That were forecast and on which stock was there all the time; the rest is of these';
COMMENT ON COLUMN oms_report.forecast_accuracy.forecast IS 'Units forecast';
COMMENT ON COLUMN oms_report.forecast_accuracy.actual IS 'Units wanted';
COMMENT ON COLUMN oms_report.forecast_accuracy.absolute_error IS 'Sum of the days'' absolute errors, in units';
COMMENT ON COLUMN oms_report.forecast_accuracy.bias IS 'How far forecast was above actual, as a share of actual: 0.1 is 10 % too much; null without demand';
COMMENT ON COLUMN oms_report.forecast_accuracy.wape IS 'absolute_error as a share of actual; null without demand';
COMMENT ON COLUMN oms_report.forecast_accuracy.mase IS 'Mean error of a day in that of repeating the week before, over the history; below 1 is better than that; null where that had no error';
COMMENT ON COLUMN oms_report.forecast_accuracy.coverage IS 'Share of forecasts whose demand was not above their quantile of 95 %; null where none had stock on all days';
