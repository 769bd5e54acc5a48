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

/*
 * A tax rate is known by what it is for and its start.
 */
CREATE OR REPLACE FUNCTION oms.put_tax_rate(document jsonb) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM oms_internal.check_document(document, 'tax_rate');
    PERFORM oms_internal.raise_faults('tax_rate', oms_internal.period_faults(
        (document ->> 'valid_from')::date, (document ->> 'valid_until')::date)
        || CASE oms_internal.normal_postcode(document ->> 'postcode_prefix')
               WHEN '' THEN '{"$.postcode_prefix: must have letters or digits"}'::text[] END);

    INSERT INTO oms.tax_rates AS t
        (country, region, postcode_prefix, category, rate, included, valid_from, valid_until)
    SELECT d.country, d.region, oms_internal.normal_postcode(d.postcode_prefix), d.category,
           d.rate, coalesce(d.included, false), coalesce(d.valid_from, '-infinity'), coalesce(d.valid_until, 'infinity')
    FROM jsonb_to_record(document) AS d(country text, region text, postcode_prefix text,
             category text, rate numeric, included boolean, valid_from date, valid_until date)
    ON CONFLICT (country, coalesce(postcode_prefix, ''), coalesce(region, ''), coalesce(category, ''), valid_from)
    DO UPDATE SET rate = excluded.rate,
                  included = CASE WHEN document ? 'included' THEN excluded.included ELSE t.included END,
                  valid_until = CASE WHEN document ? 'valid_until' THEN excluded.valid_until ELSE t.valid_until END;
    RETURN document ->> 'country';
END
$$;
COMMENT ON FUNCTION oms.put_tax_rate(jsonb) IS 'Create or update a tax rate by country, region, postcode prefix, category and start; returns the country';

CREATE OR REPLACE FUNCTION oms_internal.find_tax_rates(
    country text, region text, postcode text, categories text[], at date,
    OUT ordinal integer, OUT rate numeric, OUT included boolean
) RETURNS SETOF record
    LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 10
    AS 'MODULE_PATHNAME', 'oms_find_tax_rates';
COMMENT ON FUNCTION oms_internal.find_tax_rates(text, text, text, text[], date) IS 'Tax rate of each category at a destination, in the order of the array; null where there is none';
