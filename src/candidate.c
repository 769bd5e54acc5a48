/*
 * candidate.c
 *		Reads who can ship, and lets the router decide.
 *
 * Two ways lead to the same decision.  The short one reads the stock of the
 * few locations that are preferred: that lie nearest, or come first by priority
 * where the destination is not on the map.  If one of them has everything and
 * nobody else can be preferred to it, that is it.  Otherwise all locations that
 * have any of the SKUs are read.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stock.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"

/* SKUs of an instance, in the order of its stock columns */
typedef struct SkuIndex
{
	int			count;
	int64	   *sku_ids;
} SkuIndex;

/*
 * IndexOf finds a SKU, adding it if add is set; -1 if it is not there.
 */
static int
IndexOf(SkuIndex *index, int64 sku_id, bool add)
{
	for (int i = 0; i < index->count; i++)
		if (index->sku_ids[i] == sku_id)
			return i;
	if (!add)
		return -1;
	index->sku_ids[index->count] = sku_id;
	return index->count++;
}

/*
 * MakeItems turns demands into items and collects the SKUs they take.
 */
static RouteItem *
MakeItems(const Demand *demands, int n, SkuIndex *index)
{
	RouteItem  *items = palloc(sizeof(RouteItem) * Max(n, 1));
	int			parts = 0;

	for (int i = 0; i < n; i++)
		parts += demands[i].sku->part_count;
	index->count = 0;
	index->sku_ids = palloc(sizeof(int64) * Max(parts, 1));
	for (int i = 0; i < n; i++)
	{
		const Sku  *sku = demands[i].sku;

		items[i].wanted = demands[i].quantity;
		items[i].step = SkuStep(sku);
		items[i].part_count = sku->part_count;
		items[i].parts = palloc(sizeof(RoutePart) * Max(sku->part_count, 1));
		for (int p = 0; p < sku->part_count; p++)
		{
			items[i].parts[p].sku = IndexOf(index, sku->parts[p].sku_id, true);
			items[i].parts[p].quantity = sku->parts[p].quantity;
		}
	}
	return items;
}

/*
 * SkuIdArray is the SKUs of an index as a parameter.
 */
static Datum
SkuIdArray(const SkuIndex *index)
{
	Datum	   *ids = palloc(sizeof(Datum) * Max(index->count, 1));

	for (int i = 0; i < index->count; i++)
		ids[i] = Int64GetDatum(index->sku_ids[i]);
	return ArrayDatum(ids, NULL, index->count, INT8OID);
}

/*
 * DemandsSkuIds is the SKUs that demands take, as a parameter.
 */
Datum
DemandsSkuIds(const Demand *demands, int n)
{
	SkuIndex	index;

	MakeItems(demands, n, &index);
	return SkuIdArray(&index);
}

/* How many locations the short way looks at */
#define NEAREST_COUNT	4

/*
 * ForcedLocation is the only location that the rules allow, 0 for any.
 */
static int32
ForcedLocation(const SourcingRules *rules)
{
	return rules->pickup_location_id != 0
		? rules->pickup_location_id : rules->ship_from_location_id;
}

/*
 * IsExcluded tells whether the rules name a location as one to pass by.
 */
static bool
IsExcluded(int32 location_id, const SourcingRules *rules)
{
	Datum	   *ids;
	int			n;

	if (rules->excluded_location_ids == (Datum) 0)
		return false;
	deconstruct_array(DatumGetArrayTypeP(rules->excluded_location_ids),
					  INT4OID, sizeof(int32), true, TYPALIGN_INT, &ids, NULL,
					  &n);
	for (int i = 0; i < n; i++)
		if (DatumGetInt32(ids[i]) == location_id)
			return true;
	return false;
}

/*
 * MayShip tells whether a location may ship, whatever stock it has.
 */
static bool
MayShip(const Location *location, const SourcingRules *rules)
{
	int32		forced = ForcedLocation(rules);

	if (!location->active || (forced != 0 && forced != location->location_id))
		return false;
	if (IsExcluded(location->location_id, rules))
		return false;
	if (rules->channel_id != 0 &&
		!ChannelShipsFrom(ChannelGet(rules->channel_id), location->location_id))
		return false;
	return rules->pickup_location_id != 0 || rules->country == NULL ||
		LocationServes(location, rules->country);
}

/*
 * AllocateCandidates makes room for count candidates and their stock.
 */
static void
AllocateCandidates(Sourcing *sourcing, RouteInstance *instance, int count)
{
	Size		cells = mul_size(count, instance->sku_count);

	sourcing->candidates = palloc(mul_size(sizeof(Candidate), Max(count, 1)));
	sourcing->candidate_count = 0;
	instance->stock = palloc0(mul_size(sizeof(Quantity), Max(cells, 1)));
}

