/*
 * choice_all.c
 *		The long way to a choice: among all locations that have any of it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "sourcing.h"

#include "miscadmin.h"


/*
 * NearIds is the numbers of the locations near the destination.
 */
static int32 *
NearIds(const Objective *objective, int *count)
{
	Near		near = NearFind(objective, NEAR_MAX);
	int32	   *location_ids = palloc(sizeof(int32) * Max(near.count, 1));

	for (int i = 0; i < near.count; i++)
		location_ids[i] = near.locations[i]->location_id;
	*count = near.count;
	return location_ids;
}

/*
 * LikelyIds is the numbers of locations at which to look for what very many
 * have: the channel's, if it has a list, else those near the destination.
 */
static const int32 *
LikelyIds(const Objective *objective, int *count)
{
	const Channel *channel = objective->channel;

	if (channel == NULL || channel->location_count == 0 ||
		objective->rules->ship_from_location_id != 0)
		return NearIds(objective, count);
	*count = channel->location_count;
	return channel->location_ids;
}

/*
 * NeedsNoStock tells whether some item of a choice needs none, so that a
 * location without any may ship it.
 */
static bool
NeedsNoStock(const Choice *choice)
{
	for (int i = 0; i < choice->instance.item_count; i++)
		if (choice->instance.items[i].part_count == 0)
			return true;
	return false;
}

/*
 * AddCandidate adds a location with nothing in stock, unless the role may not
 * see it, or it may not ship and only those that may are asked for.
 */
static Candidate *
AddCandidate(Choice *choice, int32 location_id, bool may_ship_only)
{
	Sourcing   *sourcing = choice->sourcing;
	Candidate  *candidate = &sourcing->candidates[sourcing->candidate_count];
	const Location *location = LocationSeen(location_id);

	if (location == NULL)
		return NULL;
	*candidate = CandidateMake(&choice->objective, location);
	if (may_ship_only &&
		!CandidateMayShip(&choice->objective, candidate))
		return NULL;
	candidate->stock = palloc0(sizeof(Quantity) *
							   Max(choice->instance.sku_count, 1));
	sourcing->candidate_count++;
	return candidate;
}

/*
 * AddStocked adds the locations of shelves with what they may promise.
 */
static void
AddStocked(Choice *choice, const Shelves *shelves, bool may_ship_only)
{
	int32		channel_id = choice->objective.rules->channel_id;
	Candidate  *candidate = NULL;

	for (int i = 0; i < shelves->count; i++)
	{
		const Shelf *shelf = &shelves->shelves[i];

		if (i == 0 || shelf->location_id != shelf[-1].location_id)
			candidate = AddCandidate(choice, shelf->location_id, may_ship_only);
		if (candidate != NULL)
			candidate->stock[shelf->sku] =
				Max(shelf->available -
					StockBufferAt(&choice->buffers[shelf->sku],
								  shelf->location_id, channel_id), 0);
	}
}

/*
 * AddOthers adds those of some locations that are not among the candidates.
 */
static void
AddOthers(Choice *choice, const int32 *location_ids, int n, bool may_ship_only)
{
	for (int i = 0; i < n; i++)
	{
		int			known = choice->sourcing->candidate_count;
		int			c = 0;

		while (c < known &&
			   choice->sourcing->candidates[c].location_id != location_ids[i])
			c++;
		if (c == known)
			AddCandidate(choice, location_ids[i], may_ship_only);
	}
}

/*
 * ChoiceRead reads the candidates of a choice, in order of preference: the
 * locations that have any of its SKUs, the n that are given, and, if some item
 * needs no stock, those near the destination.  With may_ship_only set it leaves
 * out those that may not ship.
 */
void
ChoiceRead(Choice *choice, const int32 *location_ids, int n, bool may_ship_only)
{
	Sourcing   *sourcing = choice->sourcing;
	Shelves		shelves = ShelvesRead(choice->sku_ids,
									  choice->instance.sku_count,
									  choice->locations_max);
	const int32 *likely = NULL;
	int			likely_count = 0;

	choice->is_complete = shelves.is_complete;
	if (!shelves.is_complete || NeedsNoStock(choice))
		likely = LikelyIds(&choice->objective, &likely_count);
	if (!shelves.is_complete)
		ShelvesComplete(&shelves, likely, likely_count);
	sourcing->candidate_count = 0;
	sourcing->candidates = palloc(mul_size(sizeof(Candidate),
										   shelves.count + n + likely_count + 1));
	AddStocked(choice, &shelves, may_ship_only);
	AddOthers(choice, location_ids, n, may_ship_only);
	if (NeedsNoStock(choice))
		AddOthers(choice, likely, likely_count, may_ship_only);
	CandidatesSort(sourcing->candidates, sourcing->candidate_count);
}

/*
 * AddScarcity adds what the last units of the SKUs are worth where they are.
 */
static void
AddScarcity(Choice *choice)
{
	RouteInstance *instance = &choice->instance;

	for (int s = 0; s < instance->sku_count; s++)
	{
		ScarcityPrices prices = ScarcityRead(choice->sku_ids[s]);

		for (int l = 0; prices.count > 0 && l < instance->location_count; l++)
		{
			const Amount *scarcity = ScarcityAt(&prices,
												choice->sourcing->candidates[l].location_id);
			int64		price = scarcity == NULL ? 0
				: ObjectiveMoney(&choice->objective, *scarcity);

			for (int i = 0; i < instance->item_count; i++)
				for (int p = 0; p < instance->items[i].part_count; p++)
					if (instance->items[i].parts[p].sku == s)
						instance->unit[l * instance->item_count + i] +=
							RoutePrice(price, instance->items[i].parts[p].quantity);
		}
	}
}

