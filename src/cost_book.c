/*
 * cost_book.c
 *		Locks, reads and writes layers of cost.
 *
 * Lock order: after all stock levels, rows in the order (sku_id, location_id,
 * layer_id).  Who holds layer 0 of a level holds all of them: the others
 * come, change and go under its lock, and it counts them, so that who had to
 * wait for it knows whether there is more to read.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "cost.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"

/*
 * LayerRead adds a layer of the last result: its quantity and value are in
 * column and the one after.
 */
static void
LayerRead(CostBook *book, CostLevel *level, int64 layer_id, uint64 row,
		  int column)
{
	CostLayer  *layer = CostLayerAdd(level);
	bool		isnull;
	Datum		value = RowDatum(row, column + 1, &isnull);

	layer->layer_id = layer_id;
	layer->stored = true;
	layer->quantity = DatumGetQuantity(RowDatum(row, column, NULL));
	layer->known = !isnull;
	if (isnull)
		return;
	layer->value = AmountMinor(DatumGetAmount(value));
	book->currency = AmountCurrency(DatumGetAmount(value));
}

/*
 * LevelsMake makes the levels of changes, each once and in lock order.
 */
static CostBook *
LevelsMake(const StockChange *changes, int n)
{
	CostBook   *book = palloc0(sizeof(CostBook));
	StockChange *sums = palloc(mul_size(sizeof(StockChange), Max(n, 1)));

	for (int i = 0; i < n; i++)
		sums[i] = (StockChange) {changes[i].sku_id, changes[i].location_id};
	book->count = StockSum(sums, n);
	book->levels = palloc0(mul_size(sizeof(CostLevel), Max(book->count, 1)));
	for (int i = 0; i < book->count; i++)
	{
		book->levels[i].sku_id = sums[i].sku_id;
		book->levels[i].location_id = sums[i].location_id;
	}
	pfree(sums);
	return book;
}

/*
 * CostBookFind finds a level of the book.
 */
CostLevel *
CostBookFind(CostBook *book, int64 sku_id, int32 location_id)
{
	int			low = 0;
	int			high = book->count - 1;

	while (low < high)
	{
		int			middle = (low + high) / 2;
		const CostLevel *level = &book->levels[middle];

		if (level->sku_id < sku_id ||
			(level->sku_id == sku_id && level->location_id < location_id))
			low = middle + 1;
		else
			high = middle;
	}
	Assert(book->levels[low].sku_id == sku_id &&
		   book->levels[low].location_id == location_id);
	return &book->levels[low];
}

/*
 * LevelParameters adds the keys of the levels as parameters.
 */
static void
LevelParameters(Params *params, SavedPlan *plan, const CostBook *book)
{
	Rows		rows = RowsMake(2, book->count);

	for (int i = 0; i < book->count; i++)
	{
		Put(&rows, Int64GetDatum(book->levels[i].sku_id));
		Put(&rows, Int32GetDatum(book->levels[i].location_id));
	}
	AddRows(params, plan, &rows);
}

/*
 * LockFirst locks and reads layer 0 of each level, and returns whether there are
 * others.  A level that has none yet gets one that is not stored: who changes
 * stock that has never been there holds the row of its stock level.
 */
static bool
LockFirst(CostBook *book)
{
	static SavedPlan lock = {
		"bigint[], integer[]",
		"SELECT c.sku_id, c.location_id, c.quantity, c.value, c.further "
		"FROM unnest($1, $2) AS k(sku_id, location_id), oms.cost_layers c "
		"WHERE c.sku_id = k.sku_id AND c.location_id = k.location_id "
		"      AND c.layer_id = 0 "
		"ORDER BY 1, 2 FOR NO KEY UPDATE OF c"
	};
	Params		params = {0};
	bool		further = false;
	int			n;

	LevelParameters(&params, &lock, book);
	n = PlanRun(&lock, params.values, params.nulls, false);
	for (int i = 0; i < n; i++)
	{
		CostLevel  *level = CostBookFind(book, RowInt64(i, 1), RowInt32(i, 2));

		LayerRead(book, level, 0, i, 3);
		level->further = RowInt32(i, 5);
		further = further || level->further > 0;
	}
	for (int i = 0; i < book->count; i++)
		if (book->levels[i].count == 0)
			CostLayerAdd(&book->levels[i]);
	return further;
}

