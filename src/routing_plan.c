/*
 * routing_plan.c
 *		A plan for many orders while it is worked on: what it leaves of the
 *		stock, and the placing of one order in it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "routing_batch.h"
#include "routing_solve.h"

#include "utils/memutils.h"

/*
 * PlanElapsed tells the microseconds since the start.
 */
int64
PlanElapsed(const Plan *plan)
{
	instr_time	now;

	INSTR_TIME_SET_CURRENT(now);
	INSTR_TIME_SUBTRACT(now, plan->start);
	return (int64) INSTR_TIME_GET_MICROSEC(now);
}

/*
 * PlanRandom draws a number below limit, the same ones in each run (xorshift).
 */
uint64
PlanRandom(Plan *plan, uint64 limit)
{
	plan->random ^= plan->random << 13;
	plan->random ^= plan->random >> 7;
	plan->random ^= plan->random << 17;
	return (plan->random >> 16) % limit;
}

/*
 * PlanPrice tells what a placement takes at prices, in objective of
 * QUANTITY_SCALE to the square.
 */
int128
PlanPrice(const Plan *plan, const PlanOrder *order, const Quantity *take)
{
	int128		sum = 0;

	for (int r = 0; r < order->rival_count; r++)
		sum += (int128) plan->pairs[order->rivals[r].pair].price *
			take[order->rivals[r].cell];
	return sum;
}

/*
 * PlanTake takes a placement out of the stock that is left, or gives it back.
 * Tells whether nothing was taken that is not there.
 */
bool
PlanTake(Plan *plan, const PlanOrder *order, const Quantity *take, int sign)
{
	bool		there = true;

	for (int r = 0; r < order->rival_count; r++)
	{
		Pair	   *pair = &plan->pairs[order->rivals[r].pair];

		pair->left -= sign * take[order->rivals[r].cell];
		there = there && pair->left >= 0;
	}
	return there;
}

/*
 * Covers tells whether the stock of a problem suffices for all lines.
 */
static bool
Covers(const RouteProblem *problem)
{
	int			lines = problem->line_count;

	for (int l = 0; l < lines; l++)
	{
		Quantity	open = problem->wanted[l];

		for (int s = 0; s < problem->source_count && open > 0; s++)
			open -= Min(open, RouteUsable(problem, s, l));
		if (open > 0)
			return false;
	}
	return true;
}

/*
 * PlanSolve places an order at the least cost, with prices to some percent:
 * alone on all stock, or on what is left, where false means that it is too
 * little.  Lines of the same SKU don't see each other: PlanTake() tells.
 * gap, unless null, receives by how much the priced cost may exceed the least.
 */
bool
PlanSolve(Plan *plan, const PlanOrder *order, bool alone, int price_percent,
		  Placement *placement, RouteCost *gap)
{
	RouteProblem problem = *order->problem;
	RouteSolution *solution;
	MemoryContext caller;

	memcpy(plan->stock, problem.stock, sizeof(Quantity) * order->cell_count);
	memcpy(plan->unit, problem.unit, sizeof(int64) * order->cell_count);
	problem.stock = plan->stock;
	problem.unit = plan->unit;
	for (int r = 0; r < order->rival_count; r++)
	{
		int			cell = order->rivals[r].cell;
		const Pair *pair = &plan->pairs[order->rivals[r].pair];

		plan->unit[cell] += pair->price / 100 * price_percent;
		if (!alone && pair->left < plan->stock[cell])
			plan->stock[cell] = Max(0, pair->left);
	}
	if (!alone && !Covers(&problem))
		return false;

	MemoryContextReset(plan->scratch);
	caller = MemoryContextSwitchTo(plan->scratch);
	solution = RouteSolve(&problem);
	MemoryContextSwitchTo(caller);
	memcpy(placement->take, solution->take,
		   sizeof(Quantity) * order->cell_count);
	placement->cost = price_percent == 0 ? solution->cost :
		RouteTakeCost(order->problem, solution->take);
	if (gap)
		*gap = solution->cost - solution->bound +
			ROUTE_COST(order->rounding, 0);
	return true;
}

/*
 * PlacementCopy copies a placement of an order.
 */
void
PlacementCopy(const PlanOrder *order, Placement *to, const Placement *from)
{
	memcpy(to->take, from->take, sizeof(Quantity) * order->cell_count);
	to->cost = from->cost;
}

/*
 * PlanKeep makes the plan that is worked on the best.
 */
void
PlanKeep(Plan *plan)
{
	for (int o = 0; o < plan->order_count; o++)
	{
		PlanOrder  *order = &plan->orders[o];

		if (order->moved)
			PlacementCopy(order, &order->best, &order->now);
		order->moved = false;
	}
	plan->best = plan->cost;
}

/*
 * PlanReturn goes back to the best plan.
 */
void
PlanReturn(Plan *plan)
{
	for (int p = 0; p < plan->pair_count; p++)
		plan->pairs[p].left = plan->pairs[p].stock;
	for (int o = 0; o < plan->order_count; o++)
	{
		PlanOrder  *order = &plan->orders[o];

		if (order->moved)
			PlacementCopy(order, &order->now, &order->best);
		order->moved = false;
		PlanTake(plan, order, order->now.take, 1);
	}
	plan->cost = plan->best;
}
