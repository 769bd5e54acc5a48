/*
 * order_lock.c
 *		Locks orders.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"

/*
 * RequireSeen raises 40001 if an order that is locked has changed since the
 * snapshot of a transaction that keeps one.  The row need not tell: a payment
 * may come without a change of the order.  Every change leaves an event.
 */
static void
RequireSeen(int64 order_id)
{
	static SavedPlan last = {
		"bigint",
		"SELECT coalesce(max(sequence), 0) FROM oms.events WHERE order_id = $1"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};
	int32		seen;

	PlanRun(&last, values, NULL, false);
	seen = RowInt32(0, 1);
	PlanRunLatest(&last, values, NULL);
	if (RowInt32(0, 1) != seen)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent update"),
				 errdetail("Order " INT64_FORMAT " has changed since the transaction began.",
						   order_id),
				 errhint("Repeat the transaction.")));
}

/*
 * OrderLock locks an order's row until the end of the transaction and returns
 * its status.  Raises OM006 if there is no such order.  Every command on an
 * order takes this lock first.
 */
Status
OrderLock(int64 order_id)
{
	static SavedPlan lock = {
		"bigint",
		"SELECT status FROM oms.orders WHERE order_id = $1 FOR NO KEY UPDATE"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};
	Status		status;

	if (PlanRun(&lock, values, NULL, false) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_UNKNOWN_CODE),
				 errmsg("order " INT64_FORMAT " does not exist", order_id)));
	status = DatumGetStatus(RowDatum(0, 1, NULL));
	if (IsolationUsesXactSnapshot())
		RequireSeen(order_id);
	return status;
}

/*
 * OrdersLockFree locks those of n orders that nobody has locked, in order, and
 * returns how many these are, which order_ids then has.  Jobs wait for nobody.
 */
int
OrdersLockFree(int64 *order_ids, int n)
{
	static SavedPlan lock = {
		"bigint[]",
		"SELECT order_id FROM oms.orders WHERE order_id = ANY ($1) "
		"ORDER BY order_id FOR NO KEY UPDATE SKIP LOCKED"
	};
	Datum		values[1] = {Int64Array(order_ids, n)};

	n = PlanRun(&lock, values, NULL, false);
	for (int i = 0; i < n; i++)
		order_ids[i] = RowInt64(i, 1);
	if (IsolationUsesXactSnapshot())
		for (int i = 0; i < n; i++)
			RequireSeen(order_ids[i]);
	return n;
}

PG_FUNCTION_INFO_V1(oms_lock_free_orders);

/*
 * oms_lock_free_orders(order_ids) is OrdersLockFree() for jobs that are written
 * in SQL; the orders that it has locked.
 */
Datum
oms_lock_free_orders(PG_FUNCTION_ARGS)
{
	StoreScope	scope = StoreOpen();
	Datum	   *elements;
	int64	   *order_ids;
	Datum		locked;
	int			n;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), INT8OID, sizeof(int64),
					  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &elements, NULL, &n);
	order_ids = palloc(mul_size(sizeof(int64), Max(n, 1)));
	for (int i = 0; i < n; i++)
		order_ids[i] = DatumGetInt64(elements[i]);
	n = OrdersLockFree(order_ids, n);
	locked = SPI_datumTransfer(Int64Array(order_ids, n), false, -1);
	StoreClose(scope);
	return locked;
}
