/*
 * check.c
 *		Compares the solver of routing with others, in a program of its own.
 *
 * Random orders are solved by it and by GLPK as integer programs, small ones
 * by trying all sets of sources.  Costs must be equal, with all ties where
 * everything is tried, and each plan must be one (plan.h).  Prints TAP, with a
 * line for each kind of order.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "plan.h"

#include <glpk.h>

#define GLPK_LIMIT_MS	2000
#define EQUAL			1e-5	/* of the cost: GLPK counts in doubles */

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
	glp_free_env();
	return failed;
}
