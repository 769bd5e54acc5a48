/*
 * payment_refund.c
 *		Gives money back: a refund of an order, spread over its payments.
 *
 * A refund takes from the payments in the order that the channel states, else
 * of their numbers, from each what was captured and not yet refunded; or from
 * one that the caller names.  Its row in refunds says how much and why; the
 * entries that name it say from which payments.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "return.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/*
 * RefundInsert writes the row of a refund and its event, after a credit note
 * for what it gives back beyond what is owed, and returns its number.  The
 * caller holds the lock of the order's row.  reason and reference may be NULL.
 */
int
RefundInsert(int64 order_id, Amount amount, const char *destination,
			 const char *reason, const char *reference)
{
	static SavedPlan insert = {
		"bigint, oms.amount, text, text, text",
		"INSERT INTO oms.refunds (order_id, refund_no, amount, destination, reason, reference) "
		"SELECT $1, coalesce(max(refund_no), 0) + 1, $2, $3, $4, $5 "
		"FROM oms.refunds WHERE order_id = $1 "
		"RETURNING refund_no"
	};
	bool		original = strcmp(destination, REFUND_ORIGINAL) == 0;
	Params		params = {0};
	EventField	fields[] = {{"amount", AmountToString(amount)},
	{"reason", reason}, {"destination", original ? NULL : destination}};
	int			refund_no;

	AllowanceInsert(order_id, amount);
	AddDatum(&params, Int64GetDatum(order_id));
	AddDatum(&params, AmountGetDatum(amount));
	AddText(&params, destination);
	AddText(&params, reason);
	AddText(&params, reference);
	PlanRun(&insert, params.values, params.nulls, false);
	refund_no = RowInt32(0, 1);
	EventAppend(order_id, "refund.issued", refund_no, EventFields(fields, lengthof(fields)));
	return refund_no;
}

/*
 * Left is what may be given back of a payment, in minor units: what was
 * captured and neither refunded nor charged back.
 */
static int64
Left(const Payment *payment)
{
	int64		left = AmountMinor(payment->captured) -
		AmountMinor(payment->refunded) - payment->charged_back;

	return Max(left, 0);
}

/*
 * RequireRefundable raises OM008 if payments of an order don't have so much to
 * give back; subject is what they are.
 */
static void
RequireRefundable(int64 order_id, const char *subject, Amount asked,
				  const Payment *payments, int n)
{
	int64		left = 0;

	for (int i = 0; i < n; i++)
		left += Left(&payments[i]);
	left = Min(left, OrderRefundable(order_id));
	if (AmountMinor(asked) > left)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_AMOUNT_EXCEEDED),
				 errmsg("cannot refund more of %s than is left", subject),
				 errdetail("Asked for %s, left to refund is %s.",
						   AmountToString(asked),
						   AmountToString(AmountMake(AmountCurrency(asked), left))),
				 errhint("At most what was captured and not yet refunded can be given back.")));
}

/*
 * AskOrConfirm asks the provider of a payment for its part of a refund.  Where
 * there is none, or the money goes elsewhere, it is given back by whoever called.
 */
static void
AskOrConfirm(const Payment *payment, Amount part, int refund_no,
			 const char *destination)
{
	if (payment->provider != NULL && !MethodIsInternal(payment->method) &&
		strcmp(destination, REFUND_ORIGINAL) == 0)
		RequestMake(payment, ACTION_REFUND, part, refund_no);
	else
		PaymentConfirm(payment, "refund", NULL, &refund_no, NULL,
					   PresentTime());
}

/*
 * Spread takes a refund from the payments.
 */
