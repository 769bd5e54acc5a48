/*
 * order_quote.c
 *		Says what an order would cost and where it would come from.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"

/*
 * PutKey starts a value of a JSON object.
 */
static void
PutKey(StringInfo json, const char *key)
{
	char		last = json->data[json->len - 1];

	if (last != '{' && last != '[')
		appendStringInfoChar(json, ',');
	escape_json(json, key);
	appendStringInfoChar(json, ':');
}

/*
 * PutText adds a text, null for NULL.
 */
static void
PutText(StringInfo json, const char *key, const char *text)
{
	PutKey(json, key);
	if (text == NULL)
		appendStringInfoString(json, "null");
	else
		escape_json(json, text);
}

/*
 * PutMoney adds an amount as a string without its currency, which the quote
 * states once.
 */
static void
PutMoney(StringInfo json, const char *key, Amount amount)
{
	PutText(json, key,
			DatumGetCString(DirectFunctionCall1(numeric_out,
												NumericGetDatum(AmountToNumeric(amount)))));
}

/*
 * PutPrice adds a unit price with the decimals of the currency, or as many as
 * it needs.
 */
static void
PutPrice(StringInfo json, const char *key, Numeric price, int currency)
{
	char	   *text = numeric_normalize(price);
	char	   *point = strchr(text, '.');
	int			digits = CurrencyMinorUnits(currency);

	if (digits > 0 && (point == NULL || strlen(point + 1) < digits))
		text = DatumGetCString(DirectFunctionCall1(numeric_out,
												   DirectFunctionCall2(numeric_round,
																	   NumericGetDatum(price),
																	   Int32GetDatum(digits))));
	PutText(json, key, text);
}

/*
 * PutNumber adds something whose text form is a JSON number.
 */
static void
PutNumber(StringInfo json, const char *key, const char *number)
{
	PutKey(json, key);
	appendStringInfoString(json, number);
}

/*
 * PutDate adds a day in ISO 8601 form.
 */
static void
PutDate(StringInfo json, const char *key, DateADT date)
{
	char		text[MAXDATELEN + 1];

	JsonEncodeDateTime(text, DateADTGetDatum(date), DATEOID, NULL);
	PutText(json, key, text);
}

/*
 * PutItem starts an object in an array.
 */
static void
PutItem(StringInfo json)
{
	if (json->data[json->len - 1] != '[')
		appendStringInfoChar(json, ',');
	appendStringInfoChar(json, '{');
}

/*
 * PutLines adds the priced lines.
 */
static void
PutLines(StringInfo json, const OrderDraft *draft)
{
	PutKey(json, "lines");
	appendStringInfoChar(json, '[');
	for (int i = 0; i < draft->line_count; i++)
	{
		const DraftLine *line = &draft->lines[i];

		PutItem(json);
		PutNumber(json, "line_no", psprintf("%d", i + 1));
		PutText(json, "sku", line->sku->code);
		PutNumber(json, "quantity", QuantityToString(line->quantity));
		PutPrice(json, "unit_price", line->unit_price, draft->currency);
		PutMoney(json, "discount", line->discount);
		PutMoney(json, "tax", line->tax);
		if (line->has_included_tax)
			PutMoney(json, "included_tax", line->included_tax);
		PutMoney(json, "total", line->total);
		appendStringInfoChar(json, '}');
	}
	appendStringInfoChar(json, ']');
}

/*
 * PutLegLines adds what a leg ships.
 */
static void
PutLegLines(StringInfo json, const Sourcing *sourcing, const Legs *legs,
			int leg)
{
	PutKey(json, "lines");
	appendStringInfoChar(json, '[');
	for (int i = 0; i < sourcing->plan->pick_count; i++)
	{
		const RoutePick *pick = &sourcing->plan->picks[i];
		const Demand *demand = &sourcing->demands[pick->item];

		if (legs->of_pick[i] != leg)
			continue;
		PutItem(json);
		PutNumber(json, "line_no", psprintf("%d", demand->line_no));
		PutText(json, "sku", demand->sku->code);
		PutNumber(json, "quantity", QuantityToString(pick->quantity));
		appendStringInfoChar(json, '}');
	}
	appendStringInfoChar(json, ']');
}

