/* test/bench/forecast/report.sql: forecasts beside those of others, and whether bars hold */
INSERT INTO bar
SELECT bar, name || ' of ' || set || CASE method WHEN 'oms' THEN '' ELSE ' with promotions' END, value, NULL, most
FROM score,
     LATERAL (VALUES ('F1', 'm5tiny', 'oms', 'RMSSE', rmsse, 0.762), ('F1', 'm5tiny', 'oms', 'MASE', mase, 1.00), ('F1', 'm5tiny', 'oms', 'error of the total', total, 0.235),
                     ('F2', 'm3_monthly', 'oms', 'sMAPE', smape, 13.75), ('F2', 'm3_monthly', 'oms', 'MASE', mase, 0.860),
                     ('F2', 'm3', 'oms', 'sMAPE', smape, 12.70), ('F2', 'm3', 'oms', 'MASE', mase, 1.39),
                     ('F3', 'carparts', 'oms', 'RMSSE', rmsse, 0.590), ('F3', 'carparts', 'oms', 'error of the total', total, 0.87),
                     ('F4', 'onlineretail', 'oms', 'RMSSE', rmsse, 0.835),
                     ('F5', 'oj_weekly', 'oms, promotions', 'RMSSE', rmsse, 0.36)) AS v(bar, of, by, name, value, most)
WHERE set = of AND method = by;
INSERT INTO bar SELECT 'F6', 'seconds of CPU for 1000 series, at most', max(cpu), NULL, 1.0 FROM score;
INSERT INTO bar
SELECT 'F6', 'sets where ets is more accurate, or faster', count(*) FILTER (WHERE r.rmsse <= s.rmsse OR r.cpu <= s.cpu), NULL, NULL
FROM score AS s JOIN reference AS r USING (set) WHERE s.method = 'oms' AND r.method LIKE 'ets%';

\pset null ''
\pset footer off
\echo
SELECT set, method, source, round(mase::numeric, 3) AS "MASE", round(smape::numeric, 2) AS "sMAPE", round(rmsse::numeric, 3) AS "RMSSE",
       round(total::numeric, 3) AS "total", round(bias::numeric, 3) AS "bias", round(cpu::numeric, 3) AS "CPU s / 1000"
FROM (SELECT set, method, source, mase, smape, rmsse, total, NULL::float8 AS bias, cpu FROM reference UNION ALL TABLE score) AS t
WHERE set IN (SELECT set FROM score)
ORDER BY set, source = 'here', mase DESC;
SELECT level, round(100 * fill::numeric, 2) AS "fill rate, %", round(days::numeric, 2) AS "days of stock" FROM frontier ORDER BY level;
SELECT bar, measures, round(value::numeric, 3) AS value, least, most,
       CASE WHEN least IS NULL AND most IS NULL THEN '' WHEN value BETWEEN coalesce(least, value) AND coalesce(most, value) THEN 'holds' ELSE 'MISSED' END AS bar
FROM bar ORDER BY substr(bar, 2)::integer, measures;
