/* sql/store/66-report_stock_demand.sql: stock against what is wanted of it */

CREATE OR REPLACE VIEW oms.sku_values WITH (security_invoker = true) AS
    SELECT s.sku_id, coalesce(y.unit_cost, CASE WHEN oms.currency_of(s.cost) = b.currency THEN s.cost::numeric END, x.cost) AS unit_cost,
           p.price, b.currency, y.value AS stock_value
    FROM oms.skus AS s
    CROSS JOIN (SELECT (SELECT oms_internal.base_currency()) AS currency) AS b
    LEFT JOIN (SELECT y.sku_id, oms.sum(y.value)::numeric AS value,
                      oms.sum(y.value)::numeric / nullif(oms.sum(y.quantity) FILTER (WHERE y.value IS NOT NULL)::numeric, 0) AS unit_cost
               FROM oms.cost_layers AS y
               GROUP BY y.sku_id) AS y ON y.sku_id = s.sku_id
    LEFT JOIN (SELECT DISTINCT ON (p.sku_id, p.currency) p.sku_id, p.currency, p.price
               FROM oms.prices AS p
               WHERE p.channel_id IS NULL AND p.customer_group IS NULL AND p.min_quantity OPERATOR(oms.<=) '1'::oms.quantity
                     AND p.valid_from <= oms.now() AND p.valid_until > oms.now()
               ORDER BY p.sku_id, p.currency, p.min_quantity DESC, p.valid_from DESC, p.price_id) AS p
        ON p.sku_id = s.sku_id AND p.currency = b.currency
    LEFT JOIN (SELECT DISTINCT ON (x.sku_id) x.sku_id, x.cost::numeric AS cost, oms.currency_of(x.cost) AS currency
               FROM oms.supplier_skus AS x
               ORDER BY x.sku_id, x."rank", x.cost, x.lead_time_days, x.supplier_id) AS x
        ON x.sku_id = s.sku_id AND x.currency = b.currency;
COMMENT ON VIEW oms.sku_values IS 'What a unit of each SKU costs and is sold at, in the base currency';
COMMENT ON COLUMN oms.sku_values.unit_cost IS 'Average of what is on hand; else the SKU''s cost, else the first supplier''s; null where neither is known in the base currency';
COMMENT ON COLUMN oms.sku_values.price IS 'Of one unit, for everyone in all channels';

/* what it is worth is left out */
CREATE OR REPLACE VIEW oms_report.days_of_cover WITH (security_invoker = true) AS
    SELECT c.sku, c.category, c.location, c.available, c.incoming, c.daily_forecast, c.daily_demand,
           round(c.available / nullif(c.daily_forecast, 0), 1) AS cover_days,
           round((c.available + c.incoming) / nullif(c.daily_forecast, 0), 1) AS cover_days_incoming,
           round(c.available / nullif(c.daily_demand, 0), 1) AS demand_cover_days,
           CASE WHEN c.available = 0 THEN 'none'
                WHEN coalesce(c.daily_forecast, 0) = 0 THEN 'not sold'
                ELSE (ARRAY['below 7', '7-14', '14-30', '30-90', '90-180', 'over 180'])
                     [width_bucket(c.available / c.daily_forecast, '{7,14,30,90,180}'::numeric[]) + 1] END AS cover_class
    FROM (SELECT s.code AS sku, r.category::text AS category, l.code AS location,
                 coalesce(oms.sum(p.unreserved)::numeric, 0) - coalesce(oms.sum(p.kept_back)::numeric, 0) AS available,
                 coalesce(oms.sum(p.incoming)::numeric, 0) AS incoming, round(sum(p.mean)::numeric, 4) AS daily_forecast,
                 round(coalesce(oms.sum(p.demanded)::numeric, 0)
                       / nullif(28 - coalesce(sum(p.out_of_stock_rate::numeric), 0), 0), 4) AS daily_demand
          FROM (SELECT v.sku_id, v.location_id, v.unreserved, v.kept_back, v.incoming, NULL::double precision AS mean,
                       NULL::oms.quantity AS demanded, NULL::real AS out_of_stock_rate
                FROM oms.stock_parts AS v
                WHERE v.value IS NULL
                UNION ALL
                SELECT f.sku_id, f.location_id, NULL, NULL, NULL, f.mean, NULL, NULL FROM oms.forecasts AS f
                UNION ALL
                SELECT d.sku_id, d.location_id, NULL, NULL, NULL, NULL, d.demanded, d.out_of_stock_rate
                FROM oms.demand_days AS d
                WHERE d.day >= (SELECT oms_internal.report_today()) - 28 AND d.day < (SELECT oms_internal.report_today())) AS p
          JOIN oms.skus AS s ON s.sku_id = p.sku_id
          JOIN oms.locations AS l ON l.location_id = p.location_id
          LEFT JOIN oms.products AS r ON r.product_id = s.product_id
          GROUP BY s.sku_id, l.location_id, r.product_id) AS c;
