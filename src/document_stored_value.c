/*
 * document_stored_value.c
 *		The document of a gift card: which keys, of what kind.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "document_shapes.h"

/*
 * CheckGiftCard wants both parts of what names a line, or none.
 */
static const char *
CheckGiftCard(JsonbContainer *card)
{
	return DocHas(card, "order_id") == DocHas(card, "line_no") ? NULL :
		"must have both order_id and line_no, or neither";
}

static const DocField gift_card_fields[] = {
	{"code", DOC_CODE, NULLABLE},
	{"amount", DOC_AMOUNT, REQUIRED},
	{"expires_on", DOC_DATE, NULLABLE},
	{"customer", DOC_CODE, NULLABLE},
	{"order_id", DOC_INTEGER, .flags = DOC_NULL | DOC_POSITIVE,
	.max = INT64CONST(1000000000000)},
	{"line_no", DOC_INTEGER, .flags = DOC_NULL | DOC_POSITIVE},
	{"reason", DOC_TEXT, OPTIONAL, .max = NAME_CHARS},
	{"metadata", DOC_FREE, NULLABLE},
	END
};
static const DocShape gift_card_shape = {gift_card_fields, CheckGiftCard};

OBJECT(GiftCardDocument, "gift_card", "gift card", gift_card_shape);
