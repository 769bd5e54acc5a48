/*
 * routing_alone.c
 *		What one location ships of an instance by itself.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "routing.h"

#include "miscadmin.h"

/*
 * RouteFit is how much of an item a location's remaining stock allows, in whole
 * steps of the SKU's decimals.  An item without parts needs no stock.
 */
Quantity
RouteFit(const RouteItem *item, const Quantity *stock, Quantity open)
{
	Quantity	fit = open;

	for (int p = 0; p < item->part_count; p++)
	{
		const RoutePart *part = &item->parts[p];
		int128		units = (int128) stock[part->sku] * QUANTITY_SCALE /
			part->quantity;

		if (units < fit)
			fit = (Quantity) units;
	}
	return fit < open ? fit - fit % item->step : open;
}

/*
 * RouteTake takes a quantity of an item out of a location's stock.
 */
void
RouteTake(const RouteItem *item, Quantity *stock, Quantity quantity)
{
	for (int p = 0; p < item->part_count; p++)
		stock[item->parts[p].sku] -= PartUnits(item->parts[p].quantity, quantity);
}

/*
 * ShipmentCost is what it costs to ship some quantity of each item from a
 * location.
 */
static RouteCost
ShipmentCost(const RouteInstance *instance, int location, const Quantity *taken)
{
	RouteCost	cost = instance->fixed[location];
	int64		weight_g = 0;

	for (int i = 0; i < instance->item_count; i++)
	{
		cost += ROUTE_COST(RoutePrice(instance->unit[location * instance->item_count + i],
									  taken[i]), 0);
		weight_g += RoutePrice(instance->items[i].weight_g, taken[i]);
	}
	if (instance->tariffs != NULL)
		cost += ROUTE_COST(RouteTariffPrice(&instance->tariffs[location], weight_g), 0);
	return cost;
}

/*
 * RouteServe lets one location serve all items as far as its stock goes.  taken
 * receives the quantity of each; the result is how well it does: the number of
 * items that it completes plus the share of the others.
 */
double
RouteServe(const RouteInstance *instance, int location, Quantity *taken)
{
	Size		row_size = sizeof(Quantity) * instance->sku_count;
	Quantity   *stock = palloc(Max(row_size, 1));
	double		score = 0;

	memcpy(stock, &instance->stock[location * instance->sku_count], row_size);
	for (int i = 0; i < instance->item_count; i++)
	{
		const RouteItem *item = &instance->items[i];

		taken[i] = instance->barred[location * instance->item_count + i] ? 0
			: RouteFit(item, stock, item->wanted);
		RouteTake(item, stock, taken[i]);
		score += (double) taken[i] / item->wanted;
	}
	pfree(stock);
	return score;
}

/*
 * RouteBestAlone finds the one location that ships most of the items, the cheapest
 * among equals, and what it ships; -1 if none ships anything.
 */
int
RouteBestAlone(const RouteInstance *instance, Quantity *best_taken)
{
	Size		size = sizeof(Quantity) * Max(instance->item_count, 1);
	Quantity   *taken = palloc(size);
	double		best_score = 0;
	RouteCost	best_cost = 0;
	int			best = -1;

	for (int l = 0; l < instance->location_count; l++)
	{
		double		score = RouteServe(instance, l, taken);
		RouteCost	cost;

		CHECK_FOR_INTERRUPTS();
		if (score == 0 || score < best_score)
			continue;
		cost = ShipmentCost(instance, l, taken);
		if (best >= 0 && score == best_score && cost >= best_cost)
			continue;
		best = l;
		best_score = score;
		best_cost = cost;
		memcpy(best_taken, taken, size);
	}
	return best;
}
