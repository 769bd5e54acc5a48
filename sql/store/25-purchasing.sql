/* sql/store/25-purchasing.sql: who supplies */

CREATE SEQUENCE oms.suppliers_supplier_id_seq AS integer;
CREATE TABLE oms.suppliers (
    supplier_id integer NOT NULL DEFAULT nextval('oms.suppliers_supplier_id_seq'),
    code text NOT NULL,
    name text NOT NULL,
    email text,
    currency text NOT NULL,
    order_days integer[],
    holidays date[],
    min_order oms.amount,
    auto_approve_limit oms.amount,
    payment_days integer NOT NULL DEFAULT 30,
    over_receipt_rate numeric(7, 6) NOT NULL DEFAULT 0,
    over_receipt_units oms.quantity NOT NULL DEFAULT '0',
    under_receipt_rate numeric(7, 6) NOT NULL DEFAULT 0,
    under_receipt_units oms.quantity NOT NULL DEFAULT '0',
    price_tolerance_rate numeric(7, 6) NOT NULL DEFAULT 0,
    CONSTRAINT suppliers_pkey PRIMARY KEY (supplier_id),
    CONSTRAINT suppliers_code_key UNIQUE (code),
    CONSTRAINT suppliers_code_check CHECK (code <> ''),
    CONSTRAINT suppliers_currency_check CHECK (oms.is_currency(currency)),
    CONSTRAINT suppliers_order_days_check CHECK (order_days <@ ARRAY[1, 2, 3, 4, 5, 6, 7] AND order_days <> '{}'),
    CONSTRAINT suppliers_min_order_check CHECK (oms.sign(min_order) >= 0 AND oms.currency_of(min_order) = currency),
    CONSTRAINT suppliers_auto_approve_limit_check
        CHECK (oms.sign(auto_approve_limit) >= 0 AND oms.currency_of(auto_approve_limit) = currency),
    CONSTRAINT suppliers_payment_days_check CHECK (payment_days >= 0),
    CONSTRAINT suppliers_tolerance_check
        CHECK (over_receipt_rate >= 0 AND over_receipt_units OPERATOR(oms.>=) '0'::oms.quantity
               AND under_receipt_rate BETWEEN 0 AND 1 AND under_receipt_units OPERATOR(oms.>=) '0'::oms.quantity
               AND price_tolerance_rate >= 0)
);
ALTER SEQUENCE oms.suppliers_supplier_id_seq OWNED BY oms.suppliers.supplier_id;
COMMENT ON TABLE oms.suppliers IS 'Who sells to us';
COMMENT ON COLUMN oms.suppliers.order_days IS 'Weekdays on which orders are taken, 1 is Monday, 7 Sunday; null: every day';
COMMENT ON COLUMN oms.suppliers.holidays IS 'Days on which no orders are taken';
COMMENT ON COLUMN oms.suppliers.min_order IS 'Least that an order must be worth; null: anything';
COMMENT ON COLUMN oms.suppliers.auto_approve_limit IS 'Orders up to it are sent without being looked at; null: none is';
COMMENT ON COLUMN oms.suppliers.payment_days IS 'Days from a bill to the day on which it is due, where the bill does not say';
COMMENT ON COLUMN oms.suppliers.over_receipt_rate IS 'How much more than ordered may come in, as a share of it; of this and over_receipt_units the greater counts';
COMMENT ON COLUMN oms.suppliers.under_receipt_rate IS 'How much less than confirmed, or else ordered, is taken for all of it, as a share; of this and under_receipt_units the greater counts';
COMMENT ON COLUMN oms.suppliers.price_tolerance_rate IS 'How much dearer than agreed a price may be without being looked at, as a share';

