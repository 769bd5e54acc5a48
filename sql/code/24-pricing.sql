/* sql/code/24-pricing.sql: prices and taxes: by document, and for orders */

CREATE OR REPLACE FUNCTION oms_internal.price_value(price text) RETURNS numeric
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    BEGIN ATOMIC
        SELECT regexp_replace(price, '[[:alpha:]]{3}', '')::numeric;
    END;
COMMENT ON FUNCTION oms_internal.price_value(text) IS 'The number of a price such as 0.0425 EUR, which may be finer than an amount';

CREATE OR REPLACE FUNCTION oms_internal.price_currency(price text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    BEGIN ATOMIC
        SELECT upper(substring(price FROM '[[:alpha:]]{3}'));
    END;
COMMENT ON FUNCTION oms_internal.price_currency(text) IS 'The currency of a price such as 0.0425 EUR';

/*
 * Documents of one array have the same keys. What scope a price has is its
 * key; the rest is the price and its end.
 */
CREATE OR REPLACE FUNCTION oms_internal.put_prices(documents jsonb[]) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    INSERT INTO oms.prices AS p
        (sku_id, channel_id, customer_group, currency, price, min_quantity, valid_from, valid_until)
    SELECT s.sku_id, c.channel_id, d.customer_group,
           oms_internal.price_currency(d.price), oms_internal.price_value(d.price),
           coalesce(d.min_quantity, 0::oms.quantity),
           coalesce(d.valid_from, '-infinity'), coalesce(d.valid_until, 'infinity')
    FROM unnest(documents) AS e
    CROSS JOIN LATERAL jsonb_to_record(e) AS d(sku text, channel text, customer_group text, price text,
             min_quantity oms.quantity, valid_from timestamptz, valid_until timestamptz)
    JOIN oms.skus AS s ON s.code = d.sku
    LEFT JOIN oms.channels AS c ON c.code = d.channel
    ORDER BY s.sku_id
    ON CONFLICT (sku_id, currency, coalesce(channel_id, 0), coalesce(customer_group, ''), min_quantity, valid_from)
    DO UPDATE SET price = excluded.price,
                  valid_until = CASE WHEN documents[1] ? 'valid_until'
                                     THEN excluded.valid_until ELSE p.valid_until END
    WHERE (p.price, p.valid_until) IS DISTINCT FROM (excluded.price, excluded.valid_until);
END
$$;
COMMENT ON FUNCTION oms_internal.put_prices(jsonb[]) IS 'Create or update prices';

CREATE OR REPLACE FUNCTION oms_internal.put_general_prices(documents jsonb[]) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM oms_internal.put_prices(ARRAY(
        SELECT jsonb_build_object('sku', d -> 'code', 'price', d -> 'price', 'valid_until', NULL)
        FROM unnest(documents) AS d
        WHERE d ? 'price'));
END
$$;
COMMENT ON FUNCTION oms_internal.put_general_prices(jsonb[]) IS 'Put "price" of SKU documents as the price for everyone, from one unit and without end';

CREATE OR REPLACE FUNCTION oms_internal.period_faults(valid_from timestamptz, valid_until timestamptz) RETURNS text[]
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    BEGIN ATOMIC
        SELECT ARRAY['$.valid_until: must be after valid_from'] WHERE valid_until <= valid_from;
    END;
COMMENT ON FUNCTION oms_internal.period_faults(timestamptz, timestamptz) IS 'The fault of a period that ends before it starts';

CREATE OR REPLACE FUNCTION oms.put_price(document jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM oms_internal.check_document(document, 'price');
    PERFORM oms_internal.require_codes(
        channels => ARRAY[document ->> 'channel'], skus => ARRAY[document ->> 'sku']);
    PERFORM oms_internal.raise_faults('price', oms_internal.period_faults(
        (document ->> 'valid_from')::timestamptz, (document ->> 'valid_until')::timestamptz));
    PERFORM oms_internal.put_prices(ARRAY[document]);
    RETURN document ->> 'sku';
END
$$;
COMMENT ON FUNCTION oms.put_price(jsonb) IS 'Create or update a price by SKU, currency, channel, customer group, minimum quantity and start; returns the code of the SKU';

CREATE OR REPLACE FUNCTION oms_internal.find_prices(
    sku_ids bigint[], quantities oms.quantity[], channel_id integer, customer_group text, currency text,
    at timestamptz, OUT ordinal integer, OUT price numeric
) RETURNS SETOF record
    LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10
    AS 'MODULE_PATHNAME', 'oms_find_prices';
COMMENT ON FUNCTION oms_internal.find_prices(bigint[], oms.quantity[], integer, text, text, timestamptz) IS 'Unit price of each SKU at its quantity, in the order of the array; null where there is none';

CREATE OR REPLACE FUNCTION oms_internal.tax_rate_faults(rates jsonb, path text) RETURNS text[]
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT array_agg(format(path, r.n - 1) || f.fault ORDER BY r.n, f.place)
    FROM (SELECT d.n,
                 oms_internal.normal_postcode(d.value ->> 'postcode_prefix') AS prefix,
                 oms_internal.normal_postcode(d.value ->> 'postcode_from') AS first,
                 oms_internal.normal_postcode(d.value ->> 'postcode_to') AS last,
                 (d.value ->> 'valid_until')::date <= coalesce((d.value ->> 'valid_from')::date, '-infinity') AS backward
          FROM jsonb_array_elements(rates) WITH ORDINALITY AS d(value, n)) AS r
    CROSS JOIN LATERAL (VALUES
        (1, CASE WHEN r.backward THEN '.valid_until: must be after valid_from' END),
        (2, CASE WHEN r.prefix = '' THEN '.postcode_prefix: must have letters or digits' END),
        (3, CASE WHEN r.first = '' THEN '.postcode_from: must have letters or digits'
            WHEN r.first IS NULL AND r.last IS NOT NULL THEN '.postcode_from: is required with postcode_to'
            WHEN r.first IS NOT NULL AND r.prefix IS NOT NULL THEN '.postcode_from: must not stand with postcode_prefix' END),
        (4, CASE WHEN r.last = '' THEN '.postcode_to: must have letters or digits'
            WHEN r.last IS NULL AND r.first IS NOT NULL THEN '.postcode_to: is required with postcode_from'
            WHEN r.first <> '' AND left(r.first, length(r.last)) COLLATE "C" > r.last COLLATE "C"
            THEN '.postcode_to: must not be before postcode_from' END)) AS f(place, fault)
    WHERE f.fault IS NOT NULL
$$;
COMMENT ON FUNCTION oms_internal.tax_rate_faults(jsonb, text) IS 'Faults of an array of tax rates between keys of one; the path has a %s for the place in the array';

/*
 * A tax rate is known by what it is for and its start. Of one that is given
 * several times the last counts.
 */
CREATE OR REPLACE FUNCTION oms_internal.put_tax_rates(rates jsonb) RETURNS integer
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_count integer;
BEGIN
    INSERT INTO oms.tax_rates AS t
        (country, region, postcode_prefix, postcode_from, postcode_to, category, rate, included, valid_from, valid_until)
    SELECT DISTINCT ON (k.country, k.prefix, k.first, k.last, k.region, k.category, k.valid_from)
           k.country, k.region, k.prefix, k.first, k.last, k.category, k.rate,
           coalesce(k.included, o.included, false), k.valid_from,
           CASE WHEN k.value ? 'valid_until' THEN coalesce(k.valid_until, 'infinity')
                ELSE coalesce(o.valid_until, 'infinity') END
    FROM (SELECT e.n, e.value, d.country, d.region, d.category, d.rate, d.included, d.valid_until,
                 coalesce(d.valid_from, '-infinity') AS valid_from,
                 oms_internal.normal_postcode(d.postcode_prefix) AS prefix,
                 oms_internal.normal_postcode(d.postcode_from) AS first,
                 oms_internal.normal_postcode(d.postcode_to) AS last
          FROM jsonb_array_elements(rates) WITH ORDINALITY AS e(value, n)
          CROSS JOIN LATERAL jsonb_to_record(e.value) AS d(country text, region text, postcode_prefix text,
                   postcode_from text, postcode_to text, category text, rate numeric, included boolean,
                   valid_from date, valid_until date)) AS k
    LEFT JOIN oms.tax_rates AS o
           ON o.country = k.country AND coalesce(o.postcode_prefix, '') = coalesce(k.prefix, '')
              AND coalesce(o.postcode_from, '') = coalesce(k.first, '')
              AND coalesce(o.postcode_to, '') = coalesce(k.last, '')
              AND coalesce(o.region, '') = coalesce(k.region, '')
              AND coalesce(o.category, '') = coalesce(k.category, '') AND o.valid_from = k.valid_from
    ORDER BY k.country, k.prefix, k.first, k.last, k.region, k.category, k.valid_from, k.n DESC
    ON CONFLICT (country, coalesce(postcode_prefix, ''), coalesce(postcode_from, ''), coalesce(postcode_to, ''),
                 coalesce(region, ''), coalesce(category, ''), valid_from)
    DO UPDATE SET rate = excluded.rate, included = excluded.included, valid_until = excluded.valid_until
    WHERE (t.rate, t.included, t.valid_until) IS DISTINCT FROM (excluded.rate, excluded.included, excluded.valid_until);
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;
COMMENT ON FUNCTION oms_internal.put_tax_rates(jsonb) IS 'Create or update tax rates from documents without faults; returns how many were new or have changed';

CREATE OR REPLACE FUNCTION oms.put_tax_rate(document jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    v_rates CONSTANT jsonb := jsonb_build_array(document);
BEGIN
    PERFORM oms_internal.check_document(document, 'tax_rate');
    PERFORM oms_internal.raise_faults('tax_rate', oms_internal.tax_rate_faults(v_rates, '$'));
    PERFORM oms_internal.put_tax_rates(v_rates);
    RETURN document ->> 'country';
END
$$;
COMMENT ON FUNCTION oms.put_tax_rate(jsonb) IS 'Create or update a tax rate by country, region, postcodes, category and start; returns the country';

CREATE OR REPLACE FUNCTION oms.import_tax_rates(rates jsonb) RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM oms_internal.check_document(rates, 'tax_rates');
    PERFORM oms_internal.raise_faults('tax_rates', oms_internal.tax_rate_faults(rates, '$[%s]'));
    RETURN oms_internal.put_tax_rates(rates);
END
$$;
COMMENT ON FUNCTION oms.import_tax_rates(jsonb) IS 'Create or update all tax rates of an array of documents; returns how many were new or have changed';

CREATE OR REPLACE FUNCTION oms_internal.find_tax_rates(
    country text, region text, postcode text, categories text[], at date,
    OUT ordinal integer, OUT rate numeric, OUT included boolean, OUT jurisdiction text
) RETURNS SETOF record
    LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10
    AS 'MODULE_PATHNAME', 'oms_find_tax_rates';
COMMENT ON FUNCTION oms_internal.find_tax_rates(text, text, text, text[], date) IS 'Tax rate of each category at a destination, in the order of the array; null where there is none';
