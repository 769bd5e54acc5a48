-- The tutorial shows what happens: its statements are run by psql in a
-- database of their own, and what that prints is compared to the page
CREATE DATABASE regress_tutorial;
\set page `cat doc/tutorial.md`
CREATE TEMPORARY TABLE blocks AS
SELECT no - 1 AS no, split_part(part, '```', 1) AS statements,
       CASE WHEN split_part(part, '```', 2) = E'\n\n' THEN ltrim(split_part(part, '```', 3), E'\n') END AS shown
FROM regexp_split_to_table(:'page', '```sql\n') WITH ORDINALITY AS p(part, no)
WHERE no > 1;
\t \a
\o results/tutorial.in
SELECT string_agg(E'\\echo @@\n' || statements, '' ORDER BY no) FROM blocks;
\o
\t \a
\! PGOPTIONS='-c client_min_messages=warning' psql -Xq -d regress_tutorial < results/tutorial.in > results/tutorial.seen 2>&1
\set seen `cat results/tutorial.seen`
SELECT count(*) AS blocks, count(shown) AS shown FROM blocks;
SELECT no, trim(E'\n' FROM shown) AS shown, trim(E'\n' FROM printed) AS printed
FROM blocks
JOIN regexp_split_to_table(:'seen', '@@\n') WITH ORDINALITY AS p(printed, n) ON n = no + 1
WHERE shown IS NOT NULL
      AND regexp_replace(shown, ' *\n\s*', ' ', 'g') <> regexp_replace(printed, ' *\n\s*', ' ', 'g')
ORDER BY no;
DROP DATABASE regress_tutorial;
