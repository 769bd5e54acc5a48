/* sql/code/90-invariant_settlement.sql: what must hold of settlement lines, chargebacks and their postings */

CREATE OR REPLACE FUNCTION oms_internal.check_settlements(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT 'a settlement line agrees with what it was matched with', s.provider || ' ' || s.reference,
           s.kind || ' ' || abs(s.amount), coalesce(e.kind || ' ' || e.amount || ' by ' || p.provider, 'none')
    FROM oms.settlements s
         LEFT JOIN oms.payments p USING (order_id, payment_no)
         LEFT JOIN oms.payment_entries e USING (order_id, payment_no, entry_no)
    WHERE s.status = 'matched' AND s.kind IN ('capture', 'refund')
          AND (e.kind, e.amount, p.provider) IS DISTINCT FROM (s.kind, abs(s.amount), s.provider)
    UNION ALL
    SELECT 'a settlement line agrees with what it was matched with', s.provider || ' ' || s.reference,
           s.kind || ' ' || abs(s.amount), coalesce(c.status || ' ' || c.amount || ' by ' || c.provider, 'none')
    FROM oms.settlements s
         LEFT JOIN oms.chargebacks c USING (order_id, chargeback_no)
    WHERE s.status = 'matched' AND s.kind IN ('chargeback', 'chargeback_reversal')
          AND ((c.amount, c.provider) IS DISTINCT FROM (abs(s.amount), s.provider)
               OR s.kind = 'chargeback_reversal' AND c.status <> 'won')
    UNION ALL
    SELECT 'a capture or refund is matched once', order_id || '-P' || payment_no || ' entry ' || entry_no, '1', count(*)::text
    FROM oms.settlements
    WHERE entry_no IS NOT NULL
    GROUP BY order_id, payment_no, entry_no
    HAVING count(*) > 1
    UNION ALL
    SELECT 'an alert is closed with what it tells of', a.kind || ' ' || a.key, 'closed', a.status
    FROM oms.alerts a
         JOIN oms.settlements s ON a.key = s.provider || '/' || s.reference
    WHERE a.kind IN ('settlement_missing_here', 'settlement_amount', 'settlement_currency', 'settlement_duplicate')
          AND a.status <> 'closed' AND s.status <> 'mismatched'
    UNION ALL
    SELECT 'an alert is closed with what it tells of', a.kind || ' ' || a.key, 'closed', a.status
    FROM oms.alerts a
         JOIN oms.settlements s ON a.key = s.order_id || '-P' || s.payment_no || '-' || s.entry_no
    WHERE a.kind = 'settlement_missing_there' AND a.status <> 'closed'
    UNION ALL
    SELECT 'a chargeback has one alert while it is open', c.provider || ' ' || c.reference, c.status, coalesce(a.status, 'closed')
    FROM oms.chargebacks c
         LEFT JOIN oms.alerts a ON a.kind = 'chargeback' AND a.key = c.provider || '/' || c.reference AND a.status <> 'closed'
    WHERE c.status <> 'open' AND a.alert_id IS NOT NULL
$$;
COMMENT ON FUNCTION oms_internal.check_settlements() IS 'Invariant: a settlement line is matched once, with what agrees in amount, and its alert is closed then';

/*
 * By the facts, the balance with a provider has changed by what is not a
 * capture or a refund of ours: fees, payouts, adjustments, what was taken back,
 * and what was accepted of lines that did not agree.
 */
CREATE OR REPLACE FUNCTION oms_internal.check_settlement_ledger(
    OUT invariant text, OUT key text, OUT expected text, OUT found text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH fact AS (
        SELECT 'clearing' AS account, s.provider, currency_of(s.amount) AS currency,
               CASE WHEN s.kind IN ('fee', 'payout', 'adjustment') THEN minor(s.amount)
                    WHEN s.status = 'closed' THEN minor(s.amount) - coalesce(CASE s.kind WHEN 'refund' THEN -minor(e.amount)
                                                                                         ELSE minor(e.amount) END, 0)
                    ELSE 0 END - minor(s.fee) AS minor
        FROM oms.settlements s
             LEFT JOIN oms.payment_entries e USING (order_id, payment_no, entry_no)
        WHERE s.closed_at IS NOT NULL
        UNION ALL
        SELECT 'bank', s.provider, currency_of(s.amount), -minor(s.amount)
        FROM oms.settlements s
        WHERE s.status = 'matched' AND s.kind = 'payout'
        UNION ALL
        SELECT 'clearing', c.provider, currency_of(c.amount), -minor(c.amount)
        FROM oms.chargebacks c
        WHERE c.status <> 'won'
    ), expected AS (
        SELECT account, provider, currency, sum(minor) AS minor FROM fact GROUP BY 1, 2, 3
    ), posted AS (
        SELECT account, provider, currency_of(amount) AS currency, sum(minor(amount)) AS minor
        FROM oms.ledger_entries
        WHERE kind IN ('settlement', 'chargeback') AND account IN ('clearing', 'bank')
        GROUP BY 1, 2, 3
    )
    SELECT 'the ledger has what providers have kept and paid out', account || ' ' || provider || ' ' || currency,
           coalesce(x.minor, 0) || ' minor units', coalesce(p.minor, 0) || ' minor units'
    FROM expected x
         FULL JOIN posted p USING (account, provider, currency)
    WHERE coalesce(x.minor, 0) <> coalesce(p.minor, 0)
$$;
COMMENT ON FUNCTION oms_internal.check_settlement_ledger() IS 'Invariant: clearing and bank have, per provider, what closed settlement lines and chargebacks say';
