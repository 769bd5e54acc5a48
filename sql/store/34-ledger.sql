/* sql/store/34-ledger.sql: the books: what every fact means in money */

CREATE TABLE oms.ledger_accounts (
    account text NOT NULL,
    name text NOT NULL,
    type text NOT NULL,
    number text,
    CONSTRAINT ledger_accounts_pkey PRIMARY KEY (account),
    CONSTRAINT ledger_accounts_type_check CHECK (type IN ('asset', 'liability', 'income', 'expense')),
    CONSTRAINT ledger_accounts_number_check CHECK (number <> '')
);
COMMENT ON TABLE oms.ledger_accounts IS 'Chart of accounts; names and numbers may be changed, the accounts are those that functions post to';
COMMENT ON COLUMN oms.ledger_accounts.number IS 'The account''s number in the accounting software, for exports; null is the account itself';

INSERT INTO oms.ledger_accounts (account, name, type) VALUES
    ('receivables', 'Receivables from customers', 'asset'),
    ('clearing', 'Taken by payment providers, not paid out yet', 'asset'),
    ('bank', 'Bank', 'asset'),
    ('inventory', 'Inventory', 'asset'),
    ('input_tax', 'Tax paid to suppliers', 'asset'),
    ('goods_in_transit', 'Goods in transit between locations', 'asset'),
    ('deferred_revenue', 'Paid by customers before goods have left', 'liability'),
    ('tax_payable', 'Tax collected', 'liability'),
    ('gift_card_liability', 'Gift cards not redeemed', 'liability'),
    ('store_credit_liability', 'Store credit of customers', 'liability'),
    ('payables', 'Payables to suppliers and marketplaces', 'liability'),
    ('received_not_billed', 'Goods of purchase orders received, not billed yet', 'liability'),
    ('revenue', 'Revenue from goods', 'income'),
    ('shipping_income', 'Shipping charged', 'income'),
    ('restocking_fees', 'Restocking fees', 'income'),
    ('breakage', 'Gift cards and credit that expired', 'income'),
    ('discounts', 'Discounts on orders', 'expense'),
    ('returns', 'Returns and allowances', 'expense'),
    ('cost_of_goods_sold', 'Cost of goods sold', 'expense'),
    ('inventory_adjustments', 'Stock lost, found, scrapped or revalued', 'expense'),
    ('purchase_price_variance', 'Bills above or below what goods were received at', 'expense'),
    ('freight_in', 'Freight billed by suppliers', 'expense'),
    ('freight_out', 'Shipping to customers', 'expense'),
    ('promotions', 'Gift cards and credit given away', 'expense'),
    ('payment_fees', 'Fees of payment providers', 'expense'),
    ('marketplace_fees', 'Fees of marketplaces', 'expense'),
    ('chargebacks', 'Payments taken back by banks', 'expense'),
    ('write_offs', 'Receivables written off', 'expense'),
    ('fx_gain_loss', 'Exchange gains and losses', 'expense');

CREATE SEQUENCE oms.ledger_entries_posting_id_seq;
CREATE TABLE oms.ledger_entries (
    posting_id bigint NOT NULL DEFAULT nextval('oms.ledger_entries_posting_id_seq'),
    line_no integer NOT NULL,
    posted_at timestamptz NOT NULL DEFAULT oms.now(),
    kind text NOT NULL,
    account text NOT NULL,
    amount oms.amount NOT NULL,
    base_amount oms.amount,
    order_id bigint,
    subject_no integer,
    tax_jurisdiction text,
    provider text,
    sku_id bigint,
    location_id integer,
    CONSTRAINT ledger_entries_pkey PRIMARY KEY (posting_id, line_no),
    CONSTRAINT ledger_entries_kind_check
        CHECK (kind IN ('capture', 'refund', 'shipment', 'cost', 'fee', 'credit_note', 'receipt', 'adjustment', 'transfer',
                        'restock', 'stored_value', 'exchange', 'settlement', 'chargeback', 'write_off', 'revaluation',
                        'bill', 'bill_payment', 'freight'))
);
ALTER SEQUENCE oms.ledger_entries_posting_id_seq OWNED BY oms.ledger_entries.posting_id;
CREATE INDEX ledger_entries_order_id_idx ON oms.ledger_entries (order_id);
CREATE INDEX ledger_entries_posted_at_idx ON oms.ledger_entries USING brin (posted_at);
COMMENT ON TABLE oms.ledger_entries IS 'Double-entry ledger, append-only: the lines of a posting add up to nothing, in their currency and in the base currency. A correction is a new posting';
COMMENT ON COLUMN oms.ledger_entries.posting_id IS 'Lines of one fact, written by the transaction that made it true';
COMMENT ON COLUMN oms.ledger_entries.amount IS 'In the currency of the fact; debit is positive, credit negative';
COMMENT ON COLUMN oms.ledger_entries.base_amount IS 'Value in the base currency; null where no exchange rate was known';
COMMENT ON COLUMN oms.ledger_entries.subject_no IS 'Number within the order of the payment, refund, fulfillment or credit note that kind tells of; of a bill its bill_id';
COMMENT ON COLUMN oms.ledger_entries.tax_jurisdiction IS 'Whose tax it is, of tax_payable';
COMMENT ON COLUMN oms.ledger_entries.provider IS 'Who holds the money, of clearing';
