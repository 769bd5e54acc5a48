/*
 * document_keys.c
 *		Lists the keys of each document, for its page of documentation.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "oms.h"

#include "funcapi.h"
#include "utils/builtins.h"

static void PutField(ReturnSetInfo *result, const char *path,
					 const DocField *field);

/*
 * KindName tells the kind of a value in a word or two.
 */
static const char *
KindName(DocKind kind)
{
	static const char *const names[] = {
		[DOC_TEXT] = "text", [DOC_CODE] = "code",
		[DOC_EMAIL] = "e-mail address", [DOC_GTIN] = "GTIN",
		[DOC_CATEGORY] = "category", [DOC_WORD] = "word",
		[DOC_CURRENCY] = "currency", [DOC_COUNTRY] = "country",
		[DOC_LANGUAGE] = "language", [DOC_TIME_ZONE] = "time zone",
		[DOC_TIMESTAMP] = "timestamp", [DOC_DATE] = "date",
		[DOC_TIME] = "time", [DOC_BOOL] = "boolean",
		[DOC_INTEGER] = "integer", [DOC_DECIMAL] = "decimal",
		[DOC_QUANTITY] = "quantity", [DOC_MONEY] = "money",
		[DOC_UNIT_PRICE] = "unit price", [DOC_LATITUDE] = "latitude",
		[DOC_LONGITUDE] = "longitude", [DOC_AMOUNT] = "amount",
		[DOC_PRICE] = "price", [DOC_FREE] = "free object",
		[DOC_OBJECT] = "object", [DOC_ARRAY] = "array", [DOC_MAP] = "map",
	};

	return names[kind];
}

/*
 * Bounds tells the limits of a value in words; an empty text if it has none
 * but those of its kind.
 */
static char *
Bounds(const DocField *field)
{
	StringInfoData text;

	initStringInfo(&text);
	if (field->kind == DOC_WORD)
		for (const char *const *word = field->words; *word != NULL; word++)
			appendStringInfo(&text, "%s%s", text.len > 0 ? ", " : "", *word);
	else if (field->kind == DOC_TEXT)
		appendStringInfo(&text, "up to " INT64_FORMAT " characters%s",
						 field->max,
						 field->flags & DOC_BLANK ? "" : ", not blank");
	else if (field->kind == DOC_ARRAY)
		appendStringInfo(&text, INT64_FORMAT " to " INT64_FORMAT " elements",
						 field->min, field->max ? field->max : DOC_ARRAY_MAX);
	else if (field->kind == DOC_MAP)
		appendStringInfo(&text, "up to " INT64_FORMAT " keys",
						 field->max ? field->max : DOC_MAP_MAX);
	else if (field->min != 0 || field->max != 0)
		appendStringInfo(&text, field->flags & DOC_POSITIVE ?
						 "above " INT64_FORMAT " to " INT64_FORMAT :
						 INT64_FORMAT " to " INT64_FORMAT,
						 field->min, field->max);
	else if (field->flags & DOC_POSITIVE)
		appendStringInfoString(&text, "above 0");
	return text.data;
}

/*
 * PutShape puts the keys of an object.
 */
static void
PutShape(ReturnSetInfo *result, const char *path, const DocShape *shape)
{
	for (const DocField *field = shape->fields; field->key != NULL; field++)
		PutField(result, psprintf("%s%s%s", path, *path ? "." : "",
								  field->key), field);
}

/*
 * PutField puts a key and all that is below it. Elements of an array have the
 * path of the array and [], values of a map *.
 */
static void
PutField(ReturnSetInfo *result, const char *path, const DocField *field)
{
	Datum		values[5];
	bool		nulls[5] = {false};

	values[0] = CStringGetTextDatum(path);
	values[1] = CStringGetTextDatum(KindName(field->kind));
	values[2] = BoolGetDatum(field->flags & DOC_REQUIRED);
	values[3] = BoolGetDatum(field->flags & DOC_NULL);
	values[4] = CStringGetTextDatum(Bounds(field));
	if (*path != '\0')
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	if (field->kind == DOC_OBJECT)
		PutShape(result, path, field->shape);
	else if (field->kind == DOC_ARRAY && field->element->kind == DOC_OBJECT)
		PutShape(result, psprintf("%s[]", path), field->element->shape);
	else if (field->kind == DOC_ARRAY)
		PutField(result, psprintf("%s[]", path), field->element);
	else if (field->kind == DOC_MAP)
		PutField(result, psprintf("%s.*", path), field->element);
}

/*
 * oms_document_keys lists the keys of a kind of document.
 */
PG_FUNCTION_INFO_V1(oms_document_keys);
Datum
oms_document_keys(PG_FUNCTION_ARGS)
{
	const Document *kind = DocumentFind(text_to_cstring(PG_GETARG_TEXT_PP(0)));

	InitMaterializedSRF(fcinfo, 0);
	PutField((ReturnSetInfo *) fcinfo->resultinfo, "", &kind->root);
	return (Datum) 0;
}
