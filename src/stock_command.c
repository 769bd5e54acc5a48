/*
 * stock_command.c
 *		What people and warehouses do to stock: receive, adjust, count, revalue.
 *
 * Each command changes one SKU at one location, and writes the movement that
 * explains the change.  None may leave less on hand than is reserved: units that
 * were promised are taken back from their holders first.  Units that come in go
 * to the orders that wait for them, which are locked before the stock is.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "cost.h"
#include "order.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/*
 * ChangeOnHand adds a quantity, which may be negative, to what is on hand,
 * writes the movement, serves the orders that wait for the SKU, and returns
 * what is then on hand.  unit_cost may be NULL.
 */
static Quantity
ChangeOnHand(const StockPlace *place, Backorders *waiting, Quantity delta,
			 const char *kind, const char *reason, const Amount *unit_cost)
{
	StockChange change = {place->sku->sku_id, place->location_id, delta,
	.unit_cost = unit_cost};
	Quantity	on_hand;

	if (delta > 0)
		StockEnsure(&change, 1);
	if (!StockApply(&change, 1, true))
		StockPlaceRefuse(place, -delta);
	StockRecord(&change, 1, kind, reason, 0, 0);
	on_hand = StockOnHand(place->sku->sku_id, place->location_id);
	if (delta > 0)
		BackordersFill(waiting);
	return on_hand;
}

/*
 * RequireCost raises 22023 for a cost that cannot be meant.
 */
static void
RequireCost(Amount unit_cost)
{
	if (AmountMinor(unit_cost) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unit cost must not be negative"),
				 errdetail("The unit cost is %s.", AmountToString(unit_cost))));
}

/*
 * ReceiveStock is the body of oms.receive_stock().
 */
static Datum
ReceiveStock(FunctionCallInfo fcinfo)
{
	StockPlace	place = StockPlaceMake(StockSku(PG_GETARG_TEXT_PP(0)),
									   PG_GETARG_TEXT_PP(1));
	Backorders	waiting = BackordersLock(&place.sku->sku_id, 1);
	Quantity	quantity = PG_GETARG_QUANTITY(2);
	bool		has_cost = !PG_ARGISNULL(3);
	Amount		unit_cost = has_cost ? PG_GETARG_AMOUNT(3) : 0;

	StockPlaceRequireActive(place.location, place.active);
	SkuRequireQuantity(place.sku, quantity, "quantity");
	if (has_cost)
		RequireCost(unit_cost);
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
	StockPlace	place = StockPlaceMake(StockSku(PG_GETARG_TEXT_PP(0)),
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
		waiting = BackordersLock(&place.sku->sku_id, 1);
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
	StockPlace	place = StockPlaceMake(StockSku(PG_GETARG_TEXT_PP(0)),
									   PG_GETARG_TEXT_PP(1));
	Backorders	waiting = BackordersLock(&place.sku->sku_id, 1);
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
 * CostInBase converts a cost into the base currency by the rate of today.
 * Raises OM006 if none is known.
 */
static Amount
CostInBase(Amount unit_cost)
{
	static SavedPlan convert = {
		"oms.amount, text, date",
		"SELECT oms.convert($1, $2, $3)"
	};
	Params		params = {0};

	AddDatum(&params, AmountGetDatum(unit_cost));
	AddText(&params, CurrencyCode(BaseCurrency(AmountCurrency(unit_cost))));
	AddDatum(&params, DateADTGetDatum(PresentDay()));
	PlanRun(&convert, params.values, params.nulls, false);
	return DatumGetAmount(RowDatum(0, 1, NULL));
}

/*
 * StockWorth is what a SKU is worth at a location, as far as its cost is known.
 */
static Datum
StockWorth(const StockPlace *place)
{
	static SavedPlan sum = {
		"bigint, integer",
		"SELECT sum(value) FROM oms.cost_layers "
		"WHERE sku_id = $1 AND location_id = $2"
	};
	Datum		values[2] = {Int64GetDatum(place->sku->sku_id),
	Int32GetDatum(place->location_id)};

	PlanRun(&sum, values, NULL, false);
	return RowDatum(0, 1, NULL);
}

/*
 * RevalueStock is the body of oms.revalue_stock().  It changes no stock level,
 * so it locks none.
 */
static Datum
RevalueStock(FunctionCallInfo fcinfo)
{
	StockPlace	place = StockPlaceMake(StockSku(PG_GETARG_TEXT_PP(0)),
									   PG_GETARG_TEXT_PP(1));
	char	   *reason = RequireText(PG_GETARG_TEXT_PP(3), "reason");
	StockChange change = {place.sku->sku_id, place.location_id};
	Amount		unit_cost;

	RequireCost(PG_GETARG_AMOUNT(2));
	unit_cost = CostInBase(PG_GETARG_AMOUNT(2));
	change.unit_cost = &unit_cost;
	StockRecord(&change, 1, "revaluation", reason, 0, 0);
	if (!change.valued)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("sku \"%s\" has no stock at location \"%s\"",
						place.sku->code, place.location),
				 errhint("What comes in later is valued by what is paid for it, or by the sku's \"cost\".")));
	return StockWorth(&place);
}

PG_FUNCTION_INFO_V1(oms_revalue_stock);

/*
 * oms_revalue_stock(sku, location, unit_cost, reason, reference) values all
 * units at a location anew and returns what they are then worth.
 */
Datum
oms_revalue_stock(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 4, RevalueStock);
}
