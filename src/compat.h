/*
 * compat.h
 *		Every difference between PostgreSQL 15 and 18 that the code meets.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_COMPAT_H
#define OMS_COMPAT_H

#if PG_VERSION_NUM < 150000
#error "oms needs PostgreSQL 15 or later"
#endif

/* 16 added a place for details of an error to DecodeDateTime() */
#if PG_VERSION_NUM >= 160000
#define DecodeInstant(field, ftype, n, dtype, tm, fsec, tz) \
	DecodeDateTime(field, ftype, n, dtype, tm, fsec, tz, \
				   &(DateTimeErrorExtra) {0})
#else
#define DecodeInstant(field, ftype, n, dtype, tm, fsec, tz) \
	DecodeDateTime(field, ftype, n, dtype, tm, fsec, tz)
#endif

#ifndef HAVE_INT128
#error "oms needs a compiler with 128-bit integers"
#endif

/* 16 lets parseTypeString() collect errors instead of raising them */
#if PG_VERSION_NUM >= 160000
#define ParseTypeName(name, type, typmod) \
	parseTypeString(name, type, typmod, NULL)
#else
#define ParseTypeName(name, type, typmod) \
	parseTypeString(name, type, typmod, false)
#endif

/* 16 dropped Abs(), 17 brought i64abs() */
#ifndef i64abs
#define i64abs(value)	((int64) (value) < 0 ? -(int64) (value) : (int64) (value))
#endif

/* 18 writes it in front of a declaration, where C11 has it */
#ifndef pg_noreturn
#define pg_noreturn pg_attribute_noreturn()
#endif

/* 16 lets an update skip all indexes but those that only summarize */
#if PG_VERSION_NUM >= 160000
#include "access/tableam.h"

#define InsertIndexTuples(result, slot, estate, update, no_error, conflict, arbiters) \
	ExecInsertIndexTuples(result, slot, estate, update, no_error, conflict, \
						  arbiters, false)
#define UpdateIndexTuples(result, slot, estate, indexes) \
	ExecInsertIndexTuples(result, slot, estate, true, false, NULL, NIL, \
						  (indexes) == TU_Summarizing)
typedef TU_UpdateIndexes UpdatedIndexes;
#else
#define InsertIndexTuples(result, slot, estate, update, no_error, conflict, arbiters) \
	ExecInsertIndexTuples(result, slot, estate, update, no_error, conflict, \
						  arbiters)
#define UpdateIndexTuples(result, slot, estate, indexes) \
	ExecInsertIndexTuples(result, slot, estate, true, false, NULL, NIL)
typedef bool UpdatedIndexes;
#endif

/* 18 checks the constraints of updated rows too */
#if PG_VERSION_NUM >= 180000
#define CheckIndexConstraints(result, slot, estate, other, arbiters) \
	ExecCheckIndexConstraints(result, slot, estate, other, NULL, arbiters)
#else
#define CheckIndexConstraints(result, slot, estate, other, arbiters) \
	ExecCheckIndexConstraints(result, slot, estate, other, arbiters)
#endif

/* 18 has generated columns that are not stored */
#if PG_VERSION_NUM >= 180000
#define HasGenerated(constr) \
	((constr)->has_generated_stored || (constr)->has_generated_virtual)
#else
#define HasGenerated(constr)	((constr)->has_generated_stored)
#endif

/* 18 counts the searches of an index scan */
#if PG_VERSION_NUM >= 180000
#define BeginIndexScan(heap, index, snapshot, keys) \
	index_beginscan(heap, index, snapshot, NULL, keys, 0)
#else
#define BeginIndexScan(heap, index, snapshot, keys) \
	index_beginscan(heap, index, snapshot, keys, 0)
#endif

/* 17 lets an index keep pages at hand from one insertion to the next */
#if PG_VERSION_NUM >= 170000
#include "access/genam.h"

#define EndIndexInsertions(index, info)	index_insert_cleanup(index, info)
#else
#define EndIndexInsertions(index, info)	((void) 0)
#endif

/* 17 can ask for a stronger lock too */
#if PG_VERSION_NUM >= 170000
#define LockIsMine(tag, mode)	LockHeldByMe(tag, mode, false)
#else
#define LockIsMine(tag, mode)	LockHeldByMe(tag, mode)
#endif

#endif							/* OMS_COMPAT_H */
