/* sql/code/38-job.sql: what is done from time to time */

CREATE TYPE oms_internal.job_step AS ("rows" bigint, more boolean, watermark text);
COMMENT ON TYPE oms_internal.job_step IS 'What a batch of a job has done: how many rows, whether there is more to do, and how far it came';
