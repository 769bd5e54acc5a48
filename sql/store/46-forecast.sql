/* sql/store/46-forecast.sql: what was wanted, day by day, and what will be */

CREATE TABLE oms.demand_lines (
    order_id bigint NOT NULL,
    line_no integer NOT NULL,
    sku_id bigint NOT NULL,
    location_id integer NOT NULL,
    day date NOT NULL,
    quantity oms.quantity NOT NULL,
    promoted boolean NOT NULL DEFAULT false,
    returned oms.quantity NOT NULL DEFAULT '0',
    CONSTRAINT demand_lines_pkey PRIMARY KEY (order_id, line_no, sku_id, location_id)
);
CREATE INDEX demand_lines_sku_id_idx ON oms.demand_lines (sku_id, location_id, day);
COMMENT ON TABLE oms.demand_lines IS 'What order lines count for in oms.demand_daily, so that a line that changes counts by the difference';
COMMENT ON COLUMN oms.demand_lines.sku_id IS 'Of a kit line, one of the kit''s components';
COMMENT ON COLUMN oms.demand_lines.location_id IS 'Who was first to ship it; of what waits, who would be';
COMMENT ON COLUMN oms.demand_lines.day IS 'On which it was ordered, by the clock of the location';
COMMENT ON COLUMN oms.demand_lines.promoted IS 'It was sold at a discount';

CREATE TABLE oms.demand_daily (
    sku_id bigint NOT NULL,
    location_id integer NOT NULL,
    day date NOT NULL,
    demanded oms.quantity NOT NULL DEFAULT '0',
    promoted oms.quantity NOT NULL DEFAULT '0',
    returned oms.quantity NOT NULL DEFAULT '0',
    out_of_stock_rate real NOT NULL DEFAULT 0,
    CONSTRAINT demand_daily_pkey PRIMARY KEY (sku_id, location_id, day)
        INCLUDE (demanded, promoted, out_of_stock_rate),
    CONSTRAINT demand_daily_quantity_check
        CHECK (demanded OPERATOR(oms.>=) '0'::oms.quantity AND promoted OPERATOR(oms.>=) '0'::oms.quantity
               AND promoted OPERATOR(oms.<=) demanded AND returned OPERATOR(oms.>=) '0'::oms.quantity),
    CONSTRAINT demand_daily_out_of_stock_rate_check CHECK (out_of_stock_rate BETWEEN 0 AND 1)
);
COMMENT ON TABLE oms.demand_daily IS 'Demand by SKU, location and day; a day without a row had none, and was in stock. History from before may be loaded by COPY';
COMMENT ON COLUMN oms.demand_daily.demanded IS 'Units ordered that day and not cancelled by the customer, returns not taken off';
COMMENT ON COLUMN oms.demand_daily.promoted IS 'Of these, sold at a discount';
COMMENT ON COLUMN oms.demand_daily.returned IS 'Of these, come back since';
COMMENT ON COLUMN oms.demand_daily.out_of_stock_rate IS 'Share of the day on which nothing could be bought, so that demand is not known';

CREATE INDEX demand_daily_out_idx ON oms.demand_daily (day, sku_id) WHERE out_of_stock_rate > 0;

CREATE OR REPLACE VIEW oms.demand_days WITH (security_invoker = true) AS
    SELECT d.sku_id, d.location_id, d.day, d.demanded, d.promoted, d.returned, d.out_of_stock_rate
    FROM oms.demand_daily AS d
    UNION ALL
    SELECT u.sku_id, u.location_id, u.day, u.demanded, u.promoted, u.returned, 0
    FROM oms_internal.uncounted_demand() AS u;
COMMENT ON VIEW oms.demand_days IS 'The same with orders that the job has not counted yet, in rows of their own, to be added up';

CREATE TABLE oms.demand_series (
    sku_id bigint NOT NULL,
    location_id integer NOT NULL,
    began_on date,
    changed_from date,
    changed_until date,
    protection_days integer NOT NULL DEFAULT 14,
    CONSTRAINT demand_series_pkey PRIMARY KEY (sku_id, location_id),
    CONSTRAINT demand_series_changed_check CHECK (changed_from <= changed_until),
    CONSTRAINT demand_series_protection_days_check CHECK (protection_days > 0)
) WITH (fillfactor = 70);
CREATE INDEX demand_series_location_id_idx ON oms.demand_series (location_id);
COMMENT ON TABLE oms.demand_series IS 'SKUs and locations whose demand is forecast: those that have had some, or have a stock level';
COMMENT ON COLUMN oms.demand_series.began_on IS 'Day from which on there could be demand: the first with some, or on which stock came; null: that is not known';
COMMENT ON COLUMN oms.demand_series.changed_from IS 'First of the days in oms.demand_daily that no forecast knows as they are; null for none';
COMMENT ON COLUMN oms.demand_series.changed_until IS 'Last of these days';
COMMENT ON COLUMN oms.demand_series.protection_days IS 'As oms.replenishment_terms said last night: lead time and review interval';

