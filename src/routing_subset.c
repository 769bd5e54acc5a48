/*
 * routing_subset.c
 *		Divides pieces among sources exactly, whatever shipments cost.
 *
 * best(T) is the least that any one source takes to ship the pieces T, and
 * least(S), for all of S, the smallest best(T) + least(S - T) over the sets T
 * that contain the first piece of S.  That is 3^n steps at most for n pieces;
 * far fewer where few sources can ship a piece, since pieces with the fewest
 * choices come first, and of all T only those count that a source can ship,
 * and from which no piece is shipped for less apart.
 *
 * So one source may ship two of the sets, which pays where two light
 * shipments cost less than a heavy one.  A plan has one shipment of a source,
 * so then least is only a bound, and sources are gone through one by one:
 * which sets can be shipped by the first, the first two, and so on.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "routing_solve.h"

#include "miscadmin.h"
#include "port/pg_bitutils.h"

/* Sets of pieces are bit masks; tables have all of them */
typedef struct Subsets
{
	const RouteDivision *division;
	RouteCost  *best;			/* [set] from one source */
	RouteCost  *least;			/* [set]; -1: not known yet */
	int64	   *weights_g;		/* [set] */
	int64	   *prices;			/* [set] from the source that is looked at */
	int		   *sources;		/* [set] that is best */
	uint32	   *firsts;			/* [set] shipped with its first piece */
	uint32	   *blocks;			/* sets that count, by their first piece, the
								 * largest number first */
	int			block_starts[ROUTE_PIECES_MAX + 1]; /* [piece] in blocks */
	uint32		reach[ROUTE_PIECES_MAX];	/* [piece] what sources that have
											 * it have beside it */
} Subsets;

/*
 * Choices is the set of pieces that a source can ship.
 */
static uint32
Choices(const RouteDivision *division, int source)
{
	uint32		result = 0;

	for (int p = 0; p < division->piece_count; p++)
		if (division->pieces[p].prices[source] >= 0)
			result |= 1U << p;
	return result;
}

/*
 * PriceSubset sets and returns what a set of pieces costs from a source.  The
 * set without its first piece must have been priced.
 */
static RouteCost
PriceSubset(Subsets *subsets, int source, uint32 set)
{
	int			first = pg_rightmost_one_pos32(set);

	subsets->prices[set] = subsets->prices[set & (set - 1)] +
		subsets->division->pieces[first].prices[source];
	return RouteShipmentCost(subsets->division->problem, source,
							 subsets->weights_g[set], subsets->prices[set]);
}

/*
 * FindBest sets the best source of each set, the first among equals.
 */
static void
FindBest(Subsets *subsets)
{
	const RouteDivision *division = subsets->division;

	for (int s = 0; s < division->problem->source_count; s++)
	{
		uint32		all = Choices(division, s);

		CHECK_FOR_INTERRUPTS();
		for (int p = 0; p < division->piece_count; p++)
			if (all >> p & 1)
				subsets->reach[p] |= all;
		for (uint32 set = -all & all; set != 0; set = (set - all) & all)
		{
			RouteCost	cost = PriceSubset(subsets, s, set);

			if (cost < subsets->best[set])
			{
				subsets->best[set] = cost;
				subsets->sources[set] = s;
			}
		}
	}
}

/*
 * Counts tells whether a set can be shipped by one source, and no piece of it
 * would be shipped for less apart.
 */
static bool
Counts(const Subsets *subsets, uint32 set)
{
	RouteCost	best = subsets->best[set];

	if (best == ROUTE_COST_MAX)
		return false;
	if ((set & (set - 1)) == 0)
		return true;
	for (uint32 rest = set; rest != 0; rest &= rest - 1)
	{
		uint32		piece = rest & -rest;

		if (subsets->best[piece] + subsets->best[set & ~piece] < best)
			return false;
	}
	return true;
}

/*
 * ListBlocks lists the sets that count.
 */
static void
ListBlocks(Subsets *subsets)
{
	int			pieces = subsets->division->piece_count;
	int			count = 0;

	for (int p = 0; p < pieces; p++)
	{
		uint32		first = 1U << p;

		CHECK_FOR_INTERRUPTS();
		subsets->block_starts[p] = count;
		for (uint32 set = (1U << pieces) - first; set != 0; set -= Min(set, 2 * first))
			if (Counts(subsets, set))
				subsets->blocks[count++] = set;
	}
	subsets->block_starts[pieces] = count;
}

/*
 * SubsetCount is the number of subsets of a set.
 */
static int
SubsetCount(uint32 set)
{
	int			count = 1;

	for (; set != 0; set &= set - 1)
		count *= 2;
	return count;
}

static RouteCost Least(Subsets *subsets, uint32 set);

/*
 * TryBlock ships a part of a set together, if that is better than the least.
 */
static inline void
TryBlock(Subsets *subsets, uint32 set, uint32 block, RouteCost *least)
{
	RouteCost	cost = subsets->best[block];

	if (cost >= *least)
		return;
	cost += Least(subsets, set & ~block);
	if (cost < *least)
	{
		*least = cost;
		subsets->firsts[set] = block;
	}
}

/*
 * Least is the least that a set costs; what it consists of is noted.  It goes
 * through the blocks of the first piece, or through the subsets, whichever
 * are fewer.
 */
