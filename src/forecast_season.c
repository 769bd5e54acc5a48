/*
 * forecast_season.c
 *		Factors of the season, believed as far as they can be told from chance.
 *
 * A factor is estimated from the series and pulled towards that of the group, or
 * 1, the more, the less it says and the more alike the members of the group are
 * (empirical Bayes; the variance between members is DerSimonian and Laird's,
 * 1986).  How often demand comes and how much it then is are looked at apart:
 * where demand is rare, the first is known far better than the second.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "forecast.h"

#include <math.h>

#define CLOSED_CHANCE	0.01	/* that a phase without demand is chance only */
#define DOUBT			10		/* demands that do not show yet how sizes vary */
#define NO_EVIDENCE		1e6		/* variance of what was not seen */

/* Sums over the periods of a phase */
typedef struct PhaseSum
{
	double		periods;
	double		sales;
	double		chances;		/* sales that were to be expected */
	double		demand;
	double		demand_squares;
	double		sizes;			/* demand that was to be expected of them */
	double		size_squares;
	double		products;		/* of demand and expected size */
} PhaseSum;

/*
 * Around sums a season around a period: the weights, sales and demand of what is
 * known.
 */
static double
Around(const DemandSeries *series, int t, double *sales, double *demand)
{
	int			half = series->season / 2;
	bool		even = series->season % 2 == 0;
	double		weights = 0;

	*sales = *demand = 0;
	for (int i = t - half; i <= t + half; i++)
	{
		double		w = even && (i == t - half || i == t + half) ? 0.5 : 1;

		if (!series->known[i])
			continue;
		weights += w;
		*sales += w * (series->y[i] != 0);
		*demand += w * series->y[i] / series->exposure[i];
	}
	return weights;
}

/*
 * SumPhases sums a series by phase.
 */
static void
SumPhases(const DemandSeries *series, PhaseSum *phases)
{
	int			half = series->season / 2;

	for (int t = half; t < series->n - half; t++)
	{
		PhaseSum   *phase = &phases[DemandPhase(series, t)];
		double		y = series->y[t];
		double		near;
		double		demand;
		double		weights;
		double		size;

		if (!series->known[t])
			continue;
		weights = Around(series, t, &near, &demand);
		phase->periods++;
		phase->chances += near / weights;
		if (y == 0)
			continue;
		size = demand / near * series->exposure[t];
		phase->sales++;
		phase->demand += y;
		phase->demand_squares += y * y;
		phase->sizes += size;
		phase->size_squares += size * size;
		phase->products += y * size;
	}
}

/*
 * SizeVariation is the squared coefficient of variation of sizes around what is
 * to be expected in each phase; with few of them, around what would be if there
 * were no season.  Counts are not thought to vary less than Poisson's then.  -1
 * if there are hardly any.
 */
static double
SizeVariation(const PhaseSum *phases, int m, bool counts)
{
	double		sales = 0;
	double		sizes = 0;
	double		errors = 0;
	double		all_errors = 0;
	double		freedom = 0;
	double		unit;
	double		all;

	for (int j = 0; j < m; j++)
	{
		const PhaseSum *p = &phases[j];
		double		factor = p->sizes > 0 ? p->demand / p->sizes : 0;

		sales += p->sales;
		sizes += p->sizes;
		all_errors += p->demand_squares - 2 * p->products + p->size_squares;
		errors += p->demand_squares - 2 * factor * p->products
			+ factor * factor * p->size_squares;
		freedom += Max(p->sales - 1, 0);
	}
	if (sales < 2 || sizes <= 0)
		return -1;
	unit = (sizes / sales) * (sizes / sales);
	all = Max(all_errors / sales / unit, counts ? sales / sizes : 0);
	return (Max(errors, 0) / unit + DOUBT * all) / (freedom + DOUBT);
}

/*
 * SeasonSample estimates for each phase how much more often demand comes than
 * around it, and how much more it then is.  Of a phase in which there never is
 * any, though there should have been, that is certain.  False if the series is
 * too short, or has hardly any demand.
 */
bool
SeasonSample(const DemandSeries *series, Estimate *chances, Estimate *sizes)
{
	int			m = series->season;
	PhaseSum   *phases;
	double		cv2;
	double		chance = 0;
	double		periods = 0;

	if (m < 2 || series->n < 2 * m)
		return false;
	phases = palloc0(sizeof(PhaseSum) * m);
	SumPhases(series, phases);
	cv2 = SizeVariation(phases, m, series->counts);
	if (cv2 < 0)
		return false;
	for (int j = 0; j < m; j++)
	{
		chance += phases[j].sales;
		periods += phases[j].periods;
	}
	chance /= periods;
	for (int j = 0; j < m; j++)
	{
		PhaseSum   *p = &phases[j];

		chances[j] = sizes[j] = (Estimate) {1, NO_EVIDENCE};
		if (p->chances > 0)
		{
			chances[j].value = p->sales / p->chances;
			chances[j].variance = Max(1 - chance, 0.01) * chance * p->periods
				/ (p->chances * p->chances);
			if (p->sales == 0 && p->chances > -log(CLOSED_CHANCE))
				chances[j].variance *= -1;
		}
		if (p->sizes > 0)
		{
			sizes[j].value = Max(p->demand / p->sizes, 0);
			sizes[j].variance = cv2 * p->size_squares / (p->sizes * p->sizes);
		}
	}
	return true;
}