/*
 * AddCandidate adds a location that may ship.
 */
static void
AddCandidate(Sourcing *sourcing, const Location *location, Datum destination)
{
	Candidate  *candidate = &sourcing->candidates[sourcing->candidate_count++];

	candidate->location_id = location->location_id;
	candidate->location = location;
	candidate->distance_m = destination != (Datum) 0 && location->has_point
		? Distance(location->point, destination) : -1;
}

/*
 * Comparator of qsort: the order of preference of candidates.  What is not on
 * the map comes last.
 */
static int
CompareCandidates(const void *a, const void *b)
{
	const Candidate *x = a;
	const Candidate *y = b;

	if ((x->distance_m < 0) != (y->distance_m < 0))
		return x->distance_m < 0 ? 1 : -1;
	if (x->distance_m != y->distance_m)
		return x->distance_m < y->distance_m ? -1 : 1;
	if (x->location->priority != y->location->priority)
		return x->location->priority < y->location->priority ? -1 : 1;
	return x->location_id < y->location_id ? -1 : 1;
}

/*
 * DestinationPoint is where the order goes, 0 if it is not on the map.
 */
static Datum
DestinationPoint(const SourcingRules *rules)
{
	return rules->has_point
		? PointDatum(rules->latitude, rules->longitude) : (Datum) 0;
}

/*
 * AddCandidates adds those of some locations that may ship.
 */
static void
AddCandidates(Sourcing *sourcing, RouteInstance *instance,
			  const SourcingRules *rules, const Location **locations, int n)
{
	Datum		destination = DestinationPoint(rules);

	AllocateCandidates(sourcing, instance, n);
	for (int i = 0; i < n; i++)
		if (MayShip(locations[i], rules))
			AddCandidate(sourcing, locations[i], destination);
	qsort(sourcing->candidates, sourcing->candidate_count, sizeof(Candidate),
		  CompareCandidates);
}

/*
 * ReadNear reads the candidates among the few locations that are preferred, in
 * order, and returns how far these reach: infinitely if no other can come
 * before one of them.
 */
static double
ReadNear(Sourcing *sourcing, RouteInstance *instance,
		 const SourcingRules *rules)
{
	const Location *locations[NEAREST_COUNT];
	int			n = 1;

	if (ForcedLocation(rules) != 0)
		locations[0] = LocationGet(ForcedLocation(rules));
	else if (rules->has_point)
		n = LocationsServing(rules->latitude, rules->longitude,
							 rules->country, NEAREST_COUNT, locations);
	else
		n = LocationsFirst(NEAREST_COUNT, locations);
	AddCandidates(sourcing, instance, rules, locations, n);
	if (n < NEAREST_COUNT || !rules->has_point)
		return get_float8_infinity();
	return Distance(locations[n - 1]->point, DestinationPoint(rules));
}

/*
 * IsNearest tells whether no location beyond reach could change a plan: its one
 * location, which lies at a distance, ships everything, and is nearer.  The
 * search goes by distances on the sphere, which differ from ours on the
 * spheroid by up to 0.6 % either way.
 */
static bool
IsNearest(const Sourcing *sourcing, double distance, double reach)
{
	for (int i = 0; i < sourcing->demand_count; i++)
		if (sourcing->plan->open[i] > 0)
			return false;
	return distance <= reach * 0.98;
}

/*
 * Wanted is how many units of a SKU all items take together.
 */
static Quantity
Wanted(const RouteInstance *instance, int sku)
{
	Quantity	sum = 0;

	for (int i = 0; i < instance->item_count; i++)
		for (int p = 0; p < instance->items[i].part_count; p++)
			if (instance->items[i].parts[p].sku == sku)
				sum = QuantityAdd(sum, PartUnits(instance->items[i].parts[p].quantity,
												 instance->items[i].wanted));
	return sum;
}

/*
 * PlanNear plans with the nearest candidate alone that has everything, if
 * nobody further away can be preferred to it.  Reads the stock of one location
 * after the other, and returns whether it found one.
 */
static bool
PlanNear(Sourcing *sourcing, RouteInstance *instance, SkuIndex *index,
		 const SourcingRules *rules)
{
	double		reach = ReadNear(sourcing, instance, rules);

	instance->location_count = 1;
	for (int c = 0; c < sourcing->candidate_count; c++)
	{
		for (int s = 0; s < index->count; s++)
			instance->stock[s] =
				StockPromisable(index->sku_ids[s],
								sourcing->candidates[c].location_id,
								StockBuffer(index->sku_ids[s],
											sourcing->candidates[c].location_id,
											rules->channel_id),
								Wanted(instance, s));
		sourcing->plan = RoutePlanMake(instance);
		if (IsNearest(sourcing, sourcing->candidates[c].distance_m, reach))
		{
			sourcing->candidates[0] = sourcing->candidates[c];
			sourcing->candidate_count = 1;
			return true;
		}
	}
	return false;
}

