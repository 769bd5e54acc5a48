/*
 * forecast.c
 *		Forecasts a series of demand: what is expected, and how far off it may be.
 *
 * A quantile is a mean of two.  One adds a quantile of the errors of the past to
 * what is expected; the other is that of a distribution with the mean that is
 * expected and the variance of these errors or, of sparse demand, of a number of
 * demands of the sizes that were seen.  The more errors there are, and the less
 * sparse demand is, the more the first counts.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "forecast.h"

#include <float.h>
#include <math.h>

#define OPTIMISM		1.21	/* squares of errors to come, as multiples of
								 * past ones: what was fitted had seen these */
#define TREND_CONSTANTS 8		/* that were fitted for a trend */
#define TREND_DOUBT		50		/* errors that the distribution counts for */
#define LEVEL_DOUBT		15		/* by the square of the gap of demand */
#define FEW_DEMANDS		30		/* fewer tell more than errors do */
#define MEAN_DEMANDS	10.0	/* that the mean of all of the history counts for */
#define PLAIN_SHARE		(1 / 3.0)	/* of a distribution of all of the history */
#define ERRORS_MIN		3
#define LARGE			1e12	/* numbers that squares are still exact enough */
#define SMALL			1e-6	/* of */
#define LEADS_MAX		12		/* powers of 2 up to the longest horizon */

/* What the quantiles of steps follow from: errors at leads of 1, 2, 4... */
typedef struct StepErrors
{
	int			count;
	int			leads[LEADS_MAX];
	ErrorSample samples[LEADS_MAX];
} StepErrors;

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
 * NewForecast makes a forecast of nothing, with what was seen in the series.
 */
static Forecast *
NewForecast(const ForecastRequest *request, const DemandSeries *series)
{
	Forecast   *forecast = palloc0(sizeof(Forecast));
	int			levels = request->level_count;
	double		change = 0;
	int			changes = 0;

	forecast->class = series->class;
	forecast->method = "none";
	forecast->means = palloc0(sizeof(double) * Max(request->horizon, 1));
	forecast->total_quantiles = palloc0(sizeof(double) * Max(levels, 1));
	if (request->steps)
		forecast->quantiles = palloc0(sizeof(double)
									  * Max(request->horizon * levels, 1));
	for (int t = series->season; t < series->n; t++)
		if (series->known[t] && series->known[t - series->season])
		{
			change += fabs(series->y[t] - series->y[t - series->season]);
			changes++;
		}
	forecast->scale = change > 0 ? change / changes : NAN;
	forecast->periods = series->n;
	forecast->known = series->known_count;
	forecast->interval = series->interval;
	forecast->cv2 = series->cv2;
	forecast->promotion = NAN;
	return forecast;
}

/*
 * Optimism is what squares of errors of the past are multiplied by for those to
 * come.
 */
static double
Optimism(const DemandFit *fit)
{
	double		n = fit->series->n;

	if (!fit->trend)
		return OPTIMISM;
	return OPTIMISM * n / Max(n - TREND_CONSTANTS, n / 2);
}

/*
 * FewQuantile is the quantile of demand with an exposure when few demands were
 * seen: of a number of demands of their sizes, with a mean that is drawn to that
 * of all of the history, and of a distribution with its mean and variance.
 */
static double
FewQuantile(const DemandSeries *series, double exposure, double mean,
			double extra, double level)
{
	double		plain = series->plain_mean * exposure;
	double		part = MEAN_DEMANDS / (series->size_count + MEAN_DEMANDS);
	double		variance = series->plain_variance * exposure + extra;
	double		quantile = CompoundQuantile(series, mean + (plain - mean) * part,
											extra, level);

	plain = DemandQuantile(series, plain, variance, level);
	return quantile < 0 ? plain
		: (1 - PLAIN_SHARE) * quantile + PLAIN_SHARE * plain;
}

/*
 * Blend is a quantile of demand with an exposure: with so many errors of the
 * past, of which one is given, and a distribution with a variance, of which a
 * part is for the number of periods.
 */
static double
Blend(const DemandFit *fit, double exposure, double mean, double variance,
	  double extra, int count, double error, double level)
{
	const DemandSeries *series = fit->series;
	double		doubt = fit->trend ? TREND_DOUBT : LEVEL_DOUBT * fit->gap * fit->gap;
	double		share = count / (count + doubt);
	double		quantile;

	if (series->size_count > 0 && series->size_count < FEW_DEMANDS)
		return FewQuantile(series, exposure, mean, extra, level);
	quantile = CompoundQuantile(series, mean, extra, level);
	if (quantile < 0)
		quantile = DemandQuantile(series, mean, variance, level);
	quantile = share * (mean + error) + (1 - share) * quantile;
	return series->negative ? quantile : Max(quantile, 0);
}

