/*
 * stock.c
 *		Changes stock levels: the one way to them.
 *
 * A change adds to what is on hand, to what is reserved, or to both.  All
 * changes of a call are summed by SKU and location first, so that two lines
 * of one SKU are judged on their sum; then the rows are locked in the order
 * (sku_id, location_id), which every writer keeps, so that none can deadlock
 * with another; then they are checked against the locked rows and written.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stock.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/rel.h"

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
 * LevelAllows tells whether a locked row can take a change: it must leave
 * 0 <= reserved <= on hand.
 */
static bool
LevelAllows(Quantity on_hand, Quantity reserved, const StockChange *change)
{
	Quantity	new_on_hand = QuantityAdd(on_hand, change->on_hand);
	Quantity	new_reserved = QuantityAdd(reserved, change->reserved);

	return new_reserved >= 0 && new_reserved <= new_on_hand;
}

/*
 * StockLock locks the rows of summed changes in lock order and tells whether
 * all are there and allow their change.
 */
static bool
StockLock(StockChange *changes, int n, Datum values[4])
{
	static SavedPlan lock = {
		"bigint[], integer[]",
		"SELECT s.sku_id, s.location_id, s.on_hand, s.reserved "
		"FROM unnest($1, $2) AS c(sku_id, location_id) "
		"     JOIN oms.stock_levels s USING (sku_id, location_id) "
		"ORDER BY s.sku_id, s.location_id FOR NO KEY UPDATE OF s"
	};

	if (PlanRun(&lock, values, NULL, false) != n)
		return false;
	for (int i = 0; i < n; i++)
	{
		Assert(RowInt64(i, 1) == changes[i].sku_id &&
			   RowInt32(i, 2) == changes[i].location_id);
		if (!LevelAllows(DatumGetQuantity(RowDatum(i, 3, NULL)),
						 DatumGetQuantity(RowDatum(i, 4, NULL)), &changes[i]))
			return false;
	}
	return true;
}

/*
 * StockApply writes changes that StockSum() has sorted and summed, all or
 * none: it returns false, with the rows locked and nothing written, if one
 * would leave more reserved than is on hand, or less than nothing.  The locks
 * are held until the transaction ends.
 */
bool
StockApply(StockChange *changes, int n)
{
	static SavedPlan update = {
		"bigint[], integer[], oms.quantity[], oms.quantity[]",
		"UPDATE oms.stock_levels s "
		"SET on_hand = s.on_hand + c.on_hand, reserved = s.reserved + c.reserved "
		"FROM unnest($1, $2, $3, $4) AS c(sku_id, location_id, on_hand, reserved) "
		"WHERE s.sku_id = c.sku_id AND s.location_id = c.location_id"
	};
	Datum		values[4];

	if (n == 0)
		return true;
	StockParameters(changes, n, values);
	if (!StockLock(changes, n, values))
		return false;
	if (PlanRun(&update, values, NULL, false) != n)
		elog(ERROR, "stock level vanished under its lock");
	return true;
}

/*
 * StockTake is StockApply() in one statement, which writes a lock less for
 * each row.  It too takes the rows in lock order: of two relations, one
 * without an index, the plan can only look up the levels by the array's
 * elements, one after the other.  If it returns false, some levels may have
 * been written: the caller must roll back its subtransaction.
 */
bool
StockTake(StockChange *changes, int n)
{
	static SavedPlan update = {
		"bigint[], integer[], oms.quantity[], oms.quantity[]",
		"UPDATE oms.stock_levels s "
		"SET on_hand = s.on_hand + c.on_hand, reserved = s.reserved + c.reserved "
		"FROM unnest($1, $2, $3, $4) AS c(sku_id, location_id, on_hand, reserved) "
		"WHERE s.sku_id = c.sku_id AND s.location_id = c.location_id "
		"      AND s.reserved + c.reserved >= '0'::oms.quantity "
		"      AND s.reserved + c.reserved <= s.on_hand + c.on_hand"
	};
	Datum		values[4];

	StockParameters(changes, n, values);
	return PlanRun(&update, values, NULL, false) == n;
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
		"ON CONFLICT (sku_id, location_id) DO NOTHING"
	};
	Datum		values[4];

	StockParameters(changes, n, values);
	PlanRun(&insert, values, NULL, false);
}

/*
 * RecordMovements writes the movements that explain changes of stock on hand;
 * null stands for order_id 0, and for a reason or unit_cost that is NULL.
 */
