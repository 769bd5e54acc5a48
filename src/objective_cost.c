/*
 * objective_cost.c
 *		What it costs to ship from a location, as an objective sees it.
 *
 * Money and metres come first; above them, that a location is not preferred, the
 * number of shipments for fewest_splits, and that a location ships only if nobody
 * else can.  Ties are broken by the number of shipments, then by metres, then by
 * the order of preference of the locations.  All of this is one integer
 * (RouteCost), so that a plan's cost is the sum over its shipments and units.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "sourcing.h"

/*
 * What is added to the objective of a shipment where it counts before money,
 * each more than all below it for 64 shipments together.
 */
#define NOT_PREFERRED	(INT64CONST(1) << 44)	/* by a routing rule */
#define ANY_SHIPMENT	(INT64CONST(1) << 50)	/* for fewest_splits */
#define LAST_RESORT		(INT64CONST(1) << 56)	/* only if nobody else can */

/* Ties of a shipment, above its place */
#define TIE_SHIPMENT	(UINT64CONST(1) << 56)
#define TIE_METRE		(UINT64CONST(1) << 24)
#define METRES_UNKNOWN	INT64CONST(33000000)	/* more than any distance */

/*
 * MoneyDatum is thousandths of a minor unit as an amount.
 */
Datum
MoneyDatum(int currency, int64 money)
{
	return AmountGetDatum(AmountMakeWide(currency, DivideRounded(money, 1000)));
}

/*
 * ObjectivePrice sets what a candidate asks for shipments and units.  Where the
 * weight of a shipment decides by which step of the rate card it is charged,
 * shipping is left to ObjectiveTariff().
 */
void
ObjectivePrice(const Objective *objective, Candidate *candidate)
{
	const Location *location = candidate->location;
	const ShippingStep *step;

	if (location->has_handling_cost)
		candidate->handling = ObjectiveMoney(objective, location->handling_cost);
	if (location->has_unit_cost)
		candidate->unit = ObjectiveMoney(objective, location->unit_cost);
	if (candidate->band == NULL)
		return;
	step = BandStep(candidate->band, objective->weight_g);
	candidate->has_steps =
		step != BandStep(candidate->band, objective->lightest_g);
	if (candidate->has_steps)
		return;
	candidate->shipping = ObjectiveMoney(objective, step->price);
	candidate->per_kg = ObjectiveMoney(objective, step->per_kg);
}

/*
 * ObjectiveShipping is what the service asks to ship a weight from a candidate;
 * 0 if it has no price for that.
 */
int64
ObjectiveShipping(const Objective *objective, const Candidate *candidate,
				  int64 weight_g)
{
	const ShippingStep *step = candidate->band == NULL ? NULL
		: BandStep(candidate->band, weight_g);

	return step == NULL ? 0 : ObjectiveMoney(objective, step->price) +
		RouteRoundUp(ObjectiveMoney(objective, step->per_kg), weight_g, 1000);
}

/*
 * Metres is how far something is for breaking ties.
 */
static int64
Metres(double distance_m)
{
	return distance_m < 0 || distance_m > METRES_UNKNOWN ? METRES_UNKNOWN
		: (int64) distance_m;
}

/*
 * ShipmentCost is what a shipment costs for which money is asked.
 */
static RouteCost
ShipmentCost(const Objective *objective, int64 money, double distance_m,
			 int place)
{
	int64		metres = Metres(distance_m);
	uint64		ties = TIE_SHIPMENT + TIE_METRE * metres + place;

	switch (objective->strategy)
	{
		case ROUTE_NEAREST:
			return ROUTE_COST(metres, ties);
		case ROUTE_FEWEST_SPLITS:
			return ROUTE_COST(ANY_SHIPMENT + money, ties);
		default:
			return ROUTE_COST(money, ties);
	}
}

/*
 * RulesMoney is what the rules that a candidate is passed over by make a
 * shipment from it dearer.
 */
static int64
RulesMoney(const Objective *objective, const SkuRules *rules, int passed)
{
	int64		money = 0;

	for (int r = 0; r < passed; r++)
		if (rules->preferences[r]->has_within)
			money += ObjectiveMoney(objective, rules->preferences[r]->within);
	return Min(money, OBJECTIVE_MONEY_MAX);
}

/*
 * Disfavour is what routing rules that prefer other locations up to an amount
 * add to a shipment from a candidate: what they add for the line for which it is
 * most.  Where metres count and not money, it is nothing.
 */
static int64
Disfavour(const Objective *objective, const Candidate *candidate)
{
	int64		most = 0;

	if (objective->sku_rules == NULL || objective->strategy == ROUTE_NEAREST)
		return 0;
	for (int i = 0; i < objective->demand_count; i++)
	{
		const SkuRules *rules = objective->sku_rules[i];

		if (rules != NULL)
			most = Max(most, RulesMoney(objective, rules,
										RulesPassed(rules, candidate->location)));
	}
	return most;
}

/*
 * ObjectiveFixed is what a shipment from a candidate costs, whatever is in it;
 * beside the tariff, where weight decides.  What is fetched is shipped there
 * only if it is not there yet, whatever that costs.
 */
RouteCost
ObjectiveFixed(const Objective *objective, const Candidate *candidate)
{
	RouteCost	cost = ShipmentCost(objective,
									objective->split_penalty +
									candidate->handling + candidate->shipping,
									candidate->distance_m, candidate->place);

	cost += ROUTE_COST(Disfavour(objective, candidate), 0);
	if (objective->rules->pickup_location_id != 0 && !candidate->counter)
		cost += ROUTE_COST(NOT_PREFERRED, 0);
	if (candidate->fault != CANDIDATE_FIT)
		cost += ROUTE_COST(LAST_RESORT, 0);
	return cost;
}

