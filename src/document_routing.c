/*
 * document_routing.c
 *		The documents that rule who ships: which keys, of what kind.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "document_shapes.h"

#define PREFIX_CHARS	20		/* of a postcode */

static const DocField stock_buffer_fields[] = {
	{"sku", DOC_CODE, NULLABLE},
	{"location", DOC_CODE, NULLABLE},
	{"channel", DOC_CODE, NULLABLE},
	{"quantity", DOC_QUANTITY, REQUIRED},
	END
};
static const DocShape stock_buffer_shape = {stock_buffer_fields};

OBJECT(StockBufferDocument, "stock_buffer", "stock buffer",
	   stock_buffer_shape);

/*
 * CheckRuleLocations wants the locations of a rule to be some, not all.
 */
static const char *
CheckRuleLocations(JsonbContainer *locations)
{
	return DocHas(locations, "location") || DocHas(locations, "kind") ||
		DocHas(locations, "country") || DocHas(locations, "region") ? NULL :
		"must have location, kind, country or region";
}

/*
 * CheckRule wants a limit of money only where it means something.
 */
static const char *
CheckRule(JsonbContainer *rule)
{
	char	   *action = DocText(rule, "action");

	return action == NULL || strcmp(action, "prefer") == 0 ||
		!DocHas(rule, "within") ? NULL : "must have within only to prefer";
}

static const DocField rule_when_fields[] = {
	{"channel", DOC_CODE, NULLABLE},
	{"country", DOC_COUNTRY, NULLABLE},
	{"region", DOC_TEXT, NULLABLE, .max = NAME_CHARS},
	{"postcode_prefix", DOC_TEXT, NULLABLE, .max = PREFIX_CHARS},
	{"sku", DOC_CODE, NULLABLE},
	{"category", DOC_CATEGORY, NULLABLE},
	{"flag", DOC_WORD, NULLABLE, WORDS("hazardous", "oversize")},
	END
};
static const DocShape rule_when_shape = {rule_when_fields};

static const DocField rule_location_fields[] = {
	{"location", DOC_CODE, NULLABLE},
	{"kind", DOC_WORD, NULLABLE, WORDS("warehouse", "store", "dropship",
									   "third_party")},
	{"country", DOC_COUNTRY, NULLABLE},
	{"region", DOC_TEXT, NULLABLE, .max = NAME_CHARS},
	END
};
static const DocShape rule_location_shape = {rule_location_fields,
CheckRuleLocations};

static const DocField routing_rule_fields[] = {
	{"code", DOC_CODE, REQUIRED},
	{"action", DOC_WORD, WORDS("prefer", "exclude", "require")},
	{"when", DOC_OBJECT, NULLABLE, BELOW(rule_when_shape)},
	{"locations", DOC_OBJECT, BELOW(rule_location_shape)},
	{"within", DOC_AMOUNT, NULLABLE},
	{"position", DOC_INTEGER, .min = -1000000, .max = 1000000},
	{"active", DOC_BOOL},
	{"valid_from", DOC_TIMESTAMP, NULLABLE},
	{"valid_until", DOC_TIMESTAMP, NULLABLE},
	END
};
static const DocShape routing_rule_shape = {routing_rule_fields, CheckRule};

OBJECT(RoutingRuleDocument, "routing_rule", "routing rule",
	   routing_rule_shape);
