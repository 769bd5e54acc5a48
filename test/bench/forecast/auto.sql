/* test/bench/forecast/auto.sql: forecasts a set, :set, as anybody would who knows only the series */
SELECT cpu() AS before \gset
INSERT INTO forecast
SELECT :'set', 'oms', s.id, array_agg(f.mean ORDER BY f.step)
FROM series AS s, LATERAL oms.forecast_series(s.train, s.horizon, s.season) AS f
WHERE s.set = :'set'
GROUP BY s.id;
SELECT put_score(ARRAY[:'set'], 'oms', cpu() - :before, :'set');
