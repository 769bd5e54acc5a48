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
 * WriteKey starts a value of a JSON object.
 */
static void
WriteKey(StringInfo json, const char *key)
{
	char		last = json->data[json->len - 1];

	if (last != '{' && last != '[')
		appendStringInfoChar(json, ',');
	escape_json(json, key);
	appendStringInfoChar(json, ':');
}

/*
 * WriteText adds a text, null for NULL.
 */
static void
WriteText(StringInfo json, const char *key, const char *text)
{
	WriteKey(json, key);
	if (text == NULL)
		appendStringInfoString(json, "null");
	else
		escape_json(json, text);
}

/*
 * WriteMoney adds an amount as a string without its currency, which the quote
 * states once.
 */
static void
WriteMoney(StringInfo json, const char *key, Amount amount)
{
	WriteText(json, key,
			DatumGetCString(DirectFunctionCall1(numeric_out,
												NumericGetDatum(AmountToNumeric(amount)))));
}

/*
 * WritePrice adds a unit price with the decimals of the currency, or as many as
 * it needs.
 */
static void
WritePrice(StringInfo json, const char *key, Numeric price, int currency)
{
	char	   *text = numeric_normalize(price);
	char	   *point = strchr(text, '.');
	int			digits = CurrencyMinorUnits(currency);

	if (digits > 0 && (point == NULL || strlen(point + 1) < digits))
		text = DatumGetCString(DirectFunctionCall1(numeric_out,
												   DirectFunctionCall2(numeric_round,
																	   NumericGetDatum(price),
																	   Int32GetDatum(digits))));
	WriteText(json, key, text);
}

/*
 * WriteNumber adds something whose text form is a JSON number.
 */
static void
WriteNumber(StringInfo json, const char *key, const char *number)
{
	WriteKey(json, key);
	appendStringInfoString(json, number);
}

/*
 * WriteDate adds a day in ISO 8601 form.
 */
static void
WriteDate(StringInfo json, const char *key, DateADT date)
{
	char		text[MAXDATELEN + 1];

	JsonEncodeDateTime(text, DateADTGetDatum(date), DATEOID, NULL);
	WriteText(json, key, text);
}

/*
 * WriteItem starts an object in an array.
 */
static void
WriteItem(StringInfo json)
{
	if (json->data[json->len - 1] != '[')
		appendStringInfoChar(json, ',');
	appendStringInfoChar(json, '{');
}

/*
 * WriteTaxRate adds a rate and whose it is, if there is one.
 */
static void
WriteTaxRate(StringInfo json, const TaxRate *rate)
{
	if (rate->rate == NULL)
		return;
	WriteNumber(json, "tax_rate", numeric_normalize(rate->rate));
	WriteText(json, "tax_jurisdiction", rate->jurisdiction);
}

/*
 * WriteLines adds the priced lines.
 */
static void
WriteLines(StringInfo json, const OrderDraft *draft)
{
	WriteKey(json, "lines");
	appendStringInfoChar(json, '[');
	for (int i = 0; i < draft->line_count; i++)
	{
		const DraftLine *line = &draft->lines[i];

		WriteItem(json);
		WriteNumber(json, "line_no", psprintf("%d", i + 1));
		WriteText(json, "sku", line->sku->code);
		WriteNumber(json, "quantity", QuantityToString(line->quantity));
		WritePrice(json, "unit_price", line->unit_price, draft->currency);
		WriteMoney(json, "discount", line->discount);
		WriteMoney(json, "tax", line->tax);
		if (line->has_included_tax)
			WriteMoney(json, "included_tax", line->included_tax);
		WriteTaxRate(json, &line->tax_rate);
		if (AmountMinor(line->order_discount) != 0)
			WriteMoney(json, "order_discount", line->order_discount);
		WriteMoney(json, "total", line->total);
		appendStringInfoChar(json, '}');
	}
	appendStringInfoChar(json, ']');
}

/*
 * WriteLegLines adds what a leg ships.
 */
static void
WriteLegLines(StringInfo json, const Sourcing *sourcing, const Legs *legs,
			int leg)
{
	WriteKey(json, "lines");
	appendStringInfoChar(json, '[');
	for (int i = 0; i < sourcing->plan->pick_count; i++)
	{
		const RoutePick *pick = &sourcing->plan->picks[i];
		const Demand *demand = &sourcing->demands[pick->item];

		if (legs->of_pick[i] != leg)
			continue;
		WriteItem(json);
		WriteNumber(json, "line_no", psprintf("%d", demand->line_no));
		WriteText(json, "sku", demand->sku->code);
		WriteNumber(json, "quantity", QuantityToString(pick->quantity));
		appendStringInfoChar(json, '}');
	}
	appendStringInfoChar(json, ']');
}

