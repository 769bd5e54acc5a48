-- a shop that sells in five currencies with 0, 2 and 3 minor digits, and a function that does one random step with money
-- search_path is oms, public; everything else is in the schema money
CREATE SCHEMA money;
CREATE SEQUENCE money.number;

SELECT set_base_currency('EUR');
SELECT put_location('{"code": "mny-1", "country": "PT", "lat": 41, "lon": -8, "takes_returns": true, "pickup": true}'),
       put_location('{"code": "mny-2", "country": "DE", "lat": 52, "lon": 13, "takes_returns": true}');
CREATE TABLE money.markets (n serial, currency text, channel text, country text, region text, decimals integer);
INSERT INTO money.markets (currency, channel, country, region, decimals) VALUES
    ('EUR', 'mny-eur', 'PT', NULL, 2), ('USD', 'mny-usd', 'US', 'CA', 2), ('JPY', 'mny-jpy', 'JP', NULL, 0), ('ISK', 'mny-isk', 'IS', NULL, 0), ('KWD', 'mny-kwd', 'KW', NULL, 3);
SELECT put_channel(jsonb_build_object('code', channel, 'currency', currency, 'capture', CASE n % 2 WHEN 0 THEN 'on_ship' ELSE 'manual' END,
                                      'fee_rate', n % 3 * 0.0735, 'tax_rounding', CASE n % 2 WHEN 1 THEN 'order' ELSE 'line' END))
FROM money.markets ORDER BY n;
SELECT put_tax_rate(t::jsonb) FROM unnest(ARRAY[
    '{"country": "PT", "rate": 0.23}', '{"country": "PT", "rate": 0.06, "category": "books"}', '{"country": "PT", "rate": 0.23, "category": "shipping"}',
    '{"country": "US", "region": "CA", "rate": 0.0775}', '{"country": "JP", "rate": 0.1, "included": true}', '{"country": "JP", "rate": 0.08, "category": "books", "included": true}',
    '{"country": "JP", "rate": 0.1, "category": "shipping", "included": true}', '{"country": "IS", "rate": 0.24, "included": true}', '{"country": "KW", "rate": 0.05}']) AS t;
-- rates that change every day
SELECT put_fx_rate(date '2026-01-01' + day, 'EUR', currency, round((rate * (1 + 0.1 * sin(day / 7.0)))::numeric, 6))
FROM generate_series(0, 120) AS day, (VALUES ('USD', 1.1), ('JPY', 161.3), ('ISK', 149.7), ('KWD', 0.3387)) AS f(currency, rate);
SELECT put_sku(jsonb_build_object('code', 'MNY-' || n, 'weight_g', 100 * n, 'cost', (1.07 * n)::text || ' EUR', 'tax_category', CASE n % 3 WHEN 0 THEN 'books' END,
                                  'decimals', CASE n WHEN 5 THEN 2 ELSE 0 END, 'costing', CASE n % 2 WHEN 0 THEN 'fifo' ELSE 'average' END)
               || CASE n WHEN 8 THEN '{"kit": [{"sku": "MNY-1", "quantity": 2}, {"sku": "MNY-5", "quantity": 0.37}]}' ELSE '{}' END::jsonb)
FROM generate_series(1, 8) AS n ORDER BY n;
SELECT put_price(jsonb_build_object('sku', 'MNY-' || s, 'price', price || ' ' || m.currency))
FROM generate_series(1, 8) AS s, money.markets AS m,
     LATERAL (SELECT round(((s * s * 1.37 + 0.0425) * CASE m.currency WHEN 'JPY' THEN 161 WHEN 'ISK' THEN 150 WHEN 'KWD' THEN 0.34 ELSE 1 END)::numeric, CASE WHEN s = 4 THEN 4 ELSE m.decimals END) AS price) AS p;
SELECT put_customer('{"reference": "mny-terms", "kind": "company", "tax_id": "PT1", "payment_terms_days": 30}'),
       put_customer('{"reference": "mny-exempt", "kind": "company", "tax_id": "PT2", "tax_exempt": true}');
SELECT put_return_policy(jsonb_build_object('channel', channel, 'window_days', 3650, 'restocking_fee_rate', n % 2 * 0.0833,
                                            'refund_shipping', (ARRAY['never', 'full_return', 'seller_fault'])[1 + n % 3], 'auto_approve', n % 2 = 0))
FROM money.markets ORDER BY n;
SELECT receive_stock('MNY-' || s, 'mny-' || l, '1000000', amount(1.07 * s, 'EUR')) FROM generate_series(1, 7) AS s, generate_series(1, 2) AS l;

SELECT issue_gift_card(jsonb_build_object('code', 'MONEY-CARD-' || currency, 'amount', '9000000 ' || currency, 'reason', 'random')) FROM money.markets ORDER BY n;

CREATE FUNCTION money.upto(n integer) RETURNS integer LANGUAGE sql VOLATILE AS $$ SELECT 1 + floor(random() * n)::integer $$;
-- some amount of a currency, up to about what a line costs
CREATE FUNCTION money.some(currency text) RETURNS amount LANGUAGE sql VOLATILE AS $$
    SELECT oms.amount(round((random() ^ 2 * 30 * CASE currency WHEN 'JPY' THEN 161 WHEN 'ISK' THEN 150 WHEN 'KWD' THEN 0.34 ELSE 1 END)::numeric,
                            CASE currency WHEN 'JPY' THEN 0 WHEN 'ISK' THEN 0 WHEN 'KWD' THEN 3 ELSE 2 END), currency)
$$;
CREATE FUNCTION money.text(value amount) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT value::numeric::text $$;
-- less than any line costs
CREATE FUNCTION money.cheap(currency text) RETURNS amount LANGUAGE sql STABLE AS $$
    SELECT oms.amount(CASE currency WHEN 'JPY' THEN 97 WHEN 'ISK' THEN 89 WHEN 'KWD' THEN 0.213 ELSE 0.61 END, currency)
$$;
