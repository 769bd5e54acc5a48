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

CREATE OR REPLACE FUNCTION oms_internal.written_by_hand() RETURNS boolean
    LANGUAGE C STABLE PARALLEL RESTRICTED
    AS 'MODULE_PATHNAME', 'oms_written_by_hand';
COMMENT ON FUNCTION oms_internal.written_by_hand() IS 'Condition of triggers: true unless the extension itself writes the row';

CREATE OR REPLACE FUNCTION oms_internal.refuse_change() RETURNS trigger
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_refuse_change';
COMMENT ON FUNCTION oms_internal.refuse_change() IS 'Row trigger: refuses the row; its arguments are what is not to be written, and the hint';

CREATE OR REPLACE FUNCTION oms_internal.require_sums() RETURNS trigger
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
DECLARE
    v_order_id CONSTANT bigint := CASE TG_OP WHEN 'DELETE' THEN OLD.order_id ELSE NEW.order_id END;
    v_order record;
    v_spread boolean := TG_TABLE_NAME <> 'order_adjustments';
BEGIN
    SELECT o.lines_total, o.discount, l.total AS lines, coalesce(d.total, o.discount - o.discount) AS discounts
    INTO v_order
    FROM oms.orders o,
         LATERAL (SELECT coalesce(sum(x.total), o.total - o.total) AS total
                  FROM oms.order_lines x WHERE x.order_id = o.order_id) AS l,
         LATERAL (SELECT sum(x.amount) AS total FROM oms.order_adjustments x WHERE x.order_id = o.order_id) AS d
    WHERE o.order_id = v_order_id
          AND (l.total <> o.lines_total OR o.discount > coalesce(d.total, o.discount - o.discount) OR sign(o.discount) < 0);
    IF FOUND THEN
        RAISE EXCEPTION USING
            ERRCODE = 'check_violation',
            MESSAGE = format('order %s does not add up', v_order_id),
            DETAIL = format('Its lines are %s, of which it has %s, and its discounts %s, of which it has %s.',
                            v_order.lines, v_order.lines_total, v_order.discounts, v_order.discount),
            HINT = 'Change orders with oms.edit_order().';
    END IF;
    IF TG_TABLE_NAME = 'order_lines' AND TG_OP = 'UPDATE' THEN
        v_spread := (NEW.total, NEW.order_discount) IS DISTINCT FROM (OLD.total, OLD.order_discount);
    END IF;
    IF v_spread THEN
        PERFORM oms_internal.spread_discount(v_order_id);
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION oms_internal.require_sums() IS 'Row trigger at the end of the transaction: an order whose rows were written by hand adds up, and its lines bear its discount';

CREATE OR REPLACE FUNCTION oms_internal.record_correction() RETURNS trigger
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_record_correction';
COMMENT ON FUNCTION oms_internal.record_correction() IS 'Row trigger: appends the event of what was changed by hand';

CREATE OR REPLACE FUNCTION oms_internal.await_writers() RETURNS trigger
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_await_writers';
COMMENT ON FUNCTION oms_internal.await_writers() IS 'Trigger: waits for those who have read reference data that is about to go, before they have written what refers to it';

CREATE OR REPLACE FUNCTION oms_internal.tell_change() RETURNS trigger
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_tell_change';
COMMENT ON FUNCTION oms_internal.tell_change() IS 'Trigger: has all sessions read again what they keep of a table, once the transaction commits';