/*
 * ReadSkus reads of the SKUs of all levels what counts where units come in.
 */
static void
ReadSkus(CostBook *book)
{
	static SavedPlan find = {
		"bigint[]",
		"SELECT sku_id, costing = 'fifo', cost FROM oms.skus "
		"WHERE sku_id = ANY ($1) ORDER BY sku_id"
	};
	int64	   *sku_ids = palloc(mul_size(sizeof(int64), book->count));
	Datum		values[1];
	uint64		n;
	uint64		row = 0;

	for (int i = 0; i < book->count; i++)
		sku_ids[i] = book->levels[i].sku_id;
	values[0] = Int64Array(sku_ids, book->count);
	n = PlanRun(&find, values, NULL, false);
	for (int i = 0; i < book->count; i++)
	{
		CostLevel  *level = &book->levels[i];
		bool		isnull;
		Datum		cost;

		while (row < n && RowInt64(row, 1) < level->sku_id)
			row++;
		if (row == n || RowInt64(row, 1) != level->sku_id)
			continue;
		level->fifo = RowBool(row, 2);
		cost = RowDatum(row, 3, &isnull);
		level->has_cost = !isnull;
		level->cost = isnull ? 0 : DatumGetAmount(cost);
	}
	pfree(sku_ids);
}

/*
 * ReadFurther reads the layers beside the first.
 */
static void
ReadFurther(CostBook *book)
{
	static SavedPlan find = {
		"bigint[], integer[]",
		"SELECT c.sku_id, c.location_id, c.layer_id, c.quantity, c.value "
		"FROM unnest($1, $2) AS k(sku_id, location_id), oms.cost_layers c "
		"WHERE c.sku_id = k.sku_id AND c.location_id = k.location_id "
		"      AND c.layer_id > 0 "
		"ORDER BY 1, 2, 3"
	};
	Params		params = {0};
	uint64		n;

	LevelParameters(&params, &find, book);
	n = PlanRun(&find, params.values, params.nulls, false);
	for (uint64 i = 0; i < n; i++)
		LayerRead(book, CostBookFind(book, RowInt64(i, 1), RowInt32(i, 2)),
				  RowInt64(i, 3), i, 4);
}

/*
 * CostBookLock locks the layers of the levels that changes name and reads
 * them.  The caller has locked the stock levels, or does not change them.
 */
CostBook *
CostBookLock(const StockChange *changes, int n)
{
	CostBook   *book = LevelsMake(changes, n);
	bool		further = LockFirst(book);
	bool		incoming = false;

	for (int i = 0; i < n; i++)
		incoming = incoming || changes[i].on_hand > 0;
	if (further || incoming)
		ReadSkus(book);
	if (further)
		ReadFurther(book);
	for (int i = 0; further && i < book->count; i++)
		if (!book->levels[i].fifo)
			CostMerge(&book->levels[i]);
	return book;
}

/*
 * PutLayer puts the row of a layer, whose columns the queries below name.
 */
static void
PutLayer(Rows *rows, const CostBook *book, const CostLevel *level,
		 const CostLayer *layer, int further)
{
	Put(rows, Int64GetDatum(level->sku_id));
	Put(rows, Int32GetDatum(level->location_id));
	Put(rows, Int64GetDatum(layer->layer_id));
	Put(rows, QuantityGetDatum(layer->quantity));
	PutNullable(rows, layer->known
				? AmountGetDatum(AmountMake(book->currency, layer->value))
				: (Datum) 0, !layer->known);
	Put(rows, Int32GetDatum(layer->layer_id == 0 ? further : 0));
}

