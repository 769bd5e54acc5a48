/*
 * return_policy.c
 *		What may be returned by the deliveries and the policy of the store.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "return.h"

#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/datetime.h"

/* Units of a line that came to the customer on a day */
typedef struct Delivery
{
	int			line_no;
	DateADT		day;
	Quantity	quantity;
} Delivery;

typedef struct Deliveries
{
	int			count;
	Delivery   *rows;
} Deliveries;

/*
 * ReadDeliveries reads what of an order came when.
 */
static Deliveries
ReadDeliveries(int64 order_id)
{
	static SavedPlan find = {
		"bigint",
		"SELECT l.line_no, (f.status_at AT TIME ZONE 'UTC')::date, l.quantity "
		"FROM oms.fulfillments f JOIN oms.fulfillment_lines l USING (order_id, fulfillment_no) "
		"WHERE f.order_id = $1 AND f.status IN ('delivered', 'picked_up')"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};
	Deliveries	deliveries = {0};

	deliveries.count = PlanRun(&find, values, NULL, false);
	deliveries.rows = palloc(mul_size(sizeof(Delivery), Max(deliveries.count, 1)));
	for (int i = 0; i < deliveries.count; i++)
	{
		deliveries.rows[i].line_no = RowInt32(i, 1);
		deliveries.rows[i].day = DatumGetDateADT(RowDatum(i, 2, NULL));
		deliveries.rows[i].quantity = DatumGetQuantity(RowDatum(i, 3, NULL));
	}
	return deliveries;
}

/*
 * LateUnits counts the units of a line whose days are over, and tells the last
 * day on which the latest of them could be returned.
 */
static Quantity
LateUnits(const Deliveries *deliveries, int line_no, int days, DateADT *last)
{
	DateADT		today = PresentDay();
	Quantity	late = 0;

	*last = DATEVAL_NOBEGIN;
	for (int i = 0; i < deliveries->count; i++)
	{
		const Delivery *delivery = &deliveries->rows[i];

		if (delivery->line_no != line_no || days < 0 ||
			(int64) delivery->day + days >= today)
			continue;
		late = QuantityAdd(late, delivery->quantity);
		*last = Max(*last, delivery->day + days);
	}
	return late;
}

/*
 * DayText writes a day as ISO 8601 does.
 */
static char *
DayText(DateADT day)
{
	int			year;
	int			month;
	int			month_day;

	j2date(day + POSTGRES_EPOCH_JDATE, &year, &month, &month_day);
	return psprintf("%04d-%02d-%02d", year, month, month_day);
}

/*
 * CheckLine adds why so many units of a line can't be returned.  Units that
 * came back were the oldest ones, to the customer's advantage.
 */
static void
CheckLine(const AskedLine *item, const Deliveries *deliveries,
		  Faults *refusals)
{
	const ReturnableLine *line = item->line;
	Quantity	left = Max(line->delivered - line->pending - line->claimed, 0);
	int			days = item->reason.warranty ? line->warranty_days
		: line->window_days;
	DateADT		last;
	Quantity	late = LateUnits(deliveries, line->line_no, days, &last);
	char	   *path = psprintf("line %d", line->line_no);

	if (line->final_sale && strcmp(item->reason.fault, "customer") == 0)
		FaultAdd(refusals, path, "the sale of sku \"%s\" is final",
				 line->sku.code);
	if (item->quantity > left)
		FaultAdd(refusals, path,
				 "asked for %s of sku \"%s\", delivered %s, in returns %s, claimed %s",
				 QuantityToString(item->quantity), line->sku.code,
				 QuantityToString(line->delivered),
				 QuantityToString(line->pending),
				 QuantityToString(line->claimed));
	else if (item->quantity > line->delivered - late)
		FaultAdd(refusals, path,
				 "asked for %s of sku \"%s\", the window of %s ended on %s",
				 QuantityToString(item->quantity), line->sku.code,
				 QuantityToString(late), DayText(last));
}

/*
 * AskedLinesRequirePolicy raises OM008 with all reasons for which a request
 * is refused.
 */
void
AskedLinesRequirePolicy(int64 order_id, const AskedLines *asked)
{
	Deliveries	deliveries = ReadDeliveries(order_id);
	Faults		refusals;

	FaultsInit(&refusals);
	for (int i = 0; i < asked->count; i++)
		CheckLine(&asked->lines[i], &deliveries, &refusals);
	if (refusals.count > 0)
		ReturnRefuse(order_id, &refusals, "return",
					 "Goods that come all the same are taken in by oms.receive_unannounced_return(); what never came is for oms.claim_items().");
}
