/* sql/code/46-forecast.sql: forecasting demand */

CREATE OR REPLACE FUNCTION oms_internal.forecast_levels() RETURNS double precision[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT '{0.5,0.75,0.8,0.9,0.95,0.975,0.99,0.995}'::double precision[];
END;
COMMENT ON FUNCTION oms_internal.forecast_levels() IS 'Levels of the quantiles that forecasts keep';
