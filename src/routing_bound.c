/*
 * routing_bound.c
 *		What the best completion of a set of open sources costs at least.
 *
 * At a node of the search some sources are open, some closed, the others
 * undecided.  Each line is charged a value, at first its price from all
 * sources that are not closed.  Values rise as far as the undecided sources
 * pay for it: what a line is charged beyond its price from a source is its
 * share in the fixed cost of that source, and all shares of a source are at
 * most its fixed cost.  This is a solution of the linear dual of facility
 * location, found by ascent (Bilde and Krarup 1977, Erlenkotter 1978), so the
 * sum of the values is a bound.
 *
 * Proof for any set S of open and undecided sources that has enough: the
 * price of line j is at least c(i,j), the price of all of it from the
 * cheapest source in S.  If S has an undecided source of j, the value exceeds
 * the price of j by at most j's share in the cheapest of these.  If it has
 * none, the value is at most the price from the open sources.  Shares sum up
 * to at most the fixed costs.
 *
 * Where open sources are short of more than any undecided one has, each of
 * these pays for the part of the shortage that it covers, rounded up: any set
 * that covers it pays for all.  So such a line is charged for several sources.
 *
 * What is left of the fixed cost of a source is its slack: a plan that has
 * the source costs at least the bound and the slack.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "routing_solve.h"

/* In how many parts the payers of a shortage share */
#define SHARES	64

/*
 * FindShortage sets the shortage of a line that open sources don't fill.
 */
static void
FindShortage(RouteLine *line, uint64 open, uint64 undecided)
{
	Quantity	most = 0;

	line->shortage = line->need;
	for (int i = 0; i < line->offer_count; i++)
	{
		const RouteOffer *offer = &line->offers[i];

		if (open >> offer->source & 1)
			line->shortage -= offer->have;
		else if (undecided >> offer->source & 1)
			most = Max(most, offer->have);
	}
	if (most >= line->shortage)
		line->shortage = 0;
}

/*
 * Prepare sets how a line stands at a node; its value is its base.  False if
 * sources that are not closed don't suffice.
 */
static bool
Prepare(RouteLine *line, uint64 open, uint64 undecided)
{
	line->base = RouteLineCost(line, open | undecided);
	if (line->base < 0)
		return false;
	line->cap = RouteLineCost(line, open);
	line->cheapest = PG_INT64_MAX;
	for (int i = 0; i < line->offer_count; i++)
		if (open >> line->offers[i].source & 1)
		{
			line->cheapest = line->offers[i].whole;
			break;
		}
	line->value = ROUTE_COST(line->base, 0);
	line->shortage = 0;
	if (line->cap < 0)
		FindShortage(line, open, undecided);
	return true;
}

/*
 * ShareShortage raises the value of a line as far as the slacks of the sources
 * that can cover its shortage allow, each paying for its part.
 */
static void
ShareShortage(RouteLine *line, uint64 undecided, RouteCost *slack)
{
	RouteCost	rise = ROUTE_COST_MAX;	/* of each share */
	int			shares[ROUTE_SOURCES_MAX];

	for (int i = 0; i < line->offer_count; i++)
	{
		const RouteOffer *offer = &line->offers[i];

		if (!(undecided >> offer->source & 1))
			continue;
		shares[i] = (int) (((int128) offer->have * SHARES + line->shortage - 1) /
						   line->shortage);
		rise = Min(rise, slack[offer->source] / shares[i]);
	}
	line->value += SHARES * rise;
	for (int i = 0; i < line->offer_count; i++)
		if (undecided >> line->offers[i].source & 1)
			slack[line->offers[i].source] -= shares[i] * rise;
}

/*
 * Raise raises the value of a line to the next level at which one more source
 * has to pay, or as far as slacks and the price from open sources allow.
 * False if it can't rise.  work counts steps.
 */
static bool
Raise(RouteLine *line, uint64 undecided, RouteCost *slack, int64 *work)
{
	RouteCost	rise = line->cap < 0 ? ROUTE_COST_MAX :
		ROUTE_COST(line->cap, 0) - line->value;
	int			i;

	for (i = 0; i < line->offer_count && rise > 0; i++)
	{
		const RouteOffer *offer = &line->offers[i];
		RouteCost	level;

		if (!(undecided >> offer->source & 1))
			continue;
		level = ROUTE_COST(RouteLevel(line, offer), 0);
		if (level > line->value)
		{
			rise = Min(rise, level - line->value);
			break;
		}
		rise = Min(rise, slack[offer->source]);
	}
	*work += i;
	if (rise <= 0)
		return false;
	line->value += rise;
	while (--i >= 0)
		if (undecided >> line->offers[i].source & 1)
			slack[line->offers[i].source] -= rise;
	return true;
}

/*
 * RouteBound is what lines and undecided sources cost at least if these
 * sources are open; the fixed cost of the open ones comes on top.  Sets the
 * lines of the net to the node, and slack of each undecided source.  -1 if
 * the sources don't suffice.
 */
RouteCost
RouteBound(RouteNet *net, uint64 open, uint64 undecided)
{
	RouteCost	bound = 0;
	bool		rising = true;

	for (int j = 0; j < net->line_count; j++)
	{
		net->work += net->lines[j].offer_count;
		if (!Prepare(&net->lines[j], open, undecided))
			return -1;
	}
	memcpy(net->slack, net->fixed, sizeof(RouteCost) * net->source_count);
	for (int j = 0; j < net->line_count; j++)
		if (net->lines[j].shortage > 0)
			ShareShortage(&net->lines[j], undecided, net->slack);
	while (rising)
	{
		rising = false;
		for (int j = 0; j < net->line_count; j++)
			if (net->lines[j].shortage == 0)
				rising |= Raise(&net->lines[j], undecided, net->slack, &net->work);
	}
	for (int j = 0; j < net->line_count; j++)
		bound += net->lines[j].value;
	return bound;
}
