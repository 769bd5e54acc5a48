/*
 * document_replenishment.c
 *		The documents of replenishment: which keys, of what kind.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "document_shapes.h"

static const DocField replenishment_policy_fields[] = {
	{"code", DOC_CODE, REQUIRED},
	{"sku", DOC_CODE, NULLABLE},
	{"category", DOC_CATEGORY, NULLABLE},
	{"location", DOC_CODE, NULLABLE},
	{"service_level", DOC_DECIMAL, .flags = DOC_NULL | DOC_POSITIVE, .max = 1},
	{"fill_rate", DOC_DECIMAL, .flags = DOC_NULL | DOC_POSITIVE, .max = 1},
	{"review_days", DOC_INTEGER, NULLABLE, .min = 1, .max = DAYS_MAX},
	{"lead_time_days", DOC_DECIMAL, NULLABLE, .max = 9999},
	{"reorder_point", DOC_QUANTITY, NULLABLE},
	{"order_up_to", DOC_QUANTITY, NULLABLE},
	{"max_stock", DOC_QUANTITY, NULLABLE},
	{"order_cost", DOC_AMOUNT, NULLABLE},
	{"holding_rate", DOC_DECIMAL, .flags = DOC_NULL | DOC_POSITIVE, .max = 10},
	{"supplier", DOC_CODE, NULLABLE},
	{"from_location", DOC_CODE, NULLABLE},
	{"active", DOC_BOOL},
	END
};
static const DocShape replenishment_policy_shape = {replenishment_policy_fields};

OBJECT(ReplenishmentPolicyDocument, "replenishment_policy",
	   "replenishment policy", replenishment_policy_shape);
