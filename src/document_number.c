/*
 * document_number.c
 *		Checks of the numbers in a JSON document, written as numbers or strings.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "oms.h"

#include "utils/fmgrprotos.h"

#define QUANTITY_BOUND	INT64CONST(1000000000)
#define MONEY_BOUND		INT64CONST(1000000000000)
#define MONEY_DECIMALS	4		/* no currency has more */
#define DECIMALS		6

/*
 * DocReadDecimal reads a number, or a string that is nothing but a number, as
 * a count of 10^-scale.
 */
DecimalFault
DocReadDecimal(const JsonbValue *value, int scale, bool round, int64 *units)
{
	const char *pos = value->val.string.val;
	const char *end;
	DecimalFault fault;

	if (value->type == jbvNumeric)
		return DecimalFromNumeric(value->val.numeric, scale, round, units);
	if (value->type != jbvString)
		return DECIMAL_SYNTAX;
	end = pos + value->val.string.len;
	fault = DecimalParse(&pos, end, scale, round, units);
	return fault == DECIMAL_OK && pos != end ? DECIMAL_SYNTAX : fault;
}

/*
 * DocBounds tells between which numbers a value must be: those of the field,
 * else those of its kind.
 */
void
DocBounds(const DocField *field, int64 *min, int64 *max)
{
	*min = field->min;
	*max = field->max;
	if (*min != 0 || *max != 0)
		return;
	switch (field->kind)
	{
		case DOC_INTEGER:
			*max = PG_INT32_MAX;
			break;
		case DOC_DECIMAL:
		case DOC_QUANTITY:
			*max = QUANTITY_BOUND;
			break;
		case DOC_LATITUDE:
			*max = 90;
			*min = -*max;
			break;
		case DOC_LONGITUDE:
			*max = 180;
			*min = -*max;
			break;
		default:
			*max = MONEY_BOUND;
	}
}

/*
 * CheckNumber wants a number between the bounds, of at most so many decimals.
 */
static char *
CheckNumber(const DocField *field, const JsonbValue *value, int decimals)
{
	static const int64 unit[] = {1, 10, 100, 1000, 10000, 100000, 1000000};
	int64		count;
	int64		min;
	int64		max;

	DocBounds(field, &min, &max);
	switch (DocReadDecimal(value, decimals, false, &count))
	{
		case DECIMAL_OK:
			break;
		case DECIMAL_TOO_FINE:
			if (decimals == 0)
				return DocUnfit("an integer", value);
			return psprintf("must have at most %d decimals, is %s",
							decimals, DocShow(value));
		case DECIMAL_RANGE:
			return psprintf("must be between " INT64_FORMAT " and " INT64_FORMAT
							", is %s", min, max, DocShow(value));
		default:
			return DocUnfit(decimals == 0 ? "an integer" : "a number", value);
	}
	if ((field->flags & DOC_POSITIVE) && count <= min * unit[decimals])
		return psprintf("must be greater than " INT64_FORMAT ", is %s",
						min, DocShow(value));
	if (count < min * unit[decimals])
		return psprintf("must be at least " INT64_FORMAT ", is %s",
						min, DocShow(value));
	if (count > max * unit[decimals])
		return psprintf("must be at most " INT64_FORMAT ", is %s",
						max, DocShow(value));
	return NULL;
}

/*
 * CheckDegrees wants degrees within the bounds; decimals are rounded to a
 * tenth of a metre for the comparison.
 */
static char *
CheckDegrees(const DocField *field, const JsonbValue *value, const char *name)
{
	int64		micros;
	int64		min;
	int64		max;

	DocBounds(field, &min, &max);
	if (DocReadDecimal(value, DECIMALS, true, &micros) != DECIMAL_OK ||
		micros < min * 1000000 || micros > max * 1000000)
		return DocUnfit(psprintf("a %s from %d to %d", name,
								 (int) min, (int) max), value);
	return NULL;
}

/*
 * DocReadPrice reads "12.50 EUR" or "EUR 12.50" as the number's text and the
 * currency; false if it is neither.
 */
bool
DocReadPrice(const char *text, int length, JsonbValue *number, int *currency)
{
	const char *code = text;

	if (length < 4)
		return false;
	*currency = CurrencyFromCode(text, 3);
	if (*currency == 0)
		*currency = CurrencyFromCode(code = text + length - 3, 3);
	if (*currency == 0)
		return false;
	number->type = jbvString;
	number->val.string.val = unconstify(char *, code == text ? text + 3 : text);
	number->val.string.len = length - 3;
	while (number->val.string.len > 0 && number->val.string.val[0] == ' ')
	{
		number->val.string.val++;
		number->val.string.len--;
	}
	while (number->val.string.len > 0 &&
		   number->val.string.val[number->val.string.len - 1] == ' ')
		number->val.string.len--;
	return true;
}

/*
 * CheckPriced wants a number and a currency, of which a price may be finer
 * than what can be paid.
 */
static char *
CheckPriced(const DocField *field, const JsonbValue *value, bool fine)
{
	JsonbValue	number;
	int			currency;

	if (value->type != jbvString ||
		!DocReadPrice(value->val.string.val, value->val.string.len,
					  &number, &currency))
		return DocUnfit("a number and its currency such as 12.50 EUR", value);
	return CheckNumber(field, &number,
					   fine ? DECIMALS : CurrencyMinorUnits(currency));
}

/*
 * CheckAmount wants what the type amount can hold, too.
 */
static char *
CheckAmount(const DocField *field, const JsonbValue *value)
{
	char	   *reason = CheckPriced(field, value, false);
	const char *fault;
	Amount		amount;

	if (reason == NULL &&
		!AmountParse(value->val.string.val, value->val.string.len, 0,
					 &amount, &fault))
		reason = psprintf("%s: %s", fault, DocShow(value));
	return reason;
}

/*
 * HasDecimals tells whether a number is written with decimals, be they zeros:
 * 2.0 is no integer, because its text can't be cast to one.
 */
static bool
HasDecimals(Numeric number)
{
	Datum		scale = DirectFunctionCall1(numeric_scale,
											NumericGetDatum(number));

	return DatumGetInt32(scale) > 0;
}

/*
 * DocNumberFault checks a value of a kind that holds a number.
 */
char *
DocNumberFault(const DocField *field, const JsonbValue *value)
{
	switch (field->kind)
	{
		case DOC_INTEGER:
			if (value->type != jbvNumeric || HasDecimals(value->val.numeric))
				return DocUnfit("an integer", value);
			return CheckNumber(field, value, 0);
		case DOC_MONEY:
			return CheckNumber(field, value, MONEY_DECIMALS);
		case DOC_AMOUNT:
			return CheckAmount(field, value);
		case DOC_PRICE:
			return CheckPriced(field, value, true);
		case DOC_LATITUDE:
			return CheckDegrees(field, value, "latitude");
		case DOC_LONGITUDE:
			return CheckDegrees(field, value, "longitude");
		default:
			return CheckNumber(field, value, DECIMALS);
	}
}
