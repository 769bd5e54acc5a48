/*
 * order_line.c
 *		Arithmetic of an order line, which constraints of the table check.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

/*
 * AmountPart is the part of an amount for a part of a quantity, or for more
 * than the quantity, rounded half away from zero.  The product of minor units
 * and millionths fits 128 bits.  Raises 22012 if whole is zero, 22003 if the
 * result is too large.
 */
Amount
AmountPart(Amount amount, Quantity part, Quantity whole)
{
	int128		product = (int128) AmountMinor(amount) * part;

	if (whole < 0)
		return AmountPart(amount, -part, -whole);
	if (whole == 0)
		ereport(ERROR,
				(errcode(ERRCODE_DIVISION_BY_ZERO),
				 errmsg("quantity of a line must not be zero")));
	return AmountMakeWide(AmountCurrency(amount), DivideRounded(product, whole));
}

/*
 * LineTotal is what is charged for the part of a line that is not cancelled:
 * its price, less discount, plus tax.  discount and tax are for the whole
 * quantity and count in proportion.
 */
Amount
LineTotal(Numeric unit_price, Quantity quantity, Quantity cancelled,
		  Amount discount, Amount tax)
{
	Quantity	charged = QuantitySubtract(quantity, cancelled);
	Amount		goods = AmountPrice(unit_price, charged, AmountCurrency(tax));

	return AmountAdd(AmountSub(goods, AmountPart(discount, charged, quantity)),
					 AmountPart(tax, charged, quantity));
}

PG_FUNCTION_INFO_V1(oms_line_total);

/*
 * oms_line_total is LineTotal() for SQL.
 */
Datum
oms_line_total(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(LineTotal(PG_GETARG_NUMERIC(0), PG_GETARG_QUANTITY(1),
							   PG_GETARG_QUANTITY(2), PG_GETARG_AMOUNT(3),
							   PG_GETARG_AMOUNT(4)));
}

PG_FUNCTION_INFO_V1(oms_amount_part);

/*
 * oms_amount_part is AmountPart() for SQL.
 */
Datum
oms_amount_part(PG_FUNCTION_ARGS)
{
	PG_RETURN_AMOUNT(AmountPart(PG_GETARG_AMOUNT(0), PG_GETARG_QUANTITY(1),
								PG_GETARG_QUANTITY(2)));
}

PG_FUNCTION_INFO_V1(oms_line_counters_hold);

/*
 * oms_line_counters_hold(quantity, cancelled, allocated, backordered, shipped,
 * delivered, returned) tells whether the counters are in their order.
 */
Datum
oms_line_counters_hold(PG_FUNCTION_ARGS)
{
	Quantity	quantity = PG_GETARG_QUANTITY(0);
	Quantity	cancelled = PG_GETARG_QUANTITY(1);
	Quantity	allocated = PG_GETARG_QUANTITY(2);
	Quantity	backordered = PG_GETARG_QUANTITY(3);
	Quantity	shipped = PG_GETARG_QUANTITY(4);
	Quantity	delivered = PG_GETARG_QUANTITY(5);
	Quantity	returned = PG_GETARG_QUANTITY(6);

	PG_RETURN_BOOL(quantity > 0 && cancelled >= 0 && allocated >= 0 &&
				   backordered >= 0 && returned >= 0 &&
				   returned <= delivered && delivered <= shipped &&
				   shipped <= QuantityAdd(allocated, backordered) &&
				   QuantityAdd(allocated, backordered) <=
				   QuantitySubtract(quantity, cancelled));
}
