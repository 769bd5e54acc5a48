/* test/bench/forecast/stockout.sql: a fifth of the weeks of the last year without stock, as zeros and as not known */
CREATE TABLE censored AS
SELECT s.id, s.test, array_agg(CASE WHEN n > cardinality(s.train) - 365 AND out THEN 0 ELSE y END ORDER BY n) AS zeros,
       array_agg(CASE WHEN n > cardinality(s.train) - 365 AND out THEN NULL ELSE y END ORDER BY n) AS gaps
FROM series AS s, unnest(s.train) WITH ORDINALITY AS u(y, n),
     LATERAL (SELECT ('x' || substr(md5(s.id || ' ' || (cardinality(s.train) - n) / 7), 1, 4))::bit(16)::integer % 5 = 0 AS out) AS o
WHERE s.set = 'm5tiny'
GROUP BY s.id, s.test;

INSERT INTO bar
SELECT 'F10', 'bias, days without stock as ' || name || ', in per cent', 100 * (sum(mean) / sum(wanted) - 1), least, most
FROM (SELECT name, least, most, (SELECT sum(y) FROM unnest(test) AS y) AS wanted, f.mean
      FROM censored AS c, LATERAL (VALUES ('demand of 0', zeros, NULL::float8, NULL::float8), ('not known', gaps, -7, 7)) AS v(name, demand, least, most),
           LATERAL oms.forecast_total(demand, 28) AS f) AS t
GROUP BY name, least, most;
