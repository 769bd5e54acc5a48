/*
 * invoice.h
 *		Invoices and what follows from them, grouped by the file that owns it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_INVOICE_H
#define OMS_INVOICE_H

#include "charge.h"

/* invoice.c */

extern int	InvoicesMake(const int64 *order_ids, int n);
extern int	InvoicesNumber(const int64 *order_ids, int n);

#endif							/* OMS_INVOICE_H */
