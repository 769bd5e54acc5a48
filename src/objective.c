/*
 * objective.c
 *		What it costs to ship from a location, in the eyes of a strategy.
 *
 * A shipment costs what the location asks for handling it, what the channel
 * thinks a further parcel costs in goodwill (split penalty) and what the
 * service asks for its weight; a unit costs its handling.  The strategies:
 *
 * cheapest        the sum of these
 * balanced        and for each unit its scarcity price at the location
 * fastest         the same as cheapest, of those that arrive soonest
 * fewest_splits   the number of shipments, then the sum
 * nearest         the metres of all shipments
 *
 * Ties are broken by the number of shipments, then by metres, then by the order
 * of preference of the locations.  All of this is one integer (RouteCost), so
 * that a plan's cost is the sum over its shipments and units.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "sourcing.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"

/*
 * What is added to the objective of a shipment where it counts before money,
 * each more than all below it for 64 shipments together.
 */
#define MONEY_MAX		(INT64CONST(1) << 40)	/* of one part of a cost */
#define NOT_PREFERRED	(INT64CONST(1) << 44)	/* by a routing rule */
#define ANY_SHIPMENT	(INT64CONST(1) << 50)	/* for fewest_splits */
#define LAST_RESORT		(INT64CONST(1) << 56)	/* only if nobody else can */

/* Ties of a shipment, above its place */
#define TIE_SHIPMENT	(UINT64CONST(1) << 56)
#define TIE_METRE		(UINT64CONST(1) << 24)
#define METRES_UNKNOWN	INT64CONST(33000000)	/* more than any distance */

/* The least that active locations ask in a currency */
typedef struct LeastCost
{
	Amount		handling;
	Amount		unit;
} LeastCost;

typedef struct LeastCosts
{
	bool		free_handling;	/* some ask nothing */
	bool		free_unit;
	int			currency;		/* of most of them; 0: none asks anything */
	int			count;
	LeastCost  *costs;			/* a currency each */
} LeastCosts;

/*
 * LoadLeastCosts loads the least that active locations ask; there is one key.
 */
static void *
LoadLeastCosts(const char *key)
{
	static SavedPlan find = {
		"",
		"SELECT coalesce(bool_or(handling_cost IS NULL), true), "
		"       coalesce(bool_or(unit_cost IS NULL), true), "
		"       oms.min(handling_cost), oms.min(unit_cost), "
		"       oms.currency_of(coalesce(handling_cost, unit_cost)) AS currency "
		"FROM oms.locations WHERE active "
		"GROUP BY currency ORDER BY count(*) DESC, currency"
	};
	LeastCosts *least = palloc0(sizeof(LeastCosts));

	least->count = PlanRunLatest(&find, NULL, NULL);
	least->costs = palloc0(mul_size(sizeof(LeastCost), Max(least->count, 1)));
	for (int i = 0; i < least->count; i++)
	{
		bool		free_handling = RowBool(i, 1);
		bool		free_unit = RowBool(i, 2);
		char	   *currency = RowText(i, 5);

		least->free_handling = least->free_handling || free_handling;
		least->free_unit = least->free_unit || free_unit;
		if (least->currency == 0 && currency != NULL)
			least->currency = CurrencyFromCode(currency, strlen(currency));
		if (!free_handling)
			least->costs[i].handling = DatumGetAmount(RowDatum(i, 3, NULL));
		if (!free_unit)
			least->costs[i].unit = DatumGetAmount(RowDatum(i, 4, NULL));
	}
	return least;
}

/*
 * FindLeastCosts finds the least that active locations ask.
 */
static const LeastCosts *
FindLeastCosts(void)
{
	static Kept kept = {{"locations"}, LoadLeastCosts};

	return KeptFind(&kept, "");
}

/*
 * ObjectiveMoney is an amount in thousandths of a minor unit of the
 * objective's currency; nothing if there is no rate of exchange between them,
 * and at most what cannot be told from the next thing that counts more.
 */
int64
ObjectiveMoney(const Objective *objective, Amount amount)
{
	int			currency = AmountCurrency(amount);
	double		money = (double) AmountMinor(amount) * 1000;
	double		factor;

	if (currency != objective->currency)
	{
		if (!ConvertFind(currency, objective->currency, objective->on, &factor))
			return 0;
		money *= factor * pow(10, CurrencyMinorUnits(objective->currency) -
							  CurrencyMinorUnits(currency));
	}
	return money >= MONEY_MAX ? MONEY_MAX : (int64) rint(money);
}

/*
 * SetLeastCosts sets the least that any location asks.
 */
