/* sql/code/13-document.sql: the check of JSON documents for functions in PL/pgSQL */

CREATE OR REPLACE FUNCTION oms_internal.check_document(document jsonb, kind text) RETURNS jsonb
    AS 'MODULE_PATHNAME', 'oms_check_document' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION oms_internal.check_document(jsonb, text) IS 'Returns the document, or raises OM007 with all its faults; kinds are channel, order, payment and so on';

CREATE OR REPLACE FUNCTION oms_internal.document_keys(
    document_kind text,
    OUT path text, OUT kind text, OUT required boolean, OUT nullable boolean, OUT bounds text
) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'oms_document_keys' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 30;
COMMENT ON FUNCTION oms_internal.document_keys(text) IS 'The keys of a kind of document; [] stands for each element of an array, * for each key of a map';
