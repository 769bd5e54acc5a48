/*
 * document_routing.c
 *		The documents that rule who ships: which keys, of what kind.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "document_shapes.h"

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
