/*
 * revenue.c
 *		Recognises revenue, tax and fees of what has left.
 *
 * What is to be on the books of an order is what its shipped units cost, with
 * all of the shipping; a posting brings them there from what they hold.  So
 * whatever was posted, edited or cancelled before, in the end it is what the
 * order costs.
 *
 * Lost parcels and those that come back to the sender have left: what the
 * customer gets for them is a credit note.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"
#include "charge.h"

#include "utils/builtins.h"

/* A posting that is being put together */
typedef struct Recognition
{
	Posting    *posting;
	int64		before;			/* due from the customer so far */
} Recognition;

/*
 * TakeRecognised takes a line that was posted before out of the posting, a
 * RowReader.
 */
static bool
TakeRecognised(void *context, const Datum *values, const bool *nulls)
{
	Recognition *recognition = context;
	char	   *account;
	int64		minor;

	if (strcmp(TextDatumGetCString(values[LEDGER_KIND]), POSTING_SHIPMENT) != 0)
		return true;
	account = TextDatumGetCString(values[LEDGER_ACCOUNT]);
	minor = AmountMinor(DatumGetAmount(values[LEDGER_AMOUNT]));
	if (AccountOfCustomer(account))
		recognition->before += minor;
	else
		PostingAddUp(recognition->posting, account,
					 nulls[LEDGER_TAX_JURISDICTION] ? NULL
					 : TextDatumGetCString(values[LEDGER_TAX_JURISDICTION]),
					 -minor);
	return true;
}

/*
 * AddShipped adds what the shipped units of a line cost, and returns it.
 */
static int64
AddShipped(Posting *posting, const ChargedLine *line)
{
	Charge		charge = ChargeOfPart(line, line->shipped);

	PostingAddUp(posting, line->line_no == 0 ? ACCOUNT_SHIPPING_INCOME
				 : ACCOUNT_REVENUE, NULL, -charge.goods);
	PostingAddUp(posting, ACCOUNT_TAX_PAYABLE, line->tax_jurisdiction,
				 -charge.tax);
	PostingAddUp(posting, ACCOUNT_DISCOUNTS, NULL, charge.discount);
	return ChargeSum(&charge);
}

/*
 * FeePost posts the marketplace's share of what has become due from the
 * customer.
 */
static void
FeePost(const ChargedOrder *order, int fulfillment_no, Numeric base_rate,
		int64 before, int64 after)
{
	const Channel *channel = ChannelGet(order->channel_id);
	Posting    *posting;
	Amount		fee;

	if (channel->fee_rate == NULL)
		return;
	fee = AmountSub(AmountMultiplyNumeric(AmountMake(order->currency, after),
										  channel->fee_rate),
					AmountMultiplyNumeric(AmountMake(order->currency, before),
										  channel->fee_rate));
	posting = PostingMake("fee", order->order_id, fulfillment_no,
						  order->currency, base_rate);
	PostingAdd(posting, ACCOUNT_MARKETPLACE_FEES, AmountMinor(fee));
	PostingAdd(posting, ACCOUNT_PAYABLES, -AmountMinor(fee))->provider =
		channel->code;
	PostingWrite(posting);
}

/*
 * RevenuePost brings what is recognised of an order to what has left of it.
 * fulfillment_no is the one that has just left, 0 for none.  The caller holds
 * the lock of the order's row.
 */
void
RevenuePost(const ChargedOrder *order, int fulfillment_no)
{
	Numeric		base_rate = OrderRate(order->order_id, order->currency);
	Posting    *posting = PostingMake(POSTING_SHIPMENT, order->order_id,
									  fulfillment_no, order->currency,
									  base_rate);
	Recognition recognition = {posting, 0};
	int64		after = 0;

	LedgerFind(order->order_id, TakeRecognised, &recognition);
	for (int i = 0; i < order->count; i++)
		after += AddShipped(posting, &order->lines[i]);
	PostingAddCustomer(posting, after - recognition.before);
	PostingWrite(posting);
	FeePost(order, fulfillment_no, base_rate, recognition.before, after);
}
