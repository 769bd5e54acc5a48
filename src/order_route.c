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

#include "executor/spi.h"

/* What is known of an order that is routed again */
typedef struct OpenOrder
{
	int64		order_id;
	Status		status;
	SourcingRules rules;
	bool		may_backorder;	/* as the order was placed */
	int			count;
	Demand	   *demands;
	Quantity   *backordered;	/* of each, what has been waiting */
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
		"       service_id, strategy, currency, deliver_by, priority, placed_at "
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
	rules->order_id = order_id;
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
	rules->priority = RowInt32(0, 16);
	rules->placed_at = DatumGetTimestampTz(RowDatum(0, 17, NULL));
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
 * DemandsOfRows makes demands of the n rows (line_no, code of a SKU, quantity)
 * that the last query returned.
 */
Demand *
DemandsOfRows(int n)
{
	Demand	   *demands = palloc(sizeof(Demand) * Max(n, 1));
	char	  **codes = palloc(sizeof(char *) * Max(n, 1));
	Sku		   *skus;

	for (int i = 0; i < n; i++)
	{
		demands[i].line_no = RowInt32(i, 1);
		codes[i] = RowText(i, 2);
		demands[i].quantity = DatumGetQuantity(RowDatum(i, 3, NULL));
	}
	skus = SkusFind(codes, n);
	for (int i = 0; i < n; i++)
		demands[i].sku = &skus[i];
	return demands;
}

/*
 * ReadOpenLines reads what is open of an order as demands.
 */
static void
ReadOpenLines(OpenOrder *order)
{
	static SavedPlan read = {
		"bigint",
		"SELECT l.line_no, s.code, l.quantity - l.cancelled - l.allocated, l.backordered "
		"FROM oms.order_lines l JOIN oms.skus s USING (sku_id) "
		"WHERE l.order_id = $1 AND l.quantity - l.cancelled > l.allocated "
		"ORDER BY l.line_no"
	};
	Datum		values[1] = {Int64GetDatum(order->order_id)};
	int			n = PlanRun(&read, values, NULL, false);

	order->count = n;
	order->backordered = palloc(sizeof(Quantity) * Max(n, 1));
	for (int i = 0; i < n; i++)
		order->backordered[i] = DatumGetQuantity(RowDatum(i, 4, NULL));
	order->demands = DemandsOfRows(n);
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
CountAllocated(const OpenOrder *order, const Sourcing *sourcing)
{
	static SavedPlan update = {
		"bigint, integer[], oms.quantity[], oms.quantity[], date[]",
		"UPDATE oms.order_lines l "
		"SET allocated = l.allocated + d.allocated, backordered = d.backordered, "
		"    expected_on = d.expected_on "
		"FROM unnest($2, $3, $4, $5) AS d(line_no, allocated, backordered, expected_on) "
		"WHERE l.order_id = $1 AND l.line_no = d.line_no"
	};
	const RoutePlan *plan = sourcing->plan;
	DateADT    *expected_on = PromiseDays(sourcing, &order->rules,
										  order->order_id);
	Rows		rows = RowsMake(4, order->count);
	Params		params = {0};

	for (int i = 0; i < order->count; i++)
	{
		Put(&rows, Int32GetDatum(order->demands[i].line_no));
		Put(&rows, QuantityGetDatum(order->demands[i].quantity -
									plan->open[i]));
		Put(&rows, QuantityGetDatum(plan->open[i]));
		PutPromise(&rows, expected_on, i);
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
 * be sourced, so that somebody looks at it, and lets it go when all is.  What
 * has been waiting, such as a preorder, may go on.
 */
static void
FollowStock(const OpenOrder *order, const RoutePlan *plan)
{
	bool		waits = false;
	bool		short_of = false;
	bool		held = HoldIsOpen(order->order_id, HOLD_STOCK);

	for (int i = 0; i < order->count; i++)
	{
		waits = waits || plan->open[i] > 0;
		short_of = short_of || (plan->open[i] > order->backordered[i] &&
								!order->demands[i].sku->preorder);
	}
	if (held && !waits)
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
 * Enter reserves what was planned for an order and writes it.
 */
static void
Enter(const OpenOrder *order, Sourcing *sourcing)
{
	Status		status = order->status >= ORDER_CONFIRMED
		? FULFILLMENT_RELEASED : FULFILLMENT_PLANNED;
	Legs	   *legs;

	sourcing = SourcingReserve(sourcing, &order->rules);
	legs = LegsMake(sourcing, 1);
	JoinFulfillments(order, legs);
	LegsInsert(order->order_id, sourcing, legs, status);
	CountAllocated(order, sourcing);
	AppendRouted(order->order_id, legs, status);
	FollowStock(order, sourcing->plan);
	OrderSettle(order->order_id);
}

/*
 * OrderRouteAs sources what is open of an order as a planner says, which is
 * asked for a sourcing of the open demands.  What nobody has is backordered.
 * The caller holds the lock of the order's row.
 */
void
OrderRouteAs(int64 order_id, RoutePlanner planner, void *context)
{
	OpenOrder	order = {order_id};

	order.status = OrderRulesRead(order_id, &order.rules);
	order.may_backorder = order.rules.allow_backorder;
	order.rules.partial = true;
	ReadOpenLines(&order);
	if (order.count > 0 && !StatusIsFinal(order.status))
		Enter(&order, planner(context, order.demands, order.count));
}

/*
 * OrderRouteOpen sources what is open of an order, but from no location that
 * has rejected it, nor from exclude_location_id if that is not 0.  If partial
 * is set, what nobody has is backordered; else it raises OM001 or OM003 unless
 * the order allows backorders.  The caller holds the lock of the order's row.
 */
void
OrderRouteOpen(int64 order_id, int32 exclude_location_id, bool partial)
{
	OpenOrder	order = {order_id};

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
	Enter(&order, SourcingFind(order.demands, order.count, &order.rules));
}
