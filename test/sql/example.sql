-- The examples of the documentation do what they say: each statement of a
-- block of SQL is run, and its first value compared to the comment behind it
SET client_min_messages = warning;
SET TimeZone = 'UTC';
\set stock `cat doc/stock.md`
\set fulfillment `cat doc/fulfillment.md`
\set payment `cat doc/payment.md`
\set hold `cat doc/hold.md`
\set invariants `cat doc/invariants.md`
BEGIN;
ALTER SEQUENCE oms.orders_order_id_seq RESTART 1041;

CREATE FUNCTION pg_temp.run_example(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE statement INTO answer;
    RETURN CASE answer WHEN 'true' THEN 't' WHEN 'false' THEN 'f' ELSE answer END;
EXCEPTION WHEN OTHERS THEN
    RETURN 'ERROR:  ' || sqlerrm;
END
$$;
CREATE FUNCTION pg_temp.run_page(
    page text, OUT statement text, OUT documented text, OUT answer text
) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
    FOR statement, documented IN
        SELECT e.parts[1], trim(e.parts[2])
        FROM regexp_matches(page, '```sql\n(.*?)```', 'g') AS b(block),
             regexp_matches(b.block[1], '([^;]*;)(?: *-- ([^\n]*))?', 'g') AS e(parts)
    LOOP
        answer := pg_temp.run_example(statement);
        RETURN NEXT;
    END LOOP;
END
$$;

CREATE TEMPORARY TABLE examples AS
SELECT 'stock' AS page, * FROM pg_temp.run_page(:'stock')
UNION ALL
SELECT 'fulfillment', * FROM pg_temp.run_page(:'fulfillment');
ALTER SEQUENCE oms.orders_order_id_seq RESTART 1051;
INSERT INTO examples SELECT 'payment', * FROM pg_temp.run_page(:'payment');
ALTER SEQUENCE oms.orders_order_id_seq RESTART 1061;
INSERT INTO examples SELECT 'hold', * FROM pg_temp.run_page(:'hold');
INSERT INTO examples SELECT 'invariants', * FROM pg_temp.run_page(:'invariants');
SELECT page, count(*) AS statements, count(documented) AS documented FROM examples GROUP BY page ORDER BY page COLLATE "C";
SELECT * FROM examples WHERE answer IS DISTINCT FROM coalesce(documented, answer);
ROLLBACK;
