/*
 * route_batch_make.c
 *		Makes a batch of orders that may move: what all of them share.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "route_batch.h"

#include "catalog/pg_type.h"
#include "utils/hsearch.h"

/* Most cells of the matrix of stock: so many locations times SKUs */
#define CELLS_MAX		(1 << 24)

/* A number that is given to an id */
typedef struct Numbered
{
	int64		id;
	int			number;
} Numbered;

/*
 * NumbersMake begins to number ids.
 */
static HTAB *
NumbersMake(const char *name)
{
	HASHCTL		control = {0};

	control.keysize = sizeof(int64);
	control.entrysize = sizeof(Numbered);
	control.hcxt = CurrentMemoryContext;
	return hash_create(name, 256, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/*
 * NumberOf is the number of an id, the next one if it has none yet.
 */
static int
NumberOf(HTAB *numbers, int64 id)
{
	bool		found;
	Numbered   *entry = hash_search(numbers, &id, HASH_ENTER, &found);

	if (!found)
		entry->number = hash_get_num_entries(numbers) - 1;
	return entry->number;
}

/*
 * SkuOf is the SKU of a demand, which is no kit.
 */
static int64
SkuOf(const MovableOrder *order, int demand)
{
	return order->choice.objective.demands[demand].sku->sku_id;
}

/*
 * NumberOrder numbers the locations and SKUs of an order.
 */
static void
NumberOrder(const MovableOrder *order, BatchOrder *member, HTAB *locations,
			HTAB *skus)
{
	const Sourcing *sourcing = order->choice.sourcing;
	int			lines = order->choice.objective.demand_count;
	int		   *location_numbers = palloc(sizeof(int) * sourcing->candidate_count);
	int		   *sku_numbers = palloc(sizeof(int) * lines);

	for (int c = 0; c < sourcing->candidate_count; c++)
		location_numbers[c] = NumberOf(locations,
									   sourcing->candidates[c].location_id);
	for (int i = 0; i < lines; i++)
		sku_numbers[i] = NumberOf(skus, SkuOf(order, i));
	member->locations = location_numbers;
	member->skus = sku_numbers;
}

/*
 * TakeNow is what an order takes as it is: [candidate * demands + demand].
 */
static Quantity *
TakeNow(const MovableOrder *order)
{
	const Sourcing *sourcing = order->choice.sourcing;
	const Objective *objective = &order->choice.objective;
	int			lines = objective->demand_count;
	Quantity   *take = palloc0(mul_size(sizeof(Quantity) * lines,
										sourcing->candidate_count));

	for (int p = 0; p < order->part_count; p++)
	{
		const MovablePart *part = &order->parts[p];

		for (int c = 0; c < sourcing->candidate_count; c++)
			for (int i = 0; i < lines; i++)
				if (sourcing->candidates[c].location_id == part->location_id &&
					objective->demands[i].line_no == part->line_no)
					take[c * lines + i] += part->quantity;
	}
	return take;
}

/*
 * AddStock adds to the stock of a batch what an order holds, and notes what it
 * sees free: as much as any order sees.
 */
static void
AddStock(const MovableOrder *order, const BatchOrder *member, const Batch *batch,
		 Quantity *held, Quantity *unreserved)
{
	const Sourcing *sourcing = order->choice.sourcing;
	int			lines = order->choice.objective.demand_count;

	for (int c = 0; c < sourcing->candidate_count; c++)
		for (int i = 0; i < lines; i++)
		{
			Size		cell = (Size) member->locations[c] * batch->sku_count +
				member->skus[i];
			int			sku = order->choice.instance.items[i].parts[0].sku;

			held[cell] += member->solution->take[c * lines + i];
			unreserved[cell] = Max(unreserved[cell],
								   sourcing->candidates[c].stock[sku]);
		}
}

/*
 * MakeProblem makes the problem of an order from its choice.
 */
static void
MakeProblem(const MovableOrder *order, BatchOrder *member, const Batch *batch)
{
	const RouteInstance *instance = &order->choice.instance;
	int			lines = instance->item_count;
	int			sources = instance->location_count;
	Quantity   *wanted = palloc(sizeof(Quantity) * lines);
	Quantity   *step = palloc(sizeof(Quantity) * lines);
	int64	   *weight_g = palloc(sizeof(int64) * lines);
	Quantity   *stock = palloc(mul_size(sizeof(Quantity) * lines, sources));

	for (int i = 0; i < lines; i++)
	{
		wanted[i] = instance->items[i].wanted;
		step[i] = instance->items[i].step;
		weight_g[i] = instance->items[i].weight_g;
		for (int c = 0; c < sources; c++)
		{
			int			cell = c * lines + i;
			Quantity	all = batch->stock[(Size) member->locations[c] *
										   batch->sku_count + member->skus[i]];

			all -= all % step[i];
			stock[cell] = instance->barred[cell] ? member->solution->take[cell]
				: Min(wanted[i], all);
		}
	}
	member->problem = (RouteProblem) {lines, sources, wanted, step, stock,
	instance->fixed, instance->unit, weight_g, instance->tariffs};
	member->solution->cost = RouteTakeCost(&member->problem,
										   member->solution->take);
}

/*
 * BatchMake makes a batch of the first of n orders, as many as fit.
 */
Batch *
BatchMake(MovableOrder *orders, int n)
{
	Batch	   *batch = palloc0(sizeof(Batch));
	HTAB	   *locations = NumbersMake("oms batch locations");
	HTAB	   *skus = NumbersMake("oms batch skus");
	Quantity   *unreserved;
	Quantity   *held;
	Size		cells;

	batch->orders = palloc0(mul_size(sizeof(BatchOrder), Max(n, 1)));
	for (int o = 0; o < n; o++)
	{
		BatchOrder *member = &batch->orders[o];

		NumberOrder(&orders[o], member, locations, skus);
		if (hash_get_num_entries(locations) * hash_get_num_entries(skus) > CELLS_MAX)
			break;
		member->solution = palloc0(sizeof(RouteSolution));
		member->solution->take = TakeNow(&orders[o]);
		batch->order_count++;
	}
	batch->location_count = hash_get_num_entries(locations);
	batch->sku_count = hash_get_num_entries(skus);
	cells = mul_size(batch->location_count, batch->sku_count);
	held = palloc0(mul_size(sizeof(Quantity), Max(cells, 1)));
	unreserved = palloc0(mul_size(sizeof(Quantity), Max(cells, 1)));
	for (int o = 0; o < batch->order_count; o++)
		AddStock(&orders[o], &batch->orders[o], batch, held, unreserved);
	for (Size cell = 0; cell < cells; cell++)
		held[cell] = QuantityAdd(held[cell], unreserved[cell]);
	batch->stock = held;
	batch->prices = palloc0(mul_size(sizeof(int64), Max(cells, 1)));
	for (int o = 0; o < batch->order_count; o++)
		MakeProblem(&orders[o], &batch->orders[o], batch);
	return batch;
}

/*
 * MovableIsTooHeavy tells whether an order has a shipment that weighs more than
 * its service has a rate for.  Such a cost is none that others can be held
 * against.
 */
bool
MovableIsTooHeavy(const MovableOrder *order)
{
	const Objective *objective = &order->choice.objective;
	const Sourcing *sourcing = order->choice.sourcing;
	int			lines = objective->demand_count;
	Quantity   *take = TakeNow(order);

	for (int c = 0; c < sourcing->candidate_count; c++)
	{
		int64		weight_g = 0;

		for (int i = 0; i < lines; i++)
			weight_g += RoutePrice(objective->weights_g[i], take[c * lines + i]);
		if (sourcing->candidates[c].has_steps && weight_g > 0 &&
			BandStep(sourcing->candidates[c].band, weight_g) == NULL)
			return true;
	}
	return false;
}

/*
 * BatchNotPreferred is what of the costs of what n orders take, or are to take,
 * is no money, but stands for rules that prefer other locations whatever that
 * costs.
 */
int64
BatchNotPreferred(const MovableOrder *orders, int n)
{
	int64		sum = 0;

	for (int o = 0; o < n; o++)
	{
		const Objective *objective = &orders[o].choice.objective;
		const Sourcing *sourcing = orders[o].choice.sourcing;
		int			lines = objective->demand_count;
		const Quantity *take = orders[o].take != NULL ? orders[o].take
			: TakeNow(&orders[o]);

		for (int c = 0; c < sourcing->candidate_count; c++)
			for (int i = 0; i < lines; i++)
				if (take[c * lines + i] > 0)
					sum += RoutePrice(ObjectiveNotPreferred(objective,
															&sourcing->candidates[c], i),
									  take[c * lines + i]);
	}
	return sum;
}

/*
 * NameNumbers tells which location and SKU each number stands for.
 */
static void
NameNumbers(const Batch *batch, const MovableOrder *orders,
			int32 *location_ids, int64 *sku_ids)
{
	for (int o = 0; o < batch->order_count; o++)
	{
		const BatchOrder *member = &batch->orders[o];

		for (int c = 0; c < member->problem.source_count; c++)
			location_ids[member->locations[c]] =
				orders[o].choice.sourcing->candidates[c].location_id;
		for (int i = 0; i < member->problem.line_count; i++)
			sku_ids[member->skus[i]] = SkuOf(&orders[o], i);
	}
}

/*
 * BatchPricesWrite replaces the scarcity prices of the batch's SKUs by what the
 * batch found, where that is at least half a minor unit.  Another batch waits
 * for the end of the transaction.
 */
void
BatchPricesWrite(const Batch *batch, const MovableOrder *orders, int currency)
{
	static SavedPlan lock = {
		"", "LOCK TABLE oms.scarcity_prices IN SHARE ROW EXCLUSIVE MODE"
	};
	static SavedPlan clear = {
		"bigint[]", "DELETE FROM oms.scarcity_prices WHERE sku_id = ANY ($1)"
	};
	static SavedPlan insert = {
		"bigint[], integer[], oms.amount[]",
		"INSERT INTO oms.scarcity_prices (sku_id, location_id, price) "
		"SELECT * FROM unnest($1, $2, $3)"
	};
	int32	   *location_ids = palloc0(sizeof(int32) * Max(batch->location_count, 1));
	int64	   *sku_ids = palloc0(sizeof(int64) * Max(batch->sku_count, 1));
	Size		cells = (Size) batch->location_count * batch->sku_count;
	Rows		rows = RowsMake(3, cells);
	Params		params = {0};
	Datum		values[1];

	NameNumbers(batch, orders, location_ids, sku_ids);
	for (Size cell = 0; cell < cells; cell++)
	{
		Amount		price = AmountMakeWide(currency,
										   DivideRounded(batch->prices[cell], 1000));

		if (AmountMinor(price) <= 0)
			continue;
		Put(&rows, Int64GetDatum(sku_ids[cell % batch->sku_count]));
		Put(&rows, Int32GetDatum(location_ids[cell / batch->sku_count]));
		Put(&rows, AmountGetDatum(price));
	}
	PlanRun(&lock, NULL, NULL, false);
	values[0] = Int64Array(sku_ids, batch->sku_count);
	PlanRun(&clear, values, NULL, false);
	AddRows(&params, &insert, &rows);
	PlanRun(&insert, params.values, NULL, false);
}
