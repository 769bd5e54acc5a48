/*
 * stock.c
 *		Changes stock levels: the one way to them.
 *
 * A change adds to what is on hand, to what is reserved, or to both.  All
 * changes of a call are summed by SKU and location first, so that two lines
 * of one SKU are judged on their sum; then they are applied in the order
 * (sku_id, location_id), which every writer keeps, so that none can deadlock
 * with another.  A change goes to one of the rows of its level, which are
 * usually one (stock_stripe.c); if none allows it, all are locked, in order,
 * and made one again: nobody is refused before that.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stock.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

/*
 * Comparator of qsort: the lock order.
 */
static int
CompareStockChanges(const void *a, const void *b)
{
	const StockChange *x = a;
	const StockChange *y = b;

	if (x->sku_id != y->sku_id)
		return x->sku_id < y->sku_id ? -1 : 1;
	if (x->location_id != y->location_id)
		return x->location_id < y->location_id ? -1 : 1;
	return 0;
}

/*
 * StockSum sorts changes into lock order, adds up those of one SKU and
 * location in place, and returns how many are left.
 */
int
StockSum(StockChange *changes, int n)
{
	int			last = 0;

	if (n == 0)
		return 0;
	qsort(changes, n, sizeof(StockChange), CompareStockChanges);
	for (int i = 1; i < n; i++)
	{
		if (CompareStockChanges(&changes[last], &changes[i]) == 0)
		{
			changes[last].on_hand = QuantityAdd(changes[last].on_hand,
												changes[i].on_hand);
			changes[last].reserved = QuantityAdd(changes[last].reserved,
												 changes[i].reserved);
			changes[last].keep = Max(changes[last].keep, changes[i].keep);
		}
		else
			changes[++last] = changes[i];
	}
	return last + 1;
}

/*
 * StockParameters fills the four array parameters (sku_id, location_id,
 * on_hand, reserved) of the queries below.
 */
static void
StockParameters(StockChange *changes, int n, Datum values[4])
{
	Datum	   *skus = palloc(sizeof(Datum) * n);
	Datum	   *locations = palloc(sizeof(Datum) * n);
	Datum	   *on_hand = palloc(sizeof(Datum) * n);
	Datum	   *reserved = palloc(sizeof(Datum) * n);
	Oid			quantity = TypeNamed("oms.quantity");

	for (int i = 0; i < n; i++)
	{
		skus[i] = Int64GetDatum(changes[i].sku_id);
		locations[i] = Int32GetDatum(changes[i].location_id);
		on_hand[i] = QuantityGetDatum(changes[i].on_hand);
		reserved[i] = QuantityGetDatum(changes[i].reserved);
	}
	values[0] = ArrayDatum(skus, NULL, n, INT8OID);
	values[1] = ArrayDatum(locations, NULL, n, INT4OID);
	values[2] = ArrayDatum(on_hand, NULL, n, quantity);
	values[3] = ArrayDatum(reserved, NULL, n, quantity);
}

/*
 * LevelAllows tells whether a level or a stripe of it can take a change: it
 * must leave 0 <= reserved <= on hand, and what is to be kept back unreserved.
 * A stripe that has that much left vouches for its level, since no other has
 * less than nothing left; if none has, only their sum under the locks of all
 * can tell.
 */
bool
LevelAllows(Quantity on_hand, Quantity reserved, const StockChange *change)
{
	Quantity	new_on_hand = QuantityAdd(on_hand, change->on_hand);
	Quantity	new_reserved = QuantityAdd(reserved, change->reserved);

	return new_reserved >= 0 && new_reserved <= new_on_hand &&
		new_on_hand - new_reserved >= change->keep;
}

/*
 * LockStripes locks the stripes of a level that are there, in order, or with
 * wait not set those that nobody else has locked, and adds them up.
 */
static int
LockStripes(Datum level[2], bool wait, Quantity *on_hand, Quantity *reserved)
{
#define LOCK_STRIPES(how) \
	{ \
		"bigint, integer", \
		"SELECT on_hand, reserved FROM oms.stock_levels " \
		"WHERE sku_id = $1 AND location_id = $2 " \
		"ORDER BY stripe FOR NO KEY UPDATE " how \
	}
	static SavedPlan waiting = LOCK_STRIPES("");
	static SavedPlan skipping = LOCK_STRIPES("SKIP LOCKED");
	int			n = PlanRun(wait ? &waiting : &skipping, level, NULL, false);

	*on_hand = *reserved = 0;
	for (int i = 0; i < n; i++)
	{
		*on_hand = QuantityAdd(*on_hand, DatumGetQuantity(RowDatum(i, 1, NULL)));
		*reserved = QuantityAdd(*reserved, DatumGetQuantity(RowDatum(i, 2, NULL)));
	}
	return n;
}

/*
 * StockLock locks all of a level and tells what is on hand and reserved, both
 * zero if there is no such level.  Who has changed a stripe of the level must
 * not call it, so that all are locked in order.  A stripe that another transaction has split
 * off while this one waited is only seen when it looks again; once all that
 * it sees are locked, there can be no more.  Returns false if wait is not set
 * and somebody else has some of it locked.
 */
