/*
 * stored_value.c
 *		The accounts of gift cards and store credit, and the one way to change
 *		them.
 *
 * The balance is the sum of the entries.  Each entry says when its money
 * expires, what went off as well, so the sum by day is what is left of it:
 * what expires first is spent first.  What payments have been granted is
 * held: it can't be spent otherwise, and doesn't expire before they end.
 *
 * Whoever changes an account locks it, last of all locks, in the order of
 * account_id, and takes off what has expired by then.  So what can be spent
 * is what is neither held nor expired.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stored_value.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

/* Life of money that comes back when the time that it had is over */
#define FRESH_DAYS	365

/* What is left of the money of an account that expires on a day */
typedef struct Lot
{
	int64		account_id;
	DateADT		expires_on;		/* DATEVAL_NOEND: never */
	int64		minor;
} Lot;

/*
 * StoredValueName names an account as people do; of a gift card by the end of
 * its code, which is a secret.
 */
char *
StoredValueName(const StoredValue *value)
{
	return value->card ? psprintf("gift card ending in \"%s\"", value->owner)
		: psprintf("store credit of customer \"%s\"", value->owner);
}

/*
 * StoredValueCurrency is the number of an account's currency.
 */
int
StoredValueCurrency(const StoredValue *value)
{
	return AmountCurrency(value->balance);
}

/*
 * StoredValuesRead reads accounts by account_id and returns how many there
 * are.
 */
int
StoredValuesRead(const int64 *account_ids, int n, StoredValue **values)
{
	static SavedPlan read = {
		"bigint[]",
		"SELECT a.account_id, a.kind = 'gift_card', coalesce(a.code_end, c.reference, c.email), "
		"       a.balance, a.held, "
		"       oms_internal.stored_value_available(a.account_id, a.active, a.balance, a.held, a.expires_on), "
		"       a.active, a.order_id, "
		"       coalesce((SELECT e.expires_on FROM oms.stored_value_entries e "
		"                 WHERE e.account_id = a.account_id AND e.entry_no = 1 AND e.kind = 'issue'), 'infinity') "
		"FROM oms.stored_value_accounts a "
		"     LEFT JOIN oms.customers c ON c.customer_id = a.customer_id "
		"WHERE a.account_id = ANY ($1) ORDER BY a.account_id"
	};
	Datum		parameters[1] = {Int64Array(account_ids, n)};
	int			found = PlanRun(&read, parameters, NULL, false);

	*values = palloc(mul_size(sizeof(StoredValue), Max(found, 1)));
	for (int i = 0; i < found; i++)
	{
		StoredValue *value = &(*values)[i];

		value->account_id = RowInt64(i, 1);
		value->card = RowBool(i, 2);
		value->owner = RowText(i, 3);
		value->balance = DatumGetAmount(RowDatum(i, 4, NULL));
		value->held = DatumGetAmount(RowDatum(i, 5, NULL));
		value->available = DatumGetAmount(RowDatum(i, 6, NULL));
		value->active = RowBool(i, 7);
		value->sold_on = RowInt64(i, 8);
		value->card_until = DatumGetDateADT(RowDatum(i, 9, NULL));
	}
	return found;
}

/*
 * StoredValuesLock locks accounts by account_id, takes off what has expired,
 * and reads them.
 */
int
StoredValuesLock(const int64 *account_ids, int n, StoredValue **values)
{
	static SavedPlan lock = {
		"bigint[]",
		"SELECT FROM oms.stored_value_accounts WHERE account_id = ANY ($1) "
		"ORDER BY account_id FOR NO KEY UPDATE"
	};
	Datum		parameters[1] = {Int64Array(account_ids, n)};
	int			found;

	PlanRun(&lock, parameters, NULL, false);
	found = StoredValuesRead(account_ids, n, values);
	if (StoredValuesExpire(*values, found) > 0)
		found = StoredValuesRead(account_ids, n, values);
	return found;
}

/*
 * StoredValuesLockOrders locks the accounts that payments of locked orders
 * stand on, in the order of accounts: order by order they would be taken out
 * of it.
 */
void
StoredValuesLockOrders(const int64 *order_ids, int n)
{
	static SavedPlan find = {
		"bigint[]",
		"SELECT DISTINCT account_id FROM oms.payments "
		"WHERE order_id = ANY ($1) AND account_id IS NOT NULL"
	};
	Datum		parameters[1] = {Int64Array(order_ids, n)};
	int			count = PlanRun(&find, parameters, NULL, false);
	int64	   *account_ids = palloc(mul_size(sizeof(int64), Max(count, 1)));
	StoredValue *values;

	for (int i = 0; i < count; i++)
		account_ids[i] = RowInt64(i, 1);
	if (count > 0)
		StoredValuesLock(account_ids, count, &values);
}

/*
 * StoredValuesLockOrder locks the accounts that payments of an order stand on,
 * and of those that it was paid by in exchange, where money may go back to; and
 * another one unless it is 0, and reads them.
 */
