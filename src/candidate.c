/*
 * candidate.c
 *		A location as one that may ship some demands: whether, how far, when.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "sourcing.h"

#include "catalog/pg_type.h"
#include "utils/array.h"

/*
 * CandidateFaultName is the word by which explain_route() tells of a fault,
 * NULL if there is none.
 */
const char *
CandidateFaultName(CandidateFault fault)
{
	static const char *const names[] = {
		[CANDIDATE_FIT] = NULL, [CANDIDATE_FULL] = "capacity",
		[CANDIDATE_NO_RATE] = "no_rate",
		[CANDIDATE_NO_EXCHANGE] = "exchange_rate",
		[CANDIDATE_INACTIVE] = "inactive",
		[CANDIDATE_CLOSED] = "calendar",
		[CANDIDATE_NOT_CHOSEN] = "not_chosen",
		[CANDIDATE_REJECTED] = "rejected", [CANDIDATE_CHANNEL] = "channel",
		[CANDIDATE_COUNTRY] = "country", [CANDIDATE_LATE] = "deliver_by",
	};

	return names[fault];
}

/*
 * CandidateMayShip tells whether a candidate may ship, at least where nobody
 * else can.
 */
bool
CandidateMayShip(const Objective *objective, const Candidate *candidate)
{
	return candidate->fault < CANDIDATE_LATE ||
		(candidate->fault == CANDIDATE_LATE && objective->rules->placed);
}

/*
 * IsExcluded tells whether the rules name a location as one to pass by.
 */
static bool
IsExcluded(int32 location_id, const SourcingRules *rules)
{
	Datum	   *ids;
	int			n;

	if (rules->excluded_location_ids == (Datum) 0)
		return false;
	deconstruct_array(DatumGetArrayTypeP(rules->excluded_location_ids),
					  INT4OID, sizeof(int32), true, TYPALIGN_INT, &ids, NULL,
					  &n);
	for (int i = 0; i < n; i++)
		if (DatumGetInt32(ids[i]) == location_id)
			return true;
	return false;
}

/*
 * FindFault tells why a location may not ship, whatever it costs and whenever.
 */
static CandidateFault
FindFault(const Candidate *candidate, const Objective *objective)
{
	const SourcingRules *rules = objective->rules;
	const Location *location = candidate->location;

	if (!location->active)
		return CANDIDATE_INACTIVE;
	if (rules->ship_from_location_id != 0 &&
		rules->ship_from_location_id != location->location_id)
		return CANDIDATE_NOT_CHOSEN;
	if (IsExcluded(location->location_id, rules))
		return CANDIDATE_REJECTED;
	if (objective->channel != NULL &&
		!ChannelShipsFrom(objective->channel, location->location_id))
		return CANDIDATE_CHANNEL;
	if (!candidate->counter && objective->country != NULL &&
		!LocationServes(location, objective->country))
		return CANDIDATE_COUNTRY;
	return CANDIDATE_FIT;
}

/*
 * SetWay sets how far a candidate is from the destination, and what the
 * service asks for the way.
 */
static void
SetWay(Candidate *candidate, const Objective *objective)
{
	const Location *location = candidate->location;

	candidate->distance_m = -1;
	if (candidate->counter)
	{
		candidate->distance_m = 0;
		return;
	}
	if (objective->destination != (Datum) 0 && location->has_point)
		candidate->distance_m = Distance(location->point, objective->destination);
	if (objective->lane == NULL)
		return;
	candidate->band = LaneBand(objective->lane, location->location_id,
							   candidate->distance_m);
	if (candidate->band == NULL ||
		BandStep(candidate->band, objective->lightest_g) == NULL)
	{
		candidate->band = NULL;
		candidate->fault = CANDIDATE_NO_RATE;
	}
}

/*
 * SetArrival sets when a shipment of everything from a candidate arrives, if
 * the service says so.
 */
static void
SetArrival(Candidate *candidate, const Objective *objective)
{
	const ShippingStep *step = candidate->band == NULL ? NULL
		: BandStep(candidate->band, objective->weight_g);

	if (step == NULL)
		return;
	candidate->has_arrival = true;
	candidate->arrives_on = ShippingArrivesOn(objective->service,
											  candidate->ships_on,
											  step->transit_days);
}