/*
 * ObjectiveNotPreferred is what a rule that prefers other locations whatever that costs
 * adds to a unit of a demand from a candidate: the same for all of the demand,
 * however many units that are.
 */
int64
ObjectiveNotPreferred(const Objective *objective, const Candidate *candidate,
					  int demand)
{
	const SkuRules *rules = objective->sku_rules == NULL ? NULL
		: objective->sku_rules[demand];
	int			passed = rules == NULL ? 0
		: RulesPassed(rules, candidate->location);

	for (int r = 0; r < passed; r++)
		if (!rules->preferences[r]->has_within)
			return (int64) Min((int128) NOT_PREFERRED * QUANTITY_SCALE /
							   objective->demands[demand].quantity,
							   NOT_PREFERRED * 64);
	return 0;
}

/*
 * ObjectiveUnit is what a unit of a demand from a candidate costs.
 */
int64
ObjectiveUnit(const Objective *objective, const Candidate *candidate,
			  int demand)
{
	int64		unit = ObjectiveNotPreferred(objective, candidate, demand);

	if (objective->strategy == ROUTE_NEAREST)
		return unit;
	return unit + candidate->unit +
		RouteRoundUp(candidate->per_kg, objective->weights_g[demand],
					 1000);
}

/*
 * CandidateSteps is the steps of the rate card for a candidate, count of them,
 * up to the first that has the weight of everything.
 */
static ShippingStep *
CandidateSteps(const Objective *objective, const Candidate *candidate,
			   int *count)
{
	int			n = BandSteps(candidate->band, NULL, 0);
	ShippingStep *steps = palloc(mul_size(sizeof(ShippingStep), Max(n, 1)));

	BandSteps(candidate->band, steps, n);
	*count = 0;
	while (*count < n && (*count == 0 ||
						  steps[*count - 1].max_weight_g < objective->weight_g))
		(*count)++;
	return steps;
}

/*
 * ObjectiveTariff is what the weights of a shipment from a candidate cost.
 * What is too heavy for the rate card is shipped only if nobody else can.
 */
RouteTariff
ObjectiveTariff(const Objective *objective, const Candidate *candidate)
{
	ShippingStep *steps = NULL;
	RouteStep  *route_steps;
	int			n = 0;

	if (candidate->has_steps && objective->strategy != ROUTE_NEAREST)
		steps = CandidateSteps(objective, candidate, &n);
	route_steps = palloc0(mul_size(sizeof(RouteStep), n + 1));
	for (int i = 0; i < n; i++)
	{
		route_steps[i].max_weight_g = steps[i].max_weight_g;
		route_steps[i].price = ObjectiveMoney(objective, steps[i].price);
		route_steps[i].per_kg = ObjectiveMoney(objective, steps[i].per_kg);
	}
	if (n == 0 || steps[n - 1].max_weight_g < objective->weight_g)
		route_steps[n++].price = steps == NULL ? 0 : LAST_RESORT;
	route_steps[n - 1].max_weight_g = PG_INT64_MAX;
	if (steps != NULL)
		pfree(steps);
	return (RouteTariff) {n, route_steps};
}

/*
 * ObjectiveAlone is what it costs if a candidate ships everything.
 */
RouteCost
ObjectiveAlone(const Objective *objective, const Candidate *candidate)
{
	RouteCost	cost = ObjectiveFixed(objective, candidate);
	int64		units = 0;

	for (int i = 0; i < objective->demand_count; i++)
		units += RoutePrice(ObjectiveUnit(objective, candidate, i),
							objective->demands[i].quantity);
	if (candidate->has_steps && objective->strategy != ROUTE_NEAREST)
		units += BandStep(candidate->band, objective->weight_g) == NULL
			? LAST_RESORT
			: ObjectiveShipping(objective, candidate, objective->weight_g);
	return cost + ROUTE_COST(units, 0);
}

/*
 * UnitsLeast is what the units of everything cost at least.
 */
static int64
UnitsLeast(const Objective *objective)
{
	int64		money = 0;

	for (int i = 0; i < objective->demand_count; i++)
		money += RoutePrice(objective->least_unit, objective->demands[i].quantity);
	return money;
}

/*
 * ObjectiveLeast is what it costs at least if one location ships everything
 * that is so far away, or farther.
 */
RouteCost
ObjectiveLeast(const Objective *objective, double distance_m)
{
	int64		money = objective->split_penalty + objective->least_handling +
		UnitsLeast(objective);
	Amount		price;

	if (objective->lane != NULL && objective->rules->pickup_location_id == 0 &&
		LaneLeast(objective->lane, distance_m, objective->weight_g, &price))
		money += ObjectiveMoney(objective, price);
	return ShipmentCost(objective, money, distance_m, 0);
}

/*
 * ObjectiveLeastSplit is what it costs at least if several locations ship
 * everything, none of which is nearer than that.
 */
RouteCost
ObjectiveLeastSplit(const Objective *objective, double distance_m)
{
	int64		money = objective->split_penalty + objective->least_handling;
	int64		rest = UnitsLeast(objective);
	Amount		price;
	Amount		per_kg;

	if (objective->lane != NULL && objective->rules->pickup_location_id == 0 &&
		LaneFloor(objective->lane, &price, &per_kg))
	{
		money += ObjectiveMoney(objective, price);
		rest += RouteRoundUp(ObjectiveMoney(objective, per_kg),
							 objective->weight_g, 1000);
	}
	if (objective->strategy == ROUTE_NEAREST)
		rest = 0;
	return 2 * ShipmentCost(objective, money, distance_m, 0) +
		ROUTE_COST(rest, 0);
}
