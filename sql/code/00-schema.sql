\echo Use "CREATE EXTENSION oms CASCADE" to load this file. \quit

/* sql/code/00-schema.sql: the three schemas, by audience */

CREATE SCHEMA oms;
COMMENT ON SCHEMA oms IS 'Order management: tables, types and the functions that applications call';

CREATE SCHEMA oms_report;
COMMENT ON SCHEMA oms_report IS 'Views for reporting tools; plain types only';

CREATE SCHEMA oms_internal;
COMMENT ON SCHEMA oms_internal IS 'Triggers and helpers of the extension; nothing here is an interface';
