/*
 * route.c
 *		Routing for callers: what would ship what, and routing again.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "fulfillment.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/tuplestore.h"

/*
 * SetRateCountry takes the country of the nearest location for that of the
 * destination, which is only known as a point, where rates ask for one.
 */
static void
SetRateCountry(SourcingRules *rules)
{
	const Location *nearest;

	if (rules->service_id != 0 && rules->has_point &&
		LocationsServing(rules->latitude, rules->longitude, NULL, 1, &nearest) > 0)
		rules->rate_country = nearest->country;
}

/*
 * ResolveOptions finds the codes that routing options name.  Raises OM006 for
 * one that does not exist, and OM007 for a service that is inactive.
 */
static void
ResolveOptions(JsonbContainer *options, SourcingRules *rules)
{
	static SavedPlan find = {
		"text, text, text, text",
		"SELECT c.channel_id, s.service_id, p.location_id, f.location_id, "
		"       s.active "
		"FROM (SELECT) AS one "
		"     LEFT JOIN oms.channels c ON c.code = $1 "
		"     LEFT JOIN oms.shipping_services s ON s.code = $2 "
		"     LEFT JOIN oms.locations p ON p.code = $3 "
		"     LEFT JOIN oms.locations f ON f.code = $4"
	};
	static const char *const keys[] = {"channel", "service", "pickup_location", "ship_from"};
	static const char *const kinds[] = {"channel", "shipping service", "location", "location"};
	int32		ids[lengthof(keys)];
	Params		params = {0};
	Faults		faults;

	FaultsInit(&faults);
	for (int i = 0; i < lengthof(keys); i++)
		AddText(&params, DocText(options, keys[i]));
	PlanRun(&find, params.values, params.nulls, true);
	for (int i = 0; i < lengthof(keys); i++)
	{
		ids[i] = RowInt32(0, i + 1);
		if (ids[i] == 0 && DocHas(options, keys[i]))
			ereport(ERROR,
					(errcode(ERRCODE_OMS_UNKNOWN_CODE),
					 errmsg("%s \"%s\" does not exist", kinds[i],
							DocText(options, keys[i]))));
	}
	if (ids[1] != 0 && !RowBool(0, 5))
		FaultAdd(&faults, "$.service", "shipping service \"%s\" is not active",
				 DocText(options, "service"));
	FaultsRaise(&faults, "route options");
	rules->channel_id = ids[0];
	rules->service_id = ids[1];
	rules->pickup_location_id = ids[2];
	rules->ship_from_location_id = ids[3];
	rules->strategy = RouteStrategyFromName(DocText(options, "strategy"));
	rules->has_deliver_by = DocDate(options, "deliver_by", &rules->deliver_by);
	rules->at = PresentTime();
	rules->allow_split = DocBool(options, "allow_split", true);
	rules->allow_backorder = DocBool(options, "allow_backorder", false);
}

/*
 * ReadDemands reads the lines to route.  Raises OM006 for an unknown SKU.
 */
static Demand *
ReadDemands(JsonbContainer *lines, int *count)
{
	int			n = DocCount(lines);
	Demand	   *demands = palloc(sizeof(Demand) * n);

	for (int i = 0; i < n; i++)
	{
		JsonbContainer *line = DocItem(lines, i);

		demands[i].line_no = i + 1;
		demands[i].sku = SkuRequire(DocText(line, "sku"));
		demands[i].quantity = 0;
		DocQuantity(line, "quantity", &demands[i].quantity);
		SkuRequireStep(demands[i].sku, demands[i].quantity, "quantity");
	}
	*count = n;
	return demands;
}

/*
 * ReadPoint sets where goods are to go; a null is nowhere in particular.  Raises
 * 22023 for a point that is none, such as PostGIS makes of infinite degrees.
 */
static void
ReadPoint(FunctionCallInfo fcinfo, SourcingRules *rules)
{
	rules->has_point = !PG_ARGISNULL(1) && !PG_ARGISNULL(2);
	if (!rules->has_point)
		return;
	rules->latitude = PG_GETARG_FLOAT8(1);
	rules->longitude = PG_GETARG_FLOAT8(2);
	if (!isfinite(rules->latitude) || !isfinite(rules->longitude))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("destination must be a point on the earth"),
				 errdetail("Its latitude is %g, its longitude %g.",
						   rules->latitude, rules->longitude)));
}

