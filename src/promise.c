/*
 * promise.c
 *		Answers what can be promised by which day: stock, and what is on its way
 *		to it, less what others wait for.
 *
 * What is expected on a day counts from that day on.  What was expected before
 * today and has not come, or without a day, counts for none: nobody knows when
 * it will be there.  All units that wait are served first, wherever they may be
 * shipped from, so that no unit is promised twice; of an order that waits itself,
 * only those before it in the queue.  Whether a location serves the destination,
 * and whether an order may be split, is not looked at.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "utils/builtins.h"

/* Of what the days are asked */
typedef struct Promise
{
	const Sku  *sku;
	const Quantity *before;		/* of each part, what else is taken; or NULL */
	int32		location_id;	/* 0: any */
	int32		channel_id;		/* 0: any */
	DateADT		until;			/* last day; DATEVAL_NOEND */
	const SourcingRules *queue; /* whose place counts; NULL: behind all */
	int64		order_id;		/* that stands there, 0 for a new one */
} Promise;

/* Columns of the rows that PromiseRun() finds */
enum
{
	PROMISE_DAY = 1,
	PROMISE_INCOMING,
	PROMISE_PROMISED,
	PROMISE_AVAILABLE
};

/*
 * FirstDay is the first day on which a SKU may be shipped.
 */
static DateADT
FirstDay(const Sku *sku)
{
	return sku->preorder ? sku->available_from : PresentDay();
}

/*
 * AddParts adds what one unit of the SKU takes: SKUs, quantities, and what else
 * waits of them.
 */
static void
AddParts(Params *params, SavedPlan *plan, const Promise *promise)
{
	const Sku  *sku = promise->sku;
	Rows		rows = RowsMake(3, sku->part_count);

	for (int p = 0; p < sku->part_count; p++)
	{
		Put(&rows, Int64GetDatum(sku->parts[p].sku_id));
		Put(&rows, QuantityGetDatum(sku->parts[p].quantity));
		Put(&rows, QuantityGetDatum(promise->before == NULL ? 0
									: promise->before[p]));
	}
	AddRows(params, plan, &rows);
}

/*
 * AddPlace adds where, until when, and from which place in the queue the days
 * are asked.
 */
static void
AddPlace(Params *params, const Promise *promise)
{
	const SourcingRules *queue = promise->queue;

	AddDatum(params, Int32GetDatum(promise->sku->decimals));
	AddId(params, promise->location_id);
	AddId(params, promise->channel_id);
	AddDatum(params, DateADTGetDatum(PresentDay()));
	AddDatum(params, DateADTGetDatum(promise->until));
	AddDatum(params, DateADTGetDatum(FirstDay(promise->sku)));
	AddNullable(params, Int32GetDatum(queue == NULL ? 0 : queue->priority),
				queue == NULL);
	AddNullable(params, TimestampTzGetDatum(queue == NULL ? 0 : queue->placed_at),
				queue == NULL);
	AddDatum(params, Int64GetDatum(promise->order_id != 0 ? promise->order_id
									: PG_INT64_MAX));
}

/*
 * PromiseRun finds the first day and all others on which something comes in,
 * and returns their number: rows of day, what comes in, what of it goes to those
 * who wait, and what can be promised by then in sum.  Stock of today stands on the day
 * before the first.  Kits are counted as SkuAvailable() does, and no part is
 * promised that others wait for.  Who waits is read only if there is something to
 * give: that takes a time in proportion to their number.
 */
