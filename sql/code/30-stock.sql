/* sql/code/30-stock.sql: stock levels, movements and reservations */

CREATE OR REPLACE FUNCTION oms_internal.explain_level() RETURNS trigger
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_explain_level';
COMMENT ON FUNCTION oms_internal.explain_level() IS 'Row trigger: records the movement that explains stock written by hand, and refuses to let reserved be written so';
