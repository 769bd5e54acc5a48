/*
 * order.h
 *		What the files that work on the tables of the store share, grouped by
 *		the file that owns it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_ORDER_H
#define OMS_ORDER_H

#include "oms.h"

#include "utils/date.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

struct TriggerData;

/* plan.c */

#define PLAN_ARGUMENTS_MAX	40

/* A query of ours: comma-separated argument types, text, and the saved plan */
typedef struct SavedPlan
{
	const char *argument_types;
	const char *text;
	struct _SPI_plan *saved;
} SavedPlan;

/* What StoreClose() is to restore */
typedef struct StoreScope
{
	int			guc_level;
} StoreScope;

/* Values of a query's parameters */
typedef struct Params
{
	int			count;
	Datum		values[PLAN_ARGUMENTS_MAX];
	char		nulls[PLAN_ARGUMENTS_MAX];
} Params;

extern void AddNullable(Params *params, Datum value, bool isnull);
extern void AddDatum(Params *params, Datum value);
extern void AddText(Params *params, const char *text);
extern void AddJsonb(Params *params, Jsonb *document);
extern void AddId(Params *params, int32 id);
extern bool StorePlanRuns(void);
extern bool StoreWrites(void);
extern bool StorePlans(void);
extern StoreScope StoreOpen(void);
extern void StoreClose(StoreScope scope);
extern uint64 PlanRun(SavedPlan *plan, Datum *values, const char *nulls,
					  bool read_only);
extern uint64 PlanRunLatest(SavedPlan *plan, Datum *values);
extern Datum RowDatum(uint64 row, int column, bool *isnull);
extern int64 RowInt64(uint64 row, int column);
extern int32 RowInt32(uint64 row, int column);
extern bool RowBool(uint64 row, int column);
extern char *RowText(uint64 row, int column);
extern Datum ArrayDatum(Datum *values, bool *nulls, int n, Oid element_type);
extern Datum Int64Array(const int64 *values, int n);
extern Oid	TypeNamed(const char *name);

/* command.c */

typedef Datum (*CommandBody) (FunctionCallInfo fcinfo);

extern Datum CommandRun(FunctionCallInfo fcinfo, int required,
						CommandBody body);

/* event.c */

typedef struct Event
{
	const char *type;			/* subject.fact */
	int			subject_no;		/* 0 for the order itself */
	Jsonb	   *data;			/* may be NULL */
} Event;

/* A key of an event's data; without a text it is left out */
typedef struct EventField
{
	const char *key;
	const char *text;
} EventField;

typedef struct EventBatch
{
	int			count;
	int			capacity;
	Event	   *events;
} EventBatch;

extern char *EventTypeOfStep(Status status);
extern void EventAdd(EventBatch *batch, const char *type, int subject_no,
					 Jsonb *data);
extern void EventsAppend(int64 order_id, EventBatch *batch);
extern void EventAppend(int64 order_id, const char *type, int subject_no,
						Jsonb *data);
extern Jsonb *EventFields(const EventField *fields, int n);
extern Jsonb *EventData(const char *key, const char *text);

/* order_lock.c */

extern Status OrderLock(int64 order_id);

/* guard.c */

extern struct TriggerData *RequireRowTrigger(FunctionCallInfo fcinfo);

/* stock.c */

/* A change of one stock level */
typedef struct StockChange
{
	int64		sku_id;
	int32		location_id;
	Quantity	on_hand;		/* added to stock on hand */
	Quantity	reserved;		/* added to what is reserved */
} StockChange;

extern int	StockSum(StockChange *changes, int n);
extern bool StockApply(StockChange *changes, int n);
extern void StockRecord(StockChange *changes, int n, const char *kind,
						const char *reason, int64 order_id,
						int fulfillment_no);
extern void StockRecordCost(StockChange *changes, int n, const char *kind,
							const char *reason, const Amount *unit_cost);
extern void StockEnsure(StockChange *changes, int n);

/* reservation.c */

extern void ReservationsLock(int64 order_id);
extern void OrdersLockStock(const int64 *order_ids, int n,
							const int64 *sku_ids, int m);
extern int	ReservationsRead(StockChange **changes, bool consumed);
extern void ReservationsEnd(int64 order_id, int fulfillment_no, Status end);

/* sku.c */

/* What one unit of a SKU reserves of another, or of itself */
typedef struct SkuPart
{
	int64		sku_id;
	Quantity	quantity;
} SkuPart;

typedef struct Sku
{
	char	   *code;
	int64		sku_id;			/* 0: there is no SKU of this code */
	int			decimals;		/* of a quantity that can be sold */
	bool		stocked;
	bool		active;
	int			weight_g;		/* 0 if unknown */
	char	   *tax_category;	/* may be NULL */
	Quantity	backorder_limit;	/* -1 for none */
	Jsonb	   *units;			/* may be NULL */
	int			part_count;		/* 0: needs no stock */
	SkuPart    *parts;
} Sku;

