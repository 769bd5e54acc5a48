/*
 * routing_net.c
 *		Reduces a problem to the sources that matter.
 *
 * Stock counts in whole steps of a line, except where a source has all that
 * is wanted.  What all sources together don't have stays open.
 *
 * Dominance: a source is left out if another costs no more, has all that is
 * needed of each line that the first has any of, and at no higher a price.
 * Whatever the first ships in a plan can be added to what the other ships:
 * that saves the one fixed cost and adds at most the other, and as parts are
 * rounded up, one price of all is at most the sum of two.  Of two sources
 * that dominate each other the first stays.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "routing_solve.h"

#include "miscadmin.h"

/* A problem, and what of it is left */
typedef struct Reduced
{
	const RouteProblem *problem;
	Quantity   *have;			/* as stock, in whole steps */
	Quantity   *need;			/* [line] wanted, or what all have */
	uint64	   *some;			/* [source] of the first 64 lines: has any, */
	uint64	   *enough;			/* has the need */
	int		   *sources;		/* that matter, ascending */
	int			source_count;
} Reduced;

/*
 * RouteUsable is what of a source's stock of a line can be used.
 */
Quantity
RouteUsable(const RouteProblem *problem, int source, int line)
{
	Quantity	stock = problem->stock[source * problem->line_count + line];

	if (stock <= 0)
		return 0;
	if (stock >= problem->wanted[line])
		return problem->wanted[line];
	return stock - stock % problem->step[line];
}

/*
 * Reduce sets what can be used and what is needed.
 */
static void
Reduce(Reduced *reduced)
{
	const RouteProblem *problem = reduced->problem;
	int			lines = problem->line_count;

	memset(reduced->need, 0, sizeof(Quantity) * lines);
	for (int s = 0; s < problem->source_count; s++)
		for (int j = 0; j < lines; j++)
		{
			Quantity	have = RouteUsable(problem, s, j);

			reduced->have[s * lines + j] = have;
			reduced->need[j] += Min(have, problem->wanted[j] - reduced->need[j]);
		}
	for (int s = 0; s < problem->source_count; s++)
	{
		reduced->some[s] = reduced->enough[s] = 0;
		for (int j = 0; j < Min(lines, 64); j++)
		{
			Quantity	have = reduced->have[s * lines + j];

			reduced->some[s] |= (uint64) (have > 0) << j;
			reduced->enough[s] |= (uint64) (have >= reduced->need[j]) << j;
		}
	}
}

/*
 * Dominates tells whether source v can replace source w at no cost.
 */
static bool
Dominates(const Reduced *reduced, int v, int w)
{
	const RouteProblem *problem = reduced->problem;
	int			lines = problem->line_count;

	if ((reduced->some[w] & ~reduced->enough[v]) != 0 ||
		problem->fixed[v] > problem->fixed[w])
		return false;
	for (int j = 0; j < lines; j++)
		if (reduced->have[w * lines + j] > 0 &&
			(reduced->have[v * lines + j] < reduced->need[j] ||
			 problem->unit[v * lines + j] > problem->unit[w * lines + j]))
			return false;
	return true;
}

/*
 * Matters tells whether a source has anything and none dominates it.
 */
static bool
Matters(const Reduced *reduced, int w)
{
	int			lines = reduced->problem->line_count;
	bool		any = reduced->some[w] != 0;

	for (int j = 64; j < lines && !any; j++)
		any = reduced->have[w * lines + j] > 0;
	if (!any)
		return false;
	for (int v = 0; v < reduced->problem->source_count; v++)
		if (v != w && Dominates(reduced, v, w) &&
			(v < w || !Dominates(reduced, w, v)))
			return false;
	return true;
}

/*
 * Prune sets the sources that matter.
 */
static void
Prune(Reduced *reduced)
{
	reduced->source_count = 0;
	for (int s = 0; s < reduced->problem->source_count; s++)
	{
		CHECK_FOR_INTERRUPTS();
		if (Matters(reduced, s))
			reduced->sources[reduced->source_count++] = s;
	}
}

