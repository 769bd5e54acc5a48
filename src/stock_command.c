/*
 * stock_command.c
 *		What people and warehouses do to stock: receive, adjust, count, transfer.
 *
 * Each command changes one SKU at one location, or at two, and writes the
 * movements that explain the change.  None may leave less on hand than is
 * reserved: units that were promised are taken back from their holders first.
 * Units that come in go to the orders that wait for them, which are locked
 * before the stock is.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/* A SKU at a location, as a command names them */
typedef struct StockPlace
{
	Sku		   *sku;
	const char *location;		/* its code */
	int32		location_id;
	bool		active;			/* the location is */
} StockPlace;

/*
 * StockSku looks up a SKU that has stock of its own.  Raises OM006 if there
 * is none of this code, and 22023 for a kit and for what is not stocked.
 */
static Sku *
StockSku(text *code)
{
	Sku		   *sku = SkuRequire(text_to_cstring(code));

	if (sku->part_count == 1 && sku->parts[0].sku_id == sku->sku_id)
		return sku;
	if (sku->part_count == 0 && !sku->stocked)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("sku \"%s\" is not stocked", sku->code),
				 errhint("Set \"stocked\" by oms.put_sku() to keep stock of it.")));
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("sku \"%s\" is a kit and has no stock of its own", sku->code),
			 errhint("Change the stock of its components.")));
}

/*
 * MakePlace looks up a SKU and a location.
 */
static StockPlace
MakePlace(Sku *sku, text *location)
{
	StockPlace	place;

	place.sku = sku;
	place.location = text_to_cstring(location);
	place.location_id = LocationFind(place.location, &place.active);
	return place;
}

/*
 * RequireActive raises 55000 if goods were to be brought to a location that is
 * closed.
 */
static void
RequireActive(const StockPlace *place)
{
	if (!place->active)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("location \"%s\" is not active", place->location),
				 errdetail("A location that is not active takes no new stock; what it has can be counted, adjusted and transferred."),
				 errhint("Set \"active\" by oms.put_location() first.")));
}

/*
 * ReadLevel reads a stock level; both are zero if there is none.
 */
static void
ReadLevel(const StockPlace *place, Quantity *on_hand, Quantity *reserved)
{
	StockRead(place->sku->sku_id, place->location_id, on_hand, reserved);
}

/*
 * RefuseTaking raises OM001: a place cannot give up what it was asked to.
 */
static void
RefuseTaking(const StockPlace *place, Quantity asked)
{
	Quantity	on_hand;
	Quantity	reserved;

	ReadLevel(place, &on_hand, &reserved);
	ereport(ERROR,
			(errcode(ERRCODE_OMS_INSUFFICIENT_STOCK),
			 errmsg("not enough stock"),
			 errdetail("sku \"%s\" at location \"%s\": asked %s, available %s (on hand %s, reserved %s)",
					   place->sku->code, place->location,
					   QuantityToString(asked),
					   QuantityToString(QuantitySubtract(on_hand, reserved)),
					   QuantityToString(on_hand), QuantityToString(reserved)),
			 reserved > 0
			 ? errhint("Cancel or reroute the orders and release the reservations that hold the units first.")
			 : errhint("Count or receive the stock first.")));
}

/*
 * ChangeOnHand adds a quantity, which may be negative, to what is on hand,
 * writes the movement, serves the orders that wait for the SKU, and returns
 * what is then on hand.  unit_cost may be NULL.
 */
static Quantity
ChangeOnHand(const StockPlace *place, Backorders *waiting, Quantity delta,
			 const char *kind, const char *reason, const Amount *unit_cost)
{
	StockChange change = {place->sku->sku_id, place->location_id, delta, 0};
	Quantity	on_hand;
	Quantity	reserved;

	if (delta > 0)
		StockEnsure(&change, 1);
	if (!StockApply(&change, 1, true))
		RefuseTaking(place, -delta);
	StockRecordCost(&change, 1, kind, reason, unit_cost);
	ReadLevel(place, &on_hand, &reserved);
	if (delta > 0)
		BackordersFill(waiting);
	return on_hand;
}

/*
 * ReceiveStock is the body of oms.receive_stock().
 */
static Datum
ReceiveStock(FunctionCallInfo fcinfo)
{
	StockPlace	place = MakePlace(StockSku(PG_GETARG_TEXT_PP(0)),
								  PG_GETARG_TEXT_PP(1));
	Backorders	waiting = BackordersLock(place.sku);
	Quantity	quantity = PG_GETARG_QUANTITY(2);
	bool		has_cost = !PG_ARGISNULL(3);
	Amount		unit_cost = has_cost ? PG_GETARG_AMOUNT(3) : 0;

	RequireActive(&place);
	SkuRequireQuantity(place.sku, quantity, "quantity");
	if (has_cost && AmountMinor(unit_cost) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unit cost must not be negative"),
				 errdetail("The unit cost is %s.", AmountToString(unit_cost))));
	PG_RETURN_QUANTITY(ChangeOnHand(&place, &waiting, quantity, "receipt", NULL,
									has_cost ? &unit_cost : NULL));
}

