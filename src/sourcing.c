/*
 * sourcing.c
 *		Finds who can ship, lets the router decide, and reserves.
 *
 * A decision is made on a plain read of the stock and then checked under row
 * locks.  If somebody was quicker, the locks of the attempt are given back (it
 * runs in a subtransaction, so that waiting for other rows cannot deadlock),
 * all rows of the SKUs are locked in order, and the decision is made again on
 * what is there: nobody is refused before that.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/resowner.h"

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
 * The locations that may ship, nearest first, each with what it can sell of
 * the SKUs.  The first form finds those that have any of the SKUs; the second
 * all, for items that need no stock.
 */
#define CANDIDATE_COLUMNS \
	"SELECT l.location_id, " \
	"       oms_internal.distance_m(l.point, oms_internal.make_point($6, $7)) AS distance_m, " \
	"       s.sku_ids, s.available "
#define CANDIDATE_STOCK \
	"(SELECT location_id, array_agg(sku_id) AS sku_ids, array_agg(available) AS available " \
	" FROM oms.available_stock WHERE sku_id = ANY ($1) GROUP BY location_id) AS s "
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
#define CANDIDATE_TYPES "bigint[], integer, integer[], text, integer, float8, float8"

static SavedPlan stocking_candidates = {
	CANDIDATE_TYPES,
	CANDIDATE_COLUMNS
	"FROM " CANDIDATE_STOCK "JOIN oms.locations l USING (location_id) "
	CANDIDATE_CONDITIONS
};

static SavedPlan all_candidates = {
	CANDIDATE_TYPES,
	CANDIDATE_COLUMNS
	"FROM oms.locations l LEFT JOIN " CANDIDATE_STOCK "USING (location_id) "
	CANDIDATE_CONDITIONS
};

/*
 * QueryCandidates runs one of the queries above and returns the row count.
 */
