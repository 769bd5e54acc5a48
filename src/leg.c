/*
 * leg.c
 *		What each location ships of an order: its cost, its dates, its rows.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

/*
 * LegOf finds the leg of a candidate, or starts it.
 */
static int
LegOf(Legs *legs, const Candidate *candidate, int first_fulfillment_no)
{
	Leg		   *leg;

	for (int i = 0; i < legs->count; i++)
		if (legs->legs[i].candidate == candidate)
			return i;
	leg = &legs->legs[legs->count];
	memset(leg, 0, sizeof(Leg));
	leg->candidate = candidate;
	leg->fulfillment_no = first_fulfillment_no + legs->count;
	return legs->count++;
}

/*
 * SetCost sets what the service of a sourcing costs for a leg, and when it
 * arrives.
 */
static void
SetCost(Leg *leg, const ShippingService *service)
{
	const Candidate *candidate = leg->candidate;
	const ShippingStep *step = candidate->band == NULL ? NULL
		: BandStep(candidate->band, leg->weight_g);

	if (step == NULL)
		return;
	leg->has_cost = true;
	leg->cost = StepPrice(step, leg->weight_g);
	leg->arrives_on = ShippingArrivesOn(service, candidate->ships_on,
										step->transit_days);
}

/*
 * LegsMake groups the picks of a plan by location and numbers them.  What they
 * weigh is what the service bills.
 */
Legs *
LegsMake(const Sourcing *sourcing, int first_fulfillment_no)
{
	const RoutePlan *plan = sourcing->plan;
	Legs	   *legs = palloc(sizeof(Legs));

	legs->count = 0;
	legs->legs = palloc(sizeof(Leg) * Max(plan->pick_count, 1));
	legs->of_pick = palloc(sizeof(int) * Max(plan->pick_count, 1));
	for (int i = 0; i < plan->pick_count; i++)
	{
		const RoutePick *pick = &plan->picks[i];
		const Sku  *sku = sourcing->demands[pick->item].sku;
		int			leg = LegOf(legs, &sourcing->candidates[pick->location],
								first_fulfillment_no);

		legs->of_pick[i] = leg;
		legs->legs[leg].weight_g =
			(int64) Min(legs->legs[leg].weight_g +
						floor(ShippingWeightOf(sourcing->service, sku,
											   pick->quantity)),
						SHIPPING_WEIGHT_MAX_G);
	}
	for (int i = 0; i < legs->count; i++)
		SetCost(&legs->legs[i], sourcing->service);
	return legs;
}

/*
 * InsertFulfillments inserts a row for each leg that does not join another.
 */
static void
InsertFulfillments(int64 order_id, const Legs *legs, Status status)
{
	static StoreTable fulfillments = {
		"fulfillments",
		"order_id bigint, fulfillment_no integer, "
		"location_id integer, status oms.fulfillment_status, "
		"pickup boolean, distance_m float8, ships_on date, "
		"arrives_on date",
		NULL,
		{"fulfillments_order_id_fkey", "fulfillments_location_id_fkey"}
	};
	Rows		rows = RowsMake(8, legs->count);

	for (int i = 0; i < legs->count; i++)
	{
		const Leg  *leg = &legs->legs[i];

		if (leg->joins)
			continue;
		Put(&rows, Int64GetDatum(order_id));
		Put(&rows, Int32GetDatum(leg->fulfillment_no));
		Put(&rows, Int32GetDatum(leg->candidate->location_id));
		Put(&rows, StatusGetDatum(status));
		Put(&rows, BoolGetDatum(leg->candidate->counter));
		PutNullable(&rows, Float8GetDatum(leg->candidate->distance_m),
					leg->candidate->distance_m < 0);
		Put(&rows, DateADTGetDatum(leg->candidate->ships_on));
		PutNullable(&rows, DateADTGetDatum(leg->arrives_on), !leg->has_cost);
	}
	TableInsert(&fulfillments, &rows);
}

/*
 * Reserves tells whether a quantity of a SKU takes any stock.
 */
static bool
Reserves(const Sku *sku, Quantity quantity)
{
	for (int p = 0; p < sku->part_count; p++)
		if (PartUnits(sku->parts[p].quantity, quantity) > 0)
			return true;
	return false;
}

