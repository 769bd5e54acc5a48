/* sql/store/22-catalog.sql: what is sold */

CREATE SEQUENCE oms.products_product_id_seq;
CREATE TABLE oms.products (
    product_id bigint NOT NULL DEFAULT nextval('oms.products_product_id_seq'),
    code text NOT NULL,
    name text NOT NULL,
    category @ltree@.ltree,
    brand text,
    names jsonb,
    metadata jsonb,
    CONSTRAINT products_pkey PRIMARY KEY (product_id),
    CONSTRAINT products_code_key UNIQUE (code),
    CONSTRAINT products_code_check CHECK (code <> '')
);
ALTER SEQUENCE oms.products_product_id_seq OWNED BY oms.products.product_id;
CREATE INDEX products_category_idx ON oms.products USING gist (category);
COMMENT ON TABLE oms.products IS 'A product; its SKUs are the variants that can be sold';
COMMENT ON COLUMN oms.products.category IS 'Path in the tree of categories, such as apparel.shirts';
COMMENT ON COLUMN oms.products.names IS 'Translations of the name by language: {"fr": "..."}';

CREATE SEQUENCE oms.skus_sku_id_seq;
CREATE TABLE oms.skus (
    sku_id bigint NOT NULL DEFAULT nextval('oms.skus_sku_id_seq'),
    code text NOT NULL,
    product_id bigint,
    name text NOT NULL,
    gtin oms.gtin,
    weight_g integer,
    length_mm integer,
    width_mm integer,
    height_mm integer,
    tax_category text,
    cost oms.amount,
    decimals smallint NOT NULL DEFAULT 0,
    units jsonb,
    backorder_limit oms.quantity,
    stocked boolean NOT NULL DEFAULT true,
    flags text[] NOT NULL DEFAULT '{}',
    active boolean NOT NULL DEFAULT true,
    is_kit boolean NOT NULL DEFAULT false,
    metadata jsonb,
    strategy text,
    available_from date,
    costing text NOT NULL DEFAULT 'average',
    CONSTRAINT skus_pkey PRIMARY KEY (sku_id),
    CONSTRAINT skus_code_key UNIQUE (code),
    CONSTRAINT skus_is_kit_key UNIQUE (sku_id, is_kit),
    CONSTRAINT skus_code_check CHECK (code <> ''),
    CONSTRAINT skus_weight_g_check CHECK (weight_g >= 0),
    CONSTRAINT skus_size_check CHECK (length_mm >= 0 AND width_mm >= 0 AND height_mm >= 0),
    CONSTRAINT skus_cost_check CHECK (oms.sign(cost) >= 0),
    CONSTRAINT skus_units_check CHECK (oms_internal.is_units(units)),
    CONSTRAINT skus_decimals_check CHECK (decimals BETWEEN 0 AND 6),
    CONSTRAINT skus_backorder_limit_check CHECK (backorder_limit::numeric >= 0),
    CONSTRAINT skus_flags_check CHECK (flags <@ '{hazardous,oversize,final_sale}'),
    CONSTRAINT skus_strategy_check
        CHECK (strategy IN ('cheapest', 'nearest', 'fastest', 'fewest_splits', 'balanced')),
    CONSTRAINT skus_costing_check CHECK (costing IN ('average', 'fifo')),
    CONSTRAINT skus_product_id_fkey FOREIGN KEY (product_id) REFERENCES oms.products
);
ALTER SEQUENCE oms.skus_sku_id_seq OWNED BY oms.skus.sku_id;
CREATE INDEX skus_product_id_idx ON oms.skus (product_id);
COMMENT ON TABLE oms.skus IS 'A stock keeping unit: the thing that is ordered, counted and shipped';
COMMENT ON COLUMN oms.skus.code IS 'The name by which documents refer to the SKU';
COMMENT ON COLUMN oms.skus.cost IS 'Standard cost of one unit';
COMMENT ON COLUMN oms.skus.costing IS 'How units that leave are valued: at the moving average of their location, or first in, first out';
COMMENT ON COLUMN oms.skus.decimals IS 'Decimals of a quantity that can be sold: 0 for pieces, 3 for grams of a kilogram';
COMMENT ON COLUMN oms.skus.units IS 'Larger units in base units: {"case": 12}';
COMMENT ON COLUMN oms.skus.backorder_limit IS 'Most units that may wait for stock over all orders; 0 forbids, null sets no limit';
COMMENT ON COLUMN oms.skus.available_from IS 'First day on which units may be shipped; what is ordered before is a preorder and waits';
COMMENT ON COLUMN oms.skus.is_kit IS 'Has kit_components; set by their triggers';
COMMENT ON COLUMN oms.skus.stocked IS 'False for what has no stock to reserve: services, downloads, made to order';
COMMENT ON COLUMN oms.skus.strategy IS 'How the locations of orders with it are chosen, unless they say; null is as the channel says';

CREATE TABLE oms.kit_components (
    sku_id bigint NOT NULL,
    component_sku_id bigint NOT NULL,
    quantity oms.quantity NOT NULL,
    is_kit boolean NOT NULL GENERATED ALWAYS AS (true) STORED,
    component_is_kit boolean NOT NULL GENERATED ALWAYS AS (false) STORED,
    CONSTRAINT kit_components_pkey PRIMARY KEY (sku_id, component_sku_id),
    CONSTRAINT kit_components_quantity_check CHECK (quantity::numeric > 0),
    CONSTRAINT kit_components_self_check CHECK (sku_id <> component_sku_id),
    CONSTRAINT kit_components_sku_id_fkey FOREIGN KEY (sku_id, is_kit)
        REFERENCES oms.skus (sku_id, is_kit) ON DELETE CASCADE,
    CONSTRAINT kit_components_component_sku_id_fkey FOREIGN KEY (component_sku_id, component_is_kit)
        REFERENCES oms.skus (sku_id, is_kit)
);
CREATE INDEX kit_components_sku_id_idx ON oms.kit_components (sku_id, is_kit);
CREATE INDEX kit_components_component_sku_id_idx ON oms.kit_components (component_sku_id, component_is_kit);
CREATE OR REPLACE TRIGGER kit_components_mark BEFORE INSERT OR UPDATE ON oms.kit_components
    FOR EACH ROW EXECUTE FUNCTION oms_internal.kit_components_mark();
CREATE OR REPLACE TRIGGER kit_components_unmark_deleted AFTER DELETE ON oms.kit_components
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.kit_components_unmark();
CREATE OR REPLACE TRIGGER kit_components_unmark_updated AFTER UPDATE ON oms.kit_components
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION oms_internal.kit_components_unmark();
COMMENT ON TABLE oms.kit_components IS 'What a kit is made of; a kit has no stock of its own and reserves its components';
COMMENT ON COLUMN oms.kit_components.is_kit IS 'Half of the key that leads to a SKU which is a kit';
COMMENT ON COLUMN oms.kit_components.component_is_kit IS 'Half of the key that leads to a SKU which is none: no kit contains a kit';
COMMENT ON COLUMN oms.kit_components.quantity IS 'Units of the component in one kit';
