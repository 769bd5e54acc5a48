/*
 * plan.c
 *		Saved query plans: the one place where the extension prepares SQL.
 *
 * A SavedPlan stands as a static variable beside the code that runs it.  It is
 * prepared on first use and again whenever the plan cache has invalidated it.
 * All plans are generic and go by index: their texts take keys and arrays as
 * parameters, so planning again for each value would only cost time.
 *
 * Queries see the search path pg_catalog, oms, pg_temp, which StoreOpen()
 * pins, so that operators on our types need no qualification in query texts
 * and nothing of the caller's can be captured.
 *
 * In a trigger that a plan of ours has fired itself, StoreWrites() is true: the
 * triggers that keep other writers from counters and balances let the
 * extension's own writes pass.  What a DBA's trigger writes in turn is not ours.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "plan.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "executor/spi.h"
#include "jit/jit.h"
#include "nodes/value.h"
#include "parser/parse_func.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#define STORE_SEARCH_PATH	"pg_catalog, oms, pg_temp"

/* Depth of triggers at which the innermost running plan of ours was started */
static int	plan_depth = -1;

/* Whether a plan of ours is being made */
static bool planning = false;

/*
 * TriggerDepth is how many triggers are running, one within the other.
 */
static int
TriggerDepth(void)
{
	LOCAL_FCINFO(fcinfo, 0);

	InitFunctionCallInfoData(*fcinfo, NULL, 0, InvalidOid, NULL, NULL);
	return DatumGetInt32(pg_trigger_depth(fcinfo));
}

/*
 * StorePlanRuns tells whether the statement being executed is a plan of the
 * extension, for what is called by it directly: a trigger's condition.
 */
bool
StorePlanRuns(void)
{
	return plan_depth >= 0 && TriggerDepth() == plan_depth;
}

/*
 * StoreWrites tells a trigger whether it was fired by a plan of the extension.
 */
bool
StoreWrites(void)
{
	return plan_depth >= 0 && TriggerDepth() == plan_depth + 1;
}

/*
 * StorePlans tells whether what is being planned is a query of the extension
 * or follows from one.
 */
bool
StorePlans(void)
{
	return planning || plan_depth >= 0;
}

/*
 * StoreOpen connects to SPI and pins the search path, unless it is pinned
 * already, having heard of what others have changed of what is kept.  Pair it with StoreClose(); an error in between is cleaned up by
 * the abort of the transaction.
 */
StoreScope
StoreOpen(void)
{
	StoreScope	scope;

	AcceptInvalidationMessages();
	scope.guc_level = 0;
	if (strcmp(namespace_search_path, STORE_SEARCH_PATH) != 0)
	{
		scope.guc_level = NewGUCNestLevel();
		(void) set_config_option("search_path", STORE_SEARCH_PATH,
								 PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	}
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	return scope;
}

/*
 * StoreClose ends what StoreOpen() began.  Memory allocated since in the
 * current context is gone; a result that is passed by reference is to be copied
 * by SPI_datumTransfer() before.
 */
void
StoreClose(StoreScope scope)
{
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "could not disconnect from SPI");
	if (scope.guc_level > 0)
		AtEOXact_GUC(true, scope.guc_level);
}

/*
 * ParseArgumentTypes turns "bigint, oms.amount[]" into type OIDs and returns
 * how many there are.
 */
static int
ParseArgumentTypes(const char *names, Oid types[PLAN_ARGUMENTS_MAX])
{
	char	   *copy = pstrdup(names);
	char	   *rest;
	int			n = 0;

	for (char *name = strtok_r(copy, ",", &rest); name != NULL;
		 name = strtok_r(NULL, ",", &rest))
	{
		int32		typmod;

		if (n == PLAN_ARGUMENTS_MAX)
			elog(ERROR, "too many plan arguments");
		ParseTypeName(name, &types[n++], &typmod);
	}
	return n;
}

/*
 * MakeGenericPlan plans a saved query now, for a large store (plan_size.c)
 * and with joins by index alone.  What it looks up is little, so compiling it
 * would not pay.
 */
