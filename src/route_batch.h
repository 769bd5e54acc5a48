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
typedef struct BatchPart
{
	int			line_no;
	int32		location_id;
	int			fulfillment_no;
	Quantity	quantity;
	char	   *sku;
	DateADT		arrives_on;		/* as promised; DATEVAL_NOBEGIN: unknown */
} BatchPart;

/* An order that may move */
typedef struct MovableOrder
{
	int64		order_id;
	SourcingRules *rules;
	int			part_count;
	BatchPart  *parts;			/* by line and location */
	Choice		choice;			/* demands are what nobody works on */
	bool		moves;
	Quantity   *take;			/* [candidate * demand_count + demand] */
} MovableOrder;

/* route_batch.c */
extern int	BatchPartsRead(int64 order_id, BatchPart **parts);

/* route_batch_stock.c */
extern Batch *BatchMake(MovableOrder *orders, int *count);

/* route_batch_move.c */
extern int	MovableMove(MovableOrder *orders, int n);

#endif							/* OMS_ROUTE_BATCH_H */
