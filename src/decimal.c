/*
 * decimal.c
 *		Fixed-point decimals in an int64: text and numeric in and out, and
 *		division that rounds half away from zero.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "oms.h"

#include "common/int.h"
#include "utils/builtins.h"

/* Exponents beyond this neither fit nor differ from it */
#define EXPONENT_MAX	100000

static const int64 power_of_ten[] = {1, 10, 100, 1000, 10000, 100000, 1000000};

/*
 * DecimalFaultText completes a sentence of which the value is the subject.
 * The text is constant.
 */
const char *
DecimalFaultText(DecimalFault fault)
{
	switch (fault)
	{
		case DECIMAL_OK:
			break;
		case DECIMAL_SYNTAX:
			return "is not a number";
		case DECIMAL_NOT_FINITE:
			return "is not finite";
		case DECIMAL_TOO_FINE:
			return "has too many decimals";
		case DECIMAL_RANGE:
			return "is out of range";
		case DECIMAL_UNKNOWN_CURRENCY:
			return "is in an unknown currency";
		case DECIMAL_OTHER_CURRENCY:
			return "is in another currency";
	}
	return NULL;
}

/*
 * IsDigit tells ASCII digits.
 */
static inline bool
IsDigit(const char *pos, const char *end)
{
	return pos < end && *pos >= '0' && *pos <= '9';
}

/*
 * ParseExponent reads "e-3" if there is one at *pos, and stops there if not:
 * the E of "5EUR" is not an exponent.
 */
static int
ParseExponent(const char **pos, const char *end)
{
	const char *p = *pos;
	bool		negative;
	int			exponent = 0;

	if (p >= end || (*p != 'e' && *p != 'E'))
		return 0;
	p++;
	negative = p < end && *p == '-';
	if (p < end && (*p == '-' || *p == '+'))
		p++;
	if (!IsDigit(p, end))
		return 0;
	for (; IsDigit(p, end); p++)
		exponent = Min(exponent * 10 + (*p - '0'), EXPONENT_MAX);
	*pos = p;
	return negative ? -exponent : exponent;
}

/*
 * AppendDigit sets *value to ten times itself plus the digit; false if that
 * does not fit.
 */
static inline bool
AppendDigit(uint64 *value, int digit)
{
	return !pg_mul_u64_overflow(*value, 10, value) &&
		!pg_add_u64_overflow(*value, digit, value);
}

/*
 * ScaleDigits makes a count of 10^-scale from digits, a point among them, the
 * first of which weighs 10^power.
 */
static DecimalFault
ScaleDigits(const char *digits, const char *end, int64 power, int scale,
			bool round, uint64 *value)
{
	uint64		count = 0;
	bool		up = false;

	for (; digits < end; digits++)
	{
		int			digit = *digits - '0';

		if (*digits == '.')
			continue;
		if (power >= -scale)
		{
			if (!AppendDigit(&count, digit))
				return DECIMAL_RANGE;
		}
		else if (digit != 0 && !round)
			return DECIMAL_TOO_FINE;
		else if (power == -scale - 1)
			up = digit >= 5;
		power--;
	}
	for (; power >= -scale && count != 0; power--)
	{
		if (!AppendDigit(&count, 0))
			return DECIMAL_RANGE;
	}
	if (count > PG_INT64_MAX - up)
		return DECIMAL_RANGE;
	*value = count + up;
	return DECIMAL_OK;
}

/*
 * DecimalParse reads a number as numeric would, from *pos on, and leaves *pos
 * behind it.  Decimals beyond the scale are rounded half away from zero, or
 * are a fault unless they are zeros.
 */
