/*
 * charge.c
 *		What the lines of an order and its shipping cost, and what of that was
 *		taken back by credit notes.
 *
 * Everything is in parts that accounts want apart: goods without tax, tax,
 * and the discounts on the whole order.  A part of a line's units costs its
 * share of each, rounded; who goes through the units step by step takes the
 * difference of two parts, so that the steps add up to the whole.
 *
 * What the lines do not bear of the discounts on the order, shipping bears.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"
#include "charge.h"

#include "utils/builtins.h"

/* Of shipping, which is a single unit */
#define SHIPPING_UNIT	QUANTITY_SCALE

typedef struct CreditNote
{
	int			invoice_no;
	bool		allowance;		/* or a correction of some */
} CreditNote;

/* What reads the rows of an order */
typedef struct Reading
{
	ChargedOrder *order;
	int			capacity;
	int64		discount;		/* of the order */
	int			note_count;
	int			note_capacity;
	CreditNote *notes;			/* of the order */
} Reading;

/*
 * ChargeSum is what a charge adds up to.
 */
int64
ChargeSum(const Charge *charge)
{
	return charge->goods + charge->tax - charge->discount;
}

/*
 * ChargeAdd adds a charge to a sum.
 */
void
ChargeAdd(Charge *sum, const Charge *charge)
{
	sum->goods += charge->goods;
	sum->discount += charge->discount;
	sum->tax += charge->tax;
}

/*
 * MinorOrNone is an amount in minor units, 0 for null.
 */
static int64
MinorOrNone(Datum amount, bool isnull)
{
	return isnull ? 0 : AmountMinor(DatumGetAmount(amount));
}

/*
 * MinorShare is a part of minor units for a part of a quantity that is not
 * zero.
 */
static int64
MinorShare(int64 minor, Quantity part, Quantity whole)
{
	return DivideRounded((int128) minor * part, whole);
}

/*
 * ChargeOfPart is what a part of the units of a line costs.
 */
Charge
ChargeOfPart(const ChargedLine *line, Quantity part)
{
	Charge		charge = {0};

	if (part == 0)
		return charge;
	charge.goods = MinorShare(line->whole.goods, part, line->quantity);
	charge.discount = MinorShare(line->whole.discount, part, line->quantity);
	charge.tax = MinorShare(line->whole.tax, part, line->quantity);
	return charge;
}

/*
 * AddLine adds a line to an order.
 */
static ChargedLine *
AddLine(Reading *reading)
{
	ChargedOrder *order = reading->order;

	if (order->count == reading->capacity)
	{
		reading->capacity *= 2;
		order->lines = repalloc(order->lines,
								sizeof(ChargedLine) * reading->capacity);
	}
	memset(&order->lines[order->count], 0, sizeof(ChargedLine));
	return &order->lines[order->count++];
}

/*
 * SetTax sets the rate and the jurisdiction of a line.
 */
static void
SetTax(ChargedLine *line, const Datum *values, const bool *nulls)
{
	if (!nulls[0])
		line->tax_rate = DatumGetNumericCopy(values[0]);
	if (!nulls[1])
		line->tax_jurisdiction = TextDatumGetCString(values[1]);
}

/*
 * ReadOrder reads the row of the order, a RowReader.
 */
static bool
ReadOrder(void *context, const Datum *values, const bool *nulls)
{
	Reading    *reading = context;
	ChargedOrder *order = reading->order;
	Amount		total = DatumGetAmount(values[1]);
	int64		included = MinorOrNone(values[5], nulls[5]);
	ChargedLine *line = AddLine(reading);

	order->channel_id = DatumGetInt32(values[0]);
	order->currency = AmountCurrency(total);
	order->total = AmountMinor(total);
	reading->discount = MinorOrNone(values[2], nulls[2]);
	line->quantity = SHIPPING_UNIT;
	line->whole.goods = MinorOrNone(values[3], nulls[3]) - included;
	line->whole.tax = MinorOrNone(values[4], nulls[4]) + included;
	SetTax(line, values + 6, nulls + 6);
	return false;
}

/*
 * ReadLine reads the row of a line, a RowReader.
 */
static bool
ReadLine(void *context, const Datum *values, const bool *nulls)
{
	Reading    *reading = context;
	int			currency = reading->order->currency;
	ChargedLine *line = AddLine(reading);
	Quantity	ordered = DatumGetQuantity(values[2]);
	int64		share[4];

	line->line_no = DatumGetInt32(values[0]);
	line->sku_id = DatumGetInt64(values[1]);
	line->quantity = ordered - DatumGetQuantity(values[3]);
	line->shipped = DatumGetQuantity(values[4]);
	line->delivered = DatumGetQuantity(values[5]);
	line->returned = DatumGetQuantity(values[6]);
	for (int i = 0; i < 4; i++)
		share[i] = MinorShare(MinorOrNone(values[8 + i], nulls[8 + i]),
							  line->quantity, ordered);
	line->whole.goods = AmountMinor(AmountPrice(DatumGetNumeric(values[7]),
												line->quantity, currency))
		- share[0] - share[2];
	line->whole.tax = share[1] + share[2];
	line->whole.discount = share[3];
	SetTax(line, values + 12, nulls + 12);
	return true;
}

/*
 * ReadNote remembers a credit note, a RowReader.
 */
