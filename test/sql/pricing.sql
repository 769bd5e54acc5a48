-- prices and taxes: by document, and as orders find them
\set SHOW_CONTEXT never
\pset null (null)
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
SELECT oms.put_channel('{"code": "pr-web", "currency": "EUR"}'), oms.put_sku('{"code": "pr-a", "price": "10 EUR"}'),
       oms.put_sku('{"code": "pr-b"}');

/*
 * Prices
 */
CREATE TEMPORARY VIEW shown_prices AS
SELECT s.code AS sku, c.code AS channel, customer_group, p.currency, price::float8, min_quantity, valid_from, valid_until
FROM oms.prices AS p JOIN oms.skus AS s USING (sku_id) LEFT JOIN oms.channels AS c USING (channel_id)
WHERE s.code LIKE 'pr-%'
ORDER BY s.code COLLATE "C", p.currency, customer_group, c.code, min_quantity, valid_from;

SELECT oms.put_price('{"sku": "pr-a", "price": "9 EUR", "min_quantity": 10}'),
       oms.put_price('{"sku": "pr-a", "price": "9.50 EUR", "channel": "pr-web"}'),
       oms.put_price('{"sku": "pr-a", "price": "8 EUR", "customer_group": "vip"}'),
       oms.put_price('{"sku": "pr-a", "price": "7.123456 EUR", "channel": "pr-web", "customer_group": "vip", "min_quantity": "2.5",
                       "valid_from": "2026-01-01T00:00:00Z", "valid_until": "2026-07-01T00:00:00Z"}'),
       oms.put_price('{"sku": "pr-a", "price": "JPY 1500"}');
TABLE shown_prices;

-- the same scope again is the same row; its end stays unless it is given
SELECT oms.put_price('{"sku": "pr-a", "price": "7 EUR", "channel": "pr-web", "customer_group": "vip", "min_quantity": 2.5,
                       "valid_from": "2026-01-01T00:00:00Z"}');
SELECT * FROM shown_prices WHERE price = 7;
SELECT oms.put_price('{"sku": "pr-a", "price": "7 EUR", "channel": "pr-web", "customer_group": "vip", "min_quantity": 2.5,
                       "valid_from": "2026-01-01T00:00:00Z", "valid_until": null}');
SELECT * FROM shown_prices WHERE price = 7;

-- which counts: group before channel before all, then quantity, then start
CREATE FUNCTION pg_temp.price(quantity oms.quantity, channel text, customer_group text, currency text DEFAULT 'EUR',
                              at timestamptz DEFAULT '2026-03-01') RETURNS float8
    LANGUAGE sql AS $$
    SELECT price
    FROM oms_internal.find_prices(
        (SELECT array_agg(sku_id) FROM oms.skus WHERE code = 'pr-a'), ARRAY[quantity],
        (SELECT channel_id FROM oms.channels WHERE code = channel), customer_group, currency, at)
    $$;
SELECT pg_temp.price(1, NULL, NULL) AS general, pg_temp.price(9.999999, NULL, NULL) AS below, pg_temp.price(10, NULL, NULL) AS break,
       pg_temp.price(99, 'pr-web', NULL) AS channel, pg_temp.price(99, NULL, 'vip') AS "group", pg_temp.price(1, 'pr-web', 'vip') AS small,
       pg_temp.price(3, 'pr-web', 'vip') AS both, pg_temp.price(3, 'pr-web', 'vip', at => '2025-01-01') AS earlier,
       pg_temp.price(3, 'pr-web', 'retail') AS other;
SELECT pg_temp.price(1, 'pr-web', 'vip', 'JPY') AS yen, pg_temp.price(1, NULL, NULL, 'USD') AS none;
SELECT oms.put_price('{"sku": "pr-a", "price": "11 EUR", "valid_from": "2027-01-01T00:00:00Z", "valid_until": "2027-02-01T00:00:00Z"}');
SELECT pg_temp.price(1, NULL, NULL, at => '2026-12-31 23:59:59.999999') AS before, pg_temp.price(1, NULL, NULL, at => '2027-01-01') AS "from",
       pg_temp.price(1, NULL, NULL, at => '2027-01-31 23:59:59.999999') AS last, pg_temp.price(1, NULL, NULL, at => '2027-02-01') AS after;

-- many at once, in their order; a SKU without price has a row too
SELECT f.ordinal, f.price::float8
FROM oms_internal.find_prices(
         (SELECT array_agg(s.sku_id ORDER BY v.n) FROM unnest('{pr-b,pr-a,pr-a}'::text[]) WITH ORDINALITY AS v(code, n) JOIN oms.skus AS s USING (code)),
         '{1,1,10}', NULL, NULL, 'EUR', '2026-03-01') AS f;
