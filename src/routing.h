/*
 * routing.h
 *		The choice of locations as a problem of numbers, without a database.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_ROUTING_H
#define OMS_ROUTING_H

#include "oms.h"

#include "common/int.h"

/* strategy.c */

/* What is best of the ways to ship an order */
typedef enum RouteStrategy
{
	ROUTE_DEFAULT,				/* not said: ROUTE_CHEAPEST in the end */
	ROUTE_CHEAPEST,
	ROUTE_NEAREST,
	ROUTE_FASTEST,
	ROUTE_FEWEST_SPLITS,
	ROUTE_BALANCED
} RouteStrategy;

extern const char *const RouteStrategyNames[];	/* from ROUTE_CHEAPEST on, ends
												 * with NULL */
extern RouteStrategy RouteStrategyFromName(const char *name);

/* routing_solve.c */

/*
 * What is minimised.  The objective stands in the high 64 bits, mostly money in
 * thousandths of a minor unit; the low 64 bits break ties.  Costs are never
 * negative and are compared and added up as integers.
 */
typedef int128 RouteCost;

#define ROUTE_COST(objective, ties) \
	((RouteCost) (objective) * ((RouteCost) 1 << 64) + (uint64) (ties))
#define ROUTE_OBJECTIVE(cost)	((int64) ((cost) >> 64))

/* What a shipment of up to a weight costs */
typedef struct RouteStep
{
	int64		max_weight_g;
	int64		price;			/* objective */
	int64		per_kg;			/* objective of each kilogram of the shipment */
} RouteStep;

/* Steps by rising weight; the last has no bound (PG_INT64_MAX) */
typedef struct RouteTariff
{
	int			step_count;
	const RouteStep *steps;
} RouteTariff;

/*
 * Lines, and sources that have some of them.  Any source may ship any part of
 * any line, so far as its stock goes.  Among equal costs sources that come
 * first are preferred.
 */
typedef struct RouteProblem
{
	int			line_count;
	int			source_count;
	const Quantity *wanted;		/* [line] > 0, at most what all sources have */
	const Quantity *step;		/* [line] quantities are multiples of it */
	const Quantity *stock;		/* [source * line_count + line] 0 to wanted */
	const RouteCost *fixed;		/* [source] of shipping anything from it */
	const int64 *unit;			/* [source * line_count + line] objective of
								 * QUANTITY_SCALE of a line, beside tariffs */
	const int64 *weight_g;		/* [line] grams of QUANTITY_SCALE of a line */
	const RouteTariff *tariffs; /* [source]; NULL: fixed and unit say it all */
} RouteProblem;

typedef struct RouteSolution
{
	Quantity   *take;			/* [source * line_count + line] */
	RouteCost	cost;
	RouteCost	bound;			/* no solution costs less */
	bool		optimal;		/* cost is proven to be the least */
} RouteSolution;

/* A price beyond it counts as it, so that sums of a problem don't overflow */
#define ROUTE_PRICE_MAX		(INT64CONST(1) << 45)

/*
 * RouteRoundUp is a product in units of scale, a part of a unit counting as
 * one.  This is the only rounding: of prices, weights and prices by weight.
 * So one shipment of two quantities never costs more than one of each.
 */
static inline int64
RouteRoundUp(int64 a, int64 b, int64 scale)
{
	int64		product;
	int128		wide;

	if (likely(!pg_mul_s64_overflow(a, b, &product)))
	{
		product = product / scale + (product % scale > 0);
		return Min(product, ROUTE_PRICE_MAX);
	}
	wide = ((int128) a * b + scale - 1) / scale;
	return wide < ROUTE_PRICE_MAX ? (int64) wide : ROUTE_PRICE_MAX;
}

/*
 * RoutePrice is the price of a quantity by that of one unit, or its weight.
 */
static inline int64
RoutePrice(int64 unit, Quantity quantity)
{
	return RouteRoundUp(unit, quantity, QUANTITY_SCALE);
}

extern RouteCost RouteTakeCost(const RouteProblem *problem,
							   const Quantity *take);
extern int64 RouteTariffPrice(const RouteTariff *tariff, int64 weight_g);
extern RouteSolution *RouteSolve(const RouteProblem *problem);

/* routing_batch.c */

/* An order among others: its problem, whose stock is what there is for all */
typedef struct BatchOrder
{
	RouteProblem problem;
	const int  *locations;		/* [source] index of a location of the batch */
	const int  *skus;			/* [line] index of a SKU of the batch */
	RouteSolution *solution;	/* as it is; replaced by a better one */
	bool		changed;		/* it was replaced */
} BatchOrder;

/* Orders that share the stock of some locations */
typedef struct Batch
{
	int			order_count;
	BatchOrder *orders;
	int			location_count;
	int			sku_count;
	const Quantity *stock;		/* [location * sku_count + sku] for all orders,
								 * with what their solutions take now */
	int64	   *prices;			/* [location * sku_count + sku] objective of
								 * QUANTITY_SCALE: what one unit more is worth */
	RouteCost	cost_before;
	RouteCost	cost;
	RouteCost	bound;			/* no plan for all orders costs less */
} Batch;

extern void RouteBatch(Batch *batch, int64 budget_us);

/* routing.c */

/* Units of a SKU, by its index in the instance, that one of an item takes */
typedef struct RoutePart
{
	int			sku;
	Quantity	quantity;
} RoutePart;

/* PartUnits is the units of a part that a quantity of the whole takes. */
static inline Quantity
PartUnits(Quantity part, Quantity quantity)
{
	return (Quantity) ((int128) part * quantity / QUANTITY_SCALE);
}

typedef struct RouteItem
{
	Quantity	wanted;
	Quantity	step;			/* quantities are multiples of it */
	int64		weight_g;		/* of QUANTITY_SCALE, as carriers charge it */
	int			part_count;		/* 0: needs no stock */
	RoutePart  *parts;
} RouteItem;

/* Items and locations in order of preference, [location * count + other] */
typedef struct RouteInstance
{
	int			item_count;
	RouteItem  *items;
	int			sku_count;
	int			location_count;
	Quantity   *stock;			/* [location * sku_count + sku] */
	bool	   *barred;			/* [location * item_count + item] */
	RouteCost  *fixed;			/* as in RouteProblem, */
	int64	   *unit;			/* for items */
	RouteTariff *tariffs;		/* may be NULL */
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
	RoutePick  *picks;			/* in order of location, then item */
	Quantity   *open;			/* of each item, what nobody can ship */
	bool		optimal;		/* it is proven that no plan costs less */
} RoutePlan;

extern Quantity RouteFit(const RouteItem *item, const Quantity *stock,
						 Quantity open);
extern void RouteTake(const RouteItem *item, Quantity *stock,
					  Quantity quantity);
extern double RouteServe(const RouteInstance *instance, int location,
						 Quantity *taken);
extern int	RouteBestAlone(const RouteInstance *instance,
						   Quantity *best_taken);
extern RoutePlan *RoutePlanMake(const RouteInstance *instance);

#endif							/* OMS_ROUTING_H */
