-- what holds for all views of reports: each query returns the offenders, so no row
\pset tuples_only on
SET client_min_messages = warning;
CREATE TEMPORARY VIEW report AS
SELECT c.oid, c.relname AS name FROM pg_class c WHERE c.relnamespace = 'oms_report'::regnamespace AND c.relkind = 'v';
SELECT count(*) > 20 FROM report;

-- columns that a tool for reports may not know, or whose comment is missing
SELECT name, attname, format_type(atttypid, NULL)
FROM report JOIN pg_attribute ON attrelid = oid AND attnum > 0
WHERE atttypid NOT IN ('text'::regtype, 'numeric'::regtype, 'date'::regtype, 'timestamptz'::regtype, 'bigint'::regtype, 'integer'::regtype,
                       'smallint'::regtype, 'boolean'::regtype, 'double precision'::regtype)
ORDER BY name, attnum;
SELECT name, attname FROM report JOIN pg_attribute ON attrelid = oid AND attnum > 0
WHERE coalesce(col_description(oid, attnum), '') = '' OR attname = '?column?'
ORDER BY name, attnum;

-- functions that write, or that others may not run, in a view or in what it calls
WITH RECURSIVE used AS (
    SELECT r.name, d.refclassid, d.refobjid
    FROM report r JOIN pg_rewrite w ON w.ev_class = r.oid JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
    UNION
    SELECT u.name, d.refclassid, d.refobjid
    FROM used u JOIN pg_rewrite w ON u.refclassid = 'pg_class'::regclass AND w.ev_class = u.refobjid
                JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
)
SELECT u.name, p.oid::regprocedure
FROM used u JOIN pg_proc p ON u.refclassid = 'pg_proc'::regclass AND p.oid = u.refobjid
WHERE p.provolatile = 'v' OR p.proacl IS NOT NULL
ORDER BY 1, 2::text;

-- who may only read can read them all, and views of oms, in a transaction that may not write, and locks nothing that a writer wants
CREATE ROLE regress_report_reader;
SELECT oms.grant_access('regress_report_reader', 'reader');
CREATE FUNCTION pg_temp.read_reports(OUT name text, OUT failure text) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
    FOR name IN SELECT r.oid::regclass FROM pg_class r WHERE r.relnamespace::regnamespace::text IN ('oms', 'oms_report') AND r.relkind = 'v' ORDER BY 1 LOOP
        BEGIN
            EXECUTE format('SELECT count(*) FROM (SELECT * FROM %s OFFSET 0) AS r', name);
        EXCEPTION WHEN others THEN
            failure := sqlerrm;
            RETURN NEXT;
        END;
    END LOOP;
END
$$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA pg_temp TO regress_report_reader;
BEGIN READ ONLY;
SET LOCAL ROLE regress_report_reader;
SELECT * FROM pg_temp.read_reports();
RESET ROLE;
SELECT DISTINCT relation::regclass, mode FROM pg_locks
WHERE pid = pg_backend_pid() AND locktype <> 'virtualxid' AND NOT (locktype = 'relation' AND mode = 'AccessShareLock');
COMMIT;
SELECT oms.revoke_access('regress_report_reader');
DROP FUNCTION pg_temp.read_reports();
DROP ROLE regress_report_reader;

-- views that no page names, and columns that no table of such a page has
\set pages `for page in doc/*.md; do printf '\f%s\n' "$page"; cat "$page"; done`
CREATE TEMPORARY TABLE page AS
SELECT split_part(text, E'\n', 1) AS page, text FROM regexp_split_to_table(:'pages', '\f') AS p(text) WHERE text <> '';
SELECT name FROM report WHERE NOT EXISTS (SELECT FROM page WHERE strpos(text, '`oms_report.' || name || '`') > 0) ORDER BY name;
SELECT name, attname FROM report JOIN pg_attribute ON attrelid = oid AND attnum > 0
WHERE NOT EXISTS (SELECT FROM page WHERE text ~ ('`oms_report.' || name || '`') AND text ~ ('\n\|[^|\n]*`' || attname || '`[^|\n]*\|'))
ORDER BY name, attnum;
-- and the index has all of them
SELECT name FROM report WHERE NOT EXISTS (SELECT FROM page WHERE page = 'doc/report.md' AND strpos(text, '`oms_report.' || name || '`') > 0) ORDER BY name;
