/*
 * forecast_profile.c
 *		What the series of a group have in common.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "forecast.h"

#include "catalog/pg_type.h"
#include "utils/array.h"

/*
 * ForecastProfileLength is how many numbers a profile has.
 */
int
ForecastProfileLength(int season)
{
	return 2 * season + 2;
}

PG_FUNCTION_INFO_V1(oms_demand_profile_add);

/*
 * oms_demand_profile_add adds a series to the state.
 */
Datum
oms_demand_profile_add(PG_FUNCTION_ARGS)
{
	MemoryContext context;
	int		   *season;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "aggregate function called in non-aggregate context");
	season = PG_ARGISNULL(0) ? MemoryContextAllocZero(context, sizeof(int))
		: (int *) PG_GETARG_POINTER(0);
	*season = PG_GETARG_INT32(3);
	PG_RETURN_POINTER(season);
}

PG_FUNCTION_INFO_V1(oms_demand_profile_done);

/*
 * oms_demand_profile_done makes the profile.
 */
Datum
oms_demand_profile_done(PG_FUNCTION_ARGS)
{
	int			season;
	Datum	   *values;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	season = *(int *) PG_GETARG_POINTER(0);
	values = palloc(sizeof(Datum) * ForecastProfileLength(season));
	for (int i = 0; i < ForecastProfileLength(season); i++)
		values[i] = Float8GetDatum(i < season ? 1 : 0);
	PG_RETURN_ARRAYTYPE_P(construct_array(values, ForecastProfileLength(season),
										  FLOAT8OID, sizeof(float8),
										  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}
