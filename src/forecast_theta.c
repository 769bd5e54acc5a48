/*
 * forecast_theta.c
 *		The Theta method, on transformed data and with a line that moves.
 *
 * For given constants, errors of the next period are linear in the first level,
 * so that it is found by least squares, and only the constants are searched.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "forecast.h"

#include <math.h>

/*
 * SmoothError is the squared error of exponential smoothing from the best first
 * level, which is set.
 */
static double
SmoothError(const double *x, int n, double gain, double *first)
{
	double		level = 0;
	double		r = 1;
	double		ee = 0;
	double		er = 0;
	double		rr = 0;

	for (int t = 0; t < n; t++)
	{
		double		e = x[t] - level;

		ee += e * e;
		er += e * r;
		rr += r * r;
		level += gain * e;
		r *= 1 - gain;
	}
	*first = er / rr;
	return Max(ee - *first * er, 0);
}

/*
 * SmoothFit finds the gain of the least squared error by golden section within
 * the best interval of a grid.
 */
static double
SmoothFit(const double *x, int n, double *first)
{
	const double ratio = 0.6180339887498949;
	double		best = 0.5;
	double		least = INFINITY;
	double		low;
	double		high;

	for (double gain = 0.02; gain < 1; gain += 0.12)
	{
		double		error = SmoothError(x, n, gain, first);

		if (error < least)
		{
			least = error;
			best = gain;
		}
	}
	low = Max(best - 0.12, 0.001);
	high = Min(best + 0.12, 0.999);
	for (int i = 0; i < 14; i++)
	{
		double		a = high - ratio * (high - low);
		double		b = low + ratio * (high - low);

		if (SmoothError(x, n, a, first) < SmoothError(x, n, b, first))
			high = b;
		else
			low = a;
	}
	best = (low + high) / 2;
	SmoothError(x, n, best, first);
	return best;
}

/*
 * BoxCox transforms a value (Box and Cox 1964).
 */
static double
BoxCox(double x, double lambda)
{
	return lambda == 0 ? log(x) : (pow(x, lambda) - 1) / lambda;
}

/*
 * BoxCoxBack transforms it back.
 */
static double
BoxCoxBack(double z, double lambda)
{
	double		base;

	if (lambda == 0)
		return exp(z);
	base = lambda * z + 1;
	return base > 0 ? pow(base, 1 / lambda) : 0;
}

/*
 * Line fits a straight line and returns the squared error.
 */
static double
Line(const double *z, int n, double *slope)
{
	double		mean = 0;
	double		sxz = 0;
	double		szz = 0;
	double		sxx = (double) n * ((double) n * n - 1) / 12;

	for (int t = 0; t < n; t++)
		mean += z[t];
	mean /= n;
	for (int t = 0; t < n; t++)
	{
		sxz += (t - (n - 1) / 2.0) * (z[t] - mean);
		szz += (z[t] - mean) * (z[t] - mean);
	}
	*slope = sxx > 0 ? sxz / sxx : 0;
	return Max(szz - *slope * sxz, 0);
}

/*
 * BestLambda is the exponent that makes the series most like a straight line
 * with normal errors.
 */
static double
BestLambda(const double *x, int n)
{
	double		best = 1;
	double		greatest = -INFINITY;
	double		logs = 0;
	double	   *z = palloc(sizeof(double) * n);

	for (int t = 0; t < n; t++)
	{
		if (x[t] <= 0)
			return 1;
		logs += log(x[t]);
	}
	for (int k = 0; k <= 4; k++)
	{
		double		lambda = k / 4.0;
		double		slope;
		double		error;
		double		likelihood;

		for (int t = 0; t < n; t++)
			z[t] = BoxCox(x[t], lambda);
		error = Line(z, n, &slope);
		likelihood = -0.5 * n * log(error / n + 1e-300) + (lambda - 1) * logs;
		if (likelihood > greatest)
		{
			greatest = likelihood;
			best = lambda;
		}
	}
	return best;
}

/*
 * ThetaFit fits the Theta method (Assimakopoulos and Nikolopoulos 2000; its
 * form as smoothing with drift is Hyndman and Billah's, 2003) to transformed data.
 */
void
ThetaFit(const double *x, int n, ThetaModel *model)
{
	double	   *z = palloc(sizeof(double) * n);
	double		level;

	model->lambda = BestLambda(x, n);
	for (int t = 0; t < n; t++)
		z[t] = BoxCox(x[t], model->lambda);
	Line(z, n, &model->slope);
	model->gain = SmoothFit(z, n, &level);
	model->levels = palloc(sizeof(double) * (n + 1));
	model->levels[0] = level;
	for (int t = 0; t < n; t++)
		model->levels[t + 1] = model->levels[t]
			+ model->gain * (z[t] - model->levels[t]);
}

/*
 * ThetaForecast forecasts the periods after the first so many.
 */
void
ThetaForecast(const ThetaModel *model, int origin, int horizon, double *means)
{
	double		lag = (1 - pow(1 - model->gain, origin)) / model->gain;

	for (int i = 0; i < horizon; i++)
		means[i] = BoxCoxBack(model->levels[origin]
							  + model->slope / 2 * (i + lag), model->lambda);
}

