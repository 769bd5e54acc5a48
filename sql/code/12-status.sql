/* sql/code/12-status.sql: six status types, one engine in C */

/*
 * The statements are the same for each type, so they are written once. Only
 * the input functions know the machine; all else reads it from the value.
 */
DO $do$
DECLARE
    machine text;
    type text;
    op record;
    c_label CONSTANT text := 'LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE';
BEGIN
    FOREACH machine IN ARRAY ARRAY['order', 'fulfillment', 'payment',
                                   'return', 'reservation', 'purchase_order']
    LOOP
        type := machine || '_status';

        -- text and binary form
        EXECUTE format($$
            CREATE TYPE oms.%1$s;
            CREATE FUNCTION oms_internal.%1$s_in(cstring) RETURNS oms.%1$s
                AS 'MODULE_PATHNAME', 'oms_%1$s_in' %2$s;
            CREATE FUNCTION oms_internal.%1$s_out(oms.%1$s) RETURNS cstring
                AS 'MODULE_PATHNAME', 'oms_status_out' %2$s;
            CREATE FUNCTION oms_internal.%1$s_recv(internal) RETURNS oms.%1$s
                AS 'MODULE_PATHNAME', 'oms_%1$s_recv' %2$s;
            CREATE FUNCTION oms_internal.%1$s_send(oms.%1$s) RETURNS bytea
                AS 'MODULE_PATHNAME', 'oms_status_send' %2$s;
            CREATE TYPE oms.%1$s (
                INPUT = oms_internal.%1$s_in, OUTPUT = oms_internal.%1$s_out,
                RECEIVE = oms_internal.%1$s_recv, SEND = oms_internal.%1$s_send,
                INTERNALLENGTH = 1, PASSEDBYVALUE, ALIGNMENT = char
            );
            COMMENT ON TYPE oms.%1$s IS 'State of the %3$s machine; sorts in lifecycle order, see oms.state_transitions';
            COMMENT ON FUNCTION oms_internal.%1$s_in(cstring) IS 'I/O';
            COMMENT ON FUNCTION oms_internal.%1$s_out(oms.%1$s) IS 'I/O';
            COMMENT ON FUNCTION oms_internal.%1$s_recv(internal) IS 'I/O';
            COMMENT ON FUNCTION oms_internal.%1$s_send(oms.%1$s) IS 'I/O'
            $$, type, c_label, replace(machine, '_', ' '));

        -- drivers send parameters as text
        EXECUTE format($$
            CREATE CAST (text AS oms.%1$s) WITH INOUT AS ASSIGNMENT;
            CREATE CAST (varchar AS oms.%1$s) WITH INOUT AS ASSIGNMENT
            $$, type);

        -- comparison
        FOR op IN
            SELECT *
            FROM (VALUES ('lt', '<', '>', '>=', 'scalarlt', 'is earlier in the lifecycle'),
                         ('le', '<=', '>=', '>', 'scalarle', 'is earlier in the lifecycle or the same'),
                         ('eq', '=', '=', '<>', 'eq', 'is the same state'),
                         ('ne', '<>', '<>', '=', 'neq', 'is another state'),
                         ('ge', '>=', '<=', '<', 'scalarge', 'is later in the lifecycle or the same'),
                         ('gt', '>', '<', '<=', 'scalargt', 'is later in the lifecycle')
                 ) AS o(name, sign, commutator, negator, selectivity, comment)
        LOOP
            EXECUTE format($$
                CREATE FUNCTION oms_internal.status_%2$s(oms.%1$s, oms.%1$s) RETURNS boolean
                    AS 'MODULE_PATHNAME', 'oms_status_%2$s' %3$s;
                COMMENT ON FUNCTION oms_internal.status_%2$s(oms.%1$s, oms.%1$s) IS 'Implementation of operator %4$s';
                CREATE OPERATOR oms.%4$s (
                    LEFTARG = oms.%1$s, RIGHTARG = oms.%1$s,
                    FUNCTION = oms_internal.status_%2$s,
                    COMMUTATOR = OPERATOR(oms.%5$s), NEGATOR = OPERATOR(oms.%6$s),
                    RESTRICT = %7$ssel, JOIN = %7$sjoinsel %8$s
                );
                COMMENT ON OPERATOR oms.%4$s (oms.%1$s, oms.%1$s) IS '%9$s'
                $$, type, op.name, c_label, op.sign, op.commutator, op.negator,
                op.selectivity,
                CASE op.name WHEN 'eq' THEN ', HASHES, MERGES' END, op.comment);
        END LOOP;

        -- btree and hash classes, min and max
        EXECUTE format($$
            CREATE FUNCTION oms_internal.status_cmp(oms.%1$s, oms.%1$s) RETURNS integer
                AS 'MODULE_PATHNAME', 'oms_status_cmp' %2$s;
            CREATE FUNCTION oms_internal.status_hash(oms.%1$s) RETURNS integer
                AS 'MODULE_PATHNAME', 'oms_status_hash' %2$s;
            CREATE FUNCTION oms_internal.status_hash_extended(oms.%1$s, bigint) RETURNS bigint
                AS 'MODULE_PATHNAME', 'oms_status_hash_extended' %2$s;
            CREATE OPERATOR CLASS oms.%1$s_ops DEFAULT FOR TYPE oms.%1$s USING btree AS
                OPERATOR 1 oms.<, OPERATOR 2 oms.<=, OPERATOR 3 oms.=,
                OPERATOR 4 oms.>=, OPERATOR 5 oms.>,
                FUNCTION 1 oms_internal.status_cmp(oms.%1$s, oms.%1$s),
                FUNCTION 4 btequalimage(oid);
            CREATE OPERATOR CLASS oms.%1$s_ops DEFAULT FOR TYPE oms.%1$s USING hash AS
                OPERATOR 1 oms.=,
                FUNCTION 1 oms_internal.status_hash(oms.%1$s),
                FUNCTION 2 oms_internal.status_hash_extended(oms.%1$s, bigint);
            CREATE FUNCTION oms_internal.status_larger(oms.%1$s, oms.%1$s) RETURNS oms.%1$s
                AS 'MODULE_PATHNAME', 'oms_status_larger' %2$s;
            CREATE FUNCTION oms_internal.status_smaller(oms.%1$s, oms.%1$s) RETURNS oms.%1$s
                AS 'MODULE_PATHNAME', 'oms_status_smaller' %2$s;
            CREATE AGGREGATE oms.max(oms.%1$s) (
                SFUNC = oms_internal.status_larger, STYPE = oms.%1$s,
                COMBINEFUNC = oms_internal.status_larger, SORTOP = OPERATOR(oms.>), PARALLEL = SAFE
            );
            CREATE AGGREGATE oms.min(oms.%1$s) (
                SFUNC = oms_internal.status_smaller, STYPE = oms.%1$s,
                COMBINEFUNC = oms_internal.status_smaller, SORTOP = OPERATOR(oms.<), PARALLEL = SAFE
            );
            COMMENT ON FUNCTION oms_internal.status_cmp(oms.%1$s, oms.%1$s) IS 'Comparison for the btree class';
            COMMENT ON FUNCTION oms_internal.status_hash(oms.%1$s) IS 'Hash for the hash class';
            COMMENT ON FUNCTION oms_internal.status_hash_extended(oms.%1$s, bigint) IS 'Seeded hash for the hash class';
            COMMENT ON FUNCTION oms_internal.status_larger(oms.%1$s, oms.%1$s) IS 'Step of max';
            COMMENT ON FUNCTION oms_internal.status_smaller(oms.%1$s, oms.%1$s) IS 'Step of min';
            COMMENT ON OPERATOR CLASS oms.%1$s_ops USING btree IS 'Lifecycle order';
            COMMENT ON OPERATOR CLASS oms.%1$s_ops USING hash IS 'Equality';
            COMMENT ON AGGREGATE oms.max(oms.%1$s) IS 'The state latest in the lifecycle';
            COMMENT ON AGGREGATE oms.min(oms.%1$s) IS 'The state earliest in the lifecycle'
            $$, type, c_label);

        -- questions to the machine
        EXECUTE format($$
            CREATE FUNCTION oms.can_transition(from_state oms.%1$s, to_state oms.%1$s) RETURNS boolean
                AS 'MODULE_PATHNAME', 'oms_can_transition' %2$s;
            CREATE FUNCTION oms.next_states(status oms.%1$s) RETURNS oms.%1$s[]
                AS 'MODULE_PATHNAME', 'oms_next_states' %2$s;
            CREATE FUNCTION oms.is_final(status oms.%1$s) RETURNS boolean
                AS 'MODULE_PATHNAME', 'oms_is_final' %2$s;
            COMMENT ON FUNCTION oms.can_transition(oms.%1$s, oms.%1$s) IS 'Tells if one step leads from the first state to the second';
            COMMENT ON FUNCTION oms.next_states(oms.%1$s) IS 'The states that one step leads to, in lifecycle order';
            COMMENT ON FUNCTION oms.is_final(oms.%1$s) IS 'Tells if no step leads out of the state'
            $$, type, c_label);
    END LOOP;
END
$do$;

CREATE OR REPLACE FUNCTION oms_internal.state_transitions(
    OUT machine text, OUT from_state text, OUT to_state text, OUT is_final boolean
) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'oms_state_transitions' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 80;
COMMENT ON FUNCTION oms_internal.state_transitions() IS 'Rows of the view oms.state_transitions';

CREATE OR REPLACE FUNCTION oms.state_diagram(machine text) RETURNS text
    AS 'MODULE_PATHNAME', 'oms_state_diagram' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION oms.state_diagram(text) IS 'Draws a state machine (order, fulfillment, payment, return, reservation, purchase_order) as a Mermaid diagram';
