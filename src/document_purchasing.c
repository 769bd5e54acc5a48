/*
 * document_purchasing.c
 *		The documents of purchasing: which keys, of what kind.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "document_shapes.h"

/*
 * Suppliers
 */

static const DocField cost_break_fields[] = {
	{"min_quantity", DOC_QUANTITY, REQUIRED | DOC_POSITIVE},
	{"cost", DOC_AMOUNT, REQUIRED},
	END
};
static const DocShape cost_break_shape = {cost_break_fields};
static const DocField cost_break_element = {.kind = DOC_OBJECT,
BELOW(cost_break_shape)};

static const DocField supplier_sku_fields[] = {
	{"sku", DOC_CODE, REQUIRED},
	{"supplier_sku", DOC_CODE, NULLABLE},
	{"cost", DOC_AMOUNT, REQUIRED},
	{"cost_breaks", DOC_ARRAY, NULLABLE, .max = 20, OF(cost_break_element)},
	{"rank", DOC_INTEGER, .max = 1000},
	{"lead_time_days", DOC_DECIMAL, .max = 9999},
	{"lead_time_sd_days", DOC_DECIMAL, .max = 9999},
	{"min_quantity", DOC_QUANTITY},
	{"max_quantity", DOC_QUANTITY, .flags = DOC_NULL | DOC_POSITIVE},
	{"pack_size", DOC_QUANTITY, .flags = DOC_POSITIVE},
	{"over_receipt_rate", DOC_DECIMAL, NULLABLE, .max = 1},
	{"over_receipt_units", DOC_QUANTITY, NULLABLE},
	{"under_receipt_rate", DOC_DECIMAL, NULLABLE, .max = 1},
	{"under_receipt_units", DOC_QUANTITY, NULLABLE},
	END
};
static const DocShape supplier_sku_shape = {supplier_sku_fields};
static const DocField supplier_sku_element = {.kind = DOC_OBJECT,
BELOW(supplier_sku_shape)};

static const DocField order_day_element = {.kind = DOC_INTEGER, .min = 1,
.max = 7};
static const DocField holiday_element = {.kind = DOC_DATE};

static const DocField supplier_fields[] = {
	{"code", DOC_CODE, REQUIRED},
	{"name", DOC_TEXT, .max = NAME_CHARS},
	{"email", DOC_EMAIL, NULLABLE},
	{"currency", DOC_CURRENCY},
	{"order_days", DOC_ARRAY, NULLABLE, .min = 1, .max = 7,
	OF(order_day_element)},
	{"holidays", DOC_ARRAY, NULLABLE, .max = 500, OF(holiday_element)},
	{"min_order", DOC_AMOUNT, NULLABLE},
	{"auto_approve_limit", DOC_AMOUNT, NULLABLE},
	{"payment_days", DOC_INTEGER, .max = DAYS_MAX},
	{"over_receipt_rate", DOC_DECIMAL, .max = 1},
	{"over_receipt_units", DOC_QUANTITY},
	{"under_receipt_rate", DOC_DECIMAL, .max = 1},
	{"under_receipt_units", DOC_QUANTITY},
	{"price_tolerance_rate", DOC_DECIMAL, .max = 1},
	{"skus", DOC_ARRAY, .max = 10000, OF(supplier_sku_element)},
	END
};
static const DocShape supplier_shape = {supplier_fields};

/*
 * Purchase orders
 */

static const DocField purchase_line_fields[] = {
	{"sku", DOC_CODE, REQUIRED},
	{"quantity", DOC_QUANTITY, REQUIRED | DOC_POSITIVE},
	{"unit_cost", DOC_MONEY, NULLABLE},
	{"expected_on", DOC_DATE, NULLABLE},
	END
};
static const DocShape purchase_line_shape = {purchase_line_fields};
static const DocField purchase_line_element = {.kind = DOC_OBJECT,
BELOW(purchase_line_shape)};

