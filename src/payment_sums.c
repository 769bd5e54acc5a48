/*
 * payment_sums.c
 *		The triggers that keep a payment's sums, entries and events together.
 *
 * keep_sums, BEFORE INSERT OR UPDATE, runs after guard_transition.  When
 * somebody else than the extension writes the table, the sums follow from the
 * status: a payment set to captured has captured all that was authorized.  A
 * status that needs an amount (partially_captured, partially_refunded) and
 * sums set by hand are refused.
 *
 * record_sums, AFTER INSERT OR UPDATE, runs before record_transition.  It
 * writes an entry for each sum that grew and for an authorization that was
 * given up, whoever writes.  place_order() writes the entries of the payments
 * that it inserts itself.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stored_value.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/rel.h"

/* The columns that a payment is read from, in the order of ReadPayment() */
static const char *const payment_columns[] = {"order_id", "payment_no",
"status", "amount", "authorized", "captured", "refunded", "method", "provider",
"reference", "expires_at", "account_id"};

#define PAYMENT_COLUMNS	lengthof(payment_columns)

/*
 * OrderTotal reads what an order that is there costs.
 */
Amount
OrderTotal(int64 order_id)
{
	static SavedPlan find = {
		"bigint",
		"SELECT total FROM oms.orders WHERE order_id = $1"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};

	if (PlanRun(&find, values, NULL, false) != 1)
		elog(ERROR, "order " INT64_FORMAT " has vanished", order_id);
	return DatumGetAmount(RowDatum(0, 1, NULL));
}

/*
 * OrderCurrency reads the currency of an order that is there.
 */
int
OrderCurrency(int64 order_id)
{
	return AmountCurrency(OrderTotal(order_id));
}

/*
 * PaymentDerive sets the sums of a payment that come with its status.  from
 * is the status that it had, 0 for a new one, whose sums are all set.
 */
void
PaymentDerive(Payment *payment, Status from)
{
	if (from == 0)
		payment->authorized = payment->captured = payment->refunded =
			AmountMake(AmountCurrency(payment->amount), 0);
	switch (payment->status)
	{
		case PAYMENT_AUTHORIZED:
			payment->authorized = payment->amount;
			break;
		case PAYMENT_CAPTURED:
			if (from == 0 || from == PAYMENT_PENDING)
				payment->authorized = payment->amount;
			payment->captured = payment->authorized;
			break;
		case PAYMENT_REFUNDED:
			payment->refunded = payment->captured;
			break;
		default:
			break;
	}
}

/*
 * Growth is how much a sum has grown, in minor units.
 */
static int64
Growth(Amount before, Amount after)
{
	return AmountMinor(after) - AmountMinor(before);
}

/*
 * Released is the authorization that a payment gives up by its last step, in
 * minor units.
 */
static int64
Released(const Payment *before, const Payment *after)
{
	if (after->authorized < before->authorized)
		return Growth(after->authorized, before->authorized);
	if (before->status == after->status ||
		(after->status != PAYMENT_VOIDED && after->status != PAYMENT_EXPIRED))
		return 0;
	return Growth(after->captured, after->authorized);
}

/*
 * Nothing is a payment as it was before it came into being.
 */
static Payment
Nothing(const Payment *payment)
{
	Payment		nothing = *payment;

	nothing.status = 0;
	nothing.authorized = nothing.captured = nothing.refunded =
		AmountMake(AmountCurrency(payment->amount), 0);
	return nothing;
}

/*
 * PaymentRecord writes the entries and postings that lead from one state of a
 * payment to the next; before is NULL for a new one.  The caller holds the lock of the
 * order's row.  An entry of a refund names the order's last one.
 */
