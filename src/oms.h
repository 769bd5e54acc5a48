/*
 * oms.h
 *		What the files of the extension share, grouped by the file that owns it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_H
#define OMS_H

#include "postgres.h"

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "nodes/pg_list.h"
#include "utils/numeric.h"

#include "compat.h"
#include "error.h"

/*
 * decimal.c: an int64 that counts units of 10^-scale
 */
typedef enum DecimalFault
{
	DECIMAL_OK,
	DECIMAL_SYNTAX,				/* not a number */
	DECIMAL_NOT_FINITE,			/* NaN or infinity */
	DECIMAL_TOO_FINE,			/* more decimals than the scale */
	DECIMAL_RANGE,				/* too large */
	DECIMAL_UNKNOWN_CURRENCY,
	DECIMAL_OTHER_CURRENCY
} DecimalFault;

extern const char *DecimalFaultText(DecimalFault fault);
extern DecimalFault DecimalParse(const char **pos, const char *end, int scale,
								 bool round, int64 *value);
extern DecimalFault DecimalFromNumeric(Numeric number, int scale, bool round,
									   int64 *value);
extern Numeric DecimalToNumeric(int64 value, int scale);
extern char *DecimalPrint(char *buffer, int64 value, int scale, bool trim);
extern int128 DivideRounded(int128 dividend, int128 divisor);
extern Numeric NumericDivideRounded(Numeric dividend, Numeric divisor);

/*
 * currency.c: currencies by number, which is ISO 4217's but for XCG
 */
#define CURRENCY_LIMIT		1024	/* numbers are 1 to 1023 */

extern int	CurrencyFromCode(const char *code, int len);
extern int	CurrencyFromText(const text *code);
extern const char *CurrencyCode(int currency);
extern int	CurrencyMinorUnits(int currency);

/*
 * quantity.c: counts of millionths, INT64_MIN excluded
 */
typedef int64 Quantity;

#define QUANTITY_SCALE		INT64CONST(1000000)
#define QUANTITY_DECIMALS	6
#define QUANTITY_MAX		PG_INT64_MAX

#define DatumGetQuantity(X)		((Quantity) DatumGetInt64(X))
#define QuantityGetDatum(X)		Int64GetDatum((int64) (X))
#define PG_GETARG_QUANTITY(n)	DatumGetQuantity(PG_GETARG_DATUM(n))
#define PG_RETURN_QUANTITY(x)	return QuantityGetDatum(x)

extern Quantity QuantityMake(int128 count);
extern bool QuantityParse(const char *str, int len, Quantity *result,
						  const char **fault);
extern bool QuantityParseNumeric(Numeric number, Quantity *result,
								 const char **fault);
extern Quantity QuantityFromNumeric(Numeric number);
extern Quantity QuantityFromInt64(int64 whole);
extern Numeric QuantityToNumeric(Quantity quantity);
extern char *QuantityToString(Quantity quantity);
extern Quantity QuantityAdd(Quantity a, Quantity b);
extern Quantity QuantitySubtract(Quantity a, Quantity b);
extern int	QuantityDecimals(Quantity quantity);

/*
 * amount.c: the currency's number less 512 in the high 10 bits, 2^53 plus the
 * count of minor units below, so that the int64 sorts by currency, then count
 */
typedef int64 Amount;

#define AMOUNT_MINOR_BITS	54
#define AMOUNT_MINOR_BIAS	(INT64CONST(1) << (AMOUNT_MINOR_BITS - 1))
#define AMOUNT_MINOR_MASK	((INT64CONST(1) << AMOUNT_MINOR_BITS) - 1)
#define AMOUNT_MINOR_MAX	(AMOUNT_MINOR_BIAS - 1)

#define DatumGetAmount(X)		((Amount) DatumGetInt64(X))
#define AmountGetDatum(X)		Int64GetDatum((int64) (X))
#define PG_GETARG_AMOUNT(n)		DatumGetAmount(PG_GETARG_DATUM(n))
#define PG_RETURN_AMOUNT(x)		return AmountGetDatum(x)

/* AmountCurrency tells the number of the currency. */
static inline int
AmountCurrency(Amount amount)
{
	return (int) ((uint64) amount >> AMOUNT_MINOR_BITS) ^ 512;
}

/* AmountMinor tells the signed count of minor units. */
static inline int64
AmountMinor(Amount amount)
{
	return (amount & AMOUNT_MINOR_MASK) - AMOUNT_MINOR_BIAS;
}

