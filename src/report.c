/*
 * report.c
 *		What sums of reports are made of.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "oms.h"

PG_FUNCTION_INFO_V1(oms_minor_share);

/*
 * oms_minor_share(minor, since, until, whole) is what the units from one to
 * another of a whole have of minor units: the difference of two rounded
 * shares, so that shares that follow each other add up.  A whole of nothing is
 * not shared.
 */
Datum
oms_minor_share(PG_FUNCTION_ARGS)
{
	int128		minor = PG_GETARG_INT64(0);
	Quantity	since = PG_GETARG_QUANTITY(1);
	Quantity	until = PG_GETARG_QUANTITY(2);
	Quantity	whole = PG_GETARG_QUANTITY(3);

	if (whole == 0)
		PG_RETURN_INT64(minor);
	PG_RETURN_INT64(DivideRounded(minor * until, whole) -
					DivideRounded(minor * since, whole));
}
