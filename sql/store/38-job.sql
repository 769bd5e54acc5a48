/* sql/store/38-job.sql: what is done from time to time, and how it went */

CREATE TABLE oms.jobs (
    name text NOT NULL,
    schedule text NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    batch_rows integer NOT NULL DEFAULT 1000,
    time_limit interval NOT NULL DEFAULT '10 minutes',
    settings jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT jobs_pkey PRIMARY KEY (name),
    CONSTRAINT jobs_name_check CHECK (name ~ '^[a-z_]{1,26}$'),
    CONSTRAINT jobs_schedule_check CHECK (oms_internal.is_cron_schedule(schedule)),
    CONSTRAINT jobs_batch_rows_check CHECK (batch_rows BETWEEN 1 AND 10000),
    CONSTRAINT jobs_time_limit_check CHECK (time_limit > '0' AND time_limit <= '1 day'),
    CONSTRAINT jobs_settings_check CHECK (jsonb_typeof(settings) = 'object')
);
COMMENT ON TABLE oms.jobs IS 'What is done from time to time, a row a job; settings may be changed by hand, the jobs are those of the extension';
COMMENT ON COLUMN oms.jobs.schedule IS 'When, as cron says it: minute, hour, day, month, weekday, in UTC; pg_cron knows it after oms.schedule_jobs()';
COMMENT ON COLUMN oms.jobs.enabled IS 'False: a run returns at once';
COMMENT ON COLUMN oms.jobs.batch_rows IS 'How many rows, orders or series a transaction takes at most';
COMMENT ON COLUMN oms.jobs.time_limit IS 'A run begins no other batch after it, and the next run goes on';
COMMENT ON COLUMN oms.jobs.settings IS 'What this job alone knows, see doc/job.md';

INSERT INTO oms.jobs (name, schedule, enabled, batch_rows, time_limit, settings)
SELECT name, schedule, enabled, batch_rows, time_limit, settings
FROM oms_internal.shipped_jobs();

CREATE SEQUENCE oms.job_runs_run_id_seq;
CREATE TABLE oms.job_runs (
    run_id bigint NOT NULL DEFAULT nextval('oms.job_runs_run_id_seq'),
    job text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    status text NOT NULL DEFAULT 'running',
    batches integer NOT NULL DEFAULT 0,
    "rows" bigint NOT NULL DEFAULT 0,
    watermark text,
    sqlstate text,
    error text,
    CONSTRAINT job_runs_pkey PRIMARY KEY (run_id),
    CONSTRAINT job_runs_status_check CHECK (status IN ('running', 'succeeded', 'stopped', 'failed', 'killed')),
    CONSTRAINT job_runs_ended_at_check CHECK ((status = 'running') = (ended_at IS NULL)),
    CONSTRAINT job_runs_job_fkey FOREIGN KEY (job) REFERENCES oms.jobs ON DELETE CASCADE
);
ALTER SEQUENCE oms.job_runs_run_id_seq OWNED BY oms.job_runs.run_id;
CREATE UNIQUE INDEX job_runs_running_key ON oms.job_runs (job) WHERE status = 'running';
CREATE INDEX job_runs_job_idx ON oms.job_runs (job, run_id);
CREATE INDEX job_runs_started_at_idx ON oms.job_runs (started_at);
COMMENT ON TABLE oms.job_runs IS 'Runs of jobs, and how they went; oms.job_history shows how long they took';
COMMENT ON COLUMN oms.job_runs.started_at IS 'By the clock of the server, whatever oms.now says';
COMMENT ON COLUMN oms.job_runs.status IS 'stopped: at its time limit, with more to do; killed: it ended without a word, as the next run found out';
COMMENT ON COLUMN oms.job_runs.batches IS 'Transactions that were committed';
COMMENT ON COLUMN oms.job_runs."rows" IS 'What they have changed: rows, orders or series, as the job counts';
COMMENT ON COLUMN oms.job_runs.watermark IS 'How far the last batch came, in the job''s own terms';

CREATE OR REPLACE VIEW oms.job_history WITH (security_invoker = true) AS
SELECT r.job, r.run_id, r.started_at, t.duration, r.status, r.batches, r."rows",
       round(r."rows" / nullif(extract(epoch FROM t.duration), 0), 1) AS rows_per_second, r.watermark, r.sqlstate, r.error
FROM oms.job_runs AS r
CROSS JOIN LATERAL (
    SELECT CASE WHEN r.status <> 'killed' THEN coalesce(r.ended_at, clock_timestamp()) - r.started_at END AS duration) AS t;
COMMENT ON VIEW oms.job_history IS 'Runs of jobs with how long they took, by the clock';
COMMENT ON COLUMN oms.job_history.duration IS 'Up to now while it runs; null of one that was killed, as nobody knows when';

/* a run is alive while somebody has the lock of its job, see job.c */
CREATE OR REPLACE VIEW oms.job_status WITH (security_invoker = true) AS
SELECT j.name AS job, j.schedule, j.enabled, k.pid, l.status AS last_status, l.started_at AS last_started_at,
       s.started_at AS last_success_at,
       (SELECT count(*) FROM oms.job_runs AS f
        WHERE f.job = j.name AND f.run_id > coalesce(s.run_id, 0) AND f.status IN ('failed', 'killed')) AS failures,
       l.error,
       j.enabled AND k.pid IS NULL
           AND coalesce(l.started_at, i.installed_at) < oms_internal.last_due(j.schedule, now() - interval '5 min') AS overdue
FROM oms.jobs AS j
CROSS JOIN oms.store AS i
LEFT JOIN LATERAL (
    SELECT r.status, r.started_at, r.error FROM oms.job_runs AS r
    WHERE r.job = j.name ORDER BY r.run_id DESC LIMIT 1) AS l ON true
LEFT JOIN LATERAL (
    SELECT r.run_id, r.started_at FROM oms.job_runs AS r
    WHERE r.job = j.name AND r.status IN ('succeeded', 'stopped') ORDER BY r.run_id DESC LIMIT 1) AS s ON true
LEFT JOIN pg_locks AS k
    ON k.locktype = 'advisory' AND k.objsubid = 28525 AND k.granted
       AND k.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
       AND (k.classid::bigint << 32 | k.objid::bigint) = hashtextextended(j.name, 0);
COMMENT ON VIEW oms.job_status IS 'How jobs are doing, a row a job';
COMMENT ON COLUMN oms.job_status.pid IS 'The session that runs it now; null: it does not run';
COMMENT ON COLUMN oms.job_status.last_success_at IS 'When the last run began that ended without an error, done or stopped at its time limit';
COMMENT ON COLUMN oms.job_status.failures IS 'Runs that failed or were killed since then, as far as they are kept';
COMMENT ON COLUMN oms.job_status.overdue IS 'It is enabled, does not run, and did not begin though it was due more than five minutes ago';

CREATE TABLE oms.job_orders (
    order_id bigint NOT NULL,
    job text NOT NULL,
    since timestamptz NOT NULL,
    CONSTRAINT job_orders_pkey PRIMARY KEY (order_id, job)
);
CREATE INDEX job_orders_since_idx ON oms.job_orders (job, since);
COMMENT ON TABLE oms.job_orders IS 'Orders that a job is to look at when their days are over';
COMMENT ON COLUMN oms.job_orders.since IS 'From when the days of the job''s setting after_days count';
