/* sql/store/38-return.sql: goods that come back, why, in which state, and what becomes of them */

CREATE TABLE oms.return_reasons (
    code text NOT NULL,
    name text NOT NULL,
    fault text NOT NULL DEFAULT 'customer',
    refunds_shipping boolean NOT NULL DEFAULT false,
    warranty boolean NOT NULL DEFAULT false,
    CONSTRAINT return_reasons_pkey PRIMARY KEY (code),
    CONSTRAINT return_reasons_code_check CHECK (code <> ''),
    CONSTRAINT return_reasons_fault_check CHECK (fault IN ('customer', 'seller', 'carrier'))
);
COMMENT ON TABLE oms.return_reasons IS 'Why goods come back; a return may also have a reason in words of its own, which is the customer''s wish then';
COMMENT ON COLUMN oms.return_reasons.fault IS 'Whose fault it is: the customer pays a restocking fee, nobody else; what is not the customer''s fault may be returned even if its sale is final';
COMMENT ON COLUMN oms.return_reasons.refunds_shipping IS 'Shipping is given back, whatever the policy says';
COMMENT ON COLUMN oms.return_reasons.warranty IS 'The days of the policy''s warranty count, not those of its window';

CREATE SEQUENCE oms.return_policies_policy_id_seq AS integer;
CREATE TABLE oms.return_policies (
    policy_id integer NOT NULL DEFAULT nextval('oms.return_policies_policy_id_seq'),
    channel_id integer,
    category @ltree@.ltree,
    window_days integer,
    warranty_days integer,
    restocking_fee_rate numeric(7, 6) NOT NULL DEFAULT 0,
    refund_shipping text NOT NULL DEFAULT 'never',
    auto_approve boolean NOT NULL DEFAULT false,
    auto_refund boolean NOT NULL DEFAULT false,
    send_days integer,
    CONSTRAINT return_policies_pkey PRIMARY KEY (policy_id),
    CONSTRAINT return_policies_days_check CHECK (window_days >= 0 AND warranty_days >= 0 AND send_days >= 0),
    CONSTRAINT return_policies_restocking_fee_rate_check CHECK (restocking_fee_rate BETWEEN 0 AND 1),
    CONSTRAINT return_policies_refund_shipping_check CHECK (refund_shipping IN ('never', 'full_return', 'seller_fault')),
    CONSTRAINT return_policies_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES oms.channels
);
ALTER SEQUENCE oms.return_policies_policy_id_seq OWNED BY oms.return_policies.policy_id;
CREATE UNIQUE INDEX return_policies_scope_key ON oms.return_policies (coalesce(channel_id, 0), coalesce(category::text, ''));
CREATE INDEX return_policies_channel_id_idx ON oms.return_policies (channel_id);
COMMENT ON TABLE oms.return_policies IS 'What may come back and what is given back for it: of the rows that fit a line the one with the longest category counts, and of two alike the one of the channel. Where none fits, all may be returned, at no fee';
COMMENT ON COLUMN oms.return_policies.channel_id IS 'Null fits all channels';
COMMENT ON COLUMN oms.return_policies.category IS 'Of the SKU''s product, with all below it; null fits all SKUs';
COMMENT ON COLUMN oms.return_policies.window_days IS 'Days after the delivery in which a return may be asked for; null is for ever';
COMMENT ON COLUMN oms.return_policies.warranty_days IS 'The same, for reasons of warranty';
COMMENT ON COLUMN oms.return_policies.restocking_fee_rate IS 'Share of a credit that is kept, 0 to 1, where the reason is the customer''s';
COMMENT ON COLUMN oms.return_policies.refund_shipping IS 'When the order''s shipping is given back: never; full_return: once all of the order is; seller_fault: where the reason is not the customer''s';
COMMENT ON COLUMN oms.return_policies.auto_approve IS 'A request is approved at once, if all of its lines say so';
COMMENT ON COLUMN oms.return_policies.auto_refund IS 'A return is completed as soon as it is inspected, if all of its lines say so';
COMMENT ON COLUMN oms.return_policies.send_days IS 'Days after the approval in which the goods are to be sent; null is no limit';

