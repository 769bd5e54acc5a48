/*
 * return_stock.c
 *		What becomes of goods that came back: on hand again, or kept aside.
 *
 * Units come back as what has left for them: a kit as the components that its
 * reservations took, what has no stock as nothing.  Parts of a line are
 * differences of rounded sums, so that all of it brings back all of them.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "return.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

/* What has left for a line of one SKU */
typedef struct LeftPart
{
	int			line_no;
	int64		sku_id;
	Sku			sku;			/* decimals only */
	Quantity	quantity;
	Quantity	shipped;		/* units of the line */
	Quantity	inspected;		/* units that came back before */
} LeftPart;

/*
 * LineArray makes a parameter of line numbers.
 */
static Datum
LineArray(const int *line_nos, int n)
{
	Datum	   *values = palloc(mul_size(sizeof(Datum), Max(n, 1)));

	for (int i = 0; i < n; i++)
		values[i] = Int32GetDatum(line_nos[i]);
	return ArrayDatum(values, NULL, n, INT4OID);
}

/*
 * ReturnedSkus lists the SKUs whose stock lines of an order have taken.  What
 * has left does not change, so that it can be read before the order is locked.
 */
int
ReturnedSkus(int64 order_id, const int *line_nos, int n, int64 **sku_ids)
{
	static SavedPlan find = {
		"bigint, integer[]",
		"SELECT DISTINCT sku_id FROM oms.reservations "
		"WHERE order_id = $1 AND line_no = ANY ($2) AND status = 'consumed'"
	};
	Datum		values[2] = {Int64GetDatum(order_id)};
	int			count;

	values[1] = LineArray(line_nos, n);
	count = PlanRun(&find, values, NULL, false);
	*sku_ids = palloc(mul_size(sizeof(int64), Max(count, 1)));
	for (int i = 0; i < count; i++)
		(*sku_ids)[i] = RowInt64(i, 1);
	return count;
}

/*
 * ReadLeft reads what has left for the lines of an order and how much of them
 * was inspected.
 */
static int
ReadLeft(int64 order_id, LeftPart **left)
{
	static SavedPlan find = {
		"bigint",
		"SELECT l.line_no, r.sku_id, s.decimals::integer, sum(r.quantity), l.shipped, "
		"       coalesce((SELECT sum(x.inspected) FROM oms.return_lines x "
		"                 WHERE x.order_id = l.order_id AND x.line_no = l.line_no), '0') "
		"FROM oms.order_lines l "
		"     JOIN oms.reservations r USING (order_id, line_no) "
		"     JOIN oms.skus s ON s.sku_id = r.sku_id "
		"WHERE l.order_id = $1 AND r.status = 'consumed' AND l.returned > '0' "
		"GROUP BY l.order_id, l.line_no, r.sku_id, s.decimals"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};
	int			n = PlanRun(&find, values, NULL, false);

	*left = palloc0(mul_size(sizeof(LeftPart), Max(n, 1)));
	for (int i = 0; i < n; i++)
	{
		LeftPart   *part = &(*left)[i];

		part->line_no = RowInt32(i, 1);
		part->sku_id = RowInt64(i, 2);
		part->sku.decimals = RowInt32(i, 3);
		part->quantity = DatumGetQuantity(RowDatum(i, 4, NULL));
		part->shipped = DatumGetQuantity(RowDatum(i, 5, NULL));
		part->inspected = DatumGetQuantity(RowDatum(i, 6, NULL));
	}
	return n;
}

/*
 * PartOf is what of a SKU belongs to the first units of a line that come back.
 */
static Quantity
PartOf(const LeftPart *left, Quantity units)
{
	Quantity	step = SkuStep(&left->sku);

	if (units >= left->shipped)
		return left->quantity;
	return (Quantity) ((int128) left->quantity * units / left->shipped /
					   step * step);
}

/*
 * KeepAside adds units that are not for sale to unsellable stock, in the order
 * of its key.
 */
static void
KeepAside(const Return *item, const Rows *rows)
{
#define ASIDE \
	"SELECT sku_id, location_id, disposition, sum(quantity) AS quantity " \
	"FROM unnest($3, $4, $5, $6) AS d(sku_id, location_id, disposition, quantity) " \
	"GROUP BY sku_id, location_id, disposition "
	static SavedPlan levels = {
		"bigint, integer, bigint[], integer[], text[], oms.quantity[]",
		"INSERT INTO oms.unsellable_stock AS u (sku_id, location_id, disposition, quantity) "
		ASIDE "ORDER BY sku_id, location_id, disposition "
		"ON CONFLICT (sku_id, location_id, disposition) "
		"DO UPDATE SET quantity = u.quantity + excluded.quantity"
	};
	static SavedPlan movements = {
		"bigint, integer, bigint[], integer[], text[], oms.quantity[]",
		"INSERT INTO oms.unsellable_movements (sku_id, location_id, disposition, quantity, order_id, return_no) "
		"SELECT sku_id, location_id, disposition, quantity, $1, $2 FROM (" ASIDE ") AS d "
		"ORDER BY sku_id, location_id, disposition"
	};
	Params		params = {0};

	AddDatum(&params, Int64GetDatum(item->order_id));
	AddDatum(&params, Int32GetDatum(item->return_no));
	AddRows(&params, &levels, rows);
	PlanRun(&levels, params.values, params.nulls, false);
	PlanRun(&movements, params.values, params.nulls, false);
}

/*
 * BringBack adds units to the stock on hand, n changes that are not summed
 * yet.
 */
static void
BringBack(const Return *item, StockChange *changes, int n)
{
	n = StockSum(changes, n);
	StockEnsure(changes, n);
	if (!StockApply(changes, n, true))
		elog(ERROR, "stock levels cannot take what has come back");
	StockRecord(changes, n, "return", ReturnName(item->order_id, item->return_no),
				item->order_id, item->return_no);
}

/*
 * ReturnStock brings inspected units where their disposition says.  It is
 * called before they are counted as inspected, within the locks that
 * BackordersLockWith() took.
 */
void
ReturnStock(const Return *item, const InspectedPart *parts, int n)
{
	LeftPart   *left;
	int			left_count = ReadLeft(item->order_id, &left);
	StockChange *changes = palloc(mul_size(sizeof(StockChange),
										   mul_size(Max(n, 1), Max(left_count, 1))));
	Rows		aside = RowsMake(4, Max(n * left_count, 1));
	int			count = 0;

	for (int i = 0; i < n; i++)
		for (int j = 0; j < left_count; j++)
		{
			Quantity	before = PartOf(&left[j], left[j].inspected);
			Quantity	quantity;

			if (left[j].line_no != parts[i].line_no)
				continue;
			left[j].inspected = QuantityAdd(left[j].inspected, parts[i].quantity);
			quantity = PartOf(&left[j], left[j].inspected) - before;
			if (quantity == 0 || strcmp(parts[i].disposition, "scrap") == 0)
				continue;
			if (strcmp(parts[i].disposition, "restock") == 0)
			{
				changes[count++] = (StockChange) {left[j].sku_id,
				parts[i].location_id, quantity};
				continue;
			}
			Put(&aside, Int64GetDatum(left[j].sku_id));
			Put(&aside, Int32GetDatum(parts[i].location_id));
			PutText(&aside, parts[i].disposition);
			Put(&aside, QuantityGetDatum(quantity));
		}
	if (count > 0)
		BringBack(item, changes, count);
	if (RowsCount(&aside) > 0)
		KeepAside(item, &aside);
}
