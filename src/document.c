/*
 * document.c
 *		Checks JSON documents against their shapes and reports all faults of a
 *		document at once.
 *
 * Copyright (c) 2026, the oms contributors
 *
 * A fault is a JSON path and a reason in words. Nothing is looked up here:
 * that a document passes means that it can be read, not that its codes exist.
 */
#include "oms.h"

#include <ctype.h>

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/varlena.h"

#define DOCUMENT_BYTES_MAX	(1024 * 1024)
#define IMPORT_BYTES_MAX	(64 * 1024 * 1024)
#define LISTED_MAX			50	/* faults that are spelled out */
#define SHOWN_KEY_MAX		60	/* bytes of a key in a path */
#define GUESSED_KEY_MAX		40	/* bytes of a key that may be a slip */

/* A place in a document: a key or an index below another place */
typedef struct Place
{
	const struct Place *parent;
	const char *key;			/* NULL: an element of an array */
	int			length;
	int			index;
} Place;

static void CheckValue(Faults *faults, const Place *place,
					   const DocField *field, const JsonbValue *value);

/*
 * FaultsInit begins a list without faults, in the current memory context.
 */
void
FaultsInit(Faults *faults)
{
	initStringInfo(&faults->text);
	faults->count = 0;
}

/*
 * FaultAdd adds a fault: a path such as $.lines[0].sku and a reason that has
 * it as its subject. Beyond the first 50 they are only counted.
 */
void
FaultAdd(Faults *faults, const char *path, const char *format,...)
{
	va_list		args;
	int			needed;

	if (faults->count++ >= LISTED_MAX)
		return;
	if (faults->text.len > 0)
		appendStringInfoChar(&faults->text, '\n');
	appendStringInfo(&faults->text, "%s: ", path);
	do
	{
		va_start(args, format);
		needed = appendStringInfoVA(&faults->text, format, args);
		va_end(args);
		if (needed > 0)
			enlargeStringInfo(&faults->text, needed);
	} while (needed > 0);
}

/*
 * FaultsText is the list of faults, a line each; call it once.
 */
char *
FaultsText(Faults *faults)
{
	if (faults->count > LISTED_MAX)
		appendStringInfo(&faults->text, "\nand %d more",
						 faults->count - LISTED_MAX);
	return faults->text.data;
}

/*
 * FaultsRaise raises OM007 if there are faults. The name is that of the
 * document, such as order.
 */
void
FaultsRaise(Faults *faults, const char *name)
{
	if (faults->count == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OMS_INVALID_DOCUMENT),
			 errmsg_plural("%s document has %d fault",
						   "%s document has %d faults",
						   faults->count, name, faults->count),
			 errdetail_internal("%s", FaultsText(faults)),
			 errhint("The keys of each document are described in doc/document.md.")));
}

/*
 * AppendPlace writes the path of a place; a key that is no plain word is
 * quoted.
 */
static void
AppendPlace(StringInfo path, const Place *place)
{
	bool		plain = true;
	char	   *key;

	if (place == NULL)
	{
		appendStringInfoChar(path, '$');
		return;
	}
	AppendPlace(path, place->parent);
	if (place->key == NULL)
	{
		appendStringInfo(path, "[%d]", place->index);
		return;
	}
	key = pnstrdup(place->key, pg_mbcliplen(place->key, place->length,
											SHOWN_KEY_MAX));
	for (const char *c = key; *c != '\0'; c++)
		plain = plain && (isalnum((unsigned char) *c) || *c == '_');
	appendStringInfoChar(path, '.');
	if (plain && *key != '\0')
		appendStringInfoString(path, key);
	else
		escape_json(path, key);
}

/*
 * AddAt adds a fault at a place. Of a document with very many, the path is
 * made only for those that are spelled out.
 */
static void
AddAt(Faults *faults, const Place *place, const char *reason)
{
	StringInfoData path;

	if (faults->count >= LISTED_MAX)
	{
		faults->count++;
		return;
	}
	initStringInfo(&path);
	AppendPlace(&path, place);
	FaultAdd(faults, path.data, "%s", reason);
}

/*
 * GuessKey finds the key of a shape that a misspelled one is most like; NULL
 * if none is.
 */
static const char *
GuessKey(const DocShape *shape, const char *key, int length)
{
	const char *guess = NULL;
	int			nearest = Min(3, length / 2 + 1);

	if (length > GUESSED_KEY_MAX)
		return NULL;
	for (const DocField *field = shape->fields; field->key != NULL; field++)
	{
		int			distance = varstr_levenshtein_less_equal(key, length,
															 field->key,
															 strlen(field->key),
															 1, 1, 1,
															 nearest, true);

		if (distance < nearest)
		{
			nearest = distance;
			guess = field->key;
		}
	}
	return guess;
}

