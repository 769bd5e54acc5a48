-- real tax and exchange rates, where ../shared/data is
SET search_path = oms, public;
SET client_min_messages = warning;
SET oms.now = '2026-11-02 10:00:00+00';
BEGIN;
SELECT plan(13);

/*
 * VAT of Europe since the 1970s: https://github.com/kdeldycke/vat-rates
 */
\set there `test -e ../shared/data/tax_rates/vat_rates_history.csv && echo true || echo false`
CREATE TEMP TABLE vat (start_date date, stop_date date, territory_codes text, currency_code text, rate numeric, rate_type text, description text);
\if :there
\copy vat FROM '../shared/data/tax_rates/vat_rates_history.csv' CSV HEADER
\endif
-- a territory is a country, or one with a region or postcode behind a hyphen; of those with names of their own the postcodes are not known
CREATE TEMP TABLE territory AS
SELECT t AS code, substr(t, 1, 2) AS country, nullif(substr(t, 4), '') AS rest, v.start_date, v.stop_date, v.rate
FROM vat AS v, regexp_split_to_table(v.territory_codes, '\s+') AS t
WHERE t ~ '^(AT|BE|DE|DK|ES|FR|GR|HU|IE|IT|LU|NL|PT|SE|CH)(-[0-9]+)?$' AND v.rate_type = 'standard' AND v.start_date < coalesce(v.stop_date, 'infinity');
CREATE TEMP TABLE document AS
SELECT jsonb_agg(jsonb_build_object('country', country, 'rate', rate, 'included', true, 'valid_from', start_date, 'valid_until', stop_date, 'postcode_prefix', rest)) AS rates
FROM territory;
\if :there
SELECT cmp_ok((SELECT import_tax_rates(rates) FROM document), '>=', 50, 'rates of Europe are imported');
SELECT is((SELECT import_tax_rates(rates) FROM document), 0, 'once');
SELECT is(count(*) FILTER (WHERE f.rate IS DISTINCT FROM t.rate), 0::bigint, 'each counts on its first and its last day, and in the middle')
FROM territory AS t, LATERAL (VALUES (start_date), (coalesce(stop_date, '2026-11-02') - 1), (start_date + (coalesce(stop_date, '2026-11-02') - start_date) / 2)) AS d(day),
     oms_internal.find_tax_rates(t.country, NULL, CASE WHEN t.rest IS NOT NULL THEN t.rest || ' ' END, ARRAY[NULL::text], d.day) AS f;
SELECT results_eq($$SELECT trim_scale(f.rate) FROM unnest('{1020,6691,6691-x}'::text[]) WITH ORDINALITY AS p(postcode, n), oms_internal.find_tax_rates('AT', NULL, postcode, ARRAY[NULL::text], '2026-11-02') AS f ORDER BY n$$,
                  $$VALUES (0.2), (0.19), (0.19)$$, 'Jungholz in Austria pays what Germany does');
\else
SELECT skip('no ../shared/data/tax_rates', 4);
\endif

/*
 * Sales taxes of the states of the US and the provinces of Canada: npm sales-tax
 */
CREATE TEMP TABLE sales_tax (country text, state text, type text, rate numeric, currency text);
\if :there
\copy sales_tax FROM '../shared/data/tax_rates/sales_tax_rates_flat.csv' CSV HEADER
SELECT cmp_ok((SELECT import_tax_rates(jsonb_agg(jsonb_build_object('country', country, 'region', state, 'rate', rate))) FROM sales_tax WHERE country IN ('US', 'CA') AND rate IS NOT NULL), '>=', 50, 'so are those of North America');
SELECT is(count(*), 0::bigint, 'each state has its own')
FROM sales_tax AS s, oms_internal.find_tax_rates(s.country, s.state, NULL, ARRAY[NULL::text], '2026-11-02') AS f
WHERE s.country IN ('US', 'CA') AND s.state IS NOT NULL AND (f.rate, f.jurisdiction) IS DISTINCT FROM (s.rate, s.country || '-' || s.state);
\o /dev/null
SELECT put_channel('{"code": "real-web", "currency": "USD"}'), put_location('{"code": "real-a", "country": "US", "lat": 34, "lon": -118}'), put_sku('{"code": "REAL-TEE"}'), receive_stock('REAL-TEE', 'real-a', 9);
CREATE TEMP TABLE placed AS
SELECT place_order('{"channel": "real-web", "reference": "1", "ship_to": {"country": "US", "region": "NY", "lat": 34, "lon": -118}, "lines": [{"sku": "REAL-TEE", "quantity": 3, "unit_price": "19.99"}]}') AS order_id;
\o
SELECT results_eq('SELECT tax, tax_jurisdiction FROM order_lines JOIN placed USING (order_id)',
                  $$SELECT amount(round(59.97 * rate, 2), 'USD'), 'US-NY' FROM sales_tax WHERE country = 'US' AND state = 'NY'$$, 'an order to New York pays what New York asks');
