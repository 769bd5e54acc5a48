/*
 * fulfillment_command.c
 *		What a location does with a fulfillment, step by step.
 *
 * A fulfillment that is delivered goes planned, released, picking, packed,
 * shipped, delivered; one that is fetched goes ready_for_pickup, picked_up
 * after packed.  Picking may be left out.  Each command locks the order, then
 * the fulfillment, checks, and writes the status; all that follows from the
 * step is done by the trigger of the table (see transition.c).
 *
 * Faults are found in this order: a document's shape (OM007), no such order or
 * fulfillment (OM006), no such step (OM002), a hold (OM010), what a document
 * says (OM007).
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "fulfillment.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/*
 * FulfillmentName names a fulfillment as people do: fulfillment 1041-F1.
 */
char *
FulfillmentName(const Fulfillment *fulfillment)
{
	return psprintf("fulfillment " INT64_FORMAT "-F%d",
					fulfillment->order_id, fulfillment->fulfillment_no);
}

/*
 * FulfillmentLock locks an order and one of its fulfillments until the end of
 * the transaction, and reads the latter.  Raises OM006 if there is none.
 */
Fulfillment
FulfillmentLock(int64 order_id, int fulfillment_no)
{
	static SavedPlan lock = {
		"bigint, integer",
		"SELECT f.status, f.location_id, l.code, f.pickup "
		"FROM oms.fulfillments f JOIN oms.locations l USING (location_id) "
		"WHERE f.order_id = $1 AND f.fulfillment_no = $2 FOR NO KEY UPDATE OF f"
	};
	Datum		values[2] = {Int64GetDatum(order_id),
		Int32GetDatum(fulfillment_no)};
	Fulfillment fulfillment = {order_id, fulfillment_no};

	(void) OrderLock(order_id);
	if (PlanRun(&lock, values, NULL, false) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_UNKNOWN_CODE),
				 errmsg("%s does not exist", FulfillmentName(&fulfillment))));
	fulfillment.status = DatumGetStatus(RowDatum(0, 1, NULL));
	fulfillment.location_id = RowInt32(0, 2);
	fulfillment.location = RowText(0, 3);
	fulfillment.pickup = RowBool(0, 4);
	return fulfillment;
}

/*
 * FulfillmentRequireStep raises OM002 if a fulfillment cannot go to a status
 * from where it is.
 */
void
FulfillmentRequireStep(const Fulfillment *fulfillment, Status to)
{
	if (!StatusCanStep(fulfillment->status, to))
		StatusRefuse(fulfillment->status, to, FulfillmentName(fulfillment));
}

/*
 * FulfillmentMove writes a status that was checked, and returns it.  reason
 * may be NULL.
 */
Status
FulfillmentMove(const Fulfillment *fulfillment, Status to, const char *reason)
{
	static SavedPlan update = {
		"bigint, integer, oms.fulfillment_status, text",
		"UPDATE oms.fulfillments SET status = $3, status_reason = $4 "
		"WHERE order_id = $1 AND fulfillment_no = $2"
	};
	Datum		values[4] = {Int64GetDatum(fulfillment->order_id),
		Int32GetDatum(fulfillment->fulfillment_no), StatusGetDatum(to)};
	char		nulls[4] = {' ', ' ', ' ', ' '};

	if (reason != NULL)
		values[3] = CStringGetTextDatum(reason);
	else
		nulls[3] = 'n';
	PlanRun(&update, values, nulls, false);
	return to;
}

/*
 * RequirePickup raises OM002 if a step is for the other kind of fulfillment:
 * the machine is one, but only what is fetched waits at a counter and only
 * what is delivered goes with a carrier.
 */