void
PaymentRecord(const Payment *before, const Payment *after)
{
	static SavedPlan insert = {
		"bigint, integer, text[], oms.amount[]",
		"INSERT INTO oms.payment_entries (order_id, payment_no, entry_no, kind, amount, refund_no) "
		"SELECT $1, $2, last.entry_no + e.n, e.kind, e.amount, "
		"       CASE WHEN e.kind = 'refund' "
		"            THEN (SELECT max(refund_no) FROM oms.refunds WHERE order_id = $1) END "
		"FROM (SELECT coalesce(max(entry_no), 0) AS entry_no "
		"      FROM oms.payment_entries WHERE order_id = $1 AND payment_no = $2) AS last, "
		"     unnest($3, $4) WITH ORDINALITY AS e(kind, amount, n)"
	};
	Payment		nothing = Nothing(after);
	const Payment *from = before == NULL ? &nothing : before;
	const struct
	{
		const char *kind;
		int64		minor;
	}			steps[] = {
		{"authorization", Growth(from->authorized, after->authorized)},
		{"capture", Growth(from->captured, after->captured)},
		{"void", Released(from, after)},
		{"refund", Growth(from->refunded, after->refunded)}
	};
	Datum		kinds[lengthof(steps)];
	Datum		amounts[lengthof(steps)];
	Datum		values[4];
	int			n = 0;

	for (int i = 0; i < lengthof(steps); i++)
	{
		if (steps[i].minor <= 0)
			continue;
		kinds[n] = CStringGetTextDatum(steps[i].kind);
		amounts[n++] = AmountGetDatum(AmountMake(AmountCurrency(after->amount),
												 steps[i].minor));
	}
	if (n == 0)
		return;
	values[0] = Int64GetDatum(after->order_id);
	values[1] = Int32GetDatum(after->payment_no);
	values[2] = ArrayDatum(kinds, NULL, n, TEXTOID);
	values[3] = ArrayDatum(amounts, NULL, n, TypeNamed("oms.amount"));
	PlanRun(&insert, values, NULL, false);
	PaymentPost(from, after);
	StoredValueFollow(from, after);
}

/*
 * Moved is the money that the last change of a payment is about: what was
 * taken, given back, granted or given up, else what is asked for.
 */
static Amount
Moved(const Payment *before, const Payment *after)
{
	Payment		nothing = Nothing(after);
	const Payment *from = before == NULL ? &nothing : before;
	int64		minor = Growth(from->captured, after->captured);

	if (minor == 0)
		minor = Growth(from->refunded, after->refunded);
	/* what was captured in parts and gives up the rest moves nothing */
	if (after->authorized < from->authorized)
		return AmountMake(AmountCurrency(after->amount), minor);
	if (minor == 0)
		minor = Growth(from->authorized, after->authorized);
	if (minor == 0)
		minor = Released(from, after);
	return minor == 0 ? after->amount
		: AmountMake(AmountCurrency(after->amount), minor);
}

/*
 * PaymentStepData is the data of the event of a payment: the amount that has
 * moved, and the reason of the step if there is one.
 */
Jsonb *
PaymentStepData(const Payment *before, const Payment *after,
				const char *reason)
{
	EventField	fields[2] = {{"amount", AmountToString(Moved(before, after))},
	{"reason", reason}};

	return EventFields(fields, 2);
}

/*
 * ReadPayment reads a trigger's row.  Returns false if a column that must not
 * be null is, which the table's constraints will say; sums of a new row may
 * be null, which makes them none.
 */
static bool
ReadPayment(HeapTuple row, TupleDesc desc, Payment *payment, bool *no_sums)
{
	Datum		values[PAYMENT_COLUMNS];
	bool		nulls[PAYMENT_COLUMNS];

	for (int i = 0; i < PAYMENT_COLUMNS; i++)
	{
		int			column = SPI_fnumber(desc, payment_columns[i]);

		if (column <= 0)
			elog(ERROR, "trigger needs a column \"%s\"", payment_columns[i]);
		values[i] = SPI_getbinval(row, desc, column, &nulls[i]);
	}
	*no_sums = nulls[4] && nulls[5] && nulls[6];
	if (nulls[0] || nulls[1] || nulls[2] || nulls[3] || nulls[7] ||
		(!*no_sums && (nulls[4] || nulls[5] || nulls[6])))
		return false;
	payment->order_id = DatumGetInt64(values[0]);
	payment->payment_no = DatumGetInt32(values[1]);
	payment->status = DatumGetStatus(values[2]);
	payment->amount = DatumGetAmount(values[3]);
	payment->authorized = DatumGetAmount(values[4]);
	payment->captured = DatumGetAmount(values[5]);
	payment->refunded = DatumGetAmount(values[6]);
	payment->method = TextDatumGetCString(values[7]);
	payment->provider = nulls[8] ? NULL : TextDatumGetCString(values[8]);
	payment->reference = nulls[9] ? NULL : TextDatumGetCString(values[9]);
	payment->expires_at = nulls[10] ? DT_NOEND
		: DatumGetTimestampTz(values[10]);
	payment->account_id = nulls[11] ? 0 : DatumGetInt64(values[11]);
	return true;
}

