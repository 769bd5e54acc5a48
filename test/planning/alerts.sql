/*
 * test/planning/alerts.sql: which alerts there should be, by plain queries over
 * what there is now
 */

/* what is on the shelf and on its way, by SKU and location, and when it is to be ordered */
CREATE VIEW planning.shelf AS
WITH stock AS MATERIALIZED (
    SELECT sku_id, location_id, sum(on_hand::numeric - reserved::numeric) AS available FROM oms.stock_levels GROUP BY sku_id, location_id
), waiting AS MATERIALIZED (
    SELECT d.sku_id, d.location_id, sum(o.backordered::numeric) AS waits
    FROM oms.order_lines AS o JOIN oms.demand_lines AS d USING (order_id, line_no)
    WHERE o.backordered::numeric > 0 GROUP BY d.sku_id, d.location_id
), coming AS MATERIALIZED (
    SELECT o.sku_id, p.location_id, sum(o.quantity::numeric - o.cancelled::numeric - o.received::numeric) AS incoming
    FROM oms.purchase_order_lines AS o JOIN oms.purchase_orders AS p USING (purchase_order_id)
    WHERE p.status::text IN ('sent', 'confirmed', 'partially_received') GROUP BY o.sku_id, p.location_id
), point AS MATERIALIZED (
    SELECT sku_id, location_id, reorder_point::numeric, order_up_to::numeric FROM oms.reorder_points
)
SELECT k.sku_id, l.location_id, k.code AS sku, l.code AS location, s.available,
       s.available - coalesce(w.waits, 0) + coalesce(i.incoming, 0) AS position, w.waits, r.reorder_point, r.order_up_to,
       (oms.now() AT TIME ZONE l.time_zone)::date AS today
FROM stock AS s
JOIN oms.skus AS k USING (sku_id)
JOIN oms.locations AS l USING (location_id)
LEFT JOIN point AS r USING (sku_id, location_id)
LEFT JOIN waiting AS w USING (sku_id, location_id)
LEFT JOIN coming AS i USING (sku_id, location_id)
WHERE k.active AND k.stocked AND l.active;

/* the days on which it was sold lately */
CREATE VIEW planning.sold AS
SELECT sku_id, location_id, max(day) AS last_sold_on FROM oms.demand_daily WHERE demanded::numeric > 0 GROUP BY 1, 2;

CREATE VIEW planning.expected_stock_alerts AS
WITH kinds AS (
    SELECT s.*,
           CASE WHEN available <= 0 AND (last_sold_on > today - 90 OR waits > 0 OR reorder_point > 0) THEN 'out_of_stock'
                WHEN available > 0 AND position <= reorder_point THEN 'low_stock' END AS kind
    FROM planning.shelf AS s LEFT JOIN planning.sold USING (sku_id, location_id)
)
/* with one channel, which may sell all of it, and a SKU at one location, what is so there is so for the channel */
SELECT kinds.kind, sku || target AS key
FROM kinds, oms.channels AS c, LATERAL (VALUES ('@' || location), ('/' || c.code)) AS t(target)
WHERE kinds.kind IS NOT NULL;

CREATE VIEW planning.expected_dead_stock AS
WITH there AS MATERIALIZED (
    SELECT sku_id, location_id, min(occurred_at) AS since FROM oms.stock_movements GROUP BY sku_id, location_id
)
SELECT 'dead_stock' AS kind, sku || '@' || location AS key
FROM planning.shelf AS s JOIN there USING (sku_id, location_id) LEFT JOIN planning.sold USING (sku_id, location_id)
WHERE available > 0 AND coalesce(last_sold_on <= today - 90, true) AND since < today - 90
      AND NOT EXISTS (SELECT FROM oms.stockouts AS o
                      WHERE o.sku_id = s.sku_id AND o.location_id = s.location_id
                            AND coalesce(o.ended_at, 'infinity') > oms.now() - interval '90 days');

