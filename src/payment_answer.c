/*
 * payment_answer.c
 *		What the answer of a provider does to a payment.
 *
 * An answer belongs to a request: the one that it names, else the oldest open
 * one of the same action and amount.  If there is none, it confirms a step that
 * was taken without asking, such as by oms.capture(); and if there is no such
 * step either, the provider did something by itself, and the step is taken now.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "payment.h"

#include "executor/spi.h"
#include "utils/builtins.h"

static const char *const failed_events[] = {
	"payment.authorize_failed", "payment.capture_failed",
	"payment.void_failed", "payment.refund_failed"
};

StaticAssertDecl(lengthof(failed_events) == PAYMENT_ACTIONS, "event of each action");

/*
 * RaiseFault raises OM007 for a key of a result that doesn't fit the payment.
 */
static void
RaiseFault(const char *path, const char *reason)
{
	Faults		faults;

	FaultsInit(&faults);
	FaultAdd(&faults, path, "%s", reason);
	FaultsRaise(&faults, PaymentResultDocument.name);
}

/*
 * FindRequest reads the request that an answer belongs to; its number is 0 if
 * there is none.  Raises OM006 or OM007 if the answer names one that it cannot
 * belong to.
 */
static PaymentRequest
FindRequest(const PaymentAnswer *answer, const Payment *payment)
{
	PaymentRequest request;

	if (!RequestFind(payment, answer->action, answer->request_no,
					 answer->refund_no,
					 answer->has_amount ? &answer->amount : NULL, &request) &&
		answer->request_no != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_UNKNOWN_CODE),
				 errmsg("request %s does not exist",
						RequestKey(payment, answer->request_no))));
	if (request.request_no != 0 && request.action != answer->action)
		RaiseFault("$.request_no", psprintf("must be of a request to %s, is of one to %s",
											PaymentActionName(answer->action),
											PaymentActionName(request.action)));
	if (answer->request_no != 0 && answer->refund_no != 0 &&
		request.refund_no != answer->refund_no)
		RaiseFault("$.refund_no", psprintf("must be that of the request, %d",
										   request.refund_no));
	return request;
}

/*
 * StoreExpiry keeps until when a provider has granted a payment, if it says so.
 */
static void
StoreExpiry(const PaymentAnswer *answer, const Payment *payment)
{
	static SavedPlan update = {
		"bigint, integer, timestamptz",
		"UPDATE oms.payments SET expires_at = $3 "
		"WHERE order_id = $1 AND payment_no = $2"
	};
	Datum		values[3] = {Int64GetDatum(payment->order_id),
		Int32GetDatum(payment->payment_no),
		TimestampTzGetDatum(answer->expires_at)};

	if (!TIMESTAMP_IS_NOEND(answer->expires_at))
		PlanRun(&update, values, NULL, false);
}

/*
 * Authorized does what follows when a provider has granted a payment, or more
 * than was asked for.
 */
static void
Authorized(PaymentAnswer *answer, Payment *payment)
{
	Amount		amount = answer->has_amount
		? Min(answer->amount, payment->amount) : payment->amount;
	int			none = 0;

	if (payment->status == PAYMENT_PENDING)
	{
		StoreExpiry(answer, payment);
		PaymentAuthorize(payment, amount);
	}
	else if (payment->status == PAYMENT_FAILED ||
			 payment->status == PAYMENT_VOIDED ||
			 payment->status == PAYMENT_EXPIRED)
	{
		LateAuthorization(answer, payment, amount);
		return;
	}
	else
		StoreExpiry(answer, payment);
	PaymentConfirm(payment, "authorization", NULL, &none, answer->reference,
				   answer->occurred_at);
}

/*
 * ConfirmCaptures notes that a provider has taken what is in the books, the
 * oldest first, and leaves in the answer's amount what is not.  False if all
 * of it is; then the books may have more than the provider, which remains to
 * be reconciled.
 */
