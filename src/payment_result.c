/*
 * payment_result.c
 *		Takes what providers say of transactions, each once.
 *
 * A transaction has the provider's own key, and is first pending, then failed
 * or succeeded; one that failed may succeed after all.  Each of these answers
 * is a row of oms.payment_results, whose key makes a second call with the same
 * answer wait for the first.  An answer that says less than what is known, as
 * webhooks that overtake each other do, is kept and changes nothing.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "payment.h"

#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

/* In the order of what they say */
static const char *const result_statuses[] = {"pending", "failed", "succeeded"};

/*
 * Rank tells which of two statuses of a transaction says more.
 */
static int
Rank(const char *status)
{
	for (int i = 0; i < lengthof(result_statuses); i++)
		if (strcmp(status, result_statuses[i]) == 0)
			return i;
	elog(ERROR, "unknown status of a transaction: %s", status);
}

/*
 * FindNamed reads the key of the payment that a result names by its numbers;
 * false if there is none.
 */
static bool
FindNamed(JsonbContainer *document, Payment *payment)
{
	static SavedPlan find = {
		"bigint, integer",
		"SELECT FROM oms.payments WHERE order_id = $1 AND payment_no = $2"
	};
	Datum		values[2];

	payment->order_id =
		DatumGetInt64(DirectFunctionCall1(numeric_int8,
										  NumericGetDatum(DocNumeric(document, "order_id"))));
	payment->payment_no = DocInteger(document, "payment_no", 0);
	values[0] = Int64GetDatum(payment->order_id);
	values[1] = Int32GetDatum(payment->payment_no);
	return PlanRun(&find, values, NULL, false) > 0;
}

/*
 * FindReferred reads the key of the payment that a provider knows by a key of
 * its own: the one that has not failed, else the last.  False if there is
 * none.
 */
static bool
FindReferred(const char *provider, const char *reference, Payment *payment)
{
	static SavedPlan live = {
		"text, text",
		"SELECT order_id, payment_no FROM oms.payments "
		"WHERE provider = $1 AND reference = $2 AND status <> 'failed'"
	};
	static SavedPlan failed = {
		"text, text",
		"SELECT order_id, payment_no FROM oms.payments "
		"WHERE provider = $1 AND reference = $2 AND status = 'failed' "
		"ORDER BY order_id DESC, payment_no DESC LIMIT 1"
	};
	Datum		values[2] = {CStringGetTextDatum(provider),
		CStringGetTextDatum(reference)};

	if (PlanRun(&live, values, NULL, false) == 0 &&
		PlanRun(&failed, values, NULL, false) == 0)
		return false;
	payment->order_id = RowInt64(0, 1);
	payment->payment_no = RowInt32(0, 2);
	return true;
}

/*
 * FindPayment reads the key of the payment that a result is about.  Raises
 * OM006 if there is none.
 */
static Payment
FindPayment(const char *provider, JsonbContainer *document)
{
	char	   *reference = DocText(document, "payment_reference");
	Payment		payment = {0};

	if (reference == NULL && !FindNamed(document, &payment))
		ereport(ERROR,
				(errcode(ERRCODE_OMS_UNKNOWN_CODE),
				 errmsg("%s does not exist", PaymentName(&payment))));
	if (reference != NULL && !FindReferred(provider, reference, &payment))
		ereport(ERROR,
				(errcode(ERRCODE_OMS_UNKNOWN_CODE),
				 errmsg("no payment has the reference \"%s\" of provider \"%s\"",
						reference, provider),
				 errhint("Name the payment by order_id and payment_no, or add it with oms.add_payment() first.")));
	return payment;
}

/*
 * ReadAnswer reads a checked document.  Raises OM007 if its amount is finer
 * than the order's currency.
 */
