/*
 * stored_value_payment.c
 *		Gift cards and store credit as means of payment.
 *
 * A payment of these methods names an account; the code of a card is only in
 * the document that asks for the payment.  What is authorized of the payment
 * is held on the account, what is captured goes off, what is given up is free
 * again, and what is refunded comes back: the account follows the payment,
 * whoever changes it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stored_value.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

/*
 * IsCard tells whether a method is paying by gift card.
 */
static bool
IsCard(const char *method)
{
	return strcmp(method, METHOD_GIFT_CARD) == 0;
}

/*
 * CheckDocument adds the faults of a payment's document that needs an account;
 * path is where it stands.
 */
static void
CheckDocument(Faults *faults, const char *path, const char *method,
			  const char *provider, const char *reference)
{
	if (provider != NULL)
		FaultAdd(faults, psprintf("%s.provider", path),
				 "must not be given with method \"%s\"", method);
	if (IsCard(method) && reference == NULL)
		FaultAdd(faults, psprintf("%s.reference", path),
				 "must be the code of the gift card");
}

/*
 * FindCards looks up the cards that payments of a draft name.
 */
static void
FindCards(OrderDraft *draft)
{
	static SavedPlan find = {
		"integer[], text[]",
		"SELECT u.i, a.account_id, a.code_end "
		"FROM unnest($1, $2) AS u(i, code) "
		"     LEFT JOIN oms.stored_value_accounts a "
		"     ON oms_internal.card_key(a.code) = oms_internal.card_key(u.code) AND a.code IS NOT NULL"
	};
	Rows		rows = RowsMake(2, draft->payment_count);
	Params		params = {0};
	int			n;

	for (int i = 0; i < draft->payment_count; i++)
		if (IsCard(draft->payments[i].method) &&
			draft->payments[i].reference != NULL)
		{
			Put(&rows, Int32GetDatum(i));
			PutText(&rows, draft->payments[i].reference);
		}
	if (RowsCount(&rows) == 0)
		return;
	AddRows(&params, &find, &rows);
	n = PlanRun(&find, params.values, params.nulls, false);
	for (int row = 0; row < n; row++)
	{
		int			i = RowInt32(row, 1);

		draft->payments[i].account_id = RowInt64(row, 2);
		if (draft->payments[i].account_id == 0)
			FaultAdd(&draft->unknown, psprintf("$.payments[%d].reference", i),
					 NO_SUCH_CARD);
		else
			draft->payments[i].reference = RowText(row, 3);
	}
}

/*
 * StoredValueResolve looks up the accounts that payments of a draft need, whose
 * customer has been looked up; adds codes that don't exist and other faults.
 */
void
StoredValueResolve(OrderDraft *draft)
{
	JsonbContainer *customer = DocObject(draft->root, "customer");

	if (draft->currency == 0)
		return;
	for (int i = 0; i < draft->payment_count; i++)
	{
		DraftPayment *payment = &draft->payments[i];
		char	   *path = psprintf("$.payments[%d]", i);

		if (!MethodIsStored(payment->method))
			continue;
		CheckDocument(&draft->faults, path, payment->method, payment->provider,
					  payment->reference);
		if (IsCard(payment->method))
			continue;
		if (!DocHas(customer, "reference") && !DocHas(customer, "email"))
			FaultAdd(&draft->faults, psprintf("%s.method", path),
					 "must be of an order with a customer");
		else if (draft->customer_id != 0)
			payment->account_id = CreditFind(draft->customer_id, draft->currency);
	}
	FindCards(draft);
}

/*
 * DraftAccounts collects the accounts of a draft's payments, and returns how
 * many there are.
 */
static int
DraftAccounts(const OrderDraft *draft, int64 **account_ids)
{
	int			n = 0;

	*account_ids = palloc(sizeof(int64) * Max(draft->payment_count, 1));
	for (int i = 0; i < draft->payment_count; i++)
		if (draft->payments[i].account_id != 0)
			(*account_ids)[n++] = draft->payments[i].account_id;
	return n;
}

/*
 * FindValue finds an account among those that were read, NULL for none.
 */
