/*
 * test/planning/marketplace.sql: two years of a marketplace, in steps of two
 * weeks: what sellers are late with, which orders don't move, and which are
 * complete, by the times at which things happened in the source. Who has paid too much is owed
 * something, so the order isn't complete.
 */

SET search_path = oms, public;
SET timezone = 'America/Sao_Paulo';

CREATE FUNCTION planning.look() RETURNS void
    LANGUAGE plpgsql
AS $$
BEGIN
    PERFORM planning.run_job('roll_up_demand');
    PERFORM planning.run_job('complete_orders');
    PERFORM planning.same('orders are complete 30 days after they were delivered',
        'SELECT reference FROM lives WHERE status = ''delivered'' AND unpaid >= 0 AND delivered <= oms.now() - interval ''30 days''',
        'SELECT reference FROM oms.orders WHERE status::text = ''completed''');
    PERFORM planning.check_alerts('late_shipment', 'stuck_order', 'out_of_stock');
END
$$;

SELECT format('CALL replay.run(%s, %s)', min(step_no), max(step_no)),
       format('SET oms.now = %L', fortnight + interval '2 weeks 3 hours'),
       CASE WHEN row_number() OVER w % 8 = 1 THEN 'ANALYZE oms.stock_levels, oms.orders, oms.order_lines, oms.fulfillments, oms.demand_daily, oms.alerts' END,
       'SELECT planning.look()'
FROM (SELECT *, date_bin('2 weeks', at, '2016-09-05') AS fortnight FROM replay.queue) AS q
GROUP BY fortnight
WINDOW w AS (ORDER BY fortnight)
ORDER BY fortnight
\gexec
SELECT planning.books();
\i test/planning/again.sql
