/* sql/store/23-party.sql: who buys */

CREATE SEQUENCE oms.customers_customer_id_seq;
CREATE TABLE oms.customers (
    customer_id bigint NOT NULL DEFAULT nextval('oms.customers_customer_id_seq'),
    reference text,
    email text,
    name text,
    kind text NOT NULL DEFAULT 'person',
    customer_group text,
    language oms.language,
    tax_id text,
    credit_limit oms.amount,
    payment_terms_days integer,
    metadata jsonb,
    created_at timestamptz NOT NULL DEFAULT oms.now(),
    tax_exempt boolean NOT NULL DEFAULT false,
    CONSTRAINT customers_pkey PRIMARY KEY (customer_id),
    CONSTRAINT customers_reference_key UNIQUE (reference),
    CONSTRAINT customers_customer_group_check CHECK (customer_group <> ''),
    CONSTRAINT customers_kind_check CHECK (kind IN ('person', 'company')),
    CONSTRAINT customers_credit_limit_check CHECK (oms.sign(credit_limit) >= 0),
    CONSTRAINT customers_payment_terms_days_check CHECK (payment_terms_days BETWEEN 0 AND 3650),
    CONSTRAINT customers_tax_exempt_check CHECK (NOT tax_exempt OR tax_id IS NOT NULL),
    CONSTRAINT customers_identity_check CHECK (reference IS NOT NULL OR email IS NOT NULL)
);
ALTER SEQUENCE oms.customers_customer_id_seq OWNED BY oms.customers.customer_id;
CREATE UNIQUE INDEX customers_guest_email_key ON oms.customers (lower(email)) WHERE reference IS NULL;
COMMENT ON TABLE oms.customers IS 'A person or company that orders';
COMMENT ON COLUMN oms.customers.reference IS 'The caller''s own key; a customer without one is a guest, known by e-mail';
COMMENT ON COLUMN oms.customers.customer_group IS 'Chooses among prices';
COMMENT ON COLUMN oms.customers.credit_limit IS 'Most that may be owed on terms; null sets no limit';
COMMENT ON COLUMN oms.customers.payment_terms_days IS 'Days until an invoice is due; null has no terms and pays first';
COMMENT ON COLUMN oms.customers.tax_exempt IS 'No tax is charged: such as for resale, or to a company abroad that owes it itself; needs tax_id';
