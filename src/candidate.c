/*
 * candidate.c
 *		Reads who can ship, and lets the router decide.
 *
 * Two ways lead to the same decision.  The short one reads the stock of the
 * few locations that lie nearest, which the index on their points finds
 * whatever the size of the network; if one of them has everything and nobody
 * else can be nearer, that is it.  Otherwise all locations that have any of
 * the SKUs are read.
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

/* What a location must be to ship; a query adds it to locations l */
#define CANDIDATE_ALLOWED \
	"l.active " \
	"AND ($1 IS NULL OR l.location_id = $1) " \
	"AND ($2 IS NULL OR l.location_id <> ALL ($2)) " \
	"AND ($3 IS NULL OR l.ships_to IS NULL OR $3 = ANY (l.ships_to::text[])) " \
	"AND ($4 IS NULL " \
	"     OR NOT EXISTS (SELECT FROM oms.channel_locations c WHERE c.channel_id = $4) " \
	"     OR EXISTS (SELECT FROM oms.channel_locations c " \
	"                WHERE c.channel_id = $4 AND c.location_id = l.location_id)) "
#define CANDIDATE_DISTANCE \
	"oms_internal.distance_m(l.point, oms_internal.make_point($5, $6)) AS distance_m "
#define CANDIDATE_TYPES "integer, integer[], text, integer, float8, float8"

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
 * AddRules adds the parameters that the macros above name.
 */
static void
AddRules(Params *params, const SourcingRules *rules)
{
	bool		anywhere = rules->pickup_location_id != 0 ||
		rules->country == NULL;

	AddId(params, ForcedLocation(rules));
	AddNullable(params, rules->excluded_location_ids,
				rules->excluded_location_ids == (Datum) 0);
	AddText(params, anywhere ? NULL : rules->country);
	AddId(params, rules->channel_id);
	AddNullable(params, Float8GetDatum(rules->latitude), !rules->has_point);
	AddNullable(params, Float8GetDatum(rules->longitude), !rules->has_point);
}

/*
 * AllocateCandidates makes room for count candidates and their stock.
 */
static void
AllocateCandidates(Sourcing *sourcing, RouteInstance *instance, int count)
{
	Size		cells = mul_size(count, instance->sku_count);

	sourcing->candidates = palloc(mul_size(sizeof(Candidate), Max(count, 1)));
	instance->stock = palloc0(mul_size(sizeof(Quantity), Max(cells, 1)));
}

/*
 * ReadCandidate reads location_id and distance_m, which begin a row of the
 * last query, as the next candidate.
 */
static Candidate *
ReadCandidate(Sourcing *sourcing, uint64 row)
{
	Candidate  *candidate = &sourcing->candidates[sourcing->candidate_count++];
	bool		isnull;
	Datum		distance = RowDatum(row, 2, &isnull);

	candidate->location_id = RowInt32(row, 1);
	candidate->priority = RowInt32(row, 3);
	candidate->distance_m = isnull ? -1 : DatumGetFloat8(distance);
	return candidate;
}

/*
 * Comparator of qsort: the order of preference of candidates on the map.
 */
static int
CompareCandidates(const void *a, const void *b)
{
	const Candidate *x = a;
	const Candidate *y = b;

	if (x->distance_m != y->distance_m)
		return x->distance_m < y->distance_m ? -1 : 1;
	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return x->location_id < y->location_id ? -1 : 1;
}

/*
 * ReadNearStock reads what the candidates can sell.
 */
static void
ReadNearStock(const Sourcing *sourcing, SkuIndex *index,
			  RouteInstance *instance)
{
	static SavedPlan find = {
		"bigint[], integer[]",
		"SELECT location_id, sku_id, available FROM oms.available_stock "
		"WHERE sku_id = ANY ($1) AND location_id = ANY ($2)"
	};
	int			n = sourcing->candidate_count;
	Datum		location_ids[NEAREST_COUNT];
	Params		params = {0};
	uint64		rows;

	for (int i = 0; i < n; i++)
		location_ids[i] = Int32GetDatum(sourcing->candidates[i].location_id);
	AddDatum(&params, SkuIdArray(index));
	AddDatum(&params, ArrayDatum(location_ids, NULL, n, INT4OID));
	rows = PlanRun(&find, params.values, NULL, false);
	for (uint64 r = 0; r < rows; r++)
	{
		int			location = 0;

		while (sourcing->candidates[location].location_id != RowInt32(r, 1))
			location++;
		instance->stock[location * index->count +
						IndexOf(index, RowInt64(r, 2), false)] =
			DatumGetQuantity(RowDatum(r, 3, NULL));
	}
}

/*
 * ReadNear reads the candidates among the locations that lie nearest and
 * returns how far these reach.
 */
