/*
 * table_find.c
 *		Finds rows of a table of the store by a key: by a probe of its index, or
 *		by a SELECT.
 *
 * Both ways see what a statement that began now would see.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "table.h"

#include "access/genam.h"
#include "access/nbtree.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/*
 * PrepareProbe looks up the operators that compare the keys of an index, and
 * returns whether the index can be probed by them.
 */
static bool
PrepareProbe(StoreIndex *index, Relation relation)
{
	MemoryContext outer;

	if (relation->rd_rel->relam != BTREE_AM_OID ||
		relation->rd_index->indnkeyatts < index->key_count ||
		!relation->rd_index->indisvalid || relation->rd_indpred != NIL)
		return false;
	outer = MemoryContextSwitchTo(TopMemoryContext);
	for (int k = 0; k < index->key_count; k++)
	{
		Oid			type = relation->rd_opcintype[k];
		Oid			equal = get_opfamily_member(relation->rd_opfamily[k], type,
												type, BTEqualStrategyNumber);
		FmgrInfo	function;

		fmgr_info(get_opcode(equal), &function);
		ScanKeyEntryInitializeWithInfo(&index->keys[k], 0, k + 1,
									   BTEqualStrategyNumber, InvalidOid,
									   relation->rd_indcollation[k],
									   &function, (Datum) 0);
	}
	MemoryContextSwitchTo(outer);
	return true;
}

/*
 * FindIndex finds the index by its name among those of the table.
 */
static Oid
FindIndex(TableState *state, const char *name)
{
	for (int i = 0; i < state->index_count; i++)
	{
		char	   *found = get_rel_name(state->index_oids[i]);

		if (found != NULL && strcmp(found, name) == 0)
			return state->index_oids[i];
	}
	return InvalidOid;
}

/*
 * TableProbe opens the index of an open table for a probe by the values of its
 * keys; NULL if it cannot be probed.
 */
Relation
TableProbe(StoreIndex *index, TableState *state, const Datum *values,
		   ScanKey keys)
{
	Relation	relation;

	if (!state->readable ||
		pg_class_aclcheck(state->relid, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		return NULL;
	if (index->known_at != state->made)
	{
		index->oid = FindIndex(state, index->name);
		if (OidIsValid(index->oid))
		{
			relation = index_open(index->oid, AccessShareLock);
			if (!PrepareProbe(index, relation))
				index->oid = InvalidOid;
			index_close(relation, NoLock);
		}
		index->known_at = state->made;
	}
	if (!OidIsValid(index->oid))
		return NULL;
	memcpy(keys, index->keys, sizeof(ScanKeyData) * index->key_count);
	for (int k = 0; k < index->key_count; k++)
		keys[k].sk_argument = values[k];
	return index_open(index->oid, AccessShareLock);
}

/*
 * ProbeRows reads the rows that an index finds.
 */
static int
ProbeRows(StoreTable *table, const StoreIndex *index, Relation relation,
		  Relation index_relation, ScanKey keys, RowReader reader, void *context)
{
	TableState *state = table->state;
	ScanDirection direction = index->last_first != NULL
		? BackwardScanDirection : ForwardScanDirection;
	Datum		values[TABLE_COLUMNS_MAX];
	bool		nulls[TABLE_COLUMNS_MAX];
	Snapshot	snapshot = RegisterSnapshot(IsInParallelMode()
											? GetActiveSnapshot()
											: GetTransactionSnapshot());
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	IndexScanDesc scan = BeginIndexScan(relation, index_relation, snapshot,
										index->key_count);
	int			rows = 0;

	index_rescan(scan, keys, index->key_count, NULL, 0);
	while (index_getnext_slot(scan, direction, slot))
	{
		for (int c = 0; c < state->column_count; c++)
			values[c] = slot_getattr(slot, state->columns[c], &nulls[c]);
		rows++;
		if (!reader(context, values, nulls))
			break;
	}
	index_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	UnregisterSnapshot(snapshot);
	return rows;
}

/*
 * PrepareFind makes the statement that finds the same rows.
 */
static void
PrepareFind(StoreTable *table, StoreIndex *index)
{
	const TableState *state = table->state;
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "SELECT ");
	for (int c = 0; c < state->column_count; c++)
		appendStringInfo(&text, "%s%s::%s", c == 0 ? "" : ", ",
						 state->names[c], state->types[c]);
	appendStringInfo(&text, " FROM oms.%s WHERE (%s) = (", table->name,
					 index->expressions);
	for (int k = 0; k < index->key_count; k++)
		appendStringInfo(&text, "%s$%d", k == 0 ? "" : ", ", k + 1);
	appendStringInfoChar(&text, ')');
	if (index->last_first != NULL)
		appendStringInfo(&text, " ORDER BY %s DESC", index->last_first);
	index->find.argument_types = index->types;
	index->find.text = MemoryContextStrdup(TopMemoryContext, text.data);
}

/*
 * SelectRows reads the rows that a SELECT finds.
 */
static int
SelectRows(StoreTable *table, StoreIndex *index, Datum *keys,
		   RowReader reader, void *context)
{
	Datum		values[TABLE_COLUMNS_MAX];
	bool		nulls[TABLE_COLUMNS_MAX];
	uint64		rows;

	if (index->find.text == NULL)
		PrepareFind(table, index);
	rows = PlanRun(&index->find, keys, NULL, false);
	for (uint64 r = 0; r < rows; r++)
	{
		for (int c = 0; c < SPI_tuptable->tupdesc->natts; c++)
			values[c] = RowDatum(r, c + 1, &nulls[c]);
		if (!reader(context, values, nulls))
			break;
	}
	return rows;
}

/*
 * TableFind hands each row that has the keys to a reader, as the columns that
 * the table names, and returns how many there are.  The values last until the
 * reader returns, which may stop.  The caller is connected to SPI (StoreOpen()).
 */
int
TableFind(StoreTable *table, StoreIndex *index, Datum *keys,
		  RowReader reader, void *context)
{
	ScanKeyData scan_keys[TABLE_KEYS_MAX];
	Relation	relation;
	TableState *state = TableOpen(table, AccessShareLock, &relation);
	Relation	index_relation = TableProbe(index, state, keys, scan_keys);
	int			rows;

	if (index_relation == NULL)
	{
		table_close(relation, NoLock);
		return SelectRows(table, index, keys, reader, context);
	}
	if (!IsInParallelMode())
		CommandCounterIncrement();
	rows = ProbeRows(table, index, relation, index_relation, scan_keys,
					 reader, context);
	index_close(index_relation, NoLock);
	table_close(relation, NoLock);
	return rows;
}
