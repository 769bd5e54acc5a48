/*
 * return.c
 *		Returns as rows: named, locked, moved from state to state; and the steps
 *		that are no more than that.
 *
 * Each command locks the order, then takes a step; what follows from the step
 * is done by the trigger of the table (see transition.c), whoever takes it.
 * Orders that are linked by an exchange are locked together, in the order of
 * their numbers: the money of one is given back by the other.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "return.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/*
 * ReturnName names a return as people do: return 1041-R1.
 */
char *
ReturnName(int64 order_id, int return_no)
{
	return psprintf("return " INT64_FORMAT "-R%d", order_id, return_no);
}

/*
 * OrdersRelated lists, in the order of their numbers, an order, those that it
 * was paid by in exchange, however far back, and those that it pays.  Links
 * are written with the later order, and never change.
 */
int64 *
OrdersRelated(int64 order_id, int *n)
{
	static SavedPlan find = {
		"bigint",
		"WITH RECURSIVE earlier AS ("
		"    SELECT order_id FROM oms.order_links WHERE linked_order_id = $1 "
		"    UNION SELECT k.order_id FROM earlier e "
		"                 JOIN oms.order_links k ON k.linked_order_id = e.order_id) "
		"SELECT order_id FROM earlier "
		"UNION SELECT $1 "
		"UNION SELECT linked_order_id FROM oms.order_links WHERE order_id = $1 "
		"ORDER BY 1"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};
	int64	   *order_ids;

	*n = PlanRun(&find, values, NULL, false);
	order_ids = palloc(mul_size(sizeof(int64), *n));
	for (int i = 0; i < *n; i++)
		order_ids[i] = RowInt64(i, 1);
	return order_ids;
}

/*
 * OrdersLockRelated locks an order and those that its money may move to or
 * from.  An exchange that somebody else has placed meanwhile has the greatest
 * number, so that it may be locked after them.  Raises OM006 if there is no
 * such order.
 */
void
OrdersLockRelated(int64 order_id)
{
	int			n;
	int64	   *order_ids = OrdersRelated(order_id, &n);
	int			locked = 0;

	while (locked < n)
	{
		for (; locked < n; locked++)
			(void) OrderLock(order_ids[locked]);
		order_ids = OrdersRelated(order_id, &n);
	}
}

/*
 * ReturnRead reads a return, whose order the caller has locked.  Raises OM006
 * if there is none.
 */
Return
ReturnRead(int64 order_id, int return_no)
{
	static SavedPlan find = {
		"bigint, integer",
		"SELECT status, reason, auto_refund, coalesce(exchange_order_id, 0) "
		"FROM oms.returns WHERE order_id = $1 AND return_no = $2"
	};
	Datum		values[2] = {Int64GetDatum(order_id), Int32GetDatum(return_no)};
	Return		item = {order_id, return_no};

	if (PlanRun(&find, values, NULL, false) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_UNKNOWN_CODE),
				 errmsg("%s does not exist", ReturnName(order_id, return_no)),
				 errhint("oms.get_order(" INT64_FORMAT ") shows the returns of the order.",
						 order_id)));
	item.status = DatumGetStatus(RowDatum(0, 1, NULL));
	item.reason = RowText(0, 2);
	item.auto_refund = RowBool(0, 3);
	item.exchange_order_id = RowInt64(0, 4);
	return item;
}

/*
 * ReturnLock locks the orders that a return is about and reads the return.
 */
Return
ReturnLock(int64 order_id, int return_no)
{
	OrdersLockRelated(order_id);
	return ReturnRead(order_id, return_no);
}

/*
 * ReturnRequireStep raises OM002 if a return cannot go to a status from where
 * it is.
 */
void
ReturnRequireStep(const Return *item, Status to)
{
	if (!StatusCanStep(item->status, to))
		StatusRefuse(item->status, to,
					 ReturnName(item->order_id, item->return_no));
}

/*
 * ReturnMove takes a step, if the machine has it, and returns the new status.
 * reason may be NULL.
 */
Status
ReturnMove(Return *item, Status to, const char *reason)
{
	static SavedPlan update = {
		"bigint, integer, oms.return_status, text",
		"UPDATE oms.returns SET status = $3, status_reason = $4 "
		"WHERE order_id = $1 AND return_no = $2"
	};
	Params		params = {0};

	ReturnRequireStep(item, to);
	AddDatum(&params, Int64GetDatum(item->order_id));
	AddDatum(&params, Int32GetDatum(item->return_no));
	AddDatum(&params, StatusGetDatum(to));
	AddText(&params, reason);
	PlanRun(&update, params.values, params.nulls, false);
	item->status = to;
	return to;
}

