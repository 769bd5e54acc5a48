/*
 * payment.h
 *		Payments of orders, grouped by the file that owns it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_PAYMENT_H
#define OMS_PAYMENT_H

#include "order.h"

/* payment_method.c */

#define METHOD_TERMS	"terms"
#define METHOD_EXCHANGE	"exchange"	/* of a return of another order */
#define METHOD_GIFT_CARD	"gift_card"
#define METHOD_STORE_CREDIT	"store_credit"

extern Status MethodFirstStatus(const char *method, const char *given);
extern bool MethodIsTerms(const char *method);
extern bool MethodIsStored(const char *method);
extern bool MethodIsCollected(const char *method);
extern bool MethodIsInternal(const char *method);
extern bool MethodIsExchange(const char *method);

/* payment_row.c */

/* A payment with its sums, each at most the one before */
typedef struct Payment
{
	int64		order_id;
	int			payment_no;
	Status		status;
	Amount		amount;			/* asked for */
	Amount		authorized;
	Amount		captured;
	Amount		refunded;
	char	   *method;
	char	   *provider;		/* may be NULL */
	char	   *reference;		/* may be NULL */
	TimestampTz expires_at;		/* DT_NOEND: never */
	int64		account_id;		/* of stored value, 0 for none */
	int64		charged_back;	/* minor units; see PaymentsChargedBack() */
} Payment;

extern char *PaymentName(const Payment *payment);
extern bool PaymentIsOver(const Payment *payment);
extern int	PaymentsRead(int64 order_id, Payment **payments);
extern int	PaymentsReadForRefund(int64 order_id, Payment **payments);
extern Payment PaymentLock(int64 order_id, int payment_no);
extern void PaymentWrite(const Payment *payment);

/* payment_request.c */

/* What a provider can be asked for, in this order of payment_request.c */
typedef enum PaymentAction
{
	ACTION_AUTHORIZE,
	ACTION_CAPTURE,
	ACTION_VOID,
	ACTION_REFUND
} PaymentAction;

#define PAYMENT_ACTIONS		4

/* What a provider was asked for */
typedef struct PaymentRequest
{
	int			request_no;		/* 0: none */
	PaymentAction action;
	Amount		amount;
	char	   *status;
	int			refund_no;		/* 0 but for a refund */
} PaymentRequest;

/* Statuses of oms.payment_requests */
#define REQUEST_OPEN		"requested"
#define REQUEST_SUCCEEDED	"succeeded"
#define REQUEST_FAILED		"failed"

extern const char *PaymentActionName(PaymentAction action);
extern bool PaymentActionFind(const char *name, PaymentAction *action);
extern void PaymentRequireProvider(const Payment *payment);
extern char *RequestKey(const Payment *payment, int request_no);
extern int	RequestInsert(const Payment *payment, PaymentAction action,
						  Amount amount, int refund_no, const char *status,
						  const char *message);
extern int	RequestMake(const Payment *payment, PaymentAction action,
						Amount amount, int refund_no);
extern bool RequestFind(const Payment *payment, PaymentAction action,
						int request_no, int refund_no, const Amount *amount,
						PaymentRequest *request);
extern void RequestClose(const Payment *payment, const PaymentRequest *request,
						 const char *status, const char *message);

/* payment_left.c */

extern void RequirePositive(Amount amount);
extern Amount PaymentCapturable(const Payment *payment);
extern Amount PaymentLeft(const Payment *payment, PaymentAction action,
						  Amount *requested);
extern Amount PaymentAsked(FunctionCallInfo fcinfo, int argument,
						   const Payment *payment, PaymentAction action);

/* payment_confirm.c */

extern bool PaymentConfirm(const Payment *payment, const char *kind,
						   const Amount *amount, int *refund_no,
						   const char *reference, TimestampTz at);
extern bool PaymentUnconfirmed(const Payment *payment, const char *kind,
							   const Amount *amount, int *refund_no,
							   Amount *found);
extern bool RefundFollow(int64 order_id, int refund_no);

/* payment.c */

extern void PaymentAuthorize(Payment *payment, Amount amount);
extern void PaymentCapture(Payment *payment, Amount amount);

/* payment_add.c */

/* The unique key of a provider's own key, as ON CONFLICT names it */
#define PAYMENTS_REFERENCE_KEY \
	"(provider, reference) WHERE reference IS NOT NULL AND status OPERATOR(oms.<>) 'failed'::oms.payment_status"

/* Fault of a payment by exchange */
#define MADE_BY_RETURN \
	"must not be exchange, which only oms.exchange_return() makes"

/* Fault of a payment on terms */
#define NO_TERMS \
	"must not be terms for a customer without payment_terms_days"

extern bool PaymentInsert(Payment *payment, Jsonb *metadata);
extern void PaymentAdded(const Payment *payment);
pg_noreturn extern void PaymentRefuseReference(const char *provider,
											   const char *reference);

/* chargeback.c */

extern void PaymentsChargedBack(int64 order_id, Payment *payments, int n);

/* payment_refund.c */

/* Where the money of a refund goes */
#define REFUND_ORIGINAL			"original"	/* as it was paid */
#define REFUND_STORE_CREDIT		"store_credit"

extern int	RefundInsert(int64 order_id, Amount amount,
						 const char *destination, const char *reason,
						 const char *reference);
extern int	RefundTo(int64 order_id, Amount amount, const char *destination,
					 const char *reason, const char *reference);
extern int	RefundOrder(int64 order_id, Amount amount, const char *reason,
						const char *reference);
extern int	RefundPayment(Payment *payment, Amount amount, const char *reason,
						  const char *reference, bool ask);

/* payment_answer.c */

/* What a provider says of a transaction */
typedef struct PaymentAnswer
{
	char	   *provider;
	char	   *reference;		/* the provider's own key */
	char	   *status;			/* pending, failed or succeeded */
	PaymentAction action;
	bool		has_amount;
	Amount		amount;
	int			request_no;		/* 0: it names none */
	int			refund_no;		/* 0: it names none */
	char	   *message;		/* may be NULL */
	TimestampTz occurred_at;
	TimestampTz expires_at;		/* DT_NOEND: it says none */
	int			booked_payment_no;	/* that was made for it, 0 for none */
} PaymentAnswer;

extern Status AnswerSucceeded(PaymentAnswer *answer, Payment *payment);
extern Status AnswerFailed(PaymentAnswer *answer, Payment *payment);

/* payment_late.c */

extern void LateMoney(PaymentAnswer *answer, const Payment *payment,
					  Amount amount);
extern void LateAuthorization(PaymentAnswer *answer, const Payment *payment,
							  Amount amount);

/* payment_post.c */

extern void PaymentPost(const Payment *before, const Payment *after);
extern void DraftPaymentsPost(int64 order_id, const OrderDraft *draft);

/* payment_sums.c */

extern Amount OrderTotal(int64 order_id);
extern int	OrderCurrency(int64 order_id);
extern void PaymentDerive(Payment *payment, Status from);
extern void PaymentRecord(const Payment *before, const Payment *after);
extern Jsonb *PaymentStepData(const Payment *before, const Payment *after,
							  const char *reason);
extern void PaymentsOfTrigger(struct TriggerData *trigger, Payment *before,
							  Payment *after);

#endif							/* OMS_PAYMENT_H */
