/*
 * route_batch.c
 *		Re-optimises many orders together, as long as nobody works on them.
 *
 * When orders came one after the other, each took what was best for it.  What
 * their locations have not begun to pick is planned once more for all of them
 * at once (routing_batch.c), without a lock, on the stock that they hold and
 * what is free.  Then the orders that change are locked, what has changed
 * meanwhile is left alone, and the rest moves.
 *
 * Left out are orders that may not change place: that are held, are fetched,
 * must ship from one location or in one parcel, have kits or one SKU on several
 * lines, are too heavy for their service, or whose strategy does not count money.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "route_batch.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* Most orders of a batch */
#define ORDERS_MAX		10000

/*
 * ReadOrders reads which orders have something that nobody works on, the oldest
 * first.
 */
static int64 *
ReadOrders(int max, int32 channel_id, int *count)
{
	static SavedPlan read = {
		"integer, integer",
		"SELECT o.order_id FROM oms.orders o "
		"WHERE o.order_id IN (SELECT f.order_id FROM oms.fulfillments f "
		"                     WHERE f.status < 'shipped' "
		"                           AND f.status IN ('planned', 'released')) "
		"      AND o.status IN ('placed', 'confirmed', 'in_fulfillment', 'partially_shipped') "
		"      AND o.pickup_location_id IS NULL AND o.ship_from_location_id IS NULL "
		"      AND o.allow_split AND ($2 IS NULL OR o.channel_id = $2) "
		"ORDER BY o.order_id LIMIT $1"
	};
	Params		params = {0};
	int64	   *order_ids;

	AddDatum(&params, Int32GetDatum(max));
	AddId(&params, channel_id);
	*count = PlanRun(&read, params.values, params.nulls, true);
	order_ids = palloc(sizeof(int64) * Max(*count, 1));
	for (int i = 0; i < *count; i++)
		order_ids[i] = RowInt64(i, 1);
	return order_ids;
}

/*
 * MakeDemands adds up what nobody works on by line.
 */
static Demand *
MakeDemands(const MovableOrder *order, int *count)
{
	Demand	   *demands = palloc(sizeof(Demand) * order->part_count);
	char	  **codes = palloc(sizeof(char *) * order->part_count);
	Sku		   *skus;
	int			n = 0;

	for (int i = 0; i < order->part_count; i++)
	{
		const MovablePart *part = &order->parts[i];

		if (n == 0 || demands[n - 1].line_no != part->line_no)
		{
			codes[n] = part->sku;
			demands[n].line_no = part->line_no;
			demands[n++].quantity = part->quantity;
		}
		else
			demands[n - 1].quantity = QuantityAdd(demands[n - 1].quantity,
												  part->quantity);
	}
	skus = SkusFind(codes, n);
	for (int i = 0; i < n; i++)
		demands[i].sku = &skus[i];
	*count = n;
	return demands;
}

/*
 * IsMovable tells whether the batch knows how to move an order.
 */
static bool
IsMovable(const Choice *choice)
{
	const Objective *objective = &choice->objective;

	if (objective->strategy != ROUTE_CHEAPEST &&
		objective->strategy != ROUTE_BALANCED)
		return false;
	for (int i = 0; i < objective->demand_count; i++)
		if (objective->demands[i].sku->is_kit ||
			objective->demands[i].sku->part_count != 1)
			return false;
	return choice->instance.sku_count == objective->demand_count;
}

/*
 * DropWorse leaves out candidates that would be no help: that don't fit, or
 * arrive later than was promised.  Where the order is now always stays.
 */
static void
DropWorse(MovableOrder *order)
{
	Sourcing   *sourcing = order->choice.sourcing;
	DateADT		promised = DATEVAL_NOBEGIN;
	int			n = 0;

	for (int i = 0; i < order->part_count; i++)
		promised = Max(promised, order->parts[i].arrives_on);
	for (int c = 0; c < sourcing->candidate_count; c++)
	{
		Candidate  *candidate = &sourcing->candidates[c];
		bool		is_now = false;

		for (int i = 0; i < order->part_count; i++)
			is_now = is_now || order->parts[i].location_id == candidate->location_id;
		if (!is_now && (candidate->fault != CANDIDATE_FIT ||
						(promised != DATEVAL_NOBEGIN &&
						 (!candidate->has_arrival ||
						  candidate->arrives_on > promised))))
			continue;
		candidate->fault = CANDIDATE_FIT;
		sourcing->candidates[n] = *candidate;
		sourcing->candidates[n].place = n;
		n++;
	}
	sourcing->candidate_count = n;
}

/*
 * SeesAll tells whether the candidates are all locations that an order ships
 * from now: those that the role may not see are not.
 */
