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
#include "charge.h"
#include "payment.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

/*
 * ReadShippingTax reads by which rate shipping was taxed, of the query of
 * ReadHeader().
 */
static void
ReadShippingTax(OrderDraft *draft)
{
	TaxRate    *rate = &draft->shipping_tax_rate;
	bool		excluded;
	bool		isnull;
	Datum		included_tax = RowDatum(0, 12, &excluded);
	Datum		number = RowDatum(0, 13, &isnull);

	if (isnull)
		return;
	rate->rate = DatumGetNumericCopy(number);
	rate->included = !excluded;
	rate->jurisdiction = RowText(0, 14);
	if (!excluded)
		draft->shipping_included_tax = DatumGetAmount(included_tax);
}

/*
 * ReadHeader fills a draft with what pricing needs of an order.
 */
static OrderDraft *
ReadHeader(int64 order_id)
{
	static SavedPlan read = {
		"bigint",
		"SELECT o.channel_id, o.currency, o.total, c.customer_group, o.ship_to, "
		"       o.shipping_price, o.shipping_tax, p.country, p.region, p.postcode, "
		"       coalesce(c.tax_exempt, false), o.shipping_included_tax, "
		"       o.shipping_tax_rate, o.shipping_tax_jurisdiction "
		"FROM oms.orders o LEFT JOIN oms.customers c USING (customer_id) "
		"     LEFT JOIN oms.locations p ON p.location_id = o.pickup_location_id "
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
	draft->total = DatumGetAmount(RowDatum(0, 3, NULL));
	draft->customer_group = RowText(0, 4);
	draft->shipping_price = DatumGetAmount(RowDatum(0, 6, NULL));
	draft->shipping_tax = DatumGetAmount(RowDatum(0, 7, NULL));
	draft->counter.country = RowText(0, 8);
	draft->counter.region = RowText(0, 9);
	draft->counter.postcode = RowText(0, 10);
	draft->tax_exempt = RowBool(0, 11);
	ReadShippingTax(draft);
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
	draft->tax_by_order = ChannelGet(draft->channel_id)->tax_by_order;
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
 * SetShipping writes what an edit says of shipping.
 */
static void
SetShipping(int64 order_id, const OrderDraft *draft)
{
	static SavedPlan update = {
		"bigint, oms.amount, oms.amount, integer, oms.amount, numeric, text",
		"UPDATE oms.orders "
		"SET service_id = coalesce($4, service_id), shipping_price = $2, shipping_tax = $3, "
		"    shipping_included_tax = $5, shipping_tax_rate = $6, shipping_tax_jurisdiction = $7, "
		"    discount = least(discount, lines_total + $2 + $3), "
		"    total = lines_total + $2 + $3 - least(discount, lines_total + $2 + $3) "
		"WHERE order_id = $1"
	};
	const TaxRate *rate = &draft->shipping_tax_rate;
	Params		params = {0};

	AddDatum(&params, Int64GetDatum(order_id));
	AddDatum(&params, AmountGetDatum(draft->shipping_price));
	AddDatum(&params, AmountGetDatum(draft->shipping_tax));
	AddId(&params, draft->service_id);
	AddNullable(&params, AmountGetDatum(draft->shipping_included_tax),
				!rate->included);
	AddNullable(&params, NumericGetDatum(rate->rate), rate->rate == NULL);
	AddText(&params, rate->jurisdiction);
	PlanRun(&update, params.values, params.nulls, false);
}

/*
 * TaxShipping sets the tax of shipping again, where its price was given or is
 * that of another service: as it is given, or by a rate, unless it was given
 * before.
 */
static void
TaxShipping(OrderDraft *draft, bool was_free)
{
	JsonbContainer *shipping = DocObject(draft->root, "shipping");

	draft->given_shipping_tax = DocNumeric(shipping, "tax");
	if (DocHas(shipping, "tax"))
		DraftMoney(draft, "$.shipping.tax", draft->given_shipping_tax,
				   &draft->shipping_tax);
	if (DocHas(shipping, "tax") || draft->shipping_tax_rate.rate != NULL ||
		was_free)
		DraftTaxShipping(draft);
}

/*
 * EditMoney replaces the service, price and tax of shipping and the discounts
 * on the order, and returns what these are to be.
 */
static Amount
EditMoney(int64 order_id, OrderDraft *draft)
{
	static SavedPlan clear = {
		"bigint",
		"DELETE FROM oms.order_adjustments WHERE order_id = $1"
	};
	JsonbContainer *shipping = DocObject(draft->root, "shipping");
	bool		was_free = AmountMinor(draft->shipping_price) == 0;
	Amount		discount = OrderDiscountRead(order_id);
	Datum		values[1] = {Int64GetDatum(order_id)};

	if (DocHas(shipping, "price"))
		DraftMoney(draft, "$.shipping.price", DocNumeric(shipping, "price"),
				   &draft->shipping_price);
	if (DocHas(shipping, "price") || DocHas(shipping, "tax"))
		TaxShipping(draft, was_free);
	DraftDiscountsRead(draft, DocArray(draft->root, "discounts"));
	OrderDraftRequire(draft);

	SetShipping(order_id, draft);
	if (!DocHas(draft->root, "discounts"))
		return discount;
	PlanRun(&clear, values, NULL, false);
	DiscountsInsert(order_id, draft);
	return DraftDiscountSum(draft);
}

/*
 * WeightLeft is the grams that the service of an order bills for all that is
 * not cancelled.
 */
static double
WeightLeft(int64 order_id, int32 service_id)
{
	static SavedPlan find = {
		"bigint",
		"SELECT s.code, l.quantity - l.cancelled "
		"FROM oms.order_lines l JOIN oms.skus s USING (sku_id) WHERE l.order_id = $1"
	};
	const ShippingService *service = ServiceGet(service_id);
	Datum		values[1] = {Int64GetDatum(order_id)};
	int			n = PlanRun(&find, values, NULL, false);
	char	  **codes = palloc(sizeof(char *) * Max(n, 1));
	Quantity   *quantities = palloc(sizeof(Quantity) * Max(n, 1));
	double		weight = 0;
	Sku		   *skus;

	for (int i = 0; i < n; i++)
	{
		codes[i] = RowText(i, 1);
		quantities[i] = DatumGetQuantity(RowDatum(i, 2, NULL));
	}
	skus = SkusFind(codes, n);
	for (int i = 0; i < n; i++)
		weight += ShippingWeightOf(service, &skus[i], quantities[i]);
	return weight;
}

/*
 * EditShipping sets the price of a service that was changed, from its rate
 * card, unless the edit gives it: as for a new order, for the weight of all
 * that is not cancelled and the longest way.  discount is that of the order.
 */
static void
EditShipping(int64 order_id, OrderDraft *draft, Amount discount)
{
	static SavedPlan farthest = {
		"bigint",
		"SELECT location_id, distance_m FROM oms.fulfillments "
		"WHERE order_id = $1 AND status NOT IN ('cancelled', 'rejected') "
		"ORDER BY distance_m DESC NULLS LAST, fulfillment_no LIMIT 1"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};
	int32		origin_location_id = 0;
	double		distance = -1;
	bool		was_free;

	if (draft->service_id == 0 ||
		DocHas(DocObject(draft->root, "shipping"), "price"))
		return;
	if (PlanRun(&farthest, values, NULL, false) > 0)
	{
		bool		isnull;
		Datum		value = RowDatum(0, 2, &isnull);

		origin_location_id = RowInt32(0, 1);
		if (!isnull)
			distance = DatumGetFloat8(value);
	}
	was_free = AmountMinor(draft->shipping_price) == 0;
	DraftShippingPrice(draft, origin_location_id, distance,
					   WeightLeft(order_id, draft->service_id));
	TaxShipping(draft, was_free);
	SetShipping(order_id, draft);
	OrderDiscountSet(order_id, discount);
}

/*
 * RequireDiscounts raises OM007 if the discounts of an edit exceed what they
 * are discounts of.
 */
static void
RequireDiscounts(int64 order_id, OrderDraft *draft)
{
	static SavedPlan find = {
		"bigint",
		"SELECT a.amount - o.discount "
		"FROM oms.orders o, "
		"     (SELECT sum(amount) AS amount FROM oms.order_adjustments WHERE order_id = $1) AS a "
		"WHERE o.order_id = $1 AND a.amount > o.discount"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};

	if (!DocHas(draft->root, "discounts") ||
		PlanRun(&find, values, NULL, false) == 0)
		return;
	FaultAdd(&draft->faults, "$.discounts",
			 "must not exceed the total of the order, exceed it by %s",
			 AmountToString(DatumGetAmount(RowDatum(0, 1, NULL))));
	OrderDraftRequire(draft);
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
 * EditBody: see oms_edit_order.  What could not be sourced before the edit is
 * no reason to refuse it, unless it asks for more.
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
	Amount		total;
	Amount		discount;
	bool		was_short;
	bool		grown;

	RequireEditable(order_id, status);
	draft = ReadHeader(order_id);
	draft->root = root;
	DraftServiceRead(draft, DocText(DocObject(draft->root, "shipping"), "service"));
	DraftLinesRead(draft, DocArray(root, "lines"));
	if (draft->unknown.count > 0)
		OrderDraftRequire(draft);
	total = draft->total;
	if (resource)
		LockStock(order_id, draft);
	was_short = OrderIsShort(order_id);
	EventAppend(order_id, "order.edited", 0, document);
	EditAddress(order_id, status, draft);
	grown = OrderEditLines(order_id, draft);
	discount = EditMoney(order_id, draft);
	EditRest(order_id, draft);
	OrderRetotal(order_id);
	if (resource || DocHas(root, "shipping") || DocHas(root, "discounts"))
		OrderDiscountSet(order_id, discount);
	RequireDiscounts(order_id, draft);
	if (resource)
		OrderRouteOpen(order_id, 0, was_short && !grown);
	EditShipping(order_id, draft, discount);
	OrderRecharged(order_id, total);
	if (OrderTotal(order_id) > total)
		OrderRequireCredit(order_id);
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
