/*
 * forecast_level.c
 *		The level of a series of days, or of demand that comes seldom.
 *
 * Demand of a period is the level times its exposure: the season's factor, more
 * in a promotion, and nothing where demand is not known.  So periods that
 * nobody could buy in drop out of every sum.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "forecast.h"

#include <math.h>

#define POOL_SIZE		12
#define POOL_POWER		8
#define FADING_SALES	3		/* that what fades is told from chance by */
#define MEAN_SALES		1		/* that the plain mean counts for */

/* smoothing constants from 0.003 to 0.85, a factor of 1.67 apart */
static const double pool_gains[POOL_SIZE] = {
	0.003, 0.005, 0.0084, 0.014, 0.0234, 0.0391,
	0.0653, 0.1091, 0.1823, 0.3045, 0.5088, 0.85
};

/*
 * Sums makes running sums: sums[t] is that of the first t values.
 */
static double *
Sums(const double *values, int n)
{
	double	   *sums = palloc(sizeof(double) * (n + 1));

	sums[0] = 0;
	for (int t = 0; t < n; t++)
		sums[t + 1] = sums[t] + values[t];
	return sums;
}

/*
 * SmoothPath sets the level after each period that an exponentially weighted
 * mean sees, which starts as a plain mean.
 */
static void
SmoothPath(const DemandSeries *series, double gain, double *path)
{
	double		demand = 0;
	double		exposure = 0;
	double		level = 0;
	int			seen = 0;

	path[0] = 0;
	for (int t = 0; t < series->n; t++)
	{
		if (series->known[t])
		{
			double		g = Max(gain, 1.0 / ++seen);

			demand += g * (series->y[t] - demand);
			exposure += g * (series->exposure[t] - exposure);
			if (exposure > LEAST_EXPOSURE)
				level = demand / exposure;
		}
		path[t + 1] = level;
	}
}

/*
 * PathError is the mean squared error of a path's forecasts of the sum of the
 * next periods, from the origins of the last two thirds of the series on.
 */
static double
PathError(const double *path, const double *demand, const double *exposure,
		  int n, int periods)
{
	double		sum = 0;
	int			count = 0;

	for (int t = Max(n / 3, 1); t + periods <= n; t++)
	{
		double		error = demand[t + periods] - demand[t]
			- path[t] * (exposure[t + periods] - exposure[t]);

		sum += error * error;
		count++;
	}
	return count > 0 ? sum / count : 0;
}

/*
 * PoolPath sets the path of a mean of smoothed levels, each weighted by how well
 * it forecast demand over as many periods as matter.
 */
static void
PoolPath(const DemandSeries *series, int periods, double *path)
{
	int			n = series->n;
	double	   *demand = Sums(series->y, n);
	double	   *exposure = Sums(series->exposure, n);
	double	   *paths[POOL_SIZE];
	double		errors[POOL_SIZE];
	double		least = INFINITY;
	double		total = 0;

	for (int k = 0; k < POOL_SIZE; k++)
	{
		paths[k] = palloc(sizeof(double) * (n + 1));
		SmoothPath(series, pool_gains[k], paths[k]);
		errors[k] = PathError(paths[k], demand, exposure, n, periods);
		least = Min(least, errors[k]);
	}
	memset(path, 0, sizeof(double) * (n + 1));
	for (int k = 0; k < POOL_SIZE; k++)
	{
		double		weight = errors[k] > 0 ? pow(least / errors[k], POOL_POWER) : 1;

		for (int t = 0; t <= n; t++)
			path[t] += weight * paths[k][t];
		total += weight;
	}
	for (int t = 0; t <= n; t++)
		path[t] /= total;
}

/*
 * SeldomStart sets the mean size of a demand, without what multiplies it, how
 * often demand comes, and how often it was to be expected.
 */
static void
SeldomStart(const DemandSeries *series, double *size, double *sales,
			double *often)
{
	double		sizes = 0;
	double		demands = 0;
	double		chances = 0;

	for (int t = 0; t < series->n; t++)
	{
		chances += series->often[t];
		if (series->y[t] == 0 || series->exposure[t] < LEAST_EXPOSURE)
			continue;
		sizes += series->y[t] / series->exposure[t] * series->often[t];
		demands++;
	}
	*size = sizes / Max(demands, 1);
	*sales = demands / Max(series->known_count, 1);
	*often = chances / Max(series->known_count, 1);
}

