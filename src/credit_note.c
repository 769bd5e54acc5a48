/*
 * credit_note.c
 *		Takes back what was charged: a credit note, with its posting.
 *
 * A credit note is written when the credit arises; its legal number comes with
 * the invoices.  What the credit notes of an order take back of a part of a
 * line is never more than was charged for it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "charge.h"
#include "payment.h"

#include "executor/spi.h"

/* What a credit note adds up to, in minor units */
typedef struct CreditSums
{
	Charge		goods;
	Charge		shipping;
	int64		fee;
	int64		total;
} CreditSums;

/*
 * RequireLeft raises OM008 if a credit takes back more of a part of a line
 * than is left of it.
 */
static void
RequireLeft(const ChargedOrder *order, const ChargedLine *line,
			const char *part, int64 asked, int64 charged, int64 credited)
{
	const char *name = line->line_no == 0 ? "shipping"
		: psprintf("line %d", line->line_no);

	if (credited + asked <= charged || asked <= 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OMS_AMOUNT_EXCEEDED),
			 errmsg("cannot credit more of order " INT64_FORMAT " than is left",
					order->order_id),
			 errdetail("Of the %s of %s, asked for %s, left is %s.", part, name,
					   AmountToString(AmountMake(order->currency, asked)),
					   AmountToString(AmountMake(order->currency,
												 charged - credited))),
			 errhint("At most what was charged and not yet credited can be taken back.")));
}

/*
 * SumLines checks the lines of a credit note and adds them up.
 */
static CreditSums
SumLines(const ChargedOrder *order, const CreditLine *lines, int n, int64 fee)
{
	CreditSums	sums = {.fee = fee, .total = -fee};

	for (int i = 0; i < n; i++)
	{
		const Charge *charge = &lines[i].charge;
		const ChargedLine *line = ChargedLineFind(order, lines[i].line_no);

		if (line == NULL)
			elog(ERROR, "order " INT64_FORMAT " has no line %d", order->order_id,
				 lines[i].line_no);
		RequireLeft(order, line, "price", charge->goods, line->whole.goods,
					line->credited.goods);
		RequireLeft(order, line, "tax", charge->tax, line->whole.tax,
					line->credited.tax);
		RequireLeft(order, line, "discount", charge->discount,
					line->whole.discount, line->credited.discount);
		ChargeAdd(lines[i].line_no == 0 ? &sums.shipping : &sums.goods, charge);
		sums.total += ChargeSum(charge);
	}
	return sums;
}

/*
 * NoteInsert writes the row of a credit note and returns its number.
 */
static int
NoteInsert(const ChargedOrder *order, const char *reason, int return_no,
		   const CreditSums *sums)
{
	static SavedPlan insert = {
		"bigint, text, integer, oms.amount, oms.amount, oms.amount, oms.amount, oms.amount, oms.amount",
		"INSERT INTO oms.invoices (order_id, invoice_no, kind, reason, return_no, "
		"                          goods, shipping, discount, tax, fee, total) "
		"SELECT $1, coalesce(max(invoice_no), 0) + 1, 'credit_note', $2, $3, $4, $5, $6, $7, $8, $9 "
		"FROM oms.invoices WHERE order_id = $1 "
		"RETURNING invoice_no"
	};
	const int64 minors[] = {sums->goods.goods, sums->shipping.goods,
		sums->goods.discount + sums->shipping.discount,
		sums->goods.tax + sums->shipping.tax, sums->fee, sums->total};
	Params		params = {0};

	AddDatum(&params, Int64GetDatum(order->order_id));
	AddText(&params, reason);
	AddId(&params, return_no);
	for (int i = 0; i < lengthof(minors); i++)
		AddDatum(&params,
				 AmountGetDatum(AmountMake(order->currency, minors[i])));
	PlanRun(&insert, params.values, params.nulls, false);
	return RowInt32(0, 1);
}

/*
 * NoteLinesInsert writes the lines of a credit note.
 */
static void
NoteLinesInsert(const ChargedOrder *order, int invoice_no,
				const CreditLine *lines, int n)
{
	static StoreTable table = {
		"invoice_lines",
		"order_id bigint, invoice_no integer, line_no integer, "
		"quantity oms.quantity, goods oms.amount, discount oms.amount, "
		"tax oms.amount, tax_rate numeric, tax_jurisdiction text",
		NULL,
		{"invoice_lines_invoice_fkey"}
	};
	Rows		rows = RowsMake(9, n);

	for (int i = 0; i < n; i++)
	{
		const Charge *charge = &lines[i].charge;
		const ChargedLine *line = ChargedLineFind(order, lines[i].line_no);

		Put(&rows, Int64GetDatum(order->order_id));
		Put(&rows, Int32GetDatum(invoice_no));
		Put(&rows, Int32GetDatum(line->line_no));
		PutNullable(&rows, QuantityGetDatum(lines[i].quantity),
					lines[i].quantity == 0);
		Put(&rows, AmountGetDatum(AmountMake(order->currency, charge->goods)));
		Put(&rows, AmountGetDatum(AmountMake(order->currency, charge->discount)));
		Put(&rows, AmountGetDatum(AmountMake(order->currency, charge->tax)));
		PutNullable(&rows, NumericGetDatum(line->tax_rate),
					line->tax_rate == NULL);
		PutText(&rows, line->tax_jurisdiction);
	}
	TableInsert(&table, &rows);
}

