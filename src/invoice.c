/*
 * invoice.c
 *		Writes the invoices of orders: what is charged and not yet invoiced.
 *
 * An invoice is the difference between what the units that have left cost (or
 * where the channel invoices on order, all units) and what the invoices before
 * it say, line by line.  So the invoices of an order add up to what it costs,
 * whatever was cancelled or edited between them.  Shipping is on the first.
 *
 * Rows are written without numbers first.  The numbers come last, since who
 * takes some of a series keeps all others waiting who issue until the
 * transaction ends; see oms_internal.number_invoices().
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"
#include "invoice.h"

#include "executor/spi.h"

/* What earlier invoices say of a line */
typedef struct InvoicedLine
{
	int64		order_id;
	int			line_no;
	Quantity	quantity;
	Charge		charge;
} InvoicedLine;

/* An order, before it is invoiced */
typedef struct InvoicedOrder
{
	int64		order_id;
	Status		status;
	bool		on_order;		/* all of it, not only what has left */
	int			last_no;		/* of its invoices and credit notes */
} InvoicedOrder;

/* Orders, and what was invoiced of them, both in order of their numbers */
typedef struct Invoicing
{
	int			order_count;
	InvoicedOrder *orders;
	int			line_count;
	InvoicedLine *lines;
} Invoicing;

/* What an invoice says of a line */
typedef struct InvoiceLine
{
	const ChargedLine *line;
	Quantity	quantity;
	Charge		charge;
} InvoiceLine;

/* An invoice that is being made */
typedef struct Invoice
{
	int64		order_id;
	int			invoice_no;
	int			currency;
	int			count;
	InvoiceLine *lines;
	bool		units;			/* some are invoiced for the first time */
	bool		whole;			/* no units are left to invoice */
	int64		goods;
	int64		shipping;
	int64		discount;
	int64		tax;
	int64		total;
} Invoice;

/*
 * OrdersRead reads orders and the last of their invoices.
 */
static void
OrdersRead(Invoicing *invoicing, Datum order_ids)
{
	static SavedPlan find = {
		"bigint[]",
		"SELECT o.order_id, o.status, c.invoice = 'on_order', "
		"       (SELECT coalesce(max(i.invoice_no), 0) FROM oms.invoices i WHERE i.order_id = o.order_id) "
		"FROM oms.orders o JOIN oms.channels c USING (channel_id) "
		"WHERE o.order_id = ANY ($1) ORDER BY o.order_id"
	};
	int			n = PlanRun(&find, &order_ids, NULL, false);

	invoicing->order_count = n;
	invoicing->orders = palloc(mul_size(sizeof(InvoicedOrder), Max(n, 1)));
	for (int i = 0; i < n; i++)
		invoicing->orders[i] = (InvoicedOrder) {
			RowInt64(i, 1), DatumGetStatus(RowDatum(i, 2, NULL)),
			RowBool(i, 3), RowInt32(i, 4)
		};
}

/*
 * InvoicedRead reads what the invoices of orders say so far.
 */
static void
InvoicedRead(Invoicing *invoicing, Datum order_ids)
{
	static SavedPlan find = {
		"bigint[]",
		"SELECT l.order_id, l.line_no, coalesce(sum(l.quantity), '0'), sum(oms.minor(l.goods))::bigint, "
		"       sum(oms.minor(l.discount))::bigint, sum(oms.minor(l.tax))::bigint "
		"FROM oms.invoices i JOIN oms.invoice_lines l USING (order_id, invoice_no) "
		"WHERE i.order_id = ANY ($1) AND i.kind = 'invoice' "
		"GROUP BY l.order_id, l.line_no ORDER BY l.order_id, l.line_no"
	};
	int			n = PlanRun(&find, &order_ids, NULL, false);

	invoicing->line_count = n;
	invoicing->lines = palloc(mul_size(sizeof(InvoicedLine), Max(n, 1)));
	for (int i = 0; i < n; i++)
		invoicing->lines[i] = (InvoicedLine) {
			RowInt64(i, 1), RowInt32(i, 2), DatumGetQuantity(RowDatum(i, 3, NULL)),
			{RowInt64(i, 4), RowInt64(i, 5), RowInt64(i, 6)}
		};
}

/*
 * CompareInvoiced is a comparator of bsearch.
 */
static int
CompareInvoiced(const void *a, const void *b)
{
	const InvoicedLine *x = a;
	const InvoicedLine *y = b;

	if (x->order_id != y->order_id)
		return x->order_id < y->order_id ? -1 : 1;
	return (x->line_no > y->line_no) - (x->line_no < y->line_no);
}

