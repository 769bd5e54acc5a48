/*
 * order_route.c
 *		Sources what is open of an order that was placed before.
 *
 * Open is what is neither cancelled nor allocated: units that wait for stock,
 * of lines that were added, and of fulfillments that were rejected or
 * cancelled.  The same decision as for a new order is made for them; what
 * goes to a location that has not started yet on the order joins its
 * fulfillment there, the rest makes new ones.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"

/* Most orders that one arrival of stock serves; more wait for the next */
#define BACKORDERS_MAX	1000

/* What is known of an order that is routed again */
typedef struct OpenOrder
{
	int64		order_id;
	Status		status;
	SourcingRules rules;
	bool		may_backorder;	/* as the order was placed */
	int			count;
	Demand	   *demands;
} OpenOrder;

/*
 * OrderRulesRead reads how an order is to be sourced, and returns its status.
 * Raises OM006 if there is no such order.
 */
Status
OrderRulesRead(int64 order_id, SourcingRules *rules)
{
	static SavedPlan read = {
		"bigint",
		"SELECT status, channel_id, pickup_location_id, ship_from_location_id, "
		"       allow_split, allow_backorder, ship_to ->> 'country', "
		"       ship_to ->> 'region', ship_to ->> 'postcode', "
		"       oms_internal.point_lat(destination), oms_internal.point_lon(destination), "
		"       service_id, strategy, currency, deliver_by "
		"FROM oms.orders WHERE order_id = $1"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};
	char	   *currency;
	bool		isnull;
	Datum		value;

	if (PlanRun(&read, values, NULL, false) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_UNKNOWN_CODE),
				 errmsg("order " INT64_FORMAT " does not exist", order_id)));
	rules->channel_id = RowInt32(0, 2);
	rules->pickup_location_id = RowInt32(0, 3);
	rules->ship_from_location_id = RowInt32(0, 4);
	rules->allow_split = RowBool(0, 5);
	rules->allow_backorder = RowBool(0, 6);
	rules->country = RowText(0, 7);
	rules->region = RowText(0, 8);
	rules->postcode = RowText(0, 9);
	value = RowDatum(0, 10, &isnull);
	rules->has_point = !isnull;
	if (!isnull)
	{
		rules->latitude = DatumGetFloat8(value);
		rules->longitude = DatumGetFloat8(RowDatum(0, 11, NULL));
	}
	rules->service_id = RowInt32(0, 12);
	rules->strategy = RouteStrategyFromName(RowText(0, 13));
	currency = RowText(0, 14);
	rules->currency = CurrencyFromCode(currency, strlen(currency));
	value = RowDatum(0, 15, &isnull);
	rules->has_deliver_by = !isnull;
	rules->deliver_by = isnull ? 0 : DatumGetDateADT(value);
	rules->at = PresentTime();
	rules->placed = true;
	return DatumGetStatus(RowDatum(0, 1, NULL));
}

/*
 * RejectedLocations is the locations that have rejected an order, and another
 * if exclude_location_id is not 0.
 */
Datum
RejectedLocations(int64 order_id, int32 exclude_location_id)
{
	static SavedPlan read = {
		"bigint, integer",
		"SELECT array_agg(location_id) || $2 FROM oms.fulfillments "
		"WHERE order_id = $1 AND status = 'rejected'"
	};
	Datum		values[2] = {Int64GetDatum(order_id),
		Int32GetDatum(exclude_location_id)};

	PlanRun(&read, values, NULL, false);
	return RowDatum(0, 1, NULL);
}

/*
 * ReadOpenLines reads what is open of an order as demands.
 */
