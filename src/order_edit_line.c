/*
 * order_edit_line.c
 *		Changes the lines of an order: fewer units, more, new ones, prices.
 *
 * A quantity is what is to be left of the line, so is what is given for its
 * discount and tax.  The line itself keeps what was ordered, what of it was
 * cancelled, and discount and tax for all of it (see order_line.c).
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/*
 * GrowLine sets a higher quantity of a line; tax grows in proportion, until
 * OrderRetax().
 */
static void
GrowLine(int64 order_id, int line_no, Quantity more)
{
	static SavedPlan update = {
		"bigint, integer, oms.quantity",
		"UPDATE oms.order_lines l "
		"SET quantity = l.quantity + $3, tax = t.tax, included_tax = t.included_tax, "
		"    total = oms_internal.line_total(l.unit_price, l.quantity + $3, l.cancelled, l.discount, t.tax) "
		"FROM oms.order_lines o, "
		"     LATERAL (SELECT (o.quantity + $3) / o.quantity AS growth) AS g, "
		"     LATERAL (SELECT o.tax * g.growth AS tax, o.included_tax * g.growth AS included_tax) AS t "
		"WHERE l.order_id = $1 AND l.line_no = $2 AND o.order_id = $1 AND o.line_no = $2"
	};
	Datum		values[3] = {Int64GetDatum(order_id), Int32GetDatum(line_no),
	QuantityGetDatum(more)};

	PlanRun(&update, values, NULL, false);
}

/*
 * RepriceLine sets the price, discount, tax and metadata that a line gives.
 * Tax that is not given keeps its share of the price, until OrderRetax().
 */
static void
RepriceLine(int64 order_id, int line_no, OrderDraft *draft,
			JsonbContainer *item, const char *path)
{
	static SavedPlan update = {
		"bigint, integer, numeric, oms.amount, oms.amount, jsonb",
		"WITH line AS ("
		"    SELECT *, tax - tax AS none, "
		"           CASE WHEN quantity > cancelled THEN quantity / (quantity - cancelled) ELSE 1 END AS whole "
		"    FROM oms.order_lines WHERE order_id = $1 AND line_no = $2), "
		"given AS ("
		"    SELECT *, coalesce($3, unit_price) AS new_price, coalesce($4 * whole, discount) AS new_discount "
		"    FROM line), "
		"goods AS ("
		"    SELECT *, oms_internal.line_total(unit_price, quantity, '0', discount, none) AS goods, "
		"           oms_internal.line_total(new_price, quantity, '0', new_discount, none) AS new_goods "
		"    FROM given), "
		"taxed AS ("
		"    SELECT *, coalesce($5 * whole, tax * share) AS new_tax, "
		"           CASE WHEN $5 IS NULL THEN included_tax * share END AS new_included_tax "
		"    FROM goods, "
		"         LATERAL (SELECT CASE WHEN oms.sign(goods) > 0 THEN new_goods / goods ELSE 1 END AS share) AS s) "
		"UPDATE oms.order_lines l "
		"SET unit_price = t.new_price, discount = t.new_discount, tax = t.new_tax, "
		"    included_tax = t.new_included_tax, "
		"    tax_rate = CASE WHEN $5 IS NULL THEN l.tax_rate END, "
		"    tax_jurisdiction = CASE WHEN $5 IS NULL THEN l.tax_jurisdiction END, metadata = coalesce($6, l.metadata), "
		"    total = oms_internal.line_total(t.new_price, t.quantity, t.cancelled, t.new_discount, t.new_tax) "
		"FROM taxed t "
		"WHERE l.order_id = $1 AND l.line_no = $2 "
		"RETURNING oms.sign(t.new_goods) < 0"
	};
	Numeric		price = DocNumeric(item, "unit_price");
	Numeric		discount = DocNumeric(item, "discount");
	Numeric		tax = DocNumeric(item, "tax");
	Amount		amount;
	Params		params = {0};

	if (price == NULL && discount == NULL && tax == NULL &&
		!DocHas(item, "metadata"))
		return;
	AddDatum(&params, Int64GetDatum(order_id));
	AddDatum(&params, Int32GetDatum(line_no));
	AddNullable(&params, NumericGetDatum(price), price == NULL);
	DraftMoney(draft, psprintf("%s.discount", path), discount, &amount);
	AddNullable(&params, AmountGetDatum(amount), discount == NULL);
	DraftMoney(draft, psprintf("%s.tax", path), tax, &amount);
	AddNullable(&params, AmountGetDatum(amount), tax == NULL);
	AddJsonb(&params, DocJsonb(item, "metadata"));
	PlanRun(&update, params.values, params.nulls, false);
	if (RowBool(0, 1))
		FaultAdd(&draft->faults, psprintf("%s.discount", path),
				 "must not exceed the price of the line");
}

