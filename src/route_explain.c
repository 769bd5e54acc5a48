/*
 * route_explain.c
 *		Tells why an order goes where it goes.
 *
 * The choice is made once more, for all that is not cancelled of the order, with
 * the stock of today and what the order itself holds or has shipped, and every
 * location is told that has any of it, with what speaks against it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "executor/spi.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

/* Units of a line that a location ships, or has shipped */
typedef struct Share
{
	int32		location_id;
	int			demand;
	Quantity	quantity;
} Share;

/* An order that is explained */
typedef struct Explained
{
	Choice		choice;
	int			share_count;
	Share	   *shares;
} Explained;

/*
 * ReadDemands reads what is not cancelled of an order.  Preorders are left out:
 * nobody ships them before their day.
 */
static Demand *
ReadDemands(int64 order_id, int *count)
{
	static SavedPlan read = {
		"bigint",
		"SELECT l.line_no, s.code, l.quantity - l.cancelled "
		"FROM oms.order_lines l JOIN oms.skus s USING (sku_id) "
		"WHERE l.order_id = $1 AND l.quantity > l.cancelled "
		"ORDER BY l.line_no"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};
	int			n = PlanRun(&read, values, NULL, true);
	Demand	   *demands = DemandsOfRows(n);

	*count = 0;
	for (int i = 0; i < n; i++)
		if (!demands[i].sku->preorder)
			demands[(*count)++] = demands[i];
	return demands;
}

/*
 * ReadShares reads who ships what of the demands.
 */
static void
ReadShares(Explained *explained, int64 order_id)
{
	static SavedPlan read = {
		"bigint",
		"SELECT f.location_id, l.line_no, sum(l.quantity) "
		"FROM oms.fulfillments f "
		"     JOIN oms.fulfillment_lines l USING (order_id, fulfillment_no) "
		"WHERE f.order_id = $1 AND f.status NOT IN ('cancelled', 'rejected') "
		"GROUP BY f.location_id, l.line_no"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};
	int			n = PlanRun(&read, values, NULL, true);
	const Objective *objective = &explained->choice.objective;

	explained->shares = palloc(sizeof(Share) * Max(n, 1));
	explained->share_count = 0;
	for (int r = 0; r < n; r++)
		for (int i = 0; i < objective->demand_count; i++)
			if (objective->demands[i].line_no == RowInt32(r, 2))
				explained->shares[explained->share_count++] =
					(Share) {RowInt32(r, 1), i, DatumGetQuantity(RowDatum(r, 3, NULL))};
}

/*
 * GiveBack adds to a candidate's stock what it ships of the order.
 */
static void
GiveBack(const Explained *explained, Candidate *candidate)
{
	for (int s = 0; s < explained->share_count; s++)
	{
		const Share *share = &explained->shares[s];
		const RouteItem *item = &explained->choice.instance.items[share->demand];

		if (share->location_id != candidate->location_id)
			continue;
		for (int p = 0; p < item->part_count; p++)
			candidate->stock[item->parts[p].sku] =
				QuantityAdd(candidate->stock[item->parts[p].sku],
							PartUnits(item->parts[p].quantity, share->quantity));
	}
}

/*
 * SumShares is what a candidate ships of each demand, and of all together.
 */
static Quantity
SumShares(const Explained *explained, const Candidate *candidate,
		  Quantity *shipped)
{
	Quantity	sum = 0;

	memset(shipped, 0, sizeof(Quantity) * explained->choice.instance.item_count);
	for (int s = 0; s < explained->share_count; s++)
		if (explained->shares[s].location_id == candidate->location_id)
		{
			shipped[explained->shares[s].demand] = explained->shares[s].quantity;
			sum = QuantityAdd(sum, explained->shares[s].quantity);
		}
	return sum;
}

/*
 * SumPicks is what today's plan would ship from a candidate.
 */
static Quantity
SumPicks(const RoutePlan *plan, int candidate)
{
	Quantity	sum = 0;

	for (int i = 0; i < plan->pick_count; i++)
		if (plan->picks[i].location == candidate)
			sum = QuantityAdd(sum, plan->picks[i].quantity);
	return sum;
}

/*
 * Reason tells what speaks against a candidate, NULL if nothing does.
 */
static const char *
Reason(const Explained *explained, int candidate, const Quantity *has)
{
	const Choice *choice = &explained->choice;
	const Candidate *that = &choice->sourcing->candidates[candidate];
	const char *reason = CandidateFaultName(that->fault);

	for (int i = 0; reason == NULL && i < choice->instance.item_count; i++)
		reason = CandidateBars(&choice->objective, that, i);
	for (int i = 0; i < choice->instance.item_count; i++)
		if (has[i] > 0)
			return reason;
	return reason == NULL ? "no_stock" : reason;
}

/* The parts of what a candidate costs, in thousandths of a minor unit */
typedef struct Costs
{
	int64		shipping;
	int64		handling;
	int64		units;
	int64		scarcity;
} Costs;