/*
 * AddUnknown adds the fault of a key that the shape doesn't have.
 */
static void
AddUnknown(Faults *faults, const Place *place, const DocShape *shape)
{
	const char *guess = NULL;

	if (faults->count < LISTED_MAX)
		guess = GuessKey(shape, place->key, place->length);
	AddAt(faults, place, guess == NULL ? "is not a known key" :
		  psprintf("is not a known key, did you mean \"%s\"?", guess));
}

/*
 * HasField tells whether a shape has a key.
 */
static bool
HasField(const DocShape *shape, const char *key, int length)
{
	for (const DocField *field = shape->fields; field->key != NULL; field++)
		if (strncmp(field->key, key, length) == 0 &&
			field->key[length] == '\0')
			return true;
	return false;
}

/*
 * FindUnknown adds a fault for each key that the shape doesn't have.
 */
static void
FindUnknown(Faults *faults, const Place *place, const DocShape *shape,
			JsonbContainer *object)
{
	JsonbIterator *iterator = JsonbIteratorInit(object);
	JsonbValue	key;
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(&iterator, &key, true)) != WJB_DONE)
	{
		Place		below = {place};

		CHECK_FOR_INTERRUPTS();
		if (token != WJB_KEY ||
			HasField(shape, key.val.string.val, key.val.string.len))
			continue;
		below.key = key.val.string.val;
		below.length = key.val.string.len;
		AddUnknown(faults, &below, shape);
	}
}

/*
 * CheckObject checks an object against its shape, in the order of the shape:
 * each key, then those that are too many, then how they fit together.
 */
static void
CheckObject(Faults *faults, const Place *place, const DocShape *shape,
			JsonbContainer *object)
{
	int			before = faults->count;
	int			found = 0;
	const char *reason;

	for (const DocField *field = shape->fields; field->key != NULL; field++)
	{
		Place		below = {place, field->key, strlen(field->key)};
		JsonbValue	value;

		if (getKeyJsonValueFromContainer(object, below.key, below.length,
										 &value) != NULL)
		{
			found++;
			CheckValue(faults, &below, field, &value);
		}
		else if (field->flags & DOC_REQUIRED)
			AddAt(faults, &below, "is required");
	}
	if (found < JsonContainerSize(object))
		FindUnknown(faults, place, shape, object);
	if (shape->check != NULL && faults->count == before &&
		(reason = shape->check(object)) != NULL)
		AddAt(faults, place, reason);
}

/*
 * CheckArray checks number and kind of the elements of an array.
 */
static void
CheckArray(Faults *faults, const Place *place, const DocField *field,
		   JsonbContainer *array)
{
	int64		count = JsonContainerSize(array);
	int64		max = field->max != 0 ? field->max : DOC_ARRAY_MAX;
	JsonbIterator *iterator;
	JsonbValue	value;
	JsonbIteratorToken token;
	Place		below = {place};

	if (count > max)
		AddAt(faults, place,
			  psprintf("must have at most " INT64_FORMAT " elements, has "
					   INT64_FORMAT, max, count));
	else if (count < field->min)
		AddAt(faults, place, "must not be empty");
	if (count > max)
		return;
	iterator = JsonbIteratorInit(array);
	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		CHECK_FOR_INTERRUPTS();
		if (token != WJB_ELEM)
			continue;
		CheckValue(faults, &below, field->element, &value);
		below.index++;
	}
}

/*
 * CheckMap checks an object whose keys are the caller's own.
 */
static void
CheckMap(Faults *faults, const Place *place, const DocField *field,
		 JsonbContainer *map)
{
	int64		count = JsonContainerSize(map);
	int64		max = field->max != 0 ? field->max : DOC_MAP_MAX;
	JsonbIterator *iterator;
	JsonbValue	key;
	JsonbValue	value;
	JsonbIteratorToken token;

	if (count > max)
	{
		AddAt(faults, place,
			  psprintf("must have at most " INT64_FORMAT " keys, has "
					   INT64_FORMAT, max, count));
		return;
	}
	iterator = JsonbIteratorInit(map);
	while ((token = JsonbIteratorNext(&iterator, &key, true)) != WJB_DONE)
	{
		static const DocField code = {.kind = DOC_CODE};
		Place		below = {place};
		char	   *reason;

		if (token != WJB_KEY)
			continue;
		(void) JsonbIteratorNext(&iterator, &value, true);
		below.key = key.val.string.val;
		below.length = key.val.string.len;
		reason = DocValueFault(&code, &key);
		if (reason != NULL)
			AddAt(faults, &below, psprintf("as a key %s", reason));
		CheckValue(faults, &below, field->element, &value);
	}
}

