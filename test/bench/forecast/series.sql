/* test/bench/forecast/series.sql: reads a set, :set */
CREATE TEMPORARY TABLE line (id text, set text, season integer, horizon integer, weekday integer, train text, test text);
\set copy '\\copy line FROM PROGRAM ''gzip -dc ' :data '/' :set '.tsv.gz'''
:copy
INSERT INTO series
SELECT id, :'set', season, horizon, y, string_to_array(test, ',')::float8[], NULL, change(y, season, 1), change(y, 1, 2)
FROM line, LATERAL (SELECT string_to_array(train, ',')::float8[] AS y) AS l;
