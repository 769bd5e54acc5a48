/*
 * document_settlement.c
 *		The documents of settlements and chargebacks: which keys, of what kind.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "document_shapes.h"

#define SETTLEMENT_LINES_MAX	5000	/* of one call */
#define SETTLEMENT_MONEY_MAX	INT64CONST(1000000000000)

#define SIGNED	.min = -SETTLEMENT_MONEY_MAX, .max = SETTLEMENT_MONEY_MAX

static const DocField settlement_line_fields[] = {
	{"reference", DOC_CODE, REQUIRED},
	{"kind", DOC_WORD, REQUIRED,
		WORDS("capture", "refund", "fee", "chargeback", "chargeback_reversal",
			  "payout", "adjustment")},
	{"currency", DOC_CURRENCY, REQUIRED},
	{"amount", DOC_MONEY, REQUIRED, SIGNED},
	{"fee", DOC_MONEY, NULLABLE, SIGNED},
	{"occurred_on", DOC_DATE, REQUIRED},
	{"payment", DOC_CODE, NULLABLE},
	{"transaction", DOC_CODE, NULLABLE},
	{"payout", DOC_CODE, NULLABLE},
	{"reason", DOC_TEXT, OPTIONAL, .max = NAME_CHARS},
	{"metadata", DOC_FREE, NULLABLE},
	END
};
static const DocShape settlement_line_shape = {settlement_line_fields};
static const DocField settlement_line_element = {.kind = DOC_OBJECT,
BELOW(settlement_line_shape)};

static const DocField chargeback_fields[] = {
	{"reference", DOC_CODE, REQUIRED},
	{"payment", DOC_CODE, NULLABLE},
	{"currency", DOC_CURRENCY, NULLABLE},
	{"amount", DOC_MONEY, .flags = DOC_NULL | DOC_POSITIVE},
	{"reason", DOC_TEXT, OPTIONAL, .max = NAME_CHARS},
	{"due_on", DOC_DATE, NULLABLE},
	{"status", DOC_WORD, NULLABLE, WORDS("open", "won", "lost")},
	END
};
static const DocShape chargeback_shape = {chargeback_fields};

OBJECT(ChargebackDocument, "chargeback", "chargeback", chargeback_shape);

const Document SettlementLinesDocument = {"settlement_lines",
	"settlement lines", {NULL, DOC_ARRAY, .min = 1, .max = SETTLEMENT_LINES_MAX,
OF(settlement_line_element)}};
