/*
 * plan.h
 *		What the programs that check the solver share: what a plan must be.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_SOLVE_PLAN_H
#define OMS_SOLVE_PLAN_H

#include "solver.h"

#include <math.h>

static int	faults = 0;			/* of this test */
static bool failed = false;		/* any test */

/*
 * Fault prints what is wrong with a solution.
 */
static void
Fault(const RouteProblem *problem, const char *what, double ours, double other)
{
	faults++;
	printf("# %s, %d sources, %d lines: %.6f, expected %.6f\n", what,
		   problem->source_count, problem->line_count, ours, other);
}

/*
 * Report prints the outcome of a test and fails if there were faults in it.
 */
static void
Report(const char *format,...)
{
	static int	number = 0;
	va_list		arguments;

	printf("%s %d - ", faults > 0 ? "not ok" : "ok", ++number);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
	failed = failed || faults > 0;
	faults = 0;
}

/*
 * Units is a cost as cents.
 */
static double
Units(RouteCost cost)
{
	return ldexp((double) cost, -64) / CENT;
}

/*
 * Times is a * b / scale, rounded up.
 */
static int64
Times(int64 a, int64 b, int64 scale)
{
	return (int64) (((int128) a * b + scale - 1) / scale);
}

/*
 * Have is what can be used of a source's stock.
 */
static Quantity
Have(const RouteProblem *problem, int s, int j)
{
	Quantity	stock = problem->stock[s * problem->line_count + j];

	return stock == problem->wanted[j] ? stock :
		stock / problem->step[j] * problem->step[j];
}

/*
 * PlanCost is what a plan costs, computed again.
 */
static RouteCost
PlanCost(const RouteProblem *problem, const Quantity *take)
{
	RouteCost	cost = 0;

	for (int s = 0; s < problem->source_count; s++)
	{
		int64		grams = 0;
		int64		money = 0;
		int			parts = 0;

		for (int j = 0; j < problem->line_count; j++)
		{
			int			c = s * problem->line_count + j;

			parts += take[c] != 0;
			money += Times(problem->unit[c], take[c], QUANTITY_SCALE);
			grams += Times(problem->weight_g[j], take[c], QUANTITY_SCALE);
		}
		if (parts == 0)
			continue;
		if (problem->tariffs != NULL && problem->tariffs[s].step_count > 0)
		{
			const RouteStep *step = problem->tariffs[s].steps;

			while (grams > step->max_weight_g)
				step++;
			money += step->price + Times(step->per_kg, grams, 1000);
		}
		cost += problem->fixed[s] + ((RouteCost) money << 64);
	}
	return cost;
}

/*
 * CheckPlan checks a solution for itself.
 */
static void
CheckPlan(const RouteProblem *problem, const RouteSolution *solution)
{
	RouteCost	cost = PlanCost(problem, solution->take);

	if (solution->cost != cost)
		Fault(problem, "the plan has another cost", Units(solution->cost), Units(cost));
	if (solution->bound > cost || (solution->optimal && solution->bound != cost))
		Fault(problem, "bound", Units(solution->bound), Units(cost));
	for (int j = 0; j < problem->line_count; j++)
	{
		Quantity	all = 0;
		Quantity	taken = 0;

		for (int s = 0; s < problem->source_count; s++)
		{
			Quantity	part = solution->take[s * problem->line_count + j];

			all += Have(problem, s, j);
			taken += part;
			if (part < 0 || part > Have(problem, s, j))
				Fault(problem, "part", part, Have(problem, s, j));
			if (part % problem->step[j] != 0)
				Fault(problem, "step", part, problem->step[j]);
		}
		if (taken != Min(all, problem->wanted[j]))
			Fault(problem, "line", taken, Min(all, problem->wanted[j]));
	}
}

#endif							/* OMS_SOLVE_PLAN_H */
