/* sql/code/41-reconciliation.sql: settlement lines against captures and refunds */

/*
 * Lines and entries of the same payment, kind and amount are numbered, each
 * side for itself, and those of the same number go together: first those that
 * also have the same reference of the provider, then the others.
 */
CREATE OR REPLACE FUNCTION oms_internal.pair_settlements(lines bigint[], by_reference boolean) RETURNS void
    LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    WITH line AS MATERIALIZED (
        SELECT s.settlement_id, p.order_id, p.payment_no, s.kind, abs(s.amount) AS amount, s.transaction_reference AS reference
        FROM oms.settlements AS s
        JOIN oms.payments AS p ON p.provider = s.provider AND p.reference = s.payment_reference AND p.status <> 'failed'
        WHERE s.settlement_id = ANY (lines) AND s.status IN ('open', 'mismatched') AND s.kind IN ('capture', 'refund')
              AND (s.transaction_reference IS NOT NULL OR NOT by_reference)
    ), entry AS (
        SELECT e.*
        FROM (SELECT DISTINCT order_id, payment_no FROM line) AS l
        JOIN oms.payment_entries AS e USING (order_id, payment_no)
        WHERE e.kind IN ('capture', 'refund')
              AND NOT EXISTS (SELECT FROM oms.settlements AS s
                              WHERE s.order_id = e.order_id AND s.payment_no = e.payment_no AND s.entry_no = e.entry_no)
    ), ranked AS (
        SELECT x.*, row_number() OVER (PARTITION BY order_id, payment_no, kind, amount, reference, settlement_id IS NULL
                                       ORDER BY settlement_id, entry_no) AS n
        FROM (SELECT settlement_id, NULL::integer AS entry_no, order_id, payment_no, kind, amount,
                     CASE WHEN by_reference THEN reference END AS reference
              FROM line
              UNION ALL
              SELECT NULL, entry_no, order_id, payment_no, kind, amount, CASE WHEN by_reference THEN provider_reference END
              FROM entry
              WHERE provider_reference IS NOT NULL OR NOT by_reference) AS x
    ), pair AS (
        SELECT order_id, payment_no, max(settlement_id) AS settlement_id, max(entry_no) AS entry_no
        FROM ranked
        GROUP BY order_id, payment_no, kind, amount, reference, n
        HAVING count(*) = 2
    )
    UPDATE oms.settlements AS s
    SET status = 'matched', fault = NULL, order_id = p.order_id, payment_no = p.payment_no, entry_no = p.entry_no,
        closed_at = oms.now()
    FROM pair AS p
    WHERE s.settlement_id = p.settlement_id
$$;
COMMENT ON FUNCTION oms_internal.pair_settlements(bigint[], boolean) IS 'Match lines with captures and refunds of the same payment and amount, each once';

