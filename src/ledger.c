/*
 * ledger.c
 *		Writes postings: what a fact means in money, debit and credit.
 *
 * A posting is written by the transaction that makes its fact true, and is
 * never changed.  Its lines add up to nothing in their currency, and in the
 * base currency of the store, in which the books of all currencies meet.
 *
 * An order's money is worth what it was on the day of the order; money that
 * moves is worth what it is on the day that it moves.  What is between the two
 * is a gain or a loss, a line without an amount in the order's currency.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"
#include "ledger.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"

/*
 * LoadBaseCurrency loads the number of the base currency; NULL if it is not
 * decided yet.
 */
static void *
LoadBaseCurrency(const char *key)
{
	static SavedPlan find = {
		"",
		"SELECT value FROM oms.settings WHERE name = 'base_currency'"
	};
	int		   *number;

	if (PlanRunLatest(&find, NULL, NULL) == 0)
		return NULL;
	number = palloc(sizeof(int));
	*number = CurrencyFromText(DatumGetTextPP(RowDatum(0, 1, NULL)));
	return number;
}

/*
 * DecideBaseCurrency makes the first channel's currency the base currency;
 * first, where there is no channel yet.
 */
static void
DecideBaseCurrency(int first)
{
	static SavedPlan insert = {
		"text",
		"INSERT INTO oms.settings (name, value) "
		"VALUES ('base_currency', "
		"        coalesce((SELECT currency FROM oms.channels ORDER BY channel_id LIMIT 1), $1)) "
		"ON CONFLICT (name) DO NOTHING"
	};
	Datum		values[1] = {CStringGetTextDatum(CurrencyCode(first))};

	PlanRun(&insert, values, NULL, false);
}

/*
 * BaseCurrency is the number of the currency that the books are kept in.
 * Where nobody has set it, the first who asks decides it: it is the first
 * channel's, or else the one given.
 */
int
BaseCurrency(int first)
{
	static Kept kept = {{"settings"}, LoadBaseCurrency};
	int		   *number = KeptFind(&kept, "base_currency");

	if (number == NULL)
	{
		DecideBaseCurrency(first);
		number = KeptFind(&kept, "base_currency");
	}
	/* a policy of the table may hide it */
	return number == NULL ? first : *number;
}

/*
 * BaseRate is what one unit of a currency is worth in the base currency on a
 * day; NULL if no rate is known.
 */
Numeric
BaseRate(int currency, DateADT day)
{
	return ConvertRate(currency, BaseCurrency(currency), day);
}

/*
 * FreezeRate writes down the rate that an order is valued by from now on.
 */
static void
FreezeRate(int64 order_id, Numeric rate)
{
	static SavedPlan update = {
		"bigint, numeric",
		"UPDATE oms.orders SET base_rate = $2 WHERE order_id = $1 AND base_rate IS NULL"
	};
	Datum		values[2] = {Int64GetDatum(order_id), NumericGetDatum(rate)};

	PlanRun(&update, values, NULL, false);
}

/*
 * OrderRate is the rate by which the facts of an order are valued: that of the
 * day on which it was placed; where none was known then, that of its first
 * posting, which stays.  NULL if none is known, or none is needed.  The caller
 * holds the lock of the order's row.
 */
Numeric
OrderRate(int64 order_id, int currency)
{
	static SavedPlan find = {
		"bigint",
		"SELECT base_rate FROM oms.orders WHERE order_id = $1 AND base_rate IS NOT NULL"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};
	Numeric		rate;

	if (currency == BaseCurrency(currency))
		return NULL;
	if (order_id != 0 && PlanRun(&find, values, NULL, false) > 0)
		return DatumGetNumericCopy(RowDatum(0, 1, NULL));
	rate = BaseRate(currency, PresentDay());
	if (order_id != 0 && rate != NULL)
		FreezeRate(order_id, rate);
	return rate;
}

/*
 * PostingMake starts a posting, in the current memory context.
 */
Posting *
PostingMake(const char *kind, int64 order_id, int subject_no, int currency,
			Numeric base_rate)
{
	Posting    *posting = palloc0(sizeof(Posting));

	posting->kind = kind;
	posting->order_id = order_id;
	posting->subject_no = subject_no;
	posting->currency = currency;
	posting->base_rate = base_rate;
	posting->capacity = 8;
	posting->lines = palloc(sizeof(LedgerLine) * posting->capacity);
	return posting;
}

/*
 * PostingAdd adds a line, in minor units of the posting's currency, and
 * returns it for the details; it is valid until the next is added.
 */
