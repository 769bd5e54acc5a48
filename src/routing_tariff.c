/*
 * routing_tariff.c
 *		Plans where shipments cost by weight, in steps.
 *
 * Such costs have no bound that is as good as without, so plans are limited:
 * a line that some source has whole is shipped whole.  A line that none has
 * whole is divided beforehand: among the fewest sources, those that have most
 * of it (the cheaper, then the first among equals), each of which ships all
 * that it has, the cheapest first, and the dearest the rest.  What only one
 * source can ship is one piece, every other line is one.  Up to 16 pieces are
 * divided exactly (routing_subset.c).
 *
 * Beyond, each tariff is replaced by a straight line below it: a price for
 * each shipment, and one for each gram.  The solution of that problem is a
 * bound, and where local search (routing_move.c) starts from.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "routing_solve.h"

#define GRAMS_PER_KG	1000

/*
 * RouteTariffPrice is what a shipment of a weight costs.
 */
int64
RouteTariffPrice(const RouteTariff *tariff, int64 weight_g)
{
	int			i = 0;

	if (tariff->step_count == 0)
		return 0;
	while (i < tariff->step_count - 1 && weight_g > tariff->steps[i].max_weight_g)
		i++;
	return tariff->steps[i].price +
		RouteRoundUp(tariff->steps[i].per_kg, weight_g, GRAMS_PER_KG);
}

/*
 * RouteShipmentCost is what a shipment costs whose lines have these prices
 * together.
 */
RouteCost
RouteShipmentCost(const RouteProblem *problem, int source, int64 weight_g,
				  int64 prices)
{
	return problem->fixed[source] +
		ROUTE_COST(RouteTariffPrice(&problem->tariffs[source], weight_g) + prices, 0);
}

/* What only one source can ship: its part of the plan is set */
typedef struct Forced
{
	int			part_count;
	int64		weight_g;
	int64		price;
} Forced;

/*
 * AddForced adds a part of a line to what only this source can ship.
 */
static void
AddForced(const RouteProblem *problem, Forced *forced, Quantity *take,
		  int source, int line, Quantity part)
{
	int			cell = source * problem->line_count + line;

	take[cell] = part;
	forced[source].part_count++;
	forced[source].weight_g += RoutePrice(problem->weight_g[line], part);
	forced[source].price += RoutePrice(problem->unit[cell], part);
}

/*
 * HasMore tells whether source a is to be preferred to b for a part of a
 * line: it has more of it, or as much for less.
 */
static bool
HasMore(const RouteProblem *problem, int line, int a, int b)
{
	Quantity	have = RouteUsable(problem, a, line);
	Quantity	other = RouteUsable(problem, b, line);

	if (have != other)
		return have > other;
	return problem->unit[a * problem->line_count + line] <
		problem->unit[b * problem->line_count + line];
}

/*
 * Split divides a line that no source has whole.  sources has a place for
 * each.
 */
static void
Split(const RouteProblem *problem, Forced *forced, Quantity *take, int line,
	  Quantity need, int *sources)
{
	Quantity	open = need;
	int			count = 0;

	for (int s = 0; s < problem->source_count; s++)
	{
		int			k = s;

		for (; k > 0 && HasMore(problem, line, s, sources[k - 1]); k--)
			sources[k] = sources[k - 1];
		sources[k] = s;
	}
	for (; open > 0; count++)
		open -= Min(open, RouteUsable(problem, sources[count], line));
	for (open = need; open > 0; count--)
	{
		int			best = 0;
		int			source;
		Quantity	part;

		for (int i = 1; i < count; i++)
			if (problem->unit[sources[i] * problem->line_count + line] <
				problem->unit[sources[best] * problem->line_count + line])
				best = i;
		source = sources[best];
		part = Min(open, RouteUsable(problem, source, line));
		AddForced(problem, forced, take, source, line, part);
		open -= part;
		memmove(&sources[best], &sources[best + 1],
				sizeof(int) * (count - best - 1));
	}
}

/*
 * Needs is what can be shipped of a line.
 */
static Quantity
Needs(const RouteProblem *problem, int line)
{
	Quantity	need = 0;

	for (int s = 0; s < problem->source_count; s++)
		need += Min(RouteUsable(problem, s, line), problem->wanted[line] - need);
	return need;
}

/*
 * WholeSources counts the sources that have all that is needed of a line; one of
 * them is returned in last.
 */