SELECT count(*) FROM oms_internal.find_prices('{}', '{}', NULL, NULL, 'EUR', '2026-03-01');

-- a SKU's own price is without end again
UPDATE oms.prices SET valid_until = '2026-01-01' WHERE currency = 'JPY' AND sku_id = (SELECT sku_id FROM oms.skus WHERE code = 'pr-a');
SELECT oms.put_sku('{"code": "pr-a", "price": "1600 JPY"}');
SELECT * FROM shown_prices WHERE currency = 'JPY';

-- faults
SELECT oms.put_price('{"sku": "pr-a", "price": "12.1234567 EUR", "min_quantity": -1, "valid_from": "yesterday", "from": 1}');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.put_price('{"sku": "pr-a", "price": "1 XXX"}');
SELECT oms.put_price('{"price": "1 EUR"}');
SELECT oms.put_price('{"sku": "pr-a", "price": "1 EUR", "valid_from": "2026-01-02T00:00:00Z", "valid_until": "2026-01-02T01:00:00+01:00"}');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.put_price('{"sku": "pr-none", "channel": "pr-none", "price": "1 EUR"}');
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM shown_prices;

\set VERBOSITY terse
INSERT INTO oms.prices (sku_id, currency, price) SELECT sku_id, 'EUR', -1 FROM oms.skus WHERE code = 'pr-b';
INSERT INTO oms.prices (sku_id, currency, price) SELECT sku_id, 'EURO', 1 FROM oms.skus WHERE code = 'pr-b';
INSERT INTO oms.prices (sku_id, currency, price, customer_group) SELECT sku_id, 'EUR', 1, '' FROM oms.skus WHERE code = 'pr-b';
INSERT INTO oms.prices (sku_id, currency, price, min_quantity) SELECT sku_id, 'EUR', 1, -1 FROM oms.skus WHERE code = 'pr-b';
INSERT INTO oms.prices (sku_id, currency, price, valid_until) SELECT sku_id, 'EUR', 1, '-infinity' FROM oms.skus WHERE code = 'pr-b';
INSERT INTO oms.prices (sku_id, currency, price) SELECT sku_id, 'EUR', 1 FROM oms.skus WHERE code = 'pr-a';
\set VERBOSITY default

/*
 * Taxes
 */
SELECT oms.put_tax_rate('{"country": "PT", "rate": 0.23, "included": true}'),
       oms.put_tax_rate('{"country": "PT", "category": "food", "rate": "0.06"}'),
       oms.put_tax_rate('{"country": "PT", "region": "20", "rate": 0.16}'),
       oms.put_tax_rate('{"country": "PT", "postcode_prefix": "9500-3", "rate": 0.04}'),
       oms.put_tax_rate('{"country": "PT", "rate": 0.25, "valid_from": "2027-01-01", "valid_until": "2028-01-01"}');
CREATE TEMPORARY VIEW shown_taxes AS
SELECT country, region, postcode_prefix, category, rate::float8, included, valid_from, valid_until
FROM oms.tax_rates
ORDER BY country, postcode_prefix, region, category, valid_from;
TABLE shown_taxes;
SELECT oms.put_tax_rate('{"country": "PT", "rate": 0.24, "valid_from": "2027-01-01"}');
SELECT oms.put_tax_rate('{"country": "PT", "rate": 0.04, "postcode_prefix": "9500 3", "included": true, "valid_until": "2027-01-01"}');
TABLE shown_taxes;

-- which counts: the longest prefix, then the region, then the category, then the start
SELECT place, f.*
FROM (VALUES ('anywhere', NULL, NULL, '2026-06-01'::date), ('Azores', '20', '9700-001', '2026-06-01'),
             ('Ponta Delgada', '20', '9500-321', '2026-06-01'), ('elsewhere', '30', '95003', '2026-06-01'),
             ('next year', '30', '4000-001', '2027-06-01'), ('later', '30', '9500-321', '2028-06-01'))
         AS v(place, region, postcode, at),
     oms_internal.find_tax_rates('PT', region, postcode, '{food,clothing,NULL}', at) AS f
ORDER BY place COLLATE "C", ordinal;
SELECT * FROM oms_internal.find_tax_rates('ES', NULL, NULL, '{food,NULL}', '2026-06-01');
SELECT count(*) FROM oms_internal.find_tax_rates('PT', NULL, NULL, '{}', '2026-06-01');