static void
ReadOpenLines(OpenOrder *order)
{
	static SavedPlan read = {
		"bigint",
		"SELECT l.line_no, s.code, l.quantity - l.cancelled - l.allocated "
		"FROM oms.order_lines l JOIN oms.skus s USING (sku_id) "
		"WHERE l.order_id = $1 AND l.quantity - l.cancelled > l.allocated "
		"ORDER BY l.line_no"
	};
	Datum		values[1] = {Int64GetDatum(order->order_id)};
	int			n = PlanRun(&read, values, NULL, false);
	char	  **codes = palloc(sizeof(char *) * Max(n, 1));
	Sku		   *skus;

	order->count = n;
	order->demands = palloc(sizeof(Demand) * Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		order->demands[i].line_no = RowInt32(i, 1);
		codes[i] = RowText(i, 2);
		order->demands[i].quantity = DatumGetQuantity(RowDatum(i, 3, NULL));
	}
	if (n == 0)
		return;
	skus = SkusFind(codes, n);
	for (int i = 0; i < n; i++)
		order->demands[i].sku = &skus[i];
}

/*
 * JoinFulfillments numbers the legs: those of a location that has not started
 * on the order join its fulfillment, others get the next numbers.
 */
static void
JoinFulfillments(const OpenOrder *order, Legs *legs)
{
	static SavedPlan read = {
		"bigint",
		"SELECT location_id, max(fulfillment_no) FILTER (WHERE status IN ('planned', 'released')), "
		"       max(max(fulfillment_no)) OVER () "
		"FROM oms.fulfillments WHERE order_id = $1 GROUP BY location_id"
	};
	Datum		values[1] = {Int64GetDatum(order->order_id)};
	int			n = PlanRun(&read, values, NULL, false);
	int			next = n == 0 ? 1 : RowInt32(0, 3) + 1;

	for (int i = 0; i < legs->count; i++)
	{
		Leg		   *leg = &legs->legs[i];

		leg->fulfillment_no = 0;
		for (int r = 0; r < n; r++)
			if (RowInt32(r, 1) == leg->candidate->location_id)
				leg->fulfillment_no = RowInt32(r, 2);
		leg->joins = leg->fulfillment_no != 0;
		if (!leg->joins)
			leg->fulfillment_no = next++;
	}
}

/*
 * CountAllocated moves what was sourced into the lines' counters; what is
 * still open is backordered from now on.
 */
static void
CountAllocated(const OpenOrder *order, const RoutePlan *plan)
{
	static SavedPlan update = {
		"bigint, integer[], oms.quantity[], oms.quantity[]",
		"UPDATE oms.order_lines l "
		"SET allocated = l.allocated + d.allocated, backordered = d.backordered "
		"FROM unnest($2, $3, $4) AS d(line_no, allocated, backordered) "
		"WHERE l.order_id = $1 AND l.line_no = d.line_no"
	};
	Rows		rows = RowsMake(3, order->count);
	Params		params = {0};

	for (int i = 0; i < order->count; i++)
	{
		Put(&rows, Int32GetDatum(order->demands[i].line_no));
		Put(&rows, QuantityGetDatum(order->demands[i].quantity -
									plan->open[i]));
		Put(&rows, QuantityGetDatum(plan->open[i]));
	}
	AddDatum(&params, Int64GetDatum(order->order_id));
	AddRows(&params, &update, &rows);
	PlanRun(&update, params.values, params.nulls, false);
}

/*
 * AppendRouted writes the events of what was sourced.
 */
static void
AppendRouted(int64 order_id, const Legs *legs, Status status)
{
	EventBatch	batch = {0};

	for (int i = 0; i < legs->count; i++)
	{
		const Leg  *leg = &legs->legs[i];

		if (leg->joins)
		{
			EventAdd(&batch, "fulfillment.extended", leg->fulfillment_no, NULL);
			continue;
		}
		EventAdd(&batch, EventTypeOfStep(FULFILLMENT_PLANNED),
				 leg->fulfillment_no, NULL);
		if (status == FULFILLMENT_RELEASED)
			EventAdd(&batch, EventTypeOfStep(FULFILLMENT_RELEASED),
					 leg->fulfillment_no, NULL);
	}
	if (batch.count > 0)
		EventsAppend(order_id, &batch);
}

/*
 * FollowStock holds an order of which something that may not wait could not
 * be sourced, so that somebody looks at it, and lets it go when all is.
 */
