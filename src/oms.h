/*
 * oms.h
 *		What the files of the extension share, grouped by the file that owns it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_H
#define OMS_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "nodes/pg_list.h"

#include "compat.h"
#include "error.h"

/* guc.c */
extern void GucInit(void);
extern TimestampTz PresentTime(void);

/* script.c */
extern List *ListScripts(const char *prefix);
extern void RunScript(const char *file, Oid owner,
					  const char *const pairs[][2], int npairs);

/* store.c */
extern void RequireStore(void);

#endif							/* OMS_H */
