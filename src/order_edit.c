/*
 * order_edit.c
 *		Changes an order that has not left yet.
 *
 * A lower quantity of a line cancels units of it; a higher one, and a new
 * line, are sourced like an order, and refused like one.  A new address takes
 * back what no location has started on and sources it anew.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

/*
 * ReadHeader fills a draft with what pricing needs of an order.
 */
static OrderDraft *
ReadHeader(int64 order_id)
{
	static SavedPlan read = {
		"bigint",
		"SELECT o.channel_id, o.currency, o.placed_at, c.customer_group, o.ship_to, "
		"       o.shipping_price, o.shipping_tax "
		"FROM oms.orders o LEFT JOIN oms.customers c USING (customer_id) "
		"WHERE o.order_id = $1"
	};
	OrderDraft *draft = palloc0(sizeof(OrderDraft));
	Datum		values[1] = {Int64GetDatum(order_id)};
	char	   *currency;
	Datum		ship_to;
	bool		nowhere;

	FaultsInit(&draft->faults);
	FaultsInit(&draft->unknown);
	PlanRun(&read, values, NULL, false);
	draft->channel_id = RowInt32(0, 1);
	currency = RowText(0, 2);
	draft->currency = CurrencyFromCode(currency, strlen(currency));
	draft->placed_at = PresentTime();
	draft->customer_group = RowText(0, 4);
	draft->shipping_price = DatumGetAmount(RowDatum(0, 6, NULL));
	draft->shipping_tax = DatumGetAmount(RowDatum(0, 7, NULL));
	ship_to = RowDatum(0, 5, &nowhere);
	if (!nowhere)
	{
		draft->destination.address = DatumGetJsonbPCopy(ship_to);
		draft->destination.country =
			DocText(&draft->destination.address->root, "country");
		draft->destination.region =
			DocText(&draft->destination.address->root, "region");
		draft->destination.postcode =
			DocText(&draft->destination.address->root, "postcode");
	}
	return draft;
}

/*
 * RequireEditable raises OM002 for an order of which something has left.
 */
static void
RequireEditable(int64 order_id, Status status)
{
	if (status > ORDER_IN_FULFILLMENT)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_INVALID_TRANSITION),
				 errmsg("cannot edit order " INT64_FORMAT " in state \"%s\"",
						order_id, StatusName(status)),
				 errdetail("An order can be edited until something of it has left."),
				 errhint("Place another order, or cancel lines that have not left with oms.cancel_order().")));
}

/*
 * EditAddress moves the order: what no location has started on is taken back,
 * to be sourced for the new address.  The order is held while that is not on
 * the map.
 */
static void
EditAddress(int64 order_id, Status status, OrderDraft *draft)
{
	static SavedPlan update = {
		"bigint, jsonb, float8, float8",
		"UPDATE oms.orders "
		"SET ship_to = $2, destination = oms_internal.make_point($3, $4) "
		"WHERE order_id = $1"
	};
	static SavedPlan take_back = {
		"bigint",
		"UPDATE oms.fulfillments SET status = 'cancelled', status_reason = 'new address' "
		"WHERE order_id = $1 AND status IN ('planned', 'released')"
	};
	JsonbContainer *ship_to = DocObject(draft->root, "ship_to");
	Destination *destination = &draft->destination;
	Params		params = {0};

	if (ship_to == NULL)
		return;
	DestinationRead(ship_to, DocJsonb(draft->root, "ship_to"), destination);
	AddDatum(&params, Int64GetDatum(order_id));
	AddJsonb(&params, destination->address);
	AddNullable(&params, Float8GetDatum(destination->latitude),
				!destination->has_point);
	AddNullable(&params, Float8GetDatum(destination->longitude),
				!destination->has_point);
	PlanRun(&update, params.values, params.nulls, false);
	PlanRun(&take_back, params.values, NULL, false);
	if (destination->has_point)
		HoldEnd(order_id, HOLD_ADDRESS);
	else if (OrderMayBeHeld(status) && !HoldIsOpen(order_id, HOLD_ADDRESS))
		HoldAdd(order_id, HOLD_ADDRESS, NOT_ON_MAP);
}

/*
 * GrowLine sets a higher quantity of a line; tax that is not given grows in
 * proportion.
 */
