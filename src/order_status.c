/*
 * order_status.c
 *		Lets an order's status follow from its holds, payments and fulfillments.
 *
 * Nobody sets the status of an order but to cancel it: whatever changes a
 * hold, a payment, a line or a fulfillment calls OrderSettle(), which reads
 * the facts and moves the order towards the state that they mean, one legal
 * step at a time, each with its event:
 *
 *	 placed		waits for payments that cover the total, or terms
 *	 held		has a hold, and nothing has left yet
 *	 confirmed	may be fulfilled: entering it releases the fulfillments
 *	 in_fulfillment	a location works on it
 *	 partially_shipped, shipped, delivered	by the counters of its lines
 *	 cancelled	all of it was given up
 *
 * An order that was confirmed doesn't fall back to placed when a payment
 * fails; only a hold stops it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stored_value.h"
#include "charge.h"

#include "executor/spi.h"

/* What an order's status follows from */
typedef struct OrderFacts
{
	Status		status;
	bool		covered;		/* payments or terms cover the total; known where
								 * the order may wait for that */
	bool		held;			/* has an open hold */
	bool		started;		/* a location works on a fulfillment */
	bool		all_cancelled;	/* the rest speaks of what is not cancelled */
	bool		any_shipped;
	bool		all_shipped;
	bool		all_delivered;
	bool		stored_value;	/* is paid from a gift card or store credit */
} OrderFacts;

/*
 * CoveredByCredit tells whether an order with credit notes is covered, as they
 * leave less to be paid.
 */
static bool
CoveredByCredit(int64 order_id)
{
	static SavedPlan find = {
		"bigint",
		"SELECT FROM oms.orders "
		"WHERE order_id = $1 "
		"      AND EXISTS (SELECT FROM oms.invoices WHERE order_id = $1) "
		"      AND oms_internal.is_covered(order_id, total)"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};

	return PlanRun(&find, values, NULL, false) > 0;
}

/*
 * ReadFacts reads the facts of an order that the caller has locked.  Whether
 * it is covered is written out for those without credit notes: is_covered()
 * would be planned at each call, and is asked only where it matters.
 */
static OrderFacts
ReadFacts(int64 order_id)
{
	static SavedPlan read = {
		"bigint",
		"SELECT o.status, "
		"       o.on_terms OR coalesce(p.cover >= o.total, sign(o.total) = 0), "
		"       EXISTS (SELECT FROM oms.order_holds h "
		"               WHERE h.order_id = $1 AND h.released_at IS NULL), "
		"       EXISTS (SELECT FROM oms.fulfillments f "
		"               WHERE f.order_id = $1 "
		"                     AND f.status IN ('picking', 'packed', 'ready_for_pickup')), "
		"       l.all_cancelled, l.any_shipped, l.all_shipped, l.all_delivered, "
		"       coalesce(p.stored_value, false) "
		"FROM oms.orders o, "
		"     (SELECT sum(oms_internal.payment_cover(status, authorized, captured, refunded, expires_at)) AS cover, "
		"             bool_or(account_id IS NOT NULL) AS stored_value "
		"      FROM oms.payments WHERE order_id = $1) AS p, "
		"     (SELECT bool_and(quantity = cancelled) AS all_cancelled, "
		"             bool_or(shipped > '0'::oms.quantity) AS any_shipped, "
		"             bool_and(shipped >= quantity - cancelled) AS all_shipped, "
		"             bool_and(delivered >= quantity - cancelled) AS all_delivered "
		"      FROM oms.order_lines WHERE order_id = $1) AS l "
		"WHERE o.order_id = $1"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};
	OrderFacts	facts;

	PlanRun(&read, values, NULL, false);
	facts.status = DatumGetStatus(RowDatum(0, 1, NULL));
	facts.covered = RowBool(0, 2);
	facts.held = RowBool(0, 3);
	facts.started = RowBool(0, 4);
	facts.all_cancelled = RowBool(0, 5);
	facts.any_shipped = RowBool(0, 6);
	facts.all_shipped = RowBool(0, 7);
	facts.all_delivered = RowBool(0, 8);
	facts.stored_value = RowBool(0, 9);
	if (!facts.covered && (facts.held || facts.status == ORDER_PLACED ||
						   facts.status == ORDER_HELD))
		facts.covered = CoveredByCredit(order_id);
	return facts;
}

/*
 * Progress is the state that lines and fulfillments mean.
 */
static Status
Progress(const OrderFacts *facts)
{
	if (facts->any_shipped && facts->all_delivered)
		return ORDER_DELIVERED;
	if (facts->any_shipped && facts->all_shipped)
		return ORDER_SHIPPED;
	if (facts->any_shipped)
		return ORDER_PARTIALLY_SHIPPED;
	if (facts->started)
		return ORDER_IN_FULFILLMENT;
	return ORDER_CONFIRMED;
}

/*
 * Target is the state that the facts mean; the present one if nothing is to
 * be done.
 */