/*
 * PutLeg adds a row of oms.route_leg; location NULL is for what nobody has.
 */
static void
PutLeg(ReturnSetInfo *result, const Demand *demand, Quantity quantity,
	   const Leg *leg, const char *location)
{
	Datum		values[8];
	bool		nulls[8] = {false};

	values[0] = Int32GetDatum(demand->line_no);
	values[1] = CStringGetTextDatum(demand->sku->code);
	values[2] = QuantityGetDatum(quantity);
	nulls[3] = nulls[4] = nulls[5] = nulls[6] = nulls[7] = leg == NULL;
	if (leg != NULL)
	{
		values[3] = CStringGetTextDatum(location);
		values[4] = Float8GetDatum(leg->candidate->distance_m);
		nulls[4] = leg->candidate->distance_m < 0;
		values[5] = AmountGetDatum(leg->cost);
		values[6] = DateADTGetDatum(leg->candidate->ships_on);
		values[7] = DateADTGetDatum(leg->arrives_on);
		nulls[5] = nulls[7] = !leg->has_cost;
	}
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * PutPlan adds the rows of a plan: what is shipped, then what must wait.
 */
static void
PutPlan(ReturnSetInfo *result, const Sourcing *sourcing, const Legs *legs)
{
	for (int i = 0; i < sourcing->plan->pick_count; i++)
	{
		const RoutePick *pick = &sourcing->plan->picks[i];
		const Leg  *leg = &legs->legs[legs->of_pick[i]];

		PutLeg(result, &sourcing->demands[pick->item], pick->quantity, leg,
			   leg->candidate->location->code);
	}
	for (int i = 0; i < sourcing->demand_count; i++)
		if (sourcing->plan->open[i] > 0)
			PutLeg(result, &sourcing->demands[i], sourcing->plan->open[i],
				   NULL, NULL);
}

PG_FUNCTION_INFO_V1(oms_route);

/*
 * oms_route(lines jsonb, latitude, longitude, options jsonb) returns who would
 * ship what, as rows of oms.route_leg.  What nobody has is a row without
 * location if backorders are allowed, else OM001.
 */
Datum
oms_route(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	SourcingRules rules = {0};
	JsonbContainer *lines;
	JsonbContainer *options;
	StoreScope	scope;
	Sourcing   *sourcing;
	Legs	   *legs;
	Demand	   *demands;
	int			n;

	InitMaterializedSRF(fcinfo, 0);
	lines = DocumentRequire(PG_ARGISNULL(0) ? NULL : PG_GETARG_JSONB_P(0),
							&RouteLinesDocument);
	options = DocumentRequire(PG_ARGISNULL(3) ? NULL : PG_GETARG_JSONB_P(3),
							  &RouteOptionsDocument);
	scope = StoreOpen();
	ReadPoint(fcinfo, &rules);
	ResolveOptions(options, &rules);
	SetRateCountry(&rules);
	demands = ReadDemands(lines, &n);
	sourcing = SourcingFind(demands, n, &rules);
	legs = LegsMake(sourcing, 1);
	PutPlan(result, sourcing, legs);
	StoreClose(scope);
	return (Datum) 0;
}

/*
 * RerouteBody: see oms_reroute.
 */
static Datum
RerouteBody(FunctionCallInfo fcinfo)
{
	int64		order_id = PG_GETARG_INT64(0);
	Fulfillment fulfillment = FulfillmentLock(order_id, PG_GETARG_INT32(1));

	FulfillmentRequireStep(&fulfillment, FULFILLMENT_CANCELLED);
	OrdersLockStock(&order_id, 1, NULL, 0);
	FulfillmentMove(&fulfillment, FULFILLMENT_CANCELLED, "rerouted");
	OrderRouteOpen(order_id, fulfillment.location_id, false);
	PG_RETURN_STATUS(OrderLock(order_id));
}

PG_FUNCTION_INFO_V1(oms_reroute);

/*
 * oms_reroute(order_id, fulfillment_no, reference) takes a fulfillment away
 * from its location and sources it elsewhere, or raises OM001 or OM003 and
 * leaves it; returns the status of the order.
 */
Datum
oms_reroute(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, RerouteBody);
}
