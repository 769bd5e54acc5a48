/*
 * order_insert.c
 *		Writes the rows of a new order, one statement a table.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

/*
 * PutTaxRate puts a rate and its jurisdiction, nulls if there is none.
 */
static void
PutTaxRate(Rows *rows, const TaxRate *rate)
{
	PutNullable(rows, NumericGetDatum(rate->rate), rate->rate == NULL);
	PutText(rows, rate->jurisdiction);
}

/*
 * OrderInsert inserts the order's own row and returns its number; 0 if
 * another transaction has placed an order of the same reference.
 */
int64
OrderInsert(const OrderDraft *draft, Status status)
{
	static StoreTable orders = {
		"orders",
		"order_id bigint, channel_id integer, reference text, "
		"status oms.order_status, currency text, "
		"lines_total oms.amount, shipping_price oms.amount, "
		"shipping_tax oms.amount, discount oms.amount, "
		"total oms.amount, placed_at timestamptz, "
		"customer_id bigint, service_id integer, "
		"pickup_location_id integer, "
		"ship_from_location_id integer, on_terms boolean, "
		"allow_split boolean, allow_backorder boolean, "
		"strategy text, deliver_by date, destination @geography@, "
		"ship_to jsonb, bill_to jsonb, metadata jsonb, "
		"document_hash bigint, priority integer, "
		"shipping_included_tax oms.amount, shipping_tax_rate numeric, "
		"shipping_tax_jurisdiction text, base_rate numeric",
		"orders_reference_key",
		{"orders_channel_id_fkey", "orders_service_id_fkey",
			"orders_pickup_location_id_fkey", "orders_ship_from_location_id_fkey",
		"orders_customer_id_fkey"}
	};
	const SourcingRules *rules = &draft->rules;
	const Destination *destination = &draft->destination;
	int64		order_id = NextNumber("orders_order_id_seq");
	Rows		row = RowsMake(30, 1);

	Put(&row, Int64GetDatum(order_id));
	Put(&row, Int32GetDatum(draft->channel_id));
	PutText(&row, draft->reference);
	Put(&row, StatusGetDatum(status));
	PutText(&row, CurrencyCode(draft->currency));
	Put(&row, AmountGetDatum(draft->lines_total));
	Put(&row, AmountGetDatum(draft->shipping_price));
	Put(&row, AmountGetDatum(draft->shipping_tax));
	Put(&row, AmountGetDatum(draft->discount));
	Put(&row, AmountGetDatum(draft->total));
	Put(&row, TimestampTzGetDatum(draft->placed_at));
	PutNullable(&row, Int64GetDatum(draft->customer_id),
				draft->customer_id == 0);
	PutId(&row, draft->service_id);
	PutId(&row, rules->pickup_location_id);
	PutId(&row, rules->ship_from_location_id);
	Put(&row, BoolGetDatum(draft->on_terms));
	Put(&row, BoolGetDatum(rules->allow_split));
	Put(&row, BoolGetDatum(rules->allow_backorder));
	PutText(&row, draft->strategy);
	PutNullable(&row, DateADTGetDatum(draft->deliver_by),
				!draft->has_deliver_by);
	PutNullable(&row, destination->has_point
				? PointDatum(destination->latitude, destination->longitude)
				: (Datum) 0, !destination->has_point);
	PutJsonb(&row, destination->address);
	PutJsonb(&row, draft->bill_to);
	PutJsonb(&row, draft->metadata);
	Put(&row, Int64GetDatum(draft->document_hash));
	Put(&row, Int32GetDatum(rules->priority));
	PutNullable(&row, AmountGetDatum(draft->shipping_included_tax),
				!draft->shipping_tax_rate.included);
	PutTaxRate(&row, &draft->shipping_tax_rate);
	PutNullable(&row, NumericGetDatum(draft->base_rate),
				draft->base_rate == NULL);
	return TableInsert(&orders, &row) == 0 ? 0 : order_id;
}

/*
 * OrderLinesInsert inserts lines, numbered from first_line_no.  open is, for
 * each line, what is backordered; the rest is allocated.  expected_on is as
 * PromiseDays() returns it.
 */
void
OrderLinesInsert(int64 order_id, const OrderDraft *draft, int first_line_no,
				 const Quantity *open, const DateADT *expected_on)
{
	static StoreTable lines = {
		"order_lines",
		"order_id bigint, line_no integer, sku_id bigint, "
		"quantity oms.quantity, allocated oms.quantity, "
		"backordered oms.quantity, unit_price numeric, "
		"discount oms.amount, tax oms.amount, "
		"included_tax oms.amount, total oms.amount, "
		"metadata jsonb, expected_on date, order_discount oms.amount, "
		"tax_rate numeric, tax_jurisdiction text",
		NULL,
		{"order_lines_order_id_fkey", "order_lines_sku_id_fkey"}
	};
	Rows		rows = RowsMake(16, draft->line_count);

	for (int i = 0; i < draft->line_count; i++)
	{
		const DraftLine *line = &draft->lines[i];

		Put(&rows, Int64GetDatum(order_id));
		Put(&rows, Int32GetDatum(first_line_no + i));
		Put(&rows, Int64GetDatum(line->sku->sku_id));
		Put(&rows, QuantityGetDatum(line->quantity));
		Put(&rows, QuantityGetDatum(line->quantity - open[i]));
		Put(&rows, QuantityGetDatum(open[i]));
		Put(&rows, NumericGetDatum(line->unit_price));
		Put(&rows, AmountGetDatum(line->discount));
		Put(&rows, AmountGetDatum(line->tax));
		PutNullable(&rows, AmountGetDatum(line->included_tax),
					!line->has_included_tax);
		Put(&rows, AmountGetDatum(line->total));
		PutJsonb(&rows, line->metadata);
		PutPromise(&rows, expected_on, i);
		PutNullable(&rows, AmountGetDatum(line->order_discount),
					AmountMinor(line->order_discount) == 0);
		PutTaxRate(&rows, &line->tax_rate);
	}
	TableInsert(&lines, &rows);
}

/*
 * DiscountsInsert inserts the discounts on the whole order.
 */
void
DiscountsInsert(int64 order_id, const OrderDraft *draft)
{
	static StoreTable adjustments = {
		"order_adjustments",
		"order_id bigint, adjustment_no integer, code text, "
		"amount oms.amount",
		NULL,
		{"order_adjustments_order_id_fkey"}
	};
	Rows		rows = RowsMake(4, draft->discount_count);

	for (int i = 0; i < draft->discount_count; i++)
	{
		Put(&rows, Int64GetDatum(order_id));
		Put(&rows, Int32GetDatum(i + 1));
		PutText(&rows, draft->discounts[i].code);
		Put(&rows, AmountGetDatum(draft->discounts[i].amount));
	}
	TableInsert(&adjustments, &rows);
}