CREATE TABLE oms.supplier_skus (
    supplier_id integer NOT NULL,
    sku_id bigint NOT NULL,
    supplier_sku text,
    cost oms.amount NOT NULL,
    lead_time_days numeric(6, 2) NOT NULL DEFAULT 0,
    lead_time_sd_days numeric(6, 2) NOT NULL DEFAULT 0,
    min_quantity oms.quantity NOT NULL DEFAULT '0',
    pack_size oms.quantity NOT NULL DEFAULT '1',
    "rank" integer NOT NULL DEFAULT 0,
    max_quantity oms.quantity,
    over_receipt_rate numeric(7, 6),
    over_receipt_units oms.quantity,
    under_receipt_rate numeric(7, 6),
    under_receipt_units oms.quantity,
    CONSTRAINT supplier_skus_pkey PRIMARY KEY (supplier_id, sku_id),
    CONSTRAINT supplier_skus_cost_check CHECK (cost::numeric >= 0),
    CONSTRAINT supplier_skus_lead_time_check CHECK (lead_time_days >= 0 AND lead_time_sd_days >= 0),
    CONSTRAINT supplier_skus_quantity_check CHECK (min_quantity::numeric >= 0 AND pack_size::numeric > 0),
    CONSTRAINT supplier_skus_max_quantity_check
        CHECK (max_quantity OPERATOR(oms.>) '0'::oms.quantity AND max_quantity OPERATOR(oms.>=) min_quantity),
    CONSTRAINT supplier_skus_tolerance_check
        CHECK (over_receipt_rate >= 0 AND over_receipt_units OPERATOR(oms.>=) '0'::oms.quantity
               AND under_receipt_rate BETWEEN 0 AND 1 AND under_receipt_units OPERATOR(oms.>=) '0'::oms.quantity),
    CONSTRAINT supplier_skus_supplier_id_fkey FOREIGN KEY (supplier_id) REFERENCES oms.suppliers ON DELETE CASCADE,
    CONSTRAINT supplier_skus_sku_id_fkey FOREIGN KEY (sku_id) REFERENCES oms.skus
);
CREATE INDEX supplier_skus_sku_id_idx ON oms.supplier_skus (sku_id);
COMMENT ON TABLE oms.supplier_skus IS 'What a supplier offers, at which terms';
COMMENT ON COLUMN oms.supplier_skus.supplier_sku IS 'The supplier''s own code for the SKU';
COMMENT ON COLUMN oms.supplier_skus.cost IS 'Price of one base unit, below the quantities of oms.supplier_cost_breaks';
COMMENT ON COLUMN oms.supplier_skus.lead_time_sd_days IS 'Standard deviation of the lead time';
COMMENT ON COLUMN oms.supplier_skus.pack_size IS 'Orders are multiples of it';
COMMENT ON COLUMN oms.supplier_skus."rank" IS 'Of several suppliers of a SKU the lowest is preferred, then the cheapest';
COMMENT ON COLUMN oms.supplier_skus.max_quantity IS 'Most that can be ordered at once; null: any quantity';
COMMENT ON COLUMN oms.supplier_skus.over_receipt_rate IS 'Null, as each of these tolerances: that of the supplier';

CREATE TABLE oms.supplier_cost_breaks (
    supplier_id integer NOT NULL,
    sku_id bigint NOT NULL,
    min_quantity oms.quantity NOT NULL,
    cost oms.amount NOT NULL,
    CONSTRAINT supplier_cost_breaks_pkey PRIMARY KEY (supplier_id, sku_id, min_quantity),
    CONSTRAINT supplier_cost_breaks_min_quantity_check CHECK (min_quantity OPERATOR(oms.>) '0'::oms.quantity),
    CONSTRAINT supplier_cost_breaks_cost_check CHECK (oms.sign(cost) >= 0),
    CONSTRAINT supplier_cost_breaks_supplier_sku_fkey FOREIGN KEY (supplier_id, sku_id)
        REFERENCES oms.supplier_skus ON DELETE CASCADE
);
COMMENT ON TABLE oms.supplier_cost_breaks IS 'What one base unit costs from a quantity on';