/*
 * InsertFulfillmentLines inserts a row for each pick, or adds to the one that
 * a joined fulfillment has of the line.
 */
static void
InsertFulfillmentLines(int64 order_id, const Sourcing *sourcing,
					   const Legs *legs)
{
	static StoreTable lines = {
		"fulfillment_lines",
		"order_id bigint, fulfillment_no integer, line_no integer, "
		"quantity oms.quantity, reserves boolean",
		NULL,
		{"fulfillment_lines_fulfillment_fkey", "fulfillment_lines_line_fkey"}
	};
	static SavedPlan add = {
		"bigint[], integer[], integer[], oms.quantity[], boolean[]",
		"INSERT INTO oms.fulfillment_lines (order_id, fulfillment_no, line_no, quantity, reserves) "
		"SELECT * FROM unnest($1, $2, $3, $4, $5) "
		"ON CONFLICT (order_id, fulfillment_no, line_no) "
		"DO UPDATE SET quantity = fulfillment_lines.quantity + excluded.quantity, "
		"    reserves = fulfillment_lines.reserves AND excluded.reserves"
	};
	bool		joins = false;
	Rows		rows = RowsMake(5, sourcing->plan->pick_count);
	Params		params = {0};

	for (int i = 0; i < sourcing->plan->pick_count; i++)
	{
		const RoutePick *pick = &sourcing->plan->picks[i];
		const Demand *demand = &sourcing->demands[pick->item];

		Put(&rows, Int64GetDatum(order_id));
		Put(&rows, Int32GetDatum(legs->legs[legs->of_pick[i]].fulfillment_no));
		Put(&rows, Int32GetDatum(demand->line_no));
		Put(&rows, QuantityGetDatum(pick->quantity));
		Put(&rows, BoolGetDatum(Reserves(demand->sku, pick->quantity)));
	}
	for (int i = 0; i < legs->count; i++)
		joins = joins || legs->legs[i].joins;
	if (!joins)
	{
		TableInsert(&lines, &rows);
		return;
	}
	AddRows(&params, &add, &rows);
	PlanRun(&add, params.values, NULL, false);
}

/*
 * CountParts is the number of reservations that the picks need at most.
 */
static int
CountParts(const Sourcing *sourcing)
{
	int			n = 0;

	for (int i = 0; i < sourcing->plan->pick_count; i++)
		n += sourcing->demands[sourcing->plan->picks[i].item].sku->part_count;
	return n;
}

/*
 * InsertReservations inserts a row for each SKU of each pick, but for what is
 * less than a millionth of one.
 */
static void
InsertReservations(int64 order_id, const Sourcing *sourcing, const Legs *legs)
{
	static StoreTable reservations = {
		"reservations",
		"order_id bigint, sku_id bigint, location_id integer, "
		"quantity oms.quantity, fulfillment_no integer, "
		"line_no integer"
	};
	Rows		rows = RowsMake(6, CountParts(sourcing));

	for (int i = 0; i < sourcing->plan->pick_count; i++)
	{
		const RoutePick *pick = &sourcing->plan->picks[i];
		const Demand *demand = &sourcing->demands[pick->item];
		const Leg  *leg = &legs->legs[legs->of_pick[i]];

		for (int p = 0; p < demand->sku->part_count; p++)
		{
			const SkuPart *part = &demand->sku->parts[p];
			Quantity	units = PartUnits(part->quantity, pick->quantity);

			if (units == 0)
				continue;
			Put(&rows, Int64GetDatum(order_id));
			Put(&rows, Int64GetDatum(part->sku_id));
			Put(&rows, Int32GetDatum(leg->candidate->location_id));
			Put(&rows, QuantityGetDatum(units));
			Put(&rows, Int32GetDatum(leg->fulfillment_no));
			Put(&rows, Int32GetDatum(demand->line_no));
		}
	}
	TableInsert(&reservations, &rows);
}

/*
 * LegsInsert inserts the fulfillments of reserved legs with their lines and
 * reservations.  The caller has inserted the order and its lines.
 */
void
LegsInsert(int64 order_id, const Sourcing *sourcing, const Legs *legs,
		   Status status)
{
	if (legs->count == 0)
		return;
	InsertFulfillments(order_id, legs, status);
	InsertFulfillmentLines(order_id, sourcing, legs);
	InsertReservations(order_id, sourcing, legs);
}
