/*
 * routing.c
 *		Chooses the locations that ship an order: from an instance to a plan.
 *
 * Nothing here reads the database.  An instance has items (order lines or
 * kits of several SKUs), locations in order of preference, and the units that
 * each location can sell of each SKU.  The plan names, for each item, how much
 * comes from which location, and what nobody has.
 *
 * The rule: the first location in order of preference that has everything
 * ships everything.  If there is none and the order may be split, the
 * location that covers most of what is open takes that, and so on, ties going
 * to the preferred one; so an order is split only if it must be.  Items that
 * share a SKU are served from one stock, one after the other: what the first
 * takes, the second doesn't find.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stock.h"

#include "miscadmin.h"

/*
 * Fit is how much of an item a location's remaining stock allows, in whole
 * steps of the SKU's decimals.  An item without parts needs no stock.
 */
static Quantity
Fit(const RouteItem *item, const Quantity *stock, Quantity open)
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
 * Take takes a quantity of an item out of a location's stock.
 */
static void
Take(const RouteItem *item, Quantity *stock, Quantity quantity)
{
	for (int p = 0; p < item->part_count; p++)
		stock[item->parts[p].sku] -= PartUnits(item->parts[p].quantity, quantity);
}

/*
 * Serve lets one location serve all open items as far as its stock goes.
 * taken receives the quantity of each item; the result is how well it does:
 * the number of items that it completes plus the share of the others.
 */
static double
Serve(const RouteInstance *instance, Quantity *stock, const Quantity *open,
	  Quantity *taken)
{
	double		score = 0;

	for (int i = 0; i < instance->item_count; i++)
	{
		const RouteItem *item = &instance->items[i];

		taken[i] = open[i] == 0 ? 0 : Fit(item, stock, open[i]);
		if (taken[i] == 0)
			continue;
		Take(item, stock, taken[i]);
		score += (double) taken[i] / open[i];
	}
	return score;
}

/*
 * BestLocation finds the location that serves the open items best, the
 * preferred one among equals, and what it takes; -1 if none has anything.
 * It stops at the first that serves all.
 */
static int
BestLocation(const RouteInstance *instance, const Quantity *stock,
			 const Quantity *open, int open_count, Quantity *best_taken)
{
	Size		row_size = sizeof(Quantity) * instance->sku_count;
	Quantity   *row = palloc(row_size);
	Quantity   *taken = palloc(sizeof(Quantity) * instance->item_count);
	double		best_score = 0;
	int			best = -1;

	for (int l = 0; l < instance->location_count && best_score < open_count; l++)
	{
		double		score;

		CHECK_FOR_INTERRUPTS();
		memcpy(row, &stock[l * instance->sku_count], row_size);
		score = Serve(instance, row, open, taken);
		if (score > best_score)
		{
			best_score = score;
			best = l;
			memcpy(best_taken, taken, sizeof(Quantity) * instance->item_count);
		}
	}
	return best;
}

/*
 * CountOpen counts the items of which something is open.
 */
static int
CountOpen(const Quantity *open, int n)
{
	int			count = 0;

	for (int i = 0; i < n; i++)
		count += open[i] > 0;
	return count;
}

/*
 * PickFrom adds to the plan what a location takes, and removes it from its
 * stock and from what is open.
 */
static void
PickFrom(const RouteInstance *instance, RoutePlan *plan, Quantity *stock,
		 int location, const Quantity *taken)
{
	for (int i = 0; i < instance->item_count; i++)
	{
		RoutePick  *pick;

		if (taken[i] == 0)
			continue;
		Take(&instance->items[i], &stock[location * instance->sku_count],
			 taken[i]);
		plan->open[i] -= taken[i];
		pick = &plan->picks[plan->pick_count++];
		pick->item = i;
		pick->location = location;
		pick->quantity = taken[i];
	}
}

/*
 * RoutePlanMake plans an instance.  The plan lives in the current memory
 * context.  Time is O(rounds * locations * items); each round but the last
 * uses up a location or completes an item.
 */
RoutePlan *
RoutePlanMake(const RouteInstance *instance)
{
	int			items = instance->item_count;
	Size		cells = mul_size(instance->location_count,
								 instance->sku_count);
	RoutePlan  *plan = palloc0(sizeof(RoutePlan));
	Quantity   *stock = palloc(mul_size(sizeof(Quantity), Max(cells, 1)));
	Quantity   *taken = palloc(sizeof(Quantity) * Max(items, 1));
	int			location;

	memcpy(stock, instance->stock, sizeof(Quantity) * cells);
	plan->open = palloc(sizeof(Quantity) * Max(items, 1));
	plan->picks = palloc(mul_size(sizeof(RoutePick),
								  Max(mul_size(items, instance->location_count), 1)));
	for (int i = 0; i < items; i++)
		plan->open[i] = instance->items[i].wanted;

	while ((location = BestLocation(instance, stock, plan->open,
									CountOpen(plan->open, items), taken)) >= 0)
	{
		PickFrom(instance, plan, stock, location, taken);
		if (!instance->allow_split)
			break;
	}
	return plan;
}
