/*
 * stock.h
 *		SKUs, their stock, and where it is, grouped by the file that owns it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_STOCK_H
#define OMS_STOCK_H

#include "plan.h"
#include "routing.h"

/* stock.c */

/* A change of one stock level */
typedef struct StockChange
{
	int64		sku_id;
	int32		location_id;
	Quantity	on_hand;		/* added to stock on hand */
	Quantity	reserved;		/* added to what is reserved */
	Quantity	keep;			/* that must stay unreserved, 0 for none */
	const Amount *unit_cost;	/* of units that are received; NULL if unknown */
	bool		valued;			/* what they are worth is known, see below */
	Amount		value;			/* of what has changed on hand, in the base
								 * currency: StockRecord() sets it, but for
								 * units that arrive from a transfer */
	Amount		paid;			/* the same in the currency that it was posted
								 * in, which StockRecord() sets as well */
	const char *account;		/* on the other side of the posting; NULL: as
								 * the kind of movement has it */
} StockChange;

extern int	StockSum(StockChange *changes, int n);
extern bool LevelAllows(Quantity on_hand, Quantity reserved,
						const StockChange *change);
extern bool StockLock(int64 sku_id, int32 location_id, bool wait,
					  Quantity *on_hand, Quantity *reserved);
extern void StockRead(int64 sku_id, int32 location_id, Quantity *on_hand,
					  Quantity *reserved);
extern bool StockApply(StockChange *changes, int n, bool wait);
extern void StockEnsure(StockChange *changes, int n);

/* movement.c */

extern void StockRecord(StockChange *changes, int n, const char *kind,
						const char *reason, int64 order_id, int subject_no);

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

/* Bits of Sku.flags */
#define SKU_HAZARDOUS	1
#define SKU_OVERSIZE	2

/* A million cubic metres */
#define SKU_VOLUME_MAX_MM3	INT64CONST(1000000000000000)

typedef struct Sku
{
	char	   *code;
	int64		sku_id;			/* 0: there is no SKU of this code */
	int			decimals;		/* of a quantity that can be sold */
	bool		stocked;
	bool		active;
	bool		is_kit;
	int			weight_g;		/* 0 if unknown */
	int64		volume_mm3;		/* 0 if unknown, at most SKU_VOLUME_MAX_MM3 */
	int			flags;			/* SKU_... of what a location must handle */
	RouteStrategy strategy;		/* ROUTE_DEFAULT: as the order or channel says */
	char	   *tax_category;	/* may be NULL */
	Quantity	backorder_limit;	/* -1 for none */
	Jsonb	   *units;			/* may be NULL */
	DateADT		available_from; /* first day to ship it; DATEVAL_NOBEGIN */
	bool		preorder;		/* that day is to come, so it waits */
	int			part_count;		/* 0: needs no stock */
	SkuPart    *parts;
} Sku;

extern int	SkuFlagsRead(Datum array);
extern Sku *SkusFind(char **codes, int n);
extern Quantity SkuStep(const Sku *sku);
extern Sku *SkuRequire(const char *code);
extern void SkuRequireStep(const Sku *sku, Quantity quantity,
						   const char *name);
extern void SkuRequireQuantity(const Sku *sku, Quantity quantity,
							   const char *name);

/* stock_place.c */

/* A SKU at a location, as a command names them */
typedef struct StockPlace
{
	Sku		   *sku;
	const char *location;		/* its code */
	int32		location_id;
	bool		active;			/* the location is */
} StockPlace;

extern Sku *StockSku(text *code);
extern StockPlace StockPlaceMake(Sku *sku, text *location);
extern void StockPlaceRequireActive(const char *location, bool active);
pg_noreturn extern void StockPlaceRefuse(const StockPlace *place,
										 Quantity asked);
extern Quantity StockOnHand(int64 sku_id, int32 location_id);

/* stock_stripe.c */

#define STRIPES_MAX		64		/* rows of a level; a power of two */

extern bool StripeApply(const StockChange *change, bool wait);
extern Quantity StockSellable(int64 sku_id, int32 location_id,
							  Quantity enough);

extern Quantity StockPromisable(int64 sku_id, int32 location_id, Quantity keep,
								Quantity enough);

/* stock_buffer.c */

/* A quantity that is kept back from sale */
typedef struct StockBufferRow
{
	int32		location_id;	/* 0: at all */
	int32		channel_id;		/* 0: from everybody */
	Quantity	quantity;
} StockBufferRow;

/* What is kept back of a SKU */
typedef struct StockBuffers
{
	int			general_count;
	const StockBufferRow *general;	/* of all SKUs, by location and channel */
	int			own_count;
	const StockBufferRow *own;	/* of this one, likewise */
} StockBuffers;

extern StockBuffers StockBuffersRead(int64 sku_id);
extern Quantity StockBufferAt(const StockBuffers *buffers, int32 location_id,
							  int32 channel_id);
extern Quantity StockBuffer(int64 sku_id, int32 location_id,
							int32 channel_id);

/* stock_available.c */

extern Quantity SkuAvailable(const Sku *sku, const int32 *location_ids, int n,
							 int32 channel_id, bool at_snapshot);

/* location.c */

/* A set of days of the week, 1 is Monday and 7 Sunday */
#define WEEKDAY(day)	(1 << (day))
#define EVERY_DAY		0xfe