/*
 * PaymentsOfTrigger reads the rows of a trigger; before is none (status 0) on
 * insertion.
 */
void
PaymentsOfTrigger(struct TriggerData *trigger, Payment *before, Payment *after)
{
	TupleDesc	desc = RelationGetDescr(trigger->tg_relation);
	bool		update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
	bool		no_sums;

	if (!ReadPayment(update ? trigger->tg_newtuple : trigger->tg_trigtuple,
					 desc, after, &no_sums))
		elog(ERROR, "unexpected null in a payment");
	if (!update)
		*before = Nothing(after);
	else if (!ReadPayment(trigger->tg_trigtuple, desc, before, &no_sums))
		elog(ERROR, "unexpected null in a payment");
}

/*
 * SameSums tells whether two rows have the same sums.
 */
static bool
SameSums(const Payment *a, const Payment *b)
{
	return a->authorized == b->authorized && a->captured == b->captured &&
		a->refunded == b->refunded;
}

/*
 * RefuseSums raises the error for sums or keys that were set by hand.
 */
static void
RefuseSums(const Payment *payment)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("sums of %s are written by functions only",
					PaymentName(payment)),
			 errhint("Use oms.authorize(), oms.capture(), oms.void() or oms.refund(), or set a status that says the amount by itself.")));
}

/*
 * CheckByHand refuses what cannot be written by hand: sums, the amount once
 * it is more than a wish, a status that doesn't say how much, and what is by
 * exchange.
 */
static void
CheckByHand(const Payment *before, const Payment *after)
{
	if (!SameSums(before, after) || before->order_id != after->order_id ||
		before->payment_no != after->payment_no ||
		before->account_id != after->account_id ||
		(before->account_id != 0 && strcmp(before->method, after->method) != 0) ||
		(before->amount != after->amount &&
		 before->status != PAYMENT_PENDING))
		RefuseSums(after);
	if (before->status != after->status &&
		(after->status == PAYMENT_PARTIALLY_CAPTURED ||
		 after->status == PAYMENT_PARTIALLY_REFUNDED))
		RefuseSums(after);
	if ((before->status != after->status ||
		 strcmp(before->method, after->method) != 0) &&
		(MethodIsExchange(before->method) || MethodIsExchange(after->method)))
		RefuseSums(after);
}

/*
 * StoreSums puts sums into a trigger's row.
 */
static HeapTuple
StoreSums(HeapTuple row, TupleDesc desc, const Payment *payment)
{
	int			columns[3];
	Datum		values[3] = {AmountGetDatum(payment->authorized),
		AmountGetDatum(payment->captured), AmountGetDatum(payment->refunded)};
	bool		nulls[3] = {false, false, false};

	for (int i = 0; i < 3; i++)
		columns[i] = SPI_fnumber(desc, payment_columns[i + 4]);
	return heap_modify_tuple_by_cols(row, desc, 3, columns, values, nulls);
}

/*
 * StoreAccount looks up the gift card or store credit that a payment written
 * by hand takes from, and puts it into a trigger's row in place of the code.
 */