/*
 * Approve makes what was requested approved, and sets the day by which it is
 * to be sent.
 */
static void
Approve(int64 order_id, int return_no)
{
	static SavedPlan send_by = {
		"bigint, integer",
		"UPDATE oms.returns SET send_by = (oms.now() AT TIME ZONE 'UTC')::date + send_days "
		"WHERE order_id = $1 AND return_no = $2 AND send_days IS NOT NULL"
	};
	static SavedPlan lines = {
		"bigint, integer",
		"UPDATE oms.return_lines SET approved = requested "
		"WHERE order_id = $1 AND return_no = $2"
	};
	Datum		values[2] = {Int64GetDatum(order_id), Int32GetDatum(return_no)};

	PlanRun(&lines, values, NULL, false);
	PlanRun(&send_by, values, NULL, false);
}

/*
 * ReturnEntered does what follows from a step of a return, whose order the
 * caller has locked.
 */
void
ReturnEntered(int64 order_id, int return_no, Status status)
{
	Return		item;

	switch (status)
	{
		case RETURN_APPROVED:
			Approve(order_id, return_no);
			break;
		case RETURN_REJECTED:
		case RETURN_CANCELLED:
			item = ReturnRead(order_id, return_no);
			ExchangeVoid(&item);
			break;
		default:
			break;
	}
}

/*
 * ReturnStepData is the data of the event of a step: what somebody who hears
 * of it has to know, NULL for nothing.  reason may be NULL.
 */
Jsonb *
ReturnStepData(int64 order_id, int return_no, Status status,
			   const char *reason)
{
	static SavedPlan find = {
		"bigint, integer, oms.return_status, text",
		"SELECT oms_internal.return_step_data($1, $2, $3, $4)"
	};
	Params		params = {0};
	bool		isnull;
	Datum		data;

	AddDatum(&params, Int64GetDatum(order_id));
	AddDatum(&params, Int32GetDatum(return_no));
	AddDatum(&params, StatusGetDatum(status));
	AddText(&params, reason);
	PlanRun(&find, params.values, params.nulls, false);
	data = RowDatum(0, 1, &isnull);
	return isnull ? NULL : DatumGetJsonbP(data);
}

/*
 * ApproveReturn is the body of oms.approve_return().
 */
static Datum
ApproveReturn(FunctionCallInfo fcinfo)
{
	Return		item = ReturnLock(PG_GETARG_INT64(0), PG_GETARG_INT32(1));

	PG_RETURN_STATUS(ReturnMove(&item, RETURN_APPROVED, NULL));
}

PG_FUNCTION_INFO_V1(oms_approve_return);

/*
 * oms_approve_return(order_id, return_no, reference) lets goods come back.
 */
Datum
oms_approve_return(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, ApproveReturn);
}

/*
 * RejectReturn is the body of oms.reject_return().
 */
static Datum
RejectReturn(FunctionCallInfo fcinfo)
{
	char	   *reason = RequireText(PG_GETARG_TEXT_PP(2), "reason");
	Return		item = ReturnLock(PG_GETARG_INT64(0), PG_GETARG_INT32(1));

	PG_RETURN_STATUS(ReturnMove(&item, RETURN_REJECTED, reason));
}

PG_FUNCTION_INFO_V1(oms_reject_return);

/*
 * oms_reject_return(order_id, return_no, reason, reference) refuses a request.
 */
Datum
oms_reject_return(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 3, RejectReturn);
}

/*
 * CancelReturn is the body of oms.cancel_return().
 */
static Datum
CancelReturn(FunctionCallInfo fcinfo)
{
	char	   *reason = PG_ARGISNULL(2) ? NULL
		: RequireText(PG_GETARG_TEXT_PP(2), "reason");
	Return		item = ReturnLock(PG_GETARG_INT64(0), PG_GETARG_INT32(1));

	PG_RETURN_STATUS(ReturnMove(&item, RETURN_CANCELLED, reason));
}

PG_FUNCTION_INFO_V1(oms_cancel_return);

/*
 * oms_cancel_return(order_id, return_no, reason, reference) ends a return of
 * which nothing is on its way.
 */
Datum
oms_cancel_return(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, CancelReturn);
}

/*
 * InTransit is the body of oms.mark_return_in_transit().
 */
