/*
 * route_batch_move.c
 *		Moves the orders of a batch as planned.
 *
 * What was planned without locks is checked under them: the orders must be as
 * they were, and the stock must be there.  Orders that are locked by others, or
 * have changed, stay; and so do those for which there is no stock without them.
 * Then all fulfillments that lose something are cancelled, and what they had is
 * given to their new locations, order by order.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "fulfillment.h"
#include "route_batch.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"

/*
 * MovablePartsRead reads what nobody works on of an order: units of a line at a
 * location, by line and location.
 */
int
MovablePartsRead(int64 order_id, MovablePart **parts)
{
	static SavedPlan read = {
		"bigint",
		"SELECT f.location_id, l.line_no, l.quantity, f.fulfillment_no, f.arrives_on, s.code, s.sku_id "
		"FROM oms.fulfillments f "
		"     JOIN oms.fulfillment_lines l USING (order_id, fulfillment_no) "
		"     JOIN oms.order_lines o USING (order_id, line_no) "
		"     JOIN oms.skus s USING (sku_id) "
		"WHERE f.order_id = $1 AND f.status IN ('planned', 'released') "
		"ORDER BY l.line_no, f.location_id, f.fulfillment_no"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};
	int			n = PlanRun(&read, values, NULL, false);

	*parts = palloc(sizeof(MovablePart) * Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		MovablePart *part = &(*parts)[i];
		bool		isnull;
		Datum		arrives_on = RowDatum(i, 5, &isnull);

		part->location_id = RowInt32(i, 1);
		part->line_no = RowInt32(i, 2);
		part->quantity = DatumGetQuantity(RowDatum(i, 3, NULL));
		part->fulfillment_no = RowInt32(i, 4);
		part->sku = RowText(i, 6);
		part->sku_id = RowInt64(i, 7);
		part->arrives_on = isnull ? DATEVAL_NOBEGIN : DatumGetDateADT(arrives_on);
	}
	return n;
}

/* A change of what orders take of a SKU at a location */
typedef struct Shift
{
	int64		sku_id;
	int32		location_id;
	Quantity	quantity;		/* taken less given up */
	bool		anew;			/* some of it is reserved anew */
	Quantity	keep;			/* that must stay unreserved then */
} Shift;

/*
 * LineTake is what an order is to take of a demand at a candidate.
 */
static Quantity
LineTake(const MovableOrder *order, int candidate, int demand)
{
	return order->take[candidate * order->choice.objective.demand_count + demand];
}

/*
 * LineNow is what an order takes of a demand at a location as it is.
 */
static Quantity
LineNow(const MovableOrder *order, int32 location_id, int line_no)
{
	Quantity	sum = 0;

	for (int p = 0; p < order->part_count; p++)
		if (order->parts[p].location_id == location_id &&
			order->parts[p].line_no == line_no)
			sum += order->parts[p].quantity;
	return sum;
}

/*
 * Loses tells whether an order is to ship less of some line from a location
 * than it does now.
 */
static bool
Loses(const MovableOrder *order, int32 location_id)
{
	const Sourcing *sourcing = order->choice.sourcing;
	const Objective *objective = &order->choice.objective;

	for (int c = 0; c < sourcing->candidate_count; c++)
		for (int i = 0; i < objective->demand_count; i++)
			if (sourcing->candidates[c].location_id == location_id &&
				LineTake(order, c, i) < LineNow(order, location_id,
												objective->demands[i].line_no))
				return true;
	return false;
}

/*
 * LineAnew is what an order that moves has to reserve of a demand at a
 * candidate: all that it takes there if it gives up what it has, else what is
 * more.
 */
static Quantity
LineAnew(const MovableOrder *order, int candidate, int demand)
{
	int32		location_id =
		order->choice.sourcing->candidates[candidate].location_id;
	int			line_no = order->choice.objective.demands[demand].line_no;
	Quantity	take = LineTake(order, candidate, demand);

	if (take == 0 || Loses(order, location_id))
		return take;
	return take - LineNow(order, location_id, line_no);
}

/*
 * LockOrders locks the orders that are to move, passing by those that others
 * have locked.
 */
