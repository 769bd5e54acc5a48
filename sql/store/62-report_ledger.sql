/* sql/store/62-report_ledger.sql: the books, added up */

CREATE TABLE oms.ledger_daily (
    day date NOT NULL,
    account text NOT NULL,
    kind text NOT NULL,
    channel_id integer NOT NULL,
    tax_jurisdiction text NOT NULL,
    currency text NOT NULL,
    debit oms.amount NOT NULL,
    credit oms.amount NOT NULL,
    base_debit oms.amount,
    base_credit oms.amount,
    CONSTRAINT ledger_daily_pkey PRIMARY KEY (day, account, kind, channel_id, tax_jurisdiction, currency)
) WITH (fillfactor = 80);
COMMENT ON TABLE oms.ledger_daily IS 'Sums of oms.ledger_entries, as far as the job roll_up_ledger has counted them';
COMMENT ON COLUMN oms.ledger_daily.day IS 'By the time zone of reports';
COMMENT ON COLUMN oms.ledger_daily.channel_id IS 'Of the order; 0: it is of no order';
COMMENT ON COLUMN oms.ledger_daily.tax_jurisdiction IS 'Empty: none';
COMMENT ON COLUMN oms.ledger_daily.credit IS 'Positive, as debit';
COMMENT ON COLUMN oms.ledger_daily.base_debit IS 'In the base currency; null: no rate was known';

CREATE TABLE oms.order_balances (
    order_id bigint NOT NULL,
    currency text NOT NULL,
    receivable oms.amount NOT NULL,
    paid_before oms.amount NOT NULL,
    base_receivable oms.amount,
    base_paid_before oms.amount,
    CONSTRAINT order_balances_pkey PRIMARY KEY (order_id, currency)
) WITH (fillfactor = 80);
COMMENT ON TABLE oms.order_balances IS 'Orders of which the customer owes something, or has paid something before it was due, as far as the job roll_up_ledger has counted postings';
COMMENT ON COLUMN oms.order_balances.paid_before IS 'Credit of deferred_revenue';
COMMENT ON COLUMN oms.order_balances.base_receivable IS 'In the base currency; null: no rate was known';

INSERT INTO oms.sequence_watermarks (name) VALUES ('ledger_daily');

CREATE SEQUENCE oms.rechanneled_orders_change_no_seq;
CREATE TABLE oms.rechanneled_orders (
    change_no bigint NOT NULL DEFAULT nextval('oms.rechanneled_orders_change_no_seq'),
    order_id bigint NOT NULL,
    channel_id integer NOT NULL,
    CONSTRAINT rechanneled_orders_pkey PRIMARY KEY (change_no)
);
ALTER SEQUENCE oms.rechanneled_orders_change_no_seq OWNED BY oms.rechanneled_orders.change_no;
COMMENT ON TABLE oms.rechanneled_orders IS 'Orders that have become another channel''s, until the job roll_up_ledger has moved what was posted of them';
COMMENT ON COLUMN oms.rechanneled_orders.channel_id IS 'That the order was of before';

CREATE OR REPLACE VIEW oms.counted_channels WITH (security_invoker = true) AS
    SELECT DISTINCT ON (r.order_id) r.order_id, r.channel_id
    FROM oms.rechanneled_orders AS r
    ORDER BY r.order_id, r.change_no;
COMMENT ON VIEW oms.counted_channels IS 'Channels that postings of orders are counted under which have become another channel''s: those that they were of first';

/* by row: with transition tables each update of an order would keep its rows, whatever it changes */
CREATE TRIGGER note_rechanneled AFTER UPDATE OF channel_id ON oms.orders
    FOR EACH ROW WHEN (OLD.channel_id <> NEW.channel_id)
    EXECUTE FUNCTION oms_internal.note_rechanneled();