CREATE OR REPLACE FUNCTION oms_internal.settlement_subject(order_id bigint, payment_no integer, payment_reference text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN payment_no IS NULL THEN coalesce('"' || payment_reference || '"', 'no payment')
                ELSE 'payment ' || order_id || '-P' || payment_no END;
END;
COMMENT ON FUNCTION oms_internal.settlement_subject(bigint, integer, text) IS 'Names the payment of a settlement line as people do, or by its reference if it is not known';

/*
 * Sets the faults of lines, and leaves for each one alert. A line keeps its
 * alert while it keeps its fault.
 */
CREATE OR REPLACE FUNCTION oms_internal.mismatch_settlements(
    lines bigint[], faults text[], order_ids bigint[], payment_nos integer[], ours oms.amount[], twins text[]
) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
BEGIN
    PERFORM oms_internal.close_alerts(
        ARRAY(SELECT 'settlement_' || x FROM unnest(ARRAY['missing_here', 'amount', 'currency', 'duplicate']) AS x),
        array_agg(s.provider || '/' || s.reference))
    FROM oms.settlements AS s
    JOIN unnest(lines, faults) AS f(settlement_id, fault) USING (settlement_id)
    WHERE s.fault <> f.fault;
    INSERT INTO oms.alerts (kind, key, severity, order_id, subject, message, data)
    SELECT 'settlement_' || f.fault, s.provider || '/' || s.reference,
           CASE f.fault WHEN 'missing_here' THEN 'critical' ELSE 'warning' END, f.order_id, n.name,
           format('%s of %s for %s in the report of %s', replace(s.kind, '_', ' '), abs(s.amount), n.name, s.provider)
           || CASE f.fault WHEN 'missing_here' THEN ' is not known here'
                           WHEN 'duplicate' THEN ' was there before'
                           ELSE ' is ' || abs(f.ours) || ' here' END,
           jsonb_strip_nulls(jsonb_build_object(
               'provider', s.provider, 'line', s.reference, 'occurred_on', s.occurred_on, 'payment', s.payment_reference,
               'there', abs(s.amount)::text, 'here', abs(f.ours)::text, 'before', f.twin,
               'difference', CASE WHEN currency_of(f.ours) = currency_of(s.amount)
                                  THEN (abs(s.amount) - abs(f.ours))::text END))
    FROM oms.settlements AS s
    JOIN unnest(lines, faults, order_ids, payment_nos, ours, twins)
         AS f(settlement_id, fault, order_id, payment_no, ours, twin) USING (settlement_id),
         LATERAL (SELECT oms_internal.settlement_subject(f.order_id, f.payment_no, s.payment_reference)) AS n(name)
    WHERE s.fault IS DISTINCT FROM f.fault
    ON CONFLICT (kind, key) WHERE status <> 'closed' DO NOTHING;
    UPDATE oms.settlements AS s
    SET status = 'mismatched', fault = f.fault
    FROM unnest(lines, faults) AS f(settlement_id, fault)
    WHERE s.settlement_id = f.settlement_id AND s.fault IS DISTINCT FROM f.fault;
END
$$;
COMMENT ON FUNCTION oms_internal.mismatch_settlements(bigint[], text[], bigint[], integer[], oms.amount[], text[])
    IS 'Say what is wrong with lines that could not be matched';

CREATE OR REPLACE FUNCTION oms_internal.nearest_entry(order_id bigint, payment_no integer, kind text, amount oms.amount,
                                                      OUT entry_no integer, OUT ours oms.amount)
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT e.entry_no, e.amount
    FROM oms.payment_entries AS e
    WHERE e.order_id = $1 AND e.payment_no = $2 AND e.kind = $3
          AND NOT EXISTS (SELECT FROM oms.settlements AS s
                          WHERE s.order_id = e.order_id AND s.payment_no = e.payment_no AND s.entry_no = e.entry_no)
    ORDER BY abs(minor(e.amount) - abs(minor($4))), e.entry_no
    LIMIT 1
$$;
COMMENT ON FUNCTION oms_internal.nearest_entry(bigint, integer, text, oms.amount)
    IS 'The capture or refund of a payment that was not matched yet and whose amount is nearest to that of a line';

CREATE OR REPLACE FUNCTION oms_internal.find_settlement_faults(lines bigint[]) RETURNS void
    LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT oms_internal.mismatch_settlements(
               array_agg(settlement_id), array_agg(fault), array_agg(order_id), array_agg(payment_no),
               array_agg(CASE WHEN fault = 'currency' THEN asked WHEN fault = 'amount' THEN ours END),
               array_agg(CASE WHEN fault = 'duplicate' THEN twin END))
    FROM (
        SELECT s.settlement_id, p.order_id, p.payment_no, p.amount AS asked, e.ours, d.reference AS twin,
               CASE WHEN p.order_id IS NULL THEN 'missing_here'
                    WHEN currency_of(p.amount) <> currency_of(s.amount) THEN 'currency'
                    WHEN e.ours IS NOT NULL THEN 'amount'
                    WHEN d.reference IS NOT NULL THEN 'duplicate'
                    ELSE 'missing_here' END AS fault
        FROM oms.settlements AS s
        LEFT JOIN oms.payments AS p ON p.provider = s.provider AND p.reference = s.payment_reference AND p.status <> 'failed'
        LEFT JOIN LATERAL oms_internal.nearest_entry(p.order_id, p.payment_no, s.kind, s.amount) AS e ON true
        LEFT JOIN LATERAL (SELECT t.reference FROM oms.settlements AS t
                           WHERE t.order_id = p.order_id AND t.payment_no = p.payment_no AND t.entry_no IS NOT NULL
                                 AND t.kind = s.kind AND t.amount = s.amount
                           ORDER BY t.entry_no LIMIT 1) AS d ON true
        WHERE s.settlement_id = ANY (lines) AND s.status IN ('open', 'mismatched') AND s.kind IN ('capture', 'refund')
    ) AS f
    HAVING count(*) > 0
$$;
COMMENT ON FUNCTION oms_internal.find_settlement_faults(bigint[]) IS 'Say what is wrong with captures and refunds that no entry of ours fits';

/* Without a match */

/*
 * A line of a capture or refund leaves its fee, the other kinds what they are;
 * what a chargeback took was posted when it was opened.
 */
CREATE OR REPLACE FUNCTION oms_internal.post_settlements(lines bigint[]) RETURNS void
    LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT count(*)
    FROM (SELECT oms_internal.post_ledger('settlement', s.order_id, s.payment_no, a.accounts, a.amounts, s.provider)
          FROM (SELECT s.*,
                       CASE WHEN s.kind = 'payout' THEN -s.amount END AS bank,
                       CASE WHEN s.kind IN ('fee', 'adjustment') THEN s.fee - s.amount ELSE s.fee END AS cost
                FROM oms.settlements AS s
                WHERE s.settlement_id = ANY (lines) AND s.status = 'matched') AS s,
               LATERAL (SELECT array_agg(p.account ORDER BY p.n) AS accounts, array_agg(p.amount ORDER BY p.n) AS amounts
                        FROM (VALUES (1, 'bank', s.bank), (2, 'payment_fees', s.cost),
                                     (3, 'clearing', -coalesce(s.bank + s.cost, s.cost))) AS p(n, account, amount)
                        WHERE sign(p.amount) <> 0) AS a
          WHERE a.accounts IS NOT NULL
          ORDER BY s.settlement_id) AS p
$$;
COMMENT ON FUNCTION oms_internal.post_settlements(bigint[]) IS 'Put lines that were just matched into the ledger: fees and payouts against clearing';

CREATE OR REPLACE FUNCTION oms_internal.record_settled(lines bigint[]) RETURNS void
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_record_settled';
COMMENT ON FUNCTION oms_internal.record_settled(bigint[])
    IS 'Append to orders, whose rows are locked, that a provider has settled captures and refunds, and at which fee';

/*
 * In one order, and before the first of them is written to: what was matched
 * gets an event, and what was charged back also more.
 */
CREATE OR REPLACE FUNCTION oms_internal.lock_settled(lines bigint[]) RETURNS void
    LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT FROM oms.orders AS o
    WHERE o.order_id IN (
        SELECT coalesce(s.order_id, p.order_id)
        FROM oms.settlements AS s
        LEFT JOIN oms.payments AS p ON p.provider = s.provider AND p.reference = s.payment_reference AND p.status <> 'failed'
        WHERE s.settlement_id = ANY (lines)
              AND (s.entry_no IS NOT NULL AND s.status = 'matched'
                   OR s.kind IN ('chargeback', 'chargeback_reversal') AND s.status IN ('open', 'mismatched')))
    ORDER BY o.order_id
    FOR NO KEY UPDATE
$$;
COMMENT ON FUNCTION oms_internal.lock_settled(bigint[]) IS 'Lock the orders of lines that were matched, and of chargebacks that may be';

CREATE OR REPLACE FUNCTION oms_internal.close_settlement_alerts(lines bigint[]) RETURNS void
    LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT oms_internal.close_alerts(ARRAY['settlement_missing_here', 'settlement_amount', 'settlement_currency',
                                           'settlement_duplicate'],
                                     array_agg(s.provider || '/' || s.reference)),
           oms_internal.close_alerts(ARRAY['settlement_missing_there'],
                                     array_agg(s.order_id || '-P' || s.payment_no || '-' || s.entry_no)
                                         FILTER (WHERE s.entry_no IS NOT NULL))
    FROM oms.settlements AS s
    WHERE s.settlement_id = ANY (lines) AND s.closed_at IS NOT NULL
$$;
COMMENT ON FUNCTION oms_internal.close_settlement_alerts(bigint[]) IS 'Close the alerts of lines that were matched or closed, and of what they were matched with';

/* Too late, and not at all */

CREATE OR REPLACE FUNCTION oms_internal.find_late_settlements(lines bigint[]) RETURNS void
    LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
    SELECT count(oms_internal.raise_alert(
                     'settlement_late', s.provider || '/' || s.reference, 'info',
                     format('%s of %s for %s is in the report of %s %s days after it', s.kind, abs(s.amount), n.name,
                            s.provider, s.occurred_on - (e.occurred_at AT TIME ZONE 'UTC')::date),
                     s.order_id, n.name,
                     jsonb_build_object('provider', s.provider, 'line', s.reference, 'occurred_on', s.occurred_on,
                                        'here_on', (e.occurred_at AT TIME ZONE 'UTC')::date, 'there', abs(s.amount)::text,
                                        'days', s.occurred_on - (e.occurred_at AT TIME ZONE 'UTC')::date)))
    FROM oms.settlements AS s
    JOIN oms.settlement_providers AS p USING (provider)
    JOIN oms.payment_entries AS e USING (order_id, payment_no, entry_no),
         LATERAL (SELECT oms_internal.settlement_subject(s.order_id, s.payment_no, s.payment_reference)) AS n(name)
    WHERE s.settlement_id = ANY (lines) AND s.status = 'matched' AND s.entry_no IS NOT NULL
          AND s.occurred_on - (e.occurred_at AT TIME ZONE 'UTC')::date > p.grace_days
$$;
COMMENT ON FUNCTION oms_internal.find_late_settlements(bigint[]) IS 'Raise alerts for lines that were matched with what was done longer ago than the days of grace';

/*
 * Days of which the days of grace have passed in the provider's reports are
 * looked at once; an alert of what is missing closes when a line comes.
 */
CREATE OR REPLACE FUNCTION oms_internal.find_missing_settlements() RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_provider record;
    v_missing bigint;
    v_total integer := 0;
BEGIN
    FOR v_provider IN
        SELECT p.provider, p.reported_on - p.grace_days AS up_to, (p.checked_on + 1)::timestamp AT TIME ZONE 'UTC' AS since,
               (p.reported_on - p.grace_days + 1)::timestamp AT TIME ZONE 'UTC' AS before
        FROM oms.settlement_providers AS p
        WHERE p.reported_on - p.grace_days > p.checked_on
        ORDER BY p.provider
    LOOP
        SELECT count(oms_internal.raise_alert(
                         'settlement_missing_there', e.order_id || '-P' || e.payment_no || '-' || e.entry_no, 'critical',
                         format('%s of %s for %s is in no report of %s', e.kind, e.amount, e.name, v_provider.provider),
                         e.order_id, e.name,
                         jsonb_strip_nulls(jsonb_build_object(
                             'provider', v_provider.provider, 'payment', e.reference, 'here', e.amount::text,
                             'here_on', (e.occurred_at AT TIME ZONE 'UTC')::date,
                             'difference', (e.amount - e.amount - e.amount)::text))))
        INTO v_missing
        FROM (SELECT e.*, p.reference, oms_internal.settlement_subject(e.order_id, e.payment_no, p.reference) AS name
              FROM oms.payment_entries AS e
              JOIN oms.payments AS p USING (order_id, payment_no)
              WHERE e.occurred_at >= v_provider.since AND e.occurred_at < v_provider.before
                    AND e.kind IN ('capture', 'refund') AND p.provider = v_provider.provider
                    AND NOT EXISTS (SELECT FROM oms.settlements AS s
                                    WHERE s.order_id = e.order_id AND s.payment_no = e.payment_no AND s.entry_no = e.entry_no)
              ORDER BY e.order_id, e.payment_no, e.entry_no) AS e;
        v_total := v_total + v_missing;
        UPDATE oms.settlement_providers AS p SET checked_on = v_provider.up_to WHERE p.provider = v_provider.provider;
    END LOOP;
    RETURN v_total;
END
$$;
COMMENT ON FUNCTION oms_internal.find_missing_settlements() IS 'Raise alerts for captures and refunds that reports should have by now; returns how many';

/* The job */

CREATE OR REPLACE FUNCTION oms_internal.reconcile_settlements(max integer) RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp
    SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_open bigint[];
    v_lines bigint[];
    v_providers text[];
    v_payouts text[];
    v_matched integer;
BEGIN
    /* one at a time: who comes second sees what the first has matched */
    PERFORM FROM oms.settlement_providers AS p ORDER BY p.provider FOR NO KEY UPDATE;
    v_open := ARRAY(SELECT s.settlement_id FROM oms.settlements AS s WHERE s.status = 'open'
                    ORDER BY s.settlement_id LIMIT max);
    v_lines := v_open || ARRAY(SELECT s.settlement_id FROM oms.settlements AS s WHERE s.status = 'mismatched');

    PERFORM oms_internal.pair_settlements(v_lines, true);
    PERFORM oms_internal.pair_settlements(v_lines, false);
    PERFORM oms_internal.find_settlement_faults(v_lines);
    UPDATE oms.settlements AS s SET status = 'matched', closed_at = oms.now()
    WHERE s.settlement_id = ANY (v_open) AND s.kind IN ('fee', 'payout', 'adjustment');
    PERFORM oms_internal.lock_settled(v_lines);
    PERFORM oms_internal.match_chargebacks(v_lines);

    v_lines := ARRAY(SELECT s.settlement_id FROM oms.settlements AS s
                     WHERE s.settlement_id = ANY (v_lines) AND s.status = 'matched');
    v_matched := cardinality(v_lines);
    PERFORM oms_internal.post_settlements(v_lines);
    PERFORM oms_internal.record_settled(v_lines);
    PERFORM oms_internal.close_settlement_alerts(v_lines);
    PERFORM oms_internal.find_late_settlements(v_lines);
    SELECT array_agg(p.provider), array_agg(p.payout) INTO v_providers, v_payouts
    FROM (SELECT DISTINCT s.provider, s.payout FROM oms.settlements AS s
          WHERE s.settlement_id = ANY (v_open) AND s.payout IS NOT NULL) AS p;
    PERFORM oms_internal.check_payouts(v_providers, v_payouts);
    IF cardinality(v_open) < max THEN
        PERFORM oms_internal.find_missing_settlements();
    END IF;
    RETURN v_matched + (SELECT count(*) FROM oms.settlements AS s
                        WHERE s.settlement_id = ANY (v_open) AND s.status = 'mismatched');
END
$$;
COMMENT ON FUNCTION oms_internal.reconcile_settlements(integer) IS 'What oms.reconcile_settlements() does';

CREATE OR REPLACE FUNCTION oms.reconcile_settlements(max integer DEFAULT 10000) RETURNS integer
    LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_reconcile_settlements';
COMMENT ON FUNCTION oms.reconcile_settlements(integer)
    IS 'Match up to max new settlement lines, and all that did not match before, with captures, refunds and chargebacks; returns how many were matched or newly did not match';

/* By hand */

CREATE OR REPLACE FUNCTION oms_internal.close_settlement(provider text, line text, note text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, oms, pg_temp
AS $$
DECLARE
    v_line oms.settlements;
    v_order_id bigint;
    v_payment_no integer;
    v_entry_no integer;
    v_ours oms.amount;
    v_difference oms.amount;
BEGIN
    PERFORM FROM oms.settlement_providers AS p WHERE p.provider = close_settlement.provider FOR NO KEY UPDATE;
    SELECT * INTO v_line FROM oms.settlements AS s WHERE s.provider = close_settlement.provider AND s.reference = line;
    IF v_line.settlement_id IS NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'OM006',
            MESSAGE = format('settlement line "%s" of %s does not exist', line, quote_ident(provider)),
            HINT = 'Import it with oms.import_settlements().';
    ELSIF v_line.status IN ('open', 'matched') THEN
        RAISE EXCEPTION USING
            ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('settlement line "%s" of %s has no fault', line, quote_ident(provider)),
            DETAIL = format('It is %s.', v_line.status),
            HINT = 'Only what oms.reconcile_settlements() could not match is closed by hand.';
    ELSIF v_line.status = 'closed' THEN
        RETURN false;
    END IF;
    IF v_line.fault = 'amount' AND v_line.kind IN ('capture', 'refund') THEN
        SELECT p.order_id, p.payment_no, e.entry_no, e.ours INTO v_order_id, v_payment_no, v_entry_no, v_ours
        FROM oms.payments AS p, LATERAL oms_internal.nearest_entry(p.order_id, p.payment_no, v_line.kind, v_line.amount) AS e
        WHERE p.provider = v_line.provider AND p.reference = v_line.payment_reference AND p.status <> 'failed'
              AND currency_of(p.amount) = currency_of(v_line.amount) AND e.entry_no IS NOT NULL;
    END IF;
    PERFORM FROM oms.orders AS o WHERE o.order_id = v_order_id FOR NO KEY UPDATE;
    v_difference := CASE WHEN v_ours IS NULL THEN v_line.amount
                         WHEN v_line.kind = 'refund' THEN v_line.amount + v_ours
                         ELSE v_line.amount - v_ours END;
    UPDATE oms.settlements AS s
    SET status = 'closed', closed_at = oms.now(), note = close_settlement.note, order_id = v_order_id,
        payment_no = v_payment_no, entry_no = v_entry_no
    WHERE s.settlement_id = v_line.settlement_id;
    PERFORM oms_internal.post_ledger('settlement', v_order_id, v_payment_no,
                                     ARRAY['clearing', 'write_offs', 'payment_fees'],
                                     ARRAY[v_difference - v_line.fee, -v_difference, v_line.fee], v_line.provider);
    PERFORM oms_internal.record_settled(ARRAY[v_line.settlement_id]);
    PERFORM oms_internal.close_settlement_alerts(ARRAY[v_line.settlement_id]);
    RETURN true;
END
$$;
COMMENT ON FUNCTION oms_internal.close_settlement(text, text, text) IS 'What oms.close_settlement() does, once per reference';

CREATE OR REPLACE FUNCTION oms.close_settlement(provider text, line text, note text, reference text DEFAULT NULL)
    RETURNS boolean
    LANGUAGE C VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'oms_close_settlement';
COMMENT ON FUNCTION oms.close_settlement(text, text, text, text)
    IS 'Accept a settlement line that could not be matched: what is between it and the books is written off; returns false if it was closed before';
