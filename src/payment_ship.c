/*
 * payment_ship.c
 *		Captures payments when goods leave, for channels that want it.
 *
 * What is due by then is the value of the goods that have left, less their
 * share of the order's discount, and all of the shipping; the whole total
 * when nothing is left to ship.  So what the parcels of an order capture adds
 * up to its total, and no rounding is lost.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "executor/spi.h"

/*
 * ReadDue reads what is to be captured now, in minor units, for what has left
 * of an order; 0 if its channel captures by hand.
 */
static int64
ReadDue(int64 order_id)
{
	static SavedPlan find = {
		"bigint",
		"SELECT oms.minor(oms.amount( "
		"           CASE WHEN l.all_shipped THEN o.total::numeric "
		"                ELSE least(o.total::numeric, "
		"                           l.goods - coalesce(o.discount::numeric * l.goods "
		"                                              / nullif(o.lines_total::numeric, 0), 0) "
		"                           + o.shipping_price::numeric + o.shipping_tax::numeric) "
		"           END, o.currency)) - p.captured "
		"FROM oms.orders o "
		"     JOIN oms.channels c USING (channel_id), "
		"     LATERAL (SELECT bool_and(shipped >= quantity - cancelled) AS all_shipped, "
		"                     sum(total::numeric * shipped::numeric "
		"                         / nullif((quantity - cancelled)::numeric, 0)) AS goods "
		"              FROM oms.order_lines WHERE order_id = $1) AS l, "
		"     LATERAL (SELECT coalesce(sum(oms.minor(captured)), 0)::bigint AS captured "
		"              FROM oms.payments WHERE order_id = $1) AS p "
		"WHERE o.order_id = $1 AND c.capture = 'on_ship'"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};

	return PlanRun(&find, values, NULL, false) == 0 ? 0 : RowInt64(0, 1);
}

/*
 * IsCapturable tells whether something may be taken of a payment because goods
 * leave.
 */
static bool
IsCapturable(const Payment *payment)
{
	return (payment->status == PAYMENT_AUTHORIZED ||
			payment->status == PAYMENT_PARTIALLY_CAPTURED) &&
		!PaymentIsOver(payment) && !MethodIsCollected(payment->method);
}

/*
 * PaymentsCaptureShipped captures what is due for the goods that have left,
 * from the authorized payments in the order of their numbers, as far as they
 * go.  The caller holds the lock of the order's row.
 */
void
PaymentsCaptureShipped(int64 order_id)
{
	int64		due = ReadDue(order_id);
	Payment    *payments;
	int			n;

	if (due <= 0)
		return;
	n = PaymentsRead(order_id, &payments);
	for (int i = 0; i < n && due > 0; i++)
	{
		Payment    *payment = &payments[i];
		int64		left = AmountMinor(payment->authorized) -
			AmountMinor(payment->captured);
		int64		part = Min(due, left);

		if (!IsCapturable(payment))
			continue;
		payment->captured = AmountAdd(payment->captured,
									  AmountMake(AmountCurrency(payment->amount),
												 part));
		payment->status = PaymentCapturedStatus(payment);
		PaymentWrite(payment);
		due -= part;
	}
}
