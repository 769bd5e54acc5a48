-- Money: text and binary form, arithmetic
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

-- currencies: the list of ISO 4217 as of June 2024, hashed, with what came since and what left since 2007
SELECT minor_units, count(*), CASE WHEN minor_units <> 2 THEN string_agg(code, ' ' ORDER BY code COLLATE "C") END
FROM currencies() GROUP BY 1 ORDER BY 1;
SELECT md5(string_agg(code || ' ' || numeric_code || ' ' || minor_units, ',' ORDER BY code COLLATE "C"))
FROM currencies()
WHERE code <> ALL ('{XAD,XCG,SIT,GHP,SDD,CYP,MTL,GHC,VEB,SKK,TMM,ZWR,ZWD,EEK,ZMK,LVL,USS,LTL,BYR,MRO,STD,VEF,HRK,SLL,ZWL}');
SELECT count(*), count(DISTINCT code), bool_and(is_currency(code)), bool_and(currency_of(amount(1, code)) = code),
       bool_and(('1 ' || code)::amount::text::amount = amount(1, code))
FROM currencies();
SELECT code, is_currency(code) FROM unnest('{EUR,eur,EU,EURO,XAU,XXX,ZZZ,"",E€R," EU"}'::text[]) AS code;
SELECT '1 ANG'::amount = '1 XCG'::amount AS same_iso_number, '1 ANG'::amount, '1 XCG'::amount;

-- text
SELECT text, text::amount FROM unnest(ARRAY['12.50 EUR', 'EUR 12.50', '12.5EUR', 'EUR12.5', '  -12.50   EUR ', 'EUR -12.50',
    '+1 USD', '.5 USD', '5. USD', '1e3 USD', '125e-1 USD', '12.5000 EUR', '007 JPY', '-0 EUR', '1.234 KWD', '1.2345 CLF',
    E'\t1\n\u0020EUR\r\n', '1E2EUR', '0.00000000000000000000000000000000000000000 EUR', '0e99999 JPY',
    '90071992547409.91 EUR', '-90071992547409.91 EUR', '9007199254740991 JPY']) AS text;
SELECT text, pg_temp.fault(format('SELECT %L::oms.amount', text))
FROM unnest(ARRAY['12.505 EUR', '1.5 JPY', '1e-3 EUR', '90071992547409.92 EUR', '-9007199254740992 JPY', '1e99 EUR',
    '99999999999999999999999999999999 EUR', '1e999999999999 EUR', '12 ZZZ', '12 eur', '12 XAU', '12.5', 'EUR', '', ' ',
    '12.50 EUR EUR', 'EUR 12 EUR', '1 2 EUR', '- 1 EUR', '-EUR 1', '--1 EUR', '1,50 EUR', '€ 5', 'NaN EUR', 'Infinity EUR', '. EUR',
    '1e EUR', '12.5 EURO', '0x10 EUR']) AS text;

-- making and taking apart
SELECT amount(12.505, 'EUR'), amount(-12.505, 'EUR'), amount(12.5049, 'EUR'), amount(0.5, 'JPY'), amount(1e13, 'EUR'),
       '12.5 EUR'::amount::numeric, '1 JPY'::amount::numeric, minor('12.5 EUR'), amount_from_minor(-1250, 'KWD'),
       currency_of('1 EUR'), sign('-1 EUR'::amount), sign('0 JPY'::amount), sign('0.01 USD'::amount), abs('-1 EUR'::amount);
SELECT call, pg_temp.fault('SELECT ' || call)
FROM unnest(ARRAY['amount(1, ''XXX'')', 'amount(''NaN'', ''EUR'')', 'amount(''-Infinity'', ''EUR'')', 'amount(1e14, ''EUR'')',
    'amount(90071992547409.915, ''EUR'')', 'amount_from_minor(9007199254740992, ''EUR'')', 'amount_from_minor(-9223372036854775808, ''EUR'')']) AS call;

-- arithmetic
SELECT '1 EUR'::amount + '2 EUR', '1 EUR'::amount - '2 EUR', - '1 EUR'::amount, '0.05 EUR'::amount * 0.5, -0.5 * '0.05 EUR'::amount,
       '1 EUR'::amount * 3, 3::smallint * '1 EUR'::amount, '1 EUR'::amount * 3::bigint, '0.99 EUR'::amount * 1.5::quantity,
       0.5::quantity * '0.05 EUR'::amount, '1 EUR'::amount / 3, '-0.05 EUR'::amount / 2, '1 EUR'::amount / '3 EUR';
SELECT extended_price(0.0425, 100, 'EUR'), extended_price(0.0425, 1, 'EUR'), extended_price(0.005, -1, 'EUR'),
       extended_price(0.0000004999999, 1000000, 'JPY'), extended_price(0.0000005, 1000000, 'JPY'), extended_price(3.3333, 1.5, 'KWD');
