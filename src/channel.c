/*
 * channel.c
 *		Looks up channels, and where they may ship from.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "stock.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#define CHANNEL_COLUMNS \
	"c.channel_id, c.currency, c.strategy, c.split_penalty, " \
	"ARRAY(SELECT l.location_id FROM oms.channel_locations l " \
	"      WHERE l.channel_id = c.channel_id ORDER BY l.location_id), " \
	"ARRAY(SELECT l.priority FROM oms.channel_locations l " \
	"      WHERE l.channel_id = c.channel_id ORDER BY l.location_id), " \
	"c.code, nullif(c.fee_rate, 0), c.tax_rounding = 'order', " \
	"c.capture <> 'manual' "

/*
 * ReadNumbers reads a column integer[] of the first row.
 */
static int32 *
ReadNumbers(int column, int *n)
{
	Datum	   *values;
	int32	   *numbers;

	deconstruct_array(DatumGetArrayTypeP(RowDatum(0, column, NULL)), INT4OID,
					  sizeof(int32), true, TYPALIGN_INT, &values, NULL, n);
	numbers = palloc(sizeof(int32) * Max(*n, 1));
	for (int i = 0; i < *n; i++)
		numbers[i] = DatumGetInt32(values[i]);
	return numbers;
}

/*
 * ReadChannel reads CHANNEL_COLUMNS of the last query, NULL if it found none.
 */
static void *
ReadChannel(uint64 rows)
{
	Channel    *channel;
	char	   *currency;
	char	   *strategy;
	Datum		penalty;
	Datum		fee_rate;
	bool		isnull;

	if (rows == 0)
		return NULL;
	channel = palloc0(sizeof(Channel));
	channel->channel_id = RowInt32(0, 1);
	currency = RowText(0, 2);
	channel->currency = CurrencyFromCode(currency, strlen(currency));
	strategy = RowText(0, 3);
	channel->strategy = strategy == NULL ? ROUTE_DEFAULT
		: RouteStrategyFromName(strategy);
	penalty = RowDatum(0, 4, &isnull);
	channel->split_penalty = isnull ? AmountMake(channel->currency, 0)
		: DatumGetAmount(penalty);
	channel->location_ids = ReadNumbers(5, &channel->location_count);
	channel->priorities = ReadNumbers(6, &channel->location_count);
	channel->code = RowText(0, 7);
	fee_rate = RowDatum(0, 8, &isnull);
	if (!isnull)
		channel->fee_rate = DatumGetNumericCopy(fee_rate);
	channel->tax_by_order = RowBool(0, 9);
	channel->captures = RowBool(0, 10);
	return channel;
}

/*
 * LoadByCode loads a channel by its code.
 */
static void *
LoadByCode(const char *key)
{
	static SavedPlan find = {
		"text",
		"SELECT " CHANNEL_COLUMNS "FROM oms.channels c WHERE c.code = $1"
	};
	Datum		values[1] = {CStringGetTextDatum(key)};

	return ReadChannel(PlanRunLatest(&find, values, NULL));
}

/*
 * LoadById loads a channel by its number.
 */
static void *
LoadById(const char *key)
{
	static SavedPlan find = {
		"integer",
		"SELECT " CHANNEL_COLUMNS "FROM oms.channels c WHERE c.channel_id = $1"
	};
	Datum		values[1] = {Int32GetDatum(atoi(key))};

	return ReadChannel(PlanRunLatest(&find, values, NULL));
}

/*
 * ChannelFind is the channel of a code, NULL if there is none.
 */
const Channel *
ChannelFind(const char *code)
{
	static Kept kept = {{"channels", "channel_locations"}, LoadByCode};

	return KeptFind(&kept, code);
}

/*
 * ChannelGet is the channel of a number that is known to exist.  Raises 40001 if
 * somebody has deleted it since.
 */
const Channel *
ChannelGet(int32 channel_id)
{
	static Kept kept = {{"channels", "channel_locations"}, LoadById};
	const Channel *channel;

	channel = KeptFindNumber(&kept, channel_id);
	if (channel == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("channel %d was deleted meanwhile", channel_id),
				 errhint("Repeat the transaction.")));
	return channel;
}

/*
 * PlaceOf is the index of a location among those of a channel, -1 if it is not
 * there.
 */
static int
PlaceOf(const Channel *channel, int32 location_id)
{
	int			low = 0;
	int			high = channel->location_count - 1;

	while (low <= high)
	{
		int			middle = (low + high) / 2;

		if (channel->location_ids[middle] == location_id)
			return middle;
		if (channel->location_ids[middle] < location_id)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return -1;
}

/*
 * ChannelShipsFrom tells whether a channel may ship from a location.
 */
bool
ChannelShipsFrom(const Channel *channel, int32 location_id)
{
	return channel->location_count == 0 || PlaceOf(channel, location_id) >= 0;
}

/*
 * ChannelPriority is which place a location has in the preference of a channel,
 * lower first; 0 for all if the channel names none.
 */
int
ChannelPriority(const Channel *channel, int32 location_id)
{
	int			place = PlaceOf(channel, location_id);

	return place < 0 ? 0 : channel->priorities[place];
}

/*
 * ChannelRequire looks up a channel and raises OM006 if there is none of this
 * code.
 */
int32
ChannelRequire(const char *code)
{
	const Channel *channel = ChannelFind(code);

	if (channel == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OMS_UNKNOWN_CODE),
				 errmsg("channel \"%s\" does not exist", code),
				 errhint("Create it by oms.put_channel() first.")));
	return channel->channel_id;
}
