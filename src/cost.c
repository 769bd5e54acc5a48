/*
 * cost.c
 *		Values what comes and goes, and posts it.
 *
 * Every change of stock on hand passes here.  What leaves is worth what its
 * layers say.  What comes in is worth what was paid for it, what it left with,
 * or else what the SKU costs or its present average; if none is known, its
 * value is null, it counts as nothing, and nothing is posted.
 *
 * The books of stock are kept in the base currency.  A receipt is posted in the
 * currency that it is paid in, valued at the rate of the day.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "cost.h"
#include "shipping.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/* Where units that come in have their value from */
typedef enum CostSource
{
	COST_PAID,					/* their price */
	COST_CARRIED,				/* where they were before */
	COST_KNOWN					/* what is known of others */
} CostSource;

/* What a kind of movement is in the books */
typedef struct CostKind
{
	const char *kind;			/* of movement */
	CostSource	source;
	const char *posting;
	const char *account;		/* on the other side of inventory */
} CostKind;

/* The last is that of all other kinds */
static const CostKind kinds[] = {
	{"shipment", COST_KNOWN, "cost", ACCOUNT_COST_OF_GOODS_SOLD},
	{"return", COST_KNOWN, "restock", ACCOUNT_COST_OF_GOODS_SOLD},
	{"receipt", COST_PAID, "receipt", ACCOUNT_PAYABLES},
	{"transfer", COST_CARRIED, "transfer", ACCOUNT_GOODS_IN_TRANSIT},
	{"revaluation", COST_KNOWN, "revaluation", ACCOUNT_INVENTORY_ADJUSTMENTS},
	{"", COST_KNOWN, "adjustment", ACCOUNT_INVENTORY_ADJUSTMENTS}
};

/* What of a SKU is out with a customer: shipped, and not come back */
typedef struct Outside
{
	int64		sku_id;
	Quantity	quantity;
	int64		value;
} Outside;

/* Changes while they are valued */
typedef struct Valuation
{
	const CostKind *kind;
	CostBook   *book;
	int			count;
	StockChange *changes;		/* paid is 0 until they are valued */
	int64		left;			/* what has left so far, of a transfer */
	bool		left_known;
	int			outside_count;
	Outside    *outside;
} Valuation;

/*
 * KindFind finds what a kind of movement is in the books.
 */
static const CostKind *
KindFind(const char *kind)
{
	int			i = 0;

	while (i < lengthof(kinds) - 1 && strcmp(kinds[i].kind, kind) != 0)
		i++;
	return &kinds[i];
}

/*
 * BookCurrency is the base currency, which is decided by an amount if it is
 * not yet.
 */
static int
BookCurrency(CostBook *book, Amount amount)
{
	if (book->currency == 0)
		book->currency = BaseCurrency(AmountCurrency(amount));
	return book->currency;
}

/*
 * InBase sets what an amount of today is worth in the base currency, in minor
 * units.  Returns false if no rate is known.
 */
static bool
InBase(CostBook *book, Amount amount, int64 *value)
{
	int			base = BookCurrency(book, amount);
	Amount		converted = amount;

	if (AmountCurrency(amount) != base &&
		!ConvertAmount(amount, base, PresentDay(), &converted))
		return false;
	*value = AmountMinor(converted);
	return true;
}

/*
 * ByPrice sets what was paid for units, and what that is worth.
 */
static bool
ByPrice(Valuation *valuation, int i, int64 *value)
{
	StockChange *change = &valuation->changes[i];
	Amount		paid;

	if (change->unit_cost == NULL)
		return false;
	paid = AmountMultiplyQuantity(*change->unit_cost, change->on_hand);
	if (!InBase(valuation->book, paid, value))
		return false;
	change->paid = paid;
	return true;
}

/*
 * ByStandard sets what units are worth by the standard cost of their SKU.
 */
static bool
ByStandard(CostBook *book, const CostLevel *level, Quantity quantity,
		   int64 *value)
{
	return level->has_cost &&
		InBase(book, AmountMultiplyQuantity(level->cost, quantity), value);
}

/*
 * ReadOutside reads what of an order's SKUs has been shipped and not come back
 * yet, as far as its value is known.
 */
static void
ReadOutside(Valuation *valuation, int64 order_id)
{
	static SavedPlan sum = {
		"bigint",
		"SELECT sku_id, -sum(quantity), -sum(value) FROM oms.stock_movements "
		"WHERE order_id = $1 AND kind IN ('shipment', 'return') "
		"      AND value IS NOT NULL "
		"GROUP BY sku_id HAVING sum(quantity) < '0'"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};
	int			n = PlanRun(&sum, values, NULL, false);

	valuation->outside_count = n;
	valuation->outside = palloc(mul_size(sizeof(Outside), Max(n, 1)));
	for (int i = 0; i < n; i++)
	{
		Amount		value = DatumGetAmount(RowDatum(i, 3, NULL));

		/* where they come to there may be no layer that tells it */
		BookCurrency(valuation->book, value);
		valuation->outside[i] = (Outside) {RowInt64(i, 1),
		DatumGetQuantity(RowDatum(i, 2, NULL)), AmountMinor(value)};
	}
}

/*
 * ByShipment sets what units are worth that come back: their share of what the
 * order's units left with that are still outside.  So what comes back in parts
 * is worth what left, to the last unit.
 */
static bool
ByShipment(Valuation *valuation, const StockChange *change, int64 *value)
{
	for (int i = 0; i < valuation->outside_count; i++)
	{
		Outside    *outside = &valuation->outside[i];

		if (outside->sku_id != change->sku_id)
			continue;
		if (outside->quantity < change->on_hand)
			return false;
		*value = CostPart(outside->value, change->on_hand, outside->quantity);
		outside->quantity -= change->on_hand;
		outside->value -= *value;
		return true;
	}
	return false;
}