/*
 * PlainVariance is that of the sum of so many periods when nothing but the
 * variance of periods is known, with the doubt about their mean.
 */
static double
PlainVariance(const DemandSeries *series, double periods)
{
	double		variance = series->known_count > 1 ? series->variance
		: fabs(series->mean) + series->mean * series->mean;

	return variance * (periods + periods * periods / Max(series->known_count, 1));
}

/*
 * TotalMean is the sum of the means of so many periods.
 */
static double
TotalMean(const double *means, double periods)
{
	double		sum = 0;
	int			i = 0;

	for (; i < (int) periods; i++)
		sum += means[i];
	return i < periods ? sum + (periods - i) * means[i] : sum;
}

/*
 * Swing is by how much errors grow where the months make more of the periods to
 * come, of which the mean exposure is given, than of those that errors are of.
 */
static double
Swing(const ForecastRequest *request, const DemandSeries *series,
	  double exposure)
{
	double		seen = 0;

	if (request->months == NULL)
		return 1;
	for (int t = 0; t < series->n; t++)
		seen += series->exposure[t];
	return seen > 0 && exposure > 0 ? exposure * series->known_count / seen : 1;
}

/*
 * FillTotal forecasts the periods of protection together.  Their number may
 * vary: what comes in so many periods more or less is added to the variance
 * (law of total variance).
 */
static void
FillTotal(Forecast *forecast, const ForecastRequest *request,
		  const DemandFit *fit, const double *means)
{
	const DemandSeries *series = fit->series;
	double		periods = request->protection;
	int			window = Max(Min((int) rint(periods), series->n / 3), 1);
	double		mean = TotalMean(means, periods);
	double		exposure = TotalMean(series->exposure + series->n, periods);
	double		varying;
	double		variance;
	double		stretch;
	ErrorSample errors;

	if (periods <= 0)
		return;
	errors = FitTotalErrors(fit, window);
	varying = mean / periods * request->protection_sd;
	variance = errors.variance * Optimism(fit) * periods / window
		* Swing(request, series, exposure / periods);
	if (errors.count < ERRORS_MIN)
		variance = PlainVariance(series, periods);
	variance += varying * varying;
	stretch = errors.variance > 0 ? sqrt(variance / errors.variance) : 0;
	forecast->total_mean = mean;
	forecast->total_sd = sqrt(variance);
	forecast->errors = errors.count;
	for (int k = 0; k < request->level_count; k++)
	{
		double		level = request->levels[k];
		double		error = errors.variance > 0
			? stretch * ErrorQuantile(&errors, level)
			: varying * NormalQuantile(level);

		forecast->total_quantiles[k] = Blend(fit, exposure, mean, variance,
											 varying * varying, errors.count,
											 error, level);
	}
}

/*
 * LookAtSteps collects errors at leads up to a horizon, as far as the series
 * reaches.
 */
static void
LookAtSteps(const DemandFit *fit, int horizon, StepErrors *steps)
{
	int			last = Max(Min(horizon, fit->series->n / 3), 1);

	steps->count = 0;
	for (int lead = 1; lead <= last; lead *= 2)
	{
		steps->leads[steps->count] = lead;
		steps->samples[steps->count++] = FitStepErrors(fit, lead);
	}
}

/*
 * FillStep finds the quantiles of a step, between those of the leads before and
 * after.  What has a trend gets less certain beyond.
 */
static void
FillStep(const ForecastRequest *request, const DemandFit *fit,
		 const StepErrors *steps, int step, double mean, double *quantiles)
{
	double		exposure = fit->series->exposure[fit->series->n + step - 1];
	double		spread = sqrt(Optimism(fit))
		* FitSpread(fit, fit->series->n + step - 1);
	int			a = 0;
	int			b;
	double		part;
	double		variance;
	const ErrorSample *before;
	const ErrorSample *after;

	while (a + 1 < steps->count && steps->leads[a + 1] <= step)
		a++;
	b = Min(a + 1, steps->count - 1);
	part = a == b ? 0 : (double) (step - steps->leads[a])
		/ (steps->leads[b] - steps->leads[a]);
	before = &steps->samples[a];
	after = &steps->samples[b];
	if (a == b && fit->trend)
		spread *= sqrt((double) step / steps->leads[a]);
	variance = spread * spread
		* ((1 - part) * before->variance + part * after->variance);
	if (before->count < ERRORS_MIN)
		variance = PlainVariance(fit->series, 1);
	for (int k = 0; k < request->level_count; k++)
	{
		double		level = request->levels[k];
		double		error = (1 - part) * ErrorQuantile(before, level)
			+ part * ErrorQuantile(after, level);

		quantiles[k] = Blend(fit, exposure, mean, variance, 0,
							 before->count, spread * error, level);
	}
}

/*
 * FillFit forecasts a series by what was fitted to it.
 */
