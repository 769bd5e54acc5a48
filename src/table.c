/*
 * table.c
 *		What the session knows of the tables that it goes to without SQL.
 *
 * Rows of an order are many and small, and what a statement costs beside the
 * row itself is more than the row: starting an executor, reading constraints
 * anew, a query for each foreign key.  So the hottest tables are written
 * (table_insert.c, stock_take.c) and probed (table_find.c) by the routines that
 * the executor itself stands on.  What was learnt of a table for that, such as
 * its indexes, defaults and constraints, is kept until the table changes.
 *
 * A table may be written so only if nobody can tell the difference: it is an
 * ordinary local table without policies, generated columns or rules, and
 * without triggers but the store's own, which let the extension's writes pass.
 * Columns, defaults, indexes and checks that a DBA added are honoured.  If it
 * has a trigger of theirs, the same rows go by an INSERT instead.
 *
 * Foreign keys are not looked up for rows whose parents the caller vouches for:
 * rows of the same order that it has just written, and reference data that it
 * has read since WritersEnter() (writer.c).
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "table.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "catalog/namespace.h"
#include "catalog/pg_am_d.h"
#include "catalog/pg_class.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_type.h"
#include "rewrite/rewriteHandler.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* Every TableState of the session */
static List *states = NIL;

/* Counts the states that were made */
static int	last_made = 0;

/*
 * ForgetTable is called when something about a table or index has changed;
 * InvalidOid stands for all.
 */
static void
ForgetTable(Datum argument, Oid relid)
{
	ListCell   *cell;

	foreach(cell, states)
	{
		TableState *state = lfirst(cell);

		bool		concerned = relid == InvalidOid || relid == state->relid;

		for (int i = 0; i < state->index_count; i++)
			concerned = concerned || relid == state->index_oids[i];
		if (concerned)
		{
			state->whole = false;
			state->changed = true;
		}
	}
	KeptForget(relid);
}

/*
 * ForgetFunctions is called when a function has changed, which may be inlined
 * in a default or a check.
 */
static void
ForgetFunctions(Datum argument, int cache, uint32 hash)
{
	ForgetTable(argument, InvalidOid);
}

/*
 * TableInit has the server tell of changes; called once as the library is
 * loaded.
 */
void
TableInit(void)
{
	CacheRegisterRelcacheCallback(ForgetTable, (Datum) 0);
	CacheRegisterSyscacheCallback(PROCOID, ForgetFunctions, (Datum) 0);
}

/*
 * IsOwnTrigger tells whether a trigger lets the extension's own insertions
 * pass, or checks a foreign key that the caller vouches for.
 */
static bool
IsOwnTrigger(const Trigger *trigger, const StoreTable *table)
{
	const char *constraint;

	if (!trigger->tgisinternal)
		return get_func_namespace(trigger->tgfoid) ==
			get_namespace_oid("oms_internal", true);
	if (trigger->tgfoid != F_RI_FKEY_CHECK_INS)
		return false;
	constraint = get_constraint_name(trigger->tgconstraint);
	for (int i = 0; i < TABLE_PARENTS_MAX && table->parents[i] != NULL; i++)
		if (constraint != NULL && strcmp(table->parents[i], constraint) == 0)
			return true;
	return false;
}

/*
 * NobodyElse tells whether nobody else has to know of new rows of a table, or
 * with events TRIGGER_TYPE_UPDATE of changed ones, whose keys stay.
 */
static bool
NobodyElse(Relation relation, const StoreTable *table, int events)
{
	TriggerDesc *triggers = relation->trigdesc;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		const Trigger *trigger = &triggers->triggers[i];

		if (trigger->tgenabled != TRIGGER_DISABLED &&
			(trigger->tgtype & events) != 0 &&
			!(trigger->tgisinternal && events == TRIGGER_TYPE_UPDATE) &&
			!IsOwnTrigger(trigger, table))
			return false;
	}
	return relation->rd_att->constr == NULL ||
		!HasGenerated(relation->rd_att->constr);
}

/*
 * IsPlain tells whether a table's rows are what an index of it finds.
 */
static bool
IsPlain(Relation relation)
{
	return relation->rd_rel->relkind == RELKIND_RELATION &&
		relation->rd_rel->relam == HEAP_TABLE_AM_OID &&
		!relation->rd_rel->relispartition &&
		!relation->rd_rel->relhassubclass &&
		!relation->rd_rel->relrowsecurity &&
		relation->rd_rules == NULL;
}

/*
 * ReadNames takes the column definitions of a StoreTable apart.
 */
