-- Stock of real series under policies: what share of demand it serves, and how much stock that takes.
--
-- series(id, demand, returned, lead, cost, min_quantity, reorder_point, order_up_to) has demand of whole periods, oldest
-- first; first_fit, refit and first_counted are numbers of periods. A policy sees what is before the period in which it
-- decides, and decides anew each refit periods: at which position to order, up to what, at several targets. Each
-- period what is on hand is sold and what is short is lost; then the position is looked at. What is ordered is there lead
-- periods later, before the demand of its period. All policies begin with their own level in stock and on order, and are counted
-- from first_counted on. All round to the nearest unit.
SET search_path = oms, public;
SET jit = off;

-- exponential smoothing, and the root mean square of the errors that it made from one period to the next
CREATE FUNCTION pg_temp.smoothed(seen float8[], OUT mean float8, OUT sd float8) LANGUAGE plpgsql AS $$
DECLARE
    squares float8 := 0;
BEGIN
    mean := seen[1];
    FOR t IN 2 .. cardinality(seen) LOOP
        squares := squares + (seen[t] - mean) ^ 2;
        mean := mean + greatest(0.1, 1.0 / t) * (seen[t] - mean);
    END LOOP;
    sd := sqrt(squares / (cardinality(seen) - 1));
END
$$;

CREATE TEMPORARY TABLE decided AS
WITH period AS (
    SELECT s.id, s.lead, s.reorder_point, s.order_up_to, o AS origin, s.demand[:o] AS seen
    FROM series AS s, generate_series(:first_fit, cardinality(s.demand) - 1, :refit) AS o
), target AS (
    -- and their normal quantiles, read by the function that reads those of forecasts
    SELECT t.levels, ARRAY(SELECT oms_internal.reorder_level('{0.5,0.841344746}', '{0,1}', 0, 1, 10, 1, 0, u, NULL, 0) - 10
                           FROM unnest(t.levels) AS u) AS scores
    FROM (SELECT '{0.7,0.8,0.85,0.9,0.95,0.975,0.99,0.995,0.999}'::float8[] AS levels) AS t
)
SELECT 'forecast' AS policy, t.levels[i] AS target, p.id, p.origin, round(f.quantiles[i]) - 1 AS reorder_point, round(f.quantiles[i]) AS order_up_to
FROM period AS p, target AS t, LATERAL oms.forecast_total(p.seen, p.lead + 1, 1, t.levels) AS f, generate_subscripts(t.levels, 1) AS i
UNION ALL
-- the textbook: mean and standard deviation of a period, times the time and its root
SELECT 'textbook', t.levels[i], p.id, p.origin, l.level - 1, l.level
FROM period AS p, target AS t, LATERAL (SELECT avg(d) AS mean, stddev_samp(d) AS sd FROM unnest(p.seen) AS d) AS m,
     generate_subscripts(t.levels, 1) AS i,
     LATERAL (SELECT round(m.mean * (p.lead + 1) + t.scores[i] * m.sd * sqrt(p.lead + 1)) AS level) AS l
UNION ALL
-- the same on exponential smoothing with 0.1 and its errors, as planning systems do it
SELECT 'smoothed', t.levels[i], p.id, p.origin, l.level - 1, l.level
FROM period AS p, target AS t, LATERAL pg_temp.smoothed(p.seen) AS m, generate_subscripts(t.levels, 1) AS i,
     LATERAL (SELECT round(m.mean * (p.lead + 1) + t.scores[i] * m.sd * sqrt(p.lead + 1)) AS level) AS l
UNION ALL
-- what somebody has set by the end, who knew all that came; it is no rival, but a mark
SELECT 'set in the end', NULL, p.id, p.origin, p.reorder_point, p.order_up_to FROM period AS p WHERE p.order_up_to IS NOT NULL;

CREATE FUNCTION pg_temp.keep(demand float8[], returned float8[], lead integer, min_quantity float8, reorder_points float8[], up_to float8[],
                             first_fit integer, refit integer, first_counted integer,
                             OUT sold float8, OUT wanted float8, OUT stock float8) LANGUAGE plpgsql AS $$
