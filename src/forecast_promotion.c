/*
 * forecast_promotion.c
 *		What promotions do to demand, believed as far as it can be told from
 *		chance.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "forecast.h"

#include <math.h>

#define NEIGHBOURS		10		/* periods before and after without one */
#define EFFECT_MAX		10		/* whatever a profile says */
#define LEAST_VARIANCE	0.3		/* of the effect of one promotion */

/*
 * Baseline is mean demand, without what months multiply it by, in the nearest
 * periods that were not promoted; NaN if there are none.
 */
static double
Baseline(const DemandSeries *series, int t)
{
	double		sum = 0;
	int			count = 0;

	for (int stride = -1; stride <= 1; stride += 2)
	{
		int			found = 0;

		for (int i = t + stride; i >= 0 && i < series->n && found < NEIGHBOURS;
			 i += stride)
			if (series->known[i] && series->promoted[i] == 0)
			{
				sum += series->y[i] / series->exposure[i];
				found++;
			}
		count += found;
	}
	return count > 0 ? sum / count : NAN;
}

/*
 * PromotionSample estimates the effect of a full promotion, as a logarithm: the
 * mean, weighted by how far each period was promoted, of the log ratio to what
 * it was without.  False if there was none.
 */
bool
PromotionSample(const DemandSeries *series, Estimate *effect)
{
	double		ww = 0;
	double		wx = 0;
	double		xx = 0;
	int			count = 0;

	if (series->promoted == NULL || series->negative)
		return false;
	for (int t = 0; t < series->n; t++)
	{
		double		share = series->promoted[t];
		double		base;
		double		ratio;

		if (share == 0 || !series->known[t])
			continue;
		base = Baseline(series, t);
		if (isnan(base))
			continue;
		ratio = log((series->y[t] / series->exposure[t] + 0.5) / (base + 0.5));
		ww += share * share;
		wx += share * ratio;
		xx += ratio * ratio;
		count++;
	}
	if (count == 0)
		return false;
	effect->value = wx / ww;
	effect->variance = Max((xx - effect->value * wx) / Max(count - 1, 1),
						   LEAST_VARIANCE) / ww;
	return true;
}

/*
 * DemandPromotion multiplies exposures by what promotions do.  Without a profile
 * of the group they are expected to do nothing.
 */
void
DemandPromotion(DemandSeries *series, const double *profile)
{
	Estimate	sample;
	Estimate	group = {0, PROMOTION_VARIANCE};

	if (series->promoted == NULL)
		return;
	if (profile != NULL)
		group = *ForecastProfile(profile, series->season).effect;
	series->effect = PromotionSample(series, &sample) ? Shrink(sample, group)
		: group.value;
	series->effect = Min(Max(series->effect, -EFFECT_MAX), EFFECT_MAX);
	for (int t = 0; t < series->n + series->ahead; t++)
		series->exposure[t] *= exp(series->effect * series->promoted[t]);
}
