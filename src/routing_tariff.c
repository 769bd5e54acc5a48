/*
 * routing_tariff.c
 *		Plans where shipments cost by weight, in steps.
 *
 * Such costs have no bound that is as good as without, so plans are limited:
 * a line that some source has whole is shipped whole.  A line that none has
 * whole is divided beforehand, as is best where each tariff is replaced by a
 * straight line below it: a price for each shipment, and one for each gram.
 * What only one source can ship is one piece, every other line is one.  Up to
 * 16 pieces are divided exactly (routing_subset.c).  Where a line was divided,
 * parts are then moved as long as that makes the plan cheaper, and the bound is
 * that of the straight lines.
 *
 * Beyond, the plan for straight lines is where local search (routing_move.c)
 * starts from.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "routing_solve.h"

#define GRAMS_PER_KG	1000

/* Most work that is put into a division, in parts of plans that are added up */
#define SHIFT_WORK_MAX	INT64CONST(10000000)

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
 * Split divides a line that no source has whole as the plan for straight lines
 * below the tariffs does.
 */
static void
Split(const RouteProblem *problem, Forced *forced, Quantity *take, int line,
	  const Quantity *relaxed)
{
	for (int s = 0; s < problem->source_count; s++)
	{
		Quantity	part = relaxed[s * problem->line_count + line];

		if (part > 0)
			AddForced(problem, forced, take, s, line, part);
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
 * Force sets the parts of the plan that have no choice, and for each line how
 * many choices it has otherwise, or 0.  The result is the number of pieces.
 */
static int
Force(const RouteProblem *problem, Forced *forced, Quantity *take, int *choices,
	  RouteSolution **relaxed)
{
	int			sources = problem->source_count;
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
		{
			if (*relaxed == NULL)
				*relaxed = Relax(problem);
			Split(problem, forced, take, j, (*relaxed)->take);
		}
		if (choices[j] == 1)
			choices[j] = 0;
	}
	for (int s = 0; s < sources; s++)
		count += forced[s].part_count > 0;
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

/*
 * RelaxedBound is what no plan costs less than, by the plan for straight lines;
 * each part of a plan may have been rounded up.
 */
static RouteCost
RelaxedBound(const RouteProblem *problem, const RouteSolution *relaxed)
{
	int64		parts = (int64) problem->line_count * problem->source_count;

	return Max(relaxed->bound - ROUTE_COST(parts, 0), 0);
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
 * Shift moves up to a quantity of a line from one source to another if that
 * makes the plan cheaper, and returns whether it did.  It takes work.
 */
static bool
Shift(const RouteProblem *problem, RouteSolution *solution, int line, int from,
	  int to, Quantity most, int64 *work)
{
	Quantity   *here = &solution->take[from * problem->line_count + line];
	Quantity   *there = &solution->take[to * problem->line_count + line];
	Quantity	part = Min(Min(*here, most), RouteUsable(problem, to, line) - *there);
	RouteCost	cost;

	if (from == to || part <= 0 || *work < 0)
		return false;
	*work -= problem->line_count * problem->source_count;
	*here -= part;
	*there += part;
	cost = RouteTakeCost(problem, solution->take);
	if (cost < solution->cost)
	{
		solution->cost = cost;
		return true;
	}
	*here += part;
	*there -= part;
	return false;
}

/*
 * ShiftAny looks for a part of a line that is cheaper elsewhere: one
 * step of it, or all.
 */
static bool
ShiftAny(const RouteProblem *problem, RouteSolution *solution, int64 *work)
{
	for (int j = 0; j < problem->line_count; j++)
		for (int a = 0; a < problem->source_count; a++)
			for (int b = 0; b < problem->source_count; b++)
				if (Shift(problem, solution, j, a, b, QUANTITY_MAX, work) ||
					Shift(problem, solution, j, a, b, problem->step[j],
						  work))
					return true;
	return false;
}

/*
 * ShiftAll moves parts of a plan as long as it becomes cheaper, within a limit.
 */
static void
ShiftAll(const RouteProblem *problem, RouteSolution *solution)
{
	int64		work = SHIFT_WORK_MAX;

	while (ShiftAny(problem, solution, &work))
		 /* again */ ;
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
	RouteSolution *relaxed = NULL;
	int			piece_count = Force(problem, forced, solution->take, choices,
									&relaxed);

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
	if (relaxed != NULL)
	{
		ShiftAll(problem, solution);
		solution->bound = Min(solution->cost, RelaxedBound(problem, relaxed));
		pfree(relaxed);
	}
	pfree(division.pieces);
	pfree(forced);
}
