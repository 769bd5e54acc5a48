/*
 * return_inspect.c
 *		Goods that came back are looked at: in which state they are, what
 *		becomes of them, and whether the customer is credited.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "return.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/* What came of a line in one receipt and was not inspected */
typedef struct OpenReceipt
{
	int			line_no;
	int			receipt_no;
	int32		location_id;
	Quantity	open;
} OpenReceipt;

typedef struct Inspection
{
	Return		item;
	int			receipt_count;
	OpenReceipt *receipts;
	int			count;
	InspectedPart *parts;
} Inspection;

/*
 * ReadReceipts reads what is to be inspected, the oldest first.
 */
static void
ReadReceipts(Inspection *inspection)
{
	static SavedPlan find = {
		"bigint, integer",
		"SELECT line_no, receipt_no, location_id, quantity - inspected "
		"FROM oms.return_receipts "
		"WHERE order_id = $1 AND return_no = $2 "
		"ORDER BY line_no, receipt_no"
	};
	Datum		values[2] = {Int64GetDatum(inspection->item.order_id),
	Int32GetDatum(inspection->item.return_no)};
	int			n = PlanRun(&find, values, NULL, false);

	inspection->receipt_count = n;
	inspection->receipts = palloc(mul_size(sizeof(OpenReceipt), Max(n, 1)));
	for (int i = 0; i < n; i++)
	{
		OpenReceipt *receipt = &inspection->receipts[i];

		receipt->line_no = RowInt32(i, 1);
		receipt->receipt_no = RowInt32(i, 2);
		receipt->location_id = RowInt32(i, 3);
		receipt->open = DatumGetQuantity(RowDatum(i, 4, NULL));
	}
}

/*
 * OpenOf is how much of a line is to be inspected; -1 if nothing of it came.
 */
static Quantity
OpenOf(const Inspection *inspection, int line_no)
{
	Quantity	open = -1;

	for (int i = 0; i < inspection->receipt_count; i++)
		if (inspection->receipts[i].line_no == line_no)
			open = Max(open, 0) + inspection->receipts[i].open;
	return open;
}

/*
 * CheckAsked raises OM007 for lines of which nothing came, OM008 if more is
 * inspected than has come.  A line may stand several times in the document.
 */
static void
CheckAsked(const Inspection *inspection, JsonbContainer *items)
{
	int			n = DocCount(items);
	int		   *line_nos = palloc(mul_size(sizeof(int), n));
	Quantity   *sums = palloc0(mul_size(sizeof(Quantity), n));
	int			count = 0;
	Faults		faults;
	Faults		refusals;

	FaultsInit(&faults);
	FaultsInit(&refusals);
	for (int i = 0; i < n; i++)
	{
		int			line_no = DocInteger(DocItem(items, i), "line_no", 0);
		Quantity	quantity = 0;
		int			at = 0;

		if (OpenOf(inspection, line_no) < 0)
			FaultAdd(&faults, psprintf("$[%d].line_no", i),
					 "nothing of line %d has come", line_no);
		while (at < count && line_nos[at] != line_no)
			at++;
		line_nos[at] = line_no;
		count = Max(count, at + 1);
		DocQuantity(DocItem(items, i), "quantity", &quantity);
		sums[at] = QuantityAdd(sums[at], quantity);
	}
	FaultsRaise(&faults, InspectionLinesDocument.name);
	for (int i = 0; i < count; i++)
		if (sums[i] > OpenOf(inspection, line_nos[i]))
			FaultAdd(&refusals, psprintf("line %d", line_nos[i]),
					 "inspected %s, received and not inspected %s",
					 QuantityToString(sums[i]),
					 QuantityToString(OpenOf(inspection, line_nos[i])));
	if (refusals.count > 0)
		ReturnRefuse(inspection->item.order_id, &refusals, "inspect",
					 "Receive by oms.receive_return() what has come first.");
}

/*
 * CheckSteps raises OM007 for quantities that are no units of their SKUs.
 */
