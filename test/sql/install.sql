-- what everyone does first, and what happens to who does it otherwise
SET client_min_messages = warning;
\set VERBOSITY default

CREATE EXTENSION oms CASCADE;

-- nothing is an ordinary object yet
SELECT count(*) FROM pg_class WHERE relnamespace = 'oms'::regnamespace AND relkind = 'r';

SELECT oms.upgrade();
\echo :LAST_ERROR_SQLSTATE
SELECT oms.capture(1, 1);
\echo :LAST_ERROR_SQLSTATE
\set SHOW_CONTEXT never
SELECT oms.put_channel('{"code": "web", "name": "Web", "currency": "EUR"}');
\echo :LAST_ERROR_SQLSTATE

-- only the extension's owner, even if someone granted more
DROP ROLE IF EXISTS regress_oms_joe;
CREATE ROLE regress_oms_joe;
GRANT USAGE ON SCHEMA oms TO regress_oms_joe;
SET ROLE regress_oms_joe;
SELECT oms.install();
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
GRANT EXECUTE ON FUNCTION oms.install(), oms.upgrade() TO regress_oms_joe;
SET ROLE regress_oms_joe;
SELECT oms.version() IS NOT NULL AS version;
\set VERBOSITY terse
SELECT oms.install();
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
\set VERBOSITY default

-- all or nothing
BEGIN;
SELECT oms.install() = oms.version() AS installed;
SELECT to_regclass('oms.store');
ROLLBACK;
SELECT to_regclass('oms.store');

-- the caller's settings change nothing
CREATE SCHEMA regress_oms_trap;
CREATE FUNCTION regress_oms_trap.nextval(regclass) RETURNS bigint
    LANGUAGE sql AS 'SELECT 666';
SET search_path = regress_oms_trap, pg_catalog;
SET standard_conforming_strings = off;
SELECT oms.install() = oms.version() AS installed;
SHOW search_path;
RESET search_path;
RESET standard_conforming_strings;
SELECT count(*) FROM pg_depend WHERE refobjid = 'regress_oms_trap.nextval'::regproc;
DROP SCHEMA regress_oms_trap CASCADE;

SELECT version = oms.version() AS current, installed_at <= now() AS installed, upgraded_at
FROM oms.store;

-- ordinary objects: none is a member, all belong to the extension's owner
SELECT c.oid::regclass
FROM pg_class c JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
WHERE d.deptype = 'e' AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'oms')
      AND c.relkind NOT IN ('c', 'v');
SELECT c.oid::regclass
FROM pg_class c, pg_extension e
WHERE e.extname = 'oms' AND c.relowner <> e.extowner
      AND c.relnamespace IN ('oms'::regnamespace, 'oms_report'::regnamespace, 'oms_internal'::regnamespace);

SELECT oms.install();
\echo :LAST_ERROR_SQLSTATE
SELECT oms.upgrade() = oms.version() AS current;
\set VERBOSITY terse
SET ROLE regress_oms_joe;
SELECT oms.upgrade();
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
INSERT INTO oms.store (singleton, version) VALUES (true, '0');
INSERT INTO oms.store (singleton, version) VALUES (false, '0');

-- a version that no script leads from
BEGIN;
UPDATE oms.store SET version = '0.0.0';
\set VERBOSITY default
SELECT oms.upgrade();
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;

-- the clock
SELECT oms.now() = now() AS present;
SET oms.now = '2026-11-02 10:15:00+00';
SET TimeZone = 'UTC';
SELECT oms.now();
SET oms.now = 'now';
SET oms.now = 'infinity';
SET oms.now = 'soon';
\echo :LAST_ERROR_SQLSTATE
SHOW oms.now;
-- parallel workers take it over
SET oms.now = '2026-11-02T10:15:00Z';
SET min_parallel_table_scan_size = 0;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SELECT count(*) > 0 AS some, max(oms.now()) FROM pg_proc;
RESET min_parallel_table_scan_size;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
SET oms.now = '';
SELECT oms.now() = now() AS present;
SET ROLE regress_oms_joe;
SET oms.now = '2026-11-02 10:15:00+00';
\echo :LAST_ERROR_SQLSTATE
RESET ROLE;
SET oms.noww = 'x';

REVOKE ALL ON FUNCTION oms.install(), oms.upgrade() FROM regress_oms_joe;
REVOKE USAGE ON SCHEMA oms FROM regress_oms_joe;
DROP ROLE regress_oms_joe;