CREATE SEQUENCE oms.purchase_orders_purchase_order_id_seq;
CREATE TABLE oms.purchase_orders (
    purchase_order_id bigint NOT NULL DEFAULT nextval('oms.purchase_orders_purchase_order_id_seq'),
    code text NOT NULL,
    supplier_id integer NOT NULL,
    location_id integer NOT NULL,
    currency text NOT NULL,
    status oms.purchase_order_status NOT NULL DEFAULT 'draft',
    status_at timestamptz NOT NULL DEFAULT oms.now(),
    status_reason text,
    ordered_at timestamptz,
    expected_on date,
    metadata jsonb,
    CONSTRAINT purchase_orders_pkey PRIMARY KEY (purchase_order_id),
    CONSTRAINT purchase_orders_code_key UNIQUE (code),
    CONSTRAINT purchase_orders_code_check CHECK (code <> ''),
    CONSTRAINT purchase_orders_currency_check CHECK (oms.is_currency(currency)),
    CONSTRAINT purchase_orders_supplier_id_fkey FOREIGN KEY (supplier_id) REFERENCES oms.suppliers,
    CONSTRAINT purchase_orders_location_id_fkey FOREIGN KEY (location_id) REFERENCES oms.locations
);
ALTER SEQUENCE oms.purchase_orders_purchase_order_id_seq OWNED BY oms.purchase_orders.purchase_order_id;
CREATE INDEX purchase_orders_supplier_id_idx ON oms.purchase_orders (supplier_id);
CREATE INDEX purchase_orders_location_id_idx ON oms.purchase_orders (location_id);
COMMENT ON TABLE oms.purchase_orders IS 'What was ordered from a supplier for a location';
COMMENT ON COLUMN oms.purchase_orders.location_id IS 'Where the goods are to be delivered';
COMMENT ON COLUMN oms.purchase_orders.status_at IS 'When the status was reached';
COMMENT ON COLUMN oms.purchase_orders.ordered_at IS 'When it was sent to the supplier';
COMMENT ON COLUMN oms.purchase_orders.expected_on IS 'When the goods should come, for lines without a day of their own';

CREATE TABLE oms.purchase_order_lines (
    purchase_order_id bigint NOT NULL,
    line_no integer NOT NULL,
    sku_id bigint NOT NULL,
    quantity oms.quantity NOT NULL,
    received oms.quantity NOT NULL DEFAULT '0',
    unit_cost oms.amount,
    expected_on date,
    cancelled oms.quantity NOT NULL DEFAULT '0',
    confirmed_quantity oms.quantity,
    confirmed_cost oms.amount,
    promised_on date,
    billed oms.quantity NOT NULL DEFAULT '0',
    CONSTRAINT purchase_order_lines_pkey PRIMARY KEY (purchase_order_id, line_no),
    CONSTRAINT purchase_order_lines_quantity_check CHECK (quantity OPERATOR(oms.>) '0'::oms.quantity),
    CONSTRAINT purchase_order_lines_received_check CHECK (received OPERATOR(oms.>=) '0'::oms.quantity),
    CONSTRAINT purchase_order_lines_cancelled_check
        CHECK (cancelled OPERATOR(oms.=) '0'::oms.quantity
               OR cancelled OPERATOR(oms.>) '0'::oms.quantity AND received OPERATOR(oms.+) cancelled OPERATOR(oms.<=) quantity),
    CONSTRAINT purchase_order_lines_confirmed_quantity_check
        CHECK (confirmed_quantity OPERATOR(oms.>=) '0'::oms.quantity AND confirmed_quantity OPERATOR(oms.<=) quantity),
    CONSTRAINT purchase_order_lines_billed_check CHECK (billed OPERATOR(oms.>=) '0'::oms.quantity),
    CONSTRAINT purchase_order_lines_unit_cost_check CHECK (oms.sign(unit_cost) >= 0),
    CONSTRAINT purchase_order_lines_confirmed_cost_check CHECK (oms.sign(confirmed_cost) >= 0),
    CONSTRAINT purchase_order_lines_purchase_order_id_fkey FOREIGN KEY (purchase_order_id) REFERENCES oms.purchase_orders,
    CONSTRAINT purchase_order_lines_sku_id_fkey FOREIGN KEY (sku_id) REFERENCES oms.skus
);
CREATE INDEX purchase_order_lines_sku_id_idx ON oms.purchase_order_lines (sku_id);
CREATE INDEX purchase_order_lines_open_idx ON oms.purchase_order_lines (sku_id)
    WHERE quantity OPERATOR(oms.-) cancelled OPERATOR(oms.>) received;
