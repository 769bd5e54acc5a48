/*
 * order_offer.c
 *		Which shipping services can take an order that is being placed, at what
 *		price, and by when.
 *
 * What a service costs, where it goes and how long it takes decides who ships,
 * so the order is planned anew for each.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "miscadmin.h"
#include "utils/memutils.h"

/* Services that are planned for at most: each takes as long as a route() */
#define OFFERS_MAX		100

/*
 * MayTake tells whether a plan is worth while: the service is for what is
 * fetched or for what is not, as the order, and goes to its destination.
 */
static bool
MayTake(const OrderDraft *draft, const ShippingService *service)
{
	const Destination *destination = &draft->destination;
	Amount		least;

	return service->pickup == (draft->rules.pickup_location_id != 0) &&
		LaneLeast(LaneFind(service->service_id, destination->country,
						   destination->region, destination->postcode),
				  0, 0, &least);
}

/*
 * SetLegDates sets when the first leg ships and the last arrives.  What is
 * fetched where it is, is there when it could ship.  Returns false if the
 * service has no rate for a leg.
 */
static bool
SetLegDates(ServiceOffer *offer, const Legs *legs)
{
	offer->leg_count = legs->count;
	offer->ships_on = DATEVAL_NOEND;
	offer->arrives_on = DATEVAL_NOBEGIN;
	for (int i = 0; i < legs->count; i++)
	{
		const Leg  *leg = &legs->legs[i];
		const Candidate *candidate = leg->candidate;

		if (!candidate->counter && !leg->has_cost)
			return false;
		offer->ships_on = Min(offer->ships_on, candidate->ships_on);
		offer->arrives_on = Max(offer->arrives_on,
								candidate->counter ? candidate->ships_on
								: leg->arrives_on);
	}
	return true;
}

/*
 * AwaitOpen has an offer arrive no sooner than what waits for stock: that takes
 * transit_days from the day on which it can be expected.
 */
static void
AwaitOpen(ServiceOffer *offer, const Sourcing *sourcing,
		  const SourcingRules *rules, int transit_days)
{
	DateADT    *days = PromiseDays(sourcing, rules, 0);

	for (int i = 0; days != NULL && i < sourcing->demand_count; i++)
		if (sourcing->plan->open[i] > 0)
			offer->arrives_on = Max(offer->arrives_on,
									ShippingArrivesOn(offer->service, days[i],
													  transit_days));
}

/*
 * PlanOffer plans an order for the service of an offer, and fills that in.
 * Returns false if the service cannot take the order.  sourcing is the plan for
 * the service that the document names, if any.
 */
static bool
PlanOffer(const OrderDraft *draft, const Sourcing *sourcing,
		  ServiceOffer *offer)
{
	const ShippingService *service = offer->service;
	SourcingRules rules = draft->rules;
	ShippingRate way;

	if (service->service_id != rules.service_id)
	{
		rules.service_id = service->service_id;
		sourcing = SourcingPlan(DraftDemands(draft, 1), draft->line_count,
								&rules);
	}
	if (!SourcingSuffices(sourcing, &rules))
		return false;
	way = DraftShippingWay(draft, sourcing, service);
	if (!DraftShippingFind(draft, service->service_id, &way, &offer->price) ||
		!SetLegDates(offer, LegsMake(sourcing, 1)))
		return false;
	AwaitOpen(offer, sourcing, &rules, service->pickup ? 0 : way.transit_days);
	return !rules.has_deliver_by || DATE_IS_NOEND(offer->arrives_on) ||
		offer->arrives_on <= rules.deliver_by;
}

/*
 * CompareOffers is a comparator of qsort: the cheapest first, then the soonest,
 * then by code.
 */
static int
CompareOffers(const void *a, const void *b)
{
	const ServiceOffer *x = a;
	const ServiceOffer *y = b;
	int64		x_price = AmountMinor(x->price);
	int64		y_price = AmountMinor(y->price);

	if (x_price != y_price)
		return x_price < y_price ? -1 : 1;
	if (x->arrives_on != y->arrives_on)
		return x->arrives_on < y->arrives_on ? -1 : 1;
	return strcmp(x->service->code, y->service->code);
}

/*
 * OrderOffers finds the active services that can take the whole of a priced
 * draft, of the first OFFERS_MAX by their codes that go to its destination, and
 * returns how many there are.  sourcing is the plan for the service that the
 * document names, if any.  Services last as those of ServiceGet().
 */
int
OrderOffers(const OrderDraft *draft, const Sourcing *sourcing,
			ServiceOffer **offers)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "oms offer",
												  ALLOCSET_DEFAULT_SIZES);
	const int32 *service_ids;
	int			service_count = ServicesActive(&service_ids);
	int			planned = 0;
	int			n = 0;

	*offers = palloc(sizeof(ServiceOffer) * OFFERS_MAX);
	for (int i = 0; i < service_count && planned < OFFERS_MAX; i++)
	{
		ServiceOffer offer = {ServiceGet(service_ids[i])};
		MemoryContext outer;

		if (!MayTake(draft, offer.service))
			continue;
		CHECK_FOR_INTERRUPTS();
		planned++;
		outer = MemoryContextSwitchTo(context);
		if (PlanOffer(draft, sourcing, &offer))
			(*offers)[n++] = offer;
		MemoryContextSwitchTo(outer);
		MemoryContextReset(context);
	}
	MemoryContextDelete(context);
	qsort(*offers, n, sizeof(ServiceOffer), CompareOffers);
	return n;
}
