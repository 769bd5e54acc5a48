/*
 * stock_stripe.c
 *		Stock that does not make its buyers wait for each other.
 *
 * A row lock lasts until its commit is on disk, so buyers of one popular SKU
 * would queue for the one row of its level.  A level may therefore be split
 * into stripes, rows of the same SKU and location among which its units are
 * divided, and a change goes to any stripe that allows it.  Nobody divides
 * them by hand: who had to wait for a stripe leaves half of what is free in it
 * to a new one, and so their number doubles with each commit until nobody
 * waits.  A job folds them when it has become quiet.
 *
 * The stripes of a level divide the numbers 0 to STRIPES_MAX - 1.  A stripe has
 * the numbers from its own on, as many as its span; the new one gets the upper
 * half, which nobody else can be giving away.  Stripe 0 is always there, and its
 * span is STRIPES_MAX while the level is not split.
 *
 * That a stripe is locked or has too little says nothing of the level.  What
 * cannot be done here, for want of units in any one stripe or because the table
 * has to be written by SQL, is done under the locks of all (stock.c).  A
 * change waits for a stripe only if no other allows it, holding none of the
 * same level, so that who locks all in order cannot deadlock with it.
 *
 * A session remembers where it last found or took units of a SKU, by the
 * position of the row, because finding the row by the index means passing by
 * all its versions that an old snapshot of somebody else may still see.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stock.h"
#include "table.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/multixact.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "common/hashfn.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/procarray.h"
#include "utils/acl.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* How often what was taken must be left in a stripe for it to be split */
#define SPLIT_WORTH		32

/* Places that a session remembers */
#define HINTS			256

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

static StoreTable levels = {
	"stock_levels",
	"sku_id, location_id, stripe, span, on_hand, reserved",
	NULL,
	{"stock_levels_sku_id_fkey", "stock_levels_location_id_fkey"}
};
static StoreIndex by_level = {
	"stock_levels_pkey", "sku_id, location_id", "bigint, integer", 2
};

/* A row of stock_levels, as a snapshot sees it */
typedef struct Stripe
{
	ItemPointerData position;
	int64		sku_id;
	int32		location_id;
	int			stripe;
	int			span;
	Quantity	on_hand;
	Quantity	reserved;
} Stripe;

/* Where a session last found units of a level */
typedef struct Hint
{
	int64		sku_id;			/* 0: nowhere */
	int32		location_id;
	ItemPointerData position;
} Hint;

/* An open table, while stripes of it are looked at */
typedef struct Work
{
	TableState *state;
	Relation	relation;
	Snapshot	snapshot;
	TupleTableSlot *found;
	TupleTableSlot *changed;
	Stripe		half;			/* to be inserted, unless its span is 0 */
} Work;

/* What became of an attempt to change a stripe */
typedef enum Outcome
{
	OUTCOME_DONE,
	OUTCOME_UNFIT,				/* has too little, or is another row */
	OUTCOME_BUSY,				/* somebody else has it locked */
	OUTCOME_STALE				/* it has been changed since it was read */
} Outcome;

static Hint hints[HINTS];

/*
 * HintOf is the place where a level's position is remembered.
 */
static Hint *
HintOf(int64 sku_id, int32 location_id)
{
	uint32		hash = hash_combine(murmurhash32((uint32) sku_id),
									murmurhash32((uint32) location_id));

	return &hints[hash % HINTS];
}

/*
 * Remember remembers a position.
 */
static void
Remember(int64 sku_id, int32 location_id, ItemPointer position)
{
	Hint	   *hint = HintOf(sku_id, location_id);

	hint->sku_id = sku_id;
	hint->location_id = location_id;
	hint->position = *position;
}

/*
 * Recall finds a position that was remembered.
 */
static bool
Recall(int64 sku_id, int32 location_id, ItemPointer position)
{
	const Hint *hint = HintOf(sku_id, location_id);

	if (hint->sku_id != sku_id || hint->location_id != location_id)
		return false;
	*position = hint->position;
	return true;
}

/*
 * WorkBegin opens the table with a lock.  It returns false if it cannot be
 * worked on without SQL.
 */
static bool
WorkBegin(Work *work, LOCKMODE lock, bool change)
{
	TableState *state = TableOpen(&levels, lock, &work->relation);
	AclMode		need = ACL_SELECT | (change ? ACL_UPDATE : 0);

	work->state = state;
	if (!state->readable || (change && !state->updatable) ||
		pg_class_aclmask(state->relid, GetUserId(), need, ACLMASK_ALL) != need)
	{
		table_close(work->relation, NoLock);
		return false;
	}
	CommandCounterIncrement();
	work->snapshot = RegisterSnapshot(GetTransactionSnapshot());
	work->found = table_slot_create(work->relation, NULL);
	work->changed = MakeSingleTupleTableSlot(state->desc, &TTSOpsVirtual);
	work->half.span = 0;
	return true;
}

