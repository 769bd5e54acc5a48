/*
 * order_draft.c
 *		Reads an order document and finds all that it refers to.
 *
 * Reading goes on after a fault, so that the caller learns of all of them at
 * once: first what is wrong with the form of the document, then every code
 * that does not exist, then what only shows with the codes resolved.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

/* Most base units on a line, as for quantities in documents */
#define LINE_QUANTITY_MAX	(INT64CONST(1000000000) * QUANTITY_SCALE)

/*
 * DraftMoney converts money of the document into the order's currency, or
 * adds a fault.  A NULL is zero.
 */
bool
DraftMoney(OrderDraft *draft, const char *path, Numeric given, Amount *amount)
{
	const char *fault;

	*amount = AmountMake(draft->currency, 0);
	if (given == NULL)
		return true;
	if (AmountParseNumeric(given, draft->currency, amount, &fault))
		return true;
	FaultAdd(&draft->faults, path, "%s", fault);
	return false;
}

/*
 * DraftUnknown adds a code that does not exist.
 */
void
DraftUnknown(OrderDraft *draft, const char *path, const char *kind,
			 const char *code)
{
	FaultAdd(&draft->unknown, path, "no %s has the code \"%s\"", kind, code);
}

/*
 * ResolvePlaces looks up the locations that a document names: where the
 * customer fetches the order, and where it must ship from.
 */
static void
ResolvePlaces(OrderDraft *draft, const char *pickup, const char *ship_from)
{
	static SavedPlan find = {
		"text, text",
		"SELECT p.location_id, p.pickup AND p.active, f.location_id, "
		"       p.country, p.region, p.postcode "
		"FROM (SELECT) AS one "
		"     LEFT JOIN oms.locations p ON p.code = $1 "
		"     LEFT JOIN oms.locations f ON f.code = $2"
	};
	Params		params = {0};

	if (pickup == NULL && ship_from == NULL)
		return;
	AddText(&params, pickup);
	AddText(&params, ship_from);
	PlanRun(&find, params.values, params.nulls, false);
	draft->rules.pickup_location_id = RowInt32(0, 1);
	draft->rules.ship_from_location_id = RowInt32(0, 3);
	draft->counter.country = RowText(0, 4);
	draft->counter.region = RowText(0, 5);
	draft->counter.postcode = RowText(0, 6);

	if (pickup != NULL && draft->rules.pickup_location_id == 0)
		DraftUnknown(draft, "$.fulfillment.pickup_location", "location", pickup);
	else if (pickup != NULL && !RowBool(0, 2))
		FaultAdd(&draft->faults, "$.fulfillment.pickup_location",
				 "location \"%s\" does not offer pickup", pickup);
	if (ship_from != NULL && draft->rules.ship_from_location_id == 0)
		DraftUnknown(draft, "$.fulfillment.ship_from", "location", ship_from);
}

/*
 * ReadExisting reads an order that has the reference of the document.
 */
static bool
ReadExisting(void *context, const Datum *values, const bool *nulls)
{
	OrderDraft *draft = context;

	draft->existing_order_id = DatumGetInt64(values[0]);
	draft->existing_hash = nulls[1] ? 0 : DatumGetInt64(values[1]);
	return false;
}

/*
 * OrderDraftExists looks whether there is an order of the draft's reference,
 * and tells what it was placed by.
 */
bool
OrderDraftExists(OrderDraft *draft)
{
	static StoreTable orders = {
		"orders",
		"order_id bigint, document_hash bigint"
	};
	static StoreIndex by_reference = {
		"orders_reference_key", "channel_id, reference", "integer, text", 2
	};
	Datum		keys[2] = {Int32GetDatum(draft->channel_id),
	CStringGetTextDatum(draft->reference)};

	return TableFind(&orders, &by_reference, keys, ReadExisting, draft) > 0;
}

/*
 * ResolveCodes looks up channel and service, and whether there is an order of
 * this reference already.
 */
