-- Consumers that read what has happened since they read last, in portions of
-- random size, and what one of them shows.
-- search_path is oms, public.
\i test/event/documented.sql

-- what was read, in the order in which it was
CREATE TEMPORARY TABLE read (consumer text, n bigserial, event oms.event, shown boolean NOT NULL DEFAULT false);

-- a consumer reads on; it waits until all that was committed can be read, as
-- when statistics are gathered meanwhile
CREATE PROCEDURE public.read_on(consumer text DEFAULT 'reader', most integer DEFAULT 5) LANGUAGE plpgsql AS $$
DECLARE
    v_last text;
BEGIN
    FOR i IN 1 .. 1000 LOOP
        EXIT WHEN NOT EXISTS (SELECT FROM oms.events WHERE transaction_id >= pg_snapshot_xmin(pg_current_snapshot()))
                  AND NOT EXISTS (SELECT FROM oms.subject_events WHERE transaction_id >= pg_snapshot_xmin(pg_current_snapshot()));
        PERFORM pg_sleep(0.01);
    END LOOP;
    LOOP
        v_last := NULL;
        WITH portion AS (INSERT INTO read (consumer, event)
                         SELECT read_on.consumer, e FROM oms.events_since(read_on.consumer, 1 + floor(random() * most)::integer) AS e RETURNING n, (event).cursor)
        SELECT p.cursor INTO v_last FROM portion AS p ORDER BY n DESC LIMIT 1;
        EXIT WHEN v_last IS NULL;
        PERFORM oms.acknowledge(read_on.consumer, v_last);
        COMMIT;
    END LOOP;
END
$$;

-- what was read and is not shown yet, of orders and of other subjects
CREATE FUNCTION public.news() RETURNS TABLE (order_id bigint, sequence integer, type text, subject_no integer, data jsonb) LANGUAGE sql AS $$
    WITH n AS (UPDATE read SET shown = true WHERE NOT shown AND (event).order_id IS NOT NULL RETURNING n, event)
    SELECT (event).order_id, (event).sequence, (event).type, (event).subject_no, (event).data FROM n ORDER BY n
$$;
CREATE FUNCTION public.other_news() RETURNS TABLE (key text, type text, data jsonb) LANGUAGE sql AS $$
    WITH n AS (UPDATE read SET shown = true WHERE NOT shown AND (event).key IS NOT NULL RETURNING n, event)
    SELECT (event).key, (event).type, (event).data FROM n ORDER BY n
$$;

-- what the page and the events that were read don't agree about, for the types
-- of families: none of a type, a type or key that is not listed, a listed key
-- that none of the types of a line has
CREATE FUNCTION public.disagreements(VARIADIC families text[] DEFAULT NULL) RETURNS TABLE (type text, what text) LANGUAGE sql AS $$
    WITH seen AS (SELECT (event).type, (event).data, (event).order_id, (event).subject_no FROM read),
    listed AS (SELECT * FROM documented WHERE families IS NULL OR family = ANY (families))
    SELECT l.type, 'did not occur' FROM listed AS l WHERE l.type NOT IN (SELECT s.type FROM seen AS s)
    UNION
    SELECT s.type, 'is not listed' FROM seen AS s WHERE s.type NOT IN (SELECT d.type FROM documented AS d)
    UNION
    SELECT s.type, 'has data' FROM seen AS s JOIN listed AS l USING (type) WHERE l.bare AND s.data IS NOT NULL
    UNION
    SELECT s.type, 'has data that is no object, or empty' FROM seen AS s WHERE jsonb_typeof(s.data) <> 'object' OR s.data = '{}'
    UNION
    SELECT s.type, 'has a key without a value' FROM seen AS s JOIN listed AS l USING (type)
    WHERE cardinality(l.keys) > 0 AND jsonb_path_exists(s.data, '$.* ? (@ == null)')
    UNION
    SELECT s.type, 'has a subject, or none' FROM seen AS s JOIN listed AS l USING (type)
    WHERE s.order_id IS NOT NULL AND (s.subject_no IS NOT NULL) <> l.of_subject
    UNION
    SELECT s.type, format('has lines with the key %s', k #>> '{}')
    FROM seen AS s JOIN listed AS l USING (type), jsonb_path_query(s.data, '$.lines[*].keyvalue().key') AS k
    WHERE 'lines' = ANY (l.keys) AND k #>> '{}' <> ALL (l.keys)
    UNION
    SELECT s.type, format('has the key %s', k) FROM seen AS s JOIN listed AS l USING (type), jsonb_object_keys(s.data) AS k
    WHERE cardinality(l.keys) > 0 AND k <> ALL (l.keys)
    UNION
    SELECT min(l.type), format('nothing has the key %s', k)
    FROM listed AS l, unnest(l.keys) AS k
    GROUP BY l.line, k
    HAVING NOT bool_or(EXISTS (SELECT FROM seen AS s WHERE s.type = l.type AND jsonb_path_exists(s.data, format('$.**.%s', k)::jsonpath)))
    ORDER BY 1, 2
$$;
