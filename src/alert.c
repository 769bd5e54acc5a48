/*
 * alert.c
 *		Has done with alerts, and appends their events.  What raises and closes
 *		them is SQL, functions of oms_internal.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "plan.h"

#include "commands/trigger.h"
#include "executor/spi.h"

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

PG_FUNCTION_INFO_V1(oms_record_alert_steps);

/*
 * oms_record_alert_steps: trigger AFTER INSERT OR UPDATE FOR EACH STATEMENT of
 * alerts, with the transition tables "former", of an UPDATE, and "latter".  It
 * appends an event for each alert whose status is new or another.
 */
Datum
oms_record_alert_steps(PG_FUNCTION_ARGS)
{
	static SavedPlan inserted = {
		"", "SELECT oms_internal.record_alerts(ARRAY(SELECT alert_id FROM latter))"
	};
	static SavedPlan updated = {
		"", "SELECT oms_internal.record_alerts(ARRAY("
		"    SELECT alert_id "
		"    FROM (SELECT alert_id, status FROM former "
		"          UNION ALL SELECT alert_id, status FROM latter) AS a "
		"    GROUP BY alert_id HAVING min(status) <> max(status)))"
	};
	TriggerData *trigger = RequireTrigger(fcinfo, 0);
	StoreScope	scope = StoreOpen();

	if (SPI_register_trigger_data(trigger) != SPI_OK_TD_REGISTER)
		elog(ERROR, "could not register transition tables");
	PlanRun(trigger->tg_oldtable == NULL ? &inserted : &updated,
			NULL, NULL, false);
	StoreClose(scope);
	return PointerGetDatum(NULL);
}
