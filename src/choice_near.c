/*
 * choice_near.c
 *		The short way to a choice: one location near by that has everything.
 *
 * The locations that lie nearest, or come first by priority if the destination
 * is not on the map, are asked for their stock, the cheapest first, until one
 * has everything.  If no location farther away can be cheaper, and no two
 * together, it ships.  That is tried with few locations, as often it is the
 * nearest that has everything, and with many only if one of the few has
 * everything and others may be cheaper: where nobody near has everything,
 * asking them all takes longer than reading who has what.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "sourcing.h"

/*
 * NearFind finds up to max locations that lie nearest to the destination, or
 * come first by priority if it is not on the map, or none is that serves it; or
 * the one that the order must ship from, or is fetched at.  How far those reach
 * that lie nearest is left to SetReach().
 */
Near
NearFind(const Objective *objective, int max)
{
	const SourcingRules *rules = objective->rules;
	Near		near = {0};

	near.locations = palloc(sizeof(Location *) * max);
	near.nearest_m = near.reach_m = -1;
	if (rules->ship_from_location_id != 0 || rules->pickup_location_id != 0)
	{
		near.count = 1;
		near.all = rules->ship_from_location_id != 0;
		near.locations[0] = LocationGet(near.all ? rules->ship_from_location_id
										: rules->pickup_location_id);
		near.nearest_m = near.reach_m = 0;
	}
	else if (rules->has_point)
	{
		near.count = LocationsServing(rules->latitude, rules->longitude,
									  rules->country, max, near.locations);
		near.by_distance = near.count > 0;
	}
	if (near.count == 0)
		near.count = LocationsFirst(max, near.locations);
	return near;
}

/*
 * SetReach sets how far the near locations are and reach, of which a candidate
 * is the i-th.  They were found by distances on the sphere, which differ from
 * ours on the spheroid by up to 0.6 % either way.  One that has lost its point
 * since it was found reaches nowhere.
 */
static void
SetReach(const Objective *objective, Near *near, int i,
		 const Candidate *candidate)
{
	double		distance_m = candidate->distance_m;

	if (!near->by_distance || (i > 0 && i < near->count - 1))
		return;
	if (distance_m < 0)
		distance_m = !candidate->location->has_point ? 0
			: Distance(candidate->location->point, objective->destination);
	near->reach_m = 0.98 * distance_m;
	if (i == 0)
		near->nearest_m = near->reach_m;
}

/*
 * Wanted is how many units of a SKU all items take together.
 */
static Quantity
Wanted(const RouteInstance *instance, int sku)
{
	Quantity	sum = 0;

	for (int i = 0; i < instance->item_count; i++)
		for (int p = 0; p < instance->items[i].part_count; p++)
			if (instance->items[i].parts[p].sku == sku)
				sum = QuantityAdd(sum, PartUnits(instance->items[i].parts[p].quantity,
												 instance->items[i].wanted));
	return sum;
}

/*
 * Promisable is what a candidate has of a SKU of the index and may promise: all
 * of it, or at least so much that it is enough.
 */
static Quantity
Promisable(const Choice *choice, int32 location_id, int sku, Quantity enough)
{
	Quantity	keep = StockBufferAt(&choice->buffers[sku], location_id,
									 choice->objective.rules->channel_id);

	return StockPromisable(choice->sku_ids[sku], location_id, keep, enough);
}

/*
 * HasEverything tells whether a candidate may ship every item and has it.
 */
static bool
HasEverything(const Choice *choice, const Candidate *candidate)
{
	for (int i = 0; i < choice->objective.demand_count; i++)
		if (CandidateBars(&choice->objective, candidate, i) != NULL)
			return false;
	for (int s = 0; s < choice->instance.sku_count; s++)
	{
		Quantity	wanted = Wanted(&choice->instance, s);

		if (Promisable(choice, candidate->location_id, s, wanted) < wanted)
			return false;
	}
	return true;
}

