/*
 * order_reduce.c
 *		Takes units off the lines of an order and adds up what is left.
 *
 * Units are given up where they cost least: first those that nobody has been
 * asked to ship, then those of fulfillments that no location has started on,
 * the latest first.  Each reservation gives back its own units, once.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/*
 * ShrinkReservations gives up part of what a fulfillment holds for a line:
 * the share part / whole of each SKU.
 */
static void
ShrinkReservations(int64 order_id, int fulfillment_no, int line_no,
				   Quantity part, Quantity whole)
{
	static SavedPlan shrink = {
		"bigint, integer, integer, oms.quantity, oms.quantity",
		"WITH held AS ("
		"    SELECT sku_id, reservation_id, location_id, quantity, "
		"           sum(quantity) OVER (PARTITION BY sku_id) * $4 / $5 AS given_up, "
		"           sum(quantity) OVER (PARTITION BY sku_id ORDER BY reservation_id) - quantity AS before "
		"    FROM oms.reservations "
		"    WHERE order_id = $1 AND fulfillment_no = $2 AND line_no = $3 "
		"          AND status = 'active'), "
		"share AS ("
		"    SELECT sku_id, reservation_id, location_id, quantity, "
		"           least(quantity, greatest(given_up::oms.quantity - before, '0'::oms.quantity)) AS given_up "
		"    FROM held), "
		"ended AS ("
		"    UPDATE oms.reservations r SET status = 'released' FROM share s "
		"    WHERE r.sku_id = s.sku_id AND r.reservation_id = s.reservation_id "
		"          AND r.location_id = s.location_id AND s.given_up = s.quantity), "
		"shrunk AS ("
		"    UPDATE oms.reservations r SET quantity = r.quantity - s.given_up FROM share s "
		"    WHERE r.sku_id = s.sku_id AND r.reservation_id = s.reservation_id "
		"          AND r.location_id = s.location_id "
		"          AND s.given_up > '0'::oms.quantity AND s.given_up < s.quantity) "
		"SELECT sku_id, location_id, given_up FROM share WHERE given_up > '0'::oms.quantity"
	};
	StockChange *changes;
	Params		params = {0};
	int			n;

	AddDatum(&params, Int64GetDatum(order_id));
	AddDatum(&params, Int32GetDatum(fulfillment_no));
	AddDatum(&params, Int32GetDatum(line_no));
	AddDatum(&params, QuantityGetDatum(part));
	AddDatum(&params, QuantityGetDatum(whole));
	PlanRun(&shrink, params.values, params.nulls, false);
	n = ReservationsRead(&changes, false);
	if (!StockApply(changes, n, true))
		elog(ERROR, "stock levels contradict the reservations of order " INT64_FORMAT,
			 order_id);
}

/*
 * ShrinkFulfillment takes part of a line out of a fulfillment that has whole
 * of it, and cancels the fulfillment if nothing is left in it.
 */
static void
ShrinkFulfillment(int64 order_id, int fulfillment_no, int line_no,
				  Quantity part, Quantity whole)
{
	static SavedPlan shrink = {
		"bigint, integer, integer, oms.quantity",
		"UPDATE oms.fulfillment_lines SET quantity = quantity - $4 "
		"WHERE order_id = $1 AND fulfillment_no = $2 AND line_no = $3"
	};
	static SavedPlan empty = {
		"bigint, integer, integer",
		"DELETE FROM oms.fulfillment_lines "
		"WHERE order_id = $1 AND fulfillment_no = $2 AND line_no = $3"
	};
	static SavedPlan cancel = {
		"bigint, integer",
		"UPDATE oms.fulfillments f SET status = 'cancelled' "
		"WHERE f.order_id = $1 AND f.fulfillment_no = $2 "
		"      AND NOT EXISTS (SELECT FROM oms.fulfillment_lines l "
		"                      WHERE l.order_id = $1 AND l.fulfillment_no = $2)"
	};
	Datum		values[4] = {Int64GetDatum(order_id),
		Int32GetDatum(fulfillment_no), Int32GetDatum(line_no),
	QuantityGetDatum(part)};

	ShrinkReservations(order_id, fulfillment_no, line_no, part, whole);
	PlanRun(part == whole ? &empty : &shrink, values, NULL, false);
	PlanRun(&cancel, values, NULL, false);
}

/*
 * TakeFromFulfillments takes units of a line out of fulfillments that no
 * location has started on and returns how many it could not take.
 */
static Quantity
TakeFromFulfillments(int64 order_id, int line_no, Quantity quantity)
{
	static SavedPlan find = {
		"bigint, integer",
		"SELECT l.fulfillment_no, l.quantity "
		"FROM oms.fulfillment_lines l JOIN oms.fulfillments f USING (order_id, fulfillment_no) "
		"WHERE l.order_id = $1 AND l.line_no = $2 AND f.status IN ('planned', 'released') "
		"ORDER BY l.fulfillment_no DESC"
	};
	Datum		values[2] = {Int64GetDatum(order_id), Int32GetDatum(line_no)};
	int			n = PlanRun(&find, values, NULL, false);
	int		   *numbers = palloc(sizeof(int) * Max(n, 1));
	Quantity   *wholes = palloc(sizeof(Quantity) * Max(n, 1));

	for (int i = 0; i < n; i++)
	{
		numbers[i] = RowInt32(i, 1);
		wholes[i] = DatumGetQuantity(RowDatum(i, 2, NULL));
	}
	for (int i = 0; i < n && quantity > 0; i++)
	{
		Quantity	part = Min(quantity, wholes[i]);

		ShrinkFulfillment(order_id, numbers[i], line_no, part, wholes[i]);
		quantity -= part;
	}
	return quantity;
}

