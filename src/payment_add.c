/*
 * payment_add.c
 *		Adds a payment to an order that is there.
 *
 * A provider's key belongs to one payment, unless it failed: the unique key of
 * payments makes a second one wait for the first, and then it is refused.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stored_value.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/*
 * ReadAmount reads the amount of a checked document into a new payment.  The
 * order's currency decides how fine it may be.
 */
static void
ReadAmount(JsonbContainer *document, int currency, Payment *payment,
		   Faults *faults)
{
	JsonbValue	value;
	int64		minor = 0;

	(void) DocFind(document, "amount", &value);
	if (DocReadDecimal(&value, CurrencyMinorUnits(currency), false,
					   &minor) != DECIMAL_OK)
		FaultAdd(faults, "$.amount", "must have at most %d decimals in %s, is %s",
				 CurrencyMinorUnits(currency), CurrencyCode(currency),
				 DocShow(&value));
	payment->amount = AmountMake(currency, minor);
}

/*
 * ReadNewPayment makes a payment from a checked document.  Raises OM007 if the
 * order's currency or customer doesn't allow it.
 */
static Payment
ReadNewPayment(int64 order_id, JsonbContainer *document)
{
	Payment		payment = {order_id};
	Faults		faults;

	FaultsInit(&faults);
	ReadAmount(document, OrderCurrency(order_id), &payment, &faults);
	payment.method = DocText(document, "method");
	payment.provider = DocText(document, "provider");
	payment.reference = DocText(document, "reference");
	if (!DocTimestamp(document, "expires_at", &payment.expires_at))
		payment.expires_at = DT_NOEND;
	payment.status = MethodFirstStatus(payment.method,
									   DocText(document, "status"));
	if (MethodIsTerms(payment.method) && !OrderHasTerms(order_id))
		FaultAdd(&faults, "$.method", NO_TERMS);
	if (MethodIsExchange(payment.method))
		FaultAdd(&faults, "$.method", MADE_BY_RETURN);
	StoredValueFind(&payment, &faults);
	FaultsRaise(&faults, PaymentDocument.name);
	PaymentDerive(&payment, 0);
	return payment;
}

/*
 * PaymentInsert writes a new payment and sets its number; false if its
 * provider's key belongs to another payment already.  It waits for those who
 * are about to use the key.  metadata may be NULL.
 */
bool
PaymentInsert(Payment *payment, Jsonb *metadata)
{
	static SavedPlan insert = {
		"bigint, oms.payment_status, oms.amount, oms.amount, oms.amount, oms.amount, "
		"text, text, text, jsonb, timestamptz, bigint",
		"INSERT INTO oms.payments (order_id, payment_no, status, amount, authorized, captured, "
		"                          refunded, method, provider, reference, metadata, expires_at, account_id) "
		"SELECT $1, coalesce(max(payment_no), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 "
		"FROM oms.payments WHERE order_id = $1 "
		"ON CONFLICT " PAYMENTS_REFERENCE_KEY " DO NOTHING "
		"RETURNING payment_no"
	};
	Params		params = {0};

	AddDatum(&params, Int64GetDatum(payment->order_id));
	AddDatum(&params, StatusGetDatum(payment->status));
	AddDatum(&params, AmountGetDatum(payment->amount));
	AddDatum(&params, AmountGetDatum(payment->authorized));
	AddDatum(&params, AmountGetDatum(payment->captured));
	AddDatum(&params, AmountGetDatum(payment->refunded));
	AddText(&params, payment->method);
	AddText(&params, payment->provider);
	AddText(&params, payment->reference);
	AddJsonb(&params, metadata);
	AddNullable(&params, TimestampTzGetDatum(payment->expires_at),
				TIMESTAMP_IS_NOEND(payment->expires_at));
	AddNullable(&params, Int64GetDatum(payment->account_id),
				payment->account_id == 0);
	if (PlanRun(&insert, params.values, params.nulls, false) == 0)
		return false;
	payment->payment_no = RowInt32(0, 1);
	return true;
}

/*
 * PaymentRefuseReference raises OM004 for a provider's key that belongs to
 * another payment.
 */
void
PaymentRefuseReference(const char *provider, const char *reference)
{
	static SavedPlan find = {
		"text, text",
		"SELECT order_id, payment_no FROM oms.payments "
		"WHERE provider = $1 AND reference = $2 AND status <> 'failed'"
	};
	Datum		values[2] = {CStringGetTextDatum(provider),
		CStringGetTextDatum(reference)};
	Payment		other = {0};

	if (PlanRun(&find, values, NULL, false) != 1)
		elog(ERROR, "payment \"%s\" has vanished", reference);
	other.order_id = RowInt64(0, 1);
	other.payment_no = RowInt32(0, 2);
	ereport(ERROR,
			(errcode(ERRCODE_OMS_REFERENCE_CONFLICT),
			 errmsg("reference \"%s\" of provider \"%s\" belongs to another payment",
					reference, provider),
			 errdetail("It is that of %s.", PaymentName(&other)),
			 errhint("A provider's key names one payment; only one that failed gives it back.")));
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
 * PaymentAdded does what follows from a new payment: its entries, its event,
 * and that the order follows.
 */
void
PaymentAdded(const Payment *payment)
{
	PaymentRecord(NULL, payment);
	EventAppend(payment->order_id, EventTypeOfStep(payment->status),
				payment->payment_no, PaymentStepData(NULL, payment, NULL));
	if (MethodIsTerms(payment->method))
		OrderRequireCredit(payment->order_id);
	OrderSettle(payment->order_id);
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
	Payment		payment = ReadNewPayment(order_id, document);

	RequireTakesPayment(order_status, &payment);
	if (!PaymentInsert(&payment, DocJsonb(document, "metadata")))
		PaymentRefuseReference(payment.provider, payment.reference);
	PaymentAdded(&payment);
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