/* A candidate that ships everything, and what that costs */
typedef struct Alone
{
	Candidate	candidate;
	RouteCost	cost;
} Alone;

/*
 * CompareAlone is a comparator of qsort: the cheapest first.
 */
static int
CompareAlone(const void *a, const void *b)
{
	RouteCost	x = ((const Alone *) a)->cost;
	RouteCost	y = ((const Alone *) b)->cost;

	return x < y ? -1 : x > y;
}

/*
 * RankNear makes candidates of the near locations that may ship, the one that
 * ships everything for the least cost first, and sets how far all of them
 * reach.
 */
static Alone *
RankNear(const Choice *choice, Near *near, int *count)
{
	Candidate  *candidates = palloc(sizeof(Candidate) * Max(near->count, 1));
	Alone	   *ranked = palloc(sizeof(Alone) * Max(near->count, 1));
	int			n = 0;

	for (int i = 0; i < near->count; i++)
	{
		candidates[n] = CandidateMake(&choice->objective, near->locations[i]);
		SetReach(&choice->objective, near, i, &candidates[n]);
		if (candidates[n].fault == CANDIDATE_FIT)
			n++;
	}
	CandidatesSort(candidates, n);
	for (int c = 0; c < n; c++)
	{
		ranked[c].candidate = candidates[c];
		ranked[c].cost = ObjectiveAlone(&choice->objective, &candidates[c]);
	}
	qsort(ranked, n, sizeof(Alone), CompareAlone);
	*count = n;
	return ranked;
}

/*
 * IsLeast tells whether nothing can cost less than a candidate that has
 * everything, and is the cheapest of those near: no location beyond these, and
 * no two locations.
 */
static bool
IsLeast(const Choice *choice, const Near *near, RouteCost cost)
{
	const Objective *objective = &choice->objective;

	if (!near->all && cost > ObjectiveLeast(objective, near->reach_m))
		return false;
	return !objective->rules->allow_split ||
		cost <= ObjectiveLeastSplit(objective, near->nearest_m);
}

/*
 * WholePlan is the plan in which the first candidate ships everything.
 */
static RoutePlan *
WholePlan(const Choice *choice)
{
	int			n = choice->instance.item_count;
	RoutePlan  *plan = palloc0(sizeof(RoutePlan));

	plan->pick_count = n;
	plan->picks = palloc(sizeof(RoutePick) * Max(n, 1));
	plan->open = palloc0(sizeof(Quantity) * Max(n, 1));
	plan->optimal = true;
	for (int i = 0; i < n; i++)
		plan->picks[i] = (RoutePick) {i, 0, choice->instance.items[i].wanted};
	return plan;
}

/*
 * ChooseAmong chooses one of up to max near candidates that has everything, if
 * nothing can cost less, and returns whether there is one.  unproven receives
 * whether one has everything of which that is not known.
 */
static bool
ChooseAmong(Choice *choice, int max, bool *unproven)
{
	Near		near = NearFind(&choice->objective, max);
	int			n;
	Alone	   *ranked = RankNear(choice, &near, &n);
	int			i = 0;

	while (i < n && !HasEverything(choice, &ranked[i].candidate))
		i++;
	*unproven = i < n && !IsLeast(choice, &near, ranked[i].cost);
	if (i == n || *unproven)
		return false;
	choice->sourcing->candidates = &ranked[i].candidate;
	choice->sourcing->candidate_count = 1;
	choice->sourcing->plan = WholePlan(choice);
	return true;
}

/* How many locations are looked at first, if these don't do, and then */
#define NEAREST_COUNT	2
#define NEARER_COUNT	8

/*
 * ChoiceNear chooses one candidate near by that has everything, if nothing can
 * cost less, and returns whether there is one.
 */
bool
ChoiceNear(Choice *choice)
{
	bool		unproven;

	return ChooseAmong(choice, NEAREST_COUNT, &unproven) ||
		ChooseAmong(choice, NEARER_COUNT, &unproven) ||
		(unproven && ChooseAmong(choice, NEAR_MAX, &unproven));
}
