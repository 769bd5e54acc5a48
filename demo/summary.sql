/* demo/summary.sql: how the month went, on the terminal; the last line is the check */
\pset footer off
\pset border 0
\pset format aligned
\pset tuples_only off

\echo
\echo Orders by state
SELECT state, orders, round(100.0 * orders / sum(orders) OVER (), 1) AS "%", value
FROM states
ORDER BY status;

\echo
\echo Stock, units
SELECT category, opening AS before, received, shipped, closing AS after
FROM stock
UNION ALL
SELECT 'all', sum(opening), sum(received), sum(shipped), sum(closing) FROM stock
ORDER BY before;

\echo
\echo Flows: where orders were sent from (the twelve busiest)
SELECT code AS location, place, parcels, orders, units, round(km::numeric) AS "mean km"
FROM flows
ORDER BY parcels DESC, code
LIMIT 12;

SELECT round(km::numeric) AS "mean km", round(100 * split_rate, 1) AS "split %", round(100 * on_time, 1) AS "on time %",
       rejected AS "rerouted", refused AS "refused for stock", captured
FROM totals;

\echo
\echo Pace, one session
SELECT calls AS "call", count, round((1000 * seconds / count)::numeric, 2) AS "mean ms", round((count / seconds)::numeric) AS "a second"
FROM pace
WHERE count > 0
ORDER BY array_position('{quote,place,ship,deliver}', calls);
