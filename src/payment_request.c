/*
 * payment_request.c
 *		Asks providers to do something with a payment.
 *
 * Nobody is called from here: a request is a row and an event, and a worker
 * that follows the events calls the provider.  Its key, such as 1041-P1-Q3, is
 * what the provider tells repeated calls by.  oms.record_payment_result() takes
 * the answer, and only then the payment itself has made the step.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "payment.h"

#include "executor/spi.h"
#include "utils/builtins.h"

static const char *const action_names[] = {
	"authorize", "capture", "void", "refund"
};

static const char *const requested_events[] = {
	"payment.authorize_requested", "payment.capture_requested",
	"payment.void_requested", "payment.refund_requested"
};

StaticAssertDecl(lengthof(action_names) == PAYMENT_ACTIONS, "name of each action");
StaticAssertDecl(lengthof(requested_events) == PAYMENT_ACTIONS, "event of each action");

/*
 * PaymentActionName is the word for an action.
 */
const char *
PaymentActionName(PaymentAction action)
{
	return action_names[action];
}

/*
 * PaymentActionFind is the action of a word; false if there is none.
 */
bool
PaymentActionFind(const char *name, PaymentAction *action)
{
	for (int i = 0; i < PAYMENT_ACTIONS; i++)
		if (strcmp(action_names[i], name) == 0)
		{
			*action = i;
			return true;
		}
	return false;
}

/*
 * RequestKey names a request for its provider.
 */
char *
RequestKey(const Payment *payment, int request_no)
{
	return psprintf(INT64_FORMAT "-P%d-Q%d", payment->order_id,
					payment->payment_no, request_no);
}

/*
 * RequestInsert writes a request with its status and returns its number.  The
 * caller holds the lock of the order's row.  refund_no is 0 but for a refund;
 * message may be NULL.
 */
int
RequestInsert(const Payment *payment, PaymentAction action, Amount amount,
			  int refund_no, const char *status, const char *message)
{
	static SavedPlan insert = {
		"bigint, integer, text, oms.amount, integer, text, text",
		"INSERT INTO oms.payment_requests (order_id, payment_no, request_no, action, amount, "
		"                                  refund_no, status, message, answered_at) "
		"SELECT $1, $2, coalesce(max(request_no), 0) + 1, $3, $4, $5, $6, $7, "
		"       CASE WHEN $6 <> 'requested' THEN oms.now() END "
		"FROM oms.payment_requests WHERE order_id = $1 AND payment_no = $2 "
		"RETURNING request_no"
	};
	Params		params = {0};

	AddDatum(&params, Int64GetDatum(payment->order_id));
	AddDatum(&params, Int32GetDatum(payment->payment_no));
	AddText(&params, action_names[action]);
	AddDatum(&params, AmountGetDatum(amount));
	AddId(&params, refund_no);
	AddText(&params, status);
	AddText(&params, message);
	PlanRun(&insert, params.values, params.nulls, false);
	return RowInt32(0, 1);
}

/*
 * RequestMake asks for something: the row, and the event that has all that a
 * worker needs.  Returns the request's number.
 */
int
RequestMake(const Payment *payment, PaymentAction action, Amount amount,
			int refund_no)
{
	int			request_no = RequestInsert(payment, action, amount, refund_no,
										   REQUEST_OPEN, NULL);
	EventField	fields[] = {
		{"key", RequestKey(payment, request_no)},
		{"amount", AmountToString(amount)},
		{"method", payment->method},
		{"provider", payment->provider},
		{"reference", payment->reference},
		{"refund", refund_no == 0 ? NULL : psprintf("%d", refund_no), true}
	};

	EventAppend(payment->order_id, requested_events[action],
				payment->payment_no, EventFields(fields, lengthof(fields)));
	return request_no;
}

/*
 * RequestFind reads a request of a payment: the one of a number, else the
 * oldest that is open of an action, of the refund unless refund_no is 0, of the
 * amount rather than of another one unless that is NULL.  A refund can't be of
 * another amount.  False if there is none.
 */
