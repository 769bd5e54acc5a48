/*
 * shipping.c
 *		Shipping services: what they bill and when they arrive.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "order.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/tuplestore.h"

#define SERVICE_COLUMNS \
	"s.service_id, s.code, s.name, s.currency, s.kind = 'pickup', s.active, " \
	"s.dimensional_divisor, s.working_days, c.code "

/*
 * ReadService reads SERVICE_COLUMNS of the last query, NULL if it found none.
 */
static void *
ReadService(uint64 rows)
{
	ShippingService *service;
	char	   *currency;

	if (rows == 0)
		return NULL;
	service = palloc0(sizeof(ShippingService));
	service->service_id = RowInt32(0, 1);
	service->code = RowText(0, 2);
	service->name = RowText(0, 3);
	currency = RowText(0, 4);
	service->currency = CurrencyFromCode(currency, strlen(currency));
	service->pickup = RowBool(0, 5);
	service->active = RowBool(0, 6);
	service->dimensional_divisor = RowInt32(0, 7);
	service->working_days = WeekdaysRead(0, 8);
	service->carrier = RowText(0, 9);
	return service;
}

/*
 * LoadByCode loads a service by its code.
 */
static void *
LoadByCode(const char *key)
{
	static SavedPlan find = {
		"text",
		"SELECT " SERVICE_COLUMNS
		"FROM oms.shipping_services s LEFT JOIN oms.carriers c USING (carrier_id) "
		"WHERE s.code = $1"
	};
	Datum		values[1] = {CStringGetTextDatum(key)};

	return ReadService(PlanRunLatest(&find, values, NULL));
}

/*
 * LoadById loads a service by its number.
 */
static void *
LoadById(const char *key)
{
	static SavedPlan find = {
		"integer",
		"SELECT " SERVICE_COLUMNS
		"FROM oms.shipping_services s LEFT JOIN oms.carriers c USING (carrier_id) "
		"WHERE s.service_id = $1"
	};
	Datum		values[1] = {Int32GetDatum(atoi(key))};

	return ReadService(PlanRunLatest(&find, values, NULL));
}

/*
 * ServiceFind is the shipping service of a code, NULL if there is none.
 */
const ShippingService *
ServiceFind(const char *code)
{
	static Kept kept = {{"shipping_services", "carriers"}, LoadByCode};

	return KeptFind(&kept, code);
}

/*
 * ServiceGet is the shipping service of a number that is known to exist.
 * Raises 40001 if somebody has deleted it since.
 */
const ShippingService *
ServiceGet(int32 service_id)
{
	static Kept kept = {{"shipping_services", "carriers"}, LoadById};
	const ShippingService *service;

	service = KeptFindNumber(&kept, service_id);
	if (service == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("shipping service %d was deleted meanwhile", service_id),
				 errhint("Repeat the transaction.")));
	return service;
}

/* Services that new orders may name, in order of their codes */
typedef struct ActiveServices
{
	int			count;
	int32	   *service_ids;
} ActiveServices;

/*
 * LoadActive loads all that there are; there is one key.
 */
static void *
LoadActive(const char *key)
{
	static SavedPlan find = {
		"",
		"SELECT service_id FROM oms.shipping_services WHERE active "
		"ORDER BY code COLLATE \"C\""
	};
	ActiveServices *active = palloc(sizeof(ActiveServices));

	active->count = PlanRunLatest(&find, NULL, NULL);
	active->service_ids = palloc(mul_size(sizeof(int32), Max(active->count, 1)));
	for (int i = 0; i < active->count; i++)
		active->service_ids[i] = RowInt32(i, 1);
	return active;
}

/*
 * ServicesActive sets the services that new orders may name, in order of their
 * codes, and returns how many there are.  They last as those of KeptFind().
 */
int
ServicesActive(const int32 **service_ids)
{
	static Kept kept = {{"shipping_services"}, LoadActive};
	const ActiveServices *active = KeptFind(&kept, "");

	*service_ids = active->service_ids;
	return active->count;
}

/*
 * ShippingWeight is the grams that a service bills for a unit of a SKU: what
 * it weighs, or what its volume counts as if that is more.  A cubic millimetre
 * over cubic centimetres per kilogram is a gram.  service may be NULL.
 */
int64
ShippingWeight(const ShippingService *service, const Sku *sku)
{
	if (service == NULL || service->dimensional_divisor == 0)
		return sku->weight_g;
	return Max(sku->weight_g,
			   DivideRounded(sku->volume_mm3, service->dimensional_divisor));
}

/*
 * ShippingWeightOf is the grams that a service bills for a quantity of a SKU.
 */
double
ShippingWeightOf(const ShippingService *service, const Sku *sku,
				 Quantity quantity)
{
	return (double) ShippingWeight(service, sku) * quantity / QUANTITY_SCALE;
}

/*
 * ShippingArrivesOn is the day on which goods arrive that leave on a day.  The
 * carrier takes them on its first working day from then on, and moves them on
 * transit_days more.
 */
DateADT
ShippingArrivesOn(const ShippingService *service, DateADT ships_on,
				  int transit_days)
{
	int			days_a_week = pg_popcount32(service->working_days);
	DateADT		day = ships_on;

	if (DATE_NOT_FINITE(ships_on))
		return ships_on;
	while (!WeekdaysHave(service->working_days, day))
		day++;
	day += transit_days / days_a_week * 7;
	for (int left = transit_days % days_a_week; left > 0;)
		if (WeekdaysHave(service->working_days, ++day))
			left--;
	return day;
}

