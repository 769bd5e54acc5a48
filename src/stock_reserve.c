/*
 * stock_reserve.c
 *		Reservations of carts: made, given up and expired.
 *
 * A cart's reservation holds units until it expires.  Its rows, one a SKU and
 * location, share a reservation_id.  The locations are found as for an order,
 * so that what can be reserved is what can be promised.
 *
 * Lock order: rows of oms.reservations, then stock levels.  Whoever ends a
 * reservation gives back the units of the rows that it ended itself, so each
 * unit comes back once.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "sourcing.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/timestamp.h"

/* No cart holds stock longer */
#define RESERVATION_DAYS_MAX	90

/* Rows that one call of oms_internal.expire_reservations() ends at most */
#define EXPIRY_BATCH_MAX		100000

/*
 * ExpiryTime is the end of a reservation that starts now.  Raises 22023 if it
 * is not in the future or too far in it.
 */
static TimestampTz
ExpiryTime(Interval *span)
{
	TimestampTz now = PresentTime();
	TimestampTz end =
		DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval,
												TimestampTzGetDatum(now),
												IntervalPGetDatum(span)));

	if (end <= now || end - now > RESERVATION_DAYS_MAX * USECS_PER_DAY)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a reservation cannot last %s",
						DatumGetCString(DirectFunctionCall1(interval_out,
															IntervalPGetDatum(span)))),
				 errdetail("It must last longer than no time and at most %d days.",
						   RESERVATION_DAYS_MAX)));
	return end;
}

/*
 * RefuseReserving raises OM001.
 */
static void
RefuseReserving(const Demand *demand, Quantity available, const char *location)
{
	StringInfoData where;

	initStringInfo(&where);
	if (location != NULL)
		appendStringInfo(&where, " at location \"%s\"", location);
	ereport(ERROR,
			(errcode(ERRCODE_OMS_INSUFFICIENT_STOCK),
			 errmsg("not enough stock"),
			 errdetail("sku \"%s\"%s: asked %s, available %s",
					   demand->sku->code, where.data,
					   QuantityToString(demand->quantity),
					   QuantityToString(available)),
			 location != NULL
			 ? errhint("Reserve less, or at any location.")
			 : errhint("Reserve less, or receive stock first.")));
}

/*
 * InsertReservation writes the rows of a reservation that was taken from the
 * stock levels, and returns its id.
 */
static int64
InsertReservation(const Sourcing *sourcing, TimestampTz expires_at,
				  const char *reference)
{
	static StoreTable reservations = {
		"reservations",
		"reservation_id bigint, sku_id bigint, "
		"location_id integer, quantity oms.quantity, "
		"expires_at timestamptz, reference text"
	};
	const RoutePlan *plan = sourcing->plan;
	const Sku  *sku = sourcing->demands[0].sku;
	int64		reservation_id = NextNumber("reservations_reservation_id_seq");
	Rows		rows = RowsMake(6, plan->pick_count * sku->part_count);

	for (int i = 0; i < plan->pick_count; i++)
		for (int p = 0; p < sku->part_count; p++)
		{
			const RoutePick *pick = &plan->picks[i];
			Quantity	units = PartUnits(sku->parts[p].quantity,
										  pick->quantity);

			if (units == 0)
				continue;
			Put(&rows, Int64GetDatum(reservation_id));
			Put(&rows, Int64GetDatum(sku->parts[p].sku_id));
			Put(&rows, Int32GetDatum(sourcing->candidates[pick->location].location_id));
			Put(&rows, QuantityGetDatum(units));
			Put(&rows, TimestampTzGetDatum(expires_at));
			PutText(&rows, reference);
		}
	TableInsert(&reservations, &rows);
	return reservation_id;
}

/*
 * Reserve is the body of oms.reserve().  The rules let every quantity wait
 * for stock, so that what is short is refused here, in words that fit a cart.
 */
