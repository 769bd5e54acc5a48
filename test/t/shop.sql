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
    SELECT 'TEE-' || size, product_id, 'Tee ' || size, NULL, '7.00 EUR', 0, '{"case": 12}', CASE size WHEN 'L' THEN '{final_sale}'::text[] ELSE '{}' END
    FROM oms.products, unnest('{S,M,L}'::text[]) AS size;
INSERT INTO oms.customers (reference, email, name, credit_limit)
VALUES ('C-77', 'a@b.example', E'Ana\tB', '500.00 EUR'), (NULL, 'guest@b.example', NULL, NULL);

-- and what happens in it
SELECT oms.receive_stock(sku, location, 10, '7.00 EUR')
FROM unnest('{TEE-S,TEE-M,TEE-L}'::text[]) AS sku, unnest('{porto,berlin}'::text[]) AS location;
CREATE TABLE public.documents AS
SELECT n, jsonb_build_object(
    'channel', 'web', 'reference', 'A-' || n,
    'customer', '{"email": "a@b.example", "name": "Ana B", "reference": "C-77"}'::jsonb,
    'ship_to', '{"name": "Ana B", "line1": "Rua 1", "city": "Porto", "postcode": "4000-001",
                 "country": "PT", "lat": 41.15, "lon": -8.61}'::jsonb,
    'lines', '[{"sku": "TEE-S", "quantity": 1, "unit_price": "12.50", "tax": "2.30"},
               {"sku": "TEE-M", "quantity": 2, "unit_price": "9.99", "discount": "1.00", "tax": "0"}]'::jsonb,
    'shipping', '{"price": "4.90", "tax": "0"}'::jsonb,
    'payments', jsonb_build_array(jsonb_build_object(
        'method', 'card', 'provider', 'psp', 'reference', 'pi_' || n, 'amount', '38.68', 'status', 'authorized'))) AS document
FROM generate_series(1, 5) AS n;
SELECT oms.place_order(document) FROM public.documents WHERE n < 5 ORDER BY n;
SELECT oms.hold_order(1, 'fraud', 'odd address');
SELECT oms.start_picking(2, 1);
SELECT oms.pack(2, 1, '[]');
SELECT oms.ship(2, 1, '{"carrier": "dhl", "number": "JD01"}', reference => 'ship-2');
SELECT oms.capture(2, 1, '20.00 EUR', reference => 'capture-2');
SELECT oms.pack(3, 1);
SELECT oms.reserve('TEE-L', 3, 'berlin', reference => 'cart-1');

-- money: a gift card that pays, store credit, a return that is done and one that is on its way, invoices, a refund
SELECT oms.issue_gift_card('{"code": "DUMPCARD-0001", "amount": "50 EUR"}'), oms.grant_store_credit('C-77', '8 EUR', 'goodwill');
SELECT oms.void(4, 1);
SELECT oms.add_payment(4, '{"method": "gift_card", "reference": "DUMPCARD-0001", "amount": "38.68"}');
SELECT oms.issue_invoices();
SELECT oms.mark_delivered(2, 1);
SELECT oms.request_return(2, '[{"line_no": 2, "quantity": 1}]', 'too small');
SELECT oms.approve_return(2, 1);
SELECT oms.receive_return(2, 1, 'porto');
SELECT oms.inspect_return(2, 1, '[{"line_no": 2, "quantity": 1, "grade": "A", "disposition": "restock", "accepted": true}]');
SELECT oms.complete_return(2, 1, reference => 'return-2');
SELECT oms.issue_invoices();
SELECT oms.refund(2, '1.00 EUR', 'late', reference => 'refund-2');
SELECT oms.request_return(2, '[{"line_no": 1, "quantity": 1}]', 'too small');
SELECT oms.approve_return(2, 2);
SELECT oms.receive_return(2, 2, 'berlin');
