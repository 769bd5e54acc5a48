/* sql/code/13-document.sql: the check of JSON documents for functions in PL/pgSQL */

CREATE OR REPLACE FUNCTION oms_internal.check_document(document jsonb, kind text) RETURNS jsonb
    AS 'MODULE_PATHNAME', 'oms_check_document' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION oms_internal.check_document(jsonb, text) IS 'Returns the document, or raises OM007 with all its faults; kinds are channel, order, payment and so on';
