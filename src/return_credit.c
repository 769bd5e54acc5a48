/*
 * return_credit.c
 *		What is given back for units that came back or are claimed.
 *
 * Units of a line are alike: the first ones that are credited cost the first
 * part of what is charged, the next ones the difference to the part of both
 * (charge.c).  So all of them cost all, to the cent, tax and discounts too,
 * and no unit is credited twice, whether it is returned or claimed.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "return.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/* Units of a line that cost the customer nothing any more */
typedef struct SettledUnits
{
	int			line_no;
	Quantity	credited;
	Quantity	replaced;
} SettledUnits;

/*
 * ReadSettled reads what units of an order were credited or replaced.
 */
static int
ReadSettled(int64 order_id, SettledUnits **settled)
{
	static SavedPlan find = {
		"bigint",
		"SELECT line_no, coalesce(sum(credited), '0'), coalesce(sum(replaced), '0') "
		"FROM (SELECT l.line_no, l.quantity AS credited, NULL::oms.quantity AS replaced "
		"      FROM oms.invoice_lines l JOIN oms.invoices i USING (order_id, invoice_no) "
		"      WHERE l.order_id = $1 AND i.kind = 'credit_note' AND l.line_no > 0 "
		"      UNION ALL "
		"      SELECT l.line_no, NULL, l.quantity "
		"      FROM oms.claim_lines l JOIN oms.claims c USING (order_id, claim_no) "
		"      WHERE l.order_id = $1 AND c.resolution = 'replacement') AS u "
		"GROUP BY line_no"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};
	int			n = PlanRun(&find, values, NULL, false);

	*settled = palloc(mul_size(sizeof(SettledUnits), Max(n, 1)));
	for (int i = 0; i < n; i++)
	{
		(*settled)[i].line_no = RowInt32(i, 1);
		(*settled)[i].credited = DatumGetQuantity(RowDatum(i, 2, NULL));
		(*settled)[i].replaced = DatumGetQuantity(RowDatum(i, 3, NULL));
	}
	return n;
}

/*
 * AtMost is the smaller of an amount and of what is left of another.
 */
static int64
AtMost(int64 minor, int64 whole, int64 taken)
{
	return Max(Min(minor, whole - taken), 0);
}

/*
 * ChargeStep is what units of a line cost after others before them, at most
 * what credit notes, which may be of money without units, have left of it.
 */
static Charge
ChargeStep(const ChargedLine *line, Quantity before, Quantity after)
{
	Charge		first = ChargeOfPart(line, before);
	Charge		both = ChargeOfPart(line, after);
	Charge		step;

	step.goods = AtMost(both.goods - first.goods, line->whole.goods,
						line->credited.goods);
	step.tax = AtMost(both.tax - first.tax, line->whole.tax,
					  line->credited.tax);
	step.discount = AtMost(both.discount - first.discount,
						   line->whole.discount, line->credited.discount);
	step.discount = Min(step.discount, step.goods + step.tax);
	return step;
}

/*
 * FeeShare is the part of minor units that a restocking fee keeps.
 */
static int64
FeeShare(const CreditAsk *ask, int currency, int64 minor)
{
	return AmountMinor(AmountMultiplyNumeric(AmountMake(currency, minor),
											 ask->fee_rate));
}

/*
 * FeeOf is what is kept of units of a line that are worth so much: the
 * difference of two fees, so that the fees of a line, returned in whatever
 * parts, add up to that of all of it.  Units of which allowances have taken
 * something are on their own.
 */
static int64
FeeOf(const CreditAsk *ask, int currency, const ChargedLine *line,
	  Quantity before, Quantity after, int64 worth)
{
	Charge		first = ChargeOfPart(line, before);
	Charge		both = ChargeOfPart(line, after);
	int64		from = ChargeSum(&first);
	int64		to = ChargeSum(&both);

	if (ask->fee_rate == NULL)
		return 0;
	if (to - from != worth)
		return FeeShare(ask, currency, worth);
	return FeeShare(ask, currency, to) - FeeShare(ask, currency, from);
}

/*
 * AddLine adds what units of a line cost to a credit.
 */
