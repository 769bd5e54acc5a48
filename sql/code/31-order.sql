/* sql/code/31-order.sql: orders, their lines and holds */

CREATE OR REPLACE FUNCTION oms_internal.line_total(unit_price numeric, quantity oms.quantity, cancelled oms.quantity,
                                                   discount oms.amount, tax oms.amount) RETURNS oms.amount
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_line_total';
COMMENT ON FUNCTION oms_internal.line_total(numeric, oms.quantity, oms.quantity, oms.amount, oms.amount)
    IS 'What is charged for a line: price of what is not cancelled, less discount and plus tax in proportion to it';

CREATE OR REPLACE FUNCTION oms_internal.line_counters_hold(quantity oms.quantity, cancelled oms.quantity,
                                                           allocated oms.quantity, backordered oms.quantity,
                                                           shipped oms.quantity, delivered oms.quantity,
                                                           returned oms.quantity) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_line_counters_hold';
COMMENT ON FUNCTION oms_internal.line_counters_hold(oms.quantity, oms.quantity, oms.quantity, oms.quantity, oms.quantity, oms.quantity, oms.quantity)
    IS 'True if 0 <= returned <= delivered <= shipped <= allocated + backordered <= quantity - cancelled and no counter is negative';
