/*
 * return.h
 *		Returns, claims and exchanges, grouped by the file that owns it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_RETURN_H
#define OMS_RETURN_H

#include "charge.h"
#include "payment.h"

/* return.c */

/* A return that is locked with its order */
typedef struct Return
{
	int64		order_id;
	int32		return_no;
	Status		status;
	char	   *reason;			/* may be NULL */
	bool		auto_refund;
	int64		exchange_order_id;	/* 0: none */
} Return;

extern char *ReturnName(int64 order_id, int return_no);
extern void OrdersLockRelated(int64 order_id);
extern int64 *OrdersRelated(int64 order_id, int *n);
extern Return ReturnRead(int64 order_id, int return_no);
extern Return ReturnLock(int64 order_id, int return_no);
extern void ReturnRequireStep(const Return *item, Status to);
extern Status ReturnMove(Return *item, Status to, const char *reason);
extern void ReturnEntered(int64 order_id, int return_no, Status status);
extern Jsonb *ReturnStepData(int64 order_id, int return_no, Status status,
							 const char *reason);

/* return_line.c */

/* A line of an order, and what of it may come back */
typedef struct ReturnableLine
{
	int			line_no;
	Sku			sku;			/* code and decimals */
	Quantity	shipped;
	Quantity	delivered;
	Quantity	returned;		/* that came back */
	Quantity	pending;		/* in returns, come or to come */
	Quantity	claimed;
	bool		final_sale;
	bool		has_policy;		/* these are its policy's */
	int			window_days;	/* -1: no limit */
	int			warranty_days;	/* -1: no limit */
	Numeric		restocking_fee_rate;
	char	   *refund_shipping;
	bool		auto_approve;
	bool		auto_refund;
	int			send_days;		/* -1: no limit */
} ReturnableLine;

/* Why units come back */
typedef struct ReturnReason
{
	char	   *text;			/* code or words; NULL: unknown */
	char	   *fault;
	bool		refunds_shipping;
	bool		warranty;
} ReturnReason;

/* Units of a line that somebody wants to do something with */
typedef struct AskedLine
{
	int			index;			/* in the document */
	const ReturnableLine *line;
	Quantity	quantity;
	bool		has_reason;		/* of its own */
	ReturnReason reason;
} AskedLine;

typedef struct AskedLines
{
	int			count;
	AskedLine  *lines;
	int			line_count;
	ReturnableLine *all;		/* lines of the order */
} AskedLines;

extern AskedLines AskedLinesRead(int64 order_id, JsonbContainer *items,
								 const Document *shape, const char *reason);
extern void AskedLinesRequireReceivable(int64 order_id,
										const AskedLines *asked);
pg_noreturn extern void ReturnRefuse(int64 order_id, Faults *refusals,
									 const char *verb, const char *hint);

/* return_policy.c */

extern void AskedLinesRequirePolicy(int64 order_id, const AskedLines *asked);

/* return_request.c */

extern int	ReturnInsert(int64 order_id, const AskedLines *asked,
						 const char *reason, bool announced);
extern void ReturnLinesInsert(int64 order_id, int return_no,
							  const AskedLines *asked, bool announced);

/* return_stock.c */

/* Units of a return that an inspection has dealt with */
typedef struct InspectedPart
{
	int			line_no;
	int			receipt_no;
	int32		location_id;
	Quantity	quantity;
	char	   *grade;			/* may be NULL */
	char	   *disposition;
	bool		accepted;
} InspectedPart;

extern int	ReturnedSkus(int64 order_id, const int *line_nos, int n,
						 int64 **sku_ids);
extern void ReturnStock(const Return *item, const InspectedPart *parts, int n);

/* return_credit.c */

/* Units of a line that are to be credited */
typedef struct CreditAsk
{
	int			line_no;
	Quantity	quantity;
	Numeric		fee_rate;		/* of what is kept; NULL: nothing */
} CreditAsk;

/* What a credit gives back, in minor units of the order's currency */
typedef struct Credit
{
	int			currency;
	int			count;
	CreditLine *lines;
	int64		fee;
	int64		total;			/* of the lines, less the fee */
	bool		whole;			/* nothing that is charged is left */
} Credit;

extern Credit CreditOf(int64 order_id, const CreditAsk *asks, int n);
extern void CreditShipping(int64 order_id, Credit *credit);
extern int	CreditWrite(int64 order_id, const Credit *credit,
						const char *reason, int return_no);
extern int	RefundDue(int64 order_id, int64 at_most, const char *reason);

/* return_complete.c */

extern Credit ReturnCredit(const Return *item, bool expected);
extern Status ReturnComplete(Return *item);

/* exchange.c */

extern int64 ExchangeSettle(const Return *item, int64 at_most);
extern void ExchangeVoid(const Return *item);
extern int64 OrderRefundable(int64 order_id);
extern void ExchangeGiveBack(const Payment *payment, Amount amount);
extern int64 LinkedOrderPlace(int64 order_id, Jsonb *document,
							  const char *reference);
extern void OrderLink(int64 order_id, int64 linked_order_id, const char *kind,
					  int return_no, int claim_no);

#endif							/* OMS_RETURN_H */
