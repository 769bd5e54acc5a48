/*
 * forecast.h
 *		Forecasts of one series of demand, from numbers to numbers.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_FORECAST_H
#define OMS_FORECAST_H

#include "oms.h"

#include "utils/date.h"

#define PROMOTION_VARIANCE 0.3	/* of its effect, between series that nothing is
								 * known of */

#define LEAST_EXPOSURE	1e-9	/* less is none */
#define SPARSE_INTERVAL 1.32	/* periods from demand to demand (Syntetos, Boylan
								 * and Croston 2005) */

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
	const double *profile;		/* of the group, see SeasonProfile; or NULL */
	const double *months;		/* [MONTHS_PER_YEAR] factors of days, January's
								 * first; or NULL */
	DateADT		since;			/* first day of the history, if there are */
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
	/* what was seen */
	int			periods;		/* of history that count */
	int			known;			/* of these */
	double		interval;
	double		cv2;
	const double *factors;		/* [season] of the next periods; or NULL */
	double		promotion;		/* what a promotion multiplies demand by; NaN
								 * if there was none */
	int			errors;			/* errors of the past that were looked at */
} Forecast;

/* A series as it is forecast; time counts from the first demand */
typedef struct DemandSeries
{
	int			n;
	int			ahead;			/* periods after these that are of interest */
	int			season;
	double	   *y;				/* [n] demand, 0 where it is not known */
	bool	   *known;			/* [n] */
	double	   *exposure;		/* [n + ahead] what the level is multiplied by,
								 * 0 where demand is not known */
	double	   *often;			/* [n] the part of this that is how often demand
								 * comes, not how much it then is */
	double	   *promoted;		/* [n + ahead]; or NULL */
	double	   *factors;		/* [season] by phase, see DemandPhase() */
	double		effect;			/* logarithm of what a promotion does */
	int			known_count;
	double		mean;			/* of what is known */
	double		variance;
	double		interval;		/* periods from demand to demand */
	double		cv2;			/* of the sizes of demands */
	double		plain_mean;		/* of all that is known, also before what counts */
	double		plain_variance;
	double		dropped;		/* the first demand, if it was taken off */
	int			size_count;		/* of sparse demand, see DemandSizes() */
	double	   *sizes;			/* sorted */
	double		size_mean;
	double		size_variance;
	DemandClass class;
	bool		counts;			/* whole numbers, none below 0 */
	bool		negative;		/* there are some below 0 */
} DemandSeries;

/* An estimate and its variance, which is negative if it is certain anyhow */
typedef struct Estimate
{
	double		value;
	double		variance;
} Estimate;

/* What series of a group have in common, and how they differ from that, as
 * variances; laid out as an array of numbers with the factors of each phase */
typedef struct SeasonProfile
{
	const Estimate *chances;	/* [season] of a demand */
	const Estimate *sizes;		/* [season] of demands */
	const Estimate *effect;		/* of a promotion, as a logarithm */
} SeasonProfile;

/* Sums for estimates of a group (DerSimonian and Laird 1986) */
typedef struct GroupSum
{
	double		count;
	double		w;				/* 1 / variance */
	double		ww;
	double		wx;
	double		wxx;
} GroupSum;

/*
 * DemandPhase is the phase of a period in the season; the first is that of the
 * period right after the history.
 */
static inline int
DemandPhase(const DemandSeries *series, int t)
{
	int			phase = (t - series->n) % series->season;

	return phase < 0 ? phase + series->season : phase;
}

/* forecast_prepare.c */
extern DemandSeries *DemandPrepare(const ForecastRequest *request, int ahead);
extern double *DemandFilled(const DemandSeries *series);

/* forecast_promotion.c */
extern bool PromotionSample(const DemandSeries *series, Estimate *effect);
extern void DemandPromotion(DemandSeries *series, const double *profile);

/* forecast_profile.c */
extern int	ForecastProfileLength(int season);
extern SeasonProfile ForecastProfile(const double *numbers, int season);
extern void GroupAdd(GroupSum *sum, Estimate sample);
extern Estimate GroupEstimate(const GroupSum *sum, double expected);
extern double Shrink(Estimate sample, Estimate group);

/* forecast_year.c */
extern int	MonthOf(DateADT day);

/* forecast_season.c */
extern bool SeasonSample(const DemandSeries *series, Estimate *chances,
						 Estimate *sizes);
