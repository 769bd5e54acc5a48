/*
 * sku.c
 *		Looks up SKUs and what they reserve.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stock.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"

/*
 * ReadParts fills in what one unit of a kit reserves: its components, less
 * those that are not stocked.  A kit waits for the last of them.
 */
static void
ReadParts(Sku *sku)
{
	static SavedPlan find = {
		"bigint",
		"SELECT k.component_sku_id, k.quantity, p.available_from "
		"FROM oms.kit_components k "
		"     JOIN oms.skus p ON p.sku_id = k.component_sku_id "
		"WHERE k.sku_id = $1 AND p.stocked "
		"ORDER BY k.component_sku_id"
	};
	Datum		values[1] = {Int64GetDatum(sku->sku_id)};

	sku->part_count = PlanRun(&find, values, NULL, false);
	sku->parts = palloc(mul_size(sizeof(SkuPart), Max(sku->part_count, 1)));
	for (int p = 0; p < sku->part_count; p++)
	{
		bool		any_day;
		Datum		available_from = RowDatum(p, 3, &any_day);

		sku->parts[p].sku_id = RowInt64(p, 1);
		sku->parts[p].quantity = DatumGetQuantity(RowDatum(p, 2, NULL));
		if (!any_day)
			sku->available_from = Max(sku->available_from,
									  DatumGetDateADT(available_from));
	}
}

/*
 * SetSelf makes a SKU that is no kit reserve itself, or nothing if it is not
 * stocked.
 */
static void
SetSelf(Sku *sku)
{
	sku->part_count = sku->stocked ? 1 : 0;
	sku->parts = palloc(sizeof(SkuPart));
	sku->parts[0].sku_id = sku->sku_id;
	sku->parts[0].quantity = QUANTITY_SCALE;
}

/*
 * SkuFlagsRead reads from a text[] those flags of SKUs that ask something of a
 * location.
 */
int
SkuFlagsRead(Datum array)
{
	Datum	   *names;
	int			n;
	int			flags = 0;

	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false,
					  TYPALIGN_INT, &names, NULL, &n);
	for (int i = 0; i < n; i++)
	{
		char	   *name = TextDatumGetCString(names[i]);

		if (strcmp(name, "hazardous") == 0)
			flags |= SKU_HAZARDOUS;
		else if (strcmp(name, "oversize") == 0)
			flags |= SKU_OVERSIZE;
	}
	return flags;
}

/*
 * ReadSku reads a row of skus, whose columns SkusFind() names.
 */
static bool
ReadSku(void *context, const Datum *values, const bool *nulls)
{
	Sku		   *sku = context;

	sku->sku_id = DatumGetInt64(values[0]);
	sku->decimals = DatumGetInt16(values[1]);
	sku->stocked = DatumGetBool(values[2]);
	sku->active = DatumGetBool(values[3]);
	sku->weight_g = nulls[4] ? 0 : DatumGetInt32(values[4]);
	sku->tax_category = nulls[5] ? NULL : TextDatumGetCString(values[5]);
	sku->backorder_limit = nulls[6] ? -1 : DatumGetQuantity(values[6]);
	sku->units = nulls[7] ? NULL : DatumGetJsonbPCopy(values[7]);
	sku->is_kit = DatumGetBool(values[8]);
	sku->volume_mm3 = nulls[9] || nulls[10] || nulls[11] ? 0
		: (int64) Min((int128) DatumGetInt32(values[9]) *
					  DatumGetInt32(values[10]) * DatumGetInt32(values[11]),
					  SKU_VOLUME_MAX_MM3);
	sku->flags = SkuFlagsRead(values[12]);
	sku->strategy = RouteStrategyFromName(nulls[13] ? NULL : TextDatumGetCString(values[13]));
	sku->available_from = nulls[14] ? DATEVAL_NOBEGIN
		: DatumGetDateADT(values[14]);
	return false;
}

/*
 * SkusFind looks up SKUs by their codes; the result has one entry for each
 * code, with sku_id 0 where there is no such SKU.  It lives in the current
 * memory context.
 */
Sku *
SkusFind(char **codes, int n)
{
	static StoreTable table = {
		"skus",
		"sku_id bigint, decimals smallint, stocked boolean, "
		"active boolean, weight_g integer, tax_category text, "
		"backorder_limit oms.quantity, units jsonb, "
		"is_kit boolean, length_mm integer, width_mm integer, height_mm integer, "
		"flags text[], strategy text, available_from date"
	};
	static StoreIndex by_code = {"skus_code_key", "code", "text", 1};
	Sku		   *skus = palloc0(sizeof(Sku) * n);

	for (int i = 0; i < n; i++)
	{
		Datum		code = CStringGetTextDatum(codes[i]);

		skus[i].code = codes[i];
		if (TableFind(&table, &by_code, &code, ReadSku, &skus[i]) == 0)
			continue;
		if (skus[i].is_kit)
			ReadParts(&skus[i]);
		else
			SetSelf(&skus[i]);
		if (skus[i].available_from != DATEVAL_NOBEGIN)
			skus[i].preorder = skus[i].available_from > PresentDay();
	}
	return skus;
}

/*
 * SkuStep is the smallest quantity of a SKU that can be sold.
 */
Quantity
SkuStep(const Sku *sku)
{
	Quantity	step = QUANTITY_SCALE;

	for (int i = 0; i < sku->decimals; i++)
		step /= 10;
	return step;
}

/*
 * SkuRequire looks up a SKU and raises OM006 if there is none of this code.
 */
Sku *
SkuRequire(const char *code)
{
	char	   *copy = pstrdup(code);
	Sku		   *sku = SkusFind(&copy, 1);

	if (sku->sku_id == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_UNKNOWN_CODE),
				 errmsg("sku \"%s\" does not exist", code),
				 errhint("Create it by oms.put_sku() first.")));
	return sku;
}

/*
 * SkuRequireStep raises 22023 for a quantity that has more decimals than the
 * SKU is counted in.
 */
void
SkuRequireStep(const Sku *sku, Quantity quantity, const char *name)
{
	if (quantity % SkuStep(sku) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s has too many decimals: %s", name,
						QuantityToString(quantity)),
				 errdetail("sku \"%s\" is counted in multiples of %s.",
						   sku->code, QuantityToString(SkuStep(sku)))));
}

/*
 * SkuRequireQuantity raises 22023 for a quantity that is not positive or has
 * too many decimals.
 */
void
SkuRequireQuantity(const Sku *sku, Quantity quantity, const char *name)
{
	if (quantity <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be greater than zero", name),
				 errdetail("The %s is %s.", name, QuantityToString(quantity))));
	SkuRequireStep(sku, quantity, name);
}
