/*
 * leg.c
 *		What each location ships of an order: its cost, its dates, its rows.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

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
 * LegsMake groups the picks of a plan by location and numbers them.
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
		legs->legs[leg].weight_g +=
			(int64) ((double) sku->weight_g * pick->quantity / QUANTITY_SCALE);
	}
	return legs;
}

/*
 * LocationCode finds the code of a location.
 */
char *
LocationCode(int32 location_id)
{
	static SavedPlan find = {
		"integer",
		"SELECT code FROM oms.locations WHERE location_id = $1"
	};
	Datum		values[1] = {Int32GetDatum(location_id)};

	if (PlanRun(&find, values, NULL, false) != 1)
		elog(ERROR, "a location of the plan has vanished");
	return RowText(0, 1);
}

/*
 * LegParameters adds the arrays location, distance and weight of legs.
 */
static void
LegParameters(const Legs *legs, Params *params)
{
	Datum	   *locations = palloc(sizeof(Datum) * legs->count);
	Datum	   *distances = palloc(sizeof(Datum) * legs->count);
	Datum	   *weights = palloc(sizeof(Datum) * legs->count);
	bool	   *unknown = palloc(sizeof(bool) * legs->count);

	for (int i = 0; i < legs->count; i++)
	{
		const Leg  *leg = &legs->legs[i];

		locations[i] = Int32GetDatum(leg->candidate->location_id);
		distances[i] = Float8GetDatum(leg->candidate->distance_m);
		unknown[i] = leg->candidate->distance_m < 0;
		weights[i] = Int64GetDatum(leg->weight_g);
	}
	AddDatum(params, ArrayDatum(locations, NULL, legs->count, INT4OID));
	AddDatum(params, ArrayDatum(distances, unknown, legs->count, FLOAT8OID));
	AddDatum(params, ArrayDatum(weights, NULL, legs->count, INT8OID));
}

/*
 * LegsPromise sets when each leg ships, by the location's cutoff, clock and
 * handling days, and with a service also what it costs and when it arrives.
 * service_id 0 is none; country may be NULL.
 */
void
LegsPromise(Legs *legs, int32 service_id, const char *country, TimestampTz at)
{
	static SavedPlan promise = {
		"integer[], float8[], bigint[], integer, text, timestamptz",
		"SELECT d.ships_on, r.price, d.ships_on + r.transit_days "
		"FROM unnest($1, $2, $3) WITH ORDINALITY AS g(location_id, distance_m, weight_g, n) "
		"     JOIN oms.locations l USING (location_id) "
		"     CROSS JOIN LATERAL (SELECT $6 AT TIME ZONE l.time_zone AS local) AS t "
		"     CROSS JOIN LATERAL "
		"     (SELECT t.local::date + l.handling_days "
		"             + CASE WHEN t.local::time > l.cutoff THEN 1 ELSE 0 END AS ships_on) AS d "
		"     LEFT JOIN LATERAL (" SHIPPING_RATE("$4", "$5", "g.distance_m", "g.weight_g") ") "
		"     AS r ON $4 IS NOT NULL "
		"ORDER BY g.n"
	};
	Params		params = {0};

	if (legs->count == 0)
		return;
	LegParameters(legs, &params);
	AddNullable(&params, Int32GetDatum(service_id), service_id == 0);
	AddText(&params, country);
	AddDatum(&params, TimestampTzGetDatum(at));
	if (PlanRun(&promise, params.values, params.nulls, false) != legs->count)
		elog(ERROR, "a location of the plan has vanished");
	for (int i = 0; i < legs->count; i++)
	{
		Leg		   *leg = &legs->legs[i];
		bool		no_rate;
		Datum		cost = RowDatum(i, 2, &no_rate);

		leg->ships_on = DatumGetDateADT(RowDatum(i, 1, NULL));
		leg->has_cost = !no_rate;
		if (no_rate)
			continue;
		leg->cost = DatumGetAmount(cost);
		leg->arrives_on = DatumGetDateADT(RowDatum(i, 3, NULL));
	}
}

/*
 * InsertFulfillments inserts a row for each leg that does not join another.
 */
