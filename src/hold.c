/*
 * hold.c
 *		Stops orders and lets them go on.
 *
 * A hold is a row of order_holds with a kind; it is open until released_at is
 * set.  An order with an open hold is held, one hold of a kind at a time, and
 * goes on when the last is released.  What has left cannot be held.
 *
 * The trigger record_hold checks a hold that is written by hand and does what
 * hold_order() and release_hold() do.  place_order() writes the events of the
 * holds that it inserts itself.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#define HOLD_KIND_MAX	100		/* characters */

typedef struct Hold
{
	int64		order_id;
	int			hold_no;
	char	   *kind;
	char	   *note;			/* may be NULL */
	bool		released;
} Hold;

/*
 * RequireHoldable refuses a hold in a state that cannot be held.
 */
static void
RequireHoldable(int64 order_id, Status status)
{
	if (!OrderMayBeHeld(status))
		StatusRefuse(status, ORDER_HELD, psprintf("order " INT64_FORMAT, order_id));
}

/*
 * HoldChanged appends the event of a hold that was added or released and lets
 * the order follow.  The caller holds the lock of the order's row.
 */
static void
HoldChanged(const Hold *hold)
{
	EventField	fields[2] = {{"kind", hold->kind}, {"note", hold->note}};

	EventAppend(hold->order_id,
				hold->released ? "hold.released" : "hold.added",
				hold->hold_no, EventFields(fields, hold->released ? 1 : 2));
	OrderSettle(hold->order_id);
}

/*
 * RequireKind reads the parameter that names a hold's kind.
 */
static char *
RequireKind(FunctionCallInfo fcinfo)
{
	text	   *kind = PG_GETARG_TEXT_PP(1);
	int			length = DatumGetInt32(DirectFunctionCall1(textlen,
														   PointerGetDatum(kind)));
	char	   *string = text_to_cstring(kind);

	if (string[strspn(string, " \t\n\r")] == '\0' || length > HOLD_KIND_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("kind of a hold must have 1 to %d characters",
						HOLD_KIND_MAX)));
	return string;
}

/*
 * RefuseSecond raises OM010 if an order has an open hold of the kind.
 */
static void
RefuseSecond(int64 order_id, const char *kind)
{
	static SavedPlan find = {
		"bigint, text",
		"SELECT held_at::text, note FROM oms.order_holds "
		"WHERE order_id = $1 AND kind = $2 AND released_at IS NULL"
	};
	Datum		values[2] = {Int64GetDatum(order_id),
		CStringGetTextDatum(kind)};
	char	   *note;

	if (PlanRun(&find, values, NULL, false) == 0)
		return;
	note = RowText(0, 2);
	ereport(ERROR,
			(errcode(ERRCODE_OMS_ON_HOLD),
			 errmsg("order " INT64_FORMAT " has a hold of kind \"%s\" already",
					order_id, kind),
			 note == NULL ? errdetail("It is held since %s.", RowText(0, 1))
			 : errdetail("It is held since %s: %s", RowText(0, 1), note),
			 errhint("Release it with oms.release_hold(), or hold for another kind of reason.")));
}

/*
 * HoldAdd holds an order that may be held and has no open hold of the kind.
 * The caller holds the lock of the order's row.
 */
void
HoldAdd(int64 order_id, const char *kind, const char *note)
{
	Hold		hold = {order_id};

	hold.kind = unconstify(char *, kind);
	hold.note = unconstify(char *, note);
	hold.hold_no = HoldInsert(order_id, kind, note);
	HoldChanged(&hold);
}

/*
 * HoldUncovered holds an order that has been confirmed, of which nothing has
 * left, and which costs more than its payments cover.  The caller holds the
 * lock of the order's row.
 */
void
HoldUncovered(int64 order_id)
{
	static SavedPlan find = {
		"bigint",
		"SELECT FROM oms.orders o "
		"WHERE o.order_id = $1 AND NOT o.on_terms "
		"      AND o.status IN ('confirmed', 'in_fulfillment') "
		"      AND NOT oms_internal.is_covered(o.order_id, o.total) "
		"      AND NOT EXISTS (SELECT FROM oms.order_holds h "
		"                      WHERE h.order_id = $1 AND h.kind = '" HOLD_UNCOVERED "' "
		"                            AND h.released_at IS NULL)"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};

	if (PlanRun(&find, values, NULL, false) > 0)
		HoldAdd(order_id, HOLD_UNCOVERED, "payments do not cover the total");
}

/*
 * HoldBody: see oms_hold_order.
 */