static Datum
Reserve(FunctionCallInfo fcinfo)
{
	Sku		   *sku = SkuRequire(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	char	   *location = PG_ARGISNULL(2) ? NULL
		: text_to_cstring(PG_GETARG_TEXT_PP(2));
	TimestampTz expires_at = ExpiryTime(PG_GETARG_INTERVAL_P(3));
	SourcingRules rules = {.allow_split = true, .allow_backorder = true};
	Demand		demand = {1, sku, PG_GETARG_QUANTITY(1)};
	Sourcing   *sourcing;
	Quantity	open;

	WritersEnter();
	SkuRequireQuantity(sku, demand.quantity, "quantity");
	if (!sku->active)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("sku \"%s\" is not active", sku->code),
				 errhint("Set \"active\" by oms.put_sku() to sell it.")));
	if (sku->preorder)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("sku \"%s\" cannot be reserved yet", sku->code),
				 errdetail("It is available from %s.",
						   JsonEncodeDateTime(NULL, DateADTGetDatum(sku->available_from),
											  DATEOID, NULL)),
				 errhint("Place an order, which waits for that day.")));
	if (location != NULL)
		rules.ship_from_location_id = LocationFind(location, NULL);
	if (sku->part_count == 0)
		PG_RETURN_NULL();

	sku->backorder_limit = -1;
	sourcing = SourcingReserve(SourcingFind(&demand, 1, &rules), &rules);
	open = sourcing->plan->open[0];
	if (open > 0)
		RefuseReserving(&demand, QuantitySubtract(demand.quantity, open),
						location);
	PG_RETURN_INT64(InsertReservation(sourcing, expires_at, PG_ARGISNULL(4)
									  ? NULL
									  : text_to_cstring(PG_GETARG_TEXT_PP(4))));
}

PG_FUNCTION_INFO_V1(oms_reserve);

/*
 * oms_reserve(sku, quantity, location, expires, reference) holds units for a
 * cart and returns the reservation's id, or null for what needs no stock.
 */
Datum
oms_reserve(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument 4 of reserve() must not be null")));
	return CommandRun(fcinfo, 2, Reserve);
}

/*
 * GiveBack gives the units of the rows (sku_id, location_id, quantity) that
 * the last query ended back to their stock levels, and returns how many rows
 * there were.
 */
static int
GiveBack(void)
{
	int			rows = SPI_processed;
	StockChange *changes;
	int			n = ReservationsRead(&changes, false);

	if (!StockApply(changes, n, true))
		elog(ERROR, "stock levels contradict the reservations of carts");
	return rows;
}

/*
 * ReleaseReservation is the body of oms.release_reservation().
 */
static Datum
ReleaseReservation(FunctionCallInfo fcinfo)
{
	static SavedPlan lock = {
		"bigint",
		"SELECT status FROM oms.reservations "
		"WHERE reservation_id = $1 AND order_id IS NULL "
		"ORDER BY sku_id, location_id FOR NO KEY UPDATE"
	};
	static SavedPlan release = {
		"bigint",
		"UPDATE oms.reservations SET status = 'released' "
		"WHERE reservation_id = $1 AND order_id IS NULL AND status = 'active' "
		"RETURNING sku_id, location_id, quantity"
	};
	Datum		values[1] = {PG_GETARG_DATUM(0)};
	Status		status;

	if (PlanRun(&lock, values, NULL, false) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_UNKNOWN_CODE),
				 errmsg("reservation " INT64_FORMAT " does not exist",
						PG_GETARG_INT64(0)),
				 errhint("Name what oms.reserve() returned; what an order holds is released by oms.cancel_order().")));
	status = DatumGetStatus(RowDatum(0, 1, NULL));
	PlanRun(&release, values, NULL, false);
	if (GiveBack() > 0)
		status = RESERVATION_RELEASED;
	PG_RETURN_STATUS(status);
}

PG_FUNCTION_INFO_V1(oms_release_reservation);

/*
 * oms_release_reservation(reservation_id, reference) gives up what a cart
 * holds and returns the reservation's status: released, or what it was before
 * if it had ended already.
 */
Datum
oms_release_reservation(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 1, ReleaseReservation);
}

PG_FUNCTION_INFO_V1(oms_expire_reservations);

/*
 * oms_expire_reservations(max) ends up to max rows of carts that are over,
 * the oldest first, and returns how many.  Rows that somebody else is ending
 * are skipped.
 */
Datum
oms_expire_reservations(PG_FUNCTION_ARGS)
{
	static SavedPlan expire = {
		"integer",
		"UPDATE oms.reservations r SET status = 'expired' "
		"FROM (SELECT sku_id, reservation_id, location_id FROM oms.reservations "
		"      WHERE order_id IS NULL AND status = 'active' AND expires_at <= oms.now() "
		"      ORDER BY expires_at LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED) AS due "
		"WHERE r.sku_id = due.sku_id AND r.reservation_id = due.reservation_id "
		"      AND r.location_id = due.location_id "
		"RETURNING r.sku_id, r.location_id, r.quantity"
	};
	Datum		values[1] = {PG_GETARG_DATUM(0)};
	StoreScope	scope;
	int			rows;

	RequireMax(PG_GETARG_INT32(0), EXPIRY_BATCH_MAX);
	scope = StoreOpen();
	PlanRun(&expire, values, NULL, false);
	rows = GiveBack();
	StoreClose(scope);
	PG_RETURN_INT32(rows);
}
