/* test/replay/queue.sql: puts the steps that a data set prepared into their order */

SET search_path = replay, oms, public;

SELECT count(*) AS orders FROM replay.orders \gset
SELECT count(*) AS steps FROM replay.steps \gset
\echo replaying :orders orders in :steps steps

INSERT INTO replay.queue
SELECT row_number() OVER (ORDER BY at, rank, reference, arguments ->> 'sku'), at, kind, reference, arguments
FROM replay.steps;

/* Tables that are empty yet are better not known to be: plans made now would scan them whole */
SELECT format('ANALYZE %s', oid::regclass) FROM pg_class
WHERE relkind = 'r' AND relnamespace IN ('oms'::regnamespace, 'replay'::regnamespace) AND pg_relation_size(oid) > 0
\gexec
