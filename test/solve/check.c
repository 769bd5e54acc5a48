/*
 * check.c
 *		Compares the solver of routing with others, in a program of its own.
 *
 * Random orders are solved by it and by GLPK as integer programs, small ones
 * by trying all sets of sources, or with tariffs all sources of each line.
 * Costs must be equal, with all ties where everything is tried, and each plan
 * must be one: within stock, in whole steps, all that there is of what is
 * wanted, for the cost that it says.  Prints TAP, with a line for each kind of
 * order.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "solver.h"

#include <glpk.h>
#include <math.h>

#define GLPK_LIMIT_MS	2000
#define EQUAL			1e-5	/* of the cost: GLPK counts in doubles */

static int	faults = 0;			/* of this test */
static bool failed = false;		/* any test */

/*
 * Fault prints what is wrong with a solution.
 */
static void
Fault(const RouteProblem *problem, const char *what, double ours, double other)
{
	faults++;
	printf("# %s, %d sources, %d lines: %.6f, expected %.6f\n", what,
		   problem->source_count, problem->line_count, ours, other);
}

/*
 * Report prints the outcome of a test and fails if there were faults in it.
 */
static void
Report(const char *format,...)
{
	static int	number = 0;
	va_list		arguments;

	printf("%s %d - ", faults > 0 ? "not ok" : "ok", ++number);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf("\n");
	failed = failed || faults > 0;
	faults = 0;
}

/*
 * Units is a cost as cents.
 */
static double
Units(RouteCost cost)
{
	return ldexp((double) cost, -64) / CENT;
}

/*
 * Times is a * b / scale, rounded up.
 */
static int64
Times(int64 a, int64 b, int64 scale)
{
	return (int64) (((int128) a * b + scale - 1) / scale);
}

/*
 * Have is what can be used of a source's stock.
 */
static Quantity
Have(const RouteProblem *problem, int s, int j)
{
	Quantity	stock = problem->stock[s * problem->line_count + j];

	return stock == problem->wanted[j] ? stock :
		stock / problem->step[j] * problem->step[j];
}

/*
 * PlanCost is what a plan costs, computed again.
 */
static RouteCost
PlanCost(const RouteProblem *problem, const Quantity *take)
{
	RouteCost	cost = 0;

	for (int s = 0; s < problem->source_count; s++)
	{
		int64		grams = 0;
		int64		money = 0;
		int			parts = 0;

		for (int j = 0; j < problem->line_count; j++)
		{
			int			c = s * problem->line_count + j;

			parts += take[c] != 0;
			money += Times(problem->unit[c], take[c], QUANTITY_SCALE);
			grams += Times(problem->weight_g[j], take[c], QUANTITY_SCALE);
		}
		if (parts == 0)
			continue;
		if (problem->tariffs != NULL && problem->tariffs[s].step_count > 0)
		{
			const RouteStep *step = problem->tariffs[s].steps;

			while (grams > step->max_weight_g)
				step++;
			money += step->price + Times(step->per_kg, grams, 1000);
		}
		cost += problem->fixed[s] + ((RouteCost) money << 64);
	}
	return cost;
}

/*
 * CheckPlan checks a solution for itself.
 */
static void
CheckPlan(const RouteProblem *problem, const RouteSolution *solution)
{
	RouteCost	cost = PlanCost(problem, solution->take);

	if (solution->cost != cost)
		Fault(problem, "the plan has another cost", Units(solution->cost), Units(cost));
	if (solution->bound > cost || (solution->optimal && solution->bound != cost))
		Fault(problem, "bound", Units(solution->bound), Units(cost));
	for (int j = 0; j < problem->line_count; j++)
	{
		Quantity	all = 0;
		Quantity	taken = 0;

		for (int s = 0; s < problem->source_count; s++)
		{
			Quantity	part = solution->take[s * problem->line_count + j];

			all += Have(problem, s, j);
			taken += part;
			if (part < 0 || part > Have(problem, s, j))
				Fault(problem, "part", part, Have(problem, s, j));
			if (part % problem->step[j] != 0)
				Fault(problem, "step", part, problem->step[j]);
		}
		if (taken != Min(all, problem->wanted[j]))
			Fault(problem, "line", taken, Min(all, problem->wanted[j]));
	}
}

