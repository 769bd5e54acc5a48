/*
 * order_credit.c
 *		Keeps what customers owe on terms within their credit limit.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "payment.h"

#include "executor/spi.h"

/*
 * RaiseExceeded reports a limit; the query of OrderRequireCredit() has just
 * run.
 */
static void
RaiseExceeded(void)
{
	Amount		used = DatumGetAmount(RowDatum(0, 2, NULL));
	Amount		due = DatumGetAmount(RowDatum(0, 3, NULL));

	ereport(ERROR,
			(errcode(ERRCODE_OMS_CREDIT_EXCEEDED),
			 errmsg("order exceeds the credit limit of customer \"%s\"",
					RowText(0, 4)),
			 errdetail("Limit %s, owed already %s, by this order %s.",
					   AmountToString(DatumGetAmount(RowDatum(0, 1, NULL))),
					   AmountToString(AmountSub(used, due)),
					   AmountToString(due)),
			 errhint("Pay the order in advance, settle what is owed, or raise the limit with oms.put_customer().")));
}

/*
 * OrderHasTerms tells whether an order's customer may pay bills later.
 */
bool
OrderHasTerms(int64 order_id)
{
	static SavedPlan find = {
		"bigint",
		"SELECT FROM oms.orders o JOIN oms.customers c USING (customer_id) "
		"WHERE o.order_id = $1 AND c.payment_terms_days IS NOT NULL"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};

	return PlanRun(&find, values, NULL, false) > 0;
}

/*
 * OrderRequireCredit raises OM009 if an order or payment on terms makes its customer owe
 * more than the credit limit.  The order has been written already: whoever
 * repeats its reference is to meet the order, not its own debt.  Locks the
 * customer's row, so that two orders at once are not each measured without
 * the other.
 */
void
OrderRequireCredit(int64 order_id)
{
	static SavedPlan lock = {
		"bigint",
		"SELECT FROM oms.orders o JOIN oms.customers c USING (customer_id) "
		"WHERE o.order_id = $1 AND c.credit_limit IS NOT NULL "
		"      AND (o.on_terms OR EXISTS (SELECT FROM oms.payments p "
		"                                 WHERE p.order_id = $1 AND p.method = '" METHOD_TERMS "')) "
		"FOR NO KEY UPDATE OF c"
	};
	static SavedPlan find = {
		"bigint",
		"SELECT c.credit_limit, oms_internal.credit_used(c.customer_id, c.credit_limit), "
		"       oms_internal.credit_used(c.customer_id, c.credit_limit, o.order_id), "
		"       coalesce(c.reference, c.email) "
		"FROM oms.orders o JOIN oms.customers c USING (customer_id) "
		"WHERE o.order_id = $1 AND c.credit_limit IS NOT NULL"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};

	if (PlanRun(&lock, values, NULL, false) == 0 ||
		PlanRunLatest(&find, values, NULL) == 0)
		return;
	if (DatumGetAmount(RowDatum(0, 2, NULL)) > DatumGetAmount(RowDatum(0, 1, NULL)))
		RaiseExceeded();
}
