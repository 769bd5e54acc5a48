/*
 * exchange.c
 *		Orders that come of others: in exchange for what is returned, or to
 *		replace what is claimed.
 *
 * An exchange is paid by the credit of its return: a payment of method
 * exchange is authorized with it, and captured when the return is completed,
 * by what the customer has then paid too much for the earlier order.  That
 * money is moved, not paid out: it counts as given back there.  What is given
 * back of the payment later goes the same way back, and out by the means in
 * which the earlier order was paid.  The earlier order has the smaller number,
 * and is locked first.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "return.h"

#include "executor/spi.h"
#include "utils/builtins.h"

/* A link from an order to one that was paid by it */
typedef struct ExchangeLink
{
	int64		order_id;
	int64		linked_order_id;
	int			payment_no;		/* 0: none */
} ExchangeLink;

/*
 * ReadLink reads the link to the order that a return is exchanged for.
 */
static ExchangeLink
ReadLink(const Return *item)
{
	static SavedPlan find = {
		"bigint, bigint",
		"SELECT coalesce(payment_no, 0) FROM oms.order_links "
		"WHERE order_id = $1 AND linked_order_id = $2"
	};
	ExchangeLink link = {item->order_id, item->exchange_order_id};
	Datum		values[2] = {Int64GetDatum(link.order_id),
	Int64GetDatum(link.linked_order_id)};

	if (PlanRun(&find, values, NULL, false) != 1)
		elog(ERROR, "exchange of order " INT64_FORMAT " has vanished",
			 item->order_id);
	link.payment_no = RowInt32(0, 1);
	return link;
}

/*
 * WriteLink stores by which payment the later order is paid, and adds to what
 * has moved, which may be negative.
 */
static void
WriteLink(const ExchangeLink *link, int64 moved)
{
	static SavedPlan update = {
		"bigint, bigint, integer, oms.amount",
		"UPDATE oms.order_links SET payment_no = $3, moved = coalesce(moved + $4, $4) "
		"WHERE order_id = $1 AND linked_order_id = $2"
	};
	Params		params = {0};

	AddDatum(&params, Int64GetDatum(link->order_id));
	AddDatum(&params, Int64GetDatum(link->linked_order_id));
	AddId(&params, link->payment_no);
	AddDatum(&params, AmountGetDatum(AmountMake(OrderCurrency(link->order_id),
												moved)));
	PlanRun(&update, params.values, params.nulls, false);
}

/*
 * PostHalf writes the posting of money that leaves the balance of an order, or
 * with a negative amount comes to it.
 */
static void
PostHalf(int64 order_id, int64 minor)
{
	int			currency = OrderCurrency(order_id);
	Posting    *posting = PostingMake("exchange", order_id, 0, currency,
									  OrderRate(order_id, currency));

	PostingAddCustomer(posting, minor);
	PostingAdd(posting, ACCOUNT_CLEARING, -minor)->provider = METHOD_EXCHANGE;
	PostingWrite(posting);
}

/*
 * PostMove posts money that moves from one order to the next, or with a
 * negative amount back: a posting is of one order, so there are two.
 */
static void
PostMove(const ExchangeLink *link, int64 minor)
{
	PostHalf(link->order_id, minor);
	PostHalf(link->linked_order_id, -minor);
}

/*
 * MakePayment adds a payment by exchange to an order and returns its number.
 */
static int
MakePayment(int64 order_id, const char *reference, int64 minor, Status status)
{
	Payment		payment = {order_id};

	payment.method = METHOD_EXCHANGE;
	payment.provider = METHOD_EXCHANGE;
	payment.reference = pstrdup(reference);
	payment.expires_at = DT_NOEND;
	payment.status = status;
	payment.amount = AmountMake(OrderCurrency(order_id), minor);
	PaymentDerive(&payment, 0);
	if (!PaymentInsert(&payment, NULL))
		PaymentRefuseReference(payment.provider, payment.reference);
	PaymentAdded(&payment);
	return payment.payment_no;
}

/*
 * Take takes what an authorized payment by exchange is worth, which may be less
 * than was expected: then it makes room for one that says so.
 */
static void
Take(ExchangeLink *link, Payment *payment, int64 minor, const char *reference)
{
	if (minor == AmountMinor(payment->amount))
	{
		payment->captured = payment->authorized;
		payment->status = PAYMENT_CAPTURED;
		PaymentWrite(payment);
		return;
	}
	payment->status = PAYMENT_VOIDED;
	PaymentWrite(payment);
	if (minor > 0)
		link->payment_no = MakePayment(link->linked_order_id,
									   psprintf("%s/2", reference), minor,
									   PAYMENT_CAPTURED);
	HoldUncovered(link->linked_order_id);
}