/* categories that fit are beginnings of one path, so the longest is the most specific */
CREATE OR REPLACE VIEW oms.return_terms WITH (security_invoker = true) AS
SELECT l.order_id, l.line_no, p.policy_id, p.window_days, p.warranty_days, p.restocking_fee_rate, p.refund_shipping,
       p.auto_approve, p.auto_refund, p.send_days
FROM oms.order_lines AS l
JOIN oms.orders AS o ON o.order_id = l.order_id
JOIN oms.skus AS s ON s.sku_id = l.sku_id
LEFT JOIN oms.products AS d ON d.product_id = s.product_id
LEFT JOIN LATERAL (
    SELECT p.*
    FROM oms.return_policies AS p
    WHERE coalesce(p.channel_id, o.channel_id) = o.channel_id
          AND (p.category IS NULL OR starts_with(d.category::text || '.', p.category::text || '.'))
    ORDER BY length(p.category::text) DESC NULLS LAST, p.channel_id
    LIMIT 1) AS p ON true;
COMMENT ON VIEW oms.return_terms IS 'The policy by which each line of an order may be returned today; policy_id is null where none fits';

CREATE TABLE oms.returns (
    order_id bigint NOT NULL,
    return_no integer NOT NULL,
    status oms.return_status NOT NULL DEFAULT 'requested',
    status_at timestamptz NOT NULL DEFAULT oms.now(),
    status_reason text,
    reason text,
    announced boolean NOT NULL DEFAULT true,
    location_id integer,
    auto_refund boolean NOT NULL DEFAULT false,
    send_days integer,
    send_by date,
    label jsonb,
    carrier text,
    tracking_number text,
    service text,
    invoice_no integer,
    refund_no integer,
    exchange_order_id bigint,
    requested_at timestamptz NOT NULL DEFAULT oms.now(),
    CONSTRAINT returns_pkey PRIMARY KEY (order_id, return_no),
    CONSTRAINT returns_order_id_fkey FOREIGN KEY (order_id) REFERENCES oms.orders,
    CONSTRAINT returns_location_id_fkey FOREIGN KEY (location_id) REFERENCES oms.locations
);
CREATE INDEX returns_location_id_idx ON oms.returns (location_id);
CREATE INDEX returns_send_by_idx ON oms.returns (send_by) WHERE status OPERATOR(oms.=) 'approved'::oms.return_status;
COMMENT ON TABLE oms.returns IS 'Goods of an order that come back (RMA)';
COMMENT ON COLUMN oms.returns.status_at IS 'When the status was reached';
COMMENT ON COLUMN oms.returns.reason IS 'A code of return_reasons or words of the customer, for lines without a reason of their own';
COMMENT ON COLUMN oms.returns.announced IS 'False: the goods came without a request';
COMMENT ON COLUMN oms.returns.location_id IS 'Where the customer is to send them; they may come elsewhere';
COMMENT ON COLUMN oms.returns.send_days IS 'Of the policy, as it was when the return was asked for';
COMMENT ON COLUMN oms.returns.send_by IS 'Last day to send the goods, set when the return is approved; null is no limit';
COMMENT ON COLUMN oms.returns.label IS 'What a carrier gave for the customer to send the goods';
COMMENT ON COLUMN oms.returns.invoice_no IS 'The credit note, once it is completed; null if nothing was credited';
COMMENT ON COLUMN oms.returns.refund_no IS 'The refund of the order, if money was given back';
COMMENT ON COLUMN oms.returns.exchange_order_id IS 'The order that is paid by what is credited; null for none';