int
StoredValuesLockOrder(int64 order_id, int64 other, StoredValue **values)
{
	static SavedPlan find = {
		"bigint",
		"WITH RECURSIVE earlier AS ("
		"    SELECT $1 AS order_id "
		"    UNION SELECT k.order_id FROM earlier e "
		"                 JOIN oms.order_links k ON k.linked_order_id = e.order_id) "
		"SELECT DISTINCT p.account_id FROM earlier JOIN oms.payments p USING (order_id) "
		"WHERE p.account_id IS NOT NULL"
	};
	Datum		parameters[1] = {Int64GetDatum(order_id)};
	int			n = PlanRun(&find, parameters, NULL, false);
	int64	   *account_ids = palloc(mul_size(sizeof(int64), n + 1));

	for (int i = 0; i < n; i++)
		account_ids[i] = RowInt64(i, 1);
	if (other != 0)
		account_ids[n++] = other;
	return StoredValuesLock(account_ids, n, values);
}

/*
 * StoredValueDay is the last day of money that comes back to an account: the
 * day that it had, or if this is over, a year from today.
 */
DateADT
StoredValueDay(DateADT expires_on)
{
	DateADT		today = PresentDay();

	return expires_on < today ? today + FRESH_DAYS : expires_on;
}

/*
 * ReadLots reads what is left of the money of those accounts from which steps
 * take something, what expires first in front.
 */
static int
ReadLots(const ValueStep *steps, int n, Lot **lots)
{
	static SavedPlan read = {
		"bigint[]",
		"SELECT account_id, coalesce(expires_on, 'infinity'), minor(sum(amount)) "
		"FROM oms.stored_value_entries WHERE account_id = ANY ($1) "
		"GROUP BY account_id, expires_on HAVING sign(sum(amount)) > 0 "
		"ORDER BY account_id, expires_on"
	};
	int64	   *account_ids = palloc(mul_size(sizeof(int64), n));
	Datum		parameters[1];
	int			count = 0;
	int			found;

	for (int i = 0; i < n; i++)
		if (steps[i].minor < 0)
			account_ids[count++] = steps[i].value->account_id;
	if (count == 0)
		return 0;
	parameters[0] = Int64Array(account_ids, count);
	found = PlanRun(&read, parameters, NULL, false);
	*lots = palloc(mul_size(sizeof(Lot), Max(found, 1)));
	for (int i = 0; i < found; i++)
	{
		(*lots)[i].account_id = RowInt64(i, 1);
		(*lots)[i].expires_on = DatumGetDateADT(RowDatum(i, 2, NULL));
		(*lots)[i].minor = RowInt64(i, 3);
	}
	return found;
}

/*
 * PutEntry adds the row of an entry.
 */
static void
PutEntry(Rows *rows, const ValueStep *step, int64 minor, DateADT expires_on)
{
	Put(rows, Int64GetDatum(step->value->account_id));
	PutText(rows, step->kind);
	Put(rows, AmountGetDatum(AmountMake(StoredValueCurrency(step->value), minor)));
	PutNullable(rows, DateADTGetDatum(expires_on), DATE_IS_NOEND(expires_on));
	PutNullable(rows, Int64GetDatum(step->order_id), step->order_id == 0);
	PutId(rows, step->payment_no);
	PutId(rows, step->refund_no);
	PutText(rows, step->reason);
}

/*
 * PutStep adds the entries of a step: one for what is added, one for each lot
 * that something is taken from.
 */
static void
PutStep(Rows *rows, const ValueStep *step, Lot *lots, int n)
{
	int64		rest = -step->minor;

	if (step->minor > 0)
		PutEntry(rows, step, step->minor, step->expires_on);
	for (int i = 0; i < n && rest > 0; i++)
	{
		int64		part = Min(rest, lots[i].minor);

		if (lots[i].account_id != step->value->account_id || part == 0)
			continue;
		PutEntry(rows, step, -part, lots[i].expires_on);
		lots[i].minor -= part;
		rest -= part;
	}
	if (rest > 0)
		elog(ERROR, "%s has entries for less than its balance",
			 StoredValueName(step->value));
}

/*
 * WriteEntries writes the entries of steps.
 */
static void
WriteEntries(const ValueStep *steps, int n)
{
	static SavedPlan insert = {
		"bigint[], text[], oms.amount[], date[], bigint[], integer[], integer[], text[]",
		"INSERT INTO oms.stored_value_entries (account_id, entry_no, kind, amount, expires_on, "
		"                                      order_id, payment_no, refund_no, reason) "
		"SELECT e.account_id, "
		"       coalesce((SELECT max(x.entry_no) FROM oms.stored_value_entries x "
		"                 WHERE x.account_id = e.account_id), 0) "
		"       + row_number() OVER (PARTITION BY e.account_id ORDER BY e.n), "
		"       e.kind, e.amount, e.expires_on, e.order_id, e.payment_no, e.refund_no, e.reason "
		"FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) WITH ORDINALITY "
		"     AS e(account_id, kind, amount, expires_on, order_id, payment_no, refund_no, reason, n)"
	};
	Lot		   *lots = NULL;
	int			lot_count = ReadLots(steps, n, &lots);
	Rows		rows = RowsMake(8, n + lot_count);
	Params		params = {0};

	for (int i = 0; i < n; i++)
		PutStep(&rows, &steps[i], lots, lot_count);
	if (RowsCount(&rows) == 0)
		return;
	AddRows(&params, &insert, &rows);
	PlanRun(&insert, params.values, params.nulls, false);
}

