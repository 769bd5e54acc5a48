-- What amounts and quantities have in common: order, hashing, joins, indexes, aggregates
SET search_path = oms, public;

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
    RETURN concat_ws(E'\n', state || ' ' || message, nullif(detail, ''), nullif(hint, ''));
END
$$;

SELECT setseed(0.7);
CREATE TEMP TABLE sample AS
SELECT code, amount_from_minor(minor, code) AS a, (minor / 100.0)::quantity AS q, minor
FROM (SELECT ('{EUR,JPY,KWD,CLF,XCG,ALL}'::text[])[1 + i % 6] AS code,
             trunc((random() - 0.5)::numeric * 10 ^ trunc((random() * 13)::numeric))::bigint AS minor
      FROM generate_series(1, 20000) AS i) AS s;

-- order: by currency's number, then amount; sorting, hashing and joins agree
SELECT a FROM unnest('{1 USD,-5 USD,3 EUR,0 JPY,-1 ALL,2 EUR,-0.01 EUR,9 ALL}'::amount[]) AS a ORDER BY a;
SELECT count(*) FILTER (WHERE a < a_before) AS amounts, count(*) FILTER (WHERE q < q_before) AS quantities
FROM (SELECT a, lag(a) OVER (ORDER BY a) AS a_before, q, lag(q) OVER (ORDER BY q) AS q_before FROM sample) AS s;
SELECT array_agg(q ORDER BY q) FROM unnest('{5,-0.000001,0,10,-9223372036854.775807,9223372036854.775807,0.5}'::quantity[]) AS q;
CREATE TEMP TABLE few AS SELECT amount_from_minor(minor % 50, code) AS a, (minor % 50 / 4.0)::quantity AS q FROM sample;
CREATE INDEX few_a_idx ON few (a);
CREATE INDEX few_a_hash_idx ON few USING hash (a);
CREATE INDEX few_q_idx ON few (q);
ANALYZE few;
SET enable_hashagg = off;
CREATE TEMP TABLE sorted AS SELECT a, q, count(*) AS n FROM few GROUP BY a, q;
SET enable_hashagg = on; SET enable_sort = off; SET enable_indexscan = off; SET enable_indexonlyscan = off;
SELECT count(*) FROM (SELECT a, q, count(*) AS n FROM few GROUP BY a, q) AS hashed FULL JOIN sorted USING (a, q, n) WHERE hashed.a IS NULL OR sorted.a IS NULL;
SET enable_hashjoin = off; SET enable_nestloop = off; SET enable_sort = on;
SELECT sum(n * n) = (SELECT count(*) FROM few x JOIN few y USING (a, q)) AS merge_join FROM sorted;
SET enable_hashjoin = on; SET enable_mergejoin = off;
SELECT sum(n * n) = (SELECT count(*) FROM few x JOIN few y USING (a, q)) AS hash_join FROM sorted;
RESET enable_mergejoin; RESET enable_nestloop; RESET enable_indexscan; RESET enable_indexonlyscan;
SET enable_seqscan = off; SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM few WHERE q > 0 AND q <= 1.5;
SELECT count(*) = (SELECT sum(n) FROM sorted WHERE q::numeric > 0 AND q::numeric <= 1.5) AS range FROM few WHERE q > 0 AND q <= 1.5;
EXPLAIN (COSTS OFF) SELECT count(*) FROM few WHERE a BETWEEN '-0.10 EUR' AND '0.10 EUR';
SELECT count(*) = (SELECT sum(n) FROM sorted WHERE a::numeric BETWEEN -0.10 AND 0.10 AND currency_of(a) = 'EUR') AS range
FROM few WHERE a BETWEEN '-0.10 EUR' AND '0.10 EUR';
RESET ALL;
SET search_path = oms, public;

-- aggregates
SELECT sum(a), avg(a), min(a), max(a) FROM unnest('{0.05 EUR,0.02 EUR,NULL,-0.01 EUR,0.04 EUR}'::amount[]) AS a;
SELECT avg(a) FROM unnest('{-0.01 EUR,-0.02 EUR}'::amount[]) AS a;
SELECT sum(a), avg(a), min(a), max(a) FROM unnest('{}'::amount[]) AS a;
SELECT sum(a), max(a) FROM unnest('{90071992547409.91 EUR,90071992547409.91 EUR,-90071992547409.91 EUR}'::amount[]) AS a;
SELECT pg_temp.fault('SELECT sum(a) FROM unnest(''{1 EUR,1 USD}''::oms.amount[]) AS a');
SELECT pg_temp.fault('SELECT sum(a) FROM unnest(''{90071992547409.91 EUR,0.01 EUR}''::oms.amount[]) AS a');
SELECT array_agg(s ORDER BY i), array_agg(m ORDER BY i)
FROM (SELECT i, sum(a) OVER w AS s, avg(a) OVER w AS m FROM unnest('{1 EUR,2 EUR,4 EUR,NULL,3 EUR}'::amount[]) WITH ORDINALITY AS u(a, i)
      WINDOW w AS (ORDER BY i ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)) AS s;
-- one row frames may follow each other in different currencies
SELECT sum(a) OVER (ORDER BY i ROWS BETWEEN CURRENT ROW AND CURRENT ROW) FROM unnest('{1 EUR,2 USD}'::amount[]) WITH ORDINALITY AS u(a, i);
SELECT sum(q), avg(q), min(q), max(q) FROM unnest('{1,2.5,NULL,-0.000001}'::quantity[]) AS q;
SELECT avg(q), sum(q) FROM unnest('{0.000001,0.000002}'::quantity[]) AS q;
SELECT sum(q), avg(q) FROM unnest('{9223372036854.775807,9223372036854.775807,-9223372036854.775807}'::quantity[]) AS q;
SELECT pg_temp.fault('SELECT sum(q) FROM unnest(''{9223372036854.775807,0.000001}''::oms.quantity[]) AS q');
SELECT array_agg(s ORDER BY i) FROM (SELECT i, sum(q) OVER (ORDER BY i ROWS 1 PRECEDING) AS s
      FROM unnest('{1,2,4,NULL,3}'::quantity[]) WITH ORDINALITY AS u(q, i)) AS s;
CREATE TABLE decimal_sample AS SELECT * FROM sample;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT code, sum(a) FROM decimal_sample GROUP BY code;
SELECT code, sum(a)::numeric = sum(a::numeric) AS sum, avg(a)::numeric = round(avg(a::numeric), (SELECT minor_units FROM currencies() AS c WHERE c.code = s.code)) AS avg,
       min(a)::numeric = min(a::numeric) AS min, max(a)::numeric = max(a::numeric) AS max
FROM decimal_sample AS s GROUP BY code ORDER BY code COLLATE "C";
SELECT sum(q)::numeric = sum(minor) / 100.0 AS sum, avg(q)::numeric = round(avg(minor / 100.0), 6) AS avg, min(q)::numeric = min(minor) / 100.0 AS min
FROM decimal_sample;
SELECT pg_temp.fault('SELECT sum(a) FROM decimal_sample') LIKE 'OM005%' AS mixed;
DROP TABLE decimal_sample;
RESET ALL;
SET search_path = oms, public;
