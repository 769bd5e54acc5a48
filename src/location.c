/*
 * location.c
 *		Looks up locations, and the time zones they may be in.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stock.h"

#include "executor/spi.h"
#include "pgtime.h"
#include "utils/builtins.h"

/*
 * LocationFind looks up a location by its code and tells whether it is
 * active, unless active is NULL.  Raises OM006 if there is none.
 */
int32
LocationFind(const char *code, bool *active)
{
	static SavedPlan find = {
		"text",
		"SELECT location_id, active FROM oms.locations WHERE code = $1"
	};
	Datum		values[1] = {CStringGetTextDatum(code)};

	if (PlanRun(&find, values, NULL, false) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_UNKNOWN_CODE),
				 errmsg("location \"%s\" does not exist", code),
				 errhint("Create it by oms.put_location() first.")));
	if (active != NULL)
		*active = RowBool(0, 2);
	return RowInt32(0, 1);
}

PG_FUNCTION_INFO_V1(oms_is_time_zone);

/*
 * oms_internal.is_time_zone(text) → boolean: does the server know a time zone
 * by this name?  It keeps the zones that it has read.
 */
Datum
oms_is_time_zone(PG_FUNCTION_ARGS)
{
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	pg_tz	   *zone = NULL;

	if (strlen(name) <= TZ_STRLEN_MAX)
		zone = pg_tzset(name);

	PG_RETURN_BOOL(zone != NULL && pg_tz_acceptable(zone));
}