static uint64
PromiseRun(const Promise *promise, bool at_snapshot)
{
	static SavedPlan find = {
		"bigint[], oms.quantity[], oms.quantity[], integer, integer, integer, "
		"date, date, date, integer, timestamptz, bigint",
		"WITH stock AS MATERIALIZED "
		"    (SELECT sku_id, location_id, day, quantity "
		"     FROM (SELECT sku_id, location_id, $9 - 1 AS day, available::numeric AS quantity "
		"           FROM oms.available_stock WHERE sku_id = ANY ($1) "
		"           UNION ALL SELECT sku_id, location_id, greatest(expected_on, $9), quantity::numeric "
		"                     FROM oms.incoming_stock "
		"                     WHERE sku_id = ANY ($1) AND expected_on BETWEEN $7 AND $8) AS s "
		"     WHERE ($5 IS NULL OR location_id = $5) "
		"           AND ($6 IS NULL "
		"                OR NOT EXISTS (SELECT FROM oms.channel_locations c WHERE c.channel_id = $6) "
		"                OR EXISTS (SELECT FROM oms.channel_locations c "
		"                           WHERE c.channel_id = $6 AND c.location_id = s.location_id))), "
		"part AS MATERIALIZED "
		"    (SELECT p.sku_id, p.quantity::numeric AS quantity, p.before::numeric "
		"            + CASE WHEN EXISTS (SELECT FROM stock) "
		"                   THEN coalesce((SELECT sum(l.backordered::numeric * s.quantity) "
		"                                  FROM (SELECT p.sku_id, 1::numeric "
		"                                        UNION ALL SELECT k.sku_id, k.quantity::numeric "
		"                                                  FROM oms.kit_components k "
		"                                                  WHERE k.component_sku_id = p.sku_id) AS s(sku_id, quantity) "
		"                                       JOIN oms.order_lines l "
		"                                            ON l.sku_id = s.sku_id AND l.backordered > '0'::oms.quantity "
		"                                  WHERE $10 IS NULL "
		"                                        OR EXISTS (SELECT FROM oms.orders o "
		"                                                   WHERE o.order_id = l.order_id "
		"                                                         AND (o.priority, o.placed_at, o.order_id) < ($10, $11, $12))), 0) "
		"                   ELSE 0 END AS waiting "
		"     FROM unnest($1, $2, $3) AS p(sku_id, quantity, before)), "
		"days AS (SELECT $9 - 1 AS day UNION SELECT $9 UNION SELECT day FROM stock), "
		"supply AS MATERIALIZED "
		"    (SELECT d.day, s.location_id, s.sku_id, sum(s.quantity) AS units "
		"     FROM days d JOIN stock s ON s.day <= d.day GROUP BY d.day, s.location_id, s.sku_id), "
		"whole AS "
		"    (SELECT day, sum(units) AS units "
		"     FROM (SELECT s.day, min(trunc(s.units / p.quantity, $4)) AS units "
		"           FROM supply s JOIN part p USING (sku_id) "
		"           GROUP BY s.day, s.location_id HAVING count(*) = cardinality($1)) AS l "
		"     GROUP BY day), "
		"free AS "
		"    (SELECT d.day, min(trunc((coalesce(s.units, 0) - p.waiting) / p.quantity, $4)) AS units "
		"     FROM days d CROSS JOIN part p "
		"          LEFT JOIN (SELECT day, sku_id, sum(units) AS units FROM supply GROUP BY day, sku_id) AS s "
		"                    USING (day, sku_id) "
		"     GROUP BY d.day), "
		"answer AS "
		"    (SELECT f.day, coalesce(w.units, 0) AS supply, "
		"            greatest(0, least(coalesce(w.units, 0), f.units)) AS available "
		"     FROM free f LEFT JOIN whole w USING (day)) "
		"SELECT day, incoming::oms.quantity, promised::oms.quantity, available::oms.quantity "
		"FROM (SELECT day, available, supply - lag(supply) OVER history AS incoming, "
		"             greatest(0, supply - available "
		"                         - CASE lag(day) OVER history WHEN $9 - 1 THEN 0 "
		"                           ELSE lag(supply - available) OVER history END) AS promised "
		"      FROM answer WINDOW history AS (ORDER BY day)) AS a "
		"WHERE day BETWEEN $9 AND $8 AND day < 'infinity' ORDER BY day"
	};
	Params		params = {0};

	AddParts(&params, &find, promise);
	AddPlace(&params, promise);
	return PlanRun(&find, params.values, params.nulls, at_snapshot);
}

/*
 * PromiseDay is the first day by which a quantity can be promised, DATEVAL_NOEND
 * if nobody knows it.
 */
static DateADT
PromiseDay(const Promise *promise, Quantity quantity, bool at_snapshot)
{
	uint64		n;

	if (promise->sku->part_count == 0)
		return FirstDay(promise->sku);
	n = PromiseRun(promise, at_snapshot);
	for (uint64 i = 0; i < n; i++)
		if (DatumGetQuantity(RowDatum(i, PROMISE_AVAILABLE, NULL)) >= quantity)
			return DatumGetDateADT(RowDatum(i, PROMISE_DAY, NULL));
	return DATEVAL_NOEND;
}

/*
 * AddUnits adds, for each part of a SKU, what a quantity of another takes of it.
 */
static void
AddUnits(const Sku *sku, Quantity *units, const Sku *other, Quantity quantity)
{
	for (int p = 0; p < sku->part_count; p++)
		for (int q = 0; q < other->part_count; q++)
			if (other->parts[q].sku_id == sku->parts[p].sku_id)
				units[p] = QuantityAdd(units[p],
									   PartUnits(other->parts[q].quantity,
												 quantity));
}

/*
 * UnitsBefore is, for each part of a demand, what earlier demands of the same
 * order leave open of it, and of an order that is not there yet also what its
 * plan takes of the stock that the days are asked of.
 */
static Quantity *
UnitsBefore(const Sourcing *sourcing, int demand, const Promise *promise)
{
	const Sku  *sku = sourcing->demands[demand].sku;
	const RoutePlan *plan = sourcing->plan;
	Quantity   *before = palloc0(mul_size(sizeof(Quantity),
										  Max(sku->part_count, 1)));

	for (int i = 0; i < demand; i++)
		AddUnits(sku, before, sourcing->demands[i].sku, plan->open[i]);
	for (int i = 0; i < plan->pick_count && promise->order_id == 0; i++)
	{
		const RoutePick *pick = &plan->picks[i];

		if (promise->location_id == 0 || promise->location_id ==
			sourcing->candidates[pick->location].location_id)
			AddUnits(sku, before, sourcing->demands[pick->item].sku,
					 pick->quantity);
	}
	return before;
}

