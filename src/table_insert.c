/*
 * table_insert.c
 *		Puts rows into a table of the store: straight in, or by an INSERT.
 *
 * Both ways take the same columns from the same StoreTable and leave the same
 * rows; table.c says which is taken when.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "table.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/* Rows that are put into the table at once */
#define INSERT_BATCH	64

/*
 * MakeSlots makes sure that there are as many slots.
 */
static void
MakeSlots(TableState *state, int n)
{
	MemoryContext outer = MemoryContextSwitchTo(state->context);

	if (state->slots == NULL)
		state->slots = palloc(sizeof(TupleTableSlot *) * INSERT_BATCH);
	while (state->slot_count < n)
		state->slots[state->slot_count++] =
			MakeSingleTupleTableSlot(state->desc, &TTSOpsVirtual);
	MemoryContextSwitchTo(outer);
}

/*
 * Coerce brings a value to the length that its column declares.
 */
static Datum
Coerce(Coercion *coercion, Datum value)
{
	if (!coercion->needed)
		return value;
	return FunctionCall3(&coercion->function, value,
						 Int32GetDatum(coercion->typmod), BoolGetDatum(false));
}

/*
 * FillSlot makes a row of defaults and of what the caller gives.  Its values
 * last until the executor's context for the row is reset.
 */
static void
FillSlot(TableState *state, TupleTableSlot *slot, const Rows *rows, int row)
{
	ExprContext *context = GetPerTupleExprContext(state->estate);

	ExecClearTuple(slot);
	for (int a = 0; a < state->desc->natts; a++)
	{
		slot->tts_values[a] = (Datum) 0;
		slot->tts_isnull[a] = true;
		if (state->defaults[a] != NULL)
			slot->tts_values[a] =
				ExecEvalExprSwitchContext(state->defaults[a], context,
										  &slot->tts_isnull[a]);
	}
	for (int c = 0; c < state->column_count; c++)
	{
		Size		cell = (Size) c * rows->capacity + row;
		int			a = state->columns[c] - 1;

		slot->tts_isnull[a] = rows->nulls[cell];
		if (!rows->nulls[cell])
			slot->tts_values[a] = Coerce(&state->coercions[c],
										 rows->values[cell]);
	}
	ExecStoreVirtualTuple(slot);
}

/*
 * InsertUnlessThere inserts a row unless another has its key, and tells
 * whether it did.  It waits for others who insert the same key.  This is what
 * the executor does for ON CONFLICT DO NOTHING.
 */
static bool
InsertUnlessThere(TableState *state, Relation relation, TupleTableSlot *slot)
{
	TransactionId xid = GetCurrentTransactionId();
	bool		conflict = false;

	do
	{
		uint32		token;
		ItemPointerData other;

		CHECK_FOR_INTERRUPTS();
		if (!CheckIndexConstraints(state->result, slot, state->estate, &other,
								   state->unique))
			return false;
		token = SpeculativeInsertionLockAcquire(xid);
		table_tuple_insert_speculative(relation, slot,
									   state->estate->es_output_cid, 0, NULL,
									   token);
		InsertIndexTuples(state->result, slot, state->estate, false, true, &conflict,
						  state->unique);
		table_tuple_complete_speculative(relation, slot, token, !conflict);
		SpeculativeInsertionLockRelease(xid);
	} while (conflict);
	return true;
}

/*
 * InsertSlots inserts rows that the slots hold, with their index entries.
 */
static void
InsertSlots(TableState *state, Relation relation, int n)
{
	if (n == 1)
		table_tuple_insert(relation, state->slots[0],
						   state->estate->es_output_cid, 0, NULL);
	else
		table_multi_insert(relation, state->slots, n,
						   state->estate->es_output_cid, 0, NULL);
	for (int i = 0; i < n; i++)
		InsertIndexTuples(state->result, state->slots[i], state->estate, false,
						  false, NULL, NIL);
}

/*
 * InsertStraight puts rows into the table and returns how many.
 */
static int
InsertStraight(TableState *state, Relation relation, const Rows *rows)
{
	int			count = RowsCount(rows);
	int			inserted = 0;

	PreventCommandIfReadOnly("INSERT");
	state->in_use = true;
	TableDefaults(state, relation);
	state->estate->es_output_cid = GetCurrentCommandId(true);
	TableOpenIndexes(state, relation);
	MakeSlots(state, Min(count, INSERT_BATCH));
	for (int first = 0; first < count; first += INSERT_BATCH)
	{
		int			n = Min(count - first, INSERT_BATCH);

		ResetPerTupleExprContext(state->estate);
		for (int i = 0; i < n; i++)
		{
			FillSlot(state, state->slots[i], rows, first + i);
			if (relation->rd_att->constr != NULL)
				ExecConstraints(state->result, state->slots[i], state->estate);
		}
		if (state->unique == NIL)
		{
			InsertSlots(state, relation, n);
			inserted += n;
		}
		else
			for (int i = 0; i < n; i++)
				inserted += InsertUnlessThere(state, relation, state->slots[i]);
	}
	TableCloseIndexes(state);
	state->in_use = false;
	return inserted;
}

/*
 * PrepareInsert makes the statement that inserts the same rows.
 */
static void
PrepareInsert(TableState *state, StoreTable *table)
{
	StringInfoData types;
	StringInfoData text;

	initStringInfo(&types);
	initStringInfo(&text);
	appendStringInfo(&text, "INSERT INTO oms.%s (", table->name);
	for (int c = 0; c < state->column_count; c++)
		appendStringInfo(&text, "%s%s", c == 0 ? "" : ", ", state->names[c]);
	appendStringInfoString(&text, ") SELECT * FROM unnest(");
	for (int c = 0; c < state->column_count; c++)
	{
		appendStringInfo(&types, "%s%s[]", c == 0 ? "" : ", ", state->types[c]);
		appendStringInfo(&text, "%s$%d", c == 0 ? "" : ", ", c + 1);
	}
	appendStringInfoChar(&text, ')');
	if (table->arbiter != NULL)
		appendStringInfo(&text, " ON CONFLICT %s DO NOTHING", table->arbiter);
	else if (table->unique != NULL)
		appendStringInfo(&text, " ON CONFLICT ON CONSTRAINT %s DO NOTHING",
						 table->unique);
	table->insert.argument_types = MemoryContextStrdup(TopMemoryContext,
													   types.data);
	table->insert.text = MemoryContextStrdup(TopMemoryContext, text.data);
}

/*
 * TableInsert inserts rows, whose columns are those that the table names, and
 * returns how many; all of them, but for those whose key another row has
 * already where the table names a unique index.  The caller is connected to
 * SPI (StoreOpen()).
 */
int
TableInsert(StoreTable *table, const Rows *rows)
{
	Relation	relation;
	TableState *state;
	Params		params = {0};

	if (RowsCount(rows) == 0)
		return 0;
	state = TableOpen(table, RowExclusiveLock, &relation);
	if (TableIsWritable(state, table))
	{
		int			n = InsertStraight(state, relation, rows);

		table_close(relation, NoLock);
		return n;
	}
	if (table->insert.text == NULL)
		PrepareInsert(state, table);
	table_close(relation, NoLock);
	AddRows(&params, &table->insert, rows);
	return PlanRun(&table->insert, params.values, NULL, false);
}
