/*
 * settlement.c
 *		Commands on what providers say of the money.  What they do is set-based
 *		SQL, functions of oms_internal by the same names.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "plan.h"

#include "executor/spi.h"

#define JOB_MAX	100000		/* of what a call of a job is about */

/*
 * ImportSettlementsBody: see oms_import_settlements.
 */
static Datum
ImportSettlementsBody(FunctionCallInfo fcinfo)
{
	static SavedPlan body = {
		"text, jsonb", "SELECT oms_internal.import_settlements($1, $2)"
	};

	(void) RequireText(PG_GETARG_TEXT_PP(0), "provider");
	return CommandSql(fcinfo, &body);
}

PG_FUNCTION_INFO_V1(oms_import_settlements);

/*
 * oms_import_settlements(provider, lines, reference) takes in lines of a
 * settlement report that are not there yet and returns how many these are.
 */
Datum
oms_import_settlements(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, ImportSettlementsBody);
}

/*
 * JobRun runs the query that is a job, for at most max of what it is about,
 * and returns how much it has done.
 */
static int32
JobRun(SavedPlan *job, int32 max)
{
	StoreScope	scope = StoreOpen();
	Datum		values[1] = {Int32GetDatum(max)};
	int32		count;

	RequireMax(max, JOB_MAX);
	PlanRun(job, values, NULL, false);
	count = RowInt32(0, 1);
	StoreClose(scope);
	return count;
}

PG_FUNCTION_INFO_V1(oms_reconcile_settlements);

/*
 * oms_reconcile_settlements(max) matches settlement lines with what the store
 * knows.  A job calls it until it returns 0.
 */
Datum
oms_reconcile_settlements(PG_FUNCTION_ARGS)
{
	static SavedPlan job = {
		"integer", "SELECT oms_internal.reconcile_settlements($1)"
	};

	PG_RETURN_INT32(JobRun(&job, PG_GETARG_INT32(0)));
}

PG_FUNCTION_INFO_V1(oms_record_settled);

/*
 * oms_record_settled(lines bigint[]) appends an event to the order of each
 * line that was matched with a capture or refund.  The caller holds the locks
 * of the orders' rows.
 */
Datum
oms_record_settled(PG_FUNCTION_ARGS)
{
	static SavedPlan find = {
		"bigint[]",
		"SELECT order_id, payment_no, kind, abs(amount)::text, fee::text "
		"FROM oms.settlements "
		"WHERE settlement_id = ANY ($1) AND entry_no IS NOT NULL "
		"ORDER BY order_id, settlement_id"
	};
	StoreScope	scope = StoreOpen();
	Datum		values[1] = {PG_GETARG_DATUM(0)};
	int			n = PlanRun(&find, values, NULL, false);
	SPITupleTable *rows = SPI_tuptable;

	for (int i = 0; i < n; i++)
	{
		EventField	fields[3];

		SPI_tuptable = rows;
		SPI_processed = n;
		fields[0] = (EventField) {"kind", RowText(i, 3)};
		fields[1] = (EventField) {"amount", RowText(i, 4)};
		fields[2] = (EventField) {"fee", RowText(i, 5)};
		EventAppend(RowInt64(i, 1), "payment.settled", RowInt32(i, 2),
					EventFields(fields, lengthof(fields)));
	}
	StoreClose(scope);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(oms_refund_overdue);

/*
 * oms_refund_overdue(max) refunds what customers have paid too much for long.
 */
Datum
oms_refund_overdue(PG_FUNCTION_ARGS)
{
	static SavedPlan job = {
		"integer", "SELECT \"rows\"::integer FROM oms_internal.refund_overdue($1)"
	};

	PG_RETURN_INT32(JobRun(&job, PG_GETARG_INT32(0)));
}

/*
 * CloseSettlementBody: see oms_close_settlement.
 */
static Datum
CloseSettlementBody(FunctionCallInfo fcinfo)
{
	static SavedPlan body = {
		"text, text, text", "SELECT oms_internal.close_settlement($1, $2, $3)"
	};

	(void) RequireText(PG_GETARG_TEXT_PP(2), "note");
	return CommandSql(fcinfo, &body);
}

PG_FUNCTION_INFO_V1(oms_close_settlement);

/*
 * oms_close_settlement(provider, line, note, reference) accepts a line that
 * could not be matched.
 */
Datum
oms_close_settlement(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 3, CloseSettlementBody);
}

/*
 * RecordChargebackBody: see oms_record_chargeback.
 */
static Datum
RecordChargebackBody(FunctionCallInfo fcinfo)
{
	static SavedPlan body = {
		"text, jsonb", "SELECT oms_internal.record_chargeback($1, $2)"
	};

	(void) RequireText(PG_GETARG_TEXT_PP(0), "provider");
	return CommandSql(fcinfo, &body);
}

PG_FUNCTION_INFO_V1(oms_record_chargeback);

/*
 * oms_record_chargeback(provider, chargeback, reference) records that a bank
 * takes a payment back, or what became of it.
 */
Datum
oms_record_chargeback(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, RecordChargebackBody);
}