bool
RequestFind(const Payment *payment, PaymentAction action, int request_no,
			int refund_no, const Amount *amount, PaymentRequest *request)
{
	static SavedPlan find = {
		"bigint, integer, integer, text, integer, oms.amount",
		"SELECT request_no, action, amount, status, coalesce(refund_no, 0) "
		"FROM oms.payment_requests "
		"WHERE order_id = $1 AND payment_no = $2 "
		"      AND CASE WHEN $3 IS NOT NULL THEN request_no = $3 "
		"               ELSE status = '" REQUEST_OPEN "' AND action = $4 "
		"                    AND ($5 IS NULL OR refund_no = $5) "
		"                    AND ($6 IS NULL OR amount = $6 OR action <> 'refund') END "
		"ORDER BY amount = $6 DESC, request_no LIMIT 1"
	};
	Params		params = {0};

	memset(request, 0, sizeof(PaymentRequest));
	AddDatum(&params, Int64GetDatum(payment->order_id));
	AddDatum(&params, Int32GetDatum(payment->payment_no));
	AddId(&params, request_no);
	AddText(&params, action_names[action]);
	AddId(&params, refund_no);
	AddNullable(&params, AmountGetDatum(amount == NULL ? 0 : *amount),
				amount == NULL);
	if (PlanRun(&find, params.values, params.nulls, false) == 0)
		return false;
	request->request_no = RowInt32(0, 1);
	PaymentActionFind(RowText(0, 2), &request->action);
	request->amount = DatumGetAmount(RowDatum(0, 3, NULL));
	request->status = RowText(0, 4);
	request->refund_no = RowInt32(0, 5);
	return true;
}

/*
 * RequestClose notes what has become of a request.  message may be NULL.
 */
void
RequestClose(const Payment *payment, const PaymentRequest *request,
			 const char *status, const char *message)
{
	static SavedPlan update = {
		"bigint, integer, integer, text, text",
		"UPDATE oms.payment_requests SET status = $4, message = $5, answered_at = oms.now() "
		"WHERE order_id = $1 AND payment_no = $2 AND request_no = $3"
	};
	Params		params = {0};

	AddDatum(&params, Int64GetDatum(payment->order_id));
	AddDatum(&params, Int32GetDatum(payment->payment_no));
	AddDatum(&params, Int32GetDatum(request->request_no));
	AddText(&params, status);
	AddText(&params, message);
	PlanRun(&update, params.values, params.nulls, false);
}

/*
 * PaymentRequireProvider refuses to ask a provider for what the store does
 * itself, and to take an answer to that.
 */
void
PaymentRequireProvider(const Payment *payment)
{
	if (MethodIsInternal(payment->method))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s has no provider to ask", PaymentName(payment)),
				 errdetail("Its method \"%s\" is value that the store itself keeps.",
						   payment->method),
				 errhint("Use oms.capture(), oms.void() or oms.refund_payment().")));
}

/*
 * RequireWhole refuses to give up part of a payment, which can't be taken for
 * the amount that is given up.
 */
static void
RequireWhole(const Payment *payment, Amount amount)
{
	Amount		requested;
	Amount		whole = PaymentLeft(payment, ACTION_VOID, &requested);

	if (amount != whole)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s can be voided as a whole only",
						PaymentName(payment)),
				 errdetail("Asked for %s of %s.", AmountToString(amount),
						   AmountToString(whole))));
}

/*
 * RequestRefund issues a refund of one payment and asks for it, whoever moves
 * the money.  Returns the request's number.
 */
static int
RequestRefund(Payment *payment, Amount amount, const char *reference)
{
	int			refund_no = RefundPayment(payment, amount, NULL, reference,
										  false);

	return RequestMake(payment, ACTION_REFUND, amount, refund_no);
}

/*
 * RequestBody: see oms_request_payment.
 */
static Datum
RequestBody(FunctionCallInfo fcinfo)
{
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(2));
	PaymentAction action = ACTION_AUTHORIZE;
	Payment		payment;
	Amount		amount;

	if (!PaymentActionFind(name, &action))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("action \"%s\" does not exist", name),
				 errhint("Actions are authorize, capture, void and refund.")));
	payment = PaymentLock(PG_GETARG_INT64(0), PG_GETARG_INT32(1));
	PaymentRequireProvider(&payment);
	amount = PaymentAsked(fcinfo, 3, &payment, action);
	if (action == ACTION_VOID)
		RequireWhole(&payment, amount);
	if (action == ACTION_REFUND)
		PG_RETURN_INT32(RequestRefund(&payment, amount,
									  PG_ARGISNULL(4) ? NULL
									  : text_to_cstring(PG_GETARG_TEXT_PP(4))));
	PG_RETURN_INT32(RequestMake(&payment, action, amount, 0));
}

PG_FUNCTION_INFO_V1(oms_request_payment);

/*
 * oms_request_payment(order_id, payment_no, action, amount, reference) asks
 * the provider of a payment and returns the request's number.
 */
Datum
oms_request_payment(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 3, RequestBody);
}
