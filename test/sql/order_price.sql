-- what an order costs: prices, quantity breaks, units, discounts, taxes, shipping
SET search_path = oms, public;
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET oms.now = '2026-11-02 10:15:00+00';
\set ON_ERROR_ROLLBACK on
\set SHOW_CONTEXT never
BEGIN;

SELECT put_channel('{"code": "cost-web", "currency": "EUR"}'), put_channel('{"code": "cost-b2b", "kind": "b2b", "currency": "EUR"}'),
       put_location('{"code": "cost-here", "country": "PT", "lat": 41, "lon": -8, "pickup": true}'),
       put_location('{"code": "cost-there", "country": "PT", "lat": 38, "lon": -8}');
SELECT put_sku('{"code": "COST-TEE", "weight_g": 150, "price": "12.50 EUR", "units": {"case": 12, "pair": 2}}'),
       put_sku('{"code": "COST-SCREW", "weight_g": 3, "price": "0.0425 EUR"}'),
       put_sku('{"code": "COST-TEA", "weight_g": 1000, "price": "31.99 EUR", "decimals": 3, "tax_category": "food", "units": {"tin": 0.125}}'),
       put_sku('{"code": "COST-OLD", "price": "1 EUR", "active": false}'), put_sku('{"code": "COST-FREE"}');
SELECT count(put_price(p)) AS prices
FROM unnest(ARRAY['{"sku": "COST-TEE", "price": "11 EUR", "min_quantity": 12}', '{"sku": "COST-TEE", "price": "12 EUR", "channel": "cost-b2b"}',
                  '{"sku": "COST-TEE", "price": "10 EUR", "customer_group": "club"}',
                  '{"sku": "COST-TEE", "price": "9 EUR", "valid_from": "2026-11-27T00:00:00Z", "valid_until": "2026-11-28T00:00:00Z"}']::jsonb[]) AS p;
SELECT put_customer('{"reference": "cost-club", "group": "club"}') > 0 AS customer;
SELECT count(receive_stock(s, 'cost-here', 1000)) FROM unnest('{COST-TEE,COST-SCREW,COST-TEA,COST-FREE}'::text[]) AS s;
SELECT receive_stock('COST-TEE', 'cost-there', 5000);

