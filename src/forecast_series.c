/*
 * forecast_series.c
 *		The functions of SQL that forecast series of numbers.
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
	ForecastRequest request = ForecastArguments(fcinfo, 0, 4, 2);
	Forecast   *forecast;
	Datum		method;

	ForecastLevels(fcinfo, 3, &request);
	ForecastGroup(fcinfo, 5, &request);
	request.horizon = ForecastHorizon(fcinfo, 1);
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
		values[2] = ForecastArray(forecast->quantiles + i * request.level_count,
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
	ForecastRequest request = ForecastArguments(fcinfo, 0, 5, 2);
	Forecast   *forecast;
	Datum		values[4];
	bool		nulls[4] = {false};

	ForecastLevels(fcinfo, 3, &request);
	ForecastGroup(fcinfo, 6, &request);
	ForecastProtection(fcinfo, 1, "periods", 4, "periods_sd", &request);
	forecast = ForecastMake(&request);
	values[0] = Float8GetDatum(forecast->total_mean);
	values[1] = Float8GetDatum(forecast->total_sd);
	values[2] = ForecastArray(forecast->total_quantiles, request.level_count);
	values[3] = CStringGetTextDatum(forecast->method);
	return Row(fcinfo, values, nulls);
}

/*
 * AppendNumber adds a member with a number to the text of an object in JSON;
 * null, if it is not known.
 */
static void
AppendNumber(StringInfo json, const char *name, double value)
{
	appendStringInfo(json, "%s\"%s\": ", json->len > 1 ? ", " : "", name);
	if (isnan(value))
		appendStringInfoString(json, "null");
	else
		appendStringInfo(json, "%.4g", value);
}

/*
 * Details tells in JSON what was seen in a series.
 */
static Datum
Details(const ForecastRequest *request, const Forecast *forecast)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	AppendNumber(&json, "periods", forecast->periods);
	AppendNumber(&json, "known", forecast->known);
	AppendNumber(&json, "interval", forecast->interval);
	AppendNumber(&json, "cv2", forecast->cv2);
	AppendNumber(&json, "promotion", forecast->promotion);
	AppendNumber(&json, "errors", forecast->errors);
	if (forecast->factors != NULL)
	{
		appendStringInfoString(&json, ", \"season\": [");
		for (int j = 0; j < request->season; j++)
			appendStringInfo(&json, "%s%.3g", j > 0 ? ", " : "",
							 forecast->factors[j]);
		appendStringInfoChar(&json, ']');
	}
	appendStringInfoChar(&json, '}');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}

PG_FUNCTION_INFO_V1(oms_forecast_fit);

/*
 * oms_forecast_fit forecasts periods one by one and together, and tells why.
 */
Datum
oms_forecast_fit(PG_FUNCTION_ARGS)
{
	ForecastRequest request = ForecastArguments(fcinfo, 0, 1, 5);
	Forecast   *forecast;
	Datum		values[8];
	bool		nulls[8] = {false};

	ForecastLevels(fcinfo, 6, &request);
	ForecastGroup(fcinfo, 7, &request);
	request.horizon = ForecastHorizon(fcinfo, 2);
	ForecastProtection(fcinfo, 3, "protection", 4, "protection_sd", &request);
	ForecastPrior(fcinfo, 8, 9, &request);
	ForecastMonths(fcinfo, 10, 11, &request);
	forecast = ForecastMake(&request);
	values[0] = RealArray(forecast->means, request.horizon);
	values[1] = Float8GetDatum(forecast->total_mean);
	values[2] = Float8GetDatum(forecast->total_sd);
	values[3] = ForecastArray(forecast->total_quantiles, request.level_count);
	values[4] = CStringGetTextDatum(DemandClassName(forecast->class));
	values[5] = CStringGetTextDatum(forecast->method);
	values[6] = Float8GetDatum(forecast->scale);
	nulls[6] = isnan(forecast->scale);
	values[7] = Details(&request, forecast);
	return Row(fcinfo, values, nulls);
}
