/*
 * stock.h
 *		SKUs, their stock, and where it is, grouped by the file that owns it.
 *
 * Copyright (c) 2026, the oms contributors
 */
#ifndef OMS_STOCK_H
#define OMS_STOCK_H

#include "plan.h"
#include "routing.h"

/* stock.c */

/* A change of one stock level */
typedef struct StockChange
{
	int64		sku_id;
	int32		location_id;
	Quantity	on_hand;		/* added to stock on hand */
	Quantity	reserved;		/* added to what is reserved */
	Quantity	keep;			/* that must stay unreserved, 0 for none */
} StockChange;

extern int	StockSum(StockChange *changes, int n);
extern bool LevelAllows(Quantity on_hand, Quantity reserved,
						const StockChange *change);
extern bool StockLock(int64 sku_id, int32 location_id, bool wait,
					  Quantity *on_hand, Quantity *reserved);
extern void StockRead(int64 sku_id, int32 location_id, Quantity *on_hand,
					  Quantity *reserved);
extern bool StockApply(StockChange *changes, int n, bool wait);
extern void StockRecord(StockChange *changes, int n, const char *kind,
						const char *reason, int64 order_id,
						int fulfillment_no);
extern void StockRecordCost(StockChange *changes, int n, const char *kind,
							const char *reason, const Amount *unit_cost);
extern void StockEnsure(StockChange *changes, int n);

/* reservation.c */

extern void ReservationsLock(int64 order_id);
extern void OrdersLockStock(const int64 *order_ids, int n,
							const int64 *sku_ids, int m);
extern int	ReservationsRead(StockChange **changes, bool consumed);
extern void ReservationsEnd(int64 order_id, int fulfillment_no, Status end);

/* sku.c */

/* What one unit of a SKU reserves of another, or of itself */
typedef struct SkuPart
{
	int64		sku_id;
	Quantity	quantity;
} SkuPart;

/* Bits of Sku.flags */
#define SKU_HAZARDOUS	1
#define SKU_OVERSIZE	2

typedef struct Sku
{
	char	   *code;
	int64		sku_id;			/* 0: there is no SKU of this code */
	int			decimals;		/* of a quantity that can be sold */
	bool		stocked;
	bool		active;
	bool		is_kit;
	int			weight_g;		/* 0 if unknown */
	int64		volume_mm3;		/* 0 if unknown */
	int			flags;			/* SKU_... of what a location must handle */
	char	   *tax_category;	/* may be NULL */
	Quantity	backorder_limit;	/* -1 for none */
	Jsonb	   *units;			/* may be NULL */
	int			part_count;		/* 0: needs no stock */
	SkuPart    *parts;
} Sku;

extern Sku *SkusFind(char **codes, int n);
extern Quantity SkuStep(const Sku *sku);
extern Sku *SkuRequire(const char *code);
extern void SkuRequireStep(const Sku *sku, Quantity quantity,
						   const char *name);
extern void SkuRequireQuantity(const Sku *sku, Quantity quantity,
							   const char *name);

/* stock_stripe.c */

#define STRIPES_MAX		64		/* rows of a level; a power of two */

extern bool StripeApply(const StockChange *change, bool wait);
extern Quantity StockSellable(int64 sku_id, int32 location_id,
							  Quantity enough);

extern Quantity StockPromisable(int64 sku_id, int32 location_id, Quantity keep,
								Quantity enough);

/* stock_buffer.c */

/* A quantity that is kept back from sale */
typedef struct StockBufferRow
{
	int32		location_id;	/* 0: at all */
	int32		channel_id;		/* 0: from everybody */
	Quantity	quantity;
} StockBufferRow;

/* What is kept back of a SKU */
typedef struct StockBuffers
{
	int			general_count;
	const StockBufferRow *general;	/* of all SKUs, by location and channel */
	int			own_count;
	const StockBufferRow *own;	/* of this one, likewise */
} StockBuffers;

extern StockBuffers StockBuffersRead(int64 sku_id);
extern Quantity StockBufferAt(const StockBuffers *buffers, int32 location_id,
							  int32 channel_id);
extern Quantity StockBuffer(int64 sku_id, int32 location_id,
							int32 channel_id);

/* stock_available.c */

extern Quantity SkuAvailable(const Sku *sku, const int32 *location_ids, int n,
							 int32 channel_id, bool at_snapshot);

/* location.c */

/* A location as those see it who choose among them */
typedef struct Location
{
	int32		location_id;
	char	   *code;
	bool		active;
	int			priority;		/* among equally near ones, lower first */
	bool		has_point;
	Datum		point;			/* geography */
	int			country_count;	/* that it serves, -1 for all */
	char	  **countries;
	struct pg_tz *zone;
	TimeADT		cutoff;			/* a day if there is none */
	int			handling_days;
} Location;

/* The columns of oms.locations l that LocationRead() reads */
#define LOCATION_COLUMNS \
	"l.location_id, l.code, l.active, l.priority, l.point, " \
	"l.ships_to::text[], l.time_zone, l.cutoff, l.handling_days"
#define LOCATION_COLUMN_COUNT	9

extern int32 LocationFind(const char *code, bool *active);
extern Datum PointDatum(double latitude, double longitude);
extern Location *LocationRead(uint64 row);
extern const Location *LocationGet(int32 location_id);
extern bool LocationServes(const Location *location, const char *country);
extern DateADT LocationShipsOn(const Location *location, TimestampTz at);
extern double Distance(Datum from, Datum to);
extern int	LocationsNear(double latitude, double longitude, int count,
						  const Location **locations);
extern int	LocationsFirst(int count, const Location **locations);

/* channel.c */

/* A channel, and where it may ship from */
typedef struct Channel
{
	int32		channel_id;
	int			currency;
	int			location_count; /* 0: any */
	int32	   *location_ids;
} Channel;

extern const Channel *ChannelFind(const char *code);
extern const Channel *ChannelGet(int32 channel_id);
extern bool ChannelShipsFrom(const Channel *channel, int32 location_id);

#endif							/* OMS_STOCK_H */
