/*
 * return_unsellable.c
 *		What becomes of units that were kept aside because they are not for sale.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "return.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/* What units became that are neither kept nor sold */
#define BECAME_SCRAP	"scrap"
#define BECAME_VENDOR	"vendor"
#define BECAME_RESTOCK	"restock"

static const char *const kept_dispositions[] = {"refurbish", "return_to_vendor",
"quarantine"};

/*
 * IsKept tells whether a word is a disposition of units that are kept.
 */
static bool
IsKept(const char *word)
{
	for (int i = 0; i < lengthof(kept_dispositions); i++)
		if (strcmp(word, kept_dispositions[i]) == 0)
			return true;
	return false;
}

/*
 * RequireWords raises 22023 for words that mean nothing.
 */
static void
RequireWords(const char *disposition, const char *became)
{
	if (!IsKept(disposition))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("disposition \"%s\" does not exist", disposition),
				 errhint("Units are kept to \"refurbish\", \"return_to_vendor\" or in \"quarantine\".")));
	if ((!IsKept(became) && strcmp(became, BECAME_SCRAP) != 0 &&
		 strcmp(became, BECAME_VENDOR) != 0 &&
		 strcmp(became, BECAME_RESTOCK) != 0) ||
		strcmp(became, disposition) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("units cannot become \"%s\"", became),
				 errhint("They become \"restock\", \"scrap\", \"vendor\" or another disposition.")));
}

/*
 * TakeAside takes units out of what is kept and returns what is left.  Raises
 * OM001 if there are not so many.
 */
static Quantity
TakeAside(const StockPlace *place, const char *disposition, Quantity quantity)
{
	static SavedPlan update = {
		"bigint, integer, text, oms.quantity",
		"UPDATE oms.unsellable_stock SET quantity = quantity - $4 "
		"WHERE sku_id = $1 AND location_id = $2 AND disposition = $3 AND quantity >= $4 "
		"RETURNING quantity"
	};
	static SavedPlan find = {
		"bigint, integer, text",
		"SELECT quantity FROM oms.unsellable_stock "
		"WHERE sku_id = $1 AND location_id = $2 AND disposition = $3"
	};
	Datum		values[4] = {Int64GetDatum(place->sku->sku_id),
	Int32GetDatum(place->location_id)};

	values[2] = CStringGetTextDatum(disposition);
	values[3] = QuantityGetDatum(quantity);
	if (PlanRun(&update, values, NULL, false) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_INSUFFICIENT_STOCK),
				 errmsg("not enough units are kept"),
				 errdetail("sku \"%s\" at location \"%s\" to \"%s\": asked %s, kept %s",
						   place->sku->code, place->location, disposition,
						   QuantityToString(quantity),
						   PlanRun(&find, values, NULL, false) == 0 ? "0"
						   : QuantityToString(DatumGetQuantity(RowDatum(0, 1, NULL))))));
	return DatumGetQuantity(RowDatum(0, 1, NULL));
}

/*
 * PutAside adds units to what is kept under another disposition.
 */
static void
PutAside(const StockPlace *place, const char *disposition, Quantity quantity)
{
	static SavedPlan insert = {
		"bigint, integer, text, oms.quantity",
		"INSERT INTO oms.unsellable_stock AS u (sku_id, location_id, disposition, quantity) "
		"VALUES ($1, $2, $3, $4) "
		"ON CONFLICT (sku_id, location_id, disposition) "
		"DO UPDATE SET quantity = u.quantity + excluded.quantity"
	};
	Datum		values[4] = {Int64GetDatum(place->sku->sku_id),
	Int32GetDatum(place->location_id)};

	values[2] = CStringGetTextDatum(disposition);
	values[3] = QuantityGetDatum(quantity);
	PlanRun(&insert, values, NULL, false);
}

/*
 * RecordAside writes the movement of units that are kept; became is NULL for
 * those that come.
 */
static void
RecordAside(const StockPlace *place, const char *disposition,
			Quantity quantity, const char *became, const char *reason)
{
	static SavedPlan insert = {
		"bigint, integer, text, oms.quantity, text, text",
		"INSERT INTO oms.unsellable_movements (sku_id, location_id, disposition, quantity, became, reason) "
		"VALUES ($1, $2, $3, $4, $5, $6)"
	};
	Params		params = {0};

	AddDatum(&params, Int64GetDatum(place->sku->sku_id));
	AddDatum(&params, Int32GetDatum(place->location_id));
	AddText(&params, disposition);
	AddDatum(&params, QuantityGetDatum(quantity));
	AddText(&params, became);
	AddText(&params, reason);
	PlanRun(&insert, params.values, params.nulls, false);
}

/*
 * Restock puts units on hand again.
 */
static void
Restock(const StockPlace *place, Quantity quantity, const char *reason)
{
	StockChange change = {place->sku->sku_id, place->location_id, quantity};

	StockEnsure(&change, 1);
	if (!StockApply(&change, 1, true))
		elog(ERROR, "stock levels cannot take what is put back");
	StockRecord(&change, 1, "adjustment", reason, 0, 0);
}

/*
 * LockKept locks, in the order of the keys, the rows of what is kept that a
 * change may touch.
 */
static void
LockKept(const StockPlace *place)
{
	static SavedPlan lock = {
		"bigint, integer",
		"SELECT FROM oms.unsellable_stock WHERE sku_id = $1 AND location_id = $2 "
		"ORDER BY disposition FOR NO KEY UPDATE"
	};
	Datum		values[2] = {Int64GetDatum(place->sku->sku_id),
	Int32GetDatum(place->location_id)};

	PlanRun(&lock, values, NULL, false);
}

/*
 * ReleaseUnsellable is the body of oms.release_unsellable().  Stock is changed
 * before what is kept, which is the lock order.
 */
static Datum
ReleaseUnsellable(FunctionCallInfo fcinfo)
{
	StockPlace	place = StockPlaceMake(StockSku(PG_GETARG_TEXT_PP(0)),
									   PG_GETARG_TEXT_PP(1));
	char	   *disposition = text_to_cstring(PG_GETARG_TEXT_PP(2));
	Quantity	quantity = PG_GETARG_QUANTITY(3);
	char	   *became = text_to_cstring(PG_GETARG_TEXT_PP(4));
	char	   *reason = RequireText(PG_GETARG_TEXT_PP(5), "reason");
	bool		restock = strcmp(became, BECAME_RESTOCK) == 0;
	Backorders	waiting = {0};
	Quantity	left;

	RequireWords(disposition, became);
	SkuRequireQuantity(place.sku, quantity, "quantity");
	if (restock)
	{
		waiting = BackordersLock(&place.sku->sku_id, 1);
		Restock(&place, quantity, reason);
	}
	LockKept(&place);
	left = TakeAside(&place, disposition, quantity);
	RecordAside(&place, disposition, -quantity, became, reason);
	if (IsKept(became))
	{
		PutAside(&place, became, quantity);
		RecordAside(&place, became, quantity, NULL, reason);
	}
	if (restock)
		BackordersFill(&waiting);
	PG_RETURN_QUANTITY(left);
}

PG_FUNCTION_INFO_V1(oms_release_unsellable);

/*
 * oms_release_unsellable(sku, location, disposition, quantity, became, reason,
 * reference) decides what becomes of units that are kept, and returns how many
 * are left of the disposition that they had.
 */
Datum
oms_release_unsellable(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 6, ReleaseUnsellable);
}
