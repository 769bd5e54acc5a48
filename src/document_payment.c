/*
 * document_payment.c
 *		The document of a provider's answer: which keys, of what kind.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "document_shapes.h"

#define ORDER_ID_MAX	INT64CONST(999999999999999999)
#define MESSAGE_CHARS	1000

/*
 * CheckResult wants a payment to be named in one way, and a refund only of
 * what is refunded.
 */
static const char *
CheckResult(JsonbContainer *result)
{
	char	   *action = DocText(result, "action");

	if (DocHas(result, "order_id") != DocHas(result, "payment_no"))
		return "must have order_id and payment_no together";
	if (DocHas(result, "order_id") == DocHas(result, "payment_reference"))
		return "must have either order_id and payment_no or payment_reference";
	if (DocHas(result, "refund_no") && strcmp(action, "refund") != 0)
		return "must have refund_no only with the action refund";
	return NULL;
}

static const DocField payment_result_fields[] = {
	{"order_id", DOC_INTEGER, .flags = DOC_NULL | DOC_POSITIVE,
	.max = ORDER_ID_MAX},
	{"payment_no", DOC_INTEGER, .flags = DOC_NULL | DOC_POSITIVE},
	{"payment_reference", DOC_CODE, NULLABLE},
	{"action", DOC_WORD, REQUIRED, WORDS("authorize", "capture", "void",
										 "refund")},
	{"status", DOC_WORD, REQUIRED, WORDS("pending", "failed", "succeeded")},
	{"amount", DOC_MONEY, .flags = DOC_NULL | DOC_POSITIVE},
	{"request_no", DOC_INTEGER, .flags = DOC_NULL | DOC_POSITIVE},
	{"refund_no", DOC_INTEGER, .flags = DOC_NULL | DOC_POSITIVE},
	{"message", DOC_TEXT, OPTIONAL, .max = MESSAGE_CHARS},
	{"occurred_at", DOC_TIMESTAMP, NULLABLE},
	{"expires_at", DOC_TIMESTAMP, NULLABLE},
	END
};
static const DocShape payment_result_shape = {payment_result_fields,
CheckResult};

OBJECT(PaymentResultDocument, "payment_result", "payment result",
	   payment_result_shape);