/*
 * CostsOf is what it costs to ship some of each demand from a candidate.
 */
static Costs
CostsOf(const Explained *explained, int candidate, const Quantity *ships)
{
	const Choice *choice = &explained->choice;
	const Objective *objective = &choice->objective;
	const Candidate *that = &choice->sourcing->candidates[candidate];
	Costs		costs = {.handling = that->handling};
	int64		weight_g = 0;

	for (int i = 0; i < objective->demand_count; i++)
	{
		weight_g += RoutePrice(objective->weights_g[i], ships[i]);
		costs.units += RoutePrice(that->unit, ships[i]);
		costs.scarcity += RoutePrice(choice->instance.unit[candidate * objective->demand_count + i] -
									 ObjectiveUnit(objective, that, i),
									 ships[i]);
	}
	costs.shipping = ObjectiveShipping(objective, that, weight_g);
	return costs;
}

#define EXPLAIN_COLUMNS	14

/*
 * PutCandidate adds a row for a candidate: its costs are of what it ships, or
 * if that is nothing, of all that it has.
 */
static void
PutCandidate(ReturnSetInfo *result, const Explained *explained, int candidate)
{
	const Choice *choice = &explained->choice;
	const Objective *objective = &choice->objective;
	const Candidate *that = &choice->sourcing->candidates[candidate];
	int			n = objective->demand_count;
	Quantity   *has = palloc(sizeof(Quantity) * Max(n, 1));
	Quantity   *ships = palloc(sizeof(Quantity) * Max(n, 1));
	double		lines = RouteServe(&choice->instance, candidate, has);
	Quantity	shipped = SumShares(explained, that, ships);
	Costs		costs = CostsOf(explained, candidate, shipped > 0 ? ships : has);
	bool		known = that->fault <= CANDIDATE_LATE;
	const char *reason = Reason(explained, candidate, has);
	Datum		values[EXPLAIN_COLUMNS] = {0};
	bool		nulls[EXPLAIN_COLUMNS] = {false};
	int			v = 0;

	values[v++] = CStringGetTextDatum(that->location->code);
	values[v++] = QuantityGetDatum(shipped);
	values[v++] = QuantityGetDatum(SumPicks(choice->sourcing->plan, candidate));
	values[v++] = Float8GetDatum(lines);
	nulls[v] = reason == NULL;
	values[v++] = reason == NULL ? (Datum) 0 : CStringGetTextDatum(reason);
	nulls[v] = that->distance_m < 0;
	values[v++] = Float8GetDatum(that->distance_m);
	nulls[v] = !known || DATE_NOT_FINITE(that->ships_on);
	values[v++] = DateADTGetDatum(that->ships_on);
	nulls[v] = !known || !that->has_arrival;
	values[v++] = DateADTGetDatum(that->arrives_on);
	for (int i = v; i < EXPLAIN_COLUMNS; i++)
		nulls[i] = !known;
	values[v++] = MoneyDatum(objective->currency, costs.shipping);
	values[v++] = MoneyDatum(objective->currency, costs.handling);
	values[v++] = MoneyDatum(objective->currency, costs.units);
	values[v++] = MoneyDatum(objective->currency, costs.scarcity);
	values[v++] = MoneyDatum(objective->currency, costs.shipping + costs.handling +
							 costs.units + costs.scarcity);
	nulls[v] = false;
	values[v++] = BoolGetDatum(choice->sourcing->plan->optimal);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * Explain makes the choice once more.
 */
static Explained
Explain(int64 order_id)
{
	SourcingRules *rules = palloc0(sizeof(SourcingRules));
	Explained	explained = {0};
	Demand	   *demands;
	int32	   *location_ids;
	int			n;

	OrderRulesRead(order_id, rules);
	rules->excluded_location_ids = RejectedLocations(order_id, 0);
	demands = ReadDemands(order_id, &n);
	explained.choice = ChoiceMake(demands, n, rules);
	ReadShares(&explained, order_id);
	location_ids = palloc(sizeof(int32) * Max(explained.share_count, 1));
	for (int s = 0; s < explained.share_count; s++)
		location_ids[s] = explained.shares[s].location_id;
	ChoiceRead(&explained.choice, location_ids, explained.share_count, false);
	for (int c = 0; c < explained.choice.sourcing->candidate_count; c++)
		GiveBack(&explained, &explained.choice.sourcing->candidates[c]);
	ChoicePlan(&explained.choice);
	return explained;
}

PG_FUNCTION_INFO_V1(oms_explain_route);

/*
 * oms_explain_route(order_id) returns a row for each location that has any of
 * what was ordered: see its comment.
 */
Datum
oms_explain_route(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Explained	explained;
	StoreScope	scope;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	scope = StoreOpen();
	explained = Explain(PG_GETARG_INT64(0));
	for (int c = 0; c < explained.choice.sourcing->candidate_count; c++)
		PutCandidate(result, &explained, c);
	StoreClose(scope);
	return (Datum) 0;
}
