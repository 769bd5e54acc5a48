/*
 * forecast_series.c
 *		The functions of SQL that forecast series of numbers.
 *
 * An argument that can't be meant is 22023 (invalid_parameter_value), a null
 * where a value is needed 22004.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "forecast.h"

#include <float.h>
#include <math.h>

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

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
 * Promoted reads an argument that has how far each period is promoted, for the
 * periods of the demand at least, and for some that follow.  22004 if a share is
 * not known, 22023 if it can't be one.
 */
static void
Promoted(FunctionCallInfo fcinfo, int number, ForecastRequest *request)
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
 * Season reads the argument that tells how many periods a season has.
 */
static int
Season(FunctionCallInfo fcinfo, int number)
{
	int			season;

	RequireArgument(fcinfo, number, "season");
	season = PG_GETARG_INT32(number);
	if (season < 1 || season > FORECAST_SEASON_MAX)
		RaiseRange("season", 1, FORECAST_SEASON_MAX, season);
	return season;
}

/*
 * Levels reads the argument that has the levels of quantiles.
 */
static void
Levels(FunctionCallInfo fcinfo, int number, ForecastRequest *request)
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
 * Profile reads the argument that has what is known of the group.
 */
static void
Profile(FunctionCallInfo fcinfo, int number, ForecastRequest *request)
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
 * Protection reads the arguments that tell for how many periods demand is
 * forecast together, and by how much their number varies.
 */
static void
Protection(FunctionCallInfo fcinfo, int number, const char *name,
		   int sd_number, const char *sd_name, ForecastRequest *request)
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
 * Request reads the arguments that all functions have: demand, the first, and
 * those with the given numbers.
 */
static ForecastRequest
Request(FunctionCallInfo fcinfo, int season, int levels, int promoted,
		int profile)
{
	ForecastRequest request = {.prior_mean = NAN};

	RequireArgument(fcinfo, 0, "demand");
	request.demand = Numbers(fcinfo, 0, "demand", FORECAST_PERIODS_MAX,
							 &request.n);
	request.season = Season(fcinfo, season);
	Levels(fcinfo, levels, &request);
	Promoted(fcinfo, promoted, &request);
	Profile(fcinfo, profile, &request);
	return request;
}

/*
 * Horizon reads the argument that tells how many periods are forecast.
 */
static int
Horizon(FunctionCallInfo fcinfo, int number)
{
	int			horizon;

	RequireArgument(fcinfo, number, "horizon");
	horizon = PG_GETARG_INT32(number);
	if (horizon < 1 || horizon > FORECAST_HORIZON_MAX)
		RaiseRange("horizon", 1, FORECAST_HORIZON_MAX, horizon);
	return horizon;
}

/*
 * NumberArray makes an array of numbers.
 */
static Datum
NumberArray(const double *values, int count)
{
	Datum	   *datums = palloc(sizeof(Datum) * Max(count, 1));

	for (int i = 0; i < count; i++)
		datums[i] = Float8GetDatum(values[i]);
	return PointerGetDatum(construct_array(datums, count, FLOAT8OID,
										   sizeof(float8), FLOAT8PASSBYVAL,
										   TYPALIGN_DOUBLE));
}

/*
 * RealArray makes an array of numbers of less precision.
 */
static Datum
RealArray(const double *values, int count)
{
	Datum	   *datums = palloc(sizeof(Datum) * Max(count, 1));

	for (int i = 0; i < count; i++)
		datums[i] = Float4GetDatum((float4) Max(Min(values[i], FLT_MAX),
												-FLT_MAX));
	return PointerGetDatum(construct_array(datums, count, FLOAT4OID,
										   sizeof(float4), true,
										   TYPALIGN_INT));
}

/*
 * Row makes a row of what a function returns.
 */
static Datum
Row(FunctionCallInfo fcinfo, Datum *values, bool *nulls)
{
	TupleDesc	desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
}

PG_FUNCTION_INFO_V1(oms_forecast_series);

/*
 * oms_forecast_series forecasts each of the next periods.
 */
Datum
oms_forecast_series(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ForecastRequest request = Request(fcinfo, 2, 3, 4, 5);
	Forecast   *forecast;
	Datum		method;

	request.horizon = Horizon(fcinfo, 1);
	request.protection = request.horizon;
	request.steps = true;
	forecast = ForecastMake(&request);
	method = CStringGetTextDatum(forecast->method);
	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < request.horizon; i++)
	{
		Datum		values[4];
		bool		nulls[4] = {false};

		values[0] = Int32GetDatum(i + 1);
		values[1] = Float8GetDatum(forecast->means[i]);
		values[2] = NumberArray(forecast->quantiles + i * request.level_count,
								request.level_count);
		values[3] = method;
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(oms_forecast_total);

/*
 * oms_forecast_total forecasts the demand of the next periods together.
 */
Datum
oms_forecast_total(PG_FUNCTION_ARGS)
{
	ForecastRequest request = Request(fcinfo, 2, 3, 5, 6);
	Forecast   *forecast;
	Datum		values[4];
	bool		nulls[4] = {false};

	Protection(fcinfo, 1, "periods", 4, "periods_sd", &request);
	forecast = ForecastMake(&request);
	values[0] = Float8GetDatum(forecast->total_mean);
	values[1] = Float8GetDatum(forecast->total_sd);
	values[2] = NumberArray(forecast->total_quantiles, request.level_count);
	values[3] = CStringGetTextDatum(forecast->method);
	return Row(fcinfo, values, nulls);
}

/*
 * Prior reads the arguments that tell what was expected of a series before it
 * began.
 */
static void
Prior(FunctionCallInfo fcinfo, ForecastRequest *request)
{
	if (PG_ARGISNULL(8))
		return;
	RequireArgument(fcinfo, 9, "prior_cv");
	request->prior_mean = PG_GETARG_FLOAT8(8);
	request->prior_cv = PG_GETARG_FLOAT8(9);
	if (!(request->prior_mean >= 0 && request->prior_mean <= 1e15))
		RaiseRange("prior_mean", 0, 1e15, request->prior_mean);
	if (!(request->prior_cv > 0 && request->prior_cv <= 1000))
		RaiseRange("prior_cv", 0, 1000, request->prior_cv);
}

/*
 * Details tells in JSON what was seen in a series.
 */
static Datum
Details(const Forecast *forecast)
{
	return DirectFunctionCall1(jsonb_in, CStringGetDatum("{}"));
}

PG_FUNCTION_INFO_V1(oms_forecast_fit);

/*
 * oms_forecast_fit forecasts periods one by one and together, and tells why.
 */
Datum
oms_forecast_fit(PG_FUNCTION_ARGS)
{
	ForecastRequest request = Request(fcinfo, 5, 6, 1, 7);
	Forecast   *forecast;
	Datum		values[8];
	bool		nulls[8] = {false};

	request.horizon = Horizon(fcinfo, 2);
	Protection(fcinfo, 3, "protection", 4, "protection_sd", &request);
	Prior(fcinfo, &request);
	forecast = ForecastMake(&request);
	values[0] = RealArray(forecast->means, request.horizon);
	values[1] = Float8GetDatum(forecast->total_mean);
	values[2] = Float8GetDatum(forecast->total_sd);
	values[3] = NumberArray(forecast->total_quantiles, request.level_count);
	values[4] = CStringGetTextDatum(DemandClassName(forecast->class));
	values[5] = CStringGetTextDatum(forecast->method);
	values[6] = Float8GetDatum(forecast->scale);
	nulls[6] = isnan(forecast->scale);
	values[7] = Details(forecast);
	return Row(fcinfo, values, nulls);
}
