/*
 * shipping.h
 *		Shipping services and what they cost, grouped by the file that owns it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_SHIPPING_H
#define OMS_SHIPPING_H

#include "stock.h"

#include "utils/date.h"

/* shipping.c */

/* A weight in grams that no parcel has, so that sums of weights fit */
#define SHIPPING_WEIGHT_MAX_G	1e18

typedef struct ShippingService
{
	int32		service_id;
	char	   *code;
	char	   *name;
	int			currency;		/* of its rates */
	bool		pickup;			/* the customer fetches it */
	bool		active;			/* new orders may name it */
	int			dimensional_divisor;	/* cubic centimetres per kilogram, 0:
										 * weights alone count */
	int			working_days;	/* of the week, at least one */
	char	   *carrier;		/* its code; may be NULL */
} ShippingService;

extern const ShippingService *ServiceFind(const char *code);
extern const ShippingService *ServiceGet(int32 service_id);
extern int	ServicesActive(const int32 **service_ids);
extern int64 ShippingWeight(const ShippingService *service, const Sku *sku);
extern double ShippingWeightOf(const ShippingService *service, const Sku *sku,
							   Quantity quantity);
extern DateADT ShippingArrivesOn(const ShippingService *service,
								 DateADT ships_on, int transit_days);

/* shipping_card.c */

/* What a service costs to a destination, over all distances and weights */
typedef struct ShippingLane ShippingLane;

extern ShippingLane *LaneFind(int32 service_id, const char *country,
							  const char *region, const char *postcode);

/* shipping_lane.c */

/* A row of a rate card; what has no bound has the largest */
typedef struct CardRow
{
	int32		origin_location_id; /* 0: all */
	double		max_distance_m;
	int64		max_weight_g;
	int			precision;		/* of the destination, higher counts first */
	int			rate_no;
	Amount		price;
	Amount		per_kg;
	int			transit_days;
} CardRow;

/* What weights cost up to a bound, which is PG_INT64_MAX where there is none */
typedef struct ShippingStep
{
	int64		max_weight_g;
	Amount		price;
	Amount		per_kg;			/* for each kilogram of the weight */
	int			transit_days;
} ShippingStep;

/* What distances cost above the bound of the band before */
typedef struct ShippingBand
{
	int			number;			/* within the lane, from 0 */
	bool		last;			/* else the next is behind it */
	double		max_distance_m;
	int			step_count;		/* at least 1 */
	const ShippingStep *steps;	/* by rising weight; what is heavier costs
								 * what it does in the next band */
} ShippingBand;

/* What a service costs on a way */
typedef struct ShippingRate
{
	int32		origin_location_id; /* asked for; 0: none in particular */
	double		distance_m;		/* asked for; negative when unknown */
	int64		weight_g;		/* asked for */
	bool		fits;			/* there is a rate, with */
	Amount		price;
	int			transit_days;
} ShippingRate;

extern ShippingLane *LaneMake(const CardRow **rows, int row_count);
extern const ShippingBand *LaneBand(ShippingLane *lane,
									int32 origin_location_id,
									double distance_m);
extern int	BandSteps(const ShippingBand *band, ShippingStep *steps, int max);
extern const ShippingStep *BandStep(const ShippingBand *band, int64 weight_g);
extern Amount StepPrice(const ShippingStep *step, int64 weight_g);
extern bool LaneRate(ShippingLane *lane, ShippingRate *rate);
extern bool LaneLeast(ShippingLane *lane, double distance_m, int64 weight_g,
					  Amount *price);
extern bool LaneFloor(ShippingLane *lane, Amount *price, Amount *per_kg);

/* fx_rate.c */

extern bool ConvertFind(int from, int to, DateADT day, double *rate);
extern bool ConvertAmount(Amount amount, int currency, DateADT day,
						  Amount *result);
extern Numeric ConvertRate(int from, int to, DateADT day);

#endif							/* OMS_SHIPPING_H */