/*
 * WriteLegs adds who ships what, how far, when and at what cost.
 */
static void
WriteLegs(StringInfo json, const Sourcing *sourcing, const Legs *legs)
{
	WriteKey(json, "legs");
	appendStringInfoChar(json, '[');
	for (int i = 0; i < legs->count; i++)
	{
		const Leg  *leg = &legs->legs[i];

		WriteItem(json);
		WriteText(json, "location", leg->candidate->location->code);
		if (leg->candidate->distance_m >= 0)
			WriteNumber(json, "distance_m",
					  psprintf("%.0f", leg->candidate->distance_m));
		WriteDate(json, "ships_on", leg->candidate->ships_on);
		if (leg->has_cost)
		{
			WriteText(json, "cost", AmountToString(leg->cost));
			WriteDate(json, "arrives_on", leg->arrives_on);
		}
		WriteLegLines(json, sourcing, legs, i);
		appendStringInfoChar(json, '}');
	}
	appendStringInfoChar(json, ']');
}

/*
 * WriteBackordered adds what would wait for stock.
 */
static void
WriteBackordered(StringInfo json, const Sourcing *sourcing,
				 const SourcingRules *rules)
{
	DateADT    *days = PromiseDays(sourcing, rules, 0);

	WriteKey(json, "backordered");
	appendStringInfoChar(json, '[');
	for (int i = 0; i < sourcing->demand_count; i++)
	{
		const Demand *demand = &sourcing->demands[i];

		if (sourcing->plan->open[i] == 0)
			continue;
		WriteItem(json);
		WriteNumber(json, "line_no", psprintf("%d", demand->line_no));
		WriteText(json, "sku", demand->sku->code);
		WriteNumber(json, "quantity",
				  QuantityToString(sourcing->plan->open[i]));
		if (!DATE_IS_NOEND(days[i]))
			WriteDate(json, "expected_on", days[i]);
		appendStringInfoChar(json, '}');
	}
	appendStringInfoChar(json, ']');
}

/*
 * WriteDateOrNull adds a day, null for DATEVAL_NOEND.
 */
static void
WriteDateOrNull(StringInfo json, const char *key, DateADT date)
{
	if (DATE_IS_NOEND(date))
		WriteText(json, key, NULL);
	else
		WriteDate(json, key, date);
}

/*
 * WriteServices adds the services that can take the order.
 */
static void
WriteServices(StringInfo json, const OrderDraft *draft,
			  const Sourcing *sourcing)
{
	ServiceOffer *offers;
	int			n = OrderOffers(draft, sourcing, &offers);

	WriteKey(json, "services");
	appendStringInfoChar(json, '[');
	for (int i = 0; i < n; i++)
	{
		const ServiceOffer *offer = &offers[i];

		WriteItem(json);
		WriteText(json, "service", offer->service->code);
		WriteText(json, "name", offer->service->name);
		WriteText(json, "carrier", offer->service->carrier);
		WriteText(json, "kind", offer->service->pickup ? "pickup" : "delivery");
		WriteMoney(json, "price", offer->price);
		WriteDateOrNull(json, "ships_on", offer->ships_on);
		WriteDateOrNull(json, "arrives_on", offer->arrives_on);
		WriteNumber(json, "legs", psprintf("%d", offer->leg_count));
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
	WriteText(&json, "currency", CurrencyCode(draft->currency));
	WriteLines(&json, draft);
	WriteMoney(&json, "lines_total", draft->lines_total);
	WriteKey(&json, "shipping");
	appendStringInfoChar(&json, '{');
	WriteText(&json, "service",
			DocText(DocObject(draft->root, "shipping"), "service"));
	WriteMoney(&json, "price", draft->shipping_price);
	WriteMoney(&json, "tax", draft->shipping_tax);
	if (draft->shipping_tax_rate.included)
		WriteMoney(&json, "included_tax", draft->shipping_included_tax);
	WriteTaxRate(&json, &draft->shipping_tax_rate);
	appendStringInfoChar(&json, '}');
	WriteMoney(&json, "discount", draft->discount);
	WriteMoney(&json, "total", draft->total);
	WriteLegs(&json, sourcing, legs);
	WriteBackordered(&json, sourcing, &draft->rules);
	WriteServices(&json, draft, sourcing);
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

	quote = DirectFunctionCall1(jsonb_in,
								CStringGetDatum(QuoteJson(draft, sourcing, legs)));
	quote = SPI_datumTransfer(quote, false, -1);
	StoreClose(scope);
	PG_RETURN_DATUM(quote);
}
