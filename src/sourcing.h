/*
 * sourcing.h
 *		Who may ship, what it costs, and who does, grouped by the file that owns
 *		it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_SOURCING_H
#define OMS_SOURCING_H

#include "shipping.h"

/* objective.c */

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
	int64		order_id;		/* 0: not placed yet */
	int32		channel_id;		/* 0: any location */
	int32		pickup_location_id; /* where it is fetched; 0: delivered */
	int32		ship_from_location_id;	/* 0: any */
	Datum		excluded_location_ids;	/* integer[]; 0: none */
	const char *country;		/* of the destination; these may be NULL */
	const char *region;
	const char *postcode;
	const char *rate_country;	/* whose rates count if country is NULL */
	bool		has_point;		/* destination is on the map */
	double		latitude;
	double		longitude;
	int32		service_id;		/* 0: none */
	RouteStrategy strategy;		/* ROUTE_DEFAULT: of the SKUs or the channel */
	int			currency;		/* that costs are compared in; 0: any */
	TimestampTz at;				/* when it is chosen */
	bool		has_deliver_by;
	DateADT		deliver_by;
	bool		allow_split;
	bool		allow_backorder;
	bool		partial;		/* what nobody has is not refused */
	bool		placed;			/* better late than never */
	int			priority;		/* place in the queue of those who wait: the */
	TimestampTz placed_at;		/* lower number first, then the older order */
} SourcingRules;

/* Most of one part of a cost, in thousandths of a minor unit */
#define OBJECTIVE_MONEY_MAX	(INT64CONST(1) << 40)

/* How costs of the demands are seen */
typedef struct Objective
{
	const SourcingRules *rules;
	int			demand_count;
	const Demand *demands;
	const Channel *channel;		/* NULL: any */
	RouteStrategy strategy;
	int			currency;
	DateADT		on;				/* day of rates of exchange, in UTC */
	int64		split_penalty;	/* these in thousandths of a minor unit */
	int64		least_handling; /* of any location */
	int64		least_unit;
	const ShippingService *service; /* NULL: none */
	ShippingLane *lane;			/* to the destination; NULL without service */
	const SkuRules **sku_rules; /* of each demand; NULL: none */
	const char *country;		/* of the destination; these may be NULL */
	const char *region;
	const char *postcode;
	Datum		destination;	/* geography; 0: not on the map */
	int64	   *weights_g;		/* of a unit of each demand */
	int64		weight_g;		/* of all together */
	int64		lightest_g;		/* the least that a shipment may weigh */
} Objective;

/* Why a location may not ship, or only where nobody else can */
typedef enum CandidateFault
{
	CANDIDATE_FIT,
	CANDIDATE_FULL,				/* has no room on the first day */
	CANDIDATE_NO_RATE,			/* the service does not go from there */
	CANDIDATE_NO_EXCHANGE,		/* its costs can't be compared */
	CANDIDATE_LATE,				/* arrives after the day it is wanted; of a new
								 * order, from here on it may not ship */
	CANDIDATE_INACTIVE,
	CANDIDATE_CLOSED,			/* has no working day within a year */
	CANDIDATE_NOT_CHOSEN,		/* the order must ship from elsewhere */
	CANDIDATE_REJECTED,			/* has rejected the order, or is passed over */
	CANDIDATE_CHANNEL,			/* not one of the channel's locations */
	CANDIDATE_COUNTRY			/* does not serve the country */
} CandidateFault;

typedef struct Candidate
{
	int32		location_id;
	const Location *location;
	double		distance_m;		/* -1 when unknown */
	int			channel_priority;	/* among equally near ones, lower first */
	int			place;			/* in order of preference */
	CandidateFault fault;
	bool		counter;		/* the customer fetches it here */
	DateADT		ships_on;
	bool		has_arrival;
	DateADT		arrives_on;		/* of a shipment of everything */
	int64		handling;		/* these in thousandths of a minor unit */
	int64		unit;
	int64		shipping;		/* of any shipment */
	int64		per_kg;
	Quantity   *stock;			/* of each SKU of the instance */
	const ShippingBand *band;	/* NULL: shipping has no price */
	bool		has_steps;		/* the weight decides what shipping costs */
} Candidate;

/* Most that one part of a cost counts, in thousandths of a minor unit */
#define OBJECTIVE_MONEY_MAX	(INT64CONST(1) << 40)

extern Objective ObjectiveMake(const Demand *demands, int n,
							   const SourcingRules *rules);
extern bool ObjectiveKnows(const Objective *objective, int currency);
extern int64 ObjectiveMoney(const Objective *objective, Amount amount);

/* objective_cost.c */

extern Datum MoneyDatum(int currency, int64 money);
extern int64 ObjectiveShipping(const Objective *objective,
							   const Candidate *candidate, int64 weight_g);
