/*
 * quantity.c
 *		Quantities of goods: text forms, casts and arithmetic of oms.quantity.
 *
 * A quantity is a whole number of millionths.  The range is symmetric, so that
 * negation never fails; every result outside of it is an error (22003), and
 * so is a number with more than 6 decimals.  Comparisons, hashing and sorting
 * are those of the int64 that holds it (see sql/code/11-quantity.sql).
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "oms.h"

#include "common/int.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"

/* "-9223372036854.775807" and a terminating zero, rounded up */
#define QUANTITY_TEXT_SIZE	32

/*
 * RaiseOutOfRange reports a quantity that has too many digits.
 */
static void
RaiseOutOfRange(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("quantity out of range"),
			 errdetail("The largest quantity is %s.",
					   QuantityToString(QUANTITY_MAX))));
}

/*
 * QuantityMake makes a quantity of a count of millionths; 22003 if it is too
 * large.
 */
Quantity
QuantityMake(int128 count)
{
	if (count > QUANTITY_MAX || count < -QUANTITY_MAX)
		RaiseOutOfRange();
	return (Quantity) count;
}

/*
 * ScanQuantity reads a quantity with white space around it.
 */
static DecimalFault
ScanQuantity(const char *str, int len, Quantity *result)
{
	const char *end = str + len;
	DecimalFault fault;

	while (str < end && isspace((unsigned char) *str))
		str++;
	while (end > str && isspace((unsigned char) end[-1]))
		end--;
	fault = DecimalParse(&str, end, QUANTITY_DECIMALS, false, result);
	return fault != DECIMAL_SYNTAX && str != end ? DECIMAL_SYNTAX : fault;
}

/*
 * QuantityParse reads a quantity without raising: false sets *fault, unless
 * fault is NULL, to what is wrong (constant text such as "is not a number");
 * *result is then undefined.
 */
bool
QuantityParse(const char *str, int len, Quantity *result, const char **fault)
{
	DecimalFault found = ScanQuantity(str, len, result);

	if (found != DECIMAL_OK && fault != NULL)
		*fault = DecimalFaultText(found);
	return found == DECIMAL_OK;
}

/*
 * QuantityParseNumeric is QuantityParse for a number.
 */
bool
QuantityParseNumeric(Numeric number, Quantity *result, const char **fault)
{
	DecimalFault found = DecimalFromNumeric(number, QUANTITY_DECIMALS, false,
											result);

	if (found != DECIMAL_OK && fault != NULL)
		*fault = DecimalFaultText(found);
	return found == DECIMAL_OK;
}

/*
 * QuantityFromNumeric converts a number; 22003 if it has too many decimals or
 * digits or is not finite.
 */
Quantity
QuantityFromNumeric(Numeric number)
{
	int64		result = 0;

	switch (DecimalFromNumeric(number, QUANTITY_DECIMALS, false, &result))
	{
		case DECIMAL_OK:
			break;
		case DECIMAL_TOO_FINE:
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("too many decimals for a quantity: %s",
							numeric_normalize(number)),
					 errdetail("A quantity has at most %d decimals.",
							   QUANTITY_DECIMALS),
					 errhint("Use round(numeric, integer) first.")));
			break;
		case DECIMAL_NOT_FINITE:
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("a quantity must be finite")));
			break;
		default:
			RaiseOutOfRange();
	}
	return result;
}

/*
 * QuantityFromInt64 converts a whole number; 22003 if it is too large.
 */
Quantity
QuantityFromInt64(int64 whole)
{
	return QuantityMake((int128) whole * QUANTITY_SCALE);
}

/*
 * QuantityToNumeric gives the number without trailing zeros.
 */
Numeric
QuantityToNumeric(Quantity quantity)
{
	Quantity	count = quantity;
	int			scale = QuantityDecimals(quantity);

	for (int i = scale; i < QUANTITY_DECIMALS; i++)
		count /= 10;
	return DecimalToNumeric(count, scale);
}

/*
 * QuantityToString gives the text form in palloc'd memory.
 */
char *
QuantityToString(Quantity quantity)
{
	char		buffer[QUANTITY_TEXT_SIZE];
	char	   *end = DecimalPrint(buffer, quantity, QUANTITY_DECIMALS, true);

	return pnstrdup(buffer, end - buffer);
}

