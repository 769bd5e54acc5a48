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
#include "ledger.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/*
 * ReadLines reads the lines of a purchase order, in order of their numbers.
 */
static PurchaseLine *
ReadLines(PurchaseOrder *order)
{
	static SavedPlan read = {
		"bigint",
		"SELECT l.line_no, s.code, coalesce(l.confirmed_cost, l.unit_cost), "
		"       l.quantity, l.received, l.cancelled, m.at_least, m.at_most "
		"FROM oms.purchase_order_lines l JOIN oms.skus s USING (sku_id) "
		"JOIN oms_internal.receipt_limits($1) m USING (line_no) "
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
		Datum		unit_cost = RowDatum(i, 3, &no_cost);

		lines[i].line_no = RowInt32(i, 1);
		codes[i] = RowText(i, 2);
		lines[i].ordered = DatumGetQuantity(RowDatum(i, 4, NULL));
		lines[i].received = DatumGetQuantity(RowDatum(i, 5, NULL));
		lines[i].cancelled = DatumGetQuantity(RowDatum(i, 6, NULL));
		lines[i].least = DatumGetQuantity(RowDatum(i, 7, NULL));
		lines[i].most = DatumGetQuantity(RowDatum(i, 8, NULL));
		lines[i].has_cost = !no_cost;
		lines[i].unit_cost = no_cost ? 0 : DatumGetAmount(unit_cost);
	}
	skus = SkusFind(codes, n);
	for (int i = 0; i < n; i++)
		lines[i].sku = &skus[i];
	return lines;
}

/*
 * FindLine is the line that element number i of a document names, NULL with a
 * fault if there is none.
 */