static void
RecordMovements(StockChange *changes, int n, const char *kind,
				const char *reason, const Amount *unit_cost, int64 order_id,
				int fulfillment_no)
{
	static SavedPlan insert = {
		"bigint[], integer[], oms.quantity[], oms.quantity[], "
		"text, text, bigint, integer, oms.amount",
		"INSERT INTO oms.stock_movements "
		"       (sku_id, location_id, quantity, kind, reason, order_id, "
		"        fulfillment_no, unit_cost) "
		"SELECT c.sku_id, c.location_id, c.on_hand, $5, $6, $7, $8, $9 "
		"FROM unnest($1, $2, $3, $4) AS c(sku_id, location_id, on_hand, reserved) "
		"WHERE c.on_hand <> '0'::oms.quantity"
	};
	Datum		values[9] = {0};
	char		nulls[9] = {' ', ' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '};

	StockParameters(changes, n, values);
	values[4] = CStringGetTextDatum(kind);
	if (reason != NULL)
		values[5] = CStringGetTextDatum(reason);
	else
		nulls[5] = 'n';
	values[6] = Int64GetDatum(order_id);
	values[7] = Int32GetDatum(fulfillment_no);
	if (order_id == 0)
		nulls[6] = nulls[7] = 'n';
	if (unit_cost != NULL)
		values[8] = AmountGetDatum(*unit_cost);
	else
		nulls[8] = 'n';
	PlanRun(&insert, values, nulls, false);
}

/*
 * StockRecord writes the movements that explain changes of stock on hand.
 * order_id 0 is none, reason may be NULL.
 */
void
StockRecord(StockChange *changes, int n, const char *kind, const char *reason,
			int64 order_id, int fulfillment_no)
{
	RecordMovements(changes, n, kind, reason, NULL, order_id, fulfillment_no);
}

/*
 * StockRecordCost is StockRecord() for units of which each cost unit_cost;
 * NULL if that is not known.
 */
void
StockRecordCost(StockChange *changes, int n, const char *kind,
				const char *reason, const Amount *unit_cost)
{
	RecordMovements(changes, n, kind, reason, unit_cost, 0, 0);
}

/*
 * ReadLevel reads a row of stock_levels that a trigger was given.
 */
static StockChange
ReadLevel(HeapTuple row, TupleDesc desc)
{
	StockChange level;
	bool		isnull;

	level.sku_id = DatumGetInt64(SPI_getbinval(row, desc, SPI_fnumber(desc, "sku_id"), &isnull));
	level.location_id = DatumGetInt32(SPI_getbinval(row, desc, SPI_fnumber(desc, "location_id"), &isnull));
	level.on_hand = DatumGetQuantity(SPI_getbinval(row, desc, SPI_fnumber(desc, "on_hand"), &isnull));
	level.reserved = DatumGetQuantity(SPI_getbinval(row, desc, SPI_fnumber(desc, "reserved"), &isnull));
	return level;
}

PG_FUNCTION_INFO_V1(oms_explain_level);

/*
 * oms_explain_level: trigger AFTER INSERT OR UPDATE OR DELETE FOR EACH ROW of
 * stock_levels.  When somebody else than the extension writes the table, it
 * records the movement that explains the change of stock on hand, so that
 * stock can be loaded by COPY, and refuses a change of what is reserved and
 * the deletion of a level that is not empty.
 */
Datum
oms_explain_level(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = RequireRowTrigger(fcinfo);
	StockChange before = {0};
	StockChange after;
	StoreScope	scope;

	if (StoreWrites())
		return PointerGetDatum(NULL);
	if (TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
	{
		before = ReadLevel(trigger->tg_trigtuple,
						   RelationGetDescr(trigger->tg_relation));
		if (before.on_hand != 0)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("a stock level that is not empty cannot be deleted"),
					 errhint("Use oms.adjust_stock() to say where the units went.")));
		return PointerGetDatum(NULL);
	}

	after = ReadLevel(TRIGGER_FIRED_BY_UPDATE(trigger->tg_event)
					  ? trigger->tg_newtuple : trigger->tg_trigtuple,
					  RelationGetDescr(trigger->tg_relation));
	if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		before = ReadLevel(trigger->tg_trigtuple,
						   RelationGetDescr(trigger->tg_relation));
	if (before.reserved != after.reserved)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("reserved stock is written by functions only"),
				 errhint("Use oms.reserve() and oms.release_reservation().")));
	if (before.sku_id != 0 && CompareStockChanges(&before, &after) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("a stock level cannot be moved to another SKU or location"),
				 errhint("Use oms.transfer_stock().")));

	after.on_hand = QuantitySubtract(after.on_hand, before.on_hand);
	scope = StoreOpen();
	StockRecord(&after, 1, "adjustment", "written by hand", 0, 0);
	StoreClose(scope);
	return PointerGetDatum(NULL);
}
