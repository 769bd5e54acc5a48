/*
 * correction.c
 *		Tells of what is changed by hand in rows that others have read.
 *
 * Commands append events that say what they did.  Whoever writes prices,
 * dates or the like into a row of an order does so without a command, and who
 * follows the events, such as a report or an ERP, has to know.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "access/htup_details.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/rel.h"

/*
 * NumberOf is a number in a column of the row that a trigger is about.
 */
static int64
NumberOf(TriggerData *trigger, const char *column)
{
	HeapTuple	row = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event)
		? trigger->tg_newtuple : trigger->tg_trigtuple;
	TupleDesc	desc = RelationGetDescr(trigger->tg_relation);
	int			number = SPI_fnumber(desc, column);
	bool		isnull;
	Datum		value = SPI_getbinval(row, desc, number, &isnull);

	return SPI_gettypeid(desc, number) == INT8OID
		? DatumGetInt64(value) : DatumGetInt32(value);
}

/*
 * HasChanged tells whether a column has another value than before.
 */
static bool
HasChanged(TriggerData *trigger, int number)
{
	TupleDesc	desc = RelationGetDescr(trigger->tg_relation);
	Form_pg_attribute column = TupleDescAttr(desc, number - 1);
	bool		was_null;
	bool		is_null;
	Datum		before = heap_getattr(trigger->tg_trigtuple, number, desc, &was_null);
	Datum		after = heap_getattr(trigger->tg_newtuple, number, desc, &is_null);

	if (was_null || is_null)
		return was_null != is_null;
	return !datum_image_eq(before, after, column->attbyval, column->attlen);
}

/*
 * ChangedColumns makes {"changed": ["unit_price", "total"]} of an update.
 */
static Jsonb *
ChangedColumns(TriggerData *trigger)
{
	TupleDesc	desc = RelationGetDescr(trigger->tg_relation);
	const char *separator = "";
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoString(&json, "{\"changed\": [");
	for (int i = 0; i < desc->natts; i++)
	{
		if (TupleDescAttr(desc, i)->attisdropped || !HasChanged(trigger, i + 1))
			continue;
		appendStringInfoString(&json, separator);
		escape_json(&json, NameStr(TupleDescAttr(desc, i)->attname));
		separator = ", ";
	}
	appendStringInfoString(&json, "]}");
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
											  CStringGetDatum(json.data)));
}

/*
 * IsTold tells whether an order has an event of this transaction already.
 */
static bool
IsTold(int64 order_id)
{
	static SavedPlan find = {
		"bigint",
		"SELECT FROM oms.events WHERE order_id = $1 AND transaction_id = pg_current_xact_id()"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};

	return PlanRun(&find, values, NULL, false) > 0;
}

PG_FUNCTION_INFO_V1(oms_record_correction);

/*
 * oms_record_correction: trigger AFTER INSERT OR UPDATE OR DELETE FOR EACH ROW,
 * under a condition, that appends the event of what is corrected.  Drafts are
 * nobody's business, and a row that comes or goes with an order that has
 * changed anyway is part of that.
 */
Datum
oms_record_correction(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = RequireRowTrigger(fcinfo);
	const char *table = RelationGetRelationName(trigger->tg_relation);
	bool		update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
	StoreScope	scope = StoreOpen();
	int64		order_id = NumberOf(trigger, "order_id");

	if (OrderLock(order_id) != ORDER_DRAFT && (update || !IsTold(order_id)))
	{
		Jsonb	   *data = update ? ChangedColumns(trigger) : NULL;

		if (strcmp(table, "orders") == 0)
			EventAppend(order_id, "order.corrected", 0, data);
		else if (strcmp(table, "order_lines") == 0)
			EventAppend(order_id, "line.corrected",
						NumberOf(trigger, "line_no"), data);
		else
			EventAppend(order_id, "fulfillment.corrected",
						NumberOf(trigger, "fulfillment_no"), data);
	}
	StoreClose(scope);
	return PointerGetDatum(NULL);
}