/*
 * WorkRenew looks at what has been committed by now.
 */
static void
WorkRenew(Work *work)
{
	UnregisterSnapshot(work->snapshot);
	work->snapshot = RegisterSnapshot(GetTransactionSnapshot());
}

/*
 * WorkEnd closes the table.
 */
static void
WorkEnd(Work *work)
{
	ExecDropSingleTupleTableSlot(work->found);
	ExecDropSingleTupleTableSlot(work->changed);
	UnregisterSnapshot(work->snapshot);
	table_close(work->relation, NoLock);
}

/*
 * Column is a column of the row that was found last; all are not null.
 */
static Datum
Column(Work *work, int column)
{
	bool		isnull;

	return slot_getattr(work->found, work->state->columns[column], &isnull);
}

/*
 * ReadStripe reads the row that was found last.
 */
static Stripe
ReadStripe(Work *work)
{
	Stripe		stripe;

	stripe.position = work->found->tts_tid;
	stripe.sku_id = DatumGetInt64(Column(work, COLUMN_SKU));
	stripe.location_id = DatumGetInt32(Column(work, COLUMN_LOCATION));
	stripe.stripe = DatumGetInt16(Column(work, COLUMN_STRIPE));
	stripe.span = DatumGetInt16(Column(work, COLUMN_SPAN));
	stripe.on_hand = DatumGetQuantity(Column(work, COLUMN_ON_HAND));
	stripe.reserved = DatumGetQuantity(Column(work, COLUMN_RESERVED));
	return stripe;
}

/*
 * FetchStripe reads the row at a position, if there is one that the snapshot
 * sees and that is of the level.
 */
static bool
FetchStripe(Work *work, ItemPointer position, int64 sku_id, int32 location_id,
			Stripe *stripe)
{
	if (BlockNumberIsValid(ItemPointerGetBlockNumberNoCheck(position)) &&
		ItemPointerGetBlockNumberNoCheck(position) >=
		RelationGetNumberOfBlocks(work->relation))
		return false;
	if (!table_tuple_fetch_row_version(work->relation, position,
									   work->snapshot, work->found))
		return false;
	*stripe = ReadStripe(work);
	return stripe->sku_id == sku_id && stripe->location_id == location_id;
}

/*
 * FindStripes reads the stripes of a level, in order, until those that were
 * read have so much to sell together, and returns how many it read.
 */