static void
GrowLine(int64 order_id, int line_no, Quantity more)
{
	static SavedPlan update = {
		"bigint, integer, oms.quantity",
		"UPDATE oms.order_lines l "
		"SET quantity = l.quantity + $3, tax = t.tax, "
		"    total = oms_internal.line_total(l.unit_price, l.quantity + $3, l.cancelled, l.discount, t.tax) "
		"FROM oms.order_lines o, "
		"     LATERAL (SELECT o.tax * ((o.quantity + $3) / o.quantity) AS tax) AS t "
		"WHERE l.order_id = $1 AND l.line_no = $2 AND o.order_id = $1 AND o.line_no = $2"
	};
	Datum		values[3] = {Int64GetDatum(order_id), Int32GetDatum(line_no),
	QuantityGetDatum(more)};

	PlanRun(&update, values, NULL, false);
}

/*
 * RepriceLine sets the price, discount and tax that a changed line gives.
 */
static void
RepriceLine(int64 order_id, int line_no, OrderDraft *draft,
			JsonbContainer *item, const char *path)
{
	static SavedPlan update = {
		"bigint, integer, numeric, oms.amount, oms.amount",
		"UPDATE oms.order_lines "
		"SET unit_price = coalesce($3, unit_price), discount = coalesce($4, discount), "
		"    tax = coalesce($5, tax), "
		"    total = oms_internal.line_total(coalesce($3, unit_price), quantity, cancelled, "
		"                                    coalesce($4, discount), coalesce($5, tax)) "
		"WHERE order_id = $1 AND line_no = $2"
	};
	Numeric		price = DocNumeric(item, "unit_price");
	Numeric		discount = DocNumeric(item, "discount");
	Numeric		tax = DocNumeric(item, "tax");
	Amount		amount;
	Params		params = {0};

	if (price == NULL && discount == NULL && tax == NULL)
		return;
	AddDatum(&params, Int64GetDatum(order_id));
	AddDatum(&params, Int32GetDatum(line_no));
	AddNullable(&params, NumericGetDatum(price), price == NULL);
	DraftMoney(draft, psprintf("%s.discount", path), discount, &amount);
	AddNullable(&params, AmountGetDatum(amount), discount == NULL);
	DraftMoney(draft, psprintf("%s.tax", path), tax, &amount);
	AddNullable(&params, AmountGetDatum(amount), tax == NULL);
	PlanRun(&update, params.values, params.nulls, false);
}

/*
 * EditLine changes one line of the order.
 */
static void
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
	Quantity	wanted = 0;

	if (PlanRun(&find, values, NULL, false) == 0)
	{
		FaultAdd(&draft->faults, psprintf("%s.line_no", path),
				 "order " INT64_FORMAT " has no line %d", order_id, line_no);
		return;
	}
	charged = DatumGetQuantity(RowDatum(0, 1, NULL));
	DocQuantity(item, "quantity", &wanted);
	SkuRequireStep(SkuRequire(RowText(0, 2)), wanted, "quantity");
	if (wanted < charged)
		OrderLineReduce(order_id, line_no, charged - wanted, path,
						&draft->faults);
	else if (wanted > charged)
		GrowLine(order_id, line_no, wanted - charged);
	RepriceLine(order_id, line_no, draft, item, path);
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

	if (draft->line_count == 0)
		return;
	OrderDraftPrice(draft);
	OrderDraftRequire(draft);
	OrderDraftTotal(draft);
	open = palloc(sizeof(Quantity) * draft->line_count);
	for (int i = 0; i < draft->line_count; i++)
		open[i] = draft->lines[i].quantity;
	PlanRun(&last, values, NULL, false);
	OrderLinesInsert(order_id, draft, RowInt32(0, 1) + 1, open);
}

/*
 * EditLines changes and adds lines as the document says.
 */
static void
EditLines(int64 order_id, OrderDraft *draft)
{
	JsonbContainer *lines = DocArray(draft->root, "lines");

	if (lines == NULL)
		return;
	for (int i = 0; i < DocCount(lines); i++)
	{
		JsonbContainer *item = DocItem(lines, i);

		if (DocHas(item, "line_no"))
			EditLine(order_id, draft, item, psprintf("$.lines[%d]", i));
	}
	AddLines(order_id, draft);
}

/*
 * EditMoney replaces the price of shipping and the discounts on the order.
 */
