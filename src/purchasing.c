/*
 * purchasing.c
 *		What is done to a purchase order: send, confirm, close, cancel.  Each
 *		command locks it first.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "purchasing.h"

#include "access/xact.h"
#include "executor/spi.h"
#include "utils/builtins.h"

/*
 * RequireSeen raises 40001 if lines of a purchase order that is locked have
 * changed since the snapshot of a transaction that keeps one.  The row need not
 * tell: where more of a purchase order is received, it stays as it was.
 */
static void
RequireSeen(const PurchaseOrder *order)
{
	static SavedPlan lines = {
		"bigint",
		"SELECT coalesce(string_agg(line_no || ' ' || received::numeric, ',' ORDER BY line_no), '') "
		"FROM oms.purchase_order_lines WHERE purchase_order_id = $1"
	};
	Datum		values[1] = {Int64GetDatum(order->purchase_order_id)};
	char	   *seen;

	PlanRun(&lines, values, NULL, false);
	seen = RowText(0, 1);
	PlanRunLatest(&lines, values, NULL);
	if (strcmp(RowText(0, 1), seen) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent update"),
				 errdetail("Purchase order \"%s\" has changed since the transaction began.",
						   order->code),
				 errhint("Repeat the transaction.")));
}

/*
 * PurchaseOrderLock locks a purchase order.  Raises OM006 if there is none of
 * this code.
 */
PurchaseOrder
PurchaseOrderLock(text *code)
{
	static SavedPlan lock = {
		"text",
		"SELECT purchase_order_id, status FROM oms.purchase_orders "
		"WHERE code = $1 FOR NO KEY UPDATE"
	};
	Datum		values[1] = {PointerGetDatum(code)};
	PurchaseOrder order = {0};

	order.code = text_to_cstring(code);
	if (PlanRun(&lock, values, NULL, false) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_UNKNOWN_CODE),
				 errmsg("purchase order \"%s\" does not exist", order.code),
				 errhint("Create it by oms.put_purchase_order() first.")));
	order.purchase_order_id = RowInt64(0, 1);
	order.status = DatumGetStatus(RowDatum(0, 2, NULL));
	if (IsolationUsesXactSnapshot())
		RequireSeen(&order);
	return order;
}

/*
 * PurchaseOrderRequireStep raises OM002 if a purchase order cannot take a step.
 */
void
PurchaseOrderRequireStep(const PurchaseOrder *order, Status to)
{
	if (!StatusCanStep(order->status, to))
		StatusRefuse(order->status, to,
					 psprintf("purchase order \"%s\"", order->code));
}

/*
 * PurchaseOrderMove takes a step and returns the new status.  reason may be
 * NULL.
 */
Status
PurchaseOrderMove(const PurchaseOrder *order, Status to, const char *reason)
{
	static SavedPlan update = {
		"bigint, oms.purchase_order_status, text",
		"UPDATE oms.purchase_orders SET status = $2, status_reason = $3, "
		"       ordered_at = CASE WHEN $2 = 'sent' THEN oms.now() ELSE ordered_at END "
		"WHERE purchase_order_id = $1"
	};
	Params		params = {0};

	PurchaseOrderRequireStep(order, to);
	AddDatum(&params, Int64GetDatum(order->purchase_order_id));
	AddDatum(&params, StatusGetDatum(to));
	AddText(&params, reason);
	PlanRun(&update, params.values, params.nulls, false);
	return to;
}

/*
 * ReasonArgument is argument number i, a reason that may be null.
 */
static char *
ReasonArgument(FunctionCallInfo fcinfo, int i)
{
	return PG_ARGISNULL(i) ? NULL : RequireText(PG_GETARG_TEXT_PP(i), "reason");
}

/*
 * PurchaseLinesRead reads the lines of a purchase order, in order of their numbers.
 */
