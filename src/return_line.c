/*
 * return_line.c
 *		Lines of documents of returns and claims, matched with the lines of
 *		their order and what may be done with these.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "return.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/*
 * OptionalInteger reads a column that may be null, which is -1.
 */
static int
OptionalInteger(uint64 row, int column)
{
	bool		isnull;
	Datum		value = RowDatum(row, column, &isnull);

	return isnull ? -1 : DatumGetInt32(value);
}

/*
 * ReadLine reads a row of the query of ReturnableLinesRead().
 */
static void
ReadLine(uint64 row, ReturnableLine *line)
{
	line->line_no = RowInt32(row, 1);
	line->sku.code = RowText(row, 2);
	line->sku.decimals = RowInt32(row, 3);
	line->shipped = DatumGetQuantity(RowDatum(row, 4, NULL));
	line->delivered = DatumGetQuantity(RowDatum(row, 5, NULL));
	line->returned = DatumGetQuantity(RowDatum(row, 6, NULL));
	line->pending = DatumGetQuantity(RowDatum(row, 7, NULL));
	line->claimed = DatumGetQuantity(RowDatum(row, 8, NULL));
	line->final_sale = RowBool(row, 9);
	line->has_policy = RowBool(row, 10);
	if (!line->has_policy)
	{
		line->window_days = line->warranty_days = line->send_days = -1;
		line->refund_shipping = "never";
		return;
	}
	line->window_days = OptionalInteger(row, 11);
	line->warranty_days = OptionalInteger(row, 12);
	line->restocking_fee_rate = DatumGetNumericCopy(RowDatum(row, 13, NULL));
	line->refund_shipping = RowText(row, 14);
	line->auto_approve = RowBool(row, 15);
	line->auto_refund = RowBool(row, 16);
	line->send_days = OptionalInteger(row, 17);
}

/*
 * ReturnableLinesRead reads the lines of an order that the caller has locked,
 * with the policy that is for each, and returns how many there are.
 */
static int
ReturnableLinesRead(int64 order_id, ReturnableLine **lines)
{
	static SavedPlan find = {
		"bigint",
		"SELECT l.line_no, s.code, s.decimals::integer, l.shipped, l.delivered, l.returned, "
		"       coalesce(r.pending, '0'), coalesce(c.claimed, '0'), 'final_sale' = ANY (s.flags), "
		"       p.policy_id IS NOT NULL, p.window_days, p.warranty_days, p.restocking_fee_rate, "
		"       p.refund_shipping, p.auto_approve, p.auto_refund, p.send_days "
		"FROM oms.order_lines l "
		"     JOIN oms.skus s USING (sku_id) "
		"     JOIN oms.return_terms p USING (order_id, line_no) "
		"     LEFT JOIN LATERAL "
		"          (SELECT sum(CASE WHEN r.status = 'requested' THEN x.requested "
		"                           WHEN r.status IN ('approved', 'in_transit', 'received') "
		"                           THEN greatest(x.approved, x.received) "
		"                           ELSE x.received END) AS pending "
		"           FROM oms.return_lines x JOIN oms.returns r USING (order_id, return_no) "
		"           WHERE x.order_id = l.order_id AND x.line_no = l.line_no "
		"                 AND r.status NOT IN ('rejected', 'cancelled')) AS r ON true "
		"     LEFT JOIN LATERAL "
		"          (SELECT sum(x.quantity) AS claimed FROM oms.claim_lines x "
		"           WHERE x.order_id = l.order_id AND x.line_no = l.line_no) AS c ON true "
		"WHERE l.order_id = $1 ORDER BY l.line_no"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};
	int			n = PlanRun(&find, values, NULL, false);

	*lines = palloc0(mul_size(sizeof(ReturnableLine), Max(n, 1)));
	for (int i = 0; i < n; i++)
		ReadLine(i, &(*lines)[i]);
	return n;
}

/*
 * ReadReasons looks up the reasons of lines; words that are no code are a
 * wish of the customer.
 */