static void
Spread(int refund_no, Amount amount, const char *destination,
	   Payment *payments, int n, bool ask)
{
	int64		rest = AmountMinor(amount);

	for (int i = 0; i < n && rest > 0; i++)
	{
		Payment    *payment = &payments[i];
		int64		left = Left(payment);
		Amount		part = AmountMake(AmountCurrency(amount), Min(rest, left));

		if (AmountMinor(part) == 0)
			continue;
		payment->refunded = AmountAdd(payment->refunded, part);
		payment->status = payment->refunded == payment->captured
			? PAYMENT_REFUNDED : PAYMENT_PARTIALLY_REFUNDED;
		PaymentWrite(payment);
		if (ask)
			AskOrConfirm(payment, part, refund_no, destination);
		if (strcmp(payment->method, METHOD_EXCHANGE) == 0)
			ExchangeGiveBack(payment, part);
		rest -= AmountMinor(part);
	}
	Assert(rest == 0);
}

/*
 * OptionalText is a parameter that may be null or blank.
 */
static char *
OptionalText(FunctionCallInfo fcinfo, int n)
{
	char	   *string;

	if (PG_ARGISNULL(n))
		return NULL;
	string = text_to_cstring(PG_GETARG_TEXT_PP(n));
	return string[strspn(string, " \t\n\r")] == '\0' ? NULL : string;
}

/*
 * Refund gives money of payments back, of the first ones first, and returns
 * the refund's number.  subject is what the payments are.  Unless ask is set,
 * the caller asks for the money or knows that it was given.
 */
static int
Refund(int64 order_id, const char *subject, Amount amount,
	   const char *destination, Payment *payments, int n, const char *reason,
	   const char *reference, bool ask)
{
	int			refund_no;

	RequirePositive(amount);
	PaymentsChargedBack(order_id, payments, n);
	RequireRefundable(order_id, subject, amount, payments, n);
	refund_no = RefundInsert(order_id, amount, destination, reason, reference);
	Spread(refund_no, amount, destination, payments, n, ask);
	if (ask)
		RefundFollow(order_id, refund_no);
	return refund_no;
}

/*
 * WithoutExchanges leaves out what came from other orders, which goes back to
 * them alone, and returns how many payments are left.
 */
static int
WithoutExchanges(Payment *payments, int n)
{
	int			left = 0;

	for (int i = 0; i < n; i++)
		if (strcmp(payments[i].method, METHOD_EXCHANGE) != 0)
			payments[left++] = payments[i];
	return left;
}

/*
 * RefundTo gives money of an order back, whose row the caller has locked, and
 * returns the refund's number.  Where the destination is not where it came
 * from, the caller brings it there.  Raises OM005, OM008, or 22023 for
 * nothing.  reason and reference may be NULL.
 */
int
RefundTo(int64 order_id, Amount amount, const char *destination,
		 const char *reason, const char *reference)
{
	Payment    *payments;
	int			n;

	RequireSameCurrency(amount, AmountMake(OrderCurrency(order_id), 0));
	n = PaymentsReadForRefund(order_id, &payments);
	if (strcmp(destination, REFUND_ORIGINAL) != 0)
		n = WithoutExchanges(payments, n);
	return Refund(order_id, psprintf("order " INT64_FORMAT, order_id), amount,
				  destination, payments, n, reason, reference, true);
}

/*
 * RefundOrder does the same by the methods that were paid with.
 */
int
RefundOrder(int64 order_id, Amount amount, const char *reason,
			const char *reference)
{
	return RefundTo(order_id, amount, REFUND_ORIGINAL, reason, reference);
}

/*
 * RefundPayment does the same for one payment.  Unless ask is set, the caller
 * asks for the money or knows that it was given.
 */
int
RefundPayment(Payment *payment, Amount amount, const char *reason,
			  const char *reference, bool ask)
{
	RequireSameCurrency(amount, payment->amount);
	return Refund(payment->order_id, PaymentName(payment), amount,
				  REFUND_ORIGINAL, payment, 1, reason, reference, ask);
}

/*
 * RefundBody: see oms_refund.
 */
static Datum
RefundBody(FunctionCallInfo fcinfo)
{
	int64		order_id = PG_GETARG_INT64(0);
	Amount		amount = PG_GETARG_AMOUNT(1);

	OrdersLockRelated(order_id);
	PG_RETURN_INT32(RefundOrder(order_id, amount, OptionalText(fcinfo, 2),
								OptionalText(fcinfo, 3)));
}

