/*
 * test/planning/cover.sql: how long stock lasts, what lies idle and what somebody
 * is told of, against plain queries over stock, demand and forecasts
 */

/* available stock over the units that are forecast and were wanted a day, of 28 with stock; without a buffer all that is not reserved is available */
CREATE VIEW planning.cover AS
WITH day AS (SELECT (oms.now() AT TIME ZONE 'UTC')::date AS today), stock AS (
    SELECT sku_id, location_id, on_hand::numeric - reserved::numeric AS available FROM oms.stock_levels
), wanted AS (
    SELECT sku_id, location_id, round(sum(demanded::numeric) / nullif(28 - sum(out_of_stock_rate::numeric), 0), 4) AS daily
    FROM oms.demand_daily, day WHERE oms.demand_daily.day BETWEEN today - 28 AND today - 1 GROUP BY 1, 2
), item AS (
    SELECT sku_id, location_id, coalesce(s.available, 0) AS available,
           (SELECT round(avg(m)::numeric, 4) FROM unnest(f.means) AS m) AS forecast, CASE WHEN w.sku_id IS NULL THEN 0 ELSE w.daily END AS wanted
    FROM stock AS s FULL JOIN oms.forecasts AS f USING (sku_id, location_id) FULL JOIN wanted AS w USING (sku_id, location_id)
)
SELECT k.code AS sku, l.code AS location, i.available, i.wanted, i.forecast, i.available / nullif(i.forecast, 0) AS days, i.available / nullif(i.wanted, 0) AS wanted_days
FROM item AS i JOIN oms.skus AS k USING (sku_id) JOIN oms.locations AS l USING (location_id);

/* check_cover claims what reports of stock and alerts say */
CREATE FUNCTION planning.check_cover() RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM planning.same('days that stock lasts, of what was wanted',
        'SELECT sku, location, available, wanted, round(wanted_days, 1) FROM planning.cover',
        'SELECT sku, location, available, daily_demand, demand_cover_days FROM oms_report.days_of_cover');
    PERFORM planning.same('days that stock lasts, of what is forecast, within a tenth of a day or a thousandth',
        'SELECT sku, location, available = 0, coalesce(forecast, 0) = 0 FROM planning.cover',
        'SELECT v.sku, v.location, v.available = 0, coalesce(v.daily_forecast, 0) = 0
         FROM planning.cover AS c JOIN oms_report.days_of_cover AS v USING (sku, location)
         WHERE (v.cover_days IS NULL) = (c.days IS NULL) AND coalesce(abs(v.cover_days - c.days) <= 0.11 + 0.001 * c.days + 0.0001 * c.days / c.forecast, true)
               AND CASE v.cover_class WHEN ''none'' THEN c.available = 0 WHEN ''not sold'' THEN c.available <> 0 AND coalesce(v.daily_forecast, 0) = 0
                        WHEN ''below 7'' THEN v.cover_days <= 7 WHEN ''7-14'' THEN v.cover_days BETWEEN 7 AND 14 WHEN ''14-30'' THEN v.cover_days BETWEEN 14 AND 30
                        WHEN ''30-90'' THEN v.cover_days BETWEEN 30 AND 90 WHEN ''90-180'' THEN v.cover_days BETWEEN 90 AND 180 WHEN ''over 180'' THEN v.cover_days >= 180 END');
END
$$;

/* check_told claims what views say of what lies idle and of alerts of stock, once check_alerts has run */
CREATE FUNCTION planning.check_told() RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM planning.same('stock that does not sell, and when it last did',
        'SELECT kind, key, s.last_sold_on FROM planning.expected_dead_stock AS d JOIN planning.shelf AS f ON d.key = f.sku || ''@'' || f.location LEFT JOIN planning.sold AS s USING (sku_id, location_id)',
        'SELECT kind, sku || ''@'' || location, last_sold_on FROM oms_report.dead_stock WHERE kind = ''dead_stock''');
    PERFORM planning.same('alerts of stock that are open, with their names',
        'SELECT kind, key FROM planning.expected_stock_alerts',
        'SELECT kind, sku || coalesce(''@'' || location, ''/'' || channel) FROM oms_report.alerts WHERE kind IN (''low_stock'', ''out_of_stock'') AND status = ''open''');
END
$$;

/* check_days claims what was forecast for each day before it */
CREATE FUNCTION planning.check_days() RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM planning.same('forecasts of days that are over, and what was ordered',
        'SELECT k.code, l.code, d.day, sum(round(d.mean::numeric, 4)), coalesce(a.demanded::numeric, 0), coalesce(a.out_of_stock_rate, 0) = 0
         FROM oms.forecast_snapshots AS f
         JOIN oms.skus AS k USING (sku_id)
         JOIN oms.locations AS l USING (location_id)
         CROSS JOIN LATERAL (SELECT f.starts_on + n::integer - 1 AS day, mean FROM unnest(f.means) WITH ORDINALITY AS m(mean, n)) AS d
         LEFT JOIN oms.demand_daily AS a ON (a.sku_id, a.location_id, a.day) = (f.sku_id, f.location_id, d.day)
         WHERE d.day <= f.ends_on AND d.day < (oms.now() AT TIME ZONE ''UTC'')::date GROUP BY 1, 2, 3, a.demanded, a.out_of_stock_rate',
        'SELECT sku, location, day, forecast, actual, known FROM oms_report.forecast_days');
END
$$;
