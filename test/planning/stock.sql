/*
 * test/planning/stock.sql: reports of stock against plain queries over
 * movements, layers, demand and stock-outs, whatever has been rolled up
 */

/* what each SKU and location, each SKU, and all had at the end of each month, and what had come and gone in it */
CREATE VIEW planning.months AS
WITH move AS MATERIALIZED (
    SELECT k.code AS sku, l.code AS location, m.kind, m.quantity::numeric AS units, coalesce(m.value::numeric, 0) AS value,
           date_trunc('month', m.occurred_at AT TIME ZONE 'UTC')::date AS month
    FROM oms.stock_movements AS m JOIN oms.skus AS k USING (sku_id) JOIN oms.locations AS l USING (location_id)
), cell AS (
    SELECT sku, location, month, sum(units) AS units, sum(value) AS value,
           coalesce(sum(units) FILTER (WHERE kind = 'receipt'), 0) AS received, coalesce(-sum(units) FILTER (WHERE kind = 'shipment'), 0) AS shipped,
           coalesce(sum(units) FILTER (WHERE kind = 'return'), 0) AS returned,
           coalesce(-sum(value) FILTER (WHERE kind IN ('shipment', 'return')), 0) AS cost
    FROM move GROUP BY sku, location, month
), grid AS (
    SELECT k.sku, k.location, g::date AS month
    FROM (SELECT sku, location, min(month) AS first FROM cell GROUP BY sku, location) AS k,
         generate_series(k.first::timestamp, date_trunc('month', oms.now() AT TIME ZONE 'UTC'), '1 month') AS g
)
SELECT sku, location, month, coalesce(received, 0) AS received, coalesce(shipped, 0) AS shipped, coalesce(returned, 0) AS returned, coalesce(cost, 0) AS cost,
       coalesce(units, 0) AS change, coalesce(value, 0) AS change_value, sum(units) OVER w AS closing, sum(value) OVER w AS closing_value, units IS NOT NULL AS moved
FROM grid LEFT JOIN cell USING (sku, location, month)
WINDOW w AS (PARTITION BY sku, location ORDER BY month);

/* this month and the eleven before it: each month's end, and what there was before the first */
CREATE VIEW planning.turnover AS
WITH day AS (SELECT (oms.now() AT TIME ZONE 'UTC')::date AS today), part AS (
    SELECT sku, month, sum(cost) AS cost, sum(closing_value) AS closing, sum(closing_value - change_value) AS opening
    FROM planning.months, day
    WHERE month > date_trunc('month', today::timestamp) - interval '1 year' GROUP BY sku, month
)
SELECT sku, round(cost * 365 / (today - since + 1) / nullif(average, 0), 2) AS turnover, round(average * (today - since + 1) / nullif(cost, 0), 1) AS days
FROM (SELECT sku, min(month) AS since, sum(cost) AS cost, (sum(closing) + (array_agg(opening ORDER BY month))[1]) / (count(*) + 1) AS average
      FROM part GROUP BY sku) AS t, day;

/* the value of a SKU's units in 52 weeks against that of all SKUs that are worth more, and how the units of its weeks differ from the first on */
CREATE VIEW planning.classes AS
WITH day AS (SELECT (oms.now() AT TIME ZONE 'UTC')::date AS today), week AS MATERIALIZED (
    SELECT sku_id, date_bin('7 days', d.day::timestamp, today::timestamp)::date AS week, sum(demanded::numeric) AS units
    FROM oms.demand_daily AS d, day WHERE d.day BETWEEN today - 364 AND today - 1 GROUP BY 1, 2
), began AS MATERIALIZED (
    SELECT sku_id, least((SELECT min(week) FROM week AS w WHERE w.sku_id = k.sku_id), min(began_on)) AS began_on
    FROM oms.skus AS k LEFT JOIN oms.demand_series USING (sku_id) WHERE stocked AND NOT is_kit GROUP BY sku_id
), cost AS MATERIALIZED (
    SELECT k.sku_id, coalesce((SELECT sum(y.value::numeric) / nullif(sum(y.quantity::numeric), 0) FROM oms.cost_layers AS y
                               WHERE y.sku_id = k.sku_id AND y.value IS NOT NULL),
                              k.cost::numeric,
                              (SELECT x.cost::numeric FROM oms.supplier_skus AS x WHERE x.sku_id = k.sku_id ORDER BY "rank", cost, lead_time_days, supplier_id LIMIT 1),
                              (SELECT p.price FROM oms.prices AS p WHERE p.sku_id = k.sku_id LIMIT 1)) AS cost
    FROM oms.skus AS k
), item AS MATERIALIZED (
    SELECT b.sku_id, count(n) AS weeks, coalesce(sum(w.units), 0) AS units, coalesce(sum(w.units) * c.cost, CASE WHEN count(w.units) = 0 THEN 0 END) AS value,
           stddev_pop(coalesce(w.units, 0)) / nullif(avg(coalesce(w.units, 0)), 0) AS cv
    FROM began AS b
    JOIN cost AS c USING (sku_id)
    CROSS JOIN day
    LEFT JOIN generate_series(0, 51) AS n ON coalesce(today - 364 + 7 * n + 6 >= b.began_on, true)
    LEFT JOIN week AS w ON w.sku_id = b.sku_id AND w.week = today - 364 + 7 * n
    GROUP BY b.sku_id, c.cost
), above AS MATERIALIZED (
    SELECT i.*, coalesce((SELECT sum(o.value) FROM item AS o WHERE (o.value, -o.sku_id) > (i.value, -i.sku_id)), 0) / (SELECT sum(value) FROM item) AS share
    FROM item AS i
)
SELECT k.code AS sku, i.units, round(i.value, 2) AS value,
       CASE WHEN i.value = 0 OR i.share >= 0.95 THEN 'C' WHEN i.share >= 0.8 THEN 'B' WHEN i.value > 0 THEN 'A' END AS abc,
       CASE WHEN i.weeks >= 8 THEN CASE WHEN i.cv < 0.5 THEN 'X' WHEN i.cv < 1 THEN 'Y' ELSE 'Z' END END AS xyz
