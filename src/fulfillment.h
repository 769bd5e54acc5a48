/*
 * fulfillment.h
 *		Fulfillments of orders, grouped by the file that owns it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_FULFILLMENT_H
#define OMS_FULFILLMENT_H

#include "order.h"

/* fulfillment.c */

extern void FulfillmentEntered(int64 order_id, int fulfillment_no,
							   Status status);

/* fulfillment_command.c */

typedef struct Fulfillment
{
	int64		order_id;
	int32		fulfillment_no;
	Status		status;
	int32		location_id;
	char	   *location;		/* its code */
	bool		pickup;
} Fulfillment;

extern char *FulfillmentName(const Fulfillment *fulfillment);
extern Fulfillment FulfillmentLock(int64 order_id, int fulfillment_no);
extern void FulfillmentRequireStep(const Fulfillment *fulfillment, Status to);
extern Status FulfillmentMove(const Fulfillment *fulfillment, Status to,
							  const char *reason);

/* freight.c */

extern bool FreightCost(JsonbContainer *tracking, Amount *cost);
extern void FreightPost(const Fulfillment *fulfillment, const char *carrier,
						int currency, int64 minor);

/* package.c */

extern void PackagesInsert(const Fulfillment *fulfillment,
						   JsonbContainer *packages);

#endif							/* OMS_FULFILLMENT_H */
