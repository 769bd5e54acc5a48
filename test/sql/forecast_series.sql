-- Forecasts of series of numbers: known answers, arguments that can't be meant, and what holds of any series
SET search_path = oms, public;
SET client_min_messages = warning;
\pset null (null)

-- what a statement raises, as one line
CREATE FUNCTION pg_temp.fault(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    state text; message text; detail text; hint text;
BEGIN
    EXECUTE statement;
    RETURN 'nothing';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
        detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' | ', state || ' ' || message, nullif(detail, ''), nullif(hint, ''));
END
$$;
-- a series of so many periods, that repeats
CREATE FUNCTION pg_temp.repeated(pattern float8[], n integer) RETURNS float8[] LANGUAGE sql IMMUTABLE
RETURN (SELECT array_agg(pattern[1 + (i - 1) % cardinality(pattern)] ORDER BY i) FROM generate_series(1, n) AS i);
CREATE FUNCTION pg_temp.rounded(numbers float8[], digits integer DEFAULT 1) RETURNS numeric[] LANGUAGE sql IMMUTABLE
RETURN (SELECT array_agg(round(x::numeric, digits) ORDER BY n) FROM unnest(numbers) WITH ORDINALITY AS u(x, n));
-- means of the steps, with the quantiles at 0.1, 0.5 and 0.9 of the first and the last
CREATE FUNCTION pg_temp.forecast(
    demand float8[], horizon integer, season integer, OUT means numeric[], OUT first numeric[], OUT last numeric[], OUT method text
) LANGUAGE sql AS $$
    SELECT array_agg(round(mean::numeric, 1) ORDER BY step), max(pg_temp.rounded(quantiles)) FILTER (WHERE step = 1),
           max(pg_temp.rounded(quantiles)) FILTER (WHERE step = horizon), max(method)
    FROM oms.forecast_series(demand, horizon, season, '{0.1,0.5,0.9}')
$$;

/*
 * Known answers
 */
CREATE TEMP TABLE known (n serial, name text, demand float8[], season integer);
INSERT INTO known (name, demand, season)
SELECT name, demand, season
FROM (VALUES
    ('constant', pg_temp.repeated('{4}', 28), 7),
    ('constant months', pg_temp.repeated('{4}', 36), 12),
    ('line', (SELECT array_agg(i::float8 ORDER BY i) FROM generate_series(1, 40) AS i), 1),
    ('line of days', (SELECT array_agg(50 + i::float8 ORDER BY i) FROM generate_series(1, 200) AS i), 7),
    ('week', pg_temp.repeated('{10,10,10,10,20,40,0}', 140), 7),
    ('week, sold on Mondays', pg_temp.repeated('{6,0,0,0,0,0,0}', 140), 7),
    ('year of months', pg_temp.repeated('{100,110,120,130,140,150,140,130,120,110,100,90}', 60), 12),
    ('line of quarters', (SELECT array_agg((100 + 2 * i) * (ARRAY[0.8, 1, 1.3, 0.9])[1 + (i - 1) % 4] ORDER BY i) FROM generate_series(1, 40) AS i), 4),
    ('spike', pg_temp.repeated('{0}', 20) || '{9}' || pg_temp.repeated('{0}', 40), 7),
    ('zeros', pg_temp.repeated('{0}', 40), 7),
    ('one', '{5}', 7),
    ('one after zeros', '{0,0,0,5}', 7),
    ('shorter than a season', '{3,4,5}', 12),
    ('nothing', '{}', 7),
    ('nothing known', '{NULL,NaN,NULL}', 7),
    ('gaps', pg_temp.repeated('{5,NULL,5,NaN}', 60), 7),
    ('net of returns', pg_temp.repeated('{5,-1,0,2}', 60), 7),
    ('only returns', pg_temp.repeated('{-2,-1,-3}', 30), 1),
    ('ended', pg_temp.repeated('{3,2}', 60) || pg_temp.repeated('{0}', 90), 7),
    ('huge', pg_temp.repeated('{1e308,1.7e308}', 30), 1),
    ('tiny', pg_temp.repeated('{1e-300,3e-300,2e-300}', 30), 7),
    ('parts', pg_temp.repeated('{0.05,0.15,0.1}', 60), 7)) AS v(name, demand, season);
SELECT name, f.* FROM known, LATERAL pg_temp.forecast(demand, CASE WHEN season = 1 THEN 4 ELSE least(season, 8) END, season) AS f WHERE name NOT IN ('huge', 'tiny') ORDER BY n;
SELECT name, max(mean) > 1e307 AS huge, min(mean) BETWEEN 1e-300 AND 3e-300 AS tiny, max(method) FROM known, LATERAL forecast_series(demand, 5, season) WHERE name IN ('huge', 'tiny') GROUP BY name;

