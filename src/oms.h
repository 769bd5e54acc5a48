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
#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "utils/date.h"
#include "utils/jsonb.h"
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
extern Amount AmountFromMinorNumeric(Numeric minor, int currency);
extern Numeric AmountToNumeric(Amount amount);

/* convert.c */
extern Amount AmountConvert(Amount amount, int currency, Numeric numerator,
							Numeric denominator);

/* allocate.c */
extern void AmountAllocate(Amount whole, const int64 *weights, int count,
						   Amount *result);

/* amount_io.c */
extern bool AmountParse(const char *str, int len, int currency,
						Amount *result, const char **fault);
extern bool AmountParseNumeric(Numeric number, int currency, Amount *result,
							   const char **fault);
extern char *AmountToString(Amount amount);

/* guc.c */
extern void GucInit(void);
extern void PlanSizeInit(void);
extern TimestampTz PresentTime(void);
extern DateADT PresentDay(void);

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
extern char *StatusList(Machine machine, uint32 set, bool quoted);
extern uint32 StatusSet(Machine machine, bool initial_only);
pg_noreturn extern void StatusRefuse(Status from, Status to,
									 const char *subject);
pg_noreturn extern void StatusRefuseInitial(Status status,
											const char *subject);

/* domain.c */
extern PGDLLEXPORT Datum oms_is_gtin(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum oms_is_country(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum oms_is_language(PG_FUNCTION_ARGS);

/* document.c */

/* What the value of a key must be */
typedef enum DocKind
{
	DOC_TEXT,					/* max: characters */
	DOC_CODE,					/* 1 to 100 printable characters */
	DOC_EMAIL,
	DOC_GTIN,
	DOC_CATEGORY,				/* path of an ltree */
	DOC_WORD,					/* one of words */
	DOC_CURRENCY,
	DOC_COUNTRY,
	DOC_LANGUAGE,
	DOC_TIME_ZONE,
	DOC_TIMESTAMP,
	DOC_DATE,
	DOC_TIME,
	DOC_BOOL,
	DOC_INTEGER,				/* min to max */
	DOC_DECIMAL,				/* min to max, number or string as all below */
	DOC_QUANTITY,
	DOC_MONEY,					/* in the document's currency */
	DOC_UNIT_PRICE,				/* the same with up to 6 decimals */
	DOC_LATITUDE,
	DOC_LONGITUDE,
	DOC_AMOUNT,					/* 12.50 EUR */
	DOC_PRICE,					/* 0.0425 EUR */
	DOC_FREE,					/* any object */
	DOC_OBJECT,					/* shape */
	DOC_ARRAY,					/* of element; min to max elements */
	DOC_MAP						/* any keys, each of element; max keys */
} DocKind;

/* Flags of a key */
#define DOC_REQUIRED	0x01
#define DOC_NULL		0x02	/* may be null, which means none */
#define DOC_BLANK		0x04	/* text may be blank, which means none */
#define DOC_POSITIVE	0x08	/* number must be greater than min */

/* Elements of an array and keys of a map, unless the field says another max */
#define DOC_ARRAY_MAX	500
#define DOC_MAP_MAX		100
#define DOC_CODE_MAX	100		/* characters of a code */
#define POSTCODE_CHARS_MAX	20	/* of a postcode that rates are found by */
#define ORDER_LINES_MAX	2000	/* wholesale orders have hundreds */

typedef struct DocField
{
	const char *key;
	DocKind		kind;
	int			flags;
	int64		min;			/* if both are 0, the bounds of the kind */
	int64		max;
	const struct DocShape *shape;
	const struct DocField *element;
	const char *const *words;	/* ends with NULL */
} DocField;

typedef struct Faults
{
	StringInfoData text;		/* a line per fault: path, colon, reason */
	int			count;
} Faults;

/* An object: its keys, of which the last has key NULL, and what joins them */
typedef struct DocShape
{
	const DocField *fields;
	const char *(*check) (JsonbContainer *object);	/* reason, or NULL */
} DocShape;

/* A document that a function takes */
typedef struct Document
{
	const char *kind;			/* order_edit, for check_document */
	const char *name;			/* order edit, for messages */
	DocField	root;
	bool		import;			/* rows by the thousand, and may be larger */
} Document;

extern void FaultsInit(Faults *faults);
extern void FaultAdd(Faults *faults, const char *path,
					 const char *format,...) pg_attribute_printf(3, 4);
extern char *FaultsText(Faults *faults);
extern void FaultsRaise(Faults *faults, const char *name);
extern void DocumentCheck(Jsonb *document, const Document *kind,
						  Faults *faults);
extern JsonbContainer *DocumentRequire(Jsonb *document, const Document *kind);
extern const Document *DocumentFind(const char *kind);

/* document_value.c */
extern char *DocValueFault(const DocField *field, const JsonbValue *value);
extern char *DocShow(const JsonbValue *value);
extern char *DocUnfit(const char *rule, const JsonbValue *value);

/* document_number.c */
extern char *DocNumberFault(const DocField *field, const JsonbValue *value);
extern void DocBounds(const DocField *field, int64 *min, int64 *max);
extern DecimalFault DocReadDecimal(const JsonbValue *value, int scale,
								   bool round, int64 *units);
extern bool DocReadPrice(const char *text, int length, JsonbValue *number,
						 int *currency);

/* document_time.c */
extern bool IsoTimestamp(const char *text, int length, TimestampTz *timestamp);
extern bool IsoDate(const char *text, int length, DateADT *date);
extern bool IsoTime(const char *text, int length);

/* document_read.c: of a checked document, where null and blank are absent */
extern bool DocFind(JsonbContainer *object, const char *key,
					JsonbValue *value);
extern bool DocHas(JsonbContainer *object, const char *key);
extern char *DocText(JsonbContainer *object, const char *key);
extern bool DocBool(JsonbContainer *object, const char *key, bool absent);
extern int32 DocInteger(JsonbContainer *object, const char *key, int32 absent);
extern Numeric DocNumeric(JsonbContainer *object, const char *key);
extern double DocDouble(JsonbContainer *object, const char *key);
extern bool DocQuantity(JsonbContainer *object, const char *key,
						Quantity *quantity);
extern bool DocTimestamp(JsonbContainer *object, const char *key,
						 TimestampTz *timestamp);
extern bool DocDate(JsonbContainer *object, const char *key, DateADT *date);
extern Numeric DocPrice(JsonbContainer *object, const char *key,
						int *currency);
extern Jsonb *DocJsonb(JsonbContainer *object, const char *key);
extern JsonbContainer *DocObject(JsonbContainer *object, const char *key);
extern JsonbContainer *DocArray(JsonbContainer *object, const char *key);
extern int	DocCount(JsonbContainer *array);
extern JsonbContainer *DocItem(JsonbContainer *array, int index);
extern int64 DocHash(Jsonb *document);

/* document_payment.c */
extern const Document PaymentResultDocument;

/* document_purchasing.c */
extern const Document SupplierDocument;
extern const Document PurchaseOrderDocument;
extern const Document ConfirmationLinesDocument;
extern const Document ReceiptLinesDocument;
extern const Document BillDocument;

/* document_return.c */
extern const Document ReturnReasonDocument;
extern const Document ReturnPolicyDocument;
extern const Document ReturnLabelDocument;
extern const Document ReturnLinesDocument;
extern const Document InspectionLinesDocument;

/* document_stored_value.c */
extern const Document GiftCardDocument;

/* document_shapes.c */
extern const Document ChannelDocument;
extern const Document LocationDocument;
extern const Document ProductDocument;
extern const Document SkuDocument;
extern const Document PriceDocument;
extern const Document StockBufferDocument;
extern const Document CustomerDocument;
extern const Document ShippingServiceDocument;
extern const Document TaxRateDocument;
extern const Document TaxRatesDocument;
extern const Document FxRatesDocument;
extern const Document OrderDocument;
extern const Document OrderEditDocument;
extern const Document PaymentDocument;
extern const Document FulfillmentOptionsDocument;
extern const Document PackagesDocument;
extern const Document TrackingDocument;
extern const Document CancelLinesDocument;
extern const Document RoutingRuleDocument;
extern const Document ReplenishmentPolicyDocument;
extern const Document RouteLinesDocument;
extern const Document RouteOptionsDocument;
extern const Document SettlementLinesDocument;
extern const Document ChargebackDocument;

/* document_invoice.c */
extern const Document InvoiceSeriesDocument;
extern const Document DunningLevelDocument;

#endif							/* OMS_H */