/*
 * KeepBound is GLPK's callback: it notes the bound.
 */
static void
KeepBound(glp_tree *tree, void *bound)
{
	int			node = glp_ios_best_node(tree);

	if (node != 0)
		*(double *) bound = glp_ios_node_bound(tree, node);
}

/*
 * AddPart adds a column and a row to a program: the share of its line that a
 * source ships, up to the share that it has, and nothing unless it is open.
 */
static void
AddPart(glp_prob *program, int source, int line, double have, double cost)
{
	int			column = glp_add_cols(program, 1);
	int			row = glp_add_rows(program, 1);
	int			rows[] = {0, line + 1, row};
	int			columns[] = {0, source + 1, column};
	double		ones[] = {0, 1, 1};
	double		link[] = {0, -have, 1};

	glp_set_col_bnds(program, column, GLP_DB, 0, have);
	glp_set_obj_coef(program, column, cost);
	glp_set_mat_col(program, column, 2, rows, ones);
	glp_set_row_bnds(program, row, GLP_UP, 0, 0);
	glp_set_mat_row(program, row, 2, columns, link);
}

/*
 * MakeProgram makes the integer program of an order in cents: a column for
 * each source that is open, one for each part as a share of its line.
 */
static glp_prob *
MakeProgram(const RouteProblem *problem)
{
	glp_prob   *program = glp_create_prob();
	int			lines = problem->line_count;

	glp_add_cols(program, problem->source_count);
	if (lines > 0)
		glp_add_rows(program, lines);
	for (int s = 0; s < problem->source_count; s++)
	{
		glp_set_col_kind(program, s + 1, GLP_BV);
		glp_set_obj_coef(program, s + 1, Units(problem->fixed[s]));
	}
	for (int j = 0; j < lines; j++)
	{
		double		wanted = problem->wanted[j];

		glp_set_row_bnds(program, j + 1, GLP_FX, 1, 1);
		for (int s = 0; s < problem->source_count; s++)
		{
			double		have = Have(problem, s, j) / wanted;

			if (have > 0)
				AddPart(program, s, j, have, wanted / QUANTITY_SCALE *
						problem->unit[s * lines + j] / CENT);
		}
	}
	return program;
}

/*
 * SolveByGlpk is the least cost of an order in cents, and the bound of it:
 * the same, unless time was over.
 */
static double
SolveByGlpk(const RouteProblem *problem, double *bound)
{
	glp_prob   *program = MakeProgram(problem);
	glp_iocp	options;
	double		cost;
	int			status;

	glp_init_iocp(&options);
	options.presolve = GLP_ON;
	options.msg_lev = GLP_MSG_OFF;
	options.tm_lim = GLPK_LIMIT_MS;
	options.cb_func = KeepBound;
	options.cb_info = bound;
	*bound = 0;
	status = glp_intopt(program, &options);
	cost = glp_mip_obj_val(program);
	if (status == 0)
		*bound = cost;
	else if (status != GLP_ETMLIM || glp_mip_status(program) != GLP_FEAS)
		cost = INFINITY;
	glp_delete_prob(program);
	return cost;
}

/*
 * CompareToGlpk compares count random orders.
 */
static void
CompareToGlpk(int sources, int lines_from, int lines_to, int scarce, int count)
{
	double		distance_km[64];
	int			equal = 0;

	for (int i = 0; i < count; i++)
	{
		Order		order = RandomOrder(sources, lines_from + Random(lines_to - lines_from + 1),
										scarce, distance_km);
		RouteSolution *solution = RouteSolve(&order.problem);
		double		ours = Units(solution->cost);
		double		bound;
		double		cost = SolveByGlpk(&order.problem, &bound);

		CheckPlan(&order.problem, solution);
		if (!solution->optimal)
			Fault(&order.problem, "not optimal", ours, cost);
		if (ours > cost * (1 + EQUAL) || ours < bound * (1 - EQUAL))
			Fault(&order.problem, "GLPK's cost", ours, cost);
		equal += bound == cost;
		pfree(solution);
		FreeOrder(&order);
	}
	Report("%d sources, %d to %d lines, %d %% scarce: %d orders equal to GLPK, %d within its bound after %d s",
		   sources, lines_from, lines_to, scarce, equal, count - equal, GLPK_LIMIT_MS / 1000);
}

