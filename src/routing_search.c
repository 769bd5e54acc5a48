/*
 * routing_search.c
 *		Good sets of sources without proof: greedy, then local search.
 *
 * Greedy opens the source that costs least per line that it fills, until all
 * are filled.  Local search then drops a source, adds one, or swaps one for
 * another, as long as that makes the plan cheaper.  Alone this is optimal for
 * about nine orders of ten, and the bad ones cost a third more; here it gives
 * branch and bound something to beat, and is the answer where there are too
 * many lines to search all.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "routing_solve.h"

#include "miscadmin.h"

/* Of the work limit, what local search may take */
#define SEARCH_WORK_LIMIT	(ROUTE_WORK_LIMIT / 4)

/*
 * RouteTry makes a set of sources the best if it is, and returns its cost:
 * ROUTE_COST_MAX if it doesn't fill all lines.
 */
RouteCost
RouteTry(RouteNet *net, uint64 open)
{
	RouteCost	cost = 0;

	for (int s = 0; s < net->source_count; s++)
		if (open >> s & 1)
			cost += net->fixed[s];
	for (int j = 0; j < net->line_count; j++)
	{
		int64		line_cost = RouteLineCost(&net->lines[j], open);

		net->work += net->lines[j].offer_count / 2 + 1;
		if (line_cost < 0)
			return ROUTE_COST_MAX;
		cost += ROUTE_COST(line_cost, 0);
		if (cost >= net->best_cost)
			return cost;
	}
	net->best = open;
	net->best_cost = cost;
	return cost;
}

/*
 * RouteDrop tries a set of sources, then without those that it can do
 * without, the last first.
 */
void
RouteDrop(RouteNet *net, uint64 open)
{
	if (RouteTry(net, open) == ROUTE_COST_MAX || net->best != open)
		return;
	for (int s = net->source_count - 1; s >= 0; s--)
		if (net->best >> s & 1)
			RouteTry(net, net->best & ~(UINT64CONST(1) << s));
}

/*
 * Gains sums up, for each source, the lines that it would fill of what is
 * open, as parts of their needs, and the prices of that.
 */
static void
Gains(RouteNet *net, const Quantity *open, double *gain, double *price)
{
	memset(gain, 0, sizeof(double) * net->source_count);
	memset(price, 0, sizeof(double) * net->source_count);
	for (int j = 0; j < net->line_count; j++)
	{
		const RouteLine *line = &net->lines[j];

		if (open[j] == 0)
			continue;
		net->work += line->offer_count;
		for (int i = 0; i < line->offer_count; i++)
		{
			const RouteOffer *offer = &line->offers[i];
			double		take = (double) Min(offer->have, open[j]);

			gain[offer->source] += take / line->need;
			price[offer->source] += take / QUANTITY_SCALE * offer->unit;
		}
	}
}

/*
 * Serve takes what a source has of what is open.
 */
static void
Serve(const RouteNet *net, int source, Quantity *open)
{
	for (int j = 0; j < net->line_count; j++)
	{
		const RouteLine *line = &net->lines[j];

		for (int i = 0; i < line->offer_count; i++)
			if (line->offers[i].source == source)
			{
				open[j] -= Min(open[j], line->offers[i].have);
				break;
			}
	}
}

/*
 * Greedy is the set of sources opened by least cost per line filled.  open
 * has a place for each line.
 */
static uint64
Greedy(RouteNet *net, Quantity *open)
{
	double		gain[ROUTE_SOURCES_MAX];
	double		price[ROUTE_SOURCES_MAX];
	uint64		result = 0;

	for (int j = 0; j < net->line_count; j++)
		open[j] = net->lines[j].need;
	for (;;)
	{
		int			best = -1;
		double		best_rate = 0;

		CHECK_FOR_INTERRUPTS();
		Gains(net, open, gain, price);
		for (int s = 0; s < net->source_count; s++)
		{
			double		rate;

			if (gain[s] <= 0 || (result >> s & 1))
				continue;
			rate = (price[s] + ldexp((double) net->fixed[s], -64)) / gain[s];
			if (best < 0 || rate < best_rate)
			{
				best = s;
				best_rate = rate;
			}
		}
		if (best < 0)
			return result;
		result |= UINT64CONST(1) << best;
		Serve(net, best, open);
	}
}

/*
 * Improve tries to drop, to add and to swap with any other source one source
 * of the best set, or none.  True if that gave a better set.
 */
static bool
Improve(RouteNet *net)
{
	uint64		start = net->best;

	for (int out = -1; out < net->source_count; out++)
	{
		uint64		left = start;

		if (out >= 0 && !(start >> out & 1))
			continue;
		CHECK_FOR_INTERRUPTS();
		if (net->work > SEARCH_WORK_LIMIT)
			return false;
		if (out >= 0)
			left &= ~(UINT64CONST(1) << out);
		RouteTry(net, left);
		for (int in = 0; in < net->source_count; in++)
			if (!(start >> in & 1))
				RouteTry(net, left | UINT64CONST(1) << in);
		if (net->best != start)
			return true;
	}
	return false;
}

/*
 * RouteSearch looks for a better set, and keeps the one there is otherwise.
 */
void
RouteSearch(RouteNet *net)
{
	Quantity	few[16];
	Quantity   *open = few;

	if (net->line_count > lengthof(few))
		open = palloc(sizeof(Quantity) * net->line_count);
	RouteDrop(net, Greedy(net, open));
	if (open != few)
		pfree(open);
	while (Improve(net))
		;
}
