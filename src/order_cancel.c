/*
 * order_cancel.c
 *		Cancels an order, or some units of some of its lines.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stored_value.h"
#include "charge.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"

/*
 * CancelWhole cancels an order.  All that follows is done by the step itself,
 * see OrderEntered().
 */
static void
CancelWhole(int64 order_id, const char *reason)
{
	static SavedPlan update = {
		"bigint, text",
		"UPDATE oms.orders SET status = 'cancelled', status_reason = $2 "
		"WHERE order_id = $1"
	};
	Params		params = {0};

	AddDatum(&params, Int64GetDatum(order_id));
	AddText(&params, reason);
	PlanRun(&update, params.values, params.nulls, false);
}

/*
 * NothingLeft tells whether all units of an order are cancelled.
 */
static bool
NothingLeft(int64 order_id)
{
	static SavedPlan find = {
		"bigint",
		"SELECT FROM oms.order_lines "
		"WHERE order_id = $1 AND quantity > cancelled LIMIT 1"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};

	return PlanRun(&find, values, NULL, false) == 0;
}

/*
 * CancelLines cancels units of lines as a document names them.
 */
static void
CancelLines(int64 order_id, Jsonb *document, const char *reason)
{
	JsonbContainer *lines = DocumentRequire(document, &CancelLinesDocument);
	Amount		total = OrderTotal(order_id);
	EventBatch	batch = {0};
	Faults		faults;

	FaultsInit(&faults);
	ReservationsLock(order_id);
	for (int i = 0; i < DocCount(lines); i++)
	{
		JsonbContainer *line = DocItem(lines, i);
		int			line_no = DocInteger(line, "line_no", 0);
		Quantity	quantity = 0;
		EventField	fields[2] = {{"quantity"}, {"reason", reason}};

		DocQuantity(line, "quantity", &quantity);
		OrderLineReduce(order_id, line_no, quantity, psprintf("$[%d]", i),
						&faults);
		fields[0].text = QuantityToString(quantity);
		EventAdd(&batch, "line.cancelled", line_no, EventFields(fields, 2));
	}
	FaultsRaise(&faults, "cancel lines");
	EventsAppend(order_id, &batch);
	OrderRetotal(order_id);
	OrderRecharged(order_id, total);
	if (NothingLeft(order_id))
		CancelWhole(order_id, reason);
	else if (!OrderIsShort(order_id))
		HoldEnd(order_id, HOLD_STOCK);
	OrderSettle(order_id);
}

/*
 * CancelBody: see oms_cancel_order.
 */
static Datum
CancelBody(FunctionCallInfo fcinfo)
{
	int64		order_id = PG_GETARG_INT64(0);
	char	   *reason = PG_ARGISNULL(1) ? NULL
		: RequireText(PG_GETARG_TEXT_PP(1), "reason");
	Status		status = OrderLock(order_id);

	if (StatusIsFinal(status))
		StatusRefuse(status, ORDER_CANCELLED,
					 psprintf("order " INT64_FORMAT, order_id));
	if (PG_ARGISNULL(2))
		CancelWhole(order_id, reason);
	else
		CancelLines(order_id, PG_GETARG_JSONB_P(2), reason);
	PG_RETURN_STATUS(OrderLock(order_id));
}

PG_FUNCTION_INFO_V1(oms_cancel_order);

/*
 * oms_cancel_order(order_id, reason, lines, reference) cancels an order, or of
 * its lines [{"line_no", "quantity"}], and returns its status.
 */
Datum
oms_cancel_order(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 1, CancelBody);
}

PG_FUNCTION_INFO_V1(oms_cancel_orders);

/*
 * oms_cancel_orders(order_ids, reason) cancels orders that the caller has
 * locked.  Their stock and accounts are locked before the first.
 */
Datum
oms_cancel_orders(PG_FUNCTION_ARGS)
{
	char	   *reason = text_to_cstring(PG_GETARG_TEXT_PP(1));
	StoreScope	scope = StoreOpen();
	Datum	   *elements;
	int64	   *order_ids;
	int			n;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), INT8OID, sizeof(int64),
					  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &elements, NULL, &n);
	order_ids = palloc(mul_size(sizeof(int64), Max(n, 1)));
	for (int i = 0; i < n; i++)
		order_ids[i] = DatumGetInt64(elements[i]);
	OrdersLockStock(order_ids, n, NULL, 0);
	StoredValuesLockOrders(order_ids, n);
	for (int i = 0; i < n; i++)
		CancelWhole(order_ids[i], reason);
	StoreClose(scope);
	PG_RETURN_VOID();
}
