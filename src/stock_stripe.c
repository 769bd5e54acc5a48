/*
 * stock_stripe.c
 *		Stock that does not make its buyers wait for each other.
 *
 * A row lock lasts until its commit is on disk, so buyers of one popular SKU
 * would queue for the one row of its level.  A level may therefore be split
 * into stripes, rows of the same SKU and location among which its units are
 * divided, and a change goes to any stripe that allows it.  Nobody divides
 * them by hand: who had to wait for a stripe leaves half of what is free in it
 * to a new one, and so their number doubles with each commit until nobody
 * waits.  A job folds them when it has become quiet.
 *
 * The stripes of a level divide the numbers 0 to STRIPES_MAX - 1.  A stripe has
 * the numbers from its own on, as many as its span; the new one gets the upper
 * half, which nobody else can be giving away.  Stripe 0 is always there, and its
 * span is STRIPES_MAX while the level is not split.
 *
 * That a stripe is locked or has too little says nothing of the level.  What
 * cannot be done here, for want of units in any one stripe or because the table
 * has to be written by SQL, is done under the locks of all (stock.c).  A
 * change waits for a stripe only if no other allows it, holding none of the
 * same level, so that who locks all in order cannot deadlock with it.
 *
 * A session remembers where it last found or took units of a SKU, by the
 * position of the row, because finding the row by the index means passing by
 * all its versions that an old snapshot of somebody else may still see.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stock_level.h"

#include "access/xact.h"
#include "common/hashfn.h"
#include "executor/executor.h"
#include "miscadmin.h"

/* How often what was taken must be left in a stripe for it to be split */
#define SPLIT_WORTH		32

/* Places that a session remembers */
#define HINTS			256

/* Where a session last found units of a level */
typedef struct Hint
{
	int64		sku_id;			/* 0: nowhere */
	int32		location_id;
	ItemPointerData position;
} Hint;

static Hint hints[HINTS];

/*
 * HintOf is the place where a level's position is remembered.
 */
static Hint *
HintOf(int64 sku_id, int32 location_id)
{
	uint32		hash = hash_combine(murmurhash32((uint32) sku_id),
									murmurhash32((uint32) location_id));

	return &hints[hash % HINTS];
}

/*
 * Remember remembers a position.
 */
static void
Remember(int64 sku_id, int32 location_id, ItemPointer position)
{
	Hint	   *hint = HintOf(sku_id, location_id);

	hint->sku_id = sku_id;
	hint->location_id = location_id;
	hint->position = *position;
}

/*
 * Recall finds a position that was remembered.
 */
static bool
Recall(int64 sku_id, int32 location_id, ItemPointer position)
{
	const Hint *hint = HintOf(sku_id, location_id);

	if (hint->sku_id != sku_id || hint->location_id != location_id)
		return false;
	*position = hint->position;
	return true;
}

/*
 * Halve takes half of what is free in a stripe out of it, in whole units, for
 * a new stripe; it returns the new one, whose span is 0 if that is not worth
 * it.  Each half has to have what the change keeps back beside what it takes.
 */
static Stripe
Halve(Stripe *stripe, const StockChange *change)
{
	Quantity	left = stripe->on_hand - stripe->reserved;
	Stripe		half = *stripe;

	half.span = 0;
	if (stripe->span < 2 || change->reserved <= 0 ||
		left / SPLIT_WORTH - change->keep < change->reserved)
		return half;
	half.reserved = 0;
	half.on_hand = left / 2 - left / 2 % QUANTITY_SCALE;
	if (half.on_hand < change->reserved)
		return half;
	half.span = stripe->span = stripe->span / 2;
	half.stripe = stripe->stripe + stripe->span;
	stripe->on_hand -= half.on_hand;
	return half;
}

/*
 * TryStripe applies a change to a stripe at a position.  If half is given, it
 * halves the stripe too and puts there what the caller is to insert.
 */
static Outcome
TryStripe(Levels *levels, ItemPointer position, const StockChange *change,
		  bool wait, Stripe *half)
{
	Stripe		stripe;
	Stripe		rest;
	Outcome		outcome;

	if (!LevelsFetch(levels, position, change->sku_id, change->location_id,
					 &stripe) ||
		!LevelAllows(stripe.on_hand, stripe.reserved, change))
		return OUTCOME_UNFIT;
	stripe.on_hand += change->on_hand;
	stripe.reserved += change->reserved;
	if (half != NULL)
		rest = Halve(&stripe, change);
	outcome = LevelsWrite(levels, &stripe, wait);
	if (outcome != OUTCOME_DONE)
		return outcome;
	if (half != NULL)
		*half = rest;
	Remember(change->sku_id, change->location_id, &stripe.position);
	return OUTCOME_DONE;
}

