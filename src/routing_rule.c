/*
 * routing_rule.c
 *		Rules that users write of who ships what.
 *
 * A rule is for the lines that meet all of its conditions, and is about some
 * locations.  What is excluded does not ship such a line; where something is
 * required, nobody else does; and of all rules on a line each is obeyed.
 * Rules that prefer are gone through in their order, until one names the
 * location: it is as much dearer as those passed by say.
 *
 * All active rules are kept by the session.  They are narrowed down to those
 * of an order first, then to those of a line, so that a location is held
 * against few.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "executor/spi.h"
#include "funcapi.h"
#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"

/*
 * ReadAction reads what a rule does; the table has no other words.
 */
static RuleAction
ReadAction(const char *word)
{
	if (strcmp(word, "exclude") == 0)
		return RULE_EXCLUDE;
	return strcmp(word, "require") == 0 ? RULE_REQUIRE : RULE_PREFER;
}

/*
 * ReadFlag reads the flag of a SKU that a rule is for, 0 for none.
 */
static int
ReadFlag(const char *word)
{
	if (word == NULL)
		return 0;
	return strcmp(word, "hazardous") == 0 ? SKU_HAZARDOUS : SKU_OVERSIZE;
}

/*
 * ReadTime reads a bound of a period, which null has not.
 */
static TimestampTz
ReadTime(uint64 row, int column, TimestampTz none)
{
	bool		isnull;
	Datum		value = RowDatum(row, column, &isnull);

	return isnull ? none : DatumGetTimestampTz(value);
}

/*
 * ReadRule reads a row of the query in LoadRules().
 */
static void
ReadRule(RoutingRule *rule, uint64 row)
{
	Datum		within;
	bool		unlimited;

	rule->code = RowText(row, 1);
	rule->action = ReadAction(RowText(row, 2));
	rule->valid_from = ReadTime(row, 3, DT_NOBEGIN);
	rule->valid_until = ReadTime(row, 4, DT_NOEND);
	rule->channel_id = RowInt32(row, 5);
	rule->country = RowText(row, 6);
	rule->region = RowText(row, 7);
	rule->postcode_prefix = RowText(row, 8);
	rule->sku_id = RowInt64(row, 9);
	rule->category = RowText(row, 10);
	rule->flag = ReadFlag(RowText(row, 11));
	rule->location_id = RowInt32(row, 12);
	rule->location_kind = RowText(row, 13);
	rule->location_country = RowText(row, 14);
	rule->location_region = RowText(row, 15);
	within = RowDatum(row, 16, &unlimited);
	rule->has_within = !unlimited;
	rule->within = unlimited ? 0 : DatumGetAmount(within);
}

/*
 * LoadRules loads all active rules, in their order.
 */
static void *
LoadRules(const char *key)
{
	static SavedPlan find = {
		"",
		"SELECT code, action, valid_from, valid_until, coalesce(channel_id, 0), "
		"       country::text, region, postcode_prefix, coalesce(sku_id, 0), "
		"       category::text, flag, coalesce(location_id, 0), location_kind, "
		"       location_country::text, location_region, within "
		"FROM oms.routing_rules WHERE active "
		"ORDER BY position, code COLLATE \"C\""
	};
	RuleSet    *all = palloc(sizeof(RuleSet));
	RoutingRule *rules;

	all->count = PlanRunLatest(&find, NULL, NULL);
	rules = palloc0(mul_size(sizeof(RoutingRule), Max(all->count, 1)));
	all->rules = palloc(mul_size(sizeof(RoutingRule *), Max(all->count, 1)));
	for (int i = 0; i < all->count; i++)
	{
		ReadRule(&rules[i], i);
		all->rules[i] = &rules[i];
	}
	return all;
}

/*
 * IsOr tells whether a value is the one that a rule asks for, if it asks.
 */
static bool
IsOr(const char *asked, const char *value)
{
	return asked == NULL || (value != NULL && strcmp(asked, value) == 0);
}

/*
 * IsForOrder tells whether a rule's conditions on orders hold; postcode is in
 * normal form.
 */
