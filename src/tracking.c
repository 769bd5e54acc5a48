/*
 * tracking.c
 *		What carriers tell of shipments on their way.
 *
 * Carriers repeat themselves and tell things late, so the same status of the
 * same time is recorded once, and events are accepted in any order.  Any
 * status is recorded; "delivered", "lost" and "returned_to_sender" also move
 * the fulfillment, if it can still step there.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "fulfillment.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/timestamp.h"

/* What a carrier said */
typedef struct Tracking
{
	char	   *carrier;
	char	   *number;
	char	   *status;
	TimestampTz occurred_at;
	char	   *description;	/* may be NULL */
} Tracking;

/* Keys of a shipment */
typedef struct ShipmentKey
{
	int64		order_id;
	int			fulfillment_no;
} ShipmentKey;

/*
 * FindShipments finds the shipments of a carrier's number: those under way,
 * since carriers use numbers again after a time, else the last one.  They are
 * in the order in which orders are locked.  Raises OM006 if there is none.
 */
static ShipmentKey *
FindShipments(const Tracking *tracking, int *n)
{
	static SavedPlan find = {
		"text, text",
		"SELECT order_id, fulfillment_no "
		"FROM (SELECT s.order_id, s.fulfillment_no, f.status = 'shipped' AS under_way, "
		"             bool_or(f.status = 'shipped') OVER () AS any_under_way, "
		"             row_number() OVER (ORDER BY s.shipped_at DESC, s.order_id DESC, "
		"                                         s.fulfillment_no DESC) AS n "
		"      FROM oms.shipments s "
		"           JOIN oms.fulfillments f USING (order_id, fulfillment_no) "
		"      WHERE s.tracking_number = $1 AND s.carrier = $2) AS s "
		"WHERE CASE WHEN any_under_way THEN under_way ELSE n = 1 END "
		"ORDER BY order_id, fulfillment_no"
	};
	Datum		values[2] = {CStringGetTextDatum(tracking->number),
		CStringGetTextDatum(tracking->carrier)};
	ShipmentKey *keys;

	*n = PlanRun(&find, values, NULL, false);
	if (*n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_UNKNOWN_CODE),
				 errmsg("shipment \"%s\" of carrier \"%s\" does not exist",
						tracking->number, tracking->carrier),
				 errhint("Carrier and number are those that oms.ship() was given.")));
	keys = palloc(mul_size(sizeof(ShipmentKey), *n));
	for (int i = 0; i < *n; i++)
	{
		keys[i].order_id = RowInt64(i, 1);
		keys[i].fulfillment_no = RowInt32(i, 2);
	}
	return keys;
}

/*
 * InsertTracking records what a carrier said of a shipment whose order is
 * locked; false if that is known already.
 */
static bool
InsertTracking(const Fulfillment *fulfillment, const Tracking *tracking)
{
	static SavedPlan insert = {
		"bigint, integer, text, timestamptz, text",
		"INSERT INTO oms.tracking_events "
		"       (order_id, fulfillment_no, event_no, status, occurred_at, description) "
		"SELECT $1, $2, 1 + coalesce(max(event_no), 0), $3, $4, $5 "
		"FROM oms.tracking_events WHERE order_id = $1 AND fulfillment_no = $2 "
		"ON CONFLICT (order_id, fulfillment_no, status, occurred_at) DO NOTHING"
	};
	Datum		values[5] = {Int64GetDatum(fulfillment->order_id),
		Int32GetDatum(fulfillment->fulfillment_no),
		CStringGetTextDatum(tracking->status),
		TimestampTzGetDatum(tracking->occurred_at)};
	char		nulls[5] = {' ', ' ', ' ', ' ', ' '};

	if (tracking->description != NULL)
		values[4] = CStringGetTextDatum(tracking->description);
	else
		nulls[4] = 'n';
	return PlanRun(&insert, values, nulls, false) == 1;
}

/*
 * AppendTracking appends the event.
 */
