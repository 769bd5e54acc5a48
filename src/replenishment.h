/*
 * replenishment.h
 *		When to order, and how much: numbers in, numbers out.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_REPLENISHMENT_H
#define OMS_REPLENISHMENT_H

#include "oms.h"

#define DEMAND_LEVELS_MAX	20

/*
 * Demand of some days: its mean, and at standard normal scores how far its
 * quantiles are above the mean.  It is what a normal score says between these.
 */
typedef struct DemandSpread
{
	double		mean;
	int			count;			/* at least 2 */
	double		scores[DEMAND_LEVELS_MAX];	/* ascending */
	double		deviations[DEMAND_LEVELS_MAX];	/* ascending */
} DemandSpread;

/* Price breaks: cost of a unit from a quantity on, quantities ascending */
typedef struct CostBreaks
{
	double		cost;			/* below the first */
	int			count;
	const double *quantities;
	const double *costs;
} CostBreaks;

/* What an order costs beyond its goods */
typedef struct OrderCosts
{
	double		annual_demand;	/* units a year */
	double		order_cost;		/* of one order; 0 if it isn't known */
	double		holding_rate;	/* of a unit's cost, a year */
} OrderCosts;

extern void SpreadWiden(DemandSpread *spread, double sd);
extern double SpreadQuantile(const DemandSpread *spread, double level);
extern double SpreadForFillRate(const DemandSpread *spread, double fill_rate,
								double quantity);
extern double EconomicQuantity(const OrderCosts *costs, const CostBreaks *breaks,
							   double usual);
extern Quantity OrderQuantity(Quantity need, Quantity above, Quantity pack,
							  Quantity minimum, Quantity maximum);

#endif							/* OMS_REPLENISHMENT_H */
