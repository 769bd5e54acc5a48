/*
 * batch.c
 *		Checks the planner of many orders, in a program of its own.
 *
 * Random batches are planned within a small budget.  Each plan must be one:
 * within stock, every line as far covered as before, for the cost that it
 * says, which is not above what it was nor below the bound.  Small batches are
 * compared with the best of all plans.  Prints TAP, with a line for each kind
 * of batch.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "batch.h"

static int	tests = 0;
static int	faults = 0;			/* of this test */
static bool failed = false;		/* any test */

/*
 * Expect notes a fault unless something holds.
 */
static void
Expect(bool holds, const char *what, uint64 seed)
{
	if (holds)
		return;
	faults++;
	printf("# batch %d: %s\n", (int) seed, what);
}

/*
 * Report prints the outcome of a test.
 */
static void
Report(const char *what)
{
	printf("%sok %d - %s\n", faults > 0 ? "not " : "", ++tests, what);
	failed = failed || faults > 0;
	faults = 0;
	MemoryContextReset(CurrentMemoryContext);
}

/*
 * CheckOrder checks the solution of an order against the one it had, and takes
 * it out of what is left.
 */
static void
CheckOrder(const Batch *batch, const BatchOrder *order,
		   const RouteSolution *before, Quantity *left, uint64 seed)
{
	int			lines = order->problem.line_count;
	int			sources = order->problem.source_count;
	Quantity   *change = palloc0(sizeof(Quantity) * lines);
	const Quantity *take = order->solution->take;

	for (int c = 0; c < lines * sources; c++)
	{
		Expect(take[c] >= 0 && take[c] <= order->problem.stock[c],
			   "takes what it may not", seed);
		change[c % lines] += take[c] - before->take[c];
		left[PairIndex(batch, order, c)] -= take[c];
	}
	for (int l = 0; l < lines; l++)
		Expect(change[l] == 0, "a line is covered otherwise than before", seed);
	Expect(order->changed == (order->solution != before),
		   "it says wrongly whether an order changed", seed);
	Expect(order->solution->cost == RouteTakeCost(&order->problem, take),
		   "an order costs something else", seed);
	Expect(order->solution->bound <= order->solution->cost,
		   "an order costs less than its bound", seed);
}

/*
 * PlanBatch plans a batch and checks what must hold of any.
 */
static void
PlanBatch(Batch *batch, int64 budget_us, uint64 seed)
{
	Size		pairs = (Size) batch->location_count * batch->sku_count;
	Quantity   *left = palloc(sizeof(Quantity) * pairs);
	RouteSolution **before = palloc(sizeof(RouteSolution *) * batch->order_count);
	RouteCost	sum_before = 0;
	RouteCost	sum = 0;

	for (int o = 0; o < batch->order_count; o++)
	{
		before[o] = batch->orders[o].solution;
		sum_before += before[o]->cost;
	}
	RouteBatch(batch, budget_us);
	memcpy(left, batch->stock, sizeof(Quantity) * pairs);
	for (int o = 0; o < batch->order_count; o++)
	{
		CheckOrder(batch, &batch->orders[o], before[o], left, seed);
		sum += batch->orders[o].solution->cost;
	}
	for (Size i = 0; i < pairs; i++)
	{
		Expect(left[i] >= 0, "more is taken than is there", seed);
		Expect(batch->prices[i] >= 0, "a price is negative", seed);
	}
	Expect(batch->cost_before == sum_before && batch->cost == sum,
		   "the costs are not the sums", seed);
	Expect(batch->cost <= batch->cost_before, "it became dearer", seed);
	Expect(batch->bound <= batch->cost, "it costs less than the bound", seed);
}

/* The search of all plans */
typedef struct Search
{
	const Batch *batch;
	Quantity   *left;
	Quantity   *take[8];		/* of each order */
	RouteCost	least[9];		/* of the orders from one on */
	RouteCost	best;
} Search;

static void SearchOrders(Search *search, int order, RouteCost cost);

/*
 * SearchCells tries all quantities of an order's line from its source on, then
 * the other lines, then the other orders.
 */
static void
SearchCells(Search *search, int o, int line, int source, Quantity open,
			RouteCost cost)
{
	const BatchOrder *order = &search->batch->orders[o];
	int			lines = order->problem.line_count;
	int			cell = source * lines + line;
	Quantity   *left;

	if (open == 0 && line + 1 < lines)
		SearchCells(search, o, line + 1, 0, order->problem.wanted[line + 1],
					cost);
	else if (open == 0)
		SearchOrders(search, o + 1,
					 cost + RouteTakeCost(&order->problem, search->take[o]));
	if (open == 0 || source == order->problem.source_count)
		return;
	left = &search->left[PairIndex(search->batch, order, cell)];
	for (Quantity part = 0; part <= open && part <= *left;
		 part += order->problem.step[line])
	{
		search->take[o][cell] = part;
		*left -= part;
		SearchCells(search, o, line, source + 1, open - part, cost);
		*left += part;
		search->take[o][cell] = 0;
	}
}

/*
 * SearchOrders tries all placements of the orders from one on.
 */
static void
SearchOrders(Search *search, int order, RouteCost cost)
{
	if (cost + search->least[order] >= search->best)
		return;
	if (order == search->batch->order_count)
		search->best = cost;
	else
		SearchCells(search, order, 0, 0,
					search->batch->orders[order].problem.wanted[0], cost);
}

/*
 * BestPlan is the cost of the best of all plans.
 */
