/*
 * stored_value_card.c
 *		Gift cards: issued, adjusted, cancelled, asked for.
 *
 * The code of a card is a secret: who knows it can spend what is on the card.
 * It stands in the card's own row and nowhere else: answers of commands,
 * payments and events name the account, and the end of the code.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stored_value.h"

#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

/* A code of ours is this many groups of this many characters */
#define CODE_GROUPS		4
#define CODE_GROUP		4

/* Fewest characters of a code, not counting what parts it into groups */
#define CODE_CHARS_MIN	8

/* The document of a gift card, read and resolved */
typedef struct CardDraft
{
	char	   *code;
	Amount		amount;
	bool		expires;
	DateADT		expires_on;
	int64		customer_id;	/* 0: none */
	int64		order_id;		/* 0: given away */
	int			line_no;
	char	   *reason;			/* may be NULL */
	Jsonb	   *metadata;		/* may be NULL */
} CardDraft;

/*
 * RandomCode makes a code that nobody can guess: 80 bits, in letters and
 * digits that are not taken for each other.
 */
static char *
RandomCode(void)
{
	static const char letters[33] = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
	uint8		bytes[CODE_GROUPS * CODE_GROUP];
	char	   *code = palloc(CODE_GROUPS * (CODE_GROUP + 1));
	char	   *next = code;

	if (!pg_strong_random(bytes, sizeof(bytes)))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not make a random code")));
	for (int i = 0; i < sizeof(bytes); i++)
	{
		if (i > 0 && i % CODE_GROUP == 0)
			*next++ = '-';
		*next++ = letters[bytes[i] % 32];
	}
	*next = '\0';
	return code;
}

/*
 * CodeLength counts the characters of a code that tell it from others.
 */
static int
CodeLength(const char *code)
{
	int			length = 0;

	for (; *code != '\0'; code += pg_mblen(code))
		if (*code != ' ' && *code != '-')
			length++;
	return length;
}

/*
 * RequireSoldOn adds faults of the order and line that a card was sold on, and
 * locks the order.  Raises OM005 and OM006.
 */
static void
RequireSoldOn(const CardDraft *draft, Faults *faults)
{
	static SavedPlan find = {
		"bigint, integer",
		"SELECT FROM oms.order_lines WHERE order_id = $1 AND line_no = $2"
	};
	Datum		values[2] = {Int64GetDatum(draft->order_id),
	Int32GetDatum(draft->line_no)};

	OrderLock(draft->order_id);
	RequireSameCurrency(draft->amount,
						AmountMake(OrderCurrency(draft->order_id), 0));
	if (PlanRun(&find, values, NULL, false) == 0)
		FaultAdd(faults, "$.line_no", "order " INT64_FORMAT " has no line %d",
				 draft->order_id, draft->line_no);
}

/*
 * RequireLeftOnLine raises OM008 if a card that was sold on a line would be
 * worth more than the line costs, discounts left out, less what its other
 * cards were made with.  Amounts are minor units; the order is locked.
 */
static void
RequireLeftOnLine(const CardDraft *draft)
{
	static SavedPlan find = {
		"bigint, integer",
		"SELECT oms.amount(l.unit_price * (l.quantity - l.cancelled)::numeric, oms.currency_of(l.total))"
		" - coalesce((SELECT oms.sum(e.amount)"
		" FROM oms.stored_value_accounts AS a JOIN oms.stored_value_entries AS e USING (account_id)"
		" WHERE a.order_id = l.order_id AND a.line_no = l.line_no AND e.kind IN ('issue', 'cancel')),"
		" oms.amount(0, oms.currency_of(l.total))) "
		"FROM oms.order_lines AS l WHERE l.order_id = $1 AND l.line_no = $2"
	};
	Datum		values[2] = {Int64GetDatum(draft->order_id),
	Int32GetDatum(draft->line_no)};
	Amount		left;

	PlanRun(&find, values, NULL, false);
	left = DatumGetAmount(RowDatum(0, 1, NULL));
	if (AmountMinor(draft->amount) > AmountMinor(left))
		ereport(ERROR,
				(errcode(ERRCODE_OMS_AMOUNT_EXCEEDED),
				 errmsg("gift card is worth more than is left of line %d of its order",
						draft->line_no),
				 errdetail("Asked for %s, left of what the line costs is %s.",
						   AmountToString(draft->amount), AmountToString(left)),
				 errhint("What is given beyond it is a present: issue a card of its own, without the order.")));
}

/*
 * CardDraftRead reads the document of a gift card.  Raises OM007 with all its
 * faults, OM006 for a customer or an order that doesn't exist, OM005, OM008.
 */