static bool
ConfirmCaptures(PaymentAnswer *answer, const Payment *payment)
{
	int			none = 0;
	Amount		booked;

	if (PaymentConfirm(payment, "capture",
					   answer->has_amount ? &answer->amount : NULL, &none,
					   answer->reference, answer->occurred_at))
		return false;
	while (AmountMinor(answer->amount) > 0 &&
		   PaymentUnconfirmed(payment, "capture", NULL, &none, &booked))
	{
		if (booked > answer->amount)
			return false;
		PaymentConfirm(payment, "capture", &booked, &none, answer->reference,
					   answer->occurred_at);
		answer->amount = AmountSub(answer->amount, booked);
	}
	return AmountMinor(answer->amount) > 0 || !answer->has_amount;
}

/*
 * Captured does what follows when a provider has taken money: of the payment
 * as much as it can take, and what is more becomes another one.
 */
static void
Captured(PaymentAnswer *answer, Payment *payment, bool requested)
{
	Amount		left;
	Amount		taken;
	int			none = 0;

	if (!requested && !ConfirmCaptures(answer, payment))
		return;
	left = PaymentCapturable(payment);
	if (!answer->has_amount)
		answer->amount = left;
	if (AmountMinor(answer->amount) == 0)
		RaiseFault("$.amount", "is missing, and nothing of the payment is left to capture");
	taken = Min(answer->amount, left);
	if (AmountMinor(taken) > 0)
	{
		PaymentCapture(payment, taken);
		PaymentConfirm(payment, "capture", &taken, &none, answer->reference,
					   answer->occurred_at);
	}
	if (answer->amount > taken)
		LateMoney(answer, payment, AmountSub(answer->amount, taken));
}

/*
 * Voided does what follows when a provider has given up a payment.  Raises
 * OM002 if something of it was captured.
 */
static void
Voided(PaymentAnswer *answer, Payment *payment)
{
	int			none = 0;

	if (StatusCanStep(payment->status, PAYMENT_VOIDED))
	{
		payment->status = PAYMENT_VOIDED;
		PaymentWrite(payment);
	}
	else if (AmountMinor(payment->captured) > 0)
		StatusRefuse(payment->status, PAYMENT_VOIDED, PaymentName(payment));
	PaymentConfirm(payment, "void", NULL, &none, answer->reference,
				   answer->occurred_at);
}

/*
 * Refunded does what follows when a provider has given money back.  What
 * nobody had asked it for, or what it has given back already, is a refund of
 * its own.
 */
static void
Refunded(PaymentAnswer *answer, Payment *payment, int refund_no)
{
	const Amount *amount = answer->has_amount ? &answer->amount : NULL;
	Amount		issued;

	if (refund_no != 0 &&
		PaymentUnconfirmed(payment, "refund", NULL, &refund_no, &issued) &&
		answer->has_amount && answer->amount != issued)
		RaiseFault("$.amount", psprintf("must be that of refund %d of the payment, %s",
										refund_no, AmountToString(issued)));
	if (!PaymentConfirm(payment, "refund", amount, &refund_no,
						answer->reference, answer->occurred_at))
	{
		if (!answer->has_amount)
			RaiseFault("$.amount", "is missing, and no refund of the payment waits for an answer");
		refund_no = RefundPayment(payment, answer->amount, answer->message,
								  answer->reference, false);
		PaymentConfirm(payment, "refund", NULL, &refund_no, answer->reference,
					   answer->occurred_at);
	}
	RefundFollow(payment->order_id, refund_no);
}

/*
 * AnswerSucceeded takes the step that a provider has taken, and returns the
 * status of the payment that has the money then.  A request that has succeeded
 * already is told twice, under two keys.  The caller holds the lock of the
 * order's row.
 */