/*
 * ShrinkPhases multiplies factors by estimates, pulled towards those of a group,
 * or towards 1 as far as they vary no more than by chance.
 */
static void
ShrinkPhases(Estimate *samples, const Estimate *groups, int m, double *factors)
{
	GroupSum	sum = {0};
	Estimate	own;
	double		total = 0;
	int			open = 0;

	for (int j = 0; j < m; j++)
		if (samples[j].variance > 0)
		{
			total += samples[j].value;
			open++;
		}
	for (int j = 0; j < m && groups == NULL && total > 0; j++)
		if (samples[j].variance > 0 && open < m)
		{
			samples[j].value *= open / total;
			samples[j].variance *= (open / total) * (open / total);
		}
	for (int j = 0; j < m; j++)
		if (samples[j].variance > 0)
			GroupAdd(&sum, samples[j]);
	own = GroupEstimate(&sum, 1);
	for (int j = 0; j < m; j++)
		factors[j] *= Shrink(samples[j], groups != NULL ? groups[j] : own);
}

/*
 * Expose multiplies exposures by factors of the season, which are first made 1
 * in the mean.
 */
static void
Expose(const DemandSeries *series, double *factors, double *exposures, int n)
{
	int			m = series->season;
	double		total = 0;

	for (int j = 0; j < m; j++)
		total += factors[j];
	for (int j = 0; j < m; j++)
		factors[j] = total > 0 ? factors[j] * m / total : 1;
	for (int t = 0; t < n; t++)
		exposures[t] *= factors[DemandPhase(series, t)];
}

/*
 * DemandSeason multiplies exposures by the factors of the season.
 */
void
DemandSeason(DemandSeries *series, const double *profile)
{
	int			m = series->season;
	double	   *factors = palloc(sizeof(double) * m);
	Estimate   *chances = palloc(sizeof(Estimate) * m);
	Estimate   *sizes = palloc(sizeof(Estimate) * m);
	SeasonProfile group = {NULL};

	if (profile != NULL)
		group = ForecastProfile(profile, m);
	else if (m < 2)
		return;
	for (int j = 0; j < m; j++)
		factors[j] = 1;
	if (SeasonSample(series, chances, sizes))
	{
		ShrinkPhases(chances, group.chances, m, factors);
		Expose(series, factors, series->often, series->n);
		ShrinkPhases(sizes, group.sizes, m, factors);
	}
	else
		for (int j = 0; j < m && profile != NULL; j++)
			factors[j] = group.chances[j].value * group.sizes[j].value;
	Expose(series, factors, series->exposure, series->n + series->ahead);
	series->factors = factors;
}

/*
 * DemandSeasonClassical multiplies exposures by the factors of a classical
 * multiplicative decomposition, pulled towards 1 (Miller and Williams 2003 found
 * that this makes forecasts of months better).  Ratios to a moving average vary
 * less than demand does, as it is part of that average, so that their variance
 * counts twice.
 */
void
DemandSeasonClassical(DemandSeries *series)
{
	int			m = series->season;
	int			half = m / 2;
	int			n = series->n;
	double	   *x;
	double	   *factors;
	Estimate   *ratios;
	int		   *counts;
	double		squares = 0;
	int			freedom = 0;

	if (m < 2 || n < 2 * m)
		return;
	x = DemandFilled(series);
	factors = palloc(sizeof(double) * m);
	ratios = palloc0(sizeof(Estimate) * m);
	counts = palloc0(sizeof(int) * m);
	for (int t = half; t < n - half; t++)
	{
		int			j = DemandPhase(series, t);
		double		trend = 0;

		for (int i = t - half; i <= t + half; i++)
			trend += (m % 2 == 0 && (i == t - half || i == t + half) ? 0.5 : 1) * x[i];
		if (trend <= 0)
			return;
		counts[j]++;
		ratios[j].value += x[t] * m / trend;
		ratios[j].variance += (x[t] * m / trend) * (x[t] * m / trend);
	}
	for (int j = 0; j < m; j++)
	{
		factors[j] = 1;
		ratios[j].value /= counts[j];
		squares += ratios[j].variance - counts[j] * ratios[j].value * ratios[j].value;
		freedom += counts[j] - 1;
	}
	if (freedom <= 0)
		return;
	for (int j = 0; j < m; j++)
		ratios[j].variance = Max(2 * squares / freedom / counts[j], 1e-12);
	ShrinkPhases(ratios, NULL, m, factors);
	for (int j = 0; j < m; j++)
		if (factors[j] <= 0.01)
			return;
	Expose(series, factors, series->exposure, n + series->ahead);
	series->factors = factors;
}
