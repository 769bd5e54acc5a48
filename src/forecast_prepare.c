/*
 * forecast_prepare.c
 *		What a forecast is made from: the history that counts, and what kind of
 *		series it is.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "forecast.h"

#include <math.h>

#define HISTORY_MAX		730		/* periods that count */
#define CHANCE			0.01	/* less is none */
#define NEW_PERIODS		8		/* fewer tell little of a series */
#define ERRATIC_CV2		0.49	/* Syntetos, Boylan and Croston 2005 */

/*
 * HistoryStart is where the history that counts starts: not too long ago, and
 * with the first demand, if it is no chance that there was none before: (1 - p)
 * to the number of periods without, p being how often there is demand at least,
 * by what came after it less two standard deviations.
 */
static int
HistoryStart(const ForecastRequest *request)
{
	int			start = Max(request->n - HISTORY_MAX, 0);
	int			first;
	int			before = 0;
	int			after = 0;
	int			sales = 0;
	double		often;

	for (first = start; first < request->n; first++)
	{
		if (request->demand[first] == 0)
			before++;
		else if (!isnan(request->demand[first]))
			break;
	}
	for (int t = first + 1; t < request->n; t++)
		if (!isnan(request->demand[t]))
		{
			after++;
			sales += request->demand[t] != 0;
		}
	if (first == request->n)
		return first;
	often = Max(sales - 2 * sqrt(sales), 0) / Max(after, 1);
	return pow(1 - often, before) < CHANCE ? first : start;
}

/*
 * ClassOf tells what kind of series it is, by the interval between demands and
 * by how their sizes vary.
 */
static DemandClass
ClassOf(const DemandSeries *series, int sales)
{
	if (sales == 0)
		return DEMAND_NONE;
	if (series->known_count < NEW_PERIODS)
		return DEMAND_NEW;
	if (series->interval < SPARSE_INTERVAL)
		return series->cv2 < ERRATIC_CV2 ? DEMAND_SMOOTH : DEMAND_ERRATIC;
	return series->cv2 < ERRATIC_CV2 ? DEMAND_INTERMITTENT : DEMAND_LUMPY;
}

/*
 * Classify finds what is known of the numbers of a series, and returns how many
 * of them are a demand.
 */
static int
Classify(DemandSeries *series)
{
	double		sum = 0;
	double		squares = 0;
	int			sales = 0;
	double		size;

	series->known_count = 0;
	series->counts = true;
	series->negative = false;
	for (int t = 0; t < series->n; t++)
	{
		double		y = series->y[t];

		series->known_count += series->known[t];
		sum += y;
		squares += y * y;
		sales += y != 0;
		series->negative = series->negative || y < 0;
		series->counts = series->counts && y >= 0 && y == rint(y);
	}
	series->mean = sum / Max(series->known_count, 1);
	series->variance = Max(squares / Max(series->known_count, 1)
						   - series->mean * series->mean, 0);
	size = sum / Max(sales, 1);
	series->interval = (double) series->known_count / Max(sales, 1);
	series->cv2 = size != 0 ? Max(squares / sales / (size * size) - 1, 0) : 0;
	series->class = ClassOf(series, sales);
	return sales;
}

/*
 * DropFirst takes the first period off a series of sparse demand.  It starts
 * there because there was a demand, so that this one tells nothing of how often
 * they come.
 */
static void
DropFirst(DemandSeries *series)
{
	series->dropped = series->y[0];
	series->n--;
	series->y++;
	series->known++;
	series->exposure++;
	series->often++;
	if (series->promoted != NULL)
		series->promoted++;
	Classify(series);
}

/*
 * CopyHistory copies the history from a period on, and the promotions.
 */
