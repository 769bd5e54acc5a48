/* sql/store/62-report_settlement.sql: the state of the money with payment providers */

CREATE TABLE oms.order_settlements (
    order_id bigint NOT NULL,
    day date NOT NULL,
    provider text NOT NULL,
    currency text NOT NULL,
    captured_here numeric NOT NULL,
    captured_there numeric NOT NULL,
    refunded_here numeric NOT NULL,
    refunded_there numeric NOT NULL,
    charged_back_here numeric NOT NULL,
    fees numeric NOT NULL,
    written_off numeric NOT NULL,
    closed_lines bigint NOT NULL,
    facts bigint NOT NULL,
    CONSTRAINT order_settlements_pkey PRIMARY KEY (order_id, day, provider, currency)
) WITH (fillfactor = 90);
COMMENT ON TABLE oms.order_settlements IS 'What orders count for in oms.settlement_daily, so that an order that changes counts by the difference';

CREATE TABLE oms.settlement_daily (
    day date NOT NULL,
    provider text NOT NULL,
    currency text NOT NULL,
    captured_here numeric NOT NULL,
    captured_there numeric NOT NULL,
    refunded_here numeric NOT NULL,
    refunded_there numeric NOT NULL,
    charged_back_here numeric NOT NULL,
    fees numeric NOT NULL,
    written_off numeric NOT NULL,
    closed_lines bigint NOT NULL,
    facts bigint NOT NULL,
    CONSTRAINT settlement_daily_pkey PRIMARY KEY (day, provider, currency)
) WITH (fillfactor = 80);
COMMENT ON TABLE oms.settlement_daily IS 'Money with payment providers by day, as far as it is of captures, refunds and chargebacks of ours and lines that were matched with them; kept by the job roll_up_reports';
COMMENT ON COLUMN oms.order_settlements.facts IS 'How many captures, refunds, chargebacks and matched lines that are';
COMMENT ON COLUMN oms.settlement_daily.facts IS 'How many captures, refunds, chargebacks and matched lines that are; a day without any is no day';
COMMENT ON COLUMN oms.settlement_daily.captured_here IS 'By our books; there: by the provider''s reports';

CREATE INDEX settlements_unmatched_idx ON oms.settlements (settlement_id) WHERE entry_no IS NULL;

