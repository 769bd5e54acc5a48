/* sql/store/26-shipping.sql: carriers, services and their rates */

CREATE SEQUENCE oms.carriers_carrier_id_seq AS integer;
CREATE TABLE oms.carriers (
    carrier_id integer NOT NULL DEFAULT nextval('oms.carriers_carrier_id_seq'),
    code text NOT NULL,
    name text NOT NULL,
    CONSTRAINT carriers_pkey PRIMARY KEY (carrier_id),
    CONSTRAINT carriers_code_key UNIQUE (code),
    CONSTRAINT carriers_code_check CHECK (code <> '')
);
ALTER SEQUENCE oms.carriers_carrier_id_seq OWNED BY oms.carriers.carrier_id;
COMMENT ON TABLE oms.carriers IS 'Who carries parcels';

CREATE SEQUENCE oms.shipping_services_service_id_seq AS integer;
CREATE TABLE oms.shipping_services (
    service_id integer NOT NULL DEFAULT nextval('oms.shipping_services_service_id_seq'),
    code text NOT NULL,
    carrier_id integer,
    name text NOT NULL,
    currency text NOT NULL,
    kind text NOT NULL DEFAULT 'delivery',
    dimensional_divisor integer,
    working_days smallint[],
    active boolean NOT NULL DEFAULT true,
    CONSTRAINT shipping_services_pkey PRIMARY KEY (service_id),
    CONSTRAINT shipping_services_code_key UNIQUE (code),
    CONSTRAINT shipping_services_code_check CHECK (code <> ''),
    CONSTRAINT shipping_services_currency_check CHECK (oms.is_currency(currency)),
    CONSTRAINT shipping_services_kind_check CHECK (kind IN ('delivery', 'pickup')),
    CONSTRAINT shipping_services_dimensional_divisor_check CHECK (dimensional_divisor > 0),
    CONSTRAINT shipping_services_working_days_check
        CHECK (working_days <> '{}' AND working_days <@ '{1,2,3,4,5,6,7}'),
    CONSTRAINT shipping_services_carrier_id_fkey FOREIGN KEY (carrier_id) REFERENCES oms.carriers
);
ALTER SEQUENCE oms.shipping_services_service_id_seq OWNED BY oms.shipping_services.service_id;
CREATE INDEX shipping_services_carrier_id_idx ON oms.shipping_services (carrier_id);
COMMENT ON TABLE oms.shipping_services IS 'A way to get goods to the customer that a checkout offers';
COMMENT ON COLUMN oms.shipping_services.dimensional_divisor IS 'Cubic centimetres that are billed as a kilogram, such as 5000, where that is more than the weight; null bills the weight alone';
COMMENT ON COLUMN oms.shipping_services.working_days IS 'Days of the week on which the carrier moves goods, 1 Monday to 7 Sunday; null is all';
COMMENT ON COLUMN oms.shipping_services.active IS 'New orders may name it';

CREATE TABLE oms.shipping_rates (
    service_id integer NOT NULL,
    rate_no integer NOT NULL,
    country oms.country,
    max_distance_km numeric(9, 3),
    max_weight_g integer,
    price oms.amount NOT NULL,
    per_kg oms.amount NOT NULL,
    transit_days integer NOT NULL DEFAULT 0,
    origin_location_id integer,
    region text,
    postcode_from text,
    postcode_to text,
    CONSTRAINT shipping_rates_pkey PRIMARY KEY (service_id, rate_no),
    CONSTRAINT shipping_rates_max_distance_km_check CHECK (max_distance_km > 0),
    CONSTRAINT shipping_rates_max_weight_g_check CHECK (max_weight_g > 0),
    CONSTRAINT shipping_rates_price_check
        CHECK (price::numeric >= 0 AND per_kg::numeric >= 0 AND oms.currency_of(price) = oms.currency_of(per_kg)),
    CONSTRAINT shipping_rates_transit_days_check CHECK (transit_days BETWEEN 0 AND 365),
    CONSTRAINT shipping_rates_region_check CHECK (region IS NULL OR region <> '' AND country IS NOT NULL),
    CONSTRAINT shipping_rates_postcode_check
        CHECK (num_nulls(postcode_from, postcode_to) IN (0, 2)
               AND (postcode_from IS NULL
                    OR country IS NOT NULL
                       AND postcode_from <> '' AND length(postcode_from) <= 20
                       AND postcode_from = oms_internal.normal_postcode(postcode_from)
                       AND postcode_to <> '' AND length(postcode_to) <= 20
                       AND postcode_to = oms_internal.normal_postcode(postcode_to)
                       AND left(postcode_from, length(postcode_to)) COLLATE "C" <= postcode_to COLLATE "C")),
    CONSTRAINT shipping_rates_service_id_fkey FOREIGN KEY (service_id) REFERENCES oms.shipping_services ON DELETE CASCADE,
    CONSTRAINT shipping_rates_origin_location_id_fkey FOREIGN KEY (origin_location_id) REFERENCES oms.locations
);
CREATE INDEX shipping_rates_origin_location_id_idx ON oms.shipping_rates (origin_location_id);
COMMENT ON TABLE oms.shipping_rates IS 'Rate card of a service. Of the rows that fit, the one with the smallest max_distance_km counts, then the smallest max_weight_g, then one for a range of postcodes before one for a region before one for a country before one for all, then one for the origin before one for all, then the first rate_no';
COMMENT ON COLUMN oms.shipping_rates.rate_no IS 'Place in the rate card, from 1';
COMMENT ON COLUMN oms.shipping_rates.country IS 'Destination; null fits all, and has no region or postcodes';
COMMENT ON COLUMN oms.shipping_rates.max_distance_km IS 'Longest distance from location to customer; null has no bound';
COMMENT ON COLUMN oms.shipping_rates.per_kg IS 'Added for each kilogram, in proportion';
COMMENT ON COLUMN oms.shipping_rates.transit_days IS 'Working days of the service from shipping to arrival';
COMMENT ON COLUMN oms.shipping_rates.origin_location_id IS 'Location that ships; null fits all';
COMMENT ON COLUMN oms.shipping_rates.region IS 'Destination, as addresses write it; null fits all';
COMMENT ON COLUMN oms.shipping_rates.postcode_from IS 'First of a range of postcodes of the destination, in capitals, without blanks and hyphens; null fits all';
COMMENT ON COLUMN oms.shipping_rates.postcode_to IS 'Last of the range, with all that begin so: 10 to 14 has 10001 and 14999';