/*
 * FillSet is the cost of an order if a set of sources is open, each unit from
 * the cheapest that has one left; -1 if that is not enough.
 */
static RouteCost
FillSet(const RouteProblem *problem, int set)
{
	Quantity	take[64] = {0};

	for (int j = 0; j < problem->line_count; j++)
	{
		Quantity	open = problem->wanted[j];

		while (open > 0)
		{
			int			best = -1;

			for (int s = 0; s < problem->source_count; s++)
			{
				int			c = s * problem->line_count + j;

				if ((set >> s & 1) && take[c] == 0 && Have(problem, s, j) > 0 &&
					(best < 0 || problem->unit[c] < problem->unit[best]))
					best = c;
			}
			if (best < 0)
				return -1;
			take[best] = Min(open, Have(problem, best / problem->line_count, j));
			open -= take[best];
		}
	}
	return PlanCost(problem, take);
}

/*
 * CompareSets compares count random orders of up to 8 sources and 6 lines to
 * all sets of sources, costs being numbers below few, so mostly equal.
 */
static void
CompareSets(int few, int count)
{
	for (int i = 0; i < count; i++)
	{
		Order		order = MakeOrder(1 + Random(8), 1 + Random(6));
		RouteProblem *problem = &order.problem;
		RouteSolution *solution;
		RouteCost	least = -1;

		for (int j = 0; j < problem->line_count; j++)
		{
			order.step[j] = Random(2) == 0 ? QUANTITY_SCALE : 250000;
			order.wanted[j] = order.step[j] * (1 + Random(5));
			StockLine(&order, j, 30);
		}
		for (int c = 0; c < problem->source_count * problem->line_count; c++)
		{
			int			j = c % problem->line_count;

			/* stock may end within a step */
			if (order.stock[c] < order.wanted[j])
				order.stock[c] += Random(order.step[j]);
			order.unit[c] = Random(few) * 4;
		}
		for (int s = 0; s < problem->source_count; s++)
			order.fixed[s] = ROUTE_COST(Random(few) * 10, Random(few));
		solution = RouteSolve(problem);
		CheckPlan(problem, solution);
		for (int set = 0; set < 1 << problem->source_count; set++)
		{
			RouteCost	cost = FillSet(problem, set);

			if (cost >= 0 && (least < 0 || cost < least))
				least = cost;
		}
		if (solution->cost != least || !solution->optimal)
			Fault(problem, "all sets", Units(solution->cost), Units(least));
		pfree(solution);
		FreeOrder(&order);
	}
	Report("costs below %d: %d orders equal to the best of all sets", few, count);
}

/*
 * RandomTariffs gives the sources of an order random steps, mostly rising.
 */
static void
RandomTariffs(Order *order)
{
	for (int s = 0; s < order->problem.source_count; s++)
	{
		RouteStep  *steps = &order->steps[s * STEPS_EACH];
		int			count = 1 + Random(STEPS_EACH);
		int64		price = Random(500);
		int64		weight_g = 0;

		for (int i = 0; i < count; i++)
		{
			weight_g += 500 + Random(5000);
			price += Random(600) - 50;
			steps[i].max_weight_g = i == count - 1 ? PG_INT64_MAX : weight_g;
			steps[i].price = Max(price, 0) * CENT;
			steps[i].per_kg = Random(2) * Random(100) * CENT;
		}
		order->tariffs[s].step_count = Random(9) == 0 ? 0 : count;
		if (Random(3) == 0)
			order->fixed[s] = 0;
	}
	order->problem.tariffs = order->tariffs;
}

/*
 * LeastOfAll is the least cost of lines from line on, each whole from one
 * source, beside what take has.
 */