static void
InsertFulfillments(int64 order_id, const Legs *legs, Status status, bool pickup)
{
	static SavedPlan insert = {
		"integer[], float8[], bigint[], bigint, oms.fulfillment_status, boolean, "
		"integer[], date[], date[], boolean[]",
		"INSERT INTO oms.fulfillments (order_id, status, pickup, "
		"       location_id, distance_m, fulfillment_no, ships_on, arrives_on) "
		"SELECT $4, $5, $6, g.location_id, g.distance_m, g.fulfillment_no, g.ships_on, g.arrives_on "
		"FROM unnest($1, $2, $7, $8, $9, $10) "
		"     AS g(location_id, distance_m, fulfillment_no, ships_on, arrives_on, joins) "
		"WHERE NOT g.joins"
	};
	int			n = legs->count;
	Datum	   *numbers = palloc(sizeof(Datum) * n);
	Datum	   *ships_on = palloc(sizeof(Datum) * n);
	Datum	   *arrives_on = palloc(sizeof(Datum) * n);
	Datum	   *joins = palloc(sizeof(Datum) * n);
	bool	   *no_arrival = palloc(sizeof(bool) * n);
	Params		params = {0};

	for (int i = 0; i < n; i++)
	{
		numbers[i] = Int32GetDatum(legs->legs[i].fulfillment_no);
		ships_on[i] = DateADTGetDatum(legs->legs[i].ships_on);
		arrives_on[i] = DateADTGetDatum(legs->legs[i].arrives_on);
		no_arrival[i] = !legs->legs[i].has_cost;
		joins[i] = BoolGetDatum(legs->legs[i].joins);
	}
	LegParameters(legs, &params);
	AddDatum(&params, Int64GetDatum(order_id));
	AddDatum(&params, StatusGetDatum(status));
	AddDatum(&params, BoolGetDatum(pickup));
	AddDatum(&params, ArrayDatum(numbers, NULL, n, INT4OID));
	AddDatum(&params, ArrayDatum(ships_on, NULL, n, DATEOID));
	AddDatum(&params, ArrayDatum(arrives_on, no_arrival, n, DATEOID));
	AddDatum(&params, ArrayDatum(joins, NULL, n, BOOLOID));
	PlanRun(&insert, params.values, params.nulls, false);
}

/*
 * InsertFulfillmentLines inserts a row for each pick, or adds to the one that
 * a joined fulfillment has of the line.
 */
static void
InsertFulfillmentLines(int64 order_id, const Sourcing *sourcing,
					   const Legs *legs)
{
	static SavedPlan insert = {
		"bigint, integer[], integer[], oms.quantity[]",
		"INSERT INTO oms.fulfillment_lines (order_id, fulfillment_no, line_no, quantity) "
		"SELECT $1, p.* FROM unnest($2, $3, $4) AS p "
		"ON CONFLICT (order_id, fulfillment_no, line_no) "
		"DO UPDATE SET quantity = fulfillment_lines.quantity + excluded.quantity"
	};
	int			n = sourcing->plan->pick_count;
	Datum	   *numbers = palloc(sizeof(Datum) * n);
	Datum	   *lines = palloc(sizeof(Datum) * n);
	Datum	   *quantities = palloc(sizeof(Datum) * n);
	Datum		values[4];

	for (int i = 0; i < n; i++)
	{
		const RoutePick *pick = &sourcing->plan->picks[i];

		numbers[i] = Int32GetDatum(legs->legs[legs->of_pick[i]].fulfillment_no);
		lines[i] = Int32GetDatum(sourcing->demands[pick->item].line_no);
		quantities[i] = QuantityGetDatum(pick->quantity);
	}
	values[0] = Int64GetDatum(order_id);
	values[1] = ArrayDatum(numbers, NULL, n, INT4OID);
	values[2] = ArrayDatum(lines, NULL, n, INT4OID);
	values[3] = ArrayDatum(quantities, NULL, n, TypeNamed("oms.quantity"));
	PlanRun(&insert, values, NULL, false);
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
	static SavedPlan insert = {
		"bigint, bigint[], integer[], oms.quantity[], integer[], integer[]",
		"INSERT INTO oms.reservations (order_id, sku_id, location_id, quantity, "
		"       fulfillment_no, line_no) "
		"SELECT $1, r.* FROM unnest($2, $3, $4, $5, $6) AS r"
	};
	int			n = CountParts(sourcing);
	Datum	   *columns[5];
	Datum		values[6];
	int			row = 0;

	if (n == 0)
		return;
	for (int c = 0; c < lengthof(columns); c++)
		columns[c] = palloc(sizeof(Datum) * n);
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
			columns[0][row] = Int64GetDatum(part->sku_id);
			columns[1][row] = Int32GetDatum(leg->candidate->location_id);
			columns[2][row] = QuantityGetDatum(units);
			columns[3][row] = Int32GetDatum(leg->fulfillment_no);
			columns[4][row++] = Int32GetDatum(demand->line_no);
		}
	}
	values[0] = Int64GetDatum(order_id);
	values[1] = ArrayDatum(columns[0], NULL, row, INT8OID);
	values[2] = ArrayDatum(columns[1], NULL, row, INT4OID);
	values[3] = ArrayDatum(columns[2], NULL, row, TypeNamed("oms.quantity"));
	values[4] = ArrayDatum(columns[3], NULL, row, INT4OID);
	values[5] = ArrayDatum(columns[4], NULL, row, INT4OID);
	PlanRun(&insert, values, NULL, false);
}

/*
 * LegsInsert inserts the fulfillments of reserved legs with their lines and
 * reservations.  The caller has inserted the order and its lines.
 */
void
LegsInsert(int64 order_id, const Sourcing *sourcing, const Legs *legs,
		   Status status, bool pickup)
{
	if (legs->count == 0)
		return;
	InsertFulfillments(order_id, legs, status, pickup);
	InsertFulfillmentLines(order_id, sourcing, legs);
	InsertReservations(order_id, sourcing, legs);
}