static bool
IsForOrder(const RoutingRule *rule, const RuleSubject *subject,
		   const char *postcode)
{
	return (rule->channel_id == 0 || rule->channel_id == subject->channel_id) &&
		IsOr(rule->country, subject->country) &&
		IsOr(rule->region, subject->region) &&
		(rule->postcode_prefix == NULL ||
		 strncmp(rule->postcode_prefix, postcode,
				 strlen(rule->postcode_prefix)) == 0) &&
		rule->valid_from <= subject->at && rule->valid_until > subject->at;
}

/*
 * RoutingRulesFor are the rules that may say something of an order, NULL if
 * there are none.  They last until the end of the transaction, in the current
 * memory context.
 */
const RuleSet *
RoutingRulesFor(const RuleSubject *subject)
{
	static Kept kept = {{"routing_rules"}, LoadRules};
	const RuleSet *all = KeptFind(&kept, "");
	RuleSet    *result;
	char	   *postcode;

	if (all->count == 0)
		return NULL;
	postcode = PostcodeNormal(subject->postcode == NULL
							  ? "" : subject->postcode);
	result = palloc(sizeof(RuleSet));
	result->count = 0;
	result->rules = palloc(sizeof(RoutingRule *) * all->count);
	for (int i = 0; i < all->count; i++)
		if (IsForOrder(all->rules[i], subject, postcode))
			result->rules[result->count++] = all->rules[i];
	return result->count == 0 ? NULL : result;
}

/*
 * CategoryOf is the category of a SKU's product, an empty text if it has none.
 */
static char *
CategoryOf(const Sku *sku)
{
	static SavedPlan find = {
		"bigint",
		"SELECT coalesce(p.category::text, '') "
		"FROM oms.skus s JOIN oms.products p USING (product_id) "
		"WHERE s.sku_id = $1"
	};
	Datum		values[1] = {Int64GetDatum(sku->sku_id)};
	SPITupleTable *rows = SPI_tuptable;
	uint64		row_count = SPI_processed;
	char	   *category = "";

	if (PlanRun(&find, values, NULL, false) > 0)
		category = RowText(0, 1);
	/* the caller may be reading a result of its own */
	SPI_tuptable = rows;
	SPI_processed = row_count;
	return category;
}

/*
 * IsBelow tells whether a category is another or below it.
 */
static bool
IsBelow(const char *category, const char *upper)
{
	size_t		length = strlen(upper);

	return strncmp(category, upper, length) == 0 &&
		(category[length] == '\0' || category[length] == '.');
}

/*
 * IsForSku tells whether a rule's conditions on SKUs hold.  category is read
 * when it is first asked for.
 */
static bool
IsForSku(const RoutingRule *rule, const Sku *sku, char **category)
{
	if ((rule->sku_id != 0 && rule->sku_id != sku->sku_id) ||
		(rule->flag != 0 && (sku->flags & rule->flag) == 0))
		return false;
	if (rule->category == NULL)
		return true;
	if (*category == NULL)
		*category = CategoryOf(sku);
	return IsBelow(*category, rule->category);
}

/*
 * RulesOfSku are the rules of an order that are for a line of a SKU, NULL if
 * none is; rules may be NULL.  They last as long as those of the order, in the
 * current memory context.
 */
const SkuRules *
RulesOfSku(const RuleSet *rules, const Sku *sku)
{
	SkuRules   *result;
	char	   *category = NULL;

	if (rules == NULL)
		return NULL;
	result = palloc0(sizeof(SkuRules));
	result->limits = palloc(sizeof(RoutingRule *) * rules->count);
	result->preferences = palloc(sizeof(RoutingRule *) * rules->count);
	for (int i = 0; i < rules->count; i++)
	{
		const RoutingRule *rule = rules->rules[i];

		if (!IsForSku(rule, sku, &category))
			continue;
		if (rule->action == RULE_PREFER)
			result->preferences[result->preference_count++] = rule;
		else
			result->limits[result->limit_count++] = rule;
	}
	return result->limit_count + result->preference_count == 0 ? NULL : result;
}

