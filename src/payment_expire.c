/*
 * payment_expire.c
 *		Ends authorizations whose time is over.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stored_value.h"

#include "executor/spi.h"

/* Payments that one call of oms_internal.expire_authorizations() ends at most */
#define EXPIRY_BATCH_MAX	10000

/*
 * LockDue locks the orders of up to max payments that are due, the oldest
 * first, and passes by what others have locked.  Returns these orders, once
 * each.
 */
static int64 *
LockDue(int max, int *n)
{
	static SavedPlan lock = {
		"integer",
		"SELECT o.order_id FROM oms.payments p JOIN oms.orders o USING (order_id) "
		"WHERE p.status = 'authorized' AND p.expires_at <= oms.now() "
		"ORDER BY p.expires_at LIMIT $1 "
		"FOR NO KEY UPDATE OF o SKIP LOCKED"
	};
	Datum		values[1] = {Int32GetDatum(max)};
	int64	   *order_ids;

	*n = PlanRun(&lock, values, NULL, false);
	order_ids = palloc(sizeof(int64) * Max(*n, 1));
	for (int i = 0; i < *n; i++)
		order_ids[i] = RowInt64(i, 1);
	*n = OrdersLockFree(order_ids, *n);
	return order_ids;
}

/*
 * ExpireOrder ends the authorizations of a locked order that are due and
 * returns how many.  An order that they leave uncovered is held.
 */
static int
ExpireOrder(int64 order_id)
{
	static SavedPlan expire = {
		"bigint",
		"UPDATE oms.payments SET status = 'expired' "
		"WHERE order_id = $1 AND status = 'authorized' AND expires_at <= oms.now()"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};
	int			n = PlanRun(&expire, values, NULL, false);

	if (n > 0)
		HoldUncovered(order_id);
	return n;
}

PG_FUNCTION_INFO_V1(oms_expire_authorizations);

/*
 * oms_expire_authorizations(max) ends up to about max authorizations that are
 * over, the oldest first and all of an order together, and returns how many.
 * Orders that somebody else has in hand are passed by.
 */
Datum
oms_expire_authorizations(PG_FUNCTION_ARGS)
{
	int			max = PG_GETARG_INT32(0);
	StoreScope	scope;
	int64	   *order_ids;
	int			orders;
	int			expired = 0;

	RequireMax(max, EXPIRY_BATCH_MAX);
	scope = StoreOpen();
	order_ids = LockDue(max, &orders);
	StoredValuesLockOrders(order_ids, orders);
	for (int i = 0; i < orders; i++)
		expired += ExpireOrder(order_ids[i]);
	StoreClose(scope);
	PG_RETURN_INT32(expired);
}
