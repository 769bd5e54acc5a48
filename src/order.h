/*
 * order.h
 *		Orders, their lines and holds, grouped by the file that owns it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_ORDER_H
#define OMS_ORDER_H

#include "sourcing.h"

#include "utils/date.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

/* order_lock.c */

extern Status OrderLock(int64 order_id);
extern int	OrdersLockFree(int64 *order_ids, int n);

/* pricing.c */

extern Numeric PriceFind(int64 sku_id, Quantity quantity, int32 channel_id,
						 const char *group, const char *currency,
						 TimestampTz at);

/* tax_rate.c */

#define TAX_CATEGORY_SHIPPING	"shipping"	/* of what is paid for shipping */

typedef struct TaxRate
{
	Numeric		rate;			/* NULL: there is none */
	bool		included;		/* in the price */
	char	   *jurisdiction;	/* whose tax it is, such as PT or US-CA */
} TaxRate;

extern TaxRate TaxRateFind(const char *country, const char *region,
						   const char *postcode, const char *category,
						   DateADT at);

/* order_draft.c */

/* A line of an order document */
typedef struct DraftLine
{
	const Sku  *sku;
	Quantity	quantity;		/* in base units */
	Numeric		unit_price;		/* NULL: from prices */
	bool		listed;			/* it came from there */
	Numeric		given_discount; /* NULL: none */
	Numeric		given_tax;		/* NULL: from tax_rates */
	Amount		discount;
	Amount		tax;			/* added to the price */
	bool		has_included_tax;
	Amount		included_tax;	/* contained in the price */
	TaxRate		tax_rate;		/* that is applied */
	Amount		order_discount; /* share of the discounts on the order */
	Amount		total;
	Jsonb	   *metadata;		/* may be NULL */
} DraftLine;

typedef struct DraftDiscount
{
	char	   *code;			/* may be NULL */
	Amount		amount;
} DraftDiscount;

typedef struct DraftPayment
{
	char	   *method;
	char	   *provider;		/* may be NULL */
	char	   *reference;		/* may be NULL */
	Status		status;
	Amount		amount;
	TimestampTz expires_at;		/* DT_NOEND: never */
	int64		account_id;		/* of stored value, 0 for none */
	Jsonb	   *metadata;		/* may be NULL */
} DraftPayment;

/* Where goods go */
typedef struct Destination
{
	Jsonb	   *address;		/* NULL: none was given */
	char	   *country;		/* these may be NULL */
	char	   *region;
	char	   *postcode;
	bool		has_point;
	double		latitude;
	double		longitude;
} Destination;

/* An order document, read, resolved and priced, before anything is written */
typedef struct OrderDraft
{
	Faults		faults;			/* OM007: what is wrong with the document */
	Faults		unknown;		/* OM006: codes that do not exist */
	JsonbContainer *root;
	int64		document_hash;
	int64		existing_order_id;	/* of the same reference, 0 for none */
	int64		existing_hash;
	char	   *channel;
	char	   *reference;
	int32		channel_id;
	int			currency;
	TimestampTz placed_at;
	int64		customer_id;	/* 0: not known yet, or none */
	char	   *customer_group; /* may be NULL */
	bool		tax_exempt;		/* the customer is */
	bool		tax_by_order;	/* taxes are rounded for all lines together */
	bool		on_terms;
	Destination destination;
	Destination counter;		/* where it is fetched, if it is */
	Jsonb	   *bill_to;		/* may be NULL */
	int32		service_id;		/* 0: none */
	SourcingRules rules;
	char	   *strategy;		/* may be NULL */
	bool		has_deliver_by;
	DateADT		deliver_by;
	Jsonb	   *metadata;		/* may be NULL */
	int			line_count;
	DraftLine  *lines;
	int			discount_count;
	DraftDiscount *discounts;
	int			payment_count;
	DraftPayment *payments;
	Numeric		given_shipping_price;	/* NULL: from the rate card */
	Numeric		given_shipping_tax; /* NULL: from tax_rates */
	ShippingRate rate;			/* that it was taken from */
	Amount		lines_total;
	Amount		shipping_price;
	Amount		shipping_tax;	/* added to that */
	Amount		shipping_included_tax;	/* contained in it, if its rate says so */
	TaxRate		shipping_tax_rate;	/* that is applied */
	Amount		discount;
	Amount		total;
	Numeric		base_rate;		/* of its currency on its day, NULL: unknown */
} OrderDraft;

