/*
 * routing_batch.c
 *		Plans many orders that share stock: what they compete for, and the way
 *		from the plan that is to a better one.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "routing_batch.h"
#include "routing_solve.h"

#include "miscadmin.h"
#include "utils/memutils.h"

/*
 * PairIndex tells the location and SKU of a cell of an order's problem.
 */
static inline Size
PairIndex(const Batch *batch, const BatchOrder *order, int cell)
{
	int			lines = order->problem.line_count;

	return (Size) order->locations[cell / lines] * batch->sku_count +
		order->skus[cell % lines];
}

/*
 * FindPairs tells for each location and SKU whether orders compete for it: 0,
 * or -1 if all together could use more of it than there is.
 */
static int *
FindPairs(const Batch *batch)
{
	Size		count = mul_size(batch->location_count, batch->sku_count);
	int		   *pairs = palloc0(mul_size(count, sizeof(int)));
	Quantity   *left = palloc(mul_size(count, sizeof(Quantity)));

	memcpy(left, batch->stock, count * sizeof(Quantity));
	for (int o = 0; o < batch->order_count; o++)
	{
		const BatchOrder *order = &batch->orders[o];
		int			cells = order->problem.line_count *
			order->problem.source_count;

		for (int c = 0; c < cells; c++)
		{
			Size		index = PairIndex(batch, order, c);

			if (order->problem.stock[c] > left[index])
				pairs[index] = -1;
			else
				left[index] -= order->problem.stock[c];
		}
	}
	pfree(left);
	return pairs;
}

/*
 * MakePairs makes the pairs that orders compete for, and numbers them in pairs
 * from 1 on.
 */
static void
MakePairs(Plan *plan, const Batch *batch, int *pairs)
{
	Size		count = mul_size(batch->location_count, batch->sku_count);

	for (Size i = 0; i < count; i++)
		if (pairs[i] < 0)
			pairs[i] = ++plan->pair_count;
	plan->pairs = palloc0(mul_size(plan->pair_count, sizeof(Pair)));
	for (Size i = 0; i < count; i++)
	{
		Pair	   *pair = &plan->pairs[pairs[i] - 1];

		if (pairs[i] == 0)
			continue;
		pair->index = i;
		pair->stock = batch->stock[i];
		pair->price = Max(0, Min(batch->prices[i], plan->price_max));
		pair->multiplier = (double) pair->price;
	}
}

/*
 * Rounding tells how much of a difference of two costs of an order may come
 * from rounding: none if all quantities are whole.
 */
static int64
Rounding(const RouteProblem *problem)
{
	int			cells = problem->line_count * problem->source_count;

	for (int c = 0; c < cells; c++)
		if (problem->stock[c] % QUANTITY_SCALE != 0 ||
			problem->step[c % problem->line_count] % QUANTITY_SCALE != 0)
			return 2 * cells;
	return 0;
}

/*
 * MakePlanOrder makes an order of a plan: what of it competes, and how it is
 * placed.
 */
static void
MakePlanOrder(Plan *plan, const Batch *batch, BatchOrder *source,
		  const int *pairs, PlanOrder *order)
{
	int			cells = source->problem.line_count *
		source->problem.source_count;
	Size		size = mul_size(cells, sizeof(Quantity));
	Rival	   *rivals = palloc(mul_size(cells, sizeof(Rival)));

	order->source = source;
	order->problem = &source->problem;
	order->cell_count = cells;
	order->rivals = rivals;
	order->rounding = Rounding(&source->problem);
	for (int c = 0; c < cells; c++)
	{
		int			pair = pairs[PairIndex(batch, source, c)];

		if (pair == 0 || source->problem.stock[c] == 0)
			continue;
		rivals[order->rival_count].cell = c;
		rivals[order->rival_count++].pair = pair - 1;
		plan->pairs[pair - 1].user_count++;
	}
	order->now.take = palloc(size);
	order->best.take = palloc(size);
	order->ideal.take = palloc(size);
	PlacementCopy(order, &order->best,
				  &(Placement)
				  {
				  source->solution->take, source->solution->cost
				  });
	order->moved = true;
}

/*
 * CompareOrders puts first what competes, then what has many lines.
 */
static int
CompareOrders(const void *a, const void *b)
{
	const PlanOrder *x = a;
	const PlanOrder *y = b;

	if ((x->rival_count > 0) != (y->rival_count > 0))
		return x->rival_count > 0 ? -1 : 1;
	if (x->problem->line_count != y->problem->line_count)
		return x->problem->line_count > y->problem->line_count ? -1 : 1;
	return x->source < y->source ? -1 : x->source > y->source;
}

/*
 * LinkPairs tells each pair who competes for it.
 */
static void
LinkPairs(Plan *plan)
{
	for (int p = 0; p < plan->pair_count; p++)
	{
		Pair	   *pair = &plan->pairs[p];

		pair->users = palloc(mul_size(pair->user_count, sizeof(PairUser)));
		pair->user_count = 0;
	}
	for (int o = 0; o < plan->order_count; o++)
		for (int r = 0; r < plan->orders[o].rival_count; r++)
		{
			const Rival *rival = &plan->orders[o].rivals[r];
			Pair	   *pair = &plan->pairs[rival->pair];

			pair->users[pair->user_count].order = o;
			pair->users[pair->user_count++].cell = rival->cell;
		}
}

/*
 * Measure finds the sizes of a batch: what the largest problem needs, and how
 * high prices may be, so that what an order takes is not beyond what counts.
 */
