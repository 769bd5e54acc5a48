/*
 * order_payment.c
 *		Reads and writes the payments that come with an order.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "payment.h"

#include "utils/builtins.h"

/*
 * SameText tells whether two texts are there and equal.
 */
static bool
SameText(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/*
 * RequireOwnReference adds a fault if a provider's key is that of a payment
 * before.  One that failed has given it back.
 */
static void
RequireOwnReference(OrderDraft *draft, int i)
{
	const DraftPayment *payment = &draft->payments[i];

	if (payment->status == PAYMENT_FAILED)
		return;
	for (int j = 0; j < i; j++)
		if (draft->payments[j].status != PAYMENT_FAILED &&
			SameText(draft->payments[j].provider, payment->provider) &&
			SameText(draft->payments[j].reference, payment->reference))
		{
			FaultAdd(&draft->faults, psprintf("$.payments[%d].reference", i),
					 "must be of one payment, is that of $.payments[%d]", j);
			return;
		}
}

/*
 * ReadPayment reads one of the payments.
 */
static void
ReadPayment(OrderDraft *draft, JsonbContainer *item, int i)
{
	DraftPayment *payment = &draft->payments[i];

	payment->method = DocText(item, "method");
	payment->provider = DocText(item, "provider");
	payment->reference = DocText(item, "reference");
	payment->metadata = DocJsonb(item, "metadata");
	payment->status = MethodFirstStatus(payment->method,
										DocText(item, "status"));
	if (!DocTimestamp(item, "expires_at", &payment->expires_at))
		payment->expires_at = DT_NOEND;
	DraftMoney(draft, psprintf("$.payments[%d].amount", i),
			   DocNumeric(item, "amount"), &payment->amount);
	if (MethodIsTerms(payment->method) && !draft->on_terms)
		FaultAdd(&draft->faults, psprintf("$.payments[%d].method", i),
				 NO_TERMS);
	if (MethodIsExchange(payment->method))
		FaultAdd(&draft->faults, psprintf("$.payments[%d].method", i),
				 MADE_BY_RETURN);
	RequireOwnReference(draft, i);
}

/*
 * DraftPaymentsRead reads the payments that came with the order, whose
 * customer has been looked up.
 */
void
DraftPaymentsRead(OrderDraft *draft, JsonbContainer *payments)
{
	int			n = payments == NULL ? 0 : DocCount(payments);

	draft->payment_count = n;
	draft->payments = palloc0(sizeof(DraftPayment) * Max(n, 1));
	for (int i = 0; i < n; i++)
		ReadPayment(draft, DocItem(payments, i), i);
}

/*
 * DraftPaymentsCover is how much of the total the payments of a document
 * cover.
 */
Amount
DraftPaymentsCover(const OrderDraft *draft)
{
	Amount		cover = AmountMake(draft->currency, 0);

	for (int i = 0; i < draft->payment_count; i++)
	{
		const DraftPayment *payment = &draft->payments[i];

		if (payment->status == PAYMENT_CAPTURED ||
			(payment->status == PAYMENT_AUTHORIZED &&
			 payment->expires_at > PresentTime()))
			cover = AmountAdd(cover, payment->amount);
	}
	return cover;
}

/*
 * DraftNeedsCredit tells whether an order makes its customer owe something on
 * terms, by itself or by a payment.
 */
bool
DraftNeedsCredit(const OrderDraft *draft)
{
	bool		needed = draft->on_terms;

	for (int i = 0; i < draft->payment_count; i++)
		needed = needed || MethodIsTerms(draft->payments[i].method);
	return needed;
}

/*
 * PaymentEntriesInsert inserts what explains the sums of the payments that
 * came with the order: an authorization, and a capture.
 */
static void
PaymentEntriesInsert(int64 order_id, const OrderDraft *draft)
{
	static StoreTable entries = {
		"payment_entries",
		"order_id bigint, payment_no integer, entry_no integer, "
		"kind text, amount oms.amount",
		NULL,
		{"payment_entries_payment_fkey"}
	};
	static const char *const kinds[] = {"authorization", "capture"};
	Rows		rows = RowsMake(5, 2 * draft->payment_count);

	for (int i = 0; i < draft->payment_count; i++)
	{
		const DraftPayment *payment = &draft->payments[i];
		int			steps = payment->status == PAYMENT_CAPTURED ? 2
			: payment->status == PAYMENT_AUTHORIZED ? 1 : 0;

		for (int e = 0; e < steps; e++)
		{
			Put(&rows, Int64GetDatum(order_id));
			Put(&rows, Int32GetDatum(i + 1));
			Put(&rows, Int32GetDatum(e + 1));
			PutText(&rows, kinds[e]);
			Put(&rows, AmountGetDatum(payment->amount));
		}
	}
	TableInsert(&entries, &rows);
}

/*
 * RefuseReferences raises OM004 for the first payment of a document whose
 * provider's key belongs to another one, so that it was left out.
 */
static void
RefuseReferences(int64 order_id, const OrderDraft *draft)
{
	Payment    *inserted;
	int			n = PaymentsRead(order_id, &inserted);
	int			i = 0;

	while (i < n && inserted[i].payment_no == i + 1)
		i++;
	PaymentRefuseReference(draft->payments[i].provider,
						   draft->payments[i].reference);
}

/*
 * PaymentsInsert inserts the payments that came with the order, with the
 * entries that explain their sums.  Raises OM004 if a provider's key belongs
 * to another payment.
 */
void
PaymentsInsert(int64 order_id, const OrderDraft *draft)
{
	static StoreTable payments = {
		"payments",
		"order_id bigint, payment_no integer, method text, "
		"provider text, reference text, status oms.payment_status, "
		"amount oms.amount, authorized oms.amount, "
		"captured oms.amount, refunded oms.amount, metadata jsonb, "
		"expires_at timestamptz, account_id bigint",
		"payments_reference_key",
		{"payments_order_id_fkey", "payments_account_id_fkey"},
		PAYMENTS_REFERENCE_KEY
	};
	Rows		rows = RowsMake(13, draft->payment_count);
	Amount		nothing = AmountMake(draft->currency, 0);

	for (int i = 0; i < draft->payment_count; i++)
	{
		const DraftPayment *payment = &draft->payments[i];
		bool		captured = payment->status == PAYMENT_CAPTURED;
		bool		authorized = captured || payment->status == PAYMENT_AUTHORIZED;

		Put(&rows, Int64GetDatum(order_id));
		Put(&rows, Int32GetDatum(i + 1));
		PutText(&rows, payment->method);
		PutText(&rows, payment->provider);
		PutText(&rows, payment->reference);
		Put(&rows, StatusGetDatum(payment->status));
		Put(&rows, AmountGetDatum(payment->amount));
		Put(&rows, AmountGetDatum(authorized ? payment->amount : nothing));
		Put(&rows, AmountGetDatum(captured ? payment->amount : nothing));
		Put(&rows, AmountGetDatum(nothing));
		PutJsonb(&rows, payment->metadata);
		PutNullable(&rows, TimestampTzGetDatum(payment->expires_at),
					TIMESTAMP_IS_NOEND(payment->expires_at));
		PutNullable(&rows, Int64GetDatum(payment->account_id),
					payment->account_id == 0);
	}
	if (TableInsert(&payments, &rows) < draft->payment_count)
		RefuseReferences(order_id, draft);
	PaymentEntriesInsert(order_id, draft);
}
