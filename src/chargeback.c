/*
 * chargeback.c
 *		Payments that banks take back for their customers.
 *
 * A chargeback takes the money at once, so its posting is written when it is
 * opened, and reversed if the dispute is won.  An order that can still be
 * stopped is held until its last chargeback is decided.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "ledger.h"
#include "payment.h"

#include "executor/spi.h"
#include "utils/builtins.h"

typedef struct Chargeback
{
	int64		order_id;
	int			chargeback_no;
	int			payment_no;
	char	   *provider;
	char	   *reference;
	Amount		amount;
	char	   *reason;			/* may be NULL */
	char	   *status;
} Chargeback;

/*
 * PaymentsChargedBack sets how much of payments of an order banks took back,
 * and did not have to give up.
 */
void
PaymentsChargedBack(int64 order_id, Payment *payments, int n)
{
	static SavedPlan find = {
		"bigint",
		"SELECT payment_no, sum(oms.minor(amount))::bigint FROM oms.chargebacks "
		"WHERE order_id = $1 AND status <> 'won' GROUP BY payment_no"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};
	int			found = PlanRun(&find, values, NULL, false);

	for (int i = 0; i < n; i++)
	{
		payments[i].charged_back = 0;
		for (int j = 0; j < found; j++)
			if (RowInt32(j, 1) == payments[i].payment_no)
				payments[i].charged_back = RowInt64(j, 2);
	}
}

/*
 * ChargebackInsert writes the row of a new chargeback and sets its number.
 * The caller holds the lock of the order's row.
 */
static void
ChargebackInsert(Chargeback *chargeback, FunctionCallInfo fcinfo)
{
	static SavedPlan insert = {
		"bigint, integer, text, text, oms.amount, text, date",
		"INSERT INTO oms.chargebacks (order_id, chargeback_no, payment_no, provider, reference, amount, reason, due_on) "
		"SELECT $1, coalesce(max(chargeback_no), 0) + 1, $2, $3, $4, $5, $6, $7 "
		"FROM oms.chargebacks WHERE order_id = $1 "
		"RETURNING chargeback_no"
	};
	Params		params = {0};

	for (int i = 0; i < 7; i++)
		AddNullable(&params, fcinfo->args[i].value, PG_ARGISNULL(i));
	PlanRun(&insert, params.values, params.nulls, false);
	chargeback->chargeback_no = RowInt32(0, 1);
}

/*
 * ChargebackPost posts the loss of a chargeback, or with -1 its reversal.
 */
static void
ChargebackPost(const Chargeback *chargeback, int sign)
{
	int			currency = AmountCurrency(chargeback->amount);
	int64		minor = sign * AmountMinor(chargeback->amount);
	Posting    *posting = PostingMake("chargeback", chargeback->order_id,
									  chargeback->chargeback_no, currency,
									  BaseRate(currency, PresentDay()));

	PostingAdd(posting, ACCOUNT_CHARGEBACKS, minor);
	PostingAdd(posting, ACCOUNT_CLEARING, -minor)->provider =
		chargeback->provider;
	PostingWrite(posting);
}

/*
 * ChargebackAlert raises the alert of a chargeback.
 */
static void
ChargebackAlert(const Chargeback *chargeback)
{
	static SavedPlan raise = {
		"text, text, bigint, text, jsonb",
		"SELECT oms_internal.raise_alert('chargeback', $1, 'critical', $2, $3, $4, $5)"
	};
	Payment		payment = {chargeback->order_id, chargeback->payment_no};
	EventField	fields[] = {
		{"provider", chargeback->provider},
		{"dispute", chargeback->reference},
		{"amount", AmountToString(chargeback->amount)},
		{"reason", chargeback->reason}
	};
	Params		params = {0};

	AddText(&params, psprintf("%s/%s", chargeback->provider,
							  chargeback->reference));
	AddText(&params, psprintf("%s of %s was charged back",
							  AmountToString(chargeback->amount),
							  PaymentName(&payment)));
	AddDatum(&params, Int64GetDatum(chargeback->order_id));
	AddText(&params, PaymentName(&payment));
	AddJsonb(&params, EventFields(fields, lengthof(fields)));
	PlanRun(&raise, params.values, params.nulls, false);
}

/*
 * ChargebackEvent appends the event of a step of a chargeback.
 */
static void
ChargebackEvent(const Chargeback *chargeback, const char *type)
{
	EventField	fields[2] = {{"amount", AmountToString(chargeback->amount)},
	{"reason", chargeback->reason}};

	EventAppend(chargeback->order_id, type, chargeback->chargeback_no,
				EventFields(fields, 2));
}

PG_FUNCTION_INFO_V1(oms_open_chargeback);

/*
 * oms_open_chargeback(order_id, payment_no, provider, reference, amount,
 * reason, due_on) opens a chargeback of a payment and returns its number.
 */
