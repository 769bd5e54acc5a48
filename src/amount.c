/*
 * amount.c
 *		Money: arithmetic of oms.amount.
 *
 * An amount is a whole number of minor units of one currency.  The range is
 * symmetric, so that negation never fails, and every result outside of it is
 * an error (22003).  What has to be rounded is computed exactly and rounded
 * once, half away from zero.  Comparisons, hashing and sorting are those of
 * the int64 that holds it (see sql/code/10-amount.sql).
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "oms.h"

#include "utils/builtins.h"

static const int64 power_of_ten[] = {1, 10, 100, 1000, 10000};

/*
 * RaiseOutOfRange reports an amount that has too many digits.
 */
static void
RaiseOutOfRange(int currency)
{
	ereport(ERROR,
			(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
			 errmsg("amount out of range"),
			 errdetail("The largest amount is %s.",
					   AmountToString(AmountMake(currency, AMOUNT_MINOR_MAX)))));
}

/*
 * AmountMakeWide makes an amount of a count of minor units; 22003 if it is
 * too large.
 */
Amount
AmountMakeWide(int currency, int128 minor)
{
	if (minor > AMOUNT_MINOR_MAX || minor < -AMOUNT_MINOR_MAX)
		RaiseOutOfRange(currency);
	return (Amount) ((uint64) (currency ^ 512) << AMOUNT_MINOR_BITS) |
		((int64) minor + AMOUNT_MINOR_BIAS);
}

/*
 * AmountMake makes an amount of a count of minor units; 22003 if it is too
 * large.
 */
Amount
AmountMake(int currency, int64 minor)
{
	return AmountMakeWide(currency, minor);
}

/*
 * RequireSameCurrency raises OM005 unless both amounts are in one currency.
 */
void
RequireSameCurrency(Amount a, Amount b)
{
	if (AmountCurrency(a) != AmountCurrency(b))
		ereport(ERROR,
				(errcode(ERRCODE_OMS_CURRENCY_MISMATCH),
				 errmsg("currencies do not match"),
				 errdetail("One amount is in %s, the other in %s.",
						   CurrencyCode(AmountCurrency(a)),
						   CurrencyCode(AmountCurrency(b))),
				 errhint("Use oms.convert(amount, text, date) first.")));
}

/*
 * AmountAdd adds; OM005 if the currencies differ.
 */
Amount
AmountAdd(Amount a, Amount b)
{
	RequireSameCurrency(a, b);
	return AmountMake(AmountCurrency(a), AmountMinor(a) + AmountMinor(b));
}

/*
 * AmountSub subtracts; OM005 if the currencies differ.
 */
Amount
AmountSub(Amount a, Amount b)
{
	RequireSameCurrency(a, b);
	return AmountMake(AmountCurrency(a), AmountMinor(a) - AmountMinor(b));
}

/*
 * AmountNegate changes the sign.
 */
Amount
AmountNegate(Amount amount)
{
	return AmountMake(AmountCurrency(amount), -AmountMinor(amount));
}

/*
 * AmountMultiplyQuantity multiplies and rounds.
 */
Amount
AmountMultiplyQuantity(Amount amount, Quantity quantity)
{
	int128		product = (int128) AmountMinor(amount) * quantity;

	return AmountMakeWide(AmountCurrency(amount),
						  DivideRounded(product, QUANTITY_SCALE));
}

/*
 * AmountMultiplyInt64 multiplies.
 */
static Amount
AmountMultiplyInt64(Amount amount, int64 factor)
{
	return AmountMakeWide(AmountCurrency(amount),
						  (int128) AmountMinor(amount) * factor);
}

/*
 * RoundToAmount rounds a number times 10^scale to a count of minor units;
 * 22003 if it is too large or not finite.
 */
static Amount
RoundToAmount(Numeric number, int scale, int currency)
{
	int64		minor = 0;
	DecimalFault fault = DecimalFromNumeric(number, scale, true, &minor);

	if (fault == DECIMAL_NOT_FINITE)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("an amount must be finite")));
	if (fault != DECIMAL_OK)
		RaiseOutOfRange(currency);
	return AmountMake(currency, minor);
}

/*
 * AmountFromNumeric rounds a number to the currency's decimals.
 */
Amount
AmountFromNumeric(Numeric number, int currency)
{
	return RoundToAmount(number, CurrencyMinorUnits(currency), currency);
}

/*
 * AmountFromMinorNumeric rounds a count of minor units.
 */
