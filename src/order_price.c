/*
 * order_price.c
 *		Prices and totals of an order that is being placed.
 *
 * What the document gives counts as it stands; what it leaves out comes from
 * prices, tax rates (order_tax.c) and the rate card.  Each line is rounded once.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"

/*
 * DraftDay is the day (UTC) for which a draft is priced and taxed.
 */
DateADT
DraftDay(const OrderDraft *draft)
{
	return DatumGetDateADT(DirectFunctionCall1(timestamp_date,
											   TimestampTzGetDatum(draft->placed_at)));
}

/*
 * FindPrices fills in the unit prices that the document leaves out.
 */
static void
FindPrices(OrderDraft *draft)
{
	const char *currency = CurrencyCode(draft->currency);

	for (int i = 0; i < draft->line_count; i++)
	{
		DraftLine  *line = &draft->lines[i];

		line->listed = line->unit_price == NULL;
		if (line->listed)
			line->unit_price = PriceFind(line->sku->sku_id, line->quantity,
										 draft->channel_id,
										 draft->customer_group, currency,
										 draft->placed_at);
		if (line->unit_price == NULL)
			FaultAdd(&draft->faults, psprintf("$.lines[%d].unit_price", i),
					 "is missing, and sku \"%s\" has no price in %s",
					 line->sku->code, currency);
	}
}

/*
 * DraftGoods is the price of a line less its discount, on which tax is due.
 */
Amount
DraftGoods(const OrderDraft *draft, const DraftLine *line)
{
	return AmountSub(AmountPrice(line->unit_price, line->quantity,
								 draft->currency), line->discount);
}

/*
 * OrderDraftPrice prices and taxes the lines of a draft whose codes are all
 * known.  Faults are added.
 */
void
OrderDraftPrice(OrderDraft *draft)
{
	int			faults;

	FindPrices(draft);
	DraftTaxRates(draft);
	faults = draft->faults.count;
	for (int i = 0; i < draft->line_count; i++)
	{
		DraftLine  *line = &draft->lines[i];

		DraftMoney(draft, psprintf("$.lines[%d].discount", i),
				   line->given_discount, &line->discount);
		DraftMoney(draft, psprintf("$.lines[%d].tax", i),
				   line->given_tax, &line->tax);
		if (line->unit_price != NULL && AmountMinor(DraftGoods(draft, line)) < 0)
			FaultAdd(&draft->faults, psprintf("$.lines[%d].discount", i),
					 "must not exceed the price of the line");
	}
	if (faults > 0 || draft->faults.count > 0)
		return;
	DraftTaxLines(draft);
}

/*
 * OrderDraftTotal adds up a priced draft.  Adds a fault if discounts exceed
 * the rest.
 */
void
OrderDraftTotal(OrderDraft *draft)
{
	draft->lines_total = AmountMake(draft->currency, 0);
	for (int i = 0; i < draft->line_count; i++)
	{
		DraftLine  *line = &draft->lines[i];

		line->total = LineTotal(line->unit_price, line->quantity, 0,
								line->discount, line->tax);
		draft->lines_total = AmountAdd(draft->lines_total, line->total);
	}
	draft->discount = DraftDiscountSum(draft);
	draft->total = AmountSub(AmountAdd(draft->lines_total,
									   AmountAdd(draft->shipping_price,
												 draft->shipping_tax)),
							 draft->discount);
	if (AmountMinor(draft->total) < 0)
		FaultAdd(&draft->faults, "$.discounts",
				 "must not exceed the total of the order, exceed it by %s",
				 AmountToString(AmountNegate(draft->total)));
	DraftSpreadDiscount(draft);
}

/*
 * DraftServiceRead looks up the shipping service of a code; NULL is none.
 */
void
DraftServiceRead(OrderDraft *draft, const char *code)
{
	const ShippingService *service = code == NULL ? NULL : ServiceFind(code);

	if (service != NULL)
		draft->service_id = service->service_id;
	else if (code != NULL)
		DraftUnknown(draft, "$.shipping.service", "shipping service", code);
	if (service != NULL && !service->active)
		FaultAdd(&draft->faults, "$.shipping.service",
				 "shipping service \"%s\" is not active", code);
}

