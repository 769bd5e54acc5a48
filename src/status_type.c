/*
 * status_type.c
 *		What makes the status types types: input and output, order and hash.
 *
 * Copyright (c) 2026, the oms contributors
 *
 * The value itself names its machine, so one set of functions serves all
 * types; only reading text needs to be told the machine.
 */
#include "oms.h"

#include "common/hashfn.h"
#include "libpq/pqformat.h"

/*
 * ReadStatus reads the name of a state, exactly as it is printed.
 */
static Status
ReadStatus(const char *type, Machine machine, const char *text)
{
	Status		status;

	if (!StatusFromText(machine, text, strlen(text), &status))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input value for type oms.%s: \"%s\"",
						type, text),
				 errhint("The states are %s.",
						 StatusList(machine, StatusSet(machine, false),
									false))));
	return status;
}

/*
 * ReceiveStatus reads the binary form, which is the name as for an enum.
 */
static Status
ReceiveStatus(const char *type, Machine machine, StringInfo message)
{
	int			length;
	char	   *text = pq_getmsgtext(message,
									 message->len - message->cursor, &length);

	return ReadStatus(type, machine, text);
}

/*
 * What each type has of its own: the input functions of text and binary form.
 */
#define STATUS_TYPE(type, machine) \
PG_FUNCTION_INFO_V1(oms_##type##_in); \
Datum \
oms_##type##_in(PG_FUNCTION_ARGS) \
{ \
	PG_RETURN_STATUS(ReadStatus(#type, machine, PG_GETARG_CSTRING(0))); \
} \
\
PG_FUNCTION_INFO_V1(oms_##type##_recv); \
Datum \
oms_##type##_recv(PG_FUNCTION_ARGS) \
{ \
	PG_RETURN_STATUS(ReceiveStatus(#type, machine, \
								   (StringInfo) PG_GETARG_POINTER(0))); \
} \
extern int	no_such_variable

STATUS_TYPE(order_status, MACHINE_ORDER);
STATUS_TYPE(fulfillment_status, MACHINE_FULFILLMENT);
STATUS_TYPE(payment_status, MACHINE_PAYMENT);
STATUS_TYPE(return_status, MACHINE_RETURN);
STATUS_TYPE(reservation_status, MACHINE_RESERVATION);
STATUS_TYPE(purchase_order_status, MACHINE_PURCHASE_ORDER);

/*
 * oms_status_out prints the name of the state.
 */
PG_FUNCTION_INFO_V1(oms_status_out);
Datum
oms_status_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(pstrdup(StatusName(PG_GETARG_STATUS(0))));
}

/*
 * oms_status_send sends the name of the state.
 */
PG_FUNCTION_INFO_V1(oms_status_send);
Datum
oms_status_send(PG_FUNCTION_ARGS)
{
	const char *name = StatusName(PG_GETARG_STATUS(0));
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendtext(&message, name, strlen(name));
	PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

/*
 * Compares for the operators and the btree class, in lifecycle order.
 */
#define STATUS_COMPARISON(name, operator) \
PG_FUNCTION_INFO_V1(oms_status_##name); \
Datum \
oms_status_##name(PG_FUNCTION_ARGS) \
{ \
	PG_RETURN_BOOL(PG_GETARG_STATUS(0) operator PG_GETARG_STATUS(1)); \
} \
extern int	no_such_variable

STATUS_COMPARISON(lt, <);
STATUS_COMPARISON(le, <=);
STATUS_COMPARISON(eq, ==);
STATUS_COMPARISON(ne, !=);
STATUS_COMPARISON(ge, >=);
STATUS_COMPARISON(gt, >);

/*
 * oms_status_cmp compares for the btree class: negative, 0 or positive.
 */
PG_FUNCTION_INFO_V1(oms_status_cmp);
Datum
oms_status_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32((int32) PG_GETARG_STATUS(0) - (int32) PG_GETARG_STATUS(1));
}

/*
 * oms_status_larger returns the later of two states, for the aggregate max.
 */
PG_FUNCTION_INFO_V1(oms_status_larger);
Datum
oms_status_larger(PG_FUNCTION_ARGS)
{
	PG_RETURN_STATUS(Max(PG_GETARG_STATUS(0), PG_GETARG_STATUS(1)));
}

/*
 * oms_status_smaller returns the earlier of two states, for the aggregate min.
 */
PG_FUNCTION_INFO_V1(oms_status_smaller);
Datum
oms_status_smaller(PG_FUNCTION_ARGS)
{
	PG_RETURN_STATUS(Min(PG_GETARG_STATUS(0), PG_GETARG_STATUS(1)));
}

/*
 * oms_status_hash hashes for the hash class.
 */
PG_FUNCTION_INFO_V1(oms_status_hash);
Datum
oms_status_hash(PG_FUNCTION_ARGS)
{
	return hash_uint32(PG_GETARG_STATUS(0));
}

/*
 * oms_status_hash_extended hashes with a seed, for hash partitioning.
 */
PG_FUNCTION_INFO_V1(oms_status_hash_extended);
Datum
oms_status_hash_extended(PG_FUNCTION_ARGS)
{
	return hash_uint32_extended(PG_GETARG_STATUS(0), PG_GETARG_INT64(1));
}
