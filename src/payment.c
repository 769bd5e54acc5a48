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

#include "executor/spi.h"
#include "utils/builtins.h"

/*
 * PaymentName names a payment as people do: payment 1041-P1.
 */
char *
PaymentName(const Payment *payment)
{
	return psprintf("payment " INT64_FORMAT "-P%d", payment->order_id,
					payment->payment_no);
}

/*
 * PaymentsRead reads the payments of an order by number and returns how many
 * there are.
 */
int
PaymentsRead(int64 order_id, Payment **payments)
{
	static SavedPlan find = {
		"bigint",
		"SELECT payment_no, status, amount, authorized, captured, refunded "
		"FROM oms.payments WHERE order_id = $1 ORDER BY payment_no"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};
	int			n = PlanRun(&find, values, NULL, false);

	*payments = palloc(sizeof(Payment) * Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		Payment    *payment = &(*payments)[i];

		payment->order_id = order_id;
		payment->payment_no = RowInt32(i, 1);
		payment->status = DatumGetStatus(RowDatum(i, 2, NULL));
		payment->amount = DatumGetAmount(RowDatum(i, 3, NULL));
		payment->authorized = DatumGetAmount(RowDatum(i, 4, NULL));
		payment->captured = DatumGetAmount(RowDatum(i, 5, NULL));
		payment->refunded = DatumGetAmount(RowDatum(i, 6, NULL));
	}
	return n;
}

/*
 * PaymentLock locks an order and reads one of its payments.  Raises OM006 if
 * there is no such order or payment.
 */
static Payment
PaymentLock(int64 order_id, int payment_no)
{
	Payment		sought = {order_id, payment_no};
	Payment    *payments;
	int			n;

	OrderLock(order_id);
	n = PaymentsRead(order_id, &payments);
	for (int i = 0; i < n; i++)
		if (payments[i].payment_no == payment_no)
			return payments[i];
	ereport(ERROR,
			(errcode(ERRCODE_OMS_UNKNOWN_CODE),
			 errmsg("%s does not exist", PaymentName(&sought)),
			 errhint("oms.get_order(" INT64_FORMAT ") shows the payments of the order.",
					 order_id)));
}

/*
 * PaymentWrite stores status and sums of a payment.  The triggers refuse a
 * step that the machine doesn't have, record it, and settle the order.
 */
void
PaymentWrite(const Payment *payment)
{
	static SavedPlan update = {
		"bigint, integer, oms.payment_status, oms.amount, oms.amount, oms.amount",
		"UPDATE oms.payments "
		"SET status = $3, authorized = $4, captured = $5, refunded = $6 "
		"WHERE order_id = $1 AND payment_no = $2"
	};
	Datum		values[6] = {Int64GetDatum(payment->order_id),
		Int32GetDatum(payment->payment_no), StatusGetDatum(payment->status),
		AmountGetDatum(payment->authorized), AmountGetDatum(payment->captured),
		AmountGetDatum(payment->refunded)};

	PlanRun(&update, values, NULL, false);
}

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

/*
 * ReadNewPayment makes a payment from a checked document.  The order's
 * currency decides how fine its amount may be.
 */
static Payment
ReadNewPayment(int64 order_id, JsonbContainer *document, int currency)
{
	Payment		payment;
	JsonbValue	value;
	int64		minor;
	char	   *status = DocText(document, "status");

	(void) DocFind(document, "amount", &value);
	if (DocReadDecimal(&value, CurrencyMinorUnits(currency), false,
					   &minor) != DECIMAL_OK)
	{
		Faults		faults;

		FaultsInit(&faults);
		FaultAdd(&faults, "$.amount", "must have at most %d decimals in %s, is %s",
				 CurrencyMinorUnits(currency), CurrencyCode(currency),
				 DocShow(&value));
		FaultsRaise(&faults, PaymentDocument.name);
	}
	payment.order_id = order_id;
	payment.status = PAYMENT_PENDING;
	if (status != NULL)
		StatusFromText(MACHINE_PAYMENT, status, strlen(status),
					   &payment.status);
	payment.amount = AmountMake(currency, minor);
	PaymentDerive(&payment, 0);
	return payment;
}

/*
 * PaymentInsert writes a new payment and sets its number.
 */
static void
PaymentInsert(Payment *payment, JsonbContainer *document)
{
	static SavedPlan insert = {
		"bigint, text, text, text, oms.payment_status, oms.amount, oms.amount, oms.amount, oms.amount, jsonb",
		"INSERT INTO oms.payments (order_id, payment_no, method, provider, reference, status, "
		"                          amount, authorized, captured, refunded, metadata) "
		"SELECT $1, coalesce(max(payment_no), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9, $10 "
		"FROM oms.payments WHERE order_id = $1 "
		"RETURNING payment_no"
	};
	const char *texts[3] = {DocText(document, "method"),
		DocText(document, "provider"), DocText(document, "reference")};
	Jsonb	   *metadata = DocJsonb(document, "metadata");
	Datum		values[10];
	char		nulls[] = "          ";

	values[0] = Int64GetDatum(payment->order_id);
	for (int i = 0; i < 3; i++)
	{
		if (texts[i] == NULL)
			nulls[i + 1] = 'n';
		else
			values[i + 1] = CStringGetTextDatum(texts[i]);
	}
	values[4] = StatusGetDatum(payment->status);
	values[5] = AmountGetDatum(payment->amount);
	values[6] = AmountGetDatum(payment->authorized);
	values[7] = AmountGetDatum(payment->captured);
	values[8] = AmountGetDatum(payment->refunded);
	values[9] = JsonbPGetDatum(metadata);
	nulls[9] = metadata == NULL ? 'n' : ' ';
	PlanRun(&insert, values, nulls, false);
	payment->payment_no = RowInt32(0, 1);
}

/*
 * RequireTakesPayment refuses a promise of money for an order that owes
 * none.  Money that was captured all the same must be told, to be refunded.
 */
static void
RequireTakesPayment(Status order_status, const Payment *payment)
{
	if (order_status == ORDER_CANCELLED &&
		AmountMinor(payment->captured) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_INVALID_TRANSITION),
				 errmsg("order " INT64_FORMAT " is cancelled and takes no payment",
						payment->order_id),
				 errdetail("The payment is \"%s\".",
						   StatusName(payment->status)),
				 errhint("Only a captured payment can be added, to be refunded.")));
}

/*
 * AddPaymentBody: see oms_add_payment.
 */
static Datum
AddPaymentBody(FunctionCallInfo fcinfo)
{
	int64		order_id = PG_GETARG_INT64(0);
	JsonbContainer *document = DocumentRequire(PG_GETARG_JSONB_P(1),
											   &PaymentDocument);
	Status		order_status = OrderLock(order_id);
	Payment		payment = ReadNewPayment(order_id, document,
										 OrderCurrency(order_id));

	RequireTakesPayment(order_status, &payment);
	PaymentInsert(&payment, document);
	PaymentRecord(NULL, &payment);
	EventAppend(order_id, EventTypeOfStep(payment.status), payment.payment_no,
				PaymentStepData(NULL, &payment, NULL));
	OrderSettle(order_id);
	PG_RETURN_INT32(payment.payment_no);
}

PG_FUNCTION_INFO_V1(oms_add_payment);

/*
 * oms_add_payment(order_id, payment, reference) adds a payment to an order
 * and returns its number.
 */
Datum
oms_add_payment(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, AddPaymentBody);
}