/* PartUnits is the units of a part that a quantity of the whole takes. */
static inline Quantity
PartUnits(Quantity part, Quantity quantity)
{
	return (Quantity) ((int128) part * quantity / QUANTITY_SCALE);
}

extern Sku *SkusFind(char **codes, int n);
extern Quantity SkuStep(const Sku *sku);

/* stock_available.c */

extern Quantity SkuAvailable(const Sku *sku, const int32 *location_ids, int n,
							 int32 channel_id, bool at_snapshot);

/* argument.c */

extern char *RequireText(text *value, const char *name);
extern Sku *SkuRequire(const char *code);
extern void SkuRequireStep(const Sku *sku, Quantity quantity,
						   const char *name);
extern void SkuRequireQuantity(const Sku *sku, Quantity quantity,
							   const char *name);

/* location.c */

extern int32 LocationFind(const char *code, bool *active);

/* routing.c */

/* Units of a SKU, by its index in the instance, that one of an item takes */
typedef struct RoutePart
{
	int			sku;
	Quantity	quantity;
} RoutePart;

typedef struct RouteItem
{
	Quantity	wanted;
	Quantity	step;			/* quantities are multiples of it */
	int			part_count;		/* 0: needs no stock */
	RoutePart  *parts;
} RouteItem;

typedef struct RouteInstance
{
	int			item_count;
	RouteItem  *items;
	int			sku_count;
	int			location_count; /* in order of preference */
	Quantity   *stock;			/* [location * sku_count + sku] */
	bool		allow_split;
} RouteInstance;

typedef struct RoutePick
{
	int			item;
	int			location;
	Quantity	quantity;
} RoutePick;

typedef struct RoutePlan
{
	int			pick_count;
	RoutePick  *picks;			/* in order of location taken, then item */
	Quantity   *open;			/* of each item, what nobody can ship */
} RoutePlan;

extern RoutePlan *RoutePlanMake(const RouteInstance *instance);

/* candidate.c */

/* A quantity of a SKU that some location should ship */
typedef struct Demand
{
	int			line_no;
	const Sku  *sku;
	Quantity	quantity;
} Demand;

/* What the choice of locations depends on beside stock */
typedef struct SourcingRules
{
	int32		channel_id;		/* 0: any location */
	int32		pickup_location_id; /* 0: delivered */
	int32		ship_from_location_id;	/* 0: any */
	Datum		excluded_location_ids;	/* integer[]; 0: none */
	const char *country;		/* destination; NULL when unknown */
	bool		has_point;		/* destination is on the map */
	double		latitude;
	double		longitude;
	bool		allow_split;
	bool		allow_backorder;
	bool		partial;		/* what nobody has is not refused */
} SourcingRules;

typedef struct Candidate
{
	int32		location_id;
	int32		priority;		/* among equally near ones, lower first */
	double		distance_m;		/* -1 when unknown */
} Candidate;

typedef struct Sourcing
{
	int			demand_count;
	const Demand *demands;
	int			candidate_count;
	Candidate  *candidates;		/* in order of preference */
	RoutePlan  *plan;			/* items are the demands */
} Sourcing;

extern Datum DemandsSkuIds(const Demand *demands, int n);
extern Sourcing *CandidatesPlan(const Demand *demands, int n,
								const SourcingRules *rules);

/* sourcing.c */

extern Sourcing *SourcingFind(const Demand *demands, int n,
							  const SourcingRules *rules);
extern Sourcing *SourcingReserve(Sourcing *sourcing,
								 const SourcingRules *rules);

/* order_draft.c */

/* A line of an order document */
typedef struct DraftLine
{
	const Sku  *sku;
	Quantity	quantity;		/* in base units */
	Numeric		unit_price;		/* NULL: from prices */
	Numeric		given_discount; /* NULL: none */
	Numeric		given_tax;		/* NULL: from tax_rates */
	Amount		discount;
	Amount		tax;			/* added to the price */
	bool		has_included_tax;
	Amount		included_tax;	/* contained in the price */
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
	Amount		lines_total;
	Amount		shipping_price;
	Amount		shipping_tax;
	Amount		discount;
	Amount		total;
} OrderDraft;

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

/* pricing.c */

typedef struct TaxRate
{
	Numeric		rate;			/* NULL: there is none */
	bool		included;		/* in the price */
} TaxRate;

extern void PricesFind(Datum sku_ids, Datum quantities, int n,
					   int32 channel_id, const char *group,
					   const char *currency, TimestampTz at, Numeric *prices);
extern void TaxRatesFind(const char *country, const char *region,
						 const char *postcode, char **categories, int n,
						 DateADT at, TaxRate *rates);

