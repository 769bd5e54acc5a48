/* sql/store/25-purchasing.sql: who supplies */

CREATE SEQUENCE oms.suppliers_supplier_id_seq AS integer;
CREATE TABLE oms.suppliers (
    supplier_id integer NOT NULL DEFAULT nextval('oms.suppliers_supplier_id_seq'),
    code text NOT NULL,
    name text NOT NULL,
    email text,
    currency text NOT NULL,
    CONSTRAINT suppliers_pkey PRIMARY KEY (supplier_id),
    CONSTRAINT suppliers_code_key UNIQUE (code),
    CONSTRAINT suppliers_code_check CHECK (code <> ''),
    CONSTRAINT suppliers_currency_check CHECK (oms.is_currency(currency))
);
ALTER SEQUENCE oms.suppliers_supplier_id_seq OWNED BY oms.suppliers.supplier_id;
COMMENT ON TABLE oms.suppliers IS 'Who sells to us';

CREATE TABLE oms.supplier_skus (
    supplier_id integer NOT NULL,
    sku_id bigint NOT NULL,
    supplier_sku text,
    cost oms.amount NOT NULL,
    lead_time_days numeric(6, 2) NOT NULL DEFAULT 0,
    lead_time_sd_days numeric(6, 2) NOT NULL DEFAULT 0,
    min_quantity oms.quantity NOT NULL DEFAULT '0',
    pack_size oms.quantity NOT NULL DEFAULT '1',
    CONSTRAINT supplier_skus_pkey PRIMARY KEY (supplier_id, sku_id),
    CONSTRAINT supplier_skus_cost_check CHECK (cost::numeric >= 0),
    CONSTRAINT supplier_skus_lead_time_check CHECK (lead_time_days >= 0 AND lead_time_sd_days >= 0),
    CONSTRAINT supplier_skus_quantity_check CHECK (min_quantity::numeric >= 0 AND pack_size::numeric > 0),
    CONSTRAINT supplier_skus_supplier_id_fkey FOREIGN KEY (supplier_id) REFERENCES oms.suppliers ON DELETE CASCADE,
    CONSTRAINT supplier_skus_sku_id_fkey FOREIGN KEY (sku_id) REFERENCES oms.skus
);
CREATE INDEX supplier_skus_sku_id_idx ON oms.supplier_skus (sku_id);
COMMENT ON TABLE oms.supplier_skus IS 'What a supplier offers, at which terms';
COMMENT ON COLUMN oms.supplier_skus.supplier_sku IS 'The supplier''s own code for the SKU';
COMMENT ON COLUMN oms.supplier_skus.cost IS 'Price of one base unit';
COMMENT ON COLUMN oms.supplier_skus.lead_time_sd_days IS 'Standard deviation of the lead time';
COMMENT ON COLUMN oms.supplier_skus.pack_size IS 'Orders are multiples of it';
