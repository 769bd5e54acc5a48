-- The documentation does what it says.  All SQL of README.md and of every page
-- in doc/ is run by psql, each page in a transaction that is rolled back, and
-- what is printed is compared to what the page states (doc/style.md tells how).
-- Each query returns the offenders, so no row.
CREATE DATABASE regress_example;
\set pages `for page in README.md doc/*.md; do printf '\f%s\n' "$page"; cat "$page"; done`
CREATE TEMPORARY TABLE pages AS
SELECT split_part(text, E'\n', 1) AS page, text
FROM regexp_split_to_table(:'pages', '\f') AS p(text)
WHERE text <> '';

-- a block of SQL, and what is shown of it if a plain block is right behind
CREATE TEMPORARY TABLE blocks AS
SELECT page, b.no, rtrim(split_part(part, '```', 1), E'\n') AS statements,
       CASE WHEN split_part(part, '```', 2) = E'\n\n' AND split_part(part, '```', 3) ~ '^\n'
            THEN split_part(part, '```', 3) END AS shown
FROM pages, regexp_split_to_table(text, '\n```sql\n') WITH ORDINALITY AS b(part, no)
WHERE b.no > 1;

-- else the answers are comments: behind a statement, or "--  " and a row below
CREATE TEMPORARY TABLE units AS
WITH lines AS (
    SELECT page, b.no AS block, l.no, line, line ~ '^--  ' AS below,
           line ~ '(;|\\gset\M[^-]*)( +-- .*)?$' AND line !~ '^--' AS ends
    FROM blocks AS b, regexp_split_to_table(statements, '\n') WITH ORDINALITY AS l(line, no)
    WHERE shown IS NULL
), numbered AS (
    SELECT *, count(*) FILTER (WHERE ends) OVER (PARTITION BY page, block ORDER BY no) - (ends OR below)::int AS unit
    FROM lines
), found AS (
    SELECT page, block, unit, false AS psql,
           string_agg(regexp_replace(line, '; +-- .*$', ';'), E'\n' ORDER BY no) FILTER (WHERE NOT below) AS statement,
           string_agg(CASE WHEN below THEN substr(line, 5) ELSE substring(line FROM '; +-- (.*)$') END,
                      E'\n' ORDER BY no) AS answer
    FROM numbered
    GROUP BY page, block, unit
    UNION ALL
    SELECT page, no, 0, true, statements, shown FROM blocks WHERE shown IS NOT NULL
    UNION ALL
    SELECT DISTINCT page, 1000, n, false, (ARRAY['SET CONSTRAINTS ALL IMMEDIATE;', 'SELECT * FROM oms.check_invariants();',
                                                 'SELECT string_agg(DISTINCT type, '','') '
                                                 'FROM (SELECT type FROM oms.events UNION SELECT type FROM oms.subject_events) AS e;'])[n],
           CASE n WHEN 2 THEN '(0 rows)' END
    FROM blocks, generate_series(1, 3) AS n
)
SELECT page, statement, answer, psql,
       row_number() OVER (ORDER BY statements !~ 'CREATE EXTENSION oms', page COLLATE "C", block, unit) AS no,
       block = 1000 AS last, statements ~ 'CREATE EXTENSION oms' AS empty
FROM found
JOIN (SELECT page, string_agg(statements, '') AS statements FROM blocks GROUP BY page) AS b USING (page)
WHERE statement !~ '^(BEGIN|COMMIT);$' AND statement ~ '[^\s]';

-- pages that create the extension come first; the others have an empty store;
-- roles of a server in use make room for those of the pages until the rollback
\t \a
\o results/example.in
SELECT CASE WHEN page IS DISTINCT FROM lag(page) OVER w THEN
           E'\\echo @@0@\n\\c regress_example\n'
           || CASE WHEN NOT empty AND lag(empty, 1, true) OVER w
                   THEN E'CREATE EXTENSION oms CASCADE;\nSELECT oms.install();\n' ELSE '' END
           || E'BEGIN;\nSELECT format(''ALTER ROLE %I RENAME TO regress_%s'', rolname, rolname) FROM pg_roles '
              'WHERE rolname IN (''shop'', ''analyst'') \\gexec\n'
           || CASE WHEN empty THEN '' ELSE E'ALTER SEQUENCE oms.orders_order_id_seq RESTART 1041;\n' END
       ELSE '' END
       || format(E'\\pset format %s\n\\pset tuples_only %s\n\\echo @@%s@\n%s\n',
                 CASE WHEN psql THEN 'aligned' ELSE 'unaligned' END, CASE WHEN psql THEN 'off' ELSE 'on' END, no, statement)
       || CASE WHEN page IS DISTINCT FROM lead(page) OVER w THEN E'ROLLBACK;\n' ELSE '' END
