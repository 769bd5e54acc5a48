/*
 * quantity_ops.c
 *		Operators and functions over oms.quantity, and casts from it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "oms.h"

#include "utils/builtins.h"

/*
 * RoundToScale rounds to so many decimals, 0 to 6; the result is a count
 * of millionths still.
 */
static Quantity
RoundToScale(Quantity quantity, int decimals)
{
	int64		unit = 1;

	for (int i = decimals; i < QUANTITY_DECIMALS; i++)
		unit *= 10;
	return QuantityMake(DivideRounded(quantity, unit) * unit);
}

/*
 * WholeOf gives the number of a quantity without decimals; 22003 otherwise.
 */
static int64
WholeOf(Quantity quantity)
{
	if (quantity % QUANTITY_SCALE != 0)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("quantity %s is not a whole number",
						QuantityToString(quantity)),
				 errhint("Use oms.round_quantity(quantity, integer) first.")));
	return quantity / QUANTITY_SCALE;
}

PG_FUNCTION_INFO_V1(oms_quantity_add);

/*
 * oms_quantity_add is quantity + quantity.
 */
Datum
oms_quantity_add(PG_FUNCTION_ARGS)
{
	PG_RETURN_QUANTITY(QuantityAdd(PG_GETARG_QUANTITY(0),
								   PG_GETARG_QUANTITY(1)));
}

PG_FUNCTION_INFO_V1(oms_quantity_subtract);

/*
 * oms_quantity_subtract is quantity - quantity.
 */
Datum
oms_quantity_subtract(PG_FUNCTION_ARGS)
{
	PG_RETURN_QUANTITY(QuantitySubtract(PG_GETARG_QUANTITY(0),
										PG_GETARG_QUANTITY(1)));
}

PG_FUNCTION_INFO_V1(oms_quantity_multiply);

/*
 * oms_quantity_multiply is quantity * quantity, rounded to 6 decimals.
 */
Datum
oms_quantity_multiply(PG_FUNCTION_ARGS)
{
	int128		product = (int128) PG_GETARG_QUANTITY(0) * PG_GETARG_QUANTITY(1);

	PG_RETURN_QUANTITY(QuantityMake(DivideRounded(product, QUANTITY_SCALE)));
}

PG_FUNCTION_INFO_V1(oms_quantity_divide);

/*
 * oms_quantity_divide is quantity / quantity, a numeric.
 */
Datum
oms_quantity_divide(PG_FUNCTION_ARGS)
{
	Numeric		dividend = int64_to_numeric(PG_GETARG_QUANTITY(0));
	Numeric		divisor = int64_to_numeric(PG_GETARG_QUANTITY(1));

	return DirectFunctionCall2(numeric_div, NumericGetDatum(dividend),
							   NumericGetDatum(divisor));
}

PG_FUNCTION_INFO_V1(oms_quantity_sign);

/*
 * oms_quantity_sign is -1, 0 or 1.
 */
Datum
oms_quantity_sign(PG_FUNCTION_ARGS)
{
	Quantity	quantity = PG_GETARG_QUANTITY(0);

	PG_RETURN_INT32((quantity > 0) - (quantity < 0));
}

PG_FUNCTION_INFO_V1(oms_quantity_round);

/*
 * oms_quantity_round rounds half away from zero to so many decimals, 0 to 6.
 */
Datum
oms_quantity_round(PG_FUNCTION_ARGS)
{
	Quantity	quantity = PG_GETARG_QUANTITY(0);
	int			decimals = PG_GETARG_INT32(1);

	if (decimals < 0 || decimals > QUANTITY_DECIMALS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a quantity cannot be rounded to %d decimals", decimals),
				 errhint("Use 0 to %d decimals.", QUANTITY_DECIMALS)));
	PG_RETURN_QUANTITY(RoundToScale(quantity, decimals));
}

PG_FUNCTION_INFO_V1(oms_quantity_decimals);

/*
 * oms_quantity_decimals tells how many decimals are needed to write it.
 */
Datum
oms_quantity_decimals(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(QuantityDecimals(PG_GETARG_QUANTITY(0)));
}

PG_FUNCTION_INFO_V1(oms_quantity_to_numeric);

/*
 * oms_quantity_to_numeric gives the number without trailing zeros.
 */
Datum
oms_quantity_to_numeric(PG_FUNCTION_ARGS)
{
	PG_RETURN_NUMERIC(QuantityToNumeric(PG_GETARG_QUANTITY(0)));
}

PG_FUNCTION_INFO_V1(oms_quantity_to_float8);

/*
 * oms_quantity_to_float8 gives the nearest double.
 */
Datum
oms_quantity_to_float8(PG_FUNCTION_ARGS)
{
	PG_RETURN_FLOAT8((double) PG_GETARG_QUANTITY(0) / QUANTITY_SCALE);
}

PG_FUNCTION_INFO_V1(oms_quantity_to_int8);

/*
 * oms_quantity_to_int8 gives the whole number; 22003 if there are decimals.
 */
Datum
oms_quantity_to_int8(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(WholeOf(PG_GETARG_QUANTITY(0)));
}

PG_FUNCTION_INFO_V1(oms_quantity_to_int4);

/*
 * oms_quantity_to_int4 gives the whole number; 22003 if there are decimals or
 * it does not fit.
 */
Datum
oms_quantity_to_int4(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall1(int84, Int64GetDatum(WholeOf(PG_GETARG_QUANTITY(0))));
}

PG_FUNCTION_INFO_V1(oms_quantity_to_json);

/*
 * oms_quantity_to_json gives a JSON number; to_jsonb() and its kin use it.
 */
Datum
oms_quantity_to_json(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(QuantityToString(PG_GETARG_QUANTITY(0))));
}
