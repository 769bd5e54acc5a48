/*
 * routing_branch.c
 *		Branch and bound on the set of open sources.
 *
 * With the set fixed, lines are filled from their cheapest open sources, so
 * the set is all that is searched.  A node decides on one source: of the line
 * that open sources don't fill and that has the fewest others, the source
 * with the least slack; if all lines are filled, the source that may save
 * most.  It is opened first, then closed.  A node ends where its bound is not
 * below the best cost: equal plans are not looked for, the first one found
 * stays, and as sources are tried in their order, it is one of those that
 * come first.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "routing_solve.h"

#include "miscadmin.h"
#include "port/pg_bitutils.h"

/*
 * Covered tells whether the open sources of the node fill all lines.
 */
static bool
Covered(const RouteNet *net)
{
	for (int j = 0; j < net->line_count; j++)
		if (net->lines[j].cap < 0)
			return false;
	return true;
}

/*
 * Needed is the undecided source of the unfilled line with the fewest of them
 * that has the least slack; -1 if that line has none.
 */
static int
Needed(const RouteNet *net, uint64 undecided)
{
	int			fewest = ROUTE_SOURCES_MAX + 1;
	int			result = -1;

	for (int j = 0; j < net->line_count; j++)
	{
		const RouteLine *line = &net->lines[j];
		int			count = 0;
		int			least = -1;

		if (line->cap >= 0)
			continue;
		for (int i = 0; i < line->offer_count; i++)
		{
			int			source = line->offers[i].source;

			if (!(undecided >> source & 1))
				continue;
			count++;
			if (least < 0 || net->slack[source] < net->slack[least])
				least = source;
		}
		if (count < fewest)
		{
			fewest = count;
			result = least;
		}
	}
	return result;
}

/*
 * Saver is the undecided source that may save most if all lines are filled.
 * There is one, or the bound would be the cost.
 */
static int
Saver(const RouteNet *net, uint64 undecided)
{
	RouteCost	saving[ROUTE_SOURCES_MAX] = {0};
	int			result = -1;

	for (int j = 0; j < net->line_count; j++)
	{
		const RouteLine *line = &net->lines[j];

		for (int i = 0; i < line->offer_count && line->base < line->cap; i++)
		{
			int64		level = RouteLevel(line, &line->offers[i]);

			if (level < line->cap)
				saving[line->offers[i].source] += ROUTE_COST(line->cap - level, 0);
		}
	}
	for (uint64 rest = undecided; rest != 0; rest &= rest - 1)
	{
		int			s = pg_rightmost_one_pos64(rest);

		if (result < 0 ||
			saving[s] - net->fixed[s] > saving[result] - net->fixed[result])
			result = s;
	}
	return result;
}

/*
 * Affordable leaves of the undecided sources those that may be part of
 * something better than the best, as bound and slack say.
 */
static uint64
Affordable(const RouteNet *net, uint64 undecided, RouteCost bound)
{
	uint64		result = undecided;

	for (uint64 rest = undecided; rest != 0; rest &= rest - 1)
	{
		int			s = pg_rightmost_one_pos64(rest);

		if (bound + net->slack[s] >= net->best_cost)
			result &= ~(UINT64CONST(1) << s);
	}
	return result;
}

/*
 * Explore searches the plans with these open sources and any of the undecided
 * ones.  fixed is the cost of the open ones, bound what is known of all of
 * them.  Out of work it only notes that bound.
 */
static void
Explore(RouteNet *net, uint64 open, uint64 undecided, RouteCost fixed,
		RouteCost bound)
{
	for (;;)
	{
		RouteCost	rest;
		int			source;

		CHECK_FOR_INTERRUPTS();
		if (net->work > ROUTE_WORK_LIMIT)
		{
			net->bound = Min(net->bound, bound);
			return;
		}
		rest = RouteBound(net, open, undecided);
		if (rest < 0 || fixed + rest >= net->best_cost)
			return;
		bound = Max(bound, fixed + rest);
		if (Covered(net))
			RouteTry(net, open);
		undecided = Affordable(net, undecided, fixed + rest);
		if (undecided == 0)
			return;
		source = Covered(net) ? Saver(net, undecided) : Needed(net, undecided);
		if (source < 0)
			return;				/* what would fill a line costs too much */
		undecided &= ~(UINT64CONST(1) << source);
		Explore(net, open | UINT64CONST(1) << source, undecided,
				fixed + net->fixed[source], bound);
	}
}

/*
 * Tight is the set of sources that lines pay for in full.
 */
static uint64
Tight(const RouteNet *net)
{
	uint64		result = 0;

	for (int s = 0; s < net->source_count; s++)
		if (net->slack[s] <= 0)
			result |= UINT64CONST(1) << s;
	return result;
}

/*
 * Discard takes out of the lines what they have from other sources than these.
 */
static void
Discard(RouteNet *net, uint64 sources)
{
	for (int j = 0; j < net->line_count; j++)
	{
		RouteLine  *line = &net->lines[j];
		int			count = 0;

		for (int i = 0; i < line->offer_count; i++)
			if (sources >> line->offers[i].source & 1)
				line->offers[count++] = line->offers[i];
		line->offer_count = count;
	}
}

/*
 * RouteBranch finds the best set of sources of a net.  First it tries what
 * the bound of the whole suggests, which often is the best already, then what
 * a local search finds, then all.
 */
void
RouteBranch(RouteNet *net)
{
	uint64		all = net->source_count == ROUTE_SOURCES_MAX ? ~UINT64CONST(0) :
		(UINT64CONST(1) << net->source_count) - 1;
	RouteCost	bound = RouteBound(net, 0, all);

	net->best_cost = net->bound = ROUTE_COST_MAX;
	RouteDrop(net, Tight(net));
	if (bound < net->best_cost)
		RouteSearch(net);
	if (bound < net->best_cost)
	{
		all = Affordable(net, all, bound);
		Discard(net, all | net->best);
		Explore(net, 0, all, 0, bound);
	}
	net->bound = Min(net->bound, net->best_cost);
}
