/*
 * oms.c
 *		Entry point of the shared library.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "plan.h"

PG_MODULE_MAGIC;

void		_PG_init(void);

/*
 * Called once in each backend, as the library is loaded.
 */
void
_PG_init(void)
{
	GucInit();
	PlanSizeInit();
	TableInit();
}