/*
 * SeldomPath returns the squared error of Teunter, Syntetos and Babai's (2011)
 * smoothing of the sizes of demands and of the chance of one, and sets its path,
 * if it is wanted.  The chance is a ratio to what the season expects.
 */
static double
SeldomPath(const DemandSeries *series, double size_gain, double chance_gain,
		   double *path)
{
	double		size;
	double		sales;
	double		often;
	double		level;
	double		sum = 0;

	SeldomStart(series, &size, &sales, &often);
	level = size * sales / Max(often, LEAST_EXPOSURE);
	if (path != NULL)
		path[0] = level;
	for (int t = 0; t < series->n; t++)
	{
		double		exposure = series->exposure[t];

		if (exposure >= LEAST_EXPOSURE)
		{
			double		error = series->y[t] - level * exposure;
			bool		sold = series->y[t] != 0;

			sum += error * error;
			if (sold)
				size += size_gain * (series->y[t] / exposure * series->often[t] - size);
			sales += chance_gain * (sold - sales);
			often += chance_gain * (series->often[t] - often);
			level = size * sales / Max(often, LEAST_EXPOSURE);
		}
		if (path != NULL)
			path[t + 1] = level;
	}
	return sum;
}

/*
 * BestSeldomPath sets the path of TSB with the smoothing constants of the least
 * squared error.
 */
static void
BestSeldomPath(const DemandSeries *series, double *path)
{
	static const double size_gains[] = {0.01, 0.05, 0.1, 0.2};
	static const double chance_gains[] = {0.005, 0.02, 0.05, 0.1, 0.2};
	double		least = INFINITY;
	double		size_gain = 0;
	double		chance_gain = 0;

	for (int i = 0; i < lengthof(size_gains); i++)
		for (int j = 0; j < lengthof(chance_gains); j++)
		{
			double		error = SeldomPath(series, size_gains[i],
										   chance_gains[j], NULL);

			if (error < least)
			{
				least = error;
				size_gain = size_gains[i];
				chance_gain = chance_gains[j];
			}
		}
	SeldomPath(series, size_gain, chance_gain, path);
}

/*
 * Fading is what the last level is multiplied by where past forecasts were too
 * high: the ratio of demand to what was forecast in the last half of the series,
 * drawn towards 1 by a few demands.  It never raises a level, as demand that
 * grows mostly grows by chance.
 */
static double
Fading(const DemandSeries *series, int periods, const double *path)
{
	int			n = series->n;
	double	   *demand = Sums(series->y, n);
	double	   *exposure = Sums(series->exposure, n);
	double		size = series->mean * series->interval * (1 + series->cv2);
	double		prior = FADING_SALES * size;
	double		actual = 0;
	double		forecast = 0;

	for (int t = Max(n / 2, 1); t + periods <= n; t++)
	{
		actual += demand[t + periods] - demand[t];
		forecast += path[t] * (exposure[t + periods] - exposure[t]);
	}
	actual = actual / periods + prior;
	forecast = forecast / periods + prior;
	return actual > 0 && forecast > actual ? actual / forecast : 1;
}

/*
 * DrawToMean draws a path towards the plain mean while few demands are seen.
 */
static void
DrawToMean(const DemandSeries *series, double *path)
{
	double	   *plain = palloc(sizeof(double) * (series->n + 1));
	double		sales = 0;

	SmoothPath(series, 0, plain);
	for (int t = 0; t <= series->n; t++)
	{
		path[t] += (plain[t] - path[t]) * MEAN_SALES / (MEAN_SALES + sales);
		if (t < series->n && series->y[t] != 0)
			sales++;
	}
}

/*
 * DemandLevel returns the level after each period, [0] before the first, fit for
 * forecasts of so many periods together.
 */
double *
DemandLevel(const DemandSeries *series, int periods)
{
	int			n = series->n;
	double	   *path = palloc(sizeof(double) * (n + 1));
	double	   *seldom = palloc(sizeof(double) * (n + 1));
	int			window = Max(Min(periods, n / 3), 1);

	PoolPath(series, window, path);
	BestSeldomPath(series, seldom);
	for (int t = 0; t <= n; t++)
		path[t] = (path[t] + seldom[t]) / 2;
	path[n] *= Fading(series, window, path);
	DrawToMean(series, path);
	return path;
}
