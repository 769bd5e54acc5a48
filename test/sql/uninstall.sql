-- orders never go silently; what is dropped comes back empty
SET client_min_messages = warning;
\set VERBOSITY terse

DROP EXTENSION oms;
\echo :LAST_ERROR_SQLSTATE
SELECT version = oms.version() AS still_here FROM oms.store;

DROP EXTENSION oms CASCADE;
SELECT nspname FROM pg_namespace WHERE nspname LIKE 'oms%';
SELECT proname FROM pg_proc WHERE probin LIKE '%/oms';

CREATE EXTENSION oms;
SELECT oms.install() = oms.version() AS installed;
DROP EXTENSION oms CASCADE;

-- and in schemas of other names
DROP EXTENSION postgis;
DROP EXTENSION ltree;
CREATE SCHEMA "Geo graphy";
CREATE SCHEMA "order";
CREATE EXTENSION postgis SCHEMA "Geo graphy";
CREATE EXTENSION ltree SCHEMA "order";
CREATE EXTENSION oms;
SELECT oms.install() = oms.version() AS installed;
DROP EXTENSION oms CASCADE;
DROP SCHEMA "Geo graphy" CASCADE;
DROP SCHEMA "order" CASCADE;
