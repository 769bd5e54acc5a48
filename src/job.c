/*
 * job.c
 *		Runs jobs, batch by batch.
 *
 * What a job does is a function of SQL, oms_internal.job_<name>(), a bounded
 * batch a call.  Here is what all of them share: one runner at a time, a
 * subtransaction around each batch, so that an error undoes this batch alone,
 * a commit behind it where the caller lets us, and a word of how it went in
 * oms.job_runs.
 *
 * The lock of a job is an advisory one, of a class that functions of SQL do
 * not reach.  run_job() has it until its caller's transaction ends, since till
 * then nobody else sees what it has done; run_job_batches() has it for the
 * session, over all its commits, and gives it back whatever happens.  The
 * server itself takes it from a session that ends.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "plan.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/lock.h"
#include "tcop/pquery.h"
#include "utils/builtins.h"
#include "utils/resowner.h"

/* pg_locks shows it as objsubid of an advisory lock; SQL's own are 1 and 2 */
#define JOB_LOCK_CLASS	28525

/* A run of a job; what it points to outlives transactions */
typedef struct JobRun
{
	char	   *job;
	bool		commits;		/* after each batch */
	int64		id;				/* in oms.job_runs; 0: it did not begin */
	const char *status;			/* as in oms.job_runs, or why it did not begin */
	ErrorData  *error;			/* that ended it, or NULL */
} JobRun;

/*
 * JobLockTag makes the tag of a job's lock.
 */
static void
JobLockTag(LOCKTAG *tag, const char *job)
{
	uint64		key = hash_bytes_extended((const unsigned char *) job,
										  strlen(job), 0);

	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, (uint32) (key >> 32),
						 (uint32) key, JOB_LOCK_CLASS);
}

/*
 * JobQuery runs a query about a run and returns its only value as text in the
 * caller's memory context, NULL for null.  After a commit there is no snapshot
 * yet, so it sees to that first.
 */
static char *
JobQuery(SavedPlan *plan, Params *params)
{
	MemoryContext context = CurrentMemoryContext;
	StoreScope	scope;
	char	   *value;

	EnsurePortalSnapshotExists();
	scope = StoreOpen();
	PlanRun(plan, params->values, params->nulls, false);
	value = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
	if (value != NULL)
		value = MemoryContextStrdup(context, value);
	StoreClose(scope);
	return value;
}

/*
 * CatchError takes over the error that was just raised, into a memory context.
 */
static ErrorData *
CatchError(MemoryContext context)
{
	ErrorData  *error;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	return error;
}

/*
 * JobBegin notes that the run begins.  Raises OM006 if there is no such job.
 */
static void
JobBegin(JobRun *run)
{
	static SavedPlan begin = {
		"text", "SELECT oms_internal.begin_job_run($1)::text"
	};
	Params		params = {0};
	char	   *id;

	AddText(&params, run->job);
	id = JobQuery(&begin, &params);
	if (id == NULL)
		run->status = "disabled";
	else
	{
		run->id = strtoll(id, NULL, 10);
		run->status = "running";
	}
}

/*
 * JobBatch runs a batch in a subtransaction, which leaves the status that the
 * run has then, or the error that undid it.
 */
static void
JobBatch(JobRun *run)
{
	static SavedPlan batch = {
		"bigint", "SELECT oms_internal.run_job_batch($1)"
	};
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	Params		params = {0};

	AddDatum(&params, Int64GetDatum(run->id));
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		run->status = JobQuery(&batch, &params);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		run->error = CatchError(context);
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
}

/*
 * JobCommit commits what was done, and leaves the error if that is refused: a
 * deferred constraint has undone the batch then, and the next transaction has
 * begun.
 */
static void
JobCommit(JobRun *run)
{
	MemoryContext context = CurrentMemoryContext;

	PG_TRY();
	{
		SPI_commit();
	}
	PG_CATCH();
	{
		run->error = CatchError(context);
	}
	PG_END_TRY();
}

/*
 * JobFailContext tells, of an error while a failure is noted, what had failed.
 */
static void
JobFailContext(void *arg)
{
	JobRun	   *run = arg;

	errcontext("noting that job \"%s\" failed: %s", run->job,
			   run->error->message);
}

/*
 * JobFail notes the error that has ended the run.
 */
static void
JobFail(JobRun *run)
{
	static SavedPlan fail = {
		"bigint, text, text", "SELECT oms_internal.fail_job_run($1, $2, $3)"
	};
	Params		params = {0};
	ErrorContextCallback callback = {error_context_stack, JobFailContext, run};

	error_context_stack = &callback;
	AddDatum(&params, Int64GetDatum(run->id));
	AddText(&params, unpack_sql_state(run->error->sqlerrcode));
	AddText(&params, run->error->message);
	run->status = JobQuery(&fail, &params);
	if (run->commits)
		SPI_commit();
	error_context_stack = callback.previous;
}