SELECT oms.put_tax_rate('{"country": "pt", "rate": 23, "included": null, "valid_from": "1 May"}');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.put_tax_rate('{"region": "20"}');
SELECT oms.put_tax_rate('{"country": "PT", "rate": 0.2, "postcode_prefix": "-"}');
SELECT oms.put_tax_rate('{"country": "PT", "rate": 0.2, "valid_from": "2026-01-01", "valid_until": "2026-01-01"}');
\set VERBOSITY terse
INSERT INTO oms.tax_rates (country, rate) VALUES ('PT', 0.1);
INSERT INTO oms.tax_rates (country, rate) VALUES ('ES', -0.1);
INSERT INTO oms.tax_rates (country, rate, region) VALUES ('ES', 0.1, '');
INSERT INTO oms.tax_rates (country, rate, postcode_prefix) VALUES ('ES', 0.1, '28-0');
INSERT INTO oms.tax_rates (country, rate, category) VALUES ('ES', 0.1, '');
\set VERBOSITY default
COPY oms.tax_rates (country, region, rate, included) FROM stdin;
US	CA	0.0725	f
\.
SELECT * FROM oms_internal.find_tax_rates('US', 'CA', '90210', '{x}', '2026-06-01');


-- ranges of postcodes: all that begin like the last; the range that begins last counts, before it prefixes, after it the rest
SELECT oms.put_tax_rate('{"country": "ES", "rate": 0.21}'),
       oms.put_tax_rate('{"country": "ES", "rate": 0.07, "postcode_from": "35", "postcode_to": "3 8"}'),
       oms.put_tax_rate('{"country": "ES", "rate": 0.03, "postcode_from": "35", "postcode_to": "38", "category": "food"}'),
       oms.put_tax_rate('{"country": "ES", "rate": 0.05, "postcode_from": "36000", "postcode_to": "36-999"}'),
       oms.put_tax_rate('{"country": "ES", "rate": 0.055, "postcode_from": "36000", "postcode_to": "365"}'),
       oms.put_tax_rate('{"country": "ES", "rate": 0.02, "postcode_prefix": "3600"}'),
       oms.put_tax_rate('{"country": "ES", "rate": 0.01, "postcode_from": "A1", "postcode_to": "a1", "region": "X"}');
SELECT postcode, array_agg(trim_scale(rate) ORDER BY ordinal) AS food_and_other
FROM unnest('{NULL,"",34999,35,35000,36001,360,36100,36599,36600,369999,37000,38999,39,3,a1b,A1,A}'::text[]) AS postcode,
     oms_internal.find_tax_rates('ES', 'X', postcode, '{food,NULL}', '2026-06-01') GROUP BY postcode ORDER BY postcode COLLATE "C" NULLS FIRST;
SELECT oms.put_tax_rate('{"country": "ES", "rate": 0.08, "postcode_from": "35", "postcode_to": "38"}');
SELECT postcode_from, postcode_to, trim_scale(rate) AS rate FROM oms.tax_rates WHERE country = 'ES' AND postcode_from = '35' ORDER BY rate;
-- the category of what is paid for shipping is taxed by rates of its own
SELECT * FROM oms_internal.find_tax_rates('ES', NULL, NULL, '{shipping,NULL}', '2026-06-01');

SELECT oms.put_tax_rate('{"country": "ES", "rate": 0.1, "postcode_from": "39"}');
SELECT oms.put_tax_rate('{"country": "ES", "rate": 0.1, "postcode_to": "39"}');
SELECT oms.put_tax_rate('{"country": "ES", "rate": 0.1, "postcode_from": "39", "postcode_to": "38"}');
SELECT oms.put_tax_rate('{"country": "ES", "rate": 0.1, "postcode_from": "-", "postcode_to": "-", "postcode_prefix": "3"}');
SELECT oms.put_tax_rate('{"country": "ES", "rate": 0.1, "postcode_from": "30", "postcode_to": "31", "postcode_prefix": "3"}');
\set VERBOSITY terse
INSERT INTO oms.tax_rates (country, rate, postcode_from) VALUES ('ES', 0.1, '1');
INSERT INTO oms.tax_rates (country, rate, postcode_from, postcode_to) VALUES ('ES', 0.1, '2', '1');
INSERT INTO oms.tax_rates (country, rate, postcode_from, postcode_to, postcode_prefix) VALUES ('ES', 0.1, '1', '2', '1');
INSERT INTO oms.tax_rates (country, rate, postcode_from, postcode_to) VALUES ('ES', 0.1, 'a', 'b');
\set VERBOSITY default

