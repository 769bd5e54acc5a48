/*
 * return_request.c
 *		A customer asks to send goods back.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "return.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/*
 * ReturnPlace is the location that goods of an order are to be sent to: of
 * the active ones that take returns and serve the country of its destination
 * the nearest; 0 if there is none.
 */
static int32
ReturnPlace(int64 order_id)
{
	static SavedPlan find = {
		"bigint",
		"SELECT l.location_id "
		"FROM (SELECT o.destination, upper(o.ship_to ->> 'country') AS country "
		"      FROM oms.orders o WHERE o.order_id = $1 OFFSET 0) AS o, "
		"     LATERAL (SELECT l.location_id FROM oms.locations l "
		"              WHERE l.active AND l.takes_returns "
		"                    AND (l.ships_to IS NULL OR o.country IS NULL "
		"                         OR o.country = ANY (l.ships_to::text[])) "
		"              ORDER BY l.point OPERATOR(@postgis@.<->) o.destination, l.priority, l.location_id "
		"              LIMIT 1) AS l"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};

	return PlanRun(&find, values, NULL, false) == 0 ? 0 : RowInt32(0, 1);
}

/*
 * InsertRow writes the row of a return and returns its number.  It is refunded
 * by itself if the policies of all its lines say so; the shortest time to send
 * goods counts.
 */
static int
InsertRow(int64 order_id, const AskedLines *asked, const char *reason,
		  bool announced)
{
	static SavedPlan insert = {
		"bigint, text, boolean, integer, boolean, integer",
		"INSERT INTO oms.returns (order_id, return_no, reason, announced, location_id, auto_refund, send_days) "
		"SELECT $1, coalesce(max(return_no), 0) + 1, $2, $3, $4, $5, $6 "
		"FROM oms.returns WHERE order_id = $1 "
		"RETURNING return_no"
	};
	Params		params = {0};
	bool		auto_refund = true;
	int			send_days = -1;

	for (int i = 0; i < asked->count; i++)
	{
		const ReturnableLine *line = asked->lines[i].line;

		auto_refund = auto_refund && line->auto_refund;
		if (line->send_days >= 0)
			send_days = send_days < 0 ? line->send_days
				: Min(send_days, line->send_days);
	}
	AddDatum(&params, Int64GetDatum(order_id));
	AddText(&params, reason);
	AddDatum(&params, BoolGetDatum(announced));
	AddId(&params, announced ? ReturnPlace(order_id) : 0);
	AddDatum(&params, BoolGetDatum(auto_refund));
	AddNullable(&params, Int32GetDatum(send_days), send_days < 0);
	PlanRun(&insert, params.values, params.nulls, false);
	return RowInt32(0, 1);
}

/*
 * RefundsShipping is when shipping is given back for a line.
 */
static const char *
RefundsShipping(const AskedLine *item)
{
	if (item->reason.refunds_shipping)
		return "always";
	if (strcmp(item->line->refund_shipping, "seller_fault") != 0)
		return item->line->refund_shipping;
	return strcmp(item->reason.fault, "customer") == 0 ? "never" : "always";
}

/*
 * ReturnLinesInsert writes lines of a return, with what the policy says of
 * them now.
 */
void
ReturnLinesInsert(int64 order_id, int return_no, const AskedLines *asked,
				  bool announced)
{
	static SavedPlan insert = {
		"bigint, integer, integer[], text[], text[], oms.quantity[], numeric[], text[]",
		"INSERT INTO oms.return_lines "
		"       (order_id, return_no, line_no, reason, fault, requested, restocking_fee_rate, refund_shipping) "
		"SELECT $1, $2, d.line_no, d.reason, d.fault, d.quantity, coalesce(d.rate, 0), d.refund_shipping "
		"FROM unnest($3, $4, $5, $6, $7, $8) "
		"     AS d(line_no, reason, fault, quantity, rate, refund_shipping)"
	};
	Rows		rows = RowsMake(6, asked->count);
	Params		params = {0};

	for (int i = 0; i < asked->count; i++)
	{
		const AskedLine *item = &asked->lines[i];
		Numeric		rate = strcmp(item->reason.fault, "customer") == 0
			? item->line->restocking_fee_rate : NULL;

		Put(&rows, Int32GetDatum(item->line->line_no));
		PutText(&rows, item->has_reason ? item->reason.text : NULL);
		PutText(&rows, item->reason.fault);
		Put(&rows, QuantityGetDatum(announced ? item->quantity : 0));
		PutNullable(&rows, NumericGetDatum(rate), rate == NULL);
		PutText(&rows, RefundsShipping(item));
	}
	AddDatum(&params, Int64GetDatum(order_id));
	AddDatum(&params, Int32GetDatum(return_no));
	AddRows(&params, &insert, &rows);
	PlanRun(&insert, params.values, params.nulls, false);
}

/*
 * ReturnInsert writes a return that is requested, with its lines and its
 * event, and returns its number.  The caller holds the lock of the order's
 * row.  reason may be NULL.
 */
int
ReturnInsert(int64 order_id, const AskedLines *asked, const char *reason,
			 bool announced)
{
	int			return_no = InsertRow(order_id, asked, reason, announced);

	ReturnLinesInsert(order_id, return_no, asked, announced);
	EventAppend(order_id, EventTypeOfStep(RETURN_REQUESTED), return_no,
				ReturnStepData(order_id, return_no, RETURN_REQUESTED, reason));
	return return_no;
}

/*
 * RequestReturn is the body of oms.request_return().
 */
static Datum
RequestReturn(FunctionCallInfo fcinfo)
{
	int64		order_id = PG_GETARG_INT64(0);
	JsonbContainer *lines = DocumentRequire(PG_GETARG_JSONB_P(1),
											&ReturnLinesDocument);
	char	   *reason = RequireText(PG_GETARG_TEXT_PP(2), "reason");
	AskedLines	asked;
	bool		approve = true;
	Return		item;
	int			return_no;

	OrdersLockRelated(order_id);
	asked = AskedLinesRead(order_id, lines, &ReturnLinesDocument, reason);
	AskedLinesRequirePolicy(order_id, &asked);
	return_no = ReturnInsert(order_id, &asked, reason, true);
	for (int i = 0; i < asked.count; i++)
		approve = approve && asked.lines[i].line->auto_approve;
	item = ReturnRead(order_id, return_no);
	if (approve)
		ReturnMove(&item, RETURN_APPROVED, NULL);
	PG_RETURN_INT32(return_no);
}

PG_FUNCTION_INFO_V1(oms_request_return);

/*
 * oms_request_return(order_id, lines, reason, reference) asks to send goods
 * back and returns the number of the return.
 */
Datum
oms_request_return(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 3, RequestReturn);
}
