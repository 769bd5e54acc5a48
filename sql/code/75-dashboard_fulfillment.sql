/* sql/code/75-dashboard_fulfillment.sql: what is open, how fast and how punctual it is, carriers, and what comes back */

CREATE OR REPLACE FUNCTION oms_internal.dashboard_open_orders(channel text, OUT tiles text[], OUT panels text[])
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH open AS MATERIALIZED (
        SELECT o.status, o.age_from_hours, sum(o.orders) AS orders
        FROM oms_report.orders_by_status AS o
        WHERE o.age_from_hours IS NOT NULL AND (o.channel = dashboard_open_orders.channel OR dashboard_open_orders.channel IS NULL)
        GROUP BY o.status, o.age_from_hours
    ), band AS (
        SELECT * FROM (VALUES (0, 'under 1 h'), (1, '1–4 h'), (4, '4–24 h'), (24, '1–2 d'), (48, '2–7 d'), (168, '7–30 d'), (720, '30 d +')) AS b(age_from_hours, name)
    )
    SELECT ARRAY[oms_internal.dashboard_tile('Open orders', (SELECT coalesce(sum(o.orders), 0) FROM open AS o), NULL, '',
                     note => (SELECT oms_internal.chart_number(coalesce(sum(o.orders), 0)) FROM open AS o WHERE o.age_from_hours >= 48) || ' older than two days')],
           ARRAY[oms_internal.chart_panel('Open orders by age', 'since they were placed, by status',
               oms_internal.chart_heat('Open orders by age', 'Status', ARRAY(SELECT b.name FROM band AS b ORDER BY b.age_from_hours),
                   (SELECT jsonb_agg(jsonb_build_object('name', replace(s.status, '_', ' '), 'values', s.orders) ORDER BY s.n)
                    FROM (SELECT n, t.status, (SELECT jsonb_agg(o.orders ORDER BY b.age_from_hours) FROM band AS b LEFT JOIN open AS o ON o.age_from_hours = b.age_from_hours AND o.status = t.status) AS orders
                          FROM unnest('{draft,placed,held,confirmed,in_fulfillment,partially_shipped}'::text[]) WITH ORDINALITY AS t(status, n)
                          WHERE t.status IN (SELECT o.status FROM open AS o)) AS s)),
               empty => 'No order is open.')]
$$;
COMMENT ON FUNCTION oms_internal.dashboard_open_orders(text) IS 'How many orders are open, and a panel of them by status and age';

