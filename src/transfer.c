/*
 * transfer.c
 *		Moves stock between locations: at once, or over some days.
 *
 * What is shipped leaves its location and is on hand nowhere until it is
 * received, in parts or whole; what does not arrive goes back when the
 * transfer is cancelled.  Only units that are not reserved can leave.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "cost.h"
#include "order.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/* A transfer on its way */
typedef struct Transfer
{
	int64		transfer_id;
	Sku		   *sku;
	char	   *from;			/* codes of the locations */
	char	   *to;
	Quantity	open;			/* not received yet */
	bool		valued;
	Amount		value;			/* of what is open, if that is known */
} Transfer;

/*
 * TransferRequire raises 22023 or 55000 for a transfer that cannot be meant.
 */
static void
TransferRequire(const StockPlace *from, const StockPlace *to, Quantity quantity)
{
	if (from->location_id == to->location_id)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot transfer stock from location \"%s\" to itself",
						from->location)));
	StockPlaceRequireActive(to->location, to->active);
	SkuRequireQuantity(to->sku, quantity, "quantity");
}

/*
 * TransferReason is what the movements of a transfer say.
 */
static char *
TransferReason(const char *from, const char *to)
{
	return psprintf("%s to %s", from, to);
}

/*
 * TransferStock is the body of oms.transfer_stock().
 */
static Datum
TransferStock(FunctionCallInfo fcinfo)
{
	Sku		   *sku = StockSku(PG_GETARG_TEXT_PP(0));
	Backorders	waiting = BackordersLock(&sku->sku_id, 1);
	StockPlace	from = StockPlaceMake(sku, PG_GETARG_TEXT_PP(1));
	StockPlace	to = StockPlaceMake(sku, PG_GETARG_TEXT_PP(2));
	Quantity	quantity = PG_GETARG_QUANTITY(3);
	StockChange changes[2] = {
		{sku->sku_id, from.location_id, -quantity, 0},
		{sku->sku_id, to.location_id, quantity, 0}
	};
	Quantity	on_hand;

	TransferRequire(&from, &to, quantity);
	StockSum(changes, 2);
	StockEnsure(changes, 2);
	if (!StockApply(changes, 2, true))
		StockPlaceRefuse(&from, quantity);
	StockRecord(changes, 2, "transfer",
				TransferReason(from.location, to.location), 0, 0);
	on_hand = StockOnHand(sku->sku_id, to.location_id);
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

/*
 * TransferInsert writes the row of a transfer that has left and returns its
 * number.
 */
static int64
TransferInsert(const StockChange *left, const StockPlace *to,
			   NullableDatum expected_on)
{
	static SavedPlan insert = {
		"bigint, integer, integer, oms.quantity, date, oms.amount",
		"INSERT INTO oms.transfers (sku_id, from_location_id, to_location_id, quantity, expected_on, value) "
		"VALUES ($1, $2, $3, -$4, $5, -$6) RETURNING transfer_id"
	};
	Params		params = {0};

	AddDatum(&params, Int64GetDatum(left->sku_id));
	AddId(&params, left->location_id);
	AddId(&params, to->location_id);
	AddDatum(&params, QuantityGetDatum(left->on_hand));
	AddNullable(&params, expected_on.value, expected_on.isnull);
	AddNullable(&params, AmountGetDatum(left->value), !left->valued);
	PlanRun(&insert, params.values, params.nulls, false);
	return RowInt64(0, 1);
}

/*
 * ShipTransfer is the body of oms.ship_transfer().
 */
static Datum
ShipTransfer(FunctionCallInfo fcinfo)
{
	Sku		   *sku = StockSku(PG_GETARG_TEXT_PP(0));
	StockPlace	from = StockPlaceMake(sku, PG_GETARG_TEXT_PP(1));
	StockPlace	to = StockPlaceMake(sku, PG_GETARG_TEXT_PP(2));
	Quantity	quantity = PG_GETARG_QUANTITY(3);
	StockChange change = {sku->sku_id, from.location_id, -quantity, 0};

	TransferRequire(&from, &to, quantity);
	if (!StockApply(&change, 1, true))
		StockPlaceRefuse(&from, quantity);
	StockRecord(&change, 1, "transfer",
				TransferReason(from.location, to.location), 0, 0);
	PG_RETURN_INT64(TransferInsert(&change, &to, fcinfo->args[4]));
}

PG_FUNCTION_INFO_V1(oms_ship_transfer);

/*
 * oms_ship_transfer(sku, from_location, to_location, quantity, expected_on,
 * reference) lets units leave for another location and returns the number of
 * the transfer.
 */
Datum
oms_ship_transfer(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 4, ShipTransfer);
}

/*
 * TransferLock locks a transfer.  Raises OM006 if there is none of this number,
 * and OM002 if it has ended.
 */
