/*
 * invoice_command.c
 *		Issues invoices, of one order or of all that have something to invoice,
 *		and raises what is overdue to the next level of dunning.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"
#include "invoice.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#define INVOICES_MAX	100000	/* orders in a transaction */

/*
 * InvoiceLast is the number of an order's last invoice.
 */
static int
InvoiceLast(int64 order_id)
{
	static SavedPlan last = {
		"bigint",
		"SELECT max(invoice_no) FROM oms.invoices WHERE order_id = $1 AND kind = 'invoice'"
	};
	Datum		values[1] = {Int64GetDatum(order_id)};

	PlanRun(&last, values, NULL, false);
	return RowInt32(0, 1);
}

/*
 * IssueBody: see oms_issue_invoice.
 */
static Datum
IssueBody(FunctionCallInfo fcinfo)
{
	int64		order_id = PG_GETARG_INT64(0);
	int			made;

	OrderLock(order_id);
	made = InvoicesMake(&order_id, 1);
	InvoicesNumber(&order_id, 1);
	if (made == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(InvoiceLast(order_id));
}

PG_FUNCTION_INFO_V1(oms_issue_invoice);

/*
 * oms_issue_invoice(order_id, reference) invoices what has left and is not
 * invoiced; see invoice.c.
 */
Datum
oms_issue_invoice(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 1, IssueBody);
}

/*
 * QueueFill reads on in the events, until as many orders are queued as can be
 * worked on; whether there is more to read.
 */
static bool
QueueFill(int max)
{
	static SavedPlan fill = {
		"integer", "SELECT oms_internal.queue_invoices($1)"
	};
	Datum		values[1] = {Int32GetDatum(max)};

	PlanRun(&fill, values, NULL, false);
	return RowBool(0, 1);
}

/*
 * RowsInt64 copies the first column of a result.
 */
static int64 *
RowsInt64(int n)
{
	int64	   *values = palloc(mul_size(sizeof(int64), Max(n, 1)));

	for (int i = 0; i < n; i++)
		values[i] = RowInt64(i, 1);
	return values;
}

/*
 * QueueNext finds up to max orders behind another that are queued, or have
 * credit notes without numbers, in order.
 */
static int
QueueNext(int64 behind, int max, int64 **order_ids)
{
	static SavedPlan next = {
		"bigint, integer",
		"SELECT order_id FROM "
		"(SELECT order_id FROM oms.invoice_queue WHERE order_id > $1 "
		" UNION SELECT order_id FROM oms.invoices WHERE number IS NULL AND order_id > $1) AS q "
		"ORDER BY order_id LIMIT $2"
	};
	Datum		values[2] = {Int64GetDatum(behind), Int32GetDatum(max)};
	int			n = PlanRun(&next, values, NULL, false);

	*order_ids = RowsInt64(n);
	return n;
}

/*
 * QueueTake locks those of n orders that nobody has locked, takes them out of
 * the queue, and returns how many there are, first in order_ids.  The others
 * stay for the next time.
 */
static int
QueueTake(int64 *order_ids, int n)
{
	static SavedPlan take = {
		"bigint[]",
		"DELETE FROM oms.invoice_queue WHERE order_id = ANY ($1)"
	};
	Datum		values[1];

	n = OrdersLockFree(order_ids, n);
	values[0] = Int64Array(order_ids, n);
	PlanRun(&take, values, NULL, false);
	return n;
}

/*
 * IssueQueued writes the invoices of up to max orders that are queued and
 * numbers them, with all credit notes of these orders; returns how many were
 * issued.  Orders of which nothing was to be issued don't count.  *full tells
 * whether there may be more in the queue.
 */
static int
IssueQueued(int max, bool *full)
{
	int64	   *taken = palloc(mul_size(sizeof(int64), max));
	int			count = 0;
	int			issued = 0;
	int64		behind = 0;

	while (count < max)
	{
		int64	   *order_ids;
		int			n = QueueNext(behind, max - count, &order_ids);

		if (n == 0)
			break;
		behind = order_ids[n - 1];
		n = QueueTake(order_ids, n);
		if (n == 0)
			continue;
		InvoicesMake(order_ids, n);
		memcpy(taken + count, order_ids, sizeof(int64) * n);
		count += n;
	}
	if (count > 0)
		issued = InvoicesNumber(taken, count);
	*full = count == max;
	return issued;
}

/*
 * IssueInvoices issues what there is to issue, of up to max orders, and
 * returns how many invoices and credit notes; orders that others have locked
 * come next time.  *more tells whether there may be more to issue.
 */