COMMENT ON VIEW oms_report.days_of_cover IS 'How many days stock lasts';
COMMENT ON COLUMN oms_report.days_of_cover.sku IS 'Code of the SKU';
COMMENT ON COLUMN oms_report.days_of_cover.category IS 'Category of its product';
COMMENT ON COLUMN oms_report.days_of_cover.location IS 'Code of the location';
COMMENT ON COLUMN oms_report.days_of_cover.available IS 'What can be promised: on hand less reserved and kept back, at locations that are active';
COMMENT ON COLUMN oms_report.days_of_cover.incoming IS 'Open lines of purchase orders that were sent, and transfers in transit';
COMMENT ON COLUMN oms_report.days_of_cover.daily_forecast IS 'Mean of the days that are forecast; null without a forecast';
COMMENT ON COLUMN oms_report.days_of_cover.daily_demand IS 'Mean demand of the last 28 days, less those without stock';
COMMENT ON COLUMN oms_report.days_of_cover.cover_days IS 'available / daily_forecast; null where nothing is forecast';
COMMENT ON COLUMN oms_report.days_of_cover.cover_days_incoming IS 'The same with incoming';
COMMENT ON COLUMN oms_report.days_of_cover.demand_cover_days IS 'available / daily_demand';
COMMENT ON COLUMN oms_report.days_of_cover.cover_class IS 'none: nothing is available; not sold: nothing is forecast; below 7, 7-14, 14-30, 30-90, 90-180, over 180';

/*
 * Of the last 52 weeks, which end yesterday. A week is known from the day on from
 * which there could be demand.
 */
CREATE OR REPLACE VIEW oms_report.abc_xyz WITH (security_invoker = true) AS
WITH sold AS (
    SELECT w.sku_id, w.sums[1] AS units, w.sums[2] AS squares, w.sums[3]::integer AS weeks
    FROM (SELECT d.sku_id, oms_internal.demand_weeks(((SELECT oms_internal.report_today()) - 1 - d.day) / 7, d.demanded) AS sums
          FROM oms.demand_days AS d
          WHERE d.day >= (SELECT oms_internal.report_today()) - 364 AND d.day < (SELECT oms_internal.report_today())
          GROUP BY d.sku_id) AS w
), item AS (
    SELECT s.sku_id, coalesce(d.units, 0) AS units, d.squares,
           least(52, greatest(d.weeks, ((SELECT oms_internal.report_today()) - b.began_on + 6) / 7)) AS weeks,
           coalesce(v.unit_cost, v.price) AS unit_value, CASE WHEN v.unit_cost IS NOT NULL THEN 'cost' WHEN v.price IS NOT NULL THEN 'price' END AS valued_by,
           coalesce(d.units * coalesce(v.unit_cost, v.price), CASE WHEN d.units IS NULL THEN 0 END) AS value, v.stock_value, v.currency
    FROM oms.skus AS s
    LEFT JOIN sold AS d ON d.sku_id = s.sku_id
    LEFT JOIN (SELECT e.sku_id, min(e.began_on) AS began_on FROM oms.demand_series AS e GROUP BY e.sku_id) AS b ON b.sku_id = s.sku_id
    LEFT JOIN oms.sku_values AS v ON v.sku_id = s.sku_id
    WHERE s.stocked AND NOT s.is_kit AND (s.active OR d.units > 0)
), ranked AS (
    SELECT i.*, i.value / nullif(sum(i.value) OVER (), 0) AS share,
           sum(i.value) OVER (ORDER BY i.value DESC NULLS LAST, i.sku_id) / nullif(sum(i.value) OVER (), 0) AS cumulative_share,
           i.units / nullif(i.weeks, 0) AS weekly_mean,
           sqrt(greatest(i.squares / nullif(i.weeks, 0) - (i.units / nullif(i.weeks, 0)) ^ 2, 0)) / nullif(i.units / nullif(i.weeks, 0), 0) AS weekly_cv
    FROM item AS i
), class AS (
    SELECT k.*,
           CASE WHEN k.value IS NULL THEN NULL
                WHEN k.value = 0 THEN 'C'
                WHEN k.cumulative_share - k.share < 0.8 THEN 'A'
                WHEN k.cumulative_share - k.share < 0.95 THEN 'B' ELSE 'C' END AS abc,
           CASE WHEN k.weeks < 8 THEN NULL WHEN k.weekly_cv < 0.5 THEN 'X' WHEN k.weekly_cv < 1 THEN 'Y' ELSE 'Z' END AS xyz
    FROM ranked AS k
)
SELECT s.code AS sku, s.name, r.category::text AS category, c.units, round(c.unit_value, 6) AS unit_value, c.valued_by,
       round(c.value, 2) AS value, round(c.share, 6) AS share, round(c.cumulative_share, 6) AS cumulative_share, c.abc,
       c.weeks, round(c.weekly_mean, 3) AS weekly_mean, round(c.weekly_cv, 3) AS weekly_cv, c.xyz, c.abc || c.xyz AS class,
       coalesce(c.stock_value, 0) AS stock_value, c.currency