/*
 * AuthorizedPayment finds the payment by exchange that still waits; its number
 * is 0 if there is none.
 */
static Payment
AuthorizedPayment(const ExchangeLink *link)
{
	Payment    *payments;
	int			n = PaymentsRead(link->linked_order_id, &payments);
	Payment		none = {0};

	for (int i = 0; i < n; i++)
		if (payments[i].payment_no == link->payment_no &&
			payments[i].status == PAYMENT_AUTHORIZED)
			return payments[i];
	return none;
}

/*
 * ExchangeReference is the key of the payment that a return makes.
 */
static char *
ExchangeReference(const Return *item)
{
	return psprintf(INT64_FORMAT "-R%d", item->order_id, item->return_no);
}

/*
 * ExchangeSettle moves what is due of a return that is credited to the order
 * that it is exchanged for, at most so many minor units, and returns how many.
 * The caller holds the locks of ReturnLock().
 */
int64
ExchangeSettle(const Return *item, int64 at_most)
{
	ExchangeLink link;
	Payment		payment;
	int64		moved;

	if (item->exchange_order_id == 0)
		return 0;
	link = ReadLink(item);
	payment = AuthorizedPayment(&link);
	if (payment.payment_no == 0)
		return 0;
	moved = Max(Min(at_most, OrderOverpaid(item->order_id)), 0);
	moved = Min(moved, AmountMinor(payment.amount));
	Take(&link, &payment, moved, ExchangeReference(item));
	PostMove(&link, moved);
	WriteLink(&link, moved);
	return moved;
}

/*
 * ExchangeVoid gives up the payment of an exchange whose return comes to
 * nothing.  The order that it was to pay is held until it is paid otherwise.
 */
void
ExchangeVoid(const Return *item)
{
	ExchangeLink link;
	Payment		payment;

	if (item->exchange_order_id == 0)
		return;
	OrderLock(item->exchange_order_id);
	link = ReadLink(item);
	payment = AuthorizedPayment(&link);
	if (payment.payment_no == 0)
		return;
	payment.status = PAYMENT_VOIDED;
	PaymentWrite(&payment);
	HoldUncovered(link.linked_order_id);
}

/*
 * ExchangeGiveBack gives back what was refunded of a payment by exchange: it
 * moves to the order that it came from, and is due there.  The caller holds the
 * locks of OrdersLockRelated().
 */
void
ExchangeGiveBack(const Payment *payment, Amount amount)
{
	static SavedPlan find = {
		"bigint",
		"SELECT order_id FROM oms.order_links WHERE linked_order_id = $1"
	};
	Datum		values[1] = {Int64GetDatum(payment->order_id)};
	ExchangeLink link = {0, payment->order_id, payment->payment_no};
	int64		minor = AmountMinor(amount);

	if (PlanRun(&find, values, NULL, false) == 0)
		elog(ERROR, "exchange for order " INT64_FORMAT " has vanished",
			 payment->order_id);
	link.order_id = RowInt64(0, 1);
	PostMove(&link, -minor);
	WriteLink(&link, -minor);
	RefundDue(link.order_id, minor,
			  psprintf("order " INT64_FORMAT, payment->order_id));
}

/*
 * OrderRefundable is what payments of an order have left to give back, in
 * minor units: what was captured and neither refunded nor moved to another
 * order.
 */
int64
OrderRefundable(int64 order_id)
{
	static SavedPlan find = {
		"bigint",
		"SELECT coalesce((SELECT sum(oms.minor(captured) - oms.minor(refunded)) "
		"                 FROM oms.payments WHERE order_id = $1), 0)::bigint "
		"       - coalesce((SELECT sum(oms.minor(moved)) "
		"                   FROM oms.order_links WHERE order_id = $1), 0)::bigint"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};

	PlanRun(&find, values, NULL, false);
	return RowInt64(0, 1);
}

/*
 * OrderLink writes that an order has come of a return or claim of another;
 * that number of the two which is 0 is none.
 */
void
OrderLink(int64 order_id, int64 linked_order_id, const char *kind,
		  int return_no, int claim_no)
{
	static SavedPlan insert = {
		"bigint, bigint, text, integer, integer",
		"INSERT INTO oms.order_links (order_id, linked_order_id, kind, return_no, claim_no) "
		"VALUES ($1, $2, $3, $4, $5)"
	};
	Params		params = {0};

	AddDatum(&params, Int64GetDatum(order_id));
	AddDatum(&params, Int64GetDatum(linked_order_id));
	AddText(&params, kind);
	AddId(&params, return_no);
	AddId(&params, claim_no);
	PlanRun(&insert, params.values, params.nulls, false);
}

