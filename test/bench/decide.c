/*
 * decide.c
 *		Measures the routing decision alone, in a program of its own.
 *
 * Includes the planner of the extension as it is, gives it random instances
 * (each location has each SKU with a chance of 30 %) and prints the median
 * time of a decision in microseconds, and by how many locations the plans
 * exceed the fewest that could ship, summed over all instances.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "../../src/routing.c"

/* plain programs have their own */
#undef printf
#undef qsort

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define INSTANCES	2000

/* What the planner needs of a server */
volatile sig_atomic_t InterruptPending = false;
static char arena[1 << 22];
static Size used = 0;

void
ProcessInterrupts(void)
{
}

void *
palloc(Size size)
{
	void	   *result = arena + used;

	used += MAXALIGN(size);
	if (used > sizeof(arena))
		abort();
	return result;
}

void *
palloc0(Size size)
{
	return memset(palloc(size), 0, size);
}

void
pfree(void *pointer)
{
}

Size
mul_size(Size a, Size b)
{
	return a * b;
}

/*
 * Covered tells whether some count locations from first on, with what mask
 * says is there already, have all items.
 */
static bool
Covered(const int *masks, int locations, int first, int count, int mask,
		int all)
{
	if (mask == all)
		return true;
	if (count == 0)
		return false;
	for (int l = first; l < locations; l++)
		if (Covered(masks, locations, l + 1, count - 1, mask | masks[l], all))
			return true;
	return false;
}

/*
 * Fewest is the least number of locations that have all items that anybody
 * has.
 */
static int
Fewest(const RouteInstance *instance)
{
	int		   *masks = palloc0(sizeof(int) * instance->location_count);
	int			all = 0;
	int			count = 0;

	for (int l = 0; l < instance->location_count; l++)
	{
		for (int i = 0; i < instance->item_count; i++)
			if (instance->stock[l * instance->sku_count + i] > 0)
				masks[l] |= 1 << i;
		all |= masks[l];
	}
	while (!Covered(masks, instance->location_count, 0, count, 0, all))
		count++;
	return count;
}

/*
 * Used counts the locations of a plan.
 */
static int
Used(const RoutePlan *plan)
{
	int			count = 0;

	for (int i = 0; i < plan->pick_count; i++)
	{
		bool		seen = false;

		for (int j = 0; j < i; j++)
			seen = seen || plan->picks[j].location == plan->picks[i].location;
		count += !seen;
	}
	return count;
}

/*
 * MakeInstance makes a random instance of n items of a SKU each.
 */
static RouteInstance
MakeInstance(int locations, int n)
{
	RouteInstance instance = {0};

	instance.item_count = instance.sku_count = n;
	instance.location_count = locations;
	instance.allow_split = true;
	instance.items = palloc0(sizeof(RouteItem) * n);
	instance.stock = palloc0(sizeof(Quantity) * n * locations);
	for (int i = 0; i < n; i++)
	{
		instance.items[i].wanted = 2 * QUANTITY_SCALE;
		instance.items[i].step = QUANTITY_SCALE;
		instance.items[i].part_count = 1;
		instance.items[i].parts = palloc0(sizeof(RoutePart));
		instance.items[i].parts[0].sku = i;
		instance.items[i].parts[0].quantity = QUANTITY_SCALE;
		for (int l = 0; l < locations; l++)
			if (random() % 10 < 3)
				instance.stock[l * n + i] = 10 * QUANTITY_SCALE;
	}
	return instance;
}

/*
 * Comparator of qsort.
 */
static int
CompareTimes(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return x < y ? -1 : x > y;
}

int
main(int argc, char **argv)
{
	static double times[INSTANCES];
	int			gap = 0;

	srandom(1);
	for (int i = 0; i < INSTANCES; i++)
	{
		RouteInstance instance;
		RoutePlan  *plan;
		struct timespec start;
		struct timespec end;

		used = 0;
		instance = MakeInstance(atoi(argv[1]), atoi(argv[2]));
		clock_gettime(CLOCK_MONOTONIC, &start);
		plan = RoutePlanMake(&instance);
		clock_gettime(CLOCK_MONOTONIC, &end);
		times[i] = (end.tv_sec - start.tv_sec) * 1e6 +
			(end.tv_nsec - start.tv_nsec) / 1e3;
		gap += Used(plan) - Fewest(&instance);
	}
	qsort(times, INSTANCES, sizeof(double), CompareTimes);
	printf("%.1f %d\n", times[INSTANCES / 2], gap);
	return 0;
}
