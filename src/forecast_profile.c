/*
 * forecast_profile.c
 *		What the series of a group have in common.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "forecast.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "utils/array.h"

/* Sums over the series of a group, made for a season */
typedef struct ProfileState
{
	int			season;
	GroupSum   *sums;			/* as the estimates of a profile */
} ProfileState;

/*
 * ForecastProfileLength is how many numbers a profile has.
 */
int
ForecastProfileLength(int season)
{
	return (2 * season + 1) * 2;
}

/*
 * ForecastProfile finds the parts of a profile.
 */
SeasonProfile
ForecastProfile(const double *numbers, int season)
{
	const Estimate *estimates = (const Estimate *) numbers;

	return (SeasonProfile) {estimates, estimates + season,
		estimates + 2 * season};
}

/*
 * GroupAdd adds what a member says.
 */
void
GroupAdd(GroupSum *sum, Estimate sample)
{
	double		w = 1 / Max(fabs(sample.variance), 1e-12);

	sum->count++;
	sum->w += w;
	sum->ww += w * w;
	sum->wx += w * sample.value;
	sum->wxx += w * sample.value * sample.value;
}

/*
 * GroupEstimate is the mean of a group, or a mean that is expected (NaN: none),
 * and the variance between its members beyond what chance explains.
 */
Estimate
GroupEstimate(const GroupSum *sum, double expected)
{
	Estimate	result = {1, 0};
	double		divisor;
	double		q;

	if (sum->w <= 0)
		return result;
	result.value = isnan(expected) ? sum->wx / sum->w : expected;
	q = sum->wxx - 2 * result.value * sum->wx
		+ result.value * result.value * sum->w;
	divisor = sum->w - sum->ww / sum->w;
	if (divisor > 1e-9 * sum->w)
		result.variance = Max((q - (sum->count - 1)) / divisor, 0);
	return result;
}

/*
 * Shrink draws an estimate towards that of its group.
 */
double
Shrink(Estimate sample, Estimate group)
{
	double		w;

	if (sample.variance < 0)
		return sample.value;
	if (group.variance <= 0)
		return group.value;
	w = group.variance / (group.variance + sample.variance);
	return w * sample.value + (1 - w) * group.value;
}

/*
 * AddSeries adds a series to the sums.
 */
static void
AddSeries(ProfileState *state, const ForecastRequest *request)
{
	int			m = state->season;
	DemandSeries *series = DemandPrepare(request, 0);
	Estimate   *estimates = palloc(sizeof(Estimate) * (2 * m + 1));

	if (series->class == DEMAND_NONE)
		return;
	if (PromotionSample(series, &estimates[2 * m]))
		GroupAdd(&state->sums[2 * m], estimates[2 * m]);
	DemandPromotion(series, NULL);
	if (SeasonSample(series, estimates, estimates + m))
		for (int j = 0; j < 2 * m; j++)
			GroupAdd(&state->sums[j], estimates[j]);
}

/*
 * GetState gives the state of an aggregate, a new one if there is none yet.
 * 22023 if the season is not that of the series before.
 */
static ProfileState *
GetState(FunctionCallInfo fcinfo, int season)
{
	MemoryContext context;
	ProfileState *state;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "aggregate function called in non-aggregate context");
	if (!PG_ARGISNULL(0))
	{
		state = (ProfileState *) PG_GETARG_POINTER(0);
		if (state->season != season)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("season must be the same for all series of a group"),
					 errdetail("It is %d and %d.", state->season, season)));
		return state;
	}
	state = MemoryContextAlloc(context, sizeof(ProfileState));
	state->season = season;
	state->sums = MemoryContextAllocZero(context,
										 sizeof(GroupSum) * (2 * season + 1));
	return state;
}

PG_FUNCTION_INFO_V1(oms_demand_profile_add);

/*
 * oms_demand_profile_add adds a series to the state.
 */
Datum
oms_demand_profile_add(PG_FUNCTION_ARGS)
{
	ForecastRequest request;
	ProfileState *state;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	request = ForecastArguments(fcinfo, 1, 2, 3);
	state = GetState(fcinfo, request.season);
	AddSeries(state, &request);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(oms_demand_profile_done);

/*
 * oms_demand_profile_done makes the profile.
 */
Datum
oms_demand_profile_done(PG_FUNCTION_ARGS)
{
	ProfileState *state;
	double	   *numbers;
	Estimate   *estimates;
	int			length;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (ProfileState *) PG_GETARG_POINTER(0);
	length = ForecastProfileLength(state->season);
	numbers = palloc(sizeof(double) * length);
	estimates = (Estimate *) numbers;
	for (int j = 0; j <= 2 * state->season; j++)
		estimates[j] = GroupEstimate(&state->sums[j], NAN);
	if (state->sums[2 * state->season].count == 0)
		estimates[2 * state->season] = (Estimate) {0, PROMOTION_VARIANCE};
	PG_RETURN_DATUM(ForecastArray(numbers, length));
}

PG_FUNCTION_INFO_V1(oms_shift_profile);

/*
 * oms_shift_profile makes a profile one of so many periods later.
 */
Datum
oms_shift_profile(PG_FUNCTION_ARGS)
{
	int64		periods = PG_GETARG_INT32(1);
	ForecastRequest request = {.season = ForecastSeason(fcinfo, 2)};
	int			m = request.season;
	Estimate   *shifted = palloc(sizeof(Estimate) * (2 * m + 1));
	const Estimate *estimates;

	ForecastGroup(fcinfo, 0, &request);
	estimates = (const Estimate *) request.profile;
	for (int j = 0; j < m; j++)
	{
		int			from = (int) (((j + periods) % m + m) % m);

		shifted[j] = estimates[from];
		shifted[m + j] = estimates[m + from];
	}
	shifted[2 * m] = estimates[2 * m];
	PG_RETURN_DATUM(ForecastArray((double *) shifted,
								  ForecastProfileLength(m)));
}
