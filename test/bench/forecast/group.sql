/* test/bench/forecast/group.sql: forecasts a set, :set, with what the groups of :group have in common */
SELECT cpu() AS before \gset
INSERT INTO forecast
SELECT :'set', :'method', s.id, array_agg(f.mean ORDER BY f.step)
FROM (SELECT :group AS "group", oms_internal.demand_profile(train, promoted, season) AS profile
      FROM series WHERE set = :'set' GROUP BY 1) AS p,
     series AS s, LATERAL oms.forecast_series(s.train, s.horizon, s.season, promoted => s.promoted, profile => p.profile) AS f
WHERE s.set = :'set' AND :group = p."group"
GROUP BY s.id;
SELECT put_score(ARRAY[:'set'], :'method', cpu() - :before, :'set');
