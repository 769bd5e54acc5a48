/*
 * sql/code/70-feed.sql: following the events
 *
 * Ids are not in the order of commits, so the cursor is the transaction's id
 * and then the event's, and nobody reads beyond the oldest transaction that
 * runs: below it nothing can appear any more.
 */

CREATE TYPE oms.event AS (
    cursor text,
    event_id bigint,
    type text,
    order_id bigint,
    sequence integer,
    subject_no integer,
    key text,
    data jsonb,
    occurred_at timestamptz
);
COMMENT ON TYPE oms.event IS 'A fact, as consumers read it: of an order by order_id, sequence and subject_no, of all else by key; cursor is what oms.acknowledge() takes';

CREATE OR REPLACE FUNCTION oms_internal.unread_events(transaction_id xid8, event_id bigint, max integer) RETURNS SETOF oms.event
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE ROWS 500
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    v_horizon CONSTANT xid8 := pg_snapshot_xmin(pg_current_snapshot());
BEGIN
    RETURN QUERY
    SELECT e.transaction_id || '/' || e.event_id, e.event_id, e.type, e.order_id, e.sequence, e.subject_no, e.key, e.data, e.occurred_at
    FROM ((SELECT o.transaction_id, o.event_id, o.type, o.order_id, o.sequence, o.subject_no, NULL::text AS key, o.data, o.occurred_at
           FROM oms.events AS o
           WHERE (o.transaction_id, o.event_id) > ($1, $2) AND o.transaction_id < v_horizon
           ORDER BY o.transaction_id, o.event_id
           LIMIT $3)
          UNION ALL
          (SELECT s.transaction_id, s.event_id, s.type, NULL, NULL, NULL, s.key, s.data, s.occurred_at
           FROM oms.subject_events AS s
           WHERE (s.transaction_id, s.event_id) > ($1, $2) AND s.transaction_id < v_horizon
           ORDER BY s.transaction_id, s.event_id
           LIMIT $3)) AS e
    ORDER BY e.transaction_id, e.event_id
    LIMIT $3;
END
$$;
COMMENT ON FUNCTION oms_internal.unread_events(xid8, bigint, integer) IS 'The next events behind a cursor, as far as nothing can appear before them any more';

/*
 * In a restored dump events have ids of transactions of another cluster. Where
 * these are ahead of ours, readers would wait for them, and miss ours.
 */
CREATE OR REPLACE FUNCTION oms_internal.require_own_events() RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_last CONSTANT xid8 := greatest((SELECT max(e.transaction_id) FROM oms.events AS e),
                                     (SELECT max(e.transaction_id) FROM oms.subject_events AS e));
BEGIN
    IF v_last >= pg_snapshot_xmax(pg_current_snapshot()) AND v_last IS DISTINCT FROM pg_current_xact_id_if_assigned() THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = 'events are of another cluster',
            DETAIL = format('The last one is of transaction %s, which is yet to come here.', v_last),
            HINT = 'Run "SELECT oms.adopt_events()" after a dump was restored.';
    END IF;
END
$$;
COMMENT ON FUNCTION oms_internal.require_own_events() IS 'Raise 55000 if events are of transactions of another cluster';

CREATE OR REPLACE FUNCTION oms.events_since(consumer text, max integer DEFAULT 1000) RETURNS SETOF oms.event
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 100
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_transaction_id xid8 := '0';
    v_event_id bigint := 0;
BEGIN
    IF coalesce(char_length(consumer), 0) NOT BETWEEN 1 AND 100 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'a consumer must have a name of up to 100 characters';
    ELSIF max IS NULL OR max NOT BETWEEN 1 AND 100000 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('max must be from 1 to 100000, not %s', coalesce(max::text, 'null'));
    END IF;
    PERFORM oms_internal.require_own_events();
    SELECT c.transaction_id, c.event_id INTO v_transaction_id, v_event_id FROM oms.consumers AS c WHERE c.name = consumer;
    RETURN QUERY SELECT e.* FROM oms_internal.unread_events(coalesce(v_transaction_id, '0'), coalesce(v_event_id, 0), max) AS e;
END
$$;
COMMENT ON FUNCTION oms.events_since(text, integer) IS 'The next events that a consumer has not acknowledged, in the order in which they are read; who has acknowledged none begins with the first';

/* Who is ahead of what can be read would miss all up to there, and seem to be behind nothing. */
CREATE OR REPLACE FUNCTION oms_internal.check_consumer() RETURNS trigger
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NEW.transaction_id >= pg_snapshot_xmin(pg_current_snapshot()) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('event %s/%s cannot be acknowledged', NEW.transaction_id, NEW.event_id),
            DETAIL = 'It cannot be read yet.',
            HINT = 'Acknowledge the cursor of an event that oms.events_since() has returned.';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION oms_internal.check_consumer() IS 'Row trigger: raises 22023 if a consumer would be ahead of what can be read';

/*
 * A cursor that is not behind the last one is what a repeated call gives, so
 * it is no error.
 */