FROM class AS c
JOIN oms.skus AS s ON s.sku_id = c.sku_id
LEFT JOIN oms.products AS r ON r.product_id = s.product_id;
COMMENT ON VIEW oms_report.abc_xyz IS 'Which SKUs matter, by value, and how steadily they are wanted, over 52 weeks that end yesterday';
COMMENT ON COLUMN oms_report.abc_xyz.sku IS 'Code of the SKU';
COMMENT ON COLUMN oms_report.abc_xyz.name IS 'Its name';
COMMENT ON COLUMN oms_report.abc_xyz.category IS 'Category of its product';
COMMENT ON COLUMN oms_report.abc_xyz.units IS 'Units demanded in these weeks';
COMMENT ON COLUMN oms_report.abc_xyz.unit_value IS 'Cost of a unit; its price where no cost is known';
COMMENT ON COLUMN oms_report.abc_xyz.valued_by IS 'cost or price';
COMMENT ON COLUMN oms_report.abc_xyz.value IS 'units × unit_value; null where neither is known';
COMMENT ON COLUMN oms_report.abc_xyz.share IS 'Of the value of all SKUs';
COMMENT ON COLUMN oms_report.abc_xyz.cumulative_share IS 'Share of this SKU and all above it';
COMMENT ON COLUMN oms_report.abc_xyz.abc IS 'A: those that make up the first 80 % of the value; B: up to 95 %; C: the rest. Null where the value is not known';
COMMENT ON COLUMN oms_report.abc_xyz.weeks IS 'Weeks in which there could be demand, at most 52';
COMMENT ON COLUMN oms_report.abc_xyz.weekly_mean IS 'Units a week';
COMMENT ON COLUMN oms_report.abc_xyz.weekly_cv IS 'Coefficient of variation of the units of a week';
COMMENT ON COLUMN oms_report.abc_xyz.xyz IS 'X: below 0.5; Y: below 1; Z: above, or never sold. Null below 8 weeks';
COMMENT ON COLUMN oms_report.abc_xyz.class IS 'Both letters';
COMMENT ON COLUMN oms_report.abc_xyz.stock_value IS 'What is on hand is worth';
COMMENT ON COLUMN oms_report.abc_xyz.currency IS 'The base currency, in which all values are; null where there is none';

CREATE OR REPLACE VIEW oms_report.abc_xyz_matrix WITH (security_invoker = true) AS
    SELECT c.abc, c.xyz, count(*) AS skus, sum(c.units) AS units, sum(c.value) AS value,
           round(sum(c.value) / nullif(sum(sum(c.value)) OVER (), 0), 4) AS share, sum(c.stock_value) AS stock_value, min(c.currency) AS currency
    FROM oms_report.abc_xyz AS c
    GROUP BY c.abc, c.xyz;
