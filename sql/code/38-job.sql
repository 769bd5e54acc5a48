/* sql/code/38-job.sql: what is done from time to time */

CREATE TYPE oms_internal.job_step AS ("rows" bigint, more boolean, watermark text);
COMMENT ON TYPE oms_internal.job_step IS 'What a batch of a job has done: how many rows, whether there is more to do, and how far it came';

CREATE OR REPLACE FUNCTION oms_internal.check_job() RETURNS trigger
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_check_job';
COMMENT ON FUNCTION oms_internal.check_job() IS 'Row trigger: raises OM007 with all faults of a job''s settings';

/* Once an hour and less often is at minutes of their own, so that they don't start together. */
CREATE OR REPLACE FUNCTION oms_internal.shipped_jobs(
    OUT name text, OUT schedule text, OUT enabled boolean, OUT batch_rows integer, OUT time_limit interval, OUT settings jsonb
) RETURNS SETOF record
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 20
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT v.name, v.schedule, v.enabled, v.batch_rows, '10 minutes'::interval, v.settings::jsonb
    FROM (VALUES
        ('expire_carts', '* * * * *', true, 200, '{}'),
        ('wake_consumers', '* * * * *', true, 1000, '{}'),
        ('roll_up_reports', '* * * * *', true, 1000, '{}'),
        ('roll_up_stock', '* * * * *', true, 10000, '{}'),
        ('roll_up_ledger', '* * * * *', true, 10000, '{}'),
        ('raise_alerts', '*/5 * * * *', true, 5000,
         '{"low_stock": {"measure": "position", "channels": null}, "out_of_stock": {"sold_days": 90, "channels": null},
           "stockout_expected": {"days": null, "critical_days": 3}, "dead_stock": {"days": 90, "cover_days": 180, "min_value": 100},
           "overstock": {"days": 180, "min_value": 100},
           "late_shipment": {"lookback_days": 30, "delivery_slack_days": 3, "critical_days": 3},
           "stuck_order": {"lookback_days": 30, "placed_hours": 48, "confirmed_hours": 48, "in_fulfillment_hours": 48,
                           "partially_shipped_hours": 72},
           "return_rate_spike": {"days": 60, "before_days": 180, "min_units": 20, "min_returns": 3, "z": 2.58},
           "supplier_mail": false}'),
        ('fill_backorders', '*/5 * * * *', true, 100, '{}'),
        ('expire_authorizations', '*/5 * * * *', true, 200, '{}'),
        ('issue_invoices', '*/5 * * * *', true, 1000, '{}'),
        ('reroute_orders', '*/5 * * * *', false, 1000, '{"min_saving": "0.50 EUR"}'),
        ('roll_up_demand', '*/15 * * * *', true, 1000,
         '{"undelivered_reasons": ["out_of_stock"], "sells_from": "00:00", "sells_until": "24:00"}'),
        ('fold_stock', '*/15 * * * *', true, 1000, '{}'),
        ('refund_overdue', '*/15 * * * *', true, 100, '{}'),
        ('reconcile_settlements', '11 * * * *', true, 10000, '{}'),
        ('review_holds', '17 * * * *', true, 1000, '{"alert_after_days": 1, "cancel_after_days": null}'),
        ('complete_orders', '23 * * * *', true, 1000, '{"after_days": 30}'),
        ('expire_stored_value', '7 0 * * *', true, 1000, '{}'),
        ('expire_returns', '9 0 * * *', true, 1000, '{}'),
        ('forecast_demand', '30 0 * * *', true, 500, '{"horizon_days": 56, "history_days": 730}'),
        ('evaluate_forecasts', '40 1 * * *', true, 1000, '{"keep_days": 730}'),
        ('plan_replenishment', '50 1 * * *', true, 1000, '{"transfers": true, "auto_transfers": false, "rejected_days": 7}'),
        ('archive_events', '41 3 * * *', true, 1000, '{"after_days": null, "drop_after_months": null}'),
        ('purge_logs', '51 3 * * *', true, 1000,
         '{"commands_days": 30, "job_runs_days": 30, "alerts_days": 365, "notifications_days": 90, "carts_days": 30}'),
        ('dun_invoices', '0 5 * * *', true, 1000, '{}')
    ) AS v(name, schedule, enabled, batch_rows, settings)
