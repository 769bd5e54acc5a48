/* sql/store/40-settlement.sql: what providers say of the money, and what banks took back */

CREATE TABLE oms.settlement_providers (
    provider text NOT NULL,
    grace_days integer NOT NULL DEFAULT 5,
    reported_on date NOT NULL,
    checked_on date NOT NULL,
    CONSTRAINT settlement_providers_pkey PRIMARY KEY (provider),
    CONSTRAINT settlement_providers_provider_check CHECK (provider <> ''),
    CONSTRAINT settlement_providers_grace_days_check CHECK (grace_days BETWEEN 0 AND 365)
);
COMMENT ON TABLE oms.settlement_providers IS 'Payment providers of which settlement lines were imported';
COMMENT ON COLUMN oms.settlement_providers.grace_days IS 'How many days after a capture or refund its line may be dated, before it is late or missing';
COMMENT ON COLUMN oms.settlement_providers.reported_on IS 'Latest day of an imported line';
COMMENT ON COLUMN oms.settlement_providers.checked_on IS 'Up to this day captures and refunds without a line are known to be missing';

CREATE SEQUENCE oms.settlements_settlement_id_seq;
CREATE TABLE oms.settlements (
    settlement_id bigint NOT NULL DEFAULT nextval('oms.settlements_settlement_id_seq'),
    provider text NOT NULL,
    reference text NOT NULL,
    kind text NOT NULL,
    amount oms.amount NOT NULL,
    fee oms.amount NOT NULL,
    occurred_on date NOT NULL,
    payment_reference text,
    transaction_reference text,
    payout text,
    reason text,
    metadata jsonb,
    imported_at timestamptz NOT NULL DEFAULT oms.now(),
    status text NOT NULL DEFAULT 'open',
    fault text,
    order_id bigint,
    payment_no integer,
    entry_no integer,
    chargeback_no integer,
    closed_at timestamptz,
    note text,
    CONSTRAINT settlements_pkey PRIMARY KEY (settlement_id),
    CONSTRAINT settlements_reference_key UNIQUE (provider, reference),
    CONSTRAINT settlements_kind_check
        CHECK (kind IN ('capture', 'refund', 'fee', 'chargeback', 'chargeback_reversal', 'payout', 'adjustment')),
    CONSTRAINT settlements_amount_check
        CHECK (CASE WHEN kind IN ('capture', 'chargeback_reversal') THEN oms.sign(amount) > 0
                    WHEN kind IN ('refund', 'chargeback') THEN oms.sign(amount) < 0
                    ELSE true END
               AND oms.currency_of(fee) = oms.currency_of(amount)),
    CONSTRAINT settlements_status_check
        CHECK (CASE status WHEN 'open' THEN fault IS NULL AND closed_at IS NULL
                           WHEN 'mismatched' THEN fault IS NOT NULL AND closed_at IS NULL
                           WHEN 'matched' THEN fault IS NULL AND closed_at IS NOT NULL
                           WHEN 'closed' THEN closed_at IS NOT NULL
                           ELSE false END),
    CONSTRAINT settlements_fault_check CHECK (fault IN ('missing_here', 'amount', 'currency', 'duplicate')),
    CONSTRAINT settlements_match_check
        CHECK (status = 'closed'
               OR (entry_no IS NOT NULL) = (status = 'matched' AND kind IN ('capture', 'refund'))
                  AND (chargeback_no IS NOT NULL) = (status = 'matched' AND kind IN ('chargeback', 'chargeback_reversal')))
);
ALTER SEQUENCE oms.settlements_settlement_id_seq OWNED BY oms.settlements.settlement_id;
CREATE INDEX settlements_open_idx ON oms.settlements (status, settlement_id) WHERE status IN ('open', 'mismatched');
CREATE UNIQUE INDEX settlements_entry_key ON oms.settlements (order_id, payment_no, entry_no) WHERE entry_no IS NOT NULL;
CREATE UNIQUE INDEX settlements_chargeback_key ON oms.settlements (order_id, chargeback_no, kind)
    WHERE chargeback_no IS NOT NULL;
CREATE INDEX settlements_payout_idx ON oms.settlements (provider, payout) WHERE payout IS NOT NULL;
CREATE INDEX settlements_occurred_on_idx ON oms.settlements USING brin (occurred_on);
COMMENT ON TABLE oms.settlements IS 'Lines of the settlement reports of payment providers, and what they were matched with';
COMMENT ON COLUMN oms.settlements.reference IS 'The provider''s key of the line';
COMMENT ON COLUMN oms.settlements.amount IS 'Before fees, as it changes the balance with the provider: captures are positive, refunds, chargebacks and payouts negative';
COMMENT ON COLUMN oms.settlements.fee IS 'What the provider takes of it: amount less fee is what the balance changes by';
COMMENT ON COLUMN oms.settlements.occurred_on IS 'Day by the provider''s report';
COMMENT ON COLUMN oms.settlements.payment_reference IS 'The provider''s key of the payment: payments.reference';
COMMENT ON COLUMN oms.settlements.transaction_reference IS 'The provider''s key of the capture, refund or dispute';
COMMENT ON COLUMN oms.settlements.payout IS 'The transfer to the bank that the line is part of';
COMMENT ON COLUMN oms.settlements.status IS 'open: not looked at; mismatched: it has a fault; matched: it agrees with the books and is in them; closed: by hand';
COMMENT ON COLUMN oms.settlements.fault IS 'missing_here: nothing of ours fits; amount, currency: ours has another; duplicate: ours was matched before';
COMMENT ON COLUMN oms.settlements.entry_no IS 'The capture or refund that it was matched with';
COMMENT ON COLUMN oms.settlements.note IS 'Why it was closed by hand';

CREATE INDEX payment_entries_occurred_at_idx ON oms.payment_entries USING brin (occurred_at) WITH (autosummarize = on);

CREATE TABLE oms.chargebacks (
    order_id bigint NOT NULL,
    chargeback_no integer NOT NULL,
    payment_no integer NOT NULL,
    provider text NOT NULL,
    reference text NOT NULL,
    amount oms.amount NOT NULL,
    reason text,
    due_on date,
    status text NOT NULL DEFAULT 'open',
    opened_at timestamptz NOT NULL DEFAULT oms.now(),
    closed_at timestamptz,
    CONSTRAINT chargebacks_pkey PRIMARY KEY (order_id, chargeback_no),
    CONSTRAINT chargebacks_reference_key UNIQUE (provider, reference),
    CONSTRAINT chargebacks_amount_check CHECK (oms.sign(amount) > 0),
    CONSTRAINT chargebacks_status_check
        CHECK (status IN ('open', 'won', 'lost') AND (status = 'open') = (closed_at IS NULL)),
    CONSTRAINT chargebacks_payment_fkey FOREIGN KEY (order_id, payment_no) REFERENCES oms.payments
);
CREATE INDEX chargebacks_payment_idx ON oms.chargebacks (order_id, payment_no);
CREATE INDEX chargebacks_due_on_idx ON oms.chargebacks (due_on) WHERE status = 'open';
COMMENT ON TABLE oms.chargebacks IS 'Payments that banks took back for their customers';
COMMENT ON COLUMN oms.chargebacks.reference IS 'The provider''s key of the dispute';
COMMENT ON COLUMN oms.chargebacks.amount IS 'Taken back; of it nothing is refunded unless the dispute is won';
COMMENT ON COLUMN oms.chargebacks.due_on IS 'Last day for evidence';
COMMENT ON COLUMN oms.chargebacks.status IS 'open: the money is gone until it is decided; won: it came back; lost';