extern bool OrderDraftExists(OrderDraft *draft);
extern OrderDraft *OrderDraftRead(Jsonb *document, bool placing);
extern void OrderDraftRequire(OrderDraft *draft);
extern void DestinationRead(JsonbContainer *ship_to, Jsonb *address,
							Destination *destination);
extern void DraftDiscountsRead(OrderDraft *draft, JsonbContainer *discounts);
extern void DraftLinesRead(OrderDraft *draft, JsonbContainer *lines);
extern bool DraftLineQuantity(OrderDraft *draft, JsonbContainer *item,
							  const char *path, DraftLine *line);
extern void DraftUnknown(OrderDraft *draft, const char *path,
						 const char *kind, const char *code);
extern bool DraftMoney(OrderDraft *draft, const char *path, Numeric given,
					   Amount *amount);

/* order_tax.c */

extern void DraftTaxRates(OrderDraft *draft);
extern void DraftTaxLines(OrderDraft *draft);
extern void DraftTaxShipping(OrderDraft *draft);
extern Amount DraftNetShipping(const OrderDraft *draft, Amount price);
extern void OrderRetax(int64 order_id, bool together);

/* order_discount.c */

extern Amount DraftDiscountSum(const OrderDraft *draft);
extern void DraftSpreadDiscount(OrderDraft *draft);
extern Amount OrderDiscountRead(int64 order_id);
extern void OrderDiscountSet(int64 order_id, Amount discount);

/* order_price.c */

extern Amount DraftGoods(const OrderDraft *draft, const DraftLine *line);
extern DateADT DraftDay(const OrderDraft *draft);
extern void OrderDraftPrice(OrderDraft *draft);
extern void OrderDraftTotal(OrderDraft *draft);
extern void OrderDraftShipping(OrderDraft *draft, const Sourcing *sourcing);
extern void DraftServiceRead(OrderDraft *draft, const char *code);
extern bool DraftShippingFind(const OrderDraft *draft, int32 service_id,
							  ShippingRate *rate, Amount *price);
extern void DraftShippingPrice(OrderDraft *draft, int32 origin_location_id,
							   double distance, double weight);
extern ShippingRate DraftShippingWay(const OrderDraft *draft,
									 const Sourcing *sourcing,
									 const ShippingService *service);

/* backorder.c */

/* An order that waits for stock */
typedef struct Backorder
{
	int64		order_id;
	int			priority;
	TimestampTz placed_at;
} Backorder;

typedef struct Backorders
{
	int			sku_count;
	const int64 *sku_ids;		/* that arrive */
	int			count;
	Backorder  *orders;
} Backorders;

extern Backorders BackordersLock(const int64 *sku_ids, int n);
extern Backorders BackordersLockWith(const int64 *order_ids, int m,
									 const int64 *sku_ids, int n);
extern void BackordersFill(Backorders *waiting);

/* order_route.c */

/* Plans demands that are open; they live as long as the result */
typedef Sourcing *(*RoutePlanner) (void *context, const Demand *demands,
								   int n);

extern Demand *DemandsOfRows(int n);
extern Status OrderRulesRead(int64 order_id, SourcingRules *rules);
extern Datum RejectedLocations(int64 order_id, int32 exclude_location_id);
extern bool OrderIsShort(int64 order_id);
extern void OrderRouteAs(int64 order_id, RoutePlanner planner, void *context);
extern void OrderRouteOpen(int64 order_id, int32 exclude_location_id,
						   bool partial);

/* promise.c */

extern DateADT *PromiseDays(const Sourcing *sourcing,
							const SourcingRules *rules, int64 order_id);
extern void PutPromise(Rows *rows, const DateADT *days, int i);