PG_FUNCTION_INFO_V1(oms_shipping_arrives_on);

/*
 * oms_shipping_arrives_on(service_id, ships_on, transit_days) is
 * ShippingArrivesOn() for SQL.
 */
Datum
oms_shipping_arrives_on(PG_FUNCTION_ARGS)
{
	StoreScope	scope = StoreOpen();
	DateADT		day = ShippingArrivesOn(ServiceGet(PG_GETARG_INT32(0)),
										PG_GETARG_DATEADT(1),
										PG_GETARG_INT32(2));

	StoreClose(scope);
	PG_RETURN_DATEADT(day);
}

/*
 * ArgumentText is a text argument, NULL if it is null.
 */
static char *
ArgumentText(FunctionCallInfo fcinfo, int number)
{
	return PG_ARGISNULL(number) ? NULL
		: text_to_cstring(PG_GETARG_TEXT_PP(number));
}

/*
 * ArgumentLane finds the lane that the first four arguments name: service_id,
 * country, region, postcode.
 */
static ShippingLane *
ArgumentLane(FunctionCallInfo fcinfo)
{
	return LaneFind(PG_ARGISNULL(0) ? 0 : PG_GETARG_INT32(0),
					ArgumentText(fcinfo, 1), ArgumentText(fcinfo, 2),
					ArgumentText(fcinfo, 3));
}

/*
 * ResultRow is a row of the type that a function returns.
 */
static Datum
ResultRow(FunctionCallInfo fcinfo, Datum *values, bool *nulls)
{
	TupleDesc	desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	BlessTupleDesc(desc);
	return HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
}

PG_FUNCTION_INFO_V1(oms_find_shipping_rate);

/*
 * oms_find_shipping_rate(service_id, country, region, postcode,
 * origin_location_id, distance_m, weight_g) is LaneRate() for SQL: a row
 * (price, transit_days), of nulls if no rate fits.
 */
Datum
oms_find_shipping_rate(PG_FUNCTION_ARGS)
{
	ShippingRate rate = {0};
	Datum		values[2];
	bool		nulls[2];
	StoreScope	scope = StoreOpen();

	rate.origin_location_id = PG_ARGISNULL(4) ? 0 : PG_GETARG_INT32(4);
	rate.distance_m = PG_ARGISNULL(5) ? -1 : PG_GETARG_FLOAT8(5);
	rate.weight_g = PG_ARGISNULL(6) ? 0 : PG_GETARG_INT64(6);
	LaneRate(ArgumentLane(fcinfo), &rate);
	StoreClose(scope);
	values[0] = AmountGetDatum(rate.price);
	values[1] = Int32GetDatum(rate.transit_days);
	nulls[0] = nulls[1] = !rate.fits;
	PG_RETURN_DATUM(ResultRow(fcinfo, values, nulls));
}

PG_FUNCTION_INFO_V1(oms_find_shipping_steps);

/*
 * oms_find_shipping_steps(service_id, country, region, postcode,
 * origin_location_id, distance_m) is BandSteps() for SQL: rows (max_weight_g,
 * price, per_kg, transit_days).
 */
Datum
oms_find_shipping_steps(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	StoreScope	scope;
	const ShippingBand *band;
	int			n;
	ShippingStep *steps;

	InitMaterializedSRF(fcinfo, 0);
	scope = StoreOpen();
	band = LaneBand(ArgumentLane(fcinfo),
					PG_ARGISNULL(4) ? 0 : PG_GETARG_INT32(4),
					PG_ARGISNULL(5) ? -1 : PG_GETARG_FLOAT8(5));
	n = band == NULL ? 0 : BandSteps(band, NULL, 0);
	steps = palloc(mul_size(sizeof(ShippingStep), Max(n, 1)));
	if (n > 0)
		BandSteps(band, steps, n);
	for (int i = 0; i < n; i++)
	{
		Datum		values[4] = {Int64GetDatum(steps[i].max_weight_g),
			AmountGetDatum(steps[i].price), AmountGetDatum(steps[i].per_kg),
		Int32GetDatum(steps[i].transit_days)};
		bool		nulls[4] = {false};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	StoreClose(scope);
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(oms_find_shipping_bound);

/*
 * oms_find_shipping_bound(service_id, country, region, postcode, distance_m,
 * weight_g) is LaneLeast() and LaneFloor() for SQL: a row (price, floor_price,
 * floor_per_kg) of nulls where no rate fits.
 */
Datum
oms_find_shipping_bound(PG_FUNCTION_ARGS)
{
	StoreScope	scope = StoreOpen();
	ShippingLane *lane = ArgumentLane(fcinfo);
	Amount		least = 0;
	Amount		floor_price = 0;
	Amount		floor_per_kg = 0;
	bool		nulls[3];
	Datum		values[3];

	nulls[0] = !LaneLeast(lane, PG_ARGISNULL(4) ? -1 : PG_GETARG_FLOAT8(4),
						  PG_ARGISNULL(5) ? 0 : PG_GETARG_INT64(5), &least);
	nulls[1] = nulls[2] = !LaneFloor(lane, &floor_price, &floor_per_kg);
	values[0] = AmountGetDatum(least);
	values[1] = AmountGetDatum(floor_price);
	values[2] = AmountGetDatum(floor_per_kg);
	StoreClose(scope);
	PG_RETURN_DATUM(ResultRow(fcinfo, values, nulls));
}
