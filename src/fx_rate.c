/*
 * fx_rate.c
 *		Exchange rates that the session keeps.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/* A rate as a quotient; numerator is NULL where there is none */
typedef struct FxRate
{
	Numeric		numerator;
	Numeric		denominator;
	double		rate;
} FxRate;

/*
 * LoadRate loads the rate that oms.convert() counts with, by the numbers of
 * two currencies and a day.
 */
static void *
LoadRate(const char *key)
{
	static SavedPlan find = {
		"text, text, date",
		"SELECT numerator, denominator, (numerator / denominator)::float8 "
		"FROM oms_internal.fx_find($1, $2, $3)"
	};
	FxRate	   *rate = palloc0(sizeof(FxRate));
	Params		params = {0};
	int			from;
	int			to;
	DateADT		day;
	bool		isnull;
	Datum		numerator;

	sscanf(key, "%d %d %d", &from, &to, &day);
	AddText(&params, CurrencyCode(from));
	AddText(&params, CurrencyCode(to));
	AddDatum(&params, DateADTGetDatum(day));
	PlanRunLatest(&find, params.values, params.nulls);
	numerator = RowDatum(0, 1, &isnull);
	if (isnull)
		return rate;
	rate->numerator = DatumGetNumericCopy(numerator);
	rate->denominator = DatumGetNumericCopy(RowDatum(0, 2, NULL));
	rate->rate = DatumGetFloat8(RowDatum(0, 3, NULL));
	return rate;
}

/*
 * RateFind is the rate from one currency to another on a day.
 */
static const FxRate *
RateFind(int from, int to, DateADT day)
{
	static Kept kept = {{"fx_rates"}, LoadRate};
	char		key[KEPT_KEY_MAX];

	snprintf(key, sizeof(key), "%d %d %d", from, to, day);
	return KeptFind(&kept, key);
}

/*
 * ConvertFind sets what one unit of a currency was worth in another on a day,
 * as near as a float tells it.  Returns false if no rate is known.
 */
bool
ConvertFind(int from, int to, DateADT day, double *rate)
{
	const FxRate *found = RateFind(from, to, day);

	*rate = found->rate;
	return found->numerator != NULL;
}

/*
 * ConvertAmount converts an amount into a currency by the rate of a day, as
 * oms.convert() does.  Returns false if no rate is known.
 */
bool
ConvertAmount(Amount amount, int currency, DateADT day, Amount *result)
{
	const FxRate *found = RateFind(AmountCurrency(amount), currency, day);

	if (found->numerator == NULL)
		return false;
	*result = AmountConvert(amount, currency, found->numerator,
							found->denominator);
	return true;
}

/*
 * ConvertRate is what one unit of a currency was worth in another on a day;
 * NULL if no rate is known.
 */
Numeric
ConvertRate(int from, int to, DateADT day)
{
	const FxRate *found = RateFind(from, to, day);

	if (found->numerator == NULL)
		return NULL;
	return DatumGetNumeric(DirectFunctionCall2(numeric_div,
											   NumericGetDatum(found->numerator),
											   NumericGetDatum(found->denominator)));
}

PG_FUNCTION_INFO_V1(oms_find_fx_rate);

/*
 * oms_find_fx_rate(from_currency text, to_currency text, day) is ConvertFind()
 * for SQL: null if no rate is known.
 */
Datum
oms_find_fx_rate(PG_FUNCTION_ARGS)
{
	StoreScope	scope = StoreOpen();
	double		rate;
	bool		found = ConvertFind(CurrencyFromText(PG_GETARG_TEXT_PP(0)),
									CurrencyFromText(PG_GETARG_TEXT_PP(1)),
									PG_GETARG_DATEADT(2), &rate);

	StoreClose(scope);
	if (!found)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(rate);
}