static void
RequirePickup(const Fulfillment *fulfillment, bool pickup, Status to)
{
	if (fulfillment->pickup == pickup)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OMS_INVALID_TRANSITION),
			 errmsg("cannot move %s from \"%s\" to \"%s\"",
					FulfillmentName(fulfillment),
					StatusName(fulfillment->status), StatusName(to)),
			 fulfillment->pickup
			 ? errdetail("The customer fetches it at location \"%s\".",
						 fulfillment->location)
			 : errdetail("It is delivered to the customer."),
			 fulfillment->pickup
			 ? errhint("Use oms.mark_ready_for_pickup() and oms.mark_picked_up().")
			 : errhint("Use oms.ship().")));
}

/*
 * TakeStep is the body of the commands that only step.  held tells whether a
 * hold of the order stops it.
 */
static Datum
TakeStep(FunctionCallInfo fcinfo, Status to, bool held)
{
	Fulfillment fulfillment = FulfillmentLock(PG_GETARG_INT64(0),
											  PG_GETARG_INT32(1));

	FulfillmentRequireStep(&fulfillment, to);
	if (to == FULFILLMENT_READY_FOR_PICKUP)
		RequirePickup(&fulfillment, true, to);
	if (held)
		OrderRequireNoHold(fulfillment.order_id);
	PG_RETURN_STATUS(FulfillmentMove(&fulfillment, to, NULL));
}

/*
 * Release is the body of oms.release().
 */
static Datum
Release(FunctionCallInfo fcinfo)
{
	return TakeStep(fcinfo, FULFILLMENT_RELEASED, true);
}

PG_FUNCTION_INFO_V1(oms_release);

/*
 * oms_release(order_id, fulfillment_no, reference) hands a fulfillment to its
 * location.  An order that is confirmed releases its fulfillments by itself;
 * to release one before is a decision of people.
 */
Datum
oms_release(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, Release);
}

/*
 * StartPicking is the body of oms.start_picking().
 */
static Datum
StartPicking(FunctionCallInfo fcinfo)
{
	return TakeStep(fcinfo, FULFILLMENT_PICKING, true);
}

PG_FUNCTION_INFO_V1(oms_start_picking);

/*
 * oms_start_picking(order_id, fulfillment_no, reference)
 */
Datum
oms_start_picking(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, StartPicking);
}

/*
 * Pack is the body of oms.pack().
 */
static Datum
Pack(FunctionCallInfo fcinfo)
{
	Jsonb	   *packages = PG_ARGISNULL(2) ? NULL : PG_GETARG_JSONB_P(2);
	JsonbContainer *array = DocumentRequire(packages, &PackagesDocument);
	Fulfillment fulfillment = FulfillmentLock(PG_GETARG_INT64(0),
											  PG_GETARG_INT32(1));

	FulfillmentRequireStep(&fulfillment, FULFILLMENT_PACKED);
	OrderRequireNoHold(fulfillment.order_id);
	PackagesInsert(&fulfillment, array);
	PG_RETURN_STATUS(FulfillmentMove(&fulfillment, FULFILLMENT_PACKED, NULL));
}

PG_FUNCTION_INFO_V1(oms_pack);

/*
 * oms_pack(order_id, fulfillment_no, packages, reference)
 */
Datum
oms_pack(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, Pack);
}

/*
 * InsertShipment writes who carries a fulfillment, whose row the caller has
 * locked, and posts what that costs, where it is known.
 */
static void
InsertShipment(const Fulfillment *fulfillment, JsonbContainer *tracking)
{
	static StoreTable shipments = {
		"shipments",
		"order_id bigint, fulfillment_no integer, carrier text, "
		"tracking_number text, service text, cost oms.amount",
		NULL,
		{"shipments_fulfillment_fkey"}
	};
	Rows		rows = RowsMake(6, 1);
	Amount		cost = 0;
	bool		known = FreightCost(tracking, &cost);

	Put(&rows, Int64GetDatum(fulfillment->order_id));
	Put(&rows, Int32GetDatum(fulfillment->fulfillment_no));
	PutText(&rows, DocText(tracking, "carrier"));
	PutText(&rows, DocText(tracking, "number"));
	PutText(&rows, DocText(tracking, "service"));
	PutNullable(&rows, AmountGetDatum(cost), !known);
	WritersEnter();
	TableInsert(&shipments, &rows);
	if (known)
		FreightPost(fulfillment, DocText(tracking, "carrier"),
					AmountCurrency(cost), AmountMinor(cost));
}