static PaymentAnswer
ReadAnswer(char *provider, char *reference, JsonbContainer *document,
		   int currency)
{
	PaymentAnswer answer = {provider, reference};
	JsonbValue	amount;
	int64		minor = 0;
	Faults		faults;

	FaultsInit(&faults);
	answer.status = DocText(document, "status");
	PaymentActionFind(DocText(document, "action"), &answer.action);
	answer.has_amount = DocFind(document, "amount", &amount);
	if (answer.has_amount &&
		DocReadDecimal(&amount, CurrencyMinorUnits(currency), false,
					   &minor) != DECIMAL_OK)
		FaultAdd(&faults, "$.amount", "must have at most %d decimals in %s, is %s",
				 CurrencyMinorUnits(currency), CurrencyCode(currency),
				 DocShow(&amount));
	FaultsRaise(&faults, PaymentResultDocument.name);
	answer.amount = AmountMake(currency, minor);
	answer.request_no = DocInteger(document, "request_no", 0);
	answer.refund_no = DocInteger(document, "refund_no", 0);
	answer.message = DocText(document, "message");
	if (!DocTimestamp(document, "occurred_at", &answer.occurred_at))
		answer.occurred_at = PresentTime();
	if (!DocTimestamp(document, "expires_at", &answer.expires_at))
		answer.expires_at = DT_NOEND;
	return answer;
}

/*
 * Claim writes the row of an answer; false if it is there already.  A call
 * with the same answer waits here for one that goes before.
 */
static bool
Claim(const PaymentAnswer *answer, const Payment *payment, int64 hash)
{
	static SavedPlan insert = {
		"text, text, text, bigint, bigint, integer, text, oms.amount, text, timestamptz",
		"INSERT INTO oms.payment_results (provider, reference, status, content_hash, order_id, "
		"                                 payment_no, action, amount, message, occurred_at) "
		"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
		"ON CONFLICT (provider, reference, status) DO NOTHING"
	};
	Params		params = {0};

	AddText(&params, answer->provider);
	AddText(&params, answer->reference);
	AddText(&params, answer->status);
	AddDatum(&params, Int64GetDatum(hash));
	AddDatum(&params, Int64GetDatum(payment->order_id));
	AddDatum(&params, Int32GetDatum(payment->payment_no));
	AddText(&params, PaymentActionName(answer->action));
	AddNullable(&params, AmountGetDatum(answer->amount), !answer->has_amount);
	AddText(&params, answer->message);
	AddDatum(&params, TimestampTzGetDatum(answer->occurred_at));
	return PlanRun(&insert, params.values, params.nulls, false) == 1;
}

/*
 * Refuse raises OM004 for a transaction of which something else was said.
 */
static void
Refuse(const PaymentAnswer *answer, const char *before)
{
	ereport(ERROR,
			(errcode(ERRCODE_OMS_REFERENCE_CONFLICT),
			 errmsg("reference \"%s\" of provider \"%s\" was used with other content",
					answer->reference, answer->provider),
			 errdetail("Recorded before is: %s.", before),
			 errhint("Build the document from what the provider says of a transaction, the same from its answer and from its webhook.")));
}

/*
 * Repeated is what an answer that is known was answered.  Raises OM004 if it
 * had another content.
 */
static Status
Repeated(const PaymentAnswer *answer, int64 hash)
{
	static SavedPlan find = {
		"text, text, text",
		"SELECT content_hash, payment_status, "
		"       format('%s %s of payment %s-P%s', action, status, order_id, payment_no) "
		"FROM oms.payment_results WHERE provider = $1 AND reference = $2 AND status = $3"
	};
	Datum		values[3] = {CStringGetTextDatum(answer->provider),
		CStringGetTextDatum(answer->reference),
		CStringGetTextDatum(answer->status)};

	if (PlanRun(&find, values, NULL, false) != 1)
		elog(ERROR, "payment result \"%s\" has vanished", answer->reference);
	if (RowInt64(0, 1) != hash)
		Refuse(answer, RowText(0, 3));
	return DatumGetStatus(RowDatum(0, 2, NULL));
}

