/*
 * freight.c
 *		What carriers charge for shipments, and its postings.
 *
 * The cost of a shipment is known when its label is bought, or when the bill
 * of the carrier comes, and may be corrected.  The books have what the row
 * says: each change is posted as the difference.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "fulfillment.h"
#include "ledger.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/*
 * FreightCost reads the cost of a tracking document, which was checked; false
 * if it has none.
 */
bool
FreightCost(JsonbContainer *tracking, Amount *cost)
{
	char	   *text = DocText(tracking, "cost");
	const char *fault;

	return text != NULL &&
		AmountParse(text, strlen(text), 0, cost, &fault);
}

/*
 * FreightPost posts that a shipment costs so much more, or less if minor is
 * negative.  The carrier may be NULL.
 */
void
FreightPost(const Fulfillment *fulfillment, const char *carrier, int currency,
			int64 minor)
{
	Posting    *posting = PostingMake("freight", fulfillment->order_id,
									  fulfillment->fulfillment_no, currency,
									  BaseRate(currency, PresentDay()));

	PostingAdd(posting, ACCOUNT_FREIGHT_OUT, minor);
	PostingAdd(posting, ACCOUNT_PAYABLES, -minor)->provider = carrier;
	PostingWrite(posting);
}

/*
 * UpdateCost writes what a shipment costs.
 */
static void
UpdateCost(const Fulfillment *fulfillment, Amount cost)
{
	static SavedPlan update = {
		"bigint, integer, oms.amount",
		"UPDATE oms.shipments SET cost = $3 "
		"WHERE order_id = $1 AND fulfillment_no = $2"
	};
	Datum		values[3] = {Int64GetDatum(fulfillment->order_id),
		Int32GetDatum(fulfillment->fulfillment_no), AmountGetDatum(cost)};

	PlanRun(&update, values, NULL, false);
}

/*
 * ReadShipment reads the carrier and the cost of a shipment, each of which may
 * be unknown, and returns whether the cost is known.  Raises 55000 if the
 * fulfillment has not been shipped.
 */
static bool
ReadShipment(const Fulfillment *fulfillment, char **carrier, Amount *cost)
{
	static SavedPlan find = {
		"bigint, integer",
		"SELECT carrier, cost FROM oms.shipments "
		"WHERE order_id = $1 AND fulfillment_no = $2"
	};
	Datum		values[2] = {Int64GetDatum(fulfillment->order_id),
		Int32GetDatum(fulfillment->fulfillment_no)};
	bool		isnull;
	Datum		value;

	if (PlanRun(&find, values, NULL, false) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("%s has no shipment", FulfillmentName(fulfillment)),
				 errdetail("It is %s.", StatusName(fulfillment->status)),
				 errhint("Ship it with oms.ship() first.")));
	value = RowDatum(0, 1, &isnull);
	*carrier = isnull ? NULL : TextDatumGetCString(value);
	value = RowDatum(0, 2, &isnull);
	if (!isnull)
		*cost = DatumGetAmount(value);
	return !isnull;
}

/*
 * RequireCost raises 22023 for a cost below nothing, and OM005 for one in
 * another currency than it had before.
 */
static void
RequireCost(const Fulfillment *fulfillment, Amount cost, bool known,
			Amount before)
{
	if (AmountMinor(cost) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cost of a shipment must not be negative"),
				 errdetail("It is %s.", AmountToString(cost))));
	if (known && AmountCurrency(before) != AmountCurrency(cost))
		ereport(ERROR,
				(errcode(ERRCODE_OMS_CURRENCY_MISMATCH),
				 errmsg("cost of %s is in %s", FulfillmentName(fulfillment),
						CurrencyCode(AmountCurrency(before))),
				 errdetail("It was recorded as %s, and is now %s.",
						   AmountToString(before), AmountToString(cost))));
}

/*
 * RecordShippingCost is the body of oms.record_shipping_cost().
 */
static Datum
RecordShippingCost(FunctionCallInfo fcinfo)
{
	Fulfillment fulfillment = FulfillmentLock(PG_GETARG_INT64(0),
											  PG_GETARG_INT32(1));
	Amount		cost = PG_GETARG_AMOUNT(2);
	Amount		before = AmountMake(AmountCurrency(cost), 0);
	char	   *carrier;
	bool		known = ReadShipment(&fulfillment, &carrier, &before);

	RequireCost(&fulfillment, cost, known, before);
	if (known && before == cost)
		PG_RETURN_BOOL(false);
	UpdateCost(&fulfillment, cost);
	FreightPost(&fulfillment, carrier, AmountCurrency(cost),
				AmountMinor(cost) - AmountMinor(before));
	EventAppend(fulfillment.order_id, "fulfillment.cost_known",
				fulfillment.fulfillment_no,
				EventData("cost", AmountToString(cost)));
	PG_RETURN_BOOL(true);
}

PG_FUNCTION_INFO_V1(oms_record_shipping_cost);

/*
 * oms_record_shipping_cost(order_id, fulfillment_no, cost, reference) says
 * what a carrier charges for a shipment, and returns whether that is new.
 */
Datum
oms_record_shipping_cost(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 3, RecordShippingCost);
}
