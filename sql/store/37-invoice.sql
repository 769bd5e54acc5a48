/* sql/store/37-invoice.sql: invoices and credit notes, their numbers, and who is reminded of them */

CREATE TABLE oms.invoice_series (
    code text NOT NULL,
    kind text NOT NULL,
    channel_id integer,
    organization_id integer,
    prefix text,
    yearly boolean NOT NULL DEFAULT false,
    digits integer NOT NULL DEFAULT 6,
    next_number bigint NOT NULL DEFAULT 1,
    year integer NOT NULL DEFAULT 0,
    issued_on date,
    CONSTRAINT invoice_series_pkey PRIMARY KEY (code),
    CONSTRAINT invoice_series_code_check CHECK (code <> ''),
    CONSTRAINT invoice_series_kind_check CHECK (kind IN ('invoice', 'credit_note')),
    CONSTRAINT invoice_series_scope_check CHECK (channel_id IS NULL OR organization_id IS NULL),
    CONSTRAINT invoice_series_digits_check CHECK (digits BETWEEN 1 AND 12),
    CONSTRAINT invoice_series_next_number_check CHECK (next_number > 0),
    CONSTRAINT invoice_series_channel_id_fkey FOREIGN KEY (channel_id) REFERENCES oms.channels,
    CONSTRAINT invoice_series_organization_id_fkey FOREIGN KEY (organization_id) REFERENCES oms.organizations
);
CREATE UNIQUE INDEX invoice_series_scope_key ON oms.invoice_series
    (kind, coalesce(channel_id, 0), coalesce(organization_id, 0));
CREATE INDEX invoice_series_channel_id_idx ON oms.invoice_series (channel_id);
CREATE INDEX invoice_series_organization_id_idx ON oms.invoice_series (organization_id);
COMMENT ON TABLE oms.invoice_series IS 'Where the numbers of invoices and credit notes come from, without gaps. The series of the channel counts before that of its organization before the general one';
COMMENT ON COLUMN oms.invoice_series.prefix IS 'Stands before the number, as in INV-2026-000123; null: nothing';
COMMENT ON COLUMN oms.invoice_series.yearly IS 'The year stands before the number, which begins at 1 with each year';
COMMENT ON COLUMN oms.invoice_series.digits IS 'Shorter numbers are filled with zeros';
COMMENT ON COLUMN oms.invoice_series.next_number IS 'Locked by who issues, until that transaction ends';
COMMENT ON COLUMN oms.invoice_series.year IS 'Of the last number, if it is yearly; 0: none, or not yearly';
COMMENT ON COLUMN oms.invoice_series.issued_on IS 'Day of the last number; later numbers have no earlier day';

INSERT INTO oms.invoice_series (code, kind, prefix, yearly) VALUES
    ('invoice', 'invoice', 'INV-', true),
    ('credit_note', 'credit_note', 'CN-', true);

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
    series_year integer NOT NULL DEFAULT 0,
    name text,
    closed boolean NOT NULL DEFAULT false,
    CONSTRAINT invoices_pkey PRIMARY KEY (order_id, invoice_no),
    CONSTRAINT invoices_kind_check CHECK (kind IN ('invoice', 'credit_note')),
    CONSTRAINT invoices_total_check
        CHECK (total OPERATOR(oms.=) (goods OPERATOR(oms.+) shipping OPERATOR(oms.-) discount OPERATOR(oms.+) tax OPERATOR(oms.-) fee)),
    CONSTRAINT invoices_number_check
        CHECK ((number IS NULL) = (series IS NULL) AND (number IS NULL) = (issued_on IS NULL) AND (number IS NULL) = (name IS NULL)
               AND number > 0),
    CONSTRAINT invoices_due_on_check CHECK (due_on >= issued_on),
    CONSTRAINT invoices_series_fkey FOREIGN KEY (series) REFERENCES oms.invoice_series,
    CONSTRAINT invoices_order_id_fkey FOREIGN KEY (order_id) REFERENCES oms.orders
);
CREATE UNIQUE INDEX invoices_number_key ON oms.invoices (series, series_year, number) WHERE number IS NOT NULL;
CREATE INDEX invoices_unnumbered_idx ON oms.invoices (order_id) WHERE number IS NULL;
CREATE INDEX invoices_open_idx ON oms.invoices (due_on, order_id) WHERE kind = 'invoice' AND number IS NOT NULL AND NOT closed;
COMMENT ON TABLE oms.invoices IS 'What was charged (invoice) or taken back of a charge (credit_note) of an order, all amounts positive. Invoices of an order add up to what is charged of it; one that corrects those before may be negative';
COMMENT ON COLUMN oms.invoices.reason IS 'Of a credit note: return, claim, allowance; of an invoice without new units: correction';
COMMENT ON COLUMN oms.invoices.goods IS 'Without tax, before discounts on the order';
COMMENT ON COLUMN oms.invoices.shipping IS 'Without tax';
COMMENT ON COLUMN oms.invoices.fee IS 'Kept of a credit, such as for restocking';
COMMENT ON COLUMN oms.invoices.number IS 'Without gaps in its series; null until it is issued';
COMMENT ON COLUMN oms.invoices.series_year IS 'Year that the number is counted in; 0 where the series does not begin anew each year';
COMMENT ON COLUMN oms.invoices.name IS 'The number as it is printed: INV-2026-000123';
COMMENT ON COLUMN oms.invoices.due_on IS 'Of an invoice: by the customer''s payment terms';
COMMENT ON COLUMN oms.invoices.closed IS 'Nothing was open any more when it was last looked at after its due date; a refund opens it again. oms.invoice_balances tells what is open now';

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