SELECT call, pg_temp.fault('SELECT ' || call)
FROM unnest(ARRAY['''1 EUR''::amount + ''1 USD''', '''1 EUR''::amount - ''1 USD''', '''1 EUR''::amount / ''1 USD''::amount',
    '''90071992547409.91 EUR''::amount + ''0.01 EUR''', '''-90071992547409.91 EUR''::amount - ''0.01 EUR''', '''9e15 JPY''::amount * 2',
    '''9e15 JPY''::amount * 9223372036854775807', '''9e15 JPY''::amount * 9223372036854.775807::quantity', '''1 EUR''::amount * ''NaN''::numeric',
    '''1 EUR''::amount / 0', '''1 EUR''::amount / 0.0', '''1 EUR''::amount / ''0 EUR''::amount', '''1 EUR''::amount / ''Infinity''::numeric',
    '''9e15 JPY''::amount / 0.1', 'extended_price(1e12, 1e12, ''EUR'')', 'extended_price(''NaN'', 1, ''EUR'')', 'extended_price(1, 1, ''eur'')',
    '''1 EUR''::amount + 1', '''1 EUR''::amount > 0']) AS call;

-- random numbers: the same as with numerics
SELECT setseed(0.42);
CREATE TEMP TABLE sample AS
SELECT c.code, c.minor_units AS scale, amount_from_minor(s.a, c.code) AS a, amount_from_minor(s.b, c.code) AS b, s.a AS minor_a, s.b AS minor_b,
       s.factor, s.quantity
FROM (SELECT ('{EUR,JPY,KWD,CLF,XCG,ALL}'::text[])[1 + i % 6] AS code,
             trunc((random() - 0.5)::numeric * 10 ^ trunc((random() * 15.5)::numeric))::bigint AS a,
             trunc((random() - 0.5)::numeric * 10 ^ trunc((random() * 15.5)::numeric))::bigint AS b,
             round((random() - 0.5)::numeric * 10, (random() * 8)::integer) AS factor,
             round((random() - 0.5)::numeric * 30, (random() * 6)::integer)::quantity AS quantity
      FROM generate_series(1, 20000) AS i) AS s
JOIN currencies() AS c USING (code);
SELECT count(*) FILTER (WHERE a::text::amount <> a OR a::text <> round(minor_a / 10.0 ^ scale, scale) || ' ' || code) AS text,
       count(*) FILTER (WHERE (a + b)::numeric <> a::numeric + b::numeric OR (a - b)::numeric <> a::numeric - b::numeric) AS add,
       count(*) FILTER (WHERE (a * factor)::numeric <> round(a::numeric * factor, scale)) AS multiply,
       count(*) FILTER (WHERE (a * quantity)::numeric <> round(a::numeric * quantity::numeric, scale)) AS multiply_quantity,
       count(*) FILTER (WHERE extended_price(factor, quantity, code)::numeric <> round(factor * quantity::numeric, scale)) AS price,
       count(*) FILTER (WHERE amount(factor, code)::numeric <> round(factor, scale)) AS round,
       count(*) FILTER (WHERE (a < b) <> (minor_a < minor_b) OR (a >= b) <> (minor_a >= minor_b) OR (a = b) <> (minor_a = minor_b)) AS compare,
       count(*) FROM sample;
-- a quotient is within half a unit, and a tie is away from zero
SELECT count(*), count(*) FILTER (WHERE 2 * abs(minor_a - q * factor) > abs(factor)) AS far,
       count(*) FILTER (WHERE 2 * abs(minor_a - q * factor) = abs(factor) AND abs(q * factor) < abs(minor_a)) AS toward_zero
FROM (SELECT minor_a, factor, minor(a / factor) AS q FROM sample WHERE abs(factor) > 0.5) AS s;

-- binary form
SELECT oms_internal.amount_send('-12.50 EUR'), oms_internal.amount_send('1 XCG');
\copy (SELECT a FROM sample) TO 'results/amount.bin' (FORMAT binary)
CREATE TEMP TABLE copied (a amount);
\copy copied FROM 'results/amount.bin' (FORMAT binary)
SELECT count(*) FROM (TABLE copied EXCEPT ALL SELECT a FROM sample) AS s;
\set QUIET on
COPY copied FROM PROGRAM $$printf 'PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000\000\001\000\000\000\013\000\040\000\000\000\000\000\000EUR\377\377'$$ (FORMAT binary);
COPY copied FROM PROGRAM $$printf 'PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000\000\001\000\000\000\013\000\000\000\000\000\000\000\000XAU\377\377'$$ (FORMAT binary);
COPY copied FROM PROGRAM $$printf 'PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000\000\001\000\000\000\012\000\000\000\000\000\000\000\000EU\377\377'$$ (FORMAT binary);
COPY copied FROM PROGRAM $$printf 'PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000\000\001\000\000\000\014\000\000\000\000\000\000\000\000EURO\377\377'$$ (FORMAT binary);
\set QUIET off
