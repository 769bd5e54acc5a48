/*
 * route_batch.h
 *		Orders that are routed together, shared by route_batch.c and its parts.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_ROUTE_BATCH_H
#define OMS_ROUTE_BATCH_H

#include "order.h"

/* Units of a line that nobody works on, in a fulfillment */
typedef struct MovablePart
{
	int			line_no;
	int32		location_id;
	int			fulfillment_no;
	Quantity	quantity;
	int64		sku_id;
	char	   *sku;			/* its code */
	DateADT		arrives_on;		/* as promised; DATEVAL_NOBEGIN: unknown */
} MovablePart;

/* An order that may move */
typedef struct MovableOrder
{
	int64		order_id;
	SourcingRules *rules;
	int			part_count;
	MovablePart *parts;			/* by line and location */
	Choice		choice;			/* its demands are what nobody works on */
	bool		moves;
	const Quantity *take;		/* [candidate * demand_count + demand] planned;
								 * NULL: nothing yet */
} MovableOrder;

/* route_batch_make.c */
extern Batch *BatchMake(MovableOrder *orders, int n);
extern bool MovableIsTooHeavy(const MovableOrder *order);
extern int64 BatchNotPreferred(const MovableOrder *orders, int n);
extern void BatchPricesWrite(const Batch *batch, const MovableOrder *orders,
							 int currency);

/* route_batch_move.c */
extern int	MovablePartsRead(int64 order_id, MovablePart **parts);
extern int	MovablesMove(MovableOrder *orders, int n);

#endif							/* OMS_ROUTE_BATCH_H */
