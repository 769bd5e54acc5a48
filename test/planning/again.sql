/*
 * test/planning/again.sql: each job runs twice, and the second time it writes
 * nothing but the record of its run and of when it looked
 */

/* What this transaction has written so far, but for that */
CREATE FUNCTION planning.written() RETURNS TABLE (name text, rows bigint)
    LANGUAGE sql VOLATILE
AS $$
    SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables
    WHERE schemaname = 'oms' AND relname NOT IN ('job_runs', 'alert_watches')
$$;

CREATE FUNCTION planning.run_twice(job text) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    first jsonb;
BEGIN
    PERFORM planning.run_job(job);
    SELECT jsonb_object_agg(w.name, w.rows) INTO first FROM planning.written() AS w;
    PERFORM planning.run_job(job);
    PERFORM planning.none('a job that runs again writes nothing',
        format('SELECT %L AS job, name, %L::jsonb ->> name AS first, rows AS second FROM planning.written() WHERE rows::text IS DISTINCT FROM %L::jsonb ->> name',
               job, first, first));
END
$$;

UPDATE oms.jobs SET enabled = true;
SELECT format('SELECT planning.run_twice(%L)', name) FROM oms.jobs ORDER BY name
\gexec
SELECT planning.books();
SELECT planning.report();
