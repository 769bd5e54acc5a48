/*
 * stock_level.c
 *		Reads and writes rows of stock levels without SQL: by a key or by the
 *		position where one was seen.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stock_level.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/multixact.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/procarray.h"
#include "utils/acl.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* Columns of the table below */
enum
{
	COLUMN_SKU,
	COLUMN_LOCATION,
	COLUMN_STRIPE,
	COLUMN_SPAN,
	COLUMN_ON_HAND,
	COLUMN_RESERVED
};

static StoreTable table = {
	"stock_levels",
	"sku_id bigint, location_id integer, stripe smallint, "
	"span smallint, on_hand oms.quantity, "
	"reserved oms.quantity",
	NULL,
	{"stock_levels_sku_id_fkey", "stock_levels_location_id_fkey"}
};
static StoreIndex by_level = {
	"stock_levels_pkey", "sku_id, location_id", "bigint, integer", 2
};

/*
 * LevelsOpen opens the table with a lock.  It returns false if it cannot be
 * worked on without SQL.
 */
bool
LevelsOpen(Levels *levels, LOCKMODE lock, bool change)
{
	TableState *state = TableOpen(&table, lock, &levels->relation);
	AclMode		need = ACL_SELECT | (change ? ACL_UPDATE : 0);

	levels->state = state;
	if (!state->readable || (change && !state->updatable) ||
		pg_class_aclmask(state->relid, GetUserId(), need, ACLMASK_ALL) != need)
	{
		table_close(levels->relation, NoLock);
		return false;
	}
	if (change)
	{
		PreventCommandIfReadOnly("UPDATE");
		CheckCmdReplicaIdentity(levels->relation, CMD_UPDATE);
	}
	CommandCounterIncrement();
	levels->snapshot = RegisterSnapshot(GetTransactionSnapshot());
	levels->found = table_slot_create(levels->relation, NULL);
	levels->changed = MakeSingleTupleTableSlot(state->desc, &TTSOpsVirtual);
	return true;
}

/*
 * LevelsRenew looks at what has been committed by now.
 */
void
LevelsRenew(Levels *levels)
{
	UnregisterSnapshot(levels->snapshot);
	levels->snapshot = RegisterSnapshot(GetTransactionSnapshot());
}

/*
 * LevelsClose closes the table.
 */
void
LevelsClose(Levels *levels)
{
	ExecDropSingleTupleTableSlot(levels->found);
	ExecDropSingleTupleTableSlot(levels->changed);
	UnregisterSnapshot(levels->snapshot);
	table_close(levels->relation, NoLock);
}

/*
 * Column is a column of the row that was found last; all are not null.
 */
static Datum
Column(Levels *levels, int column)
{
	bool		isnull;

	return slot_getattr(levels->found, levels->state->columns[column], &isnull);
}

/*
 * ReadStripe reads the row that was found last.
 */
static Stripe
ReadStripe(Levels *levels)
{
	Stripe		stripe;

	stripe.position = levels->found->tts_tid;
	stripe.sku_id = DatumGetInt64(Column(levels, COLUMN_SKU));
	stripe.location_id = DatumGetInt32(Column(levels, COLUMN_LOCATION));
	stripe.stripe = DatumGetInt16(Column(levels, COLUMN_STRIPE));
	stripe.span = DatumGetInt16(Column(levels, COLUMN_SPAN));
	stripe.on_hand = DatumGetQuantity(Column(levels, COLUMN_ON_HAND));
	stripe.reserved = DatumGetQuantity(Column(levels, COLUMN_RESERVED));
	return stripe;
}

/*
 * LevelsFetch reads the row at a position, if there is one that the snapshot
 * sees and that is of the level.
 */
bool
LevelsFetch(Levels *levels, ItemPointer position, int64 sku_id, int32 location_id,
			Stripe *stripe)
{
	if (BlockNumberIsValid(ItemPointerGetBlockNumberNoCheck(position)) &&
		ItemPointerGetBlockNumberNoCheck(position) >=
		RelationGetNumberOfBlocks(levels->relation))
		return false;
	if (!table_tuple_fetch_row_version(levels->relation, position,
									   levels->snapshot, levels->found))
		return false;
	*stripe = ReadStripe(levels);
	return stripe->sku_id == sku_id && stripe->location_id == location_id;
}

/*
 * LevelsFind reads the stripes of a level, in order, until those that were
 * read have so much to sell together, and returns how many it read.
 */
int
LevelsFind(Levels *levels, int64 sku_id, int32 location_id, Quantity enough,
			Stripe stripes[STRIPES_MAX])
{
	Datum		values[2] = {Int64GetDatum(sku_id), Int32GetDatum(location_id)};
	ScanKeyData keys[TABLE_KEYS_MAX];
	Relation	index = TableProbe(&by_level, levels->state, values, keys);
	IndexScanDesc scan;
	Quantity	sum = 0;
	int			n = 0;

	if (index == NULL)
		return 0;
	scan = BeginIndexScan(levels->relation, index, levels->snapshot, 2);
	index_rescan(scan, keys, 2, NULL, 0);
	while (n < STRIPES_MAX && sum < enough &&
		   index_getnext_slot(scan, ForwardScanDirection, levels->found))
	{
		stripes[n] = ReadStripe(levels);
		sum = QuantityAdd(sum, QuantitySubtract(stripes[n].on_hand,
												stripes[n].reserved));
		n++;
	}
	index_endscan(scan);
	index_close(index, AccessShareLock);
	return n;
}