static void
EditMoney(int64 order_id, OrderDraft *draft)
{
	static SavedPlan update = {
		"bigint, oms.amount, oms.amount",
		"UPDATE oms.orders "
		"SET shipping_price = $2, shipping_tax = $3, "
		"    discount = least(discount, lines_total + $2 + $3), "
		"    total = lines_total + $2 + $3 - least(discount, lines_total + $2 + $3) "
		"WHERE order_id = $1"
	};
	static SavedPlan clear = {
		"bigint",
		"DELETE FROM oms.order_adjustments WHERE order_id = $1"
	};
	JsonbContainer *shipping = DocObject(draft->root, "shipping");
	Params		params = {0};

	if (DocHas(shipping, "price"))
		DraftMoney(draft, "$.shipping.price", DocNumeric(shipping, "price"),
				   &draft->shipping_price);
	if (DocHas(shipping, "tax"))
		DraftMoney(draft, "$.shipping.tax", DocNumeric(shipping, "tax"),
				   &draft->shipping_tax);
	DraftDiscountsRead(draft, DocArray(draft->root, "discounts"));
	OrderDraftRequire(draft);

	AddDatum(&params, Int64GetDatum(order_id));
	AddDatum(&params, AmountGetDatum(draft->shipping_price));
	AddDatum(&params, AmountGetDatum(draft->shipping_tax));
	PlanRun(&update, params.values, params.nulls, false);
	if (!DocHas(draft->root, "discounts"))
		return;
	PlanRun(&clear, params.values, NULL, false);
	DiscountsInsert(order_id, draft);
}

/*
 * EditRest replaces what has no consequences.
 */
static void
EditRest(int64 order_id, const OrderDraft *draft)
{
	static SavedPlan update = {
		"bigint, jsonb, jsonb",
		"UPDATE oms.orders "
		"SET bill_to = coalesce($2, bill_to), metadata = coalesce($3, metadata) "
		"WHERE order_id = $1"
	};
	Params		params = {0};

	AddDatum(&params, Int64GetDatum(order_id));
	AddJsonb(&params, DocJsonb(draft->root, "bill_to"));
	AddJsonb(&params, DocJsonb(draft->root, "metadata"));
	PlanRun(&update, params.values, params.nulls, false);
}

/*
 * HoldUncovered holds an order that has been confirmed and costs more now
 * than its payments cover.
 */
static void
HoldUncovered(int64 order_id)
{
	static SavedPlan find = {
		"bigint",
		"SELECT FROM oms.orders o "
		"WHERE o.order_id = $1 AND NOT o.on_terms "
		"      AND o.status IN ('confirmed', 'in_fulfillment') "
		"      AND NOT oms_internal.is_covered(o.order_id, o.total) "
		"      AND NOT EXISTS (SELECT FROM oms.order_holds h "
		"                      WHERE h.order_id = $1 AND h.kind = '" HOLD_UNCOVERED "' "
		"                            AND h.released_at IS NULL)"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};

	if (PlanRun(&find, values, NULL, false) > 0)
		HoldAdd(order_id, HOLD_UNCOVERED, "payments do not cover the total");
}

/*
 * LockStock locks all the stock that an edit can touch, of new lines too.
 */
static void
LockStock(int64 order_id, const OrderDraft *draft)
{
	int64	   *sku_ids;
	int			n = 0;

	for (int i = 0; i < draft->line_count; i++)
		n += draft->lines[i].sku->part_count;
	sku_ids = palloc(sizeof(int64) * Max(n, 1));
	n = 0;
	for (int i = 0; i < draft->line_count; i++)
		for (int p = 0; p < draft->lines[i].sku->part_count; p++)
			sku_ids[n++] = draft->lines[i].sku->parts[p].sku_id;
	OrdersLockStock(&order_id, 1, sku_ids, n);
}

/*
 * EditBody: see oms_edit_order.
 */
static Datum
EditBody(FunctionCallInfo fcinfo)
{
	int64		order_id = PG_GETARG_INT64(0);
	Jsonb	   *document = PG_GETARG_JSONB_P(1);
	JsonbContainer *root = DocumentRequire(document, &OrderEditDocument);
	bool		resource = DocHas(root, "lines") || DocHas(root, "ship_to");
	Status		status = OrderLock(order_id);
	OrderDraft *draft;

	RequireEditable(order_id, status);
	draft = ReadHeader(order_id);
	draft->root = root;
	DraftLinesRead(draft, DocArray(root, "lines"));
	OrderDraftRequire(draft);
	if (resource)
		LockStock(order_id, draft);
	EventAppend(order_id, "order.edited", 0, document);
	EditAddress(order_id, status, draft);
	EditLines(order_id, draft);
	EditMoney(order_id, draft);
	EditRest(order_id, draft);
	OrderRetotal(order_id);
	if (resource)
		OrderRouteOpen(order_id, 0, false);
	HoldUncovered(order_id);
	OrderSettle(order_id);
	PG_RETURN_STATUS(OrderLock(order_id));
}

PG_FUNCTION_INFO_V1(oms_edit_order);

/*
 * oms_edit_order(order_id, document, reference) changes an order and returns
 * its status.
 */
Datum
oms_edit_order(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, EditBody);
}