COMMENT ON TABLE oms.purchase_order_lines IS 'SKUs of a purchase order, in base units';
COMMENT ON COLUMN oms.purchase_order_lines.received IS 'Units that have come in, which functions alone count';
COMMENT ON COLUMN oms.purchase_order_lines.cancelled IS 'Units that will not come, since fewer were confirmed or the rest is within the tolerance; open is quantity less cancelled less received';
COMMENT ON COLUMN oms.purchase_order_lines.confirmed_quantity IS 'What the supplier has confirmed of the quantity; null: nothing was said';
COMMENT ON COLUMN oms.purchase_order_lines.confirmed_cost IS 'Price of one base unit that the supplier has confirmed, which counts then; null: nothing was said';
COMMENT ON COLUMN oms.purchase_order_lines.promised_on IS 'Day that was expected when the supplier first confirmed, or else when the first goods came; later promises do not change it';
COMMENT ON COLUMN oms.purchase_order_lines.unit_cost IS 'Price of one base unit in the currency of the purchase order; null if it is not known';
COMMENT ON COLUMN oms.purchase_order_lines.expected_on IS 'Null: as the whole purchase order';
COMMENT ON COLUMN oms.purchase_order_lines.billed IS 'Units of bills that are in the books';

CREATE TABLE oms.purchase_receipts (
    purchase_order_id bigint NOT NULL,
    receipt_no integer NOT NULL,
    line_no integer NOT NULL,
    location_id integer NOT NULL,
    quantity oms.quantity NOT NULL,
    rejected oms.quantity NOT NULL DEFAULT '0',
    unit_cost oms.amount,
    value oms.amount,
    base_value oms.amount,
    received_at timestamptz NOT NULL DEFAULT oms.now(),
    received_by text NOT NULL DEFAULT session_user,
    billed oms.quantity NOT NULL DEFAULT '0',
    billed_value oms.amount,
    billed_base oms.amount,
    CONSTRAINT purchase_receipts_pkey PRIMARY KEY (purchase_order_id, receipt_no, line_no),
    CONSTRAINT purchase_receipts_quantity_check
        CHECK (quantity OPERATOR(oms.>=) '0'::oms.quantity AND rejected OPERATOR(oms.>=) '0'::oms.quantity
               AND quantity OPERATOR(oms.+) rejected OPERATOR(oms.>) '0'::oms.quantity),
    CONSTRAINT purchase_receipts_billed_check
        CHECK (billed OPERATOR(oms.>=) '0'::oms.quantity AND billed OPERATOR(oms.<=) quantity),
    CONSTRAINT purchase_receipts_line_fkey FOREIGN KEY (purchase_order_id, line_no) REFERENCES oms.purchase_order_lines,
    CONSTRAINT purchase_receipts_location_id_fkey FOREIGN KEY (location_id) REFERENCES oms.locations
);
CREATE INDEX purchase_receipts_line_idx ON oms.purchase_receipts (purchase_order_id, line_no);
CREATE INDEX purchase_receipts_location_id_idx ON oms.purchase_receipts (location_id);
COMMENT ON TABLE oms.purchase_receipts IS 'What of purchase orders has come in; only what was billed of it changes';
COMMENT ON COLUMN oms.purchase_receipts.receipt_no IS 'Rows of one number came together';
COMMENT ON COLUMN oms.purchase_receipts.quantity IS 'Units that were taken into stock';
COMMENT ON COLUMN oms.purchase_receipts.rejected IS 'Units that were sent back at the door, such as damaged ones; they stay open';
COMMENT ON COLUMN oms.purchase_receipts.value IS 'What the ledger owes for them, in the currency that it was posted in; null where no cost was known';
COMMENT ON COLUMN oms.purchase_receipts.base_value IS 'The same in the base currency';
COMMENT ON COLUMN oms.purchase_receipts.billed IS 'Units of quantity that bills in the books are for';
COMMENT ON COLUMN oms.purchase_receipts.billed_value IS 'What of value is not owed as received any more, as it was billed; null: nothing';
COMMENT ON COLUMN oms.purchase_receipts.billed_base IS 'The same of base_value';