static int
QueryCandidates(const SkuIndex *index, bool need_stock,
				const SourcingRules *rules)
{
	int32		forced = rules->pickup_location_id != 0
		? rules->pickup_location_id : rules->ship_from_location_id;
	bool		anywhere = rules->pickup_location_id != 0 ||
		rules->country == NULL;
	Datum		values[7];
	char		nulls[7] = {' ', ' ', ' ', ' ', ' ', ' ', ' '};

	values[0] = SkuIdArray(index);
	values[1] = Int32GetDatum(forced);
	nulls[1] = forced == 0 ? 'n' : ' ';
	values[2] = rules->excluded_location_ids;
	nulls[2] = rules->excluded_location_ids == (Datum) 0 ? 'n' : ' ';
	values[3] = anywhere ? (Datum) 0 : CStringGetTextDatum(rules->country);
	nulls[3] = anywhere ? 'n' : ' ';
	values[4] = Int32GetDatum(rules->channel_id);
	nulls[4] = rules->channel_id == 0 ? 'n' : ' ';
	values[5] = Float8GetDatum(rules->latitude);
	values[6] = Float8GetDatum(rules->longitude);
	nulls[5] = nulls[6] = rules->has_point ? ' ' : 'n';
	return PlanRun(need_stock ? &stocking_candidates : &all_candidates,
				   values, nulls, false);
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
 * Decide reads the candidates and lets the router plan.
 */
static Sourcing *
Decide(const Demand *demands, int n, const SourcingRules *rules)
{
	Sourcing   *sourcing = palloc(sizeof(Sourcing));
	RouteInstance instance;
	SkuIndex	index;
	bool		need_stock = true;
	int			count;

	instance.items = MakeItems(demands, n, &index);
	for (int i = 0; i < n; i++)
		need_stock = need_stock && demands[i].sku->part_count > 0;
	count = QueryCandidates(&index, need_stock, rules);

	instance.item_count = n;
	instance.sku_count = index.count;
	instance.location_count = count;
	instance.allow_split = rules->allow_split;
	instance.stock = palloc0(mul_size(sizeof(Quantity),
									  Max(mul_size(count, index.count), 1)));
	sourcing->candidates = palloc(mul_size(sizeof(Candidate), Max(count, 1)));
	for (int i = 0; i < count; i++)
	{
		bool		isnull;
		Datum		distance = RowDatum(i, 2, &isnull);

		sourcing->candidates[i].location_id = RowInt32(i, 1);
		sourcing->candidates[i].distance_m =
			isnull ? -1 : DatumGetFloat8(distance);
		ReadStock(i, &index, &instance.stock[i * index.count]);
	}
	sourcing->demand_count = n;
	sourcing->demands = demands;
	sourcing->candidate_count = count;
	sourcing->plan = RoutePlanMake(&instance);
	return sourcing;
}

/*
 * MayWait tells whether what is open of a demand may be backordered.
 */
static bool
MayWait(const Demand *demand, const SourcingRules *rules)
{
	return rules->allow_backorder && demand->sku->backorder_limit != 0;
}

/*
 * LockLimits locks the rows of the SKUs of which something would wait and
 * that limit how much may, in the order of their ids, so that what is
 * measured against the limit stays as it is.
 */
static void
LockLimits(const Sourcing *sourcing)
{
	static SavedPlan lock = {
		"bigint[]",
		"SELECT FROM oms.skus WHERE sku_id = ANY ($1) "
		"ORDER BY sku_id FOR NO KEY UPDATE"
	};
	Datum	   *ids = palloc(sizeof(Datum) * sourcing->demand_count);
	Datum		values[1];
	int			n = 0;

	for (int i = 0; i < sourcing->demand_count; i++)
		if (sourcing->plan->open[i] > 0 &&
			sourcing->demands[i].sku->backorder_limit > 0)
			ids[n++] = Int64GetDatum(sourcing->demands[i].sku->sku_id);
	if (n == 0)
		return;
	values[0] = ArrayDatum(ids, NULL, n, INT8OID);
	PlanRun(&lock, values, NULL, false);
}

/*
 * RequireBackorderRoom raises OM001 if what is open of a demand's SKU, with
 * all that waits already, exceeds the SKU's backorder limit.
 */
static void
RequireBackorderRoom(const Sourcing *sourcing, const Demand *demand)
{
	static SavedPlan waiting = {
		"bigint",
		"SELECT coalesce(sum(backordered), '0') FROM oms.order_lines "
		"WHERE sku_id = $1 AND backordered > '0'::oms.quantity"
	};
	const Sku  *sku = demand->sku;
	Datum		values[1] = {Int64GetDatum(sku->sku_id)};
	Quantity	open = 0;

	for (int i = 0; i < sourcing->demand_count; i++)
		if (sourcing->demands[i].sku->sku_id == sku->sku_id)
			open = QuantityAdd(open, sourcing->plan->open[i]);
	PlanRun(&waiting, values, NULL, false);
	if (QuantityAdd(DatumGetQuantity(RowDatum(0, 1, NULL)), open) >
		sku->backorder_limit)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_INSUFFICIENT_STOCK),
				 errmsg("too many units of sku \"%s\" would wait for stock",
						sku->code),
				 errdetail("Waiting %s, to wait %s, limit %s.",
						   QuantityToString(DatumGetQuantity(RowDatum(0, 1, NULL))),
						   QuantityToString(open),
						   QuantityToString(sku->backorder_limit)),
				 errhint("Order less, or raise the SKU's backorder_limit.")));
}

/*
 * StockedElsewhere tells whether locations have a SKU, or it needs no stock,
 * but none of them may ship here.
 */
static bool
StockedElsewhere(const Sourcing *sourcing, const Sku *sku)
{
	int			n = sourcing->candidate_count;
	int32	   *location_ids = palloc(mul_size(sizeof(int32), Max(n, 1)));

	for (int i = 0; i < n; i++)
		location_ids[i] = sourcing->candidates[i].location_id;
	return sku->part_count == 0 ||
		(SkuAvailable(sku, location_ids, n, 0) == 0 &&
		 SkuAvailable(sku, NULL, 0, 0) > 0);
}

/*
 * RefuseShort raises OM001 with each short SKU, what was asked of it and what
 * could be promised, or OM003 if none of them is short for want of stock.
 */
static void
RefuseShort(const Sourcing *sourcing, const SourcingRules *rules)
{
	StringInfoData detail;
	bool		no_route = true;

	initStringInfo(&detail);
	for (int i = 0; i < sourcing->demand_count; i++)
	{
		const Demand *demand = &sourcing->demands[i];
		Quantity	asked = 0;
		Quantity	open = 0;
		bool		repeated = false;

		for (int j = 0; j < sourcing->demand_count; j++)
			if (sourcing->demands[j].sku->sku_id == demand->sku->sku_id)
			{
				repeated = repeated || j < i;
				asked = QuantityAdd(asked, sourcing->demands[j].quantity);
				open = QuantityAdd(open, sourcing->plan->open[j]);
			}
		if (repeated || open == 0)
			continue;
		no_route = no_route && StockedElsewhere(sourcing, demand->sku);
		appendStringInfo(&detail, "%ssku \"%s\": asked %s, available %s",
						 detail.len > 0 ? "\n" : "", demand->sku->code,
						 QuantityToString(asked),
						 QuantityToString(QuantitySubtract(asked, open)));
	}
	if (no_route)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_NO_ROUTE),
				 errmsg("no location that has stock serves the destination"),
				 errdetail("%s", detail.data),
				 errhint("Check the countries that the locations serve, the locations of the channel, and where the order must ship from.")));
	ereport(ERROR,
			(errcode(ERRCODE_OMS_INSUFFICIENT_STOCK),
			 errmsg("not enough stock"),
			 errdetail("%s", detail.data),
			 rules->allow_split
			 ? errhint("Order less, or allow backorders.")
			 : errhint("Order less, or allow the order to be split or backordered.")));
}

