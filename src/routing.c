/*
 * routing.c
 *		Chooses the locations that ship an order: from an instance to a plan.
 *
 * Nothing here reads the database.  An instance has items (order lines or
 * kits of several SKUs), locations in order of preference, the units that
 * each location can sell of each SKU, and what it costs to ship from it.  The
 * plan names, for each item, how much comes from which location, and what
 * nobody has.  As much as possible is shipped; of the plans that do, the
 * cheapest is chosen by RouteSolve().
 *
 * The solver knows lines that have nothing to do with each other.  Items of
 * one SKU become one line.  Where other items draw on one SKU, as a kit does
 * and its component, they are first taken for independent: if the solution
 * does not take more than there is, it is the best one.  Otherwise they are
 * served one after the other, and what the first takes, the second doesn't find:
 * one that finds too little is then served first.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "routing.h"

/* Items as the solver's lines, while a plan is made */
typedef struct Lines
{
	int			count;
	int		   *of_item;		/* -1: needs no stock */
	int		   *first;			/* [line] its first item */
	RouteItem  *items;			/* [line] that item, asking for all */
} Lines;

/*
 * Same tells whether two items take the same of the same single SKU.
 */
static bool
Same(const RouteItem *a, const RouteItem *b)
{
	return a->part_count == 1 && b->part_count == 1 &&
		a->parts[0].sku == b->parts[0].sku &&
		a->parts[0].quantity == b->parts[0].quantity && a->step == b->step;
}

/*
 * MakeLines puts items together that are one line for the solver.
 */
static Lines
MakeLines(const RouteInstance *instance)
{
	int			n = instance->item_count;
	Lines		lines;

	lines.count = 0;
	lines.of_item = palloc(sizeof(int) * Max(n, 1));
	lines.first = palloc(sizeof(int) * Max(n, 1));
	lines.items = palloc(sizeof(RouteItem) * Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		const RouteItem *item = &instance->items[i];
		int			line = 0;

		lines.of_item[i] = -1;
		if (item->part_count == 0)
			continue;
		while (line < lines.count && !Same(&lines.items[line], item))
			line++;
		lines.of_item[i] = line;
		if (line == lines.count)
		{
			lines.first[line] = i;
			lines.items[line] = *item;
			lines.count++;
		}
		else
			lines.items[line].wanted = QuantityAdd(lines.items[line].wanted,
												   item->wanted);
	}
	return lines;
}

/* What a plan is made of, as far as it is made */
typedef struct Planning
{
	const RouteInstance *instance;
	Lines		lines;
	Quantity   *stock;			/* that is left */
	bool	   *is_open;		/* [location] something is shipped from it */
	Quantity   *take;			/* [location * lines.count + line] */
} Planning;

/*
 * LineFit is how much a location can ship of a line.
 */
static Quantity
LineFit(const Planning *planning, int location, int line)
{
	const RouteInstance *instance = planning->instance;
	int			item = planning->lines.first[line];

	if (instance->barred[location * instance->item_count + item])
		return 0;
	return RouteFit(&planning->lines.items[line],
			   &planning->stock[location * instance->sku_count],
			   planning->lines.items[line].wanted);
}

/*
 * LineUnit is what a unit of a line costs from a location.
 */
static int64
LineUnit(const Planning *planning, int location, int line)
{
	const RouteInstance *instance = planning->instance;

	return instance->unit[location * instance->item_count +
						  planning->lines.first[line]];
}

/*
 * Coverable is how much all locations together can ship of a line.
 */
static Quantity
Coverable(const Planning *planning, int line)
{
	Quantity	wanted = planning->lines.items[line].wanted;
	Quantity	sum = 0;

	for (int l = 0; l < planning->instance->location_count && sum < wanted; l++)
		sum += LineFit(planning, l, line);
	return Min(sum, wanted);
}

/*
 * Solve lets the solver serve n lines from the stock that is left, as far as
 * anybody has them.  To ship more from a location that is open costs nothing
 * beside the units.  The solution's lines are the n lines.
 */
