/*
 * purchasing_receive.c
 *		Receives the goods of purchase orders.
 *
 * They go to the stock of the location that ordered them, and the orders that
 * wait for them are served, which are locked after the purchase order and
 * before the stock.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "purchasing.h"

#include "utils/builtins.h"

/*
 * ReadReceipt reads how much of each line comes in: what the document
 * [{"line_no", "quantity"}] says, or all that is open if it is NULL.  Raises
 * OM007 with all its faults, and OM008 for more than is open.
 */
static void
ReadReceipt(const PurchaseOrder *order, PurchaseLine *lines, Jsonb *document)
{
	JsonbContainer *items = document == NULL ? NULL
		: DocumentRequire(document, &ReceiptLinesDocument);
	Faults		faults;

	FaultsInit(&faults);
	for (int i = 0; document == NULL && i < order->line_count; i++)
		lines[i].quantity = lines[i].open;
	for (int i = 0; i < DocCount(items); i++)
	{
		PurchaseLine *line = PurchaseLineFind(order, lines, items, i, &faults);

		if (line == NULL)
			continue;
		DocQuantity(DocItem(items, i), "quantity", &line->quantity);
		if (line->quantity % SkuStep(line->sku) != 0)
			FaultAdd(&faults, psprintf("$[%d].quantity", i),
					 "must be a multiple of %s, is %s",
					 QuantityToString(SkuStep(line->sku)),
					 QuantityToString(line->quantity));
	}
	FaultsRaise(&faults, ReceiptLinesDocument.name);
	for (int i = 0; i < order->line_count; i++)
		if (lines[i].quantity > lines[i].open)
			ereport(ERROR,
					(errcode(ERRCODE_OMS_AMOUNT_EXCEEDED),
					 errmsg("more is received than was ordered"),
					 errdetail("Purchase order \"%s\" line %d of sku \"%s\": received %s, open %s.",
							   order->code, lines[i].line_no, lines[i].sku->code,
							   QuantityToString(lines[i].quantity),
							   QuantityToString(lines[i].open)),
					 errhint("Receive what was ordered, and what came beside it by oms.receive_stock().")));
}

/*
 * CountReceived adds what comes in to the lines, and tells whether more is
 * open.
 */
static bool
CountReceived(const PurchaseOrder *order, const PurchaseLine *lines)
{
	static SavedPlan update = {
		"bigint, integer[], oms.quantity[]",
		"UPDATE oms.purchase_order_lines l SET received = l.received + d.quantity "
		"FROM unnest($2, $3) AS d(line_no, quantity) "
		"WHERE l.purchase_order_id = $1 AND l.line_no = d.line_no"
	};
	Rows		rows = RowsMake(2, order->line_count);
	Params		params = {0};
	bool		open = false;

	for (int i = 0; i < order->line_count; i++)
	{
		open = open || lines[i].open > lines[i].quantity;
		if (lines[i].quantity == 0)
			continue;
		Put(&rows, Int32GetDatum(lines[i].line_no));
		Put(&rows, QuantityGetDatum(lines[i].quantity));
	}
	AddDatum(&params, Int64GetDatum(order->purchase_order_id));
	AddRows(&params, &update, &rows);
	PlanRun(&update, params.values, params.nulls, false);
	return open;
}

/*
 * PurchaseLocation is where the goods of a purchase order go.  Raises 55000 if
 * it is closed.
 */
static int32
PurchaseLocation(const PurchaseOrder *order)
{
	static SavedPlan find = {
		"bigint",
		"SELECT l.location_id, l.code, l.active "
		"FROM oms.purchase_orders o JOIN oms.locations l USING (location_id) "
		"WHERE o.purchase_order_id = $1"
	};
	Datum		values[1] = {Int64GetDatum(order->purchase_order_id)};

	PlanRun(&find, values, NULL, false);
	StockPlaceRequireActive(RowText(0, 2), RowBool(0, 3));
	return RowInt32(0, 1);
}

/*
 * BringStock adds what comes in to the stock of a location, and writes the
 * movements, a line each, as their costs may differ.
 */
static void
BringStock(const PurchaseOrder *order, const PurchaseLine *lines,
		   int32 location_id)
{
	int			count = order->line_count;
	StockChange *changes = palloc(mul_size(sizeof(StockChange), count));
	StockChange *sums = palloc(mul_size(sizeof(StockChange), count));
	int			n;

	for (int i = 0; i < count; i++)
		changes[i] = (StockChange) {lines[i].sku->sku_id, location_id,
			lines[i].quantity,
		.unit_cost = lines[i].has_cost ? &lines[i].unit_cost : NULL};
	memcpy(sums, changes, sizeof(StockChange) * count);
	n = StockSum(sums, count);
	StockEnsure(sums, n);
	if (!StockApply(sums, n, true))
		elog(ERROR, "stock levels cannot take what has come in");
	n = 0;
	for (int i = 0; i < count; i++)
		if (changes[i].on_hand > 0)
			changes[n++] = changes[i];
	StockRecord(changes, n, "receipt",
				psprintf("purchase order %s", order->code), 0, 0);
}

/*
 * WaitingFor locks the orders that wait for what comes in, and their stock.
 */
static Backorders
WaitingFor(const PurchaseOrder *order, const PurchaseLine *lines)
{
	int64	   *sku_ids = palloc(mul_size(sizeof(int64), order->line_count));
	int			n = 0;

	for (int i = 0; i < order->line_count; i++)
		if (lines[i].quantity > 0)
			sku_ids[n++] = lines[i].sku->sku_id;
	return BackordersLock(sku_ids, n);
}

/*
 * ReceivePurchaseOrder is the body of oms.receive_purchase_order().
 */
static Datum
ReceivePurchaseOrder(FunctionCallInfo fcinfo)
{
	PurchaseOrder order = PurchaseOrderLock(PG_GETARG_TEXT_PP(0));
	PurchaseLine *lines;
	Backorders	waiting;
	int32		location_id;
	Status		to;

	if (order.status != PURCHASE_ORDER_PARTIALLY_RECEIVED)
		PurchaseOrderRequireStep(&order, PURCHASE_ORDER_PARTIALLY_RECEIVED);
	location_id = PurchaseLocation(&order);
	lines = PurchaseLinesRead(&order);
	ReadReceipt(&order, lines, PG_ARGISNULL(1) ? NULL : PG_GETARG_JSONB_P(1));
	waiting = WaitingFor(&order, lines);
	to = CountReceived(&order, lines) ? PURCHASE_ORDER_PARTIALLY_RECEIVED
		: PURCHASE_ORDER_RECEIVED;
	BringStock(&order, lines, location_id);
	if (order.status != to)
		PurchaseOrderMove(&order, to, NULL);
	BackordersFill(&waiting);
	PG_RETURN_STATUS(to);
}

PG_FUNCTION_INFO_V1(oms_receive_purchase_order);

/*
 * oms_receive_purchase_order(code, lines, reference) takes in goods, all that
 * are open or of lines [{"line_no", "quantity"}], and serves the orders that
 * wait for them.
 */
Datum
oms_receive_purchase_order(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 1, ReceivePurchaseOrder);
}
