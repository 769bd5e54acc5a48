/*
 * document_shapes.c
 *		The documents that functions take: which keys, of what kind.  Those of
 *		channels and locations are in document_location.c, of what rules who ships
 *		in document_routing.c.
 *
 * Of a put_ document only what names the thing is required, because a key that
 * is left out of an update keeps its value. Null takes a value away, where
 * none is a value. In commands such as an order null is the same as left out.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "document_shapes.h"
#include "routing.h"

static const DocField name_element = {.kind = DOC_TEXT, .max = NAME_CHARS};
static const DocField weekday_element = {.kind = DOC_INTEGER, .min = 1, .max = 7};
static const DocField units_element = {.kind = DOC_QUANTITY,
.flags = DOC_POSITIVE};

/*
 * CheckPosition wants both coordinates or none.
 */
const char *
CheckPosition(JsonbContainer *object)
{
	return DocHas(object, "lat") == DocHas(object, "lon") ? NULL :
		"must have lat and lon together";
}

/*
 * Products, SKUs and prices
 */

static const DocField component_fields[] = {
	{"sku", DOC_CODE, REQUIRED},
	{"quantity", DOC_QUANTITY, REQUIRED | DOC_POSITIVE},
	END
};
static const DocShape component_shape = {component_fields};
static const DocField component_element = {.kind = DOC_OBJECT,
BELOW(component_shape)};

static const DocField flag_element = {.kind = DOC_WORD,
WORDS("hazardous", "oversize", "final_sale")};

static const DocField sku_fields[] = {
	{"code", DOC_CODE, REQUIRED},
	{"product", DOC_CODE, NULLABLE},
	{"name", DOC_TEXT, .max = NAME_CHARS},
	{"gtin", DOC_GTIN, NULLABLE},
	{"weight_g", DOC_INTEGER, NULLABLE},
	{"length_mm", DOC_INTEGER, NULLABLE},
	{"width_mm", DOC_INTEGER, NULLABLE},
	{"height_mm", DOC_INTEGER, NULLABLE},
	{"tax_category", DOC_CODE, NULLABLE},
	{"price", DOC_PRICE},
	{"cost", DOC_AMOUNT, NULLABLE},
	{"costing", DOC_WORD, WORDS("average", "fifo")},
	{"decimals", DOC_INTEGER, .max = QUANTITY_DECIMALS},
	{"units", DOC_MAP, NULLABLE, OF(units_element)},
	{"backorder_limit", DOC_QUANTITY, NULLABLE},
	{"stocked", DOC_BOOL},
	{"kit", DOC_ARRAY, NULLABLE, OF(component_element)},
	{"flags", DOC_ARRAY, OF(flag_element)},
	{"strategy", DOC_WORD, NULLABLE, .words = RouteStrategyNames},
	{"available_from", DOC_DATE, NULLABLE},
	{"active", DOC_BOOL},
	{"metadata", DOC_FREE, NULLABLE},
	END
};
static const DocShape sku_shape = {sku_fields};
static const DocField sku_element = {.kind = DOC_OBJECT, BELOW(sku_shape)};

static const DocField product_fields[] = {
	{"code", DOC_CODE, REQUIRED},
	{"name", DOC_TEXT, .max = NAME_CHARS},
	{"category", DOC_CATEGORY, NULLABLE},
	{"brand", DOC_TEXT, OPTIONAL, .max = NAME_CHARS},
	{"names", DOC_MAP, NULLABLE, OF(name_element)},
	{"metadata", DOC_FREE, NULLABLE},
	{"skus", DOC_ARRAY, .max = 1000, OF(sku_element)},
	END
};
static const DocShape product_shape = {product_fields};

static const DocField price_fields[] = {
	{"sku", DOC_CODE, REQUIRED},
	{"channel", DOC_CODE, NULLABLE},
	{"customer_group", DOC_CODE, NULLABLE},
	{"price", DOC_PRICE, REQUIRED},
	{"min_quantity", DOC_QUANTITY, NULLABLE},
	{"valid_from", DOC_TIMESTAMP, NULLABLE},
	{"valid_until", DOC_TIMESTAMP, NULLABLE},
	END
};
static const DocShape price_shape = {price_fields};

/*
 * Customers
 */

/*
 * CheckCustomer wants something to know the customer by.
 */
static const char *
CheckCustomer(JsonbContainer *customer)
{
	return DocHas(customer, "reference") || DocHas(customer, "email") ? NULL :
		"must have a reference or an email";
}