static void
CopyHistory(DemandSeries *series, const ForecastRequest *request, int start)
{
	int			n = series->n;
	int			length = n + series->ahead;

	series->y = palloc(sizeof(double) * Max(n, 1));
	series->known = palloc(sizeof(bool) * Max(n, 1));
	series->exposure = palloc(sizeof(double) * Max(length, 1));
	series->often = palloc(sizeof(double) * Max(n, 1));
	for (int t = 0; t < n; t++)
	{
		double		value = request->demand[start + t];

		series->known[t] = !isnan(value);
		series->y[t] = series->known[t] ? value : 0;
		series->exposure[t] = series->often[t] = series->known[t] ? 1 : 0;
	}
	for (int t = n; t < length; t++)
		series->exposure[t] = 1;
	if (request->promoted == NULL)
		return;
	series->promoted = palloc0(sizeof(double) * Max(length, 1));
	length = Min(length, request->promoted_count - start);
	for (int t = 0; t < length; t++)
		series->promoted[t] = request->promoted[start + t];
}

/*
 * SetPlain sets the mean and the variance of all that is known of the periods
 * that may count.
 */
static void
SetPlain(DemandSeries *series, const ForecastRequest *request)
{
	double		sum = 0;
	double		squares = 0;
	int			known = 0;

	for (int t = Max(request->n - HISTORY_MAX, 0); t < request->n; t++)
	{
		double		y = request->demand[t];

		if (isnan(y))
			continue;
		sum += y;
		squares += y * y;
		known++;
	}
	series->plain_mean = sum / Max(known, 1);
	series->plain_variance = Max(squares / Max(known, 1)
								 - series->plain_mean * series->plain_mean, 0);
}

/*
 * ExposeMonths multiplies exposures by the factors of the months that days are
 * in.  Of sparse demand it is how often there is some that they change.
 */
static void
ExposeMonths(DemandSeries *series, const ForecastRequest *request)
{
	DateADT		first = request->since + request->n - series->n;

	for (int t = 0; t < series->n + series->ahead; t++)
	{
		double		factor = request->months[MonthOf(first + t) - 1];

		series->exposure[t] *= factor;
		if (t < series->n && series->interval >= SPARSE_INTERVAL)
			series->often[t] *= factor;
	}
}

/*
 * DemandPrepare makes a series of what is known, with room for so many periods
 * ahead.  Exposure is 1 where demand is known, and ahead, or the factor of the
 * month.
 */
DemandSeries *
DemandPrepare(const ForecastRequest *request, int ahead)
{
	DemandSeries *series = palloc0(sizeof(DemandSeries));
	int			start = isnan(request->prior_mean) ? HistoryStart(request)
		: Max(request->n - HISTORY_MAX, 0);

	series->n = request->n - start;
	series->ahead = ahead;
	series->season = request->season;
	SetPlain(series, request);
	CopyHistory(series, request, start);
	if (Classify(series) > 1 && series->interval >= SPARSE_INTERVAL
		&& series->y[0] != 0)
		DropFirst(series);
	if (request->months != NULL)
		ExposeMonths(series, request);
	return series;
}

/*
 * Nearest is demand without what multiplies it, of the nearest period where that
 * is known, stepping from one by a stride.  NaN if there is none.
 */
static double
Nearest(const DemandSeries *series, int t, int stride)
{
	for (t += stride; t >= 0 && t < series->n; t += stride)
		if (series->exposure[t] >= LEAST_EXPOSURE)
			return series->y[t] / series->exposure[t];
	return NAN;
}

/*
 * DemandFilled is demand without what multiplies it.  Where that is not known it
 * is the mean of the same phase of the seasons before and after or, if there is
 * none, of the periods before and after.
 */
double *
DemandFilled(const DemandSeries *series)
{
	double	   *filled = palloc(sizeof(double) * Max(series->n, 1));

	for (int t = 0; t < series->n; t++)
	{
		double		before;
		double		after;

		if (series->exposure[t] >= LEAST_EXPOSURE)
		{
			filled[t] = series->y[t] / series->exposure[t];
			continue;
		}
		before = Nearest(series, t, -series->season);
		after = Nearest(series, t, series->season);
		if (isnan(before) && isnan(after))
		{
			before = Nearest(series, t, -1);
			after = Nearest(series, t, 1);
		}
		filled[t] = isnan(before) ? after
			: isnan(after) ? before : (before + after) / 2;
		if (isnan(filled[t]))
			filled[t] = 0;
	}
	return filled;
}
