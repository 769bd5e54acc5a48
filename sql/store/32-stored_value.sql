/* sql/store/32-stored_value.sql: gift cards and store credit */

CREATE SEQUENCE oms.stored_value_accounts_account_id_seq;
CREATE TABLE oms.stored_value_accounts (
    account_id bigint NOT NULL DEFAULT nextval('oms.stored_value_accounts_account_id_seq'),
    kind text NOT NULL,
    code text,
    code_end text GENERATED ALWAYS AS (right(code, 4)) STORED,
    customer_id bigint,
    balance oms.amount NOT NULL,
    held oms.amount NOT NULL,
    expires_on date,
    active boolean NOT NULL DEFAULT true,
    order_id bigint,
    line_no integer,
    metadata jsonb,
    created_at timestamptz NOT NULL DEFAULT oms.now(),
    CONSTRAINT stored_value_accounts_pkey PRIMARY KEY (account_id),
    CONSTRAINT stored_value_accounts_kind_check CHECK (kind IN ('gift_card', 'store_credit')),
    CONSTRAINT stored_value_accounts_owner_check
        CHECK (CASE kind WHEN 'gift_card' THEN code IS NOT NULL
                         ELSE code IS NULL AND customer_id IS NOT NULL AND order_id IS NULL AND active END),
    CONSTRAINT stored_value_accounts_code_check CHECK (char_length(oms_internal.card_key(code)) >= 8),
    CONSTRAINT stored_value_accounts_sums_check
        CHECK (oms.sign(held) >= 0 AND held OPERATOR(oms.<=) balance AND oms.currency_of(held) = oms.currency_of(balance)),
    CONSTRAINT stored_value_accounts_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES oms.customers,
    CONSTRAINT stored_value_accounts_order_id_fkey FOREIGN KEY (order_id) REFERENCES oms.orders
);
ALTER SEQUENCE oms.stored_value_accounts_account_id_seq OWNED BY oms.stored_value_accounts.account_id;
CREATE UNIQUE INDEX stored_value_accounts_code_key ON oms.stored_value_accounts (oms_internal.card_key(code))
    WHERE code IS NOT NULL;
CREATE UNIQUE INDEX stored_value_accounts_credit_key ON oms.stored_value_accounts (customer_id, oms.currency_of(balance))
    WHERE kind = 'store_credit';
CREATE INDEX stored_value_accounts_customer_id_idx ON oms.stored_value_accounts (customer_id);
CREATE INDEX stored_value_accounts_order_id_idx ON oms.stored_value_accounts (order_id, line_no) WHERE order_id IS NOT NULL;
CREATE INDEX stored_value_accounts_expiry_idx ON oms.stored_value_accounts (expires_on) WHERE expires_on IS NOT NULL;
COMMENT ON TABLE oms.stored_value_accounts IS 'Value that the store keeps for customers: a gift card, or a customer''s store credit in one currency';
COMMENT ON COLUMN oms.stored_value_accounts.code IS 'Of a gift card, a secret: who knows it can spend what is on the card';
COMMENT ON COLUMN oms.stored_value_accounts.code_end IS 'Its last four characters, by which people name the card';
COMMENT ON COLUMN oms.stored_value_accounts.customer_id IS 'Whose credit it is; of a gift card whom it was made for, if that is known';
COMMENT ON COLUMN oms.stored_value_accounts.balance IS 'Sum of the entries: not spent yet';
COMMENT ON COLUMN oms.stored_value_accounts.held IS 'Of the balance, promised to payments that are authorized';
COMMENT ON COLUMN oms.stored_value_accounts.expires_on IS 'Last day of what expires next of the balance; null if nothing does';
COMMENT ON COLUMN oms.stored_value_accounts.active IS 'False for a gift card that was cancelled';
COMMENT ON COLUMN oms.stored_value_accounts.order_id IS 'The order that a gift card was sold on, by its line line_no; null if it was given away';

CREATE TABLE oms.stored_value_entries (
    account_id bigint NOT NULL,
    entry_no integer NOT NULL,
    kind text NOT NULL,
    amount oms.amount NOT NULL,
    expires_on date,
    order_id bigint,
    payment_no integer,
    refund_no integer,
    reason text,
    occurred_at timestamptz NOT NULL DEFAULT oms.now(),
    CONSTRAINT stored_value_entries_pkey PRIMARY KEY (account_id, entry_no),
    CONSTRAINT stored_value_entries_kind_check
        CHECK (kind IN ('issue', 'grant', 'redeem', 'refund', 'adjust', 'cancel', 'expire')),
    CONSTRAINT stored_value_entries_amount_check CHECK (oms.sign(amount) <> 0),
    CONSTRAINT stored_value_entries_account_id_fkey FOREIGN KEY (account_id) REFERENCES oms.stored_value_accounts
);
CREATE INDEX stored_value_entries_order_id_idx ON oms.stored_value_entries (order_id, payment_no) WHERE order_id IS NOT NULL;
COMMENT ON TABLE oms.stored_value_entries IS 'What came onto gift cards and store credit (positive) and went off (negative), append-only';
COMMENT ON COLUMN oms.stored_value_entries.expires_on IS 'Last day of this money; of what went off, which money it was. Null: it doesn''t expire';
COMMENT ON COLUMN oms.stored_value_entries.order_id IS 'The order that was paid, refunded, or sold the card';

CREATE OR REPLACE VIEW oms.gift_cards WITH (security_invoker = true) AS
    SELECT account_id, code_end, customer_id, balance, held,
           oms_internal.stored_value_available(account_id, active, balance, held, expires_on) AS available,
           expires_on, active, order_id, line_no, created_at
    FROM oms.stored_value_accounts
    WHERE kind = 'gift_card';
COMMENT ON VIEW oms.gift_cards IS 'Gift cards without their codes, with what can be spent today';

CREATE OR REPLACE VIEW oms.store_credits WITH (security_invoker = true) AS
    SELECT account_id, customer_id, balance, held,
           oms_internal.stored_value_available(account_id, active, balance, held, expires_on) AS available,
           expires_on, created_at
    FROM oms.stored_value_accounts
    WHERE kind = 'store_credit';
COMMENT ON VIEW oms.store_credits IS 'What customers have as store credit, by currency, with what can be spent today';
