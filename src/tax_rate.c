/*
 * tax_rate.c
 *		Finds tax rates, which a session keeps by country.
 *
 * Rates for the beginnings of postcodes are found by a table of these, rates
 * for ranges of postcodes in a list by where the range begins; the rest of the
 * precedence is the order of the rows.
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

typedef struct TaxRow
{
	char	   *region;			/* NULL fits all */
	char	   *category;		/* NULL fits all but shipping */
	TaxRate		rate;
	DateADT		valid_from;
	DateADT		valid_until;
	char	   *postcode_from;	/* NULL: for no range */
	char	   *postcode_to;
	char	   *reach;			/* last postcode of this and all rows behind */
} TaxRow;

/* Rates of a country for the postcodes that begin so, in order of precedence */
typedef struct TaxPrefix
{
	char		prefix[POSTCODE_CHARS_MAX * MAX_MULTIBYTE_CHAR_LEN + 1];
	int			count;
	TaxRow	   *rows;
} TaxPrefix;

/* The rates of a country */
typedef struct TaxCountry
{
	HTAB	   *prefixes;		/* of TaxPrefix; NULL: there are no rates */
	int			range_count;
	TaxRow	   *ranges;			/* those for ranges, the last beginning first */
} TaxCountry;

/*
 * IsPast tells whether a postcode lies behind the end of a range, to which all
 * belongs that begins like it.
 */
static bool
IsPast(const char *postcode, const char *end)
{
	return strncmp(postcode, end, strlen(end)) > 0;
}

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
	tax.postcode_from = RowText(row, 8);
	tax.postcode_to = RowText(row, 9);
	return tax;
}

/*
 * AddPrefix adds a row, the next of rows, to those of its prefix.
 */
static void
AddPrefix(HTAB *prefixes, const char *text, TaxRow *row)
{
	bool		found;
	TaxPrefix  *prefix = hash_search(prefixes, text, HASH_ENTER, &found);

	if (!found)
	{
		prefix->count = 0;
		prefix->rows = row;
	}
	prefix->count++;
}

/*
 * SetReach lets each of the ranges know how far those behind it reach, so that
 * a search can stop.
 */
static void
SetReach(TaxCountry *taxes)
{
	char	   *reach = NULL;

	for (int i = taxes->range_count - 1; i >= 0; i--)
	{
		TaxRow	   *row = &taxes->ranges[i];

		if (reach == NULL || IsPast(row->postcode_to, reach) ||
			strncmp(reach, row->postcode_to, strlen(row->postcode_to)) == 0)
			reach = row->postcode_to;
		row->reach = reach;
	}
}

/*
 * LoadTaxRates loads the rates of a country, a TaxCountry.
 */