static CardDraft
CardDraftRead(Jsonb *document)
{
	JsonbContainer *root = DocumentRequire(document, &GiftCardDocument);
	char	   *customer = DocText(root, "customer");
	Numeric		order_id = DocNumeric(root, "order_id");
	CardDraft	draft = {0};
	Faults		faults;
	int			currency;
	Numeric		amount = DocPrice(root, "amount", &currency);

	FaultsInit(&faults);
	draft.code = DocText(root, "code");
	draft.amount = AmountFromNumeric(amount, currency);
	draft.expires = DocDate(root, "expires_on", &draft.expires_on);
	draft.reason = DocText(root, "reason");
	draft.metadata = DocJsonb(root, "metadata");
	draft.line_no = DocInteger(root, "line_no", 0);
	if (draft.code != NULL && CodeLength(draft.code) < CODE_CHARS_MIN)
		FaultAdd(&faults, "$.code",
				 "must have at least %d characters beside spaces and hyphens",
				 CODE_CHARS_MIN);
	if (AmountMinor(draft.amount) == 0)
		FaultAdd(&faults, "$.amount", "must be greater than 0");
	if (draft.expires && draft.expires_on < PresentDay())
		FaultAdd(&faults, "$.expires_on", "must not be in the past");
	if (customer != NULL)
		draft.customer_id = CustomerRequire(customer);
	if (order_id != NULL)
	{
		draft.order_id = DatumGetInt64(DirectFunctionCall1(numeric_int8,
														   NumericGetDatum(order_id)));
		RequireSoldOn(&draft, &faults);
	}
	FaultsRaise(&faults, GiftCardDocument.name);
	if (order_id != NULL)
		RequireLeftOnLine(&draft);
	return draft;
}

/*
 * CardInsert writes the row of a new card and returns its account.  Raises
 * 23505 if there is a card of the code.
 */
static int64
CardInsert(const CardDraft *draft)
{
	static SavedPlan insert = {
		"text, bigint, oms.amount, bigint, integer, jsonb",
		"INSERT INTO oms.stored_value_accounts (kind, code, customer_id, balance, held, order_id, line_no, metadata) "
		"VALUES ('gift_card', $1, $2, $3, $3, $4, $5, $6) "
		"ON CONFLICT (oms_internal.card_key(code)) WHERE code IS NOT NULL DO NOTHING "
		"RETURNING account_id"
	};
	Params		params = {0};

	AddText(&params, draft->code != NULL ? draft->code : RandomCode());
	AddNullable(&params, Int64GetDatum(draft->customer_id),
				draft->customer_id == 0);
	AddDatum(&params, AmountGetDatum(AmountMake(AmountCurrency(draft->amount), 0)));
	AddNullable(&params, Int64GetDatum(draft->order_id), draft->order_id == 0);
	AddId(&params, draft->line_no);
	AddJsonb(&params, draft->metadata);
	if (PlanRun(&insert, params.values, params.nulls, false) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("a gift card of this code exists already"),
				 errhint("Leave the code out to have a new one made.")));
	return RowInt64(0, 1);
}

/*
 * IssueBody: see oms_issue_gift_card.
 */
static Datum
IssueBody(FunctionCallInfo fcinfo)
{
	CardDraft	draft = CardDraftRead(PG_GETARG_JSONB_P(0));
	int64		account_id = CardInsert(&draft);
	StoredValue *value;
	ValueStep	step = {NULL, "issue", AmountMinor(draft.amount),
		.expires_on = draft.expires ? draft.expires_on : DATEVAL_NOEND,
	.order_id = draft.order_id, .reason = draft.reason};

	StoredValuesLock(&account_id, 1, &value);
	step.value = value;
	StoredValuesApply(&step, 1);
	StoredValuePost(value, step.minor, StoredValueSource(value));
	if (draft.order_id != 0)
	{
		EventField	fields[] = {{"amount", AmountToString(draft.amount)},
		{"ending", value->owner}, {"account_id", psprintf(INT64_FORMAT, account_id), true}};

		EventAppend(draft.order_id, "line.gift_card_issued", draft.line_no,
					EventFields(fields, lengthof(fields)));
	}
	PG_RETURN_INT64(account_id);
}

PG_FUNCTION_INFO_V1(oms_issue_gift_card);

/*
 * oms_issue_gift_card(document, reference) makes a gift card and returns its
 * account.
 */
Datum
oms_issue_gift_card(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 1, IssueBody);
}

/*
 * CardRequire is the account of the gift card of a code.  Raises OM006 without
 * telling the code, which may be one with a slip.
 */
int64
CardRequire(const char *code)
{
	static SavedPlan find = {
		"text",
		"SELECT account_id FROM oms.stored_value_accounts "
		"WHERE oms_internal.card_key(code) = oms_internal.card_key($1) AND code IS NOT NULL"
	};
	Datum		values[1] = {CStringGetTextDatum(code)};

	if (PlanRun(&find, values, NULL, false) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_UNKNOWN_CODE),
				 errmsg(NO_SUCH_CARD)));
	return RowInt64(0, 1);
}

