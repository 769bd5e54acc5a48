/*
 * stored_value.h
 *		Gift cards and store credit, grouped by the file that owns it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_STORED_VALUE_H
#define OMS_STORED_VALUE_H

#include "ledger.h"
#include "payment.h"

/* stored_value.c */

/* An account: a gift card, or a customer's store credit in a currency */
typedef struct StoredValue
{
	int64		account_id;
	bool		card;
	char	   *owner;			/* end of the code, or who the customer is */
	Amount		balance;
	Amount		held;			/* of it, by payments that are authorized */
	Amount		available;		/* neither held nor expired */
	bool		active;
	int64		sold_on;		/* order that sold the card, 0 for none */
	DateADT		card_until;		/* last day that a card was made with;
								 * DATEVAL_NOEND: none */
} StoredValue;

/* What is done to an account */
typedef struct ValueStep
{
	StoredValue *value;
	const char *kind;			/* of the entry */
	int64		minor;			/* added to the balance, 0: no entry */
	int64		held;			/* added to what is held */
	DateADT		expires_on;		/* of what is added; DATEVAL_NOEND: never */
	int64		order_id;		/* these may be 0 */
	int			payment_no;
	int			refund_no;
	const char *reason;			/* may be NULL */
} ValueStep;

extern char *StoredValueName(const StoredValue *value);
extern int	StoredValueCurrency(const StoredValue *value);
extern int	StoredValuesRead(const int64 *account_ids, int n,
							 StoredValue **values);
extern int	StoredValuesLock(const int64 *account_ids, int n,
							 StoredValue **values);
extern void StoredValuesLockOrders(const int64 *order_ids, int n);
extern int	StoredValuesLockOrder(int64 order_id, int64 other,
								  StoredValue **values);
extern int	StoredValuesExpire(StoredValue *values, int n);
extern DateADT StoredValueDay(DateADT expires_on);
extern void StoredValuesApply(const ValueStep *steps, int n);
extern const char *StoredValueSource(const StoredValue *value);
extern void StoredValuePost(const StoredValue *value, int64 minor,
							const char *against);

/* stored_value_credit.c */

extern int64 CustomerRequire(const char *customer);
extern int64 CreditFind(int64 customer_id, int currency);
extern int64 CreditAccount(int64 customer_id, int currency);
extern int	StoreCreditRefund(int64 order_id, Amount amount,
							  const char *reason, const char *reference);

/* stored_value_card.c */

extern Amount StoredValueAdjust(StoredValue *value, Amount amount,
								const char *reason);
extern int64 CardRequire(const char *code);
extern void StoredValueActivate(const StoredValue *value, bool active);

/* stored_value_payment.c */

/* What messages say */
#define NO_SUCH_CARD	"no gift card has this code"
#define NOT_ENOUGH		"gift card or store credit does not suffice"
#define ASK_BALANCE		"Ask for what can be spent with oms.gift_card_balance() or store_credit_balance()."

extern void StoredValueResolve(OrderDraft *draft);
extern void StoredValueRequire(const OrderDraft *draft, bool enough);
extern void StoredValueTake(int64 order_id, const OrderDraft *draft);
extern void StoredValueFind(Payment *payment, Faults *faults);
extern void StoredValueRelease(int64 order_id);
extern void StoredValueFollow(const Payment *before, const Payment *after);

#endif							/* OMS_STORED_VALUE_H */