Amount
AmountFromMinorNumeric(Numeric minor, int currency)
{
	return RoundToAmount(minor, 0, currency);
}

/*
 * AmountToNumeric gives the number with the currency's decimals.
 */
Numeric
AmountToNumeric(Amount amount)
{
	return DecimalToNumeric(AmountMinor(amount),
							CurrencyMinorUnits(AmountCurrency(amount)));
}

/*
 * AmountMultiplyNumeric multiplies and rounds.
 */
Amount
AmountMultiplyNumeric(Amount amount, Numeric factor)
{
	Numeric		minor = int64_to_numeric(AmountMinor(amount));
	Datum		product = DirectFunctionCall2(numeric_mul,
											  NumericGetDatum(minor),
											  NumericGetDatum(factor));

	return AmountFromMinorNumeric(DatumGetNumeric(product),
								  AmountCurrency(amount));
}

/*
 * RequireDivisor raises 22012 for zero and 22003 for NaN and infinity.
 */
static void
RequireDivisor(Numeric divisor)
{
	if (numeric_is_nan(divisor) || numeric_is_inf(divisor))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("an amount can only be divided by a finite number")));
	if (DatumGetBool(DirectFunctionCall2(numeric_eq, NumericGetDatum(divisor),
										 NumericGetDatum(int64_to_numeric(0)))))
		ereport(ERROR,
				(errcode(ERRCODE_DIVISION_BY_ZERO),
				 errmsg("division by zero")));
}

/*
 * AmountDivideNumeric divides and rounds.
 */
Amount
AmountDivideNumeric(Amount amount, Numeric divisor)
{
	Numeric		minor = int64_to_numeric(AmountMinor(amount));

	RequireDivisor(divisor);
	return AmountFromMinorNumeric(NumericDivideRounded(minor, divisor),
								  AmountCurrency(amount));
}

/*
 * AmountPrice is unit price times quantity, rounded once.  A price with up to
 * 6 decimals, as they should be, needs no arithmetic on numerics.
 */
Amount
AmountPrice(Numeric unit_price, Quantity quantity, int currency)
{
	int64		price;
	int64		divisor;
	Datum		product;

	if (DecimalFromNumeric(unit_price, QUANTITY_DECIMALS, false,
						   &price) != DECIMAL_OK)
	{
		product = DirectFunctionCall2(numeric_mul,
									  NumericGetDatum(unit_price),
									  NumericGetDatum(QuantityToNumeric(quantity)));
		return AmountFromNumeric(DatumGetNumeric(product), currency);
	}
	divisor = QUANTITY_SCALE * (QUANTITY_SCALE /
								power_of_ten[CurrencyMinorUnits(currency)]);
	return AmountMakeWide(currency,
						  DivideRounded((int128) price * quantity, divisor));
}

PG_FUNCTION_INFO_V1(oms_amount_add);

/*
 * oms_amount_add is amount + amount.
 */
Datum
oms_amount_add(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(AmountAdd(PG_GETARG_AMOUNT(0), PG_GETARG_AMOUNT(1)));
}

PG_FUNCTION_INFO_V1(oms_amount_subtract);

/*
 * oms_amount_subtract is amount - amount.
 */
Datum
oms_amount_subtract(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(AmountSub(PG_GETARG_AMOUNT(0), PG_GETARG_AMOUNT(1)));
}

PG_FUNCTION_INFO_V1(oms_amount_negate);

/*
 * oms_amount_negate is - amount.
 */
Datum
oms_amount_negate(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(AmountNegate(PG_GETARG_AMOUNT(0)));
}

PG_FUNCTION_INFO_V1(oms_amount_abs);

/*
 * oms_amount_abs is the amount without its sign.
 */
Datum
oms_amount_abs(PG_FUNCTION_ARGS)
{
	Amount		amount = PG_GETARG_AMOUNT(0);

	PG_RETURN_AMOUNT(AmountMinor(amount) < 0 ? AmountNegate(amount) : amount);
}

PG_FUNCTION_INFO_V1(oms_amount_sign);

/*
 * oms_amount_sign is -1, 0 or 1.
 */
Datum
oms_amount_sign(PG_FUNCTION_ARGS)
{
	int64		minor = AmountMinor(PG_GETARG_AMOUNT(0));

	PG_RETURN_INT32((minor > 0) - (minor < 0));
}

PG_FUNCTION_INFO_V1(oms_amount_multiply);

/*
 * oms_amount_multiply is amount * numeric.
 */
