/*
 * guc.c
 *		The settings of the extension, in alphabetical order, and its clock.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "oms.h"

#include "access/parallel.h"
#include "access/xact.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

/* oms.now: the time that the extension takes for the present, or "" */
static char *now_setting = NULL;

/*
 * Reads a point of time without raising an error, because check hooks must
 * not.  Words such as "now" and "infinity" are refused: they are not one
 * point of time.
 */
static bool
ParseInstant(const char *text, TimestampTz *instant)
{
	char		work[MAXDATELEN + MAXDATEFIELDS];
	char	   *field[MAXDATEFIELDS];
	int			ftype[MAXDATEFIELDS];
	int			nfields;
	int			dtype;
	int			tz;
	struct pg_tm tm;
	fsec_t		fsec;

	if (ParseDateTime(text, work, sizeof(work), field, ftype,
					  MAXDATEFIELDS, &nfields) != 0)
		return false;
	for (int i = 0; i < nfields; i++)
	{
		if (ftype[i] == DTK_STRING &&
			(strcmp(field[i], "now") == 0 ||
			 strcmp(field[i], "today") == 0 ||
			 strcmp(field[i], "tomorrow") == 0 ||
			 strcmp(field[i], "yesterday") == 0))
			return false;
	}
	if (DecodeInstant(field, ftype, nfields, &dtype, &tm, &fsec, &tz) != 0 ||
		dtype != DTK_DATE)
		return false;
	return tm2timestamp(&tm, fsec, &tz, instant) == 0;
}

/*
 * Refuses a value of oms.now that is neither empty nor a point of time.  A
 * parallel worker takes over what was checked before: while it does, the names
 * of time zones are not there to be looked up.
 */
static bool
CheckNow(char **newval, void **extra, GucSource source)
{
	TimestampTz instant;

	if ((*newval)[0] == '\0' || InitializingParallelWorker ||
		ParseInstant(*newval, &instant))
		return true;
	GUC_check_errdetail("The value must be a date and time such as \"2026-11-02 10:15:00+00\", or empty for the time of the transaction.");
	return false;
}

/*
 * Defines the settings; called once as the library is loaded.
 */
void
GucInit(void)
{
	DefineCustomStringVariable("oms.now",
							   "Sets the time that the extension takes for the present.",
							   "Empty means the start of the transaction. For tests.",
							   &now_setting,
							   "",
							   PGC_SUSET,
							   GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE,
							   CheckNow,
							   NULL,
							   NULL);

	MarkGUCPrefixReserved("oms");
}

/*
 * The present: oms.now if it is set, otherwise the start of the transaction.
 * A value without a time zone is read in the session's.
 */
TimestampTz
PresentTime(void)
{
	TimestampTz instant;

	if (now_setting != NULL && now_setting[0] != '\0' &&
		ParseInstant(now_setting, &instant))
		return instant;
	return GetCurrentTransactionStartTimestamp();
}

/*
 * PresentDay is the day of the present in UTC, as all days of the store are.
 */
DateADT
PresentDay(void)
{
	return DatumGetDateADT(DirectFunctionCall1(timestamp_date,
											   TimestampTzGetDatum(PresentTime())));
}

PG_FUNCTION_INFO_V1(oms_now);

/*
 * oms.now() → timestamptz
 */
Datum
oms_now(PG_FUNCTION_ARGS)
{
	PG_RETURN_TIMESTAMPTZ(PresentTime());
}