/*
 * LinkedOrderPlace places an order by a document in which all is optional that
 * the earlier order tells, and returns its number.  Raises what place_order()
 * does, and OM004 if there is an order of this reference.
 */
int64
LinkedOrderPlace(int64 order_id, Jsonb *document, const char *reference)
{
	static SavedPlan merge = {
		"bigint, jsonb, text",
		"SELECT oms_internal.linked_order($1, $2, $3)"
	};
	Params		params = {0};
	bool		repeated;
	int64		linked_order_id;

	AddDatum(&params, Int64GetDatum(order_id));
	AddJsonb(&params, document);
	AddText(&params, reference);
	PlanRun(&merge, params.values, params.nulls, false);
	document = DatumGetJsonbPCopy(RowDatum(0, 1, NULL));
	linked_order_id = OrderPlace(document, &repeated);
	if (repeated)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_REFERENCE_CONFLICT),
				 errmsg("reference \"%s\" belongs to another order",
						DocText(&document->root, "reference")),
				 errdetail("It is that of order " INT64_FORMAT ".",
						   linked_order_id),
				 errhint("Give the new order a reference of its own.")));
	return linked_order_id;
}

/*
 * OrderDue is what the payments of an order do not cover, in minor units.
 */
static int64
OrderDue(int64 order_id)
{
	static SavedPlan find = {
		"bigint",
		"SELECT oms.minor(o.total) - coalesce("
		"           (SELECT sum(oms.minor(oms_internal.payment_cover(p.status, p.authorized, p.captured, p.refunded, p.expires_at))) "
		"            FROM oms.payments p WHERE p.order_id = $1), 0)::bigint "
		"FROM oms.orders o WHERE o.order_id = $1"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};

	PlanRun(&find, values, NULL, false);
	return Max(RowInt64(0, 1), 0);
}

/*
 * RequireExchangeable raises OM002 for a return that has ended or is exchanged
 * already.
 */
static void
RequireExchangeable(const Return *item)
{
	if (!StatusIsFinal(item->status) && item->exchange_order_id == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OMS_INVALID_TRANSITION),
			 errmsg("cannot exchange %s",
					ReturnName(item->order_id, item->return_no)),
			 item->exchange_order_id == 0
			 ? errdetail("It is \"%s\".", StatusName(item->status))
			 : errdetail("It is exchanged for order " INT64_FORMAT ".",
						 item->exchange_order_id),
			 errhint("A return is exchanged once, before it is completed.")));
}

/*
 * SetExchange writes on a return what it is exchanged for.
 */
static void
SetExchange(Return *item, int64 exchange_order_id)
{
	static SavedPlan update = {
		"bigint, integer, bigint",
		"UPDATE oms.returns SET exchange_order_id = $3 "
		"WHERE order_id = $1 AND return_no = $2"
	};
	Datum		values[3] = {Int64GetDatum(item->order_id),
		Int32GetDatum(item->return_no),
	Int64GetDatum(exchange_order_id)};

	PlanRun(&update, values, NULL, false);
	item->exchange_order_id = exchange_order_id;
}

/*
 * ExchangeReturn is the body of oms.exchange_return().
 */
static Datum
ExchangeReturn(FunctionCallInfo fcinfo)
{
	Jsonb	   *document = PG_GETARG_JSONB_P(2);
	Return		item = ReturnLock(PG_GETARG_INT64(0), PG_GETARG_INT32(1));
	ExchangeLink link = {item.order_id};
	EventField	order = {"order"};
	int64		credit;
	int64		paid;

	RequireExchangeable(&item);
	credit = ReturnCredit(&item, true).total;
	credit = Max(Min(credit, OrderOverpaid(item.order_id) + credit), 0);
	link.linked_order_id = LinkedOrderPlace(item.order_id, document,
											ExchangeReference(&item));
	OrderLink(item.order_id, link.linked_order_id, "exchange", item.return_no, 0);
	SetExchange(&item, link.linked_order_id);
	paid = Min(credit, OrderDue(link.linked_order_id));
	if (paid > 0)
	{
		link.payment_no = MakePayment(link.linked_order_id,
									  ExchangeReference(&item), paid,
									  PAYMENT_AUTHORIZED);
		WriteLink(&link, 0);
	}
	order.text = psprintf(INT64_FORMAT, link.linked_order_id);
	order.number = true;
	EventAppend(item.order_id, "return.exchanged", item.return_no,
				EventFields(&order, 1));
	PG_RETURN_INT64(link.linked_order_id);
}

PG_FUNCTION_INFO_V1(oms_exchange_return);

/*
 * oms_exchange_return(order_id, return_no, document, reference) places an order
 * that is paid by what a return gives back, and returns its number.
 */
Datum
oms_exchange_return(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 3, ExchangeReturn);
}
