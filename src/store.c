/*
 * store.c
 *		Creates the tables of the store and brings them to later versions.
 *
 * The extension owns types, operators and functions; tables, indexes,
 * triggers and views are ordinary objects, so that a plain dump keeps them
 * whole.  install() makes them from the file oms-store--V.sql, where V is the
 * version of the extension in this database; upgrade() runs the shortest
 * chain of files oms-store--A--B.sql from the version that the table
 * oms.store records to V.  Both run as the owner of the extension, inside the
 * caller's transaction, and one at a time.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "oms.h"

#include "catalog/namespace.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#define STORE_FILE_PREFIX	"oms-store--"

/* What the catalog says of the extension */
typedef struct Extension
{
	Oid			oid;
	Oid			owner;
	char	   *version;
	char	   *postgis;		/* schema of postgis, quoted */
	char	   *ltree;			/* schema of ltree, quoted */
} Extension;

/* One file oms-store--from--to.sql */
typedef struct Step
{
	char	   *from;
	char	   *to;
	struct Step *previous;		/* on the way from the start; for the search */
	bool		reached;
} Step;

/*
 * Reads the catalog's row of the extension.  Call it between SPI_connect()
 * and SPI_finish(); the strings live as long as that.  Unless read_only is set,
 * the row is as of now and not as of the caller's snapshot.
 */
