/*
 * amount_io.c
 *		Text, binary and numeric forms of oms.amount.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "oms.h"

#include "libpq/pqformat.h"
#include "utils/builtins.h"

/* "-9007199254740991 EUR" with a point and a terminating zero, rounded up */
#define AMOUNT_TEXT_SIZE	32

#define CODE_LENGTH			3

/*
 * What a text says: the number's place in it, and the currency's.
 */
typedef struct AmountText
{
	const char *number;
	const char *number_end;
	const char *code;			/* NULL if it names no currency */
} AmountText;

/*
 * IsSpace tells the white space that PostgreSQL's types skip.
 */
static inline bool
IsSpace(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/*
 * IsLetter tells ASCII letters.
 */
static inline bool
IsLetter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/*
 * IsCode tells whether three letters start here, and none stands next to them
 * on the number's side.
 */
static inline bool
IsCode(const char *str, char neighbor)
{
	return IsLetter(str[0]) && IsLetter(str[1]) && IsLetter(str[2]) &&
		!IsLetter(neighbor);
}

/*
 * SplitAmount finds the number and the code, which stands in front of or
 * behind it, in a text without spaces around it.
 */
static AmountText
SplitAmount(const char *str, const char *end)
{
	AmountText	parts = {str, end, NULL};

	if (end - str <= CODE_LENGTH)
		return parts;
	if (IsCode(str, str[CODE_LENGTH]))
	{
		parts.code = str;
		parts.number = str + CODE_LENGTH;
		while (parts.number < end && IsSpace(*parts.number))
			parts.number++;
	}
	else if (IsCode(end - CODE_LENGTH, end[-CODE_LENGTH - 1]))
	{
		parts.code = end - CODE_LENGTH;
		parts.number_end = parts.code;
		while (parts.number_end > str && IsSpace(parts.number_end[-1]))
			parts.number_end--;
	}
	return parts;
}

/*
 * ScanAmount reads an amount.  If currency is not 0 the text need not name
 * one, and must name no other; *code is set to where it names one, else NULL.
 */
static DecimalFault
ScanAmount(const char *str, int len, int currency, Amount *result,
		   const char **code)
{
	const char *end = str + len;
	AmountText	parts;
	DecimalFault fault;
	int			named = currency;
	int64		minor = 0;

	while (str < end && IsSpace(*str))
		str++;
	while (end > str && IsSpace(end[-1]))
		end--;
	parts = SplitAmount(str, end);
	*code = parts.code;
	if (parts.code != NULL)
		named = CurrencyFromCode(parts.code, CODE_LENGTH);
	fault = DecimalParse(&parts.number, parts.number_end,
						 named == 0 ? 0 : CurrencyMinorUnits(named), false,
						 &minor);
	if (fault == DECIMAL_SYNTAX || parts.number != parts.number_end ||
		(parts.code == NULL && named == 0))
		return DECIMAL_SYNTAX;
	if (named == 0)
		return DECIMAL_UNKNOWN_CURRENCY;
	if (currency != 0 && named != currency)
		return DECIMAL_OTHER_CURRENCY;
	if (fault != DECIMAL_OK)
		return fault;
	if (minor > AMOUNT_MINOR_MAX || minor < -AMOUNT_MINOR_MAX)
		return DECIMAL_RANGE;
	*result = AmountMake(named, minor);
	return DECIMAL_OK;
}

/*
 * AmountParse reads an amount without raising: false leaves *result alone and
 * sets *fault, unless fault is NULL, to what is wrong (constant text such as
 * "has too many decimals").  With currency 0 the text must name its currency;
 * else it may be the bare number and must not name another.
 */
bool
AmountParse(const char *str, int len, int currency, Amount *result,
			const char **fault)
{
	const char *code;
	DecimalFault found = ScanAmount(str, len, currency, result, &code);

	if (found != DECIMAL_OK && fault != NULL)
		*fault = DecimalFaultText(found);
	return found == DECIMAL_OK;
}

/*
 * AmountParseNumeric is AmountParse for a number; it does not round either.
 */
bool
AmountParseNumeric(Numeric number, int currency, Amount *result,
				   const char **fault)
{
	int64		minor;
	DecimalFault found = DecimalFromNumeric(number,
											CurrencyMinorUnits(currency),
											false, &minor);

	if (found == DECIMAL_OK &&
		(minor > AMOUNT_MINOR_MAX || minor < -AMOUNT_MINOR_MAX))
		found = DECIMAL_RANGE;
	if (found == DECIMAL_OK)
		*result = AmountMake(currency, minor);
	else if (fault != NULL)
		*fault = DecimalFaultText(found);
	return found == DECIMAL_OK;
}

/*
 * PrintAmount writes the text form and a terminating zero; returns its length.
 */
static int
PrintAmount(char *buffer, Amount amount)
{
	int			currency = AmountCurrency(amount);
	char	   *end = DecimalPrint(buffer, AmountMinor(amount),
								   CurrencyMinorUnits(currency), false);

	*end++ = ' ';
	memcpy(end, CurrencyCode(currency), CODE_LENGTH + 1);
	return end + CODE_LENGTH - buffer;
}

/*
 * AmountToString gives the text form, "12.50 EUR", in palloc'd memory.
 */
char *
AmountToString(Amount amount)
{
	char		buffer[AMOUNT_TEXT_SIZE];
	int			len = PrintAmount(buffer, amount);

	return pnstrdup(buffer, len);
}

/*
 * ReportAmount raises what is wrong with a text: 22P02, or 22003 if the amount
 * is too large.
 */
static void
ReportAmount(DecimalFault fault, const char *str, const char *code)
{
	char	   *currency = code ? pnstrdup(code, CODE_LENGTH) : NULL;

	switch (fault)
	{
		case DECIMAL_TOO_FINE:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					 errmsg("too many decimals in amount: \"%s\"", str),
					 errdetail("%s has %d decimals.", currency,
							   CurrencyMinorUnits(CurrencyFromCode(code, CODE_LENGTH))),
					 errhint("Use oms.amount(numeric, text) to round.")));
			break;
		case DECIMAL_RANGE:
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("amount out of range: \"%s\"", str)));
			break;
		case DECIMAL_UNKNOWN_CURRENCY:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					 errmsg("unknown currency in amount: \"%s\"", str),
					 errdetail("\"%s\" is no currency of ISO 4217 with minor units.",
							   currency),
					 errhint("Codes are in capital letters, such as EUR.")));
			break;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					 errmsg("invalid input syntax for type %s: \"%s\"",
							"amount", str),
					 errhint("Write a number and a currency, such as 12.50 EUR.")));
	}
}

