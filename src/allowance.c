/*
 * allowance.c
 *		Credit notes that follow from money: for what was given back and was not
 *		owed, and back again when what it was given for is cancelled.
 *
 * A refund gives back what the customer has paid too much, since goods were
 * cancelled or came back.  What it gives beyond that is an allowance: a charge
 * that is taken back, over all that is left of the charges by what they are.
 * So who is refunded all he paid gets back the tax that he was charged.
 *
 * Money may be given back first, and what it is for be cancelled then.  So a
 * cancellation takes allowances back before anything is owed for it: nothing
 * is refunded twice.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "charge.h"
#include "payment.h"

#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/rel.h"

/* Lines of a credit note that is being put together */
typedef struct CreditLines
{
	int			count;
	CreditLine *lines;
} CreditLines;

/*
 * Difference is a charge less another.
 */
static Charge
Difference(const Charge *a, const Charge *b)
{
	return (Charge) {a->goods - b->goods, a->discount - b->discount,
		a->tax - b->tax};
}

/*
 * PartOfCharge is the part of a charge that comes to an amount.  Goods are
 * what tax and discount leave, which is never more than there are.
 */
static Charge
PartOfCharge(const Charge *charge, int64 amount)
{
	int64		sum = ChargeSum(charge);
	Charge		part = {0};

	if (amount == 0)
		return part;
	part.tax = DivideRounded((int128) charge->tax * amount, sum);
	part.discount = DivideRounded((int128) charge->discount * amount, sum);
	part.goods = amount - part.tax + part.discount;
	return part;
}

/*
 * SumOfCharges adds up charges.
 */
static int64
SumOfCharges(const Charge *charges, int n)
{
	int64		sum = 0;

	for (int i = 0; i < n; i++)
		sum += ChargeSum(&charges[i]);
	return sum;
}

/*
 * TakeFrom takes an amount from charges, by what they are, and puts the parts
 * in their place.  It is at most what they add up to; if it is that, they are
 * the parts.
 */
static void
TakeFrom(Charge *charges, int n, int currency, int64 amount)
{
	int64	   *weights = palloc(sizeof(int64) * n);
	Amount	   *shares = palloc(sizeof(Amount) * n);

	if (amount == SumOfCharges(charges, n))
		return;
	for (int i = 0; i < n; i++)
		weights[i] = Max(ChargeSum(&charges[i]), 0);
	AmountAllocate(AmountMake(currency, amount), weights, n, shares);
	for (int i = 0; i < n; i++)
		charges[i] = PartOfCharge(&charges[i], AmountMinor(shares[i]));
}

/*
 * CreditLinesMake makes the lines of a credit note of what charges say of each
 * line of an order, times a sign.
 */
static CreditLines
CreditLinesMake(const ChargedOrder *order, const Charge *charges, int sign)
{
	CreditLines credit = {0, palloc(sizeof(CreditLine) * order->count)};

	for (int i = 0; i < order->count; i++)
	{
		const Charge *charge = &charges[i];

		if (charge->goods == 0 && charge->discount == 0 && charge->tax == 0)
			continue;
		credit.lines[credit.count++] = (CreditLine) {
			order->lines[i].line_no, 0,
			{sign * charge->goods, sign * charge->discount, sign * charge->tax}
		};
	}
	return credit;
}

/*
 * AllowanceInsert writes a credit note for that part of a refund which the
 * customer has not paid too much.  It comes before the refund's entries.  What
 * is more than all charges gives back fees that credit notes have kept.  The
 * caller holds the lock of the order's row.
 */
void
AllowanceInsert(int64 order_id, Amount refund)
{
	int64		amount = AmountMinor(refund) - Max(OrderOverpaid(order_id), 0);
	ChargedOrder *order;
	Charge	   *rests;
	CreditLines credit;
	int64		part;

	if (amount <= 0)
		return;
	order = ChargedOrderRead(order_id, true);
	rests = palloc(sizeof(Charge) * order->count);
	for (int i = 0; i < order->count; i++)
		rests[i] = Difference(&order->lines[i].whole, &order->lines[i].credited);
	part = Min(amount, SumOfCharges(rests, order->count));
	TakeFrom(rests, order->count, order->currency, part);
	credit = CreditLinesMake(order, rests, 1);
	CreditNoteInsert(order_id, CREDIT_ALLOWANCE, 0, credit.lines, credit.count,
					 part - amount);
}