/* what is still to be looked at */

CREATE TABLE oms.invoice_queue (
    order_id bigint NOT NULL,
    CONSTRAINT invoice_queue_pkey PRIMARY KEY (order_id)
);
COMMENT ON TABLE oms.invoice_queue IS 'Orders of which something may be left to invoice, for oms.issue_invoices()';

/* who does not pay */

CREATE TABLE oms.dunning_levels (
    level integer NOT NULL,
    name text,
    days_overdue integer NOT NULL,
    fee oms.amount,
    metadata jsonb,
    CONSTRAINT dunning_levels_pkey PRIMARY KEY (level),
    CONSTRAINT dunning_levels_level_check CHECK (level > 0),
    CONSTRAINT dunning_levels_days_overdue_key UNIQUE (days_overdue),
    CONSTRAINT dunning_levels_days_overdue_check CHECK (days_overdue > 0),
    CONSTRAINT dunning_levels_fee_check CHECK (oms.sign(fee) >= 0)
);
COMMENT ON TABLE oms.dunning_levels IS 'Steps by which customers are reminded of what is overdue, in the order of level';
COMMENT ON COLUMN oms.dunning_levels.days_overdue IS 'Days after the due date from which on an invoice is raised to it';
COMMENT ON COLUMN oms.dunning_levels.fee IS 'To be asked for, of invoices in its currency; not posted';

CREATE TABLE oms.dunnings (
    order_id bigint NOT NULL,
    invoice_no integer NOT NULL,
    level integer NOT NULL,
    open oms.amount NOT NULL,
    fee oms.amount,
    dunned_on date NOT NULL,
    created_at timestamptz NOT NULL DEFAULT oms.now(),
    CONSTRAINT dunnings_pkey PRIMARY KEY (order_id, invoice_no, level),
    CONSTRAINT dunnings_invoice_fkey FOREIGN KEY (order_id, invoice_no) REFERENCES oms.invoices
);
COMMENT ON TABLE oms.dunnings IS 'That a customer is to be reminded of an invoice, once per level';
COMMENT ON COLUMN oms.dunnings.open IS 'Of the invoice on that day';

/* what has become of an invoice: in minor units, as one order has one currency */

CREATE OR REPLACE VIEW oms.invoice_balances WITH (security_invoker = true) AS
SELECT o.order_id, b.invoice_no, b.kind, b.name, b.issued_on, b.due_on, b.total,
       oms.amount_from_minor(b.credited, o.currency) AS credited,
       oms.amount_from_minor(b.paid, o.currency) AS paid,
       oms.amount_from_minor(b.open, o.currency) AS open,
       CASE WHEN b.kind = 'credit_note' THEN CASE WHEN b.open = 0 THEN 'paid' ELSE 'open' END
            WHEN b.open = 0 THEN CASE WHEN b.credited = b.charge AND b.credited > 0 THEN 'credited' ELSE 'paid' END
            WHEN b.due_on < (SELECT oms_internal.report_today()) THEN 'overdue'
            WHEN b.open < b.charge THEN 'partially_paid'
            ELSE 'open' END AS status
