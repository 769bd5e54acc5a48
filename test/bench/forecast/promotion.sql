/* test/bench/forecast/promotion.sql: oj_weekly with the weeks of deals and features, past and to come */
CREATE TEMPORARY TABLE flag (id text, flags text);
\set copy '\\copy flag FROM PROGRAM ''gzip -dc ' :data '/oj_promo.tsv.gz'''
:copy
UPDATE series AS s SET promoted = string_to_array(f.flags, ',')::float8[] FROM flag AS f WHERE f.id = s.id AND s.set = 'oj_weekly';
SELECT cpu() AS before \gset
INSERT INTO forecast
SELECT 'oj_weekly', 'oms, promotions', s.id, array_agg(f.mean ORDER BY f.step)
FROM series AS s, LATERAL oms.forecast_series(s.train, s.horizon, s.season, promoted => s.promoted) AS f
WHERE s.set = 'oj_weekly'
GROUP BY s.id;
SELECT put_score('{oj_weekly}', 'oms, promotions', cpu() - :before, 'oj_weekly');
