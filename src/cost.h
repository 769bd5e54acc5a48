/*
 * cost.h
 *		What stock is worth, grouped by the file that owns it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_COST_H
#define OMS_COST_H

#include "ledger.h"
#include "stock.h"

/* cost_layer.c */

/* Units that have one cost together */
typedef struct CostLayer
{
	int64		layer_id;		/* 0: the first, which every level has */
	Quantity	quantity;
	bool		known;			/* what they are worth */
	int64		value;			/* in minor units of the base currency */
	bool		stored;			/* there is a row of it */
	bool		changed;
} CostLayer;

/* All layers of a SKU at a location, while they are locked */
typedef struct CostLevel
{
	int64		sku_id;
	int32		location_id;
	bool		fifo;			/* this and cost only where units come in */
	bool		has_cost;
	Amount		cost;			/* the SKU's standard cost of a unit */
	int			further;		/* rows beside the first */
	int			count;
	int			capacity;
	CostLayer  *layers;			/* in the order in which they are taken */
} CostLevel;

extern int64 CostPart(int64 value, Quantity part, Quantity whole);
extern CostLayer *CostLayerAdd(CostLevel *level);
extern void CostMerge(CostLevel *level);
extern bool CostTake(CostLevel *level, Quantity quantity, int64 *value);
extern void CostPut(CostLevel *level, Quantity quantity, bool known,
					int64 value);
extern bool CostAverage(const CostLevel *level, Quantity quantity,
						int64 *value);
extern bool CostRevalue(CostLevel *level, Amount unit_cost, int64 *gain);

/* cost_book.c */

/* The levels of some changes, in lock order */
typedef struct CostBook
{
	int			currency;		/* the base currency; 0 while nothing is known */
	int			count;
	CostLevel  *levels;
} CostBook;

extern CostBook *CostBookLock(const StockChange *changes, int n);
extern CostLevel *CostBookFind(CostBook *book, int64 sku_id,
							   int32 location_id);
extern void CostBookWrite(const CostBook *book);
extern void CostForget(const StockChange *changes, int n);

/* cost.c */

extern void CostRecord(StockChange *changes, int n, const char *kind,
					   int64 order_id, int subject_no);

#endif							/* OMS_COST_H */