/* Some countries */
typedef struct Countries
{
	int			count;			/* -1: all */
	char	  **codes;
} Countries;

/* A location as those see it who choose among them */
typedef struct Location
{
	int32		location_id;
	char	   *code;
	bool		active;
	int			priority;		/* among equally near ones, lower first */
	bool		has_point;
	Datum		point;			/* geography */
	Countries	serves;
	struct pg_tz *zone;
	TimeADT		cutoff;			/* a day if there is none */
	int			handling_days;	/* working days */
	int			working_days;	/* of the week, less its holidays */
	char	   *kind;			/* warehouse, store ... */
	char	   *country;		/* may be NULL */
	char	   *region;			/* may be NULL */
	bool		has_handling_cost;
	Amount		handling_cost;	/* of a fulfillment */
	bool		has_unit_cost;
	Amount		unit_cost;		/* in the currency of handling_cost */
	int			daily_capacity; /* fulfillments, -1 for no limit */
	bool		pickup;
	int			handles;		/* SKU_... */
} Location;

/* The columns of oms.locations l that LocationRead() reads */
#define LOCATION_COLUMNS \
	"l.location_id, l.code, l.active, l.priority, l.point, " \
	"l.ships_to::text[], l.time_zone, l.cutoff, l.handling_days, " \
	"l.working_days, l.kind, l.country::text, l.region, l.handling_cost, " \
	"l.unit_cost, l.daily_capacity, l.pickup, l.handles"

extern int	WeekdaysRead(uint64 row, int column);
extern Countries CountriesRead(uint64 row, int column);
extern bool CountriesHave(const Countries *countries, const char *country);
extern char *PostcodeNormal(const char *postcode);
extern int32 LocationFind(const char *code, bool *active);
extern Location *LocationRead(uint64 row);
extern const Location *LocationSeen(int32 location_id);
extern const Location *LocationGet(int32 location_id);
extern bool LocationServes(const Location *location, const char *country);
extern bool LocationHandles(const Location *location, int sku_flags);

/* calendar.c */

#define DAY_NEVER		DATEVAL_NOEND

extern bool WeekdaysHave(int weekdays, DateADT day);
extern DateADT LocationShipsOn(const Location *location, TimestampTz at);
extern DateADT LocationShipsWithRoom(const Location *location, DateADT day,
									 int64 order_id);

/* network.c */

extern Datum PointDatum(double latitude, double longitude);
extern double Distance(Datum from, Datum to);
extern int	LocationsServing(double latitude, double longitude,
							 const char *country, int count,
							 const Location **locations);
extern int	LocationsFirst(int count, const Location **locations);

/* channel.c */

/* A channel, and where it may ship from */
typedef struct Channel
{
	int32		channel_id;
	char	   *code;
	int			currency;
	Numeric		fee_rate;		/* of a marketplace; NULL: none */
	RouteStrategy strategy;		/* ROUTE_DEFAULT: none of its own */
	Amount		split_penalty;	/* of each fulfillment after the first */
	int			location_count; /* 0: any */
	int32	   *location_ids;
	int32	   *priorities;		/* of these, lower first */
	bool		tax_by_order;	/* taxes are rounded for all lines together */
	bool		captures;		/* payments when goods leave */
} Channel;

extern const Channel *ChannelFind(const char *code);
extern const Channel *ChannelGet(int32 channel_id);
extern int32 ChannelRequire(const char *code);
extern bool ChannelShipsFrom(const Channel *channel, int32 location_id);
extern int	ChannelPriority(const Channel *channel, int32 location_id);

/* routing_rule.c */

typedef enum RuleAction
{
	RULE_EXCLUDE,
	RULE_REQUIRE,
	RULE_PREFER
} RuleAction;

/* A row of routing_rules; a condition that is NULL or 0 always holds */
typedef struct RoutingRule
{
	char	   *code;
	RuleAction	action;
	TimestampTz valid_from;
	TimestampTz valid_until;
	int32		channel_id;
	char	   *country;
	char	   *region;
	char	   *postcode_prefix;	/* in normal form */
	int64		sku_id;
	char	   *category;
	int			flag;			/* SKU_... */
	int32		location_id;
	char	   *location_kind;
	char	   *location_country;
	char	   *location_region;
	bool		has_within;		/* else whatever it costs */
	Amount		within;			/* that what is preferred may be dearer */
} RoutingRule;

/* What rules ask of an order; what is unknown is NULL or 0 */
typedef struct RuleSubject
{
	int32		channel_id;
	const char *country;
	const char *region;
	const char *postcode;
	TimestampTz at;
} RuleSubject;

/* Rules that may say something of an order, in order */
typedef struct RuleSet
{
	int			count;
	const RoutingRule **rules;
} RuleSet;

/* Rules that are for a line, in order */
typedef struct SkuRules
{
	int			limit_count;
	const RoutingRule **limits; /* that exclude or require */
	int			preference_count;
	const RoutingRule **preferences;
} SkuRules;

extern const RuleSet *RoutingRulesFor(const RuleSubject *subject);
extern const SkuRules *RulesOfSku(const RuleSet *rules, const Sku *sku);
extern bool RuleAllows(const SkuRules *rules, const Location *location,
					   const char **rule_code);
extern int	RulesPassed(const SkuRules *rules, const Location *location);

#endif							/* OMS_STOCK_H */
