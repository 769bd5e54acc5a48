/*
 * batch.c
 *		Measures the planning of many orders, in a program of its own.
 *
 * batch LOCATIONS ORDERS TIGHTNESS SECONDS gives the planner three batches
 * whose stock is TIGHTNESS times the demand, and prints of each by how many
 * percent plans exceed the bound, and shipments an order: each line from the
 * nearest location that has some, each order at its least cost on what those
 * before left, and the plan for all.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "../solve/batch.h"

/*
 * Figures prints the figures of a batch.
 */
static void
Figures(const Shape *shape, uint64 seed, double seconds)
{
	Batch	   *batch = MakeBatch(shape, seed);
	RouteCost	nearest = StartBatch(batch, true);
	int			nearest_ships = Shipments(batch);
	RouteCost	sequential = StartBatch(batch, false);
	int			sequential_ships = Shipments(batch);

	RouteBatch(batch, (int64) (seconds * 1e6));
	printf("%2d x %4d, %.1f, seed %d, %5.1f s: over the bound %5.2f %5.2f %5.2f %%, "
		   "shipments an order %.2f %.2f %.2f\n",
		   shape->locations, shape->orders, shape->tightness, (int) seed, seconds,
		   Percent(nearest, batch->bound), Percent(sequential, batch->bound),
		   Percent(batch->cost, batch->bound),
		   (double) nearest_ships / shape->orders,
		   (double) sequential_ships / shape->orders,
		   (double) Shipments(batch) / shape->orders);
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	Shape		shape = {0};

	CurrentMemoryContext = AllocSetContextCreate(NULL, "all", 0, 0, 0);
	if (argc != 5)
		return 1;
	shape.locations = atoi(argv[1]);
	shape.orders = shape.skus = atoi(argv[2]);
	shape.tightness = atof(argv[3]);
	for (int seed = 1; seed <= 3; seed++)
		Figures(&shape, seed, atof(argv[4]));
	return 0;
}