LedgerLine *
PostingAdd(Posting *posting, const char *account, int64 minor)
{
	LedgerLine *line;

	if (posting->count == posting->capacity)
	{
		posting->capacity *= 2;
		posting->lines = repalloc(posting->lines,
								  sizeof(LedgerLine) * posting->capacity);
	}
	line = &posting->lines[posting->count++];
	*line = (LedgerLine) {account, minor};
	return line;
}

/*
 * PostingAddUp adds an amount to the line of an account and a jurisdiction,
 * which may be NULL.
 */
void
PostingAddUp(Posting *posting, const char *account,
			 const char *tax_jurisdiction, int64 minor)
{
	if (minor == 0)
		return;
	for (int i = 0; i < posting->count; i++)
	{
		LedgerLine *line = &posting->lines[i];

		if (strcmp(line->account, account) == 0 &&
			strcmp(line->tax_jurisdiction == NULL ? "" : line->tax_jurisdiction,
				   tax_jurisdiction == NULL ? "" : tax_jurisdiction) == 0)
		{
			line->minor += minor;
			return;
		}
	}
	PostingAdd(posting, account, minor)->tax_jurisdiction = tax_jurisdiction;
}

/*
 * PostingBaseMinor is the value of minor units by the rate of a posting.
 */
int64
PostingBaseMinor(const Posting *posting, int base, int64 minor)
{
	if (posting->currency == base)
		return minor;
	return AmountMinor(AmountConvert(AmountMake(posting->currency, minor), base,
									 posting->base_rate, int64_to_numeric(1)));
}

/*
 * PostingValueToday values a line by the rate of today, for money that moves;
 * it stays at the posting's rate if none is known.
 */
void
PostingValueToday(Posting *posting, LedgerLine *line)
{
	int			base = BaseCurrency(posting->currency);
	Amount		value;

	if (posting->currency == base ||
		!ConvertAmount(AmountMake(posting->currency, line->minor), base,
					   PresentDay(), &value))
		return;
	line->valued = posting->exchanged = true;
	line->base_minor = AmountMinor(value);
}

/*
 * DropEmpty drops lines that came to nothing.
 */
static void
DropEmpty(Posting *posting)
{
	int			kept = 0;

	for (int i = 0; i < posting->count; i++)
		if (posting->lines[i].minor != 0 || posting->lines[i].valued)
			posting->lines[kept++] = posting->lines[i];
	posting->count = kept;
}

/*
 * ValueLines values the lines in the base currency by the posting's rate, but
 * those that have a value, so that they add up to nothing.  What is left over
 * is an exchange difference where money has the value of today; else it is
 * rounding and goes to the largest line that may take it.
 */
static void
ValueLines(Posting *posting, int base)
{
	int64		left = 0;
	LedgerLine *largest = NULL;

	for (int i = 0; i < posting->count; i++)
	{
		LedgerLine *line = &posting->lines[i];

		if (!line->valued)
			line->base_minor = PostingBaseMinor(posting, base, line->minor);
		left -= line->base_minor;
		if (!line->valued &&
			(largest == NULL || i64abs(line->minor) > i64abs(largest->minor)))
			largest = line;
	}
	if (left == 0)
		return;
	if (!posting->exchanged && largest != NULL)
		largest->base_minor += left;
	else
		PostingAdd(posting, ACCOUNT_FX_GAIN_LOSS, 0)->base_minor = left;
}

/*
 * RequireBalance refuses a posting whose lines don't add up to nothing, which
 * would be a fault of its caller.
 */
static void
RequireBalance(const Posting *posting)
{
	int64		sum = 0;

	for (int i = 0; i < posting->count; i++)
		sum += posting->lines[i].minor;
	if (sum != 0)
		elog(ERROR, "posting \"%s\" is out of balance by " INT64_FORMAT,
			 posting->kind, sum);
}

/*
 * PostingRows makes the rows of a posting.  Without a rate they have no value
 * in the base currency.
 */
static Rows
PostingRows(const Posting *posting, int64 posting_id, int base, bool valued)
{
	Rows		rows = RowsMake(12, posting->count);

	for (int i = 0; i < posting->count; i++)
	{
		const LedgerLine *line = &posting->lines[i];

		Put(&rows, Int64GetDatum(posting_id));
		Put(&rows, Int32GetDatum(i + 1));
		PutText(&rows, posting->kind);
		PutText(&rows, line->account);
		Put(&rows, AmountGetDatum(AmountMake(posting->currency, line->minor)));
		PutNullable(&rows, AmountGetDatum(AmountMake(base, line->base_minor)),
					!valued);
		PutNullable(&rows, Int64GetDatum(posting->order_id),
					posting->order_id == 0);
		PutId(&rows, posting->subject_no);
		PutText(&rows, line->tax_jurisdiction);
		PutText(&rows, line->provider);
		PutNullable(&rows, Int64GetDatum(line->sku_id), line->sku_id == 0);
		PutId(&rows, line->location_id);
	}
	return rows;
}

