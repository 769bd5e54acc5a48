/*
 * calendar.c
 *		Days on which a location works, ships, and has room for more.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stock.h"

#include "executor/spi.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

/* How far a day on which it works, and one with room, are looked for */
#define WORKING_DAY_MAX		366
#define ROOM_DAYS_MAX		60

/* Days on which a location does not work, in order */
typedef struct Holidays
{
	int			count;
	DateADT    *days;
} Holidays;

/*
 * LoadHolidays loads the holidays of a location by its number.
 */
static void *
LoadHolidays(const char *key)
{
	static SavedPlan find = {
		"integer",
		"SELECT day FROM oms.location_holidays WHERE location_id = $1 ORDER BY day"
	};
	Datum		values[1] = {Int32GetDatum(atoi(key))};
	Holidays   *holidays = palloc(sizeof(Holidays));

	holidays->count = PlanRunLatest(&find, values, NULL);
	holidays->days = palloc(sizeof(DateADT) * Max(holidays->count, 1));
	for (int i = 0; i < holidays->count; i++)
		holidays->days[i] = DatumGetDateADT(RowDatum(i, 1, NULL));
	return holidays;
}

/*
 * LoadAny loads whether any location has holidays; there is one key.
 */
static void *
LoadAny(const char *key)
{
	static SavedPlan find = {
		"", "SELECT EXISTS (SELECT FROM oms.location_holidays)"
	};
	bool	   *any = palloc(sizeof(bool));

	PlanRunLatest(&find, NULL, NULL);
	*any = RowBool(0, 1);
	return any;
}

/*
 * HolidaysGet is the holidays of a location.
 */
static const Holidays *
HolidaysGet(const Location *location)
{
	static Kept any = {{"location_holidays"}, LoadAny};
	static Kept kept = {{"location_holidays"}, LoadHolidays};
	static const Holidays none = {0, NULL};

	return *(bool *) KeptFind(&any, "")
		? KeptFindNumber(&kept, location->location_id) : &none;
}

/*
 * IsHoliday tells whether a day is one of some.
 */