COMMENT ON VIEW oms_report.abc_xyz_matrix IS 'The same, counted';
COMMENT ON COLUMN oms_report.abc_xyz_matrix.abc IS 'A, B or C; null: not known';
COMMENT ON COLUMN oms_report.abc_xyz_matrix.xyz IS 'X, Y or Z; null: not known yet';
COMMENT ON COLUMN oms_report.abc_xyz_matrix.skus IS 'How many SKUs';
COMMENT ON COLUMN oms_report.abc_xyz_matrix.units IS 'Units demanded in 52 weeks';
COMMENT ON COLUMN oms_report.abc_xyz_matrix.value IS 'What these were worth';
COMMENT ON COLUMN oms_report.abc_xyz_matrix.share IS 'Of the value of all';
COMMENT ON COLUMN oms_report.abc_xyz_matrix.stock_value IS 'What is on hand of them is worth';
COMMENT ON COLUMN oms_report.abc_xyz_matrix.currency IS 'The base currency, in which all values are; null where there is none';

CREATE OR REPLACE VIEW oms_report.stockouts WITH (security_invoker = true) AS
    SELECT s.code AS sku, r.category::text AS category, l.code AS location, o.began_at, o.ended_at, o.ended_at IS NULL AS open,
           round(extract(epoch FROM coalesce(o.ended_at, oms.now()) - o.began_at) / 86400, 2) AS days
    FROM oms.stockouts AS o
    JOIN oms.skus AS s ON s.sku_id = o.sku_id
    JOIN oms.locations AS l ON l.location_id = o.location_id
    LEFT JOIN oms.products AS r ON r.product_id = s.product_id;
COMMENT ON VIEW oms_report.stockouts IS 'When nothing of a SKU could be bought at a location';
COMMENT ON COLUMN oms_report.stockouts.sku IS 'Code of the SKU';
COMMENT ON COLUMN oms_report.stockouts.category IS 'Category of its product';
COMMENT ON COLUMN oms_report.stockouts.location IS 'Code of the location';
COMMENT ON COLUMN oms_report.stockouts.began_at IS 'As the job roll_up_demand saw it';
COMMENT ON COLUMN oms_report.stockouts.ended_at IS 'Null: still';
COMMENT ON COLUMN oms_report.stockouts.open IS 'Whether it has not ended';
COMMENT ON COLUMN oms_report.stockouts.days IS 'How long, in days, until now while it lasts';

CREATE OR REPLACE VIEW oms_report.stockout_rates WITH (security_invoker = true) AS
    SELECT s.code AS sku, r.category::text AS category, l.code AS location, bool_or(o.ended_at IS NULL) AS out_now,
           count(*) FILTER (WHERE e.ended_at > e.now - interval '30 days') AS stockouts_30,
           round(sum(d.days_30) / 30, 4) AS out_of_stock_rate_30,
           count(*) FILTER (WHERE e.ended_at > e.now - interval '90 days') AS stockouts_90,
           round(sum(d.days_90) / 90, 4) AS out_of_stock_rate_90,
           count(*) AS stockouts_365, round(sum(d.days_365) / 365, 4) AS out_of_stock_rate_365
    FROM (SELECT oms.now() AS now OFFSET 0) AS n
    JOIN oms.stockouts AS o ON coalesce(o.ended_at, 'infinity') > n.now - interval '365 days'
    CROSS JOIN LATERAL (SELECT n.now, coalesce(o.ended_at, n.now) AS ended_at) AS e
    CROSS JOIN LATERAL (
        SELECT greatest(0, extract(epoch FROM e.ended_at - greatest(o.began_at, n.now - interval '30 days')) / 86400) AS days_30,
               greatest(0, extract(epoch FROM e.ended_at - greatest(o.began_at, n.now - interval '90 days')) / 86400) AS days_90,
               extract(epoch FROM e.ended_at - greatest(o.began_at, n.now - interval '365 days')) / 86400 AS days_365) AS d
    JOIN oms.skus AS s ON s.sku_id = o.sku_id
    JOIN oms.locations AS l ON l.location_id = o.location_id
    LEFT JOIN oms.products AS r ON r.product_id = s.product_id
    GROUP BY s.sku_id, l.location_id, r.product_id;