CREATE OR REPLACE VIEW oms_report.reconciliation WITH (security_invoker = true) AS
WITH other AS (
    SELECT coalesce((CASE s.kind WHEN 'chargeback' THEN c.opened_at ELSE c.closed_at END AT TIME ZONE z.time_zone)::date, s.occurred_on) AS day,
           s.provider, oms.currency_of(s.amount) AS currency, s.kind, s.status, s.amount::numeric AS amount, s.fee::numeric AS fee
    FROM oms.settlements AS s
    CROSS JOIN (SELECT oms_internal.report_time_zone() AS time_zone) AS z
    LEFT JOIN oms.chargebacks AS c ON c.order_id = s.order_id AND c.chargeback_no = s.chargeback_no
    WHERE s.entry_no IS NULL
), part AS (
    SELECT d.day, d.provider, d.currency, d.captured_here, d.captured_there, d.refunded_here, d.refunded_there, d.charged_back_here,
           0 AS charged_back_there, d.fees, 0 AS adjusted, 0 AS paid_out, d.written_off, d.closed_lines, 0 AS open_lines,
           0 AS mismatched_lines, d.facts
    FROM (SELECT * FROM oms.settlement_daily
          UNION ALL
          SELECT * FROM oms_internal.settlement_differences(oms_internal.unread_orders())) AS d
    UNION ALL
    SELECT o.day, o.provider, o.currency, 0, coalesce(sum(o.amount) FILTER (WHERE o.kind = 'capture'), 0), 0,
           coalesce(-sum(o.amount) FILTER (WHERE o.kind = 'refund'), 0), 0,
           coalesce(-sum(o.amount) FILTER (WHERE o.kind IN ('chargeback', 'chargeback_reversal')), 0),
           sum(o.fee - CASE o.kind WHEN 'fee' THEN o.amount ELSE 0 END), coalesce(sum(o.amount) FILTER (WHERE o.kind = 'adjustment'), 0),
           coalesce(-sum(o.amount) FILTER (WHERE o.kind = 'payout'), 0), coalesce(sum(o.amount) FILTER (WHERE o.status = 'closed'), 0),
           count(*) FILTER (WHERE o.status IN ('matched', 'closed')), count(*) FILTER (WHERE o.status = 'open'),
           count(*) FILTER (WHERE o.status = 'mismatched'), count(*)
    FROM other AS o
    GROUP BY o.day, o.provider, o.currency
), total AS (
    SELECT p.day, p.provider, p.currency, sum(p.captured_here) AS captured_here, sum(p.captured_there) AS captured_there,
           sum(p.refunded_here) AS refunded_here, sum(p.refunded_there) AS refunded_there,
           sum(p.charged_back_here) AS charged_back_here, sum(p.charged_back_there) AS charged_back_there, sum(p.fees) AS fees,
           sum(p.adjusted) AS adjusted, sum(p.paid_out) AS paid_out, sum(p.written_off) AS written_off,
           sum(p.closed_lines)::bigint AS closed_lines, sum(p.open_lines)::bigint AS open_lines,
           sum(p.mismatched_lines)::bigint AS mismatched_lines
    FROM part AS p
    GROUP BY p.day, p.provider, p.currency
    HAVING sum(p.facts) > 0
)
SELECT day, provider, currency, captured_here, captured_there, refunded_here, refunded_there, charged_back_here,
       charged_back_there, fees, adjusted, paid_out, written_off, closed_lines, open_lines, mismatched_lines,
       captured_there - refunded_there - charged_back_there
       - (captured_here - refunded_here - charged_back_here) - written_off AS difference
FROM total;
COMMENT ON VIEW oms_report.reconciliation IS 'Money with payment providers, by our books (here) and by their reports (there), per day, provider and currency';
COMMENT ON COLUMN oms_report.reconciliation.day IS 'By the time zone of reports, of what was done here; what is only in a report counts on the day of the report';
COMMENT ON COLUMN oms_report.reconciliation.provider IS 'Who moves the money';
COMMENT ON COLUMN oms_report.reconciliation.currency IS 'Of all amounts';
COMMENT ON COLUMN oms_report.reconciliation.captured_here IS 'Taken from customers, by our books';
COMMENT ON COLUMN oms_report.reconciliation.captured_there IS 'The same, by the provider''s reports';
COMMENT ON COLUMN oms_report.reconciliation.refunded_here IS 'Given back to customers, by our books';
COMMENT ON COLUMN oms_report.reconciliation.refunded_there IS 'The same, by the provider''s reports';
COMMENT ON COLUMN oms_report.reconciliation.charged_back_here IS 'Taken back by banks, less what was won';
COMMENT ON COLUMN oms_report.reconciliation.charged_back_there IS 'The same, by the provider''s reports';
COMMENT ON COLUMN oms_report.reconciliation.fees IS 'What the provider keeps';
COMMENT ON COLUMN oms_report.reconciliation.adjusted IS 'What the provider booked beside';
COMMENT ON COLUMN oms_report.reconciliation.paid_out IS 'Transferred to the bank';
COMMENT ON COLUMN oms_report.reconciliation.written_off IS 'Difference that was accepted by oms.close_settlement()';
COMMENT ON COLUMN oms_report.reconciliation.closed_lines IS 'Lines of reports that were matched, or closed by hand';
COMMENT ON COLUMN oms_report.reconciliation.open_lines IS 'Lines that nobody has looked at';
COMMENT ON COLUMN oms_report.reconciliation.mismatched_lines IS 'Lines with a fault';
COMMENT ON COLUMN oms_report.reconciliation.difference IS 'What the reports have more than the books, and nobody has accepted: 0 when all has been matched';

