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

CREATE OR REPLACE VIEW oms_report.trial_balance WITH (security_invoker = true) AS
    SELECT a.account, coalesce(a.number, a.account) AS number, a.name, a.type, e.currency, e.debit, e.credit,
           e.debit - e.credit AS balance, e.base_currency, e.base_debit, e.base_credit,
           e.base_debit - e.base_credit AS base_balance
    FROM oms.ledger_accounts a
         JOIN (SELECT account, oms.currency_of(amount) AS currency,
                      sum(greatest(amount::numeric, 0)) AS debit, sum(greatest(- amount::numeric, 0)) AS credit,
                      max(oms.currency_of(base_amount)) AS base_currency,
                      coalesce(sum(greatest(base_amount::numeric, 0)), 0) AS base_debit,
                      coalesce(sum(greatest(- base_amount::numeric, 0)), 0) AS base_credit
               FROM oms.ledger_entries
               GROUP BY account, oms.currency_of(amount)) AS e USING (account);
COMMENT ON VIEW oms_report.trial_balance IS 'What stands on each account in each currency; the balances of a currency add up to nothing, those in the base currency too';

CREATE OR REPLACE VIEW oms_report.journal WITH (security_invoker = true) AS
    SELECT e.posting_id, e.line_no, (e.posted_at AT TIME ZONE 'UTC')::date AS posted_on, e.posted_at, e.kind,
           e.account, coalesce(a.number, a.account) AS number, a.name, a.type,
           greatest(e.amount::numeric, 0) AS debit, greatest(- e.amount::numeric, 0) AS credit,
           oms.currency_of(e.amount) AS currency,
           greatest(e.base_amount::numeric, 0) AS base_debit, greatest(- e.base_amount::numeric, 0) AS base_credit,
           oms.currency_of(e.base_amount) AS base_currency,
           oms_internal.posting_memo(e.kind, e.order_id, e.subject_no) AS memo,
           e.order_id, o.reference AS order_reference, c.code AS channel, e.subject_no,
           e.tax_jurisdiction, e.provider, s.code AS sku, l.code AS location
    FROM oms.ledger_entries e
         JOIN oms.ledger_accounts a USING (account)
         LEFT JOIN oms.orders o USING (order_id)
         LEFT JOIN oms.channels c USING (channel_id)
         LEFT JOIN oms.skus s ON s.sku_id = e.sku_id
         LEFT JOIN oms.locations l ON l.location_id = e.location_id;
COMMENT ON VIEW oms_report.journal IS 'All lines of all postings, with what accounting software wants to know of them; days are those of UTC';
COMMENT ON COLUMN oms_report.journal.number IS 'Of the account in the accounting software; the account itself where none is set';

CREATE OR REPLACE VIEW oms_report.tax_by_jurisdiction WITH (security_invoker = true) AS
    SELECT date_trunc('month', e.posted_at AT TIME ZONE 'UTC')::date AS month,
           (e.posted_at AT TIME ZONE 'UTC')::date AS day, e.tax_jurisdiction AS jurisdiction, oms.currency_of(e.amount) AS currency,
           coalesce(- sum(e.amount::numeric) FILTER (WHERE e.kind <> 'credit_note'), 0) AS charged,
           coalesce(sum(e.amount::numeric) FILTER (WHERE e.kind = 'credit_note'), 0) AS credited,
           - sum(e.amount::numeric) AS tax,
           max(oms.currency_of(e.base_amount)) AS base_currency, - sum(e.base_amount::numeric) AS base_tax
    FROM oms.ledger_entries e
    WHERE e.account = 'tax_payable'
    GROUP BY 1, 2, 3, 4;
COMMENT ON VIEW oms_report.tax_by_jurisdiction IS 'Tax that became due and was taken back, per day of UTC and jurisdiction; null where the jurisdiction is not known';

CREATE OR REPLACE VIEW oms_report.receivables WITH (security_invoker = true) AS
    SELECT o.order_id, o.reference, c.code AS channel, o.customer_id, k.reference AS customer, k.name AS customer_name,
           o.placed_at, e.currency, e.receivable, e.paid_before, e.base_currency, e.base_receivable, e.base_paid_before
    FROM (SELECT order_id, oms.currency_of(amount) AS currency,
                 coalesce(sum(amount::numeric) FILTER (WHERE account = 'receivables'), 0) AS receivable,
                 coalesce(- sum(amount::numeric) FILTER (WHERE account = 'deferred_revenue'), 0) AS paid_before,
                 max(oms.currency_of(base_amount)) AS base_currency,
                 coalesce(sum(base_amount::numeric) FILTER (WHERE account = 'receivables'), 0) AS base_receivable,
                 coalesce(- sum(base_amount::numeric) FILTER (WHERE account = 'deferred_revenue'), 0) AS base_paid_before
          FROM oms.ledger_entries
          WHERE order_id IS NOT NULL AND account IN ('receivables', 'deferred_revenue')
          GROUP BY order_id, oms.currency_of(amount)
          HAVING sum(amount::numeric) <> 0) AS e
         JOIN oms.orders o USING (order_id)
         JOIN oms.channels c USING (channel_id)
         LEFT JOIN oms.customers k USING (customer_id);
COMMENT ON VIEW oms_report.receivables IS 'Orders of which the customer owes something, or has paid something before it was due';
COMMENT ON COLUMN oms_report.receivables.paid_before IS 'What the customer has paid for goods that have not left, or too much';

CREATE OR REPLACE VIEW oms_report.customer_receivables WITH (security_invoker = true) AS
    SELECT customer_id, customer, customer_name, currency, count(*) AS orders, sum(receivable) AS receivable,
           sum(paid_before) AS paid_before, max(base_currency) AS base_currency,
           sum(base_receivable) AS base_receivable, sum(base_paid_before) AS base_paid_before
    FROM oms_report.receivables
    GROUP BY customer_id, customer, customer_name, currency;
COMMENT ON VIEW oms_report.customer_receivables IS 'What each customer owes, and has paid before it was due, in each currency; the customer is null for orders without one';