COMMENT ON VIEW oms_report.stockout_rates IS 'How often and how long stock was out';
COMMENT ON COLUMN oms_report.stockout_rates.sku IS 'Code of the SKU';
COMMENT ON COLUMN oms_report.stockout_rates.category IS 'Category of its product';
COMMENT ON COLUMN oms_report.stockout_rates.location IS 'Code of the location';
COMMENT ON COLUMN oms_report.stockout_rates.out_now IS 'Whether it is out of stock';
COMMENT ON COLUMN oms_report.stockout_rates.stockouts_30 IS 'How many there were in the last 30 days';
COMMENT ON COLUMN oms_report.stockout_rates.out_of_stock_rate_30 IS 'Share of the last 30 days, round the clock, on which nothing could be bought';
COMMENT ON COLUMN oms_report.stockout_rates.stockouts_90 IS 'How many there were in the last 90 days';
COMMENT ON COLUMN oms_report.stockout_rates.out_of_stock_rate_90 IS 'Share of the last 90 days, round the clock, on which nothing could be bought';
COMMENT ON COLUMN oms_report.stockout_rates.stockouts_365 IS 'How many there were in the last 365 days';
COMMENT ON COLUMN oms_report.stockout_rates.out_of_stock_rate_365 IS 'Share of the last 365 days, round the clock, on which nothing could be bought';

/*
 * What would have been ordered on a day without stock: what was forecast for it
 * before; without a forecast, the mean of the 56 days before on which there was
 * stock.
 */
CREATE OR REPLACE VIEW oms_report.lost_sales WITH (security_invoker = true) AS
    SELECT s.code AS sku, r.category::text AS category, l.code AS location, d.day, d.out_of_stock_rate::numeric AS out_of_stock_rate,
           d.demanded::numeric AS demanded, round(x.daily, 4) AS expected, x.estimate,
           round(x.daily * d.out_of_stock_rate::numeric, 4) AS missed, round(x.daily * e.rate::numeric, 4) AS lost,
           round(x.daily * e.rate::numeric * v.price, 2) AS lost_sales,
           round(x.daily * e.rate::numeric * (v.price - v.unit_cost), 2) AS lost_margin, v.currency
    FROM oms.demand_daily AS d
    LEFT JOIN LATERAL (
        SELECT f.means[d.day - f.starts_on + 1]::numeric AS mean
        FROM oms.forecast_snapshots AS f
        WHERE f.sku_id = d.sku_id AND f.location_id = d.location_id AND f.starts_on <= d.day AND f.starts_on > d.day - 56 AND f.ends_on >= d.day
        ORDER BY f.starts_on DESC
        LIMIT 1) AS f ON true
    LEFT JOIN LATERAL (
        SELECT coalesce(sum(h.demanded::numeric), 0)
               / nullif(least(56, d.day - g.began_on) - coalesce(sum(h.out_of_stock_rate::numeric), 0), 0) AS mean
        FROM (SELECT coalesce((SELECT e.began_on FROM oms.demand_series AS e
                               WHERE e.sku_id = d.sku_id AND e.location_id = d.location_id), d.day - 56) AS began_on OFFSET 0) AS g
        LEFT JOIN oms.demand_daily AS h
            ON h.sku_id = d.sku_id AND h.location_id = d.location_id AND h.day >= greatest(g.began_on, d.day - 56) AND h.day < d.day
        GROUP BY g.began_on) AS h ON f.mean IS NULL
    CROSS JOIN LATERAL (
        SELECT coalesce(f.mean, h.mean) AS daily,
               CASE WHEN f.mean IS NOT NULL THEN 'forecast' WHEN h.mean IS NOT NULL THEN 'days before' END AS estimate) AS x
    CROSS JOIN LATERAL (
        SELECT CASE WHEN count(*) < (SELECT count(DISTINCT v.location_id)
                                     FROM oms.stock_levels AS v
                                     JOIN oms.locations AS a ON a.location_id = v.location_id
                                     WHERE v.sku_id = d.sku_id AND a.active)
                    THEN 0 ELSE min(o.out_of_stock_rate) END AS rate
        FROM oms.demand_daily AS o
        WHERE o.sku_id = d.sku_id AND o.day = d.day AND o.out_of_stock_rate > 0) AS e
    JOIN oms.skus AS s ON s.sku_id = d.sku_id
    JOIN oms.locations AS l ON l.location_id = d.location_id
    LEFT JOIN oms.products AS r ON r.product_id = s.product_id
    LEFT JOIN oms.sku_values AS v ON v.sku_id = d.sku_id
    WHERE d.out_of_stock_rate > 0;