DecimalFault
DecimalParse(const char **pos, const char *end, int scale, bool round,
			 int64 *value)
{
	const char *p = *pos;
	const char *first;
	const char *last;
	bool		negative = p < end && *p == '-';
	int64		power;
	uint64		count;
	DecimalFault fault;

	if (p < end && (*p == '-' || *p == '+'))
		p++;
	first = p;
	while (IsDigit(p, end))
		p++;
	power = p - first - 1;
	if (p < end && *p == '.')
		p++;
	while (IsDigit(p, end))
		p++;
	last = p;
	if (!IsDigit(first, last) && !IsDigit(first + 1, last))
		return DECIMAL_SYNTAX;
	power += ParseExponent(&p, end);
	*pos = p;
	fault = ScaleDigits(first, last, power, scale, round, &count);
	if (fault == DECIMAL_OK)
		*value = negative ? -(int64) count : (int64) count;
	return fault;
}

/*
 * DecimalFromNumeric converts as DecimalParse does; the text form of a
 * numeric is exact and cheaper than arithmetic on numerics.
 */
DecimalFault
DecimalFromNumeric(Numeric number, int scale, bool round, int64 *value)
{
	char	   *text;
	const char *pos;
	DecimalFault fault;

	if (numeric_is_nan(number) || numeric_is_inf(number))
		return DECIMAL_NOT_FINITE;
	text = DatumGetCString(DirectFunctionCall1(numeric_out,
											   NumericGetDatum(number)));
	pos = text;
	fault = DecimalParse(&pos, text + strlen(text), scale, round, value);
	pfree(text);
	return fault;
}

/*
 * DecimalToNumeric gives a numeric with exactly so many decimals.
 */
Numeric
DecimalToNumeric(int64 value, int scale)
{
	return int64_div_fast_to_numeric(value, scale);
}

/*
 * DecimalPrint writes the number, without a terminating zero, and returns the
 * end.  The buffer needs MAXINT8LEN + 2 bytes; the scale is at most 6.  trim
 * leaves trailing zeros away.
 */
char *
DecimalPrint(char *buffer, int64 value, int scale, bool trim)
{
	uint64		count = value < 0 ? -(uint64) value : (uint64) value;
	uint32		fraction = count % power_of_ten[scale];

	if (value < 0)
		*buffer++ = '-';
	buffer += pg_ulltoa_n(count / power_of_ten[scale], buffer);
	while (trim && scale > 0 && fraction % 10 == 0)
	{
		fraction /= 10;
		scale--;
	}
	if (scale > 0)
	{
		*buffer++ = '.';
		buffer = pg_ultostr_zeropad(buffer, fraction, scale);
	}
	return buffer;
}

/*
 * DivideRounded divides and rounds half away from zero.  The divisor is
 * positive.
 */
int128
DivideRounded(int128 dividend, int128 divisor)
{
	int128		quotient = dividend / divisor;
	int128		rest = dividend % divisor;

	if (rest < 0)
		rest = -rest;
	if (rest >= divisor - rest)
		quotient += dividend < 0 ? -1 : 1;
	return quotient;
}

/*
 * NumericDivideRounded divides to a whole number, exactly, and rounds half
 * away from zero.  Both are finite and the divisor is not zero.
 */
Numeric
NumericDivideRounded(Numeric dividend, Numeric divisor)
{
	Datum		x = DirectFunctionCall1(numeric_abs, NumericGetDatum(dividend));
	Datum		y = DirectFunctionCall1(numeric_abs, NumericGetDatum(divisor));
	Datum		quotient = DirectFunctionCall2(numeric_div_trunc, x, y);
	Datum		rest = DirectFunctionCall2(numeric_sub, x,
										   DirectFunctionCall2(numeric_mul,
															   quotient, y));
	Datum		sign;

	if (DatumGetBool(DirectFunctionCall2(numeric_ge,
										 DirectFunctionCall2(numeric_add,
															 rest, rest), y)))
		quotient = DirectFunctionCall1(numeric_inc, quotient);
	sign = DirectFunctionCall2(numeric_mul,
							   DirectFunctionCall1(numeric_sign,
												   NumericGetDatum(dividend)),
							   DirectFunctionCall1(numeric_sign,
												   NumericGetDatum(divisor)));
	return DatumGetNumeric(DirectFunctionCall2(numeric_mul, quotient, sign));
}
