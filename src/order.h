/*
 * order.h
 *		Orders, their holds, payments and fulfillments, grouped by the file that
 *		owns it.
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

/* payment_method.c */

#define METHOD_TERMS	"terms"
#define METHOD_EXCHANGE	"exchange"	/* of a return of another order */
#define METHOD_GIFT_CARD	"gift_card"
#define METHOD_STORE_CREDIT	"store_credit"

extern Status MethodFirstStatus(const char *method, const char *given);
extern bool MethodIsTerms(const char *method);
extern bool MethodIsStored(const char *method);
extern bool MethodIsCollected(const char *method);
extern bool MethodIsInternal(const char *method);
extern bool MethodIsExchange(const char *method);

/* payment_row.c */

/* A payment with its sums, each at most the one before */
typedef struct Payment
{
	int64		order_id;
	int			payment_no;
	Status		status;
	Amount		amount;			/* asked for */
	Amount		authorized;
	Amount		captured;
	Amount		refunded;
	char	   *method;
	char	   *provider;		/* may be NULL */
	char	   *reference;		/* may be NULL */
	TimestampTz expires_at;		/* DT_NOEND: never */
	int64		account_id;		/* of stored value, 0 for none */
	int64		charged_back;	/* minor units; see PaymentsChargedBack() */
} Payment;

extern char *PaymentName(const Payment *payment);
extern bool PaymentIsOver(const Payment *payment);
extern int	PaymentsRead(int64 order_id, Payment **payments);
extern int	PaymentsReadForRefund(int64 order_id, Payment **payments);
extern Payment PaymentLock(int64 order_id, int payment_no);
extern void PaymentWrite(const Payment *payment);

/* payment_request.c */

/* What a provider can be asked for, in this order of payment_request.c */
typedef enum PaymentAction
{
	ACTION_AUTHORIZE,
	ACTION_CAPTURE,
	ACTION_VOID,
	ACTION_REFUND
} PaymentAction;

#define PAYMENT_ACTIONS		4

/* What a provider was asked for */
typedef struct PaymentRequest
{
	int			request_no;		/* 0: none */
	PaymentAction action;
	Amount		amount;
	char	   *status;
	int			refund_no;		/* 0 but for a refund */
} PaymentRequest;

/* Statuses of oms.payment_requests */
#define REQUEST_OPEN		"requested"
#define REQUEST_SUCCEEDED	"succeeded"
#define REQUEST_FAILED		"failed"

extern const char *PaymentActionName(PaymentAction action);
extern bool PaymentActionFind(const char *name, PaymentAction *action);
extern void PaymentRequireProvider(const Payment *payment);
extern char *RequestKey(const Payment *payment, int request_no);
extern int	RequestInsert(const Payment *payment, PaymentAction action,
						  Amount amount, int refund_no, const char *status,
						  const char *message);
extern int	RequestMake(const Payment *payment, PaymentAction action,
						Amount amount, int refund_no);
extern bool RequestFind(const Payment *payment, PaymentAction action,
						int request_no, int refund_no, const Amount *amount,
						PaymentRequest *request);
extern void RequestClose(const Payment *payment, const PaymentRequest *request,
						 const char *status, const char *message);

/* payment_left.c */

extern void RequirePositive(Amount amount);
extern Amount PaymentCapturable(const Payment *payment);
extern Amount PaymentLeft(const Payment *payment, PaymentAction action,
						  Amount *requested);
extern Amount PaymentAsked(FunctionCallInfo fcinfo, int argument,
						   const Payment *payment, PaymentAction action);

/* payment_confirm.c */

extern bool PaymentConfirm(const Payment *payment, const char *kind,
						   const Amount *amount, int *refund_no,
						   const char *reference, TimestampTz at);
extern bool PaymentUnconfirmed(const Payment *payment, const char *kind,
							   const Amount *amount, int *refund_no,
							   Amount *found);
extern bool RefundFollow(int64 order_id, int refund_no);

/* payment.c */

extern void PaymentAuthorize(Payment *payment, Amount amount);
extern void PaymentCapture(Payment *payment, Amount amount);

/* payment_add.c */

/* The unique key of a provider's own key, as ON CONFLICT names it */
#define PAYMENTS_REFERENCE_KEY \
	"(provider, reference) WHERE reference IS NOT NULL AND status OPERATOR(oms.<>) 'failed'::oms.payment_status"

/* Fault of a payment by exchange */
#define MADE_BY_RETURN \
	"must not be exchange, which only oms.exchange_return() makes"

/* Fault of a payment on terms */
#define NO_TERMS \
	"must not be terms for a customer without payment_terms_days"

extern bool PaymentInsert(Payment *payment, Jsonb *metadata);
extern void PaymentAdded(const Payment *payment);
pg_noreturn extern void PaymentRefuseReference(const char *provider,
											   const char *reference);

/* chargeback.c */

extern void PaymentsChargedBack(int64 order_id, Payment *payments, int n);

/* payment_refund.c */

/* Where the money of a refund goes */
#define REFUND_ORIGINAL			"original"	/* as it was paid */
#define REFUND_STORE_CREDIT		"store_credit"

extern int	RefundInsert(int64 order_id, Amount amount,
						 const char *destination, const char *reason,
						 const char *reference);
extern int	RefundTo(int64 order_id, Amount amount, const char *destination,
					 const char *reason, const char *reference);
extern int	RefundOrder(int64 order_id, Amount amount, const char *reason,
						const char *reference);
extern int	RefundPayment(Payment *payment, Amount amount, const char *reason,
						  const char *reference, bool ask);

/* payment_answer.c */

/* What a provider says of a transaction */
typedef struct PaymentAnswer
{
	char	   *provider;
	char	   *reference;		/* the provider's own key */
	char	   *status;			/* pending, failed or succeeded */
	PaymentAction action;
	bool		has_amount;
	Amount		amount;
	int			request_no;		/* 0: it names none */
	int			refund_no;		/* 0: it names none */
	char	   *message;		/* may be NULL */
	TimestampTz occurred_at;
	TimestampTz expires_at;		/* DT_NOEND: it says none */
	int			booked_payment_no;	/* that was made for it, 0 for none */
} PaymentAnswer;

extern Status AnswerSucceeded(PaymentAnswer *answer, Payment *payment);
extern Status AnswerFailed(PaymentAnswer *answer, Payment *payment);

/* payment_late.c */

extern void LateMoney(PaymentAnswer *answer, const Payment *payment,
					  Amount amount);
extern void LateAuthorization(PaymentAnswer *answer, const Payment *payment,
							  Amount amount);

/* payment_post.c */

extern void PaymentPost(const Payment *before, const Payment *after);
extern void DraftPaymentsPost(int64 order_id, const OrderDraft *draft);


/* payment_sums.c */

extern Amount OrderTotal(int64 order_id);
extern int	OrderCurrency(int64 order_id);
extern void PaymentDerive(Payment *payment, Status from);
extern void PaymentRecord(const Payment *before, const Payment *after);
extern Jsonb *PaymentStepData(const Payment *before, const Payment *after,
							  const char *reason);
extern void PaymentsOfTrigger(struct TriggerData *trigger, Payment *before,
							  Payment *after);

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

#endif							/* OMS_ORDER_H */
