-- Rules of this project that the catalog can check.  Each query returns the
-- offenders, so no row; an exception stands in its query, with the reason.
\pset tuples_only on
SET search_path = pg_catalog;

CREATE TEMPORARY VIEW member AS
SELECT d.classid, d.objid
FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
WHERE e.extname = 'oms' AND d.deptype = 'e';

CREATE TEMPORARY VIEW schema AS
SELECT oid, nspname FROM pg_namespace WHERE nspname IN ('oms', 'oms_report', 'oms_internal');

CREATE TEMPORARY VIEW func AS
SELECT p.oid::regprocedure AS name, p.*
FROM pg_proc p JOIN schema s ON s.oid = p.pronamespace;

CREATE TEMPORARY VIEW rel AS
SELECT c.oid::regclass AS name, c.*
FROM pg_class c JOIN schema s ON s.oid = c.relnamespace;

-- the lists have what the rules are about
SELECT count(*) > 20 FROM func;
SELECT count(*) > 10 FROM rel WHERE relkind IN ('r', 'p');

/*
 * Members and ordinary objects
 */

-- members outside the three schemas
SELECT pg_describe_object(m.classid, m.objid, 0)
FROM member m, LATERAL pg_identify_object(m.classid, m.objid, 0) AS o
WHERE o.schema NOT IN ('oms', 'oms_report', 'oms_internal');

-- tables, indexes, sequences and triggers that are members
SELECT pg_describe_object(classid, objid, 0)
FROM member
WHERE classid = 'pg_trigger'::regclass
      OR classid = 'pg_class'::regclass
         AND (SELECT relkind FROM pg_class WHERE oid = objid) NOT IN ('c', 'v');

-- types, operators and functions that are not members
SELECT pg_describe_object(classid, objid, 0)
FROM (SELECT 'pg_proc'::regclass, oid FROM func
      UNION ALL
      SELECT 'pg_operator'::regclass, o.oid FROM pg_operator o JOIN schema s ON s.oid = o.oprnamespace
      UNION ALL
      SELECT 'pg_type'::regclass, t.oid FROM pg_type t JOIN schema s ON s.oid = t.typnamespace
      WHERE t.typtype IN ('b', 'd', 'e', 'r') AND t.typelem = 0) AS own(classid, objid)
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = own.classid AND m.objid = own.objid);

-- without a comment
SELECT nspname FROM schema WHERE obj_description(oid, 'pg_namespace') IS NULL;
SELECT name FROM func WHERE obj_description(oid, 'pg_proc') IS NULL ORDER BY name::text COLLATE "C";
SELECT name FROM rel WHERE relkind IN ('r', 'p', 'v', 'm', 'c') AND NOT relispartition
      AND obj_description(oid, 'pg_class') IS NULL
      AND (relkind <> 'c' OR obj_description(reltype, 'pg_type') IS NULL)
ORDER BY name::text COLLATE "C";
SELECT t.oid::regtype FROM pg_type t JOIN schema s ON s.oid = t.typnamespace
WHERE t.typtype IN ('b', 'd', 'e', 'r') AND t.typelem = 0 AND obj_description(t.oid, 'pg_type') IS NULL
ORDER BY 1;

/*
 * Functions
 */

-- the search path of the caller reaches the body
SELECT name FROM func JOIN pg_language l ON l.oid = prolang
WHERE l.lanname IN ('sql', 'plpgsql') AND prosqlbody IS NULL
      AND NOT EXISTS (SELECT FROM unnest(proconfig) AS c WHERE c LIKE 'search\_path=%pg_temp')
      -- a procedure that commits cannot have one, and qualifies each operator
      AND NOT (prokind = 'p' AND prosrc LIKE '%COMMIT;%' AND prosrc !~ ' [<>=+|*/-]+ ');

-- rights of the owner without a fixed path, or open to all
SELECT name FROM func
WHERE prosecdef
      AND (proacl IS NULL
           OR EXISTS (SELECT FROM aclexplode(proacl) WHERE grantee = 0)
           OR NOT EXISTS (SELECT FROM unnest(proconfig) AS c WHERE c LIKE 'search\_path=%pg_temp'));

