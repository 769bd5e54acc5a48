/*
 * routing_solve.c
 *		Chooses the sources of lines: the cheapest plan.
 *
 * A plan says how much of each line comes from which source.  It costs the
 * fixed cost of each source that ships anything and the price of each part of
 * a line, rounded up; with tariffs also what each shipment costs by weight
 * (routing_tariff.c).  Without tariffs the problem is reduced to a net of few
 * sources (routing_net.c), whose best set of sources is searched
 * (routing_branch.c).
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "routing_solve.h"

/*
 * RouteTakeCost is what a plan costs.
 */
RouteCost
RouteTakeCost(const RouteProblem *problem, const Quantity *take)
{
	int			lines = problem->line_count;
	RouteCost	cost = 0;

	for (int s = 0; s < problem->source_count; s++)
	{
		bool		used = false;
		int64		weight_g = 0;

		for (int j = 0; j < lines; j++)
		{
			Quantity	part = take[s * lines + j];

			if (part == 0)
				continue;
			used = true;
			cost += ROUTE_COST(RoutePrice(problem->unit[s * lines + j], part), 0);
			if (problem->tariffs != NULL)
				weight_g += RoutePrice(problem->weight_g[j], part);
		}
		if (used)
			cost += problem->fixed[s];
		if (used && problem->tariffs != NULL)
			cost += ROUTE_COST(RouteTariffPrice(&problem->tariffs[s], weight_g), 0);
	}
	return cost;
}

/*
 * FillLine takes a line from its cheapest open sources.
 */
static void
FillLine(const RouteNet *net, const RouteLine *line, int line_count,
		 Quantity *take)
{
	Quantity	open = line->need;

	for (int i = 0; i < line->offer_count && open > 0; i++)
	{
		const RouteOffer *offer = &line->offers[i];
		Quantity	part = Min(offer->have, open);

		if (!(net->best >> offer->source & 1))
			continue;
		take[net->sources[offer->source] * line_count + line->line] = part;
		open -= part;
	}
}

/*
 * Cheapest is the source that ships more of a line at the least added cost;
 * -1 if none has any left.
 */
static int
Cheapest(const RouteProblem *problem, const Quantity *take, const bool *used,
		 int line, Quantity open)
{
	RouteCost	least = ROUTE_COST_MAX;
	int			result = -1;

	for (int s = 0; s < problem->source_count; s++)
	{
		int			cell = s * problem->line_count + line;
		Quantity	left = RouteUsable(problem, s, line) - take[cell];
		RouteCost	cost = used[s] ? 0 : problem->fixed[s];

		if (left <= 0)
			continue;
		cost += ROUTE_COST(RoutePrice(problem->unit[cell], Min(left, open)), 0);
		if (cost < least)
		{
			least = cost;
			result = s;
		}
	}
	return result;
}

/*
 * Complete fills lines for which the net had too few sources, each part from
 * the source that adds least.
 */
static void
Complete(const RouteProblem *problem, Quantity *take)
{
	int			lines = problem->line_count;
	bool	   *used = palloc0(sizeof(bool) * problem->source_count);

	for (int c = 0; c < problem->source_count * lines; c++)
		used[c / lines] |= take[c] > 0;
	for (int j = 0; j < lines; j++)
	{
		Quantity	open = problem->wanted[j];
		int			source;

		for (int s = 0; s < problem->source_count; s++)
			open -= take[s * lines + j];
		while (open > 0 &&
			   (source = Cheapest(problem, take, used, j, open)) >= 0)
		{
			Quantity   *cell = &take[source * lines + j];
			Quantity	part = Min(RouteUsable(problem, source, j) - *cell, open);

			*cell += part;
			open -= part;
			used[source] = true;
		}
	}
	pfree(used);
}

/*
 * SolveFixed solves a problem as if it had no tariffs.  The solution's
 * plan has to be zeros.
 */
static void
SolveFixed(const RouteProblem *problem, RouteSolution *solution)
{
	RouteCost	least;
	RouteNet   *net = RouteNetMake(problem, &least);

	RouteBranch(net);
	for (int j = 0; j < net->line_count; j++)
		FillLine(net, &net->lines[j], problem->line_count, solution->take);
	if (least >= 0)
		Complete(problem, solution->take);
	solution->cost = RouteTakeCost(problem, solution->take);
	solution->bound = least >= 0 ? least : net->bound;
	pfree(net);
}

/*
 * RouteSolve finds the cheapest plan of a problem; it lives in the current
 * memory context.  What is wanted beyond all stock stays open.
 *
 * Without tariffs the plan is the cheapest of all, if optimal says so, lines
 * being filled from the cheapest of the chosen sources (where quantities have
 * fractions, another division may differ by the rounding of its parts).  With
 * tariffs it is the cheapest that ships whole what a source has whole.
 */
RouteSolution *
RouteSolve(const RouteProblem *problem)
{
	Size		cells = (Size) problem->source_count * problem->line_count;
	RouteSolution *solution = palloc0(MAXALIGN(sizeof(RouteSolution)) +
									  sizeof(Quantity) * cells);

	solution->take = (Quantity *) ((char *) solution +
								   MAXALIGN(sizeof(RouteSolution)));
	if (cells > 0 && problem->tariffs != NULL)
		RouteSolveTariffs(problem, solution);
	else if (cells > 0)
		SolveFixed(problem, solution);
	solution->bound = Min(solution->bound, solution->cost);
	solution->optimal = solution->bound == solution->cost;
	return solution;
}
