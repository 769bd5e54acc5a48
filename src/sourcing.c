/*
 * sourcing.c
 *		Decides who ships, and reserves what was decided.
 *
 * A decision is made on a plain read of the stock and then checked under row
 * locks.  If somebody was quicker, the locks of the attempt are given back (it
 * runs in a subtransaction, so that waiting for other rows cannot deadlock),
 * all rows of the SKUs are locked in order, and the decision is made again on
 * what is there: nobody is refused before that.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "sourcing.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/resowner.h"

/*
 * MayWait tells whether what is open of a demand may be backordered.  A
 * preorder waits, whatever the order says: that is what it is.
 */
static bool
MayWait(const Demand *demand, const SourcingRules *rules)
{
	return (rules->allow_backorder || demand->sku->preorder) &&
		demand->sku->backorder_limit != 0;
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
 * HasBackorderRoom tells whether what is open of a demand's SKU, with all that
 * waits already, is within the SKU's backorder limit, and sets both.
 */
static bool
HasBackorderRoom(const Sourcing *sourcing, const Demand *demand,
				 Quantity *waits, Quantity *open)
{
	static SavedPlan waiting = {
		"bigint",
		"SELECT coalesce(sum(backordered), '0') FROM oms.order_lines "
		"WHERE sku_id = $1 AND backordered > '0'::oms.quantity"
	};
	const Sku  *sku = demand->sku;
	Datum		values[1] = {Int64GetDatum(sku->sku_id)};

	*open = 0;
	for (int i = 0; i < sourcing->demand_count; i++)
		if (sourcing->demands[i].sku->sku_id == sku->sku_id)
			*open = QuantityAdd(*open, sourcing->plan->open[i]);
	PlanRunLatest(&waiting, values, NULL);
	*waits = DatumGetQuantity(RowDatum(0, 1, NULL));
	return QuantityAdd(*waits, *open) <= sku->backorder_limit;
}

/*
 * RequireBackorderRoom raises OM001 if more of a demand's SKU would wait than
 * its backorder limit allows.
 */
static void
RequireBackorderRoom(const Sourcing *sourcing, const Demand *demand)
{
	Quantity	waits;
	Quantity	open;

	if (!HasBackorderRoom(sourcing, demand, &waits, &open))
		ereport(ERROR,
				(errcode(ERRCODE_OMS_INSUFFICIENT_STOCK),
				 errmsg("too many units of sku \"%s\" would wait for stock",
						demand->sku->code),
				 errdetail("Waiting %s, to wait %s, limit %s.",
						   QuantityToString(waits), QuantityToString(open),
						   QuantityToString(demand->sku->backorder_limit)),
				 errhint("Order less, or raise the SKU's backorder_limit.")));
}

/*
 * MayShipSku tells whether a candidate may ship a SKU of the demands.
 */
static bool
MayShipSku(const Sourcing *sourcing, const Candidate *candidate, const Sku *sku)
{
	const Objective *objective = sourcing->objective;

	for (int i = 0; i < objective->demand_count; i++)
		if (objective->demands[i].sku->sku_id == sku->sku_id)
			return CandidateBars(objective, candidate, i) == NULL;
	return false;
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
	int			count = 0;

	for (int i = 0; i < n; i++)
		if (MayShipSku(sourcing, &sourcing->candidates[i], sku))
			location_ids[count++] = sourcing->candidates[i].location_id;
	if (sku->preorder)
		return false;
	return sku->part_count == 0 ||
		(SkuAvailable(sku, location_ids, count, 0, false) == 0 &&
		 SkuAvailable(sku, NULL, 0, 0, false) > 0);
}

/*
 * RefuseShort raises OM001 with each short SKU that may not wait, what was
 * asked of it and what could be promised, or OM003 if none of them is short for want of stock.
 */
static void
RefuseShort(const Sourcing *sourcing, const SourcingRules *rules)
{
	Faults		shorts;
	bool		no_route = true;

	FaultsInit(&shorts);
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
		if (repeated || open == 0 || MayWait(demand, rules))
			continue;
		no_route = no_route && StockedElsewhere(sourcing, demand->sku);
		FaultAdd(&shorts, psprintf("sku \"%s\"", demand->sku->code),
				 "asked %s, available %s", QuantityToString(asked),
				 QuantityToString(QuantitySubtract(asked, open)));
	}
	if (no_route)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_NO_ROUTE),
				 errmsg("no location that has stock serves the destination"),
				 errdetail("%s", FaultsText(&shorts)),
				 errhint("Check the countries that the locations serve, what they handle, the locations of the channel, routing rules, and from where and by when the order must ship.")));
	ereport(ERROR,
			(errcode(ERRCODE_OMS_INSUFFICIENT_STOCK),
			 errmsg("not enough stock"),
			 errdetail("%s", FaultsText(&shorts)),
			 rules->allow_split
			 ? errhint("Order less, or allow backorders.")
			 : errhint("Order less, or allow the order to be split or backordered.")));
}

