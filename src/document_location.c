/*
 * document_location.c
 *		The documents of channels and locations: which keys, of what kind.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "document_shapes.h"
#include "routing.h"

static const DocField code_element = {.kind = DOC_CODE};
static const DocField country_element = {.kind = DOC_COUNTRY};
static const DocField date_element = {.kind = DOC_DATE};
static const DocField day_element = {.kind = DOC_INTEGER, .min = 1, .max = 7};
static const DocField handled_element = {.kind = DOC_WORD,
WORDS("hazardous", "oversize")};

static const DocField channel_fields[] = {
	{"code", DOC_CODE, REQUIRED},
	{"name", DOC_TEXT, .max = NAME_CHARS},
	{"kind", DOC_WORD, WORDS("web", "marketplace", "store", "b2b", "phone",
							 "edi")},
	{"currency", DOC_CURRENCY},
	{"organization", DOC_CODE, NULLABLE},
	{"locations", DOC_ARRAY, NULLABLE, .max = 100000, OF(code_element)},
	{"invoice", DOC_WORD, WORDS("on_ship", "on_order")},
	{"capture", DOC_WORD, WORDS("manual", "on_ship", "request_on_ship")},
	{"fee_rate", DOC_DECIMAL, .min = 0, .max = 1},
	{"strategy", DOC_WORD, NULLABLE, .words = RouteStrategyNames},
	{"split_penalty", DOC_MONEY, NULLABLE},
	{"refund_methods", DOC_ARRAY, NULLABLE, .max = 100, OF(code_element)},
	{"auto_refund", DOC_BOOL},
	{"metadata", DOC_FREE, NULLABLE},
	{"tax_rounding", DOC_WORD, WORDS("line", "order")},
	END
};
static const DocShape channel_shape = {channel_fields};

static const DocField location_fields[] = {
	{"code", DOC_CODE, REQUIRED},
	{"name", DOC_TEXT, .max = NAME_CHARS},
	{"kind", DOC_WORD, WORDS("warehouse", "store", "dropship", "third_party")},
	{"country", DOC_COUNTRY, NULLABLE},
	{"region", DOC_TEXT, NULLABLE, .max = NAME_CHARS},
	{"postcode", DOC_TEXT, NULLABLE, .max = DOC_CODE_MAX},
	{"city", DOC_TEXT, NULLABLE, .max = NAME_CHARS},
	{"lat", DOC_LATITUDE, NULLABLE},
	{"lon", DOC_LONGITUDE, NULLABLE},
	{"time_zone", DOC_TIME_ZONE},
	{"priority", DOC_INTEGER, .min = -1000000, .max = 1000000},
	{"pickup", DOC_BOOL},
	{"takes_returns", DOC_BOOL},
	{"ships_to", DOC_ARRAY, NULLABLE, OF(country_element)},
	{"daily_capacity", DOC_INTEGER, NULLABLE},
	{"cutoff", DOC_TIME, NULLABLE},
	{"handling_days", DOC_INTEGER, .max = DAYS_MAX},
	{"working_days", DOC_ARRAY, NULLABLE, .min = 1, .max = 7, OF(day_element)},
	{"holidays", DOC_ARRAY, NULLABLE, OF(date_element)},
	{"handles", DOC_ARRAY, NULLABLE, OF(handled_element)},
	{"handling_cost", DOC_MONEY, NULLABLE},
	{"unit_cost", DOC_MONEY, NULLABLE},
	{"currency", DOC_CURRENCY, NULLABLE},
	{"active", DOC_BOOL},
	{"organization", DOC_CODE, NULLABLE},
	{"metadata", DOC_FREE, NULLABLE},
	END
};
static const DocShape location_shape = {location_fields, CheckPosition};

OBJECT(ChannelDocument, "channel", "channel", channel_shape);
OBJECT(LocationDocument, "location", "location", location_shape);
