/* demo/facts.sql: what the summary and the report both tell */

-- a parcel is a fulfillment that left or will leave
CREATE VIEW demo.parcels AS
    SELECT f.order_id, f.fulfillment_no, f.status::text, f.pickup, f.distance_m / 1000 AS km, f.arrives_on,
           l.code AS location, l.kind, o.placed_at, s.shipped_at, s.delivered_at,
           (SELECT sum(quantity)::numeric FROM oms.fulfillment_lines q
            WHERE q.order_id = f.order_id AND q.fulfillment_no = f.fulfillment_no) AS units
    FROM oms.fulfillments f
    JOIN oms.orders o USING (order_id)
    JOIN oms.locations l USING (location_id)
    LEFT JOIN oms.shipments s USING (order_id, fulfillment_no)
    WHERE f.status NOT IN ('rejected', 'cancelled');

CREATE VIEW demo.states AS
    SELECT status, status::text AS state, count(*) AS orders, sum(total) AS value
    FROM oms.orders
    GROUP BY status;

-- units by category, from the movements
CREATE VIEW demo.stock AS
    SELECT g.category,
           sum(m.quantity::numeric) FILTER (WHERE occurred_at < '2026-10-05')::integer AS opening,
           coalesce(sum(m.quantity::numeric) FILTER (WHERE kind = 'receipt' AND occurred_at > '2026-10-05'), 0)::integer AS received,
           coalesce(-sum(m.quantity::numeric) FILTER (WHERE kind = 'shipment'), 0)::integer AS shipped,
           sum(m.quantity::numeric)::integer AS closing
    FROM oms.stock_movements m
    JOIN oms.skus k USING (sku_id)
    JOIN demo.goods g ON g.sku = k.code
    GROUP BY g.category;

CREATE VIEW demo.flows AS
    SELECT s.code, s.kind, s.city || ', ' || s.state AS place, count(*) AS parcels, sum(units)::integer AS units,
           avg(km) AS km, count(DISTINCT order_id) AS orders
    FROM demo.parcels p
    JOIN demo.sites s ON s.code = p.location
    GROUP BY s.code, s.kind, s.city, s.state;

CREATE VIEW demo.totals AS
    SELECT (SELECT count(*) FROM oms.orders) AS orders,
           (SELECT count(*) FROM demo.carts WHERE refusal IS NOT NULL) AS refused,
           (SELECT sum(total) FROM oms.orders WHERE status <> 'cancelled') AS revenue,
           (SELECT sum(captured - refunded) FROM oms.payments) AS captured,
           (SELECT count(*) FROM demo.parcels) AS parcels,
           (SELECT avg(km) FROM demo.parcels WHERE NOT pickup) AS km,
           (SELECT avg((n > 1)::integer) FROM (SELECT count(*) AS n FROM demo.parcels GROUP BY order_id) AS o) AS split_rate,
           (SELECT avg(((delivered_at AT TIME ZONE 'America/Chicago')::date <= arrives_on)::integer) FROM demo.parcels WHERE status = 'delivered') AS on_time,
           (SELECT count(*) FROM oms.events) AS events,
           (SELECT count(*) FROM oms.stock_movements) AS movements,
           (SELECT count(*) FROM oms.fulfillments WHERE status = 'rejected') AS rejected,
           (SELECT count / seconds FROM demo.pace WHERE calls = 'place') AS orders_per_s;
