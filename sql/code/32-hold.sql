/* sql/code/32-hold.sql: stopping orders and letting them go on */

CREATE OR REPLACE FUNCTION oms.hold_order(order_id bigint, kind text, note text DEFAULT NULL, reference text DEFAULT NULL)
    RETURNS oms.order_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_hold_order';
COMMENT ON FUNCTION oms.hold_order(bigint, text, text, text)
    IS 'Stop an order of which nothing has left; one open hold of a kind. Returns the order''s status';

CREATE OR REPLACE FUNCTION oms.release_hold(order_id bigint, kind text, reference text DEFAULT NULL)
    RETURNS oms.order_status
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_release_hold';
COMMENT ON FUNCTION oms.release_hold(bigint, text, text)
    IS 'End the hold of a kind; the order goes on when it was the last. Returns the order''s status';

CREATE OR REPLACE FUNCTION oms_internal.record_hold() RETURNS trigger
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_record_hold';
COMMENT ON FUNCTION oms_internal.record_hold() IS 'Row trigger: checks a hold that is written by hand, appends its event and lets the order follow';