static int
WholeSources(const RouteProblem *problem, int line, Quantity need, int *last)
{
	int			count = 0;

	for (int s = 0; s < problem->source_count; s++)
		if (RouteUsable(problem, s, line) >= need)
		{
			count++;
			*last = s;
		}
	return count;
}

/*
 * Force sets the parts of the plan that have no choice, and for each line how
 * many choices it has otherwise, or 0.  The result is the number of pieces.
 */
static int
Force(const RouteProblem *problem, Forced *forced, Quantity *take, int *choices)
{
	int			sources = problem->source_count;
	int		   *scratch = palloc(sizeof(int) * sources);
	int			count = 0;

	for (int j = 0; j < problem->line_count; j++)
	{
		Quantity	need = Needs(problem, j);
		int			last = -1;

		choices[j] = need == 0 ? 0 : WholeSources(problem, j, need, &last);
		if (choices[j] > 1)
			count++;
		else if (choices[j] == 1)
			AddForced(problem, forced, take, last, j, need);
		else if (need > 0)
			Split(problem, forced, take, j, need, scratch);
		if (choices[j] == 1)
			choices[j] = 0;
	}
	for (int s = 0; s < sources; s++)
		count += forced[s].part_count > 0;
	pfree(scratch);
	return count;
}

/*
 * AddForcedPiece makes a piece of what only one source can ship.
 */
static void
AddForcedPiece(RouteDivision *division, const Forced *forced, int source)
{
	RoutePiece *piece = &division->pieces[division->piece_count++];

	piece->line = -1;
	piece->choice_count = 1;
	piece->weight_g = forced->weight_g;
	piece->source = source;
	for (int s = 0; s < division->problem->source_count; s++)
		piece->prices[s] = s == source ? forced->price : -1;
}

/*
 * AddLinePiece makes a piece of a line.
 */
static void
AddLinePiece(RouteDivision *division, int line, int choice_count)
{
	const RouteProblem *problem = division->problem;
	RoutePiece *piece = &division->pieces[division->piece_count++];
	Quantity	need = Needs(problem, line);

	piece->line = line;
	piece->choice_count = choice_count;
	piece->weight_g = RoutePrice(problem->weight_g[line], need);
	piece->source = -1;
	for (int s = 0; s < problem->source_count; s++)
		piece->prices[s] = RouteUsable(problem, s, line) < need ? -1 :
			RoutePrice(problem->unit[s * problem->line_count + line], need);
}

/*
 * MakePieces makes the pieces of a division, by rising number of choices.
 * Its memory is one piece, that of the pieces.
 */
static void
MakePieces(RouteDivision *division, int piece_count, const Forced *forced,
		   const int *choices)
{
	const RouteProblem *problem = division->problem;
	int			sources = problem->source_count;
	int64	   *prices;

	division->piece_count = 0;
	division->pieces = palloc((sizeof(RoutePiece) + sizeof(int64) * sources) *
							  piece_count);
	prices = (int64 *) (division->pieces + piece_count);
	for (int p = 0; p < piece_count; p++)
		division->pieces[p].prices = &prices[p * sources];
	for (int s = 0; s < sources; s++)
		if (forced[s].part_count > 0)
			AddForcedPiece(division, &forced[s], s);
	for (int count = 2; count <= sources; count++)
		for (int j = 0; j < problem->line_count; j++)
			if (choices[j] == count)
				AddLinePiece(division, j, count);
}

/* A straight line below a tariff */
typedef struct Envelope
{
	int64		price;			/* of a shipment */
	int64		per_kg;
} Envelope;

/*
 * MakeEnvelope finds the line below a tariff, for weights up to a limit, that
 * starts at the lightest shipment and rises as steeply as it can.  Steps are
 * straight, so their ends are all that counts.
 */
static Envelope
MakeEnvelope(const RouteTariff *tariff, int64 limit_g)
{
	Envelope	envelope = {RouteTariffPrice(tariff, 0), PG_INT64_MAX};
	int64		from = 0;

	for (int i = 0; i < tariff->step_count && from < limit_g; i++)
	{
		const RouteStep *step = &tariff->steps[i];
		int64		ends[2] = {from, Min(step->max_weight_g, limit_g)};

		for (int e = 0; e < 2; e++)
		{
			int128		rise = (int128) step->price - envelope.price +
				(int128) step->per_kg * ends[e] / GRAMS_PER_KG;

			if (rise < 0)
			{
				envelope.price += rise;
				envelope.per_kg = 0;
			}
			else if (ends[e] > 0)
				envelope.per_kg = Min(envelope.per_kg,
									  rise * GRAMS_PER_KG / ends[e]);
		}
		from = Max(from, step->max_weight_g);
	}
	if (envelope.per_kg == PG_INT64_MAX)
		envelope.per_kg = 0;
	return envelope;
}