CREATE OR REPLACE VIEW oms.ledger_sums WITH (security_invoker = true) AS
    SELECT d.day, d.account, d.kind, d.channel_id, d.tax_jurisdiction, d.currency, d.debit, d.credit, d.base_debit, d.base_credit
    FROM oms.ledger_daily AS d
    WHERE (SELECT oms_internal.counted_postings()) > 0
    UNION ALL
    SELECT d.day, d.account, d.kind, d.channel_id, d.tax_jurisdiction, d.currency, d.debit, d.credit, d.base_debit, d.base_credit
    FROM oms_internal.posted_daily((SELECT oms_internal.counted_postings()), 9223372036854775807) AS d
    UNION ALL
    SELECT d.day, d.account, d.kind, d.channel_id, d.tax_jurisdiction, d.currency, d.debit, d.credit, d.base_debit, d.base_credit
    FROM oms_internal.moved_daily(ARRAY(SELECT r.order_id FROM oms.rechanneled_orders AS r), 9223372036854775807) AS d;
COMMENT ON VIEW oms.ledger_sums IS 'Sums of oms.ledger_entries, of those that the job has counted and of the others, to be added up; negative ones are of orders that have become another channel''s';
COMMENT ON COLUMN oms.ledger_sums.channel_id IS 'Of the order; 0: it is of no order';
COMMENT ON COLUMN oms.ledger_sums.tax_jurisdiction IS 'Empty: none';

CREATE OR REPLACE VIEW oms_report.trial_balance WITH (security_invoker = true) AS
    SELECT a.account, coalesce(a.number, a.account) AS number, a.name, a.type, e.currency, e.debit, e.credit,
           e.debit - e.credit AS balance, e.base_currency, e.base_debit, e.base_credit,
           e.base_debit - e.base_credit AS base_balance
    FROM oms.ledger_accounts a
         JOIN (SELECT account, currency, oms.sum(debit)::numeric AS debit, oms.sum(credit)::numeric AS credit,
                      oms.currency_of(oms.sum(base_debit)) AS base_currency, coalesce(oms.sum(base_debit)::numeric, 0) AS base_debit,
                      coalesce(oms.sum(base_credit)::numeric, 0) AS base_credit
               FROM oms.ledger_sums
               GROUP BY account, currency) AS e USING (account);
COMMENT ON VIEW oms_report.trial_balance IS 'What stands on each account in each currency; the balances of a currency add up to nothing, those in the base currency too';
COMMENT ON COLUMN oms_report.trial_balance.account IS 'Account of the chart of accounts';
COMMENT ON COLUMN oms_report.trial_balance.number IS 'Of the account in the accounting software; the account itself where none is set';
COMMENT ON COLUMN oms_report.trial_balance.name IS 'Of the account';
COMMENT ON COLUMN oms_report.trial_balance.type IS 'asset, liability, income or expense';
COMMENT ON COLUMN oms_report.trial_balance.currency IS 'Of debit, credit and balance';
COMMENT ON COLUMN oms_report.trial_balance.debit IS 'Sum of all debits';
COMMENT ON COLUMN oms_report.trial_balance.credit IS 'Sum of all credits, positive';
COMMENT ON COLUMN oms_report.trial_balance.balance IS 'Debit less credit';
COMMENT ON COLUMN oms_report.trial_balance.base_currency IS 'Currency that the books are kept in; null where no rate was known';
COMMENT ON COLUMN oms_report.trial_balance.base_debit IS 'Debits in the base currency';
COMMENT ON COLUMN oms_report.trial_balance.base_credit IS 'Credits in the base currency, positive';
COMMENT ON COLUMN oms_report.trial_balance.base_balance IS 'base_debit less base_credit';

CREATE OR REPLACE VIEW oms_report.journal WITH (security_invoker = true) AS
    SELECT e.posting_id, e.line_no, (e.posted_at AT TIME ZONE z.time_zone)::date AS posted_on, e.posted_at, e.kind,
           e.account, coalesce(a.number, a.account) AS number, a.name, a.type,
           greatest(e.amount::numeric, 0) AS debit, greatest(- e.amount::numeric, 0) AS credit,
           oms.currency_of(e.amount) AS currency,
           greatest(e.base_amount::numeric, 0) AS base_debit, greatest(- e.base_amount::numeric, 0) AS base_credit,
           oms.currency_of(e.base_amount) AS base_currency,
           oms_internal.posting_memo(e.kind, e.order_id, e.subject_no) AS memo,
           e.order_id, o.reference AS order_reference, c.code AS channel, e.subject_no,
           e.tax_jurisdiction, e.provider, s.code AS sku, l.code AS location
    FROM oms.ledger_entries e
         CROSS JOIN (SELECT oms_internal.report_time_zone() AS time_zone) AS z
         JOIN oms.ledger_accounts a USING (account)
         LEFT JOIN oms.orders o USING (order_id)
         LEFT JOIN oms.channels c USING (channel_id)
         LEFT JOIN oms.skus s ON s.sku_id = e.sku_id
         LEFT JOIN oms.locations l ON l.location_id = e.location_id;
