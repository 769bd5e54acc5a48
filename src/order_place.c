/*
 * order_place.c
 *		Places an order: all of it in one transaction, or none of it.
 *
 * The way of a document: read and resolved (order_draft.c), priced
 * (order_price.c), sourced (sourcing.c), and only then written.  The order's
 * own row comes first: its unique key makes a second call with the same
 * reference wait here, before it has touched stock.  Then the stock is
 * reserved, which checks the plan under locks; all else are insertions.  The
 * credit of the customer comes last, when the order is among what is owed.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "ledger.h"
#include "stored_value.h"

#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

/*
 * OrderRepeated answers a document whose reference was used before: with the
 * first order, or by raising OM004 if that came of another document.
 */
static int64
OrderRepeated(const OrderDraft *draft)
{
	if (draft->existing_hash != draft->document_hash)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_REFERENCE_CONFLICT),
				 errmsg("reference \"%s\" was used with other content",
						draft->reference),
				 errdetail("Order " INT64_FORMAT " of channel \"%s\" was placed with this reference and another document.",
						   draft->existing_order_id, draft->channel),
				 errhint("Repeat an order with the same document, or give a new order a new reference.")));
	return draft->existing_order_id;
}

/*
 * CustomerEnsure creates the buyer if there is none yet.  A document that
 * says neither reference nor e-mail has no customer.
 */
static void
CustomerEnsure(OrderDraft *draft)
{
	static SavedPlan insert = {
		"text, text, text",
		"WITH added AS ("
		"    INSERT INTO oms.customers (reference, email, name) VALUES ($1, $2, $3) "
		"    ON CONFLICT DO NOTHING RETURNING customer_id) "
		"SELECT customer_id FROM added"
	};
	static SavedPlan find = {
		"text, text",
		"SELECT customer_id FROM oms.customers "
		"WHERE CASE WHEN $1 IS NULL THEN reference IS NULL AND lower(email) = lower($2) "
		"           ELSE reference = $1 END"
	};
	JsonbContainer *customer = DocObject(draft->root, "customer");
	char	   *reference = DocText(customer, "reference");
	char	   *email = DocText(customer, "email");
	Params		params = {0};

	if (draft->customer_id != 0 || (reference == NULL && email == NULL))
		return;
	AddText(&params, reference);
	AddText(&params, email);
	AddText(&params, DocText(customer, "name"));
	/* no row was inserted if another session was quicker: it is there then */
	if (PlanRun(&insert, params.values, params.nulls, false) == 0 &&
		PlanRun(&find, params.values, params.nulls, false) == 0)
		elog(ERROR, "customer has vanished");
	draft->customer_id = RowInt64(0, 1);
}

/*
 * NeedsAddress tells whether the order should wait for somebody to mend its
 * address: it is to be delivered, and its address is not on the map.
 */
static bool
NeedsAddress(const OrderDraft *draft)
{
	if (draft->destination.has_point || draft->rules.pickup_location_id != 0)
		return false;
	for (int i = 0; i < draft->line_count; i++)
		if (draft->lines[i].sku->part_count > 0)
			return true;
	return false;
}

/*
 * FirstStatus is the state that a new order reaches at once.
 */
static Status
FirstStatus(OrderDraft *draft)
{
	Amount		cover = DraftPaymentsCover(draft);
	bool		covered = cover >= draft->total;

	if (covered)
		draft->on_terms = false;
	if (NeedsAddress(draft))
		return ORDER_HELD;
	return covered || draft->on_terms ? ORDER_CONFIRMED : ORDER_PLACED;
}

/*
 * DraftDemands are the quantities of a draft's lines, numbered from
 * first_line_no.
 */
Demand *
DraftDemands(const OrderDraft *draft, int first_line_no)
{
	Demand	   *demands = palloc(sizeof(Demand) * Max(draft->line_count, 1));

	for (int i = 0; i < draft->line_count; i++)
	{
		demands[i].line_no = first_line_no + i;
		demands[i].sku = draft->lines[i].sku;
		demands[i].quantity = draft->lines[i].quantity;
	}
	return demands;
}

/*
 * AppendPlaced writes the events of a new order.
 */
static void
AppendPlaced(int64 order_id, const OrderDraft *draft, const Legs *legs,
			 Status status)
{
	EventField	hold[] = {{"kind", HOLD_ADDRESS}, {"note", NOT_ON_MAP}};
	EventBatch	batch = {.first = true};

	EventAdd(&batch, EventTypeOfStep(ORDER_PLACED), 0,
			 EventData("total", AmountToString(draft->total)));
	for (int i = 0; i < draft->payment_count; i++)
		EventAdd(&batch, EventTypeOfStep(draft->payments[i].status), i + 1,
				 EventData("amount", AmountToString(draft->payments[i].amount)));
	for (int i = 0; i < legs->count; i++)
		EventAdd(&batch, EventTypeOfStep(FULFILLMENT_PLANNED), i + 1, NULL);
	if (status == ORDER_HELD)
		EventAdd(&batch, "hold.added", 1,
				 EventFields(hold, lengthof(hold)));
	if (status != ORDER_PLACED)
		EventAdd(&batch, EventTypeOfStep(status), 0, NULL);
	if (status == ORDER_CONFIRMED)
		for (int i = 0; i < legs->count; i++)
			EventAdd(&batch, EventTypeOfStep(FULFILLMENT_RELEASED), i + 1, NULL);
	EventsAppend(order_id, &batch);
}

