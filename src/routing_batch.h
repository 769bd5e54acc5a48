/*
 * routing_batch.h
 *		What the files that plan many orders on one stock share.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_ROUTING_BATCH_H
#define OMS_ROUTING_BATCH_H

#include "routing.h"

#include "portability/instr_time.h"

/* A part of an order's problem that competes with other orders for a pair */
typedef struct Rival
{
	int			cell;			/* source * line_count + line */
	int			pair;			/* index of Plan.pairs */
} Rival;

/* A solution of an order in a plan */
typedef struct Placement
{
	Quantity   *take;			/* [source * line_count + line] */
	RouteCost	cost;			/* without prices */
} Placement;

/* An order that competes */
typedef struct PlanOrder
{
	const RouteProblem *problem;
	int64		rounding;		/* objective that costs may differ by */
	int			cell_count;
	int			rival_count;
	const Rival *rivals;
	Placement	now;			/* in the plan that is worked on */
	Placement	best;			/* in the best plan */
	Placement	ideal;			/* the best at prices, alone on all stock */
	RouteCost	gap;			/* of what was proven of ideal */
	RouteCost	least;			/* no placement costs less */
	double		regret;			/* objective that now loses to ideal at prices */
	bool		moved;			/* now may differ from best */
	BatchOrder *source;			/* as the caller gave it */
} PlanOrder;

/* The same, seen from the pair */
typedef struct PairUser
{
	int			order;			/* index of Plan.orders */
	int			cell;
} PairUser;

/* A location's stock of a SKU, less than all orders together could use */
typedef struct Pair
{
	Size		index;			/* location * sku_count + sku */
	int			user_count;
	PairUser   *users;			/* those that compete for it */
	Quantity	stock;
	Quantity	left;			/* in the plan that is worked on */
	Quantity	ideal;			/* what the ideal placements use */
	int64		price;			/* objective of QUANTITY_SCALE */
	int64		price_before;	/* in the iteration before */
	int64		price_best;		/* of the best bound */
	double		multiplier;		/* price, before it is rounded */
	double		direction;		/* in which it goes, in units */
} Pair;

#define PLAN_MOVE_MAX	8		/* orders that are placed anew at once */

typedef struct Plan
{
	int			order_count;
	PlanOrder  *orders;			/* those of many lines first; behind them, not
								 * counted, those that don't compete */
	int			pair_count;
	Pair	   *pairs;
	RouteCost	cost;			/* of the plan that is worked on */
	RouteCost	best;			/* of the best plan */
	RouteCost	bound;			/* no plan costs less */
	int64		price_max;
	uint64		random;			/* state of the generator */
	instr_time	start;
	int64		budget_us;
	MemoryContext scratch;		/* of one solution */
	Quantity   *stock;			/* [cell] of the problem to be solved */
	int64	   *unit;			/* [cell] likewise */
	Quantity   *trial[PLAN_MOVE_MAX];
} Plan;

/* routing_plan.c */
extern bool PlanSolve(Plan *plan, const PlanOrder *order, bool alone,
					  int price_percent, Placement *placement, RouteCost *gap);
extern bool PlanTake(Plan *plan, const PlanOrder *order, const Quantity *take,
					 int sign);
extern void PlacementCopy(const PlanOrder *order, Placement *to,
						  const Placement *from);
extern void PlanKeep(Plan *plan);
extern void PlanReturn(Plan *plan);
extern int64 PlanElapsed(const Plan *plan);
extern int128 PlanPrice(const Plan *plan, const PlanOrder *order,
						const Quantity *take);
extern uint64 PlanRandom(Plan *plan, uint64 limit);

/* routing_price.c */
extern void PlanPrices(Plan *plan, int64 end_us);

/* routing_exchange.c */
extern void PlanConstruct(Plan *plan);
extern void PlanExchange(Plan *plan);

#endif							/* OMS_ROUTING_BATCH_H */