static void
LockOrders(MovableOrder *orders, int n)
{
	static SavedPlan lock = {
		"bigint[]",
		"SELECT order_id FROM oms.orders "
		"WHERE order_id = ANY ($1) "
		"      AND status IN ('placed', 'confirmed', 'in_fulfillment', 'partially_shipped') "
		"ORDER BY order_id FOR NO KEY UPDATE SKIP LOCKED"
	};
	int64	   *order_ids = palloc(sizeof(int64) * n);
	Datum		values[1];
	uint64		locked;
	int			count = 0;

	for (int o = 0; o < n; o++)
		if (orders[o].moves)
			order_ids[count++] = orders[o].order_id;
	values[0] = Int64Array(order_ids, count);
	locked = PlanRun(&lock, values, NULL, false);
	for (int o = 0; o < n; o++)
	{
		bool		found = false;

		for (uint64 r = 0; orders[o].moves && r < locked && !found; r++)
			found = RowInt64(r, 1) == orders[o].order_id;
		orders[o].moves = found;
	}
}

/*
 * IsAsPlanned tells whether a locked order is still as it was when it was
 * planned.  OrderLock() sees that the snapshot is too old to tell.
 */
static bool
IsAsPlanned(const MovableOrder *order)
{
	MovablePart *parts;
	int			n;

	(void) OrderLock(order->order_id);
	n = MovablePartsRead(order->order_id, &parts);
	if (n != order->part_count)
		return false;
	for (int p = 0; p < n; p++)
		if (parts[p].line_no != order->parts[p].line_no ||
			parts[p].location_id != order->parts[p].location_id ||
			parts[p].fulfillment_no != order->parts[p].fulfillment_no ||
			parts[p].quantity != order->parts[p].quantity)
			return false;
	return true;
}

/*
 * AddShifts adds what an order takes more, or less, where.
 */
static int
AddShifts(const MovableOrder *order, Shift *shifts, int n)
{
	const Sourcing *sourcing = order->choice.sourcing;
	const Objective *objective = &order->choice.objective;

	for (int c = 0; c < sourcing->candidate_count; c++)
		for (int i = 0; i < objective->demand_count; i++)
		{
			int32		location_id = sourcing->candidates[c].location_id;
			int64		sku_id = objective->demands[i].sku->sku_id;
			Quantity	quantity = LineTake(order, c, i) -
				LineNow(order, location_id, objective->demands[i].line_no);

			bool		anew = LineAnew(order, c, i) > 0;

			if (quantity != 0 || anew)
				shifts[n++] = (Shift) {sku_id, location_id, quantity, anew,
					!anew ? 0 : StockBuffer(sku_id, location_id,
											order->rules->channel_id)};
		}
	return n;
}

/*
 * CountCells counts the cells of the problems of orders that move.
 */
static Size
CountCells(const MovableOrder *orders, int n)
{
	Size		count = 0;

	for (int o = 0; o < n; o++)
		if (orders[o].moves)
			count += orders[o].choice.sourcing->candidate_count *
				orders[o].choice.objective.demand_count;
	return count;
}

/*
 * Comparator of qsort: by SKU and location.
 */
static int
CompareShifts(const void *a, const void *b)
{
	const Shift *x = a;
	const Shift *y = b;

	if (x->sku_id != y->sku_id)
		return x->sku_id < y->sku_id ? -1 : 1;
	return x->location_id < y->location_id ? -1 : x->location_id > y->location_id;
}

/*
 * SumShifts adds up the shifts of a SKU at a location, keeping the largest of
 * what must stay.
 */
static int
SumShifts(Shift *shifts, int n)
{
	int			count = 0;

	qsort(shifts, n, sizeof(Shift), CompareShifts);
	for (int i = 0; i < n; i++)
		if (count > 0 && CompareShifts(&shifts[count - 1], &shifts[i]) == 0)
		{
			shifts[count - 1].quantity += shifts[i].quantity;
			shifts[count - 1].anew = shifts[count - 1].anew || shifts[i].anew;
			shifts[count - 1].keep = Max(shifts[count - 1].keep, shifts[i].keep);
		}
		else
			shifts[count++] = shifts[i];
	return count;
}

/*
 * Wants tells whether an order reserves some of a SKU at a location anew.
 */
static bool
Wants(const MovableOrder *order, const Shift *shift)
{
	const Sourcing *sourcing = order->choice.sourcing;
	const Objective *objective = &order->choice.objective;

	for (int c = 0; c < sourcing->candidate_count; c++)
		for (int i = 0; i < objective->demand_count; i++)
			if (sourcing->candidates[c].location_id == shift->location_id &&
				objective->demands[i].sku->sku_id == shift->sku_id &&
				LineAnew(order, c, i) > 0)
				return true;
	return false;
}

