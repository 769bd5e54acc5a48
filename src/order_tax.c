/*
 * order_tax.c
 *		Taxes of the lines and the shipping of orders.
 *
 * A tax is due on the price of a line less its own discount; one that the
 * price contains is not added.  Each line is rounded by itself, or, where the
 * channel says so, what all lines of one rate owe together, which is then
 * spread over them.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

#define PRICE_DECIMALS	6

/* What is taxed at a rate */
typedef struct Taxed
{
	TaxRate		rate;			/* has one */
	Amount		goods;
	Amount		tax;			/* added to or contained in the goods */
	bool		done;
} Taxed;

/*
 * Gross is 1 + rate, by which a price with tax is more than the one without.
 */
static Numeric
Gross(Numeric rate)
{
	return DatumGetNumeric(DirectFunctionCall2(numeric_add,
											   NumericGetDatum(rate),
											   NumericGetDatum(int64_to_numeric(1))));
}

/*
 * TaxOf is the tax of goods at a rate: goods * rate, or what they contain of
 * it, goods - goods / (1 + rate).
 */
static Amount
TaxOf(Amount goods, const TaxRate *rate)
{
	if (!rate->included)
		return AmountMultiplyNumeric(goods, rate->rate);
	return AmountSub(goods, AmountDivideNumeric(goods, Gross(rate->rate)));
}

/*
 * SameTax tells whether two rates are one: as much, to the same, the same way.
 * Whose tax it is may be unknown of a line that was written by hand.
 */
static bool
SameTax(const TaxRate *a, const TaxRate *b)
{
	return a->included == b->included &&
		strcmp(a->jurisdiction == NULL ? "" : a->jurisdiction,
			   b->jurisdiction == NULL ? "" : b->jurisdiction) == 0 &&
		DatumGetBool(DirectFunctionCall2(numeric_eq, NumericGetDatum(a->rate),
										 NumericGetDatum(b->rate)));
}

/*
 * TaxTogether taxes the first of n and all others at its rate in one sum,
 * which it spreads over them.
 */
static void
TaxTogether(Taxed *taxed, int n)
{
	int64	   *weights = palloc(sizeof(int64) * n);
	Amount	   *taxes = palloc(sizeof(Amount) * n);
	int		   *members = palloc(sizeof(int) * n);
	int			count = 0;
	Amount		sum = AmountMake(AmountCurrency(taxed->goods), 0);

	for (int i = 0; i < n; i++)
	{
		if (taxed[i].done || !SameTax(&taxed->rate, &taxed[i].rate))
			continue;
		taxed[i].done = true;
		taxed[i].tax = AmountMake(AmountCurrency(sum), 0);
		weights[count] = Max(AmountMinor(taxed[i].goods), 0);
		members[count++] = i;
		sum = AmountAdd(sum, taxed[i].goods);
	}
	if (AmountMinor(sum) <= 0)
		return;
	AmountAllocate(TaxOf(sum, &taxed->rate), weights, count, taxes);
	for (int m = 0; m < count; m++)
		taxed[members[m]].tax = taxes[m];
}

/*
 * TaxAll sets the taxes of n, rounded each, or together by rate.
 */
static void
TaxAll(Taxed *taxed, int n, bool together)
{
	for (int i = 0; i < n; i++)
		if (!together)
			taxed[i].tax = TaxOf(taxed[i].goods, &taxed[i].rate);
		else if (!taxed[i].done)
			TaxTogether(&taxed[i], n - i);
}

/*
 * RateAt finds the rate of a category where a draft is taxed: where goods go,
 * or where the customer fetches them.  Without an address there is none.
 */
static TaxRate
RateAt(const OrderDraft *draft, const char *category)
{
	const Destination *destination = draft->counter.country != NULL
		? &draft->counter : &draft->destination;

	if (destination->country == NULL)
		return (TaxRate) {NULL};
	return TaxRateFind(destination->country, destination->region,
					   destination->postcode, category, DraftDay(draft));
}

/*
 * NetPrice takes a tax out of a unit price that contains it.
 */
static Numeric
NetPrice(Numeric price, Numeric rate)
{
	Numeric		unit = int64_div_fast_to_numeric(1, PRICE_DECIMALS);
	Datum		divisor = DirectFunctionCall2(numeric_mul,
											  NumericGetDatum(unit),
											  NumericGetDatum(Gross(rate)));
	Numeric		units = NumericDivideRounded(price, DatumGetNumeric(divisor));

	return DatumGetNumeric(DirectFunctionCall2(numeric_mul,
											   NumericGetDatum(units),
											   NumericGetDatum(unit)));
}

/*
 * DraftTaxRates finds the rates of the lines whose tax the document leaves
 * out.  A customer who owes no tax has none, and pays the net of a price from
 * prices that contains it.
 */
void
DraftTaxRates(OrderDraft *draft)
{
	for (int i = 0; i < draft->line_count; i++)
	{
		DraftLine  *line = &draft->lines[i];
		TaxRate		rate;

		if (line->given_tax != NULL || line->unit_price == NULL)
			continue;
		rate = RateAt(draft, line->sku->tax_category);
		if (!draft->tax_exempt)
			line->tax_rate = rate;
		else if (rate.rate != NULL && rate.included && line->listed)
			line->unit_price = NetPrice(line->unit_price, rate.rate);
	}
}

/*
 * DraftTaxLines sets the taxes of the lines that have a rate.
 */
