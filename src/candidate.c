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
#include "order.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"

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

/*
 * The locations that may ship, nearest first, each with what it can sell of
 * the SKUs.  The first form looks at the nearest few and adds how far they
 * reach, the second finds those that have any of the SKUs, the third all, for
 * items that need no stock.
 */
#define NEAREST_COUNT	"8"

#define CANDIDATE_STOCK \
	"SELECT s.location_id, array_agg(s.sku_id) AS sku_ids, " \
	"       array_agg(s.available) AS available " \
	"FROM oms.available_stock s WHERE s.sku_id = ANY ($1) "
#define CANDIDATE_CONDITIONS \
	"WHERE l.active " \
	"      AND ($2 IS NULL OR l.location_id = $2) " \
	"      AND ($3 IS NULL OR l.location_id <> ALL ($3)) " \
	"      AND ($4 IS NULL OR l.ships_to IS NULL OR $4 = ANY (l.ships_to::text[])) " \
	"      AND ($5 IS NULL " \
	"           OR NOT EXISTS (SELECT FROM oms.channel_locations c WHERE c.channel_id = $5) " \
	"           OR EXISTS (SELECT FROM oms.channel_locations c " \
	"                      WHERE c.channel_id = $5 AND c.location_id = l.location_id)) " \
	"ORDER BY distance_m NULLS LAST, l.priority, l.location_id"
#define CANDIDATE_DISTANCE \
	"oms_internal.distance_m(l.point, oms_internal.make_point($6, $7)) AS distance_m "
#define CANDIDATE_TYPES "bigint[], integer, integer[], text, integer, float8, float8"

static SavedPlan near_candidates = {
	CANDIDATE_TYPES,
	"WITH near AS MATERIALIZED ("
	"    SELECT l.*, " CANDIDATE_DISTANCE
	"    FROM oms.locations l "
	"    WHERE l.point IS NOT NULL "
	"    ORDER BY l.point OPERATOR(@postgis@.<->) oms_internal.make_point($6, $7) "
	"    LIMIT " NEAREST_COUNT ") "
	"SELECT l.location_id, l.distance_m, s.sku_ids, s.available, "
	"       (SELECT CASE WHEN count(*) < " NEAREST_COUNT " THEN 'infinity' ELSE max(distance_m) END "
	"        FROM near) "
	"FROM near l LEFT JOIN LATERAL "
	"     (" CANDIDATE_STOCK "AND s.location_id = l.location_id GROUP BY s.location_id) AS s ON true "
	CANDIDATE_CONDITIONS
};

static SavedPlan stocking_candidates = {
	CANDIDATE_TYPES,
	"SELECT l.location_id, " CANDIDATE_DISTANCE ", s.sku_ids, s.available "
	"FROM (" CANDIDATE_STOCK "GROUP BY s.location_id) AS s "
	"     JOIN oms.locations l USING (location_id) "
	CANDIDATE_CONDITIONS
};

static SavedPlan all_candidates = {
	CANDIDATE_TYPES,
	"SELECT l.location_id, " CANDIDATE_DISTANCE ", s.sku_ids, s.available "
	"FROM oms.locations l "
	"     LEFT JOIN (" CANDIDATE_STOCK "GROUP BY s.location_id) AS s USING (location_id) "
	CANDIDATE_CONDITIONS
};

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
 * QueryCandidates runs one of the queries above and returns the row count.
 */
static int
QueryCandidates(SavedPlan *query, const SkuIndex *index,
				const SourcingRules *rules)
{
	int32		forced = ForcedLocation(rules);
	bool		anywhere = rules->pickup_location_id != 0 ||
		rules->country == NULL;
	Params		params = {0};

	AddDatum(&params, SkuIdArray(index));
	AddId(&params, forced);
	AddNullable(&params, rules->excluded_location_ids,
				rules->excluded_location_ids == (Datum) 0);
	AddText(&params, anywhere ? NULL : rules->country);
	AddId(&params, rules->channel_id);
	AddNullable(&params, Float8GetDatum(rules->latitude), !rules->has_point);
	AddNullable(&params, Float8GetDatum(rules->longitude), !rules->has_point);
	return PlanRun(query, params.values, params.nulls, false);
}

/*
 * ReadStock puts what a candidate can sell into its row of the instance.
 */
static void
ReadStock(uint64 row, SkuIndex *index, Quantity *stock)
{
	bool		isnull;
	Datum		ids = RowDatum(row, 3, &isnull);
	Datum	   *sku_ids;
	Datum	   *available;
	int			n;

	if (isnull)
		return;
	deconstruct_array(DatumGetArrayTypeP(ids), INT8OID, sizeof(int64),
					  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &sku_ids, NULL, &n);
	deconstruct_array(DatumGetArrayTypeP(RowDatum(row, 4, NULL)),
					  TypeNamed("oms.quantity"), sizeof(Quantity),
					  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &available, NULL, &n);
	for (int i = 0; i < n; i++)
		stock[IndexOf(index, DatumGetInt64(sku_ids[i]), false)] =
			DatumGetQuantity(available[i]);
}

/*
 * PlanCandidates lets the router plan with the candidates of the last query.
 */
static Sourcing *
PlanCandidates(const Demand *demands, int n, RouteItem *items, SkuIndex *index,
			   bool allow_split)
{
	Sourcing   *sourcing = palloc(sizeof(Sourcing));
	int			count = SPI_processed;
	RouteInstance instance;

	instance.item_count = n;
	instance.items = items;
	instance.sku_count = index->count;
	instance.location_count = count;
	instance.allow_split = allow_split;
	instance.stock = palloc0(mul_size(sizeof(Quantity),
									  Max(mul_size(count, index->count), 1)));
	sourcing->candidates = palloc(mul_size(sizeof(Candidate), Max(count, 1)));
	for (int i = 0; i < count; i++)
	{
		bool		isnull;
		Datum		distance = RowDatum(i, 2, &isnull);

		sourcing->candidates[i].location_id = RowInt32(i, 1);
		sourcing->candidates[i].distance_m =
			isnull ? -1 : DatumGetFloat8(distance);
		ReadStock(i, index, &instance.stock[i * index->count]);
	}
	sourcing->demand_count = n;
	sourcing->demands = demands;
	sourcing->candidate_count = count;
	sourcing->plan = RoutePlanMake(&instance);
	return sourcing;
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
	SkuIndex	index;
	RouteItem  *items = MakeItems(demands, n, &index);
	bool		need_stock = true;

	if (rules->has_point && ForcedLocation(rules) == 0 &&
		QueryCandidates(&near_candidates, &index, rules) > 0)
	{
		double		reach = DatumGetFloat8(RowDatum(0, 5, NULL));
		Sourcing   *sourcing = PlanCandidates(demands, n, items, &index,
											  rules->allow_split);

		if (IsNearest(sourcing, reach))
			return sourcing;
	}
	for (int i = 0; i < n; i++)
		need_stock = need_stock && demands[i].sku->part_count > 0;
	QueryCandidates(need_stock ? &stocking_candidates : &all_candidates,
					&index, rules);
	return PlanCandidates(demands, n, items, &index, rules->allow_split);
}