/*
 * SourcingSuffices tells whether all that cannot be shipped may wait for stock.
 */
bool
SourcingSuffices(const Sourcing *sourcing, const SourcingRules *rules)
{
	for (int i = 0; i < sourcing->demand_count; i++)
	{
		const Demand *demand = &sourcing->demands[i];
		Quantity	waits;
		Quantity	open;

		if (sourcing->plan->open[i] == 0)
			continue;
		if (!MayWait(demand, rules) ||
			(demand->sku->backorder_limit > 0 &&
			 !HasBackorderRoom(sourcing, demand, &waits, &open)))
			return false;
	}
	return true;
}

/*
 * SourcingRequire raises OM001 or OM003 if something that may not wait for
 * stock cannot be shipped.
 */
void
SourcingRequire(const Sourcing *sourcing, const SourcingRules *rules)
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
 * LeaveOpen makes a plan for the first demands of some, which leaves out those
 * that are of preorders, one for all: these are open.  place tells where each
 * demand of the plan stands among all.
 */
static void
LeaveOpen(Sourcing *sourcing, const Demand *demands, int n, const int *place)
{
	RoutePlan  *plan = sourcing->plan;
	Quantity   *open = palloc(mul_size(sizeof(Quantity), Max(n, 1)));

	for (int i = 0; i < n; i++)
		open[i] = demands[i].quantity;
	for (int i = 0; i < sourcing->demand_count; i++)
		open[place[i]] = plan->open[i];
	for (int i = 0; i < plan->pick_count; i++)
		plan->picks[i].item = place[plan->picks[i].item];
	plan->open = open;
	sourcing->demands = demands;
	sourcing->demand_count = n;
}

/*
 * SourcingPlan plans which locations ship the demands.  Those of preorders stay
 * open, whatever stock there is.  demands must live as long as the result.
 */
Sourcing *
SourcingPlan(const Demand *demands, int n, const SourcingRules *rules)
{
	Demand	   *due = palloc(mul_size(sizeof(Demand), Max(n, 1)));
	int		   *place = palloc(mul_size(sizeof(int), Max(n, 1)));
	int			count = 0;
	Sourcing   *sourcing;

	for (int i = 0; i < n; i++)
	{
		if (demands[i].sku->preorder)
			continue;
		place[count] = i;
		due[count++] = demands[i];
	}
	if (count == n)
		return CandidatesPlan(demands, n, rules);
	if (count > 0)
		sourcing = CandidatesPlan(due, count, rules);
	else
	{
		sourcing = palloc0(sizeof(Sourcing));
		sourcing->plan = palloc0(sizeof(RoutePlan));
	}
	LeaveOpen(sourcing, demands, n, place);
	return sourcing;
}

