/* sql/store/21-location.sql: where goods are, and where postcodes lie */

CREATE SEQUENCE oms.locations_location_id_seq AS integer;
CREATE TABLE oms.locations (
    location_id integer NOT NULL DEFAULT nextval('oms.locations_location_id_seq'),
    code text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL DEFAULT 'warehouse',
    country oms.country,
    region text,
    postcode text,
    city text,
    point @postgis@.geography(Point, 4326),
    time_zone text NOT NULL DEFAULT 'UTC',
    priority integer NOT NULL DEFAULT 0,
    pickup boolean NOT NULL DEFAULT false,
    takes_returns boolean NOT NULL DEFAULT true,
    ships_to oms.country[],
    daily_capacity integer,
    cutoff time,
    handling_days integer NOT NULL DEFAULT 0,
    handling_cost oms.amount,
    unit_cost oms.amount,
    active boolean NOT NULL DEFAULT true,
    organization_id integer,
    metadata jsonb,
    working_days smallint[],
    handles text[],
    CONSTRAINT locations_pkey PRIMARY KEY (location_id),
    CONSTRAINT locations_code_key UNIQUE (code),
    CONSTRAINT locations_code_check CHECK (code <> ''),
    CONSTRAINT locations_point_check CHECK (oms_internal.is_on_earth(point)),
    CONSTRAINT locations_kind_check CHECK (kind IN ('warehouse', 'store', 'dropship', 'third_party')),
    CONSTRAINT locations_daily_capacity_check CHECK (daily_capacity >= 0),
    CONSTRAINT locations_handling_days_check CHECK (handling_days BETWEEN 0 AND 365),
    CONSTRAINT locations_working_days_check CHECK (oms_internal.is_days_of_week(working_days)),
    CONSTRAINT locations_handles_check CHECK (handles <@ '{hazardous,oversize}'),
    CONSTRAINT locations_time_zone_check CHECK (oms_internal.is_time_zone(time_zone)),
    CONSTRAINT locations_cost_check CHECK (oms.sign(handling_cost) >= 0 AND oms.sign(unit_cost) >= 0),
    CONSTRAINT locations_currency_check CHECK (oms.currency_of(handling_cost) = oms.currency_of(unit_cost)),
    CONSTRAINT locations_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES oms.organizations
);
ALTER SEQUENCE oms.locations_location_id_seq OWNED BY oms.locations.location_id;
CREATE INDEX locations_organization_id_idx ON oms.locations (organization_id);
CREATE INDEX locations_cost_idx ON oms.locations (location_id) WHERE handling_cost IS NOT NULL OR unit_cost IS NOT NULL;
CREATE INDEX locations_point_idx ON oms.locations USING gist (point);
COMMENT ON TABLE oms.locations IS 'A place that holds stock: warehouse, store, dropshipping supplier or third party';
COMMENT ON COLUMN oms.locations.code IS 'The name by which documents refer to the location';
COMMENT ON COLUMN oms.locations.point IS 'WGS 84 position; distances to customers are measured from it';
COMMENT ON COLUMN oms.locations.priority IS 'Breaks ties between equally near locations, lower first';
COMMENT ON COLUMN oms.locations.pickup IS 'Customers may fetch orders here';
COMMENT ON COLUMN oms.locations.ships_to IS 'Countries served; null serves all';
COMMENT ON COLUMN oms.locations.daily_capacity IS 'Fulfillments a day; null is unlimited';
COMMENT ON COLUMN oms.locations.cutoff IS 'Local time after which an order counts for the next working day';
COMMENT ON COLUMN oms.locations.handling_days IS 'Working days from release to shipping';
COMMENT ON COLUMN oms.locations.handling_cost IS 'Cost of one fulfillment here';
COMMENT ON COLUMN oms.locations.unit_cost IS 'Cost of handling one unit here';
COMMENT ON COLUMN oms.locations.working_days IS 'Days of the week on which it works, 1 is Monday and 7 Sunday; null is every day';
COMMENT ON COLUMN oms.locations.handles IS 'Flags of SKUs that it can ship, of hazardous and oversize; null is all';

CREATE TABLE oms.location_holidays (
    location_id integer NOT NULL,
    day date NOT NULL,
    name text,
    CONSTRAINT location_holidays_pkey PRIMARY KEY (location_id, day),
    CONSTRAINT location_holidays_day_check CHECK (isfinite(day)),
    CONSTRAINT location_holidays_location_id_fkey
        FOREIGN KEY (location_id) REFERENCES oms.locations ON DELETE CASCADE
);
COMMENT ON TABLE oms.location_holidays IS 'Days on which a location does not work, whatever day of the week';
COMMENT ON COLUMN oms.location_holidays.day IS 'By the local calendar';

CREATE TABLE oms.channel_locations (
    channel_id integer NOT NULL,
    location_id integer NOT NULL,
    priority integer NOT NULL DEFAULT 0,
    CONSTRAINT channel_locations_pkey PRIMARY KEY (channel_id, location_id),
    CONSTRAINT channel_locations_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES oms.channels ON DELETE CASCADE,
    CONSTRAINT channel_locations_location_id_fkey FOREIGN KEY (location_id) REFERENCES oms.locations
);
CREATE INDEX channel_locations_location_id_idx ON oms.channel_locations (location_id);
COMMENT ON TABLE oms.channel_locations IS 'Locations a channel may ship from; a channel without rows may use all';
COMMENT ON COLUMN oms.channel_locations.priority IS 'Place in the channel''s preference, lower first';

CREATE TABLE oms.postcodes (
    country oms.country NOT NULL,
    postcode text NOT NULL,
    place text,
    region text,
    point @postgis@.geography(Point, 4326) NOT NULL,
    CONSTRAINT postcodes_pkey PRIMARY KEY (country, postcode),
    CONSTRAINT postcodes_postcode_check CHECK (postcode <> ''),
    CONSTRAINT postcodes_point_check CHECK (oms_internal.is_on_earth(point))
);
CREATE INDEX postcodes_normal_idx ON oms.postcodes (country, oms_internal.normal_postcode(postcode));
COMMENT ON TABLE oms.postcodes IS 'Places an address on the map by country and postcode';
COMMENT ON COLUMN oms.postcodes.postcode IS 'As the post office writes it';
COMMENT ON COLUMN oms.postcodes.point IS 'WGS 84 centre of the area';
