/*
 * shipping_lane.c
 *		What a service costs to one destination, by origin, distance and weight.
 *
 * The rows of a rate card that fit a destination are laid out once as bands of
 * distance with steps of weight, for any origin and for each that has rows of
 * its own.  What a way costs is then found by two binary searches.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "utils/float.h"
#include "utils/memutils.h"

/* The bands of an origin, made when they are first asked for */
typedef struct Track
{
	int32		origin_location_id; /* 0: those without rows of their own */
	int			band_count;
	ShippingBand *bands;		/* NULL: not made yet */
} Track;

struct ShippingLane
{
	MemoryContext context;
	int			row_count;
	const CardRow **rows;		/* in order of precedence */
	int			band_count;		/* of all tracks that were made */
	int			track_count;	/* at least 1 */
	Track	   *tracks;			/* by origin */
	bool		has_floor;		/* it was found out, as */
	Amount		floor_price;
	Amount		floor_per_kg;
};

/*
 * CompareRows orders the rows of a card by precedence.
 */
static int
CompareRows(const void *a, const void *b)
{
	const CardRow *x = *(const CardRow *const *) a;
	const CardRow *y = *(const CardRow *const *) b;

	if (x->max_distance_m != y->max_distance_m)
		return x->max_distance_m < y->max_distance_m ? -1 : 1;
	if (x->max_weight_g != y->max_weight_g)
		return x->max_weight_g < y->max_weight_g ? -1 : 1;
	if (x->precision != y->precision)
		return y->precision - x->precision;
	if ((x->origin_location_id == 0) != (y->origin_location_id == 0))
		return x->origin_location_id == 0 ? 1 : -1;
	return x->rate_no < y->rate_no ? -1 : 1;
}

/*
 * CompareTracks orders tracks by origin.
 */
static int
CompareTracks(const void *a, const void *b)
{
	int32		x = ((const Track *) a)->origin_location_id;
	int32		y = ((const Track *) b)->origin_location_id;

	return x < y ? -1 : x > y;
}

/*
 * AddTracks starts a track for any origin, and one for each that has rows.
 */
static void
AddTracks(ShippingLane *lane)
{
	int			n = 1;

	lane->tracks = palloc0(mul_size(sizeof(Track), lane->row_count + 1));
	for (int i = 0; i < lane->row_count; i++)
		if (lane->rows[i]->origin_location_id != 0)
			lane->tracks[n++].origin_location_id = lane->rows[i]->origin_location_id;
	qsort(lane->tracks, n, sizeof(Track), CompareTracks);
	lane->track_count = 1;
	for (int i = 1; i < n; i++)
		if (lane->tracks[i].origin_location_id !=
			lane->tracks[i - 1].origin_location_id)
			lane->tracks[lane->track_count++] = lane->tracks[i];
}

/*
 * LaneMake makes a lane of the rows that fit its destination, in the current
 * memory context; they are put in order.
 */
ShippingLane *
LaneMake(const CardRow **rows, int row_count)
{
	ShippingLane *lane = palloc0(sizeof(ShippingLane));

	lane->context = CurrentMemoryContext;
	lane->row_count = row_count;
	lane->rows = rows;
	qsort(rows, row_count, sizeof(CardRow *), CompareRows);
	AddTracks(lane);
	return lane;
}

/*
 * SameStep tells whether two steps cost the same.
 */
static bool
SameStep(const ShippingStep *a, const ShippingStep *b)
{
	return a->price == b->price && a->per_kg == b->per_kg &&
		a->transit_days == b->transit_days;
}

/*
 * AddRow adds a row as a step of the last band, or in a band of its own.  Of
 * rows of the same bounds the first counts.
 */
