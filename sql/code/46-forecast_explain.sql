/* sql/code/46-forecast_explain.sql: why a forecast is what it is */

CREATE OR REPLACE FUNCTION oms.explain_forecast(sku text, location text, OUT item text, OUT value text, OUT note text)
    RETURNS SETOF record
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE ROWS 20
    SET search_path = pg_catalog, oms, pg_temp
AS $$
BEGIN
    PERFORM oms_internal.require_codes(skus => ARRAY[sku], locations => ARRAY[location]);
    RETURN QUERY
    SELECT e.item, e.value, e.note
    FROM oms.forecasts AS f
    LEFT JOIN LATERAL (
        SELECT s.*
        FROM oms.forecast_snapshots AS s
        WHERE s.sku_id = f.sku_id AND s.location_id = f.location_id AND s.known_days > 0
        ORDER BY s.starts_on DESC
        LIMIT 1) AS s ON true
    CROSS JOIN LATERAL (VALUES
        (1, 'history', f.details ->> 'days', CASE f.details ->> 'days' WHEN '0' THEN 'days yet'
                                              ELSE format('days, from %s to %s', f.details ->> 'since', f.starts_on - 1) END),
        (2, 'censored', f.details ->> 'censored', 'of these days, as stock was out and demand is not known'),
        (3, 'class', f.class, CASE f.class WHEN 'smooth' THEN 'demand comes often, in like sizes'
                                           WHEN 'erratic' THEN 'demand comes often, in sizes that vary'
                                           WHEN 'intermittent' THEN 'demand comes seldom, in like sizes'
                                           WHEN 'lumpy' THEN 'demand comes seldom, in sizes that vary'
                                           WHEN 'new' THEN 'too little is known'
                                           WHEN 'none' THEN 'there was no demand' END),
        (4, 'ADI', oms_internal.rounded(nullif(f.details -> 'interval', '0')), 'days from demand to demand'),
        (5, 'CV²', CASE WHEN f.details -> 'interval' <> '0' THEN oms_internal.rounded(f.details -> 'cv2') END, 'squared coefficient of variation of the sizes of demands'),
        (6, 'method', f.method, CASE f.method WHEN 'level' THEN 'means over several times, weighted by their errors, and chance and size of a demand'
                                              WHEN 'trend' THEN 'the mean of methods that follow a trend'
                                              WHEN 'prior' THEN 'what was expected, and what has come since' END),
        (7, 'expected', oms_internal.rounded(f.details -> 'expected'), 'units a day, from other locations or like SKUs'),
        (8, 'season', (SELECT string_agg(oms_internal.rounded(n.factor), ' ' ORDER BY n.n)
                       FROM jsonb_array_elements(f.details -> 'season') WITH ORDINALITY AS n(factor, n)),
         format('factors of the days from %s on', f.starts_on)
         || CASE WHEN f.details ->> 'group' = '' THEN ', shrunk to those of the location'
                 ELSE coalesce(format(', shrunk to those of %s', f.details ->> 'group'), '') END),
        (9, 'year', (SELECT string_agg(oms_internal.rounded(n.factor), ' ' ORDER BY n.n)
                     FROM jsonb_array_elements(nullif(f.details -> 'months', 'null')) WITH ORDINALITY AS n(factor, n)),
         'factors of the months from January on, of the group'),
        (10, 'promotion', oms_internal.rounded(f.details -> 'promotion'), 'times the demand where all is sold at a discount'),
        (11, 'level', oms_internal.rounded(to_jsonb(f.mean)), 'units a day, the mean of what is forecast'),
        (12, 'total', oms_internal.rounded(to_jsonb(f.total_mean)), format('units in the %s days from %s on', f.protection_days, f.starts_on)),
        (13, 'quantiles', (SELECT string_agg(oms_internal.rounded(to_jsonb(q.units)), ' ' ORDER BY q.n)
                           FROM unnest(f.total_quantiles) WITH ORDINALITY AS q(units, n)),
         format('of the same, at %s', (SELECT string_agg(l * 100 || ' %', ', ' ORDER BY l)
                                       FROM unnest(oms_internal.forecast_levels()) AS l))),
        (14, 'last forecast', s.forecast::text, format('units in %s known days from %s on; %s were ordered', s.known_days, s.starts_on, s.actual)),
        (15, 'last MASE', oms_internal.rounded(to_jsonb(s.absolute_error::numeric / s.known_days / nullif(s.scale_rate, 0)::numeric)),
         'error of the last forecast, in that of repeating the week before')
    ) AS e(n, item, value, note)
    WHERE f.sku_id = (SELECT k.sku_id FROM oms.skus AS k WHERE k.code = explain_forecast.sku)
          AND f.location_id = (SELECT l.location_id FROM oms.locations AS l WHERE l.code = explain_forecast.location)
          AND e.value IS NOT NULL
    ORDER BY e.n;
END
$$;
COMMENT ON FUNCTION oms.explain_forecast(text, text) IS 'What the forecast of a SKU at a location was made from; no row if there is none';

CREATE OR REPLACE FUNCTION oms_internal.rounded(number jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT trim_scale(round(nullif(number, 'null')::numeric, 2))::text;
END;
COMMENT ON FUNCTION oms_internal.rounded(jsonb) IS 'A number with at most two decimals; null if it is none';
