/* sql/store/26-bill.sql: what suppliers ask for, and what they were paid */

CREATE SEQUENCE oms.bills_bill_id_seq AS integer;
CREATE TABLE oms.bills (
    bill_id integer NOT NULL DEFAULT nextval('oms.bills_bill_id_seq'),
    supplier_id integer NOT NULL,
    number text NOT NULL,
    purchase_order_id bigint,
    currency text NOT NULL,
    billed_on date NOT NULL,
    due_on date NOT NULL,
    status text NOT NULL DEFAULT 'mismatched',
    differences jsonb,
    reason text,
    goods oms.amount NOT NULL,
    tax oms.amount NOT NULL,
    shipping oms.amount NOT NULL,
    total oms.amount NOT NULL,
    paid oms.amount NOT NULL,
    base_open oms.amount,
    document jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT oms.now(),
    agreed_at timestamptz,
    mismatched boolean NOT NULL DEFAULT false,
    CONSTRAINT bills_pkey PRIMARY KEY (bill_id),
    CONSTRAINT bills_number_check CHECK (number <> ''),
    CONSTRAINT bills_status_check CHECK (status IN ('mismatched', 'matched', 'approved', 'rejected', 'paid')),
    CONSTRAINT bills_agreed_at_check CHECK ((status IN ('mismatched', 'rejected')) = (agreed_at IS NULL)),
    CONSTRAINT bills_currency_check CHECK (oms.is_currency(currency) AND oms.currency_of(total) = currency),
    CONSTRAINT bills_total_check CHECK (total OPERATOR(oms.=) (goods OPERATOR(oms.+) tax OPERATOR(oms.+) shipping)),
    CONSTRAINT bills_parts_check CHECK (oms.sign(goods) >= 0 AND oms.sign(tax) >= 0 AND oms.sign(shipping) >= 0),
    CONSTRAINT bills_paid_check CHECK (oms.sign(paid) >= 0 AND paid OPERATOR(oms.<=) total
                                       AND (status <> 'paid' OR paid OPERATOR(oms.=) total)),
    CONSTRAINT bills_supplier_id_fkey FOREIGN KEY (supplier_id) REFERENCES oms.suppliers,
    CONSTRAINT bills_purchase_order_id_fkey FOREIGN KEY (purchase_order_id) REFERENCES oms.purchase_orders
);
ALTER SEQUENCE oms.bills_bill_id_seq OWNED BY oms.bills.bill_id;
CREATE INDEX bills_supplier_id_idx ON oms.bills (supplier_id, total);
CREATE UNIQUE INDEX bills_number_key ON oms.bills (supplier_id, number) WHERE status <> 'rejected';
CREATE INDEX bills_purchase_order_id_idx ON oms.bills (purchase_order_id);
COMMENT ON TABLE oms.bills IS 'Bills of suppliers, compared with what was ordered and received';
COMMENT ON COLUMN oms.bills.number IS 'The supplier''s own, once a supplier but for those that were rejected';
COMMENT ON COLUMN oms.bills.status IS 'mismatched: not in the books; matched by itself, or approved by somebody, and so in the books; rejected; paid';
COMMENT ON COLUMN oms.bills.differences IS 'What does not agree, or did not when it was approved: an array of objects with their kind; null: nothing';
COMMENT ON COLUMN oms.bills.reason IS 'Why it was approved or rejected';
COMMENT ON COLUMN oms.bills.goods IS 'Sum of the lines';
COMMENT ON COLUMN oms.bills.base_open IS 'What the ledger owes of it, in the base currency; null where it is not in the books, or no rate was known';
COMMENT ON COLUMN oms.bills.mismatched IS 'It did not agree when it was recorded, whatever became of it';
COMMENT ON COLUMN oms.bills.document IS 'As it was recorded';

