/*
 * sql/code/60-report_sequence.sql: counting rows that only a sequence numbers
 *
 * A row with a lower number may be committed after one with a higher: who
 * counts all up to the highest that he sees misses it for good. nextval() locks
 * the sequence before it draws a number, and until the transaction ends, also
 * one that is prepared. So whoever has drawn one of the numbers up to the last
 * and has not ended is among the holders of that lock, and when these have
 * ended the numbers are settled. Who only reads, however long, or writes other
 * tables, holds nothing up.
 */

/*
 * The number is read before the locks. A holder that has no transaction id yet
 * could not be found again, once it is prepared; then nothing is known now, nor
 * where sessions keep numbers in stock.
 */
CREATE OR REPLACE FUNCTION oms_internal.ask_sequence(sequence regclass, OUT last bigint, OUT holders xid8[]) RETURNS record
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_next CONSTANT bigint := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
BEGIN
    SELECT pg_sequence_last_value(s.seqrelid) INTO last FROM pg_sequence AS s WHERE s.seqrelid = sequence AND s.seqcache = 1;
    WITH held AS MATERIALIZED (
        SELECT k.virtualtransaction AS holder, k.transactionid
        FROM pg_locks AS k
        WHERE k.granted AND k.pid IS DISTINCT FROM pg_backend_pid() AND k.mode <> 'AccessShareLock'
              AND (k.locktype = 'transactionid' AND k.mode = 'ExclusiveLock'
                   OR k.locktype = 'relation' AND k.relation = sequence
                      AND k.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database()))
    ), holder AS (
        SELECT h.holder, array_agg(x.transactionid::text::bigint) AS ids
        FROM held AS h
        LEFT JOIN held AS x ON x.holder = h.holder AND x.transactionid IS NOT NULL
        WHERE h.transactionid IS NULL
        GROUP BY h.holder
    )
    -- an id without its epoch is near the next one
    SELECT coalesce(array_agg((v_next + (((i.id - v_next) % x.ids + x.ids + x.ids / 2) % x.ids - x.ids / 2))::text::xid8), '{}'),
           CASE WHEN bool_and(i.id IS NOT NULL) IS NOT FALSE THEN last END
    INTO holders, last
    FROM holder AS h
    CROSS JOIN (SELECT 4294967296 AS ids) AS x
    CROSS JOIN LATERAL unnest(h.ids) AS i(id);
END
$$;
COMMENT ON FUNCTION oms_internal.ask_sequence(regclass) IS 'The last number of a sequence, null if nothing can be known now, and the other transactions that may have drawn numbers up to it and have not ended';

CREATE OR REPLACE FUNCTION oms_internal.have_ended(transaction_ids xid8[]) RETURNS boolean
    LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(bool_and(pg_visible_in_snapshot(t.id, pg_current_snapshot())), true) FROM unnest(transaction_ids) AS t(id)
$$;
COMMENT ON FUNCTION oms_internal.have_ended(xid8[]) IS 'Whether none of some transactions runs';

/*
 * The caller is who counts, and does so in a later statement: to a snapshot
 * that is older than the looks, what is settled could be missing.
 */
CREATE OR REPLACE FUNCTION oms_internal.settle_sequence(
    name text, sequence regclass, OUT counted_until bigint, OUT settled_until bigint, OUT time_zone text
) RETURNS record
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_system_id CONSTANT bigint := oms_internal.system_id();
    v_mark oms.sequence_watermarks;
BEGIN
    SELECT * INTO v_mark FROM oms.sequence_watermarks AS w WHERE w.name = settle_sequence.name FOR NO KEY UPDATE SKIP LOCKED;
    -- else it is locked, and an INSERT would wait for who has it
    IF NOT FOUND AND NOT EXISTS (SELECT FROM oms.sequence_watermarks AS w WHERE w.name = settle_sequence.name) THEN
        INSERT INTO oms.sequence_watermarks AS w (name) VALUES (settle_sequence.name) ON CONFLICT DO NOTHING RETURNING * INTO v_mark;
    END IF;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    counted_until := v_mark.counted_until;
    settled_until := v_mark.settled_until;
    time_zone := v_mark.time_zone;
    IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
        RETURN;
    END IF;

    IF v_mark.system_id IS DISTINCT FROM v_system_id THEN
        v_mark.asked_until := NULL;
    ELSIF v_mark.asked_until IS NOT NULL AND oms_internal.have_ended(v_mark.holders) THEN
        settled_until := v_mark.asked_until;
        v_mark.asked_until := NULL;
    END IF;
    IF v_mark.asked_until IS NULL THEN
        SELECT a.last, a.holders INTO v_mark.asked_until, v_mark.holders
        FROM oms_internal.ask_sequence(sequence) AS a
        WHERE a.last > settled_until;
        IF v_mark.asked_until IS NOT NULL AND oms_internal.have_ended(v_mark.holders) THEN
            settled_until := v_mark.asked_until;
            v_mark.asked_until := NULL;
        END IF;
    END IF;
    UPDATE oms.sequence_watermarks AS w
    SET (settled_until, asked_until, holders, system_id)
        = (settle_sequence.settled_until, v_mark.asked_until,
           CASE WHEN v_mark.asked_until IS NOT NULL THEN v_mark.holders END, v_system_id)
    WHERE w.name = settle_sequence.name
          AND (w.settled_until, w.asked_until) IS DISTINCT FROM (settle_sequence.settled_until, v_mark.asked_until);
END
$$;
COMMENT ON FUNCTION oms_internal.settle_sequence(text, regclass) IS 'How far a job has counted the rows that a sequence numbers, and can: none of these will be committed any more; null if another counts';
