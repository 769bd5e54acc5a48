/* sql/code/38-job.sql: what is done from time to time */

CREATE TYPE oms_internal.job_step AS ("rows" bigint, more boolean, watermark text);
COMMENT ON TYPE oms_internal.job_step IS 'What a batch of a job has done: how many rows, whether there is more to do, and how far it came';

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
        ('raise_alerts', '*/5 * * * *', true, 1000, '{}'),
        ('fill_backorders', '*/5 * * * *', true, 100, '{}'),
        ('expire_authorizations', '*/5 * * * *', true, 200, '{}'),
        ('issue_invoices', '*/5 * * * *', true, 1000, '{}'),
        ('reroute_orders', '*/5 * * * *', false, 1000, '{"min_saving": "0.50 EUR"}'),
        ('roll_up_demand', '*/15 * * * *', true, 1000, '{}'),
        ('fold_stock', '*/15 * * * *', true, 1000, '{}'),
        ('refund_overdue', '*/15 * * * *', true, 100, '{}'),
        ('reconcile_settlements', '11 * * * *', true, 10000, '{}'),
        ('review_holds', '17 * * * *', true, 1000, '{"alert_after_days": 1, "cancel_after_days": null}'),
        ('complete_orders', '23 * * * *', true, 1000, '{"after_days": 30}'),
        ('expire_stored_value', '7 0 * * *', true, 1000, '{}'),
        ('expire_returns', '9 0 * * *', true, 1000, '{}'),
        ('forecast_demand', '30 0 * * *', true, 500, '{}'),
        ('evaluate_forecasts', '40 1 * * *', true, 1000, '{}'),
        ('plan_replenishment', '50 1 * * *', true, 1000, '{}'),
        ('archive_events', '41 3 * * *', true, 1000, '{"after_days": null, "drop_after_months": null}'),
        ('purge_logs', '51 3 * * *', true, 1000,
         '{"commands_days": 30, "job_runs_days": 30, "alerts_days": 365, "notifications_days": 90}'),
        ('dun_invoices', '0 5 * * *', true, 1000, '{}')
    ) AS v(name, schedule, enabled, batch_rows, settings)
$$;
COMMENT ON FUNCTION oms_internal.shipped_jobs() IS 'The jobs as they come with the extension; those of a store are in oms.jobs';

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
        PERFORM oms_internal.close_alerts('{job_failed}', ARRAY[v_job.name]);
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
