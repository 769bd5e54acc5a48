/*
 * purchasing.h
 *		Purchase orders, shared by purchasing.c and purchasing_receive.c.
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
	Quantity	open;			/* not received yet */
	bool		has_cost;
	Amount		unit_cost;
	Quantity	quantity;		/* that comes in */
} PurchaseLine;

extern PurchaseOrder PurchaseOrderLock(text *code);
extern void PurchaseOrderRequireStep(const PurchaseOrder *order, Status to);
extern Status PurchaseOrderMove(const PurchaseOrder *order, Status to,
								const char *reason);
extern PurchaseLine *PurchaseLinesRead(PurchaseOrder *order);
extern PurchaseLine *PurchaseLineFind(const PurchaseOrder *order,
									  PurchaseLine *lines,
									  JsonbContainer *document, int i,
									  Faults *faults);

#endif							/* OMS_PURCHASING_H */
