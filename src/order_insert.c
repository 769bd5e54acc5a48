/*
 * order_insert.c
 *		Writes the rows of a new order, one statement a table.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"

/*
 * OrderInsert inserts the order's own row and returns its number; 0 if
 * another transaction has placed an order of the same reference.
 */
int64
OrderInsert(const OrderDraft *draft, Status status)
{
	static SavedPlan insert = {
		"integer, text, oms.order_status, text, "
		"oms.amount, oms.amount, oms.amount, oms.amount, oms.amount, "
		"timestamptz, bigint, integer, integer, integer, "
		"boolean, boolean, boolean, text, date, "
		"float8, float8, jsonb, jsonb, jsonb, bigint",
		"INSERT INTO oms.orders (channel_id, reference, status, currency, "
		"       lines_total, shipping_price, shipping_tax, discount, total, "
		"       placed_at, customer_id, service_id, pickup_location_id, ship_from_location_id, "
		"       on_terms, allow_split, allow_backorder, strategy, deliver_by, "
		"       destination, ship_to, bill_to, metadata, document_hash) "
		"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, "
		"        $16, $17, $18, $19, oms_internal.make_point($20, $21), $22, $23, $24, $25) "
		"ON CONFLICT (channel_id, reference) DO NOTHING "
		"RETURNING order_id"
	};
	const SourcingRules *rules = &draft->rules;
	const Destination *destination = &draft->destination;
	Params		params = {0};

	AddDatum(&params, Int32GetDatum(draft->channel_id));
	AddText(&params, draft->reference);
	AddDatum(&params, StatusGetDatum(status));
	AddText(&params, CurrencyCode(draft->currency));
	AddDatum(&params, AmountGetDatum(draft->lines_total));
	AddDatum(&params, AmountGetDatum(draft->shipping_price));
	AddDatum(&params, AmountGetDatum(draft->shipping_tax));
	AddDatum(&params, AmountGetDatum(draft->discount));
	AddDatum(&params, AmountGetDatum(draft->total));
	AddDatum(&params, TimestampTzGetDatum(draft->placed_at));
	AddNullable(&params, Int64GetDatum(draft->customer_id),
				draft->customer_id == 0);
	AddId(&params, draft->service_id);
	AddId(&params, rules->pickup_location_id);
	AddId(&params, rules->ship_from_location_id);
	AddDatum(&params, BoolGetDatum(draft->on_terms));
	AddDatum(&params, BoolGetDatum(rules->allow_split));
	AddDatum(&params, BoolGetDatum(rules->allow_backorder));
	AddText(&params, draft->strategy);
	AddNullable(&params, DateADTGetDatum(draft->deliver_by),
				!draft->has_deliver_by);
	AddNullable(&params, Float8GetDatum(destination->latitude),
				!destination->has_point);
	AddNullable(&params, Float8GetDatum(destination->longitude),
				!destination->has_point);
	AddJsonb(&params, destination->address);
	AddJsonb(&params, draft->bill_to);
	AddJsonb(&params, draft->metadata);
	AddDatum(&params, Int64GetDatum(draft->document_hash));
	return PlanRun(&insert, params.values, params.nulls, false) == 0
		? 0 : RowInt64(0, 1);
}

/*
 * OrderLinesInsert inserts lines, numbered from first_line_no.  open is, for
 * each line, what is backordered; the rest is allocated.
 */