-- what fades is forecast to fade; what grows in each period, to grow
SELECT array_agg(mean < 0.1) FROM known, LATERAL forecast_series(demand, 3, season) WHERE name = 'ended';
SELECT bool_and(mean > before) FROM (SELECT mean, lag(mean) OVER (ORDER BY step) AS before FROM known, LATERAL forecast_series(demand, 60, season) WHERE name = 'line of days') AS f;
-- a horizon longer than the history
SELECT count(*), min(mean), max(mean) FROM forecast_series('{2,2,2,2,2,2,2,2,2,2}', 1000);
-- each class of Syntetos, Boylan and Croston, on either side of 1.32 and 0.49
SELECT class, method, details - 'season' AS details
FROM (VALUES (pg_temp.repeated('{4,5,6,5}', 60)), (pg_temp.repeated('{1,1,1,9}', 60)), (pg_temp.repeated('{2,0,3,0,0}', 60)), (pg_temp.repeated('{1,0,20,0,0,1}', 60)), ('{1,2}'), ('{0}')) AS v(demand),
     LATERAL oms_internal.forecast_fit(demand, NULL, 7, 7, 0, 7, '{0.5}');

/*
 * Totals
 */
-- of whole and parts of periods: the sum of the steps
SELECT periods, round(total_mean::numeric, 3), round((SELECT sum(mean * least(1, periods - n + 1)) FROM unnest(means) WITH ORDINALITY AS u(mean, n) WHERE n < periods + 1)::numeric, 3) AS sum
FROM known, unnest('{1,2.5,7,9.75}'::float8[]) AS periods, LATERAL oms_internal.forecast_fit(demand, NULL, 10, periods, 0, 7, '{}') WHERE name = 'week';
SELECT * FROM forecast_total('{4,4,4,4,4,4,4,4,4,4,4,4}', 0);
-- a number of periods that varies: sd² + (demand of a period × its sd)²
SELECT round(sqrt(a.sd ^ 2 + (a.mean / 10 * 3) ^ 2)::numeric, 6) = round(b.sd::numeric, 6) AS variance, a.mean = b.mean AS mean,
       a.quantiles[1] > b.quantiles[1] AS lower, a.quantiles[3] < b.quantiles[3] AS higher
FROM (SELECT pg_temp.repeated('{3,5,4,8,6,1,0,4,9}', 90)) AS v(demand), LATERAL forecast_total(demand, 10, 7, '{0.1,0.5,0.9}') AS a, LATERAL forecast_total(demand, 10, 7, '{0.1,0.5,0.9}', 3) AS b;
-- nothing varies but how long it takes: normal quantiles
SELECT mean, sd, pg_temp.rounded(quantiles, 3) FROM forecast_total(pg_temp.repeated('{4}', 60), 10, 7, '{0.1586552539,0.5,0.8413447461}', 2);
-- what is forecast by the step and together is of one fit
SELECT bool_and(f.means = s.means), bool_and(f.total_quantiles = t.quantiles), bool_and(f.total_mean = t.mean), bool_and(f.total_sd = t.sd)
FROM known, LATERAL oms_internal.forecast_fit(demand, NULL, 14, 14, 1, season, '{0.5,0.9}') AS f,
     LATERAL forecast_total(demand, 14, season, '{0.5,0.9}', 1) AS t,
     LATERAL (SELECT array_agg(mean::real ORDER BY step) AS means FROM forecast_series(demand, 14, season)) AS s
WHERE name NOT IN ('huge', 'tiny');

/*
 * Promotions: those of the past don't count as demand without them, those to come do
 */
CREATE TEMP TABLE promotion AS
SELECT pg_temp.repeated('{10,11,9,10,10}', 60) || '{20,19,21,20}' || pg_temp.repeated('{10,9,11}', 30) AS demand,
       pg_temp.repeated('{0}', 60) || '{1,1,1,1}' || pg_temp.repeated('{0}', 30) AS past;