/*
 * TariffOf is the tariff of a candidate.  Those that come after each other, in
 * order of their distance, often have the same, which is made once.
 */
static RouteTariff
TariffOf(const Choice *choice, int l)
{
	const Candidate *candidate = &choice->sourcing->candidates[l];

	if (l > 0 && candidate[-1].band == candidate->band &&
		candidate[-1].has_steps == candidate->has_steps)
		return choice->instance.tariffs[l - 1];
	return ObjectiveTariff(&choice->objective, candidate);
}

/*
 * ChoiceFill fills in what the candidates that were read have and cost.
 */
void
ChoiceFill(Choice *choice)
{
	const Objective *objective = &choice->objective;
	const Sourcing *sourcing = choice->sourcing;
	RouteInstance *instance = &choice->instance;
	Size		m = Max(sourcing->candidate_count, 1);
	Size		n = Max(instance->item_count, 1);
	bool		has_steps = false;

	instance->location_count = sourcing->candidate_count;
	instance->stock = palloc(mul_size(sizeof(Quantity) * m,
									  Max(instance->sku_count, 1)));
	instance->barred = palloc(mul_size(sizeof(bool) * n, m));
	instance->fixed = palloc(mul_size(sizeof(RouteCost), m));
	instance->unit = palloc(mul_size(sizeof(int64) * n, m));
	instance->tariffs = palloc(mul_size(sizeof(RouteTariff), m));
	for (int l = 0; l < sourcing->candidate_count; l++)
	{
		const Candidate *candidate = &sourcing->candidates[l];

		memcpy(&instance->stock[l * instance->sku_count], candidate->stock,
			   sizeof(Quantity) * instance->sku_count);
		instance->fixed[l] = ObjectiveFixed(objective, candidate);
		instance->tariffs[l] = TariffOf(choice, l);
		has_steps = has_steps || candidate->has_steps;
		for (int i = 0; i < instance->item_count; i++)
		{
			instance->barred[l * n + i] =
				!CandidateMayShip(objective, candidate) ||
				CandidateBars(objective, candidate, i) != NULL;
			instance->unit[l * n + i] = ObjectiveUnit(objective, candidate, i);
		}
	}
	if (!has_steps)
		instance->tariffs = NULL;
}

/*
 * ArrivesOn is the day on which a candidate's shipment is there, or leaves if
 * no service says how long it takes; never if the service doesn't go from there.
 */
static DateADT
ArrivesOn(const Objective *objective, const Candidate *candidate)
{
	if (candidate->has_arrival)
		return candidate->arrives_on;
	return objective->service == NULL || candidate->counter
		? candidate->ships_on : DATEVAL_NOEND;
}

/*
 * NextDay is the first day after another on which a candidate's shipment
 * arrives.
 */
static DateADT
NextDay(const Choice *choice, DateADT day)
{
	const Sourcing *sourcing = choice->sourcing;
	DateADT		next = DATEVAL_NOEND;

	for (int l = 0; l < sourcing->candidate_count; l++)
	{
		DateADT		arrives_on = ArrivesOn(&choice->objective,
										   &sourcing->candidates[l]);

		if (arrives_on > day && arrives_on < next)
			next = arrives_on;
	}
	return next;
}

/*
 * IsWorse tells whether a plan leaves more open than another.
 */
static bool
IsWorse(const RouteInstance *instance, const RoutePlan *plan,
		const RoutePlan *other)
{
	for (int i = 0; i < instance->item_count; i++)
		if (plan->open[i] > other->open[i])
			return true;
	return false;
}

/*
 * PlanFastest makes the cheapest of the plans that have everything there first,
 * all that any plan ships: day by day, with those whose shipments are there by
 * then.
 */
static RoutePlan *
PlanFastest(const Choice *choice)
{
	const RouteInstance *instance = &choice->instance;
	RoutePlan  *best = RoutePlanMake(instance);
	RouteInstance early = *instance;
	Size		cells = mul_size(instance->location_count, instance->item_count);
	DateADT		day = DATEVAL_NOBEGIN;

	early.barred = palloc(Max(cells, 1));
	for (;;)
	{
		RoutePlan  *plan;

		CHECK_FOR_INTERRUPTS();
		day = NextDay(choice, day);
		if (day == DATEVAL_NOEND)
			return best;
		memcpy(early.barred, instance->barred, cells);
		for (int l = 0; l < instance->location_count; l++)
			if (ArrivesOn(&choice->objective,
						  &choice->sourcing->candidates[l]) > day)
				memset(&early.barred[l * instance->item_count], true,
					   instance->item_count);
		plan = RoutePlanMake(&early);
		if (!IsWorse(instance, plan, best))
			return plan;
	}
}

/*
 * ChoicePlan lets the router plan with the candidates that were read.
 */
void
ChoicePlan(Choice *choice)
{
	ChoiceFill(choice);
	if (choice->objective.strategy == ROUTE_BALANCED)
		AddScarcity(choice);
	choice->sourcing->plan = choice->objective.strategy == ROUTE_FASTEST
		? PlanFastest(choice) : RoutePlanMake(&choice->instance);
}
