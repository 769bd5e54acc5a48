/*
 * shelf.c
 *		Reads where SKUs are in stock.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "sourcing.h"

/* The SKU that is being read */
typedef struct Reading
{
	Shelves    *shelves;
	int			sku;
	int			locations;		/* that were found to have it */
	int			locations_max;
} Reading;

/*
 * AddShelf adds stock of the SKU at a location.
 */
static void
AddShelf(Reading *reading, int32 location_id, Quantity available)
{
	Shelves    *shelves = reading->shelves;

	if (available <= 0)
		return;
	if (shelves->count == shelves->capacity)
	{
		shelves->capacity *= 2;
		shelves->shelves = repalloc(shelves->shelves,
									mul_size(sizeof(Shelf), shelves->capacity));
	}
	if (reading->locations == 0 ||
		shelves->shelves[shelves->count - 1].location_id != location_id)
		reading->locations++;
	shelves->shelves[shelves->count++] =
		(Shelf) {location_id, reading->sku, available};
}

/*
 * ReadLevel reads a row of stock_levels.
 */
static bool
ReadLevel(void *context, const Datum *values, const bool *nulls)
{
	Reading    *reading = context;

	AddShelf(reading, DatumGetInt32(values[0]),
			 QuantitySubtract(DatumGetQuantity(values[1]),
							  DatumGetQuantity(values[2])));
	return reading->locations <= reading->locations_max;
}

/*
 * ReadEverywhere reads which locations have a SKU, and returns whether all of
 * them were read: there are no more than locations_max.
 */
static bool
ReadEverywhere(Shelves *shelves, int sku, int64 sku_id, int locations_max)
{
	static StoreTable levels = {
		"stock_levels",
		"location_id integer, on_hand oms.quantity, reserved oms.quantity"
	};
	static StoreIndex by_sku = {"stock_levels_pkey", "sku_id", "bigint", 1};
	Reading		reading = {shelves, sku, 0, locations_max};
	Datum		keys[1] = {Int64GetDatum(sku_id)};
	int			before = shelves->count;

	TableFind(&levels, &by_sku, keys, ReadLevel, &reading);
	if (reading.locations <= locations_max)
		return true;
	shelves->count = before;
	return false;
}

/*
 * ReadAt reads what some locations have of a SKU.
 */
static void
ReadAt(Shelves *shelves, int sku, int64 sku_id, const int32 *location_ids, int n)
{
	Reading		reading = {shelves, sku};

	for (int i = 0; i < n; i++)
		AddShelf(&reading, location_ids[i],
				 StockSellable(sku_id, location_ids[i], QUANTITY_MAX));
}

/*
 * Comparator of qsort: by location.
 */
static int
CompareShelves(const void *a, const void *b)
{
	const Shelf *x = a;
	const Shelf *y = b;

	if (x->location_id != y->location_id)
		return x->location_id < y->location_id ? -1 : 1;
	return x->sku < y->sku ? -1 : x->sku > y->sku;
}

/*
 * Comparator of qsort.
 */
static int
CompareIds(const void *a, const void *b)
{
	int32		x = *(const int32 *) a;
	int32		y = *(const int32 *) b;

	return x < y ? -1 : x > y;
}

/*
 * AddLocations adds the locations of shelves to some, each once.
 */
static int32 *
AddLocations(const Shelves *shelves, const int32 *location_ids, int *n)
{
	int32	   *all = palloc(mul_size(sizeof(int32), shelves->count + *n + 1));
	int			count = 0;

	for (int i = 0; i < shelves->count; i++)
		all[count++] = shelves->shelves[i].location_id;
	for (int i = 0; i < *n; i++)
		all[count++] = location_ids[i];
	qsort(all, count, sizeof(int32), CompareIds);
	*n = 0;
	for (int i = 0; i < count; i++)
		if (i == 0 || all[i] != all[i - 1])
			all[(*n)++] = all[i];
	return all;
}

/*
 * SortShelves puts shelves in order and adds up those of a SKU at a location,
 * which are several where the level is split into stripes.
 */
static void
SortShelves(Shelves *shelves)
{
	int			n = 0;

	qsort(shelves->shelves, shelves->count, sizeof(Shelf), CompareShelves);
	for (int i = 0; i < shelves->count; i++)
	{
		const Shelf *shelf = &shelves->shelves[i];

		if (n > 0 && CompareShelves(&shelves->shelves[n - 1], shelf) == 0)
			shelves->shelves[n - 1].available =
				QuantityAdd(shelves->shelves[n - 1].available, shelf->available);
		else
			shelves->shelves[n++] = *shelf;
	}
	shelves->count = n;
}

/*
 * ShelvesRead reads where n SKUs are in stock and not promised, whatever is to
 * be kept back.  SKUs that more than locations_max locations have are left to
 * ShelvesComplete(), if is_complete is not set.
 */
Shelves
ShelvesRead(const int64 *sku_ids, int n, int locations_max)
{
	Shelves		shelves = {.sku_count = n, .sku_ids = sku_ids, .capacity = 64,
	.is_complete = true};

	shelves.everywhere = palloc(sizeof(bool) * Max(n, 1));
	shelves.shelves = palloc(sizeof(Shelf) * shelves.capacity);
	for (int s = 0; s < n; s++)
	{
		shelves.everywhere[s] = !ReadEverywhere(&shelves, s, sku_ids[s],
												locations_max);
		if (shelves.everywhere[s])
			shelves.is_complete = false;
	}
	SortShelves(&shelves);
	return shelves;
}

/*
 * ShelvesComplete reads the SKUs that were left: at the locations that have
 * another of the SKUs, and at some more.
 */
void
ShelvesComplete(Shelves *shelves, const int32 *location_ids, int n)
{
	int32	   *all = AddLocations(shelves, location_ids, &n);

	for (int s = 0; s < shelves->sku_count; s++)
		if (shelves->everywhere[s])
			ReadAt(shelves, s, shelves->sku_ids[s], all, n);
	SortShelves(shelves);
	shelves->is_complete = true;
}
