/*
 * writer.c
 *		Keeps apart those who refer to reference data without locking each row
 *		of it, and those who delete it.
 *
 * The server checks a foreign key by locking the row it leads to.  An order
 * would lock its channel, service, customer, location and SKUs, and all orders
 * the same channel.  Instead it is inside from before it reads them until it
 * ends, by a lock that all who are inside share; whoever deletes reference data
 * waits for them, after which the server's check sees what they wrote, and
 * keeps others out until it ends.  Those insert by SQL meanwhile, and the server
 * checks their keys.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "plan.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"

/*
 * Gate is the table whose lock says who is inside.
 */
static Oid
Gate(void)
{
	Oid			relid = get_relname_relid("store",
										  get_namespace_oid("oms", false));

	if (!OidIsValid(relid))
		RequireStore();
	return relid;
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
 * WritersInside tells whether this transaction has entered.  At an isolation level
 * that reads an old snapshot, what was read says nothing of what is there.
 */
bool
WritersInside(void)
{
	LOCKTAG		tag;

	SET_LOCKTAG_RELATION(tag, MyDatabaseId, Gate());
	return !IsolationUsesXactSnapshot() && LockIsMine(&tag, RowExclusiveLock);
}
