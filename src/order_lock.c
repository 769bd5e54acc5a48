/*
 * order_lock.c
 *		Locks an order.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

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

	if (PlanRun(&lock, values, NULL, false) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_UNKNOWN_CODE),
				 errmsg("order " INT64_FORMAT " does not exist", order_id)));
	return DatumGetStatus(RowDatum(0, 1, NULL));
}