CREATE TABLE oms.bill_lines (
    bill_id integer NOT NULL,
    line_no integer NOT NULL,
    purchase_order_id bigint,
    order_line_no integer,
    sku_id bigint NOT NULL,
    quantity oms.quantity NOT NULL,
    unit_cost numeric(20, 6) NOT NULL,
    total oms.amount NOT NULL,
    cleared oms.quantity NOT NULL DEFAULT '0',
    CONSTRAINT bill_lines_pkey PRIMARY KEY (bill_id, line_no),
    CONSTRAINT bill_lines_quantity_check CHECK (quantity OPERATOR(oms.>) '0'::oms.quantity),
    CONSTRAINT bill_lines_unit_cost_check CHECK (unit_cost >= 0),
    CONSTRAINT bill_lines_cleared_check
        CHECK (cleared OPERATOR(oms.>=) '0'::oms.quantity AND cleared OPERATOR(oms.<=) quantity),
    CONSTRAINT bill_lines_order_line_check CHECK ((purchase_order_id IS NULL) = (order_line_no IS NULL)),
    CONSTRAINT bill_lines_bill_id_fkey FOREIGN KEY (bill_id) REFERENCES oms.bills,
    CONSTRAINT bill_lines_order_line_fkey FOREIGN KEY (purchase_order_id, order_line_no) REFERENCES oms.purchase_order_lines,
    CONSTRAINT bill_lines_sku_id_fkey FOREIGN KEY (sku_id) REFERENCES oms.skus
);
CREATE INDEX bill_lines_order_line_idx ON oms.bill_lines (purchase_order_id, order_line_no);
CREATE INDEX bill_lines_sku_id_idx ON oms.bill_lines (sku_id);
COMMENT ON TABLE oms.bill_lines IS 'What a bill asks for, each line of one line of a purchase order';
COMMENT ON COLUMN oms.bill_lines.order_line_no IS 'Null: it is of nothing that was ordered';
COMMENT ON COLUMN oms.bill_lines.unit_cost IS 'Price of one base unit in the currency of the bill, which may be finer than an amount';
COMMENT ON COLUMN oms.bill_lines.cleared IS 'Units that have come and that it is for, as far as it is in the books';

CREATE TABLE oms.bill_payments (
    bill_id integer NOT NULL,
    payment_no integer NOT NULL,
    amount oms.amount NOT NULL,
    paid_at timestamptz NOT NULL DEFAULT oms.now(),
    CONSTRAINT bill_payments_pkey PRIMARY KEY (bill_id, payment_no),
    CONSTRAINT bill_payments_amount_check CHECK (oms.sign(amount) > 0),
    CONSTRAINT bill_payments_bill_id_fkey FOREIGN KEY (bill_id) REFERENCES oms.bills
);
COMMENT ON TABLE oms.bill_payments IS 'What suppliers were paid, append-only';

/* line by line, so that one purchase order does not cost what all do */
CREATE OR REPLACE VIEW oms.purchase_order_matching WITH (security_invoker = true) AS
    SELECT o.purchase_order_id, o.code, p.code AS supplier, o.status, l.line_no, s.code AS sku, l.quantity, l.cancelled,
           l.received, l.billed, coalesce(l.confirmed_cost, l.unit_cost) AS unit_cost,
           r.value AS received_value, b.total AS billed_total,
           greatest(l.received OPERATOR(oms.-) l.billed, '0'::oms.quantity) AS to_be_billed,
           greatest(l.billed OPERATOR(oms.-) l.received, '0'::oms.quantity) AS billed_before,
           b.mismatched AS mismatched_bills
    FROM oms.purchase_order_lines l
    JOIN oms.purchase_orders o USING (purchase_order_id)
    JOIN oms.suppliers p USING (supplier_id)
    JOIN oms.skus s USING (sku_id),
    LATERAL (SELECT oms.sum(c.value) FILTER (WHERE oms.currency_of(c.value) = o.currency) AS value
             FROM oms.purchase_receipts c
             WHERE c.purchase_order_id = l.purchase_order_id AND c.line_no = l.line_no) AS r,
    LATERAL (SELECT oms.sum(i.total) FILTER (WHERE n.agreed_at IS NOT NULL) AS total, count(*) FILTER (WHERE n.status = 'mismatched') AS mismatched
             FROM oms.bill_lines i JOIN oms.bills n USING (bill_id)
             WHERE i.purchase_order_id = l.purchase_order_id AND i.order_line_no = l.line_no) AS b;