/*
 * CancelUnits counts units of a line as cancelled, of which some were
 * allocated.  They take along their part of the discount on the order.  What
 * is left of a line's share never exceeds what is left of its total, by which
 * rounding could pass it.
 */
static void
CancelUnits(int64 order_id, int line_no, Quantity quantity, Quantity allocated)
{
	static SavedPlan update = {
		"bigint, integer, oms.quantity, oms.quantity",
		"WITH old AS ("
		"    SELECT l.*, l.quantity - l.cancelled - $3 AS charged, "
		"           oms_internal.line_total(l.unit_price, l.quantity, l.cancelled + $3, l.discount, l.tax) AS new_total "
		"    FROM oms.order_lines l WHERE l.order_id = $1 AND l.line_no = $2), "
		"new AS ("
		"    SELECT old.*, s.part, least(s.part, greatest(new_total, s.part - s.part)) AS share "
		"    FROM old, LATERAL (SELECT oms_internal.amount_part(order_discount, charged, quantity) AS part) AS s), "
		"line AS ("
		"    UPDATE oms.order_lines l "
		"    SET cancelled = l.cancelled + $3, allocated = l.allocated - $4, "
		"        backordered = least(l.backordered, l.quantity - l.cancelled - l.allocated - ($3 - $4)), "
		"        order_discount = CASE WHEN n.share < n.part THEN oms_internal.amount_part(n.share, n.quantity, n.charged) "
		"                              ELSE l.order_discount END, "
		"        total = n.new_total "
		"    FROM new n WHERE l.order_id = $1 AND l.line_no = $2 "
		"    RETURNING oms_internal.amount_part(n.order_discount, n.charged + $3, n.quantity) - n.share AS taken) "
		"UPDATE oms.orders o SET discount = o.discount - l.taken, total = o.total + l.taken "
		"FROM line l WHERE o.order_id = $1 AND oms.sign(l.taken) <> 0"
	};
	Datum		values[4] = {Int64GetDatum(order_id), Int32GetDatum(line_no),
	QuantityGetDatum(quantity), QuantityGetDatum(allocated)};

	PlanRun(&update, values, NULL, false);
}

/*
 * OrderLineReduce cancels units of a line: raises OM008 if more are asked than
 * can be given up.  path names the line in the document; a line that does not
 * exist, or a quantity that is not sold, is added to the faults.  The caller holds the lock of the order's row
 * and calls OrderRetotal() and OrderSettle() after the last line.
 */
void
OrderLineReduce(int64 order_id, int line_no, Quantity quantity,
				const char *path, Faults *faults)
{
	static SavedPlan find = {
		"bigint, integer",
		"SELECT l.quantity - l.cancelled - l.allocated, s.code, "
		"       s.decimals "
		"FROM oms.order_lines l JOIN oms.skus s USING (sku_id) "
		"WHERE l.order_id = $1 AND l.line_no = $2"
	};
	Datum		values[2] = {Int64GetDatum(order_id), Int32GetDatum(line_no)};
	Sku			sku = {0};
	Quantity	open;
	Quantity	allocated;
	Quantity	left;

	if (PlanRun(&find, values, NULL, false) == 0)
	{
		FaultAdd(faults, psprintf("%s.line_no", path),
				 "order " INT64_FORMAT " has no line %d", order_id, line_no);
		return;
	}
	open = DatumGetQuantity(RowDatum(0, 1, NULL));
	sku.decimals = RowInt32(0, 3);
	if (quantity % SkuStep(&sku) != 0)
	{
		FaultAdd(faults, psprintf("%s.quantity", path),
				 "sku \"%s\" is sold in quantities of at most %d decimals, got %s",
				 RowText(0, 2), sku.decimals, QuantityToString(quantity));
		return;
	}
	allocated = Max(quantity - open, 0);
	left = TakeFromFulfillments(order_id, line_no, allocated);
	if (left > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_AMOUNT_EXCEEDED),
				 errmsg("cannot cancel %s of line %d of order " INT64_FORMAT,
						QuantityToString(quantity), line_no, order_id),
				 errdetail("Only %s can be cancelled; a location works on the rest, or it was shipped or cancelled.",
						   QuantityToString(quantity - left)),
				 errhint("Cancel less, or have the location reject what it works on with oms.reject().")));
	CancelUnits(order_id, line_no, quantity, allocated);
}

/*
 * OrderRetotal adds up an order after its lines have changed.  A discount on
 * the whole order never exceeds what it is a discount of.
 */
void
OrderRetotal(int64 order_id)
{
	static SavedPlan update = {
		"bigint",
		"UPDATE oms.orders o "
		"SET lines_total = d.lines_total, discount = d.discount, total = d.due - d.discount "
		"FROM (SELECT l.total AS lines_total, x.due, least(p.discount, x.due) AS discount "
		"      FROM oms.orders p, "
		"           (SELECT sum(total) AS total FROM oms.order_lines WHERE order_id = $1) AS l, "
		"           LATERAL (SELECT l.total + p.shipping_price + p.shipping_tax AS due) AS x "
		"      WHERE p.order_id = $1) AS d "
		"WHERE o.order_id = $1"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};

	PlanRun(&update, values, NULL, false);
}