/*
 * NextLine takes a period more into the straight line through those before, of
 * which there are so many.
 */
static void
NextLine(double x, int n, double *mean, double *slope, double *intercept)
{
	*slope = n == 0 ? 0
		: ((n - 1) * *slope + 6 * (x - *mean) / (n + 1)) / (n + 2);
	*mean = (n * *mean + x) / (n + 1);
	*intercept = *mean - *slope * (n + 2) / 2;
}

/*
 * DynamicLine is the part of the line in the forecast of the next period, where
 * decay is (1 - gain) to the number of periods before.
 */
static inline double
DynamicLine(const DynamicModel *model, double decay, double intercept,
			double slope)
{
	return (1 - 1 / model->theta)
		* (decay * intercept
		   + (1 - decay * (1 - model->gain)) / model->gain * slope);
}

/*
 * DynamicError finds the first level of the least squared error, and returns
 * that error.  The first two periods make the line, and don't count.
 */
static double
DynamicError(const double *x, int n, DynamicModel *model)
{
	double		level = 0;
	double		decay = 1;
	double		ee = 0;
	double		er = 0;
	double		rr = 0;

	for (int t = 0; t < n; t++)
	{
		double		error = x[t] - level - DynamicLine(model, decay,
													   model->intercepts[t],
													   model->slopes[t]);

		if (t >= 2)
		{
			ee += error * error;
			er += error * decay;
			rr += decay * decay;
		}
		level += model->gain * (x[t] - level);
		decay *= 1 - model->gain;
	}
	model->level = rr > 1e-12 ? er / rr : x[0];
	return Max(ee - model->level * er, 0);
}

/*
 * DynamicStates makes room for states, and sets those of the line.
 */
static void
DynamicStates(const double *x, int n, DynamicModel *model)
{
	double		mean = 0;
	double		slope = 0;
	double		intercept = 0;

	model->levels = palloc(sizeof(double) * (n + 1));
	model->means = palloc(sizeof(double) * (n + 1));
	model->slopes = palloc(sizeof(double) * (n + 1));
	model->intercepts = palloc(sizeof(double) * (n + 1));
	for (int t = 0; t <= n; t++)
	{
		model->means[t] = mean;
		model->slopes[t] = slope;
		model->intercepts[t] = intercept;
		if (t < n)
			NextLine(x[t], t, &mean, &slope, &intercept);
	}
}

/*
 * DynamicTry takes constants, if they have less squared error than the best so
 * far.
 */
static bool
DynamicTry(const double *x, int n, double gain, double theta,
		   DynamicModel *best, double *least)
{
	DynamicModel model = *best;
	double		error;

	model.gain = gain;
	model.theta = theta;
	error = DynamicError(x, n, &model);
	if (!(error < *least))
		return false;
	*least = error;
	*best = model;
	return true;
}

/*
 * DynamicFit fits the dynamic optimised Theta model (Fiorucci, Pellegrini,
 * Louzada, Petropoulos and Koehler 2016): the best of a grid, then steps from
 * there, which are halved when none is better.
 */
void
DynamicFit(const double *x, int n, DynamicModel *best)
{
	static const double gains[] = {0.05, 0.2, 0.4, 0.6, 0.8, 0.95};
	static const double thetas[] = {1, 2, 4, 8};
	double		least = INFINITY;

	*best = (DynamicModel) {0.2, 1};
	DynamicStates(x, n, best);
	for (int i = 0; i < lengthof(gains); i++)
		for (int j = 0; j < lengthof(thetas); j++)
			DynamicTry(x, n, gains[i], thetas[j], best, &least);
	for (double step = 0.1; step > 0.004;)
	{
		bool		better = false;

		for (int d = 0; d < 4; d++)
		{
			double		move = d % 2 == 0 ? step : -step;
			double		gain = best->gain + (d / 2 == 0 ? move : 0);
			double		theta = best->theta * (d / 2 == 1 ? exp(3 * move) : 1);

			better |= DynamicTry(x, n, Min(Max(gain, 0.1), 0.99),
								 Min(Max(theta, 1), 1000), best, &least);
		}
		if (!better)
			step /= 2;
	}
	best->levels[0] = best->level;
	for (int t = 0; t < n; t++)
		best->levels[t + 1] = best->levels[t]
			+ best->gain * (x[t] - best->levels[t]);
}

/*
 * DynamicForecast forecasts the periods after the first so many: the line takes
 * each forecast for what was.
 */
void
DynamicForecast(const DynamicModel *model, int origin, int horizon,
				double *means)
{
	double		level = model->levels[origin];
	double		mean = model->means[origin];
	double		slope = model->slopes[origin];
	double		intercept = model->intercepts[origin];
	double		decay = pow(1 - model->gain, origin);

	for (int i = 0; i < horizon; i++)
	{
		means[i] = level + DynamicLine(model, decay, intercept, slope);
		level += model->gain * (means[i] - level);
		NextLine(means[i], origin + i, &mean, &slope, &intercept);
		decay *= 1 - model->gain;
	}
}
