/*
 * stock_available.c
 *		Answers how much of a SKU can be promised.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stock.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

/*
 * ChannelRequire looks up a channel and raises OM006 if there is none of this
 * code.
 */
static int32
ChannelRequire(const char *code)
{
	const Channel *channel = ChannelFind(code);

	if (channel == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_UNKNOWN_CODE),
				 errmsg("channel \"%s\" does not exist", code),
				 errhint("Create it by oms.put_channel() first.")));
	return channel->channel_id;
}

/*
 * SkuAvailable adds up, over the locations, how many of a SKU each could ship
 * alone: the least of what its stock of each part allows, in whole steps of
 * the SKU.  Only the n locations given count, unless location_ids is NULL;
 * channel_id 0 is any, from which only safety stock is kept back.  With
 * at_snapshot set it tells what the caller's query sees, else what is there by
 * now.
 */
Quantity
SkuAvailable(const Sku *sku, const int32 *location_ids, int n,
			 int32 channel_id, bool at_snapshot)
{
	static SavedPlan find = {
		"bigint[], oms.quantity[], integer, integer, integer[], integer",
		"SELECT coalesce(sum(units), 0)::oms.quantity "
		"FROM (SELECT min(trunc(greatest((a.available + a.kept_back)::numeric - b.quantity::numeric, 0) "
		"                       / p.quantity::numeric, $3)) AS units "
		"      FROM unnest($1, $2) AS p(sku_id, quantity) "
		"           JOIN oms.available_stock a USING (sku_id), "
		"           LATERAL (SELECT greatest(a.kept_back, "
		"                                    CASE WHEN $6 IS NOT NULL AND EXISTS (SELECT FROM oms.stock_buffers) "
		"                                         THEN (SELECT max(quantity) FROM oms.stock_buffers "
		"                                               WHERE coalesce(sku_id, 0) = ANY (ARRAY[0, a.sku_id]) "
		"                                                     AND coalesce(location_id, 0) = ANY (ARRAY[0, a.location_id]) "
		"                                                     AND coalesce(channel_id, 0) = $6) END)) AS b(quantity) "
		"      WHERE ($5 IS NULL OR a.location_id = ANY ($5)) "
		"            AND ($6 IS NULL "
		"                 OR NOT EXISTS (SELECT FROM oms.channel_locations c WHERE c.channel_id = $6) "
		"                 OR EXISTS (SELECT FROM oms.channel_locations c "
		"                            WHERE c.channel_id = $6 AND c.location_id = a.location_id)) "
		"      GROUP BY a.location_id HAVING count(*) = $4) AS l"
	};
	Datum	   *skus = palloc(sizeof(Datum) * sku->part_count);
	Datum	   *quantities = palloc(sizeof(Datum) * sku->part_count);
	Datum	   *locations = palloc(sizeof(Datum) * Max(n, 1));
	Datum		values[6] = {0};
	char		nulls[6] = {' ', ' ', ' ', ' ', ' ', ' '};

	for (int p = 0; p < sku->part_count; p++)
	{
		skus[p] = Int64GetDatum(sku->parts[p].sku_id);
		quantities[p] = QuantityGetDatum(sku->parts[p].quantity);
	}
	for (int i = 0; location_ids != NULL && i < n; i++)
		locations[i] = Int32GetDatum(location_ids[i]);
	values[0] = ArrayDatum(skus, NULL, sku->part_count, INT8OID);
	values[1] = ArrayDatum(quantities, NULL, sku->part_count,
						   TypeNamed("oms.quantity"));
	values[2] = Int32GetDatum(sku->decimals);
	values[3] = Int32GetDatum(sku->part_count);
	if (location_ids != NULL)
		values[4] = ArrayDatum(locations, NULL, n, INT4OID);
	else
		nulls[4] = 'n';
	values[5] = Int32GetDatum(channel_id);
	nulls[5] = channel_id == 0 ? 'n' : ' ';
	PlanRun(&find, values, nulls, at_snapshot);
	return DatumGetQuantity(RowDatum(0, 1, NULL));
}

PG_FUNCTION_INFO_V1(oms_available);

/*
 * oms_available(sku, location, channel) is how much can be promised; null for
 * a SKU that needs no stock.
 */
Datum
oms_available(PG_FUNCTION_ARGS)
{
	StoreScope	scope;
	Sku		   *sku;
	int32		location_id = 0;
	int32		channel_id = 0;
	Quantity	result = 0;
	bool		unlimited;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	scope = StoreOpen();
	sku = SkuRequire(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	if (!PG_ARGISNULL(1))
		location_id = LocationFind(text_to_cstring(PG_GETARG_TEXT_PP(1)), NULL);
	if (!PG_ARGISNULL(2))
		channel_id = ChannelRequire(text_to_cstring(PG_GETARG_TEXT_PP(2)));
	unlimited = sku->active && sku->part_count == 0;
	if (sku->active && !unlimited)
		result = SkuAvailable(sku, location_id == 0 ? NULL : &location_id, 1,
							  channel_id, true);
	StoreClose(scope);
	if (unlimited)
		PG_RETURN_NULL();
	PG_RETURN_QUANTITY(result);
}