/*
 * LayersWrite runs a query for rows of layers, if there are any.
 */
static void
LayersWrite(SavedPlan *plan, const Rows *rows)
{
	Params		params = {0};

	if (RowsCount(rows) == 0)
		return;
	AddRows(&params, plan, rows);
	PlanRun(plan, params.values, params.nulls, false);
}

/* Rows of layers by what becomes of them */
typedef struct LayerRows
{
	Rows		inserted;
	Rows		updated;
	Rows		deleted;
} LayerRows;

/*
 * SortLayers says what becomes of the rows of a level: an empty layer beside the
 * first goes.
 */
static void
SortLayers(LayerRows *rows, const CostBook *book, const CostLevel *level)
{
	int			further = 0;

	for (int i = 1; i < level->count; i++)
		further += level->layers[i].quantity > 0;
	for (int i = 0; i < level->count; i++)
	{
		const CostLayer *layer = &level->layers[i];
		bool		stays = i == 0 || layer->quantity > 0;

		if (layer->stored && !stays)
			PutLayer(&rows->deleted, book, level, layer, 0);
		else if (layer->stored && (layer->changed || (i == 0 && further != level->further)))
			PutLayer(&rows->updated, book, level, layer, further);
		else if (!layer->stored && stays)
			PutLayer(&rows->inserted, book, level, layer, further);
	}
}

/*
 * CostBookWrite writes what has changed.
 */
void
CostBookWrite(const CostBook *book)
{
	static StoreTable table = {
		"cost_layers",
		"sku_id bigint, location_id integer, layer_id bigint, "
		"quantity oms.quantity, value oms.amount, further integer"
	};
	static SavedPlan update = {
		"bigint[], integer[], bigint[], oms.quantity[], oms.amount[], integer[]",
		"UPDATE oms.cost_layers c "
		"SET quantity = d.quantity, value = d.value, further = d.further "
		"FROM unnest($1, $2, $3, $4, $5, $6) "
		"     AS d(sku_id, location_id, layer_id, quantity, value, further) "
		"WHERE c.sku_id = d.sku_id AND c.location_id = d.location_id "
		"      AND c.layer_id = d.layer_id"
	};
	static SavedPlan delete = {
		"bigint[], integer[], bigint[], oms.quantity[], oms.amount[], integer[]",
		"DELETE FROM oms.cost_layers c "
		"USING unnest($1, $2, $3, $4, $5, $6) "
		"      AS d(sku_id, location_id, layer_id, quantity, value, further) "
		"WHERE c.sku_id = d.sku_id AND c.location_id = d.location_id "
		"      AND c.layer_id = d.layer_id"
	};
	LayerRows	rows;
	int			count = 0;

	for (int i = 0; i < book->count; i++)
		count += book->levels[i].count;
	rows.inserted = RowsMake(6, count);
	rows.updated = RowsMake(6, count);
	rows.deleted = RowsMake(6, count);
	for (int i = 0; i < book->count; i++)
		SortLayers(&rows, book, &book->levels[i]);
	LayersWrite(&delete, &rows.deleted);
	LayersWrite(&update, &rows.updated);
	TableInsert(&table, &rows.inserted);
}

/*
 * CostForget deletes the layers of stock levels that are deleted, which were
 * empty.
 */
void
CostForget(const StockChange *changes, int n)
{
	static SavedPlan delete = {
		"bigint[], integer[]",
		"DELETE FROM oms.cost_layers c "
		"USING unnest($1, $2) AS k(sku_id, location_id) "
		"WHERE c.sku_id = k.sku_id AND c.location_id = k.location_id"
	};
	Params		params = {0};

	LevelParameters(&params, &delete, LevelsMake(changes, n));
	PlanRun(&delete, params.values, params.nulls, false);
}
