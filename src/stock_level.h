/*
 * stock_level.h
 *		Rows of stock levels without SQL, shared by stock_level.c and
 *		stock_stripe.c.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_STOCK_LEVEL_H
#define OMS_STOCK_LEVEL_H

#include "stock.h"
#include "table.h"

#include "utils/snapshot.h"

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

/* An open table, while stripes of it are looked at */
typedef struct Levels
{
	TableState *state;
	Relation	relation;
	Snapshot	snapshot;
	TupleTableSlot *found;
	TupleTableSlot *changed;
} Levels;

/* What became of an attempt to change a stripe */
typedef enum Outcome
{
	OUTCOME_DONE,
	OUTCOME_UNFIT,				/* has too little, or is another row */
	OUTCOME_BUSY,				/* somebody else has it locked */
	OUTCOME_STALE				/* it has been changed since it was read */
} Outcome;

extern bool LevelsOpen(Levels *levels, LOCKMODE lock, bool change);
extern void LevelsRenew(Levels *levels);
extern void LevelsClose(Levels *levels);
extern bool LevelsFetch(Levels *levels, ItemPointer position, int64 sku_id,
						int32 location_id, Stripe *stripe);
extern int	LevelsFind(Levels *levels, int64 sku_id, int32 location_id,
					   Quantity enough, Stripe stripes[STRIPES_MAX]);
extern Outcome LevelsWrite(Levels *levels, Stripe *stripe, bool wait);
extern void LevelsInsert(const Stripe *stripe);

#endif							/* OMS_STOCK_LEVEL_H */
