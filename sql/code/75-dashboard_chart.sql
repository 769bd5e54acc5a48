/*
 * sql/code/75-dashboard_chart.sql: what charts have in common: numbers, ticks, tables, tiles, panels
 *
 * A chart is HTML with SVG in it and needs neither script nor network. Text is HTML of the page's size, whatever the
 * width; shapes are stretched to the place there is. Names come from users, and are escaped where they are written.
 */

CREATE OR REPLACE FUNCTION oms_internal.chart_short(value numeric) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_rounded CONSTANT numeric := round(value, 2 - CASE WHEN value = 0 THEN 0 ELSE floor(log(abs(value)))::integer END);
    v_step CONSTANT integer := CASE WHEN abs(v_rounded) < 1000 THEN 0 ELSE least(4, floor(log(abs(v_rounded)) / 3)::integer) END;
BEGIN
    RETURN oms_internal.grouped_number(trim_scale(v_rounded / power(1000::numeric, v_step)), ',', '.') || (ARRAY['', 'k', 'M', 'B', 'T'])[v_step + 1];
END
$$;
COMMENT ON FUNCTION oms_internal.chart_short(numeric) IS 'A number in three digits: 1.23k, 45.6M';

CREATE OR REPLACE FUNCTION oms_internal.chart_number(value numeric, unit text DEFAULT '', short boolean DEFAULT false, beside numeric DEFAULT 0) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_sign CONSTANT text := CASE WHEN value < 0 THEN '−' ELSE '' END;
    v_size numeric := abs(value) * CASE WHEN unit = '%' THEN 100 ELSE 1 END;
BEGIN
    IF v_size IS NULL THEN
        RETURN '–';
    ELSIF unit IN ('%', 'h', 'd') THEN
        v_size := round(v_size, CASE WHEN v_size < 99.95 THEN 1 ELSE 0 END);
        RETURN v_sign || oms_internal.grouped_number(CASE WHEN short THEN trim_scale(v_size) ELSE v_size END, ',', '.') || E'\u202F' || unit;
    ELSIF unit = '' THEN
        RETURN v_sign || CASE WHEN short THEN oms_internal.chart_short(v_size)
                              ELSE oms_internal.grouped_number(CASE WHEN v_size < 100 THEN trim_scale(round(v_size, 2)) ELSE round(v_size) END, ',', '.') END;
    END IF;
    RETURN v_sign || CASE unit WHEN 'EUR' THEN '€' WHEN 'USD' THEN '$' WHEN 'GBP' THEN '£' WHEN 'JPY' THEN '¥' ELSE unit || E'\u00A0' END
           || CASE WHEN short THEN oms_internal.chart_short(v_size)
                   ELSE oms_internal.grouped_number(CASE WHEN greatest(v_size, beside) < 1000 THEN oms.amount(v_size, unit)::numeric ELSE round(v_size) END, ',', '.') END;
END
$$;
COMMENT ON FUNCTION oms_internal.chart_number(numeric, text, boolean, numeric) IS 'A number as charts show it, with its unit: a currency, % of a share, h or d of a time, or none of what is counted; money has its minor units below 1000, if what it is beside is below too';

CREATE OR REPLACE FUNCTION oms_internal.chart_days(since date, until date) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN since = until THEN ''
                WHEN date_part('year', since) <> date_part('year', until) THEN to_char(since, 'FMDD Mon YYYY') || ' – '
                WHEN date_part('month', since) <> date_part('month', until) THEN to_char(since, 'FMDD Mon') || ' – '
                ELSE to_char(since, 'FMDD') || '–' END
           || to_char(until, 'FMDD Mon YYYY');
END;
COMMENT ON FUNCTION oms_internal.chart_days(date, date) IS 'From one day to another, in words';

/* Steps are 1, 2, 2.5 or 5 times a power of ten, and multiples of the least; "most" or fewer reach from low to high */
CREATE OR REPLACE FUNCTION oms_internal.chart_ticks(low numeric, high numeric, least_step numeric DEFAULT 0, most integer DEFAULT 5) RETURNS numeric[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT array_agg(tick ORDER BY tick)
    FROM (SELECT low AS low, CASE WHEN high > low THEN high ELSE low + greatest(least_step, 1) END AS high) AS span
    CROSS JOIN LATERAL (
        SELECT trim_scale(m * power(10::numeric, p)) AS step
        FROM unnest(ARRAY[1, 2, 2.5, 5]) AS m
        CROSS JOIN generate_series(floor(log((span.high - span.low) / most))::integer, floor(log((span.high - span.low) / most))::integer + 1) AS p
        WHERE ceil(span.high / (m * power(10::numeric, p))) - floor(span.low / (m * power(10::numeric, p))) <= most
        ORDER BY least_step > 0 AND m * power(10::numeric, p) % nullif(least_step, 0) <> 0, 1
        LIMIT 1) AS chosen
    CROSS JOIN generate_series(floor(span.low / chosen.step) * chosen.step, ceil(span.high / chosen.step) * chosen.step, chosen.step) AS tick;
END;
COMMENT ON FUNCTION oms_internal.chart_ticks(numeric, numeric, numeric, integer) IS 'Round numbers that enclose two others, for an axis';
