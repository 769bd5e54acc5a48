/*
 * script.c
 *		Finds, reads and runs the SQL scripts of the share directory.
 *
 * The server runs the scripts of CREATE EXTENSION itself; those that create
 * ordinary objects are ours.  They are searched for where the server found
 * the control file: extension_control_path (18 on) and Debian's
 * extension_destdir (before) can lead elsewhere than the share directory.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "oms.h"

#include <sys/stat.h>

#include "catalog/pg_collation.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "parser/parser.h"
#include "storage/fd.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"

/* more files than any release history has */
#define SCRIPTS_MAX			1000

/* Where in a script an error happened */
typedef struct ScriptPosition
{
	const char *file;
	const char *sql;
	int			offset;
} ScriptPosition;

/*
 * Whether a directory holds the control file of the extension.
 */
static bool
HoldsControlFile(const char *dir)
{
	struct stat st;

	return stat(psprintf("%s/oms.control", dir), &st) == 0;
}

/*
 * The directory that holds the control file and the scripts; palloc'd.
 */
static char *
ScriptDirectory(void)
{
	char		share[MAXPGPATH];
	const char *destdir = GetConfigOption("extension_destdir", true, false);
	const char *path = GetConfigOption("extension_control_path", true, false);
	char	   *dir;

	get_share_path(my_exec_path, share);
	if (destdir != NULL && destdir[0] != '\0')
	{
		dir = psprintf("%s%s/extension", destdir, share);
		if (HoldsControlFile(dir))
			return dir;
	}
	while (path != NULL && path[0] != '\0')
	{
		int			length = strcspn(path, ":");
		char	   *entry = pnstrdup(path, length);

		dir = psprintf("%s/extension",
					   strcmp(entry, "$system") == 0 ? share : entry);
		if (HoldsControlFile(dir))
			return dir;
		path += length + (path[length] == ':' ? 1 : 0);
	}
	return psprintf("%s/extension", share);
}

/*
 * The names of the scripts that start with a prefix and end in ".sql", with
 * both cut off; a list of palloc'd strings in no order.
 */
List *
ListScripts(const char *prefix)
{
	List	   *names = NIL;
	char	   *path = ScriptDirectory();
	DIR		   *dir = AllocateDir(path);
	struct dirent *entry;
	int			start = strlen(prefix);

	while ((entry = ReadDir(dir, path)) != NULL)
	{
		int			length = strlen(entry->d_name) - strlen(".sql");

		if (length <= start ||
			strncmp(entry->d_name, prefix, start) != 0 ||
			strcmp(entry->d_name + length, ".sql") != 0)
			continue;
		names = lappend(names, pnstrdup(entry->d_name + start, length - start));
		if (list_length(names) > SCRIPTS_MAX)
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("too many scripts in directory \"%s\"", path),
					 errdetail("The limit is %d.", SCRIPTS_MAX)));
	}
	FreeDir(dir);
	return names;
}

/*
 * The text of a script, in the database's encoding, with the first string of
 * each pair replaced by the second; palloc'd.
 */
static char *
ReadScript(const char *file, const char *const pairs[][2], int npairs)
{
	char	   *path = psprintf("%s/%s", ScriptDirectory(), file);
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
	for (int i = 0; i < npairs; i++)
		script = DirectFunctionCall3Coll(replace_text, C_COLLATION_OID,
										 script,
										 CStringGetTextDatum(pairs[i][0]),
										 CStringGetTextDatum(pairs[i][1]));
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

	for (int i = 0; i < at->offset && at->sql[i] != '\0'; i++)
	{
		if (at->sql[i] == '\n')
			line++;
	}
	errcontext("script file \"%s\", near line %d", at->file, line);
}

/*
 * Runs the statements of a script one by one, so that each sees what those
 * before it created and an error shows its own statement only.
 */
static void
RunStatements(const char *file, const char *sql)
{
	ScriptPosition at = {file, sql, 0};
	ErrorContextCallback callback;
	ListCell   *cell;

	callback.callback = ScriptErrorCallback;
	callback.arg = &at;
	callback.previous = error_context_stack;
	error_context_stack = &callback;

	foreach(cell, raw_parser(sql, RAW_PARSE_DEFAULT))
	{
		RawStmt    *stmt = lfirst_node(RawStmt, cell);
		const char *start = sql + stmt->stmt_location;
		char	   *statement;
		int			result;

		CHECK_FOR_INTERRUPTS();
		start += strspn(start, " \t\r\n");
		statement = stmt->stmt_len > 0 ?
			pnstrdup(start, sql + stmt->stmt_location + stmt->stmt_len - start) :
			pstrdup(start);
		at.offset = start - sql;
		result = SPI_execute(statement, false, 0);
		if (result < 0)
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("statement cannot run in a script of the store"),
					 errdetail("Executing it returned %s.",
							   SPI_result_code_string(result))));
		SPI_freetuptable(SPI_tuptable);
		pfree(statement);
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
 * Runs a script of the share directory as another user, deaf to the caller's
 * settings, with the first string of each pair replaced by the second.
 * Needs SPI.  An error leaves settings and user to the end of the
 * transaction, which restores both.
 */
void
RunScript(const char *file, Oid owner,
		  const char *const pairs[][2], int npairs)
{
	char	   *sql = ReadScript(file, pairs, npairs);
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
	SetUserIdAndSecContext(owner,
						   context | SECURITY_LOCAL_USERID_CHANGE);
	RunStatements(file, sql);
	SetUserIdAndSecContext(user, context);
	AtEOXact_GUC(true, level);
}