/*
 * PostingWrite writes a posting and returns its number; one without lines leaves
 * nothing and is 0.
 */
int64
PostingWrite(Posting *posting)
{
	static StoreTable entries = {
		"ledger_entries",
		"posting_id bigint, line_no integer, kind text, account text, "
		"amount oms.amount, base_amount oms.amount, order_id bigint, "
		"subject_no integer, tax_jurisdiction text, provider text, "
		"sku_id bigint, location_id integer"
	};
	int			base = BaseCurrency(posting->currency);
	bool		valued;
	int64		posting_id;
	Rows		rows;

	RequireBalance(posting);
	DropEmpty(posting);
	if (posting->count == 0)
		return 0;
	valued = posting->currency == base || posting->base_rate != NULL;
	if (valued)
		ValueLines(posting, base);
	posting_id = NextNumber("ledger_entries_posting_id_seq");
	rows = PostingRows(posting, posting_id, base, valued);
	TableInsert(&entries, &rows);
	return posting_id;
}

/*
 * AmountsArgument reads argument number i, an array of n amounts, or any number
 * if n is negative; nulls may be NULL where none may be null.
 */
static Datum *
AmountsArgument(FunctionCallInfo fcinfo, int i, bool **nulls, int *n)
{
	Datum	   *amounts;
	int			count;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(i), TypeNamed("oms.amount"), 8,
					  true, TYPALIGN_DOUBLE, &amounts, nulls, &count);
	if (*n >= 0 && count != *n)
		elog(ERROR, "posting has %d lines and %d amounts", *n, count);
	*n = count;
	return amounts;
}

PG_FUNCTION_INFO_V1(oms_post_ledger);

/*
 * oms_post_ledger(kind, order_id, subject_no, accounts text[], amounts
 * oms.amount[], provider, base_amounts oms.amount[]) writes a posting, returns
 * its number, and is for the extension's own functions in SQL.  Account
 * "customer" is the order's, see PostingAddCustomer().  It is valued by the
 * order's rate, else by today's, but lines whose base amount is given; what is
 * between is a gain or a loss.
 */
Datum
oms_post_ledger(PG_FUNCTION_ARGS)
{
	StoreScope	scope = StoreOpen();
	int64		order_id = PG_ARGISNULL(1) ? 0 : PG_GETARG_INT64(1);
	char	   *provider = PG_ARGISNULL(5) ? NULL
		: text_to_cstring(PG_GETARG_TEXT_PP(5));
	int			n = -1;
	Datum	   *amounts = AmountsArgument(fcinfo, 4, NULL, &n);
	bool	   *unvalued = NULL;
	Datum	   *base_amounts = PG_ARGISNULL(6) ? NULL
		: AmountsArgument(fcinfo, 6, &unvalued, &n);
	Datum	   *accounts;
	int			m;
	Posting    *posting = NULL;
	int64		posting_id = 0;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(3), TEXTOID, -1, false,
					  TYPALIGN_INT, &accounts, NULL, &m);
	if (n != m)
		elog(ERROR, "posting has %d accounts and %d amounts", m, n);
	for (int i = 0; i < n; i++)
	{
		Amount		amount = DatumGetAmount(amounts[i]);
		char	   *account = TextDatumGetCString(accounts[i]);
		LedgerLine *line;

		if (posting == NULL)
			posting = PostingMake(text_to_cstring(PG_GETARG_TEXT_PP(0)), order_id,
								  PG_ARGISNULL(2) ? 0 : PG_GETARG_INT32(2),
								  AmountCurrency(amount),
								  OrderRate(order_id, AmountCurrency(amount)));
		if (strcmp(account, "customer") == 0)
		{
			PostingAddCustomer(posting, AmountMinor(amount));
			continue;
		}
		line = PostingAdd(posting, account, AmountMinor(amount));
		line->provider = provider;
		if (base_amounts == NULL || unvalued[i])
			continue;
		line->valued = posting->exchanged = true;
		line->base_minor = AmountMinor(DatumGetAmount(base_amounts[i]));
	}
	if (posting != NULL)
		posting_id = PostingWrite(posting);
	StoreClose(scope);
	PG_RETURN_INT64(posting_id);
}
