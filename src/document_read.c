/*
 * document_read.c
 *		Readers of documents that were checked: what they read is known to be
 *		there and well formed, or absent.
 *
 * Null counts as absent, and so does a blank text. Objects and arrays point
 * into the document, which must outlive them; all else is a copy.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "oms.h"

#include <ctype.h>

#include "utils/builtins.h"
#include "utils/float.h"

/*
 * DocFind finds the value of a key; false if it is absent. A NULL object has
 * no keys.
 */
bool
DocFind(JsonbContainer *object, const char *key, JsonbValue *value)
{
	return object != NULL &&
		getKeyJsonValueFromContainer(object, key, strlen(key), value) != NULL &&
		value->type != jbvNull;
}

/*
 * DocHas tells whether a key is there, null not counted.
 */
bool
DocHas(JsonbContainer *object, const char *key)
{
	JsonbValue	value;

	return DocFind(object, key, &value);
}

/*
 * StringOf copies a string; NULL if it is blank.
 */
static char *
StringOf(const JsonbValue *value)
{
	int			length = value->val.string.len;
	const char *text = value->val.string.val;
	bool		blank = true;

	for (int i = 0; i < length && blank; i++)
		blank = isspace((unsigned char) text[i]);
	return blank ? NULL : pnstrdup(text, length);
}

/*
 * DocText reads any kind that is written as text; NULL if absent.
 */
char *
DocText(JsonbContainer *object, const char *key)
{
	JsonbValue	value;

	return DocFind(object, key, &value) ? StringOf(&value) : NULL;
}

/*
 * DocBool reads true or false.
 */
bool
DocBool(JsonbContainer *object, const char *key, bool absent)
{
	JsonbValue	value;

	return DocFind(object, key, &value) ? value.val.boolean : absent;
}

/*
 * NumericOf reads a number that is written as a number or a string.
 */
static Numeric
NumericOf(const JsonbValue *value)
{
	if (value->type == jbvNumeric)
		return value->val.numeric;
	return DatumGetNumeric(DirectFunctionCall3(numeric_in,
											   CStringGetDatum(pnstrdup(value->val.string.val,
																		value->val.string.len)),
											   ObjectIdGetDatum(InvalidOid),
											   Int32GetDatum(-1)));
}

/*
 * DocNumeric reads a decimal, quantity, money or unit price; NULL if absent.
 */
Numeric
DocNumeric(JsonbContainer *object, const char *key)
{
	JsonbValue	value;

	return DocFind(object, key, &value) ? NumericOf(&value) : NULL;
}

/*
 * DocInteger reads an integer.
 */
int32
DocInteger(JsonbContainer *object, const char *key, int32 absent)
{
	Numeric		number = DocNumeric(object, key);

	if (number == NULL)
		return absent;
	return DatumGetInt32(DirectFunctionCall1(numeric_int4,
											 NumericGetDatum(number)));
}

/*
 * DocDouble reads degrees; NaN if absent.
 */
double
DocDouble(JsonbContainer *object, const char *key)
{
	Numeric		number = DocNumeric(object, key);

	if (number == NULL)
		return get_float8_nan();
	return DatumGetFloat8(DirectFunctionCall1(numeric_float8,
											  NumericGetDatum(number)));
}

/*
 * DocQuantity reads a quantity; false if absent.
 */
bool
DocQuantity(JsonbContainer *object, const char *key, Quantity *quantity)
{
	JsonbValue	value;

	return DocFind(object, key, &value) &&
		DocReadDecimal(&value, QUANTITY_DECIMALS, false,
					   quantity) == DECIMAL_OK;
}

/*
 * DocTimestamp reads a timestamp; false if absent.
 */
bool
DocTimestamp(JsonbContainer *object, const char *key, TimestampTz *timestamp)
{
	JsonbValue	value;

	return DocFind(object, key, &value) &&
		IsoTimestamp(value.val.string.val, value.val.string.len, timestamp);
}

/*
 * DocDate reads a date; false if absent.
 */
bool
DocDate(JsonbContainer *object, const char *key, DateADT *date)
{
	JsonbValue	value;

	return DocFind(object, key, &value) &&
		IsoDate(value.val.string.val, value.val.string.len, date);
}

/*
 * DocPrice reads an amount or a price and its currency; NULL if absent.
 */
Numeric
DocPrice(JsonbContainer *object, const char *key, int *currency)
{
	JsonbValue	value;
	JsonbValue	number;

	if (!DocFind(object, key, &value) ||
		!DocReadPrice(value.val.string.val, value.val.string.len,
					  &number, currency))
		return NULL;
	return NumericOf(&number);
}

/*
 * DocJsonb copies the value of a key, such as metadata; NULL if absent.
 */
Jsonb *
DocJsonb(JsonbContainer *object, const char *key)
{
	JsonbValue	value;

	return DocFind(object, key, &value) ? JsonbValueToJsonb(&value) : NULL;
}

/*
 * DocObject finds an object; NULL if absent.
 */
JsonbContainer *
DocObject(JsonbContainer *object, const char *key)
{
	JsonbValue	value;

	return DocFind(object, key, &value) ? value.val.binary.data : NULL;
}

/*
 * DocArray finds an array; NULL if absent.
 */
JsonbContainer *
DocArray(JsonbContainer *object, const char *key)
{
	return DocObject(object, key);
}

/*
 * DocCount counts the elements of an array, 0 if it is NULL.
 */
int
DocCount(JsonbContainer *array)
{
	return array == NULL ? 0 : JsonContainerSize(array);
}

/*
 * DocItem returns an element that is an object; the index counts from 0.
 */
JsonbContainer *
DocItem(JsonbContainer *array, int index)
{
	return getIthJsonbValueFromContainer(array, index)->val.binary.data;
}

/*
 * DocHash tells a repeated document from another one of the same reference; how
 * the JSON was written makes no difference.
 */
int64
DocHash(Jsonb *document)
{
	return DatumGetInt64(DirectFunctionCall2(jsonb_hash_extended,
											 JsonbPGetDatum(document),
											 Int64GetDatum(0)));
}
