/*
 * payment_method.c
 *		The methods of payment that have a meaning; any other is like a card.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "payment.h"

typedef struct PaymentMethod
{
	const char *name;
	bool		granted;		/* by the shop itself, as soon as it is told of */
	bool		collected;		/* paid later, not when goods leave */
	bool		internal;		/* value that the store itself keeps */
} PaymentMethod;

static const PaymentMethod payment_methods[] = {
	{"cash_on_delivery", true, true, false},
	{METHOD_TERMS, true, true, false},
	{METHOD_GIFT_CARD, true, false, true},
	{METHOD_STORE_CREDIT, true, false, true},
	{METHOD_EXCHANGE, false, true, true}
};

/*
 * FindMethod is what is known of a method, NULL if it has no meaning.
 */
static const PaymentMethod *
FindMethod(const char *name)
{
	for (int i = 0; i < lengthof(payment_methods); i++)
		if (strcmp(payment_methods[i].name, name) == 0)
			return &payment_methods[i];
	return NULL;
}

/*
 * MethodFirstStatus is the status of a new payment: as its document says, else
 * authorized if the shop grants the method itself, else pending.  given may be
 * NULL and is a word of the document.
 */
Status
MethodFirstStatus(const char *method, const char *given)
{
	const PaymentMethod *known = FindMethod(method);
	Status		status = known != NULL && known->granted
		? PAYMENT_AUTHORIZED : PAYMENT_PENDING;

	if (given != NULL)
		StatusFromText(MACHINE_PAYMENT, given, strlen(given), &status);
	return status;
}

/*
 * MethodIsTerms tells whether the customer pays a bill later, so that the
 * payment counts against the credit limit.
 */
bool
MethodIsTerms(const char *method)
{
	return strcmp(method, METHOD_TERMS) == 0;
}

/*
 * MethodIsStored tells whether a method takes from an account of gift cards and
 * store credit.
 */
bool
MethodIsStored(const char *method)
{
	return strcmp(method, METHOD_GIFT_CARD) == 0 ||
		strcmp(method, METHOD_STORE_CREDIT) == 0;
}

/*
 * MethodIsCollected tells whether money of a method comes in later than goods
 * leave, so that their leaving captures nothing.
 */
bool
MethodIsCollected(const char *method)
{
	const PaymentMethod *known = FindMethod(method);

	return known != NULL && known->collected;
}

/*
 * MethodIsInternal tells whether a method's value is kept by the store itself,
 * so that there is no provider to ask.
 */
bool
MethodIsInternal(const char *method)
{
	const PaymentMethod *known = FindMethod(method);

	return known != NULL && known->internal;
}

/*
 * MethodIsExchange tells whether a payment is the credit of a return, which
 * moves when that is completed and by nobody's word.
 */
bool
MethodIsExchange(const char *method)
{
	return strcmp(method, METHOD_EXCHANGE) == 0;
}