Datum
oms_open_chargeback(PG_FUNCTION_ARGS)
{
	StoreScope	scope = StoreOpen();
	Chargeback	chargeback = {PG_GETARG_INT64(0)};
	Status		status = OrderLock(chargeback.order_id);

	chargeback.payment_no = PG_GETARG_INT32(1);
	chargeback.provider = text_to_cstring(PG_GETARG_TEXT_PP(2));
	chargeback.reference = text_to_cstring(PG_GETARG_TEXT_PP(3));
	chargeback.amount = PG_GETARG_AMOUNT(4);
	chargeback.reason = PG_ARGISNULL(5) ? NULL
		: text_to_cstring(PG_GETARG_TEXT_PP(5));
	ChargebackInsert(&chargeback, fcinfo);
	ChargebackEvent(&chargeback, "chargeback.opened");
	ChargebackPost(&chargeback, 1);
	ChargebackAlert(&chargeback);
	if (OrderMayBeHeld(status) &&
		!HoldIsOpen(chargeback.order_id, HOLD_CHARGEBACK))
		HoldAdd(chargeback.order_id, HOLD_CHARGEBACK, chargeback.reason);
	StoreClose(scope);
	PG_RETURN_INT32(chargeback.chargeback_no);
}

/*
 * ChargebackRead reads a chargeback of an order that is locked.
 */
static Chargeback
ChargebackRead(int64 order_id, int chargeback_no)
{
	static SavedPlan find = {
		"bigint, integer",
		"SELECT payment_no, provider, reference, amount, reason, status "
		"FROM oms.chargebacks WHERE order_id = $1 AND chargeback_no = $2"
	};
	Datum		values[2] = {Int64GetDatum(order_id),
		Int32GetDatum(chargeback_no)};
	Chargeback	chargeback = {order_id, chargeback_no};

	if (PlanRun(&find, values, NULL, false) == 0)
		elog(ERROR, "order " INT64_FORMAT " has no chargeback %d", order_id,
			 chargeback_no);
	chargeback.payment_no = RowInt32(0, 1);
	chargeback.provider = RowText(0, 2);
	chargeback.reference = RowText(0, 3);
	chargeback.amount = DatumGetAmount(RowDatum(0, 4, NULL));
	chargeback.reason = RowText(0, 5);
	chargeback.status = RowText(0, 6);
	return chargeback;
}

/*
 * RequireEnd raises OM002 if a chargeback cannot end so: one that was lost may
 * be won in the next instance, and that is all.
 */
static void
RequireEnd(const Chargeback *chargeback, const char *status)
{
	if (strcmp(status, "open") != 0 &&
		(strcmp(chargeback->status, "open") == 0 ||
		 (strcmp(chargeback->status, "lost") == 0 &&
		  strcmp(status, "won") == 0)))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OMS_INVALID_TRANSITION),
			 errmsg("chargeback " INT64_FORMAT "-C%d cannot go from %s to %s",
					chargeback->order_id, chargeback->chargeback_no,
					chargeback->status, status),
			 errhint("An open chargeback is won or lost, a lost one can still be won; another one has a reference of its own.")));
}

/*
 * ChargebackClose stores how a chargeback ended, closes its alert, and tells
 * whether it was the last open one of its order.
 */
static bool
ChargebackClose(const Chargeback *chargeback, const char *status)
{
	static SavedPlan update = {
		"bigint, integer, text",
		"UPDATE oms.chargebacks SET status = $3, closed_at = oms.now() "
		"WHERE order_id = $1 AND chargeback_no = $2"
	};
	static SavedPlan close = {
		"text, text",
		"SELECT oms_internal.close_alerts(ARRAY['chargeback'], ARRAY[$1], $2)"
	};
	static SavedPlan others = {
		"bigint",
		"SELECT FROM oms.chargebacks WHERE order_id = $1 AND status = 'open'"
	};
	Datum		values[3] = {Int64GetDatum(chargeback->order_id),
		Int32GetDatum(chargeback->chargeback_no), CStringGetTextDatum(status)};
	Datum		key[2] = {CStringGetTextDatum(psprintf("%s/%s",
													   chargeback->provider,
													   chargeback->reference)),
	CStringGetTextDatum(status)};

	PlanRun(&update, values, NULL, false);
	PlanRun(&close, key, NULL, false);
	return PlanRun(&others, values, NULL, false) == 0;
}

PG_FUNCTION_INFO_V1(oms_end_chargeback);

/*
 * oms_end_chargeback(order_id, chargeback_no, status) says that a chargeback
 * was won or lost.
 */
Datum
oms_end_chargeback(PG_FUNCTION_ARGS)
{
	StoreScope	scope = StoreOpen();
	int64		order_id = PG_GETARG_INT64(0);
	char	   *status = text_to_cstring(PG_GETARG_TEXT_PP(2));
	Chargeback	chargeback;
	bool		won = strcmp(status, "won") == 0;
	bool		last;

	OrderLock(order_id);
	chargeback = ChargebackRead(order_id, PG_GETARG_INT32(1));
	RequireEnd(&chargeback, status);
	last = ChargebackClose(&chargeback, status);
	ChargebackEvent(&chargeback, won ? "chargeback.won" : "chargeback.lost");
	if (won)
		ChargebackPost(&chargeback, -1);
	if (last)
		(void) HoldEnd(order_id, HOLD_CHARGEBACK);
	StoreClose(scope);
	PG_RETURN_VOID();
}