/* order_edit_line.c */

extern bool OrderEditLines(int64 order_id, OrderDraft *draft);

/* order_reduce.c */

extern void OrderLineReduce(int64 order_id, int line_no, Quantity quantity,
							const char *path, Faults *faults);
extern void OrderRetotal(int64 order_id);

/* order_hold.c */

/* Kinds of holds that the extension itself adds and releases */
#define HOLD_ADDRESS	"address"	/* not on the map */
#define HOLD_STOCK		"stock" /* units could not be sourced */
#define HOLD_UNCOVERED	"uncovered" /* payments cover less than it costs */
#define HOLD_CHARGEBACK	"chargeback"	/* a bank takes its payment back */

/* Note of a hold of kind address */
#define NOT_ON_MAP		"the address could not be placed on the map"

extern char *OrderHolds(int64 order_id);
extern void OrderRequireNoHold(int64 order_id);
extern bool OrderMayBeHeld(Status status);
extern bool HoldIsOpen(int64 order_id, const char *kind);
extern int	HoldInsert(int64 order_id, const char *kind, const char *note);
extern bool HoldEnd(int64 order_id, const char *kind);

/* hold.c */

extern void HoldAdd(int64 order_id, const char *kind, const char *note);
extern void HoldUncovered(int64 order_id);

/* order_insert.c */

extern int64 OrderInsert(const OrderDraft *draft, Status status);
extern void OrderLinesInsert(int64 order_id, const OrderDraft *draft,
							 int first_line_no, const Quantity *open,
							 const DateADT *expected_on);
extern void DiscountsInsert(int64 order_id, const OrderDraft *draft);

/* order_payment.c */

extern void DraftPaymentsRead(OrderDraft *draft, JsonbContainer *payments);
extern Amount DraftPaymentsCover(const OrderDraft *draft);
extern bool DraftNeedsCredit(const OrderDraft *draft);
extern void PaymentsInsert(int64 order_id, const OrderDraft *draft);

/* order_credit.c */

extern bool OrderHasTerms(int64 order_id);
extern void OrderRequireCredit(int64 order_id);

/* order_place.c */

extern int64 OrderPlace(Jsonb *document, bool *repeated);
extern Demand *DraftDemands(const OrderDraft *draft, int first_line_no);
extern Sourcing *OrderDraftSource(OrderDraft *draft, bool placing);

/* order_offer.c */

/* A shipping service that can take an order */
typedef struct ServiceOffer
{
	const ShippingService *service;
	Amount		price;			/* in the currency of the order */
	int			leg_count;
	DateADT		ships_on;		/* of the first leg; DATEVAL_NOEND: of none */
	DateADT		arrives_on;		/* all of it; DATEVAL_NOEND: nobody knows */
} ServiceOffer;

extern int	OrderOffers(const OrderDraft *draft, const Sourcing *sourcing,
						ServiceOffer **offers);

/* leg.c */

/* What one location ships of an order */
typedef struct Leg
{
	const Candidate *candidate;
	int			fulfillment_no;
	bool		joins;			/* a fulfillment that is there already */
	int64		weight_g;
	bool		has_cost;		/* the service has a rate for it */
	Amount		cost;			/* what the service costs */
	DateADT		arrives_on;		/* valid with has_cost */
} Leg;

typedef struct Legs
{
	int			count;
	Leg		   *legs;
	int		   *of_pick;		/* index of the leg of each pick of the plan */
} Legs;

extern Legs *LegsMake(const Sourcing *sourcing, int first_fulfillment_no);
extern void LegsInsert(int64 order_id, const Sourcing *sourcing,
					   const Legs *legs, Status status);

/* order_line.c */

extern Amount AmountPart(Amount amount, Quantity part, Quantity whole);
extern Amount LineTotal(Numeric unit_price, Quantity quantity,
						Quantity cancelled, Amount discount, Amount tax);

/* order_status.c */

extern void OrderSettle(int64 order_id);
extern void OrderEntered(int64 order_id, Status status);

#endif							/* OMS_ORDER_H */