/*
 * Rate is what a source costs per line that it fills, of all that it has.
 */
static double
Rate(const Reduced *reduced, int source)
{
	const RouteProblem *problem = reduced->problem;
	int			lines = problem->line_count;
	double		cost = ldexp((double) problem->fixed[source], -64);
	double		filled = 0;

	for (int j = 0; j < lines; j++)
	{
		double		have = reduced->have[source * lines + j];

		if (have == 0)
			continue;
		cost += have / QUANTITY_SCALE * problem->unit[source * lines + j];
		filled += have / reduced->need[j];
	}
	return cost / filled;
}

/*
 * SortByRate returns the sources by rising rates, equal ones as they stood.
 */
static int *
SortByRate(const Reduced *reduced)
{
	int			count = reduced->source_count;
	int		   *result = palloc(sizeof(int) * count);
	double	   *rates = palloc(sizeof(double) * count);

	for (int i = 0; i < count; i++)
	{
		double		rate = Rate(reduced, reduced->sources[i]);
		int			k = i;

		for (; k > 0 && rates[k - 1] > rate; k--)
		{
			result[k] = result[k - 1];
			rates[k] = rates[k - 1];
		}
		result[k] = reduced->sources[i];
		rates[k] = rate;
	}
	pfree(rates);
	return result;
}

/*
 * KeepPromising reduces the sources to as many as a set can have: by their
 * rates, first those that some line needs because sources of better rates
 * don't suffice for it, then the others.  So lines lose nothing of what fills
 * them, unless that alone takes too many sources.
 */
static void
KeepPromising(Reduced *reduced)
{
	int			lines = reduced->problem->line_count;
	int			count = reduced->source_count;
	int		   *sources = SortByRate(reduced);
	bool	   *kept = palloc0(sizeof(bool) * reduced->problem->source_count);
	int			left = ROUTE_SOURCES_MAX;

	for (int j = 0; j < lines; j++)
	{
		Quantity	open = reduced->need[j];

		for (int i = 0; i < count && open > 0 && left > 0; i++)
		{
			Quantity	have = reduced->have[sources[i] * lines + j];

			left -= have > 0 && !kept[sources[i]];
			kept[sources[i]] |= have > 0;
			open -= Min(open, have);
		}
	}
	for (int i = 0; i < count && left > 0; i++)
	{
		left -= !kept[sources[i]];
		kept[sources[i]] = true;
	}
	reduced->source_count = 0;
	for (int i = 0; i < count; i++)
		if (kept[reduced->sources[i]])
			reduced->sources[reduced->source_count++] = reduced->sources[i];
	pfree(sources);
	pfree(kept);
}

/*
 * LeastCost is a bound that counts all sources: each line at its lowest
 * price, and one fixed cost, the greatest of those that some line can't
 * avoid.
 */
static RouteCost
LeastCost(const Reduced *reduced)
{
	const RouteProblem *problem = reduced->problem;
	int			lines = problem->line_count;
	RouteCost	result = 0;
	RouteCost	fixed = 0;

	for (int j = 0; j < lines; j++)
	{
		RouteCost	least = ROUTE_COST_MAX;
		int64		unit = PG_INT64_MAX;

		for (int i = 0; i < reduced->source_count; i++)
		{
			int			s = reduced->sources[i];

			if (reduced->have[s * lines + j] == 0)
				continue;
			least = Min(least, problem->fixed[s]);
			unit = Min(unit, problem->unit[s * lines + j]);
		}
		if (reduced->need[j] == 0)
			continue;
		fixed = Max(fixed, least);
		result += ROUTE_COST(RoutePrice(unit, reduced->need[j]), 0);
	}
	return result + fixed;
}

/*
 * AddOffers gives a line its offers, sorted, at the place given; the result
 * is the place behind them.
 */