/*
 * QuantityAdd adds.
 */
Quantity
QuantityAdd(Quantity a, Quantity b)
{
	int64		sum;

	if (pg_add_s64_overflow(a, b, &sum))
		RaiseOutOfRange();
	return QuantityMake(sum);
}

/*
 * QuantitySubtract subtracts.
 */
Quantity
QuantitySubtract(Quantity a, Quantity b)
{
	return QuantityAdd(a, -b);
}

/*
 * QuantityDecimals tells how many decimals are needed to write it, 0 to 6.
 */
int
QuantityDecimals(Quantity quantity)
{
	int			decimals = QUANTITY_DECIMALS;

	while (decimals > 0 && quantity % 10 == 0)
	{
		quantity /= 10;
		decimals--;
	}
	return decimals;
}

PG_FUNCTION_INFO_V1(oms_quantity_in);

/*
 * oms_quantity_in reads a number with at most 6 decimals.
 */
Datum
oms_quantity_in(PG_FUNCTION_ARGS)
{
	char	   *str = PG_GETARG_CSTRING(0);
	Quantity	result = 0;

	switch (ScanQuantity(str, strlen(str), &result))
	{
		case DECIMAL_OK:
			break;
		case DECIMAL_TOO_FINE:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					 errmsg("too many decimals in quantity: \"%s\"", str),
					 errdetail("A quantity has at most %d decimals.",
							   QUANTITY_DECIMALS)));
			break;
		case DECIMAL_RANGE:
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("quantity out of range: \"%s\"", str)));
			break;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					 errmsg("invalid input syntax for type %s: \"%s\"",
							"quantity", str)));
	}
	PG_RETURN_QUANTITY(result);
}

PG_FUNCTION_INFO_V1(oms_quantity_out);

/*
 * oms_quantity_out prints the number without trailing zeros.
 */
Datum
oms_quantity_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(QuantityToString(PG_GETARG_QUANTITY(0)));
}

PG_FUNCTION_INFO_V1(oms_quantity_recv);

/*
 * oms_quantity_recv reads the binary form, the count of millionths as int8.
 */
Datum
oms_quantity_recv(PG_FUNCTION_ARGS)
{
	int64		count = pq_getmsgint64((StringInfo) PG_GETARG_POINTER(0));

	if (count == PG_INT64_MIN)
		RaiseOutOfRange();
	PG_RETURN_QUANTITY(count);
}

PG_FUNCTION_INFO_V1(oms_quantity_send);

/*
 * oms_quantity_send writes the binary form.
 */
Datum
oms_quantity_send(PG_FUNCTION_ARGS)
{
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint64(&buf, PG_GETARG_QUANTITY(0));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

PG_FUNCTION_INFO_V1(oms_quantity_from_int2);

/*
 * oms_quantity_from_int2 casts a smallint.
 */
Datum
oms_quantity_from_int2(PG_FUNCTION_ARGS)
{
	PG_RETURN_QUANTITY(PG_GETARG_INT16(0) * QUANTITY_SCALE);
}

PG_FUNCTION_INFO_V1(oms_quantity_from_int4);

/*
 * oms_quantity_from_int4 casts an integer.
 */
Datum
oms_quantity_from_int4(PG_FUNCTION_ARGS)
{
	PG_RETURN_QUANTITY(PG_GETARG_INT32(0) * QUANTITY_SCALE);
}

PG_FUNCTION_INFO_V1(oms_quantity_from_int8);

/*
 * oms_quantity_from_int8 casts a bigint.
 */
Datum
oms_quantity_from_int8(PG_FUNCTION_ARGS)
{
	PG_RETURN_QUANTITY(QuantityFromInt64(PG_GETARG_INT64(0)));
}

PG_FUNCTION_INFO_V1(oms_quantity_from_numeric);

/*
 * oms_quantity_from_numeric casts a numeric with at most 6 decimals.
 */
Datum
oms_quantity_from_numeric(PG_FUNCTION_ARGS)
{
	PG_RETURN_QUANTITY(QuantityFromNumeric(PG_GETARG_NUMERIC(0)));
}
