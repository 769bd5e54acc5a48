/*
 * return_receive.c
 *		Goods come back: of a return that was approved, in one part or several,
 *		beside it, or without anybody having asked.
 *
 * They are nobody's stock until they are inspected.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "return.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/*
 * OpenLines is the document of all that is approved of a return and has not
 * come.  Raises OM008 if there is nothing.
 */
static Jsonb *
OpenLines(const Return *item)
{
	static SavedPlan find = {
		"bigint, integer",
		"SELECT jsonb_agg(jsonb_build_object('line_no', line_no, 'quantity', (approved - received)::numeric) "
		"                 ORDER BY line_no) "
		"FROM oms.return_lines WHERE order_id = $1 AND return_no = $2 AND approved > received"
	};
	Datum		values[2] = {Int64GetDatum(item->order_id),
	Int32GetDatum(item->return_no)};
	bool		isnull;
	Datum		lines;

	PlanRun(&find, values, NULL, false);
	lines = RowDatum(0, 1, &isnull);
	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_AMOUNT_EXCEEDED),
				 errmsg("nothing of %s is left to receive",
						ReturnName(item->order_id, item->return_no)),
				 errdetail("All that was approved has come."),
				 errhint("Name the lines and quantities that have come beside it.")));
	return DatumGetJsonbPCopy(lines);
}

/*
 * AddUnannounced adds lines to a return that have come with it and were not
 * asked for.
 */
static void
AddUnannounced(const Return *item, const AskedLines *asked)
{
	static SavedPlan find = {
		"bigint, integer",
		"SELECT line_no FROM oms.return_lines WHERE order_id = $1 AND return_no = $2"
	};
	Datum		values[2] = {Int64GetDatum(item->order_id),
	Int32GetDatum(item->return_no)};
	int			n = PlanRun(&find, values, NULL, false);
	AskedLines	added = *asked;

	added.count = 0;
	added.lines = palloc(mul_size(sizeof(AskedLine), asked->count));
	for (int i = 0; i < asked->count; i++)
	{
		bool		known = false;

		for (int j = 0; j < n && !known; j++)
			known = RowInt32(j, 1) == asked->lines[i].line->line_no;
		if (!known)
			added.lines[added.count++] = asked->lines[i];
	}
	if (added.count > 0)
		ReturnLinesInsert(item->order_id, item->return_no, &added, false);
}

/*
 * InsertReceipts writes what has come, and counts it on the lines of the
 * return and of the order.
 */
static void
InsertReceipts(const Return *item, const AskedLines *asked, int32 location_id)
{
#define CAME "unnest($4, $5) AS d(line_no, quantity)"
	static SavedPlan receipts = {
		"bigint, integer, integer, integer[], oms.quantity[]",
		"INSERT INTO oms.return_receipts (order_id, return_no, receipt_no, line_no, location_id, quantity) "
		"SELECT $1, $2, last.receipt_no + 1, d.line_no, $3, d.quantity "
		"FROM (SELECT coalesce(max(receipt_no), 0) AS receipt_no FROM oms.return_receipts "
		"      WHERE order_id = $1 AND return_no = $2) AS last, " CAME
	};
	static SavedPlan lines = {
		"bigint, integer, integer, integer[], oms.quantity[]",
		"UPDATE oms.return_lines l SET received = l.received + d.quantity "
		"FROM " CAME " "
		"WHERE l.order_id = $1 AND l.return_no = $2 AND l.line_no = d.line_no"
	};
	static SavedPlan counters = {
		"bigint, integer, integer, integer[], oms.quantity[]",
		"UPDATE oms.order_lines l SET returned = l.returned + d.quantity "
		"FROM " CAME " "
		"WHERE l.order_id = $1 AND l.line_no = d.line_no"
	};
	Rows		rows = RowsMake(2, asked->count);
	Params		params = {0};

	for (int i = 0; i < asked->count; i++)
	{
		Put(&rows, Int32GetDatum(asked->lines[i].line->line_no));
		Put(&rows, QuantityGetDatum(asked->lines[i].quantity));
	}
	AddDatum(&params, Int64GetDatum(item->order_id));
	AddDatum(&params, Int32GetDatum(item->return_no));
	AddDatum(&params, Int32GetDatum(location_id));
	AddRows(&params, &receipts, &rows);
	PlanRun(&receipts, params.values, params.nulls, false);
	PlanRun(&lines, params.values, params.nulls, false);
	PlanRun(&counters, params.values, params.nulls, false);
}

