/*
 * pricing.c
 *		Finds prices and tax rates.
 *
 * Each is one query of a few index probes, however long the lists are; what
 * its rows mean beside each other is said in the comments of the tables.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/tuplestore.h"

/* The price that counts among those of a scope */
typedef struct PriceChoice
{
	Quantity	quantity;		/* that is ordered */
	TimestampTz at;
	Numeric		price;			/* best so far, NULL for none, with its */
	Quantity	min_quantity;
	TimestampTz valid_from;
} PriceChoice;

/*
 * ChoosePrice takes a price if it fits and counts before the best so far.
 */
static bool
ChoosePrice(void *context, const Datum *values, const bool *nulls)
{
	PriceChoice *choice = context;
	Quantity	min_quantity = DatumGetQuantity(values[1]);
	TimestampTz valid_from = DatumGetTimestampTz(values[2]);

	if (min_quantity > choice->quantity || valid_from > choice->at ||
		DatumGetTimestampTz(values[3]) <= choice->at)
		return true;
	if (choice->price != NULL &&
		(min_quantity < choice->min_quantity ||
		 (min_quantity == choice->min_quantity &&
		  valid_from < choice->valid_from)))
		return true;
	choice->price = DatumGetNumericCopy(values[0]);
	choice->min_quantity = min_quantity;
	choice->valid_from = valid_from;
	return true;
}

/*
 * PriceFind finds the unit price of a SKU at a quantity, NULL if there is none.
 * The first scope that has a price counts, from the narrowest to the widest;
 * group may be NULL and channel_id 0.  The price is in the current memory
 * context.
 */
Numeric
PriceFind(int64 sku_id, Quantity quantity, int32 channel_id,
		  const char *group, const char *currency, TimestampTz at)
{
	static StoreTable prices = {
		"prices",
		"price numeric, min_quantity oms.quantity, "
		"valid_from timestamptz, valid_until timestamptz"
	};
	static StoreIndex by_scope = {
		"prices_scope_key",
		"sku_id, currency, coalesce(channel_id, 0), coalesce(customer_group, '')",
		"bigint, text, integer, text", 4
	};
	PriceChoice choice = {quantity, at};
	Datum		keys[4] = {Int64GetDatum(sku_id), CStringGetTextDatum(currency)};

	for (int g = 0; g < 2; g++)
		for (int c = 0; c < 2 && choice.price == NULL; c++)
		{
			if ((g == 0 && group == NULL) || (c == 0 && channel_id == 0))
				continue;
			keys[2] = Int32GetDatum(c == 0 ? channel_id : 0);
			keys[3] = CStringGetTextDatum(g == 0 ? group : "");
			TableFind(&prices, &by_scope, keys, ChoosePrice, &choice);
		}
	return choice.price;
}

typedef struct TaxRow
{
	char	   *region;			/* NULL fits all */
	char	   *category;		/* NULL fits all */
	TaxRate		rate;
	DateADT		valid_from;
	DateADT		valid_until;
} TaxRow;

/* Rates of a country for the postcodes that begin so, in order of precedence */
typedef struct TaxPrefix
{
	char		prefix[POSTCODE_CHARS_MAX * MAX_MULTIBYTE_CHAR_LEN + 1];
	int			count;
	TaxRow	   *rows;
} TaxPrefix;

/*
 * ReadTaxRow reads a row of the query of LoadTaxRates() for a country.
 */
static TaxRow
ReadTaxRow(uint64 row, const char *country)
{
	TaxRow		tax;

	tax.region = RowText(row, 2);
	tax.category = RowText(row, 3);
	tax.rate.rate = DatumGetNumericCopy(RowDatum(row, 4, NULL));
	tax.rate.included = RowBool(row, 5);
	tax.rate.jurisdiction = tax.region == NULL ? pstrdup(country)
		: psprintf("%s-%s", country, tax.region);
	tax.valid_from = DatumGetDateADT(RowDatum(row, 6, NULL));
	tax.valid_until = DatumGetDateADT(RowDatum(row, 7, NULL));
	return tax;
}

/*
 * LoadTaxRates loads the rates of a country: a hash table of TaxPrefix, NULL
 * if it has none.
 */