/*
 * PutColumn sets a column of the changed row.
 */
static void
PutColumn(Levels *levels, int column, Datum value)
{
	levels->changed->tts_values[levels->state->columns[column] - 1] = value;
}

/*
 * FillChanged makes the changed row of a stripe from the one that was found.
 */
static void
FillChanged(Levels *levels, const Stripe *stripe)
{
	int			natts = levels->state->desc->natts;

	slot_getallattrs(levels->found);
	ExecClearTuple(levels->changed);
	memcpy(levels->changed->tts_values, levels->found->tts_values,
		   sizeof(Datum) * natts);
	memcpy(levels->changed->tts_isnull, levels->found->tts_isnull,
		   sizeof(bool) * natts);
	PutColumn(levels, COLUMN_SPAN, Int16GetDatum(stripe->span));
	PutColumn(levels, COLUMN_ON_HAND, QuantityGetDatum(stripe->on_hand));
	PutColumn(levels, COLUMN_RESERVED, QuantityGetDatum(stripe->reserved));
	ExecStoreVirtualTuple(levels->changed);
}

/* Who has locked a row, or changed it and not committed yet */
typedef enum Holder
{
	HOLDER_NOBODY,
	HOLDER_WE,
	HOLDER_OTHERS
} Holder;

/*
 * HolderOf tells whose an xmax is: of a row of which it is the locker, or the
 * one who changed it.  What has ended holds nothing.
 */
static Holder
HolderOf(TransactionId xid)
{
	if (TransactionIdIsCurrentTransactionId(xid))
		return HOLDER_WE;
	return TransactionIdIsInProgress(xid) ? HOLDER_OTHERS : HOLDER_NOBODY;
}

/*
 * HolderOfFound tells who holds the row that was found.  A lock of a
 * subtransaction beside one of the transaction around it makes a MultiXact.
 * Others may change what is read here meanwhile, so it is read at once.
 */
static Holder
HolderOfFound(Levels *levels)
{
	BufferHeapTupleTableSlot *slot = (BufferHeapTupleTableSlot *) levels->found;
	HeapTupleHeader row = slot->base.tuple->t_data;
	Holder		result = HOLDER_NOBODY;
	MultiXactMember *members;
	TransactionId xmax;
	uint16		infomask;
	int			n;

	LockBuffer(slot->buffer, BUFFER_LOCK_SHARE);
	xmax = HeapTupleHeaderGetRawXmax(row);
	infomask = row->t_infomask;
	LockBuffer(slot->buffer, BUFFER_LOCK_UNLOCK);

	if ((infomask & HEAP_XMAX_INVALID) != 0)
		return HOLDER_NOBODY;
	if ((infomask & HEAP_XMAX_IS_MULTI) == 0)
		return HolderOf(xmax);
	n = GetMultiXactIdMembers(xmax, &members, false,
							  HEAP_XMAX_IS_LOCKED_ONLY(infomask));
	for (int i = 0; i < n && result != HOLDER_OTHERS; i++)
		result = Max(result, HolderOf(members[i].xid));
	return result;
}

/*
 * ReplaceFound writes the changed row in place of the one that was found.
 */
static TM_Result
ReplaceFound(Levels *levels, Stripe *stripe)
{
	TableState *state = levels->state;
	TM_FailureData failure;
	LockTupleMode mode;
	UpdatedIndexes indexes;
	TM_Result	result;

	state->in_use = true;
	ResetPerTupleExprContext(state->estate);
	state->result->ri_RelationDesc = levels->relation;
	ExecConstraints(state->result, levels->changed, state->estate);
	result = table_tuple_update(levels->relation, &stripe->position,
								levels->changed, GetCurrentCommandId(true),
								levels->snapshot, InvalidSnapshot, true,
								&failure, &mode, &indexes);
	if (result == TM_Ok && indexes != 0)
	{
		TableOpenIndexes(state, levels->relation);
		UpdateIndexTuples(state->result, levels->changed, state->estate,
						  indexes);
		TableCloseIndexes(state);
	}
	state->in_use = false;
	return result;
}

/*
 * LevelsWrite replaces the row that was found by a changed one.  Unless wait is
 * set it does not try where others hold the row; whoever takes it in between
 * is waited for.
 */
Outcome
LevelsWrite(Levels *levels, Stripe *stripe, bool wait)
{
	if (!wait && HolderOfFound(levels) == HOLDER_OTHERS)
		return OUTCOME_BUSY;
	FillChanged(levels, stripe);
	if (ReplaceFound(levels, stripe) != TM_Ok)
		return OUTCOME_STALE;
	stripe->position = levels->changed->tts_tid;
	return OUTCOME_DONE;
}

/*
 * LevelsInsert inserts a new stripe.
 */
void
LevelsInsert(const Stripe *stripe)
{
	Rows		row = RowsMake(6, 1);

	Put(&row, Int64GetDatum(stripe->sku_id));
	Put(&row, Int32GetDatum(stripe->location_id));
	Put(&row, Int16GetDatum(stripe->stripe));
	Put(&row, Int16GetDatum(stripe->span));
	Put(&row, QuantityGetDatum(stripe->on_hand));
	Put(&row, QuantityGetDatum(stripe->reserved));
	TableInsert(&table, &row);
}