extern void ObjectivePrice(const Objective *objective, Candidate *candidate);
extern RouteCost ObjectiveFixed(const Objective *objective,
								const Candidate *candidate);
extern int64 ObjectiveNotPreferred(const Objective *objective,
								   const Candidate *candidate, int demand);
extern int64 ObjectiveUnit(const Objective *objective,
						   const Candidate *candidate, int demand);
extern RouteTariff ObjectiveTariff(const Objective *objective,
								   const Candidate *candidate);
extern RouteCost ObjectiveAlone(const Objective *objective,
								const Candidate *candidate);
extern RouteCost ObjectiveLeast(const Objective *objective, double distance_m);
extern RouteCost ObjectiveLeastSplit(const Objective *objective,
									 double distance_m);

/* candidate.c */

extern const char *CandidateFaultName(CandidateFault fault);
extern bool CandidateMayShip(const Objective *objective,
							 const Candidate *candidate);
extern Candidate CandidateMake(const Objective *objective,
							   const Location *location);
extern const char *CandidateBars(const Objective *objective,
								 const Candidate *candidate, int demand);
extern void CandidatesSort(Candidate *candidates, int n);

/* scarcity.c */

/* What a unit more of a SKU is worth at a location */
typedef struct ScarcityPrice
{
	int32		location_id;
	Amount		price;
} ScarcityPrice;

typedef struct ScarcityPrices
{
	int			count;
	int			capacity;
	ScarcityPrice *prices;		/* by location */
} ScarcityPrices;

extern ScarcityPrices ScarcityRead(int64 sku_id);
extern const Amount *ScarcityAt(const ScarcityPrices *prices,
								int32 location_id);

/* shelf.c */

/* Stock of a SKU, by its place among those asked for, at a location */
typedef struct Shelf
{
	int32		location_id;
	int			sku;
	Quantity	available;
} Shelf;

/* Where SKUs are, by location and SKU */
typedef struct Shelves
{
	int			sku_count;
	const int64 *sku_ids;
	bool	   *everywhere;		/* [sku] more locations have it than asked */
	bool		is_complete;	/* what was asked of those was read too */
	int			count;
	int			capacity;
	Shelf	   *shelves;
} Shelves;

/* A SKU that is in stock at more locations is looked for at some only, first */
#define SHELF_LOCATIONS_MAX	1000

extern Shelves ShelvesRead(const int64 *sku_ids, int n, int locations_max);
extern void ShelvesComplete(Shelves *shelves, const int32 *location_ids,
							int n);

/* choice.c */

typedef struct Sourcing
{
	const Objective *objective; /* of the demands that were planned */
	int			demand_count;
	const Demand *demands;
	int			candidate_count;
	Candidate  *candidates;		/* in order of preference */
	const ShippingService *service; /* NULL: none */
	RoutePlan  *plan;			/* items are the demands */
} Sourcing;

/* A choice that is being made */
typedef struct Choice
{
	Objective	objective;
	Sourcing   *sourcing;
	RouteInstance instance;
	int64	   *sku_ids;		/* in the order of the instance's stock */
	StockBuffers *buffers;		/* of each of these */
	int			locations_max;	/* of a SKU that are looked at, beside likely
								 * ones */
	bool		is_complete;	/* no SKU was at more locations */
} Choice;

extern Datum DemandsSkuIds(const Demand *demands, int n);
extern Choice ChoiceMake(const Demand *demands, int n,
						 const SourcingRules *rules);
extern Sourcing *CandidatesPlan(const Demand *demands, int n,
								const SourcingRules *rules);

/* choice_near.c */

/* Most locations that are looked for near by */
#define NEAR_MAX		64

/* Locations that are looked at first, and how far they reach */
typedef struct Near
{
	int			count;
	const Location **locations;
	bool		all;			/* no other may ship */
	bool		by_distance;	/* these lie nearest */
	double		nearest_m;		/* no location is nearer; -1: unknown */
	double		reach_m;		/* no other is nearer; -1: unknown */
} Near;

extern Near NearFind(const Objective *objective, int max);
extern bool ChoiceNear(Choice *choice);

/* choice_all.c */

extern void ChoiceRead(Choice *choice, const int32 *location_ids, int n,
					   bool may_ship_only);
extern void ChoiceFill(Choice *choice);
extern void ChoicePlan(Choice *choice);

/* sourcing.c */

extern Sourcing *SourcingPlan(const Demand *demands, int n,
							  const SourcingRules *rules);
extern bool SourcingSuffices(const Sourcing *sourcing,
							 const SourcingRules *rules);
extern void SourcingRequire(const Sourcing *sourcing,
							const SourcingRules *rules);
extern Sourcing *SourcingFind(const Demand *demands, int n,
							  const SourcingRules *rules);
extern Sourcing *SourcingReserve(Sourcing *sourcing,
								 const SourcingRules *rules);


#endif							/* OMS_SOURCING_H */
