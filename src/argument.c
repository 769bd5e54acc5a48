/*
 * argument.c
 *		Checks of the plain arguments that commands take beside documents.
 *
 * An argument that cannot be meant is 22023 (invalid_parameter_value), a code
 * that does not exist OM006.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include <ctype.h>

#include "utils/builtins.h"

#define TEXT_BYTES_MAX	1000

/*
 * RequireText raises 22023 for a text that is blank or very long, and returns
 * a copy of any other.
 */
char *
RequireText(text *value, const char *name)
{
	char	   *copy = text_to_cstring(value);
	const char *c = copy;

	while (isspace((unsigned char) *c))
		c++;
	if (*c == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must not be blank", name)));
	if (strlen(copy) > TEXT_BYTES_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s is too long", name),
				 errdetail("It has %zu bytes, the limit is %d.",
						   strlen(copy), TEXT_BYTES_MAX)));
	return copy;
}

/*
 * SkuRequire looks up a SKU and raises OM006 if there is none of this code.
 */
Sku *
SkuRequire(const char *code)
{
	char	   *copy = pstrdup(code);
	Sku		   *sku = SkusFind(&copy, 1);

	if (sku->sku_id == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_UNKNOWN_CODE),
				 errmsg("sku \"%s\" does not exist", code),
				 errhint("Create it by oms.put_sku() first.")));
	return sku;
}

/*
 * SkuRequireStep raises 22023 for a quantity that has more decimals than the
 * SKU is counted in.
 */
void
SkuRequireStep(const Sku *sku, Quantity quantity, const char *name)
{
	if (quantity % SkuStep(sku) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s has too many decimals: %s", name,
						QuantityToString(quantity)),
				 errdetail("sku \"%s\" is counted in multiples of %s.",
						   sku->code, QuantityToString(SkuStep(sku)))));
}

/*
 * SkuRequireQuantity raises 22023 for a quantity that is not positive or has
 * too many decimals.
 */
void
SkuRequireQuantity(const Sku *sku, Quantity quantity, const char *name)
{
	if (quantity <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s must be greater than zero", name),
				 errdetail("The %s is %s.", name, QuantityToString(quantity))));
	SkuRequireStep(sku, quantity, name);
}
