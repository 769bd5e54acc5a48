/*
 * network.c
 *		Where locations lie, and which of them are near.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stock.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
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
#define NETWORK_MAX		250000

/*
 * So many are kept at once; more only by a session that has searched so often
 * by the index since they last changed, as it takes a while to read them.
 */
#define NETWORK_SMALL	5000
#define SEARCHES_MAX	500

/* A location as a vector of length 1, and whom it serves */
typedef struct Place
{
	double		vector[3];
	int32		location_id;
	Countries	serves;
} Place;

/* All active locations that are on the map, from south to north */
typedef struct Network
{
	int			count;			/* NETWORK_MAX + 1: too many, there are none */
	Place	   *places;
} Network;

/* How many active locations are on the map */
typedef struct NetworkSize
{
	int			count;			/* at most NETWORK_SMALL + 1 */
	int			searches;		/* by the index */
} NetworkSize;

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
 * RowsEstimate is how many locations there were when statistics were last
 * taken; negative if that never was.
 */
static double
RowsEstimate(void)
{
	Oid			relid = get_relname_relid("locations", get_namespace_oid("oms", false));
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	double		rows;

	if (!HeapTupleIsValid(tuple))
		return -1;
	rows = ((Form_pg_class) GETSTRUCT(tuple))->reltuples;
	ReleaseSysCache(tuple);
	return rows;
}

/*
 * LoadSize loads how many locations there are, if they are few; there is one
 * key.  To count so many takes as long as some orders.
 */
static void *
LoadSize(const char *key)
{
	static SavedPlan find = {
		"integer",
		"SELECT count(*)::integer "
		"FROM (SELECT FROM oms.locations WHERE active AND point IS NOT NULL LIMIT $1) AS l"
	};
	Datum		values[1] = {Int32GetDatum(NETWORK_SMALL + 1)};
	NetworkSize *size = palloc0(sizeof(NetworkSize));

	if (RowsEstimate() > 2 * NETWORK_SMALL)
		size->count = NETWORK_SMALL + 1;
	else
	{
		PlanRunLatest(&find, values, NULL);
		size->count = RowInt32(0, 1);
	}
	return size;
}

/*
 * Comparator of qsort: from south to north.
 */
static int
ComparePlaces(const void *a, const void *b)
{
	const Place *x = a;
	const Place *y = b;

	if (x->vector[2] != y->vector[2])
		return x->vector[2] < y->vector[2] ? -1 : 1;
	return x->location_id < y->location_id ? -1 : 1;
}

/*
 * LoadNetwork loads where all active locations are; there is one key.
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
	network->places = palloc(mul_size(sizeof(Place), Max(network->count, 1)));
	for (int i = 0; i < network->count; i++)
	{
		Place	   *place = &network->places[i];

		place->location_id = RowInt32(i, 1);
		VectorOf(DatumGetFloat8(RowDatum(i, 2, NULL)),
				 DatumGetFloat8(RowDatum(i, 3, NULL)), place->vector);
		place->serves = CountriesRead(i, 4);
	}
	qsort(network->places, network->count, sizeof(Place), ComparePlaces);
	return network;
}

/* The nearest locations so far, and how near: the scalar product of vectors */
typedef struct Nearest
{
	int			count;
	int			max;
	double	   *near;
	int32	   *location_ids;
} Nearest;

/*
 * AddNearest adds a location if it is among the nearest.
 */
static void
AddNearest(Nearest *nearest, double near, int32 location_id)
{
	int			place = nearest->count;

	if (nearest->count < nearest->max)
		nearest->count++;
	else if (near > nearest->near[place - 1])
		place--;
	else
		return;
	for (; place > 0 && nearest->near[place - 1] < near; place--)
	{
		nearest->near[place] = nearest->near[place - 1];
		nearest->location_ids[place] = nearest->location_ids[place - 1];
	}
	nearest->near[place] = near;
	nearest->location_ids[place] = location_id;
}

/*
 * IsBeyond tells whether a place lies so far to the north or south of a vector
 * that neither it nor any behind it is among the nearest: the way to it is at
 * least that along the meridian.
 */
static bool
IsBeyond(const Nearest *nearest, const Place *place, const double vector[3])
{
	double		a = place->vector[2];
	double		b = vector[2];

	return nearest->count == nearest->max &&
		a * b + sqrt(Max(1 - a * a, 0) * Max(1 - b * b, 0)) <
		nearest->near[nearest->count - 1];
}

/*
 * FirstNorth is the index of the first place that is not south of a vector.
 */
static int
FirstNorth(const Network *network, const double vector[3])
{
	int			low = 0;
	int			high = network->count;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (network->places[middle].vector[2] < vector[2])
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/*
 * SearchPlace looks at a place and returns whether it, or one behind it, may be
 * among the nearest.
 */
static bool
SearchPlace(Nearest *nearest, const Place *place, const double vector[3],
		   const char *country)
{
	if (IsBeyond(nearest, place, vector))
		return false;
	if (country == NULL || CountriesHave(&place->serves, country))
		AddNearest(nearest, vector[0] * place->vector[0] +
				   vector[1] * place->vector[1] + vector[2] * place->vector[2],
				   place->location_id);
	return true;
}

/*
 * SearchNetwork finds the locations nearest to a vector that serve a country:
 * those whose vectors have the largest scalar product with it.  It goes from
 * the latitude of the vector to the north and to the south by turns.
 */
static int
SearchNetwork(const Network *network, const double vector[3],
			  const char *country, int count, const Location **locations)
{
	Nearest		nearest = {0, count};
	int			north = FirstNorth(network, vector);
	int			south = north - 1;
	bool		to_north = true;
	bool		to_south = true;

	nearest.near = palloc(sizeof(double) * count);
	nearest.location_ids = palloc(sizeof(int32) * count);
	while (to_north || to_south)
	{
		to_north = to_north && north < network->count &&
			SearchPlace(&nearest, &network->places[north++], vector, country);
		to_south = to_south && south >= 0 &&
			SearchPlace(&nearest, &network->places[south--], vector, country);
	}
	for (int i = 0; i < nearest.count; i++)
		locations[i] = LocationGet(nearest.location_ids[i]);
	return nearest.count;
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
	static Kept sizes = {{"locations"}, LoadSize};
	static Kept networks = {{"locations"}, LoadNetwork};
	NetworkSize *size = KeptFind(&sizes, "");
	const Network *network = NULL;
	double		vector[3];

	if (size->count <= NETWORK_SMALL || ++size->searches > SEARCHES_MAX)
		network = KeptFind(&networks, "");
	if (network == NULL || network->count > NETWORK_MAX)
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
