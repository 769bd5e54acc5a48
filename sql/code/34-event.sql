/* sql/code/34-event.sql: facts about what is not of an order */

CREATE OR REPLACE FUNCTION oms_internal.record_event(subject text, key text, fact text, data jsonb DEFAULT NULL) RETURNS void
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO oms.subject_events (subject, key, type, data)
    VALUES ($1, $2, $1 || '.' || $3, nullif(jsonb_strip_nulls($4), '{}'))
$$;
COMMENT ON FUNCTION oms_internal.record_event(text, text, text, jsonb)
    IS 'Append a fact about a purchase order, an alert or the like; keys of data without a value are left out';