CREATE TABLE oms.return_lines (
    order_id bigint NOT NULL,
    return_no integer NOT NULL,
    line_no integer NOT NULL,
    reason text,
    fault text NOT NULL DEFAULT 'customer',
    requested oms.quantity NOT NULL DEFAULT '0',
    approved oms.quantity NOT NULL DEFAULT '0',
    received oms.quantity NOT NULL DEFAULT '0',
    inspected oms.quantity NOT NULL DEFAULT '0',
    accepted oms.quantity NOT NULL DEFAULT '0',
    restocking_fee_rate numeric(7, 6) NOT NULL DEFAULT 0,
    refund_shipping text NOT NULL DEFAULT 'never',
    CONSTRAINT return_lines_pkey PRIMARY KEY (order_id, return_no, line_no),
    CONSTRAINT return_lines_fault_check CHECK (fault IN ('customer', 'seller', 'carrier')),
    CONSTRAINT return_lines_quantity_check
        CHECK (requested OPERATOR(oms.>=) '0'::oms.quantity
               AND approved OPERATOR(oms.>=) '0'::oms.quantity AND approved OPERATOR(oms.<=) requested
               AND accepted OPERATOR(oms.>=) '0'::oms.quantity AND accepted OPERATOR(oms.<=) inspected
               AND inspected OPERATOR(oms.<=) received),
    CONSTRAINT return_lines_refund_shipping_check CHECK (refund_shipping IN ('never', 'full_return', 'always')),
    CONSTRAINT return_lines_return_fkey FOREIGN KEY (order_id, return_no) REFERENCES oms.returns,
    CONSTRAINT return_lines_line_fkey FOREIGN KEY (order_id, line_no) REFERENCES oms.order_lines
);
CREATE INDEX return_lines_line_idx ON oms.return_lines (order_id, line_no);
COMMENT ON TABLE oms.return_lines IS 'Which units of which line come back, and the counters of what has become of them, in base units of the SKU. What the policy says is kept as it was when the line was asked for';
COMMENT ON COLUMN oms.return_lines.reason IS 'Null: that of the return';
COMMENT ON COLUMN oms.return_lines.requested IS '0: came without being announced';
COMMENT ON COLUMN oms.return_lines.received IS 'Units that came, which may be more than were announced';
COMMENT ON COLUMN oms.return_lines.accepted IS 'Inspected units that are credited';
COMMENT ON COLUMN oms.return_lines.restocking_fee_rate IS 'Share of the credit that is kept; 0 where the reason is not the customer''s';
COMMENT ON COLUMN oms.return_lines.refund_shipping IS 'Whether the order''s shipping is given back: never, once all of the order is, or always';

CREATE TABLE oms.return_receipts (
    order_id bigint NOT NULL,
    return_no integer NOT NULL,
    receipt_no integer NOT NULL,
    line_no integer NOT NULL,
    location_id integer NOT NULL,
    quantity oms.quantity NOT NULL,
    inspected oms.quantity NOT NULL DEFAULT '0',
    received_at timestamptz NOT NULL DEFAULT oms.now(),
    CONSTRAINT return_receipts_pkey PRIMARY KEY (order_id, return_no, receipt_no, line_no),
    CONSTRAINT return_receipts_quantity_check
        CHECK (quantity OPERATOR(oms.>) '0'::oms.quantity AND inspected OPERATOR(oms.>=) '0'::oms.quantity
               AND inspected OPERATOR(oms.<=) quantity),
    CONSTRAINT return_receipts_line_fkey FOREIGN KEY (order_id, return_no, line_no) REFERENCES oms.return_lines,
    CONSTRAINT return_receipts_location_id_fkey FOREIGN KEY (location_id) REFERENCES oms.locations
);
CREATE INDEX return_receipts_line_idx ON oms.return_receipts (order_id, return_no, line_no);
CREATE INDEX return_receipts_location_id_idx ON oms.return_receipts (location_id);
COMMENT ON TABLE oms.return_receipts IS 'What of a return has come where; it is on hand, or else kept, once it is inspected';
COMMENT ON COLUMN oms.return_receipts.receipt_no IS 'Rows of one number came together';
COMMENT ON COLUMN oms.return_receipts.inspected IS 'Units that an inspection has dealt with';