static RouteSolution *
Solve(const Planning *planning, const int *lines, const Quantity *wanted, int n)
{
	const RouteInstance *instance = planning->instance;
	int			m = instance->location_count;
	Quantity   *step = palloc(sizeof(Quantity) * n);
	int64	   *weight_g = palloc(sizeof(int64) * n);
	Quantity   *stock = palloc(mul_size(sizeof(Quantity) * n, m));
	int64	   *unit = palloc(mul_size(sizeof(int64) * n, m));
	RouteCost  *fixed = palloc(mul_size(sizeof(RouteCost), m));
	RouteProblem problem = {n, m, wanted, step, stock, fixed, unit, weight_g,
	instance->tariffs};

	for (int j = 0; j < n; j++)
	{
		step[j] = planning->lines.items[lines[j]].step;
		weight_g[j] = planning->lines.items[lines[j]].weight_g;
	}
	for (int l = 0; l < m; l++)
	{
		fixed[l] = planning->is_open[l] ? 0 : instance->fixed[l];
		for (int j = 0; j < n; j++)
		{
			stock[l * n + j] = Min(LineFit(planning, l, lines[j]), wanted[j]);
			unit[l * n + j] = LineUnit(planning, l, lines[j]);
		}
	}
	return RouteSolve(&problem);
}

/*
 * TakeLines takes what a solution ships of n lines out of the stock, and tells
 * whether there was so much.  If not, some of it may have been taken.
 */
static bool
TakeLines(Planning *planning, const RouteSolution *solution, const int *lines,
		  int n)
{
	const RouteInstance *instance = planning->instance;

	for (int l = 0; l < instance->location_count; l++)
	{
		Quantity   *stock = &planning->stock[l * instance->sku_count];

		for (int j = 0; j < n; j++)
		{
			Quantity	take = solution->take[l * n + j];
			const RouteItem *item = &planning->lines.items[lines[j]];

			if (take == 0)
				continue;
			if (RouteFit(item, stock, take) < take)
				return false;
			RouteTake(item, stock, take);
			planning->is_open[l] = true;
			planning->take[l * planning->lines.count + lines[j]] += take;
		}
	}
	return true;
}

/*
 * Reset begins a plan anew.
 */
static void
Reset(Planning *planning)
{
	const RouteInstance *instance = planning->instance;
	Size		m = instance->location_count;

	memcpy(planning->stock, instance->stock,
		   sizeof(Quantity) * m * instance->sku_count);
	memset(planning->is_open, 0, sizeof(bool) * m);
	memset(planning->take, 0, sizeof(Quantity) * m * planning->lines.count);
}

/*
 * Start makes room for a plan.
 */
static Planning
Start(const RouteInstance *instance)
{
	Size		m = Max(instance->location_count, 1);
	Planning	planning;

	planning.instance = instance;
	planning.lines = MakeLines(instance);
	planning.stock = palloc(mul_size(sizeof(Quantity) * Max(instance->sku_count, 1), m));
	planning.is_open = palloc(mul_size(sizeof(bool), m));
	planning.take = palloc(mul_size(sizeof(Quantity) * Max(planning.lines.count, 1), m));
	Reset(&planning);
	return planning;
}

/*
 * ServeInTurn serves n lines one after the other, each for the least it costs
 * then, and returns how much they are short of what is wanted.  missed is the first
 * that is short, or -1.
 */
static Quantity
ServeInTurn(Planning *planning, const int *lines, const Quantity *wanted, int n,
			int *missed)
{
	Quantity	missing = 0;

	Reset(planning);
	*missed = -1;
	for (int j = 0; j < n; j++)
	{
		Quantity	found = Min(Coverable(planning, lines[j]), wanted[j]);

		if (found < wanted[j] && *missed < 0)
			*missed = j;
		missing += wanted[j] - found;
		if (found > 0)
			TakeLines(planning, Solve(planning, &lines[j], &found, 1), &lines[j], 1);
	}
	return missing;
}

/*
 * ToFront moves one of some lines before those before it.
 */
static void
ToFront(int *lines, Quantity *wanted, int which)
{
	int			line = lines[which];
	Quantity	quantity = wanted[which];

	memmove(&lines[1], lines, sizeof(int) * which);
	memmove(&wanted[1], wanted, sizeof(Quantity) * which);
	lines[0] = line;
	wanted[0] = quantity;
}

/* Orders in which lines are tried to be served */
#define TURNS_MAX		16

/*
 * PlanInTurn serves n lines one after the other, in an order in which they are
 * short of as little as is found.  lines and wanted are put into other orders.
 */