\else
SELECT skip('no ../shared/data/tax_rates', 3);
\endif

/*
 * The rates that the European Central Bank has published on every working day since 1999
 */
\set there `test -e ../shared/data/ecb_fx/eurofxref_hist.csv.gz && echo true || echo false`
CREATE TEMP TABLE ecb (line text, n serial);
\if :there
\copy ecb (line) FROM PROGRAM 'zcat ../shared/data/ecb_fx/eurofxref_hist.csv.gz' CSV DELIMITER E'\x01' QUOTE E'\x02'
CREATE TEMP TABLE published AS
SELECT split_part(e.line, ',', 1)::date AS day, h.code, split_part(e.line, ',', h.place::integer) AS rate
FROM ecb AS e, (SELECT code, place FROM ecb AS h, regexp_split_to_table(h.line, ',') WITH ORDINALITY AS c(code, place) WHERE h.n = 1) AS h
WHERE e.n > 1 AND h.place > 1 AND split_part(e.line, ',', h.place::integer) ~ '^[0-9]' AND oms.is_currency(h.code);
CREATE TEMP TABLE fx AS SELECT jsonb_agg(jsonb_build_object('date', day, 'base', 'EUR', 'quote', code, 'rate', rate)) AS rates FROM published;
SELECT is((SELECT import_fx_rates(rates) FROM fx), (SELECT count(*)::integer FROM published), 'all rates of the bank are imported');
SELECT is((SELECT import_fx_rates(rates) FROM fx), 0, 'once');
SELECT cmp_ok((SELECT count(*) FROM published), '>=', 100000::bigint, 'of some thousand days');
SELECT is(count(*), 0::bigint, 'and each counts on its day') FROM published AS p JOIN fx_rates AS f ON f.rate_date = p.day AND f.base = 'EUR' AND f.quote = p.code WHERE f.rate <> p.rate::numeric;
SELECT results_eq($$SELECT day, oms.convert('1000 USD', 'JPY', day) FROM unnest('{1999-01-04,1999-01-05}'::date[]) AS day$$,
                  $$SELECT u.day, amount(1000 * j.rate::numeric / u.rate::numeric, 'JPY') FROM published AS u JOIN published AS j USING (day) WHERE u.code = 'USD' AND j.code = 'JPY' AND u.day <= '1999-01-05' ORDER BY 1$$,
                  'crosses go over the euro');
\o /dev/null
SELECT put_channel('{"code": "fx-web", "currency": "EUR"}'), set_base_currency('EUR'), put_location('{"code": "fx-a", "country": "PT", "lat": 41, "lon": -8}'), put_sku('{"code": "FX-TEE"}'), receive_stock('FX-TEE', 'fx-a', 9);
CREATE TEMP TABLE sold AS
SELECT place_order('{"channel": "fx-web", "reference": "1", "currency": "USD", "placed_at": "1999-01-05T12:00:00Z", "ship_to": {"country": "PT", "lat": 41, "lon": -8}, "lines": [{"sku": "FX-TEE", "quantity": 1, "unit_price": "10", "tax": 0}]}') AS order_id;
\o
SELECT is((SELECT round(base_rate, 12) FROM orders JOIN sold USING (order_id)), (SELECT round(1 / rate::numeric, 12) FROM published WHERE code = 'USD' AND day = '1999-01-05'), 'an order keeps that of its day');
\else
SELECT skip('no ../shared/data/ecb_fx', 6);
\endif
SELECT * FROM finish();
ROLLBACK;
