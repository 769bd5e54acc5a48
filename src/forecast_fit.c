/*
 * forecast_fit.c
 *		Chooses what a series is forecast by, and looks at how that did.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "forecast.h"

#include <math.h>

#include "miscadmin.h"

#define DAYS_IN_WEEK	7
#define FEW_ORIGINS		100
#define TREND_PERIODS	8		/* fewer show none */

/*
 * IsSmooth tells whether a series has demand in most periods, and enough of them.
 */
static bool
IsSmooth(const DemandSeries *series)
{
	return (series->class == DEMAND_SMOOTH || series->class == DEMAND_ERRATIC)
		&& series->known_count >= TREND_PERIODS && series->mean > 0;
}

/*
 * Gap is the mean number of periods from demand to demand, without those in
 * which there never is any.
 */
static double
Gap(const DemandSeries *series)
{
	int			open = 0;
	int			sales = 0;

	for (int t = 0; t < series->n; t++)
	{
		open += series->exposure[t] >= LEAST_EXPOSURE;
		sales += series->y[t] != 0;
	}
	return (double) Max(open, 1) / Max(sales, 1);
}

/*
 * FitTrend fits models of a trend to demand without its season.
 */
static void
FitTrend(DemandFit *fit)
{
	const DemandSeries *series = fit->series;
	int			n = series->n;
	double	   *x = DemandFilled(series);

	HoltFit(x, n, &fit->holt);
	CHECK_FOR_INTERRUPTS();
	ThetaFit(x, n, &fit->theta);
	DynamicFit(x, n, &fit->dynamic);
	CHECK_FOR_INTERRUPTS();
	fit->scratch = palloc(sizeof(double) * 3 * (n + series->ahead));
	fit->trend = true;
}

/*
 * FitForecast forecasts the periods after the first so many of a series, as one
 * who knew no more, but for the constants that were fitted to all of it.
 */
void
FitForecast(const DemandFit *fit, int origin, int horizon, double *means)
{
	const double *exposure = fit->series->exposure + origin;
	double	   *theta = fit->scratch;
	double	   *dynamic;

	if (!fit->trend)
	{
		for (int i = 0; i < horizon; i++)
			means[i] = fit->levels[origin] * exposure[i];
		return;
	}
	dynamic = fit->scratch + fit->series->n + fit->series->ahead;
	HoltForecast(&fit->holt, origin, horizon, means);
	ThetaForecast(&fit->theta, origin, horizon, theta);
	DynamicForecast(&fit->dynamic, origin, horizon, dynamic);
	for (int i = 0; i < horizon; i++)
		means[i] = (means[i] + theta[i] + dynamic[i]) / 3 * exposure[i];
}

/*
 * FirstOrigin is from where on forecasts of the past are looked at: in the last
 * two thirds of the series; if that is little, from where there is a level.
 */
static int
FirstOrigin(const DemandFit *fit)
{
	int			n = fit->series->n;
	int			first = n / 3;

	if (!fit->trend)
		first = Max(Min(first, n - FEW_ORIGINS), n / 10);
	return Max(first, 1);
}

/*
 * FitTotalErrors are the errors of forecasts of the sum of so many periods, from
 * all origins after which demand of at least half of them is known; as if all
 * were.
 */
ErrorSample
FitTotalErrors(const DemandFit *fit, int window)
{
	const DemandSeries *series = fit->series;
	ErrorSample sample = {0, palloc(sizeof(double) * (series->n + 1))};
	double	   *means = palloc(sizeof(double) * window);

	for (int t = FirstOrigin(fit); t + window <= series->n; t++)
	{
		double		error = 0;
		int			known = 0;

		FitForecast(fit, t, window, means);
		for (int i = 0; i < window; i++)
		{
			error += series->y[t + i] - means[i];
			known += series->known[t + i];
		}
		if (2 * known >= window)
			sample.errors[sample.count++] = error * sqrt((double) window / known);
		if (t % 64 == 0)
			CHECK_FOR_INTERRUPTS();
	}
	ErrorsSort(&sample);
	return sample;
}

/*
 * FitSpread is what errors of a period grow with: its exposure, or, of a level,
 * the root of that, as counts do.
 */
double
FitSpread(const DemandFit *fit, int t)
{
	double		exposure = fit->series->exposure[t];

	return fit->trend ? exposure : sqrt(exposure);
}

/*
 * FitStepErrors are the errors of forecasts of one period, so many ahead, for a
 * spread of 1.
 */
ErrorSample
FitStepErrors(const DemandFit *fit, int lead)
{
	const DemandSeries *series = fit->series;
	ErrorSample sample = {0, palloc(sizeof(double) * (series->n + 1))};
	double	   *means = palloc(sizeof(double) * lead);

	for (int t = FirstOrigin(fit); t + lead <= series->n; t++)
	{
		int			i = t + lead - 1;

		if (!series->known[i] || FitSpread(fit, i) < LEAST_EXPOSURE)
			continue;
		FitForecast(fit, t, lead, means);
		sample.errors[sample.count++] = (series->y[i] - means[lead - 1])
			/ FitSpread(fit, i);
		if (t % 64 == 0)
			CHECK_FOR_INTERRUPTS();
	}
	ErrorsSort(&sample);
	return sample;
}

/*
 * Drifts tells whether forecasts of a level were mostly wrong in the same
 * direction.
 */
static bool
Drifts(const ErrorSample *sample)
{
	double		sum = 0;

	for (int i = 0; i < sample->count; i++)
		sum += sample->errors[i];
	return sample->count > 0
		&& sum / sample->count * sum / sample->count > sample->variance / 2;
}

/*
 * FitDemand chooses what a series is forecast by, for so many periods together,
 * and fits it.  Demand of days, or that comes seldom, has a level; other series
 * may have a trend, and so has a level that it would have forecast better.
 */
DemandFit *
FitDemand(DemandSeries *series, const double *profile, int periods)
{
	DemandFit  *fit = palloc0(sizeof(DemandFit));
	int			window = Max(Min(periods, series->n / 3), 1);
	ErrorSample errors;

	fit->series = series;
	DemandPromotion(series, profile);
	if (IsSmooth(series) && series->season % DAYS_IN_WEEK != 0)
	{
		if (profile != NULL)
			DemandSeason(series, profile);
		else
			DemandSeasonClassical(series);
		FitTrend(fit);
		return fit;
	}
	DemandSeason(series, profile);
	fit->levels = DemandLevel(series, window);
	fit->gap = Gap(series);
	if (fit->gap >= SPARSE_INTERVAL)
		DemandSizes(series);
	if (!IsSmooth(series))
		return fit;
	errors = FitTotalErrors(fit, window);
	if (Drifts(&errors))
	{
		FitTrend(fit);
		fit->trend = FitTotalErrors(fit, window).variance < errors.variance / 2;
	}
	return fit;
}
