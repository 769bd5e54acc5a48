/*
 * guard.c
 *		Keeps hands off the tables and columns that only functions may write.
 *
 * The triggers that call oms_refuse_change() have conditions, so that rows that
 * the extension writes itself are let through without a call of a trigger.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "plan.h"

#include "catalog/namespace.h"
#include "commands/trigger.h"
#include "utils/rel.h"

/*
 * RequireTrigger stops a trigger function that is called in any other way: not
 * as a trigger, on a table that is not of the store, whose columns it would
 * take for others, or with another number of arguments.
 */
TriggerData *
RequireTrigger(FunctionCallInfo fcinfo, int arguments)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) ||
		RelationGetNamespace(trigger->tg_relation) !=
		get_namespace_oid("oms", true) ||
		trigger->tg_trigger->tgnargs != arguments)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function must be called as a trigger of the store"),
				 errhint("oms.install() creates the triggers that call it.")));
	return trigger;
}

/*
 * RequireRowTrigger is RequireTrigger() for triggers FOR EACH ROW, which take
 * no arguments.
 */
TriggerData *
RequireRowTrigger(FunctionCallInfo fcinfo)
{
	TriggerData *trigger = RequireTrigger(fcinfo, 0);

	if (!TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function must be called as a row trigger")));
	return trigger;
}

PG_FUNCTION_INFO_V1(oms_written_by_hand);

/*
 * oms_written_by_hand tells the condition of a trigger whether the write comes
 * from elsewhere than the extension.
 */
Datum
oms_written_by_hand(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!StorePlanRuns());
}

PG_FUNCTION_INFO_V1(oms_refuse_change);

/*
 * oms_refuse_change: trigger BEFORE INSERT OR UPDATE FOR EACH ROW, under a
 * condition, that refuses the row.  Its arguments name what is not to be
 * written and the functions to use.
 */
Datum
oms_refuse_change(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = RequireTrigger(fcinfo, 2);

	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("%s of table \"%s\" are written by functions only",
					trigger->tg_trigger->tgargs[0],
					RelationGetRelationName(trigger->tg_relation)),
			 errhint("Use %s.", trigger->tg_trigger->tgargs[1])));
	return PointerGetDatum(NULL);
}

/*
 * Attempt says what the statement of a trigger tries to do to its table.
 */
static const char *
Attempt(TriggerEvent event)
{
	if (TRIGGER_FIRED_BY_INSERT(event))
		return "insert into";
	if (TRIGGER_FIRED_BY_UPDATE(event))
		return "update";
	return TRIGGER_FIRED_BY_DELETE(event) ? "delete from" : "truncate";
}

PG_FUNCTION_INFO_V1(oms_refuse_write);

/*
 * oms_refuse_write: trigger BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE FOR
 * EACH STATEMENT of what only the extension's own functions write: a whole
 * table, or UPDATE OF some columns.  Its argument names the functions to use.
 */
Datum
oms_refuse_write(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = RequireTrigger(fcinfo, 1);

	if (!StoreWrites())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot %s table \"%s\" by hand",
						Attempt(trigger->tg_event),
						RelationGetRelationName(trigger->tg_relation)),
				 TRIGGER_FIRED_BY_UPDATE(trigger->tg_event)
				 ? errdetail("The columns of this statement are written by functions only.")
				 : errdetail("Its rows come and go by functions only."),
				 errhint("Use %s.", trigger->tg_trigger->tgargs[0])));
	return PointerGetDatum(NULL);
}

PG_FUNCTION_INFO_V1(oms_await_writers);

/*
 * oms_await_writers: trigger BEFORE DELETE OR UPDATE OF the key of reference
 * data, which waits for all who may have read what goes and not written yet
 * what refers to it.  FOR EACH STATEMENT it waits before any row is locked;
 * FOR EACH ROW is for rows that replication deletes, which fire no others.
 */
Datum
oms_await_writers(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = RequireTrigger(fcinfo, 0);

	WritersAwait();
	return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(trigger->tg_event)
						   ? trigger->tg_newtuple : trigger->tg_trigtuple);
}