static RouteCost
LeastOfAll(const RouteProblem *problem, Quantity *take, int line)
{
	RouteCost	least = -1;

	if (line == problem->line_count)
		return PlanCost(problem, take);
	for (int s = 0; s < problem->source_count; s++)
	{
		Quantity   *cell = &take[s * problem->line_count + line];
		RouteCost	cost;

		if (Have(problem, s, line) < problem->wanted[line])
			continue;
		*cell = problem->wanted[line];
		cost = LeastOfAll(problem, take, line + 1);
		*cell = 0;
		if (cost >= 0 && (least < 0 || cost < least))
			least = cost;
	}
	return least;
}

/*
 * CheckParts checks that no line is divided if none has to be.  The result tells
 * whether none has to.
 */
static bool
CheckParts(const RouteProblem *problem, const Quantity *take)
{
	bool		whole = true;
	int			divided = 0;

	for (int j = 0; j < problem->line_count; j++)
	{
		int			parts = 0;
		bool		somewhere = false;

		for (int s = 0; s < problem->source_count; s++)
		{
			parts += take[s * problem->line_count + j] > 0;
			somewhere = somewhere || Have(problem, s, j) >= problem->wanted[j];
		}
		whole = whole && somewhere;
		divided += parts > 1;
	}
	if (whole && divided > 0)
		Fault(problem, "divided lines", divided, 0);
	return whole;
}

/*
 * CompareDivisions compares count random orders with tariffs to all ways to
 * ship their lines whole.  Beyond 16 lines the bound is compared.
 */
static void
CompareDivisions(int sources, int lines_from, int lines_to, int count)
{
	double		distance_km[64];
	double		gap = 0;
	int			compared = 0;

	for (int i = 0; i < count; i++)
	{
		Order		order = RandomOrder(1 + Random(sources),
										lines_from + Random(lines_to - lines_from + 1),
										20, distance_km);
		Quantity	take[64] = {0};
		RouteSolution *solution;
		RouteCost	least;

		RandomTariffs(&order);
		solution = RouteSolve(&order.problem);
		CheckPlan(&order.problem, solution);
		if (CheckParts(&order.problem, solution->take))
		{
			least = LeastOfAll(&order.problem, take, 0);
			if (solution->optimal ? solution->cost != least :
				lines_to <= 16 || solution->cost < least || solution->bound > least)
				Fault(&order.problem, "all divisions", Units(solution->cost), Units(least));
			gap += Units(solution->cost) / Units(least) - 1;
			compared++;
		}
		pfree(solution);
		FreeOrder(&order);
	}
	Report("tariffs, up to %d sources, %d to %d lines: %d orders, %.3f %% above the best of all divisions",
		   sources, lines_from, lines_to, compared, 100 * gap / compared);
}

/*
 * CheckSize checks that an order of any size has a plan, with or without
 * tariffs, when all sources have share percent of the lines, and is not below
 * the bound that is given without.
 */
static void
CheckSize(int sources, int lines, int share, bool tariffs)
{
	double	   *distance_km = palloc0(sizeof(double) * sources);
	Order		order = RandomOrder(sources, lines, 10, distance_km);
	RouteSolution *solution;

	for (int c = 0; c < sources * lines; c++)
		if (Random(100) >= share)
			order.stock[c] = 0;
	if (tariffs)
		RandomTariffs(&order);
	solution = RouteSolve(&order.problem);
	CheckPlan(&order.problem, solution);
	Report("%d sources, %d lines, %d %% in stock%s: cost %.2f, %.3f %% above the bound", sources,
		   lines, share, tariffs ? ", tariffs" : "", Units(solution->cost),
		   solution->cost == 0 ? 0 : 100 * (Units(solution->cost) / Units(solution->bound) - 1));
	pfree(solution);
	FreeOrder(&order);
	pfree(distance_km);
}

/*
 * CheckEqual checks an order whose costs are all the same: the first source
 * that has all ships it.
 */
