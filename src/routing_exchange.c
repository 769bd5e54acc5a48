/*
 * routing_exchange.c
 *		Better plans for many orders: from prices, and by placing a few orders
 *		anew at a time.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "routing_batch.h"

#include "miscadmin.h"

#include <math.h>

#define WARMTH			0.06	/* of an order's cost, by which one may rise */
#define MOVES_EACH		20000	/* moves of an order */
#define HOLDERS_TRIED	16
#define RIVALS_MAX		4		/* from among which an order is chosen */

/*
 * Place places an order on what is left, and takes it.  False: it is too
 * little, nothing was taken.
 */
static bool
Place(Plan *plan, const PlanOrder *order, int price_percent,
	  Placement *placement)
{
	if (!PlanSolve(plan, order, false, price_percent, placement, NULL))
		return false;
	if (PlanTake(plan, order, placement->take, 1))
		return true;
	PlanTake(plan, order, placement->take, -1);
	return false;
}

/*
 * Regret tells what the placement of an order loses at prices.
 */
static double
Regret(const Plan *plan, const PlanOrder *order)
{
	return (double) ROUTE_OBJECTIVE(order->now.cost - order->ideal.cost) +
		(double) (PlanPrice(plan, order, order->now.take) -
				  PlanPrice(plan, order, order->ideal.take)) / QUANTITY_SCALE;
}

/*
 * MoveOrders places some orders anew, one after the other, and keeps that if
 * their cost rises by no more than a given one.
 */
static bool
MoveOrders(Plan *plan, const int *moving, int count, int price_percent,
	 RouteCost rise)
{
	Placement	trials[PLAN_MOVE_MAX];
	RouteCost	before = 0;
	RouteCost	after = 0;		/* no less than this */
	int			placed = 0;
	bool		better = true;

	for (int m = 0; m < count; m++)
	{
		const PlanOrder *order = &plan->orders[moving[m]];

		PlanTake(plan, order, order->now.take, -1);
		before += order->now.cost;
		after += order->least;
	}
	while (better && placed < count)
	{
		const PlanOrder *order = &plan->orders[moving[placed]];

		trials[placed].take = plan->trial[placed];
		better = Place(plan, order, price_percent, &trials[placed]);
		if (!better)
			break;
		after += trials[placed++].cost - order->least;
		better = after <= before + rise;
	}
	for (int m = 0; m < count; m++)
	{
		PlanOrder  *order = &plan->orders[moving[m]];

		if (better)
		{
			PlacementCopy(order, &order->now, &trials[m]);
			order->moved = true;
			order->regret = Regret(plan, order);
			continue;
		}
		if (m < placed)
			PlanTake(plan, order, trials[m].take, -1);
		PlanTake(plan, order, order->now.take, 1);
	}
	if (better)
		plan->cost += after - before;
	return better;
}

/*
 * SettlePlan keeps the plan that is worked on if it is the best so far, or goes
 * back to the best.
 */
static void
SettlePlan(Plan *plan)
{
	if (plan->cost < plan->best)
		PlanKeep(plan);
	else
		PlanReturn(plan);
}

/*
 * ImprovePlan places each order anew alone.
 */
static void
ImprovePlan(Plan *plan)
{
	for (int o = 0; o < plan->order_count; o++)
		if (plan->orders[o].now.cost > plan->orders[o].least &&
			PlanElapsed(plan) < plan->budget_us)
			MoveOrders(plan, &o, 1, 0, 0);
}

/*
 * PlanConstruct makes a plan from nothing but the prices: one order after the
 * other, those of many lines first.
 */
void
PlanConstruct(Plan *plan)
{
	bool		placed = true;

	for (int p = 0; p < plan->pair_count; p++)
		plan->pairs[p].left = plan->pairs[p].stock;
	plan->cost = 0;
	for (int o = 0; o < plan->order_count && placed; o++)
	{
		PlanOrder  *order = &plan->orders[o];

		CHECK_FOR_INTERRUPTS();
		order->moved = true;
		placed = PlanElapsed(plan) < plan->budget_us &&
			Place(plan, order, 100, &order->now);
		plan->cost += order->now.cost;
	}
	if (placed)
		ImprovePlan(plan);
	else
		plan->cost = plan->best;
	SettlePlan(plan);
}

