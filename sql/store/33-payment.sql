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
    provider_reference text,
    confirmed_at timestamptz,
    CONSTRAINT payment_entries_pkey PRIMARY KEY (order_id, payment_no, entry_no),
    CONSTRAINT payment_entries_kind_check CHECK (kind IN ('authorization', 'capture', 'void', 'refund')),
    CONSTRAINT payment_entries_amount_check CHECK (oms.sign(amount) > 0),
    CONSTRAINT payment_entries_payment_fkey FOREIGN KEY (order_id, payment_no) REFERENCES oms.payments
);
COMMENT ON TABLE oms.payment_entries IS 'Each step of a payment, append-only; their sums by kind are the columns of payments';
COMMENT ON COLUMN oms.payment_entries.kind IS 'void: an authorization that was given up, by us or by time';
COMMENT ON COLUMN oms.payment_entries.refund_no IS 'The refund of the order that a refund entry is part of';
COMMENT ON COLUMN oms.payment_entries.provider_reference IS 'The provider''s own key of the transaction that confirmed the step';
COMMENT ON COLUMN oms.payment_entries.confirmed_at IS 'When the step took place according to the provider; of a refund that nobody is asked for, when it was issued. Null: not confirmed';

CREATE TABLE oms.refunds (
    order_id bigint NOT NULL,
    refund_no integer NOT NULL,
    amount oms.amount NOT NULL,
    reason text,
    reference text,
    created_at timestamptz NOT NULL DEFAULT oms.now(),
    status text NOT NULL DEFAULT 'issued',
    destination text NOT NULL DEFAULT 'original',
    CONSTRAINT refunds_pkey PRIMARY KEY (order_id, refund_no),
    CONSTRAINT refunds_status_check CHECK (status IN ('issued', 'confirmed', 'failed')),
    CONSTRAINT refunds_destination_check CHECK (destination IN ('original', 'store_credit')),
    CONSTRAINT refunds_amount_check CHECK (oms.sign(amount) > 0),
    CONSTRAINT refunds_order_id_fkey FOREIGN KEY (order_id) REFERENCES oms.orders
);
COMMENT ON TABLE oms.refunds IS 'Money given back on an order, spread over its payments in payment_entries';
COMMENT ON COLUMN oms.refunds.destination IS 'original: by the methods that were paid with; store_credit: all of it as credit of the order''s customer';
COMMENT ON COLUMN oms.refunds.reference IS 'The caller''s key of the refund';
COMMENT ON COLUMN oms.refunds.status IS 'issued: promised to the customer; confirmed: all of it has been paid; failed: a provider refused part of it, to be tried again';

CREATE TABLE oms.payment_requests (
    order_id bigint NOT NULL,
    payment_no integer NOT NULL,
    request_no integer NOT NULL,
    action text NOT NULL,
    amount oms.amount NOT NULL,
    status text NOT NULL DEFAULT 'requested',
    refund_no integer,
    message text,
    requested_at timestamptz NOT NULL DEFAULT oms.now(),
    answered_at timestamptz,
    CONSTRAINT payment_requests_pkey PRIMARY KEY (order_id, payment_no, request_no),
    CONSTRAINT payment_requests_action_check CHECK (action IN ('authorize', 'capture', 'void', 'refund')),
    CONSTRAINT payment_requests_amount_check CHECK (oms.sign(amount) > 0),
    CONSTRAINT payment_requests_status_check CHECK (status IN ('requested', 'succeeded', 'failed')),
    CONSTRAINT payment_requests_answered_at_check CHECK ((status = 'requested') = (answered_at IS NULL)),
    CONSTRAINT payment_requests_refund_no_check CHECK ((action = 'refund') = (refund_no IS NOT NULL)),
    CONSTRAINT payment_requests_payment_fkey FOREIGN KEY (order_id, payment_no) REFERENCES oms.payments
);
CREATE INDEX payment_requests_open_idx ON oms.payment_requests (requested_at) WHERE status = 'requested';
COMMENT ON TABLE oms.payment_requests IS 'What a provider was asked to do with a payment, and attempts that failed; 1041-P1-Q3 is the key for the provider';
COMMENT ON COLUMN oms.payment_requests.status IS 'requested until an answer is recorded: succeeded or failed';
COMMENT ON COLUMN oms.payment_requests.refund_no IS 'The refund of the order that a request to refund is for';
COMMENT ON COLUMN oms.payment_requests.message IS 'What the provider said';

CREATE TABLE oms.payment_results (
    provider text NOT NULL,
    reference text NOT NULL,
    status text NOT NULL,
    content_hash bigint NOT NULL,
    order_id bigint NOT NULL,
    payment_no integer NOT NULL,
    action text NOT NULL,
    amount oms.amount,
    message text,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT oms.now(),
    payment_status oms.payment_status,
    booked_payment_no integer,
    CONSTRAINT payment_results_pkey PRIMARY KEY (provider, reference, status),
    CONSTRAINT payment_results_reference_check CHECK (provider <> '' AND reference <> ''),
    CONSTRAINT payment_results_status_check CHECK (status IN ('pending', 'failed', 'succeeded')),
    CONSTRAINT payment_results_action_check CHECK (action IN ('authorize', 'capture', 'void', 'refund')),
    CONSTRAINT payment_results_payment_fkey FOREIGN KEY (order_id, payment_no) REFERENCES oms.payments
);
CREATE INDEX payment_results_payment_idx ON oms.payment_results (order_id, payment_no);
COMMENT ON TABLE oms.payment_results IS 'Answers of providers, each once; a transaction may be pending first, then failed or succeeded';
COMMENT ON COLUMN oms.payment_results.reference IS 'The provider''s own key of the transaction';
COMMENT ON COLUMN oms.payment_results.content_hash IS 'Hash of the document, to tell a repeated answer from a conflicting one';
COMMENT ON COLUMN oms.payment_results.payment_status IS 'What record_payment_result() answered';
COMMENT ON COLUMN oms.payment_results.booked_payment_no IS 'The payment that was made for money that the one it names could not take; null for none';