static void
ReadExtension(Extension *ext, bool read_only)
{
	HeapTuple	row;
	TupleDesc	desc;
	bool		isnull;

	if (SPI_execute("SELECT e.oid, e.extowner, e.extversion, "
					"       pg_catalog.quote_ident(pn.nspname), "
					"       pg_catalog.quote_ident(ln.nspname) "
					"FROM pg_catalog.pg_extension e, "
					"     pg_catalog.pg_extension p "
					"     JOIN pg_catalog.pg_namespace pn ON pn.oid = p.extnamespace, "
					"     pg_catalog.pg_extension l "
					"     JOIN pg_catalog.pg_namespace ln ON ln.oid = l.extnamespace "
					"WHERE e.extname = 'oms' AND p.extname = 'postgis' "
					"      AND l.extname = 'ltree'",
					read_only, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not read the catalog entry of extension oms");

	row = SPI_tuptable->vals[0];
	desc = SPI_tuptable->tupdesc;
	ext->oid = DatumGetObjectId(SPI_getbinval(row, desc, 1, &isnull));
	ext->owner = DatumGetObjectId(SPI_getbinval(row, desc, 2, &isnull));
	ext->version = SPI_getvalue(row, desc, 3);
	ext->postgis = SPI_getvalue(row, desc, 4);
	ext->ltree = SPI_getvalue(row, desc, 5);
}

/*
 * The version that the store was installed or upgraded to, or NULL if there
 * is no store.  Needs SPI; takes no lock that outlasts the statement.
 */
static char *
ReadStoreVersion(void)
{
	Oid			schema = get_namespace_oid("oms", true);

	if (!OidIsValid(schema) || !OidIsValid(get_relname_relid("store", schema)))
		return NULL;
	if (SPI_execute("SELECT version FROM oms.store", false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read table oms.store");
	if (SPI_processed == 0)
		return NULL;
	return SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
}

/*
 * Runs the script of a version, or of a step A--B, as the extension's owner.
 */
static void
RunStoreScript(const Extension *ext, const char *version)
{
	const char *const pairs[][2] = {
		{"@postgis@", ext->postgis},
		{"@ltree@", ext->ltree}
	};

	RunScript(psprintf("%s%s.sql", STORE_FILE_PREFIX, version), ext->owner,
			  pairs, lengthof(pairs));
}

/*
 * Runs a statement with one parameter of type text as the owner of the
 * extension; the table may belong to no one else.
 */
static void
ExecuteAsOwner(const Extension *ext, const char *sql, const char *value)
{
	Oid			types[1] = {TEXTOID};
	Datum		values[1] = {CStringGetTextDatum(value)};
	Oid			user;
	int			context;

	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(ext->owner,
						   context | SECURITY_LOCAL_USERID_CHANGE);
	if (SPI_execute_with_args(sql, 1, types, values, NULL, false, 0) < 0 ||
		SPI_processed != 1)
		elog(ERROR, "could not record the version of the store");
	SetUserIdAndSecContext(user, context);
}

/*
 * Reads the extension's row, refuses all but its owner, and locks the
 * extension until the end of the transaction, so that installing, upgrading
 * and dropping wait for each other.
 */
static void
OpenExtension(Extension *ext)
{
	ReadExtension(ext, false);
	if (!has_privs_of_role(GetUserId(), ext->owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be owner of extension %s", "oms"),
				 errhint("Ask \"%s\" to do this, or a superuser.",
						 GetUserNameFromId(ext->owner, false))));
	LockDatabaseObject(ExtensionRelationId, ext->oid, 0, AccessExclusiveLock);
	ReadExtension(ext, false);
}

/*
 * Raises an error that says how to create the store if there is none.  Meant
 * for the place that prepares plans, where its two cache lookups cost
 * nothing; without it the reader would be told of a missing relation.
 */
void
RequireStore(void)
{
	Oid			schema = get_namespace_oid("oms", true);

	if (!OidIsValid(schema) || !OidIsValid(get_relname_relid("store", schema)))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the store is not installed in this database"),
				 errhint("Run \"SELECT oms.install()\" first.")));
}

/*
 * The steps oms-store--A--B.sql of the share directory.
 */
static List *
ListSteps(void)
{
	List	   *steps = NIL;
	ListCell   *cell;

	foreach(cell, ListScripts(STORE_FILE_PREFIX))
	{
		char	   *from = lfirst(cell);
		char	   *to = strstr(from, "--");
		Step	   *step;

		if (to == NULL || strstr(to + 2, "--") != NULL)
			continue;
		*to = '\0';
		step = palloc0(sizeof(Step));
		step->from = from;
		step->to = to + 2;
		steps = lappend(steps, step);
	}
	return steps;
}

/*
 * The shortest chain of steps from one version to another, first step first;
 * NIL if there is none.  A search in breadth: the list of what was reached is
 * its queue.
 */
static List *
FindPath(const char *from, const char *to)
{
	List	   *steps = ListSteps();
	List	   *reached = NIL;
	List	   *path = NIL;
	const char *version = from;
	Step	   *last = NULL;
	ListCell   *cell;

	for (int i = 0; strcmp(version, to) != 0; i++)
	{
		foreach(cell, steps)
		{
			Step	   *step = lfirst(cell);

			if (step->reached || strcmp(step->from, version) != 0)
				continue;
			step->reached = true;
			step->previous = last;
			reached = lappend(reached, step);
		}
		if (i >= list_length(reached))
			return NIL;
		last = list_nth(reached, i);
		version = last->to;
	}
	for (; last != NULL; last = last->previous)
		path = lcons(last, path);
	return path;
}

PG_FUNCTION_INFO_V1(oms_version);

/*
 * oms.version() → text: the version of the extension in this database
 */
Datum
oms_version(PG_FUNCTION_ARGS)
{
	Extension	ext;
	Datum		version;

	SPI_connect();
	ReadExtension(&ext, true);
	version = SPI_datumTransfer(CStringGetTextDatum(ext.version), false, -1);
	SPI_finish();

	PG_RETURN_DATUM(version);
}

PG_FUNCTION_INFO_V1(oms_install);

/*
 * oms.install() → text: creates the store; the version it has then.
 * Only for the extension's owner, once.
 */
Datum
oms_install(PG_FUNCTION_ARGS)
{
	Extension	ext;
	char	   *found;
	Datum		version;

	SPI_connect();
	OpenExtension(&ext);
	found = ReadStoreVersion();
	if (found != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the store is already installed"),
				 errdetail("Its version is %s.", found),
				 errhint("Run \"SELECT oms.upgrade()\" to bring it to the version of the extension.")));

	RunStoreScript(&ext, ext.version);
	ExecuteAsOwner(&ext, "INSERT INTO oms.store (version) VALUES ($1)",
				   ext.version);
	version = SPI_datumTransfer(CStringGetTextDatum(ext.version), false, -1);
	SPI_finish();

	PG_RETURN_DATUM(version);
}

PG_FUNCTION_INFO_V1(oms_upgrade);

/*
 * oms.upgrade() → text: brings the store to the version of the extension,
 * which it returns; does nothing if it is there already.  Only for the
 * extension's owner.  All steps happen in the caller's transaction or none.
 */
Datum
oms_upgrade(PG_FUNCTION_ARGS)
{
	Extension	ext;
	char	   *found;
	List	   *path;
	ListCell   *cell;
	Datum		version;

	SPI_connect();
	RequireStore();
	OpenExtension(&ext);
	found = ReadStoreVersion();
	if (found == NULL)
		elog(ERROR, "table oms.store is empty");
	path = FindPath(found, ext.version);
	if (path == NIL && strcmp(found, ext.version) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("no upgrade path for the store from version %s to version %s",
						found, ext.version),
				 errhint("Install the files of a release that leads there, run \"ALTER EXTENSION oms UPDATE\", and try again.")));

	foreach(cell, path)
	{
		Step	   *step = lfirst(cell);

		RunStoreScript(&ext, psprintf("%s--%s", step->from, step->to));
		ExecuteAsOwner(&ext, "UPDATE oms.store SET version = $1, upgraded_at = pg_catalog.now()",
					   step->to);
	}
	version = SPI_datumTransfer(CStringGetTextDatum(ext.version), false, -1);
	SPI_finish();

	PG_RETURN_DATUM(version);
}