/*
 * Excess is by how much a charge exceeds another in each of its parts.
 */
static Charge
Excess(const Charge *a, const Charge *b)
{
	Charge		excess = Difference(a, b);

	excess.goods = Max(excess.goods, 0);
	excess.discount = Max(excess.discount, 0);
	excess.tax = Max(excess.tax, 0);
	return excess;
}

/*
 * CreditTooMuch is what a line was credited and is not charged any more.  What
 * is charged goes by parts, and then by their sum: a discount that came after
 * all was credited is credited too, so that no part is left of it.
 */
static Charge
CreditTooMuch(const ChargedLine *line)
{
	Charge		excess = Excess(&line->credited, &line->whole);
	Charge		rest = Difference(&line->whole, &line->credited);
	int64		discount;

	ChargeAdd(&rest, &excess);
	discount = Min(rest.discount, -ChargeSum(&rest));
	excess.discount -= Max(discount, 0);
	return excess;
}

/*
 * AllowancesTakeBack takes back credits of what is not charged any more, and
 * allowances as far as the total has fallen and the customer has paid too
 * much then.
 */
static void
AllowancesTakeBack(const ChargedOrder *order, int64 fallen)
{
	Charge	   *taken = palloc(sizeof(Charge) * order->count);
	Charge	   *allowed = palloc(sizeof(Charge) * order->count);
	CreditLines credit;
	int64		must;
	int64		more;

	for (int i = 0; i < order->count; i++)
	{
		const ChargedLine *line = &order->lines[i];

		taken[i] = CreditTooMuch(line);
		allowed[i] = Excess(&line->allowed, &taken[i]);
	}
	must = SumOfCharges(taken, order->count);
	more = Min(fallen, OrderOverpaid(order->order_id)) - must;
	more = Min(more, SumOfCharges(allowed, order->count));
	if (more > 0)
	{
		TakeFrom(allowed, order->count, order->currency, more);
		for (int i = 0; i < order->count; i++)
			ChargeAdd(&taken[i], &allowed[i]);
	}
	credit = CreditLinesMake(order, taken, -1);
	if (credit.count > 0)
		CreditNoteInsert(order->order_id, CREDIT_CORRECTION, 0, credit.lines,
						 credit.count, 0);
}

/*
 * OrderRecharged does what follows when an order costs something else than
 * before: credits keep within the charges, and what was recognised of goods
 * that have left follows.  The caller holds the lock of the order's row.
 */
void
OrderRecharged(int64 order_id, Amount before)
{
	ChargedOrder *order = ChargedOrderRead(order_id, true);

	if (order->credited)
		AllowancesTakeBack(order, AmountMinor(before) - order->total);
	if (order->lines[0].shipped > 0)
		RevenuePost(order, 0);
}

PG_FUNCTION_INFO_V1(oms_recharge);

/*
 * oms_recharge: constraint trigger AFTER UPDATE FOR EACH ROW of orders and of
 * their lines, which were written by hand.
 */
Datum
oms_recharge(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = RequireRowTrigger(fcinfo);
	TupleDesc	desc = RelationGetDescr(trigger->tg_relation);
	bool		isnull;
	int64		order_id;
	StoreScope	scope = StoreOpen();

	order_id = DatumGetInt64(SPI_getbinval(trigger->tg_newtuple, desc,
										   SPI_fnumber(desc, "order_id"),
										   &isnull));
	OrderLock(order_id);
	OrderRecharged(order_id, OrderTotal(order_id));
	StoreClose(scope);
	return PointerGetDatum(NULL);
}