static bool
ReadNote(void *context, const Datum *values, const bool *nulls)
{
	Reading    *reading = context;

	CreditNote *note;
	char	   *reason;

	if (strcmp(TextDatumGetCString(values[1]), "credit_note") != 0)
		return true;
	if (reading->note_count == reading->note_capacity)
	{
		reading->note_capacity = Max(8, reading->note_capacity * 2);
		reading->notes = reading->notes == NULL
			? palloc(sizeof(CreditNote) * reading->note_capacity)
			: repalloc(reading->notes,
					   sizeof(CreditNote) * reading->note_capacity);
	}
	note = &reading->notes[reading->note_count++];
	note->invoice_no = DatumGetInt32(values[0]);
	reason = nulls[2] ? "" : TextDatumGetCString(values[2]);
	note->allowance = strcmp(reason, CREDIT_ALLOWANCE) == 0 ||
		strcmp(reason, CREDIT_CORRECTION) == 0;
	return true;
}

/*
 * ReadCredit adds what a line of a credit note takes back, a RowReader.
 */
static bool
ReadCredit(void *context, const Datum *values, const bool *nulls)
{
	Reading    *reading = context;
	int			invoice_no = DatumGetInt32(values[0]);
	ChargedLine *line = ChargedLineFind(reading->order,
										DatumGetInt32(values[1]));
	Charge		charge;

	charge.goods = MinorOrNone(values[2], nulls[2]);
	charge.discount = MinorOrNone(values[3], nulls[3]);
	charge.tax = MinorOrNone(values[4], nulls[4]);
	for (int i = 0; i < reading->note_count && line != NULL; i++)
	{
		if (reading->notes[i].invoice_no != invoice_no)
			continue;
		ChargeAdd(&line->credited, &charge);
		if (reading->notes[i].allowance)
			ChargeAdd(&line->allowed, &charge);
	}
	return true;
}

/*
 * ChargedLineFind is the line of a number, NULL if there is none.
 */
ChargedLine *
ChargedLineFind(const ChargedOrder *order, int line_no)
{
	for (int i = 0; i < order->count; i++)
		if (order->lines[i].line_no == line_no)
			return &order->lines[i];
	return NULL;
}

/*
 * ReadCredits reads what credit notes have taken back of an order.
 */
static void
ReadCredits(Reading *reading)
{
	static StoreTable invoices = {
		"invoices", "invoice_no integer, kind text, reason text"
	};
	static StoreIndex by_order = {"invoices_pkey", "order_id", "bigint", 1};
	static StoreTable lines = {
		"invoice_lines",
		"invoice_no integer, line_no integer, goods oms.amount, "
		"discount oms.amount, tax oms.amount"
	};
	static StoreIndex lines_by_order = {
		"invoice_lines_pkey", "order_id", "bigint", 1
	};
	Datum		keys[1] = {Int64GetDatum(reading->order->order_id)};

	TableFind(&invoices, &by_order, keys, ReadNote, reading);
	reading->order->credited = reading->note_count > 0;
	if (reading->order->credited)
		TableFind(&lines, &lines_by_order, keys, ReadCredit, reading);
}

/*
 * ChargeShipping lets shipping bear the discounts that no line bears.  It
 * leaves with the first goods.
 */
static void
ChargeShipping(Reading *reading)
{
	ChargedOrder *order = reading->order;
	ChargedLine *shipping = &order->lines[0];

	shipping->whole.discount = reading->discount;
	for (int i = 1; i < order->count; i++)
	{
		shipping->whole.discount -= order->lines[i].whole.discount;
		if (order->lines[i].shipped > 0)
			shipping->shipped = SHIPPING_UNIT;
		if (order->lines[i].delivered > 0)
			shipping->delivered = SHIPPING_UNIT;
	}
}

/*
 * ChargedOrderRead reads what an order costs, with what was credited if that
 * is wanted, into the current memory context.  The caller holds the lock of
 * the order's row.
 */
ChargedOrder *
ChargedOrderRead(int64 order_id, bool credits)
{
	static StoreTable orders = {
		"orders",
		"channel_id integer, total oms.amount, discount oms.amount, "
		"shipping_price oms.amount, shipping_tax oms.amount, "
		"shipping_included_tax oms.amount, shipping_tax_rate numeric, "
		"shipping_tax_jurisdiction text"
	};
	static StoreIndex by_id = {"orders_pkey", "order_id", "bigint", 1};
	static StoreTable lines = {
		"order_lines",
		"line_no integer, sku_id bigint, quantity oms.quantity, "
		"cancelled oms.quantity, shipped oms.quantity, "
		"delivered oms.quantity, returned oms.quantity, "
		"unit_price numeric, discount oms.amount, tax oms.amount, "
		"included_tax oms.amount, order_discount oms.amount, "
		"tax_rate numeric, tax_jurisdiction text"
	};
	static StoreIndex by_order = {"order_lines_pkey", "order_id", "bigint", 1};
	ChargedOrder *order = palloc0(sizeof(ChargedOrder));
	Reading		reading = {order, 8};
	Datum		keys[1] = {Int64GetDatum(order_id)};

	order->order_id = order_id;
	order->lines = palloc(sizeof(ChargedLine) * reading.capacity);
	if (TableFind(&orders, &by_id, keys, ReadOrder, &reading) == 0)
		elog(ERROR, "order " INT64_FORMAT " has vanished", order_id);
	TableFind(&lines, &by_order, keys, ReadLine, &reading);
	ChargeShipping(&reading);
	if (credits)
		ReadCredits(&reading);
	return order;
}

/*
 * ChargesRead sets the lines of an order, its shipping first, and returns how
 * many there are; see ChargedOrderRead().
 */
int
ChargesRead(int64 order_id, ChargedLine **lines)
{
	ChargedOrder *order = ChargedOrderRead(order_id, true);

	*lines = order->lines;
	return order->count;
}
