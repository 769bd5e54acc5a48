/*
 * bill.c
 *		Commands on bills of suppliers.  What they do is SQL, functions of
 *		oms_internal by the same names.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "plan.h"

/*
 * RecordBillBody: see oms_record_bill.
 */
static Datum
RecordBillBody(FunctionCallInfo fcinfo)
{
	static SavedPlan body = {"jsonb", "SELECT oms_internal.record_bill($1)"};

	return CommandSql(fcinfo, &body);
}

PG_FUNCTION_INFO_V1(oms_record_bill);

/*
 * oms_record_bill(document, reference) records a bill, matches it, and returns
 * its status.
 */
Datum
oms_record_bill(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 1, RecordBillBody);
}

/*
 * ApproveBillBody: see oms_approve_bill.
 */
static Datum
ApproveBillBody(FunctionCallInfo fcinfo)
{
	static SavedPlan body = {
		"text, text, text", "SELECT oms_internal.approve_bill($1, $2, $3)"
	};

	(void) RequireText(PG_GETARG_TEXT_PP(2), "reason");
	return CommandSql(fcinfo, &body);
}

PG_FUNCTION_INFO_V1(oms_approve_bill);

/*
 * oms_approve_bill(supplier, number, reason, reference) takes a bill as it is
 * that does not agree with what was ordered and received.
 */
Datum
oms_approve_bill(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 3, ApproveBillBody);
}

/*
 * RejectBillBody: see oms_reject_bill.
 */
static Datum
RejectBillBody(FunctionCallInfo fcinfo)
{
	static SavedPlan body = {
		"text, text, text", "SELECT oms_internal.reject_bill($1, $2, $3)"
	};

	(void) RequireText(PG_GETARG_TEXT_PP(2), "reason");
	return CommandSql(fcinfo, &body);
}

PG_FUNCTION_INFO_V1(oms_reject_bill);

/*
 * oms_reject_bill(supplier, number, reason, reference) refuses a bill that does
 * not agree.
 */
Datum
oms_reject_bill(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 3, RejectBillBody);
}

/*
 * PayBillBody: see oms_pay_bill.
 */
static Datum
PayBillBody(FunctionCallInfo fcinfo)
{
	static SavedPlan body = {
		"text, text, oms.amount", "SELECT oms_internal.pay_bill($1, $2, $3)"
	};

	return CommandSql(fcinfo, &body);
}

PG_FUNCTION_INFO_V1(oms_pay_bill);

/*
 * oms_pay_bill(supplier, number, amount, reference) records that a bill was
 * paid, all that is open of it if amount is null.
 */
Datum
oms_pay_bill(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 2, PayBillBody);
}