/*
 * Query of price and transit_days of a service; no row if no rate fits.  A
 * rate without bound has the largest bound that its column can hold, so that
 * one index finds the first rate that fits: for the country and for all
 * countries; the better of the two counts.
 */
#define SHIPPING_RATE(service_id, country, distance_m, weight_g) \
	"SELECT f.price + f.per_kg * (coalesce(" weight_g ", 0) / 1000.0) AS price, f.transit_days " \
	"FROM unnest(ARRAY[" country ", '']) WITH ORDINALITY AS c(country, place) " \
	"     CROSS JOIN LATERAL " \
	"     (SELECT r.price, r.per_kg, r.transit_days, " \
	"             coalesce(r.max_distance_km, 999999.999) AS distance_km, " \
	"             coalesce(r.max_weight_g, 2147483647) AS bound_g " \
	"      FROM oms.shipping_rates r " \
	"      WHERE r.service_id = " service_id \
	"            AND coalesce(r.country, '') = c.country " \
	"            AND coalesce(r.max_distance_km, 999999.999) " \
	"                >= coalesce((" distance_m " / 1000)::numeric, 999999.999) " \
	"            AND coalesce(r.max_weight_g, 2147483647) " \
	"                >= least(coalesce(" weight_g ", 0), 2147483647) " \
	"      ORDER BY coalesce(r.max_distance_km, 999999.999), coalesce(r.max_weight_g, 2147483647) " \
	"      LIMIT 1) AS f " \
	"ORDER BY f.distance_km, f.bound_g, c.place LIMIT 1"

/* order_price.c */

extern void OrderDraftPrice(OrderDraft *draft);
extern void OrderDraftTotal(OrderDraft *draft);
extern void OrderDraftShipping(OrderDraft *draft, const Sourcing *sourcing);
extern void DraftShippingPrice(OrderDraft *draft, double distance,
							   double weight);

/* order_route.c */

/* An order that waits for stock */
typedef struct Backorder
{
	int64		order_id;
	TimestampTz placed_at;
} Backorder;

typedef struct Backorders
{
	const Sku  *sku;			/* that arrives */
	int			count;
	Backorder  *orders;
} Backorders;

extern bool OrderIsShort(int64 order_id);
extern void OrderRouteOpen(int64 order_id, int32 exclude_location_id,
						   bool partial);
extern Backorders BackordersLock(const Sku *sku);
extern void BackordersFill(Backorders *waiting);

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
#define HOLD_UNCOVERED	"uncovered" /* costs more since it was edited */

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

/* order_insert.c */

extern int64 OrderInsert(const OrderDraft *draft, Status status);
extern void OrderLinesInsert(int64 order_id, const OrderDraft *draft,
							 int first_line_no, const Quantity *open);
extern void DiscountsInsert(int64 order_id, const OrderDraft *draft);
extern void PaymentsInsert(int64 order_id, const OrderDraft *draft);

/* order_credit.c */

extern void OrderRequireCredit(int64 order_id);

/* order_place.c */

extern Demand *DraftDemands(const OrderDraft *draft, int first_line_no);
extern Sourcing *OrderDraftSource(OrderDraft *draft);

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
	DateADT		ships_on;
	DateADT		arrives_on;		/* valid with has_cost */
} Leg;

typedef struct Legs
{
	int			count;
	Leg		   *legs;
	int		   *of_pick;		/* index of the leg of each pick of the plan */
} Legs;

extern Legs *LegsMake(const Sourcing *sourcing, int first_fulfillment_no);
extern char *LocationCode(int32 location_id);
extern void LegsPromise(Legs *legs, int32 service_id, const char *country,
						TimestampTz at);
extern void LegsInsert(int64 order_id, const Sourcing *sourcing,
					   const Legs *legs, Status status, bool pickup);

/* order_line.c */

extern Amount LineTotal(Numeric unit_price, Quantity quantity,
						Quantity cancelled, Amount discount, Amount tax);

/* order_status.c */

extern void OrderSettle(int64 order_id);
extern void OrderEntered(int64 order_id, Status status);

/* payment.c */

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
} Payment;

extern char *PaymentName(const Payment *payment);
extern int	PaymentsRead(int64 order_id, Payment **payments);
extern Status PaymentCapturedStatus(const Payment *payment);
extern void PaymentWrite(const Payment *payment);
extern void RequirePositive(Amount amount);

/* payment_refund.c */

extern int	RefundInsert(int64 order_id, Amount amount, const char *reason,
						 const char *reference);

/* payment_ship.c */

extern void PaymentsCaptureShipped(int64 order_id);

/* payment_sums.c */

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

/* package.c */

extern void PackagesInsert(const Fulfillment *fulfillment,
						   JsonbContainer *packages);

#endif							/* OMS_ORDER_H */
