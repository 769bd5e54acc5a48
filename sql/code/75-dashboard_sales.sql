/*
 * sql/code/75-dashboard_sales.sql: what was sold, where and to whom, and what it has earned
 *
 * Figures over time are added up by days, by weeks or by four weeks, counted back from the last day, so that there are
 * not many more than a hundred of them. Days of the time before are taken for those as many days later.
 */

CREATE OR REPLACE FUNCTION oms_internal.dashboard_width(since date, until date) RETURNS integer
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN until - since < 100 THEN 1 WHEN until - since < 735 THEN 7 ELSE 28 END;
END;
COMMENT ON FUNCTION oms_internal.dashboard_width(date, date) IS 'How many days are a point of a plot';

CREATE OR REPLACE FUNCTION oms_internal.dashboard_grain(since date, until date) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE oms_internal.dashboard_width(since, until) WHEN 1 THEN 'by day' WHEN 7 THEN 'by week' ELSE 'by four weeks' END;
END;
COMMENT ON FUNCTION oms_internal.dashboard_grain(date, date) IS 'The same in words';

CREATE OR REPLACE FUNCTION oms_internal.dashboard_labels(since date, until date) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT array_agg(to_char(greatest(since, until - n * w.width + 1), CASE w.width WHEN 28 THEN 'FMDD Mon YYYY' ELSE 'FMDD Mon' END) ORDER BY n DESC)
    FROM (SELECT oms_internal.dashboard_width(since, until) AS width) AS w
    CROSS JOIN LATERAL generate_series(1, (until - since) / w.width + 1) AS n;
END;
COMMENT ON FUNCTION oms_internal.dashboard_labels(date, date) IS 'The first days of the points of a plot';

