/* sql/store/20-channel.sql: who sells, and where an order comes from */

CREATE SEQUENCE oms.organizations_organization_id_seq AS integer;
CREATE TABLE oms.organizations (
    organization_id integer NOT NULL DEFAULT nextval('oms.organizations_organization_id_seq'),
    code text NOT NULL,
    name text NOT NULL,
    metadata jsonb,
    legal_name text,
    address jsonb,
    email text,
    tax_id text,
    bank_account text,
    invoice_note text,
    CONSTRAINT organizations_pkey PRIMARY KEY (organization_id),
    CONSTRAINT organizations_code_key UNIQUE (code),
    CONSTRAINT organizations_code_check CHECK (code <> '')
);
ALTER SEQUENCE oms.organizations_organization_id_seq OWNED BY oms.organizations.organization_id;
COMMENT ON TABLE oms.organizations IS 'A legal entity or brand that owns channels and locations';
COMMENT ON COLUMN oms.organizations.code IS 'The name by which documents refer to the organization';
COMMENT ON COLUMN oms.organizations.legal_name IS 'As it stands on invoices; null: the name';
COMMENT ON COLUMN oms.organizations.address IS 'With the keys of an order''s ship_to: line1, line2, city, region, postcode, country';
COMMENT ON COLUMN oms.organizations.bank_account IS 'Where invoices are to be paid, in a line: IBAN PT50 0002 0123, BIC BBPIPTPL';
COMMENT ON COLUMN oms.organizations.invoice_note IS 'What the law has on every invoice, such as register and capital';

CREATE SEQUENCE oms.channels_channel_id_seq AS integer;
CREATE TABLE oms.channels (
    channel_id integer NOT NULL DEFAULT nextval('oms.channels_channel_id_seq'),
    code text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL DEFAULT 'web',
    currency text NOT NULL,
    organization_id integer,
    capture text NOT NULL DEFAULT 'manual',
    fee_rate numeric(7, 6) NOT NULL DEFAULT 0,
    metadata jsonb,
    strategy text,
    split_penalty oms.amount,
    tax_rounding text NOT NULL DEFAULT 'line',
    invoice text NOT NULL DEFAULT 'on_ship',
    refund_methods text[],
    auto_refund boolean NOT NULL DEFAULT false,
    CONSTRAINT channels_pkey PRIMARY KEY (channel_id),
    CONSTRAINT channels_code_key UNIQUE (code),
    CONSTRAINT channels_code_check CHECK (code <> ''),
    CONSTRAINT channels_kind_check CHECK (kind IN ('web', 'marketplace', 'store', 'b2b', 'phone', 'edi')),
    CONSTRAINT channels_currency_check CHECK (oms.is_currency(currency)),
    CONSTRAINT channels_invoice_check CHECK (invoice IN ('on_ship', 'on_order')),
    CONSTRAINT channels_capture_check CHECK (capture IN ('manual', 'on_ship', 'request_on_ship')),
    CONSTRAINT channels_fee_rate_check CHECK (fee_rate BETWEEN 0 AND 1),
    CONSTRAINT channels_strategy_check
        CHECK (strategy IN ('cheapest', 'nearest', 'fastest', 'fewest_splits', 'balanced')),
    CONSTRAINT channels_split_penalty_check
        CHECK (oms.sign(split_penalty) >= 0 AND oms.currency_of(split_penalty) = currency),
    CONSTRAINT channels_tax_rounding_check CHECK (tax_rounding IN ('line', 'order')),
    CONSTRAINT channels_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES oms.organizations
);
ALTER SEQUENCE oms.channels_channel_id_seq OWNED BY oms.channels.channel_id;
CREATE INDEX channels_organization_id_idx ON oms.channels (organization_id);
COMMENT ON TABLE oms.channels IS 'A place where orders come from: a web shop, a marketplace, a store, a B2B portal';
COMMENT ON COLUMN oms.channels.code IS 'The name by which documents refer to the channel';
COMMENT ON COLUMN oms.channels.currency IS 'ISO 4217 code; the currency of orders that name none';
COMMENT ON COLUMN oms.channels.invoice IS 'on_ship: what has left is invoiced; on_order: all of an order once it is confirmed';
COMMENT ON COLUMN oms.channels.capture IS 'manual: by oms.capture(); on_ship: payments are captured when goods leave; request_on_ship: a capture is requested then';
COMMENT ON COLUMN oms.channels.fee_rate IS 'Share of an order that the marketplace keeps, 0 to 1';
COMMENT ON COLUMN oms.channels.strategy IS 'How the locations of an order are chosen that says nothing itself; null is cheapest';
COMMENT ON COLUMN oms.channels.split_penalty IS 'What each fulfillment of an order after the first counts beside its cost; null is nothing';
COMMENT ON COLUMN oms.channels.tax_rounding IS 'line: the tax of each line is rounded; order: the sum of all lines of one rate is, and spread over them';
COMMENT ON COLUMN oms.channels.refund_methods IS 'Methods whose payments are refunded first, in this order; the rest follows by number';
COMMENT ON COLUMN oms.channels.auto_refund IS 'What customers have paid too much for long is refunded by oms.refund_overdue(); else it only has an alert';
