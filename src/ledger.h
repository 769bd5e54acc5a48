/*
 * ledger.h
 *		The double-entry ledger, and what of an order is charged and credited,
 *		grouped by the file that owns it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_LEDGER_H
#define OMS_LEDGER_H

#include "plan.h"

#include "utils/date.h"
#include "utils/numeric.h"

/* ledger.c */

/* Accounts of oms.ledger_accounts */
#define ACCOUNT_RECEIVABLES				"receivables"
#define ACCOUNT_DEFERRED_REVENUE		"deferred_revenue"
#define ACCOUNT_CLEARING				"clearing"
#define ACCOUNT_REVENUE					"revenue"
#define ACCOUNT_SHIPPING_INCOME			"shipping_income"
#define ACCOUNT_DISCOUNTS				"discounts"
#define ACCOUNT_TAX_PAYABLE				"tax_payable"
#define ACCOUNT_RETURNS					"returns"
#define ACCOUNT_RESTOCKING_FEES			"restocking_fees"
#define ACCOUNT_GIFT_CARD_LIABILITY		"gift_card_liability"
#define ACCOUNT_STORE_CREDIT_LIABILITY	"store_credit_liability"
#define ACCOUNT_BREAKAGE				"breakage"
#define ACCOUNT_PROMOTIONS				"promotions"
#define ACCOUNT_COST_OF_GOODS_SOLD		"cost_of_goods_sold"
#define ACCOUNT_INVENTORY				"inventory"
#define ACCOUNT_INVENTORY_ADJUSTMENTS	"inventory_adjustments"
#define ACCOUNT_GOODS_IN_TRANSIT		"goods_in_transit"
#define ACCOUNT_PAYABLES				"payables"
#define ACCOUNT_RECEIVED_NOT_BILLED		"received_not_billed"
#define ACCOUNT_MARKETPLACE_FEES		"marketplace_fees"
#define ACCOUNT_FREIGHT_OUT				"freight_out"
#define ACCOUNT_CHARGEBACKS				"chargebacks"
#define ACCOUNT_FX_GAIN_LOSS			"fx_gain_loss"

/* Kind of postings that recognise revenue */
#define POSTING_SHIPMENT				"shipment"

/* What LedgerFind() hands to a reader */
enum
{
	LEDGER_KIND,
	LEDGER_ACCOUNT,
	LEDGER_AMOUNT,
	LEDGER_BASE_AMOUNT,
	LEDGER_TAX_JURISDICTION
};

/* A line of a posting */
typedef struct LedgerLine
{
	const char *account;
	int64		minor;			/* debit is positive, credit is negative */
	bool		valued;			/* base_minor is given, not by the rate */
	int64		base_minor;
	const char *tax_jurisdiction;	/* these may be NULL, or 0 for none */
	const char *provider;
	int64		sku_id;
	int32		location_id;
} LedgerLine;

/* Lines in one currency that add up to nothing */
typedef struct Posting
{
	const char *kind;			/* as the table's constraint has them */
	int64		order_id;		/* 0: of no order */
	int			subject_no;		/* of the fulfillment, payment ..., 0: none */
	int			currency;
	Numeric		base_rate;		/* base units for one unit; NULL: not known */
	bool		exchanged;		/* a line has the value of today */
	int			count;
	int			capacity;
	LedgerLine *lines;
} Posting;

extern int	BaseCurrency(int first);
extern Numeric BaseRate(int currency, DateADT day);
extern Numeric OrderRate(int64 order_id, int currency);
extern Posting *PostingMake(const char *kind, int64 order_id, int subject_no,
							int currency, Numeric base_rate);
extern LedgerLine *PostingAdd(Posting *posting, const char *account,
							  int64 minor);
extern void PostingAddUp(Posting *posting, const char *account,
						 const char *tax_jurisdiction, int64 minor);
extern int64 PostingBaseMinor(const Posting *posting, int base, int64 minor);
extern void PostingValueToday(Posting *posting, LedgerLine *line);
extern int64 PostingWrite(Posting *posting);

/* ledger_customer.c */

extern bool AccountOfCustomer(const char *account);
extern void LedgerFind(int64 order_id, RowReader reader, void *context);
extern void PostingAddCustomer(Posting *posting, int64 minor);

#endif							/* OMS_LEDGER_H */