static RouteOffer *
AddOffers(const Reduced *reduced, RouteLine *line, RouteOffer *offers)
{
	const RouteProblem *problem = reduced->problem;
	int			sources[ROUTE_SOURCES_MAX];
	int64		units[ROUTE_SOURCES_MAX];
	int			count = 0;

	for (int i = 0; i < reduced->source_count; i++)
	{
		int			cell = reduced->sources[i] * problem->line_count + line->line;
		int64		unit = problem->unit[cell];
		int			k = count;

		if (reduced->have[cell] == 0)
			continue;
		for (; k > 0 && units[k - 1] > unit; k--)
		{
			sources[k] = sources[k - 1];
			units[k] = units[k - 1];
		}
		sources[k] = i;
		units[k] = unit;
		count++;
	}
	for (int i = 0; i < count; i++)
	{
		int			cell = reduced->sources[sources[i]] * problem->line_count + line->line;

		offers[i].source = sources[i];
		offers[i].unit = units[i];
		offers[i].have = Min(reduced->have[cell], line->need);
		offers[i].whole = RoutePrice(units[i], line->need);
		offers[i].all = RoutePrice(units[i], offers[i].have);
	}
	line->offers = offers;
	line->offer_count = count;
	return offers + count;
}

/*
 * CountOffers sets how many of the sources left have some of each line, and
 * lets none need more than they have.  The result is the number of all.
 */
static int
CountOffers(Reduced *reduced, int *counts)
{
	int			lines = reduced->problem->line_count;
	int			result = 0;

	for (int j = 0; j < lines; j++)
	{
		Quantity	held = 0;

		counts[j] = 0;
		for (int i = 0; i < reduced->source_count; i++)
		{
			Quantity	have = reduced->have[reduced->sources[i] * lines + j];

			counts[j] += have > 0;
			held += Min(have, reduced->need[j] - held);
		}
		reduced->need[j] = held;
		result += counts[j];
	}
	return result;
}

/*
 * Build makes the net of what is left.
 */
static RouteNet *
Build(Reduced *reduced, int *counts)
{
	int			lines = reduced->problem->line_count;
	int			offer_count = CountOffers(reduced, counts);
	RouteNet   *net = palloc(sizeof(RouteNet) + sizeof(RouteLine) * lines +
							 sizeof(RouteOffer) * offer_count);
	RouteOffer *offers;

	net->lines = (RouteLine *) (net + 1);
	offers = (RouteOffer *) (net->lines + lines);
	net->line_count = 0;
	net->source_count = reduced->source_count;
	net->work = 0;
	net->best = 0;
	for (int i = 0; i < net->source_count; i++)
	{
		net->sources[i] = reduced->sources[i];
		net->fixed[i] = reduced->problem->fixed[reduced->sources[i]];
	}
	for (int count = 1; count <= net->source_count; count++)
		for (int j = 0; j < lines; j++)
			if (counts[j] == count)
			{
				RouteLine  *line = &net->lines[net->line_count++];

				line->line = j;
				line->need = reduced->need[j];
				offers = AddOffers(reduced, line, offers);
			}
	return net;
}

/*
 * RouteNetMake reduces a problem to a net; the caller frees it.  least
 * receives a bound that counts sources too that were left out because a net
 * can't have them, and is -1 if there are none.
 */
RouteNet *
RouteNetMake(const RouteProblem *problem, RouteCost *least)
{
	Size		lines = problem->line_count;
	Size		sources = problem->source_count;
	Reduced		reduced;
	RouteNet   *net;
	int		   *counts;

	reduced.problem = problem;
	reduced.have = palloc(sizeof(Quantity) * (lines * sources + lines + 2 * sources) +
						  sizeof(int) * (sources + lines));
	reduced.need = reduced.have + lines * sources;
	reduced.some = (uint64 *) (reduced.need + lines);
	reduced.enough = reduced.some + sources;
	reduced.sources = (int *) (reduced.enough + sources);
	counts = reduced.sources + sources;

	Reduce(&reduced);
	Prune(&reduced);
	*least = -1;
	if (reduced.source_count > ROUTE_SOURCES_MAX)
	{
		*least = LeastCost(&reduced);
		KeepPromising(&reduced);
	}
	net = Build(&reduced, counts);
	pfree(reduced.have);
	return net;
}
