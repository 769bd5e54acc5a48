/*
 * batch.h
 *		The planner of many orders in a plain program, and orders for it.
 *
 * Orders are of the shape of a shop's: addresses by population, few popular
 * SKUs and many others, stock that is a little more than the demand, or just
 * as much.
 *
 * Copyright (c) 2026, the oms contributors
 */
#define OWN_MEMORY
#include "solver.h"

#include "../../src/routing_batch.c"
#include "../../src/routing_plan.c"
#include "../../src/routing_price.c"
#include "../../src/routing_exchange.c"

#undef qsort

#include <math.h>

#define DOLLAR			(100 * CENT)

/* What the planner needs of a server: memory that is freed by the context */
typedef struct Arena
{
	MemoryContextData header;
	struct Block
	{
		struct Block *next;
		Size		size;
		Size		used;
	}		   *blocks;
	struct Arena *children;
	struct Arena *next;			/* of the same parent */
} Arena;

MemoryContext CurrentMemoryContext;

/*
 * AllocSetContextCreateInternal makes an empty arena.
 */
MemoryContext
AllocSetContextCreateInternal(MemoryContext parent, const char *name,
							  Size min, Size init, Size max)
{
	Arena	   *arena = calloc(1, sizeof(Arena));

	if (parent != NULL)
	{
		arena->next = ((Arena *) parent)->children;
		((Arena *) parent)->children = arena;
	}
	return (MemoryContext) arena;
}

/*
 * palloc takes from the current arena.
 */