/*
 * Relax solves the problem with straight lines below the tariffs.  The result
 * is a bound if parts of it are subtracted for rounding.
 */
static RouteSolution *
Relax(const RouteProblem *problem)
{
	int			lines = problem->line_count;
	Size		sources = problem->source_count;
	RouteProblem relaxed = *problem;
	RouteCost  *fixed = palloc(sizeof(RouteCost) * sources);
	int64	   *unit = palloc(sizeof(int64) * sources * lines);
	RouteSolution *result;
	int64		limit_g = 0;

	for (int j = 0; j < lines; j++)
		limit_g += RoutePrice(problem->weight_g[j], problem->wanted[j]);
	for (int s = 0; s < sources; s++)
	{
		Envelope	envelope = MakeEnvelope(&problem->tariffs[s], limit_g);

		fixed[s] = problem->fixed[s] + ROUTE_COST(envelope.price, 0);
		for (int j = 0; j < lines; j++)
		{
			int128		each = (int128) envelope.per_kg * problem->weight_g[j];

			each = problem->unit[s * lines + j] + each / GRAMS_PER_KG;
			unit[s * lines + j] = (int64) Min(each, PG_INT64_MAX);
		}
	}
	relaxed.fixed = fixed;
	relaxed.unit = unit;
	relaxed.tariffs = NULL;
	result = RouteSolve(&relaxed);
	pfree(fixed);
	pfree(unit);
	return result;
}

/*
 * Start gives each piece to the source that ships most of it in a plan, or to
 * the cheapest that can.
 */
static void
Start(RouteDivision *division, const Quantity *take)
{
	const RouteProblem *problem = division->problem;

	for (int p = 0; p < division->piece_count; p++)
	{
		RoutePiece *piece = &division->pieces[p];
		Quantity	most = -1;

		if (piece->line < 0)
			continue;
		for (int s = 0; s < problem->source_count; s++)
		{
			Quantity	part = take[s * problem->line_count + piece->line];

			if (piece->prices[s] >= 0 &&
				(part > most ||
				 (part == most && piece->prices[s] < piece->prices[piece->source])))
			{
				most = part;
				piece->source = s;
			}
		}
	}
}

/*
 * Approximate gives pieces to sources without proof, and returns a bound.
 */
static RouteCost
Approximate(RouteDivision *division, const Forced *forced)
{
	RouteSolution *relaxed = Relax(division->problem);
	RouteCost	bound = relaxed->bound;
	int64		part_count = division->piece_count;

	for (int s = 0; s < division->problem->source_count; s++)
		part_count += forced[s].part_count;
	bound -= ROUTE_COST(part_count, 0);
	Start(division, relaxed->take);
	RouteMovePieces(division);
	pfree(relaxed);
	return Max(bound, 0);
}

/*
 * RouteSolveTariffs solves a problem with tariffs.  The solution's plan has to
 * be zeros.
 */
void
RouteSolveTariffs(const RouteProblem *problem, RouteSolution *solution)
{
	RouteDivision division = {.problem = problem};
	Size		lines = problem->line_count;
	Forced	   *forced = palloc0(sizeof(Forced) * problem->source_count +
								 sizeof(int) * lines);
	int		   *choices = (int *) (forced + problem->source_count);
	int			piece_count = Force(problem, forced, solution->take, choices);

	MakePieces(&division, piece_count, forced, choices);
	if (piece_count <= ROUTE_PIECES_MAX)
		solution->bound = RouteDivide(&division);
	else
		solution->bound = Approximate(&division, forced);
	for (int p = 0; p < piece_count; p++)
	{
		const RoutePiece *piece = &division.pieces[p];

		if (piece->line >= 0)
			solution->take[piece->source * lines + piece->line] =
				Needs(problem, piece->line);
	}
	solution->cost = RouteTakeCost(problem, solution->take);
	pfree(division.pieces);
	pfree(forced);
}
