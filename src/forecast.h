/*
 * forecast.h
 *		Forecasts of one series of demand, from numbers to numbers.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_FORECAST_H
#define OMS_FORECAST_H

#include "oms.h"

/* What may be asked for */
#define FORECAST_PERIODS_MAX	100000	/* of history that is given */
#define FORECAST_HORIZON_MAX	1000
#define FORECAST_SEASON_MAX		366
#define FORECAST_LEVELS_MAX		100

/* How a series sells (Syntetos, Boylan and Croston 2005) */
typedef enum DemandClass
{
	DEMAND_NONE,				/* nothing was ever wanted */
	DEMAND_NEW,					/* too short to tell */
	DEMAND_SMOOTH,
	DEMAND_ERRATIC,
	DEMAND_INTERMITTENT,
	DEMAND_LUMPY
} DemandClass;

/* What is known and what is asked */
typedef struct ForecastRequest
{
	int			n;
	const double *demand;		/* NaN: not known, as nothing could be bought */
	int			promoted_count; /* n, or more for periods to come */
	const double *promoted;		/* 0 to 1: how far it is promoted; or NULL */
	int			horizon;		/* periods that are forecast one by one */
	double		protection;		/* periods that are forecast together */
	double		protection_sd;	/* and how much their number varies */
	int			season;
	int			level_count;
	const double *levels;		/* of quantiles, between 0 and 1 */
	const double *profile;		/* of the group, see forecast_profile.c; or
								 * NULL */
	double		prior_mean;		/* demand a period that was expected before it
								 * was sold; NaN: no idea */
	double		prior_cv;		/* coefficient of variation of such ideas */
	bool		steps;			/* quantiles of each period are wanted */
} ForecastRequest;

typedef struct Forecast
{
	DemandClass class;
	const char *method;
	double	   *means;			/* [horizon] */
	double	   *quantiles;		/* [horizon][level_count], if wanted */
	double		total_mean;		/* of all periods of protection */
	double		total_sd;
	double	   *total_quantiles;	/* [level_count] */
	double		scale;			/* mean absolute change from season to season,
								 * NaN if not known */
} Forecast;

extern Forecast *ForecastMake(const ForecastRequest *request);
extern const char *DemandClassName(DemandClass class);

/* forecast_profile.c */
extern int	ForecastProfileLength(int season);

#endif							/* OMS_FORECAST_H */