CREATE TABLE oms.return_inspections (
    order_id bigint NOT NULL,
    return_no integer NOT NULL,
    inspection_no integer NOT NULL,
    line_no integer NOT NULL,
    location_id integer NOT NULL,
    quantity oms.quantity NOT NULL,
    grade text,
    disposition text NOT NULL,
    accepted boolean NOT NULL DEFAULT true,
    inspected_at timestamptz NOT NULL DEFAULT oms.now(),
    CONSTRAINT return_inspections_pkey PRIMARY KEY (order_id, return_no, inspection_no),
    CONSTRAINT return_inspections_quantity_check CHECK (quantity OPERATOR(oms.>) '0'::oms.quantity),
    CONSTRAINT return_inspections_disposition_check
        CHECK (disposition IN ('restock', 'refurbish', 'scrap', 'return_to_vendor', 'quarantine')),
    CONSTRAINT return_inspections_line_fkey FOREIGN KEY (order_id, return_no, line_no) REFERENCES oms.return_lines,
    CONSTRAINT return_inspections_location_id_fkey FOREIGN KEY (location_id) REFERENCES oms.locations
);
CREATE INDEX return_inspections_line_idx ON oms.return_inspections (order_id, return_no, line_no);
CREATE INDEX return_inspections_location_id_idx ON oms.return_inspections (location_id);
COMMENT ON TABLE oms.return_inspections IS 'In which state units of a return are, and what becomes of them; append-only';
COMMENT ON COLUMN oms.return_inspections.location_id IS 'Where they came, and are';
COMMENT ON COLUMN oms.return_inspections.grade IS 'State of the goods, in words of the inspector';
COMMENT ON COLUMN oms.return_inspections.disposition IS 'restock: on hand again; scrap: gone; the others are kept in unsellable_stock';
COMMENT ON COLUMN oms.return_inspections.accepted IS 'The customer is credited for them';

CREATE TABLE oms.unsellable_stock (
    sku_id bigint NOT NULL,
    location_id integer NOT NULL,
    disposition text NOT NULL,
    quantity oms.quantity NOT NULL,
    CONSTRAINT unsellable_stock_pkey PRIMARY KEY (sku_id, location_id, disposition),
    CONSTRAINT unsellable_stock_quantity_check CHECK (quantity OPERATOR(oms.>=) '0'::oms.quantity),
    CONSTRAINT unsellable_stock_disposition_check CHECK (disposition IN ('refurbish', 'return_to_vendor', 'quarantine')),
    CONSTRAINT unsellable_stock_sku_id_fkey FOREIGN KEY (sku_id) REFERENCES oms.skus,
    CONSTRAINT unsellable_stock_location_id_fkey FOREIGN KEY (location_id) REFERENCES oms.locations
);
CREATE INDEX unsellable_stock_location_id_idx ON oms.unsellable_stock (location_id);
COMMENT ON TABLE oms.unsellable_stock IS 'Units at a location that are not for sale, the sum of unsellable_movements; no stock level counts them';

CREATE SEQUENCE oms.unsellable_movements_movement_id_seq;
CREATE TABLE oms.unsellable_movements (
    sku_id bigint NOT NULL,
    movement_id bigint NOT NULL DEFAULT nextval('oms.unsellable_movements_movement_id_seq'),
    location_id integer NOT NULL,
    disposition text NOT NULL,
    quantity oms.quantity NOT NULL,
    became text,
    reason text,
    order_id bigint,
    return_no integer,
    occurred_at timestamptz NOT NULL DEFAULT oms.now(),
    CONSTRAINT unsellable_movements_pkey PRIMARY KEY (sku_id, movement_id),
    CONSTRAINT unsellable_movements_became_check
        CHECK (became IN ('restock', 'scrap', 'refurbish', 'return_to_vendor', 'quarantine', 'vendor'))
);
ALTER SEQUENCE oms.unsellable_movements_movement_id_seq OWNED BY oms.unsellable_movements.movement_id;
COMMENT ON TABLE oms.unsellable_movements IS 'Every change of unsellable_stock, append-only';
COMMENT ON COLUMN oms.unsellable_movements.quantity IS 'Signed: what came is positive, what left is negative';
COMMENT ON COLUMN oms.unsellable_movements.became IS 'Of what left: restock (on hand), scrap (gone), vendor (sent back to the supplier), or another disposition';
COMMENT ON COLUMN oms.unsellable_movements.order_id IS 'Of what came by a return';