-- as a query would find them, whatever ranges there are
SELECT setseed(0.24);
INSERT INTO oms.tax_rates (country, rate, postcode_from, postcode_to, category)
SELECT DISTINCT ON (a, b, c) 'FR', (0.01 + n / 100000.0)::numeric(9, 8), a, b, c
FROM (SELECT n, substr((10000 + floor(random() * 89999))::text, 1, 2 + floor(random() * 4)::integer) AS x, substr((10000 + floor(random() * 89999))::text, 1, 2 + floor(random() * 4)::integer) AS y,
             CASE WHEN random() < 0.3 THEN 'food' END AS c
      FROM generate_series(1, 400) AS n) AS r, LATERAL (SELECT least(x, y) AS a, greatest(x, y) AS b) AS s
ORDER BY a, b, c;
SELECT count(*) > 300 AS ranges FROM oms.tax_rates WHERE country = 'FR';
SELECT count(*) AS postcodes, count(f.rate) > 500 AS found, count(*) FILTER (WHERE f.rate IS DISTINCT FROM q.rate) AS wrong
FROM (SELECT (10000 + floor(random() * 89999))::text AS postcode FROM generate_series(1, 2000)) AS p,
     LATERAL (SELECT ordinal, rate, CASE ordinal WHEN 1 THEN 'food' END AS category FROM oms_internal.find_tax_rates('FR', NULL, postcode, '{food,NULL}', '2026-06-01')) AS f
     LEFT JOIN LATERAL (SELECT t.rate FROM oms.tax_rates AS t
                        WHERE t.country = 'FR' AND t.postcode_from COLLATE "C" <= p.postcode AND left(p.postcode, length(t.postcode_to)) COLLATE "C" <= t.postcode_to
                              AND (t.category IS NULL OR t.category = f.category)
                        ORDER BY t.postcode_from COLLATE "C" DESC, rpad(t.postcode_to, 5, 'Z') COLLATE "C", t.category NULLS LAST LIMIT 1) AS q ON true;

-- imports: what is new or has changed is counted, the last of the same counts, all faults are told at once and nothing is written
SELECT oms.import_tax_rates('[{"country": "SE", "rate": 0.24}, {"country": "SE", "rate": "0.25", "included": true}, {"country": "SE", "category": "food", "rate": 0.12, "valid_until": "2026-04-01"},
                              {"country": "SE", "category": "food", "rate": 0.06, "valid_from": "2026-04-01", "valid_until": "2028-01-01"}, {"country": "NO", "postcode_prefix": "91 70", "rate": 0},
                              {"country": "NO", "postcode_from": "91-70", "postcode_to": "9179", "rate": 0, "region": "21"}]');
CREATE TEMP TABLE imported AS SELECT ctid AS row, * FROM oms.tax_rates WHERE country IN ('SE', 'NO');
SELECT country, region, postcode_prefix, postcode_from, postcode_to, category, trim_scale(rate) AS rate, included, valid_from, valid_until FROM imported ORDER BY country, postcode_prefix, category, valid_from;
-- again, in another order, without what is there already
SELECT oms.import_tax_rates('[{"country": "NO", "postcode_prefix": "9170", "rate": 0.0}, {"country": "SE", "rate": "0.25"}, {"country": "SE", "category": "food", "rate": 0.12}]');
SELECT count(*) AS untouched FROM oms.tax_rates AS t JOIN imported AS i ON i.row = t.ctid AND i.tax_rate_id = t.tax_rate_id;
SELECT oms.import_tax_rates('[{"country": "SE", "rate": "0.25", "included": false}, {"country": "SE", "category": "food", "rate": 0.12, "valid_until": null}]');
SELECT category, included, valid_from, valid_until FROM oms.tax_rates WHERE country = 'SE' ORDER BY category, valid_from;
SELECT oms.import_tax_rates('[]');
SELECT oms.import_tax_rates('[{"country": "FI", "rate": 0.25}, {"country": "Finland"}, {"country": "FI", "rate": 25, "postcode": "1"}, 7]');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.import_tax_rates('[{"country": "FI", "rate": 0.25}, {"country": "FI", "rate": 0.1, "postcode_from": "2", "postcode_to": "1"},
                              {"country": "FI", "rate": 0.1, "valid_from": "2026-01-02", "valid_until": "2026-01-01"}]');
\echo :LAST_ERROR_SQLSTATE
SELECT oms.import_tax_rates('{"country": "FI", "rate": 0.25}');
SELECT oms.import_tax_rates(NULL);
SELECT count(*) FROM oms.tax_rates WHERE country = 'FI';

DELETE FROM oms.prices WHERE sku_id IN (SELECT sku_id FROM oms.skus WHERE code LIKE 'pr-%');
DELETE FROM oms.skus WHERE code LIKE 'pr-%';
DELETE FROM oms.channels WHERE code LIKE 'pr-%';
DELETE FROM oms.tax_rates;
