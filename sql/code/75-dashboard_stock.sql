/* sql/code/75-dashboard_stock.sql: what stock is worth, how long it lasts, how old it is, what ran out, and what was foreseen */

CREATE OR REPLACE FUNCTION oms_internal.dashboard_stock_value(currency text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH trend AS MATERIALIZED (
        SELECT t.closing_value AS value, row_number() OVER (ORDER BY t.month DESC) AS n
        FROM oms_report.stock_trend AS t
        WHERE t.dimension = 'all'
    )
    SELECT oms_internal.dashboard_tile('Stock value', (SELECT coalesce(t.value, 0) FROM trend AS t WHERE t.n = 1), (SELECT t.value FROM trend AS t WHERE t.n = 2), currency, 'none',
                                       (SELECT array_agg(t.value ORDER BY t.n DESC) FROM trend AS t WHERE t.n <= 12),
                                       coalesce('from ' || (SELECT oms_internal.chart_number(t.value, currency, t.value >= 1e5) FROM trend AS t WHERE t.n = 2) || ' at the month''s start', 'at cost'))
$$;
COMMENT ON FUNCTION oms_internal.dashboard_stock_value(text) IS 'The headline figure of what stock is worth';

CREATE OR REPLACE FUNCTION oms_internal.dashboard_classes() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH class AS MATERIALIZED (
        SELECT coalesce(m.abc, '–') AS abc, coalesce(m.xyz, 'new') AS xyz, m.skus, m.share
        FROM oms_report.abc_xyz_matrix AS m
        WHERE m.units > 0
    )
    SELECT oms_internal.chart_panel('What matters, and how steadily it sells', 'SKUs by their share of value in a year (A, B, C) and how steady demand is (X to Z)',
        oms_internal.chart_heat('What matters, and how steadily it sells', 'Share of value', '{X,Y,Z,new}',
            (SELECT jsonb_agg(jsonb_build_object('name', r.abc, 'note', oms_internal.chart_number(r.share, '%'),
                        'values', (SELECT jsonb_agg(coalesce(c.skus, 0) ORDER BY x.n) FROM unnest('{X,Y,Z,new}'::text[]) WITH ORDINALITY AS x(xyz, n) LEFT JOIN class AS c ON c.abc = r.abc AND c.xyz = x.xyz))
                              ORDER BY r.abc = '–', r.abc)
             FROM (SELECT c.abc, sum(c.share) AS share FROM class AS c GROUP BY c.abc) AS r)),
        'w4', 'Nothing was sold in a year.')
$$;
COMMENT ON FUNCTION oms_internal.dashboard_classes() IS 'A panel of SKUs by value and steadiness';

CREATE OR REPLACE FUNCTION oms_internal.dashboard_cover() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH class AS (
        SELECT d.cover_class AS name, count(*) AS levels
        FROM oms_report.days_of_cover AS d
        GROUP BY d.cover_class
    )
    SELECT oms_internal.chart_panel('How long stock lasts', 'SKUs at locations, by days of what is forecast',
        oms_internal.chart_table('How long stock lasts', '[{"name": "Days"}, {"kind": "bar"}, {"name": "SKUs at locations", "kind": "number"}]',
            (SELECT jsonb_agg(jsonb_build_array(CASE c.name WHEN 'none' THEN 'nothing available' ELSE replace(c.name, '-', '–') END,
                                                jsonb_build_array(c.levels, CASE WHEN c.name IN ('none', 'below 7') THEN 'c2' WHEN c.name IN ('not sold', 'over 180') THEN 'c6' ELSE 'c1' END), c.levels)
                              ORDER BY array_position('{none,below 7,7-14,14-30,30-90,90-180,over 180,not sold}', c.name), c.name)
             FROM class AS c)),
        'w4', 'There is no stock.')
$$;
COMMENT ON FUNCTION oms_internal.dashboard_cover() IS 'A panel of how many days stock lasts';

CREATE OR REPLACE FUNCTION oms_internal.dashboard_stock_age(currency text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT oms_internal.chart_panel('How old stock is', 'value by days since it came in, first in, first out',
        oms_internal.chart_shares('How old stock is',
            (SELECT jsonb_agg(jsonb_build_object('name', replace(b.age_class, '-', '–') || ' days', 'value', b.value, 'class', (ARRAY['c1', 'c3', 'c5', 'c2', 'c4', 'c6'])[b.band]) ORDER BY b.band)
             FROM (SELECT a.band, a.age_class, sum(a.value) AS value FROM oms_report.stock_ageing AS a GROUP BY a.band, a.age_class) AS b), currency),
        'w4', 'No stock has a value.')
$$;
COMMENT ON FUNCTION oms_internal.dashboard_stock_age(text) IS 'A panel of how long ago stock came in';

CREATE OR REPLACE FUNCTION oms_internal.dashboard_stockouts(since date, until date, currency text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH short AS MATERIALIZED (
        SELECT l.sku, sum(l.out_of_stock_rate) AS days, sum(l.missed) AS missed, sum(l.lost_sales) AS lost
        FROM oms_report.lost_sales AS l
        WHERE l.day BETWEEN since AND until
        GROUP BY l.sku
    )
    SELECT oms_internal.chart_panel('What ran out', CASE WHEN count(*) > 0 THEN
            format('%s SKUs, %s units missed by locations, %s of sales lost, estimated', oms_internal.chart_number(count(*)), oms_internal.chart_number(round(sum(s.missed))),
                   oms_internal.chart_number(sum(s.lost), currency)) END,
        oms_internal.chart_table('What ran out', '[{"name": "SKU"}, {"name": "Days without", "kind": "number", "unit": "d"}, {"kind": "bar", "colour": "c2", "class": "extra"}, {"name": "Units missed", "kind": "number"},
                                                   {"name": "Sales lost", "kind": "number", "unit": "money"}]',
            (SELECT jsonb_agg(jsonb_build_array(t.sku, t.days, t.missed, round(t.missed, 1), t.lost) ORDER BY t.lost DESC NULLS LAST, t.missed DESC NULLS LAST, t.days DESC, t.sku)
             FROM (SELECT * FROM short AS h ORDER BY h.lost DESC NULLS LAST, h.missed DESC NULLS LAST, h.days DESC, h.sku LIMIT 10) AS t), currency),
        empty => 'Nothing ran out in these days.')
    FROM short AS s
$$;
COMMENT ON FUNCTION oms_internal.dashboard_stockouts(date, date, text) IS 'A panel of SKUs that were out of stock, and what that has cost';

/* The last day is yesterday, or before: what comes today is not known yet */
CREATE OR REPLACE FUNCTION oms_internal.dashboard_forecast(since date, until date) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH day AS MATERIALIZED (
        SELECT f.day, sum(f.forecast) AS forecast, sum(f.actual) AS actual
        FROM oms_report.forecast_days AS f
        WHERE f.day BETWEEN since AND until AND f.known
        GROUP BY f.day
    )
    SELECT oms_internal.chart_panel('Forecast and what came',
        concat_ws(', ', 'units ' || oms_internal.dashboard_grain(since, until) || ', of what was in stock', CASE WHEN sum(d.actual) > 0 THEN 'forecast ' || oms_internal.chart_number(sum(d.forecast) / sum(d.actual), '%') || ' of what came' END),
        CASE WHEN count(*) > 0 THEN
            oms_internal.chart_plot('Forecast and what came', oms_internal.dashboard_labels(since, max(d.day)), jsonb_build_array(
                jsonb_build_object('name', 'Sold', 'kind', 'column', 'class', 'c1', 'values', oms_internal.dashboard_series(since, max(d.day), array_agg(d.day), array_agg(d.actual))),
                jsonb_build_object('name', 'Forecast', 'kind', 'line', 'class', 'c2', 'values', oms_internal.dashboard_series(since, max(d.day), array_agg(d.day), array_agg(d.forecast))))) END,
        empty => 'Nothing was forecast for these days.')
    FROM day AS d
$$;
COMMENT ON FUNCTION oms_internal.dashboard_forecast(date, date) IS 'A panel of what was forecast and what was ordered';
