/*
 * edge.c
 *		Checks the solver of routing with tariffs and at its edges, in a program
 *		of its own.
 *
 * Orders with tariffs are compared with all ways to ship their lines whole;
 * others are of any size, have equal costs, or huge numbers.  Each plan must be
 * one (plan.h).  Prints TAP, with a line for each kind of order.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "plan.h"

/*
 * RandomTariffs gives the sources of an order random steps, mostly rising.
 */
static void
RandomTariffs(Order *order)
{
	for (int s = 0; s < order->problem.source_count; s++)
	{
		RouteStep  *steps = &order->steps[s * STEPS_EACH];
		int			count = 1 + Random(STEPS_EACH);
		int64		price = Random(500);
		int64		weight_g = 0;

		for (int i = 0; i < count; i++)
		{
			weight_g += 500 + Random(5000);
			price += Random(600) - 50;
			steps[i].max_weight_g = i == count - 1 ? PG_INT64_MAX : weight_g;
			steps[i].price = Max(price, 0) * CENT;
			steps[i].per_kg = Random(2) * Random(100) * CENT;
		}
		order->tariffs[s].step_count = Random(9) == 0 ? 0 : count;
		if (Random(3) == 0)
			order->fixed[s] = 0;
	}
	order->problem.tariffs = order->tariffs;
}

/*
 * LeastOfAll is the least cost of lines from line on, each whole from one
 * source, beside what take has.
 */
static RouteCost
LeastOfAll(const RouteProblem *problem, Quantity *take, int line)
{
	RouteCost	least = -1;

	if (line == problem->line_count)
		return PlanCost(problem, take);
	for (int s = 0; s < problem->source_count; s++)
	{
		Quantity   *cell = &take[s * problem->line_count + line];
		RouteCost	cost;

		if (Have(problem, s, line) < problem->wanted[line])
			continue;
		*cell = problem->wanted[line];
		cost = LeastOfAll(problem, take, line + 1);
		*cell = 0;
		if (cost >= 0 && (least < 0 || cost < least))
			least = cost;
	}
	return least;
}

/*
 * CheckParts checks that no line is divided if none has to be.  The result tells
 * whether none has to.
 */
static bool
CheckParts(const RouteProblem *problem, const Quantity *take)
{
	bool		whole = true;
	int			divided = 0;

	for (int j = 0; j < problem->line_count; j++)
	{
		int			parts = 0;
		bool		somewhere = false;

		for (int s = 0; s < problem->source_count; s++)
		{
			parts += take[s * problem->line_count + j] > 0;
			somewhere = somewhere || Have(problem, s, j) >= problem->wanted[j];
		}
		whole = whole && somewhere;
		divided += parts > 1;
	}
	if (whole && divided > 0)
		Fault(problem, "divided lines", divided, 0);
	return whole;
}

/*
 * CompareDivisions compares count random orders with tariffs to all ways to
 * ship their lines whole.  Beyond 16 lines the bound is compared.
 */
static void
CompareDivisions(int sources, int lines_from, int lines_to, int count)
{
	double		distance_km[64];
	double		gap = 0;
	int			compared = 0;

	for (int i = 0; i < count; i++)
	{
		Order		order = RandomOrder(1 + Random(sources),
										lines_from + Random(lines_to - lines_from + 1),
										20, distance_km);
		Quantity	take[64] = {0};
		RouteSolution *solution;
		RouteCost	least;

		RandomTariffs(&order);
		solution = RouteSolve(&order.problem);
		CheckPlan(&order.problem, solution);
		if (CheckParts(&order.problem, solution->take))
		{
			least = LeastOfAll(&order.problem, take, 0);
			if (solution->optimal ? solution->cost != least :
				lines_to <= 16 || solution->cost < least || solution->bound > least)
				Fault(&order.problem, "all divisions", Units(solution->cost), Units(least));
			gap += Units(solution->cost) / Units(least) - 1;
			compared++;
		}
		pfree(solution);
		FreeOrder(&order);
	}
	Report("tariffs, up to %d sources, %d to %d lines: %d orders, %.3f %% above the best of all divisions",
		   sources, lines_from, lines_to, compared, 100 * gap / compared);
}

/*
 * CheckSize checks that an order of any size has a plan, with or without
 * tariffs, when all sources have share percent of the lines, and is not below
 * the bound that is given without.
 */
