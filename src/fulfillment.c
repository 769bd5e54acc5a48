/*
 * fulfillment.c
 *		What follows from the steps of a fulfillment.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "charge.h"
#include "fulfillment.h"

#include "executor/spi.h"

/*
 * CountLines adds a fulfillment's quantities to counters of its lines, each
 * times a factor: 1 adds, -1 takes away, 0 leaves.
 */
static void
CountLines(int64 order_id, int fulfillment_no, int allocated, int shipped,
		   int delivered)
{
	static SavedPlan update = {
		"bigint, integer, integer, integer, integer",
		"UPDATE oms.order_lines l "
		"SET allocated = l.allocated + f.quantity * $3, "
		"    shipped = l.shipped + f.quantity * $4, "
		"    delivered = l.delivered + f.quantity * $5 "
		"FROM oms.fulfillment_lines f "
		"WHERE f.order_id = $1 AND f.fulfillment_no = $2 "
		"      AND l.order_id = $1 AND l.line_no = f.line_no"
	};
	Datum		values[5] = {Int64GetDatum(order_id),
		Int32GetDatum(fulfillment_no), Int32GetDatum(allocated),
		Int32GetDatum(shipped), Int32GetDatum(delivered)};

	PlanRun(&update, values, NULL, false);
}

/*
 * MarkDelivered stamps the shipment of a fulfillment.
 */
static void
MarkDelivered(int64 order_id, int fulfillment_no)
{
	static SavedPlan update = {
		"bigint, integer",
		"UPDATE oms.shipments SET delivered_at = oms.now() "
		"WHERE order_id = $1 AND fulfillment_no = $2 AND delivered_at IS NULL"
	};
	Datum		values[2] = {Int64GetDatum(order_id),
		Int32GetDatum(fulfillment_no)};

	PlanRun(&update, values, NULL, false);
}

/*
 * GoodsLeave does what follows when a fulfillment leaves: its money is recognised,
 * and captured where the channel wants that.  delivered is 1 if it is with the
 * customer then.
 */
static void
GoodsLeave(int64 order_id, int fulfillment_no, int delivered)
{
	ChargedOrder *order;

	ReservationsEnd(order_id, fulfillment_no, RESERVATION_CONSUMED);
	CountLines(order_id, fulfillment_no, 0, 1, delivered);
	order = ChargedOrderRead(order_id, false);
	RevenuePost(order, fulfillment_no);
	PaymentsCaptureShipped(order);
}

/*
 * FulfillmentEntered does what follows from a step of a fulfillment and
 * settles its order, whose row the caller has locked.
 */
void
FulfillmentEntered(int64 order_id, int fulfillment_no, Status status)
{
	switch (status)
	{
		case FULFILLMENT_SHIPPED:
			GoodsLeave(order_id, fulfillment_no, 0);
			break;
		case FULFILLMENT_PICKED_UP:
			GoodsLeave(order_id, fulfillment_no, 1);
			break;
		case FULFILLMENT_DELIVERED:
			CountLines(order_id, fulfillment_no, 0, 0, 1);
			MarkDelivered(order_id, fulfillment_no);
			break;
		case FULFILLMENT_CANCELLED:
		case FULFILLMENT_REJECTED:
			ReservationsEnd(order_id, fulfillment_no, RESERVATION_RELEASED);
			CountLines(order_id, fulfillment_no, -1, 0, 0);
			break;
		default:
			break;
	}
	OrderSettle(order_id);
}