static int
IssueInvoices(int max, bool *more)
{
	StoreScope	scope = StoreOpen();
	int			issued = 0;

	max = Min(max, INVOICES_MAX);
	*more = max > 0;
	while (*more && issued == 0)
	{
		bool		full;
		bool		unread = QueueFill(max);

		issued = IssueQueued(max, &full);
		*more = unread || full;
	}
	StoreClose(scope);
	return issued;
}

PG_FUNCTION_INFO_V1(oms_issue_invoices);

/*
 * oms_issue_invoices(max): see IssueInvoices().
 */
Datum
oms_issue_invoices(PG_FUNCTION_ARGS)
{
	bool		more;

	PG_RETURN_INT32(IssueInvoices(PG_GETARG_INT32(0), &more));
}

PG_FUNCTION_INFO_V1(oms_job_issue_invoices);

/*
 * oms_job_issue_invoices(batch_rows, settings, after) is a batch of the job.
 */
Datum
oms_job_issue_invoices(PG_FUNCTION_ARGS)
{
	bool		more;
	int			issued = IssueInvoices(PG_GETARG_INT32(0), &more);

	return JobStep(fcinfo, issued, more, NULL);
}

/*
 * DunInvoices raises up to max overdue invoices to their next level, with an
 * event each, and returns how many; *closed is how many were found paid.
 */
static int
DunInvoices(int max, int *closed)
{
	static SavedPlan dun = {
		"integer",
		"SELECT order_id, invoice_no, level, open, fee "
		"FROM oms_internal.dun_invoices($1) ORDER BY order_id, invoice_no"
	};
	StoreScope	scope = StoreOpen();
	Datum		limit = Int32GetDatum(Max(max, 0));
	int			n = PlanRun(&dun, &limit, NULL, false);
	SPITupleTable *rows = SPI_tuptable;

	*closed = 0;
	for (int i = 0; i < n; i++)
	{
		bool		paid;
		bool		free;
		Datum		fee;
		EventField	fields[3];

		SPI_tuptable = rows;
		SPI_processed = n;
		(void) RowDatum(i, 3, &paid);
		if (paid)
		{
			(*closed)++;
			continue;
		}
		fee = RowDatum(i, 5, &free);
		fields[0] = (EventField) {"level", psprintf("%d", RowInt32(i, 3)), true};
		fields[1] = (EventField) {
			"open", AmountToString(DatumGetAmount(RowDatum(i, 4, NULL)))
		};
		fields[2] = (EventField) {
			"fee", free ? NULL : AmountToString(DatumGetAmount(fee))
		};
		EventAppend(RowInt64(i, 1), "invoice.dunned", RowInt32(i, 2),
					EventFields(fields, lengthof(fields)));
	}
	StoreClose(scope);
	return n - *closed;
}

PG_FUNCTION_INFO_V1(oms_dun_invoices);

/*
 * oms_dun_invoices(max) raises overdue invoices to their next level.
 */
Datum
oms_dun_invoices(PG_FUNCTION_ARGS)
{
	int			closed;

	PG_RETURN_INT32(DunInvoices(PG_GETARG_INT32(0), &closed));
}

PG_FUNCTION_INFO_V1(oms_job_dun_invoices);

/*
 * oms_job_dun_invoices(batch_rows, settings, after) is a batch of the job.
 */
Datum
oms_job_dun_invoices(PG_FUNCTION_ARGS)
{
	int			max = PG_GETARG_INT32(0);
	int			closed;
	int			raised = DunInvoices(max, &closed);

	return JobStep(fcinfo, raised + closed, raised + closed >= max, NULL);
}

PG_FUNCTION_INFO_V1(oms_reopen_invoices);

/*
 * oms_reopen_invoices: trigger AFTER UPDATE FOR EACH ROW of payments of which
 * less is left.  What was closed may be open again.
 */
Datum
oms_reopen_invoices(PG_FUNCTION_ARGS)
{
	static SavedPlan reopen = {
		"bigint",
		"UPDATE oms.invoices SET closed = false WHERE order_id = $1 AND closed"
	};
	TriggerData *trigger = RequireRowTrigger(fcinfo);
	StoreScope	scope = StoreOpen();
	bool		isnull;
	Datum		order_id = SPI_getbinval(trigger->tg_newtuple,
										 RelationGetDescr(trigger->tg_relation),
										 1, &isnull);

	PlanRun(&reopen, &order_id, NULL, false);
	StoreClose(scope);
	return PointerGetDatum(NULL);
}
