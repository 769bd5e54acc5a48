/* sql/code/12-decimal.sql: what amounts and quantities have in common */

/*
 * Both are an int64 that sorts as such, amounts by currency first, so the
 * functions of bigint compare, hash and sort them.
 */
DO $do$
DECLARE
    type text;
    op record;
    aggregate record;
    c_label CONSTANT text := 'IMMUTABLE STRICT PARALLEL SAFE';
BEGIN
    FOREACH type IN ARRAY ARRAY['amount', 'quantity']
    LOOP
        -- comparison
        FOR op IN
            SELECT *
            FROM (VALUES ('lt', '<', '>', '>=', 'scalarlt', 'less than'),
                         ('le', '<=', '>=', '>', 'scalarle', 'less than or equal'),
                         ('eq', '=', '=', '<>', 'eq', 'equal'),
                         ('ne', '<>', '<>', '=', 'neq', 'not equal'),
                         ('ge', '>=', '<=', '<', 'scalarge', 'greater than or equal'),
                         ('gt', '>', '<', '<=', 'scalargt', 'greater than')
                 ) AS o(name, sign, commutator, negator, selectivity, comment)
        LOOP
            EXECUTE format($$
                CREATE FUNCTION oms_internal.%1$s_%2$s(oms.%1$s, oms.%1$s) RETURNS boolean
                    AS 'int8%2$s' LANGUAGE internal %3$s;
                COMMENT ON FUNCTION oms_internal.%1$s_%2$s(oms.%1$s, oms.%1$s) IS 'Implementation of operator %4$s';
                CREATE OPERATOR oms.%4$s (
                    LEFTARG = oms.%1$s, RIGHTARG = oms.%1$s,
                    FUNCTION = oms_internal.%1$s_%2$s,
                    COMMUTATOR = OPERATOR(oms.%5$s), NEGATOR = OPERATOR(oms.%6$s),
                    RESTRICT = %7$ssel, JOIN = %7$sjoinsel %8$s
                );
                COMMENT ON OPERATOR oms.%4$s (oms.%1$s, oms.%1$s) IS '%9$s'
                $$, type, op.name, c_label, op.sign, op.commutator, op.negator,
                op.selectivity,
                CASE op.name WHEN 'eq' THEN ', HASHES, MERGES' END, op.comment);
        END LOOP;

        -- btree and hash classes
        EXECUTE format($$
            CREATE FUNCTION oms_internal.%1$s_cmp(oms.%1$s, oms.%1$s) RETURNS integer
                AS 'btint8cmp' LANGUAGE internal %2$s;
            CREATE FUNCTION oms_internal.%1$s_sortsupport(internal) RETURNS void
                AS 'btint8sortsupport' LANGUAGE internal %2$s;
            CREATE FUNCTION oms_internal.%1$s_hash(oms.%1$s) RETURNS integer
                AS 'hashint8' LANGUAGE internal %2$s;
            CREATE FUNCTION oms_internal.%1$s_hash_extended(oms.%1$s, bigint) RETURNS bigint
                AS 'hashint8extended' LANGUAGE internal %2$s;
            COMMENT ON FUNCTION oms_internal.%1$s_cmp(oms.%1$s, oms.%1$s) IS 'Order';
            COMMENT ON FUNCTION oms_internal.%1$s_sortsupport(internal) IS 'Order, for sorting';
            COMMENT ON FUNCTION oms_internal.%1$s_hash(oms.%1$s) IS 'Hash';
            COMMENT ON FUNCTION oms_internal.%1$s_hash_extended(oms.%1$s, bigint) IS 'Hash of 64 bits';
            CREATE OPERATOR CLASS oms.%1$s_ops DEFAULT FOR TYPE oms.%1$s USING btree AS
                OPERATOR 1 oms.<, OPERATOR 2 oms.<=, OPERATOR 3 oms.=,
                OPERATOR 4 oms.>=, OPERATOR 5 oms.>,
                FUNCTION 1 oms_internal.%1$s_cmp(oms.%1$s, oms.%1$s),
                FUNCTION 2 oms_internal.%1$s_sortsupport(internal),
                FUNCTION 4 btequalimage(oid);
            CREATE OPERATOR CLASS oms.%1$s_ops DEFAULT FOR TYPE oms.%1$s USING hash AS
                OPERATOR 1 oms.=,
                FUNCTION 1 oms_internal.%1$s_hash(oms.%1$s),
                FUNCTION 2 oms_internal.%1$s_hash_extended(oms.%1$s, bigint)
            $$, type, c_label);

        -- min and max
        FOR aggregate IN
            SELECT *
            FROM (VALUES ('min', 'smaller', '<', 'smallest'),
                         ('max', 'larger', '>', 'largest')
                 ) AS a(name, function, sign, comment)
        LOOP
            EXECUTE format($$
                CREATE FUNCTION oms_internal.%1$s_%2$s(oms.%1$s, oms.%1$s) RETURNS oms.%1$s
                    AS 'int8%2$s' LANGUAGE internal %3$s;
                COMMENT ON FUNCTION oms_internal.%1$s_%2$s(oms.%1$s, oms.%1$s) IS 'The %6$s of two';
                CREATE AGGREGATE oms.%4$s(oms.%1$s) (
                    SFUNC = oms_internal.%1$s_%2$s, STYPE = oms.%1$s,
                    COMBINEFUNC = oms_internal.%1$s_%2$s,
                    SORTOP = OPERATOR(oms.%5$s), PARALLEL = SAFE
                );
                COMMENT ON AGGREGATE oms.%4$s(oms.%1$s) IS 'The %6$s %1$s'
                $$, type, aggregate.function, c_label, aggregate.name,
                aggregate.sign, aggregate.comment);
        END LOOP;
    END LOOP;
