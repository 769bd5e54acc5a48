/*
 * allocate.c
 *		Splits an amount into shares that add up to it.
 *
 * Largest remainder: each share is its exact part of the whole, cut off to
 * minor units, and the units that are left go one each to the shares that
 * lost most by the cut; of equals, to those that come first.  A negative whole
 * is split as the positive one is, with the sign put back.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "oms.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

typedef struct Share
{
	int			index;			/* place of its weight */
	int64		minor;			/* without a sign */
	int128		rest;			/* what the cut took, times the sum of weights */
	Datum		numeric_rest;	/* the same, where weights are numerics */
} Share;

/*
 * CompareRests sorts the largest rest first, then by place.
 */
static int
CompareRests(const void *a, const void *b)
{
	const Share *x = (const Share *) a;
	const Share *y = (const Share *) b;

	if (x->rest != y->rest)
		return x->rest > y->rest ? -1 : 1;
	return x->index - y->index;
}

/*
 * CompareNumericRests does so where weights are numerics.
 */
static int
CompareNumericRests(const void *a, const void *b)
{
	const Share *x = (const Share *) a;
	const Share *y = (const Share *) b;
	int			order = DatumGetInt32(DirectFunctionCall2(numeric_cmp,
														  y->numeric_rest,
														  x->numeric_rest));

	return order != 0 ? order : x->index - y->index;
}

/*
 * DealRest gives the units left to the first of the sorted shares and writes
 * the amounts in the order of the weights.  There are always more shares with
 * a rest than units left.
 */
static void
DealRest(Amount whole, Share *shares, int count, Amount *result)
{
	bool		negative = AmountMinor(whole) < 0;
	int64		left = i64abs(AmountMinor(whole));

	for (int i = 0; i < count; i++)
		left -= shares[i].minor;
	Assert(left >= 0 && left < count);
	for (int i = 0; i < count; i++)
	{
		int64		minor = shares[i].minor + (i < left);

		result[shares[i].index] = AmountMake(AmountCurrency(whole),
											 negative ? -minor : minor);
	}
}

/*
 * RequireWeight raises 22023 unless there is something to split by.
 */
static void
RequireWeight(bool some)
{
	if (!some)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot allocate by weights that are all zero"),
				 errhint("Give at least one weight above zero.")));
}

/*
 * AmountAllocate splits by weights that are not negative, into an array of the
 * caller; 22023 if all are zero.
 */
void
AmountAllocate(Amount whole, const int64 *weights, int count, Amount *result)
{
	Share	   *shares = palloc_array(Share, count);
	int64		minor = i64abs(AmountMinor(whole));
	int128		sum = 0;

	for (int i = 0; i < count; i++)
		sum += weights[i];
	RequireWeight(sum > 0);
	for (int i = 0; i < count; i++)
	{
		int128		part = (int128) minor * weights[i];

		shares[i].index = i;
		shares[i].minor = part / sum;
		shares[i].rest = part % sum;
	}
	qsort(shares, count, sizeof(Share), CompareRests);
	DealRest(whole, shares, count, result);
	pfree(shares);
}

/*
 * AllocateByNumerics splits by weights of any precision.
 */
static void
AllocateByNumerics(Amount whole, const Datum *weights, int count,
				   Amount *result)
{
	Share	   *shares = palloc_array(Share, count);
	int64		minor = i64abs(AmountMinor(whole));
	Datum		total = NumericGetDatum(int64_to_numeric(minor));
	Datum		sum = NumericGetDatum(int64_to_numeric(0));

	for (int i = 0; i < count; i++)
		sum = DirectFunctionCall2(numeric_add, sum, weights[i]);
	RequireWeight(DatumGetInt32(DirectFunctionCall1(numeric_int4,
													DirectFunctionCall1(numeric_sign, sum))) > 0);
	for (int i = 0; i < count; i++)
	{
		Datum		part = DirectFunctionCall2(numeric_mul, total, weights[i]);
		Datum		share = DirectFunctionCall2(numeric_div_trunc, part, sum);

		CHECK_FOR_INTERRUPTS();
		shares[i].index = i;
		shares[i].minor = DatumGetInt64(DirectFunctionCall1(numeric_int8, share));
		shares[i].numeric_rest = DirectFunctionCall2(numeric_sub, part,
													 DirectFunctionCall2(numeric_mul,
																		 share, sum));
	}
	qsort(shares, count, sizeof(Share), CompareNumericRests);
	DealRest(whole, shares, count, result);
	pfree(shares);
}

/*
 * RequireNumericWeight raises 22023 for a weight that is negative or not
 * finite.
 */
static void
RequireNumericWeight(Numeric weight)
{
	if (numeric_is_nan(weight) || numeric_is_inf(weight) ||
		DatumGetBool(DirectFunctionCall2(numeric_lt, NumericGetDatum(weight),
										 NumericGetDatum(int64_to_numeric(0)))))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid weight %s",
						DatumGetCString(DirectFunctionCall1(numeric_out,
															NumericGetDatum(weight)))),
				 errdetail("Weights are finite and not negative.")));
}

/*
 * GetWeights takes the array apart and raises for one of no use.
 */
static Datum *
GetWeights(ArrayType *array, int *count)
{
	Datum	   *weights;

	if (ARR_NDIM(array) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("weights must be a one-dimensional array")));
	if (array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("weights must not be null")));
	deconstruct_array(array, NUMERICOID, -1, false, TYPALIGN_INT,
					  &weights, NULL, count);
	if (*count == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot allocate by an empty array of weights")));
	for (int i = 0; i < *count; i++)
		RequireNumericWeight(DatumGetNumeric(weights[i]));
	return weights;
}

PG_FUNCTION_INFO_V1(oms_allocate);

/*
 * oms_allocate splits an amount by weights; they are counted in millionths if
 * all of them can be, which is the faster way.
 */
Datum
oms_allocate(PG_FUNCTION_ARGS)
{
	Amount		whole = PG_GETARG_AMOUNT(0);
	int			count;
	Datum	   *weights = GetWeights(PG_GETARG_ARRAYTYPE_P(1), &count);
	int64	   *counts = palloc_array(int64, count);
	Amount	   *shares = palloc_array(Amount, count);
	Oid			type = get_element_type(get_func_rettype(fcinfo->flinfo->fn_oid));
	int16		len;
	bool		byval;
	char		align;
	int			i;

	for (i = 0; i < count; i++)
	{
		if (DecimalFromNumeric(DatumGetNumeric(weights[i]), QUANTITY_DECIMALS,
							   false, &counts[i]) != DECIMAL_OK)
			break;
	}
	if (i == count)
		AmountAllocate(whole, counts, count, shares);
	else
		AllocateByNumerics(whole, weights, count, shares);
	for (i = 0; i < count; i++)
		weights[i] = AmountGetDatum(shares[i]);
	get_typlenbyvalalign(type, &len, &byval, &align);
	PG_RETURN_ARRAYTYPE_P(construct_array(weights, count, type, len, byval,
										  align));
}
