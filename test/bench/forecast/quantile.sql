/* test/bench/forecast/quantile.sql: quantiles of the demand of 14 days */
CREATE TABLE total AS
SELECT s.id, (SELECT sum(y) FROM unnest(s.test[:14]) AS y) AS wanted, f.quantiles
FROM series AS s, LATERAL oms.forecast_total(s.train, 14, s.season, '{0.5,0.75,0.8,0.9,0.95,0.975,0.99}') AS f
WHERE s.set = 'm5tiny';

/* pinball loss, mean of the levels, as a percentage of demand */
INSERT INTO bar
SELECT 'F8', 'pinball loss, 14 days of m5tiny',
       100 * sum(greatest(level * (wanted - quantile), (1 - level) * (quantile - wanted))) / sum(wanted), NULL, 7.3
FROM total, unnest('{0.5,0.75,0.8,0.9,0.95,0.975,0.99}'::float8[], quantiles) AS u(level, quantile);
INSERT INTO bar
SELECT 'F8', 'covered at 95 %, in per cent', 100 * avg((wanted <= quantiles[5] + 1e-9)::integer), 90, 97 FROM total;