CREATE OR REPLACE FUNCTION oms_internal.acknowledge(consumer text, transaction_id xid8, event_id bigint) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF coalesce(char_length(consumer), 0) NOT BETWEEN 1 AND 100 THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'a consumer must have a name of up to 100 characters';
    END IF;
    INSERT INTO oms.consumers AS c (name, transaction_id, event_id)
    VALUES (consumer, acknowledge.transaction_id, acknowledge.event_id)
    ON CONFLICT (name) DO UPDATE
    SET transaction_id = excluded.transaction_id, event_id = excluded.event_id, acknowledged_at = excluded.acknowledged_at
    WHERE (c.transaction_id, c.event_id) < (excluded.transaction_id, excluded.event_id);
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION oms_internal.acknowledge(text, xid8, bigint) IS 'Note how far a consumer is, if it is farther than before; returns whether it is';

CREATE OR REPLACE FUNCTION oms.acknowledge(consumer text, up_to text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF up_to IS NULL OR up_to !~ '^[0-9]{1,19}/[0-9]{1,18}$' THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('"%s" is no cursor of an event', coalesce(up_to, 'null')),
            HINT = 'Give the cursor of the last event that was worked on, as oms.events_since() has returned it.';
    END IF;
    RETURN oms_internal.acknowledge(consumer, split_part(up_to, '/', 1)::xid8, split_part(up_to, '/', 2)::bigint);
END
$$;
COMMENT ON FUNCTION oms.acknowledge(text, text) IS 'Say that a consumer has worked on all events up to a cursor, so that it reads on behind it; returns whether it is farther than before';

CREATE OR REPLACE FUNCTION oms.acknowledge(consumer text, up_to bigint) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_cursor CONSTANT text := (SELECT e.cursor FROM oms.events_since(consumer, 100000) AS e WHERE e.event_id = up_to);
BEGIN
    RETURN v_cursor IS NOT NULL AND oms.acknowledge(consumer, v_cursor);
END
$$;
COMMENT ON FUNCTION oms.acknowledge(text, bigint) IS 'The same by the id of an event that the consumer can read';

CREATE OR REPLACE FUNCTION oms.drop_consumer(consumer text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM oms.consumers AS c WHERE c.name = consumer;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION oms.drop_consumer(text) IS 'Forget a consumer, for which events are kept from the archive; returns whether there was one';

/*
 * All events that there are come before all that follow, in the order of their
 * ids. A consumer goes on with the first that it has not read, and gets those
 * again that it had read beyond it: their order was another.
 */
CREATE OR REPLACE FUNCTION oms_internal.adopt_events() RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_count bigint;
    v_more bigint;
BEGIN
    LOCK TABLE oms.events, oms.subject_events, oms.consumers IN SHARE ROW EXCLUSIVE MODE;
    UPDATE oms.consumers AS c
    SET transaction_id = '0',
        event_id = coalesce(
            least((SELECT min(e.event_id) FROM oms.events AS e WHERE (e.transaction_id, e.event_id) > (c.transaction_id, c.event_id)),
                  (SELECT min(e.event_id) FROM oms.subject_events AS e WHERE (e.transaction_id, e.event_id) > (c.transaction_id, c.event_id))) - 1,
            greatest((SELECT max(e.event_id) FROM oms.events AS e), (SELECT max(e.event_id) FROM oms.subject_events AS e)), 0);
    UPDATE oms.events AS e SET transaction_id = '0' WHERE e.transaction_id <> '0';
    GET DIAGNOSTICS v_count = ROW_COUNT;
    UPDATE oms.subject_events AS e SET transaction_id = '0' WHERE e.transaction_id <> '0';
    GET DIAGNOSTICS v_more = ROW_COUNT;
    RETURN v_count + v_more;
END
$$;
COMMENT ON FUNCTION oms_internal.adopt_events() IS 'What oms.adopt_events() does, once per reference';

CREATE OR REPLACE FUNCTION oms.adopt_events(reference text DEFAULT NULL) RETURNS bigint
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_adopt_events';
COMMENT ON FUNCTION oms.adopt_events(text) IS 'Make the events of a restored dump readable where transactions have other ids; consumers go on where they were. Returns how many events that were';
REVOKE ALL ON FUNCTION oms.adopt_events(text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION oms_internal.job_wake_consumers(batch_rows integer, settings jsonb, after text) RETURNS oms_internal.job_step
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_behind CONSTANT text[] := ARRAY(
        SELECT c.name
        FROM (SELECT * FROM oms.consumers AS c WHERE c.name > coalesce(after, '') ORDER BY c.name LIMIT batch_rows) AS c
        WHERE EXISTS (SELECT FROM oms_internal.unread_events(c.transaction_id, c.event_id, 1))
        ORDER BY c.name);
    v_last CONSTANT text := (SELECT max(c.name)
                             FROM (SELECT c.name FROM oms.consumers AS c WHERE c.name > coalesce(after, '') ORDER BY c.name LIMIT batch_rows) AS c);
BEGIN
    PERFORM pg_notify('oms_events', b.name) FROM unnest(v_behind) AS b(name);
    RETURN ROW(cardinality(v_behind), EXISTS (SELECT FROM oms.consumers AS c WHERE c.name > v_last), v_last)::oms_internal.job_step;
END
$$;
COMMENT ON FUNCTION oms_internal.job_wake_consumers(integer, jsonb, text) IS 'Job: notify channel oms_events, with the names of consumers that have something to read';
