/*
 * document_job.c
 *		The settings of jobs: which keys, of what kind.
 *
 * A setting that is left out or null has no effect or a default, as doc/job.md
 * and doc/alert.md say.
 *
 * Copyright (c) 2026, the oms contributors
 */
#include "document_shapes.h"
#include "plan.h"

#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/rel.h"

#define LOG_DAYS_MAX	9999
#define ALERT_HOURS_MAX	9999
#define HOUR_CHARS		8			/* 24:00 is one, too */

static const DocField channel_element = {.kind = DOC_CODE};
static const DocField reason_element = {.kind = DOC_TEXT, .max = NAME_CHARS};

static const DocField low_stock_fields[] = {
	{"measure", DOC_WORD, NULLABLE, WORDS("position", "available")},
	{"channels", DOC_ARRAY, NULLABLE, OF(channel_element)},
	END
};
static const DocShape low_stock_shape = {low_stock_fields};

static const DocField out_of_stock_fields[] = {
	{"sold_days", DOC_INTEGER, NULLABLE, .max = LOG_DAYS_MAX},
	{"channels", DOC_ARRAY, NULLABLE, OF(channel_element)},
	END
};
static const DocShape out_of_stock_shape = {out_of_stock_fields};

static const DocField stockout_expected_fields[] = {
	{"days", DOC_INTEGER, NULLABLE, .min = 1, .max = DAYS_MAX},
	{"critical_days", DOC_INTEGER, NULLABLE, .max = DAYS_MAX},
	END
};
static const DocShape stockout_expected_shape = {stockout_expected_fields};

static const DocField dead_stock_fields[] = {
	{"days", DOC_INTEGER, NULLABLE, .min = 1, .max = DAYS_MAX},
	{"cover_days", DOC_INTEGER, NULLABLE, .min = 1, .max = LOG_DAYS_MAX},
	{"min_value", DOC_DECIMAL, NULLABLE},
	END
};
static const DocShape dead_stock_shape = {dead_stock_fields};

static const DocField overstock_fields[] = {
	{"days", DOC_INTEGER, NULLABLE, .min = 1, .max = LOG_DAYS_MAX},
	{"min_value", DOC_DECIMAL, NULLABLE},
	END
};
static const DocShape overstock_shape = {overstock_fields};

static const DocField late_shipment_fields[] = {
	{"lookback_days", DOC_INTEGER, NULLABLE, .max = DAYS_MAX},
	{"delivery_slack_days", DOC_INTEGER, NULLABLE, .max = DAYS_MAX},
	{"critical_days", DOC_INTEGER, NULLABLE, .max = DAYS_MAX},
	END
};
static const DocShape late_shipment_shape = {late_shipment_fields};

static const DocField stuck_order_fields[] = {
	{"lookback_days", DOC_INTEGER, NULLABLE, .max = DAYS_MAX},
	{"placed_hours", DOC_INTEGER, NULLABLE, .max = ALERT_HOURS_MAX},
	{"confirmed_hours", DOC_INTEGER, NULLABLE, .max = ALERT_HOURS_MAX},
	{"in_fulfillment_hours", DOC_INTEGER, NULLABLE, .max = ALERT_HOURS_MAX},
	{"partially_shipped_hours", DOC_INTEGER, NULLABLE, .max = ALERT_HOURS_MAX},
	END
};
static const DocShape stuck_order_shape = {stuck_order_fields};

static const DocField return_rate_spike_fields[] = {
	{"days", DOC_INTEGER, NULLABLE, .min = 1, .max = DAYS_MAX},
	{"before_days", DOC_INTEGER, NULLABLE, .min = 1, .max = LOG_DAYS_MAX},
	{"min_units", DOC_DECIMAL, NULLABLE, .min = 1, .max = 1000000000},
	{"min_returns", DOC_DECIMAL, NULLABLE, .min = 1, .max = 1000000000},
	{"z", DOC_DECIMAL, .flags = DOC_NULL | DOC_POSITIVE, .max = 10},
	END
};
static const DocShape return_rate_spike_shape = {return_rate_spike_fields};

static const DocField raise_alerts_fields[] = {
	{"low_stock", DOC_OBJECT, NULLABLE, BELOW(low_stock_shape)},
	{"out_of_stock", DOC_OBJECT, NULLABLE, BELOW(out_of_stock_shape)},
	{"stockout_expected", DOC_OBJECT, NULLABLE, BELOW(stockout_expected_shape)},
	{"dead_stock", DOC_OBJECT, NULLABLE, BELOW(dead_stock_shape)},
	{"overstock", DOC_OBJECT, NULLABLE, BELOW(overstock_shape)},
	{"late_shipment", DOC_OBJECT, NULLABLE, BELOW(late_shipment_shape)},
	{"stuck_order", DOC_OBJECT, NULLABLE, BELOW(stuck_order_shape)},
	{"return_rate_spike", DOC_OBJECT, NULLABLE, BELOW(return_rate_spike_shape)},
	{"supplier_mail", DOC_BOOL},
	END
};

