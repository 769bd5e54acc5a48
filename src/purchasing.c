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
		"SELECT coalesce(string_agg(concat_ws(' ', line_no, received, cancelled, confirmed_cost), ',' ORDER BY line_no), '') "
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
 * NULL.  What follows from it is done by a trigger.
 */
Status
PurchaseOrderMove(const PurchaseOrder *order, Status to, const char *reason)
{
	static SavedPlan update = {
		"bigint, oms.purchase_order_status, text",
		"UPDATE oms.purchase_orders SET status = $2, status_reason = $3 "
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
 * HasLines tells whether a purchase order has lines: any, or open ones.
 */
static bool
HasLines(const PurchaseOrder *order, bool open)
{
	static SavedPlan find = {
		"bigint, boolean",
		"SELECT FROM oms.purchase_order_lines "
		"WHERE purchase_order_id = $1 AND (NOT $2 OR quantity - cancelled > received) "
		"LIMIT 1"
	};
	Datum		values[2] = {Int64GetDatum(order->purchase_order_id),
	BoolGetDatum(open)};

	return PlanRun(&find, values, NULL, false) > 0;
}

/*
 * SendPurchaseOrder is the body of oms.send_purchase_order().
 */
static Datum
SendPurchaseOrder(FunctionCallInfo fcinfo)
{
	PurchaseOrder order = PurchaseOrderLock(PG_GETARG_TEXT_PP(0));

	PurchaseOrderRequireStep(&order, PURCHASE_ORDER_SENT);
	if (!HasLines(&order, false))
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
 * ConfirmLines writes down what the supplier has confirmed of lines.
 */
static void
ConfirmLines(const PurchaseOrder *order, Jsonb *lines)
{
	static SavedPlan confirm = {
		"bigint, jsonb", "SELECT oms_internal.confirm_purchase_lines($1, $2)"
	};
	Datum		values[2] = {Int64GetDatum(order->purchase_order_id),
	JsonbPGetDatum(lines)};

	PlanRun(&confirm, values, NULL, false);
}

/*
 * ConfirmPurchaseOrder is the body of oms.confirm_purchase_order().  Where no
 * more will come of one of which something has, all is received.
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
		ConfirmLines(&order, PG_GETARG_JSONB_P(2));
	if (again)
		PurchaseOrderRecord(order.purchase_order_id, order.code,
							"further_confirmation", NULL);
	else
		order.status = PurchaseOrderMove(&order, PURCHASE_ORDER_CONFIRMED, NULL);
	if (order.status == PURCHASE_ORDER_PARTIALLY_RECEIVED &&
		!HasLines(&order, true))
		order.status = PurchaseOrderMove(&order, PURCHASE_ORDER_RECEIVED, NULL);
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
