/*
 * test/event/facts_money.sql: which events of payments, refunds, chargebacks and
 * invoices there must be, by the source, by what was called, and by the books
 */

SET search_path = event, replay, oms, public;

/* steps of money, with what was taken or given back by then */
CREATE VIEW event.entries AS
SELECT e.*, p.authorized AS granted, p.captured AS taken,
       sum(e.amount::numeric) OVER w AS so_far, row_number() OVER w AS nth,
       EXISTS (SELECT FROM oms.payment_entries AS c
               WHERE c.order_id = e.order_id AND c.payment_no = e.payment_no AND c.kind = 'capture' AND c.occurred_at = e.occurred_at) AS taken_at_once
FROM oms.payment_entries AS e JOIN oms.payments AS p USING (order_id, payment_no)
WINDOW w AS (PARTITION BY e.order_id, e.payment_no, e.kind ORDER BY e.entry_no);

CREATE VIEW event.facts_payment AS
/* what the source or a caller began as pending */
SELECT r.order_id, n::integer AS subject_no, 'payment.pending' AS type, jsonb_build_object('amount', round((p ->> 'amount')::numeric, 2) || ' BRL') AS data
FROM replay.orders AS r, jsonb_array_elements(r.document -> 'payments') WITH ORDINALITY AS e(p, n)
WHERE r.order_id IS NOT NULL AND p ->> 'status' = 'pending'
UNION ALL
SELECT a.order_id, a.no, 'payment.pending', jsonb_build_object('amount', r.total || ' BRL')
FROM event.acts AS a JOIN replay.orders AS r USING (order_id) JOIN event.aside AS s USING (reference) WHERE a.kind = 'add_payment' AND s.scenario = 'held'
UNION ALL
SELECT e.order_id, e.payment_no, 'payment.authorized', jsonb_build_object('amount', e.amount::text)
FROM event.entries AS e WHERE e.kind = 'authorization' AND NOT e.taken_at_once
UNION ALL
SELECT e.order_id, e.payment_no, CASE WHEN e.so_far = e.granted::numeric THEN 'payment.captured' WHEN e.nth = 1 THEN 'payment.partially_captured' ELSE 'payment.further_capture' END,
       jsonb_build_object('amount', e.amount::text)
FROM event.entries AS e WHERE e.kind = 'capture'
UNION ALL
SELECT e.order_id, e.payment_no, CASE WHEN e.so_far = e.taken::numeric THEN 'payment.refunded' WHEN e.nth = 1 THEN 'payment.partially_refunded' ELSE 'payment.further_refund' END,
       jsonb_build_object('amount', e.amount::text)
FROM event.entries AS e WHERE e.kind = 'refund'
UNION ALL
/* the provider reports all that it has done, and keeps 2 % of what it took */
SELECT e.order_id, e.payment_no, 'payment.settled',
       jsonb_build_object('kind', e.kind, 'amount', e.amount::text, 'fee', CASE e.kind WHEN 'capture' THEN round(e.amount::numeric * 0.02, 2) ELSE 0.00 END || ' BRL')
FROM event.entries AS e JOIN oms.payments AS p USING (order_id, payment_no) WHERE p.provider = 'psp' AND e.kind IN ('capture', 'refund')
UNION ALL
/* how it has ended without money */
SELECT p.order_id, p.payment_no, 'payment.' || p.status::text,
       jsonb_strip_nulls(jsonb_build_object('amount', p.amount::text, 'reason', p.status_reason))
FROM oms.payments AS p WHERE p.status IN ('failed', 'voided', 'expired')
UNION ALL
/* a provider was asked, and refused; an attempt that nobody asked for has its answer at once */
SELECT q.order_id, q.payment_no, format('payment.%s_requested', q.action),
       jsonb_strip_nulls(jsonb_build_object('key', format('%s-P%s-Q%s', q.order_id, q.payment_no, q.request_no), 'amount', q.amount::text, 'method', p.method,
                                            'provider', p.provider, 'reference', p.reference, 'refund', q.refund_no))
FROM oms.payment_requests AS q JOIN oms.payments AS p USING (order_id, payment_no) WHERE q.answered_at IS DISTINCT FROM q.requested_at
UNION ALL
SELECT q.order_id, coalesce(q.refund_no, q.payment_no), CASE WHEN q.refund_no IS NULL THEN format('payment.%s_failed', q.action) ELSE 'refund.failed' END,
       jsonb_strip_nulls(jsonb_build_object('key', format('%s-P%s-Q%s', q.order_id, q.payment_no, q.request_no), 'amount', q.amount::text, 'reason', q.message))
FROM oms.payment_requests AS q JOIN oms.payments AS p USING (order_id, payment_no) WHERE q.status = 'failed' AND p.status <> 'failed'
UNION ALL
/* a refund that nobody knows of has failed, an authorization has come after its payment was given up */
SELECT r.order_id, r.payment_no, CASE r.status WHEN 'failed' THEN 'payment.refund_failed' ELSE 'payment.late_authorization' END,
       jsonb_strip_nulls(jsonb_build_object('amount', coalesce(r.amount, p.amount)::text)
                         || CASE r.status WHEN 'failed' THEN jsonb_build_object('reason', r.message) ELSE jsonb_build_object('provider', r.provider, 'reference', r.reference) END)
FROM oms.payment_results AS r JOIN oms.payments AS p USING (order_id, payment_no)
WHERE r.action = 'refund' AND r.status = 'failed' AND p.captured = '0 BRL' OR r.action = 'authorize' AND r.status = 'succeeded' AND p.status = 'voided'
UNION ALL
SELECT r.order_id, r.refund_no, 'refund.issued',
       jsonb_strip_nulls(jsonb_build_object('amount', r.amount::text, 'reason', r.reason, 'destination', nullif(r.destination, 'original'))) FROM oms.refunds AS r
UNION ALL
SELECT c.order_id, c.chargeback_no, 'chargeback.' || s, jsonb_build_object('amount', c.amount::text, 'reason', c.reason)
FROM oms.chargebacks AS c, unnest(ARRAY['opened', nullif(c.status, 'open')]) AS s WHERE s IS NOT NULL
UNION ALL
SELECT i.order_id, i.invoice_no, 'credit_note.created', jsonb_build_object('amount', i.total::text, 'reason', i.reason) FROM oms.invoices AS i WHERE i.kind = 'credit_note'
UNION ALL
SELECT i.order_id, i.invoice_no, i.kind || '.issued', jsonb_build_object('number', i.name, 'total', i.total::text) FROM oms.invoices AS i WHERE i.number IS NOT NULL
UNION ALL
SELECT d.order_id, d.invoice_no, 'invoice.dunned', jsonb_strip_nulls(jsonb_build_object('level', d.level, 'open', d.open::text, 'fee', d.fee::text)) FROM oms.dunnings AS d;