static const DocField customer_fields[] = {
	{"reference", DOC_CODE, NULLABLE},
	{"email", DOC_EMAIL, NULLABLE},
	{"name", DOC_TEXT, OPTIONAL, .max = NAME_CHARS},
	{"kind", DOC_WORD, WORDS("person", "company")},
	{"group", DOC_CODE, NULLABLE},
	{"language", DOC_LANGUAGE, NULLABLE},
	{"tax_id", DOC_CODE, NULLABLE},
	{"credit_limit", DOC_AMOUNT, NULLABLE},
	{"payment_terms_days", DOC_INTEGER, NULLABLE, .max = 10 * DAYS_MAX},
	{"metadata", DOC_FREE, NULLABLE},
	{"tax_exempt", DOC_BOOL},
	END
};
static const DocShape customer_shape = {customer_fields, CheckCustomer};

/*
 * Shipping and taxes
 */

#define RATES_MAX	1000000		/* of an import */

static const DocField rate_fields[] = {
	{"country", DOC_COUNTRY, NULLABLE},
	{"max_distance_km", DOC_DECIMAL, .flags = DOC_NULL | DOC_POSITIVE,
	.max = 100000},
	{"max_weight_g", DOC_INTEGER, .flags = DOC_NULL | DOC_POSITIVE},
	{"price", DOC_MONEY, REQUIRED},
	{"per_kg", DOC_MONEY, NULLABLE},
	{"transit_days", DOC_INTEGER, .max = DAYS_MAX},
	{"origin", DOC_CODE, NULLABLE},
	{"region", DOC_TEXT, NULLABLE, .max = NAME_CHARS},
	{"postcode_from", DOC_TEXT, NULLABLE, .max = POSTCODE_CHARS_MAX},
	{"postcode_to", DOC_TEXT, NULLABLE, .max = POSTCODE_CHARS_MAX},
	END
};
static const DocShape rate_shape = {rate_fields};
static const DocField rate_element = {.kind = DOC_OBJECT, BELOW(rate_shape)};

static const DocField shipping_service_fields[] = {
	{"code", DOC_CODE, REQUIRED},
	{"carrier", DOC_CODE, NULLABLE},
	{"name", DOC_TEXT, .max = NAME_CHARS},
	{"currency", DOC_CURRENCY},
	{"kind", DOC_WORD, WORDS("delivery", "pickup")},
	{"rates", DOC_ARRAY, .max = 100000, OF(rate_element)},
	{"dimensional_divisor", DOC_INTEGER, .flags = DOC_NULL | DOC_POSITIVE},
	{"working_days", DOC_ARRAY, NULLABLE, .min = 1, .max = 7,
	OF(weekday_element)},
	{"active", DOC_BOOL},
	END
};
static const DocShape shipping_service_shape = {shipping_service_fields};

static const DocField tax_rate_fields[] = {
	{"country", DOC_COUNTRY, REQUIRED},
	{"region", DOC_TEXT, NULLABLE, .max = NAME_CHARS},
	{"postcode_prefix", DOC_TEXT, NULLABLE, .max = DOC_CODE_MAX},
	{"category", DOC_CODE, NULLABLE},
	{"rate", DOC_DECIMAL, REQUIRED, .max = 9},
	{"included", DOC_BOOL},
	{"valid_from", DOC_DATE, NULLABLE},
	{"valid_until", DOC_DATE, NULLABLE},
	{"postcode_from", DOC_TEXT, NULLABLE, .max = POSTCODE_CHARS_MAX},
	{"postcode_to", DOC_TEXT, NULLABLE, .max = POSTCODE_CHARS_MAX},
	END
};
static const DocShape tax_rate_shape = {tax_rate_fields};
static const DocField tax_rate_element = {.kind = DOC_OBJECT,
BELOW(tax_rate_shape)};

static const DocField fx_rate_fields[] = {
	{"date", DOC_DATE, REQUIRED},
	{"base", DOC_CURRENCY, REQUIRED},
	{"quote", DOC_CURRENCY, REQUIRED},
	{"rate", DOC_DECIMAL, .flags = DOC_REQUIRED | DOC_POSITIVE,
	.max = 1000000000000},
	END
};
static const DocShape fx_rate_shape = {fx_rate_fields};
static const DocField fx_rate_element = {.kind = DOC_OBJECT,
BELOW(fx_rate_shape)};

/*
 * Orders
 */

static const DocField buyer_fields[] = {
	{"email", DOC_EMAIL, NULLABLE},
	{"name", DOC_TEXT, OPTIONAL, .max = NAME_CHARS},
	{"reference", DOC_CODE, NULLABLE},
	END
};
static const DocShape buyer_shape = {buyer_fields};

