/*
 * forecast_compound.c
 *		Quantiles of demand that comes seldom: a number of demands, each of a size
 *		that was seen.
 *
 * The number is negative binomial.  One demand has the sizes that were seen, as
 * in Willemain, Smart and Schwarz's bootstrap (2004); the sum of several is
 * taken for a gamma variable (Wilson and Hilferty 1931).
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "forecast.h"

#include <math.h>

#define NUMBER_MAX		300		/* of demands that are told apart */
#define NUMBER_MEAN_MAX 100		/* more are a distribution of one shape */
#define NUMBER_SPREAD	1.001	/* variance of their number, by its mean: next
								 * to Poisson's */
#define TAIL			1e-7	/* chance of more demands that doesn't matter */
#define STEPS_MAX		60

/* Chances of numbers of demands */
typedef struct Numbers
{
	int			count;
	double		chances[NUMBER_MAX];
	double		total;
} Numbers;

/*
 * CompareSizes orders numbers.
 */
static int
CompareSizes(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return x < y ? -1 : x > y;
}

/*
 * DemandSizes collects the sizes of demands, sorted, so that demands are told
 * apart.
 */
void
DemandSizes(DemandSeries *series)
{
	double		squares = 0;

	if (series->negative || series->class == DEMAND_NEW)
		return;
	series->sizes = palloc(sizeof(double) * (series->n + 1));
	if (series->dropped > 0)
		series->sizes[series->size_count++] = series->dropped;
	for (int t = 0; t < series->n; t++)
		if (series->y[t] > 0)
			series->sizes[series->size_count++] = series->y[t];
	qsort(series->sizes, series->size_count, sizeof(double), CompareSizes);
	for (int i = 0; i < series->size_count; i++)
	{
		series->size_mean += series->sizes[i] / series->size_count;
		squares += series->sizes[i] * series->sizes[i] / series->size_count;
	}
	series->size_variance = Max(squares - series->size_mean * series->size_mean, 0);
}

/*
 * NumberChances sets the chances of 0, 1, 2... demands.
 */
static void
NumberChances(double mean, double variance, Numbers *numbers)
{
	double		r = mean * mean / (variance - mean);
	double		p = exp(-r * log1p(mean / r));

	numbers->count = 0;
	numbers->total = 0;
	while (numbers->count < NUMBER_MAX && numbers->total < 1 - TAIL)
	{
		numbers->total += p;
		numbers->chances[numbers->count] = p;
		p *= (r + numbers->count) / (numbers->count + 1) * mean / (r + mean);
		numbers->count++;
	}
}

/*
 * SizeChance is the chance that one demand is not above a size.
 */
static double
SizeChance(const DemandSeries *series, double size)
{
	int			low = 0;
	int			high = series->size_count;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (series->sizes[middle] <= size)
			low = middle + 1;
		else
			high = middle;
	}
	return (double) low / series->size_count;
}

/*
 * SumChance is the chance that so many demands together are not above a size.
 */
static double
SumChance(const DemandSeries *series, int number, double size)
{
	double		mean = number * series->size_mean;
	double		variance = number * series->size_variance;
	double		shape;
	double		z;

	if (number < 2)
		return number == 0 ? 1 : SizeChance(series, size);
	if (series->counts)
		size += 0.5;
	if (variance <= 1e-9 * mean * mean)
		return size >= mean * (1 - 1e-9);
	shape = mean * mean / variance;
	z = (cbrt(size / mean) - 1 + 1 / (9 * shape)) * 3 * sqrt(shape);
	return erfc(-z / M_SQRT2) / 2;
}

/*
 * DemandChance is the chance that demand is not above a size.
 */
static double
DemandChance(const DemandSeries *series, const Numbers *numbers, double size)
{
	double		sum = 0;

	for (int k = 0; k < numbers->count; k++)
		sum += numbers->chances[k] * SumChance(series, k, size);
	return sum / numbers->total;
}

/*
 * CompoundQuantile is the quantile of demand with a mean, to whose variance so
 * much is added for its number of periods.  -1 if demands are not told apart, or
 * there are too many.
 */
double
CompoundQuantile(const DemandSeries *series, double mean, double extra,
				 double level)
{
	double		unit = series->size_mean;
	double		number = unit > 0 ? mean / unit : 0;
	double		low = 0;
	double		high;
	Numbers		numbers;

	if (series->size_count == 0 || number <= 0 || number > NUMBER_MEAN_MAX)
		return -1;
	NumberChances(number, NUMBER_SPREAD * number + extra / (unit * unit), &numbers);
	if (numbers.chances[0] >= level * numbers.total)
		return 0;
	high = Max(ceil(mean), series->sizes[series->size_count - 1]);
	for (int i = 0; i < STEPS_MAX && DemandChance(series, &numbers, high) < level; i++)
	{
		low = high;
		high *= 2;
	}
	for (int i = 0; i < STEPS_MAX && high - low > (series->counts ? 1 : 1e-4 * high); i++)
	{
		double		middle = (low + high) / 2;

		if (series->counts)
			middle = floor(middle);
		if (DemandChance(series, &numbers, middle) >= level)
			high = middle;
		else
			low = middle;
	}
	return high;
}