static void
MakeGenericPlan(SPIPlanPtr saved)
{
	static const char *const off[] = {
		"enable_seqscan", "enable_hashjoin", "enable_mergejoin", "jit"
	};
	int			level = NewGUCNestLevel();
	CachedPlan *plan;

	for (int i = 0; i < lengthof(off); i++)
		(void) set_config_option(off[i], "off", PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	planning = true;
	PG_TRY();
	{
		plan = SPI_plan_get_cached_plan(saved);
		if (plan != NULL)
			ReleaseCachedPlan(plan, CurrentResourceOwner);
	}
	PG_FINALLY();
	{
		planning = false;
	}
	PG_END_TRY();
	AtEOXact_GUC(true, level);
}

/*
 * GeographyType is PostGIS's type of the points that our own function makes.
 */
Oid
GeographyType(void)
{
	static Oid	type = InvalidOid;
	Oid			types[2] = {FLOAT8OID, FLOAT8OID};

	if (!SearchSysCacheExists1(TYPEOID, ObjectIdGetDatum(type)))
		type = get_func_rettype(LookupFuncName(list_make2(makeString("oms_internal"),
														  makeString("make_point")),
											   2, types, false));
	return type;
}

/*
 * PostgisSchema is the schema of PostGIS, whose operators are named in queries
 * as OPERATOR(@postgis@.<->).
 */
char *
PostgisSchema(void)
{
	HeapTuple	type = SearchSysCache1(TYPEOID,
									   ObjectIdGetDatum(GeographyType()));
	Oid			schema = ((Form_pg_type) GETSTRUCT(type))->typnamespace;

	ReleaseSysCache(type);
	return get_namespace_name(schema);
}

/*
 * PlanText is the text of a plan with the schema of PostGIS filled in.
 */
static const char *
PlanText(const SavedPlan *plan)
{
	static const char token[] = "@postgis@";
	const char *rest = plan->text;
	const char *found = strstr(rest, token);
	StringInfoData text;

	if (found == NULL)
		return plan->text;
	initStringInfo(&text);
	for (; found != NULL; found = strstr(rest, token))
	{
		appendBinaryStringInfo(&text, rest, found - rest);
		appendStringInfoString(&text, quote_identifier(PostgisSchema()));
		rest = found + strlen(token);
	}
	appendStringInfoString(&text, rest);
	return text.data;
}

/*
 * PlanPrepare makes the plan ready to run and keeps it for the session.
 */
void
PlanPrepare(SavedPlan *plan)
{
	MemoryContext context = CurrentMemoryContext;
	Oid			types[PLAN_ARGUMENTS_MAX];
	int			ntypes;

	if (plan->saved != NULL)
	{
		/* who runs it now, from a trigger around us, still needs it */
		if (plan->running > 0 || SPI_plan_is_valid(plan->saved))
			return;
		SPI_freeplan(plan->saved);
		plan->saved = NULL;
	}
	else
		RequireStore();

	ntypes = ParseArgumentTypes(plan->argument_types, types);
	plan->saved = SPI_prepare_cursor(PlanText(plan), ntypes, types,
									 CURSOR_OPT_GENERIC_PLAN);
	if (plan->saved == NULL || SPI_keepplan(plan->saved) != 0)
		elog(ERROR, "could not prepare \"%s\"", plan->text);
	MakeGenericPlan(plan->saved);
	MemoryContextSwitchTo(context);
}

/*
 * PlanRun executes a plan between StoreOpen() and StoreClose() and returns
 * the number of rows, which SPI_tuptable then holds.  Functions that the plan
 * calls plan queries of their own, for a large store as well; compiling these
 * would take longer than all else, so that is off meanwhile.  nulls is as SPI wants
 * it ('n' for a null) or NULL.  The current memory context stays.  A read-only
 * plan sees the caller's snapshot,
 * others see all that the transaction has done and others have committed.
 */
uint64
PlanRun(SavedPlan *plan, Datum *values, const char *nulls, bool read_only)
{
	MemoryContext context = CurrentMemoryContext;
	int			outer_depth = plan_depth;
	int			code = 0;
	bool		jit = jit_enabled;

	PlanPrepare(plan);
	plan_depth = TriggerDepth();
	plan->running++;
	jit_enabled = false;
	PG_TRY();
	{
		code = SPI_execute_plan(plan->saved, values, nulls, read_only, 0);
	}
	PG_FINALLY();
	{
		plan_depth = outer_depth;
		plan->running--;
		jit_enabled = jit;
	}
	PG_END_TRY();
	if (code < 0)
		elog(ERROR, "could not execute \"%s\": %s",
			 plan->text, SPI_result_code_string(code));
	MemoryContextSwitchTo(context);
	return SPI_processed;
}

/*
 * PlanRunLatest is PlanRun() for a query that is to see all that has been
 * committed by now, also where the transaction keeps an older snapshot.  What
 * was measured under a lock would not count those who held it before else.
 */
uint64
PlanRunLatest(SavedPlan *plan, Datum *values, const char *nulls)
{
	uint64		n;

	/* in parallel mode there is no other snapshot, and nothing of our own */
	if (IsInParallelMode())
		return PlanRun(plan, values, nulls, true);
	CommandCounterIncrement();
	PushActiveSnapshot(GetLatestSnapshot());
	n = PlanRun(plan, values, nulls, true);
	PopActiveSnapshot();
	return n;
}

/*
 * RowDatum is column number column (from 1) of row number row (from 0) of
 * the last result; isnull may be NULL where a null cannot be.
 */
Datum
RowDatum(uint64 row, int column, bool *isnull)
{
	bool		null;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[row],
									  SPI_tuptable->tupdesc, column, &null);

	if (isnull != NULL)
		*isnull = null;
	else if (null)
		elog(ERROR, "unexpected null in column %d", column);
	return value;
}