COMMENT ON VIEW oms_report.journal IS 'All lines of all postings, with what accounting software wants to know of them. Ask for times of posted_at, an order or a posting';
COMMENT ON COLUMN oms_report.journal.posting_id IS 'Number of the posting, whose lines add up to nothing';
COMMENT ON COLUMN oms_report.journal.line_no IS '1, 2, ... within the posting';
COMMENT ON COLUMN oms_report.journal.posted_on IS 'Day, by the time zone of reports';
COMMENT ON COLUMN oms_report.journal.posted_at IS 'When it was posted; has an index, so that asking for a range of it is fast';
COMMENT ON COLUMN oms_report.journal.kind IS 'What fact it tells of: capture, shipment, credit_note ...';
COMMENT ON COLUMN oms_report.journal.account IS 'Account of the chart of accounts';
COMMENT ON COLUMN oms_report.journal.number IS 'Of the account in the accounting software; the account itself where none is set';
COMMENT ON COLUMN oms_report.journal.name IS 'Of the account';
COMMENT ON COLUMN oms_report.journal.type IS 'asset, liability, income or expense';
COMMENT ON COLUMN oms_report.journal.debit IS 'In the currency of the fact; 0 where it is a credit';
COMMENT ON COLUMN oms_report.journal.credit IS 'Positive; 0 where it is a debit';
COMMENT ON COLUMN oms_report.journal.currency IS 'Of debit and credit';
COMMENT ON COLUMN oms_report.journal.base_debit IS 'In the base currency; null where no rate was known';
COMMENT ON COLUMN oms_report.journal.base_credit IS 'In the base currency; null where no rate was known';
COMMENT ON COLUMN oms_report.journal.base_currency IS 'Currency that the books are kept in; null where no rate was known';
COMMENT ON COLUMN oms_report.journal.memo IS 'What it is about: capture, payment 1041-P1';
COMMENT ON COLUMN oms_report.journal.order_id IS 'Number of the order; null: it is of none';
COMMENT ON COLUMN oms_report.journal.order_reference IS 'The order''s reference in its channel';
COMMENT ON COLUMN oms_report.journal.channel IS 'Code of the order''s channel';
COMMENT ON COLUMN oms_report.journal.subject_no IS 'Number within the order of the payment, refund, fulfillment or credit note that kind tells of; of a bill its number';
COMMENT ON COLUMN oms_report.journal.tax_jurisdiction IS 'Whose tax it is: a country, with a region such as US-CA';
COMMENT ON COLUMN oms_report.journal.provider IS 'Who holds the money';
COMMENT ON COLUMN oms_report.journal.sku IS 'Code of the SKU that the cost is of';
COMMENT ON COLUMN oms_report.journal.location IS 'Code of the location that the goods were at';

CREATE OR REPLACE VIEW oms_report.tax_by_jurisdiction WITH (security_invoker = true) AS
    SELECT date_trunc('month', e.day::timestamp)::date AS month, e.day, nullif(e.tax_jurisdiction, '') AS jurisdiction, e.currency,
           coalesce(sum(e.credit::numeric - e.debit::numeric) FILTER (WHERE e.kind <> 'credit_note'), 0) AS charged,
           coalesce(sum(e.debit::numeric - e.credit::numeric) FILTER (WHERE e.kind = 'credit_note'), 0) AS credited,
           sum(e.credit::numeric - e.debit::numeric) AS tax,
           max(oms.currency_of(e.base_debit)) AS base_currency, sum(e.base_credit::numeric - e.base_debit::numeric) AS base_tax
    FROM oms.ledger_sums e
    WHERE e.account = 'tax_payable'
    GROUP BY e.day, e.tax_jurisdiction, e.currency;
