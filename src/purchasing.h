/*
 * purchasing.h
 *		Purchase orders, grouped by the file that owns what is shared of them.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_PURCHASING_H
#define OMS_PURCHASING_H

#include "order.h"

/* A purchase order that is locked */
typedef struct PurchaseOrder
{
	int64		purchase_order_id;
	char	   *code;
	Status		status;
	int			line_count;
} PurchaseOrder;

/* A line of it, and what of it comes in */
typedef struct PurchaseLine
{
	int			line_no;
	Sku		   *sku;
	Quantity	ordered;
	Quantity	received;
	Quantity	cancelled;		/* will not come */
	Quantity	least;			/* that counts as all of it */
	Quantity	most;			/* that may come in */
	bool		has_cost;
	Amount		unit_cost;		/* as confirmed, or else as ordered */
	Quantity	quantity;		/* that comes in */
	Quantity	rejected;		/* that is sent back at the door */
} PurchaseLine;

/* purchasing.c */

extern PurchaseOrder PurchaseOrderLock(text *code);
extern void PurchaseOrderRequireStep(const PurchaseOrder *order, Status to);
extern Status PurchaseOrderMove(const PurchaseOrder *order, Status to,
								const char *reason);

/* purchasing_step.c */

extern void PurchaseOrderRecord(int64 purchase_order_id, const char *code,
								const char *fact, const char *reason);

#endif							/* OMS_PURCHASING_H */
