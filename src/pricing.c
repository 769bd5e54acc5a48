/*
 * pricing.c
 *		Finds prices, by a few index probes, however long the lists are.
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
