/*
 * backorder.c
 *		Serves the orders that wait for stock, in the order of their queue: the
 *		lower priority number first, then who ordered first.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/* Most orders that one arrival of stock serves; more wait for the next */
#define BACKORDERS_MAX	1000

/* Condition that a SKU, and all that a kit of it takes, may be shipped on a day */
#define MAY_SHIP(sku_id, day) \
	"NOT EXISTS (SELECT FROM (SELECT " sku_id " " \
	"                         UNION ALL SELECT k.component_sku_id FROM oms.kit_components k " \
	"                                   WHERE k.sku_id = " sku_id ") AS q(sku_id) " \
	"                        JOIN oms.skus d USING (sku_id) " \
	"            WHERE d.available_from > " day ") "

/*
 * ReadBackorders takes orders (order_id, priority, placed_at, waits) from the
 * last query, those that wait.
 */
static Backorders
ReadBackorders(void)
{
	Backorders	waiting = {0};

	waiting.orders = palloc(sizeof(Backorder) * Max(SPI_processed, 1));
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Backorder  *order = &waiting.orders[waiting.count];

		if (!RowBool(i, 4))
			continue;
		order->order_id = RowInt64(i, 1);
		order->priority = RowInt32(i, 2);
		order->placed_at = DatumGetTimestampTz(RowDatum(i, 3, NULL));
		waiting.count++;
	}
	return waiting;
}

/*
 * LockStock locks all stock that waiting orders hold or wait for, and that of
 * some SKUs, which serving one order after the other would not lock in order.
 */
static void
LockStock(const Backorders *waiting)
{
	int64	   *order_ids = palloc(sizeof(int64) * Max(waiting->count, 1));

	for (int i = 0; i < waiting->count; i++)
		order_ids[i] = waiting->orders[i].order_id;
	if (waiting->count > 0)
		OrdersLockStock(order_ids, waiting->count, waiting->sku_ids,
						waiting->sku_count);
}

/*
 * BackordersLock finds and locks the first orders of the queue for SKUs, or for
 * kits of them, and then all stock that they hold or wait for.  Call it before
 * the stock changes, since orders are locked before stock, and BackordersFill()
 * after.  sku_ids must live as long as the result.  The query goes SKU by SKU,
 * so that no plan reads other lines than waiting.
 */
Backorders
BackordersLock(const int64 *sku_ids, int n)
{
	return BackordersLockWith(NULL, 0, sku_ids, n);
}

/*
 * BackordersLockWith does the same, and locks other orders with them that the
 * caller works on, all in the order of their numbers.
 */
Backorders
BackordersLockWith(const int64 *order_ids, int m, const int64 *sku_ids, int n)
{
	static SavedPlan lock = {
		"bigint[], date, integer, bigint[]",
		"WITH w AS MATERIALIZED "
		"     (SELECT o.order_id "
		"      FROM (SELECT DISTINCT l.order_id "
		"            FROM (SELECT unnest($1) "
		"                  UNION SELECT k.sku_id FROM oms.kit_components k "
		"                        WHERE k.component_sku_id = ANY ($1)) AS s(sku_id), "
		"                 LATERAL (SELECT l.order_id FROM oms.order_lines l "
		"                          WHERE l.backordered > '0'::oms.quantity "
		"                                AND l.sku_id = s.sku_id OFFSET 0) AS l "
		"            WHERE " MAY_SHIP("s.sku_id", "$2") ") AS w "
		"           JOIN oms.orders o USING (order_id) "
		"      ORDER BY o.priority, o.placed_at, o.order_id LIMIT $3) "
		"SELECT order_id, priority, placed_at, order_id IN (SELECT order_id FROM w) FROM oms.orders "
		"WHERE order_id IN (SELECT order_id FROM w UNION SELECT unnest($4)) "
		"ORDER BY order_id FOR NO KEY UPDATE"
	};
	Datum		values[4];
	Backorders	waiting;

	values[0] = Int64Array(sku_ids, n);
	values[1] = DateADTGetDatum(PresentDay());
	values[2] = Int32GetDatum(BACKORDERS_MAX);
	values[3] = Int64Array(order_ids, m);
	PlanRun(&lock, values, NULL, false);
	waiting = ReadBackorders();
	waiting.sku_ids = sku_ids;
	waiting.sku_count = n;
	LockStock(&waiting);
	return waiting;
}

/*
 * Comparator of qsort: the order of the queue.
 */
static int
CompareBackorders(const void *a, const void *b)
{
	const Backorder *x = a;
	const Backorder *y = b;

	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	if (x->placed_at != y->placed_at)
		return x->placed_at < y->placed_at ? -1 : 1;
	return x->order_id < y->order_id ? -1 : 1;
}

/*
 * SortBackorders puts orders into the order of the queue.
 */
