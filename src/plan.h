/*
 * plan.h
 *		What stands on queries and knows nothing of orders or stock, grouped by
 *		the file that owns it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_PLAN_H
#define OMS_PLAN_H

#include "oms.h"

#include "access/skey.h"
#include "mb/pg_wchar.h"
#include "utils/jsonb.h"

struct HTAB;
struct TriggerData;

/* plan.c */

#define PLAN_ARGUMENTS_MAX	40

/* A query of ours: comma-separated argument types, text, and the saved plan */
typedef struct SavedPlan
{
	const char *argument_types;
	const char *text;
	struct _SPI_plan *saved;
	int			running;		/* how often, one run within the other */
} SavedPlan;

/* What StoreClose() is to restore */
typedef struct StoreScope
{
	int			guc_level;
} StoreScope;

/* Values of a query's parameters */
typedef struct Params
{
	int			count;
	Datum		values[PLAN_ARGUMENTS_MAX];
	char		nulls[PLAN_ARGUMENTS_MAX];
} Params;

extern void AddNullable(Params *params, Datum value, bool isnull);
extern void AddDatum(Params *params, Datum value);
extern void AddText(Params *params, const char *text);
extern void AddJsonb(Params *params, Jsonb *document);
extern void AddId(Params *params, int32 id);
extern bool StorePlanRuns(void);
extern bool StoreWrites(void);
extern bool StorePlans(void);
extern StoreScope StoreOpen(void);
extern void StoreClose(StoreScope scope);
extern void PlanPrepare(SavedPlan *plan);
extern uint64 PlanRun(SavedPlan *plan, Datum *values, const char *nulls,
					  bool read_only);
extern uint64 PlanRunLatest(SavedPlan *plan, Datum *values,
							const char *nulls);
extern Datum RowDatum(uint64 row, int column, bool *isnull);
extern int64 RowInt64(uint64 row, int column);
extern int32 RowInt32(uint64 row, int column);
extern bool RowBool(uint64 row, int column);
extern char *RowText(uint64 row, int column);
extern Oid	TypeNamed(const char *name);
extern Oid	GeographyType(void);
extern char *PostgisSchema(void);
extern int64 NextNumber(const char *sequence);

/* rows.c */

/* Values of array parameters, a column each */
typedef struct Rows
{
	int			columns;
	int			capacity;		/* rows that fit */
	int			cells;			/* that were put, row by row */
	Datum	   *values;			/* column after column */
	bool	   *nulls;
} Rows;

extern Datum ArrayDatum(Datum *values, bool *nulls, int n, Oid element_type);
extern Datum Int64Array(const int64 *values, int n);
extern Rows RowsMake(int columns, int capacity);
extern int	RowsCount(const Rows *rows);
extern void PutNullable(Rows *rows, Datum value, bool isnull);
extern void Put(Rows *rows, Datum value);
extern void PutId(Rows *rows, int32 id);
extern void PutText(Rows *rows, const char *text);
extern void PutJsonb(Rows *rows, Jsonb *document);
extern void AddRows(Params *params, SavedPlan *plan, const Rows *rows);

/* table.c */

#define TABLE_PARENTS_MAX	5

/* A table as some rows of it are inserted or found */
typedef struct StoreTable
{
	const char *name;
	const char *columns;		/* of the rows: "order_id bigint, ..." */
	const char *unique;			/* key of which a second row is left out, or NULL */
	const char *parents[TABLE_PARENTS_MAX]; /* foreign keys that the caller
											 * vouches for, see table.c */
	const char *arbiter;		/* how ON CONFLICT names that key; NULL: as a
								 * constraint */
	struct TableState *state;
	SavedPlan	insert;
} StoreTable;

/* An index of a table by which rows are found */
#define TABLE_KEYS_MAX		4
#define TABLE_COLUMNS_MAX	30

typedef struct StoreIndex
{
	const char *name;
	const char *expressions;	/* of its first columns, separated by commas */
	const char *types;			/* of these, as for a SavedPlan */
	int			key_count;
	const char *last_first;		/* column after these by which rows are read,
								 * highest first; NULL: in any order */
	int			known_at;		/* TableState.made, when what follows was learnt */
	Oid			oid;
	ScanKeyData keys[TABLE_KEYS_MAX];
	SavedPlan	find;
} StoreIndex;

/* Takes a row that was found: the columns that the table names; whether to go
 * on */
typedef bool (*RowReader) (void *context, const Datum *values,
						   const bool *nulls);

extern void TableInit(void);

/* writer.c */

extern void WritersEnter(void);
extern void WritersAwait(void);
extern bool WritersInside(void);

/* table_insert.c */

extern int	TableInsert(StoreTable *table, const Rows *rows);

/* table_find.c */

extern int	TableFind(StoreTable *table, StoreIndex *index, Datum *keys,
					  RowReader reader, void *context);

/* kept.c */

#define KEPT_TABLES_MAX		2
#define KEPT_KEY_MAX		(DOC_CODE_MAX * MAX_MULTIBYTE_CHAR_LEN + 1)
#define KEPT_LOADS_MAX		10000	/* then it begins anew */

/* Reference data of a kind, by key */
typedef struct Kept
{
	const char *tables[KEPT_TABLES_MAX];	/* that it is read from */
	void	   *(*load) (const char *key);	/* into the current memory context,
											 * by PlanRunLatest(); NULL if
											 * there is nothing */
	bool		valid;
	int			loads;			/* since it began */
	Oid			role;			/* for which it was loaded */
	bool		has_policies;	/* so nothing is kept */
	Oid			relids[KEPT_TABLES_MAX];
	MemoryContext context;
	struct HTAB *entries;
} Kept;

extern void KeptForget(Oid relid);
extern void *KeptFind(Kept *kept, const char *key);
extern void *KeptFindNumber(Kept *kept, int32 number);

/* argument.c */

extern char *RequireText(text *value, const char *name);
extern void RequireMax(int32 max, int32 limit);

/* command.c */

typedef Datum (*CommandBody) (FunctionCallInfo fcinfo);

extern Datum CommandRun(FunctionCallInfo fcinfo, int required,
						CommandBody body);
extern Datum CommandSql(FunctionCallInfo fcinfo, SavedPlan *body);

/* event.c */

typedef struct Event
{
	const char *type;			/* subject.fact */
	int			subject_no;		/* 0 for the order itself */
	Jsonb	   *data;			/* may be NULL */
} Event;

/* A key of an event's data; without a text it is left out */
typedef struct EventField
{
	const char *key;
	const char *text;
	bool		number;			/* the text is of a number */
} EventField;

typedef struct EventBatch
{
	int			count;
	int			capacity;
	bool		first;			/* the order is new and has no events yet */
	Event	   *events;
} EventBatch;

extern char *EventTypeOfStep(Status status);
extern void EventAdd(EventBatch *batch, const char *type, int subject_no,
					 Jsonb *data);
extern void EventsAppend(int64 order_id, EventBatch *batch);
extern void EventAppend(int64 order_id, const char *type, int subject_no,
						Jsonb *data);
extern Jsonb *EventFields(const EventField *fields, int n);
extern Jsonb *EventData(const char *key, const char *text);

/* job_step.c */

extern Datum JobStep(FunctionCallInfo fcinfo, int64 rows, bool more,
					 const char *watermark);

/* guard.c */

extern struct TriggerData *RequireTrigger(FunctionCallInfo fcinfo,
										  int arguments);
extern struct TriggerData *RequireRowTrigger(FunctionCallInfo fcinfo);

#endif							/* OMS_PLAN_H */