static void
SetLeastCosts(Objective *objective)
{
	const LeastCosts *least = FindLeastCosts();

	objective->least_handling = least->free_handling ? 0 : MONEY_MAX;
	objective->least_unit = least->free_unit ? 0 : MONEY_MAX;
	for (int i = 0; i < least->count; i++)
	{
		if (!least->free_handling)
			objective->least_handling =
				Min(objective->least_handling,
					ObjectiveMoney(objective, least->costs[i].handling));
		if (!least->free_unit)
			objective->least_unit =
				Min(objective->least_unit,
					ObjectiveMoney(objective, least->costs[i].unit));
	}
}

/*
 * SkusStrategy is the strategy that the SKUs of the demands ask for, if those
 * that ask for one agree.
 */
static RouteStrategy
SkusStrategy(const Demand *demands, int n)
{
	RouteStrategy strategy = ROUTE_DEFAULT;

	for (int i = 0; i < n; i++)
	{
		RouteStrategy wanted = demands[i].sku->strategy;

		if (wanted == ROUTE_DEFAULT)
			continue;
		if (strategy != ROUTE_DEFAULT && strategy != wanted)
			return ROUTE_DEFAULT;
		strategy = wanted;
	}
	return strategy;
}

/*
 * SetStrategy sets the strategy of the order, else of its SKUs, else of the
 * channel, else the cheapest, and the channel's split penalty.
 */
static void
SetStrategy(Objective *objective)
{
	const SourcingRules *rules = objective->rules;
	const Channel *channel = rules->channel_id == 0 ? NULL
		: ChannelGet(rules->channel_id);

	objective->strategy = rules->strategy;
	if (objective->strategy == ROUTE_DEFAULT)
		objective->strategy = SkusStrategy(objective->demands,
										   objective->demand_count);
	if (objective->strategy == ROUTE_DEFAULT && channel != NULL)
		objective->strategy = channel->strategy;
	if (objective->strategy == ROUTE_DEFAULT)
		objective->strategy = ROUTE_CHEAPEST;
	if (channel != NULL)
		objective->split_penalty = ObjectiveMoney(objective,
												  channel->split_penalty);
}

/*
 * SetWeights sets what the demands weigh, as the service bills it.
 */
static void
SetWeights(Objective *objective)
{
	objective->weights_g = palloc(sizeof(int64) * Max(objective->demand_count, 1));
	objective->lightest_g = PG_INT64_MAX;
	for (int i = 0; i < objective->demand_count; i++)
	{
		const Demand *demand = &objective->demands[i];
		int64		weight_g = ShippingWeight(objective->service, demand->sku);

		objective->weights_g[i] = weight_g;
		objective->weight_g += RouteUnits(weight_g, demand->quantity);
		objective->lightest_g = Min(objective->lightest_g,
									RouteUnits(weight_g,
											   Min(SkuStep(demand->sku),
												   demand->quantity)));
	}
}

/*
 * SetCurrency sets the currency that costs are compared in: the order's, or
 * the channel's, or the service's, or that of most locations.
 */
static void
SetCurrency(Objective *objective)
{
	const SourcingRules *rules = objective->rules;

	objective->currency = rules->currency;
	if (objective->currency == 0 && rules->channel_id != 0)
		objective->currency = ChannelGet(rules->channel_id)->currency;
	if (objective->currency == 0 && objective->service != NULL)
		objective->currency = objective->service->currency;
	if (objective->currency == 0)
		objective->currency = FindLeastCosts()->currency;
}

/*
 * SetDestination sets where the demands go: to the customer, or to where he
 * fetches them.
 */
static void
SetDestination(Objective *objective)
{
	const SourcingRules *rules = objective->rules;

	if (rules->pickup_location_id != 0)
	{
		const Location *counter = LocationGet(rules->pickup_location_id);

		objective->country = counter->country;
		objective->region = counter->region;
		objective->destination = counter->has_point ? counter->point : (Datum) 0;
		return;
	}
	objective->country = rules->country;
	objective->region = rules->region;
	objective->postcode = rules->postcode;
	if (rules->has_point)
		objective->destination = PointDatum(rules->latitude, rules->longitude);
}

/*
 * SetService sets the service, and its lane to the destination.
 */
static void
SetService(Objective *objective)
{
	int32		service_id = objective->rules->service_id;

	if (service_id == 0)
		return;
	objective->service = ServiceGet(service_id);
	objective->lane = LaneFind(service_id, objective->country,
							   objective->region, objective->postcode);
}

/*
 * SetRules sets the routing rules that are for the demands.
 */
static void
SetRules(Objective *objective)
{
	RuleSubject subject = {objective->rules->channel_id, objective->country,
	objective->region, objective->postcode, objective->rules->at};
	const RuleSet *rules = RoutingRulesFor(&subject);

	if (rules == NULL)
		return;
	objective->sku_rules = palloc(sizeof(SkuRules *) * Max(objective->demand_count, 1));
	for (int i = 0; i < objective->demand_count; i++)
		objective->sku_rules[i] = RulesOfSku(rules, objective->demands[i].sku);
}

