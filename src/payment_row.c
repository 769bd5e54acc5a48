/*
 * payment_row.c
 *		Payments as rows: named, read, locked and written.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "payment.h"

#include "executor/spi.h"
#include "utils/builtins.h"

#define PAYMENT_SELECT \
	"SELECT p.payment_no, p.status, p.amount, p.authorized, p.captured, " \
	"       p.refunded, p.method, p.provider, p.reference, p.expires_at, p.account_id "

/*
 * PaymentName names a payment as people do: payment 1041-P1.
 */
char *
PaymentName(const Payment *payment)
{
	return psprintf("payment " INT64_FORMAT "-P%d", payment->order_id,
					payment->payment_no);
}

/*
 * PaymentIsOver tells whether the time is over in which what is authorized
 * may be captured.
 */
bool
PaymentIsOver(const Payment *payment)
{
	return payment->expires_at <= PresentTime();
}

/*
 * ReadRows reads the payments of an order that a query of PAYMENT_SELECT
 * finds, and returns how many there are.
 */
static int
ReadRows(SavedPlan *find, int64 order_id, Payment **payments)
{
	Datum		values[1] = {Int64GetDatum(order_id)};
	int			n = PlanRun(find, values, NULL, false);

	*payments = palloc0(sizeof(Payment) * Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		Payment    *payment = &(*payments)[i];
		bool		isnull;
		Datum		expires_at = RowDatum(i, 10, &isnull);

		payment->order_id = order_id;
		payment->payment_no = RowInt32(i, 1);
		payment->status = DatumGetStatus(RowDatum(i, 2, NULL));
		payment->amount = DatumGetAmount(RowDatum(i, 3, NULL));
		payment->authorized = DatumGetAmount(RowDatum(i, 4, NULL));
		payment->captured = DatumGetAmount(RowDatum(i, 5, NULL));
		payment->refunded = DatumGetAmount(RowDatum(i, 6, NULL));
		payment->method = RowText(i, 7);
		payment->provider = RowText(i, 8);
		payment->reference = RowText(i, 9);
		payment->expires_at = isnull ? DT_NOEND
			: DatumGetTimestampTz(expires_at);
		payment->account_id = RowInt64(i, 11);
	}
	return n;
}

/*
 * PaymentsRead reads the payments of an order by number and returns how many
 * there are.
 */
int
PaymentsRead(int64 order_id, Payment **payments)
{
	static SavedPlan find = {
		"bigint",
		PAYMENT_SELECT
		"FROM oms.payments p WHERE p.order_id = $1 ORDER BY p.payment_no"
	};

	return ReadRows(&find, order_id, payments);
}

/*
 * PaymentsReadForRefund reads them in the order in which they are refunded:
 * methods that the channel names first, then by number.
 */
int
PaymentsReadForRefund(int64 order_id, Payment **payments)
{
	static SavedPlan find = {
		"bigint",
		PAYMENT_SELECT
		"FROM oms.payments p "
		"     JOIN oms.orders o USING (order_id) "
		"     JOIN oms.channels c USING (channel_id) "
		"WHERE p.order_id = $1 "
		"ORDER BY array_position(c.refund_methods, p.method) NULLS LAST, "
		"         p.payment_no"
	};

	return ReadRows(&find, order_id, payments);
}

/*
 * PaymentLock locks an order and reads one of its payments.  Raises OM006 if
 * there is no such order or payment.
 */
Payment
PaymentLock(int64 order_id, int payment_no)
{
	Payment		sought = {order_id, payment_no};
	Payment    *payments;
	int			n;

	OrderLock(order_id);
	n = PaymentsRead(order_id, &payments);
	for (int i = 0; i < n; i++)
		if (payments[i].payment_no == payment_no)
			return payments[i];
	ereport(ERROR,
			(errcode(ERRCODE_OMS_UNKNOWN_CODE),
			 errmsg("%s does not exist", PaymentName(&sought)),
			 errhint("oms.get_order(" INT64_FORMAT ") shows the payments of the order.",
					 order_id)));
}

/*
 * PaymentWrite stores status and sums of a payment.  The triggers refuse a
 * step that the machine doesn't have, record it, and settle the order.
 */
void
PaymentWrite(const Payment *payment)
{
	static SavedPlan update = {
		"bigint, integer, oms.payment_status, oms.amount, oms.amount, oms.amount",
		"UPDATE oms.payments "
		"SET status = $3, authorized = $4, captured = $5, refunded = $6 "
		"WHERE order_id = $1 AND payment_no = $2"
	};
	Datum		values[6] = {Int64GetDatum(payment->order_id),
		Int32GetDatum(payment->payment_no), StatusGetDatum(payment->status),
		AmountGetDatum(payment->authorized), AmountGetDatum(payment->captured),
		AmountGetDatum(payment->refunded)};

	PlanRun(&update, values, NULL, false);
}