static void
FillFit(Forecast *forecast, const ForecastRequest *request,
		DemandSeries *series)
{
	int			periods = request->protection > 0
		? Max((int) rint(request->protection), 1) : request->horizon;
	DemandFit  *fit = FitDemand(series, request->profile, periods);
	double	   *means = palloc(sizeof(double) * Max(series->ahead, 1));
	StepErrors	steps;

	FitForecast(fit, series->n, series->ahead, means);
	for (int i = 0; i < series->ahead; i++)
		if (!series->negative)
			means[i] = Max(means[i], 0);
	forecast->method = fit->trend ? "trend" : "level";
	memcpy(forecast->means, means, sizeof(double) * request->horizon);
	FillTotal(forecast, request, fit, means);
	if (!request->steps)
		return;
	LookAtSteps(fit, request->horizon, &steps);
	for (int i = 0; i < request->horizon; i++)
		FillStep(request, fit, &steps, i + 1, means[i],
				 forecast->quantiles + i * request->level_count);
}

/*
 * FillPrior forecasts a new series by what was expected of it and what has come
 * since: a gamma distribution of the level, and counts that vary more than
 * Poisson's as far as they did.
 */
static void
FillPrior(Forecast *forecast, const ForecastRequest *request,
		  DemandSeries *series)
{
	double		shape = 1 / (request->prior_cv * request->prior_cv);
	double		dispersion = series->mean > 0
		? Max(series->variance / series->mean, 1) : 1;
	double		seen;
	double		exposure = 0;
	double		rate;
	double		mean;
	double		varying;
	double		variance;

	DemandPromotion(series, request->profile);
	DemandSeason(series, request->profile);
	for (int t = 0; t < series->n; t++)
		exposure += series->exposure[t];
	seen = shape + series->mean * series->known_count / dispersion;
	rate = seen / (shape / Max(request->prior_mean, SMALL) + exposure / dispersion);
	forecast->class = DEMAND_NEW;
	forecast->method = "prior";
	for (int i = 0; i < request->horizon; i++)
		forecast->means[i] = rate * series->exposure[series->n + i];
	mean = rate * TotalMean(series->exposure + series->n, request->protection);
	varying = rate * request->protection_sd;
	variance = dispersion * mean + mean * mean / seen + varying * varying;
	forecast->total_mean = mean;
	forecast->total_sd = sqrt(variance);
	for (int k = 0; k < request->level_count; k++)
		forecast->total_quantiles[k] = DemandQuantile(series, mean, variance,
													  request->levels[k]);
}

/*
 * ForecastPlain forecasts a series of numbers that can be squared.
 */
static Forecast *
ForecastPlain(const ForecastRequest *request)
{
	int			ahead = Max(request->horizon, (int) ceil(request->protection));
	DemandSeries *series = DemandPrepare(request, ahead);
	Forecast   *forecast = NewForecast(request, series);
	bool		known = series->class > DEMAND_NEW;

	if (!known && !isnan(request->prior_mean) && !series->negative)
		FillPrior(forecast, request, series);
	else if (series->class != DEMAND_NONE)
		FillFit(forecast, request, series);
	forecast->factors = series->factors;
	if (series->promoted != NULL)
		forecast->promotion = exp(series->effect);
	return forecast;
}

/*
 * Scale multiplies numbers, as far as they stay numbers.
 */
static void
Scale(double *values, int count, double factor)
{
	for (int i = 0; i < count; i++)
		values[i] = Min(Max(values[i] * factor, -DBL_MAX), DBL_MAX);
}

/*
 * ForecastMake forecasts a series.  Numbers whose squares would be too large or
 * too small are forecast in other units.
 */
Forecast *
ForecastMake(const ForecastRequest *request)
{
	ForecastRequest scaled = *request;
	double		most = 0;
	double	   *demand;
	Forecast   *forecast;
	int			levels = request->level_count;

	for (int i = 0; i < request->n; i++)
		if (!isnan(request->demand[i]))
			most = Max(most, fabs(request->demand[i]));
	if (most == 0 || (most >= SMALL && most <= LARGE))
		return ForecastPlain(request);
	demand = palloc(sizeof(double) * request->n);
	for (int i = 0; i < request->n; i++)
		demand[i] = request->demand[i] / most;
	scaled.demand = demand;
	scaled.prior_mean = request->prior_mean / most;
	forecast = ForecastPlain(&scaled);
	Scale(forecast->means, request->horizon, most);
	Scale(&forecast->total_mean, 1, most);
	Scale(&forecast->total_sd, 1, most);
	Scale(&forecast->scale, 1, most);
	Scale(forecast->total_quantiles, levels, most);
	if (request->steps)
		Scale(forecast->quantiles, request->horizon * levels, most);
	return forecast;
}