/*
 * InvoicedOf is what was invoiced of a line; nothing, if it was not.
 */
static InvoicedLine
InvoicedOf(const Invoicing *invoicing, int64 order_id, int line_no)
{
	InvoicedLine key = {order_id, line_no};
	const InvoicedLine *line = bsearch(&key, invoicing->lines,
									   invoicing->line_count,
									   sizeof(InvoicedLine), CompareInvoiced);

	return line == NULL ? key : *line;
}

/*
 * InvoicesAll tells whether all of an order is to be invoiced, not only what
 * has left.
 */
static bool
InvoicesAll(const InvoicedOrder *order)
{
	return order->on_order && order->status >= ORDER_CONFIRMED;
}

/*
 * MayBeInvoiced tells whether an order can be looked at.  One that is invoiced
 * as a whole waits until it is confirmed, or again when it is held.
 */
static bool
MayBeInvoiced(const InvoicedOrder *order)
{
	return !order->on_order || order->status >= ORDER_CONFIRMED;
}

/*
 * InvoiceAdd adds a line to an invoice, if there is anything to say of it.
 */
static void
InvoiceAdd(Invoice *invoice, const ChargedLine *line, Quantity units,
		   const InvoicedLine *before)
{
	InvoiceLine *added = &invoice->lines[invoice->count];
	Charge		charge = ChargeOfPart(line, units);

	charge.goods -= before->charge.goods;
	charge.discount -= before->charge.discount;
	charge.tax -= before->charge.tax;
	*added = (InvoiceLine) {line, units - before->quantity, charge};
	if (line->line_no == 0)
		added->quantity = 0;
	if (added->quantity == 0 && charge.goods == 0 && charge.discount == 0 &&
		charge.tax == 0)
		return;
	invoice->count++;
	invoice->units |= added->quantity > 0;
	if (line->line_no == 0)
		invoice->shipping += charge.goods;
	else
		invoice->goods += charge.goods;
	invoice->discount += charge.discount;
	invoice->tax += charge.tax;
	invoice->total += ChargeSum(&charge);
}

/*
 * InvoiceMake makes the invoice of an order, but its number.
 */
static Invoice
InvoiceMake(const Invoicing *invoicing, const InvoicedOrder *order,
			const ChargedOrder *charged)
{
	Invoice		invoice = {.whole = true};
	Quantity	left = 0;		/* of shipping, once anything is invoiced */

	invoice.lines = palloc(sizeof(InvoiceLine) * charged->count);
	for (int i = charged->count - 1; i >= 0; i--)
	{
		const ChargedLine *line = &charged->lines[i];
		InvoicedLine before = InvoicedOf(invoicing, order->order_id,
										 line->line_no);
		Quantity	units = line->line_no == 0 ? left
			: InvoicesAll(order) ? line->quantity : line->shipped;

		if (line->line_no != 0 && units > 0)
			left = charged->lines[0].quantity;
		invoice.whole &= line->line_no == 0 || units == line->quantity;
		InvoiceAdd(&invoice, line, units, &before);
	}
	return invoice;
}

/*
 * InvoiceOrder makes the invoice of an order; whether there is anything to
 * invoice.  What only corrects earlier invoices waits while units are left to
 * invoice.
 */
static bool
InvoiceOrder(const Invoicing *invoicing, const InvoicedOrder *order,
			 Invoice *invoice)
{
	ChargedOrder *charged;

	if (!MayBeInvoiced(order))
		return false;
	charged = ChargedOrderRead(order->order_id, false);
	*invoice = InvoiceMake(invoicing, order, charged);
	invoice->order_id = order->order_id;
	invoice->invoice_no = order->last_no + 1;
	invoice->currency = charged->currency;
	return invoice->units || (invoice->count > 0 && invoice->whole);
}

/*
 * PutInvoice puts the row of an invoice.
 */
static void
PutInvoice(Rows *rows, const Invoice *invoice)
{
	const int64 minors[] = {invoice->goods, invoice->shipping,
	invoice->discount, invoice->tax, 0, invoice->total};

	Put(rows, Int64GetDatum(invoice->order_id));
	Put(rows, Int32GetDatum(invoice->invoice_no));
	PutText(rows, "invoice");
	PutText(rows, invoice->units ? NULL : "correction");
	for (int i = 0; i < lengthof(minors); i++)
		Put(rows, AmountGetDatum(AmountMake(invoice->currency, minors[i])));
}

/*
 * PutInvoiceLines puts the rows of an invoice's lines.
 */
