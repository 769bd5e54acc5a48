/*
 * objective.c
 *		What counts when locations are chosen, in the eyes of a strategy.
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
 * What that makes of a location is in objective_cost.c.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "sourcing.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"

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
	int			currency;		/* of the first that asks anything; 0: none */
	int			count;			/* 0 if some ask nothing for both */
	LeastCost  *costs;			/* a currency each */
} LeastCosts;

/*
 * AddLeastCosts adds the least that active locations ask by currency, where
 * all of them ask something.
 */
static void
AddLeastCosts(LeastCosts *least)
{
	static SavedPlan find = {
		"",
		"SELECT oms.min(handling_cost), oms.min(unit_cost) "
		"FROM oms.locations WHERE active "
		"GROUP BY oms.currency_of(coalesce(handling_cost, unit_cost))"
	};

	least->count = PlanRunLatest(&find, NULL, NULL);
	least->costs = palloc0(mul_size(sizeof(LeastCost), Max(least->count, 1)));
	for (int i = 0; i < least->count; i++)
	{
		if (!least->free_handling)
			least->costs[i].handling = DatumGetAmount(RowDatum(i, 1, NULL));
		if (!least->free_unit)
			least->costs[i].unit = DatumGetAmount(RowDatum(i, 2, NULL));
	}
}

/*
 * LoadLeastCosts loads the least that active locations ask; there is one key.
 * All of them are only looked at if none asks nothing.
 */
static void *
LoadLeastCosts(const char *key)
{
	static SavedPlan find = {
		"",
		"SELECT EXISTS (SELECT FROM oms.locations WHERE active AND handling_cost IS NULL), "
		"       EXISTS (SELECT FROM oms.locations WHERE active AND unit_cost IS NULL), "
		"       (SELECT oms.currency_of(coalesce(handling_cost, unit_cost)) FROM oms.locations "
		"        WHERE handling_cost IS NOT NULL OR unit_cost IS NOT NULL "
		"        ORDER BY location_id LIMIT 1)"
	};
	LeastCosts *least = palloc0(sizeof(LeastCosts));
	char	   *currency;

	PlanRunLatest(&find, NULL, NULL);
	least->free_handling = RowBool(0, 1);
	least->free_unit = RowBool(0, 2);
	currency = RowText(0, 3);
	if (currency != NULL)
		least->currency = CurrencyFromCode(currency, strlen(currency));
	if (!least->free_handling || !least->free_unit)
		AddLeastCosts(least);
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
 * ObjectiveKnows tells whether amounts of a currency can be compared.
 */
bool
ObjectiveKnows(const Objective *objective, int currency)
{
	double		factor;

	return currency == objective->currency ||
		ConvertFind(currency, objective->currency, objective->on, &factor);
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
	return money >= OBJECTIVE_MONEY_MAX ? OBJECTIVE_MONEY_MAX : (int64) rint(money);
}

/*
 * SetLeastCosts sets the least that any location asks.
 */
static void
SetLeastCosts(Objective *objective)
{
	const LeastCosts *least = FindLeastCosts();

	objective->least_handling = least->free_handling ? 0 : OBJECTIVE_MONEY_MAX;
	objective->least_unit = least->free_unit ? 0 : OBJECTIVE_MONEY_MAX;
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
	const Channel *channel = objective->channel;

	objective->strategy = objective->rules->strategy;
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
		objective->weight_g += RoutePrice(weight_g, demand->quantity);
		objective->lightest_g = Min(objective->lightest_g,
									RoutePrice(weight_g,
											   Min(SkuStep(demand->sku),
												   demand->quantity)));
	}
}

/*
 * SetCurrency sets the currency that costs are compared in: the order's, or
 * the channel's, or the service's, or that of the first location that asks anything.
 */
static void
SetCurrency(Objective *objective)
{
	objective->currency = objective->rules->currency;
	if (objective->currency == 0 && objective->channel != NULL)
		objective->currency = objective->channel->currency;
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
	objective->lane = LaneFind(service_id,
							   objective->country != NULL ? objective->country
							   : objective->rules->rate_country,
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
	if (rules->channel_id != 0)
		objective.channel = ChannelGet(rules->channel_id);
	SetDestination(&objective);
	SetService(&objective);
	SetRules(&objective);
	SetCurrency(&objective);
	SetStrategy(&objective);
	SetWeights(&objective);
	SetLeastCosts(&objective);
	return objective;
}
