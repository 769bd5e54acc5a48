/*
 * replenishment_level.c
 *		The arithmetic of replenishment for views and jobs in SQL.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "forecast.h"
#include "replenishment.h"

#include <math.h>

#include "utils/array.h"
#include "utils/fmgrprotos.h"

#define DECIMALS_SLACK	1e-6	/* of a unit, which rounding up forgives */
#define UNITS_MAX		1e12	/* more is not said */

/*
 * Number is argument number i, or what stands for null.
 */
static double
Number(FunctionCallInfo fcinfo, int i, double otherwise)
{
	return PG_ARGISNULL(i) ? otherwise : PG_GETARG_FLOAT8(i);
}

/*
 * Doubles are the elements of argument number i, an array of float8 without
 * nulls; none if it is null.
 */
static int
Doubles(FunctionCallInfo fcinfo, int i, const double **elements)
{
	ArrayType  *array;

	*elements = NULL;
	if (PG_ARGISNULL(i))
		return 0;
	array = PG_GETARG_ARRAYTYPE_P(i);
	if (ARR_NDIM(array) > 1 || ARR_HASNULL(array))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument %d must be a list of numbers", i + 1)));
	*elements = (const double *) ARR_DATA_PTR(array);
	return ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
}

PG_FUNCTION_INFO_V1(oms_demand_of_days);

/*
 * oms_demand_of_days(means, mean, fitted_days, fitted_mean, days) is the
 * demand that is expected of the next days, which need not be whole: as fitted
 * for as many, else the sum of the days' means, beyond them the mean of a day.
 */
Datum
oms_demand_of_days(PG_FUNCTION_ARGS)
{
	ArrayType  *means = PG_GETARG_ARRAYTYPE_P(0);
	double		mean = PG_GETARG_FLOAT8(1);
	double		days = PG_GETARG_FLOAT8(4);
	const float4 *day = (const float4 *) ARR_DATA_PTR(means);
	int			count = ARR_HASNULL(means) ? 0
		: ArrayGetNItems(ARR_NDIM(means), ARR_DIMS(means));
	double		sum = 0;
	int			i;

	if (days == PG_GETARG_INT32(2))
		PG_RETURN_FLOAT8(PG_GETARG_FLOAT8(3));
	for (i = 0; i < count && i + 1 <= days; i++)
		sum += day[i];
	PG_RETURN_FLOAT8(sum + (days - i) * (i < count ? day[i] : mean));
}

/*
 * ReadSpread reads the demand of some days from the arguments of
 * oms_reorder_level.
 */
static DemandSpread
ReadSpread(FunctionCallInfo fcinfo)
{
	DemandSpread spread = {.mean = Number(fcinfo, 4, 0)};
	double		fitted_mean = Number(fcinfo, 2, 0);
	int			fitted_days = PG_ARGISNULL(3) ? 0 : PG_GETARG_INT32(3);
	double		stretch = fitted_days > 0 ? sqrt(Number(fcinfo, 5, 0) / fitted_days) : 0;
	const double *levels;
	const double *quantiles;
	int			known;

	spread.count = Doubles(fcinfo, 0, &levels);
	known = Doubles(fcinfo, 1, &quantiles);
	if (spread.count < 2 || spread.count > DEMAND_LEVELS_MAX ||
		(known != 0 && known != spread.count))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there must be a quantile for each of 2 to %d levels",
						DEMAND_LEVELS_MAX)));
	for (int i = 0; i < spread.count; i++)
	{
		spread.scores[i] = NormalQuantile(levels[i]);
		spread.deviations[i] = known == 0 ? 0
			: (quantiles[i] - fitted_mean) * stretch;
	}
	return spread;
}

PG_FUNCTION_INFO_V1(oms_reorder_level);

/*
 * oms_reorder_level(levels, quantiles, fitted_mean, fitted_days, mean, days,
 * sd, service_level, fill_rate, quantity) is the position at which to order.
 *
 * The demand of days has this mean and, around it, the spread of quantiles
 * that were fitted for a number of days, stretched as the root of the time;
 * sd is the standard deviation of what is independent of it.  Without
 * quantiles demand is normal with this sd.  The level is that of fill_rate with
 * orders of a quantity, else the quantile of service_level; cut where it is far
 * out of reach.
 */
Datum
oms_reorder_level(PG_FUNCTION_ARGS)
{
	DemandSpread spread = ReadSpread(fcinfo);
	double		fill_rate = Number(fcinfo, 8, 0);
	double		level;

	SpreadWiden(&spread, Number(fcinfo, 6, 0));
	level = fill_rate > 0
		? SpreadForFillRate(&spread, fill_rate, Number(fcinfo, 9, 0))
		: SpreadQuantile(&spread, Number(fcinfo, 7, 0.5));
	PG_RETURN_FLOAT8(Min(level, UNITS_MAX));
}

PG_FUNCTION_INFO_V1(oms_economic_quantity);

/*
 * oms_economic_quantity(annual_demand, order_cost, holding_rate, usual, cost,
 * break_quantities, break_costs) is how much to order at once.
 */
Datum
oms_economic_quantity(PG_FUNCTION_ARGS)
{
	OrderCosts	costs = {Number(fcinfo, 0, 0), Number(fcinfo, 1, 0), Number(fcinfo, 2, 0)};
	CostBreaks	breaks = {.cost = Number(fcinfo, 4, 0)};

	breaks.count = Doubles(fcinfo, 5, &breaks.quantities);
	if (Doubles(fcinfo, 6, &breaks.costs) != breaks.count)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("there must be a cost for each break")));
	PG_RETURN_FLOAT8(EconomicQuantity(&costs, &breaks, Number(fcinfo, 3, 0)));
}

PG_FUNCTION_INFO_V1(oms_whole_units);

/*
 * oms_whole_units(value, decimals) rounds a number up to a quantity that a SKU
 * of so many decimals can have, at least 0.  A number that is far out of
 * reach is cut.
 */
Datum
oms_whole_units(PG_FUNCTION_ARGS)
{
	double		value = PG_GETARG_FLOAT8(0);
	int64		step = QUANTITY_SCALE;
	double		steps;

	for (int i = 0; i < PG_GETARG_INT32(1) && step > 1; i++)
		step /= 10;
	steps = ceil((value - DECIMALS_SLACK) * QUANTITY_SCALE / step);
	if (!(steps > 0))
		PG_RETURN_QUANTITY(0);
	PG_RETURN_QUANTITY((int64) Min(steps, UNITS_MAX * QUANTITY_SCALE / step) * step);
}

PG_FUNCTION_INFO_V1(oms_order_quantity);

/*
 * oms_order_quantity(need, above, pack_size, min_quantity, max_quantity)
 * rounds what is needed to what can be ordered.
 */
Datum
oms_order_quantity(PG_FUNCTION_ARGS)
{
	Quantity	pack = PG_ARGISNULL(2) ? 1 : PG_GETARG_QUANTITY(2);

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	if (pack <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the size of a pack must be greater than 0")));
	PG_RETURN_QUANTITY(OrderQuantity(PG_GETARG_QUANTITY(0), PG_GETARG_QUANTITY(1), pack,
									 PG_ARGISNULL(3) ? 0 : PG_GETARG_QUANTITY(3),
									 PG_ARGISNULL(4) ? QUANTITY_MAX : PG_GETARG_QUANTITY(4)));
}