static void
PutInvoiceLines(Rows *rows, const Invoice *invoice)
{
	int			currency = invoice->currency;

	for (int i = 0; i < invoice->count; i++)
	{
		const InvoiceLine *line = &invoice->lines[i];
		const Charge *charge = &line->charge;

		Put(rows, Int64GetDatum(invoice->order_id));
		Put(rows, Int32GetDatum(invoice->invoice_no));
		Put(rows, Int32GetDatum(line->line->line_no));
		PutNullable(rows, QuantityGetDatum(line->quantity), line->quantity == 0);
		Put(rows, AmountGetDatum(AmountMake(currency, charge->goods)));
		Put(rows, AmountGetDatum(AmountMake(currency, charge->discount)));
		Put(rows, AmountGetDatum(AmountMake(currency, charge->tax)));
		PutNullable(rows, NumericGetDatum(line->line->tax_rate),
					line->line->tax_rate == NULL);
		PutText(rows, line->line->tax_jurisdiction);
	}
}

/*
 * InvoicesWrite writes the rows of invoices, without their numbers.
 */
static void
InvoicesWrite(const Invoice *invoices, int n)
{
	static StoreTable invoice_table = {
		"invoices",
		"order_id bigint, invoice_no integer, kind text, reason text, "
		"goods oms.amount, shipping oms.amount, discount oms.amount, "
		"tax oms.amount, fee oms.amount, total oms.amount",
		NULL,
		{"invoices_order_id_fkey"}
	};
	static StoreTable line_table = {
		"invoice_lines",
		"order_id bigint, invoice_no integer, line_no integer, "
		"quantity oms.quantity, goods oms.amount, discount oms.amount, "
		"tax oms.amount, tax_rate numeric, tax_jurisdiction text",
		NULL,
		{"invoice_lines_invoice_fkey"}
	};
	int			line_count = 0;
	Rows		rows = RowsMake(10, n);
	Rows		lines;

	for (int i = 0; i < n; i++)
		line_count += invoices[i].count;
	lines = RowsMake(9, line_count);
	for (int i = 0; i < n; i++)
	{
		PutInvoice(&rows, &invoices[i]);
		PutInvoiceLines(&lines, &invoices[i]);
	}
	TableInsert(&invoice_table, &rows);
	TableInsert(&line_table, &lines);
}

/*
 * InvoicesMake writes the invoices of orders, as yet without numbers, and
 * returns how many.  The caller holds the locks of the orders' rows.
 */
int
InvoicesMake(const int64 *order_ids, int n)
{
	Invoicing	invoicing = {0};
	Datum		ids = Int64Array(order_ids, n);
	Invoice    *invoices = palloc(mul_size(sizeof(Invoice), Max(n, 1)));
	int			count = 0;

	OrdersRead(&invoicing, ids);
	InvoicedRead(&invoicing, ids);
	for (int i = 0; i < invoicing.order_count; i++)
		count += InvoiceOrder(&invoicing, &invoicing.orders[i],
							  &invoices[count]);
	if (count > 0)
		InvoicesWrite(invoices, count);
	return count;
}

/*
 * InvoicesNumber gives numbers to the invoices and credit notes of orders that
 * have none, appends their events, and returns how many there were.  From here
 * on others who issue of the same series wait for this transaction.
 */
int
InvoicesNumber(const int64 *order_ids, int n)
{
	static SavedPlan number = {
		"bigint[]",
		"SELECT order_id, invoice_no, kind, name, total "
		"FROM oms_internal.number_invoices($1) ORDER BY order_id, invoice_no"
	};
	Datum		ids = Int64Array(order_ids, n);
	int			count = PlanRun(&number, &ids, NULL, false);
	SPITupleTable *rows = SPI_tuptable;
	EventBatch	batch = {0};

	for (int i = 0; i < count; i++)
	{
		int64		order_id = RowInt64(i, 1);
		char	   *kind = RowText(i, 3);
		EventField	fields[2] = {
			{"number", RowText(i, 4)},
			{"total", AmountToString(DatumGetAmount(RowDatum(i, 5, NULL)))}
		};

		EventAdd(&batch,
				 strcmp(kind, "invoice") == 0 ? "invoice.issued"
				 : "credit_note.issued",
				 RowInt32(i, 2), EventFields(fields, lengthof(fields)));
		if (i + 1 < count && RowInt64(i + 1, 1) == order_id)
			continue;
		EventsAppend(order_id, &batch);
		batch.count = 0;
		SPI_tuptable = rows;
		SPI_processed = count;
	}
	return count;
}