CREATE TABLE oms.claims (
    order_id bigint NOT NULL,
    claim_no integer NOT NULL,
    reason text NOT NULL,
    resolution text NOT NULL,
    invoice_no integer,
    refund_no integer,
    replacement_order_id bigint,
    claimed_at timestamptz NOT NULL DEFAULT oms.now(),
    CONSTRAINT claims_pkey PRIMARY KEY (order_id, claim_no),
    CONSTRAINT claims_resolution_check CHECK (resolution IN ('refund', 'replacement')),
    CONSTRAINT claims_order_id_fkey FOREIGN KEY (order_id) REFERENCES oms.orders
);
COMMENT ON TABLE oms.claims IS 'Units that came damaged or not at all, made good without being sent back';
COMMENT ON COLUMN oms.claims.reason IS 'A code of return_reasons, or words';
COMMENT ON COLUMN oms.claims.invoice_no IS 'The credit note of a refund';
COMMENT ON COLUMN oms.claims.replacement_order_id IS 'The order, at no charge, that replaces them';

CREATE TABLE oms.claim_lines (
    order_id bigint NOT NULL,
    claim_no integer NOT NULL,
    line_no integer NOT NULL,
    quantity oms.quantity NOT NULL,
    reason text,
    CONSTRAINT claim_lines_pkey PRIMARY KEY (order_id, claim_no, line_no),
    CONSTRAINT claim_lines_quantity_check CHECK (quantity OPERATOR(oms.>) '0'::oms.quantity),
    CONSTRAINT claim_lines_claim_fkey FOREIGN KEY (order_id, claim_no) REFERENCES oms.claims,
    CONSTRAINT claim_lines_line_fkey FOREIGN KEY (order_id, line_no) REFERENCES oms.order_lines
);
CREATE INDEX claim_lines_line_idx ON oms.claim_lines (order_id, line_no);
COMMENT ON TABLE oms.claim_lines IS 'Units of a claim, in base units of the SKU';
COMMENT ON COLUMN oms.claim_lines.reason IS 'Null: that of the claim';

CREATE TABLE oms.order_links (
    order_id bigint NOT NULL,
    linked_order_id bigint NOT NULL,
    kind text NOT NULL,
    return_no integer,
    claim_no integer,
    payment_no integer,
    moved oms.amount,
    CONSTRAINT order_links_pkey PRIMARY KEY (order_id, linked_order_id),
    CONSTRAINT order_links_linked_order_id_key UNIQUE (linked_order_id),
    CONSTRAINT order_links_kind_check
        CHECK (kind = 'exchange' AND return_no IS NOT NULL AND claim_no IS NULL
               OR kind = 'replacement' AND claim_no IS NOT NULL AND return_no IS NULL),
    CONSTRAINT order_links_moved_check CHECK (oms.sign(moved) >= 0),
    CONSTRAINT order_links_order_id_fkey FOREIGN KEY (order_id) REFERENCES oms.orders,
    CONSTRAINT order_links_linked_order_id_fkey FOREIGN KEY (linked_order_id) REFERENCES oms.orders
);
COMMENT ON TABLE oms.order_links IS 'Orders that came of a return or claim of another';
COMMENT ON COLUMN oms.order_links.linked_order_id IS 'The later order';
COMMENT ON COLUMN oms.order_links.payment_no IS 'Of the later order: its payment by exchange; null for none';
COMMENT ON COLUMN oms.order_links.moved IS 'What the customer had too much paid on order_id and has paid linked_order_id by, less what came back of it; null for nothing';
