/*
 * sku.c
 *		Looks up SKUs and what they reserve.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"

/*
 * ReadParts fills in what one unit of a SKU reserves: its components if it is
 * a kit, itself if it is stocked, else nothing.
 */
static void
ReadParts(Sku *sku, uint64 row)
{
	bool		no_kit;
	Datum		ids = RowDatum(row, 10, &no_kit);
	Datum	   *components;
	Datum	   *quantities;

	if (no_kit)
	{
		sku->part_count = sku->stocked ? 1 : 0;
		sku->parts = palloc(sizeof(SkuPart));
		sku->parts[0].sku_id = sku->sku_id;
		sku->parts[0].quantity = QUANTITY_SCALE;
		return;
	}
	deconstruct_array(DatumGetArrayTypeP(ids), INT8OID, sizeof(int64),
					  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
					  &components, NULL, &sku->part_count);
	deconstruct_array(DatumGetArrayTypeP(RowDatum(row, 11, NULL)),
					  TypeNamed("oms.quantity"), sizeof(Quantity), true,
					  TYPALIGN_DOUBLE, &quantities, NULL, &sku->part_count);
	sku->parts = palloc(sizeof(SkuPart) * sku->part_count);
	for (int p = 0; p < sku->part_count; p++)
	{
		sku->parts[p].sku_id = DatumGetInt64(components[p]);
		sku->parts[p].quantity = DatumGetQuantity(quantities[p]);
	}
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
		"       s.tax_category, s.backorder_limit, s.units, c.code, "
		"       k.components, k.quantities "
		"FROM unnest($1) WITH ORDINALITY AS c(code, n) "
		"     LEFT JOIN oms.skus s ON s.code = c.code "
		"     LEFT JOIN LATERAL "
		"     (SELECT coalesce(array_agg(k.component_sku_id ORDER BY k.component_sku_id) "
		"                      FILTER (WHERE p.stocked), '{}') AS components, "
		"             coalesce(array_agg(k.quantity ORDER BY k.component_sku_id) "
		"                      FILTER (WHERE p.stocked), '{}') AS quantities "
		"      FROM oms.kit_components k "
		"           JOIN oms.skus p ON p.sku_id = k.component_sku_id "
		"      WHERE k.sku_id = s.sku_id HAVING count(*) > 0) AS k ON true "
		"ORDER BY c.n"
	};
	Datum	   *texts = palloc(sizeof(Datum) * n);
	Sku		   *skus = palloc0(sizeof(Sku) * n);
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
		ReadParts(sku, i);
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
