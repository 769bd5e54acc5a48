/*
 * stored_value_credit.c
 *		Store credit: granted, adjusted, asked for; and the job that lets it
 *		and gift cards expire.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stored_value.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/* Accounts that one call of oms_internal.expire_stored_value() ends at most */
#define EXPIRY_BATCH_MAX	10000

/*
 * CustomerRequire finds a customer by reference, or a guest by e-mail.  Raises
 * OM006 if there is none.
 */
int64
CustomerRequire(const char *customer)
{
	static SavedPlan find = {
		"text",
		"SELECT customer_id FROM oms.customers "
		"WHERE reference = $1 OR reference IS NULL AND lower(email) = lower($1) "
		"ORDER BY reference NULLS LAST LIMIT 1"
	};
	Datum		values[1] = {CStringGetTextDatum(customer)};

	if (PlanRun(&find, values, NULL, false) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_UNKNOWN_CODE),
				 errmsg("customer \"%s\" does not exist", customer),
				 errhint("Name a reference or, of a guest, the e-mail address; create customers with oms.put_customer().")));
	return RowInt64(0, 1);
}

/*
 * CreditFind is the account of a customer's store credit, 0 for none.
 */
int64
CreditFind(int64 customer_id, int currency)
{
	static SavedPlan find = {
		"bigint, text",
		"SELECT account_id FROM oms.stored_value_accounts "
		"WHERE kind = 'store_credit' AND customer_id = $1 AND currency_of(balance) = $2"
	};
	Datum		values[2] = {Int64GetDatum(customer_id),
	CStringGetTextDatum(CurrencyCode(currency))};

	return PlanRun(&find, values, NULL, false) == 0 ? 0 : RowInt64(0, 1);
}

/*
 * CreditAccount is the account of a customer's store credit, made if there is
 * none.
 */
int64
CreditAccount(int64 customer_id, int currency)
{
	static SavedPlan insert = {
		"bigint, oms.amount",
		"INSERT INTO oms.stored_value_accounts (kind, customer_id, balance, held) "
		"VALUES ('store_credit', $1, $2, $2) ON CONFLICT DO NOTHING"
	};
	Datum		values[2] = {Int64GetDatum(customer_id),
	AmountGetDatum(AmountMake(currency, 0))};
	int64		account_id = CreditFind(customer_id, currency);

	if (account_id != 0)
		return account_id;
	PlanRun(&insert, values, NULL, false);
	return CreditFind(customer_id, currency);
}

/*
 * CreditLock locks the account of a customer's store credit.
 */
static StoredValue *
CreditLock(const char *customer, int currency)
{
	int64		account_id = CreditAccount(CustomerRequire(customer), currency);
	StoredValue *value;

	if (StoredValuesLock(&account_id, 1, &value) != 1)
		elog(ERROR, "store credit has vanished");
	return value;
}

/*
 * GrantBody: see oms_grant_store_credit.
 */
static Datum
GrantBody(FunctionCallInfo fcinfo)
{
	char	   *customer = RequireText(PG_GETARG_TEXT_PP(0), "customer");
	Amount		amount = PG_GETARG_AMOUNT(1);
	char	   *reason = RequireText(PG_GETARG_TEXT_PP(2), "reason");
	ValueStep	step = {NULL, "grant", AmountMinor(amount), .reason = reason};

	RequirePositive(amount);
	step.expires_on = PG_ARGISNULL(3) ? DATEVAL_NOEND : PG_GETARG_DATEADT(3);
	if (step.expires_on < PresentDay())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("expires_on must not be in the past")));
	step.value = CreditLock(customer, AmountCurrency(amount));
	StoredValuesApply(&step, 1);
	StoredValuePost(step.value, step.minor, ACCOUNT_PROMOTIONS);
	PG_RETURN_AMOUNT(AmountAdd(step.value->available, amount));
}

PG_FUNCTION_INFO_V1(oms_grant_store_credit);

/*
 * oms_grant_store_credit(customer, amount, reason, expires_on, reference) gives
 * a customer store credit and returns what can then be spent.
 */
Datum
oms_grant_store_credit(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 3, GrantBody);
}

/*
 * AdjustBody: see oms_adjust_store_credit.
 */
static Datum
AdjustBody(FunctionCallInfo fcinfo)
{
	char	   *customer = RequireText(PG_GETARG_TEXT_PP(0), "customer");
	Amount		amount = PG_GETARG_AMOUNT(1);
	char	   *reason = RequireText(PG_GETARG_TEXT_PP(2), "reason");

	PG_RETURN_AMOUNT(StoredValueAdjust(CreditLock(customer, AmountCurrency(amount)),
									   amount, reason));
}

PG_FUNCTION_INFO_V1(oms_adjust_store_credit);

/*
 * oms_adjust_store_credit(customer, amount, reason, reference) adds to store
 * credit or takes off it, and returns what can then be spent.
 */
