/*
 * payment.c
 *		The life of a payment: asked for, authorized, captured, given up.
 *
 * A payment has four sums, each at most the one before:
 *
 *	 amount		asked for
 *	 authorized	granted by the provider; what a sale takes at once counts too
 *	 captured	taken
 *	 refunded	given back, see payment_refund.c
 *
 * Callers say how much; the status follows from the sums.  The triggers in
 * payment_sums.c write the entries and let the order follow.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

/*
 * RequirePositive refuses an amount that nobody can ask for.
 */
void
RequirePositive(Amount amount)
{
	if (AmountMinor(amount) <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("amount must be greater than zero"),
				 errdetail("It is %s.", AmountToString(amount))));
}

/*
 * AskedAmount is the second parameter after the payment's key: the amount
 * that the caller asks for, all that is left if it is null.  Raises OM008 if
 * it is more than that; the verb is what cannot be done with it.
 */
static Amount
AskedAmount(FunctionCallInfo fcinfo, const Payment *payment, Amount left,
			const char *verb)
{
	Amount		asked = PG_ARGISNULL(2) ? left : PG_GETARG_AMOUNT(2);

	RequireSameCurrency(asked, left);
	if (AmountMinor(left) > 0 || !PG_ARGISNULL(2))
		RequirePositive(asked);
	if (AmountMinor(left) == 0 || AmountMinor(asked) > AmountMinor(left))
		ereport(ERROR,
				(errcode(ERRCODE_OMS_AMOUNT_EXCEEDED),
				 errmsg("cannot %s more of %s than is left", verb,
						PaymentName(payment)),
				 errdetail("Asked for %s, left to %s is %s.",
						   AmountToString(asked), verb, AmountToString(left)),
				 errhint("Ask for at most what is left, or add another payment with oms.add_payment().")));
	return asked;
}

/*
 * AuthorizeBody: see oms_authorize.
 */
static Datum
AuthorizeBody(FunctionCallInfo fcinfo)
{
	Payment		payment = PaymentLock(PG_GETARG_INT64(0), PG_GETARG_INT32(1));

	if (payment.status != PAYMENT_PENDING)
		StatusRefuse(payment.status, PAYMENT_AUTHORIZED, PaymentName(&payment));
	payment.authorized = AskedAmount(fcinfo, &payment, payment.amount,
									 "authorize");
	payment.status = PAYMENT_AUTHORIZED;
	PaymentWrite(&payment);
	if (MethodIsTerms(payment.method))
		OrderRequireCredit(payment.order_id);
	PG_RETURN_STATUS(payment.status);
}

PG_FUNCTION_INFO_V1(oms_authorize);

/*
 * oms_authorize(order_id, payment_no, amount, reference) says that the
 * provider has granted a pending payment, all of it or less.
 */
Datum
oms_authorize(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, AuthorizeBody);
}

/*
 * PaymentCapturedStatus is the status of a payment of which something was
 * captured and nothing refunded.
 */
Status
PaymentCapturedStatus(const Payment *payment)
{
	return payment->captured == payment->authorized
		? PAYMENT_CAPTURED : PAYMENT_PARTIALLY_CAPTURED;
}

/*
 * RequireNotOver raises OM002 if the time of an authorization is over.
 */
static void
RequireNotOver(const Payment *payment)
{
	if (PaymentIsOver(payment))
		ereport(ERROR,
				(errcode(ERRCODE_OMS_INVALID_TRANSITION),
				 errmsg("authorization of %s has expired",
						PaymentName(payment)),
				 errdetail("It could be captured until %s.",
						   timestamptz_to_str(payment->expires_at)),
				 errhint("Have the customer pay again, and add that payment with oms.add_payment().")));
}

/*
 * CaptureLeft is what can be captured of a payment.  A pending one is sold
 * directly.  Raises OM002 if the state is past capturing.
 */
static Amount
CaptureLeft(const Payment *payment)
{
	switch (payment->status)
	{
		case PAYMENT_PENDING:
			return payment->amount;
		case PAYMENT_AUTHORIZED:
		case PAYMENT_PARTIALLY_CAPTURED:
			RequireNotOver(payment);
			/* FALLTHROUGH */
		case PAYMENT_CAPTURED:
			return AmountSub(payment->authorized, payment->captured);
		default:
			StatusRefuse(payment->status, PAYMENT_CAPTURED,
						 PaymentName(payment));
	}
}

/*
 * CaptureBody: see oms_capture.
 */
static Datum
CaptureBody(FunctionCallInfo fcinfo)
{
	Payment		payment = PaymentLock(PG_GETARG_INT64(0), PG_GETARG_INT32(1));
	Amount		left = CaptureLeft(&payment);
	Amount		asked = AskedAmount(fcinfo, &payment, left, "capture");

	if (payment.status == PAYMENT_PENDING)
		payment.authorized = asked;
	payment.captured = AmountAdd(payment.captured, asked);
	payment.status = PaymentCapturedStatus(&payment);
	PaymentWrite(&payment);
	PG_RETURN_STATUS(payment.status);
}

PG_FUNCTION_INFO_V1(oms_capture);

/*
 * oms_capture(order_id, payment_no, amount, reference) takes money that was
 * authorized, in parts or all that is left.
 */
Datum
oms_capture(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, CaptureBody);
}

/*
 * GiveUp moves a payment that nothing was captured of to an end.
 */
static Datum
GiveUp(FunctionCallInfo fcinfo, Status end)
{
	Payment		payment = PaymentLock(PG_GETARG_INT64(0), PG_GETARG_INT32(1));

	if (!StatusCanStep(payment.status, end))
		StatusRefuse(payment.status, end, PaymentName(&payment));
	payment.status = end;
	PaymentWrite(&payment);
	PG_RETURN_STATUS(payment.status);
}

/*
 * VoidBody: see oms_void.
 */
static Datum
VoidBody(FunctionCallInfo fcinfo)
{
	return GiveUp(fcinfo, PAYMENT_VOIDED);
}

PG_FUNCTION_INFO_V1(oms_void);

/*
 * oms_void(order_id, payment_no, reference) gives up a payment of which
 * nothing was captured.
 */
Datum
oms_void(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, VoidBody);
}
