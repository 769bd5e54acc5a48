/*
 * test/planning/plan.sql: what forecasts, their evaluation and proposals must
 * be, by plain queries over demand, stock and terms
 */

/*
 * ADI and CV² of series that are old enough and have two demands at least, as the forecast tells them and as they are.
 * Days without stock for more than half of them are left out.
 */
CREATE VIEW planning.variability AS
WITH demand AS (
    SELECT f.sku_id, f.location_id, d.day, d.demanded::numeric / (1 - d.out_of_stock_rate::numeric) AS demanded,
           row_number() OVER (PARTITION BY f.sku_id, f.location_id ORDER BY d.day) AS n
    FROM oms.forecasts AS f
    JOIN oms.demand_daily AS d USING (sku_id, location_id)
    WHERE d.day < f.starts_on AND d.day >= f.starts_on - 730 AND d.demanded::numeric > 0 AND d.out_of_stock_rate <= 0.5
), size AS (
    SELECT sku_id, location_id, count(*) AS n, min(day) AS first_on,
           var_pop(demanded) / avg(demanded) ^ 2 AS all_cv2,
           var_pop(demanded) FILTER (WHERE n > 1) / avg(demanded) FILTER (WHERE n > 1) ^ 2 AS later_cv2
    FROM demand
    GROUP BY sku_id, location_id
), unknown AS (
    SELECT f.sku_id, f.location_id, count(*) AS all_days, count(*) FILTER (WHERE d.day > s.first_on) AS later_days
    FROM oms.forecasts AS f JOIN size AS s USING (sku_id, location_id) JOIN oms.demand_daily AS d USING (sku_id, location_id)
    WHERE d.day < f.starts_on AND d.day >= f.starts_on - 730 AND d.day >= (f.details ->> 'since')::date AND d.out_of_stock_rate > 0.5
    GROUP BY f.sku_id, f.location_id
)
SELECT f.sku_id, f.location_id, (f.details ->> 'interval')::numeric AS adi, (f.details ->> 'cv2')::numeric AS cv2,
       (f.starts_on - greatest((f.details ->> 'since')::date, f.starts_on - 730) - coalesce(u.all_days, 0))::numeric / s.n AS all_adi, s.all_cv2,
       (f.starts_on - 1 - s.first_on - coalesce(u.later_days, 0))::numeric / (s.n - 1) AS later_adi, s.later_cv2
FROM oms.forecasts AS f JOIN size AS s USING (sku_id, location_id) LEFT JOIN unknown AS u USING (sku_id, location_id)
WHERE f.class NOT IN ('new', 'none') AND s.n > 1;

