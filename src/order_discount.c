/*
 * order_discount.c
 *		Spreads the discounts on an order over its lines.
 *
 * Each line bears its part by what it costs, so that what is cancelled or
 * returned takes its part along, to the minor unit.  What exceeds the lines is
 * borne by shipping: it is the order's discount less what the lines bear.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "executor/spi.h"

/*
 * DraftDiscountSum is what the discounts on a draft come to.
 */
Amount
DraftDiscountSum(const OrderDraft *draft)
{
	Amount		discount = AmountMake(draft->currency, 0);

	for (int i = 0; i < draft->discount_count; i++)
		discount = AmountAdd(discount, draft->discounts[i].amount);
	return discount;
}

/*
 * DraftSpreadDiscount spreads the discount of a draft that is totalled.
 */
void
DraftSpreadDiscount(OrderDraft *draft)
{
	int			n = draft->line_count;
	int64	   *weights = palloc(sizeof(int64) * Max(n, 1));
	Amount	   *shares = palloc(sizeof(Amount) * Max(n, 1));
	Amount		spread = Min(draft->discount, draft->lines_total);

	for (int i = 0; i < n; i++)
	{
		weights[i] = AmountMinor(draft->lines[i].total);
		shares[i] = AmountMake(draft->currency, 0);
	}
	if (AmountMinor(spread) > 0)
		AmountAllocate(spread, weights, n, shares);
	for (int i = 0; i < n; i++)
		draft->lines[i].order_discount = shares[i];
}

/*
 * OrderDiscountRead is the discount of an order for what is not cancelled.
 */
Amount
OrderDiscountRead(int64 order_id)
{
	static SavedPlan find = {
		"bigint",
		"SELECT discount FROM oms.orders WHERE order_id = $1"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};

	PlanRun(&find, values, NULL, false);
	return DatumGetAmount(RowDatum(0, 1, NULL));
}

/*
 * OrderDiscountSet sets the discount of an order whose lines and shipping add
 * up, as far as it does not exceed these, and spreads it over them anew.
 */
void
OrderDiscountSet(int64 order_id, Amount discount)
{
	static SavedPlan update = {
		"bigint, oms.amount",
		"UPDATE oms.orders o SET discount = d.discount, total = d.due - d.discount "
		"FROM (SELECT x.due, least($2, x.due) AS discount "
		"      FROM (SELECT lines_total + shipping_price + shipping_tax AS due "
		"            FROM oms.orders WHERE order_id = $1) AS x) AS d "
		"WHERE o.order_id = $1 AND o.discount <> d.discount"
	};
	static SavedPlan spread = {
		"bigint",
		"SELECT oms_internal.spread_discount($1)"
	};
	Datum		values[2] = {Int64GetDatum(order_id), AmountGetDatum(discount)};

	PlanRun(&update, values, NULL, false);
	PlanRun(&spread, values, NULL, false);
}
