-- sales of orders at random: views come to what plain SQL reckons, with nothing, half and all of them counted
SET search_path = oms, public;
SET client_min_messages = warning;
SET jit = off;
BEGIN;
SELECT plan(9);
\o /dev/null
\ir ../stress/work.sql
\ir ../report/sales.sql
CREATE FUNCTION pg_temp.count_those(whose text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- as the job would, which sees nothing of a transaction that is open
    SET LOCAL session_replication_role = replica;
    EXECUTE 'SELECT oms_internal.count_sales(ARRAY(SELECT order_id FROM oms.orders WHERE ' || whose || '))';
    SET LOCAL session_replication_role = origin;
END $$;
\o

SELECT setseed(0.2026);
SELECT is_empty('SELECT * FROM work.steps(400)', '400 random steps');
SELECT is_empty('SELECT * FROM pg_temp.sales_differences()', 'nothing counted');
SELECT pg_temp.count_those('order_id % 2 = 0') \g /dev/null
SELECT is_empty('SELECT * FROM pg_temp.sales_differences()', 'half of the orders counted');
SELECT is_empty('SELECT * FROM work.steps(400)', '400 steps more');
SELECT is_empty('SELECT * FROM pg_temp.sales_differences()', 'half of the orders counted as they were');
SELECT pg_temp.count_those('true') \g /dev/null
SELECT is_empty('SELECT * FROM oms_internal.unread_sales()', 'all counted: nothing is left to be added');
SELECT is_empty('SELECT * FROM pg_temp.sales_differences()', 'all counted');

-- what that is worth
SELECT cmp_ok((SELECT count(*) FROM sales_orders), '>=', 50::bigint, 'at least 50 orders have sold something');
SELECT cmp_ok((SELECT count(DISTINCT location_id) FROM sales_lines), '>=', 3::bigint, 'of at least two locations and of none');
SELECT * FROM finish();
ROLLBACK;