static const DocField address_fields[] = {
	{"name", DOC_TEXT, OPTIONAL, .max = NAME_CHARS},
	{"company", DOC_TEXT, OPTIONAL, .max = NAME_CHARS},
	{"line1", DOC_TEXT, OPTIONAL, .max = NAME_CHARS},
	{"line2", DOC_TEXT, OPTIONAL, .max = NAME_CHARS},
	{"city", DOC_TEXT, OPTIONAL, .max = NAME_CHARS},
	{"region", DOC_TEXT, OPTIONAL, .max = NAME_CHARS},
	{"postcode", DOC_TEXT, OPTIONAL, .max = DOC_CODE_MAX},
	{"country", DOC_COUNTRY, NULLABLE},
	{"lat", DOC_LATITUDE, NULLABLE},
	{"lon", DOC_LONGITUDE, NULLABLE},
	{"phone", DOC_TEXT, OPTIONAL, .max = DOC_CODE_MAX},
	END
};
static const DocShape address_shape = {address_fields, CheckPosition};

#define LINE_FIELDS \
	{"unit", DOC_CODE, NULLABLE}, \
	{"unit_price", DOC_UNIT_PRICE, NULLABLE}, \
	{"discount", DOC_MONEY, NULLABLE}, \
	{"tax", DOC_MONEY, NULLABLE}, \
	{"metadata", DOC_FREE, NULLABLE}, \
	END

static const DocField line_fields[] = {
	{"sku", DOC_CODE, REQUIRED},
	{"quantity", DOC_QUANTITY, REQUIRED | DOC_POSITIVE},
	LINE_FIELDS
};
static const DocShape line_shape = {line_fields};
static const DocField line_element = {.kind = DOC_OBJECT, BELOW(line_shape)};

static const DocField shipping_fields[] = {
	{"service", DOC_CODE, NULLABLE},
	{"price", DOC_MONEY, NULLABLE},
	{"tax", DOC_MONEY, NULLABLE},
	END
};
static const DocShape shipping_shape = {shipping_fields};

static const DocField discount_fields[] = {
	{"code", DOC_CODE, NULLABLE},
	{"amount", DOC_MONEY, REQUIRED},
	END
};
static const DocShape discount_shape = {discount_fields};
static const DocField discount_element = {.kind = DOC_OBJECT,
BELOW(discount_shape)};

static const DocField payment_fields[] = {
	{"method", DOC_CODE, REQUIRED},
	{"provider", DOC_CODE, NULLABLE},
	{"reference", DOC_CODE, NULLABLE},
	{"amount", DOC_MONEY, REQUIRED | DOC_POSITIVE},
	{"status", DOC_WORD, NULLABLE, WORDS("pending", "authorized", "captured",
										 "failed")},
	{"expires_at", DOC_TIMESTAMP, NULLABLE},
	{"metadata", DOC_FREE, NULLABLE},
	END
};
static const DocShape payment_shape = {payment_fields};
static const DocField payment_element = {.kind = DOC_OBJECT,
BELOW(payment_shape)};

#define OPTIONS_FIELDS \
	{"strategy", DOC_WORD, NULLABLE, .words = RouteStrategyNames}, \
	{"allow_split", DOC_BOOL, NULLABLE}, \
	{"allow_backorder", DOC_BOOL, NULLABLE}, \
	{"pickup_location", DOC_CODE, NULLABLE}, \
	{"ship_from", DOC_CODE, NULLABLE}, \
	{"deliver_by", DOC_DATE, NULLABLE}, \
	{"priority", DOC_INTEGER, NULLABLE, .min = -1000000, .max = 1000000}

static const DocField options_fields[] = {OPTIONS_FIELDS, END};
static const DocShape options_shape = {options_fields};

static const DocField order_fields[] = {
	{"channel", DOC_CODE, REQUIRED},
	{"reference", DOC_CODE, REQUIRED},
	{"currency", DOC_CURRENCY, NULLABLE},
	{"placed_at", DOC_TIMESTAMP, NULLABLE},
	{"customer", DOC_OBJECT, NULLABLE, BELOW(buyer_shape)},
	{"ship_to", DOC_OBJECT, NULLABLE, BELOW(address_shape)},
	{"bill_to", DOC_OBJECT, NULLABLE, BELOW(address_shape)},
	{"lines", DOC_ARRAY, REQUIRED, .min = 1, .max = ORDER_LINES_MAX,
	OF(line_element)},
	{"shipping", DOC_OBJECT, NULLABLE, BELOW(shipping_shape)},
	{"discounts", DOC_ARRAY, NULLABLE, .max = 100, OF(discount_element)},
	{"payments", DOC_ARRAY, NULLABLE, .max = 100, OF(payment_element)},
	{"fulfillment", DOC_OBJECT, NULLABLE, BELOW(options_shape)},
	{"metadata", DOC_FREE, NULLABLE},
	END
};
static const DocShape order_shape = {order_fields};

/*
 * CheckEditLine wants an existing line or a new one.
 */
