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
	"c.channel_id, c.currency, " \
	"ARRAY(SELECT l.location_id FROM oms.channel_locations l " \
	"      WHERE l.channel_id = c.channel_id) "

/*
 * ReadChannel reads CHANNEL_COLUMNS of the last query, NULL if it found none.
 */
static void *
ReadChannel(uint64 rows)
{
	Channel    *channel;
	char	   *currency;
	Datum	   *ids;

	if (rows == 0)
		return NULL;
	channel = palloc0(sizeof(Channel));
	channel->channel_id = RowInt32(0, 1);
	currency = RowText(0, 2);
	channel->currency = CurrencyFromCode(currency, strlen(currency));
	deconstruct_array(DatumGetArrayTypeP(RowDatum(0, 3, NULL)), INT4OID,
					  sizeof(int32), true, TYPALIGN_INT, &ids, NULL,
					  &channel->location_count);
	channel->location_ids = palloc(sizeof(int32) * Max(channel->location_count, 1));
	for (int i = 0; i < channel->location_count; i++)
		channel->location_ids[i] = DatumGetInt32(ids[i]);
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
	char		key[KEPT_KEY_MAX];

	snprintf(key, sizeof(key), "%d", channel_id);
	channel = KeptFind(&kept, key);
	if (channel == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("channel %d was deleted meanwhile", channel_id),
				 errhint("Repeat the transaction.")));
	return channel;
}

/*
 * ChannelShipsFrom tells whether a channel may ship from a location.
 */
bool
ChannelShipsFrom(const Channel *channel, int32 location_id)
{
	for (int i = 0; i < channel->location_count; i++)
		if (channel->location_ids[i] == location_id)
			return true;
	return channel->location_count == 0;
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
