/*
 * document_time.c
 *		Dates and times of ISO 8601, as JSON documents write them.
 *
 * Only numbers in the order year, month, day are read, so that no setting of
 * the session changes what a document means; where a timestamp has no zone, it
 * is in the session's, as everywhere in PostgreSQL.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "oms.h"

#include "utils/datetime.h"

/*
 * ReadDigits reads that many digits and moves on.
 */
static bool
ReadDigits(const char **pos, const char *end, int digits, int *number)
{
	*number = 0;
	if (end - *pos < digits)
		return false;
	for (; digits > 0; digits--, (*pos)++)
	{
		if (**pos < '0' || **pos > '9')
			return false;
		*number = *number * 10 + (**pos - '0');
	}
	return true;
}

/*
 * ReadChar reads one of some characters and moves on.
 */
static bool
ReadChar(const char **pos, const char *end, const char *any)
{
	if (*pos >= end || **pos == '\0' || strchr(any, **pos) == NULL)
		return false;
	(*pos)++;
	return true;
}

/*
 * ReadDate reads YYYY-MM-DD.
 */
static bool
ReadDate(const char **pos, const char *end, struct pg_tm *tm)
{
	return ReadDigits(pos, end, 4, &tm->tm_year) &&
		ReadChar(pos, end, "-") &&
		ReadDigits(pos, end, 2, &tm->tm_mon) &&
		ReadChar(pos, end, "-") &&
		ReadDigits(pos, end, 2, &tm->tm_mday) &&
		tm->tm_year >= 1 && tm->tm_mon >= 1 && tm->tm_mon <= MONTHS_PER_YEAR &&
		tm->tm_mday >= 1 &&
		tm->tm_mday <= day_tab[isleap(tm->tm_year)][tm->tm_mon - 1];
}

/*
 * ReadTime reads HH:MM, HH:MM:SS or HH:MM:SS.ffffff; what is finer than a
 * microsecond is cut off.
 */
static bool
ReadTime(const char **pos, const char *end, struct pg_tm *tm, fsec_t *fsec)
{
	int			digit;

	tm->tm_sec = 0;
	*fsec = 0;
	if (!ReadDigits(pos, end, 2, &tm->tm_hour) || !ReadChar(pos, end, ":") ||
		!ReadDigits(pos, end, 2, &tm->tm_min))
		return false;
	if (ReadChar(pos, end, ":"))
	{
		if (!ReadDigits(pos, end, 2, &tm->tm_sec))
			return false;
		if (ReadChar(pos, end, "."))
		{
			if (!ReadDigits(pos, end, 1, &digit))
				return false;
			for (int unit = 100000;; unit /= 10)
			{
				*fsec += digit * unit;
				if (!ReadDigits(pos, end, 1, &digit))
					break;
			}
		}
	}
	return tm->tm_hour < HOURS_PER_DAY && tm->tm_min < MINS_PER_HOUR &&
		tm->tm_sec < SECS_PER_MINUTE;
}

/*
 * ReadZone reads Z, +HH, +HHMM or +HH:MM as seconds west of Greenwich.
 */
static bool
ReadZone(const char **pos, const char *end, int *west)
{
	int			sign = *pos < end && **pos == '-' ? 1 : -1;
	int			hours;
	int			minutes = 0;

	*west = 0;
	if (ReadChar(pos, end, "Zz"))
		return true;
	if (!ReadChar(pos, end, "+-") || !ReadDigits(pos, end, 2, &hours))
		return false;
	if (*pos < end)
	{
		(void) ReadChar(pos, end, ":");
		if (!ReadDigits(pos, end, 2, &minutes))
			return false;
	}
	*west = sign * (hours * SECS_PER_HOUR + minutes * SECS_PER_MINUTE);
	return hours <= MAX_TZDISP_HOUR && minutes < MINS_PER_HOUR;
}

/*
 * IsoTimestamp reads a date, perhaps a time after a T or a space, perhaps a
 * zone. A date alone is its midnight.
 */
bool
IsoTimestamp(const char *text, int length, TimestampTz *timestamp)
{
	const char *end = text + length;
	struct pg_tm tm = {0};
	fsec_t		fsec = 0;
	int			west;

	if (!ReadDate(&text, end, &tm))
		return false;
	if (text < end && !(ReadChar(&text, end, "Tt ") &&
						ReadTime(&text, end, &tm, &fsec)))
		return false;
	if (text == end)
		west = DetermineTimeZoneOffset(&tm, session_timezone);
	else if (!ReadZone(&text, end, &west))
		return false;
	return text == end && tm2timestamp(&tm, fsec, &west, timestamp) == 0;
}

/*
 * IsoDate reads a date.
 */
bool
IsoDate(const char *text, int length, DateADT *date)
{
	const char *end = text + length;
	struct pg_tm tm = {0};

	if (!ReadDate(&text, end, &tm) || text != end)
		return false;
	*date = date2j(tm.tm_year, tm.tm_mon, tm.tm_mday) - POSTGRES_EPOCH_JDATE;
	return true;
}

/*
 * IsoTime tells whether a text is a time of the day.
 */
bool
IsoTime(const char *text, int length)
{
	const char *end = text + length;
	struct pg_tm tm = {0};
	fsec_t		fsec;

	return ReadTime(&text, end, &tm, &fsec) && text == end;
}
