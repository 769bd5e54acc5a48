/*
 * payment_post.c
 *		Posts money that payments have taken and given back.
 *
 * Money stands with its provider until that is settled; gift cards and store
 * credit are no money but what is owed for them.  What moves is worth what it
 * is today, and the customer's side what it was on the day of the order; the
 * difference is an exchange gain or loss.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "charge.h"
#include "payment.h"

/*
 * MoneyPost posts money that was taken from the customer of an order, or with
 * a negative amount given back.  An exchange is no money: who makes it posts
 * it.  The caller holds the lock of the order's row.
 */
static void
MoneyPost(const char *kind, int64 order_id, int subject_no,
		  const char *method, const char *provider, Amount amount)
{
	int			currency = AmountCurrency(amount);
	Posting    *posting;

	if (MethodIsExchange(method))
		return;
	posting = PostingMake(kind, order_id, subject_no, currency,
						  OrderRate(order_id, currency));
	if (strcmp(method, METHOD_GIFT_CARD) == 0)
		PostingAdd(posting, ACCOUNT_GIFT_CARD_LIABILITY, AmountMinor(amount));
	else if (strcmp(method, METHOD_STORE_CREDIT) == 0)
		PostingAdd(posting, ACCOUNT_STORE_CREDIT_LIABILITY,
				   AmountMinor(amount));
	else
	{
		LedgerLine *line = PostingAdd(posting, ACCOUNT_CLEARING,
									  AmountMinor(amount));

		line->provider = provider;
		PostingValueToday(posting, line);
	}
	PostingAddCustomer(posting, -AmountMinor(amount));
	PostingWrite(posting);
}

/*
 * PaymentPost posts what a payment has taken or given back between two
 * states; before is its state with sums of zero for a new one.  A refund is
 * the order's last one.  The caller holds the lock of the order's row.
 */
void
PaymentPost(const Payment *before, const Payment *after)
{
	static SavedPlan last = {
		"bigint",
		"SELECT refund_no, CASE WHEN destination = '" REFUND_STORE_CREDIT "' THEN '" METHOD_STORE_CREDIT "' END "
		"FROM oms.refunds WHERE order_id = $1 ORDER BY refund_no DESC LIMIT 1"
	};
	Amount		captured = AmountSub(after->captured, before->captured);
	Amount		refunded = AmountSub(after->refunded, before->refunded);
	Datum		values[1] = {Int64GetDatum(after->order_id)};
	char	   *elsewhere;

	if (AmountMinor(captured) != 0)
		MoneyPost("capture", after->order_id, after->payment_no,
				  after->method, after->provider, captured);
	if (AmountMinor(refunded) == 0)
		return;
	if (PlanRun(&last, values, NULL, false) != 1)
		elog(ERROR, "refund of %s has vanished", PaymentName(after));
	elsewhere = RowText(0, 2);
	MoneyPost("refund", after->order_id, RowInt32(0, 1),
			  elsewhere != NULL ? elsewhere : after->method,
			  after->provider, AmountNegate(refunded));
}

/*
 * DraftPaymentsPost posts the payments that came captured with a new order.
 */
void
DraftPaymentsPost(int64 order_id, const OrderDraft *draft)
{
	for (int i = 0; i < draft->payment_count; i++)
	{
		const DraftPayment *payment = &draft->payments[i];

		if (payment->status == PAYMENT_CAPTURED)
			MoneyPost("capture", order_id, i + 1, payment->method,
					  payment->provider, payment->amount);
	}
}
