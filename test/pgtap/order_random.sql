-- orders at random: whatever is done in whatever order, the books are right after
SET search_path = oms, public;
SET client_min_messages = warning;
BEGIN;
SELECT plan(8);
\o /dev/null
\ir ../stress/work.sql
\o

SELECT setseed(0.2026);
SELECT is_empty('SELECT * FROM work.steps(2500)', '2,500 random steps leave no contradiction, looked for after each 100');
SELECT is_empty('SELECT * FROM check_invariants()', 'nor at the end');

-- what that is worth
SELECT is_empty($$SELECT what FROM unnest('{place,change,hold,pay,fulfil,stock,cart}'::text[]) AS what
                  WHERE (SELECT count(*) FROM work.done AS s WHERE s.what = what.what AND code = 'done') < 50$$, 'each kind of step was done at least 50 times');
SELECT is_empty($$SELECT code FROM unnest('{OM001,OM002,OM008,OM010}'::text[]) AS code WHERE code NOT IN (SELECT code FROM work.done)$$,
                'some were refused for want of stock, for the state, beyond what is left, on hold');
SELECT cmp_ok((SELECT count(DISTINCT status::text) FROM orders), '>=', 7::bigint, 'orders reached at least 7 states');

SELECT is_empty('SELECT * FROM work.lost', 'units that came in are on hand or were shipped');
SELECT is_empty($$SELECT s.code, l.location_id FROM stock_levels AS l JOIN skus AS s USING (sku_id)
                  WHERE on_hand < '0' OR reserved < '0' OR reserved > on_hand$$, 'no level is below what is promised');
SELECT is_empty($$SELECT order_id FROM orders AS o JOIN order_lines AS l USING (order_id) GROUP BY order_id, o.status
                  HAVING o.status = 'cancelled' AND sum(l.allocated - l.shipped) > '0'$$, 'nothing is held for a cancelled order');
SELECT * FROM finish();
ROLLBACK;
