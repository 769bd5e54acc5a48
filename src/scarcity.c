/*
 * scarcity.c
 *		What the last units of a SKU are worth where they are.
 *
 * The prices are the multipliers of the last batch (routing_batch.c): what it
 * would have saved to have one unit more there.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "sourcing.h"

/*
 * AddPrice reads a row of scarcity_prices.
 */
static bool
AddPrice(void *context, const Datum *values, const bool *nulls)
{
	ScarcityPrices *prices = context;

	if (prices->count == prices->capacity)
	{
		prices->capacity *= 2;
		prices->prices = repalloc(prices->prices,
								  mul_size(sizeof(ScarcityPrice), prices->capacity));
	}
	prices->prices[prices->count++] =
		(ScarcityPrice) {DatumGetInt32(values[0]), DatumGetAmount(values[1])};
	return true;
}

/*
 * Comparator of qsort and bsearch: by location.
 */
static int
ComparePrices(const void *a, const void *b)
{
	int32		x = ((const ScarcityPrice *) a)->location_id;
	int32		y = ((const ScarcityPrice *) b)->location_id;

	return x < y ? -1 : x > y;
}

/*
 * ScarcityRead reads what a unit more of a SKU is worth, by location; only
 * where it is worth anything.
 */
ScarcityPrices
ScarcityRead(int64 sku_id)
{
	static StoreTable table = {
		"scarcity_prices", "location_id integer, price oms.amount"
	};
	static StoreIndex by_sku = {"scarcity_prices_pkey", "sku_id", "bigint", 1};
	ScarcityPrices prices = {.capacity = 16};
	Datum		keys[1] = {Int64GetDatum(sku_id)};

	prices.prices = palloc(sizeof(ScarcityPrice) * prices.capacity);
	TableFind(&table, &by_sku, keys, AddPrice, &prices);
	qsort(prices.prices, prices.count, sizeof(ScarcityPrice), ComparePrices);
	return prices;
}

/*
 * ScarcityAt is the price at a location, NULL if there is none.
 */
const Amount *
ScarcityAt(const ScarcityPrices *prices, int32 location_id)
{
	ScarcityPrice key = {location_id};
	const ScarcityPrice *found = bsearch(&key, prices->prices, prices->count,
										 sizeof(ScarcityPrice), ComparePrices);

	return found == NULL ? NULL : &found->price;
}