/*
 * InsertRest writes what belongs to a new order beside its own row.
 */
static void
InsertRest(int64 order_id, const OrderDraft *draft, const Sourcing *sourcing,
		   Status status)
{
	Legs	   *legs = LegsMake(sourcing, 1);

	OrderLinesInsert(order_id, draft, 1, sourcing->plan->open,
					 PromiseDays(sourcing, &draft->rules, order_id));
	LegsInsert(order_id, sourcing, legs,
			   status == ORDER_CONFIRMED ? FULFILLMENT_RELEASED
			   : FULFILLMENT_PLANNED);
	DiscountsInsert(order_id, draft);
	PaymentsInsert(order_id, draft);
	DraftPaymentsPost(order_id, draft);
	if (status == ORDER_HELD)
		HoldInsert(order_id, HOLD_ADDRESS, NOT_ON_MAP);
	AppendPlaced(order_id, draft, legs, status);
}

/*
 * IsShort tells whether a plan leaves something open.
 */
static bool
IsShort(const Sourcing *sourcing)
{
	for (int i = 0; i < sourcing->demand_count; i++)
		if (sourcing->plan->open[i] > 0)
			return true;
	return false;
}

/*
 * OrderDraftSource prices, sources and totals a draft, without writing
 * anything.  Raises OM001, OM003, OM006 or OM007.  With placing set it
 * returns NULL if stock is short and the order turns out to be placed.
 */
Sourcing *
OrderDraftSource(OrderDraft *draft, bool placing)
{
	Sourcing   *sourcing;

	StoredValueResolve(draft);
	OrderDraftRequire(draft);
	StoredValueRequire(draft, !placing);
	OrderDraftPrice(draft);
	OrderDraftRequire(draft);
	sourcing = SourcingPlan(DraftDemands(draft, 1), draft->line_count,
							&draft->rules);
	/* what is missing may be what a first call has taken that was given up */
	if (placing && IsShort(sourcing) && OrderDraftExists(draft))
		return NULL;
	SourcingRequire(sourcing, &draft->rules);
	OrderDraftShipping(draft, sourcing);
	OrderDraftTotal(draft);
	OrderDraftRequire(draft);
	return sourcing;
}

/*
 * FreezeRate notes what one unit of the order's currency is worth in the base
 * currency on the day of the order, if a rate is known.
 */
static void
FreezeRate(OrderDraft *draft)
{
	Numeric		rate = BaseRate(draft->currency, DraftDay(draft));

	if (rate != NULL)
		draft->base_rate =
			DatumGetNumeric(DirectFunctionCall1(numeric_trim_scale,
												NumericGetDatum(rate)));
}

/*
 * OrderPlace places the order of a document and returns its number; of the
 * first, if it was placed before, which *repeated tells.
 */
int64
OrderPlace(Jsonb *document, bool *repeated)
{
	OrderDraft *draft;
	Sourcing   *sourcing;
	Status		status;
	int64		order_id;

	*repeated = true;
	WritersEnter();
	draft = OrderDraftRead(document, true);
	if (draft->existing_order_id != 0)
		return OrderRepeated(draft);
	sourcing = OrderDraftSource(draft, true);
	if (sourcing == NULL)
		return OrderRepeated(draft);
	CustomerEnsure(draft);
	FreezeRate(draft);
	status = FirstStatus(draft);

	order_id = OrderInsert(draft, status);
	if (order_id == 0)
		return OrderRepeated(OrderDraftRead(document, true));
	*repeated = false;
	sourcing = SourcingReserve(sourcing, &draft->rules);
	InsertRest(order_id, draft, sourcing, status);
	if (DraftNeedsCredit(draft))
		OrderRequireCredit(order_id);
	StoredValueTake(order_id, draft);
	return order_id;
}

PG_FUNCTION_INFO_V1(oms_place_order);

/*
 * oms_place_order(document jsonb) is the public OrderPlace().
 */
Datum
oms_place_order(PG_FUNCTION_ARGS)
{
	StoreScope	scope = StoreOpen();
	bool		repeated;
	int64		order_id = OrderPlace(PG_ARGISNULL(0) ? NULL : PG_GETARG_JSONB_P(0),
									  &repeated);

	StoreClose(scope);
	PG_RETURN_INT64(order_id);
}
