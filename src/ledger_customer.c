/*
 * ledger_customer.c
 *		The customer's side of postings: what he owes for an order, or has paid
 *		before it was due.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"
#include "ledger.h"

#include "utils/builtins.h"

/*
 * LedgerFind hands the lines of an order's postings to a reader.
 */
void
LedgerFind(int64 order_id, RowReader reader, void *context)
{
	static StoreTable entries = {
		"ledger_entries",
		"kind text, account text, amount oms.amount, "
		"base_amount oms.amount, tax_jurisdiction text"
	};
	static StoreIndex by_order = {
		"ledger_entries_order_id_idx", "order_id", "bigint", 1
	};
	Datum		keys[1] = {Int64GetDatum(order_id)};

	TableFind(&entries, &by_order, keys, reader, context);
}

/* Accounts of an order's customer: what he owes, and what he has paid before */
static const char *const customer_accounts[] = {ACCOUNT_RECEIVABLES,
ACCOUNT_DEFERRED_REVENUE};

#define CUSTOMER_ACCOUNTS	lengthof(customer_accounts)

/* What stands on them; of what is owed to him the balance is negative */
typedef struct CustomerSums
{
	int64		minor[CUSTOMER_ACCOUNTS];
	int64		base_minor[CUSTOMER_ACCOUNTS];
} CustomerSums;

/*
 * CustomerAccount is the index of an account of customers, -1 for others.
 */
static int
CustomerAccount(const char *account)
{
	for (int a = 0; a < CUSTOMER_ACCOUNTS; a++)
		if (strcmp(account, customer_accounts[a]) == 0)
			return a;
	return -1;
}

/*
 * AccountOfCustomer tells whether an account is one of customers.
 */
bool
AccountOfCustomer(const char *account)
{
	return CustomerAccount(account) >= 0;
}

/*
 * AddCustomerSums adds a line of the ledger, a RowReader.
 */
static bool
AddCustomerSums(void *context, const Datum *values, const bool *nulls)
{
	CustomerSums *sums = context;
	int			a = CustomerAccount(TextDatumGetCString(values[LEDGER_ACCOUNT]));

	if (a < 0)
		return true;
	sums->minor[a] += AmountMinor(DatumGetAmount(values[LEDGER_AMOUNT]));
	if (!nulls[LEDGER_BASE_AMOUNT])
		sums->base_minor[a] +=
			AmountMinor(DatumGetAmount(values[LEDGER_BASE_AMOUNT]));
	return true;
}

/*
 * CustomerSumsRead reads what stands on the accounts of the customer of a
 * posting's order, with what the posting itself has put there.
 */
static CustomerSums
CustomerSumsRead(const Posting *posting)
{
	CustomerSums sums = {0};

	LedgerFind(posting->order_id, AddCustomerSums, &sums);
	for (int i = 0; i < posting->count; i++)
	{
		int			a = CustomerAccount(posting->lines[i].account);

		if (a < 0)
			continue;
		sums.minor[a] += posting->lines[i].minor;
		sums.base_minor[a] += posting->lines[i].base_minor;
	}
	return sums;
}

/*
 * PostingAddCustomer debits (or with a negative amount credits) the customer
 * of the posting's order: what he owes is a receivable, what he has paid
 * before it is due is deferred revenue, and of an order it is never both.  In
 * the base currency the balances stay what they are by the posting's rate, so
 * that nothing is left of one that is even.  The caller holds the lock of the
 * order's row.
 */
void
PostingAddCustomer(Posting *posting, int64 minor)
{
	int			base = BaseCurrency(posting->currency);
	CustomerSums sums;
	int64		balance;
	int64		after[CUSTOMER_ACCOUNTS];

	if (minor == 0)
		return;
	sums = CustomerSumsRead(posting);
	balance = sums.minor[0] + sums.minor[1] + minor;
	after[0] = Max(balance, 0);
	after[1] = Min(balance, 0);
	for (int a = 0; a < CUSTOMER_ACCOUNTS; a++)
	{
		LedgerLine *line;

		if (after[a] == sums.minor[a])
			continue;
		line = PostingAdd(posting, customer_accounts[a],
						  after[a] - sums.minor[a]);
		line->valued = posting->currency == base || posting->base_rate != NULL;
		if (line->valued)
			line->base_minor = PostingBaseMinor(posting, base, after[a]) -
				sums.base_minor[a];
	}
}