/*
 * NotePost writes the posting of a credit note.
 */
static void
NotePost(const ChargedOrder *order, int invoice_no, const CreditLine *lines,
		 int n, const CreditSums *sums)
{
	Posting    *posting = PostingMake("credit_note", order->order_id, invoice_no,
									  order->currency,
									  OrderRate(order->order_id, order->currency));

	PostingAddUp(posting, ACCOUNT_RETURNS, NULL, sums->goods.goods);
	PostingAddUp(posting, ACCOUNT_SHIPPING_INCOME, NULL, sums->shipping.goods);
	for (int i = 0; i < n; i++)
		PostingAddUp(posting, ACCOUNT_TAX_PAYABLE,
					 ChargedLineFind(order, lines[i].line_no)->tax_jurisdiction,
					 lines[i].charge.tax);
	PostingAddUp(posting, ACCOUNT_DISCOUNTS, NULL,
				 -(sums->goods.discount + sums->shipping.discount));
	PostingAddUp(posting, ACCOUNT_RESTOCKING_FEES, NULL, -sums->fee);
	PostingAddCustomer(posting, -sums->total);
	PostingWrite(posting);
}

/*
 * CreditNoteInsert writes a credit note of an order with its lines, its
 * posting and its event, and returns its number.  Each line is named once;
 * of its total the fee is kept.  return_no is 0 for none.  The caller holds
 * the lock of the order's row.  Raises OM008 if more is taken back than was
 * charged and not yet credited.
 */
int
CreditNoteInsert(int64 order_id, const char *reason, int return_no,
				 const CreditLine *lines, int n, int64 fee)
{
	ChargedOrder *order = ChargedOrderRead(order_id, true);
	CreditSums	sums = SumLines(order, lines, n, fee);
	int			invoice_no = NoteInsert(order, reason, return_no, &sums);
	EventField	fields[2] = {
		{"amount", AmountToString(AmountMake(order->currency, sums.total))},
		{"reason", reason}
	};

	NoteLinesInsert(order, invoice_no, lines, n);
	NotePost(order, invoice_no, lines, n, &sums);
	EventAppend(order_id, "credit_note.created", invoice_no,
				EventFields(fields, lengthof(fields)));
	return invoice_no;
}

/*
 * OrderOverpaid is how much the customer of an order has paid more than it
 * costs, in minor units: what was captured, not refunded, not charged back and
 * not moved to another order, less the total that was not credited; negative
 * if he has paid less.  Payments count by their entries, so that a refund that
 * is being written does not yet.
 */
int64
OrderOverpaid(int64 order_id)
{
	static SavedPlan find = {
		"bigint",
		"SELECT coalesce(p.paid, 0)::bigint - coalesce(b.taken, 0)::bigint - oms.minor(o.total) + coalesce(c.credited, 0)::bigint "
		"       - coalesce(k.moved, 0)::bigint "
		"FROM oms.orders o, "
		"     (SELECT sum(oms.minor(moved)) AS moved "
		"      FROM oms.order_links WHERE order_id = $1) AS k, "
		"     (SELECT sum(CASE kind WHEN 'capture' THEN oms.minor(amount) "
		"                           WHEN 'refund' THEN -oms.minor(amount) END) AS paid "
		"      FROM oms.payment_entries WHERE order_id = $1) AS p, "
		"     (SELECT sum(oms.minor(amount)) AS taken "
		"      FROM oms.chargebacks WHERE order_id = $1 AND status <> 'won') AS b, "
		"     (SELECT sum(oms.minor(total)) AS credited "
		"      FROM oms.invoices WHERE order_id = $1 AND kind = 'credit_note') AS c "
		"WHERE o.order_id = $1"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};

	if (PlanRun(&find, values, NULL, false) == 0)
		elog(ERROR, "order " INT64_FORMAT " has vanished", order_id);
	return RowInt64(0, 1);
}

PG_FUNCTION_INFO_V1(oms_overpaid);

/*
 * oms_overpaid(order_id) is OrderOverpaid() for jobs that are written in SQL.
 */
Datum
oms_overpaid(PG_FUNCTION_ARGS)
{
	StoreScope	scope = StoreOpen();
	int64		order_id = PG_GETARG_INT64(0);
	Amount		overpaid = AmountMake(OrderCurrency(order_id),
									  OrderOverpaid(order_id));

	StoreClose(scope);
	PG_RETURN_AMOUNT(overpaid);
}