static HeapTuple
StoreAccount(HeapTuple row, TupleDesc desc, Payment *payment)
{
	MemoryContext context = CurrentMemoryContext;
	StoreScope	scope = StoreOpen();
	int			columns[2] = {SPI_fnumber(desc, "account_id"),
	SPI_fnumber(desc, "reference")};
	Datum		values[2];
	bool		nulls[2] = {false, false};
	Faults		faults;

	FaultsInit(&faults);
	StoredValueFind(payment, &faults);
	FaultsRaise(&faults, PaymentDocument.name);
	MemoryContextSwitchTo(context);
	values[0] = Int64GetDatum(payment->account_id);
	nulls[1] = payment->reference == NULL;
	if (!nulls[1])
		values[1] = CStringGetTextDatum(payment->reference);
	row = heap_modify_tuple_by_cols(row, desc, 2, columns, values, nulls);
	StoreClose(scope);
	return row;
}

PG_FUNCTION_INFO_V1(oms_keep_sums);

/*
 * oms_keep_sums: trigger BEFORE INSERT OR UPDATE FOR EACH ROW of payments.
 */
Datum
oms_keep_sums(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = RequireRowTrigger(fcinfo);
	TupleDesc	desc = RelationGetDescr(trigger->tg_relation);
	bool		update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
	HeapTuple	row = update ? trigger->tg_newtuple : trigger->tg_trigtuple;
	Payment		given;
	Payment		payment;
	Payment		before;
	bool		no_sums;

	if (StoreWrites() || !ReadPayment(row, desc, &given, &no_sums))
		return PointerGetDatum(row);
	payment = given;
	if (!update)
	{
		PaymentDerive(&payment, 0);
		if ((!no_sums && !SameSums(&given, &payment)) ||
			MethodIsExchange(payment.method))
			RefuseSums(&payment);
		if (MethodIsStored(payment.method))
			row = StoreAccount(row, desc, &payment);
		return PointerGetDatum(StoreSums(row, desc, &payment));
	}
	if (no_sums || !ReadPayment(trigger->tg_trigtuple, desc, &before, &no_sums))
		return PointerGetDatum(row);
	CheckByHand(&before, &payment);
	if (before.status == payment.status)
		return PointerGetDatum(row);
	PaymentDerive(&payment, before.status);
	return PointerGetDatum(StoreSums(row, desc, &payment));
}

/*
 * RecordSums writes what follows from a change of sums.  What is refunded by
 * hand has been given back already.  A change that comes
 * without a step of the status has an event of its own and settles the order
 * here.
 */
static void
RecordSums(const Payment *before, const Payment *after)
{
	int64		refunded = Growth(before->refunded, after->refunded);
	int			refund_no = 0;

	OrderLock(after->order_id);
	RequireSameCurrency(after->amount,
						AmountMake(OrderCurrency(after->order_id), 0));
	if (refunded > 0 && !StoreWrites())
		refund_no = RefundInsert(after->order_id,
								 AmountMake(AmountCurrency(after->amount), refunded),
								 REFUND_ORIGINAL, NULL, NULL);
	PaymentRecord(before, after);
	if (refund_no > 0)
	{
		PaymentConfirm(after, "refund", NULL, &refund_no, NULL, PresentTime());
		RefundFollow(after->order_id, refund_no);
	}
	if (before->status != after->status || SameSums(before, after))
		return;
	EventAppend(after->order_id,
				refunded > 0 ? "payment.further_refund" : "payment.further_capture",
				after->payment_no, PaymentStepData(before, after, NULL));
	OrderSettle(after->order_id);
}

PG_FUNCTION_INFO_V1(oms_record_sums);

/*
 * oms_record_sums: trigger AFTER INSERT OR UPDATE FOR EACH ROW of payments.
 */
Datum
oms_record_sums(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = RequireRowTrigger(fcinfo);
	Payment		before;
	Payment		after;
	StoreScope	scope;

	if (TRIGGER_FIRED_BY_INSERT(trigger->tg_event) && StoreWrites())
		return PointerGetDatum(NULL);
	PaymentsOfTrigger(trigger, &before, &after);
	if (before.status == after.status && before.amount == after.amount &&
		SameSums(&before, &after))
		return PointerGetDatum(NULL);

	scope = StoreOpen();
	RecordSums(&before, &after);
	StoreClose(scope);
	return PointerGetDatum(NULL);
}