static void
SortBackorders(Backorders *waiting)
{
	if (waiting->count > 1)
		qsort(waiting->orders, waiting->count, sizeof(Backorder),
			  CompareBackorders);
}

/*
 * IsLeft tells whether something of what has arrived can still be promised.
 */
static bool
IsLeft(const Backorders *waiting)
{
	static SavedPlan find = {
		"bigint[]",
		"SELECT FROM oms.available_stock WHERE sku_id = ANY ($1) LIMIT 1"
	};
	Datum		values[1];

	values[0] = Int64Array(waiting->sku_ids, waiting->sku_count);
	return PlanRun(&find, values, NULL, false) > 0;
}

/*
 * ServeWaiting sources what an order waits for.  A query that locks many rows
 * locks them in order, but only OrderLock() sees that the snapshot is too old.
 */
static void
ServeWaiting(int64 order_id)
{
	(void) OrderLock(order_id);
	OrderRouteOpen(order_id, 0, true);
}

/*
 * BackordersFill sources what the locked orders wait for, in the order of the
 * queue, until nothing is left of what has arrived.
 */
void
BackordersFill(Backorders *waiting)
{
	SortBackorders(waiting);
	for (int i = 0; i < waiting->count && IsLeft(waiting); i++)
		ServeWaiting(waiting->orders[i].order_id);
}

/*
 * FillBackorders serves up to max waiting orders of which some stock has
 * become free other than by coming in: by a cancelled order, an expired cart, a
 * row loaded by hand, or as the day has come from which it may be shipped.  It
 * looks at orders above after, in order of order_id, passes by those that
 * somebody else works on, and returns how many there were; *last is the last
 * one, to go on from there.  Those that it has found it serves in the order of
 * the queue.  OFFSET keeps the condition on order_id from the plan, which would
 * read all lines by it.
 */
static int
FillBackorders(int64 after, int max, int64 *last)
{
	static SavedPlan lock = {
		"bigint, integer, date",
		"SELECT order_id, priority, placed_at, true FROM oms.orders "
		"WHERE order_id IN "
		"      (SELECT DISTINCT l.order_id "
		"       FROM (SELECT order_id, sku_id FROM oms.order_lines "
		"             WHERE backordered > '0'::oms.quantity OFFSET 0) AS l "
		"       WHERE l.order_id > $1 "
		"             AND " MAY_SHIP("l.sku_id", "$3")
		"             AND EXISTS "
		"                 (SELECT FROM "
		"                      (SELECT l.sku_id "
		"                       UNION ALL SELECT k.component_sku_id "
		"                                 FROM oms.kit_components k "
		"                                 WHERE k.sku_id = l.sku_id) AS s(sku_id) "
		"                      JOIN oms.skus p USING (sku_id) "
		"                      LEFT JOIN oms.available_stock a USING (sku_id) "
		"                  WHERE a.sku_id IS NOT NULL OR NOT p.stocked) "
		"       ORDER BY l.order_id LIMIT $2) "
		"ORDER BY order_id FOR NO KEY UPDATE SKIP LOCKED"
	};
	Datum		values[3] = {Int64GetDatum(after), Int32GetDatum(max)};
	StoreScope	scope;
	Backorders	waiting;

	RequireMax(max, BACKORDERS_MAX);
	scope = StoreOpen();
	values[2] = DateADTGetDatum(PresentDay());
	PlanRun(&lock, values, NULL, false);
	waiting = ReadBackorders();
	*last = waiting.count == 0 ? 0 : waiting.orders[waiting.count - 1].order_id;
	LockStock(&waiting);
	SortBackorders(&waiting);
	for (int i = 0; i < waiting.count; i++)
		ServeWaiting(waiting.orders[i].order_id);
	StoreClose(scope);
	return waiting.count;
}

PG_FUNCTION_INFO_V1(oms_fill_backorders);

/*
 * oms_fill_backorders(after, max) serves waiting orders and returns the last
 * that it has looked at, null if there was none; see FillBackorders().
 */
Datum
oms_fill_backorders(PG_FUNCTION_ARGS)
{
	int64		last;

	if (FillBackorders(PG_GETARG_INT64(0), PG_GETARG_INT32(1), &last) == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT64(last);
}

PG_FUNCTION_INFO_V1(oms_job_fill_backorders);

/*
 * oms_job_fill_backorders(batch_rows, settings, after) is a batch of the job,
 * which goes on from order to order.
 */
Datum
oms_job_fill_backorders(PG_FUNCTION_ARGS)
{
	int64		after = PG_ARGISNULL(2) ? 0
		: pg_strtoint64(text_to_cstring(PG_GETARG_TEXT_PP(2)));
	int64		last;
	int			max = Min(PG_GETARG_INT32(0), BACKORDERS_MAX);
	int			served = FillBackorders(after, max, &last);

	return JobStep(fcinfo, served, served > 0, served == 0 ? NULL
				   : psprintf(INT64_FORMAT, last));
}