CREATE OR REPLACE VIEW oms_report.settlement_mismatches WITH (security_invoker = true) AS
SELECT s.provider, s.fault, s.reference AS line, s.kind, s.occurred_on AS day, s.payment_reference AS payment, a.order_id,
       oms.currency_of(s.amount) AS currency, oms.abs(s.amount)::numeric AS there,
       (a.data ->> 'here')::oms.amount::numeric AS here, (a.data ->> 'difference')::oms.amount::numeric AS difference,
       a.message, a.alert_id, a.status AS alert_status
FROM oms.settlements AS s
LEFT JOIN oms.alerts AS a ON a.kind = 'settlement_' || s.fault AND a.key = s.provider || '/' || s.reference
                             AND a.status <> 'closed'
WHERE s.status = 'mismatched'
UNION ALL
SELECT a.data ->> 'provider', 'missing_there', NULL, e.kind, (e.occurred_at AT TIME ZONE (SELECT oms_internal.report_time_zone()))::date, a.data ->> 'payment',
       a.order_id, oms.currency_of(e.amount), 0, e.amount::numeric, (a.data ->> 'difference')::oms.amount::numeric, a.message,
       a.alert_id, a.status
FROM oms.alerts AS a
JOIN oms.payment_entries AS e
  ON e.order_id = a.order_id AND a.key = e.order_id || '-P' || e.payment_no || '-' || e.entry_no
WHERE a.kind = 'settlement_missing_there' AND a.status <> 'closed'
UNION ALL
SELECT a.data ->> 'provider', 'payout', NULL, 'payout', (a.raised_at AT TIME ZONE (SELECT oms_internal.report_time_zone()))::date, a.data ->> 'payout', NULL,
       oms.currency_of((a.data ->> 'there')::oms.amount), (a.data ->> 'there')::oms.amount::numeric,
       (a.data ->> 'here')::oms.amount::numeric, (a.data ->> 'difference')::oms.amount::numeric, a.message, a.alert_id, a.status
FROM oms.alerts AS a
WHERE a.kind = 'settlement_payout' AND a.status <> 'closed';
COMMENT ON VIEW oms_report.settlement_mismatches IS 'What does not agree between our books and the reports of payment providers, and what is missing in them';
COMMENT ON COLUMN oms_report.settlement_mismatches.provider IS 'Who moves the money';
COMMENT ON COLUMN oms_report.settlement_mismatches.fault IS 'missing_here, missing_there, amount, currency, duplicate or payout';
COMMENT ON COLUMN oms_report.settlement_mismatches.line IS 'The provider''s key of the line; null: there is none';
COMMENT ON COLUMN oms_report.settlement_mismatches.kind IS 'capture, refund, chargeback, payout ...';
COMMENT ON COLUMN oms_report.settlement_mismatches.day IS 'Of the line, of what is missing there, or when a payout was found to differ from its lines';
COMMENT ON COLUMN oms_report.settlement_mismatches.payment IS 'The provider''s key of the payment or payout';
COMMENT ON COLUMN oms_report.settlement_mismatches.order_id IS 'Number of the order; null: it is not known';
COMMENT ON COLUMN oms_report.settlement_mismatches.currency IS 'Of there and here';
COMMENT ON COLUMN oms_report.settlement_mismatches.there IS 'What the report says';
COMMENT ON COLUMN oms_report.settlement_mismatches.here IS 'What our books say; null: nothing fits';
COMMENT ON COLUMN oms_report.settlement_mismatches.difference IS 'What the report has more; null where it cannot be told';
COMMENT ON COLUMN oms_report.settlement_mismatches.message IS 'The same in a sentence';
COMMENT ON COLUMN oms_report.settlement_mismatches.alert_id IS 'Number of the alert that was raised';
COMMENT ON COLUMN oms_report.settlement_mismatches.alert_status IS 'open or acknowledged; null: there is none';