/*
 * DraftShippingFind finds what the customer pays by the rate card of a service,
 * in the currency of the order, for the way and the weight that rate says;
 * without the tax that it contains, if the customer owes none.
 * Returns false if no rate fits, which rate says, or if there is no exchange
 * rate.
 */
bool
DraftShippingFind(const OrderDraft *draft, int32 service_id,
				  ShippingRate *rate, Amount *price)
{
	const Destination *destination = &draft->destination;

	if (!LaneRate(LaneFind(service_id, destination->country,
						   destination->region, destination->postcode), rate))
		return false;
	*price = rate->price;
	if (AmountCurrency(*price) != draft->currency &&
		!ConvertAmount(*price, draft->currency, DraftDay(draft), price))
		return false;
	*price = DraftNetShipping(draft, *price);
	return true;
}

/*
 * DraftShippingPrice sets the price of shipping from the rate card of the
 * service: for the weight in grams and the way from a location, 0 if there is
 * none, in metres, negative if it is unknown.  Raises OM003 if the service has
 * no rate that fits, OM006 if its currency has no exchange rate.
 */
void
DraftShippingPrice(OrderDraft *draft, int32 origin_location_id,
				   double distance, double weight)
{
	static SavedPlan convert = {
		"oms.amount, text, date",
		"SELECT oms.convert($1, $2, $3)"
	};
	const char *country = draft->destination.country;
	ShippingRate *rate = &draft->rate;
	Params		params = {0};

	rate->origin_location_id = origin_location_id;
	rate->distance_m = distance;
	rate->weight_g = (int64) Min(weight, SHIPPING_WEIGHT_MAX_G);
	if (DraftShippingFind(draft, draft->service_id, rate,
						  &draft->shipping_price))
		return;
	if (!rate->fits)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_NO_ROUTE),
				 errmsg("shipping service \"%s\" has no rate for the order",
						DocText(DocObject(draft->root, "shipping"), "service")),
				 errdetail("Country %s, distance %s, weight %.0f g.",
						   country ? country : "unknown",
						   distance < 0 ? "unknown" : psprintf("%.0f km", distance / 1000),
						   weight),
				 errhint("Choose another service, or give the price of shipping.")));
	/* there is no exchange rate, which this raises */
	AddDatum(&params, AmountGetDatum(rate->price));
	AddText(&params, CurrencyCode(draft->currency));
	AddDatum(&params, DateADTGetDatum(DraftDay(draft)));
	PlanRun(&convert, params.values, params.nulls, false);
	draft->shipping_price = DatumGetAmount(RowDatum(0, 1, NULL));
}

/*
 * DraftShippingWay is what the customer pays a service for: the weight of the
 * whole order and its longest way, so that a split is not charged.
 */
ShippingRate
DraftShippingWay(const OrderDraft *draft, const Sourcing *sourcing,
				 const ShippingService *service)
{
	const RoutePlan *plan = sourcing->plan;
	const Candidate *farthest = NULL;
	double		weight = 0;

	for (int i = 0; i < plan->pick_count; i++)
	{
		const Candidate *candidate = &sourcing->candidates[plan->picks[i].location];

		if (farthest == NULL || candidate->distance_m > farthest->distance_m)
			farthest = candidate;
	}
	for (int i = 0; i < draft->line_count; i++)
		weight += ShippingWeightOf(service, draft->lines[i].sku,
								   draft->lines[i].quantity);
	return (ShippingRate) {
		farthest == NULL ? 0 : farthest->location_id,
		farthest == NULL ? -1 : farthest->distance_m,
		(int64) Min(weight, SHIPPING_WEIGHT_MAX_G)
	};
}

/*
 * OrderDraftShipping sets the price of shipping from the rate card and its tax
 * as far as the document leaves them out.  Raises like DraftShippingPrice().
 */
void
OrderDraftShipping(OrderDraft *draft, const Sourcing *sourcing)
{
	if (draft->service_id != 0 && draft->given_shipping_price == NULL)
	{
		ShippingRate way = DraftShippingWay(draft, sourcing,
											ServiceGet(draft->service_id));

		DraftShippingPrice(draft, way.origin_location_id, way.distance_m,
						   (double) way.weight_g);
	}
	DraftTaxShipping(draft);
}
