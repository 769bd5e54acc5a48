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
 * lines, or whose strategy does not count money.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "route_batch.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/* Most cells of the matrix of stock: so many locations times SKUs */
#define CELLS_MAX		(1 << 24)

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
 * BatchPartsRead reads what nobody works on of an order: units of a line at a
 * location, by line and location.  With lock set, it locks the fulfillments.
 */
int
BatchPartsRead(int64 order_id, BatchPart **parts)
{
	static SavedPlan read = {
		"bigint",
		"SELECT f.location_id, l.line_no, l.quantity, f.fulfillment_no, s.code, f.arrives_on "
		"FROM oms.fulfillments f "
		"     JOIN oms.fulfillment_lines l USING (order_id, fulfillment_no) "
		"     JOIN oms.order_lines o USING (order_id, line_no) "
		"     JOIN oms.skus s USING (sku_id) "
		"WHERE f.order_id = $1 AND f.status IN ('planned', 'released') "
		"ORDER BY l.line_no, f.location_id, f.fulfillment_no"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};
	int			n = PlanRun(&read, values, NULL, false);

	*parts = palloc(sizeof(BatchPart) * Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		BatchPart  *part = &(*parts)[i];
		bool		isnull;
		Datum		arrives_on = RowDatum(i, 6, &isnull);

		part->location_id = RowInt32(i, 1);
		part->line_no = RowInt32(i, 2);
		part->quantity = DatumGetQuantity(RowDatum(i, 3, NULL));
		part->fulfillment_no = RowInt32(i, 4);
		part->sku = RowText(i, 5);
		part->arrives_on = isnull ? DATEVAL_NOBEGIN : DatumGetDateADT(arrives_on);
	}
	return n;
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
		const BatchPart *part = &order->parts[i];

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
 * MovableRead reads an order, and returns whether the batch may move it.
 */
static bool
MovableRead(MovableOrder *order, int64 order_id, int currency)
{
	Demand	   *demands;
	int32	   *location_ids;
	int			n;

	memset(order, 0, sizeof(MovableOrder));
	order->order_id = order_id;
	order->part_count = BatchPartsRead(order_id, &order->parts);
	if (order->part_count == 0)
		return false;
	order->rules = palloc0(sizeof(SourcingRules));
	OrderRulesRead(order_id, order->rules);
	order->rules->excluded_location_ids = RejectedLocations(order_id, 0);
	order->rules->currency = currency;
	order->rules->partial = true;
	demands = MakeDemands(order, &n);
	order->choice = ChoiceMake(demands, n, order->rules);
	if (!IsMovable(&order->choice))
		return false;
	location_ids = palloc(sizeof(int32) * order->part_count);
	for (int i = 0; i < order->part_count; i++)
		location_ids[i] = order->parts[i].location_id;
	ChoiceRead(&order->choice, location_ids, order->part_count, false);
	DropWorse(order);
	ChoiceFill(&order->choice);
	return true;
}
