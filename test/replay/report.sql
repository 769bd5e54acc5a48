/* test/replay/report.sql: replays the steps that are in the queue, and reports */

SET search_path = replay, oms, public;
\set VERBOSITY verbose

\set started `date +%s.%N`
SELECT format('CALL replay.run(%s, %s)', n, n + 1999) FROM generate_series(1, (SELECT max(step_no) FROM replay.queue), 2000) AS n
\gexec
\set ended `date +%s.%N`
SET oms.now = '';

/* what a data set claims once it has been replayed */
SELECT replay.claim() \g /dev/null

\echo
\echo 'Steps, and how many a second'
SELECT coalesce(kind, 'all') AS step, count(*) AS steps, round(sum(seconds)::numeric, 1) AS seconds,
       round((count(*) / sum(seconds))::numeric) AS "per second"
FROM replay.timings GROUP BY ROLLUP (kind) ORDER BY kind NULLS LAST;
SELECT round((count(*) / (:ended - :started))::numeric) AS "orders a second, with all their steps"
FROM replay.orders;

\echo
\echo 'Source and store'
WITH placed AS (
    SELECT o.total, (e.data ->> 'total')::amount::numeric AS stored
    FROM replay.orders o JOIN oms.events e ON e.order_id = o.order_id AND e.sequence = 1
)
SELECT (SELECT count(*) FROM replay.orders) AS "source orders",
       count(*) AS placed,
       (SELECT count(*) FROM replay.orders WHERE order_id IS NULL) AS refused,
       (SELECT sum(total) FROM replay.orders) AS "source total",
       sum(stored) AS "placed total",
       (SELECT coalesce(sum(total), 0) FROM replay.orders WHERE order_id IS NULL) AS "refused total",
       count(*) FILTER (WHERE total <> stored) AS "orders that differ",
       coalesce(sum(stored - total), 0) AS "they differ by"
FROM placed;

\echo 'What the source has that needed a rule'
SELECT remark, orders, amount FROM replay.remarks;

\echo 'Orders by state'
SELECT coalesce(r.source_status, '-') AS "state in the source", o.status AS state, count(*) AS orders, sum(o.total) AS total
FROM replay.orders r JOIN oms.orders o USING (order_id)
GROUP BY 1, 2 ORDER BY 1, 2;

\echo 'Ways'
SELECT count(*) AS "orders shipped",
       round(100.0 * count(*) FILTER (WHERE n > 1) / count(*), 2) AS "split %",
       max(n) AS "most parts",
       round(sum(distance)::numeric / sum(n) / 1000, 1) AS "mean km of a part"
FROM (SELECT order_id, count(*) AS n, sum(distance_m) AS distance FROM oms.fulfillments
      WHERE status <> 'cancelled' GROUP BY 1) AS f;

\echo 'Stock'
SELECT sum(on_hand) AS "on hand", sum(reserved) AS reserved,
       (SELECT sum(quantity) FROM oms.stock_movements WHERE kind <> 'shipment') AS "put in",
       (SELECT -sum(quantity) FROM oms.stock_movements WHERE kind = 'shipment') AS shipped
FROM oms.stock_levels;

\echo 'Refused'
SELECT kind AS step, coalesce(o.source_status, '-') AS "state in the source", count(*) AS times, sqlstate, message, detail
FROM replay.refused r LEFT JOIN replay.orders o USING (reference)
GROUP BY 1, 2, 4, 5, 6 ORDER BY 3 DESC, 1, 2, 5, 6 LIMIT 50;
\pset tuples_only on
\pset format unaligned
SELECT format(E'orders that could not be placed:\n%s',
              string_agg(reference, CASE WHEN n % 3 = 0 THEN E'\n' ELSE ' ' END ORDER BY n))
FROM (SELECT reference, row_number() OVER (ORDER BY at, reference) - 1 AS n
      FROM replay.refused WHERE kind = 'place') AS r
