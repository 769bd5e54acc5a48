/*
 * forecast_argument.c
 *		The arguments of functions of SQL that forecast series of numbers.
 *
 * An argument that can't be meant is 22023 (invalid_parameter_value), a null
 * where a value is needed 22004.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "forecast.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "datatype/timestamp.h"
#include "utils/array.h"

#define PRIOR_MEAN_MAX	1e12
#define PRIOR_CV_MIN	0.01
#define PRIOR_CV_MAX	100
#define MONTH_MIN		0.01	/* a factor */
#define MONTH_MAX		100
#define DAYS_AWAY_MAX	1000000	/* from the year 2000 */

/*
 * RequireArgument raises 22004 if an argument is null.
 */
static void
RequireArgument(FunctionCallInfo fcinfo, int number, const char *name)
{
	if (PG_ARGISNULL(number))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("%s must not be null", name)));
}

/*
 * RaiseRange reports an argument that is out of its range.
 */
pg_noreturn static void
RaiseRange(const char *name, double low, double high, double value)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("%s must be between %g and %g", name, low, high),
			 errdetail("It is %g.", value)));
}

/*
 * Numbers reads an argument that is an array of numbers, nulls as NaN, and sets
 * how many there are.  NULL if it is null.  22023 if it has several dimensions,
 * more than a limit, or an infinite number.
 */
static double *
Numbers(FunctionCallInfo fcinfo, int number, const char *name, int limit,
		int *count)
{
	ArrayType  *array;
	bits8	   *bitmap;
	const double *values;
	double	   *result;

	*count = 0;
	if (PG_ARGISNULL(number))
		return NULL;
	array = PG_GETARG_ARRAYTYPE_P(number);
	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must have one dimension", name),
				 errdetail("It has %d.", ARR_NDIM(array))));
	*count = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	if (*count > limit)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s has too many elements", name),
				 errdetail("It has %d, the limit is %d.", *count, limit)));
	result = palloc(sizeof(double) * Max(*count, 1));
	values = (const double *) ARR_DATA_PTR(array);
	bitmap = ARR_NULLBITMAP(array);
	for (int i = 0; i < *count; i++)
	{
		if (bitmap != NULL && (bitmap[i / 8] & (1 << (i % 8))) == 0)
			result[i] = NAN;
		else
			result[i] = *values++;
		if (isinf(result[i]))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("%s must be finite", name),
					 errdetail("Element %d is infinite.", i + 1)));
	}
	return result;
}

/*
 * ReadPromoted reads an argument that has how far each period is promoted, for the
 * periods of the demand at least, and for some that follow.  22004 if a share is
 * not known, 22023 if it can't be one.
 */
static void
ReadPromoted(FunctionCallInfo fcinfo, int number, ForecastRequest *request)
{
	request->promoted = Numbers(fcinfo, number, "promoted",
								FORECAST_PERIODS_MAX + FORECAST_HORIZON_MAX,
								&request->promoted_count);
	if (request->promoted == NULL)
		return;
	if (request->promoted_count < request->n)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("promoted must have an element for each of demand"),
				 errdetail("It has %d, demand has %d.",
						   request->promoted_count, request->n)));
	for (int i = 0; i < request->promoted_count; i++)
	{
		if (isnan(request->promoted[i]))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("promoted must not have nulls"),
					 errdetail("Element %d is null.", i + 1)));
		if (request->promoted[i] < 0 || request->promoted[i] > 1)
			RaiseRange("promoted", 0, 1, request->promoted[i]);
	}
}

/*
 * ForecastSeason reads the argument that tells how many periods a season has.
 */
int
ForecastSeason(FunctionCallInfo fcinfo, int number)
{
	int			season;

	RequireArgument(fcinfo, number, "season");
	season = PG_GETARG_INT32(number);
	if (season < 1 || season > FORECAST_SEASON_MAX)
		RaiseRange("season", 1, FORECAST_SEASON_MAX, season);
	return season;
}

/*
 * ForecastLevels reads the argument that has the levels of quantiles.
 */
void
ForecastLevels(FunctionCallInfo fcinfo, int number, ForecastRequest *request)
{
	RequireArgument(fcinfo, number, "levels");
	request->levels = Numbers(fcinfo, number, "levels", FORECAST_LEVELS_MAX,
							  &request->level_count);
	for (int i = 0; i < request->level_count; i++)
		if (!(request->levels[i] > 0 && request->levels[i] < 1))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("levels must be above 0 and below 1"),
					 errdetail("Element %d is %g.", i + 1,
							   request->levels[i])));
}

/*
 * ForecastGroup reads the argument that has what is known of the group.
 */
void
ForecastGroup(FunctionCallInfo fcinfo, int number, ForecastRequest *request)
{
	int			count;
	int			length = ForecastProfileLength(request->season);

	request->profile = Numbers(fcinfo, number, "profile",
							   ForecastProfileLength(FORECAST_SEASON_MAX),
							   &count);
	if (request->profile == NULL)
		return;
	if (count != length)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("profile does not fit season"),
				 errdetail("It has %d elements, that of a season of %d has %d.",
						   count, request->season, length),
				 errhint("It is made by oms_internal.demand_profile().")));
	for (int i = 0; i < count; i++)
		if (isnan(request->profile[i]))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("profile must not have nulls")));
}