static void
CheckSize(int sources, int lines, int share, bool tariffs)
{
	double	   *distance_km = palloc0(sizeof(double) * sources);
	Order		order = RandomOrder(sources, lines, 10, distance_km);
	RouteSolution *solution;

	for (int c = 0; c < sources * lines; c++)
		if (Random(100) >= share)
			order.stock[c] = 0;
	if (tariffs)
		RandomTariffs(&order);
	solution = RouteSolve(&order.problem);
	CheckPlan(&order.problem, solution);
	Report("%d sources, %d lines, %d %% in stock%s: cost %.2f, %.3f %% above the bound", sources,
		   lines, share, tariffs ? ", tariffs" : "", Units(solution->cost),
		   solution->cost == 0 ? 0 : 100 * (Units(solution->cost) / Units(solution->bound) - 1));
	pfree(solution);
	FreeOrder(&order);
	pfree(distance_km);
}

/*
 * CheckEqual checks an order whose costs are all the same: the first source
 * that has all ships it.
 */
static void
CheckEqual(int sources, int64 fixed, bool tariffs)
{
	Order		order = MakeOrder(sources, 3);
	RouteSolution *solution;

	for (int c = 0; c < sources * 3; c++)
		order.stock[c] = c < 3 * (sources / 2) && c % 3 == 1 ? 0 : QUANTITY_SCALE;
	for (int s = 0; s < sources; s++)
		order.fixed[s] = ROUTE_COST(fixed, 1);
	if (tariffs)
		order.problem.tariffs = order.tariffs;
	solution = RouteSolve(&order.problem);
	CheckPlan(&order.problem, solution);
	for (int j = 0; j < 3; j++)
		if (solution->take[sources / 2 * 3 + j] != QUANTITY_SCALE)
			Fault(&order.problem, "the first of equal sources", j, 0);
	pfree(solution);
	Report("the first of %d equal sources, fixed cost " INT64_FORMAT "%s", sources, fixed,
		   tariffs ? ", tariffs" : "");
	FreeOrder(&order);
}

/*
 * CheckHuge checks that numbers at the end of their ranges do no harm.
 */
static void
CheckHuge(int lines, bool tariffs)
{
	Order		order = MakeOrder(3, lines);
	RouteProblem *problem = &order.problem;
	RouteSolution *solution;

	for (int j = 0; j < lines; j++)
	{
		order.wanted[j] = PG_INT64_MAX;
		order.step[j] = 1 + Random(2);
		order.weight_g[j] = PG_INT64_MAX;
	}
	for (int c = 0; c < 3 * lines; c++)
	{
		order.stock[c] = PG_INT64_MAX - Random(3);
		order.unit[c] = PG_INT64_MAX - Random(3);
	}
	RandomTariffs(&order);
	for (int i = 0; i < 3 * STEPS_EACH; i++)
		order.steps[i].per_kg = PG_INT64_MAX;
	problem->tariffs = tariffs ? order.tariffs : NULL;
	solution = RouteSolve(problem);
	for (int j = 0; j < lines; j++)
	{
		Quantity	taken = 0;

		for (int s = 0; s < 3; s++)
			taken += solution->take[s * lines + j];
		if (taken < PG_INT64_MAX - 3)
			Fault(problem, "line", taken, PG_INT64_MAX);
	}
	if (solution->cost <= 0 || solution->bound > solution->cost)
		Fault(problem, "bound", Units(solution->bound), Units(solution->cost));
	Report("huge numbers, %d lines%s", lines, tariffs ? ", tariffs" : "");
	pfree(solution);
	FreeOrder(&order);
}

int
main(void)
{
	setlinebuf(stdout);
	srandom(1);
	CompareDivisions(5, 1, 5, 2000);
	CompareDivisions(2, 6, 16, 100);
	CompareDivisions(2, 17, 18, 20);
	for (int tariffs = 0; tariffs <= 1; tariffs++)
	{
		CheckSize(1, 1, 100, tariffs);
		CheckSize(1, 40, 50, tariffs);
		CheckSize(20, 8, 0, tariffs);
		CheckSize(0, 3, 100, tariffs);
		CheckSize(5, 0, 100, tariffs);
		CheckSize(64, 16, 50, tariffs);
		CheckSize(65, 3, 100, tariffs);
		CheckSize(100, 300, 100, tariffs);
		CheckSize(100, 300, 3, tariffs);
		CheckSize(64, 2000, 50, tariffs);
		CheckHuge(2, tariffs);
		CheckHuge(20, tariffs);
		CheckEqual(1, 0, tariffs);
		CheckEqual(5, 0, tariffs);
		CheckEqual(5, 100, tariffs);
		CheckEqual(64, 100, tariffs);
	}
	return failed;
}