HAVING count(*) > 0;
\pset tuples_only off
\pset format aligned
\copy (SELECT * FROM replay.refused ORDER BY at, reference) TO PROGRAM 'cat > "$REFUSED/$SET.csv"' WITH (FORMAT csv, HEADER)
\echo 'each with its reason:' :refused_file

/* Claims that hold for every set; those of its own come from its script */
INSERT INTO replay.claims
SELECT 'orders placed and refused are those of the source',
       (SELECT count(*) FROM replay.orders)::text,
       ((SELECT count(*) FROM oms.orders) + (SELECT count(*) FROM replay.refused WHERE kind = 'place'))::text
UNION ALL
SELECT 'lines placed are those of the source',
       (SELECT sum(jsonb_array_length(document -> 'lines')) FROM replay.orders WHERE order_id IS NOT NULL)::text,
       (SELECT count(*) FROM oms.order_lines)::text
UNION ALL
SELECT 'placed orders whose total is not that of the source', '0',
       (SELECT count(*) FROM replay.orders o JOIN oms.events e ON e.order_id = o.order_id AND e.sequence = 1
        WHERE (e.data ->> 'total')::amount::numeric <> o.total)::text
UNION ALL
SELECT 'refused orders that left an order behind', '0',
       (SELECT count(*) FROM replay.refused f JOIN oms.orders o USING (reference) WHERE f.kind = 'place')::text
UNION ALL
SELECT 'steps after placing that were refused', '0',
       (SELECT count(*) FROM replay.refused WHERE kind <> 'place')::text
UNION ALL
SELECT 'on hand is what was put in less what was shipped',
       (SELECT sum(quantity) FROM oms.stock_movements)::text, (SELECT sum(on_hand) FROM oms.stock_levels)::text
UNION ALL
SELECT 'cancelled orders whose money was not given back to the cent', '0',
       (SELECT count(*) FROM oms.orders o JOIN oms.payments p USING (order_id)
        WHERE o.status = 'cancelled' AND p.captured <> p.refunded)::text
UNION ALL
SELECT 'rows of check_invariants()', '0', (SELECT count(*) FROM oms.check_invariants())::text;

/* Placing again what was placed gives the same order, another content is refused, and nothing is written */
CREATE TEMPORARY TABLE again AS
SELECT reference, order_id, document FROM replay.orders WHERE order_id IS NOT NULL ORDER BY md5(reference) LIMIT 500;
SELECT count(*) AS orders_before FROM oms.orders \gset
INSERT INTO replay.claims
SELECT 'orders placed again that got the number of the first', count(*)::text,
       count(*) FILTER (WHERE oms.place_order(document) = order_id)::text
FROM again;
DO $$
DECLARE
    next record;
    refused integer := 0;
BEGIN
    FOR next IN SELECT document FROM again LOOP
        BEGIN
            PERFORM oms.place_order(jsonb_set(next.document, '{metadata}', '{"another": true}'));
        EXCEPTION WHEN SQLSTATE 'OM004' THEN
            refused := refused + 1;
        END;
    END LOOP;
    INSERT INTO replay.claims
    SELECT 'orders placed again with other content that were refused', count(*)::text, refused::text FROM again;
END
$$;
INSERT INTO replay.claims
SELECT 'orders after placing again', :'orders_before', count(*)::text FROM oms.orders;

\echo
\echo 'Claims'
\pset tuples_only on
\pset format unaligned
SELECT format('%s %s - %s: %s: %s', CASE WHEN found = expected THEN 'ok' ELSE 'not ok' END,
              row_number() OVER (), :'set', claim,
              CASE WHEN found = expected THEN found ELSE format('expected %s, found %s', expected, found) END)
FROM replay.claims;
\pset tuples_only off
\pset format aligned

\echo 'check_invariants()'
SELECT * FROM oms.check_invariants() LIMIT 50;

\set VERBOSITY terse
DO $$
BEGIN
    IF EXISTS (SELECT FROM replay.claims c WHERE c.found IS DISTINCT FROM c.expected) THEN
        RAISE EXCEPTION 'a claim does not hold';
    END IF;
END
$$;