static RouteCost
Least(Subsets *subsets, uint32 set)
{
	RouteCost	least = ROUTE_COST_MAX;
	int			first;
	uint32		others;
	int			start;
	int			end;

	if (subsets->least[set] >= 0)
		return subsets->least[set];
	first = pg_rightmost_one_pos32(set);
	CHECK_FOR_INTERRUPTS();
	others = set & (set - 1) & subsets->reach[first];
	start = subsets->block_starts[first];
	end = subsets->block_starts[first + 1];
	if (end - start < SubsetCount(others))
	{
		for (int i = start; i < end; i++)
			if ((subsets->blocks[i] & ~set) == 0)
				TryBlock(subsets, set, subsets->blocks[i], &least);
	}
	else
	{
		for (uint32 part = others; part != 0; part = (part - 1) & others)
			TryBlock(subsets, set, part | 1U << first, &least);
		TryBlock(subsets, set, 1U << first, &least);
	}
	subsets->least[set] = least;
	return least;
}

/*
 * Assign gives the pieces of a set to a source.
 */
static void
Assign(RouteDivision *division, uint32 set, int source)
{
	for (; set != 0; set &= set - 1)
		division->pieces[pg_rightmost_one_pos32(set)].source = source;
}

/*
 * AssignBest gives all pieces to the sources that are best for them.  False if
 * one ships two sets.
 */
static bool
AssignBest(const Subsets *subsets, RouteDivision *division)
{
	uint32		set = (1U << division->piece_count) - 1;
	int			seen[ROUTE_PIECES_MAX];
	int			seen_count = 0;
	bool		once = true;

	while (set != 0)
	{
		uint32		first = subsets->firsts[set];
		int			source = subsets->sources[first];

		for (int i = 0; i < seen_count; i++)
			once &= seen[i] != source;
		seen[seen_count++] = source;
		Assign(division, first, source);
		set &= ~first;
	}
	return once;
}

/*
 * AddSource allows for one more source: it improves what sets cost at least,
 * and sets picks to what the source then ships of each.
 */
static void
AddSource(Subsets *subsets, int source, uint32 *picks)
{
	uint32		all = Choices(subsets->division, source);

	for (uint32 set = -all & all; set != 0; set = (set - all) & all)
		subsets->best[set] = PriceSubset(subsets, source, set);
	for (int64 set = (1 << subsets->division->piece_count) - 1; set >= 0; set--)
	{
		picks[set] = 0;
		for (uint32 part = set & all; part != 0; part = (part - 1) & set & all)
		{
			RouteCost	cost = subsets->least[set & ~part] + subsets->best[part];

			if (cost < subsets->least[set])
			{
				subsets->least[set] = cost;
				picks[set] = part;
			}
		}
	}
}

/*
 * AssignOnce gives all pieces to sources of which each ships one set, and
 * returns what that costs, which is the least.
 */
static RouteCost
AssignOnce(Subsets *subsets, RouteDivision *division)
{
	int			sources = division->problem->source_count;
	Size		sets = (Size) 1 << division->piece_count;
	uint32	   *picks = palloc(sizeof(uint32) * sets * sources);
	uint32		set = sets - 1;
	RouteCost	result;

	subsets->least[0] = 0;
	for (Size i = 1; i < sets; i++)
		subsets->least[i] = ROUTE_COST_MAX;
	for (int s = 0; s < sources; s++)
	{
		CHECK_FOR_INTERRUPTS();
		AddSource(subsets, s, &picks[s * sets]);
	}
	result = subsets->least[set];
	for (int s = sources - 1; s >= 0; s--)
	{
		uint32		pick = picks[s * sets + set];

		Assign(division, pick, s);
		set &= ~pick;
	}
	pfree(picks);
	return result;
}

/*
 * MakeSubsets makes the tables of all sets of pieces, in one piece of memory
 * that begins at best.
 */
static void
MakeSubsets(Subsets *subsets, const RouteDivision *division)
{
	Size		sets = (Size) 1 << division->piece_count;

	subsets->division = division;
	subsets->best = palloc(sets * (2 * sizeof(RouteCost) + 2 * sizeof(int64) +
								   sizeof(int) + 2 * sizeof(uint32)));
	subsets->least = subsets->best + sets;
	subsets->weights_g = (int64 *) (subsets->least + sets);
	subsets->prices = subsets->weights_g + sets;
	subsets->sources = (int *) (subsets->prices + sets);
	subsets->firsts = (uint32 *) (subsets->sources + sets);
	subsets->blocks = subsets->firsts + sets;
	memset(subsets->reach, 0, sizeof(subsets->reach));

	subsets->least[0] = 0;
	subsets->weights_g[0] = subsets->prices[0] = 0;
	for (uint32 set = 1; set < sets; set++)
	{
		subsets->best[set] = ROUTE_COST_MAX;
		subsets->least[set] = -1;
		subsets->weights_g[set] = subsets->weights_g[set & (set - 1)] +
			division->pieces[pg_rightmost_one_pos32(set)].weight_g;
	}
}

/*
 * RouteDivide gives each of at most ROUTE_PIECES_MAX pieces to a source and
 * returns a bound: what that costs, unless the least was not found within the
 * work limit because of tariffs that rise too steeply.
 */
RouteCost
RouteDivide(RouteDivision *division)
{
	Subsets		subsets;
	RouteCost	bound;
	int64		work = division->problem->source_count;

	MakeSubsets(&subsets, division);
	FindBest(&subsets);
	ListBlocks(&subsets);
	bound = Least(&subsets, (1U << division->piece_count) - 1);
	for (int p = 0; p < division->piece_count; p++)
		work *= 3;
	if (!AssignBest(&subsets, division))
	{
		if (work <= ROUTE_WORK_LIMIT)
			bound = AssignOnce(&subsets, division);
		else
			RouteMovePieces(division);
	}
	pfree(subsets.best);
	return bound;
}
