/*
 * document_return.c
 *		The documents of returns: which keys, of what kind.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "document_shapes.h"

/*
 * Reasons and policies
 */

static const DocField return_reason_fields[] = {
	{"code", DOC_CODE, REQUIRED},
	{"name", DOC_TEXT, .max = NAME_CHARS},
	{"fault", DOC_WORD, WORDS("customer", "seller", "carrier")},
	{"refunds_shipping", DOC_BOOL},
	{"warranty", DOC_BOOL},
	END
};
static const DocShape return_reason_shape = {return_reason_fields};

static const DocField return_policy_fields[] = {
	{"channel", DOC_CODE, NULLABLE},
	{"category", DOC_CATEGORY, NULLABLE},
	{"window_days", DOC_INTEGER, NULLABLE, .max = 36500},
	{"warranty_days", DOC_INTEGER, NULLABLE, .max = 36500},
	{"restocking_fee_rate", DOC_DECIMAL, .max = 1},
	{"refund_shipping", DOC_WORD, WORDS("never", "full_return", "seller_fault")},
	{"auto_approve", DOC_BOOL},
	{"auto_refund", DOC_BOOL},
	{"send_days", DOC_INTEGER, NULLABLE, .max = 36500},
	END
};
static const DocShape return_policy_shape = {return_policy_fields};

/*
 * Steps of a return
 */

static const DocField return_line_fields[] = {
	{"line_no", DOC_INTEGER, REQUIRED | DOC_POSITIVE},
	{"quantity", DOC_QUANTITY, REQUIRED | DOC_POSITIVE},
	{"reason", DOC_TEXT, OPTIONAL, .max = NAME_CHARS},
	END
};
static const DocShape return_line_shape = {return_line_fields};
static const DocField return_line_element = {.kind = DOC_OBJECT,
BELOW(return_line_shape)};

static const DocField inspection_fields[] = {
	{"line_no", DOC_INTEGER, REQUIRED | DOC_POSITIVE},
	{"quantity", DOC_QUANTITY, REQUIRED | DOC_POSITIVE},
	{"grade", DOC_CODE, NULLABLE},
	{"disposition", DOC_WORD, REQUIRED,
		WORDS("restock", "refurbish", "scrap", "return_to_vendor",
			  "quarantine")},
	{"accepted", DOC_BOOL, NULLABLE},
	END
};
static const DocShape inspection_shape = {inspection_fields};
static const DocField inspection_element = {.kind = DOC_OBJECT,
BELOW(inspection_shape)};

static const DocField return_label_fields[] = {
	{"carrier", DOC_CODE, NULLABLE},
	{"number", DOC_CODE, NULLABLE},
	{"service", DOC_CODE, NULLABLE},
	{"url", DOC_TEXT, OPTIONAL, .max = 2000},
	{"metadata", DOC_FREE, NULLABLE},
	END
};
static const DocShape return_label_shape = {return_label_fields};

OBJECT(ReturnReasonDocument, "return_reason", "return reason",
	   return_reason_shape);
OBJECT(ReturnPolicyDocument, "return_policy", "return policy",
	   return_policy_shape);
OBJECT(ReturnLabelDocument, "return_label", "return label",
	   return_label_shape);
LINES(ReturnLinesDocument, "return_lines", "return lines",
	  return_line_element);
LINES(InspectionLinesDocument, "inspection_lines", "inspection lines",
	  inspection_element);
