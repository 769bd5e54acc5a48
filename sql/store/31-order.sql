/* sql/store/31-order.sql: orders, their lines, discounts and holds */

CREATE SEQUENCE oms.orders_order_id_seq;
CREATE TABLE oms.orders (
    order_id bigint NOT NULL DEFAULT nextval('oms.orders_order_id_seq'),
    channel_id integer NOT NULL,
    reference text NOT NULL,
    status oms.order_status NOT NULL DEFAULT 'placed',
    status_at timestamptz NOT NULL DEFAULT oms.now(),
    status_reason text,
    currency text NOT NULL,
    lines_total oms.amount NOT NULL,
    shipping_price oms.amount NOT NULL,
    shipping_tax oms.amount NOT NULL,
    discount oms.amount NOT NULL,
    total oms.amount NOT NULL,
    placed_at timestamptz NOT NULL DEFAULT oms.now(),
    customer_id bigint,
    service_id integer,
    pickup_location_id integer,
    ship_from_location_id integer,
    on_terms boolean NOT NULL DEFAULT false,
    allow_split boolean NOT NULL DEFAULT true,
    allow_backorder boolean NOT NULL DEFAULT false,
    strategy text,
    deliver_by date,
    destination @postgis@.geography(Point, 4326),
    ship_to jsonb,
    bill_to jsonb,
    metadata jsonb,
    document_hash bigint,
    priority integer NOT NULL DEFAULT 0,
    shipping_included_tax oms.amount,
    shipping_tax_rate numeric(9, 8),
    shipping_tax_jurisdiction text,
    base_rate numeric,
    CONSTRAINT orders_pkey PRIMARY KEY (order_id),
    CONSTRAINT orders_reference_key UNIQUE (channel_id, reference),
    CONSTRAINT orders_reference_check CHECK (reference <> ''),
    CONSTRAINT orders_placed_at_check CHECK (isfinite(placed_at)),
    CONSTRAINT orders_total_check
        CHECK (total OPERATOR(oms.=) (lines_total OPERATOR(oms.+) shipping_price OPERATOR(oms.+) shipping_tax
                                      OPERATOR(oms.-) discount)
               AND oms.sign(total) >= 0
               AND oms.currency_of(total) = currency),
    CONSTRAINT orders_strategy_check
        CHECK (strategy IN ('cheapest', 'nearest', 'fastest', 'fewest_splits', 'balanced')),
    CONSTRAINT orders_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES oms.channels,
    CONSTRAINT orders_service_id_fkey FOREIGN KEY (service_id) REFERENCES oms.shipping_services,
    CONSTRAINT orders_pickup_location_id_fkey FOREIGN KEY (pickup_location_id) REFERENCES oms.locations,
    CONSTRAINT orders_ship_from_location_id_fkey FOREIGN KEY (ship_from_location_id) REFERENCES oms.locations,
    CONSTRAINT orders_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES oms.customers
) WITH (fillfactor = 85);
ALTER SEQUENCE oms.orders_order_id_seq OWNED BY oms.orders.order_id;
CREATE INDEX orders_customer_id_idx ON oms.orders (customer_id);
COMMENT ON TABLE oms.orders IS 'An order; its status follows from its holds, payments and fulfillments';
COMMENT ON COLUMN oms.orders.reference IS 'The caller''s own key, unique per channel; placing it again returns this order';
COMMENT ON COLUMN oms.orders.status_at IS 'When the status was reached';
COMMENT ON COLUMN oms.orders.lines_total IS 'Sum of the lines'' totals: what is charged for goods, with tax';
COMMENT ON COLUMN oms.orders.discount IS 'Discounts on the whole order, a positive amount: what the lines bear for what is not cancelled, the rest on shipping';
COMMENT ON COLUMN oms.orders.total IS 'What the customer owes for what is not cancelled';
COMMENT ON COLUMN oms.orders.on_terms IS 'The customer pays by the terms agreed; nothing need be authorized before goods leave';
COMMENT ON COLUMN oms.orders.destination IS 'Where ship_to lies; null when it cannot be placed on the map';
COMMENT ON COLUMN oms.orders.bill_to IS 'Null: the same as ship_to';
COMMENT ON COLUMN oms.orders.document_hash IS 'Hash of the document as placed, to tell a repeated call from a conflicting one';
COMMENT ON COLUMN oms.orders.priority IS 'Who gets what comes in: the lower number first, then who ordered first';
COMMENT ON COLUMN oms.orders.shipping_included_tax IS 'Contained in the price of shipping already; null: none';
COMMENT ON COLUMN oms.orders.shipping_tax_rate IS 'By which shipping is taxed; null: by none, or the tax was given';
COMMENT ON COLUMN oms.orders.shipping_tax_jurisdiction IS 'Whose tax that is: a country, with a region such as US-CA; null: unknown or no tax';
COMMENT ON COLUMN oms.orders.base_rate IS 'Units of the store''s base currency for one unit of the order''s on the day of placing, or of its first posting where no rate was known before; null: none is known yet';

