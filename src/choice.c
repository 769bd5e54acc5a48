/*
 * choice.c
 *		Chooses who ships demands: reads who may and what they have, and lets
 *		the router plan.
 *
 * Two ways lead to the same choice.  The short one looks at the locations that
 * lie nearest (or come first by priority, if the destination is not on the map)
 * and reads their stock, the cheapest first, until one has everything.  If no
 * location farther away can be cheaper, and no two together, that is it.
 * Otherwise the stock of all locations is read that have any of the SKUs.  Of a
 * SKU that very many have, some are asked first, and all of them only if that is
 * too little.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "sourcing.h"

#include "catalog/pg_type.h"
#include "utils/float.h"

/*
 * IndexOf finds a SKU among some, adding it if it is not there.
 */
static int
IndexOf(int64 *sku_ids, int *count, int64 sku_id)
{
	for (int i = 0; i < *count; i++)
		if (sku_ids[i] == sku_id)
			return i;
	sku_ids[*count] = sku_id;
	return (*count)++;
}

/*
 * CollectSkus collects the SKUs that demands take, each once.
 */
static int64 *
CollectSkus(const Demand *demands, int n, int *count)
{
	int			parts = 0;
	int64	   *sku_ids;

	for (int i = 0; i < n; i++)
		parts += demands[i].sku->part_count;
	sku_ids = palloc(sizeof(int64) * Max(parts, 1));
	*count = 0;
	for (int i = 0; i < n; i++)
		for (int p = 0; p < demands[i].sku->part_count; p++)
			IndexOf(sku_ids, count, demands[i].sku->parts[p].sku_id);
	return sku_ids;
}

/*
 * DemandsSkuIds is the SKUs that demands take, as a parameter.
 */
Datum
DemandsSkuIds(const Demand *demands, int n)
{
	int			count;
	int64	   *sku_ids = CollectSkus(demands, n, &count);

	return Int64Array(sku_ids, count);
}

/*
 * MakeItems turns demands into items that refer to the SKUs of a choice.
 */
static RouteItem *
MakeItems(Choice *choice, const Demand *demands, int n)
{
	RouteItem  *items = palloc(sizeof(RouteItem) * Max(n, 1));

	for (int i = 0; i < n; i++)
	{
		const Sku  *sku = demands[i].sku;

		items[i].wanted = demands[i].quantity;
		items[i].step = SkuStep(sku);
		items[i].weight_g = choice->objective.weights_g[i];
		items[i].part_count = sku->part_count;
		items[i].parts = palloc(sizeof(RoutePart) * Max(sku->part_count, 1));
		for (int p = 0; p < sku->part_count; p++)
		{
			items[i].parts[p].sku = IndexOf(choice->sku_ids,
											&choice->instance.sku_count,
											sku->parts[p].sku_id);
			items[i].parts[p].quantity = sku->parts[p].quantity;
		}
	}
	return items;
}

/*
 * ChoiceMake begins a choice.  demands and rules must live as long.
 */
Choice
ChoiceMake(const Demand *demands, int n, const SourcingRules *rules)
{
	Choice		choice = {ObjectiveMake(demands, n, rules)};

	choice.sku_ids = CollectSkus(demands, n, &choice.instance.sku_count);
	choice.instance.item_count = n;
	choice.instance.items = MakeItems(&choice, demands, n);
	choice.instance.allow_split = rules->allow_split;
	choice.locations_max = SHELF_LOCATIONS_MAX;
	choice.buffers = palloc(sizeof(StockBuffers) *
							Max(choice.instance.sku_count, 1));
	for (int s = 0; s < choice.instance.sku_count; s++)
		choice.buffers[s] = StockBuffersRead(choice.sku_ids[s]);
	choice.sourcing = palloc0(sizeof(Sourcing));
	choice.sourcing->objective = memcpy(palloc(sizeof(Objective)),
										&choice.objective, sizeof(Objective));
	choice.sourcing->demand_count = n;
	choice.sourcing->demands = demands;
	choice.sourcing->service = choice.objective.service;
	return choice;
}

/*
 * IsShort tells whether a plan leaves something open.
 */
static bool
IsShort(const Sourcing *sourcing)
{
	for (int i = 0; i < sourcing->demand_count; i++)
		if (sourcing->plan->open[i] > 0)
			return true;
	return false;
}

/*
 * CandidatesPlan chooses who ships the demands, as much as can be.  demands
 * must live as long as the result.
 */
Sourcing *
CandidatesPlan(const Demand *demands, int n, const SourcingRules *rules)
{
	Choice		choice = ChoiceMake(demands, n, rules);
	bool		by_place = choice.objective.strategy != ROUTE_FASTEST &&
		choice.objective.strategy != ROUTE_BALANCED;

	if (by_place && ChoiceNear(&choice))
		return choice.sourcing;
	ChoiceRead(&choice, NULL, 0, true);
	ChoicePlan(&choice);
	if (!choice.is_complete && IsShort(choice.sourcing))
	{
		choice.locations_max = PG_INT32_MAX;
		ChoiceRead(&choice, NULL, 0, true);
		ChoicePlan(&choice);
	}
	return choice.sourcing;
}
