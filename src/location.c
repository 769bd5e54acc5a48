/*
 * location.c
 *		Looks up locations, and the time zones they may be in; postcodes.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stock.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "pgtime.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

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

/*
 * PostcodeNormal is what oms_internal.normal_postcode() makes of the first
 * characters of a postcode.
 */
char *
PostcodeNormal(const char *postcode)
{
	int			length = pg_mbcharcliplen(postcode, strlen(postcode), POSTCODE_CHARS_MAX);
	char	   *normal = palloc(length + 1);
	char	   *end = normal;

	for (int i = 0; i < length; i++)
		if (postcode[i] != ' ' && postcode[i] != '-')
			*end++ = pg_ascii_toupper((unsigned char) postcode[i]);
	*end = '\0';
	return normal;
}

/*
 * ReadCountries reads the countries that a location serves.
 */
static void
ReadCountries(Location *location, Datum countries)
{
	Datum	   *codes;

	deconstruct_array(DatumGetArrayTypeP(countries), TEXTOID, -1, false,
					  TYPALIGN_INT, &codes, NULL, &location->country_count);
	location->countries = palloc(sizeof(char *) * Max(location->country_count, 1));
	for (int i = 0; i < location->country_count; i++)
		location->countries[i] = TextDatumGetCString(codes[i]);
}

/*
 * LocationRead reads the columns LOCATION_COLUMNS, which begin a row of the
 * last query, into the current memory context.
 */
Location *
LocationRead(uint64 row)
{
	Location   *location = palloc0(sizeof(Location));
	bool		isnull;
	Datum		value;

	location->location_id = RowInt32(row, 1);
	location->code = RowText(row, 2);
	location->active = RowBool(row, 3);
	location->priority = RowInt32(row, 4);
	value = RowDatum(row, 5, &isnull);
	location->has_point = !isnull;
	if (!isnull)
		location->point = PointerGetDatum(PG_DETOAST_DATUM_COPY(value));
	value = RowDatum(row, 6, &isnull);
	location->country_count = -1;
	if (!isnull)
		ReadCountries(location, value);
	location->zone = pg_tzset(RowText(row, 7));
	value = RowDatum(row, 8, &isnull);
	location->cutoff = isnull ? USECS_PER_DAY : DatumGetTimeADT(value);
	location->handling_days = RowInt32(row, 9);
	return location;
}

/*
 * LoadLocation loads a location by its number.
 */
static void *
LoadLocation(const char *key)
{
	static SavedPlan find = {
		"integer",
		"SELECT " LOCATION_COLUMNS " FROM oms.locations l WHERE l.location_id = $1"
	};
	Datum		values[1] = {Int32GetDatum(atoi(key))};

	return PlanRunLatest(&find, values, NULL) == 0 ? NULL : LocationRead(0);
}

/*
 * LocationGet is the location of a number that is known to exist.  Raises 40001
 * if somebody has deleted it since.
 */
const Location *
LocationGet(int32 location_id)
{
	static Kept kept = {{"locations"}, LoadLocation};
	const Location *location;
	char		key[KEPT_KEY_MAX];

	snprintf(key, sizeof(key), "%d", location_id);
	location = KeptFind(&kept, key);
	if (location == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("location %d was deleted meanwhile", location_id),
				 errhint("Repeat the transaction.")));
	return location;
}

/*
 * LoadByCode loads a location by its code.
 */
static void *
LoadByCode(const char *key)
{
	static SavedPlan find = {
		"text",
		"SELECT " LOCATION_COLUMNS " FROM oms.locations l WHERE l.code = $1"
	};
	Datum		values[1] = {CStringGetTextDatum(key)};

	return PlanRunLatest(&find, values, NULL) == 0 ? NULL : LocationRead(0);
}

/*
 * LocationFind looks up a location by its code and tells whether it is
 * active, unless active is NULL.  Raises OM006 if there is none.
 */
