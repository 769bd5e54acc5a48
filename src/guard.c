/*
 * guard.c
 *		Keeps hands off the columns that only functions may write.
 *
 * The triggers that use this have conditions, so that rows that the
 * extension writes itself are let through without a call of a trigger.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "commands/trigger.h"
#include "utils/rel.h"

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
	TriggerData *trigger;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function must be called as a trigger")));
	trigger = (TriggerData *) fcinfo->context;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("%s of table \"%s\" are written by functions only",
					trigger->tg_trigger->tgargs[0],
					RelationGetRelationName(trigger->tg_relation)),
			 errhint("Use %s.", trigger->tg_trigger->tgargs[1])));
	return PointerGetDatum(NULL);
}