CREATE TABLE oms.stockouts (
    sku_id bigint NOT NULL,
    location_id integer NOT NULL,
    began_at timestamptz NOT NULL,
    ended_at timestamptz,
    counted_until date NOT NULL,
    CONSTRAINT stockouts_pkey PRIMARY KEY (sku_id, location_id, began_at),
    CONSTRAINT stockouts_ended_at_check CHECK (ended_at >= began_at)
);
CREATE UNIQUE INDEX stockouts_open_key ON oms.stockouts (sku_id, location_id) WHERE ended_at IS NULL;
CREATE INDEX stockouts_uncounted_idx ON oms.stockouts (counted_until) WHERE counted_until < 'infinity';
COMMENT ON TABLE oms.stockouts IS 'When nothing of a SKU could be bought at a location, as seen by the job that rolls up demand';
COMMENT ON COLUMN oms.stockouts.ended_at IS 'Null: still';
COMMENT ON COLUMN oms.stockouts.counted_until IS 'First day whose share of it is not in oms.demand_daily yet; infinity: all are';

CREATE TABLE oms.forecasts (
    sku_id bigint NOT NULL,
    location_id integer NOT NULL,
    starts_on date NOT NULL,
    fitted_at timestamptz NOT NULL DEFAULT oms.now(),
    class text NOT NULL,
    method text NOT NULL,
    means real[] NOT NULL,
    mean double precision NOT NULL,
    protection_days integer NOT NULL,
    total_mean double precision NOT NULL,
    total_quantiles double precision[] NOT NULL,
    scale_rate double precision,
    details jsonb,
    CONSTRAINT forecasts_pkey PRIMARY KEY (sku_id, location_id),
    CONSTRAINT forecasts_class_check CHECK (class IN ('smooth', 'erratic', 'intermittent', 'lumpy', 'new', 'none')),
    CONSTRAINT forecasts_protection_days_check CHECK (protection_days > 0)
);
COMMENT ON TABLE oms.forecasts IS 'What will be wanted of a SKU at a location, as forecast last';
COMMENT ON COLUMN oms.forecasts.starts_on IS 'First day that is forecast; the history ends on the day before';
COMMENT ON COLUMN oms.forecasts.means IS 'Expected demand of each day from starts_on on';
COMMENT ON COLUMN oms.forecasts.mean IS 'Mean of these: units a day';
COMMENT ON COLUMN oms.forecasts.protection_days IS 'Days that stock ordered now has to last for: lead time and review interval';
COMMENT ON COLUMN oms.forecasts.total_mean IS 'Expected demand of these days together';
COMMENT ON COLUMN oms.forecasts.total_quantiles IS 'Its quantiles at the levels of oms_internal.forecast_levels()';
COMMENT ON COLUMN oms.forecasts.scale_rate IS 'Mean absolute change from one season to the next in the history, which errors are measured by (MASE); null where it is 0 or unknown';
COMMENT ON COLUMN oms.forecasts.details IS 'What explain_forecast() tells';

CREATE TABLE oms.forecast_snapshots (
    sku_id bigint NOT NULL,
    location_id integer NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    method text NOT NULL,
    means real[] NOT NULL,
    upper_mean double precision,
    scale_rate double precision,
    evaluated_at timestamptz,
    known_days integer,
    actual oms.quantity,
    forecast oms.quantity,
    absolute_error oms.quantity,
    covered boolean,
    CONSTRAINT forecast_snapshots_pkey PRIMARY KEY (sku_id, location_id, starts_on),
    CONSTRAINT forecast_snapshots_ends_on_check CHECK (ends_on >= starts_on)
);
CREATE INDEX forecast_snapshots_due_idx ON oms.forecast_snapshots (ends_on) WHERE evaluated_at IS NULL;
COMMENT ON TABLE oms.forecast_snapshots IS 'Forecasts of the past, kept until their days are over, and how well they did';
COMMENT ON COLUMN oms.forecast_snapshots.upper_mean IS 'Quantile of 95 % of the demand of all its days';
COMMENT ON COLUMN oms.forecast_snapshots.scale_rate IS 'As of oms.forecasts when it was made';
COMMENT ON COLUMN oms.forecast_snapshots.known_days IS 'How many of its days are counted: those on which stock was there all the time';
COMMENT ON COLUMN oms.forecast_snapshots.absolute_error IS 'Sum of the days'' absolute errors';
COMMENT ON COLUMN oms.forecast_snapshots.covered IS 'Demand was not above upper_mean; null where not all days are known';

CREATE TABLE oms.seasonal_profiles (
    location_id integer NOT NULL,
    category text NOT NULL,
    starts_on date NOT NULL,
    series integer NOT NULL,
    mean double precision NOT NULL,
    mean_cv_rate double precision NOT NULL,
    profile double precision[] NOT NULL,
    months double precision[],
    CONSTRAINT seasonal_profiles_pkey PRIMARY KEY (location_id, category)
);
COMMENT ON TABLE oms.seasonal_profiles IS 'What the series of a group have in common, which a single one is too short or too sparse to tell';
COMMENT ON COLUMN oms.seasonal_profiles.category IS 'First part of the category of the SKUs'' products; empty: all SKUs of the location';
COMMENT ON COLUMN oms.seasonal_profiles.starts_on IS 'Day that the first factor is of';
COMMENT ON COLUMN oms.seasonal_profiles.mean IS 'Demand of one of them a day, of late';
COMMENT ON COLUMN oms.seasonal_profiles.mean_cv_rate IS 'Coefficient of variation of that between them';
COMMENT ON COLUMN oms.seasonal_profiles.series IS 'How many series it is made of';
COMMENT ON COLUMN oms.seasonal_profiles.months IS 'What each month multiplies demand by, January first; null: nothing is known of that';
COMMENT ON COLUMN oms.seasonal_profiles.profile IS 'As oms_internal.demand_profile() makes it';