static void
ReadNames(TableState *state, const StoreTable *table)
{
	char	   *rest;
	char	   *definition = strtok_r(pstrdup(table->columns), ",", &rest);
	int			n = 0;

	state->names = palloc(sizeof(char *) * TABLE_COLUMNS_MAX);
	state->types = palloc(sizeof(char *) * TABLE_COLUMNS_MAX);
	for (; definition != NULL; definition = strtok_r(NULL, ",", &rest))
	{
		char	   *name = definition + strspn(definition, " ");
		char	   *type = strchr(name, ' ');

		if (type == NULL || n == TABLE_COLUMNS_MAX)
			elog(ERROR, "invalid columns of table oms.%s", table->name);
		*type = '\0';
		state->names[n] = name;
		state->types[n++] = strcmp(type + 1, "@geography@") == 0
			? format_type_be_qualified(GeographyType()) : type + 1;
	}
	state->column_count = n;
}

/*
 * ReadColumns finds the columns that a StoreTable names.  A column that is of
 * another type by now can only be written and read by SQL.  Lengths of types
 * are enforced by the function that a cast would call.
 */
static void
ReadColumns(TableState *state, const StoreTable *table)
{
	state->columns = palloc(sizeof(AttrNumber) * state->column_count);
	state->coercions = palloc0(sizeof(Coercion) * state->column_count);
	for (int i = 0; i < state->column_count; i++)
	{
		AttrNumber	number = get_attnum(state->relid, state->names[i]);
		Coercion   *coercion = &state->coercions[i];
		Form_pg_attribute column;
		Oid			function;
		Oid			type;
		int32		typmod;

		if (number == InvalidAttrNumber)
			elog(ERROR, "table oms.%s has no column \"%s\"", table->name,
				 state->names[i]);
		column = TupleDescAttr(state->desc, number - 1);
		ParseTypeName(state->types[i], &type, &typmod);
		if (column->atttypid != type)
			state->readable = state->writable = state->updatable = false;
		if (column->atttypmod >= 0 &&
			find_typmod_coercion_function(type, &function) ==
			COERCION_PATH_FUNC)
		{
			coercion->needed = true;
			coercion->typmod = column->atttypmod;
			fmgr_info(function, &coercion->function);
		}
		state->columns[i] = number;
	}
}

/*
 * RefuseDomains keeps a table with a column of a domain from being written:
 * the checks of domains are not made here.
 */
static void
RefuseDomains(TableState *state)
{
	for (int a = 0; a < state->desc->natts; a++)
	{
		Form_pg_attribute column = TupleDescAttr(state->desc, a);

		if (!column->attisdropped &&
			get_typtype(column->atttypid) == TYPTYPE_DOMAIN)
			state->writable = false;
	}
}

/*
 * TableDefaults prepares the defaults of all columns that are not given, if
 * that has not been done yet.
 */
void
TableDefaults(TableState *state, Relation relation)
{
	MemoryContext outer = MemoryContextSwitchTo(state->context);
	ExprState **defaults;

	if (state->defaults == NULL)
	{
		defaults = palloc0(sizeof(ExprState *) * state->desc->natts);
		for (int a = 0; a < state->desc->natts; a++)
		{
			Form_pg_attribute column = TupleDescAttr(state->desc, a);
			bool		given = column->attisdropped || column->attgenerated != '\0';
			Node	   *expression;

			for (int i = 0; i < state->column_count; i++)
				given = given || state->columns[i] == a + 1;
			expression = given ? NULL : build_column_default(relation, a + 1);
			if (expression != NULL)
				defaults[a] = ExecInitExpr(expression_planner((Expr *) expression),
										   NULL);
		}
		state->defaults = defaults;
	}
	MemoryContextSwitchTo(outer);
}

/*
 * ReadIndexes prepares the insertion into all indexes.  Those that are checked
 * later, and those that are no plain unique keys but exclude rows, need the
 * server's own triggers and so SQL.
 */
static void
ReadIndexes(TableState *state, Relation relation, const StoreTable *table)
{
	List	   *oids = RelationGetIndexList(relation);
	ResultRelInfo *result = state->result;
	ListCell   *cell;
	int			i = 0;

	state->index_count = list_length(oids);
	state->index_oids = palloc0(sizeof(Oid) * Max(state->index_count, 1));
	result->ri_NumIndices = state->index_count;
	result->ri_IndexRelationDescs =
		palloc0(sizeof(Relation) * Max(state->index_count, 1));
	result->ri_IndexRelationInfo =
		palloc0(sizeof(IndexInfo *) * Max(state->index_count, 1));
	foreach(cell, oids)
	{
		Oid			oid = lfirst_oid(cell);
		Relation	index = index_open(oid, RowExclusiveLock);
		IndexInfo  *info = BuildIndexInfo(index);

		if (!index->rd_index->indimmediate || index->rd_index->indisexclusion)
			state->writable = state->updatable = false;
		if (table->unique != NULL &&
			strcmp(RelationGetRelationName(index), table->unique) == 0)
		{
			BuildSpeculativeIndexInfo(index, info);
			state->unique = list_make1_oid(oid);
		}
		state->index_oids[i] = oid;
		result->ri_IndexRelationInfo[i++] = info;
		index_close(index, NoLock);
	}
	if (table->unique != NULL && state->unique == NIL)
		state->writable = false;
}