static double
ReadNear(Sourcing *sourcing, RouteInstance *instance, SkuIndex *index,
		 const SourcingRules *rules)
{
	static SavedPlan find = {
		CANDIDATE_TYPES ", integer",
		"SELECT l.location_id, " CANDIDATE_DISTANCE ", l.priority, "
		CANDIDATE_ALLOWED
		"FROM oms.locations l WHERE l.point IS NOT NULL "
		"ORDER BY l.point OPERATOR(@postgis@.<->) oms_internal.make_point($5, $6) "
		"LIMIT $7"
	};
	double		reach = 0;
	Params		params = {0};
	uint64		rows;

	AddRules(&params, rules);
	AddDatum(&params, Int32GetDatum(NEAREST_COUNT));
	rows = PlanRun(&find, params.values, params.nulls, false);
	AllocateCandidates(sourcing, instance, rows);
	for (uint64 r = 0; r < rows; r++)
	{
		reach = Max(reach, DatumGetFloat8(RowDatum(r, 2, NULL)));
		if (RowBool(r, 4))
			ReadCandidate(sourcing, r);
	}
	qsort(sourcing->candidates, sourcing->candidate_count, sizeof(Candidate),
		  CompareCandidates);
	if (sourcing->candidate_count > 0)
		ReadNearStock(sourcing, index, instance);
	return rows < NEAREST_COUNT ? get_float8_infinity() : reach;
}

/*
 * ReadStock puts what a candidate can sell into its row of the instance.
 */
static void
ReadStock(uint64 row, SkuIndex *index, Quantity *stock)
{
	bool		isnull;
	Datum		ids = RowDatum(row, 4, &isnull);
	Datum	   *sku_ids;
	Datum	   *available;
	int			n;

	if (isnull)
		return;
	deconstruct_array(DatumGetArrayTypeP(ids), INT8OID, sizeof(int64),
					  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &sku_ids, NULL, &n);
	deconstruct_array(DatumGetArrayTypeP(RowDatum(row, 5, NULL)),
					  TypeNamed("oms.quantity"), sizeof(Quantity),
					  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &available, NULL, &n);
	for (int i = 0; i < n; i++)
		stock[IndexOf(index, DatumGetInt64(sku_ids[i]), false)] =
			DatumGetQuantity(available[i]);
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
		CANDIDATE_TYPES ", bigint[]", \
		"SELECT l.location_id, " CANDIDATE_DISTANCE ", l.priority, s.sku_ids, s.available " \
		"FROM oms.locations l " join " JOIN " \
		"     (SELECT location_id, array_agg(sku_id) AS sku_ids, array_agg(available) AS available " \
		"      FROM oms.available_stock WHERE sku_id = ANY ($7) GROUP BY location_id) AS s " \
		"     USING (location_id) " \
		"WHERE " CANDIDATE_ALLOWED \
		"ORDER BY distance_m NULLS LAST, l.priority, l.location_id" \
	}
	static SavedPlan stocking = READ_ALL("INNER");
	static SavedPlan all = READ_ALL("LEFT");
	bool		need_stock = true;
	Params		params = {0};
	uint64		rows;

	for (int i = 0; i < instance->item_count; i++)
		need_stock = need_stock && instance->items[i].part_count > 0;
	AddRules(&params, rules);
	AddDatum(&params, SkuIdArray(index));
	rows = PlanRun(need_stock ? &stocking : &all, params.values, params.nulls,
				   false);
	AllocateCandidates(sourcing, instance, rows);
	for (uint64 r = 0; r < rows; r++)
	{
		ReadCandidate(sourcing, r);
		ReadStock(r, index, &instance->stock[r * index->count]);
	}
}

/*
 * IsNearest tells whether no location beyond reach could change a plan: one
 * location ships everything, and is nearer.  The index goes by distances on
 * the sphere, which differ from ours on the spheroid by up to 0.6 % either
 * way.
 */
static bool
IsNearest(const Sourcing *sourcing, double reach)
{
	const RoutePlan *plan = sourcing->plan;

	for (int i = 0; i < sourcing->demand_count; i++)
		if (plan->open[i] > 0)
			return false;
	for (int i = 0; i < plan->pick_count; i++)
		if (plan->picks[i].location != plan->picks[0].location ||
			sourcing->candidates[plan->picks[i].location].distance_m > reach * 0.98)
			return false;
	return true;
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

	if (rules->has_point && ForcedLocation(rules) == 0)
	{
		double		reach = ReadNear(sourcing, &instance, &index, rules);

		instance.location_count = sourcing->candidate_count;
		sourcing->plan = RoutePlanMake(&instance);
		if (IsNearest(sourcing, reach))
			return sourcing;
		sourcing->candidate_count = 0;
	}
	ReadAll(sourcing, &instance, &index, rules);
	instance.location_count = sourcing->candidate_count;
	sourcing->plan = RoutePlanMake(&instance);
	return sourcing;
}
