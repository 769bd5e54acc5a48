/*
 * kept.c
 *		Reference data that the session keeps until somebody changes it.
 *
 * Channels, rate cards, tax rates and locations are few, are read by every
 * order and change seldom.  A session keeps what it has read of them, by key.
 * The trigger tell_change on their tables has the server tell all sessions when
 * a transaction that changed them commits, as it does for its own catalogs; and
 * as with these, what is kept is what is committed, whatever the snapshot of
 * the transaction, with the transaction's own changes.  What a role may not see
 * is not kept for it by another, and of tables with policies nothing is.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "plan.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

typedef struct KeptEntry
{
	char		key[KEPT_KEY_MAX];
	void	   *data;
} KeptEntry;

/* All that has been used so far */
static List *all_kept = NIL;

/*
 * KeptForget is called when something about a table has changed; InvalidOid
 * stands for all.
 */
void
KeptForget(Oid relid)
{
	ListCell   *cell;

	foreach(cell, all_kept)
	{
		Kept	   *kept = lfirst(cell);
		bool		concerned = relid == InvalidOid;

		for (int t = 0; t < KEPT_TABLES_MAX; t++)
			concerned = concerned || relid == kept->relids[t];
		if (concerned)
			kept->valid = false;
	}
}

/*
 * HasPolicies tells whether what is seen of a table may differ from one query
 * to the next.
 */
static bool
HasPolicies(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	bool		result;

	if (!HeapTupleIsValid(tuple))
		return true;
	result = ((Form_pg_class) GETSTRUCT(tuple))->relrowsecurity;
	ReleaseSysCache(tuple);
	return result;
}

/*
 * Start begins to keep anew.  What was kept lasts until the transaction ends,
 * for those who still look at it.
 */
static void
Start(Kept *kept)
{
	MemoryContext outer = MemoryContextSwitchTo(TopMemoryContext);
	HASHCTL		control = {0};

	if (kept->role == InvalidOid)
		all_kept = lappend(all_kept, kept);
	kept->valid = false;
	kept->role = GetUserId();
	if (kept->context != NULL)
		MemoryContextSetParent(kept->context, TopTransactionContext);
	kept->context = NULL;
	kept->context = AllocSetContextCreate(CacheMemoryContext, "oms kept",
										  ALLOCSET_SMALL_SIZES);
	control.keysize = KEPT_KEY_MAX;
	control.entrysize = sizeof(KeptEntry);
	control.hcxt = kept->context;
	kept->entries = hash_create("oms kept", 16, &control,
								HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	kept->valid = true;
	kept->loads = 0;
	kept->has_policies = false;
	for (int t = 0; t < KEPT_TABLES_MAX && kept->tables[t] != NULL; t++)
	{
		kept->relids[t] = get_relname_relid(kept->tables[t],
											get_namespace_oid("oms", false));
		kept->has_policies = kept->has_policies || HasPolicies(kept->relids[t]);
	}
	MemoryContextSwitchTo(outer);
}

/*
 * KeptFind returns what is kept under a key, loading it if need be; NULL if
 * there is nothing.  It lasts until the end of the transaction, or as the
 * current memory context does where it cannot be kept.  The caller is connected
 * to SPI (StoreOpen()).
 */
void *
KeptFind(Kept *kept, const char *key)
{
	MemoryContext outer = CurrentMemoryContext;
	SPITupleTable *rows = SPI_tuptable;
	uint64		row_count = SPI_processed;
	bool		keeps = strlen(key) < KEPT_KEY_MAX && !IsInParallelMode();
	KeptEntry  *entry;
	void	   *data;

	if (keeps)
	{
		if (!kept->valid || kept->role != GetUserId() ||
			kept->loads >= KEPT_LOADS_MAX)
			Start(kept);
		entry = hash_search(kept->entries, key, HASH_FIND, NULL);
		if (entry != NULL)
			return entry->data;
		kept->loads++;
		MemoryContextSwitchTo(kept->context);
	}
	data = kept->load(key);
	MemoryContextSwitchTo(outer);
	/* what was heard of while it loaded, it may have missed */
	if (keeps && data != NULL && kept->valid && !kept->has_policies)
	{
		entry = hash_search(kept->entries, key, HASH_ENTER, NULL);
		entry->data = data;
	}
	/* the caller may be reading a result of its own */
	SPI_tuptable = rows;
	SPI_processed = row_count;
	return data;
}

/*
 * KeptFindNumber is KeptFind() where the key is a number.
 */
void *
KeptFindNumber(Kept *kept, int32 number)
{
	char		key[KEPT_KEY_MAX];

	pg_ltoa(number, key);
	return KeptFind(kept, key);
}

PG_FUNCTION_INFO_V1(oms_tell_change);

/*
 * oms_tell_change: trigger BEFORE INSERT OR UPDATE OR DELETE FOR EACH ROW, as
 * rows that replication brings fire no others, and BEFORE TRUNCATE, of a table
 * of which sessions keep rows.  It comes before the change, so that what this
 * session keeps of it is forgotten too if the statement fails.
 */
Datum
oms_tell_change(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = RequireTrigger(fcinfo, 0);

	CacheInvalidateRelcacheByRelid(RelationGetRelid(trigger->tg_relation));
	return PointerGetDatum(TRIGGER_FIRED_BY_UPDATE(trigger->tg_event)
						   ? trigger->tg_newtuple : trigger->tg_trigtuple);
}
