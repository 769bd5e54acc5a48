/*
 * job_step.c
 *		What a batch of a job answers.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "plan.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "utils/builtins.h"

/*
 * JobStep is the result of a function oms_internal.job_...(): how many rows
 * it has changed, whether there is more to do, and how far it came (NULL:
 * there is nothing to say).  Call it behind StoreClose().
 */
Datum
JobStep(FunctionCallInfo fcinfo, int64 rows, bool more, const char *watermark)
{
	Datum		values[3] = {Int64GetDatum(rows), BoolGetDatum(more)};
	bool		nulls[3] = {false, false, watermark == NULL};
	TupleDesc	desc;

	if (watermark != NULL)
		values[2] = CStringGetTextDatum(watermark);
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc),
													  values, nulls)));
}