PG_FUNCTION_INFO_V1(oms_amount_in);

/*
 * oms_amount_in reads "12.50 EUR" or "EUR 12.50".
 */
Datum
oms_amount_in(PG_FUNCTION_ARGS)
{
	char	   *str = PG_GETARG_CSTRING(0);
	const char *code;
	Amount		result = 0;
	DecimalFault fault = ScanAmount(str, strlen(str), 0, &result, &code);

	if (fault != DECIMAL_OK)
		ReportAmount(fault, str, code);
	PG_RETURN_AMOUNT(result);
}

PG_FUNCTION_INFO_V1(oms_amount_out);

/*
 * oms_amount_out prints all of the currency's decimals and its code.
 */
Datum
oms_amount_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(AmountToString(PG_GETARG_AMOUNT(0)));
}

PG_FUNCTION_INFO_V1(oms_amount_recv);

/*
 * oms_amount_recv reads the binary form: the count of minor units as int8,
 * then the three letters of the currency.
 */
Datum
oms_amount_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int64		minor = pq_getmsgint64(buf);
	int			currency = CurrencyFromCode(pq_getmsgbytes(buf, CODE_LENGTH),
											CODE_LENGTH);

	if (currency == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("unknown currency in binary form of type %s",
						"amount")));
	PG_RETURN_AMOUNT(AmountMake(currency, minor));
}

PG_FUNCTION_INFO_V1(oms_amount_send);

/*
 * oms_amount_send writes the binary form.
 */
Datum
oms_amount_send(PG_FUNCTION_ARGS)
{
	Amount		amount = PG_GETARG_AMOUNT(0);
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendint64(&buf, AmountMinor(amount));
	pq_sendbytes(&buf, CurrencyCode(AmountCurrency(amount)), CODE_LENGTH);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

PG_FUNCTION_INFO_V1(oms_amount_from_numeric);

/*
 * oms_amount_from_numeric rounds a number to a currency named by its code.
 */
Datum
oms_amount_from_numeric(PG_FUNCTION_ARGS)
{
	int			currency = CurrencyFromText(PG_GETARG_TEXT_PP(1));

	PG_RETURN_AMOUNT(AmountFromNumeric(PG_GETARG_NUMERIC(0), currency));
}

PG_FUNCTION_INFO_V1(oms_amount_to_numeric);

/*
 * oms_amount_to_numeric gives the number with the currency's decimals.
 */
Datum
oms_amount_to_numeric(PG_FUNCTION_ARGS)
{
	PG_RETURN_NUMERIC(AmountToNumeric(PG_GETARG_AMOUNT(0)));
}

PG_FUNCTION_INFO_V1(oms_amount_from_minor);

/*
 * oms_amount_from_minor makes an amount of a count of minor units.
 */
Datum
oms_amount_from_minor(PG_FUNCTION_ARGS)
{
	int			currency = CurrencyFromText(PG_GETARG_TEXT_PP(1));

	PG_RETURN_AMOUNT(AmountMake(currency, PG_GETARG_INT64(0)));
}

PG_FUNCTION_INFO_V1(oms_amount_minor);

/*
 * oms_amount_minor tells the count of minor units.
 */
Datum
oms_amount_minor(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(AmountMinor(PG_GETARG_AMOUNT(0)));
}

PG_FUNCTION_INFO_V1(oms_currency_of);

/*
 * oms_currency_of tells the code of the amount's currency.
 */
Datum
oms_currency_of(PG_FUNCTION_ARGS)
{
	int			currency = AmountCurrency(PG_GETARG_AMOUNT(0));

	PG_RETURN_TEXT_P(cstring_to_text_with_len(CurrencyCode(currency),
											  CODE_LENGTH));
}