static Datum
HoldBody(FunctionCallInfo fcinfo)
{
	int64		order_id = PG_GETARG_INT64(0);
	Status		status = OrderLock(order_id);
	char	   *kind = RequireKind(fcinfo);

	RefuseSecond(order_id, kind);
	RequireHoldable(order_id, status);
	HoldAdd(order_id, kind, PG_ARGISNULL(2) ? NULL
			: text_to_cstring(PG_GETARG_TEXT_PP(2)));
	PG_RETURN_STATUS(OrderLock(order_id));
}

PG_FUNCTION_INFO_V1(oms_hold_order);

/*
 * oms_hold_order(order_id, kind, note, reference) stops an order and returns
 * its status.
 */
Datum
oms_hold_order(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, HoldBody);
}

/*
 * RefuseUnknown raises OM006 for a hold that is not open.
 */
static void
RefuseUnknown(int64 order_id, const char *kind)
{
	char	   *kinds = OrderHolds(order_id);

	ereport(ERROR,
			(errcode(ERRCODE_OMS_UNKNOWN_CODE),
			 errmsg("order " INT64_FORMAT " has no open hold of kind \"%s\"",
					order_id, kind),
			 kinds == NULL ? errdetail("It has no open hold.")
			 : errdetail("Its open holds are: %s.", kinds)));
}

/*
 * ReleaseBody: see oms_release_hold.
 */
static Datum
ReleaseBody(FunctionCallInfo fcinfo)
{
	int64		order_id = PG_GETARG_INT64(0);
	char	   *kind = text_to_cstring(PG_GETARG_TEXT_PP(1));

	OrderLock(order_id);
	if (!HoldEnd(order_id, kind))
		RefuseUnknown(order_id, RequireKind(fcinfo));
	PG_RETURN_STATUS(OrderLock(order_id));
}

PG_FUNCTION_INFO_V1(oms_release_hold);

/*
 * oms_release_hold(order_id, kind, reference) ends a hold and returns the
 * order's status.
 */
Datum
oms_release_hold(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, ReleaseBody);
}

/*
 * ReadText reads a text of a trigger's row, NULL for null.
 */
static char *
ReadText(HeapTuple row, TupleDesc desc, const char *name)
{
	bool		isnull;
	Datum		value = SPI_getbinval(row, desc, SPI_fnumber(desc, name),
									  &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

/*
 * ReadHold reads a trigger's row.
 */
static Hold
ReadHold(HeapTuple row, TupleDesc desc)
{
	Hold		hold;
	bool		isnull;

	hold.order_id = DatumGetInt64(SPI_getbinval(row, desc,
												SPI_fnumber(desc, "order_id"),
												&isnull));
	hold.hold_no = DatumGetInt32(SPI_getbinval(row, desc,
											   SPI_fnumber(desc, "hold_no"),
											   &isnull));
	hold.kind = ReadText(row, desc, "kind");
	hold.note = ReadText(row, desc, "note");
	(void) SPI_getbinval(row, desc, SPI_fnumber(desc, "released_at"), &isnull);
	hold.released = !isnull;
	return hold;
}

/*
 * RefuseReopening stops changes of a hold other than its release.
 */
static void
RefuseReopening(const Hold *before, const Hold *after)
{
	if (before->order_id != after->order_id ||
		before->hold_no != after->hold_no ||
		strcmp(before->kind, after->kind) != 0 ||
		(before->released && !after->released))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("a hold can only be released"),
				 errhint("Add another one with oms.hold_order().")));
}

PG_FUNCTION_INFO_V1(oms_record_hold);

/*
 * oms_record_hold: trigger AFTER INSERT OR UPDATE FOR EACH ROW of
 * order_holds.
 */
Datum
oms_record_hold(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = RequireRowTrigger(fcinfo);
	TupleDesc	desc;
	Hold		hold;
	StoreScope	scope;
	Status		status;

	desc = RelationGetDescr(trigger->tg_relation);
	if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
	{
		Hold		before = ReadHold(trigger->tg_trigtuple, desc);

		hold = ReadHold(trigger->tg_newtuple, desc);
		RefuseReopening(&before, &hold);
		if (before.released == hold.released)
			return PointerGetDatum(NULL);
	}
	else if (StoreWrites())
		return PointerGetDatum(NULL);
	else
		hold = ReadHold(trigger->tg_trigtuple, desc);

	scope = StoreOpen();
	status = OrderLock(hold.order_id);
	if (!hold.released)
		RequireHoldable(hold.order_id, status);
	if (!hold.released || TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		HoldChanged(&hold);
	StoreClose(scope);
	return PointerGetDatum(NULL);
}
