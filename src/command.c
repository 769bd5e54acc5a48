/*
 * command.c
 *		Makes commands repeatable: the same reference gives the same answer.
 *
 * Every public function that changes something takes a last parameter,
 * reference, null by default.  With one, the first call leaves a row in
 * oms.commands in the same transaction; a second call with equal arguments
 * returns the stored answer and does nothing, one with other arguments is
 * refused.  Two calls at once: the second waits for the first to end.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "plan.h"

#include "access/htup_details.h"
#include "catalog/pg_proc.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

/*
 * AppendArgument appends a value as the server holds it.  Its text form would
 * depend on the caller's settings: a timestamp's on the time zone.
 */
static void
AppendArgument(StringInfo content, Datum value, Oid type)
{
	int16		length;
	bool		by_value;

	get_typlenbyval(type, &length, &by_value);
	if (by_value)
		appendBinaryStringInfo(content, (char *) &value, sizeof(Datum));
	else if (length > 0)
		appendBinaryStringInfo(content, DatumGetPointer(value), length);
	else
	{
		struct varlena *plain = PG_DETOAST_DATUM(value);
		uint32		size = VARSIZE(plain);

		Assert(length == -1);
		appendBinaryStringInfo(content, (char *) &size, sizeof(size));
		appendBinaryStringInfo(content, VARDATA(plain), size - VARHDRSZ);
	}
}

/*
 * ArgumentsHash hashes all arguments but the last.
 */
static int64
ArgumentsHash(FunctionCallInfo fcinfo, Form_pg_proc procedure)
{
	StringInfoData content;

	initStringInfo(&content);
	for (int i = 0; i < PG_NARGS() - 1; i++)
	{
		appendStringInfoChar(&content, PG_ARGISNULL(i) ? 'n' : 'v');
		if (!PG_ARGISNULL(i))
			AppendArgument(&content, PG_GETARG_DATUM(i),
						   procedure->proargtypes.values[i]);
	}
	return (int64) hash_bytes_extended((unsigned char *) content.data,
									   content.len, 0);
}

/*
 * CommandBegin claims a reference.  It returns true if the command is new,
 * and false with the stored answer in *result (NULL for none) if it has run.
 * Raises OM004 if it has run with other arguments.
 */
static bool
CommandBegin(const char *command, const char *reference, int64 hash,
			 char **result)
{
	static SavedPlan insert = {
		"text, text, bigint",
		"INSERT INTO oms.commands (reference, command, content_hash) "
		"VALUES ($1, $2, $3) ON CONFLICT (reference, command) DO NOTHING"
	};
	static SavedPlan find = {
		"text, text",
		"SELECT content_hash, result FROM oms.commands "
		"WHERE reference = $1 AND command = $2"
	};
	Datum		values[3];

	values[0] = CStringGetTextDatum(reference);
	values[1] = CStringGetTextDatum(command);
	values[2] = Int64GetDatum(hash);
	if (PlanRun(&insert, values, NULL, false) == 1)
		return true;

	if (PlanRun(&find, values, NULL, false) != 1)
		elog(ERROR, "command \"%s\" has vanished", reference);
	if (RowInt64(0, 1) != hash)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_REFERENCE_CONFLICT),
				 errmsg("reference \"%s\" was used with other content", reference),
				 errdetail("Function %s() was called with this reference and other arguments before.",
						   command),
				 errhint("Repeat a command with the same arguments, or name a new one by a new reference.")));
	*result = RowText(0, 2);
	return false;
}

/*
 * CommandEnd stores the answer of a command for those who repeat it.
 */
static void
CommandEnd(const char *command, const char *reference, const char *result)
{
	static SavedPlan update = {
		"text, text, text",
		"UPDATE oms.commands SET result = $3 "
		"WHERE reference = $1 AND command = $2"
	};
	Datum		values[3];

	values[0] = CStringGetTextDatum(reference);
	values[1] = CStringGetTextDatum(command);
	values[2] = CStringGetTextDatum(result);
	PlanRun(&update, values, NULL, false);
}

/*
 * RunNamed runs the body of a command under its reference and returns the
 * answer, from the body or from the first time.  Call it within StoreOpen().
 */
static Datum
RunNamed(FunctionCallInfo fcinfo, CommandBody body)
{
	char	   *reference = RequireText(PG_GETARG_TEXT_PP(PG_NARGS() - 1),
										"reference");
	HeapTuple	tuple = SearchSysCache1(PROCOID,
										ObjectIdGetDatum(fcinfo->flinfo->fn_oid));
	Form_pg_proc procedure;
	Oid			function;
	Oid			parameter;
	bool		is_varlena;
	char	   *command;
	char	   *stored = NULL;
	int64		hash;
	Oid			result_type;
	Datum		result = (Datum) 0;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for function %u",
			 fcinfo->flinfo->fn_oid);
	procedure = (Form_pg_proc) GETSTRUCT(tuple);
	command = pstrdup(NameStr(procedure->proname));
	result_type = procedure->prorettype;
	hash = ArgumentsHash(fcinfo, procedure);
	ReleaseSysCache(tuple);

	if (CommandBegin(command, reference, hash, &stored))
	{
		result = body(fcinfo);
		if (!fcinfo->isnull && result_type != VOIDOID)
		{
			getTypeOutputInfo(result_type, &function, &is_varlena);
			CommandEnd(command, reference,
					   OidOutputFunctionCall(function, result));
		}
	}
	else if (stored == NULL)
		fcinfo->isnull = result_type != VOIDOID;
	else
	{
		getTypeInputInfo(result_type, &function, &parameter);
		result = OidInputFunctionCall(function, stored, parameter, -1);
	}
	return result;
}

/*
 * KeepResult makes a result of a function outlive StoreClose().
 */
static Datum
KeepResult(FunctionCallInfo fcinfo, Datum result)
{
	int16		length;
	bool		by_value;

	get_typlenbyval(get_func_rettype(fcinfo->flinfo->fn_oid), &length, &by_value);
	return fcinfo->isnull || by_value ? result
		: SPI_datumTransfer(result, false, length);
}

/*
 * CommandRun is what every public command is made of: it refuses null for
 * the first required arguments, opens the store, and runs the body, once per
 * reference.
 */
Datum
CommandRun(FunctionCallInfo fcinfo, int required, CommandBody body)
{
	StoreScope	scope;
	Datum		result;

	for (int i = 0; i < required; i++)
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("argument %d of %s() must not be null", i + 1,
							get_func_name(fcinfo->flinfo->fn_oid))));

	scope = StoreOpen();
	if (PG_ARGISNULL(PG_NARGS() - 1))
		result = body(fcinfo);
	else
		result = RunNamed(fcinfo, body);
	result = KeepResult(fcinfo, result);
	StoreClose(scope);
	return result;
}

/*
 * CommandSql is the body of a command that is written in SQL: it runs a query
 * with all arguments but the reference and returns its only value, which may
 * be null.
 */
Datum
CommandSql(FunctionCallInfo fcinfo, SavedPlan *body)
{
	Params		params = {0};
	Datum		result;
	bool		isnull;

	for (int i = 0; i < PG_NARGS() - 1; i++)
		AddNullable(&params, fcinfo->args[i].value, PG_ARGISNULL(i));
	PlanRun(body, params.values, params.nulls, false);
	result = RowDatum(0, 1, &isnull);
	fcinfo->isnull = isnull;
	return result;
}
