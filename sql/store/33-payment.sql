/* sql/store/33-payment.sql: what was promised, taken and given back */

CREATE TABLE oms.payments (
    order_id bigint NOT NULL,
    payment_no integer NOT NULL,
    method text NOT NULL,
    provider text,
    reference text,
    status oms.payment_status NOT NULL DEFAULT 'pending',
    status_at timestamptz NOT NULL DEFAULT oms.now(),
    status_reason text,
    amount oms.amount NOT NULL,
    authorized oms.amount NOT NULL,
    captured oms.amount NOT NULL,
    refunded oms.amount NOT NULL,
    metadata jsonb,
    created_at timestamptz NOT NULL DEFAULT oms.now(),
    expires_at timestamptz,
    account_id bigint,
    CONSTRAINT payments_pkey PRIMARY KEY (order_id, payment_no),
    CONSTRAINT payments_method_check CHECK (method <> ''),
    CONSTRAINT payments_amount_check CHECK (oms.sign(amount) > 0),
    CONSTRAINT payments_sums_check
        CHECK (oms.sign(refunded) >= 0
               AND refunded OPERATOR(oms.<=) captured
               AND captured OPERATOR(oms.<=) authorized
               AND authorized OPERATOR(oms.<=) amount
               AND oms.currency_of(refunded) = oms.currency_of(amount)),
    CONSTRAINT payments_account_id_check CHECK ((account_id IS NOT NULL) = (method IN ('gift_card', 'store_credit'))),
    CONSTRAINT payments_order_id_fkey FOREIGN KEY (order_id) REFERENCES oms.orders,
    CONSTRAINT payments_account_id_fkey FOREIGN KEY (account_id) REFERENCES oms.stored_value_accounts
);
CREATE UNIQUE INDEX payments_reference_key ON oms.payments (provider, reference)
    WHERE reference IS NOT NULL AND status OPERATOR(oms.<>) 'failed'::oms.payment_status;
CREATE INDEX payments_failed_idx ON oms.payments (provider, reference)
    WHERE reference IS NOT NULL AND status OPERATOR(oms.=) 'failed'::oms.payment_status;
CREATE INDEX payments_expiry_idx ON oms.payments (expires_at)
    WHERE expires_at IS NOT NULL AND status OPERATOR(oms.=) 'authorized'::oms.payment_status;
CREATE INDEX payments_account_id_idx ON oms.payments (account_id) WHERE account_id IS NOT NULL;
COMMENT ON TABLE oms.payments IS 'A means of payment on an order and its sums; the steps are in payment_entries';
COMMENT ON COLUMN oms.payments.provider IS 'Who moves the money';
COMMENT ON COLUMN oms.payments.reference IS 'The provider''s own key, of one payment unless it failed; of a gift card the end of its code';
COMMENT ON COLUMN oms.payments.amount IS 'Asked for';
COMMENT ON COLUMN oms.payments.authorized IS 'Granted by the provider, captured or not; stays when the rest is voided or expires';
COMMENT ON COLUMN oms.payments.captured IS 'Taken from the customer, refunded or not';
COMMENT ON COLUMN oms.payments.refunded IS 'Given back to the customer';
COMMENT ON COLUMN oms.payments.expires_at IS 'Until when what is authorized may be captured; null for no end';
COMMENT ON COLUMN oms.payments.account_id IS 'Of methods gift_card and store_credit: whose value it takes';

CREATE TABLE oms.payment_entries (
    order_id bigint NOT NULL,
    payment_no integer NOT NULL,
    entry_no integer NOT NULL,
    kind text NOT NULL,
    amount oms.amount NOT NULL,
    refund_no integer,
    occurred_at timestamptz NOT NULL DEFAULT oms.now(),
    CONSTRAINT payment_entries_pkey PRIMARY KEY (order_id, payment_no, entry_no),
    CONSTRAINT payment_entries_kind_check CHECK (kind IN ('authorization', 'capture', 'void', 'refund')),
    CONSTRAINT payment_entries_amount_check CHECK (oms.sign(amount) > 0),
    CONSTRAINT payment_entries_payment_fkey FOREIGN KEY (order_id, payment_no) REFERENCES oms.payments
);
COMMENT ON TABLE oms.payment_entries IS 'Each step of a payment, append-only; their sums by kind are the columns of payments';
COMMENT ON COLUMN oms.payment_entries.kind IS 'void: an authorization that was given up, by us or by time';
COMMENT ON COLUMN oms.payment_entries.refund_no IS 'The refund of the order that a refund entry is part of';

CREATE TABLE oms.refunds (
    order_id bigint NOT NULL,
    refund_no integer NOT NULL,
    amount oms.amount NOT NULL,
    reason text,
    reference text,
    created_at timestamptz NOT NULL DEFAULT oms.now(),
    CONSTRAINT refunds_pkey PRIMARY KEY (order_id, refund_no),
    CONSTRAINT refunds_amount_check CHECK (oms.sign(amount) > 0),
    CONSTRAINT refunds_order_id_fkey FOREIGN KEY (order_id) REFERENCES oms.orders
);
COMMENT ON TABLE oms.refunds IS 'Money given back on an order, spread over its payments in payment_entries';
COMMENT ON COLUMN oms.refunds.reference IS 'The caller''s key of the refund';