CREATE FUNCTION pg_temp.quote(lines jsonb, document jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT oms.quote_order(jsonb_build_object('channel', 'cost-web', 'reference', 'cost', 'lines', lines,
                                              'ship_to', '{"country": "PT", "lat": 41, "lon": -8}'::jsonb) || document)
$$;
CREATE FUNCTION pg_temp.lines(lines jsonb, document jsonb DEFAULT '{}',
                              OUT quantity text, OUT unit_price text, OUT discount text, OUT tax text, OUT included_tax text, OUT total text)
    RETURNS SETOF record LANGUAGE sql AS $$
    SELECT l.quantity, l.unit_price, l.discount, l.tax, l.included_tax, l.total
    FROM jsonb_to_recordset(pg_temp.quote(lines, document) -> 'lines')
         AS l(line_no integer, quantity text, unit_price text, discount text, tax text, included_tax text, total text)
    ORDER BY line_no
$$;
CREATE FUNCTION pg_temp.sums(lines jsonb, document jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT format('lines %s + shipping %s + %s - discount %s = %s', q ->> 'lines_total', q #>> '{shipping,price}', q #>> '{shipping,tax}',
                  q ->> 'discount', q ->> 'total')
    FROM pg_temp.quote(lines, document) AS q
$$;

/*
 * Prices: by quantity of the line, channel, group of the customer and time; what the document says comes first
 */
SELECT * FROM pg_temp.lines('[{"sku": "COST-TEE", "quantity": 11}, {"sku": "COST-TEE", "quantity": 12}, {"sku": "COST-TEE", "quantity": 12, "unit_price": "12.123456"}]');
SELECT * FROM pg_temp.lines('[{"sku": "COST-TEE", "quantity": 12}]', '{"channel": "cost-b2b"}');
SELECT * FROM pg_temp.lines('[{"sku": "COST-TEE", "quantity": 12}]', '{"channel": "cost-b2b", "customer": {"reference": "cost-club"}}');
SELECT * FROM pg_temp.lines('[{"sku": "COST-TEE", "quantity": 1}]', '{"placed_at": "2026-11-27T12:00:00Z"}');
SELECT * FROM pg_temp.lines('[{"sku": "COST-FREE", "quantity": 1}]');
SELECT * FROM pg_temp.lines('[{"sku": "COST-FREE", "quantity": 1, "unit_price": 0}]');
SELECT * FROM pg_temp.lines('[{"sku": "COST-FREE", "quantity": 1, "unit_price": "0.0000001"}]');
SELECT * FROM pg_temp.lines('[{"sku": "COST-OLD", "quantity": 1}]');

/*
 * Units are turned into base units, of which the price is and at which it breaks
 */
SELECT * FROM pg_temp.lines('[{"sku": "COST-TEE", "quantity": 2, "unit": "case"}, {"sku": "COST-TEE", "quantity": 5, "unit": "pair"},
                              {"sku": "COST-TEA", "quantity": 3, "unit": "tin"}, {"sku": "COST-TEE", "quantity": 0.5, "unit": "case"}]');
SELECT * FROM pg_temp.lines('[{"sku": "COST-TEE", "quantity": 1, "unit": "pallet"}, {"sku": "COST-FREE", "quantity": 1, "unit": "case"}]');
SELECT * FROM pg_temp.lines('[{"sku": "COST-TEE", "quantity": 0.25, "unit": "pair"}, {"sku": "COST-TEE", "quantity": 1.5},
                              {"sku": "COST-TEE", "quantity": 1000000000, "unit": "case"}, {"sku": "COST-TEA", "quantity": 0.0001}]');

/*
 * A line is rounded once, half away from zero
 */
SELECT * FROM pg_temp.lines('[{"sku": "COST-SCREW", "quantity": 1}, {"sku": "COST-SCREW", "quantity": 100}, {"sku": "COST-SCREW", "quantity": 2},
                              {"sku": "COST-TEA", "quantity": "0.125"}, {"sku": "COST-FREE", "quantity": 9, "unit_price": 13.9563},
                              {"sku": "COST-FREE", "quantity": 1, "unit_price": "10.285"}]');

/*
 * Taxes: on top, or in the price; by category, region and postcode of the destination; what the document says comes first
 */
SELECT put_tax_rate('{"country": "PT", "rate": 0.23}'), put_tax_rate('{"country": "PT", "category": "food", "rate": 0.06}'),
       put_tax_rate('{"country": "PT", "region": "30", "rate": 0.22}'), put_tax_rate('{"country": "DE", "rate": 0.19, "included": true}'),
       put_tax_rate('{"country": "PT", "category": "food", "rate": 0, "valid_from": "2027-01-01"}');
\set two '[{"sku": "COST-TEE", "quantity": 1}, {"sku": "COST-TEA", "quantity": 1}, {"sku": "COST-TEE", "quantity": 1, "tax": "0.01"}]'
SELECT * FROM pg_temp.lines(:'two');
SELECT * FROM pg_temp.lines(:'two', '{"ship_to": {"country": "PT", "region": "30"}}');
SELECT * FROM pg_temp.lines(:'two', '{"placed_at": "2027-01-01T00:00:00Z"}');
SELECT * FROM pg_temp.lines(:'two', '{"ship_to": {"country": "DE"}}');
SELECT * FROM pg_temp.lines(:'two', '{"ship_to": {"country": "FR"}}');
-- without an address it is where the customer fetches it, else nobody's
SELECT * FROM pg_temp.lines(:'two', '{"ship_to": null, "fulfillment": {"pickup_location": "cost-here"}}');
SELECT * FROM pg_temp.lines(:'two', '{"ship_to": {"country": "DE"}, "fulfillment": {"pickup_location": "cost-here"}}');
SELECT * FROM pg_temp.lines(:'two', '{"ship_to": null}');
-- it is due on what is left after the discount of the line
SELECT * FROM pg_temp.lines('[{"sku": "COST-TEE", "quantity": 4, "discount": "25"}, {"sku": "COST-TEE", "quantity": 1, "discount": "12.50"}]');
SELECT * FROM pg_temp.lines('[{"sku": "COST-TEE", "quantity": 4, "discount": "25"}]', '{"ship_to": {"country": "DE"}}');

/*
 * Discounts do not exceed what they are discounts of
 */
SELECT pg_temp.sums('[{"sku": "COST-TEE", "quantity": 1, "tax": 0}]', '{"discounts": [{"amount": 2}, {"code": "HALF", "amount": "3.50"}, {"amount": 0}]}');
SELECT pg_temp.sums('[{"sku": "COST-TEE", "quantity": 1, "tax": 0}]', '{"discounts": [{"amount": 12.50}]}');
SELECT pg_temp.sums('[{"sku": "COST-TEE", "quantity": 1, "tax": 0}]', '{"discounts": [{"amount": 12.51}]}');
SELECT pg_temp.sums('[{"sku": "COST-TEE", "quantity": 1, "discount": 12.51, "tax": 0}]');
SELECT pg_temp.sums('[{"sku": "COST-TEE", "quantity": 1, "tax": 0}]', '{"discounts": [{"amount": 12.505}], "shipping": {"price": 0.005}}');

/*
 * Shipping: from the rate card, for the weight of the whole order and its longest way; nothing without a service
 */
SELECT put_shipping_service('{"code": "cost-parcel", "currency": "EUR",
    "rates": [{"country": "PT", "max_distance_km": 100, "max_weight_g": 2000, "price": "3.90", "transit_days": 1},
              {"country": "PT", "max_distance_km": 100, "price": "3.00", "per_kg": "1.00", "transit_days": 1},
              {"country": "PT", "price": "6.00", "per_kg": "0.50", "transit_days": 3}]}');
SELECT pg_temp.sums('[{"sku": "COST-TEE", "quantity": 1, "tax": 0}]', '{"shipping": {"service": "cost-parcel"}}') AS near,
       pg_temp.sums('[{"sku": "COST-TEE", "quantity": 20, "tax": 0}]', '{"shipping": {"service": "cost-parcel"}}') AS heavy;
SELECT pg_temp.sums('[{"sku": "COST-TEE", "quantity": 1, "tax": 0}]', '{"shipping": {"service": "cost-parcel"}, "fulfillment": {"ship_from": "cost-there"}}') AS far,
       pg_temp.sums('[{"sku": "COST-TEE", "quantity": 1, "tax": 0}]', '{"shipping": {"service": "cost-parcel", "price": "1", "tax": "0.23"}}') AS given;
SELECT pg_temp.sums('[{"sku": "COST-TEE", "quantity": 1, "tax": 0}]') AS none;
-- split in two, the customer pays once, the shop twice
SELECT pg_temp.sums('[{"sku": "COST-TEE", "quantity": 4100, "tax": 0, "unit_price": 0}, {"sku": "COST-TEA", "quantity": 1, "tax": 0, "unit_price": 0}]',
                    '{"shipping": {"service": "cost-parcel"}}');
SELECT l.location, l.cost, l.distance_m, l.arrives_on
FROM jsonb_to_recordset(pg_temp.quote('[{"sku": "COST-TEE", "quantity": 4100, "tax": 0}, {"sku": "COST-TEA", "quantity": 1, "tax": 0}]',
                                      '{"shipping": {"service": "cost-parcel"}}') -> 'legs') AS l(location text, cost text, distance_m text, arrives_on text);
-- no rate, no route
SELECT pg_temp.sums('[{"sku": "COST-TEE", "quantity": 1, "tax": 0}]', '{"shipping": {"service": "cost-parcel"}, "ship_to": {"country": "ES", "lat": 41, "lon": -8}}'); \echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.sums('[{"sku": "COST-TEE", "quantity": 1, "tax": 0}]', '{"shipping": {"service": "cost-parcel", "price": 9}, "ship_to": {"country": "ES", "lat": 41, "lon": -8}}');
-- a rate in another currency is converted
SELECT put_fx_rate('2026-11-01', 'EUR', 'USD', 1.10);
SELECT pg_temp.sums('[{"sku": "COST-TEE", "quantity": 1, "unit_price": 1, "tax": 0}]', '{"currency": "USD", "shipping": {"service": "cost-parcel"}}') AS dollars;
SELECT pg_temp.sums('[{"sku": "COST-TEE", "quantity": 1, "unit_price": 1, "tax": 0}]', '{"currency": "GBP", "shipping": {"service": "cost-parcel"}}'); \echo :LAST_ERROR_SQLSTATE
ROLLBACK;