static void
AddRow(Track *track, ShippingStep *steps, const CardRow *row)
{
	ShippingBand *band = &track->bands[track->band_count - 1];
	ShippingStep step = {row->max_weight_g, row->price, row->per_kg,
	row->transit_days};
	ShippingStep *last = NULL;

	if (track->band_count == 0 || band->max_distance_m != row->max_distance_m)
	{
		int			first = track->band_count == 0 ? 0
			: band->steps - steps + band->step_count;

		band = &track->bands[track->band_count++];
		band->max_distance_m = row->max_distance_m;
		band->step_count = 0;
		band->steps = &steps[first];
	}
	else
		last = &steps[band->steps - steps + band->step_count - 1];
	if (last != NULL && last->max_weight_g == step.max_weight_g)
		return;
	if (last != NULL && SameStep(last, &step))
		last->max_weight_g = step.max_weight_g;
	else
		steps[band->steps - steps + band->step_count++] = step;
}

/*
 * CountRows counts the rows that fit an origin, and the bands they are in.
 */
static int
CountRows(const ShippingLane *lane, int32 origin_location_id, int *band_count)
{
	double		distance = -1;
	int			n = 0;

	*band_count = 0;
	for (int i = 0; i < lane->row_count; i++)
	{
		const CardRow *row = lane->rows[i];

		if (row->origin_location_id != 0 &&
			row->origin_location_id != origin_location_id)
			continue;
		if (row->max_distance_m != distance)
			(*band_count)++;
		distance = row->max_distance_m;
		n++;
	}
	return n;
}

/*
 * MakeTrack lays out the rows that fit the origin of a track.
 */
static void
MakeTrack(ShippingLane *lane, Track *track)
{
	MemoryContext outer = MemoryContextSwitchTo(lane->context);
	int			band_count;
	int			step_count = CountRows(lane, track->origin_location_id,
									   &band_count);
	ShippingStep *steps = palloc(mul_size(sizeof(ShippingStep),
										  Max(step_count, 1)));

	track->bands = palloc(mul_size(sizeof(ShippingBand), Max(band_count, 1)));
	for (int i = 0; i < lane->row_count; i++)
		if (lane->rows[i]->origin_location_id == 0 ||
			lane->rows[i]->origin_location_id == track->origin_location_id)
			AddRow(track, steps, lane->rows[i]);
	for (int b = 0; b < track->band_count; b++)
	{
		track->bands[b].number = lane->band_count++;
		track->bands[b].last = b == track->band_count - 1;
	}
	MemoryContextSwitchTo(outer);
}

/*
 * TrackOf finds the track of an origin.
 */
static const Track *
TrackOf(ShippingLane *lane, int32 origin_location_id)
{
	Track		key = {origin_location_id};
	Track	   *track = NULL;

	if (lane->track_count > 1 && origin_location_id != 0)
		track = bsearch(&key, lane->tracks, lane->track_count, sizeof(Track),
						CompareTracks);
	if (track == NULL)
		track = &lane->tracks[0];
	if (track->bands == NULL)
		MakeTrack(lane, track);
	return track;
}

/*
 * FirstBand is the index of the first band of a track that has a distance, or
 * the number of bands.  An unknown distance is only in one without bound.
 */
static int
FirstBand(const Track *track, double distance_m)
{
	double		distance = distance_m < 0 ? get_float8_infinity() : distance_m;
	int			low = 0;
	int			high = track->band_count;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (track->bands[middle].max_distance_m >= distance)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/*
 * LaneBand finds what a distance in metres costs from an origin: 0 is none in
 * particular, a negative distance an unknown one.  NULL if no rate fits,
 * whatever the weight.  Bands of the same number are the same.
 */
const ShippingBand *
LaneBand(ShippingLane *lane, int32 origin_location_id, double distance_m)
{
	const Track *track = TrackOf(lane, origin_location_id);
	int			band = FirstBand(track, distance_m);

	return band < track->band_count ? &track->bands[band] : NULL;
}

/*
 * HeaviestOf is the largest weight that has a step of a band's own.
 */
static int64
HeaviestOf(const ShippingBand *band)
{
	return band->steps[band->step_count - 1].max_weight_g;
}

/*
 * BandSteps writes what each weight costs in a band, as at most max steps that
 * differ, and returns how many there are.  What is heavier than the last has
 * no rate.
 */
int
BandSteps(const ShippingBand *band, ShippingStep *steps, int max)
{
	ShippingStep last = {-1};
	int			n = 0;

	for (;; band++)
	{
		for (int i = 0; HeaviestOf(band) > last.max_weight_g && i < band->step_count; i++)
		{
			const ShippingStep *step = &band->steps[i];

			if (step->max_weight_g <= last.max_weight_g)
				continue;
			if (n == 0 || !SameStep(&last, step))
				n++;
			last = *step;
			if (n <= max)
				steps[n - 1] = last;
		}
		if (band->last)
			return n;
	}
}

/*
 * StepOf is the step of a weight among those of a band's own, which has it.
 */
static const ShippingStep *
StepOf(const ShippingBand *band, int64 weight_g)
{
	int			low = 0;
	int			high = band->step_count - 1;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (band->steps[middle].max_weight_g >= weight_g)
			high = middle;
		else
			low = middle + 1;
	}
	return &band->steps[low];
}

