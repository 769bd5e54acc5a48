/*
 * stock_place.c
 *		A SKU at a location, as commands that change stock name it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stock.h"

#include "utils/builtins.h"

/*
 * StockSku looks up a SKU that has stock of its own.  Raises OM006 if there
 * is none of this code, and 22023 for a kit and for what is not stocked.
 */
Sku *
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
 * StockPlaceMake looks up a location for a SKU.  Raises OM006 if there is none
 * of this code.
 */
StockPlace
StockPlaceMake(Sku *sku, text *location)
{
	StockPlace	place;

	place.sku = sku;
	place.location = text_to_cstring(location);
	place.location_id = LocationFind(place.location, &place.active);
	return place;
}

/*
 * StockPlaceRequireActive raises 55000 if goods were to be brought to a
 * location that is closed.
 */
void
StockPlaceRequireActive(const char *location, bool active)
{
	if (!active)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("location \"%s\" is not active", location),
				 errdetail("A location that is not active takes no new stock; what it has can be counted, adjusted and transferred."),
				 errhint("Set \"active\" by oms.put_location() first.")));
}

/*
 * StockPlaceRefuse raises OM001: a place cannot give up what it was asked to.
 */
void
StockPlaceRefuse(const StockPlace *place, Quantity asked)
{
	Quantity	on_hand;
	Quantity	reserved;

	StockRead(place->sku->sku_id, place->location_id, &on_hand, &reserved);
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
 * StockOnHand is what is on hand of a SKU at a location.
 */
Quantity
StockOnHand(int64 sku_id, int32 location_id)
{
	Quantity	on_hand;
	Quantity	reserved;

	StockRead(sku_id, location_id, &on_hand, &reserved);
	return on_hand;
}