COMMENT ON VIEW oms_report.lost_sales IS 'What would have been bought on days without stock, estimated';
COMMENT ON COLUMN oms_report.lost_sales.sku IS 'Code of the SKU';
COMMENT ON COLUMN oms_report.lost_sales.category IS 'Category of its product';
COMMENT ON COLUMN oms_report.lost_sales.location IS 'Code of the location';
COMMENT ON COLUMN oms_report.lost_sales.day IS 'By the clock of the location';
COMMENT ON COLUMN oms_report.lost_sales.out_of_stock_rate IS 'Share of the day without stock';
COMMENT ON COLUMN oms_report.lost_sales.demanded IS 'Units that were ordered in the rest of it';
COMMENT ON COLUMN oms_report.lost_sales.expected IS 'Units that would be ordered on such a day with stock';
COMMENT ON COLUMN oms_report.lost_sales.estimate IS 'forecast: made for this day before; days before: mean of the days with stock among the 56 before; null: neither is known';
COMMENT ON COLUMN oms_report.lost_sales.missed IS 'expected × out_of_stock_rate: what this location could not ship';
COMMENT ON COLUMN oms_report.lost_sales.lost IS 'Of these, units that no other active location with a stock level of the SKU had all day either';
COMMENT ON COLUMN oms_report.lost_sales.lost_sales IS 'lost at the present price for everyone, without discounts';
COMMENT ON COLUMN oms_report.lost_sales.lost_margin IS 'lost at price less cost';
COMMENT ON COLUMN oms_report.lost_sales.currency IS 'The base currency, in which all values are; null where there is none';

CREATE OR REPLACE VIEW oms_report.dead_stock WITH (security_invoker = true) AS
    SELECT w.kind, s.code AS sku, s.name, r.category::text AS category, l.code AS location, w.severity,
           (w.data ->> 'quantity')::numeric AS quantity, coalesce((w.data ->> 'value')::numeric, (SELECT b.unit * 0 FROM oms.base_unit AS b), 0) AS value,
           (SELECT b.currency FROM oms.base_unit AS b) AS currency,
           (w.data ->> 'cover_days')::numeric AS cover_days, (w.data ->> 'sold_days')::integer AS sold_days,
           (SELECT max(d.day) FROM oms.demand_daily AS d
            WHERE d.sku_id = w.sku_id AND d.location_id = w.location_id AND d.demanded OPERATOR(oms.>) '0'::oms.quantity) AS last_sold_on,
           w.message
    FROM oms.jobs AS j
    CROSS JOIN LATERAL oms_internal.watch_idle_stock(j.settings) AS w
    JOIN oms.skus AS s ON s.sku_id = w.sku_id
    JOIN oms.locations AS l ON l.location_id = w.location_id
    LEFT JOIN oms.products AS r ON r.product_id = s.product_id
    WHERE j.name = 'raise_alerts';
COMMENT ON VIEW oms_report.dead_stock IS 'Stock that does not sell, or lasts too long, by the rules and limits of the job raise_alerts';
COMMENT ON COLUMN oms_report.dead_stock.kind IS 'dead_stock: not sold, or ever less; overstock: lasts too long';
COMMENT ON COLUMN oms_report.dead_stock.sku IS 'Code of the SKU';
COMMENT ON COLUMN oms_report.dead_stock.name IS 'Its name';
COMMENT ON COLUMN oms_report.dead_stock.category IS 'Category of its product';
COMMENT ON COLUMN oms_report.dead_stock.location IS 'Code of the location';
COMMENT ON COLUMN oms_report.dead_stock.severity IS 'warning: not sold at all; else info';
COMMENT ON COLUMN oms_report.dead_stock.quantity IS 'Units that are not reserved';
COMMENT ON COLUMN oms_report.dead_stock.value IS 'What they are worth';
COMMENT ON COLUMN oms_report.dead_stock.currency IS 'The base currency, in which all values are; null where there is none';
COMMENT ON COLUMN oms_report.dead_stock.cover_days IS 'How long they last by the forecast';
COMMENT ON COLUMN oms_report.dead_stock.sold_days IS 'On how many of the days it was sold that dead_stock looks at';
COMMENT ON COLUMN oms_report.dead_stock.last_sold_on IS 'Day of the last demand; null: never';
COMMENT ON COLUMN oms_report.dead_stock.message IS 'The same in words';

