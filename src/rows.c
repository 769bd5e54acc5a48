/*
 * rows.c
 *		Arrays as parameters of a query, and rows: one array a column, for
 *		unnest().
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "plan.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

/*
 * ArrayDatum builds an array parameter of n values; nulls may be NULL.
 */
Datum
ArrayDatum(Datum *values, bool *nulls, int n, Oid element_type)
{
	int			dims[1] = {n};
	int			lower[1] = {1};
	int16		length;
	bool		by_value;
	char		align;

	if (n == 0)
		return PointerGetDatum(construct_empty_array(element_type));
	get_typlenbyvalalign(element_type, &length, &by_value, &align);
	return PointerGetDatum(construct_md_array(values, nulls, 1, dims, lower,
											  element_type, length, by_value,
											  align));
}

/*
 * Int64Array builds an array parameter of n bigints.
 */
Datum
Int64Array(const int64 *values, int n)
{
	Datum	   *datums = palloc(sizeof(Datum) * Max(n, 1));

	for (int i = 0; i < n; i++)
		datums[i] = Int64GetDatum(values[i]);
	return ArrayDatum(datums, NULL, n, INT8OID);
}

/*
 * RowsMake starts rows of some columns; capacity is the most rows there will
 * be.  They live in the current memory context.
 */
Rows
RowsMake(int columns, int capacity)
{
	Size		cells = mul_size(columns, Max(capacity, 1));
	Rows		rows = {columns, capacity, 0};

	rows.values = palloc(mul_size(sizeof(Datum), cells));
	rows.nulls = palloc(mul_size(sizeof(bool), cells));
	return rows;
}

/*
 * RowsCount is how many rows were put.
 */
int
RowsCount(const Rows *rows)
{
	Assert(rows->cells % rows->columns == 0);
	return rows->cells / rows->columns;
}

/*
 * PutNullable puts the value of the next column; after the last column comes
 * the first one of the next row.
 */
void
PutNullable(Rows *rows, Datum value, bool isnull)
{
	int			column = rows->cells % rows->columns;
	int			row = rows->cells / rows->columns;
	Size		cell = (Size) column * rows->capacity + row;

	if (row >= rows->capacity)
		elog(ERROR, "more rows than there is room for");
	rows->values[cell] = value;
	rows->nulls[cell] = isnull;
	rows->cells++;
}

/*
 * Put is PutNullable() for a value that is not null.
 */
void
Put(Rows *rows, Datum value)
{
	PutNullable(rows, value, false);
}

/*
 * PutId puts an integer key; 0 is a null.
 */
void
PutId(Rows *rows, int32 id)
{
	PutNullable(rows, Int32GetDatum(id), id == 0);
}

/*
 * PutText puts a text; a NULL pointer is a null.
 */
void
PutText(Rows *rows, const char *text)
{
	PutNullable(rows, text == NULL ? (Datum) 0 : CStringGetTextDatum(text),
				text == NULL);
}

/*
 * PutJsonb puts a document; a NULL pointer is a null.
 */
void
PutJsonb(Rows *rows, Jsonb *document)
{
	PutNullable(rows, PointerGetDatum(document), document == NULL);
}

/*
 * AddRows adds the columns of rows as the next parameters of a query, which
 * tells their types.
 */
void
AddRows(Params *params, SavedPlan *plan, const Rows *rows)
{
	int			n = RowsCount(rows);

	PlanPrepare(plan);
	for (int c = 0; c < rows->columns; c++)
	{
		Size		first = (Size) c * rows->capacity;
		Oid			type = SPI_getargtypeid(plan->saved, params->count);

		AddDatum(params, ArrayDatum(&rows->values[first], &rows->nulls[first],
									n, get_element_type(type)));
	}
}
