/* sql/code/10-amount.sql: money, a count of minor units of one currency */

CREATE OR REPLACE FUNCTION oms.is_currency(code text) RETURNS boolean
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_is_currency';
COMMENT ON FUNCTION oms.is_currency(text) IS 'Is it the ISO 4217 code of a currency that an amount can be in?';

CREATE OR REPLACE FUNCTION oms.currencies(OUT code text, OUT numeric_code integer, OUT minor_units integer)
    RETURNS SETOF record
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 190
    AS 'MODULE_PATHNAME', 'oms_currencies';
COMMENT ON FUNCTION oms.currencies() IS 'The currencies that an amount can be in, with their decimals';

CREATE TYPE oms.amount;

CREATE OR REPLACE FUNCTION oms_internal.amount_in(cstring) RETURNS oms.amount
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_amount_in';
COMMENT ON FUNCTION oms_internal.amount_in(cstring) IS 'I/O';

CREATE OR REPLACE FUNCTION oms_internal.amount_out(oms.amount) RETURNS cstring
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_amount_out';
COMMENT ON FUNCTION oms_internal.amount_out(oms.amount) IS 'I/O';

CREATE OR REPLACE FUNCTION oms_internal.amount_recv(internal) RETURNS oms.amount
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_amount_recv';
COMMENT ON FUNCTION oms_internal.amount_recv(internal) IS 'I/O';

CREATE OR REPLACE FUNCTION oms_internal.amount_send(oms.amount) RETURNS bytea
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_amount_send';
COMMENT ON FUNCTION oms_internal.amount_send(oms.amount) IS 'I/O';

CREATE TYPE oms.amount (
    INPUT = oms_internal.amount_in,
    OUTPUT = oms_internal.amount_out,
    RECEIVE = oms_internal.amount_recv,
    SEND = oms_internal.amount_send,
    LIKE = bigint
);
COMMENT ON TYPE oms.amount IS 'Money: a number with its currency, such as 12.50 EUR';

/* Making and taking apart */

CREATE OR REPLACE FUNCTION oms.amount(value numeric, currency text) RETURNS oms.amount
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_amount_from_numeric';
COMMENT ON FUNCTION oms.amount(numeric, text) IS 'Round a number half away from zero to the decimals of the currency';

CREATE OR REPLACE FUNCTION oms.amount_from_minor(minor bigint, currency text) RETURNS oms.amount
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_amount_from_minor';
COMMENT ON FUNCTION oms.amount_from_minor(bigint, text) IS 'An amount by its count of minor units, as payment providers give it';

CREATE OR REPLACE FUNCTION oms.minor(amount oms.amount) RETURNS bigint
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_amount_minor';
COMMENT ON FUNCTION oms.minor(oms.amount) IS 'The amount as a count of minor units: cents, yen, fils';

CREATE OR REPLACE FUNCTION oms.currency_of(amount oms.amount) RETURNS text
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_currency_of';
COMMENT ON FUNCTION oms.currency_of(oms.amount) IS 'ISO 4217 code of the amount''s currency';

CREATE OR REPLACE FUNCTION oms_internal.amount_to_numeric(oms.amount) RETURNS numeric
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_amount_to_numeric';
COMMENT ON FUNCTION oms_internal.amount_to_numeric(oms.amount) IS 'Implementation of the cast';

/* explicit only: it forgets the currency */
CREATE CAST (oms.amount AS numeric) WITH FUNCTION oms_internal.amount_to_numeric(oms.amount);

CREATE OR REPLACE FUNCTION oms.sign(amount oms.amount) RETURNS integer
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_amount_sign';
COMMENT ON FUNCTION oms.sign(oms.amount) IS '-1, 0 or 1; for comparisons with zero in any currency';

CREATE OR REPLACE FUNCTION oms.abs(amount oms.amount) RETURNS oms.amount
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_amount_abs';
COMMENT ON FUNCTION oms.abs(oms.amount) IS 'The amount without its sign';

/* Arithmetic; with quantities: see 11-quantity.sql */

CREATE OR REPLACE FUNCTION oms_internal.amount_add(oms.amount, oms.amount) RETURNS oms.amount
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_amount_add';
COMMENT ON FUNCTION oms_internal.amount_add(oms.amount, oms.amount) IS 'Implementation of operator +';

CREATE OPERATOR oms.+ (
    LEFTARG = oms.amount, RIGHTARG = oms.amount, FUNCTION = oms_internal.amount_add, COMMUTATOR = OPERATOR(oms.+)
);
COMMENT ON OPERATOR oms.+ (oms.amount, oms.amount) IS 'add; OM005 if the currencies differ';

CREATE OR REPLACE FUNCTION oms_internal.amount_subtract(oms.amount, oms.amount) RETURNS oms.amount
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_amount_subtract';
COMMENT ON FUNCTION oms_internal.amount_subtract(oms.amount, oms.amount) IS 'Implementation of operator -';

CREATE OPERATOR oms.- (
    LEFTARG = oms.amount, RIGHTARG = oms.amount, FUNCTION = oms_internal.amount_subtract
);
COMMENT ON OPERATOR oms.- (oms.amount, oms.amount) IS 'subtract; OM005 if the currencies differ';

CREATE OR REPLACE FUNCTION oms_internal.amount_negate(oms.amount) RETURNS oms.amount
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_amount_negate';
COMMENT ON FUNCTION oms_internal.amount_negate(oms.amount) IS 'Implementation of operator -';

CREATE OPERATOR oms.- (
    RIGHTARG = oms.amount, FUNCTION = oms_internal.amount_negate
);
COMMENT ON OPERATOR oms.- (NONE, oms.amount) IS 'negate';