COMMENT ON VIEW oms.purchase_order_matching IS 'Lines of purchase orders: what was ordered, received and billed';
COMMENT ON COLUMN oms.purchase_order_matching.received_value IS 'What the ledger was to owe for what has come, in the currency of the purchase order';
COMMENT ON COLUMN oms.purchase_order_matching.billed_total IS 'Of bills that are in the books';
COMMENT ON COLUMN oms.purchase_order_matching.to_be_billed IS 'Units that have come and are in no bill';
COMMENT ON COLUMN oms.purchase_order_matching.billed_before IS 'Units of bills that were approved before they came';

CREATE OR REPLACE VIEW oms_report.payables WITH (security_invoker = true) AS
    SELECT p.code AS supplier, p.name AS supplier_name, b.currency,
           count(*) FILTER (WHERE b.status <> 'mismatched') AS bills,
           coalesce(sum(v.open) FILTER (WHERE b.status <> 'mismatched'), 0) AS open,
           coalesce(sum(v.open) FILTER (WHERE b.status <> 'mismatched' AND v.days <= 0), 0) AS not_due,
           coalesce(sum(v.open) FILTER (WHERE b.status <> 'mismatched' AND v.days BETWEEN 1 AND 30), 0) AS overdue_1_30,
           coalesce(sum(v.open) FILTER (WHERE b.status <> 'mismatched' AND v.days BETWEEN 31 AND 60), 0) AS overdue_31_60,
           coalesce(sum(v.open) FILTER (WHERE b.status <> 'mismatched' AND v.days BETWEEN 61 AND 90), 0) AS overdue_61_90,
           coalesce(sum(v.open) FILTER (WHERE b.status <> 'mismatched' AND v.days > 90), 0) AS overdue_over_90,
           max(oms.currency_of(b.base_open)) AS base_currency, coalesce(sum(b.base_open::numeric), 0) AS base_open,
           count(*) FILTER (WHERE b.status = 'mismatched') AS mismatched_bills,
           coalesce(sum(v.open) FILTER (WHERE b.status = 'mismatched'), 0) AS mismatched
    FROM oms.bills b
    JOIN oms.suppliers p USING (supplier_id),
    LATERAL (SELECT b.total::numeric - b.paid::numeric AS open, (SELECT oms_internal.report_today()) - b.due_on AS days) AS v
    WHERE b.status IN ('mismatched', 'matched', 'approved') AND v.open > 0
    GROUP BY p.code, p.name, b.currency;
COMMENT ON VIEW oms_report.payables IS 'What is owed to suppliers for their bills, by supplier and currency, and for how many days it is overdue';
COMMENT ON COLUMN oms_report.payables.supplier IS 'Code of the supplier';
COMMENT ON COLUMN oms_report.payables.supplier_name IS 'Name of the supplier';
COMMENT ON COLUMN oms_report.payables.currency IS 'Of the bills';
COMMENT ON COLUMN oms_report.payables.bills IS 'Bills that are in the books and not paid';
COMMENT ON COLUMN oms_report.payables.open IS 'Of bills that are in the books, in all';
COMMENT ON COLUMN oms_report.payables.not_due IS 'Of that, what is not due yet';
COMMENT ON COLUMN oms_report.payables.overdue_1_30 IS 'Due for 1 to 30 days';
COMMENT ON COLUMN oms_report.payables.overdue_31_60 IS 'Due for 31 to 60 days';
COMMENT ON COLUMN oms_report.payables.overdue_61_90 IS 'Due for 61 to 90 days';
COMMENT ON COLUMN oms_report.payables.overdue_over_90 IS 'Due for longer';
COMMENT ON COLUMN oms_report.payables.base_currency IS 'Currency that the books are kept in';
COMMENT ON COLUMN oms_report.payables.base_open IS 'open in the base currency, as the books have it';
COMMENT ON COLUMN oms_report.payables.mismatched_bills IS 'Bills that do not agree with what was ordered and has come';
COMMENT ON COLUMN oms_report.payables.mismatched IS 'Of bills that do not agree with what was ordered and received, which are not in the books';
