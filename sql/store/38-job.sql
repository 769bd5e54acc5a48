/* sql/store/38-job.sql: what is done from time to time, and how it went */

CREATE TABLE oms.jobs (
    name text NOT NULL,
    schedule text NOT NULL,
    enabled boolean NOT NULL DEFAULT true,
    batch_rows integer NOT NULL DEFAULT 1000,
    time_limit interval NOT NULL DEFAULT '10 minutes',
    settings jsonb NOT NULL DEFAULT '{}',
    CONSTRAINT jobs_pkey PRIMARY KEY (name),
    CONSTRAINT jobs_name_check CHECK (name ~ '^[a-z_]+$'),
    CONSTRAINT jobs_schedule_check CHECK (schedule <> ''),
    CONSTRAINT jobs_batch_rows_check CHECK (batch_rows > 0),
    CONSTRAINT jobs_time_limit_check CHECK (time_limit > '0'),
    CONSTRAINT jobs_settings_check CHECK (jsonb_typeof(settings) = 'object')
);
COMMENT ON TABLE oms.jobs IS 'What is done from time to time, a row a job; settings may be changed by hand, the jobs are those of the extension';
COMMENT ON COLUMN oms.jobs.schedule IS 'When, as cron says it: minute, hour, day, month, weekday, in UTC; oms.schedule_jobs() tells pg_cron';
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