static void
FollowStock(const OpenOrder *order, const RoutePlan *plan)
{
	bool		short_of = false;
	bool		held = HoldIsOpen(order->order_id, HOLD_STOCK);

	for (int i = 0; i < order->count; i++)
		short_of = short_of || plan->open[i] > 0;
	if (held && !short_of)
		HoldEnd(order->order_id, HOLD_STOCK);
	if (!held && short_of && !order->may_backorder &&
		OrderMayBeHeld(order->status))
		HoldAdd(order->order_id, HOLD_STOCK, "units could not be sourced");
}

/*
 * OrderIsShort tells whether some units of an order have no location.
 */
bool
OrderIsShort(int64 order_id)
{
	static SavedPlan find = {
		"bigint",
		"SELECT FROM oms.order_lines "
		"WHERE order_id = $1 AND quantity - cancelled > allocated LIMIT 1"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};

	return PlanRun(&find, values, NULL, false) > 0;
}

/*
 * OrderRouteOpen sources what is open of an order, but from no location that
 * has rejected it, nor from exclude_location_id if that is not 0.  If partial is set, what nobody has
 * is backordered; else it raises OM001 or OM003 unless the order allows
 * backorders.  The caller holds the lock of the order's row.
 */
void
OrderRouteOpen(int64 order_id, int32 exclude_location_id, bool partial)
{
	OpenOrder	order = {order_id};
	Sourcing   *sourcing;
	Legs	   *legs;
	Status		status;

	order.status = OrderRulesRead(order_id, &order.rules);
	order.may_backorder = order.rules.allow_backorder;
	ReadOpenLines(&order);
	if (StatusIsFinal(order.status))
		return;
	if (order.count == 0)
	{
		HoldEnd(order_id, HOLD_STOCK);
		return;
	}
	order.rules.excluded_location_ids = RejectedLocations(order_id,
														   exclude_location_id);
	order.rules.partial = partial;
	sourcing = SourcingFind(order.demands, order.count, &order.rules);
	sourcing = SourcingReserve(sourcing, &order.rules);

	legs = LegsMake(sourcing, 1);
	LegsPromise(legs, order.service_id, order.rules.country, PresentTime(),
				NULL);
	JoinFulfillments(&order, legs);
	status = order.status >= ORDER_CONFIRMED ? FULFILLMENT_RELEASED
		: FULFILLMENT_PLANNED;
	LegsInsert(order_id, sourcing, legs, status,
			   order.rules.pickup_location_id != 0);
	CountAllocated(&order, sourcing->plan);
	AppendRouted(order_id, legs, status);
	FollowStock(&order, sourcing->plan);
	OrderSettle(order_id);
}

/*
 * BackordersLock finds and locks the orders that wait for a SKU, or for a kit
 * of it, and then all stock that they hold or wait for, which serving them
 * one after the other would not lock in order.  Call it before the stock
 * changes, since orders are locked before stock, and BackordersFill() after.
 * The query goes SKU by SKU, so that no plan reads other lines than waiting.
 */
Backorders
BackordersLock(const Sku *sku)
{
	static SavedPlan lock = {
		"bigint, integer",
		"SELECT order_id, placed_at FROM oms.orders "
		"WHERE order_id IN "
		"      (SELECT w.order_id "
		"       FROM (SELECT $1 "
		"             UNION SELECT k.sku_id FROM oms.kit_components k "
		"                   WHERE k.component_sku_id = $1) AS s(sku_id), "
		"            LATERAL (SELECT l.order_id FROM oms.order_lines l "
		"                     WHERE l.backordered > '0'::oms.quantity "
		"                           AND l.sku_id = s.sku_id "
		"                     ORDER BY l.order_id LIMIT $2) AS w "
		"       ORDER BY w.order_id LIMIT $2) "
		"ORDER BY order_id FOR NO KEY UPDATE"
	};
	Datum		values[2] = {Int64GetDatum(sku->sku_id),
		Int32GetDatum(BACKORDERS_MAX)};
	Backorders	waiting;
	int64	   *order_ids;

	waiting.sku = sku;
	waiting.count = PlanRun(&lock, values, NULL, false);
	if (waiting.count == 0)
		return waiting;
	waiting.orders = palloc(sizeof(Backorder) * waiting.count);
	order_ids = palloc(sizeof(int64) * waiting.count);
	for (int i = 0; i < waiting.count; i++)
	{
		waiting.orders[i].order_id = order_ids[i] = RowInt64(i, 1);
		waiting.orders[i].placed_at =
			DatumGetTimestampTz(RowDatum(i, 2, NULL));
	}
	OrdersLockStock(order_ids, waiting.count, &sku->sku_id, 1);
	return waiting;
}

