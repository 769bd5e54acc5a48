/*
 * document_value.c
 *		Checks of the single values in a JSON document.
 *
 * Each check returns NULL, or what is wrong in words that complete a sentence
 * about the value: "must be greater than 0, is -1".
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "oms.h"

#include <ctype.h>

#include "mb/pg_wchar.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/json.h"

#define EMAIL_MAX		254
#define CATEGORY_MAX	1000
#define LABEL_MAX		255
#define FREE_DEPTH_MAX	32
#define SHOWN_MAX		40		/* characters of a value in a message */
#define SHOWN_SCALE		20		/* decimals of a number in a message */

/*
 * ShowNumber writes a number as the document has it; one that is very large or
 * fine only in outline, because a few bytes of JSON can be a number of a
 * hundred thousand digits.
 */
static char *
ShowNumber(Numeric number)
{
	Datum		datum = NumericGetDatum(number);
	Quantity	quantity;

	if (DecimalFromNumeric(number, QUANTITY_DECIMALS, true,
						   &quantity) != DECIMAL_OK)
		return pstrdup("a number of more than 12 digits");
	if (DatumGetInt32(DirectFunctionCall1(numeric_scale, datum)) > SHOWN_SCALE)
		return psprintf("about %s", QuantityToString(quantity));
	return DatumGetCString(DirectFunctionCall1(numeric_out, datum));
}

/*
 * DocShow describes a value for a message.
 */
char *
DocShow(const JsonbValue *value)
{
	StringInfoData text;
	char	   *string;
	int			length;

	switch (value->type)
	{
		case jbvNull:
			return pstrdup("null");
		case jbvBool:
			return pstrdup(value->val.boolean ? "true" : "false");
		case jbvNumeric:
			return ShowNumber(value->val.numeric);
		case jbvString:
			length = pg_mbcharcliplen(value->val.string.val,
									  value->val.string.len, SHOWN_MAX);
			string = pnstrdup(value->val.string.val, length);
			initStringInfo(&text);
			escape_json(&text, string);
			if (length < value->val.string.len)
				appendStringInfoString(&text, "...");
			return text.data;
		default:
			return pstrdup(value->type == jbvBinary &&
						   JsonContainerIsArray(value->val.binary.data) ?
						   "an array" : "an object");
	}
}

/*
 * DocUnfit says what a value must be, and what it is.
 */
char *
DocUnfit(const char *rule, const JsonbValue *value)
{
	return psprintf("must be %s, is %s", rule, DocShow(value));
}

/*
 * IsBlank tells whether a string has nothing but white space.
 */
static bool
IsBlank(const JsonbValue *string)
{
	for (int i = 0; i < string->val.string.len; i++)
		if (!isspace((unsigned char) string->val.string.val[i]))
			return false;
	return true;
}

/*
 * HasControl tells whether a string has control characters of ASCII.
 */
static bool
HasControl(const JsonbValue *string)
{
	for (int i = 0; i < string->val.string.len; i++)
	{
		unsigned char c = string->val.string.val[i];

		if (c < ' ' || c == 0x7f)
			return true;
	}
	return false;
}

/*
 * CheckText wants a string of at most field->max characters.
 */
static char *
CheckText(const DocField *field, const JsonbValue *value)
{
	int			length;

	if (value->type != jbvString)
		return DocUnfit("text", value);
	length = pg_mbstrlen_with_len(value->val.string.val,
								  value->val.string.len);
	if (length > field->max)
		return psprintf("must have at most %d characters, has %d",
						(int) field->max, length);
	if (!(field->flags & DOC_BLANK) && IsBlank(value))
		return pstrdup("must not be blank");
	return NULL;
}

/*
 * CheckCode wants what people can read, type and search.
 */
static char *
CheckCode(const DocField *field, const JsonbValue *value)
{
	const char *code = value->val.string.val;
	int			length;

	if (value->type != jbvString)
		return DocUnfit("text", value);
	if (IsBlank(value))
		return pstrdup("must not be blank");
	length = pg_mbstrlen_with_len(code, value->val.string.len);
	if (length > DOC_CODE_MAX)
		return psprintf("must have at most %d characters, has %d",
						DOC_CODE_MAX, length);
	if (HasControl(value))
		return psprintf("must not have control characters, is %s",
						DocShow(value));
	if (code[0] == ' ' || code[value->val.string.len - 1] == ' ')
		return psprintf("must not begin or end with a space, is %s",
						DocShow(value));
	return NULL;
}