/*
 * ForecastDay reads an argument that is a day.  22023 if it is some thousand years
 * away.
 */
DateADT
ForecastDay(FunctionCallInfo fcinfo, int number, const char *name)
{
	DateADT		day;

	RequireArgument(fcinfo, number, name);
	day = PG_GETARG_DATEADT(number);
	if (day < -DAYS_AWAY_MAX || day > DAYS_AWAY_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be that far away", name)));
	return day;
}

/*
 * ForecastMonths reads the arguments that have what demand is multiplied by in
 * each month, and the day that the history begins with.
 */
void
ForecastMonths(FunctionCallInfo fcinfo, int number, int since_number,
			   ForecastRequest *request)
{
	int			count;

	request->months = Numbers(fcinfo, number, "months", MONTHS_PER_YEAR, &count);
	if (request->months == NULL)
		return;
	if (count != MONTHS_PER_YEAR)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("months must have %d elements", MONTHS_PER_YEAR),
				 errdetail("It has %d.", count)));
	for (int i = 0; i < count; i++)
		if (!(request->months[i] >= MONTH_MIN && request->months[i] <= MONTH_MAX))
			RaiseRange("months", MONTH_MIN, MONTH_MAX, request->months[i]);
	request->since = ForecastDay(fcinfo, since_number, "since");
}

/*
 * ForecastProtection reads the arguments that tell for how many periods demand
 * is forecast together, and by how much their number varies.
 */
void
ForecastProtection(FunctionCallInfo fcinfo, int number, const char *name,
				   int sd_number, const char *sd_name,
				   ForecastRequest *request)
{
	RequireArgument(fcinfo, number, name);
	RequireArgument(fcinfo, sd_number, sd_name);
	request->protection = PG_GETARG_FLOAT8(number);
	request->protection_sd = PG_GETARG_FLOAT8(sd_number);
	if (!(request->protection >= 0 && request->protection <= FORECAST_HORIZON_MAX))
		RaiseRange(name, 0, FORECAST_HORIZON_MAX, request->protection);
	if (!(request->protection_sd >= 0 && request->protection_sd <= FORECAST_HORIZON_MAX))
		RaiseRange(sd_name, 0, FORECAST_HORIZON_MAX, request->protection_sd);
}

/*
 * ForecastHistory reads the argument that has the demand.
 */
void
ForecastHistory(FunctionCallInfo fcinfo, int number, ForecastRequest *request)
{
	RequireArgument(fcinfo, number, "demand");
	request->demand = Numbers(fcinfo, number, "demand", FORECAST_PERIODS_MAX,
							  &request->n);
}

/*
 * ForecastArguments reads the arguments with these numbers: demand, how far it
 * was promoted, and the season.
 */
ForecastRequest
ForecastArguments(FunctionCallInfo fcinfo, int demand, int promoted,
				  int season)
{
	ForecastRequest request = {.prior_mean = NAN};

	ForecastHistory(fcinfo, demand, &request);
	request.season = ForecastSeason(fcinfo, season);
	ReadPromoted(fcinfo, promoted, &request);
	return request;
}

/*
 * ForecastHorizon reads the argument that tells how many periods are forecast.
 */
int
ForecastHorizon(FunctionCallInfo fcinfo, int number)
{
	int			horizon;

	RequireArgument(fcinfo, number, "horizon");
	horizon = PG_GETARG_INT32(number);
	if (horizon < 1 || horizon > FORECAST_HORIZON_MAX)
		RaiseRange("horizon", 1, FORECAST_HORIZON_MAX, horizon);
	return horizon;
}

/*
 * ForecastPrior reads the arguments that tell what was expected of a series
 * before it began.
 */
void
ForecastPrior(FunctionCallInfo fcinfo, int number, int cv_number,
			  ForecastRequest *request)
{
	if (PG_ARGISNULL(number))
		return;
	RequireArgument(fcinfo, cv_number, "prior_cv");
	request->prior_mean = PG_GETARG_FLOAT8(number);
	request->prior_cv = PG_GETARG_FLOAT8(cv_number);
	if (!(request->prior_mean >= 0 && request->prior_mean <= PRIOR_MEAN_MAX))
		RaiseRange("prior_mean", 0, PRIOR_MEAN_MAX, request->prior_mean);
	if (!(request->prior_cv >= PRIOR_CV_MIN && request->prior_cv <= PRIOR_CV_MAX))
		RaiseRange("prior_cv", PRIOR_CV_MIN, PRIOR_CV_MAX, request->prior_cv);
}

/*
 * ForecastArray makes an array of numbers.
 */
Datum
ForecastArray(const double *values, int count)
{
	Datum	   *datums = palloc(sizeof(Datum) * Max(count, 1));

	for (int i = 0; i < count; i++)
		datums[i] = Float8GetDatum(values[i]);
	return PointerGetDatum(construct_array(datums, count, FLOAT8OID,
										   sizeof(float8), FLOAT8PASSBYVAL,
										   TYPALIGN_DOUBLE));
}