static void
AppendTracking(const Fulfillment *fulfillment, const Tracking *tracking)
{
	char		occurred_at[MAXDATELEN + 1];
	const int	utc = 0;
	const EventField fields[] = {
		{"carrier", tracking->carrier},
		{"number", tracking->number},
		{"status", tracking->status},
		{"occurred_at", occurred_at},
		{"description", tracking->description}
	};

	JsonEncodeDateTime(occurred_at, TimestampTzGetDatum(tracking->occurred_at),
					   TIMESTAMPTZOID, &utc);
	EventAppend(fulfillment->order_id, "tracking.recorded",
				fulfillment->fulfillment_no,
				EventFields(fields, lengthof(fields)));
}

/*
 * StampDelivery notes when a shipment was delivered by the carrier's clock.
 */
static void
StampDelivery(const Fulfillment *fulfillment, const Tracking *tracking)
{
	static SavedPlan update = {
		"bigint, integer, timestamptz",
		"UPDATE oms.shipments SET delivered_at = $3 "
		"WHERE order_id = $1 AND fulfillment_no = $2"
	};
	Datum		values[3] = {Int64GetDatum(fulfillment->order_id),
		Int32GetDatum(fulfillment->fulfillment_no),
		TimestampTzGetDatum(tracking->occurred_at)};

	PlanRun(&update, values, NULL, false);
}

/*
 * FollowTracking moves a fulfillment to where its carrier says it is, if it
 * can step there, and returns its status.
 */
static Status
FollowTracking(const Fulfillment *fulfillment, const Tracking *tracking)
{
	static const Status ends[] = {
		FULFILLMENT_DELIVERED, FULFILLMENT_LOST, FULFILLMENT_RETURNED_TO_SENDER
	};

	for (int i = 0; i < lengthof(ends); i++)
	{
		if (strcmp(tracking->status, StatusName(ends[i])) != 0 ||
			!StatusCanStep(fulfillment->status, ends[i]))
			continue;
		if (ends[i] == FULFILLMENT_DELIVERED)
			StampDelivery(fulfillment, tracking);
		return FulfillmentMove(fulfillment, ends[i],
							   ends[i] == FULFILLMENT_DELIVERED
							   ? NULL : tracking->description);
	}
	return fulfillment->status;
}

/*
 * RecordTracking is the body of oms.record_tracking().
 */
static Datum
RecordTracking(FunctionCallInfo fcinfo)
{
	Tracking	tracking;
	ShipmentKey *keys;
	Status		status = 0;
	int			n;

	tracking.carrier = RequireText(PG_GETARG_TEXT_PP(0), "carrier");
	tracking.number = RequireText(PG_GETARG_TEXT_PP(1), "tracking number");
	tracking.status = RequireText(PG_GETARG_TEXT_PP(2), "tracking status");
	tracking.occurred_at = PG_GETARG_TIMESTAMPTZ(3);
	tracking.description = PG_ARGISNULL(4) ? NULL
		: RequireText(PG_GETARG_TEXT_PP(4), "description");
	if (TIMESTAMP_NOT_FINITE(tracking.occurred_at))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time of a tracking event must be finite")));

	keys = FindShipments(&tracking, &n);
	for (int i = 0; i < n; i++)
	{
		Fulfillment fulfillment = FulfillmentLock(keys[i].order_id,
												  keys[i].fulfillment_no);

		status = fulfillment.status;
		if (!InsertTracking(&fulfillment, &tracking))
			continue;
		AppendTracking(&fulfillment, &tracking);
		status = FollowTracking(&fulfillment, &tracking);
	}
	PG_RETURN_STATUS(status);
}

PG_FUNCTION_INFO_V1(oms_record_tracking);

/*
 * oms_record_tracking(carrier, number, status, occurred_at, description,
 * reference) records what a carrier said and returns the status of the
 * fulfillment, of the last one if several went under the number.
 */
Datum
oms_record_tracking(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 4, RecordTracking);
}
