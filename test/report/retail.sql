/* test/report/retail.sql: invoices of a wholesaler are replayed, once it is known what their goods cost */
SET search_path = replay, oms, public;
SELECT count(revalue_stock(k.code, 'uk', amount(round(0.3 + k.sku_id % 50 / 10.0, 2), 'GBP'), 'known at last'))
FROM oms.stock_levels AS s JOIN oms.skus AS k USING (sku_id)
WHERE s.on_hand > 0 \g /dev/null
SELECT format('CALL replay.run(%s, %s)', n, n + 1999) FROM generate_series(1, (SELECT max(step_no) FROM replay.queue), 2000) AS n
\gexec