FROM above AS i JOIN oms.skus AS k USING (sku_id);

/* units on hand by the time they came in: of each receipt what later ones leave of all that is there */
CREATE VIEW planning.ages AS
WITH stock AS MATERIALIZED (
    SELECT sku_id, location_id, sum(quantity::numeric) AS on_hand FROM oms.stock_movements GROUP BY sku_id, location_id HAVING sum(quantity::numeric) > 0
), inbound AS MATERIALIZED (
    SELECT m.sku_id, m.location_id, m.occurred_at, m.quantity::numeric AS units,
           coalesce((SELECT sum(o.quantity::numeric) FROM oms.stock_movements AS o
                     WHERE o.sku_id = m.sku_id AND o.location_id = m.location_id AND o.quantity::numeric > 0
                           AND (o.occurred_at, o.movement_id) > (m.occurred_at, m.movement_id)), 0) AS later
    FROM oms.stock_movements AS m WHERE m.quantity::numeric > 0
), unit AS (
    SELECT s.sku_id, s.location_id, (oms.now() AT TIME ZONE 'UTC')::date - (i.occurred_at AT TIME ZONE 'UTC')::date AS days,
           least(i.units, greatest(0, s.on_hand - i.later)) AS units
    FROM stock AS s JOIN inbound AS i USING (sku_id, location_id)
)
SELECT k.code AS sku, l.code AS location,
       CASE WHEN days <= 30 THEN '0-30' WHEN days <= 60 THEN '31-60' WHEN days <= 90 THEN '61-90' WHEN days <= 180 THEN '91-180'
            WHEN days <= 365 THEN '181-365' ELSE 'over 365' END AS age_class, sum(unit.units) AS quantity
FROM unit JOIN oms.skus AS k USING (sku_id) JOIN oms.locations AS l USING (location_id)
WHERE unit.units > 0 GROUP BY 1, 2, 3;

/* with one location, what is lost is what it could not ship: as forecast in a snapshot, or as sold on the days with stock before */
CREATE VIEW planning.lost AS
SELECT k.code AS sku, d.day,
       round(d.out_of_stock_rate::numeric
             * coalesce((SELECT (f.means[d.day - f.starts_on + 1])::numeric FROM oms.forecast_snapshots AS f
                         WHERE (f.sku_id, f.location_id) = (d.sku_id, d.location_id) AND d.day BETWEEN f.starts_on AND f.ends_on),
                        (SELECT sum(coalesce(h.demanded::numeric, 0)) / nullif(sum(1 - coalesce(h.out_of_stock_rate, 0)::numeric), 0)
                         FROM generate_series((d.day - 56)::timestamp, d.day - 1, '1 day') AS g(day)
                         LEFT JOIN oms.demand_daily AS h ON (h.sku_id, h.location_id, h.day) = (d.sku_id, d.location_id, g.day::date)
                         WHERE g.day >= (SELECT coalesce(min(s.began_on), '-infinity') FROM oms.demand_series AS s
                                         WHERE (s.sku_id, s.location_id) = (d.sku_id, d.location_id)))), 4) AS lost
FROM oms.demand_daily AS d JOIN oms.skus AS k USING (sku_id)
WHERE d.out_of_stock_rate > 0;