int32
LocationFind(const char *code, bool *active)
{
	static Kept kept = {{"locations"}, LoadByCode};
	const Location *location = KeptFind(&kept, code);

	if (location == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_UNKNOWN_CODE),
				 errmsg("location \"%s\" does not exist", code),
				 errhint("Create it by oms.put_location() first.")));
	if (active != NULL)
		*active = location->active;
	return location->location_id;
}

/*
 * LocationServes tells whether a location ships to a country.
 */
bool
LocationServes(const Location *location, const char *country)
{
	for (int i = 0; i < location->country_count; i++)
		if (strcmp(location->countries[i], country) == 0)
			return true;
	return location->country_count < 0;
}

/*
 * LocationShipsOn is the day on which a location ships what it is given at a
 * point in time, by its own clock: after the cutoff it counts for the next day.
 */
DateADT
LocationShipsOn(const Location *location, TimestampTz at)
{
	struct pg_tm tm;
	fsec_t		fraction;
	int			offset;
	TimeADT		time;

	if (timestamp2tm(at, &offset, &tm, &fraction, NULL, location->zone) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	time = ((tm.tm_hour * MINS_PER_HOUR + tm.tm_min) * SECS_PER_MINUTE +
			tm.tm_sec) * USECS_PER_SEC + fraction;
	return date2j(tm.tm_year, tm.tm_mon, tm.tm_mday) - POSTGRES_EPOCH_JDATE +
		location->handling_days + (time > location->cutoff ? 1 : 0);
}

/*
 * Distance is the distance of two geographies in metres on the spheroid, by
 * the function of PostGIS that oms_internal.distance_m() calls.
 */
double
Distance(Datum from, Datum to)
{
	static FmgrInfo function = {.fn_oid = InvalidOid};

	if (!SearchSysCacheExists1(PROCOID, ObjectIdGetDatum(function.fn_oid)))
	{
		Oid			geography = GeographyType();
		Oid			types[3] = {geography, geography, BOOLOID};

		fmgr_info_cxt(LookupFuncName(list_make2(makeString(PostgisSchema()),
												makeString("st_distance")),
									 3, types, false),
					  &function, TopMemoryContext);
	}
	return DatumGetFloat8(FunctionCall3(&function, from, to,
										BoolGetDatum(true)));
}

/* Most locations that are kept to be searched without the index */
#define NETWORK_MAX		5000

/* Where all locations are, as vectors of length 1 */
typedef struct Network
{
	int			count;			/* NETWORK_MAX + 1: too many */
	int32	   *location_ids;
	double	  (*vectors)[3];
} Network;

/*
 * VectorOf is the direction of a point from the centre of the sphere.
 */
static void
VectorOf(double latitude, double longitude, double vector[3])
{
	double		phi = latitude * M_PI / 180;
	double		lambda = longitude * M_PI / 180;

	vector[0] = cos(phi) * cos(lambda);
	vector[1] = cos(phi) * sin(lambda);
	vector[2] = sin(phi);
}

/*
 * LoadNetwork loads where all locations are, if they are not too many.
 */
static void *
LoadNetwork(const char *key)
{
	static SavedPlan find = {
		"integer",
		"SELECT location_id, oms_internal.point_lat(point), oms_internal.point_lon(point) "
		"FROM oms.locations WHERE point IS NOT NULL LIMIT $1"
	};
	Datum		values[1] = {Int32GetDatum(NETWORK_MAX + 1)};
	Network    *network = palloc0(sizeof(Network));

	network->count = PlanRunLatest(&find, values, NULL);
	if (network->count > NETWORK_MAX)
		return network;
	network->location_ids = palloc(sizeof(int32) * Max(network->count, 1));
	network->vectors = palloc(sizeof(double[3]) * Max(network->count, 1));
	for (int i = 0; i < network->count; i++)
	{
		network->location_ids[i] = RowInt32(i, 1);
		VectorOf(DatumGetFloat8(RowDatum(i, 2, NULL)),
				 DatumGetFloat8(RowDatum(i, 3, NULL)), network->vectors[i]);
	}
	return network;
}

/*
 * SearchNetwork finds the locations nearest to a vector: those whose vectors
 * have the largest scalar product with it.
 */
static int
SearchNetwork(const Network *network, const double vector[3], int count,
			  const Location **locations)
{
	double	   *best = palloc(sizeof(double) * count);
	int32	   *location_ids = palloc(sizeof(int32) * count);
	int			n = 0;

	for (int i = 0; i < network->count; i++)
	{
		const double *other = network->vectors[i];
		double		near = vector[0] * other[0] + vector[1] * other[1] +
			vector[2] * other[2];
		int			place = n;

		if (n == count && near <= best[n - 1])
			continue;
		if (n < count)
			n++;
		else
			place = n - 1;
		for (; place > 0 && best[place - 1] < near; place--)
		{
			best[place] = best[place - 1];
			location_ids[place] = location_ids[place - 1];
		}
		best[place] = near;
		location_ids[place] = network->location_ids[i];
	}
	for (int i = 0; i < n; i++)
		locations[i] = LocationGet(location_ids[i]);
	return n;
}

/*
 * SearchIndex finds the locations nearest to a point by the index on points.
 */
static int
SearchIndex(double latitude, double longitude, int count,
			const Location **locations)
{
	static SavedPlan find = {
		"float8, float8, integer",
		"SELECT " LOCATION_COLUMNS " FROM oms.locations l WHERE l.point IS NOT NULL "
		"ORDER BY l.point OPERATOR(@postgis@.<->) oms_internal.make_point($1, $2) "
		"LIMIT $3"
	};
	Params		params = {0};
	int			n;

	AddDatum(&params, Float8GetDatum(latitude));
	AddDatum(&params, Float8GetDatum(longitude));
	AddDatum(&params, Int32GetDatum(count));
	n = PlanRunLatest(&find, params.values, NULL);
	for (int i = 0; i < n; i++)
		locations[i] = LocationRead(i);
	return n;
}

/*
 * LocationsNear finds up to count locations that lie nearest to a point on the
 * sphere, nearest first, whether or not they may ship, and returns how many.
 */
int
LocationsNear(double latitude, double longitude, int count,
			  const Location **locations)
{
	static Kept kept = {{"locations"}, LoadNetwork};
	const Network *network = KeptFind(&kept, "");
	double		vector[3];

	if (network->count > NETWORK_MAX)
		return SearchIndex(latitude, longitude, count, locations);
	VectorOf(latitude, longitude, vector);
	return SearchNetwork(network, vector, count, locations);
}

/* Locations that are kept in order of priority */
#define FIRST_MAX		8

/*
 * LoadFirst loads the numbers of the locations that come first by priority,
 * ended by 0.
 */
static void *
LoadFirst(const char *key)
{
	static SavedPlan find = {
		"integer",
		"SELECT location_id FROM oms.locations WHERE active "
		"ORDER BY priority, location_id LIMIT $1"
	};
	Datum		values[1] = {Int32GetDatum(FIRST_MAX)};
	int32	   *location_ids = palloc0(sizeof(int32) * (FIRST_MAX + 1));
	int			n = PlanRunLatest(&find, values, NULL);

	for (int i = 0; i < n; i++)
		location_ids[i] = RowInt32(i, 1);
	return location_ids;
}

/*
 * LocationsFirst finds up to count active locations, at most FIRST_MAX, in
 * order of priority, and returns how many.
 */
int
LocationsFirst(int count, const Location **locations)
{
	static Kept kept = {{"locations"}, LoadFirst};
	const int32 *first = KeptFind(&kept, "");
	int			n = 0;

	for (; n < count && first[n] != 0; n++)
		locations[n] = LocationGet(first[n]);
	return n;
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