/*
 * BandStep is the step of a weight in a band, NULL if it has no rate.
 */
const ShippingStep *
BandStep(const ShippingBand *band, int64 weight_g)
{
	for (;; band++)
	{
		if (weight_g <= HeaviestOf(band))
			return StepOf(band, weight_g);
		if (band->last)
			return NULL;
	}
}

/*
 * StepPrice is what a weight costs by its step, rounded half away from zero.
 */
Amount
StepPrice(const ShippingStep *step, int64 weight_g)
{
	int128		more = (int128) AmountMinor(step->per_kg) * weight_g;

	return AmountAdd(step->price,
					 AmountMakeWide(AmountCurrency(step->price),
									DivideRounded(more, 1000)));
}

/*
 * LaneRate finds the rate for the origin, distance and weight that rate says.
 * Returns whether one fits.
 */
bool
LaneRate(ShippingLane *lane, ShippingRate *rate)
{
	const ShippingBand *band = LaneBand(lane, rate->origin_location_id,
										rate->distance_m);
	const ShippingStep *step = band == NULL ? NULL
		: BandStep(band, rate->weight_g);

	rate->fits = step != NULL;
	if (!rate->fits)
		return false;
	rate->price = StepPrice(step, rate->weight_g);
	rate->transit_days = step->transit_days;
	return true;
}

/*
 * LaneLeast finds the least that a weight costs from any origin at a distance
 * or farther.  Returns false if it has no rate there.
 */
bool
LaneLeast(ShippingLane *lane, double distance_m, int64 weight_g, Amount *price)
{
	bool		found = false;

	for (int t = 0; t < lane->track_count; t++)
	{
		const Track *track = TrackOf(lane, lane->tracks[t].origin_location_id);

		for (int b = FirstBand(track, distance_m); b < track->band_count; b++)
		{
			const ShippingBand *band = &track->bands[b];
			Amount		own;

			if (weight_g > HeaviestOf(band))
				continue;
			own = StepPrice(StepOf(band, weight_g), weight_g);
			if (!found || AmountMinor(own) < AmountMinor(*price))
				*price = own;
			found = true;
		}
	}
	return found;
}

/*
 * LaneFloor finds the least base price and the least price of a kilogram of all
 * rates, so that no weight costs less than both from anywhere.  Returns false
 * if there are no rates.
 */
bool
LaneFloor(ShippingLane *lane, Amount *price, Amount *per_kg)
{
	if (lane->row_count == 0)
		return false;
	if (!lane->has_floor)
	{
		lane->floor_price = lane->rows[0]->price;
		lane->floor_per_kg = lane->rows[0]->per_kg;
		for (int r = 1; r < lane->row_count; r++)
		{
			lane->floor_price = Min(lane->floor_price, lane->rows[r]->price);
			lane->floor_per_kg = Min(lane->floor_per_kg, lane->rows[r]->per_kg);
		}
		lane->has_floor = true;
	}
	*price = lane->floor_price;
	*per_kg = lane->floor_per_kg;
	return true;
}
