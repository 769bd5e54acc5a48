/*
 * transition.c
 *		The triggers that keep every status on the rails of its machine.
 *
 * Tables with a status carry two row triggers, whoever writes them:
 *
 * guard_transition, BEFORE INSERT OR UPDATE, refuses a step that the machine
 * does not have (OM002) and stamps status_at.  A new row starts in an initial
 * state, unless the extension itself writes it: place_order() inserts an
 * order in the state that it has reached.
 *
 * record_transition, AFTER INSERT OR UPDATE, appends the event of the step
 * and does what follows from it: shipping consumes stock, cancelling releases
 * it, the order's status is settled.  So "UPDATE oms.fulfillments SET status =
 * 'shipped'" by hand does all that oms.ship() does.  place_order() writes the
 * events of the rows that it inserts itself.
 *
 * Purchase orders, which belong to no order, carry the first, and one of their
 * own (purchasing_step.c).
 *
 * Lock order: the order's row, then rows of its family, then stock.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "fulfillment.h"
#include "return.h"

#include "access/htup_details.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

/* A row with a status, as a trigger sees it */
typedef struct Subject
{
	Machine		machine;
	int64		order_id;		/* of the order family */
	int			number;			/* 0 for an order */
	char	   *code;			/* of a purchase order */
	Status		from;			/* 0 on insertion */
	Status		to;
	char	   *reason;			/* NULL for none */
	char	   *old_reason;		/* of the step before */
} Subject;

/*
 * ColumnDatum reads a column of a trigger's row by name.
 */
static Datum
ColumnDatum(HeapTuple row, TupleDesc desc, const char *name, bool *isnull)
{
	int			column = SPI_fnumber(desc, name);

	if (column <= 0)
		elog(ERROR, "trigger needs a column \"%s\"", name);
	return SPI_getbinval(row, desc, column, isnull);
}

/*
 * ReadStatus reads column status of a trigger's row.
 */
static Status
ReadStatus(HeapTuple row, TupleDesc desc)
{
	bool		isnull;
	Datum		value = ColumnDatum(row, desc, "status", &isnull);

	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("column \"status\" must not be null")));
	return DatumGetStatus(value);
}

/*
 * ReadReason reads column status_reason of a trigger's row, NULL for none.
 */
