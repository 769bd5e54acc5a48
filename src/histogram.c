/*
 * histogram.c
 *		Histograms of durations that add up, and percentiles of them.
 *
 * A histogram is an integer[] of two dimensions, {{bucket, count}, ...}, in
 * the order of the buckets and without those that have a count of zero.
 * Counts may be negative in one that is a difference.
 *
 * Buckets grow with the durations: bucket 0 is what is below a second, and
 * bucket b of the others begins at GROWTH ^ (b - 1) seconds and ends at GROWTH
 * times that.  A bucket stands for the value whose relative distance to both
 * its ends is the same, (GROWTH - 1) / (GROWTH + 1), below 1 %.  This is the
 * sketch of Masson, Rim and Lee, "DDSketch: A Fast and Fully-Mergeable
 * Quantile Sketch with Relative-Error Guarantees" (2019), without collapsing.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "oms.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/int.h"
#include "utils/array.h"

#define GROWTH			1.02
#define SECONDS_MAX		1e12	/* 30,000 years */

/* One bucket, as it lies in an array */
typedef struct Bucket
{
	int32		bucket;
	int32		count;
} Bucket;

/* The buckets of an argument */
typedef struct Histogram
{
	const Bucket *buckets;
	int			n;
} Histogram;

/*
 * ReadHistogram reads an argument.  22023 if it isn't a histogram.
 */
static Histogram
ReadHistogram(FunctionCallInfo fcinfo, int number)
{
	ArrayType  *array = PG_GETARG_ARRAYTYPE_P(number);
	Histogram	result = {0};

	if (ARR_NDIM(array) == 0)
		return result;
	if (ARR_NDIM(array) != 2 || ARR_DIMS(array)[1] != 2 || ARR_HASNULL(array))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a histogram must be pairs of bucket and count")));
	result.buckets = (const Bucket *) ARR_DATA_PTR(array);
	result.n = ARR_DIMS(array)[0];
	for (int i = 1; i < result.n; i++)
	{
		if (result.buckets[i].bucket <= result.buckets[i - 1].bucket)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a histogram must be in the order of its buckets"),
					 errdetail("Bucket %d follows %d.", result.buckets[i].bucket,
							   result.buckets[i - 1].bucket)));
	}
	return result;
}

PG_FUNCTION_INFO_V1(oms_duration_bucket);

/*
 * oms_internal.duration_bucket(seconds) → integer: the bucket of a duration;
 * negative ones are in the first.
 */
Datum
oms_duration_bucket(PG_FUNCTION_ARGS)
{
	double		seconds = Min(SECONDS_MAX, PG_GETARG_FLOAT8(0));

	if (!(seconds >= 1))
		PG_RETURN_INT32(0);
	PG_RETURN_INT32(1 + (int32) floor(log(seconds) / log(GROWTH)));
}

/*
 * BucketSeconds is the duration that a bucket stands for.
 */
static double
BucketSeconds(int32 bucket)
{
	return bucket <= 0 ? 0 : 2 * pow(GROWTH, bucket) / (GROWTH + 1);
}

/*
 * MakeHistogram makes the array of some buckets.
 */
static ArrayType *
MakeHistogram(const Bucket *buckets, int n)
{
	int			dims[2] = {n, 2};
	int			lower[2] = {1, 1};
	Datum	   *values = palloc(sizeof(Datum) * Max(n * 2, 1));

	if (n == 0)
		return construct_empty_array(INT4OID);
	for (int i = 0; i < n; i++)
	{
		values[i * 2] = Int32GetDatum(buckets[i].bucket);
		values[i * 2 + 1] = Int32GetDatum(buckets[i].count);
	}
	return construct_md_array(values, NULL, 2, dims, lower, INT4OID,
							  sizeof(int32), true, TYPALIGN_INT);
}

PG_FUNCTION_INFO_V1(oms_add_histograms);

/*
 * oms_internal.add_histograms(integer[], integer[]) → integer[]: both
 * together.  22003 if a count is out of range.
 */
Datum
oms_add_histograms(PG_FUNCTION_ARGS)
{
	Histogram	a = ReadHistogram(fcinfo, 0);
	Histogram	b = ReadHistogram(fcinfo, 1);
	Bucket	   *sum = palloc(sizeof(Bucket) * Max(a.n + b.n, 1));
	int			i = 0;
	int			j = 0;
	int			n = 0;

	while (i < a.n || j < b.n)
	{
		bool		take_a = j == b.n ||
			(i < a.n && a.buckets[i].bucket <= b.buckets[j].bucket);
		bool		take_b = i == a.n ||
			(j < b.n && b.buckets[j].bucket <= a.buckets[i].bucket);
		int32		count_a = take_a ? a.buckets[i].count : 0;
		int32		count_b = take_b ? b.buckets[j].count : 0;

		sum[n].bucket = take_a ? a.buckets[i].bucket : b.buckets[j].bucket;
		if (pg_add_s32_overflow(count_a, count_b, &sum[n].count))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("count of a histogram is out of range")));
		i += take_a;
		j += take_b;
		n += sum[n].count != 0;
	}
	PG_RETURN_ARRAYTYPE_P(MakeHistogram(sum, n));
}

/*
 * RankSeconds is the duration of the rank-th shortest, from 0.
 */
static double
RankSeconds(const Histogram *histogram, int64 rank)
{
	int64		before = 0;

	for (int i = 0; i < histogram->n; i++)
	{
		before += Max(histogram->buckets[i].count, 0);
		if (before > rank)
			return BucketSeconds(histogram->buckets[i].bucket);
	}
	return 0;
}

PG_FUNCTION_INFO_V1(oms_histogram_percentile);

/*
 * oms_internal.histogram_percentile(histogram, fraction) → seconds, as
 * percentile_cont() would say, between two neighbours in proportion; null for
 * an empty histogram.  22003 if the fraction isn't one.
 */
Datum
oms_histogram_percentile(PG_FUNCTION_ARGS)
{
	Histogram	histogram = ReadHistogram(fcinfo, 0);
	double		fraction = PG_GETARG_FLOAT8(1);
	int64		count = 0;
	double		rank;
	double		low;
	double		high;

	if (!(fraction >= 0 && fraction <= 1))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("percentile value %g is not between 0 and 1", fraction)));
	for (int i = 0; i < histogram.n; i++)
		count += Max(histogram.buckets[i].count, 0);
	if (count == 0)
		PG_RETURN_NULL();
	rank = fraction * (count - 1);
	low = RankSeconds(&histogram, (int64) floor(rank));
	high = RankSeconds(&histogram, (int64) ceil(rank));
	PG_RETURN_FLOAT8(low + (rank - floor(rank)) * (high - low));
}
