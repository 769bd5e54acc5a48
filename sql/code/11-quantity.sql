/* sql/code/11-quantity.sql: quantities of goods, a count of millionths */

CREATE TYPE oms.quantity;

CREATE OR REPLACE FUNCTION oms_internal.quantity_in(cstring) RETURNS oms.quantity
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_quantity_in';
COMMENT ON FUNCTION oms_internal.quantity_in(cstring) IS 'I/O';

CREATE OR REPLACE FUNCTION oms_internal.quantity_out(oms.quantity) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_quantity_out';
COMMENT ON FUNCTION oms_internal.quantity_out(oms.quantity) IS 'I/O';

CREATE OR REPLACE FUNCTION oms_internal.quantity_recv(internal) RETURNS oms.quantity
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_quantity_recv';
COMMENT ON FUNCTION oms_internal.quantity_recv(internal) IS 'I/O';

CREATE OR REPLACE FUNCTION oms_internal.quantity_send(oms.quantity) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_quantity_send';
COMMENT ON FUNCTION oms_internal.quantity_send(oms.quantity) IS 'I/O';

/* of the numbers' category, so that coalesce(quantity, 0) finds a common type */
CREATE TYPE oms.quantity (
    INPUT = oms_internal.quantity_in,
    OUTPUT = oms_internal.quantity_out,
    RECEIVE = oms_internal.quantity_recv,
    SEND = oms_internal.quantity_send,
    LIKE = bigint,
    CATEGORY = 'N',
    PREFERRED = false
);
COMMENT ON TYPE oms.quantity IS 'Quantity of goods: a number with up to 6 decimals';

/* Casts: numbers become quantities by themselves, never the other way round */

CREATE OR REPLACE FUNCTION oms.quantity(smallint) RETURNS oms.quantity
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_quantity_from_int2';
COMMENT ON FUNCTION oms.quantity(smallint) IS 'Convert a number';
CREATE CAST (smallint AS oms.quantity) WITH FUNCTION oms.quantity(smallint) AS IMPLICIT;

CREATE OR REPLACE FUNCTION oms.quantity(integer) RETURNS oms.quantity
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_quantity_from_int4';
COMMENT ON FUNCTION oms.quantity(integer) IS 'Convert a number';
CREATE CAST (integer AS oms.quantity) WITH FUNCTION oms.quantity(integer) AS IMPLICIT;

CREATE OR REPLACE FUNCTION oms.quantity(bigint) RETURNS oms.quantity
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_quantity_from_int8';
COMMENT ON FUNCTION oms.quantity(bigint) IS 'Convert a number';
CREATE CAST (bigint AS oms.quantity) WITH FUNCTION oms.quantity(bigint) AS IMPLICIT;

CREATE OR REPLACE FUNCTION oms.quantity(numeric) RETURNS oms.quantity
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_quantity_from_numeric';
COMMENT ON FUNCTION oms.quantity(numeric) IS 'Convert a number; more than 6 decimals are an error';
CREATE CAST (numeric AS oms.quantity) WITH FUNCTION oms.quantity(numeric) AS IMPLICIT;

CREATE OR REPLACE FUNCTION oms_internal.quantity_to_numeric(oms.quantity) RETURNS numeric
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_quantity_to_numeric';
COMMENT ON FUNCTION oms_internal.quantity_to_numeric(oms.quantity) IS 'Implementation of the cast';
CREATE CAST (oms.quantity AS numeric) WITH FUNCTION oms_internal.quantity_to_numeric(oms.quantity) AS ASSIGNMENT;

CREATE OR REPLACE FUNCTION oms_internal.quantity_to_int4(oms.quantity) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_quantity_to_int4';
COMMENT ON FUNCTION oms_internal.quantity_to_int4(oms.quantity) IS 'Implementation of the cast';
CREATE CAST (oms.quantity AS integer) WITH FUNCTION oms_internal.quantity_to_int4(oms.quantity) AS ASSIGNMENT;

CREATE OR REPLACE FUNCTION oms_internal.quantity_to_int8(oms.quantity) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_quantity_to_int8';
COMMENT ON FUNCTION oms_internal.quantity_to_int8(oms.quantity) IS 'Implementation of the cast';
CREATE CAST (oms.quantity AS bigint) WITH FUNCTION oms_internal.quantity_to_int8(oms.quantity) AS ASSIGNMENT;

CREATE OR REPLACE FUNCTION oms_internal.quantity_to_float8(oms.quantity) RETURNS double precision
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_quantity_to_float8';
COMMENT ON FUNCTION oms_internal.quantity_to_float8(oms.quantity) IS 'Implementation of the cast';
CREATE CAST (oms.quantity AS double precision) WITH FUNCTION oms_internal.quantity_to_float8(oms.quantity) AS ASSIGNMENT;

CREATE OR REPLACE FUNCTION oms_internal.quantity_to_json(oms.quantity) RETURNS json
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_quantity_to_json';
COMMENT ON FUNCTION oms_internal.quantity_to_json(oms.quantity) IS 'Implementation of the cast';
/* to_json(), to_jsonb() and jsonb_build_object() look for this one */
CREATE CAST (oms.quantity AS json) WITH FUNCTION oms_internal.quantity_to_json(oms.quantity);

/* Functions */

CREATE OR REPLACE FUNCTION oms.round_quantity(quantity oms.quantity, decimals integer) RETURNS oms.quantity
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_quantity_round';
COMMENT ON FUNCTION oms.round_quantity(oms.quantity, integer) IS 'Round half away from zero to 0 to 6 decimals';