static void
ReadReasons(AskedLines *asked)
{
	static SavedPlan find = {
		"text[]",
		"SELECT coalesce(r.fault, 'customer'), coalesce(r.refunds_shipping, false), coalesce(r.warranty, false) "
		"FROM unnest($1) WITH ORDINALITY AS t(code, n) LEFT JOIN oms.return_reasons r USING (code) "
		"ORDER BY t.n"
	};
	Rows		rows = RowsMake(1, asked->count);
	Params		params = {0};

	for (int i = 0; i < asked->count; i++)
		PutText(&rows, asked->lines[i].reason.text);
	AddRows(&params, &find, &rows);
	PlanRun(&find, params.values, params.nulls, false);
	for (int i = 0; i < asked->count; i++)
	{
		ReturnReason *reason = &asked->lines[i].reason;

		reason->fault = RowText(i, 1);
		reason->refunds_shipping = RowBool(i, 2);
		reason->warranty = RowBool(i, 3);
	}
}

/*
 * FindLine is the line that element number i of a document names, NULL with a
 * fault if there is none or it was named before.
 */
static const ReturnableLine *
FindLine(int64 order_id, const AskedLines *asked, JsonbContainer *items, int i,
		 Faults *faults)
{
	int			line_no = DocInteger(DocItem(items, i), "line_no", 0);
	char	   *path = psprintf("$[%d].line_no", i);

	for (int j = 0; j < asked->count; j++)
		if (asked->lines[j].line->line_no == line_no)
		{
			FaultAdd(faults, path, "is given twice");
			return NULL;
		}
	for (int j = 0; j < asked->line_count; j++)
		if (asked->all[j].line_no == line_no)
			return &asked->all[j];
	FaultAdd(faults, path, "order " INT64_FORMAT " has no line %d", order_id,
			 line_no);
	return NULL;
}

/*
 * AskedLinesRead reads lines [{"line_no", "quantity", "reason"}] of an order
 * that the caller has locked, from a document whose shape is right; reason is
 * for lines without one, and may be NULL.  Raises OM007 with all faults.
 */
AskedLines
AskedLinesRead(int64 order_id, JsonbContainer *items, const Document *shape,
			   const char *reason)
{
	int			n = DocCount(items);
	AskedLines	asked = {0};
	Faults		faults;

	FaultsInit(&faults);
	asked.line_count = ReturnableLinesRead(order_id, &asked.all);
	asked.lines = palloc0(mul_size(sizeof(AskedLine), n));
	for (int i = 0; i < n; i++)
	{
		const ReturnableLine *line = FindLine(order_id, &asked, items, i, &faults);
		AskedLine  *item = &asked.lines[asked.count];
		char	   *own = DocText(DocItem(items, i), "reason");

		if (line == NULL)
			continue;
		item->index = i;
		item->line = line;
		item->has_reason = own != NULL;
		item->reason.text = own != NULL || reason == NULL ? own : pstrdup(reason);
		DocQuantity(DocItem(items, i), "quantity", &item->quantity);
		if (item->quantity % SkuStep(&line->sku) != 0)
			FaultAdd(&faults, psprintf("$[%d].quantity", i),
					 "must be a multiple of %s, is %s",
					 QuantityToString(SkuStep(&line->sku)),
					 QuantityToString(item->quantity));
		asked.count++;
	}
	FaultsRaise(&faults, shape->name);
	ReadReasons(&asked);
	return asked;
}

/*
 * ReturnRefuse raises OM008 with all that was refused, a line each.
 */
void
ReturnRefuse(int64 order_id, Faults *refusals, const char *verb,
			 const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_OMS_AMOUNT_EXCEEDED),
			 errmsg("cannot %s these units of order " INT64_FORMAT, verb, order_id),
			 errdetail_internal("%s", FaultsText(refusals)),
			 errhint("%s", hint)));
}

/*
 * AskedLinesRequireReceivable raises OM008 for units that cannot have come
 * back, as the customer has not got so many.
 */
void
AskedLinesRequireReceivable(int64 order_id, const AskedLines *asked)
{
	Faults		refusals;

	FaultsInit(&refusals);
	for (int i = 0; i < asked->count; i++)
	{
		const AskedLine *item = &asked->lines[i];
		const ReturnableLine *line = item->line;

		if (item->quantity > line->delivered - line->returned)
			FaultAdd(&refusals, psprintf("line %d", line->line_no),
					 "received %s of sku \"%s\", delivered %s, returned before %s",
					 QuantityToString(item->quantity), line->sku.code,
					 QuantityToString(line->delivered),
					 QuantityToString(line->returned));
	}
	if (refusals.count > 0)
		ReturnRefuse(order_id, &refusals, "receive",
					 "Only what was delivered and has not come back can come back. Take in other goods by oms.receive_stock().");
}
