/* sql/code/90-invariant_stock.sql: what must hold of stock and of what is reserved of it */

/* 1. Stock on hand */

CREATE OR REPLACE FUNCTION oms_internal.check_on_hand(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT 'stock on hand equals its movements', oms_internal.stock_name(sku_id, location_id),
           coalesce(m.moved, 0)::text, s.on_hand::text
    FROM (SELECT sku_id, location_id, sum(quantity::numeric) AS moved
          FROM oms.stock_movements
          GROUP BY sku_id, location_id) AS m
         FULL JOIN (SELECT sku_id, location_id, sum(on_hand::numeric) AS on_hand
                    FROM oms.stock_levels
                    GROUP BY sku_id, location_id) AS s USING (sku_id, location_id)
    WHERE coalesce(m.moved, 0) IS DISTINCT FROM s.on_hand
    UNION ALL
    SELECT 'stock on hand is not negative', oms_internal.stock_name(sku_id, location_id), '>= 0', on_hand::text
    FROM oms.stock_levels
    WHERE on_hand::numeric < 0
$$;
COMMENT ON FUNCTION oms_internal.check_on_hand() IS 'Invariant: on hand = sum of movements, per SKU and location; never negative';

/* 2. Reserved stock */

CREATE OR REPLACE FUNCTION oms_internal.check_reserved(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT 'stock reserved equals the active reservations', oms_internal.stock_name(sku_id, location_id),
           coalesce(r.quantity, 0)::text, s.reserved::text
    FROM (SELECT sku_id, location_id, sum(quantity::numeric) AS quantity
          FROM oms.reservations
          WHERE status = 'active'
          GROUP BY sku_id, location_id) AS r
         FULL JOIN (SELECT sku_id, location_id, sum(reserved::numeric) AS reserved
                    FROM oms.stock_levels
                    GROUP BY sku_id, location_id) AS s USING (sku_id, location_id)
    WHERE coalesce(r.quantity, 0) IS DISTINCT FROM s.reserved
    UNION ALL
    SELECT 'stock reserved is on hand', oms_internal.stock_name(sku_id, location_id), '0 to ' || on_hand, reserved::text
    FROM oms.stock_levels
    WHERE reserved::numeric NOT BETWEEN 0 AND on_hand::numeric
$$;
COMMENT ON FUNCTION oms_internal.check_reserved() IS 'Invariant: reserved = sum of active reservations, of carts and orders alike; 0 <= reserved <= on hand';

CREATE OR REPLACE FUNCTION oms_internal.check_reservations(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH held AS (
        SELECT r.reservation_id, r.sku_id, r.status, r.order_id, r.fulfillment_no, r.line_no, r.location_id,
               f.status AS fulfillment_status, f.location_id AS fulfillment_location_id, l.line_no AS known_line
        FROM oms.reservations r
             LEFT JOIN oms.fulfillments f USING (order_id, fulfillment_no)
             LEFT JOIN oms.order_lines l ON l.order_id = r.order_id AND l.line_no = r.line_no
        WHERE r.order_id IS NOT NULL
    )
    SELECT 'a reservation belongs to a fulfillment and a line', 'reservation ' || reservation_id,
           order_id || '-F' || fulfillment_no || ' with line ' || line_no, 'none'
    FROM held
    WHERE fulfillment_status IS NULL OR known_line IS NULL
          OR (status = 'active'
              AND NOT EXISTS (SELECT FROM oms.fulfillment_lines fl
                              WHERE fl.order_id = held.order_id AND fl.fulfillment_no = held.fulfillment_no
                                    AND fl.line_no = held.line_no))
    UNION ALL
    SELECT 'a reservation is where its fulfillment is', 'reservation ' || reservation_id,
           oms_internal.stock_name(sku_id, fulfillment_location_id), oms_internal.stock_name(sku_id, location_id)
    FROM held
    WHERE location_id <> fulfillment_location_id
    UNION ALL
    SELECT 'an active reservation has an open fulfillment', 'reservation ' || reservation_id,
           'open', order_id || '-F' || fulfillment_no || ' is ' || fulfillment_status
    FROM held
    WHERE status = 'active' AND fulfillment_status >= 'shipped'
    UNION ALL
    SELECT 'a consumed reservation has left', 'reservation ' || reservation_id,
           'shipped', order_id || '-F' || fulfillment_no || ' is ' || fulfillment_status
    FROM held
    WHERE status = 'consumed'
          AND (fulfillment_status < 'shipped' OR fulfillment_status IN ('cancelled', 'rejected'))
    UNION ALL
    SELECT 'only a cart''s reservation expires', 'reservation ' || reservation_id, 'no order', 'order ' || order_id
    FROM held
    WHERE status = 'expired'
$$;
COMMENT ON FUNCTION oms_internal.check_reservations() IS 'Invariant: no stranded reservation; each has one end, with its fulfillment';

/*
 * Whether a SKU is stocked and what a kit is made of may change while
 * fulfillments of it are open, so the allocation itself says whether it
 * reserves, and its reservations what.
 */
CREATE OR REPLACE FUNCTION oms_internal.check_open_fulfillments(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT 'an open fulfillment has reserved what it ships',
           fl.order_id || '-F' || fl.fulfillment_no || ' line ' || fl.line_no,
           CASE WHEN r.sku_id <> l.sku_id THEN 'parts of the kit' ELSE fl.quantity::text END,
           coalesce((sum(r.quantity) FILTER (WHERE r.status = 'active'))::text, 'none')
    FROM oms.fulfillments f
         JOIN oms.fulfillment_lines fl USING (order_id, fulfillment_no)
         JOIN oms.order_lines l USING (order_id, line_no)
         LEFT JOIN oms.reservations r USING (order_id, fulfillment_no, line_no)
    WHERE fl.reserves AND f.status < 'shipped'
    GROUP BY fl.order_id, fl.fulfillment_no, fl.line_no, fl.quantity, l.sku_id, r.sku_id
    HAVING CASE WHEN r.sku_id = l.sku_id
                THEN sum(r.quantity) FILTER (WHERE r.status = 'active') IS DISTINCT FROM fl.quantity
                ELSE count(*) FILTER (WHERE r.status = 'active') = 0 END
$$;
COMMENT ON FUNCTION oms_internal.check_open_fulfillments() IS 'Invariant: what an open fulfillment is to ship is reserved for it, once';