/*
 * ObjectiveMake makes the objective of a choice.  rules and demands must live
 * as long.
 */
Objective
ObjectiveMake(const Demand *demands, int n, const SourcingRules *rules)
{
	Objective	objective = {rules, n, demands};

	objective.on = (DateADT) floor((double) rules->at / USECS_PER_DAY);
	SetDestination(&objective);
	SetService(&objective);
	SetRules(&objective);
	SetCurrency(&objective);
	SetStrategy(&objective);
	SetWeights(&objective);
	SetLeastCosts(&objective);
	return objective;
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
		(int64) ((int128) ObjectiveMoney(objective, step->per_kg) * weight_g / 1000);
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
 * RulesMoney is what the rules that a candidate is passed over by make it
 * dearer.  Where metres count, an amount does not.
 */
static int64
RulesMoney(const Objective *objective, const SkuRules *rules, int passed)
{
	int64		money = 0;

	for (int r = 0; r < passed; r++)
		if (!rules->preferences[r]->has_within)
			money += NOT_PREFERRED;
		else if (objective->strategy != ROUTE_NEAREST)
			money += ObjectiveMoney(objective, rules->preferences[r]->within);
	return Min(money, NOT_PREFERRED);
}

/*
 * Disfavour is what routing rules that prefer other locations add to a shipment
 * from a candidate: what they add for the line for which it is most.
 */
static int64
Disfavour(const Objective *objective, const Candidate *candidate)
{
	int64		most = 0;

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
 * beside the tariff, where weight decides.
 */
RouteCost
ObjectiveFixed(const Objective *objective, const Candidate *candidate)
{
	RouteCost	cost = ShipmentCost(objective,
									objective->split_penalty +
									candidate->handling + candidate->shipping,
									candidate->distance_m, candidate->place);

	if (objective->sku_rules != NULL)
		cost += ROUTE_COST(Disfavour(objective, candidate), 0);
	if (candidate->fault != CANDIDATE_FIT)
		cost += ROUTE_COST(LAST_RESORT, 0);
	return cost;
}

/*
 * ObjectiveUnit is what a unit of a demand from a candidate costs.
 */
int64
ObjectiveUnit(const Objective *objective, const Candidate *candidate,
			  int demand)
{
	if (objective->strategy == ROUTE_NEAREST)
		return 0;
	return candidate->unit +
		(int64) ((int128) candidate->per_kg * objective->weights_g[demand] / 1000);
}

/* Most steps of a tariff; what is heavier is charged as the last of them */
#define STEPS_MAX		128

/*
 * ObjectiveTariff is what the weights of a shipment from a candidate cost.
 */
RouteTariff
ObjectiveTariff(const Objective *objective, const Candidate *candidate)
{
	ShippingStep steps[STEPS_MAX];
	int			n = candidate->has_steps && objective->strategy != ROUTE_NEAREST
		? BandSteps(candidate->band, steps, STEPS_MAX) : 0;
	RouteStep  *route_steps = palloc0(sizeof(RouteStep) * Max(n, 1));

	for (int i = 0; i < n; i++)
	{
		route_steps[i].max_weight_g = steps[i].max_weight_g;
		route_steps[i].price = ObjectiveMoney(objective, steps[i].price);
		route_steps[i].per_kg = ObjectiveMoney(objective, steps[i].per_kg);
	}
	n = Max(n, 1);
	route_steps[n - 1].max_weight_g = PG_INT64_MAX;
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
		units += RouteUnits(ObjectiveUnit(objective, candidate, i),
							objective->demands[i].quantity);
	if (candidate->has_steps && objective->strategy != ROUTE_NEAREST)
		units += BandStep(candidate->band, objective->weight_g) == NULL
			? LAST_RESORT
			: ObjectiveShipping(objective, candidate, objective->weight_g);
	return cost + ROUTE_COST(units, 0);
}

/*
 * ObjectiveLeast is what no shipment from any location that is at least so far
 * away can cost less than: of everything, or of something.
 */
RouteCost
ObjectiveLeast(const Objective *objective, double distance_m, bool everything)
{
	int64		money = objective->split_penalty + objective->least_handling;
	int64		weight_g = everything ? objective->weight_g
		: objective->lightest_g;
	Amount		price;

	if (objective->lane != NULL && objective->rules->pickup_location_id == 0 &&
		LaneLeast(objective->lane, distance_m, weight_g, &price))
		money += ObjectiveMoney(objective, price);
	for (int i = 0; everything && i < objective->demand_count; i++)
		money += RouteUnits(objective->least_unit,
							objective->demands[i].quantity);
	return ShipmentCost(objective, money, distance_m, 0);
}