static void
PlanInTurn(Planning *planning, int *lines, Quantity *wanted, int n)
{
	int		   *best_lines = palloc(sizeof(int) * n);
	Quantity   *best_wanted = palloc(sizeof(Quantity) * n);
	Quantity	least = PG_INT64_MAX;
	bool		is_best = false;
	int			missed;

	for (int turn = 0; turn < TURNS_MAX; turn++)
	{
		Quantity	missing = ServeInTurn(planning, lines, wanted, n, &missed);

		is_best = missing < least;
		if (is_best)
		{
			least = missing;
			memcpy(best_lines, lines, sizeof(int) * n);
			memcpy(best_wanted, wanted, sizeof(Quantity) * n);
		}
		if (missed <= 0)
			break;
		ToFront(lines, wanted, missed);
	}
	if (!is_best)
		ServeInTurn(planning, best_lines, best_wanted, n, &missed);
}

/*
 * PlanSplit serves all lines from any locations, and returns whether it is
 * proven that nothing costs less.
 */
static bool
PlanSplit(Planning *planning)
{
	int			n = 0;
	int		   *lines = palloc(sizeof(int) * Max(planning->lines.count, 1));
	Quantity   *wanted = palloc(sizeof(Quantity) * Max(planning->lines.count, 1));
	RouteSolution *solution;

	for (int line = 0; line < planning->lines.count; line++)
	{
		wanted[n] = Coverable(planning, line);
		if (wanted[n] > 0)
			lines[n++] = line;
	}
	if (n == 0)
		return true;
	solution = Solve(planning, lines, wanted, n);
	if (TakeLines(planning, solution, lines, n))
		return solution->optimal;

	PlanInTurn(planning, lines, wanted, n);
	return false;
}

/*
 * AddPick adds to a plan what a location ships of an item.
 */
static void
AddPick(RoutePlan *plan, int location, int item, Quantity quantity)
{
	RoutePick  *pick = &plan->picks[plan->pick_count++];

	pick->item = item;
	pick->location = location;
	pick->quantity = quantity;
	plan->open[item] -= quantity;
}

/*
 * Carrier is the location that ships an item which needs no stock: one that
 * ships something anyway, or else the first that may; -1 if none may.
 */
static int
Carrier(const Planning *planning, int item)
{
	const RouteInstance *instance = planning->instance;
	int			found = -1;

	for (int l = instance->location_count - 1; l >= 0; l--)
		if (!instance->barred[l * instance->item_count + item] &&
			(found < 0 || planning->is_open[l] || !planning->is_open[found]))
			found = l;
	return found;
}

/*
 * PicksOfLines turns what is taken of lines into picks of their items, and
 * gives each item that needs no stock to its carrier.
 */
static void
PicksOfLines(const Planning *planning, RoutePlan *plan)
{
	const RouteInstance *instance = planning->instance;
	int			n = planning->lines.count;
	int		   *carriers = palloc(sizeof(int) * instance->item_count);

	for (int i = 0; i < instance->item_count; i++)
		carriers[i] = planning->lines.of_item[i] < 0 ? Carrier(planning, i) : -1;
	for (int l = 0; l < instance->location_count; l++)
		for (int i = 0; i < instance->item_count; i++)
		{
			int			line = planning->lines.of_item[i];
			Quantity   *left = &planning->take[l * n + line];
			Quantity	quantity;

			if (line < 0 && carriers[i] == l)
				AddPick(plan, l, i, plan->open[i]);
			if (line < 0 || *left == 0 || plan->open[i] == 0)
				continue;
			quantity = Min(*left, plan->open[i]);
			*left -= quantity;
			AddPick(plan, l, i, quantity);
		}
}

/*
 * RoutePlanMake plans an instance.  The plan lives in the current memory
 * context.
 */
RoutePlan *
RoutePlanMake(const RouteInstance *instance)
{
	int			n = Max(instance->item_count, 1);
	RoutePlan  *plan = palloc0(sizeof(RoutePlan));
	bool		need_stock = false;

	plan->open = palloc(sizeof(Quantity) * n);
	plan->picks = palloc(mul_size(sizeof(RoutePick) * n,
								  Max(instance->location_count, 1)));
	for (int i = 0; i < instance->item_count; i++)
	{
		plan->open[i] = instance->items[i].wanted;
		need_stock = need_stock || instance->items[i].part_count > 0;
	}
	if (!instance->allow_split || !need_stock || instance->location_count == 1)
	{
		Quantity   *taken = palloc(sizeof(Quantity) * n);
		int			location = RouteBestAlone(instance, taken);

		for (int i = 0; location >= 0 && i < instance->item_count; i++)
			if (taken[i] > 0)
				AddPick(plan, location, i, taken[i]);
		plan->optimal = true;
	}
	else
	{
		Planning	planning = Start(instance);

		plan->optimal = PlanSplit(&planning);
		PicksOfLines(&planning, plan);
	}
	return plan;
}
