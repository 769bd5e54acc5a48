/*
 * decide.c
 *		Measures the routing decision alone, in a program of its own.
 *
 * decide SOURCES FROM TO COUNT gives the solver of the extension COUNT random
 * orders of FROM to TO lines and prints, on one line: the mean, median, 99th
 * percentile and maximum of the time of a decision in microseconds, the
 * number of plans that are not proven to be the cheapest, and by how many
 * percent two common rules exceed the cheapest: each line from the nearest
 * source that has some, and the fewest parcels, then the nearest sources.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "../solve/solver.h"

#include <math.h>

/*
 * CompareTimes is the comparator of qsort.
 */
static int
CompareTimes(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return x < y ? -1 : x > y;
}

/*
 * Solve solves a problem and says how long that takes: the least of three
 * times, as the machine may do other things meanwhile.
 */
static RouteSolution *
Solve(const RouteProblem *problem, double *time_us)
{
	RouteSolution *solution = NULL;

	*time_us = INFINITY;
	for (int i = 0; i < 3; i++)
	{
		struct timespec start;
		struct timespec end;

		if (solution != NULL)
			pfree(solution);
		clock_gettime(CLOCK_MONOTONIC, &start);
		solution = RouteSolve(problem);
		clock_gettime(CLOCK_MONOTONIC, &end);
		*time_us = fmin(*time_us, (end.tv_sec - start.tv_sec) * 1e6 +
						(end.tv_nsec - start.tv_nsec) / 1e3);
	}
	return solution;
}

/*
 * NearestCost is what an order costs if each line comes from the nearest
 * source that has some of it, then from the next.
 */
static RouteCost
NearestCost(const RouteProblem *problem, const double *distance_km)
{
	int			lines = problem->line_count;
	Quantity   *take = palloc0(sizeof(Quantity) * lines * problem->source_count);
	RouteCost	cost;

	for (int j = 0; j < lines; j++)
	{
		Quantity	open = problem->wanted[j];

		while (open > 0)
		{
			int			best = -1;

			for (int s = 0; s < problem->source_count; s++)
				if (problem->stock[s * lines + j] > take[s * lines + j] &&
					(best < 0 || distance_km[s] < distance_km[best]))
					best = s;
			take[best * lines + j] = Min(open, problem->stock[best * lines + j]);
			open -= take[best * lines + j];
		}
	}
	cost = RouteTakeCost(problem, take);
	pfree(take);
	return cost;
}

/*
 * FewestCost is what an order costs if it is shipped in the fewest parcels,
 * from the nearest sources that can: the solver is told that only these
 * count.
 */
static RouteCost
FewestCost(const RouteProblem *problem, const double *distance_km)
{
	int			lines = problem->line_count;
	RouteProblem other = *problem;
	RouteCost  *fixed = palloc(sizeof(RouteCost) * problem->source_count);
	int64	   *unit = palloc(sizeof(int64) * problem->source_count * lines);
	RouteSolution *solution;
	RouteCost	cost;

	for (int s = 0; s < problem->source_count; s++)
	{
		fixed[s] = ROUTE_COST(INT64CONST(1000000000) + (int64) distance_km[s] * 1000, 0);
		for (int j = 0; j < lines; j++)
			unit[s * lines + j] = distance_km[s];
	}
	other.fixed = fixed;
	other.unit = unit;
	solution = RouteSolve(&other);
	cost = RouteTakeCost(problem, solution->take);
	pfree(solution);
	pfree(fixed);
	pfree(unit);
	return cost;
}

int
main(int argc, char **argv)
{
	int			sources = atoi(argv[1]);
	int			from = atoi(argv[2]);
	int			to = atoi(argv[3]);
	int			count = atoi(argv[4]);
	double	   *times = palloc(sizeof(double) * count);
	double	   *distance_km = palloc(sizeof(double) * sources);
	double		sum = 0;
	double		least = 0;
	double		nearest = 0;
	double		fewest = 0;
	int			unproven = 0;

	srandom(1);
	for (int i = 0; i < count; i++)
	{
		Order		order = RandomOrder(sources, from + Random(to - from + 1), 0,
										distance_km);
		RouteSolution *solution = Solve(&order.problem, &times[i]);

		sum += times[i];
		unproven += !solution->optimal;
		least += ldexp((double) solution->cost, -64);
		nearest += ldexp((double) NearestCost(&order.problem, distance_km), -64);
		fewest += ldexp((double) FewestCost(&order.problem, distance_km), -64);
		pfree(solution);
		FreeOrder(&order);
	}
	qsort(times, count, sizeof(double), CompareTimes);
	printf("%.1f %.1f %.1f %.1f %d %.1f %.1f\n", sum / count, times[count / 2],
		   times[count * 99 / 100], times[count - 1], unproven,
		   100 * (nearest / least - 1), 100 * (fewest / least - 1));
	return 0;
}