/* The forecast of each day that was kept before it, and what came of it; days on which stock was out for a time are not known. */
CREATE OR REPLACE VIEW oms_report.forecast_days WITH (security_invoker = true) AS
    SELECT s.code AS sku, r.category::text AS category, l.code AS location, p.day, round(sum(p.mean)::numeric, 4) AS forecast,
           coalesce(oms.sum(p.demanded)::numeric, 0) AS actual, coalesce(max(p.out_of_stock_rate), 0) = 0 AS known
    FROM (SELECT f.sku_id, f.location_id, f.starts_on + n.day - 1 AS day, f.means[n.day] AS mean,
                 NULL::oms.quantity AS demanded, NULL::real AS out_of_stock_rate
          FROM oms.forecast_snapshots AS f
          CROSS JOIN LATERAL generate_series(1, f.ends_on - f.starts_on + 1) AS n(day)
          UNION ALL
          SELECT d.sku_id, d.location_id, d.day, NULL, d.demanded, d.out_of_stock_rate
          FROM oms.demand_days AS d) AS p
    JOIN oms.skus AS s ON s.sku_id = p.sku_id
    JOIN oms.locations AS l ON l.location_id = p.location_id
    LEFT JOIN oms.products AS r ON r.product_id = s.product_id
    WHERE p.day < (SELECT oms_internal.report_today())
    GROUP BY s.sku_id, l.location_id, r.product_id, p.day
    HAVING sum(p.mean) IS NOT NULL;
COMMENT ON VIEW oms_report.forecast_days IS 'Forecasts of days that are over, as they were made before, and what was wanted. Ask for some days or SKUs';
COMMENT ON COLUMN oms_report.forecast_days.sku IS 'Code of the SKU';
COMMENT ON COLUMN oms_report.forecast_days.category IS 'Category of its product';
COMMENT ON COLUMN oms_report.forecast_days.location IS 'Code of the location';
COMMENT ON COLUMN oms_report.forecast_days.day IS 'By the clock of the location';
COMMENT ON COLUMN oms_report.forecast_days.forecast IS 'Units forecast for the day, on a day up to 28 before';
COMMENT ON COLUMN oms_report.forecast_days.actual IS 'Units ordered';
COMMENT ON COLUMN oms_report.forecast_days.known IS 'Whether there was stock all day; where not, actual says little';

CREATE OR REPLACE VIEW oms_report.forecast_vs_actual WITH (security_invoker = true) AS
    SELECT f.sku, f.category, f.location, date_trunc('week', f.day::timestamp)::date AS week, count(*) AS days,
           count(*) FILTER (WHERE f.known) AS known_days, sum(f.forecast) FILTER (WHERE f.known) AS forecast,
           sum(f.actual) FILTER (WHERE f.known) AS actual, sum(f.actual - f.forecast) FILTER (WHERE f.known) AS difference,
           sum(abs(f.actual - f.forecast)) FILTER (WHERE f.known) AS absolute_error
    FROM oms_report.forecast_days AS f
    GROUP BY f.sku, f.category, f.location, date_trunc('week', f.day::timestamp)::date;
COMMENT ON VIEW oms_report.forecast_vs_actual IS 'The same, by week';
COMMENT ON COLUMN oms_report.forecast_vs_actual.sku IS 'Code of the SKU';
COMMENT ON COLUMN oms_report.forecast_vs_actual.category IS 'Category of its product';
COMMENT ON COLUMN oms_report.forecast_vs_actual.location IS 'Code of the location';
COMMENT ON COLUMN oms_report.forecast_vs_actual.week IS 'Its Monday';
COMMENT ON COLUMN oms_report.forecast_vs_actual.days IS 'Days that were forecast, and are over';
COMMENT ON COLUMN oms_report.forecast_vs_actual.known_days IS 'Of these, days with stock all day; all that follows is of these';
COMMENT ON COLUMN oms_report.forecast_vs_actual.forecast IS 'Units forecast';
COMMENT ON COLUMN oms_report.forecast_vs_actual.actual IS 'Units ordered';
COMMENT ON COLUMN oms_report.forecast_vs_actual.difference IS 'actual less forecast';
COMMENT ON COLUMN oms_report.forecast_vs_actual.absolute_error IS 'Sum of the differences of the days, whatever their sign';