static const DocField reroute_orders_fields[] = {
	{"min_saving", DOC_AMOUNT, NULLABLE},
	{"channel", DOC_CODE, NULLABLE},
	{"time_limit", DOC_TEXT, NULLABLE, .max = NAME_CHARS},
	END
};

static const DocField roll_up_demand_fields[] = {
	{"undelivered_reasons", DOC_ARRAY, OF(reason_element)},
	{"sells_from", DOC_TEXT, NULLABLE, .max = HOUR_CHARS},
	{"sells_until", DOC_TEXT, NULLABLE, .max = HOUR_CHARS},
	END
};

static const DocField forecast_demand_fields[] = {
	{"horizon_days", DOC_INTEGER, NULLABLE, .min = 1, .max = DAYS_MAX},
	{"history_days", DOC_INTEGER, NULLABLE, .min = 1, .max = LOG_DAYS_MAX},
	END
};

static const DocField evaluate_forecasts_fields[] = {
	{"keep_days", DOC_INTEGER, NULLABLE, .max = LOG_DAYS_MAX},
	END
};

static const DocField plan_replenishment_fields[] = {
	{"transfers", DOC_BOOL, NULLABLE},
	{"auto_transfers", DOC_BOOL, NULLABLE},
	{"rejected_days", DOC_INTEGER, NULLABLE, .max = DAYS_MAX},
	END
};

static const DocField review_holds_fields[] = {
	{"alert_after_days", DOC_INTEGER, NULLABLE, .max = LOG_DAYS_MAX},
	{"cancel_after_days", DOC_INTEGER, NULLABLE, .max = LOG_DAYS_MAX},
	END
};

static const DocField complete_orders_fields[] = {
	{"after_days", DOC_INTEGER, NULLABLE, .max = LOG_DAYS_MAX},
	END
};

static const DocField archive_events_fields[] = {
	{"after_days", DOC_INTEGER, NULLABLE, .max = LOG_DAYS_MAX},
	{"drop_after_months", DOC_INTEGER, NULLABLE, .max = LOG_DAYS_MAX},
	END
};

static const DocField purge_logs_fields[] = {
	{"commands_days", DOC_INTEGER, NULLABLE, .max = LOG_DAYS_MAX},
	{"job_runs_days", DOC_INTEGER, NULLABLE, .max = LOG_DAYS_MAX},
	{"alerts_days", DOC_INTEGER, NULLABLE, .max = LOG_DAYS_MAX},
	{"notifications_days", DOC_INTEGER, NULLABLE, .max = LOG_DAYS_MAX},
	{"carts_days", DOC_INTEGER, NULLABLE, .max = LOG_DAYS_MAX},
	END
};

#define JOB(name, fields)	{name, name, {NULL, DOC_OBJECT, BELOW(((const DocShape) {fields}))}}

/* Jobs that have settings */
static const Document jobs[] = {
	JOB("raise_alerts", raise_alerts_fields),
	JOB("reroute_orders", reroute_orders_fields),
	JOB("roll_up_demand", roll_up_demand_fields),
	JOB("review_holds", review_holds_fields),
	JOB("complete_orders", complete_orders_fields),
	JOB("forecast_demand", forecast_demand_fields),
	JOB("evaluate_forecasts", evaluate_forecasts_fields),
	JOB("plan_replenishment", plan_replenishment_fields),
	JOB("archive_events", archive_events_fields),
	JOB("purge_logs", purge_logs_fields),
};

/*
 * RequireSettings raises OM007 with all faults of a job's settings.
 */
static void
RequireSettings(const Document *job, Jsonb *settings)
{
	Faults		faults;

	FaultsInit(&faults);
	DocumentCheck(settings, job, &faults);
	if (faults.count == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OMS_INVALID_DOCUMENT),
			 errmsg_plural("settings of job \"%s\" have %d fault",
						   "settings of job \"%s\" have %d faults",
						   faults.count, job->name, faults.count),
			 errdetail_internal("%s", FaultsText(&faults)),
			 errhint("The settings of each job are described in doc/job.md.")));
}

PG_FUNCTION_INFO_V1(oms_check_job);

/*
 * oms_check_job: trigger BEFORE INSERT OR UPDATE FOR EACH ROW of jobs that
 * raises OM007 if the settings of a job are not such as it knows.
 */
Datum
oms_check_job(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = RequireRowTrigger(fcinfo);
	HeapTuple	row = TRIGGER_FIRED_BY_INSERT(trigger->tg_event) ?
		trigger->tg_trigtuple : trigger->tg_newtuple;
	TupleDesc	desc = RelationGetDescr(trigger->tg_relation);
	char	   *name = SPI_getvalue(row, desc, SPI_fnumber(desc, "name"));
	bool		isnull;
	Datum		settings = SPI_getbinval(row, desc,
										 SPI_fnumber(desc, "settings"),
										 &isnull);

	for (int i = 0; name != NULL && !isnull && i < lengthof(jobs); i++)
		if (strcmp(jobs[i].name, name) == 0)
			RequireSettings(&jobs[i], DatumGetJsonbP(settings));
	return PointerGetDatum(row);
}