SELECT step, round(f.mean::numeric, 1) AS known, round(g.mean::numeric, 1) AS unknown
FROM promotion, LATERAL forecast_series(demand, 4, promoted => past || '{0,1,0.5}') AS f JOIN LATERAL forecast_series(demand, 4) AS g USING (step);
SELECT (details -> 'promotion')::numeric BETWEEN 1.6 AND 2 AS doubles FROM promotion, LATERAL oms_internal.forecast_fit(demand, past, 7, 7, 0, 7, '{0.5}');
-- nobody knows what the first promotion will do
SELECT array_agg(mean ORDER BY step) FROM forecast_series(pg_temp.repeated('{10}', 30), 3, promoted => pg_temp.repeated('{0}', 30) || '{1}');

/*
 * Groups: what a series can't tell by itself it has from the others
 */
CREATE TEMP TABLE member AS SELECT k, pg_temp.repeated('{1,1,1,1,2,5,0}', 70 + k) AS demand FROM generate_series(0, 63, 7) AS k;
CREATE TEMP TABLE profile AS SELECT oms_internal.demand_profile(demand, NULL, 7) AS profile FROM member;
SELECT cardinality(profile), pg_temp.rounded((SELECT array_agg(a * b ORDER BY n) FROM unnest(profile[1:13], profile[15:27]) WITH ORDINALITY AS u(a, b, n) WHERE n % 2 = 1), 2) AS factors FROM profile;
SELECT pg_temp.rounded(array_agg(mean ORDER BY step)) FROM profile, LATERAL forecast_series('{2,2,2,2,4}', 9, profile => oms_internal.shift_profile(profile, 5, 7));
SELECT oms_internal.shift_profile(oms_internal.shift_profile(profile, -9, 7), 9, 7) = profile, oms_internal.shift_profile(profile, 7, 7) = profile, oms_internal.shift_profile(profile, 1, 7) = profile FROM profile;
SELECT oms_internal.demand_profile(NULL, NULL, 7) IS NULL, oms_internal.demand_profile('{}', NULL, 7) = oms_internal.demand_profile('{0,0,0}', NULL, 7);
-- a promotion that others had
SELECT round(mean::numeric, 1) FROM (SELECT oms_internal.demand_profile(demand, past, 7) AS profile FROM promotion) AS p,
    LATERAL forecast_series(pg_temp.repeated('{10}', 30), 1, promoted => pg_temp.repeated('{0}', 30) || '{1}', profile => profile);

/*
 * Months, of days, as two years tell: 10 a day and 40 in December are 12.5 in the mean of the months
 */
CREATE TEMP TABLE year AS
SELECT array_agg(CASE WHEN extract(month FROM day) = 12 THEN 40 ELSE 10 END::float8 ORDER BY day) AS twice,
       array_agg(CASE WHEN day BETWEEN '2025-12-01' AND '2025-12-31' THEN 40 ELSE 10 END::float8 ORDER BY day) AS once,
       array_agg(CASE WHEN extract(month FROM day) = 12 THEN NULL ELSE 10 END::float8 ORDER BY day) AS unknown
FROM generate_series(timestamp '2024-11-20', '2026-11-19', '1 day') AS day;
SELECT pg_temp.rounded(oms_internal.demand_months(twice, '2026-11-20')), oms_internal.demand_months(twice[2:], '2026-11-20') AS shorter,
       pg_temp.rounded(oms_internal.demand_months(once, '2026-11-20')) AS once, oms_internal.demand_months(unknown, '2026-11-20') AS unknown,
       oms_internal.demand_months(NULL, '2026-11-20') AS none
FROM year;
-- two years that differ: 0.8 and 3.2, then 0.6 and 5.4, in the mean 0.7 and 4.3; of a spread of 11 * 0.3² + 3.3² chance is 11 * 0.1² + 1.1², which counts four times
SELECT pg_temp.rounded(oms_internal.demand_months(demand, '2026-11-20')) AS two, round((1 + 3.3 * (1 - 4 * (11 * 0.01 + 1.21) / (11 * 0.09 + 10.89))), 1) AS december
FROM (SELECT array_agg(CASE WHEN extract(month FROM day) = 12 THEN CASE WHEN day < '2025-11-20' THEN 3.2 ELSE 5.4 END
                            ELSE CASE WHEN day < '2025-11-20' THEN 0.8 ELSE 0.6 END END::float8 ORDER BY day) AS demand
      FROM generate_series(timestamp '2024-11-20', '2026-11-19', '1 day') AS day) AS d;