Status
AnswerSucceeded(PaymentAnswer *answer, Payment *payment)
{
	PaymentRequest request = FindRequest(answer, payment);
	bool		requested = request.request_no != 0;

	if (requested && strcmp(request.status, REQUEST_SUCCEEDED) == 0)
		return payment->status;
	if (requested)
		RequestClose(payment, &request, REQUEST_SUCCEEDED, answer->message);
	if (requested && !answer->has_amount)
	{
		answer->amount = request.amount;
		answer->has_amount = true;
	}
	switch (answer->action)
	{
		case ACTION_AUTHORIZE:
			Authorized(answer, payment);
			break;
		case ACTION_CAPTURE:
			Captured(answer, payment, requested);
			break;
		case ACTION_VOID:
			Voided(answer, payment);
			break;
		case ACTION_REFUND:
			Refunded(answer, payment, requested ? request.refund_no
					 : answer->refund_no);
			break;
	}
	if (answer->booked_payment_no != 0)
		return PaymentLock(payment->order_id, answer->booked_payment_no).status;
	return payment->status;
}

/*
 * FailPayment moves a pending payment to its end.
 */
static void
FailPayment(const PaymentAnswer *answer, Payment *payment)
{
	static SavedPlan update = {
		"bigint, integer, text",
		"UPDATE oms.payments SET status = 'failed', status_reason = $3 "
		"WHERE order_id = $1 AND payment_no = $2"
	};
	Params		params = {0};

	AddDatum(&params, Int64GetDatum(payment->order_id));
	AddDatum(&params, Int32GetDatum(payment->payment_no));
	AddText(&params, answer->message);
	PlanRun(&update, params.values, params.nulls, false);
	payment->status = PAYMENT_FAILED;
}

/*
 * KeepAttempt keeps an attempt that failed and that nobody had requested, and
 * makes a request of it.
 */
static void
KeepAttempt(const PaymentAnswer *answer, const Payment *payment,
			PaymentRequest *request)
{
	request->amount = answer->has_amount ? answer->amount : payment->amount;
	if (answer->action == ACTION_REFUND)
	{
		request->refund_no = answer->refund_no;
		if (!PaymentUnconfirmed(payment, "refund",
								answer->has_amount ? &answer->amount : NULL,
								&request->refund_no, &request->amount))
			request->refund_no = 0;
		if (request->refund_no == 0)
			return;
	}
	request->request_no = RequestInsert(payment, answer->action,
										request->amount, request->refund_no,
										REQUEST_FAILED, answer->message);
}

/*
 * AppendFailure appends the event of a request that failed, of its refund if it
 * has one.
 */
static void
AppendFailure(const PaymentAnswer *answer, const Payment *payment,
			  const PaymentRequest *request)
{
	bool		refund = request->refund_no != 0;
	EventField	fields[] = {
		{"amount", AmountToString(request->amount)},
		{"reason", answer->message},
		{"key", request->request_no == 0 ? NULL
		: RequestKey(payment, request->request_no)},
	};

	if (refund)
		EventAppend(payment->order_id, "refund.failed", request->refund_no,
					EventFields(fields, lengthof(fields)));
	else
		EventAppend(payment->order_id, failed_events[answer->action],
					payment->payment_no, EventFields(fields, lengthof(fields)));
}

/*
 * AnswerFailed keeps an attempt that failed, and returns the payment's status.
 * A pending payment fails with it; a refund waits to be tried again.  What is
 * known to have been answered already changes nothing.  The caller holds the
 * lock of the order's row.
 */
Status
AnswerFailed(PaymentAnswer *answer, Payment *payment)
{
	PaymentRequest request = FindRequest(answer, payment);
	bool		fails = payment->status == PAYMENT_PENDING &&
		(answer->action == ACTION_AUTHORIZE ||
		 answer->action == ACTION_CAPTURE);

	if (request.request_no != 0 &&
		strcmp(request.status, REQUEST_OPEN) != 0)
		return payment->status;
	if (request.request_no != 0)
		RequestClose(payment, &request, REQUEST_FAILED, answer->message);
	else if (!fails)
		KeepAttempt(answer, payment, &request);
	if (fails)
		FailPayment(answer, payment);
	else if (request.refund_no == 0 ||
			 RefundFollow(payment->order_id, request.refund_no))
		AppendFailure(answer, payment, &request);
	return payment->status;
}
