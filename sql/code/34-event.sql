/* sql/code/34-event.sql: what happened, to orders and to what is not of an order */

CREATE OR REPLACE FUNCTION oms_internal.record_events(subject text, keys text[], facts text[], data jsonb[]) RETURNS void
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO oms.subject_events (subject, key, type, data)
    SELECT $1, e.key, $1 || '.' || e.fact, nullif(jsonb_strip_nulls(e.data), '{}')
    FROM unnest($2, $3, $4) WITH ORDINALITY AS e(key, fact, data, n)
    ORDER BY e.n
$$;
COMMENT ON FUNCTION oms_internal.record_events(text, text[], text[], jsonb[])
    IS 'Append facts about purchase orders, alerts or the like, one for each key; keys of data without a value are left out';

CREATE OR REPLACE FUNCTION oms_internal.record_event(subject text, key text, fact text, data jsonb DEFAULT NULL) RETURNS void
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT oms_internal.record_events($1, ARRAY[$2], ARRAY[$3], ARRAY[$4])
$$;
COMMENT ON FUNCTION oms_internal.record_event(text, text, text, jsonb) IS 'Append a fact about a purchase order, an alert or the like';

CREATE OR REPLACE FUNCTION oms_internal.system_id() RETURNS bigint
    LANGUAGE C STABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_system_id';
COMMENT ON FUNCTION oms_internal.system_id() IS 'Identifier of the cluster, whose transactions the cursors of events are of';