void
OrderLinesInsert(int64 order_id, const OrderDraft *draft, int first_line_no,
				 const Quantity *open)
{
	static SavedPlan insert = {
		"bigint, integer, bigint[], oms.quantity[], oms.quantity[], oms.quantity[], "
		"numeric[], oms.amount[], oms.amount[], oms.amount[], oms.amount[], jsonb[]",
		"INSERT INTO oms.order_lines (order_id, line_no, sku_id, quantity, allocated, "
		"       backordered, unit_price, discount, tax, included_tax, total, metadata) "
		"SELECT $1, $2 + l.n - 1, l.sku_id, l.quantity, l.allocated, l.backordered, "
		"       l.unit_price, l.discount, l.tax, l.included_tax, l.total, l.metadata "
		"FROM unnest($3, $4, $5, $6, $7, $8, $9, $10, $11, $12) WITH ORDINALITY "
		"     AS l(sku_id, quantity, allocated, backordered, unit_price, discount, tax, "
		"          included_tax, total, metadata, n)"
	};
	Rows		rows = RowsMake(10, draft->line_count);
	Params		params = {0};

	for (int i = 0; i < draft->line_count; i++)
	{
		const DraftLine *line = &draft->lines[i];

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
	}
	AddDatum(&params, Int64GetDatum(order_id));
	AddDatum(&params, Int32GetDatum(first_line_no));
	AddRows(&params, &insert, &rows);
	PlanRun(&insert, params.values, params.nulls, false);
}

/*
 * DiscountsInsert inserts the discounts on the whole order.
 */
void
DiscountsInsert(int64 order_id, const OrderDraft *draft)
{
	static SavedPlan insert = {
		"bigint, text[], oms.amount[]",
		"INSERT INTO oms.order_adjustments (order_id, adjustment_no, code, amount) "
		"SELECT $1, d.n, d.code, d.amount "
		"FROM unnest($2, $3) WITH ORDINALITY AS d(code, amount, n)"
	};
	Rows		rows = RowsMake(2, draft->discount_count);
	Params		params = {0};

	if (draft->discount_count == 0)
		return;
	for (int i = 0; i < draft->discount_count; i++)
	{
		PutText(&rows, draft->discounts[i].code);
		Put(&rows, AmountGetDatum(draft->discounts[i].amount));
	}
	AddDatum(&params, Int64GetDatum(order_id));
	AddRows(&params, &insert, &rows);
	PlanRun(&insert, params.values, params.nulls, false);
}

/*
 * PaymentsInsert inserts the payments that came with the order, with the
 * entries that explain their sums: an authorization, and a capture.
 */
void
PaymentsInsert(int64 order_id, const OrderDraft *draft)
{
	static SavedPlan insert = {
		"bigint, text[], text[], text[], oms.payment_status[], oms.amount[], jsonb[]",
		"WITH payment AS ("
		"    INSERT INTO oms.payments (order_id, payment_no, method, provider, reference, status, "
		"           amount, authorized, captured, refunded, metadata) "
		"    SELECT $1, p.n, p.method, p.provider, p.reference, p.status, p.amount, "
		"           CASE WHEN p.status IN ('authorized', 'captured') THEN p.amount ELSE p.amount - p.amount END, "
		"           CASE WHEN p.status = 'captured' THEN p.amount ELSE p.amount - p.amount END, "
		"           p.amount - p.amount, p.metadata "
		"    FROM unnest($2, $3, $4, $5, $6, $7) WITH ORDINALITY "
		"         AS p(method, provider, reference, status, amount, metadata, n) "
		"    RETURNING payment_no, authorized, captured) "
		"INSERT INTO oms.payment_entries (order_id, payment_no, entry_no, kind, amount) "
		"SELECT $1, payment_no, 1, 'authorization', authorized "
		"FROM payment WHERE oms.sign(authorized) > 0 "
		"UNION ALL "
		"SELECT $1, payment_no, 2, 'capture', captured "
		"FROM payment WHERE oms.sign(captured) > 0"
	};
	Rows		rows = RowsMake(6, draft->payment_count);
	Params		params = {0};

	if (draft->payment_count == 0)
		return;
	for (int i = 0; i < draft->payment_count; i++)
	{
		const DraftPayment *payment = &draft->payments[i];

		PutText(&rows, payment->method);
		PutText(&rows, payment->provider);
		PutText(&rows, payment->reference);
		Put(&rows, StatusGetDatum(payment->status));
		Put(&rows, AmountGetDatum(payment->amount));
		PutJsonb(&rows, payment->metadata);
	}
	AddDatum(&params, Int64GetDatum(order_id));
	AddRows(&params, &insert, &rows);
	PlanRun(&insert, params.values, params.nulls, false);
}