static void
CheckSteps(int64 order_id, JsonbContainer *items)
{
	static SavedPlan find = {
		"bigint, integer",
		"SELECT s.decimals::integer FROM oms.order_lines l JOIN oms.skus s USING (sku_id) "
		"WHERE l.order_id = $1 AND l.line_no = $2"
	};
	Faults		faults;

	FaultsInit(&faults);
	for (int i = 0; i < DocCount(items); i++)
	{
		Datum		values[2] = {Int64GetDatum(order_id),
		Int32GetDatum(DocInteger(DocItem(items, i), "line_no", 0))};
		Quantity	quantity = 0;
		Sku			sku = {0};

		DocQuantity(DocItem(items, i), "quantity", &quantity);
		if (PlanRun(&find, values, NULL, false) == 0)
			continue;
		sku.decimals = RowInt32(0, 1);
		if (quantity % SkuStep(&sku) != 0)
			FaultAdd(&faults, psprintf("$[%d].quantity", i),
					 "must be a multiple of %s, is %s",
					 QuantityToString(SkuStep(&sku)),
					 QuantityToString(quantity));
	}
	FaultsRaise(&faults, InspectionLinesDocument.name);
}

/*
 * TakeParts makes the parts of an inspection: each element of the document
 * takes from the receipts of its line, the oldest first.
 */
static void
TakeParts(Inspection *inspection, JsonbContainer *items)
{
	int			n = DocCount(items);

	inspection->parts = palloc0(mul_size(sizeof(InspectedPart),
										 n + inspection->receipt_count));
	for (int i = 0; i < n; i++)
	{
		JsonbContainer *document = DocItem(items, i);
		Quantity	quantity = 0;

		DocQuantity(document, "quantity", &quantity);
		for (int j = 0; j < inspection->receipt_count && quantity > 0; j++)
		{
			OpenReceipt *receipt = &inspection->receipts[j];
			InspectedPart *part = &inspection->parts[inspection->count];

			if (receipt->line_no != DocInteger(document, "line_no", 0) ||
				receipt->open == 0)
				continue;
			part->line_no = receipt->line_no;
			part->receipt_no = receipt->receipt_no;
			part->location_id = receipt->location_id;
			part->quantity = Min(quantity, receipt->open);
			part->grade = DocText(document, "grade");
			part->disposition = DocText(document, "disposition");
			part->accepted = DocBool(document, "accepted", true);
			receipt->open -= part->quantity;
			quantity -= part->quantity;
			inspection->count++;
		}
	}
}

/*
 * WriteParts writes an inspection and counts it on the receipts and lines.
 */
static void
WriteParts(const Inspection *inspection)
{
#define INSPECTED \
	"unnest($3, $4, $5, $6, $7, $8, $9) WITH ORDINALITY " \
	"AS d(line_no, receipt_no, location_id, quantity, grade, disposition, accepted, n)"
#define INSPECTED_TYPES \
	"bigint, integer, integer[], integer[], integer[], oms.quantity[], text[], text[], boolean[]"
	static SavedPlan insert = {
		INSPECTED_TYPES,
		"INSERT INTO oms.return_inspections "
		"       (order_id, return_no, inspection_no, line_no, location_id, quantity, grade, disposition, accepted) "
		"SELECT $1, $2, last.inspection_no + d.n, d.line_no, d.location_id, d.quantity, d.grade, d.disposition, d.accepted "
		"FROM (SELECT coalesce(max(inspection_no), 0) AS inspection_no FROM oms.return_inspections "
		"      WHERE order_id = $1 AND return_no = $2) AS last, " INSPECTED
	};
	static SavedPlan receipts = {
		INSPECTED_TYPES,
		"UPDATE oms.return_receipts r SET inspected = r.inspected + d.quantity "
		"FROM (SELECT line_no, receipt_no, sum(quantity) AS quantity FROM " INSPECTED
		"      GROUP BY line_no, receipt_no) AS d "
		"WHERE r.order_id = $1 AND r.return_no = $2 AND r.receipt_no = d.receipt_no AND r.line_no = d.line_no"
	};
	static SavedPlan lines = {
		INSPECTED_TYPES,
		"UPDATE oms.return_lines l SET inspected = l.inspected + d.quantity, accepted = l.accepted + d.accepted "
		"FROM (SELECT line_no, sum(quantity) AS quantity, "
		"             coalesce(sum(quantity) FILTER (WHERE accepted), '0') AS accepted FROM " INSPECTED
		"      GROUP BY line_no) AS d "
		"WHERE l.order_id = $1 AND l.return_no = $2 AND l.line_no = d.line_no"
	};
	Rows		rows = RowsMake(7, inspection->count);
	Params		params = {0};

	for (int i = 0; i < inspection->count; i++)
	{
		const InspectedPart *part = &inspection->parts[i];

		Put(&rows, Int32GetDatum(part->line_no));
		Put(&rows, Int32GetDatum(part->receipt_no));
		Put(&rows, Int32GetDatum(part->location_id));
		Put(&rows, QuantityGetDatum(part->quantity));
		PutText(&rows, part->grade);
		PutText(&rows, part->disposition);
		Put(&rows, BoolGetDatum(part->accepted));
	}
	AddDatum(&params, Int64GetDatum(inspection->item.order_id));
	AddDatum(&params, Int32GetDatum(inspection->item.return_no));
	AddRows(&params, &insert, &rows);
	PlanRun(&insert, params.values, params.nulls, false);
	PlanRun(&receipts, params.values, params.nulls, false);
	PlanRun(&lines, params.values, params.nulls, false);
}

