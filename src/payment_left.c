/*
 * payment_left.c
 *		How much may still be done with a payment.
 *
 * What open requests ask for counts as done: the provider may be doing it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "payment.h"

#include "executor/spi.h"

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
 * PaymentCapturable is what can be captured of a payment by its state, whatever
 * its time.  A pending one is sold directly.
 */
Amount
PaymentCapturable(const Payment *payment)
{
	switch (payment->status)
	{
		case PAYMENT_PENDING:
			return payment->amount;
		case PAYMENT_AUTHORIZED:
		case PAYMENT_PARTIALLY_CAPTURED:
			return AmountSub(payment->authorized, payment->captured);
		default:
			return AmountMake(AmountCurrency(payment->amount), 0);
	}
}

/*
 * RequireStep raises OM002 if a payment's state doesn't allow an action.  Of
 * what is captured nothing is left, which is another error.
 */
static void
RequireStep(const Payment *payment, PaymentAction action)
{
	static const Status ends[PAYMENT_ACTIONS] = {
		PAYMENT_AUTHORIZED, PAYMENT_CAPTURED, PAYMENT_VOIDED
	};
	bool		allowed = true;

	if (action == ACTION_CAPTURE)
		allowed = StatusCanStep(payment->status, PAYMENT_CAPTURED) ||
			payment->status == PAYMENT_CAPTURED;
	else if (action != ACTION_REFUND)
		allowed = StatusCanStep(payment->status, ends[action]);
	if (!allowed)
		StatusRefuse(payment->status, ends[action], PaymentName(payment));
	if (action == ACTION_CAPTURE && payment->status != PAYMENT_PENDING &&
		payment->status != PAYMENT_CAPTURED)
		RequireNotOver(payment);
}

/*
 * Whole is how much of an action a payment allows.
 */
static Amount
Whole(const Payment *payment, PaymentAction action)
{
	switch (action)
	{
		case ACTION_CAPTURE:
			return PaymentCapturable(payment);
		case ACTION_REFUND:
			return AmountSub(payment->captured, payment->refunded);
		default:
			return payment->status == PAYMENT_PENDING
				? payment->amount : payment->authorized;
	}
}

/*
 * ReadRequested reads, for each action, how much open requests of a payment
 * ask for, in minor units.
 */
static void
ReadRequested(const Payment *payment, int64 requested[PAYMENT_ACTIONS])
{
	static SavedPlan find = {
		"bigint, integer",
		"SELECT action, sum(oms.minor(amount))::bigint FROM oms.payment_requests "
		"WHERE order_id = $1 AND payment_no = $2 AND status = '" REQUEST_OPEN "' "
		"GROUP BY action"
	};
	Datum		values[2] = {Int64GetDatum(payment->order_id),
		Int32GetDatum(payment->payment_no)};
	int			n = PlanRun(&find, values, NULL, false);

	memset(requested, 0, sizeof(int64) * PAYMENT_ACTIONS);
	for (int i = 0; i < n; i++)
	{
		PaymentAction action;

		if (PaymentActionFind(RowText(i, 1), &action))
			requested[action] = RowInt64(i, 2);
	}
}

/*
 * PaymentLeft is how much of an action is left without what open requests ask
 * for, which *requested tells.  Parts of a payment are only captured and
 * refunded; what is refunded is so when it is requested.
 */
Amount
PaymentLeft(const Payment *payment, PaymentAction action, Amount *requested)
{
	int			currency = AmountCurrency(payment->amount);
	Amount		whole = Whole(payment, action);
	int64		open[PAYMENT_ACTIONS];
	int64		asked;

	*requested = AmountMake(currency, 0);
	if (action == ACTION_REFUND)
		return whole;
	ReadRequested(payment, open);
	asked = open[ACTION_AUTHORIZE] + open[ACTION_CAPTURE] + open[ACTION_VOID];
	*requested = AmountMake(currency, asked);
	if (asked > 0 &&
		(payment->status == PAYMENT_PENDING || action != ACTION_CAPTURE ||
		 open[ACTION_VOID] > 0 || asked > AmountMinor(whole)))
		return AmountMake(currency, 0);
	return AmountSub(whole, *requested);
}

/*
 * PaymentAsked is the amount that the caller of a command asks for in an
 * argument, all that is left if it is null.  Raises OM002 if the payment's
 * state doesn't allow the action, and OM008 if it is more than is left.
 */
Amount
PaymentAsked(FunctionCallInfo fcinfo, int argument, const Payment *payment,
			 PaymentAction action)
{
	const char *verb = PaymentActionName(action);
	Amount		requested;
	Amount		left;
	Amount		asked;

	RequireStep(payment, action);
	left = PaymentLeft(payment, action, &requested);
	asked = PG_ARGISNULL(argument) ? left : PG_GETARG_AMOUNT(argument);
	RequireSameCurrency(asked, left);
	if (AmountMinor(left) > 0 || !PG_ARGISNULL(argument))
		RequirePositive(asked);
	if (AmountMinor(left) == 0 || AmountMinor(asked) > AmountMinor(left))
		ereport(ERROR,
				(errcode(ERRCODE_OMS_AMOUNT_EXCEEDED),
				 errmsg("cannot %s more of %s than is left", verb,
						PaymentName(payment)),
				 AmountMinor(requested) == 0
				 ? errdetail("Asked for %s, left to %s is %s.",
							 AmountToString(asked), verb, AmountToString(left))
				 : errdetail("Asked for %s, left to %s is %s; open requests ask for %s.",
							 AmountToString(asked), verb, AmountToString(left),
							 AmountToString(requested)),
				 AmountMinor(requested) == 0
				 ? errhint("Ask for at most what is left, or add another payment with oms.add_payment().")
				 : errhint("Record the provider's answers with oms.record_payment_result() first.")));
	return asked;
}