/*
 * JobRunBatches runs batches, under the lock of the job, until there is nothing
 * more to do, the time is over, or an error ends the run.
 */
static void
JobRunBatches(JobRun *run)
{
	/* see what who had the lock before has committed, whatever the isolation */
	if (run->commits)
		SPI_commit();
	JobBegin(run);
	if (run->commits)
		SPI_commit();
	while (run->error == NULL && strcmp(run->status, "running") == 0)
	{
		JobBatch(run);
		if (run->commits && run->error == NULL)
			JobCommit(run);
	}
	if (run->error == NULL)
		return;
	if (!run->commits && run->error->sqlerrcode == ERRCODE_QUERY_CANCELED)
		ReThrowError(run->error);
	JobFail(run);
}

/*
 * JobResult is the answer to who called.
 */
static Datum
JobResult(JobRun *run)
{
	static SavedPlan result = {
		"text, text, bigint", "SELECT oms_internal.job_result($1, $2, $3)::text"
	};
	Params		params = {0};

	AddText(&params, run->job);
	AddText(&params, run->status);
	AddNullable(&params, Int64GetDatum(run->id), run->id == 0);
	return DirectFunctionCall1(jsonb_in,
							   CStringGetDatum(JobQuery(&result, &params)));
}

/*
 * JobMake is a run of the job that the first argument names, its lock, and
 * whether it must not begin: on a standby.
 */
static JobRun
JobMake(FunctionCallInfo fcinfo, LOCKTAG *tag)
{
	JobRun		run = {0};

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("name must not be null")));
	run.job = text_to_cstring(PG_GETARG_TEXT_PP(0));
	JobLockTag(tag, run.job);
	if (RecoveryInProgress())
		run.status = "standby";
	return run;
}

PG_FUNCTION_INFO_V1(oms_run_job);

/*
 * oms_run_job(name) runs a job in the caller's transaction.  An error ends the
 * run and is told of by a warning; only that the caller is to stop goes on.
 */
Datum
oms_run_job(PG_FUNCTION_ARGS)
{
	LOCKTAG		tag;
	JobRun		run = JobMake(fcinfo, &tag);

	if (run.status != NULL)
		return JobResult(&run);
	if (LockAcquire(&tag, ExclusiveLock, false, true) == LOCKACQUIRE_NOT_AVAIL)
		run.status = "running";
	else
	{
		JobRunBatches(&run);
		if (run.id == 0)
			LockRelease(&tag, ExclusiveLock, false);
	}
	if (run.error != NULL)
		ereport(WARNING,
				(errmsg("job \"%s\" failed: %s", run.job,
						run.error->message)));
	return JobResult(&run);
}

/*
 * JobRunLocked runs a job that commits, with a lock that the session gives
 * back at the end, also by an error.
 */
static void
JobRunLocked(JobRun *run, const LOCKTAG *tag)
{
	if (LockAcquire(tag, ExclusiveLock, true, true) == LOCKACQUIRE_NOT_AVAIL)
	{
		run->status = "running";
		return;
	}
	PG_TRY();
	{
		JobRunBatches(run);
	}
	PG_FINALLY();
	{
		LockRelease(tag, ExclusiveLock, true);
	}
	PG_END_TRY();
	if (run->error != NULL)
		ReThrowError(run->error);
}

/*
 * RequireNonatomic raises 25001 where a procedure cannot commit.
 */
static void
RequireNonatomic(FunctionCallInfo fcinfo)
{
	if (fcinfo->context == NULL || !IsA(fcinfo->context, CallContext) ||
		castNode(CallContext, fcinfo->context)->atomic)
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("%s cannot run inside a transaction block",
						"oms.run_job_batches()"),
				 errdetail("It commits each batch."),
				 errhint("Call it outside of one, or let oms.run_job() run the job within it.")));
}

PG_FUNCTION_INFO_V1(oms_run_job_batches);

/*
 * oms_run_job_batches(name, result) is a procedure that runs a job and commits
 * each batch.  An error is raised again once it is noted.
 */
Datum
oms_run_job_batches(PG_FUNCTION_ARGS)
{
	JobRun		run;
	LOCKTAG		tag;
	TupleDesc	desc;
	Datum		result;
	bool		isnull = false;

	RequireNonatomic(fcinfo);
	if (SPI_connect_ext(SPI_OPT_NONATOMIC) != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	run = JobMake(fcinfo, &tag);
	run.commits = true;
	if (run.status == NULL)
		JobRunLocked(&run, &tag);
	result = JobResult(&run);
	result = PointerGetDatum(SPI_returntuple(heap_form_tuple(desc, &result,
															 &isnull),
											 desc));
	if (SPI_finish() != SPI_OK_FINISH)
		elog(ERROR, "could not disconnect from SPI");
	return result;
}