FROM units
WINDOW w AS (ORDER BY no)
ORDER BY no;
\o
\t \a
\! PGTZ=UTC PGDATESTYLE=ISO PGOPTIONS='-c client_min_messages=warning' psql -Xq -F ' | ' -v ON_ERROR_ROLLBACK=on -d regress_example < results/example.in > results/example.seen 2>&1
\set seen `cat results/example.seen`

CREATE TEMPORARY TABLE answers AS
SELECT u.*, regexp_replace(printed, 'LINE \d+: [^\n]*\n *\^\n', '') AS printed
FROM units AS u
LEFT JOIN (SELECT split_part(p.part, '@', 1)::int AS no, substr(p.part, strpos(p.part, '@') + 1) AS printed
           FROM regexp_split_to_table(:'seen', '@@(?=\d+@)') WITH ORDINALITY AS p(part, n)
           WHERE n > 1) AS p USING (no);
CREATE FUNCTION pg_temp.plain(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT btrim(regexp_replace($1, '\s+', ' ', 'g'))
$$;

-- something was found and run
SELECT count(DISTINCT page) > 15 AND count(answer) > 100 AS many FROM answers;
-- statements with another answer than stated; of an error the first lines may be stated
SELECT page, statement, btrim(answer, E'\n') AS stated, left(btrim(printed, E'\n'), 1000) AS printed
FROM answers
WHERE printed IS NULL
      OR answer IS NULL AND printed ~ '^\n?(ERROR|FATAL|invalid command|\\)'
      OR NOT CASE WHEN answer ~ '^\s*ERROR' THEN starts_with(pg_temp.plain(printed), pg_temp.plain(answer))
                  WHEN answer = '(0 rows)' THEN pg_temp.plain(printed) = ''
                  ELSE pg_temp.plain(printed) = pg_temp.plain(answer) END
ORDER BY no;
-- pages that state no answer; these are about the project, not its functions
SELECT page FROM pages
WHERE page NOT IN ('doc/architecture.md', 'doc/benchmark.md', 'doc/replay.md', 'doc/solver.md', 'doc/style.md')
      AND NOT EXISTS (SELECT FROM answers WHERE answers.page = pages.page AND answer IS NOT NULL AND NOT last)
ORDER BY page COLLATE "C";
-- functions that are not described once, by their signature, and those that no
-- answer on that page shows; types have support functions, which have no name
-- for users, and functions of several statuses are described as one
SET intervalstyle = postgres;
CREATE TEMPORARY TABLE functions AS
WITH support AS (
    SELECT oprcode AS oid FROM pg_operator UNION SELECT amproc FROM pg_amproc UNION SELECT castfunc FROM pg_cast
    UNION SELECT unnest(ARRAY[typinput, typoutput, typreceive, typsend]) FROM pg_type
    UNION SELECT unnest(ARRAY[aggtransfn, aggfinalfn, aggcombinefn, aggserialfn, aggdeserialfn, aggminvtransfn]) FROM pg_aggregate
), argument AS (
    SELECT p.oid, a.no, coalesce(proargmodes[a.no], 'i') AS mode,
           concat_ws(' ', proargnames[a.no], format_type(a.type, NULL),
                     'default ' || regexp_replace(pg_get_function_arg_default(p.oid, a.no::int), '::[^'']*$', '')) AS text
    FROM pg_proc AS p, unnest(coalesce(proallargtypes, proargtypes)) WITH ORDINALITY AS a(type, no)
    WHERE pronamespace = 'oms'::regnamespace AND prokind = 'f'
), signature AS (
    SELECT p.oid, proname,
           format('oms.%s(%s) → %s%s', proname,
                  string_agg(a.text, ', ' ORDER BY no) FILTER (WHERE mode = 'i'),
                  CASE WHEN proretset THEN 'setof ' END,
                  coalesce('(' || string_agg(a.text, ', ' ORDER BY no) FILTER (WHERE mode IN ('o', 't')) || ')',
                           format_type(prorettype, NULL))) AS text
    FROM pg_proc AS p LEFT JOIN argument AS a USING (oid)
    WHERE pronamespace = 'oms'::regnamespace AND prokind = 'f'
          AND p.oid NOT IN (SELECT oid FROM support WHERE oid IS NOT NULL)
    GROUP BY p.oid
)
SELECT DISTINCT proname::text AS name,
       regexp_replace(regexp_replace(replace(text, 'default NULL', 'default null'), 'timestamp with time zone', 'timestamptz', 'g'),
                      CASE WHEN proname IN ('can_transition', 'next_states', 'is_final')
                           THEN 'oms\.\w+_status' ELSE '^$' END, 'status', 'g') AS signature
FROM signature;
CREATE TEMPORARY TABLE described AS
SELECT name, signature, count(page) AS pages, min(page) AS page
FROM functions
LEFT JOIN pages ON strpos(pg_temp.plain(text), '`' || signature || '`') > 0
GROUP BY name, signature;
SELECT count(*) > 60 AS many FROM described;
SELECT signature, pages FROM described WHERE pages <> 1 ORDER BY signature COLLATE "C";
SELECT signature, page FROM described AS d
WHERE pages = 1
      AND NOT EXISTS (SELECT FROM answers AS a
                      WHERE a.page = d.page AND NOT last
                            AND (answer IS NOT NULL OR signature LIKE '% → void') AND statement ~ ('\m' || name || '\('))
ORDER BY signature COLLATE "C";

-- functions, tables and types that pages or messages name and that do not exist
\set messages `grep -ohE 'err(hint|detail)\(.*|HINT = .*|refuse_(write|change)\(.*' src/*.c sql/code/*.sql sql/store/*.sql`
SELECT name
FROM (SELECT m[1], m[2] = '(' FROM regexp_matches(:'pages' || :'messages', '\moms(?:_internal)?\.([a-z_0-9]+)(\(?)', 'g') AS m
      UNION
      SELECT m[1], true FROM regexp_matches(:'pages', '`([a-z_]+)\([^`]*\)`', 'g') AS m
      UNION
      SELECT m[1], true FROM regexp_matches(:'messages', '\m([a-z_]{4,})\(\)', 'g') AS m) AS named(name, called)
WHERE NOT EXISTS (SELECT FROM pg_proc WHERE proname = name)
      AND NOT EXISTS (SELECT FROM pg_class WHERE relname = name AND relnamespace::regnamespace::text ~ '^oms')
      AND (called OR NOT EXISTS (SELECT FROM pg_type WHERE typname = name))
      AND name NOT IN ('h', 'control') -- oms.h and oms.control
GROUP BY name ORDER BY name COLLATE "C";

-- tables and views that no page names
SELECT relname FROM pg_class
WHERE relnamespace = 'oms'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') AND NOT relispartition
      AND NOT EXISTS (SELECT FROM pages WHERE text ~ ('`oms\.' || relname || '\M'))
ORDER BY relname COLLATE "C";

-- events: what the pages' orders went through is listed, and what is listed is a
-- step of a machine, or was seen
\set ECHO none
\i test/event/documented.sql
\set ECHO all
CREATE TEMPORARY TABLE seen AS
SELECT DISTINCT unnest(string_to_array(pg_temp.plain(printed), ',')) AS type
FROM answers
WHERE last AND statement ~ 'oms\.events' AND printed !~ 'ERROR' AND pg_temp.plain(printed) <> '';
SELECT type AS "not listed" FROM seen WHERE type NOT IN (SELECT type FROM documented) ORDER BY 1;
SELECT type AS "not seen" FROM documented
WHERE type NOT IN (SELECT type FROM seen UNION SELECT machine || '.' || to_state FROM oms.state_transitions) ORDER BY 1;

-- settings that no page has in a table; the library is loaded by now
SELECT name FROM pg_settings
WHERE name LIKE 'oms.%' AND NOT EXISTS (SELECT FROM pages WHERE strpos(text, '| `' || name || '` |') > 0);
DROP DATABASE regress_example;
