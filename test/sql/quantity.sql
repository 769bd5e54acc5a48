-- Quantities: text and binary form, casts, arithmetic
SET search_path = oms, public;

-- what a statement raises, as one line
CREATE FUNCTION pg_temp.fault(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    state text; message text; detail text; hint text;
BEGIN
    EXECUTE statement;
    RETURN 'nothing';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
        detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(E'\n', state || ' ' || message, nullif(detail, ''), nullif(hint, ''));
END
$$;

-- text
SELECT text, text::quantity
FROM unnest(ARRAY['5', '5.5', '5.500000000', '-0.000001', ' +1 ', '.5', '5.', '1e3', '1.5e-5', '-0', '0.10', '100', '1200.000',
    '9223372036854.775807', '-9223372036854.775807', '1e12', '0e999999999', '00000000000000000000000000001']) AS text;
SELECT text, pg_temp.fault(format('SELECT %L::oms.quantity', text))
FROM unnest(ARRAY['1.0000001', '1e-7', '9223372036854.775808', '-9223372036854.775808', '1e13', '1e999999999999', '', ' ', 'x', '1 2', '1x',
    '1,5', 'NaN', 'Infinity', '-', '.', '1e', '--1', '0x1', '5 EUR']) AS text;
SELECT 8.5::quantity + 1 - 9.33 AS exact;

-- numbers become quantities by themselves
CREATE TEMP TABLE stock (sku text, quantity quantity DEFAULT 0 CHECK (quantity >= 0));
INSERT INTO stock VALUES ('int', 5), ('numeric', 1.5), ('text', '2.25'), ('bigint', 5000000000), ('smallint', 7::smallint), ('null', NULL);
INSERT INTO stock (sku) VALUES ('default');
INSERT INTO stock SELECT 'sum', sum(quantity) FROM stock;
INSERT INTO stock VALUES ('negative', -1);
UPDATE stock SET quantity = quantity - 1 WHERE quantity > 0 AND quantity < 2.5;
UPDATE stock SET quantity = 10 / 4.0 WHERE quantity = 0;
SELECT sku, quantity, coalesce(quantity, 0), greatest(quantity, 2), CASE WHEN quantity > 1 THEN quantity ELSE 0 END, nullif(quantity, 5)
FROM stock ORDER BY sku COLLATE "C";
SELECT quantity + 1 AS plus, 1 + quantity, quantity - 0.5 AS minus, quantity * 2 AS times, quantity / 4 AS by, quantity % 2 AS modulo, -quantity AS negative,
       quantity = 5, 5 <= quantity, quantity <> 1.5, quantity BETWEEN 1 AND 6 AS between, quantity IN (1, 5.0) AS in, quantity > ANY (ARRAY[1, 9]) AS any
FROM stock WHERE sku = 'int';
SELECT quantity FROM stock WHERE sku = 'int' UNION ALL SELECT 0 UNION ALL SELECT 1.5;
SELECT pg_typeof(quantity + 1), pg_typeof(quantity * 2), pg_typeof(quantity / 2), pg_typeof(sum(quantity)), pg_typeof(avg(quantity)), pg_typeof(round(5, 0)) FROM stock GROUP BY quantity LIMIT 1;
CREATE FUNCTION pg_temp.takes(quantity quantity) RETURNS text LANGUAGE sql AS $$ SELECT quantity::text $$;
SELECT pg_temp.takes(5), pg_temp.takes(1.5), pg_temp.takes('2.5'), pg_temp.takes(3::bigint);
SELECT n::quantity, n::quantity::numeric = n AS same FROM unnest('{0,1.500,-0.000001,123456789.123456,9223372036854.775807}'::numeric[]) AS n;
SELECT 5::quantity::integer, 5::quantity::bigint, 5.5::quantity::float8, 5.5::quantity::numeric, '7.0'::quantity::numeric, 0.1::quantity::float8 * 3;
SELECT call, pg_temp.fault('SELECT ' || call)
FROM unnest(ARRAY['1.0000001::quantity', '1e13::quantity', '''NaN''::numeric::quantity', '''Infinity''::numeric::quantity', '9223372036855::bigint::quantity',
    '(1 / 3.0)::quantity', '5.5::quantity::integer', '-0.000001::quantity::bigint', '3e9::quantity::integer', '1::float8::quantity', '5::quantity + 1::float8',
    'substr(''x'', 1::quantity)']) AS call;

-- JSON has numbers
SELECT to_jsonb(quantity), to_json(quantity), jsonb_build_object('sku', sku, 'quantity', quantity), to_jsonb(stock), (to_jsonb(stock) ->> 'quantity')::quantity
FROM stock WHERE sku IN ('text', 'null') ORDER BY sku COLLATE "C";
SELECT jsonb_agg(q), to_jsonb(array_agg(q)) FROM unnest('{1,2.50,-0.000001,9223372036854.775807}'::quantity[]) AS q;
SELECT * FROM jsonb_to_recordset('[{"sku": "a", "quantity": 2.5}, {"sku": "b", "quantity": "3"}]') AS j(sku text, quantity quantity);

-- arithmetic
SELECT 1.5::quantity * 1.5, 0.000001::quantity * 0.5, -0.000001::quantity * 0.5, 0.000001::quantity * 0.4, 7::quantity % 2.5, -7::quantity % 2.5, 1::quantity / 3,
       abs(-2.5::quantity), sign(-2.5::quantity), sign(0::quantity), decimals(2.50), decimals(3), decimals(0.000001), 2.5::quantity * '3.10 EUR'::amount;
SELECT round_quantity(2.5::quantity, 0), round_quantity(-2.5::quantity, 0), round_quantity(2.4999::quantity, 0), round_quantity(1.234567::quantity, 3), round_quantity(1.234567::quantity, 6), round_quantity(-0.05::quantity, 1);
SELECT call, pg_temp.fault('SELECT ' || call)
FROM unnest(ARRAY['9223372036854.775807::quantity + 0.000001', '-9223372036854.775807::quantity - 0.000001', '1e12::quantity * 10', '1e12::quantity * 1e12',
    '1::quantity / 0', '1::quantity % 0', 'round_quantity(1::quantity, 7)', 'round_quantity(1::quantity, -1)', 'round_quantity(9223372036854.775807::quantity, 0)', '1::quantity * 0.0000001']) AS call;

-- random numbers: the same as with numerics
SELECT setseed(0.42);
CREATE TEMP TABLE sample AS
SELECT n::quantity AS q, m::quantity AS r, n, m
FROM (SELECT round((random() - 0.5)::numeric * 10 ^ trunc((random() * 12)::numeric), (random() * 6)::integer) AS n,
             round((random() - 0.5)::numeric * 15, (random() * 6)::integer) AS m
      FROM generate_series(1, 20000)) AS s;
SELECT count(*) FILTER (WHERE q::text::quantity <> q OR q::text <> trim_scale(n)::text OR q::numeric <> n) AS text,
       count(*) FILTER (WHERE (q + r)::numeric <> n + m OR (q - r)::numeric <> n - m OR (-q)::numeric <> -n) AS add,
       count(*) FILTER (WHERE (q * r)::numeric <> round(n * m, 6)) AS multiply,
       count(*) FILTER (WHERE r <> 0 AND (q % r)::numeric <> n % m) AS modulo,
       count(*) FILTER (WHERE r <> 0 AND abs(q / r * m - n) > 1e-12 * (abs(n) + 1)) AS divide,
       count(*) FILTER (WHERE round_quantity(q, 2)::numeric <> round(n, 2)) AS round,
       count(*) FILTER (WHERE decimals(q) <> min_scale(n)) AS decimals,
       count(*) FILTER (WHERE (q < r) <> (n < m) OR (q >= r) <> (n >= m) OR (q = r) <> (n = m)) AS compare,
       count(*) FROM sample;

-- binary form
SELECT oms_internal.quantity_send(5), oms_internal.quantity_send(-0.000001);
\copy (SELECT q FROM sample) TO 'results/quantity.bin' (FORMAT binary)
CREATE TEMP TABLE copied (q quantity);
\copy copied FROM 'results/quantity.bin' (FORMAT binary)
SELECT count(*) FROM (TABLE copied EXCEPT ALL SELECT q FROM sample) AS s;
COPY copied FROM PROGRAM $$printf 'PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000\000\001\000\000\000\010\200\000\000\000\000\000\000\000\377\377'$$ (FORMAT binary);
