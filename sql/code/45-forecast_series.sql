/* sql/code/45-forecast_series.sql: forecasts of series of numbers */

CREATE OR REPLACE FUNCTION oms.forecast_series(
    demand double precision[], horizon integer, season integer DEFAULT 7, levels double precision[] DEFAULT '{0.5,0.9,0.95}',
    promoted double precision[] DEFAULT NULL, profile double precision[] DEFAULT NULL,
    OUT step integer, OUT mean double precision, OUT quantiles double precision[], OUT method text
) RETURNS SETOF record
    LANGUAGE C IMMUTABLE PARALLEL SAFE ROWS 28 COST 10000
    AS 'MODULE_PATHNAME', 'oms_forecast_series';
COMMENT ON FUNCTION oms.forecast_series(double precision[], integer, integer, double precision[], double precision[], double precision[]) IS 'Demand of each of the next horizon periods, oldest first, with its quantiles at the levels. Null or NaN is demand that is not known; promoted has shares from 0 to 1, of the periods of demand and of those to come; profile is what oms_internal.demand_profile() made of the group';

CREATE OR REPLACE FUNCTION oms.forecast_total(
    demand double precision[], periods double precision, season integer DEFAULT 7, levels double precision[] DEFAULT '{0.5,0.9,0.95}',
    periods_sd double precision DEFAULT 0, promoted double precision[] DEFAULT NULL, profile double precision[] DEFAULT NULL,
    OUT mean double precision, OUT sd double precision, OUT quantiles double precision[], OUT method text
)
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000
    AS 'MODULE_PATHNAME', 'oms_forecast_total';
COMMENT ON FUNCTION oms.forecast_total(double precision[], double precision, integer, double precision[], double precision, double precision[], double precision[]) IS 'Demand of the next periods together, as of a lead time, with its standard deviation and quantiles; periods_sd: by how much their number varies. The rest is as for oms.forecast_series()';

CREATE OR REPLACE FUNCTION oms_internal.forecast_fit(
    demand double precision[], promoted double precision[], horizon integer, protection double precision, protection_sd double precision,
    season integer, levels double precision[], profile double precision[] DEFAULT NULL,
    prior_mean double precision DEFAULT NULL, prior_cv double precision DEFAULT 1,
    months double precision[] DEFAULT NULL, since date DEFAULT NULL,
    OUT means real[], OUT total_mean double precision, OUT total_sd double precision, OUT total_quantiles double precision[],
    OUT class text, OUT method text, OUT scale_rate double precision, OUT details jsonb
)
    LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10000
    AS 'MODULE_PATHNAME', 'oms_forecast_fit';
COMMENT ON FUNCTION oms_internal.forecast_fit(double precision[], double precision[], integer, double precision, double precision, integer, double precision[], double precision[], double precision, double precision, double precision[], date) IS 'oms.forecast_series() and oms.forecast_total() of one fit, and what was seen in the series; prior_mean: demand a period that was expected before it was sold, with the coefficient of variation of how far off that is; months: what oms_internal.demand_months() made of the group, for days, of which since is the first';

CREATE OR REPLACE FUNCTION oms_internal.demand_profile_add(state internal, demand double precision[], promoted double precision[], season integer)
    RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_demand_profile_add';
COMMENT ON FUNCTION oms_internal.demand_profile_add(internal, double precision[], double precision[], integer) IS 'A series more';

CREATE OR REPLACE FUNCTION oms_internal.demand_profile_done(state internal) RETURNS double precision[]
    LANGUAGE C IMMUTABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_demand_profile_done';
COMMENT ON FUNCTION oms_internal.demand_profile_done(internal) IS 'What the series have in common';

CREATE OR REPLACE AGGREGATE oms_internal.demand_profile(demand double precision[], promoted double precision[], season integer) (
    SFUNC = oms_internal.demand_profile_add,
    STYPE = internal,
    FINALFUNC = oms_internal.demand_profile_done,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE oms_internal.demand_profile(double precision[], double precision[], integer) IS 'What series of a group that end in the same period have in common. Pairs of an estimate and its variance between series: how often demand comes in each phase of the season, from the period after the series on, as a multiple of the mean; how much it then is; and the effect of a promotion, as a logarithm';

CREATE OR REPLACE FUNCTION oms_internal.shift_profile(profile double precision[], periods integer, season integer)
    RETURNS double precision[]
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_shift_profile';
COMMENT ON FUNCTION oms_internal.shift_profile(double precision[], integer, integer) IS 'A profile of series that end so many periods later';

CREATE OR REPLACE FUNCTION oms_internal.demand_months_add(state internal, demand double precision[], until date)
    RETURNS internal
    LANGUAGE C IMMUTABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_demand_months_add';
COMMENT ON FUNCTION oms_internal.demand_months_add(internal, double precision[], date) IS 'A series more';

CREATE OR REPLACE FUNCTION oms_internal.demand_months_done(state internal) RETURNS double precision[]
    LANGUAGE C IMMUTABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_demand_months_done';
COMMENT ON FUNCTION oms_internal.demand_months_done(internal) IS 'What the months do';

CREATE OR REPLACE AGGREGATE oms_internal.demand_months(demand double precision[], until date) (
    SFUNC = oms_internal.demand_months_add,
    STYPE = internal,
    FINALFUNC = oms_internal.demand_months_done,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE oms_internal.demand_months(double precision[], date) IS 'What months multiply the demand of series of days by, January first, as the last two years before until tell, each beside the other, 1 if they tell nothing; null if no series has two years';
