/* sql/code/14-amount.sql: pricing, splitting and converting amounts */

CREATE OR REPLACE FUNCTION oms.extended_price(unit_price numeric, quantity oms.quantity, currency text) RETURNS oms.amount
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_extended_price';
COMMENT ON FUNCTION oms.extended_price(numeric, oms.quantity, text) IS 'Unit price times quantity, computed exactly and rounded once';

CREATE OR REPLACE FUNCTION oms.allocate(amount oms.amount, weights numeric[]) RETURNS oms.amount[]
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_allocate';
COMMENT ON FUNCTION oms.allocate(oms.amount, numeric[]) IS 'Shares by weight that add up to the amount: largest remainder, the first of equals';

CREATE OR REPLACE FUNCTION oms_internal.convert(amount oms.amount, currency text, numerator numeric, denominator numeric)
    RETURNS oms.amount
    LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'oms_amount_convert';
COMMENT ON FUNCTION oms_internal.convert(oms.amount, text, numeric, numeric) IS 'Multiply by a quotient, rounded once, into another currency';

/* One step: the rate itself, else that of the way back */
CREATE OR REPLACE FUNCTION oms_internal.fx_leg(
    from_currency text, to_currency text, day date,
    OUT numerator numeric, OUT denominator numeric, OUT rate_date date
)
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT f.rate, 1, f.rate_date
    INTO numerator, denominator, rate_date
    FROM oms.fx_rates AS f
    WHERE f.base = from_currency AND f.quote = to_currency AND f.rate_date <= day
    ORDER BY f.rate_date DESC
    LIMIT 1;
    IF NOT FOUND THEN
        SELECT 1, f.rate, f.rate_date
        INTO numerator, denominator, rate_date
        FROM oms.fx_rates AS f
        WHERE f.base = to_currency AND f.quote = from_currency AND f.rate_date <= day
        ORDER BY f.rate_date DESC
        LIMIT 1;
    END IF;
END
$$;
COMMENT ON FUNCTION oms_internal.fx_leg(text, text, date) IS 'Newest rate between two currencies on or before a day, as a quotient; nulls if there is none';

/*
 * All currencies with a rate to or from one.  Each costs one step of an index,
 * however many days it has: the order by both columns leaves no other plan.
 */
CREATE OR REPLACE FUNCTION oms_internal.fx_neighbors(currency text) RETURNS SETOF text
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE ROWS 30
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    next record;
    code text := '';
BEGIN
    LOOP
        SELECT f.base, f.quote INTO next
        FROM oms.fx_rates AS f
        WHERE (f.base, f.quote) > (currency, code)
        ORDER BY f.base, f.quote
        LIMIT 1;
        EXIT WHEN NOT FOUND OR next.base <> currency;
        code := next.quote;
        RETURN NEXT code;
    END LOOP;
    code := '';
    LOOP
        SELECT f.base, f.quote INTO next
        FROM oms.fx_rates AS f
        WHERE (f.quote, f.base) > (currency, code)
        ORDER BY f.quote, f.base
        LIMIT 1;
        EXIT WHEN NOT FOUND OR next.quote <> currency;
        code := next.base;
        RETURN NEXT code;
    END LOOP;
END
$$;
COMMENT ON FUNCTION oms_internal.fx_neighbors(text) IS 'Currencies with a rate to or from this one; twice those with both';

CREATE OR REPLACE FUNCTION oms_internal.fx_find(
    from_currency text, to_currency text, day date,
    OUT numerator numeric, OUT denominator numeric
)
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF from_currency = to_currency THEN
        numerator := 1;
        denominator := 1;
        RETURN;
    END IF;
    SELECT l.numerator, l.denominator
    INTO numerator, denominator
    FROM oms_internal.fx_leg(from_currency, to_currency, day) AS l;
    IF numerator IS NULL THEN
        -- over the currency whose older rate is the newest
        SELECT a.numerator * b.numerator, a.denominator * b.denominator
        INTO numerator, denominator
        FROM oms_internal.fx_neighbors(from_currency) AS n(code),
             oms_internal.fx_leg(from_currency, n.code, day) AS a,
             oms_internal.fx_leg(n.code, to_currency, day) AS b
        WHERE a.rate_date IS NOT NULL AND b.rate_date IS NOT NULL
        ORDER BY least(a.rate_date, b.rate_date) DESC, n.code COLLATE "C"
        LIMIT 1;
    END IF;
END
$$;
COMMENT ON FUNCTION oms_internal.fx_find(text, text, date) IS 'The rate of a day as a quotient: direct, inverse or over a third currency; nulls if there is none';

CREATE OR REPLACE FUNCTION oms_internal.fx_path(
    from_currency text, to_currency text, day date,
    OUT numerator numeric, OUT denominator numeric
)
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    currency text;
BEGIN
    FOREACH currency IN ARRAY ARRAY[from_currency, to_currency]
    LOOP
        IF NOT oms.is_currency(currency) THEN
            RAISE 'unknown currency "%"', currency
                USING ERRCODE = 'OM006',
                      HINT = 'Use a code of ISO 4217 in capital letters, such as EUR.';
        END IF;
    END LOOP;
    SELECT f.numerator, f.denominator
    INTO numerator, denominator
    FROM oms_internal.fx_find(from_currency, to_currency, day) AS f;
    IF numerator IS NULL THEN
        RAISE 'no exchange rate from % to % on %', from_currency, to_currency, to_char(day, 'YYYY-MM-DD')
            USING ERRCODE = 'OM006',
                  DETAIL = 'Neither a rate between the two nor one of each to a common third is known on or before that day.',
                  HINT = 'Add rates by oms.put_fx_rate(date, text, text, numeric).';
    END IF;
