/*
 * forecast_holt.c
 *		Exponential smoothing with a damped trend (Gardner and McKenzie 1985).
 *
 * For given smoothing constants, errors of the next period are linear in the
 * states that smoothing starts from, so that these are found by least squares,
 * and only the constants are searched.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "forecast.h"

#include <math.h>

#define DAMPING_LEAST	0.8
#define DAMPING_MOST	0.98

/*
 * HoltStates sets the states after each period.
 */
static void
HoltStates(const double *x, int n, HoltModel *model)
{
	model->levels = palloc(sizeof(double) * (n + 1));
	model->trends = palloc(sizeof(double) * (n + 1));
	model->levels[0] = model->level;
	model->trends[0] = model->trend;
	for (int t = 0; t < n; t++)
	{
		double		trend = model->damping * model->trends[t];
		double		forecast = model->levels[t] + trend;
		double		error = x[t] - forecast;

		model->levels[t + 1] = forecast + model->level_gain * error;
		model->trends[t + 1] = trend + model->trend_gain * error;
	}
}

/*
 * HoltError finds the first states of the least squared error, and returns
 * that error.
 */
static double
HoltError(const double *x, int n, HoltModel *model)
{
	double		a = model->level_gain;
	double		b = model->trend_gain;
	double		phi = model->damping;
	double		l = 0,			/* from first states of 0 */
				s = 0;
	double		l1 = 1,			/* what a first level of 1 adds */
				s1 = 0;
	double		l2 = 0,			/* what a first trend of 1 adds */
				s2 = 1;
	double		ee = 0,
				e1 = 0,
				e2 = 0;
	double		r11 = 0,
				r12 = 0,
				r22 = 0;
	double		det;

	for (int t = 0; t < n; t++)
	{
		double		f = l + phi * s;
		double		f1 = l1 + phi * s1;
		double		f2 = l2 + phi * s2;
		double		e = x[t] - f;

		ee += e * e;
		e1 += e * f1;
		e2 += e * f2;
		r11 += f1 * f1;
		r12 += f1 * f2;
		r22 += f2 * f2;
		l = f + a * e;
		s = phi * s + b * e;
		l1 = f1 - a * f1;
		s1 = phi * s1 - b * f1;
		l2 = f2 - a * f2;
		s2 = phi * s2 - b * f2;
	}
	det = r11 * r22 - r12 * r12;
	if (det > 1e-9 * r11 * r22)
	{
		model->level = (e1 * r22 - e2 * r12) / det;
		model->trend = (e2 * r11 - e1 * r12) / det;
	}
	else
	{
		model->level = r11 > 0 ? e1 / r11 : 0;
		model->trend = 0;
	}
	return Max(ee - model->level * e1 - model->trend * e2, 0);
}

/*
 * HoltTry takes smoothing constants, if they have less squared error than the
 * best so far.  The gain of the trend is a share of that of the level.
 */
static bool
HoltTry(const double *x, int n, double gain, double share, double damping,
		HoltModel *best, double *best_share, double *least)
{
	HoltModel	model = {gain, gain * share, damping};
	double		error = HoltError(x, n, &model);

	if (!(error < *least))
		return false;
	*least = error;
	*best_share = share;
	*best = model;
	return true;
}

/*
 * HoltFit finds the damped trend of the least squared error: the best of a grid,
 * then steps from there, which are halved when none is better.
 */
void
HoltFit(const double *x, int n, HoltModel *best)
{
	static const double gains[] = {0.05, 0.2, 0.4, 0.7, 0.95};
	static const double shares[] = {0.02, 0.15, 0.5};
	static const double dampings[] = {DAMPING_LEAST, 0.9, DAMPING_MOST};
	double		least = INFINITY;
	double		share = 0;

	*best = (HoltModel) {0.2, 0, DAMPING_LEAST};
	for (int i = 0; i < lengthof(gains); i++)
		for (int j = 0; j < lengthof(shares); j++)
			for (int k = 0; k < lengthof(dampings); k++)
				HoltTry(x, n, gains[i], shares[j], dampings[k], best, &share,
						&least);
	for (double step = 0.12; step > 0.004;)
	{
		bool		better = false;

		for (int d = 0; d < 6; d++)
		{
			double		move = d % 2 == 0 ? step : -step;
			double		gain = best->level_gain + (d / 2 == 0 ? move : 0);
			double		part = share + (d / 2 == 1 ? move : 0);
			double		damping = best->damping + (d / 2 == 2 ? move / 2 : 0);

			better |= HoltTry(x, n, Min(Max(gain, 0.001), 0.999),
							  Min(Max(part, 0), 1),
							  Min(Max(damping, DAMPING_LEAST), DAMPING_MOST),
							  best, &share, &least);
		}
		if (!better)
			step /= 2;
	}
	HoltStates(x, n, best);
}

/*
 * HoltForecast forecasts the periods after the first so many.
 */
void
HoltForecast(const HoltModel *model, int origin, int horizon, double *means)
{
	double		sum = 0;
	double		power = 1;

	for (int i = 0; i < horizon; i++)
	{
		power *= model->damping;
		sum += power;
		means[i] = model->levels[origin] + sum * model->trends[origin];
	}
}