static void
CheckEqual(int sources, int64 fixed, bool tariffs)
{
	Order		order = MakeOrder(sources, 3);
	RouteSolution *solution;

	for (int c = 0; c < sources * 3; c++)
		order.stock[c] = c < 3 * (sources / 2) && c % 3 == 1 ? 0 : QUANTITY_SCALE;
	for (int s = 0; s < sources; s++)
		order.fixed[s] = ROUTE_COST(fixed, 1);
	if (tariffs)
		order.problem.tariffs = order.tariffs;
	solution = RouteSolve(&order.problem);
	CheckPlan(&order.problem, solution);
	for (int j = 0; j < 3; j++)
		if (solution->take[sources / 2 * 3 + j] != QUANTITY_SCALE)
			Fault(&order.problem, "the first of equal sources", j, 0);
	pfree(solution);
	Report("the first of %d equal sources, fixed cost " INT64_FORMAT "%s", sources, fixed,
		   tariffs ? ", tariffs" : "");
	FreeOrder(&order);
}

/*
 * CheckHuge checks that numbers at the end of their ranges do no harm.
 */
static void
CheckHuge(int lines, bool tariffs)
{
	Order		order = MakeOrder(3, lines);
	RouteProblem *problem = &order.problem;
	RouteSolution *solution;

	for (int j = 0; j < lines; j++)
	{
		order.wanted[j] = PG_INT64_MAX;
		order.step[j] = 1 + Random(2);
		order.weight_g[j] = PG_INT64_MAX;
	}
	for (int c = 0; c < 3 * lines; c++)
	{
		order.stock[c] = PG_INT64_MAX - Random(3);
		order.unit[c] = PG_INT64_MAX - Random(3);
	}
	RandomTariffs(&order);
	for (int i = 0; i < 3 * STEPS_EACH; i++)
		order.steps[i].per_kg = PG_INT64_MAX;
	problem->tariffs = tariffs ? order.tariffs : NULL;
	solution = RouteSolve(problem);
	for (int j = 0; j < lines; j++)
	{
		Quantity	taken = 0;

		for (int s = 0; s < 3; s++)
			taken += solution->take[s * lines + j];
		if (taken < PG_INT64_MAX - 3)
			Fault(problem, "line", taken, PG_INT64_MAX);
	}
	if (solution->cost <= 0 || solution->bound > solution->cost)
		Fault(problem, "bound", Units(solution->bound), Units(solution->cost));
	Report("huge numbers, %d lines%s", lines, tariffs ? ", tariffs" : "");
	pfree(solution);
	FreeOrder(&order);
}

int
main(void)
{
	setlinebuf(stdout);
	srandom(1);
	CompareToGlpk(5, 2, 8, 0, 200);
	CompareToGlpk(5, 2, 8, 25, 100);
	CompareToGlpk(10, 2, 8, 0, 200);
	CompareToGlpk(10, 2, 8, 25, 100);
	CompareToGlpk(20, 2, 8, 0, 200);
	CompareToGlpk(20, 2, 8, 25, 100);
	CompareToGlpk(50, 2, 8, 0, 200);
	CompareToGlpk(50, 2, 8, 25, 100);
	CompareToGlpk(50, 10, 16, 0, 60);
	CompareToGlpk(50, 10, 16, 25, 40);
	CompareSets(1, 200);
	CompareSets(2, 2000);
	CompareSets(5, 2000);
	CompareSets(1000, 2000);
	CompareDivisions(5, 1, 5, 2000);
	CompareDivisions(2, 6, 16, 100);
	CompareDivisions(2, 17, 18, 20);
	for (int tariffs = 0; tariffs <= 1; tariffs++)
	{
		CheckSize(1, 1, 100, tariffs);
		CheckSize(1, 40, 50, tariffs);
		CheckSize(20, 8, 0, tariffs);
		CheckSize(0, 3, 100, tariffs);
		CheckSize(5, 0, 100, tariffs);
		CheckSize(64, 16, 50, tariffs);
		CheckSize(65, 3, 100, tariffs);
		CheckSize(100, 300, 100, tariffs);
		CheckSize(100, 300, 3, tariffs);
		CheckSize(64, 2000, 50, tariffs);
		CheckHuge(2, tariffs);
		CheckHuge(20, tariffs);
		CheckEqual(1, 0, tariffs);
		CheckEqual(5, 0, tariffs);
		CheckEqual(5, 100, tariffs);
		CheckEqual(64, 100, tariffs);
	}
	glp_free_env();
	return failed;
}
