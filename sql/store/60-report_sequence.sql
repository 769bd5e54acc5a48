/* sql/store/60-report_sequence.sql: how far tables have been counted whose rows only a sequence numbers */

CREATE TABLE oms.sequence_watermarks (
    name text NOT NULL,
    counted_until bigint NOT NULL DEFAULT 0,
    settled_until bigint NOT NULL DEFAULT 0,
    asked_until bigint,
    holders xid8[],
    system_id bigint,
    time_zone text,
    CONSTRAINT sequence_watermarks_pkey PRIMARY KEY (name),
    CONSTRAINT sequence_watermarks_counted_until_check CHECK (counted_until <= settled_until),
    CONSTRAINT sequence_watermarks_asked_until_check CHECK (asked_until >= settled_until)
);
COMMENT ON TABLE oms.sequence_watermarks IS 'How far jobs have counted rows that are numbered by a sequence, and are not committed in the order of their numbers';
COMMENT ON COLUMN oms.sequence_watermarks.counted_until IS 'Rows with numbers up to it are in the sums';
COMMENT ON COLUMN oms.sequence_watermarks.settled_until IS 'No row with a number up to it can be committed any more';
COMMENT ON COLUMN oms.sequence_watermarks.asked_until IS 'The last number at the last look: settled when holders have ended; null: they had';
COMMENT ON COLUMN oms.sequence_watermarks.holders IS 'Transactions that had drawn numbers and had not ended then; null: as asked_until';
COMMENT ON COLUMN oms.sequence_watermarks.system_id IS 'Identifier of the cluster that they are of';
COMMENT ON COLUMN oms.sequence_watermarks.time_zone IS 'Of the days that were counted by; where reports count by another, the sums are made anew. Null: nothing was counted';