/*
 * CheckValue checks a value and all that is in it. It recurses as deep as
 * shapes are nested, not as deep as the document is.
 */
static void
CheckValue(Faults *faults, const Place *place, const DocField *field,
		   const JsonbValue *value)
{
	bool		array = field->kind == DOC_ARRAY;
	JsonbContainer *container;
	char	   *reason;

	if (value->type == jbvNull)
	{
		if (!(field->flags & DOC_NULL))
			AddAt(faults, place, "must not be null");
		return;
	}
	if (field->kind < DOC_OBJECT)
	{
		reason = DocValueFault(field, value);
		if (reason != NULL)
			AddAt(faults, place, reason);
		return;
	}
	container = value->type == jbvBinary ? value->val.binary.data : NULL;
	if (container == NULL || JsonContainerIsArray(container) != array)
		AddAt(faults, place, DocUnfit(array ? "an array" : "an object", value));
	else if (field->kind == DOC_OBJECT)
		CheckObject(faults, place, field->shape, container);
	else if (array)
		CheckArray(faults, place, field, container);
	else
		CheckMap(faults, place, field, container);
}

/*
 * DocumentCheck adds the faults of a document, which may be NULL, to a list.
 */
void
DocumentCheck(Jsonb *document, const Document *kind, Faults *faults)
{
	JsonbValue	root;
	int			max_bytes = kind->import ? IMPORT_BYTES_MAX : DOCUMENT_BYTES_MAX;

	if (document == NULL)
		FaultAdd(faults, "$", "must not be null");
	else if (VARSIZE(document) > max_bytes)
		FaultAdd(faults, "$", "must have at most %d bytes, has %zu",
				 max_bytes, (size_t) VARSIZE(document));
	else if (JB_ROOT_IS_SCALAR(document))
	{
		(void) JsonbExtractScalar(&document->root, &root);
		CheckValue(faults, NULL, &kind->root, &root);
	}
	else
	{
		root.type = jbvBinary;
		root.val.binary.data = &document->root;
		root.val.binary.len = VARSIZE(document) - VARHDRSZ;
		CheckValue(faults, NULL, &kind->root, &root);
	}
}

/*
 * DocumentRequire raises OM007 with all faults of a document, or returns its
 * root to read from.
 */
JsonbContainer *
DocumentRequire(Jsonb *document, const Document *kind)
{
	Faults		faults;

	FaultsInit(&faults);
	DocumentCheck(document, kind, &faults);
	FaultsRaise(&faults, kind->name);
	return &document->root;
}

/* All there are */
static const Document *const documents[] = {
	&ChannelDocument, &LocationDocument, &ProductDocument, &SkuDocument,
	&PriceDocument, &StockBufferDocument, &CustomerDocument,
	&ShippingServiceDocument,
	&TaxRateDocument, &TaxRatesDocument, &FxRatesDocument,
	&SupplierDocument, &PurchaseOrderDocument, &BillDocument,
	&ConfirmationLinesDocument, &ReceiptLinesDocument, &OrderDocument,
	&OrderEditDocument,
	&PaymentDocument, &PaymentResultDocument, &GiftCardDocument,
	&FulfillmentOptionsDocument, &PackagesDocument,
	&TrackingDocument, &CancelLinesDocument, &ReturnLinesDocument,
	&InspectionLinesDocument, &ReturnLabelDocument, &ReturnReasonDocument,
	&ReturnPolicyDocument, &RoutingRuleDocument, &RouteLinesDocument,
	&RouteOptionsDocument, &SettlementLinesDocument, &InvoiceSeriesDocument,
	&DunningLevelDocument,
	&ChargebackDocument, &ReplenishmentPolicyDocument,
	NULL
};

/*
 * DocumentFind finds a kind of document by its name or raises 22023.
 */
const Document *
DocumentFind(const char *kind)
{
	StringInfoData known;

	initStringInfo(&known);
	for (int i = 0; documents[i] != NULL; i++)
	{
		if (strcmp(documents[i]->kind, kind) == 0)
			return documents[i];
		appendStringInfo(&known, "%s%s", i > 0 ? ", " : "", documents[i]->kind);
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unknown kind of document \"%s\"", kind),
			 errhint("The kinds are %s.", known.data)));
}

/*
 * oms_check_document returns a document without faults and raises OM007 for
 * any other, null among them.
 */
PG_FUNCTION_INFO_V1(oms_check_document);
Datum
oms_check_document(PG_FUNCTION_ARGS)
{
	const Document *kind;

	RequireStore();
	if (PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("kind of document must not be null")));
	kind = DocumentFind(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	(void) DocumentRequire(PG_ARGISNULL(0) ? NULL : PG_GETARG_JSONB_P(0), kind);
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}
