-- Exchange rates and amounts in other currencies
SET search_path = oms, public;
\set SHOW_CONTEXT never
SET datestyle = ISO;

SELECT oms.convert('5 EUR', 'EUR', '2026-01-01');

SELECT put_fx_rate('2026-01-01', 'EUR', 'USD', 1.08), put_fx_rate('2026-01-05', 'EUR', 'USD', 1.10),
       put_fx_rate('2026-01-01', 'EUR', 'JPY', 160), put_fx_rate('2026-01-03', 'EUR', 'KWD', 0.33),
       put_fx_rate('2026-01-04', 'USD', 'BRL', 5.5), put_fx_rate('2026-01-01', 'GBP', 'CHF', 1.15);

-- putting a rate again changes nothing, another one replaces it
CREATE TEMP TABLE before AS SELECT ctid AS row, * FROM fx_rates;
SELECT put_fx_rate('2026-01-01', 'EUR', 'JPY', 160.0);
SELECT count(*) AS touched FROM fx_rates AS f WHERE NOT EXISTS (SELECT FROM before WHERE row = f.ctid);
SELECT put_fx_rate('2026-01-01', 'EUR', 'JPY', 161);
SELECT * FROM fx_rates ORDER BY base COLLATE "C", quote COLLATE "C", rate_date;

-- the newest rate on or before the day: direct, inverse, over a third currency
SELECT day, to_code, oms.convert('100.00 EUR', to_code, day)
FROM unnest('{2026-01-01,2026-01-04,2026-01-05,2030-01-01}'::date[]) AS day, unnest('{USD,JPY}'::text[]) AS to_code ORDER BY 1, 2;
SELECT oms.convert('108.00 USD', 'EUR', '2026-01-02') AS inverse, oms.convert('100.00 USD', 'JPY', '2026-01-02') AS base_of_both,
       oms.convert('100.00 BRL', 'EUR', '2026-01-05') AS chain, oms.convert('1.000 KWD', 'JPY', '2026-01-05') AS decimals,
       oms.convert('-0.01 EUR', 'JPY', '2026-01-05') AS negative, fx_rate('USD', 'JPY', '2026-01-02'), fx_rate('EUR', 'EUR', '1900-01-01');
-- a direct rate counts though a way round is newer
SELECT put_fx_rate('2025-01-01', 'USD', 'JPY', 100);
SELECT oms.convert('1 USD', 'JPY', '2026-01-05') AS direct, oms.convert('100 JPY', 'USD', '2026-01-05') AS inverse;
-- of several ways round, the one whose older rate is the newest
SELECT put_fx_rate('2026-01-06', 'GBP', 'USD', 1.30), put_fx_rate('2026-01-07', 'GBP', 'KWD', 0.40);
SELECT oms.convert('1.00 USD', 'KWD', '2026-01-05') AS over_eur, oms.convert('1.00 USD', 'KWD', '2026-01-07') AS over_gbp;
-- half away from zero, once
SELECT put_fx_rate('2026-02-01', 'EUR', 'USD', 0.5);
SELECT oms.convert('0.01 EUR', 'USD', '2026-02-01'), oms.convert('-0.01 EUR', 'USD', '2026-02-01'), oms.convert('0.01 EUR'::amount * 2, 'USD', '2026-02-01');

-- refused
SELECT oms.convert('1 EUR', 'USD', '2025-12-31');
SELECT oms.convert('1 EUR', 'CHF', '2025-12-31');
SELECT oms.convert('1 SEK', 'NOK', '2026-12-31');
SELECT oms.convert('1 EUR', 'XXX', '2026-12-31');
SELECT oms.convert('90071992547409.91 EUR', 'JPY', '2026-01-31');
SELECT oms.convert('90071992547409.91 EUR', 'BRL', '2026-01-31');
SELECT oms.convert('1 EUR', NULL, '2026-01-31'), fx_rate(NULL, 'USD', '2026-01-31');
SELECT put_fx_rate('2026-01-01', 'EUR', 'usd', 1);
SELECT put_fx_rate('2026-01-01', NULL, 'USD', 1);
SELECT put_fx_rate('2026-01-01', 'EUR', 'EUR', 1);
SELECT put_fx_rate('2026-01-01', 'EUR', 'USD', 0);
SELECT put_fx_rate('2026-01-01', 'EUR', 'USD', 'NaN');
SELECT put_fx_rate('2026-01-01', 'EUR', 'USD', NULL);
SELECT put_fx_rate('infinity', 'EUR', 'USD', 1);
SELECT put_fx_rate(NULL, 'EUR', 'USD', 1);
INSERT INTO fx_rates VALUES ('2026-01-01', 'XAU', 'EUR', 2000);

-- imports: what is new or has changed is counted, the last of the same counts
SELECT import_fx_rates('[{"date": "2026-03-01", "base": "EUR", "quote": "USD", "rate": 1.2}, {"date": "2026-03-01", "base": "EUR", "quote": "USD", "rate": "1.25"},
                         {"date": "2026-03-01", "base": "USD", "quote": "EUR", "rate": 0.8}, {"date": "2026-01-05", "base": "EUR", "quote": "USD", "rate": 1.10}]');
SELECT * FROM fx_rates WHERE rate_date = '2026-03-01' ORDER BY base COLLATE "C";
SELECT import_fx_rates('[{"date": "2026-03-01", "base": "EUR", "quote": "USD", "rate": 1.250}, {"date": "2026-03-01", "base": "USD", "quote": "EUR", "rate": 0.81}]');
SELECT import_fx_rates('[]');
-- all faults at once, and nothing is written
SELECT import_fx_rates('[{"date": "2026-03-02", "base": "EUR", "quote": "USD", "rate": 1.2}, {"date": "2 March", "base": "EURO", "quote": "USD", "rate": 0}, {"date": "infinity", "base": "EUR"}, null]'); \echo :LAST_ERROR_SQLSTATE
SELECT import_fx_rates('[{"date": "2026-03-02", "base": "EUR", "quote": "USD", "rate": 1.2}, {"date": "2026-03-02", "base": "EUR", "quote": "EUR", "rate": 1}]'); \echo :LAST_ERROR_SQLSTATE
SELECT import_fx_rates('{}'); \echo :LAST_ERROR_SQLSTATE
SELECT import_fx_rates(NULL); \echo :LAST_ERROR_SQLSTATE
SELECT count(*) FROM fx_rates WHERE rate_date = '2026-03-02';

-- many days cost no more than one
INSERT INTO fx_rates SELECT '2000-01-01'::date + i, 'SEK', c, 1 + i / 1e6 FROM generate_series(1, 5000) AS i, unnest('{EUR,USD,NOK}'::text[]) AS c;
SELECT array_agg(DISTINCT code) FROM oms_internal.fx_neighbors('SEK') AS code;
SELECT array_agg(DISTINCT code) FROM oms_internal.fx_neighbors('USD') AS code;
SELECT oms.convert('100 NOK', 'USD', '2026-01-05');
DELETE FROM fx_rates;
