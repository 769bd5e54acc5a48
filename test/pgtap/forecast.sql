-- real series of demand, where ../shared/data is: forecasts are as good as they were said to be
SET search_path = oms, public;
SET client_min_messages = warning;
BEGIN;
SELECT plan(9);

\set there `test -e ../shared/data/forecast-bench/m5tiny.tsv.gz && echo true || echo false`
CREATE TEMP TABLE line (id text, set text, season integer, horizon integer, weekday integer, train text, test text);
\if :there
\copy line FROM PROGRAM 'gzip -dc ../shared/data/forecast-bench/m5tiny.tsv.gz ../shared/data/forecast-bench/carparts.tsv.gz ../shared/data/forecast-bench/m3_quarterly.tsv.gz'
CREATE TEMP TABLE series AS SELECT id, set, season, horizon, string_to_array(train, ',')::float8[] AS train, string_to_array(test, ',')::float8[] AS test FROM line;
CREATE TEMP TABLE score AS
SELECT f.set, f.error / nullif(season_change, 0) AS mase, f.smape, f.rmse / nullif(change, 0) AS rmsse, f.forecast, f.wanted
FROM (SELECT s.set, s.id, avg(abs(y - mean)) AS error, sqrt(avg((y - mean) ^ 2)) AS rmse, sum(y) AS wanted, sum(mean) AS forecast,
             avg(CASE WHEN y = 0 AND mean = 0 THEN 0 ELSE 200 * abs(y - mean) / (abs(y) + abs(mean)) END) AS smape
      FROM series AS s, LATERAL forecast_series(train, horizon, season) AS f, LATERAL unnest(test[step:step]) AS y GROUP BY s.set, s.id) AS f
JOIN (SELECT s.set, s.id, avg(abs(y - season_ago)) AS season_change, sqrt(avg((y - ago) ^ 2)) AS change
      FROM series AS s, LATERAL (SELECT y, lag(y, season) OVER (ORDER BY n) AS season_ago, lag(y) OVER (ORDER BY n) AS ago FROM unnest(train) WITH ORDINALITY AS u(y, n)) AS u
      GROUP BY s.set, s.id) AS c USING (set, id);
SELECT cmp_ok(avg(rmsse), '<=', 0.762::float8, 'daily sales of shops: RMSSE') FROM score WHERE set = 'm5tiny';
SELECT cmp_ok(avg(mase), '<=', 1.00::float8, 'MASE') FROM score WHERE set = 'm5tiny';
SELECT cmp_ok(sum(abs(forecast - wanted)) / sum(wanted), '<=', 0.235::float8, 'error of four weeks together') FROM score WHERE set = 'm5tiny';
SELECT cmp_ok(avg(rmsse), '<=', 0.590::float8, 'monthly sales of spare parts: RMSSE') FROM score WHERE set = 'carparts';
SELECT cmp_ok(sum(abs(forecast - wanted)) / sum(wanted), '<=', 0.87::float8, 'error of half a year together') FROM score WHERE set = 'carparts';
SELECT cmp_ok(avg(smape), '<=', 9.20::float8, 'quarters of the M3 competition: sMAPE') FROM score WHERE set = 'm3';
SELECT cmp_ok(avg(mase), '<=', 1.117::float8, 'MASE') FROM score WHERE set = 'm3';

CREATE TEMP TABLE total AS
SELECT (SELECT sum(y) FROM unnest(test[:14]) AS y) AS wanted, quantiles
FROM series, LATERAL forecast_total(train, 14, season, '{0.5,0.75,0.8,0.9,0.95,0.975,0.99}') WHERE set = 'm5tiny';
SELECT cmp_ok(100 * sum(greatest(level * (wanted - quantile), (1 - level) * (quantile - wanted))) / sum(wanted), '<=', 7.3::float8, 'quantiles of two weeks together: pinball loss')
FROM total, unnest('{0.5,0.75,0.8,0.9,0.95,0.975,0.99}'::float8[], quantiles) AS u(level, quantile);
SELECT ok(avg((wanted <= quantiles[5])::integer) BETWEEN 0.90 AND 0.97, 'covered at 95 %') FROM total;
\else
SELECT skip('no ../shared/data/forecast-bench', 9);
\endif
SELECT * FROM finish();
ROLLBACK;
