/*
 * payment_ship.c
 *		Captures payments when goods leave, for channels that want it.
 *
 * What is due by then is what the ledger recognises of the goods that have
 * left (revenue.c), less what has been paid and not given back, and what credit
 * notes have taken back.  So what the parcels of an order capture adds up to
 * its total, and no rounding is lost.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "charge.h"
#include "payment.h"

#include "executor/spi.h"

/* How a channel takes money as goods leave */
typedef enum CaptureWay
{
	CAPTURE_BY_HAND,
	CAPTURE_NOW,
	CAPTURE_REQUEST				/* ask the provider for it */
} CaptureWay;

/*
 * ReadWay reads how the channel of an order takes money, and what open requests
 * have asked for already, in minor units.
 */
static CaptureWay
ReadWay(int64 order_id, int64 *requested)
{
	static SavedPlan find = {
		"bigint",
		"SELECT c.capture = 'request_on_ship', "
		"       coalesce((SELECT sum(oms.minor(r.amount)) "
		"                 FROM oms.payment_requests r JOIN oms.payments x USING (order_id, payment_no) "
		"                 WHERE r.order_id = $1 AND r.action = 'capture' AND r.status = '" REQUEST_OPEN "' "
		"                       AND x.status IN ('pending', 'authorized', 'partially_captured')), 0)::bigint "
		"FROM oms.orders o JOIN oms.channels c USING (channel_id) "
		"WHERE o.order_id = $1 AND c.capture <> 'manual'"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};

	if (PlanRun(&find, values, NULL, false) == 0)
		return CAPTURE_BY_HAND;
	*requested = RowInt64(0, 2);
	return RowBool(0, 1) ? CAPTURE_REQUEST : CAPTURE_NOW;
}

/*
 * ShippedDue is what is due for the units of an order that have left, and for
 * its shipping, less what its customer has paid and what was credited, in minor
 * units.
 */
static int64
ShippedDue(const ChargedOrder *order)
{
	int64		due = -order->total - OrderOverpaid(order->order_id);

	for (int i = 0; i < order->count; i++)
	{
		const ChargedLine *line = &order->lines[i];
		Charge		charge = ChargeOfPart(line, line->shipped);

		due += ChargeSum(&charge);
	}
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
PaymentsCaptureShipped(const ChargedOrder *order)
{
	int64		requested;
	CaptureWay	way;
	int64		due;
	Payment    *payments;
	int			n;

	/* most channels capture by hand, which is known without a query */
	if (!ChannelGet(order->channel_id)->captures)
		return;
	way = ReadWay(order->order_id, &requested);
	if (way == CAPTURE_BY_HAND)
		return;
	due = ShippedDue(order) - requested;
	if (due <= 0)
		return;
	n = PaymentsRead(order->order_id, &payments);
	for (int i = 0; i < n && due > 0; i++)
	{
		Payment    *payment = &payments[i];
		Amount		asked;
		Amount		part;

		if (!IsCapturable(payment))
			continue;
		part = PaymentLeft(payment, ACTION_CAPTURE, &asked);
		part = AmountMake(AmountCurrency(part), Min(due, AmountMinor(part)));
		if (AmountMinor(part) == 0)
			continue;
		if (way == CAPTURE_REQUEST && !MethodIsInternal(payment->method))
			RequestMake(payment, ACTION_CAPTURE, part, 0);
		else
			PaymentCapture(payment, part);
		due -= AmountMinor(part);
	}
}