static PurchaseLine *
FindLine(const PurchaseOrder *order, PurchaseLine *lines,
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
 * Open is what is still to come of a line.
 */
static Quantity
Open(const PurchaseLine *line)
{
	return Max(line->ordered - line->cancelled - line->received, 0);
}

/*
 * ReadQuantity reads a quantity of element number i of a document, and adds a
 * fault if it is finer than the SKU's.
 */
static Quantity
ReadQuantity(const PurchaseLine *line, JsonbContainer *items, int i,
			 const char *key, Faults *faults)
{
	Quantity	quantity = 0;

	DocQuantity(DocItem(items, i), key, &quantity);
	if (quantity % SkuStep(line->sku) != 0)
		FaultAdd(faults, psprintf("$[%d].%s", i, key),
				 "must be a multiple of %s, is %s",
				 QuantityToString(SkuStep(line->sku)),
				 QuantityToString(quantity));
	return quantity;
}

/*
 * ReadReceipt reads how much of each line comes in: what the document
 * [{"line_no", "quantity", "rejected"}] says, or all that is open if it is NULL.
 * Raises OM007 with all its faults, and OM008 for more than may come.
 */
static void
ReadReceipt(const PurchaseOrder *order, PurchaseLine *lines, Jsonb *document)
{
	JsonbContainer *items = document == NULL ? NULL
		: DocumentRequire(document, &ReceiptLinesDocument);
	Faults		faults;

	FaultsInit(&faults);
	for (int i = 0; document == NULL && i < order->line_count; i++)
		lines[i].quantity = Open(&lines[i]);
	for (int i = 0; i < DocCount(items); i++)
	{
		PurchaseLine *line = FindLine(order, lines, items, i, &faults);

		if (line == NULL)
			continue;
		line->quantity = ReadQuantity(line, items, i, "quantity", &faults);
		line->rejected = ReadQuantity(line, items, i, "rejected", &faults);
	}
	FaultsRaise(&faults, ReceiptLinesDocument.name);
	for (int i = 0; i < order->line_count; i++)
		if (lines[i].quantity > 0 &&
			lines[i].quantity > lines[i].most - lines[i].received)
			ereport(ERROR,
					(errcode(ERRCODE_OMS_AMOUNT_EXCEEDED),
					 errmsg("more is received than was ordered"),
					 errdetail("Purchase order \"%s\" line %d of sku \"%s\": received %s, open %s, at most %s.",
							   order->code, lines[i].line_no, lines[i].sku->code,
							   QuantityToString(lines[i].quantity),
							   QuantityToString(Open(&lines[i])),
							   QuantityToString(Max(lines[i].most - lines[i].received, 0))),
					 errhint("Receive what was ordered, and what came beside it by oms.receive_stock().")));
}

/*
 * CountLine counts what comes in of a line.  A rest within the tolerance will
 * not come, and what comes after all was not cancelled.
 */
static void
CountLine(PurchaseLine *line)
{
	if (line->quantity == 0)
		return;
	line->received = QuantityAdd(line->received, line->quantity);
	if (line->received >= line->least ||
		line->received + line->cancelled > line->ordered)
		line->cancelled = Max(line->ordered - line->received, 0);
}

/*
 * CountReceived adds what comes in to the lines, and tells whether more is
 * open.
 */
static bool
CountReceived(const PurchaseOrder *order, PurchaseLine *lines)
{
	static SavedPlan update = {
		"bigint, integer[], oms.quantity[], oms.quantity[]",
		"UPDATE oms.purchase_order_lines l "
		"SET received = d.received, cancelled = d.cancelled "
		"FROM unnest($2, $3, $4) AS d(line_no, received, cancelled) "
		"WHERE l.purchase_order_id = $1 AND l.line_no = d.line_no"
	};
	Rows		rows = RowsMake(3, order->line_count);
	Params		params = {0};
	bool		open = false;

	for (int i = 0; i < order->line_count; i++)
	{
		CountLine(&lines[i]);
		open = open || Open(&lines[i]) > 0;
		if (lines[i].quantity == 0)
			continue;
		Put(&rows, Int32GetDatum(lines[i].line_no));
		Put(&rows, QuantityGetDatum(lines[i].received));
		Put(&rows, QuantityGetDatum(lines[i].cancelled));
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
 * RecordReceipt writes the rows of a receipt; changes are those of the lines of
 * which units are taken into stock, in their order.
 */
static void
RecordReceipt(const PurchaseOrder *order, const PurchaseLine *lines,
			  int32 location_id, const StockChange *changes)
{
	static SavedPlan insert = {
		"bigint, integer, integer[], oms.quantity[], oms.quantity[], "
		"oms.amount[], oms.amount[], oms.amount[]",
		"INSERT INTO oms.purchase_receipts (purchase_order_id, receipt_no, line_no, location_id, "
		"    quantity, rejected, unit_cost, value, base_value) "
		"SELECT $1, r.receipt_no, d.line_no, $2, d.quantity, d.rejected, d.unit_cost, d.value, d.base_value "
		"FROM (SELECT coalesce(max(receipt_no), 0) + 1 AS receipt_no "
		"      FROM oms.purchase_receipts WHERE purchase_order_id = $1) AS r, "
		"     unnest($3, $4, $5, $6, $7, $8) "
		"     AS d(line_no, quantity, rejected, unit_cost, value, base_value)"
	};
	Rows		rows = RowsMake(6, order->line_count);
	Params		params = {0};

	for (int i = 0; i < order->line_count; i++)
	{
		const PurchaseLine *line = &lines[i];
		bool		valued = line->quantity > 0 && changes->valued;

		if (line->quantity == 0 && line->rejected == 0)
			continue;
		Put(&rows, Int32GetDatum(line->line_no));
		Put(&rows, QuantityGetDatum(line->quantity));
		Put(&rows, QuantityGetDatum(line->rejected));
		PutNullable(&rows, AmountGetDatum(line->unit_cost), !line->has_cost);
		PutNullable(&rows, valued ? AmountGetDatum(changes->paid) : (Datum) 0,
					!valued);
		PutNullable(&rows, valued ? AmountGetDatum(changes->value) : (Datum) 0,
					!valued);
		if (line->quantity > 0)
			changes++;
	}
	AddDatum(&params, Int64GetDatum(order->purchase_order_id));
	AddDatum(&params, Int32GetDatum(location_id));
	AddRows(&params, &insert, &rows);
	PlanRun(&insert, params.values, params.nulls, false);
}

/*
 * BringStock adds what comes in to the stock of a location, and writes the
 * movements, a line each, as their costs may differ, and the receipt.
 */
static void
BringStock(const PurchaseOrder *order, const PurchaseLine *lines,
		   int32 location_id)
{
	int			count = order->line_count;
	StockChange *changes = palloc0(mul_size(sizeof(StockChange), count));
	StockChange *sums = palloc(mul_size(sizeof(StockChange), count));
	int			n = 0;
	int			summed;

	for (int i = 0; i < count; i++)
		if (lines[i].quantity > 0)
			changes[n++] = (StockChange) {lines[i].sku->sku_id, location_id,
				lines[i].quantity,
				.unit_cost = lines[i].has_cost ? &lines[i].unit_cost : NULL,
			.account = ACCOUNT_RECEIVED_NOT_BILLED};
	memcpy(sums, changes, sizeof(StockChange) * n);
	summed = StockSum(sums, n);
	StockEnsure(sums, summed);
	if (!StockApply(sums, summed, true))
		elog(ERROR, "stock levels cannot take what has come in");
	StockRecord(changes, n, "receipt",
				psprintf("purchase order %s", order->code), 0, 0);
	RecordReceipt(order, lines, location_id, changes);
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
 * Comes tells whether any of the goods are taken in.  Raises 55000 if there are
 * none at all.
 */
static bool
Comes(const PurchaseOrder *order, const PurchaseLine *lines)
{
	bool		rejected = false;

	for (int i = 0; i < order->line_count; i++)
	{
		if (lines[i].quantity > 0)
			return true;
		rejected = rejected || lines[i].rejected > 0;
	}
	if (!rejected)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("nothing of purchase order \"%s\" is open", order->code),
				 errdetail("Its supplier has confirmed none of it."),
				 errhint("Cancel it by oms.cancel_purchase_order(), or say what comes after all.")));
	return false;
}

/*
 * TakeIn takes in what comes, and returns the status.  Where it was the same
 * before, or all was sent back at the door, there is no step.
 */
static Status
TakeIn(const PurchaseOrder *order, PurchaseLine *lines, int32 location_id)
{
	bool		comes = Comes(order, lines);
	bool		open = CountReceived(order, lines);
	Status		to = open ? PURCHASE_ORDER_PARTIALLY_RECEIVED
		: PURCHASE_ORDER_RECEIVED;

	BringStock(order, lines, location_id);
	if (comes && order->status != to)
		return PurchaseOrderMove(order, to, NULL);
	PurchaseOrderRecord(order->purchase_order_id, order->code,
						comes ? "further_receipt" : "goods_rejected", NULL);
	return order->status;
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
	Status		status;

	if (order.status != PURCHASE_ORDER_PARTIALLY_RECEIVED)
		PurchaseOrderRequireStep(&order, PURCHASE_ORDER_PARTIALLY_RECEIVED);
	location_id = PurchaseLocation(&order);
	lines = ReadLines(&order);
	ReadReceipt(&order, lines, PG_ARGISNULL(1) ? NULL : PG_GETARG_JSONB_P(1));
	waiting = WaitingFor(&order, lines);
	status = TakeIn(&order, lines, location_id);
	BackordersFill(&waiting);
	PG_RETURN_STATUS(status);
}

PG_FUNCTION_INFO_V1(oms_receive_purchase_order);

/*
 * oms_receive_purchase_order(code, lines, reference) takes in goods, all that
 * are open or of lines [{"line_no", "quantity", "rejected"}], and serves the
 * orders that wait for them.
 */
Datum
oms_receive_purchase_order(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 1, ReceivePurchaseOrder);
}