static StoredValue *
FindValue(StoredValue *values, int n, int64 account_id)
{
	for (int i = 0; i < n; i++)
		if (values[i].account_id == account_id)
			return &values[i];
	return NULL;
}

/*
 * RaiseFaults raises an error with all faults in the detail, if there are any.
 */
static void
RaiseFaults(Faults *faults, int sqlstate, const char *message,
			const char *hint)
{
	if (faults->count > 0)
		ereport(ERROR,
				(errcode(sqlstate), errmsg("%s", message),
				 errdetail("%s", FaultsText(faults)), errhint("%s", hint)));
}

/*
 * RequireCurrencies raises OM005 if accounts are in another currency than the
 * order.
 */
static void
RequireCurrencies(const OrderDraft *draft, StoredValue *values, int n)
{
	Faults		faults;

	FaultsInit(&faults);
	for (int i = 0; i < draft->payment_count; i++)
	{
		StoredValue *value = FindValue(values, n, draft->payments[i].account_id);

		if (value != NULL && StoredValueCurrency(value) != draft->currency)
			FaultAdd(&faults, psprintf("$.payments[%d]", i),
					 "%s is in %s, the order in %s", StoredValueName(value),
					 CurrencyCode(StoredValueCurrency(value)),
					 CurrencyCode(draft->currency));
	}
	RaiseFaults(&faults, ERRCODE_OMS_CURRENCY_MISMATCH,
				"currencies do not match",
				"A gift card pays orders in its own currency.");
}

/*
 * IsGranted tells whether a payment of a draft takes something of its account.
 */
static bool
IsGranted(const DraftPayment *payment)
{
	return payment->status == PAYMENT_AUTHORIZED ||
		payment->status == PAYMENT_CAPTURED;
}

/*
 * IsMissing tells whether a payment of a draft has no account to take from.
 */
static bool
IsMissing(const DraftPayment *payment)
{
	return payment->account_id == 0 && MethodIsStored(payment->method);
}

/*
 * RequireEnough raises OM008 if payments take more of their accounts than can
 * be spent.  It counts that down in the accounts.
 */
static void
RequireEnough(const OrderDraft *draft, StoredValue *values, int n)
{
	Faults		faults;

	FaultsInit(&faults);
	for (int i = 0; i < draft->payment_count; i++)
	{
		const DraftPayment *payment = &draft->payments[i];
		StoredValue *value = FindValue(values, n, payment->account_id);

		if (IsMissing(payment))
			FaultAdd(&faults, psprintf("$.payments[%d].amount", i),
					 "the customer has no store credit in %s",
					 CurrencyCode(draft->currency));
		else if (value == NULL || !IsGranted(payment))
			continue;
		else if (payment->amount > value->available)
			FaultAdd(&faults, psprintf("$.payments[%d].amount", i),
					 "is %s, %s has %s that can be spent%s",
					 AmountToString(payment->amount), StoredValueName(value),
					 AmountToString(value->available),
					 value->active ? "" : " since it was cancelled");
		else
			value->available = AmountSub(value->available, payment->amount);
	}
	RaiseFaults(&faults, ERRCODE_OMS_AMOUNT_EXCEEDED, NOT_ENOUGH,
				ASK_BALANCE);
}

/*
 * StoredValueRequire raises OM005 if accounts are in another currency than the
 * order, and OM008 if there is none, or with enough set, if payments take more
 * than can be spent.  It locks nothing.
 */
void
StoredValueRequire(const OrderDraft *draft, bool enough)
{
	int64	   *account_ids;
	int			count = DraftAccounts(draft, &account_ids);
	StoredValue *values = NULL;
	int			n = 0;

	if (count > 0)
		n = StoredValuesRead(account_ids, count, &values);
	RequireCurrencies(draft, values, n);
	for (int i = 0; i < draft->payment_count; i++)
		enough = enough || IsMissing(&draft->payments[i]);
	if (enough)
		RequireEnough(draft, values, n);
}

/*
 * StoredValueTake lets the accounts follow the payments that came with a new
 * order.  Raises OM008.  Locks the accounts.
 */