static char *
ReadReason(HeapTuple row, TupleDesc desc)
{
	bool		isnull;
	Datum		value = ColumnDatum(row, desc, "status_reason", &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

/*
 * Name of the column that numbers the rows of a machine within an order.
 */
static const char *
NumberColumn(Machine machine)
{
	switch (machine)
	{
		case MACHINE_FULFILLMENT:
			return "fulfillment_no";
		case MACHINE_PAYMENT:
			return "payment_no";
		case MACHINE_RETURN:
			return "return_no";
		default:
			return NULL;
	}
}

/*
 * ReadSubject collects what both triggers need of their row.
 */
static Subject
ReadSubject(TriggerData *trigger)
{
	TupleDesc	desc = RelationGetDescr(trigger->tg_relation);
	bool		update = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event);
	HeapTuple	row = update ? trigger->tg_newtuple : trigger->tg_trigtuple;
	Subject		subject = {0};
	const char *column;
	bool		isnull;

	subject.to = ReadStatus(row, desc);
	subject.from = update ? ReadStatus(trigger->tg_trigtuple, desc) : 0;
	subject.machine = StatusMachineOf(subject.to);
	if (subject.machine == MACHINE_PURCHASE_ORDER)
		subject.code =
			TextDatumGetCString(ColumnDatum(row, desc, "code", &isnull));
	else
		subject.order_id =
			DatumGetInt64(ColumnDatum(row, desc, "order_id", &isnull));
	column = NumberColumn(subject.machine);
	subject.number = column == NULL ? 0 :
		DatumGetInt32(ColumnDatum(row, desc, column, &isnull));
	subject.reason = ReadReason(row, desc);
	subject.old_reason = update ? ReadReason(trigger->tg_trigtuple, desc) : NULL;
	return subject;
}

/*
 * SubjectName names a row as people do: order 1041, fulfillment 1041-F1,
 * purchase order "PO-7".
 */
static char *
SubjectName(const Subject *subject)
{
	const char *machine = StatusMachines[subject->machine].name;

	if (subject->code != NULL)
		return psprintf("purchase order \"%s\"", subject->code);
	if (subject->number == 0)
		return psprintf("%s " INT64_FORMAT, machine, subject->order_id);
	return psprintf("%s " INT64_FORMAT "-%c%d", machine, subject->order_id,
					pg_toupper(machine[0]), subject->number);
}

PG_FUNCTION_INFO_V1(oms_guard_transition);

/*
 * oms_guard_transition: trigger BEFORE INSERT OR UPDATE FOR EACH ROW.  A
 * status_reason that the step does not set belongs to the step before and is
 * cleared.
 */
Datum
oms_guard_transition(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = RequireRowTrigger(fcinfo);
	Subject		subject = ReadSubject(trigger);
	TupleDesc	desc = RelationGetDescr(trigger->tg_relation);
	int			columns[2];
	Datum		values[2];
	bool		nulls[2] = {false, false};

	if (TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
	{
		if (!StoreWrites() && !StatusIsInitial(subject.to))
			StatusRefuseInitial(subject.to, SubjectName(&subject));
		return PointerGetDatum(trigger->tg_trigtuple);
	}
	if (subject.from == subject.to)
		return PointerGetDatum(trigger->tg_newtuple);

	if (!StatusCanStep(subject.from, subject.to))
		StatusRefuse(subject.from, subject.to, SubjectName(&subject));
	columns[0] = SPI_fnumber(desc, "status_at");
	values[0] = TimestampTzGetDatum(PresentTime());
	columns[1] = SPI_fnumber(desc, "status_reason");
	values[1] = SPI_getbinval(trigger->tg_newtuple, desc, columns[1],
							  &nulls[1]);
	if (subject.reason != NULL && subject.old_reason != NULL &&
		strcmp(subject.reason, subject.old_reason) == 0)
		nulls[1] = true;
	return PointerGetDatum(heap_modify_tuple_by_cols(trigger->tg_newtuple, desc,
													 2, columns, values,
													 nulls));
}

/*
 * SubjectEntered does what follows from a step.
 */
static void
SubjectEntered(const Subject *subject)
{
	switch (subject->machine)
	{
		case MACHINE_ORDER:
			if (subject->from == ORDER_DRAFT && subject->to == ORDER_PLACED)
				OrderRouteOpen(subject->order_id, 0, true);
			OrderEntered(subject->order_id, subject->to);
			break;
		case MACHINE_FULFILLMENT:
			FulfillmentEntered(subject->order_id, subject->number, subject->to);
			break;
		case MACHINE_PAYMENT:
			OrderSettle(subject->order_id);
			break;
		case MACHINE_RETURN:
			ReturnEntered(subject->order_id, subject->number, subject->to);
			break;
		default:
			break;
	}
}

/*
 * RequireHoldsAgree refuses a step of an order by hand that contradicts its
 * holds: an order is held while it has one, and only then.
 */
static void
RequireHoldsAgree(const Subject *subject)
{
	if (subject->machine != MACHINE_ORDER || StoreWrites() ||
		subject->to == ORDER_CANCELLED)
		return;
	if (subject->to != ORDER_HELD)
		OrderRequireNoHold(subject->order_id);
	else if (OrderHolds(subject->order_id) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("%s has no hold", SubjectName(subject)),
				 errdetail("An order is held while it has a hold that is not released."),
				 errhint("Add one with oms.hold_order().")));
}

/*
 * StepData is the data of the event of a step: why, of a payment how much, and
 * of a return what there is to do.
 */
static Jsonb *
StepData(TriggerData *trigger, const Subject *subject)
{
	Payment		before;
	Payment		after;

	if (subject->machine == MACHINE_RETURN)
		return ReturnStepData(subject->order_id, subject->number, subject->to,
							  subject->reason);
	if (subject->machine != MACHINE_PAYMENT)
		return EventData("reason", subject->reason);
	PaymentsOfTrigger(trigger, &before, &after);
	return PaymentStepData(&before, &after, subject->reason);
}

PG_FUNCTION_INFO_V1(oms_record_transition);

/*
 * oms_record_transition: trigger AFTER INSERT OR UPDATE FOR EACH ROW.  The
 * extension's own writes hold the lock of the order's row.
 */
Datum
oms_record_transition(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = RequireRowTrigger(fcinfo);
	bool		insert = TRIGGER_FIRED_BY_INSERT(trigger->tg_event);
	Subject		subject;
	StoreScope	scope;

	if (insert && StoreWrites())
		return PointerGetDatum(NULL);
	subject = ReadSubject(trigger);
	if (subject.from == subject.to)
		return PointerGetDatum(NULL);

	scope = StoreOpen();
	if (!StoreWrites())
		OrderLock(subject.order_id);
	RequireHoldsAgree(&subject);
	EventAppend(subject.order_id, EventTypeOfStep(subject.to), subject.number,
				StepData(trigger, &subject));
	SubjectEntered(&subject);
	StoreClose(scope);
	return PointerGetDatum(NULL);
}