/*
 * SourcingFind decides which locations ship the demands, without locking or
 * writing anything.  Raises OM001 or OM003 if something cannot be shipped and
 * may not wait.  demands must live as long as the result.
 */
Sourcing *
SourcingFind(const Demand *demands, int n, const SourcingRules *rules)
{
	Sourcing   *sourcing = SourcingPlan(demands, n, rules);

	SourcingRequire(sourcing, rules);
	return sourcing;
}

/*
 * MakeChanges turns the plan into stock changes, summed and in lock order,
 * which leave what is kept back.
 */
static int
MakeChanges(const Sourcing *sourcing, const SourcingRules *rules,
			StockChange **changes)
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
	n = StockSum(*changes, n);
	for (int i = 0; i < n; i++)
		(*changes)[i].keep = StockBuffer((*changes)[i].sku_id,
										 (*changes)[i].location_id,
										 rules->channel_id);
	return n;
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
		"ORDER BY sku_id, location_id, stripe FOR NO KEY UPDATE"
	};
	Datum		values[1] = {DemandsSkuIds(demands, n)};

	PlanRun(&lock, values, NULL, false);
}

/* An attempt to reserve what was decided */
typedef struct Attempt
{
	Sourcing   *sourcing;
	const SourcingRules *rules;
	bool		decide;			/* again, under locks */
} Attempt;

/*
 * Reserve makes an attempt.  If it returns false, some levels may have been
 * written or locked: the caller must roll back.
 */
static bool
Reserve(Attempt *attempt)
{
	Sourcing   *sourcing = attempt->sourcing;
	StockChange *changes;
	int			n;

	if (attempt->decide)
	{
		LockAll(sourcing->demands, sourcing->demand_count);
		sourcing = attempt->sourcing =
			SourcingFind(sourcing->demands, sourcing->demand_count,
						 attempt->rules);
	}
	n = MakeChanges(sourcing, attempt->rules, &changes);
	return StockApply(changes, n, !attempt->decide);
}

/*
 * ReserveWhole makes an attempt, all of it or nothing.  When it fails, it
 * keeps no lock.  An error ends the subtransaction before it goes on: whoever
 * catches it, such as a block of PL/pgSQL, takes the innermost one for its own.
 */
static bool
ReserveWhole(Attempt *attempt)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	bool		done;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		done = Reserve(attempt);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		ReThrowError(error);
	}
	PG_END_TRY();
	if (done)
		ReleaseCurrentSubTransaction();
	else
		RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return done;
}

/*
 * ReserveAsDecided reserves what was decided, all of it or nothing, keeping no
 * lock when it fails.  A single stripe takes no subtransaction for that.
 */
static bool
ReserveAsDecided(Attempt *attempt)
{
	StockChange *changes;
	int			n = MakeChanges(attempt->sourcing, attempt->rules, &changes);

	return n == 0 || (n == 1 ? StripeApply(changes, true)
					  : ReserveWhole(attempt));
}

/* Attempts after which somebody else should be let through */
#define ATTEMPTS_MAX	20

/*
 * SourcingReserve reserves what was decided.  If the stock has gone
 * meanwhile, it decides again under locks, so the result may differ from the
 * argument.  Raises OM001 or OM003 like SourcingFind(), and 40001 where others
 * always take first what it decides on.
 */
Sourcing *
SourcingReserve(Sourcing *sourcing, const SourcingRules *rules)
{
	Attempt		attempt = {sourcing, rules, false};
	bool		done = ReserveAsDecided(&attempt);

	attempt.decide = true;
	for (int i = 0; i < ATTEMPTS_MAX && !done; i++)
		done = ReserveWhole(&attempt);
	if (!done)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("stock was taken by others in each of %d attempts",
						ATTEMPTS_MAX),
				 errhint("Repeat the transaction.")));
	LockLimits(attempt.sourcing);
	SourcingRequire(attempt.sourcing, rules);
	return attempt.sourcing;
}