static void
ResolveCodes(OrderDraft *draft, const char *service)
{
	const Channel *channel = ChannelFind(draft->channel);

	if (channel == NULL)
		DraftUnknown(draft, "$.channel", "channel", draft->channel);
	else
	{
		draft->channel_id = draft->rules.channel_id = channel->channel_id;
		if (draft->currency == 0)
			draft->currency = channel->currency;
		draft->tax_by_order = channel->tax_by_order;
		OrderDraftExists(draft);
	}
	DraftServiceRead(draft, service);
}

/*
 * ReadCustomer reads the buyer.
 */
static bool
ReadCustomer(void *context, const Datum *values, const bool *nulls)
{
	OrderDraft *draft = context;

	draft->customer_id = DatumGetInt64(values[0]);
	draft->customer_group = nulls[1] ? NULL : TextDatumGetCString(values[1]);
	draft->on_terms = !nulls[2];
	draft->tax_exempt = DatumGetBool(values[3]);
	return false;
}

/*
 * FindCustomer looks up the buyer: by reference, or as a guest by e-mail.
 */
static void
FindCustomer(OrderDraft *draft, JsonbContainer *customer)
{
	static StoreTable customers = {
		"customers",
		"customer_id bigint, customer_group text, payment_terms_days integer, "
		"tax_exempt boolean"
	};
	static StoreIndex by_reference = {
		"customers_reference_key", "reference", "text", 1
	};
	static SavedPlan by_email = {
		"text",
		"SELECT customer_id, customer_group, payment_terms_days IS NOT NULL, "
		"       tax_exempt "
		"FROM oms.customers WHERE lower(email) = lower($1) AND reference IS NULL"
	};
	char	   *reference = DocText(customer, "reference");
	char	   *email = DocText(customer, "email");
	Datum		values[1];

	if (reference == NULL && email == NULL)
		return;
	values[0] = CStringGetTextDatum(reference != NULL ? reference : email);
	if (reference != NULL)
	{
		TableFind(&customers, &by_reference, values, ReadCustomer, draft);
		return;
	}
	if (PlanRun(&by_email, values, NULL, false) == 0)
		return;
	draft->customer_id = RowInt64(0, 1);
	draft->customer_group = RowText(0, 2);
	draft->on_terms = RowBool(0, 3);
	draft->tax_exempt = RowBool(0, 4);
}

/*
 * PlacePostcode puts a destination on the map by country and postcode.
 */
static void
PlacePostcode(Destination *destination)
{
	static SavedPlan find = {
		"text, text",
		"SELECT oms_internal.point_lat(p.point), oms_internal.point_lon(p.point) "
		"FROM oms_internal.find_postcode($1, $2) AS p(point) "
		"WHERE p.point IS NOT NULL"
	};
	Datum		values[2];

	if (destination->country == NULL || destination->postcode == NULL)
		return;
	values[0] = CStringGetTextDatum(destination->country);
	values[1] = CStringGetTextDatum(destination->postcode);
	if (PlanRun(&find, values, NULL, false) == 0)
		return;
	destination->has_point = true;
	destination->latitude = DatumGetFloat8(RowDatum(0, 1, NULL));
	destination->longitude = DatumGetFloat8(RowDatum(0, 2, NULL));
}

/*
 * DestinationRead reads ship_to, NULL if there is none, and puts it on the
 * map by its own position or its postcode.
 */
void
DestinationRead(JsonbContainer *ship_to, Jsonb *address,
				Destination *destination)
{
	memset(destination, 0, sizeof(Destination));
	if (ship_to == NULL)
		return;
	destination->address = address;
	destination->country = DocText(ship_to, "country");
	destination->region = DocText(ship_to, "region");
	destination->postcode = DocText(ship_to, "postcode");
	destination->latitude = DocDouble(ship_to, "lat");
	destination->longitude = DocDouble(ship_to, "lon");
	destination->has_point = !isnan(destination->latitude) &&
		!isnan(destination->longitude);
	if (!destination->has_point)
		PlacePostcode(destination);
}

/*
 * InBaseUnits multiplies a line's quantity by the size of the unit that it
 * names, or adds a fault.
 */
