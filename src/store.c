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

#include <sys/stat.h>

#include "catalog/namespace.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "parser/parser.h"
#include "storage/fd.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#define STORE_FILE_PREFIX	"oms-store--"
#define STORE_FILE_SUFFIX	".sql"

/* more than any release history has; bounds the search for a path */
#define STORE_STEPS_MAX		1000

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

/* Where in a script an error happened */
typedef struct ScriptPosition
{
	const char *file;
	const char *text;
	int			offset;
} ScriptPosition;

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
 * The full name of a file of the store in the share directory; palloc'd.
 */
static char *
StorePath(const char *file)
{
	char		share[MAXPGPATH];

	get_share_path(my_exec_path, share);
	return psprintf("%s/extension%s%s", share, file[0] ? "/" : "", file);
}

/*
 * The text of a script, in the database's encoding, with @postgis@ and
 * @ltree@ replaced by the schemas of these extensions; palloc'd.
 */
static char *
ReadScript(const Extension *ext, const char *file)
{
	char	   *path = StorePath(file);
	FILE	   *stream;
	struct stat st;
	char	   *raw;
	Datum		script;

	stream = AllocateFile(path, PG_BINARY_R);
	if (stream == NULL || fstat(fileno(stream), &st) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not open script file \"%s\": %m", path),
				 errhint("Install the files of the extension, with \"make install\", and try again.")));
	if (st.st_size > MaxAllocSize - 1)
		elog(ERROR, "script file \"%s\" is too large", path);

	raw = palloc(st.st_size + 1);
	if (fread(raw, 1, st.st_size, stream) != (size_t) st.st_size)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read script file \"%s\": %m", path)));
	raw[st.st_size] = '\0';
	FreeFile(stream);

	pg_verify_mbstr(PG_UTF8, raw, st.st_size, false);
	raw = pg_any_to_server(raw, st.st_size, PG_UTF8);

	script = CStringGetTextDatum(raw);
	script = DirectFunctionCall3Coll(replace_text, C_COLLATION_OID, script,
								   CStringGetTextDatum("@postgis@"),
								   CStringGetTextDatum(ext->postgis));
	script = DirectFunctionCall3Coll(replace_text, C_COLLATION_OID, script,
								   CStringGetTextDatum("@ltree@"),
								   CStringGetTextDatum(ext->ltree));
	return TextDatumGetCString(script);
}

/*
 * Adds the file and line of the script to an error.
 */
static void
ScriptErrorCallback(void *arg)
{
	ScriptPosition *at = arg;
	int			line = 1;

	for (int i = 0; i < at->offset && at->text[i] != '\0'; i++)
	{
		if (at->text[i] == '\n')
			line++;
	}
	errcontext("script file \"%s\", near line %d", at->file, line);
}

/*
 * Runs the statements of a script one by one, so that each sees what those
 * before it created and an error shows its own statement only.
 */
static void
RunStatements(const char *file, const char *text)
{
	ScriptPosition at = {file, text, 0};
	ErrorContextCallback callback;
	ListCell   *cell;

	callback.callback = ScriptErrorCallback;
	callback.arg = &at;
	callback.previous = error_context_stack;
	error_context_stack = &callback;

	foreach(cell, raw_parser(text, RAW_PARSE_DEFAULT))
	{
		RawStmt    *stmt = lfirst_node(RawStmt, cell);
		const char *start = text + stmt->stmt_location;
		char	   *sql;
		int			result;

		CHECK_FOR_INTERRUPTS();
		start += strspn(start, " \t\r\n");
		sql = stmt->stmt_len > 0 ?
			pnstrdup(start, text + stmt->stmt_location + stmt->stmt_len - start) :
			pstrdup(start);
		at.offset = start - text;
		result = SPI_execute(sql, false, 0);
		if (result < 0)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("statement cannot run in a script of the store"),
					 errdetail("Executing it returned %s.",
							   SPI_result_code_string(result))));
		SPI_freetuptable(SPI_tuptable);
		pfree(sql);
	}

	error_context_stack = callback.previous;
}

/*
 * Sets a setting until the nest level of settings ends.
 */
static void
PinSetting(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/*
 * Runs a script of the store as the owner of the extension, deaf to the
 * caller's settings.  An error leaves the settings and the user to the end
 * of the transaction, which restores both.
 */
static void
RunScript(const Extension *ext, const char *file)
{
	char	   *text = ReadScript(ext, file);
	int			level = NewGUCNestLevel();
	Oid			user;
	int			context;

	PinSetting("search_path", "pg_catalog, pg_temp");
	PinSetting("standard_conforming_strings", "on");
	PinSetting("default_table_access_method", "heap");
	PinSetting("transform_null_equals", "off");
	if (client_min_messages < WARNING)
		PinSetting("client_min_messages", "warning");

	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(ext->owner,
						   context | SECURITY_LOCAL_USERID_CHANGE);
	RunStatements(file, text);
	SetUserIdAndSecContext(user, context);
	AtEOXact_GUC(true, level);
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
 * Lists the steps oms-store--A--B.sql of the share directory, in the caller's
 * memory.
 */
static List *
ListSteps(void)
{
	List	   *steps = NIL;
	char	   *path = StorePath("");
	DIR		   *dir = AllocateDir(path);
	struct dirent *entry;

	while ((entry = ReadDir(dir, path)) != NULL)
	{
		size_t		prefix = strlen(STORE_FILE_PREFIX);
		size_t		suffix = strlen(STORE_FILE_SUFFIX);
		size_t		length = strlen(entry->d_name);
		char	   *from;
		char	   *to;
		Step	   *step;

		if (length <= prefix + suffix ||
			strncmp(entry->d_name, STORE_FILE_PREFIX, prefix) != 0 ||
			strcmp(entry->d_name + length - suffix, STORE_FILE_SUFFIX) != 0)
			continue;
		from = pnstrdup(entry->d_name + prefix, length - prefix - suffix);
		to = strstr(from, "--");
		if (to == NULL || strstr(to + 2, "--") != NULL)
			continue;
		*to = '\0';
		step = palloc0(sizeof(Step));
		step->from = from;
		step->to = to + 2;
		steps = lappend(steps, step);
		if (list_length(steps) > STORE_STEPS_MAX)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("too many upgrade scripts in directory \"%s\"",
							path),
					 errdetail("The limit is %d.", STORE_STEPS_MAX)));
	}
	FreeDir(dir);
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

	RunScript(&ext, psprintf("%s%s%s", STORE_FILE_PREFIX, ext.version,
							 STORE_FILE_SUFFIX));
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

		RunScript(&ext, psprintf("%s%s--%s%s", STORE_FILE_PREFIX, step->from,
								 step->to, STORE_FILE_SUFFIX));
		ExecuteAsOwner(&ext, "UPDATE oms.store SET version = $1, upgraded_at = pg_catalog.now()",
					   step->to);
	}
	version = SPI_datumTransfer(CStringGetTextDatum(ext.version), false, -1);
	SPI_finish();

	PG_RETURN_DATUM(version);
}
