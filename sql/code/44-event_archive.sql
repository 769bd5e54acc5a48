/* sql/code/44-event_archive.sql: events of orders that have ended, kept apart from those that are at work */

CREATE OR REPLACE FUNCTION oms_internal.order_events(order_id bigint, OUT sequence integer, OUT type text, OUT subject_no integer,
                                                     OUT data jsonb, OUT occurred_at timestamptz) RETURNS SETOF record
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE ROWS 20
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    v_archived timestamptz;
BEGIN
    FOR v_archived IN SELECT a.ended_at FROM oms.archived_orders AS a WHERE a.order_id = $1 LOOP
        RETURN QUERY SELECT e.sequence, e.type, e.subject_no, e.data, e.occurred_at
                     FROM oms.archived_events AS e
                     WHERE e.order_id = $1 AND e.ended_at = v_archived;
    END LOOP;
    RETURN QUERY SELECT e.sequence, e.type, e.subject_no, e.data, e.occurred_at
                 FROM oms.events AS e
                 WHERE e.order_id = $1;
END
$$;
COMMENT ON FUNCTION oms_internal.order_events(bigint) IS 'All events of an order, wherever they are kept';

CREATE OR REPLACE FUNCTION oms_internal.archive_begins() RETURNS timestamptz
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT s.value::timestamptz FROM oms.settings AS s WHERE s.name = 'archive_begins'), '-infinity')
$$;
COMMENT ON FUNCTION oms_internal.archive_begins() IS 'What was archived as ended before this has been dropped';

CREATE OR REPLACE FUNCTION oms_internal.archive_bound(day date) RETURNS text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT to_char(day, 'YYYY-MM-DD') || ' 00:00:00+00';
END;
COMMENT ON FUNCTION oms_internal.archive_bound(date) IS 'When a day begins in UTC, as every session reads it, whatever its DateStyle';

/*
 * A partition is made apart and attached, which no reader of the archive has
 * to wait for.
 */
CREATE OR REPLACE FUNCTION oms_internal.make_archive_partition(month date) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_name CONSTANT text := 'archived_events_' || to_char(month, 'YYYY_MM');
    v_owner CONSTANT text := (SELECT pg_get_userbyid(c.relowner) FROM pg_class AS c WHERE c.oid = 'oms.archived_events'::regclass);
