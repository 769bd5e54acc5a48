/*
 * oms.c
 *		Entry point of the shared library.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "oms.h"

PG_MODULE_MAGIC;