extern Amount AmountMake(int currency, int64 minor);
extern Amount AmountMakeWide(int currency, int128 minor);
extern void RequireSameCurrency(Amount a, Amount b);
extern Amount AmountAdd(Amount a, Amount b);
extern Amount AmountSub(Amount a, Amount b);
extern Amount AmountNegate(Amount amount);
extern Amount AmountMultiplyQuantity(Amount amount, Quantity quantity);
extern Amount AmountMultiplyNumeric(Amount amount, Numeric factor);
extern Amount AmountDivideNumeric(Amount amount, Numeric divisor);
extern Amount AmountPrice(Numeric unit_price, Quantity quantity, int currency);
extern Amount AmountFromNumeric(Numeric number, int currency);
extern Numeric AmountToNumeric(Amount amount);

/* amount_io.c */
extern bool AmountParse(const char *str, int len, int currency,
						Amount *result, const char **fault);
extern bool AmountParseNumeric(Numeric number, int currency, Amount *result,
							   const char **fault);
extern char *AmountToString(Amount amount);

/* guc.c */
extern void GucInit(void);
extern TimestampTz PresentTime(void);

/* script.c */
extern List *ListScripts(const char *prefix);
extern void RunScript(const char *file, Oid owner,
					  const char *const pairs[][2], int npairs);

/* store.c */
extern void RequireStore(void);

/* status_machines.c */

/* A status is one byte: machine in the high 3 bits, state in the low 5 */
typedef uint8 Status;

#define STATUS_STATE_BITS		5
#define STATUS_STATES			(1 << STATUS_STATE_BITS)
#define STATUS(machine, state)	((machine) << STATUS_STATE_BITS | (state))
#define StatusMachineOf(status) ((status) >> STATUS_STATE_BITS)
#define StatusStateOf(status)	((status) & (STATUS_STATES - 1))

/* A Datum as the heap gives it back, where a byte is a signed char */
#define StatusGetDatum(status)	CharGetDatum((char) (status))
#define DatumGetStatus(datum)	((Status) DatumGetChar(datum))
#define PG_GETARG_STATUS(n)		DatumGetStatus(PG_GETARG_DATUM(n))
#define PG_RETURN_STATUS(x)		return StatusGetDatum(x)

/* 0 is no machine, so that a zeroed status is none */
typedef enum
{
	MACHINE_ORDER = 1,
	MACHINE_FULFILLMENT,
	MACHINE_PAYMENT,
	MACHINE_RETURN,
	MACHINE_RESERVATION,
	MACHINE_PURCHASE_ORDER,
	MACHINE_END
} Machine;

/*
 * States stand in lifecycle order, which is the order of the btree. Every
 * other number is free, so that a later version can put a state between two.
 */
enum
{
	ORDER_DRAFT = STATUS(MACHINE_ORDER, 0),
	ORDER_PLACED = STATUS(MACHINE_ORDER, 2),
	ORDER_HELD = STATUS(MACHINE_ORDER, 4),
	ORDER_CONFIRMED = STATUS(MACHINE_ORDER, 6),
	ORDER_IN_FULFILLMENT = STATUS(MACHINE_ORDER, 8),
	ORDER_PARTIALLY_SHIPPED = STATUS(MACHINE_ORDER, 10),
	ORDER_SHIPPED = STATUS(MACHINE_ORDER, 12),
	ORDER_DELIVERED = STATUS(MACHINE_ORDER, 14),
	ORDER_COMPLETED = STATUS(MACHINE_ORDER, 16),
	ORDER_CANCELLED = STATUS(MACHINE_ORDER, 18)
};

enum
{
	FULFILLMENT_PLANNED = STATUS(MACHINE_FULFILLMENT, 0),
	FULFILLMENT_RELEASED = STATUS(MACHINE_FULFILLMENT, 2),
	FULFILLMENT_PICKING = STATUS(MACHINE_FULFILLMENT, 4),
	FULFILLMENT_PACKED = STATUS(MACHINE_FULFILLMENT, 6),
	FULFILLMENT_READY_FOR_PICKUP = STATUS(MACHINE_FULFILLMENT, 8),
	FULFILLMENT_SHIPPED = STATUS(MACHINE_FULFILLMENT, 10),
	FULFILLMENT_DELIVERED = STATUS(MACHINE_FULFILLMENT, 12),
	FULFILLMENT_PICKED_UP = STATUS(MACHINE_FULFILLMENT, 14),
	FULFILLMENT_CANCELLED = STATUS(MACHINE_FULFILLMENT, 16),
	FULFILLMENT_REJECTED = STATUS(MACHINE_FULFILLMENT, 18),
	FULFILLMENT_LOST = STATUS(MACHINE_FULFILLMENT, 20),
	FULFILLMENT_RETURNED_TO_SENDER = STATUS(MACHINE_FULFILLMENT, 22)
};