BEGIN
    IF to_regclass('oms.' || v_name) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE oms.%I (LIKE oms.archived_events INCLUDING ALL EXCLUDING INDEXES)', v_name);
    EXECUTE format('COMMENT ON TABLE oms.%I IS %L', v_name,
                   format('Events of orders that had ended in %s, in UTC', to_char(month, 'YYYY-MM')));
    EXECUTE format('ALTER TABLE oms.archived_events ATTACH PARTITION oms.%I FOR VALUES FROM (%L) TO (%L)', v_name,
                   oms_internal.archive_bound(month), oms_internal.archive_bound((month + interval '1 month')::date));
    EXECUTE format('CREATE TRIGGER refuse_write BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON oms.%I
                    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.refuse_write(''job archive_events'')', v_name);
    IF v_owner <> current_user THEN
        EXECUTE format('ALTER TABLE oms.%I OWNER TO %I', v_name, v_owner);
    END IF;
END
$$;
COMMENT ON FUNCTION oms_internal.make_archive_partition(date) IS 'Make the partition of the archive for the month that begins on a day, unless it is there';

/*
 * Dropping waits for nobody: while somebody reads the archive, it is for the
 * next run.
 */
CREATE OR REPLACE FUNCTION oms_internal.drop_archive_partition(before date) RETURNS text
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_name text;
    v_end date;
BEGIN
    SELECT p.name, p.month + interval '1 month' INTO v_name, v_end
    FROM (SELECT c.relname AS name, to_date(right(c.relname, 7), 'YYYY_MM') AS month
          FROM pg_inherits AS i
          JOIN pg_class AS c ON c.oid = i.inhrelid
          WHERE i.inhparent = 'oms.archived_events'::regclass AND c.relname ~ '^archived_events_[0-9]{4}_[0-9]{2}$') AS p
    WHERE p.month + interval '1 month' <= before
    ORDER BY p.month
    LIMIT 1;
    IF v_name IS NULL THEN
        RETURN NULL;
    END IF;
    BEGIN
        EXECUTE format('LOCK TABLE oms.archived_events, oms.%I IN ACCESS EXCLUSIVE MODE NOWAIT', v_name);
    EXCEPTION WHEN lock_not_available THEN
        RETURN NULL;
    END;
    EXECUTE format('DROP TABLE oms.%I', v_name);
    INSERT INTO oms.settings AS s (name, value) VALUES ('archive_begins', oms_internal.archive_bound(v_end))
    ON CONFLICT (name) DO UPDATE SET value = excluded.value WHERE s.value::timestamptz < excluded.value::timestamptz;
    RETURN v_name;
END
$$;
COMMENT ON FUNCTION oms_internal.drop_archive_partition(date) IS 'Drop the oldest partition of the archive if it ends before a day; returns its name, null if there is none or somebody reads the archive';

/*
 * Last state of each subject of orders, by their events and by what was
 * archived before: {"payment 1": "captured"}.
 */
CREATE OR REPLACE FUNCTION oms_internal.event_states(order_ids bigint[], OUT order_id bigint, OUT states jsonb) RETURNS SETOF record
    LANGUAGE sql STABLE STRICT PARALLEL SAFE ROWS 100
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT s.order_id,
           coalesce((SELECT a.states FROM oms.archived_orders AS a WHERE a.order_id = s.order_id
                     ORDER BY a.last_sequence DESC LIMIT 1), '{}')
           || coalesce(jsonb_object_agg(s.subject, s.state ORDER BY s.sequence) FILTER (WHERE s.state IS NOT NULL), '{}')
    FROM (SELECT e.order_id, e.sequence, split_part(e.type, '.', 1) || ' ' || coalesce(e.subject_no, 0) AS subject, t.state
          FROM oms.events AS e
          LEFT JOIN (SELECT DISTINCT t.machine || '.' || t.to_state AS type, t.to_state AS state FROM oms.state_transitions AS t) AS t
              ON t.type = e.type
          WHERE e.order_id = ANY (order_ids)) AS s
    GROUP BY s.order_id
$$;
COMMENT ON FUNCTION oms_internal.event_states(bigint[]) IS 'Last state of each subject of some orders, by their events';

/*
 * All events of an order go together, to the month of the last of them, so
 * that dropping a month drops histories whole; what is left of them is known.
 */
CREATE OR REPLACE FUNCTION oms_internal.archive_orders(order_ids bigint[]) RETURNS bigint
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_begins CONSTANT timestamptz := oms_internal.archive_begins();
    v_moved bigint;
BEGIN
    PERFORM oms_internal.make_archive_partition(m.month)
    FROM (SELECT DISTINCT date_trunc('month', greatest(max(e.occurred_at), v_begins) AT TIME ZONE 'UTC')::date AS month
          FROM oms.events AS e
          WHERE e.order_id = ANY (order_ids)
          GROUP BY e.order_id) AS m;

    WITH state AS MATERIALIZED (
        SELECT * FROM oms_internal.event_states(order_ids)
    ), gone AS MATERIALIZED (
        DELETE FROM oms.events AS e WHERE e.order_id = ANY (order_ids) RETURNING e.*
    ), ended AS MATERIALIZED (
        SELECT g.order_id, max(g.sequence) AS last_sequence, max(g.event_id) AS last_event_id,
               greatest(max(g.occurred_at), v_begins) AS ended_at
        FROM gone AS g
        GROUP BY g.order_id
    ), known AS (
        INSERT INTO oms.archived_orders (order_id, last_sequence, last_event_id, ended_at, states)
        SELECT n.order_id, n.last_sequence, n.last_event_id, n.ended_at, s.states
        FROM ended AS n
        JOIN state AS s USING (order_id)
    ), moved AS (
        INSERT INTO oms.archived_events
            (event_id, transaction_id, order_id, sequence, type, subject_no, data, occurred_at, ended_at)
        SELECT g.event_id, g.transaction_id, g.order_id, g.sequence, g.type, g.subject_no, g.data, g.occurred_at, n.ended_at
        FROM gone AS g
        JOIN ended AS n USING (order_id)
        RETURNING 1
    )
    SELECT count(*) INTO v_moved FROM moved;
    RETURN v_moved;
END
$$;
COMMENT ON FUNCTION oms_internal.archive_orders(bigint[]) IS 'Move all events of locked orders to the archive; returns how many';

/*
 * What is at work does not matter here, so how far complete_orders has read
 * does not either. A job that has begun anew has not read all before its mark.
 */
CREATE OR REPLACE FUNCTION oms_internal.slowest_reader(OUT name text, OUT transaction_id xid8, OUT event_id bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT w.name, CASE WHEN w.is_new THEN '0' ELSE w.transaction_id END, CASE WHEN w.is_new THEN 0 ELSE w.event_id END
    FROM (SELECT *, order_id IS NOT NULL OR coalesce(system_id <> oms_internal.system_id(), false) AS is_new
          FROM oms.watermarks) AS w
    WHERE w.name NOT IN ('archive_events', 'complete_orders')
    UNION ALL
    SELECT c.name, c.transaction_id, c.event_id FROM oms.consumers AS c
    ORDER BY 2, 3, 1
    LIMIT 1
$$;
COMMENT ON FUNCTION oms_internal.slowest_reader() IS 'Of all jobs and consumers that read the events of orders the one that is least far, and how far: it has read up to there';

/* An order that is not ready is looked at again: after its last event, or in a day. */
CREATE OR REPLACE FUNCTION oms_internal.archive_ended_orders(order_ids bigint[], days integer) RETURNS bigint
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
DECLARE
    v_before CONSTANT timestamptz := oms.now() - make_interval(days => days);
    v_ready bigint[];
BEGIN
    WITH seen AS MATERIALIZED (
        SELECT e.order_id, max(e.occurred_at) AS last_at,
               bool_and((e.transaction_id, e.event_id) <= (r.transaction_id, r.event_id)) AS is_read
        FROM oms.events AS e, oms_internal.slowest_reader() AS r
        WHERE e.order_id = ANY (order_ids)
        GROUP BY e.order_id
    ), ready AS MATERIALIZED (
        SELECT s.order_id
        FROM seen AS s
        JOIN oms.orders AS o USING (order_id)
        WHERE s.last_at <= v_before AND s.is_read AND is_final(o.status)
              AND NOT EXISTS (SELECT FROM oms.payment_requests AS q WHERE q.order_id = s.order_id AND q.status = 'requested')
              AND NOT EXISTS (SELECT FROM oms.invoice_queue AS q WHERE q.order_id = s.order_id)
    ), later AS (
        UPDATE oms.job_orders AS q
        SET since = CASE WHEN s.last_at > v_before THEN s.last_at ELSE v_before + interval '1 day' END
        FROM seen AS s
        WHERE q.job = 'archive_events' AND q.order_id = s.order_id AND s.order_id NOT IN (SELECT r.order_id FROM ready AS r)
    )
    SELECT coalesce(array_agg(r.order_id), '{}') INTO v_ready FROM ready AS r;

    DELETE FROM oms.job_orders AS q
    WHERE q.job = 'archive_events' AND q.order_id = ANY (order_ids)
          AND (q.order_id = ANY (v_ready) OR NOT EXISTS (SELECT FROM oms.events AS e WHERE e.order_id = q.order_id));
    RETURN oms_internal.archive_orders(v_ready);
END
$$;
COMMENT ON FUNCTION oms_internal.archive_ended_orders(bigint[], integer)
    IS 'Archive those of some locked orders that have ended so many days ago, and whose events all jobs and consumers have read; returns how many events were moved';

CREATE OR REPLACE FUNCTION oms_internal.job_archive_events(batch_rows integer, settings jsonb, after text)
    RETURNS oms_internal.job_step
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
DECLARE
    v_days CONSTANT integer := oms_internal.job_setting(settings, 'after_days');
    v_months CONSTANT integer := oms_internal.job_setting(settings, 'drop_after_months');
    v_dropped text;
    v_read record;
    v_slowest record;
    v_due bigint[];
    v_locked bigint[];
    v_moved bigint;
BEGIN
    v_dropped := oms_internal.drop_archive_partition(
        (date_trunc('month', oms.now() AT TIME ZONE 'UTC') - make_interval(months => v_months))::date);
    IF v_dropped IS NOT NULL THEN
        RETURN ROW(0, true, 'dropped ' || v_dropped)::oms_internal.job_step;
    ELSIF v_days IS NULL THEN
        RETURN ROW(0, false, 'no after_days')::oms_internal.job_step;
    END IF;

    SELECT * INTO v_read FROM oms_internal.queue_orders('archive_events', '{completed, cancelled}', batch_rows * 10);
    v_due := ARRAY(SELECT q.order_id FROM oms.job_orders AS q
                   WHERE q.job = 'archive_events' AND q.since <= oms.now() - make_interval(days => v_days)
                   ORDER BY q.since, q.order_id LIMIT batch_rows);
    v_locked := oms_internal.lock_free_orders(v_due);
    v_moved := oms_internal.archive_ended_orders(v_locked, v_days);
    SELECT * INTO v_slowest FROM oms_internal.slowest_reader();
    RETURN ROW(v_moved, v_read.more OR cardinality(v_due) = batch_rows AND cardinality(v_locked) > 0,
               concat_ws(', ', v_read.mark, 'order ' || v_due[cardinality(v_due)],
                         format('%s has read up to %s.%s', v_slowest.name, v_slowest.transaction_id,
                                v_slowest.event_id)))::oms_internal.job_step;
END
$$;
COMMENT ON FUNCTION oms_internal.job_archive_events(integer, jsonb, text)
    IS 'Job: move events of orders that have ended after_days ago or longer to the archive, and drop what ended drop_after_months ago';
