/*
 * demand.c
 *		The days of oms.demand_daily as a series that can be forecast, and how
 *		their weeks vary.
 *
 * A day without a row had no demand.  A day on which nothing could be bought
 * for long is not known, and one on which it could for most of it is scaled.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "oms.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/date.h"
#include "utils/float.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#define DEMAND_DAYS_MAX		3660	/* of a history */
#define CENSORED_RATE		0.5		/* out of stock for more: not known */
#define WEEKS				52

/* Days from since on, as they have come */
typedef struct DemandHistory
{
	DateADT		since;
	int			days;
	int			first;			/* day of the first demand; days if none */
	int			censored;		/* days that are not known */
	bool		promotes;
	double	   *demand;			/* [days] */
	double	   *promoted;		/* [days] share of it */
} DemandHistory;

/*
 * HistoryStart makes a history of days without demand, in the memory of the
 * aggregate.
 */
static DemandHistory *
HistoryStart(MemoryContext context, DateADT since, DateADT until)
{
	MemoryContext before = MemoryContextSwitchTo(context);
	DemandHistory *history = palloc0(sizeof(DemandHistory));

	if (DATE_NOT_FINITE(since) || DATE_NOT_FINITE(until) ||
		(int64) until - since > DEMAND_DAYS_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a history must have at most %d days", DEMAND_DAYS_MAX)));
	history->since = since;
	history->days = Max(until - since, 0);
	history->first = history->days;
	history->demand = palloc0(sizeof(double) * Max(history->days, 1));
	history->promoted = palloc0(sizeof(double) * Max(history->days, 1));
	MemoryContextSwitchTo(before);
	return history;
}

/*
 * HistoryPut puts in a day.
 */
static void
HistoryPut(DemandHistory *history, int day, double demanded, double promoted,
		   double out_of_stock)
{
	if (demanded > 0)
		history->first = Min(history->first, day);
	if (demanded > 0 && promoted > 0)
	{
		history->promoted[day] = promoted / demanded;
		history->promotes = true;
	}
	if (out_of_stock > CENSORED_RATE)
	{
		history->demand[day] = get_float8_nan();
		history->censored++;
	}
	else
		history->demand[day] = demanded / (1 - out_of_stock);
}

PG_FUNCTION_INFO_V1(oms_demand_history_add);

/*
 * oms_demand_history_add(history, since, until, day, demanded, promoted,
 * out_of_stock_rate) adds a day to a history from since to the day before
 * until; a null day adds none.
 */
Datum
oms_demand_history_add(PG_FUNCTION_ARGS)
{
	MemoryContext context;
	DemandHistory *history;
	int64		day;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "aggregate function called in non-aggregate context");
	if (PG_ARGISNULL(0))
		history = HistoryStart(context, PG_GETARG_DATEADT(1),
							   PG_GETARG_DATEADT(2));
	else
		history = (DemandHistory *) PG_GETARG_POINTER(0);
	day = PG_ARGISNULL(3) ? -1
		: (int64) PG_GETARG_DATEADT(3) - history->since;
	if (day >= 0 && day < history->days)
		HistoryPut(history, day,
				   (double) PG_GETARG_INT64(4) / QUANTITY_SCALE,
				   (double) PG_GETARG_INT64(5) / QUANTITY_SCALE,
				   PG_GETARG_FLOAT4(6));
	PG_RETURN_POINTER(history);
}

/*
 * DoubleArray makes an array of numbers.
 */
static Datum
DoubleArray(const double *values, int count)
{
	Datum	   *datums = palloc(sizeof(Datum) * Max(count, 1));

	for (int i = 0; i < count; i++)
		datums[i] = Float8GetDatum(values[i]);
	return PointerGetDatum(construct_array(datums, count, FLOAT8OID,
										   sizeof(float8), FLOAT8PASSBYVAL,
										   TYPALIGN_DOUBLE));
}

PG_FUNCTION_INFO_V1(oms_demand_history_done);

/*
 * oms_demand_history_done(history) gives the days as a series, oldest first,
 * with the shares that were promoted, null if none were, and the day of the
 * first demand, null if there was none; null for no row.
 */
Datum
oms_demand_history_done(PG_FUNCTION_ARGS)
{
	DemandHistory *history;
	TupleDesc	desc;
	Datum		values[4];
	bool		nulls[4] = {false};

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	history = (DemandHistory *) PG_GETARG_POINTER(0);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = DoubleArray(history->demand, history->days);
	nulls[1] = !history->promotes;
	if (history->promotes)
		values[1] = DoubleArray(history->promoted, history->days);
	nulls[2] = history->first == history->days;
	values[2] = DateADTGetDatum(history->since + history->first);
	values[3] = Int32GetDatum(history->censored);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

/* What was wanted in each of some weeks, 0 being the last */
typedef struct DemandWeeks
{
	int			known;			/* of these, up to the first that has a row */
	Quantity	demanded[WEEKS];
} DemandWeeks;

PG_FUNCTION_INFO_V1(oms_demand_weeks_add);

/*
 * oms_demand_weeks_add(weeks, week, demanded) adds to a week.  22023 if it is
 * none of 0 to 51, 22003 if the sum is too large.
 */
Datum
oms_demand_weeks_add(PG_FUNCTION_ARGS)
{
	MemoryContext context;
	DemandWeeks *weeks;
	int32		week = PG_ARGISNULL(1) ? -1 : PG_GETARG_INT32(1);

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "aggregate function called in non-aggregate context");
	if (week < 0 || week >= WEEKS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a week must be one of 0 to %d", WEEKS - 1)));
	weeks = PG_ARGISNULL(0)
		? MemoryContextAllocZero(context, sizeof(DemandWeeks))
		: (DemandWeeks *) PG_GETARG_POINTER(0);
	weeks->known = Max(weeks->known, week + 1);
	if (!PG_ARGISNULL(2) &&
		pg_add_s64_overflow(weeks->demanded[week], PG_GETARG_INT64(2),
							&weeks->demanded[week]))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("quantity out of range")));
	PG_RETURN_POINTER(weeks);
}

PG_FUNCTION_INFO_V1(oms_demand_weeks_done);

/*
 * oms_demand_weeks_done(weeks) gives what was wanted in all weeks, the sum of
 * its squares by week, and how many weeks there are up to the first with a row,
 * as numeric[]; null for no row.
 */
Datum
oms_demand_weeks_done(PG_FUNCTION_ARGS)
{
	DemandWeeks *weeks;
	Datum		sums[3];

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	weeks = (DemandWeeks *) PG_GETARG_POINTER(0);
	sums[0] = sums[1] = NumericGetDatum(int64_to_numeric(0));
	for (int i = 0; i < weeks->known; i++)
	{
		Datum		demanded;

		if (weeks->demanded[i] == 0)
			continue;
		demanded = NumericGetDatum(QuantityToNumeric(weeks->demanded[i]));
		sums[0] = DirectFunctionCall2(numeric_add, sums[0], demanded);
		sums[1] = DirectFunctionCall2(numeric_add, sums[1],
									  DirectFunctionCall2(numeric_mul, demanded,
														  demanded));
	}
	sums[2] = NumericGetDatum(int64_to_numeric(weeks->known));
	PG_RETURN_ARRAYTYPE_P(construct_array(sums, 3, NUMERICOID, -1, false,
										  TYPALIGN_INT));
}