static void
Measure(Plan *plan, const Batch *batch)
{
	int			cells = 1;
	int128		most = 0;

	for (int o = 0; o < batch->order_count; o++)
	{
		const RouteProblem *problem = &batch->orders[o].problem;
		int			count = problem->line_count * problem->source_count;
		int128		wanted = 0;

		for (int l = 0; l < problem->line_count; l++)
			wanted += problem->wanted[l];
		most = Max(most, wanted);
		cells = Max(cells, count);
	}
	plan->stock = palloc(mul_size(cells, sizeof(Quantity)));
	plan->unit = palloc(mul_size(cells, sizeof(int64)));
	for (int i = 0; i < PLAN_MOVE_MAX; i++)
		plan->trial[i] = palloc(mul_size(cells, sizeof(Quantity)));
	plan->price_max = ROUTE_PRICE_MAX / 2 /
		(int64) Min(most / QUANTITY_SCALE + 1, PG_INT64_MAX);
}

/*
 * Begin places each order alone on all stock, which is the first bound, and
 * the best for orders that don't compete.  Once the budget is spent, nothing
 * is known of the others.
 */
static void
Begin(Plan *plan, int all)
{
	for (int o = 0; o < all; o++)
	{
		PlanOrder  *order = &plan->orders[o];

		CHECK_FOR_INTERRUPTS();
		if (PlanElapsed(plan) < plan->budget_us)
			PlanSolve(plan, order, true, 0, &order->ideal, &order->gap);
		else
		{
			PlacementCopy(order, &order->ideal, &order->best);
			order->gap = order->ideal.cost;
		}
		order->least = order->ideal.cost - order->gap;
		if (o >= plan->order_count && order->ideal.cost < order->best.cost)
			PlacementCopy(order, &order->best, &order->ideal);
		if (o >= plan->order_count)
			continue;
		plan->best += order->best.cost;
		plan->bound += order->least;
		for (int r = 0; r < order->rival_count; r++)
			plan->pairs[order->rivals[r].pair].ideal +=
				order->ideal.take[order->rivals[r].cell];
	}
}

/*
 * PlanMake makes the plan that is there.  plan->orders has the orders that
 * don't compete behind the others, not counted by order_count.
 */
static Plan *
PlanMake(const Batch *batch, int64 budget_us)
{
	Plan	   *plan = palloc0(sizeof(Plan));
	int		   *pairs = FindPairs(batch);

	INSTR_TIME_SET_CURRENT(plan->start);
	plan->budget_us = budget_us;
	plan->random = 88172645463325252;
	plan->scratch = AllocSetContextCreate(CurrentMemoryContext,
										  "placing of an order",
										  ALLOCSET_DEFAULT_SIZES);
	Measure(plan, batch);
	MakePairs(plan, batch, pairs);
	plan->orders = palloc0(mul_size(batch->order_count, sizeof(PlanOrder)));
	for (int o = 0; o < batch->order_count; o++)
	{
		MakePlanOrder(plan, batch, &batch->orders[o], pairs, &plan->orders[o]);
		plan->order_count += plan->orders[o].rival_count > 0;
	}
	qsort(plan->orders, batch->order_count, sizeof(PlanOrder), CompareOrders);
	LinkPairs(plan);
	Begin(plan, batch->order_count);
	PlanReturn(plan);
	return plan;
}

/*
 * Answer gives an order its new solution, if it is another.
 */
static void
Answer(const PlanOrder *order)
{
	BatchOrder *target = order->source;
	Size		size = sizeof(Quantity) * order->cell_count;
	RouteSolution *solution;

	target->changed = memcmp(order->best.take, target->solution->take,
							 size) != 0;
	if (!target->changed)
		return;
	solution = palloc(sizeof(RouteSolution));
	solution->take = palloc(size);
	memcpy(solution->take, order->best.take, size);
	solution->cost = order->best.cost;
	solution->bound = Min(order->least, solution->cost);
	solution->optimal = solution->cost <= solution->bound;
	target->solution = solution;
}

/*
 * RouteBatch looks for a cheaper plan for orders that share stock, for some
 * microseconds or until none can be cheaper.  Each order stays covered as far
 * as it is.  batch->prices is where the prices begin, such as those of an
 * earlier batch, else 0, and receives those that prove the bound.  New
 * solutions are allocated in the context of the caller.
 */
void
RouteBatch(Batch *batch, int64 budget_us)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext own = AllocSetContextCreate(caller, "plan of many orders",
											  ALLOCSET_DEFAULT_SIZES);
	Plan	   *plan;

	MemoryContextSwitchTo(own);
	plan = PlanMake(batch, budget_us);
	if (plan->order_count > 0)
	{
		PlanPrices(plan, budget_us / 4);
		PlanExchange(plan);
	}
	MemoryContextSwitchTo(caller);

	batch->cost_before = batch->cost = 0;
	batch->bound = plan->bound;
	for (int o = 0; o < batch->order_count; o++)
	{
		const PlanOrder *order = &plan->orders[o];

		batch->cost_before += order->source->solution->cost;
		Answer(order);
		batch->cost += order->source->solution->cost;
		if (o >= plan->order_count)
			batch->bound += order->least;
	}
	batch->bound = Min(batch->bound, batch->cost);
	memset(batch->prices, 0,
		   sizeof(int64) * batch->location_count * batch->sku_count);
	for (int p = 0; p < plan->pair_count; p++)
		batch->prices[plan->pairs[p].index] = plan->pairs[p].price_best;
	MemoryContextDelete(own);
}
