/*
 * purchasing_step.c
 *		What follows from the steps of purchase orders, whoever takes them:
 *		events, messages to suppliers, and the day that was promised.
 *
 * What is done is SQL, functions of oms_internal.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "purchasing.h"

#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/rel.h"

/*
 * PurchaseOrderRecord does what follows from a fact about a purchase order that
 * the caller has locked: a state that it has reached, or more of the same.
 * reason may be NULL.
 */
void
PurchaseOrderRecord(int64 purchase_order_id, const char *code,
					const char *fact, const char *reason)
{
	static SavedPlan enter = {
		"bigint, text, text, text",
		"SELECT oms_internal.enter_purchase_step($1, $2, $3, $4)"
	};
	Params		params = {0};

	AddDatum(&params, Int64GetDatum(purchase_order_id));
	AddText(&params, code);
	AddText(&params, fact);
	AddText(&params, reason);
	PlanRun(&enter, params.values, params.nulls, false);
}

/*
 * StepColumn is a column of the row that has taken a step.
 */
static Datum
StepColumn(TriggerData *trigger, const char *name, bool *isnull)
{
	TupleDesc	desc = RelationGetDescr(trigger->tg_relation);

	return SPI_getbinval(trigger->tg_newtuple, desc, SPI_fnumber(desc, name),
						 isnull);
}

PG_FUNCTION_INFO_V1(oms_record_purchase_step);

/*
 * oms_record_purchase_step: trigger AFTER UPDATE OF status FOR EACH ROW of
 * purchase_orders, under the condition that the status has changed.
 */
Datum
oms_record_purchase_step(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = RequireRowTrigger(fcinfo);
	StoreScope	scope = StoreOpen();
	bool		isnull;
	Datum		purchase_order_id;
	Datum		code;
	Datum		status;
	Datum		reason;

	if (!TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function must be called as a trigger of UPDATE")));
	purchase_order_id = StepColumn(trigger, "purchase_order_id", &isnull);
	code = StepColumn(trigger, "code", &isnull);
	status = StepColumn(trigger, "status", &isnull);
	reason = StepColumn(trigger, "status_reason", &isnull);
	PurchaseOrderRecord(DatumGetInt64(purchase_order_id),
						TextDatumGetCString(code),
						StatusName(DatumGetStatus(status)),
						isnull ? NULL : TextDatumGetCString(reason));
	StoreClose(scope);
	return PointerGetDatum(NULL);
}

PG_FUNCTION_INFO_V1(oms_change_purchase_order);

/*
 * oms_change_purchase_order(purchase_order_id) tells the supplier that a
 * purchase order has changed that was sent before.
 */
Datum
oms_change_purchase_order(PG_FUNCTION_ARGS)
{
	static SavedPlan tell = {
		"bigint", "SELECT oms_internal.tell_supplier($1, 'changed')"
	};
	StoreScope	scope = StoreOpen();
	Datum		values[1] = {PG_GETARG_DATUM(0)};

	PlanRun(&tell, values, NULL, false);
	StoreClose(scope);
	PG_RETURN_VOID();
}