CREATE TABLE oms.order_lines (
    order_id bigint NOT NULL,
    line_no integer NOT NULL,
    sku_id bigint NOT NULL,
    quantity oms.quantity NOT NULL,
    cancelled oms.quantity NOT NULL DEFAULT '0',
    allocated oms.quantity NOT NULL DEFAULT '0',
    backordered oms.quantity NOT NULL DEFAULT '0',
    shipped oms.quantity NOT NULL DEFAULT '0',
    delivered oms.quantity NOT NULL DEFAULT '0',
    returned oms.quantity NOT NULL DEFAULT '0',
    unit_price numeric(19, 6) NOT NULL,
    discount oms.amount NOT NULL,
    tax oms.amount NOT NULL,
    included_tax oms.amount,
    total oms.amount NOT NULL,
    metadata jsonb,
    expected_on date,
    order_discount oms.amount,
    tax_rate numeric(9, 8),
    tax_jurisdiction text,
    CONSTRAINT order_lines_pkey PRIMARY KEY (order_id, line_no),
    CONSTRAINT order_lines_quantity_check
        CHECK (oms_internal.line_counters_hold(quantity, cancelled, allocated, backordered, shipped, delivered, returned)),
    CONSTRAINT order_lines_total_check
        CHECK (total OPERATOR(oms.=) oms_internal.line_total(unit_price, quantity, cancelled, discount, tax)),
    CONSTRAINT order_lines_order_discount_check CHECK (oms.sign(order_discount) >= 0),
    CONSTRAINT order_lines_order_id_fkey FOREIGN KEY (order_id) REFERENCES oms.orders,
    CONSTRAINT order_lines_sku_id_fkey FOREIGN KEY (sku_id) REFERENCES oms.skus
) WITH (fillfactor = 85);
CREATE INDEX order_lines_backordered_idx ON oms.order_lines (sku_id, order_id)
    WHERE backordered OPERATOR(oms.>) '0'::oms.quantity;
COMMENT ON TABLE oms.order_lines IS 'What was ordered, and the counters of what has become of it, in base units of the SKU';
COMMENT ON COLUMN oms.order_lines.allocated IS 'In fulfillments that are not cancelled or rejected; shipped units stay counted';
COMMENT ON COLUMN oms.order_lines.backordered IS 'Waits for stock';
COMMENT ON COLUMN oms.order_lines.expected_on IS 'Day by which incoming stock was to cover what waits, as known when it was last sourced; null where nothing waits or no such day is known';
COMMENT ON COLUMN oms.order_lines.unit_price IS 'Price of one base unit in the order''s currency, up to 6 decimals';
COMMENT ON COLUMN oms.order_lines.discount IS 'For the whole ordered quantity';
COMMENT ON COLUMN oms.order_lines.tax IS 'Added to the price, for the whole ordered quantity';
COMMENT ON COLUMN oms.order_lines.included_tax IS 'Contained in the price already, for information';
COMMENT ON COLUMN oms.order_lines.order_discount IS 'Its share of the discounts on the whole order, for the whole ordered quantity, which counts in proportion as discount does; null: none';
COMMENT ON COLUMN oms.order_lines.tax_rate IS 'By which it is taxed; null: by none, or the tax was given';
COMMENT ON COLUMN oms.order_lines.tax_jurisdiction IS 'Whose tax that is: a country, with a region such as US-CA; null: unknown or no tax';
COMMENT ON COLUMN oms.order_lines.total IS 'Charged for what is not cancelled: price, less discount, plus tax, the latter two in proportion';

CREATE TABLE oms.order_adjustments (
    order_id bigint NOT NULL,
    adjustment_no integer NOT NULL,
    code text,
    amount oms.amount NOT NULL,
    CONSTRAINT order_adjustments_pkey PRIMARY KEY (order_id, adjustment_no),
    CONSTRAINT order_adjustments_amount_check CHECK (oms.sign(amount) >= 0),
    CONSTRAINT order_adjustments_order_id_fkey FOREIGN KEY (order_id) REFERENCES oms.orders
);
COMMENT ON TABLE oms.order_adjustments IS 'Discounts on a whole order, as placed';
COMMENT ON COLUMN oms.order_adjustments.code IS 'Coupon or promotion';

CREATE TABLE oms.order_holds (
    order_id bigint NOT NULL,
    hold_no integer NOT NULL,
    kind text NOT NULL,
    note text,
    held_at timestamptz NOT NULL DEFAULT oms.now(),
    released_at timestamptz,
    CONSTRAINT order_holds_pkey PRIMARY KEY (order_id, hold_no),
    CONSTRAINT order_holds_kind_check CHECK (kind <> ''),
    CONSTRAINT order_holds_order_id_fkey FOREIGN KEY (order_id) REFERENCES oms.orders
);
CREATE UNIQUE INDEX order_holds_active_key ON oms.order_holds (order_id, kind) WHERE released_at IS NULL;
COMMENT ON TABLE oms.order_holds IS 'Reasons to stop an order; it goes on when all are released';
COMMENT ON COLUMN oms.order_holds.kind IS 'address: could not be placed on the map; stock: units could not be sourced; else the caller''s own';
