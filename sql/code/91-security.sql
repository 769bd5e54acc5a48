/* sql/code/91-security.sql: letting roles in, and out again */

/*
 * Functions run with the rights of who calls them, so an application needs the
 * rights to write the tables; the tables' own triggers and constraints keep
 * what is written right. Who follows the events needs to write but its cursor.
 */
CREATE OR REPLACE FUNCTION oms.grant_access(role_name text, access text DEFAULT 'application') RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    privileges text := CASE access WHEN 'reader' THEN 'SELECT'
                                   WHEN 'consumer' THEN 'SELECT'
                                   WHEN 'application' THEN 'SELECT, INSERT, UPDATE, DELETE' END;
BEGIN
    IF privileges IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('access "%s" does not exist', access),
            HINT = 'Access is reader, who sees everything, consumer, who also acknowledges events, or application, who also calls what changes something.';
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA oms, oms_internal, oms_report TO %I', role_name);
    EXECUTE format('GRANT %s ON ALL TABLES IN SCHEMA oms TO %I', privileges, role_name);
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA oms_report TO %I', role_name);
    IF access <> 'application' THEN
        EXECUTE format('REVOKE SELECT ON oms.stored_value_accounts FROM %I', role_name);
        EXECUTE format('GRANT SELECT (%s) ON oms.stored_value_accounts TO %I',
                       (SELECT string_agg(format('%I', a.attname), ', ')
                        FROM pg_attribute a
                        WHERE a.attrelid = 'oms.stored_value_accounts'::regclass AND a.attnum > 0
                              AND NOT a.attisdropped AND a.attname <> 'code'), role_name);
    END IF;
    IF access = 'consumer' THEN
        EXECUTE format('GRANT INSERT, UPDATE ON oms.consumers TO %I', role_name);
    ELSIF access = 'application' THEN
        EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON oms.store, oms.jobs, oms.alert_watches FROM %I', role_name);
        EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA oms TO %I', role_name);
    END IF;
END
$$;
COMMENT ON FUNCTION oms.grant_access(text, text) IS 'Let a role read the store (reader), acknowledge events as well (consumer), or use it through the functions (application); run it again after oms.upgrade()';
REVOKE ALL ON FUNCTION oms.grant_access(text, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION oms.revoke_access(role_name text) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA oms, oms_report FROM %I', role_name);
    EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA oms FROM %I', role_name);
    EXECUTE format('REVOKE ALL ON SCHEMA oms, oms_internal, oms_report FROM %I', role_name);
END
$$;
COMMENT ON FUNCTION oms.revoke_access(text) IS 'Take back what oms.grant_access() gave a role';
REVOKE ALL ON FUNCTION oms.revoke_access(text) FROM PUBLIC;
