/*
 * charge.h
 *		What of an order is charged and what is credited, grouped by the file
 *		that owns it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_CHARGE_H
#define OMS_CHARGE_H

#include "ledger.h"

/* charge.c */

/* What is charged or credited, in minor units; goods + tax - discount in sum */
typedef struct Charge
{
	int64		goods;			/* without any tax, or of shipping its price */
	int64		discount;		/* share of the order's discounts */
	int64		tax;			/* added to prices and contained in them */
} Charge;

/* A line of an order, or its shipping, which is a line 0 of one unit */
typedef struct ChargedLine
{
	int			line_no;
	int64		sku_id;			/* 0: shipping */
	Quantity	quantity;		/* that is not cancelled */
	Quantity	shipped;
	Quantity	delivered;
	Quantity	returned;
	Charge		whole;			/* of that quantity */
	Charge		credited;		/* by credit notes so far */
	Charge		allowed;		/* of that, by allowances less corrections */
	Numeric		tax_rate;		/* NULL: given by hand */
	char	   *tax_jurisdiction;	/* may be NULL */
} ChargedLine;

/* An order with its lines, shipping first */
typedef struct ChargedOrder
{
	int64		order_id;
	int32		channel_id;
	int			currency;
	int64		total;			/* minor units */
	bool		credited;		/* there are credit notes, and they were read */
	int			count;
	ChargedLine *lines;
} ChargedOrder;

extern ChargedOrder *ChargedOrderRead(int64 order_id, bool credits);
extern ChargedLine *ChargedLineFind(const ChargedOrder *order, int line_no);
extern int	ChargesRead(int64 order_id, ChargedLine **lines);
extern Charge ChargeOfPart(const ChargedLine *line, Quantity part);
extern int64 ChargeSum(const Charge *charge);
extern void ChargeAdd(Charge *sum, const Charge *charge);

/* credit_note.c */

/* Reasons of credit notes that follow from money; see allowance.c */
#define CREDIT_ALLOWANCE	"allowance"
#define CREDIT_CORRECTION	"correction"

/* What a credit note takes back of a line */
typedef struct CreditLine
{
	int			line_no;		/* 0: shipping */
	Quantity	quantity;		/* 0: money without units */
	Charge		charge;
} CreditLine;

extern int	CreditNoteInsert(int64 order_id, const char *reason,
							 int return_no, const CreditLine *lines, int n,
							 int64 fee);
extern int64 OrderOverpaid(int64 order_id);

/* revenue.c */

extern void RevenuePost(const ChargedOrder *order, int fulfillment_no);

/* payment_ship.c */

extern void PaymentsCaptureShipped(const ChargedOrder *order);

/* allowance.c */

extern void AllowanceInsert(int64 order_id, Amount refund);
extern void OrderRecharged(int64 order_id, Amount before);

#endif							/* OMS_CHARGE_H */