/*
 * CheckEmail wants something before and after an @, and leaves the rest to
 * the mail server.
 */
static char *
CheckEmail(const DocField *field, const JsonbValue *value)
{
	const char *email = value->val.string.val;
	const char *at;

	if (value->type != jbvString)
		return DocUnfit("an e-mail address", value);
	at = memchr(email, '@', value->val.string.len);
	if (at == NULL || at == email ||
		at == email + value->val.string.len - 1 ||
		value->val.string.len > EMAIL_MAX || HasControl(value) ||
		memchr(email, ' ', value->val.string.len) != NULL)
		return DocUnfit("an e-mail address", value);
	return NULL;
}

/*
 * PassesDomain asks the check of a domain, so that document and table agree.
 */
static bool
PassesDomain(PGFunction check, const JsonbValue *value)
{
	return value->type == jbvString &&
		DatumGetBool(DirectFunctionCall1(check,
										 PointerGetDatum(cstring_to_text_with_len(value->val.string.val,
																				  value->val.string.len))));
}

/*
 * CheckGtin wants digits with the right check digit.
 */
static char *
CheckGtin(const DocField *field, const JsonbValue *value)
{
	return PassesDomain(oms_is_gtin, value) ? NULL :
		DocUnfit("a GTIN of 8, 12, 13 or 14 digits with its check digit", value);
}

/*
 * CheckCountry wants a country's two letters.
 */
static char *
CheckCountry(const DocField *field, const JsonbValue *value)
{
	return PassesDomain(oms_is_country, value) ? NULL :
		DocUnfit("a country of ISO 3166-1 such as PT", value);
}

/*
 * CheckLanguage wants a language tag.
 */
static char *
CheckLanguage(const DocField *field, const JsonbValue *value)
{
	return PassesDomain(oms_is_language, value) ? NULL :
		DocUnfit("a language such as en or pt-BR", value);
}

/*
 * CheckCategory wants labels of letters, digits and underscores with points
 * between them.
 */
static char *
CheckCategory(const DocField *field, const JsonbValue *value)
{
	const char *rule = "a path of labels such as apparel.shirts";
	int			label = 0;

	if (value->type != jbvString || value->val.string.len > CATEGORY_MAX)
		return DocUnfit(rule, value);
	for (int i = 0; i < value->val.string.len; i++)
	{
		unsigned char c = value->val.string.val[i];

		if (c == '.' ? label == 0 :
			!isalnum(c) && c != '_' && !IS_HIGHBIT_SET(c))
			return DocUnfit(rule, value);
		label = c == '.' ? 0 : label + 1;
		if (label > LABEL_MAX)
			return DocUnfit(rule, value);
	}
	return label == 0 ? DocUnfit(rule, value) : NULL;
}

/*
 * CheckWord wants one of the words of the field.
 */
static char *
CheckWord(const DocField *field, const JsonbValue *value)
{
	StringInfoData rule;

	initStringInfo(&rule);
	for (const char *const *word = field->words; *word != NULL; word++)
	{
		if (value->type == jbvString &&
			strlen(*word) == value->val.string.len &&
			memcmp(*word, value->val.string.val, value->val.string.len) == 0)
			return NULL;
		appendStringInfo(&rule, "%s%s", word == field->words ? "one of " : ", ",
						 *word);
	}
	return DocUnfit(rule.data, value);
}

/*
 * CheckCurrency wants a currency that amounts can be in.
 */
static char *
CheckCurrency(const DocField *field, const JsonbValue *value)
{
	if (value->type != jbvString ||
		CurrencyFromCode(value->val.string.val, value->val.string.len) == 0)
		return DocUnfit("a currency of ISO 4217 such as EUR", value);
	return NULL;
}

/*
 * CheckTimeZone wants a time zone that the server knows.
 */
