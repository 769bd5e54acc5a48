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

/* How a channel takes money as goods leave */
typedef struct Due
{
	int64		minor;			/* to be captured now, in minor units */
	bool		request;		/* by a request to the provider */
} Due;

/*
 * ReadDue reads what is to be captured now for what has left of an order;
 * nothing if its channel captures by hand.
 */
static Due
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
		"           END, o.currency)) - p.captured - q.requested, "
		"       c.capture = 'request_on_ship' "
		"FROM oms.orders o "
		"     JOIN oms.channels c USING (channel_id), "
		"     LATERAL (SELECT bool_and(shipped >= quantity - cancelled) AS all_shipped, "
		"                     sum(total::numeric * shipped::numeric "
		"                         / nullif((quantity - cancelled)::numeric, 0)) AS goods "
		"              FROM oms.order_lines WHERE order_id = $1) AS l, "
		"     LATERAL (SELECT coalesce(sum(oms.minor(captured)), 0)::bigint AS captured "
		"              FROM oms.payments WHERE order_id = $1) AS p, "
		"     LATERAL (SELECT coalesce(sum(oms.minor(r.amount)), 0)::bigint AS requested "
		"              FROM oms.payment_requests r JOIN oms.payments x USING (order_id, payment_no) "
		"              WHERE r.order_id = $1 AND r.action = 'capture' AND r.status = '" REQUEST_OPEN "' "
		"                    AND x.status IN ('pending', 'authorized', 'partially_captured')) AS q "
		"WHERE o.order_id = $1 AND c.capture <> 'manual'"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};
	Due			due = {0};

	if (PlanRun(&find, values, NULL, false) == 0)
		return due;
	due.minor = RowInt64(0, 1);
	due.request = RowBool(0, 2);
	return due;
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
 * PaymentsCaptureShipped captures what is due for the goods that have left, or
 * asks the providers for it, from the authorized payments in the order of
 * their numbers, as far as they go.  What open requests ask for is on its way.
 * The caller holds the lock of the order's row.
 */
void
PaymentsCaptureShipped(int64 order_id)
{
	Due			due = ReadDue(order_id);
	Payment    *payments;
	int			n;

	if (due.minor <= 0)
		return;
	n = PaymentsRead(order_id, &payments);
	for (int i = 0; i < n && due.minor > 0; i++)
	{
		Payment    *payment = &payments[i];
		Amount		requested;
		Amount		part;

		if (!IsCapturable(payment))
			continue;
		part = PaymentLeft(payment, ACTION_CAPTURE, &requested);
		part = AmountMake(AmountCurrency(part),
						  Min(due.minor, AmountMinor(part)));
		if (AmountMinor(part) == 0)
			continue;
		if (due.request && !MethodIsInternal(payment->method))
			RequestMake(payment, ACTION_CAPTURE, part, 0);
		else
			PaymentCapture(payment, part);
		due.minor -= AmountMinor(part);
	}
}