void
StoredValueTake(int64 order_id, const OrderDraft *draft)
{
	int64	   *account_ids;
	int			count = DraftAccounts(draft, &account_ids);
	ValueStep  *steps = palloc0(sizeof(ValueStep) * Max(count, 1));
	StoredValue *values = NULL;
	int			n = 0;
	int			taken = 0;

	if (count > 0)
		n = StoredValuesLock(account_ids, count, &values);
	RequireEnough(draft, values, n);
	for (int i = 0; i < draft->payment_count; i++)
	{
		const DraftPayment *payment = &draft->payments[i];
		StoredValue *value = FindValue(values, n, payment->account_id);
		int64		minor = AmountMinor(payment->amount);

		if (value == NULL || !IsGranted(payment))
			continue;
		steps[taken++] = (ValueStep) {value, "redeem",
			payment->status == PAYMENT_CAPTURED ? -minor : 0,
			payment->status == PAYMENT_CAPTURED ? 0 : minor,
		.order_id = order_id, .payment_no = i + 1};
	}
	StoredValuesApply(steps, taken);
}

/*
 * OrderCredit is the account of the store credit of an order's customer in the
 * order's currency, 0 for none.
 */
static int64
OrderCredit(int64 order_id)
{
	static SavedPlan find = {
		"bigint",
		"SELECT customer_id FROM oms.orders WHERE order_id = $1"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};
	int64		customer_id;

	if (PlanRun(&find, values, NULL, false) != 1)
		return 0;
	customer_id = RowInt64(0, 1);
	return customer_id == 0 ? 0 : CreditFind(customer_id, OrderCurrency(order_id));
}

/*
 * StoredValueFind sets the account of a new payment of an order that is there;
 * the reference of a gift card becomes the end of its code.  Adds what is wrong
 * with the document to faults.  Raises OM006 for a code that doesn't exist,
 * OM005, and OM008 if the customer has no store credit.
 */
void
StoredValueFind(Payment *payment, Faults *faults)
{
	int			count = faults->count;
	StoredValue *value;

	payment->account_id = 0;
	if (!MethodIsStored(payment->method))
		return;
	CheckDocument(faults, "$", payment->method, payment->provider,
				  payment->reference);
	if (faults->count > count)
		return;
	payment->account_id = IsCard(payment->method)
		? CardRequire(payment->reference) : OrderCredit(payment->order_id);
	if (payment->account_id == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_AMOUNT_EXCEEDED),
				 errmsg(NOT_ENOUGH),
				 errdetail("The customer of order " INT64_FORMAT " has no store credit in %s.",
						   payment->order_id,
						   CurrencyCode(OrderCurrency(payment->order_id))),
				 errhint(ASK_BALANCE)));
	StoredValuesRead(&payment->account_id, 1, &value);
	RequireSameCurrency(value->balance,
						AmountMake(OrderCurrency(payment->order_id), 0));
	if (value->card)
		payment->reference = value->owner;
}

/*
 * Open is what of a payment's authorization may still be captured, in minor
 * units.
 */
static int64
Open(const Payment *payment)
{
	return payment->status == PAYMENT_AUTHORIZED ||
		payment->status == PAYMENT_PARTIALLY_CAPTURED
		? AmountMinor(payment->authorized) - AmountMinor(payment->captured) : 0;
}

/*
 * RefundedUntil is the last day of money that comes back to a payment: the
 * last that it was taken with.
 */
static DateADT
RefundedUntil(const Payment *payment)
{
	static SavedPlan find = {
		"bigint, integer",
		"SELECT coalesce(max(coalesce(expires_on, 'infinity')), 'infinity') "
		"FROM oms.stored_value_entries "
		"WHERE order_id = $1 AND payment_no = $2 AND kind = 'redeem'"
	};
	Datum		values[2] = {Int64GetDatum(payment->order_id),
	Int32GetDatum(payment->payment_no)};

	PlanRun(&find, values, NULL, false);
	return StoredValueDay(DatumGetDateADT(RowDatum(0, 1, NULL)));
}

/*
 * LastRefund is the number of an order's last refund if it goes back to where
 * the money came from, 0 if it goes elsewhere.
 */
