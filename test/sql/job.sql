-- jobs: batches, how they end, who may run them, and when they are due
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
\set SHOW_CONTEXT never

/*
 * A job that works off numbers, and does what its settings say besides
 */
CREATE TABLE public.job_work (n integer PRIMARY KEY);
CREATE TABLE public.job_done (n integer CONSTRAINT job_done_key UNIQUE DEFERRABLE INITIALLY DEFERRED, after text, settings jsonb,
                              transaction_id xid8 DEFAULT pg_current_xact_id());
INSERT INTO jobs (name, schedule, batch_rows, settings) VALUES ('regress', '0 3 * * *', 3, '{"a": 1}');
CREATE FUNCTION oms_internal.job_regress(batch_rows integer, settings jsonb, after text) RETURNS oms_internal.job_step
    LANGUAGE plpgsql AS $$
DECLARE
    v_rows bigint;
    v_left bigint;
BEGIN
    WITH gone AS (DELETE FROM public.job_work WHERE n IN (SELECT n FROM public.job_work ORDER BY n LIMIT batch_rows) RETURNING n)
    INSERT INTO public.job_done SELECT n, after, settings FROM gone;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
    SELECT count(*) INTO v_left FROM public.job_work;
    IF v_left <= (settings ->> 'fails_at')::integer THEN
        RAISE EXCEPTION USING ERRCODE = coalesce(settings ->> 'code', 'P0001'), MESSAGE = format('only %s left', v_left);
    END IF;
    EXECUTE coalesce(settings ->> 'execute', 'SELECT');
    RETURN CASE WHEN settings ? 'step' THEN jsonb_populate_record(NULL::oms_internal.job_step, settings -> 'step')
                ELSE ROW(v_rows, v_left > 0, (SELECT max(n) FROM public.job_done))::oms_internal.job_step END;
END
$$;
CREATE FUNCTION public.job_again(settings jsonb DEFAULT '{}') RETURNS void LANGUAGE sql AS $$
    TRUNCATE public.job_work, public.job_done;
    INSERT INTO public.job_work SELECT generate_series(1, 8);
    UPDATE oms.jobs SET settings = $1, enabled = true, time_limit = '1 hour' WHERE name = 'regress';
