/*
 * return_complete.c
 *		Ends a return: the customer is credited for what was accepted, and gets
 *		back what is due.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "return.h"

#include "executor/spi.h"

/*
 * ReturnCredit is what a return gives back: for what was accepted, or, while
 * nobody knows, for all that is expected.
 */
Credit
ReturnCredit(const Return *item, bool expected)
{
	static SavedPlan find = {
		"bigint, integer, boolean",
		"SELECT line_no, q.quantity, restocking_fee_rate, refund_shipping "
		"FROM oms.return_lines, "
		"     LATERAL (SELECT CASE WHEN $3 THEN greatest(requested, received) - inspected + accepted "
		"                          ELSE accepted END AS quantity) AS q "
		"WHERE order_id = $1 AND return_no = $2 AND q.quantity > '0' "
		"ORDER BY line_no"
	};
	Datum		values[3] = {Int64GetDatum(item->order_id),
	Int32GetDatum(item->return_no), BoolGetDatum(expected)};
	int			n = PlanRun(&find, values, NULL, false);
	CreditAsk  *asks = palloc(mul_size(sizeof(CreditAsk), Max(n, 1)));
	bool		always = false;
	bool		if_whole = false;
	Credit		credit;

	for (int i = 0; i < n; i++)
	{
		const char *refund_shipping = RowText(i, 4);

		asks[i].line_no = RowInt32(i, 1);
		asks[i].quantity = DatumGetQuantity(RowDatum(i, 2, NULL));
		asks[i].fee_rate = DatumGetNumericCopy(RowDatum(i, 3, NULL));
		always = always || strcmp(refund_shipping, "always") == 0;
		if_whole = if_whole || strcmp(refund_shipping, "full_return") == 0;
	}
	credit = CreditOf(item->order_id, asks, n);
	if (always || (if_whole && credit.whole))
		CreditShipping(item->order_id, &credit);
	return credit;
}

/*
 * Note writes on a return what was given back for it.
 */
static void
Note(const Return *item, int invoice_no, int refund_no)
{
	static SavedPlan update = {
		"bigint, integer, integer, integer",
		"UPDATE oms.returns SET invoice_no = $3, refund_no = $4 "
		"WHERE order_id = $1 AND return_no = $2"
	};
	Params		params = {0};

	AddDatum(&params, Int64GetDatum(item->order_id));
	AddDatum(&params, Int32GetDatum(item->return_no));
	AddId(&params, invoice_no);
	AddId(&params, refund_no);
	PlanRun(&update, params.values, params.nulls, false);
}

/*
 * ReturnComplete credits a return that is inspected, gives back what is due of
 * it, and ends it.  The caller holds the locks of ReturnLock().
 */
Status
ReturnComplete(Return *item)
{
	Credit		credit;
	int			invoice_no;
	int64		moved;
	int			refund_no;

	ReturnRequireStep(item, RETURN_COMPLETED);
	credit = ReturnCredit(item, false);
	invoice_no = CreditWrite(item->order_id, &credit, "return",
							 item->return_no);
	moved = ExchangeSettle(item, credit.total);
	refund_no = RefundDue(item->order_id, credit.total - moved,
						  ReturnName(item->order_id, item->return_no));
	Note(item, invoice_no, refund_no);
	return ReturnMove(item, RETURN_COMPLETED, NULL);
}

/*
 * CompleteReturn is the body of oms.complete_return().
 */
static Datum
CompleteReturn(FunctionCallInfo fcinfo)
{
	Return		item = ReturnLock(PG_GETARG_INT64(0), PG_GETARG_INT32(1));

	PG_RETURN_STATUS(ReturnComplete(&item));
}

PG_FUNCTION_INFO_V1(oms_complete_return);

/*
 * oms_complete_return(order_id, return_no, reference) credits and refunds what
 * of a return was accepted.
 */
Datum
oms_complete_return(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, CompleteReturn);
}