/*
 * IsOvertaken tells whether more is known of a transaction than an answer
 * says.  Raises OM004 if what is known is about something else.  The caller
 * holds the lock of the order's row.
 */
static bool
IsOvertaken(const PaymentAnswer *answer, const Payment *payment)
{
	static SavedPlan find = {
		"text, text, text, bigint, integer, text",
		"SELECT status, (order_id, payment_no, action) = ($4, $5, $6), "
		"       format('%s %s of payment %s-P%s', action, status, order_id, payment_no) "
		"FROM oms.payment_results WHERE provider = $1 AND reference = $2 AND status <> $3"
	};
	Datum		values[6] = {CStringGetTextDatum(answer->provider),
		CStringGetTextDatum(answer->reference),
		CStringGetTextDatum(answer->status),
		Int64GetDatum(payment->order_id), Int32GetDatum(payment->payment_no),
		CStringGetTextDatum(PaymentActionName(answer->action))};
	int			n = PlanRun(&find, values, NULL, false);
	bool		overtaken = false;

	for (int i = 0; i < n; i++)
	{
		if (!RowBool(i, 2))
			Refuse(answer, RowText(i, 3));
		overtaken = overtaken ||
			Rank(RowText(i, 1)) > Rank(answer->status);
	}
	return overtaken;
}

/*
 * Finish notes what was answered.
 */
static void
Finish(const PaymentAnswer *answer, Status status)
{
	static SavedPlan update = {
		"text, text, text, oms.payment_status, integer",
		"UPDATE oms.payment_results SET payment_status = $4, booked_payment_no = $5 "
		"WHERE provider = $1 AND reference = $2 AND status = $3"
	};
	Params		params = {0};

	AddText(&params, answer->provider);
	AddText(&params, answer->reference);
	AddText(&params, answer->status);
	AddDatum(&params, StatusGetDatum(status));
	AddId(&params, answer->booked_payment_no);
	PlanRun(&update, params.values, params.nulls, false);
}

/*
 * Record does what an answer means, once, and returns the payment's status.
 */
static Status
Record(char *provider, char *reference, Jsonb *result)
{
	JsonbContainer *document = DocumentRequire(result, &PaymentResultDocument);
	Payment		payment = FindPayment(provider, document);
	PaymentAnswer answer = ReadAnswer(provider, reference, document,
									  OrderCurrency(payment.order_id));
	int64		hash = DocHash(result);
	Status		status;

	if (!Claim(&answer, &payment, hash))
		return Repeated(&answer, hash);
	payment = PaymentLock(payment.order_id, payment.payment_no);
	PaymentRequireProvider(&payment);
	status = payment.status;
	if (!IsOvertaken(&answer, &payment))
	{
		if (strcmp(answer.status, "succeeded") == 0)
			status = AnswerSucceeded(&answer, &payment);
		else if (strcmp(answer.status, "failed") == 0)
			status = AnswerFailed(&answer, &payment);
	}
	Finish(&answer, status);
	return status;
}

PG_FUNCTION_INFO_V1(oms_record_payment_result);

/*
 * oms_record_payment_result(provider, reference, result) records what a
 * provider says of a transaction and returns the status of the payment.
 */
Datum
oms_record_payment_result(PG_FUNCTION_ARGS)
{
	StoreScope	scope;
	Status		status;

	for (int i = 0; i < 2; i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("argument %d of record_payment_result() must not be null",
							i + 1)));
	scope = StoreOpen();
	status = Record(RequireText(PG_GETARG_TEXT_PP(0), "provider"),
					RequireText(PG_GETARG_TEXT_PP(1), "reference"),
					PG_ARGISNULL(2) ? NULL : PG_GETARG_JSONB_P(2));
	StoreClose(scope);
	PG_RETURN_STATUS(status);
}
