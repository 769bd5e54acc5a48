/* sql/code/01-store.sql: installing and upgrading the store, and the clock */

CREATE OR REPLACE FUNCTION oms.install() RETURNS text
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_install';
COMMENT ON FUNCTION oms.install() IS 'Create the tables, indexes, triggers and views of the store in this database; returns its version';
REVOKE ALL ON FUNCTION oms.install() FROM PUBLIC;

CREATE OR REPLACE FUNCTION oms.upgrade() RETURNS text
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_upgrade';
COMMENT ON FUNCTION oms.upgrade() IS 'Bring the store to the version of the extension, after ALTER EXTENSION oms UPDATE; returns that version';
REVOKE ALL ON FUNCTION oms.upgrade() FROM PUBLIC;

CREATE OR REPLACE FUNCTION oms.version() RETURNS text
    LANGUAGE C STABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_version';
COMMENT ON FUNCTION oms.version() IS 'Version of the extension in this database; the store''s own is in table oms.store';

CREATE OR REPLACE FUNCTION oms.now() RETURNS timestamptz
    LANGUAGE C STABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_now';
COMMENT ON FUNCTION oms.now() IS 'The present: start of the transaction, or the setting oms.now in tests';