static char *
CheckTimeZone(const DocField *field, const JsonbValue *value)
{
	const char *rule = "a time zone such as Europe/Lisbon";
	pg_tz	   *zone;

	if (value->type != jbvString || value->val.string.len == 0 ||
		value->val.string.len > TZ_STRLEN_MAX)
		return DocUnfit(rule, value);
	zone = pg_tzset(pnstrdup(value->val.string.val, value->val.string.len));
	return zone != NULL && pg_tz_acceptable(zone) ? NULL : DocUnfit(rule, value);
}

/*
 * CheckTimestamp wants date and time of ISO 8601.
 */
static char *
CheckTimestamp(const DocField *field, const JsonbValue *value)
{
	TimestampTz timestamp;

	if (value->type != jbvString ||
		!IsoTimestamp(value->val.string.val, value->val.string.len, &timestamp))
		return DocUnfit("a timestamp such as 2026-11-02T10:15:00Z", value);
	return NULL;
}

/*
 * CheckDate wants a date of ISO 8601.
 */
static char *
CheckDate(const DocField *field, const JsonbValue *value)
{
	DateADT		date;

	if (value->type != jbvString ||
		!IsoDate(value->val.string.val, value->val.string.len, &date))
		return DocUnfit("a date such as 2026-11-02", value);
	return NULL;
}

/*
 * CheckTime wants hours and minutes, perhaps seconds.
 */
static char *
CheckTime(const DocField *field, const JsonbValue *value)
{
	if (value->type != jbvString ||
		!IsoTime(value->val.string.val, value->val.string.len))
		return DocUnfit("a time of the day such as 14:00", value);
	return NULL;
}

/*
 * CheckBool wants true or false.
 */
static char *
CheckBool(const DocField *field, const JsonbValue *value)
{
	return value->type == jbvBool ? NULL : DocUnfit("true or false", value);
}

/*
 * CheckFree wants an object, of whatever but not too deep.
 */
static char *
CheckFree(const DocField *field, const JsonbValue *value)
{
	JsonbIterator *iterator;
	JsonbValue	item;
	JsonbIteratorToken token;
	int			depth = 0;

	if (value->type != jbvBinary ||
		!JsonContainerIsObject(value->val.binary.data))
		return DocUnfit("an object", value);
	iterator = JsonbIteratorInit(value->val.binary.data);
	while ((token = JsonbIteratorNext(&iterator, &item, false)) != WJB_DONE)
	{
		if (token == WJB_BEGIN_OBJECT || token == WJB_BEGIN_ARRAY)
			depth++;
		else if (token == WJB_END_OBJECT || token == WJB_END_ARRAY)
			depth--;
		if (depth > FREE_DEPTH_MAX)
			return psprintf("must not be nested deeper than %d levels",
							FREE_DEPTH_MAX);
	}
	return NULL;
}

/*
 * DocValueFault checks a value that is neither null nor of a kind that holds
 * other values.
 */
char *
DocValueFault(const DocField *field, const JsonbValue *value)
{
	static char *(*const check[]) (const DocField *, const JsonbValue *) =
	{
		[DOC_TEXT] = CheckText, [DOC_CODE] = CheckCode,
		[DOC_EMAIL] = CheckEmail, [DOC_GTIN] = CheckGtin,
		[DOC_CATEGORY] = CheckCategory, [DOC_WORD] = CheckWord,
		[DOC_CURRENCY] = CheckCurrency, [DOC_COUNTRY] = CheckCountry,
		[DOC_LANGUAGE] = CheckLanguage, [DOC_TIME_ZONE] = CheckTimeZone,
		[DOC_TIMESTAMP] = CheckTimestamp, [DOC_DATE] = CheckDate,
		[DOC_TIME] = CheckTime, [DOC_BOOL] = CheckBool,
		[DOC_INTEGER] = DocNumberFault, [DOC_DECIMAL] = DocNumberFault,
		[DOC_QUANTITY] = DocNumberFault, [DOC_MONEY] = DocNumberFault,
		[DOC_UNIT_PRICE] = DocNumberFault, [DOC_LATITUDE] = DocNumberFault,
		[DOC_LONGITUDE] = DocNumberFault, [DOC_AMOUNT] = DocNumberFault,
		[DOC_PRICE] = DocNumberFault, [DOC_FREE] = CheckFree,
	};

	Assert(field->kind < lengthof(check));
	return check[field->kind] (field, value);
}
