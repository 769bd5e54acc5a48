-- test/fingerprint.sql: one line per object of the extension and of the store,
-- with its definition; equal for a fresh install and for every way to upgrade
--
--   psql -qX -f test/fingerprint.sql DB
\pset tuples_only on
\pset format unaligned
SET search_path = pg_catalog;

WITH space AS (
    SELECT oid, nspname, nspacl FROM pg_namespace WHERE nspname IN ('oms', 'oms_report', 'oms_internal')
), member AS (
    SELECT d.classid, d.objid
    FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
    WHERE e.extname = 'oms' AND d.deptype = 'e'
), rel AS (
    SELECT c.* FROM pg_class c JOIN space ON space.oid = c.relnamespace
), func AS (
    SELECT p.* FROM pg_proc p JOIN space ON space.oid = p.pronamespace
)
SELECT line FROM (
    SELECT 'member ' || pg_describe_object(classid, objid, 0) FROM member
    UNION ALL
    SELECT format('schema %s %s', nspname, nspacl) FROM space
    UNION ALL
    SELECT format('relation %s %s %s %s %s', oid::regclass, relkind, relpersistence, reloptions, relrowsecurity)
           || coalesce(' acl ' || relacl::text, '')
    FROM rel
    UNION ALL
    SELECT format('function %s %s', pg_get_functiondef(oid), proacl) FROM func WHERE prokind <> 'a'
    UNION ALL
    SELECT format('aggregate %s %s %s %s %s %s', f.oid::regprocedure, a.aggtransfn, a.aggfinalfn, a.aggcombinefn,
                  a.agginitval, f.proparallel)
    FROM func f JOIN pg_aggregate a ON a.aggfnoid = f.oid
    UNION ALL
    SELECT format('operator %s %s %s %s %s %s', o.oid::regoperator, oprcode, oprcom::regoperator,
                  oprnegate::regoperator, oprrest, oprjoin)
    FROM pg_operator o JOIN space ON space.oid = oprnamespace
    UNION ALL
    SELECT format('type %s %s %s %s %s', t.oid::regtype, typtype, typlen, typbyval, typcategory)
    FROM pg_type t JOIN space ON space.oid = typnamespace
    UNION ALL
    SELECT format('view %s %s', oid::regclass, pg_get_viewdef(oid)) FROM rel WHERE relkind IN ('v', 'm')
    UNION ALL
    SELECT format('column %s.%s %s %s not null %s default %s', r.oid::regclass, a.attname,
                  row_number() OVER (PARTITION BY r.oid ORDER BY a.attnum),
                  format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(ad.adbin, ad.adrelid))
    FROM rel r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
         LEFT JOIN pg_attrdef ad ON ad.adrelid = r.oid AND ad.adnum = a.attnum
    UNION ALL
    SELECT format('sequence %s %s %s %s %s', r.oid::regclass, format_type(seqtypid, NULL), seqstart, seqincrement, seqcache)
    FROM rel r JOIN pg_sequence s ON s.seqrelid = r.oid
    UNION ALL
    SELECT format('constraint %s %s %s', coalesce(r.oid::regclass::text, contypid::regtype::text), c.conname,
                  pg_get_constraintdef(c.oid))
    FROM pg_constraint c JOIN space ON space.oid = c.connamespace LEFT JOIN rel r ON c.conrelid = r.oid
    UNION ALL
    SELECT 'index ' || pg_get_indexdef(i.indexrelid) FROM rel r JOIN pg_index i ON i.indrelid = r.oid
    UNION ALL
    SELECT format('trigger %s %s', pg_get_triggerdef(t.oid), t.tgenabled)
    FROM rel r JOIN pg_trigger t ON t.tgrelid = r.oid AND NOT t.tgisinternal
    UNION ALL
    SELECT format('policy %s %s %s %s %s %s', r.oid::regclass, polname, polcmd, polpermissive,
                  pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
    FROM rel r JOIN pg_policy p ON p.polrelid = r.oid
    UNION ALL
    SELECT format('comment %s: %s', pg_describe_object(d.classoid, d.objoid, d.objsubid), d.description)
    FROM pg_description d
    WHERE (d.classoid, d.objoid) IN (SELECT classid, objid FROM member)
          OR d.classoid = 'pg_class'::regclass AND d.objoid IN (SELECT oid FROM rel)
) AS f(line)
WHERE line IS NOT NULL
ORDER BY line COLLATE "C";