/*
 * StoredValuesApply does steps to accounts that are locked: writes their
 * entries, and then the sums of the accounts.
 */
void
StoredValuesApply(const ValueStep *steps, int n)
{
	static SavedPlan update = {
		"bigint[], oms.amount[], oms.amount[]",
		"UPDATE oms.stored_value_accounts a "
		"SET balance = a.balance + s.added, held = a.held + s.held, "
		"    expires_on = (SELECT min(l.expires_on) "
		"                  FROM (SELECT e.expires_on FROM oms.stored_value_entries e "
		"                        WHERE e.account_id = a.account_id AND e.expires_on IS NOT NULL "
		"                        GROUP BY e.expires_on HAVING sign(sum(e.amount)) > 0) AS l) "
		"FROM (SELECT u.account_id, sum(u.added) AS added, sum(u.held) AS held "
		"      FROM unnest($1, $2, $3) AS u(account_id, added, held) "
		"      GROUP BY u.account_id) AS s "
		"WHERE a.account_id = s.account_id"
	};
	Rows		rows = RowsMake(3, n);
	Params		params = {0};

	if (n == 0)
		return;
	WriteEntries(steps, n);
	for (int i = 0; i < n; i++)
	{
		int			currency = StoredValueCurrency(steps[i].value);

		Put(&rows, Int64GetDatum(steps[i].value->account_id));
		Put(&rows, AmountGetDatum(AmountMake(currency, steps[i].minor)));
		Put(&rows, AmountGetDatum(AmountMake(currency, steps[i].held)));
	}
	AddRows(&params, &update, &rows);
	PlanRun(&update, params.values, params.nulls, false);
}

/*
 * Liability is the account of the ledger that a kind of accounts stands for.
 */
static const char *
Liability(bool card)
{
	return card ? ACCOUNT_GIFT_CARD_LIABILITY : ACCOUNT_STORE_CREDIT_LIABILITY;
}

/*
 * Post writes that more is owed to holders of gift cards or store credit, or
 * less if minor is negative.
 */
static void
Post(bool card, int currency, int64 minor, const char *against, int64 order_id)
{
	Posting    *posting;

	if (minor == 0)
		return;
	posting = PostingMake("stored_value", order_id, 0, currency,
						  BaseRate(currency, PresentDay()));
	PostingAdd(posting, against, minor);
	PostingAdd(posting, Liability(card), -minor);
	PostingWrite(posting);
}

/*
 * StoredValueSource is where the value of an account came from: goods that
 * were sold, or it was given away.
 */
const char *
StoredValueSource(const StoredValue *value)
{
	return value->sold_on != 0 ? ACCOUNT_REVENUE : ACCOUNT_PROMOTIONS;
}

/*
 * StoredValuePost writes to the books what was added to an account, or taken
 * off.
 */
void
StoredValuePost(const StoredValue *value, int64 minor, const char *against)
{
	Post(value->card, StoredValueCurrency(value), minor, against,
		 value->sold_on);
}

/*
 * PostBreakage writes to the books what has expired, by kind and currency.
 */
static void
PostBreakage(const ValueStep *steps, int n)
{
	int64	   *expired = palloc0(sizeof(int64) * CURRENCY_LIMIT * 2);

	for (int i = 0; i < n; i++)
		expired[StoredValueCurrency(steps[i].value) * 2 +
				steps[i].value->card] += steps[i].minor;
	for (int i = 0; i < CURRENCY_LIMIT * 2; i++)
		if (expired[i] != 0)
			Post(i % 2, i / 2, expired[i], ACCOUNT_BREAKAGE, 0);
}

/*
 * StoredValuesExpire takes off accounts that are locked what has expired and
 * is not held, and returns of how many there was something.
 */
int
StoredValuesExpire(StoredValue *values, int n)
{
	ValueStep  *steps = palloc0(mul_size(sizeof(ValueStep), Max(n, 1)));
	int			count = 0;

	for (int i = 0; i < n; i++)
	{
		Amount		rest = AmountSub(values[i].balance, values[i].held);
		int64		minor = AmountMinor(values[i].available) - AmountMinor(rest);

		/* of a cancelled card nothing is left but what is held */
		if (minor < 0 && values[i].active)
			steps[count++] = (ValueStep) {&values[i], "expire", minor};
	}
	StoredValuesApply(steps, count);
	PostBreakage(steps, count);
	return count;
}