/*
 * RowInt64 reads a bigint, 0 for null.
 */
int64
RowInt64(uint64 row, int column)
{
	bool		isnull;
	Datum		value = RowDatum(row, column, &isnull);

	return isnull ? 0 : DatumGetInt64(value);
}

/*
 * RowInt32 reads an integer, 0 for null.
 */
int32
RowInt32(uint64 row, int column)
{
	bool		isnull;
	Datum		value = RowDatum(row, column, &isnull);

	return isnull ? 0 : DatumGetInt32(value);
}

/*
 * RowBool reads a boolean, false for null.
 */
bool
RowBool(uint64 row, int column)
{
	bool		isnull;
	Datum		value = RowDatum(row, column, &isnull);

	return !isnull && DatumGetBool(value);
}

/*
 * RowText reads a text into the current memory context, NULL for null.
 */
char *
RowText(uint64 row, int column)
{
	bool		isnull;
	Datum		value = RowDatum(row, column, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

/*
 * TypeNamed finds the OID of a type of ours, such as "oms.quantity".
 */
Oid
TypeNamed(const char *name)
{
	Oid			schema = get_namespace_oid("oms", false);
	Oid			type;

	Assert(strncmp(name, "oms.", 4) == 0);
	type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid,
						   CStringGetDatum(name + 4), ObjectIdGetDatum(schema));
	if (!OidIsValid(type))
		elog(ERROR, "type %s does not exist", name);
	return type;
}

/*
 * NextNumber takes the next value of a sequence of the store.
 */
int64
NextNumber(const char *sequence)
{
	return nextval_internal(get_relname_relid(sequence,
											  get_namespace_oid("oms", false)),
							true);
}

/*
 * AddNullable adds a parameter.
 */
void
AddNullable(Params *params, Datum value, bool isnull)
{
	if (params->count == PLAN_ARGUMENTS_MAX)
		elog(ERROR, "too many parameters");
	params->values[params->count] = value;
	params->nulls[params->count] = isnull ? 'n' : ' ';
	params->count++;
}

/*
 * AddDatum adds a parameter that is not null.
 */
void
AddDatum(Params *params, Datum value)
{
	AddNullable(params, value, false);
}

/*
 * AddText adds a text parameter; a NULL pointer is a null.
 */
void
AddText(Params *params, const char *text)
{
	AddNullable(params, text == NULL ? (Datum) 0 : CStringGetTextDatum(text),
				text == NULL);
}

/*
 * AddJsonb adds a jsonb parameter; a NULL pointer is a null.
 */
void
AddJsonb(Params *params, Jsonb *document)
{
	AddNullable(params, PointerGetDatum(document), document == NULL);
}

/*
 * AddId adds an integer key; 0 is a null.
 */
void
AddId(Params *params, int32 id)
{
	AddNullable(params, Int32GetDatum(id), id == 0);
}
