/*
 * event.c
 *		Appends facts about orders to the event log.
 *
 * Events of an order are numbered 1, 2, 3, ... without gap.  The number is
 * taken from the rows there are, here or in the archive, so whoever appends
 * holds the lock of the order's row (OrderLock(), or its own insertion).
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "plan.h"

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

/*
 * EventTypeOfStep names the event of reaching a status, such as
 * "order.confirmed".
 */
char *
EventTypeOfStep(Status status)
{
	return psprintf("%s.%s", StatusMachines[StatusMachineOf(status)].name,
					StatusName(status));
}

/*
 * EventAdd puts a fact into a batch.  subject_no is the number of the
 * fulfillment, payment or return, 0 for the order itself; data may be NULL.
 */
void
EventAdd(EventBatch *batch, const char *type, int subject_no, Jsonb *data)
{
	int			n = batch->count;

	if (n == batch->capacity)
	{
		batch->capacity = Max(8, n * 2);
		batch->events = n == 0
			? palloc(sizeof(Event) * batch->capacity)
			: repalloc(batch->events, sizeof(Event) * batch->capacity);
	}
	batch->events[n].type = type;
	batch->events[n].subject_no = subject_no;
	batch->events[n].data = data;
	batch->count++;
}

/*
 * TakeSequence takes the number of the last event, a RowReader.
 */
static bool
TakeSequence(void *context, const Datum *values, const bool *nulls)
{
	int32	   *last = context;

	*last = DatumGetInt32(values[0]);
	return false;
}

/*
 * LastSequence is the number of an order's last event, 0 for none.  Events go
 * to the archive all together, so there is none here or the last is here.
 */
static int32
LastSequence(int64 order_id)
{
	static StoreTable events = {"events", "sequence integer"};
	static StoreIndex by_order = {
		"events_pkey", "order_id", "bigint", 1, "sequence"
	};
	static StoreTable archived = {"archived_orders", "last_sequence integer"};
	static StoreIndex archived_by_order = {
		"archived_orders_pkey", "order_id", "bigint", 1, "last_sequence"
	};
	Datum		keys[1] = {Int64GetDatum(order_id)};
	int32		last = 0;

	TableFind(&events, &by_order, keys, TakeSequence, &last);
	if (last == 0)
		TableFind(&archived, &archived_by_order, keys, TakeSequence, &last);
	return last;
}

/*
 * EventsAppend writes a batch as the next events of an order.  The caller
 * holds the order's row lock.
 */
void
EventsAppend(int64 order_id, EventBatch *batch)
{
	static StoreTable events = {
		"events",
		"order_id bigint, sequence integer, type text, "
		"subject_no integer, data jsonb"
	};
	int32		last = batch->first ? 0 : LastSequence(order_id);
	Rows		rows = RowsMake(5, batch->count);

	for (int i = 0; i < batch->count; i++)
	{
		const Event *event = &batch->events[i];

		Put(&rows, Int64GetDatum(order_id));
		Put(&rows, Int32GetDatum(last + i + 1));
		PutText(&rows, event->type);
		PutId(&rows, event->subject_no);
		PutJsonb(&rows, event->data);
	}
	TableInsert(&events, &rows);
}

/*
 * EventAppend writes a single event; see EventAdd() and EventsAppend().
 */
void
EventAppend(int64 order_id, const char *type, int subject_no, Jsonb *data)
{
	EventBatch	batch = {0};

	EventAdd(&batch, type, subject_no, data);
	EventsAppend(order_id, &batch);
}

/*
 * PushText pushes a string of an object that is being built.
 */
static void
PushText(JsonbParseState **state, JsonbIteratorToken token, const char *text)
{
	JsonbValue	value;

	value.type = jbvString;
	value.val.string.val = unconstify(char *, text);
	value.val.string.len = strlen(text);
	pushJsonbValue(state, token, &value);
}

/*
 * PushNumber pushes a number of an object that is being built.
 */
static void
PushNumber(JsonbParseState **state, const char *text)
{
	JsonbValue	value;

	value.type = jbvNumeric;
	value.val.numeric =
		DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(text),
											ObjectIdGetDatum(InvalidOid),
											Int32GetDatum(-1)));
	pushJsonbValue(state, WJB_VALUE, &value);
}

/*
 * EventFields makes an object for an event, without the fields that have no
 * text; NULL if none has.  The result is in the current memory context.
 */
Jsonb *
EventFields(const EventField *fields, int n)
{
	JsonbParseState *state = NULL;
	bool		empty = true;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < n; i++)
	{
		if (fields[i].text == NULL)
			continue;
		PushText(&state, WJB_KEY, fields[i].key);
		if (fields[i].number)
			PushNumber(&state, fields[i].text);
		else
			PushText(&state, WJB_VALUE, fields[i].text);
		empty = false;
	}
	if (empty)
		return NULL;
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/*
 * EventData makes the object {"key": "text"} for an event, NULL without a
 * text.
 */
Jsonb *
EventData(const char *key, const char *text)
{
	EventField	field = {key, text};

	return EventFields(&field, 1);
}

PG_FUNCTION_INFO_V1(oms_system_id);

/*
 * oms_system_id() identifies the cluster, whose transactions the cursors of
 * events are of.
 */
Datum
oms_system_id(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) GetSystemIdentifier());
}
