/*
 * movement.c
 *		Records why stock on hand has changed, and what that was worth.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "cost.h"

#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

/* Rows of stock_levels that are recorded at once */
#define LEVELS_MAX		5000

/*
 * InsertMovements writes the movements of changes that have been valued.
 */
static void
InsertMovements(const StockChange *changes, int n, const char *kind,
				const char *reason, int64 order_id, int fulfillment_no)
{
	static StoreTable movements = {
		"stock_movements",
		"sku_id bigint, location_id integer, "
		"quantity oms.quantity, kind text, reason text, "
		"order_id bigint, fulfillment_no integer, "
		"unit_cost oms.amount, value oms.amount"
	};
	Rows		rows = RowsMake(9, n);

	for (int i = 0; i < n; i++)
	{
		const Amount *unit_cost = changes[i].unit_cost;

		if (changes[i].on_hand == 0 && !changes[i].valued)
			continue;
		Put(&rows, Int64GetDatum(changes[i].sku_id));
		Put(&rows, Int32GetDatum(changes[i].location_id));
		Put(&rows, QuantityGetDatum(changes[i].on_hand));
		PutText(&rows, kind);
		PutText(&rows, reason);
		PutNullable(&rows, Int64GetDatum(order_id), order_id == 0);
		PutId(&rows, fulfillment_no);
		PutNullable(&rows, unit_cost != NULL ? AmountGetDatum(*unit_cost)
					: (Datum) 0, unit_cost == NULL);
		PutNullable(&rows, AmountGetDatum(changes[i].value),
					!changes[i].valued);
	}
	TableInsert(&movements, &rows);
}

/*
 * StockRecord values changes of stock on hand, which have been applied, posts
 * them, writes the movements that explain them, and sets what each was worth.
 * order_id 0 is none, reason may be NULL.  Of kind "return", units of an order
 * come back by return number subject_no at the cost that they left with: the
 * caller holds the lock of the order's row.  Else subject_no is the number of a
 * fulfillment.
 */
void
StockRecord(StockChange *changes, int n, const char *kind, const char *reason,
			int64 order_id, int subject_no)
{
	bool		is_return = strcmp(kind, "return") == 0;

	if (n == 0)
		return;
	CostRecord(changes, n, kind, order_id, subject_no);
	InsertMovements(changes, n, kind, reason, order_id,
					is_return ? 0 : subject_no);
}

/* Reads the rows that a statement has left in a transition table */
typedef struct LevelReader
{
	Tuplestorestate *store;		/* NULL for none */
	TupleTableSlot *slot;
	TupleDesc	desc;
} LevelReader;

/*
 * ReaderMake starts to read a transition table, from a place of its own.
 */
static LevelReader
ReaderMake(Tuplestorestate *store, TupleDesc desc)
{
	LevelReader reader = {store, NULL, desc};

	if (store == NULL)
		return reader;
	tuplestore_select_read_pointer(store,
								   tuplestore_alloc_read_pointer(store,
																 EXEC_FLAG_REWIND));
	tuplestore_rescan(store);
	reader.slot = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);
	return reader;
}

/*
 * ReaderEnd ends reading.
 */
static void
ReaderEnd(LevelReader *reader)
{
	if (reader->store == NULL)
		return;
	ExecDropSingleTupleTableSlot(reader->slot);
	tuplestore_select_read_pointer(reader->store, 0);
}

/*
 * LevelColumn is a column of the row that was read last.
 */
static Datum
LevelColumn(const LevelReader *reader, const char *name)
{
	bool		isnull;

	return slot_getattr(reader->slot, SPI_fnumber(reader->desc, name), &isnull);
}

/*
 * ReadLevel reads the next row, if there is one.  Raises 55000
 * if it is one of several: what somebody means who changes one of them, or all
 * alike, cannot be known.
 */