/*
 * PromiseDays is, for each demand, the day by which what is open of it can be
 * expected, DATEVAL_NOEND where nobody knows it or nothing is open; NULL if
 * nothing is open at all.  order_id 0 is an order that is not there yet.
 */
DateADT *
PromiseDays(const Sourcing *sourcing, const SourcingRules *rules,
			int64 order_id)
{
	Promise		promise = {.until = DATEVAL_NOEND, .queue = rules,
	.order_id = order_id, .channel_id = rules->channel_id};
	DateADT    *days = NULL;

	promise.location_id = rules->pickup_location_id != 0
		? rules->pickup_location_id : rules->ship_from_location_id;
	for (int i = 0; i < sourcing->demand_count; i++)
	{
		if (sourcing->plan->open[i] == 0)
			continue;
		if (days == NULL)
		{
			days = palloc(mul_size(sizeof(DateADT), sourcing->demand_count));
			for (int j = 0; j < sourcing->demand_count; j++)
				days[j] = DATEVAL_NOEND;
		}
		promise.sku = sourcing->demands[i].sku;
		promise.before = UnitsBefore(sourcing, i, &promise);
		days[i] = PromiseDay(&promise, sourcing->plan->open[i], false);
	}
	return days;
}

/*
 * PutPromise puts day number i of what PromiseDays() returned.
 */
void
PutPromise(Rows *rows, const DateADT *days, int i)
{
	bool		unknown = days == NULL || DATE_IS_NOEND(days[i]);

	PutNullable(rows, DateADTGetDatum(unknown ? 0 : days[i]), unknown);
}

/*
 * ReadPlaces reads a SKU, and a location and a channel that may be null, from
 * the arguments of a function.  Raises OM006 for codes that do not exist.
 */
static void
ReadPlaces(FunctionCallInfo fcinfo, int location, Promise *promise)
{
	promise->sku = SkuRequire(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	promise->until = DATEVAL_NOEND;
	if (!PG_ARGISNULL(location))
		promise->location_id =
			LocationFind(text_to_cstring(PG_GETARG_TEXT_PP(location)), NULL);
	if (!PG_ARGISNULL(location + 1))
		promise->channel_id =
			ChannelRequire(text_to_cstring(PG_GETARG_TEXT_PP(location + 1)));
}

/*
 * PutRow adds a row of available_to_promise() from one that PromiseRun() has
 * found.
 */
static void
PutRow(ReturnSetInfo *result, uint64 row)
{
	Datum		values[4];
	bool		nulls[4] = {false};

	for (int c = 0; c < 4; c++)
		values[c] = RowDatum(row, c + 1, NULL);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*
 * PutUnlimited adds the row of a SKU that needs no stock.
 */
static void
PutUnlimited(ReturnSetInfo *result, const Promise *promise)
{
	Datum		values[4] = {DateADTGetDatum(FirstDay(promise->sku)),
	QuantityGetDatum(0), QuantityGetDatum(0)};
	bool		nulls[4] = {false, false, false, true};

	if (FirstDay(promise->sku) <= promise->until)
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(oms_available_to_promise);

/*
 * oms_available_to_promise(sku, location, channel, until) returns what can be
 * promised by day, the first one and each on which something comes in.
 */
Datum
oms_available_to_promise(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	Promise		promise = {0};
	StoreScope	scope;
	uint64		n = 0;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	scope = StoreOpen();
	ReadPlaces(fcinfo, 1, &promise);
	if (!PG_ARGISNULL(3))
		promise.until = PG_GETARG_DATEADT(3);
	if (promise.sku->active && promise.sku->part_count == 0)
		PutUnlimited(result, &promise);
	else if (promise.sku->active)
		n = PromiseRun(&promise, true);
	for (uint64 i = 0; i < n; i++)
		PutRow(result, i);
	StoreClose(scope);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(oms_promise_date);

/*
 * oms_promise_date(sku, quantity, location, channel) is the day by which a
 * quantity can be promised; null if nobody knows it.
 */
Datum
oms_promise_date(PG_FUNCTION_ARGS)
{
	Promise		promise = {0};
	StoreScope	scope;
	DateADT		day = DATEVAL_NOEND;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	scope = StoreOpen();
	ReadPlaces(fcinfo, 2, &promise);
	SkuRequireQuantity(promise.sku, PG_GETARG_QUANTITY(1), "quantity");
	if (promise.sku->active)
		day = PromiseDay(&promise, PG_GETARG_QUANTITY(1), true);
	StoreClose(scope);
	if (DATE_IS_NOEND(day))
		PG_RETURN_NULL();
	PG_RETURN_DATEADT(day);
}