static Transfer
TransferLock(int64 transfer_id)
{
	static SavedPlan lock = {
		"bigint",
		"SELECT t.status, s.code, f.code, d.code, t.quantity - t.received, t.value "
		"FROM oms.transfers t JOIN oms.skus s USING (sku_id) "
		"     JOIN oms.locations f ON f.location_id = t.from_location_id "
		"     JOIN oms.locations d ON d.location_id = t.to_location_id "
		"WHERE t.transfer_id = $1 FOR NO KEY UPDATE OF t"
	};
	Transfer	transfer = {transfer_id};
	Datum		values[1] = {Int64GetDatum(transfer_id)};
	bool		isnull;
	Datum		value;

	if (PlanRun(&lock, values, NULL, false) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_UNKNOWN_CODE),
				 errmsg("transfer " INT64_FORMAT " does not exist", transfer_id),
				 errhint("Name what oms.ship_transfer() returned.")));
	if (strcmp(RowText(0, 1), "in_transit") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_INVALID_TRANSITION),
				 errmsg("transfer " INT64_FORMAT " is %s", transfer_id,
						RowText(0, 1)),
				 errhint("Only what is in_transit can be received or cancelled.")));
	transfer.from = RowText(0, 3);
	transfer.to = RowText(0, 4);
	transfer.open = DatumGetQuantity(RowDatum(0, 5, NULL));
	value = RowDatum(0, 6, &isnull);
	transfer.valued = !isnull;
	transfer.value = isnull ? 0 : DatumGetAmount(value);
	transfer.sku = SkuRequire(RowText(0, 2));
	return transfer;
}

/*
 * TransferUpdate counts units that have arrived, or ends the transfer
 * otherwise.  What arrives takes its value along.
 */
static void
TransferUpdate(const Transfer *transfer, const StockChange *arrived,
			   const char *status)
{
	static SavedPlan update = {
		"bigint, oms.quantity, text, oms.amount",
		"UPDATE oms.transfers SET status = $3, value = value - $4, "
		"       received = received + CASE WHEN $3 = 'cancelled' THEN '0' ELSE $2 END, "
		"       ended_at = CASE WHEN $3 = 'in_transit' THEN NULL ELSE oms.now() END "
		"WHERE transfer_id = $1"
	};
	Params		params = {0};

	AddDatum(&params, Int64GetDatum(transfer->transfer_id));
	AddDatum(&params, QuantityGetDatum(arrived->on_hand));
	AddText(&params, status);
	AddNullable(&params, AmountGetDatum(arrived->value), !arrived->valued);
	PlanRun(&update, params.values, params.nulls, false);
}

/*
 * TransferArrive brings units of a transfer to a location, serves the orders
 * that wait for them, and returns what was then on hand there.
 */
static Quantity
TransferArrive(const Transfer *transfer, const char *location,
			   Quantity quantity, const char *status)
{
	int64		sku_id = transfer->sku->sku_id;
	int32		location_id = LocationFind(location, NULL);
	StockChange change = {sku_id, location_id, quantity,
	.valued = transfer->valued};
	Backorders	waiting = BackordersLock(&sku_id, 1);
	char	   *reason = TransferReason(transfer->from, transfer->to);
	bool		back = strcmp(status, "cancelled") == 0;
	Quantity	on_hand;

	if (change.valued)
		change.value = AmountMake(AmountCurrency(transfer->value),
								  CostPart(AmountMinor(transfer->value),
										   quantity, transfer->open));
	TransferUpdate(transfer, &change, status);
	StockEnsure(&change, 1);
	if (!StockApply(&change, 1, true))
		elog(ERROR, "stock level cannot take what has arrived");
	StockRecord(&change, 1, "transfer",
				back ? psprintf("%s, cancelled", reason) : reason, 0, 0);
	on_hand = StockOnHand(sku_id, location_id);
	BackordersFill(&waiting);
	return on_hand;
}

/*
 * ReceiveTransfer is the body of oms.receive_transfer().
 */
static Datum
ReceiveTransfer(FunctionCallInfo fcinfo)
{
	Transfer	transfer = TransferLock(PG_GETARG_INT64(0));
	Quantity	quantity = PG_ARGISNULL(1) ? transfer.open
		: PG_GETARG_QUANTITY(1);
	bool		active;

	LocationFind(transfer.to, &active);
	StockPlaceRequireActive(transfer.to, active);
	SkuRequireQuantity(transfer.sku, quantity, "quantity");
	if (quantity > transfer.open)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_AMOUNT_EXCEEDED),
				 errmsg("more is received than is on its way"),
				 errdetail("Transfer " INT64_FORMAT " of sku \"%s\": received %s, on its way %s.",
						   transfer.transfer_id, transfer.sku->code,
						   QuantityToString(quantity),
						   QuantityToString(transfer.open)),
				 errhint("Receive what was shipped, and correct stock by oms.adjust_stock().")));
	PG_RETURN_QUANTITY(TransferArrive(&transfer, transfer.to, quantity,
									  quantity == transfer.open ? "received"
									  : "in_transit"));
}

PG_FUNCTION_INFO_V1(oms_receive_transfer);

/*
 * oms_receive_transfer(transfer_id, quantity, reference) takes in units of a
 * transfer, all that are on their way by default, and returns what is then on
 * hand.
 */
Datum
oms_receive_transfer(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 1, ReceiveTransfer);
}

/*
 * CancelTransfer is the body of oms.cancel_transfer().
 */
static Datum
CancelTransfer(FunctionCallInfo fcinfo)
{
	Transfer	transfer = TransferLock(PG_GETARG_INT64(0));

	PG_RETURN_QUANTITY(TransferArrive(&transfer, transfer.from, transfer.open,
									  "cancelled"));
}

PG_FUNCTION_INFO_V1(oms_cancel_transfer);

/*
 * oms_cancel_transfer(transfer_id, reference) brings back what is on its way
 * and returns what is then on hand where it came from.
 */
Datum
oms_cancel_transfer(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 1, CancelTransfer);
}
