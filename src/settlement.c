/*
 * settlement.c
 *		Commands on what providers say of the money.  What they do is set-based
 *		SQL, functions of oms_internal by the same names.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "plan.h"

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