/*
 * CardLock locks the gift card of a code.
 */
static StoredValue *
CardLock(text *code)
{
	int64		account_id = CardRequire(RequireText(code, "code"));
	StoredValue *value;

	if (StoredValuesLock(&account_id, 1, &value) != 1)
		elog(ERROR, "gift card has vanished");
	return value;
}

/*
 * RequireActive raises OM008 for a card that was cancelled.
 */
static void
RequireActive(const StoredValue *value)
{
	if (!value->active)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_AMOUNT_EXCEEDED),
				 errmsg("%s is cancelled", StoredValueName(value)),
				 errhint("Issue a new one with oms.issue_gift_card().")));
}

/*
 * StoredValueAdjust adds an amount to an account that is locked, or takes a
 * negative one off, and returns what can then be spent.  Raises OM005 and
 * OM008.
 */
Amount
StoredValueAdjust(StoredValue *value, Amount amount, const char *reason)
{
	ValueStep	step = {value, "adjust", AmountMinor(amount),
		.expires_on = StoredValueDay(value->card_until), .reason = reason};

	RequireSameCurrency(amount, value->balance);
	if (step.minor == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("amount must not be zero")));
	RequireActive(value);
	if (AmountMinor(value->available) + step.minor < 0)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_AMOUNT_EXCEEDED),
				 errmsg("cannot take more off %s than can be spent",
						StoredValueName(value)),
				 errdetail("Asked for %s, %s can be spent, %s is held.",
						   AmountToString(AmountNegate(amount)),
						   AmountToString(value->available),
						   AmountToString(value->held))));
	StoredValuesApply(&step, 1);
	StoredValuePost(value, step.minor, StoredValueSource(value));
	return AmountAdd(value->available, amount);
}

/*
 * AdjustBody: see oms_adjust_gift_card.
 */
static Datum
AdjustBody(FunctionCallInfo fcinfo)
{
	char	   *reason = RequireText(PG_GETARG_TEXT_PP(2), "reason");

	PG_RETURN_AMOUNT(StoredValueAdjust(CardLock(PG_GETARG_TEXT_PP(0)),
									   PG_GETARG_AMOUNT(1), reason));
}

PG_FUNCTION_INFO_V1(oms_adjust_gift_card);

/*
 * oms_adjust_gift_card(code, amount, reason, reference) adds to a gift card or
 * takes off it, and returns what can then be spent.
 */
Datum
oms_adjust_gift_card(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 3, AdjustBody);
}

/*
 * StoredValueActivate says whether a gift card can be spent.
 */
void
StoredValueActivate(const StoredValue *value, bool active)
{
	static SavedPlan update = {
		"bigint, boolean",
		"UPDATE oms.stored_value_accounts SET active = $2 WHERE account_id = $1"
	};
	Datum		values[2] = {Int64GetDatum(value->account_id),
	BoolGetDatum(active)};

	PlanRun(&update, values, NULL, false);
}

/*
 * CancelBody: see oms_cancel_gift_card.
 */
static Datum
CancelBody(FunctionCallInfo fcinfo)
{
	char	   *reason = PG_ARGISNULL(1) ? NULL
		: RequireText(PG_GETARG_TEXT_PP(1), "reason");
	StoredValue *value = CardLock(PG_GETARG_TEXT_PP(0));
	ValueStep	step = {value, "cancel", -AmountMinor(value->available),
	.reason = reason};

	RequireActive(value);
	StoredValuesApply(&step, 1);
	StoredValueActivate(value, false);
	StoredValuePost(value, step.minor, StoredValueSource(value));
	PG_RETURN_AMOUNT(value->available);
}

PG_FUNCTION_INFO_V1(oms_cancel_gift_card);

/*
 * oms_cancel_gift_card(code, reason, reference) ends a gift card and returns
 * what was taken off it.  What payments hold stays for them.
 */
Datum
oms_cancel_gift_card(PG_FUNCTION_ARGS)
{
	return CommandRun(fcinfo, 1, CancelBody);
}

PG_FUNCTION_INFO_V1(oms_gift_card_balance);

/*
 * oms_gift_card_balance(code) is what can be spent of a gift card.
 */
Datum
oms_gift_card_balance(PG_FUNCTION_ARGS)
{
	StoreScope	scope = StoreOpen();
	int64		account_id = CardRequire(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	StoredValue *value;
	Amount		available;

	if (StoredValuesRead(&account_id, 1, &value) != 1)
		elog(ERROR, "gift card has vanished");
	available = value->available;
	StoreClose(scope);
	PG_RETURN_AMOUNT(available);
}