END
$do$;

/* Sums and averages, exact: only the result has to fit */

CREATE OR REPLACE FUNCTION oms_internal.total_combine(internal, internal) RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_total_combine';
COMMENT ON FUNCTION oms_internal.total_combine(internal, internal) IS 'Part of sum and avg';

CREATE OR REPLACE FUNCTION oms_internal.total_serialize(internal) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_total_serialize';
COMMENT ON FUNCTION oms_internal.total_serialize(internal) IS 'Part of sum and avg';

CREATE OR REPLACE FUNCTION oms_internal.total_deserialize(bytea, internal) RETURNS internal
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_total_deserialize';
COMMENT ON FUNCTION oms_internal.total_deserialize(bytea, internal) IS 'Part of sum and avg';

DO $do$
DECLARE
    type text;
    aggregate record;
    c_label CONSTANT text := 'LANGUAGE C IMMUTABLE PARALLEL SAFE';
BEGIN
    FOREACH type IN ARRAY ARRAY['amount', 'quantity']
    LOOP
        EXECUTE format($$
            CREATE FUNCTION oms_internal.%1$s_accumulate(internal, oms.%1$s) RETURNS internal
                AS 'MODULE_PATHNAME', 'oms_%1$s_accumulate' %2$s;
            CREATE FUNCTION oms_internal.%1$s_discard(internal, oms.%1$s) RETURNS internal
                AS 'MODULE_PATHNAME', 'oms_%1$s_discard' %2$s;
            COMMENT ON FUNCTION oms_internal.%1$s_accumulate(internal, oms.%1$s) IS 'Part of sum and avg';
            COMMENT ON FUNCTION oms_internal.%1$s_discard(internal, oms.%1$s) IS 'Part of sum and avg'
            $$, type, c_label);
        FOR aggregate IN
            SELECT *
            FROM (VALUES ('sum', 'sum', 'The sum; one currency only'),
                         ('avg', 'average', 'The mean, rounded; one currency only')
                 ) AS a(name, function, comment)
        LOOP
            EXECUTE format($$
                CREATE FUNCTION oms_internal.%1$s_%2$s(internal) RETURNS oms.%1$s
                    AS 'MODULE_PATHNAME', 'oms_%1$s_%2$s' %3$s;
                COMMENT ON FUNCTION oms_internal.%1$s_%2$s(internal) IS 'Part of %4$s';
                CREATE AGGREGATE oms.%4$s(oms.%1$s) (
                    SFUNC = oms_internal.%1$s_accumulate, STYPE = internal, SSPACE = 48,
                    FINALFUNC = oms_internal.%1$s_%2$s,
                    COMBINEFUNC = oms_internal.total_combine,
                    SERIALFUNC = oms_internal.total_serialize,
                    DESERIALFUNC = oms_internal.total_deserialize,
                    MSFUNC = oms_internal.%1$s_accumulate,
                    MINVFUNC = oms_internal.%1$s_discard,
                    MSTYPE = internal, MSSPACE = 48,
                    MFINALFUNC = oms_internal.%1$s_%2$s,
                    PARALLEL = SAFE
                );
                COMMENT ON AGGREGATE oms.%4$s(oms.%1$s) IS '%5$s'
                $$, type, aggregate.function, c_label, aggregate.name,
                CASE type WHEN 'amount' THEN aggregate.comment
                     ELSE replace(aggregate.comment, '; one currency only', '') END);
        END LOOP;
    END LOOP;
END
$do$;
