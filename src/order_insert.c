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
	Oid			quantity_type = TypeNamed("oms.quantity");
	Oid			amount_type = TypeNamed("oms.amount");
	int			n = draft->line_count;
	Datum	   *columns[10];
	bool	   *no_included_tax = palloc(sizeof(bool) * n);
	bool	   *no_metadata = palloc(sizeof(bool) * n);
	Params		params = {0};

	for (int c = 0; c < lengthof(columns); c++)
		columns[c] = palloc(sizeof(Datum) * n);
	for (int i = 0; i < n; i++)
	{
		const DraftLine *line = &draft->lines[i];

		columns[0][i] = Int64GetDatum(line->sku->sku_id);
		columns[1][i] = QuantityGetDatum(line->quantity);
		columns[2][i] = QuantityGetDatum(line->quantity - open[i]);
		columns[3][i] = QuantityGetDatum(open[i]);
		columns[4][i] = NumericGetDatum(line->unit_price);
		columns[5][i] = AmountGetDatum(line->discount);
		columns[6][i] = AmountGetDatum(line->tax);
		columns[7][i] = AmountGetDatum(line->included_tax);
		no_included_tax[i] = !line->has_included_tax;
		columns[8][i] = AmountGetDatum(line->total);
		columns[9][i] = PointerGetDatum(line->metadata);
		no_metadata[i] = line->metadata == NULL;
	}
	AddDatum(&params, Int64GetDatum(order_id));
	AddDatum(&params, Int32GetDatum(first_line_no));
	AddDatum(&params, ArrayDatum(columns[0], NULL, n, INT8OID));
	for (int c = 1; c <= 3; c++)
		AddDatum(&params, ArrayDatum(columns[c], NULL, n, quantity_type));
	AddDatum(&params, ArrayDatum(columns[4], NULL, n, NUMERICOID));
	for (int c = 5; c <= 8; c++)
		AddDatum(&params, ArrayDatum(columns[c],
									 c == 7 ? no_included_tax : NULL, n,
									 amount_type));
	AddDatum(&params, ArrayDatum(columns[9], no_metadata, n, JSONBOID));
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
	int			n = draft->discount_count;
	Datum	   *codes = palloc(sizeof(Datum) * Max(n, 1));
	Datum	   *amounts = palloc(sizeof(Datum) * Max(n, 1));
	bool	   *no_code = palloc(sizeof(bool) * Max(n, 1));
	Params		params = {0};

	if (n == 0)
		return;
	for (int i = 0; i < n; i++)
	{
		no_code[i] = draft->discounts[i].code == NULL;
		if (!no_code[i])
			codes[i] = CStringGetTextDatum(draft->discounts[i].code);
		amounts[i] = AmountGetDatum(draft->discounts[i].amount);
	}
	AddDatum(&params, Int64GetDatum(order_id));
	AddDatum(&params, ArrayDatum(codes, no_code, n, TEXTOID));
	AddDatum(&params, ArrayDatum(amounts, NULL, n, TypeNamed("oms.amount")));
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
	int			n = draft->payment_count;
	Datum	   *columns[6];
	bool	   *missing[6];
	Params		params = {0};

	if (n == 0)
		return;
	for (int c = 0; c < lengthof(columns); c++)
	{
		columns[c] = palloc(sizeof(Datum) * n);
		missing[c] = palloc0(sizeof(bool) * n);
	}
	for (int i = 0; i < n; i++)
	{
		const DraftPayment *payment = &draft->payments[i];
		const char *texts[3] = {payment->method, payment->provider,
		payment->reference};

		for (int c = 0; c < lengthof(texts); c++)
		{
			missing[c][i] = texts[c] == NULL;
			if (texts[c] != NULL)
				columns[c][i] = CStringGetTextDatum(texts[c]);
		}
		columns[3][i] = StatusGetDatum(payment->status);
		columns[4][i] = AmountGetDatum(payment->amount);
		columns[5][i] = PointerGetDatum(payment->metadata);
		missing[5][i] = payment->metadata == NULL;
	}
	AddDatum(&params, Int64GetDatum(order_id));
	for (int c = 0; c < 3; c++)
		AddDatum(&params, ArrayDatum(columns[c], missing[c], n, TEXTOID));
	AddDatum(&params, ArrayDatum(columns[3], NULL, n,
								 TypeNamed("oms.payment_status")));
	AddDatum(&params, ArrayDatum(columns[4], NULL, n, TypeNamed("oms.amount")));
	AddDatum(&params, ArrayDatum(columns[5], missing[5], n, JSONBOID));
	PlanRun(&insert, params.values, params.nulls, false);
}