/*
 * PutLegs adds who ships what, how far, when and at what cost.
 */
static void
PutLegs(StringInfo json, const Sourcing *sourcing, const Legs *legs)
{
	PutKey(json, "legs");
	appendStringInfoChar(json, '[');
	for (int i = 0; i < legs->count; i++)
	{
		const Leg  *leg = &legs->legs[i];

		PutItem(json);
		PutText(json, "location", LocationCode(leg->candidate->location_id));
		if (leg->candidate->distance_m >= 0)
			PutNumber(json, "distance_m",
					  psprintf("%.0f", leg->candidate->distance_m));
		PutDate(json, "ships_on", leg->ships_on);
		if (leg->has_cost)
		{
			PutText(json, "cost", AmountToString(leg->cost));
			PutDate(json, "arrives_on", leg->arrives_on);
		}
		PutLegLines(json, sourcing, legs, i);
		appendStringInfoChar(json, '}');
	}
	appendStringInfoChar(json, ']');
}

/*
 * PutBackordered adds what would wait for stock.
 */
static void
PutBackordered(StringInfo json, const Sourcing *sourcing)
{
	PutKey(json, "backordered");
	appendStringInfoChar(json, '[');
	for (int i = 0; i < sourcing->demand_count; i++)
	{
		const Demand *demand = &sourcing->demands[i];

		if (sourcing->plan->open[i] == 0)
			continue;
		PutItem(json);
		PutNumber(json, "line_no", psprintf("%d", demand->line_no));
		PutText(json, "sku", demand->sku->code);
		PutNumber(json, "quantity",
				  QuantityToString(sourcing->plan->open[i]));
		appendStringInfoChar(json, '}');
	}
	appendStringInfoChar(json, ']');
}

/*
 * QuoteJson is the text of a quote.
 */
static char *
QuoteJson(const OrderDraft *draft, const Sourcing *sourcing, const Legs *legs)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	PutText(&json, "currency", CurrencyCode(draft->currency));
	PutLines(&json, draft);
	PutMoney(&json, "lines_total", draft->lines_total);
	PutKey(&json, "shipping");
	appendStringInfoChar(&json, '{');
	PutText(&json, "service",
			DocText(DocObject(draft->root, "shipping"), "service"));
	PutMoney(&json, "price", draft->shipping_price);
	PutMoney(&json, "tax", draft->shipping_tax);
	appendStringInfoChar(&json, '}');
	PutMoney(&json, "discount", draft->discount);
	PutMoney(&json, "total", draft->total);
	PutLegs(&json, sourcing, legs);
	PutBackordered(&json, sourcing);
	appendStringInfoChar(&json, '}');
	return json.data;
}

PG_FUNCTION_INFO_V1(oms_quote_order);

/*
 * oms_quote_order(document jsonb) prices, taxes and routes a document as
 * place_order() would, and raises what that would raise.  Nothing is written,
 * and a reference that was used makes no difference.
 */
Datum
oms_quote_order(PG_FUNCTION_ARGS)
{
	StoreScope	scope = StoreOpen();
	OrderDraft *draft = OrderDraftRead(PG_ARGISNULL(0) ? NULL
									   : PG_GETARG_JSONB_P(0), false);
	Sourcing   *sourcing = OrderDraftSource(draft, false);
	Legs	   *legs = LegsMake(sourcing, 1);
	Datum		quote;

	LegsPromise(legs, draft->service_id, draft->destination.country,
				draft->placed_at);
	quote = DirectFunctionCall1(jsonb_in,
								CStringGetDatum(QuoteJson(draft, sourcing, legs)));
	quote = SPI_datumTransfer(quote, false, -1);
	StoreClose(scope);
	PG_RETURN_DATUM(quote);
}