PG_FUNCTION_INFO_V1(oms_receive_stock);

/*
 * oms_receive_stock(sku, location, quantity, unit_cost, reference) takes in
 * goods and returns what is then on hand.
 */
Datum
oms_receive_stock(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 3, ReceiveStock);
}

/*
 * AdjustStock is the body of oms.adjust_stock().
 */
static Datum
AdjustStock(FunctionCallInfo fcinfo)
{
	StockPlace	place = MakePlace(StockSku(PG_GETARG_TEXT_PP(0)),
								  PG_GETARG_TEXT_PP(1));
	Backorders	waiting = {0};
	Quantity	delta = PG_GETARG_QUANTITY(2);
	char	   *reason = RequireText(PG_GETARG_TEXT_PP(3), "reason");

	if (delta == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("delta must not be zero")));
	SkuRequireStep(place.sku, delta, "delta");
	if (delta > 0)
		waiting = BackordersLock(place.sku);
	PG_RETURN_QUANTITY(ChangeOnHand(&place, &waiting, delta, "adjustment",
									reason, NULL));
}

PG_FUNCTION_INFO_V1(oms_adjust_stock);

/*
 * oms_adjust_stock(sku, location, delta, reason, reference) corrects what is
 * on hand by a difference and returns what is then on hand.
 */
Datum
oms_adjust_stock(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 4, AdjustStock);
}

/*
 * CountStock is the body of oms.count_stock().  The difference is taken under
 * the lock of the row.
 */
static Datum
CountStock(FunctionCallInfo fcinfo)
{
	StockPlace	place = MakePlace(StockSku(PG_GETARG_TEXT_PP(0)),
								  PG_GETARG_TEXT_PP(1));
	Backorders	waiting = BackordersLock(place.sku);
	Quantity	counted = PG_GETARG_QUANTITY(2);
	StockChange none = {place.sku->sku_id, place.location_id, 0, 0};
	Quantity	on_hand;
	Quantity	reserved;

	if (counted < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("counted quantity must not be negative"),
				 errdetail("The quantity is %s.", QuantityToString(counted))));
	SkuRequireStep(place.sku, counted, "counted quantity");
	StockEnsure(&none, 1);
	StockLock(none.sku_id, none.location_id, true, &on_hand, &reserved);
	PG_RETURN_QUANTITY(ChangeOnHand(&place, &waiting,
									QuantitySubtract(counted, on_hand),
									"count", NULL, NULL));
}

PG_FUNCTION_INFO_V1(oms_count_stock);

/*
 * oms_count_stock(sku, location, counted, reference) corrects what is on hand
 * to what was counted, which it returns.
 */
Datum
oms_count_stock(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 3, CountStock);
}

/*
 * TransferStock is the body of oms.transfer_stock().
 */
static Datum
TransferStock(FunctionCallInfo fcinfo)
{
	Sku		   *sku = StockSku(PG_GETARG_TEXT_PP(0));
	Backorders	waiting = BackordersLock(sku);
	StockPlace	from = MakePlace(sku, PG_GETARG_TEXT_PP(1));
	StockPlace	to = MakePlace(sku, PG_GETARG_TEXT_PP(2));
	Quantity	quantity = PG_GETARG_QUANTITY(3);
	StockChange changes[2] = {
		{sku->sku_id, from.location_id, -quantity, 0},
		{sku->sku_id, to.location_id, quantity, 0}
	};
	Quantity	on_hand;
	Quantity	reserved;

	if (from.location_id == to.location_id)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot transfer stock from location \"%s\" to itself",
						from.location)));
	RequireActive(&to);
	SkuRequireQuantity(sku, quantity, "quantity");
	StockSum(changes, 2);
	StockEnsure(changes, 2);
	if (!StockApply(changes, 2, true))
		RefuseTaking(&from, quantity);
	StockRecord(changes, 2, "transfer",
				psprintf("%s to %s", from.location, to.location), 0, 0);
	ReadLevel(&to, &on_hand, &reserved);
	BackordersFill(&waiting);
	PG_RETURN_QUANTITY(on_hand);
}

PG_FUNCTION_INFO_V1(oms_transfer_stock);

/*
 * oms_transfer_stock(sku, from_location, to_location, quantity, reference)
 * moves units that are not reserved and returns what the destination then has
 * on hand.
 */
Datum
oms_transfer_stock(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 4, TransferStock);
}