bool
StockLock(int64 sku_id, int32 location_id, bool wait, Quantity *on_hand,
		  Quantity *reserved)
{
	static SavedPlan count = {
		"bigint, integer",
		"SELECT count(*) FROM oms.stock_levels "
		"WHERE sku_id = $1 AND location_id = $2"
	};
	Datum		level[2] = {Int64GetDatum(sku_id), Int32GetDatum(location_id)};
	bool		all;

	do
	{
		int			n = LockStripes(level, wait, on_hand, reserved);

		PlanRun(&count, level, NULL, false);
		all = RowInt64(0, 1) == n;
	} while (!all && wait);
	return all;
}

/*
 * StockRead tells what of a level is on hand and reserved, without locking it.
 */
void
StockRead(int64 sku_id, int32 location_id, Quantity *on_hand, Quantity *reserved)
{
	static SavedPlan find = {
		"bigint, integer",
		"SELECT coalesce(sum(on_hand), '0'), coalesce(sum(reserved), '0') "
		"FROM oms.stock_levels WHERE sku_id = $1 AND location_id = $2"
	};
	Datum		level[2] = {Int64GetDatum(sku_id), Int32GetDatum(location_id)};

	PlanRun(&find, level, NULL, false);
	*on_hand = DatumGetQuantity(RowDatum(0, 1, NULL));
	*reserved = DatumGetQuantity(RowDatum(0, 2, NULL));
}

/*
 * ApplyWhole applies a change to a level as a whole, whose units it puts together
 * in one row.  Returns false if the level does not allow it, or if it would
 * have to wait and must not.
 */
static bool
ApplyWhole(const StockChange *change, bool wait)
{
	static SavedPlan delete = {
		"bigint, integer",
		"DELETE FROM oms.stock_levels "
		"WHERE sku_id = $1 AND location_id = $2 AND stripe > 0"
	};
	static SavedPlan update = {
		"bigint, integer, oms.quantity, oms.quantity, smallint",
		"UPDATE oms.stock_levels SET on_hand = $3, reserved = $4, span = $5 "
		"WHERE sku_id = $1 AND location_id = $2 AND stripe = 0"
	};
	Quantity	on_hand;
	Quantity	reserved;
	Datum		values[5] = {Int64GetDatum(change->sku_id),
	Int32GetDatum(change->location_id)};

	if (!StockLock(change->sku_id, change->location_id, wait, &on_hand,
				   &reserved) ||
		!LevelAllows(on_hand, reserved, change))
		return false;
	values[2] = QuantityGetDatum(on_hand + change->on_hand);
	values[3] = QuantityGetDatum(reserved + change->reserved);
	values[4] = Int16GetDatum(STRIPES_MAX);
	PlanRun(&delete, values, NULL, false);
	return PlanRun(&update, values, NULL, false) == 1;
}

/*
 * StockApply writes changes that StockSum() has sorted and summed.  It returns
 * false if one would leave more reserved than is on hand, less than nothing, or
 * less unreserved than it is to keep; those before it may have been written then, so the caller raises an
 * error or rolls back.  Locks are held until the transaction ends.  If wait is
 * not set, for those who have locked what they need already, it returns false
 * too if it would have to wait for others.
 */
bool
StockApply(StockChange *changes, int n, bool wait)
{
	for (int i = 0; i < n; i++)
		if ((changes[i].on_hand != 0 || changes[i].reserved != 0) &&
			!StripeApply(&changes[i], wait) && !ApplyWhole(&changes[i], wait))
			return false;
	return true;
}

PG_FUNCTION_INFO_V1(oms_fold_stock);

/*
 * oms_fold_stock(max) makes up to max levels one row again that are split and
 * that nobody has in hand, and returns how many.
 */
Datum
oms_fold_stock(PG_FUNCTION_ARGS)
{
	static SavedPlan find = {
		"integer",
		"SELECT DISTINCT sku_id, location_id FROM oms.stock_levels "
		"WHERE stripe > 0 ORDER BY sku_id, location_id LIMIT $1"
	};
	Datum		values[1] = {PG_GETARG_DATUM(0)};
	StoreScope	scope;
	StockChange *levels;
	int			folded = 0;
	int			n;

	if (PG_GETARG_INT32(0) < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max must be greater than zero")));
	scope = StoreOpen();
	n = PlanRun(&find, values, NULL, false);
	levels = palloc0(mul_size(sizeof(StockChange), Max(n, 1)));
	for (int i = 0; i < n; i++)
	{
		levels[i].sku_id = RowInt64(i, 1);
		levels[i].location_id = RowInt32(i, 2);
	}
	for (int i = 0; i < n; i++)
		folded += ApplyWhole(&levels[i], false);
	StoreClose(scope);
	PG_RETURN_INT32(folded);
}

/*
 * StockEnsure inserts empty stock levels where changes need rows that are not
 * there yet.  Run StockSum() first.
 */
void
StockEnsure(StockChange *changes, int n)
{
	static SavedPlan insert = {
		"bigint[], integer[]",
		"INSERT INTO oms.stock_levels (sku_id, location_id) "
		"SELECT c.sku_id, c.location_id "
		"FROM unnest($1, $2) AS c(sku_id, location_id) "
		"WHERE NOT EXISTS (SELECT FROM oms.stock_levels s "
		"                  WHERE s.sku_id = c.sku_id "
		"                        AND s.location_id = c.location_id) "
		"ON CONFLICT (sku_id, location_id, stripe) DO NOTHING"
	};
	Datum		values[4];

	StockParameters(changes, n, values);
	PlanRun(&insert, values, NULL, false);
}
