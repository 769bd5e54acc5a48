/*
 * reservation.c
 *		Ends the reservations of orders.
 *
 * A reservation holds units at one location and has one end: consumed when
 * the goods leave, released when the order gives them up, expired when a cart
 * was left.  Whatever ends it names its rows, so that a unit comes back once.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stock.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"

/*
 * ReservationsLock locks, in lock order, the stock levels that an order holds
 * units of.  Whoever ends the reservations of several fulfillments in turn
 * calls it first; the caller holds the lock of the order's row.
 */
void
ReservationsLock(int64 order_id)
{
	static SavedPlan lock = {
		"bigint",
		"SELECT FROM (SELECT DISTINCT sku_id, location_id FROM oms.reservations "
		"             WHERE order_id = $1 AND status = 'active') AS r "
		"            JOIN oms.stock_levels s USING (sku_id, location_id) "
		"ORDER BY s.sku_id, s.location_id, s.stripe FOR NO KEY UPDATE OF s"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};

	PlanRun(&lock, values, NULL, false);
}

/*
 * OrdersLockStock locks, in lock order, every stock level of some SKUs and of
 * those that orders hold or wait for.  Whoever frees stock and reserves other
 * stock after, or serves one order after the other, calls it first; the
 * caller holds the locks of the orders' rows.
 */
void
OrdersLockStock(const int64 *order_ids, int n, const int64 *sku_ids, int m)
{
	static SavedPlan lock = {
		"bigint[], bigint[]",
		"SELECT FROM oms.stock_levels "
		"WHERE sku_id IN "
		"      (SELECT unnest($2) "
		"       UNION SELECT sku_id FROM oms.reservations "
		"             WHERE order_id = ANY ($1) AND status = 'active' "
		"       UNION SELECT coalesce(k.component_sku_id, l.sku_id) "
		"             FROM oms.order_lines l LEFT JOIN oms.kit_components k USING (sku_id) "
		"             WHERE l.order_id = ANY ($1) "
		"                   AND l.quantity - l.cancelled > l.allocated) "
		"ORDER BY sku_id, location_id, stripe FOR NO KEY UPDATE"
	};
	Datum		values[2];

	values[0] = Int64Array(order_ids, n);
	values[1] = Int64Array(sku_ids, m);
	PlanRun(&lock, values, NULL, false);
}

/*
 * ReservationsRead makes stock changes of the rows (sku_id, location_id,
 * quantity) that the last query returned; each gives up what is reserved, and
 * leaves the shelf if consumed is set.  Returns how many, summed.
 */
int
ReservationsRead(StockChange **changes, bool consumed)
{
	int			n = SPI_processed;

	*changes = palloc(sizeof(StockChange) * Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		Quantity	units = DatumGetQuantity(RowDatum(i, 3, NULL));

		(*changes)[i] = (StockChange) {RowInt64(i, 1), RowInt32(i, 2),
		consumed ? -units : 0, -units};
	}
	return StockSum(*changes, n);
}

/*
 * ReservationsEnd ends what a fulfillment holds.  Consuming takes the units
 * off the shelf and records their movements.  The caller holds the lock of
 * the order's row.
 */
void
ReservationsEnd(int64 order_id, int fulfillment_no, Status end)
{
	static SavedPlan update = {
		"bigint, integer, oms.reservation_status",
		"UPDATE oms.reservations SET status = $3 "
		"WHERE order_id = $1 AND fulfillment_no = $2 AND status = 'active' "
		"RETURNING sku_id, location_id, quantity"
	};
	Datum		values[3] = {Int64GetDatum(order_id),
		Int32GetDatum(fulfillment_no), StatusGetDatum(end)};
	StockChange *changes;
	int			n;

	PlanRun(&update, values, NULL, false);
	n = ReservationsRead(&changes, end == RESERVATION_CONSUMED);
	if (!StockApply(changes, n, true))
		elog(ERROR, "stock levels contradict the reservations of order " INT64_FORMAT,
			 order_id);
	if (end == RESERVATION_CONSUMED && n > 0)
		StockRecord(changes, n, "shipment", NULL, order_id, fulfillment_no);
}
