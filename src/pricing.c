/*
 * pricing.c
 *		Finds prices, tax rates and shipping rates.
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
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
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

/* Characters of a postcode that rates are found by */
#define PREFIX_MAX		20

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
	char		prefix[PREFIX_MAX * MAX_MULTIBYTE_CHAR_LEN + 1];
	int			count;
	TaxRow	   *rows;
} TaxPrefix;

/*
 * ReadTaxRow reads a row of the query of LoadTaxRates().
 */
static TaxRow
ReadTaxRow(uint64 row)
{
	TaxRow		tax;

	tax.region = RowText(row, 2);
	tax.category = RowText(row, 3);
	tax.rate.rate = DatumGetNumericCopy(RowDatum(row, 4, NULL));
	tax.rate.included = RowBool(row, 5);
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
	Datum		values[2] = {CStringGetTextDatum(key), Int32GetDatum(PREFIX_MAX)};
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

		rows[i] = ReadTaxRow(i);
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
 * NormalPostcode is what oms_internal.normal_postcode() makes of the first
 * characters of a postcode.
 */
char *
NormalPostcode(const char *postcode)
{
	int			length = pg_mbcharcliplen(postcode, strlen(postcode), PREFIX_MAX);
	char	   *normal = palloc(length + 1);
	char	   *end = normal;

	for (int i = 0; i < length; i++)
		if (postcode[i] != ' ' && postcode[i] != '-')
			*end++ = pg_ascii_toupper((unsigned char) postcode[i]);
	*end = '\0';
	return normal;
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
	char	   *prefix = NormalPostcode(postcode == NULL ? "" : postcode);

	for (int length = strlen(prefix); prefixes != NULL && length >= 0; length--)
	{
		TaxPrefix  *found;

		prefix[length] = '\0';
		found = hash_search(prefixes, prefix, HASH_FIND, NULL);
		for (int i = 0; found != NULL && i < found->count; i++)
			if (FitsTax(&found->rows[i], region, category, at))
				return found->rows[i].rate;
	}
	return (TaxRate) {NULL, false};
}

/*
 * LoadService loads the number of a shipping service by its code.
 */
static void *
LoadService(const char *key)
{
	static SavedPlan find = {
		"text",
		"SELECT service_id FROM oms.shipping_services WHERE code = $1"
	};
	Datum		values[1] = {CStringGetTextDatum(key)};
	int32	   *service_id;

	if (PlanRunLatest(&find, values, NULL) == 0)
		return NULL;
	service_id = palloc(sizeof(int32));
	*service_id = RowInt32(0, 1);
	return service_id;
}

/*
 * ServiceFind is the number of a shipping service, 0 if there is none of this
 * code.
 */
int32
ServiceFind(const char *code)
{
	static Kept kept = {{"shipping_services"}, LoadService};
	const int32 *service_id = KeptFind(&kept, code);

	return service_id == NULL ? 0 : *service_id;
}

/* A row of a rate card; what has no bound has the largest */
typedef struct CardRow
{
	char	   *country;		/* NULL fits all */
	double		max_distance_m;
	int64		max_weight_g;
	Amount		price;
	Amount		per_kg;
	int			transit_days;
} CardRow;

typedef struct RateCard
{
	int			count;
	CardRow    *rows;			/* in order of precedence */
} RateCard;

/*
 * LoadRateCard loads the rate card of a service by its number.
 */
static void *
LoadRateCard(const char *key)
{
	static SavedPlan find = {
		"integer",
		"SELECT country::text, (max_distance_km * 1000)::float8, max_weight_g::bigint, "
		"       price, per_kg, transit_days "
		"FROM oms.shipping_rates WHERE service_id = $1 "
		"ORDER BY max_distance_km NULLS LAST, max_weight_g NULLS LAST, country NULLS LAST"
	};
	Datum		values[1] = {Int32GetDatum(atoi(key))};
	RateCard   *card = palloc(sizeof(RateCard));

	card->count = PlanRunLatest(&find, values, NULL);
	card->rows = palloc(mul_size(sizeof(CardRow), Max(card->count, 1)));
	for (int i = 0; i < card->count; i++)
	{
		CardRow    *row = &card->rows[i];
		bool		isnull;
		Datum		distance = RowDatum(i, 2, &isnull);

		row->country = RowText(i, 1);
		row->max_distance_m = isnull ? get_float8_infinity()
			: DatumGetFloat8(distance);
		row->max_weight_g = RowInt64(i, 3);
		if (row->max_weight_g == 0)
			row->max_weight_g = PG_INT64_MAX;
		row->price = DatumGetAmount(RowDatum(i, 4, NULL));
		row->per_kg = DatumGetAmount(RowDatum(i, 5, NULL));
		row->transit_days = RowInt32(i, 6);
	}
	return card;
}

/*
 * FitsRate tells whether a rate is for a country, way and weight.  A way that
 * is not known fits only a rate without bound.
 */
static bool
FitsRate(const CardRow *row, const char *country, const ShippingRate *rate)
{
	double		distance = rate->distance_m < 0 ? get_float8_infinity()
		: rate->distance_m;

	return (row->country == NULL ||
			(country != NULL && strcmp(row->country, country) == 0)) &&
		distance <= row->max_distance_m && rate->weight_g <= row->max_weight_g;
}

/*
 * ShippingRateFind finds the rate of a service for the way and weight that
 * rate says; country may be NULL.  Returns whether one fits.
 */
bool
ShippingRateFind(int32 service_id, const char *country, ShippingRate *rate)
{
	static Kept kept = {{"shipping_rates"}, LoadRateCard};
	char		key[KEPT_KEY_MAX];
	const RateCard *card;

	snprintf(key, sizeof(key), "%d", service_id);
	card = KeptFind(&kept, key);
	rate->fits = false;
	for (int i = 0; i < card->count && !rate->fits; i++)
	{
		const CardRow *row = &card->rows[i];
		int			currency = AmountCurrency(row->price);

		if (!FitsRate(row, country, rate))
			continue;
		rate->fits = true;
		rate->price = AmountAdd(row->price, AmountMakeWide(currency,
								DivideRounded((int128) AmountMinor(row->per_kg) * rate->weight_g, 1000)));
		rate->transit_days = row->transit_days;
	}
	return rate->fits;
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
		TaxRate		rate = {NULL, false};
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

PG_FUNCTION_INFO_V1(oms_find_shipping_rate);

/*
 * oms_find_shipping_rate(service_id, country, distance_m, weight_g) is
 * ShippingRateFind() for SQL: a row (price, transit_days), of nulls if no rate
 * fits.
 */
Datum
oms_find_shipping_rate(PG_FUNCTION_ARGS)
{
	ShippingRate rate = {0};
	Datum		values[2];
	bool		nulls[2];
	TupleDesc	desc;
	StoreScope	scope;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	BlessTupleDesc(desc);
	rate.distance_m = PG_ARGISNULL(2) ? -1 : PG_GETARG_FLOAT8(2);
	rate.weight_g = PG_ARGISNULL(3) ? 0 : PG_GETARG_INT64(3);
	scope = StoreOpen();
	if (!PG_ARGISNULL(0))
		ShippingRateFind(PG_GETARG_INT32(0), PG_ARGISNULL(1) ? NULL
						 : text_to_cstring(PG_GETARG_TEXT_PP(1)), &rate);
	StoreClose(scope);
	values[0] = AmountGetDatum(rate.price);
	values[1] = Int32GetDatum(rate.transit_days);
	nulls[0] = nulls[1] = !rate.fits;
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, values, nulls)));
}
