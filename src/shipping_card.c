/*
 * shipping_card.c
 *		Rate cards: which rows of one are for a destination.
 *
 * A card may have a row for each range of postcodes, so its rows are kept by
 * destination, and the lanes that were made of them too: destinations that
 * the same rows fit share a lane.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

/* Rows of all lanes that are kept of a card, and what a lane counts beside */
#define LANE_ROWS_MAX	200000
#define LANE_ROWS_BASE	16

/* Rows of a card that are for the same places */
typedef struct CardPlace
{
	char	   *country;		/* "" fits all */
	char	   *region;			/* "" fits all */
	char	   *postcode_from;	/* "" fits all */
	char	   *postcode_to;
	const char *reach;			/* the last postcode_to of the country so far */
	int			first_row;
	int			row_count;
} CardPlace;

/* Places that fit a destination */
typedef struct CardFit
{
	int			count;
	int			capacity;
	int		   *places;
} CardFit;

/* Most of them by which a lane is kept */
#define KEY_PLACES_MAX	15

typedef struct LaneKey
{
	int			count;
	int			places[KEY_PLACES_MAX];
} LaneKey;

typedef struct CardLane
{
	LaneKey		key;
	ShippingLane *lane;
} CardLane;

typedef struct RateCard
{
	MemoryContext context;
	CardRow    *rows;			/* by place */
	int			place_count;
	CardPlace  *places;			/* by country, postcode_from */
	MemoryContext lane_context;
	HTAB	   *lanes;
	int			lane_rows;
} RateCard;

/*
 * ComparePostcodeEnds orders the ends of ranges by how far they reach; one has
 * all postcodes that begin with it.
 */
static int
ComparePostcodeEnds(const char *a, const char *b)
{
	int			a_length = strlen(a);
	int			b_length = strlen(b);
	int			order = strncmp(a, b, Min(a_length, b_length));

	return order != 0 ? order : b_length - a_length;
}

/*
 * ReachesPostcode tells whether the end of a range is not before a postcode.
 */
static bool
ReachesPostcode(const char *postcode_to, const char *postcode)
{
	return strncmp(postcode, postcode_to, strlen(postcode_to)) <= 0;
}

/*
 * ReadPlace reads the place of a row of the query of LoadCard().
 */
static CardPlace
ReadPlace(uint64 row)
{
	CardPlace	place = {0};

	place.country = RowText(row, 1);
	place.region = RowText(row, 2);
	place.postcode_from = RowText(row, 3);
	place.postcode_to = RowText(row, 4);
	place.reach = place.postcode_to;
	place.first_row = row;
	return place;
}

/*
 * ReadRow reads a row of the query of LoadCard().
 */
static CardRow
ReadRow(uint64 row, const CardPlace *place)
{
	CardRow		result;

	result.max_distance_m = DatumGetFloat8(RowDatum(row, 5, NULL));
	result.max_weight_g = RowInt64(row, 6);
	result.origin_location_id = RowInt32(row, 7);
	result.rate_no = RowInt32(row, 8);
	result.price = DatumGetAmount(RowDatum(row, 9, NULL));
	result.per_kg = DatumGetAmount(RowDatum(row, 10, NULL));
	result.transit_days = RowInt32(row, 11);
	result.precision = (*place->postcode_from != '\0' ? 4 : 0) +
		(*place->region != '\0' ? 2 : 0) + (*place->country != '\0' ? 1 : 0);
	return result;
}

/*
 * SamePlace tells whether two rows are for the same places.
 */
static bool
SamePlace(const CardPlace *a, const CardPlace *b)
{
	return strcmp(a->country, b->country) == 0 &&
		strcmp(a->region, b->region) == 0 &&
		strcmp(a->postcode_from, b->postcode_from) == 0 &&
		strcmp(a->postcode_to, b->postcode_to) == 0;
}

/*
 * StartLanes starts to keep lanes of a card.  Those kept before last until the
 * transaction ends, for those who still look at them.
 */
