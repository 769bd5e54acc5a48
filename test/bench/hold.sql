\set sku random(1, 10000)
\set location random(1, 50)
WITH level AS (
    UPDATE oms.stock_levels SET reserved = reserved OPERATOR(oms.+) '1'::oms.quantity
    WHERE sku_id = :sku AND location_id = :location AND reserved OPERATOR(oms.<) on_hand RETURNING sku_id, location_id
)
INSERT INTO oms.reservations (sku_id, location_id, quantity, expires_at)
SELECT sku_id, location_id, '1', now() + interval '15 min' FROM level;