static void *
LoadTaxRates(const char *key)
{
	static SavedPlan find = {
		"text, integer",
		"SELECT coalesce(postcode_prefix, ''), region, category, rate, included, "
		"       valid_from, valid_until, postcode_from, postcode_to "
		"FROM oms.tax_rates "
		"WHERE country = $1 AND coalesce(length(postcode_prefix), 0) <= $2 "
		"ORDER BY postcode_from COLLATE \"C\" DESC NULLS LAST, "
		"         rpad(postcode_to, $2, '~') COLLATE \"C\", "
		"         coalesce(postcode_prefix, ''), region NULLS LAST, "
		"         category NULLS LAST, valid_from DESC"
	};
	Datum		values[2] = {CStringGetTextDatum(key), Int32GetDatum(POSTCODE_CHARS_MAX)};
	int			n = PlanRunLatest(&find, values, NULL);
	TaxCountry *taxes = palloc0(sizeof(TaxCountry));
	TaxRow	   *rows = palloc(mul_size(sizeof(TaxRow), Max(n, 1)));
	HASHCTL		control = {0};

	if (n == 0)
		return taxes;
	control.keysize = sizeof(((TaxPrefix *) NULL)->prefix);
	control.entrysize = sizeof(TaxPrefix);
	control.hcxt = CurrentMemoryContext;
	taxes->prefixes = hash_create("oms tax rates", 16, &control,
								  HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	taxes->ranges = rows;
	for (int i = 0; i < n; i++)
	{
		rows[i] = ReadTaxRow(i, key);
		if (rows[i].postcode_from != NULL)
			taxes->range_count++;
		else
			AddPrefix(taxes->prefixes, RowText(i, 1), &rows[i]);
	}
	SetReach(taxes);
	return taxes;
}

/*
 * FitsTax tells whether a rate is for a region, category and day.  Shipping is
 * taxed only by rates of its own.
 */
static bool
FitsTax(const TaxRow *row, const char *region, const char *category, DateADT at)
{
	if (row->region != NULL &&
		(region == NULL || strcmp(row->region, region) != 0))
		return false;
	if (row->category == NULL
		? category != NULL && strcmp(category, TAX_CATEGORY_SHIPPING) == 0
		: category == NULL || strcmp(row->category, category) != 0)
		return false;
	return row->valid_from <= at && row->valid_until > at;
}

/*
 * FindInPrefix finds the rate that fits among those of a prefix, NULL if there
 * is none.
 */
static const TaxRate *
FindInPrefix(const TaxCountry *taxes, const char *prefix, const char *region,
			 const char *category, DateADT at)
{
	TaxPrefix  *found = hash_search(taxes->prefixes, prefix, HASH_FIND, NULL);

	for (int i = 0; found != NULL && i < found->count; i++)
		if (FitsTax(&found->rows[i], region, category, at))
			return &found->rows[i].rate;
	return NULL;
}

/*
 * FindInRanges finds the rate that fits among those for ranges that have a
 * postcode, NULL if there is none.
 */
static const TaxRate *
FindInRanges(const TaxCountry *taxes, const char *postcode, const char *region,
			 const char *category, DateADT at)
{
	int			low = 0;
	int			high = taxes->range_count;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (strcmp(taxes->ranges[middle].postcode_from, postcode) <= 0)
			high = middle;
		else
			low = middle + 1;
	}
	for (int i = low; i < taxes->range_count; i++)
	{
		const TaxRow *row = &taxes->ranges[i];

		if (IsPast(postcode, row->reach))
			return NULL;
		if (!IsPast(postcode, row->postcode_to) &&
			FitsTax(row, region, category, at))
			return &row->rate;
	}
	return NULL;
}

/*
 * TaxRateFind finds the tax rate of a category at a destination; its rate is
 * NULL where there is none.  Region, postcode and category may be NULL.  The
 * longest prefix counts, then the range that begins last, then the order of
 * the rows.
 */
TaxRate
TaxRateFind(const char *country, const char *region, const char *postcode,
			const char *category, DateADT at)
{
	static Kept kept = {{"tax_rates"}, LoadTaxRates};
	TaxCountry *taxes = KeptFind(&kept, country);
	char	   *normal = PostcodeNormal(postcode == NULL ? "" : postcode);
	char	   *prefix = pstrdup(normal);
	const TaxRate *found = NULL;

	if (taxes->prefixes == NULL)
		return (TaxRate) {NULL};
	for (int length = strlen(prefix); found == NULL && length > 0; length--)
	{
		prefix[length] = '\0';
		found = FindInPrefix(taxes, prefix, region, category, at);
	}
	if (found == NULL && normal[0] != '\0')
		found = FindInRanges(taxes, normal, region, category, at);
	if (found == NULL)
		found = FindInPrefix(taxes, "", region, category, at);
	return found == NULL ? (TaxRate) {NULL} : *found;
}

PG_FUNCTION_INFO_V1(oms_find_tax_rates);

/*
 * oms_find_tax_rates(country, region, postcode, categories, at) is
 * TaxRateFind() for SQL: rows (ordinal, rate, included, jurisdiction) in the order of the
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
		Datum		values[4];
		bool		nulls[4] = {false};

		if (texts[0] != NULL)
			rate = TaxRateFind(texts[0], texts[1], texts[2], missing[i] ? NULL
							   : TextDatumGetCString(categories[i]),
							   PG_GETARG_DATEADT(4));
		none = rate.rate == NULL;
		values[0] = Int32GetDatum(i + 1);
		values[1] = NumericGetDatum(rate.rate);
		values[2] = BoolGetDatum(rate.included);
		values[3] = none ? (Datum) 0 : CStringGetTextDatum(rate.jurisdiction);
		nulls[1] = nulls[2] = nulls[3] = none;
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	StoreClose(scope);
	return (Datum) 0;
}
