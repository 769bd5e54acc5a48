/* sql/code/45-report.sql: functions for reports */

CREATE OR REPLACE FUNCTION oms.wilson_lower(hits numeric, trials numeric, z double precision DEFAULT 1.96)
    RETURNS double precision
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN s.n > 0 THEN
                greatest((s.p + z * z / (2 * s.n) - z * sqrt(s.p * (1 - s.p) / s.n + z * z / (4 * s.n * s.n)))
                         / (1 + z * z / s.n), 0) END
    FROM (SELECT trials::double precision AS n,
                 least(greatest(hits / nullif(trials, 0), 0), 1)::double precision AS p) AS s;
END;
COMMENT ON FUNCTION oms.wilson_lower(numeric, numeric, double precision)
    IS 'Lower bound of a rate of which only some trials were seen (Wilson''s score interval); 1.96 is the bound of 95 %, null without trials';

CREATE OR REPLACE FUNCTION oms.wilson_upper(hits numeric, trials numeric, z double precision DEFAULT 1.96)
    RETURNS double precision
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN s.n > 0 THEN
                least((s.p + z * z / (2 * s.n) + z * sqrt(s.p * (1 - s.p) / s.n + z * z / (4 * s.n * s.n)))
                      / (1 + z * z / s.n), 1) END
    FROM (SELECT trials::double precision AS n,
                 least(greatest(hits / nullif(trials, 0), 0), 1)::double precision AS p) AS s;
END;
COMMENT ON FUNCTION oms.wilson_upper(numeric, numeric, double precision)
    IS 'Upper bound of a rate of which only some trials were seen (Wilson''s score interval); 1.96 is the bound of 95 %, null without trials';
