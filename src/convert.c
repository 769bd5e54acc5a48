/*
 * convert.c
 *		Amounts from one currency into another.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "oms.h"

#include "utils/builtins.h"

/*
 * IsPositive tells numbers that can be part of a rate.
 */
static bool
IsPositive(Numeric number)
{
	return !numeric_is_nan(number) && !numeric_is_inf(number) &&
		DatumGetBool(DirectFunctionCall2(numeric_gt, NumericGetDatum(number),
										 NumericGetDatum(int64_to_numeric(0))));
}

/*
 * AmountConvert multiplies an amount by numerator / denominator and rounds
 * once, into a currency.  The quotient itself is never rounded, so an inverse
 * rate is exact.
 */
Amount
AmountConvert(Amount amount, int currency, Numeric numerator,
			  Numeric denominator)
{
	Numeric		unit = int64_div_fast_to_numeric(1, CurrencyMinorUnits(currency));
	Datum		product;
	Datum		divisor;

	product = DirectFunctionCall2(numeric_mul,
								  NumericGetDatum(AmountToNumeric(amount)),
								  NumericGetDatum(numerator));
	divisor = DirectFunctionCall2(numeric_mul, NumericGetDatum(unit),
								  NumericGetDatum(denominator));
	return AmountFromMinorNumeric(NumericDivideRounded(DatumGetNumeric(product),
													   DatumGetNumeric(divisor)),
								  currency);
}

PG_FUNCTION_INFO_V1(oms_amount_convert);

/*
 * oms_amount_convert(amount, currency text, numerator, denominator) is
 * AmountConvert() for SQL.  Raises 22023 for numbers that are no rate.
 */
Datum
oms_amount_convert(PG_FUNCTION_ARGS)
{
	int			currency = CurrencyFromText(PG_GETARG_TEXT_PP(1));
	Numeric		numerator = PG_GETARG_NUMERIC(2);
	Numeric		denominator = PG_GETARG_NUMERIC(3);

	if (!IsPositive(numerator) || !IsPositive(denominator))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a rate must be finite and above zero")));
	PG_RETURN_AMOUNT(AmountConvert(PG_GETARG_AMOUNT(0), currency, numerator,
								   denominator));
}