/*
 * RequireSourced raises OM001 or OM003 if something that may not wait for
 * stock cannot be shipped.
 */
static void
RequireSourced(const Sourcing *sourcing, const SourcingRules *rules)
{
	if (rules->partial)
		return;
	for (int i = 0; i < sourcing->demand_count; i++)
	{
		const Demand *demand = &sourcing->demands[i];

		if (sourcing->plan->open[i] == 0)
			continue;
		if (!MayWait(demand, rules))
			RefuseShort(sourcing, rules);
		if (demand->sku->backorder_limit > 0)
			RequireBackorderRoom(sourcing, demand);
	}
}

/*
 * SourcingFind decides which locations ship the demands, without locking or
 * writing anything.  Raises OM001 or OM003 if something cannot be shipped and
 * may not wait.  demands must live as long as the result.
 */
Sourcing *
SourcingFind(const Demand *demands, int n, const SourcingRules *rules)
{
	Sourcing   *sourcing = Decide(demands, n, rules);

	RequireSourced(sourcing, rules);
	return sourcing;
}

/*
 * MakeChanges turns the plan into stock changes, summed and in lock order.
 */
static int
MakeChanges(const Sourcing *sourcing, StockChange **changes)
{
	const RoutePlan *plan = sourcing->plan;
	int			n = 0;

	for (int i = 0; i < plan->pick_count; i++)
		n += sourcing->demands[plan->picks[i].item].sku->part_count;
	*changes = palloc0(mul_size(sizeof(StockChange), Max(n, 1)));
	n = 0;
	for (int i = 0; i < plan->pick_count; i++)
	{
		const RoutePick *pick = &plan->picks[i];
		const Sku  *sku = sourcing->demands[pick->item].sku;

		for (int p = 0; p < sku->part_count; p++)
		{
			StockChange *change = &(*changes)[n++];

			change->sku_id = sku->parts[p].sku_id;
			change->location_id =
				sourcing->candidates[pick->location].location_id;
			change->reserved = PartUnits(sku->parts[p].quantity, pick->quantity);
		}
	}
	return StockSum(*changes, n);
}

/*
 * TryReserve reserves the plan, all of it or nothing.  When it fails, it keeps
 * no lock.
 */
static bool
TryReserve(const Sourcing *sourcing)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	StockChange *changes;
	int			n = MakeChanges(sourcing, &changes);
	bool		done;

	if (n == 0)
		return true;
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	done = StockApply(changes, n);
	if (done)
		ReleaseCurrentSubTransaction();
	else
		RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return done;
}

/*
 * LockAll locks every stock level of the SKUs that the demands take, in lock
 * order.
 */
static void
LockAll(const Demand *demands, int n)
{
	static SavedPlan lock = {
		"bigint[]",
		"SELECT FROM oms.stock_levels WHERE sku_id = ANY ($1) "
		"ORDER BY sku_id, location_id FOR NO KEY UPDATE"
	};
	SkuIndex	index;
	Datum		values[1];

	MakeItems(demands, n, &index);
	values[0] = SkuIdArray(&index);
	PlanRun(&lock, values, NULL, false);
}

/*
 * SourcingReserve reserves what was decided.  If the stock has gone
 * meanwhile, it decides again under locks, so the result may differ from the
 * argument.  Raises OM001 or OM003 like SourcingFind().
 */
Sourcing *
SourcingReserve(Sourcing *sourcing, const SourcingRules *rules)
{
	StockChange *changes;
	int			n;

	if (!TryReserve(sourcing))
	{
		LockAll(sourcing->demands, sourcing->demand_count);
		sourcing = SourcingFind(sourcing->demands, sourcing->demand_count,
								rules);
		n = MakeChanges(sourcing, &changes);
		if (!StockApply(changes, n))
			elog(ERROR, "locked stock levels have changed");
	}
	LockLimits(sourcing);
	RequireSourced(sourcing, rules);
	return sourcing;
}
