/* sql/code/89-payment_check.sql: what must hold of payments, refunds and requests */

CREATE OR REPLACE FUNCTION oms_internal.check_payments(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH entries AS (
        SELECT order_id, payment_no,
               sum(minor(amount)) FILTER (WHERE kind = 'authorization') AS authorized,
               sum(minor(amount)) FILTER (WHERE kind = 'capture') AS captured,
               sum(minor(amount)) FILTER (WHERE kind = 'refund') AS refunded,
               sum(minor(amount)) FILTER (WHERE kind = 'void') AS voided
        FROM oms.payment_entries
        GROUP BY order_id, payment_no
    )
    SELECT 'a payment''s ' || v.sum || ' equals its entries', 'payment ' || order_id || '-P' || payment_no,
           coalesce(oms_internal.minor_text(coalesce(v.expected, 0), p.amount), '0'),
           coalesce(oms_internal.minor_text(v.found, p.amount), 'none')
    FROM oms.payments p
         FULL JOIN entries e USING (order_id, payment_no),
         LATERAL (VALUES
             ('authorized', e.authorized - CASE WHEN p.status IN ('captured', 'partially_refunded', 'refunded')
                                                 THEN coalesce(e.voided, 0) ELSE 0 END,
              minor(p.authorized)),
             ('captured', e.captured, minor(p.captured)),
             ('refunded', e.refunded, minor(p.refunded)),
             ('voided', e.voided, CASE WHEN p.status IN ('voided', 'expired') THEN minor(p.authorized) - minor(p.captured)
                                       WHEN p.status IN ('captured', 'partially_refunded', 'refunded') THEN coalesce(e.voided, 0)
                                       WHEN p.status IS NOT NULL THEN 0 END)
         ) AS v(sum, expected, found)
    WHERE coalesce(v.expected, 0) IS DISTINCT FROM v.found
    UNION ALL
    SELECT 'a payment''s sums are in order', 'payment ' || order_id || '-P' || payment_no,
           '0 <= refunded <= captured <= authorized <= amount',
           format('%s <= %s <= %s <= %s', refunded, captured, authorized, amount)
    FROM oms.payments
    WHERE NOT (0 <= minor(refunded) AND minor(refunded) <= minor(captured)
               AND minor(captured) <= minor(authorized) AND minor(authorized) <= minor(amount))
    UNION ALL
    SELECT 'a payment''s status is that of its sums', 'payment ' || p.order_id || '-P' || p.payment_no, p.status::text,
           format('%s refunded of %s captured of %s authorized', p.refunded, p.captured, p.authorized)
    FROM oms.payments p,
         LATERAL (SELECT minor(p.authorized) AS authorized, minor(p.captured) AS captured,
                         minor(p.refunded) AS refunded) AS m
    WHERE NOT CASE p.status
                  WHEN 'pending' THEN m.authorized = 0
                  WHEN 'failed' THEN m.authorized = 0
                  WHEN 'authorized' THEN m.authorized > 0 AND m.captured = 0
                  WHEN 'voided' THEN m.captured = 0
                  WHEN 'expired' THEN m.captured = 0
                  WHEN 'partially_captured' THEN m.captured > 0 AND m.captured < m.authorized AND m.refunded = 0
                  WHEN 'captured' THEN m.captured = m.authorized AND m.refunded = 0
                  WHEN 'partially_refunded' THEN m.refunded > 0 AND m.refunded < m.captured
                  WHEN 'refunded' THEN m.refunded = m.captured
              END
$$;
COMMENT ON FUNCTION oms_internal.check_payments() IS 'Invariant: refunded <= captured <= authorized; sums, entries and status of each payment agree';

CREATE OR REPLACE FUNCTION oms_internal.check_refunds(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT 'a refund equals its entries', order_id || ' refund ' || coalesce(refund_no::text, 'without number'),
           coalesce(r.amount::text, 'none'), coalesce(oms_internal.minor_text(e.minor, e.like_amount), 'none')
    FROM oms.refunds r
         FULL JOIN (SELECT order_id, refund_no, sum(minor(amount)) AS minor, min(amount) AS like_amount
                    FROM oms.payment_entries
                    WHERE kind = 'refund'
                    GROUP BY order_id, refund_no) AS e USING (order_id, refund_no)
    WHERE minor(r.amount) IS DISTINCT FROM coalesce(e.minor, 0)
$$;
COMMENT ON FUNCTION oms_internal.check_refunds() IS 'Invariant: each refund is spread over payments without rest';

/*
 * Requests may stand open of a payment that was ended by hand meanwhile: the
 * provider may answer yet.
 */
CREATE OR REPLACE FUNCTION oms_internal.check_payment_requests(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT 'a request to refund is for a refund of its payment', 'request ' || q.order_id || '-P' || q.payment_no || '-Q' || q.request_no,
           'refund ' || q.refund_no || ' of ' || q.amount, coalesce(oms_internal.minor_text(e.minor, q.amount), 'none')
    FROM oms.payment_requests q
         LEFT JOIN (SELECT order_id, payment_no, refund_no, sum(minor(amount)) AS minor
                    FROM oms.payment_entries
                    WHERE kind = 'refund'
                    GROUP BY order_id, payment_no, refund_no) AS e USING (order_id, payment_no, refund_no)
    WHERE q.action = 'refund' AND (e.minor IS NULL OR minor(q.amount) > e.minor)
    UNION ALL
    SELECT 'a refund''s status is that of its entries', r.order_id || ' refund ' || r.refund_no, s.status, r.status
    FROM oms.refunds r,
         LATERAL (SELECT CASE WHEN bool_and(e.confirmed_at IS NOT NULL) THEN 'confirmed'
                              WHEN bool_or(e.confirmed_at IS NULL
                                           AND (SELECT q.status FROM oms.payment_requests q
                                                WHERE q.order_id = e.order_id AND q.payment_no = e.payment_no
                                                      AND q.refund_no = e.refund_no
                                                ORDER BY q.request_no DESC LIMIT 1) = 'failed') THEN 'failed'
                              ELSE 'issued' END AS status
                  FROM oms.payment_entries e
                  WHERE e.order_id = r.order_id AND e.refund_no = r.refund_no) AS s
    WHERE r.status <> s.status
    UNION ALL
    SELECT 'a refund that is issued is asked for', r.order_id || ' refund ' || r.refund_no || ' of P' || e.payment_no,
           'an open request', 'none'
    FROM oms.refunds r
         JOIN oms.payment_entries e USING (order_id, refund_no)
    WHERE r.status = 'issued' AND e.confirmed_at IS NULL
          AND NOT EXISTS (SELECT FROM oms.payment_requests q
                          WHERE q.order_id = e.order_id AND q.payment_no = e.payment_no AND q.refund_no = e.refund_no
                                AND q.status = 'requested')
    UNION ALL
    SELECT 'what a provider''s key confirms is confirmed', 'payment ' || order_id || '-P' || payment_no || ' entry ' || entry_no,
           'confirmed by ' || provider_reference, 'not confirmed'
    FROM oms.payment_entries
    WHERE provider_reference IS NOT NULL AND confirmed_at IS NULL
    UNION ALL
    SELECT 'a result is booked on a payment', 'result ' || t.provider || ' ' || t.reference,
           'payment ' || t.order_id || '-P' || coalesce(t.booked_payment_no, t.payment_no), coalesce(p.status::text, 'none')
    FROM oms.payment_results t
         LEFT JOIN oms.payments p ON p.order_id = t.order_id AND p.payment_no = coalesce(t.booked_payment_no, t.payment_no)
    WHERE t.payment_status IS NULL OR p.order_id IS NULL
    UNION ALL
    SELECT 'a request has its event', 'request ' || q.order_id || '-P' || q.payment_no || '-Q' || q.request_no, 'payment.' || q.action || '_requested', 'none'
    FROM oms.payment_requests q
    WHERE q.status = 'requested'
          AND NOT EXISTS (SELECT FROM oms.events e
                          WHERE e.order_id = q.order_id AND e.type = 'payment.' || q.action || '_requested'
                                AND e.data ->> 'key' = q.order_id || '-P' || q.payment_no || '-Q' || q.request_no)
$$;
COMMENT ON FUNCTION oms_internal.check_payment_requests() IS 'Invariant: requests belong to refunds and have their events; refunds have the status of their entries; each result is booked';