/*
 * ByTransfer sets what units are worth that arrive: what is given, or what has
 * left by the same call.
 */
static bool
ByTransfer(const Valuation *valuation, const StockChange *change, int64 *value)
{
	if (!change->valued)
	{
		*value = valuation->left;
		return valuation->left_known;
	}
	return InBase(valuation->book, change->value, value);
}

/*
 * ValueIncoming sets what units are worth that come in.  Returns false if that
 * is not known.
 */
static bool
ValueIncoming(Valuation *valuation, int i, const CostLevel *level, int64 *value)
{
	CostBook   *book = valuation->book;
	const StockChange *change = &valuation->changes[i];
	Quantity	quantity = change->on_hand;

	if (valuation->kind->source == COST_CARRIED)
		return ByTransfer(valuation, change, value);
	if (valuation->kind->source == COST_PAID)
		return ByPrice(valuation, i, value) ||
			ByStandard(book, level, quantity, value) ||
			CostAverage(level, quantity, value);
	return ByShipment(valuation, change, value) ||
		CostAverage(level, quantity, value) ||
		ByStandard(book, level, quantity, value);
}

/*
 * ValueChange values a change and changes its layers.
 */
static void
ValueChange(Valuation *valuation, int i)
{
	CostBook   *book = valuation->book;
	StockChange *change = &valuation->changes[i];
	CostLevel  *level = CostBookFind(book, change->sku_id, change->location_id);
	int64		value = 0;
	bool		known;

	if (change->on_hand == 0)
		known = change->unit_cost != NULL &&
			BookCurrency(book, *change->unit_cost) != 0 &&
			CostRevalue(level, *change->unit_cost, &value);
	else if (change->on_hand < 0)
	{
		known = CostTake(level, -change->on_hand, &value);
		valuation->left += value;
		valuation->left_known = valuation->left_known || known;
		value = -value;
	}
	else
	{
		known = ValueIncoming(valuation, i, level, &value);
		CostPut(level, change->on_hand, known, value);
	}
	change->valued = known;
	if (known)
		change->value = AmountMake(book->currency, value);
	if (known && change->paid == 0)
		change->paid = change->value;
}

/*
 * AddLine adds a line of a change to a posting.
 */
static void
AddLine(Posting *posting, const char *account, const StockChange *change,
		int64 minor, int64 base_minor)
{
	LedgerLine *line = PostingAdd(posting, account, minor);

	line->valued = true;
	line->base_minor = base_minor;
	line->sku_id = change->sku_id;
	line->location_id = change->location_id;
}

/*
 * PostCurrency posts those changes that were paid in a currency.  What leaves and
 * arrives at once was never in transit.
 */
static void
PostCurrency(const Valuation *valuation, int currency, int64 order_id,
			 int subject_no)
{
	const CostKind *kind = valuation->kind;
	Numeric		rate = currency == valuation->book->currency ? NULL
		: BaseRate(currency, PresentDay());
	Posting    *posting = PostingMake(kind->posting, order_id, subject_no,
									  currency, rate);
	int64		sum = 0;

	for (int i = 0; i < valuation->count; i++)
		if (valuation->changes[i].valued)
			sum += AmountMinor(valuation->changes[i].value);
	for (int i = 0; i < valuation->count; i++)
	{
		const StockChange *change = &valuation->changes[i];
		const char *account = change->account != NULL ? change->account
			: kind->account;
		int64		minor = AmountMinor(change->paid);
		int64		base_minor = AmountMinor(change->value);

		if (!change->valued || AmountCurrency(change->paid) != currency ||
			(minor == 0 && base_minor == 0))
			continue;
		AddLine(posting, ACCOUNT_INVENTORY, change, minor, base_minor);
		if (kind->source != COST_CARRIED || sum != 0)
			AddLine(posting, account, change, -minor, -base_minor);
	}
	PostingWrite(posting);
}

/*
 * Post posts all changes, those of each currency together.
 */
static void
Post(const Valuation *valuation, int64 order_id, int subject_no)
{
	bool		posted[CURRENCY_LIMIT] = {false};

	for (int i = 0; i < valuation->count; i++)
	{
		int			currency = AmountCurrency(valuation->changes[i].paid);

		if (!valuation->changes[i].valued || posted[currency])
			continue;
		PostCurrency(valuation, currency, order_id, subject_no);
		posted[currency] = true;
	}
}

/*
 * CostRecord values changes of stock on hand, whose stock levels the caller has
 * changed, and posts them; kind is that of their movements.  It sets what each
 * was worth.  A change of nothing with a unit_cost, in the base currency, is
 * the revaluation of all units.
 */
void
CostRecord(StockChange *changes, int n, const char *kind, int64 order_id,
		   int subject_no)
{
	Valuation	valuation = {KindFind(kind), CostBookLock(changes, n), n, changes};

	for (int i = 0; i < n; i++)
		changes[i].paid = 0;
	if (strcmp(kind, "return") == 0 && order_id != 0)
		ReadOutside(&valuation, order_id);
	for (int i = 0; i < n; i++)
		if (changes[i].on_hand <= 0)
			ValueChange(&valuation, i);
	for (int i = 0; i < n; i++)
		if (changes[i].on_hand > 0)
			ValueChange(&valuation, i);
	CostBookWrite(valuation.book);
	Post(&valuation, order_id, subject_no);
}