/*
 * SetDates sets when a candidate ships, and when that arrives.  One whose days
 * are all taken ships on the first all the same, if it has to.
 */
static void
SetDates(Candidate *candidate, const Objective *objective)
{
	const SourcingRules *rules = objective->rules;
	DateADT		soonest = LocationShipsOn(candidate->location, rules->at);
	DateADT		free = LocationShipsWithRoom(candidate->location, soonest,
												 rules->order_id);
	DateADT		there;

	candidate->ships_on = free == DAY_NEVER ? soonest : free;
	if (soonest == DAY_NEVER)
	{
		candidate->fault = CANDIDATE_CLOSED;
		return;
	}
	if (free > soonest)
		candidate->fault = CANDIDATE_FULL;
	SetArrival(candidate, objective);
	there = candidate->has_arrival ? candidate->arrives_on : candidate->ships_on;
	if (rules->has_deliver_by && there > rules->deliver_by)
		candidate->fault = CANDIDATE_LATE;
}

/*
 * HasUnknownCost tells whether something that a candidate costs can't be
 * compared, because no rate of exchange is known.
 */
static bool
HasUnknownCost(const Candidate *candidate, const Objective *objective)
{
	const Location *location = candidate->location;

	return (location->has_handling_cost &&
			!ObjectiveKnows(objective, AmountCurrency(location->handling_cost))) ||
		(location->has_unit_cost &&
		 !ObjectiveKnows(objective, AmountCurrency(location->unit_cost))) ||
		(candidate->band != NULL &&
		 !ObjectiveKnows(objective, objective->service->currency));
}

/*
 * CandidateMake judges a location.  Its way, dates and costs are only known if
 * nothing speaks against it, or at most the day it is wanted.
 */
Candidate
CandidateMake(const Objective *objective, const Location *location)
{
	Candidate	candidate = {location->location_id, location, -1};

	candidate.counter =
		objective->rules->pickup_location_id == location->location_id;
	candidate.fault = FindFault(&candidate, objective);
	if (candidate.fault != CANDIDATE_FIT)
		return candidate;
	if (objective->channel != NULL)
		candidate.channel_priority =
			ChannelPriority(objective->channel, location->location_id);
	SetWay(&candidate, objective);
	SetDates(&candidate, objective);
	ObjectivePrice(objective, &candidate);
	if (candidate.fault == CANDIDATE_FIT && HasUnknownCost(&candidate, objective))
		candidate.fault = CANDIDATE_NO_EXCHANGE;
	return candidate;
}

/*
 * CandidateBars tells why a candidate may not ship a demand although it may
 * ship others: the flag of the SKU that it does not handle, or the code of a
 * routing rule; NULL if it may.
 */
const char *
CandidateBars(const Objective *objective, const Candidate *candidate,
			  int demand)
{
	const Sku  *sku = objective->demands[demand].sku;
	const char *rule;

	if (!LocationHandles(candidate->location, sku->flags))
		return "flags";
	if (objective->sku_rules != NULL &&
		!RuleAllows(objective->sku_rules[demand], candidate->location, &rule))
		return rule;
	return NULL;
}

/*
 * Comparator of qsort: the order of preference of candidates that cost the
 * same.  What is not on the map comes last.
 */
static int
CompareCandidates(const void *a, const void *b)
{
	const Candidate *x = a;
	const Candidate *y = b;

	if ((x->distance_m < 0) != (y->distance_m < 0))
		return x->distance_m < 0 ? 1 : -1;
	if (x->distance_m != y->distance_m)
		return x->distance_m < y->distance_m ? -1 : 1;
	if (x->channel_priority != y->channel_priority)
		return x->channel_priority < y->channel_priority ? -1 : 1;
	if (x->location->priority != y->location->priority)
		return x->location->priority < y->location->priority ? -1 : 1;
	return x->location_id < y->location_id ? -1 : 1;
}

/*
 * CandidatesSort puts candidates into order of preference.
 */
void
CandidatesSort(Candidate *candidates, int n)
{
	qsort(candidates, n, sizeof(Candidate), CompareCandidates);
	for (int c = 0; c < n; c++)
		candidates[c].place = c;
}
