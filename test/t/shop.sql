-- test/t/shop.sql: a small shop: rows of each kind that a dump has to keep
INSERT INTO oms.organizations (code, name) VALUES ('acme', 'Acme');
INSERT INTO oms.channels (code, name, currency, organization_id)
    SELECT 'web', 'Web', 'EUR', organization_id FROM oms.organizations;
INSERT INTO oms.locations (code, name, country, postcode, point, cutoff, handling_cost, ships_to)
VALUES ('porto', 'Porto', 'PT', '4000-001', 'SRID=4326;POINT(-8.61 41.15)', '14:00', '1.20 EUR', '{PT,ES}'),
       ('berlin', 'Berlin', 'DE', '10115', 'SRID=4326;POINT(13.38 52.53)', NULL, NULL, NULL);
INSERT INTO oms.channel_locations (channel_id, location_id)
    SELECT channel_id, location_id FROM oms.channels, oms.locations;
INSERT INTO oms.postcodes (country, postcode, place, point)
VALUES ('PT', '4000-001', 'Porto', 'SRID=4326;POINT(-8.61 41.15)');
INSERT INTO oms.products (code, name, category, names)
VALUES ('tee', 'Tee', 'apparel.shirts', '{"fr": "Maillot \\ d''été"}');
INSERT INTO oms.skus (code, product_id, name, gtin, cost, decimals, units, flags)
    SELECT 'TEE-' || size, product_id, 'Tee ' || size, NULL, '7.00 EUR', 0, '{"case": 12}', '{final_sale}'
    FROM oms.products, unnest('{S,M,L}'::text[]) AS size;
INSERT INTO oms.customers (reference, email, name, credit_limit)
VALUES ('C-77', 'a@b.example', E'Ana\tB', '500.00 EUR'), (NULL, 'guest@b.example', NULL, NULL);
