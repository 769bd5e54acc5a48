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
 * has read while it was inside (WritersEnter()).  Whoever deletes reference
 * data waits for all who are inside and keeps others out until it commits;
 * those write by SQL meanwhile, and the server checks their keys.
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
#include "rewrite/rewriteHandler.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "utils/acl.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

/* Every TableState of the session */
static List *states = NIL;

/* Counts the states that were made */
static int	last_made = 0;

/* The table whose lock says who is inside, InvalidOid if not known */
static Oid	gate = InvalidOid;

/*
 * ForgetTable is called when something about a table or index has changed;
 * InvalidOid stands for all.
 */
static void
ForgetTable(Datum argument, Oid relid)
{
	ListCell   *cell;

	if (relid == InvalidOid || relid == gate)
		gate = InvalidOid;
	foreach(cell, states)
	{
		TableState *state = lfirst(cell);

		if (relid == InvalidOid || relid == state->relid)
			state->valid = false;
		for (int i = 0; i < state->index_count && state->valid; i++)
			if (relid == state->index_oids[i])
				state->valid = false;
	}
	KeptForget(relid);
}

/*
 * TableInit has the server tell of changes; called once as the library is
 * loaded.
 */
void
TableInit(void)
{
	CacheRegisterRelcacheCallback(ForgetTable, (Datum) 0);
}

/*
 * Gate is the table whose lock says who is inside.
 */
static Oid
Gate(void)
{
	if (!OidIsValid(gate))
	{
		RequireStore();
		gate = get_relname_relid("store", get_namespace_oid("oms", false));
	}
	return gate;
}

/*
 * WritersEnter says that reference data read from here on will be referred to
 * by rows of this transaction.  If somebody deletes such data just now, it does
 * nothing, and rows are inserted by SQL.  Takes a lock until the end of the
 * transaction that conflicts with WritersAwait() alone.
 */
void
WritersEnter(void)
{
	PreventCommandIfReadOnly("INSERT");
	(void) ConditionalLockRelationOid(Gate(), RowExclusiveLock);
	AcceptInvalidationMessages();
}

/*
 * WritersAwait waits until all have ended who may have read what this
 * transaction deletes, and keeps others from relying on what they read until it
 * ends.
 */
void
WritersAwait(void)
{
	LockRelationOid(Gate(), ShareLock);
}

/*
 * Inside tells whether this transaction has entered.  At an isolation level
 * that reads an old snapshot, what was read says nothing of what is there.
 */
static bool
Inside(void)
{
	LOCKTAG		tag;

	SET_LOCKTAG_RELATION(tag, MyDatabaseId, Gate());
	return !IsolationUsesXactSnapshot() && LockIsMine(&tag, RowExclusiveLock);
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
		!relation->rd_att->constr->has_generated_stored;
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
 * ReadColumns finds the columns that a StoreTable names.  Lengths of types are
 * enforced by the function that a cast would call; a domain's checks are not,
 * so a table of which a column has become one is not written so.
 */
static void
ReadColumns(TableState *state, const StoreTable *table)
{
	List	   *names;
	ListCell   *cell;
	int			i = 0;

	if (!SplitIdentifierString(pstrdup(table->columns), ',', &names))
		elog(ERROR, "invalid list of columns \"%s\"", table->columns);
	state->column_count = list_length(names);
	state->columns = palloc(sizeof(AttrNumber) * state->column_count);
	state->coercions = palloc0(sizeof(Coercion) * state->column_count);
	foreach(cell, names)
	{
		AttrNumber	number = get_attnum(state->relid, lfirst(cell));
		Form_pg_attribute column;
		Oid			function;

		if (number == InvalidAttrNumber)
			elog(ERROR, "table oms.%s has no column \"%s\"", table->name,
				 (char *) lfirst(cell));
		column = TupleDescAttr(state->desc, number - 1);
		if (get_typtype(column->atttypid) == TYPTYPE_DOMAIN)
			state->writable = false;
		if (column->atttypmod >= 0 &&
			find_typmod_coercion_function(column->atttypid, &function) ==
			COERCION_PATH_FUNC)
		{
			state->coercions[i].needed = true;
			state->coercions[i].typmod = column->atttypmod;
			fmgr_info(function, &state->coercions[i].function);
		}
		state->columns[i++] = number;
	}
}

/*
 * ReadDefaults prepares the defaults of all other columns.
 */
static void
ReadDefaults(TableState *state, Relation relation)
{
	state->defaults = palloc0(sizeof(ExprState *) * state->desc->natts);
	for (int a = 0; a < state->desc->natts; a++)
	{
		bool		given = TupleDescAttr(state->desc, a)->attisdropped;
		Node	   *expression;

		for (int i = 0; i < state->column_count; i++)
			given = given || state->columns[i] == a + 1;
		if (given)
			continue;
		expression = build_column_default(relation, a + 1);
		if (expression != NULL)
			state->defaults[a] =
				ExecInitExpr(expression_planner((Expr *) expression), NULL);
	}
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
	state->index_oids = palloc(sizeof(Oid) * Max(state->index_count, 1));
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
			state->writable = false;
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
	ReadColumns(state, table);
	ReadDefaults(state, relation);
	ReadIndexes(state, relation, table);
	MemoryContextSwitchTo(outer);
}

/*
 * MakeState starts the state of a table anew.  It is not in the list of states
 * with anything to lose until it is whole.
 */
static TableState *
MakeState(StoreTable *table)
{
	MemoryContext context = table->state == NULL ? NULL : table->state->context;
	MemoryContext outer;

	if (context == NULL)
	{
		outer = MemoryContextSwitchTo(TopMemoryContext);
		table->state = palloc0(sizeof(TableState));
		states = lappend(states, table->state);
		MemoryContextSwitchTo(outer);
		context = AllocSetContextCreate(CacheMemoryContext, "oms table",
										ALLOCSET_SMALL_SIZES);
	}
	else
		MemoryContextReset(context);
	memset(table->state, 0, sizeof(TableState));
	table->state->context = context;
	table->state->made = ++last_made;
	return table->state;
}

/*
 * TableOpen opens a table of the store with a lock that is kept until the end
 * of the transaction, and returns what is known of it, learning it if need be.
 */
TableState *
TableOpen(StoreTable *table, LOCKMODE lock, Relation *relation)
{
	TableState *state = table->state;

	if (state != NULL && state->valid)
	{
		*relation = table_open(state->relid, lock);
		/* taking the lock may have brought news */
		if (state->valid)
			return state;
		table_close(*relation, NoLock);
	}
	else
		RequireStore();
	do
	{
		Oid			relid = get_relname_relid(table->name,
											  get_namespace_oid("oms", false));

		*relation = table_open(relid, lock);
		state = MakeState(table);
		state->relid = relid;
		state->valid = true;
		ReadTable(state, table, *relation);
		if (!state->valid)
			table_close(*relation, NoLock);
	} while (!state->valid);
	return state;
}

/*
 * TableIsWritable tells whether the rows of a caller may go straight into an
 * open table.
 */
bool
TableIsWritable(const TableState *state, const StoreTable *table)
{
	return state->writable && (table->parents[0] == NULL || Inside()) &&
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
		index_close(state->result->ri_IndexRelationDescs[i], RowExclusiveLock);
}