static Datum
InTransit(FunctionCallInfo fcinfo)
{
	static SavedPlan update = {
		"bigint, integer, text, text, text",
		"UPDATE oms.returns SET carrier = coalesce($3, carrier), "
		"       tracking_number = coalesce($4, tracking_number), service = coalesce($5, service) "
		"WHERE order_id = $1 AND return_no = $2"
	};
	Jsonb	   *tracking = PG_ARGISNULL(2) ? NULL : PG_GETARG_JSONB_P(2);
	JsonbContainer *object = tracking == NULL ? NULL
		: DocumentRequire(tracking, &TrackingDocument);
	Return		item = ReturnLock(PG_GETARG_INT64(0), PG_GETARG_INT32(1));
	Params		params = {0};

	ReturnRequireStep(&item, RETURN_IN_TRANSIT);
	AddDatum(&params, Int64GetDatum(item.order_id));
	AddDatum(&params, Int32GetDatum(item.return_no));
	AddText(&params, DocText(object, "carrier"));
	AddText(&params, DocText(object, "number"));
	AddText(&params, DocText(object, "service"));
	PlanRun(&update, params.values, params.nulls, false);
	PG_RETURN_STATUS(ReturnMove(&item, RETURN_IN_TRANSIT, NULL));
}

PG_FUNCTION_INFO_V1(oms_mark_return_in_transit);

/*
 * oms_mark_return_in_transit(order_id, return_no, tracking, reference): the
 * customer has sent the goods.
 */
Datum
oms_mark_return_in_transit(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, InTransit);
}

/*
 * RequireToBeSent raises OM002 for a return whose goods are on their way or
 * will never be.
 */
static void
RequireToBeSent(const Return *item)
{
	if (item->status == RETURN_REQUESTED || item->status == RETURN_APPROVED)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OMS_INVALID_TRANSITION),
			 errmsg("%s is no longer to be sent",
					ReturnName(item->order_id, item->return_no)),
			 errdetail("It is \"%s\".", StatusName(item->status)),
			 errhint("Goods may be received at any location, whatever was said before.")));
}

/*
 * SetLocation is the body of oms.set_return_location().
 */
static Datum
SetLocation(FunctionCallInfo fcinfo)
{
	static SavedPlan update = {
		"bigint, integer, integer",
		"UPDATE oms.returns SET location_id = $3 "
		"WHERE order_id = $1 AND return_no = $2"
	};
	char	   *code = text_to_cstring(PG_GETARG_TEXT_PP(2));
	bool		active;
	int32		location_id = LocationFind(code, &active);
	Return		item = ReturnLock(PG_GETARG_INT64(0), PG_GETARG_INT32(1));
	Datum		values[3] = {Int64GetDatum(item.order_id),
	Int32GetDatum(item.return_no), Int32GetDatum(location_id)};

	StockPlaceRequireActive(code, active);
	RequireToBeSent(&item);
	PlanRun(&update, values, NULL, false);
	EventAppend(item.order_id, "return.redirected", item.return_no,
				EventData("location", code));
	PG_RETURN_STATUS(item.status);
}

PG_FUNCTION_INFO_V1(oms_set_return_location);

/*
 * oms_set_return_location(order_id, return_no, location, reference) says where
 * goods are to be sent.
 */
Datum
oms_set_return_location(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 3, SetLocation);
}

/*
 * RecordLabel is the body of oms.record_return_label().
 */
static Datum
RecordLabel(FunctionCallInfo fcinfo)
{
	static SavedPlan update = {
		"bigint, integer, jsonb, text, text, text",
		"UPDATE oms.returns SET label = $3, carrier = coalesce($4, carrier), "
		"       tracking_number = coalesce($5, tracking_number), service = coalesce($6, service) "
		"WHERE order_id = $1 AND return_no = $2"
	};
	Jsonb	   *label = PG_GETARG_JSONB_P(2);
	JsonbContainer *object = DocumentRequire(label, &ReturnLabelDocument);
	Return		item = ReturnLock(PG_GETARG_INT64(0), PG_GETARG_INT32(1));
	Params		params = {0};

	RequireToBeSent(&item);
	AddDatum(&params, Int64GetDatum(item.order_id));
	AddDatum(&params, Int32GetDatum(item.return_no));
	AddJsonb(&params, label);
	AddText(&params, DocText(object, "carrier"));
	AddText(&params, DocText(object, "number"));
	AddText(&params, DocText(object, "service"));
	PlanRun(&update, params.values, params.nulls, false);
	EventAppend(item.order_id, "return.labelled", item.return_no, label);
	PG_RETURN_STATUS(item.status);
}

PG_FUNCTION_INFO_V1(oms_record_return_label);

/*
 * oms_record_return_label(order_id, return_no, label, reference) keeps what a
 * carrier gave for the customer to send goods.
 */
Datum
oms_record_return_label(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 3, RecordLabel);
}