SELECT pg_temp.rounded(f.means[10:13]) AS to_december, pg_temp.rounded(f.means[42:44]) AS to_january, f.total_mean, round(f.total_sd::numeric, 3) AS sd
FROM year, LATERAL oms_internal.forecast_fit(twice, NULL, 56, 20, 0, 7, '{0.5}', months => (SELECT oms_internal.demand_months(twice, '2026-11-20') FROM year), since => '2024-11-20') AS f;
-- what is new in November is expected to sell the fourfold in December
SELECT pg_temp.rounded(means[15:17]) FROM oms_internal.forecast_fit('{10,10,10,10,10}', NULL, 20, 7, 0, 7, '{}', NULL, 12.5, 1,
    (SELECT oms_internal.demand_months(twice, '2026-11-20') FROM year), '2026-11-15');

-- a profile that nobody made: no number is infinite
SELECT max(mean) < 'infinity' AS finite FROM forecast_series('{1,2,3,4,5,6,7,8,9}', 2, promoted => '{0,0,0,0,0,0,0,0,0,1,1}', profile => array_fill(1::float8, ARRAY[28]) || '{1000,1}');

/*
 * New series: what was expected, the less, the more is known: (1/cv² + Σy) / (1/(cv² prior) + n) for counts that vary as Poisson's
 */
SELECT demand, class, method, means[1], total_mean, total_sd, total_quantiles
FROM (VALUES ('{}'::float8[]), ('{0,0}'), ('{2,2,2}'), ('{0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0}')) AS v(demand),
     LATERAL oms_internal.forecast_fit(demand, NULL, 1, 10, 0, 7, '{0.5,0.95}', NULL, 4, 0.5);
SELECT means[1], total_mean FROM oms_internal.forecast_fit('{NULL,NULL}', NULL, 1, 10, 0, 7, '{0.5}', NULL, 4);
SELECT method, prior.means = none.means FROM (VALUES (pg_temp.repeated('{4,5,6,5}', 60))) AS v(demand),
    LATERAL oms_internal.forecast_fit(demand, NULL, 7, 7, 0, 7, '{0.5}', NULL, 4) AS prior, LATERAL (SELECT means FROM oms_internal.forecast_fit(demand, NULL, 7, 7, 0, 7, '{0.5}')) AS none;

/*
 * Arguments that can't be meant
 */
SELECT call, pg_temp.fault('SELECT * FROM oms.forecast_' || call)
FROM unnest(ARRAY['series(NULL, 1)', 'series(''{1}'', NULL)', 'series(''{1}'', 0)', 'series(''{1}'', 1001)', 'series(''{1}'', 1, NULL)', 'series(''{1}'', 1, 0)',
    'series(''{1}'', 1, 367)', 'series(''{1}'', 1, 7, NULL)', 'series(''{1}'', 1, 7, ''{0.5,1}'')', 'series(''{1}'', 1, 7, ''{0}'')', 'series(''{1}'', 1, 7, ''{NULL}'')',
    'series(''{1}'', 1, 7, array_fill(0.5::float8, ARRAY[101]))', 'series(array_fill(1::float8, ARRAY[100001]), 1)', 'series(''{{1,2},{3,4}}'', 1)', 'series(''{1,Infinity}'', 1)',
    'series(''{1,2}'', 1, promoted => ''{1}'')', 'series(''{1,2}'', 1, promoted => ''{1,NULL}'')', 'series(''{1,2}'', 1, promoted => ''{1,1.5}'')',
    'series(''{1,2}'', 1, profile => ''{1,2}'')', 'series(''{1,2}'', 1, 1, profile => ''{1,0,1,0,0,NULL}'')',
    'total(''{1}'', NULL)', 'total(''{1}'', -1)', 'total(''{1}'', ''NaN'')', 'total(''{1}'', 1001)', 'total(''{1}'', 1, periods_sd => NULL)', 'total(''{1}'', 1, periods_sd => -1)']) AS call;
SELECT call, pg_temp.fault('SELECT oms_internal.' || call)
FROM unnest(ARRAY['forecast_fit(''{1}'', NULL, 1, 1, 0, 7, ''{0.5}'', NULL, -1)', 'forecast_fit(''{1}'', NULL, 1, 1, 0, 7, ''{0.5}'', NULL, 1, 0)', 'forecast_fit(''{1}'', NULL, 1, 1, 0, 7, ''{0.5}'', NULL, 1, NULL)',
    'forecast_fit(''{1}'', NULL, 1, 1, 0, 7, ''{0.5}'', months => ''{1}'', since => ''2026-01-01'')', 'forecast_fit(''{1}'', NULL, 1, 1, 0, 7, ''{0.5}'', months => ''{1,1,1,1,1,1,1,1,1,1,1,0}'', since => ''2026-01-01'')',
    'forecast_fit(''{1}'', NULL, 1, 1, 0, 7, ''{0.5}'', months => ''{1,1,1,1,1,1,1,1,1,1,1,1}'')', 'forecast_fit(''{1}'', NULL, 1, 1, 0, 7, ''{0.5}'', months => ''{1,1,1,1,1,1,1,1,1,1,1,1}'', since => ''infinity'')',
    'demand_profile(y, NULL, s) FROM (VALUES (''{1}''::float8[], 7), (''{1}'', 12)) AS v(y, s)', 'demand_profile(''{1}'', NULL, NULL)', 'shift_profile(''{1}'', 1, 7)', 'demand_profile_add(NULL, ''{1}'', NULL, 7)']) AS call;
