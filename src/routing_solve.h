/*
 * routing_solve.h
 *		What the files of the solver share.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_ROUTING_SOLVE_H
#define OMS_ROUTING_SOLVE_H

#include "routing.h"

/* Sets of sources are bit masks */
#define ROUTE_SOURCES_MAX	64

/* Beyond any cost, so that sums of two don't overflow */
#define ROUTE_COST_MAX		((RouteCost) 1 << 125)

/*
 * Steps that a decision may take, 2 to 6 nanoseconds each; beyond it the best
 * is returned that was found.
 */
#define ROUTE_WORK_LIMIT	INT64CONST(10000000)

/* What a source has of a line, quantities and prices as they are used */
typedef struct RouteOffer
{
	int64		whole;			/* price of all that the line needs */
	int64		all;			/* price of what it has, at most the need */
	int64		unit;
	Quantity	have;
	int			source;
} RouteOffer;

/* A line, and how it stands at the node that is looked at */
typedef struct RouteLine
{
	int			line;			/* of the problem */
	int			offer_count;
	Quantity	need;
	RouteOffer *offers;			/* by rising price, then by source */
	int64		base;			/* from all sources that aren't closed */
	int64		cap;			/* from open ones; -1 if they don't suffice */
	int64		cheapest;		/* whole, from the cheapest open one */
	Quantity	shortage;		/* what open ones don't have, if none that is
								 * undecided has all of it; else 0 */
	RouteCost	value;			/* what the bound charges for it */
} RouteLine;

/*
 * A problem without tariffs, reduced to sources that matter, its lines by
 * rising number of offers; and the state of its solution.
 */
typedef struct RouteNet
{
	int			source_count;
	int			line_count;
	int			sources[ROUTE_SOURCES_MAX]; /* of the problem, ascending */
	RouteCost	fixed[ROUTE_SOURCES_MAX];
	RouteCost	slack[ROUTE_SOURCES_MAX];	/* at the node */
	RouteLine  *lines;
	int64		work;			/* steps taken */
	uint64		best;			/* the best set of sources so far */
	RouteCost	best_cost;
	RouteCost	bound;			/* of what was not looked at */
} RouteNet;

/*
 * RouteLineCost is what a line costs if exactly these sources are open: it is
 * filled from the cheapest on.  -1 if they don't have enough.
 */
static inline int64
RouteLineCost(const RouteLine *line, uint64 open)
{
	Quantity	need = line->need;
	int64		cost = 0;

	for (int i = 0; i < line->offer_count; i++)
	{
		const RouteOffer *offer = &line->offers[i];

		if (!(open >> offer->source & 1))
			continue;
		if (offer->have >= need)
			return cost + (need == line->need ? offer->whole :
						   RoutePrice(offer->unit, need));
		cost += offer->all;
		need -= offer->have;
	}
	return -1;
}

/*
 * RouteLevel is what a line costs at least if an undecided source of it is
 * opened.
 */
static inline int64
RouteLevel(const RouteLine *line, const RouteOffer *offer)
{
	return Max(line->base, Min(line->cheapest, offer->whole));
}

/* routing_net.c */
extern Quantity RouteUsable(const RouteProblem *problem, int source, int line);
extern RouteNet *RouteNetMake(const RouteProblem *problem, RouteCost *least);

/* routing_bound.c */
extern RouteCost RouteBound(RouteNet *net, uint64 open, uint64 undecided);

/* routing_branch.c */
extern void RouteBranch(RouteNet *net);

/* routing_search.c */
extern RouteCost RouteTry(RouteNet *net, uint64 open);
extern void RouteDrop(RouteNet *net, uint64 open);
extern void RouteSearch(RouteNet *net);

/* More pieces are not divided exactly */
#define ROUTE_PIECES_MAX	16

/*
 * What one source ships whole: a line that several could, or all that only
 * one can, whose part of the plan is set already.
 */
typedef struct RoutePiece
{
	int			line;			/* -1: set already */
	int			choice_count;	/* sources that can */
	int64		weight_g;
	int64	   *prices;			/* [source]; -1: it can't */
	int			source;			/* that is to ship it */
} RoutePiece;

/* A problem with tariffs, as pieces by rising number of choices */
typedef struct RouteDivision
{
	const RouteProblem *problem;
	int			piece_count;
	RoutePiece *pieces;
} RouteDivision;

/* routing_tariff.c */

extern RouteCost RouteShipmentCost(const RouteProblem *problem, int source,
								   int64 weight_g, int64 prices);
extern void RouteSolveTariffs(const RouteProblem *problem,
							  RouteSolution *solution);

/* routing_subset.c */
extern RouteCost RouteDivide(RouteDivision *division);

/* routing_move.c */
extern void RouteMovePieces(RouteDivision *division);

#endif							/* OMS_ROUTING_SOLVE_H */