/*
 * ReadStock puts what a candidate can sell into its row of the instance.
 */
static void
ReadStock(uint64 row, SkuIndex *index, int32 location_id, int32 channel_id,
		  Quantity *stock)
{
	bool		isnull;
	Datum		ids = RowDatum(row, LOCATION_COLUMN_COUNT + 1, &isnull);
	Datum	   *sku_ids;
	Datum	   *unreserved;
	int			n;

	if (isnull)
		return;
	deconstruct_array(DatumGetArrayTypeP(ids), INT8OID, sizeof(int64),
					  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &sku_ids, NULL, &n);
	deconstruct_array(DatumGetArrayTypeP(RowDatum(row, LOCATION_COLUMN_COUNT + 2, NULL)),
					  TypeNamed("oms.quantity"), sizeof(Quantity),
					  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &unreserved, NULL, &n);
	for (int i = 0; i < n; i++)
		stock[IndexOf(index, DatumGetInt64(sku_ids[i]), false)] =
			Max(DatumGetQuantity(unreserved[i]) -
				StockBuffer(DatumGetInt64(sku_ids[i]), location_id, channel_id), 0);
}

/*
 * SortCandidates puts candidates and their rows of stock into order of
 * preference.
 */
static void
SortCandidates(Sourcing *sourcing, RouteInstance *instance)
{
	int			n = sourcing->candidate_count;
	Size		row_size = sizeof(Quantity) * instance->sku_count;
	Quantity   *unsorted = instance->stock;

	instance->stock = palloc(mul_size(row_size, Max(n, 1)));
	for (int c = 0; c < n; c++)
		sourcing->candidates[c].place = c;
	qsort(sourcing->candidates, n, sizeof(Candidate), CompareCandidates);
	for (int c = 0; c < n; c++)
		memcpy(&instance->stock[c * instance->sku_count],
			   &unsorted[sourcing->candidates[c].place * instance->sku_count],
			   row_size);
}

/*
 * ReadAll reads all candidates, in order of preference: those that have any
 * of the SKUs if all items need stock.
 */
static void
ReadAll(Sourcing *sourcing, RouteInstance *instance, SkuIndex *index,
		const SourcingRules *rules)
{
#define READ_ALL(join) \
	{ \
		"integer, bigint[]", \
		"SELECT " LOCATION_COLUMNS ", s.sku_ids, s.unreserved " \
		"FROM oms.locations l " join " JOIN " \
		"     (SELECT location_id, array_agg(sku_id) AS sku_ids, array_agg(available + kept_back) AS unreserved " \
		"      FROM oms.available_stock WHERE sku_id = ANY ($2) GROUP BY location_id) AS s " \
		"     USING (location_id) " \
		"WHERE l.active AND ($1 IS NULL OR l.location_id = $1)" \
	}
	static SavedPlan stocking = READ_ALL("INNER");
	static SavedPlan all = READ_ALL("LEFT");
	Datum		destination = DestinationPoint(rules);
	bool		need_stock = true;
	Params		params = {0};
	uint64		rows;

	for (int i = 0; i < instance->item_count; i++)
		need_stock = need_stock && instance->items[i].part_count > 0;
	AddId(&params, ForcedLocation(rules));
	AddDatum(&params, SkuIdArray(index));
	rows = PlanRun(need_stock ? &stocking : &all, params.values, params.nulls,
				   false);
	AllocateCandidates(sourcing, instance, rows);
	for (uint64 r = 0; r < rows; r++)
	{
		Location   *location = LocationRead(r);

		if (!MayShip(location, rules))
			continue;
		ReadStock(r, index, location->location_id, rules->channel_id,
				  &instance->stock[sourcing->candidate_count * index->count]);
		AddCandidate(sourcing, location, destination);
	}
	SortCandidates(sourcing, instance);
}

/*
 * CandidatesPlan reads the locations that may ship the demands and lets the
 * router plan.  demands must live as long as the result.
 */
Sourcing *
CandidatesPlan(const Demand *demands, int n, const SourcingRules *rules)
{
	Sourcing   *sourcing = palloc0(sizeof(Sourcing));
	RouteInstance instance;
	SkuIndex	index;

	instance.item_count = n;
	instance.items = MakeItems(demands, n, &index);
	instance.sku_count = index.count;
	instance.allow_split = rules->allow_split;
	sourcing->demand_count = n;
	sourcing->demands = demands;

	if (PlanNear(sourcing, &instance, &index, rules))
		return sourcing;
	ReadAll(sourcing, &instance, &index, rules);
	instance.location_count = sourcing->candidate_count;
	sourcing->plan = RoutePlanMake(&instance);
	return sourcing;
}
