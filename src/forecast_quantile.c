/*
 * forecast_quantile.c
 *		Quantiles of errors that were seen, and of distributions.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "forecast.h"

#include <math.h>

#include "miscadmin.h"

#define COUNT_MEAN_MAX	3000	/* counts above are like any number */
#define LEAST_CHANCE	1e-300

/*
 * Polynomial is one with coefficients from the highest power down.
 */
static double
Polynomial(const double *coefficients, int count, double x)
{
	double		result = 0;

	for (int i = 0; i < count; i++)
		result = result * x + coefficients[i];
	return result;
}

/*
 * NormalQuantile is the quantile of the standard normal distribution, by
 * Acklam's rational approximation (2003), whose relative error is below 1.2e-9.
 */
double
NormalQuantile(double level)
{
	static const double a[] = {
		-3.969683028665376e+01, 2.209460984245205e+02,
		-2.759285104469687e+02, 1.383577518672690e+02,
		-3.066479806614716e+01, 2.506628277459239e+00
	};
	static const double b[] = {
		-5.447609879822406e+01, 1.615858368580409e+02,
		-1.556989798598866e+02, 6.680131188771972e+01,
		-1.328068155288572e+01, 1
	};
	static const double c[] = {
		-7.784894002430293e-03, -3.223964580411365e-01,
		-2.400758277161838e+00, -2.549732539343734e+00,
		4.374664141464968e+00, 2.938163982698783e+00
	};
	static const double d[] = {
		7.784695709041462e-03, 3.224671290700398e-01,
		2.445134137142996e+00, 3.754408661907416e+00, 1
	};
	double		q = level - 0.5;

	if (level > 0.5)
		return -NormalQuantile(1 - level);
	if (level >= 0.02425)
		return q * Polynomial(a, lengthof(a), q * q)
			/ Polynomial(b, lengthof(b), q * q);
	q = sqrt(-2 * log(level));
	return Polynomial(c, lengthof(c), q) / Polynomial(d, lengthof(d), q);
}

/*
 * CountQuantile is the least count that a negative binomial variable exceeds
 * with no more than the rest of the probability; a Poisson variable, if the
 * variance is not above the mean.  -1 if the chance of none is too small for a
 * number.
 */
static double
CountQuantile(double mean, double variance, double level)
{
	bool		poisson = variance <= mean * 1.0001;
	double		r = poisson ? 0 : mean * mean / (variance - mean);
	double		limit = mean + 50 * sqrt(Max(variance, mean)) + 50;
	double		p = poisson ? exp(-mean) : exp(r * log(r / (r + mean)));
	double		sum = p;
	double		k = 0;

	if (p < LEAST_CHANCE)
		return -1;
	while (sum < level && k < limit)
	{
		k++;
		p *= poisson ? mean / k : (r + k - 1) / k * mean / (r + mean);
		sum += p;
	}
	return k;
}

/*
 * GammaQuantile is the quantile of a gamma variable, by Wilson and Hilferty
 * (1931); of a normal one, if the mean is not above 0.
 */
static double
GammaQuantile(double mean, double variance, double level)
{
	double		z = NormalQuantile(level);
	double		shape;
	double		root;

	if (variance <= 0)
		return mean;
	if (mean <= 0)
		return mean + z * sqrt(variance);
	shape = mean * mean / variance;
	root = 1 - 1 / (9 * shape) + z / (3 * sqrt(shape));
	return root > 0 ? mean * root * root * root : 0;
}

/*
 * DemandQuantile is the quantile of demand with a mean and a variance: that of a
 * count, if the series has whole numbers, and does not vary less than counts of
 * independent demands do.
 */
double
DemandQuantile(const DemandSeries *series, double mean, double variance,
			   double level)
{
	double		result = -1;

	if (series->negative)
		return mean + NormalQuantile(level) * sqrt(variance);
	if (mean <= 0)
		return 0;
	if (series->counts && mean < COUNT_MEAN_MAX
		&& (variance >= mean || series->class > DEMAND_ERRATIC))
		result = CountQuantile(mean, variance, level);
	return result >= 0 ? result : GammaQuantile(mean, variance, level);
}

/*
 * CompareErrors orders numbers.
 */
static int
CompareErrors(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return x < y ? -1 : x > y;
}

/*
 * ErrorsSort sorts errors and finds their mean square.
 */
void
ErrorsSort(ErrorSample *sample)
{
	double		sum = 0;

	qsort(sample->errors, sample->count, sizeof(double), CompareErrors);
	for (int i = 0; i < sample->count; i++)
		sum += sample->errors[i] * sample->errors[i];
	sample->variance = sum / Max(sample->count, 1);
	CHECK_FOR_INTERRUPTS();
}

/*
 * ErrorQuantile is the quantile of sorted errors, such that as many chances are
 * above the greatest as between two of them.
 */
double
ErrorQuantile(const ErrorSample *sample, double level)
{
	double		place = level * (sample->count + 1) - 1;
	int			i;

	if (sample->count == 0)
		return 0;
	place = Min(Max(place, 0), sample->count - 1);
	i = (int) place;
	if (i + 1 >= sample->count)
		return sample->errors[i];
	return sample->errors[i]
		+ (place - i) * (sample->errors[i + 1] - sample->errors[i]);
}
