/*
 * stock_buffer.c
 *		What is kept back from sale: safety stock and buffers of channels.
 *
 * Of the rows of stock_buffers that fit a SKU, location and channel the largest
 * quantity counts.  Rows without a SKU are kept by the session, with whether
 * there are others at all; those of a SKU are looked up in the index, and only
 * then.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stock.h"

/* Rows in the order of CompareBuffers() */
typedef struct BufferRows
{
	int			count;
	int			capacity;
	StockBufferRow *rows;
} BufferRows;

/* What a session keeps of the table */
typedef struct GeneralBuffers
{
	bool		others;			/* there are rows of SKUs */
	BufferRows	rows;			/* those for all SKUs */
} GeneralBuffers;

/*
 * CompareBuffers is a comparator of qsort and bsearch: by location, then channel.
 */
static int
CompareBuffers(const void *a, const void *b)
{
	const StockBufferRow *x = a;
	const StockBufferRow *y = b;

	if (x->location_id != y->location_id)
		return x->location_id < y->location_id ? -1 : 1;
	if (x->channel_id != y->channel_id)
		return x->channel_id < y->channel_id ? -1 : 1;
	return 0;
}

/*
 * SortBuffers puts rows in order, so that LargestBuffer() finds them.
 */
static void
SortBuffers(BufferRows *buffers)
{
	if (buffers->count > 1)
		qsort(buffers->rows, buffers->count, sizeof(StockBufferRow),
			  CompareBuffers);
}

/*
 * BufferOf is the quantity of the one row of a location and channel, where 0
 * stands for all; 0 if there is none.
 */
static Quantity
BufferOf(const StockBufferRow *rows, int count, int32 location_id,
		 int32 channel_id)
{
	StockBufferRow key = {location_id, channel_id, 0};
	const StockBufferRow *row;

	row = bsearch(&key, rows, count, sizeof(StockBufferRow), CompareBuffers);
	return row == NULL ? 0 : row->quantity;
}

/*
 * LargestBuffer is the largest quantity of the rows that fit.
 */
static Quantity
LargestBuffer(const StockBufferRow *rows, int count, int32 location_id,
			  int32 channel_id)
{
	Quantity	result;

	if (count == 0)
		return 0;
	result = Max(BufferOf(rows, count, 0, 0),
				 BufferOf(rows, count, location_id, 0));
	if (channel_id != 0)
	{
		result = Max(result, BufferOf(rows, count, 0, channel_id));
		result = Max(result, BufferOf(rows, count, location_id, channel_id));
	}
	return result;
}

/*
 * LoadGeneral loads the rows without a SKU.
 */
static void *
LoadGeneral(const char *key)
{
	static SavedPlan others = {
		"",
		"SELECT EXISTS (SELECT FROM oms.stock_buffers WHERE sku_id IS NOT NULL)"
	};
	static SavedPlan find = {
		"",
		"SELECT coalesce(location_id, 0), coalesce(channel_id, 0), quantity "
		"FROM oms.stock_buffers WHERE sku_id IS NULL"
	};
	GeneralBuffers *general = palloc0(sizeof(GeneralBuffers));
	BufferRows *buffers = &general->rows;

	PlanRunLatest(&others, NULL, NULL);
	general->others = RowBool(0, 1);
	buffers->count = PlanRunLatest(&find, NULL, NULL);
	buffers->rows = palloc(mul_size(sizeof(StockBufferRow),
									Max(buffers->count, 1)));
	for (int i = 0; i < buffers->count; i++)
	{
		buffers->rows[i].location_id = RowInt32(i, 1);
		buffers->rows[i].channel_id = RowInt32(i, 2);
		buffers->rows[i].quantity = DatumGetQuantity(RowDatum(i, 3, NULL));
	}
	SortBuffers(buffers);
	return general;
}

/*
 * AddBuffer is the reader of the rows of a SKU.
 */
static bool
AddBuffer(void *context, const Datum *values, const bool *nulls)
{
	BufferRows *buffers = context;
	StockBufferRow *row;

	if (buffers->count == buffers->capacity)
	{
		buffers->capacity = Max(4, buffers->capacity * 2);
		buffers->rows = buffers->rows == NULL
			? palloc(sizeof(StockBufferRow) * buffers->capacity)
			: repalloc(buffers->rows,
					   mul_size(sizeof(StockBufferRow), buffers->capacity));
	}
	row = &buffers->rows[buffers->count++];
	row->location_id = nulls[0] ? 0 : DatumGetInt32(values[0]);
	row->channel_id = nulls[1] ? 0 : DatumGetInt32(values[1]);
	row->quantity = DatumGetQuantity(values[2]);
	return true;
}

/*
 * StockBuffersRead reads what is kept back of a SKU, wherever it is, for who
 * asks about many locations.  It lasts as the current memory context does, but
 * not longer than the transaction.
 */
StockBuffers
StockBuffersRead(int64 sku_id)
{
	static Kept kept = {{"stock_buffers"}, LoadGeneral};
	static StoreTable table = {
		"stock_buffers",
		"location_id integer, channel_id integer, quantity oms.quantity"
	};
	static StoreIndex by_sku = {
		"stock_buffers_sku_id_idx", "sku_id", "bigint", 1
	};
	const GeneralBuffers *general = KeptFind(&kept, "");
	Datum		key = Int64GetDatum(sku_id);
	BufferRows	own = {0};

	if (general->others)
	{
		TableFind(&table, &by_sku, &key, AddBuffer, &own);
		SortBuffers(&own);
	}
	return (StockBuffers) {
		general->rows.count, general->rows.rows, own.count, own.rows
	};
}

/*
 * StockBufferAt is what is kept back at a location from a channel: never
 * negative, 0 for nothing.  channel_id 0 is none, from which only what is kept
 * back from everybody is.
 */
Quantity
StockBufferAt(const StockBuffers *buffers, int32 location_id, int32 channel_id)
{
	return Max(LargestBuffer(buffers->general, buffers->general_count,
							 location_id, channel_id),
			   LargestBuffer(buffers->own, buffers->own_count,
							 location_id, channel_id));
}

/*
 * StockBuffer is what is kept back of a SKU at one location from a channel.
 */
Quantity
StockBuffer(int64 sku_id, int32 location_id, int32 channel_id)
{
	StockBuffers buffers = StockBuffersRead(sku_id);

	return StockBufferAt(&buffers, location_id, channel_id);
}

PG_FUNCTION_INFO_V1(oms_stock_buffer);

/*
 * oms_internal.stock_buffer(sku_id, location_id, channel_id) is what is kept
 * back; channel_id 0 is none.
 */
Datum
oms_stock_buffer(PG_FUNCTION_ARGS)
{
	StoreScope	scope = StoreOpen();
	Quantity	quantity = StockBuffer(PG_GETARG_INT64(0), PG_GETARG_INT32(1),
									   PG_GETARG_INT32(2));

	StoreClose(scope);
	PG_RETURN_QUANTITY(quantity);
}
