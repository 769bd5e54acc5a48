/*
 * routing_price.c
 *		Prices of stock that orders compete for, and the bound that they prove.
 *
 * Lagrangian relaxation: every order is placed alone on all stock, at its cost
 * and the prices of what it takes.  The sum less the price of all stock is
 * never more than the cost of the best plan.  Prices rise where more is used
 * than is there and fall where less is, by a subgradient with Polyak's step.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "routing_batch.h"

#include "miscadmin.h"

#include <math.h>

#define STALL_MAX		10		/* iterations without a better bound */
#define SHARE_FIRST		0.5		/* of Polyak's step */
#define SHARE_MIN		0.002
#define INERTIA			0.7		/* of a direction */
#define CONSTRUCT_EVERY	10		/* iterations */

/*
 * Stands tells whether the ideal placement of an order is surely ideal after
 * prices changed: they rose only for what it doesn't take and fell only for
 * what it takes as far as it can.
 */
static bool
Stands(const Plan *plan, const PlanOrder *order)
{
	for (int r = 0; r < order->rival_count; r++)
	{
		int			cell = order->rivals[r].cell;
		const Pair *pair = &plan->pairs[order->rivals[r].pair];

		if (pair->price > pair->price_before && order->ideal.take[cell] > 0)
			return false;
		if (pair->price < pair->price_before &&
			order->ideal.take[cell] < order->problem->stock[cell])
			return false;
	}
	return true;
}

/*
 * UseIdeal adds what an order's ideal placement takes to what all take.
 */
static void
UseIdeal(Plan *plan, const PlanOrder *order, int sign)
{
	for (int r = 0; r < order->rival_count; r++)
		plan->pairs[order->rivals[r].pair].ideal +=
			sign * order->ideal.take[order->rivals[r].cell];
}

/*
 * RelaxPlan finds the ideal placements at the prices that are.  value receives
 * the bound that follows.  False: the budget ended before.
 */
static bool
RelaxPlan(Plan *plan, RouteCost *value)
{
	RouteCost	sum = 0;
	int128		priced = 0;

	for (int o = 0; o < plan->order_count; o++)
	{
		PlanOrder  *order = &plan->orders[o];

		CHECK_FOR_INTERRUPTS();
		if (PlanElapsed(plan) > plan->budget_us)
			return false;

		if (!Stands(plan, order))
		{
			UseIdeal(plan, order, -1);
			PlanSolve(plan, order, true, 100, &order->ideal, &order->gap);
			UseIdeal(plan, order, 1);
		}
		sum += order->ideal.cost - order->gap;
	}
	for (int p = 0; p < plan->pair_count; p++)
	{
		Pair	   *pair = &plan->pairs[p];

		pair->price_before = pair->price;
		priced += (int128) pair->price * (pair->ideal - pair->stock);
	}
	/* rounded down */
	*value = sum + ROUTE_COST(priced / QUANTITY_SCALE -
							  (priced % QUANTITY_SCALE < 0), 0);
	return true;
}

/*
 * StepPrices moves the prices by a share of Polyak's step from a value of the
 * bound.  Tells whether there is a direction.
 */
static bool
StepPrices(Plan *plan, RouteCost value, double share)
{
	double		norm = 0;
	double		length;

	for (int p = 0; p < plan->pair_count; p++)
	{
		Pair	   *pair = &plan->pairs[p];
		double		excess = (double) (pair->ideal - pair->stock) /
			QUANTITY_SCALE;

		if (pair->multiplier <= 0 && excess < 0)
			excess = 0;
		pair->direction = excess + INERTIA * pair->direction;
		if (pair->multiplier <= 0 && pair->direction < 0)
			pair->direction = 0;
		norm += pair->direction * pair->direction;
	}
	if (norm == 0)
		return false;
	length = share * (double) ROUTE_OBJECTIVE(plan->best - value) / norm;
	for (int p = 0; p < plan->pair_count; p++)
	{
		Pair	   *pair = &plan->pairs[p];

		pair->multiplier += length * pair->direction;
		pair->multiplier = Min(pair->multiplier, (double) plan->price_max);
		pair->multiplier = Max(pair->multiplier, 0);
		pair->price = (int64) rint(pair->multiplier);
	}
	return true;
}

/*
 * Remember keeps the prices as those of the best bound, or goes back to them.
 */
static void
Remember(Plan *plan, bool back)
{
	for (int p = 0; p < plan->pair_count; p++)
	{
		Pair	   *pair = &plan->pairs[p];

		if (back)
		{
			pair->price = pair->price_best;
			pair->multiplier = (double) pair->price;
			pair->direction = 0;
		}
		else
			pair->price_best = pair->price;
	}
}

/*
 * PlanPrices finds prices and the bound until a time, and better plans on the
 * way.  It leaves the prices of the best bound, and the ideal placements of
 * them.
 */
void
PlanPrices(Plan *plan, int64 end_us)
{
	double		share = SHARE_FIRST;
	int			stall = 0;
	RouteCost	value;

	for (int i = 1; share > SHARE_MIN && plan->bound < plan->best; i++)
	{
		if (!RelaxPlan(plan, &value))
			break;
		if (value > plan->bound)
		{
			plan->bound = value;
			Remember(plan, false);
			stall = 0;
		}
		else if (++stall >= STALL_MAX)
		{
			Remember(plan, true);
			share /= 2;
			stall = 0;
			continue;
		}
		if (PlanElapsed(plan) > end_us || !StepPrices(plan, value, share))
			break;
		if (i % CONSTRUCT_EVERY == 0)
			PlanConstruct(plan);
	}
	Remember(plan, true);
	RelaxPlan(plan, &value);
}
