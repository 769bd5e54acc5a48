/* sql/store/24-pricing.sql: prices and taxes */

CREATE SEQUENCE oms.prices_price_id_seq;
CREATE TABLE oms.prices (
    price_id bigint NOT NULL DEFAULT nextval('oms.prices_price_id_seq'),
    sku_id bigint NOT NULL,
    channel_id integer,
    customer_group text,
    currency text NOT NULL,
    price numeric(19, 6) NOT NULL,
    min_quantity oms.quantity NOT NULL DEFAULT '0',
    valid_from timestamptz NOT NULL DEFAULT '-infinity',
    valid_until timestamptz NOT NULL DEFAULT 'infinity',
    CONSTRAINT prices_pkey PRIMARY KEY (price_id),
    CONSTRAINT prices_customer_group_check CHECK (customer_group <> ''),
    CONSTRAINT prices_currency_check CHECK (oms.is_currency(currency)),
    CONSTRAINT prices_price_check CHECK (price >= 0),
    CONSTRAINT prices_min_quantity_check CHECK (min_quantity::numeric >= 0),
    CONSTRAINT prices_valid_check CHECK (valid_from < valid_until),
    CONSTRAINT prices_sku_id_fkey FOREIGN KEY (sku_id) REFERENCES oms.skus,
    CONSTRAINT prices_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES oms.channels
);
ALTER SEQUENCE oms.prices_price_id_seq OWNED BY oms.prices.price_id;
CREATE UNIQUE INDEX prices_scope_key ON oms.prices
    (sku_id, currency, coalesce(channel_id, 0), coalesce(customer_group, ''), min_quantity, valid_from);
CREATE INDEX prices_channel_id_idx ON oms.prices (channel_id);
COMMENT ON TABLE oms.prices IS 'Price lists. Of the rows that fit, the one for the customer''s group counts before the one for the channel before the general one, then the highest min_quantity, then the latest valid_from';
COMMENT ON COLUMN oms.prices.price IS 'Price of one base unit, up to 6 decimals';
COMMENT ON COLUMN oms.prices.min_quantity IS 'Counts from this ordered quantity on (a quantity break)';
COMMENT ON COLUMN oms.prices.valid_until IS 'First instant at which the price no longer counts';

CREATE SEQUENCE oms.tax_rates_tax_rate_id_seq;
CREATE TABLE oms.tax_rates (
    tax_rate_id bigint NOT NULL DEFAULT nextval('oms.tax_rates_tax_rate_id_seq'),
    country oms.country NOT NULL,
    region text,
    postcode_prefix text,
    category text,
    rate numeric(9, 8) NOT NULL,
    included boolean NOT NULL DEFAULT false,
    valid_from date NOT NULL DEFAULT '-infinity',
    valid_until date NOT NULL DEFAULT 'infinity',
    postcode_from text,
    postcode_to text,
    CONSTRAINT tax_rates_pkey PRIMARY KEY (tax_rate_id),
    CONSTRAINT tax_rates_region_check CHECK (region <> ''),
    CONSTRAINT tax_rates_postcode_prefix_check
        CHECK (postcode_prefix <> '' AND postcode_prefix = oms_internal.normal_postcode(postcode_prefix)),
    CONSTRAINT tax_rates_postcode_check
        CHECK (num_nulls(postcode_from, postcode_to) IN (0, 2)
               AND (postcode_from IS NULL
                    OR postcode_prefix IS NULL
                       AND postcode_from <> '' AND length(postcode_from) <= 20
                       AND postcode_from = oms_internal.normal_postcode(postcode_from)
                       AND postcode_to <> '' AND length(postcode_to) <= 20
                       AND postcode_to = oms_internal.normal_postcode(postcode_to)
                       AND left(postcode_from, length(postcode_to)) COLLATE "C" <= postcode_to COLLATE "C")),
    CONSTRAINT tax_rates_category_check CHECK (category <> ''),
    CONSTRAINT tax_rates_rate_check CHECK (rate BETWEEN 0 AND 9),
    CONSTRAINT tax_rates_valid_check CHECK (valid_from < valid_until)
);
ALTER SEQUENCE oms.tax_rates_tax_rate_id_seq OWNED BY oms.tax_rates.tax_rate_id;
CREATE UNIQUE INDEX tax_rates_scope_key ON oms.tax_rates
    (country, coalesce(postcode_prefix, ''), coalesce(postcode_from, ''), coalesce(postcode_to, ''),
     coalesce(region, ''), coalesce(category, ''), valid_from);
COMMENT ON TABLE oms.tax_rates IS 'Tax by destination and category. Of the rows that fit, the longest postcode_prefix counts, then the range of postcodes that begins last, then the region, then the category, then the latest valid_from';
COMMENT ON COLUMN oms.tax_rates.region IS 'As addresses write it, such as CA; null fits all';
COMMENT ON COLUMN oms.tax_rates.postcode_prefix IS 'First characters of the postcodes it is for, in capitals, without blanks and hyphens; null fits all';
COMMENT ON COLUMN oms.tax_rates.category IS 'skus.tax_category, or shipping for what the customer pays for it; null fits all but shipping';
COMMENT ON COLUMN oms.tax_rates.rate IS 'Share of the net price: 0.23 is 23 %';
COMMENT ON COLUMN oms.tax_rates.included IS 'Prices already contain this tax; it is not added to the order';
COMMENT ON COLUMN oms.tax_rates.valid_until IS 'First day on which the rate no longer counts';
COMMENT ON COLUMN oms.tax_rates.postcode_from IS 'First of a range of postcodes, in capitals, without blanks and hyphens; null fits all';
COMMENT ON COLUMN oms.tax_rates.postcode_to IS 'Last of the range, with all that begin so: 10 to 14 has 10001 and 14999';