static const char *
CheckEditLine(JsonbContainer *line)
{
	Quantity	quantity;

	if (DocHas(line, "line_no") == DocHas(line, "sku"))
		return "must have either line_no, of a line to change, or sku, of a new one";
	if (DocHas(line, "sku") && DocQuantity(line, "quantity", &quantity) &&
		quantity == 0)
		return "must have a quantity greater than 0 for a new line";
	return NULL;
}

static const DocField edit_line_fields[] = {
	{"line_no", DOC_INTEGER, .flags = DOC_NULL | DOC_POSITIVE},
	{"sku", DOC_CODE, NULLABLE},
	{"quantity", DOC_QUANTITY, REQUIRED},
	LINE_FIELDS
};
static const DocShape edit_line_shape = {edit_line_fields, CheckEditLine};
static const DocField edit_line_element = {.kind = DOC_OBJECT,
BELOW(edit_line_shape)};

static const DocField order_edit_fields[] = {
	{"lines", DOC_ARRAY, NULLABLE, .max = ORDER_LINES_MAX, OF(edit_line_element)},
	{"ship_to", DOC_OBJECT, NULLABLE, BELOW(address_shape)},
	{"bill_to", DOC_OBJECT, NULLABLE, BELOW(address_shape)},
	{"shipping", DOC_OBJECT, NULLABLE, BELOW(shipping_shape)},
	{"discounts", DOC_ARRAY, NULLABLE, .max = 100, OF(discount_element)},
	{"metadata", DOC_FREE, NULLABLE},
	END
};
static const DocShape order_edit_shape = {order_edit_fields};

/*
 * Fulfillments
 */

static const DocField line_quantity_fields[] = {
	{"line_no", DOC_INTEGER, REQUIRED | DOC_POSITIVE},
	{"quantity", DOC_QUANTITY, REQUIRED | DOC_POSITIVE},
	END
};
static const DocShape line_quantity_shape = {line_quantity_fields};
static const DocField line_quantity_element = {.kind = DOC_OBJECT,
BELOW(line_quantity_shape)};

static const DocField package_fields[] = {
	{"weight_g", DOC_INTEGER, NULLABLE},
	{"length_mm", DOC_INTEGER, NULLABLE},
	{"width_mm", DOC_INTEGER, NULLABLE},
	{"height_mm", DOC_INTEGER, NULLABLE},
	{"lines", DOC_ARRAY, NULLABLE, .max = ORDER_LINES_MAX,
	OF(line_quantity_element)},
	END
};
static const DocShape package_shape = {package_fields};
static const DocField package_element = {.kind = DOC_OBJECT,
BELOW(package_shape)};

static const DocField tracking_fields[] = {
	{"carrier", DOC_CODE, NULLABLE},
	{"number", DOC_CODE, NULLABLE},
	{"service", DOC_CODE, NULLABLE},
	{"cost", DOC_AMOUNT, NULLABLE},
	END
};
static const DocShape tracking_shape = {tracking_fields};

/*
 * Routing
 */

static const DocField route_options_fields[] = {
	OPTIONS_FIELDS,
	{"service", DOC_CODE, NULLABLE},
	{"channel", DOC_CODE, NULLABLE},
	END
};
static const DocShape route_options_shape = {route_options_fields};

OBJECT(ProductDocument, "product", "product", product_shape);
OBJECT(SkuDocument, "sku", "sku", sku_shape);
OBJECT(PriceDocument, "price", "price", price_shape);
OBJECT(CustomerDocument, "customer", "customer", customer_shape);
OBJECT(ShippingServiceDocument, "shipping_service", "shipping service",
	   shipping_service_shape);
OBJECT(TaxRateDocument, "tax_rate", "tax rate", tax_rate_shape);
OBJECT(OrderDocument, "order", "order", order_shape);
OBJECT(OrderEditDocument, "order_edit", "order edit", order_edit_shape);
OBJECT(PaymentDocument, "payment", "payment", payment_shape);
OBJECT(FulfillmentOptionsDocument, "fulfillment_options",
	   "fulfillment options", options_shape);
OBJECT(TrackingDocument, "tracking", "tracking", tracking_shape);
LINES(CancelLinesDocument, "cancel_lines", "cancel lines",
	  line_quantity_element);
LINES(RouteLinesDocument, "route_lines", "route lines", component_element);
OBJECT(RouteOptionsDocument, "route_options", "route options",
	   route_options_shape);

const Document TaxRatesDocument = {"tax_rates", "tax rates",
{NULL, DOC_ARRAY, .max = RATES_MAX, OF(tax_rate_element)}, .import = true};
const Document FxRatesDocument = {"fx_rates", "fx rates",
{NULL, DOC_ARRAY, .max = RATES_MAX, OF(fx_rate_element)}, .import = true};

/* No packages at all: one package of everything */
const Document PackagesDocument = {"packages", "packages",
{NULL, DOC_ARRAY, .max = 500, OF(package_element)}};