CREATE OR REPLACE FUNCTION oms_internal.amount_multiply(oms.amount, numeric) RETURNS oms.amount
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_amount_multiply';
COMMENT ON FUNCTION oms_internal.amount_multiply(oms.amount, numeric) IS 'Implementation of operator *';

CREATE OPERATOR oms.* (
    LEFTARG = oms.amount, RIGHTARG = numeric, FUNCTION = oms_internal.amount_multiply, COMMUTATOR = OPERATOR(oms.*)
);
COMMENT ON OPERATOR oms.* (oms.amount, numeric) IS 'multiply and round';

CREATE OR REPLACE FUNCTION oms_internal.amount_multiply(numeric, oms.amount) RETURNS oms.amount
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_numeric_multiply_amount';
COMMENT ON FUNCTION oms_internal.amount_multiply(numeric, oms.amount) IS 'Implementation of operator *';

CREATE OPERATOR oms.* (
    LEFTARG = numeric, RIGHTARG = oms.amount, FUNCTION = oms_internal.amount_multiply, COMMUTATOR = OPERATOR(oms.*)
);
COMMENT ON OPERATOR oms.* (numeric, oms.amount) IS 'multiply and round';

CREATE OR REPLACE FUNCTION oms_internal.amount_multiply(oms.amount, smallint) RETURNS oms.amount
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_amount_multiply_int2';
COMMENT ON FUNCTION oms_internal.amount_multiply(oms.amount, smallint) IS 'Implementation of operator *';

CREATE OPERATOR oms.* (
    LEFTARG = oms.amount, RIGHTARG = smallint, FUNCTION = oms_internal.amount_multiply, COMMUTATOR = OPERATOR(oms.*)
);
COMMENT ON OPERATOR oms.* (oms.amount, smallint) IS 'multiply and round';

CREATE OR REPLACE FUNCTION oms_internal.amount_multiply(smallint, oms.amount) RETURNS oms.amount
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_int2_multiply_amount';
COMMENT ON FUNCTION oms_internal.amount_multiply(smallint, oms.amount) IS 'Implementation of operator *';

CREATE OPERATOR oms.* (
    LEFTARG = smallint, RIGHTARG = oms.amount, FUNCTION = oms_internal.amount_multiply, COMMUTATOR = OPERATOR(oms.*)
);
COMMENT ON OPERATOR oms.* (smallint, oms.amount) IS 'multiply and round';

CREATE OR REPLACE FUNCTION oms_internal.amount_multiply(oms.amount, integer) RETURNS oms.amount
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_amount_multiply_int4';
COMMENT ON FUNCTION oms_internal.amount_multiply(oms.amount, integer) IS 'Implementation of operator *';

CREATE OPERATOR oms.* (
    LEFTARG = oms.amount, RIGHTARG = integer, FUNCTION = oms_internal.amount_multiply, COMMUTATOR = OPERATOR(oms.*)
);
COMMENT ON OPERATOR oms.* (oms.amount, integer) IS 'multiply and round';

CREATE OR REPLACE FUNCTION oms_internal.amount_multiply(integer, oms.amount) RETURNS oms.amount
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_int4_multiply_amount';
COMMENT ON FUNCTION oms_internal.amount_multiply(integer, oms.amount) IS 'Implementation of operator *';

CREATE OPERATOR oms.* (
    LEFTARG = integer, RIGHTARG = oms.amount, FUNCTION = oms_internal.amount_multiply, COMMUTATOR = OPERATOR(oms.*)
);
COMMENT ON OPERATOR oms.* (integer, oms.amount) IS 'multiply and round';

CREATE OR REPLACE FUNCTION oms_internal.amount_multiply(oms.amount, bigint) RETURNS oms.amount
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_amount_multiply_int8';
COMMENT ON FUNCTION oms_internal.amount_multiply(oms.amount, bigint) IS 'Implementation of operator *';

CREATE OPERATOR oms.* (
    LEFTARG = oms.amount, RIGHTARG = bigint, FUNCTION = oms_internal.amount_multiply, COMMUTATOR = OPERATOR(oms.*)
);
COMMENT ON OPERATOR oms.* (oms.amount, bigint) IS 'multiply and round';

CREATE OR REPLACE FUNCTION oms_internal.amount_multiply(bigint, oms.amount) RETURNS oms.amount
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_int8_multiply_amount';
COMMENT ON FUNCTION oms_internal.amount_multiply(bigint, oms.amount) IS 'Implementation of operator *';

CREATE OPERATOR oms.* (
    LEFTARG = bigint, RIGHTARG = oms.amount, FUNCTION = oms_internal.amount_multiply, COMMUTATOR = OPERATOR(oms.*)
);
COMMENT ON OPERATOR oms.* (bigint, oms.amount) IS 'multiply and round';

CREATE OR REPLACE FUNCTION oms_internal.amount_divide(oms.amount, numeric) RETURNS oms.amount
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_amount_divide';
COMMENT ON FUNCTION oms_internal.amount_divide(oms.amount, numeric) IS 'Implementation of operator /';

CREATE OPERATOR oms./ (
    LEFTARG = oms.amount, RIGHTARG = numeric, FUNCTION = oms_internal.amount_divide
);
COMMENT ON OPERATOR oms./ (oms.amount, numeric) IS 'divide and round';

CREATE OR REPLACE FUNCTION oms_internal.amount_divide(oms.amount, oms.amount) RETURNS numeric
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_amount_ratio';
COMMENT ON FUNCTION oms_internal.amount_divide(oms.amount, oms.amount) IS 'Implementation of operator /';

CREATE OPERATOR oms./ (
    LEFTARG = oms.amount, RIGHTARG = oms.amount, FUNCTION = oms_internal.amount_divide
);
COMMENT ON OPERATOR oms./ (oms.amount, oms.amount) IS 'ratio; OM005 if the currencies differ';