static Status
Target(const OrderFacts *facts)
{
	switch (facts->status)
	{
		case ORDER_PLACED:
		case ORDER_HELD:
			if (facts->all_cancelled)
				return ORDER_CANCELLED;
			if (facts->held)
				return ORDER_HELD;
			if (!facts->covered && !facts->started)
				return ORDER_PLACED;
			return Progress(facts);
		case ORDER_CONFIRMED:
		case ORDER_IN_FULFILLMENT:
			if (facts->all_cancelled)
				return ORDER_CANCELLED;
			if (facts->held)
				return ORDER_HELD;
			return Progress(facts);
		case ORDER_PARTIALLY_SHIPPED:
		case ORDER_SHIPPED:
			return Max(facts->status, Progress(facts));
		default:
			return facts->status;
	}
}

/*
 * HasEffects tells whether OrderEntered() does something that may change the
 * facts.
 */
static bool
HasEffects(Status status)
{
	return status == ORDER_PLACED || status == ORDER_CONFIRMED ||
		status == ORDER_CANCELLED;
}

/*
 * StepOrder takes an order with some facts a step towards a state.  Returns
 * true if it is there, and nothing has changed but its status.
 */
static bool
StepOrder(int64 order_id, Status from, Status target)
{
	static SavedPlan update = {
		"bigint, oms.order_status",
		"UPDATE oms.orders SET status = $2 WHERE order_id = $1"
	};
	Status		path[STATUS_STATES];
	Datum		values[2];

	if (StatusPath(from, target, path) <= 0)
		elog(ERROR, "no way for order " INT64_FORMAT " from \"%s\" to \"%s\"",
			 order_id, StatusName(from), StatusName(target));
	values[0] = Int64GetDatum(order_id);
	values[1] = StatusGetDatum(path[0]);
	PlanRun(&update, values, NULL, false);
	return path[0] == target && !HasEffects(target);
}

/*
 * OrderSettle moves an order to the state that its facts mean.  The caller
 * holds the lock of the order's row.  A step may do things that settle the
 * order further, so the facts are read anew after each that does.
 */
void
OrderSettle(int64 order_id)
{
	OrderFacts	facts;
	Status		target;

	do
	{
		facts = ReadFacts(order_id);
		while (facts.held && facts.covered && HoldEnd(order_id, HOLD_UNCOVERED))
			facts = ReadFacts(order_id);
		target = Target(&facts);
	} while (target != facts.status &&
			 !StepOrder(order_id, facts.status, target));
	if (target >= ORDER_SHIPPED && facts.stored_value)
		StoredValueRelease(order_id);
}

/*
 * ReleaseFulfillments hands what is planned to the locations.
 */
static void
ReleaseFulfillments(int64 order_id)
{
	static SavedPlan update = {
		"bigint",
		"UPDATE oms.fulfillments SET status = 'released' "
		"WHERE order_id = $1 AND status = 'planned'"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};

	PlanRun(&update, values, NULL, false);
}

/*
 * CancelEverything gives up all that belongs to a cancelled order: its
 * fulfillments with what they hold, its lines, what is owed, what was
 * authorized and what it was held for.  Captured money stays until it is
 * refunded.
 */
static void
CancelEverything(int64 order_id)
{
	static SavedPlan fulfillments = {
		"bigint",
		"UPDATE oms.fulfillments SET status = 'cancelled' "
		"WHERE order_id = $1 "
		"      AND status IN ('planned', 'released', 'picking', 'packed', 'ready_for_pickup')"
	};
	static SavedPlan lines = {
		"bigint",
		"UPDATE oms.order_lines "
		"SET cancelled = quantity, backordered = '0', "
		"    total = oms_internal.line_total(unit_price, quantity, quantity, discount, tax) "
		"WHERE order_id = $1"
	};
	static SavedPlan totals = {
		"bigint",
		"UPDATE oms.orders "
		"SET lines_total = total - total, shipping_price = total - total, "
		"    shipping_tax = total - total, shipping_included_tax = NULL, "
		"    discount = total - total, "
		"    total = total - total "
		"WHERE order_id = $1"
	};
	static SavedPlan payments = {
		"bigint",
		"UPDATE oms.payments SET status = 'voided' "
		"WHERE order_id = $1 AND status IN ('pending', 'authorized')"
	};
	static SavedPlan holds = {
		"bigint",
		"UPDATE oms.order_holds SET released_at = oms.now() "
		"WHERE order_id = $1 AND released_at IS NULL"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};
	Amount		total = OrderTotal(order_id);

	ReservationsLock(order_id);
	PlanRun(&fulfillments, values, NULL, false);
	PlanRun(&lines, values, NULL, false);
	PlanRun(&totals, values, NULL, false);
	OrderRecharged(order_id, total);
	PlanRun(&payments, values, NULL, false);
	StoredValueRelease(order_id);
	PlanRun(&holds, values, NULL, false);
}

/*
 * OrderEntered does what follows from a step of an order.
 */
void
OrderEntered(int64 order_id, Status status)
{
	switch (status)
	{
		case ORDER_CONFIRMED:
			ReleaseFulfillments(order_id);
			break;
		case ORDER_CANCELLED:
			CancelEverything(order_id);
			break;
		case ORDER_PLACED:
			/* inserted by hand, a draft before, or its last hold is gone */
			OrderSettle(order_id);
			break;
		default:
			break;
	}
}
