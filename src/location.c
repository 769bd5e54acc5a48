/*
 * location.c
 *		Looks up locations.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "executor/spi.h"
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
