/* sql/store/35-routing.sql: rules of who ships what, and what the last units are worth */

CREATE SEQUENCE oms.routing_rules_rule_id_seq AS integer;
CREATE TABLE oms.routing_rules (
    rule_id integer NOT NULL DEFAULT nextval('oms.routing_rules_rule_id_seq'),
    code text NOT NULL,
    action text NOT NULL,
    position integer NOT NULL DEFAULT 0,
    active boolean NOT NULL DEFAULT true,
    valid_from timestamptz,
    valid_until timestamptz,
    channel_id integer,
    country oms.country,
    region text,
    postcode_prefix text,
    sku_id bigint,
    category @ltree@.ltree,
    flag text,
    location_id integer,
    location_kind text,
    location_country oms.country,
    location_region text,
    within oms.amount,
    CONSTRAINT routing_rules_pkey PRIMARY KEY (rule_id),
    CONSTRAINT routing_rules_code_key UNIQUE (code),
    CONSTRAINT routing_rules_code_check CHECK (code <> ''),
    CONSTRAINT routing_rules_action_check CHECK (action IN ('prefer', 'exclude', 'require')),
    CONSTRAINT routing_rules_valid_check CHECK (valid_from < valid_until),
    CONSTRAINT routing_rules_region_check CHECK (region <> ''),
    CONSTRAINT routing_rules_postcode_prefix_check
        CHECK (postcode_prefix <> '' AND postcode_prefix = oms_internal.normal_postcode(postcode_prefix)),
    CONSTRAINT routing_rules_flag_check CHECK (flag IN ('hazardous', 'oversize')),
    CONSTRAINT routing_rules_location_kind_check CHECK (location_kind IN ('warehouse', 'store', 'dropship', 'third_party')),
    CONSTRAINT routing_rules_location_region_check CHECK (location_region <> ''),
    CONSTRAINT routing_rules_location_check
        CHECK (num_nonnulls(location_id, location_kind, location_country, location_region) > 0),
    CONSTRAINT routing_rules_within_check CHECK (within IS NULL OR action = 'prefer' AND oms.sign(within) >= 0),
    CONSTRAINT routing_rules_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES oms.channels,
    CONSTRAINT routing_rules_sku_id_fkey FOREIGN KEY (sku_id) REFERENCES oms.skus,
    CONSTRAINT routing_rules_location_id_fkey FOREIGN KEY (location_id) REFERENCES oms.locations
);
ALTER SEQUENCE oms.routing_rules_rule_id_seq OWNED BY oms.routing_rules.rule_id;
CREATE INDEX routing_rules_channel_id_idx ON oms.routing_rules (channel_id);
CREATE INDEX routing_rules_sku_id_idx ON oms.routing_rules (sku_id);
CREATE INDEX routing_rules_location_id_idx ON oms.routing_rules (location_id);
COMMENT ON TABLE oms.routing_rules IS 'Which locations must not, must or should ship a line of an order. A rule is for the lines that meet all of its conditions, and is about the locations that meet all of its location columns';
COMMENT ON COLUMN oms.routing_rules.action IS 'exclude: these locations do not ship the line; require: no others do; prefer: others are dearer';
COMMENT ON COLUMN oms.routing_rules.position IS 'Order of rules that prefer, lower first';
COMMENT ON COLUMN oms.routing_rules.valid_from IS 'For orders placed from then on; null is always';
COMMENT ON COLUMN oms.routing_rules.valid_until IS 'First instant of orders that it is not for; null is never';
COMMENT ON COLUMN oms.routing_rules.channel_id IS 'Condition: the order''s channel; null is any';
COMMENT ON COLUMN oms.routing_rules.country IS 'Condition: the destination''s country; null is any';
COMMENT ON COLUMN oms.routing_rules.region IS 'Condition: the destination''s region as addresses write it, such as CA; null is any';
COMMENT ON COLUMN oms.routing_rules.postcode_prefix IS 'Condition: first characters of the destination''s postcode, in capitals, without blanks and hyphens; null is any';
COMMENT ON COLUMN oms.routing_rules.sku_id IS 'Condition: the line''s SKU; null is any';
COMMENT ON COLUMN oms.routing_rules.category IS 'Condition: the category of the SKU''s product is this one or below it; null is any';
COMMENT ON COLUMN oms.routing_rules.flag IS 'Condition: a flag of the SKU; null is any';
COMMENT ON COLUMN oms.routing_rules.location_id IS 'This location; null is any';
COMMENT ON COLUMN oms.routing_rules.location_kind IS 'Locations of this kind; null is any';
COMMENT ON COLUMN oms.routing_rules.location_country IS 'Locations in this country; null is any';
COMMENT ON COLUMN oms.routing_rules.location_region IS 'Locations in this region; null is any';
COMMENT ON COLUMN oms.routing_rules.within IS 'How much dearer a preferred location may be; null is whatever it costs';

CREATE TABLE oms.scarcity_prices (
    sku_id bigint NOT NULL,
    location_id integer NOT NULL,
    price oms.amount NOT NULL,
    priced_at timestamptz NOT NULL DEFAULT oms.now(),
    CONSTRAINT scarcity_prices_pkey PRIMARY KEY (sku_id, location_id),
    CONSTRAINT scarcity_prices_price_check CHECK (oms.sign(price) > 0),
    CONSTRAINT scarcity_prices_sku_id_fkey FOREIGN KEY (sku_id) REFERENCES oms.skus ON DELETE CASCADE,
    CONSTRAINT scarcity_prices_location_id_fkey FOREIGN KEY (location_id) REFERENCES oms.locations ON DELETE CASCADE
);
CREATE INDEX scarcity_prices_location_id_idx ON oms.scarcity_prices (location_id);
COMMENT ON TABLE oms.scarcity_prices IS 'What one unit more of a SKU would be worth at a location, beyond its cost: the strategy balanced adds it to the cost of a unit. Written by oms.reroute_batch(), or by hand';
COMMENT ON COLUMN oms.scarcity_prices.price IS 'For one base unit';
COMMENT ON COLUMN oms.scarcity_prices.priced_at IS 'When it was worked out';
