/*
 * domain.c
 *		What the checks of oms.gtin, oms.country and oms.language ask.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "oms.h"

#include "utils/builtins.h"

#define GTIN_LENGTH_MAX		14

/*
 * The second letters of ISO 3166-1 alpha-2 codes by their first letter, and
 * XK, which the standard leaves to users and carriers use for Kosovo.
 */
static const char *const country_letters[] = {
	"DEFGILMOQRSTUWXZ",			/* A */
	"ABDEFGHIJLMNOQRSTVWYZ",	/* B */
	"ACDFGHIKLMNORUVWXYZ",		/* C */
	"EJKMOZ",					/* D */
	"CEGHRST",					/* E */
	"IJKMOR",					/* F */
	"ABDEFGHILMNPQRSTUWY",		/* G */
	"KMNRTU",					/* H */
	"DELMNOQRST",				/* I */
	"EMOP",						/* J */
	"EGHIMNPRWYZ",				/* K */
	"ABCIKRSTUVY",				/* L */
	"ACDEFGHKLMNOPQRSTUVWXYZ",	/* M */
	"ACEFGILOPRUZ",				/* N */
	"M",						/* O */
	"AEFGHKLMNRSTWY",			/* P */
	"A",						/* Q */
	"EOSUW",					/* R */
	"ABCDEGHIJKLMNORSTVXYZ",	/* S */
	"CDFGHJKLMNORTVWZ",			/* T */
	"AGMSYZ",					/* U */
	"ACEGINU",					/* V */
	"FS",						/* W */
	"K",						/* X */
	"ET",						/* Y */
	"AMW",						/* Z */
};

/*
 * IsGtinLength tells the lengths that GS1 gives out.
 */
static bool
IsGtinLength(int len)
{
	return len == 8 || len == 12 || len == 13 || len == GTIN_LENGTH_MAX;
}

/*
 * IsGtin checks length, digits and the check digit: from the right, digits
 * weigh 1, 3, 1, 3 ... and their sum is a multiple of 10 (GS1 General
 * Specifications, 7.9).  Zeros alone identify nothing.
 */
static bool
IsGtin(const char *digits, int len)
{
	int			sum = 0;

	if (!IsGtinLength(len))
		return false;
	for (int i = 0; i < len; i++)
	{
		if (digits[i] < '0' || digits[i] > '9')
			return false;
		sum += (digits[i] - '0') * ((len - i) % 2 == 0 ? 3 : 1);
	}
	return sum > 0 && sum % 10 == 0;
}

/*
 * Whether all characters are capitals of ASCII.
 */
static bool
IsUpper(const char *str, int len)
{
	for (int i = 0; i < len; i++)
		if (str[i] < 'A' || str[i] > 'Z')
			return false;
	return true;
}

/*
 * Whether all characters are small letters of ASCII.
 */
static bool
IsLower(const char *str, int len)
{
	for (int i = 0; i < len; i++)
		if (str[i] < 'a' || str[i] > 'z')
			return false;
	return true;
}

/*
 * Whether all characters are digits of ASCII.
 */
static bool
IsDigit(const char *str, int len)
{
	for (int i = 0; i < len; i++)
		if (str[i] < '0' || str[i] > '9')
			return false;
	return true;
}

/*
 * IsLanguage checks the shape of language[-Script][-REGION], each in the case
 * that RFC 5646 recommends: zh, pt-BR, es-419, zh-Hant-TW.
 */
static bool
IsLanguage(const char *str, int len)
{
	const char *end = str + len;
	const char *dash = memchr(str, '-', len);
	int			first = dash ? dash - str : len;

	if (first < 2 || first > 3 || !IsLower(str, first))
		return false;
	str += first;
	if (end - str >= 5 && IsUpper(str + 1, 1) && IsLower(str + 2, 3) &&
		(end - str == 5 || str[5] == '-'))
		str += 5;
	if (str == end)
		return true;
	return (end - str == 3 && IsUpper(str + 1, 2)) ||
		(end - str == 4 && IsDigit(str + 1, 3));
}

PG_FUNCTION_INFO_V1(oms_is_gtin);

/*
 * oms_is_gtin checks a GTIN-8, 12, 13 or 14.
 */
Datum
oms_is_gtin(PG_FUNCTION_ARGS)
{
	text	   *gtin = PG_GETARG_TEXT_PP(0);

	PG_RETURN_BOOL(IsGtin(VARDATA_ANY(gtin), VARSIZE_ANY_EXHDR(gtin)));
}

PG_FUNCTION_INFO_V1(oms_is_country);

/*
 * oms_is_country looks a code of two capital letters up.
 */
Datum
oms_is_country(PG_FUNCTION_ARGS)
{
	text	   *country = PG_GETARG_TEXT_PP(0);
	const char *code = VARDATA_ANY(country);

	PG_RETURN_BOOL(VARSIZE_ANY_EXHDR(country) == 2 && IsUpper(code, 2) &&
				   strchr(country_letters[code[0] - 'A'], code[1]) != NULL);
}

PG_FUNCTION_INFO_V1(oms_is_language);

/*
 * oms_is_language checks the shape of a language tag.
 */
Datum
oms_is_language(PG_FUNCTION_ARGS)
{
	text	   *tag = PG_GETARG_TEXT_PP(0);

	PG_RETURN_BOOL(IsLanguage(VARDATA_ANY(tag), VARSIZE_ANY_EXHDR(tag)));
}
