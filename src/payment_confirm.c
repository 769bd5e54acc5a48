/*
 * payment_confirm.c
 *		Steps of payments that a provider has confirmed, and what that means for
 *		refunds.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "payment.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/*
 * AddEntry adds what an entry is sought by: its payment and kind, its amount
 * unless that is NULL, and its refund unless that is 0.
 */
static void
AddEntry(Params *params, const Payment *payment, const char *kind,
		 const Amount *amount, int refund_no)
{
	AddDatum(params, Int64GetDatum(payment->order_id));
	AddDatum(params, Int32GetDatum(payment->payment_no));
	AddText(params, kind);
	AddNullable(params, AmountGetDatum(amount == NULL ? 0 : *amount),
				amount == NULL);
	AddId(params, refund_no);
}

/*
 * PaymentConfirm notes that the oldest entry of a kind which nobody has
 * confirmed took place; false if there is none.  amount is NULL, and
 * *refund_no 0, for any; then *refund_no tells which it was, 0 for none.
 * reference, which may be NULL, is the provider's key of the transaction.
 */
bool
PaymentConfirm(const Payment *payment, const char *kind, const Amount *amount,
			   int *refund_no, const char *reference, TimestampTz at)
{
	static SavedPlan update = {
		"bigint, integer, text, oms.amount, integer, text, timestamptz",
		"UPDATE oms.payment_entries SET provider_reference = $6, confirmed_at = $7 "
		"WHERE order_id = $1 AND payment_no = $2 "
		"      AND entry_no = (SELECT min(entry_no) FROM oms.payment_entries "
		"                      WHERE order_id = $1 AND payment_no = $2 AND kind = $3 "
		"                            AND confirmed_at IS NULL "
		"                            AND ($4 IS NULL OR amount = $4) "
		"                            AND ($5 IS NULL OR refund_no = $5)) "
		"RETURNING coalesce(refund_no, 0)"
	};
	Params		params = {0};

	AddEntry(&params, payment, kind, amount, *refund_no);
	AddText(&params, reference);
	AddDatum(&params, TimestampTzGetDatum(at));
	if (PlanRun(&update, params.values, params.nulls, false) == 0)
		return false;
	*refund_no = RowInt32(0, 1);
	return true;
}

/*
 * PaymentUnconfirmed reads the amount of the entry that PaymentConfirm() would
 * confirm; false if there is none.
 */
bool
PaymentUnconfirmed(const Payment *payment, const char *kind,
				   const Amount *amount, int *refund_no, Amount *found)
{
	static SavedPlan find = {
		"bigint, integer, text, oms.amount, integer",
		"SELECT coalesce(refund_no, 0), amount FROM oms.payment_entries "
		"WHERE order_id = $1 AND payment_no = $2 AND kind = $3 AND confirmed_at IS NULL "
		"      AND ($4 IS NULL OR amount = $4) AND ($5 IS NULL OR refund_no = $5) "
		"ORDER BY entry_no LIMIT 1"
	};
	Params		params = {0};

	AddEntry(&params, payment, kind, amount, *refund_no);
	if (PlanRun(&find, params.values, params.nulls, false) == 0)
		return false;
	*refund_no = RowInt32(0, 1);
	*found = DatumGetAmount(RowDatum(0, 2, NULL));
	return true;
}

/*
 * RefundFollow sets the status of a refund by its entries and by what
 * providers have said last of each.  Returns whether it has just failed.
 */
bool
RefundFollow(int64 order_id, int refund_no)
{
	static SavedPlan update = {
		"bigint, integer",
		"UPDATE oms.refunds r SET status = s.status "
		"FROM (SELECT CASE WHEN bool_and(e.confirmed_at IS NOT NULL) THEN 'confirmed' "
		"                  WHEN bool_or(e.confirmed_at IS NULL AND q.status = 'failed') THEN 'failed' "
		"                  ELSE 'issued' END AS status "
		"      FROM oms.payment_entries e "
		"           LEFT JOIN LATERAL (SELECT x.status FROM oms.payment_requests x "
		"                              WHERE x.order_id = $1 AND x.payment_no = e.payment_no "
		"                                    AND x.refund_no = $2 "
		"                              ORDER BY x.request_no DESC LIMIT 1) AS q ON true "
		"      WHERE e.order_id = $1 AND e.refund_no = $2) AS s "
		"WHERE r.order_id = $1 AND r.refund_no = $2 AND r.status <> s.status "
		"RETURNING r.status = 'failed'"
	};
	Datum		values[2] = {Int64GetDatum(order_id), Int32GetDatum(refund_no)};

	return PlanRun(&update, values, NULL, false) > 0 && RowBool(0, 1);
}