-- an order of levels of the caller's, and none
SELECT quantiles[1] = quantiles[3], quantiles[1] > quantiles[2] FROM forecast_series(pg_temp.repeated('{3,5,4,8,6,1}', 60), 1, 7, '{0.9,0.1,0.9}');
SELECT quantiles FROM forecast_series('{1,2,3}', 1, 7, '{}');

/*
 * Any series: as many rows as asked, numbers that are finite, quantiles that rise and, without returns, are not below 0
 */
SELECT setseed(0.42);
CREATE TEMP TABLE random_series AS
SELECT g AS id, (ARRAY[1, 4, 7, 7, 12, 30])[1 + g % 6] AS season, 1 + g % 40 AS horizon,
       (SELECT array_agg(CASE WHEN random() < rate THEN NULL WHEN random() < gap THEN 0 ELSE CASE g % 3 WHEN 0 THEN floor(random() * size) WHEN 1 THEN exp(random() * 20) ELSE random() * size - g % 2 * size / 3 END END)
        FROM (SELECT random() ^ 3 / 2 + 0 * g AS rate, random() AS gap, 1 + 100 * random() ^ 4 AS size) AS p, generate_series(1, (random() ^ 2 * 300)::integer + 0 * g)) AS demand
FROM generate_series(1, 600) AS g;
SELECT count(*), bool_and(rows = horizon), bool_and(finite), bool_and(rise), bool_and(positive OR negative)
FROM (SELECT id, horizon, coalesce((SELECT bool_or(y < 0) FROM unnest(demand) AS y), false) AS negative, count(f) AS rows,
             bool_and(abs(f.mean) < 'Infinity' AND abs(f.quantiles[1]) < 'Infinity' AND abs(f.quantiles[7]) < 'Infinity') AS finite,
             bool_and(f.quantiles = (SELECT array_agg(q ORDER BY q) FROM unnest(f.quantiles) AS q)) AS rise, bool_and(f.quantiles[1] >= 0 AND f.mean >= 0) AS positive
      FROM random_series AS r, LATERAL forecast_series(coalesce(demand, '{}'), horizon, season, '{0.001,0.1,0.5,0.9,0.95,0.99,0.9999}') AS f
      GROUP BY id, horizon, demand) AS each;
SELECT count(*), bool_and(abs(t.mean) < 'Infinity' AND t.sd >= 0 AND t.sd < 'Infinity'), bool_and(t.quantiles = (SELECT array_agg(q ORDER BY q) FROM unnest(t.quantiles) AS q)),
       bool_and(t.quantiles[1] >= 0 OR EXISTS (SELECT FROM unnest(demand) AS y WHERE y < 0)), array_agg(DISTINCT f.class ORDER BY f.class), array_agg(DISTINCT f.method ORDER BY f.method)
FROM random_series AS r, LATERAL forecast_total(coalesce(demand, '{}'), horizon / 3.0, season, '{0.01,0.5,0.99}', id % 4) AS t,
     LATERAL oms_internal.forecast_fit(coalesce(demand, '{}'), NULL, horizon, horizon / 2.0, id % 3, season, '{0.5}') AS f;
-- in other units it is the same, but for counts
SELECT count(*), bool_and(abs(f.total_mean * 1000 - g.total_mean) <= 1e-6 * abs(g.total_mean))
FROM random_series AS r, LATERAL (SELECT array_agg(y * 1000 ORDER BY n) AS thousands FROM unnest(demand) WITH ORDINALITY AS u(y, n)) AS m,
     LATERAL oms_internal.forecast_fit(demand, NULL, 5, 5, 0, season, '{0.5}') AS f, LATERAL oms_internal.forecast_fit(thousands, NULL, 5, 5, 0, season, '{0.5}') AS g
WHERE id % 3 = 1 AND season = 12 AND demand IS NOT NULL;