/*
 * WaitingFor locks the orders that a return is about together with those that
 * wait for what is put back, and the stock of both.  What comes back is known
 * from the document and what has left.
 */
static Backorders
WaitingFor(int64 order_id, JsonbContainer *items)
{
	int			n = DocCount(items);
	int		   *line_nos = palloc(mul_size(sizeof(int), n));
	int64	   *sku_ids;
	int64	   *order_ids;
	int			order_count;
	int			count = 0;

	for (int i = 0; i < n; i++)
		if (strcmp(DocText(DocItem(items, i), "disposition"), "restock") == 0)
			line_nos[count++] = DocInteger(DocItem(items, i), "line_no", 0);
	count = ReturnedSkus(order_id, line_nos, count, &sku_ids);
	order_ids = OrdersRelated(order_id, &order_count);
	return BackordersLockWith(order_ids, order_count, sku_ids, count);
}

/*
 * Finish takes the steps that an inspection makes due: all that has come is
 * inspected, and then the return may be completed by itself.
 */
static Status
Finish(Inspection *inspection)
{
	Return	   *item = &inspection->item;

	for (int i = 0; i < inspection->receipt_count; i++)
		if (inspection->receipts[i].open > 0)
		{
			EventAppend(item->order_id, "return.further_inspection",
						item->return_no,
						ReturnStepData(item->order_id, item->return_no,
									   RETURN_INSPECTED, NULL));
			return item->status;
		}
	ReturnMove(item, RETURN_INSPECTED, NULL);
	return item->auto_refund ? ReturnComplete(item) : item->status;
}

/*
 * InspectReturn is the body of oms.inspect_return().
 */
static Datum
InspectReturn(FunctionCallInfo fcinfo)
{
	int64		order_id = PG_GETARG_INT64(0);
	JsonbContainer *items = DocumentRequire(PG_GETARG_JSONB_P(2),
											&InspectionLinesDocument);
	Backorders	waiting = WaitingFor(order_id, items);
	Inspection	inspection = {ReturnLock(order_id, PG_GETARG_INT32(1))};
	Status		status;

	ReturnRequireStep(&inspection.item, RETURN_INSPECTED);
	CheckSteps(order_id, items);
	ReadReceipts(&inspection);
	CheckAsked(&inspection, items);
	TakeParts(&inspection, items);
	ReturnStock(&inspection.item, inspection.parts, inspection.count);
	WriteParts(&inspection);
	status = Finish(&inspection);
	BackordersFill(&waiting);
	PG_RETURN_STATUS(status);
}

PG_FUNCTION_INFO_V1(oms_inspect_return);

/*
 * oms_inspect_return(order_id, return_no, lines, reference) says in which state
 * goods are that have come back, and what becomes of them.
 */
Datum
oms_inspect_return(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 3, InspectReturn);
}
