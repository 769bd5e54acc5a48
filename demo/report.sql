/* demo/report.sql: the report, as one page that holds its data */
\set page `cat demo/report.html`

WITH spot AS (
    SELECT p.*, x, y
    FROM demo.places p, demo.project(p.lat, p.lon)
), sent AS (
    SELECT p.*, c.postcode
    FROM demo.parcels p
    JOIN demo.carts c USING (order_id)
), flow AS (
    SELECT s.location, s.pickup, p.x, p.y, count(*) AS n
    FROM sent s
    JOIN spot p USING (postcode)
    GROUP BY 1, 2, 3, 4
), site AS (
    SELECT s.code, s.city || ', ' || s.state AS place, s.kind, x, y,
           coalesce(f.parcels, 0) AS parcels, coalesce(f.units, 0) AS units, round(f.km) AS km,
           (SELECT sum(quantity) FROM demo.opening o WHERE o.location = s.code) AS opening,
           (SELECT sum(on_hand::numeric) FROM oms.stock_levels JOIN oms.locations l USING (location_id) WHERE l.code = s.code) AS closing,
           (SELECT jsonb_agg(jsonb_build_array(t.x, t.y, t.n)) FROM flow t WHERE t.location = s.code) AS flows
    FROM demo.sites s
    CROSS JOIN LATERAL demo.project(s.lat, s.lon)
    LEFT JOIN demo.flows f USING (code)
), day AS (
    SELECT c.at::date AS day,
           count(*) FILTER (WHERE o.status IN ('delivered', 'completed')) AS delivered,
           count(*) FILTER (WHERE o.status IN ('shipped', 'partially_shipped')) AS shipped,
           count(*) FILTER (WHERE o.status IN ('placed', 'held', 'confirmed', 'in_fulfillment')) AS open,
           count(*) FILTER (WHERE o.status = 'cancelled') AS cancelled,
           sum(o.total::numeric) FILTER (WHERE o.status <> 'cancelled') AS revenue
    FROM demo.carts c
    LEFT JOIN oms.orders o USING (order_id)
    GROUP BY 1
), story AS (
    SELECT order_id
    FROM oms.orders o
    WHERE status = 'delivered' AND NOT EXISTS (SELECT FROM oms.refunds r WHERE r.order_id = o.order_id)
    ORDER BY (SELECT count(*) FROM oms.fulfillments f WHERE f.order_id = o.order_id AND f.status IN ('rejected', 'delivered')) DESC, order_id
    LIMIT 1
), facts AS (
    SELECT jsonb_build_object(
        'version', oms.version(),
        'server', current_setting('server_version'),
        'durable', current_setting('fsync') = 'on',
        'totals', (SELECT to_jsonb(t) FROM demo.totals t),
        'violations', (SELECT count(*) FROM oms.check_invariants()),
        'states', (SELECT jsonb_agg(jsonb_build_array(state, orders) ORDER BY status) FROM demo.states),
        'places', (SELECT jsonb_agg(v ORDER BY postcode, i)
                   FROM spot, unnest(ARRAY[x, y, CASE WHEN people < 8000 THEN 0 WHEN people < 25000 THEN 1 WHEN people < 70000 THEN 2 ELSE 3 END])
                        WITH ORDINALITY AS a(v, i)),
        'sites', (SELECT jsonb_agg(to_jsonb(s) ORDER BY code) FROM site s),
        'days', (SELECT jsonb_agg(to_jsonb(d) ORDER BY day) FROM day d),
        'stock', (SELECT jsonb_agg(to_jsonb(s) ORDER BY opening DESC) FROM demo.stock s),
        'distance', (SELECT jsonb_agg(jsonb_build_array(b, w, s) ORDER BY b)
                     FROM (SELECT b * 250 AS b, count(code) FILTER (WHERE kind = 'warehouse') AS w, count(code) FILTER (WHERE kind = 'store') AS s
                           FROM generate_series(0, 12) AS b
                           LEFT JOIN (SELECT location AS code, kind, least(floor(km / 250), 12) AS b FROM demo.parcels WHERE NOT pickup) AS p USING (b)
                           GROUP BY b) AS h),
        'door', (SELECT jsonb_agg(jsonb_build_array(d, n) ORDER BY d)
                 FROM (SELECT least(extract(epoch FROM delivered_at - placed_at) / 86400, 9)::integer AS d, count(*) AS n
                       FROM demo.parcels WHERE status = 'delivered' GROUP BY 1) AS h),
        'sold', (SELECT jsonb_agg(jsonb_build_array(code, name, units) ORDER BY units DESC, code)
                 FROM (SELECT s.code, s.name, sum(l.quantity::numeric - l.cancelled::numeric) AS units
                       FROM oms.order_lines l JOIN oms.skus s USING (sku_id) GROUP BY 1, 2 ORDER BY 3 DESC, 1 LIMIT 10) AS t),
        'pace', (SELECT jsonb_agg(to_jsonb(p)) FROM demo.pace p WHERE count > 0),
        'story', (SELECT oms.get_order(order_id) FROM story)) AS facts
)
SELECT replace(:'page', '"the facts"', replace(facts::text, '</', '<\/')) FROM facts;
