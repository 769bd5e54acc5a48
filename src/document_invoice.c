/*
 * document_invoice.c
 *		The documents of invoicing and dunning: which keys, of what kind.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "document_shapes.h"

static const DocField invoice_series_fields[] = {
	{"code", DOC_CODE, REQUIRED},
	{"kind", DOC_WORD, WORDS("invoice", "credit_note")},
	{"channel", DOC_CODE, NULLABLE},
	{"organization", DOC_CODE, NULLABLE},
	{"prefix", DOC_TEXT, .max = DOC_CODE_MAX, OPTIONAL},
	{"yearly", DOC_BOOL},
	{"digits", DOC_INTEGER, .min = 1, .max = 12},
	{"next_number", DOC_INTEGER, .flags = DOC_POSITIVE},
	END
};
static const DocShape invoice_series_shape = {invoice_series_fields};

static const DocField dunning_level_fields[] = {
	{"level", DOC_INTEGER, REQUIRED, .min = 1, .max = 100},
	{"name", DOC_TEXT, NULLABLE, .max = NAME_CHARS},
	{"days_overdue", DOC_INTEGER, REQUIRED, .min = 1, .max = 3650},
	{"fee", DOC_AMOUNT, NULLABLE},
	{"metadata", DOC_FREE, NULLABLE},
	END
};
static const DocShape dunning_level_shape = {dunning_level_fields};

OBJECT(InvoiceSeriesDocument, "invoice_series", "invoice series",
	   invoice_series_shape);
OBJECT(DunningLevelDocument, "dunning_level", "dunning level",
	   dunning_level_shape);