Datum
oms_amount_multiply(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(AmountMultiplyNumeric(PG_GETARG_AMOUNT(0),
										   PG_GETARG_NUMERIC(1)));
}

PG_FUNCTION_INFO_V1(oms_numeric_multiply_amount);

/*
 * oms_numeric_multiply_amount is numeric * amount.
 */
Datum
oms_numeric_multiply_amount(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(AmountMultiplyNumeric(PG_GETARG_AMOUNT(1),
										   PG_GETARG_NUMERIC(0)));
}

PG_FUNCTION_INFO_V1(oms_amount_multiply_int2);

/*
 * oms_amount_multiply_int2 is amount * smallint.
 */
Datum
oms_amount_multiply_int2(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(AmountMultiplyInt64(PG_GETARG_AMOUNT(0),
										 PG_GETARG_INT16(1)));
}

PG_FUNCTION_INFO_V1(oms_amount_multiply_int4);

/*
 * oms_amount_multiply_int4 is amount * integer.
 */
Datum
oms_amount_multiply_int4(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(AmountMultiplyInt64(PG_GETARG_AMOUNT(0),
										 PG_GETARG_INT32(1)));
}

PG_FUNCTION_INFO_V1(oms_amount_multiply_int8);

/*
 * oms_amount_multiply_int8 is amount * bigint.
 */
Datum
oms_amount_multiply_int8(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(AmountMultiplyInt64(PG_GETARG_AMOUNT(0),
										 PG_GETARG_INT64(1)));
}

PG_FUNCTION_INFO_V1(oms_int2_multiply_amount);

/*
 * oms_int2_multiply_amount is smallint * amount.
 */
Datum
oms_int2_multiply_amount(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(AmountMultiplyInt64(PG_GETARG_AMOUNT(1),
										 PG_GETARG_INT16(0)));
}

PG_FUNCTION_INFO_V1(oms_int4_multiply_amount);

/*
 * oms_int4_multiply_amount is integer * amount.
 */
Datum
oms_int4_multiply_amount(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(AmountMultiplyInt64(PG_GETARG_AMOUNT(1),
										 PG_GETARG_INT32(0)));
}

PG_FUNCTION_INFO_V1(oms_int8_multiply_amount);

/*
 * oms_int8_multiply_amount is bigint * amount.
 */
Datum
oms_int8_multiply_amount(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(AmountMultiplyInt64(PG_GETARG_AMOUNT(1),
										 PG_GETARG_INT64(0)));
}

PG_FUNCTION_INFO_V1(oms_amount_multiply_quantity);

/*
 * oms_amount_multiply_quantity is amount * quantity.
 */
Datum
oms_amount_multiply_quantity(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(AmountMultiplyQuantity(PG_GETARG_AMOUNT(0),
											PG_GETARG_QUANTITY(1)));
}

PG_FUNCTION_INFO_V1(oms_quantity_multiply_amount);

/*
 * oms_quantity_multiply_amount is quantity * amount.
 */
Datum
oms_quantity_multiply_amount(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(AmountMultiplyQuantity(PG_GETARG_AMOUNT(1),
											PG_GETARG_QUANTITY(0)));
}

PG_FUNCTION_INFO_V1(oms_extended_price);

/*
 * oms_extended_price is unit price times quantity, in a currency.
 */
Datum
oms_extended_price(PG_FUNCTION_ARGS)
{
	int			currency = CurrencyFromText(PG_GETARG_TEXT_PP(2));

	PG_RETURN_AMOUNT(AmountPrice(PG_GETARG_NUMERIC(0), PG_GETARG_QUANTITY(1),
								 currency));
}

PG_FUNCTION_INFO_V1(oms_amount_divide);

/*
 * oms_amount_divide is amount / numeric.
 */
Datum
oms_amount_divide(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(AmountDivideNumeric(PG_GETARG_AMOUNT(0),
										 PG_GETARG_NUMERIC(1)));
}

PG_FUNCTION_INFO_V1(oms_amount_ratio);

/*
 * oms_amount_ratio is amount / amount, a numeric.
 */
Datum
oms_amount_ratio(PG_FUNCTION_ARGS)
{
	Amount		a = PG_GETARG_AMOUNT(0);
	Amount		b = PG_GETARG_AMOUNT(1);

	RequireSameCurrency(a, b);
	return DirectFunctionCall2(numeric_div,
							   NumericGetDatum(int64_to_numeric(AmountMinor(a))),
							   NumericGetDatum(int64_to_numeric(AmountMinor(b))));
}