CREATE OR REPLACE FUNCTION oms_internal.dashboard_times(since date, until date, channel text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH grain AS (
        SELECT g.grain, '1 ' || g.grain AS step
        FROM (SELECT CASE oms_internal.dashboard_width(since, until) WHEN 1 THEN 'day' WHEN 7 THEN 'week' ELSE 'month' END AS grain) AS g
    ), step AS MATERIALIZED (
        SELECT row_number() OVER (ORDER BY s) AS n, s::date AS starts_on, g.grain
        FROM grain AS g, generate_series(date_trunc(g.grain, since::timestamp), until::timestamp, g.step::interval) AS s
    ), taken AS MATERIALIZED (
        SELECT f.starts_on, f.stage, f.p50_hours / 24 AS half, f.p90_hours / 24 AS most
        FROM oms_report.fulfillment_times AS f
        WHERE f.grain = (SELECT g.grain FROM grain AS g) AND f.starts_on BETWEEN (SELECT min(s.starts_on) FROM step AS s) AND until
              AND f.dimension = CASE WHEN channel IS NULL THEN 'all' ELSE 'channel' END AND f.value = coalesce(dashboard_times.channel, 'all')
              AND f.stage IN ('placed_to_shipped', 'placed_to_delivered')
    )
    SELECT oms_internal.chart_panel('From order to door', 'days from order to shipping and to delivery: half of all within the line, nine of ten within the band',
        oms_internal.chart_plot('From order to door', (SELECT array_agg(to_char(s.starts_on, CASE s.grain WHEN 'month' THEN 'Mon YYYY' ELSE 'FMDD Mon' END) ORDER BY s.n) FROM step AS s),
            (SELECT jsonb_agg(jsonb_build_object('name', c.name, 'kind', c.kind, 'class', c.class,
                                                 'values', (SELECT jsonb_agg(CASE c.kind WHEN 'band' THEN t.most ELSE t.half END ORDER BY s.n)
                                                            FROM step AS s LEFT JOIN taken AS t ON t.starts_on = s.starts_on AND t.stage = c.stage),
                                                 'low', (SELECT jsonb_agg(t.half ORDER BY s.n) FROM step AS s LEFT JOIN taken AS t ON t.starts_on = s.starts_on AND t.stage = c.stage)) ORDER BY c.n)
             FROM (VALUES (1, 'Delivered', 'placed_to_delivered', 'line', 'c3'), (2, '90 % delivered', 'placed_to_delivered', 'band', 'c3'),
                          (3, 'Shipped', 'placed_to_shipped', 'line', 'c1'), (4, '90 % shipped', 'placed_to_shipped', 'band', 'c1')) AS c(n, name, stage, kind, class)
             WHERE EXISTS (SELECT FROM taken AS t WHERE t.stage = c.stage)), 'd'),
        empty => 'Nothing was shipped in these days.')
$$;
COMMENT ON FUNCTION oms_internal.dashboard_times(date, date, text) IS 'A panel of how long orders take to be shipped and delivered';

CREATE OR REPLACE FUNCTION oms_internal.dashboard_punctuality(since date, until date, channel text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH total AS MATERIALIZED (
        SELECT d.now, sum(d.on_time) / nullif(sum(d.due), 0) AS rate, sum(d.due) AS due,
               oms_internal.dashboard_series(since, until, array_agg(d.day), array_agg(d.on_time)) AS on_time_series,
               oms_internal.dashboard_series(since, until, array_agg(d.day), array_agg(d.due)) AS due_series
        FROM (SELECT o.starts_on >= since AS now, o.starts_on AS day, o.on_time::numeric AS on_time, (o.due - o.waiting)::numeric AS due
              FROM oms_report.on_time AS o
              WHERE o.promise = 'delivery' AND o.grain = 'day' AND o.starts_on BETWEEN since - (until - since + 1) AND until
                    AND o.dimension = CASE WHEN dashboard_punctuality.channel IS NULL THEN 'all' ELSE 'channel' END
                    AND o.value = coalesce(dashboard_punctuality.channel, 'all')) AS d
        GROUP BY d.now
    )
    SELECT oms_internal.dashboard_tile('Delivered on time', n.rate, b.rate, '%',
               spark => (SELECT array_agg(v.on_time / nullif(v.due, 0) ORDER BY v.n) FROM unnest(n.on_time_series, n.due_series) WITH ORDINALITY AS v(on_time, due, n)))
    FROM (VALUES (1)) AS one
    LEFT JOIN total AS n ON n.now
    LEFT JOIN total AS b ON NOT b.now
$$;
COMMENT ON FUNCTION oms_internal.dashboard_punctuality(date, date, text) IS 'The headline figure of what came on the day that was promised';

/* Carriers are counted by months of leaving, so those that the days touch */
CREATE OR REPLACE FUNCTION oms_internal.dashboard_carriers(since date, until date, currency text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH months AS (
        SELECT date_trunc('month', since::timestamp)::date AS first, date_trunc('month', until::timestamp)::date AS last
    ), carrier AS (
        SELECT coalesce(c.carrier, 'not named') AS name, sum(c.shipments) AS shipments, sum(c.mean_days * c.delivered) / nullif(sum(c.delivered), 0) AS days,
               sum(c.on_time) / nullif(sum(c.promised), 0) AS on_time, sum(c.lost + c.returned_to_sender) AS failed, sum(c.cost) / nullif(sum(c.costed), 0) AS cost
        FROM oms_report.carrier_performance AS c
        WHERE c.month BETWEEN (SELECT m.first FROM months AS m) AND (SELECT m.last FROM months AS m)
        GROUP BY 1
    )
    SELECT oms_internal.chart_panel('Carriers', 'what left in ' || (SELECT concat_ws(' to ', CASE WHEN m.first < m.last THEN to_char(m.first, 'Mon YYYY') END, to_char(m.last, 'Mon YYYY')) FROM months AS m),
        oms_internal.chart_table('Carriers', '[{"name": "Carrier"}, {"kind": "bar", "class": "extra"}, {"name": "Shipments", "kind": "number"}, {"name": "Transit", "kind": "number", "unit": "d"}, {"name": "On time", "kind": "number", "unit": "%"}, {"name": "Failed", "kind": "number", "class": "extra"}, {"name": "Cost each", "kind": "number", "unit": "money", "class": "extra"}]',
            (SELECT jsonb_agg(jsonb_build_array(t.name, t.shipments, t.shipments, t.days, t.on_time, t.failed, t.cost) ORDER BY t.shipments DESC, t.name)
             FROM (SELECT * FROM carrier AS c ORDER BY c.shipments DESC, c.name LIMIT 8) AS t), currency),
        'w7', 'Nothing was shipped in these months.')
$$;
COMMENT ON FUNCTION oms_internal.dashboard_carriers(date, date, text) IS 'A panel of how carriers did';

CREATE OR REPLACE FUNCTION oms_internal.dashboard_returns(since date, until date, channel text, currency text, OUT tiles text[], OUT panels text[])
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH total AS MATERIALIZED (
        SELECT r.day >= since AS now, sum(r.returned) / nullif(sum(r.delivered), 0) AS rate, sum(r.returned) AS returned, sum(r.returned_value) AS value,
               oms_internal.dashboard_series(since, until, array_agg(r.day), array_agg(r.returned)) AS series
        FROM oms_report.returns_by_day AS r
        WHERE r.day BETWEEN since - (until - since + 1) AND until AND (r.channel = dashboard_returns.channel OR dashboard_returns.channel IS NULL)
        GROUP BY 1
    ), reason AS (
        SELECT coalesce(u.reason, 'none') AS reason, sum(u.units) AS units
        FROM oms_report.returned_units AS u
        WHERE u.received_on BETWEEN since AND until AND (u.channel = dashboard_returns.channel OR dashboard_returns.channel IS NULL)
        GROUP BY 1
    )
    SELECT ARRAY[oms_internal.dashboard_tile('Return rate', n.rate, b.rate, '%', 'less', n.series)],
           ARRAY[oms_internal.chart_panel('Why goods came back',
               CASE WHEN n.returned > 0 THEN oms_internal.chart_number(n.returned) || ' units worth ' || oms_internal.chart_number(n.value, currency) END,
               oms_internal.chart_table('Why goods came back', '[{"name": "Reason"}, {"kind": "bar", "colour": "c2"}, {"name": "Units", "kind": "number"}]',
                   (SELECT jsonb_agg(jsonb_build_array(replace(t.reason, '_', ' '), t.units, t.units) ORDER BY t.units DESC, t.reason)
                    FROM (SELECT * FROM reason AS r ORDER BY r.units DESC, r.reason LIMIT 8) AS t)),
               'w5', 'Nothing came back in these days.')]
    FROM (VALUES (1)) AS one
    LEFT JOIN total AS n ON n.now
    LEFT JOIN total AS b ON NOT b.now
$$;
COMMENT ON FUNCTION oms_internal.dashboard_returns(date, date, text, text) IS 'The headline figure of what came back, and a panel of why';