/*
 * Wants chooses a pair that an order would use at the prices and doesn't, or
 * any that it competes for.
 */
static int
Wants(Plan *plan, const PlanOrder *order)
{
	int			first = PlanRandom(plan, order->rival_count);

	if (PlanRandom(plan, 2) == 0)
		for (int i = 0; i < order->rival_count; i++)
		{
			int			r = (first + i) % order->rival_count;
			int			cell = order->rivals[r].cell;

			if (order->ideal.take[cell] > order->now.take[cell])
				return order->rivals[r].pair;
		}
	return order->rivals[first].pair;
}

/*
 * Holder chooses an order that takes from a pair; -1 if none was met.
 */
static int
Holder(Plan *plan, const Pair *pair)
{
	int			first = PlanRandom(plan, pair->user_count);

	for (int i = 0; i < Min(pair->user_count, HOLDERS_TRIED); i++)
	{
		const PairUser *user = &pair->users[(first + i) % pair->user_count];

		if (plan->orders[user->order].now.take[user->cell] > 0)
			return user->order;
	}
	return -1;
}

/*
 * Seed chooses the order that loses most at prices among a few.
 */
static int
Seed(Plan *plan)
{
	int			seed = PlanRandom(plan, plan->order_count);

	for (int i = PlanRandom(plan, RIVALS_MAX); i > 0; i--)
	{
		int			other = PlanRandom(plan, plan->order_count);

		if (plan->orders[other].regret > plan->orders[seed].regret)
			seed = other;
	}
	return seed;
}

/*
 * Choose chooses orders that are in each other's way, in random order.
 */
static int
Choose(Plan *plan, int *moving)
{
	int			wanted = 2 + PlanRandom(plan, PLAN_MOVE_MAX - 2);
	int			count = 1;

	moving[0] = Seed(plan);
	for (int i = 0; i < 2 * wanted && count < wanted; i++)
	{
		const PlanOrder *order = &plan->orders[moving[PlanRandom(plan, count)]];
		int			holder = Holder(plan, &plan->pairs[Wants(plan, order)]);
		bool		fresh = holder >= 0;

		for (int m = 0; m < count && fresh; m++)
			fresh = moving[m] != holder;
		if (fresh)
			moving[count++] = holder;
	}
	for (int m = count - 1; m > 0; m--)
	{
		int			other = PlanRandom(plan, m + 1);
		int			order = moving[m];

		moving[m] = moving[other];
		moving[other] = order;
	}
	return count;
}

/*
 * PlanExchange looks for better plans until the budget ends, or so many moves
 * were tried that more would hardly help.  A rise of the cost is allowed with
 * a chance that falls to nothing (simulated annealing).
 */
void
PlanExchange(Plan *plan)
{
	int			moving[PLAN_MOVE_MAX];
	int64		begin_us = PlanElapsed(plan);
	double		span_us = Max(plan->budget_us - begin_us, 1);
	double		warmth = WARMTH * (double) ROUTE_OBJECTIVE(plan->best) /
		plan->order_count;
	double		moves_max = (double) MOVES_EACH * plan->order_count;

	for (int o = 0; o < plan->order_count; o++)
		plan->orders[o].regret = Regret(plan, &plan->orders[o]);
	for (double moves = 0; plan->bound < plan->best; moves++)
	{
		double		rest = Min(1 - (PlanElapsed(plan) - begin_us) / span_us,
							   1 - moves / moves_max);
		double		chance = (PlanRandom(plan, 1 << 20) + 1.0) / (1 << 20);
		double		rise = -log(chance) * warmth * rest * rest;
		int			count;

		CHECK_FOR_INTERRUPTS();
		if (rest <= 0)
			break;
		count = Choose(plan, moving);
		if (MoveOrders(plan, moving, count, PlanRandom(plan, 2) == 0 ? 0 : 100,
				 ROUTE_COST((int64) rise, 0)) && plan->cost < plan->best)
			PlanKeep(plan);
	}
	PlanReturn(plan);
}