COMMENT ON VIEW oms_report.tax_by_jurisdiction IS 'Tax that became due and was taken back, per day, jurisdiction and currency';
COMMENT ON COLUMN oms_report.tax_by_jurisdiction.month IS 'First day of its month';
COMMENT ON COLUMN oms_report.tax_by_jurisdiction.day IS 'On which it was posted, by the time zone of reports';
COMMENT ON COLUMN oms_report.tax_by_jurisdiction.jurisdiction IS 'Whose tax it is: a country, with a region such as US-CA; null where it is not known';
COMMENT ON COLUMN oms_report.tax_by_jurisdiction.currency IS 'Of charged, credited and tax';
COMMENT ON COLUMN oms_report.tax_by_jurisdiction.charged IS 'Became due as goods left';
COMMENT ON COLUMN oms_report.tax_by_jurisdiction.credited IS 'Taken back by credit notes';
COMMENT ON COLUMN oms_report.tax_by_jurisdiction.tax IS 'What is left to pay: charged less credited';
COMMENT ON COLUMN oms_report.tax_by_jurisdiction.base_currency IS 'Currency that the books are kept in; null where no rate was known';
COMMENT ON COLUMN oms_report.tax_by_jurisdiction.base_tax IS 'tax in the base currency; null where no rate was known';

CREATE OR REPLACE VIEW oms_report.receivables WITH (security_invoker = true) AS
    SELECT o.order_id, o.reference, c.code AS channel, o.customer_id, k.reference AS customer, coalesce(k.name, k.email) AS customer_name,
           o.placed_at, e.currency, e.receivable, e.paid_before, e.base_currency, e.base_receivable, e.base_paid_before
    FROM (SELECT b.order_id, b.currency, oms.sum(b.receivable)::numeric AS receivable, oms.sum(b.paid_before)::numeric AS paid_before,
                 oms.currency_of(oms.sum(b.base_receivable)) AS base_currency,
                 coalesce(oms.sum(b.base_receivable)::numeric, 0) AS base_receivable,
                 coalesce(oms.sum(b.base_paid_before)::numeric, 0) AS base_paid_before
          FROM (SELECT d.order_id, d.currency, d.receivable, d.paid_before, d.base_receivable, d.base_paid_before
                FROM oms.order_balances AS d
                WHERE (SELECT oms_internal.counted_postings()) > 0
                UNION ALL
                SELECT d.order_id, d.currency, d.receivable, d.paid_before, d.base_receivable, d.base_paid_before
                FROM oms_internal.posted_orders((SELECT oms_internal.counted_postings()), 9223372036854775807) AS d) AS b
          GROUP BY b.order_id, b.currency
          HAVING oms.sum(b.receivable) OPERATOR(oms.<>) oms.sum(b.paid_before)) AS e
         JOIN oms.orders o USING (order_id)
         JOIN oms.channels c USING (channel_id)
         LEFT JOIN oms.customers k USING (customer_id);
COMMENT ON VIEW oms_report.receivables IS 'Orders of which the customer owes something, or has paid something before it was due';
COMMENT ON COLUMN oms_report.receivables.order_id IS 'Number of the order';
COMMENT ON COLUMN oms_report.receivables.reference IS 'Its reference in its channel';
COMMENT ON COLUMN oms_report.receivables.channel IS 'Code of the channel';
COMMENT ON COLUMN oms_report.receivables.customer_id IS 'Number of the customer; null: the order has none';
COMMENT ON COLUMN oms_report.receivables.customer IS 'The customer''s reference';
COMMENT ON COLUMN oms_report.receivables.customer_name IS 'Name of the customer, or the e-mail address';
COMMENT ON COLUMN oms_report.receivables.placed_at IS 'When it was placed';
COMMENT ON COLUMN oms_report.receivables.currency IS 'Of receivable and paid_before';
COMMENT ON COLUMN oms_report.receivables.receivable IS 'What the customer owes for what has left';
COMMENT ON COLUMN oms_report.receivables.paid_before IS 'What the customer has paid for goods that have not left, or too much';
COMMENT ON COLUMN oms_report.receivables.base_currency IS 'Currency that the books are kept in; null where no rate was known';
COMMENT ON COLUMN oms_report.receivables.base_receivable IS 'receivable in the base currency';
COMMENT ON COLUMN oms_report.receivables.base_paid_before IS 'paid_before in the base currency';