/*
 * Receive takes goods in for a return that may receive some.
 */
static Status
Receive(Return *item, const AskedLines *asked, int32 location_id)
{
	AskedLinesRequireReceivable(item->order_id, asked);
	AddUnannounced(item, asked);
	InsertReceipts(item, asked, location_id);
	if (item->status != RETURN_RECEIVED)
		return ReturnMove(item, RETURN_RECEIVED, NULL);
	EventAppend(item->order_id, "return.further_receipt", item->return_no,
				ReturnStepData(item->order_id, item->return_no,
							   RETURN_RECEIVED, NULL));
	return RETURN_RECEIVED;
}

/*
 * ReceivingLocation looks up the location that goods have come to.  Raises
 * OM006 if there is none of this code, 55000 if it is closed.
 */
static int32
ReceivingLocation(text *code)
{
	char	   *location = text_to_cstring(code);
	bool		active;
	int32		location_id = LocationFind(location, &active);

	StockPlaceRequireActive(location, active);
	return location_id;
}

/*
 * ReceiveReturn is the body of oms.receive_return().
 */
static Datum
ReceiveReturn(FunctionCallInfo fcinfo)
{
	Jsonb	   *document = PG_ARGISNULL(3) ? NULL : PG_GETARG_JSONB_P(3);
	JsonbContainer *lines = document == NULL ? NULL
		: DocumentRequire(document, &ReturnLinesDocument);
	int32		location_id = ReceivingLocation(PG_GETARG_TEXT_PP(2));
	Return		item = ReturnLock(PG_GETARG_INT64(0), PG_GETARG_INT32(1));
	AskedLines	asked;

	if (item.status != RETURN_RECEIVED)
		ReturnRequireStep(&item, RETURN_RECEIVED);
	if (lines == NULL)
		lines = &OpenLines(&item)->root;
	asked = AskedLinesRead(item.order_id, lines, &ReturnLinesDocument,
						   item.reason);
	PG_RETURN_STATUS(Receive(&item, &asked, location_id));
}

PG_FUNCTION_INFO_V1(oms_receive_return);

/*
 * oms_receive_return(order_id, return_no, location, lines, reference): goods of
 * a return have come, all that are open or of lines.
 */
Datum
oms_receive_return(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 3, ReceiveReturn);
}

/*
 * ReceiveUnannounced is the body of oms.receive_unannounced_return().
 */
static Datum
ReceiveUnannounced(FunctionCallInfo fcinfo)
{
	int64		order_id = PG_GETARG_INT64(0);
	int32		location_id = ReceivingLocation(PG_GETARG_TEXT_PP(1));
	JsonbContainer *lines = DocumentRequire(PG_GETARG_JSONB_P(2),
											&ReturnLinesDocument);
	AskedLines	asked;
	Return		item;

	OrdersLockRelated(order_id);
	asked = AskedLinesRead(order_id, lines, &ReturnLinesDocument, NULL);
	AskedLinesRequireReceivable(order_id, &asked);
	item = ReturnRead(order_id, ReturnInsert(order_id, &asked, NULL, false));
	ReturnMove(&item, RETURN_APPROVED, NULL);
	Receive(&item, &asked, location_id);
	PG_RETURN_INT32(item.return_no);
}

PG_FUNCTION_INFO_V1(oms_receive_unannounced_return);

/*
 * oms_receive_unannounced_return(order_id, location, lines, reference): goods
 * have come that nobody had announced; returns the number of their return.
 */
Datum
oms_receive_unannounced_return(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 3, ReceiveUnannounced);
}
