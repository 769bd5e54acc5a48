/*
 * alert.c
 *		Has done with alerts.  What raises and closes them is SQL, functions of
 *		oms_internal.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "plan.h"

/*
 * AcknowledgeAlertBody: see oms_acknowledge_alert.
 */
static Datum
AcknowledgeAlertBody(FunctionCallInfo fcinfo)
{
	static SavedPlan body = {
		"bigint, text", "SELECT oms_internal.acknowledge_alert($1, $2)"
	};

	return CommandSql(fcinfo, &body);
}

PG_FUNCTION_INFO_V1(oms_acknowledge_alert);

/*
 * oms_acknowledge_alert(alert_id, note, reference) says that somebody looks
 * after an alert.
 */
Datum
oms_acknowledge_alert(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 1, AcknowledgeAlertBody);
}

/*
 * CloseAlertBody: see oms_close_alert.
 */
static Datum
CloseAlertBody(FunctionCallInfo fcinfo)
{
	static SavedPlan body = {
		"bigint, text", "SELECT oms_internal.close_alert($1, $2)"
	};

	return CommandSql(fcinfo, &body);
}

PG_FUNCTION_INFO_V1(oms_close_alert);

/*
 * oms_close_alert(alert_id, note, reference) says that an alert is settled.
 */
Datum
oms_close_alert(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 1, CloseAlertBody);
}