/*
 * Comparator of qsort: who waits longest comes first.
 */
static int
CompareBackorders(const void *a, const void *b)
{
	const Backorder *x = a;
	const Backorder *y = b;

	if (x->placed_at != y->placed_at)
		return x->placed_at < y->placed_at ? -1 : 1;
	return x->order_id < y->order_id ? -1 : 1;
}

/*
 * ServeWaiting sources what an order waits for.  A query that locks many rows
 * locks them in order, but only OrderLock() sees that the snapshot is too old.
 */
static void
ServeWaiting(int64 order_id)
{
	(void) OrderLock(order_id);
	OrderRouteOpen(order_id, 0, true);
}

/*
 * BackordersFill sources what the locked orders wait for, the oldest order
 * first, until nothing is left of what has arrived.
 */
void
BackordersFill(Backorders *waiting)
{
	if (waiting->count > 1)
		qsort(waiting->orders, waiting->count, sizeof(Backorder),
			  CompareBackorders);
	for (int i = 0; i < waiting->count &&
		 SkuAvailable(waiting->sku, NULL, 0, 0, false) > 0; i++)
		ServeWaiting(waiting->orders[i].order_id);
}

PG_FUNCTION_INFO_V1(oms_fill_backorders);

/*
 * oms_fill_backorders(after, max) serves up to max waiting orders of which
 * some stock has become free other than by coming in: by a cancelled order,
 * an expired cart, a row loaded by hand.  It looks at orders above after, in
 * order of order_id, passes by those that somebody else works on, and returns
 * the last one, to go on from there; null if there was none.  OFFSET keeps the
 * condition on order_id from the plan, which would read all lines by it.
 */
Datum
oms_fill_backorders(PG_FUNCTION_ARGS)
{
	static SavedPlan lock = {
		"bigint, integer",
		"SELECT order_id FROM oms.orders "
		"WHERE order_id IN "
		"      (SELECT DISTINCT l.order_id "
		"       FROM (SELECT order_id, sku_id FROM oms.order_lines "
		"             WHERE backordered > '0'::oms.quantity OFFSET 0) AS l "
		"       WHERE l.order_id > $1 "
		"             AND EXISTS "
		"                 (SELECT FROM "
		"                      (SELECT l.sku_id "
		"                       UNION ALL SELECT k.component_sku_id "
		"                                 FROM oms.kit_components k "
		"                                 WHERE k.sku_id = l.sku_id) AS s(sku_id) "
		"                      JOIN oms.available_stock a USING (sku_id)) "
		"       ORDER BY l.order_id LIMIT $2) "
		"ORDER BY order_id FOR NO KEY UPDATE SKIP LOCKED"
	};
	Datum		values[2] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)};
	StoreScope	scope;
	int64	   *order_ids;
	int64		last = 0;
	int			n;

	if (PG_GETARG_INT32(1) < 1 || PG_GETARG_INT32(1) > BACKORDERS_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max must be between 1 and %d", BACKORDERS_MAX)));
	scope = StoreOpen();
	n = PlanRun(&lock, values, NULL, false);
	order_ids = palloc(sizeof(int64) * Max(n, 1));
	for (int i = 0; i < n; i++)
		last = order_ids[i] = RowInt64(i, 1);
	if (n > 0)
		OrdersLockStock(order_ids, n, NULL, 0);
	for (int i = 0; i < n; i++)
		ServeWaiting(order_ids[i]);
	StoreClose(scope);
	if (n == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(last);
}