PurchaseLine *
PurchaseLinesRead(PurchaseOrder *order)
{
	static SavedPlan read = {
		"bigint",
		"SELECT l.line_no, s.code, greatest(l.quantity - l.received, '0'), l.unit_cost "
		"FROM oms.purchase_order_lines l JOIN oms.skus s USING (sku_id) "
		"WHERE l.purchase_order_id = $1 ORDER BY l.line_no"
	};
	Datum		values[1] = {Int64GetDatum(order->purchase_order_id)};
	int			n = PlanRun(&read, values, NULL, false);
	PurchaseLine *lines = palloc0(mul_size(sizeof(PurchaseLine), Max(n, 1)));
	char	  **codes = palloc(mul_size(sizeof(char *), Max(n, 1)));
	Sku		   *skus;

	order->line_count = n;
	for (int i = 0; i < n; i++)
	{
		bool		no_cost;
		Datum		unit_cost = RowDatum(i, 4, &no_cost);

		lines[i].line_no = RowInt32(i, 1);
		codes[i] = RowText(i, 2);
		lines[i].open = DatumGetQuantity(RowDatum(i, 3, NULL));
		lines[i].has_cost = !no_cost;
		lines[i].unit_cost = no_cost ? 0 : DatumGetAmount(unit_cost);
	}
	skus = SkusFind(codes, n);
	for (int i = 0; i < n; i++)
		lines[i].sku = &skus[i];
	return lines;
}

/*
 * PurchaseLineFind is the line that element number i of a document names, NULL with a
 * fault if there is none.
 */
PurchaseLine *
PurchaseLineFind(const PurchaseOrder *order, PurchaseLine *lines,
		 JsonbContainer *document, int i, Faults *faults)
{
	int			line_no = DocInteger(DocItem(document, i), "line_no", 0);
	char	   *path = psprintf("$[%d].line_no", i);

	for (int j = 0; j < i; j++)
		if (DocInteger(DocItem(document, j), "line_no", 0) == line_no)
		{
			FaultAdd(faults, path, "is given twice");
			return NULL;
		}
	for (int j = 0; j < order->line_count; j++)
		if (lines[j].line_no == line_no)
			return &lines[j];
	FaultAdd(faults, path, "purchase order \"%s\" has no line %d", order->code,
			 line_no);
	return NULL;
}

/*
 * SendPurchaseOrder is the body of oms.send_purchase_order().
 */
static Datum
SendPurchaseOrder(FunctionCallInfo fcinfo)
{
	PurchaseOrder order = PurchaseOrderLock(PG_GETARG_TEXT_PP(0));

	PurchaseOrderRequireStep(&order, PURCHASE_ORDER_SENT);
	PurchaseLinesRead(&order);
	if (order.line_count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("purchase order \"%s\" has no lines", order.code),
				 errhint("Give it lines by oms.put_purchase_order() first.")));
	PG_RETURN_STATUS(PurchaseOrderMove(&order, PURCHASE_ORDER_SENT, NULL));
}

PG_FUNCTION_INFO_V1(oms_send_purchase_order);

/*
 * oms_send_purchase_order(code, reference) says that a purchase order has gone
 * to its supplier, so that its goods can be expected.
 */
Datum
oms_send_purchase_order(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 1, SendPurchaseOrder);
}

/*
 * ExpectLines sets the days of lines [{"line_no", "expected_on"}]; without a
 * day a line is expected as the whole.
 */
static void
ExpectLines(PurchaseOrder *order, Jsonb *document)
{
	static SavedPlan update = {
		"bigint, integer[], date[]",
		"UPDATE oms.purchase_order_lines l SET expected_on = d.expected_on "
		"FROM unnest($2, $3) AS d(line_no, expected_on) "
		"WHERE l.purchase_order_id = $1 AND l.line_no = d.line_no"
	};
	JsonbContainer *items = DocumentRequire(document, &ConfirmationLinesDocument);
	PurchaseLine *lines = PurchaseLinesRead(order);
	int			n = DocCount(items);
	Rows		rows = RowsMake(2, n);
	Params		params = {0};
	Faults		faults;

	FaultsInit(&faults);
	for (int i = 0; i < n; i++)
	{
		PurchaseLine *line = PurchaseLineFind(order, lines, items, i, &faults);
		DateADT		day = 0;
		bool		has_day = DocDate(DocItem(items, i), "expected_on", &day);

		if (line == NULL)
			continue;
		Put(&rows, Int32GetDatum(line->line_no));
		PutNullable(&rows, DateADTGetDatum(day), !has_day);
	}
	FaultsRaise(&faults, ConfirmationLinesDocument.name);
	AddDatum(&params, Int64GetDatum(order->purchase_order_id));
	AddRows(&params, &update, &rows);
	PlanRun(&update, params.values, params.nulls, false);
}

