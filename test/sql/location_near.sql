-- the nearest that serve a country: from what the session keeps, and by the index where locations are too many
\set SHOW_CONTEXT never
SET search_path = oms, public;
SELECT put_channel('{"code": "near-web", "currency": "EUR"}'), put_sku('{"code": "near-sku"}');
SELECT count(put_location(jsonb_build_object('code', 'near-pt-' || n, 'lat', 10 + n, 'lon', 20, 'ships_to', '["PT"]'::jsonb)))
FROM generate_series(1, 9) AS n;
SELECT put_location('{"code": "near-es", "lat": 30, "lon": 20, "ships_to": ["FR", "ES"]}'),
       put_location('{"code": "near-all", "lat": 40, "lon": 20}'),
       put_location('{"code": "near-none", "lat": 10, "lon": 20, "ships_to": []}'),
       put_location('{"code": "near-off", "lat": 10, "lon": 20}');
SELECT sum(receive_stock('near-sku', code, 5)) FROM locations WHERE code LIKE 'near-%' AND code NOT IN ('near-pt-1', 'near-pt-2');
SELECT put_location('{"code": "near-off", "active": false}');

CREATE FUNCTION pg_temp.nearest(country text) RETURNS text
    LANGUAGE sql
    AS $$
    SELECT string_agg(l ->> 'location', ', ') FROM jsonb_array_elements(quote_order(jsonb_build_object(
        'channel', 'near-web', 'reference', 'N-1', 'ship_to', jsonb_build_object('lat', 10, 'lon', 20, 'country', country),
        'lines', '[{"sku": "near-sku", "quantity": 4, "unit_price": 0}]'::jsonb)) -> 'legs') AS l
    $$;
SELECT country, pg_temp.nearest(country) FROM unnest('{PT,ES,FR,DE,NULL}'::text[]) AS country;

-- a change counts at once
SELECT put_location('{"code": "near-es", "ships_to": ["ES"]}'), put_location('{"code": "near-off", "active": true}');
SELECT country, pg_temp.nearest(country) FROM unnest('{PT,ES,FR,DE,NULL}'::text[]) AS country;
SELECT put_location('{"code": "near-off", "active": false}');

-- more of them than a session keeps
INSERT INTO locations (code, name, point) SELECT 'near-many-' || n, 'x', oms_internal.make_point(-80, n * 0.01) FROM generate_series(1, 5000) AS n;
SELECT country, pg_temp.nearest(country) FROM unnest('{PT,ES,FR,DE,NULL}'::text[]) AS country;

-- of a SKU that very many have, some are asked first, and all if that is too little
BEGIN;
SELECT put_sku('{"code": "near-many"}');
INSERT INTO stock_levels (sku_id, location_id, on_hand)
SELECT s.sku_id, l.location_id, '1' FROM skus AS s, locations AS l WHERE s.code = 'near-many' AND l.code ~ '^near-many-1?[0-9]{1,3}$';
SELECT available('near-many'), reserve('near-many', 100) IS NOT NULL AS reserved;
SELECT available('near-many');
SELECT put_routing_rule('{"code": "near-only", "action": "require", "locations": {"location": "near-many-1999"}}');
SELECT sku, quantity, location FROM route('[{"sku": "near-many", "quantity": 1}]', oms_internal.make_point(-80, 0.1));
ROLLBACK;

DELETE FROM locations WHERE code LIKE 'near-many-%';
UPDATE locations SET active = false WHERE code LIKE 'near-%';