/*
 * Ship is the body of oms.ship().
 */
static Datum
Ship(FunctionCallInfo fcinfo)
{
	Jsonb	   *tracking = PG_ARGISNULL(2) ? NULL : PG_GETARG_JSONB_P(2);
	JsonbContainer *object = DocumentRequire(tracking, &TrackingDocument);
	Fulfillment fulfillment = FulfillmentLock(PG_GETARG_INT64(0),
											  PG_GETARG_INT32(1));

	FulfillmentRequireStep(&fulfillment, FULFILLMENT_SHIPPED);
	RequirePickup(&fulfillment, false, FULFILLMENT_SHIPPED);
	OrderRequireNoHold(fulfillment.order_id);
	InsertShipment(&fulfillment, object);
	PG_RETURN_STATUS(FulfillmentMove(&fulfillment, FULFILLMENT_SHIPPED, NULL));
}

PG_FUNCTION_INFO_V1(oms_ship);

/*
 * oms_ship(order_id, fulfillment_no, tracking, reference)
 */
Datum
oms_ship(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, Ship);
}

/*
 * Deliver is the body of oms.mark_delivered().
 */
static Datum
Deliver(FunctionCallInfo fcinfo)
{
	return TakeStep(fcinfo, FULFILLMENT_DELIVERED, false);
}

PG_FUNCTION_INFO_V1(oms_mark_delivered);

/*
 * oms_mark_delivered(order_id, fulfillment_no, reference)
 */
Datum
oms_mark_delivered(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, Deliver);
}

/*
 * ReadyForPickup is the body of oms.mark_ready_for_pickup().
 */
static Datum
ReadyForPickup(FunctionCallInfo fcinfo)
{
	return TakeStep(fcinfo, FULFILLMENT_READY_FOR_PICKUP, true);
}

PG_FUNCTION_INFO_V1(oms_mark_ready_for_pickup);

/*
 * oms_mark_ready_for_pickup(order_id, fulfillment_no, reference)
 */
Datum
oms_mark_ready_for_pickup(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, ReadyForPickup);
}

/*
 * PickedUp is the body of oms.mark_picked_up().
 */
static Datum
PickedUp(FunctionCallInfo fcinfo)
{
	return TakeStep(fcinfo, FULFILLMENT_PICKED_UP, true);
}

PG_FUNCTION_INFO_V1(oms_mark_picked_up);

/*
 * oms_mark_picked_up(order_id, fulfillment_no, reference)
 */
Datum
oms_mark_picked_up(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, PickedUp);
}

/*
 * Reject is the body of oms.reject().
 */
static Datum
Reject(FunctionCallInfo fcinfo)
{
	char	   *reason = RequireText(PG_GETARG_TEXT_PP(2), "reason");
	Fulfillment fulfillment = FulfillmentLock(PG_GETARG_INT64(0),
											  PG_GETARG_INT32(1));
	Status		status;

	FulfillmentRequireStep(&fulfillment, FULFILLMENT_REJECTED);
	OrdersLockStock(&fulfillment.order_id, 1, NULL, 0);
	status = FulfillmentMove(&fulfillment, FULFILLMENT_REJECTED, reason);
	OrderRouteOpen(fulfillment.order_id, fulfillment.location_id, true);
	PG_RETURN_STATUS(status);
}

PG_FUNCTION_INFO_V1(oms_reject);

/*
 * oms_reject(order_id, fulfillment_no, reason, reference): the location can't
 * ship.  Its lines are sourced elsewhere; what nobody else has is backordered,
 * and holds the order unless it allows that.
 */
Datum
oms_reject(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 3, Reject);
}
