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
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

/*
 * AddScopes adds the scopes in which a price may stand, from the narrowest to
 * the widest, as arrays of customer groups and channels.  Null stands for
 * group NULL and channel 0.
 */
static void
AddScopes(Params *params, int32 channel_id, const char *group)
{
	Datum		groups[4];
	Datum		channels[4];
	int			n = 0;

	for (int g = 0; g < 2; g++)
		for (int c = 0; c < 2; c++)
		{
			if ((g == 0 && group == NULL) || (c == 0 && channel_id == 0))
				continue;
			groups[n] = CStringGetTextDatum(g == 0 ? group : "");
			channels[n++] = Int32GetDatum(c == 0 ? channel_id : 0);
		}
	AddDatum(params, ArrayDatum(groups, NULL, n, TEXTOID));
	AddDatum(params, ArrayDatum(channels, NULL, n, INT4OID));
}

/*
 * PricesFind finds the unit price of each of n SKUs (bigint[]) at its
 * quantity (oms.quantity[]); NULL where there is none.  The first scope that
 * has a price counts.  Prices are in the current memory context.
 */
void
PricesFind(Datum sku_ids, Datum quantities, int n, int32 channel_id,
		   const char *group, const char *currency, TimestampTz at,
		   Numeric *prices)
{
	static SavedPlan find = {
		"bigint[], oms.quantity[], text, timestamptz, text[], integer[]",
		"SELECT l.n::integer, b.price "
		"FROM unnest($1, $2) WITH ORDINALITY AS l(sku_id, quantity, n) "
		"     CROSS JOIN unnest($5, $6) WITH ORDINALITY AS s(customer_group, channel_id, scope) "
		"     CROSS JOIN LATERAL "
		"     (SELECT p.price FROM oms.prices p "
		"      WHERE p.sku_id = l.sku_id AND p.currency = $3 "
		"            AND coalesce(p.channel_id, 0) = s.channel_id "
		"            AND coalesce(p.customer_group, '') = s.customer_group "
		"            AND p.min_quantity <= l.quantity "
		"            AND p.valid_from <= $4 AND p.valid_until > $4 "
		"      ORDER BY p.min_quantity DESC, p.valid_from DESC LIMIT 1) AS b "
		"ORDER BY s.scope"
	};
	Params		params = {0};
	uint64		rows;

	memset(prices, 0, sizeof(Numeric) * n);
	AddDatum(&params, sku_ids);
	AddDatum(&params, quantities);
	AddText(&params, currency);
	AddDatum(&params, TimestampTzGetDatum(at));
	AddScopes(&params, channel_id, group);
	rows = PlanRun(&find, params.values, params.nulls, false);
	for (uint64 r = 0; r < rows; r++)
	{
		int			i = RowInt32(r, 1) - 1;

		if (prices[i] == NULL)
			prices[i] = DatumGetNumericCopy(RowDatum(r, 2, NULL));
	}
}

/*
 * TaxRatesFind finds the tax rate of each of n categories, which may be NULL,
 * at a destination; a rate is NULL where there is none.  region and postcode
 * may be NULL.  Rates are in the current memory context.
 */
void
TaxRatesFind(const char *country, const char *region, const char *postcode,
			 char **categories, int n, DateADT at, TaxRate *rates)
{
	static SavedPlan find = {
		"text, text, text, date",
		"SELECT t.category, t.rate, t.included "
		"FROM oms.tax_rates t "
		"WHERE t.country = $1 "
		"      AND coalesce(t.postcode_prefix, '') = ANY (ARRAY("
		"          SELECT left(p.code, n) "
		"          FROM (SELECT coalesce(oms_internal.normal_postcode(left($3, 20)), '')) AS p(code), "
		"               generate_series(0, length(p.code)) AS n)) "
		"      AND coalesce(t.region, '') = ANY (ARRAY[$2, '']) "
		"      AND t.valid_from <= $4 AND t.valid_until > $4 "
		"ORDER BY length(t.postcode_prefix) DESC NULLS LAST, t.region NULLS LAST, "
		"         t.category NULLS LAST, t.valid_from DESC"
	};
	Params		params = {0};
	uint64		rows;

	memset(rates, 0, sizeof(TaxRate) * n);
	AddText(&params, country);
	AddText(&params, region);
	AddText(&params, postcode);
	AddDatum(&params, DateADTGetDatum(at));
	rows = PlanRun(&find, params.values, params.nulls, false);
	for (uint64 r = 0; r < rows; r++)
	{
		char	   *category = RowText(r, 1);

		for (int i = 0; i < n; i++)
		{
			if (rates[i].rate != NULL ||
				(category != NULL && (categories[i] == NULL ||
									  strcmp(category, categories[i]) != 0)))
				continue;
			rates[i].rate = DatumGetNumericCopy(RowDatum(r, 2, NULL));
			rates[i].included = RowBool(r, 3);
		}
	}
}

