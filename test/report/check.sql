/*
 * test/report/check.sql: views against plain queries, with nothing, half and all
 * of the orders counted, and with some that have changed since
 */
\pset format unaligned
\pset tuples_only on
\o /dev/null
SET search_path = oms, public;
\i test/report/sales.sql
\i test/report/profit.sql
\i test/report/customer.sql
CREATE FUNCTION pg_temp.agree(counted text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    v_differences text[];
BEGIN
    v_differences := ARRAY(SELECT d::text FROM pg_temp.sales_differences() AS d);
    RETURN NEXT format('%s - sales, %s counted', CASE cardinality(v_differences) WHEN 0 THEN 'ok' ELSE 'not ok' END, counted);
    RETURN QUERY SELECT unnest(v_differences[:5]);
    v_differences := ARRAY(SELECT d::text FROM pg_temp.profit_differences() AS d);
    RETURN NEXT format('%s - profit of %s orders, %s counted', CASE cardinality(v_differences) WHEN 0 THEN 'ok' ELSE 'not ok' END,
                       (SELECT count(*) FROM oms_report.order_profit), counted);
    RETURN QUERY SELECT unnest(v_differences[:5]);
    v_differences := ARRAY(SELECT d::text FROM pg_temp.customer_differences() AS d);
    RETURN NEXT format('%s - value, scores and cohorts of %s customers, %s counted', CASE cardinality(v_differences) WHEN 0 THEN 'ok' ELSE 'not ok' END,
                       (SELECT count(*) FROM oms_report.customers), counted);
    RETURN QUERY SELECT unnest(v_differences[:5]);
END
$$;
CREATE PROCEDURE public.count_all() LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. 1000 LOOP
        PERFORM oms.run_job('roll_up_reports');
        COMMIT;
        EXIT WHEN cardinality(oms_internal.unread_orders()) = 0;
        PERFORM pg_sleep(0.01);
    END LOOP;
END
$$;
\o
SELECT pg_temp.agree('none');
\o /dev/null
SET session_replication_role = replica;
SELECT oms_internal.count_reports(ARRAY(SELECT order_id FROM oms.orders WHERE order_id % 2 = 0));
RESET session_replication_role;
\o
SELECT pg_temp.agree('half');
\o /dev/null
CALL public.count_all();
\o
SELECT pg_temp.agree('all');
\o /dev/null
-- first purchases of customers are cancelled, and shipments cost something
SELECT oms.cancel_order(o.order_id, 'changed their minds')
FROM (SELECT DISTINCT ON (customer_id) order_id, status FROM oms.orders WHERE customer_id IS NOT NULL ORDER BY customer_id, placed_at, order_id) AS o
WHERE o.status IN ('placed', 'confirmed', 'held') AND o.order_id % 7 = 0;
SELECT oms.record_shipping_cost(order_id, fulfillment_no, oms.amount(3 + order_id % 5, oms_internal.base_currency())) FROM oms.shipments WHERE order_id % 5 = 0;
\o
SELECT pg_temp.agree('all but some that have changed');
\o /dev/null
CALL public.count_all();
\o
SELECT pg_temp.agree('all again');