PG_FUNCTION_INFO_V1(oms_refund);

/*
 * oms_refund(order_id, amount, reason, reference) gives captured money back
 * and returns the refund's number.
 */
Datum
oms_refund(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, RefundBody);
}

/*
 * RefundPaymentBody: see oms_refund_payment.
 */
static Datum
RefundPaymentBody(FunctionCallInfo fcinfo)
{
	Payment		payment;

	OrdersLockRelated(PG_GETARG_INT64(0));
	payment = PaymentLock(PG_GETARG_INT64(0), PG_GETARG_INT32(1));
	PG_RETURN_INT32(RefundPayment(&payment, PG_GETARG_AMOUNT(2),
								  OptionalText(fcinfo, 3),
								  OptionalText(fcinfo, 4), true));
}

PG_FUNCTION_INFO_V1(oms_refund_payment);

/*
 * oms_refund_payment(order_id, payment_no, amount, reason, reference) gives
 * captured money of one payment back and returns the refund's number.
 */
Datum
oms_refund_payment(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 3, RefundPaymentBody);
}

/*
 * RequireFailed raises OM006 if there is no such refund of an order, and OM002
 * if nothing of it has failed.
 */
static void
RequireFailed(int64 order_id, int refund_no)
{
	static SavedPlan find = {
		"bigint, integer",
		"SELECT status FROM oms.refunds WHERE order_id = $1 AND refund_no = $2"
	};
	Datum		values[2] = {Int64GetDatum(order_id), Int32GetDatum(refund_no)};

	if (PlanRun(&find, values, NULL, false) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_UNKNOWN_CODE),
				 errmsg("order " INT64_FORMAT " has no refund %d", order_id,
						refund_no),
				 errhint("oms.get_order(" INT64_FORMAT ") shows the refunds of the order.",
						 order_id)));
	if (strcmp(RowText(0, 1), "failed") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_INVALID_TRANSITION),
				 errmsg("refund %d of order " INT64_FORMAT " has not failed",
						refund_no, order_id),
				 errdetail("It is \"%s\".", RowText(0, 1)),
				 errhint("Only what a provider has refused can be requested again.")));
}

/*
 * RetryBody: see oms_retry_refund.
 */
static Datum
RetryBody(FunctionCallInfo fcinfo)
{
	static SavedPlan find = {
		"bigint, integer",
		"SELECT e.payment_no, e.amount FROM oms.payment_entries e "
		"WHERE e.order_id = $1 AND e.refund_no = $2 AND e.confirmed_at IS NULL "
		"      AND NOT EXISTS (SELECT FROM oms.payment_requests q "
		"                      WHERE q.order_id = $1 AND q.payment_no = e.payment_no "
		"                            AND q.refund_no = $2 AND q.status = '" REQUEST_OPEN "') "
		"ORDER BY e.payment_no"
	};
	int64		order_id = PG_GETARG_INT64(0);
	int			refund_no = PG_GETARG_INT32(1);
	Datum		values[2] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)};
	int		   *payment_nos;
	Amount	   *amounts;
	int			n;

	OrderLock(order_id);
	RequireFailed(order_id, refund_no);
	n = PlanRun(&find, values, NULL, false);
	payment_nos = palloc(sizeof(int) * n);
	amounts = palloc(sizeof(Amount) * n);
	for (int i = 0; i < n; i++)
	{
		payment_nos[i] = RowInt32(i, 1);
		amounts[i] = DatumGetAmount(RowDatum(i, 2, NULL));
	}
	for (int i = 0; i < n; i++)
	{
		Payment		payment = PaymentLock(order_id, payment_nos[i]);

		RequestMake(&payment, ACTION_REFUND, amounts[i], refund_no);
	}
	RefundFollow(order_id, refund_no);
	PG_RETURN_INT32(n);
}

PG_FUNCTION_INFO_V1(oms_retry_refund);

/*
 * oms_retry_refund(order_id, refund_no, reference) requests again what failed
 * of a refund and returns how many requests that makes.
 */
Datum
oms_retry_refund(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, RetryBody);
}