static RouteCost
BestPlan(const Batch *batch)
{
	Search		search = {batch};
	Size		size = sizeof(Quantity) * batch->location_count * batch->sku_count;

	search.left = palloc(size);
	memcpy(search.left, batch->stock, size);
	search.best = batch->cost + 1;
	for (int o = batch->order_count - 1; o >= 0; o--)
	{
		const RouteProblem *problem = &batch->orders[o].problem;

		search.take[o] = palloc0(sizeof(Quantity) * problem->line_count *
								 problem->source_count);
		search.least[o] = search.least[o + 1];
		if (problem->tariffs == NULL)
			search.least[o] += RouteSolve(problem)->cost;
	}
	SearchOrders(&search, 0, 0);
	return search.best;
}

/*
 * CompareSmall compares batches of a shape with the best of all plans, which
 * nearly all must be.  With tariffs these are single units: what a source has
 * whole the solver doesn't divide then.
 */
static void
CompareSmall(const Shape *shape, int count, const char *what)
{
	int			missed = 0;

	for (int seed = 1; seed <= count; seed++)
	{
		Batch	   *batch = MakeBatch(shape, seed);
		RouteCost	least;

		StartBatch(batch, seed % 2 == 0);
		PlanBatch(batch, 20000, seed);
		least = BestPlan(batch);
		missed += batch->cost > least;
		Expect(batch->bound <= least, "the bound is above the best plan", seed);
		MemoryContextReset(CurrentMemoryContext);
	}
	if (missed > 0)
		printf("# %d of %d are not the best\n", missed, count);
	Expect(missed <= count / 20, "too many are not the best", 0);
	Report(what);
}

/*
 * CheckMany checks batches of a shape, beginning with the nearest locations or
 * with the least cost of each order.
 */
static void
CheckMany(const Shape *shape, int count, int64 budget_us, const char *what)
{
	for (int seed = 1; seed <= count; seed++)
	{
		Batch	   *batch = MakeBatch(shape, seed);

		StartBatch(batch, shape->repeats || seed % 2 == 0);
		PlanBatch(batch, budget_us, seed);
		/* again, from the prices and the plan that are now */
		PlanBatch(batch, budget_us / 2, seed);
		MemoryContextReset(CurrentMemoryContext);
	}
	Report(what);
}

/*
 * CheckEmpty checks a batch without orders, and one of which an order has no
 * lines and another nowhere to come from.
 */
static void
CheckEmpty(void)
{
	Batch		none = {.prices = palloc0(8),.stock = palloc0(8)};
	Shape		shape = {.locations = 3,.orders = 5,.skus = 3,.tightness = 1};
	Batch	   *batch = MakeBatch(&shape, 1);

	PlanBatch(&none, 1000, 0);
	StartBatch(batch, false);
	batch->orders[0].problem.line_count = 0;
	batch->orders[1].problem.source_count = 0;
	for (int o = 0; o < 2; o++)
		batch->orders[o].solution->cost = 0;
	PlanBatch(batch, 10000, 1);
	Report("no orders, no lines, no sources");
}

/*
 * CheckHuge checks quantities and unit prices near what numbers can hold.
 */
static void
CheckHuge(void)
{
	Shape		shape = {.locations = 3,.orders = 6,.skus = 2,.tightness = 1};
	Batch	   *batch = MakeBatch(&shape, 2);
	int64		factor = INT64CONST(1) << 36;

	for (int i = 0; i < 6; i++)
		((Quantity *) batch->stock)[i] *= factor;
	for (int o = 0; o < batch->order_count; o++)
	{
		const RouteProblem *problem = &batch->orders[o].problem;

		for (int l = 0; l < problem->line_count; l++)
		{
			((Quantity *) problem->wanted)[l] *= factor;
			((Quantity *) problem->step)[l] *= factor;
		}
		for (int c = 0; c < problem->line_count * 3; c++)
		{
			((Quantity *) problem->stock)[c] *= factor;
			((int64 *) problem->unit)[c] = INT64CONST(1) << (c % 2 ? 62 : 8);
		}
	}
	for (int i = 0; i < 6; i++)
		batch->prices[i] = PG_INT64_MAX;
	StartBatch(batch, true);
	PlanBatch(batch, 10000, 2);
	Report("huge numbers");
}

int
main(void)
{
	Shape		small = {.locations = 3,.orders = 4,.skus = 3,.tightness = 1};
	Shape		shop = {.locations = 8,.orders = 60,.skus = 40,.tightness = 1};

	setlinebuf(stdout);
	CurrentMemoryContext = AllocSetContextCreate(NULL, "all", 0, 0, 0);
	small.lines_max = 2;
	CompareSmall(&small, 60, "small batches, no more stock than wanted");
	small.tightness = 1.4;
	CompareSmall(&small, 60, "small batches, more stock than wanted");
	small.tariffs = small.singles = true;
	CompareSmall(&small, 120, "small batches, tariffs");
	CheckMany(&shop, 4, 200000, "60 orders");
	CheckMany(&shop, 4, 0, "60 orders, no time");
	CheckMany(&shop, 10, 2000, "60 orders, little time");
	shop.fractions = true;
	CheckMany(&shop, 4, 100000, "60 orders, fractions");
	shop.repeats = true;
	CheckMany(&shop, 4, 100000, "60 orders, SKUs twice in an order");
	shop.tariffs = true;
	CheckMany(&shop, 4, 100000, "60 orders, tariffs");
	shop.tightness = 1000;
	CheckMany(&shop, 2, 100000, "60 orders that don't compete");
	CheckEmpty();
	CheckHuge();
	FreeArena((Arena *) CurrentMemoryContext);
	return failed;
}