/*
 * Names tells whether a location is one of those that a rule is about.
 */
static bool
Names(const RoutingRule *rule, const Location *location)
{
	return (rule->location_id == 0 ||
			rule->location_id == location->location_id) &&
		IsOr(rule->location_kind, location->kind) &&
		IsOr(rule->location_country, location->country) &&
		IsOr(rule->location_region, location->region);
}

/*
 * RuleAllows tells whether a location may ship lines of which these are the
 * rules, NULL for none.  Unless rule_code is NULL, it receives the code of the
 * first rule that forbids it, NULL if none does.
 */
bool
RuleAllows(const SkuRules *rules, const Location *location,
		   const char **rule_code)
{
	const RoutingRule *forbids = NULL;

	for (int i = 0; rules != NULL && i < rules->limit_count && forbids == NULL;
		 i++)
		if (Names(rules->limits[i], location) !=
			(rules->limits[i]->action == RULE_REQUIRE))
			forbids = rules->limits[i];
	if (rule_code != NULL)
		*rule_code = forbids == NULL ? NULL : forbids->code;
	return forbids == NULL;
}

/*
 * RulesPassed is how many of the preferences of lines, which are in order, do
 * not name a location before one does: all of them if none does, 0 if it is
 * preferred or rules is NULL.
 */
int
RulesPassed(const SkuRules *rules, const Location *location)
{
	int			passed = 0;

	while (rules != NULL && passed < rules->preference_count &&
		   !Names(rules->preferences[passed], location))
		passed++;
	return passed;
}

/*
 * ReadSubject reads the arguments of oms_routing_rule_of() that describe an
 * order.
 */
static RuleSubject
ReadSubject(FunctionCallInfo fcinfo)
{
	RuleSubject subject = {0};

	if (!PG_ARGISNULL(2))
		subject.channel_id = ChannelRequire(text_to_cstring(PG_GETARG_TEXT_PP(2)));
	if (!PG_ARGISNULL(3))
		subject.country = text_to_cstring(PG_GETARG_TEXT_PP(3));
	if (!PG_ARGISNULL(4))
		subject.region = text_to_cstring(PG_GETARG_TEXT_PP(4));
	if (!PG_ARGISNULL(5))
		subject.postcode = text_to_cstring(PG_GETARG_TEXT_PP(5));
	subject.at = PG_ARGISNULL(6) ? PresentTime() : PG_GETARG_TIMESTAMPTZ(6);
	return subject;
}

PG_FUNCTION_INFO_V1(oms_routing_rule_of);

/*
 * oms_internal.routing_rule_of(sku, location, channel, country, region,
 * postcode, at) is which rule forbids a location to ship a line, and which
 * prefer others, in order.
 */
Datum
oms_routing_rule_of(PG_FUNCTION_ARGS)
{
	StoreScope	scope;
	RuleSubject subject;
	const SkuRules *rules;
	const Location *location;
	const char *forbids;
	TupleDesc	desc;
	Datum		values[2] = {0};
	bool		nulls[2] = {true, false};
	Datum	   *passed;
	int			n;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	get_call_result_type(fcinfo, NULL, &desc);
	scope = StoreOpen();
	subject = ReadSubject(fcinfo);
	rules = RulesOfSku(RoutingRulesFor(&subject),
					   SkuRequire(text_to_cstring(PG_GETARG_TEXT_PP(0))));
	location = LocationGet(LocationFind(text_to_cstring(PG_GETARG_TEXT_PP(1)),
										NULL));
	nulls[0] = RuleAllows(rules, location, &forbids);
	n = RulesPassed(rules, location);
	passed = palloc(sizeof(Datum) * Max(n, 1));
	for (int i = 0; i < n; i++)
		passed[i] = CStringGetTextDatum(rules->preferences[i]->code);
	if (!nulls[0])
		values[0] = CStringGetTextDatum(forbids);
	values[1] = ArrayDatum(passed, NULL, n, TEXTOID);
	values[0] = HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls));
	StoreClose(scope);
	return values[0];
}