static bool
IsHoliday(const Holidays *holidays, DateADT day)
{
	int			low = 0;
	int			high = holidays->count - 1;

	while (low <= high)
	{
		int			middle = (low + high) / 2;

		if (holidays->days[middle] == day)
			return true;
		if (holidays->days[middle] < day)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return false;
}

/*
 * WeekdaysHave tells whether a day falls on one of some days of the week.
 */
bool
WeekdaysHave(int weekdays, DateADT day)
{
	int			weekday = j2day(day + POSTGRES_EPOCH_JDATE);

	return (weekdays & WEEKDAY(weekday == 0 ? 7 : weekday)) != 0;
}

/*
 * FirstWorkingDay is the first day, from a day on, on which a location works:
 * DAY_NEVER if none comes in WORKING_DAY_MAX days.
 */
static DateADT
FirstWorkingDay(const Location *location, const Holidays *holidays, DateADT day)
{
	for (int i = 0; i < WORKING_DAY_MAX; i++, day++)
		if (WeekdaysHave(location->working_days, day) &&
			!IsHoliday(holidays, day))
			return day;
	return DAY_NEVER;
}

/*
 * DayAfter is the next day on which a location works: DAY_NEVER if none
 * comes within a year.
 */
static DateADT
DayAfter(const Location *location, DateADT day)
{
	return FirstWorkingDay(location, HolidaysGet(location), day + 1);
}

/*
 * LocalDay is the day of a point in time by the clock of a location, and sets
 * the time of that day.
 */
static DateADT
LocalDay(const Location *location, TimestampTz at, TimeADT *time)
{
	struct pg_tm tm;
	fsec_t		fraction;
	int			offset;

	if (TIMESTAMP_NOT_FINITE(at) ||
		timestamp2tm(at, &offset, &tm, &fraction, NULL, location->zone) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	*time = ((tm.tm_hour * MINS_PER_HOUR + tm.tm_min) * SECS_PER_MINUTE +
			 tm.tm_sec) * USECS_PER_SEC + fraction;
	return date2j(tm.tm_year, tm.tm_mon, tm.tm_mday) - POSTGRES_EPOCH_JDATE;
}

/*
 * LocationShipsOn is the day on which a location ships what it is given at a
 * point in time, by its own clock.  After the cutoff, or on a day without work,
 * it counts for the next working day; handling takes working days too.
 * DAY_NEVER if a working day is not followed by another within a year.
 */
DateADT
LocationShipsOn(const Location *location, TimestampTz at)
{
	const Holidays *holidays = HolidaysGet(location);
	TimeADT		time;
	DateADT		day = LocalDay(location, at, &time);

	if (time > location->cutoff)
		day++;
	day = FirstWorkingDay(location, holidays, day);
	for (int i = 0; i < location->handling_days && day != DAY_NEVER; i++)
		day = FirstWorkingDay(location, holidays, day + 1);
	return day;
}

/* How many fulfillments are counted, and up to which number */
typedef struct LoadCount
{
	int			count;
	int			enough;
	int64		besides_order_id;
} LoadCount;

/*
 * CountFulfillment counts a fulfillment that takes room on the day it ships,
 * which those do that went already; whether to go on.
 */
static bool
CountFulfillment(void *context, const Datum *values, const bool *nulls)
{
	LoadCount  *load = context;
	Status		status = DatumGetStatus(values[0]);

	if (status != FULFILLMENT_CANCELLED && status != FULFILLMENT_REJECTED &&
		DatumGetInt64(values[1]) != load->besides_order_id)
		load->count++;
	return load->count < load->enough;
}

/*
 * Load is how many fulfillments a location ships on a day, cancelled and
 * rejected ones and those of an order aside (0: none); at most enough of them
 * are counted.
 */
static int
Load(int32 location_id, DateADT day, int enough, int64 besides_order_id)
{
	static StoreTable fulfillments = {
		"fulfillments", "status oms.fulfillment_status, order_id bigint"
	};
	static StoreIndex by_day = {
		"fulfillments_ships_on_idx", "location_id, ships_on", "integer, date", 2
	};
	Datum		keys[2] = {Int32GetDatum(location_id), DateADTGetDatum(day)};
	LoadCount	load = {0, enough, besides_order_id};

	if (enough > 0)
		TableFind(&fulfillments, &by_day, keys, CountFulfillment, &load);
	return load.count;
}

/*
 * HasRoom tells whether a location can ship another fulfillment on a day, beside
 * those of an order (0: none).  It takes no lock: orders that are placed at the
 * same time may find the same room.
 */
static bool
HasRoom(const Location *location, DateADT day, int64 besides_order_id)
{
	int			capacity = location->daily_capacity;

	return capacity < 0 ||
		Load(location->location_id, day, capacity, besides_order_id) < capacity;
}

/*
 * LocationShipsWithRoom is the first working day of a location that has room,
 * the given one, on which it ships, or later: DAY_NEVER if none comes in
 * ROOM_DAYS_MAX days.  Only of a location with a capacity it reads anything.
 * What it ships already of an order (0: none) takes no room from the rest of
 * that.
 */
DateADT
LocationShipsWithRoom(const Location *location, DateADT day, int64 order_id)
{
	DateADT		end;

	if (location->daily_capacity < 0 || day == DAY_NEVER)
		return day;
	end = day + ROOM_DAYS_MAX;
	while (day < end && !HasRoom(location, day, order_id))
		day = DayAfter(location, day);
	return day < end ? day : DAY_NEVER;
}

PG_FUNCTION_INFO_V1(oms_location_ships_on);

/*
 * oms_internal.location_ships_on(location, at, with_room) → date: the day on
 * which a location ships what it is given at a point in time, null for never.
 */
Datum
oms_location_ships_on(PG_FUNCTION_ARGS)
{
	StoreScope	scope = StoreOpen();
	char	   *code = text_to_cstring(PG_GETARG_TEXT_PP(0));
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(1);
	const Location *location = LocationGet(LocationFind(code, NULL));
	DateADT		day = LocationShipsOn(location, at);

	if (PG_GETARG_BOOL(2))
		day = LocationShipsWithRoom(location, day, 0);
	StoreClose(scope);
	if (day == DAY_NEVER)
		PG_RETURN_NULL();
	PG_RETURN_DATEADT(day);
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
