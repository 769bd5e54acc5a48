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
#include "utils/lsyscache.h"

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

/*
 * PointDatum is the geography of a latitude and longitude in degrees, the same
 * that oms_internal.make_point() makes, in the current memory context.  The
 * input function of PostGIS takes a point as hexadecimal digits: byte order 1
 * (least significant first), type with SRID, SRID 4326, longitude, latitude.
 */
Datum
PointDatum(double latitude, double longitude)
{
	static const char header[] = "0101000020e6100000";
	double		degrees[2] = {longitude, latitude};
	char		digits[sizeof(header) + 4 * sizeof(double) * 2];
	char	   *end = digits + strlen(header);
	Oid			input;
	Oid			type;

	strcpy(digits, header);
	for (int i = 0; i < lengthof(degrees); i++)
	{
		uint64		bits = DatumGetInt64(Float8GetDatum(degrees[i]));

		for (int byte = 0; byte < sizeof(bits); byte++, bits >>= 8)
			end += sprintf(end, "%02x", (int) (bits & 0xff));
	}
	getTypeInputInfo(GeographyType(), &input, &type);
	return OidInputFunctionCall(input, digits, type, -1);
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