static bool
SeesAll(const MovableOrder *order)
{
	const Sourcing *sourcing = order->choice.sourcing;

	for (int i = 0; i < order->part_count; i++)
	{
		int			c = 0;

		while (c < sourcing->candidate_count &&
			   sourcing->candidates[c].location_id != order->parts[i].location_id)
			c++;
		if (c == sourcing->candidate_count)
			return false;
	}
	return true;
}

/* Where orders of the batch hold a SKU */
typedef struct Holding
{
	int64		sku_id;
	int32		location_id;
} Holding;

/* By SKU and location, each once */
typedef struct Holdings
{
	int			count;
	Holding    *holdings;
} Holdings;

/*
 * Comparator of qsort.
 */
static int
CompareHoldings(const void *a, const void *b)
{
	const Holding *x = a;
	const Holding *y = b;

	if (x->sku_id != y->sku_id)
		return x->sku_id < y->sku_id ? -1 : 1;
	return x->location_id < y->location_id ? -1 : x->location_id > y->location_id;
}

/*
 * CollectHoldings collects where orders hold what.
 */
static Holdings
CollectHoldings(const MovableOrder *orders, int n)
{
	Holdings	all = {0};
	int			count = 0;

	for (int o = 0; o < n; o++)
		count += orders[o].part_count;
	all.holdings = palloc(mul_size(sizeof(Holding), Max(count, 1)));
	count = 0;
	for (int o = 0; o < n; o++)
		for (int p = 0; p < orders[o].part_count; p++)
			all.holdings[count++] = (Holding) {orders[o].parts[p].sku_id,
				orders[o].parts[p].location_id};
	qsort(all.holdings, count, sizeof(Holding), CompareHoldings);
	for (int i = 0; i < count; i++)
		if (i == 0 || CompareHoldings(&all.holdings[i - 1], &all.holdings[i]) != 0)
			all.holdings[all.count++] = all.holdings[i];
	return all;
}

/*
 * FindHoldings is where orders hold the SKUs of an order.
 */
static int32 *
FindHoldings(const Holdings *all, const Objective *objective, int *count)
{
	int32	   *location_ids = palloc(mul_size(sizeof(int32), Max(all->count, 1)));

	*count = 0;
	for (int i = 0; i < objective->demand_count; i++)
	{
		int64		sku_id = objective->demands[i].sku->sku_id;
		int			low = 0;
		int			high = all->count;

		while (low < high)
		{
			int			middle = (low + high) / 2;

			if (all->holdings[middle].sku_id < sku_id)
				low = middle + 1;
			else
				high = middle;
		}
		for (; low < all->count && all->holdings[low].sku_id == sku_id; low++)
			location_ids[(*count)++] = all->holdings[low].location_id;
	}
	return location_ids;
}

/*
 * MovableRead reads the candidates of an order whose parts were read: where
 * there is stock, or another order that may move holds some.  Returns whether
 * the batch may move the order.
 */
static bool
MovableRead(MovableOrder *order, const Holdings *holdings, int currency)
{
	Demand	   *demands;
	int32	   *location_ids;
	int			n;

	order->rules = palloc0(sizeof(SourcingRules));
	OrderRulesRead(order->order_id, order->rules);
	order->rules->excluded_location_ids = RejectedLocations(order->order_id, 0);
	order->rules->currency = currency;
	order->rules->partial = true;
	demands = MakeDemands(order, &n);
	order->choice = ChoiceMake(demands, n, order->rules);
	if (!IsMovable(&order->choice))
		return false;
	location_ids = FindHoldings(holdings, &order->choice.objective, &n);
	ChoiceRead(&order->choice, location_ids, n, false);
	DropWorse(order);
	ChoiceFill(&order->choice);
	return SeesAll(order) && !MovableIsTooHeavy(order);
}

/* What a batch is to do */
typedef struct BatchTask
{
	int			max_orders;
	int64		budget_us;
	int32		channel_id;		/* 0: any */
	int			currency;		/* 0: of the oldest order */
	bool		has_min_saving;
	Amount		min_saving;		/* for each order that moves */
	bool		dry_run;
} BatchTask;

/*
 * ReadMovables reads the orders that may move.
 */
static MovableOrder *
ReadMovables(BatchTask *task, int *count)
{
	int			found;
	int64	   *order_ids = ReadOrders(task->max_orders, task->channel_id, &found);
	MovableOrder *orders = palloc0(sizeof(MovableOrder) * Max(found, 1));
	Holdings	holdings;
	int			n = 0;

	for (int i = 0; i < found; i++)
	{
		orders[n].order_id = order_ids[i];
		orders[n].part_count = MovablePartsRead(order_ids[i], &orders[n].parts);
		n += orders[n].part_count > 0;
	}
	holdings = CollectHoldings(orders, n);
	found = n;
	n = 0;
	for (int i = 0; i < found; i++)
	{
		CHECK_FOR_INTERRUPTS();
		orders[n] = orders[i];
		if (!MovableRead(&orders[n], &holdings, task->currency))
			continue;
		task->currency = orders[n].choice.objective.currency;
		n++;
	}
	*count = n;
	return orders;
}

