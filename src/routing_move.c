/*
 * routing_move.c
 *		Local search for pieces whose shipments cost whatever they cost.
 *
 * Moves pieces one by one to the source where they make the plan cheaper,
 * closes sources whose pieces cost less elsewhere, and gathers at a source
 * all that it can ship, as long as one of these helps.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "routing_solve.h"

#include "miscadmin.h"

/* What may be tried, about 20 ns each */
#define MOVE_LIMIT	250000

/* What a source ships */
typedef struct Shipment
{
	int			piece_count;
	int64		weight_g;
	int64		prices;
} Shipment;

typedef struct Moves
{
	RouteDivision *division;
	Shipment   *shipments;		/* [source] */
	int		   *saved;			/* [piece] source before a change */
	int64		tried;
} Moves;

/*
 * ShipmentCost is what a source's shipment costs with a piece more (sign 1),
 * a piece less (-1), or as it is (0).
 */
static RouteCost
ShipmentCost(const Moves *moves, int source, const RoutePiece *piece, int sign)
{
	const Shipment *shipment = &moves->shipments[source];

	if (shipment->piece_count + sign == 0)
		return 0;
	return RouteShipmentCost(moves->division->problem, source,
							 shipment->weight_g + sign * piece->weight_g,
							 shipment->prices + sign * piece->prices[source]);
}

/*
 * Added is what a piece adds to the cost of a source that doesn't ship it.
 */
static RouteCost
Added(Moves *moves, int source, const RoutePiece *piece)
{
	moves->tried++;
	return ShipmentCost(moves, source, piece, 1) -
		ShipmentCost(moves, source, piece, 0);
}

/*
 * Count adds a piece to the shipment of its source (sign 1) or takes it out.
 */
static void
Count(Moves *moves, const RoutePiece *piece, int sign)
{
	Shipment   *shipment = &moves->shipments[piece->source];

	shipment->piece_count += sign;
	shipment->weight_g += sign * piece->weight_g;
	shipment->prices += sign * piece->prices[piece->source];
}

/*
 * Move gives a piece to another source.
 */
static void
Move(Moves *moves, RoutePiece *piece, int source)
{
	Count(moves, piece, -1);
	piece->source = source;
	Count(moves, piece, 1);
}

/*
 * Total is what all shipments cost.
 */
static RouteCost
Total(const Moves *moves)
{
	RouteCost	cost = 0;

	for (int s = 0; s < moves->division->problem->source_count; s++)
		cost += ShipmentCost(moves, s, &moves->division->pieces[0], 0);
	return cost;
}

/*
 * Settle moves a piece to where it costs least, but not to the source that is
 * avoided (-1: none).  True if it moved.
 */
static bool
Settle(Moves *moves, RoutePiece *piece, int avoided)
{
	int			from = piece->source;
	int			best = from;
	RouteCost	least = ROUTE_COST_MAX;

	if (from != avoided)
		least = ShipmentCost(moves, from, piece, 0) -
			ShipmentCost(moves, from, piece, -1);
	for (int s = 0; s < moves->division->problem->source_count; s++)
	{
		RouteCost	added;

		if (piece->prices[s] < 0 || s == from || s == avoided)
			continue;
		added = Added(moves, s, piece);
		if (added < least)
		{
			least = added;
			best = s;
		}
	}
	if (best == from)
		return false;
	Move(moves, piece, best);
	return true;
}

/*
 * SettleAll settles all pieces.  True if any moved.
 */
static bool
SettleAll(Moves *moves)
{
	bool		moved = false;

	for (int p = 0; p < moves->division->piece_count; p++)
		moved |= Settle(moves, &moves->division->pieces[p], -1);
	return moved;
}

/*
 * Reshape closes a source, or gathers at it all that it can ship, and settles
 * all pieces after that.  True if the plan costs less; else it is as before.
 */
static bool
Reshape(Moves *moves, int source, bool close)
{
	RouteDivision *division = moves->division;
	RouteCost	before = Total(moves);

	for (int p = 0; p < division->piece_count; p++)
	{
		RoutePiece *piece = &division->pieces[p];

		moves->saved[p] = piece->source;
		if (close && piece->source == source)
			Settle(moves, piece, source);
		else if (!close && piece->prices[source] >= 0)
			Move(moves, piece, source);
	}
	SettleAll(moves);
	if (Total(moves) < before)
		return true;
	for (int p = 0; p < division->piece_count; p++)
		Move(moves, &division->pieces[p], moves->saved[p]);
	return false;
}

/*
 * ReshapeAny reshapes the first source for which that helps.
 */
static bool
ReshapeAny(Moves *moves)
{
	for (int s = 0; s < moves->division->problem->source_count; s++)
	{
		CHECK_FOR_INTERRUPTS();
		if (moves->tried > MOVE_LIMIT)
			return false;
		if (Reshape(moves, s, moves->shipments[s].piece_count > 0) ||
			Reshape(moves, s, false))
			return true;
	}
	return false;
}

/*
 * RouteMovePieces improves a division in which each piece has a source.
 */
void
RouteMovePieces(RouteDivision *division)
{
	Moves		moves = {.division = division};
	int			sources = division->problem->source_count;

	moves.shipments = palloc0(sizeof(Shipment) * sources +
							  sizeof(int) * division->piece_count);
	moves.saved = (int *) (moves.shipments + sources);
	for (int p = 0; p < division->piece_count; p++)
		Count(&moves, &division->pieces[p], 1);
	do
	{
		while (moves.tried < MOVE_LIMIT && SettleAll(&moves))
			CHECK_FOR_INTERRUPTS();
	} while (ReshapeAny(&moves));
	pfree(moves.shipments);
}