CREATE OR REPLACE FUNCTION oms.decimals(quantity oms.quantity) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_quantity_decimals';
COMMENT ON FUNCTION oms.decimals(oms.quantity) IS 'How many decimals it takes to write it, 0 to 6';

CREATE OR REPLACE FUNCTION oms.sign(quantity oms.quantity) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_quantity_sign';
COMMENT ON FUNCTION oms.sign(oms.quantity) IS '-1, 0 or 1';

CREATE OR REPLACE FUNCTION oms.abs(quantity oms.quantity) RETURNS oms.quantity
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
    AS 'int8abs';
COMMENT ON FUNCTION oms.abs(oms.quantity) IS 'The quantity without its sign';

/* Arithmetic; where that of the integer within is right, it serves */

CREATE OR REPLACE FUNCTION oms_internal.quantity_add(oms.quantity, oms.quantity) RETURNS oms.quantity
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_quantity_add';
COMMENT ON FUNCTION oms_internal.quantity_add(oms.quantity, oms.quantity) IS 'Implementation of operator +';
CREATE OPERATOR oms.+ (
    LEFTARG = oms.quantity, RIGHTARG = oms.quantity, FUNCTION = oms_internal.quantity_add, COMMUTATOR = OPERATOR(oms.+)
);
COMMENT ON OPERATOR oms.+ (oms.quantity, oms.quantity) IS 'add';

CREATE OR REPLACE FUNCTION oms_internal.quantity_subtract(oms.quantity, oms.quantity) RETURNS oms.quantity
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_quantity_subtract';
COMMENT ON FUNCTION oms_internal.quantity_subtract(oms.quantity, oms.quantity) IS 'Implementation of operator -';
CREATE OPERATOR oms.- (
    LEFTARG = oms.quantity, RIGHTARG = oms.quantity, FUNCTION = oms_internal.quantity_subtract
);
COMMENT ON OPERATOR oms.- (oms.quantity, oms.quantity) IS 'subtract';

CREATE OR REPLACE FUNCTION oms_internal.quantity_negate(oms.quantity) RETURNS oms.quantity
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
    AS 'int8um';
COMMENT ON FUNCTION oms_internal.quantity_negate(oms.quantity) IS 'Implementation of operator -';
CREATE OPERATOR oms.- (
    RIGHTARG = oms.quantity, FUNCTION = oms_internal.quantity_negate
);
COMMENT ON OPERATOR oms.- (NONE, oms.quantity) IS 'negate';

CREATE OR REPLACE FUNCTION oms_internal.quantity_multiply(oms.quantity, oms.quantity) RETURNS oms.quantity
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_quantity_multiply';
COMMENT ON FUNCTION oms_internal.quantity_multiply(oms.quantity, oms.quantity) IS 'Implementation of operator *';
CREATE OPERATOR oms.* (
    LEFTARG = oms.quantity, RIGHTARG = oms.quantity, FUNCTION = oms_internal.quantity_multiply, COMMUTATOR = OPERATOR(oms.*)
);
COMMENT ON OPERATOR oms.* (oms.quantity, oms.quantity) IS 'multiply and round to 6 decimals';

CREATE OR REPLACE FUNCTION oms_internal.quantity_divide(oms.quantity, oms.quantity) RETURNS numeric
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_quantity_divide';
COMMENT ON FUNCTION oms_internal.quantity_divide(oms.quantity, oms.quantity) IS 'Implementation of operator /';
CREATE OPERATOR oms./ (
    LEFTARG = oms.quantity, RIGHTARG = oms.quantity, FUNCTION = oms_internal.quantity_divide
);
COMMENT ON OPERATOR oms./ (oms.quantity, oms.quantity) IS 'ratio';

CREATE OR REPLACE FUNCTION oms_internal.quantity_modulo(oms.quantity, oms.quantity) RETURNS oms.quantity
    LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE
    AS 'int8mod';
COMMENT ON FUNCTION oms_internal.quantity_modulo(oms.quantity, oms.quantity) IS 'Implementation of operator %';
CREATE OPERATOR oms.% (
    LEFTARG = oms.quantity, RIGHTARG = oms.quantity, FUNCTION = oms_internal.quantity_modulo
);
COMMENT ON OPERATOR oms.% (oms.quantity, oms.quantity) IS 'remainder, with the sign of the dividend';

CREATE OR REPLACE FUNCTION oms_internal.amount_multiply(oms.amount, oms.quantity) RETURNS oms.amount
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_amount_multiply_quantity';
COMMENT ON FUNCTION oms_internal.amount_multiply(oms.amount, oms.quantity) IS 'Implementation of operator *';
CREATE OPERATOR oms.* (
    LEFTARG = oms.amount, RIGHTARG = oms.quantity, FUNCTION = oms_internal.amount_multiply, COMMUTATOR = OPERATOR(oms.*)
);
COMMENT ON OPERATOR oms.* (oms.amount, oms.quantity) IS 'multiply and round';

CREATE OR REPLACE FUNCTION oms_internal.amount_multiply(oms.quantity, oms.amount) RETURNS oms.amount
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_quantity_multiply_amount';
COMMENT ON FUNCTION oms_internal.amount_multiply(oms.quantity, oms.amount) IS 'Implementation of operator *';
CREATE OPERATOR oms.* (
    LEFTARG = oms.quantity, RIGHTARG = oms.amount, FUNCTION = oms_internal.amount_multiply, COMMUTATOR = OPERATOR(oms.*)
);
COMMENT ON OPERATOR oms.* (oms.quantity, oms.amount) IS 'multiply and round';
