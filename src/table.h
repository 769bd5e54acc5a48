/*
 * table.h
 *		What the session knows of a table of the store that it writes or reads
 *		without SQL, shared by the table_*.c files alone.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_TABLE_H
#define OMS_TABLE_H

#include "plan.h"

#include "access/attnum.h"
#include "executor/tuptable.h"
#include "nodes/execnodes.h"
#include "storage/lockdefs.h"
#include "utils/relcache.h"

/* How a value that a caller gives becomes one of its column's typmod */
typedef struct Coercion
{
	bool		needed;
	int32		typmod;
	FmgrInfo	function;
} Coercion;

/* All of it is in its own memory context, made anew when the table changes */
typedef struct TableState
{
	MemoryContext context;
	int			made;			/* which of the states of the session this is */
	bool		whole;			/* all has been learnt, and no change heard of */
	bool		changed;		/* a change was heard of since it was begun */
	bool		in_use;			/* or was left by an error, maybe half prepared */
	Oid			relid;
	Oid			role;			/* that may call its defaults and checks */
	bool		readable;		/* plain rows, no policies: index probes see them */
	bool		writable;		/* and nobody else has to know of new rows */
	bool		updatable;		/* nor of changed ones */
	TupleDesc	desc;
	int			column_count;	/* columns that the StoreTable names */
	char	  **names;
	char	  **types;			/* as the StoreTable writes them */
	AttrNumber *columns;
	Coercion   *coercions;
	ExprState **defaults;		/* by attribute, NULL for null or given; NULL
								 * until the first row is inserted */
	EState	   *estate;
	ResultRelInfo *result;
	int			index_count;
	Oid		   *index_oids;
	List	   *unique;			/* OID of the index of StoreTable.unique */
	int			slot_count;
	TupleTableSlot **slots;
} TableState;

extern TableState *TableOpen(StoreTable *table, LOCKMODE lock,
							 Relation *relation);
extern Relation TableProbe(StoreIndex *index, TableState *state,
						   const Datum *values, ScanKey keys);
extern bool TableIsWritable(const TableState *state, const StoreTable *table);
extern void TableDefaults(TableState *state, Relation relation);
extern void TableOpenIndexes(TableState *state, Relation relation);
extern void TableCloseIndexes(TableState *state);

#endif							/* OMS_TABLE_H */
