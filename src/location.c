/*
 * location.c
 *		Looks up locations, and what they can do; postcodes.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stock.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "pgtime.h"
#include "utils/array.h"
#include "utils/builtins.h"

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
 * CountriesRead reads the countries in a column text[] of the last query into
 * the current memory context; null is all.
 */
Countries
CountriesRead(uint64 row, int column)
{
	Countries	countries = {-1, NULL};
	bool		isnull;
	Datum		value = RowDatum(row, column, &isnull);
	Datum	   *codes;

	if (isnull)
		return countries;
	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false,
					  TYPALIGN_INT, &codes, NULL, &countries.count);
	countries.codes = palloc(sizeof(char *) * Max(countries.count, 1));
	for (int i = 0; i < countries.count; i++)
		countries.codes[i] = TextDatumGetCString(codes[i]);
	return countries;
}

/*
 * CountriesHave tells whether a country is one of some.
 */
bool
CountriesHave(const Countries *countries, const char *country)
{
	for (int i = 0; i < countries->count; i++)
		if (strcmp(countries->codes[i], country) == 0)
			return true;
	return countries->count < 0;
}

/*
 * WeekdaysRead reads days of the week, 1 Monday to 7 Sunday, of a column of the
 * last query as a set; null is all.
 */
int
WeekdaysRead(uint64 row, int column)
{
	bool		isnull;
	Datum		value = RowDatum(row, column, &isnull);
	Datum	   *days;
	int			n;
	int			mask = 0;

	if (isnull)
		return EVERY_DAY;
	deconstruct_array(DatumGetArrayTypeP(value), INT2OID, sizeof(int16), true,
					  TYPALIGN_SHORT, &days, NULL, &n);
	for (int i = 0; i < n; i++)
		mask |= WEEKDAY(DatumGetInt16(days[i]));
	return mask;
}

/*
 * ReadCost reads an amount, and returns whether there is one.
 */
static bool
ReadCost(uint64 row, int column, Amount *cost)
{
	bool		isnull;
	Datum		value = RowDatum(row, column, &isnull);

	*cost = isnull ? 0 : DatumGetAmount(value);
	return !isnull;
}

/*
 * ReadAbilities reads the columns of LOCATION_COLUMNS that tell what a location
 * can do, and at what cost.
 */
static void
ReadAbilities(Location *location, uint64 row)
{
	bool		isnull;
	Datum		value;

	location->working_days = WeekdaysRead(row, 10);
	location->kind = RowText(row, 11);
	location->country = RowText(row, 12);
	location->region = RowText(row, 13);
	location->has_handling_cost = ReadCost(row, 14, &location->handling_cost);
	location->has_unit_cost = ReadCost(row, 15, &location->unit_cost);
	value = RowDatum(row, 16, &isnull);
	location->daily_capacity = isnull ? -1 : DatumGetInt32(value);
	location->pickup = RowBool(row, 17);
	value = RowDatum(row, 18, &isnull);
	location->handles = isnull ? SKU_HAZARDOUS | SKU_OVERSIZE
		: SkuFlagsRead(value);
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
	location->serves = CountriesRead(row, 6);
	location->zone = pg_tzset(RowText(row, 7));
	value = RowDatum(row, 8, &isnull);
	location->cutoff = isnull ? USECS_PER_DAY : DatumGetTimeADT(value);
	location->handling_days = RowInt32(row, 9);
	ReadAbilities(location, row);
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
 * LocationSeen is the location of a number, NULL if there is none that the role
 * may see.
 */
const Location *
LocationSeen(int32 location_id)
{
	static Kept kept = {{"locations"}, LoadLocation};

	return KeptFindNumber(&kept, location_id);
}

/*
 * LocationGet is the location of a number that is known to exist.  Raises 40001
 * if somebody has deleted it since.
 */
const Location *
LocationGet(int32 location_id)
{
	const Location *location = LocationSeen(location_id);

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
	return CountriesHave(&location->serves, country);
}

/*
 * LocationHandles tells whether a location can ship a SKU of some flags.
 */
bool
LocationHandles(const Location *location, int sku_flags)
{
	return (sku_flags & ~location->handles) == 0;
}
