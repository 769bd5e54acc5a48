/* sql/store/37-invoice.sql: invoices and credit notes */

CREATE TABLE oms.invoices (
    order_id bigint NOT NULL,
    invoice_no integer NOT NULL,
    kind text NOT NULL,
    reason text,
    return_no integer,
    goods oms.amount NOT NULL,
    shipping oms.amount NOT NULL,
    discount oms.amount NOT NULL,
    tax oms.amount NOT NULL,
    fee oms.amount NOT NULL,
    total oms.amount NOT NULL,
    series text,
    number bigint,
    issued_on date,
    due_on date,
    created_at timestamptz NOT NULL DEFAULT oms.now(),
    CONSTRAINT invoices_pkey PRIMARY KEY (order_id, invoice_no),
    CONSTRAINT invoices_kind_check CHECK (kind IN ('invoice', 'credit_note')),
    CONSTRAINT invoices_total_check
        CHECK (total OPERATOR(oms.=) (goods OPERATOR(oms.+) shipping OPERATOR(oms.-) discount OPERATOR(oms.+) tax OPERATOR(oms.-) fee)),
    CONSTRAINT invoices_number_check
        CHECK ((number IS NULL) = (series IS NULL) AND (number IS NULL) = (issued_on IS NULL) AND number > 0),
    CONSTRAINT invoices_order_id_fkey FOREIGN KEY (order_id) REFERENCES oms.orders
);
CREATE UNIQUE INDEX invoices_number_key ON oms.invoices (series, number) WHERE number IS NOT NULL;
COMMENT ON TABLE oms.invoices IS 'What was charged (invoice) or taken back of a charge (credit_note) of an order, all amounts positive';
COMMENT ON COLUMN oms.invoices.reason IS 'Of a credit note: return, claim, allowance';
COMMENT ON COLUMN oms.invoices.goods IS 'Without tax, before discounts on the order';
COMMENT ON COLUMN oms.invoices.shipping IS 'Without tax';
COMMENT ON COLUMN oms.invoices.fee IS 'Kept of a credit, such as for restocking';
COMMENT ON COLUMN oms.invoices.number IS 'Without gaps in its series; null until it is issued';

CREATE TABLE oms.invoice_lines (
    order_id bigint NOT NULL,
    invoice_no integer NOT NULL,
    line_no integer NOT NULL,
    quantity oms.quantity,
    goods oms.amount NOT NULL,
    discount oms.amount NOT NULL,
    tax oms.amount NOT NULL,
    tax_rate numeric(9, 8),
    tax_jurisdiction text,
    CONSTRAINT invoice_lines_pkey PRIMARY KEY (order_id, invoice_no, line_no),
    CONSTRAINT invoice_lines_invoice_fkey FOREIGN KEY (order_id, invoice_no) REFERENCES oms.invoices
);
COMMENT ON TABLE oms.invoice_lines IS 'What an invoice or credit note says of each line of its order';
COMMENT ON COLUMN oms.invoice_lines.line_no IS 'Of the order; 0 is shipping';
COMMENT ON COLUMN oms.invoice_lines.quantity IS 'Null: money without units, such as an allowance, or shipping';
COMMENT ON COLUMN oms.invoice_lines.goods IS 'Price without tax, before discounts on the order';
