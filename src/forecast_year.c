/*
 * forecast_year.c
 *		What the months of the year do to the demand of a group of series of days.
 *
 * A single series has too few years to tell.  A group tells it by two years,
 * each month's share of one beside that of the other: what is a season comes
 * again, what is chance does not (empirical Bayes).
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "forecast.h"

#include <math.h>

#include "utils/datetime.h"

#define YEARS			2
#define YEAR_DAYS		365
#define CHANCE_COUNTS	4		/* times, as two years tell little of it */
#define FACTOR_MIN		0.1
#define FACTOR_MAX		10

/* Sums over the days of a month in a year before the end of the history */
typedef struct MonthSum
{
	double		demand;
	double		days;
	double		places;			/* of the days, in years from between the two */
} MonthSum;

typedef struct YearState
{
	MonthSum	sums[YEARS][MONTHS_PER_YEAR];
} YearState;

/*
 * MonthOf is the month that a day is in, 1 to 12.
 */
int
MonthOf(DateADT day)
{
	int			year;
	int			month;
	int			of_month;

	j2date(day + POSTGRES_EPOCH_JDATE, &year, &month, &of_month);
	return month;
}

/*
 * AddDays adds the days of a series that ends before a day, those that are known.
 */
static void
AddDays(YearState *state, const ForecastRequest *request, DateADT until)
{
	int			start = request->n - YEARS * YEAR_DAYS;

	for (int t = start; t < request->n; t++)
	{
		int			year = (t - start) / YEAR_DAYS;
		MonthSum   *sum;

		if (isnan(request->demand[t]))
			continue;
		sum = &state->sums[year][MonthOf(until - request->n + t) - 1];
		sum->demand += request->demand[t];
		sum->days++;
		sum->places += (t - start + 0.5) / YEAR_DAYS - 1;
	}
}

/*
 * MonthRatios sets what demand of each month of a year was, as a multiple of what
 * growth from year to year makes expected, 1 in the mean.  False if a month has no
 * days, or the year no demand.
 */
static bool
MonthRatios(const MonthSum *sums, double growth, double *ratios)
{
	double		mean = 0;

	for (int i = 0; i < MONTHS_PER_YEAR; i++)
	{
		if (sums[i].days == 0)
			return false;
		ratios[i] = sums[i].demand / sums[i].days
			/ exp(growth * sums[i].places / sums[i].days);
		mean += ratios[i] / MONTHS_PER_YEAR;
	}
	for (int i = 0; i < MONTHS_PER_YEAR && mean > 0; i++)
		ratios[i] /= mean;
	return mean > 0;
}

/*
 * Growth is the logarithm of what demand of a day has grown by, from one year to
 * the next; 0 if one had none.
 */
static double
Growth(const YearState *state)
{
	double		means[YEARS];

	for (int year = 0; year < YEARS; year++)
	{
		double		demand = 0;
		double		days = 0;

		for (int i = 0; i < MONTHS_PER_YEAR; i++)
		{
			demand += state->sums[year][i].demand;
			days += state->sums[year][i].days;
		}
		means[year] = days > 0 ? demand / days : 0;
	}
	return means[0] > 0 && means[1] > 0 ? log(means[1] / means[0]) : 0;
}

/*
 * MonthFactors sets the factors of the months: the mean of the ratios of both
 * years, drawn to 1 as far as it varies no more than by chance, of which the
 * differences between the years tell.  False if months or years are missing.
 */
static bool
MonthFactors(const YearState *state, double *factors)
{
	double		growth = Growth(state);
	double		before[MONTHS_PER_YEAR];
	double		after[MONTHS_PER_YEAR];
	double		spread = 0;
	double		chance = 0;
	double		share;

	if (!MonthRatios(state->sums[0], growth, before)
		|| !MonthRatios(state->sums[1], growth, after))
		return false;
	for (int i = 0; i < MONTHS_PER_YEAR; i++)
	{
		double		mean = (before[i] + after[i]) / 2;
		double		half = (before[i] - after[i]) / 2;

		spread += (mean - 1) * (mean - 1);
		chance += half * half;
	}
	share = spread > 0 ? Max(1 - CHANCE_COUNTS * chance / spread, 0) : 0;
	for (int i = 0; i < MONTHS_PER_YEAR; i++)
	{
		double		factor = 1 + share * ((before[i] + after[i]) / 2 - 1);

		factors[i] = Min(Max(factor, FACTOR_MIN), FACTOR_MAX);
	}
	return true;
}

PG_FUNCTION_INFO_V1(oms_demand_months_add);

/*
 * oms_demand_months_add(state, demand, until) adds a series of days
 * that ends before a day, if it has two years.
 */
Datum
oms_demand_months_add(PG_FUNCTION_ARGS)
{
	MemoryContext context;
	YearState  *state;
	ForecastRequest request;
	DateADT		until;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "aggregate function called in non-aggregate context");
	state = PG_ARGISNULL(0) ? MemoryContextAllocZero(context, sizeof(YearState))
		: (YearState *) PG_GETARG_POINTER(0);
	if (PG_ARGISNULL(1))
		PG_RETURN_POINTER(state);
	ForecastHistory(fcinfo, 1, &request);
	until = ForecastDay(fcinfo, 2, "until");
	if (request.n >= YEARS * YEAR_DAYS)
		AddDays(state, &request, until);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(oms_demand_months_done);

/*
 * oms_demand_months_done(state) makes the factors; null if there are none.
 */
Datum
oms_demand_months_done(PG_FUNCTION_ARGS)
{
	double		factors[MONTHS_PER_YEAR];

	if (PG_ARGISNULL(0)
		|| !MonthFactors((YearState *) PG_GETARG_POINTER(0), factors))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(ForecastArray(factors, MONTHS_PER_YEAR));
}