static bool
ReadLevel(LevelReader *reader, StockChange *level)
{
	if (!tuplestore_gettupleslot(reader->store, true, false, reader->slot))
		return false;
	memset(level, 0, sizeof(StockChange));
	level->sku_id = DatumGetInt64(LevelColumn(reader, "sku_id"));
	level->location_id = DatumGetInt32(LevelColumn(reader, "location_id"));
	level->on_hand = DatumGetQuantity(LevelColumn(reader, "on_hand"));
	level->reserved = DatumGetQuantity(LevelColumn(reader, "reserved"));
	if (DatumGetInt16(LevelColumn(reader, "span")) != STRIPES_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("a stock level that is split is written by functions only"),
				 errdetail("Many buyers of the SKU at once have split its level into several rows."),
				 errhint("Use oms.adjust_stock() or oms.count_stock().")));
	return true;
}

/*
 * RequireOwn raises 55000 for what cannot be written by hand: what is reserved,
 * and another SKU or location.
 */
static void
RequireOwn(const StockChange *before, const StockChange *after)
{
	if (before->reserved != after->reserved)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("reserved stock is written by functions only"),
				 errhint("Use oms.reserve() and oms.release_reservation().")));
	if (before->sku_id != 0 && (before->sku_id != after->sku_id ||
								before->location_id != after->location_id))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("a stock level cannot be moved to another SKU or location"),
				 errhint("Use oms.transfer_stock().")));
}

/*
 * ReadChange reads what a statement has done to the next row, if there is one:
 * both tables have the rows of an UPDATE in the same order.
 */
static bool
ReadChange(LevelReader *old, LevelReader *new, StockChange *change)
{
	StockChange before = {0};

	if (old->store != NULL && !ReadLevel(old, &before))
		return false;
	if (new->store == NULL)
	{
		if (before.on_hand != 0)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("a stock level that is not empty cannot be deleted"),
					 errhint("Use oms.adjust_stock() to say where the units went.")));
		*change = before;
		return true;
	}
	if (!ReadLevel(new, change))
		return false;
	RequireOwn(&before, change);
	change->on_hand = QuantitySubtract(change->on_hand, before.on_hand);
	change->reserved = 0;
	return true;
}

/*
 * ExplainLevels records changes that were made by hand.
 */
static void
ExplainLevels(StockChange *changes, int n, bool deleted)
{
	StoreScope	scope = StoreOpen();
	int			moved = 0;

	for (int i = 0; i < n; i++)
		if (deleted || changes[i].on_hand != 0)
			changes[moved++] = changes[i];
	if (deleted)
		CostForget(changes, moved);
	else
		StockRecord(changes, StockSum(changes, moved), "adjustment",
					"written by hand", 0, 0);
	StoreClose(scope);
}

PG_FUNCTION_INFO_V1(oms_explain_level);

/*
 * oms_explain_level: trigger AFTER INSERT OR UPDATE OR DELETE FOR EACH STATEMENT
 * of stock_levels, with transition tables.  When somebody else than the
 * extension writes the table, it records the movements that explain the changes
 * of stock on hand, so that stock can be loaded by COPY, and refuses a change of
 * what is reserved and the deletion of a level that is not empty.
 */
Datum
oms_explain_level(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = RequireTrigger(fcinfo, 0);
	TupleDesc	desc = RelationGetDescr(trigger->tg_relation);
	LevelReader old;
	LevelReader new;
	StockChange *changes;
	bool		more = true;

	if (trigger->tg_oldtable == NULL && trigger->tg_newtable == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function must be called as a trigger with transition tables")));
	if (StoreWrites())
		return PointerGetDatum(NULL);
	old = ReaderMake(trigger->tg_oldtable, desc);
	new = ReaderMake(trigger->tg_newtable, desc);
	changes = palloc(sizeof(StockChange) * LEVELS_MAX);
	while (more)
	{
		int			n = 0;

		CHECK_FOR_INTERRUPTS();
		while (n < LEVELS_MAX && (more = ReadChange(&old, &new, &changes[n])))
			n++;
		ExplainLevels(changes, n, trigger->tg_newtable == NULL);
	}
	ReaderEnd(&old);
	ReaderEnd(&new);
	pfree(changes);
	return PointerGetDatum(NULL);
}
