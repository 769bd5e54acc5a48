/*
 * claim.c
 *		Makes good units that came damaged or not at all, without their being
 *		sent back: by money, or by another order.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "return.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/* How a claim is made good */
#define RESOLUTION_REFUND		"refund"
#define RESOLUTION_REPLACEMENT	"replacement"

/*
 * RequireClaimable raises OM008 for units that have not left, or that were
 * returned or claimed before.
 */
static void
RequireClaimable(int64 order_id, const AskedLines *asked)
{
	Faults		refusals;

	FaultsInit(&refusals);
	for (int i = 0; i < asked->count; i++)
	{
		const AskedLine *item = &asked->lines[i];
		const ReturnableLine *line = item->line;

		if (item->quantity > line->shipped - line->pending - line->claimed)
			FaultAdd(&refusals, psprintf("line %d", line->line_no),
					 "claimed %s of sku \"%s\", shipped %s, in returns %s, claimed before %s",
					 QuantityToString(item->quantity), line->sku.code,
					 QuantityToString(line->shipped),
					 QuantityToString(line->pending),
					 QuantityToString(line->claimed));
	}
	if (refusals.count > 0)
		ReturnRefuse(order_id, &refusals, "claim",
					 "What has left can be claimed once, and not what is returned. Money beyond that is given back by oms.refund().");
}

/*
 * ClaimInsert writes a claim with its lines and returns its number.
 */
static int
ClaimInsert(int64 order_id, const AskedLines *asked, const char *reason,
			const char *resolution)
{
	static SavedPlan insert = {
		"bigint, text, text",
		"INSERT INTO oms.claims (order_id, claim_no, reason, resolution) "
		"SELECT $1, coalesce(max(claim_no), 0) + 1, $2, $3 FROM oms.claims WHERE order_id = $1 "
		"RETURNING claim_no"
	};
	static SavedPlan lines = {
		"bigint, integer, integer[], oms.quantity[], text[]",
		"INSERT INTO oms.claim_lines (order_id, claim_no, line_no, quantity, reason) "
		"SELECT $1, $2, d.line_no, d.quantity, d.reason FROM unnest($3, $4, $5) AS d(line_no, quantity, reason)"
	};
	Rows		rows = RowsMake(3, asked->count);
	Params		params = {0};
	int			claim_no;

	AddDatum(&params, Int64GetDatum(order_id));
	AddText(&params, reason);
	AddText(&params, resolution);
	PlanRun(&insert, params.values, params.nulls, false);
	claim_no = RowInt32(0, 1);

	for (int i = 0; i < asked->count; i++)
	{
		Put(&rows, Int32GetDatum(asked->lines[i].line->line_no));
		Put(&rows, QuantityGetDatum(asked->lines[i].quantity));
		PutText(&rows, asked->lines[i].has_reason
				? asked->lines[i].reason.text : NULL);
	}
	params.count = 1;
	AddDatum(&params, Int32GetDatum(claim_no));
	AddRows(&params, &lines, &rows);
	PlanRun(&lines, params.values, params.nulls, false);
	return claim_no;
}

/*
 * ClaimNote writes on a claim how it was made good.
 */
static void
ClaimNote(int64 order_id, int claim_no, int invoice_no, int refund_no,
		  int64 replacement_order_id)
{
	static SavedPlan update = {
		"bigint, integer, integer, integer, bigint",
		"UPDATE oms.claims SET invoice_no = $3, refund_no = $4, replacement_order_id = $5 "
		"WHERE order_id = $1 AND claim_no = $2"
	};
	Params		params = {0};

	AddDatum(&params, Int64GetDatum(order_id));
	AddDatum(&params, Int32GetDatum(claim_no));
	AddId(&params, invoice_no);
	AddId(&params, refund_no);
	AddNullable(&params, Int64GetDatum(replacement_order_id),
				replacement_order_id == 0);
	PlanRun(&update, params.values, params.nulls, false);
}

/*
 * Refund credits a claim and gives back what is due of it.
 */
static void
Refund(int64 order_id, int claim_no, const AskedLines *asked)
{
	CreditAsk  *asks = palloc0(mul_size(sizeof(CreditAsk), asked->count));
	bool		shipping = false;
	Credit		credit;
	int			invoice_no;

	for (int i = 0; i < asked->count; i++)
	{
		asks[i].line_no = asked->lines[i].line->line_no;
		asks[i].quantity = asked->lines[i].quantity;
		shipping = shipping || asked->lines[i].reason.refunds_shipping;
	}
	credit = CreditOf(order_id, asks, asked->count);
	if (shipping)
		CreditShipping(order_id, &credit);
	invoice_no = CreditWrite(order_id, &credit, "claim", 0);
	ClaimNote(order_id, claim_no, invoice_no,
			  RefundDue(order_id, credit.total,
						psprintf("claim " INT64_FORMAT "-C%d", order_id, claim_no)),
			  0);
}