-- backslashes in literals without an E, which mean others where standard_conforming_strings is off
SELECT name FROM func JOIN pg_language l ON l.oid = prolang
WHERE l.lanname IN ('sql', 'plpgsql') AND regexp_replace(prosrc, '\mE''([^''\\]|\\.|'''')*''', '', 'g') ~ '\\'
ORDER BY name::text COLLATE "C";

-- labels that contradict each other
SELECT name, provolatile, proparallel FROM func
WHERE provolatile = 'v' AND proparallel <> 'u' OR provolatile = 'i' AND proparallel <> 's';

-- functions that may run in a parallel worker, or beside some, and call what may
-- not: names of which no function is labelled as well, outside comments and texts
WITH labelled AS (
    SELECT p.proname, min(strpos('sru', p.proparallel::text)) AS label
    FROM pg_proc p
    WHERE p.pronamespace IN (SELECT oid FROM schema UNION ALL SELECT 'pg_catalog'::regnamespace)
    GROUP BY p.proname
)
SELECT f.name, f.proparallel, c.proname
FROM func f JOIN pg_language l ON l.oid = f.prolang AND l.lanname IN ('sql', 'plpgsql')
     CROSS JOIN LATERAL regexp_replace(coalesce(pg_get_function_sqlbody(f.oid), f.prosrc), '/\*([^*]|\*+[^*/])*\*+/|--[^\n]*|''[^'']*''', '', 'g') AS body
     CROSS JOIN LATERAL (SELECT DISTINCT m[1] AS name FROM regexp_matches(body, '(\w+)\s*\(', 'g') AS m) AS called
     JOIN labelled c ON c.proname = called.name AND c.label > strpos('sru', f.proparallel::text)
ORDER BY f.name::text COLLATE "C", c.proname;

-- functions that return rows say how many
SELECT name FROM func WHERE proretset AND prorows = 1000 ORDER BY name::text COLLATE "C";

-- trigger functions where applications look
SELECT name FROM func WHERE prorettype = 'trigger'::regtype AND pronamespace <> 'oms_internal'::regnamespace;

-- symbols that the library lacks; an error names the first
SELECT count(fmgr_c_validator(oid)) = 0 FROM func WHERE prolang = (SELECT oid FROM pg_language WHERE lanname = 'c')
HAVING count(*) = 0;

-- calls that two functions would answer because of their defaults
SELECT a.name, b.name
FROM func a JOIN func b ON a.proname = b.proname AND a.pronamespace = b.pronamespace AND a.oid < b.oid,
     generate_series(greatest(a.pronargs - a.pronargdefaults, b.pronargs - b.pronargdefaults)::int,
                     least(a.pronargs, b.pronargs)::int) AS n
WHERE n > 0
      AND (a.proargtypes::oid[])[0:n - 1] = (b.proargtypes::oid[])[0:n - 1];

-- settings nobody explained
SELECT name FROM pg_settings WHERE name LIKE 'oms.%' AND coalesce(short_desc, '') = '';

/*
 * Tables
 */

-- without a primary key
SELECT name FROM rel
WHERE relkind IN ('r', 'p')
      AND NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = rel.oid AND contype = 'p')
ORDER BY name::text COLLATE "C";

-- constraints whose names are not table_column_kind; 18 names NOT NULL itself
SELECT rel.name, conname
FROM pg_constraint c JOIN rel ON rel.oid = c.conrelid
WHERE contype <> 'n' AND NOT relispartition
      AND (NOT starts_with(conname, relname || '_')
           OR conname !~ CASE contype WHEN 'p' THEN '_pkey$' WHEN 'u' THEN '_key$' WHEN 'f' THEN '_fkey$'
                                      WHEN 'c' THEN '_check$' WHEN 'x' THEN '_excl$' WHEN 't' THEN '_trigger$' END)
ORDER BY rel.name::text COLLATE "C", conname;

-- constraints that were never checked
SELECT conrelid::regclass, conname FROM pg_constraint JOIN rel ON rel.oid = conrelid WHERE NOT convalidated;

