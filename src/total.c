/*
 * total.c
 *		Sums and averages of amounts and quantities.
 *
 * Both add counts (of minor units, of millionths) into 128 bits, where they
 * cannot overflow, so that only the result has to fit, in whatever order the
 * rows and the parallel workers come.  A total of amounts remembers their
 * currency; that of quantities has currency 0.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "oms.h"

#include "libpq/pqformat.h"
#include "utils/builtins.h"

typedef struct Total
{
	int128		sum;
	int64		count;			/* rows, without nulls */
	int			currency;
} Total;

/*
 * RaiseMixed reports a total over two currencies.
 */
static void
RaiseMixed(int a, int b)
{
	ereport(ERROR,
			(errcode(ERRCODE_OMS_CURRENCY_MISMATCH),
			 errmsg("cannot add up amounts in different currencies"),
			 errdetail("There are amounts in %s and in %s.",
					   CurrencyCode(a), CurrencyCode(b)),
			 errhint("Group by oms.currency_of(amount), or use oms.convert(amount, text, date) first.")));
}

/*
 * NewTotal makes an empty total that lives as long as the aggregate.
 */
static Total *
NewTotal(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "aggregate function called in non-aggregate context");
	return MemoryContextAllocZero(context, sizeof(Total));
}

/*
 * GetTotal gives the total of the first argument, a new one if it is null.
 */
static Total *
GetTotal(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		return NewTotal(fcinfo);
	return (Total *) PG_GETARG_POINTER(0);
}

/*
 * SetCurrency lets an empty total take a currency, and another only keep its
 * own.
 */
static inline void
SetCurrency(Total *total, int currency)
{
	if (total->count == 0)
		total->currency = currency;
	else if (total->currency != currency)
		RaiseMixed(total->currency, currency);
}

PG_FUNCTION_INFO_V1(oms_amount_accumulate);

/*
 * oms_amount_accumulate adds an amount to the state.
 */
Datum
oms_amount_accumulate(PG_FUNCTION_ARGS)
{
	Total	   *total = GetTotal(fcinfo);

	if (!PG_ARGISNULL(1))
	{
		Amount		amount = PG_GETARG_AMOUNT(1);

		SetCurrency(total, AmountCurrency(amount));
		total->sum += AmountMinor(amount);
		total->count++;
	}
	PG_RETURN_POINTER(total);
}

PG_FUNCTION_INFO_V1(oms_amount_discard);

/*
 * oms_amount_discard takes an amount that left the window's frame from the
 * state.
 */
Datum
oms_amount_discard(PG_FUNCTION_ARGS)
{
	Total	   *total = GetTotal(fcinfo);

	if (!PG_ARGISNULL(1))
	{
		total->sum -= AmountMinor(PG_GETARG_AMOUNT(1));
		total->count--;
	}
	PG_RETURN_POINTER(total);
}

PG_FUNCTION_INFO_V1(oms_quantity_accumulate);

/*
 * oms_quantity_accumulate adds a quantity to the state.
 */
Datum
oms_quantity_accumulate(PG_FUNCTION_ARGS)
{
	Total	   *total = GetTotal(fcinfo);

	if (!PG_ARGISNULL(1))
	{
		total->sum += PG_GETARG_QUANTITY(1);
		total->count++;
	}
	PG_RETURN_POINTER(total);
}

PG_FUNCTION_INFO_V1(oms_quantity_discard);

/*
 * oms_quantity_discard takes a quantity that left the window's frame from the
 * state.
 */
Datum
oms_quantity_discard(PG_FUNCTION_ARGS)
{
	Total	   *total = GetTotal(fcinfo);

	if (!PG_ARGISNULL(1))
	{
		total->sum -= PG_GETARG_QUANTITY(1);
		total->count--;
	}
	PG_RETURN_POINTER(total);
}

PG_FUNCTION_INFO_V1(oms_total_combine);

/*
 * oms_total_combine adds the state of a parallel worker to another.
 */