static void *
LoadTaxRates(const char *key)
{
	static SavedPlan find = {
		"text, integer",
		"SELECT coalesce(postcode_prefix, ''), region, category, rate, included, "
		"       valid_from, valid_until "
		"FROM oms.tax_rates "
		"WHERE country = $1 AND coalesce(length(postcode_prefix), 0) <= $2 "
		"ORDER BY coalesce(postcode_prefix, ''), region NULLS LAST, "
		"         category NULLS LAST, valid_from DESC"
	};
	Datum		values[2] = {CStringGetTextDatum(key), Int32GetDatum(POSTCODE_CHARS_MAX)};
	int			n = PlanRunLatest(&find, values, NULL);
	TaxRow	   *rows = palloc(mul_size(sizeof(TaxRow), Max(n, 1)));
	HTAB	  **result = palloc0(sizeof(HTAB *));
	HASHCTL		control = {0};
	HTAB	   *prefixes;

	if (n == 0)
		return result;
	control.keysize = sizeof(((TaxPrefix *) NULL)->prefix);
	control.entrysize = sizeof(TaxPrefix);
	control.hcxt = CurrentMemoryContext;
	prefixes = hash_create("oms tax rates", 16, &control,
						   HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	for (int i = 0; i < n; i++)
	{
		bool		found;
		TaxPrefix  *prefix = hash_search(prefixes, RowText(i, 1), HASH_ENTER,
										 &found);

		rows[i] = ReadTaxRow(i, key);
		if (!found)
		{
			prefix->count = 0;
			prefix->rows = &rows[i];
		}
		prefix->count++;
	}
	*result = prefixes;
	return result;
}

/*
 * FitsTax tells whether a rate is for a region, category and day.
 */
static bool
FitsTax(const TaxRow *row, const char *region, const char *category, DateADT at)
{
	if (row->region != NULL &&
		(region == NULL || strcmp(row->region, region) != 0))
		return false;
	if (row->category != NULL &&
		(category == NULL || strcmp(row->category, category) != 0))
		return false;
	return row->valid_from <= at && row->valid_until > at;
}

/*
 * TaxRateFind finds the tax rate of a category at a destination; its rate is
 * NULL where there is none.  Region, postcode and category may be NULL.  The
 * longest prefix counts, then the order of the rows.
 */
TaxRate
TaxRateFind(const char *country, const char *region, const char *postcode,
			const char *category, DateADT at)
{
	static Kept kept = {{"tax_rates"}, LoadTaxRates};
	HTAB	   *prefixes = *(HTAB **) KeptFind(&kept, country);
	char	   *prefix = PostcodeNormal(postcode == NULL ? "" : postcode);

	for (int length = strlen(prefix); prefixes != NULL && length >= 0; length--)
	{
		TaxPrefix  *found;

		prefix[length] = '\0';
		found = hash_search(prefixes, prefix, HASH_FIND, NULL);
		for (int i = 0; found != NULL && i < found->count; i++)
			if (FitsTax(&found->rows[i], region, category, at))
				return found->rows[i].rate;
	}
	return (TaxRate) {NULL};
}

PG_FUNCTION_INFO_V1(oms_find_prices);

/*
 * oms_find_prices(sku_ids, quantities, channel_id, customer_group, currency,
 * at) is PricesFind() for SQL: rows (ordinal, price) in the order of the
 * arrays; none if one of them, currency or at is null.
 */
Datum
oms_find_prices(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	StoreScope	scope;
	Datum	   *sku_ids;
	Datum	   *quantities;
	int			n;
	int			m;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(4) ||
		PG_ARGISNULL(5))
		return (Datum) 0;
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), INT8OID, sizeof(int64),
					  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &sku_ids, NULL, &n);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), TypeNamed("oms.quantity"),
					  sizeof(Quantity), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
					  &quantities, NULL, &m);
	scope = StoreOpen();
	for (int i = 0; i < n; i++)
	{
		Numeric		price = i >= m ? NULL
			: PriceFind(DatumGetInt64(sku_ids[i]),
						DatumGetQuantity(quantities[i]),
						PG_ARGISNULL(2) ? 0 : PG_GETARG_INT32(2),
						PG_ARGISNULL(3) ? NULL
						: text_to_cstring(PG_GETARG_TEXT_PP(3)),
						text_to_cstring(PG_GETARG_TEXT_PP(4)),
						PG_GETARG_TIMESTAMPTZ(5));
		Datum		values[2] = {Int32GetDatum(i + 1), NumericGetDatum(price)};
		bool		nulls[2] = {false, price == NULL};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	StoreClose(scope);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(oms_find_tax_rates);

/*
 * oms_find_tax_rates(country, region, postcode, categories, at) is
 * TaxRatesFind() for SQL: rows (ordinal, rate, included) in the order of the
 * array; none if it or at is null.
 */
Datum
oms_find_tax_rates(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	char	   *texts[3];
	Datum	   *categories;
	bool	   *missing;
	int			n;
	StoreScope	scope;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(3) || PG_ARGISNULL(4))
		return (Datum) 0;
	for (int i = 0; i < 3; i++)
		texts[i] = PG_ARGISNULL(i) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(i));
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(3), TEXTOID, -1, false,
					  TYPALIGN_INT, &categories, &missing, &n);
	scope = StoreOpen();
	for (int i = 0; i < n; i++)
	{
		TaxRate		rate = {NULL};
		bool		none;
		Datum		values[3];
		bool		nulls[3] = {false};

		if (texts[0] != NULL)
			rate = TaxRateFind(texts[0], texts[1], texts[2], missing[i] ? NULL
							   : TextDatumGetCString(categories[i]),
							   PG_GETARG_DATEADT(4));
		none = rate.rate == NULL;
		values[0] = Int32GetDatum(i + 1);
		values[1] = NumericGetDatum(rate.rate);
		values[2] = BoolGetDatum(rate.included);
		nulls[1] = nulls[2] = none;
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	StoreClose(scope);
	return (Datum) 0;
}
