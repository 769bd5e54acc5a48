/*
 * order_hold.c
 *		The holds of an order as rows; see hold.c for what they stop.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/*
 * OrderHolds names the open holds of an order, separated by commas; NULL if
 * it has none.
 */
char *
OrderHolds(int64 order_id)
{
	static SavedPlan find = {
		"bigint",
		"SELECT string_agg(quote_ident(kind), ', ' ORDER BY hold_no) "
		"FROM oms.order_holds WHERE order_id = $1 AND released_at IS NULL"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};

	PlanRun(&find, values, NULL, false);
	return RowText(0, 1);
}

/*
 * TakeOpen tells of an open hold, a RowReader.
 */
static bool
TakeOpen(void *context, const Datum *values, const bool *nulls)
{
	bool	   *held = context;

	*held = nulls[0];
	return !*held;
}

/*
 * OrderRequireNoHold raises OM010 if the order has a hold that is not
 * released.
 */
void
OrderRequireNoHold(int64 order_id)
{
	static StoreTable holds = {"order_holds", "released_at timestamptz"};
	static StoreIndex by_order = {
		"order_holds_pkey", "order_id", "bigint", 1
	};
	Datum		keys[1] = {Int64GetDatum(order_id)};
	bool		held = false;

	TableFind(&holds, &by_order, keys, TakeOpen, &held);
	if (held)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_ON_HOLD),
				 errmsg("order " INT64_FORMAT " is on hold", order_id),
				 errdetail("Holds: %s.", OrderHolds(order_id)),
				 errhint("Release the holds with oms.release_hold() first.")));
}

/*
 * OrderMayBeHeld tells whether an order in a state can get a hold; a held one
 * can get another.
 */
bool
OrderMayBeHeld(Status status)
{
	return status == ORDER_HELD || StatusCanStep(status, ORDER_HELD);
}

/*
 * HoldIsOpen tells whether an order has an open hold of a kind.
 */
bool
HoldIsOpen(int64 order_id, const char *kind)
{
	static SavedPlan find = {
		"bigint, text",
		"SELECT FROM oms.order_holds "
		"WHERE order_id = $1 AND kind = $2 AND released_at IS NULL"
	};
	Datum		values[2] = {Int64GetDatum(order_id),
		CStringGetTextDatum(kind)};

	return PlanRun(&find, values, NULL, false) > 0;
}

/*
 * HoldInsert inserts a hold of a kind that the order has no open one of, and
 * returns its number.  It writes no event.
 */
int
HoldInsert(int64 order_id, const char *kind, const char *note)
{
	static SavedPlan insert = {
		"bigint, text, text",
		"INSERT INTO oms.order_holds (order_id, hold_no, kind, note) "
		"SELECT $1, coalesce(max(hold_no), 0) + 1, $2, $3 "
		"FROM oms.order_holds WHERE order_id = $1 "
		"RETURNING hold_no"
	};
	Params		params = {0};

	AddDatum(&params, Int64GetDatum(order_id));
	AddText(&params, kind);
	AddText(&params, note);
	PlanRun(&insert, params.values, params.nulls, false);
	return RowInt32(0, 1);
}

/*
 * HoldEnd releases an order's open hold of a kind; false if there is none.
 * The trigger record_hold writes the event and settles the order, whose row
 * the caller has locked.
 */
bool
HoldEnd(int64 order_id, const char *kind)
{
	static SavedPlan update = {
		"bigint, text",
		"UPDATE oms.order_holds SET released_at = oms.now() "
		"WHERE order_id = $1 AND kind = $2 AND released_at IS NULL"
	};
	Datum		values[2] = {Int64GetDatum(order_id),
		CStringGetTextDatum(kind)};

	return PlanRun(&update, values, NULL, false) > 0;
}