Datum
oms_adjust_store_credit(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 3, AdjustBody);
}

/*
 * OrderCustomer is the customer of an order.  Raises 55000 if it has none.
 */
static int64
OrderCustomer(int64 order_id)
{
	static SavedPlan find = {
		"bigint",
		"SELECT customer_id FROM oms.orders WHERE order_id = $1 AND customer_id IS NOT NULL"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};

	if (PlanRun(&find, values, NULL, false) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("order " INT64_FORMAT " has no customer to have store credit",
						order_id),
				 errhint("Give the money back as it was paid with oms.refund(), or issue a gift card.")));
	return RowInt64(0, 1);
}

/*
 * StoreCreditRefund gives money of an order back as store credit of its
 * customer, that doesn't expire, and returns the refund's number.  The caller
 * holds the lock of the order's row.  reason and reference may be NULL.
 */
int
StoreCreditRefund(int64 order_id, Amount amount, const char *reason,
				  const char *reference)
{
	int64		account_id = CreditAccount(OrderCustomer(order_id),
										   OrderCurrency(order_id));
	StoredValue *values;
	int			n = StoredValuesLockOrder(order_id, account_id, &values);
	ValueStep	step = {NULL, "refund", AmountMinor(amount),
		.expires_on = DATEVAL_NOEND, .order_id = order_id, .reason = reason};

	step.refund_no = RefundTo(order_id, amount, REFUND_STORE_CREDIT, reason,
							  reference);
	for (int i = 0; i < n; i++)
		if (values[i].account_id == account_id)
			step.value = &values[i];
	StoredValuesApply(&step, 1);
	return step.refund_no;
}

/*
 * RefundBody: see oms_refund_to_store_credit.
 */
static Datum
RefundBody(FunctionCallInfo fcinfo)
{
	int64		order_id = PG_GETARG_INT64(0);
	char	   *reason = PG_ARGISNULL(2) ? NULL
		: RequireText(PG_GETARG_TEXT_PP(2), "reason");
	char	   *reference = PG_ARGISNULL(3) ? NULL
		: text_to_cstring(PG_GETARG_TEXT_PP(3));

	OrderLock(order_id);
	PG_RETURN_INT32(StoreCreditRefund(order_id, PG_GETARG_AMOUNT(1), reason,
									  reference));
}

PG_FUNCTION_INFO_V1(oms_refund_to_store_credit);

/*
 * oms_refund_to_store_credit(order_id, amount, reason, reference) gives
 * captured money back as store credit and returns the refund's number.
 */
Datum
oms_refund_to_store_credit(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, RefundBody);
}

PG_FUNCTION_INFO_V1(oms_store_credit_balance);

/*
 * oms_store_credit_balance(customer, currency) is what a customer can spend.
 */
Datum
oms_store_credit_balance(PG_FUNCTION_ARGS)
{
	StoreScope	scope = StoreOpen();
	int64		customer_id = CustomerRequire(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	int			currency = CurrencyFromText(PG_GETARG_TEXT_PP(1));
	int64		account_id = CreditFind(customer_id, currency);
	Amount		available = AmountMake(currency, 0);
	StoredValue *value;

	if (account_id != 0 && StoredValuesRead(&account_id, 1, &value) == 1)
		available = value->available;
	StoreClose(scope);
	PG_RETURN_AMOUNT(available);
}

PG_FUNCTION_INFO_V1(oms_expire_stored_value);

/*
 * oms_expire_stored_value(max) takes what has expired and is not held off up
 * to max accounts, the oldest first, and returns how many.  Those that
 * somebody else works on are skipped.
 */
Datum
oms_expire_stored_value(PG_FUNCTION_ARGS)
{
	static SavedPlan lock = {
		"date, integer",
		"SELECT account_id FROM oms.stored_value_accounts "
		"WHERE expires_on < $1 "
		"      AND oms_internal.stored_value_available(account_id, active, balance, held, expires_on) "
		"          < balance - held "
		"ORDER BY expires_on LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED"
	};
	Datum		parameters[2] = {DateADTGetDatum(PresentDay()),
	PG_GETARG_DATUM(0)};
	StoredValue *values;
	StoreScope	scope;
	int64	   *account_ids;
	int			n;

	RequireMax(PG_GETARG_INT32(0), EXPIRY_BATCH_MAX);
	scope = StoreOpen();
	n = PlanRun(&lock, parameters, NULL, false);
	account_ids = palloc(mul_size(sizeof(int64), Max(n, 1)));
	for (int i = 0; i < n; i++)
		account_ids[i] = RowInt64(i, 1);
	n = StoredValuesRead(account_ids, n, &values);
	n = StoredValuesExpire(values, n);
	StoreClose(scope);
	PG_RETURN_INT32(n);
}
