/* sql/store/35-routing.sql: what routing knows beside stock, costs and rules */

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