/*
 * IsThere tells whether what is reserved anew leaves what is to be kept back,
 * once all that is given up is free.  Of that, nothing is promised for sure
 * either: what is kept back may have become more since it was reserved.
 */
static bool
IsThere(const Shift *shift)
{
	Quantity	needed = shift->keep +
		Min(shift->quantity, QUANTITY_MAX - shift->keep);

	return !shift->anew || needed <= 0 ||
		StockSellable(shift->sku_id, shift->location_id, needed) >= needed;
}

/*
 * DropOne lets an order stay that wants what is not there, the youngest, and
 * returns whether there was one.  The stock is locked.
 */
static bool
DropOne(MovableOrder *orders, int n)
{
	Shift	   *shifts = palloc(mul_size(sizeof(Shift),
										 Max(CountCells(orders, n), 1)));
	int			count = 0;

	for (int o = 0; o < n; o++)
		if (orders[o].moves)
			count = AddShifts(&orders[o], shifts, count);
	count = SumShifts(shifts, count);
	for (int i = 0; i < count; i++)
	{
		const Shift *shift = &shifts[i];

		if (IsThere(shift))
			continue;
		for (int o = n - 1; o >= 0; o--)
			if (orders[o].moves && Wants(&orders[o], shift))
			{
				orders[o].moves = false;
				return true;
			}
	}
	return false;
}

/*
 * GiveUp cancels the fulfillments of an order that lose something.
 */
static void
GiveUp(const MovableOrder *order)
{
	int		   *done = palloc(sizeof(int) * order->part_count);
	int			count = 0;

	for (int p = 0; p < order->part_count; p++)
	{
		int			fulfillment_no = order->parts[p].fulfillment_no;
		bool		again = false;
		Fulfillment fulfillment;

		for (int d = 0; d < count; d++)
			again = again || done[d] == fulfillment_no;
		if (again || !Loses(order, order->parts[p].location_id))
			continue;
		done[count++] = fulfillment_no;
		fulfillment = FulfillmentLock(order->order_id, fulfillment_no);
		FulfillmentMove(&fulfillment, FULFILLMENT_CANCELLED, "rerouted");
	}
}

/*
 * PlanRest is a RoutePlanner: of the demands that are open of an order it ships
 * what was planned, less what it has kept.
 */
static Sourcing *
PlanRest(void *context, const Demand *demands, int n)
{
	const MovableOrder *order = context;
	const Sourcing *planned = order->choice.sourcing;
	Sourcing   *sourcing = palloc(sizeof(Sourcing));
	RoutePlan  *plan = palloc0(sizeof(RoutePlan));

	*sourcing = *planned;
	sourcing->demand_count = n;
	sourcing->demands = demands;
	sourcing->plan = plan;
	plan->open = palloc(sizeof(Quantity) * Max(n, 1));
	plan->picks = palloc(mul_size(sizeof(RoutePick) * Max(n, 1),
								  planned->candidate_count));
	for (int i = 0; i < n; i++)
		plan->open[i] = demands[i].quantity;
	for (int c = 0; c < planned->candidate_count; c++)
	{
		for (int d = 0; d < order->choice.objective.demand_count; d++)
		{
			int			line_no = order->choice.objective.demands[d].line_no;
			Quantity	rest = LineAnew(order, c, d);

			for (int i = 0; i < n && rest > 0; i++)
				if (demands[i].line_no == line_no)
				{
					plan->picks[plan->pick_count++] = (RoutePick) {i, c, rest};
					plan->open[i] -= rest;
				}
		}
	}
	return sourcing;
}

/*
 * MovablesMove moves the orders that are to move, as far as that can still be,
 * and returns how many did.
 */
int
MovablesMove(MovableOrder *orders, int n)
{
	int64	   *order_ids = palloc(sizeof(int64) * n);
	int			count = 0;

	LockOrders(orders, n);
	for (int o = 0; o < n; o++)
	{
		orders[o].moves = orders[o].moves && IsAsPlanned(&orders[o]);
		if (orders[o].moves)
			order_ids[count++] = orders[o].order_id;
	}
	if (count == 0)
		return 0;
	OrdersLockStock(order_ids, count, NULL, 0);
	while (DropOne(orders, n))
		CHECK_FOR_INTERRUPTS();
	count = 0;
	for (int o = 0; o < n; o++)
		if (orders[o].moves)
			GiveUp(&orders[o]);
	for (int o = 0; o < n; o++)
		if (orders[o].moves)
		{
			OrderRouteAs(orders[o].order_id, PlanRest, &orders[o]);
			count++;
		}
	return count;
}