CREATE OR REPLACE FUNCTION oms_internal.dashboard_series(since date, until date, days date[], "values" numeric[]) RETURNS numeric[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT array_agg(coalesce(s.total, 0) ORDER BY n DESC)
    FROM (SELECT oms_internal.dashboard_width(since, until) AS width) AS w
    CROSS JOIN LATERAL generate_series(0, (until - since) / w.width) AS n
    LEFT JOIN (SELECT (until - v.day) / oms_internal.dashboard_width(since, until) AS n, sum(v.value) AS total
               FROM unnest(days, "values") AS v(day, value)
               WHERE v.day BETWEEN since AND until
               GROUP BY 1) AS s USING (n);
END;
COMMENT ON FUNCTION oms_internal.dashboard_series(date, date, date[], numeric[]) IS 'Values of days as the points of a plot';

CREATE OR REPLACE FUNCTION oms_internal.dashboard_tile(
    label text, now numeric, before numeric, unit text, better text DEFAULT 'more', spark numeric[] DEFAULT NULL, note text DEFAULT NULL
) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT oms_internal.chart_tile(label, oms_internal.chart_number(now, unit, abs(now) >= 1e7), oms_internal.chart_change(now, before, better, unit = '%'),
                                   coalesce(note, CASE WHEN before IS NULL THEN 'nothing before' ELSE 'from ' || oms_internal.chart_number(before, unit, abs(before) >= 1e5) END),
                                   oms_internal.chart_spark(spark))
$$;
COMMENT ON FUNCTION oms_internal.dashboard_tile(text, numeric, numeric, text, text, numeric[], text) IS 'A headline figure beside that of the time before';

CREATE OR REPLACE FUNCTION oms_internal.dashboard_sales(since date, until date, channel text, currency text, OUT tiles text[], OUT panels text[])
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH sale AS MATERIALIZED (
        SELECT s.day >= since AS now, CASE WHEN s.day >= since THEN s.day ELSE s.day + (until - since + 1) END AS day,
               s.channel, s.channel_name, s.orders, s.valued_orders, s.units, coalesce(s.net_sales_base, 0) AS net
        FROM oms_report.sales_by_channel AS s
        WHERE s.day BETWEEN since - (until - since + 1) AND until
              AND (s.channel = dashboard_sales.channel OR dashboard_sales.channel IS NULL)
    ), total AS MATERIALIZED (
        SELECT t.now, sum(t.net) AS net, sum(t.orders) AS orders, sum(t.units) AS units,
               sum(t.net) / nullif(sum(t.valued_orders), 0) AS average, sum(t.orders - t.valued_orders) AS unvalued,
               oms_internal.dashboard_series(since, until, array_agg(t.day), array_agg(t.net)) AS net_series,
               oms_internal.dashboard_series(since, until, array_agg(t.day), array_agg(t.orders::numeric)) AS order_series,
               oms_internal.dashboard_series(since, until, array_agg(t.day), array_agg(t.valued_orders::numeric)) AS valued_series,
               oms_internal.dashboard_series(since, until, array_agg(t.day), array_agg(t.units)) AS unit_series
        FROM sale AS t
        GROUP BY t.now
    ), figure AS MATERIALIZED (
        SELECT coalesce(n.net, 0) AS net, b.net AS net_before, coalesce(n.orders, 0) AS orders, b.orders AS orders_before,
               coalesce(n.units, 0) AS units, b.units AS units_before, n.average, b.average AS average_before,
               coalesce(n.net_series, CASE WHEN b.net IS NOT NULL THEN oms_internal.dashboard_series(since, until, '{}', '{}') END) AS net_series,
               n.order_series, n.valued_series, n.unit_series, b.net_series AS net_series_before, nullif(n.unvalued, 0) AS unvalued
        FROM (VALUES (1)) AS one
        LEFT JOIN total AS n ON n.now
        LEFT JOIN total AS b ON NOT b.now
    ), by_channel AS (
        SELECT s.channel, min(s.channel_name) AS name, coalesce(sum(s.net) FILTER (WHERE s.now), 0) AS net, sum(s.net) FILTER (WHERE NOT s.now) AS net_before,
               sum(s.orders) FILTER (WHERE s.now) AS orders, row_number() OVER (ORDER BY sum(s.net) FILTER (WHERE s.now) DESC NULLS LAST, s.channel) AS rank
        FROM sale AS s
        GROUP BY s.channel
    )
    SELECT ARRAY[oms_internal.dashboard_tile('Net sales', f.net, f.net_before, currency, spark => f.net_series),
                 oms_internal.dashboard_tile('Orders', f.orders, f.orders_before, '', spark => f.order_series),
                 oms_internal.dashboard_tile('Average order', f.average, f.average_before, currency,
                     spark => (SELECT array_agg(coalesce(v.net / nullif(v.orders, 0), 0) ORDER BY v.n) FROM unnest(f.net_series, f.valued_series) WITH ORDINALITY AS v(net, orders, n))),
                 oms_internal.dashboard_tile('Units sold', f.units, f.units_before, '', spark => f.unit_series)],
           ARRAY[oms_internal.chart_panel('Net sales', concat_ws('; ', 'after discounts and returns, without tax, ' || oms_internal.dashboard_grain(since, until) || ' of the order',
                                                              f.unvalued || ' orders left out, as their currency has no rate'),
                     CASE WHEN f.net_series IS NOT NULL THEN oms_internal.chart_plot('Net sales', oms_internal.dashboard_labels(since, until),
                         jsonb_build_array(jsonb_build_object('name', 'These days', 'kind', 'area', 'class', 'c1', 'values', f.net_series))
                         || CASE WHEN f.net_series_before IS NULL THEN '[]'
                                 ELSE jsonb_build_array(jsonb_build_object('name', 'Days before', 'kind', 'dash', 'class', 'before', 'values', f.net_series_before)) END,
                         currency, 'tall') END,
                     CASE WHEN channel IS NULL THEN 'w8' ELSE 'w12' END, 'Nothing was sold in these days.'),
                 CASE WHEN channel IS NULL THEN
                     oms_internal.chart_panel('Channels', 'net sales and their change',
                         oms_internal.chart_table('Channels', '[{"name": "Channel"}, {"kind": "bar"}, {"name": "Net sales", "kind": "number", "unit": "money"}, {"name": "Change", "kind": "change"}]',
                             (SELECT jsonb_agg(jsonb_build_array(coalesce(c.name, c.channel), c.net, c.net, jsonb_build_array(c.net, c.net_before)) ORDER BY c.rank) FROM by_channel AS c WHERE c.rank <= 10), currency),
                         'w4', 'Nothing was sold in these days.') END]
    FROM figure AS f
$$;
COMMENT ON FUNCTION oms_internal.dashboard_sales(date, date, text, text) IS 'Headline figures of sales, and panels of sales over time and by channel';

/* SKUs and their categories, as far as two levels */
CREATE OR REPLACE FUNCTION oms_internal.dashboard_goods(since date, until date, currency text) RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH good AS MATERIALIZED (
        SELECT s.sku, min(s.name) AS name, min(s.category) AS category, coalesce(sum(s.net_sales_base) FILTER (WHERE s.day >= since), 0) AS net,
               coalesce(sum(s.units) FILTER (WHERE s.day >= since), 0) AS units, coalesce(sum(s.net_sales_base) FILTER (WHERE s.day < since), 0) AS net_before
        FROM oms_report.sales_by_sku_day AS s
        WHERE s.day BETWEEN since - (until - since + 1) AND until
        GROUP BY s.sku
    ), category AS (
        SELECT split_part(g.category, '.', 1) AS top, CASE WHEN l.level = 2 THEN split_part(g.category, '.', 2) END AS name, l.level, sum(g.net) AS net, sum(g.net_before) AS net_before
        FROM good AS g
        CROSS JOIN (VALUES (1), (2)) AS l(level)
        WHERE split_part(g.category, '.', l.level) <> ''
        GROUP BY 1, 2, 3
    ), tree AS (
        SELECT c.*, max(c.net) FILTER (WHERE c.level = 1) OVER (PARTITION BY c.top) AS top_net,
               row_number() OVER (PARTITION BY c.top, c.level ORDER BY c.net DESC, c.name) AS rank
        FROM category AS c
    )
    SELECT ARRAY[
        oms_internal.chart_panel('Categories', 'net sales and their change',
            oms_internal.chart_table('Categories', '[{"name": "Category"}, {"kind": "bar", "colour": "c3"}, {"name": "Net sales", "kind": "number", "unit": "money"}, {"name": "Change", "kind": "change"}]',
                (SELECT jsonb_agg(jsonb_build_array(CASE b.level WHEN 2 THEN E'\u2003' ELSE '' END || replace(coalesce(b.name, b.top), '_', ' '), b.net, b.net, jsonb_build_array(b.net, b.net_before))
                                  ORDER BY b.top_net DESC, b.top, b.level, b.rank)
                 FROM (SELECT * FROM tree AS t WHERE t.level = 1 OR t.rank <= 3 ORDER BY t.top_net DESC, t.top, t.level, t.rank LIMIT 10) AS b), currency),
            'w4', 'Nothing of a category was sold in these days.'),
        oms_internal.chart_panel('Best sellers', 'SKUs by net sales',
            oms_internal.chart_table('Best sellers', '[{"name": "SKU"}, {"kind": "bar", "class": "extra"}, {"name": "Units", "kind": "number", "class": "extra"}, {"name": "Net sales", "kind": "number", "unit": "money"}, {"name": "Change", "kind": "change"}]',
                (SELECT jsonb_agg(jsonb_build_array(coalesce(b.name, b.sku), b.net, b.units, b.net, jsonb_build_array(b.net, b.net_before)) ORDER BY b.net DESC, b.sku)
                 FROM (SELECT * FROM good AS g WHERE g.units > 0 ORDER BY g.net DESC, g.sku LIMIT 10) AS b), currency),
            empty => 'Nothing was sold in these days.')]
$$;
COMMENT ON FUNCTION oms_internal.dashboard_goods(date, date, text) IS 'Panels of the SKUs and categories that sold best';

CREATE OR REPLACE FUNCTION oms_internal.dashboard_regions(since date, until date, currency text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH place AS (
        SELECT coalesce(nullif(concat_ws(', ', s.region, s.country), ''), 'without address') AS name,
               sum(s.net_sales_base) FILTER (WHERE s.day >= since) AS net, sum(s.net_sales_base) FILTER (WHERE s.day < since) AS net_before
        FROM oms_report.sales_by_region AS s
        WHERE s.day BETWEEN since - (until - since + 1) AND until
        GROUP BY s.country, s.region
    )
    SELECT oms_internal.chart_panel('Regions', 'net sales by where orders go',
        oms_internal.chart_table('Regions', '[{"name": "Region"}, {"kind": "bar", "colour": "c4"}, {"name": "Net sales", "kind": "number", "unit": "money"}, {"name": "Change", "kind": "change"}]',
            (SELECT jsonb_agg(jsonb_build_array(b.name, b.net, b.net, jsonb_build_array(b.net, b.net_before)) ORDER BY b.net DESC, b.name)
             FROM (SELECT * FROM place AS p WHERE p.net IS NOT NULL ORDER BY p.net DESC, p.name LIMIT 10) AS b), currency),
        'w4', 'Nothing was sold in these days.')
$$;
COMMENT ON FUNCTION oms_internal.dashboard_regions(date, date, text) IS 'A panel of the regions that orders go to';

CREATE OR REPLACE FUNCTION oms_internal.dashboard_slow(currency text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT oms_internal.chart_panel('Worst sellers', 'SKUs in stock that sold least in 90 days',
        oms_internal.chart_table('Worst sellers', '[{"name": "SKU"}, {"name": "Units", "kind": "number", "class": "extra"}, {"name": "Last sold", "kind": "plain"}, {"name": "In stock", "kind": "number", "class": "extra"}, {"name": "Worth", "kind": "number", "unit": "money"}]',
            (SELECT jsonb_agg(jsonb_build_array(coalesce(w.name, w.sku), w.units_90_days, coalesce(w.days_since_sold || ' d ago', 'never'), w.on_hand, w.stock_value) ORDER BY w.rank, w.sku)
             FROM (SELECT * FROM oms_report.worst_sellers AS s ORDER BY s.rank, s.sku LIMIT 10) AS w), currency),
        empty => 'Nothing is in stock.')
$$;
COMMENT ON FUNCTION oms_internal.dashboard_slow(text) IS 'A panel of the SKUs that sell least';

CREATE OR REPLACE FUNCTION oms_internal.dashboard_profit(since date, until date, channel text, currency text, OUT tiles text[], OUT panels text[])
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH total AS MATERIALIZED (
        SELECT p.day >= since AS now, sum(p.net_revenue) AS net_revenue, sum(p.shipping) AS shipping, sum(p.restocking_fees) AS restocking_fees,
               sum(p.cost) AS cost, sum(p.payment_fees) AS payment_fees, sum(p.marketplace_fees) AS marketplace_fees, sum(p.shipping_cost) AS shipping_cost,
               sum(p.gross_profit) AS profit,
               sum(p.gross_profit) / nullif(greatest(sum(p.net_revenue + p.shipping + p.restocking_fees), 0), 0) AS margin,
               sum(p.uncosted_shipments) AS uncosted, sum(p.unvalued_orders) AS unvalued, oms_internal.dashboard_series(since, until, array_agg(p.day), array_agg(p.gross_profit)) AS series
        FROM oms_report.profit_by_channel AS p
        WHERE p.day BETWEEN since - (until - since + 1) AND until
              AND (p.channel = dashboard_profit.channel OR dashboard_profit.channel IS NULL)
        GROUP BY 1
    )
    SELECT ARRAY[oms_internal.dashboard_tile('Gross profit', n.profit, b.profit, currency, spark => n.series),
                 oms_internal.dashboard_tile('Gross margin', n.margin, b.margin, '%')],
           ARRAY[oms_internal.chart_panel('From revenue to profit', concat_ws('; ', 'of what has left of these orders, less discounts and returns', nullif(n.uncosted, 0) || ' shipments without their cost',
                   nullif(n.unvalued, 0) || ' orders not counted in full for want of a rate'),
               oms_internal.chart_table('From revenue to profit', '[{"name": ""}, {"kind": "bar"}, {"name": "These days", "kind": "number", "unit": "money"}, {"name": "Change", "kind": "change", "better": "none"}]',
                   (SELECT jsonb_agg(jsonb_build_array(r.name, jsonb_build_array(abs(r.now), CASE WHEN r.now < 0 THEN 'c2' ELSE 'c1' END), r.now, jsonb_build_array(abs(r.now), abs(r.before))) ORDER BY r.n)
                    FROM (VALUES (1, 'Goods', n.net_revenue, b.net_revenue), (2, 'Shipping charged', n.shipping, b.shipping),
                                 (3, 'Restocking fees', n.restocking_fees, b.restocking_fees), (4, 'Cost of goods', - n.cost, - b.cost),
                                 (5, 'Payment fees', - n.payment_fees, - b.payment_fees), (6, 'Marketplace fees', - n.marketplace_fees, - b.marketplace_fees),
                                 (7, 'Carriers', - n.shipping_cost, - b.shipping_cost), (8, 'Gross profit', n.profit, b.profit)) AS r(n, name, now, before)
                    WHERE n.profit IS NOT NULL AND (r.now <> 0 OR r.n = 8)), currency),
               'w4', 'Nothing of these orders has left.')]
    FROM (VALUES (1)) AS one
    LEFT JOIN total AS n ON n.now
    LEFT JOIN total AS b ON NOT b.now
$$;
COMMENT ON FUNCTION oms_internal.dashboard_profit(date, date, text, text) IS 'Headline figures and a panel of what sales have earned';