static void
StartLanes(RateCard *card)
{
	HASHCTL		control = {0};

	if (card->lane_context != NULL)
		MemoryContextSetParent(card->lane_context, TopTransactionContext);
	card->lane_context = AllocSetContextCreate(card->context, "oms lanes",
											   ALLOCSET_SMALL_SIZES);
	control.keysize = sizeof(LaneKey);
	control.entrysize = sizeof(CardLane);
	control.hcxt = card->lane_context;
	card->lanes = hash_create("oms lanes", 16, &control,
							  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	card->lane_rows = 0;
}

/*
 * AddPlace adds the place of a row, unless the row before has the same.
 * Returns the place.
 */
static CardPlace *
AddPlace(RateCard *card, const CardPlace *place)
{
	CardPlace  *last = &card->places[card->place_count - 1];

	if (card->place_count > 0 && SamePlace(last, place))
		return last;
	card->places[card->place_count] = *place;
	if (card->place_count > 0 && *last->postcode_from != '\0' &&
		strcmp(last->country, place->country) == 0 &&
		ComparePostcodeEnds(last->reach, place->postcode_to) > 0)
		card->places[card->place_count].reach = last->reach;
	return &card->places[card->place_count++];
}

/*
 * LoadCard loads the rate card of a service by its number.  Raises OM005 for
 * a rate in another currency than the service's.
 */
static void *
LoadCard(const char *key)
{
	static SavedPlan find = {
		"integer",
		"SELECT coalesce(r.country::text, ''), coalesce(r.region, ''), "
		"       coalesce(r.postcode_from, ''), coalesce(r.postcode_to, ''), "
		"       coalesce((r.max_distance_km * 1000)::float8, 'infinity'), "
		"       coalesce(r.max_weight_g::bigint, 9223372036854775807), "
		"       coalesce(r.origin_location_id, 0), r.rate_no, r.price, r.per_kg, "
		"       r.transit_days, s.code, s.currency "
		"FROM oms.shipping_rates r JOIN oms.shipping_services s USING (service_id) "
		"WHERE service_id = $1 "
		"ORDER BY coalesce(r.country::text, '') COLLATE \"C\", "
		"         coalesce(r.postcode_from, '') COLLATE \"C\", "
		"         coalesce(r.postcode_to, '') COLLATE \"C\", "
		"         coalesce(r.region, '') COLLATE \"C\""
	};
	Datum		values[1] = {Int32GetDatum(atoi(key))};
	RateCard   *card = palloc0(sizeof(RateCard));
	int			n = PlanRunLatest(&find, values, NULL);

	card->context = CurrentMemoryContext;
	card->rows = palloc_extended(mul_size(sizeof(CardRow), Max(n, 1)),
								 MCXT_ALLOC_HUGE);
	card->places = palloc_extended(mul_size(sizeof(CardPlace), Max(n, 1)),
								   MCXT_ALLOC_HUGE);
	for (int i = 0; i < n; i++)
	{
		CardPlace	read = ReadPlace(i);
		CardPlace  *place = AddPlace(card, &read);
		char	   *currency = RowText(i, 13);

		card->rows[i] = ReadRow(i, place);
		place->row_count++;
		if (AmountCurrency(card->rows[i].price) !=
			CurrencyFromCode(currency, strlen(currency)))
			ereport(ERROR,
					(errcode(ERRCODE_OMS_CURRENCY_MISMATCH),
					 errmsg("rates of shipping service \"%s\" are in another currency",
							RowText(i, 12)),
					 errdetail("Rate %d costs %s, the service is in %s.",
							   card->rows[i].rate_no,
							   AmountToString(card->rows[i].price), currency),
					 errhint("Give all rates in the currency of the service.")));
	}
	StartLanes(card);
	return card;
}

/*
 * Take takes a place if it is for a region, which may be NULL.
 */
static void
Take(const RateCard *card, CardFit *fit, int place, const char *region)
{
	const char *only = card->places[place].region;

	if (*only != '\0' && (region == NULL || strcmp(only, region) != 0))
		return;
	if (fit->count == fit->capacity)
	{
		int		   *more = palloc(sizeof(int) * fit->capacity * 2);

		memcpy(more, fit->places, sizeof(int) * fit->count);
		fit->places = more;
		fit->capacity *= 2;
	}
	fit->places[fit->count++] = place;
}

/*
 * FirstPlaceAfter is the index of the first place of a card that comes after
 * a country and start of a range.
 */
static int
FirstPlaceAfter(const RateCard *card, const char *country,
				const char *postcode)
{
	int			low = 0;
	int			high = card->place_count;

	while (low < high)
	{
		int			middle = (low + high) / 2;
		const CardPlace *place = &card->places[middle];
		int			order = strcmp(place->country, country);

		if (order == 0)
			order = strcmp(place->postcode_from, postcode);
		if (order > 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/*
 * FitCountry adds the places of a card that are for a country, or "" for
 * all, and for a region and normal postcode, which may be NULL and "".
 * Places are passed backwards until none before reaches the postcode.
 */
static void
FitCountry(const RateCard *card, CardFit *fit, const char *country,
		   const char *region, const char *postcode)
{
	int			i = FirstPlaceAfter(card, country, postcode) - 1;

	for (; i >= 0; i--)
	{
		const CardPlace *place = &card->places[i];

		if (strcmp(place->country, country) != 0 ||
			*place->postcode_from == '\0' ||
			!ReachesPostcode(place->reach, postcode))
			break;
		if (ReachesPostcode(place->postcode_to, postcode))
			Take(card, fit, i, region);
	}
	i = FirstPlaceAfter(card, country, "") - 1;
	for (; i >= 0 && strcmp(card->places[i].country, country) == 0; i--)
		Take(card, fit, i, region);
}

/*
 * LaneOf makes the lane of the places that fit, in the current memory context.
 */
static ShippingLane *
LaneOf(const RateCard *card, const CardFit *fit, int row_count)
{
	const CardRow **rows = palloc(mul_size(sizeof(CardRow *),
										   Max(row_count, 1)));
	int			n = 0;

	for (int i = 0; i < fit->count; i++)
	{
		const CardPlace *place = &card->places[fit->places[i]];

		for (int r = 0; r < place->row_count; r++)
			rows[n++] = &card->rows[place->first_row + r];
	}
	return LaneMake(rows, row_count);
}

/*
 * KeepLane finds the lane of the places that fit, or makes and keeps it.  For
 * more places than a key names it is made for the caller.
 */
static ShippingLane *
KeepLane(RateCard *card, const CardFit *fit)
{
	LaneKey		key = {fit->count};
	CardLane   *found;
	ShippingLane *lane;
	MemoryContext outer;
	int			row_count = 0;

	if (fit->count <= KEY_PLACES_MAX)
	{
		memcpy(key.places, fit->places, sizeof(int) * fit->count);
		found = hash_search(card->lanes, &key, HASH_FIND, NULL);
		if (found != NULL)
			return found->lane;
	}
	for (int i = 0; i < fit->count; i++)
		row_count += card->places[fit->places[i]].row_count;
	if (fit->count > KEY_PLACES_MAX)
		return LaneOf(card, fit, row_count);
	if (card->lane_rows > LANE_ROWS_MAX)
		StartLanes(card);
	outer = MemoryContextSwitchTo(card->lane_context);
	lane = LaneOf(card, fit, row_count);
	MemoryContextSwitchTo(outer);
	found = hash_search(card->lanes, &key, HASH_ENTER, NULL);
	found->lane = lane;
	card->lane_rows += row_count + LANE_ROWS_BASE;
	return lane;
}

/*
 * LaneFind finds what a service costs to a destination, of which country,
 * region and postcode may be NULL.  It lasts as what KeptFind() returns.
 */
ShippingLane *
LaneFind(int32 service_id, const char *country, const char *region,
		 const char *postcode)
{
	static Kept kept = {{"shipping_rates", "shipping_services"}, LoadCard};
	RateCard   *card;
	int			places[KEY_PLACES_MAX];
	CardFit		fit = {0, KEY_PLACES_MAX, places};
	const char *normal = postcode == NULL ? "" : PostcodeNormal(postcode);

	card = KeptFindNumber(&kept, service_id);
	FitCountry(card, &fit, "", region, normal);
	if (country != NULL)
		FitCountry(card, &fit, country, region, normal);
	return KeepLane(card, &fit);
}