-- foreign keys without an index for who deletes the row they lead to
SELECT rel.name, conname
FROM pg_constraint c JOIN rel ON rel.oid = c.conrelid
WHERE contype = 'f' AND conparentid = 0
      AND NOT EXISTS (SELECT FROM pg_index i
                      WHERE i.indrelid = c.conrelid AND i.indisvalid
                            AND (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey)
      AND conname NOT IN (
          'orders_pickup_location_id_fkey',    -- locations and services are
          'orders_service_id_fkey',            -- retired, not deleted, and each
          'orders_ship_from_location_id_fkey', -- index costs every order
          'fulfillment_lines_line_fkey',       -- few rows for the order_id of the primary key
          'reservations_stock_level_fkey'      -- stock levels are not deleted
      )
ORDER BY rel.name::text COLLATE "C", conname;

-- two indexes for the same purpose
SELECT a.indexrelid::regclass, b.indexrelid::regclass
FROM pg_index a JOIN rel ON rel.oid = a.indrelid
     JOIN pg_index b ON a.indrelid = b.indrelid AND a.indexrelid < b.indexrelid
          AND a.indkey = b.indkey AND a.indclass = b.indclass AND a.indoption = b.indoption
          AND a.indpred IS NOT DISTINCT FROM b.indpred AND a.indexprs IS NOT DISTINCT FROM b.indexprs;

-- types with a better sibling: timestamptz, oms.amount, text, jsonb; and no
-- binary fractions, except what is measured or estimated and never paid
SELECT rel.name, attname, format_type(atttypid, atttypmod)
FROM pg_attribute a JOIN rel ON rel.oid = a.attrelid
WHERE relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped
      AND atttypid IN ('timestamp'::regtype, 'timetz'::regtype, 'money'::regtype, 'varchar'::regtype,
                       'bpchar'::regtype, 'json'::regtype, 'float4'::regtype, 'float8'::regtype)
      AND attname !~ '(_m|_km|_rate|^mean|_mean|^lat|^lon|^probability)$'
ORDER BY rel.name::text COLLATE "C", attnum;

-- identity columns, which a distributed table cannot have; lonely sequences
SELECT rel.name, attname FROM pg_attribute a JOIN rel ON rel.oid = a.attrelid WHERE attidentity <> '';
SELECT name FROM rel
WHERE relkind = 'S'
      AND NOT EXISTS (SELECT FROM pg_depend d
                      WHERE d.classid = 'pg_class'::regclass AND d.objid = rel.oid AND d.deptype = 'a');

-- sequences and their columns differ in width
SELECT rel.name, format_type(s.seqtypid, NULL), format_type(a.atttypid, NULL)
FROM pg_sequence s JOIN rel ON rel.oid = s.seqrelid
     JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = rel.oid AND d.deptype = 'a'
     JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE s.seqtypid <> a.atttypid;

-- partitions without a statement trigger of their table, which is not fired by writing them
SELECT rel.name, t.tgname
FROM pg_inherits i JOIN rel ON rel.oid = i.inhrelid AND rel.relkind = 'r'
     JOIN pg_trigger t ON t.tgrelid = i.inhparent AND t.tgtype & 1 = 0
WHERE NOT EXISTS (SELECT FROM pg_trigger p WHERE p.tgrelid = i.inhrelid AND p.tgname = t.tgname)
ORDER BY rel.name::text COLLATE "C", t.tgname;

-- open to all
SELECT rel.name, privilege_type FROM rel, aclexplode(relacl) WHERE grantee = 0 AND privilege_type <> 'SELECT';
SELECT nspname, privilege_type FROM pg_namespace, aclexplode(nspacl)
WHERE nspname IN ('oms', 'oms_report', 'oms_internal') AND grantee = 0 AND privilege_type <> 'USAGE';

/*
 * Views
 */

-- views that read with the rights of their owner, past policies on rows
SELECT name FROM rel WHERE relkind = 'v' AND NOT coalesce(reloptions @> '{security_invoker=true}', false) ORDER BY name::text COLLATE "C";

-- other things than views in their schema, or types of ours in their columns
SELECT name, relkind FROM rel WHERE relnamespace = 'oms_report'::regnamespace AND relkind NOT IN ('v', 'm', 'i');
SELECT rel.name, attname, format_type(atttypid, atttypmod)
FROM rel JOIN pg_attribute a ON a.attrelid = rel.oid JOIN pg_type t ON t.oid = a.atttypid
WHERE relnamespace = 'oms_report'::regnamespace AND relkind IN ('v', 'm') AND attnum > 0
      AND t.typnamespace = 'oms'::regnamespace
ORDER BY rel.name::text COLLATE "C", attnum;