static int
LastRefund(int64 order_id)
{
	static SavedPlan find = {
		"bigint",
		"SELECT CASE WHEN destination = '" REFUND_ORIGINAL "' THEN refund_no END "
		"FROM oms.refunds WHERE order_id = $1 ORDER BY refund_no DESC LIMIT 1"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};

	return PlanRun(&find, values, NULL, false) == 0 ? 0 : RowInt32(0, 1);
}

/*
 * RequireGrant raises OM008 if a payment is granted more than can be spent of
 * its account.
 */
static void
RequireGrant(const StoredValue *value, const Payment *payment, int64 minor)
{
	Amount		asked = AmountMake(StoredValueCurrency(value), minor);

	if (minor > 0 && asked > value->available)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_AMOUNT_EXCEEDED),
				 errmsg(NOT_ENOUGH),
				 errdetail("%s is %s, %s has %s that can be spent%s.",
						   PaymentName(payment), AmountToString(asked),
						   StoredValueName(value),
						   AmountToString(value->available),
						   value->active ? "" : " since it was cancelled"),
				 errhint(ASK_BALANCE)));
}

/*
 * StoredValueFollow lets the account of a payment follow a change of it; before
 * is its state with sums of zero for a new one.  A refund is the order's last.
 * The caller holds the lock of the order's row.  Raises OM008.
 */
void
StoredValueFollow(const Payment *before, const Payment *after)
{
	int64		captured = AmountMinor(after->captured) - AmountMinor(before->captured);
	int64		refunded = AmountMinor(after->refunded) - AmountMinor(before->refunded);
	int64		held = Open(after) - Open(before);
	int			refund_no = 0;
	ValueStep	steps[3] = {0};
	StoredValue *values;
	StoredValue *value;
	int			n = 0;

	if (after->account_id == 0)
		return;
	value = FindValue(values,
					  StoredValuesLockOrder(after->order_id, 0, &values),
					  after->account_id);
	if (value == NULL)
		elog(ERROR, "account of %s has vanished", PaymentName(after));
	RequireGrant(value, after,
				 AmountMinor(after->authorized) - AmountMinor(before->authorized));
	steps[n++] = (ValueStep) {value, "redeem", -captured, held,
	.order_id = after->order_id, .payment_no = after->payment_no};
	if (refunded > 0)
		refund_no = LastRefund(after->order_id);
	if (refund_no > 0)
		steps[n++] = (ValueStep) {value, "refund", refunded, 0,
		RefundedUntil(after), after->order_id, after->payment_no, refund_no};
	/* what a cancelled card held and is given up goes the way of the rest */
	if (!value->active && held + captured < 0)
		steps[n++] = (ValueStep) {value, "cancel", held + captured};
	StoredValuesApply(steps, n);
	if (!value->active && held + captured < 0)
		StoredValuePost(value, held + captured, StoredValueSource(value));
	if (!value->active && refund_no > 0)
		StoredValueActivate(value, true);
}

/*
 * StoredValueRelease gives up what payments of an order hold when nothing more
 * is due: it has been captured, and nothing is left to ship, or all is
 * cancelled.  A provider lets its holds end by time, the store knows by itself.
 * The caller holds the lock of the order's row.
 */
void
StoredValueRelease(int64 order_id)
{
	static SavedPlan update = {
		"bigint",
		"UPDATE oms.payments p "
		"SET status = CASE WHEN p.status = 'authorized' THEN 'voided' ELSE 'captured' END::oms.payment_status, "
		"    authorized = CASE WHEN p.status = 'authorized' THEN p.authorized ELSE p.captured END, "
		"    status_reason = 'nothing more is due' "
		"WHERE p.order_id = $1 AND p.account_id IS NOT NULL "
		"      AND p.status IN ('authorized', 'partially_captured') "
		"      AND (SELECT sum(x.captured - x.refunded) FROM oms.payments x WHERE x.order_id = $1) "
		"          >= (SELECT o.total - oms_internal.credited(o.order_id, o.total) FROM oms.orders o WHERE o.order_id = $1)"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};

	PlanRun(&update, values, NULL, false);
}