extern void DemandSeason(DemandSeries *series, const double *profile);
extern void DemandSeasonClassical(DemandSeries *series);

/* forecast_level.c */
extern double *DemandLevel(const DemandSeries *series, int periods);

/* Models with the states after each period: [0] is before the first */
typedef struct HoltModel
{
	double		level_gain;
	double		trend_gain;
	double		damping;
	double		level;			/* before the first period */
	double		trend;
	double	   *levels;
	double	   *trends;
} HoltModel;

typedef struct ThetaModel
{
	double		lambda;			/* of the transformation */
	double		gain;
	double		slope;			/* of the straight line */
	double	   *levels;
} ThetaModel;

typedef struct DynamicModel
{
	double		gain;
	double		theta;
	double		level;			/* before the first period */
	double	   *levels;
	double	   *means;			/* and the straight line so far */
	double	   *slopes;
	double	   *intercepts;
} DynamicModel;

/* forecast_holt.c */
extern void HoltFit(const double *x, int n, HoltModel *best);
extern void HoltForecast(const HoltModel *model, int origin, int horizon,
						 double *means);

/* forecast_theta.c */
extern void ThetaFit(const double *x, int n, ThetaModel *model);
extern void ThetaForecast(const ThetaModel *model, int origin, int horizon,
						  double *means);
extern void DynamicFit(const double *x, int n, DynamicModel *best);
extern void DynamicForecast(const DynamicModel *model, int origin, int horizon,
							double *means);

/* A series with what was fitted to it: a level, or three models of a trend */
typedef struct DemandFit
{
	const DemandSeries *series;
	bool		trend;
	double		gap;			/* periods from demand to demand, without those in
								 * which there never is any */
	double	   *levels;			/* [n + 1] after each period */
	HoltModel	holt;
	ThetaModel	theta;
	DynamicModel dynamic;
	double	   *scratch;		/* [3][n + ahead] for models of a trend */
} DemandFit;

/* Errors of forecasts of the past */
typedef struct ErrorSample
{
	int			count;
	double	   *errors;			/* sorted */
	double		variance;
} ErrorSample;

/* forecast_fit.c */
extern DemandFit *FitDemand(DemandSeries *series, const double *profile,
							int periods);
extern void FitForecast(const DemandFit *fit, int origin, int horizon,
						double *means);
extern ErrorSample FitTotalErrors(const DemandFit *fit, int window);
extern ErrorSample FitStepErrors(const DemandFit *fit, int lead);
extern double FitSpread(const DemandFit *fit, int t);

/* forecast_compound.c */
extern void DemandSizes(DemandSeries *series);
extern double CompoundQuantile(const DemandSeries *series, double mean,
							   double extra, double level);

/* forecast_quantile.c */
extern void ErrorsSort(ErrorSample *sample);
extern double ErrorQuantile(const ErrorSample *sample, double level);
extern double DemandQuantile(const DemandSeries *series, double mean,
							 double variance, double level);
extern double NormalQuantile(double level);

/* forecast_argument.c */
extern void ForecastHistory(FunctionCallInfo fcinfo, int number,
							ForecastRequest *request);
extern ForecastRequest ForecastArguments(FunctionCallInfo fcinfo, int demand,
										 int promoted, int season);
extern void ForecastLevels(FunctionCallInfo fcinfo, int number,
						   ForecastRequest *request);
extern void ForecastGroup(FunctionCallInfo fcinfo, int number,
						  ForecastRequest *request);
extern void ForecastProtection(FunctionCallInfo fcinfo, int number,
							   const char *name, int sd_number,
							   const char *sd_name, ForecastRequest *request);
extern DateADT ForecastDay(FunctionCallInfo fcinfo, int number,
						   const char *name);
extern void ForecastMonths(FunctionCallInfo fcinfo, int number, int since_number,
						   ForecastRequest *request);
extern void ForecastPrior(FunctionCallInfo fcinfo, int number, int cv_number,
						  ForecastRequest *request);
extern int	ForecastSeason(FunctionCallInfo fcinfo, int number);
extern int	ForecastHorizon(FunctionCallInfo fcinfo, int number);
extern Datum ForecastArray(const double *values, int count);

/* forecast.c */
extern Forecast *ForecastMake(const ForecastRequest *request);
extern const char *DemandClassName(DemandClass class);

#endif							/* OMS_FORECAST_H */
