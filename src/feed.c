/*
 * feed.c
 *		Makes the events of a restored dump readable.  All else of following
 *		events is SQL.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "plan.h"

/*
 * AdoptEventsBody: see oms_adopt_events.
 */
static Datum
AdoptEventsBody(FunctionCallInfo fcinfo)
{
	static SavedPlan body = {"", "SELECT oms_internal.adopt_events()"};

	return CommandSql(fcinfo, &body);
}

PG_FUNCTION_INFO_V1(oms_adopt_events);

/*
 * oms_adopt_events(reference) makes the events of a restored dump readable.
 * Locks the tables of events against writers.
 */
Datum
oms_adopt_events(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 0, AdoptEventsBody);
}