static const DocField purchase_order_fields[] = {
	{"code", DOC_CODE, REQUIRED},
	{"supplier", DOC_CODE},
	{"location", DOC_CODE},
	{"currency", DOC_CURRENCY},
	{"expected_on", DOC_DATE, NULLABLE},
	{"lines", DOC_ARRAY, .min = 1, .max = ORDER_LINES_MAX,
	OF(purchase_line_element)},
	{"metadata", DOC_FREE, NULLABLE},
	END
};
static const DocShape purchase_order_shape = {purchase_order_fields};

static const DocField confirmation_fields[] = {
	{"line_no", DOC_INTEGER, REQUIRED | DOC_POSITIVE},
	{"quantity", DOC_QUANTITY, NULLABLE},
	{"unit_cost", DOC_MONEY, NULLABLE},
	{"expected_on", DOC_DATE, NULLABLE},
	END
};
static const DocShape confirmation_shape = {confirmation_fields};
static const DocField confirmation_element = {.kind = DOC_OBJECT,
BELOW(confirmation_shape)};

/*
 * CheckReceiptLine refuses a line of which nothing comes.
 */
static const char *
CheckReceiptLine(JsonbContainer *object)
{
	Quantity	quantity = 0;
	Quantity	rejected = 0;

	DocQuantity(object, "quantity", &quantity);
	DocQuantity(object, "rejected", &rejected);
	return quantity == 0 && rejected == 0
		? "must have a quantity or a rejected quantity" : NULL;
}

static const DocField receipt_fields[] = {
	{"line_no", DOC_INTEGER, REQUIRED | DOC_POSITIVE},
	{"quantity", DOC_QUANTITY, REQUIRED},
	{"rejected", DOC_QUANTITY, NULLABLE},
	END
};
static const DocShape receipt_shape = {receipt_fields, CheckReceiptLine};
static const DocField receipt_element = {.kind = DOC_OBJECT,
BELOW(receipt_shape)};

/*
 * Bills
 */

/*
 * CheckBillLine refuses a line that is of nothing.
 */
static const char *
CheckBillLine(JsonbContainer *object)
{
	return DocHas(object, "line_no") || DocHas(object, "sku") ? NULL
		: "must have line_no, of a line of the purchase order, or sku";
}

static const DocField bill_line_fields[] = {
	{"line_no", DOC_INTEGER, .flags = DOC_NULL | DOC_POSITIVE},
	{"sku", DOC_CODE, NULLABLE},
	{"quantity", DOC_QUANTITY, REQUIRED | DOC_POSITIVE},
	{"unit_cost", DOC_UNIT_PRICE, REQUIRED},
	END
};
static const DocShape bill_line_shape = {bill_line_fields, CheckBillLine};
static const DocField bill_line_element = {.kind = DOC_OBJECT,
BELOW(bill_line_shape)};

static const DocField bill_fields[] = {
	{"supplier", DOC_CODE, REQUIRED},
	{"number", DOC_CODE, REQUIRED},
	{"purchase_order", DOC_CODE, NULLABLE},
	{"billed_on", DOC_DATE, NULLABLE},
	{"due_on", DOC_DATE, NULLABLE},
	{"currency", DOC_CURRENCY},
	{"lines", DOC_ARRAY, REQUIRED, .min = 1, .max = ORDER_LINES_MAX,
	OF(bill_line_element)},
	{"tax", DOC_MONEY, NULLABLE},
	{"shipping", DOC_MONEY, NULLABLE},
	{"total", DOC_MONEY, NULLABLE},
	{"metadata", DOC_FREE, NULLABLE},
	END
};
static const DocShape bill_shape = {bill_fields};

OBJECT(SupplierDocument, "supplier", "supplier", supplier_shape);
OBJECT(PurchaseOrderDocument, "purchase_order", "purchase order",
	   purchase_order_shape);
LINES(ConfirmationLinesDocument, "confirmation_lines", "confirmation lines",
	  confirmation_element);
LINES(ReceiptLinesDocument, "receipt_lines", "receipt lines",
	  receipt_element);
OBJECT(BillDocument, "bill", "bill", bill_shape);