/*
 * TakeSolutions tells the orders what was planned for them.
 */
static int
TakeSolutions(MovableOrder *orders, const Batch *batch)
{
	int			moves = 0;

	for (int o = 0; o < batch->order_count; o++)
	{
		orders[o].moves = batch->orders[o].changed;
		orders[o].take = batch->orders[o].solution->take;
		moves += orders[o].moves;
	}
	return moves;
}

/*
 * IsWorthwhile tells whether a plan saves enough for the orders that it moves.
 */
static bool
IsWorthwhile(const BatchTask *task, const Batch *batch, int moves)
{
	int64		saving = ROUTE_OBJECTIVE(batch->cost_before - batch->cost);

	return moves > 0 && saving > 0 &&
		(!task->has_min_saving ||
		 saving >= (int128) AmountMinor(task->min_saving) * 1000 * moves);
}

#define BATCH_COLUMNS	6

/*
 * RunBatch plans a batch and moves its orders; values receives the result.
 */
static void
RunBatch(BatchTask *task, Datum *values, bool *nulls)
{
	int			n;
	MovableOrder *orders = ReadMovables(task, &n);
	Batch	   *batch = BatchMake(orders, n);
	int64		rules_before = BatchNotPreferred(orders, batch->order_count);
	int64		rules = rules_before;
	int64		before;
	int64		after;
	int			moves;

	RouteBatch(batch, task->budget_us);
	moves = TakeSolutions(orders, batch);
	if (!IsWorthwhile(task, batch, moves))
		moves = 0;
	if (moves > 0)
		rules = BatchNotPreferred(orders, batch->order_count);
	before = ROUTE_OBJECTIVE(batch->cost_before) - rules_before;
	after = ROUTE_OBJECTIVE(moves > 0 ? batch->cost : batch->cost_before) - rules;
	if (!task->dry_run && batch->order_count > 0)
	{
		BatchPricesWrite(batch, orders, task->currency);
		if (moves > 0)
			moves = MovablesMove(orders, batch->order_count);
	}
	values[0] = Int32GetDatum(batch->order_count);
	values[1] = Int32GetDatum(moves);
	memset(&nulls[2], batch->order_count == 0, BATCH_COLUMNS - 2);
	values[2] = MoneyDatum(task->currency, before);
	values[3] = MoneyDatum(task->currency, after);
	values[4] = MoneyDatum(task->currency,
						   Max(ROUTE_OBJECTIVE(batch->bound) - rules, 0));
	values[5] = MoneyDatum(task->currency, before - after);
}

/*
 * ReadTask reads the arguments.  Raises 22023 for what makes no sense.
 */
static BatchTask
ReadTask(FunctionCallInfo fcinfo)
{
	BatchTask	task = {0};
	Interval   *limit;

	for (int i = 0; i < 2; i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("%s must not be null",
							i == 0 ? "max_orders" : "time_limit")));
	task.max_orders = PG_GETARG_INT32(0);
	limit = PG_GETARG_INTERVAL_P(1);
	task.budget_us = limit->time +
		(limit->day + limit->month * INT64CONST(30)) * USECS_PER_DAY;
	if (task.max_orders < 1 || task.max_orders > ORDERS_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_orders must be between 1 and %d", ORDERS_MAX)));
	if (task.budget_us <= 0 || task.budget_us > USECS_PER_HOUR)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time_limit must be above zero and at most an hour")));
	if (!PG_ARGISNULL(2))
	{
		char	   *code = text_to_cstring(PG_GETARG_TEXT_PP(2));

		task.channel_id = ChannelRequire(code);
		task.currency = ChannelFind(code)->currency;
	}
	task.has_min_saving = !PG_ARGISNULL(3);
	if (task.has_min_saving)
	{
		task.min_saving = PG_GETARG_AMOUNT(3);
		task.currency = AmountCurrency(task.min_saving);
		if (AmountMinor(task.min_saving) < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("min_saving must not be negative")));
	}
	task.dry_run = !PG_ARGISNULL(4) && PG_GETARG_BOOL(4);
	return task;
}

PG_FUNCTION_INFO_V1(oms_reroute_batch);

/*
 * oms_reroute_batch(max_orders, time_limit, channel, min_saving, dry_run)
 * returns how many orders were planned together and moved, their costs before
 * and after, what no plan could cost less than, and the saving.
 */
Datum
oms_reroute_batch(PG_FUNCTION_ARGS)
{
	Datum		values[BATCH_COLUMNS] = {0};
	bool		nulls[BATCH_COLUMNS] = {false};
	StoreScope	scope = StoreOpen();
	BatchTask	task = ReadTask(fcinfo);
	TupleDesc	row;

	RunBatch(&task, values, nulls);
	StoreClose(scope);
	if (get_call_result_type(fcinfo, NULL, &row) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(row, values, nulls)));
}
