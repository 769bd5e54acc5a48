/* sql/code/29-transition.sql: triggers that keep every status on its rails */

CREATE OR REPLACE FUNCTION oms_internal.guard_transition() RETURNS trigger
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_guard_transition';
COMMENT ON FUNCTION oms_internal.guard_transition() IS 'Row trigger: refuses a step that the status machine does not have and stamps status_at';

CREATE OR REPLACE FUNCTION oms_internal.record_transition() RETURNS trigger
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_record_transition';
COMMENT ON FUNCTION oms_internal.record_transition() IS 'Row trigger: appends the event of a step and does what follows from it';

CREATE OR REPLACE FUNCTION oms_internal.refuse_write() RETURNS trigger
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_refuse_write';
COMMENT ON FUNCTION oms_internal.refuse_write() IS 'Statement trigger: keeps all but the extension''s functions from writing a table; its argument is the hint';