/*
 * ShippingRateFind finds the rate of a service for the way and weight that
 * rate says; country may be NULL.  Returns whether one fits.  A rate without
 * bound has the largest bound that its column can hold, so that one index
 * finds the first that fits: for the country and for all countries; the better
 * of the two counts.
 */
bool
ShippingRateFind(int32 service_id, const char *country, ShippingRate *rate)
{
	static SavedPlan find = {
		"integer, text, float8, bigint",
		"SELECT f.price + f.per_kg * ($4 / 1000.0), f.transit_days "
		"FROM unnest(ARRAY[$2, '']) WITH ORDINALITY AS c(country, place) "
		"     CROSS JOIN LATERAL "
		"     (SELECT r.price, r.per_kg, r.transit_days, "
		"             coalesce(r.max_distance_km, 999999.999) AS distance_km, "
		"             coalesce(r.max_weight_g, 2147483647) AS bound_g "
		"      FROM oms.shipping_rates r "
		"      WHERE r.service_id = $1 "
		"            AND coalesce(r.country, '') = c.country "
		"            AND coalesce(r.max_distance_km, 999999.999) "
		"                >= coalesce(($3 / 1000)::numeric, 999999.999) "
		"            AND coalesce(r.max_weight_g, 2147483647) >= least($4, 2147483647) "
		"      ORDER BY coalesce(r.max_distance_km, 999999.999), "
		"               coalesce(r.max_weight_g, 2147483647) "
		"      LIMIT 1) AS f "
		"ORDER BY f.distance_km, f.bound_g, c.place"
	};
	Params		params = {0};

	AddDatum(&params, Int32GetDatum(service_id));
	AddText(&params, country);
	AddNullable(&params, Float8GetDatum(rate->distance_m),
				rate->distance_m < 0);
	AddDatum(&params, Int64GetDatum(rate->weight_g));
	rate->fits = PlanRun(&find, params.values, params.nulls, false) > 0;
	if (rate->fits)
	{
		rate->price = DatumGetAmount(RowDatum(0, 1, NULL));
		rate->transit_days = RowInt32(0, 2);
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
	ArrayType  *sku_ids;
	Numeric    *prices;
	StoreScope	scope;
	int			n;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(4) ||
		PG_ARGISNULL(5))
		return (Datum) 0;
	sku_ids = PG_GETARG_ARRAYTYPE_P(0);
	n = ArrayGetNItems(ARR_NDIM(sku_ids), ARR_DIMS(sku_ids));
	prices = palloc(mul_size(sizeof(Numeric), Max(n, 1)));
	scope = StoreOpen();
	PricesFind(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), n,
			   PG_ARGISNULL(2) ? 0 : PG_GETARG_INT32(2),
			   PG_ARGISNULL(3) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(3)),
			   text_to_cstring(PG_GETARG_TEXT_PP(4)),
			   PG_GETARG_TIMESTAMPTZ(5), prices);
	for (int i = 0; i < n; i++)
	{
		Datum		values[2] = {Int32GetDatum(i + 1), NumericGetDatum(prices[i])};
		bool		nulls[2] = {false, prices[i] == NULL};

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
	char	  **categories;
	Datum	   *datums;
	bool	   *missing;
	int			n;
	TaxRate    *rates;
	StoreScope	scope;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(3) || PG_ARGISNULL(4))
		return (Datum) 0;
	for (int i = 0; i < 3; i++)
		texts[i] = PG_ARGISNULL(i) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(i));
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(3), TEXTOID, -1, false,
					  TYPALIGN_INT, &datums, &missing, &n);
	categories = palloc(mul_size(sizeof(char *), Max(n, 1)));
	for (int i = 0; i < n; i++)
		categories[i] = missing[i] ? NULL : TextDatumGetCString(datums[i]);
	rates = palloc(mul_size(sizeof(TaxRate), Max(n, 1)));

	scope = StoreOpen();
	TaxRatesFind(texts[0], texts[1], texts[2], categories, n,
				 PG_GETARG_DATEADT(4), rates);
	for (int i = 0; i < n; i++)
	{
		bool		none = rates[i].rate == NULL;
		Datum		values[3] = {Int32GetDatum(i + 1),
		NumericGetDatum(rates[i].rate), BoolGetDatum(rates[i].included)};
		bool		nulls[3] = {false, none, none};

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