static int
FindStripes(Work *work, int64 sku_id, int32 location_id, Quantity enough,
			Stripe stripes[STRIPES_MAX])
{
	Datum		values[2] = {Int64GetDatum(sku_id), Int32GetDatum(location_id)};
	ScanKeyData keys[TABLE_KEYS_MAX];
	Relation	index = TableProbe(&by_level, work->state, values, keys);
	IndexScanDesc scan;
	Quantity	sum = 0;
	int			n = 0;

	if (index == NULL)
		return 0;
	scan = index_beginscan(work->relation, index, work->snapshot, 2, 0);
	index_rescan(scan, keys, 2, NULL, 0);
	while (n < STRIPES_MAX && sum < enough &&
		   index_getnext_slot(scan, ForwardScanDirection, work->found))
	{
		stripes[n] = ReadStripe(work);
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
PutColumn(Work *work, int column, Datum value)
{
	work->changed->tts_values[work->state->columns[column] - 1] = value;
}

/*
 * FillChanged makes the changed row of a stripe from the one that was found.
 */
static void
FillChanged(Work *work, const Stripe *stripe)
{
	int			natts = work->state->desc->natts;

	slot_getallattrs(work->found);
	ExecClearTuple(work->changed);
	memcpy(work->changed->tts_values, work->found->tts_values,
		   sizeof(Datum) * natts);
	memcpy(work->changed->tts_isnull, work->found->tts_isnull,
		   sizeof(bool) * natts);
	PutColumn(work, COLUMN_SPAN, Int16GetDatum(stripe->span));
	PutColumn(work, COLUMN_ON_HAND, QuantityGetDatum(stripe->on_hand));
	PutColumn(work, COLUMN_RESERVED, QuantityGetDatum(stripe->reserved));
	ExecStoreVirtualTuple(work->changed);
}

/*
 * LockedByUs tells whether nobody but this transaction has locked the row that
 * was found.  A lock of a subtransaction beside one of the transaction around
 * it makes a MultiXact.
 */
static bool
LockedByUs(Work *work)
{
	bool		copied;
	HeapTupleHeader row = ExecFetchSlotHeapTuple(work->found, false,
												 &copied)->t_data;
	TransactionId locker = HeapTupleHeaderGetRawXmax(row);
	MultiXactMember *members;
	int			n;

	if ((row->t_infomask & HEAP_XMAX_INVALID) != 0)
		return true;
	if ((row->t_infomask & HEAP_XMAX_IS_MULTI) == 0)
		return TransactionIdIsCurrentTransactionId(locker);
	n = GetMultiXactIdMembers(locker, &members, false,
							  HEAP_XMAX_IS_LOCKED_ONLY(row->t_infomask));
	for (int i = 0; i < n; i++)
		if (!TransactionIdIsCurrentTransactionId(members[i].xid) &&
			TransactionIdIsInProgress(members[i].xid))
			return false;
	return true;
}

/*
 * WriteStripe replaces the row that was found by a changed one.  It waits for
 * others who have locked it only if wait is set.
 */
static Outcome
WriteStripe(Work *work, Stripe *stripe, bool wait)
{
	EState	   *estate = work->state->estate;
	TM_FailureData failure;
	LockTupleMode mode;
	UpdatedIndexes indexes;
	TM_Result	result;

	FillChanged(work, stripe);
	ResetPerTupleExprContext(estate);
	work->state->result->ri_RelationDesc = work->relation;
	ExecConstraints(work->state->result, work->changed, estate);
	result = table_tuple_update(work->relation, &stripe->position,
								work->changed, GetCurrentCommandId(true),
								work->snapshot, InvalidSnapshot,
								wait || LockedByUs(work),
								&failure, &mode, &indexes);
	if (result == TM_BeingModified)
		return OUTCOME_BUSY;
	if (result != TM_Ok)
		return OUTCOME_STALE;
	if (indexes != 0)
	{
		TableOpenIndexes(work->state, work->relation);
		UpdateIndexTuples(work->state->result, work->changed, estate, indexes);
		TableCloseIndexes(work->state);
	}
	stripe->position = work->changed->tts_tid;
	return OUTCOME_DONE;
}

/*
 * Halve takes half of what is free in a stripe out of it, in whole units, for
 * a new stripe; it returns the new one, whose span is 0 if that is not worth
 * it.
 */
static Stripe
Halve(Stripe *stripe, const StockChange *change)
{
	Quantity	left = stripe->on_hand - stripe->reserved;
	Stripe		half = *stripe;

	half.span = 0;
	if (stripe->span < 2 || change->reserved <= 0 ||
		left / SPLIT_WORTH < change->reserved)
		return half;
	half.reserved = 0;
	half.on_hand = left / 2 - left / 2 % QUANTITY_SCALE;
	if (half.on_hand < change->reserved)
		return half;
	half.span = stripe->span = stripe->span / 2;
	half.stripe = stripe->stripe + stripe->span;
	stripe->on_hand -= half.on_hand;
	return half;
}

/*
 * InsertStripe inserts a new stripe.
 */
static void
InsertStripe(const Stripe *stripe)
{
	Rows		row = RowsMake(6, 1);

	Put(&row, Int64GetDatum(stripe->sku_id));
	Put(&row, Int32GetDatum(stripe->location_id));
	Put(&row, Int16GetDatum(stripe->stripe));
	Put(&row, Int16GetDatum(stripe->span));
	Put(&row, QuantityGetDatum(stripe->on_hand));
	Put(&row, QuantityGetDatum(stripe->reserved));
	TableInsert(&levels, &row);
}

/*
 * TryStripe applies a change to a stripe at a position, and halves it if split
 * is set.
 */
static Outcome
TryStripe(Work *work, ItemPointer position, const StockChange *change,
		  bool wait, bool split)
{
	Stripe		stripe;
	Stripe		half = {.span = 0};
	Outcome		outcome;

	if (!FetchStripe(work, position, change->sku_id, change->location_id,
					 &stripe) ||
		!LevelAllows(stripe.on_hand, stripe.reserved, change))
		return OUTCOME_UNFIT;
	stripe.on_hand += change->on_hand;
	stripe.reserved += change->reserved;
	if (split)
		half = Halve(&stripe, change);
	outcome = WriteStripe(work, &stripe, wait);
	if (outcome != OUTCOME_DONE)
		return outcome;
	work->half = half;
	Remember(change->sku_id, change->location_id, &stripe.position);
	return OUTCOME_DONE;
}

/*
 * TryStripes tries all stripes of a level once, without waiting, each session
 * from another one on.  Where most are locked, it splits the one it takes.
 * busy receives a stripe that is locked and would do, if there is one.
 */
static Outcome
TryStripes(Work *work, const StockChange *change, bool split,
		   ItemPointer busy)
{
	Stripe		stripes[STRIPES_MAX];
	int			n = FindStripes(work, change->sku_id, change->location_id,
								QUANTITY_MAX, stripes);
	int			busy_count = 0;
	bool		stale = false;

	for (int i = 0; i < n; i++)
	{
		Stripe	   *stripe = &stripes[(i + MyProcPid) % n];

		if (!LevelAllows(stripe->on_hand, stripe->reserved, change))
			continue;
		switch (TryStripe(work, &stripe->position, change, false,
						  split || busy_count * 2 > n))
		{
			case OUTCOME_DONE:
				return OUTCOME_DONE;
			case OUTCOME_BUSY:
				if (busy_count++ == 0)
					*busy = stripe->position;
				break;
			default:
				stale = true;
		}
	}
	return busy_count > 0 ? OUTCOME_BUSY : stale ? OUTCOME_STALE : OUTCOME_UNFIT;
}

/*
 * RequireLatest raises 40001 where the transaction may not see what others
 * have committed since it began.
 */
static void
RequireLatest(void)
{
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent update"),
				 errhint("Repeat the transaction.")));
}

