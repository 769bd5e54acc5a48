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

#include "compat.h"
#include "error.h"

/* guc.c */
extern void GucInit(void);
extern TimestampTz PresentTime(void);

/* store.c */
extern void RequireStore(void);

#endif							/* OMS_H */