/* check_forecasts runs the job and claims what holds for all forecasts, however they are made */
CREATE FUNCTION planning.check_forecasts() RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM planning.run_job('forecast_demand');
    PERFORM planning.none('forecasts are of 56 days, and their mean is that of the days',
        'SELECT sku_id, location_id, cardinality(means), mean FROM oms.forecasts
         WHERE cardinality(means) <> 56 OR abs(mean - (SELECT avg(m) FROM unnest(means) AS m)) > 1e-5 * greatest(mean, 1)');
    PERFORM planning.none('forecasts are not below 0, and quantiles not below those before',
        'SELECT sku_id, location_id, method, total_mean, total_quantiles FROM oms.forecasts
         WHERE total_mean < 0 OR 0 > ANY (means) OR total_quantiles[1] < 0
               OR total_quantiles IS DISTINCT FROM (SELECT array_agg(q ORDER BY q) FROM unnest(total_quantiles) AS q)');
    PERFORM planning.same('forecasts begin on a day of the last week, and protect the days that terms say',
        'SELECT DISTINCT d.sku_id, d.location_id, ceil(t.lead_time_days + t.review_days)::integer AS days, true AS fresh
         FROM oms.demand_daily AS d JOIN oms.replenishment_terms AS t USING (sku_id, location_id) JOIN oms.locations AS l USING (location_id)
         WHERE d.demanded::numeric > 0 AND d.day < (oms.now() AT TIME ZONE l.time_zone)::date AND d.day >= (oms.now() AT TIME ZONE l.time_zone)::date - 730',
        'SELECT sku_id, location_id, protection_days, starts_on BETWEEN (oms.now() AT TIME ZONE l.time_zone)::date - 6 AND (oms.now() AT TIME ZONE l.time_zone)::date
         FROM oms.forecasts JOIN oms.locations AS l USING (location_id) WHERE class <> ''none'' AND details ->> ''known'' <> ''0''');
    PERFORM planning.same('forecasts are of the class that ADI and CV² say',
        'SELECT sku_id, location_id, CASE WHEN adi < 1.32 AND cv2 < 0.49 THEN ''smooth'' WHEN adi < 1.32 THEN ''erratic''
                                          WHEN cv2 < 0.49 THEN ''intermittent'' ELSE ''lumpy'' END
         FROM planning.variability',
        'SELECT sku_id, location_id, class FROM oms.forecasts JOIN planning.variability USING (sku_id, location_id)');
    PERFORM planning.none('ADI and CV² are those of all days, or of those after the first demand',
        'SELECT * FROM planning.variability
         WHERE NOT (abs(adi - all_adi) < 0.01 * adi AND abs(cv2 - all_cv2) < 0.001 * greatest(cv2, 1) OR abs(adi - later_adi) < 0.01 * adi AND abs(cv2 - later_cv2) < 0.001 * greatest(cv2, 1))');
END
$$;

/* what came of the days of each snapshot on which stock was there */
CREATE VIEW planning.outcomes AS
SELECT s.sku_id, s.location_id, s.starts_on, s.method, count(*) FILTER (WHERE there) AS days,
       coalesce(sum(demanded) FILTER (WHERE there), 0) AS actual, sum(m::numeric) FILTER (WHERE there) AS forecast,
       sum(abs(m::numeric - demanded)) FILTER (WHERE there) AS absolute_error
FROM oms.forecast_snapshots AS s
CROSS JOIN LATERAL unnest(s.means) WITH ORDINALITY AS u(m, n)
CROSS JOIN LATERAL (SELECT coalesce(max(d.demanded::numeric), 0) AS demanded, coalesce(max(d.out_of_stock_rate), 0) = 0 AS there
                    FROM oms.demand_daily AS d
                    WHERE d.sku_id = s.sku_id AND d.location_id = s.location_id AND d.day = s.starts_on + n::integer - 1) AS d
WHERE s.evaluated_at IS NOT NULL
GROUP BY s.sku_id, s.location_id, s.starts_on, s.method;

CREATE VIEW planning.expected_accuracy AS
SELECT k.code AS sku, l.code AS location, method, date_trunc('month', starts_on)::date AS month, count(*) AS forecasts, sum(days)::bigint AS days,
       sum(actual) AS actual, (sum(forecast) - sum(actual)) / nullif(sum(actual), 0) AS bias, sum(absolute_error) / nullif(sum(actual), 0) AS wape
FROM planning.outcomes JOIN oms.skus AS k USING (sku_id) JOIN oms.locations AS l USING (location_id)
WHERE days > 0
GROUP BY k.code, l.code, method, date_trunc('month', starts_on);

/* check_accuracy runs the job and claims that forecasts of days that are over were compared with them */
CREATE FUNCTION planning.check_accuracy() RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM planning.run_job('evaluate_forecasts');
    PERFORM planning.same('what is over is evaluated, by the demand of its days',
        'SELECT sku_id, location_id, starts_on, days, actual FROM planning.outcomes WHERE days > 0',
        'SELECT sku_id, location_id, starts_on, known_days, actual::numeric FROM oms.forecast_snapshots WHERE known_days > 0');
    PERFORM planning.none('errors are those of the days',
        'SELECT o.*, s.forecast AS found, s.absolute_error AS error_found
         FROM planning.outcomes AS o JOIN oms.forecast_snapshots AS s USING (sku_id, location_id, starts_on)
         WHERE o.days > 0 AND (abs(o.forecast - s.forecast::numeric) < 0.001 * (1 + o.forecast) AND abs(o.absolute_error - s.absolute_error::numeric) < 0.001 * (1 + o.absolute_error)) IS NOT TRUE');
    PERFORM planning.none('nothing that is over is left to evaluate',
        'SELECT sku_id, location_id, ends_on FROM oms.forecast_snapshots WHERE evaluated_at IS NULL AND ends_on < oms.now()::date - 1');
    PERFORM planning.same('accuracy by SKU, method and month',
        'SELECT sku, location, method, month, forecasts, days, actual FROM planning.expected_accuracy',
        'SELECT sku, location, method, month, forecasts, days::bigint, actual::numeric FROM oms_report.forecast_accuracy WHERE days > 0');
    PERFORM planning.none('bias and WAPE are those of the days',
        'SELECT * FROM planning.expected_accuracy AS e JOIN oms_report.forecast_accuracy AS a USING (sku, location, method, month)
         WHERE abs(e.bias - a.bias::numeric) > 0.001 * (1 + abs(e.bias)) OR abs(e.wape - a.wape::numeric) > 0.001 * (1 + e.wape)
               OR (e.bias IS NULL) <> (a.bias IS NULL) OR (e.wape IS NULL) <> (a.wape IS NULL)');
END
$$;

/* what is to be ordered, from whom, by the levels as the view says them */
CREATE VIEW planning.expected_proposals AS
WITH terms AS MATERIALIZED (
    SELECT sku_id, location_id, supplier_id, ceil(lead_time_days)::integer AS days, coalesce(pack_size::numeric, 1) AS pack_size,
           coalesce(min_quantity::numeric, 0) AS min_quantity
    FROM oms.replenishment_terms
), due AS (
    SELECT *, order_up_to - position AS need, floor((order_up_to - position) / pack_size) AS n
    FROM planning.shelf JOIN terms USING (sku_id, location_id)
    WHERE position <= reorder_point AND order_up_to > position
)
/* in packs: up by the square root, or where rounding down would leave it due; no less than the minimum */
SELECT sku_id, location_id, supplier_id, position, reorder_point, order_up_to,
       pack_size * greatest(CASE WHEN need / pack_size > sqrt(n * (n + 1)) OR need > n * pack_size AND position + n * pack_size <= reorder_point
                                 THEN n + 1 ELSE n END, ceil(min_quantity / pack_size)) AS quantity,
       today AS order_on, today + days AS expected_on
FROM due;

/* check_proposals runs the job, and claims that terms, levels and proposals follow from each other */
CREATE FUNCTION planning.check_proposals() RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM planning.run_job('plan_replenishment');
    PERFORM planning.same('terms are those of the supplier of the lowest rank, then the cheapest',
        'SELECT DISTINCT ON (sku_id, location_id) sku_id, location_id, supplier_id, lead_time_days::numeric, min_quantity::numeric, pack_size::numeric
         FROM (SELECT sku_id, location_id FROM oms.stock_levels UNION SELECT sku_id, location_id FROM oms.demand_daily) AS k JOIN oms.supplier_skus AS s USING (sku_id)
         ORDER BY sku_id, location_id, s."rank", s.cost::numeric, supplier_id',
        'SELECT sku_id, location_id, supplier_id, lead_time_days::numeric, min_quantity::numeric, pack_size::numeric FROM oms.replenishment_terms WHERE supplier_id IS NOT NULL');
    PERFORM planning.same('proposals are what the position lacks, in packs',
        'SELECT sku_id, location_id, supplier_id, position, reorder_point, order_up_to, quantity, order_on, expected_on FROM planning.expected_proposals',
        'SELECT sku_id, location_id, supplier_id, position::numeric, reorder_point::numeric, order_up_to::numeric, quantity::numeric, order_on, expected_on
         FROM oms.replenishment_proposals WHERE status = ''open''');
END
$$;