/*
 * TryStripes tries all stripes of a level once, without waiting, each session
 * from another one on.  Where most are locked, or if split is set, it halves the
 * one it takes.  busy receives a stripe that is locked and would do, if there
 * is one.
 */
static Outcome
TryStripes(Levels *levels, const StockChange *change, bool split,
		   Stripe *half, ItemPointer busy)
{
	Stripe		stripes[STRIPES_MAX];
	int			n = LevelsFind(levels, change->sku_id, change->location_id,
								QUANTITY_MAX, stripes);
	int			busy_count = 0;
	bool		stale = false;

	for (int i = 0; i < n; i++)
	{
		Stripe	   *stripe = &stripes[(i + MyProcPid) % n];

		if (!LevelAllows(stripe->on_hand, stripe->reserved, change))
			continue;
		switch (TryStripe(levels, &stripe->position, change, false,
						  split || busy_count * 2 > n ? half : NULL))
		{
			case OUTCOME_DONE:
				return OUTCOME_DONE;
			case OUTCOME_BUSY:
				if (busy_count++ == 0)
					*busy = stripe->position;
				break;
			default:
				stale = true;
		}
	}
	return busy_count > 0 ? OUTCOME_BUSY : stale ? OUTCOME_STALE : OUTCOME_UNFIT;
}

/*
 * RequireLatest raises 40001 where the transaction may not see what others
 * have committed since it began.
 */
static void
RequireLatest(void)
{
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent update"),
				 errhint("Repeat the transaction.")));
}

/*
 * ApplyToStripe applies a change to one stripe of its level.  half receives
 * the stripe to be inserted, with span 0 for none.
 */
static bool
ApplyToStripe(Levels *levels, const StockChange *change, bool wait,
			  Stripe *half)
{
	ItemPointerData position;
	bool		waited = false;

	if (Recall(change->sku_id, change->location_id, &position) &&
		TryStripe(levels, &position, change, false, NULL) == OUTCOME_DONE)
		return true;
	for (;;)
	{
		CHECK_FOR_INTERRUPTS();
		switch (TryStripes(levels, change, waited, half, &position))
		{
			case OUTCOME_DONE:
				return true;
			case OUTCOME_UNFIT:
				return false;
			case OUTCOME_BUSY:
				if (!wait)
					return false;
				waited = true;
				if (TryStripe(levels, &position, change, true, half) == OUTCOME_DONE)
					return true;
				/* FALLTHROUGH */
			case OUTCOME_STALE:
				RequireLatest();
				LevelsRenew(levels);
		}
	}
}

/*
 * StripeApply applies a change to one stripe of its level and tells whether it
 * did; if not, the change may still be possible for the level as a whole.  It
 * waits for others only if wait is set.
 */
bool
StripeApply(const StockChange *change, bool wait)
{
	Levels		levels;
	Stripe		half = {.span = 0};
	bool		done;

	if (!LevelsOpen(&levels, RowExclusiveLock, true))
		return false;
	done = ApplyToStripe(&levels, change, wait, &half);
	LevelsClose(&levels);
	if (half.span > 0)
		LevelsInsert(&half);
	return done;
}

/*
 * StockSellable is what a location has of a SKU and has not promised, whether
 * or not it is active: all of it, or at least so much that it is enough.
 */
Quantity
StockSellable(int64 sku_id, int32 location_id, Quantity enough)
{
	Stripe		stripes[STRIPES_MAX];
	ItemPointerData position;
	Quantity	sum = 0;
	Levels		levels;
	int			n = 0;

	if (!LevelsOpen(&levels, AccessShareLock, false))
	{
		Quantity	on_hand;
		Quantity	reserved;

		StockRead(sku_id, location_id, &on_hand, &reserved);
		return QuantitySubtract(on_hand, reserved);
	}
	if (Recall(sku_id, location_id, &position) &&
		LevelsFetch(&levels, &position, sku_id, location_id, &stripes[0]) &&
		(stripes[0].span == STRIPES_MAX ||
		 stripes[0].on_hand - stripes[0].reserved >= enough))
		n = 1;
	else
	{
		n = LevelsFind(&levels, sku_id, location_id, enough, stripes);
		if (n == 1 && stripes[0].span == STRIPES_MAX)
			Remember(sku_id, location_id, &stripes[0].position);
	}
	for (int i = 0; i < n; i++)
		sum = QuantityAdd(sum, QuantitySubtract(stripes[i].on_hand,
												stripes[i].reserved));
	LevelsClose(&levels);
	return sum;
}

/*
 * StockPromisable is what of StockSellable() can be promised if keep units are
 * to stay, 0 for none: all of it, or at least so much that it is enough.
 */
Quantity
StockPromisable(int64 sku_id, int32 location_id, Quantity keep, Quantity enough)
{
	Quantity	most = Min(enough, QUANTITY_MAX - keep);

	return Max(StockSellable(sku_id, location_id, most + keep) - keep, 0);
}