/*
 * Replace places an order of the claimed units at no charge.
 */
static void
Replace(int64 order_id, int claim_no)
{
	static SavedPlan find = {
		"bigint, integer",
		"SELECT jsonb_build_object('lines', jsonb_agg(jsonb_build_object( "
		"           'sku', s.code, 'quantity', c.quantity::numeric, 'unit_price', 0, 'discount', 0, 'tax', 0) "
		"           ORDER BY c.line_no), "
		"       'shipping', jsonb_build_object('service', "
		"           (SELECT v.code FROM oms.orders o JOIN oms.shipping_services v USING (service_id) "
		"            WHERE o.order_id = $1), 'price', 0, 'tax', 0)) "
		"FROM oms.claim_lines c "
		"     JOIN oms.order_lines l USING (order_id, line_no) JOIN oms.skus s USING (sku_id) "
		"WHERE c.order_id = $1 AND c.claim_no = $2"
	};
	Datum		values[2] = {Int64GetDatum(order_id), Int32GetDatum(claim_no)};
	int64		replacement;

	PlanRun(&find, values, NULL, false);
	replacement = LinkedOrderPlace(order_id, DatumGetJsonbPCopy(RowDatum(0, 1, NULL)),
								   psprintf(INT64_FORMAT "-C%d", order_id, claim_no));
	OrderLink(order_id, replacement, "replacement", 0, claim_no);
	ClaimNote(order_id, claim_no, 0, 0, replacement);
}

/*
 * AppendClaimed writes the event of a claim.
 */
static void
AppendClaimed(int64 order_id, int claim_no)
{
	static SavedPlan find = {
		"bigint, integer",
		"SELECT jsonb_strip_nulls(jsonb_build_object( "
		"           'reason', c.reason, 'resolution', c.resolution, 'order', c.replacement_order_id, "
		"           'credit', (SELECT i.total::text FROM oms.invoices i "
		"                      WHERE i.order_id = c.order_id AND i.invoice_no = c.invoice_no), "
		"           'refund', (SELECT r.amount::text FROM oms.refunds r "
		"                      WHERE r.order_id = c.order_id AND r.refund_no = c.refund_no), "
		"           'lines', (SELECT jsonb_agg(jsonb_build_object('line_no', l.line_no, "
		"                                      'quantity', l.quantity::text) ORDER BY l.line_no) "
		"                     FROM oms.claim_lines l "
		"                     WHERE l.order_id = c.order_id AND l.claim_no = c.claim_no))) "
		"FROM oms.claims c WHERE c.order_id = $1 AND c.claim_no = $2"
	};
	Datum		values[2] = {Int64GetDatum(order_id), Int32GetDatum(claim_no)};

	PlanRun(&find, values, NULL, false);
	EventAppend(order_id, "claim.settled", claim_no,
				DatumGetJsonbPCopy(RowDatum(0, 1, NULL)));
}

/*
 * ReadResolution reads how a claim is to be made good.  Raises 22023 for
 * anything else.
 */
static char *
ReadResolution(FunctionCallInfo fcinfo, int n)
{
	char	   *resolution = PG_ARGISNULL(n) ? RESOLUTION_REFUND
		: text_to_cstring(PG_GETARG_TEXT_PP(n));

	if (strcmp(resolution, RESOLUTION_REFUND) != 0 &&
		strcmp(resolution, RESOLUTION_REPLACEMENT) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("resolution \"%s\" does not exist", resolution),
				 errhint("A claim is made good by \"refund\" or \"replacement\".")));
	return resolution;
}

/*
 * ClaimItems is the body of oms.claim_items().
 */
static Datum
ClaimItems(FunctionCallInfo fcinfo)
{
	int64		order_id = PG_GETARG_INT64(0);
	JsonbContainer *lines = DocumentRequire(PG_GETARG_JSONB_P(1),
											&ReturnLinesDocument);
	char	   *reason = RequireText(PG_GETARG_TEXT_PP(2), "reason");
	char	   *resolution = ReadResolution(fcinfo, 3);
	AskedLines	asked;
	int			claim_no;

	OrdersLockRelated(order_id);
	asked = AskedLinesRead(order_id, lines, &ReturnLinesDocument, reason);
	RequireClaimable(order_id, &asked);
	claim_no = ClaimInsert(order_id, &asked, reason, resolution);
	if (strcmp(resolution, RESOLUTION_REFUND) == 0)
		Refund(order_id, claim_no, &asked);
	else
		Replace(order_id, claim_no);
	AppendClaimed(order_id, claim_no);
	PG_RETURN_INT32(claim_no);
}

PG_FUNCTION_INFO_V1(oms_claim_items);

/*
 * oms_claim_items(order_id, lines, reason, resolution, reference) makes good
 * units that are not sent back, and returns the number of the claim.
 */
Datum
oms_claim_items(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 3, ClaimItems);
}