static bool
InBaseUnits(OrderDraft *draft, const char *path, const char *unit,
			DraftLine *line)
{
	Quantity	size;
	int128		quantity;

	if (line->sku->units == NULL ||
		!DocQuantity(&line->sku->units->root, unit, &size))
	{
		FaultAdd(&draft->faults, psprintf("%s.unit", path),
				 "sku \"%s\" has no unit \"%s\"", line->sku->code, unit);
		return false;
	}
	quantity = (int128) line->quantity * size / QUANTITY_SCALE;
	if (quantity > LINE_QUANTITY_MAX)
	{
		FaultAdd(&draft->faults, psprintf("%s.quantity", path),
				 "is too large in base units");
		return false;
	}
	line->quantity = (Quantity) quantity;
	return true;
}

/*
 * DraftLineQuantity reads the quantity of a line whose SKU is set, in base
 * units.  Adds a fault and returns false if it cannot be sold so.
 */
bool
DraftLineQuantity(OrderDraft *draft, JsonbContainer *item, const char *path,
				  DraftLine *line)
{
	char	   *unit = DocText(item, "unit");

	DocQuantity(item, "quantity", &line->quantity);
	if (unit != NULL && !InBaseUnits(draft, path, unit, line))
		return false;
	if (line->quantity % SkuStep(line->sku) == 0)
		return true;
	FaultAdd(&draft->faults, psprintf("%s.quantity", path),
			 "sku \"%s\" is sold in quantities of at most %d decimals, got %s",
			 line->sku->code, line->sku->decimals,
			 QuantityToString(line->quantity));
	return false;
}

/*
 * ReadLine reads a line whose SKU has been looked up.
 */
static void
ReadLine(OrderDraft *draft, JsonbContainer *item, const char *path,
		 const Sku *sku, DraftLine *line)
{
	memset(line, 0, sizeof(DraftLine));
	line->sku = sku;
	line->unit_price = DocNumeric(item, "unit_price");
	line->given_discount = DocNumeric(item, "discount");
	line->given_tax = DocNumeric(item, "tax");
	line->metadata = DocJsonb(item, "metadata");

	if (sku->sku_id == 0)
	{
		DraftUnknown(draft, psprintf("%s.sku", path), "sku", sku->code);
		return;
	}
	if (!sku->active)
		FaultAdd(&draft->faults, psprintf("%s.sku", path),
				 "sku \"%s\" is not active", sku->code);
	DraftLineQuantity(draft, item, path, line);
}

/*
 * DraftLinesRead reads an array of lines; those without a SKU (changes of
 * existing lines) are left out.
 */
void
DraftLinesRead(OrderDraft *draft, JsonbContainer *lines)
{
	int			n = lines == NULL ? 0 : DocCount(lines);
	char	  **codes = palloc(sizeof(char *) * Max(n, 1));
	int		   *index = palloc(sizeof(int) * Max(n, 1));
	int			count = 0;
	Sku		   *skus;

	for (int i = 0; i < n; i++)
	{
		char	   *code = DocText(DocItem(lines, i), "sku");

		if (code == NULL)
			continue;
		codes[count] = code;
		index[count++] = i;
	}
	draft->line_count = count;
	draft->lines = palloc0(sizeof(DraftLine) * Max(count, 1));
	if (count == 0)
		return;
	skus = SkusFind(codes, count);
	for (int i = 0; i < count; i++)
		ReadLine(draft, DocItem(lines, index[i]),
				 psprintf("$.lines[%d]", index[i]), &skus[i],
				 &draft->lines[i]);
}

/*
 * DraftDiscountsRead reads discounts on the whole order.
 */
void
DraftDiscountsRead(OrderDraft *draft, JsonbContainer *discounts)
{
	int			n = discounts == NULL ? 0 : DocCount(discounts);

	draft->discount_count = n;
	draft->discounts = palloc0(sizeof(DraftDiscount) * Max(n, 1));
	for (int i = 0; i < n; i++)
	{
		JsonbContainer *item = DocItem(discounts, i);

		draft->discounts[i].code = DocText(item, "code");
		DraftMoney(draft, psprintf("$.discounts[%d].amount", i),
				   DocNumeric(item, "amount"), &draft->discounts[i].amount);
	}
}

/*
 * ReadRules reads how the order is to be sourced.
 */