/*
 * WorkApply applies a change to one stripe of its level.
 */
static bool
WorkApply(Work *work, const StockChange *change, bool wait)
{
	ItemPointerData position;
	bool		waited = false;

	if (Recall(change->sku_id, change->location_id, &position) &&
		TryStripe(work, &position, change, false, false) == OUTCOME_DONE)
		return true;
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		switch (TryStripes(work, change, waited, &position))
		{
			case OUTCOME_DONE:
				return true;
			case OUTCOME_UNFIT:
				return false;
			case OUTCOME_BUSY:
				if (!wait)
					return false;
				waited = true;
				if (TryStripe(work, &position, change, true, true) == OUTCOME_DONE)
					return true;
				/* FALLTHROUGH */
			case OUTCOME_STALE:
				RequireLatest();
				WorkRenew(work);
		}
	}
}

/*
 * StripeApply applies a change to one stripe of its level and tells whether it
 * did; if not, the change may still be possible for the level as a whole.  It
 * waits for others only if wait is set.
 */
bool
StripeApply(const StockChange *change, bool wait)
{
	Work		work;
	bool		done;

	if (!WorkBegin(&work, RowExclusiveLock, true))
		return false;
	PreventCommandIfReadOnly("UPDATE");
	CheckCmdReplicaIdentity(work.relation, CMD_UPDATE);
	done = WorkApply(&work, change, wait);
	WorkEnd(&work);
	if (done && work.half.span > 0)
		InsertStripe(&work.half);
	return done;
}

/*
 * SelectSellable is StockSellable() by SQL.
 */
static Quantity
SelectSellable(int64 sku_id, int32 location_id)
{
	static SavedPlan find = {
		"bigint, integer",
		"SELECT coalesce(sum(on_hand - reserved), '0') FROM oms.stock_levels "
		"WHERE sku_id = $1 AND location_id = $2"
	};
	Datum		values[2] = {Int64GetDatum(sku_id), Int32GetDatum(location_id)};

	PlanRun(&find, values, NULL, false);
	return DatumGetQuantity(RowDatum(0, 1, NULL));
}

/*
 * StockSellable is what a location has of a SKU and has not promised, whether
 * or not it is active: all of it, or at least so much that it is enough.
 */
Quantity
StockSellable(int64 sku_id, int32 location_id, Quantity enough)
{
	Stripe		stripes[STRIPES_MAX];
	ItemPointerData position;
	Quantity	sum = 0;
	Work		work;
	int			n = 0;

	if (!WorkBegin(&work, AccessShareLock, false))
		return SelectSellable(sku_id, location_id);
	if (Recall(sku_id, location_id, &position) &&
		FetchStripe(&work, &position, sku_id, location_id, &stripes[0]) &&
		(stripes[0].span == STRIPES_MAX ||
		 stripes[0].on_hand - stripes[0].reserved >= enough))
		n = 1;
	else
	{
		n = FindStripes(&work, sku_id, location_id, enough, stripes);
		if (n == 1 && stripes[0].span == STRIPES_MAX)
			Remember(sku_id, location_id, &stripes[0].position);
	}
	for (int i = 0; i < n; i++)
		sum = QuantityAdd(sum, QuantitySubtract(stripes[i].on_hand,
												stripes[i].reserved));
	WorkEnd(&work);
	return sum;
}
