/*
 * replenishment.c
 *		When to order, and how much: the arithmetic, which knows no tables.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "forecast.h"
#include "replenishment.h"

#include <math.h>

#define SCORE_MAX		4.5		/* beyond it demand is not looked at */
#define SCORE_STEP		0.05
#define GRID			181		/* scores from -SCORE_MAX to SCORE_MAX */
#define BISECTIONS		60

/*
 * NormalDensity is the standard normal density.
 */
static double
NormalDensity(double score)
{
	return exp(-0.5 * score * score) / sqrt(2 * M_PI);
}

/*
 * SpreadWiden adds the standard deviation of something independent, such as
 * of the time that the goods take, by the law of total variance: a deviation
 * of z standard deviations grows as these do.  What is below the mean stays.
 */
void
SpreadWiden(DemandSpread *spread, double sd)
{
	for (int i = 0; i < spread->count; i++)
		if (spread->scores[i] > 0 && spread->deviations[i] >= 0)
			spread->deviations[i] = hypot(spread->deviations[i],
										  spread->scores[i] * sd);
}

/*
 * SpreadAt is the demand at a normal score: straight lines between the scores
 * that are known, gone on with beyond them, at least 0.
 */
static double
SpreadAt(const DemandSpread *spread, double score)
{
	int			i = 1;
	double		slope;

	while (i < spread->count - 1 && score > spread->scores[i])
		i++;
	slope = (spread->deviations[i] - spread->deviations[i - 1]) /
		(spread->scores[i] - spread->scores[i - 1]);
	return Max(0, spread->mean + spread->deviations[i - 1] +
			   slope * (score - spread->scores[i - 1]));
}

/*
 * SpreadQuantile is the demand that is not exceeded with a probability.
 */
double
SpreadQuantile(const DemandSpread *spread, double level)
{
	return SpreadAt(spread, NormalQuantile(level));
}

/*
 * SpreadShort is the demand that stock is expected to be short of, given
 * demand at scores of a grid and their weights.
 */
static double
SpreadShort(const double demand[GRID], const double weights[GRID], double stock)
{
	double		sum = 0;

	for (int i = GRID - 1; i >= 0 && demand[i] > stock; i--)
		sum += weights[i] * (demand[i] - stock);
	return sum;
}

/*
 * SpreadForFillRate is the stock at which to order, so that of each order of a
 * quantity no more than 1 - fill_rate is sold out before it comes.
 */
double
SpreadForFillRate(const DemandSpread *spread, double fill_rate, double quantity)
{
	double		demand[GRID];
	double		weights[GRID];
	double		low = 0;
	double		high;

	for (int i = 0; i < GRID; i++)
	{
		double		score = -SCORE_MAX + i * SCORE_STEP;

		demand[i] = SpreadAt(spread, score);
		weights[i] = NormalDensity(score) * SCORE_STEP;
	}
	high = demand[GRID - 1];
	for (int i = 0; i < BISECTIONS && high - low > 1e-7; i++)
	{
		double		middle = (low + high) / 2;

		if (SpreadShort(demand, weights, middle) > (1 - fill_rate) * quantity)
			low = middle;
		else
			high = middle;
	}
	return high;
}

/*
 * CostAYear is what it costs a year to order in a quantity at a cost a unit:
 * goods, orders and holding half of it on average.
 */
static double
CostAYear(const OrderCosts *costs, double quantity, double cost)
{
	return costs->annual_demand * cost +
		costs->annual_demand / quantity * costs->order_cost +
		quantity / 2 * costs->holding_rate * cost;
}

/*
 * QuantityAtCost is the economic order quantity at a cost a unit, the square
 * root formula of Harris, but no more than a year's demand; the usual quantity
 * if the formula has nothing to go by.
 */
static double
QuantityAtCost(const OrderCosts *costs, double cost, double usual)
{
	double		holding = costs->holding_rate * cost;

	if (costs->order_cost <= 0 || holding <= 0)
		return Min(usual, costs->annual_demand);
	return Min(sqrt(2 * costs->annual_demand * costs->order_cost / holding),
			   costs->annual_demand);
}

/*
 * EconomicQuantity is how much to order at once: of the economic quantities
 * that have their cost, and of each break above them, the one that costs least
 * a year.  A break beyond a year's demand is not looked at.
 */
double
EconomicQuantity(const OrderCosts *costs, const CostBreaks *breaks, double usual)
{
	double		best = 0;
	double		least = INFINITY;

	if (costs->annual_demand <= 0)
		return 0;
	for (int i = -1; i < breaks->count; i++)
	{
		double		from = i < 0 ? 0 : breaks->quantities[i];
		double		below = i + 1 < breaks->count ? breaks->quantities[i + 1] : INFINITY;
		double		cost = i < 0 ? breaks->cost : breaks->costs[i];
		double		quantity = Max(from, QuantityAtCost(costs, cost, usual));
		double		a_year;

		if (quantity >= below || from > costs->annual_demand)
			continue;
		a_year = CostAYear(costs, quantity, cost);
		if (a_year < least)
		{
			least = a_year;
			best = quantity;
		}
	}
	return best;
}

/*
 * WholePacks is the number of packs for a need: between n and n + 1 packs that
 * whose cost is nearer to the least, which the geometric mean parts, since the
 * cost of ordering and holding grows alike when the quantity is too large or
 * too small by the same factor.  More than above and at least minimum in any
 * case.
 */
static int64
WholePacks(Quantity need, Quantity above, Quantity pack, Quantity minimum)
{
	int64		packs = need / pack;
	double		ratio = (double) need / pack;

	if (packs * pack == need)
		return packs;
	if (ratio > sqrt((double) packs * (packs + 1)) ||
		packs * pack <= above || packs * pack < minimum)
		packs++;
	return packs;
}

/*
 * OrderQuantity rounds what is needed to what can be ordered: whole packs, at
 * least minimum, at most maximum, and more than above.  0 if nothing is needed,
 * or nothing can be ordered.
 */
Quantity
OrderQuantity(Quantity need, Quantity above, Quantity pack, Quantity minimum,
			  Quantity maximum)
{
	int64		packs;

	if (need <= 0 || need > QUANTITY_MAX - pack || minimum > QUANTITY_MAX - pack)
		return 0;
	packs = WholePacks(Max(need, minimum), above, pack, minimum);
	packs = Min(packs, maximum / pack);
	return packs * pack < minimum ? 0 : packs * pack;
}