DECLARE
    coming float8[] := array_fill(0::float8, ARRAY[cardinality(demand) + lead + 2]);
    usual float8 := (SELECT avg(d) FROM unnest(demand[:first_fit]) AS d);
    hand float8 := up_to[1];
    on_order float8 := 0;
    step integer;
    need float8;
BEGIN
    sold := 0; wanted := 0; stock := 0;
    -- as if demand had been as usual before
    FOR t IN first_fit + 1 .. first_fit + lead LOOP
        coming[t] := least(floor(usual), hand);
        on_order := on_order + coming[t];
        hand := hand - coming[t];
    END LOOP;
    FOR t IN first_fit + 1 .. cardinality(demand) LOOP
        hand := hand + coming[t] + returned[t];
        on_order := on_order - coming[t];
        IF t >= first_counted THEN
            sold := sold + least(hand, demand[t]);
            wanted := wanted + demand[t];
            stock := stock + greatest(hand - demand[t], 0);
        END IF;
        hand := greatest(hand - demand[t], 0);
        step := (t - first_fit - 1) / refit + 1;
        IF hand + on_order <= reorder_points[step] THEN
            need := greatest(up_to[step] - hand - on_order, min_quantity);
            coming[t + lead + 1] := coming[t + lead + 1] + need;
            on_order := on_order + need;
        END IF;
    END LOOP;
    stock := stock / (cardinality(demand) - first_counted + 1);
END
$$;

-- by units, and by what they cost
CREATE TEMPORARY TABLE outcome AS
SELECT d.policy, d.target, m.measure, sum(r.sold * m.weight) / sum(r.wanted * m.weight) AS fill_rate, sum(r.stock * m.weight) AS stock
FROM (SELECT policy, id, target, array_agg(reorder_point ORDER BY origin) AS reorder_points, array_agg(order_up_to ORDER BY origin) AS up_to
      FROM decided GROUP BY policy, id, target) AS d
JOIN series AS s USING (id)
CROSS JOIN LATERAL pg_temp.keep(s.demand, s.returned, s.lead, s.min_quantity, d.reorder_points, d.up_to, :first_fit, :refit, :first_counted) AS r
CROSS JOIN LATERAL (VALUES ('units', 1), ('value', s.cost)) AS m(measure, weight)
GROUP BY d.policy, d.target, m.measure;

-- what forecasts serve with as much stock, on straight lines between targets
CREATE TEMPORARY TABLE compared AS
WITH line AS (
    SELECT measure, stock, fill_rate, lead(stock) OVER w AS next_stock, lead(fill_rate) OVER w AS next_fill_rate
    FROM outcome WHERE policy = 'forecast'
    WINDOW w AS (PARTITION BY measure ORDER BY stock)
)
SELECT o.*, f.fill_rate AS forecast
FROM outcome AS o
LEFT JOIN LATERAL (SELECT l.fill_rate + (l.next_fill_rate - l.fill_rate) * (o.stock - l.stock) / nullif(l.next_stock - l.stock, 0) AS fill_rate
                   FROM line AS l
                   WHERE l.measure = o.measure AND o.stock BETWEEN l.stock AND l.next_stock
                   LIMIT 1) AS f ON o.policy <> 'forecast';

SELECT measure, policy, target, round(stock::numeric) AS "mean stock", round(100 * fill_rate::numeric, 2) AS "fill rate, %",
       round(100 * forecast::numeric, 2) AS "forecast with that stock", round(100 * (forecast - fill_rate)::numeric, 2) AS gain
FROM compared ORDER BY measure, policy DESC, target;
SELECT measure, policy AS "forecast against", count(forecast) AS "points compared", round(100 * avg(forecast - fill_rate)::numeric, 2) AS "mean gain, points",
       CASE WHEN avg(forecast - fill_rate) > 0 THEN 'better' ELSE 'not better' END AS "forecast is"
FROM compared WHERE policy IN ('textbook', 'smoothed') GROUP BY measure, policy ORDER BY measure, policy DESC;
DROP TABLE decided, outcome, compared, series, line;
DROP FUNCTION pg_temp.smoothed, pg_temp.keep;