/*
 * ExpectOrder sets the day of a whole purchase order.
 */
static void
ExpectOrder(const PurchaseOrder *order, DateADT day)
{
	static SavedPlan update = {
		"bigint, date",
		"UPDATE oms.purchase_orders SET expected_on = $2 WHERE purchase_order_id = $1"
	};
	Datum		values[2] = {Int64GetDatum(order->purchase_order_id),
	DateADTGetDatum(day)};

	PlanRun(&update, values, NULL, false);
}

/*
 * ConfirmPurchaseOrder is the body of oms.confirm_purchase_order().
 */
static Datum
ConfirmPurchaseOrder(FunctionCallInfo fcinfo)
{
	PurchaseOrder order = PurchaseOrderLock(PG_GETARG_TEXT_PP(0));
	bool		again = order.status == PURCHASE_ORDER_CONFIRMED ||
		order.status == PURCHASE_ORDER_PARTIALLY_RECEIVED;

	if (!again)
		PurchaseOrderRequireStep(&order, PURCHASE_ORDER_CONFIRMED);
	if (!PG_ARGISNULL(1))
		ExpectOrder(&order, PG_GETARG_DATEADT(1));
	if (!PG_ARGISNULL(2))
		ExpectLines(&order, PG_GETARG_JSONB_P(2));
	if (!again)
		order.status = PurchaseOrderMove(&order, PURCHASE_ORDER_CONFIRMED, NULL);
	PG_RETURN_STATUS(order.status);
}

PG_FUNCTION_INFO_V1(oms_confirm_purchase_order);

/*
 * oms_confirm_purchase_order(code, expected_on, lines, reference) says what the
 * supplier has promised, the first time or anew.
 */
Datum
oms_confirm_purchase_order(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 1, ConfirmPurchaseOrder);
}

/*
 * ClosePurchaseOrder is the body of oms.close_purchase_order().
 */
static Datum
ClosePurchaseOrder(FunctionCallInfo fcinfo)
{
	PurchaseOrder order = PurchaseOrderLock(PG_GETARG_TEXT_PP(0));

	PG_RETURN_STATUS(PurchaseOrderMove(&order, PURCHASE_ORDER_CLOSED,
									   ReasonArgument(fcinfo, 1)));
}

PG_FUNCTION_INFO_V1(oms_close_purchase_order);

/*
 * oms_close_purchase_order(code, reason, reference) ends a purchase order of
 * which something was received, and gives up what is open.
 */
Datum
oms_close_purchase_order(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 1, ClosePurchaseOrder);
}

/*
 * CancelPurchaseOrder is the body of oms.cancel_purchase_order().
 */
static Datum
CancelPurchaseOrder(FunctionCallInfo fcinfo)
{
	PurchaseOrder order = PurchaseOrderLock(PG_GETARG_TEXT_PP(0));

	PG_RETURN_STATUS(PurchaseOrderMove(&order, PURCHASE_ORDER_CANCELLED,
									   ReasonArgument(fcinfo, 1)));
}

PG_FUNCTION_INFO_V1(oms_cancel_purchase_order);

/*
 * oms_cancel_purchase_order(code, reason, reference) ends a purchase order of
 * which nothing was received.
 */
Datum
oms_cancel_purchase_order(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 1, CancelPurchaseOrder);
}
