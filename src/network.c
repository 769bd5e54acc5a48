/*
 * network.c
 *		Where locations lie, and which of them are near.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stock.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

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
	static const char hex[] = "0123456789abcdef";
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
		{
			*end++ = hex[bits >> 4 & 0xf];
			*end++ = hex[bits & 0xf];
		}
	}
	*end = '\0';
	getTypeInputInfo(GeographyType(), &input, &type);
	return OidInputFunctionCall(input, digits, type, -1);
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

/* Where all active locations are, as vectors of length 1, and whom they serve */
typedef struct Network
{
	int			count;			/* NETWORK_MAX + 1: too many */
	int32	   *location_ids;
	Countries  *serves;
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
 * LoadNetwork loads where all active locations are, if they are not too many.
 */
static void *
LoadNetwork(const char *key)
{
	static SavedPlan find = {
		"integer",
		"SELECT location_id, oms_internal.point_lat(point), oms_internal.point_lon(point), "
		"       ships_to::text[] "
		"FROM oms.locations WHERE active AND point IS NOT NULL LIMIT $1"
	};
	Datum		values[1] = {Int32GetDatum(NETWORK_MAX + 1)};
	Network    *network = palloc0(sizeof(Network));

	network->count = PlanRunLatest(&find, values, NULL);
	if (network->count > NETWORK_MAX)
		return network;
	network->location_ids = palloc(sizeof(int32) * Max(network->count, 1));
	network->serves = palloc(sizeof(Countries) * Max(network->count, 1));
	network->vectors = palloc(sizeof(double[3]) * Max(network->count, 1));
	for (int i = 0; i < network->count; i++)
	{
		network->location_ids[i] = RowInt32(i, 1);
		VectorOf(DatumGetFloat8(RowDatum(i, 2, NULL)),
				 DatumGetFloat8(RowDatum(i, 3, NULL)), network->vectors[i]);
		network->serves[i] = CountriesRead(i, 4);
	}
	return network;
}

/*
 * SearchNetwork finds the locations nearest to a vector that serve a country:
 * those whose vectors have the largest scalar product with it.
 */
static int
SearchNetwork(const Network *network, const double vector[3],
			  const char *country, int count, const Location **locations)
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

		if ((n == count && near <= best[n - 1]) ||
			(country != NULL && !CountriesHave(&network->serves[i], country)))
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
 * SearchIndex finds the locations nearest to a point that serve a country by
 * the index on points.
 */
static int
SearchIndex(double latitude, double longitude, const char *country, int count,
			const Location **locations)
{
	static SavedPlan find = {
		"float8, float8, integer, text",
		"SELECT " LOCATION_COLUMNS " FROM oms.locations l "
		"WHERE l.point IS NOT NULL AND l.active "
		"      AND ($4 IS NULL OR l.ships_to IS NULL OR $4 = ANY (l.ships_to::text[])) "
		"ORDER BY l.point OPERATOR(@postgis@.<->) oms_internal.make_point($1, $2) "
		"LIMIT $3"
	};
	Params		params = {0};
	int			n;

	AddDatum(&params, Float8GetDatum(latitude));
	AddDatum(&params, Float8GetDatum(longitude));
	AddDatum(&params, Int32GetDatum(count));
	AddText(&params, country);
	n = PlanRunLatest(&find, params.values, params.nulls);
	for (int i = 0; i < n; i++)
		locations[i] = LocationRead(i);
	return n;
}

/*
 * LocationsServing finds up to count active locations that serve a country
 * (NULL: whichever) and lie nearest to a point on the sphere, nearest first,
 * and returns how many.
 */
int
LocationsServing(double latitude, double longitude, const char *country,
				 int count, const Location **locations)
{
	static Kept kept = {{"locations"}, LoadNetwork};
	const Network *network = KeptFind(&kept, "");
	double		vector[3];

	if (network->count > NETWORK_MAX)
		return SearchIndex(latitude, longitude, country, count, locations);
	VectorOf(latitude, longitude, vector);
	return SearchNetwork(network, vector, country, count, locations);
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