static void
ReadRules(OrderDraft *draft, JsonbContainer *options)
{
	Destination *destination = &draft->destination;

	draft->strategy = DocText(options, "strategy");
	draft->has_deliver_by = DocDate(options, "deliver_by", &draft->deliver_by);
	draft->rules.allow_split = DocBool(options, "allow_split", true);
	draft->rules.allow_backorder = DocBool(options, "allow_backorder", false);
	draft->rules.priority = DocInteger(options, "priority", 0);
	draft->rules.placed_at = draft->placed_at;
	draft->rules.strategy = RouteStrategyFromName(draft->strategy);
	draft->rules.has_deliver_by = draft->has_deliver_by;
	draft->rules.deliver_by = draft->deliver_by;
	draft->rules.service_id = draft->service_id;
	draft->rules.currency = draft->currency;
	draft->rules.at = draft->placed_at;
	draft->rules.country = destination->country;
	draft->rules.region = destination->region;
	draft->rules.postcode = destination->postcode;
	draft->rules.has_point = destination->has_point;
	draft->rules.latitude = destination->latitude;
	draft->rules.longitude = destination->longitude;
}

/*
 * OrderDraftRead reads and resolves a document.  Raises OM007 if its form is
 * wrong; other faults and codes that do not exist are collected.  With placing
 * set, nothing beyond the reference is resolved if an order of the same
 * reference exists.
 */
OrderDraft *
OrderDraftRead(Jsonb *document, bool placing)
{
	JsonbContainer *root = DocumentRequire(document, &OrderDocument);
	JsonbContainer *shipping = DocObject(root, "shipping");
	JsonbContainer *options = DocObject(root, "fulfillment");
	OrderDraft *draft = palloc0(sizeof(OrderDraft));
	char	   *currency = DocText(root, "currency");

	FaultsInit(&draft->faults);
	FaultsInit(&draft->unknown);
	draft->root = root;
	draft->document_hash = DocHash(document);
	draft->channel = DocText(root, "channel");
	draft->reference = DocText(root, "reference");
	if (currency != NULL)
		draft->currency = CurrencyFromCode(currency, strlen(currency));
	if (!DocTimestamp(root, "placed_at", &draft->placed_at))
		draft->placed_at = PresentTime();
	ResolveCodes(draft, DocText(shipping, "service"));
	if (placing && draft->existing_order_id != 0)
		return draft;

	ResolvePlaces(draft, DocText(options, "pickup_location"),
				  DocText(options, "ship_from"));
	FindCustomer(draft, DocObject(root, "customer"));
	DestinationRead(DocObject(root, "ship_to"), DocJsonb(root, "ship_to"),
					&draft->destination);
	draft->bill_to = DocJsonb(root, "bill_to");
	draft->metadata = DocJsonb(root, "metadata");
	ReadRules(draft, options);
	DraftLinesRead(draft, DocArray(root, "lines"));
	if (draft->currency == 0)
		return draft;

	DraftDiscountsRead(draft, DocArray(root, "discounts"));
	DraftPaymentsRead(draft, DocArray(root, "payments"));
	draft->given_shipping_price = DocNumeric(shipping, "price");
	DraftMoney(draft, "$.shipping.price", draft->given_shipping_price,
			   &draft->shipping_price);
	draft->given_shipping_tax = DocNumeric(shipping, "tax");
	DraftMoney(draft, "$.shipping.tax", draft->given_shipping_tax,
			   &draft->shipping_tax);
	return draft;
}

/*
 * OrderDraftRequire raises OM006 with all codes that do not exist, else OM007
 * with all other faults, if there are any.
 */
void
OrderDraftRequire(OrderDraft *draft)
{
	if (draft->unknown.count > 0)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_UNKNOWN_CODE),
				 draft->unknown.count == 1
				 ? errmsg("order refers to a code that does not exist")
				 : errmsg("order refers to %d codes that do not exist",
						  draft->unknown.count),
				 errdetail("%s", FaultsText(&draft->unknown)),
				 errhint("Put reference data in place first, such as with oms.put_sku().")));
	FaultsRaise(&draft->faults, "order");
}