$$;
COMMENT ON FUNCTION oms_internal.shipped_jobs() IS 'The jobs as they come with the extension; those of a store are in oms.jobs';

/*
 * Schedules as cron and pg_cron understand them, but for names of months and
 * weekdays. Where both day and weekday are restricted, either will do.
 */
CREATE OR REPLACE FUNCTION oms_internal.cron_values(field text, low integer, high integer) RETURNS integer[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN field ~ '^((([*]|[0-9][0-9]?-[0-9][0-9]?)(/[1-9][0-9]?)?|[0-9][0-9]?)(,(?!$)|$))+$' THEN (
        SELECT CASE WHEN bool_and(r.first BETWEEN low AND r.last AND r.last <= high) THEN array_agg(DISTINCT v) END
        FROM regexp_split_to_table(field, ',') AS item
        CROSS JOIN LATERAL (
            SELECT coalesce(substring(item FROM '^[0-9]+')::integer, low) AS first,
                   coalesce(substring(item FROM '(?:^|-)([0-9]+)(?:/[0-9]+)?$')::integer, high) AS last,
                   coalesce(substring(item FROM '/([0-9]+)')::integer, 1) AS step) AS r
        LEFT JOIN generate_series(r.first, r.last, r.step) AS v ON true)
    END
$$;
COMMENT ON FUNCTION oms_internal.cron_values(text, integer, integer) IS 'The values that a field of a schedule stands for, null if it is malformed';

CREATE OR REPLACE FUNCTION oms_internal.cron_fields(
    schedule text, OUT minutes integer[], OUT hours integer[], OUT days integer[], OUT months integer[], OUT weekdays integer[],
    OUT any_day boolean
) RETURNS record
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT oms_internal.cron_values(f[1], 0, 59), oms_internal.cron_values(f[2], 0, 23), oms_internal.cron_values(f[3], 1, 31),
           oms_internal.cron_values(f[4], 1, 12), oms_internal.cron_values(f[5], 0, 7),
           CASE WHEN cardinality(f) = 5 THEN f[3] NOT LIKE '*%' AND f[5] NOT LIKE '*%' END
    FROM regexp_split_to_array(schedule, ' +') AS f
$$;
COMMENT ON FUNCTION oms_internal.cron_fields(text)
    IS 'The five fields of a schedule, null where malformed; any_day: a day or a weekday suffices';

CREATE OR REPLACE FUNCTION oms_internal.is_cron_schedule(schedule text) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT f IS NOT NULL FROM oms_internal.cron_fields(schedule) AS f
$$;
COMMENT ON FUNCTION oms_internal.is_cron_schedule(text) IS 'Whether a schedule is well formed';

CREATE OR REPLACE FUNCTION oms_internal.last_due(schedule text, at timestamptz) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT max(t.due) AT TIME ZONE 'UTC'
    FROM (SELECT d.day, f.hours, f.minutes
          FROM oms_internal.cron_fields(schedule) AS f
          CROSS JOIN generate_series(0, 400) AS back
          CROSS JOIN LATERAL (SELECT (at AT TIME ZONE 'UTC')::date - back AS day) AS d
          CROSS JOIN LATERAL (
              SELECT extract(day FROM d.day) = ANY (f.days) AS day_fits,
                     extract(dow FROM d.day) = ANY (f.weekdays) OR extract(isodow FROM d.day) = ANY (f.weekdays) AS weekday_fits) AS m
          WHERE extract(month FROM d.day) = ANY (f.months)
                AND CASE WHEN f.any_day THEN m.day_fits OR m.weekday_fits ELSE m.day_fits AND m.weekday_fits END
          ORDER BY back
          LIMIT 2) AS d
    CROSS JOIN unnest(d.hours) AS hour
    CROSS JOIN unnest(d.minutes) AS minute
    CROSS JOIN LATERAL (SELECT d.day + make_time(hour, minute, 0) AS due) AS t
    WHERE t.due <= at AT TIME ZONE 'UTC'
$$;
COMMENT ON FUNCTION oms_internal.last_due(text, timestamptz)
    IS 'When a schedule was last due at a time, in UTC; null if that is more than 400 days ago';

/*
 * What follows is called by the runner, job.c, under the lock of the job: a
 * run that is still noted as running is one that ended without a word.
 */
CREATE OR REPLACE FUNCTION oms_internal.begin_job_run(name text) RETURNS bigint
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_enabled boolean;
    v_run_id bigint;
BEGIN
    SELECT j.enabled INTO v_enabled FROM oms.jobs AS j WHERE j.name = begin_job_run.name;
    IF v_enabled IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM006',
            MESSAGE = format('job "%s" does not exist', name),
            HINT = format('Jobs are %s.', (SELECT string_agg(j.name, ', ' ORDER BY j.name) FROM oms.jobs AS j));
    END IF;
    IF v_enabled THEN
        UPDATE oms.job_runs AS r SET status = 'killed', ended_at = clock_timestamp()
        WHERE r.job = begin_job_run.name AND r.status = 'running';
        INSERT INTO oms.job_runs AS r (job, started_at) VALUES (name, clock_timestamp())
        RETURNING r.run_id INTO v_run_id;
    END IF;
    RETURN v_run_id;
END
$$;
COMMENT ON FUNCTION oms_internal.begin_job_run(text)
    IS 'Note that a job begins to run, and that the run before was killed if it has not ended; returns the run, null if the job is disabled';

/* Settings are read anew, so what is changed holds from the next batch on. */
CREATE OR REPLACE FUNCTION oms_internal.run_job_batch(run_id bigint) RETURNS text
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_run oms.job_runs;
    v_job oms.jobs;
    v_step oms_internal.job_step;
    v_status text := 'succeeded';
BEGIN
    SELECT * INTO STRICT v_run FROM oms.job_runs AS r WHERE r.run_id = run_job_batch.run_id;
    SELECT * INTO STRICT v_job FROM oms.jobs AS j WHERE j.name = v_run.job;
    EXECUTE format('SELECT * FROM oms_internal.%I($1, $2, $3)', 'job_' || v_job.name)
    INTO v_step USING v_job.batch_rows, v_job.settings, v_run.watermark;

    IF v_step.more AND coalesce(v_step."rows", 0) = 0 AND v_step.watermark IS NOT DISTINCT FROM v_run.watermark THEN
        RAISE EXCEPTION USING
            ERRCODE = 'internal_error',
            MESSAGE = format('job "%s" has more to do but makes no progress', v_job.name);
    END IF;
    IF v_step.more THEN
        v_status := CASE WHEN v_job.enabled AND clock_timestamp() < v_run.started_at + v_job.time_limit
                         THEN 'running' ELSE 'stopped' END;
    END IF;
    UPDATE oms.job_runs AS r
    SET batches = r.batches + 1, "rows" = r."rows" + coalesce(v_step."rows", 0), watermark = v_step.watermark,
        status = v_status, ended_at = CASE WHEN v_status <> 'running' THEN clock_timestamp() END
    WHERE r.run_id = run_job_batch.run_id;
    IF v_status <> 'running' THEN
        PERFORM oms_internal.close_alerts('{job_failed}', ARRAY(
            SELECT a.key FROM oms.alerts AS a
            WHERE a.kind = 'job_failed' AND a.key = v_job.name AND a.status <> 'closed' FOR NO KEY UPDATE SKIP LOCKED));
    END IF;
    RETURN v_status;
END
$$;
COMMENT ON FUNCTION oms_internal.run_job_batch(bigint) IS 'Run a batch of a job and count it; returns the status of the run, running if there is more to do';

CREATE OR REPLACE FUNCTION oms_internal.fail_job_run(run_id bigint, sqlstate text, error text) RETURNS text
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_job text;
    v_again boolean;
BEGIN
    UPDATE oms.job_runs AS r
    SET status = 'failed', ended_at = clock_timestamp(), sqlstate = fail_job_run.sqlstate, error = fail_job_run.error
    WHERE r.run_id = fail_job_run.run_id
    RETURNING r.job INTO v_job;

    SELECT b.status = 'failed' INTO v_again
    FROM oms.job_runs AS b
    WHERE b.job = v_job AND b.run_id < fail_job_run.run_id
    ORDER BY b.run_id DESC
    LIMIT 1;
    PERFORM oms_internal.raise_alert(
        'job_failed', v_job, CASE WHEN v_again THEN 'critical' ELSE 'warning' END,
        format('job %s failed: %s', v_job, error), subject => 'job ' || v_job,
        data => jsonb_build_object('run_id', run_id, 'sqlstate', sqlstate));
    RETURN 'failed';
END
$$;
COMMENT ON FUNCTION oms_internal.fail_job_run(bigint, text, text) IS 'Note that a run has failed, and raise an alert, a critical one if the run before failed too';

CREATE OR REPLACE FUNCTION oms_internal.job_result(job text, status text, run_id bigint) RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_build_object('job', $1, 'status', $2)
           || coalesce((SELECT jsonb_strip_nulls(jsonb_build_object(
                                   'run_id', r.run_id, 'rows', r."rows", 'batches', r.batches,
                                   'watermark', r.watermark, 'sqlstate', r.sqlstate, 'error', r.error))
                        FROM oms.job_runs AS r WHERE r.run_id = $3), '{}')
$$;
COMMENT ON FUNCTION oms_internal.job_result(text, text, bigint) IS 'What the runner answers: how a run went, or why there was none (run_id is null)';

CREATE OR REPLACE FUNCTION oms.run_job(name text) RETURNS jsonb
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_run_job';
COMMENT ON FUNCTION oms.run_job(text) IS 'Run a job in this transaction until nothing is left to do or its time is over; returns how it went';
REVOKE ALL ON FUNCTION oms.run_job(text) FROM PUBLIC;

CREATE OR REPLACE PROCEDURE oms.run_job_batches(name text, INOUT result jsonb DEFAULT NULL)
    LANGUAGE C
    AS 'MODULE_PATHNAME', 'oms_run_job_batches';
COMMENT ON PROCEDURE oms.run_job_batches(text, jsonb) IS 'Run a job like oms.run_job(), and commit each batch; result says how it went';
REVOKE ALL ON PROCEDURE oms.run_job_batches(text, jsonb) FROM PUBLIC;

/* pg_cron keeps 63 bytes of a name, and would take two jobs for one */
CREATE OR REPLACE FUNCTION oms_internal.cron_prefix(database text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('oms %s ', CASE WHEN octet_length(database) > 32 THEN md5(database) ELSE database END)
$$;
COMMENT ON FUNCTION oms_internal.cron_prefix(text) IS 'How the names begin that the jobs of a database have in pg_cron';

CREATE OR REPLACE FUNCTION oms_internal.require_cron(database text) RETURNS void
    LANGUAGE plpgsql STABLE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_here CONSTANT text := current_database();
    v_cron CONSTANT text := CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE')
                                 THEN coalesce(current_setting('cron.database_name', true), '') END;
BEGIN
    IF to_regclass('cron.job') IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'pg_cron is not installed in this database',
            DETAIL = CASE WHEN v_cron IS NULL THEN 'It is for the database that cron.database_name names, which you may not see.'
                          WHEN v_cron = '' THEN 'The server has not loaded it.'
                          ELSE format('The server has loaded it for database "%s", as cron.database_name says.', v_cron) END,
            HINT = CASE
                WHEN v_cron IS NULL THEN 'Ask a superuser to schedule the jobs.'
                WHEN v_cron = v_here THEN 'Run "CREATE EXTENSION pg_cron" here.'
                WHEN v_cron <> '' THEN
                    format('Run "CREATE EXTENSION pg_cron", "CREATE EXTENSION oms CASCADE" and "SELECT oms.schedule_jobs(%L)" in database "%s".',
                           database, v_cron)
                ELSE
                    CASE WHEN EXISTS (SELECT FROM pg_available_extensions AS e WHERE e.name = 'pg_cron') THEN ''
                         ELSE format('Install the package postgresql-%s-cron. ', current_setting('server_version_num')::integer / 10000) END
                    || format('Add pg_cron to shared_preload_libraries, set cron.database_name = %L, restart the server, and run "CREATE EXTENSION pg_cron" here.',
                              v_here)
            END;
    END IF;
END
$$;
COMMENT ON FUNCTION oms_internal.require_cron(text) IS 'Raise 55000 that says how to get pg_cron, unless it is here, for who schedules the jobs of a database';

/* Entries of other roles count where the caller sees them, as a superuser does. */
CREATE OR REPLACE FUNCTION oms_internal.drop_cron_entries(database text, kept text[]) RETURNS integer
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prefix CONSTANT text := oms_internal.cron_prefix(database);
    v_dropped integer;
BEGIN
    SELECT count(cron.unschedule(c.jobid)) INTO v_dropped
    FROM (SELECT j.jobid
          FROM cron.job AS j
          WHERE starts_with(j.jobname::text, v_prefix) AND substr(j.jobname::text, length(v_prefix) + 1) ~ '^[a-z_]+$'
                AND NOT (j.username::text = current_user AND j.jobname::text = ANY (kept))
          OFFSET 0) AS c;
    RETURN v_dropped;
END
$$;
COMMENT ON FUNCTION oms_internal.drop_cron_entries(text, text[]) IS 'Take the jobs of a database out of pg_cron, but for the caller''s of some names; returns how many';

CREATE OR REPLACE FUNCTION oms.schedule_jobs(database text DEFAULT NULL) RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_database CONSTANT text := coalesce(database, current_database());
    v_names text[] := '{}';
    v_entry record;
BEGIN
    PERFORM oms_internal.require_cron(v_database);
    IF v_database = current_database() AND to_regclass('oms.jobs') IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'the store is not installed in this database',
            HINT = 'Name the database of the store, or run "SELECT oms.install()" first.';
    END IF;
    FOR v_entry IN EXECUTE format(
        'SELECT oms_internal.cron_prefix($1) || j.name AS name, j.schedule, format(''CALL oms.run_job_batches(%%L)'', j.name) AS command FROM %s AS j',
        CASE WHEN to_regclass('oms.jobs') IS NULL THEN 'oms_internal.shipped_jobs()' ELSE 'oms.jobs' END)
        USING v_database
    LOOP
        IF v_database = current_database() THEN
            PERFORM cron.schedule(v_entry.name, v_entry.schedule, v_entry.command);
        ELSE
            PERFORM cron.schedule_in_database(v_entry.name, v_entry.schedule, v_entry.command, v_database);
        END IF;
        v_names := v_names || v_entry.name;
    END LOOP;
    PERFORM oms_internal.drop_cron_entries(v_database, v_names);
    RETURN cardinality(v_names);
END
$$;
COMMENT ON FUNCTION oms.schedule_jobs(text)
    IS 'Let pg_cron, which must be in this database, run the jobs of a database, by default this one; returns how many';
REVOKE ALL ON FUNCTION oms.schedule_jobs(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION oms.unschedule_jobs(database text DEFAULT NULL) RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_database CONSTANT text := coalesce(database, current_database());
BEGIN
    PERFORM oms_internal.require_cron(v_database);
    RETURN oms_internal.drop_cron_entries(v_database, '{}');
END
$$;
COMMENT ON FUNCTION oms.unschedule_jobs(text) IS 'Take the jobs of a database, by default this one, out of pg_cron; returns how many';
REVOKE ALL ON FUNCTION oms.unschedule_jobs(text) FROM PUBLIC;