CREATE VIEW planning.expected_order_alerts AS
WITH parts AS (
    SELECT f.order_id, f.fulfillment_no, f.status::text AS status, f.status_at, f.ships_on, f.arrives_on,
           o.status::text AS order_status, (oms.now() AT TIME ZONE l.time_zone)::date AS today
    FROM oms.fulfillments AS f JOIN oms.orders AS o USING (order_id) JOIN oms.locations AS l USING (location_id)
), late AS (
    SELECT order_id || '-F' || fulfillment_no AS key FROM parts
    WHERE order_status NOT IN ('placed', 'held')
          AND (status IN ('planned', 'released', 'picking', 'packed', 'ready_for_pickup') AND ships_on < today
               OR status = 'shipped' AND arrives_on + 3 < today)
), stuck AS (
    SELECT order_id::text AS key
    FROM oms.orders AS o
    JOIN (VALUES ('placed', 48), ('confirmed', 48), ('in_fulfillment', 48), ('partially_shipped', 72)) AS h(status, hours)
         ON h.status = o.status::text
    WHERE greatest(o.status_at, (SELECT max(p.status_at) FROM parts AS p WHERE p.order_id = o.order_id)) < oms.now() - make_interval(hours => hours)
          AND (h.status = 'placed'
               OR EXISTS (SELECT FROM parts AS p WHERE p.order_id = o.order_id AND p.ships_on <= p.today
                                                       AND p.status IN ('planned', 'released', 'picking', 'packed', 'ready_for_pickup')))
)
SELECT 'late_shipment' AS kind, key FROM late
UNION ALL
SELECT 'stuck_order', key FROM stuck;

/* what is forecast for the days that an order placed now has to wait for is more than there is and comes in by then */
CREATE VIEW planning.expected_stockouts AS
WITH item AS MATERIALIZED (
    SELECT s.*, greatest(s.today, f.starts_on) AS first_day, f.starts_on, f.means, f.protection_days
    FROM planning.shelf AS s JOIN oms.forecasts AS f USING (sku_id, location_id)
    WHERE s.available > 0
), day AS (
    SELECT i.sku, i.location, i.available - coalesce(i.waits, 0)
               + coalesce((SELECT sum(n.quantity::numeric) FROM oms.incoming_stock AS n
                           WHERE n.sku_id = i.sku_id AND n.location_id = i.location_id
                                 AND n.expected_on BETWEEN i.today AND i.first_day + d - 1), 0) AS supply,
           sum(i.means[i.first_day - i.starts_on + d]) OVER (PARTITION BY i.sku_id, i.location_id ORDER BY d) AS demand
    FROM item AS i, generate_series(1, i.protection_days) AS d
)
SELECT DISTINCT 'stockout_expected' AS kind, sku || '@' || location AS key FROM day WHERE round(demand::numeric, 3) > supply;

CREATE VIEW planning.expected_overstock AS
SELECT 'overstock' AS kind, s.sku || '@' || s.location AS key
FROM planning.shelf AS s JOIN oms.forecasts AS f USING (sku_id, location_id)
WHERE s.available > 0 AND f.mean > 0 AND round(s.available / f.mean::numeric) > 180
      AND s.sku || '@' || s.location NOT IN (SELECT d.key FROM planning.expected_dead_stock AS d);

/* check_alerts runs the job, and claims that there are the alerts of some kinds that there should be */
CREATE FUNCTION planning.check_alerts(VARIADIC kinds text[]) RETURNS void
    LANGUAGE plpgsql
AS $$
DECLARE
    watched record;
BEGIN
    UPDATE oms.alert_watches SET looked_at = NULL;
    PERFORM planning.run_job('raise_alerts');
    FOR watched IN
        SELECT * FROM (VALUES ('low_stock', 'expected_stock_alerts'), ('out_of_stock', 'expected_stock_alerts'), ('dead_stock', 'expected_dead_stock'),
                              ('stockout_expected', 'expected_stockouts'), ('overstock', 'expected_overstock'),
                              ('late_shipment', 'expected_order_alerts'), ('stuck_order', 'expected_order_alerts')) AS w(kind, view)
        WHERE kind = ANY (kinds)
    LOOP
        PERFORM planning.same('alerts: ' || watched.kind,
            format('SELECT key FROM planning.%I WHERE kind = %L', watched.view, watched.kind),
            format('SELECT key FROM oms.alerts WHERE kind = %L AND status <> ''closed''', watched.kind));
    END LOOP;
END
$$;

/* of dead stock and overstock what it is worth does not matter here, nor how long it lasts if it sells */
UPDATE oms.jobs SET settings = settings || '{"dead_stock": {"days": 90, "min_value": 0}, "overstock": {"days": 180, "min_value": 0}}' WHERE name = 'raise_alerts';