void
DraftTaxLines(OrderDraft *draft)
{
	Taxed	   *taxed = palloc0(sizeof(Taxed) * Max(draft->line_count, 1));
	DraftLine **lines = palloc(sizeof(DraftLine *) * Max(draft->line_count, 1));
	int			n = 0;

	for (int i = 0; i < draft->line_count; i++)
	{
		DraftLine  *line = &draft->lines[i];

		if (line->tax_rate.rate == NULL)
			continue;
		taxed[n].rate = line->tax_rate;
		taxed[n].goods = DraftGoods(draft, line);
		lines[n++] = line;
	}
	TaxAll(taxed, n, draft->tax_by_order);
	for (int i = 0; i < n; i++)
	{
		lines[i]->has_included_tax = taxed[i].rate.included;
		if (taxed[i].rate.included)
			lines[i]->included_tax = taxed[i].tax;
		else
			lines[i]->tax = taxed[i].tax;
	}
}

/*
 * DraftNetShipping is what a customer pays of a price of the rate card: who
 * owes no tax does not pay one that it contains.
 */
Amount
DraftNetShipping(const OrderDraft *draft, Amount price)
{
	TaxRate		rate;

	if (!draft->tax_exempt)
		return price;
	rate = RateAt(draft, TAX_CATEGORY_SHIPPING);
	if (rate.rate == NULL || !rate.included)
		return price;
	return AmountDivideNumeric(price, Gross(rate.rate));
}

/*
 * DraftTaxShipping sets the tax of shipping, whose price is known, unless the
 * document gives it.
 */
void
DraftTaxShipping(OrderDraft *draft)
{
	Amount		none = AmountMake(draft->currency, 0);
	TaxRate	   *rate = &draft->shipping_tax_rate;
	Amount		tax;

	*rate = (TaxRate) {NULL};
	draft->shipping_included_tax = none;
	if (draft->given_shipping_tax != NULL)
		return;
	draft->shipping_tax = none;
	if (!draft->tax_exempt && AmountMinor(draft->shipping_price) != 0)
		*rate = RateAt(draft, TAX_CATEGORY_SHIPPING);
	if (rate->rate == NULL)
		return;
	tax = TaxOf(draft->shipping_price, rate);
	if (rate->included)
		draft->shipping_included_tax = tax;
	else
		draft->shipping_tax = tax;
}

/*
 * WriteTaxes writes the taxes of lines, for all that was ordered of each.
 */
static void
WriteTaxes(int64 order_id, const Rows *rows)
{
	static SavedPlan update = {
		"bigint, integer[], oms.amount[]",
		"UPDATE oms.order_lines l "
		"SET tax = CASE WHEN l.included_tax IS NULL THEN t.tax ELSE l.tax END, "
		"    included_tax = CASE WHEN l.included_tax IS NOT NULL THEN t.tax END, "
		"    total = oms_internal.line_total(l.unit_price, l.quantity, l.cancelled, l.discount, "
		"                                    CASE WHEN l.included_tax IS NULL THEN t.tax ELSE l.tax END) "
		"FROM unnest($2, $3) AS t(line_no, tax) "
		"WHERE l.order_id = $1 AND l.line_no = t.line_no AND t.tax <> coalesce(l.included_tax, l.tax)"
	};
	Params		params = {0};

	AddDatum(&params, Int64GetDatum(order_id));
	AddRows(&params, &update, rows);
	PlanRun(&update, params.values, params.nulls, false);
}

/*
 * OrderRetax taxes the lines of an order again that were taxed by a rate, by
 * the same rate, after their prices or quantities have changed.  Together they
 * are taxed for what is not cancelled, each by itself for all that was ordered.
 */
void
OrderRetax(int64 order_id, bool together)
{
	static SavedPlan find = {
		"bigint, boolean",
		"SELECT line_no, quantity, quantity - c.cancelled, "
		"       oms_internal.line_total(unit_price, quantity, c.cancelled, discount, tax - tax), "
		"       tax_rate, included_tax IS NOT NULL, tax_jurisdiction "
		"FROM oms.order_lines, "
		"     LATERAL (SELECT CASE WHEN $2 THEN cancelled ELSE '0' END AS cancelled) AS c "
		"WHERE order_id = $1 AND tax_rate IS NOT NULL AND quantity > c.cancelled "
		"ORDER BY line_no"
	};
	Datum		values[2] = {Int64GetDatum(order_id), BoolGetDatum(together)};
	int			n = PlanRun(&find, values, NULL, false);
	Taxed	   *taxed = palloc0(sizeof(Taxed) * Max(n, 1));
	Quantity   *wholes = palloc(sizeof(Quantity) * Max(n, 1));
	Quantity   *parts = palloc(sizeof(Quantity) * Max(n, 1));
	int		   *line_nos = palloc(sizeof(int) * Max(n, 1));
	Rows		rows = RowsMake(2, n);

	if (n == 0)
		return;
	for (int i = 0; i < n; i++)
	{
		line_nos[i] = RowInt32(i, 1);
		wholes[i] = DatumGetQuantity(RowDatum(i, 2, NULL));
		parts[i] = DatumGetQuantity(RowDatum(i, 3, NULL));
		taxed[i].goods = DatumGetAmount(RowDatum(i, 4, NULL));
		taxed[i].rate.rate = DatumGetNumericCopy(RowDatum(i, 5, NULL));
		taxed[i].rate.included = RowBool(i, 6);
		taxed[i].rate.jurisdiction = RowText(i, 7);
	}
	TaxAll(taxed, n, together);
	for (int i = 0; i < n; i++)
	{
		Put(&rows, Int32GetDatum(line_nos[i]));
		Put(&rows, AmountGetDatum(AmountPart(taxed[i].tax, wholes[i], parts[i])));
	}
	WriteTaxes(order_id, &rows);
}
