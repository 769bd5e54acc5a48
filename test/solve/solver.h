/*
 * solver.h
 *		The solver of routing in a plain program, and random orders for it.
 *
 * Includes the solver of the extension as it is, with what it needs of a
 * server.  Orders are of the shape of retail networks: places of different
 * size spread over a country, parcels priced by zone, SKUs that most, half or
 * few of the places carry, 18 % of which are out of stock.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "../../src/routing_solve.c"
#include "../../src/routing_net.c"
#include "../../src/routing_bound.c"
#include "../../src/routing_branch.c"
#include "../../src/routing_search.c"
#include "../../src/routing_tariff.c"
#include "../../src/routing_subset.c"
#include "../../src/routing_move.c"

/* plain programs have their own */
#undef printf
#undef vprintf
#undef qsort

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* 10,000 are a cent */
#define CENT	10000

volatile sig_atomic_t InterruptPending = false;

/*
 * ProcessInterrupts has nothing to do.
 */
void
ProcessInterrupts(void)
{
}

/* a program with memory contexts brings its own */
#ifndef OWN_MEMORY

/*
 * palloc is malloc.
 */
void *
palloc(Size size)
{
	void	   *result = malloc(size > 0 ? size : 1);

	if (result == NULL)
		abort();
	return result;
}

/*
 * palloc0 is palloc, filled with zeros.
 */
void *
palloc0(Size size)
{
	return memset(palloc(size), 0, size);
}

/*
 * pfree is free.
 */
void
pfree(void *pointer)
{
	free(pointer);
}

#endif							/* OWN_MEMORY */

/* An order: a problem that may be written */
typedef struct Order
{
	RouteProblem problem;
	Quantity   *wanted;
	Quantity   *step;
	Quantity   *stock;
	RouteCost  *fixed;
	int64	   *unit;
	int64	   *weight_g;
	RouteTariff *tariffs;
	RouteStep  *steps;			/* 8 of each source */
} Order;

#define STEPS_EACH	8

/*
 * Random is an integer from 0 to limit - 1.
 */
static inline int
Random(int limit)
{
	return random() % limit;
}

/*
 * MakeOrder makes an order without stock and prices; tariffs are left out
 * until the problem is given them.
 */
static inline Order
MakeOrder(int sources, int lines)
{
	Order		order = {{0}};
	int			cells = sources * lines;

	order.wanted = palloc0(sizeof(Quantity) * lines);
	order.step = palloc0(sizeof(Quantity) * lines);
	order.stock = palloc0(sizeof(Quantity) * cells);
	order.fixed = palloc0(sizeof(RouteCost) * sources);
	order.unit = palloc0(sizeof(int64) * cells);
	order.weight_g = palloc0(sizeof(int64) * lines);
	order.tariffs = palloc0(sizeof(RouteTariff) * sources);
	order.steps = palloc0(sizeof(RouteStep) * sources * STEPS_EACH);
	for (int s = 0; s < sources; s++)
		order.tariffs[s].steps = &order.steps[s * STEPS_EACH];
	for (int j = 0; j < lines; j++)
	{
		order.wanted[j] = QUANTITY_SCALE;
		order.step[j] = QUANTITY_SCALE;
	}
	order.problem.line_count = lines;
	order.problem.source_count = sources;
	order.problem.wanted = order.wanted;
	order.problem.step = order.step;
	order.problem.stock = order.stock;
	order.problem.fixed = order.fixed;
	order.problem.unit = order.unit;
	order.problem.weight_g = order.weight_g;
	return order;
}

/*
 * FreeOrder frees an order.
 */
static inline void
FreeOrder(Order *order)
{
	free(order->wanted);
	free(order->step);
	free(order->stock);
	free(order->fixed);
	free(order->unit);
	free(order->weight_g);
	free(order->tariffs);
	free(order->steps);
}

/*
 * Zone is the zone of a parcel by kilometres, as carriers draw them.
 */
static inline int
Zone(double distance_km)
{
	static const int limits[] = {80, 240, 480, 960, 1600, 2250, 2900};
	int			zone = 0;

	while (zone < lengthof(limits) && distance_km > limits[zone])
		zone++;
	return zone;
}

/*
 * StockLine gives a line to sources: carried by 85, 50 or 22 % of them, of
 * which 18 % have none, and scarce percent less than is wanted.
 */
static inline void
StockLine(Order *order, int line, int scarce)
{
	static const int carried[] = {85, 50, 22};
	int			sources = order->problem.source_count;
	int			lines = order->problem.line_count;
	int			class = Random(10);
	int			share = carried[class < 5 ? 0 : class < 8 ? 1 : 2];
	Quantity	all = 0;

	for (int s = 0; s < sources; s++)
	{
		Quantity	stock = order->wanted[line];

		if (Random(100) >= share || Random(100) < 18)
			continue;
		if (Random(100) < scarce)
			stock = Random(stock / order->step[line]) * order->step[line];
		order->stock[s * lines + line] = stock;
		all += stock;
	}
	if (sources > 0 && all < order->wanted[line])
		order->stock[Random(sources) * lines + line] = order->wanted[line];
}

/*
 * RandomOrder makes an order of 1 to 4 units a line to a random place;
 * distance_km receives how far the sources are.
 */
static inline Order
RandomOrder(int sources, int lines, int scarce, double *distance_km)
{
	static const int base[] = {420, 450, 490, 540, 600, 680, 760, 850};
	static const int per_kg[] = {35, 45, 60, 80, 105, 130, 160, 190};
	Order		order = MakeOrder(sources, lines);
	double		x = Random(4000);
	double		y = Random(2000);

	for (int j = 0; j < lines; j++)
	{
		order.wanted[j] = (1 + Random(4)) * QUANTITY_SCALE;
		order.weight_g[j] = 100 + Random(4000);
		StockLine(&order, j, scarce);
	}
	for (int s = 0; s < sources; s++)
	{
		int			handling = 150 + Random(250);
		int			each = 20 + Random(60);
		int			zone;

		distance_km[s] = hypot(x - Random(4000), y - Random(2000));
		zone = Zone(distance_km[s]);
		order.fixed[s] = ROUTE_COST((int64) CENT * (handling + base[zone]),
									(int64) distance_km[s] * 1000 + s);
		for (int j = 0; j < lines; j++)
			order.unit[s * lines + j] =
				order.weight_g[j] * per_kg[zone] * (CENT / 1000) + (int64) CENT * each;
	}
	return order;
}