$$;
CREATE FUNCTION pg_temp.refusal(job text, settings jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    UPDATE oms.jobs SET settings = refusal.settings WHERE name = job;
    RETURN NULL;
EXCEPTION WHEN SQLSTATE 'OM007' OR check_violation THEN
    RETURN SQLERRM;
END
$$;
CREATE VIEW public.job_seen AS
    SELECT status, batches, "rows", watermark, sqlstate, error, ended_at >= started_at AS ended
    FROM job_runs WHERE job = 'regress' ORDER BY run_id DESC LIMIT 1;
CREATE VIEW public.job_alert AS
    SELECT kind, key, severity, subject, message, data - 'run_id' AS data, status FROM alerts
    WHERE key = 'regress' ORDER BY alert_id DESC LIMIT 1;

/*
 * All is done, batch by batch, with what the batch before has said
 */
SELECT job_again('{"a": 1}');
SELECT run_job('regress') - 'run_id' AS result;
SELECT n, after, settings FROM job_done ORDER BY n;
SELECT * FROM job_seen;
SELECT run_job('regress') - 'run_id' AS "nothing to do";

SELECT job_again();
CALL run_job_batches('regress') \gset
SELECT :'result'::jsonb - 'run_id' AS result;
SELECT count(*), count(DISTINCT transaction_id::text) AS transactions FROM job_done;

SET default_transaction_isolation = 'serializable';
SELECT job_again();
CALL run_job_batches('regress') \gset
SELECT :'result'::jsonb ->> 'status' AS status;
RESET default_transaction_isolation;

/*
 * Time is over: the next run goes on
 */
SELECT job_again();
UPDATE jobs SET time_limit = '1 microsecond' WHERE name = 'regress';
SELECT run_job('regress') - 'run_id' AS result;
CALL run_job_batches('regress') \gset
SELECT :'result'::jsonb - 'run_id' AS result;
SELECT run_job('regress') - 'run_id' AS result;

/*
 * Not at all
 */
UPDATE jobs SET enabled = false WHERE name = 'regress';
SELECT run_job('regress');
CALL run_job_batches('regress');
BEGIN;
SELECT run_job('regress') ->> 'status' AS status;
SELECT count(*) AS locks FROM pg_locks WHERE objsubid = 28525;
DELETE FROM jobs WHERE name NOT IN ('regress', 'purge_logs');
SELECT run_job('unknown'); \echo :LAST_ERROR_SQLSTATE
ROLLBACK;
\set VERBOSITY terse
CALL run_job_batches('unknown'); \echo :LAST_ERROR_SQLSTATE
\set VERBOSITY default
SELECT run_job(NULL); \echo :LAST_ERROR_SQLSTATE
CALL run_job_batches(NULL); \echo :LAST_ERROR_SQLSTATE
-- what is changed while it runs, holds from the next batch on
SELECT job_again('{"execute": "UPDATE oms.jobs SET enabled = false WHERE name = ''regress''"}');
SELECT run_job('regress') - 'run_id' AS result;

/*
 * An error undoes its batch alone, is told of once, and again
 */
SELECT job_again('{"fails_at": 2}');
SELECT run_job('regress') - 'run_id' AS result;
SELECT count(*) FROM job_work;
SELECT * FROM job_seen;
SELECT * FROM job_alert;
CALL run_job_batches('regress'); \echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM job_work;
SELECT * FROM job_seen;
SELECT severity, status FROM job_alert;
SELECT job_again();
SELECT run_job('regress') ->> 'status' AS status;
SELECT severity, status FROM job_alert;

SELECT job_again('{"fails_at": 2}');
CALL run_job_batches('regress'); \echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM job_work;
SELECT * FROM job_seen;
SELECT severity, status FROM job_alert;

-- found as late as at the commit
SELECT job_again('{"execute": "INSERT INTO public.job_done SELECT max(n) FROM public.job_done HAVING max(n) > 3"}');
CALL run_job_batches('regress'); \echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM job_work;
SELECT * FROM job_seen;

-- whoever is to stop does
SELECT job_again('{"fails_at": 2, "code": "57014"}');
SELECT run_job('regress'); \echo :LAST_ERROR_SQLSTATE
CALL run_job_batches('regress'); \echo :LAST_ERROR_SQLSTATE
SELECT * FROM job_seen;

-- in a transaction that fails later all is undone
SELECT job_again();
BEGIN;
SELECT run_job('regress') ->> 'status' AS status;
ROLLBACK;
SELECT count(*) FROM job_work;

/*
 * Batches that can't be meant
 */
SELECT job_again('{"step": {"rows": 0, "more": true}}');
SELECT run_job('regress') - 'run_id' AS result;
SELECT job_again('{"step": {}}');
SELECT run_job('regress') - 'run_id' AS result;
SELECT job_again('{"step": {"rows": 0, "more": false, "watermark": "end"}}');
SELECT run_job('regress') - 'run_id' AS result;
BEGIN;
ALTER FUNCTION oms_internal.job_regress RENAME TO job_other;
SELECT run_job('regress') - 'run_id' AS result;
ROLLBACK;

/*
 * Settings that no job knows, and limits of what is of all
 */
BEGIN;
UPDATE jobs SET settings = '{"after_days": 0}' WHERE name = 'complete_orders';
UPDATE jobs SET settings = '{}';
UPDATE jobs SET settings = s.settings FROM oms_internal.shipped_jobs() AS s WHERE s.name = jobs.name;
ROLLBACK;
SELECT name, (regexp_match(pg_temp.refusal(name, settings::jsonb), 'have (\d+) fault'))[1]::integer AS faults, settings
FROM (VALUES ('complete_orders', '{"after_days": -1}'), ('complete_orders', '{"after_days": 1.5, "before_days": 2}'),
             ('archive_events', '{"after_days": "x", "drop_after_months": 99999}'), ('forecast_demand', '{"horizon_days": 0}'),
             ('raise_alerts', '{"low_stock": {"measure": "weight", "channels": "web"}, "dead_stock": true, "supplier_mail": null}'),
             ('raise_alerts', '{"stuck_order": {"placed_hours": {}, "parked_hours": 3}, "return_rate_spike": {"z": 0, "days": 1e30}}'),
             ('raise_alerts', '{"overstock": null, "out_of_stock": {}}'), ('reroute_orders', '{"min_saving": "5"}'),
             ('roll_up_demand', '{"undelivered_reasons": [1]}'), ('plan_replenishment', '{"transfers": "yes"}'),
             ('review_holds', '[]'), ('purge_logs', '{"commands_days": []}'), ('evaluate_forecasts', '{"keep_days": true}'),
             ('regress', '{"whatever": 1}')) AS v(name, settings);
UPDATE jobs SET settings = '{"low_stock": {"measure": "weight"}, "high_stock": {}}' WHERE name = 'raise_alerts';
UPDATE jobs SET batch_rows = 10001 WHERE name = 'regress'; \echo :LAST_ERROR_SQLSTATE
UPDATE jobs SET batch_rows = 0 WHERE name = 'regress'; \echo :LAST_ERROR_SQLSTATE
UPDATE jobs SET time_limit = '2 days' WHERE name = 'regress'; \echo :LAST_ERROR_SQLSTATE

/*
 * One at a time, and the lock is given back
 */
CREATE FUNCTION public.job_look() RETURNS text LANGUAGE sql AS
    $$SELECT format('%s, %s', pid = pg_backend_pid(), last_status) FROM oms.job_status WHERE job = 'regress'$$;
SELECT job_again('{"execute": "SELECT set_config(''regress.seen'', public.job_look(), false)"}');
SELECT run_job('regress') ->> 'status' AS status;
SELECT current_setting('regress.seen') AS "while it ran";
SELECT set_config('regress.seen', '', false);
CALL run_job_batches('regress') \gset
SELECT current_setting('regress.seen') AS "while it ran";
SELECT count(*) FROM pg_locks WHERE objsubid = 28525;
SELECT pid, last_status, failures, error FROM job_status WHERE job = 'regress';

-- a run that ended without a word
SET session_replication_role = replica;
INSERT INTO job_runs (job, started_at) VALUES ('regress', now());
INSERT INTO job_runs (job, started_at) VALUES ('regress', now()); \echo :LAST_ERROR_SQLSTATE
RESET session_replication_role;
SELECT pid, last_status, failures FROM job_status WHERE job = 'regress';
SELECT run_job('regress') ->> 'status' AS status;
SELECT status, duration IS NULL AS unknown FROM job_history WHERE job = 'regress' ORDER BY run_id DESC LIMIT 2;

-- where it can commit
BEGIN;
CALL run_job_batches('regress');
ROLLBACK;
DO $$ BEGIN CALL oms.run_job_batches('regress'); END $$; \echo :LAST_ERROR_SQLSTATE
DO $$ DECLARE r jsonb; BEGIN CALL oms.run_job_batches('regress', r); RAISE WARNING '%', r ->> 'status'; END $$;
CREATE FUNCTION public.job_call() RETURNS jsonb LANGUAGE plpgsql AS $$ DECLARE r jsonb; BEGIN CALL oms.run_job_batches('regress', r); RETURN r; END $$;
SELECT job_call(); \echo :LAST_ERROR_SQLSTATE

/*
 * Who may
 */
CREATE ROLE regress_job;
SELECT grant_access('regress_job');
SET ROLE regress_job;
SELECT run_job('regress'); \echo :LAST_ERROR_SQLSTATE
CALL run_job_batches('regress'); \echo :LAST_ERROR_SQLSTATE
SELECT schedule_jobs(); \echo :LAST_ERROR_SQLSTATE
SELECT unschedule_jobs(); \echo :LAST_ERROR_SQLSTATE
UPDATE jobs SET enabled = false; \echo :LAST_ERROR_SQLSTATE
RESET ROLE;
GRANT EXECUTE ON FUNCTION run_job TO regress_job;
SET ROLE regress_job;
-- with its own rights: it has none on the tables of this job
SELECT run_job('regress') - 'run_id' AS result;
INSERT INTO job_runs (job, started_at) VALUES ('regress', now());
RESET ROLE;
SELECT revoke_access('regress_job');
REVOKE EXECUTE ON FUNCTION run_job FROM regress_job;
DROP ROLE regress_job;
-- what only functions write a job may write
BEGIN;
SELECT job_again('{"execute": "INSERT INTO oms.subject_events (subject, key, type) VALUES (''regress'', ''a'', ''regress.a'')"}');
SELECT run_job('regress') ->> 'status' AS status;
ROLLBACK;

/*
 * When it is due
 */
-- whatever a backslash is in literals
SET standard_conforming_strings = off;
SELECT oms_internal.cron_values('*/15,7-8,9', 0, 59);
RESET standard_conforming_strings;
SELECT s AS schedule, oms_internal.is_cron_schedule(s) AS well_formed, oms_internal.last_due(s, '2026-11-26 09:07:30+00')
FROM unnest('{* * * * *,*/5 * * * *,11 * * * *,7 9 * * *,8 9 * * *,30 0 * * *,"1,3-4,50-59/4 * * * *",0 0 1 * *,0 0 31 * *,
              0 12 * * 0,0 12 * * 7,0 12 * * 1-5,0 12 1 * 1,0 12 */2 * 1,0 0 29 2 *}'::text[]) AS s;
SELECT count(*) FILTER (WHERE NOT oms_internal.is_cron_schedule(s)) = count(*) AS all_malformed
FROM unnest(ARRAY['', ' * * * * *', '* * * *', '* * * * * *', '60 * * * *', '* 24 * * *', '* * 0 * *', '* * * 13 *', '* * * * 8',
                  '5-3 * * * *', '*/0 * * * *', '5/10 * * * *', '1, * * * *', ',1 * * * *', '-1 * * * *', 'x * * * *',
                  '* * * jan *', '@daily', '10 seconds']) AS s;
UPDATE jobs SET schedule = '@daily' WHERE name = 'regress'; \echo :LAST_ERROR_SQLSTATE
INSERT INTO jobs (name, schedule) VALUES ('name_of_twenty_seven_letters', '* * * * *'); \echo :LAST_ERROR_SQLSTATE
SELECT name FROM jobs FULL JOIN oms_internal.shipped_jobs() AS s USING (name) WHERE jobs.name IS NULL OR s.name IS NULL;
SELECT name FROM jobs WHERE to_regprocedure(format('oms_internal.job_%s(integer, jsonb, text)', name)) IS NULL;
BEGIN;
UPDATE jobs SET schedule = '* * * * *' WHERE name = 'regress';
SELECT overdue FROM job_status WHERE job = 'regress';
SET LOCAL session_replication_role = replica;
UPDATE job_runs SET started_at = now() - interval '7 min' WHERE job = 'regress';
SELECT overdue FROM job_status WHERE job = 'regress';
UPDATE jobs SET enabled = false WHERE name = 'regress';
SELECT overdue FROM job_status WHERE job = 'regress';
UPDATE jobs SET enabled = true WHERE name = 'regress';
DELETE FROM job_runs;
UPDATE store SET installed_at = now();
SELECT overdue FROM job_status WHERE job = 'regress';
UPDATE store SET installed_at = now() - interval '7 min';
SELECT overdue FROM job_status WHERE job = 'regress';
ROLLBACK;

/*
 * Without pg_cron
 */
\set VERBOSITY terse
SELECT schedule_jobs(); \echo :LAST_ERROR_SQLSTATE
SELECT unschedule_jobs('other'); \echo :LAST_ERROR_SQLSTATE
SELECT oms_internal.cron_prefix('shop'), length(oms_internal.cron_prefix(repeat('é', 17))) AS length;

DROP FUNCTION oms_internal.job_regress, job_again, job_look, job_call;
DROP VIEW job_seen, job_alert;
DROP TABLE job_work, job_done;
DELETE FROM jobs WHERE name = 'regress';
DELETE FROM alerts WHERE key = 'regress';