enum
{
	PAYMENT_PENDING = STATUS(MACHINE_PAYMENT, 0),
	PAYMENT_AUTHORIZED = STATUS(MACHINE_PAYMENT, 2),
	PAYMENT_PARTIALLY_CAPTURED = STATUS(MACHINE_PAYMENT, 4),
	PAYMENT_CAPTURED = STATUS(MACHINE_PAYMENT, 6),
	PAYMENT_PARTIALLY_REFUNDED = STATUS(MACHINE_PAYMENT, 8),
	PAYMENT_REFUNDED = STATUS(MACHINE_PAYMENT, 10),
	PAYMENT_FAILED = STATUS(MACHINE_PAYMENT, 12),
	PAYMENT_VOIDED = STATUS(MACHINE_PAYMENT, 14),
	PAYMENT_EXPIRED = STATUS(MACHINE_PAYMENT, 16)
};

enum
{
	RETURN_REQUESTED = STATUS(MACHINE_RETURN, 0),
	RETURN_APPROVED = STATUS(MACHINE_RETURN, 2),
	RETURN_IN_TRANSIT = STATUS(MACHINE_RETURN, 4),
	RETURN_RECEIVED = STATUS(MACHINE_RETURN, 6),
	RETURN_INSPECTED = STATUS(MACHINE_RETURN, 8),
	RETURN_COMPLETED = STATUS(MACHINE_RETURN, 10),
	RETURN_REJECTED = STATUS(MACHINE_RETURN, 12),
	RETURN_CANCELLED = STATUS(MACHINE_RETURN, 14)
};

enum
{
	RESERVATION_ACTIVE = STATUS(MACHINE_RESERVATION, 0),
	RESERVATION_CONSUMED = STATUS(MACHINE_RESERVATION, 2),
	RESERVATION_RELEASED = STATUS(MACHINE_RESERVATION, 4),
	RESERVATION_EXPIRED = STATUS(MACHINE_RESERVATION, 6)
};

enum
{
	PURCHASE_ORDER_DRAFT = STATUS(MACHINE_PURCHASE_ORDER, 0),
	PURCHASE_ORDER_SENT = STATUS(MACHINE_PURCHASE_ORDER, 2),
	PURCHASE_ORDER_CONFIRMED = STATUS(MACHINE_PURCHASE_ORDER, 4),
	PURCHASE_ORDER_PARTIALLY_RECEIVED = STATUS(MACHINE_PURCHASE_ORDER, 6),
	PURCHASE_ORDER_RECEIVED = STATUS(MACHINE_PURCHASE_ORDER, 8),
	PURCHASE_ORDER_CLOSED = STATUS(MACHINE_PURCHASE_ORDER, 10),
	PURCHASE_ORDER_CANCELLED = STATUS(MACHINE_PURCHASE_ORDER, 12)
};

typedef struct StatusState
{
	const char *name;			/* NULL: a free number */
	bool		initial;		/* a row may be created in it */
	uint32		next;			/* bit set of the states that may follow */
} StatusState;

typedef struct StatusMachine
{
	const char *name;			/* order, purchase_order ... */
	StatusState states[STATUS_STATES];
} StatusMachine;

extern const StatusMachine StatusMachines[MACHINE_END];

/* status.c */
extern const char *StatusName(Status status);
extern bool StatusIsInitial(Status status);
extern bool StatusIsFinal(Status status);
extern bool StatusCanStep(Status from, Status to);
extern int	StatusPath(Status from, Status to, Status *path);
extern bool StatusFromText(Machine machine, const char *text, int length,
						   Status *status);
extern void StatusRefuse(Status from, Status to,
						 const char *subject) pg_attribute_noreturn();
extern void StatusRefuseInitial(Status status,
								const char *subject) pg_attribute_noreturn();

#endif							/* OMS_H */