static void
AddLine(Credit *credit, const ChargedLine *line, const SettledUnits *settled,
		const CreditAsk *ask)
{
	Quantity	before = settled == NULL ? 0 : settled->credited;
	Quantity	limit = line->quantity -
		(settled == NULL ? 0 : settled->replaced);
	Quantity	after = Min(QuantityAdd(before, ask->quantity), limit);
	CreditLine *added = &credit->lines[credit->count];
	int64		worth;

	if (after <= before)
		return;
	added->line_no = line->line_no;
	added->quantity = after - before;
	added->charge = ChargeStep(line, before, after);
	worth = ChargeSum(&added->charge);
	credit->total += worth;
	credit->fee += FeeOf(ask, credit->currency, line, before, after, worth);
	credit->count++;
}

/*
 * IsWhole tells whether a credit takes back all units of an order that are
 * left.
 */
static bool
IsWhole(const Credit *credit, const ChargedLine *lines, int n,
		const SettledUnits *settled, int settled_count)
{
	for (int i = 0; i < n; i++)
	{
		Quantity	left = lines[i].quantity;

		for (int j = 0; j < settled_count; j++)
			if (settled[j].line_no == lines[i].line_no)
				left -= settled[j].credited + settled[j].replaced;
		for (int j = 0; j < credit->count; j++)
			if (credit->lines[j].line_no == lines[i].line_no)
				left -= credit->lines[j].quantity;
		if (lines[i].line_no != 0 && left > 0)
			return false;
	}
	return true;
}

/*
 * CreditOf is what units of lines give back, without shipping.  The caller
 * holds the lock of the order's row, and names no line twice.
 */
Credit
CreditOf(int64 order_id, const CreditAsk *asks, int n)
{
	ChargedLine *lines;
	int			line_count = ChargesRead(order_id, &lines);
	SettledUnits *settled;
	int			settled_count = ReadSettled(order_id, &settled);
	Credit		credit = {OrderCurrency(order_id)};

	credit.lines = palloc0(mul_size(sizeof(CreditLine), n + 1));
	for (int i = 0; i < n; i++)
	{
		const SettledUnits *units = NULL;

		for (int j = 0; j < settled_count; j++)
			if (settled[j].line_no == asks[i].line_no)
				units = &settled[j];
		for (int j = 0; j < line_count; j++)
			if (lines[j].line_no == asks[i].line_no)
				AddLine(&credit, &lines[j], units, &asks[i]);
	}
	credit.whole = IsWhole(&credit, lines, line_count, settled, settled_count);
	credit.total -= credit.fee;
	return credit;
}

/*
 * CreditShipping adds to a credit what is left of the order's shipping.
 */
void
CreditShipping(int64 order_id, Credit *credit)
{
	ChargedLine *lines;
	int			n = ChargesRead(order_id, &lines);

	for (int i = 0; i < n; i++)
	{
		CreditLine *added = &credit->lines[credit->count];

		if (lines[i].line_no != 0)
			continue;
		added->line_no = 0;
		added->charge = ChargeStep(&lines[i], 0, lines[i].quantity);
		if (ChargeSum(&added->charge) <= 0)
			return;
		credit->total += ChargeSum(&added->charge);
		credit->count++;
	}
}

/*
 * CreditWrite writes the credit note of a credit and returns its number; 0 if
 * there is nothing to take back.  return_no is 0 for none.
 */
int
CreditWrite(int64 order_id, const Credit *credit, const char *reason,
			int return_no)
{
	if (credit->count == 0)
		return 0;
	return CreditNoteInsert(order_id, reason, return_no, credit->lines,
							credit->count, credit->fee);
}

/*
 * RefundDue gives back, in the ways in which it was paid, what the customer of
 * an order has paid too much, at most so many minor units, and returns the
 * refund's number; 0 if nothing is due.
 */
int
RefundDue(int64 order_id, int64 at_most, const char *reason)
{
	int64		due = Min(at_most, OrderOverpaid(order_id));

	if (due <= 0)
		return 0;
	return RefundOrder(order_id, AmountMake(OrderCurrency(order_id), due),
					   reason, NULL);
}