/*
 * ReadTable learns all that is kept of a table, in the state's context.
 */
static void
ReadTable(TableState *state, StoreTable *table, Relation relation)
{
	MemoryContext outer = MemoryContextSwitchTo(state->context);

	state->desc = CreateTupleDescCopyConstr(RelationGetDescr(relation));
	state->readable = IsPlain(relation);
	state->writable = state->readable &&
		NobodyElse(relation, table, TRIGGER_TYPE_INSERT);
	state->updatable = state->readable &&
		NobodyElse(relation, table, TRIGGER_TYPE_UPDATE);
	state->estate = CreateExecutorState();
	state->result = makeNode(ResultRelInfo);
	InitResultRelInfo(state->result, relation, 0, NULL, 0);
	state->result->ri_TrigDesc = NULL;
	ReadNames(state, table);
	ReadColumns(state, table);
	RefuseDomains(state);
	ReadIndexes(state, relation, table);
	MemoryContextSwitchTo(outer);
}

/*
 * MakeState starts the state of a table anew.
 */
static TableState *
MakeState(StoreTable *table)
{
	MemoryContext context = table->state == NULL ? NULL : table->state->context;
	MemoryContext outer;

	if (table->state == NULL)
	{
		outer = MemoryContextSwitchTo(TopMemoryContext);
		table->state = palloc0(sizeof(TableState));
		states = lappend(states, table->state);
		MemoryContextSwitchTo(outer);
	}
	memset(table->state, 0, sizeof(TableState));
	if (context == NULL)
		context = AllocSetContextCreate(CacheMemoryContext, "oms table",
										ALLOCSET_SMALL_SIZES);
	else
		MemoryContextReset(context);
	table->state->context = context;
	table->state->made = ++last_made;
	table->state->role = GetUserId();
	return table->state;
}

/*
 * IsCurrent tells whether what is known of a table may be used.
 */
static bool
IsCurrent(const TableState *state)
{
	return state != NULL && state->whole && !state->in_use &&
		state->role == GetUserId();
}

/*
 * OpenNamed opens the table that has the name, and still has it when it is
 * locked.
 */
static Relation
OpenNamed(const StoreTable *table, LOCKMODE lock)
{
	for (;;)
	{
		Oid			relid = get_relname_relid(table->name,
											  get_namespace_oid("oms", false));
		Relation	relation;

		if (!OidIsValid(relid))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_TABLE),
					 errmsg("relation \"oms.%s\" does not exist", table->name)));
		relation = table_open(relid, lock);
		if (get_relname_relid(table->name, get_namespace_oid("oms", false)) == relid)
			return relation;
		table_close(relation, lock);
	}
}

/*
 * TableOpen opens a table of the store with a lock that is kept until the end
 * of the transaction, and returns what is known of it, learning it if need be.
 */
TableState *
TableOpen(StoreTable *table, LOCKMODE lock, Relation *relation)
{
	TableState *state = table->state;

	if (IsCurrent(state))
	{
		*relation = table_open(state->relid, lock);
		/* taking the lock may have brought news */
		if (state->whole)
			return state;
		table_close(*relation, NoLock);
	}
	else
		RequireStore();
	*relation = OpenNamed(table, lock);
	do
	{
		state = MakeState(table);
		state->relid = RelationGetRelid(*relation);
		ReadTable(state, table, *relation);
		state->whole = !state->changed;
	} while (!state->whole);
	return state;
}

/*
 * TableIsWritable tells whether the rows of a caller may go straight into an
 * open table.
 */
bool
TableIsWritable(const TableState *state, const StoreTable *table)
{
	return state->writable && (table->parents[0] == NULL || WritersInside()) &&
		pg_class_aclcheck(state->relid, GetUserId(), ACL_INSERT) == ACLCHECK_OK;
}

/*
 * TableOpenIndexes opens all indexes of an open table for insertion.
 */
void
TableOpenIndexes(TableState *state, Relation relation)
{
	state->result->ri_RelationDesc = relation;
	for (int i = 0; i < state->index_count; i++)
		state->result->ri_IndexRelationDescs[i] =
			index_open(state->index_oids[i], RowExclusiveLock);
}

/*
 * TableCloseIndexes closes them; their locks go too, as the table's is kept.
 */
void
TableCloseIndexes(TableState *state)
{
	for (int i = 0; i < state->index_count; i++)
	{
		Relation	index = state->result->ri_IndexRelationDescs[i];

		EndIndexInsertions(index, state->result->ri_IndexRelationInfo[i]);
		index_close(index, RowExclusiveLock);
	}
}