END
$$;
COMMENT ON FUNCTION oms_internal.fx_path(text, text, date) IS 'The rate of a day as a quotient; OM006 if there is none';

CREATE OR REPLACE FUNCTION oms_internal.find_fx_rate(from_currency text, to_currency text, day date) RETURNS double precision
    LANGUAGE C STABLE STRICT PARALLEL RESTRICTED
    AS 'MODULE_PATHNAME', 'oms_find_fx_rate';
COMMENT ON FUNCTION oms_internal.find_fx_rate(text, text, date) IS 'The rate of a day as routing compares costs by it; null if there is none';

CREATE OR REPLACE FUNCTION oms.fx_rate(base text, quote text, day date) RETURNS numeric
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    path record;
BEGIN
    path := oms_internal.fx_path(base, quote, day);
    RETURN path.numerator / path.denominator;
END
$$;
COMMENT ON FUNCTION oms.fx_rate(text, text, date) IS 'What one unit of base was worth in quote on a day, by the newest rate on or before it';

CREATE OR REPLACE FUNCTION oms.convert(amount oms.amount, currency text, day date) RETURNS oms.amount
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    path record;
BEGIN
    path := oms_internal.fx_path(oms.currency_of(amount), currency, day);
    RETURN oms_internal.convert(amount, currency, path.numerator, path.denominator);
END
$$;
COMMENT ON FUNCTION oms.convert(oms.amount, text, date) IS 'The amount in another currency, by the newest rate on or before the day, rounded once';

CREATE OR REPLACE FUNCTION oms.put_fx_rate(rate_date date, base text, quote text, rate numeric) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF NOT coalesce(oms.is_currency(put_fx_rate.base), false)
       OR NOT coalesce(oms.is_currency(put_fx_rate.quote), false) THEN
        RAISE 'unknown currency "%"',
              CASE WHEN oms.is_currency(put_fx_rate.base) THEN put_fx_rate.quote ELSE put_fx_rate.base END
            USING ERRCODE = 'OM006',
                  HINT = 'Use a code of ISO 4217 in capital letters, such as EUR.';
    END IF;
    IF NOT coalesce(isfinite(put_fx_rate.rate_date), false) OR put_fx_rate.base = put_fx_rate.quote
       OR NOT coalesce(put_fx_rate.rate > 0 AND put_fx_rate.rate < 'Infinity', false) THEN
        RAISE 'an exchange rate must have a day, two currencies and a number greater than 0'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = format('Day %s, currencies %s and %s, rate %s.',
                                  coalesce(put_fx_rate.rate_date::text, 'null'), put_fx_rate.base, put_fx_rate.quote,
                                  coalesce(put_fx_rate.rate::text, 'null'));
    END IF;
    INSERT INTO oms.fx_rates AS f (rate_date, base, quote, rate)
    VALUES (put_fx_rate.rate_date, put_fx_rate.base, put_fx_rate.quote, put_fx_rate.rate)
    ON CONFLICT (base, quote, rate_date) DO UPDATE
    SET rate = excluded.rate
    WHERE f.rate <> excluded.rate;
    RETURN put_fx_rate.base || '/' || put_fx_rate.quote;
END
$$;
COMMENT ON FUNCTION oms.put_fx_rate(date, text, text, numeric) IS 'Set what one unit of base is worth in quote from a day on; returns base/quote';

/* Of a rate that is given several times the last counts */
CREATE OR REPLACE FUNCTION oms.import_fx_rates(rates jsonb) RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_count integer;
BEGIN
    PERFORM oms_internal.check_document(rates, 'fx_rates');
    PERFORM oms_internal.raise_faults('fx_rates', ARRAY(
        SELECT format('$[%s].quote: must be another currency than base', e.n - 1)
        FROM jsonb_array_elements(rates) WITH ORDINALITY AS e(value, n)
        WHERE e.value ->> 'base' = e.value ->> 'quote'
        ORDER BY e.n));

    INSERT INTO oms.fx_rates AS f (rate_date, base, quote, rate)
    SELECT DISTINCT ON (d.base, d.quote, d.date) d.date, d.base, d.quote, d.rate
    FROM jsonb_array_elements(rates) WITH ORDINALITY AS e(value, n)
    CROSS JOIN LATERAL jsonb_to_record(e.value) AS d(date date, base text, quote text, rate numeric)
    ORDER BY d.base, d.quote, d.date, e.n DESC
    ON CONFLICT (base, quote, rate_date) DO UPDATE
    SET rate = excluded.rate
    WHERE f.rate <> excluded.rate;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION oms.import_fx_rates(jsonb) IS 'Set all exchange rates of an array of {"date", "base", "quote", "rate"}; returns how many were new or have changed';
