-- Shipping services: what a parcel costs and when it arrives
SET client_min_messages = warning;
\set SHOW_CONTEXT never
SET datestyle = ISO;

CREATE TEMPORARY VIEW shown_services AS
SELECT s.code, s.name, c.code AS carrier, s.currency, s.kind, rate_no AS no, country, max_distance_km::float8 AS km, max_weight_g AS g,
       price, per_kg, transit_days AS days
FROM oms.shipping_services AS s LEFT JOIN oms.carriers AS c USING (carrier_id) LEFT JOIN oms.shipping_rates AS r USING (service_id)
WHERE s.code LIKE 'sh-%'
ORDER BY s.code COLLATE "C", rate_no;

SELECT oms.put_shipping_service('{"code": "sh-pickup", "currency": "EUR", "kind": "pickup"}');
SELECT oms.put_shipping_service('{"code": "sh-std", "name": "Standard", "carrier": "sh-post", "currency": "EUR", "rates": [
    {"country": "PT", "max_distance_km": 100, "max_weight_g": 2000, "price": "3.90", "per_kg": "0.55", "transit_days": 1},
    {"country": "PT", "max_weight_g": 2000, "price": 4.9, "transit_days": 2},
    {"max_distance_km": 100, "max_weight_g": 30000, "price": "8"},
    {"max_weight_g": 2000, "price": "15", "transit_days": 5},
    {"price": "29", "per_kg": 1, "transit_days": 7}]}');
TABLE shown_services;

-- which counts: the smallest distance, then weight, then the country's own
SELECT destination, km, g, f.*
FROM (VALUES ('PT', 50, 1500), ('PT', 100, 2000), ('PT', 100.001, 2000), ('PT', 50, 2001), ('PT', 50, 30001), ('PT', NULL, 10),
             ('ES', 50, 10), ('ES', 500, 10), ('ES', 500, 2001), (NULL, 500, 10), ('PT', 0, 0), ('PT', 50, NULL),
             ('PT', 20000, 3000000000)) AS v(destination, km, g),
     oms_internal.find_shipping_rate((SELECT service_id FROM oms.shipping_services WHERE code = 'sh-std'), destination, NULL, NULL, NULL, km * 1000, g) AS f;
SELECT * FROM oms_internal.find_shipping_rate((SELECT service_id FROM oms.shipping_services WHERE code = 'sh-pickup'), 'PT', NULL, NULL, NULL, 1, 1);
SELECT * FROM oms_internal.find_shipping_rate(-1, 'PT', NULL, NULL, NULL, 'NaN', 1);

-- rates are replaced as a whole, all else stays if left out
SELECT oms.put_shipping_service('{"code": "sh-std", "rates": [{"price": "5", "transit_days": 3}]}');
SELECT * FROM shown_services WHERE code = 'sh-std';
SELECT oms.put_shipping_service('{"code": "sh-std", "name": "Slow", "carrier": null}');
SELECT * FROM shown_services WHERE code = 'sh-std';
SELECT oms.put_shipping_service('{"code": "sh-std", "currency": "JPY", "carrier": "sh-post", "rates": [{"price": 500, "per_kg": "99.5"}, {"price": "0.1"}]}');
SELECT oms.put_shipping_service('{"code": "sh-std", "currency": "JPY", "carrier": "sh-post", "rates": [{"price": 500, "per_kg": "99.0"}]}');
SELECT * FROM shown_services WHERE code = 'sh-std';
SELECT oms.put_shipping_service('{"code": "sh-std", "rates": []}');
SELECT * FROM shown_services WHERE code = 'sh-std';
SELECT oms.put_shipping_service('{"code": "sh-std", "currency": "EUR", "rates": [{"price": "5"}]}');
SELECT count(*) FROM oms.carriers WHERE code = 'sh-post';

SELECT oms.put_shipping_service('{"code": "sh-std", "currency": "USD"}');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.put_shipping_service('{"code": "sh-bad", "carrier": "sh-bad"}');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.put_shipping_service('{"code": "sh-bad", "kind": "pigeon", "currency": null, "rates": [{"max_weight_g": 0, "per_kg": -1},
    {"price": "4.90 EUR", "transit_days": 1.5, "max_distance_km": "far"}]}');
SELECT count(*) FROM oms.carriers WHERE code = 'sh-bad';
\set VERBOSITY terse
INSERT INTO oms.shipping_rates (service_id, rate_no, price, per_kg)
SELECT service_id, 9, '1 EUR', '1 USD' FROM oms.shipping_services WHERE code = 'sh-std';
INSERT INTO oms.shipping_rates (service_id, rate_no, price, per_kg)
SELECT service_id, 9, '-1 EUR', '1 EUR' FROM oms.shipping_services WHERE code = 'sh-std';
INSERT INTO oms.shipping_services (code, name, currency, kind) VALUES ('sh-raw', 'x', 'EUR', 'pigeon');
\set VERBOSITY default


DELETE FROM oms.shipping_services WHERE code LIKE 'sh-%';
DELETE FROM oms.carriers WHERE code LIKE 'sh-%';