void *
palloc(Size size)
{
	Arena	   *arena = (Arena *) CurrentMemoryContext;
	struct Block *block = arena->blocks;

	size = MAXALIGN(size);
	if (block == NULL || block->used + size > block->size)
	{
		Size		room = Max(size, 1 << 16);

		block = malloc(MAXALIGN(sizeof(struct Block)) + room);
		block->next = arena->blocks;
		block->size = room;
		block->used = 0;
		arena->blocks = block;
	}
	block->used += size;
	return (char *) block + MAXALIGN(sizeof(struct Block)) + block->used - size;
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
 * pfree leaves it to the arena.
 */
void
pfree(void *pointer)
{
}

/*
 * FreeArena frees what is in an arena and below it, and itself.
 */
static void
FreeArena(Arena *arena)
{
	for (struct Block *block = arena->blocks, *next; block; block = next)
	{
		next = block->next;
		free(block);
	}
	for (Arena *child = arena->children, *next; child; child = next)
	{
		next = child->next;
		FreeArena(child);
	}
	free(arena);
}

/*
 * MemoryContextReset frees what is in an arena that has none below it, but
 * for one block.
 */
void
MemoryContextReset(MemoryContext context)
{
	Arena	   *arena = (Arena *) context;

	while (arena->blocks && arena->blocks->next)
	{
		struct Block *block = arena->blocks;

		arena->blocks = block->next;
		free(block);
	}
	if (arena->blocks)
		arena->blocks->used = 0;
}

/*
 * MemoryContextDelete frees an arena that was the last one to be made in its
 * parent.
 */
void
MemoryContextDelete(MemoryContext context)
{
	Arena	   *parent = (Arena *) CurrentMemoryContext;

	if (parent->children == (Arena *) context)
		parent->children = parent->children->next;
	FreeArena((Arena *) context);
}

/*
 * mul_size multiplies, without a check.
 */
Size
mul_size(Size a, Size b)
{
	return a * b;
}

/*
 * pg_qsort is qsort.
 */
void
pg_qsort(void *array, size_t count, size_t size,
		 int (*compare) (const void *, const void *))
{
	qsort(array, count, size, compare);
}

/* A town: where warehouses and customers are */
static const struct
{
	double		latitude;
	double		longitude;
	double		population;		/* millions, with its surroundings */
}			Towns[] =
{
	{40.7, -74.0, 19.8}, {34.1, -118.2, 12.9}, {41.9, -87.6, 9.4},
	{32.8, -96.8, 7.9}, {29.8, -95.4, 7.3}, {38.9, -77.0, 6.4},
	{40.0, -75.2, 6.2}, {33.7, -84.4, 6.2}, {25.8, -80.2, 6.1},
	{33.4, -112.1, 5.0}, {42.4, -71.1, 4.9}, {37.8, -122.4, 4.6},
	{42.3, -83.0, 4.3}, {47.6, -122.3, 4.0}, {45.0, -93.3, 3.7},
	{32.7, -117.2, 3.3}, {28.0, -82.5, 3.3}, {39.7, -105.0, 3.0},
	{39.3, -76.6, 2.8}, {38.6, -90.2, 2.8}, {28.5, -81.4, 2.8},
	{35.2, -80.8, 2.8}, {29.4, -98.5, 2.7}, {45.5, -122.7, 2.5},
	{38.6, -121.5, 2.4}, {40.4, -80.0, 2.4}, {30.3, -97.7, 2.4},
	{36.2, -115.1, 2.3}, {39.1, -84.5, 2.3}, {39.1, -94.6, 2.2},
	{40.0, -83.0, 2.2}, {39.8, -86.2, 2.1}, {41.5, -81.7, 2.1},
	{36.2, -86.8, 2.1}, {35.1, -90.0, 1.3}, {40.8, -111.9, 1.3}
};

static uint64 dice_state;

/*
 * Dice draws a number from 0 to below 1.
 */
static inline double
Dice(void)
{
	dice_state = dice_state * UINT64CONST(6364136223846793005) +
		UINT64CONST(1442695040888963407);
	return (dice_state >> 11) / 9007199254740992.0;
}

/*
 * Pick draws an index by weights.
 */
static inline int
Pick(const double *weights, int count)
{
	double		sum = 0;

	for (int i = 0; i < count; i++)
		sum += weights[i];
	sum *= Dice();
	for (int i = 0; i < count; i++)
		if ((sum -= weights[i]) < 0)
			return i;
	return count - 1;
}

/*
 * ZoneOf tells a carrier's zone, 1 to 8, of the way between two towns.
 */
static inline int
ZoneOf(int a, int b)
{
	static const double miles[] = {50, 150, 300, 600, 1000, 1400, 1800};
	double		y = Towns[a].latitude - Towns[b].latitude;
	double		x = (Towns[a].longitude - Towns[b].longitude) *
		cos((Towns[a].latitude + Towns[b].latitude) / 2 * M_PI / 180);
	double		distance = 69 * sqrt(x * x + y * y);
	int			zone = 0;

	while (zone < lengthof(miles) && distance > miles[zone])
		zone++;
	return zone + 1;
}

/* Of a generated batch, in order of making */
typedef struct Shape
{
	int			locations;
	int			orders;
	int			skus;
	int			lines_max;		/* of an order, if not 0 */
	double		tightness;		/* stock to demand */
	bool		tariffs;		/* prices by steps of weight */
	bool		fractions;		/* quantities of tenths */
	bool		singles;		/* one step of each line, so none is divided */
	bool		repeats;		/* an order may have a SKU twice */
} Shape;

/*
 * MakeLines draws the lines of an order, that is SKUs and quantities.
 */
static inline void
MakeLines(const Shape *shape, const double *popularity, BatchOrder *order)
{
	static const double counts[] = {0.30, 0.25, 0.18, 0.12, 0.08, 0.04, 0.02, 0.01};
	RouteProblem *problem = &order->problem;
	int			limit = shape->lines_max > 0 ? shape->lines_max : lengthof(counts);
	int			lines = 1 + Pick(counts, Min(limit, shape->skus));
	int		   *skus = palloc(sizeof(int) * lines);
	Quantity   *wanted = palloc(sizeof(Quantity) * lines);
	Quantity   *step = palloc(sizeof(Quantity) * lines);

	for (int l = 0; l < lines; l++)
	{
		bool		again = true;

		while (again)
		{
			skus[l] = Pick(popularity, shape->skus);
			again = false;
			for (int k = 0; k < l && !shape->repeats; k++)
				again = again || skus[k] == skus[l];
		}
		step[l] = QUANTITY_SCALE / (shape->fractions ? 10 : 1);
		wanted[l] = step[l] *
			(shape->singles || Dice() < 0.75 ? 1 : 2 + (int) (Dice() * 2));
	}
	problem->line_count = lines;
	problem->wanted = wanted;
	problem->step = step;
	order->skus = skus;
}

/*
 * Stock shares what there is of a SKU among the locations that have it.
 */
static inline void
Stock(const Shape *shape, int sku, Quantity demand, Quantity *stock)
{
	double		rank = (double) sku / shape->skus;
	double		presence = rank < 0.1 ? 0.85 : rank < 0.4 ? 0.5 : 0.22;
	double	   *shares = palloc0(sizeof(double) * shape->locations);
	Quantity	step = QUANTITY_SCALE / (shape->fractions ? 10 : 1);
	bool		anywhere = false;
	Quantity	units = (Quantity) ceil(demand * shape->tightness / step);

	for (int l = 0; l < shape->locations; l++)
		if (Dice() < presence)
		{
			shares[l] = 0.2 + Dice();
			anywhere = true;
		}
	if (!anywhere)
		shares[(int) (Dice() * shape->locations)] = 1;
	for (; units > 0; units--)
		stock[Pick(shares, shape->locations) * shape->skus + sku] += step;
}

/*
 * MakeCosts makes what it costs to ship an order to a town from everywhere:
 * a fixed part by zone, and one by zone and weight; or the same by steps of
 * weight.
 */
static inline void
MakeCosts(const Shape *shape, int town, const int64 *grams, BatchOrder *order)
{
	RouteProblem *problem = &order->problem;
	int			lines = problem->line_count;
	int		   *locations = palloc(sizeof(int) * shape->locations);
	RouteCost  *fixed = palloc(sizeof(RouteCost) * shape->locations);
	int64	   *unit = palloc(sizeof(int64) * shape->locations * lines);
	int64	   *weight = palloc(sizeof(int64) * lines);
	RouteTariff *tariffs = palloc(sizeof(RouteTariff) * shape->locations);

	for (int s = 0; s < shape->locations; s++)
	{
		int			zone = ZoneOf(s, town);
		RouteStep  *steps = palloc0(sizeof(RouteStep) * 3);

		locations[s] = s;
		fixed[s] = ROUTE_COST((shape->tariffs ? 3 : 6.5 + 0.6 * zone) * DOLLAR, s);
		for (int i = 0; i < 3; i++)
		{
			steps[i].max_weight_g = i == 2 ? PG_INT64_MAX : 1000 << (2 * i);
			steps[i].price = (3.5 + 0.6 * zone + 2 * i) * DOLLAR;
			steps[i].per_kg = i == 2 ? 0.3 * zone * DOLLAR : 0;
		}
		tariffs[s].step_count = 3;
		tariffs[s].steps = steps;
		for (int l = 0; l < lines; l++)
		{
			weight[l] = grams[order->skus[l]];
			unit[s * lines + l] = shape->tariffs ? DOLLAR / 2 :
				weight[l] * (0.3 + 0.25 * zone) * DOLLAR / 1000;
		}
	}
	problem->source_count = shape->locations;
	problem->fixed = fixed;
	problem->unit = unit;
	problem->weight_g = weight;
	problem->tariffs = shape->tariffs ? tariffs : NULL;
	order->locations = locations;
}

/*
 * Available makes the stock that an order sees, of what is left.
 */
static inline Quantity *
Available(const Batch *batch, const BatchOrder *order, const Quantity *left)
{
	int			lines = order->problem.line_count;
	Quantity   *stock = palloc(sizeof(Quantity) * lines * order->problem.source_count);

	for (int c = 0; c < lines * order->problem.source_count; c++)
		stock[c] = Min(left[PairIndex(batch, order, c)],
					   order->problem.wanted[c % lines]);
	return stock;
}

/*
 * Adopt gives an order a solution and takes it out of what is left.
 */
static inline void
Adopt(const Batch *batch, BatchOrder *order, const Quantity *take,
	  Quantity *left)
{
	int			cells = order->problem.line_count * order->problem.source_count;

	order->solution = palloc0(sizeof(RouteSolution));
	order->solution->take = palloc(sizeof(Quantity) * cells);
	memcpy(order->solution->take, take, sizeof(Quantity) * cells);
	order->solution->cost = RouteTakeCost(&order->problem, take);
	for (int c = 0; c < cells; c++)
		left[PairIndex(batch, order, c)] -= take[c];
}

/*
 * Nearest gives each line what the nearest location has, then the next.
 */
static inline void
Nearest(const Batch *batch, BatchOrder *order, Quantity *left)
{
	const RouteProblem *problem = &order->problem;
	int			lines = problem->line_count;
	Quantity   *take = palloc0(sizeof(Quantity) * lines * problem->source_count);
	Quantity   *stock = palloc(sizeof(Quantity) * batch->location_count *
							   batch->sku_count);

	memcpy(stock, left, sizeof(Quantity) * batch->location_count * batch->sku_count);
	for (int l = 0; l < lines; l++)
		for (Quantity open = problem->wanted[l]; open > 0;)
		{
			int			best = -1;
			RouteCost	least = ROUTE_COST_MAX;
			Quantity   *there;

			for (int s = 0; s < problem->source_count; s++)
			{
				RouteCost	cost = problem->fixed[s] +
					problem->unit[s * lines + l];

				if (stock[PairIndex(batch, order, s * lines + l)] == 0 ||
					cost >= least)
					continue;
				best = s * lines + l;
				least = cost;
			}
			there = &stock[PairIndex(batch, order, best)];
			take[best] = Min(open, *there);
			open -= take[best];
			*there -= take[best];
		}
	Adopt(batch, order, take, left);
}

/*
 * StartBatch gives orders a solution one after the other, on what those before
 * left: each line from nearby, or each order at the least cost.
 */
static inline RouteCost
StartBatch(const Batch *batch, bool nearest)
{
	Size		size = sizeof(Quantity) * batch->location_count * batch->sku_count;
	Quantity   *left = palloc(size);
	RouteCost	cost = 0;

	memcpy(left, batch->stock, size);
	for (int o = 0; o < batch->order_count; o++)
	{
		BatchOrder *order = &batch->orders[o];

		if (nearest)
			Nearest(batch, order, left);
		else
		{
			RouteProblem problem = order->problem;

			problem.stock = Available(batch, order, left);
			Adopt(batch, order, RouteSolve(&problem)->take, left);
		}
		cost += order->solution->cost;
	}
	return cost;
}

/*
 * MakeBatch makes orders and their stock.
 */
static inline Batch *
MakeBatch(const Shape *shape, uint64 seed)
{
	Batch	   *batch = palloc0(sizeof(Batch));
	double	   *popularity = palloc(sizeof(double) * shape->skus);
	double		population[lengthof(Towns)];
	int64	   *grams = palloc(sizeof(int64) * shape->skus);
	Quantity   *demand = palloc0(sizeof(Quantity) * shape->skus);
	Quantity   *stock = palloc0(sizeof(Quantity) * shape->skus * shape->locations);

	dice_state = seed * 7919;
	for (int i = 0; i < lengthof(Towns); i++)
		population[i] = Towns[i].population;
	for (int i = 0; i < shape->skus; i++)
	{
		popularity[i] = pow(i + 1, -0.8);
		grams[i] = 100 + (int64) (700 * exp(Dice() * 3 - 1.5));
	}
	batch->order_count = shape->orders;
	batch->location_count = shape->locations;
	batch->sku_count = shape->skus;
	batch->orders = palloc0(sizeof(BatchOrder) * shape->orders);
	batch->prices = palloc0(sizeof(int64) * shape->locations * shape->skus);
	for (int o = 0; o < shape->orders; o++)
	{
		BatchOrder *order = &batch->orders[o];

		MakeLines(shape, popularity, order);
		MakeCosts(shape, Pick(population, lengthof(Towns)), grams, order);
		for (int l = 0; l < order->problem.line_count; l++)
			demand[order->skus[l]] += order->problem.wanted[l];
	}
	for (int i = 0; i < shape->skus; i++)
		Stock(shape, i, demand[i], stock);
	batch->stock = stock;
	for (int o = 0; o < shape->orders; o++)
		batch->orders[o].problem.stock = Available(batch, &batch->orders[o], stock);
	return batch;
}

/*
 * Shipments counts what is shipped to all orders.
 */
static inline int
Shipments(const Batch *batch)
{
	int			count = 0;

	for (int o = 0; o < batch->order_count; o++)
	{
		const BatchOrder *order = &batch->orders[o];
		int			lines = order->problem.line_count;

		for (int s = 0; s < order->problem.source_count; s++)
		{
			bool		ships = false;

			for (int l = 0; l < lines; l++)
				ships = ships || order->solution->take[s * lines + l] > 0;
			count += ships;
		}
	}
	return count;
}

/*
 * Percent tells by how much a cost exceeds another.
 */
static inline double
Percent(RouteCost cost, RouteCost least)
{
	return 100 * ((double) cost / (double) least - 1);
}