/* check_stock claims what reports of stock say */
CREATE FUNCTION planning.check_stock() RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM planning.same('stock by month is what came and went, by SKU and location',
        'SELECT sku, location, month, received, shipped, returned, closing, closing_value FROM planning.months WHERE moved OR closing <> 0',
        'SELECT sku, location, month, received, shipped, returned, closing, coalesce(closing_value, 0) FROM oms_report.stock_monthly');
    PERFORM planning.same('stock by month in all, with the cost of what was sold',
        'SELECT month, sum(received), sum(shipped), sum(returned), sum(cost), sum(closing), sum(closing_value) FROM planning.months GROUP BY month',
        'SELECT month, received, shipped, returned, coalesce(cost, 0), closing, coalesce(closing_value, 0) FROM oms_report.stock_trend WHERE dimension = ''all''');
    PERFORM planning.same('stock of the last night of a month is what it closes with',
        'SELECT sku, location, closing, closing_value FROM planning.months, (SELECT max(month) AS this FROM planning.months) AS m
         WHERE month = (this - interval ''1 month'')::date AND closing <> 0
         UNION ALL SELECT ''now'', '''', sum(closing), sum(closing_value) FROM planning.months, (SELECT max(month) AS this FROM planning.months) AS m WHERE month = this',
        'SELECT a.sku, a.location, a.quantity, a.value FROM (SELECT max(month) AS this FROM planning.months) AS m, oms.stock_as_of(this - 1) AS a
         UNION ALL SELECT ''now'', '''', sum(quantity), sum(value) FROM oms.stock_as_of((oms.now() AT TIME ZONE ''UTC'')::date)');
    PERFORM planning.same('turnover and days of inventory', 'SELECT sku, turnover, days FROM planning.turnover',
        'SELECT value, turnover, inventory_days FROM oms_report.stock_turnover WHERE dimension = ''sku''');
    PERFORM planning.same('ABC by value, XYZ by variation', 'SELECT * FROM planning.classes', 'SELECT sku, units, value, abc, xyz FROM oms_report.abc_xyz');
    PERFORM planning.same('classes of ABC and XYZ, counted',
        'SELECT abc, xyz, count(*), sum(units), sum(value), round(sum(value) / (SELECT sum(value) FROM planning.classes), 4),
                sum(coalesce((SELECT sum(y.value::numeric) FROM oms.cost_layers AS y JOIN oms.skus AS k USING (sku_id) WHERE k.code = c.sku), 0))
         FROM planning.classes AS c GROUP BY abc, xyz',
        'SELECT abc, xyz, skus, units, value, share, stock_value FROM oms_report.abc_xyz_matrix');
    PERFORM planning.same('ages of what is on hand', 'SELECT * FROM planning.ages', 'SELECT sku, location, age_class, sum(quantity) FROM oms_report.stock_ageing GROUP BY 1, 2, 3');
    PERFORM planning.same('stock on hand is what has moved, and worth its layers',
        'SELECT k.code, l.code, sum(m.quantity::numeric),
                coalesce((SELECT sum(y.value::numeric) FROM oms.cost_layers AS y WHERE (y.sku_id, y.location_id) = (k.sku_id, l.location_id)), 0)
         FROM oms.stock_movements AS m JOIN oms.skus AS k USING (sku_id) JOIN oms.locations AS l USING (location_id)
         GROUP BY k.sku_id, l.location_id HAVING sum(m.quantity::numeric) <> 0',
        'SELECT sku, location, on_hand, value FROM oms_report.stock_on_hand WHERE on_hand <> 0');
END
$$;

/* check_lost claims what is lost where stock has run out, and what was forecast and wanted on days with stock */
CREATE FUNCTION planning.check_lost() RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM planning.same('sales that were lost without stock', 'SELECT * FROM planning.lost', 'SELECT sku, day, lost FROM oms_report.lost_sales');
    PERFORM planning.same('shares of the last 90 days without stock',
        'SELECT k.code, round((sum(extract(epoch FROM upper(r) - lower(r))) / 86400 / 90)::numeric, 4)
         FROM oms.stockouts AS o JOIN oms.skus AS k USING (sku_id),
              LATERAL (SELECT tstzrange(o.began_at, coalesce(o.ended_at, oms.now())) * tstzrange(oms.now() - interval ''90 days'', oms.now()) AS r) AS t
         WHERE NOT isempty(r) GROUP BY k.code HAVING sum(extract(epoch FROM upper(r) - lower(r))) >= 0.00005 * 90 * 86400',
        'SELECT sku, out_of_stock_rate_90 FROM oms_report.stockout_rates WHERE out_of_stock_rate_90 > 0');
    PERFORM planning.same('forecasts of weeks that are over, and what was ordered on days with stock',
        'SELECT k.code, date_trunc(''week'', d.day)::date, sum(round(d.mean::numeric, 4)), sum(coalesce(a.demanded::numeric, 0))
         FROM oms.forecast_snapshots AS f
         JOIN oms.skus AS k USING (sku_id)
         CROSS JOIN LATERAL (SELECT (f.starts_on + n::integer - 1)::timestamp AS day, mean FROM unnest(f.means) WITH ORDINALITY AS m(mean, n)
                             WHERE f.starts_on + n::integer - 1 <= f.ends_on AND f.starts_on + n::integer - 1 < (oms.now() AT TIME ZONE ''UTC'')::date) AS d
         LEFT JOIN oms.demand_daily AS a ON (a.sku_id, a.location_id, a.day) = (f.sku_id, f.location_id, d.day::date)
         WHERE coalesce(a.out_of_stock_rate, 0) = 0 GROUP BY 1, 2',
        'SELECT sku, week, forecast, actual FROM oms_report.forecast_vs_actual WHERE known_days > 0');
END
$$;
