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
#include "payment.h"

/*
 * PaymentAuthorize grants a pending payment.  What is on terms has to stay
 * within the customer's credit limit (OM009).
 */
void
PaymentAuthorize(Payment *payment, Amount amount)
{
	payment->authorized = amount;
	payment->status = PAYMENT_AUTHORIZED;
	PaymentWrite(payment);
	if (MethodIsTerms(payment->method))
		OrderRequireCredit(payment->order_id);
}

/*
 * PaymentCapture takes money of a payment, at most PaymentCapturable().  As
 * much as is taken of a pending one counts as authorized too.
 */
void
PaymentCapture(Payment *payment, Amount amount)
{
	if (payment->status == PAYMENT_PENDING)
		payment->authorized = amount;
	payment->captured = AmountAdd(payment->captured, amount);
	payment->status = payment->captured == payment->authorized
		? PAYMENT_CAPTURED : PAYMENT_PARTIALLY_CAPTURED;
	PaymentWrite(payment);
}

/*
 * LockOwn locks an order and reads the payment of it that a command names.
 * Raises OM006 if there is none, and 55000 for one by exchange, which follows
 * its return.
 */
static Payment
LockOwn(FunctionCallInfo fcinfo)
{
	Payment		payment = PaymentLock(PG_GETARG_INT64(0), PG_GETARG_INT32(1));

	if (MethodIsExchange(payment.method))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("%s follows the return that it is made of",
						PaymentName(&payment)),
				 errdetail("It is the credit of return %s.",
						   payment.reference),
				 errhint("Complete, reject or cancel the return.")));
	return payment;
}

/*
 * AuthorizeBody: see oms_authorize.
 */
static Datum
AuthorizeBody(FunctionCallInfo fcinfo)
{
	Payment		payment = LockOwn(fcinfo);

	PaymentAuthorize(&payment,
					 PaymentAsked(fcinfo, 2, &payment, ACTION_AUTHORIZE));
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
 * CaptureBody: see oms_capture.
 */
static Datum
CaptureBody(FunctionCallInfo fcinfo)
{
	Payment		payment = LockOwn(fcinfo);

	PaymentCapture(&payment,
				   PaymentAsked(fcinfo, 2, &payment, ACTION_CAPTURE));
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
	Payment		payment = LockOwn(fcinfo);

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