Datum
oms_total_combine(PG_FUNCTION_ARGS)
{
	Total	   *total = GetTotal(fcinfo);
	Total	   *other = PG_ARGISNULL(1) ? NULL : (Total *) PG_GETARG_POINTER(1);

	if (other != NULL && other->count > 0)
	{
		SetCurrency(total, other->currency);
		total->sum += other->sum;
		total->count += other->count;
	}
	PG_RETURN_POINTER(total);
}

PG_FUNCTION_INFO_V1(oms_total_serialize);

/*
 * oms_total_serialize writes a state for the leader.
 */
Datum
oms_total_serialize(PG_FUNCTION_ARGS)
{
	Total	   *total = (Total *) PG_GETARG_POINTER(0);
	StringInfoData buf;

	if (!AggCheckCallContext(fcinfo, NULL))
		elog(ERROR, "aggregate function called in non-aggregate context");
	pq_begintypsend(&buf);
	pq_sendint64(&buf, (int64) (total->sum >> 64));
	pq_sendint64(&buf, (int64) total->sum);
	pq_sendint64(&buf, total->count);
	pq_sendint32(&buf, total->currency);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

PG_FUNCTION_INFO_V1(oms_total_deserialize);

/*
 * oms_total_deserialize reads a worker's state.
 */
Datum
oms_total_deserialize(PG_FUNCTION_ARGS)
{
	bytea	   *bytes = PG_GETARG_BYTEA_PP(0);
	Total	   *total;
	StringInfoData buf;
	int64		high;

	if (!AggCheckCallContext(fcinfo, NULL))
		elog(ERROR, "aggregate function called in non-aggregate context");
	total = palloc0(sizeof(Total));
	initStringInfo(&buf);
	appendBinaryStringInfo(&buf, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	high = pq_getmsgint64(&buf);
	total->sum = (int128) (((uint128) (uint64) high << 64) |
						   (uint64) pq_getmsgint64(&buf));
	total->count = pq_getmsgint64(&buf);
	total->currency = pq_getmsgint(&buf, 4);
	pq_getmsgend(&buf);
	PG_RETURN_POINTER(total);
}

PG_FUNCTION_INFO_V1(oms_amount_sum);

/*
 * oms_amount_sum ends a sum; 22003 if it is too large.
 */
Datum
oms_amount_sum(PG_FUNCTION_ARGS)
{
	Total	   *total = PG_ARGISNULL(0) ? NULL : (Total *) PG_GETARG_POINTER(0);

	if (total == NULL || total->count == 0)
		PG_RETURN_NULL();
	PG_RETURN_AMOUNT(AmountMakeWide(total->currency, total->sum));
}

PG_FUNCTION_INFO_V1(oms_amount_average);

/*
 * oms_amount_average ends an average, rounded to minor units.
 */
Datum
oms_amount_average(PG_FUNCTION_ARGS)
{
	Total	   *total = PG_ARGISNULL(0) ? NULL : (Total *) PG_GETARG_POINTER(0);

	if (total == NULL || total->count == 0)
		PG_RETURN_NULL();
	PG_RETURN_AMOUNT(AmountMakeWide(total->currency,
									DivideRounded(total->sum, total->count)));
}

PG_FUNCTION_INFO_V1(oms_quantity_sum);

/*
 * oms_quantity_sum ends a sum; 22003 if it is too large.
 */
Datum
oms_quantity_sum(PG_FUNCTION_ARGS)
{
	Total	   *total = PG_ARGISNULL(0) ? NULL : (Total *) PG_GETARG_POINTER(0);

	if (total == NULL || total->count == 0)
		PG_RETURN_NULL();
	PG_RETURN_QUANTITY(QuantityMake(total->sum));
}

PG_FUNCTION_INFO_V1(oms_quantity_average);

/*
 * oms_quantity_average ends an average, rounded to 6 decimals.
 */
Datum
oms_quantity_average(PG_FUNCTION_ARGS)
{
	Total	   *total = PG_ARGISNULL(0) ? NULL : (Total *) PG_GETARG_POINTER(0);

	if (total == NULL || total->count == 0)
		PG_RETURN_NULL();
	PG_RETURN_QUANTITY(QuantityMake(DivideRounded(total->sum, total->count)));
}
