/*
 * sku.c
 *		Looks up SKUs and what they reserve.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stock.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

/*
 * ReadParts fills in what one unit of a kit reserves: its components, less
 * those that are not stocked.
 */
static void
ReadParts(Sku *sku)
{
	static SavedPlan find = {
		"bigint",
		"SELECT k.component_sku_id, k.quantity "
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
		sku->parts[p].sku_id = RowInt64(p, 1);
		sku->parts[p].quantity = DatumGetQuantity(RowDatum(p, 2, NULL));
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
 * SkusFind looks up SKUs by their codes; the result has one entry for each
 * code, with sku_id 0 where there is no such SKU.  It lives in the current
 * memory context.
 */
Sku *
SkusFind(char **codes, int n)
{
	static SavedPlan find = {
		"text[]",
		"SELECT s.sku_id, s.decimals::integer, s.stocked, s.active, s.weight_g, "
		"       s.tax_category, s.backorder_limit, s.units, s.is_kit "
		"FROM unnest($1) WITH ORDINALITY AS c(code, n) "
		"     LEFT JOIN oms.skus s ON s.code = c.code "
		"ORDER BY c.n"
	};
	Datum	   *texts = palloc(sizeof(Datum) * n);
	Sku		   *skus = palloc0(sizeof(Sku) * n);
	bool	   *kits = palloc0(sizeof(bool) * n);
	Datum		values[1];

	for (int i = 0; i < n; i++)
		texts[i] = CStringGetTextDatum(codes[i]);
	values[0] = ArrayDatum(texts, NULL, n, TEXTOID);
	PlanRun(&find, values, NULL, false);
	for (int i = 0; i < n; i++)
	{
		Sku		   *sku = &skus[i];
		bool		isnull;
		Datum		value;

		sku->code = codes[i];
		sku->sku_id = RowInt64(i, 1);
		if (sku->sku_id == 0)
			continue;
		sku->decimals = RowInt32(i, 2);
		sku->stocked = RowBool(i, 3);
		sku->active = RowBool(i, 4);
		sku->weight_g = RowInt32(i, 5);
		sku->tax_category = RowText(i, 6);
		value = RowDatum(i, 7, &isnull);
		sku->backorder_limit = isnull ? -1 : DatumGetQuantity(value);
		value = RowDatum(i, 8, &isnull);
		sku->units = isnull ? NULL : DatumGetJsonbPCopy(value);
		kits[i] = RowBool(i, 9);
	}
	for (int i = 0; i < n; i++)
	{
		if (kits[i])
			ReadParts(&skus[i]);
		else if (skus[i].sku_id != 0)
			SetSelf(&skus[i]);
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