FROM oms.orders AS o
CROSS JOIN LATERAL (
    SELECT c.*, CASE WHEN c.kind = 'invoice' THEN c.charge - c.credited - c.paid
                     ELSE least(0, greatest(c.given_later - c.owed_back, -c.note)) END AS open
    FROM (
        SELECT s.*, least(greatest(s.credit - s.charged_before, 0), s.charge) AS credited,
               least(greatest(p.paid - greatest(s.charged_before - s.credit, 0), 0),
                     s.charge - least(greatest(s.credit - s.charged_before, 0), s.charge)) AS paid,
               greatest(0, least(p.paid - (oms.minor(o.total) - s.notes), s.notes)) AS owed_back
        FROM (
            SELECT m.*, coalesce(sum(m.charge) OVER earlier, 0)::bigint AS charged_before,
                   sum(m.credits) OVER ()::bigint AS credit,
                   sum(m.note) OVER ()::bigint AS notes, coalesce(sum(m.note) OVER later, 0)::bigint AS given_later
            FROM (
                SELECT i.invoice_no, i.kind, i.name, i.issued_on, i.due_on, i.total,
                       CASE WHEN i.kind = 'invoice' THEN greatest(oms.minor(i.total), 0) ELSE 0 END AS charge,
                       CASE WHEN i.kind = 'invoice' THEN -least(oms.minor(i.total), 0) ELSE oms.minor(i.total) END AS credits,
                       CASE WHEN i.kind = 'invoice' THEN 0 ELSE oms.minor(i.total) END AS note
                FROM oms.invoices AS i
                WHERE i.order_id = o.order_id) AS m
            WINDOW earlier AS (ORDER BY m.invoice_no ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
                   later AS (ORDER BY m.invoice_no DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS s
        CROSS JOIN (SELECT coalesce(sum(oms.minor(t.captured) - oms.minor(t.refunded)), 0)::bigint AS paid
                    FROM oms.payments AS t
                    WHERE t.order_id = o.order_id) AS p) AS c) AS b;
COMMENT ON VIEW oms.invoice_balances IS 'What is open of each invoice: credit notes, then payments of its order go to the oldest first';
COMMENT ON COLUMN oms.invoice_balances.open IS 'What the customer owes of an invoice; of a credit note what we owe, negative';
COMMENT ON COLUMN oms.invoice_balances.status IS 'open, partially_paid, overdue, paid, or credited by credit notes alone';

CREATE OR REPLACE VIEW oms_report.open_invoices WITH (security_invoker = true) AS
SELECT b.order_id, b.invoice_no, b.name AS number, ch.code AS channel, o.customer_id, c.reference AS customer,
       coalesce(c.name, c.email) AS customer_name, b.issued_on, b.due_on,
       greatest((SELECT oms_internal.report_today()) - b.due_on, 0) AS days_overdue, o.currency,
       b.total::numeric AS total, b.credited::numeric AS credited, b.paid::numeric AS paid, b.open::numeric AS open, b.status,
       (SELECT max(d.level) FROM oms.dunnings AS d
        WHERE d.order_id = b.order_id AND d.invoice_no = b.invoice_no) AS dunning_level
FROM oms.orders AS o
JOIN oms.channels AS ch ON ch.channel_id = o.channel_id
LEFT JOIN oms.customers AS c ON c.customer_id = o.customer_id
JOIN oms.invoice_balances AS b ON b.order_id = o.order_id
WHERE o.order_id IN (SELECT i.order_id FROM oms.invoices AS i
                     WHERE i.kind = 'invoice' AND i.number IS NOT NULL AND NOT i.closed)
      AND b.kind = 'invoice' AND b.name IS NOT NULL AND oms.sign(b.open) > 0;
COMMENT ON VIEW oms_report.open_invoices IS 'Invoices that are not paid, with what is open and for how long';
COMMENT ON COLUMN oms_report.open_invoices.order_id IS 'Number of the order';
COMMENT ON COLUMN oms_report.open_invoices.invoice_no IS 'Of the invoice within the order';
COMMENT ON COLUMN oms_report.open_invoices.number IS 'As it is printed: INV-2026-000123';
COMMENT ON COLUMN oms_report.open_invoices.channel IS 'Code of the channel';
COMMENT ON COLUMN oms_report.open_invoices.customer_id IS 'Number of the customer; null: the order has none';
COMMENT ON COLUMN oms_report.open_invoices.customer IS 'The customer''s reference';
COMMENT ON COLUMN oms_report.open_invoices.customer_name IS 'Name of the customer, or the e-mail address';
COMMENT ON COLUMN oms_report.open_invoices.issued_on IS 'Day of the invoice';
COMMENT ON COLUMN oms_report.open_invoices.due_on IS 'Day on which it was to be paid';
COMMENT ON COLUMN oms_report.open_invoices.days_overdue IS 'Days since then; 0: it is not due';
COMMENT ON COLUMN oms_report.open_invoices.currency IS 'Of the amounts';
COMMENT ON COLUMN oms_report.open_invoices.total IS 'Of the invoice';
COMMENT ON COLUMN oms_report.open_invoices.credited IS 'By credit notes';
COMMENT ON COLUMN oms_report.open_invoices.paid IS 'Of that, what payments of the order cover';
COMMENT ON COLUMN oms_report.open_invoices.open IS 'What is still to be paid';
COMMENT ON COLUMN oms_report.open_invoices.status IS 'open, partially_paid or overdue';
COMMENT ON COLUMN oms_report.open_invoices.dunning_level IS 'Highest level at which the customer was reminded; null: never';

CREATE OR REPLACE VIEW oms_report.receivables_ageing WITH (security_invoker = true) AS
SELECT o.customer_id, o.customer, o.customer_name, o.currency,
       coalesce(sum(o.open) FILTER (WHERE o.days_overdue = 0), 0) AS not_due,
       coalesce(sum(o.open) FILTER (WHERE o.days_overdue BETWEEN 1 AND 30), 0) AS overdue_1_30,
       coalesce(sum(o.open) FILTER (WHERE o.days_overdue BETWEEN 31 AND 60), 0) AS overdue_31_60,
       coalesce(sum(o.open) FILTER (WHERE o.days_overdue BETWEEN 61 AND 90), 0) AS overdue_61_90,
       coalesce(sum(o.open) FILTER (WHERE o.days_overdue > 90), 0) AS overdue_over_90,
       sum(o.open) AS open, min(o.due_on) AS oldest_due_on, count(*) AS invoices
FROM oms_report.open_invoices AS o
GROUP BY o.customer_id, o.customer, o.customer_name, o.currency;
COMMENT ON VIEW oms_report.receivables_ageing IS 'What customers owe on invoices by how long it is overdue, at the present of the store';
COMMENT ON COLUMN oms_report.receivables_ageing.customer_id IS 'Number of the customer; null: orders without one';
COMMENT ON COLUMN oms_report.receivables_ageing.customer IS 'The customer''s reference';
COMMENT ON COLUMN oms_report.receivables_ageing.customer_name IS 'Name of the customer, or the e-mail address';
COMMENT ON COLUMN oms_report.receivables_ageing.currency IS 'Of the amounts';
COMMENT ON COLUMN oms_report.receivables_ageing.not_due IS 'Not due yet';
COMMENT ON COLUMN oms_report.receivables_ageing.overdue_1_30 IS 'Overdue for 1 to 30 days';
COMMENT ON COLUMN oms_report.receivables_ageing.overdue_31_60 IS 'Overdue for 31 to 60 days';
COMMENT ON COLUMN oms_report.receivables_ageing.overdue_61_90 IS 'Overdue for 61 to 90 days';
COMMENT ON COLUMN oms_report.receivables_ageing.overdue_over_90 IS 'Overdue for longer';
COMMENT ON COLUMN oms_report.receivables_ageing.open IS 'In all';
COMMENT ON COLUMN oms_report.receivables_ageing.oldest_due_on IS 'Day on which the oldest of the invoices was to be paid';
COMMENT ON COLUMN oms_report.receivables_ageing.invoices IS 'How many are open';