CREATE OR REPLACE VIEW oms_report.customer_receivables WITH (security_invoker = true) AS
    SELECT customer_id, customer, customer_name, currency, count(*) AS orders, sum(receivable) AS receivable,
           sum(paid_before) AS paid_before, max(base_currency) AS base_currency,
           sum(base_receivable) AS base_receivable, sum(base_paid_before) AS base_paid_before
    FROM oms_report.receivables
    GROUP BY customer_id, customer, customer_name, currency;
COMMENT ON VIEW oms_report.customer_receivables IS 'What each customer owes, and has paid before it was due, in each currency';
COMMENT ON COLUMN oms_report.customer_receivables.customer_id IS 'Number of the customer; null: orders without one';
COMMENT ON COLUMN oms_report.customer_receivables.customer IS 'The customer''s reference';
COMMENT ON COLUMN oms_report.customer_receivables.customer_name IS 'Name of the customer, or the e-mail address';
COMMENT ON COLUMN oms_report.customer_receivables.currency IS 'Of receivable and paid_before';
COMMENT ON COLUMN oms_report.customer_receivables.orders IS 'Orders of which something is owed, or was paid before';
COMMENT ON COLUMN oms_report.customer_receivables.receivable IS 'What the customer owes for what has left';
COMMENT ON COLUMN oms_report.customer_receivables.paid_before IS 'What the customer has paid for goods that have not left, or too much';
COMMENT ON COLUMN oms_report.customer_receivables.base_currency IS 'Currency that the books are kept in; null where no rate was known';
COMMENT ON COLUMN oms_report.customer_receivables.base_receivable IS 'receivable in the base currency';
COMMENT ON COLUMN oms_report.customer_receivables.base_paid_before IS 'paid_before in the base currency';

CREATE OR REPLACE VIEW oms_report.gross_margin WITH (security_invoker = true) AS
    SELECT e.day, c.code AS channel, e.net_revenue, e.cost, e.net_revenue - e.cost AS margin,
           (SELECT oms_internal.base_currency()) AS currency
    FROM (SELECT l.day, l.channel_id,
                 coalesce(sum(l.base_credit::numeric - l.base_debit::numeric) FILTER (WHERE l.account <> 'cost_of_goods_sold'),
                          CASE WHEN bool_and(l.account = 'cost_of_goods_sold') THEN 0 END) AS net_revenue,
                 coalesce(sum(l.base_debit::numeric - l.base_credit::numeric) FILTER (WHERE l.account = 'cost_of_goods_sold'),
                          CASE WHEN bool_and(l.account <> 'cost_of_goods_sold') AND count(l.base_debit) > 0 THEN 0 END) AS cost
          FROM oms.ledger_sums l
          WHERE l.account IN ('revenue', 'discounts', 'returns', 'cost_of_goods_sold')
          GROUP BY l.day, l.channel_id
          -- not a day whose orders have all become another channel's
          HAVING sum(l.debit::numeric + l.credit::numeric + coalesce(l.base_debit::numeric + l.base_credit::numeric, 0)) <> 0) AS e
    JOIN oms.channels c USING (channel_id);
COMMENT ON VIEW oms_report.gross_margin IS 'Revenue from goods less discounts, returns and what the goods cost, by the day of the posting and channel, as the ledger has it in the base currency';
COMMENT ON COLUMN oms_report.gross_margin.day IS 'On which it was posted, by the time zone of reports';
COMMENT ON COLUMN oms_report.gross_margin.channel IS 'Code of the order''s channel';
COMMENT ON COLUMN oms_report.gross_margin.net_revenue IS 'Revenue without tax, less discounts and returns; what has no rate is not in it, null if that is all';
COMMENT ON COLUMN oms_report.gross_margin.cost IS 'Cost of goods sold, less what came back to stock; null where nothing that was posted has a rate';
COMMENT ON COLUMN oms_report.gross_margin.margin IS 'net_revenue less cost; null where either is';
COMMENT ON COLUMN oms_report.gross_margin.currency IS 'The base currency';
