/* sql/store/60-report_settlement.sql: the state of the money with payment providers */

/* what was matched counts on our day, so that days differ by what was not */
CREATE OR REPLACE VIEW oms_report.reconciliation WITH (security_invoker = true) AS
WITH fact AS (
    SELECT (e.occurred_at AT TIME ZONE (SELECT oms_internal.report_time_zone()))::date AS day, p.provider, e.amount, e.kind AS here, NULL::text AS there,
           NULL::text AS status, NULL::oms.amount AS fee, NULL::oms.amount AS matched_with
    FROM oms.payment_entries AS e
    JOIN oms.payments AS p USING (order_id, payment_no)
    WHERE p.provider IS NOT NULL AND e.kind IN ('capture', 'refund')
    UNION ALL
    SELECT (c.opened_at AT TIME ZONE (SELECT oms_internal.report_time_zone()))::date, c.provider, c.amount, 'chargeback', NULL, NULL, NULL, NULL
    FROM oms.chargebacks AS c
    UNION ALL
    SELECT (c.closed_at AT TIME ZONE (SELECT oms_internal.report_time_zone()))::date, c.provider, OPERATOR(oms.-) c.amount, 'chargeback', NULL, NULL, NULL, NULL
    FROM oms.chargebacks AS c
    WHERE c.status = 'won'
    UNION ALL
    SELECT coalesce((e.occurred_at AT TIME ZONE (SELECT oms_internal.report_time_zone()))::date,
                    (CASE s.kind WHEN 'chargeback' THEN c.opened_at ELSE c.closed_at END AT TIME ZONE (SELECT oms_internal.report_time_zone()))::date,
                    s.occurred_on),
           s.provider, s.amount, NULL, s.kind, s.status, s.fee,
           CASE s.kind WHEN 'refund' THEN OPERATOR(oms.-) e.amount ELSE e.amount END
    FROM oms.settlements AS s
    LEFT JOIN oms.payment_entries AS e USING (order_id, payment_no, entry_no)
    LEFT JOIN oms.chargebacks AS c ON c.order_id = s.order_id AND c.chargeback_no = s.chargeback_no
), number AS (
    SELECT day, provider, oms.currency_of(amount) AS currency, here, there, status, amount::numeric AS amount,
           coalesce(fee::numeric, 0) AS fee, coalesce(matched_with::numeric, 0) AS matched_with
    FROM fact
), total AS (
    SELECT day, provider, currency,
           coalesce(sum(amount) FILTER (WHERE here = 'capture'), 0) AS captured_here,
           coalesce(sum(amount) FILTER (WHERE there = 'capture'), 0) AS captured_there,
           coalesce(sum(amount) FILTER (WHERE here = 'refund'), 0) AS refunded_here,
           coalesce(-sum(amount) FILTER (WHERE there = 'refund'), 0) AS refunded_there,
           coalesce(sum(amount) FILTER (WHERE here = 'chargeback'), 0) AS charged_back_here,
           coalesce(-sum(amount) FILTER (WHERE there IN ('chargeback', 'chargeback_reversal')), 0) AS charged_back_there,
           coalesce(sum(fee - CASE there WHEN 'fee' THEN amount ELSE 0 END), 0) AS fees,
           coalesce(sum(amount) FILTER (WHERE there = 'adjustment'), 0) AS adjusted,
           coalesce(-sum(amount) FILTER (WHERE there = 'payout'), 0) AS paid_out,
           coalesce(sum(amount - matched_with) FILTER (WHERE status = 'closed'), 0) AS written_off,
           count(*) FILTER (WHERE status IN ('matched', 'closed')) AS closed_lines,
           count(*) FILTER (WHERE status = 'open') AS open_lines,
           count(*) FILTER (WHERE status = 'mismatched') AS mismatched_lines
    FROM number
    GROUP BY day, provider, currency
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