/*
 * EditLine changes one line of the order and tells whether it has grown.
 */
static bool
EditLine(int64 order_id, OrderDraft *draft, JsonbContainer *item,
		 const char *path)
{
	static SavedPlan find = {
		"bigint, integer",
		"SELECT l.quantity - l.cancelled, s.code "
		"FROM oms.order_lines l JOIN oms.skus s USING (sku_id) "
		"WHERE l.order_id = $1 AND l.line_no = $2"
	};
	int			line_no = DocInteger(item, "line_no", 0);
	Datum		values[2] = {Int64GetDatum(order_id), Int32GetDatum(line_no)};
	Quantity	charged;
	DraftLine	line = {0};

	if (PlanRun(&find, values, NULL, false) == 0)
	{
		FaultAdd(&draft->faults, psprintf("%s.line_no", path),
				 "order " INT64_FORMAT " has no line %d", order_id, line_no);
		return false;
	}
	charged = DatumGetQuantity(RowDatum(0, 1, NULL));
	line.sku = SkuRequire(RowText(0, 2));
	if (!DraftLineQuantity(draft, item, path, &line))
		return false;
	if (line.quantity < charged)
		OrderLineReduce(order_id, line_no, charged - line.quantity, path,
						&draft->faults);
	else if (line.quantity > charged)
		GrowLine(order_id, line_no, line.quantity - charged);
	RepriceLine(order_id, line_no, draft, item, path);
	return line.quantity > charged;
}

/*
 * AddLines adds new lines; OrderRouteOpen() sources them.
 */
static void
AddLines(int64 order_id, OrderDraft *draft)
{
	static SavedPlan last = {
		"bigint",
		"SELECT max(line_no) FROM oms.order_lines WHERE order_id = $1"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};
	Quantity   *open;
	int			first;

	PlanRun(&last, values, NULL, false);
	first = RowInt32(0, 1) + 1;
	if (first + draft->line_count - 1 > ORDER_LINES_MAX)
		FaultAdd(&draft->faults, "$.lines",
				 "must leave the order at most %d lines, cancelled ones included",
				 ORDER_LINES_MAX);
	OrderDraftPrice(draft);
	OrderDraftRequire(draft);
	OrderDraftTotal(draft);
	open = palloc(sizeof(Quantity) * draft->line_count);
	for (int i = 0; i < draft->line_count; i++)
		open[i] = draft->lines[i].quantity;
	OrderLinesInsert(order_id, draft, first, open, NULL);
}

/*
 * IsRepeated tells whether an array of lines has the number of its element n
 * before it.
 */
static bool
IsRepeated(const int *line_nos, int n)
{
	for (int i = 0; i < n; i++)
		if (line_nos[i] == line_nos[n])
			return true;
	return false;
}

/*
 * OrderEditLines changes and adds lines as the document of a draft says, of
 * which DraftLinesRead() has read the new ones.  Tells whether units are
 * asked for that were not before; they are not sourced yet.
 */
bool
OrderEditLines(int64 order_id, OrderDraft *draft)
{
	JsonbContainer *lines = DocArray(draft->root, "lines");
	int			n = DocCount(lines);
	int		   *line_nos = palloc(sizeof(int) * Max(n, 1));
	bool		grown = draft->line_count > 0;

	for (int i = 0; i < n; i++)
	{
		JsonbContainer *item = DocItem(lines, i);
		char	   *path = psprintf("$.lines[%d]", i);

		line_nos[i] = DocInteger(item, "line_no", -i);
		if (!DocHas(item, "line_no"))
			continue;
		if (IsRepeated(line_nos, i))
			FaultAdd(&draft->faults, psprintf("%s.line_no", path),
					 "is given twice");
		else
			grown = EditLine(order_id, draft, item, path) || grown;
	}
	OrderDraftRequire(draft);
	if (draft->line_count > 0)
		AddLines(order_id, draft);
	if (n > 0)
		OrderRetax(order_id, draft->tax_by_order);
	return grown;
}
