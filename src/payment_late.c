/*
 * payment_late.c
 *		Money that comes when its payment can't take it any more.
 *
 * A payment may have been voided, may have expired or failed, or may have been
 * asked for less, when its provider takes the money all the same.  Nothing of
 * it is lost: it becomes a payment of its own, to be used or to be refunded.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "payment.h"

#include "utils/builtins.h"

/*
 * AddLike adds a payment of the same means as another one, of a status that
 * says how much, and returns it.  A key of the provider is taken from the
 * payment if that has failed, else from the answer, unless another one has it.
 */
static Payment
AddLike(PaymentAnswer *answer, const Payment *like, Status status,
		Amount amount)
{
	Payment		payment = *like;
	Jsonb	   *metadata = EventData("instead_of",
									 psprintf(INT64_FORMAT "-P%d", like->order_id,
											  like->payment_no));

	payment.status = status;
	payment.amount = amount;
	payment.expires_at = answer->expires_at;
	if (like->status != PAYMENT_FAILED || like->provider == NULL ||
		like->reference == NULL)
	{
		payment.provider = answer->provider;
		payment.reference = answer->reference;
	}
	PaymentDerive(&payment, 0);
	if (!PaymentInsert(&payment, metadata))
	{
		payment.reference = NULL;
		PaymentInsert(&payment, metadata);
	}
	PaymentAdded(&payment);
	answer->booked_payment_no = payment.payment_no;
	return payment;
}

/*
 * LateMoney books money that a payment can't take as one that is captured.
 */
void
LateMoney(PaymentAnswer *answer, const Payment *payment, Amount amount)
{
	Payment		added = AddLike(answer, payment, PAYMENT_CAPTURED, amount);
	int			none = 0;

	PaymentConfirm(&added, "capture", NULL, &none, answer->reference,
				   answer->occurred_at);
}

/*
 * LateAuthorization is told when a provider grants what was given up.  After a
 * failed attempt it counts, as a payment of its own; else the provider has to
 * be told that nobody wants it.
 */
void
LateAuthorization(PaymentAnswer *answer, const Payment *payment, Amount amount)
{
	if (payment->status == PAYMENT_FAILED &&
		OrderLock(payment->order_id) != ORDER_CANCELLED)
	{
		Payment		added = AddLike(answer, payment, PAYMENT_AUTHORIZED, amount);
		int			none = 0;

		PaymentConfirm(&added, "authorization", NULL, &none,
					   answer->reference, answer->occurred_at);
	}
	else
	{
		EventField	fields[] = {
			{"amount", AmountToString(amount)},
			{"provider", answer->provider},
			{"reference", answer->reference}
		};

		EventAppend(payment->order_id, "payment.late_authorization",
					payment->payment_no,
					EventFields(fields, lengthof(fields)));
	}
}
