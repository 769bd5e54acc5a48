/*
 * forecast.c
 *		Forecasts a series of demand.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "forecast.h"

#include <math.h>

/*
 * DemandClassName tells how a class is called.
 */
const char *
DemandClassName(DemandClass class)
{
	static const char *const names[] = {
		"none", "new", "smooth", "erratic", "intermittent", "lumpy"
	};

	return names[class];
}

/*
 * ForecastMake forecasts a series.
 */
Forecast *
ForecastMake(const ForecastRequest *request)
{
	Forecast   *forecast = palloc0(sizeof(Forecast));
	double		sum = 0;
	double		squares = 0;
	int			known = 0;
	double		mean;
	double		sd;

	for (int i = Max(request->n - 56, 0); i < request->n; i++)
	{
		if (isnan(request->demand[i]))
			continue;
		sum += request->demand[i];
		squares += request->demand[i] * request->demand[i];
		known++;
	}
	mean = known > 0 ? sum / known : isnan(request->prior_mean) ? 0 : request->prior_mean;
	sd = known > 1 ? sqrt(Max(squares / known - mean * mean, mean)) : sqrt(Max(mean, 0));
	forecast->class = known == 0 || mean <= 0 ? DEMAND_NONE : DEMAND_SMOOTH;
	forecast->method = "mean";
	forecast->scale = NAN;
	forecast->means = palloc(sizeof(double) * Max(request->horizon, 1));
	forecast->quantiles = palloc(sizeof(double) * Max(request->horizon, 1) * Max(request->level_count, 1));
	forecast->total_quantiles = palloc(sizeof(double) * Max(request->level_count, 1));
	forecast->total_mean = mean * request->protection;
	forecast->total_sd = sqrt(request->protection * sd * sd + mean * mean * request->protection_sd * request->protection_sd);
	for (int i = 0; i < request->horizon; i++)
	{
		forecast->means[i] = mean;
		for (int k = 0; k < request->level_count; k++)
			forecast->quantiles[i * request->level_count + k] = Max(0, mean + sd * 1.7 * log(request->levels[k] / (1 - request->levels[k])) / 1.6);
	}
	for (int k = 0; k < request->level_count; k++)
		forecast->total_quantiles[k] = Max(0, forecast->total_mean + forecast->total_sd * log(request->levels[k] / (1 - request->levels[k])) / 1.6);
	return forecast;
}
