/*
 * order_lock.c
 *		Locks an order.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "access/xact.h"

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
